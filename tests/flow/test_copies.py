"""Old copies and second installations: each sign stops the sending until a person resumes; other mails are no sign.

``tests/flow/test_restored.py`` tests receipts for a mail that an old copy lacks.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.support.authenticated import AUTHSERV_ID
from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.small_office import Form, Settings, SmallOffice, form
from tests.support.world import HANAKO, OFFICE
from worker.approve import decisions
from worker.compose.mime_write import STORE_FIELD
from worker.core.message_id import alarm_message_id
from worker.core.model import JST
from worker.core.signs import Sign
from worker.core.states import AlarmCause, NoteEvent
from worker.pipeline.pipeline import Pass
from worker.store.ports import FOREIGN_MAIL, IDENTITY
from worker.store.signs import find_signs
from worker.store.sqlite.connection import FILE_NAME

ONE, TWO = form(2), form(4)
NOT_FITTING = form(9)


@dataclass
class Machine:
    """A computer with one office on it, the files kept outside the store, and a mail server for all."""

    root: Path
    server: MisbehavingServer
    notify: tuple[str, ...] = ()
    copy_to: str = ""
    machine: str = "a" * 32
    witness: Path | None = None
    office: SmallOffice = field(init=False)

    def __post_init__(self) -> None:
        settings = Settings(port=self.server.port, notify=self.notify, copy_to=self.copy_to)
        self.office = SmallOffice(self.root / "var", settings)
        self.furnish()

    def furnish(self) -> None:
        """The set-up that the wiring does for each store that it opens."""
        self.office.store.witness_folder = self.witness
        self.office.store.machine_id = self.root / "machine-id"
        self.office.store.machine_id.write_text(self.machine + "\n")

    async def start(self) -> None:
        await self.office.restart()
        self.furnish()

    async def snapshot(self, *, with_witness: bool = False) -> Callable[[], None]:
        """The service stopped, everything copied; what puts it back, while the service is stopped."""
        await self.office.stop()
        kept = self.root / "kept"
        shutil.copytree(self.root / "var", kept / "var")
        if with_witness and self.witness is not None:
            shutil.copytree(self.witness, kept / "witness")
        await self.start()

        def put_back() -> None:
            shutil.rmtree(self.root / "var")
            shutil.copytree(kept / "var", self.root / "var")
            if with_witness and self.witness is not None:
                shutil.rmtree(self.witness)
                shutil.copytree(kept / "witness", self.witness)

        return put_back

    async def roll_back(self, put_back: Callable[[], None]) -> None:
        await self.office.stop()
        put_back()
        self.office.clock.let_pass(hours=5)
        self.office.store = type(self.office.store)(self.root / "var", self.office.clock)
        self.furnish()
        self.office.start()

    async def send(self, *forms: Form) -> Pass:
        for each in forms:
            self.office.save(each)
        return await self.office.pass_once()

    def come(self, *mails: bytes) -> None:
        """Mails that come now."""
        self.office.mails.came_at = self.office.clock.now()
        self.office.mails.received += mails

    def resume(self) -> None:
        decisions.resume(self.office.store, HANAKO)
        self.office.clock.let_pass(minutes=1)

    @property
    def submitted(self) -> int:
        return sum(b"Auto-Submitted" not in mail for mail in self.server.messages)

    @property
    def tellings(self) -> list[bytes]:
        return [mail for mail in self.server.messages if b"Auto-Submitted" in mail]


@pytest.fixture
async def server() -> AsyncIterator[MisbehavingServer]:
    async with MisbehavingServer(At.AFTER, "421") as one:
        yield one


@pytest.fixture
async def machines() -> AsyncIterator[list[Machine]]:
    """Those that a test made are stopped."""
    made: list[Machine] = []
    yield made
    for each in made:
        await each.office.stop()


@pytest.fixture
def make(tmp_path: Path, server: MisbehavingServer, machines: list[Machine]) -> Callable[..., Machine]:
    def made(name: str = "one", *, witness: str | None = "witness", **more: object) -> Machine:
        (tmp_path / name).mkdir()
        place = tmp_path / name / witness if witness else None
        if place is not None and not place.exists():
            place.mkdir()
        machine = Machine(tmp_path / name, server, witness=place, **more)  # type: ignore[arg-type]  # as Machine has them
        machines.append(machine)
        return machine

    return made


async def is_stopped_by(one: Machine, sign: Sign) -> None:
    """Nothing leaves in two passes, one alarm reports it, and it stays so over a restart."""
    before = one.submitted
    for _ in range(2):
        done = await one.office.pass_once()
        assert done.broken is not None
        assert (done.broken.code, done.sent) == (sign, 0)
    await one.start()
    assert find_signs(one.office.store) == (sign,)
    done = await one.office.pass_once()
    assert (done.broken is not None, done.sent, one.submitted) == (True, 0, before)
    assert one.office.alarms().count(f"{AlarmCause.LOG_BROKEN}:{sign}") == 1


async def goes_on(one: Machine, *forms: Form) -> None:
    """After ``resume`` and a scan of the mailbox everything leaves, and no sign is left."""
    one.resume()
    done = await one.send(*forms)
    assert (done.broken, find_signs(one.office.store)) == (None, ())
    await one.start()
    assert (await one.office.pass_once()).broken is None


# --- Each sign ---------------------------------------------------------------------------------------------------


async def test_a_store_put_back_with_its_head_is_behind_the_witness(make: Callable[..., Machine]) -> None:
    """A lost disk, or `cp -a` back: what it shares its folder with says nothing."""
    one = make()
    await one.office.pass_once()
    put_back = await one.snapshot()
    await one.send(ONE)
    assert one.submitted == 1
    await one.roll_back(put_back)
    one.office.save(ONE)
    await is_stopped_by(one, Sign.BEHIND_WITNESS)
    (only,) = one.office.store.submissions()
    decisions.withdraw(one.office.store, only.id, HANAKO, "送信済み")
    await goes_on(one, TWO)
    assert one.submitted == 2, "what was withdrawn did not leave again"


async def test_a_store_made_again_finds_the_witness_of_the_lost_one(make: Callable[..., Machine]) -> None:
    one = make()
    await one.send(ONE)
    await one.office.stop()
    shutil.rmtree(one.root / "var")
    one.office = SmallOffice(one.root / "var", one.office.settings, one.office.clock)
    one.furnish()
    one.office.save(ONE)
    await is_stopped_by(one, Sign.OTHER_WITNESS)
    await goes_on(one)


async def test_a_store_on_another_machine_without_its_witness_waits(make: Callable[..., Machine]) -> None:
    one = make(witness=None)
    await one.send(ONE)
    one.machine = "b" * 32
    await one.start()
    one.office.save(TWO)
    await is_stopped_by(one, Sign.OTHER_MACHINE)
    await goes_on(one)
    assert one.submitted == 2


async def test_a_machines_new_id_stops_nothing_where_the_witness_vouches(make: Callable[..., Machine]) -> None:
    one = make()
    await one.send(ONE)
    for digit in "bcd":
        one.machine = digit * 32
        await one.start()
        assert (await one.office.pass_once()).broken is None
    assert (await one.send(TWO)).broken is None
    assert one.submitted == 2


async def test_a_mail_to_people_of_another_installation_stops_both(make: Callable[..., Machine]) -> None:
    """Two installations watch one mailbox, and neither delivery reports nor copies come back."""
    one, two = make("one", notify=(OFFICE,)), make("two", notify=(OFFICE,))
    await one.send(NOT_FITTING)
    (telling,) = one.tellings
    await two.office.pass_once()
    two.come(telling)
    two.office.save(ONE)
    await is_stopped_by(two, Sign.OTHER_INSTALLATION)
    (entry,) = two.office.store.entries(events=[NoteEvent.FOREIGN_MAIL])
    assert entry.detail["store"] == one.office.store.property(IDENTITY)
    assert two.office.store.original(entry.detail["mail"]) == telling
    one.come(*one.server.messages)
    await is_stopped_by(one, Sign.OTHER_INSTALLATION)


async def test_the_other_one_that_still_runs_stops_it_once_more(make: Callable[..., Machine]) -> None:
    one, two = make("one", notify=(OFFICE,)), make("two")
    await one.send(NOT_FITTING)
    two.come(one.tellings[-1])
    await is_stopped_by(two, Sign.OTHER_INSTALLATION)
    await goes_on(two)
    one.office.clock.let_pass(hours=9)
    await one.send(form(10))
    two.office.clock.let_pass(hours=9)
    two.come(one.tellings[-1])
    assert (done := await two.office.pass_once()).broken is not None
    assert done.broken.code == Sign.OTHER_INSTALLATION


async def test_what_came_before_a_person_resumed_and_is_found_later_stops_nothing(make: Callable[..., Machine]) -> None:
    one, two = make("one", notify=(OFFICE,)), make("two")
    await one.send(NOT_FITTING)
    two.office.mails.received.append(one.tellings[0])  # it lay there at eight
    two.resume()
    done = await two.send(ONE)
    assert (done.broken, two.submitted) == (None, 1)


async def test_a_whole_machine_put_back_is_told_by_its_own_mail_to_people(make: Callable[..., Machine]) -> None:
    """The witness was restored with it; only the mailbox was not."""
    one = make(notify=(OFFICE,))
    await one.office.pass_once()
    put_back = await one.snapshot(with_witness=True)
    await one.send(ONE, NOT_FITTING)
    (telling,) = one.tellings
    await one.roll_back(put_back)
    assert find_signs(one.office.store) == ()
    one.come(telling)
    one.office.save(ONE)
    await is_stopped_by(one, Sign.COPY_ELSEWHERE)


async def test_two_copies_on_two_machines_stop_each_other(make: Callable[..., Machine]) -> None:
    """A clone with everything: identity, secret, witness and machine-id."""
    one = make("one", notify=(OFFICE,))
    await one.office.pass_once()
    two = make("two", notify=(OFFICE,))
    await two.roll_back(lambda: _clone(one.root, two.root))
    assert find_signs(two.office.store) == ()
    await two.send(NOT_FITTING)
    one.come(*two.tellings)
    await is_stopped_by(one, Sign.COPY_ELSEWHERE)


def _clone(source: Path, target: Path) -> None:
    for name in ("var", "witness"):
        shutil.rmtree(target / name)
        shutil.copytree(source / name, target / name)


async def test_our_own_copy_of_a_mail_that_this_store_never_wrote_stops_it(make: Callable[..., Machine]) -> None:
    """Before its notice is known here: the mail's own PDFs show that our secret made its Message-ID."""
    one = make(witness=None, copy_to="hikae@contractor.example")
    put_back = await one.snapshot()
    await one.send(ONE)
    (copy,) = one.server.messages
    await one.roll_back(put_back)
    one.come(b"Received: from relay.example; Sat, 21 Nov 2026 09:00:01 +0900\r\n" + copy)
    await is_stopped_by(one, Sign.UNKNOWN_MAIL)
    one.office.save(TWO)
    assert (await one.office.pass_once()).sent == 0


