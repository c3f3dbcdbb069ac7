"""Decides what follows from what came back: report × submission → event, and what a person has to take note of.

Its one promise: news never raises. An event is named only where the states' row has it; whatever else comes is kept,
and is unread where a person should know. One ``to`` that failed makes it BOUNCED; RELAYED and DELIVERED need all of
``to``; a ``cc`` never changes the state. It does not know how a report is matched to its submission.

How much a receipt counts follows from what it bears (``weigh``). A Message-ID made with the secret proves that the mail
left, as nobody outside can name it before. It does not prove who says so, as everybody knows it who has the mail: good
news needs the envelope id with its HMAC, or our own server's finding. Bad news does not: a server without DSN gives
back no more than the Message-ID, and a person looks at it in any case.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from worker.config.addresses import domain_of
from worker.core.addresses import is_within
from worker.core.message_id import bears_secret
from worker.core.model import Address, Draft, Receipt, ReceiptKind, Sha256, Submission
from worker.core.states import SAYS_UNSENT, Event, State, may_follow, next_state
from worker.track.dsn import DIAGNOSTIC_LIMIT, Action, Block
from worker.track.reports import DeliveryReport, MailReply, ReadReceipt

AT_ONCE: Final = dt.timedelta(minutes=1)
"""An answer this soon after the mail left is a machine's: nobody opens a PDF, reads and writes within a minute."""
KEPT_LIMIT: Final = 40
"""Receipts in a submission's row: the newest of each kind for each recipient are a handful; the entries hold all."""
UNREAD_LIMIT: Final = 20
"""Receipts that wait for a person: a machine that writes as a person does must not fill the row with a thousand."""

SENDERS_LIMIT: Final = 200
"""Characters of a sender's addresses: a mail has one sender, and the original holds the rest."""

_OUTCOMES: Final = {
    Action.DELIVERED: ReceiptKind.DELIVERED,
    Action.RELAYED: ReceiptKind.RELAYED,
    Action.DELAYED: ReceiptKind.DELAYED,
    Action.FAILED: ReceiptKind.FAILED,
}
ENVELOPE: Final = "envelope"
SERVER: Final = "server"
NOTHING: Final = "nothing"
"""The values of ``Receipt.proof`` beside the empty one."""

_ARRIVED: Final = frozenset({ReceiptKind.DELIVERED, ReceiptKind.RELAYED})
_PROOF: Final = frozenset(ReceiptKind) - {ReceiptKind.ANOTHERS, ReceiptKind.WARNING, ReceiptKind.UNMATCHED}
"""What only somebody who has the mail can send back; a reply of somebody else may be a colleague's, who saw a draft."""
ALARMING: Final = frozenset(
    {
        ReceiptKind.FAILED,
        ReceiptKind.UNREADABLE,
        ReceiptKind.UNMATCHED,
        ReceiptKind.UNOPENED,
        ReceiptKind.WARNING,
    }
)
"""What may mean that a mail of ours did not arrive: told by a mail beside the task."""
_ASKS: Final = ALARMING | {ReceiptKind.REPLY}
"""What a person should know of, even where it is about a mail that is not the present draft."""
_REHEARSED: Final = re.compile(r"\.r\d+@")
"""In the Message-ID of a rehearsal (``compose.mime_write``)."""
_OWN_EVENTS: Final = (Event.BOUNCED, Event.DELIVERED, Event.RELAYED, Event.DELAYED)


@dataclass(frozen=True, slots=True)
class ReportContext:
    """What is known of the mail that brought a report."""

    senders: tuple[str, ...]
    at: dt.datetime
    mail_sha256: Sha256
    issuer_addresses: tuple[str, ...]
    """Every address that the rules name for the issuer: its domains are theirs."""
    mask: Callable[[str], str]
    """Takes the submission's key, and what looks like one, out of a text."""
    copy_to: Address | None = None
    """Where our own copies go: what is said of that address is said of nobody at the issuer."""
    proof: str = ""
    """``Receipt.proof`` of what it says."""


