"""Edits of issuers' files: fields given as texts, an open key answered, a new issuer.

Each function takes the bytes of ``issuers/ID.toml`` as they are now and returns the bytes to write. A field that
another person changed since it was shown is never overwritten, and an example goes only by its number.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from worker.config.addresses import NAME
from worker.config.editing.catalogue import full_name_in, left_to_fill_in, questions_of, value_in
from worker.config.editing.fields import FieldRefused, KeyPath
from worker.config.editing.import_rows import Change
from worker.config.editing.issuer_fields import (
    ASKED_BY_MAIL,
    ASKED_OF_RULE,
    UNKNOWN_WORD,
    example_of_sample,
    key_text,
    means_unknown,
    open_paths,
    read_issuer_fields,
    section_names,
    text_of_value,
    texts_of,
)
from worker.config.editing.register import FieldConflict
from worker.config.editing.toml_edit import ExampleEdits, edit_issuer, new_issuer_text
from worker.config.issuers import issuer_file
from worker.config.rule_layers import DEFAULT, FROM_PROJECT, layers
from worker.config.toml import parse_toml
from worker.core.errors import ConfigError, NotAllowed, Problem
from worker.core.model import PRODUCT_NAMES, Channel, Product
from worker.core.rulebook import Contract, Guarantor
from worker.core.text import match_key


class IssuerAct(StrEnum):
    """The act of a person on an issuer's file (machine output)."""

    ADDED = "added"
    EDITED = "edited"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class IssuerEdit:
    """One act on one issuer: its file before and after, and each value that changes."""

    act: IssuerAct
    issuer: str
    """Its id."""
    name: str
    former: bytes | None
    """None for a new issuer."""
    content: bytes
    changes: tuple[Change, ...]
    """A key under ``open`` is True while it is open. ``example`` and a number: an example that goes or comes."""
    before: Mapping[KeyPath, str]
    after: Mapping[KeyPath, str]
    """The texts of the fields."""
    seen_at: str = ""
    """The place at which the person found the value: a page, a call."""
    seen_on: dt.date | None = None

    @property
    def section_names(self) -> dict[str, str]:
        """The name of each section by its id."""
        return section_names(read_issuer_table(self.issuer, self.content))

    @property
    def file(self) -> str:
        """The name of its file."""
        return issuer_file(self.issuer)

    def text(self, path: KeyPath, *, is_before: bool) -> str:
        """Returns the text of a changed field."""
        return (self.before if is_before else self.after).get(path, "")


class IssuerConflict(NotAllowed):
    """Raised if fields of an issuer were changed since they were shown; nothing was written."""

    def __init__(self, issuer: str, conflicts: Sequence[FieldConflict]) -> None:
        fields = [f"{key_text(each.key)}：{each.now or '—'}" for each in conflicts]
        super().__init__("issuer_conflict", issuer=issuer, fields=fields)
        self.issuer = issuer
        self.conflicts = tuple(conflicts)


@dataclass(frozen=True, slots=True)
class PageSample:
    """The subject that the issuer's page shows as a sample."""

    subject: str
    product: Product = Product.CONTRACT
    project_name: str = ""
    """The project named in it; empty: read by the form of the subject."""


@dataclass(frozen=True, slots=True)
class IssuerAnswers:
    """The texts that a person gave, as typed, and the texts that the person was shown."""

    texts: Mapping[KeyPath, str]
    seen: Mapping[KeyPath, str] | None = None
    """None: the file was just read."""
    sample: PageSample | None = None
    dropped: tuple[int, ...] = ()
    """Numbers of the examples that the person takes out, from 1 on."""


def read_issuer_table(issuer: str, content: bytes) -> Mapping[str, Any]:
    """Returns an issuer's table. Raises ConfigError if it is no TOML."""
    found: list[Problem] = []
    table = parse_toml(issuer_file(issuer), content, found)
    if found or table is None:
        raise ConfigError(found)
    return table


# --- Changing one ------------------------------------------------------------------------------------------------


