"""The log of a real office, 200 entries, tampered with in every way: what is found, and what only a noted head finds.

The office works for some days against a server on loopback; its database is then changed by plain SQL, triggers
dropped, as by a person with write access. If a change is made at every byte, the rows are judged in memory, each entry
by the code that follows the chain, from the last entry that is still sound.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.audit.two_pass import verify_twice
from tests.support import decided
from tests.support.fakes import FakeClock
from tests.support.misbehaving_smtp import MisbehavingServer
from tests.support.office import Office
from tests.support.returned import dsn, recipient, reply
from tests.support.small_office import Settings, SmallOffice, form, mail_with
from tests.support.stores import open_store
from tests.support.world import HANAKO
from worker.approve import decisions
from worker.audit.chain import GENESIS, LogLine, canonical, entry_hash, fold, read_entry
from worker.audit.verify import Chain, LogFault, LogFaults, LogVerdict, verify_log
from worker.core.model import Submission, sha256
from worker.core.open_until import open_until
from worker.core.states import HoldKind, State, kind_of
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.entries import text_of
from worker.store.sqlite.queries import decode

ENTRIES = 200
SEED = 20261121
PRODUCTS = ("契約保証", "前払金保証", "中間前払金保証")
COLUMNS = ("body", "previous_hash", "hash")
Row = tuple[int, bytes, bytes, bytes]
"""An entry as the file holds it: number, body, previous hash, hash."""


@dataclass(frozen=True)
class Log:
    """The database of the office after its days, and its contents."""

    database: Path
    rows: tuple[Row, ...]
    submissions: tuple[tuple[int, str], ...]
    originals: tuple[tuple[str, bytes], ...]

    @property
    def lines(self) -> tuple[LogLine, ...]:
        return tuple(map(line_of, self.rows))

    def copy_to(self, folder: Path) -> Path:
        """The file once more, without the triggers that refuse every change."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE_NAME
        path.write_bytes(self.database.read_bytes())
        path.chmod(0o600)
        with opened(path) as database:
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {name}")
        return path


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        yield database


def line_of(row: Row) -> LogLine:
    number, body, previous, digest = row
    return LogLine(number, text_of(body), text_of(previous), text_of(digest))


def tell(figures: str) -> None:
    """Shown with ``-s``: the figures that docs/reliability.md gives."""
    sys.stdout.write(f"\n{figures}")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    memory = Path("/dev/shm")  # some hundred syncs
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield log_of(Path(folder), tmp_path_factory.mktemp("log") / FILE_NAME)


def log_of(root: Path, database: Path) -> Log:
    asyncio.run(work_some_days(root / "var"))
    with opened(root / "var" / FILE_NAME) as live:
        live.execute("VACUUM INTO ?", (str(database),))
    with opened(database) as kept:
        submissions = tuple(kept.execute("SELECT id, row FROM submissions ORDER BY id"))
        originals = tuple(kept.execute("SELECT sha256, content FROM originals ORDER BY sha256"))
        kept.text_factory = bytes
        rows = tuple(kept.execute("SELECT number, body, previous_hash, hash FROM entries ORDER BY number"))
    assert len(rows) == ENTRIES
    return Log(database, rows, submissions, originals)


async def work_some_days(folder: Path) -> None:
    """Notices by folder and mail, approvals, withdrawals, what comes back; then restarts, up to 200 entries."""
    async with MisbehavingServer() as server:
        works = tuple(range(1, 13))
        office = SmallOffice(folder, Settings(port=server.port, works=works, mode="approve"), FakeClock())
        waiting = [form(work + 20 * n, work, product=product) for n, product in enumerate(PRODUCTS) for work in works]
        while office.store.head()[0] < ENTRIES - 35:
            office.save(waiting.pop(0))
            by_mail = mail_with(waiting.pop(0), number=len(office.mails.received) + 1)
            # A mail program that cuts a subject within a character: the log shows what cannot be read as U+FFFD.
            cut = b"Subject: =?utf-8?B?6KqN6Ki844Kt44O844Gu44GK55+l44KJ44Gb44Gu5Lu2/w==?="
            office.mails.received.append(b"\r\n".join([cut, by_mail.replace(b"Subject:", b"X-Subject:")]))
            await office.pass_once()
            for held in office.store.submissions(State.HELD):
                active_config, now = office.pipeline.active_config, office.clock.now()
                if held.id % 7 and all(kind_of(hold.reason) is HoldKind.ANSWER for hold in held.reasons):
                    decided.approve(office.store, active_config, held.id, held.label, HANAKO, "電話で確認", now)
                else:
                    decisions.withdraw(office.store, held.id, HANAKO, "取得の誤り")
            await office.pass_once()
            for sent in office.store.submissions(State.SENT)[-2:]:
                office.mails.received += come_back(
                    sent.composed.draft.message_id, sent.delivery.tries, len(office.mails.received)
                )
            office.clock.let_pass(days=1)
            await office.pass_once()
        assert office.store.head()[0] <= ENTRIES
        while office.store.head()[0] < ENTRIES:
            await office.restart()
        assert office.store.verify().holds
        await office.stop()


