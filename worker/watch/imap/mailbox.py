"""One IMAP mailbox over imapclient: EXAMINE and BODY.PEEK, and nothing else unless ``after`` says so.

A message that the server cannot give costs the others nothing, a broken connection is never used again, and no error
text holds the password.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final, ParamSpec, TypeVar

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, ProtocolError

from worker.core.errors import Unavailable
from worker.core.heartbeat import note_step
from worker.core.mailbox_actions import Act
from worker.watch.imap.connection import FOREIGN, ImapConnection
from worker.watch.imap.responses import (
    BLOCK_IDS,
    fetched_message,
    group_headers,
    group_starts,
    put_together,
    read_content,
    read_fields_answer,
    read_header_answer,
    read_starts,
    unknown_header,
)
from worker.watch.plan import GONE, MAIL_LIMIT, MAIL_PART
from worker.watch.ports import Fetched, Header, IdleResult, SelectedMailbox
from worker.watch.prefilter import FIELDS, START_BYTES
from worker.watch.threads import OwnThread

P = ParamSpec("P")
T = TypeVar("T")

BREAKS_LIMIT: Final = 20
"""Connections that one call to ``headers`` may lose before it leaves the rest to be fetched one by one."""

SEARCH_LIMIT: Final = 40_000
"""Messages whose UIDs are asked for at a time: imaplib takes lines of 1 MB, and a UID has up to eleven bytes."""

_HEADER_ITEMS: Final = ("RFC822.SIZE", "INTERNALDATE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]")
_FIELD_ITEMS: Final = ("RFC822.SIZE", "INTERNALDATE", f"BODY.PEEK[HEADER.FIELDS ({' '.join(FIELDS)})]")
_OUTLINE_ITEMS: Final = (*_FIELD_ITEMS, "BODYSTRUCTURE")
_Answer = Mapping[int, Mapping[bytes, Any]]


class ImapMailbox(ImapConnection):
    """One folder on one server; its calls block, and one thread makes them."""

    def uids(self, first: int, since: dt.date | None) -> tuple[int, ...]:
        """UIDs from ``first`` on, ascending; with ``since`` only those of that internal date or later."""
        opened = self._opened
        spans: list[str] = []
        if opened is not None and opened.exists > SEARCH_LIMIT:
            span = max(1, (opened.uidnext - first) // (opened.exists // SEARCH_LIMIT + 1))
            while first + span < opened.uidnext:
                spans.append(f"{first}:{first + span - 1}")
                first += span
        found: set[int] = set()
        with self._translated():
            for each in spans:
                found.update(self._search(each, since))
            # "n:*" is "*:n" where n is above the highest (RFC 3501 §9): it names the last message all the same
            found.update(uid for uid in self._search(f"{first}:*", since) if uid >= first)
        return tuple(sorted(found))

    def headers(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """Size, internal date and Message-ID of each that still exists; asked in blocks of at most 500.

        Of one whose headers the server cannot give, size 0 and ``NO_DATE``: ``blocks`` then says why, or has it.
        """
        return self._headers(uids, _HEADER_ITEMS)

    def fields(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``headers``, with ``fields``; the server opens no message for it."""
        return self._headers(uids, _FIELD_ITEMS)

    def fetch_summaries(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``headers``, with ``fields`` and ``structure`` if the server can give them."""
        return self._headers(uids, _OUTLINE_ITEMS)

    def _headers(self, uids: Sequence[int], items: Sequence[str]) -> tuple[Header, ...]:
        found: list[Header] = []
        waiting = [tuple(uids[place : place + BLOCK_IDS]) for place in range(0, len(uids), BLOCK_IDS)][::-1]
        breaks = 0
        while waiting:
            asked = waiting.pop()
            if breaks >= BREAKS_LIMIT:
                found.extend(map(unknown_header, asked))
                continue
            try:
                answer = self._fetch(asked, items)
                wants = items is _FIELD_ITEMS
                known = {u: read_header_answer(u, answer[u], with_fields=wants) for u in asked if u in answer}
                missing = self._existing([uid for uid in asked if uid not in known])
            except FOREIGN as error:
                breaks += self._recover(error)
                half = len(asked) // 2
                if half:
                    waiting += [asked[half:], asked[:half]]
                elif items is _OUTLINE_ITEMS:  # a structure that imapclient cannot read: the rest may do
                    found.extend(self._headers(asked, _HEADER_ITEMS))
                else:
                    found.extend(map(unknown_header, asked))
                continue
            found.extend(known.get(uid) or unknown_header(uid) for uid in asked if uid in known or uid in missing)
        return tuple(found)

    def fetch_prefixes(self, headers: Sequence[Header]) -> Mapping[int, Mapping[str, bytes]]:
        """The first bytes of each part of each message, by UID and section; what could not be had is left out."""
        found: dict[int, Mapping[str, bytes]] = {}
        for sections, uids in group_starts(headers):
            try:
                answer = self._fetch(uids, [f"BODY.PEEK[{section}]<0.{START_BYTES}>" for section in sections])
            except FOREIGN as error:
                self._recover(error)
                continue
            found |= {uid: read_starts(sections, answer[uid]) for uid in uids if uid in answer}
        return found

    def blocks(self, headers: Sequence[Header]) -> Iterator[tuple[Fetched, ...]]:
        """The messages in blocks of at most 4 MB; of one above 8 MB only its PDFs and texts, or its beginning.

        In the order given, so that what is recorded has no gap below it. If a block fails, its messages are asked for
        one by one. A message that breaks the connection is a failure of that message; two in a row are the server's:
        Unavailable, after the first has been given.
        """
        broken = False
        for group in group_headers(headers):
            fetched = self._fetch_group(group) if len(group) > 1 else {}
            if len(fetched) == len(group):
                broken = False
                yield tuple(fetched.values())
                continue
            for header in group:
                one = fetched.get(header.uid)
                breaks = 0
                if one is None:
                    one, breaks = self._fetch_alone(header)
                if breaks and broken:
                    raise Unavailable("imap", one.failure)
                broken = bool(breaks)
                yield (one,)

    def newest_results(self, count: int) -> tuple[bytes, ...]:
        """The Authentication-Results of each of the last ``count`` messages, or fewer. Raises Unavailable."""
        opened = self._opened
        uids = self.uids(max(1, opened.uidnext - 10 * count), None)[-count:] if opened is not None else ()
        if not uids:
            return ()
        with self._translated():
            answer = self._fetch(uids, ["BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS)]"])
        return tuple(read_fields_answer(answer[uid]) for uid in uids if uid in answer)

    def apply_mailbox_action(self, uids: Sequence[int]) -> None:
        """Do to these what ``after`` says; done already, or gone, is as good. Raises Unavailable."""
        with self._translated(keeps_refused=True):
            client = self._connected()
            if self._is_read_only:
                raise Unavailable("imap", "the folder may only be read")
            if self.after.act is Act.MOVE:
                move_away(client, uids, self.after.folder, self._copied, self._go_back)
            else:
                mark_seen(client, uids)

    def try_after(self) -> None:
        """Try whether the action of ``after`` can be done. Raises Unavailable; the folder is closed then."""
        if self.after.act is Act.NOTHING:
            return
        self.open()
        with self._translated():
            if self._is_read_only:
                raise Unavailable("imap", "the folder may only be read")
            if self.after.act is Act.MOVE:
                try_target(self._connected(), self.after.folder)
                self._drop()

    def _go_back(self) -> None:
        """Open our folder again after another one; what came meanwhile was told to no person, so a look follows."""
        before = self._opened
        self._examine()
        self._told = 0
        if before is None or self._opened is None or self._opened.uidvalidity != before.uidvalidity:
            raise ProtocolError("the folder was renumbered while messages were moved out of it")

    def _search(self, uids: str, since: dt.date | None) -> list[int]:
        found: list[int] = self._connected().search(["UID", uids, *([] if since is None else ["SINCE", since])])
        return found

    def _fetch(self, uids: Sequence[int], asked: Sequence[str]) -> _Answer:
        answer: _Answer = self._connected().fetch(list(uids), list(asked))
        return answer

    def _existing(self, uids: Sequence[int]) -> frozenset[int]:
        """Returns which of these, left out of an answer, are still there: the others were deleted meanwhile."""
        if not uids:
            return frozenset()
        return frozenset(self._connected().search(["UID", ",".join(map(str, uids))])) & frozenset(uids)

    def _fetch_group(self, group: Sequence[Header]) -> dict[int, Fetched]:
        """Those of a block that one command gives, by UID in its order; none if it fails."""
        try:
            answer = self._fetch([header.uid for header in group], ["BODY.PEEK[]"])
        except FOREIGN as error:
            self._recover(error)
            return {}
        contents = ((header, read_content(answer.get(header.uid, {}))) for header in group)
        return {header.uid: fetched_message(header, content) for header, content in contents if content}

    def _fetch_alone(self, header: Header) -> tuple[Fetched, int]:
        """One message, or why not; and how many connections that took."""
        try:
            return self._fetch_one(header), 0
        except FOREIGN as error:
            breaks = self._recover(error)
            return Fetched(header, b"", whole=False, failure=self._account.clean(error)), breaks

    def _fetch_one(self, header: Header) -> Fetched:
        """One message, of a large one what matters; of one without a known size never more than MAIL_LIMIT."""
        if header.size > MAIL_LIMIT:
            parts = put_together(header, lambda uid, items: self._fetch([uid], items).get(uid, {}))
            if parts is not None:
                return Fetched(header, parts, whole=False, has_every_pdf=True)
        length = MAIL_PART if header.size > MAIL_LIMIT else MAIL_LIMIT + 1 if header.size <= 0 else 0
        answer = self._fetch([header.uid], [f"BODY.PEEK[]<0.{length}>" if length else "BODY.PEEK[]"])
        content = read_content(answer.get(header.uid, {}))
        if content:
            return fetched_message(header, content)
        exists = self._existing([header.uid])
        return Fetched(header, b"", whole=False, failure="the server gives no content" if exists else GONE)


class ThreadedMailbox:
    """``ports.Mailbox`` over an ``ImapMailbox`` that is used in one thread; each call is a sign of life of its loop."""

    def __init__(self, mailbox: ImapMailbox, thread: OwnThread | None = None) -> None:
        self.name = mailbox.name
        self.after = mailbox.after
        self._mailbox = mailbox
        self._thread = thread or OwnThread(mailbox.name)

    async def open(self) -> SelectedMailbox:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.open)

    async def uids(self, first: int, since: dt.date | None) -> tuple[int, ...]:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.uids, first, since)

    async def headers(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.headers, uids)

    async def fields(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.fields, uids)

    async def fetch_summaries(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.fetch_summaries, uids)

    async def fetch_prefixes(self, headers: Sequence[Header]) -> Mapping[int, Mapping[str, bytes]]:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.fetch_prefixes, headers)

    async def blocks(self, headers: Sequence[Header]) -> Callable[[], Awaitable[tuple[Fetched, ...]]]:
        """As ``ports.Mailbox``."""
        blocks = await self._call(self._mailbox.blocks, headers)
        return lambda: self._call(_next_block, blocks)

    async def apply_mailbox_action(self, uids: Sequence[int]) -> None:
        """As ``ports.Mailbox``."""
        await self._call(self._mailbox.apply_mailbox_action, uids)

    async def listen(self, seconds: float) -> IdleResult:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.listen, seconds)

    async def newest_results(self, count: int) -> tuple[bytes, ...]:
        """As the blocking mailbox."""
        return await self._call(self._mailbox.newest_results, count)

    async def try_after(self) -> None:
        """As the blocking mailbox."""
        await self._call(self._mailbox.try_after)

    def close(self) -> None:
        """As ``ports.Mailbox``: a call that blocks is ended."""
        self._mailbox.shut()
        self._thread.end(self._mailbox.close)

    async def _call(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        note_step()
        result = await self._thread(call, *args, **kwargs)
        note_step()
        return result


def _next_block(blocks: Iterator[tuple[Fetched, ...]]) -> tuple[Fetched, ...]:
    return next(blocks, ())


_MESSAGE_ID: Final = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
_KEY: Final = ("RFC822.SIZE", "INTERNALDATE", _MESSAGE_ID)
"""By what a copy is known again: RFC 3501 §6.4.7 has COPY keep the internal date."""
_PLAIN_ID: Final = re.compile(r"[!-~]{1,900}")
"""A Message-ID that may be searched for: a line end in what a stranger wrote would begin a command of its own."""


def mark_seen(client: IMAPClient, uids: Sequence[int]) -> None:
    r"""Set ``\\Seen`` of just these."""
    client.add_flags(list(uids), [rb"\Seen"], silent=True)


def try_target(client: IMAPClient, folder: str) -> None:
    """Try whether messages can be moved to ``folder``: it is opened for writing, and stays open."""
    _prove_moves(client)
    client.select_folder(folder)


def move_away(
    client: IMAPClient, uids: Sequence[int], folder: str, copied: set[int], go_back: Callable[[], object]
) -> None:
    """Move just these out of the open folder, which ``go_back`` opens again.

    ``copied`` are those that an earlier try brought there without removing them here; those of a process that
    crashed are looked for in ``folder``.
    """
    _prove_moves(client)
    if client.has_capability("MOVE"):  # RFC 6851: one command, all or nothing for each message
        client.move(list(uids), folder)
        return
    if missing := [uid for uid in uids if uid not in copied]:
        try:
            there = _copied_before(client, missing, folder)
        finally:
            go_back()
        copied.update(there)
        missing = [uid for uid in missing if uid not in there]
    if missing:
        client.copy(missing, folder)
        copied.update(missing)
    client.add_flags(list(uids), [rb"\Deleted"], silent=True)
    client.uid_expunge(list(uids))  # RFC 4315: of these alone, whoever else marked what
    copied.difference_update(uids)


def _prove_moves(client: IMAPClient) -> None:
    if not (client.has_capability("MOVE") or client.has_capability("UIDPLUS")):
        raise IMAPClientError("the server offers neither MOVE nor UIDPLUS: no message can be moved by itself")


def _copied_before(client: IMAPClient, uids: Sequence[int], folder: str) -> frozenset[int]:
    """Returns those that ``folder`` holds already, by Message-ID, size and internal date; ``folder`` is open then."""
    keys = {uid: _key(fetched) for uid, fetched in client.fetch(list(uids), list(_KEY)).items()}
    client.select_folder(folder, readonly=True)
    plain = {uid: key for uid, key in keys.items() if _PLAIN_ID.fullmatch(key[0])}
    return frozenset(uid for uid, key in plain.items() if key in _keys_of(client, key[0]))


def _keys_of(client: IMAPClient, message_id: str) -> list[tuple[str, object, object]]:
    found = client.search(["HEADER", "Message-ID", message_id])
    return [_key(fetched) for fetched in client.fetch(found, list(_KEY)).values()] if found else []


def _key(fetched: Any) -> tuple[str, object, object]:
    header = fetched.get(_MESSAGE_ID.replace(".PEEK", "").encode(), b"")
    message_id = header.partition(b":")[2].strip().decode("ascii", "replace")
    return message_id, fetched.get(b"RFC822.SIZE"), fetched.get(b"INTERNALDATE")
