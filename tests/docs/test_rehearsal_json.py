"""The page lists the JSON keys of a rehearsal's report and of the doctor's findings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cli.views.doctor import result_json
from cli.views.rehearsal import report_json
from operations.checks.model import CheckResult
from operations.rehearsal.check import Check
from operations.rehearsal.report import Kept, Report, Stage
from tests.docs.pages import ROOT, rows, text_of

PAGE = ROOT / "docs" / "deploy.md"
CHECKS = ROOT / "docs" / "account.md"
KEPT = Kept("http://127.0.0.1:1", 1, Path("/x"), Path("/x/stack"), {})
LISTS = ("stages", "checks", "emulator")


@pytest.fixture
def printed() -> dict[str, Any]:
    stages, checks = (Stage("plan", True, 1.0, "valid"),), (Check("cluster", "status", "ACTIVE", "ACTIVE"),)
    return report_json([Report("shop", "prod", "eu-west-1", stages, checks, kept=KEPT)])


def test_the_keys_of_a_report(printed: dict[str, Any]) -> None:
    assert {key for cell, *_ in rows(PAGE, "key") for key in re.findall(r"`(\w+)`", cell)} == printed.keys()


def test_the_keys_of_an_environment(printed: dict[str, Any]) -> None:
    (environment,) = printed["environments"]
    listed = {
        key: meaning for cell, meaning in rows(PAGE, "key of an environment") for key in re.findall(r"`(\w+)`", cell)
    }

    assert listed.keys() == environment.keys()
    for name in LISTS:
        value = environment[name]
        assert set(re.findall(r"`(\w+)`", listed[name])) == set(value[0] if isinstance(value, list) else value), name


def test_the_keys_of_a_finding() -> None:
    (sentence,) = re.findall(r"`--json` prints a list of (.+?)\.", text_of(CHECKS))

    assert re.findall(r"`(\w+)`", re.sub(r"\(.+?\)", "", sentence)) == [
        *result_json(CheckResult("Python", "ok", "3.11"))
    ]
