"""Notice × project × rule × templates → Draft, or every reason why there is none yet.

Its one promise: what it gives is complete and comes only from the register, the rule and the notice; whatever
is missing, open or unsafe is named, all at once, and nothing is filled in. It does not know release policies,
earlier submissions or who looks at the draft.

Longer than other files: a draft is one decision, and its holds are gathered from every part of it at once.
What templates see is in ``template_context``, documents in ``documents``, what people do in ``obligations`` and
``manual_submission``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from worker.compose import mime_write as letter
from worker.compose.attachments import (
    ChosenInvoice,
    LoadedDocument,
    LoadInvoice,
    choose_documents,
    choose_invoice,
    holds_code,
    holds_name,
    way_of,
)
from worker.compose.checks import pre_send_check
from worker.compose.compose import (
    add_promised,
    contract_day_holds,
    describe_timing,
    earliest_day,
    list_duties,
    prior_contact_holds,
)
from worker.compose.manual_submission import prepare_manual_submission
from worker.compose.template_context import (
    Previous,
    Unwritable,
    add_key,
    contractor_of,
    name_everything,
    write_line,
    write_text,
)
from worker.config.addresses import is_placeholder
from worker.config.open_keys import counted_open, open_for
from worker.config.templates import Renderer, Scope
from worker.core.message_id import message_id, old_message_id, rehearsal_message_id
from worker.core.model import (
    INVOICE_TITLES,
    Address,
    Attachment,
    Channel,
    Draft,
    FollowUps,
    Hold,
    Notice,
    Sha256,
    sha256,
)
from worker.core.rulebook import (
    Contract,
    Contractor,
    Guarantor,
    InvoiceRule,
    Issuer,
    Project,
    Rule,
    Section,
    Timing,
    When,
    invoice_for,
    receiving_section,
    rule_for,
    sentences_for,
)
from worker.core.states import Reason
from worker.core.text import match_key, unsafe_character
from worker.core.value_forms import fit_values
from worker.match.match import judge_eligibility

NOTICE_TITLE: Final = "認証キーのお知らせ"
REHEARSAL_MARK: Final = "【リハーサル】"
FORMER_WORDS: Final = "0.1.0"
"""The version whose letter was worded otherwise: a draft of its keeps its words until something else changes."""

_INTRODUCED: Final = {"": "以下は、発注者に送る文面です。", FORMER_WORDS: "以下、本番の本文です。"}
"""By version the last line above the body of a rehearsal."""

UNSEEN_SUBJECT: Final = "（件名は未確認）"
"""In place of a subject that no file gives: the rest of the mail is shown, and held until the subject is known."""


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
    secret: bytes
    """What nobody outside can make our Message-IDs without."""
    is_named_by_old: Callable[[str], bool]
    """Whether this submission was drafted under this Message-ID of 0.1.0: then it keeps it."""
    today: dt.date
    """In Japan: a mail with an invoice does not leave before the contract's day."""
    contract: Contract = Contract.ORIGINAL
    previous: Previous | None = None
    """What an amended guarantee follows, where that was submitted from here."""
    found_invoices: tuple[str, ...] = ()
    """Files whose names lead to this guarantee, for where the register names no invoice."""
    counts_silence: bool = True
    """Whether what a rule by e-mail does not say counts as open, and ``lines`` never take project and number out.

    False for a draft of an older program, which did neither.
    """
    words_of: str = ""
    """The version in whose words the letter is written; empty: in those of today."""


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
    duties: FollowUps


