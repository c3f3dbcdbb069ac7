"""A draft by the facts as they are now: the invoices that it may carry, the draft, and the mail that was approved.

``draft`` takes a snapshot of the files that ``files_wanted`` names. Before the sending the notice is compared with the
one that was taken in, and the bytes of the mail with its draft.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from worker.approve.reevaluate import ActiveConfig, Drafted, reevaluate
from worker.compose.attachments import files_in_question
from worker.compose.checks import PDF_DIFFERS, compare_notice, entered_notice, history_fingerprint
from worker.compose.mime_verify import verify_message
from worker.compose.mime_write import build_message
from worker.core.model import JST, Entry, Hold, Notice, Product, Sha256, Submission, Unreadable
from worker.core.rulebook import Project
from worker.core.states import Reason
from worker.match.match import Match, Proposed, match_project
from worker.store.ports import Reading
from worker.watch.ports import InvoiceSnapshot

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


def files_wanted(
    guarantees: Iterable[Guarantee], active_config: ActiveConfig, also: Collection[str] = ()
) -> Callable[[str], bool] | None:
    """Returns what tells the files that these guarantees may carry, and ``also``; None if no file is in question."""
    names: set[str] = {*also}
    searches = []
    for each in guarantees:
        named, could_be = files_in_question(each.product, each.number, each.project, active_config.register)
        names |= named
        if could_be is not None:
            searches.append(could_be)
    if not names and not searches:
        return None
    return lambda file: file in names or any(could_be(file) for could_be in searches)


def invoices_of(
    submission: Submission, active_config: ActiveConfig
) -> tuple[frozenset[str], Callable[[str], bool] | None]:
    """Returns the invoices that ``submission`` may carry: the files that are named, and what tells others by name."""
    project = active_config.register.by_id.get(submission.project) if submission.project else None
    if project is None or submission.product is None:
        return frozenset(), None
    return files_in_question(submission.product, submission.contract_number or "", project, active_config.register)


def draft_fingerprint(submission: Submission, files: str, reading: Reading, now: dt.datetime) -> tuple[str, ...]:
    """Returns texts that change with the facts on which a draft depends; the last is the day.

    ``files`` changes with the files that it may carry.

    An approval of another may tie the number to a project. A later notice may come, or be withdrawn. A mail may
    make an address known. A contract's day comes, and with 1 April a rule is to be checked again.
    """
    number = submission.contract_number
    others = [each for each in reading.by_number(number) if each.id != submission.id] if number else []
    facts = (files, history_fingerprint(submission, reading))
    today = now.astimezone(JST).date().isoformat()
    return (*(f"{each.id}.{each.version}" for each in others), *filter(None, facts), today)


# --- Before the sending ------------------------------------------------------------------------------------------


def find_notice_difference(
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
