"""Decides what follows from each step of an SMTP transaction, and has the table of delays between tries.

A verdict of ``ACCEPTED``, ``REFUSED`` or ``NOT_NOW`` after the body rests on an answer of the server to that body.
Every other outcome after 354 is ``IN_DOUBT``, which only a delivery report, our own copy or a person ends.

A crash is harmless in this order: the caller records DataStarted (durably) after 354 answered ``Data`` and before it
takes ``Body``. After a crash before that record no byte of the mail has left; after it, delivery is unknown.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from enum import Enum
from typing import Final

from worker.core.model import Address, Draft
from worker.core.server_faults import fault_of_reply
from worker.core.states import Event
from worker.send.ports import Body, Data, Mail, NoReply, Rcpt, Reply, Step

OK: Final = 250
START_INPUT: Final = 354
CLOSING: Final = 421
"""The server ends the connection, at any step (RFC 5321 §3.8)."""
TOO_LARGE: Final = 552
"""The message is at fault, not the account: by RFC 1870 §6.1 the server says so to MAIL already, from SIZE."""

_SUCCESS: Final = 2
_TRANSIENT: Final = 4
_PERMANENT: Final = 5

# The first tries are close together because greylisting lets a second try pass after 1 to 15 minutes; after that an
# hour: a server that is down for a day is asked 24 times, and no mail waits much longer than the outage.
_DELAYS: Final = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))

_MAC_DIGITS: Final = 20
"""Hexadecimal digits of the HMAC in an envelope id, which may have 100 characters (RFC 3461 §4.4)."""


class Verdict(Enum):
    """The meaning of a step's answer for the transaction."""

    GO_ON = "go_on"
    NOT_NOW = "not_now"
    ACCOUNT_REFUSED = "account_refused"
    """NotNow as well, but waiting alone does not help: the operator is alarmed."""
    REFUSED = "refused"
    ACCEPTED = "accepted"
    IN_DOUBT = "in_doubt"
    """After 354 no answer that counts: no event, the state stays IN_DOUBT."""

    @property
    def event(self) -> Event | None:
        """The event to record; None if the next step follows, or if nothing can be concluded."""
        return _EVENTS.get(self)


_EVENTS: Final = {
    Verdict.NOT_NOW: Event.NOT_NOW,
    Verdict.ACCOUNT_REFUSED: Event.NOT_NOW,
    Verdict.REFUSED: Event.REFUSED,
    Verdict.ACCEPTED: Event.ACCEPTED,
}


def judge_reply(step: Step, answer: Reply | NoReply) -> Verdict:
    """Returns the meaning of ``answer`` to ``step``; every verdict but ``GO_ON`` ends the transaction.

    The code decides (RFC 5321 §4.2), with one exception. A 5xx to RCPT, DATA and the body concerns the message, one to
    MAIL the account, except 552. The exception: a 5xx whose text says that the sender is refused or a login is required
    (``fault_of_reply``) concerns the account at every step, because each later mail would fail too.
    """
    is_refusal = isinstance(answer, Reply) and answer.code // 100 == _PERMANENT
    if is_refusal and fault_of_reply(str(answer)) is not None:
        return Verdict.ACCOUNT_REFUSED
    match step:
        case Mail():
            return _judge_mail(answer)
        case Rcpt():
            return _judge_copy(answer) if step.is_copy else _judge_rcpt(answer)
        case Data():
            return _judge_data(answer)
        case Body():
            return _judge_body(answer)


def is_understood(step: Step, reply: Reply) -> bool:
    """Returns whether RFC 5321 §4.3.2 allows a server to give ``reply`` to ``step``.

    After any other reply the two sides are out of sync, so the connection must not be used again.
    """
    if reply.code // 100 in (_TRANSIENT, _PERMANENT):
        return True
    return judge_reply(step, reply) in (Verdict.GO_ON, Verdict.ACCEPTED)


def _judge_mail(answer: Reply | NoReply) -> Verdict:
    if isinstance(answer, NoReply):
        return Verdict.NOT_NOW
    if answer.code == TOO_LARGE:
        return Verdict.REFUSED
    if answer.code // 100 == _PERMANENT:
        return Verdict.ACCOUNT_REFUSED
    return Verdict.GO_ON if answer.code // 100 == _SUCCESS else Verdict.NOT_NOW


def _judge_rcpt(answer: Reply | NoReply) -> Verdict:
    """All recipients or none: one that is refused, or deferred, ends the transaction before DATA.

    Any 2xx takes the recipient: RFC 5321 §4.2.1 lets the first digit decide if a code is not one of the listed ones
    (250, 251), and some relays answer 252 here.
    """
    if isinstance(answer, NoReply):
        return Verdict.NOT_NOW
    if answer.code // 100 == _PERMANENT:
        return Verdict.REFUSED
    return Verdict.GO_ON if answer.code // 100 == _SUCCESS else Verdict.NOT_NOW


