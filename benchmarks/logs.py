"""Follows a million log lines, and measures lines per second and memory of `ecsforge logs --follow`.

    python -m benchmarks.logs [LINES]

A server on loopback answers like CloudWatch Logs: full pages of 10,000 events, with throttling in between. Fails if a
line is lost, doubled or out of order, or if the memory grows after the first tenth of the lines.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import psutil
from rich.console import Console

LINES = 1_000_000
PAGE = 10_000
"""The most events that FilterLogEvents returns at once."""
EVENTS_PER_SECOND = 1000
"""How many events have a timestamp within the same second."""
THROTTLED_EVERY = 40
PROJECT = {
    "project_id": "bench",
    "region": "eu-west-1",
    "services": {"web": {"type": "worker"}},
    "environments": {"dev": {}},
}
IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/bench</Arn><UserId>bench</UserId><Account>123456789012</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


class Logs(BaseHTTPRequestHandler):
    """Answers GetCallerIdentity and FilterLogEvents."""

    protocol_version = "HTTP/1.1"
    total: ClassVar[int] = LINES
    start: ClassVar[int] = 0
    requests: ClassVar[int] = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "X-Amz-Target" not in self.headers:
            self._send(200, "text/xml", IDENTITY)
            return
        Logs.requests += 1
        if Logs.requests % THROTTLED_EVERY == 0:
            self._send(400, "application/x-amz-json-1.1", json.dumps({"__type": "ThrottlingException"}))
            return
        self._send(200, "application/x-amz-json-1.1", json.dumps(self._page(json.loads(body))))

    def _page(self, request: dict[str, Any]) -> dict[str, Any]:
        seconds = max(0, request["startTime"] // 1000 - self.start)
        first = int(request["nextToken"]) if "nextToken" in request else seconds * EVENTS_PER_SECOND
        end = min(first + PAGE, self.total)
        events = [
            {
                "logStreamName": "ecs/web/0123456789abcdef0123456789abcdef",
                "timestamp": (self.start + number // EVENTS_PER_SECOND) * 1000,
                "eventId": f"{number:056}",
                "message": f"{number} GET /products/{number % 977} 200 in 12 ms",
            }
            for number in range(first, end)
        ]
        return {"events": events, **({"nextToken": str(end)} if end < self.total else {})}

    def _send(self, status: int, content_type: str, text: str) -> None:
        self.send_response_only(status)
        for name, value in (("Content-Type", content_type), ("Content-Length", str(len(text)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


def main() -> None:
    """Follow the lines, check each of them, and print the measurements."""
    Logs.total = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    seconds = Logs.total // EVENTS_PER_SECOND
    Logs.start = int(time.time()) - seconds - 120
    server = ThreadingHTTPServer(("127.0.0.1", 0), Logs)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ecsforge.yaml").write_text(json.dumps(PROJECT))
        took, memory = _follow(Path(folder), f"http://127.0.0.1:{server.server_port}", f"{seconds + 240}s")
    server.shutdown()
    console = Console()
    console.print(f"{Logs.total:,} lines in {took:.1f} s: {Logs.total / took:,.0f} lines per second")
    console.print(f"memory after a tenth of the lines {memory[0]:.0f} MB, most {max(memory):.0f} MB")
    if max(memory) > 1.25 * memory[0]:
        sys.exit("the memory grows with the number of lines")


def _follow(folder: Path, endpoint: str, since: str) -> tuple[float, list[float]]:
    """The seconds that all lines took, and the memory in MB after each tenth of them."""
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_ENDPOINT_URL": endpoint}
    root = str(Path(__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "logs", "--env", "dev", "--follow", "--raw", "--since", since, "--quiet"],
        cwd=folder,
        env={**os.environ, **keys, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    memory, started = [], time.perf_counter()
    for number in range(Logs.total):
        line = process.stdout.readline()
        if line.partition(b" ")[0] != str(number).encode():
            process.kill()
            sys.exit(f"line {number} is {line!r}")
        if (number + 1) % (Logs.total // 10) == 0:
            memory.append(psutil.Process(process.pid).memory_info().rss / 1e6)
    took = time.perf_counter() - started
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)
    return took, memory


if __name__ == "__main__":
    main()
