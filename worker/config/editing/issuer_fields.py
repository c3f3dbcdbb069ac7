"""The fields of an issuer's file as the texts that a person reads and writes: office words in, TOML values out.

A text that no field can mean is refused with its reason, and an answer such as はい is never a value. 〔工事名〕 in a
subject means the project's value; such marks become the template's own names.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from worker.config.editing.catalogue import KeyAnswer, read_answer, read_path, value_in
from worker.config.editing.fields import LIST_BREAK, FieldRefused, KeyPath, read_amount, read_key_value, read_recipients
from worker.config.rule_layers import FROM_PROJECT, RULE_KEYS
from worker.config.toml import nearest
from worker.core.errors import ConfigError, Problem
from worker.core.japanese_dates import read_date, write_date
from worker.core.messages import Language
from worker.core.messages.keys import ELIGIBILITY, RULE_TABLES, SECTION, VALUE, closed_words, name_rule_field
from worker.core.model import PRODUCT_NAMES, Product
from worker.core.prefectures import Prefecture
from worker.core.rulebook import Assumable, Guarantor
from worker.core.text import match_key, plain_spaces, unsafe_character

UNKNOWN_WORD: Final = "未確認"
"""The text of a field that a person has not found out: it is put on the list ``open``."""
FROM_PROJECT_WORD: Final = "案件ごと"
"""The text of a rule's section that each project names."""

_UNKNOWN: Final = frozenset({UNKNOWN_WORD, "不明", "分からない", "わからない", "分かりません", "?", "unknown"})
_SENTENCES: Final = frozenset({"conditions", "after", "instructions", "bring"})
"""Lists of sentences, a line each: a sentence has 、 of its own."""
_WORDS: Final = frozenset({"aliases", "documents_required", "documents_allowed"})
_TEMPLATES: Final = frozenset({"subject", "file_name"})
_DAYS: Final = frozenset({"checked_on", "until", "from"})
_COUNTS: Final = frozenset({"settle_days", "max_bytes", "length"})
_ADDRESSES: Final = frozenset({"to", "cc"})
_SWITCHES: Final = frozenset(
    {"other_documents", "call_after", "digits_only", "remove_hyphens", "original_only", "approval", "amended", "open"}
)
_SEVERAL: Final = frozenset({"counted_by", "products", "kinds", "awards", "assumed", "guarantors"})
_YES, _NO = "はい", "いいえ"
_ENGLISH: Final = {_YES: "yes", _NO: "no", FROM_PROJECT_WORD: "named by each project"}
_WHEN: Final[Mapping[str, str]] = {"attached": "（請求書を添えるとき）", "apart": "（請求書を別に出すとき）"}
_LONGEST: Final = 2_000
"""Characters of one text: the longest sentences of a published page have some 300."""


def key_text(path: KeyPath) -> str:
    """Returns a path as one text, which ``read_path`` takes back."""
    return ".".join(
        each if re.fullmatch(r"[A-Za-z0-9_-]+", each) else json.dumps(each, ensure_ascii=False) for each in path
    )


# --- The fields of a file, in the order in which a page answers them ---------------------------------------------

_OF_FILE: Final = ("name", "prefecture", "scope", "aliases", "source", "checked_on", "guarantors", "assumed", "note")
_OF_ELIGIBILITY: Final = tuple(ELIGIBILITY)
_OF_RULE: Final = (
    *("channel", "section", "chosen", "url", "instructions", "bring", "subject"),
    *(f"product_words.{product}" for product in Product),
    *("notice", "lines", "file_name", "invoice", "documents_required", "documents_allowed", "other_documents"),
    *("conditions", "contact_first", "timing", "call_after", "closes", "settle_days", "after", "max_bytes"),
)
ASKED_OF_RULE: Final = ("channel", "section", "subject", "notice", "invoice", "timing")
"""The keys of a rule that every issuer's page answers; the first two decide if the others are asked."""
ASKED_BY_MAIL: Final = frozenset(ASKED_OF_RULE[2:])