def is_taken(answer: Reply | NoReply) -> bool:
    """Returns whether the answer is positive."""
    return isinstance(answer, Reply) and answer.code // 100 == _SUCCESS


def _judge_copy(answer: Reply | NoReply) -> Verdict:
    """Our own copy never stops the issuer's mail, unless the server ends the connection."""
    if isinstance(answer, NoReply) or answer.code == CLOSING:
        return Verdict.NOT_NOW
    return Verdict.GO_ON if answer.code // 100 in (_SUCCESS, _TRANSIENT, _PERMANENT) else Verdict.NOT_NOW


def _judge_data(answer: Reply | NoReply) -> Verdict:
    """Only 354 invites the body: a 250 here answers another command, or comes from a server that cannot be followed."""
    if isinstance(answer, NoReply):
        return Verdict.NOT_NOW
    if answer.code // 100 == _PERMANENT:
        return Verdict.REFUSED
    return Verdict.GO_ON if answer.code == START_INPUT else Verdict.NOT_NOW


def _judge_body(answer: Reply | NoReply) -> Verdict:
    """Only 250 is the promise to deliver (RFC 5321 §4.3.2 knows no other success here)."""
    if isinstance(answer, NoReply):
        return Verdict.IN_DOUBT
    if answer.code == OK:
        return Verdict.ACCEPTED
    if answer.code // 100 == _TRANSIENT:
        return Verdict.NOT_NOW
    return Verdict.REFUSED if answer.code // 100 == _PERMANENT else Verdict.IN_DOUBT


def steps_for(
    sender: Address,
    recipients: Sequence[Address],
    message_bytes: bytes,
    envid: str = "",
    copy_to: Address | None = None,
) -> tuple[Step, ...]:
    """Returns the steps of one transaction in their order; an empty ``envid`` requests no reports.

    ``copy_to`` comes last, so that only the issuer's answers decide before it.

    Raises ValueError without a recipient, or if ``message_bytes`` holds a CR or LF alone: relays disagree on whether
    that ends a line, so a dot after it could end the message for one of them.
    """
    if not recipients:
        raise ValueError("a transaction without a recipient")
    if not message_bytes.count(b"\r\n") == message_bytes.count(b"\r") == message_bytes.count(b"\n"):
        raise ValueError("a message with a CR or LF that is no line end")
    once = dict.fromkeys(recipients)
    asks_for_reports = bool(envid)
    return (
        Mail(sender=sender, size=len(message_bytes), envid=envid),
        *(Rcpt(recipient=recipient, dsn=asks_for_reports) for recipient in once),
        *([Rcpt(recipient=copy_to, dsn=False, is_copy=True)] if copy_to else []),
        Data(),
        Body(content=message_bytes),
    )


def steps_of(draft: Draft, message_bytes: bytes, envid: str, copy_to: Address | None = None) -> tuple[Step, ...]:
    """Returns the steps for every recipient of ``draft``, each once even if in To and Cc, and for ourselves."""
    return steps_for(draft.sender, draft.recipients, message_bytes, envid, copy_to)


def make_envid(secret: bytes, message_id: str, tries: int) -> str:
    """Returns the envelope id ``ID.N.T-MAC`` of the T-th try of this mail.

    A report that names it proves which try left. MAC is an HMAC of its own by the store's ``secret``. Mail servers see
    it and write it into their reports. The recipient of the mail does not see it, so that the mail's Message-ID is not
    enough to write such a report.
    """
    named = f"envelope\n{message_id}\n{tries}"
    mac = hmac.new(secret, named.encode(), hashlib.sha256).hexdigest()[:_MAC_DIGITS]
    return f"{message_id.removeprefix('<').rpartition('@')[0]}.{tries}-{mac}"


def is_our_envid(secret: bytes, message_id: str, candidate: str) -> bool:
    """Returns whether ``candidate`` is the envelope id of a try of this mail, MAC included."""
    tries = candidate.rpartition(".")[2].partition("-")[0]
    is_number = tries.isascii() and tries.isdigit() and len(tries) < _MAC_DIGITS
    return is_number and hmac.compare_digest(
        candidate.encode(errors="replace"), make_envid(secret, message_id, int(tries)).encode()
    )


def retry_delay(tries: int) -> dt.timedelta:
    """Returns the wait after the ``tries``-th try ended in NotNow: 1, 5, 15, 30, 60 minutes, then hourly."""
    return _DELAYS[min(max(tries, 1), len(_DELAYS)) - 1]
