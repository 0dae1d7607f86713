"""How a synth replaces the output of the previous one, and which files it does not touch."""

from __future__ import annotations

import json
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
from stacks import app, output
from stacks.app import synthesize
from stacks.errors import SynthError
from stacks.project import Loaded
from stacks.publish import RECORD, additions

Load = Callable[..., Loaded]

EVERYTHING = """
encryption: customer
load_balancer: {waf: {}}
alarms: {email: [ops@example.com]}
services:
  web: {connect: true, alarms: {cpu_percent: 80}}
  mailer: {type: worker, queue: {}}
  nightly: {type: job, schedule: rate(1 day)}
"""
TWO = """
network:
  vpc_id: vpc-0123456789abcdef0
  public_subnet_ids: [subnet-00000000, subnet-00000001]
  private_subnet_ids: [subnet-00000002, subnet-00000003]
services: {mailer: {type: worker}}
environments: {dev: {}, prod: {}}
"""


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: the bytes of each file, None for a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def put(path: Path, text: str = "mine") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def foreign(out: Path) -> dict[str, str]:
    """Files of Terraform and the user in a stack's folder."""
    return {
        ".terraform/providers/aws": "a provider",
        ".terraform.lock.hcl": "a lock file",
        "task-definitions/prod/web.latest.json": "{}",
        "backend_override.tf": 'terraform { backend "http" {} }',
        "notes.txt": "mine",
        "modules/dns/main.tf": "mine",
    }


def forget_record(manifest: Path) -> None:
    """Change the manifest to one of a version that did not list its files."""
    content = json.loads(manifest.read_text())
    for stack in content["stacks"].values():
        del stack[RECORD]
    manifest.write_text(json.dumps(content))


class TestTheManifest:
    def stacks(self, out: Path) -> dict[str, Any]:
        stacks: dict[str, Any] = json.loads((out / "manifest.json").read_text())["stacks"]
        return stacks

    def test_lists_the_stacks(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(TWO, env=None), out)

        assert list(self.stacks(out)) == ["shop-dev", "shop-prod"]
        for stack in self.stacks(out).values():
            assert (out / stack["synthesizedStackPath"]).is_file()
            assert (out / stack["workingDirectory"]).is_dir()

    def test_keeps_the_other_stacks_for_a_plan_of_one_environment(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(TWO, env="dev"), out)
        synthesize(loaded(TWO, env="prod"), out, prune=False)

        assert list(self.stacks(out)) == ["shop-dev", "shop-prod"]

    def test_drops_a_stack_whose_folder_was_deleted(self, loaded: Load, out: Path) -> None:
        (dev,) = synthesize(loaded(TWO, env="dev"), out)
        for path in sorted(dev.path.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        dev.path.rmdir()

        synthesize(loaded(TWO, env="prod"), out, prune=False)

        assert list(self.stacks(out)) == ["shop-prod"]

    def test_names_the_folder_of_a_stack_in_hcl(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(), out, format="hcl")

        assert (out / self.stacks(out)["shop-prod"]["synthesizedStackPath"]).is_dir()

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"stacks": []}', '{"stacks": {"a": {}}}'])
    def test_is_replaced_if_it_cannot_be_read(self, loaded: Load, out: Path, text: str) -> None:
        put(out / "manifest.json", text)

        synthesize(loaded(), out)

        assert list(self.stacks(out)) == ["shop-prod"]

    @pytest.mark.parametrize("format_", ["json", "hcl"])
    def test_lists_the_files_that_the_synth_wrote(self, loaded: Load, out: Path, format_: Any) -> None:
        (stack,) = synthesize(loaded(EVERYTHING), out, format=format_)

        recorded = self.stacks(out)["shop-prod"][RECORD]
        assert recorded == sorted(path.name for path in stack.path.iterdir())
        assert ("cdk.tf.json" in recorded) == (format_ == "json")


