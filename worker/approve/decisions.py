"""A person's decisions: approve, withdraw, resolve, confirm, hand over, join, record as done, resend, resume.

Its one promise: each compares and sets in one transaction, and the entry holds the name as given and the account
that ran the command; what the states, the reasons or the draft do not allow changes nothing. The invoices are
given as one look found them (``pipeline/decide.py`` looks). It does not know the command line.

Longer than other files: every way in which a person changes a submission is read together.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from worker.approve.decisions import choose_follow_up
from worker.approve.reevaluate import ActiveConfig, Drafted, draft_submission
from worker.approve.release import answer_holds, evidence_of_mail, is_weighed, refuse_unless_shown
from worker.audit.sent_log import receipt_detail
from worker.compose.checks import remembered_as
from worker.core.errors import LogBroken, NotAllowed
from worker.core.message_id import old_message_id
from worker.core.model import INVOICE_TITLES, Announced, Hold, Receipt, Submission
from worker.core.params import Told
from worker.core.states import Event, IllegalEvent, NoteEvent, Reason, State, next_state
from worker.match.duplicates import find_amended, find_later
from worker.store.ports import FOREIGN_MAIL, RESTORED_AT, Author, Reading, Store, Writing
from worker.store.signs import find_signs
from worker.watch.ports import InvoiceSnapshot

ANSWER_MAY_COME: Final = dt.timedelta(minutes=45)
"""How long after the body began an answer can still arrive: 30 minutes for a body on the slowest line, 10 for the
answer to the final dot (RFC 5321 §4.5.3.2.6). Before that, only the worker's own word ends the wait."""

RESENDABLE: Final = frozenset(
    {State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED, State.CONFIRMED, State.BOUNCED}
    | {State.REFUSED, State.HANDED_OVER, State.WITHDRAWN}
)
ASKED: Final = "asked"
"""In the entry of an approval, in place of the label: it was shown and asked about at a terminal."""
_AT_THE_SERVER: Final = frozenset({State.SENDING, State.IN_DOUBT})
_DUTIES_IN: Final = RESENDABLE - {State.REFUSED, State.WITHDRAWN}
"""What has left or is handed over: what remains to be done afterwards can have been done."""

_LEFT: Final = frozenset({State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED, State.BOUNCED})


def reevaluate(
    submission: Submission,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    reading: Reading,
    now: dt.datetime,
    content: bytes | None = None,
) -> Drafted:
    """``submission`` drafted anew from what is kept of it; ``content`` is its PDF where that is at hand."""
    pdf = submission.pdf_sha256
    notice = reading.notice(pdf) if pdf and submission.refusal is None else None
    bound, amends = None, None
    if notice is not None:
        amends = find_amended(submission, reading)
        bound = submission.bound_project or reading.bound_project(
            notice.guarantor, notice.contract_number, notice.product
        )
        if submission.id:
            submission = dataclasses.replace(submission, superseded_by=find_later(submission, notice, reading))

    def draft(each: Submission) -> Drafted:
        return draft_submission(
            each,
            notice,
            (content or reading.original(pdf)) if pdf and notice else b"",
            active_config,
            invoices,
            reading,
            bound,
            _replaced_mail(each, reading),
            now,
            amends=amends,
        )

    drafted = draft(submission)
    if drafted.submission.state is not State.HELD or submission.late_answer:
        return drafted  # what is about to be sent is compared in that moment
    early = find_early(drafted.submission, reading)
    return draft(dataclasses.replace(submission, late_answer=early)) if early else drafted


def find_early(submission: Submission, reading: Reading) -> str:
    """Detail of MAYBE_SENT for a kept mail about ``submission`` that nobody has answered; empty: none.

    It came before this store knew the mail, by the name that it has, or by the one that 0.1.0 would have given it: then
    an old backup was put back, or the mail is forged.
    """
    draft, pdf = submission.draft, submission.pdf_sha256
    if draft is None or draft.is_rehearsal or pdf is None or submission.product is None:
        return ""
    old = old_message_id(pdf, submission.issuer or "", submission.product, submission.correction, draft.sender)
    for digest in dict.fromkeys((*reading.early_reports(draft.message_id), *reading.early_reports(old))):
        if not is_weighed(submission, digest):
            return evidence_of_mail("early", digest)
    return ""


