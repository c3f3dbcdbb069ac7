"""How far the log is read: shown to a person, and nothing of it in a pipe."""

from __future__ import annotations

import io
import sys

import pytest

from worker.cli.log import _SHOWN_EVERY, _Progress


class Screen(io.StringIO):
    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def shown(monkeypatch: pytest.MonkeyPatch, count: int, *, is_terminal: bool) -> str:
    screen = Screen(is_terminal=is_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    progress = _Progress(526_000, "ja")
    for _ in range(count):
        progress.step()
    progress.end()
    return screen.getvalue()


def test_a_person_sees_how_far_a_long_log_is_read_and_nothing_of_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, 2 * _SHOWN_EVERY, is_terminal=True)
    assert text.startswith("\r記録を読み込んでいます… 2,000 / 526,000件\r")
    assert text.endswith("\r\033[K")


def test_a_short_log_and_a_pipe_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, _SHOWN_EVERY - 1, is_terminal=True) == ""
    assert shown(monkeypatch, 2 * _SHOWN_EVERY, is_terminal=False) == ""