async def test_a_sign_that_comes_while_several_are_being_sent_stops_the_next_one(make: Callable[..., Machine]) -> None:
    """A pass over a backlog takes minutes, and the mailbox is scanned meanwhile."""
    one = make()

    def comes(events: list[str]) -> None:
        if "Accepted" in events:
            with contextlib.closing(sqlite3.connect(one.root / "var" / FILE_NAME)) as database, database:
                values = (FOREIGN_MAIL, Sign.OTHER_INSTALLATION)
                database.execute("INSERT OR REPLACE INTO properties (name, value) VALUES (?, ?)", values)

    one.office.store.after_commit = comes
    assert (await one.send(ONE, TWO)).sent == 1
    assert one.submitted == 1
    await is_stopped_by(one, Sign.OTHER_INSTALLATION)


async def test_people_are_still_told_each_morning_what_is_open(make: Callable[..., Machine]) -> None:
    one = make(notify=(OFFICE,))
    await one.send(NOT_FITTING)
    one.come(a_telling("d" * 32))
    await is_stopped_by(one, Sign.OTHER_INSTALLATION)
    one.office.clock.let_pass(hours=72)  # it was a Saturday, and the Monday is a holiday
    await one.office.pass_once()
    assert any(each.startswith(AlarmCause.DIGEST) for each in one.office.alarms())