class TestASecondSynth:
    def test_does_not_touch_unchanged_files(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(), out)
        files = [path for path in out.rglob("*") if path.is_file()]
        before = {path: path.stat().st_ino for path in files}

        synthesize(loaded(), out)

        assert {path: path.stat().st_ino for path in files} == before

    def test_writes_the_same_files(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(TWO, env=None), out)
        before = tree(out)

        synthesize(loaded(TWO, env=None), out)

        assert tree(out) == before

    @pytest.mark.parametrize("format_", ["json", "hcl"])
    def test_keeps_files_that_it_did_not_write(
        self, loaded: Load, out: Path, foreign: dict[str, str], format_: Any
    ) -> None:
        (stack,) = synthesize(loaded(TWO), out)
        for name, text in foreign.items():
            put(stack.path / name, text)

        synthesize(loaded(TWO), out, format=format_)

        assert {name: (stack.path / name).read_text() for name in foreign} == foreign

    def test_keeps_the_folder_of_a_stack(self, loaded: Load, out: Path) -> None:
        """A shell in it would lose its working directory if the folder were replaced."""
        (stack,) = synthesize(loaded(), out)
        before = stack.path.stat().st_ino

        synthesize(loaded(), out, format="hcl")

        assert stack.path.stat().st_ino == before

    def test_removes_the_files_of_the_other_format(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(EVERYTHING), out)
        as_json = tree(out)

        synthesize(loaded(EVERYTHING), out, format="hcl")
        as_hcl = tree(out)
        synthesize(loaded(EVERYTHING), out)

        assert not [name for name in as_hcl if name.endswith("cdk.tf.json")]
        assert tree(out) == as_json

    def test_removes_the_files_of_a_removed_service(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(EVERYTHING), out, format="hcl")
        (stack,) = synthesize(loaded("services: {mailer: {type: worker}}"), out, format="hcl")

        assert sorted(path.name for path in stack.path.glob("service_*.tf")) == ["service_mailer.tf"]

    def test_removes_a_file_that_only_an_earlier_version_wrote(self, loaded: Load, out: Path) -> None:
        """The manifest lists the files of a synth by any name."""
        (stack,) = synthesize(loaded(), out, format="hcl")
        manifest = json.loads((out / "manifest.json").read_text())
        manifest["stacks"]["shop-prod"][RECORD].append("gateway.tf")
        put(out / "manifest.json", json.dumps(manifest))
        put(stack.path / "gateway.tf")

        synthesize(loaded(), out, format="hcl")

        assert not (stack.path / "gateway.tf").exists()

    @pytest.mark.parametrize("lost", [False, True], ids=["manifest without a record", "no manifest"])
    def test_replaces_the_files_of_a_version_that_did_not_list_them(self, loaded: Load, out: Path, lost: bool) -> None:
        (stack,) = synthesize(loaded(EVERYTHING), out, format="hcl")
        put(stack.path / "mine.tf")
        forget_record(out / "manifest.json")
        if lost:
            (out / "manifest.json").unlink()

        synthesize(loaded(EVERYTHING), out)

        assert sorted(path.name for path in stack.path.iterdir()) == ["cdk.tf.json", "mine.tf", "templates"]

    def test_removes_a_stack_of_a_version_that_did_not_list_its_files(self, loaded: Load, out: Path) -> None:
        (dev, _) = synthesize(loaded(TWO, env=None), out, format="hcl")
        put(dev.path / "mine.tf")
        forget_record(out / "manifest.json")

        synthesize(loaded(TWO, env="prod"), out)

        assert [path.name for path in dev.path.iterdir()] == ["mine.tf"]

    def test_keeps_a_file_of_the_user_that_is_named_like_an_hcl_file(self, loaded: Load, out: Path) -> None:
        (stack,) = synthesize(loaded(), out)
        put(stack.path / "service_dns.tf")

        synthesize(loaded(), out)

        assert (stack.path / "service_dns.tf").read_text() == "mine"
        assert additions(stack.path) == ["service_dns.tf"]

    def test_removes_stacks_that_are_no_longer_selected(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(TWO, env=None), out)

        synthesize(loaded(TWO, env="prod"), out)

        assert [folder.name for folder in (out / "stacks").iterdir()] == ["shop-prod"]

    def test_removes_terraforms_cache_with_a_stack_and_keeps_files_of_the_user(
        self, loaded: Load, out: Path, foreign: dict[str, str]
    ) -> None:
        (dev, _) = synthesize(loaded(TWO, env=None), out)
        for name, text in foreign.items():
            put(dev.path / name, text)

        synthesize(loaded(TWO, env="prod"), out)

        left = {name: content for name, content in tree(dev.path).items() if content is not None}
        users = ("backend_override.tf", "modules/dns/main.tf", "notes.txt")
        assert left == {name: foreign[name].encode() for name in users}

    def test_keeps_every_stack_without_prune(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(TWO, env=None), out)
        before = tree(out)

        synthesize(loaded(TWO, env="prod"), out, prune=False)

        assert tree(out) == before

    def test_only_removes_files_that_a_synth_wrote(self, loaded: Load, out: Path) -> None:
        """For example with `--out .` in a repository that already has a folder named stacks."""
        put(out / "stacks/vpc/network.tf")
        put(out / "stacks/vpc/.terraform/plugin")
        put(out / "stacks/README.md")

        synthesize(loaded(), out)

        assert (out / "stacks/vpc/network.tf").exists()
        assert (out / "stacks/vpc/.terraform/plugin").exists()
        assert (out / "stacks/README.md").exists()


