"""The list of work: each reason has the button that mends it, and everything without a project is one group."""

from __future__ import annotations

from tests.support.tables import every_case
from worker.core.accounts import RIGHTS, Right, Role
from worker.core.messages import is_said
from worker.core.states import HoldKind, Reason, kind_of
from worker.views.today import MENDS, Button, mend_of


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


@every_case("button", Button)
def test_every_button_has_its_word(button: Button) -> None:
    assert is_said(f"button_{button.value}")
