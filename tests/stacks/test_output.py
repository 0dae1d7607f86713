"""What a synth leaves behind, and what it leaves alone."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial, partialmethod
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main
from cli.sentences import sentences
from stacks import app, output
from stacks.app import synthesize
from stacks.errors import SynthError
from stacks.project import Loaded

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
    """What Terraform and the user keep in a stack's folder."""
    return {
        ".terraform/providers/aws": "a provider",
        ".terraform.lock.hcl": "a lock file",
        "task-definitions/prod/web.latest.json": "{}",
        "backend_override.tf": 'terraform { backend "http" {} }',
        "notes.txt": "mine",
        "modules/dns/main.tf": "mine",
    }


class TestAStack:
    def test_is_a_folder_with_its_terraform_and_the_template(self, loaded: Load, out: Path) -> None:
        (stack,) = synthesize(loaded(), out)

        assert stack.name == "shop-prod"
        assert stack.env == "prod"
        assert stack.path == out / "stacks/shop-prod"
        assert [name for name, content in tree(out).items() if content is not None] == [
            "manifest.json",
            "stacks/shop-prod/cdk.tf.json",
            "stacks/shop-prod/templates/service.json.tpl",
        ]
        template = Path(output.__file__).parent / "templates/service.json.tpl"
        assert (stack.path / "templates/service.json.tpl").read_bytes() == template.read_bytes()

    def test_says_how_many_resources_of_each_type_it_has(self, loaded: Load, out: Path) -> None:
        (stack,) = synthesize(loaded(), out)

        assert stack.resources["aws_subnet"] == 4
        assert stack.resources["aws_iam_role"] == 3
        assert list(stack.resources) == sorted(stack.resources)

    def test_has_files_of_hcl_by_concept_that_the_next_synth_knows_as_its_own(self, loaded: Load, out: Path) -> None:
        (prod,) = synthesize(loaded(EVERYTHING), out, format="hcl")

        assert sorted(path.name for path in prod.path.iterdir()) == [
            "account.tf",
            "alarms.tf",
            "cluster.tf",
            "connect.tf",
            "encryption.tf",
            "load_balancer.tf",
            "network.tf",
            "outputs.tf",
            "providers.tf",
            "service_mailer.tf",
            "service_nightly.tf",
            "service_web.tf",
            "templates",
            "waf.tf",
        ]
        assert all(any(path.match(pattern) for pattern in output.GENERATED) for path in prod.path.iterdir())

    def test_has_the_services_own_template_beside_the_built_in_one(self, tmp_path: Path, out: Path) -> None:
        """Even a service called service, whose template the built-in one must not overwrite."""
        own = (Path(output.__file__).parent / "templates/service.json.tpl").read_text() + "\n"
        put(tmp_path / "own.tpl", own)
        file = tmp_path / "ecsforge.yaml"
        put(file, "project_id: shop\nservices: {service: {task_definition_template: own.tpl}, api: {type: worker}}\n")

        (stack,) = synthesize(app_loaded(file), out)

        assert (stack.path / "templates/service/service.json.tpl").read_text() == own
        assert (stack.path / "templates/service.json.tpl").read_text() != own
        content = json.loads((stack.path / "cdk.tf.json").read_text())["locals"]
        assert "${path.module}/templates/service/service.json.tpl" in content["service_task_definition"]
        assert "${path.module}/templates/service.json.tpl" in content["api_task_definition"]

    def test_can_be_read_by_all_and_written_by_its_owner(self, loaded: Load, out: Path) -> None:
        before = os.umask(0o022)
        try:
            synthesize(loaded(), out)
        finally:
            os.umask(before)

        modes = {path.is_dir(): set[int]() for path in out.rglob("*")}
        for path in out.rglob("*"):
            modes[path.is_dir()].add(stat.S_IMODE(path.stat().st_mode))
        assert modes == {True: {0o755}, False: {0o644}}


