"""Decides the release: draft × release policy × people's answers → HELD, APPROVED from a moment, or HANDED_OVER.

Nothing becomes APPROVED as long as a reason for exactly this draft is unanswered.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from worker.approve.due import BY_HOLD, opening_of
from worker.approve.old_details import covers, is_answer_to_mail, names_draft
from worker.compose.checks import is_about_rehearsing
from worker.compose.compose import Composed
from worker.config.settings import Mode, Release
from worker.core.approval_label import fold_label
from worker.core.errors import NotAllowed
from worker.core.model import JST, Answer, Attachment, Channel, Hold, Sha256, Submission
from worker.core.params import Params, of_text
from worker.core.states import Kind, Reason, State, kind_of
from worker.match.match import Ambiguous, Match, Outcome, Proposed, Unmatched

NEED_NOTE: Final = frozenset({Reason.CONTACT_FIRST, Reason.NOT_ELIGIBLE})
"""Reasons that need a note: the person spoken to at the issuer, and the answer."""

UNSENT: Final = "unsent"
"""Code of SEEN_BEFORE: what came before under the number was not submitted."""

_OF_THE_DRAFT: Final = frozenset({Reason.APPROVAL, Reason.CHANGED})
"""Reasons that are about one draft: an answer names the draft's hash and covers no other."""

_OF_THE_TARGET: Final = frozenset(
    {
        Reason.FIRST_ADDRESS,
        Reason.RULE_CHANGED,
        Reason.CONTACT_FIRST,
        Reason.TIMING,
        Reason.ELIGIBILITY_UNKNOWN,
        Reason.NOT_ELIGIBLE,
    }
)
"""Reasons about the project and the section that receives: with another of them they are asked once more."""

_OF_THE_FILES: Final = frozenset({Reason.INVOICE_UNCLEAR, Reason.INVOICE_UNREADABLE, Reason.LARGE_ATTACHMENT})
"""Reasons about a file as this project's: with other bytes, or another project, they are asked once more."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The current state of a submission, the reasons that remain, and the moment from which it may go."""

    state: State
    reasons: tuple[Hold, ...]
    due_at: dt.datetime | None
    """None also if its minutes begin only when a person has been notified (mode ``hold``)."""
    release: str
    """The person or policy that released it; empty unless APPROVED or HANDED_OVER."""
    release_account: str


def judge(
    submission: Submission,
    outcome: Outcome | None,
    composed: Composed | None,
    release: Release,
    now: dt.datetime,
    *,
    is_number_unsent: bool = False,
) -> Judgement:
    """Judges ``submission`` with the draft that configuration and register give today.

    ``outcome`` is None if no notice could be read. ``is_number_unsent``: no submission that it follows was submitted.
    """
    standing = _standing(submission, outcome, composed, release, is_number_unsent=is_number_unsent)
    project = outcome.project.id if isinstance(outcome, Match | Proposed) else ""
    section = composed.section.id if composed is not None and composed.section is not None else ""
    files = composed.draft.attachments if composed is not None and composed.draft is not None else ()
    open_holds = tuple(
        hold for hold in standing if not _is_answered(hold, submission, composed, _about(hold, project, section, files))
    )
    is_rehearsal = composed is not None and composed.draft is not None and composed.draft.is_rehearsal
    stopping = [hold for hold in open_holds if not (is_rehearsal and is_about_rehearsing(hold))]
    if stopping or composed is None:
        return Judgement(State.HELD, open_holds, None, "", "")
    name, account = _releaser(submission, composed, release)
    if composed.channel is not Channel.EMAIL:
        return Judgement(State.HANDED_OVER, (), None, name, account)
    opening, former = opening_of(composed.duties), opening_of(submission.duties)
    was_for_former_day = opening != former and submission.due_at == former  # the contract has another day by now
    if submission.released_draft == composed.draft_hash and submission.due_at and not was_for_former_day:
        due = submission.due_at
    elif release.mode is Mode.HOLD and not _approving(submission, composed):
        if release.is_announced and not is_rehearsal:  # a rehearsal reaches only ourselves
            return Judgement(State.APPROVED, (), None, name, account)
        due = now + dt.timedelta(minutes=release.hold_minutes)
    else:
        due = now
    return Judgement(State.APPROVED, (), max(due, opening or due), name, account)


