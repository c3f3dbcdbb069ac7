"""The documents agree with the code: the states, the packages, the words, the commands and the links."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import click
import pytest
from markdown_it import MarkdownIt

from tests import draw_packages, write_docs
from tests.build_manual import MANUAL, anchor
from tests.support.tables import every_case
from worker.cli import cli
from worker.config.settings import read_settings
from worker.core.errors import Problem
from worker.core.states import TRANSITIONS, State
from worker.store.sqlite.connection import REVISION

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
HELP_PAGES = [
    *(ROOT / name for name in ("README.md", "README.ja.md")),
    *(ROOT / "docs" / f"{name}.md" for name in MANUAL),
]
COMMAND = re.compile(r"^\s*(?:\S*/)?hoshobin (?:--config \S+ )?([a-z][a-z-]*)\b([^|\n]*)", re.MULTILINE)
SETTINGS = {
    *(
        "after",
        "authserv_id",
        "colleagues",
        "per_minute",
        "connections",
        "copy_to",
        "escalate",
        "command",
        "sent_digest",
    ),
    *("deaf_minutes", "announced_hours", "overdue_hours", "stuck_hours", "windows", "closed", "witness"),
}
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
RENEW = "run: .venv/bin/python tests/write_docs.py"


@pytest.mark.parametrize("path", write_docs.PARTS, ids=lambda path: path.name)
def test_what_is_made_from_the_code_is_current(path: Path) -> None:
    assert path.read_text() == write_docs.rewritten(path), RENEW


def test_the_diagram_shows_every_way_of_the_table_and_no_other() -> None:
    accepted = write_docs.after_acceptance()
    drawn: set[tuple[str, str, str]] = set()
    for start, target, events in re.findall(r"^ *(\S+) --> (\w+): (.+)$", write_docs.state_diagram(), re.MULTILINE):
        for state in accepted if start == write_docs.ACCEPTED else [start]:
            drawn |= {(str(state), target, event) for event in events.split(", ")}
    assert drawn == {
        (str(state or "[*]"), str(target), str(event))
        for state, row in TRANSITIONS.items()
        for event, targets in row.items()
        for target in targets
    }
    assert set(accepted) == {State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED}


def test_every_package_has_its_line_in_the_architecture_and_every_line_its_package() -> None:
    packages = write_docs.ARCHITECTURE.read_text().partition("\n## The packages")[2].partition("\n## ")[0]
    named = re.findall(r"^\| `([\w/]+)` \|", packages, re.MULTILINE)
    inits = (path.parent.relative_to(ROOT / "worker").as_posix() for path in (ROOT / "worker").rglob("__init__.py"))
    assert sorted(named) == sorted(set(inits) - {"."})


def test_the_picture_leads_to_every_package_that_another_imports_and_never_upward() -> None:
    edges, drawn = draw_packages.imports(), draw_packages.package_picture()
    arrows = set(re.findall(r"^ *(\w+) --> (\w+)$", drawn, re.MULTILINE))
    layer_of = {name: place for place, layer in enumerate(draw_packages.layers()) for name in layer}
    assert arrows <= edges
    assert reached_by(arrows) == reached_by(edges)
    assert [(upper, lower) for upper, lower in edges if layer_of[upper] >= layer_of[lower]] == []
    assert set(layer_of) == {path.parent.name for path in (ROOT / "worker").glob("*/__init__.py")}


def reached_by(edges: AbstractSet[tuple[str, str]]) -> AbstractSet[tuple[str, str]]:
    while more := {(start, end) for start, between in edges for at, end in edges if at == between} - edges:
        edges = edges | more
    return edges


@every_case("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_of_the_program_that_a_document_names_exists(path: Path) -> None:
    named = set(re.findall(r"`(?:worker/)?([a-z_]+(?:/[\w.]+)*\.py)`", path.read_text()))
    roots = (ROOT, ROOT / "worker")
    assert [name for name in sorted(named) if not any((root / name).exists() for root in roots)] == []


def test_every_setting_of_watching_and_sending_stands_there_with_the_value_it_has_when_left_out() -> None:
    install = (ROOT / "docs" / "install.md").read_text()
    rows = re.findall(r"^\| `\[([\w.]+)\] (\w+)` \| `(.+?)` \|", install, re.MULTILINE)
    bare = tomllib.loads((ROOT / "config" / "worker.toml").read_text())
    for table, key, _ in rows:
        _table(bare, table).pop(key, None)
    for table, key, default in rows:
        written = copy.deepcopy(bare)
        _table(written, table)[key] = tomllib.loads(f"x = {default}")["x"]
        found: list[Problem] = []
        assert read_settings(written, found) == read_settings(bare, found), (table, key)
        assert found == []
    assert {key for _, key, _ in rows} == SETTINGS


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    for each in name.split("."):
        document = document[each]
    return document


@every_case("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_emphasis_shows_as_asterisks(path: Path) -> None:
    """``。**`` before a letter ends no emphasis: Markdown wants a space after it."""
    inlines = MarkdownIt("commonmark").enable("table").parse(path.read_text())
    texts = (each for token in inlines for each in token.children or () if each.type == "text")
    assert [each.content for each in texts if "**" in each.content] == []


@every_case("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_of_the_project(path: Path) -> None:
    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


@every_case("path", HELP_PAGES, ids=lambda path: path.name)
def test_every_link_to_a_heading_leads_to_one(path: Path) -> None:
    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)#]*)#([^)]+)\)", path.read_text())
    assert [(page, to) for page, to in links if to not in headings_of(path.parent / page if page else path)] == []


def headings_of(path: Path) -> set[str]:
    return {anchor(each) for each in re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("path", HELP_PAGES, ids=lambda path: path.name)
def test_every_command_and_option_that_a_page_names_exists(path: Path) -> None:
    code = "\n".join(
        part for pair in re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", path.read_text(), re.DOTALL) for part in pair
    )
    faults = []
    for name, rest in COMMAND.findall(code):
        command = cli.get_command(click.Context(cli), name)
        if command is None:
            faults.append(name)
            continue
        options = set(re.findall(r"(?<!\S)--[a-z-]+", rest))
        known = options_of(command)
        faults += [f"{name} {option}" for option in options - known]
    assert faults == []


def test_the_changelog_says_what_this_version_needs_and_if_the_version_before_can_read_the_store() -> None:
    newest = (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1]
    needed = newest.partition("### 設定に必要な変更")[2].partition("\n### ")[0]
    assert newest.startswith(VERSION)
    assert f"to revision {REVISION}" in needed
    assert re.search(r"\*\*\d+\.\d+\.\d+ (cannot|can) open it afterwards", needed)


def test_this_version_has_its_rows_in_the_support_table_and_in_the_upgrade_notes() -> None:
    series = VERSION.rpartition(".")[0]
    assert re.search(rf"^\| {re.escape(series)}\.x \| all \|", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    assert re.search(rf"^\| \S+ \| {re.escape(VERSION)} \|", (ROOT / "docs" / "release.md").read_text(), re.MULTILINE)


def test_each_row_on_the_real_services_says_if_it_was_seen_or_read_and_where() -> None:
    """The rows of docs/install.md on Microsoft 365 and Google Workspace; each source that one names is in the list."""
    text = (ROOT / "docs" / "install.md").read_text()
    tables, _, sources = text.partition("\n#### Microsoft 365 で許可すること\n")[2].partition("\n#### 出典\n")
    heads = ("| 手順 ", "| 限度 ", "|---")
    rows = [line for line in tables.splitlines() if line.startswith("|") and not line.startswith(heads)]
    assert len(rows) > 30
    mark = re.compile("【(?:試験で確認|(?:公式文書|写し)で確認 [MG][^】]+)】")
    assert [row for row in rows if not mark.search(row.rstrip("| ").rpartition("|")[2])] == []
    named = {each for found in re.findall("【([^】]+)】", tables) for each in re.findall(r"\b[MG]\d+", found)}
    assert named <= set(re.findall(r"^\| ([MG]\d+) \|", sources, re.MULTILINE))


def parts_of(command: click.Command) -> list[click.Command]:
    if not isinstance(command, click.Group):
        return []
    context = click.Context(command)
    return [each for name in command.list_commands(context) if (each := command.get_command(context, name))]


def options_of(command: click.Command) -> set[str]:
    found = {"--help"}
    for each in (command, *parts_of(command)):
        for param in each.params:
            found |= {*param.opts, *param.secondary_opts}
    return found


@every_case("path", HELP_PAGES, ids=lambda path: path.name)
def test_every_target_of_make_that_a_page_names_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", path.read_text())) <= targets


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_test_command_of_the_readme_is_the_one_that_ci_runs(name: str) -> None:
    assert re.search(r"^make test\b", (ROOT / name).read_text(), re.MULTILINE)
    assert re.search(r"^make test\b", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
