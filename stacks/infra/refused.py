"""What can't be in the user's own Terraform: it would change the stack's settings, or reach another account.

Sources: the Terraform language reference (Terraform settings, provider configuration), the OpenTofu documentation
("State and Plan Encryption") and the schema of the AWS provider.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.errors import Position, Problem
from stacks.infra.blocks import Block
from stacks.infra.configuration import Module, OwnTerraform, RequiredProvider

AWS, LOCAL = "hashicorp/aws", "hashicorp/local"
_ALLOWED_SETTINGS = ("required_providers", "provider_meta")
_KEYS = ("access_key", "secret_key", "token")
_STATE = "write the field state in the project file"
_SETTINGS_FIXES = {"backend": _STATE, "cloud": _STATE, "encryption": "remove it"}
_TYPED = ("TYPE", "NAME")
_NAMED = ("NAME",)
_LABELS = {
    **dict.fromkeys(("resource", "data", "ephemeral"), _TYPED),
    **dict.fromkeys(("provider", "module", "variable", "output", "check"), _NAMED),
    **dict.fromkeys(("terraform", "locals", "moved", "removed", "import"), ()),
}
_COUNTS = ("no labels", "one label", "two labels")
_SOURCE = re.compile(r"(?:[\w.-]+(?::\d+)?/)?(?:[\w-]+/)?[\w-]+")
_VERSION = re.compile(r"\s*(?:=|!=|>=?|<=?|~>)?\s*v?\d+(?:\.\d+)*(?:-[\w.-]+)?(?:\+[\w.-]+)?\s*")


def refused(own: OwnTerraform) -> Iterator[Problem]:
    """Every block that can't be in the folder, with its position."""
    for module in own.modules:
        yield from _settings(module)
        yield from _labels(module)
        yield from _required(module)
        yield from _providers(module)
        yield from _duplicates(module)
    yield from _versions(own.root)
    yield from _local_provider(own.root)


def _duplicates(module: Module) -> Iterator[Problem]:
    """Terraform reports a name that is declared twice at init, and ends there."""
    seen: dict[str, Position] = {}
    for name, position in _declared(module):
        if (first := seen.setdefault(name, position)) is not position:
            yield Problem(position, f"{name} is already declared at {first}", None, "rename or remove one of them")


def _declared(module: Module) -> Iterator[tuple[str, Position]]:
    for block in module.blocks("provider"):
        alias = block.attribute("alias")
        # A default AWS provider has a message of its own.
        if block.labels and (alias is not None or not _is_aws(module.source_of(block.labels[0]))):
            yield ".".join(["provider", block.labels[0], *([str(alias.value)] if alias else [])]), block.position
    for block in module.blocks("resource", "data", "ephemeral", "module", "variable", "output", "check"):
        if block.labels:
            prefix = "" if block.kind == "resource" else f"{block.kind}."
            yield prefix + ".".join(block.labels), block.position
    for block in module.blocks("locals"):
        yield from ((f"local.{each.name}", each.position) for each in block.attributes)


def _settings(module: Module) -> Iterator[Problem]:
    """A stack has one backend, which ecsforge writes."""
    for settings in module.blocks("terraform"):
        for block in settings.blocks:
            if block.kind not in _ALLOWED_SETTINGS:
                kind = f"{'an' if block.kind[0] in 'aeiou' else 'a'} {block.kind} block"
                what = f"{kind} can't be in this folder, because ecsforge writes the stack's settings"
                got = f'{block.kind} "{block.labels[0]}"' if block.labels else None
                yield Problem(block.position, what, got, _SETTINGS_FIXES.get(block.kind, "remove it"))


def _labels(module: Module) -> Iterator[Problem]:
    """Terraform reports a missing label at init; here it would be a name that the stack has."""
    for block in module.blocks(*_LABELS):
        labels = _LABELS[block.kind]
        if len(block.labels) != len(labels):
            written = " ".join([block.kind, *(f'"{label}"' for label in labels)])
            what = f"{'an' if block.kind[0] in 'aeiou' else 'a'} {block.kind} block must have {_COUNTS[len(labels)]}"
            yield Problem(block.position, what, str(len(block.labels) or "none"), f"write {written} {{")


def _required(module: Module) -> Iterator[Problem]:
    """Entries of `required_providers` are merged into the stack's, and compared with those that a rehearsal runs.

    Terraform evaluates them, so that one that is not written out can be another provider.
    """
    for each in module.required_providers:
        if (fault := _required_fault(each)) is not None:
            what, got, example = fault
            entry = f"{each.name} in required_providers"
            yield Problem(each.position, f"{entry} {what}", got, f"for example {each.name} = {example}")


def _required_fault(provider: RequiredProvider) -> tuple[str, str | None, str] | None:
    """What is wrong with an entry, what it has, and an example."""
    example = f'{{ source = "{provider.source}", version = "~> 1.0" }}'
    if not provider.is_plain:
        return "must have its source and version as text, without expressions", None, example
    if not _SOURCE.fullmatch(provider.source):
        example = f'{{ source = "hashicorp/{provider.name}" }}'
        return "must have a source such as organization/name", provider.source, example
    if provider.version and not all(_VERSION.fullmatch(each) for each in provider.version.split(",")):
        return "must have a version constraint", provider.version, example
    return None


def _providers(module: Module) -> Iterator[Problem]:
    for block in module.blocks("provider"):
        name = block.labels[0] if block.labels else ""
        if not _is_aws(module.source_of(name)):
            continue
        if block.attribute("alias") is None:
            what = f'provider "{name}" needs an alias, because ecsforge configures the default AWS provider'
            yield Problem(block.position, what, None, 'add an alias, such as alias = "west", and use it as aws.west')
        yield from _aws_arguments(block)


def _aws_arguments(block: Block) -> Iterator[Problem]:
    for each in block.attributes:
        if each.name in _KEYS:
            fix = "remove it; Terraform uses the credentials of the environment, or write assume_role"
            yield Problem(each.position, f"a provider can't have {each.name} in this folder", None, fix)
        elif each.name == "endpoints" or each.name.endswith("_endpoint"):
            yield Problem(each.position, f"a provider can't have {each.name} in this folder", None, "remove it")
    named = {each.name for each in block.attributes}
    for nested in block.blocks:
        dynamic = nested.kind == "dynamic" and nested.labels[:1] == ("endpoints",)
        if (nested.kind == "endpoints" and "endpoints" not in named) or dynamic:
            yield Problem(nested.position, "a provider can't have endpoints in this folder", None, "remove it")


def _is_aws(source: str) -> bool:
    return source.rpartition("/")[2] in ("aws", "awscc")


def _local_provider(root: Module) -> Iterator[Problem]:
    """The stack has this provider for its own files; it has no settings."""
    for block in root.blocks("provider"):
        if block.labels and root.source_of(block.labels[0]) == LOCAL and block.attribute("alias") is None:
            what = f'the stack already has the provider "{block.labels[0]}"'
            yield Problem(block.position, what, None, "remove it; the provider has no settings")


def _versions(root: Module) -> Iterator[Problem]:
    """The providers of the folder and of ecsforge are merged into one list."""
    sources = {"aws": AWS, "local": LOCAL}
    for each in root.required_providers:
        known = sources.setdefault(each.name, each.source)
        if known != each.source:
            what = f"provider {each.name} must have the source {known}, which the stack uses"
            yield Problem(each.position, what, each.source, "choose another name for this provider")
