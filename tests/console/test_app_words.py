"""Every page of an office with many kinds of work: no word of the command line, and each row leads on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.core.test_messages_on_pages import FORBIDDEN
from tests.support import notice_pdfs as made
from tests.support.console import BY_ROOT, PASSWORD, PEOPLE, Browser, Console
from tests.support.office import EAST, Mailroom, a_form, a_mail, an_invoice, notice
from tests.support.own_words import foreign_words, japanese_left
from tests.support.world import project
from worker.accounts import people
from worker.console.app import PAGES
from worker.core.accounts import Account, Role

SENT = a_form("送った工事", "前払金保証")
APPROVE = a_form("承認を待つ工事")
LACKS = a_form("請求書のない工事", "前払金保証")
UNKNOWN = a_form("登録のない工事")
PAPERS = {
    "scan.pdf": made.scan(),
    "certificate.pdf": made.certificate(),
    "bond.pdf": made.bond(),
    "invoice.pdf": an_invoice(SENT),
    "two.pdf": made.two_notices(),
    "values.pdf": made.two_values(),
    "password.pdf": made.with_user_password(),
    "cut.pdf": made.cut(made.plain()),
    "picture.pdf": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "many.pdf": made.many_pages(60),
}


@pytest.fixture(scope="module")
def room(wide_mailroom: Callable[..., Mailroom]) -> Mailroom:
    """An office with something of every kind."""
    projects = [project(SENT.project, "kawa", SENT.number, invoice='advance = "separate"')]
    dated = {"dates": "{ contract = 2026-05-01 }"}
    projects += [project(each.project, "kawa", each.number, **dated) for each in (APPROVE, LACKS)]
    room = wide_mailroom(mode="approve", projects=projects)
    for form in (SENT, APPROVE, LACKS, UNKNOWN):
        room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    room.deliver(a_mail(EAST, sender="netdesk@surety.example"))
    room.deliver(a_mail("認証キー", ("a.pdf", notice(a_form("よその工事"))), sender="stranger@elsewhere.example"))
    room.deliver(a_mail("認証キー", ("a.zip", b"PK\x03\x04 no zip")))
    for name, content in PAPERS.items():
        room.office.save_notice(name, content)
    room.office.run_once()
    room.office("approve", room.office.label(1), "--by", "山田 花子", "--tick", "all")
    room.office.run_once()
    return room


def said_on(browser: Browser) -> list[str]:
    """The forbidden words of the last page, in their sentences."""
    assert browser.last is not None
    titles = " ".join(re.findall(r'(?:title|placeholder|aria-label)="([^"]*)"', browser.last.text))
    return [
        found.string[max(0, found.start() - 40) : found.end() + 40]
        for found in FORBIDDEN.finditer(browser.text + titles)
    ]


@pytest.mark.parametrize("login", PEOPLE)
def test_no_page_names_a_command_or_a_file_of_the_configuration(console: Console, room: Mailroom, login: str) -> None:
    browser = console.browser(login)
    paths = [page.path for page in PAGES if "{" not in page.path]
    paths += [f"/s/{each['id']}" for each in room.office.list()]
    paths += ["/?who=mine", "/?kind=held", "/drop?for=5", "/nowhere", "/s/999", "/invite/x"]
    for path in paths:
        browser.get(path)
        assert not said_on(browser), (path, said_on(browser))


def test_no_refusal_names_a_command(console: Console, room: Mailroom) -> None:
    browser = console.browser("approver")
    browser.get("/")
    for number in [each["id"] for each in room.office.list()]:
        label = room.office.label(number)
        for path, fields in (
            ("approve", {"label": label}),
            ("approve", {"label": ""}),
            ("approve", {"label": f"{number}@aaaaaaaaaa"}),
            ("resolve", {"outcome": "sent"}),
            ("resend", {"why": ""}),
            ("done", {"note": "x", "what": "9"}),
            ("confirm", {"note": "x", "at": "いつか"}),
            ("join", {"answer": "999"}),
        ):
            browser.post(f"/s/{number}/{path}", fields)
            assert browser.last is not None
            assert browser.last.status_code != 500, (number, path, browser.text)
            assert not said_on(browser), (number, path, said_on(browser))


UNSEEN = re.compile('<input [^>]*type="(?:hidden|datetime-local)"[^>]*>')  # a browser shows the second as people do
MACHINES_DAY = re.compile(r"[^<>\n]{0,30}(?<![0-9_])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9.])[^<>\n]{0,20}")


@pytest.mark.parametrize("login", ["approver", "admin"])
def test_no_day_on_a_japanese_page_is_written_as_a_machine_writes_it(
    console: Console, room: Mailroom, login: str
) -> None:
    """Nor in a field that a page has filled in: the absence, the last day of an account, a project's dates."""
    browser = console.browser(login)
    browser.get("/me")
    assert browser.post("/me/absence", {"first": "2099-01-01", "last": "2099-01-02"}).status_code == 303
    with console.desk.store() as store, store.writing() as writing:
        reader = store.account_of("auditor")
        assert reader is not None
        writing.put_account(replace(reader, until=dt.date(2099, 3, 31)))
    pages = browser.walk(*pages_of(room), most=90)
    shown = {path: UNSEEN.sub("", page.text) for path, page in pages.items() if "html" in page.headers["content-type"]}
    found = {path: MACHINES_DAY.findall(page) for path, page in shown.items()}
    assert {path: days for path, days in found.items() if days} == {}
    assert any("令和8年5月1日" in page.text for page in pages.values()) or login == "admin"
    assert any("令和81年3月31日" in page.text for page in pages.values()) or login == "approver"


