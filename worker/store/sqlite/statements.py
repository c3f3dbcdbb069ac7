"""The statements of the store as SQLAlchemy expressions over the tables of ``schema``.

They are compiled ahead of time: ``python tests/write_docs.py`` writes their SQL to ``compiled.py``, and the running
store loads only that. A value that the statement fixes becomes part of the text; every ``bindparam`` stays a parameter
of its name. A statement that is added here is available as ``compiled.NAME``.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.dialects.sqlite import insert

from worker.core.model import Disposition
from worker.core.rulebook import OFFICE
from worker.core.states import NoteEvent, State
from worker.store.sqlite.schema import (
    ACCOUNTS,
    ALARMS,
    ENTRIES,
    FILES,
    INVITATIONS,
    LOGIN_ATTEMPTS,
    LOOKS,
    MESSAGES,
    NOTICES,
    OPEN_SUBMISSIONS,
    ORIGINALS,
    OWN_MESSAGE_IDS,
    PROPERTIES,
    SENT_TO,
    SENT_WITH,
    SESSIONS,
    SPELLED_NUMBERS,
    SUBMISSION_COUNTS,
    SUBMISSIONS,
    TAKEN_ON,
)

LATE_ALARMS: Final = 200
"""Number of the newest alarms of one cause that a new one is compared with: a backlog raises thousands in an hour."""
ACCEPTANCE: Final = "2[0-9][0-9]*"
"""Pattern of the reply of a server that took a mail. The reason for a missing reply is kept in the same column."""

_ROW: Final = SUBMISSIONS.c.row


def _insert(table: sa.Table, *columns: str) -> Any:
    return insert(table).values({name: bindparam(name) for name in columns})


def _upsert(table: sa.Table, column: str = "row") -> Any:
    keys = [key.name for key in table.primary_key]
    statement = _insert(table, *keys, column)
    return statement.on_conflict_do_update(index_elements=keys, set_={column: statement.excluded[column]})


def _any_of(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """The column has one of several values; ``queries.listed`` gives each of them its parameter."""
    return column.in_(bindparam(name, expanding=True))


def _by(column: sa.Column[Any]) -> sa.Select[Any]:
    return sa.select(_ROW).where(column == bindparam("value")).order_by(SUBMISSIONS.c.id)


# --- Entries ---------------------------------------------------------------------------------------------------

_LINES: Final = sa.select(ENTRIES.c.number, ENTRIES.c.body, ENTRIES.c.previous_hash, ENTRIES.c.hash)
_OF_SUBMISSION: Final = ENTRIES.c.submission == bindparam("submission")

HEAD: Final = sa.select(ENTRIES.c.number, ENTRIES.c.hash).order_by(ENTRIES.c.number.desc()).limit(1)
HASH_OF: Final = sa.select(ENTRIES.c.hash).where(ENTRIES.c.number == bindparam("number"))
NUMBER_OF: Final = sa.select(ENTRIES.c.number).where(ENTRIES.c.hash == bindparam("hash"))
APPEND: Final = _insert(ENTRIES, "number", "body", "previous_hash", "hash")
LINES: Final = _LINES.where(ENTRIES.c.number > bindparam("after")).order_by(ENTRIES.c.number).limit(bindparam("limit"))
LINES_OF_SUBMISSION: Final = LINES.where(_OF_SUBMISSION)
LINES_OF_EVENT: Final = LINES.where(ENTRIES.c.event == bindparam("event"))
LAST_LINES_OF_EVENT: Final = (
    _LINES.where(ENTRIES.c.event == bindparam("event")).order_by(ENTRIES.c.number.desc()).limit(bindparam("limit"))
)
# From the newest moment backwards; the index of the events would lead through all of them.
LAST_MOMENT: Final = sa.text("SELECT at FROM entries WHERE +event = :event ORDER BY at DESC LIMIT 1")
MOMENTS_SINCE: Final = sa.text("SELECT at FROM entries WHERE +event = :event AND at >= :since")
LINES_OF_NUMBERS: Final = _LINES.where(_any_of(ENTRIES.c.number, "numbers")).order_by(ENTRIES.c.number)
# A text as its bytes, which are hashed; SQLite would not tell a blob of the same bytes apart.
EVERY_LINE: Final = sa.text(
    "SELECT number, CASE typeof(body) WHEN 'text' THEN CAST(body AS BLOB) ELSE body END, previous_hash, hash,"
    " typeof(body) FROM entries ORDER BY number"
)
NUMBERS_OF_SUBMISSIONS: Final = sa.select(ENTRIES.c.number).where(_any_of(ENTRIES.c.submission, "submissions"))
SUBMISSIONS_BETWEEN: Final = (
    sa.select(ENTRIES.c.submission)
    .where(ENTRIES.c.at >= bindparam("since"), ENTRIES.c.at < bindparam("until"))
    .where(ENTRIES.c.submission.is_not(None))
    .distinct()
)
# Each value once, without the entries between. ``queries`` puts a field's name in place of FIELD: an index on an
# expression serves only the same text.
_SET: Final = "json_extract(body, '$.set.FIELD')"
_NAMES: Final = (
    "WITH RECURSIVE names(name) AS (SELECT min({value}) FROM entries WHERE {chosen}"
    " UNION ALL SELECT (SELECT min({value}) FROM entries WHERE {value} > names.name AND {chosen})"
    " FROM names WHERE names.name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL"
)
NAMES_SET: Final = sa.text(_NAMES.format(value=_SET, chosen=f"{_SET} IS NOT NULL"))
SPELLED_NAMES_SET: Final = sa.text(_NAMES.format(value=_SET, chosen=f"{_SET} GLOB '*[^!-~]*'"))
SUBMISSIONS_NAMED: Final = sa.text(
    f"SELECT DISTINCT submission FROM entries WHERE {_SET} IN (:names) AND submission IS NOT NULL"  # noqa: S608  ours
)
EARLY_REPORTS: Final = (
    sa.select(sa.func.json_extract(ENTRIES.c.body, "$.detail.mail"))
    # Written out as in the index, which is not used otherwise.
    .where(
        sa.text(f"event = '{NoteEvent.REPORT_TOO_EARLY}' AND json_extract(body, '$.detail.message_id') = :message_id")
    )
    .order_by(ENTRIES.c.number)
)
UPLOADS: Final = (
    _LINES
    # Written out as in the index, which is not used otherwise.
    .where(sa.text(f"event = '{NoteEvent.UPLOADED}' AND json_extract(body, '$.detail.sha256') = :sha256")).order_by(
        ENTRIES.c.number
    )
)
_BOUND: Final = sa.func.json_extract(ENTRIES.c.body, "$.set.bound_project")
BOUND_PROJECT: Final = (
    sa.select(_BOUND)
    .select_from(SUBMISSIONS.join(ENTRIES, ENTRIES.c.submission == SUBMISSIONS.c.id))
    .where(SUBMISSIONS.c.contract_number == bindparam("number"))
    .where(SUBMISSIONS.c.guarantor == bindparam("guarantor"))
    .where(SUBMISSIONS.c.product == bindparam("product"))
    .where(_BOUND.is_not(None))
    .order_by(ENTRIES.c.number.desc())
    .limit(1)
)

# --- Submissions -----------------------------------------------------------------------------------------------

SUBMISSION: Final = sa.select(_ROW).where(SUBMISSIONS.c.id == bindparam("id"))
HIGHEST_SUBMISSION: Final = sa.select(sa.func.max(SUBMISSIONS.c.id))
CREATE_SUBMISSION: Final = _insert(SUBMISSIONS, "id", "row")
REPLACE_SUBMISSION: Final = (
    sa.update(SUBMISSIONS).where(SUBMISSIONS.c.id == bindparam("id")).values(row=bindparam("row"))
)

_SUBMISSIONS: Final = sa.select(SUBMISSIONS.c.id, _ROW).order_by(SUBMISSIONS.c.id)
EVERY_ROW: Final = sa.text(
    'SELECT id, CASE typeof("row") WHEN \'text\' THEN CAST("row" AS BLOB) END FROM submissions ORDER BY id'
)
SUBMISSIONS_AFTER: Final = _SUBMISSIONS.where(SUBMISSIONS.c.id > bindparam("after")).limit(bindparam("limit"))
SUBMISSIONS_OF_STATE_AFTER: Final = SUBMISSIONS_AFTER.where(SUBMISSIONS.c.state == bindparam("state"))
SUBMISSIONS_BEFORE: Final = (
    sa.select(SUBMISSIONS.c.id, _ROW)
    .where(SUBMISSIONS.c.id < bindparam("before"))
    .order_by(SUBMISSIONS.c.id.desc())
    .limit(bindparam("limit"))
)
COUNT_BY_STATE: Final = sa.select(SUBMISSION_COUNTS.c.state, SUBMISSION_COUNTS.c.count).where(
    SUBMISSION_COUNTS.c.count > 0
)
_APPROVED: Final = SUBMISSIONS.c.state == State.APPROVED.value
DUE: Final = sa.select(
    SUBMISSIONS.c.id, SUBMISSIONS.c.due_at, sa.func.json_extract(SUBMISSIONS.c.row, "$.updated_at")
).where(_APPROVED, SUBMISSIONS.c.due_at.is_not(None))
UNTOLD: Final = sa.select(SUBMISSIONS.c.id).where(_APPROVED, SUBMISSIONS.c.due_at.is_(None)).order_by(SUBMISSIONS.c.id)

BY_PDF: Final = _by(SUBMISSIONS.c.pdf_sha256)
# Sorted afterwards: the index names the projects of a number and is in their order.
BY_NUMBER: Final = sa.select(_ROW).where(SUBMISSIONS.c.contract_number == bindparam("value"))
BY_SOURCE_MESSAGE: Final = _by(SUBMISSIONS.c.source_message_id)
AWAITED: Final = _by(SUBMISSIONS.c.guarantor).where(SUBMISSIONS.c.state == State.ANNOUNCED.value)
NEWEST_NOTICES: Final = (
    sa.select(_ROW)
    .where(SUBMISSIONS.c.guarantor == bindparam("guarantor"), SUBMISSIONS.c.pdf_sha256.is_not(None))
    .order_by(SUBMISSIONS.c.id.desc())
    .limit(bindparam("limit"))
)
OF_PROJECT: Final = (
    sa.select(_ROW)
    .where(SUBMISSIONS.c.project == bindparam("project"), SUBMISSIONS.c.product == bindparam("product"))
    .order_by(SUBMISSIONS.c.id)
)
_OF_RULE: Final = sa.select(_ROW).where(
    SUBMISSIONS.c.issuer == bindparam("issuer"),
    SUBMISSIONS.c.product == bindparam("product"),
    SUBMISSIONS.c.is_amended == bindparam("is_amended"),
)
_TO_SECTION: Final = SUBMISSIONS.c.section == bindparam("section")
LAST_SENT: Final = _OF_RULE.where(SUBMISSIONS.c.sent_at.is_not(None)).order_by(SUBMISSIONS.c.sent_at.desc()).limit(1)
LAST_SENT_TO_SECTION: Final = LAST_SENT.where(_TO_SECTION)
# ``+`` keeps SQLite from the index of the states, under which all confirmed submissions stand together.
LAST_CONFIRMED: Final = LAST_SENT_TO_SECTION.where(sa.text(f"+state = '{State.CONFIRMED.value}'"))
# The text repeats the condition of the index, which SQLite does not use otherwise. A submission that a person handed in
# in place of a mail followed no rule.
LAST_HANDED_OVER: Final = (
    _OF_RULE.where(SUBMISSIONS.c.sent_at.is_(None))
    .where(sa.text("state IN ('HANDED_OVER', 'CONFIRMED') AND json_extract(\"row\", '$.channel') != 'email'"))
    .order_by(SUBMISSIONS.c.id.desc())
    .limit(1)
)
LAST_HANDED_OVER_TO_SECTION: Final = LAST_HANDED_OVER.where(_TO_SECTION)

# --- Open submissions and registered projects -------------------------------------------------------------------

OPEN: Final = sa.select(OPEN_SUBMISSIONS.c.submission).where(OPEN_SUBMISSIONS.c.until >= bindparam("today"))
EVERY_OPEN: Final = sa.select(OPEN_SUBMISSIONS.c.submission, OPEN_SUBMISSIONS.c.until).order_by(
    OPEN_SUBMISSIONS.c.submission
)
OPEN_UNTIL: Final = sa.text(
    "INSERT INTO open_submissions (submission, until) VALUES (:submission, :until) ON CONFLICT (submission)"
    " DO UPDATE SET until = excluded.until WHERE until != excluded.until"
)
CLOSE: Final = sa.delete(OPEN_SUBMISSIONS).where(OPEN_SUBMISSIONS.c.submission == bindparam("submission"))
IS_CORRECTED: Final = (
    sa.select(SUBMISSIONS.c.id)
    .where(SUBMISSIONS.c.corrects == bindparam("id"), SUBMISSIONS.c.state != State.WITHDRAWN.value)
    .limit(1)
)
SPELL_NUMBER: Final = _insert(SPELLED_NUMBERS, "match_key", "submission").on_conflict_do_nothing()
# The states are written as in the index, which is not used otherwise; the others are open.
CHANGED_SINCE: Final = sa.text(
    "SELECT id FROM submissions WHERE updated_at >= :since"
    " AND state NOT IN ('ANNOUNCED', 'HELD', 'APPROVED', 'SENDING', 'IN_DOUBT')"
)
OF_IDS: Final = sa.text(
    'SELECT submissions."row" FROM json_each(:ids) AS wanted CROSS JOIN submissions ON submissions.id = wanted.value'
)
# The conditions are written as in the index, which is not used otherwise.
AWAITING_NEWS: Final = sa.text(
    'SELECT id, "row" FROM submissions INDEXED BY submissions_awaiting_news WHERE state = :state AND id > :after'
    " AND state IN ('SENT', 'DELAYED', 'RELAYED') AND sent_at IS NOT NULL"
    " AND json_extract(\"row\", '$.duties.closes') IS NOT 'none' ORDER BY id LIMIT :limit"
)
CORRECTIONS: Final = sa.text(
    "SELECT submissions.corrects, submissions.id FROM json_each(:ids) AS wanted"
    " CROSS JOIN submissions ON submissions.corrects = wanted.value WHERE submissions.state != 'WITHDRAWN'"
)
UNANNOUNCED: Final = sa.text(
    'SELECT "row" FROM submissions WHERE guarantor = :guarantor AND pdf_sha256 IS NOT NULL'
    " AND json_extract(\"row\", '$.announced') IS NULL ORDER BY id DESC LIMIT :limit"
)
_IS_NOT_CORRECTED: Final = (
    "NOT EXISTS (SELECT 1 FROM submissions AS later"
    " WHERE later.corrects = submissions.id AND later.state != 'WITHDRAWN')"
)
_OF_PAIR: Final = (
    "submissions.project = json_extract(pair.value, '$[0]') AND submissions.product = json_extract(pair.value, '$[1]')"
)
NEWEST: Final = sa.text(
    f"SELECT pair.key, (SELECT id FROM submissions WHERE {_OF_PAIR} ORDER BY id DESC LIMIT 1)"  # noqa: S608  ours
    " FROM json_each(:pairs) AS pair"
)
NEWEST_STANDING: Final = sa.text(
    f"SELECT pair.key, (SELECT id FROM submissions WHERE {_OF_PAIR} AND state != 'WITHDRAWN'"  # noqa: S608  ours
    f" AND {_IS_NOT_CORRECTED} ORDER BY id DESC LIMIT 1) FROM json_each(:pairs) AS pair"
)
NUMBERS_STANDING: Final = sa.text(
    "SELECT pair.key, submissions.contract_number FROM json_each(:pairs) AS pair CROSS JOIN submissions"  # noqa: S608  ours
    f" INDEXED BY submissions_standing ON {_OF_PAIR}"
    f" WHERE submissions.project IS NOT NULL AND submissions.state != 'WITHDRAWN' AND {_IS_NOT_CORRECTED}"
)
_IS_ELSEWHERE: Final = (
    "submissions.project IS NOT NULL AND submissions.project NOT IN (SELECT value FROM json_each(:projects))"
)
OF_OTHER_PROJECTS: Final = sa.text(
    'SELECT submissions."row" FROM json_each(:numbers) AS wanted'  # noqa: S608  ours
    f" CROSS JOIN submissions ON submissions.contract_number = wanted.value WHERE {_IS_ELSEWHERE}"
    ' UNION ALL SELECT submissions."row" FROM json_each(:numbers) AS wanted'
    " CROSS JOIN spelled_numbers ON spelled_numbers.match_key = wanted.value"
    f" CROSS JOIN submissions ON submissions.id = spelled_numbers.submission WHERE {_IS_ELSEWHERE}"
)

# --- The mails that left ---------------------------------------------------------------------------------------

# A row of an older program may name a mail of which only a person said that it left: its reply is no acceptance.
WAS_SENT_TO: Final = (
    sa.select(SENT_TO.c.submission)
    .select_from(SENT_TO.join(SUBMISSIONS, SUBMISSIONS.c.id == SENT_TO.c.submission))
    .where(SENT_TO.c.address == bindparam("address"))
    .where(SUBMISSIONS.c.issuer == bindparam("issuer"), SUBMISSIONS.c.section == bindparam("section"))
    .where(sa.or_(SUBMISSIONS.c.section != OFFICE, SUBMISSIONS.c.project == bindparam("project")))
    .where(sa.func.json_extract(_ROW, "$.reply").op("GLOB")(ACCEPTANCE))
    .limit(1)
)
CARRIED: Final = (
    sa.select(_ROW)
    .select_from(SENT_WITH.join(SUBMISSIONS, SUBMISSIONS.c.id == SENT_WITH.c.submission))
    .where(SENT_WITH.c.sha256 == bindparam("digest"))
    .order_by(SENT_WITH.c.submission)
)
WRITTEN_TO: Final = (
    sa.select(_ROW)
    .select_from(SENT_TO.join(SUBMISSIONS, SUBMISSIONS.c.id == SENT_TO.c.submission))
    .where(SENT_TO.c.address == bindparam("address"))
    .order_by(SENT_TO.c.submission.desc())
    .limit(bindparam("limit"))
)
NEWEST_OF_STATE: Final = (
    sa.select(_ROW)
    .where(SUBMISSIONS.c.state == bindparam("state"))
    .order_by(SUBMISSIONS.c.id.desc())
    .limit(bindparam("limit"))
)
OF_OWN_MESSAGE: Final = (
    sa.select(_ROW)
    .select_from(OWN_MESSAGE_IDS.join(SUBMISSIONS, SUBMISSIONS.c.id == OWN_MESSAGE_IDS.c.submission))
    .where(OWN_MESSAGE_IDS.c.message_id == bindparam("message_id"))
)
OWN_MESSAGE_BETWEEN: Final = (
    sa.select(OWN_MESSAGE_IDS.c.message_id)
    .where(OWN_MESSAGE_IDS.c.message_id >= bindparam("first"), OWN_MESSAGE_IDS.c.message_id < bindparam("last"))
    .limit(1)
)
IS_OWN_MESSAGE: Final = (
    sa.select(OWN_MESSAGE_IDS.c.message_id)
    .where(OWN_MESSAGE_IDS.c.message_id == bindparam("message_id"))
    .union_all(sa.select(ALARMS.c.message_id).where(ALARMS.c.message_id == bindparam("message_id")))
)
ADD_OWN_MESSAGE: Final = _insert(OWN_MESSAGE_IDS, "message_id", "submission").on_conflict_do_nothing()
ADD_SENT_TO: Final = _insert(SENT_TO, "address", "submission")
ADD_SENT_WITH: Final = _insert(SENT_WITH, "sha256", "submission")
FORGET_SENT_TO: Final = sa.delete(SENT_TO).where(SENT_TO.c.submission == bindparam("submission"))
FORGET_SENT_WITH: Final = sa.delete(SENT_WITH).where(SENT_WITH.c.submission == bindparam("submission"))
FORGET_ADDRESS: Final = FORGET_SENT_TO.where(SENT_TO.c.address == bindparam("address"))

# --- Notices and originals -------------------------------------------------------------------------------------

NOTICE: Final = sa.select(NOTICES.c.row).where(NOTICES.c.pdf_sha256 == bindparam("pdf"))
KEEP_NOTICE: Final = _upsert(NOTICES)
ORIGINAL: Final = sa.select(ORIGINALS.c.content).where(ORIGINALS.c.sha256 == bindparam("digest"))
IS_KEPT: Final = sa.select(ORIGINALS.c.sha256).where(ORIGINALS.c.sha256 == bindparam("digest"))
KEEP: Final = _insert(ORIGINALS, "sha256", "kind", "content")
EVERY_ORIGINAL: Final = sa.select(ORIGINALS.c.sha256, ORIGINALS.c.content)

# --- The ledgers of messages and files -------------------------------------------------------------------------

_OF_MAILBOX: Final = sa.select(MESSAGES.c.row).where(MESSAGES.c.mailbox == bindparam("mailbox"))
_OF_NUMBERING: Final = (MESSAGES.c.mailbox == bindparam("mailbox"), MESSAGES.c.uidvalidity == bindparam("uidvalidity"))


def _messages_after(validity: sa.ColumnElement[int], uid: sa.ColumnElement[int]) -> sa.Select[Any]:
    last: sa.BindParameter[int] = bindparam("uidvalidity")
    behind = sa.or_(validity > last, sa.and_(validity == last, uid > bindparam("uid")))
    return _OF_MAILBOX.where(behind).order_by(validity, uid).limit(bindparam("limit"))


MESSAGES_AFTER: Final = _messages_after(MESSAGES.c.uidvalidity, MESSAGES.c.uid)
# The sums keep SQLite from using the primary key for the order: the index of ends must serve, as 100,000 messages have
# other ends.
MESSAGES_OF_ENDS_AFTER: Final = _messages_after(MESSAGES.c.uidvalidity + 0, MESSAGES.c.uid + 0).where(
    _any_of(MESSAGES.c.end, "ends")
)
LAST_UID: Final = sa.select(sa.func.max(MESSAGES.c.uid)).where(*_OF_NUMBERING)
UIDS_FROM: Final = sa.select(MESSAGES.c.uid).where(*_OF_NUMBERING, MESSAGES.c.uid >= bindparam("first"))
LAST_MESSAGES: Final = (
    sa.select(MESSAGES.c.row).where(*_OF_NUMBERING).order_by(MESSAGES.c.uid.desc()).limit(bindparam("limit"))
)
# Along the key, so that a search ends at its last hit and sorts nothing.
MESSAGES_BACK: Final = sa.text(
    'SELECT uidvalidity, uid, json_extract("row", \'$.subject\'), json_extract("row", \'$.sender\'), "row"'
    " FROM messages WHERE mailbox = :mailbox AND (uidvalidity, uid) < (:uidvalidity, :uid)"
    " ORDER BY uidvalidity DESC, uid DESC LIMIT :limit"
)
LAST_MESSAGES_UP_TO: Final = LAST_MESSAGES.where(MESSAGES.c.uid <= bindparam("up_to"))
# Written out as in the index, which is not used otherwise.
MESSAGES_DUE_AFTER: Final = _OF_MAILBOX.where(sa.text("json_extract(\"row\", '$.is_after_due') = 1"))
# Written out as in the index, which is not used otherwise.
ALARM_MESSAGES: Final = sa.text(
    f"SELECT message_id FROM messages WHERE mailbox = :mailbox AND \"end\" = '{Disposition.OWN.value}'"  # noqa: S608  ours
    " AND message_id GLOB '<*.a[0-9]*@*>' AND message_id > :after ORDER BY message_id LIMIT :limit"
)
COUNT_MESSAGES: Final = sa.select(sa.func.count()).where(
    MESSAGES.c.mailbox == bindparam("mailbox"), MESSAGES.c.end == bindparam("end")
)
# Not sorted here: for the order SQLite would read all messages of the mailbox in place of the index.
KNOWN_MESSAGES: Final = _OF_MAILBOX.where(MESSAGES.c.message_id == bindparam("message_id"))
KNOWN_MESSAGES_OF_SIZE: Final = KNOWN_MESSAGES.where(MESSAGES.c.size == bindparam("size"))
RECORD_MESSAGE: Final = _upsert(MESSAGES)

FILE: Final = sa.select(FILES.c.row).where(FILES.c.name == bindparam("name"))
FILES_NAMED: Final = sa.select(FILES.c.name, FILES.c.row).where(_any_of(FILES.c.name, "names"))
FILES_OF: Final = sa.select(FILES.c.row).where(FILES.c.sha256 == bindparam("digest"))
# A row keeps its place if its file is read again: the newest are those that came last.
FILES_BACK: Final = sa.text(
    'SELECT rowid, name, sha256, "row" FROM files WHERE rowid < :before ORDER BY rowid DESC LIMIT :limit'
)
RECORD_FILE: Final = _upsert(FILES)

# --- Looks, alarms, properties ---------------------------------------------------------------------------------

LOOK: Final = sa.select(LOOKS.c.row).where(LOOKS.c.name == bindparam("name"))
EVERY_LOOK: Final = sa.select(LOOKS.c.row).order_by(LOOKS.c.name)
RECORD_LOOK: Final = _upsert(LOOKS)

ALARM: Final = sa.select(ALARMS.c.row).where(ALARMS.c.id == bindparam("id"))
ALARMS_WAITING: Final = sa.select(ALARMS.c.row).where(ALARMS.c.accepted_at.is_(None)).order_by(ALARMS.c.id)
_NEWEST_OF_CAUSE: Final = (
    sa.select(ALARMS.c.id, ALARMS.c.row).where(ALARMS.c.cause == bindparam("cause")).order_by(ALARMS.c.id.desc())
)
LAST_ALARM: Final = _NEWEST_OF_CAUSE.with_only_columns(ALARMS.c.row).limit(1)
_LATE_ALARMS: Final = _NEWEST_OF_CAUSE.limit(LATE_ALARMS).subquery("late")
SAME_ALARM: Final = (
    sa.select(_LATE_ALARMS.c.row)
    .where(sa.func.json_extract(_LATE_ALARMS.c.row, "$.submissions") == bindparam("submissions"))
    .where(sa.func.json_extract(_LATE_ALARMS.c.row, "$.detail") == bindparam("detail"))
    .order_by(_LATE_ALARMS.c.id.desc())
    .limit(1)
)
HIGHEST_ALARM: Final = sa.select(sa.func.max(ALARMS.c.id))
CREATE_ALARM: Final = _insert(ALARMS, "id", "row")
REPLACE_ALARM: Final = sa.update(ALARMS).where(ALARMS.c.id == bindparam("id")).values(row=bindparam("row"))

PROPERTY: Final = sa.select(PROPERTIES.c.value).where(PROPERTIES.c.name == bindparam("name"))
SET_PROPERTY: Final = _upsert(PROPERTIES, "value")

# --- People ----------------------------------------------------------------------------------------------------

EVERY_ACCOUNT: Final = sa.select(ACCOUNTS.c.row).order_by(ACCOUNTS.c.id)
ACCOUNT: Final = sa.select(ACCOUNTS.c.row).where(ACCOUNTS.c.id == bindparam("id"))
ACCOUNT_OF: Final = sa.select(ACCOUNTS.c.row).where(ACCOUNTS.c.login == bindparam("login"))
HIGHEST_ACCOUNT: Final = sa.select(sa.func.max(ACCOUNTS.c.id))
PUT_ACCOUNT: Final = _upsert(ACCOUNTS)
SESSION: Final = sa.select(SESSIONS.c.row).where(SESSIONS.c.token_sha256 == bindparam("token"))
SESSIONS_OF: Final = (
    sa.select(SESSIONS.c.row)
    .where(SESSIONS.c.account == bindparam("account"))
    .order_by(SESSIONS.c.opened_at, SESSIONS.c.token_sha256)
)
PUT_SESSION: Final = _upsert(SESSIONS)
DROP_SESSION: Final = sa.delete(SESSIONS).where(SESSIONS.c.token_sha256 == bindparam("token"))
DROP_SESSIONS_OF: Final = sa.delete(SESSIONS).where(SESSIONS.c.account == bindparam("account"))
INVITATION: Final = sa.select(INVITATIONS.c.row).where(INVITATIONS.c.token_sha256 == bindparam("token"))
PUT_INVITATION: Final = _upsert(INVITATIONS)
DROP_INVITATIONS_OF: Final = sa.delete(INVITATIONS).where(INVITATIONS.c.account == bindparam("account"))
ATTEMPTS: Final = sa.select(LOGIN_ATTEMPTS.c.row).where(LOGIN_ATTEMPTS.c.name == bindparam("name"))
PUT_ATTEMPTS: Final = _upsert(LOGIN_ATTEMPTS)
DROP_ATTEMPTS: Final = sa.delete(LOGIN_ATTEMPTS).where(LOGIN_ATTEMPTS.c.name == bindparam("name"))
DROP_OLD_ATTEMPTS: Final = sa.delete(LOGIN_ATTEMPTS).where(LOGIN_ATTEMPTS.c.at < bindparam("before"))
EVERY_TAKEN: Final = sa.select(TAKEN_ON.c.row).order_by(TAKEN_ON.c.about)
PUT_TAKEN: Final = _upsert(TAKEN_ON)
DROP_TAKEN: Final = sa.delete(TAKEN_ON).where(TAKEN_ON.c.about == bindparam("about"))
