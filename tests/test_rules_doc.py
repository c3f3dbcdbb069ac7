"""What docs/rules.ja.md says of the configuration is what the configuration takes: every key, every example."""

from __future__ import annotations

import copy
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomlkit

sys.path.insert(0, str(Path(__file__).parent / "steps"))
from config_samples import GUARANTORS, ISSUER, PROJECTS, WORKER

from worker.configuration import Configuration, load_configuration
from worker.example_tables import _Example, _Expect
from worker.examples import count_examples, try_examples
from worker.project_tables import ProjectTable
from worker.render import FILTERS, Renderer
from worker.rule_tables import RULE_TABLES, RuleTable
from worker.rulebook import (
    Award,
    Closing,
    Contract,
    CountedBy,
    InvoiceRule,
    NoticeForm,
    Timing,
    When,
    Width,
    WorkKind,
)
from worker.rules import SectionTable, _Eligibility, _Issuer, _ValueForm
from worker.template_rules import ATTRIBUTES, VARIABLES

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "rules.ja.md").read_text()
TEMPLATES = ROOT / "templates" / "mail"
BLOCKS = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
WHOLE_ISSUERS = [block for block in BLOCKS if re.match(r"# issuers/[\w-]+\.toml\n", block)]

Table = dict[str, Any]


# --- What the page holds -------------------------------------------------------------------------------------------


def keys_of(name: str) -> dict[str, str]:
    """Key → its example, of the table that follows the mark ``name``."""
    part = DOCUMENT.partition(f"<!-- keys: {name} -->\n")[2]
    table = re.match(r"(?:\|.*\n)+", part)
    assert table is not None, name
    return {
        key: text.replace("\\|", "|")
        for key, text in re.findall(r"^\| `(\w+)` \|.*\| `(.+)` \|$", table[0], re.MULTILINE)
    }


SHAPES: Mapping[str, tuple[set[str], set[str]]] = {
    "issuer": (set(_Issuer.model_fields), {"section", "rule", "value", "eligibility", "example"}),
    "section": (set(SectionTable.model_fields), set()),
    "rule": (set(RuleTable.model_fields), set()),
    "value": (set(_ValueForm.model_fields), set()),
    "eligibility": ({field.alias or name for name, field in _Eligibility.model_fields.items()}, set()),
    "example": (set(_Example.model_fields), set()),
    "expect": (set(_Expect.model_fields), set()),
    "project": (set(ProjectTable.model_fields), set()),
}
"""What the code takes, and which of it has a table of its own in the page."""


@pytest.mark.parametrize("name", SHAPES)
def test_every_key_has_its_line_and_every_line_its_key(name: str) -> None:
    keys, told_elsewhere = SHAPES[name]
    assert set(keys_of(name)) == keys - told_elsewhere


def test_every_table_and_every_word_that_a_key_takes_is_told() -> None:
    words = [
        word
        for words in (InvoiceRule, NoticeForm, Timing, When, Closing, Width, WorkKind, Award, CountedBy, Contract)
        for word in words
    ]
    assert [word for word in words if not re.search(rf'`"?{word.value}"?`', DOCUMENT)] == []
    assert [name for name in RULE_TABLES if not re.search(rf"`(\[rule\.)?{name}\]?`", DOCUMENT)] == []


def test_every_name_and_every_filter_that_a_template_may_use_is_told() -> None:
    assert [name for name in VARIABLES if not re.search(rf"`(?:{{{{ )?{name}\b", DOCUMENT)] == []
    assert [name for name in FILTERS if f"`{name}`" not in DOCUMENT] == []
    used = ("notice", "contractor")
    assert [
        f"{name}.{each}" for name in used for each in ATTRIBUTES[name] if f"{name}.{each} }}}}`" not in DOCUMENT
    ] == []


# --- Its examples ----------------------------------------------------------------------------------------------------


def load(issuer: Table | None = None, projects: Table | None = None, **more: str) -> Configuration:
    files = {
        "worker.toml": WORKER + more.get("worker", ""),
        "guarantors.toml": GUARANTORS,
        "issuers/mihon.toml": tomlkit.dumps(issuer) if issuer else ISSUER,
        "projects.toml": tomlkit.dumps(projects) if projects else more.get("projects", PROJECTS),
    }
    files |= {name: text for name, text in more.items() if name.startswith("issuers/")}
    bodies = {f"templates/mail/{path.name}": path.read_bytes() for path in TEMPLATES.iterdir()}
    return load_configuration({name: text.encode() for name, text in files.items()} | bodies)


