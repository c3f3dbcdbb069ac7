"""The effect of receipts: recipient by recipient, never backwards, and the points for a person to note."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from tests.support.parts import with_fields
from tests.support.tables import every_case
from tests.support.world import START
from worker.core.messages.receipts import is_unproven
from worker.core.model import (
    Address,
    ApprovalRecord,
    Composition,
    Delivery,
    Draft,
    Receipt,
    ReceiptKind,
    Sha256,
    Submission,
)
from worker.core.states import Event, State
from worker.track.dsn import DsnAction, DsnBlock
from worker.track.events import (
    KEPT_LIMIT,
    UNREAD_LIMIT,
    ReportContext,
    ReportEffect,
    is_of_issuer,
    receipts_of,
    track,
    track_again,
)
from worker.track.reports import DeliveryReport, MailReply, ReadReceipt

OURS = "<aa.0@contractor.example>"
A, B, C = Address("a@kawa-town.example"), Address("b@kawa-town.example"), Address("genba@contractor.example")
DELIVERED, RELAYED, DELAYED, FAILED = (
    ReceiptKind.DELIVERED,
    ReceiptKind.RELAYED,
    ReceiptKind.DELAYED,
    ReceiptKind.FAILED,
)


def a_draft(to: tuple[Address, ...] = (A, B), cc: tuple[Address, ...] = (C,), **fields: object) -> Draft:
    return Draft(Address("soumu@contractor.example"), "〇〇建設", to, cc, "件名", Sha256("0" * 64), (), OURS, **fields)


def sent(state: State = State.SENT, draft: Draft | None = None, **fields: object) -> Submission:
    return with_fields(Submission(1, state), draft=draft or a_draft(), sent_at=START, tried_as=OURS, **fields)


def receipt(kind: ReceiptKind, recipient: str = A, message_id: str = OURS, minutes: int = 5) -> Receipt:
    return Receipt(kind, START + dt.timedelta(minutes=minutes), message_id, recipient)


def after(submission: Submission, *receipts: Receipt) -> tuple[Event | None, State]:
    """Each receipt comes alone."""
    event = None
    for each in receipts:
        tracked = track(submission, (each,))
        submission, event = tracked.after, tracked.event
    return event, submission.state


# --- Recipient by recipient ----------------------------------------------------------------------------------


@every_case(
    ("came", "state"),
    [
        ([(DELIVERED, A)], State.SENT),
        ([(DELIVERED, A), (DELIVERED, B)], State.DELIVERED),
        ([(DELIVERED, A), (RELAYED, B)], State.RELAYED),
        ([(RELAYED, A), (RELAYED, B), (DELIVERED, A)], State.RELAYED),
        ([(RELAYED, A), (RELAYED, B), (DELIVERED, A), (DELIVERED, B)], State.DELIVERED),
        ([(DELAYED, A)], State.DELAYED),
        ([(DELAYED, A), (DELIVERED, A)], State.DELAYED),
        ([(DELAYED, A), (DELIVERED, A), (DELIVERED, B)], State.DELIVERED),
        ([(DELIVERED, A), (FAILED, B)], State.BOUNCED),
        ([(FAILED, B), (DELIVERED, A), (DELIVERED, B)], State.BOUNCED),
        ([(DELIVERED, A), (DELIVERED, B), (FAILED, A)], State.BOUNCED),
        ([(DELIVERED, A), (DELIVERED, B), (DELAYED, A), (RELAYED, B)], State.DELIVERED),
        ([(FAILED, C)], State.SENT),
        ([(DELIVERED, A), (DELIVERED, B), (FAILED, C)], State.DELIVERED),
        ([(DELAYED, C)], State.SENT),
    ],
)
def test_one_failed_to_bounces_it_arrival_needs_all_of_to_and_a_cc_changes_nothing(
    came: list[tuple[ReceiptKind, str]], state: State
) -> None:
    assert after(sent(), *(receipt(kind, to) for kind, to in came))[1] is state


def test_an_address_in_to_and_cc_is_one_of_to() -> None:
    assert after(sent(draft=a_draft((A,), (A,))), receipt(FAILED))[1] is State.BOUNCED


def test_the_recipients_of_one_report_count_together() -> None:
    tracked = track(sent(), (receipt(DELIVERED, A), receipt(DELIVERED, B)))
    assert (tracked.event, tracked.after.state) == (Event.DELIVERED, State.DELIVERED)


# --- News never raises ---------------------------------------------------------------------------------------


@every_case("state", list(State))
@every_case("kind", list(ReceiptKind))
def test_no_news_raises_in_any_state_and_all_of_it_is_kept(state: State, kind: ReceiptKind) -> None:
    tracked = track(sent(state), (receipt(kind, A),))
    assert tracked.after.delivery.receipts == (receipt(kind, A),)
    assert (tracked.event is None) == (tracked.after.state is state)


@pytest.mark.parametrize("state", [State.CONFIRMED, State.REFUSED, State.WITHDRAWN, State.HANDED_OVER])
def test_a_failure_that_the_state_does_not_follow_is_unread(state: State) -> None:
    tracked = track(sent(state), (receipt(FAILED),))
    assert (tracked.event, tracked.after.delivery.unread) == (None, (receipt(FAILED),))


def test_the_failure_of_a_copy_is_unread_and_that_of_a_bounced_one_is_not() -> None:
    assert track(sent(), (receipt(FAILED, C),)).after.delivery.unread == (receipt(FAILED, C),)
    assert track(sent(State.BOUNCED), (receipt(FAILED, B),)).after.delivery.unread == ()
    assert track(sent(), (receipt(FAILED, A),)).after.delivery.unread == ()


@pytest.mark.parametrize("state", [State.HELD, State.REFUSED, State.WITHDRAWN, State.HANDED_OVER])
def test_a_receipt_of_what_has_not_left_by_the_record_contradicts_it(state: State) -> None:
    tracked = track(sent(state), (receipt(DELIVERED),))
    assert (tracked.event, tracked.contradicts) == (None, receipt(DELIVERED))


@pytest.mark.parametrize("kind", [ReceiptKind.REPLY, ReceiptKind.AUTOMATIC, ReceiptKind.READ, ReceiptKind.ANOTHERS])
def test_no_reply_and_no_read_receipt_confirms_anything(kind: ReceiptKind) -> None:
    tracked = track(sent(), (receipt(kind, ""),))
    assert (tracked.event, tracked.after.state) == (None, State.SENT)
    assert bool(tracked.after.delivery.unread) == (kind is ReceiptKind.REPLY)


# --- In doubt ------------------------------------------------------------------------------------------------


@every_case("state", [State.IN_DOUBT, State.APPROVED])
@every_case(
    ("came", "event", "target"),
    [
        ([(DELIVERED, A), (DELIVERED, B)], Event.DELIVERED, State.DELIVERED),
        ([(DELAYED, A)], Event.DELAYED, State.DELAYED),
        ([(FAILED, A)], Event.BOUNCED, State.BOUNCED),
        ([(DELIVERED, A)], Event.PROVEN_SENT, State.SENT),
        ([(FAILED, C)], Event.PROVEN_SENT, State.SENT),
        ([(ReceiptKind.UNREADABLE, "x@y.example")], Event.PROVEN_SENT, State.SENT),
        ([(ReceiptKind.REPLY, "")], Event.PROVEN_SENT, State.SENT),
    ],
)
def test_what_came_back_proves_that_it_left(
    state: State, came: list[tuple[ReceiptKind, str]], event: Event, target: State
) -> None:
    doubtful = Submission(
        1,
        state,
        composed=Composition(draft=a_draft()),
        delivery=Delivery(tried_as=OURS, silent="EOF"),
        approval=ApprovalRecord(due_at=START),
    )
    tracked = track(doubtful, tuple(receipt(kind, to) for kind, to in came))
    assert (tracked.event, tracked.after.state) == (event, target)
    assert (tracked.after.delivery.sent_at, tracked.after.approval.due_at, tracked.after.delivery.silent) == (
        receipt(FAILED).at,
        None,
        "",
    )


def test_what_a_colleague_answers_proves_nothing() -> None:
    doubtful = Submission(1, State.IN_DOUBT, composed=Composition(draft=a_draft()))
    assert track(doubtful, (receipt(ReceiptKind.ANOTHERS, ""),)).event is None


def test_a_report_of_a_rehearsal_changes_nothing_and_asks_nobody() -> None:
    rehearsed = receipt(FAILED, message_id="<aa.r1@contractor.example>")
    tracked = track(Submission(1, State.APPROVED, composed=Composition(draft=a_draft())), (rehearsed,))
    assert (tracked.event, tracked.after.delivery.unread, tracked.contradicts) == (None, (), None)
    rehearsing = a_draft(rehearsal_for=(A,))
    assert (
        track(Submission(1, State.IN_DOUBT, composed=Composition(draft=rehearsing)), (receipt(DELIVERED),)).event
        is None
    )


def test_a_failure_of_an_earlier_draft_changes_no_state_and_is_unread() -> None:
    other = receipt(FAILED, message_id="<bb.0@contractor.example>")
    tracked = track(sent(), (other,))
    assert (tracked.event, tracked.after.delivery.unread) == (None, (other,))
    assert track(tracked.after, (receipt(DELIVERED, A), receipt(DELIVERED, B))).after.state is State.DELIVERED


def test_what_came_while_it_could_not_be_followed_counts_before_it_is_sent_again() -> None:
    tracked = track(
        Submission(1, State.SENDING, composed=Composition(draft=a_draft())),
        (receipt(DELIVERED, A), receipt(DELIVERED, B)),
    )
    assert tracked.event is None
    put_off = Submission(
        1,
        State.APPROVED,
        composed=Composition(draft=a_draft()),
        delivery=Delivery(tried_as=OURS, receipts=tracked.after.delivery.receipts),
    )
    again = track_again(put_off)
    assert (again.event, again.after.state) == (Event.DELIVERED, State.DELIVERED)
    assert track_again(Submission(1, State.APPROVED, composed=Composition(draft=a_draft()))).event is None


# --- What it bears, and whether there was a try --------------------------------------------------------------

SECRET_FORM = "<0123456789abcdef0123456789abcdef.0@contractor.example>"
FULL, MESSAGE_ID, OLD_FORM = (SECRET_FORM, "envelope"), (SECRET_FORM, ""), (OURS, "")
"""The ids in a receipt: the envelope id with its HMAC, a Message-ID made with the secret, one of 0.1.0's form."""


