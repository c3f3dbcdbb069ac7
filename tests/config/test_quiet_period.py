"""Changed configuration files count when they have looked the same for the time between two passes."""

from __future__ import annotations

from worker.config.quiet_period import REST_SECONDS, WRITTEN_SECONDS, Debounce, Stamp


def folder(*sizes: int) -> Stamp:
    return tuple((f"issuers/{at}.toml", size, at, 0, 0) for at, size in enumerate(sizes))


def looked(resting: Debounce, *looks: tuple[float, Stamp]) -> list[bool]:
    return [resting.has_rested(stamp, now) for now, stamp in looks]


def test_what_changes_at_every_look_has_never_rested() -> None:
    resting = Debounce()
    resting.take(folder(1))
    looks = [(at * REST_SECONDS, folder(at)) for at in range(2, 50)]
    assert looked(resting, *looks) == [False] * 48


def test_what_has_looked_the_same_for_the_time_between_two_passes_has_rested() -> None:
    resting = Debounce()
    resting.take(folder(1))
    assert looked(resting, (0, folder(2)), (REST_SECONDS - 0.1, folder(2)), (REST_SECONDS, folder(2))) == [
        False,
        False,
        True,
    ]


def test_two_looks_in_one_moment_are_no_rest() -> None:
    resting = Debounce()
    assert looked(resting, (0, folder(2)), (0.001, folder(2)), (0.002, folder(2))) == [False] * 3


def test_what_was_taken_or_refused_is_not_looked_at_again_until_it_changes() -> None:
    resting = Debounce()
    resting.take(folder(1))
    assert looked(resting, *((at * 60.0, folder(1)) for at in range(5))) == [False] * 5
    assert looked(resting, (400, folder(1, 7)), (500, folder(1, 7))) == [False, True]


def test_it_stays_rested_until_it_was_taken() -> None:
    """If the result of a reading could not be recorded, the next pass reads the file again."""
    resting = Debounce()
    assert looked(resting, (0, folder(2)), (10, folder(2)), (15, folder(2))) == [False, True, True]


def test_a_change_that_is_taken_back_is_none() -> None:
    resting = Debounce()
    resting.take(folder(1))
    looks = [(0.0, folder(2)), (10.0, folder(1)), (20.0, folder(2)), (21.0, folder(2))]
    assert looked(resting, *looks) == [False] * 4


def test_a_file_that_comes_or_goes_is_a_change() -> None:
    resting = Debounce()
    resting.take(folder(1, 1))
    assert looked(resting, (0, folder(1)), (10, folder(1))) == [False, True]
    resting.take(folder(1))
    assert looked(resting, (20, folder(1, 1, 1)), (30, folder(1, 1, 1))) == [False, True]


PROGRAM = "issuers/0.toml"


def test_a_file_that_the_program_wrote_is_due_at_once() -> None:
    resting = Debounce()
    resting.take(folder(1, 1))
    assert resting.is_due(folder(2, 1), 0, is_superseded=True, whole={PROGRAM})


def test_it_is_not_due_at_once_while_another_file_changes_or_if_it_was_changed_by_hand_since() -> None:
    resting = Debounce()
    resting.take(folder(1, 1))
    assert not resting.is_due(folder(2, 2), 0, is_superseded=True, whole={PROGRAM})
    assert not resting.is_due(folder(3, 1), 1, is_superseded=True, whole=())
    assert resting.is_due(folder(3, 1), 1 + REST_SECONDS, is_superseded=True, whole=())


def test_files_that_change_without_end_delay_what_the_program_wrote_for_a_minute_at_most() -> None:
    resting = Debounce()
    resting.take(folder(1, 1))
    looks = [(at * REST_SECONDS, folder(2, at)) for at in range(2, 40)]
    due = [now for now, stamp in looks if resting.is_due(stamp, now, is_superseded=True, whole={PROGRAM})]
    assert due[0] == looks[0][0] + WRITTEN_SECONDS


def test_the_minute_begins_again_after_the_folder_was_taken_and_ends_with_the_supersession() -> None:
    resting = Debounce()
    resting.take(folder(1, 1))
    assert not resting.is_due(folder(2, 2), 0, is_superseded=True, whole={PROGRAM})
    resting.take(folder(2, 3))
    assert not resting.is_due(folder(3, 4), WRITTEN_SECONDS, is_superseded=True, whole={PROGRAM})
    assert not resting.is_due(folder(3, 5), WRITTEN_SECONDS + 1, is_superseded=False, whole=())
    assert not resting.is_due(folder(3, 6), 2 * WRITTEN_SECONDS, is_superseded=True, whole={PROGRAM})