class TestTheManifest:
    def stacks(self, out: Path) -> dict[str, Any]:
        stacks: dict[str, Any] = json.loads((out / "manifest.json").read_text())["stacks"]
        return stacks

    def test_lists_what_is_there(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(TWO, env=None), out)

        assert list(self.stacks(out)) == ["shop-dev", "shop-prod"]
        for stack in self.stacks(out).values():
            assert (out / stack["synthesizedStackPath"]).is_file()
            assert (out / stack["workingDirectory"]).is_dir()

    def test_keeps_what_a_plan_of_one_environment_leaves_there(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(TWO, env="dev"), out)
        synthesize(loaded(TWO, env="prod"), out, prune=False)

        assert list(self.stacks(out)) == ["shop-dev", "shop-prod"]

    def test_forgets_a_stack_whose_folder_is_gone(self, loaded: Load, out: Path) -> None:
        (dev,) = synthesize(loaded(TWO, env="dev"), out)
        for path in sorted(dev.path.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        dev.path.rmdir()

        synthesize(loaded(TWO, env="prod"), out, prune=False)

        assert list(self.stacks(out)) == ["shop-prod"]

    def test_names_no_json_where_there_is_hcl(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(), out, format="hcl")

        assert (out / self.stacks(out)["shop-prod"]["synthesizedStackPath"]).is_dir()

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"stacks": []}', '{"stacks": {"a": {}}}'])
    def test_is_written_anew_where_it_can_not_be_read(self, loaded: Load, out: Path, text: str) -> None:
        put(out / "manifest.json", text)

        synthesize(loaded(), out)

        assert list(self.stacks(out)) == ["shop-prod"]


class TestASecondSynth:
    def test_touches_no_file_that_stays_the_same(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(), out)
        files = [path for path in out.rglob("*") if path.is_file()]
        before = {path: path.stat().st_ino for path in files}

        synthesize(loaded(), out)

        assert {path: path.stat().st_ino for path in files} == before

    def test_writes_the_same(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(TWO, env=None), out)
        before = tree(out)

        synthesize(loaded(TWO, env=None), out)

        assert tree(out) == before

    @pytest.mark.parametrize("format_", ["json", "hcl"])
    def test_keeps_what_it_did_not_write(self, loaded: Load, out: Path, foreign: dict[str, str], format_: Any) -> None:
        (stack,) = synthesize(loaded(TWO), out)
        for name, text in foreign.items():
            put(stack.path / name, text)

        synthesize(loaded(TWO), out, format=format_)

        assert {name: (stack.path / name).read_text() for name in foreign} == foreign

    def test_leaves_a_stacks_folder_where_it_is(self, loaded: Load, out: Path) -> None:
        """A shell that stands in it would otherwise stand nowhere."""
        (stack,) = synthesize(loaded(), out)
        before = stack.path.stat().st_ino

        synthesize(loaded(), out, format="hcl")

        assert stack.path.stat().st_ino == before

    def test_leaves_nothing_of_the_other_format(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(EVERYTHING), out)
        as_json = tree(out)

        synthesize(loaded(EVERYTHING), out, format="hcl")
        as_hcl = tree(out)
        synthesize(loaded(EVERYTHING), out)

        assert not [name for name in as_hcl if name.endswith("cdk.tf.json")]
        assert tree(out) == as_json

    def test_takes_stacks_away_that_are_no_longer_selected(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(TWO, env=None), out)

        synthesize(loaded(TWO, env="prod"), out)

        assert [folder.name for folder in (out / "stacks").iterdir()] == ["shop-prod"]

    def test_takes_with_a_stack_what_terraform_cached_and_leaves_what_is_the_users(
        self, loaded: Load, out: Path, foreign: dict[str, str]
    ) -> None:
        (dev, _) = synthesize(loaded(TWO, env=None), out)
        for name, text in foreign.items():
            put(dev.path / name, text)

        synthesize(loaded(TWO, env="prod"), out)

        left = {name: content for name, content in tree(dev.path).items() if content is not None}
        users = ("backend_override.tf", "modules/dns/main.tf", "notes.txt")
        assert left == {name: foreign[name].encode() for name in users}

    def test_takes_nothing_away_for_a_plan_of_one_environment(self, loaded: Load, out: Path) -> None:
        synthesize(loaded(TWO, env=None), out)
        before = tree(out)

        synthesize(loaded(TWO, env="prod"), out, prune=False)

        assert tree(out) == before

    def test_takes_nothing_away_that_no_synth_wrote(self, loaded: Load, out: Path) -> None:
        """`--out .` in a repository that has a folder of Terraform called stacks."""
        put(out / "stacks/vpc/network.tf")
        put(out / "stacks/vpc/.terraform/plugin")
        put(out / "stacks/README.md")

        synthesize(loaded(), out)

        assert (out / "stacks/vpc/network.tf").exists()
        assert (out / "stacks/vpc/.terraform/plugin").exists()
        assert (out / "stacks/README.md").exists()


