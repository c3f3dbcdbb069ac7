"""The preview of a submission and its mail for the person who is to approve it: titled parts of headings and values.

It shows everything that the draft holds; only the key is masked in the pages. Nothing is decided here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from worker.approve.checked_reasons import reasons_to_check
from worker.core.messages import (
    Language,
    hold_detail,
    name_evidence,
    name_follow_up,
    name_hold,
    name_limit,
    name_product,
    name_receipt,
    name_state,
    next_step,
    put,
    say,
)
from worker.core.model import JST, Closing, Draft, Hold, PageText, PdfText, Receipt, Submission, Unreadable
from worker.core.params import Aside
from worker.core.states import Reason, State
from worker.core.text import half_width, hide_codes
from worker.track.overdue import PRESSED
from worker.views.missing_invoice import missing_json, say_missing
from worker.views.tasks import days_over

if TYPE_CHECKING:
    from worker.approve.earlier_mail import ComparedPart, Likeness
    from worker.compose.checks import Check
    from worker.compose.missing_invoice import MissingInvoice
    from worker.match.near_matches import NearMiss

PAGE_LINES: Final = 60
"""Of an attachment's first page: a form or an invoice has some 40; the file itself is available."""

_SHORT_HASH: Final = 8
"""Hexadecimal digits with which two people compare a file over the telephone."""

_BEFORE: Final = (Reason.CONTACT_FIRST, Reason.TIMING)
"""Reasons with a step for a person before it is sent."""


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """A submission with everything that a person checks before approval."""

    submission: Submission
    body: str = ""
    checks: tuple[Check, ...] = ()
    """Every guard with its result; empty without a draft."""
    near: tuple[NearMiss, ...] = ()
    pages: Mapping[str, str] = field(default_factory=dict)
    """The first page of each attachment as text, by its sha256; attachments that were not read are missing."""
    today: dt.date | None = None
    """The present day: a deadline before it has passed."""
    sends_at: dt.datetime | None = None
    """The time of sending, if it waits for the hours of sending."""
    missing: MissingInvoice | None = None
    """Its invoice, if that was not found."""
    likeness: Likeness | None = None
    """The last confirmed mail to its section beside it, as long as it has not left."""


@dataclass(frozen=True, slots=True)
class ViewPart:
    """One titled part; its headings and values are in office words."""

    title: str
    pairs: tuple[tuple[str, str], ...]


def render_view(seen: SubmissionView, lang: Language) -> tuple[ViewPart, ...]:
    """Returns the parts that are not empty, in the order in which a person should check them."""
    parts = (
        ("", _standing(seen, lang)),
        ("h_near", _near(seen.near, lang)),
        ("h_missing", _missing(seen.missing, lang)),
        ("h_mail_sent" if seen.submission.delivery.sent_at else "h_mail", _mail(seen, lang)),
        ("h_pages", _pages(seen, lang)),
        ("h_rule", _rule(seen.submission, lang)),
        ("h_checks", _checks(seen.checks, lang)),
        ("h_conditions", _conditions(seen.submission, lang)),
        ("h_differing", _differing(seen, lang)),
        ("h_to_answer", _to_answer(seen, lang)),
        ("h_download" if seen.submission.notice.product is None else "h_hand_over", _hand_over(seen.submission, lang)),
        ("h_duties", _duties(seen, lang)),
        ("h_receipts", _receipts(seen.submission, lang)),
    )
    laid = ((title, tuple(pair for pair in pairs if pair[1])) for title, pairs in parts)
    return tuple(ViewPart(say(title, lang) if title else "", pairs) for title, pairs in laid if pairs)


_Pairs = Iterator[tuple[str, str]]


