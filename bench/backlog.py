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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.office import USER, Order, write_configuration, write_mail
from bench.processes import machine_seconds, own_seconds, resident_megabytes, tree_seconds
from bench.sink import SEPARATOR
from tests.support import mailservers

HERE: Final = Path(__file__).resolve().parent.parent
RUNS: Final = HERE / ".bench"
"""On the disk of the checkout: /tmp may be memory, and a sync costs nothing there."""
LIMIT_SECONDS: Final = 150.0
"""For a backlog of 500 on the slowest machine tried; a larger one is given its share more."""
REST_SECONDS: Final = 3.0
"""Between the last mail and the look at the memory: the last pass has ended by then."""
POLL_SECONDS: Final = 0.05
POLL_OF_THE_OFFICE: Final = 10
"""``[schedule] poll_seconds``: the longest wait for new mail if the server does not announce it."""
_MAKE_KNOWN: Final = """
import sys, pathlib
from bench.office import ISSUERS
from tests.support.known_addresses import make_known
known = ((f"city{number}", "keiyaku", (f"keiyaku@city{number}.example",)) for number in range(ISSUERS))
make_known(pathlib.Path(sys.argv[1]), *known)
"""
_DIGEST: Final = "本日の対応一覧"
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
        """The average number of cores that other programs kept busy."""
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


