"""Project files and helpers for tests of the output folder."""

from __future__ import annotations

from pathlib import Path

EVERYTHING = """
encryption: customer
load_balancer: {waf: {}}
alarms: {email: [ops@example.com]}
services:
  web: {connect: true, alarms: {cpu_percent: 80}}
  mailer: {type: worker, queue: {}}
  nightly: {type: job, schedule: rate(1 day)}
"""
TWO = """
network:
  vpc_id: vpc-0123456789abcdef0
  public_subnet_ids: [subnet-00000000, subnet-00000001]
  private_subnet_ids: [subnet-00000002, subnet-00000003]
services: {mailer: {type: worker}}
environments: {dev: {}, prod: {}}
"""


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: the bytes of each file, None for a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def put(path: Path, text: str = "mine") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
