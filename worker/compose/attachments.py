"""Chooses the attachments of a submission in addition to its notice: the invoice and the other documents.

An invoice is attached only if the register names it, or if its own file name leads to this guarantee and to no other. A
document is attached only if the issuer's rule names it, or if the rule asks for documents without naming them and the
project lists it. A required document that is missing is named.

Reads no files: the caller passes what the folder holds. ``invoice_check`` judges the text of an invoice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from worker.core.model import INVOICE_TITLES, Hold, Notice, Product, Sha256, Submission, Unreadable
from worker.core.rulebook import Document, Invoice, InvoiceRule, Project, Rule, When, invoice_for
from worker.core.states import Reason
from worker.core.text import match_key
from worker.match.match import Match, Proposed, Register, match_project
from worker.store.ports import Reading
from worker.watch.ports import InvoiceFile

# --- The invoice -----------------------------------------------------------------------------------------------------


_DIGITS: Final = 9
"""A date in a file name has eight digits."""
_NOTHING: Final = re.compile("(?!)")

STILL_WRITTEN: Final = Unreadable(Reason.INVOICE_MISSING, "still_written")
"""Result of loading a file that exists and is still being written; the hold says so."""

LoadInvoice = Callable[[str], tuple[str, bytes] | Unreadable | None]
"""A file's path inside the invoices folder → its own name and bytes; Unreadable or None if it is no such PDF."""


@dataclass(frozen=True, slots=True)
class ChosenInvoice:
    """The invoice of one submission: its title, its name and bytes if it is attached, and the register's line."""

    title: str
    attached: tuple[str, bytes] | None
    registered: Invoice | None
    """None if the file was found by its name alone."""


def way_of(invoice: ChosenInvoice | None) -> When | None:
    """Returns whether the invoice is attached or handed in separately; None if there is no invoice, or no decision."""
    if invoice is None:
        return None
    return When.APART if invoice.attached is None else When.ATTACHED


def choose_invoice(
    product: Product, number: str, rule: Rule, project: Project, load: LoadInvoice, candidates: tuple[str, ...] = ()
) -> ChosenInvoice | Hold | None:
    """Returns the invoice, or the hold that says why it is not known; None if this product never has one.

    ``candidates`` are the results of ``find_candidates``. They count only if the register names no invoice.
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
    listing: Iterable[InvoiceFile],
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
    """Returns whether the file's name holds this contract number or this project's name, and no other project's.

    The file belongs to another project if its name holds a longer project name that contains this one, another
    project's name, or another number, or if the register names the file for anything else.
    """
    key, own = _key_of(file), _folded(project.name)
    holds_number = holds_code(key, _folded(number))
    if product not in INVOICE_TITLES or not (holds_number or holds_name(key, own)):
        return False
    if not _is_of(product, key.replace(own, "\n")) or _is_registered(file, register):
        return False
    if holds_number:
        return not any(projects != (project,) for _, projects in _numbers_in(key, register, except_of=number))
    if any(_numbers_in(key, register, except_of=number)) or number_form(number).search(key):
        return False  # a number of the same form is another guarantee's, registered or not
    return len(register.by_name.get(own, ())) <= 1 and not any(
        holds_name(key if len(name) > len(own) else key.replace(own, "\n"), name)
        for name in register.by_name
        if name != own
    )


def files_in_question(
    product: Product, number: str, project: Project, register: Register
) -> tuple[frozenset[str], Callable[[str], bool] | None]:
    """Returns the files that the register names for this guarantee, and a candidate test if it names no invoice."""
    registered = invoice_for(project, product, number)
    named = {document.file for document in project.documents.get(product, ())}
    if registered is not None:
        return frozenset({*named, *filter(None, (registered.file,))}), None

    def could_be(file: str) -> bool:
        return could_be_invoice(file, product, number, project, register)

    return frozenset(named), could_be if product in INVOICE_TITLES else None


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A guarantee that is about to be drafted: its product of this project, under this number."""

    project: Project
    product: Product
    number: str


def guarantees_of(submissions: Iterable[Submission], register: Register, reading: Reading) -> tuple[Guarantee, ...]:
    """Returns what these submissions are about, by the register as it is now."""
    found: list[Guarantee] = []
    for each in submissions:
        notice = (
            reading.notice(each.notice.pdf_sha256) if each.notice.pdf_sha256 and each.notice.refusal is None else None
        )
        if notice is not None:
            found += _guarantee_of(notice, register, reading, each.destination.bound_project)
    return tuple(found)


def guarantees_in(notices: Iterable[Notice], register: Register, reading: Reading) -> tuple[Guarantee, ...]:
    """Returns what these notices will be submissions of."""
    return tuple(found for notice in notices for found in _guarantee_of(notice, register, reading, None))


def _guarantee_of(notice: Notice, register: Register, reading: Reading, bound: str | None) -> Iterator[Guarantee]:
    bound = bound or reading.bound_project(notice.guarantor, notice.contract_number, notice.product)
    outcome = match_project(notice, register, bound)
    if isinstance(outcome, Match | Proposed):
        yield Guarantee(outcome.project, notice.product, notice.contract_number)