class TestAFailure:
    """After a failure, the output is the same as before."""

    @pytest.fixture
    def before(self, loaded: Load, out: Path, foreign: dict[str, str]) -> dict[str, bytes | None]:
        """The output of an earlier synth, with files of Terraform and the user."""
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

        monkeypatch.setattr(output, "render", fails)

        with pytest.raises(type(error)):
            synthesize(loaded(TWO, env=None), out, format="hcl")

        assert tree(out) == before

    @pytest.mark.parametrize("moves", range(0, 40, 3))
    def test_of_any_move_changes_nothing(
        self, loaded: Load, out: Path, before: dict[str, bytes | None], moves: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The swap is interrupted after this many moves; undoing it is not interrupted."""
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

    @pytest.mark.parametrize("moves", range(12))
    def test_of_a_process_that_is_killed_leaves_each_file_old_or_new(
        self, loaded: Load, out: Path, moves: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A killed process undoes nothing, and Terraform would destroy the resources of a missing file."""
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
    def test_of_a_process_that_is_killed_only_leaves_files_that_the_next_synth_removes(
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
        """After an hour: a more recent workspace may belong to a running synth."""
        put(out / ".synth-killed/stacks/shop-prod/cdk.tf.json")
        put(out / ".synth-running/stacks/shop-prod/cdk.tf.json")
        long_ago = time.time() - 3700
        os.utime(out / ".synth-killed", (long_ago, long_ago))

        synthesize(loaded(), out)

        assert sorted(path.name for path in out.iterdir()) == [".synth-running", "manifest.json", "stacks"]

    def test_on_the_first_run_removes_the_output_folder(
        self, loaded: Load, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
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
        put(Path("existing"))

        result = command("--out", "existing")

        assert result.exit_code == 1
        assert result.stderr == "error: existing: the output path is not a folder; choose another one with --out\n"
        assert Path("existing").read_text() == "mine"

    def test_below_a_file_is_refused(self, command: Callable[..., Any]) -> None:
        put(Path("existing"))

        result = command("--out", "existing/out")

        assert (result.exit_code, result.stderr) == (1, "error: existing/out: Not a directory\n")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_that_cannot_be_written_is_refused(self, command: Callable[..., Any]) -> None:
        Path("closed").mkdir(mode=0o555)

        result = command("--out", "closed")

        assert result.exit_code == 1
        assert result.stderr.startswith("error: closed/.synth-")
        assert result.stderr.endswith(": Permission denied\n")

    def test_in_which_stacks_is_a_file_is_not_changed(self, command: Callable[..., Any]) -> None:
        put(Path("out/stacks"))

        result = command("--out", "out")

        assert (result.exit_code, result.stderr) == (1, "error: out/stacks/shop-prod: Not a directory\n")
        assert tree(Path("out")) == {"stacks": b"mine"}


class TestAdditions:
    """Files in a stack's folder that Terraform reads and no synth wrote."""

    def test_are_found_by_their_names_without_a_manifest(self, tmp_path: Path) -> None:
        for name in ("cdk.tf.json", "network.tf", "service_web.tf", "mine.tf", "my_override.tf.json", "a.auto.tfvars"):
            (tmp_path / name).touch()
        (tmp_path / "notes.md").touch()

        assert additions(tmp_path) == ["a.auto.tfvars", "mine.tf", "my_override.tf.json"]

    @pytest.mark.parametrize("format_", ["json", "hcl"])
    def test_are_empty_right_after_a_synth(self, loaded: Load, out: Path, format_: Any) -> None:
        (stack,) = synthesize(loaded(EVERYTHING), out, format=format_)

        assert additions(stack.path) == []

    @pytest.mark.parametrize("recorded", ["text", {"a": 1}, None, [1, None]])
    def test_are_found_with_an_invalid_manifest(self, loaded: Load, out: Path, recorded: Any) -> None:
        (stack,) = synthesize(loaded(), out)
        manifest = json.loads((out / "manifest.json").read_text())
        manifest["stacks"]["shop-prod"][RECORD] = recorded
        put(out / "manifest.json", json.dumps(manifest))
        put(stack.path / "mine.tf")

        assert "mine.tf" in additions(stack.path)
