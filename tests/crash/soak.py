"""Thousands of notices through a service that is killed every few seconds. Run as a script: COUNT, ``--help`` for more.

The service is ``hoshobin run``, unchanged, with its PDF children. Its mailbox is real: Dovecot, or pymap if Dovecot
cannot run. Its relay counts the mails it took (``soak_relay``), reports every mail as delivered, and may halt a mail so
that a death falls inside the window. A person resolves the mails that never arrived at the end. ``soak_judge`` counts
mails lost, sent twice and in doubt; each broken promise is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import hashlib
import json
import os
import queue
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.table import Table

from tests.crash.soak_judge import Judge, Sums
from tests.crash.soak_relay import Point, SoakRelay, Taken
from tests.support import returned
from tests.support.mailservers import ServersMissing, dovecot_alone
from tests.support.office import Office, a_form, a_mail, notice, wire, yesterday
from tests.support.world import OFFICE, project
from worker.cli.demo.imap_server import DemoImap
from worker.core.errors import HoshobinError
from worker.service.clock import SystemClock
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import open_store

HERE = Path(__file__).parent
AHEAD = 60
"""So many mails lie in the mailbox that have not gone on: a backlog, and a new mail every moment."""
PATIENCE = 120.0
"""Seconds without what must come: a start takes 2 on an idle machine."""
START_SECONDS = 1.5
"""Within so many a death falls into the start itself."""
HESITATION = 30.0
"""Seconds to wait for a mail that is to be caught at a chosen point."""
LOOK_SECONDS = 0.2
POLL_SECONDS = 1
"""The service looks as often."""
TELL_SECONDS = 10.0
PERSON = "佐藤 次郎"
_PRODUCTS = ("契約保証", "前払金保証", "中間前払金保証")
_TOWNS = 5
_TOWN = """
name = "第{number}町"
[section.keiyaku]
name = "契約係"
to = ["keiyaku@town{number}.example"]
cc = ["genba@contractor.example"]
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "keiyaku"
subject = "{{{{ product }}}}にかかる認証キー【{{{{ project.name }}}}】の提出について"
invoice = "never"
"""

DEATHS = {
    "at any moment": 34,
    "in the start": 8,
    "in the first look": 8,
    "as 354 is said": 12,
    "with the mail half read": 8,
    "before the answer": 12,
    "as 250 is said": 12,
    "stopped, not killed": 6,
}
"""The ways in which a life of the service ends, each with its share of a hundred."""
CAUGHT = {
    "as 354 is said": Point.INVITED,
    "with the mail half read": Point.BODY,
    "before the answer": Point.DOT,
    "as 250 is said": Point.ANSWERED,
    "stopped, not killed": Point.DOT,
}


class SoakOffice(Office):
    """An office that looks every second; mail that comes to it was checked by its own server."""

    def _worker(self) -> str:
        return super()._worker() + f"poll_seconds = {POLL_SECONDS}\n"  # [schedule] is the last table


class Mailbox(Protocol):
    """The mailbox that the service watches."""

    def append(self, message: bytes) -> None:
        """Put one mail into it."""


@dataclass(frozen=True)
class _Dovecot:
    servers: object

    def append(self, message: bytes) -> None:
        self.servers.deliver("office", message)


class Post(threading.Thread):
    """Puts the notices into the mailbox, some ahead of what has left, and a report for every mail that was taken."""

    def __init__(self, mailbox: Mailbox, count: int) -> None:
        super().__init__(daemon=True)
        self._mailbox = mailbox
        self._forms = [_form(number) for number in range(count)]
        self._taken: queue.SimpleQueue[Taken | None] = queue.SimpleQueue()
        self.notices: dict[str, str] = {}
        """sha256 of each PDF by contract number: what has been delivered."""
        self.gone = 0
        self.stuck = 0
        """Of these, so many wait for a person."""

    @property
    def is_done(self) -> bool:
        return len(self.notices) == len(self._forms)

    @property
    def projects(self) -> list[str]:
        """The register: each project has its three guarantees."""
        groups = [self._forms[start : start + len(_PRODUCTS)] for start in range(0, len(self._forms), len(_PRODUCTS))]
        return [
            project(group[0].project, f"town{place % _TOWNS}", *(form.number for form in group))
            for place, group in enumerate(groups)
        ]

    def report(self, mail: Taken) -> None:
        if mail.envid:
            self._taken.put(mail)

    def run(self) -> None:
        number = 0
        while True:
            is_behind = not self.is_done and len(self.notices) - self.gone - self.stuck < AHEAD
            if is_behind:
                self._deliver_notice(len(self.notices))
            with contextlib.suppress(queue.Empty):
                mail = self._taken.get(block=not is_behind, timeout=None if is_behind else 0.05)
                if mail is None:
                    return
                number += 1
                self.gone += 1
                self._mailbox.append(_write_report(mail, number))

    def end(self) -> None:
        self._taken.put(None)
        self.join()

    def _deliver_notice(self, place: int) -> None:
        form = self._forms[place]
        pdf = notice.__wrapped__(form)  # not kept: there are thousands
        self._mailbox.append(_write_mail(form.project, pdf))
        self.notices[form.number] = hashlib.sha256(pdf).hexdigest()


def _form(number: int) -> object:
    place = number // len(_PRODUCTS)
    name = f"市道{place + 1}号線道路改良工事（その{place % 9 + 1}）"
    return a_form(name, _PRODUCTS[number % len(_PRODUCTS)])


def _write_mail(name: str, pdf: bytes) -> bytes:
    """A colleague's mail."""
    return wire(a_mail(f"認証キーのお知らせ（{name}）", ("認証キーのお知らせ.pdf", pdf)))


