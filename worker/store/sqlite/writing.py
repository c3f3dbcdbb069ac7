"""One open write transaction: what a step records, with the entry that says so.

The promise: a submission's row is what its entries fold to, because both are made of the same change here; and no
change is made of a submission that somebody else changed since it was read. It neither begins nor commits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection

from worker.audit.chain import canonical, encodable, fold
from worker.core.alarms import is_told
from worker.core.clock import Clock
from worker.core.errors import Conflict, NotAllowed
from worker.core.model import Alarm, Entry, FileRow, Look, MessageRow, Notice, ReceiptKind, Sha256, Submission, sha256
from worker.core.open_until import open_until
from worker.core.states import Event, NoteEvent, State, next_state
from worker.core.text import match_key
from worker.store.ports import Author
from worker.store.sqlite.connection import translated
from worker.store.sqlite.entries import append
from worker.store.sqlite.queries import Reads, file_key
from worker.store.sqlite.ready import Ready, run
from worker.store.sqlite.rows import DEFAULTS, decode, encode_notice, fields_of
from worker.store.sqlite.schema import (
    ALARMS,
    FILES,
    LOOKS,
    MESSAGES,
    NOTICES,
    OPEN_SUBMISSIONS,
    ORIGINALS,
    OWN_MESSAGE_IDS,
    PROPERTIES,
    SENT_TO,
    SENT_WITH,
    SPELLED_NUMBERS,
    SUBMISSIONS,
)

_ROW_OF: Final = Ready(sa.select(SUBMISSIONS.c.row).where(SUBMISSIONS.c.id == sa.bindparam("id")))
_HIGHEST: Final = Ready(sa.select(sa.func.max(SUBMISSIONS.c.id)))
_INSERT: Final = Ready(sa.insert(SUBMISSIONS), ("id", "row"))
_REPLACE: Final = Ready(sa.update(SUBMISSIONS).where(SUBMISSIONS.c.id == sa.bindparam("number")), ("row",))


def _upsert(table: sa.Table, column: str = "row") -> Ready:
    statement = insert(table)
    keys = [key.name for key in table.primary_key]
    upsert = statement.on_conflict_do_update(index_elements=keys, set_={column: statement.excluded[column]})
    return Ready(upsert, (*keys, column))


_KEEP_NOTICE: Final = _upsert(NOTICES)
_RECORD_MESSAGE: Final = _upsert(MESSAGES)
_RECORD_FILE: Final = _upsert(FILES)
_RECORD_LOOK: Final = _upsert(LOOKS)
_IS_KEPT: Final = Ready(sa.select(ORIGINALS.c.sha256).where(ORIGINALS.c.sha256 == sa.bindparam("digest")))
_KEEP: Final = Ready(sa.insert(ORIGINALS), ("sha256", "kind", "content"))
_OWN_MESSAGE_ID: Final = Ready(insert(OWN_MESSAGE_IDS).on_conflict_do_nothing(), ("message_id", "submission"))
_SENT_TO: Final = Ready(sa.insert(SENT_TO), ("address", "submission"))
_SENT_WITH: Final = Ready(sa.insert(SENT_WITH), ("sha256", "submission"))
_SET_PROPERTY: Final = _upsert(PROPERTIES, "value")
_LATE_ALARMS: Final = 200
"""Of one cause, how many of the newest are looked at for the same one again: a backlog raises thousands in an hour."""
_NEWEST_ALARMS: Final = (
    sa.select(ALARMS.c.id, ALARMS.c.row)
    .where(ALARMS.c.cause == sa.bindparam("cause"))
    .order_by(ALARMS.c.id.desc())
    .limit(_LATE_ALARMS)
    .subquery()
)
_SAME_ALARM: Final = Ready(
    sa.select(_NEWEST_ALARMS.c.row)
    .where(sa.func.json_extract(_NEWEST_ALARMS.c.row, "$.submissions") == sa.bindparam("submissions"))
    .where(sa.func.json_extract(_NEWEST_ALARMS.c.row, "$.detail") == sa.bindparam("detail"))
    .order_by(_NEWEST_ALARMS.c.id.desc())
    .limit(1)
)
_FORGET_WHAT_LEFT: Final = tuple(
    Ready(sa.delete(each).where(each.c.submission == sa.bindparam("number"))) for each in (SENT_TO, SENT_WITH)
)
_OPEN_UNTIL: Final = Ready(
    sa.text(
        "INSERT INTO open_submissions (submission, until) VALUES (:number, :until) ON CONFLICT (submission)"
        " DO UPDATE SET until = excluded.until WHERE until != excluded.until"
    )
)
_CLOSE: Final = Ready(sa.delete(OPEN_SUBMISSIONS).where(OPEN_SUBMISSIONS.c.submission == sa.bindparam("number")))
_IS_CORRECTED: Final = Ready(
    sa.select(SUBMISSIONS.c.id)
    .where(SUBMISSIONS.c.corrects == sa.bindparam("number"), SUBMISSIONS.c.state != State.WITHDRAWN.value)
    .limit(1)
)
_SPELL_NUMBER: Final = Ready(insert(SPELLED_NUMBERS).on_conflict_do_nothing(), ("match_key", "submission"))
_FORGET_ADDRESS: Final = Ready(
    sa.delete(SENT_TO).where(SENT_TO.c.submission == sa.bindparam("number"), SENT_TO.c.address == sa.bindparam("gone"))
)


class SqlWriting(Reads):
    """``ports.Writing`` on a connection whose transaction is open; of no use after it ended."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection: Connection | None = connection
        self._clock = clock
        self.last_hash: str | None = None
        """Hash of the last entry appended here: where a commit's success is unknown, its presence tells."""

    def end(self) -> None:
        """Refuse every later use."""
        self._connection = None

    def _open(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("this transaction has ended")
        return self._connection

    def _rows(self, statement: Ready | sa.Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        with translated():
            return run(self._open(), statement, values)

    def _write(self, statement: Ready | sa.Executable, values: Mapping[str, Any]) -> None:
        with translated():
            if isinstance(statement, Ready):
                statement.run(self._open(), values)
            else:
                self._open().execute(statement, values)

    # --- Submissions and the log ----------------------------------------------------------------------------

    def create(self, event: Event, submission: Submission, author: Author, detail: Mapping[str, Any]) -> Submission:
        """A new submission with the next id (the id given is ignored), its entry, and ``created_at``."""
        next_state(None, event, submission.state)
        number = (self._scalar(_HIGHEST) or 0) + 1
        entry = self._append(event, number, author, detail, _changes({}, fields_of(submission)))
        row = canonical(fold({}, entry))
        self._write(_INSERT, {"id": number, "row": row})
        return self._known(row, entry)

    def change(
        self, event: Event, before: Submission, after: Submission, author: Author, detail: Mapping[str, Any]
    ) -> Submission:
        """Replace ``before`` by ``after`` and append the entry. Checks the states table and ``before.version``.

        Raises Conflict where somebody changed it since, IllegalEvent where the table does not allow it.
        """
        row = self._row(before.id)
        if row["version"] != before.version:
            raise Conflict(f"submission {before.id} is at {row['version']}, not {before.version}")
        next_state(State(row["state"]), event, after.state)
        changes = _changes(row, fields_of(after)) | {"state": after.state.value}
        return self._replace(row, self._append(event, before.id, author, detail, changes))

    def note(
        self,
        event: NoteEvent,
        submission: int | None,
        author: Author,
        detail: Mapping[str, Any],
        changes: Mapping[str, Any] | None = None,
    ) -> Entry:
        """An entry that is no event of the table: program start, configuration, news, a duplicate.

        ``changes`` sets columns of the submission other than its state (e.g. ``reasons``), as values of the model
        or as JSON. Raises ValueError for a column that a note may not set.
        """
        if not changes:
            return self._append(event, submission, author, detail, {})
        if submission is None or not changes.keys() <= DEFAULTS.keys() - {"state"}:
            raise ValueError(f"a note cannot set {sorted(changes)} of {submission}")
        row = self._row(submission)
        changed = _changes(row, json.loads(canonical(changes)))
        entry = self._append(event, submission, author, detail, changed)
        if changed:
            self._replace(row, entry)
        return entry

    def _row(self, number: int) -> dict[str, Any]:
        row = self._scalar(_ROW_OF, {"id": number})
        if row is None:
            raise NotAllowed("no_such_submission", id=str(number))
        fields: dict[str, Any] = json.loads(row)
        return fields

    def _append(
        self, event: str, submission: int | None, author: Author, detail: Mapping[str, Any], changes: Mapping[str, Any]
    ) -> Entry:
        content = {
            "at": self._clock.now(),
            "event": str(event),
            "submission": submission,
            "by": author.by,
            "account": author.account,
            "detail": detail,
            "set": changes,
        }
        with translated():
            entry = append(self._open(), content)
        self.last_hash = entry.hash
        return entry

    def _replace(self, row: Mapping[str, Any], entry: Entry) -> Submission:
        replaced = canonical(fold(row, entry))
        self._write(_REPLACE, {"number": entry.submission, "row": replaced})
        return self._known(replaced, entry)

    def _known(self, row: str, entry: Entry) -> Submission:
        """The submission of a row just written; the Message-ID of a draft that is new noted as one of ours."""
        submission = decode(Submission, row)
        if submission.draft is not None and "draft" in entry.set:
            ours = {"message_id": submission.draft.message_id, "submission": submission.id}
            self._write(_OWN_MESSAGE_ID, ours)
        # That the issuer has it, however a person found out, says nothing of the address.
        if entry.event != Event.CONFIRMED and ("state" in entry.set or "sent_at" in entry.set):
            self._index_what_left(submission)
        if "receipts" in entry.set:
            self._forget_what_came_back(submission)
        if "contract_number" in entry.set:
            self._note_spelling(submission)
        self._note_open(submission)
        if submission.corrects is not None and ("corrects" in entry.set or "state" in entry.set):
            corrected = self._scalar(_ROW_OF, {"id": submission.corrects})
            if corrected is not None:
                self._note_open(decode(Submission, corrected))
        return submission

    def _note_open(self, submission: Submission) -> None:
        is_corrected = bool(self._rows(_IS_CORRECTED, {"number": submission.id}))
        until = open_until(submission, is_corrected=is_corrected)
        if until is None:
            self._write(_CLOSE, {"number": submission.id})
        else:
            self._write(_OPEN_UNTIL, {"number": submission.id, "until": until.isoformat()})

    def _note_spelling(self, submission: Submission) -> None:
        """Note the number as it is compared, where it is written in another way; an earlier number stays noted."""
        number = submission.contract_number or ""
        if (key := match_key(number)) != number:
            self._write(_SPELL_NUMBER, {"match_key": key, "submission": submission.id})

    def _index_what_left(self, submission: Submission) -> None:
        """Note to whom, and with what, a submission left; take it back where it bounced or never left."""
        for forget in _FORGET_WHAT_LEFT:
            self._write(forget, {"number": submission.id})
        if submission.draft is None or not submission.may_have_left:
            return
        for digest in {each.sha256 for each in submission.draft.attachments}:
            self._write(_SENT_WITH, {"sha256": digest, "submission": submission.id})
        for address in submission.draft.recipients if submission.was_accepted else ():
            self._write(_SENT_TO, {"address": address, "submission": submission.id})

    def _forget_what_came_back(self, submission: Submission) -> None:
        """A copy receiver's bounce changes no state, and its address is as wrong as another."""
        draft = submission.draft
        for each in submission.receipts if draft is not None else ():
            if each.kind is ReceiptKind.FAILED and draft is not None and each.message_id == draft.message_id:
                self._write(_FORGET_ADDRESS, {"number": submission.id, "gone": each.recipient})

    # --- What is kept, and the ledgers ----------------------------------------------------------------------

    def keep(self, kind: str, content: bytes) -> Sha256:
        """Keep an original; the same bytes are kept once, under the kind they were first kept as."""
        digest = sha256(content)
        if not self._rows(_IS_KEPT, {"digest": digest}):
            self._write(_KEEP, {"sha256": digest, "kind": kind, "content": content})
        return digest

    def keep_notice(self, pdf: Sha256, notice: Notice) -> None:
        """The fields read from a PDF, key in clear, by the PDF's sha256."""
        self._write(_KEEP_NOTICE, {"pdf_sha256": pdf, "row": encode_notice(notice)})

    def set_property(self, name: str, value: str) -> None:
        """Set the store's single value of this name."""
        self._write(_SET_PROPERTY, {"name": name, "value": value})

    def record_message(self, row: MessageRow) -> None:
        """Insert or replace the ledger's row of (mailbox, UIDVALIDITY, UID)."""
        place = {"mailbox": row.mailbox, "uidvalidity": row.uidvalidity, "uid": row.uid}
        self._write(_RECORD_MESSAGE, {**place, "row": canonical(row)})

    def record_file(self, row: FileRow) -> None:
        """Insert or replace the ledger's row of the file's name."""
        self._write(_RECORD_FILE, {"name": file_key(row.name), "row": canonical(row)})

    def record_look(self, look: Look) -> None:
        """Insert or replace what is known of one watched or reached thing."""
        self._write(_RECORD_LOOK, {"name": look.name, "row": canonical(look)})

    def raise_alarm(self, cause: str, submissions: Sequence[int], detail: str = "") -> Alarm:
        """A mail to the operator, to be sent until it is accepted; the same one again within an hour is the first."""
        known = self._scalar(
            _SAME_ALARM, {"cause": cause, "submissions": canonical(submissions), "detail": encodable(detail)}
        )
        told = None if known is None else decode(Alarm, known)
        if told is not None and is_told(told, self._clock.now()):
            return told
        number = (self._scalar(sa.select(sa.func.max(ALARMS.c.id))) or 0) + 1
        alarm = Alarm(number, cause, tuple(submissions), self._clock.now(), detail)
        self._write(sa.insert(ALARMS), {"id": number, "row": canonical(alarm)})
        return alarm

    def update_alarm(self, alarm: Alarm) -> None:
        """Replace the alarm of this id."""
        replacing = sa.update(ALARMS).where(ALARMS.c.id == sa.bindparam("number"))
        self._write(replacing, {"number": alarm.id, "row": canonical(alarm)})


def _changes(row: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are no longer what ``row`` says; a field that no entry ever set is at its default."""
    return {name: value for name, value in fields.items() if row.get(name, DEFAULTS[name]) != value}
