"""An office of 0.1.0 continues under the present program: no decision changes, and no mail differs.

``0.1.0/`` was made by the released program in a checkout of commit 669d3fd: a submission in every state, one answered
for every reason that a person answers, mails in flight, and a last process that was killed. Commit 031f56ff
has the script, ``make_0_1_0.py``. The same machine then starts the present program: first while the office is closed,
twice; then the mails in flight arrive; then the office opens.

Every change must be in a table here, with its reason.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import lzma
import os
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.office import Ran, Taken, a_form, a_mail, command, notice, wire
from tests.support.scripted_imap import ScriptedImap
from tests.support.world import OFFICE
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import DsnController
from worker.core.message_id import bears_secret
from worker.core.model import JST
from worker.core.states import Reason, State
from worker.service.clock import SystemClock
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import create_or_migrate

KEPT = Path(__file__).parent / "0.1.0"
FACTS = json.loads((KEPT / "facts.json").read_text(encoding="utf-8"))
NAMES: Mapping[str, int] = FACTS["names"]
FIXED = dt.datetime.fromisoformat(FACTS["date"])
KILLED_AT = dt.datetime.fromisoformat(FACTS["killed_at"])
STORED = lzma.decompress((KEPT / f"{FILE_NAME}.xz").read_bytes())

CLOSED = dt.datetime(2026, 6, 19, 20, 0, tzinfo=JST)
"""The evening of the day on which the last process of 0.1.0 was killed: the office is closed, nothing is due."""
OPEN = dt.datetime(2026, 6, 22, 9, 5, tzinfo=JST)
"""The next working morning."""

ANSWERED_IN_0_1_0 = (
    "approval",
    "name_only",
    "number_differs",
    "invoice_unreadable",
    "contact_first",
    "timing",
    "eligibility_unknown",
    "not_eligible",
    "sender_unproven",
    "first_address",
    "rule_changed",
    "changed",
    "seen_before",
    "rehearsed",
    "not_sent",
    "large_attachment",
)
REASONS_OF_0_1_0 = {Reason(each) for each in ANSWERED_IN_0_1_0} | {
    Reason.UNKNOWN_PROJECT,
    Reason.INVOICE_MISSING,
    Reason.NO_TEXT,
}
"""The states that the kept database has, or had."""

# The allowed changes, each with its reason. There are no others.

_TRIED_AGAIN = "0.1.0 was killed before the first byte: its own next start puts the attempt off as well"
_CODES = "what holds it is judged anew, and is a code with parameters"

AT_THE_START: Mapping[str, tuple[set[str], str]] = {
    "sending": ({"state", "due_at", "deferrals"}, _TRIED_AGAIN),
    "wanting": ({"reasons"}, _CODES),
    "unknown": ({"reasons"}, _CODES),
    "left_changed": ({"reasons"}, _CODES),
    "handed_over": ({"duties"}, "a rule by paper that gives no steps says so among the steps"),
}
"""By submission the fields that the first pass of the present program changes while the office is closed."""

BY_THE_REPORTS: Mapping[str, tuple[str, str]] = {
    "delivered_soon": ("DELIVERED", "its server has it, and says so with our envelope id"),
    "failed_soon": ("BOUNCED", "the address does not exist"),
    "delayed_soon": ("DELAYED", "the relay tries on"),
    "told_without_envid": ("DELIVERED", "a server without DSN gives back the Message-ID alone: judged as in 0.1.0"),
    "copied_soon": ("SENT", "our own copy, byte for byte: it left, and the doubt ends"),
    "confirmed_late": ("CONFIRMED", "a bounce after the confirmation is a person's to look at"),
    "answered_soon": ("SENT", "what the issuer writes may be a complaint: it confirms nothing by itself"),
}
"""By submission its state once its mail in flight has come, and why."""

_OF_EVERY_CHANGE = {"version", "updated_at"}
_RECEIPTS = {"receipts", "unread"}


class Row(dict[str, Any]):
    """A submission as it is stored; a field that is not stored has its usual value, and is None here."""

    def __missing__(self, name: str) -> None:
        return None


@dataclass(frozen=True)
class Snapshot:
    """The rows of the database."""

    rows: Mapping[int, Mapping[str, Any]]
    entries: tuple[tuple[Any, ...], ...]
    originals: Mapping[str, bytes]
    own_message_ids: Mapping[str, int]
    revision: str

    @classmethod
    def of(cls, folder: Path) -> Snapshot:
        with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as database:
            return cls(
                {number: Row(json.loads(row)) for number, row in database.execute("select id, row from submissions")},
                tuple(database.execute("select number, body, previous_hash, hash from entries order by number")),
                dict(database.execute("select sha256, content from originals").fetchall()),
                dict(database.execute("select message_id, submission from own_message_ids").fetchall()),
                database.execute("select version_num from alembic_version").fetchone()[0],
            )

    def named(self, name: str) -> Mapping[str, Any]:
        return self.rows[NAMES[name]]

    def states(self) -> dict[str, str]:
        return {name: self.named(name)["state"] for name in NAMES}

    def events(self, name: str, after: Snapshot) -> list[str]:
        """The events of the entries that came since ``after``."""
        new = (json.loads(entry[1]) for entry in self.entries[len(after.entries) :])
        return [each["event"] for each in new if each["submission"] == NAMES[name]]


@dataclass
class Office:
    """The office's folders, as an 0.1.0 left them, with the ports of today's servers."""

    root: Path
    imap: DemoImap
    relay: DsnController
    moment: dt.datetime = CLOSED
    stored: bytes = STORED
    head: Path = KEPT / "head"
    """The head noted by its last program."""
    passes: list[Ran] = field(default_factory=list)

    @property
    def store(self) -> Path:
        return self.root / "var"

    def lay_out(self) -> None:
        shutil.copytree(KEPT / "config", self.root / "config")
        for name in ("notices", "invoices"):
            (self.store / "inbox" / name).mkdir(parents=True)
        for file in (KEPT / "inbox" / "invoices").iterdir():
            path = self.store / "inbox" / "invoices" / file.name
            shutil.copyfile(file, path)
            os.utime(path, (KILLED_AT.timestamp() - 86_400,) * 2)
        (self.store / FILE_NAME).write_bytes(self.stored)
        (self.store / FILE_NAME).chmod(0o600)
        shutil.copyfile(self.head, self.store / "head")
        secret = self.store / "imap-password"
        secret.touch(mode=0o600)
        secret.write_text(self.imap.password)
        settings = self.root / "config" / "worker.toml"
        text = settings.read_text(encoding="utf-8")
        for name, value in (("imap_port", self.imap.port), ("smtp_port", self.relay.port), ("store", self.store)):
            text = text.replace(f"{{{name}}}", str(value))
        settings.write_text(text, encoding="utf-8")

    def __call__(self, *arguments: str) -> Ran:
        return command("--config", str(self.root / "config"), *arguments)

    def run(self) -> Snapshot:
        ran = self("run", "--once")
        assert ran.code in {0, 1}, ran
        self.passes.append(ran)
        return self.look()

    def look(self) -> Snapshot:
        return Snapshot.of(self.store)

    def audit(self) -> None:
        """``audit verify``, also against the head that the older program noted."""
        noted = self.head.read_text().split()[1]
        ran = self("audit", "verify", "--head", noted, "--json")
        assert (ran.code, ran.document["faults"]) == (0, []), ran

    def submitted(self) -> list[Taken]:
        """The mails that the relay took for issuers."""
        taken = [Taken.of(each) for each in self.relay.mails]
        return [each for each in taken if not each.subject.startswith("【保証便】")]


@dataclass
class Course:
    """The office through its upgrade, checked after each step."""

    office: Office
    old: Snapshot
    migrated: Snapshot
    first: Snapshot
    second: Snapshot
    reported: Snapshot
    sent: Snapshot
    last: Snapshot
    submitted_closed: list[Taken]
    submitted: list[Taken]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[DemoImap, DsnController]]:
    with DemoImap(OFFICE) as imap, DsnController() as relay:
        yield imap, relay


@pytest.fixture(scope="module")
def course(servers: tuple[DemoImap, DsnController], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    office = Office(tmp_path_factory.mktemp("office"), *servers)
    office.lay_out()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemClock, "now", lambda _: office.moment)
        old = office.look()
        create_or_migrate(office.store)
        office.audit()
        migrated = office.look()
        first = office.run()
        office.audit()
        second = office.run()
        closed = office.submitted()
        office.moment += dt.timedelta(minutes=5)
        for file in sorted((KEPT / "in-flight").iterdir()):
            office.imap.append(file.read_bytes(), received=office.moment)
        reported = office.run()
        office.moment = OPEN
        sent = office.run()
        submitted = office.submitted()
        office.moment += dt.timedelta(minutes=5)
        last = office.run()
        office.audit()
        yield Course(office, old, migrated, first, second, reported, sent, last, closed, submitted)


def is_same(before: Any, after: Any) -> bool:
    """True if both say the same; a row that is written again also has the newer fields, empty."""
    match before, after:
        case dict(), dict():
            came = after.keys() - before.keys()
            gone = before.keys() - after.keys()
            stayed = before.keys() & after.keys()
            return (
                not gone and not any(after[each] for each in came) and all(is_same(before[k], after[k]) for k in stayed)
            )
        case list(), list():
            return len(before) == len(after) and all(map(is_same, before, after))
        case _:
            return bool(before == after)


def differences(before: Snapshot, after: Snapshot) -> dict[str, set[str]]:
    """By name the fields that differ."""
    found = {}
    for name in NAMES:
        old, new = before.named(name), after.named(name)
        fields = {each for each in {*old, *new} if not is_same(old[each], new[each])} - _OF_EVERY_CHANGE
        if fields:
            found[name] = fields
    return found


# --- What 0.1.0 left ----------------------------------------------------------------------------------------------


def test_the_kept_office_has_a_submission_in_every_state(course: Course) -> None:
    assert set(course.old.states().values()) == set(State)
    assert len(course.old.rows) == len(NAMES) == len(set(NAMES.values()))


@pytest.mark.parametrize("reason", ANSWERED_IN_0_1_0)
def test_the_kept_office_has_an_approved_one_for_every_reason_that_a_person_answered(
    course: Course, reason: str
) -> None:
    row = course.old.named(reason)
    assert row["state"] == "APPROVED"
    assert reason in {each["reason"] for each in row["answers"]}
    assert row["release"] == "山田 花子"


def test_the_kept_office_has_released_ones_that_no_person_saw(course: Course) -> None:
    released = [name for name in NAMES if course.old.named(name)["release"] == "auto"]
    approved = [name for name in released if course.old.named(name)["state"] == "APPROVED"]
    assert {"auto", "auto_with_invoice", "auto_with_found_invoice", "auto_by_all_keys"} <= set(approved)


# --- The database -------------------------------------------------------------------------------------------------


def test_migrating_changes_no_entry_no_submission_and_no_original(course: Course) -> None:
    assert course.migrated == replace(course.old, revision=course.migrated.revision)


def test_every_entry_and_original_of_0_1_0_stays_as_it_was(course: Course) -> None:
    assert course.last.entries[: len(course.old.entries)] == course.old.entries
    assert course.old.originals.items() <= course.last.originals.items()
    assert all(hashlib.sha256(content).hexdigest() == name for name, content in course.last.originals.items())


def test_the_older_program_refuses_the_newer_database_in_words(course: Course) -> None:
    """The revision is compared alike in both programs, so a higher one represents the newer database for 0.1.0."""
    office = course.office
    assert course.old.revision == "0002" < course.last.revision, "0.1.0 finds a higher revision than its own"

    def say_revision(revision: str) -> None:
        with contextlib.closing(sqlite3.connect(office.store / FILE_NAME)) as database, database:
            database.execute("update alembic_version set version_num = ?", (revision,))

    say_revision("9999")
    try:
        for arguments in (["list"], ["run", "--once"]):
            refused = office(*arguments)
            assert refused.code == 2
            assert "データベースが、このプログラムより新しい形です" in refused.err
    finally:
        say_revision(course.last.revision)
    assert office.look() == course.last


# --- While the office is closed -----------------------------------------------------------------------------------


def test_nothing_changes_but_what_the_table_names_with_its_reason(course: Course) -> None:
    allowed = {name: fields for name, (fields, _) in AT_THE_START.items()}
    found = differences(course.old, course.first)
    assert {name: more for name, fields in found.items() if (more := fields - allowed.get(name, set()))} == {}
    assert course.first.named("sending")["state"] == "APPROVED"


def test_a_second_pass_changes_nothing_at_all(course: Course) -> None:
    assert course.second.rows == course.first.rows
    assert course.second.originals == course.first.originals


def test_nothing_leaves_while_the_office_is_closed(course: Course) -> None:
    assert course.submitted_closed == []


def test_no_draft_of_0_1_0_gets_another_message_id(course: Course) -> None:
    for name in NAMES:
        old, new = (each.named(name)["draft"] for each in (course.old, course.last))
        if old is not None:
            assert new is not None, name
            assert new["message_id"] == old["message_id"], name
            assert not bears_secret(new["message_id"])
    assert course.old.own_message_ids.items() <= course.last.own_message_ids.items()


def test_nothing_is_asked_again_that_a_person_has_answered(course: Course) -> None:
    for name in NAMES:
        assert is_same(course.old.named(name)["answers"], course.last.named(name)["answers"]), name


def test_no_reason_that_this_program_brings_stands_at_what_0_1_0_left(course: Course) -> None:
    new = set(Reason) - REASONS_OF_0_1_0
    standing = {each["reason"] for row in course.last.rows.values() for each in row["reasons"] or ()}
    assert standing & new == set()


# --- What was in flight -------------------------------------------------------------------------------------------


def test_a_mail_in_flight_is_kept_for_each_row_of_its_table() -> None:
    assert {file.stem for file in (KEPT / "in-flight").iterdir()} == set(BY_THE_REPORTS)


@pytest.mark.parametrize("name", BY_THE_REPORTS)
def test_what_comes_back_for_a_mail_of_0_1_0_arrives_and_counts(course: Course, name: str) -> None:
    before, after = course.second.named(name), course.reported.named(name)
    assert after["state"] == BY_THE_REPORTS[name][0]
    assert len(after["receipts"]) == len(before["receipts"] or ()) + 1
    assert all(each["proof"] != "nothing" for each in after["receipts"] if "proof" in each)
    assert course.reported.events(name, course.second)


def test_what_a_person_should_read_of_it_is_unread(course: Course) -> None:
    assert [each["kind"] for each in course.reported.named("answered_soon")["unread"]] == ["reply"]
    assert [each["kind"] for each in course.reported.named("confirmed_late")["unread"]] == ["failed"]


def test_the_mails_in_flight_change_nothing_else(course: Course) -> None:
    found = differences(course.second, course.reported)
    of_left = {"state", "sent_at", "silent", "deferrals", "due_at"}
    for name, fields in found.items():
        assert name in BY_THE_REPORTS
        assert fields <= of_left | _RECEIPTS, name


# --- When the office opens ----------------------------------------------------------------------------------------


def as_of_fixed(raw: bytes) -> str:
    """SHA-256 of a message under the Date for which 0.1.0 composed it."""
    date = FIXED.strftime("%a, %d %b %Y %H:%M:%S %z").encode()
    changed, count = re.subn(rb"(?m)^Date: [^\r\n]*", b"Date: " + date, raw, count=1)
    assert count == 1
    return hashlib.sha256(changed).hexdigest()


def expected_letters(course: Course) -> dict[str, str]:
    """By Message-ID the hash of what 0.1.0 would have sent."""
    letters = {each["message_id"]: each["sha256"] for each in FACTS["letters"].values()}
    sending = course.old.named("sending")
    letters[sending["draft"]["message_id"]] = as_of_fixed(course.old.originals[sending["letter_sha256"]])
    return letters


def test_each_approved_one_leaves_once_under_its_message_id_in_the_bytes_of_0_1_0(course: Course) -> None:
    left = {each.headers["Message-ID"][0]: as_of_fixed(each.raw) for each in course.submitted}
    assert left == expected_letters(course)
    assert len(course.submitted) == len(left)


def test_it_goes_to_those_to_whom_0_1_0_would_have_sent_it(course: Course) -> None:
    drafts = {row["draft"]["message_id"]: row["draft"] for row in course.old.rows.values() if row["draft"]}
    for each in course.submitted:
        draft = drafts[each.headers["Message-ID"][0]]
        assert (each.to, each.cc) == (tuple(draft["to"]), tuple(draft["cc"]))
        assert each.recipients == (*draft["to"], *draft["cc"], "hikae@contractor.example")


def test_the_attempt_that_was_killed_leaves_in_the_very_bytes_that_0_1_0_recorded(course: Course) -> None:
    sending = course.old.named("sending")
    (raw,) = (each.raw for each in course.submitted if each.headers["Message-ID"] == [sending["draft"]["message_id"]])
    assert hashlib.sha256(raw).hexdigest() == sending["letter_sha256"] == course.last.named("sending")["letter_sha256"]


def test_none_leaves_twice_or_later(course: Course) -> None:
    counted = Counter(each.headers["Message-ID"][0] for each in course.office.submitted())
    assert set(counted.values()) == {1}
    assert len(counted) == len(course.submitted)


def test_every_other_submission_stays_as_the_reports_left_it(course: Course) -> None:
    leaving = {name for name, state in course.reported.states().items() if state == "APPROVED"}
    assert {course.sent.named(name)["state"] for name in leaving} == {"SENT"}
    assert differences(course.reported, course.last).keys() == leaving


def test_no_pass_fails(course: Course) -> None:
    assert {ran.code for ran in course.office.passes} <= {0, 1}
    assert len(course.office.passes) == 5


# --- What 0.1.0 had passed over in the mailbox --------------------------------------------------------------------

BASELINE = 101
"""The next UID at the first look of 0.1.0, 0.3 s after its first start; all messages below it were passed over."""
UIDVALIDITY = 1085641029


def test_below_the_baseline_of_0_1_0_mail_since_its_first_start_is_taken_held_and_the_rest_told(
    servers: tuple[DemoImap, DsnController], tmp_path: Path
) -> None:
    dates = {
        97: b"10-Jun-2026 09:00:00 +0900",
        98: b"14-Jun-2026 23:29:59 +0000",  # more than an hour before the first start of 09:30:00.5
        99: b"15-Jun-2026 09:00:00 +0900",
        100: b"15-Jun-2026 00:30:00 +0000",
        114: b"01-Jun-2026 09:00:00 +0900",  # moved into the folder since
        115: b"19-Jun-2026 19:00:00 +0900",
    }
    forms = {uid: a_form(f"{uid}番のメールの工事", number=f"40299-{uid:06}") for uid in dates}
    mails = {uid: wire(a_mail("認証キー", ("a.pdf", notice(form)))) for uid, form in forms.items()}
    with ScriptedImap(mails, uidvalidity=UIDVALIDITY, dates=dates) as server:
        server.password = "secret"  # type: ignore[attr-defined]  # it takes any
        relay = servers[1]
        office = Office(tmp_path, server, relay)  # type: ignore[arg-type]  # it asks for a port alone
        office.lay_out()
        told = len(relay.mails)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SystemClock, "now", lambda _: office.moment)
            create_or_migrate(office.store)
            old = office.look()
            new = office.run()
            again = office.run()
        came = {row["contract_number"]: row for number, row in new.rows.items() if number not in old.rows}
    asked = {
        uid: [each["params"]["code"] for each in row["reasons"] if each["reason"] == "from_before"]
        for uid, form in forms.items()
        if (row := came.get(form.number))
    }
    assert asked == {99: ["mail"], 100: ["since"], 114: ["mail"], 115: []}
    assert {row["state"] for row in came.values()} == {"HELD"}
    assert again.rows == new.rows
    (left,) = [body for _, text, *_ in new.entries if (body := json.loads(text))["event"] == "LeftAlone"]
    assert (left["detail"]["left"], left["detail"]["alike"]) == ("2", "2")
    assert left["detail"]["from"].startswith("2026-06-15T09:30:00.5")
    mails_told = [Taken.of(each).text for each in relay.mails[told:]]
    assert sum("うち2通は" in text for text in mails_told) == 1
    assert office("audit", "verify").code == 0
