"""Every system call of a whole run as a kill point: the run, the judge, and the survey that ``make crash`` prints.

The run (``office_life.py``): three mails wait, two notices for two issuers and one that fits no project. Both are
submitted, the operator gets an alarm about the third, the relay's reports come back and are read, every mail is marked
as seen. At one call of it the process is killed, or the call fails with EIO or ENOSPC; then it is started again until
nothing is left to do. The judge is independent of the code: it reads the relay's own record of the mails taken whole,
the database by plain SQL, and the result of ``audit verify`` on a copy after each life.

The expected result of a kill is read from the trace of the undisturbed run, not from the program: IN_DOUBT between the
sync of its record and the last write of the record of the answer, the end of the work everywhere else.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import errno
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from queue import SimpleQueue
from typing import Self

from tests.crash.lives import Lives, a_room, message_id
from tests.crash.recording_relay import RecordingRelay, Taken
from tests.support.returned import dsn, recipient
from tests.support.scripted_imap import ScriptedImap
from tests.support.small_office import Form, form, mail_with
from tests.support.world import OFFICE
from worker.service.clock import SystemClock
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import open_store

HERE = Path(__file__).parent
MORNING = dt.datetime.fromisoformat("2026-11-21T09:00:00+09:00")
BETWEEN_LIVES = dt.timedelta(minutes=61)
"""Longer than any wait between two tries; all lives together stay within the hours after which silence is reported."""
LIVES = 4
"""The one that is disturbed, and what it may take to end the work."""
OPERATOR = (OFFICE,)
DELIVERED = {
    "40213-000001": ("doboku@kawa-town.example", "genba@contractor.example"),
    "40213-000002": ("keiyaku@yama-city.example",),
}
HELD = "40213-000009"
FAR = 20
LARGE = 90_000
"""Bytes that make the first mail's body go out in more than one piece."""


class Failure(Enum):
    """The failure injected at a point."""

    KILL = 0
    EIO = errno.EIO
    ENOSPC = errno.ENOSPC


class CompilerMissing(Exception):
    """The kill points cannot be built on this machine; the text says why."""


def built_shim(source: Path = HERE / "kill_points.c") -> Path:
    """``source`` as a library, built unless this version of it has been built before. Raises CompilerMissing."""
    folder = HERE.parent.parent / ".cache" / "crash"
    library = folder / f"{source.stem}.so"
    if library.exists() and library.stat().st_mtime >= source.stat().st_mtime:
        return library
    folder.mkdir(parents=True, exist_ok=True)
    compiler = shlex.split(os.environ.get("CC", "cc"))
    if shutil.which(compiler[0]) is None:
        raise CompilerMissing("a C compiler for the kill points: not installed (make servers)")
    has_headers = subprocess.run(
        [*compiler, "-E", "-"], input=b"#include <stdio.h>\n", capture_output=True, check=False
    )
    if has_headers.returncode:
        raise CompilerMissing("a C compiler for the kill points: without the C library's headers (make servers)")
    new = folder / f"{source.stem}.{os.getpid()}.so"
    flags = ("-std=c11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC")
    subprocess.run([*compiler, *flags, "-o", str(new), str(source), "-ldl"], check=True)
    new.replace(library)
    return library


# --- The trace -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """One line of the trace."""

    ordinal: int
    name: str
    target: str
    length: int
    result: int
    content: bytes

    @property
    def is_sync(self) -> bool:
        return self.name in {"fsync", "fdatasync"}

    @property
    def step(self) -> str:
        """The step that the call belongs to, in words for the table."""
        if self.target == "smtp":
            verb = re.match(rb"(EHLO|RSET|MAIL|RCPT|DATA|QUIT)\b.*\r\n\Z", self.content)
            return f"smtp {verb[1].decode()}" if verb else "smtp the mail"
        if self.target == "imap":
            word = re.match(rb"\S+ ((?:UID )?[A-Z]+)", self.content)
            return f"imap {word[1].decode() if word else '?'}"
        return self.target


def read_trace(root: Path, ports: dict[str, str]) -> list[Call]:
    """The calls of the last life of ``root``."""
    return [_read_line(line, ports) for line in Path(f"{root}.trace").read_text().splitlines()]


def _read_line(line: str, ports: dict[str, str]) -> Call:
    ordinal, name, target, length, result, *content = line.split(" ")
    return Call(int(ordinal), name, _named(target, ports), int(length), int(result), bytes.fromhex("".join(content)))