@dataclass(frozen=True, slots=True)
class _Case:
    """One notice with all that its draft is made of."""

    notice: Notice
    pdf: bytes
    project: Project
    issuer: Issuer
    rule: Rule
    section: Section | None
    circumstances: Circumstances
    values: Mapping[str, str]
    """As registered, in the form that the issuer wants."""
    template: Callable[[str], str | None]
    renderer: Renderer
    way: When | None = None
    """How the invoice goes, once that is known."""

    def names(
        self, guarantor: Guarantor, invoice: ChosenInvoice | None, attachments: Sequence[Attachment]
    ) -> dict[str, Any]:
        """What its templates see, the key apart."""
        return name_everything(
            self.notice,
            guarantor,
            self.project,
            self.issuer,
            self.rule,
            self.section,
            invoice,
            contractor_of(self.circumstances.contractor, self.project),
            attachments,
            self.values,
            self.circumstances.contract,
            self.circumstances.previous,
        )


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
    if rule.timing is Timing.BEFORE_INVOICE:
        rule = dataclasses.replace(rule, invoice=InvoiceRule.NEVER)  # the key goes before it, so never beside it
    section = receiving_section(issuer, project, notice.product, rule)
    fitted = fit_values(issuer, project, notice)
    case = _Case(notice, pdf, project, issuer, rule, section, circumstances, fitted.values, template, renderer)
    documents = choose_documents(notice.product, rule, project, load_invoice)
    holds = (*_uncertain(case), *fitted.holds, *documents.holds)
    if rule.channel is Channel.UNKNOWN:
        return _not_drafted(case, holds)
    if rule.channel is not Channel.EMAIL:
        return _hand_over(case, holds, documents.loaded)
    invoice = choose_invoice(
        notice.product, notice.contract_number, rule, project, load_invoice, circumstances.found_invoices
    )
    return _draft(case, (*holds, *_unreachable(section, circumstances)), invoice, documents.loaded)


def _draft(
    case: _Case, standing: Sequence[Hold], chosen: ChosenInvoice | Hold | None, documents: Sequence[LoadedDocument]
) -> Composed:
    """The mail of ``case`` with everything that holds it."""
    holds, invoice = [*standing], None
    if isinstance(chosen, Hold):
        holds.append(chosen)
    else:
        invoice = chosen
    case = dataclasses.replace(case, way=way_of(invoice))
    carries_invoice = invoice is not None and invoice.attached is not None
    if not case.circumstances.rehearsal_to:  # a rehearsal reaches nobody there: asked when it is for the issuer
        holds += prior_contact_holds(
            case.project, case.notice.product, case.notice.contract_number, case.rule, case.section
        )
        holds += contract_day_holds(case.project, case.circumstances.today) if carries_invoice else ()
    guarantor, section = case.circumstances.guarantor, case.section
    if guarantor is None or section is None or not section.to:
        return _not_drafted(case, holds)
    try:
        draft, body, contents = _write(case, guarantor, section, invoice, documents)
    except Unwritable as unwritable:
        return _not_drafted(case, (*holds, unwritable.hold))
    limit = min(case.circumstances.max_bytes, case.rule.max_bytes or case.circumstances.max_bytes)
    draft_hash = hash_draft(draft)
    holds += pre_send_check(draft, draft_hash, body, contents, limit)
    not_before = earliest_day(case.project) if carries_invoice and not draft.is_rehearsal else None
    undrafted = _not_drafted(case, holds)
    after = undrafted.duties.after
    if invoice and invoice.registered and not carries_invoice:  # the letter says that it is handed in apart
        after = add_promised(after, case.notice.product)
    return dataclasses.replace(
        undrafted,
        draft=draft,
        draft_hash=draft_hash,
        body=body,
        contents=contents,
        duties=dataclasses.replace(
            undrafted.duties,
            not_before=not_before,
            after=after,
            assumed=case.rule.assumed,
            counts_silence=case.circumstances.counts_silence,
        ),
    )


def _hand_over(case: _Case, holds: Sequence[Hold], documents: Sequence[LoadedDocument]) -> Composed:
    """What a person hands in: nothing is mailed, and every step and field is filled in."""
    guarantor = case.circumstances.guarantor
    if guarantor is None:
        return _not_drafted(case, holds)
    registered = invoice_for(case.project, case.notice.product, case.notice.contract_number)
    title = INVOICE_TITLES.get(case.notice.product)
    invoice = ChosenInvoice(title, None, registered) if title else None
    is_brought = bool(registered and registered.file and case.rule.invoice is not InvoiceRule.NEVER)
    if title and (registered or case.rule.invoice is InvoiceRule.NEVER):
        case = dataclasses.replace(case, way=When.ATTACHED if is_brought else When.APART)
    try:
        _, files = _attach_all(case, guarantor, None, documents)
    except Unwritable as unwritable:
        return _not_drafted(case, (*holds, unwritable.hold))
    duties = _duties(case)
    if title and registered and is_brought:
        duties = dataclasses.replace(duties, bring=(*duties.bring, f"{title}：{registered.file}"))
    prepared = prepare_manual_submission(
        duties,
        case.rule,
        case.notice,
        case.names(guarantor, invoice, files),
        files,
        case.section,
        case.way,
        describe_timing(case.project, case.notice.product, case.notice.contract_number, case.rule),
        case.renderer,
    )
    return dataclasses.replace(_not_drafted(case, (*holds, *prepared.holds)), duties=prepared.duties)


