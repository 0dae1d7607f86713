"""`terraform init`, run when it is needed and not otherwise.

Init costs seconds and may want the network, yet has nothing to do as long as the same Terraform meets the same
providers, backend and lock file. What it was last run for is kept beside its work, in `.terraform/ecsforge.json`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from operations.terraform.runner import Terraform, missing_cli_config
from operations.terraform.stream import Event

STACK_FILE = "cdk.tf.json"
_RECORD = Path(".terraform", "ecsforge.json")
BACKEND_RECORD = Path(".terraform", "terraform.tfstate")
_LOCK_FILE = ".terraform.lock.hcl"


def initialize(
    terraform: Terraform,
    *,
    backend_config: Sequence[str] = (),
    on_event: Callable[[Event], None] = lambda event: None,
) -> bool:
    """Run init unless the folder is ready, with a cache of providers; returns whether it ran.

    Raises TerraformError when init fails.
    """
    wanted = _fingerprint(terraform, backend_config)
    if wanted is not None and wanted == _recorded(terraform.folder):
        return False
    cached = with_plugin_cache(terraform.environment)
    with _alone_in(cached.get("TF_PLUGIN_CACHE_DIR") if cached != terraform.environment else None):
        replace(terraform, environment=cached).init(backend_config=backend_config, on_event=on_event)
    record = terraform.folder / _RECORD
    record.parent.mkdir(exist_ok=True)
    record.write_text(json.dumps({"initialized_for": _fingerprint(terraform, backend_config)}) + "\n", "utf-8")
    return True


def with_plugin_cache(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with a folder in which providers are kept once for all stacks, unless the user has arranged that.

    The AWS provider is some 650 MB; without a cache each stack's folder gets a download of its own.
    """
    if environment.get("TF_PLUGIN_CACHE_DIR") or _arranged(environment):
        return dict(environment)
    cache = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache", "ecsforge", "providers")
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:  # a read-only home, as in some CI systems
        return dict(environment)
    # Without the second variable the cache is used only for providers that the lock file knows already; ours is made
    # anew with the stack's folder. What it gives up, checksums for other platforms, means nothing in a folder that is
    # never committed.
    return {**environment, "TF_PLUGIN_CACHE_DIR": str(cache), "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true"}


def _arranged(environment: Mapping[str, str]) -> bool:
    """Whether Terraform's own configuration says where providers come from or are kept."""
    kept = any(re.search(r"^\s*plugin_cache_dir\b", text, re.MULTILINE) for text in _cli_configs(environment))
    return kept or bool(configured_sources(environment))


def configured_sources(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The kinds of provider sources that Terraform's configuration names: `network_mirror`, `dev_overrides`, ..."""
    texts = [text.partition("provider_installation")[2] for text in _cli_configs(environment)]
    kinds = re.findall(r"\b(filesystem_mirror|network_mirror|oci_mirror|direct|dev_overrides)\s*[{=]", "\n".join(texts))
    return tuple(dict.fromkeys(kinds))


def _cli_configs(environment: Mapping[str, str]) -> Iterator[str]:
    """The texts of the configuration files Terraform and OpenTofu read."""
    named = environment.get("TF_CLI_CONFIG_FILE")
    home = Path.home()
    paths = (
        [Path(named)]
        if named and not missing_cli_config(environment)
        else [
            *(home / name for name in (".terraformrc", ".tofurc")),
            *sorted((home / ".terraform.d").glob("*.tfrc")),
        ]
    )
    for path in paths:
        with contextlib.suppress(OSError):
            yield path.read_text("utf-8", errors="replace")


@contextlib.contextmanager
def _alone_in(cache: str | None) -> Iterator[None]:
    """Keep two of us from filling the cache at once: Terraform does not lock it itself."""
    if cache is None or sys.platform == "win32":
        yield
        return
    import fcntl

    with Path(cache, ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint(terraform: Terraform, backend_config: Sequence[str]) -> str | None:
    """What init's work depends on; None when the folder does not hold that work."""
    folder = terraform.folder
    lock = folder / _LOCK_FILE
    ready = lock.is_file() and (folder / BACKEND_RECORD).is_file() and _providers_present(folder)
    if not ready:
        return None
    parts = [
        str(terraform.binary),
        json.dumps(stack_settings(folder), sort_keys=True),
        *backend_config,
        lock.read_text("utf-8"),
        *_cli_configs(terraform.environment),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def stack_settings(folder: Path) -> dict[str, object]:
    """The `terraform` block of the stack in `folder`: backend and required providers."""
    settings: dict[str, object] = json.loads((folder / STACK_FILE).read_text("utf-8"))["terraform"]
    return settings


def _providers_present(folder: Path) -> bool:
    """Whether the installed providers are there; they may be links into a cache or mirror that has gone."""
    installed = list((folder / ".terraform" / "providers").glob("*/*/*/*/*"))
    return bool(installed) and all(path.is_dir() for path in installed)


def _recorded(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / _RECORD).read_text("utf-8"))["initialized_for"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
