"""A slip in a command's arguments is reported in the reader's language, with the expected form."""

from __future__ import annotations

import re

import pytest

from tests.support.office import command

ASKED = {
    ("confirm", "1", "--by", "山田", "花子", "--note", "電話"): '「花子」は番号ではありません.*--by "山田 花子"',
    ("show", "1", "2"): re.escape("番号は一つだけ指定できます（2 は不要です）"),
    ("confirm", "1", "[--failed]", "--by", "花子", "--note", "電話"): re.escape("「[--failed]」は番号ではありません"),
    ("approve", "1"): re.escape("「--by」がありません"),
    ("list", "--state", "FOO"): "「FOO」という状態はありません。使える言葉：承認待ち、",
    ("log", "--since", "いつか"): "「--since」の値を使えません：",
    ("tasksk",): "「tasksk」というコマンドはありません",
    ("list", "--stat", "held"): "「--stat」という指定はありません（近い名前：.*--state",
    ("withdraw", "1", "--by", "花子", "--why"): "「--why」の書き方が正しくありません",
    ("done", "x", "--by", "花子", "--note", "済"): "「ID」の値を使えません：「x」は番号ではありません",
}


@pytest.mark.parametrize(("arguments", "told"), ASKED.items(), ids=map(" ".join, ASKED))
def test_a_slip_is_told_in_japanese(arguments: tuple[str, ...], told: str) -> None:
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    (first, *_) = ran.err.splitlines()
    assert re.search(told, first), first
    assert not re.search("Invalid|Missing|No such|Got unexpected", first)


def test_a_slip_is_told_in_english_where_that_was_asked_for() -> None:
    ran = command("--lang", "en", "confirm", "1", "--by", "Taro", "Yamada", "--note", "called")
    assert '"Yamada" is not a number' in ran.err
    assert "Put a name with a space in quotes" in ran.err


@pytest.mark.parametrize("second", [["--config", "other"], ["--config=other"], ["--conf", "other"]])
def test_a_second_configuration_is_refused(second: list[str]) -> None:
    ran = command("--config", "one", *second, "list")
    assert ran.code == 2
    assert "--config" in ran.err
