"""Finds configuration that others may change and so redirect mail (after OpenSSH's StrictModes)."""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from worker.core.errors import Problem

_SERVICE: Final = "hoshobin"
_CONSOLE: Final = "-console"
_ROOT: Final = 0


def accounts_of(place: Path) -> frozenset[str]:
    """Returns the accounts of the service that owns ``place`` and of its console, which may replace files there.

    They are ``hoshobin`` and ``hoshobin-console``, or ``hoshobin-NAME`` and ``hoshobin-NAME-console`` of a template
    unit. The accounts of the plain units are returned if another account owns ``place``, or if it does not exist.
    """
    service = ""
    with contextlib.suppress(OSError):
        service = name_of_uid(place.stat().st_uid).removesuffix(_CONSOLE)
    if not service.startswith(f"{_SERVICE}-"):
        service = _SERVICE
    return frozenset({service, f"{service}{_CONSOLE}"})


def find_loose(
    paths: Iterable[Path],
    env: Mapping[str, str] = os.environ,
    trusted: frozenset[str] = frozenset(),
    *,
    register: Path | None = None,
) -> Iterator[Problem]:
    """Yields a problem for each of ``paths``, and each directory above them, that others may change.

    Writable by every account, or by a group that is neither the owner's own, root's, nor this process's. A directory
    with the sticky bit keeps the files in it. Behind sudo a file must also belong to root or to this account: the
    caller would choose the program that runs otherwise. It may also belong to an account named in ``trusted``.
    With ``register``, the paths themselves may also be written by the accounts of that directory: the register names no
    program. A path that does not exist is skipped.
    """
    users, groups = _ids_of(accounts_of(register)) if register else (set(), set())
    seen: set[Path] = set()
    for path in paths:
        real = Path(os.path.realpath(path))
        for each in (real, *real.parents):
            if each in seen:
                continue
            seen.add(each)
            try:
                status = each.stat()
            except OSError:
                continue
            if _is_writable_by_others(status, groups if each == real else set()):
                yield _problem("file_writable", each, status)
            elif (
                each == real
                and "SUDO_UID" in env
                and status.st_uid not in users
                and not _is_of_known(status.st_uid, trusted)
            ):
                yield _problem("file_of_other", each, status)


def _problem(code: str, path: Path, status: os.stat_result) -> Problem:
    params = {"path": str(path), "mode": f"{stat.S_IMODE(status.st_mode):04o}", "owner": name_of_uid(status.st_uid)}
    return Problem(path.name, "", code, params)


def _is_of_known(owner: int, trusted: frozenset[str]) -> bool:
    return owner in {_ROOT, os.geteuid()} or name_of_uid(owner) in trusted


def _ids_of(accounts: AbstractSet[str]) -> tuple[set[int], set[int]]:
    """The users and their groups of those ``accounts`` that exist."""
    found = []
    for name in accounts:
        with contextlib.suppress(KeyError):
            found.append(pwd.getpwnam(name))
    return {each.pw_uid for each in found}, {each.pw_gid for each in found}


def _is_writable_by_others(status: os.stat_result, trusted: AbstractSet[int]) -> bool:
    mode = status.st_mode
    if stat.S_ISDIR(mode) and mode & stat.S_ISVTX:
        return False
    if mode & stat.S_IWOTH:
        return True
    return bool(mode & stat.S_IWGRP) and status.st_gid not in _trusted_groups(status.st_uid) | trusted


def _trusted_groups(owner: int) -> set[int]:
    own = {_ROOT, os.getegid()}
    with contextlib.suppress(KeyError):  # an owner without a name, as in containers
        own.add(pwd.getpwuid(owner).pw_gid)
    return own


def name_of_uid(uid: int) -> str:
    """Returns the name of an account; its number if it has none, as in containers or if systemd made it for a while."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
