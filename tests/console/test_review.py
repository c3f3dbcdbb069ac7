"""The review page: what is sent is seen, an approval covers what was shown, and the mail leaves once."""

from __future__ import annotations

import pytest

from tests.console.conftest import SENT, WAITS
from tests.support.console import Console
from tests.support.office import Mailroom


def test_the_list_of_work_leads_to_the_draft_that_waits(console: Console) -> None:
    browser = console.browser("approver")
    browser.get("/")
    assert WAITS.project in browser.text
    assert 'href="/s/2"' in browser.html


def test_a_draft_is_approved_from_its_page_and_sent_once(console: Console, room: Mailroom) -> None:
    browser = console.browser("approver")
    page = browser.get("/s/2")
    assert WAITS.number in browser.text
    assert WAITS.key not in page.text
    fields = {"label": browser.label, "then": "here", "shown": browser.shown}
    assert browser.post("/s/2/approve", fields).headers["location"] == "/s/2?said=approved"
    assert "承認しました" in (browser.get("/s/2?said=approved") and browser.text)
    room.office.run_once()
    assert [mail.subject for mail in room.submissions if WAITS.number in mail.text]
    again = browser.post("/s/2/approve", fields)
    assert again.status_code in {409, 422}
    room.office.run_once()
    assert len([mail for mail in room.submissions if WAITS.number in mail.text]) == 1


def test_an_approval_of_another_draft_changes_nothing(console: Console) -> None:
    browser = console.browser("approver")
    browser.get("/s/1")
    assert SENT.number in browser.text
    answer = browser.post("/s/1/approve", {"label": "1@aaaaaaaaaa"})
    assert answer.status_code == 409
    assert "もう一度ご確認ください" in browser.text
    assert "保証便（自動）：お知らせを受付）" in browser.text
    assert console.office.show(1)["state"] == "HELD"


def test_a_staff_member_cannot_approve(console: Console) -> None:
    browser = console.browser("staff")
    assert "/s/1/approve" not in browser.get("/s/1").text
    answer = browser.post("/s/1/approve", {"label": browser.label})
    assert answer.status_code == 403
    assert console.office.show(1)["state"] == "HELD"


@pytest.mark.parametrize(("login", "is_there"), [("staff", True), ("approver", True), ("auditor", False)])
def test_a_hold_is_mended_from_the_page_of_the_submission_by_those_who_may(
    console: Console, login: str, is_there: bool
) -> None:
    browser = console.browser(login)
    browser.get("/s/3")
    assert "該当案件の登録なし" in browser.text
    assert ('href="/projects/new?from=3"' in browser.html) is is_there


def test_a_draft_that_an_approval_releases_has_no_other_button(console: Console) -> None:
    browser = console.browser("approver")
    browser.get("/s/1")
    assert '<p class="buttons"><a' not in browser.html


def test_an_unknown_number_is_a_page_with_a_way_home(console: Console) -> None:
    browser = console.browser("staff")
    assert browser.get("/s/999").status_code == 404
    assert browser.get("/nowhere").status_code == 404
    assert "このページはありません" in browser.text
