"""Reads and replaces the files beside the database: ``head``, ``secret`` and ``witness``.

Each file is the old one or the new one, never half of one. ``head`` and ``witness`` are replaced after a commit, never
before. They can be behind the database, and one that is ahead of it shows that the database is an old copy.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import os
import re
from pathlib import Path
from typing import Final

from worker.core.errors import LogBroken, Unavailable
from worker.core.message_id import IDENTITY_BYTES, SECRET_BYTES
from worker.store.ports import Witness
from worker.store.sqlite.connection import sync_folder, translated

HEAD_FILE: Final = "head"
SECRET_FILE: Final = "secret"  # noqa: S105  a file's name
WITNESS_FILE: Final = "witness"
MACHINE_ID: Final = Path("/etc/machine-id")
"""The id of this installation of the operating system (machine-id(5)). A copied disk has the same one."""

_HEAD: Final = re.compile(r"([0-9]{1,18}) ([0-9a-f]{64})\n")
_SECRET: Final = re.compile(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}\n?")
_SHORT: Final = 200
"""Bytes read of a head, which has at most 84, and of a secret, which has 65."""
_WITNESS_LIMIT: Final = 8192
"""Bytes read of a witness: four short values and a path, which has at most 4,096 bytes on Linux."""
_MACHINE_LIMIT: Final = 64
"""Bytes read of the machine-id, which has 33."""
_DIGITS: Final = frozenset("0123456789abcdef")
_FIELDS: Final = {each.name: {"int": int, "str": str}[str(each.type)] for each in dataclasses.fields(Witness)}


def _replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Temporary file, fsync, rename, fsync of the folder. Makes no folder. Raises OSError."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)  # of a process of the same number that was killed here
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            file.write(content)
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def _read_short(path: Path) -> str | None:
    """The beginning of the file as text, None if there is none. Raises Unavailable."""
    try:
        with path.open("rb") as file:
            return file.read(_SHORT).decode("ascii", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable("disk", str(error)) from error


# --- The head: number and hash of the last entry ----------------------------------------------------------------


def write_mark(folder: Path, head: tuple[int, str]) -> None:
    """Replaces the file. Raises Unavailable."""
    with translated():
        _replace(folder / HEAD_FILE, f"{head[0]} {head[1]}\n".encode(), mode=0o666)  # no secret


def read_mark(folder: Path) -> tuple[int, str] | None:
    """Number and hash, None if there is no file. Raises LogBroken ``head_unreadable``, Unavailable."""
    text = _read_short(folder / HEAD_FILE)
    if text is None:
        return None
    found = _HEAD.fullmatch(text)
    if found is None:
        raise LogBroken("head_unreadable", str(folder / HEAD_FILE))
    return int(found[1]), found[2]


# --- The secret: the store's secret once more -------------------------------------------------------------------
# It outlives a database that is lost, or that is put back from before the secret was made: a report on a mail that left
# meanwhile is then recognised.


def write_secret(folder: Path, secret: str) -> None:
    """Replaces the file. Raises Unavailable."""
    with translated():
        _replace(folder / SECRET_FILE, f"{secret}\n".encode())


def read_secret(folder: Path) -> str | None:
    """The secret in hexadecimal digits, empty if the file holds none, None if there is no file. Raises Unavailable."""
    text = _read_short(folder / SECRET_FILE)
    if text is None:
        return None
    return text.strip() if _SECRET.fullmatch(text) else ""


# --- The witness: the state of the store at its last writing, in a folder that is not restored with it ----------------


def write_witness(folder: Path, witness: Witness) -> None:
    """Replaces the file; makes no folder. Raises OSError."""
    _replace(folder / WITNESS_FILE, json.dumps(dataclasses.asdict(witness), ensure_ascii=True).encode() + b"\n")


def read_witness(folder: Path) -> Witness | None:
    """The witness in ``folder``; None if there is none, or none that this account can read.

    Raises LogBroken ``witness_unreadable`` if the file holds anything else.
    """
    path = folder / WITNESS_FILE
    try:
        with path.open("rb") as file:
            content = file.read(_WITNESS_LIMIT)
    except OSError:
        return None
    try:
        found = Witness(**json.loads(content))
    except (ValueError, TypeError, RecursionError) as error:
        raise LogBroken("witness_unreadable", str(path)) from error
    if not _is_sound(found):
        raise LogBroken("witness_unreadable", str(path))
    return found


def try_writing(folder: Path) -> str:
    """The system's reason why no witness can be kept in ``folder``; empty if one can."""
    temporary = folder / f"{WITNESS_FILE}.{os.getpid()}.try"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        os.close(descriptor)
        temporary.unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def name_machine(file: Path) -> str:
    """The machine, by an HMAC of its id, which must not leave it (machine-id(5)); empty if it has none."""
    try:
        with file.open("rb") as content:
            found = content.read(_MACHINE_LIMIT).strip()
    except OSError:
        return ""
    if not found or found == b"uninitialized":
        return ""
    return hmac.new(found, b"hoshobin", hashlib.sha256).hexdigest()[: 2 * IDENTITY_BYTES]


def _is_sound(witness: Witness) -> bool:
    is_typed = all(type(getattr(witness, name)) is kind for name, kind in _FIELDS.items())
    return (
        is_typed
        and _is_hex(witness.identity, 2 * IDENTITY_BYTES)
        and _is_hex(witness.hash, 64)
        and 0 <= witness.number < 10**18
    )


def _is_hex(text: str, digits: int) -> bool:
    return len(text) == digits and _DIGITS.issuperset(text)