def _replaced_mail(submission: Submission, reading: Reading) -> str:
    """Message-ID of the mail that a correction replaces: the newest of its line that left, empty where none did."""
    number = submission.corrects
    while number is not None:
        corrected = reading.submission(number)
        has_left = corrected.sent_at is not None or corrected.state in _LEFT
        if has_left and corrected.draft is not None:
            return corrected.draft.message_id
        number = corrected.corrects
    return ""


def keep_contents(writing: Writing, drafted: Drafted) -> None:
    """Keep the body and the attachments that the draft refers to by hash."""
    draft = drafted.submission.draft
    if draft is None:
        return
    kinds = {each.sha256: "document" for each in draft.attachments}
    kinds |= {each.sha256: "invoice" for each in draft.attachments if each.title in INVOICE_TITLES.values()}
    kinds[draft.body_sha256] = "body"
    if drafted.submission.pdf_sha256:
        kinds[drafted.submission.pdf_sha256] = "notice"
    for digest, content in drafted.contents.items():
        writing.keep(kinds[digest], content)


def approve(
    store: Store,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    number: int,
    label: str,
    author: Author,
    note: str,
    now: dt.datetime,
    ticked: Sequence[str] = (),
    *,
    asked: bool = False,
) -> tuple[Submission, tuple[Hold, ...]]:
    """Answer every open reason of ``number``; the submission as it then stands, and what was answered.

    ``label`` is that of the draft and the reasons which ``author`` was shown: typed, or ``asked`` about at a terminal.
    ``ticked`` are the conditions of its draft that ``author`` has checked, word by word.

    Raises NotAllowed; where configuration, register or files give another draft or other reasons by now than were
    shown, that is recorded first, so that it can be looked at.
    """
    with store.writing() as writing:
        held = writing.submission(number)
        refuse_unless_shown(held, label)
        shown = held.label
        fresh = reevaluate(held, active_config, invoices, writing, now)
        if (fresh.submission.draft_hash, fresh.submission.reasons) != (held.draft_hash, held.reasons):
            keep_contents(writing, fresh)
            held = writing.change(Event.REDRAFTED, held, fresh.submission, Author("hoshobin", author.account), {})
        # With the day alone a reason may be told otherwise, or end: the label is the same then.
        if held.state is State.HELD and held.label == shown:
            after = _answer(
                writing, active_config, invoices, held, author, note, now, ticked, ASKED if asked else shown
            )
            return after, held.reasons
    refuse_unless_shown(held, label)
    raise AssertionError("what is held under its label was answered")


def _answer(
    writing: Writing,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    before: Submission,
    author: Author,
    note: str,
    now: dt.datetime,
    ticked: Sequence[str],
    label: str,
) -> Submission:
    release = active_config.configuration.settings.release
    answered = answer_holds(before, author.by, author.account, note, now, release=release, ticked=ticked)
    # Whoever answers either says that this number belongs to the project that was shown.
    binds = any(hold.reason in {Reason.NAME_ONLY, Reason.NUMBER_DIFFERS} for hold in before.reasons)
    bound = before.project if binds else None
    drafted = reevaluate(
        dataclasses.replace(answered, bound_project=bound or answered.bound_project),
        active_config,
        invoices,
        writing,
        now,
    )
    keep_contents(writing, drafted)
    for name in filter(None, map(remembered_as, before.reasons)):
        writing.set_property(name, now.isoformat())
    return _record_approval(writing, before, drafted.submission, author, note, label)


def _record_approval(
    writing: Writing, before: Submission, judged: Submission, author: Author, note: str, label: str
) -> Submission:
    detail: dict[str, Any] = {
        "answered": [hold.reason.value for hold in before.reasons],
        "draft": before.draft_hash,
        "label": label,
        "note": note,
    }
    if judged.ticked:
        detail["ticked"] = list(judged.ticked)
    if judged.duties.is_amended and (amended := find_amended(judged, writing)) is not None:
        detail["amends"] = amended.id
    if judged.state is not State.HANDED_OVER:
        return writing.change(Event.APPROVED, before, judged, author, detail)
    # Nothing is mailed under this rule: the answers are recorded, and the task to hand it in opens.
    held = writing.change(
        Event.APPROVED, before, dataclasses.replace(judged, state=State.HELD, reasons=()), author, detail
    )
    return writing.change(
        Event.REDRAFTED, held, dataclasses.replace(held, state=State.HANDED_OVER), author, {"channel": judged.channel}
    )


