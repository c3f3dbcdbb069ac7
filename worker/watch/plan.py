"""Decides which files of the notices folder and which messages of a mailbox a look takes, and which need no body.

No file is taken half-written, no message twice under one UIDVALIDITY, and a renumbered mailbox is no new one. The plans
say what to ask for, and what to record when.

Every message is fetched whole that could hold a notice, announce one, or be news of a mail of ours; if that is not
certain, it is fetched too. A part is skipped only if its type, all its names and its first bytes say that it is no PDF
and holds no other part.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final
from urllib.parse import unquote_to_bytes

from worker.core.addresses import domain_of
from worker.core.clock import is_over
from worker.core.model import JST, NO_DATE, Disposition, FileRow, HealthRecord, MessageRow, UnreadReason
from worker.core.rulebook import Guarantor
from worker.read.classify import OwnMailSigns, OwnMessage, Report, Unrelated, classify_mail
from worker.read.message import (
    Message,
    decode_bytes,
    decode_words,
    header_text,
    is_pdf,
    is_zip,
    mentions_key,
    read_header_value,
    read_message,
    split_headers,
    undo_transfer,
)
from worker.watch.ports import SETTLE, BodyPart, Header, ListedFile, SelectedMailbox

FILE_LIMIT: Final = 20_000_000
"""Bytes of a file that are read: the largest mail limit seen at an issuer is 20 MB, and a notice has 0.2."""
MAIL_LIMIT: Final = 8_000_000
"""Bytes of a mail that are fetched whole: imapclient holds it several times over (30 MB took 197 MB)."""
MAIL_PART: Final = 262_144
"""Bytes fetched of a mail above MAIL_LIMIT: its headers and the text that people see first."""
CLOCK_MARGIN: Final = dt.timedelta(hours=1)
"""Limit between the mail server's clock and ours if its dates decide instead of its numbers."""
LEFT_LOOKED_AT: Final = 5000
"""Of the messages that a look leaves as old the newest so many are asked for their header fields: ten commands, 2 MB.
More are years of mail, and no notice of those waits for anything."""
LEFT_NAMED: Final = 20
"""Of those that look like notices the newest are named to people: more is a mailbox to look at, not a list to read."""
SWEPT: Final = 2000
"""Messages below the newest that are compared with their rows in an hour: four commands. 100,000 take two days."""
GONE: Final = "gone"
"""``Fetched.failure`` of a message that was deleted between the look and the fetch: never tried again."""
UNFETCHED_DELAYS: Final = tuple(dt.timedelta(minutes=minutes) for minutes in (5, 15, 60, 360))
"""Delays after the 1st, 2nd … failed fetch, the last one from then on: a broken message stays broken for days."""


# --- The folder ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """``take`` now; ``record`` the others as PENDING; ``look_again`` after that time, None if nothing is due."""

    take: tuple[ListedFile, ...]
    record: tuple[FileRow, ...]
    look_again: dt.timedelta | None


def plan_folder(listed: Sequence[ListedFile], known: Callable[[str], FileRow | None], now: dt.datetime) -> FolderPlan:
    """Returns which files have looked the same for ``SETTLE``, and which are seen for the first time in this shape.

    A file is another one if its size, its modification time or its inode differ.
    """
    take: list[ListedFile] = []
    record: list[FileRow] = []
    waits: list[dt.timedelta] = []
    for file in listed:
        row = known(file.name)
        if row is None or not is_same_shape(row, file):
            record.append(FileRow(file.name, file.size, file.mtime_ns, file.inode, now))
            waits.append(SETTLE)
        elif row.end is not Disposition.PENDING:
            continue
        elif row.looked_at > now:  # the clock was set back: the file would wait for as long
            record.append(replace(row, looked_at=now))
            waits.append(SETTLE)
        elif now - row.looked_at >= SETTLE:
            take.append(file)
        else:
            waits.append(SETTLE - (now - row.looked_at))
    return FolderPlan(tuple(take), tuple(record), min(waits, default=None))


