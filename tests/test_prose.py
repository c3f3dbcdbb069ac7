"""The check of docstrings finds what the style guide bans, and passes over what it does not ban."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import prose

NOMINAL = ["What came back.", "Whether it is open; None: unknown.", "Where the store is.", "Whoever approves."]
PLAIN = ["Returns what came back.", "The state.", "True if it is open.", "Somewhere else."]


def written(folder: Path, *docstrings: str) -> Path:
    """A module of one function for each docstring."""
    path = folder / "module.py"
    path.write_text("".join(f'def f{n}():\n    """{text}"""\n\n\n' for n, text in enumerate(docstrings)))
    return path


@pytest.mark.parametrize("sentence", NOMINAL)
def test_a_sentence_that_begins_with_a_nominal_clause_is_found(tmp_path: Path, sentence: str) -> None:
    assert next(prose.sentences(written(tmp_path, sentence))).is_nominal


@pytest.mark.parametrize("sentence", PLAIN)
def test_a_sentence_with_subject_and_verb_is_not(tmp_path: Path, sentence: str) -> None:
    assert [each.is_nominal for each in prose.sentences(written(tmp_path, sentence))] == [False]


def test_each_sentence_of_a_docstring_counts_and_its_place_is_named(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""A module.\n\nRead nobody. Read x\nwhere y.\n"""\n\nLIMIT = 3\n"""Seconds."""\n')
    found = list(prose.sentences(module))
    assert [(each.line, each.text) for each in found] == [
        (1, "A module."),
        (1, "Read nobody."),
        (1, "Read x where y."),
        (8, "Seconds."),
    ]
    assert [each.is_vague for each in found] == [False, True, True, False]


def test_a_docstring_is_found_below_every_kind_of_statement(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    function = 'def f():\n{0}    """{1}"""\n'.format
    below = ("if x:", "else:", "try:", "except E:", "finally:", "for x in y:", "while x:", "with x:", "class X:")
    lines = [f"{head}\n    {function('    ', f'Returns {n}.')}" for n, head in enumerate(below)]
    matching = f"match x:\n    case 1:\n        {function('        ', 'Returns it.')}"
    module.write_text("".join([*lines, matching]))
    expected = [*(f"Returns {n}." for n in range(len(below))), "Returns it."]
    assert [each.text for each in prose.sentences(module)] == expected


def test_a_japanese_docstring_is_the_help_of_a_command_and_is_not_counted(tmp_path: Path) -> None:
    assert list(prose.sentences(written(tmp_path, "送信したメールの一覧を表示します。"))) == []


def test_the_check_fails_above_a_limit_and_names_each_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prose.main([str(written(tmp_path, *PLAIN))]) == 0
    assert prose.main([str(written(tmp_path, *PLAIN, NOMINAL[0]))]) == 1
    assert NOMINAL[0] in capsys.readouterr().out
