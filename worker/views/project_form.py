"""The fields of a project as a person fills them in: grouped, with a sample, and read back before anything is written.

A field is a text. Dates take a day without its year as well: the one nearest to today is meant, and shown in full.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from worker.config.editing.add_project import needed_keys
from worker.config.editing.fields import FieldRefused, KeyPath, Value
from worker.config.editing.register import FieldRules, field_text, read_field
from worker.core.errors import Problem
from worker.core.japanese_dates import weekday, write_date
from worker.core.messages import Language, is_said, join_sentences, name_field, name_product, say
from worker.core.messages.reasons import NAMES
from worker.core.model import PRODUCT_NAMES, Notice, Product
from worker.core.rulebook import Issuer
from worker.core.text import match_key
from worker.views.problems import problem_hint
from worker.views.register_json import show_value

_DAYS: Final = frozenset({"dates", "deadline", "closed"})
_AMOUNTS: Final = frozenset({"amount", "original_amount"})
_WORDS: Final = ("kind", "award")
"""Keys with a closed list of words."""
_SWITCHES: Final = ("excluded", "amended", "by_name")
_ISO: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH_AND_DAY: Final = re.compile(r"([0-9]{1,2})(?:/|月)([0-9]{1,2})日?")

_FIRST: Final[tuple[KeyPath, ...]] = (("name",), ("issuer",), ("expects",))
_CONTRACT: Final[tuple[KeyPath, ...]] = (("dates", "contract"), ("amount",))
_FURTHER: Final[tuple[KeyPath, ...]] = (
    ("contractor",),
    ("names_on_notice",),
    ("department",),
    ("contact",),
    ("phone",),
    ("approval",),
    ("exception",),
    ("excluded",),
)
AMENDED_FIELDS: Final[tuple[KeyPath, ...]] = (
    *_CONTRACT,
    *(("numbers", product.value) for product in Product),
    *(("deadline", product.value) for product in Product),
)
"""The fields of an amended contract."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field."""

    key: KeyPath
    label: str
    sample: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """The texts that it takes, with their names; empty: any."""
    is_several: bool = False
    """True if several of the choices may hold."""

    @property
    def name(self) -> str:
        """Its name in the form."""
        return form_name(self.key)


@dataclass(frozen=True, slots=True)
class FormGroup:
    """Fields under one heading."""

    title: str
    fields: tuple[FormField, ...]
    is_folded: bool = False
    """True if it is opened on request."""


def form_name(key: KeyPath) -> str:
    """Returns the name of a field in a form: its key with dots."""
    return ".".join(key)


def key_of_field(name: str) -> KeyPath:
    """Returns the key of ``form_name``; a value's name may have dots."""
    first, _, rest = name.partition(".")
    if first == "office":
        return (first, *rest.split(".", 1))
    return (first, rest) if rest else (first,)


def groups_of(
    issuer: Issuer | None,
    texts: Mapping[KeyPath, str],
    template: Callable[[str], str | None],
    issuers: Iterable[Issuer],
    lang: Language,
) -> tuple[FormGroup, ...]:
    """Returns the fields to fill in: those of every project, those that the issuer's rule asks for, and the rest."""
    expected = _expected(texts)
    wanted = expected or tuple(Product)
    numbers: list[KeyPath] = [("numbers", each.value) for each in wanted]
    if ("contract_numbers",) in texts:
        numbers.insert(0, ("contract_numbers",))
    days: list[KeyPath] = [("deadline",)] if ("deadline",) in texts else [("deadline", each.value) for each in wanted]
    first = [*_FIRST, *_CONTRACT, *numbers, *days]
    asked = [each for each in needed_keys(issuer, expected, template) if each.key not in first] if issuer else []
    samples = {each.key: each.sample for each in asked}
    choices = {each.key: each.choices for each in asked if each.key[0] in {"section", "tendered_by"}}
    names = tuple((each.full_name, each.full_name) for each in issuers)
    known = {*first, *samples}
    further = [key for key in dict.fromkeys((*_FURTHER, *texts)) if key not in known and key != ("closed",)]

    def fields(keys: Iterable[KeyPath]) -> tuple[FormField, ...]:
        return tuple(_field(key, samples.get(key, ""), choices.get(key, ()), names, lang) for key in keys)

    groups = (
        FormGroup(say("group_first", lang), fields(_FIRST)),
        FormGroup(say("group_contract", lang), fields((*_CONTRACT, *numbers, *days))),
        FormGroup(say("group_asked", lang, issuer=issuer.full_name if issuer else ""), fields(samples)),
        FormGroup(say("group_further", lang), fields(further), is_folded=True),
    )
    return tuple(each for each in groups if each.fields)