def _named(target: str, ports: dict[str, str]) -> str:
    names = {FILE_NAME: "database", ".": "folder", "sender.lock": "lock"} | ports
    names |= {f"{FILE_NAME}-{end}": f"database's {end}" for end in ("wal", "shm", "journal")}
    # Written under a temporary name first.
    return names.get(target, next((each for each in ("head", "secret", "witness") if target.startswith(each)), target))


@dataclass(frozen=True)
class Window:
    """The calls between which a submission is in doubt."""

    doubt_synced: int
    first_byte: int
    last_byte: int
    answer_written: int
    """The last write of the record of the answer: before it the answer is not in the file, after it is."""
    answer_synced: int
    next_step: int
    """The next command to the mail server."""


def windows_of(calls: Sequence[Call]) -> list[Window]:
    """One window for each mail to an issuer. Raises AssertionError if the order of the calls is wrong."""
    found = []
    smtp = [call for call in calls if call.target == "smtp"]
    for place, data in enumerate(smtp):
        if data.step != "smtp DATA" or _goes_to_operator(smtp[:place]):
            continue
        body = [call for call in smtp[place + 1 :] if call.step == "smtp the mail"]
        last = next(call.ordinal for call in body if call.content.endswith(b"\r\n.\r\n"))
        after = next(call for call in smtp[place + 1 :] if call.ordinal > last)
        doubt = _recorded(calls, b"DataStarted", data.ordinal, body[0].ordinal)
        answer = _recorded(calls, b"Accepted", last, after.ordinal)
        found.append(Window(doubt[1], body[0].ordinal, last, *answer, after.ordinal))
    return found


def _goes_to_operator(before: Sequence[Call]) -> bool:
    start = max(place for place, call in enumerate(before) if call.step == "smtp MAIL")
    return {OFFICE.encode() in call.content for call in before[start:] if call.step == "smtp RCPT"} == {True}


def _recorded(calls: Sequence[Call], event: bytes, after: int, before: int) -> tuple[int, int]:
    """The ordinals of the last write of the record of ``event``, and of its sync, both between the two given ones.

    The record is a frame of the write-ahead log whose page holds the event once more than that page did before.
    """
    pages: dict[bytes, int] = {}
    page, written = b"", 0
    log = [call for call in calls if call.target == "database's wal" and call.ordinal < before]
    for call in log:
        if call.length == 24:  # the header of a frame, its page's number first
            page = call.content[:4]
        elif call.name == "pwrite64":
            count = call.content.count(event)
            if call.ordinal > after and count > pages.get(page, 0):
                written = call.ordinal
            pages[page] = count
    assert written, f"{event.decode()} is not written between {after} and {before}"
    syncs = [call.ordinal for call in log if call.is_sync and call.ordinal > written and call.result == 0]
    assert syncs, f"{event.decode()} is not synced before {before}"
    return max(call.ordinal for call in log if call.ordinal < syncs[0]), syncs[0]


# --- What is expected of a point -------------------------------------------------------------------------------


class Expected(Enum):
    """The expected result of a failure at a point."""

    END = "finished without a person"
    DOUBT = "in doubt, told, never sent again"
    EITHER = "finished, or in doubt and not sent"
    """A sync of the record of IN_DOUBT that fails or is never made: the mail has not left, without proof."""


def expect(call: Call, failure: Failure, windows: Iterable[Window]) -> Expected:
    """By the place of the call in the run that nothing disturbs."""
    for window in windows:
        if call.ordinal == window.doubt_synced:
            return Expected.EITHER
        if failure is Failure.KILL:
            if window.doubt_synced < call.ordinal <= window.answer_written:
                return Expected.DOUBT
        elif window.first_byte <= call.ordinal <= window.last_byte and call.target == "smtp":
            return Expected.DOUBT
    return Expected.END


# --- The run ---------------------------------------------------------------------------------------------------


class LargeForm(Form):
    """A notice whose submission takes more than one piece on the wire."""

    @property
    def pdf(self) -> bytes:
        return super().pdf + b" " * LARGE


