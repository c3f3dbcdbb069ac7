"""Decides what a ``[rule.*]`` table says, and what comes out where several are laid over each other.

Its promise: a rule is complete whatever its tables leave out (what none of them says is the careful choice), and a
later table replaces just the keys that it writes. It does not know whether a table stands in an issuer's file or in
the register for one project, nor what may be combined: ``rule_conflicts`` decides that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from worker.config.addresses import NAME
from worker.config.template_check import Use, check_template
from worker.config.toml import NonEmpty, Refused, Shape
from worker.core.model import PRODUCT_NAMES, Channel, Product
from worker.core.rulebook import Closing, Conditional, Contract, InvoiceRule, Line, NoticeForm, Rule, Timing, When

DEFAULT: Final = "default"
"""The table that says what holds for every product."""

AMENDED: Final = "amended"
"""The table that says what holds for every product of an amended contract."""

FROM_PROJECT: Final = "project"
"""The section of a rule that means: the project names it."""

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
    """The tables of which one at least must say something for amended contracts to have a rule of their own."""
    return (AMENDED, amended_table(product))


# --- Shapes --------------------------------------------------------------------------------------------------


def _check_for(use: Use, text: str) -> str:
    findings = check_template(text, use)
    if findings:
        raise Refused(*findings)
    return text


def _check_subject(text: str) -> str:
    return _check_for(Use.SUBJECT, text)


def _check_line(text: str) -> str:
    return _check_for(Use.LINE, text)


def _check_instruction(text: str) -> str:
    return _check_for(Use.INSTRUCTION, text)


def _check_file_name(text: str) -> str:
    if not text.lower().endswith(".pdf"):
        raise Refused(("file_name_ending", {"name": text}))
    return _check_for(Use.FILE_NAME, text)


def _check_body_name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise Refused(("bad_name", {"name": text}))
    return text


class ProductWords(Shape):
    """What the issuer calls each product."""

    contract: NonEmpty | None = None
    advance: NonEmpty | None = None
    interim: NonEmpty | None = None


class LineTable(Shape):
    """One titled value of a body or a form."""

    title: NonEmpty
    value: Annotated[NonEmpty, AfterValidator(_check_line)]


class SentenceTable(Shape):
    """A sentence that holds only where the invoice rides along, or only where it is handed in apart."""

    text: NonEmpty
    when: Annotated[When | None, Field(strict=False)] = None


def _text_or_table(value: Any) -> Any:
    return value if isinstance(value, Mapping) else {"text": value}


_Sentence = Annotated[SentenceTable, BeforeValidator(_text_or_table)]


class RuleTable(Shape):
    """One ``[rule.*]`` table; None where the key is not written, so that tables can be laid over each other."""

    channel: Annotated[Channel | None, Field(strict=False)] = None
    section: NonEmpty | None = None
    subject: Annotated[str, AfterValidator(_check_subject)] | None = None
    body: Annotated[str, AfterValidator(_check_body_name)] | None = None
    product_words: ProductWords = ProductWords()
    invoice: Annotated[InvoiceRule | None, Field(strict=False)] = None
    max_bytes: Annotated[int | None, Field(ge=1)] = None
    chosen: str | None = None
    notice: Annotated[NoticeForm | None, Field(strict=False)] = None
    file_name: Annotated[str, AfterValidator(_check_file_name)] | None = None
    lines: list[LineTable] | None = None
    documents_required: list[NonEmpty] | None = None
    documents_allowed: list[NonEmpty] | None = None
    other_documents: bool | None = None
    conditions: list[_Sentence] | None = None
    contact_first: str | None = None
    call_after: bool | None = None
    timing: Annotated[Timing | None, Field(strict=False)] = None
    closes: Annotated[Closing | None, Field(strict=False)] = None
    settle_days: Annotated[int | None, Field(ge=1, le=SETTLE_DAYS_LIMIT)] = None
    after: list[_Sentence] | None = None
    url: str | None = None
    instructions: list[Annotated[NonEmpty, AfterValidator(_check_instruction)]] | None = None
    bring: list[NonEmpty] | None = None


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
    """The rule of an issuer that says nothing at all: the careful choice everywhere."""
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
    """The keys that ``table`` writes for ``product``: a word for another product says nothing about this one."""
    keys = frozenset(table.model_fields_set)
    return keys if getattr(table.product_words, product) is not None else keys - {"product_words"}


_CHOSEN_AMONG: Final = ("channel", "subject", "notice")
"""What ``chosen`` speaks of: where a later table says one of these otherwise, the sentence would contradict it."""
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
    values = {key: _value(value, product) for key, value in written.items()}
    if "product_words" in values:
        values["product_word"] = values.pop("product_words")
    if product is Product.CONTRACT:
        values.pop("invoice", None)  # a default for all products: a contract submission never carries one
    if "call_after" in values and "closes" not in values:
        values["closes"] = _closing(base, is_called=values["call_after"])
    values |= {name: tuple(key for key in getattr(base, name) if key not in written) for name in ("unsaid", "assumed")}
    return replace(base, **values)


def _is_otherwise(key: str, table: RuleTable, written: dict[str, Any], base: Rule) -> bool:
    before = written.get(key, getattr(base, key, ""))
    return key in _CHOSEN_AMONG and before not in _UNSAID and getattr(table, key) != before


def _value(value: Any, product: Product) -> Any:
    if isinstance(value, ProductWords):
        return getattr(value, product)
    if isinstance(value, list):
        return tuple(map(_item, value))
    return value


def _item(value: Any) -> Any:
    match value:
        case LineTable():
            return Line(value.title, value.value)
        case SentenceTable(when=None):
            return value.text
        case SentenceTable(when=When() as when):
            return Conditional(value.text, when)
        case _:
            return value


def _closing(base: Rule, *, is_called: bool) -> Closing:
    """What closes it where no table says so: the call that is asked for, else any answer."""
    if is_called:
        return Closing.CALL
    return Closing.ANSWER if base.closes is Closing.CALL else base.closes
