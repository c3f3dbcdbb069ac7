"""The people at a section whom the office has spoken to are offered at the next call to that section."""

from __future__ import annotations

import dataclasses

import pytest

from tests.approve.test_decisions import Desk, desk, empty_database, refusal
from tests.support.world import HANAKO
from worker.approve import decisions
from worker.approve.counterparts import LENGTH, MOST, counterparts_of, remember_counterpart
from worker.core.model import Submission
from worker.core.rulebook import OFFICE

__all__ = ["desk", "empty_database"]


def call(desk: Desk, whom: str, note: str = "電話") -> Submission:
    return decisions.note_not_reached(desk.store, 1, HANAKO, note, None, whom)


def placed(submission: Submission, **place: object) -> Submission:
    return dataclasses.replace(submission, destination=dataclasses.replace(submission.destination, **place))


def test_a_call_keeps_the_person_in_its_note_and_apart(desk: Desk) -> None:
    desk.sent()
    decisions.confirm(desk.store, 1, HANAKO, "電話", None, "契約課　田中様")
    assert desk.entries(1)[-1].detail == {"note": "契約課 田中様、電話", "whom": "契約課 田中様", "confirmed_at": None}
    assert counterparts_of(desk.store, desk.store.submission(1)) == ("契約課 田中様",)


def test_the_last_person_is_the_first_and_each_is_there_once(desk: Desk) -> None:
    sent = desk.sent()
    for whom in ("田中様", "鈴木様", "", "田中様"):
        call(desk, whom)
    assert counterparts_of(desk.store, sent) == ("田中様", "鈴木様")
    for number in range(MOST + 1):
        call(desk, f"{number}番の方")
    assert len(counterparts_of(desk.store, sent)) == MOST


def test_another_section_and_the_office_of_another_project_have_their_own(desk: Desk) -> None:
    sent = desk.sent()
    call(desk, "田中様")
    assert counterparts_of(desk.store, placed(sent, section="keiyaku")) == ()
    assert counterparts_of(desk.store, placed(sent, issuer=None)) == ()
    offices = [placed(sent, section=OFFICE, project=each) for each in ("kawa/一", "kawa/二")]
    with desk.store.writing() as writing:
        remember_counterpart(writing, offices[0], "現場 佐藤様")
    assert [counterparts_of(desk.store, each) for each in offices] == [("現場 佐藤様",), ()]


@pytest.mark.parametrize("whom", ["あ" * (LENGTH + 1), "a\u202eb", "a\x00b"])
def test_a_name_that_is_no_line_is_refused_and_nothing_is_recorded(desk: Desk, whom: str) -> None:
    desk.sent()
    before = len(desk.entries(1))
    assert refusal(decisions.confirm, desk.store, 1, HANAKO, "電話", None, whom).code == "counterpart_text"
    assert refusal(call, desk, whom).code == "counterpart_text"
    assert len(desk.entries(1)) == before


def test_a_call_that_the_state_does_not_allow_keeps_no_name(desk: Desk) -> None:
    desk.arrive()
    assert refusal(decisions.confirm, desk.store, 1, HANAKO, "電話", None, "田中様").code == "not_in_this_state"
    assert counterparts_of(desk.store, desk.store.submission(1)) == ()
