"""The invoices folder: the files that drafts may carry are listed and read before the drafts are made.

The folder is left alone if no file is in question. A snapshot never changes; a draft that needs another file is made
again with one that holds it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from worker.approve.reevaluate import ActiveConfig, invoices_of
from worker.compose.attachments import Guarantee, files_wanted
from worker.compose.missing_invoice import (
    READ,
    MissingInvoice,
    asks_for_invoice,
    describe_missing,
    find_unused,
    name_to_give,
)
from worker.core.errors import NotInSnapshot, Unavailable
from worker.core.model import PdfText, Sha256, Submission, Unreadable, sha256
from worker.store.ports import Reading
from worker.watch.ports import NOT_LOOKED, InvoiceSnapshot, Rest

if TYPE_CHECKING:
    from worker.read.ports import PdfReader

T = TypeVar("T")


async def load_invoices(
    guarantees: Iterable[Guarantee], active_config: ActiveConfig, reader: PdfReader, also: Collection[str] = ()
) -> InvoiceSnapshot:
    """Returns what these guarantees may carry beside the notice, and the files ``also``; no look if that is nothing."""
    wanted = files_wanted(guarantees, active_config.register, also)
    return NOT_LOOKED if wanted is None else await active_config.invoice_folder.look(reader, wanted)


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
    if not any(any(invoices_of(each, active_config)) for each in submissions):
        return None
    await active_config.invoice_folder.look(reader, lambda _: False)
    return active_config.invoice_folder.rest()


EXPLAINED: Final = 20
"""Submissions whose invoices are looked for in one mail: as many as are told with what lies near."""


async def explain_missing(
    submissions: Iterable[Submission], active_config: ActiveConfig, reader: PdfReader, reading: Reading
) -> Mapping[int, MissingInvoice]:
    """Returns by id for each that waits for an invoice the place for it and the unused files there. Raises nothing."""
    register, invoice_folder = active_config.register, active_config.invoice_folder
    asking = []
    for each in submissions:
        project = register.by_id.get(each.destination.project) if each.destination.project else None
        if asks_for_invoice(each) and each.notice.product is not None and project is not None:
            asking.append((each, each.notice.product, project))
    asking = asking[:EXPLAINED]
    if not asking:
        return {}
    folder = active_config.configuration.settings.invoices_shown or invoice_folder.place()
    seen = await invoice_folder.look(reader, lambda _: False)
    if isinstance(seen.listed, Unavailable):
        return {
            each.id: MissingInvoice(
                folder, name_to_give(product, each.notice.contract_number or "", project, register), is_away=True
            )
            for each, product, project in asking
        }
    unused = {
        each.id: find_unused(project, each.notice.contract_number or "", register, seen.listed)
        for each, _, project in asking
    }
    wanted = {one.file for several in unused.values() for one in several[:READ]}
    read = await invoice_folder.look(reader, wanted.__contains__)

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
            folder, project, product, each.notice.contract_number or "", register, unused[each.id], text_of, was_carried
        )
        for each, product, project in asking
    }


def fingerprint_files(submission: Submission, active_config: ActiveConfig) -> str:
    """Returns a text that changes when a file that ``submission`` may carry comes, changes or goes; empty for none."""
    named, could_be = invoices_of(submission, active_config)
    found = [active_config.invoice_folder.stamp(file) for file in sorted(named)]
    if could_be is not None:
        with contextlib.suppress(Unavailable):  # away: the draft says so
            candidates = [each.file for each in active_config.invoice_folder.listing() if could_be(each.file)]
            found += [f"{file} {active_config.invoice_folder.stamp(file)}" for file in candidates]
    return " ".join(filter(None, found))
