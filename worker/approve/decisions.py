"""A person's decisions: approve, request, send back, stop, withdraw, resolve, confirm, hand over, join, resend, resume.

Each compares and sets in one transaction, and the entry holds the name as given and the account that ran the command. A
decision that the states, the reasons or the draft do not allow changes nothing. The invoices are passed as one snapshot
(``pipeline/decide.py`` reads them).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from worker.approve.checked_reasons import unchecked
from worker.approve.counterparts import counterpart_line, remember_counterpart, with_counterpart
from worker.approve.earlier_mail import find_likeness
from worker.approve.project_notes import memo_line
from worker.approve.reevaluate import OF_THE_DRAFT, ActiveConfig, hold_of_return, keep_contents, reevaluate, target_of
from worker.approve.shown import ShownPages, refuse_unless_seen
from worker.audit.sent_log import PROGRAM, receipt_detail
from worker.compose.checks import remembered_as
from worker.config.release import Release
from worker.core.accounts import Account, Right, japanese_day, represented_by
from worker.core.alarms import turn_of
from worker.core.approval_label import fold_label
from worker.core.errors import LogBroken, NotAllowed
from worker.core.model import (
    Announced,
    Answer,
    Destination,
    Entry,
    Hold,
    Memo,
    Receipt,
    Requested,
    Returned,
    Source,
    Submission,
)
from worker.core.params import Numbered, Params, Told
from worker.core.states import (
    PREPARING,
    AlarmCause,
    Event,
    HoldKind,
    IllegalEvent,
    NoteEvent,
    Reason,
    State,
    kind_of,
    next_state,
)
from worker.core.text import match_key
from worker.match.match import find_amended
from worker.store.ports import FOREIGN_MAIL, RESTORED_AT, Author, Reading, Store, Writing
from worker.store.signs import find_signs, rehearsing_to
from worker.watch.ports import InvoiceSnapshot

ANSWER_MAY_COME: Final = dt.timedelta(minutes=45)
"""Longest time after the body began in which an answer can still arrive.

30 minutes for a body on the slowest line, 10 for the answer to the final dot (RFC 5321 §4.5.3.2.6). Before that, only
the worker itself may end the wait.
"""

RESENDABLE: Final = frozenset(
    {State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED, State.CONFIRMED, State.BOUNCED}
    | {State.REFUSED, State.HANDED_OVER, State.WITHDRAWN}
)
ASKED: Final = "asked"
"""In the entry of an approval, in place of the label: it was shown and asked about at a terminal."""
_BINDING: Final = frozenset({Reason.NAME_ONLY, Reason.NUMBER_DIFFERS})
"""Reasons whose answer says that this number belongs to the project that was shown."""

NEED_NOTE: Final = frozenset({Reason.CONTACT_FIRST, Reason.NOT_ELIGIBLE})
"""Reasons that need a note: the person spoken to at the issuer, and the answer."""

_PREPARED_BY: Final = (Event.ANNOUNCED, Event.NOTICE_READ)
"""Events whose person prepared the submission."""
_TAKEN_BACK: Final = OF_THE_DRAFT | {Reason.SECOND_PERSON}
"""Reasons whose answers a return takes back."""

CORRECTED_FREELY: Final = dt.timedelta(minutes=10)
"""Time in which a record is taken back without a reason: a slip is seen at once."""

_AT_THE_SERVER: Final = frozenset({State.SENDING, State.IN_DOUBT})
_DUTIES_IN: Final = RESENDABLE - {State.REFUSED, State.WITHDRAWN}
"""States after the mail or the manual submission, in which a later follow-up can be done."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's approval of a held submission, as given."""

    number: int
    label: str
    """Identifies the draft and the reasons that the person was shown."""
    author: Author
    note: str
    at: dt.datetime
    ticked: Sequence[str] = ()
    """The conditions of the draft that the person has checked, word by word."""
    differences: Sequence[str] = ()
    """The differences from the last confirmed mail to this section that the person has checked, by their marks."""
    reasons: Sequence[str] = ()
    """The open reasons that the person has confirmed one by one, by ``checked_reasons.mark_of_hold``."""
    is_asked: bool = False
    """Set if the label was shown and asked about at a terminal; else it was typed."""
    pages: ShownPages | None = None
    """The pages that the console has shown; None at the command line, where the person opens the files."""


