"""Where providers come from without a registry."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from operations.rehearsal import providers as plugins
from stacks.errors import RehearsalError

PLATFORM = plugins._platform()


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror that holds the AWS provider alone."""
    return with_provider(tmp_path / "mirror", "hashicorp/aws", "5.100.0")


def with_provider(mirror: Path, provider: str, version: str) -> Path:
    package = mirror / "registry.terraform.io" / provider / version / PLATFORM
    package.mkdir(parents=True)
    (package / f"terraform-provider-{provider.partition('/')[2]}_v{version}").touch()
    return mirror


def test_the_named_mirror_is_taken(mirror: Path) -> None:
    assert plugins.named_mirror({"ECSFORGE_PROVIDER_MIRROR": str(mirror)}) == mirror


def test_a_named_folder_without_the_provider_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError) as error:
        plugins.named_mirror({"ECSFORGE_PROVIDER_MIRROR": str(tmp_path)})

    assert str(error.value) == (
        f"ECSFORGE_PROVIDER_MIRROR: there is no provider hashicorp/aws in this folder; got {tmp_path}; name the folder "
        "that holds registry.terraform.io/"
    )


def test_a_mirror_for_another_platform_does_not_count(tmp_path: Path) -> None:
    other = tmp_path / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0" / "plan9_mips"
    other.mkdir(parents=True)

    assert plugins.fallback_mirror({"HOME": str(tmp_path), "TF_PLUGIN_CACHE_DIR": str(tmp_path)}) is None


def test_terraforms_own_implied_mirror_is_the_way_out(tmp_path: Path) -> None:
    implied = with_provider(tmp_path / ".terraform.d" / "plugins", "hashicorp/aws", "5.100.0")

    assert plugins.fallback_mirror({"HOME": str(tmp_path)}) == implied


@pytest.mark.parametrize("where", ["named", "home"])
def test_a_mirror_of_terraforms_configuration_is_the_way_out(tmp_path: Path, mirror: Path, where: str) -> None:
    config = tmp_path / (".terraformrc" if where == "home" else "ci.tfrc")
    config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    named = {"TF_CLI_CONFIG_FILE": str(config)} if where == "named" else {}

    assert plugins.fallback_mirror({"HOME": str(tmp_path), **named}) == mirror


def test_a_configuration_file_that_is_missing_does_not_matter(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "TF_CLI_CONFIG_FILE": str(tmp_path / "missing")}

    assert plugins.fallback_mirror(environment) is None


def test_a_mirror_without_the_local_provider_gets_the_stand_in(tmp_path: Path, mirror: Path) -> None:
    prepared = plugins.prepare(mirror, tmp_path)

    registry = tmp_path / "providers" / "registry.terraform.io" / "hashicorp"
    script = registry / "local" / "2.5.3" / PLATFORM / "terraform-provider-local_v2.5.3"
    assert prepared.stand_in
    assert os.access(script, os.X_OK)
    assert (registry / "aws" / "5.100.0" / PLATFORM / "terraform-provider-aws_v5.100.0").exists()


def test_a_mirror_with_the_local_provider_keeps_it(tmp_path: Path, mirror: Path) -> None:
    with_provider(mirror, "hashicorp/local", "2.5.2")
    prepared = plugins.prepare(mirror, tmp_path)

    versions = tmp_path / "providers" / "registry.terraform.io" / "hashicorp" / "local"
    assert not prepared.stand_in
    assert [version.name for version in versions.iterdir()] == ["2.5.2"]


def test_packed_providers_are_taken_too(tmp_path: Path) -> None:
    folder = tmp_path / "mirror" / "registry.terraform.io" / "hashicorp" / "aws"
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_6.0.0_{PLATFORM}.zip").touch()
    plugins.prepare(tmp_path / "mirror", tmp_path)

    providers = tmp_path / "providers" / "registry.terraform.io" / "hashicorp" / "aws"
    assert [file.name for file in providers.iterdir()] == [f"terraform-provider-aws_6.0.0_{PLATFORM}.zip"]


def test_opentofu_finds_them_under_its_own_registry(tmp_path: Path, mirror: Path) -> None:
    plugins.prepare(mirror, tmp_path)

    assert (tmp_path / "providers" / "registry.opentofu.org" / "hashicorp" / "aws" / "5.100.0" / PLATFORM).is_dir()


def test_terraform_is_told_of_that_mirror_alone(tmp_path: Path, mirror: Path) -> None:
    prepared = plugins.prepare(mirror, tmp_path)

    own = tmp_path / "providers"
    assert prepared.config_file.read_text() == (
        f'provider_installation {{\n  filesystem_mirror {{ path = "{own}" }}\n}}\n'
    )


def test_without_the_extra_the_stand_in_says_what_to_install(
    tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(RehearsalError) as error:
        plugins.prepare(mirror, tmp_path)

    assert str(error.value) == (
        "hashicorp/local: the mirror does not hold this provider; got hashicorp/aws alone; install the stand-in with "
        "`pip install 'ecsforge[rehearse]'`, or add the provider to the mirror"
    )


def test_the_stand_in_starts_as_a_terraform_plugin(tmp_path: Path, mirror: Path) -> None:
    plugins.prepare(mirror, tmp_path)
    script = next((tmp_path / "providers").glob(f"*terraform.io/hashicorp/local/*/{PLATFORM}/*"))

    with subprocess.Popen([str(script)], stdout=subprocess.PIPE, cwd=tmp_path, text=True) as plugin:
        assert plugin.stdout is not None
        handshake = plugin.stdout.readline().split("|")
        plugin.kill()

    assert handshake[:3] == ["1", "6", "unix"]
    assert (tmp_path / "providers" / "certificate.json").exists()


def test_the_stand_in_ends_when_terraform_was_killed(tmp_path: Path, mirror: Path) -> None:
    plugins.prepare(mirror, tmp_path)
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
