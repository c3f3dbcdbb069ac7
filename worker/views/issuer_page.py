"""An issuer's rules in office words, as the console's page shows them: the facts of each kind of guarantee."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from worker.config.editing.issuer_fields import office_template
from worker.core.messages import Language, say
from worker.core.model import Channel, Product
from worker.core.rulebook import InvoiceRule, Issuer, Rule, Section
from worker.core.text import match_key


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """The rule of one product, or of several that have the same one."""

    products: tuple[Product, ...]
    facts: tuple[tuple[str, str], ...]
    """Heading and value, in the order in which a person reads them."""


def find_issuers(issuers: Iterable[Issuer], text: str) -> tuple[Issuer, ...]:
    """Returns the issuers whose name or alias holds ``text`` (widths alike), by name; all for an empty text."""
    piece = match_key(text)
    found = (each for each in issuers if any(piece in match_key(name) for name in (each.full_name, *each.aliases)))
    return tuple(sorted(found, key=lambda issuer: issuer.full_name))


def rules_of(issuer: Issuer, lang: Language) -> tuple[RuleFacts, ...]:
    """Returns the issuer's rules; products of which the same is said share one."""
    groups: dict[tuple[tuple[str, str], ...], list[Product]] = {}
    for product, rule in issuer.rules.items():
        groups.setdefault(tuple(_facts(rule, issuer.sections.get(rule.section), lang)), []).append(product)
    return tuple(RuleFacts(tuple(products), facts) for facts, products in groups.items())


def _facts(rule: Rule, section: Section | None, lang: Language) -> Iterator[tuple[str, str]]:
    yield say("issuer_channel", lang), say(f"channel_{rule.channel.value}", lang)
    yield say("issuer_section", lang), section.name if section else say("issuer_by_project", lang)
    if section and rule.channel is Channel.EMAIL:
        yield say("issuer_to", lang), ", ".join(section.to) or say("issuer_to_none", lang)
        if section.cc:
            yield "CC", ", ".join(section.cc)
    if rule.channel is Channel.EMAIL:
        yield say("issuer_subject", lang), office_template(rule.subject)
    if section and section.phone:
        yield say("issuer_phone", lang), section.phone
    if rule.url:
        yield "URL", rule.url
    yield say("issuer_notice", lang), say(f"notice_{rule.notice.value}", lang)
    if rule.invoice is not InvoiceRule.NEVER:
        yield say("issuer_invoice", lang), say(f"invoice_{rule.invoice.value}", lang)
    if rule.documents_required:
        yield say("issuer_documents", lang), "、".join(rule.documents_required)
    yield say("issuer_timing", lang), say(f"timing_{rule.timing.value}", lang)
    if rule.contact_first:
        yield say("issuer_contact", lang), rule.contact_first
    yield say("issuer_done", lang), say(f"closes_{rule.closes.value}", lang, days=rule.settle_days)
    if rule.chosen:
        yield say("issuer_chosen", lang), rule.chosen
