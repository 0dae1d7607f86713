"""`terraform init`, run only when it is needed.

Init takes seconds and may need the network, but is not needed while Terraform, providers, backend and lock file stay
the same. A hash of these is stored next to its result, in `.terraform/ecsforge.json`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from operations.lock import folder_lock
from operations.terraform import lock_file
from operations.terraform.env_vars import missing_cli_config
from operations.terraform.lock_file import LOCK_FILE
from operations.terraform.runner import Terraform
from operations.terraform.stream import Event
from operations.text import shown_path
from stacks.configuration import STACK_FILE
from stacks.errors import Position, Problem, TerraformError
from stacks.files import write_text

_RECORD = Path(".terraform", "ecsforge.json")
_MODULE = re.compile(r'^\s*module\s+"|"module"\s*:', re.MULTILINE)
BACKEND_RECORD = Path(".terraform", "terraform.tfstate")


def initialize(
    terraform: Terraform,
    *,
    backend_config: Sequence[str] = (),
    project: Path | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
) -> bool:
    """Run init with a plugin cache unless the folder is initialized, and return whether it ran.

    Damaged parts of `.terraform`, which init creates again, are deleted. A lock file, which holds the checksums of the
    providers, is deleted only if it is a copy of one that the user has deleted.

    Args:
        terraform: Terraform in the stack's folder.
        backend_config: The values of `-backend-config`.
        project: The folder of the project file, whose lock file the stack uses; None for the stack's own.
        on_event: Called with the events of init.

    Raises:
        TerraformError: Init failed.
    """
    _delete_damaged(terraform)
    if project is None:
        return _initialize(terraform, backend_config, None, on_event)
    shared = lock_file.place(project, terraform.folder, lock_file.sources(terraform.settings))
    shared_before = _record(terraform.folder).get("shares_lock_file")
    if not shared and shared_before:
        (terraform.folder / LOCK_FILE).unlink(missing_ok=True)
    elif not shared and shared_before is None:  # of a release without a lock file for the project
        lock_file.forget_checksums(terraform.folder)
    return _initialize(terraform, backend_config, project, on_event)


def _initialize(
    terraform: Terraform, backend_config: Sequence[str], project: Path | None, on_event: Callable[[Event], None]
) -> bool:
    wanted = _fingerprint(terraform, backend_config)
    if wanted is not None and wanted == _record(terraform.folder).get("initialized_for"):
        return False
    cached = with_plugin_cache(terraform.env_vars, for_git=project is not None)
    # Terraform does not lock the cache itself.
    ours = cached != terraform.env_vars
    with folder_lock(Path(cached["TF_PLUGIN_CACHE_DIR"])) if ours else contextlib.nullcontext():
        try:
            replace(terraform, env_vars=cached).init(backend_config=backend_config, on_event=on_event)
        except TerraformError as error:
            folder = project if project is not None and (project / LOCK_FILE).is_file() else terraform.folder
            raise TerraformError(*(_about_the_lock_file(each, folder) for each in error.problems)) from error
    if project is not None:
        lock_file.keep(project, terraform.folder, terraform.warn)
    shares = project is not None and (project / LOCK_FILE).is_file()
    record = {"initialized_for": _fingerprint(terraform, backend_config), "shares_lock_file": shares}
    path = terraform.folder / _RECORD
    path.parent.mkdir(exist_ok=True)
    write_text(path, json.dumps(record) + "\n")
    return True


def _delete_damaged(terraform: Terraform) -> None:
    """Delete what is damaged in `.terraform`: Terraform would fail with every command, also with init.

    Terraform would write through a symbolic link to what somebody else may own.
    """
    for name, intact in _PARTS.items():
        path = terraform.folder / name
        if path.is_symlink() or (os.path.lexists(path) and not intact(path)):
            what = "a symbolic link" if path.is_symlink() else "damaged"
            terraform.warn(f"{shown_path(path)} is {what}: deleting it and initializing again")
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    for link in sorted(_links(terraform.folder)):
        terraform.warn(f"{shown_path(link)} is a symbolic link: deleting it and initializing again")
        link.unlink()
        forget(terraform.folder)


def _links(folder: Path) -> Iterator[Path]:
    """The symbolic links that init would write through. The folder of a provider's package is one to the cache."""
    above_packages = ("/".join(["providers", *"*" * depth]) for depth in range(1, 5))
    for pattern in ("*", "modules/*", *above_packages):
        yield from filter(Path.is_symlink, (folder / ".terraform").glob(pattern))


def _is_json(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text("utf-8")), dict)
    except (OSError, ValueError):
        return False


