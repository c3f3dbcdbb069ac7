"""The catalogue and the user's own copies: values that they filled in stay, all other differences are reported."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

import pytest

from tests.support.registered import ISSUER, of_issuer, of_project
from tests.support.tables import every_case
from worker.config.editing.catalogue import (
    CatalogueDifference,
    CatalogueEntry,
    KeyAnswer,
    answered_keys,
    find_entry,
    left_to_fill_in,
    list_entries,
    questions_of,
    read_answer,
    read_path,
    read_setting,
)
from worker.config.editing.fields import FieldRefused
from worker.config.issuers import SectionTable
from worker.config.rule_layers import RULE_KEYS, RULE_TABLES
from worker.core.errors import ConfigError
from worker.core.messages.keys import CHOICES, name_choices, name_key
from worker.core.model import Channel, Closing
from worker.core.params import Aside
from worker.core.rulebook import InvoiceRule, Issuer, NoticeForm, Timing, Width

SHIPPED: dict[str, Any] = {
    "name": "みほん町",
    "aliases": ["みほん町長"],
    "checked_on": dt.date(2026, 11, 21),
    "open": ["section.doboku.to", "rule.default.subject"],
    "section": {"doboku": {"name": "土木課", "to": [], "phone": ""}},
    "rule": {"default": {"channel": "email", "subject": "未確認", "invoice": "optional"}},
}


def copy(**changes: Any) -> dict[str, Any]:
    return {**SHIPPED, **changes}


def entry(own: dict[str, Any] | None, issuer: Issuer = ISSUER) -> CatalogueEntry:
    owned = {"mihon": own} if own else {}
    (found,) = list_entries({"mihon": SHIPPED}, owned, {"mihon": issuer} if own else {}, [of_project()])
    return found


def test_an_entry_of_the_catalogue_alone_is_nobody_s_and_never_outdated() -> None:
    found = entry(None)
    assert (found.is_own, found.is_outdated, found.shipped_on) == (False, False, dt.date(2026, 11, 21))


def test_what_the_user_filled_in_is_no_difference() -> None:
    own = copy(
        open=[],
        section={"doboku": {"name": "土木課", "to": ["a@b.example"], "phone": "045"}},
        rule={"default": {**SHIPPED["rule"]["default"], "subject": "確かめた件名"}},
    )
    assert (entry(own).differences, entry(own).is_outdated) == ((), False)


def test_what_the_catalogue_says_otherwise_is_told_key_by_key() -> None:
    own = copy(rule={"default": {**SHIPPED["rule"]["default"], "invoice": "never", "max_bytes": 5}})
    assert entry(own).differences == (CatalogueDifference("rule.default.invoice", "never", "optional"),)
    assert entry(own).is_outdated


def test_a_catalogue_that_was_checked_later_is_newer_even_where_it_says_the_same() -> None:
    assert entry(copy(checked_on=dt.date(2026, 3, 31))).is_outdated
    assert not entry(copy(checked_on=dt.date(2026, 12, 1))).is_outdated


def test_a_section_that_is_mailed_to_and_has_no_address_is_still_to_be_filled_in() -> None:
    empty = of_issuer(section={"to": ()})
    assert entry(copy(), empty).without_address == ("doboku",)
    assert entry(copy(), of_issuer(section={"to": ()}, rule={"channel": Channel.PAPER})).without_address == ()
    assert entry(copy()).without_address == ()


@pytest.mark.parametrize("text", ["mihon", "みほん町", "みほん町長", "みほん　町"])
def test_an_entry_is_found_by_any_of_its_names(text: str) -> None:
    assert find_entry(text, {"mihon": SHIPPED}) == "mihon"


@pytest.mark.parametrize("text", ["みほん", "みほん市", "mihom"])
def test_an_unknown_name_gives_those_that_are_near(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        find_entry(text, {"mihon": SHIPPED, "tooi": {"name": "遠い村"}})
    assert error.value.problems[0].params["near"] == [Aside("mihon", "みほん町")]


def test_what_is_open_is_asked_for_and_addresses_and_phones_that_are_missing() -> None:
    asked = questions_of(SHIPPED)
    assert [each.key for each in asked] == ["section.doboku.to", "rule.default.subject", "section.doboku.phone"]
    assert [each.asks_for_addresses for each in asked] == [True, False, False]
    assert [each.can_be_confirmed for each in asked] == [False, True, False]


@every_case(
    ("text", "path", "value"),
    [
        ("section.doboku.to=a@b.example, c@d.example", ("section", "doboku", "to"), ["a@b.example", "c@d.example"]),
        ('section.doboku.to=["a@b.example"]', ("section", "doboku", "to"), ["a@b.example"]),
        ('rule.default.subject="【x】= y"', ("rule", "default", "subject"), "【x】= y"),
        ("rule.default.subject={{ project.name }}", ("rule", "default", "subject"), "{{ project.name }}"),
        ("section.doboku.phone=5570000", ("section", "doboku", "phone"), "5570000"),
        ("rule.default.call_after=true", ("rule", "default", "call_after"), True),
        ("rule.default.max_bytes=7_000_000", ("rule", "default", "max_bytes"), 7_000_000),
        ("checked_on=2026-11-21", ("checked_on",), dt.date(2026, 11, 21)),
        ('value."工事番号".length=8', ("value", "工事番号", "length"), 8),
        ("value.工事番号.length=8", ("value", "工事番号", "length"), 8),
    ],
)
def test_a_setting_is_read_as_its_key_wants_it(text: str, path: tuple[str, ...], value: object) -> None:
    assert read_setting(text) == (path, value)


@pytest.mark.parametrize("text", ["no-equals", "=x", "a..b=1", "a=b\nc=d"])
def test_what_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(FieldRefused):
        read_setting(text)


OPEN_KEYS = (
    *(("eligibility",), ("guarantors",), ("name",), ("source",), ("aliases",), ("checked_on",)),
    *(("section", "doboku", key) for key in SectionTable.model_fields),
    *(("rule", table, key) for table in RULE_TABLES for key in RULE_KEYS),
    *(("value", "工事番号", key) for key in ("pattern", "digits_only", "length", "remove_hyphens", "width", "sample")),
    *(("rule", "default"), ("section", "doboku"), ("value", "工事番号")),
)


@every_case("path", OPEN_KEYS, ids=".".join)
def test_every_key_that_a_file_may_leave_open_has_its_name(path: tuple[str, ...]) -> None:
    for lang in ("ja", "en"):
        assert name_key(path, lang) != ".".join(path)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        *(("channel", Channel), ("invoice", InvoiceRule), ("notice", NoticeForm), ("timing", Timing)),
        *(("closes", Closing), ("width", Width)),
    ],
)
def test_every_word_that_a_key_takes_is_offered_with_its_meaning(key: str, words: type[StrEnum]) -> None:
    assert set(CHOICES[key]) == set(words)
    assert all(f"{word}=" in name_choices(("rule", "default", key), "ja") for word in words)


def test_a_text_has_no_words_to_choose_from() -> None:
    assert name_choices(("rule", "default", "subject"), "ja") == ""
    assert name_choices(("section", "notice", "to"), "ja") == ""


def test_what_is_left_is_what_is_open_and_each_address_that_is_missing_once() -> None:
    assert left_to_fill_in(SHIPPED) == ("section.doboku.to", "rule.default.subject")
    assert left_to_fill_in(copy(open=[])) == ("section.doboku.to",)
    assert left_to_fill_in(copy(open=[], section={"doboku": {"name": "土木課", "to": ["a@b.example"]}})) == ()


def test_answered_keys_are_those_that_were_open() -> None:
    table = {"open": ["section.doboku.to", 'value."工事番号".pattern', "eligibility"]}
    paths = [("section", "doboku", "to"), ("value", "工事番号", "pattern"), ("rule", "default", "subject")]
    assert answered_keys(table, paths) == ("section.doboku.to", 'value."工事番号".pattern')
    assert read_path("value.工事番号.pattern") == ("value", "工事番号", "pattern")


# --- Answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        (
            KeyAnswer.YES,
            "はい|ﾊｲ|y|Y|ｙ|Ｙ|yes|YES|ＹＥＳ|ok|OK|ｏｋ|同じ|同じです|このとおり|はい。| はい　|「はい」|○",
        ),
        (KeyAnswer.NO, "いいえ|いいえ。|n|N|ｎ|Ｎ|no|NO|ＮＯ|違います|違う|ちがう|×| いいえ "),
        (KeyAnswer.NONE, "| |　"),
        (KeyAnswer.OTHER, "電子保証(認証キー)|はい、送ります|yes@kaga.example|no.1|never|。|n1|y/n|いいえの場合"),
    ],
)
def test_an_answer_is_read_in_any_width_and_case(answer: KeyAnswer, texts: str) -> None:
    assert {text: read_answer(text) for text in texts.split("|")} == dict.fromkeys(texts.split("|"), answer)


@every_case("word", ["はい", "いいえ", "ｙ", "Y", "n", "yes", "ＮＯ", "ok", "同じ", '"はい"', "「はい」"])
@every_case("key", ["rule.default.subject", "section.doboku.to", "section.doboku.phone", "aliases", "name"])
def test_a_word_that_answers_a_question_is_never_a_value(key: str, word: str) -> None:
    with pytest.raises(FieldRefused) as refused:
        read_setting(f"{key}={word}")
    assert refused.value.code == "answer_word"


def test_an_answer_among_other_words_of_a_list_is_no_value() -> None:
    for text in ('aliases=["みほん町長", "はい"]', "aliases=みほん町長、はい"):
        with pytest.raises(FieldRefused):
            read_setting(text)
