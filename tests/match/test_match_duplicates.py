"""The same notice by two ways is one submission while the first has not left; afterwards a person judges."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.fakes import FakeReading
from tests.support.parts import with_fields
from tests.support.registered import NOTICE, PDF, arrived
from tests.support.tables import every_case
from tests.support.world import START
from worker.core.model import Answer, Hold, Key, Product, Sha256, Source, Submission, Unreadable, sha256
from worker.core.states import WAITING, Reason, State
from worker.match.match import (
    KnownNotice,
    NewNotice,
    announce,
    find_later,
    hold_without_notice,
    join_notice,
    receive_notice,
    receive_unreadable,
)

FOLDER = Source("folder", "お知らせ.pdf", "", None, proven=True)
MAIL = Source("mail:main", "発行完了のお知らせ", "<a@east.example>", Sha256("a" * 64), proven=False)
FIRST, SECOND, THIRD = sha256(PDF), sha256(b"%PDF-1.4 second"), sha256(b"%PDF-1.4 third")
AMENDED = replace(NOTICE, key=Key("ZzYyXxWw0099"))
NOT_HANDED_IN = WAITING | {State.HANDED_OVER}
GONE = [state for state in State if state not in NOT_HANDED_IN]


def here(state: State, **changes: object) -> Submission:
    return with_fields(arrived(state=state), **changes)


def stranger(state: State, **changes: object) -> Submission:
    """One whose sender is not proven."""
    return here(state, **{"proven": False, **changes})


def test_a_first_notice_is_a_new_submission_that_says_how_it_came() -> None:
    outcome = receive_notice(NOTICE, FIRST, MAIL, FakeReading())
    assert isinstance(outcome, NewNotice)
    new = outcome.submission
    assert (new.state, new.source.came_by, new.source.source_name, new.source.source_message_id) == (
        State.HELD,
        "mail:main",
        "発行完了のお知らせ",
        "<a@east.example>",
    )
    assert (new.source.proven, new.notice.pdf_sha256, new.source.mail_sha256) == (False, FIRST, MAIL.mail_sha256)
    assert (new.notice.guarantor, new.notice.product, new.notice.contract_number) == (
        "east",
        Product.CONTRACT,
        NOTICE.contract_number,
    )
    assert (new.follows, outcome.superseded) == (None, ())


@every_case("state", State)
def test_the_same_bytes_are_never_a_second_submission(state: State) -> None:
    known = FakeReading([here(state)], {FIRST: NOTICE})
    assert receive_notice(NOTICE, FIRST, MAIL, known) == KnownNotice(known.held[0])


@pytest.mark.parametrize("state", sorted(NOT_HANDED_IN))
def test_other_bytes_of_the_same_notice_add_nothing_while_the_first_has_not_left(state: State) -> None:
    known = FakeReading([here(state)], {FIRST: NOTICE})
    assert receive_notice(NOTICE, SECOND, FOLDER, known) == KnownNotice(known.held[0])


@every_case("state", GONE)
def test_other_bytes_of_the_same_notice_name_the_first_once_it_may_have_left(state: State) -> None:
    known = FakeReading([here(state)], {FIRST: NOTICE})
    outcome = receive_notice(NOTICE, SECOND, FOLDER, known)
    assert isinstance(outcome, NewNotice)
    assert (outcome.submission.follows, outcome.superseded) == (1, ())


@every_case("state", State)
def test_the_same_number_with_another_key_names_the_one_before_and_supersedes_it_if_it_has_not_left(
    state: State,
) -> None:
    known = FakeReading([here(state)], {FIRST: NOTICE})
    outcome = receive_notice(AMENDED, SECOND, FOLDER, known)
    assert isinstance(outcome, NewNotice)
    assert outcome.submission.follows == 1
    assert [each.id for each in outcome.superseded] == ([1] if state in {State.HELD, State.APPROVED} else [])


def test_an_amended_notice_follows_what_the_issuer_has_and_not_a_copy_that_was_taken_back() -> None:
    first, copy = here(State.SENT), here(State.WITHDRAWN, id=2, pdf_sha256=SECOND, follows=1)
    known = FakeReading([first, copy], {FIRST: NOTICE, SECOND: NOTICE})
    outcome = receive_notice(AMENDED, THIRD, FOLDER, known)
    assert isinstance(outcome, NewNotice)
    assert outcome.submission.follows == 1


def test_a_copy_of_an_amended_notice_is_known_by_its_own_key() -> None:
    first, amended = here(State.SENT), here(State.HELD, id=2, pdf_sha256=SECOND, follows=1)
    known = FakeReading([first, amended], {FIRST: NOTICE, SECOND: AMENDED})
    assert receive_notice(AMENDED, THIRD, FOLDER, known) == KnownNotice(amended)


def test_the_same_number_of_another_guarantor_is_another_guarantee() -> None:
    known = FakeReading([here(State.SENT, guarantor="west")], {FIRST: replace(NOTICE, guarantor="west")})
    outcome = receive_notice(NOTICE, SECOND, FOLDER, known)
    assert isinstance(outcome, NewNotice)
    assert outcome.submission.follows is None


def test_of_several_before_it_the_newest_is_named() -> None:
    known = FakeReading([here(State.SENT), here(State.SENT, id=2, pdf_sha256=SECOND)], {FIRST: NOTICE, SECOND: AMENDED})
    outcome = receive_notice(replace(NOTICE, key=Key("QqQqQqQq1111")), THIRD, FOLDER, known)
    assert isinstance(outcome, NewNotice)
    assert outcome.submission.follows == 2


# --- What could not be read --------------------------------------------------------------------------------------

SCAN = Unreadable(Reason.NO_TEXT, "1 page")


def test_a_file_that_cannot_be_read_is_held_for_its_refusal() -> None:
    outcome = receive_unreadable(SCAN, FIRST, FOLDER, FakeReading())
    assert isinstance(outcome, NewNotice)
    refusal = Hold.of(Reason.NO_TEXT, found="1 page")
    assert (outcome.submission.state, outcome.submission.notice.refusal) == (State.HELD, refusal)
    assert outcome.submission.reasons == (refusal,)


def test_the_same_unreadable_file_is_held_once() -> None:
    held = hold_without_notice(Hold(Reason.NO_TEXT), FIRST, FOLDER)
    assert receive_unreadable(SCAN, FIRST, MAIL, FakeReading([held])) == KnownNotice(held)


def test_a_notice_that_can_be_read_after_its_refusal_was_withdrawn_is_not_passed_over() -> None:
    """A guarantor's profile was added meanwhile: nothing here has ever held this notice."""
    withdrawn = replace(hold_without_notice(Hold(Reason.NOT_A_NOTICE), FIRST, FOLDER), id=1, state=State.WITHDRAWN)
    outcome = receive_notice(NOTICE, FIRST, FOLDER, FakeReading([withdrawn]))
    assert isinstance(outcome, NewNotice)
    waiting = replace(withdrawn, state=State.HELD)
    assert receive_notice(NOTICE, FIRST, FOLDER, FakeReading([waiting])) == KnownNotice(waiting)


