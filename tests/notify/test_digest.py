"""The digest of a working morning and the escalation: everything open, in order, with its command, and no key."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from tests.support.registered import drafted
from tests.support.world import KEY, START
from worker.core.business_hours import OfficeHours, usual_windows
from worker.core.model import JST, Product, Submission
from worker.notify.digest import (
    TASKS_LIMIT,
    by_project,
    digest_moment,
    escalates_at,
    escalation_cause,
    next_digest_moment,
    write_digest,
    write_escalation,
)
from worker.views.actions import Action, ActionKind, Input
from worker.views.tasks import Task, TaskKind, Urgency

HOURS = OfficeHours(usual_windows())
TUESDAY = dt.datetime(2026, 11, 24, 8, 30, tzinfo=JST)
HEAD = (42, "ab" * 32)


def task(project: str, urgency: Urgency, number: int | None = 1, **changes: Any) -> Task:
    made = Task(
        kind=TaskKind.CALL,
        project=f"mihon/{project}",
        project_name=project,
        issuer="みほん町",
        product=Product.CONTRACT,
        submission=number,
        texts=("電話で確認", "call"),
        due=None,
        action=Action(ActionKind.CONFIRM, number, (Input.BY, Input.WHOM_AND_WHEN)) if number else None,
        urgency=urgency,
    )
    return replace(made, **changes)


def touched(moment: dt.datetime) -> Submission:
    return replace(drafted().submission, updated_at=moment)


def test_every_open_task_stands_under_its_project_with_its_command() -> None:
    tasks = [
        task("橋梁補修工事", Urgency.NOW, 2, due=dt.date(2026, 11, 24)),
        task("道路改良工事", Urgency.TODAY, 1),
        task("橋梁補修工事", Urgency.WATCH, 3, action=None),
    ]
    subject, body = write_digest(tasks, HEAD, TUESDAY, rehearsing=False)
    assert subject == "【保証便】本日の対応一覧（3件、うち至急 1件）"
    assert body.split("\n\n")[1:3] == [
        (
            "■ 橋梁補修工事　／　みほん町\n"
            "　［至急］契約保証　番号 2　期限 2026-11-24\n"
            "　　すること：電話で確認\n"
            "　　コマンド：hoshobin confirm 2 --by 氏名 --note 相手方・日時\n"
            "　［経過観察］契約保証　番号 3\n"
            "　　すること：電話で確認"
        ),
        (
            "■ 道路改良工事　／　みほん町\n"
            "　［本日］契約保証　番号 1\n"
            "　　すること：電話で確認\n"
            "　　コマンド：hoshobin confirm 1 --by 氏名 --note 相手方・日時"
        ),
    ]
    assert body.startswith("2026年11月24日（火）現在、対応が必要な件は3件です（うち至急 1件）。")


def test_the_digest_carries_the_head_of_the_log_and_the_command_that_checks_it() -> None:
    _, body = write_digest([], HEAD, TUESDAY, rehearsing=False)
    assert f"確認済みの末尾番号（42件目）：{HEAD[1]}" in body
    assert f"hoshobin audit verify --head {HEAD[1]}" in body


def test_a_morning_without_tasks_says_so_as_silence_would_mean_nothing() -> None:
    subject, body = write_digest([], HEAD, TUESDAY, rehearsing=False)
    assert subject == "【保証便】本日の対応一覧（対応待ちはありません）"
    assert "保証便は正常に動いています" in body


def test_while_rehearsing_it_begins_with_that() -> None:
    for _, body in (write_digest([], HEAD, TUESDAY, rehearsing=True), write_escalation([], rehearsing=True)):
        assert body.startswith("リハーサル中です。")


def test_the_project_with_the_most_urgent_task_comes_first() -> None:
    tasks = [task("B", Urgency.NOW), task("A", Urgency.TODAY), task("B", Urgency.WATCH), task("A", Urgency.WATCH)]
    assert [[each.project_name for each in of_one] for of_one in by_project(tasks)] == [["B", "B"], ["A", "A"]]


def test_a_long_list_is_cut_and_counted() -> None:
    _, body = write_digest([task("A", Urgency.NOW)] * (TASKS_LIMIT + 7), HEAD, TUESDAY, rehearsing=False)
    assert body.count("すること") == TASKS_LIMIT
    assert "ほかに7件あります。`hoshobin tasks`" in body


def test_foreign_text_cannot_hide_and_no_key_is_said() -> None:
    _, body = write_digest([task("a\u202eb\r\nBcc: x", Urgency.NOW)], HEAD, TUESDAY, rehearsing=False)
    assert "■ a\\u{202E}b\\u{000D}\\u{000A}Bcc: x" in body
    assert KEY not in body


def test_there_is_a_digest_on_each_working_day_as_the_office_opens_and_on_no_other() -> None:
    assert digest_moment(HOURS, START) is None  # a Saturday
    assert digest_moment(HOURS, TUESDAY - dt.timedelta(days=1)) is None  # a holiday
    assert digest_moment(HOURS, TUESDAY.replace(hour=20)) == TUESDAY
    assert digest_moment(OfficeHours(), TUESDAY.replace(hour=1)) == TUESDAY
    assert next_digest_moment(HOURS, START) == TUESDAY
    assert next_digest_moment(HOURS, TUESDAY) == TUESDAY + dt.timedelta(days=1)


def test_what_is_urgent_and_untouched_escalates_after_a_working_day() -> None:
    friday = dt.datetime(2026, 11, 20, 10, 0, tzinfo=JST)
    assert escalates_at(task("A", Urgency.NOW), touched(friday), HOURS) == TUESDAY.replace(hour=10, minute=0)
    assert escalates_at(task("A", Urgency.TODAY), touched(friday), HOURS) is None


def test_what_became_urgent_by_its_day_counts_from_the_morning_of_that_day() -> None:
    due = task("A", Urgency.NOW, None, due=dt.date(2026, 11, 24))
    assert escalates_at(due, None, HOURS) == TUESDAY + dt.timedelta(days=1)
    assert escalates_at(replace(due, due=None), None, HOURS) is None


def test_two_things_to_do_are_two_causes() -> None:
    causes = {escalation_cause(each) for each in (
        task("A", Urgency.NOW), task("A", Urgency.NOW, 2), task("A", Urgency.NOW, None), task("B", Urgency.NOW, None),
        task("A", Urgency.NOW, kind=TaskKind.RESOLVE), task("A", Urgency.NOW, None, product=Product.ADVANCE),
    )}  # fmt: skip
    assert len(causes) == 6


def test_the_escalation_says_why_it_is_sent() -> None:
    subject, body = write_escalation([task("A", Urgency.NOW)], rehearsing=False)
    assert subject == "【保証便】至急：1営業日以内に対応されていない件があります（1件）"
    assert "1営業日を過ぎても対応が記録されていません" in body
    assert "hoshobin confirm 1" in body
