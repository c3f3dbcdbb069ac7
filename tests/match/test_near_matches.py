"""Near matches are shown with their differences, and decide nothing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from tests.support.fakes import FakeReading
from tests.support.registered import CONTRACTOR, NOTICE, PDF, drafted, of_project
from tests.support.world import NUMBER
from worker.core.model import sha256
from worker.core.rulebook import Project
from worker.match.match import Unmatched, index_projects, match_project
from worker.match.near_matches import MOST, NearMiss, difference, near_misses, near_misses_of

SECOND = of_project(id="mihon/第2工区", name="市道みほん線第2工区整備工事", contract_numbers=())


def near(name: str, *projects: Project, number: str = "99999-999999") -> tuple[NearMiss, ...]:
    notice = replace(NOTICE, project_name=name, contract_number=number)
    return near_misses(notice, index_projects(projects, CONTRACTOR.name))


def test_a_name_that_differs_in_one_place_is_shown_with_that_place() -> None:
    name = "市道みほん線第3工区整備工事"
    assert near(name, SECOND) == (NearMiss(SECOND.id, SECOND.name, "第3工区≠第2工区"),)


def test_a_likeness_never_matches_however_near() -> None:
    notice = replace(NOTICE, project_name="市道みほん線第3工区整備工事", contract_number="99999-999999")
    assert match_project(notice, index_projects([SECOND], CONTRACTOR.name), None) == Unmatched()


@pytest.mark.process
def test_what_decides_does_not_even_load_what_compares() -> None:
    code = "import sys, worker.match; sys.exit('worker.match.near_matches' in sys.modules or 'difflib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "printed",
    ["12345-678902", "12345-678910", "1234-678901", "12345-6789011", "12345-687901", "12345-67890I"],
    ids=["another digit", "changed about", "left out", "put in", "two places changed about", "a letter like a digit"],
)
def test_a_number_that_one_slip_parts_is_shown(printed: str) -> None:
    project = of_project(name="まったく別の橋")
    assert near("道路改良工事", project, number=printed) == (NearMiss(project.id, project.name, f"{printed}≠{NUMBER}"),)


def test_a_number_two_slips_away_is_another() -> None:
    assert near("道路改良工事", of_project(name="まったく別の橋"), number="12345-678933") == ()


def test_a_name_of_another_kind_is_not_shown() -> None:
    assert near("下水道管渠更生業務委託", SECOND) == ()


def test_two_projects_of_one_name_are_shown_with_the_numbers_that_tell_them_apart() -> None:
    kaga = of_project(id="kaga/道路改良工事", issuer="kaga", contract_numbers=())
    assert near("道路改良工事", of_project(), kaga) == (
        NearMiss("mihon/道路改良工事", "道路改良工事", f"99999-999999≠{NUMBER}"),
        NearMiss("kaga/道路改良工事", "道路改良工事", ""),
    )


def test_two_projects_of_one_number_are_shown_with_how_their_names_differ() -> None:
    bridge = of_project(id="mihon/橋", name="橋梁補修工事")
    first, second = near("道路改良工事", of_project(), bridge, number=NUMBER)
    assert (first.project_id, first.differs) == (of_project().id, "")
    assert second.project_id == bridge.id
    assert "≠" in second.differs


def test_one_near_by_number_and_by_name_goes_before_one_near_by_number_alone() -> None:
    by_number = of_project(id="mihon/橋", name="橋梁補修工事", contract_numbers=("12345-678903",))
    both = of_project(id="mihon/道路", name="道路改良工事（その２）")
    assert near("道路改良工事", by_number, both, number="12345-678902") == (
        NearMiss(both.id, both.name, f"12345-678902≠{NUMBER}、事≠事(その2)"),
        NearMiss(by_number.id, by_number.name, "12345-678902≠12345-678903"),
    )


def test_at_most_five_are_shown_and_the_most_alike_come_first() -> None:
    many = [
        of_project(id=f"mihon/{number}", name=f"市道みほん線第{number}工区整備工事", contract_numbers=())
        for number in range(20, 40)
    ]
    found = near("市道みほん線第2工区整備工事", *many, SECOND)
    assert len(found) == MOST
    assert found[0].project_id == SECOND.id


def test_only_a_notice_that_no_one_project_took_is_compared() -> None:
    register = index_projects([of_project()], CONTRACTOR.name)
    notice = replace(NOTICE, contract_number="12345-678902", project_name="別の工事")
    unmatched = drafted(notice=notice).submission
    reading = FakeReading([unmatched], {sha256(PDF): notice})
    assert [each.project_id for each in near_misses_of(unmatched, reading, register)] == [of_project().id]
    assert near_misses_of(drafted().submission, reading, register) == ()
    assert (
        near_misses_of(replace(unmatched, notice=replace(unmatched.notice, pdf_sha256=None)), reading, register) == ()
    )


@pytest.mark.parametrize(
    ("printed", "registered", "shown"),
    [
        ("第2工区", "第3工区", "第2工区≠第3工区"),
        ("道路改良工事（その２）", "道路改良工事", "事(その2)≠事"),
        ("道路 改良工事", "道路改良工事", ""),
        ("", "橋", "≠橋"),
    ],
)
def test_a_difference_shows_both_sides_with_the_letters_beside_it(printed: str, registered: str, shown: str) -> None:
    assert difference(printed, registered) == shown


def test_a_long_difference_is_cut() -> None:
    assert "…" in difference("橋", "あ" * 200)
