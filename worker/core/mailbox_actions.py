"""The action on a message in its mailbox once its end is recorded: none, mark as seen, or move.

Mail that is not ours is never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from worker.core.model import Disposition


class Act(StrEnum):
    """The action."""

    NOTHING = "nothing"
    SEEN = "seen"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class MailboxAction:
    """``[mailbox.x] after``; ``folder`` is the target of MOVE."""

    act: Act = Act.NOTHING
    folder: str = ""


_UNTOUCHED: Final = frozenset({Disposition.NOT_OURS, Disposition.UNFETCHED, Disposition.PUT_OFF, Disposition.PENDING})
"""Other people's mail, which they read by themselves, and what has no end yet."""


def parse_after(text: str) -> MailboxAction:
    """Returns the action of ``nothing``, ``seen`` or ``move:FOLDER``. Raises ValueError for any other text."""
    word, colon, folder = text.partition(":")
    act, folder = Act(word), folder.strip()
    if (act is Act.MOVE) != bool(folder) or (colon and act is not Act.MOVE):
        raise ValueError(text)
    return MailboxAction(act, folder)


def is_due_after(after: MailboxAction, end: Disposition) -> bool:
    """Returns true if a message with this end needs an action."""
    return after.act is not Act.NOTHING and end not in _UNTOUCHED
