"""The vocabulary: frozen values that every step takes and gives. No decision and no I/O is made here."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, NewType

from worker.core.approval_label import label_letters
from worker.core.params import NOTHING, Params, Told, Value, of_text, spell
from worker.core.states import ACCEPTED, MAY_HAVE_LEFT, Event, Reason, State, may_follow

Address = NewType("Address", str)
"""One bare ASCII e-mail address that ``config.addresses.read_address`` has accepted (lower-case domain)."""

Sha256 = NewType("Sha256", str)
"""64 lower-case hexadecimal digits."""

JST: Final = dt.timezone(dt.timedelta(hours=9), "JST")
"""Every time that people see; Japan has had no other offset since 1951."""


def sha256(content: bytes) -> Sha256:
    """The SHA-256 of ``content``."""
    return Sha256(hashlib.sha256(content).hexdigest())


class Product(StrEnum):
    """The guaranteed product."""

    CONTRACT = "contract"
    ADVANCE = "advance"
    INTERIM = "interim"


PRODUCT_NAMES: Final = {Product.CONTRACT: "契約保証", Product.ADVANCE: "前払金保証", Product.INTERIM: "中間前払金保証"}
BY_HOLD: Final = "hold "
"""The beginning of a release by mode ``hold``; the minutes follow."""

INVOICE_TITLES: Final = {Product.ADVANCE: "前払金請求書", Product.INTERIM: "中間前払金請求書"}


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """The authentication key (認証キー): shown masked by ``str`` and ``repr``; ``clear`` is for bodies and ``read``."""

    clear: str

    def __str__(self) -> str:
        return "*" * 8 + self.clear[-2:]

    __repr__ = __str__


class Channel(StrEnum):
    """The channel by which an issuer takes a submission."""

    EMAIL = "email"
    FORM = "form"
    UPLOAD = "upload"
    PAPER = "paper"
    FAX = "fax"
    UNKNOWN = "unknown"


class Closing(StrEnum):
    """The completion of a sent submission: a call, an answer (or a call), or only time without a bounce."""

    CALL = "call"
    ANSWER = "answer"
    NONE = "none"


# --- What comes in -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PageText:
    """One page's text by both engines, lines ended by LF, without repairs."""

    plumber: str
    pdfium: str
    deduped: str = ""
    """pdfplumber's text after ``dedupe_chars()``; empty if the plain readings agreed."""
    tables: tuple[tuple[str, ...], ...] = ()
    """Rows of ruled tables, cell by cell as pdfplumber reads them: a long name stays whole in its cell."""
    shows_more: bool = False
    """True if a page of several shows something that is no text and no ruled line."""
    is_written_on: bool = False
    """True if a person wrote or drew on it in a viewer: that is no part of its text."""


@dataclass(frozen=True, slots=True)
class PdfText:
    """All pages that were read."""

    pages: tuple[PageText, ...]
    has_fields: bool = False
    """True if it has form fields, whose entries are not part of a page's text."""


@dataclass(frozen=True, slots=True)
class TextRun:
    """Text in one piece on a line, in points along and across the line's own direction, upwards."""

    text: str
    left: float
    right: float
    baseline: float
    height: float
    """The size of its print, 0 if not known."""
    angle: int = 0
    """The line's direction in degrees; stretches of different directions cannot be compared."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a code."""

    page: int
    at: TextRun
    is_drawn: bool
    """True if a reader of the page sees each of its characters."""


@dataclass(frozen=True, slots=True)
class CodePositions:
    """The positions of the requested codes in a PDF."""

    places: tuple[tuple[Place, ...], ...]
    """Of each code, in the order in which they were asked for."""
    lines: tuple[tuple[TextRun, ...], ...] = ()
    """All text by page."""
    is_scan: bool = False
    """True if a page on which a code is not seen is an image of a sheet."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice with its fields. Its identity is guarantor, number, product and key; a sha256 names one file of it."""

    guarantor: str
    project_name: str
    contractor_name: str
    product: Product
    contract_number: str
    key: Key

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """Two files with the same identity are the same notice."""
        return (self.guarantor, self.contract_number, self.product.value, self.key.clear)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A PDF that is no notice, or that must not be read as one; ``reason`` is one of ``states.REFUSALS``.

    INVOICE_MISSING means a file in the invoices folder that is still being written.
    """

    reason: Reason
    detail: str = ""
    is_unanswered: bool = field(default=False, compare=False)
    """The reader gave no answer of its own: its process died or took too long. That may be the machine's fault."""

    @property
    def is_of_a_notice(self) -> bool:
        """Returns whether the paper is a notice: by its title, or as its form was found and its values are not sure."""
        return self.reason in _OF_NOTICES or self.detail.partition(": ")[0] in NOTICE_CODES | _UNSEEN_CODES