def laid_over(base: Table, more: Table) -> Table:
    merged = copy.deepcopy(base)
    for key, value in more.items():
        is_table = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = laid_over(merged[key], value) if is_table else value
    return merged


def in_issuer(place: Callable[[Table], Table]) -> Callable[[Table], Configuration]:
    return lambda example: load(issuer=laid_over(tomllib.loads(ISSUER), place(example)))


def in_project(example: Table) -> Configuration:
    register = tomllib.loads(PROJECTS)
    return load(projects={"project": [register["project"][0] | example]})


EXAMPLE = {"product": "contract", "project": {"name": "道路改良工事", "section": "doboku"}, "expect": {}}

PLACES: Mapping[str, Callable[[Table], Configuration]] = {
    "issuer": in_issuer(lambda example: example),
    "section": in_issuer(lambda example: {"section": {"keiyaku": {"name": "契約課"} | example}}),
    "rule": in_issuer(lambda example: {"section": {"keiyaku": {"name": "契約課"}}, "rule": {"default": example}}),
    "value": in_issuer(lambda example: {"value": {"工事番号": example}}),
    "eligibility": in_issuer(
        lambda example: {"eligibility": [{"from": EXAMPLE_DAY, "counted_by": ["contract"]} | example]}
    ),
    "example": in_issuer(lambda example: {"example": [EXAMPLE | example]}),
    "expect": in_issuer(lambda example: {"example": [EXAMPLE | {"expect": example}]}),
    "project": in_project,
}
EXAMPLE_DAY = tomllib.loads("day = 2026-04-01")["day"]


@pytest.mark.parametrize("name", PLACES)
def test_the_example_of_every_key_loads_where_the_page_puts_it(name: str) -> None:
    for key, text in keys_of(name).items():
        example = tomllib.loads(text)
        assert list(example) == [key]
        PLACES[name](example)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0])
def test_every_block_of_toml_loads(block: str) -> None:
    first = block.partition("\n")[0]
    if first == "# projects.toml":
        assert load(projects=tomllib.loads(block)).projects
    elif first == "# worker.toml の一部":
        assert load(worker=block).settings.import_columns
    elif first == "# issuers/mihon.toml の一部":
        assert load(issuer=laid_over(tomllib.loads(ISSUER), tomllib.loads(block)))
    else:
        assert block in WHOLE_ISSUERS, first


@pytest.mark.parametrize("block", WHOLE_ISSUERS, ids=lambda block: block.partition("\n")[0])
def test_every_whole_issuer_loads_and_does_what_its_examples_say(block: str) -> None:
    file = block.partition("\n")[0].removeprefix("# ")
    configuration = load(**{file: block})
    assert count_examples(configuration) == 2
    assert try_examples(configuration, lambda name: (TEMPLATES / name).read_text(), Renderer()) == ()


def test_the_page_has_three_whole_issuers() -> None:
    assert len(WHOLE_ISSUERS) == 3


# --- The sample configuration ----------------------------------------------------------------------------------------


def load_sample(**changed: str) -> Configuration:
    config = ROOT / "config"
    names = ("worker.toml", "projects.toml", "guarantors.toml", "issuers/higashiizu.toml")
    return load_configuration({name: changed.get(name, (config / name).read_text()).encode() for name in names})


def without_marks(name: str, pattern: str) -> list[str]:
    """The lines of a sample file that are switched off by a # before them."""
    return re.findall(rf"^# ({pattern}.*)$", (ROOT / "config" / name).read_text(), re.MULTILINE)


def test_the_sample_register_names_every_key_and_loads_with_each_that_is_switched_off() -> None:
    register = tomllib.loads((ROOT / "config" / "projects.toml").read_text())
    project = register["project"][0]
    switched_off = [tomllib.loads(line) for line in without_marks("projects.toml", r"[a-z_]+ = ")]
    of_second = {"name", "issuer", "section", "contract_numbers"}
    named = set(project)
    for each in switched_off:
        key = next(iter(each))
        if key in of_second:
            continue
        more = {"invoice": each} if key in {"advance", "interim"} else each
        named |= set(more)
        assert load_sample(**{"projects.toml": tomlkit.dumps({"project": [project | more]})}).projects
    assert named == set(ProjectTable.model_fields)


def test_the_sample_settings_load_with_the_import_switched_on() -> None:
    text = (ROOT / "config" / "worker.toml").read_text()
    lines = [*without_marks("worker.toml", r"\[import\]"), *without_marks("worker.toml", "columns = ")]
    configuration = load_sample(**{"worker.toml": text + "\n".join(lines)})
    assert len(lines) == 2
    assert configuration.settings.import_columns
    assert load_sample().settings.import_columns == {}
