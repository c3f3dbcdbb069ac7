"""Defines the input of a draft, the variables that its templates see, and their rendering.

A variable that is not registered, or empty, stops the rendering and is named. The key is available only as
``notice.key``, and only if the caller added it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from worker.compose.attachments import ChosenInvoice, LoadInvoice, way_of
from worker.config.templates import MissingName, Renderer, Scope, TemplateFault
from worker.core.errors import HoshobinError
from worker.core.japanese_dates import write_date
from worker.core.model import PRODUCT_NAMES, Address, Attachment, Hold, Notice
from worker.core.rulebook import Contract, Contractor, Guarantor, Issuer, Project, Rule, Section, When, sentences_for
from worker.core.states import Reason
from worker.core.text import unsafe_character

Names = Mapping[str, Any]
"""Variable → value, as ``Renderer.render`` takes them."""


@dataclass(frozen=True, slots=True)
class Previous:
    """The earlier submission that an amended guarantee follows."""

    contract_number: str
    sent_on: dt.date | None
    """None if it did not go by mail: the log knows the day, the submission does not."""
    subject: str = ""
    """Empty if it did not go by mail."""


@dataclass(frozen=True, slots=True)
class ComposeInput:
    """Everything that a draft depends on."""

    notice: Notice
    pdf: bytes
    project: Project
    issuer: Issuer
    contractor: Contractor
    guarantor: Guarantor | None
    """None if ``guarantors.toml`` no longer lists the guarantor whose patterns read the notice."""
    max_bytes: int
    is_loopback_server: bool
    rehearsal_to: Address | None
    rehearsal: int
    """Number of the next rehearsal, from 1."""
    correction: int
    in_reply_to: str
    secret: bytes
    """Makes our Message-IDs unpredictable for outsiders."""
    template: Callable[[str, str], str | None]
    """Name and version of the wording → the source of a template; None if there is none."""
    load_invoice: LoadInvoice
    renderer: Renderer
    is_named_by_old: Callable[[str], bool]
    """Returns whether this submission was drafted under this Message-ID of 0.1.0; it then keeps it."""
    today: dt.date
    """In Japan: a mail with an invoice does not leave before the contract's day."""
    contract: Contract = Contract.ORIGINAL
    previous: Previous | None = None
    """The submission that an amended guarantee follows, if that was submitted from here."""
    found_invoices: tuple[str, ...] = ()
    """Files whose names lead to this guarantee, used if the register names no invoice."""
    counts_silence: bool = True
    """True if values that a rule by e-mail leaves out count as open, and ``lines`` always name project and number.

    False for a draft of an older program, which did neither.
    """
    words_of: str = ""
    """The version of the wording; empty for today's."""


@dataclass(frozen=True, slots=True)
class Case:
    """One submission with the rule that it follows."""

    given: ComposeInput
    rule: Rule
    section: Section | None
    values: Mapping[str, str]
    """As registered, in the form that the issuer wants."""
    way: When | None = None
    """Set once it is known if the invoice is attached or goes apart."""

    def names(self, invoice: ChosenInvoice | None, attachments: Iterable[Attachment]) -> dict[str, Any]:
        """Returns every variable of ``template_check.VARIABLES``, without the key and the body's own ``lines``."""
        given, rule = self.given, self.rule
        notice, project, issuer, guarantor = given.notice, given.project, given.issuer, given.guarantor
        values = Scope("values", self.values)
        return {
            "product": rule.product_word,
            "product_name": PRODUCT_NAMES[notice.product],
            "notice": Scope(
                "notice",
                {
                    "project_name": notice.project_name,
                    "contractor_name": notice.contractor_name,
                    "product": PRODUCT_NAMES[notice.product],
                    "contract_number": notice.contract_number,
                },
            ),
            "project": Scope(
                "project", {"name": project.name, "values": values, "dates": Scope("project.dates", project.dates)}
            ),
            "values": values,
            "contractor": Scope("contractor", dataclasses.asdict(contractor_of(given.contractor, project))),
            "issuer": Scope("issuer", {"name": issuer.name, "id": issuer.id}),
            "section": _of_section(self.section),
            "guarantor": Scope("guarantor", {"name": guarantor.name, "id": guarantor.id} if guarantor else {}),
            "attachments": tuple(
                Scope("attachments", {"title": each.title, "filename": each.filename}) for each in attachments
            ),
            "invoice": _of_invoice(invoice),
            "contract": given.contract.value,
            "previous": _of_previous(given.previous),
            "rule": Scope(
                "rule",
                {
                    "call_after": rule.call_after,
                    "after": sentences_for(rule.after, way_of(invoice)),
                    "invoice": rule.invoice.value,
                    "channel": rule.channel.value,
                    "key_typed": rule.key_typed,
                    "notice_attached": rule.notice_attached,
                },
            ),
        }