def test_an_announcement_opens_a_task() -> None:
    announced = announce("east", MAIL)
    assert (announced.state, announced.notice.guarantor, announced.notice.pdf_sha256) == (State.ANNOUNCED, "east", None)
    assert announced.source.source_message_id == "<a@east.example>"


# --- What an announcement opened ---------------------------------------------------------------------------------

ANNOUNCED = replace(announce("east", MAIL, ("ログイン", "印刷")), id=2, version=7)


def test_an_announcement_keeps_the_steps_to_its_notice() -> None:
    assert ANNOUNCED.follow_ups.duties.instructions == ("ログイン", "印刷")


def test_a_joined_notice_goes_on_under_the_number_and_the_message_of_its_announcement() -> None:
    outcome = receive_notice(AMENDED, SECOND, FOLDER, FakeReading([here(State.SENT)], {FIRST: NOTICE}))
    assert isinstance(outcome, NewNotice)
    joined = join_notice(ANNOUNCED, outcome.submission, FakeReading([here(State.SENT)]))
    assert (joined.id, joined.version, joined.source.source_message_id) == (2, 7, "<a@east.example>")
    assert (joined.source.came_by, joined.source.proven, joined.notice.pdf_sha256, joined.follows) == (
        "folder",
        True,
        SECOND,
        1,
    )
    assert joined.came_after == (1,)


