"""States, events and the one table that joins them; notes, alarm causes; the hold reasons and their kinds.

An event that is not in a state's row is refused and changes nothing. A report that the row does not name (a bounce
after CONFIRMED) is recorded as a note (``NoteEvent``) and never as an event.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from worker.core.errors import HoshobinError


class State(StrEnum):
    """The state of a submission; ``messages`` has the office's words for each."""

    ANNOUNCED = "ANNOUNCED"
    HELD = "HELD"
    APPROVED = "APPROVED"
    SENDING = "SENDING"
    IN_DOUBT = "IN_DOUBT"
    SENT = "SENT"
    DELAYED = "DELAYED"
    OVERDUE = "OVERDUE"
    RELAYED = "RELAYED"
    DELIVERED = "DELIVERED"
    CONFIRMED = "CONFIRMED"
    BOUNCED = "BOUNCED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    HANDED_OVER = "HANDED_OVER"


class Event(StrEnum):
    """An event that changes a submission's state; also the ``event`` of the entry that records it."""

    ANNOUNCED = "Announced"
    NOTICE_READ = "NoticeRead"
    APPROVED = "Approved"
    REDRAFTED = "Redrafted"
    HELD = "Held"
    RETURNED = "Returned"
    REQUESTED = "ApprovalRequested"
    HANDED_OVER = "HandedOver"
    WITHDRAWN = "Withdrawn"
    SEND_STARTED = "SendStarted"
    DATA_STARTED = "DataStarted"
    NOT_NOW = "NotNow"
    REFUSED = "Refused"
    ACCEPTED = "Accepted"
    PROVEN_SENT = "ProvenSent"
    CONFIRMED_SENT = "ConfirmedSent"
    CONFIRMED_NOT_SENT = "ConfirmedNotSent"
    REHEARSAL_ENDED = "RehearsalEnded"
    DELAYED = "Delayed"
    OVERDUE = "Overdue"
    RELAYED = "Relayed"
    DELIVERED = "Delivered"
    BOUNCED = "Bounced"
    NOT_ACCEPTED = "NotAccepted"
    CONFIRMED = "Confirmed"
    CONFIRMATION_CORRECTED = "ConfirmationCorrected"


