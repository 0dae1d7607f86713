"""Programs for `FROM scratch` images: static ELF files that exit with a code, without a compiler.

Source: elf(5), "System V Application Binary Interface", and the system call exit of Linux (60 on amd64, 93 on arm64).
"""

from __future__ import annotations

import struct
from typing import Literal

_BASE = 0x400000
_HEADERS = 64 + 56  # the ELF header and one program header
_LOOP = b"\xb8\x22\x00\x00\x00\x0f\x05\xeb\xf7"  # again: pause(2); jump to again
_MACHINES = {"amd64": 62, "arm64": 183}


def program(architecture: Literal["amd64", "arm64"], exit_code: int = 0, *, forever: bool = False) -> bytes:
    """A program that only exits, with a code from 0 to 255; `forever` is for one that loops, on amd64 only."""
    code = _LOOP if forever else _amd64(exit_code) if architecture == "amd64" else _arm64(exit_code)
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
