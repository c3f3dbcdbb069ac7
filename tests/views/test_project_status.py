"""One row per project: an office sees at one look what is there, what is not, and what comes next."""

from __future__ import annotations

from typing import Any

from tests.support.overviews import Among
from tests.support.parts import with_fields
from tests.support.registered import PROJECT, Register, arrived, of_project
from tests.support.world import START
from worker.core.model import Product, Submission
from worker.core.states import State
from worker.views.project_status import Cell, Row, project_rows
from worker.views.tasks import TaskKind

TODAY = START.date()


def one(number: int, state: State, **changes: Any) -> Submission:
    return with_fields(arrived(), id=number, state=state, project=PROJECT, **changes)


def row_of(*submissions: Submission, **project: Any) -> Row:
    configuration = Register(projects=(of_project(**project),)).active_config().configuration
    (row,) = project_rows(Among(*submissions), configuration, START)
    return row


def contract_cell(*submissions: Submission, **project: Any) -> Cell:
    return row_of(*submissions, **project).cells[Product.CONTRACT]


def test_a_project_without_submissions_says_which_guarantees_it_expects() -> None:
    cells = row_of(expects=(Product.CONTRACT,)).cells
    assert [(cell.submission, cell.is_expected) for cell in cells.values()] == [
        (None, True), (None, False), (None, False),
    ]  # fmt: skip


def test_a_cell_speaks_of_the_newest_that_counts() -> None:
    old, taken_back = one(1, State.SENT), one(2, State.WITHDRAWN)
    cell = contract_cell(old, taken_back)
    assert cell.submission == old
    assert contract_cell(taken_back).submission == taken_back


def test_a_correction_stands_in_the_place_of_what_it_corrects() -> None:
    cell = contract_cell(one(1, State.BOUNCED), one(2, State.SENT, corrects=1))
    assert cell.submission is not None
    assert (cell.submission.id, cell.others) == (2, 0)


def test_a_second_guarantee_of_the_same_kind_is_counted() -> None:
    assert contract_cell(one(1, State.SENT), one(2, State.HELD, contract_number="12345-678902")).others == 1


def test_projects_of_one_name_and_issuer_say_so_and_others_do_not() -> None:
    again = of_project(id="mihon/道路改良工事#2", contract_numbers=("1-2",))
    bridge = of_project(id="mihon/橋梁補修工事", name="橋梁補修工事", contract_numbers=())
    configuration = Register(projects=(of_project(), again, bridge)).active_config().configuration
    assert [row.has_namesake for row in project_rows(Among(), configuration, START)] == [True, True, False]


def test_the_day_is_that_of_sending_in_japan() -> None:
    assert contract_cell(one(1, State.SENT, sent_at=START)).day == TODAY


def test_the_next_task_of_a_project_is_its_most_urgent() -> None:
    row = row_of(one(1, State.SENT), one(2, State.IN_DOUBT, product=Product.ADVANCE))
    assert row.next_task is not None
    assert row.next_task.kind is TaskKind.RESOLVE


def test_a_submission_of_no_registered_project_stands_in_no_row() -> None:
    assert contract_cell(with_fields(one(1, State.SENT), project="mihon/ほかの工事")).submission is None


def test_what_was_sent_stays_with_its_project_though_a_second_one_of_its_name_or_a_mended_name_changes_its_id() -> None:
    for changed in (f"{PROJECT}/12345-678901", "mihon/道路改良工事（その１）"):
        row = row_of(
            one(1, State.SENT, issuer="mihon"), id=changed, expects=(Product.CONTRACT,), dates={"contract": TODAY}
        )
        cell = row.cells[Product.CONTRACT]
        assert cell.submission is not None
        assert (cell.submission.id, row.next_task and row.next_task.kind) == (1, TaskKind.UNCONFIRMED)


def test_what_was_sent_for_a_project_that_is_gone_is_no_other_projects() -> None:
    for changed in ({"contract_number": "1", "issuer": "mihon"}, {"issuer": "yama"}):
        assert contract_cell(one(1, State.SENT, **changed), id="mihon/別の工事").submission is None
