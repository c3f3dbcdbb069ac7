"""The page of one submission: everything that is sent, and the decisions on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from worker.approve import decisions, disclose
from worker.approve.checked_reasons import mark_of_hold, reasons_to_check
from worker.approve.counterparts import counterparts_of
from worker.approve.decisions import Approval
from worker.approve.earlier_mail import find_likeness
from worker.console.pictures import (
    SHOWN,
    first_unseen,
    needed_pages,
    papers_shown,
    shown_by_link,
    shown_in_form,
)
from worker.console.visit import Visit, number_in
from worker.core.accounts import Right, represented_by
from worker.core.errors import NotAllowed
from worker.core.messages import (
    name_author,
    name_event,
    name_event_of,
    name_follow_up,
    name_product,
    name_receipt,
    next_step,
)
from worker.core.model import JST, Receipt, ReceiptKind, Submission
from worker.core.params import Params
from worker.core.states import Event, NoteEvent, Reason, State, may_follow
from worker.pipeline import decide
from worker.pipeline.inspect import inspect
from worker.send.rate_limit import leaves_at
from worker.views.review import AMOUNT, Review, name_of_part, review_of, tick_name, ticks_of, ticks_of_parts
from worker.views.today import awaits_approval, way_to_mend, work_of_today

HISTORY: Final = 3
"""Entries of the history that are shown before it is opened."""
WAYS: Final = ("phone", "mail", "counter")
"""How the issuer was asked (``way_…`` in the messages)."""
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "done": ("counter", "post", "mail", "fax", "phone"),
    "handed": ("counter", "post", "form", "fax"),
    "withdraw": ("cancelled", "reissued", "duplicate", "stranger"),
    "return": ("mend_address", "mend_mail", "mend_papers", "mend_project"),
    "resend": ("wrong_address", "wrong_papers", "asked_again"),
}
"""What is pressed beside a free note (``choice_…`` in the messages), by what the note is about."""
_CHOICE_OF_REPORT: Final = "seen"
REPLIES: Final = ("received", "returned", "question")
"""What a reply says (``reply_…`` in the messages)."""
_AN_HOUR: Final = dt.timedelta(hours=1)
_EVENTS_OF_REPLIES: Final = {"received": Event.CONFIRMED, "returned": Event.NOT_ACCEPTED}


def show_submission(visit: Visit) -> Response:
    """The review page."""
    disclose.note_view(visit.store, visit.store.submission(_number(visit)), visit.author, visit.now)
    return _page(visit)


def show_state(visit: Visit) -> Response:
    """The state, once it is another one than ``was``: a page that waits for the sending asks for it and shows it."""
    submission = visit.store.submission(_number(visit))
    if submission.state.value == visit.query.get("was"):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return visit.page("state.html", submission=submission, state=visit.state_of(submission))


def _page(visit: Visit, failed: str = "", status: int = 200, unseen: str = "") -> Response:
    store = visit.store
    submission = store.submission(_number(visit))
    review = _review(visit, submission)
    papers = papers_shown(visit, submission)
    entries = [each for each in store.entries(submission.id) if each.event != NoteEvent.VIEWED]
    found, likeness = _waiting(visit), review.seen.likeness
    waiting = list(dict.fromkeys(number for number, _ in found))
    to_approve = [number for number, is_ready in found if is_ready and number != submission.id]
    place = waiting.index(submission.id) if submission.id in waiting else None
    return visit.page(
        "review.html",
        status,
        review=review,
        likeness=likeness,
        mend=way_to_mend(submission) if visit.may(Right.PREPARE) else None,
        ticks=(*review.ticks, *ticks_of_parts(submission, likeness)),
        submission=submission,
        papers=papers,
        needed=needed_pages(submission, papers),
        shown=visit.form.text(SHOWN) or shown_by_link(visit, submission),
        unseen=unseen,
        hand_in=_hand_in(review, visit),
        near_issuers=_issuers_of(visit, [each.project_id for each in review.seen.near]),
        approvers=tuple(each.name for each in store.accounts() if each.may(Right.DECIDE, visit.today)),
        state=visit.state_of(submission),
        next_step=next_step(submission, visit.lang),
        correction=store.corrections([submission.id]).get(submission.id),
        candidates=_candidates(visit, submission),
        entries=[(each, name_event_of(submission, each, visit.lang)) for each in reversed(entries)],
        history=HISTORY,
        place=place,
        waiting=waiting,
        to_approve=list(dict.fromkeys(to_approve)),
        steps=[name_follow_up(each, visit.lang) for each in submission.follow_ups.duties.instructions],
        brought=store.uploads(submission.notice.pdf_sha256)[-1:] if submission.notice.pdf_sha256 else (),
        receipts=[name_receipt(each, visit.lang) for each in submission.delivery.receipts],
        replies=_replies(submission),
        may_return=may_follow(submission.state, Event.NOT_ACCEPTED),
        counterparts=counterparts_of(store, submission),
        ways=WAYS,
        choices=_choices(submission),
        call_again=_call_again(visit),
        follow_ups=_left_to_do(submission, visit),
        typed=visit.form,
        done=[
            (number, name_follow_up(each, visit.lang))
            for number, each in enumerate(submission.follow_ups.duties.after, start=1)
            if each in submission.follow_ups.done
        ],
        failed=failed,
        leaves=_leaves(visit, submission),
        is_last=(is_last := not _waits_for_second(submission) or _is_second(visit, submission)),
        asked=_asked(visit, submission),
        asker=(asker := submission.approval.asker_of(submission.composed.draft_hash)),
        is_for_another=bool(asker) and not is_last and len(submission.reasons) == 1,
    )


def _issuers_of(visit: Visit, projects: Sequence[str]) -> dict[str, str]:
    """Returns the name of the issuer of each project: two projects of one name differ by it alone."""
    if not projects:
        return {}
    configuration = visit.office.configuration
    return {
        each.id: configuration.issuers[each.issuer].full_name for each in configuration.projects if each.id in projects
    }


def _asked(visit: Visit, submission: Submission) -> str:
    """The request that waits for an answer in a sentence; empty if there is none."""
    requested = submission.approval.requested
    if (
        requested is None
        or submission.state is not State.HELD
        or not submission.approval.asker_of(submission.composed.draft_hash)
    ):
        return ""
    accounts = visit.store.accounts()
    people = [name_author(each, represented_by(accounts, each, visit.today), visit.lang) for each in requested.asked]
    moment = visit.short_moment(requested.at)
    code = "requested_line" if people else "requested_line_alone"
    return visit.say(code, by=requested.by, moment=moment, people=people)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A value that a person types or writes when handing it in."""

    name: str
    value: str
    is_key: bool = False
    """The value is masked; the page of the key shows it, and records that it did."""


