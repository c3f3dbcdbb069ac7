"""The one sender's lock, against real processes."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.stores import SteppingClock
from tests.support.world import START
from worker.core.errors import NotAllowed, Unavailable
from worker.send.ports import Holder
from worker.send.smtp.lock import FILE_NAME, SenderLock, read_holder, record_end

ROOT = Path(__file__).parent.parent.parent
HOLD = """
import pathlib, sys
from tests.support.stores import SteppingClock
from worker.send.smtp.lock import SenderLock
lock = SenderLock(pathlib.Path(sys.argv[1]), SteppingClock())
print("held", flush=True)
sys.stdin.read()
"""


def test_who_comes_second_learns_who_came_first(tmp_path: Path) -> None:
    with SenderLock(tmp_path, SteppingClock()):
        with pytest.raises(NotAllowed) as error:
            SenderLock(tmp_path, SteppingClock())
        assert error.value.code == "second_run"
        assert error.value.params["pid"] == str(os.getpid())
        assert error.value.params["host"]
        assert error.value.params["since"] == "2026-11-21T09:00:01+09:00"
        assert START.isoformat() < error.value.params["since"]


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    lock = SenderLock(tmp_path, SteppingClock())
    lock.release()
    lock.release()
    with SenderLock(tmp_path, SteppingClock()):
        assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.process
def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(NotAllowed) as error:
            SenderLock(tmp_path, SteppingClock())
        assert error.value.params["pid"] == str(holder.pid)
        holder.kill()
    with SenderLock(tmp_path, SteppingClock()):
        assert json.loads((tmp_path / FILE_NAME).read_text())["pid"] == os.getpid()


@pytest.mark.process
def test_a_child_process_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = SenderLock(tmp_path, SteppingClock())
    program = "import sys; print('up', flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    child = subprocess.Popen([sys.executable, "-c", program], **pipes, close_fds=False)
    with child:
        assert child.stdout is not None
        child.stdout.readline()  # Linux wakes the parent before it closes the child's descriptors at exec
        lock.release()
        with SenderLock(tmp_path, SteppingClock()):
            assert child.poll() is None
        child.kill()


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff"])
def test_a_holder_that_has_not_written_yet_is_named_as_unknown(tmp_path: Path, content: bytes) -> None:
    with SenderLock(tmp_path, SteppingClock()):
        (tmp_path / FILE_NAME).write_bytes(content)
        with pytest.raises(NotAllowed) as error:
            SenderLock(tmp_path, SteppingClock())
        assert error.value.params == {"pid": "?", "host": "?", "since": "?"}


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unavailable) as error:
        SenderLock(tmp_path, SteppingClock())
    assert error.value.what == "store"
    assert not (tmp_path / "elsewhere").exists()


# --- Looking -------------------------------------------------------------------------------------------------


def test_who_looks_learns_of_a_holder_and_of_none(tmp_path: Path) -> None:
    assert read_holder(tmp_path) is None, "it never was held"
    assert not (tmp_path / FILE_NAME).exists(), "to look makes nothing"
    with SenderLock(tmp_path, SteppingClock()):
        holder = read_holder(tmp_path)
        assert holder is not None
        assert (holder.is_held, holder.pid, holder.ended) == (True, str(os.getpid()), None)
    after = read_holder(tmp_path)
    assert after is not None
    assert (after.is_held, after.since, after.ended) == (False, START + dt.timedelta(seconds=1), None)


def test_what_the_holder_says_of_its_end_stays_until_the_next(tmp_path: Path) -> None:
    with SenderLock(tmp_path, SteppingClock()) as lock:
        lock.note_end(START, "fault", "x" * 10_000)
        holder = read_holder(tmp_path)
        assert holder is not None
        assert (holder.is_held, holder.why) == (True, ""), "it is still there"
    ended = read_holder(tmp_path)
    assert ended is not None
    assert (ended.is_held, ended.ended, ended.why, ended.detail) == (False, START, "fault", "x" * 500)
    with SenderLock(tmp_path, SteppingClock()):
        assert "ended" not in json.loads((tmp_path / FILE_NAME).read_text()), "shorter than the former content"


def test_a_start_is_never_refused_because_somebody_looks(tmp_path: Path) -> None:
    SenderLock(tmp_path, SteppingClock()).release()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            read_holder(tmp_path)

    lookers = [threading.Thread(target=look) for _ in range(3)]
    for each in lookers:
        each.start()
    try:
        for _ in range(300):
            SenderLock(tmp_path, SteppingClock()).release()
    finally:
        stop.set()
        for each in lookers:
            each.join()


def test_a_check_takes_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SenderLock(tmp_path, SteppingClock()).release()

    def refuse(descriptor: int, kind: int) -> None:
        raise AssertionError("a check that takes the lock can refuse a start")

    monkeypatch.setattr("worker.send.smtp.lock.fcntl.flock", refuse)
    assert read_holder(tmp_path) is not None


def test_a_start_waits_for_a_check_by_a_shared_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SenderLock(tmp_path, SteppingClock()).release()
    descriptor = os.open(tmp_path / FILE_NAME, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    waited = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            os.close(descriptor)  # the look ends

    monkeypatch.setattr("worker.send.smtp.lock.time.sleep", wait)
    SenderLock(tmp_path, SteppingClock()).release()
    assert len(waited) == 3


def test_a_death_is_noted_for_who_could_not_say_it_and_for_nobody_else(tmp_path: Path) -> None:
    record_end(tmp_path, START, "signal", "KILL")
    assert not (tmp_path / FILE_NAME).exists()
    with SenderLock(tmp_path, SteppingClock()):
        record_end(tmp_path, START, "signal", "KILL")
    holder = read_holder(tmp_path)
    assert holder is not None
    assert holder.ended is None, "it was held"
    record_end(tmp_path, START, "signal", "KILL")
    record_end(tmp_path, START + dt.timedelta(hours=1), "watchdog", "")
    dead = read_holder(tmp_path)
    assert dead is not None
    assert (dead.pid, dead.ended, dead.why, dead.detail) == (str(os.getpid()), START, "signal", "KILL")


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"ended": 5}', '{"ended": "2026-11-21", "since": "x"}'])
def test_what_the_file_does_not_say_plainly_is_unknown(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    assert read_holder(tmp_path) == Holder(is_held=False)
