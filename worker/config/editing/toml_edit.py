"""Edits the text of the user's TOML and keeps its comments, order and spelling.

The result is read back before it is returned: it must hold the former values and those given, and no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

import tomli

from worker.config.editing.fields import KeyPath
from worker.config.editing.import_rows import Edit
from worker.config.projects import FILE
from worker.core.errors import ConfigError, Problem

_PROJECT: Final = "project"
_OPEN: Final = "open"
_EXAMPLE: Final = "example"
_HEADING: Final = re.compile(r"^[ \t]*\[\[[ \t]*project[ \t]*\]\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ExampleEdits:
    """The examples of an issuer's file that are taken out, by number from 1 on, and the one that becomes the first."""

    dropped: tuple[int, ...] = ()
    first: Mapping[str, Any] = field(default_factory=dict)


NO_EXAMPLES: Final = ExampleEdits()


def edit_projects(content: bytes, edits: Sequence[Edit]) -> bytes:
    """``projects.toml`` with ``edits``: values of registered projects in their places, new projects at the end.

    A file without changes to registered projects is only added to, byte for byte. Raises ConfigError if its projects
    are in one list instead of under ``[[project]]``.
    """
    wanted = _applied(content, edits)
    mark, text = _without_mark(content)
    newline = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    changed = [edit for edit in edits if edit.position is not None]
    if changed:
        text = _change_projects(text, changed)
    added = "".join(_project_text(edit) for edit in edits if edit.position is None)
    if added and text and not text.endswith("\n"):
        text += "\n"
    text += added
    if newline == "\r\n":
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    try:
        return _checked(mark + text.encode(), wanted)
    except tomli.TOMLDecodeError as error:  # ``project = [ … ]`` on one line takes no [[project]] after it
        raise ConfigError([Problem(FILE, _PROJECT, "register_form", {})]) from error


def remove_project(content: bytes, position: int) -> bytes:
    """``projects.toml`` without the project at ``position``; every other byte stays.

    Raises ConfigError if its projects are in one list instead of under ``[[project]]``.
    """
    wanted = tomli.loads(content.decode("utf-8-sig"))
    del wanted[_PROJECT][position]
    mark, text = _without_mark(content)
    before, *blocks = _split(text)
    if len(blocks) != len(wanted[_PROJECT]) + 1:
        raise ConfigError([Problem(FILE, _PROJECT, "register_form", {})])
    del blocks[position]
    if not blocks:
        wanted.pop(_PROJECT)
    return _checked(mark + (before + "".join(blocks)).encode(), wanted)


def edit_issuer(
    content: bytes,
    values: Iterable[tuple[KeyPath, Any]],
    closed: Iterable[str] = (),
    opened: Iterable[str] = (),
    examples: ExampleEdits = NO_EXAMPLES,
) -> bytes:
    """An issuer's file with ``values`` under their keys; a value of None takes its key out.

    ``closed`` are taken off the list ``open``, ``opened`` are added to it. A part that is a number is a place in a list
    of tables, from 1 on; one behind the last adds a table. Raises ConfigError if an example is to go or to come, and
    the file has its examples elsewhere than at its end.
    """
    import tomlkit

    given, certain = list(values), set(closed)
    wanted = tomli.loads(content.decode("utf-8-sig"))
    mark, text = _without_mark(content)
    head, blocks = _split_examples(text, wanted)
    if not blocks and wanted.get(_EXAMPLE) and (examples.first or examples.dropped):
        raise ConfigError([Problem(str(wanted.get("name", "")), _EXAMPLE, "examples_last")])
    document = tomlkit.parse(head)
    made: list[Any] = []
    for key, value in given:
        _put_plain(wanted, key, deepcopy(value))
        made += _put_in_tables(document, key, value)
    for table in made:
        table.add(tomlkit.nl())
    for name in {key[0] for key, value in given if value is None}:
        _drop_empty(wanted, document, name)
    listed = [each for each in wanted.get(_OPEN, ()) if each not in certain]
    listed += [each for each in opened if each not in listed]
    if listed or _OPEN in wanted:
        wanted[_OPEN] = listed
        if _OPEN in document:
            _take_off(document[_OPEN], certain)
        _replace_value(document, _OPEN, listed)
    several: list[Any] = wanted.get(_EXAMPLE, [])
    for number in sorted(set(examples.dropped), reverse=True):
        del several[number - 1], blocks[number - 1]
    if examples.first:
        several.insert(0, deepcopy(dict(examples.first)))
        blocks.insert(0, "\n".join([f"[[{_EXAMPLE}]]", *_lines_of(examples.first), "", ""]))
    if several:
        wanted[_EXAMPLE] = several
    else:
        wanted.pop(_EXAMPLE, None)
    head = tomlkit.dumps(document)
    gap = "\n" if blocks and not head.endswith("\n\n") else ""
    return _checked(mark + "".join((head, gap if head.endswith("\n") else gap * 2, *blocks)).encode(), wanted)


