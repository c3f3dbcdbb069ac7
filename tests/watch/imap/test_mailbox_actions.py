"""Actions on messages are tried without doing them; a move comes back to the folder that is watched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.scripted_imap import Fault, ScriptedImap
from worker.config.settings import Security
from worker.core.errors import Unavailable
from worker.core.mailbox_actions import parse_after
from worker.watch.imap.mailbox import ImapAccount, ImapMailbox
from worker.watch.ports import IdleResult

READ_ONLY = b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [READ-ONLY] x\r\nTAG OK [READ-ONLY] x\r\n"


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with ScriptedImap({1: b"Subject: a\r\n\r\na", 2: b"Subject: b\r\n\r\nb"}) as scripted:
        scripted.folders[b"Done"] = []
        yield scripted


def mailbox(server: ScriptedImap, after: str) -> ImapMailbox:
    return ImapMailbox(
        "main",
        ImapAccount(host="127.0.0.1", port=server.port, security=Security.NONE, user="u", password="p", read_seconds=2),
        after=parse_after(after),
    )


@pytest.mark.parametrize("after", ["nothing", "seen", "move:Done"])
@pytest.mark.parametrize("offers", [b"IMAP4rev1 MOVE", b"IMAP4rev1 UIDPLUS"])
def test_what_can_be_done_is_tried_and_nothing_is_changed(offers: bytes, after: str, server: ScriptedImap) -> None:
    server.capabilities = offers
    box = mailbox(server, after)
    box.open()
    box.try_after()
    assert (sorted(server.messages), server.flags, server.folders) == ([1, 2], {}, {b"Done": []})
    assert box.open().exists == 2, "the folder that is watched is open again"
    box.close()


@pytest.mark.parametrize(
    ("offers", "refused", "says"),
    [
        (b"IMAP4rev1", b"", "neither MOVE nor UIDPLUS"),
        (b"IMAP4rev1 MOVE", b"INBOX", "the folder may only be read"),
        (b"IMAP4rev1 MOVE", b"Done", "is not writable"),
    ],
)
def test_what_cannot_be_done_is_said(offers: bytes, refused: bytes, says: str, server: ScriptedImap) -> None:
    server.capabilities = offers
    if refused:
        server.faults.append(Fault(b'SELECT "?%s' % refused, READ_ONLY))
    box = mailbox(server, "move:Done")
    box.open()
    with pytest.raises(Unavailable, match=says):
        box.try_after()
    box.close()


def test_after_a_copy_the_watched_folder_is_open_again_and_what_came_meanwhile_is_looked_for(
    server: ScriptedImap,
) -> None:
    server.capabilities = b"IMAP4rev1 UIDPLUS IDLE"
    box = mailbox(server, "move:Done")
    box.open()
    box.apply_mailbox_action([1])
    assert (sorted(server.messages), server.folders[b"Done"]) == ([2], [b"Subject: a\r\n\r\na"])
    assert box.listen(60) is IdleResult.NEWS
    assert box.uids(1, None) == (2,)
    box.close()


def test_a_folder_that_was_renumbered_meanwhile_loses_nothing(server: ScriptedImap) -> None:
    server.capabilities = b"IMAP4rev1 UIDPLUS"
    box = mailbox(server, "move:Done")
    box.open()
    server.uidvalidity = 8
    with pytest.raises(Unavailable, match="renumbered"):
        box.apply_mailbox_action([1])
    assert (sorted(server.messages), server.flags, server.folders) == ([1, 2], {}, {b"Done": []})
    box.close()


@pytest.mark.parametrize(
    "written", [b"<a\r\n NOOP b@x.example>", b"<\xe9@x.example>", b"<%s@x.example>" % (b"a" * 5000)]
)
def test_no_message_id_of_a_stranger_becomes_a_command_or_keeps_the_others_from_being_moved(
    written: bytes, server: ScriptedImap
) -> None:
    server.capabilities = b"IMAP4rev1 UIDPLUS"
    server.ids[1] = written
    box = mailbox(server, "move:Done")
    box.open()
    box.apply_mailbox_action([1, 2])
    assert (server.messages, len(server.folders[b"Done"])) == ({}, 2)
    assert not any(command.startswith(b"b@x.example") or b"aaaa" in command for command in server.commands)
    box.close()


def test_what_was_copied_under_a_number_says_nothing_of_the_message_that_bears_it_in_another_numbering(
    server: ScriptedImap,
) -> None:
    server.capabilities = b"IMAP4rev1 UIDPLUS"
    server.faults.append(Fault(b"UID STORE", b"TAG NO not now\r\n", times=1))
    box = mailbox(server, "move:Done")
    box.open()
    with pytest.raises(Unavailable):
        box.apply_mailbox_action([1])
    server.uidvalidity, server.ids[1], server.messages[1] = 8, b"<new@b.example>", b"Subject: new\r\n\r\nnew"
    box.open()
    box.apply_mailbox_action([1])
    assert server.folders[b"Done"] == [b"Subject: a\r\n\r\na", b"Subject: new\r\n\r\nnew"]
    box.close()


def test_where_the_other_folder_is_missing_the_watched_one_is_open_again(server: ScriptedImap) -> None:
    server.capabilities = b"IMAP4rev1 UIDPLUS"
    server.missing.add(b"Gone")
    box = mailbox(server, "move:Gone")
    box.open()
    with pytest.raises(Unavailable, match="no such folder"):
        box.apply_mailbox_action([1])
    assert server.selected == b"INBOX"
    box.close()
