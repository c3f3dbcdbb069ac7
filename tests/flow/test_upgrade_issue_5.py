"""An office of the last program that stored sentences continues: no state moves, and each of its answers counts.

``issue-5/`` was made in a checkout of commit e96e52b by the script ``make_issue_5.py`` of commit 0c0d3747: the
office of ``0.1.0/``, most of it held and approved once more. Its answers have the form of that program: a sentence, or
``code: value``.
"""

from __future__ import annotations

import datetime as dt
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.flow.test_upgrade import ANSWERED_IN_0_1_0, NAMES, Office, Snapshot, differences, servers
from tests.support.stores import open_store
from worker.core.model import Submission
from worker.core.old_sentences import old_detail
from worker.core.states import Reason, State
from worker.service.clock import SystemClock
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import create_or_migrate

__all__ = ["servers"]

KEPT = Path(__file__).parent / "issue-5"
HELD = {"approval", "timing", "eligibility_unknown", "contact_first"}
"""Submissions that wait with sentences of that program."""


@dataclass
class Course:
    """The office through its upgrade."""

    old: Snapshot
    migrated: Snapshot
    first: Snapshot
    second: Snapshot
    before: dict[str, Submission]
    after: dict[str, Submission]


def submissions(office: Office) -> dict[str, Submission]:
    store = open_store(office.store, SystemClock())
    found = {name: store.submission(number) for name, number in NAMES.items()}
    store.close()
    return found


@pytest.fixture(scope="module")
def course(servers: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    stored = lzma.decompress((KEPT / f"{FILE_NAME}.xz").read_bytes())
    office = Office(tmp_path_factory.mktemp("office"), *servers, stored=stored, head=KEPT / "head")
    office.lay_out()
    office.moment += dt.timedelta(minutes=20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemClock, "now", lambda _: office.moment)
        old = office.look()
        create_or_migrate(office.store)
        office.audit()
        migrated, before = office.look(), submissions(office)
        first = office.run()
        office.audit()
        second = office.run()
        office.audit()
        yield Course(old, migrated, first, second, before, submissions(office))


def test_the_kept_office_has_answers_for_every_reason_in_the_form_of_that_program(course: Course) -> None:
    answered = {
        answer.reason.value
        for each in course.before.values()
        if each.state is State.APPROVED
        for answer in each.answers
        if answer.params.is_text
    }
    assert answered >= set(ANSWERED_IN_0_1_0) - HELD - {"name_only"}  # its number is tied to the project by now
    assert {name for name in NAMES if course.before[name].state is State.HELD} >= HELD


def test_migrating_changes_no_row_and_no_entry(course: Course) -> None:
    assert course.migrated == replace(course.old, revision=course.migrated.revision)


def test_no_state_moves_and_no_approval_is_lost(course: Course) -> None:
    assert course.first.states() == course.old.states()
    assert [each.answers for each in course.after.values()] == [each.answers for each in course.before.values()]


def test_what_is_held_gets_its_codes_by_one_entry_and_nothing_else_changes(course: Course) -> None:
    changed = differences(course.old, course.first)
    assert changed.keys() >= HELD
    assert all(fields == {"reasons"} for fields in changed.values()), changed
    for name in changed:
        assert course.first.events(name, course.old) == ["Redrafted"]
    assert course.second.rows == course.first.rows


def test_each_hold_of_today_is_the_one_whose_sentence_was_stored(course: Course) -> None:
    for name in HELD:
        was = [(hold.reason, hold.params.old_text) for hold in course.before[name].reasons]
        assert [(hold.reason, old_detail(hold)) for hold in course.after[name].reasons] == was
        assert not any(hold.params.is_text for hold in course.after[name].reasons)


def test_an_old_hold_is_written_back_as_it_was(course: Course) -> None:
    rows = [json.dumps(row["reasons"]) for name, row in ((name, course.migrated.named(name)) for name in HELD)]
    assert all('"detail"' in row and '"params"' not in row for row in rows)
    assert Reason.APPROVAL in {hold.reason for hold in course.before["approval"].reasons}
