"""Stores with any number of closed submissions: entries of a real run, played again through the store's own writing.

``fill`` makes an office of 500 registered projects. A run of the product on three notices gives the entries. Each copy
has its own number, project, Message-ID and originals. The newest closed submissions are of the last days in a store of
every size, and 200 open ones are the same in each, so that only the number of older ones differs.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.backlog import HERE, RUNS, a_folder, a_process, as_installed, wait_until
from bench.office import Order, write_configuration
from tests.support.known_addresses import say_installed
from tests.support.parts import with_fields
from tests.support.world import HANAKO, WORKER
from worker.audit.chain import canonical
from worker.core.model import JST, Disposition, Entry, FileRow, MessageRow, Notice, Submission, sha256
from worker.core.states import Event, NoteEvent, State
from worker.store.ports import Writing
from worker.store.sqlite.queries import DEFAULTS, decode
from worker.store.sqlite.store import SqlStore, create_or_migrate, open_store

PROJECTS: Final = 500
OPEN: Final = 200
RECENT: Final = 100
"""Closed submissions of the last days, in a store of every size."""
RECENT_HOURS: Final = 100
SPACED: Final = dt.timedelta(hours=4)
"""Between two older ones: 100,000 reach back 45 years, so that a week holds the same number in each store."""
IN_ONE_COMMIT: Final = 200
TOLD_EVERY: Final = 10_000
"""A line of progress after so many: a minute or two."""
SETTLED: Final = 4
WITHDRAWN: Final = 10
"""Every fourth closed one closed by itself, every tenth was withdrawn, and the others were confirmed."""
FILLS: Final = RUNS / "growth"
EVENTS: Final = frozenset(map(str, Event))


class FillClock:
    """A clock that the filling sets."""

    def __init__(self, moment: dt.datetime) -> None:
        self.moment = moment

    def now(self) -> dt.datetime:
        """Each entry is a second after the last."""
        self.moment += dt.timedelta(seconds=1)
        return self.moment

    def uptime(self) -> float:
        """Nothing waits by it."""
        return self.moment.timestamp()


@dataclass(frozen=True, slots=True)
class Course:
    """The entries of one submission of the real run, its notice and the bytes that it kept."""

    entries: Sequence[Entry]
    notice: Notice


@dataclass(frozen=True, slots=True)
class Courses:
    """What the real run recorded, by the fate of the submission."""

    confirmed: Course
    settled: Course
    held: Course

    def closed(self, count: int) -> tuple[Course, bool]:
        """The course of the closed submission of this count; whether it is withdrawn at its end."""
        if count % WITHDRAWN == WITHDRAWN - 1:
            return self.held, True
        return (self.settled if count % SETTLED == SETTLED - 1 else self.confirmed), False

    def opened(self, count: int) -> Course:
        """The course of the open submission of this count: held, or sent and not confirmed."""
        if count % 2:
            return self.held
        return dataclasses.replace(self.confirmed, entries=self.confirmed.entries[:-1])


def order_of_closed(count: int) -> Order:
    """The order of a closed submission: of a registered project, or of one that has left the register."""
    order = Order.of(count)
    if count < RECENT:
        return order
    return dataclasses.replace(order, number=f"39{count // 1000:03}-{count % 1000:06}", name=f"旧{order.name}")


def run_worker(config: Path, *words: str) -> None:
    """One command of the product; SystemExit where it fails otherwise than by what waits for a person."""
    command = [sys.executable, "-m", "worker", "--config", str(config), *words]
    done = subprocess.run(command, cwd=HERE, env=as_installed(), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode not in {0, 1, 3}:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}: {done.stderr}")


def configure(root: Path, sink_port: int) -> Path:
    """An office without a mailbox, whose second issuer answers nothing."""
    config = write_configuration(root, [Order.of(count) for count in range(PROJECTS)], 1, sink_port, "-", 10)
    return adapt(config, sink_port)


def adapt(config: Path, sink_port: int) -> Path:
    """The configuration as this measurement needs it, with the port of the sink that runs now."""
    worker = config / "worker.toml"
    text = worker.read_text()
    if (begin := text.find("[mailbox.main]")) >= 0:
        text = text[:begin] + text[text.index("[intake]") :]
    lines = (f"port = {sink_port}" if line.startswith("port = ") else line for line in text.split("\n"))
    worker.write_text("\n".join(lines))
    silent = config / "issuers" / "city1.toml"
    if "closes" not in silent.read_text():
        silent.write_text(silent.read_text() + 'closes = "none"\nsettle_days = 3\n')
    return config


@contextmanager
def a_sink() -> Iterator[tuple[int, Path]]:
    """The port of a sink, and the file of the mails that it took."""
    with a_folder() as root, a_process(["bench.sink", str(root)]) as sink:
        wait_until((root / "port").exists, sink)
        yield int((root / "port").read_text()), root / "mails"


def record_courses() -> Courses:
    """Run the product on three notices and read what it recorded."""
    with a_sink() as (port, _), a_folder() as root:
        config = configure(root, port)
        unregistered = dataclasses.replace(Order.of(2), name="無登録の工事", number="40999-000001")
        for name, order in {"confirmed": Order.of(0), "settled": Order.of(1), "held": unregistered}.items():
            (root / "var" / "inbox" / "notices" / f"{name}.pdf").write_bytes(order.pdf())
        for _ in range(3):
            run_worker(config, "run", "--once")
        clock = FillClock(dt.datetime.now(JST))
        store = open_store(root / "var", clock)
        found = {each.destination.issuer or "": each for each in store.submissions() if each.state is State.SENT}
        held = store.submissions(State.HELD)
        if set(found) != {"city0", "city1"} or len(held) != 1:
            states = [(each.destination.issuer, each.state.value) for each in store.submissions()]
            raise SystemExit(f"the real run came to {states}")
        store.close()
        run_worker(config, "confirm", str(found["city0"].id), "--by", HANAKO.by, "--note", "電話で確認")
        store = open_store(root / "var", clock)
        courses = [_course(store, each) for each in (found["city0"], found["city1"], *held)]
        store.close()
        return Courses(*courses)


def _course(store: SqlStore, submission: Submission) -> Course:
    notice = store.notice(submission.notice.pdf_sha256) if submission.notice.pdf_sha256 else None
    if notice is None:
        raise SystemExit(f"submission {submission.id} of the real run has no notice")
    return Course(list(store.entries(submission.id)), notice)


def fill(size: int, tell: Callable[[str], object] = lambda _: None) -> Path:
    """The folder of an office with so many closed submissions; one that was filled before is used again.

    ``tell`` is given a line of progress now and then.
    """
    root = FILLS / str(size)
    if (root / "filled").exists():
        return root
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    courses = record_courses()
    configure(root, 1)
    (root / "var" / "hoshobin.sqlite3").unlink()  # the one with addresses alone; a copy has them too
    create_or_migrate(root / "var")
    say_installed(root / "var")
    now = dt.datetime.now(JST).replace(microsecond=0)
    clock = FillClock(now)
    store = open_store(root / "var", clock)
    player = _Player(store, clock)
    for begin in range(0, size, IN_ONE_COMMIT):
        if begin and begin % TOLD_EVERY == 0:
            tell(f"  {begin:,} of {size:,} filled")
        with store.writing() as writing:
            for place in range(begin, min(size, begin + IN_ONE_COMMIT)):
                count = size - 1 - place  # the newest is the first order
                clock.moment = now - _age(count)
                course, is_withdrawn = courses.closed(count)
                player.play(writing, course, order_of_closed(count), f"c{count}", is_withdrawn=is_withdrawn)
    with store.writing() as writing:
        for count in range(OPEN):
            clock.moment = now - dt.timedelta(minutes=OPEN - count)
            player.play(writing, courses.opened(count), Order.of(RECENT + count), f"o{count}")
    store.mark_head()
    verdict = store.verify()
    store.close()
    if not verdict.holds:
        raise SystemExit(f"the log of the filled store does not hold: {verdict}")
    (root / "filled").write_text(json.dumps({"closed": size, "entries": verdict.count}))
    return root


def _age(count: int) -> dt.timedelta:
    if count < RECENT:
        return dt.timedelta(hours=5 + RECENT_HOURS * count / RECENT)
    return dt.timedelta(days=20) + SPACED * (count - RECENT)


class _Player:
    """Records the entries of a course once more, for another order."""

    def __init__(self, store: SqlStore, clock: FillClock) -> None:
        self._store = store
        self._clock = clock
        self._uid = 0

    def play(self, writing: Writing, course: Course, order: Order, name: str, *, is_withdrawn: bool = False) -> None:
        """Record one submission with its originals, its notice and its three rows of the ledgers."""
        pdf = writing.keep("notice", f"%PDF-1.4 {order.number} {name}".encode() * 20)
        notice = dataclasses.replace(course.notice, contract_number=order.number, project_name=order.name)
        writing.keep_notice(pdf, notice)
        own = {"pdf_sha256": pdf, "contract_number": order.number, "notice_name": order.name}
        first, *others = course.entries
        standing = self._changed(writing, _fold(Submission(0, State.HELD), first.set), own, order, name)
        standing = writing.create(Event(first.event), standing, WORKER, first.detail)
        for entry in others:
            author = HANAKO if entry.by == HANAKO.by else WORKER
            if entry.event in EVENTS:
                after = self._changed(writing, _fold(standing, entry.set), own, order, name)
                standing = writing.change(Event(entry.event), standing, after, author, entry.detail)
            else:
                writing.note(NoteEvent(entry.event), standing.id, author, entry.detail)
        if is_withdrawn:
            after = dataclasses.replace(
                standing,
                state=State.WITHDRAWN,
                reasons=(),
                approval=dataclasses.replace(standing.approval, due_at=None),
            )
            standing = writing.change(Event.WITHDRAWN, standing, after, HANAKO, {"why": "二重"})
        self._record_ledger(writing, standing, name)

    def _changed(
        self, writing: Writing, submission: Submission, own: Mapping[str, Any], order: Order, name: str
    ) -> Submission:
        draft = submission.composed.draft
        changes = dict(own)
        if draft is not None:
            attachments = tuple(dataclasses.replace(each, sha256=own["pdf_sha256"]) for each in draft.attachments)
            body = writing.keep("body", f"認証キーを提出します。{order.number} {name}\n".encode() * 8)
            message_id = f"<{name}.{order.number}@contractor.example>"
            changes["draft"] = dataclasses.replace(
                draft, message_id=message_id, body_sha256=body, attachments=attachments
            )
            changes["draft_hash"] = sha256(message_id.encode())
        if submission.delivery.letter_sha256 is not None:
            changes["letter_sha256"] = writing.keep("letter", f"Message-ID: {order.number} {name}\r\n".encode() * 20)
        if submission.delivery.tried_as:
            changes["tried_as"] = f"<{name}.{order.number}@contractor.example>"
        if submission.delivery.sent_at is not None:
            changes["sent_at"] = self._clock.moment
        if submission.destination.project is not None:
            changes["project"] = f"{submission.destination.issuer}/{order.name}"
            changes["project_name"] = order.name
        return with_fields(submission, **changes)

    def _record_ledger(self, writing: Writing, submission: Submission, name: str) -> None:
        moment = self._clock.moment
        for end in (Disposition.SUBMISSION, Disposition.NOT_OURS):
            self._uid += 1
            writing.record_message(
                MessageRow("main", 1, self._uid, end, message_id=f"<{name}.{end}@sender.example>", size=90_000)
            )
        digest = submission.notice.pdf_sha256
        writing.record_file(
            FileRow(
                f"{name}.pdf",
                40_000,
                self._uid,
                self._uid,
                moment,
                Disposition.SUBMISSION,
                "",
                digest,
                (submission.id,),
            )
        )


def _fold(before: Submission, changes: Mapping[str, Any]) -> Submission:
    fields = {**json.loads(canonical(before)), **changes}
    return decode(
        Submission, canonical({name: fields[name] for name in (*DEFAULTS, "id", "version") if name in fields})
    )


def copy_of(root: Path) -> Path:
    """The filled office once more, to be changed by a measurement."""
    copied = root / "measured"
    shutil.rmtree(copied, ignore_errors=True)
    copied.mkdir()
    for name in ("config", "var"):
        shutil.copytree(root / name, copied / name)
    os.sync()
    return copied