def test_everything_without_a_project_stands_first_under_one_head(console: Console) -> None:
    page = console.browser("staff").get("/").text
    assert page.count("案件が決まっていないもの") == 1
    assert page.index("案件が決まっていないもの") < page.index(LACKS.project)
    assert page.index(UNKNOWN.project) < page.index(LACKS.project)


def test_a_row_without_a_project_leads_to_its_own_page_by_its_name(console: Console) -> None:
    browser = console.browser("staff")
    page = browser.get("/").text
    assert re.search(rf'<a class="quiet" href="/s/[0-9]+"><b>{UNKNOWN.project}</b></a>', page)


def test_mine_is_what_i_prepared_last_and_the_list_names_who_did(console: Console) -> None:
    browser, other = console.browser("staff"), console.browser("approver")
    row = f"<b>{LACKS.project}</b>"
    assert row not in browser.get("/?who=mine").text
    path = f"/projects/kawa/{LACKS.project}/edit"
    browser.get(path)
    browser.post(path, {"f:contact": "佐藤", "s:contact": "", "step": "save"})
    mine = browser.get("/?who=mine").text
    assert row in mine
    assert "</small>佐藤 次郎" in mine
    assert f"<b>{APPROVE.project}</b>" not in mine
    assert row not in other.get("/?who=mine").text
    assert "</small>佐藤 次郎<" in other.get("/").text
    browser.get("/?issuer=ない町")
    assert "この条件に該当するものはありません" in browser.text


@pytest.mark.parametrize("role", ["staff", "approver", "auditor"])
def test_the_tabs_of_a_phone_lead_nowhere_forbidden_and_its_menu_everywhere(console: Console, role: str) -> None:
    browser = console.browser(role)
    page = browser.get("/log").text
    tabs = re.findall(r'href="([^"]+)"', page.partition('<nav class="tabs"')[2].partition("</nav>")[0])
    assert len(tabs) == 4
    menu = re.findall(r'href="([^"]+)"', page.partition("<nav")[2].partition("</nav>")[0])
    in_hand = re.findall(r'class="in-menu"><a href="([^"]+)"', page)
    assert menu == in_hand, "the bar with the menu is hidden on a phone"
    for path in {*tabs, *in_hand}:
        assert browser.get(path).status_code == 200, path


# --- Pages in English --------------------------------------------------------------------------------------------

ENGLISH = {"e-staff": {Role.STAFF, Role.APPROVER}, "e-auditor": {Role.AUDITOR}, "e-admin": {Role.ADMIN}}


@pytest.fixture(scope="module")
def readers(console: Console) -> dict[str, Browser]:
    """A browser of each account that reads English."""
    clock, hasher = console.desk.clock, console.desk.hasher
    with console.desk.store() as store:
        for login, roles in ENGLISH.items():
            reader = Account(0, login, f"Ms {login}", roles=frozenset(roles), language="en")
            added = people.add_account(store, reader, BY_ROOT, clock.now())
            token = people.invite(store, added.id, BY_ROOT, clock.now())
            people.accept_invitation(store, token, PASSWORD, hasher, clock.now())
    return {login: console.browser(login) for login in ENGLISH}


