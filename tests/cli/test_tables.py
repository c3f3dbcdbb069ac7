"""Tables as people see them: on a terminal of a given width, and in a pipe."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import pty
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.tables import every_case
from worker.cli.tables import print_table, submission_table
from worker.cli.terminal import fit_widths, wrap
from worker.core.model import JST, ApprovalRecord, Submission
from worker.core.states import State
from worker.core.text import json_line
from worker.views.submission_json import submission_json

HEADINGS = ("番号", "宛先", "CC", "件名")
ROWS = (
    ("2", "kensetsu@sankaku-town.example", "", "前払金保証にかかる認証キー【道路改良工事（その２）】の提出について"),
    ("3", "keiyaku@maru-city.example", "", "【契約保証】R8-12 市営住宅外壁改修工事（〇〇建設 株式会社）"),
)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(
    columns: int,
    monkeypatch: pytest.MonkeyPatch,
    rows: Sequence[Sequence[str]] = ROWS,
    headings: Sequence[str] = HEADINGS,
) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm-256color")
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as terminal:
        print_table(headings, rows, title="送信したもの", styles=["green"] * len(rows), file=terminal)
        terminal.write("\x04")
    read = b""
    while not read.endswith(b"\x04"):
        read += os.read(reader, 65536)
    os.close(reader)
    return ESCAPES.sub("", read[:-1].decode()).replace("\r\n", "\n").split("\n")


def test_a_pipe_gets_one_line_a_row_with_every_column_parted_by_tabs() -> None:
    pipe = io.StringIO()
    print_table(HEADINGS, ROWS, title="送信したもの", file=pipe)
    assert pipe.getvalue().split("\n") == ["# 送信したもの", "\t".join(HEADINGS), *map("\t".join, ROWS), ""]


def test_foreign_text_cannot_steer_the_terminal_or_break_a_row() -> None:
    pipe = io.StringIO()
    print_table(["件名"], [("a\x1b[31mb\nc\u202ed",)], file=pipe)
    assert pipe.getvalue() == "件名\na\\u{001B}[31mb\\u{000A}c\\u{202E}d\n"


@pytest.mark.parametrize("columns", [40, 72, 100, 160])
def test_at_any_width_every_line_fits_and_addresses_stay_whole(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = on_terminal(columns, monkeypatch)
    assert max(map(cell_len, lines)) <= columns
    for row in ROWS:
        assert any(row[1] in line for line in lines)


def test_a_column_without_a_word_is_left_out_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "CC" not in "\n".join(on_terminal(160, monkeypatch))


def test_a_wide_terminal_gets_one_line_a_row_and_a_narrow_one_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    wide, narrow = on_terminal(160, monkeypatch), on_terminal(50, monkeypatch)
    assert any(ROWS[0][1] in line and ROWS[0][3] in line for line in wide)
    assert any(re.fullmatch(rf"宛先 +{ROWS[0][1]} *", line) for line in narrow)


def test_the_values_of_all_blocks_stand_in_one_column(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("1", "", "x" * 30), ("2", "250 2.0.0", "")]
    lines = on_terminal(40, monkeypatch, rows, ("番号", "サーバーの応答", "件名"))
    starts = {cell_len(line[: line.index(value)]) for line in lines for value in ("xxx", "250") if value in line}
    assert starts == {16}


def test_square_brackets_are_shown_and_not_taken_for_a_style(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = on_terminal(160, monkeypatch, [("1", "a@b.example", "", "[bold]件名[/bold] [mailbox.main]")])
    assert any("[bold]件名[/bold] [mailbox.main]" in line for line in lines)


def test_room_is_taken_from_the_widest_column_and_never_from_an_address() -> None:
    lines = [["2", "kensetsu@sankaku-town.example", "あ" * 40]]
    assert fit_widths(lines, 200) == [1, 29, 80]
    assert fit_widths(lines, 80) == [1, 29, 46]
    assert fit_widths(lines, 49) is None


def test_no_line_begins_with_a_stop_or_ends_with_an_opening_bracket() -> None:
    assert wrap("保存（不要）", 6) == ["保存", "（不", "要）"]
    assert wrap("案件を登録。次へ", 10) == ["案件を登", "録。次へ"]


@given(st.text(alphabet="あ工（）。abc-@. 1", max_size=60), st.integers(min_value=4, max_value=30))
def test_wrapping_loses_nothing_but_spaces_at_the_end_of_lines(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(map(cell_len, lines)) <= width


def test_a_table_without_rows_shows_nothing_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "".join(on_terminal(160, monkeypatch, [])).strip() == ""


def test_a_list_says_from_when_what_waits_for_the_contract_may_go(capsys: pytest.CaptureFixture[str]) -> None:
    due = dt.datetime(2026, 9, 23, 15, tzinfo=dt.UTC)  # midnight in Japan
    waiting = Submission(
        7, State.APPROVED, approval=ApprovalRecord(release="山田 花子", release_account="soumu", due_at=due)
    )
    submission_table([waiting], "ja")
    assert "送信待ち（承認：山田 花子）、送信予定 2026-09-24 00:00" in capsys.readouterr().out
    assert submission_json(waiting)["due_at"] == "2026-09-24T00:00:00+09:00"
    sent = Submission(7, State.SENT, approval=ApprovalRecord(due_at=due))
    submission_table([sent], "ja")
    assert "送信予定" not in capsys.readouterr().out
    assert submission_json(sent)["due_at"] is None


def test_a_list_names_one_moment_only_for_what_was_approved_in_the_evening(capsys: pytest.CaptureFixture[str]) -> None:
    due = dt.datetime(2026, 11, 20, 19, tzinfo=JST)
    waiting = Submission(
        7, State.APPROVED, approval=ApprovalRecord(release="山田 花子", release_account="soumu", due_at=due)
    )
    submission_table([waiting], "ja", sends_at=lambda each: due.replace(day=24, hour=8, minute=30))
    out = capsys.readouterr().out
    assert "、送信予定 2026-11-24 08:30" in out
    assert "2026-11-20" not in out


@every_case("character", ["\x9b", "\x7f", "\u202e", "\u200b", "\u2028", "\u2066", "\ufeff", "\U000e0041"])
def test_json_holds_no_character_that_a_terminal_obeys_and_loses_none(character: str) -> None:
    told = {"subject": f"認証キー{character}の提出", "quote": 'a"b\\c'}
    line = json_line(told)
    assert character not in line
    assert "認証キー" in line
    assert json.loads(line) == told


@pytest.mark.parametrize("state", [State.REFUSED, State.BOUNCED, State.SENT, State.WITHDRAWN])
def test_what_was_resubmitted_names_the_later_one_instead_of_a_step(
    state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    submission_table([Submission(4, state), Submission(5, State.BOUNCED)], "ja", corrections={4: 6})
    corrected, other = capsys.readouterr().out.splitlines()[1:]
    assert corrected.endswith("6 で再提出")
    assert other.endswith("再提出")
    assert "6" not in other
