"""A notice from before the product watched for it waits for a person, in every mode, and is asked about once."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support import decided
from tests.support.authenticated import received
from tests.support.fakes import FakeClock, folder_of, mailbox_of
from tests.support.holds import detail_of
from tests.support.known_addresses import say_installed
from tests.support.small_office import Form, Mails, Settings, SmallOffice, form, mail_with
from tests.support.stores import open_store
from tests.support.world import HANAKO, OFFICE
from worker.cli.demo.smtp_server import DsnController
from worker.core.messages import name_hold, next_step
from worker.core.model import NO_DATE
from worker.core.states import Reason, State
from worker.match.match import FIRST_START
from worker.pipeline.start import record_start
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import create_or_migrate
from worker.watch.folder.notices import NoticeDirectory
from worker.watch.ports import SETTLE, Fetched, Header, SelectedMailbox

INSTALLED = FakeClock().moment
DAY = dt.timedelta(days=1)
SINCE = dt.date(2026, 1, 1)


@dataclass
class DatedMails(Mails):
    """Mails with an internal date each, under a numbering that may change."""

    moments: list[dt.datetime] = field(default_factory=list)
    numbering: int = 7
    failing: set[int] = field(default_factory=set)

    def give(self, mail: bytes, moment: dt.datetime) -> None:
        self.received.append(mail)
        self.moments.append(moment)

    def open(self) -> SelectedMailbox:
        return dataclasses.replace(super().open(), uidvalidity=self.numbering)

    def uids(self, first: int, since: dt.date | None) -> tuple[int, ...]:
        found = super().uids(first, since)
        return tuple(uid for uid in found if since is None or self.is_of(uid, since))

    def is_of(self, uid: int, since: dt.date) -> bool:
        """A server that cannot read a date gives the message anyway."""
        return self.moments[uid - 1] == NO_DATE or self.moments[uid - 1].date() >= since

    def headers(self, uids: tuple[int, ...]) -> tuple[Header, ...]:
        return tuple(
            dataclasses.replace(header, internal_date=self.moments[header.uid - 1]) for header in super().headers(uids)
        )

    def blocks(self, headers: tuple[Header, ...]) -> Iterator[tuple[Fetched, ...]]:
        for block in super().blocks(headers):
            (fetched,) = block
            if fetched.header.uid in self.failing:
                yield (Fetched(fetched.header, b"", failure="NO"),)
            else:
                yield block


class NewOffice(SmallOffice):
    """An office that has just installed the product."""

    def __init__(self, root: Path, settings: Settings, installed: dt.datetime = INSTALLED) -> None:
        super().__init__(root, settings)
        self.mails = DatedMails()
        say_installed(root, installed)
        self.since: dt.date | None = SINCE

    def want(self, since: dt.date | None, folder: str = "INBOX") -> None:
        """Another ``since`` or folder of the mailbox from now on."""
        self.since = since
        active_config = self.pipeline.active_config
        settings = active_config.configuration.settings
        boxes = {
            name: dataclasses.replace(each, since=since, folder=folder) for name, each in settings.mailboxes.items()
        }
        settings = dataclasses.replace(settings, mailboxes=boxes)
        configuration = dataclasses.replace(active_config.configuration, settings=settings)
        self.pipeline.activate_config(dataclasses.replace(active_config, configuration=configuration))

    async def look(self) -> None:
        await self.pipeline.watch_mailbox(mailbox_of(self.mails), self.since)

    async def look_at_folder(self, folder: Path | None = None) -> None:
        place = NoticeDirectory(folder or self.notices)
        await self.pipeline.watch_folder(folder_of(place))
        self.clock.let_pass(seconds=SETTLE.total_seconds())
        await self.pipeline.watch_folder(folder_of(place))

    def save_at(self, each: Form, moment: dt.datetime, folder: Path | None = None) -> None:
        path = (folder or self.notices) / f"{each.number}-{each.copy}.pdf"
        path.write_bytes(each.pdf)
        os.utime(path, (moment.timestamp(), moment.timestamp()))

    def asked(self, number: int) -> list[str]:
        """The details of FROM_BEFORE that are open."""
        reasons = self.store.submission(number).reasons
        return [detail_of(hold) for hold in reasons if hold.reason is Reason.FROM_BEFORE]


@pytest_asyncio.fixture
async def office(tmp_path: Path, relay: DsnController) -> AsyncIterator[NewOffice]:
    made = NewOffice(tmp_path, Settings(port=relay.port))
    made.want(SINCE)
    yield made
    await made.stop()


@pytest.mark.parametrize("mode", ["auto", "hold", "approve"])
@pytest.mark.parametrize("way", ["mail", "file"])
@pytest.mark.parametrize("rehearsal_to", ["", "renshu@contractor.example"])
async def test_a_notice_from_before_is_held_in_every_mode(
    tmp_path: Path, relay: DsnController, sent: Callable[[], int], mode: str, way: str, rehearsal_to: str
) -> None:
    office = NewOffice(tmp_path, Settings(port=relay.port, mode=mode, rehearsal_to=rehearsal_to))
    office.want(SINCE)
    if way == "mail":
        office.mails.give(mail_with(form(1)), INSTALLED - dt.timedelta(seconds=1))
        await office.look()
    else:
        office.save_at(form(1), INSTALLED - dt.timedelta(hours=1, seconds=1))
        await office.look_at_folder()
    office.clock.let_pass(hours=2)
    await office.finish()
    held = office.only()
    assert held.state is State.HELD
    assert office.asked(1) == [f"{way}: 2026-11-21"]
    assert sent() == 0
    hold = next(each for each in held.reasons if each.reason is Reason.FROM_BEFORE)
    assert "提出済みでないか確認" in name_hold(hold, "ja")
    assert "2026-11-21" in name_hold(hold, "en")
    assert next_step(held, "ja")
    await office.stop()


@pytest.mark.parametrize("way", ["mail", "file"])
async def test_a_notice_from_after_the_start_goes(office: NewOffice, sent: Callable[[], int], way: str) -> None:
    if way == "mail":
        office.mails.give(mail_with(form(1)), INSTALLED)
        await office.look()
    else:
        office.save_at(form(1), INSTALLED - dt.timedelta(minutes=59))
        await office.look_at_folder()
    await office.finish()
    assert (office.only().state, sent()) == (State.SENT, 1)


async def test_an_answer_given_once_counts(office: NewOffice, sent: Callable[[], int]) -> None:
    office.mails.give(mail_with(form(1)), INSTALLED - 3 * DAY)
    await office.look()
    await office.finish()
    await office.restart()
    assert office.asked(1) == ["mail: 2026-11-18"]
    label = office.store.submission(1).label
    decided.approve(office.store, office.pipeline.active_config, 1, label, HANAKO, "未提出", office.clock.now())
    await office.restart()  # with the same configuration, judged again
    assert office.asked(1) == []
    await office.finish()
    assert (office.only().state, sent()) == (State.SENT, 1)


async def test_the_first_start_is_recorded_before_anything_is_looked_at_and_stays(office: NewOffice) -> None:
    forget(office)
    office.clock.let_pass(days=2)
    await office.restart()
    assert office.store.property(FIRST_START) == INSTALLED.isoformat()  # the time of the oldest Started


async def test_a_new_store_begins_with_its_first_start(tmp_path: Path) -> None:
    create_or_migrate(tmp_path)
    store = open_store(tmp_path, FakeClock())
    record_start(store, (), "0.2", "account", {})
    (started,) = store.entries(events=["Started"])
    assert store.property(FIRST_START) == started.at.isoformat()
    record_start(store, (), "0.2", "account", {})
    assert store.property(FIRST_START) == started.at.isoformat()
    store.close()


LATER_SINCE = INSTALLED.date() + 2 * DAY


async def test_a_changed_since_brings_in_what_a_person_may_have_submitted(
    office: NewOffice, sent: Callable[[], int]
) -> None:
    office.want(LATER_SINCE)
    office.mails.give(mail_with(form(1)), INSTALLED + DAY)
    office.clock.let_pass(days=2)
    await office.look()  # an older mail than ``since`` is left
    assert office.store.submissions() == ()
    office.clock.let_pass(days=1)
    office.want(SINCE)
    office.mails.numbering = 8  # and the server renumbers
    office.mails.give(mail_with(form(2), number=2), office.clock.now() + dt.timedelta(hours=1))
    office.clock.let_pass(hours=2)
    await office.look()
    assert office.asked(1) == ["since: 2026-11-22"]
    await office.finish()
    assert (office.store.submission(2).state, sent()) == (State.HELD, 0)
    assert office.asked(2) == ["since: 2026-11-24"]  # the change was seen with this look: it is older


async def test_what_a_changed_since_brings_in_and_fails_to_be_fetched_at_first_is_held_too(office: NewOffice) -> None:
    office.want(LATER_SINCE)
    office.mails.give(mail_with(form(1)), INSTALLED + DAY)
    office.clock.let_pass(days=2)
    await office.look()
    office.want(SINCE)
    office.mails.failing = {1}
    await office.look()
    assert office.store.submissions() == ()
    office.mails.failing = set()
    office.clock.let_pass(hours=2)
    await office.look()
    assert office.asked(1) == ["since: 2026-11-22"]


async def test_what_came_during_an_outage_goes_though_since_was_changed_meanwhile(
    office: NewOffice, sent: Callable[[], int]
) -> None:
    await office.look()
    office.clock.let_pass(days=2)
    office.mails.give(mail_with(form(1)), office.clock.now())
    office.clock.let_pass(days=1)
    office.want(dt.date(2025, 1, 1))
    await office.look()
    await office.finish()
    assert (office.only().state, sent()) == (State.SENT, 1)


async def test_what_lay_in_another_folder_of_the_mailbox_is_held(office: NewOffice) -> None:
    await office.look()
    office.clock.let_pass(days=2)
    office.mails = DatedMails(numbering=9)
    office.mails.give(mail_with(form(1)), INSTALLED + DAY)
    office.want(SINCE, folder="Hosho")
    await office.look()
    assert office.asked(1) == ["since: 2026-11-22"]


@pytest.mark.parametrize("since", [None, SINCE])
async def test_after_an_upgrade_what_only_the_upgrade_brings_in_is_held(
    office: NewOffice, sent: Callable[[], int], since: dt.date | None
) -> None:
    """0.1.0 left every mail that had come before its first look that succeeded."""
    office.mails.give(mail_with(form(1)), INSTALLED - 3 * DAY)
    office.mails.give(mail_with(form(2), number=2), INSTALLED + DAY)
    office.clock.let_pass(days=2)
    look_as_0_1_0(office, first_uid=3)
    await office.restart()
    office.want(since)
    await office.look()
    await office.look()
    held = [office.asked(each.id) for each in office.store.submissions()]
    assert held == [["mail: 2026-11-18"], ["since: 2026-11-22"]][0 if since else 1 :]
    office.mails.give(mail_with(form(3), number=3), office.clock.now())
    await office.look()
    await office.finish()
    assert sent() == 1  # the baseline of 0.1.0 holds: what came above it goes


async def test_a_mail_without_a_date_at_the_first_look_is_asked_about(office: NewOffice) -> None:
    office.mails.give(mail_with(form(1)), NO_DATE)
    await office.look()
    assert office.asked(1) == ["undated"]
    office.mails.give(mail_with(form(2), number=2), NO_DATE)
    await office.look()
    assert office.asked(2) == []  # its number says that it is new


async def test_in_another_folder_what_was_saved_before_its_first_look_is_held(
    office: NewOffice, sent: Callable[[], int], tmp_path: Path
) -> None:
    await office.look_at_folder()
    office.clock.let_pass(days=2)
    other = tmp_path / "other"
    other.mkdir()
    office.save_at(form(1), office.clock.now() - dt.timedelta(minutes=1), other)
    await office.look_at_folder(other)
    assert office.asked(1) == ["folder: 2026-11-23"]
    office.save_at(form(2), office.clock.now(), other)
    office.save_at(form(3), INSTALLED + DAY)
    await office.look_at_folder(other)
    await office.look_at_folder()  # the former folder again, by another way to it
    link = tmp_path / "link"
    link.symlink_to(other)
    office.save_at(form(4), INSTALLED + 3 * DAY, other)
    await office.look_at_folder(link)
    await office.finish()
    assert [each.state for each in office.store.submissions()] == [State.HELD, *[State.SENT] * 3]
    assert sent() == 3


async def test_the_same_notice_from_before_holds_what_waits_already(office: NewOffice, sent: Callable[[], int]) -> None:
    office.save_at(form(1), INSTALLED)
    await office.look_at_folder()
    assert office.only().state is State.APPROVED
    office.mails.give(mail_with(form(1)), INSTALLED - DAY)
    await office.look()
    assert office.asked(1) == ["mail: 2026-11-20"]
    await office.finish()
    assert (office.only().state, sent()) == (State.HELD, 0)
    assert "began_to_wait" in office.alarms()


async def test_the_notice_of_an_old_announcement_that_comes_after_the_start_goes(
    office: NewOffice, sent: Callable[[], int]
) -> None:
    office.mails.give(announcement(), INSTALLED - DAY)
    await office.look()
    assert office.only().state is State.ANNOUNCED
    office.save_at(form(1), INSTALLED + dt.timedelta(minutes=1))
    await office.look_at_folder()
    await office.finish()
    assert (office.only().state, sent()) == (State.SENT, 1)


async def test_a_file_from_before_that_could_not_be_read_is_asked_about_once_it_can(office: NewOffice) -> None:
    active_config = office.pipeline.active_config
    none = dataclasses.replace(active_config.configuration, guarantors=())
    office.pipeline.activate_config(dataclasses.replace(active_config, configuration=none, guarantors={}))
    office.save_at(form(1), INSTALLED - DAY)
    await office.look_at_folder()
    assert office.only().reasons[0].reason is Reason.NOT_A_NOTICE
    office.pipeline.activate_config(active_config)
    await office.pipeline.reevaluate_waiting()
    assert office.asked(1) == ["file: 2026-11-20"]


def announcement() -> bytes:
    """A guarantor's mail that its notice can be downloaded."""
    mail = EmailMessage()
    received(mail, "netdesk@surety.example")
    mail["From"] = "netdesk@surety.example"
    mail["To"] = OFFICE
    mail["Subject"] = "電子保証（認証キー）発行完了のお知らせ"
    mail["Message-ID"] = "<announced.1@surety.example>"
    mail.set_content(f"電子保証の発行が完了しました。\n保証契約番号：{form(1).number}\n")
    return mail.as_bytes(policy=SMTP)


def forget(office: NewOffice) -> None:
    """Make the store one of a program that kept no such values."""
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database, database:
        database.execute("delete from properties where name != 'secret'")


def look_as_0_1_0(office: NewOffice, first_uid: int) -> None:
    """The store of 0.1.0 after its first look, ``first_uid`` being the mailbox's next UID then."""
    forget(office)
    look = {"name": "mail:main", "first_look": office.clock.now().isoformat(), "uidvalidity": 7, "first_uid": first_uid}
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database, database:
        database.execute("insert or replace into looks values ('mail:main', ?)", (json.dumps(look),))
