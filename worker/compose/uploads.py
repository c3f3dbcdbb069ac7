"""Judges a PDF that a person brings: a notice, an invoice and whose, or why it is refused. Reads no files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from worker.compose.invoice_check import products_named, read_invoice
from worker.compose.invoice_values import read_invoice_values
from worker.compose.missing_invoice import name_to_give, names_project
from worker.core.file_names import name_for_folder
from worker.core.model import INVOICE_TITLES, Notice, PdfText, Product, Unreadable
from worker.core.params import Params
from worker.core.rulebook import Project, invoice_for
from worker.core.states import Reason
from worker.match.match import Match, Proposed, Register, match_project

_INVOICE: Final = "invoice"
"""The detail of a refusal by which ``read.notice`` names an invoice."""
_CERTIFICATES: Final = ("証書", "証券")


class UploadKind(StrEnum):
    """The kinds of PDFs that are taken (machine output)."""

    NOTICE = "notice"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class UploadTarget:
    """The person's words about the file; empty if nothing was said."""

    announcement: int | None = None
    project: str = ""
    product: Product | None = None

    @property
    def is_invoice(self) -> bool:
        """Returns whether the person said whose invoice it is."""
        return bool(self.project) and self.product in INVOICE_TITLES


@dataclass(frozen=True, slots=True)
class JudgedUpload:
    """The kind of the file, as far as its text says."""

    kind: UploadKind
    project: str = ""
    """The id of the only project that it names; empty if there is none, or several."""
    product: Product | None = None
    number: str = ""
    name: str = ""
    """工事名 as read."""
    amount: int | None = None


def judge_upload(
    read: Notice | Unreadable, text: PdfText | Unreadable | None, target: UploadTarget, register: Register
) -> JudgedUpload | str:
    """Returns what the file is, or the code of the refusal (``upload_…`` in the messages).

    ``text`` is that of a file that is no notice. An invoice whose project the person named is taken without a text.
    """
    if isinstance(read, Notice):
        matched = match_project(read, register, None)
        project = matched.project.id if isinstance(matched, Match | Proposed) else ""
        return JudgedUpload(UploadKind.NOTICE, project, read.product, read.contract_number, read.project_name)
    is_paper = read.reason is Reason.NOT_A_NOTICE and read.detail == _INVOICE
    if is_paper or (target.is_invoice and read.reason in {Reason.NOT_A_NOTICE, Reason.NO_TEXT}):
        return _judge_invoice(text, target, register)
    return _refusal(read)


def _judge_invoice(text: PdfText | Unreadable | None, target: UploadTarget, register: Register) -> JudgedUpload:
    found, amount = read_invoice(text), read_invoice_values(text).amount
    if target.is_invoice:
        return JudgedUpload(UploadKind.INVOICE, target.project, target.product, amount=amount)
    if isinstance(found, Params):
        return JudgedUpload(UploadKind.INVOICE, amount=amount)
    named = [each for each in register.by_id.values() if _is_named(text, each, register)]
    products = products_named(found)
    return JudgedUpload(
        UploadKind.INVOICE,
        named[0].id if len(named) == 1 else "",
        next(iter(products)) if len(products) == 1 else None,
        name=named[0].name if len(named) == 1 else "",
        amount=amount,
    )


def _is_named(text: PdfText | Unreadable | None, project: Project, register: Register) -> bool:
    if text is None:
        return False
    return any(names_project(text, project, number, register) for number in (*project.all_numbers, ""))


def _refusal(read: Unreadable) -> str:
    match read.reason:
        case Reason.NO_TEXT:
            return "upload_scan"
        case Reason.PASSWORD:
            return "upload_locked"
        case Reason.DAMAGED if read.detail:
            return "upload_not_pdf"
        case Reason.TWO_NOTICES:
            return "upload_several"
        case Reason.NOT_A_NOTICE if read.detail.startswith("other_page: "):
            return "upload_other_page"
        case Reason.NOT_A_NOTICE if read.detail.startswith("written_on: "):
            return "upload_written_on"
        case Reason.NOT_A_NOTICE if any(word in read.detail for word in _CERTIFICATES):
            return "upload_certificate"
        case Reason.NOT_A_NOTICE:
            return "upload_no_notice"
        case _:
            return "upload_unreadable"


def place_of_invoice(project: Project, product: Product, number: str, register: Register) -> tuple[str, str]:
    """Returns folder and name (without ending) under which the invoice is found: the registered ones, else its own."""
    registered = invoice_for(project, product, number) if number else None
    if registered is not None and registered.file:
        folder, _, name = registered.file.rpartition("/")
        return folder, name_for_folder(name)
    own = name_for_folder(project.name)
    name = name_to_give(product, number, project, register) if number else ""
    return own, name_for_folder(name or f"{own}_{INVOICE_TITLES[product]}")
