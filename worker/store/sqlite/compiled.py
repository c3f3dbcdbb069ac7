"""The SQL of ``statements``, written by ``tests/write_docs.py``. Do not edit."""

from typing import Final

HEAD: Final = "SELECT entries.number, entries.hash FROM entries ORDER BY entries.number DESC LIMIT 1 OFFSET 0"
HASH_OF: Final = "SELECT entries.hash FROM entries WHERE entries.number = :number"
NUMBER_OF: Final = "SELECT entries.number FROM entries WHERE entries.hash = :hash"
APPEND: Final = """
INSERT INTO entries (number, body, previous_hash, hash) VALUES (:number, :body, :previous_hash, :hash)
"""
LINES: Final = """
SELECT entries.number, entries.body, entries.previous_hash, entries.hash FROM entries WHERE entries.number > :after
ORDER BY entries.number LIMIT :limit OFFSET 0
"""
LINES_OF_SUBMISSION: Final = """
SELECT entries.number, entries.body, entries.previous_hash, entries.hash FROM entries WHERE entries.number > :after
AND entries.submission = :submission ORDER BY entries.number LIMIT :limit OFFSET 0
"""
LINES_OF_EVENT: Final = """
SELECT entries.number, entries.body, entries.previous_hash, entries.hash FROM entries WHERE entries.number > :after
AND entries.event = :event ORDER BY entries.number LIMIT :limit OFFSET 0
"""
LAST_LINES_OF_EVENT: Final = """
SELECT entries.number, entries.body, entries.previous_hash, entries.hash FROM entries WHERE entries.event = :event
ORDER BY entries.number DESC LIMIT :limit OFFSET 0
"""
LAST_MOMENT: Final = "SELECT at FROM entries WHERE +event = :event ORDER BY at DESC LIMIT 1"
MOMENTS_SINCE: Final = "SELECT at FROM entries WHERE +event = :event AND at >= :since"
LINES_OF_NUMBERS: Final = """
SELECT entries.number, entries.body, entries.previous_hash, entries.hash FROM entries
WHERE entries.number IN (:numbers) ORDER BY entries.number
"""
EVERY_LINE: Final = """
SELECT number, CASE typeof(body) WHEN 'text' THEN CAST(body AS BLOB) ELSE body END, previous_hash, hash, typeof(body)
FROM entries ORDER BY number
"""
NUMBERS_OF_SUBMISSIONS: Final = "SELECT entries.number FROM entries WHERE entries.submission IN (:submissions)"
SUBMISSIONS_BETWEEN: Final = """
SELECT DISTINCT entries.submission FROM entries WHERE entries.at >= :since AND entries.at < :until
AND entries.submission IS NOT NULL
"""
NAMES_SET: Final = """
WITH RECURSIVE names(name) AS (SELECT min(json_extract(body, '$.set.FIELD')) FROM entries
WHERE json_extract(body, '$.set.FIELD') IS NOT NULL UNION ALL SELECT (SELECT min(json_extract(body, '$.set.FIELD'))
FROM entries WHERE json_extract(body, '$.set.FIELD') > names.name AND json_extract(body, '$.set.FIELD') IS NOT NULL)
FROM names WHERE names.name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL
"""
SPELLED_NAMES_SET: Final = """
WITH RECURSIVE names(name) AS (SELECT min(json_extract(body, '$.set.FIELD')) FROM entries
WHERE json_extract(body, '$.set.FIELD') GLOB '*[^!-~]*'
UNION ALL SELECT (SELECT min(json_extract(body, '$.set.FIELD')) FROM entries
WHERE json_extract(body, '$.set.FIELD') > names.name AND json_extract(body, '$.set.FIELD') GLOB '*[^!-~]*') FROM names
WHERE names.name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL
"""
SUBMISSIONS_NAMED: Final = """
SELECT DISTINCT submission FROM entries WHERE json_extract(body, '$.set.FIELD') IN (:names) AND submission IS NOT NULL
"""
EARLY_REPORTS: Final = """
SELECT json_extract(entries.body, '$.detail.mail') AS json_extract_1 FROM entries WHERE event = 'ReportTooEarly'
AND json_extract(body, '$.detail.message_id') = :message_id ORDER BY entries.number
"""
UPLOADS: Final = """
SELECT entries.number, entries.body, entries.previous_hash, entries.hash FROM entries WHERE event = 'Uploaded'
AND json_extract(body, '$.detail.sha256') = :sha256 ORDER BY entries.number
"""
BOUND_PROJECT: Final = """
SELECT json_extract(entries.body, '$.set.bound_project') AS json_extract_1 FROM submissions
JOIN entries ON entries.submission = submissions.id WHERE submissions.contract_number = :number
AND submissions.guarantor = :guarantor AND submissions.product = :product
AND json_extract(entries.body, '$.set.bound_project') IS NOT NULL ORDER BY entries.number DESC LIMIT 1 OFFSET 0
"""
SUBMISSION: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.id = :id
"""
HIGHEST_SUBMISSION: Final = "SELECT max(submissions.id) AS max_1 FROM submissions"
CREATE_SUBMISSION: Final = """
INSERT INTO submissions (id, "row") VALUES (:id, :row)
"""
REPLACE_SUBMISSION: Final = """
UPDATE submissions SET "row"=:row WHERE submissions.id = :id
"""
EVERY_ROW: Final = """
SELECT id, CASE typeof("row") WHEN 'text' THEN CAST("row" AS BLOB) END FROM submissions ORDER BY id
"""
SUBMISSIONS_AFTER: Final = """
SELECT submissions.id, submissions."row" FROM submissions WHERE submissions.id > :after ORDER BY submissions.id
LIMIT :limit OFFSET 0
"""
SUBMISSIONS_OF_STATE_AFTER: Final = """
SELECT submissions.id, submissions."row" FROM submissions WHERE submissions.id > :after AND submissions.state = :state
ORDER BY submissions.id LIMIT :limit OFFSET 0
"""
SUBMISSIONS_BEFORE: Final = """
SELECT submissions.id, submissions."row" FROM submissions WHERE submissions.id < :before ORDER BY submissions.id DESC
LIMIT :limit OFFSET 0
"""
COUNT_BY_STATE: Final = """
SELECT submission_counts.state, submission_counts.count FROM submission_counts WHERE submission_counts.count > 0
"""
DUE: Final = """
SELECT submissions.id, submissions.due_at, json_extract(submissions."row", '$.updated_at') AS json_extract_1
FROM submissions WHERE submissions.state = 'APPROVED' AND submissions.due_at IS NOT NULL
"""
UNTOLD: Final = """
SELECT submissions.id FROM submissions WHERE submissions.state = 'APPROVED' AND submissions.due_at IS NULL
ORDER BY submissions.id
"""
BY_PDF: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.pdf_sha256 = :value ORDER BY submissions.id
"""
BY_NUMBER: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.contract_number = :value
"""
BY_SOURCE_MESSAGE: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.source_message_id = :value ORDER BY submissions.id
"""
AWAITED: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.guarantor = :value AND submissions.state = 'ANNOUNCED'
ORDER BY submissions.id
"""
NEWEST_NOTICES: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.guarantor = :guarantor
AND submissions.pdf_sha256 IS NOT NULL ORDER BY submissions.id DESC LIMIT :limit OFFSET 0
"""
OF_PROJECT: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.project = :project AND submissions.product = :product
ORDER BY submissions.id
"""
LAST_SENT: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.issuer = :issuer AND submissions.product = :product
AND submissions.is_amended = :is_amended AND submissions.sent_at IS NOT NULL ORDER BY submissions.sent_at DESC
LIMIT 1 OFFSET 0
"""
LAST_SENT_TO_SECTION: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.issuer = :issuer AND submissions.product = :product
AND submissions.is_amended = :is_amended AND submissions.sent_at IS NOT NULL AND submissions.section = :section
ORDER BY submissions.sent_at DESC LIMIT 1 OFFSET 0
"""
LAST_CONFIRMED: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.issuer = :issuer AND submissions.product = :product
AND submissions.is_amended = :is_amended AND submissions.sent_at IS NOT NULL AND submissions.section = :section
AND +state = 'CONFIRMED' ORDER BY submissions.sent_at DESC LIMIT 1 OFFSET 0
"""
LAST_HANDED_OVER: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.issuer = :issuer AND submissions.product = :product
AND submissions.is_amended = :is_amended AND submissions.sent_at IS NULL AND state IN ('HANDED_OVER', 'CONFIRMED')
AND json_extract("row", '$.channel') != 'email' ORDER BY submissions.id DESC LIMIT 1 OFFSET 0
"""
LAST_HANDED_OVER_TO_SECTION: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.issuer = :issuer AND submissions.product = :product
AND submissions.is_amended = :is_amended AND submissions.sent_at IS NULL AND state IN ('HANDED_OVER', 'CONFIRMED')
AND json_extract("row", '$.channel') != 'email' AND submissions.section = :section ORDER BY submissions.id DESC
LIMIT 1 OFFSET 0
"""
OPEN: Final = "SELECT open_submissions.submission FROM open_submissions WHERE open_submissions.until >= :today"
EVERY_OPEN: Final = """
SELECT open_submissions.submission, open_submissions.until FROM open_submissions ORDER BY open_submissions.submission
"""
OPEN_UNTIL: Final = """
INSERT INTO open_submissions (submission, until) VALUES (:submission, :until)
ON CONFLICT (submission) DO UPDATE SET until = excluded.until WHERE until != excluded.until
"""
CLOSE: Final = "DELETE FROM open_submissions WHERE open_submissions.submission = :submission"
IS_CORRECTED: Final = """
SELECT submissions.id FROM submissions WHERE submissions.corrects = :id AND submissions.state != 'WITHDRAWN'
LIMIT 1 OFFSET 0
"""
SPELL_NUMBER: Final = """
INSERT INTO spelled_numbers (match_key, submission) VALUES (:match_key, :submission) ON CONFLICT DO NOTHING
"""
CHANGED_SINCE: Final = """
SELECT id FROM submissions WHERE updated_at >= :since
AND state NOT IN ('ANNOUNCED', 'HELD', 'APPROVED', 'SENDING', 'IN_DOUBT')
"""
OF_IDS: Final = """
SELECT submissions."row" FROM json_each(:ids) AS wanted CROSS JOIN submissions ON submissions.id = wanted.value
"""
AWAITING_NEWS: Final = """
SELECT id, "row" FROM submissions INDEXED BY submissions_awaiting_news WHERE state = :state AND id > :after
AND state IN ('SENT', 'DELAYED', 'RELAYED') AND sent_at IS NOT NULL
AND json_extract("row", '$.duties.closes') IS NOT 'none' ORDER BY id LIMIT :limit
"""
CORRECTIONS: Final = """
SELECT submissions.corrects, submissions.id FROM json_each(:ids) AS wanted
CROSS JOIN submissions ON submissions.corrects = wanted.value WHERE submissions.state != 'WITHDRAWN'
"""
UNANNOUNCED: Final = """
SELECT "row" FROM submissions WHERE guarantor = :guarantor AND pdf_sha256 IS NOT NULL
AND json_extract("row", '$.announced') IS NULL ORDER BY id DESC LIMIT :limit
"""
NEWEST: Final = """
SELECT pair.key, (SELECT id FROM submissions WHERE submissions.project = json_extract(pair.value, '$[0]')
AND submissions.product = json_extract(pair.value, '$[1]') ORDER BY id DESC LIMIT 1) FROM json_each(:pairs) AS pair
"""
NEWEST_STANDING: Final = """
SELECT pair.key, (SELECT id FROM submissions WHERE submissions.project = json_extract(pair.value, '$[0]')
AND submissions.product = json_extract(pair.value, '$[1]') AND state != 'WITHDRAWN' AND NOT EXISTS (SELECT 1
FROM submissions AS later WHERE later.corrects = submissions.id AND later.state != 'WITHDRAWN') ORDER BY id DESC
LIMIT 1) FROM json_each(:pairs) AS pair
"""
NUMBERS_STANDING: Final = """
SELECT pair.key, submissions.contract_number FROM json_each(:pairs) AS pair
CROSS JOIN submissions INDEXED BY submissions_standing ON submissions.project = json_extract(pair.value, '$[0]')
AND submissions.product = json_extract(pair.value, '$[1]') WHERE submissions.project IS NOT NULL
AND submissions.state != 'WITHDRAWN' AND NOT EXISTS (SELECT 1 FROM submissions AS later
WHERE later.corrects = submissions.id AND later.state != 'WITHDRAWN')
"""
OF_OTHER_PROJECTS: Final = """
SELECT submissions."row" FROM json_each(:numbers) AS wanted
CROSS JOIN submissions ON submissions.contract_number = wanted.value WHERE submissions.project IS NOT NULL
AND submissions.project NOT IN (SELECT value FROM json_each(:projects)) UNION ALL SELECT submissions."row"
FROM json_each(:numbers) AS wanted CROSS JOIN spelled_numbers ON spelled_numbers.match_key = wanted.value
CROSS JOIN submissions ON submissions.id = spelled_numbers.submission WHERE submissions.project IS NOT NULL
AND submissions.project NOT IN (SELECT value FROM json_each(:projects))
"""
WAS_SENT_TO: Final = """
SELECT sent_to.submission FROM sent_to JOIN submissions ON submissions.id = sent_to.submission
WHERE sent_to.address = :address AND submissions.issuer = :issuer AND submissions.section = :section
AND (submissions.section != 'office' OR submissions.project = :project)
AND (json_extract(submissions."row", '$.reply') GLOB '2[0-9][0-9]*') LIMIT 1 OFFSET 0
"""
CARRIED: Final = """
SELECT submissions."row" FROM sent_with JOIN submissions ON submissions.id = sent_with.submission
WHERE sent_with.sha256 = :digest ORDER BY sent_with.submission
"""
WRITTEN_TO: Final = """
SELECT submissions."row" FROM sent_to JOIN submissions ON submissions.id = sent_to.submission
WHERE sent_to.address = :address ORDER BY sent_to.submission DESC LIMIT :limit OFFSET 0
"""
NEWEST_OF_STATE: Final = """
SELECT submissions."row" FROM submissions WHERE submissions.state = :state ORDER BY submissions.id DESC
LIMIT :limit OFFSET 0
"""
OF_OWN_MESSAGE: Final = """
SELECT submissions."row" FROM own_message_ids JOIN submissions ON submissions.id = own_message_ids.submission
WHERE own_message_ids.message_id = :message_id
"""
OWN_MESSAGE_BETWEEN: Final = """
SELECT own_message_ids.message_id FROM own_message_ids WHERE own_message_ids.message_id >= :first
AND own_message_ids.message_id < :last LIMIT 1 OFFSET 0
"""
IS_OWN_MESSAGE: Final = """
SELECT own_message_ids.message_id FROM own_message_ids WHERE own_message_ids.message_id = :message_id
UNION ALL SELECT alarms.message_id FROM alarms WHERE alarms.message_id = :message_id
"""
ADD_OWN_MESSAGE: Final = """
INSERT INTO own_message_ids (message_id, submission) VALUES (:message_id, :submission) ON CONFLICT DO NOTHING
"""
ADD_SENT_TO: Final = "INSERT INTO sent_to (address, submission) VALUES (:address, :submission)"
ADD_SENT_WITH: Final = "INSERT INTO sent_with (sha256, submission) VALUES (:sha256, :submission)"
FORGET_SENT_TO: Final = "DELETE FROM sent_to WHERE sent_to.submission = :submission"
FORGET_SENT_WITH: Final = "DELETE FROM sent_with WHERE sent_with.submission = :submission"
FORGET_ADDRESS: Final = "DELETE FROM sent_to WHERE sent_to.submission = :submission AND sent_to.address = :address"
NOTICE: Final = """
SELECT notices."row" FROM notices WHERE notices.pdf_sha256 = :pdf
"""
KEEP_NOTICE: Final = """
INSERT INTO notices (pdf_sha256, "row") VALUES (:pdf_sha256, :row)
ON CONFLICT (pdf_sha256) DO UPDATE SET "row" = excluded."row"
"""
ORIGINAL: Final = "SELECT originals.content FROM originals WHERE originals.sha256 = :digest"
IS_KEPT: Final = "SELECT originals.sha256 FROM originals WHERE originals.sha256 = :digest"
KEEP: Final = "INSERT INTO originals (sha256, kind, content) VALUES (:sha256, :kind, :content)"
EVERY_ORIGINAL: Final = "SELECT originals.sha256, originals.content FROM originals"
MESSAGES_AFTER: Final = """
SELECT messages."row" FROM messages WHERE messages.mailbox = :mailbox AND (messages.uidvalidity > :uidvalidity
OR messages.uidvalidity = :uidvalidity AND messages.uid > :uid) ORDER BY messages.uidvalidity, messages.uid
LIMIT :limit OFFSET 0
"""
MESSAGES_OF_ENDS_AFTER: Final = """
SELECT messages."row" FROM messages WHERE messages.mailbox = :mailbox AND (messages.uidvalidity + 0 > :uidvalidity
OR messages.uidvalidity + 0 = :uidvalidity AND messages.uid + 0 > :uid) AND messages."end" IN (:ends)
ORDER BY messages.uidvalidity + 0, messages.uid + 0 LIMIT :limit OFFSET 0
"""
LAST_UID: Final = """
SELECT max(messages.uid) AS max_1 FROM messages WHERE messages.mailbox = :mailbox
AND messages.uidvalidity = :uidvalidity
"""
UIDS_FROM: Final = """
SELECT messages.uid FROM messages WHERE messages.mailbox = :mailbox AND messages.uidvalidity = :uidvalidity
AND messages.uid >= :first
"""
LAST_MESSAGES: Final = """
SELECT messages."row" FROM messages WHERE messages.mailbox = :mailbox AND messages.uidvalidity = :uidvalidity
ORDER BY messages.uid DESC LIMIT :limit OFFSET 0
"""
MESSAGES_BACK: Final = """
SELECT uidvalidity, uid, json_extract("row", '$.subject'), json_extract("row", '$.sender'), "row" FROM messages
WHERE mailbox = :mailbox AND (uidvalidity, uid) < (:uidvalidity, :uid) ORDER BY uidvalidity DESC, uid DESC
LIMIT :limit
"""
LAST_MESSAGES_UP_TO: Final = """
SELECT messages."row" FROM messages WHERE messages.mailbox = :mailbox AND messages.uidvalidity = :uidvalidity
AND messages.uid <= :up_to ORDER BY messages.uid DESC LIMIT :limit OFFSET 0
"""
MESSAGES_DUE_AFTER: Final = """
SELECT messages."row" FROM messages WHERE messages.mailbox = :mailbox AND json_extract("row", '$.is_after_due') = 1
"""
ALARM_MESSAGES: Final = """
SELECT message_id FROM messages WHERE mailbox = :mailbox AND "end" = 'own' AND message_id GLOB '<*.a[0-9]*@*>'
AND message_id > :after ORDER BY message_id LIMIT :limit
"""
COUNT_MESSAGES: Final = """
SELECT count(*) AS count_1 FROM messages WHERE messages.mailbox = :mailbox AND messages."end" = :end
"""
KNOWN_MESSAGES: Final = """
SELECT messages."row" FROM messages WHERE messages.mailbox = :mailbox AND messages.message_id = :message_id
"""
KNOWN_MESSAGES_OF_SIZE: Final = """
SELECT messages."row" FROM messages WHERE messages.mailbox = :mailbox AND messages.message_id = :message_id
AND messages.size = :size
"""
RECORD_MESSAGE: Final = """
INSERT INTO messages (mailbox, uidvalidity, uid, "row") VALUES (:mailbox, :uidvalidity, :uid, :row)
ON CONFLICT (mailbox, uidvalidity, uid) DO UPDATE SET "row" = excluded."row"
"""
FILE: Final = """
SELECT files."row" FROM files WHERE files.name = :name
"""
FILES_NAMED: Final = """
SELECT files.name, files."row" FROM files WHERE files.name IN (:names)
"""
FILES_OF: Final = """
SELECT files."row" FROM files WHERE files.sha256 = :digest
"""
FILES_BACK: Final = """
SELECT rowid, name, sha256, "row" FROM files WHERE rowid < :before ORDER BY rowid DESC LIMIT :limit
"""
RECORD_FILE: Final = """
INSERT INTO files (name, "row") VALUES (:name, :row) ON CONFLICT (name) DO UPDATE SET "row" = excluded."row"
"""
LOOK: Final = """
SELECT looks."row" FROM looks WHERE looks.name = :name
"""
EVERY_LOOK: Final = """
SELECT looks."row" FROM looks ORDER BY looks.name
"""
RECORD_LOOK: Final = """
INSERT INTO looks (name, "row") VALUES (:name, :row) ON CONFLICT (name) DO UPDATE SET "row" = excluded."row"
"""
ALARM: Final = """
SELECT alarms."row" FROM alarms WHERE alarms.id = :id
"""
ALARMS_WAITING: Final = """
SELECT alarms."row" FROM alarms WHERE alarms.accepted_at IS NULL ORDER BY alarms.id
"""
LAST_ALARM: Final = """
SELECT alarms."row" FROM alarms WHERE alarms.cause = :cause ORDER BY alarms.id DESC LIMIT 1 OFFSET 0
"""
SAME_ALARM: Final = """
SELECT late."row" FROM (SELECT alarms.id AS id, alarms."row" AS "row" FROM alarms WHERE alarms.cause = :cause
ORDER BY alarms.id DESC LIMIT 200 OFFSET 0) AS late WHERE json_extract(late."row", '$.submissions') = :submissions
AND json_extract(late."row", '$.detail') = :detail ORDER BY late.id DESC LIMIT 1 OFFSET 0
"""
HIGHEST_ALARM: Final = "SELECT max(alarms.id) AS max_1 FROM alarms"
CREATE_ALARM: Final = """
INSERT INTO alarms (id, "row") VALUES (:id, :row)
"""
REPLACE_ALARM: Final = """
UPDATE alarms SET "row"=:row WHERE alarms.id = :id
"""
PROPERTY: Final = "SELECT properties.value FROM properties WHERE properties.name = :name"
SET_PROPERTY: Final = """
INSERT INTO properties (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
EVERY_ACCOUNT: Final = """
SELECT accounts."row" FROM accounts ORDER BY accounts.id
"""
ACCOUNT: Final = """
SELECT accounts."row" FROM accounts WHERE accounts.id = :id
"""
ACCOUNT_OF: Final = """
SELECT accounts."row" FROM accounts WHERE accounts.login = :login
"""
HIGHEST_ACCOUNT: Final = "SELECT max(accounts.id) AS max_1 FROM accounts"
PUT_ACCOUNT: Final = """
INSERT INTO accounts (id, "row") VALUES (:id, :row) ON CONFLICT (id) DO UPDATE SET "row" = excluded."row"
"""
SESSION: Final = """
SELECT sessions."row" FROM sessions WHERE sessions.token_sha256 = :token
"""
SESSIONS_OF: Final = """
SELECT sessions."row" FROM sessions WHERE sessions.account = :account
ORDER BY sessions.opened_at, sessions.token_sha256
"""
PUT_SESSION: Final = """
INSERT INTO sessions (token_sha256, "row") VALUES (:token_sha256, :row)
ON CONFLICT (token_sha256) DO UPDATE SET "row" = excluded."row"
"""
DROP_SESSION: Final = "DELETE FROM sessions WHERE sessions.token_sha256 = :token"
DROP_SESSIONS_OF: Final = "DELETE FROM sessions WHERE sessions.account = :account"
INVITATION: Final = """
SELECT invitations."row" FROM invitations WHERE invitations.token_sha256 = :token
"""
PUT_INVITATION: Final = """
INSERT INTO invitations (token_sha256, "row") VALUES (:token_sha256, :row)
ON CONFLICT (token_sha256) DO UPDATE SET "row" = excluded."row"
"""
DROP_INVITATIONS_OF: Final = "DELETE FROM invitations WHERE invitations.account = :account"
ATTEMPTS: Final = """
SELECT login_attempts."row" FROM login_attempts WHERE login_attempts.name = :name
"""
PUT_ATTEMPTS: Final = """
INSERT INTO login_attempts (name, "row") VALUES (:name, :row) ON CONFLICT (name) DO UPDATE SET "row" = excluded."row"
"""
DROP_ATTEMPTS: Final = "DELETE FROM login_attempts WHERE login_attempts.name = :name"
DROP_OLD_ATTEMPTS: Final = "DELETE FROM login_attempts WHERE login_attempts.at < :before"
EVERY_TAKEN: Final = """
SELECT taken_on."row" FROM taken_on ORDER BY taken_on.about
"""
PUT_TAKEN: Final = """
INSERT INTO taken_on (about, "row") VALUES (:about, :row) ON CONFLICT (about) DO UPDATE SET "row" = excluded."row"
"""
DROP_TAKEN: Final = "DELETE FROM taken_on WHERE taken_on.about = :about"
