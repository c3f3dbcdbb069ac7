"""The rule that several ``[rule.*]`` tables laid over each other make: the issuer's own, and a project's over them.

A rule is complete: a key that no table writes gets the careful choice. A later table replaces only the keys that it
writes. ``rule_conflicts`` decides what may be combined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Final

from worker.core.model import PRODUCT_NAMES, Channel, Closing, Product
from worker.core.rulebook import Contract, InvoiceRule, Issuer, Rule

DEFAULT: Final = "default"
"""The table that applies to every product."""

AMENDED: Final = "amended"
"""The table that applies to every product of an amended contract."""

FROM_PROJECT: Final = "project"
"""As the section of a rule: the project names the section."""

SAID_BY_MAIL: Final = ("notice", "timing", "invoice")
"""Keys that decide what the issuer gets and when: by e-mail, one that no table writes counts as open."""

RULE_TABLES: Final = (
    *("default", "amended", "contract", "contract_amended", "advance", "advance_amended", "interim"),
    "interim_amended",
)
"""The tables below ``[rule]``, the most general first."""
RULE_KEYS: Final = (
    *("channel", "section", "subject", "body", "product_words", "invoice", "max_bytes", "chosen", "notice"),
    *("file_name", "lines", "documents_required", "documents_allowed", "other_documents", "conditions"),
    *("contact_first", "call_after", "timing", "closes", "settle_days", "after", "url", "instructions", "bring"),
)

WrittenRule = Mapping[str, Any]
"""The keys that a ``[rule.*]`` table writes, with their values; ``product_words`` by product."""

BaseRule = Callable[[Product, Contract], Rule]
"""The rule that a project's own tables are laid over."""


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


def written_keys(table: WrittenRule, product: Product) -> frozenset[str]:
    """Returns the keys that ``table`` writes for ``product``; a word for another product does not count."""
    keys = frozenset(table)
    return keys if product in table.get("product_words", ()) else keys - {"product_words"}


_CHOSEN_AMONG: Final = ("channel", "subject", "notice")
"""The keys that ``chosen`` explains; the sentence would contradict a later table that writes one of them otherwise."""
_UNSAID: Final = frozenset({"", Channel.UNKNOWN})


def lay_over(base: Rule, tables: Iterable[WrittenRule], product: Product) -> Rule:
    """``base`` with each key that one of ``tables`` writes; the last to write it wins."""
    written: dict[str, Any] = {"chosen": base.chosen, "overtaken": base.overtaken}
    for table in tables:
        keys = written_keys(table, product)
        if "chosen" in keys:
            written["overtaken"] = ""
        elif written["chosen"] and any(_is_otherwise(key, table, written, base) for key in keys):
            written |= {"chosen": "", "overtaken": written["chosen"]}
        for key in keys:
            written[key] = table[key]
    unsaid, assumed = (tuple(key for key in keys if key not in written) for keys in (base.unsaid, base.assumed))
    if "product_words" in written:
        written["product_word"] = written.pop("product_words")[product]
    if product is Product.CONTRACT:
        written.pop("invoice", None)  # a default for all products: a contract submission never carries one
    if "call_after" in written and "closes" not in written:
        written["closes"] = _closing(base, is_called=written["call_after"])
    return replace(base, **written, unsaid=unsaid, assumed=assumed)


def _is_otherwise(key: str, table: WrittenRule, written: dict[str, Any], base: Rule) -> bool:
    before = written.get(key, getattr(base, key, ""))
    return key in _CHOSEN_AMONG and before not in _UNSAID and table[key] != before


def _closing(base: Rule, *, is_called: bool) -> Closing:
    """Returns what completes a submission if no table writes it: the call that is asked for, else any answer."""
    if is_called:
        return Closing.CALL
    return Closing.ANSWER if base.closes is Closing.CALL else base.closes


# --- Keys that the file calls uncertain ----------------------------------------------------------------------

_SECTION: Final = "section"
_RULE: Final = "rule"


def open_of_section(open_: Iterable[str], id_: str) -> tuple[str, ...]:
    """The open keys of this section."""
    own = f"{_SECTION}.{id_}"
    return tuple(key for key in open_ if key == own or key.startswith(own + "."))


def open_of_rule(
    open_: Iterable[str], product: Product, written: Sequence[tuple[str, AbstractSet[str]]]
) -> tuple[str, ...]:
    """The open keys that the rule rests on; ``written`` are its tables, the most general first, with their keys."""
    return tuple(key for key in open_ if _rests_on(key, product, written))


def _rests_on(key: str, product: Product, written: Sequence[tuple[str, AbstractSet[str]]]) -> bool:
    first, _, rest = key.partition(".")
    if first != _RULE:
        return first != _SECTION  # sections travel by themselves; the file's own keys concern every rule
    table, _, name = rest.partition(".")
    names = [each for each, _ in written]
    if table not in names:
        return False
    if name == "invoice" and product is Product.CONTRACT:
        return False  # a contract submission never carries one, even if the file names one
    later = frozenset[str]().union(*(keys for _, keys in written[names.index(table) + 1 :]))
    return not _says(later, name)


