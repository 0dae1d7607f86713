"""The results of checks on a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest

from cli.console import Console
from cli.views import doctor as view
from cli.views.doctor import show_findings
from operations.checks.model import CheckResult
from stacks.errors import Position, Problem

FINDINGS = [
    CheckResult("Python", "ok", "3.11.7"),
    CheckResult.of(
        "dev: secrets",
        Problem(
            Position("services.web.secrets.URL"),
            "the parameter does not exist",
            "ssm:/shop/url",
            "set its value:",
            command=("secrets", "set", "URL", "--env", "dev"),
        ),
        calls=("ssm:DescribeParameters",),
    ),
    CheckResult(
        "dev: quotas", "ok", "6 quotas not exceeded", calls=("servicequotas:GetServiceQuota", "ec2:DescribeVpcs")
    ),
]


class Screen(Console):
    """A console whose stdout is a terminal."""

    def is_terminal(self, stream: str = "stdout") -> bool:
        return True


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            100,
            """\
ok       Python: 3.11.7
MISSING  dev: secrets: services.web.secrets.URL: the parameter does not exist; got ssm:/shop/url
         fix: set its value: `ecsforge secrets set URL --env dev`
         calls: ssm:DescribeParameters
ok       dev: quotas: 6 quotas not exceeded
         calls: servicequotas:GetServiceQuota, ec2:DescribeVpcs
""",
        ),
        (
            60,
            """\
ok       Python: 3.11.7
MISSING  dev: secrets: services.web.secrets.URL: the
         parameter does not exist; got ssm:/shop/url
         fix: set its value: `ecsforge secrets set URL --env
              dev`
         calls: ssm:DescribeParameters
ok       dev: quotas: 6 quotas not exceeded
         calls: servicequotas:GetServiceQuota,
                ec2:DescribeVpcs
""",
        ),
    ],
)
def test_each_result_has_its_fix_and_its_calls(monkeypatch: pytest.MonkeyPatch, width: int, expected: str) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stdout", written)
    monkeypatch.setattr(view, "text_width", lambda *_: width)

    show_findings(Screen(no_color=True), FINDINGS)

    assert written.getvalue() == expected


def test_on_a_pipe_each_result_is_a_row(capsys: Any) -> None:
    show_findings(Console(), FINDINGS[1:2])

    assert capsys.readouterr().out == (
        "dev: secrets\tMISSING\tservices.web.secrets.URL: the parameter does not exist; got ssm:/shop/url\tset its "
        "value: `ecsforge secrets set URL --env dev`\tssm:DescribeParameters\n"
    )
