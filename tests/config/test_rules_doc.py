"""docs/rules.ja.md describes the configuration that the code accepts: every key, every example."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from tests.support.config_samples import GUARANTORS, ISSUER, PROJECTS, WORKER
from tests.support.tables import every_case
from worker.compose.rule_examples import count_examples, try_examples
from worker.config.issuers import SectionTable, _Eligibility, _Example, _Expect, _Issuer, _ValueForm
from worker.config.load import Configuration, load_configuration
from worker.config.projects import ProjectTable
from worker.config.rule_layers import RULE_TABLES
from worker.config.rule_tables import RuleTable
from worker.config.template_check import ATTRIBUTES, VARIABLES
from worker.config.templates import FILTERS, Renderer
from worker.core.model import Channel, Product
from worker.core.rulebook import (
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
    open_for,
)

ROOT = Path(__file__).parents[2]
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
    "project": ({field.alias or name for name, field in ProjectTable.model_fields.items()}, set()),
}
"""The tables that the code accepts and that have a table of their own in the page, with their keys."""


@every_case("name", SHAPES)
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


def rows_below(heading: str) -> list[list[str]]:
    """The cells of the table below ``heading``, without its head."""
    part = DOCUMENT.partition(f"#### {heading}\n")[2].partition("\n#")[0]
    rows = re.findall(r"^\| (.+) \|$", part, re.MULTILINE)
    return [row.split(" | ") for row in rows[1:]]


def test_the_page_says_what_each_key_is_where_it_is_left_out() -> None:
    told = {key: value for cell, value in rows_below("省略すると") for key in re.findall(r"`(\w+)`", cell)}
    issuer = tomllib.loads(ISSUER)
    issuer["rule"]["default"] = {"channel": "email", "section": "doboku", "subject": "x"}
    rule = load(issuer=issuer).issuers["mihon"].rules[Product.ADVANCE]
    bare = load(issuer=issuer | {"rule": {"default": {"subject": "x"}}}).issuers["mihon"].rules[Product.CONTRACT]
    values = {"channel": bare.channel, "section": bare.section, "settle_days": rule.settle_days, "body": rule.body}
    values |= {"notice": rule.notice, "invoice": rule.invoice, "timing": rule.timing}
    assert {key: re.match(r'[`"]*([\w-]+)', told[key])[1] for key in values} == {  # type: ignore[index]
        key: str(getattr(value, "value", value)) for key, value in values.items()
    }
    in_words = {"subject", "product_words", "closes", "file_name", "max_bytes"}
    assert told.keys() == values.keys() | in_words
    others = RuleTable.model_fields.keys() - told.keys()
    assert [key for key in others if getattr(rule, key)] == []
    assert rows_below("省略すると")[-1] == ["そのほか", "なし"]


def test_the_page_says_which_key_decides_something_by_which_channel() -> None:
    columns = ((Channel.EMAIL,), (Channel.FORM, Channel.UPLOAD), (Channel.PAPER,), (Channel.FAX,))
    told: dict[str, list[bool]] = {}
    for cell, *marks in rows_below("提出方法と項目"):
        for key in re.findall(r"`(\w+)`", cell):
            told[key] = [mark.startswith("○") for mark in marks]
    for key in RuleTable.model_fields.keys() | {"to", "cc", "fax", "phone", "name"}:
        table = "section.doboku" if key in SectionTable.model_fields else "rule.default"
        for index, channels in enumerate(columns):
            for channel in channels:
                decides = open_for((f"{table}.{key}",), channel) != ()
                assert decides is told.get(key, [True] * 4)[index], (key, channel)


def test_the_whole_issuers_show_what_is_written_seldom() -> None:
    shown = "\n".join(WHOLE_ISSUERS)
    seldom = ('invoice = "optional"', 'notice = "typed"', "chosen =", "documents =", "office =", 'when = "apart"')
    assert [each for each in seldom if each not in shown] == []


@every_case(
    "sentence",
    [
        "ここにない会社のお知らせは、送る前に止まります",
        "書かない種類は、正式な名前（契約保証、前払金保証、中間前払金保証）です",
        "いつも `office` が先です",
        "当初契約の日（`dates` の `original_contract`）を登録します",
        "請求書なら案件の請求書の `date` の前の開庁日",
        "案件名と保証契約番号がどの行にもなければ、その後に加えられます",
        '消すだけなら `chosen = ""`',
        "まだ見ていないときは書かずに `open` に並べます",
        "一通のメールで、いくつもの保証のキーをまとめて提出すること",
        "発注者が定めた様式（提出書など）に記入すること",
    ],
)
def test_the_page_answers_what_its_first_readers_asked(sentence: str) -> None:
    assert sentence in DOCUMENT


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


@every_case("block", BLOCKS, ids=lambda block: block.partition("\n")[0])
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
    assert named == SHAPES["project"][0]


def test_the_sample_settings_load_with_the_import_switched_on() -> None:
    text = (ROOT / "config" / "worker.toml").read_text()
    lines = [*without_marks("worker.toml", r"\[import\]"), *without_marks("worker.toml", "columns = ")]
    configuration = load_sample(**{"worker.toml": text + "\n".join(lines)})
    assert len(lines) == 2
    assert configuration.settings.import_columns
    assert load_sample().settings.import_columns == {}
