"""Decides what one value of a project, given as text by a person or a spreadsheet, means in the register.

Its one promise: text is taken exactly, or refused with the reason; nothing is guessed. It does not know where the
text comes from, nor the projects that are registered.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from worker.config.toml import Refused, nearest
from worker.core.japanese_dates import read_date
from worker.core.model import PRODUCT_NAMES, Product
from worker.core.rulebook import Award, CountedBy, Issuer, WorkKind, name_with_scope
from worker.core.text import match_key, unsafe_character

Key = tuple[str, ...]
"""Where a value stands below ``[[project]]``: ``("name",)``, ``("values", "工事番号")``, ``("dates", "contract")``."""

Value = str | int | bool | dt.date | tuple[str, ...]

MAX_NAME: Final = 500
"""Characters of one text; the longest 工事名 seen has fewer than 100, and a pasted document is no name."""

_TEXTS: Final = ("name", "issuer", "contractor", "department", "contact", "phone", "approval", "exception")
ADDED_TO: Final = frozenset({"contract_numbers", "names_on_notice"})
"""Lists to which another text is added: a ledger that knows one number does not make the others wrong."""

_KINDS: Final = {
    "工事": WorkKind.WORKS,
    "建設工事": WorkKind.WORKS,
    "業務委託": WorkKind.CONSULTING,
    "業務": WorkKind.CONSULTING,
    "委託": WorkKind.CONSULTING,
    "その他": WorkKind.OTHER,
} | {kind.value: kind for kind in WorkKind}
_AWARDS: Final = {
    "一般競争入札": Award.OPEN,
    "一般競争": Award.OPEN,
    "指名競争入札": Award.DESIGNATED,
    "指名競争": Award.DESIGNATED,
    "随意契約": Award.DISCRETIONARY,
    "随契": Award.DISCRETIONARY,
} | {award.value: award for award in Award}
_PRODUCTS: Final = (
    {name: product for product, name in PRODUCT_NAMES.items()}
    | {"契約": Product.CONTRACT, "前払金": Product.ADVANCE, "中間前払金": Product.INTERIM}
    | {product.value: product for product in Product}
)
_YES: Final = frozenset({"true", "yes", "1", "はい", "○", "〇", "変更", "変更契約"})
_NO: Final = frozenset({"false", "no", "0", "いいえ", "×", "-", "当初", "当初契約"})
_EXCLUDED: Final = dict.fromkeys(("true", "yes", "1", "はい", "○", "〇", "対象外"), True) | dict.fromkeys(
    ("false", "no", "0", "いいえ", "×", "-", "対象"), False
)
_LIST_BREAK: Final = re.compile(r"[、,，;；\n\r]+")
_AMOUNT: Final = re.compile(r"[¥\\]?([0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})円?")


class FieldRefused(Refused):
    """A text that is no value of this key; ``code`` of ``words`` says why."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__((code, params))
        self.code = code
        self.params = params


def parse_key(text: str) -> Key | None:
    """The key that ``values.工事番号`` or ``name`` means; None where no text can be given for it."""
    first, _, rest = text.partition(".")
    if first == "values":
        return (first, rest) if rest.strip() else None
    if first == "dates":
        return (first, rest) if rest in set(CountedBy) else None
    if first == "section":
        return None if rest and rest not in set(Product) else (first, rest) if rest else (first,)
    return (first,) if not rest and first in _READERS else None


def key_names() -> tuple[str, ...]:
    """Every key that a text can be given for; ``values.…`` stands for any registered value."""
    dates = (f"dates.{name.value}" for name in CountedBy)
    sections = (f"section.{product.value}" for product in Product)
    return (*_READERS, *sections, *dates, "values.…")


def read_value(key: Key, text: str, issuer: Issuer | None) -> Value:
    """What ``text`` means under ``key``; sections are found among those of ``issuer`` by id or name.

    Raises FieldRefused.
    """
    first = key[0]
    if first in ADDED_TO or first == "expects":
        text = _LIST_BREAK.sub("、", text)
    text = text.strip()
    character = unsafe_character(text)
    if character is not None:
        raise FieldRefused("unsafe_value", character=character)
    if len(text) > MAX_NAME:
        raise FieldRefused("field_too_long", limit=str(MAX_NAME))
    if not text:
        raise FieldRefused("empty")
    if first == "dates":
        return _date(text)
    if first in {"section", "tendered_by"}:
        return _section(text, issuer)
    return _READERS[first](text) if first in _READERS else text


