"""Notice × project × rule × templates → Draft, or every reason why there is none yet.

Its one promise: what it gives is complete and comes only from the register, the rule and the notice; whatever
is missing, open or unsafe is named, all at once, and nothing is filled in. It does not know release policies,
earlier submissions or who looks at the draft.

Longer than other files: a draft is one decision, and its holds are gathered from every part of it at once.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from worker import decode, letter
from worker.addresses import is_placeholder
from worker.invoice import ChosenInvoice, LoadInvoice, choose_invoice
from worker.model import (
    JST,
    PRODUCT_NAMES,
    Address,
    Attachment,
    Channel,
    Draft,
    Hold,
    Notice,
    Sha256,
    sha256,
)
from worker.render import MissingName, Renderer, Scope, TemplateFault
from worker.rulebook import (
    Contract,
    Contractor,
    Guarantor,
    Issuer,
    Project,
    Rule,
    Section,
    receiving_section,
    rule_for,
)
from worker.states import Reason
from worker.text import unsafe_character

NOTICE_TITLE: Final = "認証キーのお知らせ"
REHEARSAL_MARK: Final = "【リハーサル】"
_ANY_DATE: Final = dt.datetime(2000, 1, 1, tzinfo=JST)
"""The letter is composed once to be proved readable; its real Date comes with the first SendStarted."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a draft rests on beside notice, project and rule."""

    contractor: Contractor
    guarantor: Guarantor | None
    """None where ``guarantors.toml`` no longer names the one that the notice was read by."""
    max_bytes: int
    is_loopback_server: bool
    rehearsal_to: Address | None
    rehearsal: int
    """Number of the next rehearsal, from 1."""
    correction: int
    in_reply_to: str
    contract: Contract = Contract.ORIGINAL


@dataclass(frozen=True, slots=True)
class Composed:
    """Where a submission of this notice goes and, for e-mail with nothing missing, its draft."""

    channel: Channel
    section_id: str
    section: Section | None
    holds: tuple[Hold, ...]
    draft: Draft | None
    draft_hash: str
    body: str
    contents: Mapping[Sha256, bytes]
    """The bytes of the body and of each attachment, by hash."""


class _Stop(Exception):
    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.reason)
        self.hold = hold


def compose(
    notice: Notice,
    pdf: bytes,
    project: Project,
    issuer: Issuer,
    circumstances: Circumstances,
    template: Callable[[str], str | None],
    load_invoice: LoadInvoice,
    renderer: Renderer,
) -> Composed:
    """The submission of ``notice`` under the rule that ``issuer`` has for its product."""
    rule = rule_for(issuer, project, notice.product, circumstances.contract)
    section = receiving_section(issuer, project, notice.product, rule)
    section_id = section.id if section else ""
    guarantor = circumstances.guarantor
    holds = list(_uncertain(notice, guarantor, project, issuer, rule, section))
    if rule.channel is not Channel.EMAIL:
        return Composed(rule.channel, section_id, section, tuple(holds), None, "", "", {})
    holds += _unreachable(section, circumstances)
    invoice = choose_invoice(notice.product, notice.contract_number, rule, project, load_invoice)
    if isinstance(invoice, Hold):
        holds.append(invoice)
        invoice = None
    if guarantor is None or section is None or not section.to:
        return Composed(rule.channel, section_id, section, tuple(holds), None, "", "", {})
    try:
        draft, body, contents = _write(
            notice, pdf, guarantor, project, issuer, rule, section, invoice, circumstances, template, renderer
        )
    except _Stop as stop:
        return Composed(rule.channel, section_id, section, (*holds, stop.hold), None, "", "", {})
    holds += _unfit(draft, body, contents, min(circumstances.max_bytes, rule.max_bytes or circumstances.max_bytes))
    return Composed(rule.channel, section_id, section, tuple(holds), draft, hash_draft(draft), body, contents)


def hash_draft(draft: Draft) -> str:
    """64 hexadecimal digits over everything a reader would see and everyone it would reach.

    The rule file's own hash is left out: a comment changed in it alters nothing that is sent.
    """
    fields = dataclasses.asdict(dataclasses.replace(draft, rule_sha256="", rule_file=""))
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()


# --- The rule ------------------------------------------------------------------------------------------------


