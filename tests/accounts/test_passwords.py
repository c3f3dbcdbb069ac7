"""Which passwords may be chosen."""

from __future__ import annotations

import time
import unicodedata

import pytest

from tests.support.people import COMPANY, PASSWORD, account, replaced
from tests.support.tables import every_case
from worker.accounts.passwords import COMMONEST, LONGEST, check_password, fold_password
from worker.core.errors import NotAllowed

HANAKO = account("h.yamada", "山田 花子", reading="ヤマダ ハナコ", mail="yamada.h@mihon.example")


def code_of(password: str) -> str:
    """The code of the refusal, empty if the password may be chosen."""
    try:
        check_password(password, HANAKO, COMPANY)
    except NotAllowed as refused:
        return refused.code
    return ""


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "correct battery horse staple",
        "gLq8-wPz2-vTn5k",
        "雨の日は傘を忘れて走って帰る道",
        "ツユクサトアオイジテンシャデエキ",
        "     x y z q w      ",
        "🐱🐶🐭🐹🐰🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵",
    ],
)
def test_a_long_password_of_ones_own_may_be_chosen(password: str) -> None:
    assert code_of(password) == ""


@pytest.mark.parametrize("password", ["", "x", "gLq8-wPz2-vTn5", "あ" * 14])
def test_fifteen_characters_are_needed(password: str) -> None:
    assert code_of(password) == "password_short"


def test_eight_are_enough_beside_a_second_factor() -> None:
    guarded = replaced(HANAKO, totp="JBSWY3DP")
    assert check_password("gLq8-wPz", guarded, COMPANY) == "gLq8-wPz"
    with pytest.raises(NotAllowed, match="password_short"):
        check_password("gLq8-wP", guarded, COMPANY)


def test_128_characters_are_taken_and_one_more_is_not() -> None:
    long = "gLq8-wPz2-vTn5k " * 8
    assert len(long) == LONGEST
    assert code_of(long) == ""
    assert code_of(f"{long}x") == "password_long"


@pytest.mark.parametrize("password", ["x" * 10_000_000, "\ufdfa" * 100, "\ud800" + PASSWORD])
def test_a_huge_password_or_one_that_is_no_text_costs_nothing(password: str) -> None:
    began = time.thread_time()
    assert fold_password(password) is None
    assert time.thread_time() - began < 0.1


def test_two_ways_to_type_a_password_are_one() -> None:
    composed = "がぎぐげござじずぜぞだぢづでど"
    decomposed = unicodedata.normalize("NFD", composed)
    assert len(decomposed) == 30
    assert check_password(decomposed, HANAKO, COMPANY) == check_password(composed, HANAKO, COMPANY) == composed
    assert fold_password("ｇＬｑ８－ｗＰｚ２－ｖＴｎ５ｋ") == "gLq8-wPz2-vTn5k"


@every_case(
    "password",
    [
        "passwordpassword",
        "Password1234567",
        "P@ssw0rd2026!!!!",
        "ｐａｓｓｗｏｒｄ１２３４５６７",
        "pass word pass word",
        "123456789012345",
        "qwertyuiopasdfgh",
        "1qaz2wsx3edc4rfv"[:12] + "qwerty",
        "aaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "000000000000000",
        "あいうえおかきくけこあいうえお",
        "パスワードパスワードパスワード",
        "correcthorsebatterystaple",
        "letmeinletmein1",
        "iloveyouiloveyou",
        "               ",
        "kensetsukensetsu",
    ],
)
def test_the_commonest_and_what_is_made_of_them_are_refused(password: str) -> None:
    assert code_of(password) == "password_common"


def test_no_entry_of_the_list_may_be_chosen_several_times_in_a_row() -> None:
    for word in COMMONEST:
        repeated = word * (15 // len(word) + 1)
        assert code_of(repeated) in {"password_common", "password_names"}, word


@every_case(
    "password",
    [
        "hoshobin-gLq8-wPz2",
        "ＨｏＳｈＯｂＩｎ-gLq8-wPz2",
        "うちの保証便はとても速いです",
        "ほしょうびんで一番に届けるよ!",
        "みほん建設で働いて三十年になる",
        "株式会社 みほん建設で三十年目",
        "花子は毎朝六時に起きて走ります",
        "やっぱり山田さんが一番ですよね",
        "ヤマダノイエニハイヌガイマス。",
        "yamada-gLq8-wPz2-v",
        "gLq8 Y A M A D A wPz2",
    ],
)
def test_names_of_product_company_and_person_are_refused(password: str) -> None:
    assert code_of(f"{password}、ね") == "password_names"


def test_a_name_of_a_letter_or_two_keeps_no_password_out() -> None:
    short = account("k", "K・O", mail="a.b@mihon.example")
    assert check_password("gLq8-wPz2-vTn5k-abo", short, "") == "gLq8-wPz2-vTn5k-abo"