def tracked_of(
    state: State, kind: ReceiptKind, bears: tuple[str, str], *, is_tried: bool, **fields: object
) -> tuple[Submission, ReportEffect]:
    message_id, proof = bears
    draft = dataclasses.replace(a_draft((A,)), message_id=message_id)
    before = with_fields(Submission(1, state), draft=draft, tried_as=message_id if is_tried else "", **fields)
    came = dataclasses.replace(receipt(kind, A, message_id), proof=proof)
    return before, track(before, (came,))


@every_case(
    ("kind", "bears", "event"),
    [
        (DELIVERED, FULL, Event.DELIVERED),
        (RELAYED, FULL, Event.RELAYED),
        (FAILED, FULL, Event.BOUNCED),
        (DELIVERED, (SECRET_FORM, "server"), Event.DELIVERED),
        (DELIVERED, (OURS, "envelope"), Event.DELIVERED),
        (DELIVERED, MESSAGE_ID, Event.PROVEN_SENT),
        (RELAYED, MESSAGE_ID, Event.PROVEN_SENT),
        (DELAYED, MESSAGE_ID, Event.DELAYED),
        (FAILED, MESSAGE_ID, Event.BOUNCED),
        (ReceiptKind.UNREADABLE, MESSAGE_ID, Event.PROVEN_SENT),
        (ReceiptKind.REPLY, MESSAGE_ID, Event.PROVEN_SENT),
        (ReceiptKind.AUTOMATIC, MESSAGE_ID, Event.PROVEN_SENT),
        (ReceiptKind.READ, MESSAGE_ID, Event.PROVEN_SENT),
    ],
)
@every_case("is_tried", [True, False])
def test_one_about_to_be_sent_has_left_where_what_comes_bears_the_secret(
    kind: ReceiptKind, bears: tuple[str, str], event: Event, is_tried: bool
) -> None:
    _, tracked = tracked_of(State.APPROVED, kind, bears, is_tried=is_tried)
    assert (tracked.event, tracked.contradicts) == (event, None)


