"""Composes a submission: notice × project × rule × templates → Draft, or every reason against it.

The result is complete and comes only from the register, the rule and the notice. Every missing, open or unsafe value is
named, all at once, and no value is invented. Release policies, earlier submissions and the reader of the draft have no
influence. ``attachments`` chooses the files.

The variables that templates see come first. A variable that is not registered, or empty, stops the rendering and is
named. The key is available only as ``notice.key``, and only if it was added. The steps of a submission by hand (form,
upload, paper, fax) follow: the key is masked in them, because they are kept.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from worker.audit.chain import canonical
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
from worker.compose.mime_write import attachment_name
from worker.config.templates import MissingName, Renderer, Scope, TemplateFault, make_names
from worker.core.addresses import is_placeholder
from worker.core.approval_label import FROM_CONTRACT_DAY
from worker.core.business_hours import working_days_before
from worker.core.errors import HoshobinError
from worker.core.japanese_dates import write_date
from worker.core.message_id import message_id, old_message_id, rehearsal_message_id
from worker.core.model import (
    INVOICE_TITLES,
    PRODUCT_NAMES,
    Address,
    Attachment,
    Channel,
    Draft,
    FollowUps,
    Hold,
    Notice,
    Product,
    Sha256,
    Submission,
    sha256,
)
from worker.core.old_sentences import old_told
from worker.core.params import Params, Told
from worker.core.rulebook import (
    Conditional,
    Contract,
    Contractor,
    CountedBy,
    Guarantor,
    InvoiceRule,
    Issuer,
    Project,
    Rule,
    Section,
    Sentence,
    Timing,
    When,
    counted_open,
    invoice_for,
    open_for,
    receiving_section,
    rule_for,
    sentences_for,
)
from worker.core.states import HoldKind, Reason, kind_of
from worker.core.text import match_key, unsafe_character
from worker.core.value_forms import fit_values
from worker.match.match import judge_eligibility

TemplateNames = Mapping[str, Any]
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
    template: Callable[[str], str | None]
    """Name → the source of a template, in the wording of ``words_of``; None if there is none."""
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
    """Set once it is known if the invoice is attached or handed in separately."""

    def names(self, invoice: ChosenInvoice | None, attachments: Iterable[Attachment]) -> dict[str, Any]:
        """Returns every variable of ``template_check.VARIABLES``, without the key and the body's own ``lines``."""
        given, rule = self.given, self.rule
        notice, project, issuer, guarantor = given.notice, given.project, given.issuer, given.guarantor
        section, previous = self.section, given.previous
        values = Scope("values", self.values)
        registered = invoice.registered if invoice else None
        is_attached = invoice is not None and invoice.attached is not None
        return make_names(
            {
                "product": rule.product_word,
                "product_name": PRODUCT_NAMES[notice.product],
                "notice": {
                    "project_name": notice.project_name,
                    "contractor_name": notice.contractor_name,
                    "product": PRODUCT_NAMES[notice.product],
                    "contract_number": notice.contract_number,
                },
                "project": {"name": project.name, "values": values, "dates": project.dates},
                "values": values,
                "contractor": dataclasses.asdict(contractor_of(given.contractor, project)),
                "issuer": {"name": issuer.name, "id": issuer.id},
                "section": {"name": section.name, "phone": section.phone, "fax": section.fax, "id": section.id}
                if section
                else {},
                "guarantor": {"name": guarantor.name, "id": guarantor.id} if guarantor else {},
                "attachments": tuple({"title": each.title, "filename": each.filename} for each in attachments),
                "invoice": {
                    "title": invoice.title if invoice else None,
                    "amount": registered.amount if registered else None,
                    "date": registered.date if registered else None,
                    "attached": is_attached,
                    "separate": registered is not None and not is_attached,
                },
                "contract": given.contract.value,
                "previous": {
                    "contract_number": previous.contract_number,
                    "sent_on": write_date(previous.sent_on) if previous.sent_on else None,
                    "subject": previous.subject,
                }
                if previous
                else {},
                "rule": {
                    "call_after": rule.call_after,
                    "after": sentences_for(rule.after, way_of(invoice)),
                    "invoice": rule.invoice.value,
                    "channel": rule.channel.value,
                    "key_typed": rule.key_typed,
                    "notice_attached": rule.notice_attached,
                },
            }
        )


