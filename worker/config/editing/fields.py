"""Reads one value of a project, given as text by a person or a spreadsheet.

Text is taken exactly, or refused with the reason; nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from worker.config.addresses import AddressRefused, read_address
from worker.config.toml import Refused
from worker.core.japanese_dates import read_date
from worker.core.model import PRODUCT_NAMES, Product
from worker.core.params import Aside
from worker.core.rulebook import Award, CountedBy, Guarantor, Issuer, WorkKind
from worker.core.text import fold_hyphens, match_key, name_with_scope, plain_spaces, private_character, unsafe_character

KeyPath = tuple[str, ...]
"""The path of a value below ``[[project]]``: ``("name",)``, ``("values", "工事番号")``, ``("dates", "contract")``."""

Value = str | int | bool | dt.date | tuple[str, ...]

MAX_NAME: Final = 500
"""Characters of one text; the longest 工事名 seen has fewer than 100, and a pasted document is no name."""

_TEXTS: Final = ("name", "issuer", "contractor", "department", "contact", "phone", "approval", "exception")
_NAMED: Final = frozenset({"name", "contractor", "department", "contact", "names_on_notice"})
"""Keys that hold a name: digits and marks alone are the answer to another question."""
_PROSE: Final = frozenset({"approval", "exception"})
"""Sentences, in which a date or a time may be all that is said."""
ADDED_TO: Final = frozenset({"contract_numbers", "numbers", "names_on_notice"})
"""Lists to which another text is added: a ledger that knows one number does not make the others wrong."""

_KINDS: Final = {
    "工事": WorkKind.WORKS,
    "建設工事": WorkKind.WORKS,
    "業務委託": WorkKind.CONSULTING,
    "業務": WorkKind.CONSULTING,
    "委託": WorkKind.CONSULTING,
    "その他": WorkKind.OTHER,
    "その他の契約": WorkKind.OTHER,
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
LIST_BREAK: Final = re.compile(r"[、,，;；\n\r]+")
_SERIAL: Final = re.compile(r"[34][0-9]{4}")
"""A spreadsheet's number for a day of 1982 to 2036."""
_AMOUNT: Final = re.compile(r"[¥\\]?([0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})円?")


_TOWN_HALL: Final = re.compile("(.+[都道府県市区町村])(?:役所|役場|庁|長|知事)")
"""An issuer as ledgers and contracts name it: みほん市役所, みほん市長, みほん町役場, みほん県知事."""


class FieldRefused(Refused):
    """A text that is no value of this key; ``code`` of ``core.messages`` says why."""


def parse_key(text: str) -> KeyPath | None:
    """The key that ``values.工事番号`` or ``name`` means; None if no text can be given for it."""
    first, _, rest = text.partition(".")
    if first == "values":
        return (first, rest) if rest.strip() else None
    if first == "dates":
        return (first, rest) if rest in set(CountedBy) else None
    if first == "section":
        return None if rest and rest not in set(Product) else (first, rest) if rest else (first,)
    if first == "numbers":
        return (first, rest) if rest in set(Product) else None
    return (first,) if not rest and first in _READERS else None


def key_names() -> tuple[str, ...]:
    """Every key that a text can be given for; ``values.…`` means any registered value."""
    dates = (f"dates.{name.value}" for name in CountedBy)
    sections = (f"section.{product.value}" for product in Product)
    numbers = (f"numbers.{product.value}" for product in Product)
    return (*_READERS, *numbers, *sections, *dates, "values.…")


def read_key_value(key: KeyPath, text: str, issuer: Issuer | None, numbers: Sequence[str] = ()) -> Value:
    """Returns the value of ``text`` under ``key``; sections are found among those of ``issuer`` by id or name.

    ``numbers`` are the patterns for a contract number; without them its form is not checked. Raises FieldRefused.
    """
    first = key[0]
    text = plain_spaces(text)
    if first in ADDED_TO or first == "expects":
        text = LIST_BREAK.sub("、", text)
    text = text.strip()
    _refuse_characters(text)
    for part in _texts(text) if first in ADDED_TO else (text,):
        _refuse_damage(first, part)
    if first in _NAMED and any(re.fullmatch(form, _plain(text)) for form in numbers):
        raise FieldRefused("field_no_name", value=text)
    if first in {"contract_numbers", "numbers"}:
        return _contract_numbers(text, numbers)
    if first == "values":
        return _ODD_HYPHENS.sub(_usual_hyphen, text)
    if first == "dates":
        return _date(text)
    if first in {"section", "tendered_by"}:
        return _section(text, issuer)
    return _READERS[first](text) if first in _READERS else text


