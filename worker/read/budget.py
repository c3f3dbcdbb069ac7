"""How much a mail may cost, by name: every limit on what somebody outside can make this program do, and why.

Its one promise: none of them ends in silence. What was not read of a mail waits for a person, and a mail whose turn has
not come stays in its mailbox and is told. It reads no clock and no PDF: times and results go in, decisions come out.
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
    """Whose PDF a child reads."""

    OURS = auto()
    """The folder's, an invoice, a mail by a proven sender, what a person decided on."""
    STRANGERS = auto()
    """A mail by nobody who is proven: it stands before none of the others."""


# --- One PDF -------------------------------------------------------------------------------------------------

PDF_SECONDS: Final = 10
"""Seconds of processor time for one PDF of ours; a page takes 5 to 45 ms."""

STRANGERS_PDF_SECONDS: Final = 5
"""The same for a stranger's: a hundred times what a notice takes. One of ours waits no longer for it."""


# --- One mail ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MailLimits:
    """What is read of one mail."""

    pdfs: int
    seconds: float
    """For which a child is busy with it."""
    octets: int
    """Of its PDFs, in sum."""
    pdf_seconds: float
    """What one may take: it is begun only where that fits."""


OF_STRANGERS: Final = MailLimits(pdfs=20, seconds=15.0, octets=20_000_000, pdf_seconds=STRANGERS_PDF_SECONDS)
"""A guarantor sends one notice a mail, and a clerk forwards a handful; 20 take 2 s. Three PDFs at their limit are the
end. A mail above 8 MB is not fetched whole, so that 20 MB is more than any sound one holds."""

OF_THE_PROVEN: Final = MailLimits(pdfs=200, seconds=60.0, octets=60_000_000, pdf_seconds=PDF_SECONDS)
"""A colleague may forward a whole year's notices in one mail, and a stranger's mail by mistake."""

SLOW_PDFS: Final = 2
"""PDFs that took too long after which no further one of the mail is read: one may be a drawing, two are a habit."""

SLOW_REMEMBERED: Final = dt.timedelta(hours=1)
"""How long a sender's slow PDFs count for its next mail, which then ends at its first."""

SENDERS_REMEMBERED: Final = 1000
"""Addresses of slow PDFs that are kept: a flood of invented ones must not fill the memory."""

HOLDS_PER_MAIL: Final = 5
"""Unreadable PDFs of one mail that each wait for a person; the others wait as one: a person opens the mail once."""


# --- All strangers together ----------------------------------------------------------------------------------

STRANGERS_SHARE: Final = 2
"""One of so many children reads for strangers at a time, and one where there are fewer."""

WINDOW: Final = dt.timedelta(minutes=6)
"""The time in which strangers together have ``WINDOW_SECONDS``: ten minutes of an hour, never more than one of them at
once, as a proven mail behind theirs waits that long."""

WINDOW_SECONDS: Final = 60.0
"""Twelve PDFs at their limit, or some 600 notices."""

TRIED_TOGETHER: Final = 20
"""Mails put off that one look takes up again, the oldest first: the others are not fetched in vain."""


# --- Space, and people's patience ----------------------------------------------------------------------------

FREE_DISK: Final = 1_000_000_000
"""Bytes that must be free where the store is, so that a stranger's mail is taken: below it the space is for the
office's own notices, of which 1,000 take 400 MB with their mails."""


DISK_AGAIN: Final = dt.timedelta(minutes=15)
"""How long after a mail was put off for want of space it is looked at again: making room is a person's work."""


class LimitReached(StrEnum):
    """Why PDFs of a mail were not read."""

    FILES = "files"
    SECONDS = "seconds"
    OCTETS = "octets"
    SLOW = "slow"
    TURN = "turn"
    """The mail could not wait for its turn, as it speaks of one of our submissions."""
    HOLDS = "holds"
    """They were read, and are not listed one by one."""


class Deferred(StrEnum):
    """Why a mail is left in its mailbox for now; the ``why`` of its row."""

    TIME = "put off: time"
    DISK = "put off: disk"


