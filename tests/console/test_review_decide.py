"""The decisions of several people on the review page: request, send back, stop before it leaves."""

from __future__ import annotations

import re

from tests.console.conftest import WAITS
from tests.console.test_today import row_of
from tests.support.console import Browser, Console
from tests.support.office import Mailroom


def sent(room: Mailroom) -> int:
    room.office.run_once()
    return len([mail for mail in room.submissions if WAITS.number in mail.text])


def test_a_draft_goes_from_request_to_return_to_approval_to_stop_and_leaves_once(
    console: Console, room: Mailroom
) -> None:
    staff, approver = console.browser("staff"), console.browser("approver")
    staff.get("/s/2")
    assert "確認して承認を依頼" in staff.text
    assert "差し戻す" not in staff.text
    shown = {"label": staff.label}
    assert staff.post("/s/2/request", shown).headers["location"] == "/s/2?said=requested"
    assert staff.post("/s/2/request", shown).status_code == 422
    rows = [row_of(each, "2") for each in (staff, approver)]
    assert [row.count('<span class="chip rest">待ち</span>') for row in rows] == [1, 0], "it is the approver's turn"
    assert work_count(staff) == work_count(approver) - 1

    approver.get("/s/2")
    assert "差し戻す" in approver.text
    assert "に送信）" in approver.text
    assert approver.post("/s/2/return", {"why": ""}).status_code == 422
    assert approver.post("/s/2/return", {"why": "宛名を確認"}).headers["location"] == "/s/2?said=returned"
    assert "差し戻し（宛名を確認）" in approver.get("/s/2").text, "the chip"
    assert console.office.show(2)["hold_reasons"] == ["approval", "returned"]
    assert sent(room) == 0
    staff.get("/s/2")
    assert "宛名を確認" in staff.text
    assert "待ち" not in row_of(staff, "2"), "it is the turn of those who prepare it again"

    approver.get("/s/2")
    (hold,) = re.findall(r'name="(returned-[0-9a-f]+)"', approver.get("/s/2").text)
    assert (
        approver.post("/s/2/approve", {"label": approver.label, "shown": approver.shown, hold: "1"})
        .headers["location"]
        .endswith("approved")
    )
    assert 'hx-get="/s/2/state?was=APPROVED"' in staff.get("/s/2").text
    assert staff.get("/s/2/state?was=APPROVED").status_code == 204
    staff.get("/s/2")
    assert re.search(r"送信待ち（\d+/\d+ \d+:\d\d）", staff.text), "the chip"
    assert "送信を止める" in staff.text
    assert staff.post("/s/2/stop", {"why": ""}).headers["location"] == "/s/2?said=stopped"
    assert staff.post("/s/2/stop", {"why": ""}).status_code == 409
    assert sent(room) == 0

    (hold,) = re.findall(r'name="(returned-[0-9a-f]+)"', approver.get("/s/2").text)
    approver.post("/s/2/approve", {"label": approver.label, "shown": approver.shown, hold: "1"})
    assert sent(room) == 1
    assert staff.post("/s/2/stop").status_code == 409


def work_count(browser: Browser) -> int:
    """The number beside 今日すること in the menu."""
    found = re.search(r">今日すること（(\d+)）", browser.get("/").text)
    return int(found[1]) if found else 0


def test_a_page_that_waits_for_the_sending_learns_of_it_and_nothing_else_is_asked(console: Console) -> None:
    staff = console.browser("staff")
    assert 'hx-get="/s/2/state' not in staff.get("/s/2").text
    assert staff.get("/s/2/state?was=SENT").status_code in {200, 204}
    news = staff.get("/s/2/state?was=APPROVED").text
    assert 'id="live"' in news
    assert "表示し直す" in news
    assert staff.get("/s/2/state?was=" + console.office.show(2)["state"]).status_code == 204
    assert staff.get("/s/999/state").status_code == 404


def test_a_request_of_another_draft_changes_nothing(console: Console) -> None:
    staff = console.browser("staff")
    staff.get("/s/1")
    assert staff.post("/s/1/request", {"label": "1@aaaaaaaaaa"}).status_code == 409
    assert staff.post("/s/3/request", {"label": console.office.show(3)["label"]}).status_code == 422


def test_a_confirmation_is_taken_back_and_a_memo_puts_the_row_off(console: Console, room: Mailroom) -> None:
    staff = console.browser("staff")
    assert console.office.show(2)["state"] in {"SENT", "RELAYED", "DELIVERED"}
    state = console.office.show(2)["state"]
    staff.get("/s/2")
    assert "担当者不在・折返し待ち" in staff.text
    call = {"note": "不在", "outcome": "later", "call_again": "2099-11-30T10:00"}
    assert staff.post("/s/2/confirm", call).headers["location"] == "/s/2?said=called"
    assert "折返し待ち（11/30 10:00）" in staff.get("/s/2").text, "the chip"
    assert staff.post("/s/2/confirm", {**call, "call_again": "明日"}).status_code == 422
    assert staff.post("/s/2/confirm", {"note": "電話 佐々木様", "outcome": "arrived"}).status_code == 303
    staff.get("/s/2")
    assert "記録を取り消す" in staff.text
    assert staff.post("/s/2/correct").headers["location"] == "/s/2?said=corrected"
    assert console.office.show(2)["state"] == state
    assert staff.post("/s/2/correct").status_code == 409

    assert staff.post("/s/1/memo", {"text": "市の担当者は来週から", "next_look": "2099-01-01"}).status_code == 303
    staff.get("/")
    assert "市の担当者は来週から" in staff.text
    assert staff.post("/s/1/memo", {"text": ""}).status_code == 422
    assert staff.post("/s/1/memo", {"text": "x", "next_look": "2099-13-01"}).status_code == 422


def test_the_ways_of_another_submission_are_offered_beside_the_free_text(console: Console) -> None:
    browser = console.browser("staff")
    held = next(each["id"] for each in console.office.list() if each["state"] == "HELD")
    form = browser.get(f"/s/{held}").text.partition(f'action="/s/{held}/hand-over"')[2].partition("</form>")[0]
    assert [way for way in ("窓口に持参", "発注者のフォーム", "FAX", "郵送") if way not in form] == []
    assert form.count('type="radio" name="choice"') == 5, "and one for what is typed"
