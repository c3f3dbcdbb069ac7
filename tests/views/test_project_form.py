"""Fields of a project as people type them: every way of writing a day or an amount means one value, shown back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.support.registered import ISSUER, NOTICE, Register, of_project
from tests.support.tables import every_case
from worker.config.editing.fields import KeyPath
from worker.config.editing.register import FieldRules, field_text, read_field
from worker.core.model import Product
from worker.core.rulebook import Section
from worker.views.project_form import form_name, key_of_field, office_text, shown_value, texts_joined, with_years
from worker.views.project_page import matching_projects, search_words

TODAY = dt.date(2026, 11, 21)
CONTRACT_DAY = ("dates", "contract")
NUMBERS = ("numbers", NOTICE.product.value)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("11/30", "2026-11-30"),
        ("１１／３０", "2026-11-30"),
        ("11月30日", "2026-11-30"),
        ("1/15", "2027-01-15"),
        ("6/1", "2026-06-01"),
        ("2/29", "2028-02-29"),
    ],
)
def test_a_day_without_its_year_is_the_one_nearest_to_today(typed: str, meant: str) -> None:
    today = dt.date(2027, 11, 21) if typed == "2/29" else TODAY
    assert with_years({CONTRACT_DAY: typed}, today) == {CONTRACT_DAY: meant}


@pytest.mark.parametrize("typed", ["2/30", "13/1", "8.11.30", "あした", "1/2/3", ""])
def test_a_text_that_is_no_day_of_a_month_stays_as_typed(typed: str) -> None:
    assert with_years({CONTRACT_DAY: typed}, TODAY) == {CONTRACT_DAY: typed}
    assert with_years({("name",): "11/30"}, TODAY) == {("name",): "11/30"}


@pytest.mark.parametrize("typed", ["令和8年11月30日", "R8.11.30", "Ｒ８．１１．３０", "2026/11/30", "2026-11-30"])
def test_a_day_is_shown_back_with_era_and_weekday(typed: str) -> None:
    day = read_field(CONTRACT_DAY, typed, None, FieldRules({}))
    assert shown_value(CONTRACT_DAY, day, {}, "ja") == "令和8年11月30日（月）"


@every_case(
    ("key", "value"),
    [
        (CONTRACT_DAY, TODAY),
        (("deadline", "advance"), TODAY),
        (("amount",), 1_280_000),
        (("expects",), ("advance", "contract")),
        (("kind",), "consulting"),
        (("award",), "discretionary"),
        (("excluded",), True),
        (("issuer",), "mihon"),
    ],
)
def test_the_office_words_of_a_value_are_read_back_as_the_same_value(key: tuple[str, ...], value: object) -> None:
    issuers = Register().active_config().configuration.issuers
    text = office_text(key, field_text(value), issuers)
    assert read_field(key, text, None, FieldRules(issuers)) == value


@pytest.mark.parametrize(
    "key", [("name",), ("values", "工事.番号"), ("office", "advance", "to"), ("numbers", "interim")]
)
def test_the_name_of_a_field_leads_back_to_its_key(key: tuple[str, ...]) -> None:
    assert key_of_field(form_name(key)) == key


@pytest.mark.parametrize("typed", ["１２３４５－６７８９０１", "12345678901", "道路　改良", "ﾐﾎﾝ", "道路 12345"])
def test_the_search_takes_any_width_and_hyphen_and_wants_every_word(typed: str) -> None:
    road = of_project(numbers={Product.CONTRACT: ("12345-678901",)}, values={"呼び名": "ミホン"})
    bridge = of_project(id="mihon/橋", name="橋梁補修工事", contract_numbers=())
    configuration = Register(projects=(road, bridge)).active_config().configuration
    assert matching_projects(configuration, search_words(typed)) == (road,)
    assert matching_projects(configuration, search_words(f"{typed} 存在しない")) == ()


def test_a_section_is_shown_by_its_name_where_the_issuers_agree_on_it() -> None:
    sections = [{"doboku": Section("doboku", name, ())} for name in ("土木課", "土木課", "建設課")]
    first, second, third = (replace(ISSUER, id=str(at), sections=each) for at, each in enumerate(sections))
    assert shown_value(("section",), "doboku", {"0": first, "1": second}, "ja") == "土木課"
    assert shown_value(("section",), "doboku", {"0": first, "2": third}, "ja") == "doboku"
    assert shown_value(("section",), "somu", {"0": first}, "ja") == "somu"


@pytest.mark.parametrize(
    ("texts", "key", "numbers"),
    [
        ({}, NUMBERS, NOTICE.contract_number),
        ({NUMBERS: "11111-000001"}, NUMBERS, f"11111-000001、{NOTICE.contract_number}"),
        ({NUMBERS: NOTICE.contract_number}, NUMBERS, NOTICE.contract_number),
        ({("contract_numbers",): NOTICE.contract_number}, NUMBERS, ""),
        ({("contract_numbers",): "11111-000001"}, ("contract_numbers",), f"11111-000001、{NOTICE.contract_number}"),
        ({("name",): "別の工事名"}, NUMBERS, NOTICE.contract_number),
    ],
)
def test_a_notice_that_is_joined_adds_its_number_alone(texts: dict[KeyPath, str], key: KeyPath, numbers: str) -> None:
    joined = texts_joined(NOTICE, texts)
    assert joined.get(key, "") == numbers
    assert {each: text for each, text in joined.items() if each != key} == {
        each: text for each, text in texts.items() if each != key
    }
    assert texts_joined(None, texts) == texts
