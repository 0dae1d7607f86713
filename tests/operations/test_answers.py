"""Answers that do not come from AWS, and endpoints that do not answer: a real server, and botocore's real clients."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest

from cli.sentences import sentences
from operations import aws
from operations.answers import Requests
from stacks.errors import AwsError
from stacks.project.models import Project

PROJECT = Project(project_id="shop", env="prod", region="eu-west-1")
PAGE = b"\n<!DOCTYPE html><html><body>Please sign in</body></html>"
FIX = (
    "check AWS_ENDPOINT_URL and the proxy settings; on a network with a sign-in page, sign in there first; then run "
    "the same command again; completed changes are kept"
)


@dataclass
class Server:
    """A server that gives the same answer to every request; `hold` is waited for before."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None
    address: str = ""
    requests: int = 0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    given = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given.requests += 1
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if given.hold is not None:
                given.hold.wait(30)
            self.send_response(given.status)
            for name, value in {**given.headers, "Content-Length": str(len(given.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(given.body)

        do_GET = do_HEAD = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.daemon_threads = True
    given.address = f"http://127.0.0.1:{web.server_port}"
    thread = threading.Thread(target=web.serve_forever, args=[0.01], daemon=True)
    thread.start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", given.address)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield given
    if given.hold is not None:
        given.hold.set()
    web.shutdown()
    web.server_close()
    thread.join()


CALLS: dict[str, Callable[[boto3.Session], Any]] = {
    "GetCallerIdentity": lambda session: aws.client(session, "sts").get_caller_identity()["Account"],  # XML, query
    "DescribeClusters": lambda session: aws.client(session, "ecs").describe_clusters()["clusters"],  # JSON
    "DescribeVpcs": lambda session: session.client("ec2").describe_vpcs()["Vpcs"],  # XML, and not our own client
    "GetSchedule": lambda session: aws.client(session, "scheduler").get_schedule(Name="x")["State"],  # JSON, REST
    "GetQueueUrl": lambda session: aws.client(session, "sqs").get_queue_url(QueueName="x")["QueueUrl"],
    "ListBuckets": lambda session: session.client("s3").list_buckets()["Buckets"],  # XML, REST
}


def error_of(call: str) -> AwsError:
    session = aws.session(PROJECT)
    with pytest.raises(AwsError) as caught, aws.errors("status of shop-prod"):
        CALLS[call](session)
    return caught.value


@pytest.mark.parametrize(
    ("call", "status", "body"),
    [
        *((call, 200, PAGE) for call in CALLS),
        *((call, 404, b'{"detail": "Not Found"}') for call in CALLS),
        *((call, 200, b"hello") for call in ("GetCallerIdentity", "DescribeClusters")),
        ("DescribeClusters", 403, PAGE),
        ("DescribeClusters", 511, PAGE),
        ("GetCallerIdentity", 200, b"\x00\xff"),
    ],
)
def test_what_is_not_an_answer_of_aws_is_an_error_that_names_the_endpoint(
    server: Server, call: str, status: int, body: bytes
) -> None:
    server.status, server.body = status, body

    error = error_of(call)

    kind = "an HTML page" if body is PAGE else "an answer that is not one of "
    message = sentences(error)
    assert message.startswith(f"status of shop-prod: the answer does not come from AWS; got {kind}"), message
    assert message.endswith(f" (status {status} for {call}) from {server.address}; {FIX}"), message
    assert error.codes == {aws.NOT_FROM_AWS}
    assert server.requests == 1


@pytest.mark.parametrize("call", ["DescribeClusters", "GetSchedule", "GetQueueUrl", "GetCallerIdentity"])
@pytest.mark.parametrize("body", [b"{}", b"", b" {} "])
def test_an_empty_answer_is_an_error(server: Server, call: str, body: bytes) -> None:
    server.body = body

    assert sentences(error_of(call)) == (
        f"status of shop-prod: the answer does not come from AWS; got an empty answer (status 200 for {call}) from "
        f"{server.address}; {FIX}"
    )


@pytest.mark.parametrize("body", [b"null", b"[]", b"5", b'"x"', b'{"clusters": 5}', b'{"clusters": [1]}', b'{"x": 1}'])
def test_json_of_another_form_is_an_error(server: Server, body: bytes) -> None:
    server.body = body

    assert sentences(error_of("DescribeClusters")) == (
        "status of shop-prod: the answer does not come from AWS; got an answer that is not one of ECS (status 200 for "
        f"DescribeClusters) from {server.address}; {FIX}"
    )


def test_an_answer_without_a_member_that_aws_always_sends_is_an_error(server: Server) -> None:
    server.body, server.headers = b"{}", {"x-amzn-RequestId": "1"}

    assert sentences(error_of("DescribeClusters")) == (
        f"status of shop-prod: the answer does not come from AWS; got an answer without 'clusters'; {FIX}"
    )


def test_a_redirect_names_where_it_goes(server: Server) -> None:
    server.status, server.headers = 302, {"Location": "https://portal.example/login"}

    assert sentences(error_of("DescribeClusters")) == (
        "status of shop-prod: the answer does not come from AWS; got a redirect to https://portal.example/login "
        f"(status 302 for DescribeClusters) from {server.address}; {FIX}"
    )


@pytest.mark.parametrize("call", ["GetCallerIdentity", "DescribeClusters", "GetSchedule"])
def test_a_server_error_without_a_code_is_retried_and_names_the_endpoint(server: Server, call: str) -> None:
    """AWS's own front ends answer so too."""
    server.status, server.body = 503, PAGE if call == "DescribeClusters" else b""

    error = error_of(call)

    assert sentences(error).startswith(
        f"status of shop-prod: the endpoint has an error; got status 503 for {call} from {server.address}, without an "
        "error code of AWS; AWS had an internal error, and the state is intact: wait a minute"
    )
    assert aws.trouble(error) == "temporary"
    assert server.requests == aws.ATTEMPTS


def test_an_error_of_aws_stays_one(server: Server) -> None:
    server.status, server.body = 400, b'{"__type": "ClusterNotFoundException", "message": "Cluster not found."}'

    error = error_of("DescribeClusters")

    assert error.codes == {"ClusterNotFoundException"}
    assert aws.trouble(error) == "lasting"


@pytest.mark.parametrize(
    ("body", "found"),
    [(b'{"clusters": []}', []), (b'{"clusters": [], "aMemberOfTheFuture": 1}', [])],
)
def test_an_answer_of_aws_is_returned(server: Server, body: bytes, found: list[object]) -> None:
    server.body = body

    assert CALLS["DescribeClusters"](aws.session(PROJECT)) == found


def test_a_head_request_has_neither_a_body_nor_a_code(server: Server) -> None:
    s3 = aws.client(aws.session(PROJECT), "s3")

    s3.head_bucket(Bucket="bucket")
    server.status = 404
    with pytest.raises(AwsError) as caught, aws.errors("s3://bucket"):
        s3.head_bucket(Bucket="bucket")
    assert caught.value.codes == {"404"}


def test_requests_are_bounded_in_time_for_every_client_of_a_session(server: Server) -> None:
    config = aws.session(PROJECT).client("ec2").meta.config

    assert (config.connect_timeout, config.read_timeout) == (aws.CONNECT_SECONDS, aws.ANSWER_SECONDS)
    assert config.retries == {"total_max_attempts": aws.ATTEMPTS, "mode": "standard"}


def test_an_endpoint_that_does_not_answer_is_reported_once(server: Server) -> None:
    server.body, server.hold = b'{"clusters": []}', threading.Event()
    reported: list[str] = []

    def on_slow(text: str) -> None:
        reported.append(text)
        assert server.hold is not None
        server.hold.set()  # the answer comes after the report: no time is measured

    session = boto3.Session(region_name="eu-west-1")
    Requests(on_slow, slow_seconds=0.01).watch(session)

    assert aws.client(session, "ecs").describe_clusters()["clusters"] == []
    server.hold = None
    assert aws.client(session, "ecs").describe_clusters()["clusters"] == []
    assert reported == [f"{server.address} has not answered for 0.01 s; still waiting"]


def test_an_endpoint_that_answers_in_time_is_not_reported(server: Server) -> None:
    server.body = b'{"clusters": []}'
    reported: list[str] = []

    session = aws.session(PROJECT, on_slow=reported.append)

    assert CALLS["DescribeClusters"](session) == []
    assert reported == []
