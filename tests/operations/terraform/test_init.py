"""When init runs, and where providers are cached."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from operations.terraform.binary import Binary
from operations.terraform.init import BACKEND_RECORD, configured_sources, initialize, with_plugin_cache
from operations.terraform.runner import Terraform


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without a Terraform configuration."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


def config(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "terraform.rc"
    path.write_text(text)
    return {"TF_CLI_CONFIG_FILE": str(path)}


def test_providers_are_cached_in_the_users_cache_folder(home: Path) -> None:
    cache = home / ".cache" / "ecsforge" / "providers"

    assert with_plugin_cache({"A": "b"}) == {
        "A": "b",
        "TF_PLUGIN_CACHE_DIR": str(cache),
        "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true",
    }
    assert cache.is_dir()


@pytest.mark.parametrize(
    "text", ['plugin_cache_dir = "/x"', 'provider_installation {\n  filesystem_mirror {\n path = "/m" }\n}\n']
)
def test_a_cache_or_source_in_terraforms_configuration_is_used(tmp_path: Path, text: str) -> None:
    environment = config(tmp_path, text)

    assert with_plugin_cache(environment) == environment


def test_a_cache_in_the_environment_is_used() -> None:
    environment = {"TF_PLUGIN_CACHE_DIR": "/x"}

    assert with_plugin_cache(environment) == environment


def test_with_a_read_only_home_there_is_no_cache(home: Path) -> None:
    (home / ".cache").write_text("a file")

    assert with_plugin_cache({"A": "b"}) == {"A": "b"}


def test_the_sources_of_providers_are_read_from_terraforms_configuration(tmp_path: Path) -> None:
    text = 'provider_installation {\n  network_mirror {\n    url = "https://x/"\n  }\n  direct {}\n}\n'

    assert configured_sources(config(tmp_path, text)) == ("network_mirror", "direct")


class Recorded(Terraform):
    """Its init creates the same files as the real one; tests/e2e runs the real one."""

    def init(self, **options: object) -> None:
        provider = self.folder / ".terraform/providers/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64"
        provider.mkdir(parents=True, exist_ok=True)
        (self.folder / BACKEND_RECORD).write_text("{}")
        (self.folder / ".terraform.lock.hcl").write_text("provider {}")


@pytest.fixture
def terraform(tmp_path: Path) -> Terraform:
    binary = Binary(("terraform",), "Terraform", (1, 11, 4), "terraform")
    return Recorded(binary, tmp_path, {}, settings={"required_providers": {"aws": {}}})


def test_init_runs_once(terraform: Terraform) -> None:
    assert [initialize(terraform), initialize(terraform)] == [True, False]


@pytest.mark.parametrize("what", ["providers", "backend", "lock", "provider", "record", "setting"])
def test_init_runs_again_when_an_input_has_changed(terraform: Terraform, what: str) -> None:
    initialize(terraform)
    folder = terraform.folder
    backend_config: tuple[str, ...] = ()
    if what == "providers":
        terraform = replace(terraform, settings={"required_providers": {"local": {}}})
    elif what == "backend":
        terraform = replace(terraform, settings={**terraform.settings, "backend": {"s3": {}}})
    elif what == "lock":
        (folder / ".terraform.lock.hcl").unlink()
    elif what == "provider":
        next(folder.glob(".terraform/providers/*/*/*/*/*")).rmdir()
    elif what == "record":
        (folder / BACKEND_RECORD).unlink()
    else:
        backend_config = ("path=elsewhere",)

    assert initialize(terraform, backend_config=backend_config) is True
