"""Decides what follows from a report: report × submission → event, and what a person must be shown.

News never raises. An event is only returned if the state table has it; all other news is kept, and is unread if a
person should know it. One failed ``to`` makes it BOUNCED; RELAYED and DELIVERED need all of ``to``; a ``cc`` never
changes the state.

The weight of a receipt follows from its proof (``weigh``). A Message-ID made with the secret proves that the mail left,
because no outsider can name it before. It does not prove who says so, because every recipient knows it. So good news
needs the envelope id with its HMAC, or our own server's Authentication-Results. Bad news does not: a server without DSN
returns only the Message-ID, and a person examines it in any case.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from worker.core.addresses import domain_of, is_within
from worker.core.message_id import bears_secret
from worker.core.model import Address, Draft, Receipt, ReceiptKind, Sha256, Submission
from worker.core.states import SAYS_UNSENT, Event, State, may_follow, next_state
from worker.track.dsn import DIAGNOSTIC_LIMIT, DsnAction, DsnBlock
from worker.track.reports import DeliveryReport, MailReply, ReadReceipt

AT_ONCE: Final = dt.timedelta(minutes=1)
"""An answer this soon after the mail left is a machine's: no person opens a PDF, reads and writes within a minute."""
KEPT_LIMIT: Final = 40
"""Receipts in a submission's row: the newest of each kind for each recipient are a handful; the entries hold all."""
UNREAD_LIMIT: Final = 20
"""Receipts that wait for a person: a machine that writes like a person must not fill the row with a thousand."""

SENDERS_LIMIT: Final = 200
"""Characters of a sender's addresses: a mail has one sender, and the original holds the rest."""

_OUTCOMES: Final = {
    DsnAction.DELIVERED: ReceiptKind.DELIVERED,
    DsnAction.RELAYED: ReceiptKind.RELAYED,
    DsnAction.DELAYED: ReceiptKind.DELAYED,
    DsnAction.FAILED: ReceiptKind.FAILED,
}
ENVELOPE: Final = "envelope"
SERVER: Final = "server"
NOTHING: Final = "nothing"
"""The values of ``Receipt.proof`` other than the empty one."""

_ARRIVED: Final = frozenset({ReceiptKind.DELIVERED, ReceiptKind.RELAYED})
_PROOF: Final = frozenset(ReceiptKind) - {ReceiptKind.ANOTHERS, ReceiptKind.WARNING, ReceiptKind.UNMATCHED}
"""Kinds that only a recipient of the mail can send; another's reply may come from a colleague who saw a draft."""
ALARMING: Final = frozenset(
    {ReceiptKind.FAILED, ReceiptKind.UNREADABLE, ReceiptKind.UNMATCHED, ReceiptKind.UNOPENED, ReceiptKind.WARNING}
)
"""Kinds that may mean that a mail of ours did not arrive: alarmed by mail in addition to the task."""
_ASKS: Final = ALARMING | {ReceiptKind.REPLY}
"""Kinds that a person should know, even if they concern a mail that is not the present draft."""
_REHEARSED: Final = re.compile(r"\.r\d+@")
"""The mark in the Message-ID of a rehearsal (``compose.mime_write``)."""
_OWN_EVENTS: Final = (Event.BOUNCED, Event.DELIVERED, Event.RELAYED, Event.DELAYED)


@dataclass(frozen=True, slots=True)
class ReportContext:
    """The data of the mail that brought a report."""

    senders: tuple[str, ...]
    at: dt.datetime
    mail_sha256: Sha256
    issuer_addresses: tuple[str, ...]
    """Every address that the rules name for the issuer: its domains are theirs."""
    mask: Callable[[str], str]
    """Takes the submission's key, and what looks like one, out of a text."""
    copy_to: Address | None = None
    """The address of our own copies: a report on it says nothing about the issuer."""
    proof: str = ""
    """``Receipt.proof`` of what it says."""


@dataclass(frozen=True, slots=True)
class ReportEffect:
    """The changes that a report makes."""

    event: Event | None
    """None for an entry that is no event of the state table."""
    after: Submission
    contradicts: Receipt | None = None
    """A report that a mail left, although the record says that it did not, or although it is about to be sent again."""