def _refuse_characters(text: str) -> None:
    """Raises FieldRefused for what no value may be made of."""
    character = unsafe_character(text)
    if character is not None:
        raise FieldRefused("unsafe_value", character=character)
    private = private_character(text)
    if private is not None:
        raise FieldRefused("private_value", value=text, character=private)
    if len(text) > MAX_NAME:
        raise FieldRefused("field_too_long", limit=str(MAX_NAME))
    if not text:
        raise FieldRefused("empty")


# --- What a spreadsheet left of a value ----------------------------------------------------------------------

_ERROR: Final = re.compile(
    r"#{2,}|#N/A|#[^\s!?#]{1,20}[!?]|#(?:N/A|ERR|REF|VALUE|NAME|NUM|GETTING_DATA)\b.*|(?:ERR|エラー):?[0-9]{3}"
    r"|NAN|NAT|NULL|NONE|UNDEFINED|-?INF|1\.#.*",
    re.IGNORECASE,
)
"""Errors of spreadsheet programs (newer ones in Japanese: #フィールド!), and what programs that write CSV put for a
value that they have not."""
_FORMULA: Final = re.compile(r"['=].*", re.DOTALL)
_EXPONENT: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*E[+-]?|E[+-])[0-9]+", re.IGNORECASE)
"""12E3 is none: a spreadsheet program writes the sign."""
_LOST_DIGITS: Final = re.compile(r"[+-]?[1-9][0-9]{14}0+")
"""A number of more than fifteen digits; a spreadsheet program keeps only fifteen."""
_BOOLEAN: Final = re.compile(r"TRUE|FALSE", re.IGNORECASE)
_TIME: Final = re.compile(
    r"[0-9]{1,4}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AP]M)?"
    r"|(?:午前|午後)?[0-9]{1,2}時(?:[0-9]{1,2}分(?:[0-9]{1,2}秒)?)?",
    re.IGNORECASE,
)
_MONTHS: Final = "JAN|FEB|MAR|APR|MAY|JUNE?|JULY?|AUG|SEPT?|OCT|NOV|DEC"
_DAY_OR_MONTH: Final = re.compile(
    r"(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])"
    r"|[0-9]{1,2}月(?:[0-9]{1,2}日)?(?:\([日月火水木金土]\))?"
    r"|(?:令和|平成|昭和|[RHS])?(?:元|[0-9]{1,4})年[0-9]{1,2}月(?:[0-9]{1,2}日)?(?:\([日月火水木金土]\))?(?: .*)?"
    r"|[0-9]{4}([-/.])[0-9]{1,2}\1[0-9]{1,2}(?:[ T][0-9].*)?"
    r"|[0-9]{1,2}/[0-9]{1,2}/(?:[0-9]{4}|[0-9]{2})"
    rf"|(?:{_MONTHS})[- ][0-9]{{1,4}}|[0-9]{{1,2}}[- ](?:{_MONTHS})(?:[- ](?:[0-9]{{4}}|[0-9]{{2}}))?",
    re.IGNORECASE,
)
"""Dates as spreadsheet programs show them: 8-12 becomes 8月12日, 8/12, 12-Aug or Aug-12."""
_STAND_IN: Final = re.compile(
    r"[(\[]?(?:同上|同左|同右|同前|仝上?|[上左]に同じ|(?:金額|時期|日時)?(?:未定|未確定|未決定|未契約|未採番|未発番|未入力|未記入|未取得)|不明"
    r"|(?:該当|番号)?(?:なし|無し?)|(?:調整|確認|申請|手続)中|要確認|後日(?:連絡|記入|確定)?|TBD|TBA|TBC|N[./]?A\.?|DITTO)[)\]]?",
    re.IGNORECASE,
)
"""A word in place of a value, in a ledger that people read from above: it would stand in a subject."""
_PHONE: Final = re.compile(r"[0+(].*[0-9].*", re.DOTALL)
_ODD_HYPHENS: Final = re.compile("[\u2010-\u2013\u2043\u207b\u208b\u2212\ufe58\ufe63]")
"""They look like - or －, and are neither."""


