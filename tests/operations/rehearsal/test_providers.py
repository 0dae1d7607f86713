"""Provider mirrors, for machines without access to a registry."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from cli.sentences import sentence, sentences
from operations.rehearsal import providers
from stacks.errors import RehearsalError

PLATFORM = providers.provider_platform()


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror that contains only the AWS provider."""
    return with_provider(tmp_path / "mirror", "hashicorp/aws", "5.100.0")


def with_provider(mirror: Path, provider: str, version: str) -> Path:
    package = mirror / "registry.terraform.io" / provider / version / PLATFORM
    package.mkdir(parents=True)
    (package / f"terraform-provider-{provider.partition('/')[2]}_v{version}").touch()
    return mirror


def test_the_variable_names_the_mirror(mirror: Path) -> None:
    assert providers.named_mirror({"ECSFORGE_PROVIDER_MIRROR": str(mirror)}) == mirror


@pytest.mark.parametrize("env_vars", [{}, {"ECSFORGE_PROVIDER_MIRROR": ""}])
def test_without_the_variable_there_is_no_named_mirror(env_vars: dict[str, str]) -> None:
    """A script next to the checkout is never called to find one."""
    assert providers.named_mirror(env_vars) is None


def test_a_home_folder_in_the_variable_is_expanded(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(mirror.parent))

    assert providers.named_mirror({"ECSFORGE_PROVIDER_MIRROR": "~/mirror"}) == mirror


def test_a_named_folder_without_the_provider_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError) as error:
        providers.named_mirror({"ECSFORGE_PROVIDER_MIRROR": str(tmp_path)})

    assert sentences(error.value) == (
        f"ECSFORGE_PROVIDER_MIRROR: this folder does not contain the provider hashicorp/aws; got {tmp_path}; set it to "
        "the folder that contains registry.terraform.io/"
    )


def test_a_mirror_for_another_platform_is_ignored(tmp_path: Path) -> None:
    other = tmp_path / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0" / "plan9_mips"
    other.mkdir(parents=True)

    assert providers.fallback_mirror({"HOME": str(tmp_path), "TF_PLUGIN_CACHE_DIR": str(tmp_path)}) is None


def test_terraforms_implied_mirror_is_the_fallback(tmp_path: Path) -> None:
    implied = with_provider(tmp_path / ".terraform.d" / "plugins", "hashicorp/aws", "5.100.0")

    assert providers.fallback_mirror({"HOME": str(tmp_path)}) == implied


@pytest.mark.parametrize("where", ["named", "home"])
def test_a_mirror_of_terraforms_configuration_is_the_fallback(tmp_path: Path, mirror: Path, where: str) -> None:
    config = tmp_path / (".terraformrc" if where == "home" else "ci.tfrc")
    config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    named = {"TF_CLI_CONFIG_FILE": str(config)} if where == "named" else {}

    assert providers.fallback_mirror({"HOME": str(tmp_path), **named}) == mirror


def test_a_missing_configuration_file_is_ignored(tmp_path: Path) -> None:
    env_vars = {"HOME": str(tmp_path), "TF_CLI_CONFIG_FILE": str(tmp_path / "missing")}

    assert providers.fallback_mirror(env_vars) is None


def test_the_data_folders_of_the_user_and_the_system_are_implied_mirrors(tmp_path: Path) -> None:
    own, shared = tmp_path / "own" / "terraform" / "plugins", tmp_path / "shared" / "terraform" / "plugins"
    env_vars = {
        "HOME": str(tmp_path / "home"),
        "XDG_DATA_HOME": str(tmp_path / "own"),
        "XDG_DATA_DIRS": f"/nowhere:{tmp_path / 'shared'}",
    }
    with_provider(shared, "hashicorp/aws", "5.100.0")
    assert providers.fallback_mirror(env_vars) == shared

    with_provider(own, "hashicorp/aws", "5.100.0")
    assert providers.fallback_mirror(env_vars) == own


def test_the_plugin_cache_is_the_last_fallback(tmp_path: Path) -> None:
    cache = with_provider(tmp_path / "cache", "hashicorp/aws", "5.100.0")
    env_vars = {"HOME": str(tmp_path), "XDG_DATA_DIRS": str(tmp_path), "TF_PLUGIN_CACHE_DIR": str(cache)}

    assert providers.fallback_mirror(env_vars) == cache


@pytest.mark.parametrize(
    ("machine", "architecture"),
    [("x86_64", "amd64"), ("AMD64", "amd64"), ("aarch64", "arm64"), ("arm64", "arm64"), ("riscv64", "riscv64")],
)
def test_platforms_have_the_names_that_terraform_uses(
    machine: str, architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers.platform, "machine", lambda: machine)
    monkeypatch.setattr(providers.platform, "system", lambda: "Linux")

    assert providers.provider_platform() == f"linux_{architecture}"


def test_the_error_without_a_mirror_says_how_to_create_one() -> None:
    assert sentence(providers.NO_MIRROR) == (
        "ECSFORGE_PROVIDER_MIRROR: no provider mirror is configured; if this machine can't reach "
        "registry.terraform.io, set it to a folder created by `terraform providers mirror` that contains hashicorp/aws"
    )


def test_a_mirror_without_the_local_provider_gets_the_bundled_one(tmp_path: Path, mirror: Path) -> None:
    prepared = providers.prepare_mirror(mirror, tmp_path)

    registry = tmp_path / "providers" / "registry.terraform.io" / "hashicorp"
    script = registry / "local" / "2.5.3" / PLATFORM / "terraform-provider-local_v2.5.3"
    assert prepared.bundled_local
    assert os.access(script, os.X_OK)
    assert (registry / "aws" / "5.100.0" / PLATFORM / "terraform-provider-aws_v5.100.0").exists()


