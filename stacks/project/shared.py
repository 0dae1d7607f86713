"""The stack that all environments of a project share: which services have a repository, and who pulls from it.

It does not depend on the selected environments, so it is read from the file and all its environments: every deploy
writes the same stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath

from stacks.errors import Problem
from stacks.naming import SHARED
from stacks.project.check_rules import check_rules
from stacks.project.fields import check_fields
from stacks.project.models import Project, Registry, Service
from stacks.project.nodes import Entry, Node, Path, Scalar, find
from stacks.project.nodes import Mapping as Tree
from stacks.project.overlay import overlay, without_nulls
from stacks.project.rules.arns import role_account
from stacks.project.selection import Shared
from stacks.project.suggest import listed

_KEYS = ("project_id", "region", "tags", "encryption", "state", "account_id", "assume_role", "registry", "ci")
_DEFAULTS = ("region", "account_id", "assume_role")
_DEFAULT_REGION: str = Project.model_fields["region"].default


def top_level(base: Tree) -> Registry:
    """The defaults of the registry: the region, account and role at the top level of the file."""
    texts = {key: _text(base, (key,)) for key in _DEFAULTS}
    return Registry(**{**texts, "region": texts["region"] or _DEFAULT_REGION})


def shared_services(base: Tree, sections: Mapping[str, Entry]) -> tuple[str, ...]:
    """The services that have a shared repository in any environment, in the order of the file."""
    trees = list(_environments(base, sections).values())
    found = [tree.get("services") for tree in (base, *trees)]
    names = dict.fromkeys(name for services in found if isinstance(services, Tree) for name in services.entries)
    return tuple(name for name in names if any(_has_repository(tree, name) for tree in trees))


def shared_stack(
    base: Tree, sections: Mapping[str, Entry], root: FilePath, projects: Iterable[Project] = ()
) -> tuple[Shared | None, list[Problem]]:
    """The shared stack of a file with shared repositories, and the problems with the top level that it is made from.

    `projects` are the selected environments, in which options may have added a repository. The stack is None when too
    much of the file is invalid.
    """
    used = {name: each for project in projects for name, each in project.services.items() if each.has_shared_repository}
    services = tuple(dict.fromkeys([*shared_services(base, sections), *used]))
    tree = without_nulls(Tree({key: entry for key, entry in base.entries.items() if key in _KEYS}, base.mark))
    assert isinstance(tree, Tree)
    tree = tree.with_entry("env", Entry(Scalar(SHARED, SHARED, True, base.mark), (base.mark,)))
    checked = check_fields(tree)
    if checked.project is None:
        return None, list(checked.problems)
    # A worker, so that no other section of the file matters.
    repositories = {name: Service(type="worker", repository=True) for name in services}
    written = checked.project.with_top_level(top_level(base)).model_copy(update={"services": repositories})
    checkable = written if services else written.model_copy(update={"services": {"web": Service(type="worker")}})
    problems = [*checked.problems, *check_rules(replace(checked, project=checkable), root, {})]
    state = written.state
    if state.backend == "s3" and state.region is None:  # not the registry's region
        state = state.model_copy(update={"region": written.region})
    own = {
        "state": state,
        "region": written.registry_region,
        "account_id": written.registry.account_id or written.account_id,
        "assume_role": written.registry_role,
    }
    project = written.model_copy(update=own)
    accounts = _other_accounts(base, sections, written.registry_account)
    return Shared(project, accounts), [each for each in problems if each.severity == "error"]


def shared_problems(base: Tree, sections: Mapping[str, Entry]) -> Iterator[Problem]:
    """What is wrong with the registry in all environments together."""
    services = shared_services(base, sections)
    key = base.entries.get("registry")
    if not services:
        if key is not None and isinstance(key.value, Tree) and key.value.entries:
            what = "registry has no effect, because no service has build or repository"
            yield Problem(key.keys[0].position, what, None, "remove it", ("registry",), "warning")
        return
    if (section := sections.get(SHARED)) is not None:
        what = f"an environment can't be named {SHARED}: the stack of the registry has this name"
        path = ("environments", SHARED)
        yield Problem(section.keys[0].position, what, SHARED, "rename the environment", path)
    if len(sections) > 1 and _text(base, ("registry", "account_id")) is None:
        yield from _account_needed(base, sections, services[0], key)


def _account_needed(base: Tree, sections: Mapping[str, Entry], service: str, key: Entry | None) -> Iterator[Problem]:
    """`registry.account_id` is required where environments are in different accounts, or use different roles."""
    trees = _environments(base, sections)
    for field in ("account_id", "assume_role"):
        found = {name: _text(tree, (field,)) for name, tree in trees.items()}
        if len(set(found.values())) > 1:
            entry = key or find_entry(base, ("services", service))
            where = entry.keys[0].position if entry else base.mark.position
            what = f"registry needs account_id, because the environments have different values of {field}"
            shown = listed([f"{name}: {value or 'none'}" for name, value in found.items()], "and")
            fix = 'add registry: {account_id: "123456789012"} with the account of the images'
            yield Problem(where, what, shown, fix, ("registry",))
            return


def find_entry(tree: Tree, path: Path) -> Entry | None:
    """The entry at the end of a path of keys; None without one."""
    above = find(tree, path[:-1])
    return above.entries.get(str(path[-1])) if isinstance(above, Tree) else None


def _environments(base: Tree, sections: Mapping[str, Entry]) -> dict[str, Tree]:
    """The file as each environment sees it; without environments, the file itself."""
    merged: dict[str, Node] = {name: overlay(base, entry.value) for name, entry in sections.items()}
    trees = {name: tree if isinstance(tree, Tree) else base for name, tree in merged.items()}
    return trees or {"": base}


def _has_repository(tree: Tree, name: str) -> bool:
    build, repository = (find(tree, ("services", name, key)) for key in ("build", "repository"))
    is_built = build is not None and not (isinstance(build, Scalar) and build.value is None)
    return is_built or (isinstance(repository, Scalar) and repository.value is True)


def _other_accounts(base: Tree, sections: Mapping[str, Entry], registry: str | None) -> tuple[str, ...]:
    """The accounts of the environments that are not the registry's, sorted."""
    found: Iterable[str | None] = map(_account, _environments(base, sections).values())
    return tuple(sorted({each for each in found if each is not None} - {registry})) if registry is not None else ()


def _account(tree: Tree) -> str | None:
    role = _text(tree, ("assume_role",))
    return _text(tree, ("account_id",)) or (role_account(role) if role is not None else None)


def _text(tree: Node, path: Path) -> str | None:
    node = find(tree, path)
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None
