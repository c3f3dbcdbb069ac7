"""A registered value goes out in the issuer's form, or is named with the form that it should have."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.holds import Said, detail_of
from tests.support.registered import NOTICE, of_issuer, of_project
from tests.support.tables import every_case
from tests.support.world import KEY, NUMBER
from worker.core.model import Key
from worker.core.rulebook import ValueForm, Width
from worker.core.states import Reason
from worker.core.text import match_key
from worker.core.value_forms import VALUE_LIMIT, FittedValues, fit_values

NAME = "工事番号"


def fitted(value: str, **form: object) -> FittedValues:
    issuer = of_issuer(values={NAME: ValueForm(NAME, **form)} if form else {})
    return fit_values(issuer, of_project(values={NAME: value}), NOTICE)


def right(value: str, **form: object) -> str:
    made = fitted(value, **form)
    assert made.holds == ()
    return made.values[NAME]


def wrong(value: str, **form: object) -> str:
    made = fitted(value, **form)
    assert [hold.reason for hold in made.holds] == [Reason.BAD_VALUE]
    return detail_of(made.holds[0])


# --- Ways of writing ---------------------------------------------------------------------------------------------


@every_case(
    ("value", "form", "written"),
    [
        ("0812345", {"digits_only": True}, "0812345"),
        ("０８－１２３４５", {"digits_only": True}, "0812345"),
        ("第 08-12345 号", {"digits_only": True}, "0812345"),
        ("08ー12345", {"digits_only": True}, "0812345"),
        ("08−12345", {"digits_only": True}, "0812345"),
        ("08‐12345", {"digits_only": True}, "0812345"),
        ("08-12345", {"digits_only": True, "width": Width.FULL}, "０８１２３４５"),
        ("08-12345", {"digits_only": True, "length": 7}, "0812345"),
        ("R8-道-12", {"remove_hyphens": True}, "R8道12"),
        ("Ｒ８－道―１２", {"remove_hyphens": True}, "Ｒ８道１２"),
        ("R8ー12", {"remove_hyphens": True}, "R812"),
        ("センター-12", {"remove_hyphens": True}, "センター12"),
        ("Ｒ８－１２", {"width": Width.HALF}, "R8-12"),
        ("R8−12", {"width": Width.HALF}, "R8-12"),
        ("第１２号（その２）", {"width": Width.HALF}, "第12号(その2)"),
        ("R8-12 その2", {"width": Width.FULL}, "Ｒ８－１２　その２"),
        ("ｱｲｳ１", {"width": Width.HALF}, "ｱｲｳ1"),
        (" R8-12　", {"pattern": r"R\d+-\d+"}, "R8-12"),
        ("第12号", {"pattern": "第[0-9]+号"}, "第12号"),
        ("第１２号", {"pattern": "第[0-9]+号", "width": Width.HALF}, "第12号"),
        ("㈱みほん①", {"width": Width.HALF}, "㈱みほん①"),
    ],
)
def test_a_value_is_written_in_the_issuers_form(value: str, form: dict[str, object], written: str) -> None:
    assert right(value, **form) == written


@pytest.mark.parametrize("value", ["R8-12", " Ｒ８－１２　", "𠮷野・髙橋", "x" * 300])
def test_a_value_without_a_form_passes_unchanged(value: str) -> None:
    assert right(value) == value


def test_a_form_that_gives_only_a_sample_changes_nothing() -> None:
    assert right(" Ｒ８ー１２ ", sample="R8-12") == " Ｒ８ー１２ "


def test_values_keep_the_registers_order_and_each_has_its_own_hold() -> None:
    issuer = of_issuer(values={"乙": ValueForm("乙", length=2), "丙": ValueForm("丙", length=2)})
    made = fit_values(issuer, of_project(values={"乙": "1", "甲": "x", "丙": "123"}), NOTICE)
    assert list(made.values) == ["乙", "甲", "丙"]
    assert [detail_of(hold)[0] for hold in made.holds] == ["乙", "丙"]


def test_a_form_of_a_value_that_the_project_lacks_is_not_judged() -> None:
    issuer = of_issuer(values={NAME: ValueForm(NAME, length=7)})
    assert fit_values(issuer, of_project(), NOTICE) == FittedValues({}, ())


def test_an_empty_value_is_missing_rather_than_wrong() -> None:
    assert fitted("", digits_only=True) == FittedValues({NAME: ""}, ())


# --- What does not fit -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "form", "detail"),
    [
        (
            "R8-12",
            {"digits_only": True, "length": 7, "sample": "0812345"},
            "工事番号「R8-12」：数字以外の文字があるか、数字がありません。正しい形式：数字だけ、7文字、例 0812345",
        ),
        ("08123", {"digits_only": True, "length": 7}, "工事番号「08123」：5文字です。正しい形式：数字だけ、7文字"),
        (
            "12号",
            {"pattern": "第[0-9]+号", "sample": "第12号"},
            "工事番号「12号」：形式が違います。正しい形式：例 第12号",
        ),
        (
            "１２-3",
            {"pattern": "[0-9]{7}", "width": Width.HALF, "remove_hyphens": True},
            "工事番号「１２-3」：形式が違います。正しい形式：ハイフンなし、半角、パターン [0-9]{7}",
        ),
    ],
)
def test_a_misfit_names_value_and_right_form(value: str, form: dict[str, object], detail: str) -> None:
    assert fitted(value, **form) == FittedValues({NAME: value}, (Said(Reason.BAD_VALUE, detail),))


@every_case("value", ["08/12345", "12・13", "08.12", "1/2", "½", "12a", "1２号その2", "-", "第号", "１\n２", "٣"])
def test_digits_are_never_made_by_taking_letters_away(value: str) -> None:
    assert "数字" in wrong(value, digits_only=True)


def test_a_pattern_is_for_the_whole_value() -> None:
    wrong("第12号 追加", pattern="第[0-9]+号")
    wrong("第12号\n", pattern="第[0-9]+号")
    wrong("x第12号", pattern="第[0-9]+号")


def test_a_value_that_is_too_long_never_meets_the_pattern() -> None:
    assert str(VALUE_LIMIT) in wrong("a" * (VALUE_LIMIT + 1), pattern=r"(a|a)*b|c")


def test_a_hold_shows_of_a_long_value_or_a_strange_character_no_more_than_is_fit() -> None:
    assert "x" * 50 not in wrong("x" * 90, length=7)
    assert "\u202e" not in wrong("R8\u202e12", length=3)


# --- What has no place there ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [NUMBER, "１２３４５－６７８９０１", "12345678901", "12345 - 678901", "12345ー678901", "12345−678901"]
)
@pytest.mark.parametrize("form", [{}, {"digits_only": True}, {"pattern": ".*"}], ids=["none", "digits", "any"])
def test_the_suretys_number_never_stands_in_for_the_issuers(value: str, form: dict[str, object]) -> None:
    assert "保証会社の保証契約番号です" in wrong(value, **form)


def test_the_suretys_number_is_seen_behind_what_the_form_takes_away() -> None:
    assert "保証会社の保証契約番号です" in wrong(f"第{NUMBER}号", digits_only=True)


def test_a_number_that_only_holds_the_suretys_digits_is_the_issuers() -> None:
    assert right(NUMBER + "9") == NUMBER + "9"


@pytest.mark.parametrize("value", [KEY, f"R8-12 {KEY}", "ＡｂＣｄ１２３４ＥｆＧｈ", KEY.lower(), "AbCd-1234-EfGh"])
@pytest.mark.parametrize("form", [{}, {"remove_hyphens": True}, {"length": 1}], ids=["none", "hyphens", "length"])
def test_the_key_in_a_value_is_held_and_never_shown(value: str, form: dict[str, object]) -> None:
    made = fitted(value, **form)
    assert [hold.reason for hold in made.holds] == [Reason.BAD_VALUE]
    assert detail_of(made.holds[0]) == "工事番号：認証キーが含まれています。登録から取り除いてください"
    assert made.values[NAME] == str(Key(KEY))


def test_another_notices_key_in_a_misfit_is_masked_in_its_hold() -> None:
    assert "Zz99Yy88Xx77" not in wrong("Zz99Yy88Xx77", digits_only=True)


# --- For every value and form ---------------------------------------------------------------------------------------

FORMS = st.builds(
    ValueForm,
    name=st.just(NAME),
    digits_only=st.booleans(),
    remove_hyphens=st.booleans(),
    width=st.sampled_from(Width),
    length=st.none() | st.integers(min_value=1, max_value=9),
    pattern=st.sampled_from(["", ".*", "[0-9]+", "第[0-9０-９]+号"]),
)
TEXTS = st.text(max_size=12) | st.text(alphabet="09０９AzＡｚ第号-－−ーｰ―‐ 　カｶ(）", max_size=12)


@given(value=TEXTS, form=FORMS)
def test_a_fitted_value_is_fitted_to_itself(value: str, form: ValueForm) -> None:
    issuer = of_issuer(values={NAME: form})
    once = fit_values(issuer, of_project(values={NAME: value}), NOTICE)
    if not once.holds:
        assert fit_values(issuer, of_project(values=dict(once.values)), NOTICE) == once


@given(value=TEXTS, form=FORMS)
def test_fitting_changes_no_letter_and_no_digit(value: str, form: ValueForm) -> None:
    made = fit_values(of_issuer(values={NAME: form}), of_project(values={NAME: value}), NOTICE)
    taken = set("-－−ーｰ―‐‑‒–—─") | (set("第号") if form.digits_only else set())
    kept = [[c for c in match_key(text) if c not in taken] for text in (value, made.values[NAME])]
    assert made.holds or kept[0] == kept[1]


@given(value=TEXTS, around=st.tuples(TEXTS, TEXTS))
def test_no_hold_and_no_value_ever_shows_the_key(value: str, around: tuple[str, str]) -> None:
    made = fit_values(
        of_issuer(), of_project(values={NAME: around[0] + KEY + around[1]}), replace(NOTICE, project_name=value)
    )
    assert made.holds
    assert KEY not in repr(made)