def come_back(message_id: str, tries: int, number: int) -> list[bytes]:
    """A delivery report, and every other time a reply."""
    envid = f"{message_id[1:].partition('@')[0]}.{tries}"
    report = dsn(recipient("delivered", "2.0.0"), envid=envid, returned=message_id, number=number)
    return [report] + [reply(to=message_id, number=number)] * (number % 2)


# --- In memory ---------------------------------------------------------------------------------------------------


def finds(before: LogLine | None, line: LogLine) -> bool:
    """True if a verification that has come as far as ``before`` finds fault with ``line``."""
    faults = LogFaults()
    Chain(faults, after=(before.number, before.hash) if before else (0, GENESIS)).follow(line)
    return faults.count > 0


def first_fault(lines: Sequence[LogLine], whole: int = 0) -> str | None:
    """The place of the first fault of the chain; the first ``whole`` lines are known to be unchanged."""
    faults = LogFaults()
    chained = Chain(faults, after=(lines[whole - 1].number, lines[whole - 1].hash) if whole else (0, GENESIS))
    for line in lines[whole:]:
        chained.follow(line)
        if faults.count:
            return faults.shown[0].where
    return None


def judge(log: Log, lines: Sequence[LogLine], submissions: Sequence[tuple[int, str]] | None = None) -> LogVerdict:
    """A whole verification of these lines, which finds what one in two passes finds."""
    kept = [(name, sha256(content)) for name, content in log.originals]
    rows = log.submissions if submissions is None else submissions
    verdict = verify_log(lines, rows, kept)
    found, count = verify_twice(lines, rows, kept)
    assert (sorted(verdict.faults, key=str), verdict.fault_count) == (sorted(found, key=str), count)
    return verdict


def folded(lines: Iterable[LogLine]) -> list[tuple[int, str]]:
    """The rows of the submissions as a forger of the log would rewrite them."""
    rows: dict[int, dict[str, object]] = {}
    for line in lines:
        entry = read_entry(line)
        if entry.submission is not None:
            rows[entry.submission] = fold(rows.get(entry.submission, {}), entry)
    return [(number, canonical(row)) for number, row in sorted(rows.items()) if row]


def with_byte(row: Row, column: int, place: int, byte: int) -> Row:
    content = row[column]
    assert isinstance(content, bytes)
    changed = content[:place] + bytes([byte]) + content[place + 1 :]
    return (*row[:column], changed, *row[column + 1 :])  # type: ignore[return-value]  # the same four


def test_every_changed_byte_of_every_column_of_every_entry_is_found(log: Log) -> None:
    chance = random.Random(SEED)
    tried = flipped = 0
    missed: list[tuple[int, str, int, int]] = []
    before: LogLine | None = None
    for row in log.rows:
        assert not finds(before, line_of(row))
        for column, name in enumerate(COLUMNS, start=1):
            content = row[column]
            assert isinstance(content, bytes)
            for place, byte in enumerate(content):
                other = (byte + chance.randrange(1, 256)) % 256
                # Bytes that are not ASCII: every bit as well, since broken UTF-8 must not be read as something else.
                bits = [byte ^ 1 << bit for bit in range(8)] if byte >= 0x80 else []
                tried, flipped = tried + 1, flipped + len(bits)
                for new in (other, *bits):
                    line = line_of(with_byte(row, column, place, new))
                    # All but every sixteenth by the chain's own check of a line, which reports the place of a fault.
                    is_found = entry_hash(line.previous_hash, line.body) != line.hash
                    if not is_found or (place % 16 == 0 and not finds(before, line)):
                        missed.append((row[0], name, place, new))
        for bit in range(63):
            tried += 1
            if not finds(before, line_of((row[0] ^ 1 << bit, *row[1:]))):
                missed.append((row[0], "number", bit, 0))
        before = line_of(row)
    tell(
        f"entries {len(log.rows)}, bytes changed {tried:,}, further bits of what is no ASCII {flipped:,}: "
        f"found {tried + flipped - len(missed):,}, missed {len(missed)}"
    )
    assert missed == []
    assert tried > 100_000
    assert any("\ufffd" in line.body for line in log.lines)


