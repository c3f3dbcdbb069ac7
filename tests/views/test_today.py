"""The list of work: each reason has the button that mends it, and everything without a project is one group."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.tables import every_case
from worker.core.accounts import RIGHTS, Right, Role
from worker.core.messages import is_said
from worker.core.model import Destination, Hold, NoticeRecord, Product, Submission
from worker.core.states import HoldKind, Reason, State, kind_of
from worker.views.tasks import Task, TaskKind, Urgency
from worker.views.today import MENDS, Button, Viewer, WorkCounts, awaits_approval, mend_of, way_to_mend


@every_case("reason", Reason)
def test_every_reason_has_the_button_that_mends_it_and_who_may_press_it(reason: Reason) -> None:
    button, right = mend_of([reason])
    assert is_said(f"button_{button.value}")
    assert right is (Right.DECIDE if kind_of(reason) is HoldKind.ANSWER else Right.PREPARE)
    assert any(right in RIGHTS[role] for role in Role)
    if kind_of(reason) is HoldKind.CORRECT:
        assert reason in MENDS, "a reason that a person corrects needs its own button"


def test_what_must_be_corrected_comes_before_what_an_approval_answers() -> None:
    assert mend_of([Reason.FIRST_ADDRESS, Reason.INVOICE_MISSING]) == (Button.CHOOSE_INVOICE, Right.PREPARE)
    assert mend_of([Reason.INVOICE_MISSING, Reason.UNKNOWN_PROJECT]) == (Button.REGISTER, Right.PREPARE)
    assert mend_of([Reason.UNKNOWN_PROJECT, Reason.KEY_DIFFERS]) == (Button.REVIEW, Right.PREPARE)
    assert mend_of([Reason.FIRST_ADDRESS]) == (Button.REVIEW, Right.DECIDE)


HELD = Submission(
    7,
    State.HELD,
    notice=NoticeRecord(product=Product.ADVANCE),
    destination=Destination(project="kawa/橋梁 補修工事", issuer="kawa"),
)
PATHS = {
    Button.REGISTER: "/projects/new?from=7",
    Button.EDIT_PROJECT: "/projects/kawa/%E6%A9%8B%E6%A2%81%20%E8%A3%9C%E4%BF%AE%E5%B7%A5%E4%BA%8B",
    Button.CHOOSE_INVOICE: (
        "/projects/kawa/%E6%A9%8B%E6%A2%81%20%E8%A3%9C%E4%BF%AE%E5%B7%A5%E4%BA%8B/papers?product=advance"
    ),
    Button.COMPLETE_RULE: "/issuers/kawa",
    Button.DROP_AGAIN: "/drop",
}


@pytest.mark.parametrize("reason", sorted(MENDS))
def test_a_held_submission_leads_to_the_page_that_mends_it(reason: Reason) -> None:
    way = way_to_mend(replace(HELD, reasons=(Hold(Reason.FIRST_ADDRESS), Hold(reason))))
    assert way == (None if MENDS[reason] is Button.REVIEW else (MENDS[reason], PATHS[MENDS[reason]]))


@pytest.mark.parametrize(
    "held",
    [
        replace(HELD, reasons=(Hold(Reason.FIRST_ADDRESS),)),
        replace(HELD, reasons=(Hold(Reason.KEY_DIFFERS), Hold(Reason.UNKNOWN_PROJECT))),
        replace(HELD, reasons=(Hold(Reason.MISSING_VALUE),), destination=Destination()),
        replace(HELD, reasons=(Hold(Reason.UNKNOWN_PROJECT),), state=State.WITHDRAWN),
    ],
)
def test_what_is_decided_on_its_own_page_or_belongs_to_none_leads_nowhere_else(held: Submission) -> None:
    assert way_to_mend(held) is None


def asked(urgency: Urgency, *reasons: Reason) -> Task:
    return Task(
        TaskKind.HELD, "kawa/橋梁", "橋梁", "川市", Product.CONTRACT, 7, ("", ""), None, None, urgency,
        reasons=reasons, asked_by="佐藤 次郎",
    )  # fmt: skip


@every_case(
    ("name", "may_decide", "waits"),
    [("佐藤　次郎", False, True), ("佐藤 次郎", True, True), ("田中 三郎", False, True), ("山田 花子", True, False)],
)
def test_a_requested_approval_waits_for_all_but_those_who_may_give_it(name: str, may_decide: bool, waits: bool) -> None:
    viewer = Viewer(name, may_decide)
    task = asked(Urgency.TODAY, Reason.APPROVAL, Reason.SECOND_PERSON)
    counted = WorkCounts((task,))
    assert viewer.waits_for_another(task) is waits
    assert awaits_approval(task, viewer) is not waits
    assert (counted.to_do(viewer), counted.to_approve(viewer)) == ((0, 0) if waits else (1, 1))


@every_case(
    "task",
    [
        asked(Urgency.NOW, Reason.APPROVAL),
        asked(Urgency.TODAY, Reason.APPROVAL, Reason.INVOICE_MISSING),
        replace(asked(Urgency.TODAY, Reason.APPROVAL), asked_by=""),
    ],
)
def test_what_presses_is_to_be_mended_or_was_not_asked_for_is_still_to_do_for_its_preparer(task: Task) -> None:
    viewer = Viewer("佐藤 次郎", may_decide=False)
    assert not viewer.waits_for_another(task)
    assert WorkCounts((task,)).to_do(viewer) == 1


@every_case("button", Button)
def test_every_button_has_its_word(button: Button) -> None:
    assert is_said(f"button_{button.value}")
