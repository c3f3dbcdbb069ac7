"""The messages to systemd, over a datagram socket as its own."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from worker.service.systemd import SystemdNotifier


def test_a_manager_that_does_not_read_is_waited_for_without_work_and_ends_nothing(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        told = SystemdNotifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        waited = 0.0
        while waited < 0.5:  # until one send finds the queue full and waits for its whole limit
            began, worked = time.monotonic(), time.thread_time()
            told.status("見ています")
            waited, worked = time.monotonic() - began, time.thread_time() - worked
        assert worked < waited / 4
        manager.setblocking(False)
        assert manager.recv(100) == "STATUS=見ています".encode()


def test_a_manager_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    SystemdNotifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}).ready()