def _hand_in(review: Review, visit: Visit) -> list[_Entry]:
    """The values of the submission, and those that the issuer's rule asks for: a FAX number, the fields of a form."""
    submission, read = review.submission, {each.heading: each.read for each in review.comparisons}
    values = (
        ("h_section", submission.destination.receiver),
        ("sheet_phone", submission.destination.section_phone),
        ("h_project", submission.destination.project_name or submission.known_as),
        ("h_contractor", read.get("h_contractor", "")),
        ("h_product", name_product(submission.notice.product, visit.lang)),
        ("h_number", submission.notice.contract_number or ""),
        (AMOUNT, read.get(AMOUNT, "")),
    )
    usual = [_Entry(visit.say(name), value) for name, value in values if value]
    shown = {(each.name, each.value) for each in usual}
    asked = [
        _Entry(
            name_follow_up(title, visit.lang),
            name_follow_up(value, visit.lang),
            is_key=isinstance(value, Params) and value.code == "key_on_notice",
        )
        for title, value in submission.follow_ups.duties.entries
    ]
    return [*usual, *(each for each in asked if (each.name, each.value) not in shown)]


def _leaves(visit: Visit, submission: Submission) -> dt.datetime | None:
    """The moment at which the mail leaves: of an approved one as planned, of a held one if it is approved now."""
    settings = visit.office.settings
    if submission.state is State.APPROVED:
        return leaves_at(submission, settings.hours, visit.now)
    if submission.composed.draft is None:
        return None
    earliest = visit.now + dt.timedelta(seconds=settings.release.grace_seconds)
    moment = max(earliest, submission.follow_ups.duties.opening or earliest)
    return moment if submission.is_rehearsal else settings.hours.next_opening(moment)


def _waits_for_second(submission: Submission) -> bool:
    return any(hold.reason is Reason.SECOND_PERSON for hold in submission.reasons)


def _is_second(visit: Visit, submission: Submission) -> bool:
    return decisions.is_second(submission, visit.person.name, decisions.preparers_of(visit.store, submission))


