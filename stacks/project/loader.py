"""From a selection to checked projects: finds the file, resolves every environment, gathers every problem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from stacks.errors import Position, Problem, ProjectError
from stacks.naming import SHARED
from stacks.project.collisions import collisions, related
from stacks.project.composer import MAX_VALUES
from stacks.project.limit import limited
from stacks.project.models import Project
from stacks.project.nodes import Entry, Items, Layer, Mapping, Mark, Node, Path, Scalar, kind, size
from stacks.project.problem_lists import in_order, of_all
from stacks.project.reader import read_file
from stacks.project.resolve import resolve, written
from stacks.project.selection import FILE_NAME, Loaded, Selection, Shared, discovered, require_trusted
from stacks.project.shared import shared_problems, shared_stack
from stacks.project.suggest import did_you_mean, listed

ENV_PATTERN = re.compile(r"[a-z][a-z0-9-]{0,15}")
ENV_RULE = "a lower-case letter, then at most 15 lower-case letters, digits or dashes"
# The environment's name when a file without environments is only validated.
_ANY_ENV = "any"


def load(selection: Selection) -> Loaded:
    """Load and check the selected environments. Raises `ProjectError` with every problem found, sorted by position."""
    source = _source(selection)
    if selection.env is None and not source.environments:
        raise ProjectError(*source.problems, _env_needed(source))
    outcome = _outcome(source, selection)
    errors = [problem for problem in outcome.problems if problem.severity == "error"]
    if errors:
        raise ProjectError(*errors)
    return Loaded(source.root, source.file, outcome.projects, outcome.problems, outcome.shared)


def load_shared(selection: Selection) -> Loaded:
    """Only the stack that all environments share, also when no service has a repository in it any more.

    Raises `ProjectError` with every problem found in the file.
    """
    source = _source(replace(selection, env=None))
    outcome = _outcome(source, replace(selection, env=None))
    base, _ = _base(source, selection)
    shared, problems = shared_stack(base, source.environments, source.root)
    errors = [problem for problem in (*outcome.problems, *problems) if problem.severity == "error"]
    if errors or shared is None:
        raise ProjectError(*in_order(errors))
    return Loaded(source.root, source.file, (), (), shared)


def problems_of(selection: Selection) -> tuple[Problem, ...]:
    """Every error and warning of what is selected, sorted by position. A file without environments needs no env."""
    return validate(selection).problems


def environments_in(selection: Selection) -> tuple[str, ...]:
    """The environments in the project file, in its order; empty without a file or without environments."""
    return tuple(_source(selection).environments)


@dataclass(frozen=True)
class Outline:
    """The names in a project file, read without checking the values: for shell completion.

    Attributes:
        root: The folder of the project file.
        project_id: The project; None if the file has none.
        environments: The selected environment, or all.
        services: The services of these environments.
    """

    root: FilePath
    project_id: str | None
    environments: tuple[str, ...]
    services: tuple[str, ...]


def outline(selection: Selection) -> Outline:
    """The names in the project file. Raises ProjectError if it can't be read."""
    source = _source(selection)
    names = (selection.env,) if selection.env else tuple(source.environments)
    sections = [source.environments[name].value for name in names if name in source.environments]
    maps = [each.entries["services"].value for each in (source.base, *sections)
            if isinstance(each, Mapping) and "services" in each.entries]  # fmt: skip
    services = dict.fromkeys(name for each in maps if isinstance(each, Mapping) for name in each.entries)
    entry = source.base.entries.get("project_id")
    in_file = entry.value.text if entry is not None and isinstance(entry.value, Scalar) else None
    return Outline(source.root, selection.project_id or in_file, names, tuple(services))


@dataclass(frozen=True)
class Validation:
    """The result of checking the selected environments.

    `problems` are sorted by position. `environments` are all that the file has. `loaded` is None when a problem is an
    error; for a file without environments and a selection without one, its project is in an environment `any`.
    """

    problems: tuple[Problem, ...]
    environments: tuple[str, ...] = ()
    loaded: Loaded | None = None


def validate(selection: Selection) -> Validation:
    """Check the selected environments, and load them when there are no errors. Reads the project file once."""
    try:
        source = _source(selection)
        outcome = _outcome(source, selection)
    except ProjectError as error:
        return Validation(error.problems)
    valid = all(problem.severity == "warning" for problem in outcome.problems)
    loaded = None
    if valid:
        loaded = Loaded(source.root, source.file, outcome.projects, outcome.problems, outcome.shared)
    return Validation(outcome.problems, tuple(source.environments), loaded)


@dataclass(frozen=True)
class _Source:
    """The project file in parts: the keys that all environments share, and those that each of them overrides."""

    root: FilePath
    file: FilePath | None
    base: Mapping
    environments: dict[str, Entry]
    environments_key: Position | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Outcome:
    projects: tuple[Project, ...]
    problems: tuple[Problem, ...]
    shared: Shared | None = None


def _source(selection: Selection) -> _Source:
    file = selection.file or discovered(FilePath())
    if file is None:
        return _without_file(selection)
    if selection.file is None and file.parent != FilePath():
        require_trusted(file)
    tree, problems = read_file(file)
    environments, key, more = _environments(tree)
    base = tree.without("environments")
    _require_limit(base, environments, key)
    return _Source(file.parent, file, base, environments, key, (*problems, *more))