def amended_fields(lang: Language) -> tuple[FormField, ...]:
    """Returns the fields of an amended contract."""
    return tuple(_field(key, "", (), (), lang) for key in AMENDED_FIELDS)


def _field(
    key: KeyPath,
    sample: str,
    choices: tuple[tuple[str, str], ...],
    issuers: tuple[tuple[str, str], ...],
    lang: Language,
) -> FormField:
    if key == ("issuer",):
        choices = issuers
    elif key == ("expects",):
        choices = tuple((name, name_product(product, lang)) for product, name in PRODUCT_NAMES.items())
    elif key[0] in _WORDS:
        choices = tuple((name[0], name[0 if lang == "ja" else 1]) for name in NAMES[key[0]].values())
    elif key[0] in _SWITCHES:
        choices = (("はい", say("word_yes", lang)), ("いいえ", say("word_no", lang)))
    if not sample:
        code = "sample_number" if key[0] in {"numbers", "contract_numbers"} else f"sample_{key[0]}"
        sample = say(code, lang) if is_said(code) else ""
    return FormField(key, name_field(key, lang), sample, choices, key == ("expects",))


def _expected(texts: Mapping[KeyPath, str]) -> tuple[Product, ...]:
    given = texts.get(("expects",), "")
    words = set(given.split("、"))
    return tuple(each for each in Product if {PRODUCT_NAMES[each], each.value} & words)


# --- Reading back ----------------------------------------------------------------------------------------------------


def with_years(texts: Mapping[KeyPath, str], today: dt.date) -> dict[KeyPath, str]:
    """Returns ``texts`` with the year of each day that was given without one: that of the day nearest to today."""
    return {key: with_year(text, today) if key[0] in _DAYS else text for key, text in texts.items()}


def with_year(text: str, today: dt.date) -> str:
    """Returns a day without its year as the one that is nearest to today; any other text as it is."""
    found = _MONTH_AND_DAY.fullmatch("".join(unicodedata.normalize("NFKC", text).split()))
    if found is None:
        return text
    days = list(_days(int(found[1]), int(found[2]), today.year))
    return min(days, key=lambda day: abs(day - today)).isoformat() if days else text


def _days(month: int, day: int, year: int) -> Iterator[dt.date]:
    for each in (year - 1, year, year + 1):
        try:
            yield dt.date(each, month, day)
        except ValueError:
            continue  # no 29th of February, or no such day at all


def shown_value(key: KeyPath, value: object, issuers: Mapping[str, Issuer], lang: Language) -> str:
    """Returns a value as a person compares it: 令和8年11月30日（月）, 1,280,000円, the names of guarantees.

    A section has its name if the ``issuers`` agree on it, else its id.
    """
    match value:
        case None | "" | () | []:
            return "―"
        case dt.date():
            return f"{write_date(value)}（{weekday(value)}）" if lang == "ja" else f"{value:%a} {value}"
        case bool():
            return say("word_yes" if value else "word_no", lang)
        case "separate" if key[0] == "invoice":
            return say("invoice_apart", lang)
        case {"file": file} if key[0] == "invoice":
            return str(file)
        case Mapping() if key[0] in _DAYS:
            colon, comma = ("：", "、") if lang == "ja" else (": ", ", ")
            days = {name_product(Product(each), lang): day for each, day in value.items()}
            return comma.join(f"{name}{colon}{shown_value(key, day, issuers, lang)}" for name, day in days.items())
        case str() if key == ("section",):
            names = {each.sections[value].name for each in issuers.values() if value in each.sections}
            return names.pop() if len(names) == 1 else value
        case _ if lang == "en":
            return show_value(key, value, lang)
        case _:
            return office_text(key, field_text(value), issuers)