def _left_to_do(submission: Submission, visit: Visit) -> list[tuple[int, str]]:
    """What is left after sending, numbered as ``done`` takes it."""
    record = submission.follow_ups
    told = [
        (number, name_follow_up(each, visit.lang))
        for number, each in enumerate(record.duties.after, start=1)
        if each not in record.done
    ]
    return told + [
        (number, name_receipt(each, visit.lang))
        for number, each in _unread(submission)
        if each.kind is not ReceiptKind.REPLY
    ]


def _replies(submission: Submission) -> list[tuple[int, Receipt]]:
    """The issuer's replies that wait for a person, numbered as ``done`` takes them."""
    return [(number, each) for number, each in _unread(submission) if each.kind is ReceiptKind.REPLY]


def _unread(submission: Submission) -> Iterator[tuple[int, Receipt]]:
    return enumerate(submission.delivery.unread, start=len(submission.follow_ups.duties.after) + 1)


def _call_again(visit: Visit) -> str:
    """The moment that is offered for the next call: in an hour, or when the office opens after that."""
    moment = visit.office.settings.hours.or_usual().next_opening(visit.now + _AN_HOUR)
    return f"{moment.astimezone(JST):%Y-%m-%dT%H:%M}"


def _review(visit: Visit, submission: Submission) -> Review:
    office = visit.office
    active = office.active_config
    seen, notice = visit.desk.read(
        lambda reader: inspect(submission, active, visit.store, reader, visit.now, visit.lang)
    )
    project = active.register.by_id.get(submission.destination.project) if submission.destination.project else None
    return review_of(seen, notice, project, office.settings.contractor.name)


def _waiting(visit: Visit) -> list[tuple[int, bool]]:
    """The submissions that wait for a person, in the order of the list of work; True for an approval alone."""
    today = work_of_today(visit.store, visit.office.outline, visit.now, visit.viewer)
    rows = [row for group in today.groups for row in group.rows if not row.is_waiting]
    return [
        (row.task.submission, awaits_approval(row.task, visit.viewer))
        for row in rows
        if row.task.submission is not None
    ]


def _to_approve(visit: Visit, but: int) -> list[int]:
    """Those that wait for an approval alone, without this one."""
    return list(dict.fromkeys(number for number, is_ready in _waiting(visit) if is_ready and number != but))


def _candidates(visit: Visit, submission: Submission) -> tuple[Submission, ...]:
    """The notices that an announcement may have announced."""
    if submission.state is not State.ANNOUNCED or submission.notice.guarantor is None:
        return ()
    return visit.store.unannounced(submission.notice.guarantor, 20)


def approve(visit: Visit) -> Response:
    """Approves the draft that was shown, with every box ticked."""
    number, form = _number(visit), visit.form
    before = visit.store.submission(number)
    label = form.text("label")
    likeness = find_likeness(before, visit.store, visit.office.active_config)
    if label == before.label:
        boxes = (*ticks_of(before), *ticks_of_parts(before, likeness))
        left = [tick.text(visit.lang) for tick in boxes if not form.text(tick.name)]
        if left:
            return _page(visit, visit.say("error_ticks", count=len(left), names=left), 422)
    conditions = before.composed.draft.conditions if before.composed.draft else ()
    ticked = tuple(each for each in conditions if form.text(tick_name(each)))
    parts = likeness.to_confirm(before) if likeness else ()
    differences = tuple(each.mark for each in parts if form.text(name_of_part(each)))
    reasons = tuple(mark for each in reasons_to_check(before) if form.text(mark := mark_of_hold(each)))
    pages = shown_in_form(visit, before)
    given = (number, label, visit.author, form.text("note"), visit.now, ticked, differences, reasons)
    approval = Approval(*given, pages=pages)
    try:
        after, _ = visit.desk.read(
            lambda reader: decide.approve(visit.store, visit.office.active_config, reader, approval)
        )
    except NotAllowed as refused:
        if refused.code == "not_held" and label:
            return _page(visit, visit.refusal(refused), 409)
        if refused.code == "draft_differs":
            return _page(visit, _changed_since(visit), 409)
        if refused.code == "page_not_shown":
            return _page(visit, visit.refusal(refused), 422, first_unseen(visit, before, pages))
        return _page(visit, visit.refusal(refused), 422)
    said = "first" if _waits_for_second(after) else "approved"
    if form.text("then") == "next":
        if others := _to_approve(visit, number):
            return visit.go(f"/s/{others[0]}", said)
        return visit.go("/", said)
    return visit.go(f"/s/{after.id}", said)


