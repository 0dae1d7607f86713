"""The process of the emulator: moto's server on a free port of 127.0.0.1, with the gaps filled.

Started by `Emulator` in `client.py`. It names its port on stdout in one line of JSON, and lives until its stdin ends,
which happens when the process that started it ends, however it does. The line `keep` before that end lets it
live on, for at most `KEEP_HOURS`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

KEEP_HOURS = 8
"""How long an emulator that `rehearse --keep` left behind lives when nobody ends it."""


def main() -> None:
    """Serves until the starter is gone."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    from operations.rehearsal.emulator.moto import fill_gaps

    threading.Thread(target=_live_with_the_starter, daemon=True).start()
    application = _one_at_a_time(fill_gaps(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_handler(MotoRequestHandler))
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


def _one_at_a_time(application: Any) -> Any:
    """Serve one request after another, as AWS does each as a whole.

    Moto keeps everything in plain dictionaries. Two requests that change one at the same time end in a 500 for what was
    half made; the AWS provider tries again, and finds it there (`InvalidSubnet.Conflict`).
    """
    lock = threading.Lock()

    def serve(environ: Any, start_response: Any) -> Any:
        with lock:
            return application(environ, start_response)

    return serve


def _live_with_the_starter() -> None:
    for line in sys.stdin:
        if line.strip() == "keep":
            threading.Timer(KEEP_HOURS * 3600, os._exit, (0,)).start()
            return
    os._exit(0)


def _handler(base: Any) -> Any:
    """Moto's request handler with connections that stay open, as those of AWS do."""
    return type("Handler", (base,), {"protocol_version": "HTTP/1.1"})


if __name__ == "__main__":
    main()
