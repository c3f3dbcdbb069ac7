"""Errors, named by who must act. Foreign exceptions become one of these in the adapter that sees them."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

PLACE_FAULTS: Final = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
    errno.EROFS: "read_only",
    errno.ENOENT: "missing",
    errno.EEXIST: "no_folder",
    errno.ENOTDIR: "no_folder",
    errno.EISDIR: "is_folder",
}
"""The reasons why a place cannot be used, by the error of the system; ``failed`` is any other."""
FAULTS_OF_THE_STORE: Final = frozenset({"store", "disk"})
"""``Unavailable.what`` of a store that cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at one place; ``messages.say(code, lang, **params)`` turns it into a sentence and a hint."""

    file: str
    key: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


class HoshobinError(Exception):
    """The base of every error that the command line turns into a message and an exit code."""


class ConfigError(HoshobinError):
    """The operator must act: the configuration is refused, with every problem at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.file}: {p.key}: {p.code}" for p in problems))
        self.problems = tuple(problems)


class Unavailable(HoshobinError):
    """The world must come back (connection, disk, lock): stop this step, try on the schedule; never an event.

    ``what`` names the thing in a code of ``messages`` ("imap", "smtp", "store", "disk"); ``detail`` is the
    foreign error's own text with no secret in it.
    """

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(f"{what}: {detail}")
        self.what = what
        self.detail = detail


class StillWritten(Unavailable):
    """Raised for a file that is being written, or was saved just now: a read some seconds later finds it whole."""


class Forbidden(Unavailable):
    """Raised for one file that the account may not read; others are read, and it is tried again at each look."""


class NotInSnapshot(Unavailable):
    """Raised if a file of a folder is needed that was not among those read: read the folder again, with this file.

    ``file`` is its path, empty if the folder was not read.
    """

    def __init__(self, what: str, file: str) -> None:
        super().__init__(what, f"{file}: not brought" if file else "not looked at")
        self.file = file


class NoRoom(Unavailable):
    """Raised before anything is written if the disk lacks ``missing`` bytes."""

    def __init__(self, what: str, missing: int) -> None:
        super().__init__(what, f"{missing} bytes are missing")
        self.missing = missing


class UnusablePlace(Unavailable):
    """Raised for a place that a person named, or that the configuration names, and that cannot be used.

    ``code`` is the reason by the error of the system (``PLACE_FAULTS``), which has a remedy.
    """

    def __init__(self, what: str, place: object, error: OSError) -> None:
        self.place = str(place)
        self.reason = error.strerror or type(error).__name__
        self.code = PLACE_FAULTS.get(error.errno or 0, "failed")
        super().__init__(what, f"{self.place}: {self.reason}")


class AccountRefused(Unavailable):
    """Raised if the server answered and refused our account: waiting does not help, so a person is notified."""


class LogBroken(HoshobinError):
    """Raised if the chain of entries does not verify, or is behind a head noted earlier: all sending stops."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class NotAllowed(HoshobinError):
    """Raised for a person's decision that the state, the reasons or the draft do not allow; nothing was changed."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(f"{code}: {params}")
        self.code = code
        self.params = params


class Conflict(HoshobinError):
    """Raised if the submission was changed by another process since it was read; read it again and decide again."""
