"""Only a number, or a name that the register declares unique, decides; a name alone proposes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from registered import NOTICE, NUMBER, of_project

from worker.match import Ambiguous, Match, Outcome, Proposed, Unmatched, index_projects, match_project
from worker.rulebook import Project

BRIDGE = of_project(id="mihon/橋梁補修工事", name="橋梁補修工事", contract_numbers=())
NAMED = of_project(contract_numbers=())


def found(
    *projects: Project, name: str = NOTICE.project_name, number: str = NUMBER, bound: str | None = None
) -> Outcome:
    notice = replace(NOTICE, project_name=name, contract_number=number)
    return match_project(notice, index_projects(projects), bound)


def test_the_registered_number_decides() -> None:
    assert found(of_project(), BRIDGE) == Match(of_project())


def test_the_registered_number_decides_whatever_the_name_says() -> None:
    bridge = replace(BRIDGE, contract_numbers=(NUMBER,))
    assert found(NAMED, bridge) == Match(bridge)


@pytest.mark.parametrize("written", ["１２３４５－６７８９０１", "12345 - 678901", "12345−678901", "12345－678901"])
def test_a_number_is_compared_by_the_match_key(written: str) -> None:
    project = of_project(contract_numbers=(written,))
    assert found(project) == Match(project)


def test_a_number_that_is_only_the_beginning_of_another_is_another() -> None:
    assert found(of_project(contract_numbers=(NUMBER + "A",)), name="別の工事") == Unmatched()


def test_a_number_registered_twice_decides_nothing() -> None:
    twice = of_project(), replace(BRIDGE, contract_numbers=(NUMBER,))
    assert found(*twice) == Ambiguous(twice)


def test_a_number_written_twice_in_one_project_is_one() -> None:
    project = of_project(contract_numbers=(NUMBER, f" {NUMBER}"))
    assert found(project) == Match(project)


def test_a_name_alone_only_proposes() -> None:
    assert found(NAMED, BRIDGE) == Proposed(NAMED)


def test_a_name_that_the_register_declares_unique_decides() -> None:
    assert found(replace(NAMED, by_name=True)) == Match(replace(NAMED, by_name=True))


def test_two_projects_of_one_name_decide_nothing_even_if_one_claims_to_be_unique() -> None:
    both = NAMED, replace(NAMED, id="kaga/道路改良工事", issuer="kaga", by_name=True)
    assert found(*both) == Ambiguous(both)


@pytest.mark.parametrize(
    ("registered", "printed"),
    [
        ("道路改良工事（その２）", "道路改良工事(その2)"),
        ("道路 改良　工事", "道路改良工事"),
        ("市道１号〜３号線", "市道1号～3号線"),
        ("ﾎﾟﾝﾌﾟ場", "ポンプ場"),
    ],
)
def test_a_name_is_compared_by_the_match_key(registered: str, printed: str) -> None:
    project = replace(NAMED, name=registered)
    assert found(project, name=printed) == Proposed(project)


@pytest.mark.parametrize("printed", ["道路改良", "道路改良工事その2", "道路改艮工事", ""])
def test_a_name_that_is_nearly_the_same_is_another(printed: str) -> None:
    assert found(NAMED, name=printed) == Unmatched()


def test_an_empty_register_knows_nothing() -> None:
    assert found() == Unmatched()


# --- What a person tied to the number ----------------------------------------------------------------------------


def test_a_number_that_a_person_tied_to_a_project_decides() -> None:
    assert found(NAMED, BRIDGE, bound=BRIDGE.id) == Match(BRIDGE)


def test_the_register_corrects_what_a_person_tied_earlier() -> None:
    assert found(of_project(), BRIDGE, bound=BRIDGE.id) == Match(of_project())


def test_two_projects_of_one_number_are_not_decided_by_what_was_tied_earlier() -> None:
    twice = of_project(), replace(BRIDGE, contract_numbers=(NUMBER,))
    assert found(*twice, bound=BRIDGE.id) == Ambiguous(twice)


def test_a_tie_to_a_project_that_is_gone_from_the_register_decides_nothing() -> None:
    assert found(NAMED, bound=BRIDGE.id) == Proposed(NAMED)
    assert found(BRIDGE, bound=NAMED.id) == Unmatched()


def test_a_tie_decides_between_two_projects_of_one_name() -> None:
    other = replace(NAMED, id="kaga/道路改良工事", issuer="kaga")
    assert found(NAMED, other, bound=other.id) == Match(other)
