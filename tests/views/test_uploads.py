"""The stage of an uploaded file, by the time since its entry."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.world import START
from worker.core.model import Entry
from worker.core.states import NoteEvent
from worker.views.uploads import UploadStage, stage_of

ENTRY = Entry(1, START, NoteEvent.UPLOADED, None, "山田 花子", "x", {}, {}, "", "")


@pytest.mark.parametrize(
    ("later", "stage"),
    [(dt.timedelta(seconds=30), UploadStage.SOON), (dt.timedelta(minutes=3), UploadStage.LATE)],
)
def test_a_notice_that_is_not_read_within_minutes_is_late(later: dt.timedelta, stage: UploadStage) -> None:
    assert stage_of(ENTRY, None, START + later, is_notice=True, is_unfiled=False) is stage


def test_a_notice_from_before_the_clock_was_set_back_is_late_and_not_awaited_for_days() -> None:
    assert stage_of(ENTRY, None, START - dt.timedelta(days=2), is_notice=True, is_unfiled=False) is UploadStage.LATE
