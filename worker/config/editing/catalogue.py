"""Compares the shipped catalogue of issuers with the user's own copies, and makes the questions about a copy.

A value that the user filled in is no difference; one that the catalogue has otherwise always is.
"""

from __future__ import annotations

import datetime as dt
import difflib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import tomli

from worker.config.editing.fields import FieldRefused, KeyPath, names_of
from worker.config.leaves import leaves_of
from worker.config.rule_layers import FROM_PROJECT
from worker.config.toml import strings_in
from worker.core.errors import ConfigError, Problem
from worker.core.model import Channel
from worker.core.params import Aside
from worker.core.rulebook import Issuer, Project, counted_open
from worker.core.text import match_key, name_with_scope

NEAR_NAMES: Final = 5
"""Near names that are offered for an unknown one."""

_LISTS: Final = frozenset(
    {"to", "cc", "aliases", "guarantors", "conditions", "after", "bring", "instructions", "open"}
    | {"documents_required", "documents_allowed", "assumed"}
)
_TEXTS: Final = frozenset(
    {"name", "source", "note", "phone", "subject", "body", "url", "chosen", "contact_first", "file_name", "section"}
    | {"scope", "fax", "prefecture"}
    | {"channel", "invoice", "notice", "timing", "closes", "pattern", "sample", "width"}
)


@dataclass(frozen=True, slots=True)
class CatalogueDifference:
    """One key on which a copy and the catalogue do not agree; None if one does not say."""

    key: str
    own: str | None
    shipped: str | None


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One issuer: of the catalogue, of the user's configuration, or of both."""

    id: str
    name: str
    is_own: bool
    projects: int
    """The number of the register's projects that name it."""
    open: tuple[str, ...]
    """Keys still to be found out."""
    without_address: tuple[str, ...]
    """Sections that something is mailed to and that have no address yet."""
    checked_on: dt.date | None
    shipped_on: dt.date | None
    """When the catalogue's entry was checked; None if it has none."""
    differences: tuple[CatalogueDifference, ...] = ()

    @property
    def is_outdated(self) -> bool:
        """True if the catalogue differs from the user's copy, or is later."""
        if not self.is_own or self.shipped_on is None:
            return False
        return bool(self.differences) or self.checked_on is None or self.shipped_on > self.checked_on


def list_entries(
    shipped: Mapping[str, Mapping[str, Any]],
    own: Mapping[str, Mapping[str, Any]],
    issuers: Mapping[str, Issuer],
    projects: Iterable[Project],
) -> tuple[CatalogueEntry, ...]:
    """Every issuer by id, the user's own first; ``shipped`` and ``own`` are the files' tables by id."""
    registered = tuple(projects)
    entries = []
    for id_ in sorted({*shipped, *own}, key=lambda each: (each not in own, each)):
        table = own.get(id_) or shipped[id_]
        of_issuer = [each for each in registered if each.issuer == id_]
        entries.append(
            CatalogueEntry(
                id=id_,
                name=full_name_in(table),
                is_own=id_ in own,
                projects=len(of_issuer),
                open=_open_in(table, issuers.get(id_) if id_ in own else None),
                without_address=tuple(_without_address(issuers[id_], of_issuer)) if id_ in issuers else (),
                checked_on=_date_in(own.get(id_)) if id_ in own else None,
                shipped_on=_date_in(shipped.get(id_)),
                differences=_differences(own[id_], shipped[id_]) if id_ in own and id_ in shipped else (),
            )
        )
    return tuple(entries)


def full_name_in(table: Mapping[str, Any]) -> str:
    """Returns the name of an issuer's table, with its scope."""
    return name_with_scope(str(table.get("name", "")), str(table.get("scope", "")).strip())


def _date_in(table: Mapping[str, Any] | None) -> dt.date | None:
    found = table.get("checked_on") if table else None
    return found if isinstance(found, dt.date) else None


def _open_in(table: Mapping[str, Any], issuer: Issuer | None) -> tuple[str, ...]:
    """Returns the keys that the file calls open, and those that count as open because its rules by e-mail omit them."""
    rules = (*issuer.rules.values(), *issuer.amended_rules.values()) if issuer else ()
    unsaid = (key for rule in rules for key in counted_open(rule))
    return tuple(dict.fromkeys((*map(str, table.get("open", ())), *_open_alternatives(table), *unsaid)))


def _open_alternatives(table: Mapping[str, Any]) -> Iterator[str]:
    """The ``[[eligibility]]`` that the file calls open by itself: ``eligibility[2]``."""
    for at, each in enumerate(table.get("eligibility", ()), start=1):
        if isinstance(each, Mapping) and each.get("open") is True:
            yield f"eligibility[{at}]"