def record_done(
    store: Store, number: int, author: Author, note: str, what: int | None = None
) -> tuple[Submission, Told | Receipt]:
    """Record the duty number ``what`` (from 1) as done; the submission and the duty.

    The duties are those of ``duties.after`` and behind them what came back and waits to be taken note of.

    Without ``what`` it is the one that is left. Raises NotAllowed where it has not left, where there is no such duty,
    where it is done already, or where several are left and none is named.
    """
    with store.writing() as writing:
        before = writing.submission(number)
        if before.state not in _DUTIES_IN and not before.unread:
            raise NotAllowed("not_in_this_state", id=str(number), state=before.state.value, event=NoteEvent.DONE.value)
        duty = choose_follow_up(before, what)
        if isinstance(duty, Receipt):
            changes: dict[str, Any] = {"unread": tuple(each for each in before.unread if each != duty)}
            writing.note(NoteEvent.DONE, number, author, {"done": receipt_detail(duty), "note": note}, changes)
        else:
            writing.note(NoteEvent.DONE, number, author, {"done": duty, "note": note}, {"done": (*before.done, duty)})
        return writing.submission(number), duty


def withdraw(store: Store, number: int, author: Author, why: str) -> Submission:
    """End a submission that has not left; the reason is kept."""
    return _decide(store, number, Event.WITHDRAWN, author, {"why": why}, _without_reasons)


def held_of_mail(store: Store, number: int) -> tuple[int, ...]:
    """What waits for a person of the mail that ``number`` came in, by id. Raises NotAllowed where it came in none."""
    mail = store.submission(number).mail_sha256
    if mail is None:
        raise NotAllowed("of_no_mail", id=str(number))
    waiting = store.submissions(State.HELD, State.ANNOUNCED)
    return tuple(each.id for each in waiting if each.mail_sha256 == mail)


def hand_over(store: Store, number: int, author: Author, note: str) -> Submission:
    """State that it is, or will be, handed in another way than by this program."""
    return _decide(store, number, Event.HANDED_OVER, author, {"note": note}, _without_reasons)


def confirm(store: Store, number: int, author: Author, note: str, at: dt.datetime | None) -> Submission:
    """State that the issuer's section has it: who there, when and how."""
    return _decide(store, number, Event.CONFIRMED, author, {"note": note, "confirmed_at": _time(at)}, _all_read)


def report_not_accepted(store: Store, number: int, author: Author, note: str, at: dt.datetime | None) -> Submission:
    """State that the issuer has nothing, or sends it back."""
    return _decide(store, number, Event.NOT_ACCEPTED, author, {"note": note, "confirmed_at": _time(at)}, _all_read)


def resolve_sent(store: Store, number: int, author: Author, now: dt.datetime) -> Submission:
    """State that a submission in doubt did leave."""

    def left(before: Submission) -> Submission:
        _refuse_while_answer_may_come(before, now)
        return dataclasses.replace(before, sent_at=now)

    return _decide(store, number, Event.CONFIRMED_SENT, author, {}, left)


def resolve_not_sent(
    store: Store, active_config: ActiveConfig, invoices: InvoiceSnapshot, number: int, author: Author, now: dt.datetime
) -> Submission:
    """State that a submission in doubt did not leave: it is held, and goes again only when approved."""
    with store.writing() as writing:
        before = writing.submission(number)
        _refuse_while_answer_may_come(before, now)
        stated = dataclasses.replace(
            before,
            not_sent=before.not_sent + 1,
            late_answer="",
            released_draft="",
            silent="",
            deferrals=0,
            letter_sha256=None,
        )
        drafted = reevaluate(stated, active_config, invoices, writing, now)
        keep_contents(writing, drafted)
        _check(before, Event.CONFIRMED_NOT_SENT, State.HELD)
        return writing.change(Event.CONFIRMED_NOT_SENT, before, drafted.submission, author, {})


