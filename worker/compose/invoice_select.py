"""Decides which invoice rides along with a submission, and which files of the folder are in question for it.

Its one promise: an invoice is taken only where the register names it, or where its own file name leads to this
guarantee and to no other. It does not read files: what lies in the folder is given to it. What the invoice's text
says is judged by ``invoice_check``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from worker.core.model import INVOICE_TITLES, Hold, Product, Sha256, Unreadable
from worker.core.rulebook import Invoice, InvoiceRule, Project, Rule, When, invoice_for
from worker.core.states import Reason
from worker.core.text import match_key
from worker.match.match import Register
from worker.watch.ports import FileInfo

_DIGITS: Final = 9
"""A date in a file name has eight digits."""
_NOTHING: Final = re.compile("(?!)")

STILL_WRITTEN: Final = Unreadable(Reason.INVOICE_MISSING, "still_written")
"""What loading gives for a file that is there and not whole yet; whoever holds for it says so."""

LoadInvoice = Callable[[str], tuple[str, bytes] | Unreadable | None]
"""A file's path inside the invoices folder → its own name and bytes; Unreadable or None where it is no such PDF."""


@dataclass(frozen=True, slots=True)
class ChosenInvoice:
    """The invoice of one submission: its title, name and bytes where it rides along, and the register's line."""

    title: str
    attached: tuple[str, bytes] | None
    registered: Invoice | None
    """None where its name alone led to it."""


def way_of(invoice: ChosenInvoice | None) -> When | None:
    """Whether the invoice rides along or goes apart; None where there is none, or no decision."""
    if invoice is None:
        return None
    return When.APART if invoice.attached is None else When.ATTACHED


def choose_invoice(
    product: Product, number: str, rule: Rule, project: Project, load: LoadInvoice, candidates: tuple[str, ...] = ()
) -> ChosenInvoice | Hold | None:
    """The invoice that rides along, or why it is not known; None where this product never has one.

    ``candidates`` are what ``find_candidates`` found; they count only where the register says nothing.
    """
    title = INVOICE_TITLES.get(product)
    if title is None:
        return None
    registered = invoice_for(project, product, number)
    if rule.invoice is InvoiceRule.NEVER:
        # The rule says that it goes another way; only the project's own word puts that into the mail.
        return ChosenInvoice(title, None, registered if registered and not registered.file else None)
    is_required = rule.invoice is InvoiceRule.REQUIRED
    if registered is not None and not registered.file:
        return (
            Hold.of(Reason.INVOICE_MISSING, title=product.value)
            if is_required
            else ChosenInvoice(title, None, registered)
        )
    if registered is None and len(candidates) > 1:
        return Hold.of(Reason.TWO_INVOICES, files=candidates)
    if registered is None and not candidates:
        return Hold.of(Reason.INVOICE_MISSING if is_required else Reason.INVOICE_UNDECIDED, title=product.value)
    file = registered.file if registered else candidates[0]
    match load(file):
        case None:
            return Hold.of(Reason.INVOICE_MISSING, "file", file=file)
        case Unreadable(Reason.INVOICE_MISSING, why):
            return Hold.of(Reason.INVOICE_MISSING, why, file=file)
        case Unreadable(Reason.DAMAGED, why) if why:
            return Hold.of_code(Reason.WRONG_INVOICE, why)
        case Unreadable(reason, _):
            return Hold.of(Reason.TOO_BIG if reason is Reason.TOO_LARGE else Reason.WRONG_INVOICE, file=file)
        case found:
            return ChosenInvoice(title, found, registered)


# --- Which files are in question ----------------------------------------------------------------------------------


def find_candidates(
    product: Product,
    number: str,
    project: Project,
    register: Register,
    listing: Iterable[FileInfo],
    was_carried: Callable[[Sha256], bool],
) -> tuple[str, ...]:
    """The files whose names lead to this guarantee alone, and which no other submission has carried."""
    return tuple(
        each.file
        for each in listing
        if could_be_invoice(each.file, product, number, project, register)
        and not (each.sha256 and was_carried(each.sha256))
    )


