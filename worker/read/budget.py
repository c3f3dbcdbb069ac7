"""Limits on the resources that a mail from outside can use, each with its reason.

Reaching a limit is always reported: PDFs that were not read wait for a person, and a postponed mail stays in its
mailbox and is listed. This module decides from times and results; it reads no clock and no PDF.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from worker.core.model import Unreadable
from worker.core.states import Reason


class Lane(Enum):
    """The queue of a PDF before the child processes."""

    OURS = auto()
    """The folder's, an invoice, a mail by an authenticated sender, a file that a person decided on."""
    STRANGERS = auto()
    """A mail from an unauthenticated sender: it is read after all others."""


# --- One PDF -------------------------------------------------------------------------------------------------

PDF_SECONDS: Final = 10
"""Seconds of processor time for one PDF of ours; a page takes 5 to 45 ms."""

STRANGERS_PDF_SECONDS: Final = 5
"""The same for a stranger's PDF: a hundred times the time of a notice, and the longest that a PDF of ours waits for it.
"""


# --- One mail ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MailLimits:
    """The limits of one mail."""

    pdfs: int
    seconds: float
    """Seconds of a child's time."""
    octets: int
    """Bytes of all its PDFs together."""
    pdf_seconds: float
    """The most that one PDF may take; a PDF is only begun if that fits."""


OF_STRANGERS: Final = MailLimits(pdfs=20, seconds=15.0, octets=20_000_000, pdf_seconds=STRANGERS_PDF_SECONDS)
"""A guarantor sends one notice a mail, and a clerk forwards a handful; 20 take 2 s. Three PDFs at their limit are the
end. A mail above 8 MB is not fetched whole, so that 20 MB is more than any sound one holds."""

OF_THE_PROVEN: Final = MailLimits(pdfs=200, seconds=60.0, octets=60_000_000, pdf_seconds=PDF_SECONDS)
"""A colleague may forward a whole year's notices in one mail, and a stranger's mail by mistake."""

SLOW_PDFS: Final = 2
"""PDFs that took too long after which no further one of the mail is read: one may be a drawing, two are a habit."""

SLOW_REMEMBERED: Final = dt.timedelta(hours=1)
"""The time for which a sender's slow PDFs count against its next mail, which then ends at its first slow one."""

SENDERS_REMEMBERED: Final = 1000
"""Addresses of slow PDFs that are kept: a flood of invented ones must not fill the memory."""

HOLDS_PER_MAIL: Final = 5
"""Unreadable PDFs of one mail with a hold each; the others share one: a person opens the mail once."""


# --- All strangers together ----------------------------------------------------------------------------------

STRANGERS_SHARE: Final = 2
"""One child in so many reads for strangers at a time, and always at least one."""

WINDOW: Final = dt.timedelta(minutes=6)
"""The time in which strangers together have ``WINDOW_SECONDS``: ten minutes of an hour, never more than one of them at
once, as a proven mail behind theirs waits that long."""

WINDOW_SECONDS: Final = 60.0
"""Twelve PDFs at their limit, or some 600 notices."""

TRIED_TOGETHER: Final = 20
"""Postponed mails that one look tries again, the oldest first: fetching the others would be in vain."""


# --- Space, and people's patience ----------------------------------------------------------------------------

FREE_DISK: Final = 1_000_000_000
"""Free bytes that the store's disk needs before a stranger's mail is accepted. Below it the space is kept for our own
notices, of which 1,000 take 400 MB with their mails."""


DISK_AGAIN: Final = dt.timedelta(minutes=15)
"""The wait before a mail that was postponed for lack of space is tried again: a person has to make room."""


class LimitReached(StrEnum):
    """The reasons why PDFs of a mail were not read."""

    FILES = "files"
    SECONDS = "seconds"
    OCTETS = "octets"
    SLOW = "slow"
    TURN = "turn"
    """The mail could not wait for its turn, because it refers to one of our submissions."""
    HOLDS = "holds"
    """They were read, and are not listed singly."""


class Deferred(StrEnum):
    """The reasons why a mail stays in its mailbox for now; the ``why`` of its row."""

    TIME = "put off: time"
    DISK = "put off: disk"