def _uncertain(
    notice: Notice,
    guarantor: Guarantor | None,
    project: Project,
    issuer: Issuer,
    rule: Rule,
    section: Section | None,
) -> tuple[Hold, ...]:
    open_keys = rule.open + (section.open if section else ())
    if guarantor is None:
        open_keys = (*open_keys, f"guarantor.{notice.guarantor}")
    if issuer.guarantors and notice.guarantor not in issuer.guarantors:
        open_keys = (*open_keys, "guarantors")
    holds = []
    if rule.channel is Channel.UNKNOWN:
        holds.append(Hold(Reason.RULE_OPEN, "channel"))
    elif open_keys:
        holds.append(Hold(Reason.RULE_OPEN, ", ".join(open_keys)))
    if issuer.eligibility:
        # The answer is about this project at this issuer: another project of the same number is another question.
        holds.append(Hold(Reason.ELIGIBILITY_UNKNOWN, project.id))
    return tuple(holds)


def _unreachable(section: Section | None, circumstances: Circumstances) -> tuple[Hold, ...]:
    if section is None:
        return (Hold(Reason.NO_RECIPIENT, "section"),)
    if not section.to:
        return (Hold(Reason.NO_RECIPIENT, section.name),)
    if circumstances.is_loopback_server:
        return ()
    receiving = (circumstances.rehearsal_to,) if circumstances.rehearsal_to else section.to + section.cc
    placeholders = [address for address in receiving if is_placeholder(address)]
    return (Hold(Reason.NO_RECIPIENT, ", ".join(placeholders)),) if placeholders else ()


# --- The text ------------------------------------------------------------------------------------------------


def _write(
    notice: Notice,
    pdf: bytes,
    guarantor: Guarantor,
    project: Project,
    issuer: Issuer,
    rule: Rule,
    section: Section,
    invoice: ChosenInvoice | None,
    circumstances: Circumstances,
    template: Callable[[str], str | None],
    renderer: Renderer,
) -> tuple[Draft, str, dict[Sha256, bytes]]:
    contents = {sha256(pdf): pdf}
    attachments = [_attach(NOTICE_TITLE, f"{NOTICE_TITLE}_{notice.contract_number}.pdf", pdf)]
    if invoice and invoice.attached:
        name, content = invoice.attached
        contents[sha256(content)] = content
        attachments.append(_attach(invoice.title, name, content))
    contractor = _effective(circumstances.contractor, project)
    names = _names(notice, guarantor, project, issuer, rule, section, invoice, contractor, attachments)
    subject = _render_subject(rule.subject, names, renderer)
    body = _render_body(rule.body, names, notice, template, renderer)
    rehearsal_for: tuple[Address, ...] = ()
    to, cc = section.to, section.cc
    if circumstances.rehearsal_to:
        rehearsal_for = tuple(dict.fromkeys(to + cc))
        body = _rehearsal_preface(to, cc, subject) + body
        subject = REHEARSAL_MARK + subject
        to, cc = (circumstances.rehearsal_to,), ()
    encoded = body.encode()
    contents[sha256(encoded)] = encoded
    registered = invoice.registered if invoice and invoice.attached else None
    draft = Draft(
        sender=contractor.email,
        sender_name=contractor.name,
        to=to,
        cc=tuple(address for address in cc if address not in to),
        subject=subject,
        body_sha256=sha256(encoded),
        attachments=tuple(attachments),
        message_id=letter.message_id(
            sha256(pdf),
            issuer.id,
            notice.product,
            circumstances.correction,
            circumstances.rehearsal if rehearsal_for else 0,
            contractor.email,
        ),
        in_reply_to=circumstances.in_reply_to,
        rehearsal_for=rehearsal_for,
        rule_file=issuer.file,
        rule_sha256=issuer.sha256,
        invoice_amount=registered.amount if registered else None,
        invoice_date=registered.date if registered else None,
    )
    return draft, body, contents


def _attach(title: str, filename: str, content: bytes) -> Attachment:
    return Attachment(title, letter.attachment_name(filename), sha256(content), len(content))


def _effective(contractor: Contractor, project: Project) -> Contractor:
    return Contractor(
        name=project.contractor or contractor.name,
        department=project.department or contractor.department,
        contact=project.contact or contractor.contact,
        phone=project.phone or contractor.phone,
        email=contractor.email,
    )