def test_of_a_joined_one_and_those_before_it_the_joined_one_came_last_though_its_id_is_lower() -> None:
    """Announced as 2; the first notice came as 3, then the amended one was joined to 2."""
    first = here(State.HELD, id=3)
    joined = here(State.HELD, id=2, pdf_sha256=SECOND, follows=3, came_after=(3,))
    known = FakeReading([first, joined], {FIRST: NOTICE, SECOND: AMENDED})
    assert find_later(first, NOTICE, known) == 2
    assert find_later(joined, AMENDED, known) is None
    outcome = receive_notice(replace(NOTICE, key=Key("QqQqQqQq1111")), THIRD, FOLDER, known)
    assert isinstance(outcome, NewNotice)
    assert (outcome.submission.follows, [each.id for each in outcome.superseded]) == (2, [2, 3])


# --- A later one that came while this one was at the mail server -------------------------------------------------


def later_of(first: Submission, *others: Submission, **notices: object) -> int | None:
    return find_later(first, NOTICE, FakeReading([first, *others], {FIRST: NOTICE, SECOND: AMENDED, THIRD: NOTICE}))


def test_a_later_notice_of_another_key_is_found_though_this_one_was_being_sent() -> None:
    assert later_of(here(State.SENDING), here(State.HELD, id=2, pdf_sha256=SECOND, follows=1)) == 2


@pytest.mark.parametrize(
    "other",
    [
        here(State.HELD, id=2, pdf_sha256=THIRD),
        here(State.HELD, id=2, pdf_sha256=SECOND, guarantor="west"),
        here(State.WITHDRAWN, id=2, pdf_sha256=SECOND),
        here(State.HELD, id=2, pdf_sha256=SECOND, corrects=1),
        here(State.HELD, id=0, pdf_sha256=SECOND),
    ],
    ids=["a copy", "another guarantor", "withdrawn", "a correction", "an earlier one"],
)
def test_what_is_no_later_guarantee_supersedes_nothing(other: Submission) -> None:
    assert later_of(here(State.APPROVED), other) is None


def test_what_follows_a_notice_is_not_superseded_by_it() -> None:
    assert later_of(here(State.HELD, follows=2), here(State.SENT, id=2, pdf_sha256=SECOND)) is None


def test_the_same_key_under_another_product_supersedes_nothing() -> None:
    other_product = replace(NOTICE, product=Product.ADVANCE)
    known = FakeReading([here(State.HELD)], {FIRST: NOTICE})
    outcome = receive_notice(other_product, SECOND, FOLDER, known)
    assert isinstance(outcome, NewNotice)
    assert (outcome.submission.follows, outcome.superseded) == (1, ())


def test_a_later_notice_that_was_withdrawn_supersedes_nothing_any_more() -> None:
    first, later = here(State.HELD), here(State.HELD, id=2, pdf_sha256=SECOND, follows=1)
    notices = {FIRST: NOTICE, SECOND: AMENDED}
    assert find_later(first, NOTICE, FakeReading([first, later], notices)) == 2
    withdrawn = replace(later, state=State.WITHDRAWN)
    assert find_later(first, NOTICE, FakeReading([first, withdrawn], notices)) is None


# --- A stranger's, and what is proven ----------------------------------------------------------------------------

ANSWERED = (Answer(Reason.SENDER_UNPROVEN, "", "山田 花子", "hanako", START),)


@pytest.mark.parametrize("state", [State.HELD, State.APPROVED, State.HANDED_OVER, State.SENT, State.CONFIRMED])
def test_what_is_not_proven_supersedes_nothing_that_is_and_follows_it(state: State) -> None:
    for sender_auth in (here(state, proven=True), stranger(state, answers=ANSWERED)):
        outcome = receive_notice(AMENDED, SECOND, MAIL, FakeReading([sender_auth], {FIRST: NOTICE}))
        assert isinstance(outcome, NewNotice)
        assert (outcome.submission.follows, outcome.superseded) == (1, ())


