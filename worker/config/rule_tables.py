"""The shape of a ``[rule.*]`` table. ``rule_layers`` lays the tables over each other."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from worker.config.addresses import NAME
from worker.config.rule_layers import RULE_KEYS, RULE_TABLES, WrittenRule
from worker.config.template_check import Use, check_template
from worker.config.toml import Listed, NonEmpty, OneOf, PerProduct, Refused, Shape, value_of
from worker.core.model import Channel, Closing, Product
from worker.core.rulebook import Conditional, InvoiceRule, NoticeForm, Sentence, Timing, TitledValue, When

SETTLE_DAYS_LIMIT: Final = 60
"""Days without a bounce: mail servers give up after five, and a task that waits for months is forgotten."""


# --- Shapes --------------------------------------------------------------------------------------------------


def _check_for(use: Use, text: str) -> str:
    if use is Use.FILE_NAME and not text.lower().endswith(".pdf"):
        raise Refused("file_name_ending", name=text)
    findings = check_template(text, use)
    if findings:
        (code, params), *more = findings
        refused = Refused(code, **params)
        refused.more = tuple(more)
        raise refused
    return text


def _template(use: Use) -> AfterValidator:
    return AfterValidator(partial(_check_for, use))


def _check_body_name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise Refused("bad_name", name=text)
    return text


class _Line(Shape):
    title: NonEmpty
    value: Annotated[NonEmpty, _template(Use.LINE)]


class _Sentence(Shape):
    text: NonEmpty
    when: OneOf[When] | None = None


def _text_or_table(value: Any) -> Any:
    return value if isinstance(value, Mapping) else {"text": value}


def _sentence(shape: _Sentence) -> Sentence:
    return shape.text if shape.when is None else Conditional(shape.text, shape.when)


_Sentences = Listed[Annotated[_Sentence, BeforeValidator(_text_or_table), AfterValidator(_sentence)]]


class RuleTable(Shape):
    """One ``[rule.*]`` table; None if the key is not written, so that tables can be laid over each other."""

    channel: OneOf[Channel] | None = None
    section: NonEmpty | None = None
    subject: Annotated[str, _template(Use.SUBJECT)] | None = None
    body: Annotated[str, AfterValidator(_check_body_name)] | None = None
    product_words: PerProduct[NonEmpty] = PerProduct()
    invoice: OneOf[InvoiceRule] | None = None
    max_bytes: Annotated[int | None, Field(ge=1)] = None
    chosen: str | None = None
    notice: OneOf[NoticeForm] | None = None
    file_name: Annotated[str, _template(Use.FILE_NAME)] | None = None
    lines: Listed[Annotated[_Line, AfterValidator(partial(value_of, TitledValue))]] | None = None
    documents_required: Listed[NonEmpty] | None = None
    documents_allowed: Listed[NonEmpty] | None = None
    other_documents: bool | None = None
    conditions: _Sentences | None = None
    contact_first: str | None = None
    call_after: bool | None = None
    timing: OneOf[Timing] | None = None
    closes: OneOf[Closing] | None = None
    settle_days: Annotated[int | None, Field(ge=1, le=SETTLE_DAYS_LIMIT)] = None
    after: _Sentences | None = None
    url: str | None = None
    instructions: Listed[Annotated[NonEmpty, _template(Use.INSTRUCTION)]] | None = None
    bring: Listed[NonEmpty] | None = None


class RuleTables(Shape):
    """Everything below ``[rule]``."""

    default: RuleTable = RuleTable()
    amended: RuleTable = RuleTable()
    contract: RuleTable = RuleTable()
    contract_amended: RuleTable = RuleTable()
    advance: RuleTable = RuleTable()
    advance_amended: RuleTable = RuleTable()
    interim: RuleTable = RuleTable()
    interim_amended: RuleTable = RuleTable()

    def named(self, name: str) -> RuleTable:
        """The table of this name."""
        table: RuleTable = getattr(self, name)
        return table


def written_tables(tables: RuleTables) -> dict[str, WrittenRule]:
    """Returns the keys that each table writes, with their values."""
    return {name: _written(tables.named(name)) for name in RULE_TABLES if name in tables.model_fields_set}


def _written(table: RuleTable) -> dict[str, Any]:
    written: dict[str, Any] = {name: getattr(table, name) for name in RULE_KEYS if name in table.model_fields_set}
    if "product_words" in written:
        words = written["product_words"]
        written["product_words"] = {each: word for each in Product if (word := getattr(words, each)) is not None}
    return written