class Weight(IntEnum):
    """The weight of a receipt."""

    NOTHING = 0
    """Any holder of the notice's PDF can have written it."""
    LEFT = 1
    """The mail has left; any recipient can have written the rest."""
    ALL = 2


# --- What it says of this submission -------------------------------------------------------------------------


def receipts_of(
    came_back: DeliveryReport | ReadReceipt | MailReply, submission: Submission, message_id: str, how: ReportContext
) -> tuple[Receipt, ...]:
    """The receipts that ``came_back`` holds for the mail ``message_id`` of ``submission``: at least one."""
    bare = Receipt(ReceiptKind.UNREADABLE, how.at, message_id, proof=how.proof, mail_sha256=how.mail_sha256)
    signed = dataclasses.replace(bare, sender=", ".join(how.senders)[:SENDERS_LIMIT])
    match came_back:
        case DeliveryReport(blocks=blocks, text=text):
            unread = dataclasses.replace(signed, text=how.mask(text))
            return tuple(_receipt_of(block, submission.composed.draft, bare, how) for block in blocks) or (unread,)
        case ReadReceipt(disposition=disposition, is_displayed=True):
            return (dataclasses.replace(signed, kind=ReceiptKind.READ, text=disposition),)
        case ReadReceipt(disposition=disposition, text=text):
            said = how.mask(f"{disposition}　{text}".strip())
            return (dataclasses.replace(signed, kind=ReceiptKind.UNOPENED, text=said),)
        case MailReply(_, text, automatic, warns):
            kind = _kind_of_reply(submission, how, automatic, warns=warns)
            return (dataclasses.replace(signed, kind=kind, text=how.mask(text)),)


def _receipt_of(block: DsnBlock, draft: Draft | None, bare: Receipt, how: ReportContext) -> Receipt:
    recipient = _recipient_meant(block, draft, how.copy_to)
    kind = _OUTCOMES[block.action]
    if recipient is None and kind is ReceiptKind.FAILED:
        kind = ReceiptKind.UNREADABLE  # its recipient is not known, so that no state may follow from it
    named = recipient or next(iter(block.addresses), "")
    return dataclasses.replace(bare, kind=kind, recipient=named, status=block.status, text=how.mask(block.diagnostic))


def _recipient_meant(block: DsnBlock, draft: Draft | None, copy_to: Address | None) -> Address | None:
    """Returns the recipient that the block names; the only one, if it names an address behind it.

    Our own copy requests no reports, but a server without DSN sends its bounce anyway.
    """
    ours = draft.recipients if draft else ()
    for address in block.addresses:
        for recipient in (*ours, *([copy_to] if copy_to else [])):
            if recipient.casefold() == address.casefold():
                return recipient
    return ours[0] if len(ours) == 1 else None


def failed_addresses(report: DeliveryReport | ReadReceipt) -> tuple[str, ...]:
    """Returns the addresses of the recipients that a report says failed."""
    return tuple(address for block in _failed_blocks(report) for address in block.addresses)


def _failed_blocks(report: DeliveryReport | ReadReceipt) -> tuple[DsnBlock, ...]:
    blocks = report.blocks if isinstance(report, DeliveryReport) else ()
    return tuple(each for each in blocks if each.action is DsnAction.FAILED)


def unmatched_receipt(
    report: DeliveryReport | ReadReceipt, address: Address, among: Sequence[Submission], how: ReportContext
) -> Receipt:
    """Returns a failure for ``address``, which each of ``among`` was sent to.

    The report does not say which of the mails it concerns.
    """
    block = next(iter(_failed_blocks(report)), None)
    said = block.diagnostic if block else " ".join(report.text.split())[:DIAGNOSTIC_LIMIT]
    numbers = " ".join(f"#{each.id}" for each in among)
    return Receipt(
        ReceiptKind.UNMATCHED,
        how.at,
        recipient=address,
        status=block.status if block else "",
        text=how.mask(f"{numbers}　{said}".strip()),
        sender=", ".join(how.senders)[:SENDERS_LIMIT],
        proof=how.proof or NOTHING,
        mail_sha256=how.mail_sha256,
    )