@dataclass(frozen=True, slots=True)
class ReportEffect:
    """What a report changes."""

    event: Event | None
    """None: an entry that is no event of the table."""
    after: Submission
    contradicts: Receipt | None = None
    """What says that a mail left of which the record says that it did not, or that is to be sent once more."""


class Weight(IntEnum):
    """How much a receipt counts."""

    NOTHING = 0
    """Whoever has the notice's PDF can have written it."""
    LEFT = 1
    """The mail has left; whoever has it can have written the rest."""
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
            return tuple(_receipt_of(block, submission.draft, bare, how) for block in blocks) or (unread,)
        case ReadReceipt(disposition=disposition, is_displayed=True):
            return (dataclasses.replace(signed, kind=ReceiptKind.READ, text=disposition),)
        case ReadReceipt(disposition=disposition, text=text):
            said = how.mask(f"{disposition}　{text}".strip())
            return (dataclasses.replace(signed, kind=ReceiptKind.UNOPENED, text=said),)
        case MailReply(_, text, automatic, warns):
            kind = _kind_of_reply(submission, how, automatic, warns=warns)
            return (dataclasses.replace(signed, kind=kind, text=how.mask(text)),)


def _receipt_of(block: Block, draft: Draft | None, bare: Receipt, how: ReportContext) -> Receipt:
    recipient = _recipient_meant(block, draft, how.copy_to)
    kind = _OUTCOMES[block.action]
    if recipient is None and kind is ReceiptKind.FAILED:
        kind = ReceiptKind.UNREADABLE  # of whom it speaks is not known, so that no state may follow from it
    named = recipient or next(iter(block.addresses), "")
    return dataclasses.replace(bare, kind=kind, recipient=named, status=block.status, text=how.mask(block.diagnostic))


def _recipient_meant(block: Block, draft: Draft | None, copy_to: Address | None) -> Address | None:
    """Of our recipients the one that the block names; the only one, where it names somebody behind that address.

    Our own copy asks for no reports, and a server without them sends its bounce all the same.
    """
    ours = draft.recipients if draft else ()
    for address in block.addresses:
        for recipient in (*ours, *([copy_to] if copy_to else [])):
            if recipient.casefold() == address.casefold():
                return recipient
    return ours[0] if len(ours) == 1 else None


def failed_addresses(report: DeliveryReport | ReadReceipt) -> tuple[str, ...]:
    """The addresses of the recipients of which a report says that it failed."""
    return tuple(address for block in _failed_blocks(report) for address in block.addresses)


def _failed_blocks(report: DeliveryReport | ReadReceipt) -> tuple[Block, ...]:
    blocks = report.blocks if isinstance(report, DeliveryReport) else ()
    return tuple(each for each in blocks if each.action is Action.FAILED)


def unmatched_receipt(
    report: DeliveryReport | ReadReceipt, address: Address, among: Sequence[Submission], how: ReportContext
) -> Receipt:
    """A failure for ``address``, which each of ``among`` was sent to, of which nothing says which mail it is about."""
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
    left = submission.sent_at
    is_machine = bool(automatic) or (left is not None and abs(how.at - left) < AT_ONCE)
    if not is_machine and is_of_issuer(how.senders, submission.draft, how.issuer_addresses):
        return ReceiptKind.REPLY
    if warns:
        return ReceiptKind.WARNING
    return ReceiptKind.AUTOMATIC if is_machine else ReceiptKind.ANOTHERS


