"""The shape of a ``[rule.*]`` table, and the rule that several tables laid over each other make.

A rule is complete: a key that no table writes gets the careful choice. A later table replaces only the keys that it
writes. ``rule_conflicts`` decides what may be combined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from worker.config.addresses import NAME
from worker.config.template_check import Use, check_template
from worker.config.toml import Listed, NonEmpty, OneOf, PerProduct, Refused, Shape, value_of
from worker.core.model import PRODUCT_NAMES, Channel, Closing, Product
from worker.core.rulebook import Conditional, Contract, InvoiceRule, Line, NoticeForm, Rule, Sentence, Timing, When

DEFAULT: Final = "default"
"""The table that applies to every product."""

AMENDED: Final = "amended"
"""The table that applies to every product of an amended contract."""

FROM_PROJECT: Final = "project"
"""As the section of a rule: the project names the section."""

SAID_BY_MAIL: Final = ("notice", "timing", "invoice")
"""Keys that decide what the issuer gets and when: by e-mail, one that no table writes counts as open."""

SETTLE_DAYS_LIMIT: Final = 60
"""Days without a bounce: mail servers give up after five, and a task that waits for months is forgotten."""


def amended_table(product: Product) -> str:
    """The name of the table for this product of an amended contract."""
    return f"{product}_amended"


def layers(product: Product, contract: Contract) -> tuple[str, ...]:
    """The names of the tables that make this rule, the most general first."""
    if contract is Contract.ORIGINAL:
        return (DEFAULT, product)
    return (DEFAULT, AMENDED, product, amended_table(product))


def own_layers(product: Product) -> tuple[str, ...]:
    """The tables for amended contracts: they have a rule of their own if one of these tables writes a key."""
    return (AMENDED, amended_table(product))


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
    lines: Listed[Annotated[_Line, AfterValidator(partial(value_of, Line))]] | None = None
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


RULE_TABLES: Final = tuple(RuleTables.model_fields)
RULE_KEYS: Final = tuple(RuleTable.model_fields)


# --- One rule ------------------------------------------------------------------------------------------------


def bare_rule(
    product: Product, open_: tuple[str, ...] = (), unsaid: tuple[str, ...] = (), assumed: tuple[str, ...] = ()
) -> Rule:
    """Returns the rule of an issuer that writes no key: the careful choice everywhere."""
    return Rule(
        channel=Channel.UNKNOWN,
        section=FROM_PROJECT,
        subject="",
        body=DEFAULT,
        product_word=PRODUCT_NAMES[product],
        invoice=InvoiceRule.NEVER if product is Product.CONTRACT else InvoiceRule.OPTIONAL,
        open=open_,
        unsaid=unsaid,
        assumed=assumed,
    )


def written_keys(table: RuleTable, product: Product) -> frozenset[str]:
    """Returns the keys that ``table`` writes for ``product``; a word for another product does not count."""
    keys = frozenset(table.model_fields_set)
    return keys if getattr(table.product_words, product) is not None else keys - {"product_words"}


_CHOSEN_AMONG: Final = ("channel", "subject", "notice")
"""The keys that ``chosen`` explains; the sentence would contradict a later table that writes one of them otherwise."""
_UNSAID: Final = frozenset({"", Channel.UNKNOWN})


def lay_over(base: Rule, tables: Iterable[RuleTable], product: Product) -> Rule:
    """``base`` with each key that one of ``tables`` writes; the last to write it wins."""
    written: dict[str, Any] = {"chosen": base.chosen, "overtaken": base.overtaken}
    for table in tables:
        keys = written_keys(table, product)
        if "chosen" in keys:
            written["overtaken"] = ""
        elif written["chosen"] and any(_is_otherwise(key, table, written, base) for key in keys):
            written |= {"chosen": "", "overtaken": written["chosen"]}
        for key in keys:
            written[key] = getattr(table, key)
    unsaid, assumed = (tuple(key for key in keys if key not in written) for keys in (base.unsaid, base.assumed))
    if "product_words" in written:
        written["product_word"] = getattr(written.pop("product_words"), product)
    if product is Product.CONTRACT:
        written.pop("invoice", None)  # a default for all products: a contract submission never carries one
    if "call_after" in written and "closes" not in written:
        written["closes"] = _closing(base, is_called=written["call_after"])
    return replace(base, **written, unsaid=unsaid, assumed=assumed)


def _is_otherwise(key: str, table: RuleTable, written: dict[str, Any], base: Rule) -> bool:
    before = written.get(key, getattr(base, key, ""))
    return key in _CHOSEN_AMONG and before not in _UNSAID and getattr(table, key) != before


def _closing(base: Rule, *, is_called: bool) -> Closing:
    """Returns what completes a submission if no table writes it: the call that is asked for, else any answer."""
    if is_called:
        return Closing.CALL
    return Closing.ANSWER if base.closes is Closing.CALL else base.closes
