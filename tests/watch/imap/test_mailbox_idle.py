"""Listening to a mailbox: news at any moment is heard, and every fault of the line ends the wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import trustme

from tests.support.scripted_imap import PATIENCE, Fault, ScriptedImap
from tests.watch.imap.test_mailbox import MESSAGES, mailbox, server_context
from worker.cli.demo.imap_server import DemoImap
from worker.config.settings import Security
from worker.watch.imap.mailbox import ImapAccount, ImapMailbox
from worker.watch.ports import IdleResult

LONG = 60.0
"""Seconds that no test waits: what happens ends the wait before."""
SHORT = 0.1


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with ScriptedImap(dict(MESSAGES), capabilities=b"IMAP4rev1 IDLE") as scripted:
        yield scripted


@pytest.fixture
def listening(server: ScriptedImap) -> Iterator[Callable[..., Future[IdleResult]]]:
    """Starts to listen in a thread of its own, as the service does."""
    with ThreadPoolExecutor(1) as thread:
        box = mailbox(server, read_seconds=0.3)

        def begin(seconds: float = LONG) -> Future[IdleResult]:
            box.open()
            box.uids(1, None)
            return thread.submit(box.listen, seconds)

        yield begin
        box.shut()


def test_a_message_that_comes_is_heard(server: ScriptedImap, listening: Callable[..., Future[IdleResult]]) -> None:
    heard = listening()
    server.tell(b"* 4 EXISTS\r\n")
    assert heard.result(PATIENCE) is IdleResult.NEWS
    assert server.commands[-2:] == [b"IDLE", b"DONE"]
    assert server.connections == 1


def test_flags_expunged_messages_and_still_here_are_no_news(
    server: ScriptedImap, listening: Callable[..., Future[IdleResult]]
) -> None:
    heard = listening()
    server.tell(b"* OK Still here\r\n", b"* 1 FETCH (FLAGS (\\Seen))\r\n", b"* 2 EXPUNGE\r\n", b"* 4 EXISTS\r\n")
    assert heard.result(PATIENCE) is IdleResult.NEWS


@pytest.mark.parametrize("begins", [b"+ idling\r\n* 4 EXISTS\r\n", b"* 4 EXISTS\r\n+ idling\r\n"])
def test_what_comes_in_one_packet_with_the_plus_is_heard(
    begins: bytes, server: ScriptedImap, listening: Callable[..., Future[IdleResult]]
) -> None:
    server.idle_begins = begins
    assert listening().result(PATIENCE) is IdleResult.NEWS


def test_what_comes_in_one_record_of_tls_with_the_plus_is_heard(authority: trustme.CA, ca_file: str) -> None:
    with ScriptedImap(
        MESSAGES,
        capabilities=b"IMAP4rev1 IDLE",
        tls=server_context(authority),
        implicit_tls=True,
        idle_begins=b"+ idling\r\n* 4 EXISTS\r\n",
    ) as server:
        box = mailbox(server, host="localhost", security=Security.TLS, ca_file=ca_file)
        box.open()
        assert box.listen(LONG) is IdleResult.NEWS


def test_what_was_told_with_the_answer_to_another_command_is_heard_without_waiting(
    server: ScriptedImap, listening: Callable[..., Future[IdleResult]]
) -> None:
    server.faults.append(Fault(b"UID SEARCH", b"* SEARCH 3 5 9\r\n* 4 EXISTS\r\nTAG OK done\r\n", times=1))
    assert listening().result(PATIENCE) is IdleResult.NEWS
    assert b"IDLE" not in server.commands
    server.faults.clear()
    assert listening(SHORT).result(PATIENCE) is IdleResult.QUIET


@pytest.mark.parametrize("command", [b"DONE", b"NOOP"])
def test_what_is_told_as_listening_ends_is_heard(
    command: bytes, server: ScriptedImap, listening: Callable[..., Future[IdleResult]]
) -> None:
    server.faults.append(Fault(command, b"* 4 EXISTS\r\nTAG OK done\r\n"))
    assert listening(SHORT).result(PATIENCE) is IdleResult.NEWS


def test_a_line_that_the_network_cut_is_read_to_its_end(
    server: ScriptedImap, listening: Callable[..., Future[IdleResult]]
) -> None:
    heard = listening()
    server.tell(b"* 4 EXI", b"STS\r\n")
    assert heard.result(PATIENCE) is IdleResult.NEWS
    assert server.connections == 1


def test_silence_until_the_deadline_ends_with_an_answer_of_the_server(
    server: ScriptedImap, listening: Callable[..., Future[IdleResult]]
) -> None:
    assert listening(SHORT).result(PATIENCE) is IdleResult.QUIET
    assert server.commands[-3:] == [b"IDLE", b"DONE", b"NOOP"]
    assert listening(SHORT).result(PATIENCE) is IdleResult.QUIET
    assert server.connections == 1


@pytest.mark.parametrize("pieces", [[b"* 4 EXI"], [b"* BYE going down\r\n"], [b"5 EX", b"\r"]])
def test_a_line_without_its_end_a_bye_and_nonsense_are_a_lost_connection(
    pieces: list[bytes], server: ScriptedImap, listening: Callable[..., Future[IdleResult]]
) -> None:
    heard = listening()
    server.tell(*pieces)
    assert heard.result(PATIENCE) is IdleResult.LOST
    assert listening(SHORT).result(PATIENCE) is IdleResult.QUIET
    assert server.connections == 2


def test_a_connection_dropped_in_idle_is_lost_at_once_and_never_asked_in_a_loop(
    server: ScriptedImap, listening: Callable[..., Future[IdleResult]]
) -> None:
    heard = listening()
    began = time.process_time()
    server.drop_in_idle()
    assert heard.result(PATIENCE) is IdleResult.LOST
    assert time.process_time() - began < 1.0
    assert listening(SHORT).result(PATIENCE) is IdleResult.QUIET
    assert server.connections == 2


@pytest.mark.parametrize("command", [b"IDLE", b"DONE", b"NOOP"])
def test_a_peer_that_is_gone_without_a_word_is_found_at_the_deadline(
    command: bytes, server: ScriptedImap, listening: Callable[..., Future[IdleResult]]
) -> None:
    server.faults.append(Fault(command, "stall", times=1))
    assert listening(SHORT).result(PATIENCE) is IdleResult.LOST
    assert listening(SHORT).result(PATIENCE) is IdleResult.QUIET
    assert server.connections == 2


@pytest.mark.parametrize("answer", [b"TAG NO not now\r\n", b"TAG BAD what\r\n", b"garbage\r\n"])
def test_an_idle_that_the_server_refuses_is_a_lost_connection(
    answer: bytes, server: ScriptedImap, listening: Callable[..., Future[IdleResult]]
) -> None:
    server.faults.append(Fault(b"IDLE", answer, times=1))
    assert listening(SHORT).result(PATIENCE) is IdleResult.LOST


def test_a_server_without_idle_is_not_waited_for() -> None:
    with ScriptedImap(MESSAGES) as server:
        box = mailbox(server)
        box.open()
        assert box.listen(LONG) is IdleResult.NOT_OFFERED
        assert b"IDLE" not in server.commands


def test_a_mailbox_that_is_not_open_is_lost() -> None:
    box = ImapMailbox("main", ImapAccount(host="127.0.0.1", port=1, user="u", password="p", security=Security.NONE))
    assert box.listen(LONG) is IdleResult.LOST


def test_shut_from_another_thread_ends_listening(
    server: ScriptedImap, listening: Callable[..., Future[IdleResult]]
) -> None:
    box = mailbox(server)
    box.open()
    ended: list[IdleResult] = []
    thread = threading.Thread(target=lambda: ended.append(box.listen(LONG)))
    thread.start()
    server.idling.get(timeout=PATIENCE)
    box.shut()
    thread.join(PATIENCE)
    assert ended == [IdleResult.LOST]
    assert server.connections == 1


@pytest.mark.process
def test_a_real_server_is_heard() -> None:
    with DemoImap("office@contractor.example") as server, ThreadPoolExecutor(1) as thread:
        box = ImapMailbox(
            "main",
            ImapAccount(
                host=server.host, port=server.port, security=Security.NONE, user=server.user, password=server.password
            ),
        )
        before = box.open().exists
        heard = thread.submit(box.listen, LONG)
        server.append(b"Subject: x\r\n\r\nx")
        assert heard.result(30) is IdleResult.NEWS
        assert box.open().exists == before + 1
        box.close()
