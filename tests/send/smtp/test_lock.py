"""The one sender's lock, against real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stores import SteppingClock
from tests.support.world import START
from worker.core.errors import NotAllowed, Unavailable
from worker.send.smtp.lock import FILE_NAME, SenderLock

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
