"""Silence, deadlines, digests and escalations over days of the fake clock and restarts; the recipient and the mail."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.flow.test_hours_and_caps import Answering, office_at, states
from tests.support.decided import approve
from tests.support.fakes import FakeClock
from tests.support.known_addresses import record_past_submission
from tests.support.office import Office
from tests.support.small_office import SmallOffice, form
from tests.support.world import HANAKO, OFFICE, WORKER
from worker.approve.decisions import confirm, report_not_accepted
from worker.compose import mime_verify as decode
from worker.core.business_hours import USUAL
from worker.core.errors import AccountRefused, Unavailable
from worker.core.model import JST, Product, Receipt, ReceiptKind, UnreadReason
from worker.core.states import AlarmCause, Event, State
from worker.pipeline.notify import DIGEST_UP_TO
from worker.pipeline.pipeline import Pipeline
from worker.send.ports import Body, Reply, Session
from worker.service.clock import SystemClock
from worker.store.sqlite.store import SqlStore

FRIDAY = dt.datetime(2026, 11, 20, 16, 15, tzinfo=JST)
TUESDAY = dt.datetime(2026, 11, 24, 8, 30, tzinfo=JST)
CHIEF = "buchou@contractor.example"


class Keeping(Answering):
    """Keeps every mail with its recipients; ``failure`` set, it cannot be reached."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.mails: list[tuple[tuple[str, ...], decode.Letter]] = []
        self.failure: Unavailable | None = None
        self._to: list[str] = []
        self._asks_for_reports = False

    async def open(self) -> Session:
        if self.failure is not None:
            raise self.failure
        self._to = []
        await super().open()
        return Session("mx.contractor.example", "TLSv1.3", dsn=True)

    async def perform(self, step: Any) -> Reply:
        if type(step).__name__ == "Rcpt":
            self._to.append(step.recipient)
            self._asks_for_reports = step.dsn
        if isinstance(step, Body):
            letter = decode.decode_message(step.content)
            assert not (letter.auto_submitted and self._asks_for_reports)
            self.mails.append((tuple(self._to), letter))
        return await super().perform(step)

    def told(self, to: str = OFFICE) -> list[str]:
        """Subjects of the mails of ours to this person, oldest first."""
        return [letter.subject for people, letter in self.mails if to in people and letter.auto_submitted]

    def last(self) -> decode.Letter:
        return self.mails[-1][1]