def left_unsaid(
    open_: Iterable[str], tables: Sequence[str], product: Product, assumed: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the keys that a rule by e-mail must have and no open key covers: those not assumed, then those assumed.

    ``tables`` are the names of its tables; the keys that they write are removed when they are laid over each other.
    """
    keys = [key for key in SAID_BY_MAIL if not (key == "invoice" and product is Product.CONTRACT)]
    uncovered = [key for key in keys if not is_open_in(open_, tables, key)]
    stated = frozenset(assumed)
    return tuple(key for key in uncovered if key not in stated), tuple(key for key in uncovered if key in stated)


def still_open(open_: Iterable[str], written: AbstractSet[str]) -> tuple[str, ...]:
    """The open keys of an issuer's rule that a project's own tables, which write ``written``, leave open."""
    return tuple(key for key in open_ if not (key.startswith(f"{_RULE}.") and _says(written, _name_in(key))))


def _name_in(key: str) -> str:
    """``subject`` of ``rule.default.subject``; empty for a whole table."""
    return key.partition(".")[2].partition(".")[2]


def _says(written: AbstractSet[str], name: str) -> bool:
    """Returns true if ``written`` replaces the key ``name``, or (an empty name) the whole table."""
    return name in written if name else written >= frozenset(RULE_KEYS)


def is_open_in(open_: Iterable[str], tables: Iterable[str], name: str) -> bool:
    """Returns true if the key ``name`` of one of ``tables`` is open, or one of them as a whole."""
    keys = set(open_)
    return any(f"{_RULE}.{table}" in keys or f"{_RULE}.{table}.{name}" in keys for table in tables)


def names_table(open_: Iterable[str], tables: Iterable[str]) -> bool:
    """Returns true if an open key belongs to one of ``tables``, written or not."""
    named = tuple(tables)
    return any(key == f"{_RULE}.{table}" or key.startswith(f"{_RULE}.{table}.") for key in open_ for table in named)


# --- All rules of an issuer, and of a project ----------------------------------------------------------------

Rules = dict[Product, Rule]


def rules_of_issuer(
    tables: Mapping[str, WrittenRule], open_: tuple[str, ...], assumed: Iterable[str]
) -> tuple[Rules, Rules]:
    """Returns a whole rule for each product, and those for amended contracts as far as a table is about them.

    ``open_`` and ``assumed`` are the keys that the issuer's file calls uncertain and assumed.
    """

    def rule(product: Product, contract: Contract) -> Rule:
        names = layers(product, contract)
        laid = [tables.get(name, {}) for name in names]
        written = [(name, written_keys(table, product)) for name, table in zip(names, laid, strict=True)]
        unsaid, stated = left_unsaid(open_, names, product, assumed)
        return lay_over(bare_rule(product, open_of_rule(open_, product, written), unsaid, stated), laid, product)

    def says_amended(product: Product) -> bool:
        """Returns true if a table for amended contracts writes a key, or is open: the other rule may not apply."""
        own = own_layers(product)
        return any(tables.get(name) for name in own) or names_table(open_, own)

    return (
        {product: rule(product, Contract.ORIGINAL) for product in Product},
        {product: rule(product, Contract.AMENDED) for product in Product if says_amended(product)},
    )


def base_of(issuer: Issuer | None) -> BaseRule:
    """Returns the rules that a project's own tables are laid over."""

    def base(product: Product, contract: Contract) -> Rule:
        if issuer is None:
            return bare_rule(product)
        amended = issuer.amended_rules.get(product) if contract is Contract.AMENDED else None
        return amended or issuer.rules[product]

    return base


def rules_of_project(tables: Mapping[str, WrittenRule], issuer: Issuer) -> tuple[Rules, Rules]:
    """Returns the whole rules that a project's own tables give, for its original and for its amended contract."""
    original: Rules = {}
    amended: Rules = {}
    for product in Product:
        rule = _own_rule(tables, issuer, product, Contract.ORIGINAL)
        if rule is not None:
            original[product] = rule
        is_apart = product in issuer.amended_rules or any(tables.get(name) for name in own_layers(product))
        rule = _own_rule(tables, issuer, product, Contract.AMENDED)
        if is_apart and rule is not None:
            amended[product] = rule
    return original, amended


def _own_rule(tables: Mapping[str, WrittenRule], issuer: Issuer, product: Product, contract: Contract) -> Rule | None:
    """Returns the issuer's rule with the project's tables laid over it; None if they write no key of it."""
    own = [tables.get(name, {}) for name in layers(product, contract)]
    written = frozenset[str]().union(*(written_keys(table, product) for table in own))
    if not written:
        return None
    base = base_of(issuer)(product, contract)
    return lay_over(replace(base, open=still_open(base.open, written)), own, product)