def approve(
    store: Store, active_config: ActiveConfig, invoices: InvoiceSnapshot, approval: Approval
) -> tuple[Submission, tuple[Hold, ...]]:
    """Answers every open reason of a submission; returns it as it is afterwards, and the holds that were answered.

    Raises NotAllowed, ``differences_unconfirmed`` if the draft differs from the last confirmed mail to this section in
    a part that the person has not checked, and ``reasons_unconfirmed`` for an open reason that the person has not
    confirmed. If configuration, register or files now give another draft or other reasons than were shown, that is
    recorded first, so that a person can inspect it.
    """
    with store.writing() as writing:
        held = writing.submission(approval.number)
        refuse_unless_shown(held, approval.label)
        if approval.pages is not None:
            refuse_unless_seen(held, approval.pages)
        shown, held_as_shown = held.label, held
        fresh = reevaluate(held, active_config, invoices, writing, approval.at)
        if (fresh.submission.composed.draft_hash, fresh.submission.reasons) != (held.composed.draft_hash, held.reasons):
            keep_contents(writing, fresh)
            held = writing.change(
                Event.REDRAFTED, held, fresh.submission, Author("hoshobin", approval.author.account), {}
            )
        # The day alone can change or end a reason without changing the label.
        if held.state is State.HELD and held.label == shown:
            release = active_config.configuration.settings.release
            release = dataclasses.replace(release, rehearsal_to=rehearsing_to(writing, release.rehearsal_to))
            needs_second = Reason.SECOND_PERSON in _reasons_of(held)
            preparers = preparers_of(store, held) if needs_second else frozenset()
            asked = _names(fitting_approvers(store, held, approval.author.by, approval.at, only_present=True))
            answered = answer_holds(held, approval, release, preparers, asked)
            differing = _all_confirmed(held, held_as_shown, writing, active_config, approval)
            if any(hold.reason in _BINDING for hold in held.reasons):
                answered = dataclasses.replace(
                    answered,
                    destination=dataclasses.replace(
                        answered.destination,
                        bound_project=held.destination.project or answered.destination.bound_project,
                    ),
                )
            absent = _represented(writing, approval.author, approval.at)
            answered = dataclasses.replace(answered, approval=dataclasses.replace(answered.approval, deputy_for=absent))
            drafted = reevaluate(answered, active_config, invoices, writing, approval.at)
            keep_contents(writing, drafted)
            for name in filter(None, map(remembered_as, held.reasons)):
                writing.set_property(name, approval.at.isoformat())
            after = _record_approval(writing, held, drafted.submission, approval, differing)
            if turn_of(after) not in {"", turn_of(held)}:  # the first of two people, who asks for the second
                _tell_of_turn(writing, after)
            answers = after.answers[len(held.answers) :]
            return after, tuple(each for each in held.reasons if each.reason in {one.reason for one in answers})
    refuse_unless_shown(held, approval.label)
    raise AssertionError("what is held under its label was answered")


def _all_confirmed(
    held: Submission, shown: Submission, reading: Reading, active_config: ActiveConfig, approval: Approval
) -> dict[str, Any]:
    """Returns the detail of an entry that names each part that differs from the last confirmed mail; all are checked.

    ``shown`` is ``held`` as the person saw it. Raises NotAllowed ``differences_unconfirmed`` with the number of each
    other part, which follow the conditions, then ``reasons_unconfirmed`` with those of the reasons, which come last.
    """
    likeness = find_likeness(held, reading, active_config)
    differing = likeness.to_confirm(held) if likeness else ()
    first = 1 + len(held.composed.conditions)
    left = {at: each.part for at, each in enumerate(differing, first) if each.mark not in approval.differences}
    if likeness is not None and left:
        numbers = " ".join(map(str, left))
        parts = " ".join(left.values())
        raise NotAllowed(
            "differences_unconfirmed", id=str(held.id), numbers=numbers, parts=parts, day=likeness.day_text
        )
    if open_reasons := unchecked(shown, approval.reasons):
        numbers = " ".join(str(first + len(differing) + at) for at, _ in open_reasons)
        reasons = " ".join(hold.reason.value for _, hold in open_reasons)
        raise NotAllowed("reasons_unconfirmed", id=str(held.id), numbers=numbers, reasons=reasons)
    if likeness is None or not differing:
        return {}
    return {"unlike": likeness.earlier.id, "differing": [each.part.value for each in differing]}


def _record_approval(
    writing: Writing, before: Submission, judged: Submission, approval: Approval, differing: Mapping[str, Any]
) -> Submission:
    author = approval.author
    given = {each.reason for each in judged.answers[len(before.answers) :]}
    detail: dict[str, Any] = {
        "answered": [hold.reason.value for hold in before.reasons if hold.reason in given],
        "draft": before.composed.draft_hash,
        "label": ASKED if approval.is_asked else before.label,
        "note": approval.note,
        **_for_absent(judged.approval.deputy_for),
    }
    if judged.approval.ticked:
        detail["ticked"] = list(judged.approval.ticked)
    detail.update(differing)
    if judged.follow_ups.duties.is_amended and (amended := find_amended(judged, writing)) is not None:
        detail["amends"] = amended.id
    if judged.state is not State.HANDED_OVER:
        return writing.change(Event.APPROVED, before, judged, author, detail)
    # This rule mails nothing: the answers are recorded, and the task to submit it by hand opens.
    held = writing.change(
        Event.APPROVED, before, dataclasses.replace(judged, state=State.HELD, reasons=()), author, detail
    )
    return writing.change(
        Event.REDRAFTED,
        held,
        dataclasses.replace(held, state=State.HANDED_OVER),
        author,
        {"channel": judged.destination.channel},
    )


