"""When init runs, and where providers are cached."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.terraform.binary import Binary
from operations.terraform.init import BACKEND_RECORD, configured_sources, initialize, with_plugin_cache
from operations.terraform.runner import Terraform
from stacks.errors import TerraformError


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

    cached = {"A": "b", "TF_PLUGIN_CACHE_DIR": str(cache)}
    assert with_plugin_cache({"A": "b"}, for_git=True) == cached
    assert cache.is_dir()
    incomplete = {**cached, "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true"}
    assert with_plugin_cache({"A": "b"}, for_git=False) == incomplete


@pytest.mark.parametrize(
    "text", ['plugin_cache_dir = "/x"', 'provider_installation {\n  filesystem_mirror {\n path = "/m" }\n}\n']
)
def test_a_cache_or_source_in_terraforms_configuration_is_used(tmp_path: Path, text: str) -> None:
    environment = config(tmp_path, text)

    assert with_plugin_cache(environment, for_git=False) == environment


def test_a_cache_in_the_environment_is_used() -> None:
    environment = {"TF_PLUGIN_CACHE_DIR": "/x"}

    assert with_plugin_cache(environment, for_git=False) == environment


def test_with_a_read_only_home_there_is_no_cache(home: Path) -> None:
    (home / ".cache").write_text("a file")

    assert with_plugin_cache({"A": "b"}, for_git=False) == {"A": "b"}


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


def test_init_runs_again_when_a_module_is_called(terraform: Terraform) -> None:
    assert initialize(terraform)
    (terraform.folder / "cdk.tf.json").write_text('{"locals": {"a": "${path.module}/x"}}')
    (terraform.folder / "tables.tf").write_text('resource "aws_vpc" "main" {\n  cidr_block = "10.0.0.0/16"\n}\n')
    assert not initialize(terraform)
    (terraform.folder / "main.tf").write_text('module "table" {\n  source = "./modules/table"\n}\n')

    assert initialize(terraform)
    assert not initialize(terraform)


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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".terraform", "a file"),
        (".terraform/providers", "a file"),
        (".terraform/terraform.tfstate", ""),
        (".terraform/terraform.tfstate", "{truncat"),
        (".terraform/terraform.tfstate", "[]"),
        (".terraform/terraform.tfstate", None),
        (".terraform/ecsforge.json", None),
    ],
)
def test_damaged_parts_are_deleted_and_created_again(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch, name: str, content: str | None
) -> None:
    """`content` is that of a file; None is for a folder."""
    monkeypatch.chdir(terraform.folder)
    initialize(terraform)
    path = terraform.folder / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.mkdir() if content is None else path.write_text(content)
    warnings: list[str] = []

    assert initialize(replace(terraform, warn=warnings.append)) is True

    assert warnings == [f"{name} is damaged: deleting it and initializing again"]
    assert initialize(terraform) is False


@pytest.mark.parametrize("name", [".terraform", ".terraform/terraform.tfstate", ".terraform/ecsforge.json"])
def test_links_in_place_of_what_init_writes_are_deleted_and_not_followed(
    terraform: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(terraform.folder)
    initialize(terraform)
    path, mine = terraform.folder / name, tmp_path / "mine"
    path.rename(mine)
    path.symlink_to(mine)
    before = {each: each.read_bytes() for each in (mine, *mine.rglob("*")) if each.is_file()}
    warnings: list[str] = []

    assert initialize(replace(terraform, warn=warnings.append)) is True

    assert warnings == [f"{name} is a symbolic link: deleting it and initializing again"]
    assert not path.is_symlink()
    assert {each: each.read_bytes() for each in before} == before


@pytest.mark.parametrize(
    "name", ["environment", "modules", "modules/modules.json", "providers", "providers/example.com"]
)
def test_links_below_are_deleted_and_not_followed(
    terraform: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(terraform.folder)
    initialize(terraform)
    link, mine = terraform.folder / ".terraform" / name, tmp_path / "mine"
    mine.mkdir()
    if link.is_dir():
        link.rename(tmp_path / "moved")
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(mine)
    warnings: list[str] = []

    assert initialize(replace(terraform, warn=warnings.append)) is True

    assert warnings == [f".terraform/{name} is a symbolic link: deleting it and initializing again"]
    assert not link.is_symlink()
    assert list(mine.iterdir()) == []
    assert initialize(terraform) is False


@pytest.mark.parametrize(
    ("what", "got", "fix"),
    [
        (
            "failed to read dependency lock file",
            "Argument or block definition required: An argument or block definition is required here",
            "delete this file; init writes it again",
        ),
        (
            "Failed to install provider",
            "the local package for registry.terraform.io/hashicorp/aws 5.100.0 doesn't match any of the checksums "
            "previously recorded in the dependency lock file",
            "if the provider or its source changed on purpose, delete this file; init then records the new checksums",
        ),
    ],
)
def test_a_lock_file_that_blocks_init_is_named_and_kept(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch, what: str, got: str, fix: str
) -> None:
    monkeypatch.chdir(terraform.folder)
    (terraform.folder / ".terraform.lock.hcl").write_text("}{")

    def init(self: Terraform, **options: object) -> None:
        raise TerraformError.of("preparing the stack", what, got=got, fix="fix it")

    monkeypatch.setattr(Recorded, "init", init)

    with pytest.raises(TerraformError) as caught:
        initialize(terraform)

    assert sentences(caught.value) == f".terraform.lock.hcl: {what}; got {got}; {fix}"
    assert (terraform.folder / ".terraform.lock.hcl").read_text() == "}{"


AWS = 'provider "registry.terraform.io/hashicorp/aws" {\n  version = "5.100.0"\n  hashes = [\n    "h1:x",\n  ]\n}\n'


class TestWithTheLockFileOfTheProject:
    """The stack's folder is a subfolder of the project's; its Terraform requires `hashicorp/aws`."""

    @pytest.fixture
    def stack(self, terraform: Terraform, monkeypatch: pytest.MonkeyPatch) -> Terraform:
        folder = terraform.folder / "stack"
        folder.mkdir()
        monkeypatch.setattr(Recorded, "init", self._init)
        return replace(terraform, folder=folder, settings={"required_providers": {"aws": {"source": "hashicorp/aws"}}})

    @staticmethod
    def _init(terraform: Terraform, **options: object) -> None:
        provider = terraform.folder / ".terraform/providers/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64"
        provider.mkdir(parents=True, exist_ok=True)
        (terraform.folder / BACKEND_RECORD).write_text("{}")
        lock = terraform.folder / ".terraform.lock.hcl"
        if not lock.exists() or "h1:x" not in lock.read_text():
            lock.write_text(AWS)

    def test_the_first_init_writes_it_and_the_next_command_runs_none(self, stack: Terraform, tmp_path: Path) -> None:
        assert [initialize(stack, project=tmp_path) for _ in range(2)] == [True, False]
        assert (tmp_path / ".terraform.lock.hcl").read_text() == AWS

    def test_init_runs_again_when_it_has_changed(self, stack: Terraform, tmp_path: Path) -> None:
        initialize(stack, project=tmp_path)
        changed = AWS.replace('"h1:x"', '"h1:x",\n    "zh:y"')
        (tmp_path / ".terraform.lock.hcl").write_text(changed)

        assert [initialize(stack, project=tmp_path) for _ in range(2)] == [True, False]
        assert (stack.folder / ".terraform.lock.hcl").read_text() == changed

    def test_deleting_it_makes_init_record_the_checksums_again(self, stack: Terraform, tmp_path: Path) -> None:
        (tmp_path / ".terraform.lock.hcl").write_text(AWS.replace('"h1:x"', '"h1:x",\n    "zh:y"'))
        initialize(stack, project=tmp_path)
        (tmp_path / ".terraform.lock.hcl").unlink()

        assert initialize(stack, project=tmp_path) is True
        assert (tmp_path / ".terraform.lock.hcl").read_text() == AWS

    def test_the_version_of_a_stack_from_an_older_release_is_kept_and_its_checksums_are_not(
        self, stack: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (stack.folder / ".terraform.lock.hcl").write_text(AWS.replace("h1:x", "h1:old"))
        seen: list[str] = []

        def init(terraform: Terraform, **options: object) -> None:
            seen.append((terraform.folder / ".terraform.lock.hcl").read_text())
            self._init(terraform)

        monkeypatch.setattr(Recorded, "init", init)
        initialize(stack, project=tmp_path)

        assert seen == ['provider "registry.terraform.io/hashicorp/aws" {\n  version = "5.100.0"\n}\n']
        assert (tmp_path / ".terraform.lock.hcl").read_text() == AWS
