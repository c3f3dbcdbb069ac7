"""Where the console has an address: links, one mail per person and quarter of an hour, people who want mails."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests.flow.test_silence_and_telling import CHIEF, FRIDAY, TUESDAY, Days, Keeping
from tests.support.fakes import FakeClock
from tests.support.small_office import form
from tests.support.world import OFFICE, START
from worker.accounts import people
from worker.approve import decisions
from worker.approve.taken_on import take_on
from worker.config.settings import ConsoleSettings
from worker.core.accounts import Account, MailKind, Role
from worker.core.alarms import MAIL_PAUSE
from worker.core.errors import Unavailable
from worker.core.states import AlarmCause, State
from worker.pipeline.pipeline import Pipeline
from worker.send.ports import Body, Rcpt, Reply
from worker.store.ports import Author

URL = "https://hoshobin.contractor.example"
HANA, JIRO = "hana@contractor.example", "jiro@contractor.example"
BY = Author("hoshobin", "root")
MINUTE = dt.timedelta(minutes=1)


class Choosy(Keeping):
    """Takes no mail to one address."""

    def __init__(self, clock: FakeClock, refused: str, code: int = 550) -> None:
        super().__init__(clock)
        self._refused = refused
        self._code = code

    async def perform(self, step: Any) -> Reply:
        if isinstance(step, Rcpt) and step.recipient == self._refused:
            return Reply(self._code, "5.1.1 no such user", self._clock.now())
        return await super().perform(step)


class Linked(Days):
    """Days of an office whose console has an address."""

    def __init__(self, root: Path, moment: dt.datetime = FRIDAY, **settings: Any) -> None:
        self.more = {each: settings.pop(each) for each in ("sent_digest",) if each in settings}
        super().__init__(root, moment, **settings)

    def _bind(self) -> None:
        super()._bind()
        pipeline: Pipeline = self.office.pipeline
        configuration = pipeline.active_config.configuration
        settings = dataclasses.replace(configuration.settings, console=ConsoleSettings(url=URL), **self.more)
        pipeline.activate_config(
            dataclasses.replace(
                pipeline.active_config, configuration=dataclasses.replace(configuration, settings=settings)
            )
        )

    def add(self, login: str, mail: str, *mails: MailKind, role: Role = Role.STAFF) -> None:
        roles = frozenset({role, *([] if self.office.store.accounts() else [Role.ADMIN])})
        account = Account(0, login, login, mail=mail, roles=roles, mails=frozenset(mails))
        people.add_account(self.office.store, account, BY, START)

    def alarm(self, cause: str, detail: str = "") -> None:
        with self.office.store.writing() as writing:
            writing.raise_alarm(cause, [], detail or f"{cause} {len(self.server.mails)} {self.clock.moment}")

    def take(self, name: str) -> None:
        """Takes submission 1 on."""
        hours = self.office.pipeline.active_config.configuration.settings.hours
        take_on(self.office.store, "1", hours, Author(name, name), self.clock.now())

    def mails_to(self, person: str) -> list[str]:
        return [f"{letter.subject}\n{letter.text}" for to, letter in self.server.mails if person in to]


async def with_a_draft(root: Path) -> Linked:
    """Days with a draft that waits, an approver and a member of staff who were told of it."""
    days = Linked(root, mode="approve")
    days.add("hana", HANA, MailKind.WAITING, role=Role.APPROVER)
    days.add("jiro", JIRO, MailKind.WAITING)
    days.office.save(form(1))
    await days.office.pass_once()
    days.server.mails.clear()
    return days


async def test_a_mail_links_to_the_submission_in_place_of_its_command(tmp_path: Path) -> None:
    days = Linked(tmp_path, mode="approve")
    days.office.save(form(1))
    await days.office.pass_once()
    (mail,) = days.mails_to(OFFICE)
    assert f"　　開く：{URL}/s/1\n" in mail
    assert "hoshobin " not in mail.replace(URL, "")


async def test_a_second_mail_waits_for_the_pause_and_tells_of_everything_since(tmp_path: Path) -> None:
    days = Linked(tmp_path)
    days.alarm(AlarmCause.NOT_READ_AGAIN, "一つ目")
    await days.at(FRIDAY)
    for minutes in (1, 5, 14):
        days.alarm(AlarmCause.NOT_READ_AGAIN, f"{minutes}分後")
        await days.at(FRIDAY + minutes * MINUTE)
        await days.restart()
    assert len(days.mails_to(OFFICE)) == 1
    await days.at(FRIDAY + MAIL_PAUSE)
    _, later = days.mails_to(OFFICE)
    assert all(f"{minutes}分後" in later for minutes in (1, 5, 14))
    assert not days.office.store.alarms_waiting()


async def test_doubt_is_told_at_once_with_what_was_put_off(tmp_path: Path) -> None:
    days = Linked(tmp_path)
    days.alarm(AlarmCause.NOT_READ_AGAIN, "一つ目")
    await days.at(FRIDAY)
    days.alarm(AlarmCause.NOT_READ_AGAIN, "後回し")
    await days.at(FRIDAY + MINUTE)
    days.alarm(AlarmCause.CAME_BACK, "1：食い違い")
    await days.at(FRIDAY + 2 * MINUTE)
    _, later = days.mails_to(OFFICE)
    assert "後回し" in later
    assert "食い違い" in later


async def test_what_is_due_together_is_one_mail_under_the_most_urgent_subject(tmp_path: Path) -> None:
    days = Linked(tmp_path, mode="approve", escalate=(CHIEF, OFFICE))
    days.office.save(form(1))
    await days.office.pass_once()
    days.alarm(AlarmCause.CAME_BACK, "1：食い違い")
    before = len(days.server.mails)
    await days.at(TUESDAY)
    (mail,) = days.mails_to(OFFICE)[-(len(days.server.mails) - before) :]
    subject = mail.partition("\n")[0]
    assert subject.startswith("【保証便】至急：")
    assert subject.endswith("、ほか1件のお知らせ")
    assert "本日の対応一覧" in mail
    assert mail.count("このメールは、保証便が自動で送信しています") == 1


class Dying(Keeping):
    """Takes a mail, and the program is killed before it can record that."""

    is_killing = True

    async def perform(self, step: Any) -> Reply:
        answer = await super().perform(step)
        if isinstance(step, Body) and self.is_killing:
            raise KilledError
        return answer


class KilledError(BaseException):
    """The end of the program."""


async def test_a_program_that_is_killed_as_a_mail_is_taken_loses_nothing_and_keeps_the_pause(tmp_path: Path) -> None:
    days = Linked(tmp_path)
    days.server = Dying(days.clock)
    days._bind()
    days.alarm(AlarmCause.NOT_READ_AGAIN, "一つ目")
    with pytest.raises(KilledError):
        await days.at(FRIDAY)
    days.server.is_killing = False
    for minutes in range(1, 15):
        await days.restart()
        await days.at(FRIDAY + minutes * MINUTE)
    assert len(days.mails_to(OFFICE)) == 1
    await days.at(FRIDAY + MAIL_PAUSE)
    assert ["一つ目" in each for each in days.mails_to(OFFICE)] == [True, True]
    assert not days.office.store.alarms_waiting()


async def test_people_get_what_they_want_and_the_gravest_in_any_case(tmp_path: Path) -> None:
    days = Linked(tmp_path, mode="approve")
    days.add("hana", HANA, MailKind.WAITING)
    days.add("jiro", JIRO)
    days.office.save(form(1))
    await days.office.pass_once()
    assert len(days.mails_to(HANA)) == 1
    assert not days.mails_to(JIRO)
    days.alarm(AlarmCause.LOG_BROKEN)
    await days.at(FRIDAY + dt.timedelta(hours=1))
    assert len(days.mails_to(JIRO)) == 1
    assert len(days.mails_to(HANA)) == 2


async def test_a_wrong_address_of_a_person_stops_nothing_and_is_told(tmp_path: Path) -> None:
    days = Linked(tmp_path)
    days.add("hana", HANA, MailKind.WARNINGS)
    days.server = Choosy(days.clock, HANA)
    days._bind()
    days.alarm(AlarmCause.NOT_READ_AGAIN, "一つ目")
    days.alarm(AlarmCause.CONFIGURATION_REFUSED, "二つ目")
    done = await days.office.finish()
    assert not done.failures
    await days.at(FRIDAY + MAIL_PAUSE)
    assert any(f"利用者のメールアドレス {HANA}" in each for each in days.mails_to(OFFICE))
    assert not days.office.store.alarms_waiting()


async def test_a_full_mailbox_of_a_person_delays_no_mail_to_others_and_is_told(tmp_path: Path) -> None:
    days = Linked(tmp_path)
    days.add("hana", HANA, MailKind.WARNINGS)
    days.add("jiro", JIRO, MailKind.WARNINGS)
    days.server = Choosy(days.clock, HANA, 452)
    days._bind()
    days.alarm(AlarmCause.CONFIGURATION_REFUSED, "知らせ")
    for minute in range(90):
        days.clock.moment = FRIDAY + minute * MINUTE
        done = await days.office.finish()
        assert not done.failures
        assert (len(days.mails_to(OFFICE)) >= 1, len(days.mails_to(JIRO)) >= 1) == (True, True)
    assert [f"利用者のメールアドレス {HANA}" in each for each in days.mails_to(OFFICE)] == [False, True]
    assert not days.mails_to(HANA)
    days.server._code = 250
    days.server._refused = ""
    for minute in range(90, 160):
        await days.at(FRIDAY + minute * MINUTE)
    assert "知らせ" in days.mails_to(HANA)[0]
    assert not days.office.store.alarms_waiting()


@pytest.mark.parametrize("code", [550, 452])
async def test_a_wrong_address_of_a_person_neither_shortens_nor_prolongs_the_wait_before_a_sending(
    tmp_path: Path, code: int
) -> None:
    days = Linked(tmp_path, mode="hold")
    days.add("hana", HANA, MailKind.WAITING)
    days.server = Choosy(days.clock, HANA, code)
    days._bind()
    days.office.save(form(1))
    await days.office.pass_once()
    due_at = days.office.only().approval.due_at
    assert due_at is not None
    assert due_at - FRIDAY >= dt.timedelta(minutes=10)
    for _ in range(3):
        days.clock.let_pass(minutes=3)
        await days.office.finish()
        assert days.office.only().state is State.APPROVED
    days.clock.let_pass(minutes=2)
    await days.office.finish()
    assert days.office.only().state is State.SENT


# --- The list of what was sent -----------------------------------------------------------------------------------


async def test_what_was_sent_is_listed_daily_with_links_for_those_who_want_it(tmp_path: Path) -> None:
    days = Linked(tmp_path, notify=(), sent_digest=dt.time(17, 30))
    days.add("hana", HANA, MailKind.SENT)
    days.add("jiro", JIRO, MailKind.WARNINGS)
    days.office.save(form(1))
    await days.office.pass_once()
    assert days.office.only().state is State.SENT
    await days.at(FRIDAY.replace(hour=17, minute=29))
    assert not days.mails_to(HANA)
    await days.at(FRIDAY.replace(hour=17, minute=30))
    await days.restart()
    await days.at(FRIDAY.replace(hour=17, minute=50))
    (mail,) = days.mails_to(HANA)
    submission = days.office.only()
    for word in ("11-20 16:15", submission.known_as, submission.destination.issuer_name, "送信済", f"{URL}/s/1"):
        assert word in mail
    assert form(1).key not in mail
    await days.at(TUESDAY.replace(hour=17, minute=30))
    assert len(days.mails_to(HANA)) == 2
    assert f"{URL}/s/1" not in days.mails_to(HANA)[1]
    assert not days.mails_to(JIRO)


async def test_a_request_is_mailed_to_those_who_may_approve_it_and_a_return_to_those_who_prepare(
    tmp_path: Path,
) -> None:
    days = await with_a_draft(tmp_path)
    store = days.office.store
    decisions.request_approval(store, 1, store.submission(1).label, Author("jiro", "jiro"), days.clock.now())
    await days.at(FRIDAY + MAIL_PAUSE + MINUTE)
    (mail,) = days.mails_to(HANA)
    assert "承認の依頼があります（1件）" in mail
    assert "承認の依頼：jiroさん" in mail
    assert f"{URL}/s/1" in mail
    assert days.mails_to(JIRO) == days.mails_to(OFFICE) == []

    decisions.send_back(store, 1, Author("hana", "hana"), "宛名を確認", days.clock.now())
    await days.at(FRIDAY + 2 * (MAIL_PAUSE + MINUTE))
    (mail,) = days.mails_to(JIRO)
    assert "差し戻し" in mail
    assert "宛名を確認" in mail
    assert (len(days.mails_to(HANA)), days.mails_to(OFFICE)) == (1, [])


async def test_a_request_reaches_an_approver_though_a_colleague_has_taken_the_draft_on(tmp_path: Path) -> None:
    days = await with_a_draft(tmp_path)
    store = days.office.store
    days.take("jiro")
    decisions.request_approval(store, 1, store.submission(1).label, Author("saburo", "saburo"), days.clock.now())
    await days.at(FRIDAY + MAIL_PAUSE + MINUTE)
    assert (len(days.mails_to(HANA)), days.mails_to(JIRO)) == (1, [])


async def test_a_return_reaches_the_staff_though_the_approver_had_taken_the_draft_on(tmp_path: Path) -> None:
    days = await with_a_draft(tmp_path)
    store = days.office.store
    days.take("hana")
    decisions.send_back(store, 1, Author("hana", "hana"), "宛名を確認", days.clock.now())
    await days.at(FRIDAY + MAIL_PAUSE + MINUTE)
    assert (len(days.mails_to(JIRO)), days.mails_to(HANA)) == (1, [])


async def test_a_request_that_was_answered_before_its_mail_goes_is_told_to_no_one(tmp_path: Path) -> None:
    days = Linked(tmp_path, mode="approve")
    days.add("hana", HANA, MailKind.WAITING, role=Role.APPROVER)
    days.office.save(form(1))
    await days.office.pass_once()
    days.server.mails.clear()
    store = days.office.store
    decisions.request_approval(store, 1, store.submission(1).label, Author("jiro", "jiro"), days.clock.now())
    await days.at(FRIDAY + MINUTE)
    assert days.server.mails == [], "one mail in a quarter of an hour"
    decisions.send_back(store, 1, Author("hana", "hana"), "", days.clock.now())
    await days.at(FRIDAY + MAIL_PAUSE + MINUTE)
    assert days.server.mails == []
    assert store.alarms_waiting() == ()


async def test_on_a_closed_day_and_without_readers_there_is_no_such_list(tmp_path: Path) -> None:
    days = Linked(tmp_path, notify=(), sent_digest=dt.time(17, 30))
    await days.at(FRIDAY)
    await days.at(FRIDAY.replace(hour=18))
    assert not days.office.store.alarms_waiting()
    days.add("hana", HANA, MailKind.SENT)
    await days.at(FRIDAY.replace(day=21, hour=18))
    assert not days.mails_to(HANA)


# --- Any course of things ----------------------------------------------------------------------------------------

CAUSES = (AlarmCause.NOT_READ_AGAIN, AlarmCause.WITHDRAWN_AGAIN, AlarmCause.CONFIGURATION_REFUSED, AlarmCause.CAME_BACK)


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_is_lost_and_the_limit_holds_over_failures_and_restarts(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    days = Linked(tmp_path, FRIDAY.replace(hour=9))
    days.add("hana", HANA, MailKind.WAITING)
    days.add("jiro", JIRO, MailKind.WARNINGS)
    raised: list[tuple[AlarmCause, str]] = []
    got: dict[str, list[tuple[dt.datetime, str]]] = {OFFICE: [], HANA: [], JIRO: []}
    for minute in range(150):
        if minute < 90 and chance.random() < 0.3:
            cause = chance.choice(CAUSES)
            raised.append((cause, f"知らせ{len(raised)}番"))
            days.alarm(*raised[-1])
        days.server.failure = Unavailable("smtp", "away") if minute < 100 and chance.random() < 0.2 else None
        before = len(days.server.mails)
        await days.at(FRIDAY.replace(hour=9) + minute * MINUTE)
        for to, letter in days.server.mails[before:]:
            for person in to:
                got[person].append((days.clock.moment, letter.text))
        if chance.random() < 0.2:
            await days.restart()
    assert not days.office.store.alarms_waiting()
    for cause, words in raised:
        told = {person for person, mails in got.items() if any(words in body for _, body in mails)}
        wanted = {OFFICE, HANA if cause is not AlarmCause.CONFIGURATION_REFUSED else JIRO}
        assert told >= wanted
    pressing = [words for cause, words in raised if cause is AlarmCause.CAME_BACK]
    for mails in got.values():
        for (before_at, _), (at, body) in itertools.pairwise(mails):
            assert at - before_at >= MAIL_PAUSE or any(words in body for words in pressing)


async def test_each_person_is_told_in_the_own_language_and_what_one_took_on_is_told_to_that_one(tmp_path: Path) -> None:
    days = Linked(tmp_path, mode="approve")
    days.add("hana", HANA, MailKind.WAITING, role=Role.APPROVER)
    days.add("jiro", JIRO, MailKind.WAITING)
    store = days.office.store
    jiro = store.account_of("jiro")
    assert jiro is not None
    people.change_language(store, jiro.id, "en", BY)
    days.office.save(form(1))
    await days.office.pass_once()
    (japanese,), (english,) = days.mails_to(HANA), days.mails_to(JIRO)
    assert "次にすること：" in japanese
    assert "Next: " in english
    assert "次にすること：" not in english
    hours = days.office.pipeline.active_config.configuration.settings.hours
    take_on(store, "1", hours, Author("jiro", "jiro"), days.clock.now())
    with store.writing() as writing:
        writing.raise_alarm(AlarmCause.DEADLINE, [1], "期限")
    await days.at(days.clock.now() + MAIL_PAUSE)
    assert (len(days.mails_to(HANA)), len(days.mails_to(JIRO))) == (1, 2)


async def test_the_digest_and_the_escalation_are_in_the_language_of_the_account_with_that_address(
    tmp_path: Path,
) -> None:
    days = Linked(tmp_path, mode="approve", escalate=(CHIEF,))
    for login, mail in (("hana", OFFICE.upper()), ("buchou", CHIEF)):
        days.add(login, mail)
        account = days.office.store.account_of(login)
        assert account is not None
        people.change_language(days.office.store, account.id, "en", BY)
    days.office.save(form(1))
    await days.office.pass_once()
    days.alarm(AlarmCause.DIGEST)
    days.alarm("escalation:held:1")
    await days.at(TUESDAY)
    digest, escalation = days.mails_to(OFFICE)[-1], days.mails_to(CHIEF)[-1]
    for mail in (digest, escalation):
        assert mail.startswith("[hoshobin] ")
        assert "to do: " in mail
        assert "performance guarantee" in mail
        assert not re.search("対応|すること|保証", mail), mail


async def test_operators_of_two_languages_are_each_told_once(tmp_path: Path) -> None:
    days = Linked(tmp_path, notify=(OFFICE, CHIEF))
    days.add("buchou", CHIEF)
    account = days.office.store.account_of("buchou")
    assert account is not None
    people.change_language(days.office.store, account.id, "en", BY)
    days.alarm(AlarmCause.NOT_READ_AGAIN, "1: 知らせ")
    await days.at(FRIDAY)
    (japanese,), (english,) = days.mails_to(OFFICE), days.mails_to(CHIEF)
    assert "送信前の確認ができず" in japanese
    assert "送信前の確認ができず" not in english
    assert not days.office.store.alarms_waiting()


async def test_an_alarm_that_names_submissions_links_to_each(tmp_path: Path) -> None:
    days = Linked(tmp_path)
    days.alarm(AlarmCause.UNPROVEN_NEWCOMER, "12: #7, #9")
    days.alarm(AlarmCause.WITHDRAWN_AGAIN, "31: #30 注文 #99.pdf")
    days.alarm(AlarmCause.LATE_ANSWER, "32: 250 #250 Ok")
    await days.at(FRIDAY)
    (mail,) = days.mails_to(OFFICE)
    for number in (12, 7, 9, 31, 30, 32):
        assert f"　　開く：{URL}/s/{number}\n" in mail, number
    assert not any(f"/s/{number}" in mail for number in (99, 250)), "words of others name no submission"