def _write_report(mail: Taken, number: int) -> bytes:
    """RFC 3464: each recipient's server has it."""
    blocks = [returned.recipient("delivered", "2.0.0", to=address) for address in mail.recipients]
    return returned.dsn(*blocks, envid=mail.envid, returned=mail.message_id, number=number)


# --- The service ---------------------------------------------------------------------------------------------


class Service:
    """``hoshobin run`` in one life after the other, its journal, and its messages to systemd."""

    def __init__(self, office: Office, folder: Path, patience: float = PATIENCE) -> None:
        self._office = office
        self._patience = patience
        self.journal = folder / "journal"
        self._notify = folder / "notify"
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told.bind(str(self._notify))
        self._is_ready = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        self._process: subprocess.Popen[bytes] | None = None
        self.later = 0.0
        """By so many seconds the clock is ahead."""

    def command(self, *arguments: str) -> list[str]:
        program = [str(HERE / "later.py"), str(self.later)] if self.later else ["-m", "worker"]
        return [sys.executable, *program, "--config", str(self._office.config), *arguments]

    def start(self) -> None:
        known = {name: text for name, text in os.environ.items() if name != "SUDO_USER"}
        self._is_ready.clear()
        with self.journal.open("ab") as journal:
            self._process = subprocess.Popen(
                self.command("run"),
                env={**known, "NOTIFY_SOCKET": str(self._notify)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=journal,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + self._patience
        while not self._is_ready.wait(LOOK_SECONDS):
            self._living()
            if time.monotonic() > deadline:
                raise AssertionError(f"not ready within {self._patience:g} s; see {self.journal}")

    def wait_until(self, condition: Callable[[], bool], progress: Callable[[], int], patience: float = 0.0) -> bool:
        """True once ``condition`` holds; False if the service died or rested for too long (0: as long as for all)."""
        patience = patience or self._patience
        known, deadline = progress(), time.monotonic() + patience
        while not condition():
            self._living()
            if progress() != known:
                known, deadline = progress(), time.monotonic() + patience
            if time.monotonic() > deadline:
                return False
            time.sleep(min(LOOK_SECONDS, patience))
        return True

    def kill(self) -> None:
        """SIGKILL in this moment, and wait until the children have ended by themselves."""
        process = self._living()
        process.send_signal(signal.SIGSTOP)  # so that it starts no child between the look and the death
        children = _children(process.pid)
        process.kill()
        process.wait()
        deadline = time.monotonic() + self._patience
        while left := [pid for pid in children if _is_pdf_child(pid)]:
            if time.monotonic() > deadline:
                raise AssertionError(f"PDF children live on without the service: {left}")
            time.sleep(0.005)

    def stop(self, before_the_end: Callable[[], None] = lambda: None) -> None:
        """SIGTERM, then ``before_the_end``; the service must end with 0."""
        process = self._living()
        process.terminate()
        before_the_end()
        if (code := process.wait(self._patience)) != 0:
            raise AssertionError(f"SIGTERM: exit code {code}; see {self.journal}")

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        with contextlib.suppress(OSError):  # wakes the thread that listens
            self._told.shutdown(socket.SHUT_RDWR)
        self._told.close()

    def _living(self) -> subprocess.Popen[bytes]:
        process = self._process
        if process is None or process.poll() is not None:
            raise AssertionError(f"the service ended by itself; see {self.journal}")
        return process

    def _listen(self) -> None:
        """As systemd does, at once: a full queue would hold the service."""
        with contextlib.suppress(OSError):
            while told := self._told.recv(65_536):
                if b"READY=1" in told:
                    self._is_ready.set()


def _children(pid: int) -> list[int]:
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(each.joinpath("stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(each.name))
    return found


def _is_pdf_child(pid: int) -> bool:
    """Not another process that has been given the number meanwhile, nor one that only waits to be buried."""
    try:
        return b"worker.read.pdf.child" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


# --- The soak ------------------------------------------------------------------------------------------------


@dataclass
class Asked:
    """The options of one soak."""

    count: int
    seed: int
    seconds: tuple[float, float]
    """A life lasts so long from the last of its ``mails`` on, between these two."""
    mails: tuple[int, int] = (1, 1)
    """So many are let go before a life's end draws near, between these two."""
    backup_every: float = 0.0
    """Seconds between two backups beside the service; 0: none is made."""
    restores: int = 0
    """So many of them are put back at the end, one after the other."""
    patience: float = PATIENCE


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup beside the service."""

    file: Path
    began: float
    ended: float
    """As ``time.monotonic`` has it."""


class Backups(threading.Thread):
    """Makes a backup again and again, each in a directory of its own: the rotation keeps one of a day."""

    def __init__(self, folder: Path, every: float, run: Callable[..., str], database: Path) -> None:
        super().__init__(daemon=True)
        self._folder, self._every, self._run, self._database = folder, every, run, database
        self._ends = threading.Event()
        self.made: list[Backup] = []

    def run(self) -> None:
        while not self._ends.wait(self._every):
            if self._database.exists():
                began = time.monotonic()
                told = self._run("backup", str(self._folder / f"{len(self.made):04}"), "--json")
                if told:
                    self.made.append(Backup(Path(json.loads(told)["file"]), began, time.monotonic()))

    def end(self) -> None:
        self._ends.set()
        if self.is_alive():
            self.join()


class Probe(threading.Thread):
    """Commits a value beside the service ten times a second, and notes the longest that a commit took."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self._folder = folder
        self._ends = threading.Event()
        self.commits: list[tuple[float, float]] = []
        """When each began, and how long it took."""

    def run(self) -> None:
        number = 0
        while not self._ends.wait(0.1):
            with (
                contextlib.suppress(HoshobinError),
                contextlib.closing(open_store(self._folder, SystemClock())) as store,
            ):
                while not self._ends.wait(0.1):
                    number += 1
                    began = time.monotonic()
                    with store.writing() as writing:
                        writing.set_property("soak", str(number))
                    self.commits.append((began, time.monotonic() - began))

    def end(self) -> None:
        self._ends.set()
        if self.is_alive():
            self.join()

    def longest(self, backups: list[Backup]) -> float:
        """The longest commit that fell into a backup."""
        return max(
            (took for at, took in self.commits for each in backups if each.began <= at + took and at <= each.ended),
            default=0.0,
        )


class Soak:
    """One soak; ``with`` it."""

    def __init__(self, asked: Asked, root: Path, mailbox: Mailbox, say: Callable[[str], None], **mail: object) -> None:
        self._asked = asked
        self._chance = random.Random(asked.seed)
        self._each_once = iter(self._chance.sample(list(DEATHS), len(DEATHS)))
        self._say = say
        self._post = Post(mailbox, asked.count)
        self._relay = SoakRelay(self._post.report)
        towns = {f"town{number}": _TOWN.format(number=number) for number in range(_TOWNS)}
        known = [f"keiyaku@town{number}.example" for number in range(_TOWNS)] + ["genba@contractor.example"]
        self._office = SoakOffice(
            root,
            smtp_port=self._relay.port,
            projects=self._post.projects,
            issuers=towns,
            knows=tuple(known),
            since=yesterday(),
            **mail,
        )
        self._service = Service(self._office, root, asked.patience)
        self.judge = Judge(self._office.store / "hoshobin.sqlite3")
        self.deaths: Counter[str] = Counter()
        self.backups = Backups(root / "backups", asked.backup_every, self._command, self._office.store / FILE_NAME)
        self.probe = Probe(self._office.store)
        self.resumed: list[dict[str, Any]] = []
        """What ``resume`` told before each restored backup went on."""
        (root / "backups").mkdir(exist_ok=True)

    def __enter__(self) -> Self:
        self._relay.__enter__()
        self._post.start()
        if self._asked.backup_every:
            self.backups.start()
            self.probe.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.backups.end()
        self.probe.end()
        self._service.close()
        self._relay.__exit__(kind, error, trace)
        self._post.end()

    def run(self) -> Sums:
        """All notices to their end."""
        while (last_due := self._rest()) is None:
            self._live()
        self._catch_up(last_due)
        self._let_a_person_resolve()
        self.backups.end()
        self.probe.end()
        self._command("audit", "verify")
        self._read_journal()
        sums = self.judge.sum_up(self._post.notices, self._relay.taken)
        for backup in self._chosen():
            self._put_back(backup)
        return sums

    def _rest(self) -> dt.datetime | None:
        """The moment until which nothing is left to be done; None: something is."""
        return self.judge.last_due(self._asked.count) if self._post.is_done else None

    # --- Lives and deaths ------------------------------------------------------------------------------------

    def _live(self) -> None:
        how = next(self._each_once, "") or self._chance.choices(list(DEATHS), list(DEATHS.values()))[0]
        seconds = self._chance.uniform(*self._asked.seconds)
        mails = self._chance.randint(*self._asked.mails)
        early = self._chance.uniform(0, START_SECONDS)
        self._service.start()
        enough = min(self._relay.count + mails, self._asked.count - self._post.stuck)
        if how == "in the start":
            time.sleep(early)
        else:
            self._service.wait_until_ready()
            if how != "in the first look":  # however slow the machine is, some go on in most lives
                self._service.wait_until(lambda: self._relay.count >= enough, lambda: self._relay.count, HESITATION)
            time.sleep(seconds)
        point = CAUGHT.get(how)
        if point is not None and not self._relay.wait_for(point, HESITATION):
            how = "at any moment"  # no mail came by: what is left waits for its time
        if how == "stopped, not killed":
            self._service.stop(self._answer_after_a_while)
        else:
            self._service.kill()
        self._note_death(how)

    def _answer_after_a_while(self) -> None:
        time.sleep(0.3)
        self._relay.let_go()

    def _note_death(self, how: str) -> None:
        self.deaths[how] += 1
        death = self.judge.examine_death(self._relay.broken(), dt.datetime.now(dt.UTC))
        if how == "stopped, not killed" and death.in_doubt is not None:
            self.judge.violations.append(f"{death.in_doubt}: a stop did not wait for the answer")
        self._post.stuck = len(self.judge.never_arrived)
        self._say(
            f"{self._relay.count:,} of {self._asked.count:,} taken; {sum(self.deaths.values())} deaths, "
            f"{len(self.judge.in_doubt)} inside the window; {len(self.judge.violations)} violations"
        )

    # --- The end ---------------------------------------------------------------------------------------------

    def _catch_up(self, last_due: dt.datetime) -> None:
        """Run the service undisturbed, with the clock put forward until all deferred work is due."""
        now = dt.datetime.now(dt.UTC)
        wait = last_due - now + dt.timedelta(minutes=2)
        self.judge.clock_goes_ahead(now, wait)
        self._service.later = wait.total_seconds()
        self._service.start()
        self._service.wait_until_ready()
        self._wait_for_the_end(self.judge.never_arrived)

    def _let_a_person_resolve(self) -> None:
        """A mail that never arrived gets no report: a person asks the issuer, and releases it once more."""
        for number in sorted(self.judge.never_arrived):
            self._command("resolve", str(number), "--not-sent", "--by", PERSON)
            shown = json.loads(self._command("show", str(number), "--json"))
            self._command("approve", shown["label"], "--by", PERSON, "--tick", "all")
        self._wait_for_the_end(set())
        self._service.stop()

    def _chosen(self) -> list[Backup]:
        """Backups of early and late moments, the last of all among them, in a random order."""
        made, wanted = self.backups.made, self._asked.restores
        places = sorted({round(place * (len(made) - 1) / max(1, wanted - 1)) for place in range(wanted)})
        if len(places) < wanted:
            self.judge.violations.append(f"{len(made)} backups were made, too few to put {wanted} back")
        return self._chance.sample([made[place] for place in places if made], len(places) if made else 0)

    def _put_back(self, backup: Backup) -> None:
        """Everything had left: whatever an old copy knows of it, nothing leaves, before and after a person resumes."""
        before = self._relay.count
        self._command("restore", str(backup.file))
        self._service.start()
        self._service.wait_until_ready()
        self._wait_for_people()
        told = self._ask("resume", "--json", "--by", PERSON)
        self.resumed.append(told)
        if not told.get("signs"):
            self.judge.violations.append(f"resume says nothing of {backup.file.name}: {told}")
        if told.get("to_send"):
            self.judge.violations.append(f"{backup.file.name}: {len(told['to_send'])} that had left would leave again")
        self._command("resume", "--yes", "--by", PERSON)
        self._wait_for_people()
        time.sleep(2 * POLL_SECONDS)  # a look, and what it would send
        self._service.stop()
        self._command("audit", "verify", "--json")
        if self._relay.count != before:
            self.judge.violations.append(f"{backup.file.name}: {self._relay.count - before} mails left a second time")

    def _wait_for_people(self) -> None:
        """Until all is delivered by its reports, or held: what may have left already waits for a person."""
        if not self._service.wait_until(lambda: self.judge.waits_for_people(self._asked.count), lambda: 0):
            self.judge.violations.append(f"a restored store is not at rest after {self._asked.patience:g} s")

    def _ask(self, *arguments: str) -> dict[str, Any]:
        """The answer of a command that lists and does nothing without ``--yes``."""
        ran = subprocess.run(self._service.command(*arguments), capture_output=True, text=True, check=False)
        return dict(json.loads(ran.stdout or "{}"))

    def _wait_for_the_end(self, besides: set[int]) -> None:
        def has_ended() -> bool:
            return self.judge.is_at_rest(self._asked.count, besides)

        if not self._service.wait_until(has_ended, lambda: self._relay.count):
            self.judge.violations.append(f"nothing happened for {self._asked.patience:g} s, and not all has its end")

    def _command(self, *arguments: str) -> str:
        ran = subprocess.run(self._service.command(*arguments), capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            self.judge.violations.append(f"{' '.join(arguments)}: exit code {ran.returncode}: {ran.stdout}{ran.stderr}")
        return ran.stdout

    def _read_journal(self) -> None:
        faults = [line for line in self._service.journal.read_text(encoding="utf-8").splitlines() if _is_fault(line)]
        self.judge.violations += [f"the journal: {line[:300]}" for line in faults[:5]]


def _is_fault(line: str) -> bool:
    """Every line that is not a line of the journal belongs to a traceback."""
    try:
        said = json.loads(line)
    except json.JSONDecodeError:
        return True
    return said.get("level") in {"error", "critical"}


@contextlib.contextmanager
def a_soak(asked: Asked, root: Path, say: Callable[[str], None], *, is_small: bool = False) -> Iterator[Soak]:
    """A soak with its mailbox: Dovecot, or pymap for few notices if Dovecot cannot run."""
    with ExitStack() as ends:
        try:
            mailbox, where = ends.enter_context(_pymap() if is_small else _dovecot())
        except ServersMissing as missing:
            say(f"Dovecot: {missing}")
            mailbox, where = ends.enter_context(_pymap())
        yield ends.enter_context(Soak(asked, root, mailbox, say, **where))


@contextlib.contextmanager
def _pymap() -> Iterator[tuple[Mailbox, dict[str, object]]]:
    with DemoImap(OFFICE) as server:
        yield server, {"imap_port": server.port, "imap_password": server.password}


@contextlib.contextmanager
def _dovecot() -> Iterator[tuple[Mailbox, dict[str, object]]]:
    with dovecot_alone() as (servers, _):
        login = f'port = {servers.imap}\nsecurity = "none"\nuser = "office"\npassword_file = "imap-password"'
        lines = f'host = "127.0.0.1"\n{login}'
        yield _Dovecot(servers), {"imap_password": servers.password, "mailbox_lines": lines}


# --- The command ---------------------------------------------------------------------------------------------


def write_sums(soak: Soak, asked: Asked, sums: Sums, seconds: float) -> list[tuple[str, str]]:
    """The table, row by row."""
    return [
        ("seed", str(asked.seed)),
        ("notices", f"{sums.notices:,}"),
        ("lost", str(sums.lost)),
        ("answered by the server and sent twice", str(sums.sent_twice)),
        ("delivered, by their reports", f"{sums.delivered:,}"),
        ("deaths", str(sum(soak.deaths.values()))),
        *((f"  {how}", str(soak.deaths[how])) for how in DEATHS),
        ("killed inside the window: in doubt, told, not sent again", str(len(soak.judge.in_doubt))),
        ("  resolved by their reports", str(sums.by_report)),
        ("  never arrived, resolved by a person", str(sums.by_person)),
        ("  slowest alarm after the death", f"{sums.slowest_alarm:.1f} s"),
        ("broken off elsewhere, finished by itself", str(sums.put_back)),
        ("backups beside the service, each verified", str(len(soak.backups.made))),
        ("  longest commit during one", f"{soak.probe.longest(soak.backups.made) * 1000:.0f} ms"),
        ("  put back at the end; nothing left twice", str(len(soak.resumed))),
        ("entries; audit verify holds", f"{sums.entries:,}"),
        ("took", f"{seconds / 60:.1f} min"),
        ("violations", str(len(soak.judge.violations))),
    ]


class Teller:
    """Progress: one line that is written over on a terminal, a line every ten seconds in a pipe."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = 0.0
        self._status = console.status("") if console.is_terminal else None
        if self._status is not None:
            self._status.start()

    def __call__(self, words: str) -> None:
        if self._status is not None:
            self._status.update(words)
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + TELL_SECONDS
            self._console.print(words, highlight=False, soft_wrap=True)

    def end(self) -> None:
        if self._status is not None:
            self._status.stop()


def main() -> int:
    """Returns the exit status: 0, or 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description="A soak: notices through a service that is killed again and again.")
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--seconds", nargs=2, type=float, default=(4.0, 9.0), metavar=("LEAST", "MOST"))
    parser.add_argument("--backup-every", type=float, default=10.0, help="seconds between two backups; 0: none")
    parser.add_argument("--restores", type=int, default=5, help="backups that are put back at the end")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds without progress on a busy machine")
    parser.add_argument("--small", action="store_true", help="the mailbox is pymap's also where Dovecot can run")
    parser.add_argument("--keep", type=Path, help="an empty folder for what the service keeps; else it is removed")
    given = parser.parse_args()
    asked = Asked(
        *(given.count, given.seed, (given.seconds[0], given.seconds[1])),
        backup_every=given.backup_every,
        restores=given.restores if given.backup_every else 0,
        patience=given.patience,
    )
    console = Console()
    console.print(f"seed {asked.seed}; {asked.count:,} notices; a death after {asked.seconds} s", highlight=False)
    began = time.monotonic()
    with contextlib.ExitStack() as ends:
        root = given.keep or Path(ends.enter_context(tempfile.TemporaryDirectory()))
        teller = Teller(console)
        ends.callback(teller.end)
        soak = ends.enter_context(a_soak(asked, root, teller, is_small=given.small))
        sums = soak.run()
        teller.end()
        table = Table(box=None, show_header=False)
        for name, figure in write_sums(soak, asked, sums, time.monotonic() - began):
            table.add_row(name, figure)
        console.print(table)
        for violation in soak.judge.violations:
            console.print(f"VIOLATION: {violation}", markup=False, soft_wrap=True)
    return 1 if soak.judge.violations else 0


if __name__ == "__main__":
    sys.exit(main())