class TestAFailure:
    """Whatever goes wrong, what was there is there again, and nothing besides."""

    @pytest.fixture
    def before(self, loaded: Load, out: Path, foreign: dict[str, str]) -> dict[str, bytes | None]:
        """The output of an earlier synth, with what Terraform and the user put there."""
        stacks = synthesize(loaded(TWO, env=None), out, format="hcl")
        for stack in stacks:
            for name, text in foreign.items():
                put(stack.path / name, text)
        return tree(out)

    @pytest.mark.parametrize("error", [SynthError("no"), OSError(28, "No space left on device"), KeyboardInterrupt()])
    def test_of_the_rendering_leaves_what_was_there(
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
    def test_of_any_move_leaves_what_was_there(
        self, loaded: Load, out: Path, before: dict[str, bytes | None], moves: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The swap is interrupted after so many moves; the way back is not."""
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
    def test_of_a_process_that_is_killed_leaves_each_file_as_it_was_or_as_it_will_be(
        self, loaded: Load, out: Path, moves: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Such a process undoes nothing, and Terraform takes a missing file for an order to destroy."""
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

    def test_because_two_resources_have_one_address_says_which(self, loaded: Load, out: Path) -> None:
        """cdktf would write one of the two; it takes services that are called as addresses are."""
        text = """
            services:
              b: {type: worker, connect: true}
              x: {connect: true}
              a-tasks-from-b: {type: worker, connect: true}
              x-tasks-from-a: {connect: true, http: {paths: [/a]}}
        """

        with pytest.raises(SynthError) as error:
            synthesize(loaded(text), out)

        rule = "aws_vpc_security_group_ingress_rule.x_tasks_from_a_tasks_from_b"
        what = f"services ({rule}): two services or volumes have this Terraform address; rename one of them"
        assert sentences(error.value) == what
        assert not out.exists()


def app_loaded(file: Path) -> Loaded:
    from stacks.project import Selection, load

    return load(Selection(file=file, env="prod"))


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
        assert result.stderr == "error: taken: the output folder is a file; give another one with --out\n"
        assert Path("taken").read_text() == "mine"

    def test_below_a_file_is_refused(self, command: Callable[..., Any]) -> None:
        put(Path("taken"))

        result = command("--out", "taken/out")

        assert (result.exit_code, result.stderr) == (1, "error: taken/out: Not a directory\n")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_that_can_not_be_written_is_refused(self, command: Callable[..., Any]) -> None:
        Path("closed").mkdir(mode=0o555)

        result = command("--out", "closed")

        assert result.exit_code == 1
        assert result.stderr.startswith("error: closed/.synth-")
        assert result.stderr.endswith(": Permission denied\n")

    def test_whose_stacks_are_a_file_is_left_as_it_is(self, command: Callable[..., Any]) -> None:
        put(Path("out/stacks"))

        result = command("--out", "out")

        assert (result.exit_code, result.stderr) == (1, "error: out/stacks/shop-prod: Not a directory\n")
        assert tree(Path("out")) == {"stacks": b"mine"}


def test_what_terraform_reads_besides_is_told_apart(tmp_path: Path) -> None:
    for name in ("cdk.tf.json", "network.tf", "service_web.tf", "mine.tf", "mine_override.tf.json", "a.auto.tfvars"):
        (tmp_path / name).touch()
    (tmp_path / "notes.md").touch()

    assert output.additions(tmp_path) == ["a.auto.tfvars", "mine.tf", "mine_override.tf.json"]
