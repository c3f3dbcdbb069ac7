"""Decides the next action of a person on a submission, and the inputs that only a person can add.

An action names a decision that the state allows, and everything that the decision still lacks. The caller offers it as
a command, a link or a button.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worker.core.model import Submission
from worker.core.states import Event, HoldKind, State, kind_of, may_follow


class ActionKind(StrEnum):
    """The kinds of actions (machine output)."""

    APPROVE = "approve"
    WITHDRAW = "withdraw"
    SHOW = "show"
    RESOLVE = "resolve"
    RESEND = "resend"
    JOIN = "join"
    CONFIRM = "confirm"
    DONE = "done"


class Input(StrEnum):
    """The inputs of a person (machine output)."""

    OUTCOME = "outcome"
    """One of the two answers: sent or not sent, arrived or not arrived."""
    ANSWER = "answer"
    """The submission of the notice that was announced."""
    BY = "by"
    WHY = "why"
    WHOM_AND_WHEN = "whom_and_when"
    """A note: the person at the issuer who said so, and when."""
    WHEN_AND_HOW = "when_and_how"
    """A note: when and how it was done."""
    WHAT_WAS_SEEN = "what_was_seen"
    """A note: the observation."""


@dataclass(frozen=True, slots=True)
class Action:
    """The next thing that a person does with a submission."""

    kind: ActionKind
    submission: int
    missing: tuple[Input, ...] = ()
    """The inputs that only a person knows."""
    label: str = ""
    """The label of the draft to be approved; empty for other actions."""
    answer: int | None = None
    """The submission that the announcement is joined to, if only one is possible."""
    what: int | None = None
    """The number of the duty that is done, if there are several."""


_SAID: tuple[Input, ...] = (Input.BY, Input.WHOM_AND_WHEN)


def action_for(submission: Submission) -> Action | None:
    """Returns the next action of a person; None if none is needed."""
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
    if HoldKind.NEVER in kinds:
        return withdraw_action(submission)
    if HoldKind.CORRECT in kinds:
        return show_action(submission)
    return Action(ActionKind.APPROVE, submission.id, (Input.BY,), label=submission.label)


def show_action(submission: Submission) -> Action:
    """Returns the action to show it: the rest is outside of this program."""
    return Action(ActionKind.SHOW, submission.id)


def withdraw_action(submission: Submission) -> Action:
    """Returns the action that stops it."""
    return Action(ActionKind.WITHDRAW, submission.id, (Input.BY, Input.WHY))


def join_action(submission: Submission, answer: int) -> Action:
    """Returns the action that joins an announcement to the only notice that it can mean."""
    return Action(ActionKind.JOIN, submission.id, (Input.BY,), answer=answer)


def confirm_action(submission: Submission) -> Action:
    """Returns the action that records that the issuer has it."""
    return Action(ActionKind.CONFIRM, submission.id, _SAID)


def follow_up_action(submission: Submission, what: int) -> Action:
    """Returns the action that records duty number ``what`` as done."""
    return Action(ActionKind.DONE, submission.id, (Input.BY, Input.WHEN_AND_HOW), what=_number(submission, what))


def news_action(submission: Submission, what: int, *, is_reply: bool) -> Action:
    """Returns the action that takes note of news number ``what``; a reply says whether the issuer has it."""
    if is_reply and may_follow(submission.state, Event.NOT_ACCEPTED):
        return Action(ActionKind.CONFIRM, submission.id, (Input.OUTCOME, *_SAID))
    return Action(ActionKind.DONE, submission.id, (Input.BY, Input.WHAT_WAS_SEEN), what=_number(submission, what))


def _number(submission: Submission, what: int) -> int | None:
    """Returns ``what`` if there are several to choose from: ``done`` needs no number for the only one."""
    return what if len(submission.follow_ups.duties.after) + len(submission.delivery.unread) > 1 else None
