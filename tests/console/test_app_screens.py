"""What screens say beside the work: stopped sending, views, sessions, what came in, days as people write them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import pytest

from tests.console.conftest import UNKNOWN
from tests.support.console import Browser, Console
from tests.support.world import JIRO, START
from worker.audit.verify import LogFault, LogVerdict
from worker.core.accounts import KEPT_DAYS
from worker.core.model import JST, Disposition, FileRow, MessageRow, Sha256
from worker.core.signs import Sign
from worker.core.states import NoteEvent
from worker.pipeline.verification import note_verified
from worker.store.ports import FOREIGN_MAIL, RESTORED_AT
from worker.store.sqlite.store import SqlStore


@pytest.fixture
def staff(console: Console) -> Browser:
    return console.browser("staff")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (FOREIGN_MAIL, Sign.OTHER_INSTALLATION, "送信を止めています：古い状態に戻されたか"),
        (RESTORED_AT, START.isoformat(), "送信を止めています：古いバックアップから戻されました。"),
    ],
)
def test_every_cause_that_stops_the_sending_is_a_banner_above_the_work(
    console: Console, staff: Browser, name: str, value: str, said: str
) -> None:
    with console.desk.store() as store, store.writing() as writing:
        writing.set_property(name, value)
    try:
        for path in ("/", "/s/1", "/projects"):
            assert said in staff.get(path).text, path
    finally:
        with console.desk.store() as store, store.writing() as writing:
            writing.set_property(name, "")
    assert said not in staff.get("/").text


def test_the_log_of_views_says_what_was_taken_and_why(console: Console) -> None:
    auditor = console.browser("auditor")
    auditor.get("/s/1/key")
    auditor.post("/s/1/original/0", {"why": "年次監査のため"})
    auditor.get("/log")
    auditor.post("/log/export", {"form": "csv", "since": "2026-01-01"})
    page = auditor.get("/people/views").text
    assert re.search(r"<td[^>]*>[^<]*\.pdf、年次監査のため</td>", page)
    assert re.search(r"<td[^>]*>\d+件</td>", page), "the rows of the export"
    assert "<small>auditor 127.0.0.1</small>" in page


def test_the_list_of_sessions_marks_this_device_and_those_that_stay_and_leaves_out_what_is_over(
    console: Console, staff: Browser
) -> None:
    kept = console.browser()
    kept.log_in("staff", keep="1")
    page = staff.get("/me").text
    rows = re.findall(r"<tr><td>.*?</tr>", page.partition("ログイン中の端末")[2], re.DOTALL)
    assert sum("この端末" in each for each in rows) == 1
    assert sum("ログインを続けている端末" in each for each in rows) == 1
    with console.desk.store() as store, store.writing() as writing:
        account = store.account_of("staff")
        assert account is not None
        (longest,) = [each for each in store.sessions_of(account.id) if each.is_kept]
        writing.put_session(dataclasses.replace(longest, opened_at=longest.opened_at - KEPT_DAYS))
    assert "ログインを続けている端末" not in staff.get("/me").text
    assert kept.client.get("/", follow_redirects=False).status_code == 303


def test_what_came_in_is_searched_by_its_name_and_its_sender_in_any_width(staff: Browser) -> None:
    everything = staff.get("/received").text.count("<tr>")
    assert everything > 3
    found = staff.get("/received?q=ｎｅｔｄｅｓｋ").text
    assert found.count("<tr>") == 2, "the head and one mail"
    assert "netdesk@surety.example" in found
    assert "該当する1件" in staff.text
    staff.get("/received?q=来ていない件名")
    assert "「来ていない件名」に該当するメールやファイルは届いていません" in staff.text


def test_the_search_of_what_came_in_reaches_every_mail_and_the_people_who_brought_files(
    console: Console, staff: Browser
) -> None:
    with console.desk.store() as store, store.writing() as writing:
        (mailbox,) = [each.name.partition(":")[2] for each in store.health_records() if each.name.startswith("mail:")]
        at = dt.datetime(2019, 4, 1, 9, 0, tzinfo=dt.UTC)
        writing.record_message(
            MessageRow(
                mailbox, 1, 1, Disposition.NOT_OURS, sender="古い@発注者", subject="ＯＬＤ番号", internal_date=at
            )
        )
        for uid in range(5_200):
            writing.record_message(MessageRow(mailbox, 2, uid + 1, Disposition.NOT_OURS, subject="あとから"))
        digest = Sha256("5" * 64)
        writing.record_file(FileRow("持込.pdf", 1, 1, 1, at, sha256=digest))
        writing.note(NoteEvent.UPLOADED, None, JIRO, {"file": "持込.pdf", "sha256": digest})
    assert "古い@発注者" in staff.get("/received?q=OLD番号").text
    assert "該当する1件" in staff.text
    assert "新しいものから300件" in staff.get("/received?q=あとから").text
    found = staff.get(f"/received?q={JIRO.by}").text
    assert "持込.pdf" in found


@pytest.mark.parametrize("typed", ["令和99年1月1日", "R99.1.1", "２０９９－０１－０１", "2117/1/1"])
def test_a_day_is_typed_as_people_write_it(console: Console, staff: Browser, typed: str) -> None:
    project = console.desk.office().outline.projects[0].id
    for path in ("/s/1", f"/projects/{project}"):
        staff.get(path)
        done = staff.post(f"{path}/memo", {"text": "この日に見る", "next_look": typed})
        assert done.status_code == 303, (path, typed, staff.text)
        staff.post(f"{path}/memo", {"text": "いま見る"})


def test_a_day_without_its_year_is_the_nearest_one_and_no_day_is_named(console: Console, staff: Browser) -> None:
    soon = console.desk.clock.now().astimezone(JST).date() + dt.timedelta(days=40)
    staff.get("/s/1")
    assert staff.post("/s/1/memo", {"text": "見る", "next_look": f"{soon.month}月{soon.day}日"}).status_code == 303
    with console.desk.store() as store:
        memo = store.submission(1).follow_ups.memo
        assert memo is not None
        assert memo.next_look == soon
    assert staff.post("/s/1/memo", {"text": "x", "next_look": "あさって"}).status_code == 422
    assert "「あさって」は日付として読めません" in staff.text
    assert staff.post("/s/1/memo", {"text": "いま見る"}).status_code == 303


def test_the_sheet_of_what_is_handed_in_leads_to_the_key_and_the_papers(console: Console) -> None:
    approver = console.browser("approver")
    approver.get("/s/2")
    assert approver.post("/s/2/hand-over", {"choice": "counter"}).status_code == 303
    page = approver.get("/s/2").text
    sheet = page.partition('class="card hand-in"')[2].partition("</section>")[0]
    assert 'href="/s/2/key"' in sheet
    assert approver.get("/s/2/key").status_code == 200


def test_a_pdf_out_of_a_mail_is_named_after_its_number_and_not_by_the_subject_of_the_mail(console: Console) -> None:
    """3 waits for its project, so it has no draft, which would name its papers."""
    approver = console.browser("approver")
    for path in ("/s/3/record", "/s/3/key", "/s/3"):
        approver.get(path)
        assert f"{UNKNOWN.number}.pdf" in approver.text, path
    assert approver.post("/s/3/original/0").status_code == 303
    given = approver.get("/s/3/original/0")
    assert given.headers["content-disposition"] == f"attachment; filename*=UTF-8''{UNKNOWN.number}.pdf"


@pytest.mark.parametrize(
    ("holds", "said"), [(True, "書き換えはありませんでした"), (False, "記録に食い違いがありました")]
)
def test_the_verification_begins_with_its_last_result(console: Console, holds: bool, said: str) -> None:
    auditor = console.browser("auditor")
    with console.desk.store() as store:
        note_verified(store, dt.datetime(2026, 11, 30, 8, 0, tzinfo=dt.UTC), holds=holds)
    auditor.get("/verify")
    assert "最後の検査：11/30（月）17:00" in auditor.text
    assert said in auditor.text


def test_a_fault_of_the_log_is_named_in_words(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = LogVerdict(9, None, None, "x", (LogFault("row_differs", "4"),), 1)
    monkeypatch.setattr(SqlStore, "verify", lambda *_: verdict)
    auditor = console.browser("auditor")
    auditor.get("/verify")
    assert auditor.post("/verify", {"head": ""}).status_code == 303
    page = auditor.get("/verify").text
    assert "row_differs" not in page
    assert "4" in page.partition("<ul>")[2].partition("</ul>")[0]