class Post:
    """The mailbox and the relay of one office; what the relay takes comes back as a report."""

    def __init__(self) -> None:
        self.imap = ScriptedImap()
        self.relay = RecordingRelay(self._report)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as ends:
            ends.enter_context(self.imap)
            ends.enter_context(self.relay)
            self._ends = ends.pop_all()
        self.ports = {f":{self.imap.port}": "imap", f":{self.relay.port}": "smtp"}
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def begin(self) -> None:
        """Three mails wait, and nothing has happened."""
        for held in (self.imap.messages, self.imap.ids, self.imap.flags):
            held.clear()
        self.imap.commands.clear()
        self.relay.begin()
        first = form(1)
        self._arrive(mail_with(LargeForm(first.number, first.project, first.key), number=1))
        self._arrive(mail_with(form(2), number=2))
        self._arrive(mail_with(form(9), number=3))

    def _arrive(self, mail: bytes) -> None:
        uid = max(self.imap.messages, default=0) + 1
        self.imap.ids[uid] = message_id(mail).encode()
        self.imap.messages[uid] = mail

    def _report(self, mail: Taken) -> None:
        if mail.recipients != OPERATOR:
            blocks = [recipient("delivered", "2.0.0", to=each) for each in mail.recipients]
            number = len(self.imap.messages)
            self._arrive(dsn(*blocks, envid=mail.envid, returned=message_id(mail.content), number=number))


class Computer(Lives):
    """Lives lives in processes of their own; one at a time."""

    def __init__(self, post: Post) -> None:
        loaded = {"LD_PRELOAD": str(built_shim()), "PYTHONHASHSEED": "0"}
        super().__init__(HERE / "office_life.py", post.imap.port, post.relay.port, env=loaded)

    def live_on(
        self, root: Path, life: int, point: int = 0, failure: Failure = Failure.KILL, *, contents: bool = False
    ) -> int:
        """One life; the exit code."""
        at = (MORNING + life * BETWEEN_LIVES).isoformat()
        return self.live(root=str(root), at=at, point=point, failure=failure.value, contents=contents)


# --- The judge -------------------------------------------------------------------------------------------------


@dataclass
class Found:
    """The rows of the database, read apart from the program."""

    rows: dict[str, dict[str, object]] = field(default_factory=dict)
    """Submissions by contract number."""
    entries: list[tuple[str, str, int | None]] = field(default_factory=list)
    """Hash, event, submission, in order."""
    alarms: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    """Of the messages in the ledger."""

    @classmethod
    def of(cls, root: Path) -> Found:
        """From a copy, as reading would write to the log that a killed process left; the copy is verified too."""
        with tempfile.TemporaryDirectory(dir=root.parent) as copied:
            for name in (FILE_NAME, f"{FILE_NAME}-wal"):
                if (root / name).exists():
                    shutil.copy(root / name, copied)
            store = open_store(Path(copied), SystemClock())
            try:
                verdict = store.verify()
                assert verdict.holds, f"audit verify: {verdict}"
            finally:
                store.close()
            with contextlib.closing(sqlite3.connect(Path(copied) / FILE_NAME)) as database:
                found = cls(
                    {
                        (row := json.loads(text))["contract_number"]: {**row, "id": number}
                        for number, text in database.execute("select id, row from submissions where id > 0")
                    },
                    list(database.execute("select hash, event, submission from entries order by number")),
                    [(cause, json.loads(row)) for cause, row in database.execute("select cause, row from alarms")],
                    [end for (end,) in database.execute("select end from messages")],
                )
                (count,) = database.execute("select count(*) from submissions where id > 0").fetchone()
            assert count == len(found.rows), "taken twice"
            return found

    def is_quiet(self, post: Post) -> bool:
        """True if nothing is left to do for the worker."""
        states = {number: row["state"] for number, row in self.rows.items()}
        return (
            set(states) == {*DELIVERED, HELD}
            and {states[number] for number in DELIVERED} <= {"DELIVERED", "IN_DOUBT"}
            and all(row["accepted_at"] for _, row in self.alarms)
            and len(self.ends) == len(post.imap.messages) == len(post.imap.flags)
        )


@dataclass(frozen=True)
class Outcome:
    """The result of a failure at one point."""

    point: int
    call: Call
    failure: Failure
    expected: Expected
    came: str = ""
    violation: str = ""


