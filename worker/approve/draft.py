"""A draft by the facts as they are now: the invoices that it needs, the draft, and the mail that was approved.

``load_invoices`` lists the folder and reads the files that the guarantees may carry; ``draft`` takes that snapshot. The
folder is left alone if no file is in question. Before the sending the notice is compared with the one that was taken
in, and the bytes of the mail with its draft.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from worker.approve.reevaluate import ActiveConfig, Drafted, reevaluate
from worker.compose.attachments import files_in_question
from worker.compose.checks import PDF_DIFFERS, compare_notice, entered_notice, history_fingerprint
from worker.compose.mime_verify import verify_message
from worker.compose.mime_write import build_message
from worker.compose.missing_invoice import (
    READ,
    MissingInvoice,
    asks_for_invoice,
    describe_missing,
    find_unused,
    name_to_give,
)
from worker.core.errors import NotInSnapshot, Unavailable
from worker.core.model import JST, Entry, Hold, Notice, PdfText, Product, Sha256, Submission, Unreadable, sha256
from worker.core.rulebook import Project
from worker.core.states import Reason
from worker.match.match import Match, Proposed, match_project
from worker.read.ports import PdfReader
from worker.store.ports import Reading
from worker.watch.ports import NOT_LOOKED, InvoiceSnapshot, Rest

T = TypeVar("T")


def draft(
    submission: Submission,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    reading: Reading,
    now: dt.datetime,
    content: bytes | None = None,
) -> Drafted:
    """Match → compose → check → release: returns ``submission`` as it stands today, with its mail.

    Finds its project, writes the mail with its documents, checks it, and releases or holds it. The same inputs give
    the same draft; nothing is recorded. ``content`` is its PDF if that is at hand. Raises NotInSnapshot for a file that
    ``invoices`` does not hold.
    """
    return reevaluate(submission, active_config, invoices, reading, now, content)


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A guarantee that is about to be drafted: its product of this project, under this number."""

    project: Project
    product: Product
    number: str


def guarantees_of(
    submissions: Iterable[Submission], active_config: ActiveConfig, reading: Reading
) -> tuple[Guarantee, ...]:
    """Returns what these submissions are about, by the register as it is now."""
    found: list[Guarantee] = []
    for each in submissions:
        notice = reading.notice(each.pdf_sha256) if each.pdf_sha256 and each.refusal is None else None
        if notice is not None:
            found += _guarantee_of(notice, active_config, reading, each.bound_project)
    return tuple(found)


def guarantees_in(notices: Iterable[Notice], active_config: ActiveConfig, reading: Reading) -> tuple[Guarantee, ...]:
    """Returns what these notices will be submissions of."""
    return tuple(found for notice in notices for found in _guarantee_of(notice, active_config, reading, None))


def _guarantee_of(
    notice: Notice, active_config: ActiveConfig, reading: Reading, bound: str | None
) -> Iterator[Guarantee]:
    bound = bound or reading.bound_project(notice.guarantor, notice.contract_number, notice.product)
    outcome = match_project(notice, active_config.register, bound)
    if isinstance(outcome, Match | Proposed):
        yield Guarantee(outcome.project, notice.product, notice.contract_number)


async def load_invoices(
    guarantees: Iterable[Guarantee], active_config: ActiveConfig, reader: PdfReader, also: Collection[str] = ()
) -> InvoiceSnapshot:
    """Returns what these guarantees may carry beside the notice, and the files ``also``; no look if that is nothing."""
    names: set[str] = {*also}
    searches = []
    for each in guarantees:
        named, could_be = files_in_question(each.product, each.number, each.project, active_config.register)
        names |= named
        if could_be is not None:
            searches.append(could_be)
    if not names and not searches:
        return NOT_LOOKED
    return await active_config.files.look(
        reader, lambda file: file in names or any(could_be(file) for could_be in searches)
    )


async def with_invoices(
    wanted: Callable[[], Iterable[Guarantee]],
    active_config: ActiveConfig,
    reader: PdfReader,
    decide: Callable[[InvoiceSnapshot], T],
) -> T:
    """Returns what ``decide`` makes of the files that the guarantees ``wanted`` may carry.

    If it asks for a file that did not seem to be in question, it is decided again with that file: a register, or
    another's approval, changed in between. Raises what ``decide`` raises.
    """
    also: list[str] = []
    while True:
        invoices = await load_invoices(wanted(), active_config, reader, also)
        try:
            return decide(invoices)
        except NotInSnapshot as missing:
            if missing.file in also:
                raise
            also.append(missing.file)


async def look_at_folder(
    submissions: Iterable[Submission], active_config: ActiveConfig, reader: PdfReader
) -> Rest | None:
    """List the folder if one of these may carry a file of it; returns the files in it that are not read.

    None if it was not listed.
    """
    if not any(any(_in_question(each, active_config)) for each in submissions):
        return None
    await active_config.files.look(reader, lambda _: False)
    return active_config.files.rest()