EMPTY_LINES: Final = frozenset({"subject", "file_name"})
"""Lines of a rule that may come out empty: codes of their own among those of a missing value."""


class Unwritable(HoshobinError):
    """A text that cannot be written; ``hold`` says why."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.reason)
        self.hold = hold


def add_key(names: TemplateNames, key: str) -> dict[str, Any]:
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


def write_text(what: str, source: str, names: TemplateNames, renderer: Renderer) -> str:
    """The text of ``source``. Raises Unwritable: a missing name by its own name, anything else by ``what``."""
    try:
        return renderer.render(source, names)
    except MissingName as missing:
        name = missing.name.removeprefix("values.")
        is_asked_about = missing.is_tested and name != missing.name
        raise Unwritable(Hold.of(Reason.MISSING_VALUE, "condition" if is_asked_about else "", value=name)) from missing
    except TemplateFault as fault:
        raise Unwritable(Hold.of(Reason.RULE_OPEN, "template", where=what, found=str(fault))) from fault


def write_line(what: str, source: str, names: TemplateNames, renderer: Renderer) -> str:
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


_OF_ANOTHER: Final = frozenset({Reason.NAME_ONLY, Reason.NUMBER_DIFFERS})
"""Reasons that suggest another project: its steps must not replace those that a person has seen."""

FAX_UNKNOWN: Final = Params(code="no_fax")
NO_STEPS: Final = Params(code="no_steps")

_BY_HAND: Final = frozenset({Channel.PAPER, Channel.FAX})
"""Channels without fields and web address as steps."""
_IF: Final = {When.ATTACHED: "if_attached", When.APART: "if_apart"}


@dataclasses.dataclass(frozen=True, slots=True)
class ManualSteps:
    """The duties with every step filled in, and what keeps one from being so."""

    duties: FollowUps
    holds: tuple[Hold, ...]


def prepare_manual_submission(
    case: Case, duties: FollowUps, names: TemplateNames, files: Iterable[Attachment], timing: Params
) -> ManualSteps:
    """Returns a person's steps: prior contact, the submission itself, then the manual checks.

    ``timing`` is the moment (``describe_timing``). ``files`` are those to upload, to print or to take along. If the
    way of the invoice is not known, the steps that depend on it are given with their condition.
    """
    rule, notice, way = case.rule, case.given.notice, case.way
    masked = add_key(names, str(notice.key))
    holds: list[Hold] = []

    def fill(what: str, source: str) -> str:
        try:
            return write_line(what, source, masked, case.given.renderer)
        except Unwritable as unwritable:
            holds.append(unwritable.hold)
            return ""

    first: list[Told] = [each for each in (rule.contact_first, timing) if each]
    steps: list[Told] = [fill(f"instructions[{at}]", step) for at, step in enumerate(rule.instructions, 1)]
    lines = [(line.title, fill(line.title, line.value)) for line in rule.lines if rule.channel is not Channel.PAPER]
    entries: list[tuple[Told, Told]] = [*lines]
    if rule.key_typed:
        entries += _typed(notice, [value for _, value in lines])
    if rule.channel is Channel.FAX:
        number = case.section.fax if case.section else ""
        entries.insert(0, (Params(code="fax_number"), number or FAX_UNKNOWN))
    if not (steps or entries or rule.url or rule.bring) or (rule.channel in _BY_HAND and not (steps or rule.bring)):
        steps = [NO_STEPS]
    filled = dataclasses.replace(
        duties,
        instructions=(*first, *steps, *_told(rule.conditions, way)),
        after=_told(rule.after, way),
        entries=tuple(entries),
        bring=(*duties.bring, *(f"{each.title}：{each.filename}" for each in files)),
    )
    return ManualSteps(filled, tuple(dict.fromkeys(holds)))


def _typed(notice: Notice, values: Sequence[str]) -> list[tuple[Told, Told]]:
    """Number and key, which the issuer wants written out; the key is masked here, and read from the notice."""
    number = notice.contract_number
    typed: list[tuple[Told, Told]] = []
    if not any(number in value for value in values):
        typed.append((Params(code="contract_number"), number))
    return [*typed, (Params(code="key"), Params(code="key_on_notice", key=str(notice.key)))]


def _told(sentences: Iterable[Sentence], way: When | None) -> tuple[Told, ...]:
    if way is not None:
        return sentences_for(sentences, way)
    return tuple(
        Params(code=_IF[each.when], sentence=each.text) if isinstance(each, Conditional) else each for each in sentences
    )


# --- What changed since it was handed over -----------------------------------------------------------------------


def renew_steps(before: Submission, fresh: Submission) -> Submission:
    """Returns ``before``, a manual submission, with the steps that register and rule give it today (``fresh``).

    Its state stays, and so do the hash of its rule and the day of the check: they record the last look of a person. The
    steps stay if today's are incomplete, may belong to another project, or are those of a mail.
    """
    renewed = dataclasses.replace(before, superseded_by=fresh.superseded_by)
    if any(_spoils(hold) for hold in fresh.reasons) or (fresh.destination.channel is Channel.EMAIL) != (
        before.destination.channel is Channel.EMAIL
    ):
        return renewed
    looked_at = before.follow_ups.duties
    return dataclasses.replace(
        renewed,
        destination=dataclasses.replace(fresh.destination, bound_project=before.destination.bound_project),
        follow_ups=dataclasses.replace(
            renewed.follow_ups,
            duties=_as_told_before(
                looked_at,
                dataclasses.replace(
                    fresh.follow_ups.duties, rule_hash=looked_at.rule_hash, checked_on=looked_at.checked_on
                ),
            ),
        ),
    )


def _as_told_before(stored: FollowUps, fresh: FollowUps) -> FollowUps:
    """Returns ``fresh``, but keeps a sentence of ``stored`` if it says the same as the code in ``fresh``."""
    names = ("source", "after", "instructions", "entries")
    same = {name: getattr(stored, name) for name in names if old_told(getattr(fresh, name)) == getattr(stored, name)}
    return dataclasses.replace(fresh, **same)


def _spoils(hold: Hold) -> bool:
    if hold.reason is Reason.SUPERSEDED:
        return False  # a later key alters no step of this one
    return hold.reason in _OF_ANOTHER or kind_of(hold.reason) is not HoldKind.ANSWER


NOTICE_TITLE: Final = "認証キーのお知らせ"
REHEARSAL_MARK: Final = "【リハーサル】"
FORMER_WORDS: Final = "0.1.0"
"""The version with another wording of the message: its drafts keep their words until something else changes."""

_INTRODUCED: Final = {"": "以下は、発注者に送る文面です。", FORMER_WORDS: "以下、本番の本文です。"}
"""By version the last line above the body of a rehearsal."""

UNSEEN_SUBJECT: Final = "（件名は未確認）"
"""Replaces a subject that no file gives: the rest of the mail is shown, and held until the subject is known."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The target of a submission and, for e-mail with nothing missing, its draft."""

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


