"""Decides the rows of the sent-mail log, which an auditor reads instead of the entries.

One row stands for each sending attempt, hand-over, withdrawal, rehearsal and confirmation, and for each report that
moved a submission, in the order of their entries. Every submission's end is thus in the log. An attempt that waits
for its answer stands last. A row states the values at its time: the mail that was sent, not today's configuration.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from worker.audit.chain import fold
from worker.core.messages import name_receipt
from worker.core.model import JST, READ, REGISTERED, Entry, Product, Receipt, ReceiptKind
from worker.core.states import Event, State
from worker.core.text import match_key

_ATTEMPTS: Final = frozenset(
    {
        Event.ACCEPTED,
        Event.NOT_NOW,
        Event.REFUSED,
        Event.REHEARSAL_ENDED,
        Event.CONFIRMED_SENT,
        Event.CONFIRMED_NOT_SENT,
    }
)
"""The ends of an attempt; its draft and its release are those before the event."""

PROGRAM: Final = "hoshobin"
"""The author of an entry that no person made."""

_DECISIONS: Final = frozenset({Event.WITHDRAWN, Event.NOT_ACCEPTED, Event.CONFIRMED})
CAME_BACK: Final = frozenset({Event.PROVEN_SENT, Event.DELAYED, Event.RELAYED, Event.DELIVERED, Event.BOUNCED})
"""Events that reports cause: the note of such a row holds their words."""

_BY_PEOPLE: Final = "approve"
"""The policy by which people release each mail, as a hand-over of a rule records it: it names no one who did."""
_UNSENT: Final = frozenset({State.WITHDRAWN, State.HANDED_OVER})
"""Ends without a mail: the answer to an earlier attempt does not count."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that went with a mail."""

    filename: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row; the field names are those of the JSON lines."""

    at: dt.datetime
    id: int
    event: str
    rehearsal: bool
    contract_number: str
    product: Product | None
    project: str
    project_id: str
    issuer: str
    issuer_id: str
    section: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    attachments: tuple[SentFile, ...]
    sent_sha256: str
    """Of the very bytes handed to the server; empty if no mail was handed over."""
    message_id: str
    server: str
    smtp_reply: str
    rule_file: str
    rule_sha256: str
    invoice_amount: int | None
    invoice_date: dt.date | None
    state: State
    corrects: int | None
    follows: int | None
    decided_by: str
    """The person's name, or the policy (``auto``, ``hold 10 min``)."""
    account: str
    """The account that ran the person's command; empty if a policy decided."""
    note: str
    approved_by: str
    """The person or the policy that released the mail; empty if nothing did."""
    recorded_by: str
    """The person who recorded this; empty if the program did by itself."""
    invoice_amount_from: str
    """``registered`` or ``read`` (from the PDF); empty if there is no amount."""
    invoice_date_from: str
    approved_for: tuple[str, ...] = ()
    """The people who were away, if their deputy released the mail."""


FOLDS_HELD: Final = 500
"""Submissions whose fold stays in memory, the last changed ones: with 10 kB each, 5 MB."""


