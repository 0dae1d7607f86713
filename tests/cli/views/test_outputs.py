"""The printed outputs of a stack."""

from __future__ import annotations

import pytest

from cli.console import Console
from cli.views.outputs import as_json, print_outputs, raw
from operations.terraform.stream import Output, Outputs

OUTPUTS = Outputs(
    {
        "alb_url": Output("http://x", sensitive=False),
        "names": Output({"web": "web-service"}, sensitive=False),
        "token": Output("s3cr3t", sensitive=True),
    }
)


def test_on_a_pipe_each_output_is_a_line_and_secrets_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    print_outputs(Console(), OUTPUTS)

    assert capsys.readouterr().out == 'alb_url\thttp://x\nnames\t{"web": "web-service"}\ntoken\t(sensitive)\n'


def test_strings_are_raw_and_other_values_are_json() -> None:
    assert [raw(output) for output in OUTPUTS.values.values()] == ["http://x", '{"web": "web-service"}', "s3cr3t"]


def test_json_includes_sensitive_values() -> None:
    assert as_json(OUTPUTS) == {"alb_url": "http://x", "names": {"web": "web-service"}, "token": "s3cr3t"}