def _without_file(selection: Selection) -> _Source:
    given = {"--project-id": selection.project_id, "--env": selection.env}
    missing = [option for option, value in given.items() if value is None]
    if missing:
        what = "not found in this folder or a parent folder"
        fix = f"run `ecsforge init` to write one, or pass {listed(missing, 'and')}"
        raise ProjectError(Problem(Position(FILE_NAME), what, None, fix))
    return _Source(FilePath(), None, Mapping({}, Mark(Layer.FILE, Position("the built-in defaults"))), {}, None, ())


def _environments(tree: Mapping) -> tuple[dict[str, Entry], Position | None, list[Problem]]:
    """The sections of the environments, the position of their key, and the problems with their names and types."""
    entry = tree.entries.get("environments")
    if entry is None or (isinstance(entry.value, Scalar) and entry.value.value is None):
        return {}, None, []
    key = entry.keys[0].position
    if not isinstance(entry.value, Mapping):
        names = (
            [item.text for item in entry.value.items if isinstance(item, Scalar)]
            if isinstance(entry.value, Items)
            else []
        )
        legal = bool(names) and all(map(ENV_PATTERN.fullmatch, names))
        example = f"write environments: {{{', '.join(f'{name}: {{}}' for name in names)}}}"
        fix = example if legal else "write each environment's name as a key below it"
        return {}, key, [Problem(entry.value.mark.position, "environments must be a mapping", kind(entry.value), fix)]
    problems = []
    for name, section in entry.value.entries.items():
        path = ("environments", name)
        if not ENV_PATTERN.fullmatch(name):
            problems.append(_bad_env_name(section.keys[0].position, name, path))
        if not isinstance(section.value, Mapping) and not _nothing(section.value):
            what, fix = f"environments.{name} must be a mapping", "write the keys it overrides below it, or {}"
            problems.append(Problem(section.value.mark.position, what, kind(section.value), fix, path))
    return entry.value.entries, key, limited(problems, len(problems))


def _require_limit(base: Mapping, environments: dict[str, Entry], key: Position | None) -> None:
    """Raise ProjectError if there are too many values in all environments together; each has all those of the file."""
    if key is not None and size(base) * len(environments) > MAX_VALUES:
        what = f"the project file has more than {MAX_VALUES} values in its {len(environments)} environments together"
        raise ProjectError(Problem(key, what, None, "split it into several project files"))


def _nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _bad_env_name(where: Position, name: str, path: Path = ()) -> Problem:
    example = name.lower() if ENV_PATTERN.fullmatch(name.lower()) else "prod"
    return Problem(
        where, f"an environment name must be {ENV_RULE}", name or '""', f"rename it, for example to {example}", path
    )


def _env_needed(source: _Source) -> Problem:
    what = f"required, because {source.file} lists no environments"
    return Problem(Position("--env"), what, None, "pass --env NAME, or list environments in the file")


def _outcome(source: _Source, selection: Selection) -> _Outcome:
    """Every selected environment, resolved and checked."""
    problems = list(source.problems)
    names, found = _selected(source, selection)
    base, more = _base(source, selection)
    problems += [*found, *more]
    projects = []
    by_environment = {}
    for name in names:
        section = source.environments.get(name)
        project, by_environment[name] = resolve(base, name, section, selection.sets, source.root)
        if project is not None:
            projects.append(project)
    problems += of_all(by_environment)
    problems += collisions([*projects, *_related(base, names, source)], source.environments)
    problems += shared_problems(base, source.environments)
    shared = None
    if any(service.has_shared_repository for project in projects for service in project.services.values()):
        shared, more = shared_stack(base, source.environments, source.root, projects)
        problems += more
        if not source.environments and SHARED in names:
            problems.append(_shared_env(selection))
    return _Outcome(tuple(projects), in_order(problems), shared)


def _shared_env(selection: Selection) -> Problem:
    what = f"an environment can't be named {SHARED}: the stack of the registry has this name"
    return Problem(Position(selection.source_of("env")), what, SHARED, "choose another name")


def _related(base: Mapping, names: tuple[str, ...], source: _Source) -> Iterator[Project]:
    """The environments that are not selected and can have the same AWS names as those that are."""
    for other, section in source.environments.items():
        if other not in names and any(related(name, other) for name in names):
            project, _ = resolve(base, other, section, (), source.root)
            if project is not None:
                yield project


def _selected(source: _Source, selection: Selection) -> tuple[tuple[str, ...], list[Problem]]:
    env = selection.env
    if env is None:
        return tuple(source.environments) or (_ANY_ENV,), []
    if not source.environments:
        return (env,), [] if ENV_PATTERN.fullmatch(env) else [_bad_env_name(Position(selection.source_of("env")), env)]
    if env in source.environments:
        return (env,), []
    assert source.environments_key is not None
    what = f"environment {env} does not exist; the file has {listed(source.environments, 'and')}"
    fix = did_you_mean(env, source.environments, "choose")
    got = f"{selection.source_of('env')} {env}"
    return (), [Problem(source.environments_key, what, got, fix)]


def _base(source: _Source, selection: Selection) -> tuple[Mapping, list[Problem]]:
    """The keys that all environments share."""
    base, problems = source.base, []
    if (env := base.entries.get("env")) is not None:
        fix = "name environments under `environments` and choose one with --env"
        problems.append(Problem(env.keys[0].position, "unknown key at the top level", "env", fix, ("env",)))
    if selection.project_id is not None:
        mark = Mark(Layer.OPTION, Position(selection.source_of("project_id")))
        base = base.with_entry("project_id", written(selection.project_id, mark))
    return base, problems
