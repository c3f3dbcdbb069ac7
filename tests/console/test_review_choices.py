"""Choices are pressed beside a free note: what was done, how it was handed in, why it ends or goes back."""

from __future__ import annotations

import pytest

from tests.console.conftest import SENT
from tests.support.console import Browser, Console
from tests.support.office import Mailroom
from tests.support.world import JIRO, START
from worker.console.review import CHOICES
from worker.core.messages import is_said, say
from worker.core.model import Receipt, ReceiptKind
from worker.core.states import Event, NoteEvent, State

SENT_ONE, WAITING, UNREGISTERED = 1, 2, 3
REPORT = Receipt(ReceiptKind.DELAYED, START, text="4.4.1", sender="postmaster@kawa.example")


@pytest.fixture(scope="module", autouse=True)
def sent(console: Console, room: Mailroom) -> None:
    """1, an advance payment whose invoice is handed in separately, was sent."""
    label = console.office.show(SENT_ONE)["label"]
    assert console.office("approve", label, "--by", "山田 花子", "--tick", "all", "--note", "照合済み").code == 0
    room.office.run_once()
    assert console.office.show(SENT_ONE)["state"] == "SENT", SENT


@pytest.fixture
def approver(console: Console) -> Browser:
    return console.browser("approver")


def noted(console: Console, number: int, event: Event | NoteEvent) -> str:
    """The words of the last entry of this kind."""
    with console.desk.store() as store:
        last = [each for each in store.entries(number) if each.event == event][-1]
    return str(last.detail.get("note") or last.detail["why"])


def test_what_was_chosen_and_typed_is_kept_when_the_form_comes_again(console: Console, approver: Browser) -> None:
    approver.get(f"/s/{SENT_ONE}")
    again = approver.post(f"/s/{SENT_ONE}/done", {"what": "99", "choice": "post", "note": "書留で"})
    assert again.status_code == 422
    assert 'name="choice" value="post" checked' in again.text
    assert 'name="note" maxlength="500" value="書留で"' in again.text


def test_what_is_done_is_recorded_by_two_presses(console: Console, approver: Browser) -> None:
    page = approver.get(f"/s/{SENT_ONE}").text
    form = page.partition(f'action="/s/{SENT_ONE}/done"')[2].partition("</form>")[0]
    assert 'name="what" value="1" required checked' in form, "the only one is chosen"
    assert "窓口に持参" in form
    done = approver.post(f"/s/{SENT_ONE}/done", {"what": "1", "choice": "counter"})
    assert done.headers["location"].endswith("said=recorded")
    assert noted(console, SENT_ONE, NoteEvent.DONE) == "窓口に持参"


def test_a_note_typed_beside_a_choice_stands_behind_it(console: Console, approver: Browser) -> None:
    approver.get(f"/s/{WAITING}")
    approver.post(f"/s/{WAITING}/return", {"choice": "mend_mail", "why": "工事番号が抜けています"})
    assert noted(console, WAITING, Event.RETURNED) == "件名・本文を直してください：工事番号が抜けています"


@pytest.mark.parametrize("act", ["return", "withdraw", "hand-over"])
def test_nothing_chosen_and_nothing_typed_opens_the_form_again(console: Console, approver: Browser, act: str) -> None:
    approver.get(f"/s/{UNREGISTERED}")
    again = approver.post(f"/s/{UNREGISTERED}/{act}", {"choice": ""})
    assert again.status_code == 422
    assert "選ぶか" in approver.text
    before = again.text.partition(f'action="/s/{UNREGISTERED}/{act}"')[0]
    assert before[before.rindex("<details") :].startswith('<details class="card" open>')
    with console.desk.store() as store:
        assert store.submission(UNREGISTERED).state is State.HELD


def test_a_choice_that_no_form_offers_is_no_note(console: Console, approver: Browser) -> None:
    approver.get(f"/s/{UNREGISTERED}")
    assert approver.post(f"/s/{UNREGISTERED}/withdraw", {"choice": "other"}).status_code == 422


def test_a_report_that_came_back_is_read_by_one_choice(console: Console, approver: Browser) -> None:
    with console.desk.store() as store, store.writing() as writing:
        writing.note(NoteEvent.CAME_BACK, SENT_ONE, JIRO, {}, {"unread": (REPORT,), "receipts": (REPORT,)})
    page = approver.get(f"/s/{SENT_ONE}").text
    assert 'name="choice" value="seen"' in page
    assert approver.post(f"/s/{SENT_ONE}/done", {"what": "2", "choice": "seen"}).status_code == 303
    assert noted(console, SENT_ONE, NoteEvent.DONE) == "内容を確認した"


def test_handed_over_it_is_recorded_by_a_press_and_ended_by_a_press(console: Console, approver: Browser) -> None:
    approver.get(f"/s/{UNREGISTERED}")
    assert approver.post(f"/s/{UNREGISTERED}/hand-over", {"choice": "fax"}).status_code == 303
    assert noted(console, UNREGISTERED, Event.HANDED_OVER) == "FAXで送付"
    page = approver.get(f"/s/{UNREGISTERED}").text
    assert 'name="choice" value="counter"' in page.partition('class="card hand-in"')[2]
    done = approver.post(
        f"/s/{UNREGISTERED}/confirm", {"outcome": "arrived", "choice": "counter", "note": "受付印あり"}
    )
    assert done.status_code == 303
    assert noted(console, UNREGISTERED, Event.CONFIRMED) == "窓口に持参：受付印あり"


def test_every_choice_has_its_words() -> None:
    words = [f"choice_{each}" for several in (*CHOICES.values(), ("seen", "other")) for each in several]
    assert [each for each in words if not is_said(each)] == []
    assert all(len(say(each, "ja")) <= 16 for each in words), "a phone shows two beside each other"
