"""A small AWS CLI for `SERVICE OPERATION --NAME VALUE...`, on machines without one."""

from __future__ import annotations

import json
import sys

import boto3


def main(service: str, operation: str, *options: str) -> None:
    """Call an operation, and print its answer as JSON."""
    given = {name.removeprefix("--"): value for name, value in zip(options[::2], options[1::2], strict=True)}
    client = boto3.client(service, region_name=given.pop("region", None))  # type: ignore[call-overload]
    arguments = {"".join(map(str.capitalize, name.split("-"))): value for name, value in given.items()}
    answer = getattr(client, operation.replace("-", "_"))(**arguments)
    answer.pop("ResponseMetadata")
    sys.stdout.write(json.dumps(answer, indent=4) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
