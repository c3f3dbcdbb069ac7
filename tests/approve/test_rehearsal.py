"""A rehearsal begins by a setting or a person, and ends by a person alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.approve.test_decisions import REHEARSING, Desk, desk, empty_database, refusal
from tests.support import decided
from tests.support.registered import REGISTER, REHEARSAL_TO, TO
from tests.support.world import HANAKO
from worker.approve import rehearsal
from worker.config.release import Mode
from worker.core.model import Address
from worker.core.states import NoteEvent, Reason, State
from worker.store.ports import REHEARSAL, Author
from worker.store.signs import rehearsing_to

__all__ = ["desk", "empty_database"]

OWN = Address("keiri@contractor.example")
OTHER = Address("hikae@contractor.example")
PROGRAM = Author("hoshobin", "test")


@pytest.mark.parametrize(
    ("setting", "decided_before", "to"),
    [
        (None, None, None),
        (OWN, None, OWN),
        (None, "on keiri@contractor.example", OWN),
        (OTHER, "on keiri@contractor.example", OTHER),
        (None, "off", None),
        (OWN, "off", OWN),
        (OWN, "off keiri@contractor.example", None),
        (OTHER, "off keiri@contractor.example", OTHER),
        (None, "off keiri@contractor.example", None),
    ],
)
def test_the_setting_and_the_last_decision_say_where_mail_goes(
    setting: Address | None, decided_before: str | None, to: Address | None, desk: Desk
) -> None:
    if decided_before is not None:
        with desk.store.writing() as writing:
            writing.set_property(REHEARSAL, decided_before)
    assert rehearsing_to(desk.store, setting) == to


def events(desk: Desk) -> list[str]:
    wanted = {NoteEvent.REHEARSAL_ON.value, NoteEvent.REHEARSAL_OFF.value}
    return [each.event for each in desk.store.entries() if each.event in wanted]


def test_an_older_store_takes_what_its_configuration_says_and_a_removed_line_ends_nothing(desk: Desk) -> None:
    rehearsal.record_setting(desk.store, OWN, PROGRAM)
    rehearsal.record_setting(desk.store, OWN, PROGRAM)
    rehearsal.record_setting(desk.store, None, PROGRAM)
    assert rehearsing_to(desk.store, None) == OWN
    assert events(desk) == ["RehearsalOn"]


def test_an_older_store_without_the_line_is_live_and_says_nothing(desk: Desk) -> None:
    rehearsal.record_setting(desk.store, None, PROGRAM)
    assert (desk.store.property(REHEARSAL), events(desk)) == ("off", [])


def test_a_person_ends_it_and_a_new_address_begins_it_again_with_an_entry(desk: Desk) -> None:
    rehearsal.record_setting(desk.store, OWN, PROGRAM)
    rehearsal.stop_rehearsals(desk.store, OWN, HANAKO)
    rehearsal.record_setting(desk.store, OWN, PROGRAM)
    assert rehearsing_to(desk.store, OWN) is None
    rehearsal.record_setting(desk.store, OTHER, PROGRAM)
    assert rehearsing_to(desk.store, OTHER) == OTHER
    assert events(desk) == ["RehearsalOn", "RehearsalOff", "RehearsalOn"]


def test_a_second_press_changes_nothing(desk: Desk) -> None:
    assert refusal(rehearsal.stop_rehearsals, desk.store, None, HANAKO).code == "live_before"
    assert rehearsal.start_rehearsals(desk.store, None, OWN, HANAKO) == OWN
    assert refusal(rehearsal.start_rehearsals, desk.store, None, OWN, HANAKO).code == "rehearsing_before"
    assert events(desk) == ["RehearsalOn"]


def test_what_was_approved_for_the_issuer_is_another_draft_once_the_rehearsal_is_on(desk: Desk) -> None:
    desk.arrive()
    approved = desk.approve(1)
    rehearsal.start_rehearsals(desk.store, None, OWN, HANAKO)
    fresh = decided.reevaluate(approved, REGISTER.active_config(), desk.store, desk.clock.now()).submission
    assert fresh.state is State.HELD
    assert fresh.composed.draft is not None
    assert (fresh.composed.draft.to, fresh.is_rehearsal) == ((OWN,), True)


def test_a_rehearsed_draft_is_approved_for_the_issuer_only_when_the_rehearsal_is_over(desk: Desk) -> None:
    desk.arrive(REHEARSING)
    rehearsed = replace(desk.store.submission(1).delivery, rehearsals=1, rehearsed_to=(REHEARSAL_TO,))
    with desk.store.writing() as writing:
        writing.note(NoteEvent.CAME_BACK, 1, HANAKO, {}, {"rehearsals": rehearsed.rehearsals})
    rehearsal.stop_rehearsals(desk.store, REHEARSAL_TO, HANAKO)
    assert refusal(desk.approve, 1, REHEARSING).code == "draft_differs"
    assert desk.approve(1, REHEARSING).composed.draft.to == (TO,)  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", Mode)
def test_what_waits_to_be_sent_as_a_rehearsal_is_held_once_it_ends_in_every_mode(desk: Desk, mode: Mode) -> None:
    register = replace(REHEARSING, mode=mode)
    rehearsal.record_setting(desk.store, REHEARSAL_TO, PROGRAM)
    arrived = desk.arrive(register)
    waiting = desk.approve(1, register) if arrived.state is State.HELD else arrived
    assert (waiting.state, waiting.is_rehearsal) == (State.APPROVED, True)
    rehearsal.stop_rehearsals(desk.store, REHEARSAL_TO, HANAKO)
    fresh = decided.reevaluate(waiting, register.active_config(), desk.store, desk.clock.now()).submission
    assert (fresh.state, fresh.is_rehearsal) == (State.HELD, False)
    assert [each.reason for each in fresh.reasons] == [Reason.CHANGED]
