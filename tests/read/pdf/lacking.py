"""Makes this process, and all that it starts, live on a kernel that lacks a part of the sandbox.

As a program it lacks the part that its first argument names, and becomes a Python with the other arguments.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

from worker.read.pdf.sandbox import install

PRCTL = 157 if os.uname().machine == "x86_64" else 167
LANDLOCK_CREATE, NO_NEW_PRIVS, SET_SECCOMP = 444, 38, 22
ALLOW, FAIL = 0x7FFF0000, 0x00050000

ASKED = {
    "landlock": [(0x20, 0, 0, 0), (0x15, 0, 1, LANDLOCK_CREATE), (6, 0, 0, FAIL | errno.ENOSYS)],
    "seccomp": [
        (0x20, 0, 0, 0),
        (0x15, 0, 3, PRCTL),
        (0x20, 0, 0, 16),
        (0x15, 0, 1, SET_SECCOMP),
        (6, 0, 0, FAIL | errno.EINVAL),
    ],
}
"""Filters of the calls by which a part is asked for: of the call's number, then of its first argument."""


def lack(part: str) -> None:
    """The calls that ask for ``part`` fail from now on, as on a kernel without it."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)  # without it only root may install a filter
    assert install(libc, b"".join(struct.pack("=HBBI", *each) for each in [*ASKED[part], (6, 0, 0, ALLOW)]))


if __name__ == "__main__":
    lack(sys.argv[1])
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