@every_case("kind", [each for each in ReceiptKind if each is not ReceiptKind.COPY])
@every_case("proof", ["", "server"])
@every_case("state", [State.APPROVED, State.HELD])
def test_what_comes_without_the_secret_of_one_that_was_never_tried_holds_it(
    kind: ReceiptKind, proof: str, state: State
) -> None:
    before, tracked = tracked_of(state, kind, (OURS, proof), is_tried=False)
    assert (tracked.event, tracked.after.state) == (None, before.state)
    assert tracked.contradicts is not None
    assert tracked.contradicts.proof == "nothing"


@every_case("kind", list(ReceiptKind))
@every_case("bears", [FULL, MESSAGE_ID, OLD_FORM])
def test_what_comes_of_one_held_and_never_tried_holds_it_whatever_it_bears(
    kind: ReceiptKind, bears: tuple[str, str]
) -> None:
    _, tracked = tracked_of(State.HELD, kind, bears, is_tried=False)
    assert (tracked.event, tracked.contradicts is not None) == (None, True)


@every_case("kind", list(ReceiptKind))
@every_case("bears", [FULL, MESSAGE_ID, OLD_FORM])
@every_case("state", [State.ANNOUNCED, State.HANDED_OVER, State.WITHDRAWN, State.REFUSED, State.CONFIRMED])
def test_what_comes_of_one_never_tried_is_a_persons_where_the_state_says_that_nothing_left(
    kind: ReceiptKind, bears: tuple[str, str], state: State
) -> None:
    before, tracked = tracked_of(state, kind, bears, is_tried=False)
    assert (tracked.event, tracked.after.state, len(tracked.after.delivery.unread)) == (None, before.state, 1)
    assert tracked.contradicts is not None