def change_fields(
    issuer: str, content: bytes, answers: IssuerAnswers, guarantors: Sequence[Guarantor], today: dt.date
) -> IssuerEdit:
    """Returns the edit that gives an issuer the values of the texts; an empty text takes a key out.

    The last open key that is answered sets the day on which the file was compared with its source. Raises ConfigError
    for a text that is no value of its field, IssuerConflict, NotAllowed ``issuer_same``.
    """
    return _edited(IssuerAct.EDITED, issuer, content, answers, guarantors, today)


def answer_open_key(
    issuer: str,
    content: bytes,
    path: KeyPath,
    text: str,
    seen_at: str,
    seen_on: dt.date,
    guarantors: Sequence[Guarantor],
) -> IssuerEdit:
    """Returns the edit that answers one open key: its value, and that it is certain now.

    An empty text confirms the value that is there. Raises ConfigError ``empty`` if there is none, or the place at
    which it was found is not given, NotAllowed ``issuer_not_open`` if the key is not open any more.
    """
    table = read_issuer_table(issuer, content)
    file = issuer_file(issuer)
    if path not in open_paths(table) and path not in [each.path for each in questions_of(table)]:
        raise NotAllowed("issuer_not_open", issuer=issuer, key=key_text(path))
    former = value_in(table, path)
    problems = [] if seen_at.strip() else [Problem(file, "seen_at", "empty")]
    is_nothing = former in (None, "", [], Channel.UNKNOWN.value) and path != ("eligibility",)  # no range: no limit
    if means_unknown(text) or (not text.strip() and is_nothing):
        problems.append(Problem(file, key_text(path), "empty"))
    if problems:
        raise ConfigError(problems)
    texts: dict[KeyPath, str] = {("open", *path): ""}
    if text.strip():
        texts[path] = text
    return _edited(
        IssuerAct.ANSWERED, issuer, content, IssuerAnswers(texts), guarantors, seen_on, seen_at.strip(), seen_on
    )


def _edited(
    act: IssuerAct,
    issuer: str,
    content: bytes,
    answers: IssuerAnswers,
    guarantors: Sequence[Guarantor],
    today: dt.date,
    seen_at: str = "",
    seen_on: dt.date | None = None,
) -> IssuerEdit:
    table = read_issuer_table(issuer, content)
    before = texts_of(table, guarantors)
    values = read_issuer_fields(issuer_file(issuer), _changed(answers, before), table, guarantors)
    _refuse_conflicts(issuer, answers, before, values, guarantors, table)
    opened, closed = _open_changes(table, values)
    given = [(path, value) for path, value in values.items() if path[0] != "open" and value_in(table, path) != value]
    later = edit_issuer(content, given, closed, opened)
    if table.get("eligibility") and not read_issuer_table(issuer, later).get("eligibility"):
        # Without any range every project would be taken: the question is open again until a person answers it.
        later = edit_issuer(later, (), (), ["eligibility"])
    example = _example(issuer, later, answers.sample)
    listed = table.get("example", [])
    if example is not None and _is_there(example, listed):
        example = None
    examples = ExampleEdits(tuple(each for each in answers.dropped if 0 < each <= len(listed)), example or {})
    later = edit_issuer(later, (), (), (), examples)
    fresh = read_issuer_table(issuer, later)
    if left_to_fill_in(table) and not left_to_fill_in(fresh) and ("checked_on",) not in dict(given):
        later = edit_issuer(later, [(("checked_on",), today)])
        fresh = read_issuer_table(issuer, later)
    after = texts_of(fresh, guarantors)
    changes = (*_changes(before, after, table, fresh), *_example_changes(listed, examples))
    if not changes:
        raise NotAllowed("issuer_same", issuer=issuer)
    name = full_name_in(fresh)
    return IssuerEdit(act, issuer, name, content, later, changes, before, after, seen_at, seen_on)


def _changed(answers: IssuerAnswers, before: Mapping[KeyPath, str]) -> dict[KeyPath, str]:
    """The texts that the person changed: a field left as it was shown is not given."""
    seen = before if answers.seen is None else answers.seen
    return {path: text for path, text in answers.texts.items() if _lines(text) != _lines(seen.get(path, ""))}


def _lines(text: str) -> str:
    """A browser sends the lines of a text with other line ends."""
    return text.replace("\r\n", "\n").strip()


