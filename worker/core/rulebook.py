"""The configuration as frozen values: guarantors, issuers with their rules, and the register's projects.

No decision and no I/O is made here; ``issuers``, ``projects`` and ``guarantors`` read these values from TOML.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from worker.core.model import Address, Channel, Closing, Product, Sha256
from worker.core.prefectures import Prefecture, prefecture_in
from worker.core.states import Reason
from worker.core.text import match_key, name_with_scope


@dataclass(frozen=True, slots=True)
class Guarantor:
    """The patterns that recognise and read one surety company's mail and notice (``guarantors.toml``)."""

    id: str
    name: str
    senders: tuple[str, ...]
    subjects: tuple[str, ...]
    titles: tuple[str, ...]
    number: str
    key: str
    labels: Mapping[str, tuple[str, ...]]
    """``project_name contractor_name product contract_number key`` → the labels the notice may print."""
    products: Mapping[Product, tuple[str, ...]]
    assumed: tuple[str, ...] = ()
    download: tuple[str, ...] = ()
    """Steps by which a person gets the notice from its web service."""


# --- How an issuer wants it ----------------------------------------------------------------------------------


class InvoiceRule(StrEnum):
    """Says if the advance-payment invoice is attached to the mail."""

    NEVER = "never"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Contract(StrEnum):
    """The contract of a guarantee: the original one, or an amended one (変更契約)."""

    ORIGINAL = "original"
    AMENDED = "amended"


class When(StrEnum):
    """The way of the invoice for which a sentence of a rule applies: attached to the mail, or handed in separately."""

    ATTACHED = "attached"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Conditional:
    """A sentence of a rule that applies only if the invoice goes this way."""

    text: str
    when: When


Sentence = str | Conditional
"""A plain text holds for every way of the invoice, and without an invoice."""


def sentences_for(sentences: Iterable[Sentence], way: When | None) -> tuple[str, ...]:
    """Returns those of ``sentences`` that apply if the invoice goes this ``way``; None: no invoice, or no decision."""
    return tuple(
        each.text if isinstance(each, Conditional) else each
        for each in sentences
        if not isinstance(each, Conditional) or each.when is way
    )


class NoticeForm(StrEnum):
    """The form of number and key: as the notice PDF, typed in the body, or both."""

    ATTACHED = "attached"
    TYPED = "typed"
    BOTH = "both"


class Timing(StrEnum):
    """When the issuer wants it, against the contract document or the invoice."""

    ANY = "any"
    WITH_CONTRACT = "with_contract"
    WITH_INVOICE = "with_invoice"
    BEFORE_CONTRACT = "before_contract"
    BEFORE_INVOICE = "before_invoice"


class Assumable(StrEnum):
    """Keys of a rule whose usual value a file may state as an assumption: the notice attached, at any time."""

    NOTICE = "notice"
    TIMING = "timing"


class Width(StrEnum):
    """The width of the letters and digits of a value."""

    AS_WRITTEN = "as_written"
    HALF = "half"
    FULL = "full"


class WorkKind(StrEnum):
    """The kind of contract of a project."""

    WORKS = "works"
    CONSULTING = "consulting"
    OTHER = "other"


class Award(StrEnum):
    """The award of a project: open bidding, designated bidding, discretionary contract."""

    OPEN = "open"
    DESIGNATED = "designated"
    DISCRETIONARY = "discretionary"


class CountedBy(StrEnum):
    """The dates that eligibility counts by; also the names of a project's dates."""

    PROCEDURE_START = "procedure_start"
    ANNOUNCEMENT = "announcement"
    DESIGNATION = "designation"
    NOTIFICATION = "notification"
    BID = "bid"
    AWARD = "award"
    CONTRACT = "contract"
    ORIGINAL_CONTRACT = "original_contract"
    GUARANTEE = "guarantee"


@dataclass(frozen=True, slots=True)
class Section:
    """A section of an issuer: who receives."""

    id: str
    name: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    phone: str = ""
    fax: str = ""
    open: tuple[str, ...] = ()
    """Keys of this section that the issuer's file lists as not certain, e.g. ``section.kensetsu.to``."""
    until: dt.date | None = None
    """The last day on which it is known to be right; afterwards a person looks once more."""


