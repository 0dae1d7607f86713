"""Ctrl-C, stop signals and closed pipes."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.signals import STOP_SIGNALS, discard_output, discard_stop_signals, interrupt_on_stop_signals


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Every stop signal has its default handler; those of the test run are restored."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in STOP_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    atexit.unregister(signal.signal)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_every_stop_signal_is_an_interrupt(number: signal.Signals) -> None:
    interrupt_on_stop_signals()

    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_an_ignored_signal_stays_ignored() -> None:
    """As under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    interrupt_on_stop_signals()

    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler


def test_during_shutdown_further_signals_do_nothing() -> None:
    interrupt_on_stop_signals()
    discard_stop_signals()

    for number in STOP_SIGNALS:
        os.kill(os.getpid(), number)

    # Child processes inherit ignored signals, but not handlers.
    assert all(signal.getsignal(number) is not signal.SIG_IGN for number in STOP_SIGNALS)


def test_in_another_thread_handlers_are_unchanged() -> None:
    for change in (interrupt_on_stop_signals, discard_stop_signals):
        thread = threading.Thread(target=change)
        thread.start()
        thread.join()

    assert {signal.getsignal(number) for number in STOP_SIGNALS} == {signal.SIG_DFL}


def test_after_the_reader_of_a_pipe_is_gone_the_rest_is_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as output:
        monkeypatch.setattr(sys, "stdout", output)
        monkeypatch.setattr(sys, "stderr", output)
        os.close(reader)
        output.write("unread")
        with pytest.raises(BrokenPipeError):
            output.flush()

        discard_output()
        output.write("more")
        output.flush()

        assert os.fstat(output.fileno()).st_rdev == Path(os.devnull).stat().st_rdev