EMPTY_LINES: Final = frozenset({"subject", "file_name"})
"""Lines of a rule that may come out empty: codes of their own among those of a missing value."""


class Unwritable(HoshobinError):
    """A text that cannot be written; ``hold`` says why."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.reason)
        self.hold = hold


def _of_section(section: Section | None) -> Scope:
    if section is None:
        return Scope("section", {})
    return Scope("section", {"name": section.name, "phone": section.phone, "fax": section.fax, "id": section.id})


def _of_invoice(invoice: ChosenInvoice | None) -> Scope:
    registered = invoice.registered if invoice else None
    attached = invoice is not None and invoice.attached is not None
    return Scope(
        "invoice",
        {
            "title": invoice.title if invoice else None,
            "amount": registered.amount if registered else None,
            "date": registered.date if registered else None,
            "attached": attached,
            "separate": registered is not None and not attached,
        },
    )


def _of_previous(previous: Previous | None) -> Scope:
    if previous is None:
        return Scope("previous", {})
    sent_on = write_date(previous.sent_on) if previous.sent_on else None
    names = {"contract_number": previous.contract_number, "sent_on": sent_on, "subject": previous.subject}
    return Scope("previous", names)


def add_key(names: Names, key: str) -> dict[str, Any]:
    """``names`` with ``notice.key``: the key itself for a body that types it, its mask for what is stored."""
    return {**names, "notice": Scope("notice", {**names["notice"], "key": key})}


def contractor_of(contractor: Contractor, project: Project) -> Contractor:
    """``contractor`` as this project names it: a joint venture, another person, another telephone."""
    return Contractor(
        name=project.contractor or contractor.name,
        department=project.department or contractor.department,
        contact=project.contact or contractor.contact,
        phone=project.phone or contractor.phone,
        email=contractor.email,
    )


def write_text(what: str, source: str, names: Names, renderer: Renderer) -> str:
    """The text of ``source``. Raises Unwritable: a missing name by its own name, anything else by ``what``."""
    try:
        return renderer.render(source, names)
    except MissingName as missing:
        name = missing.name.removeprefix("values.")
        is_asked_about = missing.is_tested and name != missing.name
        raise Unwritable(Hold.of(Reason.MISSING_VALUE, "condition" if is_asked_about else "", value=name)) from missing
    except TemplateFault as fault:
        raise Unwritable(Hold.of(Reason.RULE_OPEN, "template", where=what, found=str(fault))) from fault


def write_line(what: str, source: str, names: Names, renderer: Renderer) -> str:
    """The one line of ``source``, neither empty nor with a character that no header may hold. Raises Unwritable."""
    line = write_text(what, source, names, renderer)
    if not line.strip():
        raise Unwritable(
            Hold.of(
                Reason.MISSING_VALUE, what if what in EMPTY_LINES else "", value="" if what in EMPTY_LINES else what
            )
        )
    if found := unsafe_character(line):
        raise Unwritable(Hold.of(Reason.UNSAFE_VALUE, where=what, found=found))
    return line