def is_of_issuer(senders: Sequence[str], draft: Draft | None, issuer_addresses: Iterable[str]) -> bool:
    """Whether every sender is an address that we wrote to, or of a domain of the issuer's, or below one.

    Our own domain is never the issuer's: a colleague who gets a copy answers for nobody.
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
    """How much ``receipt`` counts for ``known``.

    What was tried under a Message-ID of 0.1.0 is judged as 0.1.0 judged it: all counts.
    """
    if receipt.proof == NOTHING:
        return Weight.NOTHING
    if receipt.proof == ENVELOPE or receipt.kind is ReceiptKind.COPY:  # a copy was compared byte for byte
        return Weight.ALL
    if bears_secret(receipt.message_id):
        return Weight.ALL if receipt.proof == SERVER else Weight.LEFT
    return Weight.ALL if known.was_tried_as(receipt.message_id) else Weight.NOTHING


def track(before: Submission, fresh: tuple[Receipt, ...]) -> ReportEffect:
    """What ``fresh`` changes; what is about a rehearsal, or about another draft than the one that stands, no state.

    What comes of a mail of which no try is recorded is never without effect: it proves that the mail left, or it
    contradicts the record.
    """
    # Kept with it: once there is a try, an old Message-ID would make it count.
    fresh = tuple(
        dataclasses.replace(each, proof=NOTHING) if weigh(each, before) is Weight.NOTHING else each for each in fresh
    )
    known = dataclasses.replace(before, receipts=_newest(before.receipts + fresh))
    about = [each for each in fresh if _is_of(known.draft, each)]
    event = _event(known, about)
    unread = [each for each in about if _is_for_a_person(each, known, event)]
    elsewhere = [each for each in fresh if each not in about and not _REHEARSED.search(each.message_id)]
    unread += [each for each in elsewhere if each.kind in _ASKS]
    untried = [each for each in (*about, *elsewhere) if not before.was_tried_as(each.message_id)]
    if not _may_be_held(before.state):
        unread += [each for each in untried if each not in unread]
    known = dataclasses.replace(known, unread=(*known.unread, *unread)[-UNREAD_LIMIT:])
    if event is not None:
        return ReportEffect(event, _moved(known, event))
    proving = [each for each in about if each.kind in _PROOF] if _says_unsent(before.state) else []
    return ReportEffect(None, known, next(iter([*untried, *proving]), None))


def track_again(approved: Submission) -> ReportEffect:
    """What kept receipts make of one that is about to be sent: they may have come while the state could not follow."""
    event = _event(approved, [each for each in approved.receipts if _is_of(approved.draft, each)])
    return ReportEffect(event, _moved(approved, event) if event else approved)


def _moved(known: Submission, event: Event) -> Submission:
    after = dataclasses.replace(known, state=next_state(known.state, event))
    if not may_follow(known.state, Event.PROVEN_SENT):
        return after
    # When it left nobody recorded; it was not later than the first word of it.
    about = (each for each in known.receipts if _is_of(known.draft, each) and weigh(each, known))
    first = min((each.at for each in about), default=None)
    return dataclasses.replace(after, sent_at=known.sent_at or first, silent="", due_at=None, deferrals=0)


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
    """Whether it counts as what it says, and not only as a sign that the mail left."""
    weight = weigh(receipt, known)
    return weight is Weight.ALL or (weight is Weight.LEFT and receipt.kind not in _ARRIVED)


def _by_recipients(submission: Submission) -> Event | None:
    """What all reports together say of the ``to``."""
    draft = submission.draft
    if draft is None:
        return None
    said = {
        to: {
            each.kind
            for each in submission.receipts
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
    """Whether someone must take note of it, apart from what the state itself says."""
    match receipt.kind:
        case ReceiptKind.REPLY | ReceiptKind.UNREADABLE | ReceiptKind.UNOPENED | ReceiptKind.WARNING:
            return True
        case ReceiptKind.UNMATCHED:
            return True
        case ReceiptKind.FAILED:
            is_to = known.draft is not None and receipt.recipient in known.draft.to
            return not (is_to and (event is Event.BOUNCED or known.state is State.BOUNCED))
        case ReceiptKind.DELIVERED | ReceiptKind.RELAYED | ReceiptKind.DELAYED | ReceiptKind.COPY:
            return known.state in SAYS_UNSENT or _is_doubtful(receipt, known, event)
        case ReceiptKind.READ | ReceiptKind.AUTOMATIC | ReceiptKind.ANOTHERS:
            return False


def _is_doubtful(receipt: Receipt, known: Submission, event: Event | None) -> bool:
    """Whether it changes nothing because of who may have written it; what is held for it is looked at anyway."""
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