def files_wanted(
    guarantees: Iterable[Guarantee], register: Register, also: Collection[str] = ()
) -> Callable[[str], bool] | None:
    """Returns what tells the files that these guarantees may carry, and ``also``; None if no file is in question."""
    names: set[str] = {*also}
    searches = []
    for each in guarantees:
        named, could_be = files_in_question(each.product, each.number, each.project, register)
        names |= named
        if could_be is not None:
            searches.append(could_be)
    if not names and not searches:
        return None
    return lambda file: file in names or any(could_be(file) for could_be in searches)


def holds_code(text: str, code: str) -> bool:
    """Returns whether ``text`` holds ``code`` as a number of its own, not as a part of a longer one."""
    return (
        code in text
        and bool(code)
        and re.search(rf"(?<![0-9A-Za-z]){re.escape(code)}(?![0-9A-Za-z])(?!-[0-9])", text) is not None
    )


def holds_name(text: str, name: str) -> bool:
    """Returns whether ``text`` holds ``name``; 工事その12 does not hold 工事その1."""
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
    """Returns whether the rest of the name fits: 前払 with 中間 is the interim payment's, 前払 alone the advance's."""
    if "前払" not in rest and "前金払" not in rest:
        return True
    return (product is Product.INTERIM) is ("中間" in rest)


def _numbers_in(key: str, register: Register, except_of: str) -> Iterable[tuple[str, tuple[Project, ...]]]:
    own = match_key(except_of)
    return (each for each in register.by_number.items() if each[0] != own and holds_code(key, each[0]))


def number_form(number: str) -> re.Pattern[str]:
    """Returns a pattern for numbers of the same form, digit for digit; it matches nothing if a date could have it."""
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


# --- The other documents ---------------------------------------------------------------------------------------------


LoadFile = Callable[[str], tuple[str, bytes] | Unreadable | None]
"""A file name as registered → its own name and bytes; Unreadable or None if it is no such PDF."""

_SUFFIX: Final = ".pdf"
_INVOICE: Final = "請求書"


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A document as it goes along."""

    title: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ChosenDocuments:
    """The documents of one submission in the register's order, and why they are not all."""

    loaded: tuple[LoadedDocument, ...] = ()
    holds: tuple[Hold, ...] = ()


def choose_documents(product: Product, rule: Rule, project: Project, load: LoadFile) -> ChosenDocuments:
    """Returns the documents that ``project`` lists for ``product`` and ``rule`` allows."""
    registered = project.documents.get(product)
    if registered is None and rule.other_documents:
        # The issuer asks for "the other required documents": only the project can say which, or that there are none.
        return ChosenDocuments((), (_undecided("others"), *_lacking(rule, ())))
    documents = registered or ()
    loaded, holds = [], [*_lacking(rule, documents), *_not_named(rule, documents)]
    for document in documents:
        if _is_invoice(document, rule):
            # An invoice registered as a document would skip the checks of its text, its day and earlier use.
            holds.append(_undecided("is_invoice", title=title_of(document)))
            continue
        found = load(document.file)
        match found:
            case Unreadable(Reason.TOO_LARGE):
                holds.append(Hold.of(Reason.TOO_BIG, file=document.file))
            case Unreadable(Reason.INVOICE_MISSING, why):  # it is there, and still being written
                holds.append(_undecided(why, file=document.file))
            case Unreadable(Reason.DAMAGED, why) if why:
                holds.append(Hold.of_code(Reason.DOCUMENTS_UNDECIDED, why))
            case Unreadable() | None:
                holds.append(_undecided(file=document.file))
            case _:
                loaded.append(LoadedDocument(title_of(document), *found))
    return ChosenDocuments(tuple(loaded), tuple(holds))


def title_of(document: Document) -> str:
    """Returns the document's title, else its file's name without folder and ending."""
    name = document.file.rpartition("/")[2]
    return document.title or (name[: -len(_SUFFIX)] if name.lower().endswith(_SUFFIX) else name)


def _lacking(rule: Rule, documents: tuple[Document, ...]) -> list[Hold]:
    return [
        _undecided("required", title=name)
        for name in rule.documents_required
        if not any(_is_called(document, name) for document in documents)
    ]


def _not_named(rule: Rule, documents: tuple[Document, ...]) -> list[Hold]:
    if rule.other_documents:
        return []
    named = rule.documents_required + rule.documents_allowed
    return [
        _undecided("not_named", title=title_of(document))
        for document in documents
        if not any(_is_called(document, name) for name in named)
    ]


def _is_invoice(document: Document, rule: Rule) -> bool:
    """An invoice by its title or its file's name, which the issuer does not name among the documents."""
    is_named = any(_is_called(document, name) for name in rule.documents_required + rule.documents_allowed)
    return not is_named and _INVOICE in match_key(document.title + document.file.rpartition("/")[2])


def _is_called(document: Document, name: str) -> bool:
    """By its title, or by a file name that holds the name (前払金申請書_道路改良.pdf)."""
    wanted = match_key(name)
    return match_key(document.title) == wanted or wanted in match_key(document.file.rpartition("/")[2])


def _undecided(code: str = "", **params: str) -> Hold:
    return Hold.of(Reason.DOCUMENTS_UNDECIDED, code, **params)