def test_a_character_that_says_unreadable_is_no_other_broken_character(log: Log) -> None:
    """EF BF BD replaces a broken character; F0 BF BD is one, and reads the same to a careless decoder."""
    number, row, place = next(
        (at, each, each[1].find(b"\xef\xbf\xbd")) for at, each in enumerate(log.rows) if b"\xef\xbf\xbd" in each[1]
    )
    before = line_of(log.rows[number - 1])
    for offset in range(3):
        for byte in range(256):
            changed = with_byte(row, 1, place + offset, byte)
            assert finds(before, line_of(changed)) is (changed != row), (offset, byte)


def test_every_changed_byte_of_every_original_is_found(log: Log) -> None:
    chance = random.Random(SEED)
    tried = 0
    for name, content in log.originals:
        whole = hashlib.sha256()
        for place, byte in enumerate(content):
            changed = whole.copy()
            changed.update(bytes([(byte + chance.randrange(1, 256)) % 256]) + content[place + 1 :])
            assert changed.hexdigest() != name
            whole.update(content[place : place + 1])
            tried += 1
        assert whole.hexdigest() == name
    tell(f"originals {len(log.originals)}, bytes changed {tried:,}: all found")


def test_every_deletion_swap_duplicate_and_cut_is_found_at_its_place(log: Log) -> None:
    lines, chance = log.lines, random.Random(SEED)
    numbers = range(len(lines))
    counts: dict[str, int] = {}

    def tampered(what: str, changed: Sequence[LogLine], place: int) -> None:
        counts[what] = counts.get(what, 0) + 1
        found = first_fault(changed, place)
        assert found is not None, (what, place)
        # By its number: of the entry itself, or of the one that no longer follows it.
        assert int(found) in {changed[place].number, place + 2}, (what, place, found)

    def numbered(changed: Sequence[LogLine]) -> list[LogLine]:
        return [replace(line, number=number) for number, line in enumerate(changed, start=1)]

    def swapped(a: int, b: int) -> list[LogLine]:
        return numbered([*lines[:a], lines[b], *lines[a + 1 : b], lines[a], *lines[b + 1 :]])

    for n in numbers[:-1]:  # the last one deleted is a lost tail
        tampered("deleted", lines[:n] + lines[n + 1 :], n)
        tampered("deleted and numbers closed up", numbered(lines[:n] + lines[n + 1 :]), n)
    for n in numbers[1:]:
        tampered("beginning cut off", lines[n:], 0)
        tampered("beginning cut off and numbers closed up", numbered(lines[n:]), 0)
    for n in numbers:
        tampered("one twice", numbered(lines[: n + 1] + lines[n:]), n + 1)
        tampered("one again at the end", (*lines, replace(lines[n], number=len(lines) + 1)), len(lines))
        tampered("one again as number 0", (replace(lines[n], number=0), *lines), 0)
        tampered("one again below 0", (replace(lines[n], number=-1), *lines), 0)
    for a, b in itertools.pairwise(numbers):
        tampered("neighbours swapped", swapped(a, b), a)
    for _ in range(300):
        a, b = sorted(chance.sample(numbers, 2))
        tampered("any two swapped", swapped(a, b), a)
    for n in numbers[:-1]:
        other = lines[n].body.replace('"by":"', '"by":"X')
        forged = replace(lines[n], body=other, hash=entry_hash(lines[n].previous_hash, other))
        tampered("changed with its own hash made anew", (*lines[:n], forged, *lines[n + 1 :]), n)
        upper = replace(lines[n], hash=lines[n].hash.upper())
        tampered("hash in capitals", (*lines[:n], upper, *lines[n + 1 :]), n)
    tell(", ".join(f"{what} {count}" for what, count in counts.items()) + ": all found")


def test_a_lost_tail_is_found_only_by_a_head_noted_elsewhere(log: Log) -> None:
    lines = log.lines
    assert first_fault(lines) is None  # so that nothing is amiss with any beginning of it
    for n, line in enumerate(lines):
        noted = LogFaults()
        chained = Chain(noted, [line.hash], after=(n, lines[n - 1].hash if n else GENESIS))
        chained.end()
        assert [(fault.code, fault.where) for fault in noted.shown] == [("head_missing", line.hash)]
    tell(f"tails cut off {len(lines)}: without a head 0 found, with one {len(lines)}")


