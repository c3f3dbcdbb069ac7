"""``hoshobin demo --console``: the demo's office in a browser, with the service beside it."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.console import Browser
from tests.support.service_process import PATIENCE, Listener

pytestmark = pytest.mark.process
_TICK = re.compile(r'type="checkbox" name="([^"]+)"')


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    listener = Listener(tmp_path)
    yield listener
    listener.close()


def processes_of(folder: Path) -> list[str]:
    """The command lines of other processes that name this folder."""
    lines = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(each.read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return [line for line in lines if f"{folder}" in line and "pytest" not in line]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_an_approval_in_the_demo_is_sent_by_its_service_and_everything_ends_with_the_command(
    tmp_path: Path, listener: Listener, end: signal.Signals
) -> None:
    kept = tmp_path / "kept"
    program = subprocess.Popen(
        [sys.executable, "-m", "worker", "demo", "--console", "--keep", str(kept), "--port", str(free_port())],
        env={**os.environ, "NOTIFY_SOCKET": str(listener.path), "HOSHOBIN_LANG": "ja", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert program.stdout is not None
    try:
        url = login = password = ""
        while not password:
            line = program.stdout.readline()
            assert line, "it ended before it said its address"
            url = url or "".join(re.findall(r"http://127\.0\.0\.1:\d+", line))
            login = login or "".join(re.findall(r"ログイン名：(\w+)", line))
            password = "".join(re.findall(r"パスワード：(\S+)", line))
        with httpx.Client(base_url=url, timeout=60, transport=httpx.HTTPTransport(retries=5)) as client:
            browser = Browser(url, client)
            assert browser.log_in(login, password).status_code == 200
            (number,) = re.findall(r'href="(/s/\d+)"', browser.last.text)[:1]  # type: ignore[union-attr]
            shown = browser.get(number).text
            fields = {"label": browser.label, "shown": browser.shown, "note": "公表のページと照合済み"} | dict.fromkeys(
                _TICK.findall(shown), "1"
            )
            assert browser.post(f"{number}/approve", fields).status_code == 303, browser.text

        def is_sent() -> bool:
            with closing(sqlite3.connect(kept / "var" / "hoshobin.sqlite3")) as store:
                query = "SELECT state FROM submissions WHERE id = ?"
                return store.execute(query, [number.rpartition("/")[2]]).fetchone() == ("SENT",)

        listener.until(is_sent)
        program.send_signal(end)
        rest, _ = program.communicate(timeout=PATIENCE)
        assert ".example" in rest, "the mails that the embedded server took"
        assert program.returncode == 0
        assert processes_of(kept) == []
    finally:
        program.kill()
        program.wait()