def compose(given: ComposeInput) -> Composed:
    """Composes the submission of the notice under the rule that the issuer has for its product."""
    notice, project = given.notice, given.project
    rule = rule_for(given.issuer, project, notice.product, given.contract)
    if rule.timing is Timing.BEFORE_INVOICE:
        rule = dataclasses.replace(rule, invoice=InvoiceRule.NEVER)  # the key goes before the invoice, so never with it
    section = receiving_section(given.issuer, project, notice.product, rule)
    fitted = fit_values(given.issuer, project, notice)
    case = Case(given, rule, section, fitted.values)
    documents = choose_documents(notice.product, rule, project, given.load_invoice)
    holds = (*_uncertain(case), *fitted.holds, *documents.holds)
    if rule.channel is Channel.UNKNOWN:
        return _not_drafted(case, holds)
    if rule.channel is not Channel.EMAIL:
        return _hand_over(case, holds, documents.loaded)
    invoice = choose_invoice(
        notice.product, notice.contract_number, rule, project, given.load_invoice, given.found_invoices
    )
    return _draft(case, (*holds, *_unreachable(case)), invoice, documents.loaded)


def _draft(
    case: Case, standing: Sequence[Hold], chosen: ChosenInvoice | Hold | None, documents: Sequence[LoadedDocument]
) -> Composed:
    """The mail of ``case`` with everything that holds it."""
    holds, invoice = [*standing], None
    if isinstance(chosen, Hold):
        holds.append(chosen)
    else:
        invoice = chosen
    case = dataclasses.replace(case, way=way_of(invoice))
    carries_invoice = invoice is not None and invoice.attached is not None
    if not case.given.rehearsal_to:  # a rehearsal does not reach the issuer: asked before the real mail
        holds += prior_contact_holds(case)
        holds += contract_day_holds(case.given.project, case.given.today) if carries_invoice else ()
    section = case.section
    if case.given.guarantor is None or section is None or not section.to:
        return _not_drafted(case, holds)
    try:
        draft, body, contents = _write(case, section, invoice, documents)
    except Unwritable as unwritable:
        return _not_drafted(case, (*holds, unwritable.hold))
    limit = min(case.given.max_bytes, case.rule.max_bytes or case.given.max_bytes)
    draft_hash = hash_draft(draft)
    holds += pre_send_check(draft, draft_hash, body, contents, limit)
    concluded = case.given.project.dates.get(CountedBy.CONTRACT)  # a mail with an invoice may leave from this day on
    not_before = concluded if carries_invoice and not draft.is_rehearsal else None
    undrafted = _not_drafted(case, holds)
    after = undrafted.duties.after
    if invoice and invoice.registered and not carries_invoice:  # the message says that it is handed in apart
        after = add_promised(after, case.given.notice.product)
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
            counts_silence=case.given.counts_silence,
        ),
    )


