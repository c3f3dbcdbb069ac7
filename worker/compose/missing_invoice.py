"""Prepares the help for a missing invoice: the folder, the file name to give, and the unused files in it.

Nothing here chooses an invoice. A file whose text names the project is proposed to a person, who gives it the name or
the line in the register by which it is chosen. Reads no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from worker.compose.attachments import could_be_invoice, holds_code, holds_name
from worker.compose.invoice_check import read_invoice
from worker.core.file_names import NOT_IN_NAMES
from worker.core.model import INVOICE_TITLES, PdfText, Product, Sha256, Submission, Unreadable
from worker.core.params import Params
from worker.core.rulebook import Project, invoice_for
from worker.core.states import Reason, State
from worker.core.text import hide_codes, match_key
from worker.match.match import Register, fold_name
from worker.watch.ports import InvoiceFile

EXAMINED: Final = 300
"""Files, the newest, whose names are compared with the whole register: an invoice is saved about when it is missed."""
READ: Final = 20
"""Files, the newest of those that are unused, whose text is read: each takes 30 to 200 ms."""
NAMED: Final = 10
"""Files that are named; the others are counted."""

_ASKING: Final = frozenset({Reason.INVOICE_MISSING, Reason.INVOICE_UNDECIDED})


@dataclass(frozen=True, slots=True)
class MissingInvoice:
    """The help for a person who puts the invoice into the folder."""

    folder: str
    """As people know it."""
    name: str
    """The name by which the file is found; empty if no name leads to this guarantee alone."""
    unused: tuple[str, ...] = ()
    more: int = 0
    """Number of unused files that are not named."""
    proposed: tuple[str, ...] = ()
    """Unused files whose text names the project, or the number."""
    is_away: bool = False
    """True if the folder could not be read."""


def asks_for_invoice(submission: Submission) -> bool:
    """Returns whether ``submission`` waits for an invoice that was not found."""
    return (
        submission.state is State.HELD
        and submission.notice.product in INVOICE_TITLES
        and any(hold.reason in _ASKING and hold.code != "still_written" for hold in submission.reasons)
    )


def name_to_give(product: Product, number: str, project: Project, register: Register) -> str:
    """The name of a file that is found for this guarantee: the registered one, else with project or number."""
    registered = invoice_for(project, product, number)
    if registered is not None:
        return registered.file
    title = INVOICE_TITLES[product]
    names = (f"{each.translate(NOT_IN_NAMES)}_{title}.pdf" for each in (project.name, number))
    return next((name for name in names if could_be_invoice(name, product, number, project, register)), "")


def find_unused(
    project: Project, number: str, register: Register, listing: Iterable[InvoiceFile]
) -> tuple[InvoiceFile, ...]:
    """Returns the PDFs among the newest EXAMINED that are neither registered nor named for another project."""
    registered = {
        each.file for one in register.by_id.values() for invoices in one.invoices.values() for each in invoices
    }
    pdfs = [each for each in listing if each.file.lower().endswith(".pdf") and each.file not in registered]
    pdfs.sort(key=lambda each: (-each.saved_ns, each.file))
    own, own_number = match_key(project.name), match_key(number)

    def is_anothers(file: str) -> bool:
        key = match_key(file.rpartition("/")[2][:-4])
        if holds_name(key, own) or holds_code(key, own_number):
            return False
        return any(holds_code(key, each) for each in register.by_number) or any(
            holds_name(key, each) for each in register.by_name
        )

    return tuple(each for each in pdfs[:EXAMINED] if not is_anothers(each.file))


def describe_missing(
    folder: str,
    project: Project,
    product: Product,
    number: str,
    register: Register,
    unused: Iterable[InvoiceFile],
    text_of: Callable[[str], tuple[Sha256, PdfText | Unreadable] | None],
    was_carried: Callable[[Sha256], bool],
) -> MissingInvoice:
    """Returns the help; ``text_of`` gives hash and text of a file, ``was_carried`` if it was sent before."""
    left: list[str] = []
    proposed: list[str] = []
    for each in unused:
        read = text_of(each.file)
        digest = read[0] if read is not None else each.sha256
        if digest is not None and was_carried(digest):
            continue
        file = hide_codes(each.file)
        left.append(file)
        if read is not None and names_project(read[1], project, number, register):
            proposed.append(file)
    named = tuple(dict.fromkeys([*proposed, *left]))[:NAMED]
    name = name_to_give(product, number, project, register)
    return MissingInvoice(folder, name, named, len(left) - len(named), tuple(proposed[:NAMED]))


def names_project(text: PdfText | Unreadable, project: Project, number: str, register: Register) -> bool:
    """Returns whether the text names this project or number, and no project whose longer name contains this one."""
    found = read_invoice(text)
    if isinstance(found, Params):
        return False
    if found.numbers(match_key(number)):
        return True
    own = fold_name(project.name)
    longer = (name for name in register.by_folded if own in name and name != own)
    return found.names(own) and not any(found.names(name) for name in longer)
