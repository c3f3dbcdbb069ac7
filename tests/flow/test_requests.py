"""A request for an approval without an answer: urgent in the list, and one mail to everybody who can answer it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from tests.flow.test_silence_and_telling import CHIEF, TUESDAY, Days
from tests.support.decided import approve
from tests.support.people import add
from tests.support.small_office import form
from tests.support.world import HANAKO, JIRO, OFFICE
from worker.accounts.people import change_account
from worker.approve import decisions
from worker.config.release import Mode
from worker.core.accounts import Role
from worker.core.errors import Unavailable
from worker.core.model import JST
from worker.store.ports import Author
from worker.views.tasks import TaskKind, Urgency, open_tasks

TEN = TUESDAY.replace(hour=10)
TWELVE = TUESDAY.replace(hour=12)
SUBJECT = "【保証便】至急：承認の依頼に答えがありません"
MAILS = {"hanako": "hanako@contractor.example", "misaki": "misaki@contractor.example"}


async def asked(root: Path, **settings: object) -> Days:
    """An office of three approvers, one of whom requested the approval of a submission at ten."""
    days = Days(root, TEN, mode=Mode.APPROVE, **settings)
    store = days.office.store
    add(store, "ichiro", "鈴木 一郎", Role.ADMIN, now=TEN)
    for login, name in (("hanako", HANAKO.by), ("jiro", JIRO.by), ("misaki", "鈴木 美咲")):
        add(store, login, name, Role.APPROVER, mail=MAILS.get(login, ""), now=TEN)
    days.office.save(form(1))
    await days.office.pass_once()
    decisions.request_approval(store, 1, days.office.only().label, JIRO, days.clock.now())
    return days


def told(days: Days) -> list[tuple[frozenset[str], str]]:
    return [
        (frozenset(people), letter.subject.partition("（")[0])
        for people, letter in days.server.mails
        if letter.subject.startswith(SUBJECT)
    ]


def urgency(days: Days) -> Urgency:
    configuration = days.office.pipeline.active_config.configuration
    (task,) = [
        each for each in open_tasks(days.office.store, configuration, days.clock.now()) if each.kind is TaskKind.HELD
    ]
    return task.urgency


async def test_a_request_without_an_answer_goes_to_the_others_and_up_once(tmp_path: Path) -> None:
    days = await asked(tmp_path, escalate=(CHIEF,))
    requested = days.office.only().approval.requested
    assert requested is not None
    due = requested.at + dt.timedelta(hours=2)
    await days.at(due - dt.timedelta(seconds=1))
    assert (told(days), urgency(days)) == ([], Urgency.TODAY)
    await days.at(due)
    assert told(days) == [({*MAILS.values(), CHIEF}, SUBJECT)]
    assert urgency(days) is Urgency.NOW
    text = days.server.last().text
    assert f"{JIRO.by}さんが {requested.at.astimezone(JST):%Y-%m-%d %H:%M} に承認を依頼した" in text
    for hours in (3, 4, 30):
        await days.restart()
        await days.at(requested.at + dt.timedelta(hours=hours))
    assert len(told(days)) == 1


async def test_an_answer_in_time_is_told_to_no_one(tmp_path: Path) -> None:
    days = await asked(tmp_path, escalate=(CHIEF,))
    store, active_config = days.office.store, days.office.pipeline.active_config
    approve(store, active_config, 1, days.office.only().label, HANAKO, "", days.clock.now())
    await days.at(TWELVE + dt.timedelta(hours=2))
    assert told(days) == []


async def test_what_was_sent_back_before_the_mail_could_leave_is_told_to_no_one(tmp_path: Path) -> None:
    days = await asked(tmp_path, escalate=(CHIEF,))
    days.server.failure = Unavailable("smtp", "connection refused")
    await days.at(TWELVE + dt.timedelta(minutes=5))
    decisions.send_back(days.office.store, 1, HANAKO, "金額を確認", days.clock.now())
    days.server.failure = None
    await days.at(TWELVE + dt.timedelta(hours=1))
    assert told(days) == []
    assert not [each for each in days.office.store.alarms_waiting() if each.cause.startswith("request")]


async def test_another_request_is_told_of_again(tmp_path: Path) -> None:
    days = await asked(tmp_path)
    await days.at(TWELVE + dt.timedelta(minutes=5))
    decisions.send_back(days.office.store, 1, HANAKO, "金額を確認", days.clock.now())
    decisions.request_approval(days.office.store, 1, days.office.only().label, JIRO, days.clock.now())
    await days.at(TWELVE + dt.timedelta(hours=3))
    assert len(told(days)) == 2


async def test_a_memo_about_it_takes_it_out_of_what_is_urgent(tmp_path: Path) -> None:
    days = await asked(tmp_path)
    day = (TUESDAY + dt.timedelta(days=2)).date()
    decisions.note_memo(days.office.store, 1, JIRO, "承認を待つ", days.clock.now(), day)
    assert urgency(days) is Urgency.WATCH
    await days.at(TWELVE + dt.timedelta(minutes=5))
    assert urgency(days) is Urgency.NOW
    decisions.note_memo(days.office.store, 1, HANAKO, "あさって確認する", days.clock.now(), day)
    assert urgency(days) is Urgency.WATCH


async def test_where_no_one_has_an_address_the_list_alone_shows_it(tmp_path: Path) -> None:
    days = await asked(tmp_path, notify=())
    store, root = days.office.store, Author("鈴木 一郎", "root")
    for each in store.accounts():
        change_account(store, each, replace(each, mail=""), root, days.clock.now())
    await days.at(TWELVE + dt.timedelta(minutes=5))
    assert (told(days), urgency(days)) == ([], Urgency.NOW)
    assert not [each for each in store.alarms_waiting() if each.cause.startswith("request")]


@pytest.mark.parametrize("escalate", [(), (CHIEF,)])
async def test_an_approver_without_an_address_leaves_the_mail_to_those_above_or_the_office(
    tmp_path: Path, escalate: tuple[str, ...]
) -> None:
    days = await asked(tmp_path, escalate=escalate)
    store, root = days.office.store, Author("鈴木 一郎", "root")
    for each in store.accounts():
        if each.mail:
            change_account(store, each, replace(each, mail=""), root, days.clock.now())
    await days.at(TWELVE + dt.timedelta(minutes=5))
    assert told(days) == [(frozenset(escalate or {OFFICE}), SUBJECT)]
