"""The emulator's process: moto's server on a free port of 127.0.0.1, patched by `moto/`, behind AWS's own checks.

Started by `Emulator` in `client.py`. It prints its port on stdout as one line of JSON, and exits when its stdin closes,
which happens however the process that started it ends. After the line `keep HOURS` on stdin it keeps running, for
at most that long.

Arguments are names of rules, `models` or `layer` (all of them, and the recorder), that are not applied: tests compare
the emulator with and without them.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

RESPONSE_BUFFER = 1 << 20
"""Bytes that a response may have to be sent in one piece."""


def main() -> None:
    """Serve until the process that started this one exits."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    from operations.rehearsal.emulator.moto import patch_moto

    threading.Thread(target=_exit_with_parent, daemon=True).start()
    disabled = frozenset(sys.argv[1:])
    application = patch_moto(_checked(DomainDispatcherApplication(create_backend_app), disabled))
    server = make_server(
        "127.0.0.1", 0, _serialized(application), threaded=True, request_handler=_handler(MotoRequestHandler)
    )
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


def _checked(application: Any, disabled: frozenset[str]) -> Any:
    """Record each request, and refuse what AWS refuses."""
    if "layer" in disabled:
        return application
    from operations.rehearsal.emulator.recorder import RecordedCalls, Recorder
    from operations.rehearsal.emulator.strict import StrictRequests

    recorder = Recorder()
    return RecordedCalls(StrictRequests(application, recorder, os.environ["MOTO_ACCOUNT_ID"], disabled), recorder)


def _serialized(application: Any) -> Any:
    """Serve one request at a time: AWS handles each atomically, moto does not.

    Moto stores everything in plain dictionaries. When two requests change one at the same time, one fails with status
    500 and a partly created resource; the AWS provider retries and fails because it exists (`InvalidSubnet.Conflict`).
    """
    lock = threading.Lock()

    def serve(environ: Any, start_response: Any) -> Any:
        with lock:
            return application(environ, start_response)

    return serve


def _exit_with_parent() -> None:
    for line in sys.stdin:
        word, _, hours = line.strip().partition(" ")
        if word == "keep":
            threading.Timer(float(hours) * 3600, os._exit, (0,)).start()
            return
    os._exit(0)


def _handler(base: Any) -> Any:
    """Moto's request handler, speaking HTTP/1.1 and sending a response's headers and body in one piece.

    Werkzeug sends them one after the other and closes each connection after the response. The AWS provider sometimes
    closes its end after a response's headers when they arrive within a millisecond, which never happens with AWS: the
    body is lost, the provider sends the request again, and fails because the security group rule exists
    (`InvalidPermission.Duplicate`).
    """
    return type("Handler", (base,), {"protocol_version": "HTTP/1.1", "wbufsize": RESPONSE_BUFFER})


if __name__ == "__main__":
    main()
