"""不在と代理: recorded by the person, an approver or an administrator; a deputy's approval names both."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest

from tests.console.test_people import id_of
from tests.support.console import BY_ROOT, PEOPLE, Console
from tests.support.world import HANAKO
from worker.accounts import people
from worker.accounts.away import set_absence
from worker.core.accounts import Account, AwayPeriod, Role
from worker.core.model import JST
from worker.core.states import NoteEvent

DAY = dt.timedelta(days=1)
CHIEF = "田中 所長"


@pytest.fixture(autouse=True)
def chief(console: Console) -> Iterator[int]:
    """A second approver; no one is away before a test."""
    now = console.desk.clock.now()
    with console.desk.store() as store:
        found = store.account_of("chief")
        if found is None:
            given = Account(0, "chief", CHIEF, roles=frozenset({Role.APPROVER}))
            found = people.add_account(store, given, BY_ROOT, now)
    yield found.id
    with console.desk.store() as store:
        for each in store.accounts():
            set_absence(store, each.id, None, BY_ROOT, now)


def days(console: Console, first: int, last: int) -> tuple[str, str]:
    today = console.desk.clock.now().astimezone(JST).date()
    return (today + first * DAY).isoformat(), (today + last * DAY).isoformat()


def away_of(console: Console, login: str) -> AwayPeriod | None:
    with console.desk.store() as store:
        account = store.account_of(login)
        assert account is not None
        return account.away


def test_a_person_records_and_removes_the_own_absence(console: Console, chief: int) -> None:
    approver = console.browser("approver")
    approver.get("/me")
    first, last = days(console, 0, 3)
    done = approver.post("/me/absence", {"first": first, "last": last, "deputy": str(chief)})
    assert done.headers["location"] == "/me?said=absence_set"
    assert f"代理：{CHIEF}" in (approver.get("/me") and approver.text)
    away = away_of(console, "approver")
    assert away is not None
    assert away.deputy == chief
    assert approver.post("/me/absence", {"act": "end"}).headers["location"] == "/me?said=absence_ended"
    assert away_of(console, "approver") is None
    with console.desk.store() as store:
        *_, set_, ended = store.entries(events=[NoteEvent.USER_CHANGED])
        assert (set_.by, set_.detail["deputy"]) == (HANAKO.by, CHIEF)
        assert ended.detail == {"user": "approver", "change": "present"}


@pytest.mark.parametrize("login", ["approver", "admin"])
def test_an_approver_and_an_administrator_record_the_absence_of_another(console: Console, login: str) -> None:
    browser = console.browser(login)
    path = f"/people/{id_of(console, 'staff')}/absence"
    assert browser.get(path).status_code == 200
    first, last = days(console, 1, 2)
    assert browser.post(path, {"first": first, "last": last}).headers["location"] == "/people/absences?said=absence_set"
    browser.get("/people/absences")
    assert "（代理なし）" in browser.text
    assert browser.post(path, {"act": "end"}).status_code == 303
    assert away_of(console, "staff") is None


def test_staff_and_the_auditor_record_no_absence_of_another(console: Console) -> None:
    path = f"/people/{id_of(console, 'approver')}/absence"
    for login in ("staff", "auditor"):
        browser = console.browser(login)
        browser.get("/me")
        first, last = days(console, 0, 1)
        assert browser.post(path, {"first": first, "last": last}).status_code == 403
        assert browser.get("/people/absences").status_code == 403
    assert away_of(console, "approver") is None


def test_a_wrong_field_gives_the_form_again_with_what_was_typed(console: Console, chief: int) -> None:
    approver = console.browser("approver")
    approver.get("/me")
    first, last = days(console, 0, 3)
    for fields, said in (
        ({"first": last, "last": first}, "始まりの日より前です"),
        ({"first": first, "last": ""}, "始まりと終わりの日を入力"),
        ({"first": first, "last": "きのう"}, "日付として読めません"),
        ({"first": first, "last": last, "deputy": str(id_of(console, "staff"))}, f"代理にできる方：{CHIEF}"),
        ({"first": first, "last": last, "deputy": str(id_of(console, "approver"))}, "ご本人は代理になれません"),
    ):
        answer = approver.post("/me/absence", fields)
        assert answer.status_code == 422
        assert said in approver.text
        for name in ("first", "last"):
            field = answer.text.partition(f'<input name="{name}"')[2].partition(">")[0]
            assert f'value="{fields[name]}"' in field or not fields[name]
            assert "type=" not in field
    assert away_of(console, "approver") is None


def test_a_day_on_which_no_one_can_approve_is_a_warning_and_no_refusal(console: Console, chief: int) -> None:
    approver = console.browser("approver")
    first, last = days(console, 1, 1)
    path = f"/people/{chief}/absence"
    approver.get(path)
    assert approver.post(path, {"first": first, "last": last}).status_code == 303
    assert "承認できる方が一人もいません" not in (approver.get("/people/absences") and approver.text)
    approver.get("/me")
    assert approver.post("/me/absence", {"first": first, "last": last}).status_code == 303
    for page in ("/me", "/people/absences", path):
        assert "承認できる方が一人もいません" in (approver.get(page) and approver.text), page


def test_the_command_records_the_same_with_the_same_refusals(console: Console) -> None:
    office = console.office
    first, last = days(console, 0, 1)
    given = ("user", "absent", HANAKO.by, "--from", first, "--until", last)
    ran = office(*given, "--deputy", CHIEF, "--by", PEOPLE["admin"][0])
    assert ran.code == 0
    assert f"代理：{CHIEF}" in ran.out
    assert away_of(console, "approver") is not None
    assert office(*given, "--by", PEOPLE["staff"][0]).code == 1
    ran = office("user", "absent", "staff", "--from", first, "--until", last, "--by", PEOPLE["staff"][0])
    assert ran.code == 0
    ran = office("user", "absent", CHIEF, "--from", last, "--until", first, "--by", HANAKO.by)
    assert "始まりの日より前です" in ran.out + ran.err
    ran = office("user", "absent", CHIEF, "--from", first, "--until", last, "--by", HANAKO.by)
    assert (ran.code, "一人もいません" in ran.err) == (0, True)
    listed = office("user", "absent", CHIEF, "--end", "--by", HANAKO.by, "--json").document
    assert listed["away"] is None


def test_the_page_says_whom_a_request_waits_for(console: Console, chief: int) -> None:
    now = console.desk.clock.now()
    today = now.astimezone(JST).date()
    with console.desk.store() as store:
        approver = store.account_of("approver")
        assert approver is not None
        set_absence(store, chief, AwayPeriod(today, today + DAY, approver.id), BY_ROOT, now)
    staff = console.browser("staff")
    staff.get("/s/1")
    assert "依頼先" not in staff.text
    assert staff.post("/s/1/request", {"label": staff.label}).status_code == 303
    assert f"依頼先：代理 {HANAKO.by}（{CHIEF} 不在）" in (staff.get("/s/1") and staff.text)


def test_the_approval_of_a_deputy_names_both(console: Console, chief: int) -> None:
    office = console.office
    now = console.desk.clock.now()
    today = now.astimezone(JST).date()
    with console.desk.store() as store:
        approver = store.account_of("approver")
        assert approver is not None
        set_absence(store, chief, AwayPeriod(today, today + DAY, approver.id), BY_ROOT, now)
    assert office("approve", office.label(2), "--by", HANAKO.by, "--tick", "all").code == 0
    both = f"代理 {HANAKO.by}（{CHIEF} 不在）"
    with console.desk.store() as store:
        (entry,) = [each for each in store.entries(2) if each.event == "Approved"]
        assert (entry.by, entry.detail["deputy_for"]) == (HANAKO.by, [CHIEF])
    staff = console.browser("staff")
    assert both in (staff.get("/s/2") and staff.text)
    assert both in office("show", "2").out
    assert office.run_once().code in {0, 1}
    staff.get("/log")
    assert re.search(f"送信 .*{both}", staff.text)
    assert both in office("log").out
    row = next(
        each for each in office("log", "--format", "jsonl").out.splitlines() if '"id": 2' in each or '"id":2' in each
    )
    assert CHIEF in row
