"""The fields of an issuer's file as texts: what is shown is read back as the same value, over every file at hand."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.tables import every_case
from worker.config.editing.catalogue import read_path, value_in
from worker.config.editing.fields import FieldRefused, KeyPath
from worker.config.editing.issuer_fields import (
    MARKS,
    example_of_sample,
    free_section,
    is_field,
    key_text,
    means_unknown,
    office_template,
    open_paths,
    parse_issuer_field,
    paths_of,
    read_issuer_text,
    section_names,
    template_of,
    text_of_value,
    texts_of,
)
from worker.config.load import guarantors_of
from worker.config.shipped import shipped_file
from worker.core.model import Product

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "config" / "issuers").glob("*.toml"), *(ROOT / "tests/support/issuers").rglob("*.toml")])
GUARANTORS = guarantors_of(shipped_file("config", "guarantors.toml"))
COMPANIES = {each.id: each.name for each in GUARANTORS}
TABLE: dict[str, Any] = {
    "name": "みほん市",
    "section": {"doboku": {"name": "土木課", "to": []}, "keiyaku": {"name": "契約課"}},
    "rule": {"default": {"channel": "email", "section": "project"}},
}
SUBJECT: KeyPath = ("rule", "default", "subject")


@every_case("file", FILES, ids=lambda file: file.stem)
def test_every_text_of_a_file_is_read_back_as_the_same(file: Path) -> None:
    table = tomllib.loads(file.read_text())
    names = section_names(table)
    for path, text in texts_of(table, GUARANTORS).items():
        if path[0] != "open" and text:
            value = read_issuer_text(path, text, names, COMPANIES)
            assert text_of_value(path, value, names, COMPANIES) == text
            if path[-1] != "subject":  # values.x and values["x"] are the same
                assert value == value_in(table, path)
    for path in open_paths(table):
        assert is_field(path) or path == ("eligibility",) or len(path) == 2


def test_every_field_has_a_text_form_of_its_path() -> None:
    table = {**TABLE, "value": {"工事.番号": {}}, "eligibility": [{}]}
    for path in paths_of(table):
        assert is_field(path)
        assert read_path(key_text(path)) == path


@every_case("word", ["はい", "ｙ", "yes", "ＹＥＳ", "n", "no", "いいえ", "ok", "同じ", "○", "違います。"])
def test_an_answer_is_no_value_of_any_field_but_a_switch(word: str) -> None:
    for path in paths_of(TABLE):
        if path[-1] in {"call_after", "other_documents"}:
            assert read_issuer_text(path, word, {}, {}) in {True, False}
        else:
            with pytest.raises(FieldRefused):
                read_issuer_text(path, word, section_names(TABLE), COMPANIES)


@every_case(
    ("path", "text", "value"),
    [
        (("rule", "default", "channel"), "メール", "email"),
        (("rule", "default", "channel"), "ｅｍａｉｌ", "email"),
        (("rule", "default", "section"), "土木課", "doboku"),
        (("rule", "default", "section"), "案件ごと", "project"),
        (("rule", "default", "timing"), "契約書より前", "before_contract"),
        (("checked_on",), "R8.11.29", dt.date(2026, 11, 29)),
        (("section", "doboku", "to"), "a@mihon.example、b@mihon.example", ["a@mihon.example", "b@mihon.example"]),
        (("rule", "default", "settle_days"), "５", 5),
        (
            ("rule", "default", "after"),
            "請求書を持参（請求書を別に出すとき）",
            [{"text": "請求書を持参", "when": "apart"}],
        ),
        (("rule", "default", "lines"), "案件名：〔工事名〕", [{"title": "案件名", "value": "{{ project.name }}"}]),
        (SUBJECT, "【〔保証の種類〕】〔工事番号〕", '【{{ product }}】{{ values["工事番号"] }}'),
        (SUBJECT, "〔〔契約〕〕〔工事名〕", "〔契約〕{{ project.name }}"),
    ],
)
def test_office_words_become_values(path: KeyPath, text: str, value: object) -> None:
    assert read_issuer_text(path, text, section_names(TABLE), COMPANIES) == value


@every_case(
    ("path", "text", "code"),
    [
        (("rule", "default", "channel"), "伝書鳩", "field_word"),
        (("rule", "default", "section"), "どこかの課", "field_word"),
        (("rule", "default", "call_after"), "たぶん", "field_word"),
        (("section", "doboku", "to"), "doboku＠mihon.example", "address_not_ascii"),
        (("section", "doboku", "name"), "52001-000011", "field_no_name"),
        (("section", "doboku", "phone"), "土木課", "field_phone"),
        (("checked_on",), "あした", "field_date"),
        (("rule", "default", "lines"), "工事名", "line_form"),
        (("note",), "一行\n二行", "unsafe_value"),
        (SUBJECT, "あ" * 2001, "field_too_long"),
    ],
)
def test_what_a_field_cannot_mean_is_refused(path: KeyPath, text: str, code: str) -> None:
    with pytest.raises(FieldRefused) as refused:
        read_issuer_text(path, text, section_names(TABLE), COMPANIES)
    assert refused.value.code == code


def test_unknown_is_said_in_several_words() -> None:
    assert all(map(means_unknown, ("未確認", "不明", "ｕｎｋｎｏｗｎ", "分からない", "？")))
    assert not any(map(means_unknown, ("", "未確認の件", "はい")))


def test_every_mark_stands_for_one_name_and_back() -> None:
    for mark, name in MARKS.items():
        assert template_of(f"〔{mark}〕") == f"{{{{ {name} }}}}"
        assert office_template(f"{{{{ {name} }}}}") == f"〔{mark}〕"
    for kept in ("{{ project.dates.bid | monthday }}入札", "{% if values.a is defined %}", '{{ values["電話番号"] }}'):
        assert template_of(office_template(kept)) == kept


def test_a_field_is_found_by_its_key_or_its_name() -> None:
    assert parse_issuer_field("rule.default.subject", TABLE) == SUBJECT
    assert parse_issuer_field("件名", TABLE) == SUBJECT
    assert parse_issuer_field("宛先（土木課）", TABLE) == ("section", "doboku", "to")
    assert parse_issuer_field("件名（前払金保証）", TABLE) == ("rule", "advance", "subject")
    for wrong in ("宛先", "色", "rule.default.colour", "rule.nothing.subject", ""):
        with pytest.raises(FieldRefused):
            parse_issuer_field(wrong, TABLE)
    one = {**TABLE, "section": {"doboku": {"name": "土木課"}}}
    assert parse_issuer_field("宛先", one) == ("section", "doboku", "to")


def test_one_more_section_gets_an_id_that_is_free() -> None:
    assert free_section(TABLE) == "ka1"
    assert free_section({"section": {"ka1": {}, "ka2": {}}}) == "ka3"


# --- The page's sample ---------------------------------------------------------------------------------------


def example(template: str, sample: str, name: str = "", product: Product = Product.CONTRACT) -> dict[str, Any]:
    return example_of_sample(template_of(template), product, "契約", sample, name, "みほん市")


def test_a_sample_is_read_by_the_form_of_the_subject() -> None:
    found = example(
        "【電子保証(〔保証の種類〕)】〔工事番号〕_〔工事名〕_〔受注者名〕", "【電子保証(契約)】第2号_道路工事_甲建設"
    )
    assert found == {
        "product": "contract",
        "contractor": "甲建設",
        "project": {"name": "道路工事", "values": {"工事番号": "第2号"}},
        "expect": {"subject": "【電子保証(契約)】第2号_道路工事_甲建設"},
    }
    assert example("電子保証(認証キー)", "電子保証(認証キー)")["project"] == {"name": "見本工事"}


@pytest.mark.parametrize(
    ("form", "sample", "name", "code"),
    [
        ("【〔保証の種類〕】〔工事名〕", "【前払金】道路工事", "", "page_sample_differs"),
        ("【〔保証の種類〕】〔工事名〕", "[契約]道路工事", "", "page_sample_differs"),
        ("【〔保証の種類〕】〔工事名〕", "【契約】", "", "page_sample_differs"),
        ("〔工事番号〕〔工事名〕", "第2号道路工事", "", "page_sample_ambiguous"),
        ("〔工事名〕_〔受注者名〕", "道路_工事_甲建設", "", "page_sample_ambiguous"),
        ("{{ project.dates.bid | monthday }}〔工事名〕", "5月1日道路工事", "", "page_sample_form"),
        ("{% if values.a is defined %}〔a〕{% endif %}", "あ", "", "page_sample_form"),
    ],
)
def test_a_sample_that_does_not_fit_or_is_not_certain_is_refused(form: str, sample: str, name: str, code: str) -> None:
    with pytest.raises(FieldRefused) as refused:
        example(form, sample, name)
    assert refused.value.code == code


def test_the_project_s_name_makes_a_sample_certain() -> None:
    assert example("〔工事番号〕〔工事名〕", "第2号道路工事", "道路工事")["project"] == {
        "name": "道路工事",
        "values": {"工事番号": "第2号"},
    }