class Script:
    """``ports.OperatorCommand`` that remembers; ``why`` set, it fails."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.why = ""

    async def call(self, text: str) -> str:
        self.texts.append(text)
        return self.why


class Days:
    """An office over some days, with its server and its command."""

    def __init__(self, root: Path, moment: dt.datetime = FRIDAY, **settings: Any) -> None:
        self.office: SmallOffice = office_at(root, moment, **{"notify": (OFFICE,), "windows": USUAL, **settings})
        self.clock = self.office.clock
        self.server = Keeping(self.clock)
        self.script = Script()
        self._bind()

    def _bind(self) -> None:
        old = self.office.pipeline
        self.office.server = self.server
        self.office.pipeline = Pipeline(
            self.office.store, old._reader, self.server, self.clock, "hoshobin", old.active_config, self.script
        )

    async def restart(self) -> None:
        await self.office.restart()
        self._bind()

    async def at(self, moment: dt.datetime) -> None:
        """A pass at ``moment``."""
        self.clock.moment = moment
        await self.office.finish()

    async def fail(self, minutes: int) -> None:
        """Passes every minute, as the service makes them, while the server fails."""
        for _ in range(minutes):
            done = await self.office.finish()
            if "smtp" in done.failures:
                self.office.pipeline.health.failed("smtp", done.failures["smtp"], self.clock.now())
                await self.office.pipeline.notifying.call_operator(
                    self.office.pipeline.active_config, done.failures["smtp"]
                )
            self.clock.let_pass(minutes=1)


@pytest.fixture
async def sent(tmp_path: Path) -> Days:
    """One submission that was sent on Friday at a quarter past four."""
    days = Days(tmp_path)
    days.office.save(form(1))
    await days.office.pass_once()
    assert states(days.office) == [State.SENT]
    return days


# --- Silence -----------------------------------------------------------------------------------------------------


async def test_silence_over_a_holiday_becomes_overdue_once_and_is_closed_by_the_call(sent: Days) -> None:
    sent_at = sent.office.only().delivery.sent_at
    assert sent_at is not None
    overdue = TUESDAY.replace(day=26, hour=14, minute=0) + (sent_at - FRIDAY)
    await sent.at(overdue - dt.timedelta(seconds=1))
    assert states(sent.office) == [State.SENT]
    await sent.restart()
    await sent.at(overdue)
    await sent.at(overdue + dt.timedelta(hours=5))
    assert sent.office.events(1).count("Overdue") == 1
    confirm(sent.office.store, 1, HANAKO, "土木課 田中様", None)
    assert states(sent.office) == [State.CONFIRMED]


async def test_an_overdue_one_that_the_issuer_never_got_goes_back(sent: Days) -> None:
    await sent.at(TUESDAY.replace(day=27))
    report_not_accepted(sent.office.store, 1, HANAKO, "届いていない", None)
    assert states(sent.office) == [State.BOUNCED]


def test_status_names_what_has_no_answer_among_what_waits(tmp_path: Path) -> None:
    office = Office(tmp_path)
    with contextlib.closing(SqlStore(office.store, SystemClock())) as store:
        past = record_past_submission(store, "kawa", Product.CONTRACT, ["doboku@kawa-town.example"])
        assert "対応待ちはありません" not in office("status").out, "to be watched is not nothing"
        with store.writing() as writing:
            after = dataclasses.replace(past, state=State.OVERDUE)
            writing.change(Event.OVERDUE, past, after, WORKER, {})
    out = office("status").out
    assert "対応待ちはありません" not in out
    assert "応答なし（要電話）" in out.partition("# 対応待ち")[2]


# --- The digest --------------------------------------------------------------------------------------------------


async def test_the_digest_comes_on_working_mornings_only_and_once_whatever_restarts(sent: Days) -> None:
    for day, expected in ((21, 0), (22, 0), (23, 0), (24, 1), (25, 2)):
        for hour, minute in ((8, 29), (8, 30), (8, 31), (12, 0)):
            if (hour, minute) == (8, 31):
                await sent.restart()
            await sent.at(TUESDAY.replace(day=day, hour=hour, minute=minute))
        assert len(sent.server.told()) == expected, day
    letter = sent.server.last()
    assert letter.subject == "【保証便】本日の対応一覧（1件、うち至急 0件）"
    assert "hoshobin confirm 1 --by 氏名 --note 相手方・日時" in letter.text
    assert letter.auto_submitted == "auto-generated"


async def test_the_digest_carries_a_head_that_the_log_holds(sent: Days) -> None:
    await sent.at(TUESDAY)
    head = sent.server.last().text.partition("--head ")[2].partition("`")[0]
    entries = [entry.hash for entry in sent.office.store.entries()]
    assert head in entries


async def test_the_digest_says_what_was_sent_since_the_last_one_once(sent: Days) -> None:
    await sent.at(TUESDAY)
    letter = sent.server.last().text
    assert "前回の一覧の後に発注者へ送信したもの：1件" in letter
    assert "番号 1　道路改良工事" in letter
    assert form(1).key not in letter
    await sent.restart()
    await sent.at(TUESDAY.replace(day=25))
    assert "前回の一覧の後に発注者へ送信したものはありません。" in sent.server.last().text


async def test_what_was_sent_while_no_digest_could_be_mailed_stands_in_the_next(sent: Days) -> None:
    sent.server.failure = Unavailable("smtp", "connection refused")
    await sent.at(TUESDAY)
    sent.server.failure = None
    await sent.at(TUESDAY.replace(day=25, hour=10))
    assert "送信したもの：1件" in sent.server.last().text


async def test_what_was_sent_before_a_digest_of_an_older_program_is_not_told_again(sent: Days) -> None:
    await sent.at(TUESDAY)
    with sent.office.store.writing() as writing:
        writing.set_property(DIGEST_UP_TO, "")  # none was recorded
    await sent.at(TUESDAY.replace(day=25))
    assert "送信したものはありません" in sent.server.last().text


async def test_the_digest_names_once_what_is_not_read(sent: Days) -> None:
    notices = sent.office.notices
    (notices / "11月分").mkdir()
    (notices / "11月分" / "写真.jpg").write_bytes(b"x")
    sent.office.pipeline.notifying.find_unread_configuration = lambda: [
        ("issuers/sanpuru.toml.txt", UnreadReason.NOT_TOML)
    ]
    await sent.office.take_in()
    sent.server.failure = Unavailable("smtp", "away")
    await sent.at(TUESDAY)  # a digest that no server took has named nothing
    sent.server.failure = None
    await sent.at(TUESDAY.replace(hour=9))
    told = sent.server.last().text
    assert "11月分/写真.jpg" in told
    assert "sanpuru.toml.txt" in told
    assert "読まれないファイル（2件）" in told
    (notices / "図.docx").write_bytes(b"x")
    await sent.office.take_in()
    sent.office.pipeline.notifying.find_unread_configuration = lambda: [
        ("issuers/sanpuru.toml.txt", UnreadReason.NOT_TOML)
    ]
    await sent.at(TUESDAY.replace(day=25))
    told = sent.server.last().text
    assert "図.docx" in told
    assert "写真.jpg" not in told
    assert "sanpuru" not in told
    await sent.at(TUESDAY.replace(day=26))
    assert "読まれないファイル" not in sent.server.last().text


async def test_an_office_that_began_today_has_its_first_digest_tomorrow(tmp_path: Path) -> None:
    days = Days(tmp_path, TUESDAY.replace(hour=10))
    await days.at(TUESDAY.replace(hour=11))
    assert days.server.told() == []
    await days.at(TUESDAY.replace(day=25))
    assert len(days.server.told()) == 1


async def test_mornings_that_could_not_be_told_become_one_digest(sent: Days) -> None:
    sent.server.failure = Unavailable("smtp", "connection refused")
    await sent.at(TUESDAY)
    await sent.at(TUESDAY.replace(day=25))
    sent.server.failure = None
    await sent.at(TUESDAY.replace(day=25, hour=10))
    assert sum("本日の対応一覧" in subject for subject in sent.server.told()) == 1
    assert sent.office.store.alarms_waiting() == ()


# --- Deadlines ---------------------------------------------------------------------------------------------------


async def test_a_deadline_that_nears_is_told_once_with_the_phone_and_recorded(tmp_path: Path) -> None:
    days = Days(tmp_path, TUESDAY.replace(hour=9), mode="approve", deadline="2026-11-25")
    days.office.save(form(1))
    await days.office.pass_once()
    before = len(days.server.told())
    await days.at(TUESDAY.replace(day=25, hour=13, minute=14))
    urgent = [subject for subject in days.server.told()[before:] if "期限" in subject]
    assert urgent == []
    for minute in (15, 16, 59):
        await days.at(TUESDAY.replace(day=25, hour=13, minute=minute))
        await days.restart()
    urgent = [subject for subject in days.server.told() if "期限" in subject]
    assert urgent == ["【保証便】至急：提出期限が迫っています（1件）"]
    assert "　　提出期限：2026-11-25" in days.server.last().text
    assert "　　電話：" in days.server.last().text
    assert days.office.events(1).count("DeadlineNear") == 1


async def test_a_deadline_of_what_waits_to_be_sent_is_told_too(tmp_path: Path) -> None:
    days = Days(tmp_path, TUESDAY.replace(hour=9), mode="approve", deadline="2026-11-24")
    days.office.save(form(1))
    await days.office.pass_once()
    approve(
        days.office.store, days.office.pipeline.active_config, 1, days.office.only().label, HANAKO, "", days.clock.now()
    )
    days.office.pipeline.sending._pace.hear("421 try again in 4 hours", days.clock.now().replace(hour=11))
    await days.at(TUESDAY.replace(hour=13, minute=15))
    assert states(days.office) == [State.APPROVED]
    assert days.server.told()[-1] == "【保証便】至急：提出期限が迫っています（1件）"


async def test_a_deadline_that_was_met_is_not_told(tmp_path: Path) -> None:
    days = Days(tmp_path, TUESDAY.replace(hour=9), deadline="2026-11-24")
    days.office.save(form(1))
    await days.office.pass_once()
    await days.at(TUESDAY.replace(hour=17))
    assert states(days.office) == [State.SENT]
    assert days.server.told() == []


# --- Escalation --------------------------------------------------------------------------------------------------


async def test_an_urgent_task_that_nobody_touches_goes_up_once_after_a_working_day(tmp_path: Path) -> None:
    days = Days(tmp_path, escalate=(CHIEF,))
    days.office.save(form(1))
    await days.office.pass_once()
    overdue = TUESDAY.replace(day=26, hour=14, minute=1)
    await days.at(overdue)
    assert states(days.office) == [State.OVERDUE]
    await days.at(overdue + dt.timedelta(hours=23))
    assert days.server.told(CHIEF) == []
    for hours in (24, 25, 26):
        await days.at(overdue + dt.timedelta(hours=hours))
        await days.restart()
    assert days.server.told(CHIEF) == ["【保証便】至急：1営業日以内に対応されていない件があります（1件）"]


async def test_what_was_dealt_with_meanwhile_is_not_sent_up(tmp_path: Path) -> None:
    days = Days(tmp_path, escalate=(CHIEF,))
    days.office.save(form(1))
    await days.office.pass_once()
    overdue = TUESDAY.replace(day=26, hour=14, minute=1)
    await days.at(overdue)
    days.server.failure = Unavailable("smtp", "connection refused")
    await days.at(overdue + dt.timedelta(hours=24))
    confirm(days.office.store, 1, HANAKO, "土木課 田中様", None)
    days.server.failure = None
    await days.at(overdue + dt.timedelta(hours=25))
    assert days.server.told(CHIEF) == []
    assert days.office.store.alarms_waiting() == ()


# --- The same alarm, and the account itself ----------------------------------------------------------------------


async def test_the_same_alarm_is_not_raised_again_within_an_hour_whatever_restarts(tmp_path: Path) -> None:
    days = Days(tmp_path)
    for minutes, expected in ((0, 1), (30, 1), (29, 1), (1, 2)):
        days.clock.let_pass(minutes=minutes)
        await days.restart()
        with days.office.store.writing() as writing:
            writing.raise_alarm("log_broken:entry", [], "entry 3")
        assert days.office.alarms().count("log_broken:entry") == expected
    with days.office.store.writing() as writing:
        writing.raise_alarm("log_broken:entry", [], "entry 4")
        writing.raise_alarm("log_broken:entry", [1], "entry 3")
    assert days.office.alarms().count("log_broken:entry") == 4


async def test_a_clock_set_back_does_not_silence_alarms(tmp_path: Path) -> None:
    days = Days(tmp_path)
    for back in (0, 3):
        days.clock.let_pass(hours=-back)
        with days.office.store.writing() as writing:
            writing.raise_alarm("log_broken:entry", [], "")
    assert days.office.alarms() == ["log_broken:entry"] * 2


async def test_a_refused_account_is_told_by_the_command_at_once_and_by_mail_when_it_goes_again(sent: Days) -> None:
    sent.office.save(form(2))
    await sent.office.take_in()
    sent.server.failure = AccountRefused("smtp", "535 5.7.8 authentication failed")
    await sent.fail(5)
    (text,) = sent.script.texts
    assert text.startswith("【保証便】メールサーバーにログインできません（送信サーバー）\n\n")
    assert "535 5.7.8 authentication failed" in text
    sent.server.failure = None
    await sent.office.finish()
    assert sent.server.told() == ["【保証便】メールサーバーにログインできません（送信サーバー）"]
    await sent.fail(120)
    assert len(sent.script.texts) == 1


class Denying(Keeping):
    """Does not let the account send under the contractor's address: says so at ``denied_at``."""

    clock: FakeClock
    denied_at = "Mail"

    async def perform(self, step: Any) -> Reply:
        if type(step).__name__ == self.denied_at:
            text = "5.7.60 SMTP; Client does not have permissions to send as this sender"
            return Reply(550, text, self.clock.now())
        return await super().perform(step)