OFFICE: Final = "office"
"""The id of an office that only a project names."""


@dataclass(frozen=True, slots=True)
class TitledValue:
    """One titled value in the issuer's order: a line of the body, or a field of its form. ``value`` is a template."""

    title: str
    value: str


@dataclass(frozen=True, slots=True)
class Rule:
    """An issuer's rule for one product; the more general tables are already merged in."""

    channel: Channel
    section: str
    """A section id, or ``project``: the project names it."""
    subject: str
    body: str
    product_word: str
    invoice: InvoiceRule
    max_bytes: int | None = None
    open: tuple[str, ...] = ()
    """Keys that the issuer's file lists as not certain and that this product's rule rests on (not the sections')."""
    chosen: str = ""
    """The choice of this rule if the issuer allows several ways or subjects, in a sentence."""
    overtaken: str = ""
    """The sentence of an earlier table on a choice that a later one made otherwise: shown nowhere, only hashed."""
    notice: NoticeForm = NoticeForm.ATTACHED
    file_name: str = ""
    """Template of the notice's file name; empty: 認証キーのお知らせ_<contract number>.pdf."""
    lines: tuple[TitledValue, ...] = ()
    """The required items of the body (e-mail), or the fields to enter (form, upload), in the issuer's order."""
    documents_required: tuple[str, ...] = ()
    documents_allowed: tuple[str, ...] = ()
    other_documents: bool = False
    """The issuer asks for "the other required documents" without naming them: the project lists them, or says none."""
    conditions: tuple[Sentence, ...] = ()
    """Sentences that no machine can check; the approver ticks each, and they are kept with the approval."""
    contact_first: str = ""
    """The prior contact with the issuer; empty if none is needed."""
    call_after: bool = False
    timing: Timing = Timing.ANY
    closes: Closing = Closing.ANSWER
    settle_days: int = 3
    """``closes = "none"``: days without a bounce after which it counts as arrived."""
    after: tuple[Sentence, ...] = ()
    """Remaining steps after sending, a sentence each (the invoice on paper …)."""
    url: str = ""
    instructions: tuple[str, ...] = ()
    """Form, upload, paper, fax: what a person does, step by step."""
    bring: tuple[str, ...] = ()
    """Paper, fax, upload: what to print or to take along."""
    unsaid: tuple[str, ...] = ()
    """Those of notice, timing and invoice that no table writes: by e-mail they count as open."""
    assumed: tuple[str, ...] = ()
    """Those that no table writes and whose usual value the file states as an assumption."""

    @property
    def notice_attached(self) -> bool:
        """Returns whether the notice's PDF is attached."""
        return self.notice is not NoticeForm.TYPED

    @property
    def key_typed(self) -> bool:
        """Returns whether number and key are typed in the body."""
        return self.notice is not NoticeForm.ATTACHED