def as_installed() -> dict[str, str]:
    """The environment with compiled modules kept, as after an installation of either side."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def a_process(command: Sequence[str], tree: Path = HERE, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """One of the modules of ``tree`` in a process of its own, ended with the context."""
    words, how = [sys.executable, "-m", *command], {"env": as_installed(), **how}
    with subprocess.Popen(words, cwd=tree, stdin=subprocess.DEVNULL, **how) as process:  # noqa: S603  our own modules
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()


def wait_until(done: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = LIMIT_SECONDS) -> None:
    """Wait until ``done``; raise SystemExit if ``process`` ends first or the time is over."""
    deadline = time.monotonic() + seconds
    while not done():
        if process.poll() is not None:
            raise SystemExit(f"{process.args!r} ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise SystemExit(f"{process.args!r} was not done within {seconds:g} s")
        time.sleep(POLL_SECONDS)


@dataclass(frozen=True, slots=True)
class Scene:
    """An office, its mailbox, and the sink that its mails go to."""

    root: Path
    config: Path
    sink: int
    smtp_port: int
    mailbox: Mailbox


@contextmanager
def a_scene(mailbox: Mailbox, orders: Sequence[Order], poll_seconds: int = POLL_OF_THE_OFFICE) -> Iterator[Scene]:
    """An empty office and an empty sink before the mailbox."""
    with ExitStack() as ends:
        root = ends.enter_context(a_folder())
        sink = ends.enter_context(a_process(["bench.sink", str(root)]))
        wait_until((root / "port").exists, sink)
        port = int((root / "port").read_text())
        servers = mailbox.servers
        config = write_configuration(root, orders, servers.imap, port, servers.password, poll_seconds)
        yield Scene(root, config, sink.pid, port, mailbox)


def run_service(
    mailbox: Mailbox,
    orders: Sequence[Order],
    later: Sequence[Sequence[Order]] = (),
    *,
    accounted: bool = False,
    tree: Path = HERE,
) -> Run:
    """``hoshobin run`` of ``tree`` from its start until the last of ``orders`` is recorded as sent.

    ``later`` come into the mailbox afterwards, one after the other, for the memory after each of them; ``accounted``
    measures each step of the main process, which costs a few per cent.
    """
    everything = [*orders, *(order for several in later for order in several)]
    with a_scene(mailbox, everything) as scene, (scene.root / "service.log").open("wb") as log:
        database = scene.root / "var" / "hoshobin.sqlite3"
        steps = scene.root / "steps.json"
        if tree != HERE:
            _remake_store(scene, tree)
        before = _others(scene)
        module = ["bench.accounted", str(steps)] if accounted else ["worker"]
        busy, began = machine_seconds(), time.perf_counter()
        with a_process([*module, "--config", str(scene.config), "run"], tree, stderr=log, stdout=log) as service:
            limit = LIMIT_SECONDS * max(1.0, len(orders) / 500)
            wait_until(partial(_has_sent, database, len(orders)), service, limit)
            seconds = time.perf_counter() - began
            busy = machine_seconds() - busy
            main = own_seconds(service.pid)
            cpu = {"main process": main, "PDF children": tree_seconds(service.pid) - main}
            cpu |= _difference(_others(scene), before)
            resident = _watch_memory(mailbox, later, len(orders), database, service) if later else ()
        prove(scene.root / "mails", everything)
        told = json.loads(steps.read_text()) if accounted else {}
        return Run(seconds, cpu, busy, told, resident)


def _remake_store(scene: Scene, tree: Path) -> None:
    """Replaces the store by one that the program of ``tree`` made, with the same addresses known."""
    for file in scene.root.glob("var/hoshobin.sqlite3*"):
        file.unlink()
    command = [sys.executable, "-c", _MAKE_KNOWN, str(scene.root / "var")]
    subprocess.run(command, cwd=tree, check=True, timeout=LIMIT_SECONDS)  # noqa: S603  a constant program


def _watch_memory(
    mailbox: Mailbox, later: Sequence[Sequence[Order]], sent: int, database: Path, service: subprocess.Popen[bytes]
) -> tuple[float, ...]:
    """The memory after the first orders, and after each of ``later``."""
    time.sleep(REST_SECONDS)
    resident = [resident_megabytes(service.pid)]
    for several in later:
        sent += len(several)
        mailbox.fill(several)
        wait_until(partial(_has_sent, database, sent), service, LIMIT_SECONDS * max(1.0, len(several) / 500))
        time.sleep(REST_SECONDS)
        resident.append(resident_megabytes(service.pid))
    return tuple(resident)


def _has_sent(database: Path, count: int) -> bool:
    return count_sent(database) >= count


def run_script(mailbox: Mailbox, orders: Sequence[Order]) -> Run:
    """The plain script from its start to its end."""
    with a_scene(mailbox, orders) as scene:
        before = _others(scene)
        ports = str(mailbox.servers.imap), str(scene.smtp_port)
        arguments = [str(scene.config), *ports, USER, mailbox.servers.password]
        used = _children_seconds()
        busy, began = machine_seconds(), time.perf_counter()
        told = subprocess.run(  # noqa: S603  our own module
            [sys.executable, "-m", "bench.plain_script", *arguments],
            cwd=HERE,
            env=as_installed(),
            stdout=subprocess.PIPE,
            check=True,
            timeout=LIMIT_SECONDS,
        )
        seconds = time.perf_counter() - began
        busy = machine_seconds() - busy
        cpu = {"script": _children_seconds() - used} | _difference(_others(scene), before)
        prove(scene.root / "mails", orders)
        return Run(seconds, cpu, busy, json.loads(told.stdout))


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _others(scene: Scene) -> dict[str, float]:
    return {"Dovecot": tree_seconds(scene.mailbox.pid), "sink": own_seconds(scene.sink)}


def _difference(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in after}


def count_sent(database: Path) -> int:
    """The number of submissions recorded as sent."""
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            found: int = connection.execute("SELECT count(*) FROM submissions WHERE state = 'SENT'").fetchone()[0]
            return found
    except sqlite3.OperationalError:  # not made yet
        return 0


def prove(mails: Path, orders: Sequence[Order]) -> None:
    """Both sides must have done the work: each notice, to the byte, in one mail."""
    arrived: Counter[bytes] = Counter()
    for mail in mails.read_bytes().split(SEPARATOR)[:-1]:
        found = _PDF.search(mail)
        if found is None and _is_digest(mail):
            continue  # on a working day the office gets one, from the hour of its windows on
        arrived[base64.b64decode(found[1]) if found else b""] += 1
    if arrived != Counter(order.pdf() for order in orders):
        raise SystemExit(f"{arrived.total()} mails arrived, and they are not the {len(orders)} that were to be sent")


def _is_digest(mail: bytes) -> bool:
    return _DIGEST in str(message_from_bytes(mail, policy=default)["subject"])