@pytest.mark.parametrize("denied_at", ["Mail", "Body"])
@pytest.mark.parametrize("has_notice", [True, False])
async def test_a_refused_sender_is_told_once_and_not_as_a_server_that_is_away(
    tmp_path: Path, denied_at: str, has_notice: bool
) -> None:
    days = Days(tmp_path, TUESDAY, windows=())
    days.server = Denying(days.clock)
    days.server.clock, days.server.denied_at = days.clock, denied_at
    days._bind()
    with days.office.store.writing() as writing:
        writing.raise_alarm(f"{AlarmCause.PUT_OFF}:time:mail:main", [])
    if has_notice:
        days.office.save(form(1))
        await days.office.take_in()
    await days.fail(minutes=200)
    causes = [each for each in days.office.alarms() if each.startswith((AlarmCause.MUTE, AlarmCause.ACCOUNT_REFUSED))]
    assert causes == ["account_refused:smtp"]


async def test_a_server_that_is_away_longer_than_a_restart_takes_is_told_by_the_command(sent: Days) -> None:
    sent.clock.moment = TUESDAY.replace(hour=10)
    sent.office.save(form(2))
    await sent.office.take_in()
    sent.server.failure = Unavailable("smtp", "127.0.0.1:25: connection refused")
    await sent.fail(15)
    assert sent.script.texts == []
    await sent.restart()
    await sent.fail(120)
    (text,) = sent.script.texts
    assert "送信サーバーに接続できない状態が続いています（2026-11-24 10:30 から" in text


