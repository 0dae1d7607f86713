"""Node.js starts with the program of jsii's kernel, the user's own options, and a preload."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks import node


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variables of the developer's shell."""
    for name in ("NODE_OPTIONS", "JSII_NODE", "JSII_RUNTIME", "JSII_HOST_STACK_TRACES"):
        monkeypatch.delenv(name, raising=False)


def test_the_bundled_node_is_used_unless_the_user_names_one() -> None:
    assert Path(node.node_of({})).name in ("node", "node.exe")
    assert node.node_of({"JSII_NODE": "/opt/node"}) == "/opt/node"


def test_a_node_of_the_user_gets_no_option_that_it_may_not_have() -> None:
    assert node.options({})[:3] == ["--require", str(node.PRELOAD), "--no-deprecation"]
    assert len(node.options({"JSII_NODE": "/opt/node"})) == 3 < len(node.options({}))


class TestTheEnvironmentOfJsii:
    def test_has_the_preload_and_the_users_own_options(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NODE_OPTIONS", "--stack-trace-limit=20")
        monkeypatch.setattr(node, "PRELOAD", Path("/a folder/preload.js"))

        with node.environment(preload=True):
            options, named = os.environ["NODE_OPTIONS"], os.environ["JSII_NODE"]

        assert options.startswith('--stack-trace-limit=20 --require="/a folder/preload.js" --no-deprecation')
        assert Path(named).name in ("node", "node.exe")
        assert os.environ["NODE_OPTIONS"] == "--stack-trace-limit=20"
        assert "JSII_NODE" not in os.environ

    def test_quotes_a_path_with_quotes_and_backslashes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(node, "PRELOAD", Path('C:\\a "b"'))

        with node.environment(preload=True):
            options = os.environ["NODE_OPTIONS"]

        assert options.startswith(r'--require="C:\\a \"b\""')
        assert "NODE_OPTIONS" not in os.environ

    def test_keeps_a_node_that_the_user_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JSII_NODE", "/opt/node")

        with node.environment(preload=False):
            named = os.environ["JSII_NODE"]

        assert named == "/opt/node"
        assert "NODE_OPTIONS" not in os.environ


class TestStart:
    def test_runs_the_program_which_greets_and_exits(self) -> None:
        started = node.start(os.environ)

        assert started is not None
        with started.channel, started.channel.makefile("rwb") as channel:
            greeting = json.loads(channel.readline())
            channel.write(b'{"exit": 0}\n')
            channel.flush()
            assert started.process.wait(timeout=30) == 0
        assert greeting["hello"].startswith("@jsii/runtime@")

    def test_keeps_ctrl_c_from_the_program(self) -> None:
        """A terminal sends it to the group of the process in the foreground; Python reports it, and ends Node.js."""
        started = node.start(os.environ)

        assert started is not None
        assert os.getpgid(started.process.pid) == started.process.pid
        started.end()

    def test_ends_the_program_when_the_channel_is_closed(self) -> None:
        started = node.start(os.environ)

        assert started is not None
        started.channel.close()
        assert started.process.wait(timeout=30) is not None

    @pytest.mark.parametrize("variable", ["JSII_RUNTIME", "JSII_HOST_STACK_TRACES"])
    def test_leaves_it_to_jsii_where_a_variable_asks_for_what_only_jsii_does(self, variable: str) -> None:
        assert node.start({**os.environ, variable: "1"}) is None

    def test_leaves_it_to_jsii_on_windows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "win32")

        assert node.start(os.environ) is None

    def test_leaves_it_to_jsii_where_the_program_has_another_channel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(node, "CHANNEL", "readFD:9")

        assert node.start(os.environ) is None

    def test_of_a_node_that_does_not_exist_is_an_error(self) -> None:
        with pytest.raises(FileNotFoundError, match="/no/such/node"):
            node.start({**os.environ, "JSII_NODE": "/no/such/node"})


class TestThePreload:
    def run(self, script: Path, **options: int) -> subprocess.CompletedProcess[str]:
        command = [node.node_of(os.environ), "--require", str(node.PRELOAD), str(script)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)

    def test_prints_the_stack_of_an_error_and_not_the_line_of_the_program(self, tmp_path: Path) -> None:
        script = tmp_path / "script.js"
        script.write_text('const filler = 1; throw new Error("out of luck");')

        done = self.run(script)

        assert done.returncode == 1
        assert done.stderr.startswith("Error: out of luck")
        assert "filler" not in done.stderr

    def test_prints_nothing_when_its_reader_is_gone(self, tmp_path: Path) -> None:
        script = tmp_path / "script.js"
        script.write_text('throw Object.assign(new Error("write EPIPE"), { code: "EPIPE" });')

        done = self.run(script)

        assert (done.returncode, done.stderr) == (1, "")
