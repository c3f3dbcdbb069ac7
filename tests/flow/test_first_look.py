"""The mails taken of a mailbox that is first reached late or again, and the report about the mails left.

The store and the pipeline are real; the mailbox is a list of mails with their internal dates. The same on real IMAP
servers: ``test_courses.py`` (pymap) and ``test_servers.py`` (Dovecot).
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.flow.test_from_before import DAY, INSTALLED, SINCE, DatedMails, NewOffice, announcement
from tests.support.fakes import mailbox_of
from tests.support.known_addresses import say_installed
from tests.support.scripted_imap import ScriptedImap
from tests.support.small_office import Form, Settings, form, mail_with
from worker.cli.demo.smtp_server import DsnController
from worker.config.settings import Security
from worker.core.errors import Unavailable
from worker.core.mailbox_actions import parse_after
from worker.core.model import JST, NO_DATE, HealthRecord
from worker.core.params import read_spelled
from worker.core.states import State
from worker.notify.operator_mail import write_alarm_mail
from worker.pipeline import watch as new_messages
from worker.store.sqlite.connection import FILE_NAME
from worker.watch.imap.mailbox import ImapAccount, ImapMailbox
from worker.watch.ports import Fetched, Header

HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)
PRICES = b"From: shop@store.example\r\nSubject: prices\r\n\r\nDear customer\r\n"


@pytest_asyncio.fixture
async def office(tmp_path: Path, relay: DsnController) -> AsyncIterator[NewOffice]:
    made = NewOffice(tmp_path, Settings(port=relay.port))
    made.want(None)
    yield made
    await made.stop()


def give(office: NewOffice, number: int, moment: dt.datetime) -> Form:
    one = form(number)
    office.mails.give(mail_with(one, number=number), moment)
    return one


def numbers(office: NewOffice) -> list[str]:
    return sorted(each.notice.contract_number for each in office.store.submissions())


def look_of(office: NewOffice, name: str = "main") -> HealthRecord:
    found = office.store.health_of(f"mail:{name}")
    assert found is not None
    return found


def said(office: NewOffice) -> str:
    """The alarm about the mails that were left, all in one mail."""
    alarms = [each for each in office.store.alarms_waiting() if each.cause.startswith("left_alone")]
    return write_alarm_mail(alarms, {}, [], rehearsing=False)[1] if alarms else ""


def notes(office: NewOffice) -> list[dict[str, str]]:
    return [dict(entry.detail) for entry in office.store.entries(events=["LeftAlone"])]


# --- From the first start on ------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [dt.timedelta(), 400 * dt.timedelta(milliseconds=1), HOUR, 7 * DAY])
async def test_what_came_after_the_first_start_is_taken_and_goes_whenever_the_mailbox_is_first_reached(
    office: NewOffice, sent: Callable[[], int], late: dt.timedelta
) -> None:
    say_installed(office.root, INSTALLED + dt.timedelta(milliseconds=700))  # an internal date has whole seconds
    came = [give(office, 1, INSTALLED), give(office, 2, INSTALLED + late)]
    office.clock.let_pass(seconds=late.total_seconds() + 1)
    await office.look()
    await office.finish()
    assert numbers(office) == [each.number for each in came]
    assert [each.state for each in office.store.submissions()] == [State.SENT] * 2
    assert sent() == 2
    assert (notes(office), said(office)) == ([], "")


async def test_of_several_mailboxes_each_is_taken_from_the_first_start_on(
    office: NewOffice, sent: Callable[[], int]
) -> None:
    active_config = office.pipeline.active_config
    settings = active_config.configuration.settings
    boxes = dict.fromkeys(("main", "branch"), settings.mailboxes["main"])
    configuration = dataclasses.replace(
        active_config.configuration, settings=dataclasses.replace(settings, mailboxes=boxes)
    )
    office.pipeline.activate_config(dataclasses.replace(active_config, configuration=configuration))
    branch = DatedMails(name="branch", numbering=3)
    branch.give(mail_with(form(1), number=1), INSTALLED + DAY)
    branch.give(mail_with(form(2), number=2), INSTALLED - DAY)
    await office.look()
    give(office, 3, INSTALLED + DAY)
    office.clock.let_pass(days=7)
    await office.look()
    await office.pipeline.watch_mailbox(mailbox_of(branch), None)
    await office.finish()
    assert numbers(office) == [form(1).number, form(3).number]
    assert sent() == 2
    assert (look_of(office, "branch").left, look_of(office).left) == (1, 0)


async def test_an_hour_before_the_first_start_is_taken_for_the_servers_clock_and_asked_about(
    office: NewOffice, sent: Callable[[], int]
) -> None:
    for number, early in enumerate((HOUR + SECOND, HOUR, SECOND), start=1):
        give(office, number, INSTALLED - early)
    await office.look()
    assert numbers(office) == [form(2).number, form(3).number]
    assert [office.asked(1), office.asked(2)] == [["mail: 2026-11-21"]] * 2
    await office.finish()
    assert sent() == 0


async def test_what_is_moved_into_the_folder_later_is_taken_however_old_it_is(office: NewOffice) -> None:
    await office.look()
    office.clock.let_pass(days=30)
    give(office, 1, INSTALLED - 400 * DAY)
    give(office, 2, INSTALLED + DAY)
    await office.look()
    assert numbers(office) == [form(1).number, form(2).number]
    assert [office.asked(1), office.asked(2)] == [["mail: 2025-10-17"], []]


@pytest.mark.parametrize("zone", [JST, dt.UTC, dt.timezone(-12 * HOUR), dt.timezone(14 * HOUR)])
@pytest.mark.parametrize("hour", [0, 8, 9, 10, 23])
async def test_the_moment_decides_in_whatever_zone_the_server_tells_and_counts_days(
    office: NewOffice, zone: dt.timezone, hour: int
) -> None:
    first_start = dt.datetime(2026, 11, 22, hour, 30, tzinfo=JST)
    say_installed(office.root, first_start)
    office.clock.moment = first_start + 3 * DAY
    give(office, 1, (first_start - HOUR - SECOND).astimezone(zone))
    give(office, 2, (first_start - HOUR).astimezone(zone))
    give(office, 3, first_start.astimezone(zone))
    await office.look()
    assert numbers(office) == [form(2).number, form(3).number]


# --- Dates that say nothing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "asked"),
    [
        (INSTALLED + 400 * DAY, "future: 2027-12-26"),
        (dt.datetime(9999, 12, 30, tzinfo=JST), "future: 9999-12-30"),
        (NO_DATE, "undated"),
    ],
)
async def test_a_date_that_cannot_be_is_asked_about_below_the_first_look_and_nothing_above_it(
    office: NewOffice, moment: dt.datetime, asked: str
) -> None:
    give(office, 1, moment)
    await office.look()
    assert office.asked(1) == [asked]
    give(office, 2, moment)
    await office.look()
    assert office.asked(2) == []


async def test_a_server_that_leaves_undated_mails_out_of_a_search_by_day_does_not_have_them_left(
    office: NewOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(office, 1, NO_DATE)
    give(office, 2, INSTALLED - DAY)
    give(office, 3, INSTALLED)
    monkeypatch.setattr(DatedMails, "is_of", lambda self, uid, since: False)
    await office.look()
    assert numbers(office) == [form(1).number, form(3).number]
    assert look_of(office).left == 1


ODD_DATES: dict[bytes, str | None] = {
    b"": "undated",
    b"NIL": "undated",
    b"31-Feb-2026 10:00:00 +0900": "undated",
    b"21-Nov-2026 25:00:00 +0900": "undated",
    b"21-Nov-2026 12:00:00 +9900": "undated",
    b"21-Nov-99999 12:00:00 +0900": "undated",
    b"01-Jan-1970 00:00:00 +0000": "undated",
    b"21-Nov-2027 12:00:00 +0900": "future: 2027-11-21",
    b"20-Nov-2026 23:59:59 -1200": "future: 2026-11-21",
    b"01-Jan-1971 00:00:00 +0000": None,
    b"20-Nov-2026 23:00:00 +0900": None,
}
"""Values of INTERNALDATE that a server may give, and the question about a notice that bears it; None: it is left."""


async def test_whatever_a_server_tells_as_internal_date_a_message_is_taken_or_counted(office: NewOffice) -> None:
    forms = {uid: form(uid % 12 + 1, key=uid) for uid in range(1, len(ODD_DATES) + 1)}
    mails = {uid: mail_with(each, number=uid) for uid, each in forms.items()}
    dates = dict(zip(mails, ODD_DATES, strict=True))
    with ScriptedImap(mails, dates=dates) as server:
        box = ImapMailbox(
            "main",
            ImapAccount(
                host="127.0.0.1", port=server.port, security=Security.NONE, user="u", password="p", read_seconds=2
            ),
            after=parse_after("nothing"),
        )
        await office.pipeline.watch_mailbox(mailbox_of(box), None)
        box.close()
    rows = {row.uid: row.submissions[0] for row in office.store.messages("main")}
    found = {date: office.asked(rows[uid])[0] if uid in rows else None for uid, date in dates.items()}
    assert found == ODD_DATES
    look = look_of(office)
    assert (look.left, look.left_alike, look.left_unseen) == (2, 2, 0)


async def test_a_mail_of_1980_that_came_in_between_is_left_and_told(office: NewOffice) -> None:
    give(office, 1, dt.datetime(1980, 1, 1, tzinfo=JST))
    await office.look()
    assert (look_of(office).left, look_of(office).left_alike) == (1, 1)
    assert "1980-01-01" in said(office)


# --- A changed since --------------------------------------------------------------------------------------------


async def test_a_since_that_is_written_later_reaches_back_at_the_next_look(
    office: NewOffice, sent: Callable[[], int]
) -> None:
    """The office that follows the mail it got: nothing but ``since`` is changed."""
    for number, early in enumerate((40, 20, 10), start=1):
        give(office, number, INSTALLED - early * DAY)
    await office.look()
    assert numbers(office) == []
    assert look_of(office).left_alike == 3
    office.want((INSTALLED - 20 * DAY).date())
    await office.look()
    assert numbers(office) == [form(2).number, form(3).number]
    assert [office.asked(1), office.asked(2)] == [["mail: 2026-11-01"], ["mail: 2026-11-11"]]
    assert look_of(office).left == 1
    office.want(SINCE)
    await office.look()
    assert numbers(office) == [form(1).number, form(2).number, form(3).number]
    assert (look_of(office).left, look_of(office).left_alike) == (0, 0)
    await office.look()
    await office.finish()
    assert (len(office.store.submissions()), sent()) == (3, 0)


async def test_a_later_since_and_none_take_effect_and_take_nothing_back(office: NewOffice) -> None:
    office.want(SINCE)
    give(office, 1, INSTALLED - DAY)
    await office.look()
    for since in (INSTALLED.date() + 9 * DAY, None, SINCE):
        office.want(since)
        await office.look()
        assert numbers(office) == [form(1).number]
        assert look_of(office).left == 0  # a message with a row is not left


async def test_a_later_since_leaves_what_is_older_than_it_and_says_so(office: NewOffice) -> None:
    office.want(INSTALLED.date() + 2 * DAY)
    give(office, 1, INSTALLED + DAY)
    give(office, 2, INSTALLED + 2 * DAY)
    office.clock.let_pass(days=3)
    await office.look()
    assert numbers(office) == [form(2).number]
    assert look_of(office).left_alike == 1
    assert "2026-11-23 00:00 より前" in said(office)


async def test_new_mail_is_taken_before_what_a_changed_since_brings_in(office: NewOffice) -> None:
    """The old ones may be thousands; the new one has a deadline."""
    for number in (1, 2, 3):
        give(office, number, INSTALLED - DAY)
    await office.look()
    give(office, 4, INSTALLED + HOUR)
    office.clock.let_pass(hours=2)
    office.want(SINCE)
    await office.look()
    first, *rest = office.store.submissions()
    assert first.notice.contract_number == form(4).number
    assert len(rest) == 3


async def test_a_look_below_that_is_broken_off_is_made_again(office: NewOffice) -> None:
    for number in (1, 2, 3):
        give(office, number, INSTALLED - DAY)
    await office.look()
    office.want(SINCE)
    blocks = office.mails.blocks

    def break_off(headers: tuple[Header, ...]) -> Iterator[tuple[Fetched, ...]]:
        yield next(blocks(headers))
        raise Unavailable("imap", "lost")

    office.mails.blocks = break_off  # type: ignore[method-assign]  # a server that breaks off
    with pytest.raises(Unavailable):
        await office.look()
    assert numbers(office) == [form(1).number]
    del office.mails.blocks  # type: ignore[method-assign]  # a server that breaks off
    await office.restart()
    office.want(SINCE)
    await office.look()
    assert numbers(office) == [form(number).number for number in (1, 2, 3)]
    assert look_of(office).left == 0


async def test_what_a_server_does_not_give_at_the_first_look_is_asked_for_at_the_next(office: NewOffice) -> None:
    for number in (1, 2, 3):
        give(office, number, INSTALLED)
    give(office, 4, INSTALLED - DAY)
    blocks = office.mails.blocks

    def without_the_second(headers: tuple[Header, ...]) -> Iterator[tuple[Fetched, ...]]:
        yield from blocks(tuple(header for header in headers if header.uid != 2))

    office.mails.blocks = without_the_second  # type: ignore[method-assign]  # a server that breaks off
    await office.look()
    assert numbers(office) == [form(1).number, form(3).number]
    assert (look_of(office).gap, look_of(office).taken_from) == (1, None)
    del office.mails.blocks  # type: ignore[method-assign]  # a server that breaks off
    await office.look()
    assert numbers(office) == [form(number).number for number in (1, 2, 3)]
    look = look_of(office)
    assert (look.gap, look.left, look.taken_from) == (0, 1, INSTALLED)
    entries = office.store.head()
    await office.look()
    assert office.store.head() == entries


# --- What is said of the mail that is left ----------------------------------------------------------------------


async def test_the_first_look_says_how_many_it_leaves_and_how_many_look_like_notices(office: NewOffice) -> None:
    for _ in range(5):
        office.mails.give(PRICES, INSTALLED - 90 * DAY)
    give(office, 1, INSTALLED - 3 * DAY)
    office.mails.give(announcement(), INSTALLED - 2 * DAY)
    give(office, 2, INSTALLED)
    await office.look()
    assert numbers(office) == [form(2).number]
    look = look_of(office)
    assert (look.left, look.left_alike, look.left_unseen) == (7, 2, 0)
    (note,) = notes(office)
    assert note == {
        "mailbox": "mail:main",
        "from": INSTALLED.isoformat(),
        "left": "7",
        "alike": "2",
        "unseen": "0",
    }
    text = said(office)
    assert "7通" in text
    assert "うち2通" in text
    assert "2026-11-19 電子保証（認証キー）発行完了のお知らせ" in text
    assert "2026-11-18 認証キー" in text
    assert "since = 2026-10-22" in text
    assert "[mailbox.main]" in text
    for _ in range(3):
        await office.look()
    assert len(notes(office)) == 1
    assert office.alarms().count("left_alone:mail:main") == 1


async def test_where_nothing_left_looks_like_a_notice_nobody_is_written_to(office: NewOffice) -> None:
    office.mails.give(PRICES, INSTALLED - DAY)
    await office.look()
    assert said(office) == ""
    assert [note["left"] for note in notes(office)] == ["1"]


async def test_a_database_that_was_lost_is_told_what_it_does_not_know(
    office: NewOffice, sent: Callable[[], int]
) -> None:
    """The notice that waited for a person is in no list any more: the mail about it is what is left of it."""
    office.want(SINCE)
    give(office, 1, INSTALLED - DAY)
    await office.look()
    assert office.only().state is State.HELD
    await office.stop()
    for path in office.root.glob(f"{FILE_NAME}*"):
        path.unlink()
    office.clock.let_pass(days=20)
    lost = NewOffice(office.root, office.settings, office.clock.now())
    lost.clock.moment, lost.mails = office.clock.moment, office.mails
    lost.want(None)
    await lost.look()
    assert lost.store.submissions() == ()
    assert "認証キー" in said(lost)
    assert "データベースを失った" in said(lost)
    lost.want(SINCE)
    await lost.look()
    assert lost.asked(1) == ["mail: 2026-11-20"]
    await lost.finish()
    assert sent() == 0
    office.store, office.server = lost.store, lost.server


async def test_the_headers_of_the_newest_alone_are_looked_at_and_the_rest_is_named(
    office: NewOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_messages, "LEFT_LOOKED_AT", 7)
    monkeypatch.setattr(new_messages, "LEFT_NAMED", 3)
    monkeypatch.setattr(new_messages, "COMPARED", 2)
    for number in range(1, 13):
        give(office, number, INSTALLED - (20 - number) * DAY)
    await office.look()
    look = look_of(office)
    assert (look.left, look.left_alike, look.left_unseen) == (12, 7, 5)
    text = said(office)
    assert "2026-11-13 " in text
    assert "2026-11-10 " not in text
    assert "ほか4通" in text
    assert "このほか5通" in text


async def test_a_renumbered_mailbox_tells_nothing_twice_and_a_changed_number_once(office: NewOffice) -> None:
    give(office, 1, INSTALLED - 5 * DAY)
    give(office, 2, INSTALLED - 3 * DAY)
    await office.look()
    give(office, 3, INSTALLED)
    await office.look()
    for numbering in (8, 9):
        office.mails.numbering = numbering
        await office.look()
        assert numbers(office) == [form(3).number]
        assert look_of(office).left == 2
    assert office.alarms().count("left_alone:mail:main") == 1
    office.clock.let_pass(hours=2)
    office.want((INSTALLED - 4 * DAY).date())
    await office.look()
    assert office.alarms().count("left_alone:mail:main") == 2
    assert [note["alike"] for note in notes(office)] == ["2", "2", "2", "1"]


async def test_a_key_in_a_subject_is_masked_in_what_is_told(office: NewOffice) -> None:
    mail = mail_with(form(1)).replace(b"\nSubject: ", b"\nSubject: kEy0001Zq1W ", 1)
    office.mails.give(mail, INSTALLED - DAY)
    await office.look()
    assert "kEy0001Zq1W" not in said(office)
    (alarm,) = [each for each in office.store.alarms_waiting() if each.cause.startswith("left_alone")]
    assert "kEy0001Zq1W" not in alarm.detail
    assert read_spelled(alarm.detail).word("alike") == "1"


async def test_the_old_mail_of_another_folder_is_told_of_too(office: NewOffice) -> None:
    await office.look()
    office.clock.let_pass(days=9)
    office.mails = DatedMails(numbering=9)
    give(office, 1, INSTALLED - DAY)
    give(office, 2, INSTALLED + DAY)
    office.want(None, folder="Hosho")
    await office.look()
    assert numbers(office) == [form(2).number]
    assert office.asked(1) == ["since: 2026-11-22"]
    assert look_of(office).left_alike == 1
    assert said(office)


async def test_a_mailbox_under_another_name_is_read_again_and_sends_nothing_twice(
    office: NewOffice, sent: Callable[[], int]
) -> None:
    give(office, 1, INSTALLED)
    await office.look()
    await office.finish()
    give(office, 2, INSTALLED + HOUR)
    office.clock.let_pass(days=9)
    active_config = office.pipeline.active_config
    settings = active_config.configuration.settings
    boxes = {"soumu": settings.mailboxes["main"]}
    configuration = dataclasses.replace(
        active_config.configuration, settings=dataclasses.replace(settings, mailboxes=boxes)
    )
    office.pipeline.activate_config(dataclasses.replace(active_config, configuration=configuration))
    renamed = dataclasses.replace(office.mails, name="soumu")
    await office.pipeline.watch_mailbox(mailbox_of(renamed), None)
    await office.finish()
    first, second = office.store.submissions()
    assert office.events(first.id).count("SendStarted") == sent() == 1
    assert (second.notice.contract_number, office.asked(2)) == (form(2).number, ["since: 2026-11-21"])


def test_what_the_store_holds_of_a_look_of_0_1_0_says_nothing_of_what_was_left(tmp_path: Path) -> None:
    office = NewOffice(tmp_path, Settings(port=1))
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database, database:
        row = '{"name": "mail:main", "first_look": "2026-04-01T09:00:00+09:00", "uidvalidity": 7, "first_uid": 5}'
        database.execute("insert into looks values ('mail:main', ?)", (row,))
    database.close()
    look = look_of(office)
    assert (look.taken_from, look.left, look.left_alike, look.left_unseen) == (None, 0, 0, 0)
    office.store.close()