async def test_a_command_that_fails_is_run_again_later(sent: Days) -> None:
    sent.office.save(form(2))
    await sent.office.take_in()
    sent.server.failure = AccountRefused("smtp", "535 no")
    sent.script.why = "exit status 1"
    await sent.fail(14)
    assert len(sent.script.texts) == 1
    sent.script.why = ""
    await sent.fail(30)
    assert len(sent.script.texts) == 2


async def test_no_key_is_told_even_where_a_server_repeats_it(sent: Days) -> None:
    with sent.office.store.writing() as writing:
        before = writing.submission(1)
        key = form(1).key
        said = Receipt(ReceiptKind.FAILED, sent.clock.now(), text=f"550 body says {key}")
        after = dataclasses.replace(
            before, state=State.BOUNCED, delivery=dataclasses.replace(before.delivery, receipts=(said,))
        )
        writing.change("Bounced", before, after, HANAKO, {})
        writing.raise_alarm("bounced", [1])
        writing.raise_alarm("late_answer", [], f"1: 250 ok {key}")
    await sent.office.finish()
    told = [letter.text for _, letter in sent.server.mails if letter.auto_submitted]
    assert [text.count(f"{'*' * 8}{key[-2:]}") for text in told] == [2]
    assert all(key not in text for text in told)