@every_case("kind", [DELIVERED, RELAYED])
@every_case("state", [State.SENT, State.DELAYED, State.OVERDUE, State.BOUNCED])
def test_good_news_that_everybody_with_the_mail_can_write_changes_no_state_and_is_a_persons(
    kind: ReceiptKind, state: State
) -> None:
    before, tracked = tracked_of(state, kind, MESSAGE_ID, is_tried=True, sent_at=START)
    assert (tracked.event, tracked.after.state, len(tracked.after.delivery.unread)) == (None, before.state, 1)
    assert is_unproven(tracked.after.delivery.unread[0])


@pytest.mark.parametrize("kind", [DELIVERED, RELAYED, DELAYED, FAILED])
def test_what_was_tried_under_a_message_id_of_0_1_is_judged_as_there(kind: ReceiptKind) -> None:
    _, tracked = tracked_of(State.SENT, kind, OLD_FORM, is_tried=True, sent_at=START)
    assert (
        tracked.event
        is {
            DELIVERED: Event.DELIVERED,
            RELAYED: Event.RELAYED,
            DELAYED: Event.DELAYED,
            FAILED: Event.BOUNCED,
        }[kind]
    )


def test_what_came_before_any_try_counts_for_nothing_once_there_is_one() -> None:
    before, tracked = tracked_of(State.APPROVED, DELIVERED, OLD_FORM, is_tried=False)
    assert before.composed.draft is not None
    draft = dataclasses.replace(before.composed.draft, to=(A, B))
    now_sent = dataclasses.replace(
        tracked.after,
        state=State.SENT,
        composed=dataclasses.replace(tracked.after.composed, draft=draft),
        delivery=dataclasses.replace(tracked.after.delivery, tried_as=OURS, sent_at=START),
    )
    assert track(now_sent, (receipt(DELIVERED, B),)).event is None
    assert track(now_sent, (receipt(DELIVERED, A), receipt(DELIVERED, B))).event is Event.DELIVERED