def request_approval(store: Store, number: int, label: str, author: Author, now: dt.datetime) -> Submission:
    """States that a person confirmed the draft that was shown, and asks another person to approve it.

    Raises NotAllowed as ``refuse_unless_shown``, and if an approval could not release the draft.
    """
    with store.writing() as writing:
        before = writing.submission(number)
        refuse_unless_shown(before, label)
        _refuse_unanswerable(before)
        if before.composed.draft is None:
            raise NotAllowed("no_draft", id=str(number))
        if match_key(before.approval.asker_of(before.composed.draft_hash)) == match_key(author.by):
            raise NotAllowed("requested_before", id=str(number))
        asked = _names(fitting_approvers(store, before, author.by, now, only_present=True))
        detail = {"label": before.label, **({"asked": list(asked)} if asked else {})}
        after = writing.change(Event.REQUESTED, before, _requested(before, author, now, asked), author, detail)
        _tell_of_turn(writing, after)
        return after


def _tell_of_turn(writing: Writing, after: Submission) -> None:
    """Raises the alarm that it is another person's turn, if there is a person to mail."""
    if any(each.mail for each in writing.accounts()):
        writing.raise_alarm(AlarmCause.TURN, [after.id], turn_of(after))


def fitting_approvers(
    store: Store, submission: Submission, asker: str, now: dt.datetime, *, only_present: bool
) -> tuple[Account, ...]:
    """Returns the approvers who can answer the request of ``asker``, of those who are not away if ``only_present``."""
    today = japanese_day(now)
    needs_second = Reason.SECOND_PERSON in _reasons_of(submission)
    others = {match_key(asker), *(preparers_of(store, submission) if needs_second else ())}
    return tuple(
        each
        for each in store.accounts()
        if match_key(each.name) not in others
        and (each.may_act(Right.DECIDE, today) if only_present else each.may(Right.DECIDE, today))
    )


def _names(accounts: Sequence[Account]) -> tuple[str, ...]:
    return tuple(each.name for each in accounts)


def _requested(before: Submission, author: Author, now: dt.datetime, asked: tuple[str, ...]) -> Submission:
    """Returns ``before`` as confirmed by ``author``; the hold for the second person names the first."""
    named = Hold.of(Reason.SECOND_PERSON, "asked", by=author.by)
    return dataclasses.replace(
        before,
        reasons=tuple(named if each.reason is Reason.SECOND_PERSON else each for each in before.reasons),
        approval=dataclasses.replace(
            before.approval, requested=Requested(author.by, now, before.composed.draft_hash, asked)
        ),
    )


def preparers_of(store: Store, submission: Submission) -> frozenset[str]:
    """Returns the people who brought or prepared ``submission``, as ``match_key`` folds them: none can be its second.

    A person who asked for the correction prepared it, and so did one who changed its project or its issuer, or brought
    one of its files. A file from a shared folder was brought by an unknown person, and excludes no one.
    """
    draft = submission.composed.draft
    files = {submission.notice.pdf_sha256, *(each.sha256 for each in (draft.attachments if draft else ()))} - {None}
    project = submission.destination.project
    entries = [each for each in store.entries(submission.id) if each.event in _PREPARED_BY]
    for each in store.entries(events=PREPARING):
        is_of_project = project is not None and project in {each.detail.get("project"), each.detail.get("later")}
        is_of_issuer = submission.destination.issuer is not None and (
            submission.destination.issuer == each.detail.get("issuer")
        )
        if is_of_project or is_of_issuer or each.detail.get("sha256") in files:
            entries.append(each)
    return frozenset(match_key(each.by) for each in entries if each.by != PROGRAM)


def send_back(store: Store, number: int, author: Author, why: str, now: dt.datetime) -> Submission:
    """Sends a held draft back to the people who prepared it: an approval or a change ends that.

    Raises NotAllowed in any other state.
    """
    return _return(store, number, State.HELD, author, why, now)