def _kind_of_reply(submission: Submission, how: ReportContext, automatic: str, *, warns: bool) -> ReceiptKind:
    left = submission.delivery.sent_at
    is_machine = bool(automatic) or (left is not None and abs(how.at - left) < AT_ONCE)
    if not is_machine and is_of_issuer(how.senders, submission.composed.draft, how.issuer_addresses):
        return ReceiptKind.REPLY
    if warns:
        return ReceiptKind.WARNING
    return ReceiptKind.AUTOMATIC if is_machine else ReceiptKind.ANOTHERS


def is_of_issuer(senders: Sequence[str], draft: Draft | None, issuer_addresses: Iterable[str]) -> bool:
    """Returns whether every sender is an address that we wrote to, or in a domain of the issuer's, or a subdomain.

    Our own domain is never the issuer's: a colleague in copy does not answer for the issuer.
    """
    if draft is None or not senders:
        return False
    own = domain_of(draft.sender)
    written_to = {address.casefold() for address in draft.to}
    written_to |= {address.casefold() for address in draft.cc if domain_of(address) != own}
    domains = {domain_of(address) for address in (*draft.to, *issuer_addresses)} - {own}
    return all(
        sender.casefold() in written_to or any(is_within(domain_of(sender), domain) for domain in domains)
        for sender in senders
    )


# --- What follows --------------------------------------------------------------------------------------------


def weigh(receipt: Receipt, known: Submission) -> Weight:
    """Returns the weight of ``receipt`` for ``known``.

    Tries under a Message-ID of 0.1.0 are judged as 0.1.0 judged them: every receipt counts.
    """
    if receipt.proof == NOTHING:
        return Weight.NOTHING
    if receipt.proof == ENVELOPE or receipt.kind is ReceiptKind.COPY:  # a copy was compared byte for byte
        return Weight.ALL
    if bears_secret(receipt.message_id):
        return Weight.ALL if receipt.proof == SERVER else Weight.LEFT
    return Weight.ALL if known.was_tried_as(receipt.message_id) else Weight.NOTHING


def track(before: Submission, fresh: tuple[Receipt, ...]) -> ReportEffect:
    """Returns the changes by ``fresh``; news of a rehearsal or of another draft than the present one changes no state.

    News of a mail without a recorded try always has an effect: it proves that the mail left, or it contradicts the
    record.
    """
    # Kept with it: once there is a try, an old Message-ID would make it count.
    fresh = tuple(
        dataclasses.replace(each, proof=NOTHING) if weigh(each, before) is Weight.NOTHING else each for each in fresh
    )
    known = dataclasses.replace(
        before, delivery=dataclasses.replace(before.delivery, receipts=_newest(before.delivery.receipts + fresh))
    )
    about = [each for each in fresh if _is_of(known.composed.draft, each)]
    event = _event(known, about)
    unread = [each for each in about if _is_for_a_person(each, known, event)]
    elsewhere = [each for each in fresh if each not in about and not _REHEARSED.search(each.message_id)]
    unread += [each for each in elsewhere if each.kind in _ASKS]
    untried = [each for each in (*about, *elsewhere) if not before.was_tried_as(each.message_id)]
    if not _may_be_held(before.state):
        unread += [each for each in untried if each not in unread]
    known = dataclasses.replace(
        known, delivery=dataclasses.replace(known.delivery, unread=(*known.delivery.unread, *unread)[-UNREAD_LIMIT:])
    )
    if event is not None:
        return ReportEffect(event, _moved(known, event))
    proving = [each for each in about if each.kind in _PROOF] if _says_unsent(before.state) else []
    return ReportEffect(None, known, next(iter([*untried, *proving]), None))


def track_again(approved: Submission) -> ReportEffect:
    """Returns the effect of kept receipts on a mail that is about to be sent.

    They may have come while its state could not follow them.
    """
    event = _event(approved, [each for each in approved.delivery.receipts if _is_of(approved.composed.draft, each)])
    return ReportEffect(event, _moved(approved, event) if event else approved)


