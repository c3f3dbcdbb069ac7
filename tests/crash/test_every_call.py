"""Every sync and every step of SMTP as a kill point, the order that the trace shows, and the kill points themselves.

``make crash`` takes every call; this takes those after which something is said to be certain, and those that others
see. ``every_call`` describes a run and its judge.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.every_call import (
    Bench,
    Call,
    CompilerMissing,
    Expected,
    Failure,
    built_shim,
    expect,
    table_of,
    windows_of,
)
from tests.crash.lives import a_room

pytestmark = pytest.mark.crash


@pytest.fixture(scope="module")
def shim() -> Path:
    try:
        return built_shim()
    except CompilerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def bench(shim: Path) -> Iterator[Bench]:
    with a_room() as room, Bench(room) as bench:
        yield bench


@pytest.fixture(scope="module")
def calls(bench: Bench) -> list[Call]:
    return bench.whole_run()


def test_doubt_is_synced_before_the_first_byte_of_the_mail_and_the_answer_before_the_next_command(
    calls: list[Call],
) -> None:
    first, second = windows_of(calls)
    for window in (first, second):
        assert window.doubt_synced < window.first_byte <= window.last_byte < window.answer_synced < window.next_step
    next_mail = next(call.ordinal for call in calls if call.ordinal > first.last_byte and call.step == "smtp MAIL")
    assert first.answer_synced < next_mail < second.doubt_synced
    assert first.last_byte > first.first_byte, "the first mail goes out in more than one piece"


def test_a_record_that_is_synced_too_late_or_in_vain_is_seen_in_the_trace(calls: list[Call]) -> None:
    for window in windows_of(calls):
        spans = {
            "DataStarted": (window.doubt_synced, window.first_byte),
            "Accepted": (window.last_byte, window.next_step),
        }
        for event, (first, last) in spans.items():
            in_vain = [
                dataclasses.replace(call, result=-5) if call.is_sync and first <= call.ordinal < last else call
                for call in calls
            ]
            with pytest.raises(AssertionError, match=f"{event} is not synced"):
                windows_of(in_vain)
            with pytest.raises(AssertionError, match=f"{event} is not synced"):
                windows_of([call for call in in_vain if call.result != -5])


def test_the_run_passes_every_kind_of_call_that_the_worker_makes(calls: list[Call]) -> None:
    assert [call.ordinal for call in calls] == list(range(1, len(calls) + 1))
    passed = {(call.name, call.target) for call in calls}
    assert {("pwrite64", "database's wal"), ("fdatasync", "database's wal"), ("pwrite64", "database")} <= passed
    assert {("fdatasync", "database"), ("fsync", "folder"), ("write", "head"), ("fsync", "head")} <= passed
    assert {
        ("rename", "head"),
        ("rename", "secret"),
        ("write", "witness"),
        ("fsync", "witness"),
        ("rename", "witness"),
        ("ftruncate", "lock"),
        ("sendto", "smtp"),
        ("sendto", "imap"),
    } <= passed
    steps = {call.step for call in calls}
    assert {f"smtp {step}" for step in ("EHLO", "RSET", "MAIL", "RCPT", "DATA", "the mail", "QUIT")} <= steps
    assert {"imap LOGIN", "imap UID SEARCH", "imap UID FETCH", "imap UID STORE"} <= steps
    assert all(call.result >= 0 for call in calls)


def test_a_kill_is_expected_to_leave_doubt_only_between_the_record_of_doubt_and_that_of_the_answer(
    calls: list[Call],
) -> None:
    windows = windows_of(calls)
    expected = {failure: [expect(call, failure, windows) for call in calls] for failure in Failure}
    doubted = [call.step for call, what in zip(calls, expected[Failure.KILL], strict=True) if what is Expected.DOUBT]
    assert set(doubted) == {"smtp the mail", "database's wal"}
    for failure in (Failure.EIO, Failure.ENOSPC):
        failed = [call.step for call, what in zip(calls, expected[failure], strict=True) if what is Expected.DOUBT]
        assert failed == ["smtp the mail"] * 3
    assert all(each.count(Expected.EITHER) == 2 for each in expected.values())


@pytest.mark.parametrize("failure", Failure, ids=lambda failure: failure.name)
def test_disturbed_at_every_sync_and_every_step_of_smtp_the_run_still_comes_to_its_end(
    bench: Bench, calls: list[Call], failure: Failure
) -> None:
    windows = windows_of(calls)
    chosen = [call for call in calls if call.is_sync or call.target == "smtp"]
    outcomes = [bench.try_point(call, failure, windows) for call in chosen]
    sys.stdout.write("\n".join([f"{len(chosen)} of {len(calls)} points", *table_of(outcomes)]))
    failures = [f"{each.point} ({each.call.step}, {each.call.name}): {each.violation}" for each in outcomes]
    assert not any(each.violation for each in outcomes), "\n".join(failures)


# --- The kill points themselves ----------------------------------------------------------------------------------

EVERY_CALL = """
import ctypes, json, os, socket, sys
folder, ordinal, error = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
listener = socket.create_server(("127.0.0.1", 0))
line = socket.create_connection(listener.getsockname())
local, _ = socket.socketpair()
file = os.open(folder + "/file", os.O_RDWR | os.O_CREAT)
elsewhere = os.open(folder + ".elsewhere", os.O_RDWR | os.O_CREAT)
trace = os.open(folder + ".trace", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
libc = ctypes.CDLL(None, use_errno=True)
libc.kill_points_arm(os.fsencode(folder), trace, ctypes.c_long(ordinal), error, 1)
place = os.open(folder, os.O_RDONLY)
os.write(elsewhere, b"not counted"), local.send(b"not counted"), os.fsync(elsewhere)
said = []
for each in (
    lambda: os.write(file, b"1"), lambda: os.pwrite(file, b"2", 0), lambda: os.writev(file, [b"3", b"3"]),
    lambda: os.pwritev(file, [b"4"], 0), lambda: os.fsync(file), lambda: os.fdatasync(file), lambda: os.fsync(place),
    lambda: os.ftruncate(file, 1), lambda: line.send(b"5"), lambda: line.sendmsg([b"6", b"6"]),
    lambda: os.rename(folder + "/file", folder + "/file"),
):
    try:
        each()
    except OSError as failed:
        said.append(failed.errno)
libc.kill_points_disarm()
os.write(file, b"not counted")
print(json.dumps(said))
"""
NAMES = ["write", "pwrite64", "writev", "pwritev", "fsync", "fdatasync", "fsync", "ftruncate", "sendto", "sendmsg"]
NAMES += ["rename"]


def passed_by_every_call(shim: Path, folder: Path, ordinal: int, error: int) -> tuple[int, str, list[list[str]]]:
    folder.mkdir(exist_ok=True)
    ended = subprocess.run(
        [sys.executable, "-c", EVERY_CALL, str(folder), str(ordinal), str(error)],
        env={**os.environ, "LD_PRELOAD": str(shim)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = Path(f"{folder}.trace").read_text().splitlines()
    return ended.returncode, ended.stdout, [line.split(" ") for line in lines]


def test_each_kind_of_call_is_counted_below_the_folder_and_on_tcp_and_nowhere_else(shim: Path, tmp_path: Path) -> None:
    code, said, lines = passed_by_every_call(shim, tmp_path / "room", 0, 0)
    assert (code, json.loads(said)) == (0, [])
    assert [line[1] for line in lines] == NAMES
    assert lines[2][3:] == ["2", "2", "3333"]


@pytest.mark.parametrize("ordinal", [1, 6, 9, 11])
def test_the_chosen_call_fails_or_kills_and_no_other(shim: Path, tmp_path: Path, ordinal: int) -> None:
    code, said, lines = passed_by_every_call(shim, tmp_path / "room", ordinal, Failure.ENOSPC.value)
    assert (code, json.loads(said)) == (0, [28])
    assert [number for number, line in enumerate(lines, start=1) if line[4] == "-28"] == [ordinal]
    code, said, lines = passed_by_every_call(shim, tmp_path / "room", ordinal, 0)
    assert (code, said) == (-9, "")
    assert [line[1] for line in lines] == NAMES[:ordinal]