def judge(found: Found, post: Post) -> tuple[set[str], set[str]]:
    """The run came to its end, and it is a true one; the contract numbers ever in doubt, and still so at the end."""
    taken = post.relay.taken
    mails = [each for each in taken if each.recipients != OPERATOR]
    copies = Counter(message_id(each.content) for each in mails)
    assert set(copies.values()) <= {1}, "sent twice"
    assert set(found.rows) == {*DELIVERED, HELD}, f"lost: {sorted(found.rows)}"
    assert found.rows[HELD]["state"] == "HELD"
    told = {message_id(each.content) for each in taken if each.recipients == OPERATOR}
    assert all(row["accepted_at"] and row["message_id"] in told for _, row in found.alarms), "an alarm was not told"
    doubted, still = set(), set()
    for number, recipients in DELIVERED.items():
        row = found.rows[number]
        own = [each.recipients for each in mails if message_id(each.content) == row["draft"]["message_id"]]
        assert own in ([recipients], []), f"{number} went to {own}"
        if [alarm for cause, alarm in found.alarms if cause == "in_doubt" and alarm["submissions"] == [row["id"]]]:
            doubted.add(number)
        if row["state"] == "IN_DOUBT":
            assert number in doubted, "in doubt, and nobody was told"
            assert not own, "its report lies in the mailbox and was not read"
            still.add(number)
        else:
            assert row["state"] == "DELIVERED", f"{number} is {row['state']}"
            assert own, f"{number} is DELIVERED, and the relay has nothing"
    assert len(copies) == len(DELIVERED) - len(still)
    began = [alarm for cause, alarm in found.alarms if cause == "began_to_wait"]
    assert [alarm["submissions"] for alarm in began] == [[found.rows[HELD]["id"]]], f"told to wait: {began}"
    assert "PENDING" not in {end.upper() for end in found.ends}
    assert len(found.ends) == len(post.imap.messages), "a message has no row in the ledger"
    assert set(post.imap.flags) == set(post.imap.messages), "a message was not marked as seen"
    return doubted, still


class Bench:
    """One mailbox, one relay, one computer."""

    def __init__(self, room: Path) -> None:
        self._room = room

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as ends:
            self.post = ends.enter_context(Post())
            self.post.begin()
            self._computer = ends.enter_context(Computer(self.post))
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def whole_run(self) -> list[Call]:
        """The calls of a run that nothing disturbs, judged like any other."""
        root = self._new("whole")
        code = self._computer.live_on(root, 0, contents=True)
        assert code == 0, self._computer.said
        assert judge(Found.of(root), self.post) == (set(), set())
        return read_trace(root, self.post.ports)

    def try_point(self, call: Call, failure: Failure, windows: Sequence[Window]) -> Outcome:
        """A run disturbed at this call, and started again until nothing is left to do."""
        root = self._new(f"{call.ordinal}-{failure.name}")
        expected = expect(call, failure, windows)
        try:
            came = self._live_through(root, call, failure, expected)
        except AssertionError as violation:
            return Outcome(call.ordinal, call, failure, expected, violation=str(violation) or repr(violation))
        finally:
            shutil.rmtree(root)
            Path(f"{root}.trace").unlink(missing_ok=True)
        return Outcome(call.ordinal, call, failure, expected, came)

    def _new(self, name: str) -> Path:
        self.post.begin()
        return self._room / name

    def _live_through(self, root: Path, call: Call, failure: Failure, expected: Expected) -> str:
        before: list[tuple[str, str, int | None]] = []
        for life in range(LIVES):
            is_disturbed = life == 0
            code = self._computer.live_on(root, life, call.ordinal if is_disturbed else 0, failure)
            if is_disturbed:
                self._check_that_it_happened(root, call, failure, code)
            else:
                assert code == 0, f"exit {code} in life {life + 1}: {self._computer.said}"
            found = Found.of(root)
            assert found.entries[: len(before)] == before, "an entry was changed"
            before = found.entries
            if code == 0 and found.is_quiet(self.post):
                break
        doubted, still = judge(found, self.post)
        if expected is Expected.DOUBT:
            assert len(doubted) == 1, f"in doubt: {doubted}, and one was expected"
        elif expected is Expected.EITHER:
            assert doubted == still, "in doubt, and it had left"
        else:
            assert not doubted, f"a person was asked about {doubted}"
        if not doubted:
            return "finished"
        return "in doubt, told, waits" if still else "in doubt, told, proven by its report"

    def _check_that_it_happened(self, root: Path, call: Call, failure: Failure, code: int) -> None:
        allowed = {-9} if failure is Failure.KILL else {0, 3}
        assert code in allowed, f"exit {code}: {self._computer.said}"
        calls = read_trace(root, self.post.ports)
        (there,) = [each for each in calls if each.ordinal == call.ordinal]
        assert (there.name, there.target) == (call.name, call.target), f"another run: {there.name} {there.target}"
        assert there.result == (-9 if failure is Failure.KILL else -failure.value)