def _standing(seen: SubmissionView, lang: Language) -> _Pairs:
    submission = seen.submission
    if over := _days_over(seen):
        yield say("h_deadline", lang), name_limit(submission.follow_ups.duties.deadline, over, lang)
    yield say("h_state", lang), name_state(submission, lang)
    for hold in submission.reasons:
        yield say("h_reason", lang), name_hold(hold, lang)
    yield say("h_next", lang), next_step(submission, lang)
    yield say("h_project", lang), submission.known_as
    yield say("h_product", lang), name_product(submission.notice.product, lang)
    yield say("h_number", lang), submission.notice.contract_number or ""
    yield say("h_section", lang), _section(submission)
    if submission.source.evidence:
        code = "sender_proven" if submission.source.proven else "sender_unproven"
        yield say("h_sender", lang), say(code, lang, evidence=name_evidence(submission.source.evidence, lang))
    moment = seen.sends_at or submission.approval.due_at
    if moment is not None and submission.state is State.APPROVED:
        yield say("h_due", lang), moment.astimezone(JST).strftime("%Y-%m-%d %H:%M:%S")


def _days_over(seen: SubmissionView) -> int:
    submission = seen.submission
    if seen.today is None or submission.state not in PRESSED:
        return 0
    return days_over(submission.follow_ups.duties.deadline, seen.today)


def _section(submission: Submission) -> str:
    return " ".join(filter(None, (submission.destination.receiver, submission.destination.section_phone)))


def _mail(seen: SubmissionView, lang: Language) -> _Pairs:
    submission, draft = seen.submission, seen.submission.composed.draft
    if draft is None:
        return
    yield say("h_from", lang), f"{draft.sender_name} <{draft.sender}>"
    yield say("h_to", lang), _received_by(draft, submission, lang)
    yield say("h_cc", lang), ", ".join(draft.cc)
    yield say("h_subject", lang), draft.subject
    for each in draft.attachments:
        size = say("size_digits", lang, bytes=f"{each.size:,}", digits=each.sha256[:_SHORT_HASH])
        yield say("h_attachments", lang), say("attachment", lang, title=each.title, name=each.filename, size=size)
    (amount, amount_from), (date, date_from) = submission.invoice_amount, submission.invoice_date
    if amount is not None:
        yield say("h_invoice_amount", lang), say(f"amount_{amount_from}", lang, value=f"{amount:,}")
    if date is not None:
        yield say("h_invoice_date", lang), say(f"date_{date_from}", lang, value=date.isoformat())
    yield say("h_body", lang), seen.body


def _received_by(draft: Draft, submission: Submission, lang: Language) -> str:
    """Returns the addresses with the name of their section; a rehearsal goes to no section."""
    whose = "" if draft.is_rehearsal else submission.destination.receiver
    to = ", ".join(draft.to)
    return str(put(Aside(to, whose), lang)) if whose else to


def _pages(seen: SubmissionView, lang: Language) -> _Pairs:
    for each in seen.submission.composed.attachments:
        if each.sha256 in seen.pages:
            yield each.filename, seen.pages[each.sha256] or say("page_empty", lang)


def _rule(submission: Submission, lang: Language) -> _Pairs:
    duties = submission.follow_ups.duties
    yield say("h_file", lang), submission.composed.draft.rule_file if submission.composed.draft else ""
    if duties.rule_hash:
        yield say("h_source", lang), name_follow_up(duties.source, lang) or say("not_written", lang)
        yield say("h_checked_on", lang), _day(duties.checked_on) or say("not_written", lang)
    for key in duties.assumed:
        yield say("h_assumed", lang), say(f"taken_{key}", lang)
    yield say("h_chosen", lang), duties.chosen
    yield say("h_contract", lang), say("amended", lang) if duties.is_amended else ""


def _checks(checks: Sequence[Check], lang: Language) -> _Pairs:
    for check in checks:
        found = str(put([name_hold(hold, lang) for hold in check.holds], lang))
        yield say(f"check_{check.name}", lang), found or say("passed" if check.is_asked else "not_asked", lang)


def _conditions(submission: Submission, lang: Language) -> _Pairs:
    for number, sentence in enumerate(submission.composed.conditions, start=1):
        mark = "ticked" if sentence in submission.approval.ticked else "to_tick"
        yield f"{number}", say(mark, lang, sentence=sentence)


def _differing(seen: SubmissionView, lang: Language) -> _Pairs:
    """Yields each part that a person confirms, numbered after the conditions as ``approve --tick`` takes them."""
    for number, each, sentence in _to_confirm(seen, lang):
        yield f"{number}", say("difference", lang, sentence=sentence, now=each.now, before=each.before)