def _not_drafted(case: _Case, holds: Sequence[Hold]) -> Composed:
    section_id = case.section.id if case.section else ""
    return Composed(case.rule.channel, section_id, case.section, tuple(holds), None, "", "", {}, _duties(case))


def _duties(case: _Case) -> FollowUps:
    return list_duties(
        case.issuer,
        case.project,
        case.notice.product,
        case.notice.contract_number,
        case.rule,
        case.section,
        case.circumstances.contract,
        case.way,
    )


def hash_draft(draft: Draft) -> str:
    """64 hexadecimal digits over everything a reader would see and everyone it would reach.

    The rule file's own hash is left out: a comment changed in it alters nothing that is sent.
    """
    fields = dataclasses.asdict(dataclasses.replace(draft, rule_sha256="", rule_file=""))
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()


# --- The rule ------------------------------------------------------------------------------------------------


def _uncertain(case: _Case) -> tuple[Hold, ...]:
    open_keys = open_for(case.rule.open + (case.section.open if case.section else ()), case.rule.channel)
    if case.rule.channel is Channel.EMAIL and not case.rule.subject.strip() and not open_keys:
        open_keys = ("subject",)
    if case.circumstances.counts_silence:
        open_keys = (*open_keys, *counted_open(case.rule))
    if case.circumstances.guarantor is None:
        open_keys = (*open_keys, f"guarantor.{case.notice.guarantor}")
    holds = []
    if case.issuer.guarantors and case.notice.guarantor not in case.issuer.guarantors:
        guarantor = case.circumstances.guarantor
        name = guarantor.name if guarantor else case.notice.guarantor
        holds.append(Hold.of(Reason.GUARANTOR_NOT_LISTED, name=name, issuer=case.issuer.full_name))
    if case.rule.channel is Channel.UNKNOWN:
        holds.append(Hold.of(Reason.RULE_OPEN, keys=("channel",)))
    elif open_keys:
        holds.append(Hold.of(Reason.RULE_OPEN, keys=tuple(open_keys)))
    taken = judge_eligibility(case.issuer, case.project, case.notice.product, case.circumstances.contract)
    return (*holds, *taken)


def _unreachable(section: Section | None, circumstances: Circumstances) -> tuple[Hold, ...]:
    if section is None:
        return (Hold.of(Reason.NO_RECIPIENT, "no_section"),)
    if not section.to:
        return (Hold.of(Reason.NO_RECIPIENT, section=section.name),)
    if circumstances.is_loopback_server:
        return ()
    receiving = (circumstances.rehearsal_to,) if circumstances.rehearsal_to else section.to + section.cc
    placeholders = [address for address in receiving if is_placeholder(address)]
    return (Hold.of(Reason.NO_RECIPIENT, "placeholder", addresses=tuple(placeholders)),) if placeholders else ()


# --- The text ------------------------------------------------------------------------------------------------


def _write(
    case: _Case,
    guarantor: Guarantor,
    section: Section,
    invoice: ChosenInvoice | None,
    documents: Sequence[LoadedDocument],
) -> tuple[Draft, str, dict[Sha256, bytes]]:
    """The draft with its body and its contents. Raises Unwritable."""
    rule, contractor = case.rule, contractor_of(case.circumstances.contractor, case.project)
    contents, attachments = _attach_all(case, guarantor, invoice, documents)
    names = case.names(guarantor, invoice, attachments)
    subject = UNSEEN_SUBJECT
    if rule.subject.strip():
        subject = write_line("subject", rule.subject, names, case.renderer)
    body = _write_body(case, names)
    rehearsal_for: tuple[Address, ...] = ()
    to, cc = section.to, section.cc
    if case.circumstances.rehearsal_to:
        rehearsal_for = tuple(dict.fromkeys(to + cc))
        body = _rehearsal_preface(to, cc, subject, _INTRODUCED[case.circumstances.words_of]) + body
        subject = REHEARSAL_MARK + subject
        to, cc = (case.circumstances.rehearsal_to,), ()
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
        message_id=_message_id(case, contractor.email),
        in_reply_to=case.circumstances.in_reply_to,
        rehearsal_for=rehearsal_for,
        rule_file=case.issuer.file,
        rule_sha256=case.issuer.sha256,
        invoice_amount=registered.amount if registered else None,
        invoice_date=registered.date if registered else None,
        conditions=sentences_for(rule.conditions, case.way),
    )
    return draft, body, contents