def paths_of_section(section: str) -> tuple[KeyPath, ...]:
    """Returns the fields of one section."""
    return tuple(("section", section, key) for key in SECTION if key)


def paths_of_rule(table: str) -> tuple[KeyPath, ...]:
    """Returns the fields of one ``[rule.*]`` table."""
    return tuple(("rule", table, *key.split(".")) for key in _OF_RULE)


def paths_of_eligibility(number: int) -> tuple[KeyPath, ...]:
    """Returns the fields of one alternative; the first has the number 1."""
    return tuple(("eligibility", str(number), key) for key in _OF_ELIGIBILITY)


def paths_of_value(name: str) -> tuple[KeyPath, ...]:
    """Returns the fields of the form of one registered value."""
    return tuple(("value", name, key) for key in VALUE if key)


def paths_of_file() -> tuple[KeyPath, ...]:
    """Returns the fields of the file itself."""
    return tuple((key,) for key in _OF_FILE)


def paths_of(table: Mapping[str, Any]) -> tuple[KeyPath, ...]:
    """Returns every field that a person may fill in: all of the tables that exist, and of each kind of rule."""
    sections, values = _names_in(table, "section"), _names_in(table, "value")
    alternatives = table.get("eligibility", ())
    count = len(alternatives) if isinstance(alternatives, list) else 0
    return (
        *paths_of_file(),
        *(path for number in range(1, count + 1) for path in paths_of_eligibility(number)),
        *(path for section in sections for path in paths_of_section(section)),
        *(path for name in values for path in paths_of_value(name)),
        *(path for name in RULE_TABLES for path in paths_of_rule(name)),
    )


def is_field(path: KeyPath) -> bool:
    """Returns whether a text can be given for ``path``, also in a table that does not exist yet."""
    match path:
        case ("open", *rest):
            return bool(rest)
        case (name,):
            return name in _OF_FILE
        case ("eligibility", number, key):
            return number.isdecimal() and key in _OF_ELIGIBILITY
        case ("section", _, key):
            return bool(key) and key in SECTION
        case ("value", _, key):
            return bool(key) and key in VALUE
        case ("rule", table, "product_words", product):
            return table in RULE_TABLES and product in set(Product)
        case ("rule", table, key):
            return table in RULE_TABLES and key in RULE_KEYS and key != "product_words"
        case _:
            return False


def free_section(table: Mapping[str, Any]) -> str:
    """Returns an id for one more section: names of sections are no ids, and projects name a section by its id."""
    taken = _names_in(table, "section")
    return next(id_ for number in range(1, len(taken) + 2) if (id_ := f"ka{number}") not in taken)


def section_names(table: Mapping[str, Any]) -> dict[str, str]:
    """Returns the name of each section by its id."""
    return {id_: str(value_in(table, ("section", id_, "name")) or id_) for id_ in _names_in(table, "section")}


def _names_in(table: Mapping[str, Any], name: str) -> list[str]:
    found = table.get(name)
    return [*found] if isinstance(found, Mapping) else []


def parse_issuer_field(label: str, table: Mapping[str, Any]) -> KeyPath:
    """Returns the field of a key or of its name in office words: ``rule.default.subject``, 件名, 宛先（土木課）.

    Raises FieldRefused ``issuer_field``.
    """
    path = read_path(label.strip())
    if path is not None and (is_field(path) or path in open_paths(table)):
        return path
    names = section_names(table)
    known: dict[str, KeyPath] = {}
    for each in paths_of(table):
        known.setdefault(match_key(name_rule_field(each, "ja", names)), each)
    sections = [each for each in known.values() if each[0] == "section"]
    if len(names) == 1:  # the one section needs no name
        known |= {match_key(SECTION[each[2]][0]): each for each in sections if each[2] != "name"}
    found = known.get(match_key(label))
    if found is None:
        words = [name_rule_field(each, "ja", names) for each in paths_of(table)]
        raise FieldRefused("issuer_field", name=label, nearest=nearest(label, words))
    return found


# --- Values as texts ---------------------------------------------------------------------------------------------