def _without_address(issuer: Issuer, projects: Iterable[Project]) -> Iterator[str]:
    """Sections that a rule by e-mail, or a project under one, sends to, without an address to send to."""
    mailed: list[str] = []
    for product, rule in (*issuer.rules.items(), *issuer.amended_rules.items()):
        if rule.channel is Channel.EMAIL:
            if rule.section != FROM_PROJECT:
                mailed.append(rule.section)
            else:
                mailed += [each.sections[product] for each in projects if product in each.sections]
    for id_ in dict.fromkeys(mailed):
        if id_ in issuer.sections and not issuer.sections[id_].to:
            yield id_


def _differences(own: Mapping[str, Any], shipped: Mapping[str, Any]) -> tuple[CatalogueDifference, ...]:
    """Returns the differences of the two; a key that the catalogue leaves open or empty is the user's to fill in."""
    left_open = tuple(map(str, shipped.get("open", ())))
    ours, theirs = dict(leaves_of(own)), dict(leaves_of(shipped))
    found = []
    for key in dict.fromkeys((*theirs, *ours)):
        is_open = any(key == each or key.startswith((f"{each}.", f"{each}[")) for each in left_open)
        is_for_the_user = theirs.get(key, "") in {"", "[]"}
        is_since = key == "prefecture" and key not in ours  # files before 0.2.0 had no such key
        if ours.get(key) != theirs.get(key) and not is_open and not is_for_the_user and not is_since:
            found.append(CatalogueDifference(key, ours.get(key), theirs.get(key)))
    known = {str(each) for each in own.get("open", ())} | set(ours)
    found += [
        CatalogueDifference(key, None, "open")
        for key in left_open
        if key not in known and key.partition(".")[0] == "rule"
    ]
    return tuple(found)


# --- Finding one ---------------------------------------------------------------------------------------------


def find_entry(text: str, shipped: Mapping[str, Mapping[str, Any]]) -> str:
    """The id of the one entry whose id, name or alias ``text`` is. Raises ConfigError, naming those that are near."""
    wanted = match_key(text)
    names = {id_: tuple(_names_of(id_, table)) for id_, table in shipped.items()}
    found = [id_ for id_, known in names.items() if wanted in map(match_key, known)]
    if len(found) == 1:
        return found[0]
    near = found or _near(wanted, names)
    shown = [Aside(id_, full_name_in(shipped[id_])) for id_ in near] or "-"
    code = "catalogue_several" if found else "catalogue_unknown"
    raise ConfigError([Problem("issuers/", "", code, {"name": text, "near": shown})])


def _names_of(id_: str, table: Mapping[str, Any]) -> Iterator[str]:
    names = (str(table.get("name", "")), *map(str, table.get("aliases", ())))
    return names_of(id_, names, str(table.get("scope", "")).strip())


