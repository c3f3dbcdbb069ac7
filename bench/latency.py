"""The time from a new mail to its notice accepted by SMTP, mail by mail, and the IMAP server's own delay.

One ``hoshobin run`` and one bare IMAP client wait in IDLE on the same mailbox. Each mail is put there when the one
before has been accepted and both have had time to wait again; sweeps are too far apart to help.
"""

from __future__ import annotations

import random
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.backlog import Mailbox, a_mailbox, a_process, a_scene, prove, wait_until
from bench.office import USER, Order, write_mail
from bench.processes import machine_seconds, tree_seconds

SWEEP_SECONDS: Final = 3600
"""No sweep within the run: a mail is found only because the server announced it."""
GAP_SECONDS: Final = (0.7, 1.7)
"""Between an accepted mail and the next: longer than Dovecot gathers news (0.5 s), and never in step with it."""
SETTLE_SECONDS: Final = 3.0
"""For the first look at an empty mailbox, and for IDLE behind it."""
TOLD_SECONDS: Final = 10.0
_EXISTS: Final = re.compile(rb"\* ([0-9]+) EXISTS", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds from the delivery of each mail, in order."""

    told: tuple[float, ...]
    """Until the server announced it to the bare client."""
    accepted: tuple[float, ...]
    """Until the mail server took what hoshobin made of it."""
    others: float
    """The number of cores that other programs kept busy meanwhile."""


class Listener:
    """A bare IMAP client in IDLE that notes when the mailbox was first said to hold so many messages."""

    def __init__(self, connection: socket.socket, password: str) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")
        self._told: dict[int, int] = {}
        self._lines.readline()
        for number, words in enumerate((f"LOGIN {USER} {password}", "EXAMINE INBOX", "IDLE")):
            connection.sendall(f"a{number} {words}\r\n".encode())
            while not (line := self._lines.readline()).startswith((f"a{number} OK".encode(), b"+")):
                if not line.startswith(b"*"):
                    raise SystemExit(f"the bare IMAP client was told {line!r}")
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while line := self._lines.readline():
            now = time.monotonic_ns()
            if found := _EXISTS.match(line):
                self._told.setdefault(int(found[1]), now)

    def told_at(self, count: int) -> int | None:
        """When there were said to be ``count`` messages, on the monotonic clock in nanoseconds."""
        return self._told.get(count)


@contextmanager
def _a_listener(mailbox: Mailbox) -> Iterator[Listener]:
    with socket.create_connection((mailbox.servers.host, mailbox.servers.imap)) as connection:
        yield Listener(connection, mailbox.servers.password)


def measure_latency(count: int) -> Waits:
    """``count`` mails, one after the other."""
    orders = [Order.of(number) for number in range(count)]
    mails = [write_mail(order, order.pdf()) for order in orders]
    with a_mailbox([]) as mailbox, a_scene(mailbox, orders, SWEEP_SECONDS) as scene, _a_listener(mailbox) as listener:
        with (scene.root / "service.log").open("wb") as log:
            command = ["worker", "--config", str(scene.config), "run"]
            with a_process(command, stderr=log, stdout=log) as service:
                database = scene.root / "var" / "hoshobin.sqlite3"
                wait_until(database.exists, service)
                time.sleep(SETTLE_SECONDS)
                busy, own, began = machine_seconds(), tree_seconds(service.pid), time.monotonic()
                delivered = [_deliver(mailbox, mail, scene.root, service, place) for place, mail in enumerate(mails)]
                seconds = time.monotonic() - began
                busy, own = machine_seconds() - busy, tree_seconds(service.pid) - own
        prove(scene.root / "mails", orders)
        accepted = _accepted(scene.root)
        told = [_wait_told(listener, place) for place in range(1, count + 1)]
    since = [(one / 1e9) for one in delivered]
    return Waits(
        told=tuple(at / 1e9 - start for at, start in zip(told, since, strict=True)),
        accepted=tuple(at / 1e9 - start for at, start in zip(accepted, since, strict=True)),
        others=max(0.0, (busy - own) / seconds),
    )


def _deliver(mailbox: Mailbox, mail: bytes, root: Path, service: subprocess.Popen[bytes], before: int) -> int:
    """Put one mail there and wait until it has been taken; when it was there."""
    time.sleep(random.uniform(*GAP_SECONDS))  # noqa: S311  no secret
    mailbox.servers.deliver(USER, mail)
    delivered = time.monotonic_ns()
    wait_until(lambda: len(_accepted(root)) > before, service)
    return delivered


def _accepted(root: Path) -> list[int]:
    return [int(line) for line in (root / "accepted").read_text().splitlines()]


def _wait_told(listener: Listener, count: int) -> int:
    deadline = time.monotonic() + TOLD_SECONDS
    while (at := listener.told_at(count)) is None:
        if time.monotonic() > deadline:
            raise SystemExit(f"the server never told the bare client of message {count}")
        time.sleep(0.05)
    return at