NOTICE_CODES: Final = frozenset({"unread", "assumed", "unknown_surety", "form_fields", "other_page", "written_on"})
"""Codes of NOT_A_NOTICE for files that are about a notice, and the reason why it could not be read."""
_UNSEEN_CODES: Final = frozenset({"ocr_layer", "unseen"})
"""Codes of NO_TEXT for notices whose values were read and are not printed."""
_OF_NOTICES: Final = frozenset({Reason.TWO_NOTICES, Reason.TWO_VALUES, Reason.ENGINES_DISAGREE})
"""Reasons that only a notice is refused for: another paper lacks its title, and the labels of number and key."""
REFUSAL_CODES: Final = (
    NOTICE_CODES
    | _UNSEEN_CODES
    | {
        *("container", "trailing_data", "cut", "continues", "empty", "invoice", "mail_file"),
        *("zip", "archive", "outlook", "sealed", "docuworks", "picture", "other"),
    }
)
"""The beginning of ``Unreadable.detail`` if it is a code of ours, alone or before ``: `` and its value."""


@dataclass(frozen=True, slots=True)
class Announced:
    """The content of an announcement of a notice; it proves nothing."""

    at: dt.datetime | None = None
    """When the mail reached our mailbox."""
    date: str = ""
    """Its Date, as written."""
    numbers: tuple[str, ...] = ()
    """保証契約番号; several if the announcement is for several notices."""
    names: tuple[str, ...] = ()
    """工事名, read next to their label."""
    products: tuple[Product, ...] = ()


@dataclass(frozen=True, slots=True)
class Attached:
    """A file found in a mail, at any depth."""

    filename: str
    content: bytes
    is_enclosed: bool = False
    """True if it came in a mail within the mail (message/rfc822), which another person may have written."""
    archive: str = ""
    """Name of the ZIP that held it; empty if none did."""
    others: tuple[str, ...] = ()
    """Names of the files in that ZIP that are no PDFs."""


# --- What goes out -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a draft; its bytes are an original kept by this sha256."""

    title: str
    filename: str
    sha256: Sha256
    size: int


@dataclass(frozen=True, slots=True)
class Draft:
    """The exact content and recipients of a mail; only Date is added later."""

    sender: Address
    sender_name: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    body_sha256: Sha256
    attachments: tuple[Attachment, ...]
    message_id: str
    """With its angle brackets."""
    in_reply_to: str = ""
    rehearsal_for: tuple[Address, ...] = ()
    """The intended recipients if this draft is a rehearsal; else empty."""
    rule_file: str = ""
    rule_sha256: str = ""
    invoice_amount: int | None = None
    invoice_date: dt.date | None = None
    conditions: tuple[str, ...] = ()
    """Conditions that no machine can check: the person who approves this draft ticks each."""

    @property
    def is_rehearsal(self) -> bool:
        """Returns whether the mail goes to the rehearsal address instead of to the issuer."""
        return bool(self.rehearsal_for)

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Every envelope recipient once, To before Cc."""
        return tuple(dict.fromkeys(self.to + self.cc))


@dataclass(frozen=True, slots=True)
class FollowUps:
    """The steps for people around a submission, as its rule said when it was drafted; none of them is sent."""

    rule_hash: str = ""
    """64 hexadecimal digits over the effective rule and its section; comments in a file do not alter it."""
    source: Told = ""
    """The source of the rule, read on ``checked_on``."""
    checked_on: dt.date | None = None
    chosen: str = ""
    is_amended: bool = False
    """The rule for amended contracts applied."""
    call_after: bool = False
    closes: str = "answer"
    """``call``, ``answer`` or ``none`` (``Closing``)."""
    settle_days: int = 0
    after: tuple[Told, ...] = ()
    """Remaining steps after sending, a sentence each."""
    url: str = ""
    instructions: tuple[Told, ...] = ()
    """HANDED_OVER: what a person does, step by step, values filled in."""
    entries: tuple[tuple[Told, Told], ...] = ()
    """HANDED_OVER by form or upload: title and value, field by field; the key is masked."""
    bring: tuple[str, ...] = ()
    deadline: dt.date | None = None
    """The last day for the submission, if rule and project give one."""
    not_before: dt.date | None = None
    """A mail with an invoice does not leave before the project's contract date."""
    assumed: tuple[str, ...] = ()
    """Keys whose usual value the rule takes as an assumption that the issuer's file states."""
    counts_silence: bool = False
    """True if values that the rule leaves out counted as open when its mail was written; older programs did not ask."""

    @property
    def opening(self) -> dt.datetime | None:
        """The first moment at which the mail may leave, though it was approved earlier; None if none is set."""
        return dt.datetime.combine(self.not_before, dt.time(), JST) if self.not_before else None


