"""Decides the one action with which a person goes on, and what only a person can add to it.

Its one promise: an action names a decision that the state allows, and everything that the decision still lacks. It does
not know how the action is offered: as a command, as a link, as a button.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worker.core.model import Submission
from worker.core.states import Event, Kind, State, kind_of, may_follow


class ActionKind(StrEnum):
    """What is done (machine output)."""

    APPROVE = "approve"
    WITHDRAW = "withdraw"
    SHOW = "show"
    RESOLVE = "resolve"
    RESEND = "resend"
    JOIN = "join"
    CONFIRM = "confirm"
    DONE = "done"


class Input(StrEnum):
    """What a person adds (machine output)."""

    OUTCOME = "outcome"
    """Which of the two answers it is: sent or not sent, arrived or not arrived."""
    ANSWER = "answer"
    """The submission of the notice that was announced."""
    BY = "by"
    WHY = "why"
    WHOM_AND_WHEN = "whom_and_when"
    """A note: who at the issuer said so, and when."""
    WHEN_AND_HOW = "when_and_how"
    """A note: when and how it was done."""
    WHAT_WAS_SEEN = "what_was_seen"
    """A note: what was looked at."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person does next with a submission."""

    kind: ActionKind
    submission: int
    missing: tuple[Input, ...] = ()
    """What only a person knows."""
    label: str = ""
    """Of the draft that is to be approved; empty where that is not the action."""
    answer: int | None = None
    """The submission that the announcement is tied to, where only one comes into question."""
    what: int | None = None
    """The number of the duty that is done, where there are several."""


_SAID: tuple[Input, ...] = (Input.BY, Input.WHOM_AND_WHEN)


def action_for(submission: Submission) -> Action | None:
    """The one action with which a person goes on; None where none is needed."""
    number = submission.id
    match submission.state:
        case State.HELD:
            return _end_holds(submission)
        case State.IN_DOUBT:
            return Action(ActionKind.RESOLVE, number, (Input.OUTCOME, Input.BY))
        case State.REFUSED | State.BOUNCED:
            return Action(ActionKind.RESEND, number, (Input.BY, Input.WHY))
        case State.ANNOUNCED:
            return Action(ActionKind.JOIN, number, (Input.ANSWER, Input.BY))
        case State.HANDED_OVER | State.OVERDUE:
            return confirm_action(submission)
        case _:
            return None


def _end_holds(submission: Submission) -> Action:
    kinds = {kind_of(hold.reason) for hold in submission.reasons}
    if Kind.NEVER in kinds:
        return withdraw_action(submission)
    if Kind.CORRECT in kinds:
        return show_action(submission)
    return Action(ActionKind.APPROVE, submission.id, (Input.BY,), label=submission.label)


def show_action(submission: Submission) -> Action:
    """Look at it: what there is to do lies outside of this program."""
    return Action(ActionKind.SHOW, submission.id)


def withdraw_action(submission: Submission) -> Action:
    """Stop it."""
    return Action(ActionKind.WITHDRAW, submission.id, (Input.BY, Input.WHY))


def join_action(submission: Submission, answer: int) -> Action:
    """Tie an announcement to the only notice that it can mean."""
    return Action(ActionKind.JOIN, submission.id, (Input.BY,), answer=answer)


def confirm_action(submission: Submission) -> Action:
    """Record that the issuer has it."""
    return Action(ActionKind.CONFIRM, submission.id, _SAID)


def duty_action(submission: Submission, what: int) -> Action:
    """Record duty number ``what`` as done."""
    return Action(ActionKind.DONE, submission.id, (Input.BY, Input.WHEN_AND_HOW), what=_number(submission, what))


def news_action(submission: Submission, what: int, *, is_reply: bool) -> Action:
    """Take note of what came back, number ``what`` of all that waits; a reply says whether the issuer has it."""
    if is_reply and may_follow(submission.state, Event.NOT_ACCEPTED):
        return Action(ActionKind.CONFIRM, submission.id, (Input.OUTCOME, *_SAID))
    return Action(ActionKind.DONE, submission.id, (Input.BY, Input.WHAT_WAS_SEEN), what=_number(submission, what))


def _number(submission: Submission, what: int) -> int | None:
    """``what`` where there are several to choose from: ``done`` asks for no number where only one is there."""
    return what if len(submission.duties.after) + len(submission.unread) > 1 else None