class MailBudget:
    """What was spent on one mail."""

    def __init__(self, limits: MailLimits, slow_before: int = 0) -> None:
        """``slow_before`` of the sender's PDFs took too long before this mail."""
        self._limits = limits
        self._slow_left = max(SLOW_PDFS - slow_before, 1)
        self._pdfs = 0
        self._octets = 0
        self.seconds = 0.0
        self.slow = 0

    def why_ended(self, octets: int) -> LimitReached | None:
        """Why a PDF of so many bytes is not read any more; None where it may be."""
        if self.slow >= self._slow_left:
            return LimitReached.SLOW
        if self._pdfs >= self._limits.pdfs:
            return LimitReached.FILES
        if self.seconds + self._limits.pdf_seconds > self._limits.seconds:
            return LimitReached.SECONDS
        return LimitReached.OCTETS if self._octets + octets > self._limits.octets else None

    def note(self, octets: int, seconds: float, result: object) -> None:
        """One PDF was read in so many seconds; more than its limit is the doing of a busy machine, and not charged."""
        self._pdfs += 1
        self._octets += octets
        self.seconds += min(seconds, self._limits.pdf_seconds)
        if isinstance(result, Unreadable) and result.reason is Reason.TOO_SLOW:
            self.slow += 1


class SlowSenders:
    """Whose PDFs took too long, for ``SLOW_REMEMBERED``; of one process."""

    def __init__(self) -> None:
        self._slow: dict[str, tuple[int, dt.datetime]] = {}

    def count(self, sender: str, now: dt.datetime) -> int:
        """How many did of this sender's."""
        count, at = self._slow.get(sender, (0, now))
        return count if at <= now < at + SLOW_REMEMBERED else 0

    def note(self, sender: str, more: int, now: dt.datetime) -> None:
        """So many more did."""
        if more:
            count = self.count(sender, now) + more
            self._slow.pop(sender, None)
            self._slow[sender] = (count, now)
        while len(self._slow) > SENDERS_REMEMBERED:
            del self._slow[next(iter(self._slow))]


class Room(Enum):
    """Whether a stranger's mail can be read."""

    NOW = auto()
    SOON = auto()
    """Once a mail that is being read has ended."""
    LATER = auto()
    """Once the window has moved on."""


class Window:
    """The seconds that strangers spent in the last ``WINDOW``, and what those mails may spend that are being read.

    A whole mail's limit must fit before it is begun, so that none is left half read.
    """

    def __init__(self) -> None:
        self._spent: deque[tuple[dt.datetime, float]] = deque()
        self._begun = 0

    def room(self, now: dt.datetime) -> Room:
        """Whether one more may begin."""
        left = WINDOW_SECONDS - self.spent(now)
        if left >= (self._begun + 1) * OF_STRANGERS.seconds:
            return Room.NOW
        return Room.SOON if self._begun and left >= OF_STRANGERS.seconds else Room.LATER

    def begin(self) -> None:
        """One begins."""
        self._begun += 1

    def end(self, seconds: float, now: dt.datetime) -> None:
        """One ended, and took so many."""
        self._begun -= 1
        if seconds > 0:
            self._spent.append((now, seconds))

    def spent(self, now: dt.datetime) -> float:
        """In the last ``WINDOW``; what a clock that was set back shows in the future is forgotten."""
        self._spent = deque((at, seconds) for at, seconds in self._spent if at <= now < at + WINDOW)
        return sum(seconds for _, seconds in self._spent)

    def free_at(self, now: dt.datetime) -> dt.datetime:
        """When the next mail may begin, if nothing else does before."""
        left = WINDOW_SECONDS - self.spent(now)
        for at, seconds in self._spent:
            if left >= OF_STRANGERS.seconds:
                break
            left += seconds
            now = at + WINDOW
        return now


def strangers_most(children: int) -> int:
    """How many of so many children may read for strangers at a time."""
    return max(children // STRANGERS_SHARE, 1)


def is_disk_low(free: int) -> bool:
    """Whether so few bytes are free that strangers' originals are no longer kept."""
    return free < FREE_DISK
