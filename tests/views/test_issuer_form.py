"""The form of an issuer holds every field once, in the page's order; what is open is asked, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tests.support.tables import every_case
from worker.config.editing.catalogue import read_path
from worker.config.editing.issuer_fields import paths_of, texts_of
from worker.config.load import guarantors_of
from worker.config.shipped import shipped_file
from worker.views.issuer_form import asked_questions, issuer_groups, open_questions

FILES = sorted((Path(__file__).parents[2] / "config" / "issuers").glob("*.toml"))
GUARANTORS = guarantors_of(shipped_file("config", "guarantors.toml"))
TABLE: dict[str, Any] = {
    "name": "みほん市",
    "open": ["rule.default.subject", "eligibility"],
    "eligibility": [{"approval": True}],
    "section": {"doboku": {"name": "土木課", "to": []}},
    "rule": {"default": {"channel": "email", "subject": "件名"}},
}


@every_case("file", FILES, ids=lambda file: file.stem)
def test_each_field_stands_once_and_a_form_left_as_it_is_loses_none(file: Path) -> None:
    table = tomllib.loads(file.read_text())
    texts = texts_of(table, GUARANTORS)
    fields = [each for group in issuer_groups(table, texts, GUARANTORS, "ja") for each in group.fields]
    paths = [each.path for each in fields]
    assert len(paths) == len(set(paths))
    filled = {path for path in paths_of(table) if texts[path]}
    assert filled - set(paths) == set()
    assert all(read_path(each.name) == each.path for each in fields)
    for each in fields:
        known = {word for word, _ in each.words}
        assert each.is_listed or not known or set(texts.get(each.path, "").split("、")) <= known | {""}


def test_the_page_s_order_is_who_where_how() -> None:
    groups = issuer_groups(TABLE, texts_of(TABLE, GUARANTORS), GUARANTORS, "ja")
    assert [each.title for each in groups[:4]] == [
        "発注者と公表ページ",
        "提出先：土木課",
        "課を追加",
        "提出方法（すべての保証）",
    ]
    assert [each.is_folded for each in groups[:4]] == [False, False, True, False]
    (sampled,) = [each for each in groups if each.has_sample]
    assert "件名" in [each.label for each in sampled.fields]


def test_what_is_open_is_asked_with_its_value_so_far_and_a_range_is_confirmed() -> None:
    asked = {each.field.name: each for each in open_questions(TABLE, texts_of(TABLE), GUARANTORS, "ja")}
    assert asked.keys() == {"rule.default.subject", "eligibility", "section.doboku.to"}
    assert (asked["rule.default.subject"].text, asked["rule.default.subject"].takes_text) == ("件名", True)
    assert (asked["eligibility"].takes_text, asked["eligibility"].can_be_confirmed) == (False, True)


def test_an_address_is_not_asked_of_an_issuer_that_takes_no_mail() -> None:
    on_paper = {**TABLE, "open": [], "rule": {"default": {"channel": "paper"}}}
    assert asked_questions(on_paper) == ()
    unknown = {**TABLE, "open": [], "rule": {"default": {}}}
    assert [each.key for each in asked_questions(unknown)] == ["section.doboku.to"]
