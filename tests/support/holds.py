"""Holds as a test names them: by the words of their detail, in Japanese, as people see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from worker.core.messages import hold_detail, name_evidence, name_follow_up
from worker.core.model import Answer, Hold
from worker.core.params import Told, of_text
from worker.core.states import Reason


def detail_of(hold: Hold) -> str:
    """The detail of ``hold`` as people read it."""
    return hold_detail(hold, "ja")


def told(hold: Hold) -> tuple[Reason, str]:
    """Its reason, and what it is about as people read it."""
    return hold.reason, detail_of(hold)


def asked(answer: Answer) -> str:
    """The detail of the answered hold as people read it."""
    return detail_of(Hold(answer.reason, answer.params))


def in_words(evidence: Told) -> str:
    """The evidence for a sender as people read it."""
    return name_evidence(evidence, "ja")


def in_ja(duties: Any) -> Any:
    """A duty, or tuples of such, as people read it."""
    return tuple(map(in_ja, duties)) if isinstance(duties, tuple) else name_follow_up(duties, "ja")


def old(reason: Reason, detail: str) -> Hold:
    """A hold as an older program stored it, with a sentence."""
    return Hold(reason, of_text(detail))


@dataclass(frozen=True, eq=False)
class Said:
    """Equal to every hold of this reason with these words."""

    reason: Reason
    detail: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hold) and told(other) == (self.reason, self.detail)

    __hash__ = None  # type: ignore[assignment]