def texts_of(table: Mapping[str, Any], guarantors: Iterable[Guarantor] = ()) -> dict[KeyPath, str]:
    """Returns the text of every field of an issuer's file; ``open`` and a path: 未確認 or nothing."""
    companies = {each.id: each.name for each in guarantors}
    opened = open_paths(table)
    texts = {}
    for path in paths_of(table):
        texts[path] = text_of_value(path, value_in(table, path), section_names(table), companies)
        texts["open", *path] = UNKNOWN_WORD if path in opened else ""
    for path in opened:  # a whole table, or a key of one that is not written
        texts.setdefault(("open", *path), UNKNOWN_WORD)
    return texts


def open_paths(table: Mapping[str, Any]) -> dict[KeyPath, str]:
    """Returns the keys that the file calls open, as written, by their paths."""
    listed = table.get("open", ())
    written = map(str, listed) if isinstance(listed, list) else ()
    return {path: key for key in written if (path := read_path(key)) is not None}


def text_of_value(path: KeyPath, value: object, sections: Mapping[str, str], guarantors: Mapping[str, str]) -> str:
    """Returns the text of a value in office words; empty for none."""
    key = path[-1]
    if value is None or (key == "channel" and value == "unknown"):
        return ""
    if isinstance(value, bool):
        return _YES if value else _NO
    if isinstance(value, dt.date):
        return write_date(value)
    if isinstance(value, list | tuple):
        if key == "lines":
            return "\n".join(f"{each['title']}：{office_template(str(each['value']))}" for each in value)
        if key in _SENTENCES:
            return "\n".join(map(_sentence_text, value))
        named = guarantors if key == "guarantors" else sections if key == "tendered_by" else _meanings(path)
        return "、".join(named.get(str(each), str(each)) for each in value)
    if path[0] == "rule" and key == "section":
        return FROM_PROJECT_WORD if value == FROM_PROJECT else sections.get(str(value), str(value))
    if key in _TEMPLATES and path[0] == "rule":
        return office_template(str(value))
    return _meanings(path).get(str(value), str(value))


def _sentence_text(sentence: object) -> str:
    if isinstance(sentence, Mapping):
        return f"{sentence.get('text', '')}{_WHEN.get(str(sentence.get('when')), '')}"
    return office_template(str(sentence))


def _meanings(path: KeyPath) -> dict[str, str]:
    """Returns the office words of a closed list by its own words; none for any other field."""
    if path == ("prefecture",):
        return {each.value: each.value for each in Prefecture}
    if path == ("assumed",):
        return {each.value: name_rule_field(("rule", "default", each.value), "ja", {}) for each in Assumable}
    if path[0] not in {"rule", "value", "eligibility"} or "product_words" in path:
        return {}
    return {word: meaning[0] for word, meaning in closed_words(path[-1]).items()}


def words_of_field(path: KeyPath, table: Mapping[str, Any], guarantors: Iterable[Guarantor]) -> tuple[str, ...]:
    """Returns the texts that a field takes; empty if it takes any."""
    key = path[-1]
    if path == ("guarantors",):
        return tuple(each.name for each in guarantors)
    if path[0] == "rule" and key == "section":
        return (FROM_PROJECT_WORD, *section_names(table).values())
    if key == "tendered_by":
        return tuple(section_names(table).values())
    if key in _SWITCHES:
        return (_YES, _NO)
    return tuple(text for word, text in _meanings(path).items() if (key, word) != ("channel", "unknown"))


def name_word(path: KeyPath, word: str, lang: Language) -> str:
    """Returns a word of ``words_of_field`` as people read it; files and forms hold the Japanese one."""
    if lang == "ja":
        return word
    if path == ("prefecture",):
        return Prefecture(word).words(lang) if word in set(Prefecture) else word
    if path == ("assumed",):
        found = {name_rule_field(("rule", "default", each.value), "ja", {}): each.value for each in Assumable}
        return name_rule_field(("rule", "default", found[word]), lang, {}) if word in found else word
    english = dict(closed_words(path[-1]).values()) | _ENGLISH
    return english.get(word, word)


