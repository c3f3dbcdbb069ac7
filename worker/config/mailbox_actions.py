"""Decides what becomes of a message in its mailbox once its end is recorded: nothing, marked as seen, or moved away.

Promise: what is no mail of this business stays as it is, whatever is configured. It does not know how it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from worker.core.model import Disposition


class Act(StrEnum):
    """What is done."""

    NOTHING = "nothing"
    SEEN = "seen"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class After:
    """``[mailbox.x] after``; ``folder`` where it is moved to."""

    act: Act = Act.NOTHING
    folder: str = ""


_UNTOUCHED: Final = frozenset({Disposition.NOT_OURS, Disposition.UNFETCHED, Disposition.PUT_OFF, Disposition.PENDING})
"""Other people's mail, which they read by themselves, and what has no end yet."""


def parse_after(text: str) -> After:
    """``nothing``, ``seen`` or ``move:FOLDER``. Raises ValueError where it is none of them."""
    word, colon, folder = text.partition(":")
    act, folder = Act(word), folder.strip()
    if (act is Act.MOVE) != bool(folder) or (colon and act is not Act.MOVE):
        raise ValueError(text)
    return After(act, folder)


def is_due_after(after: After, end: Disposition) -> bool:
    """Whether something is to be done to a message with this end."""
    return after.act is not Act.NOTHING and end not in _UNTOUCHED