@dataclass(frozen=True, slots=True)
class ValueForm:
    """The form that one registered value must have at this issuer; it is normalised first, then checked."""

    name: str
    pattern: str = ""
    """Regular expression for the whole normalised value; empty: any."""
    digits_only: bool = False
    length: int | None = None
    remove_hyphens: bool = False
    width: Width = Width.AS_WRITTEN
    sample: str = ""
    """An example of a right value, for the person who corrects it."""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """One alternative under which the issuer takes electronic sureties; an empty list is no limit."""

    since: dt.date | None = None
    counted_by: tuple[CountedBy, ...] = ()
    products: tuple[Product, ...] = ()
    kinds: tuple[WorkKind, ...] = ()
    awards: tuple[Award, ...] = ()
    tendered_by: tuple[str, ...] = ()
    min_amount: int | None = None
    original_only: bool = False
    """Only original contracts, or amended ones whose original contract fits by its own date."""
    approval: bool = False
    """Only projects that the issuer has approved one by one."""
    amended: bool = True
    """True if amended contracts are included; False excludes all of them, with any date."""
    open: bool = False
    """The issuer's files do not say whether it takes these contracts: only an individually approved one fits."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer (発注者), its sections and its rule per product."""

    id: str
    name: str
    aliases: tuple[str, ...]
    guarantors: tuple[str, ...]
    sections: Mapping[str, Section]
    rules: Mapping[Product, Rule]
    file: str
    """Path relative to the configuration directory, e.g. ``issuers/higashiizu.toml``."""
    sha256: Sha256
    source: str = ""
    checked_on: dt.date | None = None
    eligibility: tuple[Eligibility, ...] = ()
    """Alternatives, one of which must fit; empty if the file does not write any."""
    amended_rules: Mapping[Product, Rule] = field(default_factory=dict)
    """For amended contracts; a product without one follows ``rules``."""
    values: Mapping[str, ValueForm] = field(default_factory=dict)
    note: str = ""
    scope: str = ""
    """The bureau or kind of work that the file covers, if an issuer has several; empty for the whole issuer."""

    prefecture: Prefecture | None = None
    """The prefecture that its file writes."""

    @property
    def lies_in(self) -> Prefecture | None:
        """The prefecture of its file, else the one that its names write in full; None if neither says it."""
        return self.prefecture or prefecture_in((self.name, self.scope, *self.aliases))

    @property
    def full_name(self) -> str:
        """The name that distinguishes it from another file of the same issuer; a mail contains ``name`` alone."""
        return name_with_scope(self.name, self.scope)


@dataclass(frozen=True, slots=True)
class Example:
    """One test vector of an issuer's file: a notice and project with the expected result (``[[example]]``).

    Each expectation is None if the file does not write it.
    """

    product: Product
    contract: Contract
    number: str
    contractor: str
    project: Mapping[str, Any]
    """The keys of a ``[[project]]`` as written, without the issuer; ``projects.read_one_project`` reads it."""
    channel: Channel | None = None
    section: str | None = None
    subject: str | None = None
    attachments: tuple[str, ...] | None = None
    """Titles or file names."""
    body_has: tuple[str, ...] | None = None
    holds: tuple[Reason, ...] | None = None


# --- The register --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Invoice:
    """The invoice a project names for one product; ``file`` empty means 別途 (handed in another way)."""

    file: str
    """Path relative to the invoices folder, checked to stay inside it; empty: separate."""
    amount: int | None = None
    date: dt.date | None = None
    number: str = ""
    """Its contract number, if a project has this product twice; empty for any."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file in addition to notice and invoice; it is in the invoices folder too."""

    file: str
    title: str = ""
    """Its title (前払金申請書); if empty, its file name is used."""


@dataclass(frozen=True, slots=True)
class Project:
    """The contractor's public-works contract, as ``projects.toml`` registers it."""

    id: str
    """Stable within a file: issuer and name, and the first contract number if two share both."""
    name: str
    issuer: str
    sections: Mapping[Product, str]
    contractor: str
    names_on_notice: tuple[str, ...]
    contract_numbers: tuple[str, ...]
    """Of guarantees of any product."""
    by_name: bool
    values: Mapping[str, str]
    dates: Mapping[str, dt.date]
    invoices: Mapping[Product, tuple[Invoice, ...]]
    department: str = ""
    contact: str = ""
    phone: str = ""
    offices: Mapping[Product, Section] = field(default_factory=dict)
    """The section that receives this product of this project alone, as the issuer said; precedes the rule's section."""
    tendered_by: str = ""
    kind: WorkKind | None = None
    award: Award | None = None
    amount: int | None = None
    """請負金額, yen."""
    documents: Mapping[Product, tuple[Document, ...]] = field(default_factory=dict)
    """Documents by product; an empty tuple: none is needed; a product without a line: undecided."""
    approval: str = ""
    """The issuer's approval of electronic sureties for this project; empty: not approved."""
    exception: str = ""
    """The issuer's consent to an electronic surety although its rule says otherwise; empty: none."""
    is_excluded: bool = False
    """The announcement excludes this contract from electronic sureties, even if the issuer's rule includes it."""
    is_amended: bool = False
    """The registered contract is an amended one: the issuer's rule for amended contracts applies."""
    expects: tuple[Product, ...] = ()
    """The guarantees that must be submitted; one that is late is a task."""
    rules: Mapping[Product, Rule] = field(default_factory=dict)
    """A whole rule given for this project (the issuer gives it to the winner on award); goes before the issuer's."""
    amended_rules: Mapping[Product, Rule] = field(default_factory=dict)
    deadlines: Mapping[Product, dt.date] = field(default_factory=dict)
    """The last day on which the issuer may get this product's mail."""
    numbers: Mapping[Product, tuple[str, ...]] = field(default_factory=dict)
    """The contract numbers of the guarantees of one product alone."""
    original_amount: int | None = None
    """The 請負金額 of the original contract, kept beside that of the amended one."""
    closed: dt.date | None = None
    """The day on which a person closed it: nothing more is expected of it; what comes or waits is treated as before."""

    def numbers_of(self, product: Product) -> tuple[str, ...]:
        """The contract numbers under which a guarantee of ``product`` may come."""
        return (*self.contract_numbers, *self.numbers.get(product, ()))

    @property
    def all_numbers(self) -> tuple[str, ...]:
        """Every contract number that is registered with it."""
        return (*self.contract_numbers, *(number for product in Product for number in self.numbers.get(product, ())))


