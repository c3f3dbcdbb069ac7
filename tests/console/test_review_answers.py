"""What the issuer says after a mail was sent: by a call, whose counterpart is offered next time, or by a reply."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.console import Console
from tests.support.office import Mailroom
from tests.support.world import JIRO, START
from worker.core.accounts import RIGHTS, Role
from worker.core.model import Receipt, ReceiptKind
from worker.core.states import NoteEvent, State

REPLY = Receipt(ReceiptKind.REPLY, START, text="受領しました。鈴木", sender="doboku@kawa.example")
ASKS = Receipt(ReceiptKind.REPLY, START, text="請求書の日付が違います。", sender="doboku@kawa.example")


@pytest.fixture(scope="module", autouse=True)
def sent(console: Console, room: Mailroom) -> None:
    for number in (1, 2):
        label = console.office.show(number)["label"]
        assert console.office("approve", label, "--by", "山田 花子", "--tick", "all", "--note", "照合済み").code == 0
    room.office.run_once()


@pytest.fixture(autouse=True)
def taken_back(console: Console) -> Iterator[None]:
    """Every test begins with mails that were sent and not confirmed."""
    yield
    staff = console.browser("staff")
    for number in (1, 2):
        staff.get(f"/s/{number}")
        staff.post(f"/s/{number}/correct", {"why": "次の試験のため"})


def receive(console: Console, number: int, *replies: Receipt) -> None:
    with console.desk.store() as store, store.writing() as writing:
        changes = {"unread": replies, "receipts": replies}
        writing.note(NoteEvent.CAME_BACK, number, JIRO, {}, changes)


def notes(console: Console, number: int) -> list[str]:
    with console.desk.store() as store:
        return [str(each.detail["note"]) for each in store.entries(number) if each.detail.get("note")]


def state(console: Console, number: int) -> State:
    with console.desk.store() as store:
        return store.submission(number).state


def test_a_call_offers_the_person_of_the_last_call_to_that_section(console: Console) -> None:
    staff = console.browser("staff")
    staff.get("/s/1")
    assert "前に話した方" not in staff.text
    done = staff.post("/s/1/confirm", {"outcome": "arrived", "whom": "土木課 田中様", "way": "phone"})
    assert done.headers["location"] == "/s/1?said=confirmed"
    assert notes(console, 1)[-1] == "土木課 田中様、電話"
    page = staff.get("/s/2").text
    assert 'name="known" value="土木課 田中様"' in page
    staff.post("/s/2/confirm", {"outcome": "arrived", "known": "土木課 田中様", "way": "counter", "note": "受付印あり"})
    assert notes(console, 2)[-1] == "土木課 田中様、窓口：受付印あり"


def test_a_call_without_a_person_is_the_form_again_with_what_was_typed(console: Console) -> None:
    staff = console.browser("staff")
    staff.get("/s/1")
    again = staff.post("/s/1/confirm", {"outcome": "later", "way": "mail", "call_again": "2099-11-30T10:00"})
    assert again.status_code == 422
    assert "相手方を入力するか、選んでください。" in staff.text
    assert 'value="2099-11-30T10:00"' in again.text
    assert state(console, 1) is not State.CONFIRMED


def test_a_slip_is_taken_back_from_the_sentence_about_it(console: Console) -> None:
    staff = console.browser("staff")
    staff.get("/s/1")
    done = staff.post("/s/1/confirm", {"outcome": "arrived", "whom": "田中様"})
    page = staff.get(done.headers["location"]).text
    head = page[: page.index('class="bar"')]
    assert "届いていることを記録しました。" in head
    assert 'action="/s/1/correct"' in head
    assert staff.post("/s/1/correct").status_code == 303
    assert state(console, 1) is not State.CONFIRMED


@pytest.mark.parametrize(("kind", "after"), [("received", State.CONFIRMED), ("returned", State.BOUNCED)])
def test_a_reply_is_recorded_by_one_press(
    console: Console, monkeypatch: pytest.MonkeyPatch, kind: str, after: State
) -> None:
    receive(console, 1, REPLY)
    staff = console.browser("staff")
    staff.get("/s/1")
    for words in ("受領しました。鈴木", "受領の返信", "届いていない・返却", "質問・指摘"):
        assert words in staff.text
    assert staff.post("/s/1/reply", {"kind": kind, "what": "1"}).status_code == 303
    assert state(console, 1) is after
    if after is State.BOUNCED:
        assert "次の操作は「承認」の方ができます：山田 花子" in staff.get("/s/1").text
        monkeypatch.setitem(RIGHTS, Role.APPROVER, RIGHTS[Role.STAFF])
        assert staff.get("/s/1").status_code == 200, "an office without an approver still reads it"
        assert "次の操作は「承認」の方ができます。いまは該当する方がいません" in staff.text
        assert staff.post("/s/1/confirm", {"outcome": "arrived", "whom": "田中様"}).status_code == 303


def test_a_question_keeps_the_state_and_needs_its_answer(console: Console) -> None:
    receive(console, 2, ASKS)
    before = state(console, 2)
    staff = console.browser("staff")
    staff.get("/s/2")
    assert staff.post("/s/2/reply", {"kind": "question", "what": "1"}).status_code == 422
    assert "質問・指摘の内容と対応" in staff.text
    given = {"kind": "question", "what": "1", "note": "請求日を確認、正しいと電話で回答"}
    assert staff.post("/s/2/reply", given).status_code == 303
    assert state(console, 2) is before
    assert notes(console, 2)[-1] == "質問・指摘：請求日を確認、正しいと電話で回答"
    staff.get("/s/2")
    assert "受領の返信" not in staff.text
    assert staff.post("/s/2/reply", given).status_code in {409, 422}


def test_what_a_reply_says_is_one_of_three(console: Console) -> None:
    staff = console.browser("staff")
    staff.get("/s/2")
    assert staff.post("/s/2/reply", {"kind": "other", "what": "1"}).status_code == 422
    assert staff.post("/s/999/reply", {"kind": "received"}).status_code == 404