# --- What is no sign -----------------------------------------------------------------------------------------------


async def test_our_own_mails_to_people_come_back_and_stop_nothing(make: Callable[..., Machine]) -> None:
    one = make(notify=(OFFICE,), copy_to="hikae@contractor.example")
    await one.send(ONE, NOT_FITTING)
    one.office.clock.let_pass(hours=72)
    await one.send(TWO, form(10))
    assert len(one.tellings) >= 2
    assert all(f"{STORE_FIELD}: {one.office.store.property(IDENTITY)}".encode() in mail for mail in one.tellings)
    one.come(*one.server.messages)
    assert (await one.office.pass_once()).broken is None
    assert find_signs(one.office.store) == ()


async def test_no_mail_to_an_issuer_bears_the_identity(make: Callable[..., Machine]) -> None:
    one = make()
    await one.send(ONE)
    assert all(STORE_FIELD.lower().encode() not in mail.lower() for mail in one.server.messages)


async def test_a_telling_whose_next_try_bore_another_number_is_still_ours(make: Callable[..., Machine]) -> None:
    """Its answer was lost, the news was sent again with others, and the row keeps the newest Message-ID alone."""
    one = make(notify=(OFFICE,))
    await one.send(NOT_FITTING)
    (telling,) = one.tellings
    store = one.office.store
    alarm = store.alarm(1)
    assert alarm is not None
    assert store.by_message_id(alarm_message_id(1, alarm.created_at, OFFICE))
    with store.writing() as writing:
        writing.update_alarm(replace(alarm, message_id="<other.a7@contractor.example>"))
    one.come(telling)
    assert (await one.office.pass_once()).broken is None