def pages_of(room: Mailroom) -> list[str]:
    """The pages that are walked from: every one without a blank, every submission, searches, refusals."""
    paths = [page.path for page in PAGES if "{" not in page.path and not page.path.startswith(("/sso", "/login"))]
    paths += [f"/s/{each['id']}" for each in room.office.list()]
    return [*paths, "/?who=mine", "/?kind=approval", "/search?q=1", "/health?check=1", "/help/terms"]


MONTH_AND_DAY = re.compile(r"(?<![/\d])\d{1,2}/\d{1,2} \d{1,2}:\d\d")
REFUSED = ("/nowhere", "/s/999", "/projects/none", "/log?since=x&text=y", "/s/1/page/0/99")


@pytest.mark.parametrize("login", ENGLISH)
def test_every_page_in_english_has_no_japanese_of_its_own(
    readers: dict[str, Browser], room: Mailroom, login: str
) -> None:
    foreign = foreign_words(room.office)
    answers = readers[login].walk(*pages_of(room), *REFUSED, most=150 if login == "e-staff" else 60)
    walked = {path: each for path, each in answers.items() if "html" in each.headers["content-type"]}
    left = {path: found for path, page in walked.items() if (found := japanese_left(page.text, foreign))}
    assert "\n".join(f"{path}: {found}" for path, found in left.items()) == ""
    assert all('<html lang="en">' in page.text for page in walked.values())
    assert {path for path, page in walked.items() if MONTH_AND_DAY.search(page.text)} == set(), "11/12 8:30 is two days"


def test_every_answer_to_a_form_in_english_has_no_japanese_of_its_own(
    readers: dict[str, Browser], room: Mailroom
) -> None:
    staff, admin = readers["e-staff"], readers["e-admin"]
    foreign, left = foreign_words(room.office), {}

    def send(browser: Browser, path: str, page: str, **fields: object) -> None:
        browser.get(page)
        answer = browser.post(path, fields)
        if answer.status_code == 303:
            answer = browser.get(answer.headers["location"])
        if found := japanese_left(answer.text, foreign):
            left[path] = found

    numbers = {each["state"]: each["id"] for each in room.office.list()}
    for number in numbers.values():
        for act in ("approve", "request", "return", "withdraw", "hand-over", "resend", "confirm", "done", "correct"):
            send(staff, f"/s/{number}/{act}", f"/s/{number}")
        for act, field in (("memo", "next_look"), ("confirm", "at"), ("resolve", "outcome"), ("join", "answer")):
            send(staff, f"/s/{number}/{act}", f"/s/{number}", **{field: "x", "text": "x", "note": "x"})
    edit, new = f"/projects/kawa/{APPROVE.project}/edit", {"f:name": "", "f:issuer": "x", "f:amount": "x"}
    send(staff, edit, edit, **{"f:amount": "1000000", "s:amount": "", "f:dates.contract": "x"})
    send(staff, edit, edit, **{"f:amount": "1000000", "s:amount": "", "f:dates.contract": "2026-05-01"})
    send(staff, "/projects/new", "/projects/new", **new)
    send(staff, "/issuers/new", "/issuers/new", **{"f:name": "", "f:rule.default.channel": "x"})
    rule = {"f:rule.default.call_after": "はい", "s:rule.default.call_after": ""}
    send(staff, "/issuers/kawa/edit", "/issuers/kawa/edit", **rule)
    send(staff, "/drop", "/drop")
    send(staff, "/me/password", "/me", old="x", password="x", again="x")
    send(staff, "/me/absence", "/me", first="x")
    send(staff, "/me/absence", "/me", first="2099-01-01", last="2099-01-02")
    send(admin, "/people", "/people", name="x", login="?", role="staff")
    send(admin, "/people", "/people", name="Mr New", login="new", role="approver")
    send(staff, "/people", "/people")
    send(admin, "/health/resume", "/health")
    assert "\n".join(f"{path}: {found}" for path, found in left.items()) == ""
