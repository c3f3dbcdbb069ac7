"""Checks a finished draft against mis-sends: wrong recipients, wrong values, unusual circumstances.

Recipients, number and key are worked out again from configuration and notice, by code that shares nothing with the
composer. Each check names every fault it finds, and all of them run, even after a fault. Release policies and
people's answers are not considered.

All checks are in this one file, so that a reader sees what none of them covers.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import tomli

from worker.compose.invoice_check import check_invoice
from worker.compose.mime_verify import verify_message
from worker.compose.mime_write import UnsafeValue, build_message
from worker.config.leaves import leaves_of
from worker.core.addresses import copy_of
from worker.core.approval_label import APRIL
from worker.core.business_hours import last_first_of_april
from worker.core.errors import LogBroken, NotAllowed
from worker.core.model import (
    INVOICE_TITLES,
    JST,
    Address,
    Draft,
    Entry,
    Hold,
    Notice,
    PdfText,
    Sha256,
    Submission,
    Unreadable,
    sha256,
)
from worker.core.params import Params
from worker.core.rulebook import Contract, Guarantor, InvoiceRule, Issuer, NoticeForm, Project, Rule, Section
from worker.core.states import Reason, State
from worker.core.text import fold_hyphens, match_key
from worker.match.match import Register, find_numbers_before, find_resubmitted
from worker.store.ports import Reading

LARGE_NOTICE: Final = 1_000_000
"""Bytes. A notice is one page; those of the three sureties had 5 to 200 kB."""

LARGE_FILE: Final = 3_000_000
"""Bytes. An invoice is one page, and a scanned one of 300 dpi in grey has 1 to 2 MB: above, it is more than that."""

CONFIRMED_CODE: Final = "confirmed"
"""In the detail of ALREADY_RESUBMITTED, before ``#ID``: that one is confirmed to have arrived."""

_NOT_OF_A_REHEARSAL: Final = frozenset({"first_address", "already_resubmitted"})
"""Checks that never count as passed in a rehearsal: questions about the issuer are asked afterwards."""

COPY, REHEARSAL = "copy_to", "rehearsal_to"
"""Codes in the detail of FIRST_ADDRESS: addresses from the settings, in addition to the issuer's."""

CHANGES: Final = 5
"""Of a changed rule: more do not fit into a line."""

_IN_A_NUMBER: Final = re.compile(r"[0-9A-Za-z-]")


