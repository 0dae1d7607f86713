"""The exceptions file: what it explains, and what it must not hide."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.policy.exceptions import Failure, explanation, read_rules, unused

LINE = "shop | CKV_AWS_18,CKV_AWS_144 | aws_s3_bucket.* | it holds logs"


def write(folder: Path, text: str) -> Path:
    file = folder / "exceptions.txt"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_rule_explains_its_checks_on_its_resources_in_its_stack(tmp_path: Path) -> None:
    rules = read_rules(write(tmp_path, f"# a comment\n\n{LINE}\n"))

    assert explanation(rules, "shop", Failure("CKV_AWS_18", "aws_s3_bucket.access_logs")) == rules[0]
    assert explanation(rules, "article", Failure("CKV_AWS_18", "aws_s3_bucket.access_logs")) is None
    assert explanation(rules, "shop", Failure("CKV_AWS_18", "aws_lb.main")) is None
    assert explanation(rules, "shop", Failure("CKV_AWS_145", "aws_s3_bucket.access_logs")) is None


def test_a_star_matches_every_stack(tmp_path: Path) -> None:
    rules = read_rules(write(tmp_path, LINE.replace("shop", "*")))

    assert explanation(rules, "article", Failure("CKV_AWS_18", "aws_s3_bucket.access_logs")) == rules[0]


def test_unused_checks_are_reported_one_by_one(tmp_path: Path) -> None:
    rules = read_rules(write(tmp_path, LINE))

    assert unused(rules, [("shop", Failure("CKV_AWS_18", "aws_s3_bucket.access_logs"))]) == [
        "1: CKV_AWS_144 does not fail on any aws_s3_bucket.*"
    ]


@pytest.mark.parametrize("line", ["shop | CKV_AWS_18 | aws_s3_bucket.*", "shop | CKV_AWS_18 | aws_s3_bucket.* | "])
def test_an_exception_without_a_reason_is_rejected(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError) as error:
        read_rules(write(tmp_path, line))

    assert str(error.value) == f"exceptions.txt:1: an exception is stack | checks | resource | why; got {line!r}"
