"""Builders of project files for tests, from the lines that matter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from textwrap import indent
from typing import Any

HEAD = "project_id: shop\n"
TWO_ENVIRONMENTS = """\
project_id: shop
region: us-east-1
tags: {team: web, tier: one}
services:
  web:
    image: app:1
    cpu: 256
    memory: 512
    count: {min: 1, max: 4, cpu_percent: 60}
    command: [npm, start]
    environment: {A: base, B: base}
environments:
  dev:
    services:
      web:
        count: 1
        command: [npm, run, dev]
        environment: {B: dev, C: dev}
  prod:
    tags: {tier: null}
    services:
      web:
        cpu: null
        memory: 1024
        count: {max: 9}
        environment: {A: null}
"""


def top(lines: str) -> str:
    """Top-level lines from line 2 on, with a web service unless they have services."""
    text = f"{HEAD}{lines.rstrip()}\n"
    return text if "services:" in lines else f"{text}services: {{web: {{image: app:1}}}}\n"


def service(name: str, head: str, lines: str) -> str:
    """A single service; `lines` come after those of `head`."""
    return f"{HEAD}services:\n  {name}:\n{indent((head + lines).rstrip(), '    ')}\n"


def web(lines: str) -> str:
    """A web service; `lines` from line 5 on."""
    return service("web", "image: app:1\n", lines)


def worker(lines: str) -> str:
    """A worker; `lines` from line 6 on."""
    return service("mailer", "type: worker\nimage: app:1\n", lines)


def job(lines: str) -> str:
    """A job; `lines` from line 6 on."""
    return service("nightly", "type: job\nimage: app:1\n", lines)


def image(name: str) -> str:
    """A web service with this image, in line 4."""
    return service("web", f"image: {name}\n", "")


def build(lines: str) -> str:
    """A web service without an image; `lines` from line 4 on."""
    return service("web", "", lines)


def two_web_services(http: list[str]) -> str:
    """Two web services with these keys in `http`, in lines 3 and 4."""
    one, other = http
    return f"{HEAD}services:\n  web: {{image: app:1, http: {{{one}}}}}\n  api: {{image: app:1, http: {{{other}}}}}\n"


def sidecars(count: int) -> str:
    """A web service with this many sidecars."""
    return web("sidecars:\n" + "".join(f"  s{number}: {{image: app:1}}\n" for number in range(count)))


def env_files(count: int) -> str:
    """A web service with this many environment files."""
    return web(f"env_files: [{', '.join(f's3://bucket/{number}.env' for number in range(count))}]")


def tags(count: int) -> str:
    """A project with this many tags."""
    return top("tags:\n" + "".join(f"  t{number}: x\n" for number in range(count)))


def egress(count: int) -> str:
    """A web service with this many egress ranges."""
    return web("egress:\n" + "".join(f"- {{port: 443, cidr: 10.0.{number}.0/24}}\n" for number in range(count)))


def egress_with_cache(count: int) -> str:
    """The same with a cache, to which a rule is added."""
    text = f"{egress(count)}    uses: {{cache: {{url: REDIS_URL}}}}\n"
    return text.replace("services:", "resources: {cache: {type: valkey}}\nservices:", 1)


def ingress(count: int) -> str:
    """A load balancer with HTTPS and this many ingress ranges."""
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/a"
    ranges = "".join(f"  - 10.0.{number}.0/24\n" for number in range(count))
    return top(f"load_balancer:\n  ingress_cidrs:\n{ranges}  https: {{certificate_arn: '{certificate}'}}\n")


def policies(count: int) -> str:
    """A web service with this many managed policies."""
    arns = ", ".join(f"'arn:aws:iam::aws:policy/P{number}'" for number in range(count))
    return web(f"permissions: {{managed_policies: [{arns}]}}")


def egress_without_nat(count: int) -> str:
    """The same in a VPC without NAT, where the rules to two gateway endpoints are added."""
    endpoints = "[s3, dynamodb, ecr.api, ecr.dkr, logs]"
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1"
    everywhere = egress(count).replace("10.0.0.0/24", "10.0.0.0/16").replace("image: app:1", f"image: {image}")
    return everywhere.replace("services:", f"network: {{nat: none, endpoints: {endpoints}}}\nservices:", 1)


def cache_clients(count: int) -> str:
    """A cache that this many jobs use."""
    job = "{type: job, image: app:1, schedule: '@daily', uses: {cache: {url: REDIS_URL}}}"
    jobs = "".join(f"  s{number}: {job}\n" for number in range(count))
    return top(f"resources: {{cache: {{type: valkey}}}}\nservices:\n{jobs}")


def web_services(count: int) -> str:
    """This many web services."""
    return top("services:\n" + "".join(f"  s{n}: {{image: app:1, http: {{paths: [/{n}]}}}}\n" for n in range(count)))


def subnet_ids(given: dict[str, Any]) -> str:
    """An existing VPC with this many public and private subnets, in lines 5 and 6, and a web service."""
    ids = iter(range(100))

    def some(count: int) -> str:
        return ", ".join(f"subnet-{next(ids):08x}" for _ in range(count))

    public, private = some(given.get("public", 2)), some(given.get("private", 2))
    service = f"web: {{image: app:1, {given.get('web', '')}}}"
    network = f"  vpc_id: vpc-12345678\n  public_subnet_ids: [{public}]\n  private_subnet_ids: [{private}]\n"
    return f"{HEAD}services: {{{service}}}\nnetwork:\n{network}"


def whole(text: str) -> str:
    """A complete file."""
    return text


_KINDS: Mapping[str, Callable[[Any], str]] = {
    "build": build,
    "cache_clients": cache_clients,
    "egress": egress,
    "egress_with_cache": egress_with_cache,
    "egress_without_nat": egress_without_nat,
    "env_files": env_files,
    "file": whole,
    "image": image,
    "ingress": ingress,
    "job": job,
    "policies": policies,
    "sidecars": sidecars,
    "subnet_ids": subnet_ids,
    "tags": tags,
    "top": top,
    "two_web_services": two_web_services,
    "web": web,
    "web_services": web_services,
    "worker": worker,
}


def written(entry: Mapping[str, Any]) -> str:
    """The file for an entry of a table, such as `{web: "cpu: 300"}`."""
    kind = next(kind for kind in _KINDS if kind in entry)
    return repeated(_KINDS[kind](entry[kind]))


def repeated(text: str) -> str:
    """The text with `<a x 9>` replaced by nine times `a`."""
    return re.sub(r"<(.) x (\d+)>", lambda match: match[1] * int(match[2]), text)