def _hand_over(case: Case, holds: Sequence[Hold], documents: Sequence[LoadedDocument]) -> Composed:
    """Composes a submission by hand: nothing is mailed, and every step and field is filled in."""
    if case.given.guarantor is None:
        return _not_drafted(case, holds)
    registered = invoice_for(case.given.project, case.given.notice.product, case.given.notice.contract_number)
    title = INVOICE_TITLES.get(case.given.notice.product)
    invoice = ChosenInvoice(title, None, registered) if title else None
    is_brought = bool(registered and registered.file and case.rule.invoice is not InvoiceRule.NEVER)
    if title and (registered or case.rule.invoice is InvoiceRule.NEVER):
        case = dataclasses.replace(case, way=When.ATTACHED if is_brought else When.APART)
    try:
        _, files = _attach_all(case, None, documents)
    except Unwritable as unwritable:
        return _not_drafted(case, (*holds, unwritable.hold))
    duties = _duties(case)
    if title and registered and is_brought:
        duties = dataclasses.replace(duties, bring=(*duties.bring, f"{title}：{registered.file}"))
    timing = describe_timing(
        case.given.project, case.given.notice.product, case.given.notice.contract_number, case.rule
    )
    prepared = prepare_manual_submission(case, duties, case.names(invoice, files), files, timing)
    return dataclasses.replace(_not_drafted(case, (*holds, *prepared.holds)), duties=prepared.duties)


def _not_drafted(case: Case, holds: Sequence[Hold]) -> Composed:
    section_id = case.section.id if case.section else ""
    return Composed(case.rule.channel, section_id, case.section, tuple(holds), None, "", "", {}, _duties(case))


def hash_draft(draft: Draft) -> str:
    """Returns 64 hexadecimal digits over everything that a reader would see and all recipients.

    The hash of the rule file is left out: a changed comment in it alters nothing that is sent.
    """
    fields = dataclasses.asdict(dataclasses.replace(draft, rule_sha256="", rule_file=""))
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()


# --- The rule ------------------------------------------------------------------------------------------------


