"""A backlog of notices from Dovecot to an SMTP sink: the service against the plain script, one after the other."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.office import USER, Order, write_configuration, write_mail
from bench.processes import machine_seconds, own_seconds, resident_megabytes, tree_seconds
from bench.sink import SEPARATOR

import mailservers  # isort: skip  # bench.office put the tests on the path

HERE: Final = Path(__file__).resolve().parent.parent
RUNS: Final = HERE / ".bench"
"""On the disk of the checkout: /tmp may be memory, where a sync costs nothing."""
LIMIT_SECONDS: Final = 150.0
POLL_SECONDS: Final = 0.05
_PDF: Final = re.compile(rb"(JVBERi[A-Za-z0-9+/=\r\n]+)")


@dataclass(frozen=True, slots=True)
class Run:
    """One side's run: wall time, and processor time by who spent it."""

    seconds: float
    cpu: dict[str, float]
    machine: float
    """Processor time of the whole machine meanwhile: what is above ``cpu`` went to programs that are not ours."""
    steps: dict[str, float] = field(default_factory=dict)
    resident: tuple[float, ...] = ()

    @property
    def others(self) -> float:
        """How many cores were busy with something else, on average."""
        return max(0.0, self.machine - sum(self.cpu.values())) / self.seconds


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The running Dovecot."""

    servers: Any
    pid: int

    def fill(self, orders: Sequence[Order]) -> None:
        """Put the mails of ``orders`` into the mailbox."""
        for order in orders:
            self.servers.deliver(USER, write_mail(order, order.pdf()))


@contextmanager
def a_mailbox(orders: Sequence[Order]) -> Iterator[Mailbox]:
    """A Dovecot whose mailbox holds the mails of ``orders``."""
    with mailservers.dovecot_alone() as (servers, pid):
        mailbox = Mailbox(servers, pid)
        mailbox.fill(orders)
        yield mailbox


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder for one run, removed after it."""
    RUNS.mkdir(exist_ok=True)
    root = Path(tempfile.mkdtemp(dir=RUNS))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def a_process(command: Sequence[str], **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """One of our own modules as a process, ended as systemd ends it."""
    words = [sys.executable, "-m", *command]
    with subprocess.Popen(words, cwd=HERE, stdin=subprocess.DEVNULL, **how) as process:  # noqa: S603  our own modules
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()


def wait_until(done: Any, process: subprocess.Popen[bytes]) -> None:
    """Return when ``done()``; SystemExit where ``process`` ends before, or it takes too long."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not done():
        if process.poll() is not None:
            raise SystemExit(f"{process.args!r} ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise SystemExit(f"{process.args!r} was not done within {LIMIT_SECONDS:g} s")
        time.sleep(POLL_SECONDS)


@dataclass(frozen=True, slots=True)
class _Scene:
    root: Path
    config: Path
    sink: int
    smtp_port: int
    mailbox: Mailbox


@contextmanager
def _a_scene(mailbox: Mailbox, orders: Sequence[Order]) -> Iterator[_Scene]:
    """An empty office and an empty sink before the full mailbox."""
    with ExitStack() as ends:
        root = ends.enter_context(a_folder())
        sink = ends.enter_context(a_process(["bench.sink", str(root)]))
        wait_until((root / "port").exists, sink)
        port = int((root / "port").read_text())
        config = write_configuration(root, orders, mailbox.servers.imap, port, mailbox.servers.password)
        yield _Scene(root, config, sink.pid, port, mailbox)


def run_service(
    mailbox: Mailbox, orders: Sequence[Order], later: Sequence[Order] = (), *, accounted: bool = False
) -> Run:
    """``hoshobin run`` from its start until the last of ``orders`` is recorded as sent.

    ``later`` come into the mailbox afterwards, for the memory after all of them; ``accounted`` measures each step
    of the main process, which costs a few per cent.
    """
    with _a_scene(mailbox, (*orders, *later)) as scene, (scene.root / "service.log").open("wb") as log:
        database = scene.root / "var" / "hoshobin.sqlite3"
        steps = scene.root / "steps.json"
        before = _others(scene)
        module = ["bench.accounted", str(steps)] if accounted else ["worker"]
        busy, began = machine_seconds(), time.perf_counter()
        with a_process([*module, "--config", str(scene.config), "run"], stderr=log, stdout=log) as service:
            wait_until(lambda: _count_sent(database) >= len(orders), service)
            seconds = time.perf_counter() - began
            busy = machine_seconds() - busy
            main = own_seconds(service.pid)
            cpu = {"main process": main, "PDF children": tree_seconds(service.pid) - main}
            cpu |= _difference(_others(scene), before)
            resident = [resident_megabytes(service.pid)]
            if later:
                mailbox.fill(later)
                wait_until(lambda: _count_sent(database) >= len(orders) + len(later), service)
                resident.append(resident_megabytes(service.pid))
        _prove(scene.root / "mails", (*orders, *later))
        told = json.loads(steps.read_text()) if accounted else {}
        return Run(seconds, cpu, busy, told, tuple(resident))


def run_script(mailbox: Mailbox, orders: Sequence[Order]) -> Run:
    """The plain script from its start to its end."""
    with _a_scene(mailbox, orders) as scene:
        before = _others(scene)
        ports = str(mailbox.servers.imap), str(scene.smtp_port)
        arguments = [str(scene.config), *ports, USER, mailbox.servers.password]
        used = _children_seconds()
        busy, began = machine_seconds(), time.perf_counter()
        told = subprocess.run(  # noqa: S603  our own module
            [sys.executable, "-m", "bench.plain_script", *arguments],
            cwd=HERE,
            stdout=subprocess.PIPE,
            check=True,
            timeout=LIMIT_SECONDS,
        )
        seconds = time.perf_counter() - began
        busy = machine_seconds() - busy
        cpu = {"script": _children_seconds() - used} | _difference(_others(scene), before)
        _prove(scene.root / "mails", orders)
        return Run(seconds, cpu, busy, json.loads(told.stdout))


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _others(scene: _Scene) -> dict[str, float]:
    return {"Dovecot": tree_seconds(scene.mailbox.pid), "sink": own_seconds(scene.sink)}


def _difference(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in after}


def _count_sent(database: Path) -> int:
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            found: int = connection.execute("SELECT count(*) FROM submissions WHERE state = 'SENT'").fetchone()[0]
            return found
    except sqlite3.OperationalError:  # not made yet
        return 0


def _prove(mails: Path, orders: Sequence[Order]) -> None:
    """Both sides must have done the work: each notice, to the byte, in one mail."""
    arrived: Counter[bytes] = Counter()
    for mail in mails.read_bytes().split(SEPARATOR)[:-1]:
        found = _PDF.search(mail)
        arrived[base64.b64decode(found[1]) if found else b""] += 1
    if arrived != Counter(order.pdf() for order in orders):
        raise SystemExit(f"{arrived.total()} mails arrived, and they are not the {len(orders)} that were to be sent")