STAYS: Final = dt.timedelta(days=1)
"""Time that a file may bear the name of an unfinished one before it is named: the largest download ends in an hour, and
a computer that sleeps goes on with it the next morning."""


def plan_unread(
    unread: Sequence[ListedFile], known: Callable[[str], FileRow | None], now: dt.datetime
) -> tuple[tuple[ListedFile, ...], tuple[FileRow, ...]]:
    """Returns which of the files that are not read are told to people, and the rows from which a day is counted.

    An unfinished one that grows, or is another by now, has its day from then on.
    """
    told: list[ListedFile] = []
    record: list[FileRow] = []
    for file in unread:
        if file.why is not UnreadReason.UNFINISHED:
            told.append(file)
            continue
        row = known(file.name)
        if row is None or not is_same_shape(row, file) or row.looked_at > now:
            record.append(FileRow(file.name, file.size, file.mtime_ns, file.inode, now))
        elif now - row.looked_at >= STAYS:
            told.append(file)
    return tuple(told), tuple(record)


def is_same_shape(row: FileRow, file: ListedFile) -> bool:
    """Returns whether the file has the size, the modification time and the inode that are recorded."""
    return (row.size, row.mtime_ns, row.inode) == (file.size, file.mtime_ns, file.inode)


_NANOSECOND: Final = 10**9
_LAST_SECOND: Final = 253_402_214_400
"""The end of the year 9999 less a day: beyond it no moment can be told."""