def office_text(key: KeyPath, text: str, issuers: Mapping[str, Issuer], lang: Language = "ja") -> str:
    """Returns a field's text in office words, which ``read_field`` takes back as the same value.

    In English a day is 2026-11-30, and an amount has no word for yen.
    """
    if key == ("expects",):
        return "、".join(PRODUCT_NAMES[Product(each)] for each in text.split("、") if each in set(Product))
    if key == ("issuer",) and text in issuers:
        return issuers[text].full_name
    if key[0] in _WORDS and text in NAMES[key[0]]:
        return NAMES[key[0]][text][0]
    if key[0] in _AMOUNTS and text.isdecimal():
        return f"{int(text):,}円" if lang == "ja" else f"{int(text):,}"
    if lang == "ja" and key[0] in _DAYS and _ISO.fullmatch(text):
        return write_date(dt.date.fromisoformat(text))
    return text


def faults_of(problems: Sequence[Problem], lang: Language) -> tuple[dict[str, str], tuple[str, ...]]:
    """Returns the sentence beside each field that is at fault, by its name; and the sentences about anything else."""
    beside: dict[str, str] = {}
    others = []
    for each in problems:
        told = join_sentences((say(each.code, lang, **each.params), problem_hint(each, lang)), lang)
        name = re.sub(r"^project\[[0-9]+\]\.?", "", each.key)
        if name:
            beside.setdefault(name, told)
        else:
            others.append(told)
    return beside, tuple(others)


def texts_of_notice(notice: Notice | None, own_name: str) -> dict[KeyPath, str]:
    """Returns the fields of a new project that a held notice gives."""
    if notice is None:
        return {}
    texts: dict[KeyPath, str] = {
        ("name",): notice.project_name,
        ("expects",): PRODUCT_NAMES[notice.product],
        ("numbers", notice.product.value): notice.contract_number,
    }
    if notice.contractor_name != own_name:
        texts["contractor",] = notice.contractor_name
    return texts


def texts_joined(notice: Notice | None, texts: Mapping[KeyPath, str]) -> dict[KeyPath, str]:
    """Returns the fields of a registered project with the number of a held notice, which decides that it is its own.

    The printed name of the project is added nowhere: ``names_on_notice`` are names of contractors.
    """
    joined = dict(texts)
    if notice is None:
        return joined
    product, of_all = ("numbers", notice.product.value), ("contract_numbers",)
    numbers = {match_key(each) for key in (product, of_all) for each in _listed(texts.get(key, ""))}
    if match_key(notice.contract_number) not in numbers:
        key = of_all if of_all in texts else product
        joined[key] = "、".join((*_listed(texts.get(key, "")), notice.contract_number))
    return joined


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split("、") if each.strip()]


def given_values(
    texts: Mapping[KeyPath, str], rules: FieldRules
) -> tuple[dict[KeyPath, Value], Issuer | None, tuple[Problem, ...]]:
    """Returns the values of a new project, its issuer if it is known, and every fault."""
    found: list[Problem] = []
    values: dict[KeyPath, Value] = {}
    issuer: Issuer | None = None
    for key in sorted({*texts, ("name",), ("issuer",)}, key=lambda each: each != ("issuer",)):
        text = texts.get(key, "").strip()
        if not text:
            if key in {("name",), ("issuer",)}:
                found.append(Problem("", form_name(key), "empty"))
            continue
        try:
            values[key] = read_field(key, text, issuer, rules)
        except FieldRefused as refused:
            found.append(Problem("", form_name(key), refused.code, refused.params))
            continue
        if key == ("issuer",):
            issuer = rules.issuers[str(values[key])]
    return values, issuer, tuple(found)
