"""Programs for `FROM scratch` images: static ELF files that exit with a code or serve HTTP, without a compiler.

Source: elf(5), "System V Application Binary Interface", and the system calls of Linux (exit is 60 on amd64, 93 on
arm64).
"""

from __future__ import annotations

import struct
from typing import Literal

_BASE = 0x400000
_HEADERS = 64 + 56  # the ELF header and one program header
_LOOP = b"\xb8\x22\x00\x00\x00\x0f\x05\xeb\xf7"  # again: pause(2); jump to again
_MACHINES = {"amd64": 62, "arm64": 183}
_LISTEN = bytes.fromhex(
    "bf02000000 be01000000 31d2 b829000000 0f05 89c3"  # ebx = socket(AF_INET, SOCK_STREAM, 0)
    "89df 488d355c000000 ba10000000 b831000000 0f05"  # bind(ebx, the address, 16)
    "89df be10000000 b832000000 0f05"  # listen(ebx, 16)
)
_SERVE = (
    bytes.fromhex("89df 31f6 31d2 b82b000000 0f05 89c5")  # again: ebp = accept(ebx, 0, 0)
    + bytes.fromhex("89ef 488db42400feffff ba00020000 31c0 0f05")  # read(ebp, below the stack, 512)
    + bytes.fromhex("89ef 488d3527000000 ba")  # write(ebp, the answer, its length)
)
_CLOSE = bytes.fromhex("b801000000 0f05 89ef b803000000 0f05 ebbe")  # close(ebp); jump to again


def program(architecture: Literal["amd64", "arm64"], exit_code: int = 0, *, forever: bool = False) -> bytes:
    """A program that only exits, with a code from 0 to 255; `forever` is for one that loops, on amd64 only."""
    return _file(
        _LOOP if forever else _amd64(exit_code) if architecture == "amd64" else _arm64(exit_code), architecture
    )


def server(port: int, text: str) -> bytes:
    """A program for amd64 that answers every HTTP request on `port` with 200 and a text."""
    body = text.encode()
    answer = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    address = struct.pack("<H", 2) + struct.pack(">H", port) + bytes(12)
    return _file(_LISTEN + _SERVE + struct.pack("<I", len(answer)) + _CLOSE + address + answer, "amd64")


def _file(code: bytes, architecture: str) -> bytes:
    size = _HEADERS + len(code)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",
        2,  # an executable
        _MACHINES[architecture],
        1,
        _BASE + _HEADERS,
        64,
        0,
        0,
        64,
        56,
        1,
        0,
        0,
        0,
    )
    loaded = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return header + loaded + code


def _amd64(exit_code: int) -> bytes:
    return b"\xbf" + struct.pack("<I", exit_code) + b"\xb8" + struct.pack("<I", 60) + b"\x0f\x05"


def _arm64(exit_code: int) -> bytes:
    move_to_x0, move_to_x8, call = 0xD2800000 | exit_code << 5, 0xD2800008 | 93 << 5, 0xD4000001
    return struct.pack("<III", move_to_x0, move_to_x8, call)