def _moved(known: Submission, event: Event) -> Submission:
    after = dataclasses.replace(known, state=next_state(known.state, event))
    if not may_follow(known.state, Event.PROVEN_SENT):
        return after
    # The time at which it left is not recorded; it was not later than the first news of it.
    about = (each for each in known.delivery.receipts if _is_of(known.composed.draft, each) and weigh(each, known))
    first = min((each.at for each in about), default=None)
    return dataclasses.replace(
        after,
        delivery=dataclasses.replace(after.delivery, sent_at=known.delivery.sent_at or first, silent="", deferrals=0),
        approval=dataclasses.replace(after.approval, due_at=None),
    )


def _is_of(draft: Draft | None, receipt: Receipt) -> bool:
    return draft is not None and not draft.is_rehearsal and receipt.message_id == draft.message_id


def _event(known: Submission, fresh: Sequence[Receipt]) -> Event | None:
    """The furthest event that the receipts allow and that the state's row has."""
    has_left = any(each.kind in _PROOF and weigh(each, known) for each in fresh)
    allowed = {_by_recipients(known)} | ({Event.PROVEN_SENT} if has_left else set())
    for event in (*_OWN_EVENTS, Event.PROVEN_SENT):
        if event in allowed and may_follow(known.state, event):
            return event
    return None


def _counts(receipt: Receipt, known: Submission) -> bool:
    """Returns whether it counts as what it says, and not only as a sign that the mail left."""
    weight = weigh(receipt, known)
    return weight is Weight.ALL or (weight is Weight.LEFT and receipt.kind not in _ARRIVED)


def _by_recipients(submission: Submission) -> Event | None:
    """Returns the combined result of all reports for the ``to``."""
    draft = submission.composed.draft
    if draft is None:
        return None
    said = {
        to: {
            each.kind
            for each in submission.delivery.receipts
            if each.recipient == to and _is_of(draft, each) and _counts(each, submission)
        }
        for to in draft.to
    }
    if any(ReceiptKind.FAILED in kinds for kinds in said.values()):
        return Event.BOUNCED
    if all(ReceiptKind.DELIVERED in kinds for kinds in said.values()):
        return Event.DELIVERED
    if all(kinds & _ARRIVED for kinds in said.values()):
        return Event.RELAYED
    is_delayed = any(ReceiptKind.DELAYED in kinds and not kinds & _ARRIVED for kinds in said.values())
    return Event.DELAYED if is_delayed else None


def _is_for_a_person(receipt: Receipt, known: Submission, event: Event | None) -> bool:
    """Returns whether a person must read it, in addition to the state itself."""
    match receipt.kind:
        case ReceiptKind.REPLY | ReceiptKind.UNREADABLE | ReceiptKind.UNOPENED | ReceiptKind.WARNING:
            return True
        case ReceiptKind.UNMATCHED:
            return True
        case ReceiptKind.FAILED:
            is_to = known.composed.draft is not None and receipt.recipient in known.composed.draft.to
            return not (is_to and (event is Event.BOUNCED or known.state is State.BOUNCED))
        case ReceiptKind.DELIVERED | ReceiptKind.RELAYED | ReceiptKind.DELAYED | ReceiptKind.COPY:
            return known.state in SAYS_UNSENT or _is_doubtful(receipt, known, event)
        case ReceiptKind.READ | ReceiptKind.AUTOMATIC | ReceiptKind.ANOTHERS:
            return False


def _is_doubtful(receipt: Receipt, known: Submission, event: Event | None) -> bool:
    """Returns whether it changes nothing because of its possible author; a hold for it is examined anyway."""
    return event is None and not _counts(receipt, known) and not _may_be_held(known.state)


def _may_be_held(state: State) -> bool:
    return state in {State.HELD, State.APPROVED}


def _says_unsent(state: State) -> bool:
    return state in SAYS_UNSENT or may_follow(state, Event.REDRAFTED)


def _newest(receipts: Iterable[Receipt]) -> tuple[Receipt, ...]:
    """The newest of each kind for each recipient or sender, in order of coming."""
    newest: dict[tuple[str, str, str, str, str], Receipt] = {}
    for each in receipts:
        key = each.kind.value, each.recipient, each.sender, each.message_id, each.proof
        newest.pop(key, None)
        newest[key] = each
    return tuple(newest.values())[-KEPT_LIMIT:]