def stop_sending(store: Store, number: int, author: Author, why: str, now: dt.datetime) -> Submission:
    """Stops an approved mail before it leaves: it is held until a person approves it once more.

    Raises NotAllowed in any other state; a mail whose sending began cannot be stopped.
    """
    return _return(store, number, State.APPROVED, author, why, now)


def _return(store: Store, number: int, state: State, author: Author, why: str, now: dt.datetime) -> Submission:
    with store.writing() as writing:
        before = writing.submission(number)
        _check(before, Event.RETURNED, State.HELD)
        if before.state is not state:
            raise NotAllowed("not_in_this_state", id=str(number), state=before.state.value, event=Event.RETURNED.value)
        at = now.replace(microsecond=0)
        returned = Returned(author.by, at, why, before.composed.draft_hash)
        standing = before.approval.returned
        if Reason.RETURNED in _reasons_of(before) and standing and dataclasses.replace(standing, at=at) == returned:
            return before  # the same form, sent twice
        others = [each for each in before.reasons if each.reason not in _TAKEN_BACK | {Reason.RETURNED}]
        if before.composed.draft is not None:
            others.append(Hold(Reason.APPROVAL))
        others.append(hold_of_return(returned))
        if Reason.SECOND_PERSON in _reasons_of(before) | {each.reason for each in before.answers}:
            others.append(Hold(Reason.SECOND_PERSON))
        after = dataclasses.replace(
            before,
            state=State.HELD,
            reasons=tuple(others),
            # No approval of this draft stands any more, and its second person is asked once more.
            answers=tuple(each for each in before.answers if each.reason not in _TAKEN_BACK),
            approval=dataclasses.replace(
                before.approval,
                returned=returned,
                requested=None,
                deputy_for=(),
                due_at=None,
                release="",
                release_account="",
                released_draft="",
            ),
        )
        detail = {**({"why": why} if why else {}), **_for_absent(_represented(writing, author, now))}
        done = writing.change(Event.RETURNED, before, after, author, detail)
        _tell_of_turn(writing, done)
        return done


def record_done(
    store: Store, number: int, author: Author, note: str, what: int | None = None
) -> tuple[Submission, Told | Receipt]:
    """Records the duty number ``what`` (from 1) as done; returns the submission and the duty.

    The duties are those of ``duties.after``, followed by the reports that wait to be acknowledged. Without ``what`` the
    only duty left is meant. Raises NotAllowed if the submission has not left, if there is no such duty, if it is done
    already, or if several are left and none is named.
    """
    with store.writing() as writing:
        before = writing.submission(number)
        if before.state not in _DUTIES_IN and not before.delivery.unread:
            raise NotAllowed("not_in_this_state", id=str(number), state=before.state.value, event=NoteEvent.DONE.value)
        duty = choose_follow_up(before, what)
        if isinstance(duty, Receipt):
            changes: dict[str, Any] = {"unread": tuple(each for each in before.delivery.unread if each != duty)}
            writing.note(NoteEvent.DONE, number, author, {"done": receipt_detail(duty), "note": note}, changes)
        else:
            writing.note(
                NoteEvent.DONE, number, author, {"done": duty, "note": note}, {"done": (*before.follow_ups.done, duty)}
            )
        return writing.submission(number), duty


def choose_follow_up(submission: Submission, what: int | None) -> Told | Receipt:
    """Returns the duty after sending with the number ``what`` (from 1), or the only one left. Raises NotAllowed.

    Reports that came back are numbered after the rule's duties.
    """
    duties: tuple[Told | Receipt, ...] = (*submission.follow_ups.duties.after, *submission.delivery.unread)
    left = [(at, duty) for at, duty in enumerate(duties, 1) if duty not in submission.follow_ups.done]
    number, listed = str(submission.id), [Numbered(at, duty) for at, duty in left]
    if what is not None and not 1 <= what <= len(duties):
        raise NotAllowed("no_such_duty", id=number, what=str(what), duties=listed or "-")
    if what is not None and duties[what - 1] in submission.follow_ups.done:
        raise NotAllowed("duty_done", id=number, duty=duties[what - 1])
    if what is not None:
        return duties[what - 1]
    if not left:
        raise NotAllowed("no_duty_left", id=number)
    if len(left) > 1:
        raise NotAllowed("which_duty", id=number, duties=listed)
    return left[0][1]


def withdraw(store: Store, number: int, author: Author, why: str) -> Submission:
    """End a submission that has not left; the reason is kept."""
    return _decide(store, number, Event.WITHDRAWN, author, {"why": why}, _without_reasons)


def held_of_mail(store: Store, number: int) -> tuple[int, ...]:
    """Returns the ids that wait for a person among those of the same mail. Raises NotAllowed without a mail."""
    mail = store.submission(number).source.mail_sha256
    if mail is None:
        raise NotAllowed("of_no_mail", id=str(number))
    waiting = store.submissions(State.HELD, State.ANNOUNCED)
    return tuple(each.id for each in waiting if each.source.mail_sha256 == mail)