class MailBudget:
    """The resources used by one mail."""

    def __init__(self, limits: MailLimits, slow_before: int = 0) -> None:
        """``slow_before`` of the sender's PDFs took too long before this mail."""
        self._limits = limits
        self._slow_left = max(SLOW_PDFS - slow_before, 1)
        self._pdfs = 0
        self._octets = 0
        self.seconds = 0.0
        self.slow = 0

    def why_ended(self, octets: int) -> LimitReached | None:
        """Returns why a PDF of so many bytes is not read; None if it may be."""
        if self.slow >= self._slow_left:
            return LimitReached.SLOW
        if self._pdfs >= self._limits.pdfs:
            return LimitReached.FILES
        if self.seconds + self._limits.pdf_seconds > self._limits.seconds:
            return LimitReached.SECONDS
        return LimitReached.OCTETS if self._octets + octets > self._limits.octets else None

    def note(self, octets: int, seconds: float, result: object) -> None:
        """Records that one PDF took so many seconds; time above its limit is the machine's and is not charged."""
        self._pdfs += 1
        self._octets += octets
        self.seconds += min(seconds, self._limits.pdf_seconds)
        if isinstance(result, Unreadable) and result.reason is Reason.TOO_SLOW:
            self.slow += 1


class SlowSenders:
    """The senders of PDFs that took too long, kept in memory for ``SLOW_REMEMBERED``."""

    def __init__(self) -> None:
        self._slow: dict[str, tuple[int, dt.datetime]] = {}

    def count(self, sender: str, now: dt.datetime) -> int:
        """Returns how many slow PDFs this sender has sent."""
        count, at = self._slow.get(sender, (0, now))
        return count if at <= now < at + SLOW_REMEMBERED else 0

    def note(self, sender: str, more: int, now: dt.datetime) -> None:
        """Records so many more slow PDFs."""
        if more:
            count = self.count(sender, now) + more
            self._slow.pop(sender, None)
            self._slow[sender] = (count, now)
        while len(self._slow) > SENDERS_REMEMBERED:
            del self._slow[next(iter(self._slow))]


class Admission(Enum):
    """The answer to a stranger's mail that asks to be read."""

    NOW = auto()
    SOON = auto()
    """After a mail that is being read has ended."""
    LATER = auto()
    """After the window has moved on."""


class RecentUse:
    """The seconds that strangers used in the last ``WINDOW``, and the limits of the mails that are being read.

    A mail is only begun if its whole limit fits, so that none is left half read.
    """

    def __init__(self) -> None:
        self._spent: deque[tuple[dt.datetime, float]] = deque()
        self._begun = 0

    def room(self, now: dt.datetime) -> Admission:
        """Returns whether one more mail may begin."""
        left = WINDOW_SECONDS - self.spent(now)
        if left >= (self._begun + 1) * OF_STRANGERS.seconds:
            return Admission.NOW
        return Admission.SOON if self._begun and left >= OF_STRANGERS.seconds else Admission.LATER

    def begin(self) -> None:
        """Records that one begins."""
        self._begun += 1

    def end(self, seconds: float, now: dt.datetime) -> None:
        """Records that one ended after so many seconds."""
        self._begun -= 1
        if seconds > 0:
            self._spent.append((now, seconds))

    def spent(self, now: dt.datetime) -> float:
        """Returns the seconds of the last ``WINDOW``.

        Entries in the future, after the clock was set back, are dropped.
        """
        self._spent = deque((at, seconds) for at, seconds in self._spent if at <= now < at + WINDOW)
        return sum(seconds for _, seconds in self._spent)

    def free_at(self, now: dt.datetime) -> dt.datetime:
        """Returns the earliest time at which the next mail may begin."""
        left = WINDOW_SECONDS - self.spent(now)
        for at, seconds in self._spent:
            if left >= OF_STRANGERS.seconds:
                break
            left += seconds
            now = at + WINDOW
        return now


def strangers_most(children: int) -> int:
    """Returns how many of ``children`` may read for strangers at a time."""
    return max(children // STRANGERS_SHARE, 1)


def is_disk_low(free: int) -> bool:
    """Returns whether free space is too low to keep strangers' originals."""
    return free < FREE_DISK