_EXAMPLE_HEADING: Final = re.compile(r"^[ \t]*\[\[[ \t]*example[ \t]*\]\]", re.MULTILINE)


def _split_examples(text: str, table: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Returns the text before the first ``[[example]]``, then the text of each: those stay byte for byte.

    All text is before them if the file has its examples elsewhere than at its end, under headings of their own.
    """
    starts = [found.start() for found in _EXAMPLE_HEADING.finditer(text)]
    ends = [*starts, len(text)]
    blocks = [text[start:end] for start, end in zip(starts, ends[1:], strict=True)]
    head = text[: ends[0]]
    own = {name: value for name, value in table.items() if name != _EXAMPLE}
    if len(blocks) != len(table.get(_EXAMPLE, ())) or _loads(head) != own:
        return text, []
    return head, blocks


def _loads(text: str) -> dict[str, Any] | None:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError:
        return None


def _lines_of(table: Mapping[str, Any]) -> list[str]:
    return [f"{_written_key(key)} = {_written(value)}" for key, value in table.items()]


def new_issuer_text(values: Iterable[tuple[KeyPath, Any]], opened: Iterable[str]) -> bytes:
    """The file of a new issuer, its tables in the order of the published page."""
    table: dict[str, Any] = {}
    for key, value in values:
        _put_plain(table, key, deepcopy(value))
    table[_OPEN] = list(opened)
    lists = {name: value for name, value in table.items() if _is_list_of_tables(value)}
    tables = {name: value for name, value in table.items() if isinstance(value, dict)}
    lines = _lines_of({name: value for name, value in table.items() if name not in {*lists, *tables}})
    for name, several in lists.items():
        for each in several:
            lines += ["", f"[[{name}]]", *_lines_of(each)]
    for name, inner in tables.items():
        for id_, each in inner.items():
            lines += ["", f"[{name}.{_written_key(id_)}]", *_lines_of(each)]
    return _checked(("\n".join(lines) + "\n").encode(), table)


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _put_plain(table: Any, key: KeyPath, value: Any) -> None:
    """As ``_put``, with places in lists of tables."""
    first, *rest = key
    if len(rest) > 1 and rest[0].isdecimal():
        several = table.setdefault(first, [])
        at = int(rest[0]) - 1
        if at == len(several):
            several.append({})
        _put(several[at], tuple(rest[1:]), value)
    else:
        _put(table, key, value)


def _put_in_tables(document: Any, key: KeyPath, value: Any) -> list[Any]:
    """Puts ``value`` into the document; returns the tables that were missing and got a heading of their own."""
    import tomlkit

    first, *rest = key
    made: list[Any] = []
    if len(rest) > 1 and rest[0].isdecimal():
        at = int(rest[0]) - 1
        if first not in document:
            document.append(first, tomlkit.aot())
        if at == len(document[first]):
            document[first].append(tomlkit.table())
            made.append(document[first][at])
        _put_value(document[first][at], tuple(rest[1:]), value)
        return made
    if value is not None and len(key) > _NAMED_TABLE and not _has(document, key[:_NAMED_TABLE]):
        if first not in document:
            document.append(first, tomlkit.table(is_super_table=True))
        document[first][rest[0]] = tomlkit.table()
        made.append(document[first][rest[0]])
    _put_value(document, key, value)
    return made


def _drop_empty(wanted: dict[str, Any], document: Any, name: str) -> None:
    """Takes out the tables of a list in which no key is left."""
    several = wanted.get(name)
    if not isinstance(several, list) or {} not in several:
        return
    for at in reversed(range(len(several))):
        if several[at] == {}:
            del several[at], document[name][at]
    if not several:
        del wanted[name], document[name]


_NAMED_TABLE: Final = 2
"""Parts of the path of a table with a heading: ``[section.doboku]``, ``[rule.default]``."""


def _has(document: Any, key: KeyPath) -> bool:
    for part in key:
        if part not in document:
            return False
        document = document[part]
    return True


def _without_mark(content: bytes) -> tuple[bytes, str]:
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    return mark, content.decode("utf-8-sig")


def _checked(content: bytes, wanted: Mapping[str, Any]) -> bytes:
    if tomli.loads(content.decode("utf-8-sig")) != wanted:
        raise AssertionError("the text written does not say what was meant")
    return content


def _applied(content: bytes, edits: Sequence[Edit]) -> dict[str, Any]:
    """Returns the values that the file must have afterwards."""
    wanted = tomli.loads(content.decode("utf-8-sig"))
    projects = wanted.setdefault(_PROJECT, []) if edits else []
    for edit in edits:
        project: dict[str, Any] = {} if edit.position is None else projects[edit.position]
        for key, value in edit.values:
            _put(project, key, deepcopy(value))
        if edit.position is None:
            projects.append(project)
    return wanted


def _put(table: dict[str, Any], key: KeyPath, value: Any) -> None:
    """Puts ``value`` under ``key``; None takes the key out, and a table that is left empty."""
    if value is None:
        _take_out(table, key)
        return
    for part in key[:-1]:
        inner = table.get(part)
        if not isinstance(inner, dict):
            inner = table[part] = {}
        table = inner
    table[key[-1]] = value


def _take_out(table: Any, key: KeyPath) -> None:
    first, *rest = key
    if first not in table:
        return
    if rest:
        _take_out(table[first], tuple(rest))
        if len(table[first]):
            return
    del table[first]


def _project_text(edit: Edit) -> str:
    """A new ``[[project]]``, its keys on a line each."""
    project: dict[str, Any] = {}
    for key, value in edit.values:
        _put(project, key, value)
    lines = [f"[[{_PROJECT}]]", *(f"{_written_key(name)} = {_written(value)}" for name, value in project.items())]
    return "\n" + "\n".join(lines) + "\n"


def _change_projects(text: str, edits: Sequence[Edit]) -> str:
    """Each changed project is edited alone, so that nothing else in the file can be touched.

    tomlkit would take ten seconds for a register of 10,000, and drops a space after dates.
    """
    before, *blocks = _split(text)
    known = len(tomli.loads(text)[_PROJECT])
    if len(blocks) != known:  # a text of several lines that looks like a heading, or one list of tables
        before, blocks = "", [text]
    for edit in edits:
        at = edit.position if len(blocks) == known else 0
        inside = 0 if len(blocks) == known else edit.position
        if at is not None:
            blocks[at] = _change_block(blocks[at], inside, edit)
    return before + "".join(blocks)


def _split(text: str) -> list[str]:
    """Returns the text before the first ``[[project]]``, then the text of each."""
    starts = [found.start() for found in _HEADING.finditer(text)]
    ends = [*starts, len(text)]
    return [text[: ends[0]], *(text[start:end] for start, end in zip(starts, ends[1:], strict=True))]


def _change_block(text: str, inside: int | None, edit: Edit) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    projects: Any = document[_PROJECT]
    for key, value in edit.values:
        _put_value(projects[inside], key, value)
    return tomlkit.dumps(document)


def _put_value(table: Any, key: KeyPath, value: Any) -> None:
    """Puts ``value`` under ``key``, None takes it out; an inline table, or a missing one, is written as a whole."""
    from tomlkit.items import InlineTable

    if value is None:
        _take_out(table, key)
        return
    for at, part in enumerate(key[:-1]):
        inner = table.get(part)
        if not isinstance(inner, dict) or isinstance(inner, InlineTable):
            plain: dict[str, Any] = inner.unwrap() if isinstance(inner, InlineTable) else {}
            _put(plain, key[at + 1 :], value)
            _replace_value(table, part, plain)
            return
        table = inner
    _replace_value(table, key[-1], value)


def _replace_value(table: Any, name: str, value: Any) -> None:
    """Replaces the value of ``name``; the comment behind it stays, and those within a list that grows."""
    import tomlkit
    from tomlkit.items import Array

    former = table.get(name)
    if isinstance(former, Array) and isinstance(value, list) and value[: len(former)] == former.unwrap():
        for each in value[len(former) :]:
            former.append(each)
        return
    written: Any = tomlkit.parse(f"x = {_written(value)}\n")["x"]
    if former is not None and hasattr(former, "trivia"):
        written.trivia.comment_ws, written.trivia.comment = former.trivia.comment_ws, former.trivia.comment
        written.trivia.trail = former.trivia.trail
    table[name] = written


def _written(value: Any) -> str:
    """``value`` as TOML on one line."""
    import tomlkit

    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_written_key(name)} = {_written(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(tomlkit.item(value).as_string())


def _written_key(name: str) -> str:
    from tomlkit.items import SingleKey

    return SingleKey(name).as_string()


def _take_off(array: Any, certain: set[str]) -> None:
    for at in reversed(range(len(array))):
        if str(array[at]) in certain:
            del array[at]