def _refuse_damage(first: str, text: str) -> None:
    """Raises FieldRefused if a program changed ``text``, or if it does not fit the key ``first``."""
    folded = unicodedata.normalize("NFKC", text)
    if _ERROR.fullmatch(folded):
        raise FieldRefused("damage_error", value=text)
    if _FORMULA.fullmatch(text):
        raise FieldRefused("damage_formula", value=text)
    if not (first in _FREE_TEXTS or first in ADDED_TO):
        return  # a date, an amount or a word: its own reader takes nothing else
    code = None if first in _PROSE else _damage_of(first, folded)
    if code is not None:
        raise FieldRefused(code, value=text)
    if not any(map(str.isalnum, folded)):
        raise FieldRefused("field_no_letter", value=text)
    if first not in _PROSE and _STAND_IN.fullmatch("".join(folded.split())):
        raise FieldRefused("field_stand_in", value=text)
    if first in _NAMED and not any(map(str.isalpha, folded)):
        raise FieldRefused("field_no_name", value=text)
    if first == "phone" and not _PHONE.fullmatch(folded):
        raise FieldRefused("field_phone", value=text)


def _damage_of(first: str, folded: str) -> str | None:
    """The code of what a spreadsheet program made of a number; R8-4-1 is no date among ``values``."""
    code = next((code for code, form in _DAMAGES if form.fullmatch(folded)), None)
    if code is None and _is_date(folded) and not (first == "values" and "-" in fold_hyphens(folded)):
        return "damage_date"
    return code


_DAMAGES: Final = (
    ("damage_exponent", _EXPONENT),
    ("damage_digits", _LOST_DIGITS),
    ("damage_boolean", _BOOLEAN),
    ("damage_time", _TIME),
    ("damage_zero", re.compile("0")),
    ("damage_date", _DAY_OR_MONTH),
)
_FREE_TEXTS: Final = frozenset(_TEXTS) - {"issuer"} | {"values"}


def _usual_hyphen(found: re.Match[str]) -> str:
    """A full-width － behind a full-width digit or letter, else -."""
    before = found.string[: found.start()][-1:]
    return "－" if "！" <= before <= "～" else "-"


def _is_date(text: str) -> bool:
    try:
        read_date(text)
    except ValueError:
        return False
    return True


def read_recipients(texts: Iterable[str]) -> list[str]:
    """Returns bare addresses, empty texts left out. Raises FieldRefused."""
    try:
        return [str(read_address(each)) for each in texts if each]
    except AddressRefused as refused:
        raise FieldRefused(refused.code, **refused.params) from refused


def _contract_numbers(text: str, forms: Sequence[str]) -> tuple[str, ...]:
    """The numbers, in half width and with plain hyphens: as notices print them, and as they are compared."""
    numbers = _texts(_plain(text))
    for number in numbers:
        if forms and not any(re.fullmatch(form, number) for form in forms):
            raise FieldRefused("field_contract_number", value=number, forms=tuple(forms))
    return numbers


def _plain(text: str) -> str:
    return fold_hyphens(unicodedata.normalize("NFKC", text))


def number_forms(guarantors: Iterable[Guarantor]) -> tuple[str, ...]:
    """The patterns of the guarantors' contract numbers, each once."""
    return tuple(dict.fromkeys(each.number for each in guarantors if each.number))


# --- One value -----------------------------------------------------------------------------------------------


def _text(text: str) -> str:
    return text