def saved_at(file: ListedFile) -> dt.datetime:
    """The modification time of ``file``; one beyond what a moment can say is the nearest that it can."""
    seconds = min(max(file.mtime_ns // _NANOSECOND, 0), _LAST_SECOND)
    return dt.datetime.fromtimestamp(seconds, JST)


# --- A mailbox -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Start:
    """The moment from which messages are taken if no number shows that they are new."""

    moment: dt.datetime
    margin: dt.timedelta = dt.timedelta()
    """Margin by which a message may be older all the same."""

    @property
    def not_before(self) -> dt.datetime:
        """An older message is left."""
        return self.moment - self.margin


def start_from(since: dt.date | None, first_start: dt.datetime) -> Start:
    """The day that somebody chose, from midnight in Japan; else ``first_start`` by the server's clock."""
    return Start(first_start, CLOCK_MARGIN) if since is None else Start(_start_of(since))


@dataclass(frozen=True, slots=True)
class InitialSync:
    """Nothing is known of what stands below ``below``: ask ``uids(first, search_since)``; the date decides.

    ``look`` is recorded after the last of its messages (at once if there are none): a crash before that makes it a
    first look again, and messages that have a row are passed over.
    """

    first: int
    below: int
    search_since: dt.date
    not_before: dt.datetime
    look: HealthRecord


@dataclass(frozen=True, slots=True)
class Incremental:
    """The same numbering as before: every UID from ``first`` on without a row is new, with any date."""

    first: int
    look: HealthRecord


@dataclass(frozen=True, slots=True)
class UidValidityChanged:
    """Another numbering: ask for headers as at a first look and let ``judge_headers`` say which are known.

    ``look`` is recorded after the last of them, as at a first look.
    """

    first: int
    below: int
    search_since: dt.date
    not_before: dt.datetime
    look: HealthRecord
    whatever_date_from: int | None = None
    """From this UID on every message is in question, as the numbers go on; None if no number says anything."""


MailPlan = InitialSync | Incremental | UidValidityChanged

NUMBERINGS: Final = 2**32
"""A UIDVALIDITY has 32 bits. The ledger adds a count to it: how often the server began again under the same
one: restored from a backup, or made again by hand."""


def plan_mailbox(
    look: HealthRecord | None,
    opened: SelectedMailbox,
    *,
    last_uid_of: Callable[[int], int],
    start: Start,
    now: dt.datetime,
    name: str,
) -> MailPlan:
    """From which message on a look takes; ``last_uid_of`` gives the highest UID with a row under a numbering, or 0.

    Above the UID that the first look recorded every message is new: one moved into the folder bears an old date.
    Below it, and if the server renumbers, ``start`` decides.
    """
    if look is None or look.uidvalidity is None or look.first_look is None:
        base = look or HealthRecord(name)
        begun = replace(
            base, first_look=now, uidvalidity=opened.uidvalidity, first_uid=opened.uidnext, taken_from=start.moment
        )
        return InitialSync(1, opened.uidnext, _day_before(start.not_before), start.not_before, begun)
    last_uid = last_uid_of(look.uidvalidity)
    if look.uidvalidity % NUMBERINGS == opened.uidvalidity and opened.uidnext > last_uid:
        return Incremental(max(last_uid + 1, look.first_uid), look)
    # Of what came since the first look no number says so any more; a later ``start`` leaves none of it.
    not_before = min(start.moment, look.first_look) - CLOCK_MARGIN
    numbering = _next_numbering(opened.uidvalidity, last_uid_of)
    renumbered = replace(look, uidvalidity=numbering, first_uid=opened.uidnext, taken_from=start.moment)
    return UidValidityChanged(1, opened.uidnext, _day_before(not_before), not_before, renumbered)


def plan_below(look: HealthRecord, start: Start) -> InitialSync | None:
    """Returns the search below the first look's UID; None if it was made with this ``start``.

    It was not made if ``since`` changed, or if an older program looked first: that one left all of them.
    """
    if look.taken_from == start.moment or look.first_uid <= 1:
        return None
    return InitialSync(
        1, look.first_uid, _day_before(start.not_before), start.not_before, replace(look, taken_from=start.moment)
    )


def plan_replaced(
    look: HealthRecord, opened: SelectedMailbox, last_uid_of: Callable[[int], int], start: Start
) -> UidValidityChanged:
    """Returns what is to be done if other messages stand under the numbers that are recorded.

    The numbers themselves go on, so that of all that came since the first look they say what is in question, and no
    date does; of what was there before, ``start`` does, as it did then.
    """
    numbering = _next_numbering(opened.uidvalidity, last_uid_of)
    again = replace(look, uidvalidity=numbering, taken_from=start.moment)
    not_before = start.not_before
    return UidValidityChanged(
        1, opened.uidnext, _day_before(not_before), not_before, again, whatever_date_from=look.first_uid
    )


def _next_numbering(uidvalidity: int, last_uid_of: Callable[[int], int]) -> int:
    """The first numbering under this UIDVALIDITY that nothing is recorded of."""
    while last_uid_of(uidvalidity):
        uidvalidity += NUMBERINGS
    return uidvalidity


def end_of_sweep(uids: Sequence[int], now: dt.datetime) -> int | None:
    """The last UID of those that are compared with their rows in this hour, another piece in each; None for none.

    The hour alone says which piece: nothing has to be remembered, and a restart does not begin the round again.
    """
    pieces = -(-len(uids) // SWEPT)
    if not pieces:
        return None
    piece = int(now.timestamp()) // 3600 % pieces
    return uids[min((piece + 1) * SWEPT, len(uids)) - 1]


def is_other(header: Header, row: MessageRow) -> bool:
    """Returns whether ``header`` is of another message than ``row``; False if either is unknown."""
    if header.size <= 0 or row.size <= 0 or NO_DATE in (header.internal_date, row.internal_date):
        return False
    return _triple_of(header) != _triple_of(row)


def _start_of(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=JST)


def _day_before(start: dt.datetime) -> dt.date:
    """A day to search from that holds ``start`` in the server's own time zone, which is not known."""
    return (start - dt.timedelta(days=1)).date()


@dataclass(frozen=True, slots=True)
class Judged:
    """The messages found at a first look or after renumbering; the others are old."""

    take: tuple[int, ...]
    """UIDs; one that may be a former message clashes with another, and its bytes tell."""
    known: tuple[tuple[int, MessageRow], ...]
    """UIDs with the former row, which is recorded again under the new number."""


def judge_headers(
    headers: Sequence[Header],
    formers_of: Callable[[Header], Sequence[MessageRow]],
    not_before: dt.datetime,
    whatever_date_from: int | None = None,
) -> Judged:
    """Returns which messages are taken; ``formers_of`` gives the rows of other numberings with a Message-ID.

    A message is known again by Message-ID, size and internal date, if these name one message here and one end there.
    Otherwise it is taken, and known by its bytes if at all. A message that could not be fetched is tried again.
    """
    count = Counter(_triple_of(header) for header in headers if header.message_id)
    take: list[int] = []
    known: list[tuple[int, MessageRow]] = []
    for header in headers:
        same = _same_as(header, formers_of(header)) if header.message_id else ()
        ends = {(row.end, row.sha256, row.submissions) for row in same}
        settled = same[0].end not in _UNSETTLED if same else False
        if settled and len(ends) == 1 and count[_triple_of(header)] == 1:
            known.append((header.uid, same[0]))
        elif same or _is_in_question(header, not_before, whatever_date_from):
            take.append(header.uid)
    return Judged(tuple(take), tuple(known))


def _is_in_question(header: Header, not_before: dt.datetime, whatever_date_from: int | None) -> bool:
    if whatever_date_from is not None and header.uid >= whatever_date_from:
        return True
    return header.internal_date == NO_DATE or header.internal_date >= not_before


_UNSETTLED: Final = frozenset({Disposition.UNFETCHED, Disposition.PUT_OFF, Disposition.PENDING})


def _same_as(header: Header, formers: Sequence[MessageRow]) -> Sequence[MessageRow]:
    return [row for row in formers if _triple_of(row) == _triple_of(header)]


def _triple_of(message: Header | MessageRow) -> tuple[str, int, dt.datetime | None]:
    return message.message_id, message.size, message.internal_date


def due_again(rows: Iterable[MessageRow], uidvalidity: int, now: dt.datetime) -> tuple[int, ...]:
    """UIDs of this numbering that could not be fetched, or were put off, and whose time has come, ascending."""
    return tuple(
        sorted(
            row.uid
            for row in rows
            if row.end in {Disposition.UNFETCHED, Disposition.PUT_OFF}
            and row.uidvalidity == uidvalidity
            and row.next_try_at is not None
            and is_over(row.next_try_at - unfetched_delay(row.tries), row.next_try_at, now)
        )
    )


def next_try(failure: str, tries: int, now: dt.datetime) -> dt.datetime | None:
    """When a message that could not be fetched ``tries`` times is tried again; never if it is gone."""
    return None if failure == GONE else now + unfetched_delay(tries)


def unfetched_delay(tries: int) -> dt.timedelta:
    """Returns how long to wait after the ``tries``-th failed fetch of one message."""
    return UNFETCHED_DELAYS[min(max(tries, 1), len(UNFETCHED_DELAYS)) - 1]


# --- A message that needs no body ------------------------------------------------------------------------------

FIELDS: Final = (
    "MESSAGE-ID",
    "FROM",
    "SENDER",
    "SUBJECT",
    "DATE",
    "CONTENT-TYPE",
    "CONTENT-DISPOSITION",
    "RETURN-PATH",
    "AUTO-SUBMITTED",
    "IN-REPLY-TO",
    "REFERENCES",
    "X-FAILED-RECIPIENTS",
)
"""Header fields that are judged here."""
START_BYTES: Final = 3_300
"""Bytes asked of each part: what a PDF's mark may stand behind, three times that long if it is quoted-printable."""
PARTS_LIMIT: Final = 50
"""Parts of a message that is judged by its parts: one with more is fetched whole."""
TEXT_SURE: Final = 200_000
"""Bytes of a part called text: a longer one may be an attachment of a mail that the server could not take apart."""

_MACHINES: Final = re.compile(
    r"(?:mailer-?daemon|post-?master|mail-?delivery|mdaemon|daemon|smtp|root|mmdf|autoreply|auto-?responder|bounces?)\b",
    re.IGNORECASE,
)
"""Senders of reports about a mail that did not arrive: the beginning of the address."""
_RETURNED: Final = re.compile(
    r"undeliver|deliver|returned|return(?:ing)? (?:mail|message)|fail|bounce|warning|daemon|rejected|refused|"
    r"non[- ]?remis|unzustellbar|mail error|not sent|alert|not (?:a )?member|moderat|"
    r"配信|配達|送信できません|送信失敗|届きません|届け|届か|不達|未達|返送|拒否|エラー",
    re.IGNORECASE,
)
"""Words in the subject of such mail."""
_OPENABLE: Final = re.compile(r"pdf|eml|msg|dat|p7m|p7s|mht|zip|xdw|xbd|lzh|rar|7z|cab", re.IGNORECASE)
"""In any name that a part bears: PDFs, and what holds other files."""
_HOLDING_NAME: Final = re.compile(r"eml|msg|dat|p7m|p7s|mht", re.IGNORECASE)
"""Of those the ones of files that may hold a mail."""
_PDFS: Final = ("application/pdf", "application/x-pdf", "application/octet-stream")
"""Content types by which senders call a PDF."""
_HOLDING: Final = ("message/", "multipart/", "application/pdf", "application/x-pdf", "application/ms-tnef",
                   "application/vnd.ms-tnef", "application/pkcs7", "application/x-pkcs7",
                   "application/zip", "application/x-zip")  # fmt: skip
_INNER_HEADERS: Final = re.compile(rb"(?:\A|[\r\n])content-", re.IGNORECASE)


_CODECS: Final = ("utf-8", "cp932", "euc_jp")
"""Charsets in which a text may be cut inside a character; ISO-2022-JP is read by its escapes."""


class Wanted(Enum):
    """The part of a message that must be seen before it may be skipped."""

    BODY = auto()
    STARTS = auto()
    """The first bytes of every part."""


@dataclass(frozen=True, slots=True)
class MailOutline:
    """The result of judging a message by its header and its structure."""

    wanted: Wanted
    may_be_news: bool
    """True if it may say that a mail of ours left or came to nothing: a report, an answer, our own copy."""


def judge_outline(
    header: Header, guarantors: Sequence[Guarantor], ours: OwnMailSigns, correspondents: Collection[str]
) -> MailOutline:
    """Returns whether a message may be passed over after a look at its parts' first bytes, and whether it may be news.

    ``correspondents`` are the domains of the offices that are written to, in small letters: any mail from them may
    be an answer. A PDF is no news.
    """
    if header.structure is None or not header.fields or header.size <= 0:
        return MailOutline(Wanted.BODY, may_be_news=True)
    message = read_message(header.fields)
    found = classify_mail(message, guarantors, ours)
    leaves = tuple(_leaves(header.structure))
    if (
        isinstance(found, OwnMessage | Report)
        or _may_have_come_back(header.fields, message, ours, correspondents)
        or len(leaves) > PARTS_LIMIT
        or _differs(header.fields, header.structure)
    ):
        return MailOutline(Wanted.BODY, may_be_news=True)
    opened = [leaf for leaf in leaves if _must_be_opened(leaf)]
    is_whole = bool(opened) or not isinstance(found, Unrelated)
    return MailOutline(
        Wanted.BODY if is_whole else Wanted.STARTS, may_be_news=not all(_is_plain_pdf(leaf) for leaf in opened)
    )


def _is_plain_pdf(leaf: BodyPart) -> bool:
    """Returns whether the part says that it is a PDF, and nothing else."""
    return leaf.kind in _PDFS and not _HOLDING_NAME.search(decode_words(leaf.names))


def sections_of(structure: BodyPart) -> tuple[str, ...]:
    """The numbers of the parts whose first bytes ``holds_nothing`` is to see."""
    return tuple(leaf.section for leaf in _leaves(structure))


def holds_nothing(structure: BodyPart, starts: Mapping[str, bytes]) -> bool:
    """Returns whether the first bytes of every part are there and say that none is a PDF, or a mail not taken apart."""
    return all(leaf.section in starts and not is_opened_by(leaf, starts[leaf.section]) for leaf in _leaves(structure))


def is_opened_by(leaf: BodyPart, start: bytes) -> bool:
    """Returns whether the first bytes of a part, as they stand in the mail, show a PDF or what may hold one.

    So do another part's headers, and a text that speaks of a key: then the attachments are looked at.
    """
    content, _ = undo_transfer(start, leaf.encoding)
    if is_pdf(leaf.kind, "", content) or _INNER_HEADERS.search(start) is not None:
        return True
    if leaf.kind in {"text/plain", "text/html"}:
        return _speaks_of_a_key(content)
    return is_zip(leaf.kind, decode_words(leaf.names), content)


def describe_passed(header: Header) -> tuple[str, str, str]:
    """Senders, subject and date of a message that is passed over, for its row."""
    message = read_message(header.fields)
    return ", ".join(message.senders), message.subject, message.date


def _leaves(part: BodyPart) -> Iterator[BodyPart]:
    """The parts that hold no others, in order; a mail within is one."""
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if one.parts and not one.kind.startswith("message/"):
            waiting.extend(reversed(one.parts))
        else:
            yield one


def _must_be_opened(leaf: BodyPart) -> bool:
    names = _names(leaf)
    is_holding = leaf.kind.startswith(_HOLDING) or any(map(_OPENABLE.search, names)) or any(map(mentions_key, names))
    is_holding = is_holding or "\ufffd" in leaf.names  # raw bytes of another charset: what they say is not known
    return is_holding or (leaf.kind.startswith("text/") and leaf.size > TEXT_SURE)


def _names(leaf: BodyPart) -> tuple[str, ...]:
    """The names of a part as they may be meant: as encoded words, or in pieces with percent signs (RFC 2231)."""
    joined = unquote_to_bytes(leaf.names.replace(" ", ""))
    return decode_words(leaf.names), decode_bytes(joined)[0]


def _speaks_of_a_key(start: bytes) -> bool:
    """Returns whether the first bytes of a text do; its charset is unknown, and the last character may be cut."""
    guessed = decode_bytes(start)[0]
    return any(map(mentions_key, (guessed, *(start.decode(codec, "ignore") for codec in _CODECS))))


def _differs(fields: bytes, structure: BodyPart) -> bool:
    """Returns whether the server takes the message for something else than we would: then its parts say nothing."""
    headers, _ = split_headers(fields)
    kind = read_header_value(headers.first(b"content-type")).word or "text/plain"
    return kind != structure.kind or kind.startswith("multipart/") != bool(structure.parts)


def _may_have_come_back(fields: bytes, message: Message, ours: OwnMailSigns, correspondents: Collection[str]) -> bool:
    """Returns whether this may be a report, a bounce or an answer to a mail of ours."""
    headers, _ = split_headers(fields)
    named = b" ".join([*headers.every(b"in-reply-to"), *headers.every(b"references")])
    known = re.findall(r"<[^<>\s]{1,990}>", header_text(named))
    if any(ours.is_known(each) or ours.has_form(each, ours.address) for each in known):
        return True
    paths = headers.every(b"return-path")
    if message.auto_submitted or headers.first(b"x-failed-recipients") or any(b"@" not in path for path in paths):
        return True
    senders = message.senders or ("",)
    if any(not sender or _MACHINES.match(sender) or domain_of(sender) in correspondents for sender in senders):
        return True
    return _RETURNED.search(message.subject) is not None
