"""Runs a filter of calls as the kernel does: its program over the number, machine and arguments of one call."""

from __future__ import annotations

import struct

ALLOW = 0x7FFF0000
FAIL = 0x00050000


def judge(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """The error number that the call fails with; 0 if it is allowed."""
    given = [*arguments, *([0] * (6 - len(arguments)))]
    data = struct.pack("=iIQ6Q", number - (1 << 32) if number >= 1 << 31 else number, architecture, 0, *given)
    instructions = [struct.unpack_from("=HBBI", program, place) for place in range(0, len(program), 8)]
    at, held = 0, 0
    while True:
        code, if_so, if_not, value = instructions[at]
        at += 1
        match code:
            case 0x20:
                (held,) = struct.unpack_from("=I", data, value)
            case 0x15:
                at += if_so if held == value else if_not
            case 0x35:
                at += if_so if held >= value else if_not
            case 0x45:
                at += if_so if held & value else if_not
            case 0x06 if value == ALLOW:
                return 0
            case 0x06 if value & 0xFFFF0000 == FAIL:
                return value & 0xFFFF
            case _:
                raise AssertionError(f"no instruction of such a program: {code:#x} {value:#x}")