def shown_text(path: KeyPath, text: str, lang: Language) -> str:
    """Returns the text of a field as people read it in their language; text that a person wrote stays."""
    if lang == "ja" or not (path[-1] in _SWITCHES or path[-1] in _SEVERAL or path[-1] == "section" or _meanings(path)):
        return text
    return ", ".join(name_word(path, each, lang) for each in text.split("、"))


def takes_several(path: KeyPath) -> bool:
    """Returns whether several of the field's words may hold."""
    return path[-1] in _SEVERAL | {"tendered_by"}


def takes_lines(path: KeyPath) -> bool:
    """Returns whether the field is a text of several lines."""
    return path[-1] in _SENTENCES | {"lines"}


# --- Texts as values ---------------------------------------------------------------------------------------------


def means_unknown(text: str) -> bool:
    """Returns whether the text says that the answer is not known."""
    return match_key(unicodedata.normalize("NFKC", text)).lower() in set(map(match_key, _UNKNOWN))


def read_issuer_text(path: KeyPath, text: str, sections: Mapping[str, str], guarantors: Mapping[str, str]) -> Any:
    """Returns the value of a text. Raises FieldRefused.

    ``sections`` are the names by id, also those given together with this text; ``guarantors`` the companies' names.
    """
    key = path[-1]
    text = text.replace("\r\n", "\n").strip()
    if key in _SWITCHES:
        return _read_switch(text)
    for part in _parts(key, text):
        _refuse_answer(part)
    if len(text) > _LONGEST:
        raise FieldRefused("field_too_long", limit=str(_LONGEST))
    if key in _READERS:
        return _READERS[key](text)
    if takes_lines(path):
        return [_read_line(key, line) for each in text.split("\n") if (line := each.strip())]
    if named := _named_words(path, sections, guarantors):
        several = [_among(each, named, path) for each in (_list(text) if takes_several(path) else (text,))]
        return several if takes_several(path) else several[0]
    return _list(text) if key in _WORDS else _read_plain(path, text)


def _named_words(path: KeyPath, sections: Mapping[str, str], guarantors: Mapping[str, str]) -> Mapping[str, str]:
    """Returns the names of the words that a field takes; none if it takes any text."""
    if path == ("guarantors",):
        return guarantors
    if path[-1] == "tendered_by":
        return sections
    if path[0] == "rule" and path[-1] == "section":
        return {FROM_PROJECT: FROM_PROJECT_WORD, **sections}
    return _meanings(path)


def _parts(key: str, text: str) -> Iterable[str]:
    return text.split("\n") if key in _SENTENCES | {"lines"} else _list(text) if key in _WORDS else (text,)


def _refuse_answer(text: str) -> None:
    """Raises FieldRefused for a word that answers a question instead of giving a value (はい, y, いいえ …)."""
    if text.strip() and read_answer(text) in {KeyAnswer.YES, KeyAnswer.NO}:
        raise FieldRefused("answer_word", value=text)


def _read_switch(text: str) -> bool:
    answer = read_answer(text)
    if answer not in {KeyAnswer.YES, KeyAnswer.NO}:
        raise FieldRefused("field_word", value=text, valid=(_YES, _NO))
    return answer is KeyAnswer.YES


def _read_day(text: str) -> dt.date:
    try:
        return read_date(text)
    except ValueError as error:
        raise FieldRefused("field_date", value=text) from error


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    **dict.fromkeys(_ADDRESSES, lambda text: read_recipients(_list(text))),
    **dict.fromkeys(_DAYS, _read_day),
    **dict.fromkeys((*_COUNTS, "min_amount"), read_amount),
}


def _read_line(key: str, line: str) -> object:
    if key == "lines":
        title, colon, value = line.replace(":", "：", 1).partition("：")
        if not colon or not value.strip():
            raise FieldRefused("line_form", value=line)
        return {"title": title.strip(), "value": template_of(value.strip())}
    if key == "instructions":
        return template_of(line)
    for when, mark in _WHEN.items():
        if key in {"conditions", "after"} and line.endswith(mark):
            return {"text": line.removesuffix(mark), "when": when}
    return line