EXPLAINED: Final = 20
"""Submissions whose invoices are looked for in one mail: as many as are told with what lies near."""


async def explain_missing(
    submissions: Iterable[Submission], active_config: ActiveConfig, reader: PdfReader, reading: Reading
) -> Mapping[int, MissingInvoice]:
    """Of each that waits for an invoice, by its id: where people put it, and what lies there unused. Raises nothing."""
    register, files = active_config.register, active_config.files
    asking = []
    for each in submissions:
        project = register.by_id.get(each.project) if each.project else None
        if asks_for_invoice(each) and each.product is not None and project is not None:
            asking.append((each, each.product, project))
    asking = asking[:EXPLAINED]
    if not asking:
        return {}
    folder = active_config.configuration.settings.invoices_shown or files.place()
    seen = await files.look(reader, lambda _: False)
    if isinstance(seen.shelved, Unavailable):
        return {
            each.id: MissingInvoice(
                folder, name_to_give(product, each.contract_number or "", project, register), is_away=True
            )
            for each, product, project in asking
        }
    unused = {
        each.id: find_unused(project, each.contract_number or "", register, seen.shelved) for each, _, project in asking
    }
    wanted = {one.file for several in unused.values() for one in several[:READ]}
    read = await files.look(reader, wanted.__contains__)

    def text_of(file: str) -> tuple[Sha256, PdfText | Unreadable] | None:
        found = read.answers.get(file)
        if not isinstance(found, tuple):
            return None
        digest = sha256(found[1])
        text = read.text(digest)
        return None if text is None else (digest, text)

    def was_carried(digest: Sha256) -> bool:
        return bool(reading.carried(digest))

    return {
        each.id: describe_missing(
            folder, project, product, each.contract_number or "", register, unused[each.id], text_of, was_carried
        )
        for each, product, project in asking
    }


def _in_question(
    submission: Submission, active_config: ActiveConfig
) -> tuple[frozenset[str], Callable[[str], bool] | None]:
    project = active_config.register.by_id.get(submission.project) if submission.project else None
    if project is None or submission.product is None:
        return frozenset(), None
    return files_in_question(submission.product, submission.contract_number or "", project, active_config.register)


def draft_fingerprint(
    submission: Submission, active_config: ActiveConfig, reading: Reading, now: dt.datetime
) -> tuple[str, ...]:
    """Returns texts of which one changes when a fact changes on which a draft depends; the last is the day.

    An approval of another may tie the number to a project. A later notice may come, or be withdrawn. A mail may
    make an address known. A contract's day comes, and with 1 April a rule is to be checked again.
    """
    number = submission.contract_number
    others = [each for each in reading.by_number(number) if each.id != submission.id] if number else []
    facts = (_fingerprint_files(submission, active_config), history_fingerprint(submission, reading))
    today = now.astimezone(JST).date().isoformat()
    return (*(f"{each.id}.{each.version}" for each in others), *filter(None, facts), today)


def _fingerprint_files(submission: Submission, active_config: ActiveConfig) -> str:
    """A text that changes when a file that ``submission`` may carry comes, changes or goes; empty if none is."""
    named, could_be = _in_question(submission, active_config)
    found = [active_config.files.stamp(file) for file in sorted(named)]
    if could_be is not None:
        with contextlib.suppress(Unavailable):  # away: whoever drafts is told so
            candidates = [each.file for each in active_config.files.listing() if could_be(each.file)]
            found += [f"{file} {active_config.files.stamp(file)}" for file in candidates]
    return " ".join(filter(None, found))


# --- Before the sending ------------------------------------------------------------------------------------------


def find_difference(
    read: Notice | Unreadable, pdf: Sha256 | None, released: Submission, entries: Iterable[Entry], reading: Reading
) -> Hold | None:
    """Returns why the notice read a moment ago must not go out as the one that was taken in; None if it may.

    ``pdf`` is the file that was read; ``entries`` are those of ``released``.
    """
    if released.pdf_sha256 is None or released.pdf_sha256 != pdf:
        return Hold.of(Reason.KEY_DIFFERS, PDF_DIFFERS, value=("file",))
    if isinstance(read, Unreadable):
        return Hold.of_refusal(read)
    entered = entered_notice(entries)
    return compare_notice(read, released.pdf_sha256, entered, reading.notice(released.pdf_sha256))


def write_mail(drafted: Drafted, date: dt.datetime) -> bytes:
    """Returns the bytes of the mail of ``date``."""
    mail = drafted.submission.draft
    return b"" if mail is None else build_message(mail, drafted.body, drafted.contents, date)


def verify_mail(drafted: Drafted, raw: bytes, date: dt.datetime) -> tuple[str, ...]:
    """Returns the places in which ``raw``, read as a mail, is another than the draft; empty if it is the same."""
    mail = drafted.submission.draft
    return () if mail is None else verify_message(mail, drafted.body, drafted.contents, raw, date)
