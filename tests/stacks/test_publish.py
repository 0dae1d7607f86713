"""How a synth replaces the output of the previous one, and which files it does not touch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentences
from stacks.app import synthesize
from stacks.errors import SynthError
from stacks.publish import RECORD, additions
from tests.stacks.conftest import Load
from tests.support.output import EVERYTHING, TWO, put, tree


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


class TestLinks:
    @pytest.mark.parametrize("place", [".", "stacks", "stacks/shop-prod"])
    def test_nothing_is_written_through_a_symbolic_link(
        self, loaded: Load, out: Path, tmp_path: Path, place: str
    ) -> None:
        elsewhere, link = tmp_path / "elsewhere", out / place
        elsewhere.mkdir()
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(elsewhere)

        with pytest.raises(SynthError) as caught:
            synthesize(loaded(TWO), out)

        assert sentences(caught.value) == (
            f"{link}: the output folder is a symbolic link, and nothing is written through it; got {elsewhere}; remove "
            "the link, or pass the folder that it leads to with --out"
        )
        assert list(elsewhere.iterdir()) == []

    def test_a_project_folder_may_be_a_symbolic_link(self, loaded: Load, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "real")

        synthesize(loaded(TWO), tmp_path / "link" / "cdktf.out")

        assert (tmp_path / "real" / "cdktf.out" / "stacks" / "shop-prod" / "cdk.tf.json").is_file()

    @pytest.mark.parametrize("name", ["", "prod", "prod/web.latest.json"])
    def test_terraform_never_writes_a_task_definition_through_a_link(
        self, loaded: Load, out: Path, tmp_path: Path, name: str
    ) -> None:
        link = out / "stacks" / "shop-prod" / "task-definitions" / name
        link.parent.mkdir(parents=True)
        link.symlink_to(tmp_path / "elsewhere")

        with pytest.raises(SynthError) as caught:
            synthesize(loaded(TWO), out)

        assert sentences(caught.value) == (
            f"{link}: this is a symbolic link, and nothing is written through it; got {tmp_path / 'elsewhere'}; "
            "remove the link"
        )

    def test_a_file_in_place_of_a_stacks_folder_is_named(self, loaded: Load, out: Path) -> None:
        (out / "stacks").mkdir(parents=True)
        (out / "stacks" / "shop-prod").write_text("mine")

        with pytest.raises(SynthError) as caught:
            synthesize(loaded(TWO), out)

        assert sentences(caught.value) == (
            f"{out / 'stacks' / 'shop-prod'}: this file has the name of a stack's folder; rename or delete it"
        )
        assert (out / "stacks" / "shop-prod").read_text() == "mine"


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