class NoteEvent(StrEnum):
    """The ``event`` of an entry that moves no submission."""

    SEEN_AGAIN = "SeenAgain"
    """The same notice, or its announcement, came once more."""
    SENDER_PROVEN = "SenderProven"
    """A submission no longer waits for a check of its sender."""
    JOINED = "Joined"
    """Names the announcement with the submission of its notice."""
    NOTICE_AWAITED = "NoticeAwaited"
    """A reminder of an announcement."""
    DEADLINE_NEAR = "DeadlineNear"
    """An alarm about a deadline."""
    RESCHEDULED = "Rescheduled"
    """An approved submission goes at another moment, because the register gives another day."""
    STEPS_RENEWED = "StepsRenewed"
    """A manual submission has other steps."""
    TOLD_BEFORE = "ToldBefore"
    """A person was notified of a mail that leaves automatically, and its minutes to be stopped began."""
    NOT_READ_AGAIN = "NotReadAgain"
    """The notice could not be read again before its sending."""
    NO_ANSWER = "NoAnswer"
    """A mail in doubt will have no answer any more."""
    ANSWER_AFTERWARDS = "AnswerAfterwards"
    """An answer that a person's decision, or a report, was faster than."""
    STARTED = "Started"
    """The program began."""
    CONFIGURATION_CHANGED = "ConfigurationChanged"
    """A configuration file came, changed or went (``sha256`` empty): detail ``file`` and ``sha256``; the file's bytes
    are the original of that hash."""
    WITHOUT_COPY = "WithoutCopy"
    """Our own copy was refused, and the mail goes without it."""
    OTHER_COPY = "OtherCopy"
    """Keeps a mail with our Message-ID that is not the one that was handed over."""
    REPORT_TOO_EARLY = "ReportTooEarly"
    """Keeps a report on a mail that is not known here yet."""
    CAME_BACK = "CameBack"
    """Keeps a receipt that changes no state."""
    DONE = "Done"
    """A duty after sending is done."""
    DONE_CORRECTED = "DoneCorrected"
    """A duty that was recorded as done is open again."""
    NOTED = "Noted"
    """A person wrote a memo."""
    NOT_REACHED = "NotReached"
    """A person called, and the issuer's person was away: detail ``call_again``."""
    RESUMED = "Resumed"
    """A person said to go on with the database in place."""
    LEFT_ALONE = "LeftAlone"
    """A look left messages of a mailbox because they are older than it takes.

    Detail: ``mailbox``, ``from`` (the moment), ``left``, ``alike`` (they look like notices), ``unseen`` (their headers
    were not read).
    """
    RESTORED = "Restored"
    """The store was restored from a backup: the first entry that the backup does not have."""
    BACKED_UP = "BackedUp"
    """A set of backups was made: detail ``file``, ``bytes``, ``sha256``, and ``entries`` and ``head`` of the copy."""
    BACKUP_CHECKED = "BackupChecked"
    """A backup was restored into a temporary folder and verified: the same detail, as far as it is known."""
    FOREIGN_MAIL = "ForeignMail"
    """A mail of another installation, or one without a record here, was kept.

    Nothing is sent until a person resumes.
    """
    EXPORTED = "Exported"
    """A person took a table of the sent-mail log away: detail ``form``, ``limits``, ``rows`` and ``sha256``."""
    REHEARSAL_ON = "RehearsalOn"
    """A rehearsal began, by a person or by a new address of the configuration: detail ``to``."""
    REHEARSAL_OFF = "RehearsalOff"
    """A person ended the rehearsal: from now on approved mail goes to the issuers."""
    LOGGED_IN = "LoggedIn"
    """A person logged in to the console: detail ``user`` (the login) and ``address``."""
    LOGIN_FAILED = "LoginFailed"
    """A wrong password of an existing account, at most one entry a minute: the same detail."""
    USER_CHANGED = "UserChanged"
    """A person was added, changed, stopped or invited, or chose a password.

    Detail: ``user``, ``change``, and the fields that changed; no password, hash or token.
    """
    VIEWED = "Viewed"
    """A person opened the page of a submission; one entry a person, submission and day."""
    KEY_SHOWN = "KeyShown"
    """A person was shown the key: detail ``why``, if a reason was given."""
    DOWNLOADED = "Downloaded"
    """A person took an original: detail ``file``, ``sha256``, and ``why``, if a reason was given."""
    REGISTER_CHANGED = "RegisterChanged"
    """A person changed a project of the register.

    Detail: ``act``, ``project`` and ``later`` (its id before, and afterwards if it is another), ``register`` (the hash
    of the file as written), ``fields`` (each key with the text before and after).
    """
    ISSUER_CHANGED = "IssuerChanged"
    """A person changed or added an issuer: detail ``act``, ``issuer`` (its id), ``register`` (the hash of its file).

    ``fields`` has each key with the text before and after; of an answered question also ``seen_at`` and ``seen_on``.
    """
    REGISTER_MOVED = "RegisterMoved"
    """A person moved the register to another directory: detail ``from``, ``to`` and the names of the ``files``."""
    UPLOADED = "Uploaded"
    """A person brought a PDF: recorded before the file appears in its folder.

    Detail: ``file`` (its name, keys masked), ``sha256``, ``bytes``, ``brought_as`` (``UploadKind``); of a notice
    ``number`` and ``name`` as read, and ``announcement`` if it was brought for one; of an invoice ``folder``,
    ``amount``, ``project`` and ``product`` as far as they are known.
    """


PREPARING: Final = ("RegisterChanged", "IssuerChanged", "Uploaded")
"""The notes by which a person prepares a submission: detail ``project`` and ``later``, or the ``sha256`` of a file.

Of an issuer's rule: detail ``issuer``.
"""