def a_telling(identity: str, sender: str = OFFICE, top: str = "") -> bytes:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = OFFICE
    mail["Subject"] = "【保証便】ご対応が必要です"
    mail["Message-ID"] = f"<{'c' * 20}.a3@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail[STORE_FIELD] = identity
    mail.set_content("1件あります。\n")
    return top.encode() + mail.as_bytes(policy=SMTP)


FORGED = f"Authentication-Results: {AUTHSERV_ID}; dmarc=fail header.from=contractor.example\r\n"


def forwarded() -> bytes:
    mail = EmailMessage()
    mail["From"] = "sato@contractor.example"
    mail["To"] = OFFICE
    mail["Subject"] = "転送"
    mail.add_attachment(a_telling("d" * 32), maintype="application", subtype="octet-stream", filename="a.eml")
    return mail.as_bytes(policy=SMTP)


@pytest.mark.parametrize(
    "mail",
    [
        a_telling("d" * 32, "soumu@other.example"),
        a_telling("d" * 32, top=FORGED),
        a_telling("not an identity"),
        a_telling(""),
        a_telling("D" * 32),
        forwarded(),
    ],
    ids=["another domain", "found forged by our own server", "no identity", "empty", "capitals", "forwarded"],
)
async def test_what_only_looks_like_a_mail_to_people_stops_nothing(make: Callable[..., Machine], mail: bytes) -> None:
    one = make()
    await one.office.pass_once()
    one.come(mail)
    done = await one.send(ONE)
    assert (done.broken, one.submitted) == (None, 1)


async def test_a_mail_to_people_of_a_strange_identity_is_taken_at_its_word(make: Callable[..., Machine]) -> None:
    """Nothing here can prove another installation's mail: unless our server finds a fault in it, a person decides."""
    one = make()
    one.come(a_telling("d" * 32))
    await is_stopped_by(one, Sign.OTHER_INSTALLATION)


@pytest.mark.parametrize("lost", ["head and witness", "witness"])
async def test_a_crash_before_the_notes_are_written_stops_no_honest_installation(
    make: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    one = make()
    await one.office.pass_once()
    with monkeypatch.context() as killed:
        killed.setattr(type(one.office.store), "keep_witness", lambda self: None)
        if lost == "head and witness":
            killed.setattr(type(one.office.store), "mark_head", lambda self: None)
        await one.send(ONE)
    before = one.office.store.witness()
    assert before is not None
    assert before.number < one.office.store.head()[0]
    await one.start()
    assert (await one.send(TWO)).broken is None
    assert one.submitted == 2
    after = one.office.store.witness()
    assert after is not None
    assert (after.number, after.hash) == one.office.store.head()


async def test_a_witness_that_is_lost_stops_nothing_on_the_same_machine(make: Callable[..., Machine]) -> None:
    one = make()
    await one.send(ONE)
    assert one.witness is not None
    shutil.rmtree(one.witness)
    assert (await one.send(TWO)).broken is None
    assert not one.witness.exists(), "whoever made the folder makes it again"


async def test_two_services_on_one_machine_need_a_place_each(make: Callable[..., Machine]) -> None:
    one, two = make("one"), make("two")
    two.witness = one.witness
    two.furnish()
    await one.send(ONE)
    two.office.save(ONE)
    await is_stopped_by(two, Sign.OTHER_WITNESS)
    assert (await one.office.pass_once()).broken is None, "the second did not write over the first one's"
    two.witness = two.root / "witness"
    await two.start()
    assert (await two.office.pass_once()).broken is None


async def test_the_blind_case_nothing_tells_and_it_leaves_again(make: Callable[..., Machine]) -> None:
    """No witness, no mail to people in the mailbox, no report, no copy: ``doctor`` says so beforehand."""
    one = make(witness=None)
    put_back = await one.snapshot()
    await one.send(ONE)
    await one.roll_back(put_back)
    done = await one.send(ONE)
    assert (done.broken, one.submitted) == (None, 2)


async def test_the_date_that_counts_is_the_servers(make: Callable[..., Machine]) -> None:
    one = make()
    await one.office.pass_once()
    one.resume()
    one.office.mails.came_at = dt.datetime(2026, 11, 21, 8, tzinfo=JST)
    one.office.mails.received.append(a_telling("d" * 32))
    assert (await one.office.pass_once()).broken is None
    one.come(a_telling("d" * 32).replace(b"c" * 20, b"e" * 20))
    assert (await one.office.pass_once()).broken is not None