def _to_confirm(seen: SubmissionView, lang: Language) -> Iterator[tuple[int, ComparedPart, str]]:
    if seen.likeness is None:
        return
    first = 1 + len(seen.submission.composed.conditions)
    for number, each in enumerate(seen.likeness.to_confirm(seen.submission), first):
        yield number, each, say_difference(each, seen.likeness, lang)


def _to_answer(seen: SubmissionView, lang: Language) -> _Pairs:
    """Yields each open reason that a person confirms, numbered after the differences."""
    for number, hold in _reasons(seen):
        yield f"{number}", say("to_tick", lang, sentence=name_hold(hold, lang))


def _reasons(seen: SubmissionView) -> Iterator[tuple[int, Hold]]:
    submission = seen.submission
    if submission.state is not State.HELD:
        return
    differing = seen.likeness.to_confirm(submission) if seen.likeness else ()
    yield from enumerate(reasons_to_check(submission), 1 + len(submission.composed.conditions) + len(differing))


def say_difference(differing: ComparedPart, likeness: Likeness, lang: Language) -> str:
    """Returns the sentence that a person confirms."""
    return say("tick_differs", lang, part=say(f"part_{differing.part}", lang), day=likeness.day_text)


def _hand_over(submission: Submission, lang: Language) -> _Pairs:
    """Yields what a person enters, step by step, if nothing is mailed; titles are the issuer's own."""
    duties = submission.follow_ups.duties
    yield "URL", duties.url
    for number, step in enumerate(duties.instructions, start=1):
        yield f"{number}", name_follow_up(step, lang)
    yield from ((name_follow_up(title, lang), name_follow_up(value, lang)) for title, value in duties.entries)
    for thing in duties.bring:
        yield "□", thing


def _duties(seen: SubmissionView, lang: Language) -> _Pairs:
    submission, duties = seen.submission, seen.submission.follow_ups.duties
    for hold in submission.reasons:
        if hold.reason in _BEFORE:
            yield say("h_before", lang), hold_detail(hold, lang)
    yield say("h_not_before", lang), _day(duties.not_before)
    yield say("h_deadline", lang), name_limit(duties.deadline, _days_over(seen), lang)
    if duties.call_after:
        yield (
            say("h_call", lang),
            " ".join(filter(None, (submission.destination.section_name, submission.destination.section_phone))),
        )
    for sentence in duties.after:
        told = name_follow_up(sentence, lang)
        yield say("h_after", lang), say("done", lang, sentence=told) if sentence in submission.follow_ups.done else told
    if submission.destination.issuer:
        yield say("h_closes", lang), say(f"closes_{Closing(duties.closes).value}", lang, days=duties.settle_days)


def _receipts(submission: Submission, lang: Language) -> _Pairs:
    for each in submission.delivery.receipts:
        yield each.at.astimezone(JST).strftime("%Y-%m-%d %H:%M:%S"), name_receipt(each, lang)


def _missing(missing: MissingInvoice | None, lang: Language) -> _Pairs:
    for line in say_missing(missing, lang) if missing is not None else ():
        yield "", line


def _near(near: Sequence[NearMiss], lang: Language) -> _Pairs:
    for each in near:
        yield f"{each.name} ({each.project_id})", each.differs or say("near_same", lang)


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


# --- For programs --------------------------------------------------------------------------------------------