def _refuse_conflicts(
    issuer: str,
    answers: IssuerAnswers,
    before: Mapping[KeyPath, str],
    values: Mapping[KeyPath, Any],
    guarantors: Sequence[Guarantor],
    table: Mapping[str, Any],
) -> None:
    """Raises IssuerConflict for the fields that another person changed meanwhile to another value."""
    if answers.seen is None:
        return
    companies = {each.id: each.name for each in guarantors}
    conflicts = []
    for path, value in values.items():
        shown, now = _lines(answers.seen.get(path, "")), _lines(before.get(path, ""))
        if path[0] == "open":
            given = UNKNOWN_WORD if value else ""
        else:
            given = _lines(text_of_value(path, value, section_names(table), companies))
        if now not in {shown, given}:
            conflicts.append(FieldConflict(path, shown, now, answers.texts.get(path, given)))
    if conflicts:
        raise IssuerConflict(issuer, conflicts)


def _open_changes(table: Mapping[str, Any], values: Mapping[KeyPath, Any]) -> tuple[list[str], list[str]]:
    """The keys to add to ``open``, and those to take off it."""
    known = open_paths(table)
    flags = {path[1:]: bool(value) for path, value in values.items() if path[0] == "open"}
    opened = [".".join(path) for path, is_open in flags.items() if is_open and path not in known]
    return opened, [known[path] for path, is_open in flags.items() if not is_open and path in known]


def _changes(
    before: Mapping[KeyPath, str], after: Mapping[KeyPath, str], table: Mapping[str, Any], fresh: Mapping[str, Any]
) -> Iterable[Change]:
    for path in dict.fromkeys((*before, *after)):
        if path[0] == "open":
            if before.get(path, "") != after.get(path, ""):
                yield Change(path, bool(before.get(path)), bool(after.get(path)))
        elif value_in(table, path) != value_in(fresh, path):
            yield Change(path, value_in(table, path), value_in(fresh, path))


def _example_changes(listed: Sequence[Any], examples: ExampleEdits) -> Iterable[Change]:
    for number in examples.dropped:
        yield Change(("example", str(number)), listed[number - 1], None)
    if examples.first:
        yield Change(("example", "new"), None, examples.first)


# --- The page's sample -------------------------------------------------------------------------------------------


def _example(issuer: str, content: bytes, sample: PageSample | None) -> dict[str, Any] | None:
    """The example of the page's sample, under the rule as it is in ``content``. Raises ConfigError."""
    if sample is None or not sample.subject.strip():
        return None
    table = read_issuer_table(issuer, content)
    rule = _rule_of(table, sample.product)
    words = rule.get("product_words")
    word = words.get(sample.product.value) if isinstance(words, Mapping) else None
    try:
        example = example_of_sample(
            str(rule.get("subject", "")),
            sample.product,
            str(word or PRODUCT_NAMES[sample.product]),
            sample.subject.strip(),
            sample.project_name.strip(),
            str(table.get("name", "")),
        )
    except FieldRefused as refused:
        raise ConfigError([Problem(issuer_file(issuer), "sample", refused.code, refused.params)]) from refused
    if rule.get("section", FROM_PROJECT) == FROM_PROJECT:
        example["project"]["section"] = next(iter(section_names(table)), "")
    if sample.product is not Product.CONTRACT:
        example["project"]["invoice"] = {sample.product.value: "separate"}
    return example


def _rule_of(table: Mapping[str, Any], product: Product) -> dict[str, Any]:
    """The keys that the tables of a product write, the later table over the earlier."""
    rule: dict[str, Any] = {}
    for name in layers(product, Contract.ORIGINAL):
        written = value_in(table, ("rule", name))
        if isinstance(written, Mapping):
            words = {**rule.get("product_words", {}), **written.get("product_words", {})}
            rule |= {**written, "product_words": words}
    return rule


def _is_there(example: Mapping[str, Any], listed: Iterable[Any]) -> bool:
    wanted = (example["product"], example["expect"]["subject"])
    return any(
        isinstance(each, Mapping) and (each.get("product"), value_in(each, ("expect", "subject"))) == wanted
        for each in listed
    )


# --- A new one ---------------------------------------------------------------------------------------------------