def _uncertain(case: Case) -> tuple[Hold, ...]:
    open_keys = open_for(case.rule.open + (case.section.open if case.section else ()), case.rule.channel)
    if case.rule.channel is Channel.EMAIL and not case.rule.subject.strip() and not open_keys:
        open_keys = ("subject",)
    if case.given.counts_silence:
        open_keys = (*open_keys, *counted_open(case.rule))
    if case.given.guarantor is None:
        open_keys = (*open_keys, f"guarantor.{case.given.notice.guarantor}")
    holds = []
    if case.given.issuer.guarantors and case.given.notice.guarantor not in case.given.issuer.guarantors:
        guarantor = case.given.guarantor
        name = guarantor.name if guarantor else case.given.notice.guarantor
        holds.append(Hold.of(Reason.GUARANTOR_NOT_LISTED, name=name, issuer=case.given.issuer.full_name))
    if case.rule.channel is Channel.UNKNOWN:
        holds.append(Hold.of(Reason.RULE_OPEN, keys=("channel",)))
    elif open_keys:
        holds.append(Hold.of(Reason.RULE_OPEN, keys=tuple(open_keys)))
    taken = judge_eligibility(case.given.issuer, case.given.project, case.given.notice.product, case.given.contract)
    return (*holds, *taken)


def _unreachable(case: Case) -> tuple[Hold, ...]:
    section = case.section
    if section is None:
        return (Hold.of(Reason.NO_RECIPIENT, "no_section"),)
    if not section.to:
        return (Hold.of(Reason.NO_RECIPIENT, section=section.name),)
    if case.given.is_loopback_server:
        return ()
    receiving = (case.given.rehearsal_to,) if case.given.rehearsal_to else section.to + section.cc
    placeholders = [address for address in receiving if is_placeholder(address)]
    return (Hold.of(Reason.NO_RECIPIENT, "placeholder", addresses=tuple(placeholders)),) if placeholders else ()


# --- The text ------------------------------------------------------------------------------------------------


def _write(
    case: Case, section: Section, invoice: ChosenInvoice | None, documents: Sequence[LoadedDocument]
) -> tuple[Draft, str, dict[Sha256, bytes]]:
    """The draft with its body and its contents. Raises Unwritable."""
    rule, contractor = case.rule, contractor_of(case.given.contractor, case.given.project)
    contents, attachments = _attach_all(case, invoice, documents)
    names = case.names(invoice, attachments)
    subject = UNSEEN_SUBJECT
    if rule.subject.strip():
        subject = write_line("subject", rule.subject, names, case.given.renderer)
    body = _write_body(case, names)
    rehearsal_for: tuple[Address, ...] = ()
    to, cc = section.to, section.cc
    if case.given.rehearsal_to:
        rehearsal_for = tuple(dict.fromkeys(to + cc))
        body = _rehearsal_preface(to, cc, subject, _INTRODUCED[case.given.words_of]) + body
        subject = REHEARSAL_MARK + subject
        to, cc = (case.given.rehearsal_to,), ()
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
        in_reply_to=case.given.in_reply_to,
        rehearsal_for=rehearsal_for,
        rule_file=case.given.issuer.file,
        rule_sha256=case.given.issuer.sha256,
        invoice_amount=registered.amount if registered else None,
        invoice_date=registered.date if registered else None,
        conditions=sentences_for(rule.conditions, case.way),
    )
    return draft, body, contents


def _message_id(case: Case, sender: Address) -> str:
    how, issuer, product = case.given, case.given.issuer.id, case.given.notice.product
    if how.rehearsal_to:
        return rehearsal_message_id(sha256(case.given.pdf), issuer, product, how.rehearsal, sender)
    old = old_message_id(sha256(case.given.pdf), issuer, product, how.correction, sender)
    if how.is_named_by_old(old):
        return old
    return message_id(how.secret, sha256(case.given.pdf), issuer, product, how.correction, sender)


def _attach_all(
    case: Case, invoice: ChosenInvoice | None, documents: Sequence[LoadedDocument]
) -> tuple[dict[Sha256, bytes], list[Attachment]]:
    """Notice, invoice, documents, in this order, and their bytes. Raises Unwritable."""
    files = []
    if case.rule.notice_attached:
        files.append((NOTICE_TITLE, _name_notice(case, invoice), case.given.pdf))
    if invoice and invoice.attached:
        files.append((invoice.title, *invoice.attached))
    files += [(each.title, each.name, each.content) for each in documents]
    return (
        {sha256(content): content for _, _, content in files},
        [Attachment(title, attachment_name(name), sha256(content), len(content)) for title, name, content in files],
    )


