"""The signals that stop a command."""

from __future__ import annotations

import signal

# Ctrl-C, a supervisor or CI system, a closed terminal. Windows has no SIGHUP.
STOP_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