class AlarmCause(StrEnum):
    """The cause of an alarm; an alarm's ``cause`` is one of these, followed by ``:`` and its subject if needed."""

    BEGAN_TO_WAIT = "began_to_wait"
    LEAVING = "leaving"
    """Mode ``hold`` released something, and no person was notified yet."""
    IN_DOUBT = "in_doubt"
    REFUSED = "refused"
    BOUNCED = "bounced"
    LATE_ANSWER = "late_answer"
    """An answer of the server says another thing than was stated."""
    CAME_BACK = "came_back"
    """A mail may have left although its record says otherwise."""
    NEWS = "news"
    """A mail may not have arrived, or a machine says of it what is not understood."""
    WITHDRAWN_AGAIN = "withdrawn_again"
    """A withdrawn notice came again from an authenticated sender."""
    UNPROVEN_NEWCOMER = "unproven_newcomer"
    """A stranger's notice with a known number waits separately."""
    NOT_READ_AGAIN = "not_read_again"
    DEADLINE = "deadline"
    ANNOUNCED = "announced"
    """An announced notice is still not here."""
    UNFETCHED = "unfetched"
    """A message could not be fetched."""
    PUT_OFF = "put_off"
    """Strangers' mails wait for their turn, or for space on the disk."""
    ACCOUNT_REFUSED = "account_refused"
    MUTE = "mute"
    """The SMTP server is unreachable (an outage)."""
    DEAF = "deaf"
    """A mailbox or folder is unreachable (an outage): nothing in it is read."""
    LEFT_ALONE = "left_alone"
    """Messages that look like notices are left as older than what is taken."""
    PDF_SANDBOX = "pdf_sandbox"
    """No PDF can be read: the children cannot read within their sandbox."""
    STORE_FAILED = "store_failed"
    """The store cannot be written: notified without it, and recorded afterwards."""
    STORE_MENDED = "store_mended"
    LOG_BROKEN = "log_broken"
    BACKUP_FAILED = "backup_failed"
    """No backup was made, or one does not verify: detail ``store.backups.Trouble``."""
    CONFIGURATION_REFUSED = "configuration_refused"
    DIGEST = "digest"
    ESCALATION = "escalation"
    REQUEST_WAITS = "request_waits"
    """A request for an approval has no answer: once for each request."""
    TURN = "turn_began"
    """It is another person's turn: an approval was asked for, or a draft was sent back or stopped."""
    GUESSING = "guessing"
    """A hundred wrong passwords in a row for one account: detail its login."""
    ROLE_GIVEN = "role_given"
    """A person became an approver or an administrator: detail the login."""
    SENT_LIST = "sent_list"
    """The daily list of what was sent."""
    PERSON_UNREACHED = "person_unreached"
    """The mail server takes no mail to a person's address."""
    WEBHOOK_REFUSED = "webhook_refused"
    """The chat does not take our notices."""


class IllegalEvent(HoshobinError):
    """An event that the state's row does not name, or a target that the event cannot have there."""

    def __init__(self, state: State | None, event: Event, target: State | None) -> None:
        super().__init__(f"{event} in {state} to {target}")
        self.state = state
        self.event = event


JUDGED: Final = (State.HELD, State.APPROVED, State.HANDED_OVER)
"""The states that register and rules decide: what is in one of them is judged again when they change."""
_ON_THE_WAY = {  # in this order; OVERDUE alone may also follow RELAYED
    State.DELAYED: Event.DELAYED,
    State.OVERDUE: Event.OVERDUE,
    State.RELAYED: Event.RELAYED,
    State.DELIVERED: Event.DELIVERED,
}
_Row = dict[Event, tuple[State, ...]]
_PROOFS: Final[_Row] = {  # a receipt proves that it left
    Event.PROVEN_SENT: (State.SENT,),
    Event.DELAYED: (State.DELAYED,),
    Event.RELAYED: (State.RELAYED,),
    Event.DELIVERED: (State.DELIVERED,),
    Event.BOUNCED: (State.BOUNCED,),
}
_CLOSING: Final[_Row] = {
    Event.BOUNCED: (State.BOUNCED,),
    Event.NOT_ACCEPTED: (State.BOUNCED,),
    Event.CONFIRMED: (State.CONFIRMED,),
}


def _after_sent(*later: State) -> _Row:
    return {_ON_THE_WAY[state]: (state,) for state in later} | _CLOSING


