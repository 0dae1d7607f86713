"""Where a password is found, however it is written."""

from __future__ import annotations

import base64
import zipfile
from pathlib import Path

import pytest

from operations.rehearsal.password_search import files_with

PASSWORD = "Zr8/kQ+w3mX1vB7nT5cY9hL2pD4sF6gJ"


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_base64_is_found_at_every_offset(tmp_path: Path, before: str) -> None:
    (tmp_path / "state").write_bytes(base64.b64encode(f"{before}{PASSWORD} and more".encode()))

    assert [*files_with([PASSWORD], tmp_path)] == [tmp_path / "state"]


def test_a_password_is_found_plain_in_a_url_and_in_an_archive(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text(f"password: {PASSWORD}\n")
    (tmp_path / "url").write_text("postgresql://app:Zr8%2FkQ%2Bw3mX1vB7nT5cY9hL2pD4sF6gJ@host/app")
    with zipfile.ZipFile(tmp_path / "plan", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tfplan", f"{PASSWORD}\n" * 9)
    (tmp_path / "other").write_text(PASSWORD[:-1])
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform" / "provider").write_text(PASSWORD)

    assert [each.name for each in files_with([PASSWORD], tmp_path)] == ["plain", "plan", "url"]
