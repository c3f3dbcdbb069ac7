"""The boxes of a review: a box is known by what stands beside it, so that a tick goes with no other object."""

from __future__ import annotations

import dataclasses

from tests.support.registered import NOTICE, PROJECT_OF_NUMBER
from worker.core.model import Hold, Product, Submission
from worker.core.params import Params
from worker.core.states import Reason, State
from worker.views.review import Agreement, comparisons_of, ticks_of


def address(name: str) -> Hold:
    return Hold(Reason.FIRST_ADDRESS, params=Params(address=name))


def names(*holds: Hold) -> list[str]:
    return [each.name for each in ticks_of(Submission(1, State.HELD, reasons=holds))]


def test_a_box_keeps_its_name_while_its_object_is_the_same_and_another_object_has_another() -> None:
    kept, gone, new = (address(f"{name}@city.example") for name in ("kept", "gone", "new"))
    before, after = names(gone, kept), names(kept, new)
    assert before[1] == after[0]
    assert len({*before, *after}) == 3


def test_the_kind_of_guarantee_is_compared_with_those_that_the_project_needs() -> None:
    def finding(*expects: Product) -> Agreement:
        needed = dataclasses.replace(PROJECT_OF_NUMBER, expects=expects)
        lines = comparisons_of(Submission(1, State.HELD), NOTICE, needed, "")
        return next(each.finding for each in lines if each.heading == "h_product")

    assert NOTICE.product is Product.CONTRACT
    assert finding() is Agreement.NOT_REGISTERED
    assert finding(Product.CONTRACT, Product.ADVANCE) is Agreement.SAME
    assert finding(Product.ADVANCE) is Agreement.DIFFERS


def test_another_name_on_the_notice_is_compared_with_the_contractor_and_not_with_the_project() -> None:
    project = dataclasses.replace(
        PROJECT_OF_NUMBER,
        name="堤防工事",
        contractor="甲乙建設共同企業体",
        names_on_notice=(NOTICE.contractor_name, NOTICE.project_name),
    )
    lines = {each.heading: each for each in comparisons_of(Submission(1, State.HELD), NOTICE, project, "丙建設")}
    assert lines["h_contractor"].finding is Agreement.SAME
    assert lines["h_project"].finding is Agreement.DIFFERS
