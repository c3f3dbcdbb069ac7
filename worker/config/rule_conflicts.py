"""Finds contradictions in the tables of a rule, in each alone and in all laid over each other.

A contradiction is named once, at the table that causes it. The raw tables are read, not their checked shapes, so that
it is shown together with every other fault of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from worker.config.rule_layers import FROM_PROJECT, RULE_TABLES, BaseRule, amended_table, is_open_in, layers, own_layers
from worker.config.template_check import Use, check_template, shows_key
from worker.config.toml import Path, key_path, nearest, table_in
from worker.core.errors import Problem
from worker.core.model import Channel, Closing, Product
from worker.core.rulebook import Contract, InvoiceRule, NoticeForm, Timing, TitledValue


@dataclass(frozen=True, slots=True)
class RuleSource:
    """The place of rule tables: file and path of the table that holds ``rule``, and the names that they may use."""

    file: str
    path: Path
    table: Mapping[str, Any]
    sections: Sequence[str] | None
    """The ids of the issuer's sections; None if its file cannot be read."""
    open: Sequence[str]
    base: BaseRule


def problems_of_rules(source: RuleSource) -> Iterator[Problem]:
    """Yields each contradiction in the rule tables of ``source`` once."""
    seen = set()
    for problem in _all_problems(source):
        if (problem.key, problem.code) not in seen:
            seen.add((problem.key, problem.code))
            yield problem


def _all_problems(source: RuleSource) -> Iterator[Problem]:
    rules = table_in(source.table, "rule")
    yield from _unknown_sections(source, rules)
    for name in (Product.CONTRACT, amended_table(Product.CONTRACT)):
        if table_in(rules, name).get("invoice", InvoiceRule.NEVER) != InvoiceRule.NEVER:
            yield Problem(source.file, key_path((*source.path, "rule", name, "invoice")), "contract_invoice")
    for product in Product:
        for contract in Contract:
            if contract is Contract.AMENDED and not any(table_in(rules, name) for name in own_layers(product)):
                continue
            yield from _contradictions(_Merged(source, product, contract))


def _unknown_sections(source: RuleSource, rules: Mapping[str, Any]) -> Iterator[Problem]:
    if source.sections is None:
        return
    valid = [*source.sections, FROM_PROJECT]
    for name in rules:
        named = table_in(rules, name).get("section")
        if isinstance(named, str) and named not in valid:
            key = key_path((*source.path, "rule", name, "section"))
            params = {"name": named, "nearest": nearest(named, valid), "issuer": source.file}
            yield Problem(source.file, key, "unknown_section", params)


class _Merged:
    """The raw tables of one rule, the later ones before the earlier."""

    def __init__(self, source: RuleSource, product: Product, contract: Contract) -> None:
        rules = table_in(source.table, "rule")
        self.source = source
        self.product = product
        self.names = layers(product, contract)
        self.base = source.base(product, contract)
        self._latest_first = [(name, table_in(rules, name)) for name in reversed(self.names)]

    def is_written(self, *keys: str) -> bool:
        return any(key in table for _, table in self._latest_first for key in keys)

    def value(self, key: str) -> Any:
        for _, table in self._latest_first:
            if key in table:
                return table[key]
        return getattr(self.base, key)

    def problem(self, code: str, *keys: str, **params: str) -> Problem:
        """A problem at the table that wrote the first of ``keys`` that any wrote."""
        name, key = next((name, key) for key in keys for name, table in self._latest_first if key in table)
        return Problem(self.source.file, key_path((*self.source.path, "rule", name, key)), code, params)

    def latest_with(self, *keys: str) -> str:
        """Returns the last table that writes one of ``keys``; empty if none does."""
        return next((name for name, table in self._latest_first if not table.keys().isdisjoint(keys)), "")

    def is_open(self, key: str) -> bool:
        """Returns true if the issuer's file calls the value of ``key`` that counts uncertain."""
        latest = self.latest_with(key)
        resting = self.names[self.names.index(latest) :] if latest else self.names
        return is_open_in(self.source.open, resting, key) or (
            not latest and is_open_in(self.base.open, RULE_TABLES, key)
        )


def _contradictions(rule: _Merged) -> Iterator[Problem]:
    yield from _missing_subject(rule)
    invoice = InvoiceRule.NEVER if rule.product is Product.CONTRACT else rule.value("invoice")
    if (
        rule.is_written("timing", "invoice")
        and rule.value("timing") == Timing.BEFORE_INVOICE
        and invoice != InvoiceRule.NEVER
    ):
        yield rule.problem("invoice_after_key", "invoice", "timing")
    typed_alone = rule.value("notice") == NoticeForm.TYPED
    if rule.is_written("notice", "file_name") and typed_alone and rule.value("file_name"):
        yield rule.problem("file_name_typed", "file_name", "notice")
    if rule.is_written("closes") and rule.value("closes") == Closing.NONE and rule.value("call_after") is True:
        yield rule.problem("call_not_closing", "closes")
    if rule.is_written("lines", "channel", "notice") and not _may_hold_key(rule) and _holds_key(rule.value("lines")):
        yield rule.problem("line_key", "lines", "notice", "channel")


def _missing_subject(rule: _Merged) -> Iterator[Problem]:
    """Refuses e-mail without a subject: some towns discard a mail with an empty one."""
    if rule.value("channel") != Channel.EMAIL or str(rule.value("subject")).strip():
        return
    name = rule.latest_with("channel", "subject")
    if name and not rule.is_open("subject"):
        source = rule.source
        yield Problem(source.file, key_path((*source.path, "rule", name, "subject")), "missing_key")


_FILLED_IN: Final = frozenset({Channel.FORM, Channel.UPLOAD})
_WITH_KEY: Final = frozenset({NoticeForm.TYPED, NoticeForm.BOTH})


def _may_hold_key(rule: _Merged) -> bool:
    channel = rule.value("channel")
    if channel == Channel.EMAIL:
        return rule.value("notice") in _WITH_KEY
    return channel == Channel.UNKNOWN or channel in _FILLED_IN  # of an unknown channel nothing is ever written


def _holds_key(lines: Any) -> bool:
    return any(shows_key(text) for text in _values(lines) if not check_template(text, Use.LINE))


def _values(lines: Any) -> Iterable[str]:
    for line in lines if isinstance(lines, list | tuple) else ():
        value = line.value if isinstance(line, TitledValue) else table_in({"line": line}, "line").get("value")
        if isinstance(value, str):
            yield value
