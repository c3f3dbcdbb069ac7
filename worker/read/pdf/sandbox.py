"""The kernel's restrictions on a child that reads PDFs, which the child asks for.

``enter`` puts in force each part that this kernel allows, and reports which. With Landlock the child reads the
interpreter, the packages and this program, and can open nothing else. With the filter (seccomp) it starts no process,
signals none, connects to nothing, and changes no file. Landlock alone prevents neither ``chmod`` nor a connection to a
UNIX socket; the filter alone prevents no reading. None of it can be undone.
"""

from __future__ import annotations

import ctypes
import os
import site
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import worker
from worker.read.pdf.syscalls import MACHINES, build_filter

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_INSTRUCTION: Final = 8
"""Bytes of a ``sock_filter``."""

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # on both machines
_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3

_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 5: 16}
"""The number of rights on files by Landlock ABI; 14 is to link and rename, 15 to truncate, 16 devices."""
_NET_RIGHTS: Final = {4: 2}
"""The rights to bind and to connect by TCP."""
_SCOPES: Final = {6: 2}
"""Abstract UNIX sockets and signals, of the child's own domain alone."""

_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
"""Shared libraries of the interpreter's own modules; some are loaded at their first use."""


def enter(libc: ctypes.CDLL, more: Iterable[str] = ()) -> dict[str, Any]:
    """Put in force what the kernel allows, for this process, which has one thread, and all that it might start.

    Returns the fields of ``ports.Sandbox``, whose module a child does not load. ``more`` are folders that it may read
    besides.
    """
    no_new_privs = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    landlock = _restrict_files(libc, [*_readable(), *map(Path, more)])
    return {"no_new_privs": no_new_privs, "landlock": landlock, "seccomp": _filter_calls(libc)}


def _readable() -> Iterable[Path]:
    """The interpreter, the packages and this program's package; no font, as pdfium is given its own (``font``)."""
    package = Path(worker.__file__).resolve().parent
    sites = {Path(place).resolve() for place in site.getsitepackages()}
    modules = {Path(entry).resolve() for entry in sys.path if entry}
    if package.parent not in sites:  # a checkout: its folder also holds files of others
        modules.discard(package.parent)
    return sorted({package, *modules, *map(Path, _LIBRARIES)})


def _restrict_files(libc: ctypes.CDLL, readable: Iterable[Path]) -> int:
    """Returns the ABI under which only ``readable`` can still be opened, for reading; 0 if the kernel refuses."""
    abi: int = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if abi < 1:
        return 0
    ruled = (_known(_FILE_RIGHTS, abi), _known(_NET_RIGHTS, abi), _known(_SCOPES, abi))
    attributes = struct.pack("=QQQ", *ruled)[: 8 * (3 if ruled[2] else 2 if ruled[1] else 1)]
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return 0
    try:
        for path in readable:
            _allow_reading(libc, ruleset, path)
        return abi if libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0 else 0
    finally:
        os.close(ruleset)


def _known(counts: dict[int, int], abi: int) -> int:
    """All bits that Landlock knows at ``abi``; the most that this program knows at a newer one."""
    return (1 << max((count for since, count in counts.items() if since <= abi), default=0)) - 1


def _allow_reading(libc: ctypes.CDLL, ruleset: int, path: Path) -> None:
    """Allows one path. A missing path is skipped: reading the built-in notice shows if it was needed."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _filter_calls(libc: ctypes.CDLL) -> bool:
    machine = os.uname().machine  # of a 32-bit interpreter too: its calls are another machine's, and the notice fails
    return machine in MACHINES and install(libc, build_filter(machine, os.getpid()))


def install(libc: Any, program: bytes) -> bool:
    """Returns whether the kernel accepted ``program``."""
    held = ctypes.create_string_buffer(program, len(program))
    handed = _Program(len(program) // _INSTRUCTION, ctypes.addressof(held))
    taken: int = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(handed), 0, 0)
    return taken == 0