def _names(
    notice: Notice,
    guarantor: Guarantor,
    project: Project,
    issuer: Issuer,
    rule: Rule,
    section: Section,
    invoice: ChosenInvoice | None,
    contractor: Contractor,
    attachments: list[Attachment],
) -> dict[str, Any]:
    values = Scope("values", project.values)
    registered = invoice.registered if invoice else None
    attached = invoice is not None and invoice.attached is not None
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
            "project",
            {"name": project.name, "values": values, "dates": Scope("project.dates", project.dates)},
        ),
        "values": values,
        "contractor": Scope("contractor", dataclasses.asdict(contractor)),
        "issuer": Scope("issuer", {"name": issuer.name, "id": issuer.id}),
        "section": Scope("section", {"name": section.name, "phone": section.phone, "id": section.id}),
        "guarantor": Scope("guarantor", {"name": guarantor.name, "id": guarantor.id}),
        "attachments": tuple(
            Scope("attachments", {"title": each.title, "filename": each.filename}) for each in attachments
        ),
        "invoice": Scope(
            "invoice",
            {
                "title": invoice.title if invoice else None,
                "amount": registered.amount if registered else None,
                "date": registered.date if registered else None,
                "attached": attached,
                "separate": registered is not None and not attached,
            },
        ),
        "rule": Scope("rule", {"call_after": False, "invoice": rule.invoice.value, "channel": rule.channel.value}),
    }


def _render_subject(source: str, names: Mapping[str, Any], renderer: Renderer) -> str:
    subject = _render("subject", source, names, renderer)
    if not subject.strip():
        raise _Stop(Hold(Reason.MISSING_VALUE, "subject"))
    if found := unsafe_character(subject):
        raise _Stop(Hold(Reason.UNSAFE_VALUE, f"subject {found}"))
    return subject


def _render_body(
    name: str,
    names: dict[str, Any],
    notice: Notice,
    template: Callable[[str], str | None],
    renderer: Renderer,
) -> str:
    source = template(f"{name}.txt.j2")
    if source is None:
        raise _Stop(Hold(Reason.RULE_OPEN, f"templates/mail/{name}.txt.j2"))
    with_key = Scope("notice", {**names["notice"], "key": notice.key.clear})
    body = _render("body", source, {**names, "notice": with_key}, renderer).replace("\r\n", "\n")
    if not body.strip():
        raise _Stop(Hold(Reason.MISSING_VALUE, "body"))
    if found := unsafe_character(body.replace("\n", "").replace("\t", "")):
        raise _Stop(Hold(Reason.UNSAFE_VALUE, f"body {found}"))
    return body if body.endswith("\n") else body + "\n"


def _render(what: str, source: str, names: Mapping[str, Any], renderer: Renderer) -> str:
    try:
        return renderer.render(source, names)
    except MissingName as missing:
        raise _Stop(Hold(Reason.MISSING_VALUE, missing.name.removeprefix("values."))) from missing
    except TemplateFault as fault:
        raise _Stop(Hold(Reason.RULE_OPEN, f"{what}: {fault}")) from fault


def _rehearsal_preface(to: tuple[Address, ...], cc: tuple[Address, ...], subject: str) -> str:
    lines = [
        "※これはリハーサルです。発注者には送信していません。",
        f"本番の宛先：{', '.join(to)}",
        *([f"本番のCC：{', '.join(cc)}"] if cc else []),
        f"本番の件名：{subject}",
        "以下、本番の本文です。",
        "------------------------------",
        "",
    ]
    return "\n".join(lines) + "\n"


# --- The proof -----------------------------------------------------------------------------------------------


def _unfit(draft: Draft, body: str, contents: Mapping[Sha256, bytes], max_bytes: int) -> tuple[Hold, ...]:
    """What is wrong with the letter itself: a reader written apart must see just what was meant."""
    try:
        raw = letter.write_letter(draft, body, contents, _ANY_DATE)
    except letter.UnsafeValue as unsafe:
        return (Hold(Reason.UNSAFE_VALUE, str(unsafe)),)
    holds = []
    if len(raw) > max_bytes:
        holds.append(Hold(Reason.TOO_BIG, f"{len(raw)} > {max_bytes}"))
    if different := decode.differences(draft, body, contents, raw):
        holds.append(Hold(Reason.ENCODING, ", ".join(different)))
    return tuple(holds)
