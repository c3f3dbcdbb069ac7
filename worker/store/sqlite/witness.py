"""Keeps the witness: what the store was when it was last written, in a folder that is not restored with it.

The promise: the file is the old one or the new one, never half of one. It is replaced after a commit, and after
``DIR/head``, never before, so that it can be behind the database of an honest installation and never ahead of it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Final

from worker.core.errors import LogBroken
from worker.core.message_id import IDENTITY_BYTES
from worker.store.ports import Witness
from worker.store.sqlite.connection import sync_folder

FILE_NAME: Final = "witness"
MACHINE_ID: Final = Path("/etc/machine-id")
"""Of this installation of the operating system (machine-id(5)); a copied disk has the same one."""
_LIMIT: Final = 8192
"""Bytes read: four short values and a path, of which Linux takes 4,096 bytes."""
_MACHINE_LIMIT: Final = 64
"""Bytes read of the machine-id, which has 33."""
_DIGITS: Final = frozenset("0123456789abcdef")
_FIELDS: Final = {each.name: {"int": int, "str": str}[str(each.type)] for each in dataclasses.fields(Witness)}


def read_witness(folder: Path) -> Witness | None:
    """What the file in ``folder`` says; None where there is none, or none that this account can read.

    Raises LogBroken ``witness_unreadable`` where it is no witness.
    """
    path = folder / FILE_NAME
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT)
    except OSError:
        return None
    try:
        said = json.loads(content)
        found = Witness(**said)
    except (ValueError, TypeError, RecursionError) as error:
        raise LogBroken("witness_unreadable", str(path)) from error
    if not _is_sound(found):
        raise LogBroken("witness_unreadable", str(path))
    return found


def write_witness(folder: Path, witness: Witness) -> None:
    """Replace the file: temporary file, fsync, rename, fsync of the folder. Raises OSError; makes no folder."""
    content = json.dumps(dataclasses.asdict(witness), ensure_ascii=True).encode() + b"\n"
    temporary = folder / f"{FILE_NAME}.{os.getpid()}.tmp"
    temporary.unlink(missing_ok=True)  # of a process of the same number that was killed here
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            file.write(content)
            os.fsync(file.fileno())
        temporary.replace(folder / FILE_NAME)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(folder)


def try_writing(folder: Path) -> str:
    """Why no witness can be kept in ``folder``, in the system's words; empty where one can."""
    temporary = folder / f"{FILE_NAME}.{os.getpid()}.try"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        os.close(descriptor)
        temporary.unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def name_machine(file: Path) -> str:
    """The machine, by an HMAC of its id, which is to stay on it (machine-id(5)); empty where it has none."""
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
