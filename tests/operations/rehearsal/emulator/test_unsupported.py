"""Requests that the emulator can't handle: their errors in each protocol, and their record in the log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.rehearsal.emulator.unsupported import (
    CODE,
    Unsupported,
    UnsupportedRequests,
    error_body,
    operation_of,
    read_log,
)

SIGNATURE = "AWS4-HMAC-SHA256 Credential=rehearsal/20250101/eu-west-1/{}/aws4_request, SignedHeaders=host"


def request(service: str, **headers: str) -> dict[str, Any]:
    """The WSGI environment of a request to a service."""
    signed = {"HTTP_AUTHORIZATION": SIGNATURE.format(service)}
    return {"REQUEST_METHOD": "POST", "PATH_INFO": "/", **signed, **headers}


def test_the_log_records_each_request_once() -> None:
    stop, page = Unsupported("ecs StopServiceDeployment", "lacks it"), Unsupported("s3 GET /x", 'a "quoted"\nreason')
    lines = ["127.0.0.1 - GET / 200", stop.log_line(), "Traceback (most recent call last):", page.log_line()]

    assert read_log("\n".join([*lines, stop.log_line(), "{"])) == (stop, page)


@pytest.mark.parametrize(
    ("environ", "operation"),
    [
        (request("ecs", HTTP_X_AMZ_TARGET="AmazonEC2ContainerServiceV20141113.ListServices"), "ecs ListServices"),
        (request("s3", REQUEST_METHOD="GET", PATH_INFO="/bucket"), "s3 GET /bucket"),
        ({"REQUEST_METHOD": "GET", "PATH_INFO": "/unsigned"}, "AWS GET /unsigned"),
    ],
)
def test_an_operation_has_the_name_of_its_service(environ: dict[str, Any], operation: str) -> None:
    assert operation_of(environ) == operation


@pytest.mark.parametrize(
    ("environ", "body"),
    [
        (request("ec2"), "<Response><Errors><Error>{}</Error></Errors></Response>"),
        (request("s3"), "<Error>{}</Error>"),
        (request("iam"), "<ErrorResponse><Error>{}</Error></ErrorResponse>"),
    ],
)
def test_an_error_in_xml_has_the_form_of_its_service(environ: dict[str, Any], body: str) -> None:
    kind, answer = error_body(environ, "a < b")

    assert kind.endswith("/xml")
    assert answer.decode() == body.format(f"<Code>{CODE}</Code><Message>a &lt; b</Message>")


@pytest.mark.parametrize(
    "environ",
    [
        request("ecs", CONTENT_TYPE="application/x-amz-json-1.1"),
        request("elasticfilesystem", PATH_INFO="/2015-02-01/file-systems"),
    ],
)
def test_an_error_of_a_json_service_is_json(environ: dict[str, Any]) -> None:
    kind, answer = error_body(environ, "a < b")

    assert kind == "application/x-amz-json-1.1"
    assert json.loads(answer) == {"__type": CODE, "message": "a < b"}


def test_an_exception_becomes_a_final_error(capsys: pytest.CaptureFixture[str]) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise NotImplementedError

    answers: list[tuple[str, dict[str, str]]] = []
    middleware = UnsupportedRequests(application)
    body = b"".join(middleware(request("iam"), lambda status, headers: answers.append((status, dict(headers)))))

    ((status, headers),) = answers
    assert status == "501 Not Implemented"
    assert headers == {"Content-Type": "text/xml", "Content-Length": str(len(body)), "X-Amzn-Errortype": CODE}
    assert b"<Message>iam POST /: NotImplementedError</Message>" in body
    assert read_log(capsys.readouterr().err) == (Unsupported("iam POST /", "NotImplementedError"),)
