"""The papers in the console: seen before an approval, without the key; the key and originals are recorded first."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
from PIL import Image

from tests.console.conftest import SENT, UNKNOWN, WAITS
from tests.support.console import Browser, Console
from tests.support.office import Mailroom, a_form, a_mail, notice
from worker.core.clock import Clock
from worker.core.errors import Unavailable
from worker.core.model import Entry
from worker.core.states import NoteEvent
from worker.read.pdf.picture import PAINT
from worker.read.ports import BROKEN_SANDBOX


def entries_of(console: Console, number: int, event: NoteEvent) -> list[Entry]:
    with console.desk.store() as store:
        return list(store.entries(number, [event]))


def link(browser: Browser, word: str) -> str:
    assert browser.last is not None
    found = re.search(rf'href="([^"]+)"[^>]*>{word}', browser.last.text)
    assert found, browser.text
    return found[1].replace("&amp;", "&")


def test_the_review_shows_each_page_as_a_picture_with_its_values_numbered(console: Console) -> None:
    browser = console.browser("approver")
    page = browser.get("/s/2").text
    assert 'src="/s/2/page/0/0.png"' in page
    assert 'srcset="/s/2/page/0/0.png?band"' in page
    assert re.search(r"<rect x=", page)
    for mark in "①②③④":
        assert page.count(mark) == 2, mark
    answer = browser.client.get("/s/2/page/0/0.png")
    assert answer.headers["content-type"] == "image/png"
    colours = Image.open(io.BytesIO(answer.content)).convert("RGB").getcolors(1_000_000)
    assert PAINT in {colour for _, colour in colours or ()}
    band = browser.client.get("/s/2/page/0/0.png?band")
    assert Image.open(io.BytesIO(band.content)).height < Image.open(io.BytesIO(answer.content)).height / 2


def test_the_pictures_of_two_notices_with_other_keys_are_equal_in_the_console_too(
    console: Console, room: Mailroom
) -> None:
    form = a_form("同じ工事")
    drawn = []
    for key in ("iiiiilllli1l", "WWWWWMMMMWWM"):
        room.deliver(a_mail("認証キー", ("a.pdf", notice(type(form)(**{**vars(form), "key": key})))))
        room.office.run_once()
        with console.desk.store() as store:
            number = max(each.id for each in store.submissions())
        answer = console.browser("staff").client.get(f"/s/{number}/page/0/0.png")
        assert answer.status_code == 200
        drawn.append(answer.content)
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("path", ["/s/2/page/0/9.png", "/s/2/page/7/0.png", "/s/2/page/7/0", "/s/999/page/0/0.png"])
def test_a_page_that_is_not_there_is_not_found(console: Console, path: str) -> None:
    assert console.browser("staff").get(path).status_code in {404, 422}


def test_an_administrator_sees_no_page_no_key_and_no_original(console: Console) -> None:
    browser = console.browser("admin")
    for path in ("/s/2", "/s/2/page/0/0.png", "/s/2/page/0/0", "/s/2/key", "/s/2/original/0"):
        assert browser.get(path).status_code == 403, path


def test_what_was_not_shown_is_not_approved(console: Console) -> None:
    browser = console.browser("approver")
    browser.get("/s/1")
    label = browser.label
    for shown in ("", "1.0", "0.1", "9.0", "0", "x", "0.0.0", "-1.0", " ", "0. 0"):
        answer = browser.post("/s/1/approve", {"label": label, "shown": shown, **ticks(browser)})
        assert answer.status_code == 422, shown
        assert "1ページ目をまだ表示していません" in browser.text, shown
        browser.get("/s/1")
    assert console.office.show(1)["state"] == "HELD"


def ticks(browser: Browser) -> dict[str, Any]:
    assert browser.last is not None
    return dict.fromkeys(re.findall(r'type="checkbox" name="([^"]+)"', browser.last.text), "1")


def test_loading_the_review_page_approves_nothing_without_javascript_either(console: Console) -> None:
    browser = console.browser("approver")
    page = browser.get("/s/1").text
    assert 'name="shown" value=""' in page
    forged = browser.get("/s/1?shown=0.0&seal=" + "0" * 64)
    assert 'name="shown" value=""' in forged.text


def test_a_page_opened_by_its_own_link_counts_as_shown_for_this_draft_and_session_alone(console: Console) -> None:
    browser = console.browser("approver")
    browser.get("/s/1")
    browser.post("/s/1/approve", {"label": browser.label, **ticks(browser)})
    browser.get(link(browser, "表示する"))
    back = link(browser, "確認しました")
    assert 'name="shown" value="0.0"' in browser.get(back).text
    assert 'name="shown" value=""' in console.browser("approver").get(back).text


def test_a_page_that_is_fetched_ahead_counts_for_nothing(console: Console) -> None:
    browser = console.browser("approver")
    browser.get("/s/1")
    links = re.findall(r'href="(/s/1/page/[0-9]+/[0-9]+)', browser.html)
    assert links
    for path in links:
        assert browser.client.get(path, headers={"sec-purpose": "prefetch"}).status_code == 200
    assert 'name="shown" value=""' in browser.get("/s/1").text


def test_a_view_is_recorded_once_a_person_and_day(console: Console) -> None:
    browser = console.browser("auditor")
    for _ in range(3):
        assert browser.get("/s/3").status_code == 200
    (entry,) = [each for each in entries_of(console, 3, NoteEvent.VIEWED) if each.account.startswith("auditor")]
    assert entry.by == "監査 太郎"
    before = console.office.show(3)
    console.browser("auditor").get("/s/3")
    assert console.office.show(3) == before
    assert "閲覧" not in browser.text.replace("閲覧の記録", ""), "the history is about the submission"


class Ahead:
    """A clock that is ahead of another."""

    def __init__(self, clock: Clock, seconds: int) -> None:
        self._clock = clock
        self._ahead = dt.timedelta(seconds=seconds)
        self.uptime = clock.uptime

    def now(self) -> dt.datetime:
        return self._clock.now() + self._ahead


def test_the_key_is_shown_after_it_was_recorded_and_nowhere_else(console: Console) -> None:
    browser = console.browser("staff")
    for path in ("/s/1", "/s/1/key", "/", "/s/1/page/0/0"):
        assert SENT.key not in browser.get(path).text, path
    assert not entries_of(console, 1, NoteEvent.KEY_SHOWN)
    browser.get("/s/1/key")
    assert browser.post("/s/1/key").headers["location"] == "/s/1/key"
    shown = browser.get("/s/1/key")
    assert SENT.key in shown.text
    seconds, _, then = shown.headers["refresh"].partition("; ")
    assert 115 <= int(seconds) <= 120, "the browser leaves it as the page says"
    assert then == "url=/s/1"
    (entry,) = entries_of(console, 1, NoteEvent.KEY_SHOWN)
    assert (entry.by, entry.account) == ("佐藤 次郎", "staff 127.0.0.1")
    assert SENT.key not in str(entry)
    assert SENT.key not in console.browser("approver").get("/s/1/key").text, "another person presses it again"
    for path in ("/s/1", "/s/1/page/0/0"):
        assert SENT.key not in browser.get(path).text, path


def test_an_auditor_gives_a_reason_for_the_key_and_for_an_original(console: Console) -> None:
    browser = console.browser("auditor")
    for path in ("/s/2/key", "/s/2/original/0"):
        browser.get("/s/2/key")
        assert browser.post(path).status_code == 422
        assert "必要な理由" in browser.text
        assert browser.post(path, {"why": "抽出検査"}).status_code == 303
    assert WAITS.key in browser.get("/s/2/key").text
    assert [each.detail for each in entries_of(console, 2, NoteEvent.KEY_SHOWN)] == [{"why": "抽出検査"}]


def test_an_original_is_given_as_a_file_after_it_was_recorded(console: Console) -> None:
    browser = console.browser("staff")
    assert browser.get("/s/3/original/0").status_code == 403
    browser.get("/s/3/key")
    done = browser.post("/s/3/original/0")
    answer = browser.client.get(done.headers["location"])
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    (entry,) = entries_of(console, 3, NoteEvent.DOWNLOADED)
    assert set(entry.detail) == {"file", "sha256"}
    assert browser.post("/s/3/original/5").status_code == 404


def test_the_commands_record_and_ask_for_a_reason_as_the_pages_do(console: Console) -> None:
    office, before = console.office, len(entries_of(console, 3, NoteEvent.KEY_SHOWN))
    shown = office("key", "3", "--by", "佐藤 次郎")
    assert shown.code == 0
    assert shown.out.strip() == UNKNOWN.key
    (entry,) = entries_of(console, 3, NoteEvent.KEY_SHOWN)[before:]
    assert entry.by == "佐藤 次郎"
    for name in ("key", "original"):
        refused = office(name, "3", "--by", "監査 太郎")
        assert refused.code != 0
        assert "必要な理由" in refused.err
    assert office("key", "3", "--by", "鈴木 一郎", "--why", "見たい").code != 0, "an administrator"
    assert office("original", "3", "--paper", "9", "--by", "佐藤 次郎").code != 0
    assert len(entries_of(console, 3, NoteEvent.KEY_SHOWN)) == before + 1


def test_a_machine_without_fonts_shows_the_text_with_the_key_masked(console: Console) -> None:
    console.desk.note_no_pictures(Unavailable(BROKEN_SANDBOX, "no Japanese font"))
    try:
        browser = console.browser("staff")
        page = browser.get("/s/1").text
        assert "文字で表示しています" in browser.text
        assert SENT.number in page
        assert SENT.key not in page
        assert 'data-page="0.0"' in page
        assert browser.get("/s/1/page/0/0.png").status_code == 503
        assert "文字で表示しています" in (browser.get("/s/1/page/0/0") and browser.text)
    finally:
        console.desk._no_pictures = None


def test_what_is_handed_in_otherwise_has_a_sheet_with_each_value_and_is_recorded_from_it(console: Console) -> None:
    assert console.office("hand-over", "3", "--by", "佐藤 次郎", "--note", "窓口へ持参").code == 0
    browser = console.browser("staff")
    page = browser.get("/s/3").text
    assert f'data-copy="{UNKNOWN.number}"' in page
    assert UNKNOWN.key not in page
    assert "印刷する" in page
    sheet = re.search(r'<section class="card hand-in">.*?</section>', page, re.DOTALL)
    assert sheet
    assert "提出を記録" in sheet[0]
    assert page.count('action="/s/3/confirm"') == 1
    assert browser.post("/s/3/confirm", {"outcome": "arrived", "note": "契約課 田中様"}).status_code == 303
    assert console.office.show(3)["state"] == "CONFIRMED"
    browser.get("/s/3/key")
    assert browser.post("/s/3/key").status_code == 422, "for what is finished a reason is asked"


def test_a_reload_of_the_page_of_the_key_gives_no_more_time(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = console.browser("staff")
    browser.get("/s/2/key")
    browser.post("/s/2/key")
    clock = console.desk.clock
    monkeypatch.setattr(console.desk, "clock", Ahead(clock, 100))
    again = browser.get("/s/2/key")
    assert WAITS.key in again.text
    assert int(again.headers["refresh"].partition(";")[0]) <= 20
    monkeypatch.setattr(console.desk, "clock", Ahead(clock, 121))
    over = browser.get("/s/2/key")
    assert WAITS.key not in over.text
    assert "refresh" not in over.headers