def _date(text: str) -> dt.date:
    try:
        return read_date(text)
    except ValueError as error:
        code = "cell_serial" if _SERIAL.fullmatch(unicodedata.normalize("NFKC", text)) else "field_date"
        raise FieldRefused(code, value=text) from error


def _section(text: str, issuer: Issuer | None) -> str:
    if issuer is None or text in issuer.sections:
        return text
    named = [id_ for id_, section in issuer.sections.items() if match_key(section.name) == match_key(text)]
    if len(named) == 1:
        return named[0]
    valid = [Aside(id_, section.name) for id_, section in issuer.sections.items()]
    raise FieldRefused("field_section", value=text, issuer=issuer.full_name, valid=valid or "-")


def _texts(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for each in text.split("、") if (part := each.strip())))


def _expects(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_among(each, _PRODUCTS) for each in _texts(text)))


def _among(text: str, words: Mapping[str, str]) -> str:
    found = words.get(match_key(text)) or words.get(match_key(text).lower())
    if found is None:
        raise FieldRefused("field_word", value=text, valid=tuple(words))
    return str(found)


def _yes_or_no(text: str) -> bool:
    word = match_key(text).lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise FieldRefused("field_word", value=text, valid=("true", "false"))


def _excluded(text: str) -> bool:
    word = match_key(text).lower()
    if word not in _EXCLUDED:
        raise FieldRefused("field_word", value=text, valid=tuple(_EXCLUDED))
    return _EXCLUDED[word]


def read_amount(text: str) -> int:
    """Returns an amount in yen, in any width, with or without commas and 円. Raises FieldRefused ``field_amount``."""
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
    "amount": read_amount,
    "amended": _yes_or_no,
    "excluded": _excluded,
    "by_name": _yes_or_no,
}


# --- Issuers by any of their names -------------------------------------------------------------------------------


_NEAR_NAMES: Final = 3
"""Names that are shown as near to a wrong one."""


def find_issuer(text: str, issuers: Mapping[str, Issuer]) -> Issuer:
    """The one issuer whose id, name or alias ``text`` is, compared by the match key. Raises FieldRefused."""
    if text in issuers:
        return issuers[text]
    wanted = match_key(text)
    known = {
        id_: set(map(match_key, names_of(id_, (each.name, *each.aliases), each.scope))) for id_, each in issuers.items()
    }
    found = [issuers[id_] for id_, names in known.items() if wanted in names]
    if not found and (town := _TOWN_HALL.fullmatch(wanted)):
        found = [issuers[id_] for id_, names in known.items() if town[1] in names]
    if len(found) == 1:
        return found[0]
    if found:
        ids = [Aside(each.id, each.full_name) for each in found]
        raise FieldRefused("field_two_issuers", value=text, ids=ids)
    # An id is near to what was typed in ASCII only; without that, a clerk would be shown the ids of all issuers.
    names = [each.full_name for each in issuers.values()] + (list(issuers) if text.isascii() else [])
    near = difflib.get_close_matches(text.lower() if text.isascii() else text, names, n=_NEAR_NAMES)
    raise FieldRefused("field_issuer", value=text, near=tuple(near) or "-")


def names_of(id_: str, names: Iterable[str], scope: str) -> Iterator[str]:
    """Yields an issuer's id, and each of its names alone and with its scope (みほん県治山課)."""
    yield id_
    for name in names:
        yield name
        if scope:
            yield name + scope
            yield name_with_scope(name, scope)


# --- One value below a project's table ---------------------------------------------------------------------------


def value_at(project: Mapping[str, object], key: KeyPath) -> object:
    """Returns the value of a project's table under ``key``; None if there is none."""
    found: object = project
    for part in key:
        if isinstance(found, str) and key[0] == "section":
            return found  # one section for every product
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def merged_value(former: object, key: KeyPath, value: Value) -> Value | list[str]:
    """Returns the value of ``key`` once ``value`` is given: lists of numbers and names grow, others are replaced."""
    if isinstance(value, tuple):
        known = [str(each) for each in former] if key[0] in ADDED_TO and isinstance(former, list) else []
        keys = set(map(match_key, known))
        return [*known, *(each for each in value if match_key(each) not in keys)]
    return value
