"""The operator's command: a real small script gets the text, within its time, without a shell or our secrets."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from worker.notify.operator_command import OUTPUT_LIMIT, ProgramCommand

TEXT = "【保証便】メールアカウントが拒否されました\n\n本文\n"


def script(folder: Path, code: str) -> Sequence[str]:
    """A program of the operator's."""
    path = folder / "tell"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{code}\n", encoding="utf-8")
    path.chmod(0o700)
    return [str(path), str(folder / "told")]


async def test_it_gets_the_text_on_standard_input_and_its_arguments_as_they_are(tmp_path: Path) -> None:
    program = script(tmp_path, "open(sys.argv[1], 'w').write(repr(sys.argv[2:]) + sys.stdin.read())")
    assert await ProgramCommand([*program, "$HOME; ls", "a b"]).call(TEXT) == ""
    assert (tmp_path / "told").read_text(encoding="utf-8") == repr(["$HOME; ls", "a b"]) + TEXT


async def test_what_it_says_is_in_the_journal_and_no_more_than_the_limit(tmp_path: Path) -> None:
    program = script(tmp_path, "print('送信済み'); print('x' * 100_000, file=sys.stderr)")
    with capture_logs() as logs:
        assert await ProgramCommand(program).call(TEXT) == ""
    (line,) = logs
    assert line["event"] == "operator_command"
    assert line["output"].startswith("送信済み") or "x" in line["output"]
    assert len(line["output"].encode()) <= OUTPUT_LIMIT + 2  # a character cut at the end is shown as a sign


async def test_one_that_fails_is_an_error_in_the_journal(tmp_path: Path) -> None:
    with capture_logs() as logs:
        assert await ProgramCommand(script(tmp_path, "print('no line'); sys.exit(3)")).call(TEXT) == "exit status 3"
    assert (logs[0]["log_level"], logs[0]["failure"], logs[0]["output"]) == ("error", "exit status 3", "no line\n")


async def test_one_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    program, told = tmp_path / "tell", tmp_path / "told"
    program.write_text("#!/bin/sh\nsleep 600 &\necho $$ $! >$1\nwait\n", encoding="utf-8")  # a shell starts at once
    program.chmod(0o700)
    assert await ProgramCommand([str(program), str(told)], seconds=0.5).call(TEXT) == "not ended within 0.5 s"
    started = [int(word) for word in told.read_text(encoding="utf-8").split()]
    assert len(started) == 2
    assert all(map(has_ended, started))


def has_ended(number: int) -> bool:
    """The kernel delivers SIGKILL in its own time: wait for the end, at most half a minute."""
    try:
        process = os.pidfd_open(number)
    except ProcessLookupError:
        return True
    try:
        ended, _, _ = select.select([process], [], [], 30)
        return bool(ended)
    finally:
        os.close(process)


async def test_one_that_reads_nothing_has_told_all_the_same(tmp_path: Path) -> None:
    assert await ProgramCommand(script(tmp_path, "sys.stdin.close()")).call(TEXT * 100_000) == ""


async def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "tell" in await ProgramCommand([str(tmp_path / "tell")]).call(TEXT)


async def test_it_does_not_see_where_our_credentials_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/hoshobin")
    program = script(tmp_path, "open(sys.argv[1], 'w').write(' '.join(os.environ))")
    await ProgramCommand(program).call(TEXT)
    assert not {"CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"} & set((tmp_path / "told").read_text().split())
    assert "PATH" in os.environ
