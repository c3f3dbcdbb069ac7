"""Nothing that waits for a person is without its task, and what is done leaves none."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.overviews import Among
from tests.support.parts import with_fields
from tests.support.registered import PROJECT, PROJECT_OF_NUMBER, Register, arrived, of_project
from tests.support.tables import every_case
from tests.support.world import START
from worker.config.load import Configuration
from worker.core.model import JST, FollowUps, Hold, Product, Requested, Submission
from worker.core.rulebook import Invoice
from worker.core.states import Reason, State
from worker.views.commands import command_line
from worker.views.tasks import EXPECTED_AHEAD, Task, TaskKind, Urgency, open_tasks
from worker.views.today import Button, button_of

TODAY = START.date()
CALL = FollowUps(call_after=True, closes="call")
THEN = ("請求書の原本を契約課へ持参する",)


def configuration(*projects: Any) -> Configuration:
    return Register(projects=projects or (PROJECT_OF_NUMBER,)).active_config().configuration


def one(state: State, **changes: Any) -> Submission:
    """A submission of the registered project in ``state``."""
    known = {
        "project": PROJECT,
        "project_name": "道路改良工事",
        "issuer_name": "みほん町",
        "section_name": "土木課",
        "section_phone": "0557-00-0000",
        "sent_at": START,
    }
    return with_fields(arrived(), state=state, **{**known, **changes})


def tasks_of(*submissions: Submission, today: dt.date = TODAY, projects: tuple[Any, ...] = ()) -> tuple[Task, ...]:
    return open_tasks(Among(*submissions), configuration(*projects), dt.datetime.combine(today, dt.time(9), JST))


def kinds(*submissions: Submission, today: dt.date = TODAY) -> list[TaskKind]:
    return [each.kind for each in tasks_of(*submissions, today=today)]


def test_what_is_in_doubt_says_whom_to_call() -> None:
    asked = one(State.IN_DOUBT, issuer_name="川北町", section_name="土木課", section_phone="0761-00-0000")
    (task,) = tasks_of(asked)
    assert "川北町 土木課（0761-00-0000）" in task.text("ja")
    assert "自動では再送しません" in task.text("ja")


@pytest.mark.parametrize(
    ("state", "kind", "command"),
    [
        (State.ANNOUNCED, TaskKind.DOWNLOAD, "join"),
        (State.HELD, TaskKind.HELD, "approve"),
        (State.HANDED_OVER, TaskKind.HAND_IN, "confirm"),
        (State.IN_DOUBT, TaskKind.RESOLVE, "resolve"),
        (State.REFUSED, TaskKind.CORRECT, "resend"),
        (State.BOUNCED, TaskKind.CORRECT, "resend"),
    ],
)
def test_what_waits_for_a_person_is_one_task_with_the_command_that_goes_on(
    state: State, kind: TaskKind, command: str
) -> None:
    (task,) = tasks_of(one(state, reasons=(Hold(Reason.APPROVAL),) if state is State.HELD else ()))
    assert (task.kind, task.submission, command_line(task.action, "ja").split()[1]) == (kind, 1, command)
    assert all(task.texts)


def test_an_announcement_of_nobody_proven_is_a_task_that_says_so_and_warns_of_its_links() -> None:
    (unproven,) = tasks_of(one(State.ANNOUNCED, proven=False))
    (proven,) = tasks_of(one(State.ANNOUNCED, proven=True))
    assert "送信元未確認" in unproven.text("ja")
    assert "not proven" in unproven.text("en")
    assert "送信元未確認" not in proven.text("ja")


@pytest.mark.parametrize("state", [State.APPROVED, State.SENDING, State.CONFIRMED, State.WITHDRAWN])
def test_what_needs_nobody_is_no_task(state: State) -> None:
    assert tasks_of(one(state)) == ()


def test_a_held_one_says_the_next_step_of_what_must_be_mended_first() -> None:
    (task,) = tasks_of(one(State.HELD, reasons=(Hold(Reason.APPROVAL), Hold(Reason.NO_RECIPIENT))))
    assert task.text("ja") == "発注者に確認して登録"
    assert task.text("en") == "ask the issuer and register the address"


def test_an_issuer_that_wants_a_call_is_called_today_at_the_section_s_number() -> None:
    (task,) = tasks_of(one(State.SENT, duties=CALL))
    assert (task.kind, task.urgency) == (TaskKind.CALL, Urgency.TODAY)
    assert "0557-00-0000" in task.text("ja")
    assert "土木課" in task.text("en")


def test_a_call_without_a_registered_number_says_so() -> None:
    (task,) = tasks_of(one(State.SENT, duties=CALL, section_phone=""))
    assert "未登録" in task.text("ja")


def test_a_call_is_still_to_be_made_where_an_answer_would_close_it() -> None:
    assert kinds(one(State.DELIVERED, duties=FollowUps(call_after=True, closes="answer"))) == [TaskKind.CALL]


def test_one_that_waits_for_an_answer_is_shown_as_not_confirmed_and_presses_nobody() -> None:
    (task,) = tasks_of(one(State.SENT))
    assert (task.kind, task.urgency) == (TaskKind.UNCONFIRMED, Urgency.WATCH)


def test_no_answer_for_too_long_is_a_call_now() -> None:
    (task,) = tasks_of(one(State.OVERDUE))
    assert (task.kind, task.urgency) == (TaskKind.CALL, Urgency.NOW)


def test_one_that_nothing_closes_is_settled_after_the_days_of_its_rule_without_a_bounce() -> None:
    sent = one(State.SENT, duties=FollowUps(closes="none", settle_days=3))
    assert kinds(sent, today=TODAY + dt.timedelta(days=3)) == [TaskKind.UNCONFIRMED]
    assert kinds(sent, today=TODAY + dt.timedelta(days=4)) == []


def test_the_days_until_it_is_settled_are_counted_in_japan() -> None:
    late = dt.datetime(2026, 11, 21, 16, 0, tzinfo=dt.UTC)  # the 22nd in Japan
    sent = one(State.SENT, duties=FollowUps(closes="none", settle_days=0), sent_at=late)
    assert kinds(sent, today=late.astimezone(JST).date()) == [TaskKind.UNCONFIRMED]


@pytest.mark.parametrize("state", [State.SENT, State.CONFIRMED])
def test_what_remains_after_sending_stays_until_each_is_done(state: State) -> None:
    left = one(state, duties=FollowUps(closes="none", after=("一つ目", *THEN)), done=("一つ目",))
    task = next(each for each in tasks_of(left) if each.kind is TaskKind.REMAINING)
    assert task.text("ja") == THEN[0]
    assert command_line(task.action, "ja").startswith("hoshobin done 1 ")
    assert TaskKind.REMAINING not in kinds(replace(left, follow_ups=replace(left.follow_ups, done=("一つ目", *THEN))))


def test_a_call_that_is_to_come_puts_off_the_call_and_no_other_duty() -> None:
    later = dt.datetime.combine(TODAY, dt.time(15), JST)
    found = tasks_of(one(State.SENT, duties=FollowUps(after=THEN, call_after=True), call_again=later))
    assert {each.kind: each.urgency for each in found}.pop(TaskKind.REMAINING) is Urgency.SOON
    assert [each.text("ja") for each in found if each.kind is TaskKind.REMAINING] == [*THEN]
    (call,) = (each for each in found if each.kind is not TaskKind.REMAINING)
    assert call.text("ja").startswith("折返し待ち")
    assert call.urgency is Urgency.WATCH


@pytest.mark.parametrize("asked", [(), ("山田 花子",)])
def test_a_request_that_nobody_is_there_to_answer_is_no_other_persons_turn(asked: tuple[str, ...]) -> None:
    requested = Requested("佐藤 次郎", START, "d", asked)
    held = one(State.HELD, reasons=(Hold(Reason.APPROVAL),), draft_hash="d", requested=requested)
    (task,) = tasks_of(held)
    assert task.asked_by == ("佐藤 次郎" if asked else "")


@pytest.mark.parametrize("state", [State.HELD, State.BOUNCED, State.WITHDRAWN])
def test_what_comes_after_sending_is_no_task_while_it_is_not_sent(state: State) -> None:
    assert TaskKind.REMAINING not in kinds(one(state, duties=FollowUps(after=THEN)))


def test_a_hand_over_says_the_steps_of_its_rule() -> None:
    (task,) = tasks_of(one(State.HANDED_OVER, duties=FollowUps(instructions=("フォームを開く", "送信する"))))
    assert task.text("ja") == "フォームを開く 送信する"


def test_a_hand_over_with_a_key_that_a_later_one_followed_says_so_with_the_contract_number() -> None:
    void = one(State.HANDED_OVER, superseded_by=2, duties=FollowUps(instructions=("フォームを開く", "送信する")))
    (task,) = tasks_of(void)
    assert task.text("ja").startswith(
        f"保証契約番号 {void.notice.contract_number} には、後から別の認証キーのお知らせ（2）が"
    )
    assert f"under contract number {void.notice.contract_number} (2)" in task.text("en")
    assert task.kind is TaskKind.HAND_IN


def test_a_correction_closes_the_tasks_of_what_it_corrects() -> None:
    bounced, again = one(State.BOUNCED), one(State.SENT, id=2, corrects=1, duties=CALL)
    assert [each.submission for each in tasks_of(bounced, again)] == [2]


def test_a_correction_that_was_taken_back_opens_them_again() -> None:
    bounced, again = one(State.BOUNCED), one(State.WITHDRAWN, id=2, corrects=1)
    assert [each.submission for each in tasks_of(bounced, again)] == [1]


def test_a_deadline_that_has_come_makes_it_urgent_and_the_earlier_one_goes_first() -> None:
    held = [
        one(State.HELD, id=number, reasons=(Hold(Reason.APPROVAL),), duties=FollowUps(deadline=day))
        for number, day in ((1, None), (2, TODAY + dt.timedelta(days=9)), (3, TODAY + dt.timedelta(days=2)), (4, TODAY))
    ]
    found = tasks_of(*held)
    assert [each.submission for each in found] == [4, 3, 2, 1]
    assert [each.urgency for each in found] == [Urgency.NOW, *[Urgency.TODAY] * 3]


CONTRACT_DAY, INVOICE_DAY, LAST_DAY = (TODAY + dt.timedelta(days=days) for days in (-2, 6, 9))


@every_case(
    ("product", "known", "shown", "due"),
    [
        (Product.CONTRACT, {"dates": {"contract": CONTRACT_DAY}}, f"契約日 {CONTRACT_DAY}", None),
        (Product.ADVANCE, {"dates": {"contract": CONTRACT_DAY}}, f"契約日 {CONTRACT_DAY}", None),
        (Product.INTERIM, {"dates": {"contract": CONTRACT_DAY}}, "", None),
        (
            Product.ADVANCE,
            {"dates": {"contract": CONTRACT_DAY}, "invoices": INVOICE_DAY},
            f"請求日 {INVOICE_DAY}",
            None,
        ),
        (
            Product.INTERIM,
            {"dates": {"contract": CONTRACT_DAY}, "invoices": INVOICE_DAY},
            f"請求日 {INVOICE_DAY}",
            None,
        ),
        (Product.CONTRACT, {"dates": {"contract": CONTRACT_DAY}, "deadlines": LAST_DAY}, f"{LAST_DAY}", LAST_DAY),
        (Product.CONTRACT, {}, "", None),
    ],
)
def test_what_waits_shows_the_day_of_its_project_with_the_name_of_that_day(
    product: Product, known: dict[str, Any], shown: str, due: dt.date | None
) -> None:
    if "invoices" in known:
        known = known | {"invoices": {product: (Invoice("*.pdf", date=INVOICE_DAY),)}}
    if "deadlines" in known:
        known = known | {"deadlines": {product: LAST_DAY}}
    project_of = of_project(**{"dates": {}, **known})
    for state in (State.HELD, State.HANDED_OVER, State.ANNOUNCED):
        (task,) = tasks_of(one(state, product=product), projects=(project_of,))
        assert (task.due_text("ja"), task.due, task.days_over, task.urgency) == (shown, due, 0, Urgency.TODAY), state
    ruled = FollowUps(deadline=TODAY)
    (task,) = tasks_of(one(State.HELD, product=product, duties=ruled), projects=(project_of,))
    assert (task.due_text("ja"), task.urgency) == (TODAY.isoformat(), Urgency.NOW), "the rule's day goes first"


def test_what_waits_without_a_registered_project_shows_no_day() -> None:
    (task,) = tasks_of(one(State.HELD, project=None), projects=(of_project(dates={"contract": CONTRACT_DAY}),))
    assert task.due_text("ja") == ""


def test_an_expected_guarantee_names_the_contract_s_day_as_such() -> None:
    expecting = of_project(expects=(Product.CONTRACT,), dates={"contract": CONTRACT_DAY})
    (task,) = tasks_of(projects=(expecting,))
    assert task.due_text("ja") == f"契約日 {CONTRACT_DAY}（2日過ぎています）"
    assert task.due_text("en") == f"contract {CONTRACT_DAY} (2 days past)"


def test_a_deadline_presses_no_more_once_it_was_sent() -> None:
    (task,) = tasks_of(one(State.SENT, duties=FollowUps(deadline=TODAY)))
    assert (task.due, task.urgency) == (None, Urgency.WATCH)


# --- What the register expects ---------------------------------------------------------------------------------

FRIDAY = dt.date(2026, 12, 11)
"""With no holiday in the five working days before it."""


def expecting(*products: Product, **changes: Any) -> Any:
    return of_project(expects=products, **{"dates": {"contract": FRIDAY}, **changes})


def missing_on(today: dt.date, project: Any, *submissions: Submission) -> list[Task]:
    return list(tasks_of(*submissions, today=today, projects=(project,)))


def test_a_guarantee_that_is_not_here_five_working_days_before_its_date_is_a_task() -> None:
    assert EXPECTED_AHEAD == 5
    project = expecting(Product.CONTRACT)
    assert missing_on(dt.date(2026, 12, 3), project) == []
    (task,) = missing_on(dt.date(2026, 12, 4), project)
    assert (task.kind, task.due, task.product, task.project) == (TaskKind.EXPECTED, FRIDAY, Product.CONTRACT, PROJECT)
    assert task.urgency is Urgency.TODAY
    assert "契約保証" in task.text("ja")


def test_a_holiday_and_a_weekend_are_no_working_days() -> None:
    project = expecting(Product.CONTRACT, dates={"contract": dt.date(2026, 5, 8)})  # 29 April, 3 to 6 May
    assert missing_on(dt.date(2026, 4, 26), project) == []
    assert len(missing_on(dt.date(2026, 4, 27), project)) == 1


def test_on_the_day_itself_and_later_it_is_urgent() -> None:
    for day in (FRIDAY, FRIDAY + dt.timedelta(days=30)):
        (task,) = missing_on(day, expecting(Product.CONTRACT))
        assert task.urgency is Urgency.NOW


def test_a_guarantee_that_is_here_in_any_state_but_taken_back_is_not_missing() -> None:
    project = expecting(Product.CONTRACT)
    assert [each.kind for each in missing_on(FRIDAY, project, one(State.APPROVED))] == []
    assert [each.kind for each in missing_on(FRIDAY, project, one(State.WITHDRAWN))] == [TaskKind.EXPECTED]


def test_another_product_or_another_project_s_notice_does_not_count() -> None:
    project = expecting(Product.CONTRACT)
    for other in (one(State.APPROVED, product=Product.ADVANCE), one(State.APPROVED, project="mihon/別の工事")):
        assert [each.kind for each in missing_on(FRIDAY, project, other)] == [TaskKind.EXPECTED]


def test_an_advance_is_due_by_its_invoice_s_date_and_without_one_by_the_contract_s() -> None:
    later = FRIDAY + dt.timedelta(days=7)
    invoices = {Product.ADVANCE: (Invoice("a.pdf", date=later),)}
    assert missing_on(later, expecting(Product.ADVANCE, invoices=invoices))[0].due == later
    assert missing_on(later, expecting(Product.ADVANCE))[0].due == FRIDAY


def test_an_expected_guarantee_without_any_date_is_watched_and_says_which_date_is_missing() -> None:
    for project in (expecting(Product.CONTRACT, dates={}), expecting(Product.INTERIM)):
        (task,) = missing_on(FRIDAY, project)
        assert (task.kind, task.urgency, task.due) == (TaskKind.UNDATED, Urgency.WATCH, None)
        button, path, _ = button_of(task, "mihon")
        assert (button, path) == (Button.EDIT_PROJECT, f"/projects/{quote(task.project)}/edit"), "as its text says"
        assert "guarantee" in task.text("en")
        assert "保証" not in task.text("en")


def test_what_nobody_expects_is_never_missing() -> None:
    assert missing_on(FRIDAY, of_project(dates={"contract": FRIDAY})) == []


# --- What is stuck -----------------------------------------------------------------------------------------------


def test_what_a_server_puts_off_for_hours_is_a_task_with_its_words_and_the_phone() -> None:
    since = START - dt.timedelta(hours=5)
    put_off = one(State.APPROVED, deferrals=6, first_date=since, due_at=START, reply="450 4.2.0 try again later")
    (task,) = tasks_of(put_off)
    assert (task.kind, task.urgency, command_line(task.action, "ja")) == (
        TaskKind.STUCK,
        Urgency.TODAY,
        "hoshobin show 1",
    )
    assert "450 4.2.0 try again later" in task.text("ja")
    assert "みほん町 土木課（0557-00-0000）" in task.text("ja")


def test_what_was_put_off_a_moment_ago_goes_on_by_itself() -> None:
    assert tasks_of(one(State.APPROVED, deferrals=1, first_date=START, due_at=START)) == ()


def test_a_guarantee_that_is_not_here_is_due_by_its_projects_deadline() -> None:
    project = of_project(expects=(Product.CONTRACT,), deadlines={Product.CONTRACT: TODAY})
    (task,) = tasks_of(projects=(project,))
    assert (task.kind, task.due, task.urgency) == (TaskKind.EXPECTED, TODAY, Urgency.NOW)


# --- A project's memo ----------------------------------------------------------------------------------------


def _missing_with_memo(day: dt.date | None, due: dt.date) -> Task:
    store = Among()
    next_look = day.isoformat() if day else None
    memo = {"text": "保証会社に確認中", "by": "佐藤 次郎", "at": START.isoformat(), "next_look": next_look}
    store.properties[f"memo_of:{PROJECT}"] = json.dumps(memo)
    project = of_project(expects=(Product.CONTRACT,), deadlines={Product.CONTRACT: due})
    (task,) = open_tasks(store, configuration(project), dt.datetime.combine(TODAY, dt.time(9), JST))
    return task


def test_a_project_s_memo_with_a_day_lets_what_is_missing_rest_until_then_its_deadline_excepted() -> None:
    tomorrow = TODAY + dt.timedelta(days=1)
    resting = _missing_with_memo(tomorrow, due=tomorrow)
    assert (resting.kind, resting.urgency) == (TaskKind.EXPECTED, Urgency.WATCH)
    assert resting.text("ja") == f"メモ（次に見る日 {tomorrow:%-m/%-d}）：保証会社に確認中"
    assert _missing_with_memo(TODAY, due=tomorrow).urgency is Urgency.TODAY
    assert _missing_with_memo(None, due=tomorrow).urgency is Urgency.TODAY
    assert _missing_with_memo(tomorrow, due=TODAY).urgency is Urgency.NOW
