"""A project as the console shows it: its three guarantees side by side, the issuer's rule in words, what was said.

The search takes names, issuers and numbers in any width and with any hyphen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from worker.core.messages import Language, name_event, name_receipt, say
from worker.core.messages.keys import CHOICES
from worker.core.model import JST, Channel, Product, Submission
from worker.core.rulebook import (
    Conditional,
    Contract,
    Invoice,
    InvoiceRule,
    Issuer,
    Project,
    Rule,
    Sentence,
    receiving_section,
    rule_for,
)
from worker.core.states import Event
from worker.core.text import bare_text, match_key
from worker.store.ports import Reading
from worker.views.project_status import Cell, Row
from worker.views.tasks import DayOf, Registered, day_of_guarantee, days_over
from worker.views.today import Mark

if TYPE_CHECKING:
    from worker.config.load import Configuration
    from worker.store.ports import Store

_SPOKEN: Final = frozenset({Event.CONFIRMED, Event.NOT_ACCEPTED})
"""Entries of what the issuer said on the telephone."""


@dataclass(frozen=True, slots=True)
class GuaranteeColumn:
    """One guarantee of a project."""

    product: Product
    cell: Cell
    numbers: tuple[str, ...]
    due: dt.date | None
    """The last day, as registered, else the day by which it should be handed in."""
    day_of: DayOf | None
    """The name of that day if no deadline is known: it hurries nothing once the guarantee is here."""
    over: int
    """Days since then, if it is late."""
    takes_invoice: bool
    """True if the issuer's rule lets an invoice go with it."""
    invoices: tuple[Invoice, ...]
    documents: tuple[str, ...] | None
    """Their titles; None: nothing was registered about them."""
    rule: tuple[tuple[str, str], ...]
    """Name and value of each point of the issuer's rule, in office words."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A reply, a report or a call about one submission."""

    at: dt.datetime
    submission: int
    text: str
    note: str = ""
    by: str = ""
    """The person who recorded it; empty for a mail."""


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """One project with everything that is known of it."""

    project: Project
    issuer: Issuer
    row: Row
    columns: tuple[GuaranteeColumn, ...]
    submissions: tuple[Submission, ...]
    """The newest first."""
    conversations: tuple[Conversation, ...]
    """The newest first."""


def page_of_project(
    row: Row, store: Store, configuration: Configuration, now: dt.datetime, lang: Language
) -> ProjectPage:
    """Returns the page of the project of ``row``."""
    project = row.project
    issuer = configuration.issuers[project.issuer]
    today = now.astimezone(JST).date()
    submissions = _submissions(project, configuration.projects, store)
    return ProjectPage(
        project,
        issuer,
        row,
        tuple(_column(row, issuer, product, submissions, today, lang) for product in Product),
        submissions,
        tuple(sorted(_conversations(submissions, store, lang), key=lambda each: each.at, reverse=True)),
    )


def _submissions(project: Project, projects: Sequence[Project], store: Store) -> tuple[Submission, ...]:
    """Its own, and those that were recorded under an id that it had before."""
    reading: Reading = store
    own = [each for product in Product for each in reading.of_project(project.id, product)]
    moved = Registered.of(projects).moved([project.id], store)
    found = {each.id: each for each in (*moved, *own)}
    return tuple(found[number] for number in sorted(found, reverse=True))


def _conversations(submissions: Iterable[Submission], store: Store, lang: Language) -> Iterator[Conversation]:
    for submission in submissions:
        for receipt in submission.delivery.receipts:
            yield Conversation(receipt.at, submission.id, name_receipt(receipt, lang))
        for entry in store.entries(submission.id, events=_SPOKEN):
            note = str(entry.detail.get("note", ""))
            yield Conversation(entry.at, submission.id, name_event(entry.event, lang), note, entry.by)