def _name_notice(case: Case, invoice: ChosenInvoice | None) -> str:
    if not case.rule.file_name:
        return f"{NOTICE_TITLE}_{case.given.notice.contract_number}.pdf"
    return write_line("file_name", case.rule.file_name, case.names(invoice, ()), case.given.renderer)


def _write_body(case: Case, names: dict[str, Any]) -> str:
    source = case.given.template(f"{case.rule.body}.txt.j2")
    if source is None:
        raise Unwritable(Hold.of(Reason.RULE_OPEN, "no_template", file=f"templates/mail/{case.rule.body}.txt.j2"))
    number, key = case.given.notice.contract_number, case.given.notice.key.clear
    with_key = add_key(names, key)
    lines = _required_lines(case, with_key if case.rule.key_typed else names)
    body = write_text("body", source, {**with_key, "lines": lines}, case.given.renderer).replace("\r\n", "\n")
    if not body.strip():
        raise Unwritable(Hold.of(Reason.MISSING_VALUE, "body"))
    if found := unsafe_character(body.replace("\n", "").replace("\t", "")):
        raise Unwritable(Hold.of(Reason.UNSAFE_VALUE, where="body", found=found))
    if case.rule.key_typed:
        for name, text in (("contract_number", number), ("key", key)):
            if text not in body:  # the issuer would get a mail without what it asked for
                raise Unwritable(Hold.of(Reason.MISSING_VALUE, "not_typed", value=name))
    return body if body.endswith("\n") else body + "\n"


def _required_lines(case: Case, names: Mapping[str, Any]) -> tuple[Scope, ...]:
    """The items that the issuer requires, in its order; then what they lack of project, number and typed key."""
    written = [(line.title, write_line(line.title, line.value, names, case.given.renderer)) for line in case.rule.lines]
    if written:
        values = [match_key(value) for _, value in written]
        name, number = case.given.project.name, case.given.notice.contract_number
        is_new = case.given.counts_silence  # a draft of an older program keeps its body
        if is_new and not any(holds_name(value, match_key(name)) for value in values):
            written.append(("案件名", name))
        if (is_new or case.rule.key_typed) and not any(holds_code(value, match_key(number)) for value in values):
            written.append(("保証契約番号", number))
        key = case.given.notice.key.clear
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


# --- The rule, and what people do under it -------------------------------------------------------------------

_TOGETHER: Final = frozenset({Timing.WITH_CONTRACT, Timing.WITH_INVOICE})
_BEFORE: Final = frozenset({Timing.BEFORE_CONTRACT, Timing.BEFORE_INVOICE})


_SINCE_0_2: Final = ("fax", "overtaken")
"""Keys that an older program did not know: one that no file writes is left out, so that an upgrade changes no hash."""
_NOT_HASHED: Final = frozenset({"unsaid", "assumed"})
"""Fields that only say that a value was not written: written out with the value assumed, the rule is the same."""


def hash_rule(rule: Rule, section: Section | None) -> str:
    """64 hexadecimal digits over ``rule`` and who receives under it; a comment in a file does not alter them."""
    return hashlib.sha256(canonical({"rule": _hashed(rule), "section": _hashed(section)}).encode()).hexdigest()


def _hashed(part: Rule | Section | None) -> dict[str, object] | None:
    if part is None:
        return None
    fields = {each.name: getattr(part, each.name) for each in dataclasses.fields(part)}
    if isinstance(part, Rule):
        fields["chosen"] = part.chosen or fields.pop("overtaken")  # as an older program, which did not drop it, did
    return {
        name: value for name, value in fields.items() if (value or name not in _SINCE_0_2) and name not in _NOT_HASHED
    }


