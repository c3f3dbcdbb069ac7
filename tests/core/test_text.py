"""Tests of comparing names, of forbidden characters, and of the text shown to people."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tables import every_case
from worker.core.text import (
    escape_control_chars,
    fold_hyphens,
    half_width,
    hide_codes,
    match_key,
    repair_radicals,
    unsafe_character,
    whole_half_width,
)


@every_case(
    ("one", "other"),
    [
        ("道路改良工事（その２）", "道路改良工事(その2)"),
        ("道路　改良 工事", "道路改良工事"),
        ("ｶﾞｰﾄﾞﾚｰﾙ", "ガードレール"),
        ("①工区", "1工区"),
        ("㈱みほん", "(株)みほん"),
        ("１−２", "１－２"),
        ("Ａ〜Ｂ", "Ａ～Ｂ"),
        ("‖", "∥"),
        ("—", "―"),
        ("¦", "￤"),
        ("か\u3099", "が"),
    ],
)
def test_two_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("髙", "高"), ("工事1", "工事2"), ("ー", "－"), ("(その1)", "その1"), ("ハ", "バ")]
)
def test_what_is_another_name_keeps_another_key(one: str, other: str) -> None:
    assert match_key(one) != match_key(other)


@given(st.text(max_size=40))
def test_a_key_does_not_depend_on_how_a_system_composes_its_characters(text: str) -> None:
    key = match_key(text)
    assert match_key(unicodedata.normalize("NFC", text)) == match_key(unicodedata.normalize("NFD", text)) == key
    assert not any(c.isspace() for c in key)


def test_radicals_become_the_characters_they_stand_for_and_nothing_else_changes() -> None:
    assert repair_radicals("⼯事⾦額⻑⻄⼾") == "工事金額長西戸"
    untouched = "髙﨑①㈱ｶﾅ－～　２"
    assert repair_radicals(untouched) == untouched


def test_no_kangxi_radical_is_left() -> None:
    kangxi = "".join(chr(point) for point in range(0x2F00, 0x2FD6))
    repaired = repair_radicals(kangxi)
    assert len(repaired) == len(kangxi)
    assert not set(repaired) & set(kangxi)


UNSAFE = [0x00, 0x09, 0x0A, 0x0D, 0x1B, 0x7F, 0x85, 0x9F, 0xAD, 0x200B, 0x200F, 0x2028, 0x2029, 0x202E, 0x2066, 0xFEFF]
UNSAFE += [0x061C, 0x180E, 0x2060, 0x3164, 0xFFA0, 0xFFFC, 0xE0041, 0xD800]


@every_case("point", UNSAFE, ids=hex)
def test_a_character_that_breaks_or_hides_is_found_and_shown_as_a_number(point: int) -> None:
    text = f"工事{chr(point)}名"
    assert unsafe_character(text) == f"U+{point:04X}"
    assert escape_control_chars(text) == f"工事\\u{{{point:04X}}}名"


@every_case("text", ["道路改良工事（その２）", "葛󠄀城市", "A B", "　", "①㈱髙ｶﾅ", "👷\u1f3fb", "{{ x }}", ""])
def test_what_names_are_written_with_is_safe(text: str) -> None:
    assert unsafe_character(text) is None
    assert escape_control_chars(text) == text


@given(st.text())
def test_what_is_shown_holds_nothing_unsafe(text: str) -> None:
    assert unsafe_character(escape_control_chars(text)) is None


def test_a_key_in_a_file_name_or_a_subject_is_masked() -> None:
    assert hide_codes("認証キー_Z28YUE4J3Bux.pdf") == "認証キー_********ux.pdf"
    assert hide_codes("認証キー ABCDEFGHIJ の件", "ABCDEFGHIJ") == "認証キー ********IJ の件"


@pytest.mark.parametrize("text", ["保証 31074-00001M.pdf", "20261121.pdf", "notice-contract.pdf", "R8-12 道路"])
def test_what_has_not_the_look_of_a_key_stays_as_it_is(text: str) -> None:
    assert hide_codes(text) == text


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("R8－道−1‐2–3", "R8-道-1-2-3"),
        ("R8ー12", "R8-12"),
        ("Ｒ８ー１２", "Ｒ８-１２"),
        ("センター", "センター"),
        ("ｾﾝﾀｰ1", "ｾﾝﾀｰ1"),
        ("1ーカ", "1ーカ"),
    ],
)
def test_every_kind_of_hyphen_is_one_and_a_long_vowel_is_none(text: str, folded: str) -> None:
    assert fold_hyphens(text) == folded


@given(text=st.text(alphabet="-－−ーｰ1aカｶ ", max_size=10))
def test_hyphens_taken_out_leave_none_to_take_out(text: str) -> None:
    assert fold_hyphens(fold_hyphens(text, ""), "") == fold_hyphens(text, "")


# --- Full width --------------------------------------------------------------------------------------------------


def test_of_all_characters_only_full_width_letters_digits_and_hyphens_become_another() -> None:
    groups = [range(first, first + 0x100) for first in range(0, 0x110000, 0x100) if not 0xD800 <= first < 0xE000]
    texts = ["".join(map(chr, group)) for group in groups]
    changed = {each: half_width(each) for text in texts if half_width(text) != text for each in text}
    changed = {wide: half for wide, half in changed.items() if wide != half}
    assert "".join(sorted(set(changed.values()))) == "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    twins = {wide for wide, half in changed.items() if half == "-"}
    assert twins == {"－", "−"}
    assert len(changed) == 10 + 26 + 26 + len(twins)  # no two letters or digits become one
    assert all(unicodedata.normalize("NFKC", wide) == half for wide, half in changed.items() if wide != "−")


@pytest.mark.parametrize("code", ["Ｈs4k", "４０２１３-００７", "40213−007", "Ａ！", "Ａ ", "", "40213-00712M"])
def test_a_code_that_is_not_in_full_width_throughout_stays_as_it_is(code: str) -> None:
    assert whole_half_width(code) == code


def test_a_key_in_full_width_is_masked_as_the_key() -> None:
    key = "Hs4kQ9wZx2Tb"
    assert hide_codes("キーＨｓ４ｋＱ９ｗＺｘ２Ｔｂ、Hs4kQ9wZx2Tb。Ａ", key) == "キー********Tb、********Tb。Ａ"
