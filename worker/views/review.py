"""The review of one submission as the console shows it: differences, comparison, mail, ticks, and the open decisions.

Nothing is decided here. The comparison sets the values that were read beside those that were registered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from worker.approve.checked_reasons import mark_of_hold, reasons_to_check
from worker.approve.decisions import NEED_NOTE, RESENDABLE
from worker.approve.earlier_mail import ComparedPart, Likeness, filled_values
from worker.core.messages import Language, name_hold, name_product
from worker.core.model import Hold, Notice, Submission, sha256
from worker.core.rulebook import Project
from worker.core.states import Event, HoldKind, Reason, State, kind_of, may_follow
from worker.core.text import match_key
from worker.views.preview import SubmissionView, say_difference

if TYPE_CHECKING:
    from worker.compose.checks import Check


class Agreement(StrEnum):
    """The result of one comparison (``finding_…`` in the messages)."""

    SAME = "same"
    DIFFERS = "differs"
    NOT_REGISTERED = "not_registered"


class Decision(StrEnum):
    """The decisions that the state allows."""

    APPROVE = "approve"
    REQUEST = "request"
    RETURN = "return"
    STOP = "stop"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    HAND_OVER = "hand_over"
    RESOLVE = "resolve"
    CONFIRM = "confirm"
    RESEND = "resend"
    DONE = "done"
    JOIN = "join"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line: the value that was read and the registered one."""

    heading: str
    """A code of the messages."""
    read: str
    registered: str
    finding: Agreement


@dataclass(frozen=True, slots=True)
class Difference:
    """One open reason."""

    hold: Hold
    kind: HoldKind

    def text(self, lang: Language) -> str:
        """Its sentence."""
        return name_hold(self.hold, lang)


@dataclass(frozen=True, slots=True)
class TickBox:
    """One thing that a person knows and the program does not."""

    name: str
    """The name of the box in the form."""
    hold: Hold | None
    condition: str
    in_english: str = ""
    """Of a sentence of ours; a condition of the issuer's rule is in the words of that rule."""

    def text(self, lang: Language) -> str:
        """The sentence beside the box."""
        if self.hold:
            return name_hold(self.hold, lang)
        return self.in_english if lang == "en" and self.in_english else self.condition


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece of the mail's text."""

    text: str
    is_filled: bool
    """True for a value that was filled in, false for the template's own words."""


@dataclass(frozen=True, slots=True)
class Review:
    """Everything on the page of one submission."""

    seen: SubmissionView
    differences: tuple[Difference, ...]
    comparisons: tuple[Comparison, ...]
    body: tuple[TextPiece, ...]
    ticks: tuple[TickBox, ...]
    needs_note: bool
    decisions: frozenset[Decision]
    passed: tuple[Check, ...]
    """The checks that were asked and found nothing."""

    @property
    def submission(self) -> Submission:
        """The submission."""
        return self.seen.submission


def review_of(seen: SubmissionView, notice: Notice | None, project: Project | None, contractor: str) -> Review:
    """Returns the page of a submission; ``project`` is the registered one, ``contractor`` the configured name."""
    submission = seen.submission
    return Review(
        seen,
        tuple(
            Difference(hold, kind_of(hold.reason)) for hold in submission.reasons if hold.reason is not Reason.APPROVAL
        ),
        tuple(comparisons_of(submission, notice, project, contractor)),
        split_body(seen.body, filled_values(submission, notice, project, contractor)),
        ticks_of(submission),
        bool(NEED_NOTE & {hold.reason for hold in submission.reasons}),
        frozenset(_allowed(submission)),
        tuple(check for check in seen.checks if check.is_asked and not check.holds),
    )


def ticks_of(submission: Submission) -> tuple[TickBox, ...]:
    """Returns a box for each condition of the rule, and for each open reason that an approval answers."""
    ticks = [TickBox(tick_name(each), None, each) for each in submission.composed.conditions]
    ticks += [TickBox(mark_of_hold(hold), hold, "") for hold in reasons_to_check(submission)]
    return tuple(ticks)


def ticks_of_parts(submission: Submission, likeness: Likeness | None) -> tuple[TickBox, ...]:
    """Returns a box for each part that differs from the last confirmed mail, unless a reason asks about it."""
    if likeness is None:
        return ()
    return tuple(_tick_of(each, likeness) for each in likeness.to_confirm(submission))


