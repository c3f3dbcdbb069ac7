"""An approval names each open reason that a person confirms, whatever the way it comes by."""

from __future__ import annotations

from dataclasses import replace

from tests.support.registered import arrived
from tests.support.tables import every_case
from worker.approve.checked_reasons import mark_of_hold, reasons_to_check, unchecked
from worker.core.model import Hold
from worker.core.states import HoldKind, Reason, kind_of

BY_THE_APPROVAL = {Reason.APPROVAL, Reason.SECOND_PERSON}


@every_case("reason", tuple(Reason))
def test_every_reason_that_an_approval_answers_is_confirmed_by_itself(reason: Reason) -> None:
    hold, other = Hold(reason), Hold(Reason.RETURNED if reason is not Reason.RETURNED else Reason.TIMING)
    held = replace(arrived(), reasons=(other, hold))
    is_asked = kind_of(reason) is HoldKind.ANSWER and reason not in BY_THE_APPROVAL
    assert (hold in reasons_to_check(held)) is is_asked
    left = unchecked(held, {mark_of_hold(other)})
    assert left == (((1, hold),) if is_asked else ())
    assert unchecked(held, {mark_of_hold(other), mark_of_hold(hold)}) == ()


def test_another_value_in_the_sentence_needs_another_tick() -> None:
    first, then = (Hold.of(Reason.FIRST_ADDRESS, "", address=each) for each in ("a@mihon.example", "b@mihon.example"))
    held = replace(arrived(), reasons=(first, then))
    assert mark_of_hold(first) != mark_of_hold(then)
    assert unchecked(held, {mark_of_hold(first)}) == ((1, then),)