def _text(text: str) -> str:
    return text


def _date(text: str) -> dt.date:
    try:
        return read_date(text)
    except ValueError as error:
        raise FieldRefused("field_date", value=text) from error


def _section(text: str, issuer: Issuer | None) -> str:
    if issuer is None or text in issuer.sections:
        return text
    named = [id_ for id_, section in issuer.sections.items() if match_key(section.name) == match_key(text)]
    if len(named) == 1:
        return named[0]
    valid = [f"{id_}（{section.name}）" for id_, section in issuer.sections.items()]
    raise FieldRefused("field_section", value=text, issuer=issuer.full_name, valid="、".join(valid) or "-")


def _texts(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for each in text.split("、") if (part := each.strip())))


def _expects(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_among(each, _PRODUCTS) for each in _texts(text)))


def _among(text: str, words: Mapping[str, str]) -> str:
    found = words.get(match_key(text)) or words.get(match_key(text).lower())
    if found is None:
        raise FieldRefused("field_word", value=text, valid="、".join(words))
    return str(found)


def _yes_or_no(text: str) -> bool:
    word = match_key(text).lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise FieldRefused("field_word", value=text, valid="true、false")


def _excluded(text: str) -> bool:
    word = match_key(text).lower()
    if word not in _EXCLUDED:
        raise FieldRefused("field_word", value=text, valid="、".join(_EXCLUDED))
    return _EXCLUDED[word]


def _amount(text: str) -> int:
    found = _AMOUNT.fullmatch("".join(unicodedata.normalize("NFKC", text).split()))
    if found is None:
        raise FieldRefused("field_amount", value=text)
    return int(found[1].replace(",", ""))


_READERS: Final[Mapping[str, Callable[[str], Value]]] = {
    **dict.fromkeys(_TEXTS, _text),
    "section": _text,
    "tendered_by": _text,
    "contract_numbers": _texts,
    "names_on_notice": _texts,
    "expects": _expects,
    "kind": lambda text: _among(text, _KINDS),
    "award": lambda text: _among(text, _AWARDS),
    "amount": _amount,
    "amended": _yes_or_no,
    "excluded": _excluded,
    "by_name": _yes_or_no,
}


# --- Issuers by any of their names -------------------------------------------------------------------------------


def find_issuer(text: str, issuers: Mapping[str, Issuer]) -> Issuer:
    """The one issuer whose id, name or alias ``text`` is, compared by the match key. Raises FieldRefused."""
    if text in issuers:
        return issuers[text]
    wanted = match_key(text)
    found = [each for each in issuers.values() if wanted in map(match_key, _names_of(each))]
    if len(found) == 1:
        return found[0]
    if found:
        ids = "、".join(f"{each.id}（{each.full_name}）" for each in found)
        raise FieldRefused("field_two_issuers", value=text, ids=ids)
    names = [each.full_name for each in issuers.values()] + list(issuers)
    raise FieldRefused("field_issuer", value=text, near=nearest(text, names))


def _names_of(issuer: Issuer) -> Iterator[str]:
    """What an issuer is called: by its id, and by each name alone or with its scope (みほん県治山課)."""
    yield issuer.id
    for name in (issuer.name, *issuer.aliases):
        yield name
        if issuer.scope:
            yield name + issuer.scope
            yield name_with_scope(name, issuer.scope)


# --- One value below a project's table ---------------------------------------------------------------------------


def value_at(project: Mapping[str, object], key: Key) -> object:
    """What a project's table says under ``key``; None where it says nothing."""
    found: object = project
    for part in key:
        if isinstance(found, str) and key[0] == "section":
            return found  # one section for every product
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def merged_value(former: object, key: Key, value: Value) -> Value | list[str]:
    """What stands under ``key`` once ``value`` is given: lists of numbers and names grow, the rest is replaced."""
    if isinstance(value, tuple):
        known = [str(each) for each in former] if key[0] in ADDED_TO and isinstance(former, list) else []
        keys = set(map(match_key, known))
        return [*known, *(each for each in value if match_key(each) not in keys)]
    return value