def _read_plain(path: KeyPath, text: str) -> str:
    character = unsafe_character(text)
    if character is not None or "\n" in text:
        raise FieldRefused("unsafe_value", character=character or "U+000A")
    match path:
        case ("name",) | ("section", _, "name"):
            return str(read_key_value(("name",), plain_spaces(text), None))
        case ("section", _, "phone" | "fax"):
            return str(read_key_value(("phone",), text, None))
        case ("rule", _, "subject" | "file_name"):
            return template_of(text)
        case _:
            return text


def _list(text: str) -> list[str]:
    return list(dict.fromkeys(part for each in LIST_BREAK.split(text) if (part := each.strip())))


def _among(text: str, names: Mapping[str, str], path: KeyPath) -> str:
    """Returns the word whose name, or itself, ``text`` is. Raises FieldRefused."""
    wanted = match_key(text).lower()
    found = [word for word, name in names.items() if wanted in {match_key(name).lower(), match_key(word).lower()}]
    if len(found) != 1:
        valid = tuple(name for word, name in names.items() if (path[-1], word) != ("channel", "unknown"))
        raise FieldRefused("field_word", value=text, valid=valid or ("-",))
    return found[0]


def read_issuer_fields(
    file: str, texts: Mapping[KeyPath, str], table: Mapping[str, Any], guarantors: Iterable[Guarantor]
) -> dict[KeyPath, Any]:
    """Returns the values of ``texts``: None takes a key out; under ``open`` and a path True or False.

    未確認 leaves a value as it is and opens its key. Raises ConfigError with every fault at once.
    """
    companies = {each.id: each.name for each in guarantors}
    sections = section_names(table) | {
        path[1]: text.strip()
        for path, text in texts.items()
        if path[0] == "section" and path[-1] == "name" and text.strip()
    }
    found: list[Problem] = []
    values: dict[KeyPath, Any] = {}
    for path, text in texts.items():
        if not _has_place(path, table):
            found.append(Problem(file, key_text(path), "issuer_field", {"name": key_text(path), "nearest": "-"}))
            continue
        if path[0] == "open":
            values[path] = values.get(path) is True or bool(text.strip())
            continue
        if means_unknown(text):
            values["open", *path] = True
            continue
        if not text.strip():
            values[path] = None
            if path == ("name",):
                found.append(Problem(file, "name", "empty"))
            continue
        try:
            values[path] = read_issuer_text(path, text, sections, companies)
        except FieldRefused as refused:
            found.append(Problem(file, key_text(path), refused.code, refused.params))
    if found:
        raise ConfigError(found)
    return values


def _has_place(path: KeyPath, table: Mapping[str, Any]) -> bool:
    """Returns whether a text can be given for ``path`` in this file: alternatives are added one at a time."""
    several = table.get("eligibility")
    count = len(several) if isinstance(several, list) else 0
    is_next = path[0] != "eligibility" or (len(path) > 1 and path[1].isdecimal() and 0 < int(path[1]) <= count + 1)
    return is_field(path) and is_next


# --- 〔工事名〕 ----------------------------------------------------------------------------------------------------

MARKS: Final[Mapping[str, str]] = {
    "工事名": "project.name",
    "保証の種類": "product",
    "受注者名": "contractor.name",
    "発注者名": "issuer.name",
    "課名": "section.name",
    "課の電話": "section.phone",
    "保証の正式名称": "product_name",
    "保証契約番号": "notice.contract_number",
    "担当者": "contractor.contact",
    "部署": "contractor.department",
    "電話番号": "contractor.phone",
    "メールアドレス": "contractor.email",
    "認証キー": "notice.key",
}
"""The marks with a meaning of their own; any other is a registered value of this name, such as 工事番号."""
_MARK: Final = re.compile(r"〔〔|〕〕|〔([^〔〕]+)〕")
_LOOKUP: Final = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}|〔|〕")
_REGISTERED: Final = re.compile(r"""values(?:\.([^\W\d]\w*)|\[\s*(?:"([^"\\]+)"|'([^'\\]+)')\s*\])""")


