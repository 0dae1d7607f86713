"""Reading YAML: files that can't be read, positions, and the meaning of plain values."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.sentences import sentence
from stacks.errors import ProjectError
from stacks.project import Selection, load, problems_of
from stacks.project.nodes import Mapping, Scalar
from stacks.project.reader import MAX_BYTES, read_file
from tests.project.conftest import Check
from tests.project.texts import web


def messages(file: str | None = None, env: str | None = None) -> list[str]:
    return list(map(sentence, problems_of(Selection(file=Path(file) if file else None, env=env))))


def test_a_binary_file_is_refused(check: Check) -> None:
    expected = "error ecsforge.yaml:1:1: the project file must be text; got a binary file; save it as UTF-8 text"

    assert check(b"\x7fELF\x02\x01\x00\x00") == [expected]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named(encoding: str, check: Check) -> None:
    expected = "error ecsforge.yaml:1:1: the project file must be text in UTF-8; got UTF-16; save it as UTF-8 text"

    assert check("project_id: shop\n".encode(encoding)) == [expected]


def test_utf_32_is_named(check: Check) -> None:
    expected = "error ecsforge.yaml:1:1: the project file must be text in UTF-8; got UTF-32; save it as UTF-8 text"

    assert check("project_id: shop\n".encode("utf-32")) == [expected]


def test_invalid_utf8_is_refused_with_its_position(check: Check) -> None:
    expected = "error ecsforge.yaml:2:12: the project file is not valid UTF-8; got byte 0xe9; save it as UTF-8 text"

    assert check(b"project_id: shop\n# \xc3\xa9t\xc3\xa9 dans \xe9\n") == [expected]


def test_control_characters_are_refused_with_their_position(check: Check) -> None:
    expected = (
        "error ecsforge.yaml:2:9: control characters are not allowed in YAML; got U+0007; "
        "remove it, or escape it in double quotes"
    )

    assert check("project_id: shop\nregion: \x07\n") == [expected]


def test_a_folder_in_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "config").mkdir()
    expected = (
        "config: the project file must be a regular file; got a folder; "
        "pass the file in it, such as config/ecsforge.yaml"
    )

    assert messages("config") == [expected]


def test_a_pipe_is_refused_without_waiting_for_a_writer(folder: Path) -> None:
    os.mkfifo(folder / "piped.yaml")
    expected = "piped.yaml: the project file must be a regular file; got a pipe; save it as a file"

    assert messages("piped.yaml") == [expected]


def test_a_device_is_refused() -> None:
    expected = "/dev/zero: the project file must be a regular file; got a device; save it as a file"

    assert messages("/dev/zero") == [expected]


def test_a_dangling_link_is_not_skipped_for_a_file_above(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: above\n")
    (folder / "here").mkdir()
    (folder / "here" / "ecsforge.yaml").symlink_to("gone.yaml")
    monkeypatch.chdir(folder / "here")
    expected = "ecsforge.yaml: file not found; check the path, or run `ecsforge init` to create one"

    assert messages() == [expected]


def test_a_file_that_does_not_exist_is_refused() -> None:
    expected = "missing.yaml: file not found; check the path, or run `ecsforge init` to create one"

    assert messages("missing.yaml") == [expected]


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_file_without_read_permission_is_refused(folder: Path) -> None:
    (folder / "secret.yaml").write_text("project_id: shop\n")
    (folder / "secret.yaml").chmod(0)

    assert messages("secret.yaml") == [
        "secret.yaml: can't read the project file; got Permission denied; check its path and permissions"
    ]


@pytest.mark.parametrize("name", ["a\0b", "a" * 300], ids=["NUL", "too long"])
def test_an_impossible_path_is_refused(name: str) -> None:
    assert "can't read the project file" in messages(name)[0]


def test_a_file_larger_than_a_mebibyte_is_refused(check: Check) -> None:
    text = "project_id: shop\nservices: {web: {image: app:1}}\n"
    just_right = text + "#" * (MAX_BYTES - len(text))
    expected = "error ecsforge.yaml: the project file is larger than 1 MiB; check that this is the project file"

    assert [check(just_right), check(just_right + "#")] == [[], [expected]]


def test_a_byte_order_mark_and_windows_line_ends_do_not_change_positions(check: Check) -> None:
    text = "project_id: shop\r\nregion: moon\r\nservices: {web: {image: app:1}}\r\n"
    expected = ["error ecsforge.yaml:2:9: region must be an AWS region; got moon; for example us-east-1 or eu-west-1"]

    assert [check(text), check(b"\xef\xbb\xbf" + text.encode())] == [expected, expected]


def test_columns_count_characters_not_bytes(check: Check) -> None:
    text = "project_id: shop\nservices: {web: {image: app:1, environment: {Ä: 'ü😀'}, cpu: 1}}\n"

    assert [problem.split(": ")[0] for problem in check(text)] == [
        "warning ecsforge.yaml:2:46",
        "error ecsforge.yaml:2:61",
    ]


def test_every_key_and_value_knows_its_position(folder: Path) -> None:
    (folder / "f.yaml").write_text("a:\n  - {b: 1,\n     c: [x, 'y']}\n")
    root, _ = read_file(Path("f.yaml"))
    items = root.get("a")
    item = items.items[0]  # type: ignore[union-attr]
    assert isinstance(item, Mapping)

    assert str(root.entries["a"].keys[0].position) == "f.yaml:1:1"
    assert str(item.mark.position) == "f.yaml:2:5"
    assert str(item.entries["c"].keys[0].position) == "f.yaml:3:6"
    assert [str(x.mark.position) for x in item.get("c").items] == ["f.yaml:3:10", "f.yaml:3:13"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("off", False),
        ("~", None),
        ("0x10", 16),
        ("1_000", 1000),
        ("1.5", 1.5),
        ("1:30", "1:30"),
        ("2030-01-31", "2030-01-31"),
        ("1e3", "1e3"),
        ("9" * 31, "9" * 31),
        ("'1'", "1"),
    ],
)
def test_plain_values_follow_yaml_without_dates_and_base_60(folder: Path, text: str, value: object) -> None:
    (folder / "f.yaml").write_text(f"a: {text}\n")
    node = read_file(Path("f.yaml"))[0].get("a")
    assert isinstance(node, Scalar)

    assert node.value == value


def test_environment_tags_and_arguments_arrive_exactly_as_written(folder: Path) -> None:
    text = web(
        """\