@dataclass(frozen=True, slots=True)
class Check:
    """One check and its holds; no holds mean that it passed."""

    name: str
    holds: tuple[Hold, ...]
    is_asked: bool = True
    """False if the check does not apply, as for a first address in a rehearsal; it is then not shown as passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCheckInput:
    """A submission and the rule that it follows, by mail or otherwise."""

    submission: Submission
    notice: Notice
    project: Project
    issuer: Issuer
    rule: Rule
    contract: Contract
    rule_hash: str
    """Of the effective rule and its section (``FollowUps.rule_hash``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCheckInput(RuleCheckInput):
    """A draft as it would be sent, and what it was made of."""

    guarantor: Guarantor
    draft: Draft
    body: str
    rehearsal_to: Address | None
    text_of: Callable[[Sha256], PdfText | Unreadable | None]
    """The text of an attachment that was read."""
    copy_to: Address | None = None
    """Recipient of our own copy."""
    issuers: Collection[Issuer] = ()
    """All of the configuration: an invoice that names another one of them is another's."""


def check_draft(finished: DraftCheckInput, register: Register, known: Reading, today: dt.date) -> tuple[Check, ...]:
    """Runs every check, in the order in which a person should read the results."""
    guards: tuple[tuple[str, Callable[[], Iterator[Hold]]], ...] = (
        ("wrong_recipient", lambda: _wrong_recipients(finished)),
        ("key_differs", lambda: _other_values(finished, register, known)),
        ("invoice", lambda: _wrong_invoice(finished, register, known)),
        ("first_address", lambda: _first_addresses(finished, known)),
        ("rule_changed", lambda: _changed_rule(finished, known, today)),
        ("already_resubmitted", lambda: _resubmitted(finished, known)),
        ("large_attachment", lambda: _large_attachments(finished)),
    )
    is_rehearsal = finished.rehearsal_to is not None
    return tuple(
        Check(name, tuple(dict.fromkeys(look())), is_asked=not (is_rehearsal and name in _NOT_OF_A_REHEARSAL))
        for name, look in guards
    )


def check_rule(ruled: RuleCheckInput, known: Reading, today: dt.date) -> tuple[Check, ...]:
    """Runs the checks that apply even if nothing is mailed: a changed rule, and a resubmitted notice."""
    return (
        Check("rule_changed", tuple(dict.fromkeys(_changed_rule(ruled, known, today)))),
        Check("already_resubmitted", tuple(_resubmitted(ruled, known))),
    )


def history_fingerprint(submission: Submission, known: Reading) -> str:
    """A text that changes when what holds ``submission`` may be answered otherwise by what was sent before."""
    asked = {hold.reason for hold in submission.reasons}
    place = (submission.destination.issuer or "", submission.destination.section, submission.destination.project or "")
    parts = [
        str(
            known.property(name)
            if (name := remembered_as(hold))
            else known.was_sent_to(Address(hold.params.word("address")), *place)
        )
        for hold in submission.reasons
        if hold.reason is Reason.FIRST_ADDRESS
    ]
    if Reason.RULE_CHANGED in asked and submission.destination.issuer and submission.notice.product:
        for ask in (known.last_sent, known.last_handed_over):
            last = ask(
                submission.destination.issuer,
                submission.notice.product,
                is_amended=submission.follow_ups.duties.is_amended,
            )
            parts.append(str(last.id if last else 0))
    if Reason.WRONG_INVOICE in asked and submission.composed.draft:
        carried = [each.id for file in submission.composed.draft.attachments for each in known.carried(file.sha256)]
        parts.append(str(carried))
    if (
        asked & {Reason.NUMBER_DIFFERS, Reason.INVOICE_UNCLEAR}
        and submission.destination.project
        and submission.notice.product
    ):
        before = known.of_project(submission.destination.project, submission.notice.product)
        parts.append(str([(each.id, each.state.value) for each in before if each.id < submission.id]))
    return " ".join(parts)


def is_about_rehearsing(hold: Hold) -> bool:
    """Returns whether ``hold`` asks about the rehearsal address. It is asked, and does not stop a rehearsal.

    A rehearsal that this hold stopped could never be inspected. The hold is shown with the approval, or with
    ``rehearsed``.
    """
    return hold.reason is Reason.FIRST_ADDRESS and hold.code == REHEARSAL


# --- Recipients ----------------------------------------------------------------------------------------------


def _wrong_recipients(finished: DraftCheckInput) -> Iterator[Hold]:
    draft, section = finished.draft, _receiving(finished)
    to: tuple[Address, ...] = section.to if section else ()
    cc: tuple[Address, ...] = section.cc if section else ()
    if finished.rehearsal_to is not None:
        wrong = [each for each in (*draft.to, *draft.cc) if each != finished.rehearsal_to]
        wrong += [each for each in draft.rehearsal_for if each not in to + cc]
        is_nobody = not draft.to or not draft.rehearsal_for
    else:
        # An address of the cc as To is another mail to the reader: who is asked, and who only knows of it, differs.
        wrong = [each for each in draft.to if each not in to] + [each for each in draft.cc if each not in cc]
        wrong += draft.rehearsal_for
        is_nobody = not draft.to
    if wrong:
        yield Hold.of(Reason.WRONG_RECIPIENT, addresses=tuple(dict.fromkeys(wrong)))
    if is_nobody:
        yield Hold.of(Reason.WRONG_RECIPIENT, "nobody")


def _receiving(finished: RuleCheckInput) -> Section | None:
    """The section that the configuration gives for this issuer, project and product."""
    project, product = finished.project, finished.notice.product
    office = project.offices.get(product)
    if office is not None:
        return office
    named = project.sections.get(product) if finished.rule.section == "project" else finished.rule.section
    return finished.issuer.sections.get(named) if named else None


# --- What it says --------------------------------------------------------------------------------------------


def _other_values(finished: DraftCheckInput, register: Register, known: Reading) -> Iterator[Hold]:
    for fault in (*_of_parts(finished, known), *_of_typed(finished), *_of_texts(finished, register, known)):
        yield Hold.of(Reason.KEY_DIFFERS, found=fault)


def _of_parts(finished: DraftCheckInput, known: Reading) -> Iterator[str]:
    """The body and the files themselves: this text, this notice and no other."""
    draft = finished.draft
    if sha256(finished.body.encode()) != draft.body_sha256:
        yield "body"
    own = [each for each in draft.attachments if each.sha256 == finished.submission.notice.pdf_sha256]
    if len(own) != int(finished.rule.notice is not NoticeForm.TYPED):
        yield "attachment"
    for each in draft.attachments:
        if each not in own and known.notice(each.sha256) is not None:
            yield f"attachment: {each.filename}"


def _of_typed(finished: DraftCheckInput) -> Iterator[str]:
    if finished.rule.notice is not NoticeForm.ATTACHED:
        notice = finished.notice
        for name, value in (("contract_number", notice.contract_number), ("key", notice.key.clear)):
            if not _stands_alone(value, finished.body):
                yield f"body: {name}"


def _of_texts(finished: DraftCheckInput, register: Register, known: Reading) -> Iterator[str]:
    """Names keys in forbidden places, and values that belong to another notice."""
    other_keys = tuple(_other_keys(finished, known))
    for place, text in _texts(finished.draft, finished.body):
        if finished.notice.key.clear in text and not (
            place == "body" and finished.rule.notice is not NoticeForm.ATTACHED
        ):
            yield f"{place}: key"
        yield from (f"{place}: {number}" for number in _foreign_numbers(finished, place, text, register, known))
        yield from (f"{place}: key #{earlier}" for earlier, key in other_keys if key in text)


def _texts(draft: Draft, body: str) -> Iterator[tuple[str, str]]:
    yield "subject", draft.subject
    yield "body", body
    for each in draft.attachments:
        yield "file name", each.filename


def _stands_alone(value: str, text: str) -> bool:
    """Returns whether ``text`` holds ``value`` whole, not as a part of a longer number or key."""
    return any(_is_alone(text, found.start(), found.end()) for found in re.finditer(re.escape(value), text))


def _is_alone(text: str, start: int, end: int) -> bool:
    return not _IN_A_NUMBER.match(text[start - 1 : start]) and not _IN_A_NUMBER.match(text[end : end + 1])


def _foreign_numbers(
    finished: DraftCheckInput, place: str, text: str, register: Register, known: Reading
) -> Iterator[str]:
    """Yields contract numbers in ``text`` that are known to belong to another notice.

    A number in one of the project's registered values is allowed. A file name may hold any number of its project.
    """
    own = {match_key(finished.notice.contract_number)}
    if place == "file name":
        own |= {match_key(number) for number in finished.project.all_numbers}
    folded = fold_hyphens(unicodedata.normalize("NFKC", text))
    for found in re.finditer(finished.guarantor.number, folded):
        number = match_key(found[0])
        if not number or number in own or not _is_alone(folded, found.start(), found.end()):
            continue
        if any(number in match_key(value) for value in finished.project.values.values()):
            continue
        if number in register.by_number or _came_in(number, finished.submission, known):
            yield number


def _came_in(number: str, of: Submission, known: Reading) -> bool:
    """Returns whether a notice with ``number`` is known.

    A stranger can choose any number, so it stops no authenticated notice.
    """
    return any(not (of.source.proven and each.is_doubtful) for each in known.by_number(number))


def _other_keys(finished: DraftCheckInput, known: Reading) -> Iterator[tuple[int, str]]:
    """The keys of other notices under the same number, with the submission that each came in with."""
    for each in known.by_number(finished.notice.contract_number):
        if each.notice.pdf_sha256 is None or each.notice.pdf_sha256 == finished.submission.notice.pdf_sha256:
            continue
        if finished.submission.source.proven and each.is_doubtful:  # a stranger chose that key
            continue
        read = known.notice(each.notice.pdf_sha256)
        if read is not None and read.key != finished.notice.key:
            yield each.id, read.key.clear


# --- With what -----------------------------------------------------------------------------------------------


def _wrong_invoice(finished: DraftCheckInput, register: Register, known: Reading) -> Iterator[Hold]:
    product = finished.notice.product
    for each in finished.draft.attachments:
        if each.title not in INVOICE_TITLES.values():
            continue
        if finished.rule.invoice is InvoiceRule.NEVER or each.title != INVOICE_TITLES.get(product):
            yield Hold.of(Reason.WRONG_INVOICE, "other_product", file=each.filename, title=each.title)
        # A correction brings the issuer what it has not got; every other mail with this file would be a mix-up.
        others = [
            one for one in known.carried(each.sha256) if one.notice.pdf_sha256 != finished.submission.notice.pdf_sha256
        ]
        again = [
            one
            for one in others
            if one.notice.pdf_sha256 and _is_same_notice(finished.notice, known.notice(one.notice.pdf_sha256))
        ]
        if again:
            yield Hold.of(Reason.WRONG_INVOICE, "same_notice", file=each.filename, other=str(again[-1].id))
        elif others:
            yield Hold.of(Reason.WRONG_INVOICE, "carried", file=each.filename, other=str(others[0].id))
        text, amount = finished.text_of(each.sha256), finished.draft.invoice_amount
        before = find_numbers_before(finished.submission, known)(finished.project.id, product)
        yield from check_invoice(
            each, text, finished.notice, finished.project, finished.issuer, register, amount, finished.issuers, before
        )


def _is_same_notice(notice: Notice, other: Notice | None) -> bool:
    """Returns whether ``other`` is another download of ``notice``.

    Its file is then right, and only a correction may carry it.
    """
    return other is not None and other.identity == notice.identity


def _large_attachments(finished: DraftCheckInput) -> Iterator[Hold]:
    for each in finished.draft.attachments:
        limit = LARGE_NOTICE if each.sha256 == finished.submission.notice.pdf_sha256 else LARGE_FILE
        if each.size > limit:
            yield Hold.of(Reason.LARGE_ATTACHMENT, file=each.filename, bytes=str(each.size))


# --- Out of the usual ----------------------------------------------------------------------------------------


def _first_addresses(finished: DraftCheckInput, known: Reading) -> Iterator[Hold]:
    """A hold for each address, so that an answer about two still covers the one that is left to be asked about."""
    if finished.rehearsal_to is None:
        section = _receiving(finished)
        place = (finished.issuer.id, section.id if section else "", finished.project.id)
        for address in finished.draft.recipients:
            if not known.was_sent_to(address, *place):
                yield Hold.of(Reason.FIRST_ADDRESS, address=address)
    for code, address in _beside_the_issuer(finished):
        hold = Hold.of(Reason.FIRST_ADDRESS, code, value=address)
        if _domain(address) != _domain(finished.draft.sender) and known.property(remembered_as(hold)) is None:
            yield hold


def _domain(address: Address) -> str:
    return address.rpartition("@")[2].casefold()


def _beside_the_issuer(finished: DraftCheckInput) -> Iterator[tuple[str, Address]]:
    """Yields the other recipients of number and key: our copy, the rehearsal address, and the earlier ones."""
    copy_to = copy_of(finished.draft, finished.copy_to)
    if copy_to is not None:
        yield COPY, copy_to
    rehearsing = (finished.rehearsal_to,) if finished.rehearsal_to else ()
    for address in dict.fromkeys((*rehearsing, *finished.submission.delivery.rehearsed_to)):
        yield REHEARSAL, address


def remembered_as(hold: Hold) -> str:
    """Returns the store's property that records the answer to ``hold``, which is asked once and not per submission.

    Empty if the answer belongs to one submission.
    """
    is_once = hold.reason is Reason.FIRST_ADDRESS and hold.code in {COPY, REHEARSAL}
    return f"{hold.reason.value} {hold.code}: {hold.params.word('value')}" if is_once else ""


def _resubmitted(ruled: RuleCheckInput, known: Reading) -> Iterator[Hold]:
    """Yields a hold for each other submission of the same notice that the issuer has, or is to get."""
    if isinstance(ruled, DraftCheckInput) and ruled.rehearsal_to is not None:
        return
    for each in find_resubmitted(ruled.submission, ruled.notice, known):
        is_there = each.state is State.CONFIRMED
        yield Hold.of(Reason.ALREADY_RESUBMITTED, CONFIRMED_CODE if is_there else "", value=f"#{each.id}")


def _changed_rule(ruled: RuleCheckInput, known: Reading, today: dt.date) -> Iterator[Hold]:
    issuer, section = ruled.issuer, _receiving(ruled)
    last = _last_of_its_kind(ruled, section, known)
    if last is not None:
        before, after = last.follow_ups.duties.rule_hash, ruled.rule_hash
        if not before and last.composed.draft is not None:  # an older program kept only the file's
            before, after = last.composed.draft.rule_sha256, issuer.sha256
        if before and before != after:
            checked = {
                "checked_before": _day(last.follow_ups.duties.checked_on),
                "checked_now": _day(issuer.checked_on),
            }
            changed = {"before": before[:8], "after": after[:8]}
            told = _changes(last, ruled, known)
            code = "changed_keys" if told else "changed"
            # If one of the two files is not kept, the mails still show whether the recipients changed.
            is_seen = not told and isinstance(ruled, DraftCheckInput) and section is not None
            seen = _say_recipients(last.composed.draft, section) if is_seen and section else {}
            yield Hold.of(Reason.RULE_CHANGED, code, file=issuer.file, changes=told, **changed, **checked, **seen)
    april = last_first_of_april(today)
    if issuer.checked_on is not None and issuer.checked_on < april:
        yield Hold.of(
            Reason.RULE_CHANGED,
            "checked_on",
            file=issuer.file,
            checked=_day(issuer.checked_on),
            **{APRIL: april.isoformat()},
        )
    if section is not None and section.until is not None and section.until < today:
        yield Hold.of(Reason.RULE_CHANGED, "until", section=section.id, day=_day(section.until))


def _changes(last: Submission, ruled: RuleCheckInput, known: Reading) -> tuple[Params, ...]:
    """Returns the differences between the issuer's file then and now, key by key; empty if one of them is not kept.

    A long list is cut, because after so many changes a person reads the file itself.
    """
    if last.composed.draft is None or last.composed.draft.rule_sha256 == ruled.issuer.sha256:
        return ()
    try:
        before, after = (
            dict(leaves_of(tomli.loads(known.original(Sha256(digest)).decode("utf-8-sig"))))
            for digest in (last.composed.draft.rule_sha256, ruled.issuer.sha256)
        )
    except (LogBroken, NotAllowed, ValueError):
        return ()
    keys = [key for key in dict.fromkeys((*before, *after)) if before.get(key) != after.get(key)]
    changes = [Params(key=key, before=before.get(key, ""), after=after.get(key, "")) for key in keys[:CHANGES]]
    return (*changes, *((Params(key="…"),) if len(keys) > CHANGES else ()))


def _say_recipients(last: Draft | None, section: Section) -> dict[str, str]:
    """Gives the first fact that a person asks for after a rule change: the recipients of both mails."""
    if last is None or last.is_rehearsal:
        return {}
    told: dict[str, str] = {}
    for name, before, now in (("to", last.to, section.to), ("cc", last.cc, section.cc)):
        if set(before) != set(now):
            told |= {f"{name}_before": ", ".join(before) or "-", f"{name}_now": ", ".join(now) or "-"}
    return told or {"to_same": ", ".join(section.to)}


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def _last_of_its_kind(ruled: RuleCheckInput, section: Section | None, known: Reading) -> Submission | None:
    """The last one that should have followed the same rule: another project's own section is no change of it."""
    project, product, issuer = ruled.project, ruled.notice.product, ruled.issuer
    is_amended = ruled.contract is Contract.AMENDED
    if any(product in own for own in (project.offices, project.rules, project.amended_rules)):
        return _newest(
            each
            for each in known.of_project(project.id, product)
            if (each.delivery.sent_at is not None or each.was_handed_over)
            and (each.destination.issuer, each.follow_ups.duties.is_amended) == (issuer.id, is_amended)
        )
    sections = [section.id] if section else []
    if ruled.rule.section != "project":
        sections.append("")
    for named in sections:
        asked = (known.last_sent, known.last_handed_over)
        last = [ask(issuer.id, product, named, is_amended=is_amended) for ask in asked]
        if any(last):
            return _newest(each for each in last if each is not None)
    return None


def _newest(submissions: Iterable[Submission]) -> Submission | None:
    """The one that left last; of one that people hand in it is known when it came."""
    moments = [(str(each.delivery.sent_at or each.created_at or ""), each.id, each) for each in submissions]
    return max(moments)[2] if moments else None


# --- The message as it will be read ----------------------------------------------------------------------------------


REMEMBERED: Final = 1000
"""Number of drafts with a remembered result: two blocks of a backlog, half a megabyte."""

_ANY_DATE: Final = dt.datetime(2000, 1, 1, tzinfo=JST)
"""The message is written once for the check; its real Date comes with the first SendStarted."""

_found: Final[OrderedDict[tuple[str, int], tuple[Hold, ...]]] = OrderedDict()


def pre_send_check(
    draft: Draft, draft_hash: str, body: str, contents: Mapping[Sha256, bytes], max_bytes: int
) -> tuple[Hold, ...]:
    """Returns the faults of the message of ``draft``.

    ``draft_hash`` identifies the draft with its body and its attachments. A draft is re-evaluated until it leaves, so
    the result for the newest ones is remembered by hash. ``pipeline/send.py`` reads the bytes that are sent once more,
    without this memory.
    """
    key = (draft_hash, max_bytes)
    if key not in _found:
        _found[key] = _read(draft, body, contents, max_bytes)
        if len(_found) > REMEMBERED:
            _found.popitem(last=False)
    return _found[key]


def _read(draft: Draft, body: str, contents: Mapping[Sha256, bytes], max_bytes: int) -> tuple[Hold, ...]:
    try:
        raw = build_message(draft, body, contents, _ANY_DATE)
    except UnsafeValue as unsafe:
        return (Hold.of(Reason.UNSAFE_VALUE, where=unsafe.name, found=unsafe.char),)
    holds = []
    if len(raw) > max_bytes:
        holds.append(Hold.of(Reason.TOO_BIG, "bytes", bytes=str(len(raw)), limit=str(max_bytes)))
    if different := verify_message(draft, body, contents, raw):
        holds.append(Hold.of(Reason.ENCODING, places=different))
    return tuple(holds)


# --- The notice, read once more before it leaves ---------------------------------------------------------------------


PDF_DIFFERS: Final = "pdf"
"""The code in the detail of KEY_DIFFERS, before the fields that differ: the draft itself is correct."""

_ENTERED: Final = ("pdf_sha256", "guarantor", "contract_number", "product", "notice_name")


def entered_notice(entries: Iterable[Entry]) -> Mapping[str, Any]:
    """Returns what the entries of one submission record about its notice: fields of the submission as JSON values."""
    entered: dict[str, Any] = {}
    for entry in entries:
        entered |= {name: entry.set[name] for name in _ENTERED if name in entry.set}
    return entered


def compare_notice(read: Notice, pdf: Sha256, entered: Mapping[str, Any], kept: Notice | None) -> Hold | None:
    """Returns a hold if ``read``, the notice in the file ``pdf``, differs from the entries or the kept notice.

    The values that go out must be those of the PDF, of the submission's entries and of the table of notices alike. That
    table is outside the log, so it is never trusted alone. No entry holds the key, so it is compared with the kept one.
    Names are compared by their match key, as everywhere, because another reader may set their spaces otherwise.
    """
    if kept is None:
        return Hold.of(Reason.KEY_DIFFERS, PDF_DIFFERS, value=("key",))  # the row is gone, so the key is not known
    stated: dict[str, tuple[object, ...]] = {
        "file": (pdf, entered.get("pdf_sha256")),
        "guarantor": (read.guarantor, entered.get("guarantor"), kept.guarantor),
        "contract_number": (read.contract_number, entered.get("contract_number"), kept.contract_number),
        "key": (read.key, kept.key),
        "product": (read.product.value, entered.get("product"), kept.product.value),
        "project_name": _folded(read.project_name, entered.get("notice_name"), kept.project_name),
        "contractor_name": _folded(read.contractor_name, kept.contractor_name),
    }
    differing = [name for name, (own, *others) in stated.items() if any(own != other for other in others)]
    return Hold.of(Reason.KEY_DIFFERS, PDF_DIFFERS, value=tuple(differing)) if differing else None


def _folded(*names: str | None) -> tuple[str | None, ...]:
    return tuple(None if name is None else match_key(name) for name in names)