def _column(
    row: Row, issuer: Issuer, product: Product, submissions: Sequence[Submission], today: dt.date, lang: Language
) -> GuaranteeColumn:
    project, cell = row.project, row.cells[product]
    rule = rule_of(issuer, project, product)
    is_asked = cell.is_expected or cell.submission is not None or product in project.deadlines
    due, day_of = day_of_guarantee(project, product) if is_asked else (None, None)
    is_late = cell.is_expected and (cell.mark is Mark.TO_COME or (day_of is None and cell.mark is not Mark.DONE))
    documents = project.documents.get(product)
    others = {match_key(each.notice.contract_number or "") for each in submissions if each.notice.product != product}
    return GuaranteeColumn(
        product,
        cell,
        tuple(each for each in project.numbers_of(product) if match_key(each) not in others),
        due,
        day_of,
        days_over(due, today) if is_late else 0,
        takes_invoice(rule, product),
        project.invoices.get(product, ()),
        None if documents is None else tuple(each.title or each.file for each in documents),
        tuple(rule_facts(issuer, project, product, lang)),
    )


def takes_invoice(rule: Rule, product: Product) -> bool:
    """Returns whether an invoice may go with the mail of a guarantee."""
    return product is not Product.CONTRACT and rule.channel is Channel.EMAIL and rule.invoice is not InvoiceRule.NEVER


def rule_of(issuer: Issuer, project: Project, product: Product) -> Rule:
    """Returns the rule that the next guarantee of this kind follows."""
    return rule_for(issuer, project, product, Contract.AMENDED if project.is_amended else Contract.ORIGINAL)


def rule_facts(issuer: Issuer, project: Project, product: Product, lang: Language) -> Iterator[tuple[str, str]]:
    """Yields each point of the rule that says something, with its name, in the order of doing."""
    rule = rule_of(issuer, project, product)
    section = receiving_section(issuer, project, product, rule)

    def word(key: str, value: str) -> str:
        return CHOICES[key][value][0 if lang == "ja" else 1]

    facts = [
        ("fact_channel", word("channel", rule.channel)),
        ("fact_section", " ".join(filter(None, (section.name, section.phone))) if section else say("fact_none", lang)),
        ("fact_to", "、".join(section.to) if section and rule.channel is Channel.EMAIL else ""),
        ("fact_url", rule.url),
        ("fact_notice", word("notice", rule.notice) if rule.channel is Channel.EMAIL else ""),
        ("fact_invoice", word("invoice", rule.invoice) if product is not Product.CONTRACT else ""),
        ("fact_documents", "、".join(rule.documents_required)),
        ("fact_timing", word("timing", rule.timing)),
        ("fact_contact_first", rule.contact_first),
        ("fact_conditions", _sentences(rule.conditions)),
        ("fact_instructions", "／".join(rule.instructions)),
        ("fact_bring", "、".join(rule.bring)),
        ("fact_closes", word("closes", rule.closes) if rule.channel is Channel.EMAIL else ""),
        ("fact_after", _sentences(rule.after)),
        ("fact_open", say("fact_open_keys", lang, count=len(rule.open)) if rule.open else ""),
    ]
    yield from ((say(code, lang), value) for code, value in facts if value)


def _sentences(sentences: Iterable[Sentence]) -> str:
    return "／".join(each.text if isinstance(each, Conditional) else each for each in sentences)


# --- The search ----------------------------------------------------------------------------------------------------


def search_words(text: str) -> tuple[str, ...]:
    """Returns the words of a search, each as names and numbers are compared."""
    return tuple(filter(None, (bare_text(each) for each in text.replace("\u3000", " ").split())))


def matching_projects(configuration: Configuration, words: Sequence[str]) -> tuple[Project, ...]:
    """Returns the projects in whose name, issuer, values or numbers every word stands, in the register's order."""
    if not words:
        return configuration.projects
    issuers = {
        id_: bare_text("\n".join((each.full_name, *each.aliases))) for id_, each in configuration.issuers.items()
    }
    return tuple(
        each
        for each in configuration.projects
        if _holds(words, bare_text("\n".join(_texts_of(each))) + issuers[each.issuer])
    )


def is_found(submission: Submission, words: Sequence[str]) -> bool:
    """Returns whether every word stands in its name, its issuer or its number."""
    texts = (submission.known_as, submission.destination.issuer_name or "", submission.notice.contract_number or "")
    return _holds(words, bare_text("\n".join(texts)))


def _texts_of(project: Project) -> Iterator[str]:
    yield project.name
    yield project.contractor
    yield from project.names_on_notice
    yield from project.all_numbers
    yield from project.values.values()


def _holds(words: Sequence[str], text: str) -> bool:
    return all(each in text for each in words)
