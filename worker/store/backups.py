"""The sets that ``hoshobin backup`` keeps: their manifests, the sets that the rotation removes, and what went wrong.

A set is a copy of the store, an archive of the configuration, and a manifest with the sha256 of both. The log only
grows: the newest copy holds the entries of all older ones. Older sets are for a fault that was found late.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from worker.core.json_values import read_json, write_json
from worker.core.model import JST

DAILY: Final = 7
"""Days of which the newest set is kept: a fault that is found within the week."""
WEEKLY: Final = 4
"""Weeks, the same: a month, which is when the accounts are closed."""
MONTHLY: Final = 3
"""Months, the same: a quarter."""
ROOM: Final = 2
"""The target has so many times the database free, or no backup is made or tried: the copy, and as much again for the
disk's other users until a person is there."""

TOO_OLD: Final = dt.timedelta(hours=26)
"""The age of a backup from which people are told: one is made each night, and two hours are for a late or long one."""
NEVER_AFTER: Final = dt.timedelta(days=7)
"""The age of a log without any backup from which people are told: a new installation is set up within a week."""

DATABASE: Final = ".sqlite3"
CONFIGURATION: Final = ".config.tar"
MANIFEST: Final = ".manifest.json"
"""The endings of the three files of a set."""

BACKED_UP: Final = "backed_up"
"""Name of the store's value with the last backup (``SetMark``)."""
BACKUP_CHECKED: Final = "backup_checked"
"""Name of the value with the last backup that was restored into a temporary folder and verified (``SetMark``)."""
BACKUP_TROUBLE: Final = "backup_trouble"
"""Name of the value with the reason why the last backup was not made (``Trouble``); empty if it was."""
CHECK_TROUBLE: Final = "backup_check_trouble"
"""The same of the last check."""


BACKUP_PLACE: Final = "backup_place"
"""Name of the value with the place of the last backup (``BackupPlace``)."""


@dataclass(frozen=True, slots=True)
class BackupPlace:
    """The directory of the last set, as it was then."""

    target: str
    same_disk: bool
    """It is on the file system of the store: the end of one disk takes both away."""
    loose: bool
    """Other accounts may write into it: they could remove the sets, or put others in their place."""
    apart: tuple[str, ...] = ()
    """Directories that were on another disk when a set was last kept there, the newest last."""

    def text(self) -> str:
        """Returns the store's value."""
        return write_json(self)


def read_backup_place(text: str | None) -> BackupPlace | None:
    """Returns the place of the store's value; None without one."""
    return read_json(BackupPlace, text)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file of a set."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One set, as its manifest describes it."""

    made_at: dt.datetime
    store: str
    """The identity of the store: a directory may hold the sets of several."""
    form: str
    """The form of the database."""
    entries: int
    head: str
    """Number and hash of the log's last entry."""
    database: KeptFile
    configuration: KeptFile | None
    left_out: tuple[str, ...] = ()
    """Files of the configuration that could not be read."""

    @property
    def stem(self) -> str:
        """The name that its files share, without their endings."""
        return self.database.name.removesuffix(DATABASE)

    @property
    def files(self) -> tuple[KeptFile, ...]:
        """The copy of the store, and the configuration if it has one."""
        return (self.database, *((self.configuration,) if self.configuration else ()))

    def text(self) -> str:
        """Returns the content of the manifest's file."""
        return write_json(self, indent=1) + "\n"


def read_manifest(content: bytes) -> Manifest | None:
    """Returns the set that a manifest describes; None if it is no manifest of ours."""
    found = read_json(Manifest, content)
    # The files of a set lie beside its manifest: nothing else is removed.
    if found is None or any("/" in each.name or each.name.startswith(".") for each in found.files):
        return None
    return replace(found, made_at=found.made_at.astimezone(dt.UTC))


def choose_removed(sets: Sequence[Manifest], kept: Collection[str]) -> tuple[Manifest, ...]:
    """Returns those of the sets of one store that no day, week or month keeps.

    ``kept`` are stems that stay in any case: of the set just made, and of the last one that was checked. The newest set
    of the form of the database before the present one stays too: the version before could not read any other.
    """
    newest_first = sorted(sets, key=lambda each: (each.made_at, each.stem), reverse=True)
    stay = set(kept)
    for count, period in _PERIODS:
        newest_of: dict[Hashable, str] = {}
        for each in newest_first:
            newest_of.setdefault(period(each.made_at.astimezone(JST).date()), each.stem)
        stay.update(list(newest_of.values())[:count])
    stay.update([each.stem for each in newest_first if each.form != newest_first[0].form][:1])
    return tuple(each for each in newest_first if each.stem not in stay)


_PERIODS: Final[tuple[tuple[int, Callable[[dt.date], Hashable]], ...]] = (
    (DAILY, lambda day: day),
    (WEEKLY, lambda day: day.isocalendar()[:2]),
    (MONTHLY, lambda day: (day.year, day.month)),
)
"""How many of each period are kept: a day, a week from Monday, a month, as in Japan."""


@dataclass(frozen=True, slots=True)
class SetMark:
    """A set that was made, or checked."""

    at: dt.datetime
    stem: str

    def text(self) -> str:
        """Returns the store's value."""
        return f"{self.at.isoformat()} {self.stem}"


def read_set_mark(text: str | None) -> SetMark | None:
    """Returns the set of the store's value; None without one."""
    moment, _, stem = (text or "").partition(" ")
    try:
        return SetMark(dt.datetime.fromisoformat(moment), stem)
    except ValueError:
        return None


TROUBLES: Final = (
    *("no_room", "unsound", "unreached", "disk_gone"),
    *("check_no_room", "check_unsound", "check_unreached", "check_none"),
)
"""The reasons: too little room, a copy that does not verify, a place that cannot be reached or whose disk is gone; and
none to be checked."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """The reason why a backup was not made, or does not verify."""

    at: dt.datetime
    """The first time that it was so."""
    code: str
    """One of ``TROUBLES``."""
    target: str
    """The directory, or the file that was checked."""
    detail: str = ""
    free: int = 0
    needed: int = 0
    """Bytes of the target, and the bytes that it should have."""

    def text(self) -> str:
        """Returns the store's value."""
        return write_json(self)


def say_bytes(count: int) -> str:
    """Returns a number of bytes as people read it."""
    return f"{count / 1_000_000:,.1f} MB"


def read_trouble(text: str | None) -> Trouble | None:
    """Returns the trouble of the store's value; None without one."""
    return read_json(Trouble, text)
