"""The files that a synth writes to a stack's folder, and what it returns about the stack."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stacks.bindings import App, TerraformStack
from stacks.configuration import STACK_FILE, BackendSettings, read
from stacks.constructs.base import comments, ephemerals
from stacks.constructs.task_definition import TEMPLATE, template_path
from stacks.errors import SynthError
from stacks.files import copy, write_text
from stacks.naming import FORCE_NEW_DEPLOYMENT, IMAGE, OFFER, identifier, stack_name
from stacks.project.models import Project
from stacks.sources import Sources

_OWN_VALUE = re.compile(r"_own_\d+$")
BUILT_IN_TEMPLATE = Path(__file__).parent / TEMPLATE


@dataclass(frozen=True)
class SynthesizedStack:
    """A stack as it was written.

    Attributes:
        name: `<project>-<env>`, or `<project>-shared`.
        env: The environment; `shared` for the stack that all of them share.
        path: The stack's folder.
        resources: The number of resources of each Terraform type, sorted by type.
        configuration: The stack in Terraform's JSON syntax, for either output format.
        addresses: The addresses of its resources and data sources.
        owners: The service that owns each address, from the path of its construct; None for shared resources.
        tags: The provider's default tags.
        backend: Where its state is.
        sources: Where parts of it come from, for the errors of Terraform.
    """

    name: str
    env: str
    path: Path
    resources: dict[str, int]
    configuration: Mapping[str, Any]
    addresses: tuple[str, ...]
    owners: Mapping[str, str | None]
    tags: Mapping[str, str]
    backend: BackendSettings
    sources: Sources = field(default_factory=Sources)

    @property
    def own_tags(self) -> dict[str, str]:
        """The tags that distinguish the stack's resources from all others."""
        return {key: self.tags[key] for key in ("Project", "Environment", "ManagedBy")}

    @classmethod
    def read(cls, folder: Path, project: Project, services: Mapping[str, str], out: Path) -> SynthesizedStack:
        """The stack that cdktf wrote into `folder`.

        Args:
            folder: The folder that cdktf wrote the stack to.
            project: The project, in the stack's environment.
            services: The names of the services by the ID of their construct.
            out: The output folder that the stack will be published to.
        """
        content = read(folder)
        counts = Counter({kind: len(made) for kind, made in content.get("resource", {}).items()})
        paths = _construct_paths(content)
        name = stack_name(project.project_id, project.env)
        return cls(
            name,
            project.env,
            out / "stacks" / name,
            dict(sorted(counts.items())),
            configuration=content,
            addresses=tuple(paths),
            owners={address: services.get(path[1]) for address, path in paths.items()},
            tags=_default_tags(content),
            backend=BackendSettings.of(content["terraform"]),
        )


def _construct_paths(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """The path in the tree of constructs of each resource and data source, by address."""
    return {
        f"{prefix}{kind}.{name}": resource["//"]["metadata"]["path"].split("/")
        for section, prefix in (("resource", ""), ("data", "data."))
        for kind, made in content.get(section, {}).items()
        for name, resource in made.items()
    }


def _default_tags(content: Mapping[str, Any]) -> dict[str, str]:
    (provider,) = content["provider"]["aws"]
    return dict(provider["default_tags"][0]["tags"])


def write(app: App, out: Path) -> None:
    """Write the stacks of `app` with cdktf. `out` is the output folder, for errors.

    Raises:
        SynthError: Node.js could not write to the file system.
    """
    try:
        app.synth()
    except RuntimeError as error:
        refused = re.search(r"\b(E(?:NOSPC|DQUOT|ACCES|PERM|ROFS|IO|MFILE)): ([^,]+)", str(error))
        if refused is None:
            raise
        raise SynthError.of(
            str(out),
            "cannot write the stacks",
            got=f"{refused[2]} ({refused[1]})",
            fix="free disk space or fix the permissions, then try again",
            code=refused[1],
        ) from error


def add_templates(folder: Path, project: Project, root: Path) -> None:
    """Copy the task definition templates to a stack's folder: the built-in one, and the services' own."""
    for name, service in project.services.items():
        own = service.task_definition_template
        template = folder / template_path(name, service)
        template.parent.mkdir(parents=True, exist_ok=True)
        copy(root / own if own else BUILT_IN_TEMPLATE, template)


def as_hcl(folder: Path, stack: TerraformStack, content: Mapping[str, Any]) -> None:
    """Replace a stack's JSON, with this `content`, with HCL: one file for each construct of the stack."""
    from stacks.hcl import blocks_of, render

    paths = _construct_paths(content)
    addresses = {path[-1]: address for address, path in paths.items()}
    made = {addresses.get(id, id): comment for id, comment in comments(stack).items()}
    files = {address: path[1] for address, path in paths.items()} | dict(ephemerals(stack))

    def file_of(address: str) -> str:
        """The file of the construct that created the resource."""
        return f"{files[address]}.tf" if address in files else _shared_file(address)

    for name, text in render(content, blocks_of(stack.node.find_all()), file_of, made).items():
        write_text(folder / name, text)
    (folder / STACK_FILE).unlink()


def hcl_files(content: Mapping[str, Any]) -> frozenset[str]:
    """The names of the files that `as_hcl` writes for the resources, variables and locals of a stack."""
    paths = _construct_paths(content)
    shared = [
        f"{kind}.{name}" for kind, key in (("var", "variable"), ("local", "locals")) for name in content.get(key, {})
    ]
    return frozenset({"providers.tf", "outputs.tf", *(_file_of(address, paths) for address in (*paths, *shared))})


def _file_of(address: str, paths: Mapping[str, list[str]]) -> str:
    """The file of the construct that created a resource, or of a block outside of constructs."""
    return f"{paths[address][1]}.tf" if address in paths else _shared_file(address)


def _shared_file(address: str) -> str:
    """The file of a block outside of constructs: settings, outputs, and the variables and locals of a service.

    Variables have no file of their own: `variables.tf` is a name that users choose for theirs.
    """
    head, _, name = address.partition(".")
    if head == "output":
        return "outputs.tf"
    if head == "var":
        suffix = FORCE_NEW_DEPLOYMENT if name.endswith(FORCE_NEW_DEPLOYMENT) else IMAGE
        return f"service_{name.removesuffix(suffix)}.tf"
    if address == f"local.{OFFER}":
        return "ecsforge.tf"
    if head == "local":
        name = _OWN_VALUE.sub("", name)
        return f"service_{identifier(name.removesuffix('_definition').removesuffix('_task'))}.tf"
    return "providers.tf"