def office_template(template: str) -> str:
    """Returns a template with its names as marks: 【〔工事番号〕】〔工事名〕; a bracket of its own is doubled."""
    names = {name: mark for mark, name in MARKS.items()}

    def shown(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0] * 2
        mark = names.get(found[1]) or _registered_name(found[1])
        return f"〔{mark}〕" if mark else found[0]

    return _LOOKUP.sub(shown, template)


def _registered_name(expression: str) -> str:
    found = _REGISTERED.fullmatch(expression)
    name = next(filter(None, found.groups()), "") if found else ""
    return "" if name in MARKS or set(name) & set("〔〕") else name


def template_of(text: str) -> str:
    """Returns the template of a text with marks."""

    def written(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        mark = found[1].strip()
        return f"{{{{ {MARKS[mark]} }}}}" if mark in MARKS else f'{{{{ values["{mark}"] }}}}'

    return _MARK.sub(written, text)


# --- The page's own sample ---------------------------------------------------------------------------------------

_SAMPLE_NAME: Final = "見本工事"
"""The project of a sample whose subject does not name one."""


def example_of_sample(
    template: str, product: Product, word: str, sample: str, project_name: str, issuer: str
) -> dict[str, Any]:
    """Returns the example of a subject that the issuer's page shows as a sample, read by the form of the subject.

    Raises FieldRefused: ``page_sample_differs`` if the sample does not have this form, ``page_sample_ambiguous`` if its
    parts cannot be told from each other without the project's name, ``page_sample_form`` for a form with conditions.
    """
    parts = list(_parts_of(template, {"product": word, "issuer.name": issuer, "product_name": PRODUCT_NAMES[product]}))
    patterns = [_pattern(parts, project_name, lazy) for lazy in ("?", "")]
    found = [re.fullmatch(pattern, sample, re.DOTALL) for pattern in patterns]
    if found[0] is None or found[1] is None:
        raise FieldRefused("page_sample_differs", value=sample, form=office_template(template))
    groups = [each.groupdict() for each in found if each is not None]
    if groups[0] != groups[1]:
        raise FieldRefused("page_sample_ambiguous", value=sample)
    read = {name: groups[0][f"g{at}"] for at, (is_name, name) in enumerate(parts) if is_name and f"g{at}" in groups[0]}
    project: dict[str, Any] = {"name": read.pop("project.name", "") or project_name or _SAMPLE_NAME}
    example: dict[str, Any] = {"product": product.value}
    if "contractor.name" in read:
        example["contractor"] = read.pop("contractor.name")
    if "notice.contract_number" in read:
        example["number"] = read.pop("notice.contract_number")
    if read:
        project["values"] = read
    return {**example, "project": project, "expect": {"subject": sample}}


def _parts_of(template: str, known: Mapping[str, str]) -> Iterator[tuple[bool, str]]:
    """Yields the texts of a subject (False) and the names in it (True). Raises FieldRefused for another form."""
    at = 0
    for found in re.finditer(r"\{\{\s*([^{}]+?)\s*\}\}", template):
        yield False, template[at : found.start()]
        at, expression = found.end(), found[1]
        name = _registered_name(expression)
        if expression in known:
            yield False, known[expression]
        elif name or expression in {"project.name", "contractor.name", "notice.contract_number"}:
            yield True, name or expression
        else:
            raise FieldRefused("page_sample_form", form=office_template(template))
    if "{" in template[at:] or "{%" in template:
        raise FieldRefused("page_sample_form", form=office_template(template))
    yield False, template[at:]


def _pattern(parts: Iterable[tuple[bool, str]], project_name: str, lazy: str) -> str:
    pattern, groups = "", dict[str, int]()
    for at, (is_name, text) in enumerate(parts):
        if not is_name:
            pattern += re.escape(text)
        elif text == "project.name" and project_name:
            pattern += re.escape(project_name)
        elif text in groups:
            pattern += f"(?P=g{groups[text]})"
        else:
            groups[text] = at
            pattern += f"(?P<g{at}>.+{lazy})"
    return pattern
