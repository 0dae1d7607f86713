"""The emulator sends no requests."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def test_messages_to_urls_are_not_sent(aws: Aws) -> None:
    received: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.path)
            self.send_response(204)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        topic = aws("sns").create_topic(Name="events")["TopicArn"]
        url = f"http://127.0.0.1:{server.server_port}/hook"
        aws("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint=url)

        assert aws("sns").publish(TopicArn=topic, Message="hello")["MessageId"]
        server.shutdown()

    assert received == []