@dataclass(frozen=True, slots=True)
class Hold:
    """One standing reason with what it is about; ``messages.name_hold`` makes the sentence."""

    reason: Reason
    params: Params = NOTHING

    @classmethod
    def of(cls, reason: Reason, code: str = "", **params: Value) -> Hold:
        """A hold with these parameters; ``code`` chooses its sentence among those of its reason."""
        return cls(reason, Params(code=code, **params))

    @classmethod
    def of_code(cls, reason: Reason, text: str) -> Hold:
        """Returns a hold from ``text``, which is ``code`` or ``code: value``."""
        code, _, value = text.partition(": ")
        return cls.of(reason, code, value=value)

    @classmethod
    def of_refusal(cls, refusal: Unreadable) -> Hold:
        """Returns the hold for an unreadable PDF; text without a code is a word of the file or of the machine."""
        if refusal.detail.partition(": ")[0] in REFUSAL_CODES:
            return cls.of_code(refusal.reason, refusal.detail)
        return cls.of(refusal.reason, found=refusal.detail)

    @property
    def code(self) -> str:
        """Returns the code of the sentence for the reason; empty for the usual one."""
        return self.params.code

    def spelled(self) -> str:
        """It in one line for programs."""
        return f"{self.reason.value} {spell(self.params)}".strip()

    def stored(self) -> dict[str, object]:
        """Returns its JSON form; an older program's value stays as it was."""
        return {"reason": self.reason.value} | _stored_params(self.params)

    @classmethod
    def read(cls, value: object) -> Hold:
        """The hold that JSON holds, of this program or of an older one. Raises ValueError."""
        fields = _object_of(value, {"reason"}, {"detail", "params"})
        return cls(Reason(fields["reason"]), _read_params(fields))


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer to a hold: it covers this reason with these parameters and no other."""

    reason: Reason
    params: Params
    by: str
    account: str
    at: dt.datetime
    note: str = ""
    about: str = ""
    """Project, section and, if the answer is about a file, the attachments; for others it is asked once more.

    Empty if an older program recorded the answer, or if ``params`` are complete.
    """

    def stored(self) -> dict[str, object]:
        """Returns its JSON form; an older program's value stays as it was."""
        rest = {name: getattr(self, name) for name in ("by", "account", "at", "note", "about")}
        return {"reason": self.reason.value, **rest} | _stored_params(self.params)

    @classmethod
    def read(cls, value: object) -> Answer:
        """The answer that JSON holds, of this program or of an older one. Raises ValueError."""
        fields = _object_of(value, {"reason", "by", "account", "at"}, {"detail", "params", "note", "about"})
        at = dt.datetime.fromisoformat(fields.pop("at"))
        if at.tzinfo is None or not all(isinstance(each, str) for name, each in fields.items() if name != "params"):
            raise ValueError("an answer's fields are texts, its moment one with a zone")
        params = _read_params(fields)
        rest = {name: text for name, text in fields.items() if name not in {"reason", "detail", "params"}}
        return cls(Reason(fields["reason"]), params, at=at, **rest)


def _stored_params(params: Params) -> dict[str, object]:
    return {"detail": params.old_text} if params.is_text else {"params": dict(params)}


def _read_params(fields: Mapping[str, Any]) -> Params:
    if "params" in fields:
        return Params.read(fields["params"])
    detail = fields.get("detail", "")
    if not isinstance(detail, str):
        raise ValueError("a detail is a text")  # noqa: TRY004  pydantic reports the place of a ValueError
    return of_text(detail)


