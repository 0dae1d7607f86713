"""What the user's own Terraform declares: read once for each synth or check.

A module in a subfolder is read too, because the same blocks are refused in it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from stacks.errors import Position, Problem
from stacks.infra.blocks import Block, UnreadableFile
from stacks.infra.folder import MAX_TEXT, Files, files_of
from stacks.infra.json_syntax import read_json
from stacks.infra.native import read_native

BUILT_IN = "terraform"
"""The provider that is part of Terraform: `terraform_data`."""


@dataclass(frozen=True)
class RequiredProvider:
    """An entry of `required_providers`.

    `source` is in the form `hashicorp/aws`, of another registry `example.com/org/name`. `version` is empty without one.
    `is_plain` is whether both are written out, so that Terraform can't read others.
    """

    name: str
    source: str
    version: str
    position: Position
    is_plain: bool = True


@dataclass(frozen=True)
class Module:
    """The files of the folder, or of a module in a subfolder, which `path` names; "" is the folder itself."""

    path: str
    files: Mapping[str, Block]

    def blocks(self, *kinds: str) -> Iterator[Block]:
        """The top-level blocks of these kinds, in the order of the files."""
        for root in self.files.values():
            yield from root.of_kind(*kinds)

    @cached_property
    def required_providers(self) -> tuple[RequiredProvider, ...]:
        """The entries of `required_providers`, as they are written."""
        found = []
        for settings in self.blocks("terraform"):
            for block in settings.of_kind("required_providers"):
                found += [_required(each.name, each.value, each.position) for each in block.attributes]
        return tuple(found)

    def source_of(self, provider: str) -> str:
        """The source of a provider by its name in this module."""
        if provider == BUILT_IN:
            return "terraform.io/builtin/terraform"
        return next((each.source for each in self.required_providers if each.name == provider), f"hashicorp/{provider}")


def _required(name: str, value: Any, position: Position) -> RequiredProvider:
    given = value if isinstance(value, dict) else {"version": value}
    source, version = given.get("source"), given.get("version")
    plain = _plain_source(source) if isinstance(source, str) else f"hashicorp/{name}"
    is_plain = all(isinstance(given[key], str) for key in ("source", "version") if key in given)
    return RequiredProvider(name, plain, version if isinstance(version, str) else "", position, is_plain)


def _plain_source(source: str) -> str:
    """A source without the default registry: https://developer.hashicorp.com/terraform/language/providers/requirements."""
    parts = source.lower().split("/")
    if len(parts) == 1:
        return f"hashicorp/{parts[0]}"
    default = ("registry.terraform.io", "registry.opentofu.org")
    return "/".join(parts[1:] if len(parts) > 2 and parts[0] in default else parts)


@dataclass(frozen=True)
class OwnTerraform:
    """The user's own Terraform.

    Attributes:
        name: The folder as in the project file, without a slash at its end: `infra`.
        files: Its files.
        modules: The folder itself, then the modules in its subfolders that are called.
        problems: Files that can't be read, and calls of modules outside of the folder.
        expressions: The expressions of the project file that refer to it, each with its position.
    """

    name: str
    files: Files
    modules: tuple[Module, ...]
    problems: tuple[Problem, ...]
    expressions: tuple[tuple[str, Position], ...] = ()

    @property
    def root(self) -> Module:
        """The folder itself."""
        return self.modules[0]

    @cached_property
    def declared(self) -> frozenset[str]:
        """What expressions can refer to: `aws_vpc.main`, `data.aws_ami.web`, `module.db`, `var.size`, `local.name`."""
        found = set()
        for block in self.root.blocks("resource", "data", "module", "variable", "ephemeral"):
            prefix = {"resource": "", "variable": "var."}.get(block.kind, f"{block.kind}.")
            found.add(prefix + ".".join(block.labels))
        for block in self.root.blocks("locals"):
            found |= {f"local.{each.name}" for each in block.attributes}
        return frozenset(found)

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of its resources and data sources, without those of modules."""
        blocks = self.root.blocks("resource", "data")
        return tuple(("data." if each.kind == "data" else "") + ".".join(each.labels) for each in blocks)

    @cached_property
    def providers(self) -> dict[str, RequiredProvider]:
        """The providers that it needs, by their local names; those of modules too, where the name is free."""
        found: dict[str, RequiredProvider] = {}
        for module in self.modules:
            for each in module.required_providers:
                found.setdefault(each.name, each)
            for name, position in used_providers(module):
                found.setdefault(name, RequiredProvider(name, module.source_of(name), "", position))
        return {name: each for name, each in found.items() if name != BUILT_IN}


def used_providers(module: Module) -> Iterator[tuple[str, Position]]:
    """The local names of the providers of a module's resources, and of its `provider` blocks, with their positions."""
    for block in module.blocks("provider"):
        if block.labels:
            yield block.labels[0], block.position
    for block in resources(module):
        yield provider_of(block), block.position


