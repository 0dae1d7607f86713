"""The process in which jsii's kernel runs, and the requests that it has not answered yet.

jsii's own client waits for each answer before it writes the next request. Here a request whose answer is known is
written without waiting:

    Python    create  create  invoke  create  ...    get       -
    Node.js   -       create  create  invoke  ...    create    get, answer

The kernel numbers the objects that it creates, so the reference of an object is known before it exists. Each answer
is compared with what was expected.
"""

from __future__ import annotations

import atexit
import json
import subprocess
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jsii._kernel.providers.process import _NodeProcess, jdefault, ohook
from jsii._kernel.types import Callback, KernelRequest, KernelResponse, ObjRef
from jsii.errors import ErrorType, JavaScriptError, JSIIError

if TYPE_CHECKING:
    from stacks.node import Started

FIRST_ID = 10_000
"""The number of the first object that the kernel creates."""
MAX_PENDING = 32
"""Requests that are not answered yet. All answers fit into the buffer of a socket, so neither side blocks the other."""

EXIT_SECONDS = 5
"""Node.js is killed if it takes longer to exit."""


class KernelProcess(_NodeProcess):
    """jsii's kernel in a Node.js that `stacks.node` started."""

    def __init__(self, started: Started) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._process = started.process
        self._socket = started.channel
        self._requests, self._answers = self._socket.makefile("wb"), self._socket.makefile("rb")
        self._pending: deque[ObjRef | None] = deque([None])  # the greeting
        self._loads = 1
        self._next_id = self._created_ids = FIRST_ID
        atexit.register(self.stop)

    @property
    def is_loading(self) -> bool:
        """Whether the kernel has not answered, or has refused, to start and to load all packages."""
        return self._loads > 0

    def stop(self) -> None:
        """Let Node.js exit, and wait for it."""
        atexit.unregister(self.stop)
        if self._socket.fileno() < 0:
            return
        with suppress(EOFError):
            self._write({"exit": 0})
            self._flush()
        # It may still write answers. It closes its end when it exits.
        self._socket.settimeout(EXIT_SECONDS)
        with suppress(OSError):
            while self._socket.recv(65_536):
                pass
        try:
            self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for file in (self._requests, self._answers, self._socket):
            with suppress(OSError):
                file.close()

    def send(self, request: KernelRequest, response_type: type[KernelResponse]) -> KernelResponse | Callback:
        """Write a request and wait for its answer, as jsii's own client does.

        Raises:
            JSIIError: The request, or one before it, broke the rules of jsii.
            RuntimeError: The JavaScript of the request, or of one before it, failed.
            EOFError: Node.js exited.
        """
        self.complete_requests()
        self._write(self._serializer.unstructure(request))
        self._flush()
        answer = self._receive()
        if "callback" in answer:
            return self._serializer.structure(answer["callback"], Callback)
        return self._serializer.structure(answer["ok"], response_type)

    def create(self, fqn: str, request: Mapping[str, Any]) -> ObjRef:
        """Write a request without waiting; return the reference of the object of the type `fqn` that it creates."""
        reference = ObjRef(ref=f"{fqn}@{self._next_id}", interfaces=None)
        self._next_id += 1
        self._post(request, reference)
        return reference

    def post(self, request: Mapping[str, Any]) -> None:
        """Write a request that creates no object, and calls nothing in Python, without waiting."""
        self._loads += request["api"] == "load"
        self._post(request, None)

    def _post(self, request: Mapping[str, Any], expected: ObjRef | None) -> None:
        self._write(request)
        self._pending.append(expected)
        if len(self._pending) >= MAX_PENDING:
            self.complete_requests(leave=MAX_PENDING // 2)
        elif self._loads:
            self._flush()  # what Node.js can do while Python imports more

    def complete_requests(self, *, leave: int = 0) -> None:
        """Read the answers to all pending requests but the last `leave` ones.

        Raises:
            JSIIError, RuntimeError, EOFError: as `send`, for the first one that failed; none is pending then.
        """
        self._flush()
        while len(self._pending) > leave:
            expected = self._pending.popleft()
            try:
                answer = self._receive()
                if expected is not None and answer.get("ok") != expected:
                    raise JSIIError(f"Expected {expected}, but received {answer}")
            except (JSIIError, RuntimeError):
                self.discard_requests()
                raise
            self._loads -= self._loads > 0

    def discard_requests(self) -> None:
        """Read the answers to all pending requests, whatever they are, so that the next stacks start without any.

        An object that could not be created has no number, so the numbers continue after the last one that was.
        """
        with suppress(EOFError):
            self._flush()
            while self._pending:
                self._pending.popleft()
                with suppress(JSIIError, RuntimeError):
                    self._receive()
            self._next_id = self._created_ids

    def _write(self, request: Mapping[str, Any]) -> None:
        try:
            self._requests.write(json.dumps(request, default=jdefault).encode() + b"\n")
        except OSError as error:
            raise EOFError("Node.js exited") from error

    def _flush(self) -> None:
        try:
            self._requests.flush()
        except OSError as error:
            raise EOFError("Node.js exited") from error

    def _receive(self) -> Mapping[str, Any]:
        try:
            line = self._answers.readline()
        except OSError as error:
            raise EOFError("Node.js exited") from error
        if not line.endswith(b"\n"):
            raise EOFError("Node.js exited")
        answer: Mapping[str, Any] = json.loads(line, object_hook=self._object)
        if "error" in answer:
            kind = JSIIError if answer["name"] == ErrorType.JSII_FAULT.value else RuntimeError
            raise kind(answer["error"]) from JavaScriptError(answer.get("stack"))  # type: ignore[no-untyped-call]
        return answer

    def _object(self, value: dict[str, Any]) -> Any:
        """The value of a JSON object; objects that the kernel created by itself have a number, too."""
        found = ohook(value)  # type: ignore[no-untyped-call]
        if isinstance(found, ObjRef):
            self._created_ids = max(self._created_ids, int(found.ref.rpartition("@")[2]) + 1)
            self._next_id = max(self._next_id, self._created_ids)
        return found
