"""The form of an issuer's rule: its fields in the order in which a published page answers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from worker.config.editing.catalogue import Question, questions_of
from worker.config.editing.fields import KeyPath
from worker.config.editing.issuer_fields import (
    ASKED_OF_RULE,
    free_section,
    is_field,
    key_text,
    name_word,
    open_paths,
    paths_of_eligibility,
    paths_of_rule,
    paths_of_section,
    paths_of_value,
    section_names,
    shown_text,
    takes_lines,
    takes_several,
    words_of_field,
)
from worker.core.messages import Language, is_said, say
from worker.core.messages.keys import ELIGIBILITY, RULE_TABLES, SECTION, name_rule_field
from worker.core.model import Channel
from worker.core.rulebook import Guarantor

_FIRST: Final[tuple[KeyPath, ...]] = (("name",), ("prefecture",), ("source",), ("checked_on",))
_OF_FILE: Final[tuple[KeyPath, ...]] = (("scope",), ("aliases",), ("guarantors",), ("assumed",), ("note",))
_OF_NEW_SECTION: Final = ("name", "to", "phone")
_MAIN: Final = (*ASKED_OF_RULE, "contact_first", "call_after")
_PRODUCTS: Final = ("contract", "advance", "interim")
_MAYBE_UNKNOWN: Final = frozenset({*ASKED_OF_RULE, "name", "to", "phone", "lines", "url"})
"""Keys that pages leave out: the box 未確認 stands beside them."""


@dataclass(frozen=True, slots=True)
class IssuerField:
    """One field."""

    path: KeyPath
    label: str
    words: tuple[tuple[str, str], ...]
    """The texts that it takes, with their names; empty: any."""
    is_listed: bool
    """True if other texts than ``words`` are valid: they are offered, not the only ones."""
    is_several: bool
    is_lines: bool
    has_box: bool
    """True if the box 未確認 stands beside it."""
    sample: str

    @property
    def name(self) -> str:
        """Its name in the form."""
        return key_text(self.path)

    @property
    def box(self) -> str:
        """The name of its box 未確認."""
        return key_text(("open", *self.path))


@dataclass(frozen=True, slots=True)
class IssuerGroup:
    """Fields under one heading."""

    title: str
    note: str
    fields: tuple[IssuerField, ...]
    is_folded: bool = False
    filled: int = 0
    """The number of its fields that are filled in or unknown, if it is folded."""
    has_sample: bool = False
    """True if the fields of the page's sample subject stand at its end."""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One thing that is still to be found out, as the issuer's page lists it."""

    field: IssuerField
    text: str
    """The value so far; empty for none."""
    shown: str
    """The same as people read it."""
    takes_text: bool
    """False if it has several fields of its own: those stand in the form."""
    can_be_confirmed: bool
    """True if there is something that may be right as it is."""


def issuer_groups(
    table: Mapping[str, Any], texts: Mapping[KeyPath, str], guarantors: Sequence[Guarantor], lang: Language
) -> tuple[IssuerGroup, ...]:
    """Returns the groups of the form; what few issuers need is folded."""
    names = section_names(table)
    opened = open_paths(table)

    def fields(paths: Sequence[KeyPath]) -> tuple[IssuerField, ...]:
        return tuple(_field(path, table, guarantors, names, lang, is_open=path in opened) for path in paths)

    def filled(group: IssuerGroup) -> int:
        return sum(1 for each in group.fields if texts.get(each.path, "") or texts.get(("open", *each.path), ""))

    return tuple(
        replace(group, filled=filled(group)) if group.is_folded else group
        for group in _groups(table, names, fields, lang)
    )


def _groups(
    table: Mapping[str, Any],
    names: Mapping[str, str],
    fields: Callable[[Sequence[KeyPath]], tuple[IssuerField, ...]],
    lang: Language,
) -> Iterator[IssuerGroup]:
    yield IssuerGroup(say("issuer_g_who", lang), "", fields(_FIRST))
    for section, name in names.items():
        yield IssuerGroup(say("issuer_g_section", lang, section=name), "", fields(paths_of_section(section)))
    new = tuple(("section", free_section(table), key) for key in _OF_NEW_SECTION)
    title = say("issuer_g_new_section" if names else "issuer_section", lang)
    yield IssuerGroup(title, "", fields(new), is_folded=bool(names))
    rule = paths_of_rule("default")
    main = tuple(path for path in rule if path[-1] in _MAIN)
    yield IssuerGroup(say("issuer_g_rule", lang), say("issuer_marks", lang), fields(main), has_sample=True)
    rest = tuple(path for path in rule if path not in main)
    yield IssuerGroup(say("issuer_g_more", lang), "", fields(rest), is_folded=True)
    written = table.get("rule", {})
    for name in RULE_TABLES:
        if name in _PRODUCTS or name == "amended" or name in written:
            paths = paths_of_rule(name) if name != "default" else ()
            what = say("issuer_amended", lang) if name == "amended" else RULE_TABLES[name][0 if lang == "ja" else 1]
            title = say("issuer_g_only", lang, what=what)
            if paths:
                yield IssuerGroup(title, say("issuer_as_all", lang), fields(paths), is_folded=True)
    alternatives = table.get("eligibility", ())
    for number in range(1, len(alternatives) + 2):
        paths = paths_of_eligibility(number)
        is_new = number > len(alternatives)
        code = "issuer_g_new_range" if is_new else "issuer_g_range"
        yield IssuerGroup(
            say(code, lang, number=number), say("issuer_any_range", lang), fields(paths), is_folded=is_new
        )
    for name in table.get("value", {}):
        yield IssuerGroup(say("issuer_g_value", lang, name=name), "", fields(paths_of_value(name)), is_folded=True)
    yield IssuerGroup(say("group_further", lang), "", fields(_OF_FILE), is_folded=True)


def _field(
    path: KeyPath,
    table: Mapping[str, Any],
    guarantors: Sequence[Guarantor],
    names: Mapping[str, str],
    lang: Language,
    *,
    is_open: bool,
    is_alone: bool = False,
) -> IssuerField:
    key = path[-1]
    is_listed = path[0] == "rule" and key == "section"
    code = f"issuer_hint_{key}"
    has_box = is_open or (path[0] in {"section", "rule"} and key in _MAYBE_UNKNOWN and "product_words" not in path)
    return IssuerField(
        path,
        _label(path, lang, names) if not is_alone else name_rule_field(path, lang, names),
        tuple((word, name_word(path, word, lang)) for word in words_of_field(path, table, guarantors)),
        is_listed,
        takes_several(path),
        takes_lines(path),
        has_box,
        say(code, lang) if is_said(code) else "",
    )


def _label(path: KeyPath, lang: Language, names: Mapping[str, str]) -> str:
    """The name of a field below a heading that says whose it is."""
    index = 0 if lang == "ja" else 1
    match path:
        case ("section", _, key) if key in SECTION:
            return SECTION[key][index]
        case ("eligibility", _, key) if key in ELIGIBILITY:
            return ELIGIBILITY[key][index]
        case ("rule", _, *rest):
            return name_rule_field(("rule", "default", *rest), lang, names)
        case _:
            return name_rule_field(path, lang, names)


def asked_questions(table: Mapping[str, Any]) -> tuple[Question, ...]:
    """Returns the open keys, then the addresses that are not written, if any rule is by e-mail or not known."""
    opened = open_paths(table)
    rules = table.get("rule", {})
    channels = {each["channel"] for each in rules.values() if "channel" in each} or {Channel.UNKNOWN}
    is_mailed = bool(channels & {Channel.EMAIL, Channel.UNKNOWN})
    return tuple(each for each in questions_of(table) if each.path in opened or (is_mailed and each.path[-1] == "to"))


def open_questions(
    table: Mapping[str, Any], texts: Mapping[KeyPath, str], guarantors: Sequence[Guarantor], lang: Language
) -> tuple[OpenQuestion, ...]:
    """Returns what is still to be found out: the open keys, then addresses that are not written."""
    names = section_names(table)
    found = []
    for each in asked_questions(table):
        field = _field(each.path, table, guarantors, names, lang, is_open=True, is_alone=True)
        is_whole = each.path == ("eligibility",)
        text = texts.get(each.path, "")
        shown = shown_text(each.path, text, lang)
        found.append(OpenQuestion(field, text, shown, is_field(each.path), bool(each.value) or is_whole))
    return tuple(found)
