"""The page of events agrees with the code: names, levels and fields; and no field of an event is one of a mail."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.sources import calls

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "events.md"
EVENTS, LINES = "_log", "_LOG"
"""The names of the loggers: of the service (JSON), of the console (plain text)."""
LEVELS = {"exception": "error"}
OF_A_MAIL = {
    *("key", "subject", "body", "text", "raw", "message"),
    *("to", "cc", "bcc", "recipient", "recipients", "address"),
}


@dataclass
class Event:
    """An event as the calls in the code give it, or a row of the page."""

    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


def in_the_code(logger: str, *sources: str) -> dict[str, Event]:
    """Returns each event of the program by its name. Raises AssertionError for a name or a field that is computed."""
    found: defaultdict[str, Event] = defaultdict(Event)
    for found_calls in map(ast.walk, map(ast.parse, sources)) if sources else calls().values():
        for node in found_calls:
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=level)) if name == logger:
                    words = node.args[0]
                    assert isinstance(words, ast.Constant), f"a computed event: {ast.unparse(node)}"
                    event = found[str(words.value).split()[0]]
                    event.levels.add(LEVELS.get(level, level))
                    assert all(each.arg for each in node.keywords), f"computed fields: {ast.unparse(node)}"
                    event.fields |= {each.arg for each in node.keywords if each.arg}
    return dict(found)


def on_the_page(heading: str, text: str | None = None) -> dict[str, Event]:
    section = (text or PAGE.read_text()).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([a-z, ]+) \| (.*?) \|", section, re.MULTILINE)
    return {name: Event(set(levels.split(", ")), set(re.findall(r"`(\w+)`", fields))) for name, levels, fields in rows}


def test_the_page_has_every_event_of_the_service_with_its_levels_and_fields_and_no_other() -> None:
    assert on_the_page("Events of the service") == in_the_code(EVENTS)


def test_the_page_has_every_line_of_the_console_with_its_level_and_no_other() -> None:
    assert on_the_page("Lines of the console") == in_the_code(LINES)


def test_every_field_has_its_type_and_content_and_no_field_is_explained_that_is_gone() -> None:
    values = PAGE.read_text().partition("\n## Values\n")[2].partition("\n## ")[0]
    explained = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", values, re.MULTILINE)
    assert explained == sorted(set().union(*(each.fields for each in in_the_code(EVENTS).values())))


def test_no_event_has_a_field_for_a_key_a_subject_a_body_or_a_recipient() -> None:
    assert [name for name, event in in_the_code(EVENTS).items() if event.fields & OF_A_MAIL] == []


@pytest.mark.parametrize("line", ["_log.info(name)", "_log.info('sent', **fields)", "_log.log(level, name, loop=n)"])
def test_an_event_that_the_page_cannot_be_compared_with_is_refused(line: str) -> None:
    with pytest.raises(AssertionError, match="computed"):
        in_the_code(EVENTS, f"def f():\n    {line}\n")


def test_each_test_that_the_page_names_exists() -> None:
    page = PAGE.read_text()
    sources = "".join((ROOT / file).read_text() for file in set(re.findall(r"`(tests/[\w/.]+)`", page)))
    names = re.findall(r"`(test_\w+)`", page)
    assert names
    assert [name for name in names if f"def {name}(" not in sources] == []