# --- The survey ------------------------------------------------------------------------------------------------


def table_of(outcomes: Iterable[Outcome]) -> list[str]:
    """The number of times that each result occurred, by step and call."""
    kinds = ("finished", "in doubt, told, proven by its report", "in doubt, told, waits", "VIOLATION")
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for each in outcomes:
        key = (each.call.step, each.call.name, each.failure.name)
        counts.setdefault(key, Counter())[each.came or "VIOLATION"] += 1
    lines = [f"{'step':22}{'call':12}{'failure':9}{'finished':>10}{'proven':>10}{'waits':>10}{'VIOLATION':>11}"]
    for (step, name, failure), count in sorted(counts.items()):
        figures = "".join(f"{count[kind]:{width}}" for kind, width in zip(kinds, (10, 10, 10, 11), strict=True))
        lines.append(f"{step:22}{name:12}{failure:9}{figures}")
    return lines


def in_order_of_interest(calls: Sequence[Call]) -> list[Call]:
    """Syncs and what others see first, then the writes, far apart from each other: a fault shows early."""
    rare = [call for call in calls if call.name != "pwrite64"]
    writes = [call for call in calls if call.name == "pwrite64"]
    return rare + [call for start in range(FAR) for call in writes[start::FAR]]


def survey(failures: Sequence[Failure], every: int, benches: int) -> int:
    """Try all points, or each ``every``-th, and print the results; returns the exit code."""
    began = time.monotonic()
    with a_room() as room, contextlib.ExitStack() as ends:
        free: SimpleQueue[Bench] = SimpleQueue()
        for number in range(benches):
            (room / str(number)).mkdir()
            free.put(ends.enter_context(Bench(room / str(number))))
        bench = free.get()
        calls = bench.whole_run()
        free.put(bench)
        windows = windows_of(calls)
        say(
            f"N = {len(calls)} points: "
            + ", ".join(f"{count} {name}" for name, count in Counter(call.name for call in calls).most_common())
        )
        for window in windows:
            say(
                f"order: IN_DOUBT synced at {window.doubt_synced}, first byte of the mail at {window.first_byte}, "
                f"last at {window.last_byte}, answer synced at "
                f"{window.answer_synced}, next command at {window.next_step}"
            )
        todo = [(call, failure) for call in in_order_of_interest(calls[::every]) for failure in failures]
        done: list[Outcome] = []
        lock = threading.Lock()

        def try_one(one: tuple[Call, Failure]) -> None:
            bench = free.get()
            try:
                outcome = bench.try_point(*one, windows)
            finally:
                free.put(bench)
            with lock:
                done.append(outcome)
                if outcome.violation:
                    say(
                        f"VIOLATION at {outcome.point} ({outcome.call.step}, {outcome.call.name}, "
                        f"{outcome.failure.name}; expected: {outcome.expected.value}): {outcome.violation}"
                    )
                if len(done) % 100 == 0:
                    say(f"{len(done)} of {len(todo)} runs, {time.monotonic() - began:.0f} s: {totals_of(done)}")

        with ThreadPoolExecutor(benches) as pool:
            list(pool.map(try_one, todo))
    say("\n".join(table_of(done)))
    say(f"{len(done)} runs of N = {len(calls)} points in {time.monotonic() - began:.0f} s: {totals_of(done)}")
    return 1 if any(each.violation for each in done) else 0


def totals_of(outcomes: Iterable[Outcome]) -> str:
    totals = Counter(each.came or "VIOLATION" for each in outcomes)
    violations = totals.pop("VIOLATION", 0)
    return "; ".join([*(f"{kind}: {count}" for kind, count in sorted(totals.items())), f"violations: {violations}"])


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    asked = argparse.ArgumentParser(description="Every system call of a whole run as a kill point.")
    asked.add_argument("--failure", choices=[each.name for each in Failure], action="append")
    asked.add_argument("--every", type=int, default=1, help="only each so manieth point")
    asked.add_argument("--benches", type=int, default=min(2, os.cpu_count() or 1), help="runs at the same time")
    given = asked.parse_args()
    failures = [Failure[name] for name in given.failure or Failure.__members__]
    try:
        built_shim()
    except CompilerMissing as missing:
        sys.exit(str(missing))
    sys.exit(survey(failures, given.every, given.benches))


if __name__ == "__main__":
    main()