def view_json(seen: SubmissionView, lang: Language = "ja") -> dict[str, Any]:
    """The fixed fields that ``preview`` and ``show`` add to a submission's own."""
    submission, duties = seen.submission, seen.submission.follow_ups.duties
    return {
        "rule": {
            "file": (submission.composed.draft.rule_file if submission.composed.draft else "") or None,
            "hash": duties.rule_hash or None,
            "source": name_follow_up(duties.source, lang) or None,
            "checked_on": _day(duties.checked_on) or None,
            "chosen": duties.chosen or None,
            "assumed": list(duties.assumed),
            "amended": duties.is_amended,
        },
        "checks": [
            {
                "name": each.name,
                "passed": not each.holds if each.is_asked else None,
                "holds": [hold_json(hold, lang) for hold in each.holds],
            }
            for each in seen.checks
        ],
        "conditions": [
            {"number": number, "sentence": sentence, "ticked": sentence in submission.approval.ticked}
            for number, sentence in enumerate(submission.composed.conditions, start=1)
        ],
        "differences": [
            {"number": number, "part": each.part.value, "now": each.now, "before": each.before}
            for number, each, _ in _to_confirm(seen, lang)
        ],
        "to_answer": [{"number": number, **hold_json(hold, lang)} for number, hold in _reasons(seen)],
        "duties": {
            "before": [hold_detail(hold, lang) for hold in submission.reasons if hold.reason in _BEFORE],
            "not_before": _day(duties.not_before) or None,
            "deadline": _day(duties.deadline) or None,
            "call_after": duties.call_after,
            "phone": submission.destination.section_phone or None,
            "closes": duties.closes,
            "settle_days": duties.settle_days,
            "after": [
                {"sentence": name_follow_up(each, lang), "done": each in submission.follow_ups.done}
                for each in duties.after
            ],
            "url": duties.url or None,
            "instructions": [name_follow_up(each, lang) for each in duties.instructions],
            "entries": [
                {"title": name_follow_up(title, lang), "value": name_follow_up(value, lang)}
                for title, value in duties.entries
            ],
            "bring": list(duties.bring),
        },
        "missing_invoice": missing_json(seen.missing),
        "near_misses": [
            {"project": each.project_id, "name": each.name, "differs": each.differs or None} for each in seen.near
        ],
        "pages": dict(seen.pages),
    }


def receipt_json(receipt: Receipt) -> dict[str, str | None]:
    """One receipt as programs read it."""
    return {
        "kind": receipt.kind.value,
        "at": receipt.at.astimezone(JST).isoformat(),
        "recipient": receipt.recipient or None,
        "status": receipt.status or None,
        "text": receipt.text or None,
        "sender": receipt.sender or None,
        "mail": receipt.mail_sha256,
    }


def hold_json(hold: Hold, lang: Language = "ja") -> dict[str, Any]:
    """Returns the fixed fields of one hold: ``detail`` is its sentence in ``lang``, ``params`` are the values in it."""
    return {"reason": hold.reason.value, "detail": hold_detail(hold, lang), "params": hold.params.plain()}


# --- Pages ---------------------------------------------------------------------------------------------------


def page_text(read: PdfText | Unreadable, number: int, key: str, lang: Language) -> str:
    """Returns the page with this number from 0 as text with the key masked, or the reason against it.

    Empty lines are left out; without such a page the text is empty.
    """
    if isinstance(read, Unreadable):
        return name_hold(Hold.of_refusal(read), lang)
    page = next(iter(read.pages[number:]), PageText("", ""))
    lines = [line.rstrip() for line in mask_key(page.pdfium or page.plumber, key).splitlines() if line.strip()]
    return "\n".join([*lines[:PAGE_LINES], *(["…"] if len(lines) > PAGE_LINES else [])])


def mask_key(text: str, key: str) -> str:
    """Returns ``text`` without ``key`` and without similar codes.

    A form may space the key's letters out or print each twice.
    """
    wanted = [(run.letter, run.count) for run in _runs(key)]
    runs = list(_runs(text))
    masked, shown_to = "", 0
    for at in range(len(runs) - len(wanted) + 1 if wanted else 0):
        found = runs[at : at + len(wanted)]
        if found[0].start < shown_to:
            continue
        if all(run.letter == letter and run.count >= count for run, (letter, count) in zip(found, wanted, strict=True)):
            masked += f"{text[shown_to : found[0].start]}{'*' * 8}{key[-2:]}"
            shown_to = found[-1].end
    return hide_codes(masked + text[shown_to:])


@dataclass(slots=True)
class _Run:
    """A letter repeated once or more; spaces between are ignored."""

    letter: str
    count: int
    start: int
    end: int


def _runs(text: str) -> Iterator[_Run]:
    run: _Run | None = None
    for at, letter in enumerate(half_width(text)):
        if letter.isspace():
            continue
        if run is not None and run.letter == letter:
            run.count += 1
            run.end = at + 1
            continue
        if run is not None:
            yield run
        run = _Run(letter, 1, at, at + 1)
    if run is not None:
        yield run