def _near(wanted: str, names: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Those that hold the text, then those that are spelt like it."""
    folded = {match_key(name): id_ for id_, known in names.items() for name in known}
    holding = [id_ for name, id_ in folded.items() if wanted and (wanted in name or name in wanted)]
    close = [folded[name] for name in difflib.get_close_matches(wanted, folded, n=NEAR_NAMES, cutoff=0.5)]
    return list(dict.fromkeys([*holding, *close]))[:NEAR_NAMES]


# --- What is filled in ---------------------------------------------------------------------------------------


class KeyAnswer(StrEnum):
    """A person's answer to a question about a value that exists."""

    YES = "yes"
    NO = "no"
    OTHER = "other"
    """A text of its own."""
    NONE = "none"


_YES: Final = frozenset(
    {"y", "yes", "ok", "okay", "はい", "ハイ", "うん", "ええ", "同じ", "同上", "このとおり", "この通り", "そのとおり"}
    | {"その通り", "そのまま", "○", "〇", "◯", "正しい", "合っている", "よい", "良い", "いい", "問題なし"}
)
_NO: Final = frozenset(
    {"n", "no", "いいえ", "イイエ", "いえ", "違う", "違います", "ちがう", "ちがいます", "×", "✕", "x", "ng", "否"}
)
_ENDINGS: Final = ("です", "でよい", "でいい")


def read_answer(text: str) -> KeyAnswer:
    """Returns the answer that ``text`` gives, in any width and case, with or without a full stop."""
    word = match_key(unicodedata.normalize("NFKC", text)).lower().strip("。.!、,「」\"'")
    for ending in _ENDINGS:
        word = word.removesuffix(ending) or word
    if not word:
        return KeyAnswer.OTHER if text.strip() else KeyAnswer.NONE
    return KeyAnswer.YES if word in _YES else KeyAnswer.NO if word in _NO else KeyAnswer.OTHER


@dataclass(frozen=True, slots=True)
class Question:
    """One key of an issuer's file that is not confirmed yet."""

    key: str
    path: KeyPath
    value: object
    """The value in the catalogue so far; None for nothing."""

    @property
    def asks_for_addresses(self) -> bool:
        """True if the answer is one address or several."""
        return self.path[-1] in {"to", "cc"}

    @property
    def can_be_confirmed(self) -> bool:
        """True if there is a value that may be right."""
        return self.value not in (None, "", [])

    @property
    def is_a_table(self) -> bool:
        """True if the answer has several keys of its own: it is easier to write it into the file."""
        match self.path:
            case ("eligibility",) | ("rule" | "section" | "value", _):
                return True
            case _:
                return False


def questions_of(table: Mapping[str, Any]) -> tuple[Question, ...]:
    """Returns the questions about a copied entry: its open keys, then missing addresses and phones."""
    keys = [str(each) for each in table.get("open", ())]
    sections = table.get("section", {})
    for id_, section in sections.items() if isinstance(sections, Mapping) else ():
        for name in ("to", "phone"):
            key = f"section.{id_}.{name}"
            if not section.get(name) and f"section.{id_}" not in keys and key not in keys:
                keys.append(key)
    return tuple(Question(key, path, value_in(table, path)) for key in keys if (path := read_path(key)) is not None)


def left_to_fill_in(table: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys without which something may not be sent: what is open, and addresses that are not written."""
    asked = (each.key for each in questions_of(table) if each.asks_for_addresses)
    return tuple(dict.fromkeys((*map(str, table.get("open", ())), *_open_alternatives(table), *asked)))


def read_path(key: str) -> KeyPath | None:
    """The parts of a dotted key as TOML and ``open`` write it: ``value."工事番号".pattern``, ``section.doboku.to``."""
    try:
        found: Any = tomli.loads(f"{key} = 0")
    except (ValueError, RecursionError):
        plain = tuple(part.strip().strip('"') for part in key.split("."))
        return plain if all(plain) and "\n" not in key else None
    path = []
    while isinstance(found, dict) and len(found) == 1:
        ((part, found),) = found.items()
        path.append(part)
    return tuple(path) if found == 0 else None


def value_in(table: Mapping[str, Any], path: KeyPath) -> object:
    """Returns the value at ``path``, in a list by its place from 1 on; None for nothing."""
    found: object = table
    for part in path:
        if isinstance(found, list) and part.isdecimal():
            found = found[int(part) - 1] if 0 < int(part) <= len(found) else None
        else:
            found = found.get(part) if isinstance(found, Mapping) else None
    return found


def read_setting(text: str) -> tuple[KeyPath, object]:
    """``KEY=VALUE``: the value as TOML, a bare text if the key holds one, and ``a, b`` for a list.

    Raises FieldRefused.
    """
    key, equals, value = text.partition("=")
    path = read_path(key.strip())
    if not equals or path is None:
        raise FieldRefused("setting_form", value=text)
    return path, read_setting_value(path, value.strip())


def read_setting_value(path: KeyPath, text: str) -> object:
    """Returns the value of ``text`` under ``path``.

    Raises FieldRefused for a line break and for a word that is an answer.
    """
    value = _read_setting_value(path, text)
    for _, word in strings_in(value if isinstance(value, list) else str(value)):
        if read_answer(word) in {KeyAnswer.YES, KeyAnswer.NO}:
            raise FieldRefused("answer_word", value=word)
    return value


def _read_setting_value(path: KeyPath, text: str) -> object:
    if any(unsafe for _, unsafe in strings_in(text) if "\n" in unsafe or "\r" in unsafe):
        raise FieldRefused("unsafe_value", character="U+000A")
    name = path[-1]
    is_quoted = text[:1] in {'"', "'", "[", "{"}
    if is_quoted or name not in _TEXTS | _LISTS:
        try:
            return tomli.loads(f"x = {text}")["x"]
        except (ValueError, RecursionError):
            pass  # a bare text
    if name in _LISTS:
        return [part for each in text.replace("、", ",").split(",") if (part := each.strip())]
    return text


def answered_keys(table: Mapping[str, Any], paths: Iterable[KeyPath]) -> tuple[str, ...]:
    """Those of the file's open keys that ``paths`` answer."""
    given = set(paths)
    return tuple(str(key) for key in table.get("open", ()) if read_path(str(key)) in given)