WORSE = {
    "no number that a row could hold": ('"tries":', '"tries":1e999,"was":'),
    "no number at all": ('"tries":', '"tries":NaN,"was":'),
    "a thousand lists": ('"detail":{', '"detail":{"x":' + "[" * 1500 + "]" * 1500 + ","),
    "lists without an end": ('"detail":{', '"detail":' + "[" * 100_000 + "{"),
    "a number of 5,000 digits": ('"tries":', '"tries":' + "9" * 5000 + ',"was":'),
    "a moment before the first year": ('"at":"2026-11', '"at":"0001-01'),
    "another submission": ('"submission":2}', '"submission":7}'),
    "no submission that could be": ('"submission":2}', '"submission":{"2":2}}'),
}


@pytest.mark.parametrize("what", WORSE)
def test_no_content_of_an_entry_ends_the_verification(log: Log, what: str) -> None:
    old, new = WORSE[what]
    lines = list(log.lines)
    place = next(n for n, line in enumerate(lines) if old in line.body)
    at = "0001-01-01T00:00:00+09:00" if what == "a moment before the first year" else None
    body = lines[place].body.replace(old, new)
    if at:
        body = lines[place].body.replace(read_entry(lines[place]).at.isoformat(), at)
    lines[place] = replace(lines[place], body=body)
    verdict = judge(log, lines)
    assert (verdict.faults[0].code, verdict.faults[0].where) == ("bad_hash", str(place + 1))


def test_whatever_is_done_to_an_entry_the_whole_verification_names_it_first(log: Log) -> None:
    chance = random.Random(SEED)
    assert judge(log, log.lines).holds
    for _ in range(30):
        place = chance.randrange(len(log.rows))
        column = chance.choice((1, 1, 1, 2, 3))
        content = log.rows[place][column]
        assert isinstance(content, bytes)
        at = chance.randrange(len(content))
        changed = with_byte(log.rows[place], column, at, (content[at] + chance.randrange(1, 256)) % 256)
        verdict = judge(log, [*map(line_of, (*log.rows[:place], changed, *log.rows[place + 1 :]))])
        assert verdict.faults[0].where == str(place + 1)


# --- In the file itself ------------------------------------------------------------------------------------------


def verified(folder: Path, *heads: str) -> LogVerdict:
    store = open_store(folder, FakeClock())
    try:
        return store.verify(heads)
    finally:
        store.close()


def rewrite(path: Path, lines: Sequence[LogLine]) -> None:
    """The log as ``lines``, and the submissions as these make them: what a forger with time would leave behind."""
    with opened(path) as database:
        database.execute("BEGIN")
        database.execute("DELETE FROM entries")
        kept = [(line.number, line.body, line.previous_hash, line.hash) for line in lines]
        database.executemany("INSERT INTO entries (number, body, previous_hash, hash) VALUES (?, ?, ?, ?)", kept)
        database.execute("DELETE FROM submissions")
        rows = folded(lines)
        database.executemany("INSERT INTO submissions (id, row) VALUES (?, ?)", rows)
        database.execute("DELETE FROM open_submissions")
        submissions = [decode(Submission, row) for _, row in rows]
        corrected = {each.corrects for each in submissions if each.state is not State.WITHDRAWN}
        for each in submissions:
            until = open_until(each, is_corrected=each.id in corrected)
            if until is not None:
                database.execute("INSERT INTO open_submissions VALUES (?, ?)", (each.id, until.isoformat()))
        database.execute("COMMIT")


def forged(lines: Sequence[LogLine], place: int, old: str, new: str) -> list[LogLine]:
    """The log with one entry changed and every hash from there on computed again."""
    written = list(lines[:place])
    assert old in lines[place].body
    for line in lines[place:]:
        body = line.body.replace(old, new) if len(written) == place else line.body
        previous = written[-1].hash if written else GENESIS
        written.append(LogLine(line.number, body, previous, entry_hash(previous, body)))
    return written