def resources(module: Module) -> Iterator[Block]:
    """Resources, data sources and everything else that a provider implements, also data sources in checks."""
    kinds = ("resource", "data", "ephemeral", "action", "list")
    for block in module.blocks(*kinds, "check"):
        if block.kind == "check":
            yield from (each for each in block.of_kind("data") if each.labels)
        elif block.labels:
            yield block


def provider_of(block: Block) -> str:
    """The local name of the provider of a resource: that of its argument `provider`, or the start of its type."""
    provider = block.attribute("provider")
    if provider is not None:
        text = provider.text if provider.text is not None else provider.value
        if isinstance(text, str) and text:
            return text.strip('"').partition(".")[0]
    return block.labels[0].partition("_")[0]


def read_own_terraform(root: Path, name: str) -> OwnTerraform:
    """Read the folder `name`, which exists, in the folder of the project file, `root`."""
    plain = posixpath.normpath(name)
    files = files_of(root / plain)
    problems = list(files.problems)
    modules: dict[str, Module] = {}
    waiting = [""]
    while waiting:
        path = waiting.pop(0)
        if path in modules:
            continue
        modules[path] = module = Module(path, _read(files, path, problems))
        for call in module.blocks("module"):
            found = _called(files, path, call)
            if isinstance(found, Problem):
                problems.append(found)
            else:
                waiting.append(found)
    return OwnTerraform(plain, files, tuple(modules.values()), tuple(problems))


def _read(files: Files, module: str, problems: list[Problem]) -> dict[str, Block]:
    """The blocks of each file of a module that can be read."""
    found = {}
    for path in files.of_module(module):
        where = files.position(path)
        try:
            file = files.folder / path
            if file.stat().st_size > MAX_TEXT:
                what = f"a Terraform file must have at most {MAX_TEXT // 1024 // 1024} MiB"
                problems.append(Problem(where, what, None, "check that this is a Terraform file"))
                continue
            text = file.read_bytes().decode("utf-8")
            found[path] = _blocks(text, where.source, is_json=path.endswith(".json"))
        except UnreadableFile as error:
            kind = "JSON" if path.endswith(".json") else "HCL"
            problems.append(Problem(error.position, f"not valid {kind}: {error.what}", None, "correct the syntax"))
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode("utf-8")
            where = files.position(path, before.count("\n") + 1, len(before) - before.rfind("\n"))
            problems.append(Problem(where, "a Terraform file must be text in UTF-8", None, "save it as UTF-8"))
        except OSError as error:
            problems.append(Problem(where, "the file can't be read", error.strerror, "check its permissions"))
    return found


@lru_cache(maxsize=256)
def _blocks(text: str, source: str, *, is_json: bool) -> Block:
    """The blocks of a file; every environment of a project reads the same files."""
    return (read_json if is_json else read_native)(text, source)


def _called(files: Files, module: str, call: Block) -> str | Problem:
    """The subfolder of the module that a block calls."""
    source = call.attribute("source")
    if source is None:
        return Problem(call.position, "a module needs a source", None, "add source = with the path of a subfolder")
    text, fix = source.value, "copy the module to a subfolder, and write its path, such as ./modules/db"
    if not isinstance(text, str):
        return Problem(source.position, "the source of a module must be the path of a subfolder", None, fix)
    inside = text.startswith(("./", "../")) and posixpath.normpath(posixpath.join(module, text))
    if not inside or inside == "." or inside.startswith("../") or inside == "..":
        return Problem(source.position, "the source of a module must be a subfolder of this folder", text, fix)
    if not any(path.startswith(f"{inside}/") for path in files.paths):
        return Problem(source.position, "the folder of this module does not exist", text, "check the path")
    return inside
