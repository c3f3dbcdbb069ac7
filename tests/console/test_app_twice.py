"""Every form sent twice, as a browser does that lost the answer, and every form with a draft that is no more."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

import pytest

from tests.console.conftest import WAITS
from tests.support.console import PEOPLE, Browser, Console
from tests.support.office import Mailroom
from worker.console.app import ACTIONS, FormRoute
from worker.core.accounts import RIGHTS
from worker.core.states import Event

PROJECT: Final = "/projects/" + quote(f"kawa/{WAITS.project}")
SPARE: Final = "/projects/" + quote("kawa/控えの工事")
EVENTS: Final = frozenset(map(str, Event))
SHOWN: Final = "shown"
"""Fields that the page itself gives: the draft's label, the pages that were in view, each box ticked."""

NEW: Final = {"f:name": "控えの工事", "f:issuer": "川北町", "asked": "kawa", "step": "save"}

# Who, the page it is sent from, the form, its fields, and a refusal that the second one may get besides a redirect.
COURSE: Final[tuple[tuple[str, str, str, dict[str, Any], set[int]], ...]] = (
    ("staff", "/me", "/me/settings", {"language": "ja"}, set()),
    ("staff", "/s/1", "/s/1/memo", {"text": "電話待ち"}, set()),
    ("staff", "/s/2", "/s/2/request", {SHOWN: ""}, {422}),
    ("approver", "/s/2", "/s/2/return", {"why": "宛名を確認"}, set()),
    ("approver", "/s/2", "/s/2/approve", {SHOWN: "", "note": "確認済み"}, {409}),
    ("staff", "/s/2", "/s/2/stop", {}, {409}),
    ("approver", "/s/2", "/s/2/approve", {SHOWN: "", "note": "確認済み"}, {409}),
    ("run", "", "", {}, set()),
    ("staff", "/s/2", "/s/2/confirm", {"outcome": "arrived", "note": "田中様"}, {409}),
    ("staff", "/s/2", "/s/2/correct", {"why": "押し間違い"}, {409}),
    ("staff", "/s/2", "/s/2/confirm", {"outcome": "failed", "note": "届いていない"}, {409}),
    ("approver", "/s/2", "/s/2/resend", {"why": "宛先の訂正"}, {409, 422}),
    ("staff", "/s/1", "/s/1/hand-over", {"note": "窓口へ"}, {409}),
    ("staff", "/s/3", "/s/3/withdraw", {"why": "二重"}, {409}),
    ("staff", PROJECT, f"{PROJECT}/documents", {"product": "contract", "none": "1"}, set()),
    ("staff", PROJECT, f"{PROJECT}/invoice", {"product": "advance", "choice": "separate"}, set()),
    ("staff", PROJECT, f"{PROJECT}/close", {}, set()),
    ("staff", "/projects/new", "/projects/new", NEW, set()),
    ("staff", SPARE, f"{SPARE}/delete", {}, {404}),
    ("admin", "/people", "/people", {"name": "高橋 三郎", "login": "saburo", "role": "staff"}, {422}),
    ("admin", "/people/2", "/people/2/stop", {"stop": "yes"}, set()),
    ("admin", "/people/2", "/people/2/stop", {"stop": "no"}, set()),
    ("admin", "/health", "/health/resume", {}, {409, 422}),
)  # fmt: skip
GIVES: Final = {"/log/export", "/log/originals", "/people/{id:int}/invite", "/logout", "/me/logout-everywhere"}
"""Forms whose second answer is another file, another link or the login."""


@pytest.fixture(scope="module")
def browsers(console: Console) -> dict[str, Browser]:
    return {login: console.browser(login) for login in PEOPLE}


def standing(console: Console) -> tuple[object, ...]:
    """What a form can change: submissions, register, people, and every entry of an event; notes may come again."""
    with console.desk.store() as store:
        return (
            tuple((each.id, each.state, tuple(hold.reason for hold in each.reasons)) for each in store.submissions()),
            tuple(sorted((path.name, path.read_text()) for path in console.office.config.rglob("*.toml"))),
            tuple((each.login, each.name, each.roles, each.is_stopped) for each in store.accounts()),
            sum(entry.event in EVENTS for entry in store.entries()),
        )


def from_page(browser: Browser, page: str) -> dict[str, Any]:
    answer = browser.get(page)
    assert answer.status_code == 200, page
    ticks = dict.fromkeys(re.findall(r'type="checkbox" name="([^"]+)"', answer.text), "1")
    return {"label": browser.label, SHOWN: browser.shown, **ticks}


def test_a_form_that_comes_twice_does_once_what_it_does(
    console: Console, room: Mailroom, browsers: dict[str, Browser]
) -> None:
    for login, page, path, given, refusals in COURSE:
        if login == "run":
            room.office.run_once()
            continue
        browser = browsers[login]
        fields = {**from_page(browser, page), **given} if SHOWN in given else {**given}
        if SHOWN in given:
            fields[SHOWN] = browser.shown
        else:
            browser.get(page)
        before = standing(console)
        first = browser.post(path, fields)
        assert first.status_code == 303, (path, browser.text[-400:])
        after = standing(console)
        again = browser.post(path, fields)
        assert again.status_code in {303, *refusals}, (path, again.status_code, browser.text[-400:])
        assert standing(console) == after, path
        if not path.endswith(("/memo", "/settings", "/resume")):
            assert after != before, path
    assert len([mail for mail in room.submissions if WAITS.number in mail.text]) == 1


@pytest.mark.parametrize("act", ["approve", "request"])
def test_a_form_of_a_draft_that_is_no_more_changes_nothing(
    console: Console, browsers: dict[str, Browser], act: str
) -> None:
    browser = browsers["approver"]
    before = standing(console)
    for number in (1, 2, 3, 4):
        browser.get(f"/s/{number}")
        for label in (f"{number}@aaaaaaaaaa", "", f"{number}", "1@", "x" * 500):
            answer = browser.post(f"/s/{number}/{act}", {"label": label, "shown": browser.shown})
            assert answer.status_code in {409, 422}, (number, label)
    assert standing(console) == before


@pytest.mark.parametrize("action", [each for each in ACTIONS if each.right is not None], ids=lambda each: each.path)
def test_an_empty_form_that_comes_twice_gets_one_answer_and_changes_nothing_more(
    console: Console, browsers: dict[str, Browser], action: FormRoute
) -> None:
    """Every form, also those that are in no course above; of what does not exist."""
    if action.path in GIVES:
        return
    path = re.sub(r"\{\w+:int\}", "999", action.path).replace("{project:path}", "kawa/x").replace("{issuer}", "x")
    for login, (_, roles) in PEOPLE.items():
        if any(action.right in RIGHTS[role] for role in roles):
            browsers[login].get("/me")
            first = browsers[login].post(path)
            after = standing(console)
            again = browsers[login].post(path)
            assert (again.status_code, standing(console)) == (first.status_code, after), login
            assert first.status_code < 500, login