TRANSITIONS: Final[dict[State | None, _Row]] = {
    None: {Event.ANNOUNCED: (State.ANNOUNCED,), Event.NOTICE_READ: JUDGED},
    State.ANNOUNCED: {
        Event.NOTICE_READ: JUDGED,
        Event.HANDED_OVER: (State.HANDED_OVER,),
        Event.WITHDRAWN: (State.WITHDRAWN,),
    },
    State.HELD: {
        Event.APPROVED: (State.APPROVED, State.HELD),
        Event.REDRAFTED: JUDGED,
        Event.RETURNED: (State.HELD,),
        Event.REQUESTED: (State.HELD,),
        Event.HANDED_OVER: (State.HANDED_OVER,),
        Event.WITHDRAWN: (State.WITHDRAWN,),
    },
    State.APPROVED: {
        Event.SEND_STARTED: (State.SENDING,),
        Event.HELD: (State.HELD,),
        Event.RETURNED: (State.HELD,),
        Event.WITHDRAWN: (State.WITHDRAWN,),
    }
    | _PROOFS,
    State.SENDING: {
        Event.DATA_STARTED: (State.IN_DOUBT,),
        Event.NOT_NOW: (State.APPROVED,),
        Event.REFUSED: (State.REFUSED,),
        Event.REHEARSAL_ENDED: (State.HELD,),
    },
    State.IN_DOUBT: {
        Event.ACCEPTED: (State.SENT,),
        Event.NOT_NOW: (State.APPROVED,),
        Event.REFUSED: (State.REFUSED,),
        Event.CONFIRMED_SENT: (State.SENT,),
        Event.CONFIRMED_NOT_SENT: (State.HELD,),
        Event.REHEARSAL_ENDED: (State.HELD,),
    }
    | _PROOFS,
    State.SENT: _after_sent(State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED),
    State.DELAYED: _after_sent(State.OVERDUE, State.RELAYED, State.DELIVERED),
    State.OVERDUE: _after_sent(State.RELAYED, State.DELIVERED),
    State.RELAYED: _after_sent(
        State.OVERDUE, State.DELIVERED
    ),  # a relay that reports nothing more is silent like any other
    State.DELIVERED: _after_sent(),
    State.HANDED_OVER: {Event.CONFIRMED: (State.CONFIRMED,), Event.WITHDRAWN: (State.WITHDRAWN,)},
    State.BOUNCED: {Event.CONFIRMED: (State.CONFIRMED,)},
    State.CONFIRMED: {  # back to the state before the confirmation
        Event.CONFIRMATION_CORRECTED: (
            *(State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED),
            *(State.HANDED_OVER, State.BOUNCED),
        )
    },
    State.REFUSED: {},
    State.WITHDRAWN: {},
}

STILL_JUDGED: Final = frozenset({State.HELD, State.APPROVED})
"""The states in which a submission is drafted again with its invoice, and its checks are shown."""

UNFINISHED: Final = frozenset({State.ANNOUNCED, State.HELD, State.APPROVED, State.SENDING, State.IN_DOUBT})
"""States of a submission that may still leave, or waits for an answer: its project is not complete."""

WAITING: Final = frozenset({State.ANNOUNCED, State.HELD, State.APPROVED, State.SENDING})
"""States of a submission that has certainly not left: the same notice again adds nothing to it."""


ACCEPTED: Final = frozenset({State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED, State.CONFIRMED})
"""A mail server took it, and no word has come that the issuer did not get it. CONFIRMED may also be handed in."""

MAY_HAVE_LEFT: Final = ACCEPTED | {State.IN_DOUBT, State.BOUNCED}
"""States of a submission that may have reached a mail server."""

SAYS_UNSENT: Final = frozenset({State.REFUSED, State.WITHDRAWN, State.HANDED_OVER})
"""States in which nothing was mailed. A report received in one of them needs manual review."""

NEEDS_A_PERSON: Final = frozenset({State.HELD, State.ANNOUNCED, State.HANDED_OVER})
"""The states that wait for a person from the moment they are entered."""

WAITS_FOR_A_PERSON: Final = NEEDS_A_PERSON | {State.IN_DOUBT, State.REFUSED, State.BOUNCED, State.OVERDUE}
"""The same, and the states in which news of a mail waits for a person."""


def next_state(state: State | None, event: Event, target: State | None = None) -> State:
    """Returns the state that ``event`` leads to; ``target`` chooses if the row allows several.

    Raises IllegalEvent if the row of ``state`` does not name ``event``, or not with ``target``.
    """
    allowed = TRANSITIONS[state].get(event, ())
    if target is None and len(allowed) == 1:
        return allowed[0]
    if target is None or target not in allowed:
        raise IllegalEvent(state, event, target)
    return target


def may_follow(state: State, event: Event) -> bool:
    """Returns whether the row of ``state`` names ``event``; a report that it does not name changes nothing."""
    return event in TRANSITIONS[state]


class HoldKind(StrEnum):
    """The end of a hold: correct something, answer as a person, or only withdraw."""

    CORRECT = "correct"
    ANSWER = "answer"
    NEVER = "never"


