"""Matches answers to holds, also if an older program recorded the answer with a sentence."""

from __future__ import annotations

from typing import Final

from worker.core.model import Answer, Hold
from worker.core.old_sentences import old_detail
from worker.core.params import CODE
from worker.core.states import Reason

TOLD_BESIDE: Final = frozenset({"changes", "to_before", "to_now", "cc_before", "cc_now", "to_same"})
"""Parameters of RULE_CHANGED that tell what its hashes already bind; an answer of 0.1.0 has none of them."""


def covers(answer: Answer, hold: Hold) -> bool:
    """Returns whether ``answer`` covers ``hold``, by its parameters or by the sentence that an older program stored."""
    if answer.reason is not hold.reason:
        return False
    text = answer.params.old_text
    return any(answer.params == one.params or (text is not None and text == old_detail(one)) for one in _asked_as(hold))


def _asked_as(hold: Hold) -> tuple[Hold, ...]:
    """Returns ``hold`` in the forms in which it may have been asked, also by a program that told less of it.

    A person who let a notice go on although its number seemed submitted also lets it go on if it was not; the reverse
    is asked.
    """
    if hold.reason is Reason.SEEN_BEFORE and hold.code:
        return hold, Hold(hold.reason, hold.params.without(frozenset({CODE})))
    if hold.reason is Reason.RULE_CHANGED and not TOLD_BESIDE.isdisjoint(hold.params):
        return hold, Hold.of(hold.reason, "changed", **hold.params.without(TOLD_BESIDE | {CODE}))
    return (hold,)


def names_draft(answer: Answer, draft_hash: str) -> bool:
    """Returns whether ``answer``, an approval, is for the draft of this hash."""
    return draft_hash in {answer.params.word("draft"), answer.params.old_text}


def is_answer_to_mail(answer: Answer, digits: str) -> bool:
    """Returns whether ``answer`` is about the kept mail whose hash begins with ``digits``, under any code."""
    text = answer.params.old_text
    is_named = answer.params.word("value") == digits if text is None else text.endswith(f": {digits}")
    return answer.reason is Reason.MAYBE_SENT and is_named