def _duties(case: Case) -> FollowUps:
    """Returns the follow-ups of the rule, without those that depend on a draft or a form."""
    rule, issuer, project, notice = case.rule, case.given.issuer, case.given.project, case.given.notice
    return FollowUps(
        rule_hash=hash_rule(rule, case.section),
        source=_source(issuer, project, notice.product, rule),
        checked_on=issuer.checked_on,
        chosen=rule.chosen,
        is_amended=case.given.contract is Contract.AMENDED,
        call_after=rule.call_after,
        closes=rule.closes.value,
        settle_days=rule.settle_days,
        after=sentences_for(rule.after, case.way),
        url=rule.url,
        bring=rule.bring,
        deadline=_last_day(rule.timing, project, notice.product, notice.contract_number),
    )


def _source(issuer: Issuer, project: Project, product: Product, rule: Rule) -> Told:
    if rule in (project.rules.get(product), project.amended_rules.get(product)):
        return Params(code="own_rule", project=project.id, source=issuer.source)
    return issuer.source


def _due_day(timing: Timing, project: Project, product: Product, contract_number: str) -> dt.date | None:
    """The day that ``timing`` speaks of: that of the contract, or that of the registered invoice."""
    if timing in {Timing.WITH_CONTRACT, Timing.BEFORE_CONTRACT}:
        return project.dates.get(CountedBy.CONTRACT)
    registered = invoice_for(project, product, contract_number)
    return registered.date if registered else None


def _last_day(timing: Timing, project: Project, product: Product, contract_number: str) -> dt.date | None:
    """The earlier of the days that the rule and the project give.

    The rule's is the last working day before the one that ``timing`` speaks of: on that one the contract is signed.
    """
    day = _due_day(timing, project, product, contract_number) if timing in _BEFORE else None
    of_rule = working_days_before(day, 1) if day else None
    return min(filter(None, (of_rule, project.deadlines.get(product))), default=None)


_HANDED_IN: Final = re.compile("請求書.*(提出|持参|郵送|送付|送る|届け|渡す)")
"""A sentence that has the invoice handed in; one that only names it (請求書の控えを保管) does not remind of that."""


def add_promised(after: tuple[Told, ...], product: Product) -> tuple[Told, ...]:
    """Returns ``after`` with a step to hand in the invoice of ``product``, because the message promises it."""
    is_asked = any(_HANDED_IN.search(each) for each in after if isinstance(each, str))
    return after if is_asked else (*after, Params(code="hand_in_invoice", title=product.value))


# --- Before it is mailed -----------------------------------------------------------------------------------------


def prior_contact_holds(case: Case) -> Iterator[Hold]:
    """Yields holds for a person's steps before the mail: inform the issuer, wait for the contract or the invoice.

    They name the project, because the same question about another project is a different question.
    """
    rule, section, project, notice = case.rule, case.section, case.given.project, case.given.notice
    if rule.contact_first:
        told = tuple(filter(None, (section.name, section.phone))) if section else ()
        yield Hold.of(Reason.CONTACT_FIRST, project=project.id, asked=rule.contact_first, told=told)
    if rule.timing in _TOGETHER:
        timing = describe_timing(project, notice.product, notice.contract_number, rule)
        yield Hold(Reason.TIMING, Params(**timing, project=project.id))


def contract_day_holds(project: Project, today: dt.date) -> Iterator[Hold]:
    """An invoice for a contract that is not concluded yet: both guarantees are often issued before the signing."""
    concluded = project.dates.get(CountedBy.CONTRACT)
    if concluded is None:
        yield Hold.of(Reason.TIMING, "no_contract_day", project=project.id)
    elif concluded > today:
        yield Hold.of(Reason.TIMING, FROM_CONTRACT_DAY, project=project.id, day=concluded.isoformat())


def describe_timing(project: Project, product: Product, contract_number: str, rule: Rule) -> Params:
    """Returns when the issuer wants it, with the day if it is known; empty for any time."""
    if rule.timing is Timing.ANY:
        return Params()
    day = _due_day(rule.timing, project, product, contract_number)
    last = _last_day(rule.timing, project, product, contract_number) if rule.timing in _BEFORE else None
    days = {"day": day.isoformat() if day else "", "last": last.isoformat() if last else ""}
    return Params(code=rule.timing.value, **days)