user: 0100
command: [sleep, 5, yes, 1.50]
environment:
  DEBUG: yes
  PORT: 3000
  A: 1e3
  OCTAL: 0123
  HEX: 0x1F
  DATE: 2030-01-31
  QUOTED: "say \\"hi\\" to ${USER} at 100%{off}"
  EMPTY: ""
  BLOCK: |
    one
    two
  GONE: null
"""
    )
    (folder / "ecsforge.yaml").write_text(text + "tags: {cost: 007, on: off}\n")
    project = load(Selection(env="dev")).projects[0]

    assert project.services["web"].environment == {
        "DEBUG": "yes",
        "PORT": "3000",
        "A": "1e3",
        "OCTAL": "0123",
        "HEX": "0x1F",
        "DATE": "2030-01-31",
        "QUOTED": 'say "hi" to ${USER} at 100%{off}',
        "EMPTY": "",
        "BLOCK": "one\ntwo\n",
    }
    assert project.services["web"].user == "0100"
    assert project.services["web"].command == ("sleep", "5", "yes", "1.50")
    assert project.tags == {"cost": "007", "on": "off"}


def test_merge_keys_add_missing_keys(folder: Path) -> None:
    text = """\
project_id: shop
services:
  web: &web {image: app:1, cpu: 256, memory: 512, environment: {A: a}}
  api: {<<: *web, cpu: 1024, memory: 2048, http: {paths: [/api/*]}}
"""
    (folder / "ecsforge.yaml").write_text(text)
    api = load(Selection(env="dev")).projects[0].services["api"]

    assert (api.image, api.cpu, api.environment, api.http.paths) == ("app:1", 1024, {"A": "a"}, ("/api/*",))


def test_values_that_may_be_secrets_are_not_repeated(folder: Path) -> None:
    text = web("secrets: {A: hunter2, B: [hunter2], C: {hunter2: hunter2}}\nenvironment: {PASSWORD: [hunter2]}")
    (folder / "ecsforge.yaml").write_text(text)

    with pytest.raises(ProjectError) as error:
        load(Selection(env="dev"))

    assert "hunter2" not in str(error.value)
    assert len(error.value.problems) == 4