_HOST_KINDS: Final = frozenset({"www", "city", "town", "vill", "village", "pref", "metro", "lg", "jp"})
FIRST_SECTION: Final = "ka1"
"""The id of the first section of a new issuer, as ``free_section`` gives it."""


def add_new_issuer(
    issuer: str,
    answers: IssuerAnswers,
    guarantors: Sequence[Guarantor],
    taken: Mapping[str, str],
    today: dt.date,
    catalogue: bytes | None = None,
) -> IssuerEdit:
    """Returns the edit that adds an issuer; what the page does not answer is put on the list ``open``.

    ``taken`` are the names of the present issuers by id. ``catalogue`` is the shipped file that is taken over, with the
    texts in the place of its own. Raises ConfigError, NotAllowed ``issuer_exists``.
    """
    file = issuer_file(issuer)
    if not NAME.fullmatch(issuer):
        raise ConfigError([Problem(file, "id", "bad_name", {"name": issuer})])
    if issuer in taken:
        raise NotAllowed("issuer_exists", issuer=taken[issuer])
    if catalogue is not None:
        content = catalogue
        changed = _changed(answers, texts_of(read_issuer_table(issuer, content), guarantors))
        if changed or answers.sample or answers.dropped:
            content = _edited(IssuerAct.ADDED, issuer, content, answers, guarantors, today).content
    else:
        content = _new_content(file, answers, guarantors)
        example = _example(issuer, content, answers.sample)
        if example is not None:
            content = edit_issuer(content, (), (), (), ExampleEdits(first=example))
    fresh = read_issuer_table(issuer, content)
    after = texts_of(fresh, guarantors)
    changes = tuple(
        Change(path, None, True if path[0] == "open" else value_in(fresh, path)) for path, text in after.items() if text
    )
    samples = [Change(("example", "new"), None, each) for each in fresh.get("example", ())]
    name = full_name_in(fresh)
    if match_key(name) in set(map(match_key, taken.values())):
        raise NotAllowed("issuer_exists", issuer=name)
    return IssuerEdit(IssuerAct.ADDED, issuer, name, None, content, (*changes, *samples), {}, after)


def _new_content(file: str, answers: IssuerAnswers, guarantors: Sequence[Guarantor]) -> bytes:
    texts = {("name",): "", **answers.texts}
    values = read_issuer_fields(file, texts, {}, guarantors)
    given = [(path, value) for path, value in values.items() if path[0] != "open" and value is not None]
    known = dict(given)
    if not any(path[0] == "section" for path in known):
        raise ConfigError([Problem(file, key_text(("section", FIRST_SECTION, "name")), "empty")])
    opened = [path[1:] for path, value in values.items() if path[0] == "open" and value]
    opened += [path for path in _unanswered(known) if path not in opened]
    return new_issuer_text(given, [".".join(path) for path in opened])


def _unanswered(values: Mapping[KeyPath, Any]) -> Iterable[KeyPath]:
    """The questions of every page that have no answer: those about the mail only if it may be a mail."""
    channel = values.get(("rule", DEFAULT, "channel"))
    is_mailed = channel in {None, Channel.EMAIL.value, Channel.UNKNOWN.value}
    for key in ASKED_OF_RULE:
        if ("rule", DEFAULT, key) not in values and (is_mailed or key not in ASKED_BY_MAIL):
            yield ("rule", DEFAULT, key)
    for section in dict.fromkeys(path[1] for path in values if path[0] == "section"):
        if is_mailed and ("section", section, "to") not in values:
            yield ("section", section, "to")


def propose_id(name: str, source: str, taken: Iterable[str]) -> str:
    """Returns an id for a new issuer: the name in its page's address (``www.city.umibe.…``), else the next number."""
    known = set(taken)
    host = (urlsplit(source).hostname or "") if re.match(r"https?://", source) else ""
    parts = [each for each in host.split(".") if each not in _HOST_KINDS]
    own = next((each for each in parts if re.fullmatch(r"[a-z][a-z0-9-]{1,30}", each)), "")
    if not own and name.isascii() and NAME.fullmatch(name):
        own = name
    if own and own not in known:
        return own
    return next(id_ for number in range(1, len(known) + 2) if (id_ := f"{own or 'issuer'}{number}") not in known)
