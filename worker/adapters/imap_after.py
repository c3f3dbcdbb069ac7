"""What is done to messages whose end is recorded: marked as seen, or moved to another folder.

Promise: no other message is touched; where a server can remove only everything that is marked, nothing is removed. It
lets through what imapclient raises.
"""

from __future__ import annotations

from collections.abc import Sequence

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError


def mark_seen(client: IMAPClient, uids: Sequence[int]) -> None:
    r"""Set ``\\Seen`` of just these."""
    client.add_flags(list(uids), [rb"\Seen"], silent=True)


def move_away(client: IMAPClient, uids: Sequence[int], folder: str, copied: set[int]) -> None:
    """Move just these; ``copied`` are those that an earlier try brought there without removing them here."""
    if client.has_capability("MOVE"):  # RFC 6851: one command, all or nothing for each message
        client.move(list(uids), folder)
        return
    if not client.has_capability("UIDPLUS"):
        raise IMAPClientError("the server offers neither MOVE nor UIDPLUS: no message can be moved by itself")
    if missing := [uid for uid in uids if uid not in copied]:
        client.copy(missing, folder)
        copied.update(missing)
    client.add_flags(list(uids), [rb"\Deleted"], silent=True)
    client.uid_expunge(list(uids))  # RFC 4315: of these alone, whoever else marked what
    copied.difference_update(uids)