def test_a_strangers_supersedes_a_strangers() -> None:
    outcome = receive_notice(AMENDED, SECOND, MAIL, FakeReading([stranger(State.HELD)], {FIRST: NOTICE}))
    assert isinstance(outcome, NewNotice)
    assert [each.id for each in outcome.superseded] == [1]


@pytest.mark.parametrize("state", [State.HELD, State.WITHDRAWN])
def test_what_is_proven_follows_no_strangers_key(state: State) -> None:
    outcome = receive_notice(AMENDED, SECOND, FOLDER, FakeReading([stranger(state)], {FIRST: NOTICE}))
    assert isinstance(outcome, NewNotice)
    assert outcome.submission.follows is None
    assert [each.id for each in outcome.superseded] == ([1] if state is State.HELD else [])


def test_what_is_proven_still_follows_what_the_issuer_has_past_a_strangers() -> None:
    sent, forged = here(State.SENT, proven=True), stranger(State.HELD, id=2, pdf_sha256=SECOND, follows=1)
    known = FakeReading([sent, forged], {FIRST: NOTICE, SECOND: AMENDED})
    outcome = receive_notice(replace(NOTICE, key=Key("QqQqQqQq1111")), THIRD, FOLDER, known)
    assert isinstance(outcome, NewNotice)
    assert outcome.submission.follows == 1


@pytest.mark.parametrize("digest", [FIRST, SECOND])
def test_a_strangers_that_was_taken_back_does_not_end_the_proven_one_which_is_asked_about(digest: Sha256) -> None:
    known = FakeReading([stranger(State.WITHDRAWN)], {FIRST: NOTICE, SECOND: NOTICE})
    outcome = receive_notice(NOTICE, digest, FOLDER, known)
    assert isinstance(outcome, NewNotice)
    assert outcome.submission.follows == 1
    assert outcome.submission.correction == (1 if digest == FIRST else 0)
    sender_auth = FakeReading([here(State.WITHDRAWN, proven=True)], {FIRST: NOTICE})
    assert receive_notice(NOTICE, FIRST, FOLDER, sender_auth) == KnownNotice(sender_auth.held[0])


def test_a_strangers_copy_in_other_bytes_does_not_take_the_proven_one_in() -> None:
    known = FakeReading([stranger(State.HELD)], {FIRST: NOTICE})
    outcome = receive_notice(NOTICE, SECOND, FOLDER, known)
    assert isinstance(outcome, NewNotice)
    assert (outcome.submission.follows, [each.id for each in outcome.superseded]) == (None, [1])
    assert receive_notice(NOTICE, SECOND, MAIL, known) == KnownNotice(known.held[0])


def test_an_unreadable_file_of_a_stranger_that_was_taken_back_is_held_again_where_it_comes_proven() -> None:
    held = replace(hold_without_notice(Hold(Reason.NO_TEXT), FIRST, MAIL), id=1, state=State.WITHDRAWN)
    assert isinstance(receive_unreadable(SCAN, FIRST, FOLDER, FakeReading([held])), NewNotice)
    assert receive_unreadable(SCAN, FIRST, MAIL, FakeReading([held])) == KnownNotice(held)


def test_a_strangers_later_notice_counts_against_a_proven_one_where_recorded_before_or_answered_for() -> None:
    first, forged = here(State.APPROVED, proven=True), stranger(State.HELD, id=2, pdf_sha256=SECOND, follows=1)
    read = {FIRST: NOTICE, SECOND: AMENDED}
    assert find_later(first, NOTICE, FakeReading([first, forged], read)) is None
    recorded = replace(first, superseded_by=2)
    assert find_later(recorded, NOTICE, FakeReading([recorded, forged], read)) == 2
    answered = replace(forged, answers=ANSWERED)
    assert find_later(first, NOTICE, FakeReading([first, answered], read)) == 2
    proven = replace(forged, source=replace(forged.source, proven=True))
    assert find_later(first, NOTICE, FakeReading([first, proven], read)) == 2
