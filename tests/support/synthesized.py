"""Read access to a synthesized stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from stacks.project.template import render

Json = dict[str, Any]


@dataclass(frozen=True)
class Stack:
    """The Terraform JSON of one stack in its folder."""

    folder: Path

    @cached_property
    def content(self) -> Json:
        """The document without cdktf's metadata."""
        document: Json = _without_metadata(json.loads(self.text))
        return document

    @cached_property
    def text(self) -> str:
        return (self.folder / "cdk.tf.json").read_text("utf-8")

    def __getitem__(self, address: str) -> Json:
        """The arguments of `aws_vpc.main` or `data.aws_partition.current`."""
        section, _, rest = address.partition(".") if address.startswith("data.") else ("resource", "", address)
        kind, _, name = rest.partition(".")
        arguments: Json = self.content[section][kind][name]
        return arguments

    def __contains__(self, address: str) -> bool:
        return address in self.addresses

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """Every resource and data source."""
        return tuple(address for address, _ in self.everything())

    def everything(self) -> Iterator[tuple[str, Json]]:
        """Every resource and data source with its arguments."""
        for section, prefix in (("resource", ""), ("data", "data.")):
            for kind, made in self.content.get(section, {}).items():
                for name, arguments in made.items():
                    yield f"{prefix}{kind}.{name}", arguments

    def all(self, kind: str) -> dict[str, Json]:
        """The resources of a type by name."""
        made: dict[str, Json] = self.content["resource"].get(kind, {})
        return made

    def names(self, kind: str) -> list[str]:
        """The names of the resources of a type, sorted."""
        return sorted(self.all(kind))

    def policy(self, address: str, argument: str = "policy") -> list[Json]:
        """The statements of a policy document."""
        document = json.loads(self[address][argument])
        assert document["Version"] == "2012-10-17"
        statements: list[Json] = document["Statement"]
        return statements

    def statements(self, address: str) -> dict[str, Json]:
        """The statements of a policy document by statement ID."""
        return {statement["Sid"]: statement for statement in self.policy(address)}

    def rules(self, direction: str, group: str) -> dict[str, tuple[str, int | None]]:
        """The peer and port of each `ingress` or `egress` rule of a security group, by the rule's name."""
        own = f"${{aws_security_group.{group}.id}}"
        found = self.all(f"aws_vpc_security_group_{direction}_rule").items()
        return {
            name: (rule.get("cidr_ipv4") or rule["referenced_security_group_id"], rule.get("from_port"))
            for name, rule in found
            if rule["security_group_id"] == own
        }

    def variables(self, service: str) -> Json:
        """The variables of a service's task definition template."""
        variables: Json = self.content["locals"][f"{service}_task"]
        return variables

    def definition(self, service: str) -> Json:
        """A service's task definition as Terraform renders it; references are kept as text."""
        template = (
            self.content["locals"][f"{service}_task_definition"].partition("${path.module}/")[2].partition('"')[0]
        )
        text = render((self.folder / template.rstrip("\\")).read_text("utf-8"), _evaluated(self.variables(service)))
        definition: Json = json.loads(text)
        return definition

    def container(self, service: str, name: str | None = None) -> Json:
        """A container definition of a service: of its own container, or of the sidecar `name`."""
        found = self.definition(service)["containerDefinitions"]
        container: Json = next(one for one in found if one["name"] == (name or service))
        return container

    def environment(self, service: str) -> dict[str, str]:
        """The environment variables of a service's own container."""
        return {pair["name"]: pair["value"] for pair in self.container(service)["environment"]}


def _without_metadata(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_metadata(item) for key, item in value.items() if key != "//"}
    return [_without_metadata(item) for item in value] if isinstance(value, list) else value


def _evaluated(value: Any) -> Any:
    """Literal text as Terraform reads it, without escapes."""
    if isinstance(value, dict):
        return {_evaluated(key): _evaluated(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_evaluated(item) for item in value]
    return value.replace("$${", "${").replace("%%{", "%{") if isinstance(value, str) else value