def _standing(
    submission: Submission,
    outcome: Outcome | None,
    composed: Composed | None,
    release: Release,
    *,
    is_number_unsent: bool,
) -> Iterable[Hold]:
    """Returns every reason, answered or not, in the order in which a person should look at them."""
    if submission.refusal is not None:
        return (submission.refusal,)
    holds = [*_of_history(submission, is_number_unsent=is_number_unsent), *_of_match(outcome)]
    if composed is not None:
        holds += composed.holds
    is_rehearsal = composed is not None and composed.draft is not None and composed.draft.is_rehearsal
    if not _is_proven(submission, composed, release) and not is_rehearsal:  # a rehearsal is asked about afterwards
        holds.append(_of_sender(submission))
    if composed is not None:
        holds += _of_release(submission, composed, release)
    return tuple(dict.fromkeys(holds))


def _of_sender(submission: Submission) -> Hold:
    """Returns why its sender is not authenticated, as recorded; an older program recorded a sentence."""
    evidence = submission.evidence
    if isinstance(evidence, str):
        return Hold(Reason.SENDER_UNPROVEN, of_text(evidence))
    return Hold(Reason.SENDER_UNPROVEN, evidence)


def _is_proven(submission: Submission, composed: Composed | None, release: Release) -> bool:
    """Returns whether its sender is authenticated; a key without DNSSEC counts only if a person approves the draft."""
    if not submission.by_open_dns or release.mode is Mode.APPROVE:
        return submission.proven
    return submission.proven and composed is not None and _approving(submission, composed) is not None


def _of_release(submission: Submission, composed: Composed, release: Release) -> Iterable[Hold]:
    if composed.channel is Channel.EMAIL and composed.draft is None:
        return ()  # the holds that prevent it are listed already
    if submission.released_draft and submission.released_draft != composed.draft_hash:
        return (Hold(Reason.CHANGED),)
    draft = composed.draft
    if draft is not None and (release.mode is Mode.APPROVE or submission.correction or draft.conditions):
        return (Hold(Reason.APPROVAL),)
    return ()


def _of_history(submission: Submission, *, is_number_unsent: bool) -> Iterable[Hold]:
    if submission.from_before:
        yield Hold.of_code(Reason.FROM_BEFORE, submission.from_before)
    if submission.superseded_by is not None:
        yield Hold.of(Reason.SUPERSEDED, later=str(submission.superseded_by))
    if submission.follows is not None:
        yield Hold.of(Reason.SEEN_BEFORE, UNSENT if is_number_unsent else "", earlier=str(submission.follows))
    if submission.rehearsals:
        yield Hold.of(Reason.REHEARSED, times=str(submission.rehearsals))
    if submission.late_answer:
        # Each piece of evidence is a hold of its own: an approval given before it was known does not cover it.
        yield Hold.of_code(Reason.MAYBE_SENT, submission.late_answer)
    elif submission.not_sent:
        yield Hold.of(Reason.NOT_SENT, times=str(submission.not_sent))


def _of_match(outcome: Outcome | None) -> Iterable[Hold]:
    match outcome:
        case None:
            return ()
        case Match(_, holds):
            return holds
        case Proposed(project, holds):
            return (Hold.of(Reason.NAME_ONLY, project=project.id), *holds)
        case Unmatched():
            return (Hold(Reason.UNKNOWN_PROJECT),)
        case Ambiguous(projects):
            return (Hold.of(Reason.TWO_PROJECTS, projects=tuple(project.id for project in projects)),)


def _is_answered(hold: Hold, submission: Submission, composed: Composed | None, about: str) -> bool:
    if hold.reason in _OF_THE_DRAFT:
        return composed is not None and _approving(submission, composed) is not None
    return any(covers(answer, hold) and answer.about in {"", about} for answer in submission.answers)


def _about(hold: Hold, project: str, section: str, files: Sequence[Attachment]) -> str:
    """Returns the target of an answer beyond the parameters, which may be the same for another issuer or file."""
    if hold.reason not in _OF_THE_TARGET | _OF_THE_FILES:
        return ""
    place = f"{project} {section}"
    return " ".join((place, *(each.sha256 for each in files))) if hold.reason in _OF_THE_FILES else place


def _approving(submission: Submission, composed: Composed) -> Answer | None:
    """Returns the newest approval of a draft if it approved exactly this one.

    An older approval of this draft does not count: a person who approved another one since has taken it back.
    """
    newest = next((answer for answer in reversed(submission.answers) if answer.reason in _OF_THE_DRAFT), None)
    return newest if newest is not None and names_draft(newest, composed.draft_hash) else None


