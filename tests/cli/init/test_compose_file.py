"""Reading compose files with those that they name."""

from __future__ import annotations

from pathlib import Path

from cli.init.compose_file import ComposeFile, read_compose_file


def read(folder: Path, **files: str) -> ComposeFile:
    for name, text in files.items():
        (folder / name.replace("__", "/")).with_suffix(".yaml").parent.mkdir(exist_ok=True)
        (folder / name.replace("__", "/")).with_suffix(".yaml").write_text(text)
    return read_compose_file(folder / "compose.yaml")


def test_lists_are_appended_and_commands_replaced(tmp_path: Path) -> None:
    (tmp_path / "compose.override.yaml").write_text(
        "services: {web: {ports: [2], command: [c], environment: {B: y}, build: {target: x}, build_: 1}}"
    )

    service = read(
        tmp_path,
        compose="services: {web: {ports: [1], command: [a, b], environment: [A=x, B=x], build: ., depends_on: [db]}}",
    ).services["web"]

    assert service == {
        ".folder": tmp_path,
        "ports": ["1", "2"],
        "command": ["c"],
        "environment": {"A": "x", "B": "y"},
        "build": {"context": ".", "target": "x"},
        "depends_on": ["db"],
        "build_": "1",
    }


def test_a_service_can_have_the_name_of_a_key(tmp_path: Path) -> None:
    (tmp_path / "compose.override.yaml").write_text("services: {build: {image: acme/b:2}, environment: {ports: [1]}}")

    services = read(tmp_path, compose="services: {build: {image: acme/b:1}, environment: {image: acme/e}}").services

    assert services["build"]["image"] == "acme/b:2"
    assert services["environment"] == {".folder": tmp_path, "image": "acme/e", "ports": ["1"]}


def test_a_service_extends_one_in_another_folder(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        compose="services:\n"
        "  a: {extends: {file: sub/base.yaml, service: x}}\n"
        "  b: {extends: {file: sub/base.yaml, service: y}}\n",
        sub__base="services: {x: {build: app, env_file: x.env}, y: {extends: x, image: acme/y}}",
    )

    assert found.services["a"] == {
        ".folder": tmp_path,
        "build": str(tmp_path / "sub" / "app"),
        "env_file": [str(tmp_path / "sub" / "x.env")],
    }
    assert found.services["b"]["image"] == "acme/y"
    assert found.files == ["compose.yaml", "sub/base.yaml"]
    assert found.notes == []


def test_files_that_name_each_other_come_to_an_end(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        compose="include: [other.yaml]\nservices: {a: {extends: {file: other.yaml, service: b}}}",
        other="include: [compose.yaml]\nservices: {b: {extends: {file: compose.yaml, service: a}}}",
    )

    assert sorted(found.services) == ["a", "b"]


def test_many_services_extend_the_same_file(tmp_path: Path) -> None:
    services = "".join(f"  s{number}: {{extends: {{file: base.yaml, service: x}}}}\n" for number in range(120))

    found = read(tmp_path, compose=f"services:\n{services}", base="services: {x: {image: acme/x}}")

    assert {service["image"] for service in found.services.values()} == {"acme/x"}
    assert found.notes == []


def test_what_can_not_be_read_is_noted(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        compose="include: [nowhere.yaml, broken.yaml]\n"
        "services: {a: {extends: b}, c: {extends: {file: d.yaml, service: e}}}",
        broken="services: {a: '",
        d="services: {}",
    )

    assert found.notes == [
        ("nowhere.yaml", "could not read it: it does not exist"),
        (
            "broken.yaml",
            "could not read broken.yaml:1:15: invalid YAML: this quote is not closed; got '; add the closing quote",
        ),
        ("a", "extends b, which is not in the file"),
        ("c", "extends e, which is not in d.yaml"),
    ]