def _object_of(value: object, needed: set[str], known: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or not needed <= value.keys() <= needed | known:
        raise ValueError(f"an object with {', '.join(sorted(needed))}")
    return dict(value)


REGISTERED: Final = "registered"
READ: Final = "read"
"""The source of an invoice's amount: the register, or the invoice's own text (machine output)."""


class ReceiptKind(StrEnum):
    """The kind of a receipt."""

    DELIVERED = "delivered"
    RELAYED = "relayed"
    DELAYED = "delayed"
    FAILED = "failed"
    UNREADABLE = "unreadable"
    """A report about the mail that names no recipient, or one that we did not write to, or not what became of it."""
    UNMATCHED = "unmatched"
    """A failure for an address that we wrote to, without a reference to one mail."""
    READ = "read"
    """A program says that the mail was opened: no answer of the issuer."""
    UNOPENED = "unopened"
    """A read receipt that says otherwise: deleted, denied, failed. Some servers refuse a mail by it."""
    AUTOMATIC = "automatic"
    """A machine's answer, an out-of-office note."""
    WARNING = "warning"
    """An automatic answer, or one from outside the issuer, that says that the mail did not arrive or is not read."""
    REPLY = "reply"
    """A reply of the issuer. It may be a complaint, so it confirms nothing alone."""
    ANOTHERS = "anothers"
    """A reply from an address that is neither the issuer's nor a recipient."""
    COPY = "copy"
    """Our own copy (``[smtp] copy_to``), the same as the mail that was handed over."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A response to a submission: a recipient block of a report, a read receipt or a reply."""

    kind: ReceiptKind
    at: dt.datetime
    """When it reached our mailbox."""
    message_id: str = ""
    """Message-ID of the mail that it is about, which may be a rehearsal or an earlier draft."""
    recipient: str = ""
    """Our recipient address, or the report's address if it matches none of ours."""
    status: str = ""
    """The enhanced code, e.g. ``5.1.1``."""
    text: str = ""
    """The server's own words, or what the reply says; key masked."""
    sender: str = ""
    proof: str = ""
    """Proof of its author: ``envelope``, ``server``, ``nothing`` or empty.

    ``envelope``: the envelope id with its HMAC, which only mail servers see. ``server``: our own server authenticated
    the sender. Empty: only the Message-ID, which every recipient of the mail knows. ``nothing``: it came before any
    try, without the secret.
    """
    mail_sha256: Sha256 | None = None
    """The whole mail, kept as an original."""


@dataclass(frozen=True, slots=True)
class Part:
    """The fields of a submission that one step sets; each is stored under its own name beside those of other parts."""


@dataclass(frozen=True, slots=True)
class Source(Part):
    """The way by which it came, and the evidence for its sender."""

    came_by: str = ""
    """``mail:NAME`` or ``folder``."""
    source_name: str = ""
    """The file's name, or the mail's subject."""
    source_message_id: str = ""
    mail_sha256: Sha256 | None = None
    proven: bool = False
    """True if it came by the folder, or its mail's sender is authenticated and allowed."""
    evidence: Told = ""
    """The evidence for or against the sender of its mail; empty if it came by the folder."""
    announced: Announced | None = None
    """The announcement that opened it, or that came with or after its notice."""
    from_before: str = ""
    """The detail of FROM_BEFORE if it is from before the product watched; else empty."""
    by_open_dns: bool = False
    """True if the proof rests on a key from a DNS without DNSSEC: it counts only if a person approves the draft."""


@dataclass(frozen=True, slots=True)
class NoticeRecord(Part):
    """The notice as it was read, or the reason why it was not."""

    pdf_sha256: Sha256 | None = None
    refusal: Hold | None = None
    """The reason why its PDF, or its mail, could not be read as a notice; then there is no notice."""
    guarantor: str | None = None
    product: Product | None = None
    contract_number: str | None = None
    notice_name: str = ""
    """工事名 as on the notice."""


@dataclass(frozen=True, slots=True)
class Destination(Part):
    """The project that it was matched with, and the issuer's section that it is for."""

    project: str | None = None
    """Project id, certain or proposed (with ``name_only`` among the reasons)."""
    project_name: str = ""
    bound_project: str | None = None
    """The project to which a person's approval bound this contract number."""
    issuer: str | None = None
    issuer_name: str = ""
    section: str = ""
    section_name: str = ""
    section_phone: str = ""
    channel: Channel | None = None

    @property
    def receiver(self) -> str:
        """Returns the names of the issuer and its section; empty if it has neither."""
        return " ".join(filter(None, (self.issuer_name, self.section_name)))


@dataclass(frozen=True, slots=True)
class Composition(Part):
    """The composed mail, and the contents of its invoice."""

    draft: Draft | None = None
    draft_hash: str = ""
    """64 hexadecimal digits over the draft and the hashes of its parts."""
    invoice_amount_read: int | None = None
    """In yen, as the text of the draft's invoice says for certain; the register's own word is in the draft."""
    invoice_date_read: dt.date | None = None

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The files of the mail; none without a mail."""
        return self.draft.attachments if self.draft else ()

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that the person who approves the mail ticks; none without a mail."""
        return self.draft.conditions if self.draft else ()


@dataclass(frozen=True, slots=True)
class Returned:
    """A draft that a person sent back, or stopped after its approval."""

    by: str
    at: dt.datetime
    why: str
    draft: str
    """Hash of the draft; empty if there was none."""


@dataclass(frozen=True, slots=True)
class Requested:
    """A draft that a person confirmed, who asks another person to approve it."""

    by: str
    at: dt.datetime
    draft: str
    """Hash of the draft."""
    asked: tuple[str, ...] = ()
    """The approvers whom it waits for: those who were there and could approve it; empty if there are no accounts."""


@dataclass(frozen=True, slots=True)
class ApprovalRecord(Part):
    """The release of a draft: who gave it, and when the mail may leave."""

    release: str = ""
    """The person or policy that released it: a name, ``auto`` or ``hold 10 min``."""
    release_account: str = ""
    released_draft: str = ""
    """Hash of the draft that was released: another draft later is ``changed``."""
    due_at: dt.datetime | None = None
    """APPROVED: not before this moment; None: not before a person was notified (mode ``hold``)."""
    ticked: tuple[str, ...] = ()
    """The conditions that the last approval ticked."""
    returned: Returned | None = None
    """The last return. From then on every draft needs a person's approval."""
    requested: Requested | None = None
    """The last request for an approval: its person cannot be the second."""
    deputy_for: tuple[str, ...] = ()
    """The people who were away, and whose deputy gave the last approval."""

    def asker_of(self, draft_hash: str) -> str:
        """Returns the person who confirmed this draft and asks for its approval; empty if there is none."""
        is_asked = self.requested is not None and bool(draft_hash) and self.requested.draft == draft_hash
        return self.requested.by if self.requested is not None and is_asked else ""


@dataclass(frozen=True, slots=True)
class Delivery(Part):
    """The tries to send it, the server's answers, and the responses."""

    tries: int = 0
    """Sending attempts begun (SendStarted): T of the ENVID."""
    tried_as: str = ""
    """The Message-ID under which a SendStarted for the issuer is recorded, empty in what 0.1.0 recorded."""
    deferrals: int = 0
    """NotNow answers in a row since the release: what the delay grows with."""
    unread_tries: int = 0
    """Tries in a row that ended before the sending, because the notice could not be read again."""
    first_date: dt.datetime | None = None
    """The Date header: the first SendStarted of this draft, the same on every later try."""
    date_draft: str = ""
    """Hash of the draft that ``first_date`` belongs to."""
    sent_at: dt.datetime | None = None
    server: str = ""
    tls: str = ""
    reply: str = ""
    """The server's last answer, e.g. ``250 2.0.0 Ok: queued as …``."""
    silent: str = ""
    """IN_DOUBT: why no answer will come any more; empty while the server may still answer."""
    late_answer: str = ""
    """The evidence that it may have been sent after all (``code: value``): a 250, a report, our own copy."""
    letter_sha256: Sha256 | None = None
    """The exact message handed to the server."""
    rehearsals: int = 0
    rehearsed_to: tuple[Address, ...] = ()
    """Recipients of its rehearsals."""
    not_sent: int = 0
    """Number of statements by people that a try in doubt had not left."""
    receipts: tuple[Receipt, ...] = ()
    """The responses, the newest of each kind for each recipient or sender; the entries hold all."""
    unread: tuple[Receipt, ...] = ()
    """Receipts that a person has yet to acknowledge: each is a task."""


@dataclass(frozen=True, slots=True)
class Memo:
    """One line that a person wrote about a submission."""

    text: str
    by: str
    at: dt.datetime
    state: State
    """The state at that time: another one wakes what rests."""
    next_look: dt.date | None = None
    """The day until which it rests; None: it does not rest."""


@dataclass(frozen=True, slots=True)
class ProjectMemo:
    """One line that a person wrote about a project."""

    text: str
    by: str
    at: dt.datetime
    next_look: dt.date | None = None
    """The day until which the project's own tasks rest; None: they do not rest."""

    def rests(self, now: dt.datetime) -> bool:
        """Returns whether it puts the project off beyond ``now``."""
        return self.next_look is not None and self.next_look > now.astimezone(JST).date()


@dataclass(frozen=True, slots=True)
class FollowUpRecord(Part):
    """The steps for people around it, and those that are done."""

    duties: FollowUps = FollowUps()
    """The follow-ups, under their stored name."""
    done: tuple[Told, ...] = ()
    """Those of ``duties.after`` that a person has recorded as done."""
    memo: Memo | None = None
    """The last memo."""
    call_again: dt.datetime | None = None
    """When to call again, because the issuer's person was away."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One message to an issuer, with its life: the projection of its entries."""

    id: int
    state: State
    version: int = 0
    """Number of the last entry that changed it: what a decision compares before it sets."""
    reasons: tuple[Hold, ...] = ()
    answers: tuple[Answer, ...] = ()
    source: Source = Source()
    notice: NoticeRecord = NoticeRecord()
    destination: Destination = Destination()
    composed: Composition = Composition()
    approval: ApprovalRecord = ApprovalRecord()
    delivery: Delivery = Delivery()
    follow_ups: FollowUpRecord = FollowUpRecord()
    correction: int = 0
    """N of the Message-ID: 0, or which correction this is."""
    corrects: int | None = None
    follows: int | None = None
    superseded_by: int | None = None
    came_after: tuple[int, ...] = ()
    """Those of its number that were here when its notice was joined to it; empty: those with lower ids were."""
    joined: tuple[int, ...] = ()
    """Of an announcement that has ended: the submissions of what it announced."""
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None

    def stored(self) -> dict[str, object]:
        """Returns its JSON form: one flat object with the fields of every part."""
        return {key: read(self) for key, read in _STORED.items()}

    @property
    def known_as(self) -> str:
        """The name by which people recognise it: its project, else the name in its notice or its announcement."""
        told = self.source.announced if self.notice.pdf_sha256 is None else None
        named = "、".join((*told.numbers, *told.names)) if told else ""
        return self.destination.project_name or self.notice.notice_name or named or self.source.source_name

    @property
    def is_doubtful(self) -> bool:
        """Returns whether it may be a stranger's: unauthenticated, and without a person's answer for its sender.

        Such a submission changes nothing about authenticated ones.
        """
        is_answered = any(answer.reason is Reason.SENDER_UNPROVEN for answer in self.answers)
        is_untouched = self.state in {State.ANNOUNCED, State.HELD, State.WITHDRAWN}
        return is_untouched and not self.source.proven and not is_answered

    @property
    def invoice_amount(self) -> tuple[int | None, str]:
        """Returns the amount of its invoice in yen, and its source.

        The source is ``registered``, ``read`` (from its text), or empty.
        """
        if self.composed.draft is not None and self.composed.draft.invoice_amount is not None:
            return self.composed.draft.invoice_amount, REGISTERED
        return self.composed.invoice_amount_read, READ if self.composed.invoice_amount_read is not None else ""

    @property
    def invoice_date(self) -> tuple[dt.date | None, str]:
        """Returns the day of its invoice, and the source."""
        if self.composed.draft is not None and self.composed.draft.invoice_date is not None:
            return self.composed.draft.invoice_date, REGISTERED
        return self.composed.invoice_date_read, READ if self.composed.invoice_date_read is not None else ""

    @property
    def is_rehearsal(self) -> bool:
        """Returns whether the mail in progress is a rehearsal."""
        return self.composed.draft is not None and self.composed.draft.is_rehearsal

    @property
    def was_accepted(self) -> bool:
        """Returns whether a mail server accepted it for the issuer, and no failure was reported since."""
        is_by_mail = self.state is not State.CONFIRMED or self.delivery.sent_at is not None
        return self.state in ACCEPTED and is_by_mail and self.composed.draft is not None and not self.is_rehearsal

    @property
    def may_have_left(self) -> bool:
        """Returns whether a mail of it to the issuer left, or may have left."""
        is_by_mail = self.state is not State.CONFIRMED or self.delivery.sent_at is not None
        return self.state in MAY_HAVE_LEFT and is_by_mail and self.composed.draft is not None and not self.is_rehearsal

    def was_tried_as(self, message_id: str) -> bool:
        """Returns whether a try of the mail of this Message-ID is recorded, so that a response to it is expected."""
        if self.may_have_left or (self.state is State.SENDING and not self.is_rehearsal):
            return True
        if self.delivery.tried_as:
            return message_id == self.delivery.tried_as
        # 0.1.0 recorded a person's statement about a try, or the bytes of a try of the current draft.
        was_handed = (
            self.delivery.letter_sha256 is not None
            and bool(self.composed.draft_hash)
            and self.delivery.date_draft == self.composed.draft_hash
        )
        return bool(self.delivery.not_sent) or (was_handed and not self.is_rehearsal)

    @property
    def was_handed_over(self) -> bool:
        """Returns whether it was, or is to be, submitted by form, upload, paper or fax as its rule says."""
        is_by_hand = self.delivery.sent_at is None and self.destination.channel not in {None, Channel.EMAIL}
        return is_by_hand and self.state in {State.HANDED_OVER, State.CONFIRMED}

    def rests(self, now: dt.datetime) -> bool:
        """Returns whether a person put it off beyond ``now``: until a day, or until a call.

        News and another state wake it.
        """
        memo, record = self.follow_ups.memo, self.follow_ups
        if self.delivery.unread or self.state is State.IN_DOUBT:
            return False
        is_put_off = memo is not None and memo.next_look is not None and memo.state is self.state
        if is_put_off and memo is not None and memo.next_look is not None:
            return memo.next_look > now.astimezone(JST).date()
        return record.call_again is not None and may_follow(self.state, Event.CONFIRMED) and record.call_again > now

    @property
    def is_by_hold(self) -> bool:
        """Returns whether the release policy ``hold`` approved it, and no person: its minutes run or are to begin."""
        return self.state is State.APPROVED and self.approval.release.startswith(BY_HOLD)

    @property
    def label(self) -> str:
        """Returns ``ID@`` and ten letters over draft and open reasons, as shown; plain ``ID`` if it has neither."""
        if not self.composed.draft_hash and not self.reasons:
            return str(self.id)
        holds = ((hold.reason, hold.params) for hold in self.reasons)
        return f"{self.id}@{label_letters(self.composed.draft_hash, holds, self.follow_ups.duties.not_before)}"


PARTS: Final = {each.name: type(each.default) for each in fields(Submission) if isinstance(each.default, Part)}
"""The parts of a submission, by name."""
PART_OF: Final = {key.name: part for part, kind in PARTS.items() for key in fields(kind)}
"""The part that holds each stored key; a key that is not here is a field of the submission itself."""
_STORED: Final = {each.name: attrgetter(each.name) for each in fields(Submission) if each.name not in PARTS} | {
    key: attrgetter(f"{part}.{key}") for key, part in PART_OF.items()
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; ``docs/log-format.md`` says how an outsider checks the chain."""

    number: int
    at: dt.datetime
    event: str
    submission: int | None
    by: str
    """A person's name as given, a policy (``auto``), or ``hoshobin``."""
    account: str
    """The account that ran the command."""
    detail: Mapping[str, Any]
    set: Mapping[str, Any]
    """Columns of the submission that this entry changed, as JSON values: the projection is their fold."""
    previous_hash: str
    hash: str


class Disposition(StrEnum):
    """The final disposition of a message or a file in the folder, in the ledger."""

    SUBMISSION = "submission"
    ANNOUNCEMENT = "announcement"
    DUPLICATE = "duplicate"
    HELD = "held"
    NOT_OURS = "not_ours"
    OWN = "own"
    REPORT = "report"
    REPLY = "reply"
    TOO_LARGE = "too_large"
    UNFETCHED = "unfetched"
    PUT_OFF = "put_off"
    """Left in the mailbox until a stranger's mail may be read."""
    PENDING = "pending"


class UnreadReason(StrEnum):
    """The reason why a file in a folder is not read, in the order in which people see them."""

    FORBIDDEN = "forbidden"
    """The account that the service runs as may not read it."""
    FOLDER_UNREADABLE = "folder_unreadable"
    TOO_DEEP = "too_deep"
    """A folder below the last one that is looked into."""
    TOO_MANY = "too_many"
    """The limit of listed files was reached before it."""
    LINKED = "linked"
    """A hard link: another file, in any folder, shares its bytes."""
    LINK = "link"
    """A symbolic link, or a folder that holds itself."""
    UNFINISHED = "unfinished"
    """Its name, or that of another file, says that it is still being written, and has said so for a day."""
    OTHER_KIND = "other_kind"
    PICTURE = "picture"
    MAIL = "mail"
    """A mail saved by Outlook (.msg)."""
    ARCHIVE = "archive"
    """An archive other than a ZIP."""
    DEVICE = "device"
    """A socket, a pipe or a device."""
    NOT_TOML = "not_toml"
    """Of the configuration: a file whose name keeps it from being read."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One row of the ledger: a message of a watched mailbox, with any disposition."""

    mailbox: str
    uidvalidity: int
    uid: int
    end: Disposition
    why: str = ""
    message_id: str = ""
    sender: str = ""
    subject: str = ""
    date: str = ""
    internal_date: dt.datetime | None = None
    size: int = 0
    sha256: Sha256 | None = None
    """Hash of the whole message if it is kept as an original."""
    submissions: tuple[int, ...] = ()
    tries: int = 0
    next_try_at: dt.datetime | None = None
    is_after_due: bool = False
    """True if the action of ``[mailbox.x] after`` is still to be done to it."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row of the ledger: a file of the notices folder, as it was at one look."""

    name: str
    size: int
    mtime_ns: int
    inode: int
    looked_at: dt.datetime
    end: Disposition = Disposition.PENDING
    why: str = ""
    sha256: Sha256 | None = None
    submissions: tuple[int, ...] = ()


FRESH: Final = dt.timedelta(minutes=5)
"""Age up to which a recorded success of the folder or the mail server stays: not each of them needs a new one."""


@dataclass(frozen=True, slots=True)
class HealthRecord:
    """The health of one watched or reached thing: ``mail:NAME``, ``folder`` or ``smtp``."""

    name: str
    last_ok: dt.datetime | None = None
    last_error: dt.datetime | None = None
    error: str = ""
    failing_since: dt.datetime | None = None
    """The first failure after the last success; of no meaning while ``error`` is empty."""
    told: tuple[str, ...] = ()
    """Causes of the alarms raised about it since the last success."""
    first_look: dt.datetime | None = None
    uidvalidity: int | None = None
    first_uid: int = 1
    """Messages from this UID of ``uidvalidity`` on came after the first poll; for those below, the date decides."""
    counted_at: dt.datetime | None = None
    """When the messages were last counted against the ledger."""
    in_window: int = 0
    """Number of messages from ``first_uid`` on at that time, and those that came since."""
    gap: int = 0
    """Number of them without a row."""
    taken_from: dt.datetime | None = None
    """The moment from which messages below ``first_uid`` were taken; None if they were not requested yet."""
    left: int = 0
    """Number of older messages, left without a row."""
    left_alike: int = 0
    """Number of those that look like notices, as far as their headers were read."""
    left_unseen: int = 0
    """Number of those whose headers were not read, because they were too many."""

    def reached_at(self, now: dt.datetime) -> HealthRecord | None:
        """Returns the record of a success at ``now``; None if the last one is ``FRESH`` and nothing failed since."""
        if self.last_ok is not None and not self.error and not self.told and abs(now - self.last_ok) <= FRESH:
            return None
        return replace(self, last_ok=now, error="", told=())


@dataclass(frozen=True, slots=True)
class Alarm:
    """A mail to the operator, stored with the event that causes it."""

    id: int
    cause: str
    submissions: tuple[int, ...]
    created_at: dt.datetime
    detail: str = ""
    """The server's own words if an account was refused."""
    text: str = ""
    """The body as sent; composed when it is first tried."""
    message_id: str = ""
    tries: int = 0
    next_try_at: dt.datetime | None = None
    accepted_at: dt.datetime | None = None
    reply: str = ""
    called_at: dt.datetime | None = None
    """When ``[operator] command`` took it, because no mail could be sent."""
    next_call_at: dt.datetime | None = None
    """When that command is tried again after it failed."""
    told: tuple[Address, ...] = ()
    """The people who were told while it still waits for others, who must not get two mails in a row."""
    told_up_to: int | None = None
    """Of a list of what was sent: the last entry that the mail to the first of them took account of."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One configuration file as read: why did it go to that address is answerable years later."""

    name: str
    sha256: Sha256
    content: bytes = field(repr=False)


NO_DATE: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""The internal date of a message without a readable one: such a message is never left as old."""
