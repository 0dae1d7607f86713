"""How a command reacts to Ctrl-C, to a supervisor that stops it, and to a closed terminal or pipe."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading

from operations.signals import STOP_SIGNALS


def interrupt_on_stop_signals() -> None:
    """Handle every stop signal like Ctrl-C, so that plan files, which hold secrets, and emulators are cleaned up.

    A signal that is ignored stays ignored: that is how `nohup` works.
    """
    if threading.current_thread() is threading.main_thread():
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, signal.default_int_handler)


def discard_stop_signals() -> None:
    """Keep another Ctrl-C during shutdown from replacing the exit code with death by signal.

    Uses a handler first, because child processes inherit ignored signals but not handlers. Python removes handlers
    while it shuts down, so the signals are ignored at exit.
    """
    if threading.current_thread() is threading.main_thread():
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: None)
            atexit.register(signal.signal, number, signal.SIG_IGN)


def discard_output() -> None:
    """Redirect output to the null device after the reader closed a pipe, so that the last flush succeeds."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.dup2(null, sys.stderr.fileno())