def hand_over(store: Store, number: int, author: Author, note: str) -> Submission:
    """State that it is, or will be, handed in another way than by this program."""
    return _decide(store, number, Event.HANDED_OVER, author, {"note": note}, _without_reasons)


def confirm(store: Store, number: int, author: Author, note: str, at: dt.datetime | None, whom: str = "") -> Submission:
    """State that the issuer's section has it: how, when, and by the word of ``whom`` there."""
    return _answered(store, number, Event.CONFIRMED, author, note, at, whom)


def report_not_accepted(
    store: Store, number: int, author: Author, note: str, at: dt.datetime | None, whom: str = ""
) -> Submission:
    """State that the issuer has not received it, or sends it back."""
    return _answered(store, number, Event.NOT_ACCEPTED, author, note, at, whom)


def _answered(
    store: Store, number: int, event: Event, author: Author, note: str, at: dt.datetime | None, whom: str
) -> Submission:
    named = counterpart_line(whom)
    detail = {"note": with_counterpart(named, note), "confirmed_at": _time(at), **({"whom": named} if named else {})}
    with store.writing() as writing:
        before = writing.submission(number)
        state = _check(before, event)
        remember_counterpart(writing, before, named)
        return writing.change(event, before, dataclasses.replace(_all_read(before), state=state), author, detail)


def note_not_reached(
    store: Store, number: int, author: Author, note: str, call_again: dt.datetime | None, whom: str = ""
) -> Submission:
    """Records a call at which the issuer's person was away, and when to call again."""
    named = counterpart_line(whom)
    with store.writing() as writing:
        before = writing.submission(number)
        _check(before, Event.CONFIRMED)
        remember_counterpart(writing, before, named)
        told = {"whom": named} if named else {}
        detail = {"note": with_counterpart(named, note), "call_again": _time(call_again), **told}
        writing.note(NoteEvent.NOT_REACHED, number, author, detail, {"call_again": call_again})
        return writing.submission(number)


def note_memo(
    store: Store, number: int, author: Author, text: str, now: dt.datetime, next_look: dt.date | None = None
) -> Submission:
    """Records a memo of one line; with ``next_look`` its tasks rest until that day, deadlines excepted.

    Raises NotAllowed for a text that is empty, too long or on several lines.
    """
    line = memo_line(text)
    with store.writing() as writing:
        before = writing.submission(number)
        memo = Memo(line, author.by, now, before.state, next_look)
        detail = {"note": line, "next_look": next_look.isoformat() if next_look else None}
        writing.note(NoteEvent.NOTED, number, author, detail, {"memo": memo})
        return writing.submission(number)


def correct(
    store: Store, number: int, author: Author, why: str, now: dt.datetime, what: int | None = None
) -> Submission:
    """Takes back a confirmation, or with ``what`` a duty that was recorded as done.

    Raises NotAllowed if there is none, or without a reason later than CORRECTED_FREELY after the record.
    """
    with store.writing() as writing:
        before = writing.submission(number)
        if what is not None:
            return _correct_done(store, writing, before, author, why, now, what)
        target, entry, unread = _before_confirmation(store, before)
        _refuse_without_reason(before, entry, why, now)
        _check(before, Event.CONFIRMATION_CORRECTED, target)
        came_back = tuple(each for each in before.delivery.receipts if (each.kind.value, each.at) in unread)
        news = tuple(dict.fromkeys((*came_back, *before.delivery.unread)))
        after = dataclasses.replace(before, state=target, delivery=dataclasses.replace(before.delivery, unread=news))
        return writing.change(Event.CONFIRMATION_CORRECTED, before, after, author, {"why": why} if why else {})


def _before_confirmation(
    store: Store, confirmed: Submission
) -> tuple[State, Entry, frozenset[tuple[str, dt.datetime]]]:
    """Returns the state before the last confirmation, its entry, and kind and moment of the reports unread then."""
    state, unread = State.CONFIRMED, cast("Sequence[Mapping[str, str]]", ())
    found = None
    for entry in store.entries(confirmed.id):
        if entry.event == Event.CONFIRMED:
            found = state, entry, frozenset((each["kind"], dt.datetime.fromisoformat(each["at"])) for each in unread)
        state = State(entry.set.get("state", state))
        unread = entry.set.get("unread", unread)
    if found is None or confirmed.state is not State.CONFIRMED:
        raise NotAllowed("nothing_to_correct", id=str(confirmed.id))
    return found


