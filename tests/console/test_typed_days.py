"""Days and moments are typed as people write them, and what is refused is shown again as it was typed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

import pytest

from tests.support.console import Console
from tests.support.office import Mailroom
from tests.support.world import HANAKO
from worker.console.visit import HERE
from worker.core.model import JST
from worker.core.states import NoteEvent

REFUSED: Final = "令和8年13月40日"
FORMS: Final = [
    ("staff", "/s/1", "/s/1/memo", "next_look", {"text": "電話を待つ"}),
    ("staff", "/projects/{project}", "/projects/{project}/memo", "next_look", {"text": "電話を待つ"}),
    ("approver", "/me", "/me/absence", "first", {"last": "令和8年12月3日"}),
    ("approver", "/me", "/me/absence", "last", {"first": "令和8年12月3日"}),
    ("admin", "/people", "/people", "until", {"login": "kansa", "name": "監査 花子", "role": "auditor"}),
    ("admin", "/people/{staff}", "/people/{staff}", "until", {"name": "佐藤 次郎", "role": "staff"}),
]
"""Who, the page, the form, its field of a day, and what else is typed."""


def address(console: Console, path: str) -> str:
    with console.desk.store() as store:
        account = store.account_of("staff")
        assert account is not None
        return path.format(project=console.desk.office().outline.projects[0].id, staff=account.id)


@pytest.mark.parametrize(
    ("login", "page", "form", "name", "others"), FORMS, ids=[f"{each[2]} {each[3]}" for each in FORMS]
)
def test_a_refused_day_stays_in_its_field_as_it_was_typed(
    console: Console, login: str, page: str, form: str, name: str, others: dict[str, str]
) -> None:
    browser = console.browser(login)
    browser.get(address(console, page))
    answer = browser.post(address(console, form), {**others, name: REFUSED})
    assert answer.status_code == 422
    assert f"「{REFUSED}」は日付として読めません" in browser.text
    fields = [each for each in re.findall(r"<input [^>]*>", answer.text) if f'name="{name}"' in each]
    assert [f'value="{REFUSED}"' in each for each in fields] == [True]
    assert 'type="date"' not in fields[0]
    if "text" in others:
        assert f'value="{others["text"]}"' in answer.text


def test_no_field_of_a_day_is_one_that_a_browser_empties() -> None:
    for template in (HERE / "html").glob("*.html"):
        assert 'type="date"' not in template.read_text(), template.name


@pytest.fixture(scope="module")
def number(console: Console, room: Mailroom) -> int:
    """A submission that was sent."""
    assert console.office("approve", console.office.label(2), "--by", HANAKO.by, "--tick", "all").code == 0
    room.office.run_once()
    return 2


@pytest.mark.parametrize("name", ["at", "call_again"])
def test_a_refused_moment_stays_in_a_field_that_can_show_it(console: Console, number: int, name: str) -> None:
    browser = console.browser("staff")
    browser.get(f"/s/{number}")
    fields = {"outcome": "later" if name == "call_again" else "arrived", "note": "契約課", name: "あす 10:00"}
    answer = browser.post(f"/s/{number}/confirm", fields)
    assert answer.status_code == 422
    assert "日時として読めません（あす 10:00）" in browser.text
    (field,) = [each for each in re.findall(r"<input [^>]*>", answer.text) if f'name="{name}"' in each]
    assert 'type="text"' in field
    assert 'value="あす 10:00"' in field
    assert 'type="datetime-local"' in browser.get(f"/s/{number}").text


@pytest.mark.parametrize(
    "typed", ["令和99年12月1日 10:00", "R99.12.1　１０：００", "2117-12-01T10:00", "2117/12/1 10時00分"]
)
def test_a_moment_is_typed_as_people_write_it(console: Console, number: int, typed: str) -> None:
    browser = console.browser("staff")
    browser.get(f"/s/{number}")
    done = browser.post(f"/s/{number}/confirm", {"outcome": "later", "note": "不在", "call_again": typed})
    assert done.status_code == 303, browser.text
    with console.desk.store() as store:
        (last,) = store.last_entries([NoteEvent.NOT_REACHED], 1)
    again = dt.datetime.fromisoformat(last.detail["call_again"])
    assert again == dt.datetime(2117, 12, 1, 10, 0, tzinfo=JST)
    assert "折返し待ち（12/1 10:00）" in browser.get(f"/s/{number}").text
    browser.get(f"/s/{number}/record")
    assert "状態 送信済み（到達未確認）" in browser.text, "the record for an auditor names the state"
