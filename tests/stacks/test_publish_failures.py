"""A synth that fails or is refused leaves the output unchanged."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial, partialmethod
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main
from stacks import app, hcl, output
from stacks.app import synthesize
from stacks.errors import SynthError
from tests.stacks.conftest import Load
from tests.support.output import EVERYTHING, TWO, put, tree


class TestAFailure:
    """Whatever goes wrong, the output is the same as before."""

    @pytest.fixture
    def before(self, loaded: Load, out: Path, foreign: dict[str, str]) -> dict[str, bytes | None]:
        """The output of an earlier synth, with what Terraform and the user put there."""
        stacks = synthesize(loaded(TWO, env=None), out, format="hcl")
        for stack in stacks:
            for name, text in foreign.items():
                put(stack.path / name, text)
        return tree(out)

    @pytest.mark.parametrize(
        "error", [SynthError.of("out", "no"), OSError(28, "No space left on device"), KeyboardInterrupt()]
    )
    def test_of_the_rendering_changes_nothing(
        self,
        loaded: Load,
        out: Path,
        before: dict[str, bytes | None],
        error: BaseException,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def fails(*_: object) -> None:
            raise error

        monkeypatch.setattr(hcl, "render", fails)

        with pytest.raises(type(error)):
            synthesize(loaded(TWO, env=None), out, format="hcl")

        assert tree(out) == before

    @pytest.mark.slow
    @pytest.mark.parametrize("moves", range(0, 40, 3))
    def test_of_any_move_changes_nothing(
        self, loaded: Load, out: Path, before: dict[str, bytes | None], moves: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The swap is interrupted after so many moves; undoing it is not."""
        left = [moves]

        def interrupted(move: Callable[..., Path], self: Path, target: Path) -> Path:
            left[0] -= 1
            if left[0] == -1:
                raise KeyboardInterrupt
            return move(self, target)

        monkeypatch.setattr(Path, "rename", partialmethod(partial(interrupted, Path.rename)))
        monkeypatch.setattr(Path, "replace", partialmethod(partial(interrupted, Path.replace)))
        try:
            synthesize(loaded(TWO, env="prod"), out)
        except KeyboardInterrupt:
            assert tree(out) == before
        else:
            assert left[0] >= 0

    @pytest.mark.slow
    @pytest.mark.parametrize("moves", range(12))
    def test_of_a_process_that_is_killed_leaves_each_file_old_or_new(
        self, loaded: Load, out: Path, moves: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Such a process undoes nothing, and for a missing file Terraform would destroy its resources."""
        synthesize(loaded("services: {web: {cpu: 256, memory: 512}}"), out, format="hcl")
        before = tree(out)
        synthesize(loaded("services: {web: {cpu: 512, memory: 1024}}"), out, format="hcl")
        after = tree(out)
        synthesize(loaded("services: {web: {cpu: 256, memory: 512}}"), out, format="hcl")
        left = [moves]

        def killed(move: Callable[..., Path], self: Path, target: Path) -> Path:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return move(self, target)

        monkeypatch.setattr(Path, "rename", partialmethod(partial(killed, Path.rename)))
        monkeypatch.setattr(Path, "replace", partialmethod(partial(killed, Path.replace)))
        with suppress(KeyboardInterrupt):
            synthesize(loaded("services: {web: {cpu: 512, memory: 1024}}"), out, format="hcl")

        now = tree(out)
        assert now.keys() == before.keys()
        assert all(content in (before[name], after[name]) for name, content in now.items())

    @pytest.mark.parametrize("moves", range(1, 20, 3))
    def test_of_a_process_that_is_killed_leaves_no_file_that_the_next_synth_does_not_remove(
        self, loaded: Load, out: Path, moves: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With files of both formats in a folder, Terraform would see every resource twice."""
        (stack,) = synthesize(loaded(EVERYTHING), out)
        left = [moves]

        def killed(move: Callable[..., Path], self: Path, target: Path) -> Path:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return move(self, target)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", partialmethod(partial(killed, Path.rename)))
            patched.setattr(Path, "replace", partialmethod(partial(killed, Path.replace)))
            patched.setattr(output, "_shared_file", lambda address: "new_in_this_version.tf")
            with suppress(KeyboardInterrupt):
                synthesize(loaded(EVERYTHING), out, format="hcl")

        synthesize(loaded(EVERYTHING), out)

        assert sorted(path.name for path in stack.path.iterdir()) == ["cdk.tf.json", "templates"]

    def test_that_left_its_workspace_behind_is_cleaned_up_by_a_later_synth(self, loaded: Load, out: Path) -> None:
        """An hour later; a younger one may belong to a synth that still runs."""
        put(out / ".synth-killed/stacks/shop-prod/cdk.tf.json")
        put(out / ".synth-running/stacks/shop-prod/cdk.tf.json")
        long_ago = time.time() - 3700
        os.utime(out / ".synth-killed", (long_ago, long_ago))

        synthesize(loaded(), out)

        assert sorted(path.name for path in out.iterdir()) == [".synth-running", "manifest.json", "stacks"]

    def test_on_the_first_run_leaves_no_folder(self, loaded: Load, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(app, "publish", fails)

        with pytest.raises(OSError, match="No space left"):
            synthesize(loaded(), out)

        assert not out.exists()


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """`command("--out", "x")` runs `ecsforge synth` in a folder with a project file."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "ecsforge.yaml", "project_id: shop\nservices: {web: {image: example.com/web}}\n")
    yield lambda *arguments: CliRunner().invoke(main, ["synth", "--env", "prod", *arguments])


class TestAnOutputFolder:
    def test_that_is_a_file_is_refused(self, command: Callable[..., Any]) -> None:
        put(Path("taken"))

        result = command("--out", "taken")

        assert result.exit_code == 1
        assert result.stderr == "error: taken: the output path is not a folder; choose another one with --out\n"
        assert Path("taken").read_text() == "mine"

    def test_below_a_file_is_refused(self, command: Callable[..., Any]) -> None:
        put(Path("taken"))

        result = command("--out", "taken/out")

        assert (result.exit_code, result.stderr) == (1, "error: taken/out: Not a directory\n")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_that_cannot_be_written_is_refused(self, command: Callable[..., Any]) -> None:
        Path("closed").mkdir(mode=0o555)

        result = command("--out", "closed")

        assert result.exit_code == 1
        assert result.stderr.startswith("error: closed/.synth-")
        assert result.stderr.endswith(": Permission denied\n")

    def test_whose_stacks_are_a_file_is_not_changed(self, command: Callable[..., Any]) -> None:
        put(Path("out/stacks"))

        result = command("--out", "out")

        assert (result.exit_code, result.stderr) == (1, "error: out/stacks/shop-prod: Not a directory\n")
        assert tree(Path("out")) == {"stacks": b"mine"}
