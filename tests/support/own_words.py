"""The words of a page that are the interface's own: its texts without what people, mails and files brought.

Text within ``lang="ja"`` of a page in English is foreign: a mail's subject and body, and what was read from a paper.
"""

from __future__ import annotations

import json
import re
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

from tests.support.office import Office
from worker import config
from worker.config.editing.issuer_fields import office_template
from worker.core.messages import _TEXTS

JAPANESE: Final = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
SHOWN_ATTRIBUTES: Final = ("title", "placeholder", "aria-label", "alt", "data-done", "data-head")
"""Attributes that a browser shows or reads out."""
WITHOUT_END: Final = frozenset({"br", "col", "img", "input", "link", "meta", "rect", "source"})
OF_PAPERS_TOO: Final = frozenset({"契約保証", "前払金保証", "中間前払金保証", "認証キー", "認証キーのお知らせ"})
"""Our words that are written on the surety companies' papers and in subjects as well."""


class _Texts(HTMLParser):
    """Collects the texts of a page outside its Japanese elements, and its shown attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [text for name in SHOWN_ATTRIBUTES if (text := given.get(name))]
        if tag not in WITHOUT_END:
            is_foreign = given.get("lang") == "ja" or (bool(self._open) and self._open[-1][1])
            self._open.append((tag, is_foreign))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self._open and self._open[-1][1]):
            self.found.append(data.strip())


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
            if value[:1] in {"{", "["}:
                try:
                    yield from _strings(json.loads(value))
                except ValueError:
                    return
        case dict():
            for name, each in value.items():
                yield name
                yield from _strings(each)
        case list() | tuple():
            for each in value:
                yield from _strings(each)


def foreign_words(office: Office) -> tuple[str, ...]:
    """Returns the Japanese texts of the office's database and configuration, the longest first."""
    found: set[str] = set()
    with closing(sqlite3.connect(office.store / "hoshobin.sqlite3")) as database:
        database.text_factory = lambda text: text.decode(errors="replace")
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):
                found.update(_strings([each for each in row if isinstance(each, str)]))
    shipped = (Path(config.__file__).parents[2] / "config").glob("guarantors.toml")
    for path in (*office.config.rglob("*.toml"), *shipped):
        found.update(_strings(json.loads(json.dumps(tomllib.loads(path.read_text()), default=str))))
    found |= {office_template(each) for each in found if "{" in each}
    ours = {japanese for japanese, _ in _TEXTS.values()} - OF_PAPERS_TOO
    return tuple(sorted((each for each in found - ours if _is_foreign(each)), key=len, reverse=True))


def _is_foreign(text: str) -> bool:
    return len(text) > 1 and JAPANESE.search(text) is not None


def japanese_left(html: str, foreign: tuple[str, ...]) -> list[str]:
    """Returns the texts of a page in English in which Japanese is left that is not foreign."""
    page = _Texts()
    page.feed(html)
    return [text for text in page.found if JAPANESE.search(_without(text, foreign))]


def _without(text: str, foreign: tuple[str, ...]) -> str:
    if JAPANESE.search(text):
        for each in foreign:
            text = text.replace(each, "")
    return text
