"""Decides which documents beside notice and invoice go with a submission, and what is missing or too much.

Its one promise: a document goes along only where the issuer's rule names it, or asks for documents without naming
them and the project lists it; one that is required and not there is named. It does not look into a document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from worker.core.model import Hold, Product, Unreadable
from worker.core.rulebook import Document, Project, Rule
from worker.core.states import Reason
from worker.core.text import match_key

LoadFile = Callable[[str], tuple[str, bytes] | Unreadable | None]
"""A file name as registered → its own name and bytes; Unreadable or None where it is no such PDF."""

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
    """The documents that ``project`` lists for ``product``, judged by ``rule``."""
    registered = project.documents.get(product)
    if registered is None and rule.other_documents:
        # The issuer asks for "the other required documents": only the project can say which, or that there are none.
        return ChosenDocuments((), (_undecided("others"), *_lacking(rule, ())))
    documents = registered or ()
    loaded, holds = [], [*_lacking(rule, documents), *_not_named(rule, documents)]
    for document in documents:
        if _is_invoice(document, rule):
            # Registered as one, its text, its day and what carried it before are looked at; as a document nothing is.
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
    """What a document is called in a body: its title, else its file's name without folder and ending."""
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
