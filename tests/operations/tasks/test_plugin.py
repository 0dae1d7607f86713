"""AWS's session-manager-plugin is found, and its version is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.tasks.plugin import NAME, OLDEST, VARIABLE, Plugin, Session, find_plugin
from stacks.errors import AwsError
from tests.support.session_plugin import FakePlugin

DOWNLOADS = "https://s3.amazonaws.com/session-manager-downloads/plugin/latest"
BREW = "`brew install --cask session-manager-plugin`"
SESSION = Session("s-1", '{"tokenValue": "TOKEN"}', "ecs:c_t_r")


def finding(**programs: str) -> Callable[[str], str | None]:
    """`shutil.which` on a machine with these programs."""
    return {name.replace("_", "-"): path for name, path in programs.items()}.get


def refused(which: Callable[[str], str | None], system: str = "Darwin", machine: str = "arm64") -> str:
    with pytest.raises(AwsError) as raised:
        find_plugin(which, system, machine)
    return sentences(raised.value)


@pytest.mark.parametrize("version", [OLDEST, "1.2.707.0", "1.3", "2.0.0.0"])
def test_a_plugin_that_reads_the_session_from_a_variable_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("FAKE_VERSION", version)
    path = str(FakePlugin.write(tmp_path / "bin").path)

    assert find_plugin(finding(session_manager_plugin=path)) == Plugin(path, version)


@pytest.mark.parametrize("version", ["1.2.497.0", "1.1.61.0", "1.2"])
def test_an_older_plugin_would_get_the_token_as_an_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("FAKE_VERSION", version)
    path = str(FakePlugin.write(tmp_path / "bin").path)

    assert refused(finding(session_manager_plugin=path)) == (
        f"{NAME}: the plugin must be version {OLDEST} or later, which does not take the session's token as an "
        f"argument; got {version}; update it: {BREW}"
    )


INSTALLS: Mapping[tuple[str, str, tuple[str, ...]], str] = {
    ("Darwin", "arm64", ()): BREW,
    ("Windows", "AMD64", ()): f"run {DOWNLOADS}/windows/SessionManagerPluginSetup.exe",
    ("Linux", "x86_64", ("dpkg",)): f"`curl -fO {DOWNLOADS}/ubuntu_64bit/{NAME}.deb && sudo dpkg -i {NAME}.deb`",
    ("Linux", "aarch64", ("dpkg",)): f"`curl -fO {DOWNLOADS}/ubuntu_arm64/{NAME}.deb && sudo dpkg -i {NAME}.deb`",
    ("Linux", "x86_64", ("dnf", "yum")): f"`sudo dnf install -y {DOWNLOADS}/linux_64bit/{NAME}.rpm`",
    ("Linux", "aarch64", ("yum",)): f"`sudo yum install -y {DOWNLOADS}/linux_arm64/{NAME}.rpm`",
    ("Linux", "riscv64", ()): (
        "see https://docs.aws.amazon.com/systems-manager/latest/userguide/"
        "session-manager-working-with-install-plugin.html"
    ),
}


@pytest.mark.parametrize("platform", INSTALLS)
def test_a_missing_plugin_comes_with_its_installation(platform: tuple[str, str, tuple[str, ...]]) -> None:
    system, machine, programs = platform
    which = finding(**{name: f"/usr/bin/{name}" for name in programs})

    assert refused(which, system, machine) == (
        f"{NAME}: the Session Manager plugin of AWS is not installed; install it: {INSTALLS[platform]}"
    )


def test_a_plugin_that_is_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_VERSION", "hello")
    path = str(FakePlugin.write(tmp_path / "bin").path)

    assert refused(finding(session_manager_plugin=path)) == (
        f"{NAME}: {path} does not print its version; got hello; install it: {BREW}"
    )


def test_a_plugin_that_does_not_run(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text("\x7fELF")
    path.chmod(0o755)

    assert refused(finding(session_manager_plugin=str(path))) == (
        f"{NAME}: {path} does not run; got Exec format error; install it again: {BREW}"
    )


def test_the_token_is_not_an_argument_and_is_not_shown() -> None:
    arguments = Plugin("/bin/plugin", OLDEST).arguments(SESSION, "eu-west-1", "https://ssm")

    assert arguments == [
        "/bin/plugin",
        VARIABLE,
        "eu-west-1",
        "StartSession",
        "",
        '{"Target": "ecs:c_t_r"}',
        "https://ssm",
    ]
    assert "TOKEN" not in repr(SESSION)


def test_the_environment_has_the_session_and_the_users_profile() -> None:
    given = {"PATH": "/bin", "AWS_PROFILE": "shop"}

    assert Plugin.env_vars(SESSION, given, {}) == {**given, VARIABLE: SESSION.response}


def test_the_profile_is_the_one_that_boto3_takes() -> None:
    given = {"AWS_PROFILE": "b", "AWS_DEFAULT_PROFILE": "a"}

    assert Plugin.env_vars(SESSION, given, {}) == {"AWS_PROFILE": "a", VARIABLE: SESSION.response}


def test_the_credentials_of_a_role_replace_the_users_profile() -> None:
    given = {"PATH": "/bin", "AWS_PROFILE": "shop", "AWS_DEFAULT_PROFILE": "shop", "AWS_ACCESS_KEY_ID": "user"}
    role = {"AWS_ACCESS_KEY_ID": "role", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}

    assert Plugin.env_vars(SESSION, given, role) == {"PATH": "/bin", **role, VARIABLE: SESSION.response}