def test_a_later_forged_report_takes_nothing_from_a_proven_one() -> None:
    draft = dataclasses.replace(a_draft((A, B)), message_id=SECRET_FORM)
    known = Submission(
        1, State.SENT, composed=Composition(draft=draft), delivery=Delivery(tried_as=SECRET_FORM, sent_at=START)
    )
    proven, forged = (dataclasses.replace(receipt(DELIVERED, A, SECRET_FORM), proof=each) for each in ("envelope", ""))
    known = track(track(known, (proven,)).after, (forged,)).after
    last = dataclasses.replace(receipt(DELIVERED, B, SECRET_FORM), proof="envelope")
    assert track(known, (last,)).event is Event.DELIVERED


def test_what_0_1_recorded_of_a_try_is_known() -> None:
    put_off = Submission(
        1,
        State.APPROVED,
        composed=Composition(draft=a_draft(), draft_hash="a" * 64),
        delivery=Delivery(date_draft="a" * 64, letter_sha256=Sha256("2" * 64)),
    )
    assert put_off.was_tried_as(OURS)
    assert Submission(1, State.HELD, composed=Composition(draft=a_draft()), delivery=Delivery(not_sent=1)).was_tried_as(
        OURS
    )
    rehearsed = dataclasses.replace(
        put_off, composed=dataclasses.replace(put_off.composed, draft=a_draft(rehearsal_for=(A,)))
    )
    assert not rehearsed.was_tried_as(OURS)
    assert not dataclasses.replace(
        put_off, delivery=dataclasses.replace(put_off.delivery, date_draft="b" * 64)
    ).was_tried_as(OURS)
    assert not Submission(1, State.CONFIRMED, composed=Composition(draft=a_draft())).was_tried_as(OURS), (
        "handed in by hand"
    )


# --- What a mail says of a submission ------------------------------------------------------------------------


def how(*senders: str, at: dt.timedelta = dt.timedelta(minutes=5), issuer: tuple[str, ...] = ()) -> ReportContext:
    return ReportContext(senders, START + at, Sha256("1" * 64), issuer, lambda text: text.replace("kEy1", "****"))


def block(address: str, action: DsnAction = DsnAction.FAILED) -> DeliveryReport:
    return DeliveryReport("", (), (DsnBlock((address,) if address else (), action, "5.1.1", "550 kEy1"),))


@pytest.mark.parametrize(
    ("draft", "address", "kind", "recipient"),
    [
        (a_draft(), "A@Kawa-Town.Example", FAILED, A),
        (a_draft(), "tanaka@elsewhere.example", ReceiptKind.UNREADABLE, "tanaka@elsewhere.example"),
        (a_draft(), "", ReceiptKind.UNREADABLE, ""),
        (a_draft((A,), ()), "tanaka@elsewhere.example", FAILED, A),
        (a_draft((A,), ()), "", FAILED, A),
    ],
)
def test_a_block_is_about_the_address_it_names_or_the_only_one_there_is(
    draft: Draft, address: str, kind: ReceiptKind, recipient: str
) -> None:
    (found,) = receipts_of(block(address), sent(draft=draft), OURS, how("MAILER-DAEMON@mx.example"))
    assert (found.kind, found.recipient, found.status, found.text) == (kind, recipient, "5.1.1", "550 ****")


