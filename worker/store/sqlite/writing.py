"""One open write transaction: the records of a step, and the entries about them.

A submission's row is the fold of its entries, because both are made of the same change here. A submission that was
changed since it was read is not changed again. The transaction is begun and committed by the store.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from worker.audit.chain import canonical, chain, encodable, fold, read_entry
from worker.core.alarms import was_just_raised
from worker.core.clock import Clock
from worker.core.errors import Conflict, NotAllowed
from worker.core.model import (
    Alarm,
    Entry,
    FileRow,
    HealthRecord,
    MessageRow,
    Notice,
    ReceiptKind,
    Sha256,
    Submission,
    sha256,
)
from worker.core.open_until import open_until
from worker.core.states import Event, NoteEvent, State, next_state
from worker.core.text import match_key
from worker.store.ports import Author
from worker.store.sqlite import compiled
from worker.store.sqlite.connection import translated
from worker.store.sqlite.people import PeopleWrites
from worker.store.sqlite.queries import Reads, file_key
from worker.store.sqlite.rows import DEFAULTS, decode, encode_notice, fields_of


class SqlWriting(Reads, PeopleWrites):
    """``ports.Writing`` on a connection whose transaction is open; refuses every use after the end."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        super().__init__(connection)
        self._clock = clock
        self.last_hash: str | None = None
        """Hash of the last entry appended here: after a commit of unknown success, its presence tells."""

    def end(self) -> None:
        """Refuses every later use."""
        self._held = None

    def _connection(self) -> sqlite3.Connection:
        raise RuntimeError("this transaction has ended")

    def _fail(self, error: Exception) -> NoReturn:
        with translated():
            raise error

    # --- Submissions and the log ----------------------------------------------------------------------------

    def create(self, event: Event, submission: Submission, author: Author, detail: Mapping[str, Any]) -> Submission:
        next_state(None, event, submission.state)
        number = (self._scalar(compiled.HIGHEST_SUBMISSION) or 0) + 1
        entry = self._append(event, number, author, detail, _changes({}, fields_of(submission)))
        row = canonical(fold({}, entry))
        self._rows(compiled.CREATE_SUBMISSION, {"id": number, "row": row})
        return self._known(row, entry)

    def change(
        self, event: Event, before: Submission, after: Submission, author: Author, detail: Mapping[str, Any]
    ) -> Submission:
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
        row = self._scalar(compiled.SUBMISSION, {"id": number})
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
        line = chain(self.head(), content)  # the head is read in this transaction, never kept from an earlier one
        values = {"number": line.number, "body": line.body, "previous_hash": line.previous_hash, "hash": line.hash}
        self._rows(compiled.APPEND, values)
        self.last_hash = line.hash
        return read_entry(line)

    def _replace(self, row: Mapping[str, Any], entry: Entry) -> Submission:
        replaced = canonical(fold(row, entry))
        self._rows(compiled.REPLACE_SUBMISSION, {"id": entry.submission, "row": replaced})
        return self._known(replaced, entry)

    def _known(self, row: str, entry: Entry) -> Submission:
        """The submission of a row just written. Records the Message-ID of a new draft as one of ours."""
        submission = decode(Submission, row)
        if submission.draft is not None and "draft" in entry.set:
            ours = {"message_id": submission.draft.message_id, "submission": submission.id}
            self._rows(compiled.ADD_OWN_MESSAGE, ours)
        # A person may have found out in any way that the issuer has it: that proves no address.
        if entry.event != Event.CONFIRMED and ("state" in entry.set or "sent_at" in entry.set):
            self._index_what_left(submission)
        if "receipts" in entry.set:
            self._forget_what_came_back(submission)
        if "contract_number" in entry.set:
            self._note_spelling(submission)
        self._note_open(submission)
        if submission.corrects is not None and ("corrects" in entry.set or "state" in entry.set):
            corrected = self._scalar(compiled.SUBMISSION, {"id": submission.corrects})
            if corrected is not None:
                self._note_open(decode(Submission, corrected))
        return submission

    def _note_open(self, submission: Submission) -> None:
        """Records the last day on which the submission is open, or that it is closed."""
        is_corrected = bool(self._rows(compiled.IS_CORRECTED, {"id": submission.id}))
        until = open_until(submission, is_corrected=is_corrected)
        if until is None:
            self._rows(compiled.CLOSE, {"submission": submission.id})
        else:
            self._rows(compiled.OPEN_UNTIL, {"submission": submission.id, "until": until.isoformat()})

    def _note_spelling(self, submission: Submission) -> None:
        """Records the number as it is compared, if it is written in another way; an earlier number stays recorded."""
        number = submission.contract_number or ""
        if (key := match_key(number)) != number:
            self._rows(compiled.SPELL_NUMBER, {"match_key": key, "submission": submission.id})

    def _index_what_left(self, submission: Submission) -> None:
        """Records the addresses and attachments of a submission that left; removes them if it bounced or never left."""
        for forget in (compiled.FORGET_SENT_TO, compiled.FORGET_SENT_WITH):
            self._rows(forget, {"submission": submission.id})
        if submission.draft is None or not submission.may_have_left:
            return
        for digest in {each.sha256 for each in submission.draft.attachments}:
            self._rows(compiled.ADD_SENT_WITH, {"sha256": digest, "submission": submission.id})
        for address in submission.draft.recipients if submission.was_accepted else ():
            self._rows(compiled.ADD_SENT_TO, {"address": address, "submission": submission.id})

    def _forget_what_came_back(self, submission: Submission) -> None:
        """Removes the address of a copy receiver whose mail bounced: the bounce changes no state."""
        draft = submission.draft
        for each in submission.receipts if draft is not None else ():
            if each.kind is ReceiptKind.FAILED and draft is not None and each.message_id == draft.message_id:
                self._rows(compiled.FORGET_ADDRESS, {"submission": submission.id, "address": each.recipient})

    # --- What is kept, and the ledgers ----------------------------------------------------------------------

    def keep(self, kind: str, content: bytes) -> Sha256:
        digest = sha256(content)
        if not self._rows(compiled.IS_KEPT, {"digest": digest}):
            self._rows(compiled.KEEP, {"sha256": digest, "kind": kind, "content": content})
        return digest

    def keep_notice(self, pdf: Sha256, notice: Notice) -> None:
        self._rows(compiled.KEEP_NOTICE, {"pdf_sha256": pdf, "row": encode_notice(notice)})

    def set_property(self, name: str, value: str) -> None:
        self._rows(compiled.SET_PROPERTY, {"name": name, "value": value})

    def record_message(self, row: MessageRow) -> None:
        place = {"mailbox": row.mailbox, "uidvalidity": row.uidvalidity, "uid": row.uid}
        self._rows(compiled.RECORD_MESSAGE, {**place, "row": canonical(row)})

    def record_file(self, row: FileRow) -> None:
        self._rows(compiled.RECORD_FILE, {"name": file_key(row.name), "row": canonical(row)})

    def record_look(self, look: HealthRecord) -> None:
        self._rows(compiled.RECORD_LOOK, {"name": look.name, "row": canonical(look)})

    def raise_alarm(self, cause: str, submissions: Sequence[int], detail: str = "") -> Alarm:
        known = self._scalar(
            compiled.SAME_ALARM, {"cause": cause, "submissions": canonical(submissions), "detail": encodable(detail)}
        )
        told = None if known is None else decode(Alarm, known)
        if told is not None and was_just_raised(told, self._clock.now()):
            return told
        number = (self._scalar(compiled.HIGHEST_ALARM) or 0) + 1
        alarm = Alarm(number, cause, tuple(submissions), self._clock.now(), detail)
        self._rows(compiled.CREATE_ALARM, {"id": number, "row": canonical(alarm)})
        return alarm

    def update_alarm(self, alarm: Alarm) -> None:
        self._rows(compiled.REPLACE_ALARM, {"id": alarm.id, "row": canonical(alarm)})


def _changes(row: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that differ from ``row``; a field that no entry ever set has its default."""
    return {name: value for name, value in fields.items() if row.get(name, DEFAULTS[name]) != value}
