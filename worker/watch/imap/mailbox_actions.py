"""What is done to messages whose end is recorded: marked as seen, or moved to another folder.

Promise: no other message is touched; where a server can remove only everything that is marked, nothing is removed; and
a copy that an earlier try left in the other folder is not made again, also after a crash. It lets through what
imapclient raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

_MESSAGE_ID: Final = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
_KEY: Final = ("RFC822.SIZE", "INTERNALDATE", _MESSAGE_ID)
"""By what a copy is known again: RFC 3501 §6.4.7 has COPY keep the internal date."""
_PLAIN_ID: Final = re.compile(r"[!-~]{1,900}")
"""A Message-ID that may be searched for: a line end in what a stranger wrote would begin a command of its own."""


def mark_seen(client: IMAPClient, uids: Sequence[int]) -> None:
    r"""Set ``\\Seen`` of just these."""
    client.add_flags(list(uids), [rb"\Seen"], silent=True)


def try_target(client: IMAPClient, folder: str) -> None:
    """Whether messages can be moved there: the folder is opened for writing, and stays open in place of the former."""
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
    """Which of these lie in ``folder`` already, by Message-ID, size and internal date; ``folder`` is open then."""
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
