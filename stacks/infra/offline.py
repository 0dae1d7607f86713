"""What a rehearsal refuses in the user's own Terraform: it would act outside of the emulator.

A provisioner runs a command on this machine, and other providers reach their services with the credentials that they
find. A pull request can contain any of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from stacks.errors import Problem
from stacks.infra.blocks import Block
from stacks.infra.configuration import BUILT_IN, Module, OwnTerraform, provider_of, resources, used_providers

OPTION = "--allow-provider"
PROVIDERS = frozenset({"aws", "local", "random", "tls", "time", "null", "archive"})
"""The providers of HashiCorp that a rehearsal runs."""
_AWS_SETTINGS = (
    *("profile", "shared_config_files", "shared_credentials_files", "shared_credentials_file"),
    *("http_proxy", "https_proxy", "no_proxy", "custom_ca_bundle", "assume_role_with_web_identity"),
)
# Types of the providers above that reach another machine, or run a command (`local_command`, hashicorp/local 2.6).
_ACTING = {
    "tls_certificate": "connects to a server",
    "aws_ip_ranges": "connects to a server",
    "local_command": "runs a command on this machine",
    "terraform_remote_state": "reads the state of another configuration",
}
# What writes a file, and the argument with its path.
_WRITING = {"local_file": "filename", "local_sensitive_file": "filename", "archive_file": "output_path"}
_FILE = r"[\w@+=,-][\w@+=,. -]*"
# No path that leaves the folder, and no file that Terraform reads with its next command.
_INSIDE = re.compile(rf"(?:\$\{{path\.(?:module|root)\}}/)?(?:{_FILE}/)*(?!.*\.(?:tf|tofu|tfvars)(?:\.json)?$){_FILE}")


def acts_for_real(own: OwnTerraform, allowed: Collection[str] = ()) -> Iterator[Problem]:
    """Everything that a rehearsal does not run.

    `allowed` are the providers of `--allow-provider`, by name or source.
    """
    for module in own.modules:
        yield from _provisioners(module)
        yield from _foreign(module, allowed)
        yield from _acting(module, allowed)
        yield from _writing(module, allowed)
        yield from _credentials(module)


def _provisioners(module: Module) -> Iterator[Problem]:
    for resource in module.blocks("resource", "removed"):
        for block in resource.of_kind("provisioner"):
            got = f'provisioner "{block.labels[0]}"' if block.labels else None
            what = "a rehearsal does not run provisioners, which act outside of the emulator"
            yield Problem(block.position, what, got, "replace it, or rehearse the project without it")


def _foreign(module: Module, allowed: Collection[str]) -> Iterator[Problem]:
    """Providers that a rehearsal does not run; each once, at its first use."""
    seen = set()
    named = [(each.name, each.source, each.position) for each in module.required_providers]
    used = [(name, module.source_of(name), position) for name, position in used_providers(module)]
    for name, source, position in (*used, *named):
        if source in seen or name == BUILT_IN or _is_known(source) or {name, source} & {*allowed}:
            continue
        seen.add(source)
        what = f"a rehearsal does not run provider {source}, which acts outside of the emulator"
        fix = f"if it does nothing that a rehearsal must not do, pass {OPTION} {name}"
        yield Problem(position, what, name, fix)


def _is_known(source: str) -> bool:
    namespace, _, name = source.partition("/")
    return namespace == "hashicorp" and name in PROVIDERS


def _acting(module: Module, allowed: Collection[str]) -> Iterator[Problem]:
    for block in resources(module):
        kind, name = block.labels[0], provider_of(block)
        if kind in _ACTING and {name, module.source_of(name)}.isdisjoint(allowed):
            what = f"a rehearsal does not read {kind}, which {_ACTING[kind]}"
            fix = f"pass the value as a variable, or pass {OPTION} {name}"
            yield Problem(block.position, what, _shown(block), fix)


def _writing(module: Module, allowed: Collection[str]) -> Iterator[Problem]:
    """Files outside of the stack's folder: one of them can be a program that is run later."""
    for block in resources(module):
        path = block.attribute(_WRITING.get(block.labels[0], ""))
        is_read = block.kind == "data" and block.labels[0] != "archive_file"
        if (
            path is None
            or is_read
            or not {provider_of(block), module.source_of(provider_of(block))}.isdisjoint(allowed)
        ):
            continue
        if path.template is None or not _INSIDE.fullmatch(path.template):
            what = f"a rehearsal writes files only to the stack's folder, and no Terraform files; check {path.name}"
            fix = f'write {path.name} = "${{path.module}}/NAME", or pass {OPTION} {provider_of(block)}'
            yield Problem(path.position, what, _shown(block), fix)


def _credentials(module: Module) -> Iterator[Problem]:
    """Settings of the AWS provider that lead to the user's credentials, or past the emulator."""
    for block in module.blocks("provider"):
        names = {each.name: each.position for each in (*block.attributes,)}
        names |= {each.kind: each.position for each in block.blocks}
        for name in _AWS_SETTINGS:
            if name in names and block.labels and module.source_of(block.labels[0]) == "hashicorp/aws":
                what = f"a rehearsal does not use {name} of a provider, which leads out of the emulator"
                yield Problem(names[name], what, None, "set it in the environment of the command that deploys")


def _shown(block: Block) -> str:
    return " ".join([block.kind, *(f'"{label}"' for label in block.labels)])