def could_be_invoice(file: str, product: Product, number: str, project: Project, register: Register) -> bool:
    """Whether the file's name holds this contract number, or this project's name, and nothing of another's.

    A longer project's name that holds this one, another's name beside it, or another number makes it the other's;
    so does the register where it names the file for anything else.
    """
    key, own = _key_of(file), _folded(project.name)
    holds_number = holds_code(key, _folded(number))
    if product not in INVOICE_TITLES or not (holds_number or holds_name(key, own)):
        return False
    if not _is_of(product, key.replace(own, "\n")) or _is_registered(file, register):
        return False
    if holds_number:
        return not any(projects != (project,) for _, projects in _numbers_in(key, register, except_of=number))
    if any(_numbers_in(key, register, except_of=number)) or _alike(number).search(key):
        return False  # a number of the same form is another guarantee's, registered or not
    return len(register.by_name.get(own, ())) <= 1 and not any(
        holds_name(key if len(name) > len(own) else key.replace(own, "\n"), name)
        for name in register.by_name
        if name != own
    )


def files_in_question(
    product: Product, number: str, project: Project, register: Register
) -> tuple[frozenset[str], Callable[[str], bool] | None]:
    """The files that the register names for this guarantee; where it names no invoice, which file could be it."""
    registered = invoice_for(project, product, number)
    named = {document.file for document in project.documents.get(product, ())}
    if registered is not None:
        return frozenset({*named, *filter(None, (registered.file,))}), None

    def could_be(file: str) -> bool:
        return could_be_invoice(file, product, number, project, register)

    return frozenset(named), could_be if product in INVOICE_TITLES else None


def holds_code(text: str, code: str) -> bool:
    """Whether ``code`` stands in ``text`` as a number of its own, and not as a part of a longer one."""
    return (
        code in text
        and bool(code)
        and re.search(rf"(?<![0-9A-Za-z]){re.escape(code)}(?![0-9A-Za-z])(?!-[0-9])", text) is not None
    )


def holds_name(text: str, name: str) -> bool:
    """Whether ``name`` stands in ``text``; 工事その1 does not in 工事その12."""
    at = text.find(name) if name else -1
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(name) : at + len(name) + 1]
        if not (before.isdigit() and name[0].isdigit()) and not (after.isdigit() and name[-1].isdigit()):
            return True
        at = text.find(name, at + 1)
    return False


@lru_cache(maxsize=4_096)  # asked for each file of the folder
def _folded(text: str) -> str:
    return match_key(text)


@lru_cache(maxsize=32_768)  # more than a folder lists; the names are compared at every look
def _key_of(file: str) -> str:
    name = file.rpartition("/")[2]
    return match_key(name[:-4]) if name.lower().endswith(".pdf") else ""


def _is_of(product: Product, rest: str) -> bool:
    """What the name says besides the project's: 前払 with 中間 is the interim payment's, 前払 alone the advance's."""
    if "前払" not in rest and "前金払" not in rest:
        return True
    return (product is Product.INTERIM) is ("中間" in rest)


def _numbers_in(key: str, register: Register, except_of: str) -> Iterable[tuple[str, tuple[Project, ...]]]:
    own = match_key(except_of)
    return (each for each in register.by_number.items() if each[0] != own and holds_code(key, each[0]))


def _alike(number: str) -> re.Pattern[str]:
    """Numbers of the form of this one, digit for digit; none where it is so short that a date could be one."""
    key = match_key(number)
    if sum(map(str.isdigit, key)) < _DIGITS:
        return _NOTHING
    form = "".join("[0-9]" if each.isdigit() else re.escape(each) for each in key)
    return re.compile(rf"(?<![0-9]){form}(?![0-9])")


def _is_registered(file: str, register: Register) -> bool:
    return any(
        invoice.file == file
        for project in register.by_id.values()
        for invoices in project.invoices.values()
        for invoice in invoices
    )