def join(store: Store, number: int, answers: Sequence[int], author: Author) -> Submission:
    """State that these submissions are of the notices that the announcement ``number`` announced: it ends, naming them.

    Raises NotAllowed where it awaits no notice any more, or where one of them is of no notice of its guarantor.
    """
    with store.writing() as writing:
        before = writing.submission(number)
        _check(before, Event.NOTICE_READ, State.HELD)
        notices = [writing.submission(each) for each in dict.fromkeys(answers)]
        for each in notices:
            if each.pdf_sha256 is None or each.refusal is not None or each.guarantor != before.guarantor:
                raise NotAllowed("not_its_notice", id=str(number), other=str(each.id))
        return end_announcement(writing, before, notices, author)


def end_announcement(
    writing: Writing, announcement: Submission, answers: Sequence[Submission], author: Author
) -> Submission:
    """End ``announcement`` for what it announced, and name it with each of ``answers``."""
    for each in answers:
        note_announced(
            writing, each, announcement.announced, NoteEvent.JOINED, author, {"announcement": announcement.id}
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
    """An entry that says what announced ``submission``, kept with it unless that is known, or it is at the server.

    Whoever sends it compares the row with what it was when the sending began.
    """
    is_news = announced is not None and submission.announced is None and submission.state not in _AT_THE_SERVER
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
        if old.state not in RESENDABLE or old.pdf_sha256 is None or old.refusal is not None:
            raise NotAllowed("not_resendable", id=str(number), state=old.state.value)
        line = writing.by_pdf(old.pdf_sha256)
        waiting = [each.id for each in line if each.state not in RESENDABLE]
        if waiting:
            raise NotAllowed("correction_waits", id=str(number), other=str(waiting[0]))
        fresh = Submission(
            id=0,
            state=State.HELD,
            came_by=old.came_by,
            source_name=old.source_name,
            source_message_id=old.source_message_id,
            mail_sha256=old.mail_sha256,
            proven=True,  # a named person asks for it
            pdf_sha256=old.pdf_sha256,
            guarantor=old.guarantor,
            product=old.product,
            contract_number=old.contract_number,
            notice_name=old.notice_name,
            bound_project=old.bound_project,
            corrects=old.id,
            correction=max(each.correction for each in line) + 1,
        )
        drafted = reevaluate(fresh, active_config, invoices, writing, now)
        keep_contents(writing, drafted)
        return writing.create(Event.NOTICE_READ, drafted.submission, author, {"corrects": old.id, "why": why})


def resume(store: Store, author: Author) -> None:
    """State that the database in place is the one to go on with, whatever head, secret or witness says otherwise."""
    signs = find_signs(store)
    try:
        noted: object = list(store.marked_head() or ())
    except LogBroken as unreadable:  # this is the command that writes it anew
        noted = unreadable.code
    with store.writing() as writing:
        writing.note(NoteEvent.RESUMED, None, author, {"noted_head": noted, "signs": list(signs)})
        writing.set_property(RESTORED_AT, "")
        writing.set_property(FOREIGN_MAIL, "")
    store.mark_head()
    store.note_secret()
    store.keep_witness()


# --- What they share -----------------------------------------------------------------------------------------


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
    """A decision now, and the server's 250 a minute later, would be two mails.

    A rehearsal is nobody's to resolve: however it ended the issuer has nothing, and the worker ends it by itself.
    """
    if submission.state is State.IN_DOUBT and submission.is_rehearsal:
        raise NotAllowed("rehearsal_in_doubt", id=str(submission.id))
    begun = submission.updated_at
    if submission.state is State.IN_DOUBT and not submission.silent and begun and now - begun < ANSWER_MAY_COME:
        raise NotAllowed(
            "answer_may_come", id=str(submission.id), minutes=str(int(ANSWER_MAY_COME.total_seconds() // 60))
        )


def _without_reasons(before: Submission) -> Submission:
    return dataclasses.replace(before, reasons=(), due_at=None)


def _all_read(before: Submission) -> Submission:
    """Whoever says whether the issuer has it has read what came back."""
    return dataclasses.replace(before, unread=())


def _time(at: dt.datetime | None) -> str | None:
    return at.isoformat() if at else None