def _releaser(submission: Submission, composed: Composed, release: Release) -> tuple[str, str]:
    if answer := _approving(submission, composed):
        return answer.by, answer.account
    if release.mode is Mode.HOLD:
        return f"{BY_HOLD}{release.hold_minutes} min", ""
    return release.mode.value, ""


# --- It may have been sent already ---------------------------------------------------------------------------

_DIGITS: Final = 12
"""Digits of a mail's hash in a hold: enough to tell one mail from another of the same submission."""


def evidence_of_news(code: str, value: str, at: dt.datetime) -> str:
    """Code and value of MAYBE_SENT for what a server or a mail said: its moment makes it another than the last one."""
    return f"{code}: {value or '-'} {at.astimezone(JST):%Y-%m-%d %H:%M:%S}"


def evidence_of_mail(code: str, digest: Sha256) -> str:
    """Code and value of MAYBE_SENT for a mail that is kept."""
    return f"{code}: {digest[:_DIGITS]}"


def is_weighed(submission: Submission, digest: Sha256) -> bool:
    """Returns whether a person has answered the evidence of this kept mail about ``submission``, under any code."""
    return any(is_answer_to_mail(answer, digest[:_DIGITS]) for answer in submission.answers)


# --- A person answers ----------------------------------------------------------------------------------------


def refuse_unless_shown(submission: Submission, label: str) -> None:
    """Raises NotAllowed if ``submission`` is not held, or if ``label`` stands for another draft or other reasons.

    ``label`` is the whole label that was shown, as ``Submission.label`` gives it, in upper or lower case.
    """
    if submission.state is not State.HELD:
        raise NotAllowed("not_held", id=str(submission.id), state=submission.state.value)
    if not label:
        raise NotAllowed("label_missing", id=str(submission.id))
    if fold_label(label) != submission.label:
        raise NotAllowed("draft_differs", id=str(submission.id), now=submission.label)


def answer_holds(
    submission: Submission,
    by: str,
    account: str,
    note: str,
    now: dt.datetime,
    *,
    release: Release,
    ticked: Sequence[str] = (),
) -> Submission:
    """Returns ``submission`` with every open reason of kind *answer* answered by ``by``; re-evaluate it afterwards.

    One approval answers all, and always covers the draft as it is, with the conditions that ``by`` ``ticked``. Raises
    NotAllowed if a reason of another kind is open, if a rehearsal setting still prevents it, if a reason needs a note
    and there is none, or if a condition is not ticked.
    """
    blocking = [hold for hold in submission.reasons if kind_of(hold.reason) is not Kind.ANSWER]
    if blocking:
        raise NotAllowed(
            "not_answerable",
            id=str(submission.id),
            reasons=" ".join(hold.reason.value for hold in blocking),
        )
    reasons = {hold.reason for hold in submission.reasons}
    if Reason.REHEARSED in reasons and release.rehearsal_to is not None:
        raise NotAllowed("still_rehearsing", id=str(submission.id))
    if not note.strip() and reasons & NEED_NOTE:
        raise NotAllowed("note_needed", id=str(submission.id), reasons=" ".join(sorted(reasons & NEED_NOTE)))
    place = (submission.project or "", submission.section, submission.draft.attachments if submission.draft else ())
    answers = [
        Answer(hold.reason, hold.params, by, account, now, note, _about(hold, *place))
        for hold in submission.reasons
        if hold.reason not in _OF_THE_DRAFT
    ]
    if submission.draft_hash:
        approved = Params(draft=submission.draft_hash)
        answers += [Answer(reason, approved, by, account, now, note) for reason in sorted(_OF_THE_DRAFT)]
    return dataclasses.replace(
        submission,
        answers=(*submission.answers, *answers),
        ticked=_all_ticked(submission, ticked),
        # This draft is approved: an approval of an earlier one no longer makes it "changed".
        released_draft="",
        due_at=None,
    )


def _all_ticked(submission: Submission, ticked: Sequence[str]) -> tuple[str, ...]:
    """Returns the conditions of the draft. Raises NotAllowed ``conditions_unticked``, with each that is not ticked.

    Each approval ticks them again, because the documents may have changed since last week.
    """
    conditions = submission.draft.conditions if submission.draft else ()
    if any(condition not in ticked for condition in conditions):
        numbered = " ".join(f"{at}. {each}" for at, each in enumerate(conditions, 1) if each not in ticked)
        raise NotAllowed("conditions_unticked", id=str(submission.id), conditions=numbered)
    return conditions
