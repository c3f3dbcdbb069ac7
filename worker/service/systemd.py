"""sd_notify(3) over its datagram socket; does nothing if no service manager listens."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Final

SEND_SECONDS: Final = 1.0
"""A manager whose queue is full reads it within milliseconds; one that hangs must not stop the mails."""


class SystemdNotifier:
    """Sends systemd READY, STATUS and WATCHDOG."""

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        self._address = env.get("NOTIFY_SOCKET", "")
        usec = env.get("WATCHDOG_USEC", "")
        is_for_us = env.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog_seconds: float | None = int(usec) / 1e6 if usec.isdigit() and is_for_us else None
        """Within how long WATCHDOG must be fed; None without a watchdog."""

    def ready(self) -> None:
        """The first look has begun: units that wait for us may start."""
        self._send("READY=1")

    def stopping(self) -> None:
        """The shutdown has begun."""
        self._send("STOPPING=1")

    def extend_timeout(self, seconds: float) -> None:
        """Ask for so many more seconds, counted from now, for the work under way."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}")

    def status(self, text: str) -> None:
        """One line for ``systemctl status``."""
        self._send("STATUS=" + text.replace("\n", " "))

    def feed_watchdog(self) -> None:
        """Every loop is alive."""
        self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
            notify.settimeout(SEND_SECONDS)
            try:
                notify.connect(address)  # without it poll(2) knows no full queue, and waiting is a busy loop (unix(7))
                notify.send(message.encode())
            except OSError:
                # A manager that is gone must not end the mails: the watchdog then speaks for itself.
                return