_PARTS: dict[Path, Callable[[Path], bool]] = {
    Path(".terraform"): Path.is_dir,
    Path(".terraform", "providers"): Path.is_dir,
    BACKEND_RECORD: _is_json,
    _RECORD: _is_json,
}


def _about_the_lock_file(problem: Problem, folder: Path) -> Problem:
    """The problem with the path of Terraform's lock file as its place, if it is about that file."""
    text = f"{problem.what} {problem.got}"
    if "dependency lock file" not in text:
        return problem
    checksums = "checksums" in text
    return replace(
        problem,
        where=Position(shown_path(folder / LOCK_FILE)),
        fix="if the provider or its source changed on purpose, delete this file; init then records the new checksums"
        if checksums
        else "delete this file; init writes it again",
    )


def forget(folder: Path) -> None:
    """Make the next command run init in a stack's folder."""
    (folder / _RECORD).unlink(missing_ok=True)


def with_plugin_cache(env_vars: Mapping[str, str], *, for_git: bool) -> dict[str, str]:
    """`env_vars` with a plugin cache for all stacks, unless the user has configured one or a provider source.

    The AWS provider takes about 650 MB, which would be downloaded for each stack without a cache.

    `for_git` is whether the lock file is committed. It then needs the checksums of all platforms, which only a registry
    knows: Terraform downloads a provider that is not in the lock file even if the cache has it.
    """
    if env_vars.get("TF_PLUGIN_CACHE_DIR") or _is_configured(env_vars):
        return dict(env_vars)
    cache = Path(env_vars.get("XDG_CACHE_HOME") or Path.home() / ".cache", "ecsforge", "providers")
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:  # a read-only home, as in some CI systems
        return dict(env_vars)
    variables = {**env_vars, "TF_PLUGIN_CACHE_DIR": str(cache)}
    return variables if for_git else {**variables, "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true"}


def _is_configured(env_vars: Mapping[str, str]) -> bool:
    """Whether Terraform's own configuration names a plugin cache or a provider source."""
    cache = any(re.search(r"^\s*plugin_cache_dir\b", text, re.MULTILINE) for text in _cli_configs(env_vars))
    return cache or bool(configured_sources(env_vars))


def configured_sources(env_vars: Mapping[str, str]) -> tuple[str, ...]:
    """The kinds of provider sources that Terraform's configuration names: `network_mirror`, `dev_overrides`, ..."""
    texts = [text.partition("provider_installation")[2] for text in _cli_configs(env_vars)]
    kinds = re.findall(r"\b(filesystem_mirror|network_mirror|oci_mirror|direct|dev_overrides)\s*[{=]", "\n".join(texts))
    return tuple(dict.fromkeys(kinds))


def _cli_configs(env_vars: Mapping[str, str]) -> Iterator[str]:
    """The contents of the configuration files that Terraform and OpenTofu read."""
    named = env_vars.get("TF_CLI_CONFIG_FILE")
    home = Path.home()
    paths = (
        [Path(named)]
        if named and not missing_cli_config(env_vars)
        else [
            *(home / name for name in (".terraformrc", ".tofurc")),
            *sorted((home / ".terraform.d").glob("*.tfrc")),
        ]
    )
    for path in paths:
        with contextlib.suppress(OSError):
            yield path.read_text("utf-8", errors="replace")


def _fingerprint(terraform: Terraform, backend_config: Sequence[str]) -> str | None:
    """A hash of everything that the result of init depends on; None if the folder is not initialized."""
    folder = terraform.folder
    lock = folder / LOCK_FILE
    ready = lock.is_file() and (folder / BACKEND_RECORD).is_file() and _providers_present(folder)
    if not ready:
        return None
    parts = [
        str(terraform.binary),
        json.dumps(terraform.settings, sort_keys=True),
        *backend_config,
        lock.read_text("utf-8"),
        *_cli_configs(terraform.env_vars),
        *_module_calls(folder),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _module_calls(folder: Path) -> Iterator[str]:
    """The files of the user's own Terraform that call modules, which init installs; most stacks have none."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith(".") and name != STACK_FILE and name.endswith((".tf", ".tf.json")) and path.is_file():
            text = path.read_text("utf-8", errors="replace")
            if _MODULE.search(text):
                yield f"{name}\0{text}"


def _providers_present(folder: Path) -> bool:
    """Whether the installed providers exist; they may be links into a cache or mirror that was removed."""
    installed = list((folder / ".terraform" / "providers").glob("*/*/*/*/*"))
    return bool(installed) and all(path.is_dir() for path in installed)


def _record(folder: Path) -> dict[str, Any]:
    """What the last init of a stack's folder recorded; empty if there is nothing to read."""
    try:
        record = json.loads((folder / _RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