def test_changed_bytes_are_found_in_the_file(log: Log, tmp_path: Path) -> None:
    path = log.copy_to(tmp_path)
    assert verified(tmp_path).holds
    chance = random.Random(SEED)
    with opened(path) as database:
        for _ in range(25):
            row = chance.choice(log.rows)
            column = chance.choice((1, 1, 2, 3))
            content = row[column]
            assert isinstance(content, bytes)
            place = chance.randrange(len(content))
            changed = with_byte(row, column, place, (content[place] + chance.randrange(1, 256)) % 256)
            setting = f"UPDATE entries SET {COLUMNS[column - 1]} = CAST(? AS TEXT) WHERE number = ?"
            try:
                database.execute(setting, (changed[column], row[0]))
            except sqlite3.OperationalError:  # malformed JSON: its generated columns cannot be made
                continue
            verdict = verified(tmp_path)
            assert verdict.faults[0].where == str(row[0])
            database.execute(setting, (content, row[0]))
    assert verified(tmp_path).holds


STATEMENTS: dict[str, tuple[str, str]] = {
    "an entry as bytes": ("UPDATE entries SET body = CAST(body AS BLOB) WHERE number = 100", "100"),
    "a hash as bytes": ("UPDATE entries SET hash = CAST(hash AS BLOB) WHERE number = 100", "100"),
    "a hash in capitals": ("UPDATE entries SET hash = upper(hash) WHERE number = 100", "100"),
    "a space behind a body": ("UPDATE entries SET body = body || ' ' WHERE number = 100", "100"),
    "a NUL behind a body": ("UPDATE entries SET body = body || char(0) WHERE number = 100", "100"),
    "another number": ("UPDATE entries SET number = 300 WHERE number = 100", "101"),
    "number 0": ("UPDATE entries SET number = 0 WHERE number = 100", "0"),
    "a number below 0": ("UPDATE entries SET number = -5 WHERE number = 100", "-5"),
    "all numbers moved": ("UPDATE entries SET number = number + 1000", "1001"),
    "a gap": ("UPDATE entries SET number = number + 1000 WHERE number > 100", "1101"),
    "one deleted": ("DELETE FROM entries WHERE number = 100", "101"),
    "a space in a row": ("UPDATE submissions SET row = replace(row, '\"tries\":', '\"tries\": ') WHERE id = 3", "3"),
    "a row as bytes": ("UPDATE submissions SET row = CAST(row AS BLOB) WHERE id = 3", "3"),
    "a row gone": ("DELETE FROM submissions WHERE id = 3", "3"),
    "a row too many": ("INSERT INTO submissions (id, row) SELECT 999, row FROM submissions WHERE id = 3", "999"),
    "a row below 0": ("INSERT INTO submissions (id, row) SELECT -9, row FROM submissions WHERE id = 3", "-9"),
    "row and entry in another state": (
        "UPDATE submissions SET row = json_set(row, '$.state', 'CONFIRMED') WHERE id = 3",
        "3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", STATEMENTS)
def test_what_plain_sql_does_is_named(log: Log, tmp_path: Path, how: str) -> None:
    statement, where = STATEMENTS[how]
    with opened(log.copy_to(tmp_path)) as database:
        database.execute(statement)
    verdict = verified(tmp_path)
    assert not verdict.holds
    assert verdict.faults[0].where == where


def test_every_original_that_is_gone_renamed_or_another_is_named(log: Log, tmp_path: Path) -> None:
    """Also one that is the same bytes kept as text; one more that no entry names proves nothing, and does no harm."""
    path = log.copy_to(tmp_path)
    chance, as_text = random.Random(SEED), 0
    with opened(path) as database:
        for start in range(0, len(log.originals), 25):
            gone = log.originals[start : start + 25]
            database.executemany("DELETE FROM originals WHERE sha256 = ?", [(name,) for name, _ in gone])
            assert set(verified(tmp_path).faults) == {LogFault("original_missing", name) for name, _ in gone}
            database.executemany("INSERT INTO originals VALUES (?, 'again', ?)", gone)
        for name, content in chance.sample(log.originals, 10):
            other = chance.choice([each for each, _ in log.originals if each != name])
            swap = "UPDATE originals SET content = (SELECT content FROM originals WHERE sha256 = ?) WHERE sha256 = ?"
            database.execute(swap, (other, name))
            assert verified(tmp_path).faults[0] == LogFault("original_differs", name)
            database.execute("UPDATE originals SET content = CAST(? AS TEXT) WHERE sha256 = ?", (content, name))
            as_text += 1
            assert verified(tmp_path).faults[0] == LogFault("original_differs", name)
            database.execute(
                "UPDATE originals SET content = ?, sha256 = ? WHERE sha256 = ?", (content, "x" + name, name)
            )
            assert verified(tmp_path).faults[0] == LogFault("original_differs", "x" + name)
            database.execute("UPDATE originals SET sha256 = ? WHERE sha256 = ?", (name, "x" + name))
        database.execute("INSERT INTO originals VALUES (?, 'mail', ?)", (sha256(b"one more"), b"one more"))
    assert verified(tmp_path).holds
    tell(f"originals deleted {len(log.originals)}, changed, renamed, kept as text {as_text} each: all found")


# --- What only a head finds --------------------------------------------------------------------------------------


def test_a_tail_cut_off_with_its_submissions_passes_but_for_a_noted_head(log: Log, tmp_path: Path) -> None:
    path = log.copy_to(tmp_path)
    lines = log.lines
    for n in (1, 7, 50, 100, 150, 198, 199):
        rewrite(path, lines[:n])
        assert verified(tmp_path).holds
        assert verified(tmp_path, lines[n - 1].hash).holds
        assert verified(tmp_path, lines[n].hash).faults == (LogFault("head_missing", lines[n].hash),)


def test_a_log_written_anew_as_a_whole_passes_but_for_a_head_noted_behind_the_change(log: Log, tmp_path: Path) -> None:
    path = log.copy_to(tmp_path)
    lines = log.lines
    place = next(n for n, line in enumerate(lines) if read_entry(line).event == "Approved")
    written = forged(lines, place, "山田 花子", "佐藤 次郎")
    rewrite(path, written)
    assert verified(tmp_path).holds
    for n in range(0, len(lines), 20):
        verdict = verified(tmp_path, lines[n].hash)
        assert verdict.faults == ((LogFault("head_missing", lines[n].hash),) if n >= place else ())


def test_the_command_names_the_first_bad_entry_and_ends_with_1(log: Log, tmp_path: Path) -> None:
    office = Office(tmp_path, knows=())
    path = log.copy_to(office.store)
    head, earlier = log.lines[-1].hash, log.lines[119].hash
    for given in ((), ("--head", head), ("--head", earlier), ("--head", f"120 {earlier.upper()}\n")):
        assert office("audit", "verify", *given).code == 0, given
    with opened(path) as database:
        database.execute("UPDATE entries SET body = replace(body, '山田 花子', '佐藤 次郎') WHERE number >= 60")
    changed = [n for n, line in enumerate(log.lines, start=1) if n >= 60 and "山田 花子" in line.body]
    ran = office("audit", "verify")
    assert ran.code == 1
    assert f"最初は記録{changed[0]}）" in ran.out
    assert f"記録{changed[0]}\t記録の内容が書き換えられている" in ran.out
    assert f"the first is entry {changed[0]})" in office("--lang", "en", "audit", "verify").out
    assert office("audit", "verify", "--json").document["fault_count"] >= len(changed)


def test_the_command_finds_a_lost_tail_and_a_forged_log_by_the_head_of_a_digest(log: Log, tmp_path: Path) -> None:
    office = Office(tmp_path, knows=())
    path = log.copy_to(office.store)
    noted = log.lines[149].hash
    for written in (log.lines[:140], forged(log.lines, 30, "hoshobin", "hoshobim")):
        rewrite(path, written)
        assert office("audit", "verify").code == 0
        ran = office("audit", "verify", "--head", noted)
        assert ran.code == 1
        assert f"末尾{noted}\t以前に控えた末尾が記録にない" in ran.out


def test_the_command_finds_a_lost_tail_by_the_file_head_where_that_was_not_lost_with_it(
    log: Log, tmp_path: Path
) -> None:
    office = Office(tmp_path, knows=())
    path = log.copy_to(office.store)
    (office.store / "head").write_text(f"200 {log.lines[-1].hash}\n")
    assert office("audit", "verify").code == 0
    rewrite(path, log.lines[:-1])
    assert office("audit", "verify").code == 1


@pytest.mark.parametrize("given", ["", "200", "5f3a…", "x" * 64, "0" * 63, "head 200"])
def test_a_head_that_was_not_copied_whole_is_a_wrong_argument_and_no_broken_log(
    log: Log, tmp_path: Path, given: str
) -> None:
    office = Office(tmp_path, knows=())
    log.copy_to(office.store)
    ran = office("audit", "verify", "--head", given)
    assert (ran.code, "16進数64桁" in ran.err) == (2, True)