class Reason(StrEnum):
    """The fixed list of hold reasons (machine output); words, kinds and next steps go with each."""

    APPROVAL = "approval"
    SECOND_PERSON = "second_person"
    RETURNED = "returned"
    UNKNOWN_PROJECT = "unknown_project"
    TWO_PROJECTS = "two_projects"
    NAME_ONLY = "name_only"
    NUMBER_DIFFERS = "number_differs"
    OTHER_CONTRACTOR = "other_contractor"
    MISSING_VALUE = "missing_value"
    BAD_VALUE = "bad_value"
    UNSAFE_VALUE = "unsafe_value"
    NO_RECIPIENT = "no_recipient"
    RULE_OPEN = "rule_open"
    GUARANTOR_NOT_LISTED = "guarantor_not_listed"
    INVOICE_MISSING = "invoice_missing"
    INVOICE_UNDECIDED = "invoice_undecided"
    TWO_INVOICES = "two_invoices"
    WRONG_INVOICE = "wrong_invoice"
    INVOICE_UNCLEAR = "invoice_unclear"
    INVOICE_UNREADABLE = "invoice_unreadable"
    DOCUMENTS_UNDECIDED = "documents_undecided"
    CONTACT_FIRST = "contact_first"
    TIMING = "timing"
    ELIGIBILITY_UNKNOWN = "eligibility_unknown"
    NOT_ELIGIBLE = "not_eligible"
    SENDER_UNPROVEN = "sender_unproven"
    FIRST_ADDRESS = "first_address"
    RULE_CHANGED = "rule_changed"
    CHANGED = "changed"
    SEEN_BEFORE = "seen_before"
    SUPERSEDED = "superseded"
    ALREADY_RESUBMITTED = "already_resubmitted"
    FROM_BEFORE = "from_before"
    REHEARSED = "rehearsed"
    NOT_SENT = "not_sent"
    MAYBE_SENT = "maybe_sent"
    TOO_BIG = "too_big"
    LARGE_ATTACHMENT = "large_attachment"
    WRONG_RECIPIENT = "wrong_recipient"
    KEY_DIFFERS = "key_differs"
    ENCODING = "encoding"
    NO_TEXT = "no_text"
    PASSWORD = "password"  # noqa: S105  a refusal's name, no secret
    NOT_A_NOTICE = "not_a_notice"
    TWO_NOTICES = "two_notices"
    TWO_VALUES = "two_values"
    ENGINES_DISAGREE = "engines_disagree"
    BROKEN_TEXT = "broken_text"
    DAMAGED = "damaged"
    ATTACHMENT_UNOPENED = "attachment_unopened"
    MAIL_TOO_LARGE = "mail_too_large"
    REST_UNREAD = "rest_unread"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"


_ANSWERED = frozenset(
    {
        Reason.APPROVAL,
        Reason.SECOND_PERSON,
        Reason.RETURNED,
        Reason.NAME_ONLY,
        Reason.NUMBER_DIFFERS,
        Reason.INVOICE_UNCLEAR,
        Reason.INVOICE_UNREADABLE,
        Reason.CONTACT_FIRST,
        Reason.TIMING,
        Reason.ELIGIBILITY_UNKNOWN,
        Reason.NOT_ELIGIBLE,
        Reason.SENDER_UNPROVEN,
        Reason.FIRST_ADDRESS,
        Reason.RULE_CHANGED,
        Reason.CHANGED,
        Reason.SEEN_BEFORE,
        Reason.ALREADY_RESUBMITTED,
        Reason.FROM_BEFORE,
        Reason.REHEARSED,
        Reason.NOT_SENT,
        Reason.MAYBE_SENT,
        Reason.LARGE_ATTACHMENT,
    }
)
_NEVER = frozenset({Reason.WRONG_RECIPIENT, Reason.KEY_DIFFERS, Reason.ENCODING})

REFUSALS: Final = frozenset(
    {
        Reason.NO_TEXT,
        Reason.PASSWORD,
        Reason.NOT_A_NOTICE,
        Reason.TWO_NOTICES,
        Reason.TWO_VALUES,
        Reason.ENGINES_DISAGREE,
        Reason.BROKEN_TEXT,
        Reason.DAMAGED,
        Reason.TOO_LARGE,
        Reason.TOO_SLOW,
    }
)
"""Reasons why a PDF was not read as a notice."""


def kind_of(reason: Reason) -> HoldKind:
    """The kind of ``reason``: who or what ends the hold."""
    if reason in _NEVER:
        return HoldKind.NEVER
    return HoldKind.ANSWER if reason in _ANSWERED else HoldKind.CORRECT