def request_approval(visit: Visit) -> Response:
    """Confirms the draft that was shown, and asks another person to approve it."""
    try:
        after = decisions.request_approval(
            visit.store, _number(visit), visit.form.text("label"), visit.author, visit.now
        )
    except NotAllowed as refused:
        if refused.code == "draft_differs":
            return _page(visit, _changed_since(visit), 409)
        if refused.code == "no_such_submission":
            raise
        return _page(visit, visit.refusal(refused), 409 if refused.code == "not_held" else 422)
    return visit.go(f"/s/{after.id}", "requested")


def _changed_since(visit: Visit) -> str:
    """The sentence of a stale page, with the last that was recorded of the submission: when, by whom and what."""
    entries = [each for each in visit.store.entries(_number(visit)) if each.event != NoteEvent.VIEWED]
    last = entries[-1]
    return visit.say(
        "error_stale",
        at=visit.short_moment(last.at),
        by=visit.name_author(last.by),
        what=name_event(last.event, visit.lang),
    )


def send_back(visit: Visit) -> Response:
    """Sends the draft back to the people who prepared it."""
    return _decided(
        visit,
        "why",
        lambda why: decisions.send_back(visit.store, _number(visit), visit.author, why, visit.now),
        "returned",
    )


def stop_sending(visit: Visit) -> Response:
    """Stops an approved mail before it leaves; a reason is not asked for, because the time is short."""
    try:
        after = decisions.stop_sending(visit.store, _number(visit), visit.author, visit.form.text("why"), visit.now)
    except NotAllowed as refused:
        if refused.code == "no_such_submission":
            raise
        return _page(visit, visit.refusal(refused), 409)
    return visit.go(f"/s/{after.id}", "stopped")


def withdraw(visit: Visit) -> Response:
    """Ends a submission that has not left."""
    return _decided(visit, "why", lambda why: decisions.withdraw(visit.store, _number(visit), visit.author, why))


def hand_over(visit: Visit) -> Response:
    """Records that it is handed in otherwise."""
    return _decided(visit, "note", lambda note: decisions.hand_over(visit.store, _number(visit), visit.author, note))


def confirm(visit: Visit) -> Response:
    """Records that the issuer has it, that it has not, or that the person there was away."""
    form, number, outcome = visit.form, _number(visit), visit.form.text("outcome")
    whom, given = form.text("whom") or form.text("known"), _noted(visit, "note")
    was_handed_over = visit.store.submission(number).state is State.HANDED_OVER
    if not whom and not given:
        return _page(visit, visit.say("error_note_missing" if was_handed_over else "error_whom_missing"), 422)
    way = visit.say(f"way_{form.text('way')}") if form.text("way") in WAYS else ""
    note = visit.say("way_and_note", way=way, note=given) if way and given else ""
    said = note or way or given
    try:
        if outcome == "later":
            after = decisions.note_not_reached(
                visit.store, number, visit.author, said, _moment(visit, "call_again"), whom
            )
        else:
            act = decisions.report_not_accepted if outcome == "failed" else decisions.confirm
            after = act(visit.store, number, visit.author, said, _moment(visit), whom)
    except NotAllowed as refused:
        return _refused(visit, refused)
    results = {"later": "called", "failed": "not_arrived"}
    return visit.go(f"/s/{after.id}", "handed_in" if was_handed_over else results.get(outcome, "confirmed"))


def answer_reply(visit: Visit) -> Response:
    """Records what the issuer's reply says: it has the mail, it has not or sends it back, or it asks something."""
    number, form, kind = _number(visit), visit.form, visit.form.text("kind")
    if kind not in REPLIES:
        return _page(visit, visit.say("error_choose"), 422)
    words = visit.say(f"reply_{kind}")
    note = visit.say("way_and_note", way=words, note=form.text("note")) if form.text("note") else words
    event = _EVENTS_OF_REPLIES.get(kind)
    try:
        if kind == "question" and not form.text("note"):
            return _page(visit, visit.say("error_question_missing"), 422)
        if event is None or not may_follow(visit.store.submission(number).state, event):
            what = number_in(form.text("what"))
            after, _ = decisions.record_done(visit.store, number, visit.author, note, what)
        else:
            act = decisions.confirm if event is Event.CONFIRMED else decisions.report_not_accepted
            after = act(visit.store, number, visit.author, note, None)
    except NotAllowed as refused:
        return _refused(visit, refused)
    return visit.go(f"/s/{after.id}", "confirmed" if kind == "received" else "recorded")


