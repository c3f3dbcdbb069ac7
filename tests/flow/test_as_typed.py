"""Commands as people at an office type them: full width, capitals, words of the screen, dates of Japan."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.office import HANAKO, Mailroom, Office, a_form, a_mail, command, environment, notice
from tests.support.world import project

SENT = a_form("道路改良工事", "前払金保証")
WAITS = a_form("橋梁補修工事")
UNKNOWN = a_form("登録のない工事")
WIDE = {ord(c): ord(c) + 0xFEE0 for c in map(chr, range(0x21, 0x7F))}


@pytest.fixture(scope="module")
def office(wide_mailroom: Callable[..., Mailroom]) -> Office:
    """One mail sent, one that waits for approval, one of an unknown project."""
    projects = [project(SENT.project, "kawa", SENT.number, invoice='advance = "separate"')]
    projects.append(project(WAITS.project, "kawa", WAITS.number))
    room = wide_mailroom(mode="approve", projects=projects)
    for form in (SENT, WAITS, UNKNOWN):
        room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    room.office.run_once()
    wide = room.office.only(SENT)["label"].translate(WIDE)  # １＠…
    ran = room.office("approve", wide, "－－by", HANAKO, "－－note＝公表元と照合", "－－tick＝ａｌｌ")
    assert ran.code == 0, ran
    room.office.run_once()
    return room.office


def test_a_label_and_an_option_in_full_width_are_those_in_half_width(office: Office) -> None:
    entries = office.show(office.only(SENT)["id"])["entries"]
    approved = next(each for each in entries if each["event"] == "Approved")
    assert approved["detail"]["note"] == "公表元と照合"


@pytest.mark.parametrize("typed", ["LIST", "List", "ｌｉｓｔ", "list　", "　list"])
def test_a_command_in_capitals_or_with_a_full_width_space_is_that_command(office: Office, typed: str) -> None:
    assert office(typed).out == office("list").out


@pytest.mark.parametrize("typed", ["help", "HELP", "ヘルプ", "/?", "？"])
def test_help_is_a_command_too(typed: str) -> None:
    assert command(typed).out == command("--help").out
    assert command(typed, "approve").out == command("approve", "--help").out


@pytest.mark.parametrize(
    ("typed", "meant"), [("aprove", "approve"), ("lst", "list"), ("taks", "tasks"), ("WITHDRAWN", "withdraw")]
)
def test_an_unknown_command_names_one_that_is_near(typed: str, meant: str) -> None:
    ran = command(typed)
    assert ran.code == 2
    assert re.search(f"近い名前：.*{meant}", ran.err)


@pytest.mark.parametrize("number", ["１", "0001", "１＠ＡＢＣ"])
def test_show_takes_a_number_in_full_width(office: Office, number: str) -> None:
    assert office("show", number, "--no-pages").code == 0


def test_a_second_number_is_named_as_one_too_many(office: Office) -> None:
    ran = office("resend", "1", "2", "--by", HANAKO, "--why", "x")
    assert ran.code == 2
    assert "番号は一つだけ指定できます（2 は不要です）" in ran.err


@pytest.mark.parametrize(
    ("word", "states"),
    [
        ("承認待ち", ["HELD"]),
        ("保留", ["HELD", "HELD"]),
        ("保留（要対応）", ["HELD", "HELD"]),
        ("保留(要対応)", ["HELD", "HELD"]),
        ("送信済み", ["SENT"]),
        ("送信済み（到達未確認）", ["SENT"]),
        ("ＳＥＮＴ", ["SENT"]),
        ("取下げ", []),
    ],
)
def test_list_takes_the_states_as_the_screen_has_them(office: Office, word: str, states: list[str]) -> None:
    ran = office("list", "--state", word, "--json")
    assert [each["state"] for each in ran.documents] == states


def test_a_state_that_is_none_is_answered_with_the_words_of_the_screen(office: Office) -> None:
    ran = office("list", "--state", "済み")
    assert ran.code == 2
    assert "承認待ち、お知らせPDF待ち、" in ran.err
    assert "HELD" not in ran.err
    assert "waiting for approval" in command("--lang", "en", "list", "--state", "x").err


def test_the_log_is_saved_in_no_folder_that_is_not_there(office: Office, tmp_path: Path) -> None:
    ran = office("log", "--save", str(tmp_path / "not-mounted" / "log.csv"))
    assert ran.code == 2
    assert "ファイルかフォルダがありません" in ran.err
    assert not (tmp_path / "not-mounted").exists()


def test_the_log_is_saved_for_excel_under_a_name_that_is_free(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "記録.csv"
    ran = office("log", "--month", "今月", "--save", str(file))
    assert (ran.code, ran.out) == (0, f"{file} に保存しました（1件）。\n")
    rows = [*csv.reader(file.read_text(encoding="utf-8-sig").splitlines())]
    assert [rows[0][0], rows[1][6]] == ["日時", SENT.project]
    again = office("log", "--save", str(file))
    assert again.code == 2
    assert "別の名前か場所を指定してください" in again.err


@pytest.mark.parametrize(
    ("options", "count"),
    [(["--since", "先月"], 1), (["--last-week"], 0), (["--month", "R1.5"], 0), (["--month", "今月"], 1)],
)
def test_the_log_takes_weeks_and_months(office: Office, options: list[str], count: int) -> None:
    assert len(office("log", "--format", "jsonl", *options).documents) == count


def test_a_confirmation_takes_its_moment_in_any_form(office: Office) -> None:
    number = str(office.only(SENT)["id"])
    wrong = office("confirm", number, "--by", HANAKO, "--note", "電話", "--at", "先週 10:30")
    assert wrong.code == 2
    assert "R8.11.22 10:30" in wrong.err
    assert office("confirm", number, "--by", HANAKO, "--note", "電話", "--at", "昨日　10時30分").code == 0
    assert office.show(int(number))["entries"][-1]["detail"]["confirmed_at"][11:16] == "10:30"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("ない.pdf", "ファイルかフォルダがありません"),
        (".", "フォルダです"),
        (r"C:\Users\hanako\お知らせ.pdf", "共有フォルダに置き"),
        (r"\\server\share\お知らせ.pdf", "共有フォルダに置き"),
        ("D:/お知らせ.pdf", "共有フォルダに置き"),
    ],
)
def test_a_file_that_cannot_be_opened_is_told_in_japanese_with_what_to_do(office: Office, path: str, said: str) -> None:
    ran = office("preview", path)
    assert ran.code == 2
    assert said in ran.err
    assert not re.search("[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", ran.err.replace(path, ""))


def test_an_import_of_what_is_not_there_says_where_it_looked(office: Office) -> None:
    ran = office("project", "import", "台帳.xlsx")
    assert ran.code == 2
    assert f"ファイルが見つかりません（いまの場所：{Path.cwd()}）" in ran.err
    assert "init" not in ran.err
    assert "共有フォルダ" in office("project", "import", r"C:\台帳.xlsx").err


@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "cp932", "latin-1"])
def test_a_list_into_an_output_that_knows_no_japanese_ends_with_0(office: Office, encoding: str) -> None:
    program = [sys.executable, "-m", "worker", "--config", str(office.config), "list"]
    env = environment(PYTHONIOENCODING=encoding)
    ran = subprocess.run(program, capture_output=True, env=env, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert WAITS.project in ran.stdout.decode("cp932" if encoding == "cp932" else "utf-8")
