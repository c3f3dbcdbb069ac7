"""A value given as text is taken exactly or refused with its reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.support.registered import ISSUER, SECTION
from tests.support.tables import every_case
from worker.config.editing.fields import (
    MAX_NAME,
    FieldRefused,
    KeyPath,
    Value,
    find_issuer,
    key_names,
    parse_key,
    read_key_value,
)
from worker.core.messages import hint, say


@every_case(
    ("key", "text", "value"),
    [
        (("name",), '  "工事" {{ x }} ', '"工事" {{ x }}'),
        (("section",), "土木課", "doboku"),
        (("section",), "doboku", "doboku"),
        (("tendered_by",), "土 木 課", "doboku"),
        (("contract_numbers",), "1-1、1-2,1-1\n1-3", ("1-1", "1-2", "1-3")),
        (("dates", "contract"), "令和8年5月1日", dt.date(2026, 5, 1)),
        (("amount",), "￥１，０００，０００円", 1_000_000),
        (("amount",), "1000000", 1_000_000),
        (("kind",), "業務委託", "consulting"),
        (("award",), "指名競争入札", "designated"),
        (("expects",), "契約保証、前払金", ("contract", "advance")),
        (("amended",), "○", True),
        (("amended",), "当初", False),
        (("values", "工事番号"), "R8-12", "R8-12"),
    ],
)
def test_a_text_means_one_value(key: KeyPath, text: str, value: Value) -> None:
    assert read_key_value(key, text, ISSUER) == value


@every_case(
    ("key", "text", "code"),
    [
        (("name",), "道路\n改良", "unsafe_value"),
        (("name",), "道\u202e路", "unsafe_value"),
        (("name",), "長" * (MAX_NAME + 1), "field_too_long"),
        (("name",), "  ", "empty"),
        (("section",), "無い課", "field_section"),
        (("dates", "contract"), "5/1", "field_date"),
        (("amount",), "1,00", "field_amount"),
        (("amount",), "-5", "field_amount"),
        (("kind",), "道路", "field_word"),
        (("expects",), "契約保証、保険", "field_word"),
        (("amended",), "たぶん", "field_word"),
    ],
)
def test_anything_else_is_refused_with_its_reason(key: KeyPath, text: str, code: str) -> None:
    with pytest.raises(FieldRefused) as refused:
        read_key_value(key, text, ISSUER)
    assert refused.value.code == code


def test_a_section_s_name_that_two_have_is_no_section() -> None:
    twice = replace(ISSUER, sections={"a": SECTION, "b": SECTION})
    with pytest.raises(FieldRefused):
        read_key_value(("section",), "土木課", twice)


def test_an_issuer_is_never_chosen_between_two_of_one_name() -> None:
    other = replace(ISSUER, id="other")
    with pytest.raises(FieldRefused) as refused:
        find_issuer("みほん町", {"mihon": ISSUER, "other": other})
    assert refused.value.code == "field_two_issuers"
    assert find_issuer("other", {"mihon": ISSUER, "other": other}) is other


@pytest.mark.parametrize("text", ["みほん町役場", "みほん町長", "みほん 町 役場", "みほん町役所"])
def test_an_issuer_is_found_as_ledgers_and_contracts_name_it(text: str) -> None:
    assert find_issuer(text, {"mihon": ISSUER}) is ISSUER


@pytest.mark.parametrize("text", ["みほん町議会", "みほん課長", "みほん役場", "みほん町役場土木課"])
def test_no_other_office_of_a_town_is_the_town(text: str) -> None:
    with pytest.raises(FieldRefused):
        find_issuer(text, {"mihon": ISSUER})


def test_ids_are_near_only_to_what_is_typed_as_an_id_is() -> None:
    for text, is_shown in (("ない市", False), ("mihn", True)):
        with pytest.raises(FieldRefused) as refused:
            find_issuer(text, {"mihon": ISSUER})
        assert ("mihon" in say("field_issuer", "ja", **refused.value.params)) is is_shown


def test_only_names_like_the_typed_one_are_named_as_near() -> None:
    issuers = {
        name: replace(ISSUER, id=name, name=name, aliases=()) for name in ("川北町", "川北市", "東伊豆町", "加賀市")
    }
    for text, near in (("川北村", ("川北町", "川北市")), ("知らないところ", "-")):
        with pytest.raises(FieldRefused) as refused:
            find_issuer(text, issuers)
        assert set(refused.value.params["near"]) == set(near)
    with pytest.raises(FieldRefused) as refused:
        find_issuer("川北村", issuers)
    assert "川北町、川北市" in say("field_issuer", "ja", **refused.value.params)


def test_what_nothing_is_near_to_is_said_so_without_a_dash() -> None:
    assert "（近い名前：似た名前もありません）" not in say("field_issuer", "ja", value="x", near="-")
    assert "似た名前もありません" in say("field_issuer", "ja", value="x", near="-")
    assert hint("unknown_issuer", "ja", nearest="-").endswith("似た名前もありません")


@pytest.mark.parametrize("text", ["", "nmae", "values.", "dates.someday", "section.all", "name.first", "office"])
def test_what_is_no_key_is_none(text: str) -> None:
    assert parse_key(text) is None


def test_every_key_that_is_offered_is_one() -> None:
    assert [name for name in key_names() if parse_key(name) is None] == []


# --- The form of a value ---------------------------------------------------------------------------------------------

FORMS = ("[0-9]{4,5}-[0-9]{5,6}[A-Z]?", "W[0-9]{8}")


@pytest.mark.parametrize(
    "text", ["40213-000001", "４０２１３－０００００１", "40213‑000001", "40213−000001 ", "W12345678"]
)
def test_a_contract_number_of_a_guarantor_s_form_is_taken_as_notices_print_it(text: str) -> None:
    (number,) = read_key_value(("contract_numbers",), text, ISSUER, FORMS)  # type: ignore[misc]
    assert number in {"40213-000001", "W12345678"}


@every_case(
    ("key", "text", "code"),
    [
        (("contract_numbers",), "令和８年１１月３０日", "damage_date"),
        (("contract_numbers",), "40213", "field_contract_number"),
        (("contract_numbers",), "40213-000001、402", "field_contract_number"),
        (("contract_numbers",), "山田花子", "field_contract_number"),
        (("contract_numbers",), "1.23457E+11", "damage_exponent"),
        (("contact",), "４０１８８－００３０５１", "field_no_name"),
        (("contact",), "40188-003051A", "field_no_name"),
        (("contact",), "W12345678", "field_no_name"),
        (("contact",), "令和8年11月30日", "damage_date"),
        (("contact",), "0557-00-0000", "field_no_name"),
        (("contact",), "－", "field_no_letter"),
        (("name",), "同上", "field_stand_in"),
        (("contact",), "未定", "field_stand_in"),
        (("contractor",), "〃", "field_no_letter"),
        (("numbers", "advance"), "未採番", "field_stand_in"),
        (("name",), "40188-003051", "field_no_name"),
        (("name",), "2026/4/1", "damage_date"),
        (("name",), "#N/A", "damage_error"),
        (("name",), "TRUE", "damage_boolean"),
        (("contractor",), "20000000", "field_no_name"),
        (("names_on_notice",), "道路改良工事、40188-003051", "field_no_name"),
        (("phone",), "557000000", "field_phone"),
        (("phone",), "山田", "field_phone"),
        (("values", "工事番号"), "令和8年4月1日", "damage_date"),
        (("values", "工事番号"), '="0012"', "damage_formula"),
        (("approval",), "#REF!", "damage_error"),
        (("dates", "contract"), "46113", "cell_serial"),
        (("amount",), "#VALUE!", "damage_error"),
        (("section",), "#N/A", "damage_error"),
    ],
)
def test_an_answer_to_another_question_is_no_value_of_this_key(key: KeyPath, text: str, code: str) -> None:
    with pytest.raises(FieldRefused) as refused:
        read_key_value(key, text, ISSUER, FORMS)
    assert refused.value.code == code


@every_case(
    ("key", "text"),
    [
        (("name",), "令和8年度 道路改良工事（8-12）"),
        (("name",), "第2工区"),
        (("contact",), "Yamada"),
        (("phone",), "+81-557-00-0000"),
        (("phone",), "（０５５７）００－００００"),
        (("approval",), "令和8年4月1日"),
        (("values", "工事番号"), "第8-12号"),
        (("values", "工事番号"), "12"),
    ],
)
def test_a_value_of_the_key_s_own_form_is_taken_as_it_is(key: KeyPath, text: str) -> None:
    assert read_key_value(key, text, ISSUER, FORMS) == text