@pytest.mark.parametrize("action", [DsnAction.FAILED, DsnAction.DELIVERED])
def test_what_is_said_of_our_own_copy_is_said_of_nobody_at_the_issuer(action: DsnAction) -> None:
    copy_to = Address("hikae@contractor.example")
    only = sent(draft=a_draft((A,), ()))
    told = dataclasses.replace(how("MAILER-DAEMON@mx.example"), copy_to=copy_to)
    tracked = track(only, receipts_of(block(copy_to, action), only, OURS, told))
    assert (tracked.event, tracked.after.state) == (None, State.SENT)
    assert [each.recipient for each in tracked.after.delivery.receipts] == [copy_to]


def test_a_report_without_a_recipient_that_can_be_read_is_still_a_receipt() -> None:
    (found,) = receipts_of(DeliveryReport(), sent(), OURS, how("MAILER-DAEMON@mx.example"))
    assert found.kind is ReceiptKind.UNREADABLE


@every_case(
    ("sender", "is_issuers"),
    [
        ("tanaka@kawa-town.example", True),
        ("tanaka@doboku.kawa-town.example", True),
        ("TANAKA@KAWA-TOWN.EXAMPLE", True),
        ("tanaka@keiyaku.kawa.example", True),
        ("tanaka@notkawa-town.example", False),
        ("tanaka@town.example", False),
        ("genba@contractor.example", False),
        ("sato@contractor.example", False),
    ],
)
def test_only_the_issuers_domains_and_whom_we_wrote_to_answer_for_it(sender: str, is_issuers: bool) -> None:
    assert is_of_issuer((sender,), a_draft(), ("keiyaku@keiyaku.kawa.example",)) is is_issuers


def test_our_own_domain_is_never_the_issuers_even_where_the_issuer_is_written_to_there() -> None:
    draft = a_draft((Address("test@contractor.example"),), ())
    assert is_of_issuer(("test@contractor.example",), draft, ())
    assert not is_of_issuer(("sato@contractor.example",), draft, ("shisho@contractor.example",))


def test_of_two_senders_both_must_be_the_issuers() -> None:
    assert not is_of_issuer(("tanaka@kawa-town.example", "x@elsewhere.example"), a_draft(), ())
    assert not is_of_issuer((), a_draft(), ())


@pytest.mark.parametrize(
    ("reply", "circumstances", "kind"),
    [
        (MailReply((OURS,), "受領"), how("t@kawa-town.example"), ReceiptKind.REPLY),
        (MailReply((OURS,), "受領", "Auto-Submitted"), how("t@kawa-town.example"), ReceiptKind.AUTOMATIC),
        (MailReply((OURS,), "受領"), how("t@kawa-town.example", at=dt.timedelta(seconds=59)), ReceiptKind.AUTOMATIC),
        (MailReply((OURS,), "受領"), how("t@kawa-town.example", at=dt.timedelta(seconds=61)), ReceiptKind.REPLY),
        (MailReply((OURS,), "受領"), how("t@elsewhere.example"), ReceiptKind.ANOTHERS),
        (ReadReceipt((OURS,), "displayed"), how("t@kawa-town.example"), ReceiptKind.READ),
    ],
)
def test_a_reply_is_the_issuers_a_machines_or_somebody_elses(
    reply: MailReply | ReadReceipt, circumstances: ReportContext, kind: ReceiptKind
) -> None:
    (found,) = receipts_of(reply, sent(), OURS, circumstances)
    assert found.kind is kind


def test_the_key_is_masked_in_what_is_kept_of_a_reply() -> None:
    (found,) = receipts_of(MailReply((OURS,), "番号 kEy1 で開けません"), sent(), OURS, how("t@kawa-town.example"))
    assert found.text == "番号 **** で開けません"


def test_a_machine_that_answers_for_ever_does_not_fill_the_row() -> None:
    submission = sent()
    for number in range(100):
        reply = Receipt(
            ReceiptKind.REPLY, START + dt.timedelta(hours=number), OURS, sender=f"t{number}@kawa-town.example"
        )
        submission = track(submission, (reply,)).after
    assert (len(submission.delivery.receipts), len(submission.delivery.unread)) == (KEPT_LIMIT, UNREAD_LIMIT)
    assert submission.delivery.unread[-1] == submission.delivery.receipts[-1]