@dataclass(frozen=True, slots=True)
class Contractor:
    """The submitting contractor, as seen by templates, with a project's overrides already applied."""

    name: str
    department: str
    contact: str
    phone: str
    email: Address


def rule_for(issuer: Issuer, project: Project, product: Product, contract: Contract) -> Rule:
    """Returns the applicable rule: the project's own before the issuer's, the amended one for an amended contract."""
    if contract is Contract.AMENDED:
        amended = project.amended_rules.get(product) or (
            None if product in project.rules else issuer.amended_rules.get(product)
        )
        if amended is not None:
            return amended
    return project.rules.get(product) or issuer.rules[product]


def invoice_for(project: Project, product: Product, contract_number: str) -> Invoice | None:
    """The invoice that the register names for this guarantee: by its number, else the one without a number."""
    named = project.invoices.get(product, ())
    wanted = match_key(contract_number)
    own = next((each for each in named if each.number and match_key(each.number) == wanted), None)
    return own or next((each for each in named if not each.number), None)


def receiving_section(issuer: Issuer, project: Project, product: Product, rule: Rule) -> Section | None:
    """Returns the receiving section: that of this project and product, else the rule's, else the project's."""
    if product in project.offices:
        return project.offices[product]
    return issuer.sections.get(project.sections.get(product, "") if rule.section == "project" else rule.section)


# --- Keys that the issuer's file lists as not certain ------------------------------------------------------------


def counted_open(rule: Rule) -> tuple[str, ...]:
    """The keys that no file writes and that count as open, because ``rule`` is by e-mail."""
    return tuple(f"rule.default.{key}" for key in rule.unsaid) if rule.channel is Channel.EMAIL else ()


_OF_A_MAIL: Final = frozenset({"subject", "body", "max_bytes", "to", "cc"})
_BY_HAND: Final = frozenset({"url", "instructions", "bring"})
_IDLE: Final[Mapping[Channel, frozenset[str]]] = {
    Channel.EMAIL: _BY_HAND | {"fax"},
    Channel.FORM: _OF_A_MAIL | {"fax"},
    Channel.UPLOAD: _OF_A_MAIL | {"fax"},
    Channel.PAPER: _OF_A_MAIL | {"fax", "url", "lines", "file_name"},
    Channel.FAX: _OF_A_MAIL | {"url", "file_name"},
    Channel.UNKNOWN: frozenset(),
}
"""Keys of a rule or a section that decide nothing if it is handed in in this way (the table of docs/rules.ja.md)."""


def open_for(open_: Iterable[str], channel: Channel) -> tuple[str, ...]:
    """The open keys that decide something for a notice handed in by ``channel``; a whole table always does."""
    return tuple(key for key in open_ if not _is_idle(key, channel))


def _is_idle(key: str, channel: Channel) -> bool:
    first, _, rest = key.partition(".")
    return first in {"rule", "section"} and rest.partition(".")[2] in _IDLE[channel]