def test_a_mirror_with_the_local_provider_keeps_it(tmp_path: Path, mirror: Path) -> None:
    with_provider(mirror, "hashicorp/local", "2.5.2")
    prepared = providers.prepare_mirror(mirror, tmp_path)

    versions = tmp_path / "providers" / "registry.terraform.io" / "hashicorp" / "local"
    assert not prepared.bundled_local
    assert [version.name for version in versions.iterdir()] == ["2.5.2"]


def test_packed_providers_are_linked_too(tmp_path: Path) -> None:
    folder = tmp_path / "mirror" / "registry.terraform.io" / "hashicorp" / "aws"
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_6.0.0_{PLATFORM}.zip").touch()
    providers.prepare_mirror(tmp_path / "mirror", tmp_path)

    linked = tmp_path / "providers" / "registry.terraform.io" / "hashicorp" / "aws"
    assert [file.name for file in linked.iterdir()] == [f"terraform-provider-aws_6.0.0_{PLATFORM}.zip"]


def test_opentofu_finds_providers_under_its_own_registry(tmp_path: Path, mirror: Path) -> None:
    providers.prepare_mirror(mirror, tmp_path)

    assert (tmp_path / "providers" / "registry.opentofu.org" / "hashicorp" / "aws" / "5.100.0" / PLATFORM).is_dir()


def test_the_configuration_names_only_the_prepared_mirror(tmp_path: Path, mirror: Path) -> None:
    prepared = providers.prepare_mirror(mirror, tmp_path)

    own = tmp_path / "providers"
    assert prepared.config_file.read_text() == (
        f'provider_installation {{\n  filesystem_mirror {{ path = "{own}" }}\n}}\n'
    )


def test_without_the_extra_the_error_says_what_to_install(
    tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(RehearsalError) as error:
        providers.prepare_mirror(mirror, tmp_path)

    assert sentences(error.value) == (
        "hashicorp/local: the mirror does not contain this provider; got only hashicorp/aws; add it to the mirror, "
        "or install the bundled one: uv tool install --force '.[rehearse,terraform]' in the clone of ecsforge"
    )


def test_the_bundled_provider_starts_as_a_terraform_plugin(tmp_path: Path, mirror: Path) -> None:
    providers.prepare_mirror(mirror, tmp_path)
    script = next((tmp_path / "providers").glob(f"*terraform.io/hashicorp/local/*/{PLATFORM}/*"))

    with subprocess.Popen([str(script)], stdout=subprocess.PIPE, cwd=tmp_path, text=True) as plugin:
        assert plugin.stdout is not None
        handshake = plugin.stdout.readline().split("|")
        plugin.kill()

    assert handshake[:3] == ["1", "6", "unix"]
    assert (tmp_path / "providers" / "certificate.json").exists()


def test_the_bundled_provider_exits_when_terraform_is_killed(tmp_path: Path, mirror: Path) -> None:
    providers.prepare_mirror(mirror, tmp_path)
    script = next((tmp_path / "providers").glob(f"*terraform.io/hashicorp/local/*/{PLATFORM}/*"))
    parent = ["sh", "-c", '"$0" & echo $!; exec sleep 60', str(script)]

    with subprocess.Popen(parent, stdout=subprocess.PIPE, cwd=tmp_path, text=True) as killed:
        assert killed.stdout is not None
        plugin = int(killed.stdout.readline())
        assert killed.stdout.readline().startswith("1|6|unix|")
        killed.kill()

    deadline = time.monotonic() + 10
    while runs(plugin):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


LOCKED = """\
provider "registry.terraform.io/hashicorp/aws" {
  version = "5.100.0"
  hashes = [
    "h1:a",
  ]
}
"""


def test_without_a_mirror_the_lock_file_of_the_project_is_used_unchanged(tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    stack.mkdir()
    (tmp_path / ".terraform.lock.hcl").write_text(LOCKED)

    providers.place_lock_file(tmp_path, stack, None, pytest.fail)

    assert (stack / ".terraform.lock.hcl").read_text() == LOCKED


@pytest.mark.parametrize("packed", [False, True])
def test_from_a_mirror_the_versions_of_the_lock_file_are_used(tmp_path: Path, packed: bool) -> None:
    stack, mirror = tmp_path / "stack", tmp_path / "m"
    stack.mkdir()
    if packed:
        package = mirror / f"registry.terraform.io/hashicorp/aws/terraform-provider-aws_5.100.0_{PLATFORM}.zip"
        package.parent.mkdir(parents=True)
        package.touch()
    else:
        with_provider(mirror, "hashicorp/aws", "5.100.0")
    (tmp_path / ".terraform.lock.hcl").write_text(LOCKED)

    providers.place_lock_file(tmp_path, stack, mirror, pytest.fail)

    assert (stack / ".terraform.lock.hcl").read_text() == (
        'provider "registry.terraform.io/hashicorp/aws" {\n  version = "5.100.0"\n}\n'
    )


def test_a_locked_version_that_the_mirror_lacks_is_warned_about(tmp_path: Path) -> None:
    stack, mirror = tmp_path / "stack", tmp_path / "m"
    stack.mkdir()
    with_provider(mirror, "hashicorp/aws", "5.99.0")
    local = LOCKED.replace("/aws", "/local").replace("5.100.0", "2.5.2")
    (tmp_path / ".terraform.lock.hcl").write_text(LOCKED + "\n" + local)
    warnings: list[str] = []

    providers.place_lock_file(tmp_path, stack, mirror, warnings.append)

    assert warnings == [
        "the mirror does not contain hashicorp/aws 5.100.0, which .terraform.lock.hcl names: using another one"
    ]
    assert not (stack / ".terraform.lock.hcl").exists()
