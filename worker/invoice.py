"""Decides which invoice rides along with a submission.

Its one promise: an invoice is taken only where the register's own word leads to it. It does not read files: what
lies in the folder is given to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worker.model import INVOICE_TITLES, Hold, Product, Unreadable
from worker.rulebook import Invoice, InvoiceRule, Project, Rule, invoice_for
from worker.states import Reason

LoadInvoice = Callable[[str], tuple[str, bytes] | Unreadable | None]
"""A file name as registered → its own name and bytes; Unreadable or None where it is no such PDF."""


@dataclass(frozen=True, slots=True)
class ChosenInvoice:
    """The invoice of one submission: its title, name and bytes where it rides along, and the register's line."""

    title: str
    attached: tuple[str, bytes] | None
    registered: Invoice | None


def choose_invoice(
    product: Product, number: str, rule: Rule, project: Project, load: LoadInvoice
) -> ChosenInvoice | Hold | None:
    """The invoice that rides along, or why it is not known; None where this product never has one."""
    title = INVOICE_TITLES.get(product)
    if title is None:
        return None
    registered = invoice_for(project, product, number)
    if rule.invoice is InvoiceRule.NEVER:
        # The rule says that it goes another way; only the project's own word puts that into the mail.
        return ChosenInvoice(title, None, registered if registered and not registered.file else None)
    is_required = rule.invoice is InvoiceRule.REQUIRED
    if registered is None:
        return Hold(Reason.INVOICE_MISSING if is_required else Reason.INVOICE_UNDECIDED, title)
    if not registered.file:
        return Hold(Reason.INVOICE_MISSING, title) if is_required else ChosenInvoice(title, None, registered)
    match load(registered.file):
        case None:
            return Hold(Reason.INVOICE_MISSING, registered.file)
        case Unreadable(reason, _):
            return Hold(Reason.TOO_BIG if reason is Reason.TOO_LARGE else Reason.WRONG_INVOICE, registered.file)
        case found:
            return ChosenInvoice(title, found, registered)
