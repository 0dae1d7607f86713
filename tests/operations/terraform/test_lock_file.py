"""Which providers a stack takes from the lock file of the project, and gives back."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.terraform.lock_file import LOCK_FILE, forget_checksums, keep, place, place_versions, sources

COMMENT = (
    '# This file is maintained automatically by "terraform init".\n# Manual edits may be lost in future updates.\n'
)


def block(source: str, *hashes: str, version: str = "5.100.0") -> str:
    listed = "".join(f'    "{each}",\n' for each in hashes)
    text = f'provider "registry.terraform.io/{source}" {{\n  version     = "{version}"\n  constraints = "~> 5.0"\n'
    return f"{text}  hashes = [\n{listed}  ]\n}}\n" if hashes else f"{text}}}\n"


def lock_file(*blocks: str) -> str:
    return "\n".join((COMMENT, *blocks))


AWS = block("hashicorp/aws", "h1:a", "zh:b")
LOCAL = block("hashicorp/local", "h1:c", "zh:d", version="2.5.3")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    (tmp_path / "stack").mkdir()
    return tmp_path / "stack"


def lost(text: str) -> None:
    raise AssertionError(text)


def test_without_a_lock_file_a_stack_keeps_its_own(project: Path, stack: Path) -> None:
    (stack / LOCK_FILE).write_text(AWS)

    assert place(project, stack) is False
    assert (stack / LOCK_FILE).read_text() == AWS


def test_a_new_stack_gets_all_providers(project: Path, stack: Path) -> None:
    (project / LOCK_FILE).write_text(lock_file(AWS, LOCAL))

    assert place(project, stack) is True
    assert (stack / LOCK_FILE).read_text() == lock_file(AWS, LOCAL)


def test_a_stack_gets_no_provider_that_terraform_has_removed(project: Path, stack: Path) -> None:
    (project / LOCK_FILE).write_text(lock_file(AWS, LOCAL))
    (stack / LOCK_FILE).write_text(lock_file(block("hashicorp/aws", "h1:old")))

    place(project, stack, ["hashicorp/aws"])

    assert (stack / LOCK_FILE).read_text() == lock_file(AWS)


def test_a_stack_gets_a_provider_that_it_requires_now(project: Path, stack: Path) -> None:
    (project / LOCK_FILE).write_text(lock_file(AWS, LOCAL))
    (stack / LOCK_FILE).write_text(lock_file(AWS))

    place(project, stack, ["hashicorp/aws", "hashicorp/local"])

    assert (stack / LOCK_FILE).read_text() == lock_file(AWS, LOCAL)


def test_a_provider_that_only_the_stack_has_stays(project: Path, stack: Path) -> None:
    (project / LOCK_FILE).write_text(lock_file(AWS))
    (stack / LOCK_FILE).write_text(lock_file(LOCAL))

    place(project, stack, ["hashicorp/aws"])

    assert (stack / LOCK_FILE).read_text() == lock_file(AWS, LOCAL)


def test_an_equal_file_is_not_written_again(project: Path, stack: Path) -> None:
    (project / LOCK_FILE).write_text(lock_file(AWS))
    (stack / LOCK_FILE).write_text(lock_file(AWS))
    before = (stack / LOCK_FILE).stat()

    place(project, stack)

    after = (stack / LOCK_FILE).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_damaged_file_reaches_terraform_unchanged(project: Path, stack: Path) -> None:
    (project / LOCK_FILE).write_text("}{")

    place(project, stack)

    assert (stack / LOCK_FILE).read_text() == "}{"


def test_providers_of_several_stacks_are_kept_in_one_file(project: Path, stack: Path) -> None:
    (stack / LOCK_FILE).write_text(lock_file(LOCAL))
    keep(project, stack, lost)
    (stack / LOCK_FILE).write_text(lock_file(AWS))
    keep(project, stack, lost)

    assert (project / LOCK_FILE).read_text() == lock_file(AWS, LOCAL)


def test_new_checksums_replace_the_old_ones(project: Path, stack: Path) -> None:
    (project / LOCK_FILE).write_text(lock_file(block("hashicorp/aws", "h1:old"), LOCAL))
    (stack / LOCK_FILE).write_text(lock_file(AWS))

    keep(project, stack, lost)

    assert (project / LOCK_FILE).read_text() == lock_file(AWS, LOCAL)


def test_nothing_is_written_through_a_link(project: Path, stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    (stack / LOCK_FILE).write_text(lock_file(AWS))
    (project.parent / "other").write_text("something else")
    (project / LOCK_FILE).symlink_to(project.parent / "other")
    warnings: list[str] = []

    keep(project, stack, warnings.append)

    assert warnings == [".terraform.lock.hcl is a symbolic link: providers are not recorded in it"]
    assert (project.parent / "other").read_text() == "something else"


def test_a_file_that_cannot_be_written_is_warned_about(
    project: Path, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    (stack / LOCK_FILE).write_text(lock_file(AWS))
    (project / LOCK_FILE).mkdir()
    warnings: list[str] = []

    keep(project, stack, warnings.append)

    assert warnings == [".terraform.lock.hcl can't be written: Is a directory"]


def test_checksums_of_one_platform_only_are_forgotten(stack: Path) -> None:
    (stack / LOCK_FILE).write_text(lock_file(block("hashicorp/aws", "h1:a"), LOCAL))

    forget_checksums(stack)

    assert (stack / LOCK_FILE).read_text() == lock_file(block("hashicorp/aws"), LOCAL)


def test_a_mirror_gives_the_versions_of_the_file(project: Path, stack: Path) -> None:
    (project / LOCK_FILE).write_text(lock_file(AWS, LOCAL))

    assert place_versions(project, stack, lambda source, version: source == "hashicorp/aws") == {
        "hashicorp/local": "2.5.3"
    }
    assert (stack / LOCK_FILE).read_text() == lock_file(block("hashicorp/aws"))


def test_sources_are_those_of_the_required_providers() -> None:
    assert sources({"required_providers": {"aws": {"source": "hashicorp/aws"}, "x": {}}}) == ("hashicorp/aws",)
    assert sources({}) == ()
