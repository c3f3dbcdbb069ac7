"""An IMAP server for the demonstration and the tests: pymap in a child process, on a free port of loopback.

It listens on 127.0.0.1 alone, holds everything in memory, and is gone after ``stop``. Its password
reaches it by its standard input, so that no process list shows it. It needs the extra ``hoshobin[demo]``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
import socket
import subprocess
import sys
import time
from types import TracebackType
from typing import Final, Self

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from worker.core.errors import Unavailable

START_SECONDS: Final = 30.0
"""It starts in 0.3 s; a loaded machine of two cores took 5."""
STOP_SECONDS: Final = 3.0
STARTS: Final = 3
"""Another process may take the port between the choice and the start."""
_LOOPBACK: Final = "127.0.0.1"
_SERVER: Final = """
import sys
import pymap.config
from pymap.main import main
from pysasl.hashing import Cleartext
pymap.config.BuiltinHash = Cleartext
sys.argv += ["--demo-password", sys.stdin.readline().strip()]
main()
"""
"""The password is compared as it is: it is random and lives as long as the process, and half a million rounds of
PBKDF2 would cost a fifth of a second of processor time at each login."""


class DemoImap:
    """A mailbox of one user, with an INBOX; also a context manager."""

    host: Final = _LOOPBACK

    def __init__(self, user: str) -> None:
        self.user = user
        self.password = secrets.token_hex(12)  # no leading dash: pymap would take it for an option
        self.port = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._client: IMAPClient | None = None

    def start(self) -> None:
        """Start the server and log in to it. Raises Unavailable if it does not come up."""
        for _ in range(STARTS):
            self.port = _free_port()
            self._child = self._spawn()
            if self._wait_until_it_answers():
                self._client = IMAPClient(self.host, self.port, ssl=False, timeout=START_SECONDS)
                self._client.login(self.user, self.password)
                return
            self.stop()
        raise Unavailable("imap", "the demonstration's IMAP server did not start")

    def append(self, message: bytes, *, folder: str = "INBOX", received: dt.datetime | None = None) -> None:
        """Put a mail into a folder, as a delivery would; ``received`` is its internal date."""
        self._logged_in().append(folder, message, msg_time=received)

    def create_folder(self, folder: str) -> None:
        """Make a folder, under any name."""
        self._logged_in().create_folder(folder)

    def stop(self) -> None:
        """Log out, then terminate, then kill: with a client connected it does not end on Python 3.12."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(IMAPClientError, OSError):  # it may be gone already
                client.logout()
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _logged_in(self) -> IMAPClient:
        if self._client is None:
            raise Unavailable("imap", "the demonstration's IMAP server is not running")
        return self._client

    def _spawn(self) -> subprocess.Popen[bytes]:
        where = ["--host", self.host, "--port", str(self.port), "--no-tls"]
        child = subprocess.Popen(  # noqa: S603  our own interpreter, arguments of our own
            [sys.executable, "-c", _SERVER, *where, "dict", "--demo-user", self.user],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if child.stdin is not None:
            with child.stdin as pipe, contextlib.suppress(BrokenPipeError):  # it ended at once: seen by the wait
                pipe.write(self.password.encode() + b"\n")
        return child

    def _wait_until_it_answers(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self._child is not None and self._child.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection((self.host, self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return True
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