def _message_id(case: _Case, sender: Address) -> str:
    how, issuer, product = case.circumstances, case.issuer.id, case.notice.product
    if how.rehearsal_to:
        return rehearsal_message_id(sha256(case.pdf), issuer, product, how.rehearsal, sender)
    old = old_message_id(sha256(case.pdf), issuer, product, how.correction, sender)
    if how.is_named_by_old(old):
        return old
    return message_id(how.secret, sha256(case.pdf), issuer, product, how.correction, sender)


def _attach_all(
    case: _Case,
    guarantor: Guarantor,
    invoice: ChosenInvoice | None,
    documents: Sequence[LoadedDocument],
) -> tuple[dict[Sha256, bytes], list[Attachment]]:
    """Notice, invoice, documents, in this order, and their bytes. Raises Unwritable."""
    files = []
    if case.rule.notice_attached:
        files.append((NOTICE_TITLE, _name_notice(case, guarantor, invoice), case.pdf))
    if invoice and invoice.attached:
        files.append((invoice.title, *invoice.attached))
    files += [(each.title, each.name, each.content) for each in documents]
    return (
        {sha256(content): content for _, _, content in files},
        [
            Attachment(title, letter.attachment_name(name), sha256(content), len(content))
            for title, name, content in files
        ],
    )


def _name_notice(case: _Case, guarantor: Guarantor, invoice: ChosenInvoice | None) -> str:
    if not case.rule.file_name:
        return f"{NOTICE_TITLE}_{case.notice.contract_number}.pdf"
    return write_line("file_name", case.rule.file_name, case.names(guarantor, invoice, ()), case.renderer)


def _write_body(case: _Case, names: dict[str, Any]) -> str:
    source = case.template(f"{case.rule.body}.txt.j2")
    if source is None:
        raise Unwritable(Hold.of(Reason.RULE_OPEN, "no_template", file=f"templates/mail/{case.rule.body}.txt.j2"))
    with_key = add_key(names, case.notice.key.clear)
    lines = _required_lines(case, with_key if case.rule.key_typed else names)
    body = write_text("body", source, {**with_key, "lines": lines}, case.renderer).replace("\r\n", "\n")
    if not body.strip():
        raise Unwritable(Hold.of(Reason.MISSING_VALUE, "body"))
    if found := unsafe_character(body.replace("\n", "").replace("\t", "")):
        raise Unwritable(Hold.of(Reason.UNSAFE_VALUE, where="body", found=found))
    if case.rule.key_typed:
        for name, text in (("contract_number", case.notice.contract_number), ("key", case.notice.key.clear)):
            if text not in body:  # the issuer would get a mail without what it asked for
                raise Unwritable(Hold.of(Reason.MISSING_VALUE, "not_typed", value=name))
    return body if body.endswith("\n") else body + "\n"


def _required_lines(case: _Case, names: Mapping[str, Any]) -> tuple[Scope, ...]:
    """The items that the issuer requires, in its order; then what they lack of project, number and typed key."""
    written = [(line.title, write_line(line.title, line.value, names, case.renderer)) for line in case.rule.lines]
    if written:
        values = [match_key(value) for _, value in written]
        name, number = case.project.name, case.notice.contract_number
        is_new = case.circumstances.counts_silence  # a draft of an older program keeps its body
        if is_new and not any(holds_name(value, match_key(name)) for value in values):
            written.append(("案件名", name))
        if (is_new or case.rule.key_typed) and not any(holds_code(value, match_key(number)) for value in values):
            written.append(("保証契約番号", number))
        key = case.notice.key.clear
        if case.rule.key_typed and not any(key in value for _, value in written):
            written.append(("認証キー", key))
    return tuple(Scope("lines", {"title": title, "value": value}) for title, value in written)


def _rehearsal_preface(to: tuple[Address, ...], cc: tuple[Address, ...], subject: str, introduced: str) -> str:
    lines = [
        "※これはリハーサルです。発注者には送信していません。",
        f"本番の宛先：{', '.join(to)}",
        *([f"本番のCC：{', '.join(cc)}"] if cc else []),
        f"本番の件名：{subject}",
        introduced,
        "------------------------------",
        "",
    ]
    return "\n".join(lines) + "\n"
