"""A project's memo and who changed it last: found by the project, and by its later id."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.support.stores import make_store
from tests.support.world import HANAKO, JIRO, START
from worker.approve.project_notes import MEMO_LENGTH, follow_ids, keep_change, last_preparer, memo_of, note_project_memo
from worker.core.errors import NotAllowed
from worker.core.states import NoteEvent
from worker.store.ports import Store

ROAD, BRIDGE = "kawa/道路改良工事", "kawa/橋梁補修工事"
FRIDAY = dt.date(2026, 12, 4)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path)


def test_a_memo_is_an_entry_without_a_submission_that_names_person_project_and_day(store: Store) -> None:
    note_project_memo(store, ROAD, HANAKO, " 保証会社に　確認中 ", START, FRIDAY)
    (entry,) = store.entries(events=[NoteEvent.NOTED])
    assert (entry.submission, entry.by) == (None, HANAKO.by)
    assert entry.detail == {"project": ROAD, "note": "保証会社に 確認中", "next_look": "2026-12-04"}
    memo = memo_of(store, ROAD)
    assert memo is not None
    assert (memo.text, memo.by, memo.next_look) == ("保証会社に 確認中", HANAKO.by, FRIDAY)
    assert memo_of(store, BRIDGE) is None


def test_the_last_memo_counts_and_the_same_twice_is_one_entry(store: Store) -> None:
    for text in ("一つ目", "二つ目", "二つ目"):
        note_project_memo(store, ROAD, HANAKO, text, START)
    assert len(list(store.entries(events=[NoteEvent.NOTED]))) == 2
    memo = memo_of(store, ROAD)
    assert memo is not None
    assert memo.text == "二つ目"


@pytest.mark.parametrize("text", ["", "　 ", "長" * (MEMO_LENGTH + 1), "a\x07b"])
def test_a_text_that_is_no_line_is_refused(store: Store, text: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        note_project_memo(store, ROAD, HANAKO, text, START)
    assert refused.value.code == "memo_text"
    assert memo_of(store, ROAD) is None


def test_it_rests_until_its_day_begins_in_japan(store: Store) -> None:
    memo = note_project_memo(store, ROAD, HANAKO, "待つ", START, FRIDAY)
    assert memo.rests(dt.datetime(2026, 12, 3, 14, 59, tzinfo=dt.UTC))
    assert not memo.rests(dt.datetime(2026, 12, 3, 15, 0, tzinfo=dt.UTC))


def test_memo_and_last_change_follow_a_changed_id_also_if_two_are_exchanged(store: Store) -> None:
    note_project_memo(store, ROAD, HANAKO, "道路", START)
    note_project_memo(store, BRIDGE, HANAKO, "橋梁", START)
    with store.writing() as writing:
        keep_change(writing, [ROAD], JIRO, START)
        follow_ids(writing, {ROAD: BRIDGE, BRIDGE: ROAD})
    memos = [memo_of(store, each) for each in (ROAD, BRIDGE)]
    assert [each.text if each else "" for each in memos] == ["橋梁", "道路"]
    assert [last_preparer(store, None, each) for each in (ROAD, BRIDGE)] == ["", JIRO.by]


def test_a_deleted_project_leaves_nothing_to_a_later_one_of_its_name(store: Store) -> None:
    note_project_memo(store, ROAD, HANAKO, "道路", START)
    with store.writing() as writing:
        follow_ids(writing, {ROAD: ""})
    assert memo_of(store, ROAD) is None