def _refused(visit: Visit, refused: NotAllowed) -> Response:
    if refused.code == "no_such_submission":
        raise refused
    return _page(visit, visit.refusal(refused), 409 if refused.code == "not_in_this_state" else 422)


def correct(visit: Visit) -> Response:
    """Takes a confirmation or a recorded duty back."""
    what = number_in(visit.form.text("what"))
    try:
        after = decisions.correct(visit.store, _number(visit), visit.author, visit.form.text("why"), visit.now, what)
    except NotAllowed as refused:
        if refused.code == "no_such_submission":
            raise
        return _page(visit, visit.refusal(refused), 409 if refused.code == "nothing_to_correct" else 422)
    return visit.go(f"/s/{after.id}", "corrected")


def note_memo(visit: Visit) -> Response:
    """Records a memo, and the day until which the submission rests."""
    try:
        next_look = visit.day(visit.form.text("next_look"))
        after = decisions.note_memo(
            visit.store, _number(visit), visit.author, visit.form.text("text"), visit.now, next_look
        )
    except NotAllowed as refused:
        if refused.code == "no_such_submission":
            raise
        return _page(visit, visit.refusal(refused), 422)
    return visit.go(f"/s/{after.id}", "recorded")


def record_done(visit: Visit) -> Response:
    """Records a duty as done."""
    what = number_in(visit.form.text("what"))

    def record(note: str) -> Submission:
        return decisions.record_done(visit.store, _number(visit), visit.author, note, what)[0]

    return _decided(visit, "note", record)


def resend(visit: Visit) -> Response:
    """Opens a correction."""

    def record(why: str) -> Submission:
        return visit.desk.read(
            lambda reader: decide.resend(
                visit.store, visit.office.active_config, reader, _number(visit), visit.author, why, visit.now
            )
        )

    return _decided(visit, "why", record)


def resolve(visit: Visit) -> Response:
    """Records whether a submission in doubt had left."""
    outcome = visit.form.text("outcome")
    if outcome not in {"sent", "not_sent"}:
        return _page(visit, visit.say("error_choose"), 422)
    try:
        if outcome == "sent":
            decisions.resolve_sent(visit.store, _number(visit), visit.author, visit.now)
        else:
            visit.desk.read(
                lambda reader: decide.resolve_not_sent(
                    visit.store, visit.office.active_config, reader, _number(visit), visit.author, visit.now
                )
            )
    except NotAllowed as refused:
        return _refused(visit, refused)
    return visit.go(f"/s/{_number(visit)}", "recorded")


def join(visit: Visit) -> Response:
    """Records which notices an announcement announced."""
    answers = [number for each in visit.form.several("answer") if (number := number_in(each)) is not None]
    if not answers:
        return _page(visit, visit.say("error_choose"), 422)
    try:
        decisions.join(visit.store, _number(visit), answers, visit.author)
    except NotAllowed as refused:
        return _refused(visit, refused)
    return visit.go(f"/s/{_number(visit)}", "recorded")


def _decided(visit: Visit, needed: str, decide_it: Callable[[str], Submission], said: str = "recorded") -> Response:
    """Carries out a decision that needs a text; without it, or if it is refused, the page comes again."""
    text = _noted(visit, needed)
    if not text:
        return _page(visit, visit.say(f"error_{needed}_missing"), 422)
    try:
        after = decide_it(text)
    except NotAllowed as refused:
        return _refused(visit, refused)
    return visit.go(f"/s/{after.id}", said)


def _choices(submission: Submission) -> Mapping[str, tuple[str, ...]]:
    """What is pressed beside each note; a report that came back is read, and not handed in."""
    if not any(each.kind is not ReceiptKind.REPLY for each in submission.delivery.unread):
        return CHOICES
    return {**CHOICES, "done": (_CHOICE_OF_REPORT, *CHOICES["done"])}


def _noted(visit: Visit, field: str) -> str:
    """Returns what was pressed and what was typed beside it; empty if it is neither."""
    typed, choice = visit.form.text(field), visit.form.text("choice")
    if choice not in {_CHOICE_OF_REPORT, *(each for several in CHOICES.values() for each in several)}:
        return typed
    words = visit.say(f"choice_{choice}")
    return visit.say("way_and_note", way=words, note=typed) if typed else words


def _number(visit: Visit) -> int:
    return int(visit.params["id"])


def _moment(visit: Visit, field: str = "at") -> dt.datetime | None:
    """The moment that was typed into a field; None if it is empty."""
    return visit.moment(visit.form.text(field))