def _correct_done(
    store: Store, writing: Writing, before: Submission, author: Author, why: str, now: dt.datetime, what: int
) -> Submission:
    duties = before.follow_ups.duties.after
    duty = duties[what - 1] if 1 <= what <= len(duties) else None
    if duty is None or duty not in before.follow_ups.done:
        raise NotAllowed("nothing_to_correct", id=str(before.id))
    recorded = duty if isinstance(duty, str) else duty.plain()
    done = [each for each in store.entries(before.id) if each.event == NoteEvent.DONE]
    entries = [each for each in done if each.detail.get("done") == recorded] or done
    _refuse_without_reason(before, entries[-1], why, now)
    left = tuple(each for each in before.follow_ups.done if each != duty)
    detail = {"done": duty, **({"why": why} if why else {})}
    writing.note(NoteEvent.DONE_CORRECTED, before.id, author, detail, {"done": left})
    return writing.submission(before.id)


def _refuse_without_reason(before: Submission, entry: Entry, why: str, now: dt.datetime) -> None:
    if not why.strip() and not may_correct_freely(entry, now):
        raise NotAllowed("why_needed", id=str(before.id), minutes=str(int(CORRECTED_FREELY.total_seconds() // 60)))


def may_correct_freely(entry: Entry, now: dt.datetime) -> bool:
    """Returns whether the record of ``entry`` is so new that it is taken back without a reason."""
    return abs(now - entry.at) < CORRECTED_FREELY


def resolve_sent(store: Store, number: int, author: Author, now: dt.datetime) -> Submission:
    """State that a submission in doubt did leave."""

    def left(before: Submission) -> Submission:
        _refuse_while_answer_may_come(before, now)
        return dataclasses.replace(before, delivery=dataclasses.replace(before.delivery, sent_at=now))

    detail = _for_absent(_represented(store, author, now))
    return _decide(store, number, Event.CONFIRMED_SENT, author, detail, left)


def resolve_not_sent(
    store: Store, active_config: ActiveConfig, invoices: InvoiceSnapshot, number: int, author: Author, now: dt.datetime
) -> Submission:
    """State that a submission in doubt did not leave: it is held, and goes again only when approved."""
    with store.writing() as writing:
        before = writing.submission(number)
        _refuse_while_answer_may_come(before, now)
        stated = dataclasses.replace(
            before,
            delivery=dataclasses.replace(
                before.delivery,
                not_sent=before.delivery.not_sent + 1,
                late_answer="",
                silent="",
                deferrals=0,
                letter_sha256=None,
            ),
            approval=dataclasses.replace(before.approval, released_draft=""),
        )
        drafted = reevaluate(stated, active_config, invoices, writing, now)
        keep_contents(writing, drafted)
        _check(before, Event.CONFIRMED_NOT_SENT, State.HELD)
        detail = _for_absent(_represented(writing, author, now))
        return writing.change(Event.CONFIRMED_NOT_SENT, before, drafted.submission, author, detail)


def join(store: Store, number: int, answers: Sequence[int], author: Author) -> Submission:
    """State that the announcement ``number`` announced the notices of these submissions; it ends and names them.

    Raises NotAllowed if it no longer awaits a notice, or if one of them is no notice of its guarantor.
    """
    with store.writing() as writing:
        before = writing.submission(number)
        _check(before, Event.NOTICE_READ, State.HELD)
        notices = [writing.submission(each) for each in dict.fromkeys(answers)]
        for each in notices:
            if (
                each.notice.pdf_sha256 is None
                or each.notice.refusal is not None
                or each.notice.guarantor != before.notice.guarantor
            ):
                raise NotAllowed("not_its_notice", id=str(number), other=str(each.id))
        return end_announcement(writing, before, notices, author)


def end_announcement(
    writing: Writing, announcement: Submission, answers: Sequence[Submission], author: Author
) -> Submission:
    """End ``announcement`` for what it announced, and name it with each of ``answers``."""
    for each in answers:
        note_announced(
            writing, each, announcement.source.announced, NoteEvent.JOINED, author, {"announcement": announcement.id}
        )
    numbers = tuple(each.id for each in answers)
    ended = dataclasses.replace(announcement, state=State.WITHDRAWN, joined=numbers)
    return writing.change(Event.WITHDRAWN, announcement, ended, author, {"joined": list(numbers)})


def note_announced(
    writing: Writing,
    submission: Submission,
    announced: Announced | None,
    event: NoteEvent,
    author: Author,
    detail: Mapping[str, Any],
) -> None:
    """Records an entry that names the announcement of ``submission``; kept with it unless known or at the server.

    The sender of the mail compares the row with its content at the beginning, so it must not change meanwhile.
    """
    is_news = announced is not None and submission.source.announced is None and submission.state not in _AT_THE_SERVER
    writing.note(event, submission.id, author, detail, {"announced": announced} if is_news else None)


def resend(
    store: Store,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    number: int,
    author: Author,
    why: str,
    now: dt.datetime,
) -> Submission:
    """Open a correction of a submission that left, was refused, handed over or withdrawn: a new, linked one."""
    with store.writing() as writing:
        old = writing.submission(number)
        if old.state not in RESENDABLE or old.notice.pdf_sha256 is None or old.notice.refusal is not None:
            raise NotAllowed("not_resendable", id=str(number), state=old.state.value)
        line = writing.by_pdf(old.notice.pdf_sha256)
        waiting = [each.id for each in line if each.state not in RESENDABLE]
        if waiting:
            raise NotAllowed("correction_waits", id=str(number), other=str(waiting[0]))
        fresh = Submission(
            id=0,
            state=State.HELD,
            source=Source(
                old.source.came_by,
                old.source.source_name,
                old.source.source_message_id,
                old.source.mail_sha256,
                proven=True,  # a named person asks for it
            ),
            notice=old.notice,
            destination=Destination(bound_project=old.destination.bound_project),
            corrects=old.id,
            correction=max(each.correction for each in line) + 1,
        )
        drafted = reevaluate(fresh, active_config, invoices, writing, now)
        keep_contents(writing, drafted)
        detail = {"corrects": old.id, "why": why, **_for_absent(_represented(writing, author, now))}
        return writing.create(Event.NOTICE_READ, drafted.submission, author, detail)


def resume(store: Store, author: Author) -> None:
    """State that this database is the one to continue with, even if head, secret or witness disagree."""
    signs = find_signs(store)
    try:
        noted: object = list(store.marked_head() or ())
    except LogBroken as unreadable:  # this is the command that rewrites it
        noted = unreadable.code
    with store.writing() as writing:
        writing.note(NoteEvent.RESUMED, None, author, {"noted_head": noted, "signs": list(signs)})
        writing.set_property(RESTORED_AT, "")
        writing.set_property(FOREIGN_MAIL, "")
    store.mark_head()
    store.note_secret()
    store.keep_witness()


# --- What they share -----------------------------------------------------------------------------------------


def _represented(reading: Reading, author: Author, now: dt.datetime) -> tuple[str, ...]:
    """Returns the approvers who are away and whose deputy the author is."""
    return represented_by(reading.accounts(), author.by, japanese_day(now))


def _for_absent(names: Sequence[str]) -> dict[str, Any]:
    """Returns the detail by which an entry names those for whom its person decided as their deputy."""
    return {"deputy_for": list(names)} if names else {}


def _decide(
    store: Store,
    number: int,
    event: Event,
    author: Author,
    detail: Mapping[str, Any],
    change: Callable[[Submission], Submission] = lambda before: before,
) -> Submission:
    with store.writing() as writing:
        before = writing.submission(number)
        state = _check(before, event)
        return writing.change(event, before, dataclasses.replace(change(before), state=state), author, detail)


def _check(before: Submission, event: Event, target: State | None = None) -> State:
    try:
        return next_state(before.state, event, target)
    except IllegalEvent as illegal:
        raise NotAllowed(
            "not_in_this_state", id=str(before.id), state=before.state.value, event=event.value
        ) from illegal


def _refuse_while_answer_may_come(submission: Submission, now: dt.datetime) -> None:
    """Raises NotAllowed while the server may still answer: a decision now and a later 250 would be two mails.

    A rehearsal in doubt is never resolved by a person: the issuer has nothing in any case, and the worker ends it
    itself.
    """
    if submission.state is State.IN_DOUBT and submission.is_rehearsal:
        raise NotAllowed("rehearsal_in_doubt", id=str(submission.id))
    begun = submission.updated_at
    if (
        submission.state is State.IN_DOUBT
        and not submission.delivery.silent
        and begun
        and now - begun < ANSWER_MAY_COME
    ):
        raise NotAllowed(
            "answer_may_come", id=str(submission.id), minutes=str(int(ANSWER_MAY_COME.total_seconds() // 60))
        )


def _without_reasons(before: Submission) -> Submission:
    return dataclasses.replace(before, reasons=(), approval=dataclasses.replace(before.approval, due_at=None))


def _all_read(before: Submission) -> Submission:
    """Marks all reports as read: a person who states what the issuer has must have read them."""
    return dataclasses.replace(before, delivery=dataclasses.replace(before.delivery, unread=()))


def _time(at: dt.datetime | None) -> str | None:
    return at.isoformat() if at else None


def refuse_unless_shown(submission: Submission, label: str) -> None:
    """Raises NotAllowed if ``submission`` is not held, or if ``label`` belongs to another draft or other reasons.

    ``label`` is the whole label that was shown, as ``Submission.label`` gives it, in upper or lower case.
    """
    if submission.state is not State.HELD:
        by = submission.approval.release if submission.approval.release_account else ""
        raise NotAllowed("not_held", id=str(submission.id), state=submission.state.value, by=by)
    if not label:
        raise NotAllowed("label_missing", id=str(submission.id))
    if fold_label(label) != submission.label:
        raise NotAllowed("draft_differs", id=str(submission.id), now=submission.label)


def _refuse_unanswerable(submission: Submission) -> None:
    """Raises NotAllowed if a reason is open that no approval answers."""
    blocking = [hold for hold in submission.reasons if kind_of(hold.reason) is not HoldKind.ANSWER]
    if blocking:
        raise NotAllowed(
            "not_answerable", id=str(submission.id), reasons=" ".join(hold.reason.value for hold in blocking)
        )


def _reasons_of(submission: Submission) -> frozenset[Reason]:
    return frozenset(hold.reason for hold in submission.reasons)


def is_second(submission: Submission, by: str, preparers: frozenset[str]) -> bool:
    """Returns whether ``by`` can be the second person: another confirmed the draft, and ``by`` did not prepare it."""
    asker = match_key(submission.approval.asker_of(submission.composed.draft_hash))
    return bool(asker) and match_key(by) not in {asker, *preparers}


def answer_holds(
    submission: Submission,
    approval: Approval,
    release: Release,
    preparers: frozenset[str] = frozenset(),
    asked: tuple[str, ...] = (),
) -> Submission:
    """Returns ``submission`` with every open reason of kind *answer* answered; re-evaluate it afterwards.

    One approval answers all, and always covers the draft as it is, with the conditions that were ticked. If two people
    release the draft, ``second_person`` stays open unless another person confirmed it before, and this one is none of
    the ``preparers``; the approval of a draft that nobody confirmed confirms it, and requests that of those ``asked``.

    Raises NotAllowed if a reason of another kind is open, if a rehearsal setting still prevents it, if a reason needs a
    note and there is none, if a condition is not ticked, or if only ``second_person`` is open and this is not the
    second person.
    """
    _refuse_unanswerable(submission)
    by = approval.author.by
    needs_second = Reason.SECOND_PERSON in _reasons_of(submission)
    is_last = not needs_second or is_second(submission, by, preparers)
    asker = submission.approval.asker_of(submission.composed.draft_hash)
    if not is_last and asker and _reasons_of(submission) == {Reason.SECOND_PERSON}:
        raise NotAllowed("not_second", id=str(submission.id), by=by, asker=asker)
    reasons = {hold.reason for hold in submission.reasons}
    if Reason.REHEARSED in reasons and release.rehearsal_to is not None:
        raise NotAllowed("still_rehearsing", id=str(submission.id))
    if not approval.note.strip() and reasons & NEED_NOTE:
        raise NotAllowed("note_needed", id=str(submission.id), reasons=" ".join(sorted(reasons & NEED_NOTE)))
    place = (submission.destination.project or "", submission.destination.section, submission.composed.attachments)
    given = (approval.author.by, approval.author.account, approval.at, approval.note)
    answers = [
        Answer(hold.reason, hold.params, *given, target_of(hold, *place))
        for hold in submission.reasons
        if hold.reason not in OF_THE_DRAFT | {Reason.SECOND_PERSON}
    ]
    if submission.composed.draft_hash:
        approved = Params(draft=submission.composed.draft_hash)
        seconded = {Reason.SECOND_PERSON} if needs_second and is_last else set()
        answers += [Answer(reason, approved, *given) for reason in sorted(OF_THE_DRAFT | seconded)]
    if not is_last and not asker:
        submission = _requested(submission, approval.author, approval.at, asked)
    return dataclasses.replace(
        submission,
        answers=(*submission.answers, *answers),
        approval=dataclasses.replace(
            submission.approval,
            ticked=_all_ticked(submission, approval.ticked),
            # This draft is approved: an approval of an earlier one no longer makes it "changed".
            released_draft="",
            due_at=None,
        ),
    )


def _all_ticked(submission: Submission, ticked: Sequence[str]) -> tuple[str, ...]:
    """Returns the conditions of the draft. Raises NotAllowed ``conditions_unticked``, with each that is not ticked.

    Each approval ticks them again, because the documents may have changed since last week.
    """
    conditions = submission.composed.conditions
    if any(condition not in ticked for condition in conditions):
        numbered = " ".join(f"{at}. {each}" for at, each in enumerate(conditions, 1) if each not in ticked)
        raise NotAllowed("conditions_unticked", id=str(submission.id), conditions=numbered)
    return conditions