def log_rows(
    entries: Iterable[Entry],
    again: Callable[[int], Iterable[Entry]] | None = None,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Iterator[LogRow]:
    """The rows from ``since`` to ``until`` (both days included, Japanese time).

    ``entries`` are, in order, all entries of each submission that has a row in this period. ``again`` reads the entries
    of one submission once more, so that few folds are held; None: all are held.
    """
    folds = _Folds(again)
    pending: dict[int, Entry] = {}
    for entry in entries:
        number = entry.submission
        if number is None:
            continue
        before = folds.before(entry)
        after = folds.add(entry, before)
        if entry.event == Event.DATA_STARTED:
            pending[number] = entry
            continue
        if after.get("state") != State.IN_DOUBT:
            pending.pop(number, None)
        if _makes_row(entry, before, after) and is_between_days(entry.at, since, until):
            yield _row(entry, before, after)
    for number, entry in pending.items():
        if is_between_days(entry.at, since, until):
            last = folds.last(number)
            yield _row(entry, last, last)


class _Folds:
    """The fold of each submission, of which the last changed ones are held."""

    def __init__(self, again: Callable[[int], Iterable[Entry]] | None) -> None:
        self._again = again
        self._held: dict[int, dict[str, Any]] = {}
        self._highest = 0
        self._last = 0

    def before(self, entry: Entry) -> dict[str, Any]:
        """The fold of the entries before this one, which is the next of its submission."""
        number = entry.submission or 0
        row = self._held.pop(number, None)
        if row is None and self._again is not None and number <= self._highest:
            row = self._fold_again(number, entry.number)
        # Ids are given in order: nothing is before the first entry of a higher one.
        self._highest = max(self._highest, number)
        return row or {}

    def add(self, entry: Entry, before: Mapping[str, Any]) -> dict[str, Any]:
        """The fold with this entry, which follows ``before``."""
        after = self._held[entry.submission or 0] = fold(before, entry)
        self._last = entry.number
        if self._again is not None and len(self._held) > FOLDS_HELD:
            del self._held[next(iter(self._held))]
        return after

    def last(self, number: int) -> dict[str, Any]:
        """The fold of all entries of this submission that were added."""
        held = self._held.get(number)
        return self._fold_again(number, self._last + 1) if held is None else held

    def _fold_again(self, number: int, end: int) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for entry in self._again(number) if self._again else ():
            if entry.number >= end:
                break
            row = fold(row, entry)
        return row


def is_between_days(moment: dt.datetime, since: dt.date | None, until: dt.date | None) -> bool:
    """True for a moment on one of these Japanese days, both included; None is no limit."""
    if since is None and until is None:
        return True
    day = moment.astimezone(JST).date()
    return not ((since and day < since) or (until and day > until))


def _makes_row(entry: Entry, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    if entry.event in _ATTEMPTS | _DECISIONS | CAME_BACK:
        return True
    # By a person's decision, or at once under a rule that takes no mail.
    return after.get("state") == State.HANDED_OVER != before.get("state")


def _row(entry: Entry, before: Mapping[str, Any], after: Mapping[str, Any]) -> LogRow:
    was = before if entry.event in _ATTEMPTS else after  # a rehearsal's end brings the next draft with it
    draft = was.get("draft") or {}
    was_handed_in = entry.event == Event.CONFIRMED and before.get("state") == State.HANDED_OVER
    left = after["state"] not in _UNSENT and not was_handed_in
    rehearsed_for = tuple(draft.get("rehearsal_for", ()))
    decided_by, account = _decided(entry, was)
    (amount, amount_from), (date, date_from) = _of_invoice(was, "invoice_amount"), _of_invoice(was, "invoice_date")
    return LogRow(
        at=entry.at,
        id=after["id"],
        event=entry.event,
        rehearsal=bool(rehearsed_for),
        contract_number=was.get("contract_number") or "",
        product=Product(was["product"]) if was.get("product") else None,
        project=was.get("project_name") or was.get("notice_name") or "",
        project_id=was.get("project") or "",
        issuer=was.get("issuer_name") or "",
        issuer_id=was.get("issuer") or "",
        section=was.get("section_name") or "",
        to=tuple(draft.get("to", ())),
        cc=tuple(draft.get("cc", ())),
        subject=draft.get("subject", ""),
        attachments=tuple(
            SentFile(each["filename"], each["size"], each["sha256"]) for each in draft.get("attachments", ())
        ),
        sent_sha256=was.get("letter_sha256") or "" if left else "",
        message_id=draft.get("message_id", "") if left else "",
        server=after.get("server", "") if left else "",
        smtp_reply=after.get("reply", "") if left else "",
        rule_file=draft.get("rule_file", ""),
        rule_sha256=draft.get("rule_sha256", ""),
        invoice_amount=amount,
        invoice_date=dt.date.fromisoformat(date) if date else None,
        state=State(after["state"]),
        corrects=after.get("corrects"),
        follows=after.get("follows"),
        decided_by=decided_by,
        account=account,
        note=_note(entry),
        approved_by=_releaser(was),
        recorded_by=entry.by if entry.by != PROGRAM else "",
        invoice_amount_from=amount_from,
        invoice_date_from=date_from,
        approved_for=tuple(was.get("deputy_for", ())) if was.get("release_account") else (),
    )


def _of_invoice(row: Mapping[str, Any], name: str) -> tuple[Any, str]:
    """Returns the registered value or else that of the PDF, and the source."""
    registered, read = (row.get("draft") or {}).get(name), row.get(f"{name}_read")
    if registered is not None:
        return registered, REGISTERED
    return read, READ if read is not None else ""


def _decided(entry: Entry, row: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the person of the entry, or else the one that released the mail, with the account."""
    if entry.by != PROGRAM:
        return entry.by, entry.account
    return _releaser(row) or entry.by, row.get("release_account") or ""


def _releaser(row: Mapping[str, Any]) -> str:
    """Returns the person or the policy that released the mail; empty if nothing did."""
    release = row.get("release") or ""
    return "" if release == _BY_PEOPLE else release


def _note(entry: Entry) -> str:
    """Returns the person's note with the time that they named, and the receipts in office words."""
    words = [entry.detail.get(name) for name in ("note", "why", "confirmed_at")]
    return " / ".join(
        [*(str(word) for word in words if word), *(name_receipt(each, "ja") for each in receipts_in(entry))]
    )


def receipts_in(entry: Entry) -> tuple[Receipt, ...]:
    """Returns the receipts that the entry records."""
    return tuple(map(read_receipt, entry.detail.get("receipts", ())))


def read_receipt(detail: Mapping[str, Any]) -> Receipt:
    """The receipt that ``receipt_detail`` wrote."""
    return Receipt(
        ReceiptKind(detail["kind"]),
        dt.datetime.fromisoformat(detail["at"]),
        recipient=detail.get("recipient", ""),
        status=detail.get("status", ""),
        text=detail.get("text", ""),
        sender=detail.get("sender", ""),
        message_id=detail.get("message_id", ""),
        proof=detail.get("proof", ""),
    )


def receipt_detail(receipt: Receipt) -> dict[str, str]:
    """A receipt as an entry's detail holds it: only what it says."""
    fields = {
        "kind": receipt.kind.value,
        "recipient": receipt.recipient,
        "status": receipt.status,
        "text": receipt.text,
        "sender": receipt.sender,
        "at": receipt.at.isoformat(),
        "message_id": receipt.message_id,
        "proof": receipt.proof,
        "mail": receipt.mail_sha256 or "",
    }
    return {name: text for name, text in fields.items() if text}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Limits of a search; a field that is empty or None limits nothing."""

    issuer: str = ""
    """An issuer's id or its whole name."""
    project: str = ""
    """A project's id or its whole name."""
    contract: str = ""
    """A whole contract number."""
    text: str = ""
    """A piece of the project's name, the issuer's name or the contract number."""
    product: Product | None = None
    state: State | None = None
    amount_from: int | None = None
    """Yen; a row without an amount is not found by one."""
    amount_to: int | None = None

    def holds(self, row: LogRow) -> bool:
        """Returns whether the row is within every limit; names are compared by the match key."""
        return (
            _is_one_of(self.issuer, row.issuer, row.issuer_id)
            and _is_one_of(self.project, row.project, row.project_id)
            and _is_one_of(self.contract, row.contract_number)
            and _is_part_of(self.text, row.project, row.issuer, row.section, row.contract_number)
            and self.product in {None, row.product}
            and self.state in {None, row.state}
            and self._holds_amount(row.invoice_amount)
        )

    def _holds_amount(self, amount: int | None) -> bool:
        if self.amount_from is None and self.amount_to is None:
            return True
        if amount is None:
            return False
        return (self.amount_from or 0) <= amount and (self.amount_to is None or amount <= self.amount_to)


FILTERED_FIELDS: Final = {
    "issuer": ("issuer_name", "issuer"),
    "project": ("project_name", "notice_name", "project"),
    "contract": ("contract_number",),
}
"""The fields of a submission that each filter of ``filter_rows`` is compared with."""


def filter_rows(rows: Iterable[LogRow], limits: LogFilter) -> Iterator[LogRow]:
    """The rows within the limits."""
    return filter(limits.holds, rows)


def _is_part_of(wanted: str, *names: str) -> bool:
    piece = match_key(wanted)
    return not piece or any(piece in match_key(name) for name in names)


def _is_one_of(wanted: str, *names: str) -> bool:
    return not wanted or match_key(wanted) in map(match_key, names)
