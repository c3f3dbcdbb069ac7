"""本番とリハーサルの切替え: by an approver or an administrator, with the words and refusals of the command."""

from __future__ import annotations

import pytest

from tests.support.console import PEOPLE, Console
from worker.console.app import PAGES
from worker.core.states import NoteEvent
from worker.store.ports import REHEARSAL
from worker.store.signs import rehearsing_to

PATH = "/health/rehearsal"


@pytest.fixture(autouse=True)
def live(console: Console) -> None:
    """Begins each test live, as the office of these tests was installed."""
    with console.desk.store() as store, store.writing() as writing:
        writing.set_property(REHEARSAL, "off")


def is_rehearsing(console: Console) -> bool:
    with console.desk.store() as store:
        return rehearsing_to(store, None) is not None


@pytest.mark.parametrize("login", ["approver", "admin"])
def test_an_approver_or_an_administrator_begins_and_ends_the_rehearsal_with_an_entry(
    console: Console, login: str
) -> None:
    browser = console.browser(login)
    browser.get(PATH)
    assert "本番です" in browser.text
    assert browser.post(PATH, {"switch": "on"}).headers["location"] == f"{PATH}?said=rehearsal_on"
    assert is_rehearsing(console)
    browser.get(PATH)
    assert "リハーサル中です。発注者には送らず、すべて" in browser.text
    assert browser.post(PATH, {"switch": "off"}).headers["location"] == f"{PATH}?said=rehearsal_off"
    assert not is_rehearsing(console)
    with console.desk.store() as store:
        *_, on, off = store.entries(events=[NoteEvent.REHEARSAL_ON, NoteEvent.REHEARSAL_OFF])
        person = store.account_of(login)
        assert person is not None
        assert [(each.event, each.by) for each in (on, off)] == [
            ("RehearsalOn", person.name),
            ("RehearsalOff", person.name),
        ]
        assert on.account.startswith(f"{login} ")


def test_what_the_command_refuses_is_refused_with_the_same_words(console: Console) -> None:
    browser = console.browser("approver")
    browser.get(PATH)
    assert browser.post(PATH, {"switch": "off"}).status_code == 409
    assert "リハーサルではありません（本番です）。何も変更していません。" in browser.text
    said = console.office("rehearsal", "off", "--by", "山田 花子")
    assert said.code == 1
    assert "リハーサルではありません（本番です）。何も変更していません。" in said.out + said.err
    browser.post(PATH, {"switch": "on"})
    assert browser.post(PATH, {"switch": "on"}).status_code == 409
    assert "すでにリハーサルです。何も変更していません。" in browser.text
    assert browser.post(PATH, {"switch": "?"}).status_code == 422


def test_staff_and_the_auditor_may_not_switch(console: Console) -> None:
    for login in ("staff", "auditor"):
        browser = console.browser(login)
        assert browser.get(PATH).status_code == 403
        assert "この操作は「承認」か「管理」の方ができます：" in browser.text
        browser.get("/me")
        assert browser.post(PATH, {"switch": "on"}).status_code == 403
    assert not is_rehearsing(console)


def test_the_banner_leads_there_whom_it_concerns(console: Console) -> None:
    approver = console.browser("approver")
    approver.get(PATH)
    approver.post(PATH, {"switch": "on"})
    assert f'<a href="{PATH}">本番に切り替える</a>' in approver.get("/").text
    staff = console.browser("staff").get("/")
    assert "リハーサル中です" in staff.text
    assert PATH not in staff.text
    assert f'href="{PATH}"' in console.browser("admin").get("/health").text


@pytest.mark.parametrize("login", list(PEOPLE))
def test_every_page_of_every_role_says_that_a_rehearsal_is_on(console: Console, login: str) -> None:
    with console.desk.store() as store, store.writing() as writing:
        writing.set_property(REHEARSAL, "on")
    browser = console.browser(login)
    pages = [each.path for each in PAGES if "{" not in each.path and not each.path.startswith(("/login", "/sso"))]
    silent = set()
    for path in pages:
        page = browser.get(path)
        if page.status_code == 200 and "html" in page.headers["content-type"] and "リハーサル中です" not in page.text:
            silent.add(path)
    assert silent == set()


def test_the_page_says_how_much_waits_and_where_rehearsals_go(console: Console) -> None:
    browser = console.browser("approver")
    browser.get(PATH)
    assert "待っている提出（3件）も、本番に切り替えるまで発注者には送りません" in browser.text
    assert "承認を待たずに" not in browser.text
    assert f"すべて {console.desk.office().settings.contractor.email} に送ります" in browser.text


def test_an_office_that_sends_without_an_approval_is_told_so_before_it_goes_live(console: Console) -> None:
    browser = console.browser("approver")
    browser.get(PATH)
    browser.post(PATH, {"switch": "on"})
    assert "承認を待たずに" not in (browser.get(PATH) and browser.text)
    console.office.write(mode="auto")
    try:
        console.office.run_once()
        assert "確認の必要がない提出は、承認を待たずに発注者に送ります" in (browser.get(PATH) and browser.text)
    finally:
        console.office.write(mode="approve")