def _tick_of(differing: ComparedPart, likeness: Likeness) -> TickBox:
    ja, en = (say_difference(differing, likeness, lang) for lang in ("ja", "en"))
    return TickBox(name_of_part(differing), None, ja, en)


def name_of_part(differing: ComparedPart) -> str:
    """Returns the name of the box of a part that differs."""
    return f"differs-{differing.mark}"


def tick_name(condition: str) -> str:
    """Returns the name of the box of ``condition``: on a changed page it keeps its tick while its text is the same."""
    return f"condition-{sha256(condition.encode())[:12]}"


_OF_STATE: Final = {
    State.HELD: Decision.RETURN,
    State.APPROVED: Decision.STOP,
    State.CONFIRMED: Decision.CORRECT,
    State.IN_DOUBT: Decision.RESOLVE,
    State.ANNOUNCED: Decision.JOIN,
}


def _allowed(submission: Submission) -> Iterator[Decision]:
    if submission.state is State.HELD and all(kind_of(hold.reason) is HoldKind.ANSWER for hold in submission.reasons):
        yield Decision.APPROVE
        if submission.composed.draft is not None:
            yield Decision.REQUEST
    if submission.state in _OF_STATE:
        yield _OF_STATE[submission.state]
    if (
        submission.state in RESENDABLE
        and submission.notice.pdf_sha256 is not None
        and submission.notice.refusal is None
    ):
        yield Decision.RESEND
    if submission.state in RESENDABLE and _is_something_left(submission):
        yield Decision.DONE
    for event, decision in (
        (Event.WITHDRAWN, Decision.WITHDRAW),
        (Event.HANDED_OVER, Decision.HAND_OVER),
        (Event.CONFIRMED, Decision.CONFIRM),
    ):
        if may_follow(submission.state, event):
            yield decision


def _is_something_left(submission: Submission) -> bool:
    return bool(submission.delivery.unread) or any(
        each not in submission.follow_ups.done for each in submission.follow_ups.duties.after
    )


# --- Comparison ----------------------------------------------------------------------------------------------


AMOUNT: Final = "h_invoice_amount"


def comparisons_of(
    submission: Submission, notice: Notice | None, project: Project | None, contractor: str
) -> Iterator[Comparison]:
    """Yields each value that was read, beside the registered one."""
    if notice is not None:
        firms = (project.contractor, *project.names_on_notice) if project else ()
        numbers = project.all_numbers if project else ()
        yield _line("h_project", notice.project_name, (project.name,) if project else ())
        yield _line("h_contractor", notice.contractor_name, tuple(filter(None, (*firms, contractor))))
        expected = tuple(name_product(each, "ja") for each in project.expects) if project else ()
        yield _line("h_product", name_product(notice.product, "ja"), expected)
        yield _line("h_number", notice.contract_number, numbers)
    amount, source = submission.invoice_amount
    if amount is not None and submission.notice.product is not None:
        registered = _registered_amounts(submission, project)
        yield _line(AMOUNT, f"{amount:,}円" if source else "", tuple(f"{each:,}円" for each in registered))


def _registered_amounts(submission: Submission, project: Project | None) -> tuple[int, ...]:
    if project is None or submission.notice.product is None:
        return ()
    return tuple(each.amount for each in project.invoices.get(submission.notice.product, ()) if each.amount is not None)


def _line(heading: str, read: str, registered: Sequence[str]) -> Comparison:
    if not registered:
        return Comparison(heading, read, "", Agreement.NOT_REGISTERED)
    same = next((each for each in registered if match_key(each) == match_key(read)), None)
    if same is not None:
        return Comparison(heading, read, same, Agreement.SAME)
    return Comparison(heading, read, "、".join(registered), Agreement.DIFFERS)


# --- The mail's text -----------------------------------------------------------------------------------------

_SHORTEST: Final = 2
"""Characters of a value that is marked in the text: a single one is found everywhere."""


def split_body(body: str, values: Sequence[str]) -> tuple[TextPiece, ...]:
    """Returns the text in pieces, those apart that are one of ``values``; the longest value goes first."""
    marked = sorted({each for each in values if len(each) >= _SHORTEST}, key=len, reverse=True)
    if not marked:
        return (TextPiece(body, is_filled=False),) if body else ()
    pattern = re.compile("(" + "|".join(map(re.escape, marked)) + ")")
    return tuple(
        TextPiece(piece, is_filled=bool(place % 2)) for place, piece in enumerate(pattern.split(body)) if piece
    )
