"""A mailbox against a server that misbehaves at every step, and against pymap in a child process."""

from __future__ import annotations

import base64
import datetime as dt
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from imapclient import IMAPClient

from tests.support.scripted_imap import PATIENCE, Fault, ScriptedImap
from worker.cli.demo.imap_server import DemoImap
from worker.config.settings import Security
from worker.core.errors import AccountRefused, Unavailable
from worker.core.model import JST, NO_DATE
from worker.core.server_faults import ServerFault, find_fault
from worker.watch.imap.mailbox import ImapAccount, ImapMailbox
from worker.watch.plan import GONE, MAIL_LIMIT, MAIL_PART
from worker.watch.ports import Fetched, Header, SelectedMailbox

PASSWORD = "correct horse"
MESSAGES = {uid: b"Subject: %d\r\n\r\nbody" % uid for uid in (3, 5, 9)}


OPENED: list[ImapMailbox] = []


@pytest.fixture(autouse=True)
def _mailboxes_are_closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def mailbox(server: ScriptedImap, **more: Any) -> ImapMailbox:
    own = {name: more.pop(name) for name in ("folder", "after") if name in more}
    settings: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "security": Security.NONE}
    settings |= {"user": "office", "password": PASSWORD, "connect_seconds": 5, "read_seconds": 5} | more
    OPENED.append(ImapMailbox("main", ImapAccount(**settings), **own))
    return OPENED[-1]


def everything(box: ImapMailbox) -> list[Fetched]:
    box.open()
    return [one for block in box.blocks(box.headers(box.uids(1, None))) for one in block]


def outcomes(fetched: list[Fetched]) -> list[tuple[int, bool]]:
    return [(one.header.uid, not one.failure) for one in fetched]


def test_a_folder_is_examined_and_its_messages_are_read() -> None:
    with ScriptedImap(MESSAGES) as server:
        box = mailbox(server)
        assert box.open() == SelectedMailbox(uidvalidity=7, uidnext=10, exists=3)
        headers = box.headers(box.uids(4, None))
        when = dt.datetime(2026, 11, 21, 10, 0, tzinfo=JST)
        assert headers == (Header(5, 18, when, "<5@b.example>"), Header(9, 18, when, "<9@b.example>"))
        fetched = tuple(Fetched(header, MESSAGES[header.uid]) for header in headers)
        assert list(box.blocks(headers)) == [fetched]
        assert box.name == "main"
        changing = (b"SELECT", b"STORE", b"COPY", b"MOVE", b"EXPUNGE", b"CLOSE", b"BODY[")
        assert not [line for line in server.commands if any(word in line for word in changing)]


def test_a_command_written_in_pieces_does_not_wait_for_the_server_to_acknowledge_each() -> None:
    with ScriptedImap(MESSAGES) as server:
        box = mailbox(server)
        box.open()
        client = box._client
        assert client is not None
        assert client.socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_search_beyond_the_last_message_finds_nothing() -> None:
    with ScriptedImap(MESSAGES) as server:
        box = mailbox(server)
        box.open()
        assert box.uids(10, None) == ()


def test_since_is_asked_of_the_server() -> None:
    with ScriptedImap(MESSAGES) as server:
        box = mailbox(server)
        box.open()
        box.uids(1, dt.date(2026, 11, 1))
        assert server.commands[-1] == b"UID SEARCH UID 1:* SINCE 01-Nov-2026"


def counts_asked(server: ScriptedImap) -> list[int]:
    return [line.split()[2].count(b",") + 1 for line in server.commands if line.startswith(b"UID FETCH")]


def test_headers_are_asked_in_blocks_of_500_and_bodies_in_blocks_of_5() -> None:
    many = dict.fromkeys(range(1, 1202), b"x" * 100)
    with ScriptedImap(many) as server:
        assert len(everything(mailbox(server))) == 1201
        assert counts_asked(server) == [500, 500, 201, *([5] * 240), 1]


def test_bodies_are_asked_in_blocks_of_at_most_4_mb() -> None:
    with ScriptedImap(dict.fromkeys(range(1, 8), b"x" * 1_300_000)) as server:
        assert len(everything(mailbox(server))) == 7
        assert counts_asked(server) == [7, 3, 3, 1]


def test_of_a_message_above_8_mb_only_the_beginning_is_asked_for() -> None:
    with ScriptedImap({1: b"x" * 300_000, 2: b"y"}, sizes={1: MAIL_LIMIT + 1}) as server:
        first, second = everything(mailbox(server))
        assert (len(first.content), first.is_complete, first.failure) == (MAIL_PART, False, "")
        assert (second.content, second.is_complete) == (b"y", True)
        assert any(line.endswith(b"BODY.PEEK[]<0.262144>)") for line in server.commands)


def test_a_server_that_understates_a_size_does_not_hand_over_more_than_the_limit() -> None:
    with ScriptedImap({1: b"x" * (MAIL_LIMIT + 1)}, sizes={1: 10}) as server:
        (one,) = everything(mailbox(server))
        assert (len(one.content), one.is_complete) == (MAIL_PART, False)


@pytest.mark.parametrize("date", [b"", b"yesterday", b"21-Nov-2026 10:00:00 +9959"])
def test_a_message_without_a_readable_date_is_still_read(date: bytes) -> None:
    with ScriptedImap({1: b"x"}, dates={1: date}) as server:
        (one,) = everything(mailbox(server))
        assert one.content == b"x"
        assert one.header.internal_date.tzinfo is not None
        assert date or one.header.internal_date == NO_DATE


# --- One message, not the others --------------------------------------------------------------------------------

NO = b"TAG NO cannot read it\r\n"


@pytest.mark.parametrize(
    "act",
    [NO, b"TAG BAD what\r\n", "drop", b"* 1 FETCH (UID 5 BODY[] (((\r\nTAG OK done\r\n", b"\x00\xff\r\n"],
)
def test_a_message_the_server_cannot_give_delays_no_other(act: str | bytes) -> None:
    faults = [Fault(rb"UID FETCH [\d,]*\b5\b[\d,]* \(BODY", act)]
    with ScriptedImap(MESSAGES, faults) as server:
        fetched = everything(mailbox(server, read_seconds=1))
        assert outcomes(fetched) == [(3, True), (5, False), (9, True)]


@pytest.mark.parametrize("act", [NO, "drop"])
def test_a_message_whose_headers_the_server_cannot_give_is_fetched_all_the_same(act: str | bytes) -> None:
    faults = [Fault(rb"UID FETCH [\d,]*\b5\b[\d,]* \(RFC", act)]
    with ScriptedImap(MESSAGES, faults) as server:
        fetched = everything(mailbox(server))
        assert outcomes(fetched) == [(3, True), (5, True), (9, True)]
        assert fetched[1].header == Header(5, 0, NO_DATE, "")


def test_a_message_that_stalls_the_server_delays_the_others_by_one_timeout() -> None:
    with ScriptedImap(MESSAGES, [Fault(rb"UID FETCH [\d,]*\b5\b[\d,]* \(BODY", "stall")]) as server:
        fetched = everything(mailbox(server, read_seconds=0.3))
        assert outcomes(fetched) == [(3, True), (5, False), (9, True)]
        assert "timed out" in fetched[1].failure


def test_a_message_left_out_of_the_answer_is_asked_for_alone_and_the_order_stays() -> None:
    body = b"* 1 FETCH (UID 9 BODY[] {1}\r\nx)\r\n* 1 FETCH (UID 3 BODY[] {1}\r\ny)\r\nTAG OK done\r\n"
    with ScriptedImap(MESSAGES, [Fault(rb"UID FETCH 3,5,9 \(BODY", body)]) as server:
        fetched = everything(mailbox(server))
        assert [(one.header.uid, one.content) for one in fetched] == [(3, b"y"), (5, MESSAGES[5]), (9, b"x")]


def test_a_message_deleted_between_look_and_fetch_is_gone() -> None:
    with ScriptedImap(dict(MESSAGES)) as server:
        box = mailbox(server)
        box.open()
        headers = box.headers((3, 5, 9))
        del server.messages[5]
        fetched = [one for block in box.blocks(headers) for one in block]
        assert [(one.header.uid, one.failure) for one in fetched] == [(3, ""), (5, GONE), (9, "")]
        assert [header.uid for header in box.headers((3, 5, 9))] == [3, 9]


def test_an_empty_answer_for_a_message_that_is_still_there_is_a_failure_with_a_reason() -> None:
    with ScriptedImap(MESSAGES, [Fault(rb"UID FETCH.*\b5\b.*BODY\.PEEK\[\]", b"TAG OK nothing\r\n")]) as server:
        fetched = everything(mailbox(server))
        assert [one.failure for one in fetched] == ["", "the server gives no content", ""]


def test_two_breaks_in_a_row_are_the_servers_and_the_first_is_given_before() -> None:
    with ScriptedImap(MESSAGES, [Fault(rb"UID FETCH .*\(BODY", "drop")]) as server:
        box = mailbox(server)
        box.open()
        given = []
        with pytest.raises(Unavailable):  # noqa: PT012  the messages given before the error are the point
            for block in box.blocks(box.headers((3, 5, 9))):
                given += block
        assert outcomes(given) == [(3, False)]


def test_a_folder_renumbered_while_it_is_read_ends_the_look() -> None:
    with ScriptedImap(MESSAGES, [Fault(rb"UID FETCH .*\(BODY", "drop", times=1)]) as server:
        box = mailbox(server)
        box.open()
        headers = box.headers((3, 5, 9))
        server.uidvalidity = 8
        with pytest.raises(Unavailable, match="renumbered"):
            list(box.blocks(headers))
        assert box.open().uidvalidity == 8


# --- The connection ---------------------------------------------------------------------------------------------

STEPS = [b"GREETING", b"CAPABILITY", b"LOGIN", b"EXAMINE", b"UID SEARCH"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "act", ["drop", "stall", b"garbage\r\n", b"* BYE too many\r\n", b"* OK {9999999999999999}\r\n"]
)
def test_a_server_that_fails_at_any_step_is_unavailable_and_is_reached_again_later(
    step: bytes, act: str | bytes
) -> None:
    with ScriptedImap(MESSAGES, [Fault(step, act)]) as server:
        box = mailbox(server, connect_seconds=0.3, read_seconds=0.3)
        with pytest.raises(Unavailable) as caught:
            everything(box)
        assert not isinstance(caught.value, AccountRefused)
        server.faults.clear()
        assert len(everything(mailbox(server))) == 3


@pytest.mark.parametrize(
    "answer", [b"* SEARCH one two\r\nTAG OK done\r\n", b"* SEARCH (((\r\nTAG OK done\r\n", b"TAG NO no\r\n"]
)
def test_a_nonsense_answer_is_unavailable_and_the_connection_is_not_used_again(answer: bytes) -> None:
    with ScriptedImap(MESSAGES, [Fault(b"UID SEARCH", answer, times=1)]) as server:
        box = mailbox(server)
        with pytest.raises(Unavailable):
            everything(box)
        assert len(everything(box)) == 3
        assert server.connections == 2


def test_a_folder_without_uidvalidity_is_unavailable() -> None:
    with ScriptedImap(MESSAGES, [Fault(b"EXAMINE", b"* 3 EXISTS\r\nTAG OK done\r\n")]) as server:
        box = mailbox(server)
        with pytest.raises(Unavailable, match="UIDVALIDITY"):
            box.open()


def test_a_server_without_uidnext_is_asked_for_its_last_uid() -> None:
    with ScriptedImap(MESSAGES, [Fault(b"EXAMINE", b"* OK [UIDVALIDITY 7] x\r\nTAG OK done\r\n")]) as server:
        assert mailbox(server).open().uidnext == 10


def test_a_connection_that_the_server_closed_between_two_looks_is_no_failure() -> None:
    with ScriptedImap(MESSAGES) as server:
        box = mailbox(server)
        box.open()
        server.close_connections()
        assert box.open().uidnext == 10
        assert server.connections == 2


def test_one_connection_serves_many_looks() -> None:
    with ScriptedImap(MESSAGES) as server:
        box = mailbox(server)
        for _ in range(3):
            everything(box)
        assert server.connections == 1


def test_nobody_listens() -> None:
    with ScriptedImap() as server:
        box = mailbox(server)
    with pytest.raises(Unavailable, match="refused"):
        box.open()


@pytest.mark.parametrize("step", [rb"UID FETCH .*\(BODY", b"EXAMINE"])
def test_shut_from_another_thread_ends_a_blocked_call_and_nothing_reconnects(step: bytes) -> None:
    with ScriptedImap(MESSAGES, [Fault(step, "stall", times=1)]) as server:
        box = mailbox(server, read_seconds=60)
        ended: list[BaseException] = []

        def look() -> None:
            try:
                everything(box)
            except Unavailable as error:
                ended.append(error)

        thread = threading.Thread(target=look)
        thread.start()
        assert server.stalled.wait(PATIENCE)
        box.shut()
        thread.join(15)  # the server itself goes on after 20
        assert not thread.is_alive()
        assert len(ended) == 1
        assert server.connections == 1
        assert len(everything(box)) == 3  # open() starts from the beginning


def test_a_mailbox_that_was_never_opened_is_not_connected() -> None:
    box = ImapMailbox("main", ImapAccount(host="127.0.0.1", port=1, security=Security.NONE, user="u", password="p"))
    box.shut()
    with pytest.raises(Unavailable, match="not connected"):
        box.uids(1, None)


# --- Login and TLS ----------------------------------------------------------------------------------------------


def test_a_refused_login_is_the_accounts() -> None:
    with ScriptedImap(faults=[Fault(b"LOGIN", b"TAG NO [AUTHENTICATIONFAILED] no\r\n")]) as server:
        box = mailbox(server)
        with pytest.raises(AccountRefused, match="AUTHENTICATIONFAILED"):
            box.open()


@pytest.mark.parametrize("answer", [b"TAG NO [UNAVAILABLE] later\r\n", b"TAG NO [inuse] later\r\n", "drop"])
def test_a_login_refused_for_a_time_is_not_the_accounts(answer: str | bytes) -> None:
    with ScriptedImap(faults=[Fault(b"LOGIN", answer)]) as server:
        with pytest.raises(Unavailable) as caught:
            mailbox(server).open()
        assert not isinstance(caught.value, AccountRefused)


def test_no_error_text_holds_the_password_even_where_the_server_repeats_it() -> None:
    with ScriptedImap(faults=[Fault(b"LOGIN", b"TAG BAD LOGIN office correct horse \x1b[2J\r\n")]) as server:
        with pytest.raises(AccountRefused) as caught:
            mailbox(server).open()
        assert PASSWORD not in str(caught.value)
        assert "\x1b" not in str(caught.value)
        assert PASSWORD not in repr(mailbox(server)._account)


@pytest.mark.parametrize("password", ["back\\slash", 'quo"te', "apo'strophe", "both'\"of\\them", PASSWORD])
@pytest.mark.parametrize("capabilities", [b"IMAP4rev1", b"IMAP4rev1 AUTH=PLAIN"])
def test_no_error_text_holds_the_password_in_any_form_in_which_it_was_sent(password: str, capabilities: bytes) -> None:
    quoted = password.replace("\\", "\\\\").replace('"', '\\"')
    plain = base64.b64encode(f"\0office\0{password}".encode()).decode()
    said = f"TAG NO [AUTHENTICATIONFAILED] {password} {quoted} {plain} そのまま\r\n".encode()
    faults = [Fault(b"LOGIN", said), Fault(b"AUTHENTICATE", said)]
    with ScriptedImap(faults=faults, capabilities=capabilities) as server, pytest.raises(AccountRefused) as caught:
        mailbox(server, password=password).open()
    assert "AUTHENTICATIONFAILED" in str(caught.value)
    assert not any(form in str(caught.value) for form in (password, quoted, plain))


def test_the_servers_words_are_shown_as_it_said_them() -> None:
    faults = [Fault(b"LOGIN", "TAG NO [UNAVAILABLE] 混雑しています\r\n".encode())]
    with ScriptedImap(faults=faults) as server, pytest.raises(Unavailable) as caught:
        mailbox(server).open()
    assert str(caught.value).endswith("[UNAVAILABLE] 混雑しています")


@pytest.mark.parametrize(("user", "password"), [("office\r\nx", "p"), ("office", "p\nq"), ("office", "合言葉")])
def test_a_login_that_the_protocol_cannot_carry_is_not_tried(user: str, password: str) -> None:
    with ScriptedImap() as server:
        with pytest.raises(AccountRefused):
            mailbox(server, user=user, password=password).open()
        assert not any(b"office" in line for line in server.commands)


def test_a_user_with_spaces_and_quotes_is_quoted() -> None:
    with ScriptedImap() as server:
        mailbox(server, user='a "b\\').open()
        assert rb'LOGIN "a \"b\\" "correct horse"' in server.commands


def test_no_password_is_sent_in_clear_to_another_machine() -> None:
    with pytest.raises(ValueError, match="this machine"):
        ImapMailbox(
            "main",
            ImapAccount(host="imap.contractor.example", port=143, security=Security.NONE, user="u", password="p"),
        )


def server_context(authority: trustme.CA, **more: dt.datetime) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", **more).configure_cert(context)
    return context


def test_tls_from_the_first_byte_with_an_own_authority(authority: trustme.CA, ca_file: str) -> None:
    with ScriptedImap(MESSAGES, tls=server_context(authority), implicit_tls=True) as server:
        assert len(everything(mailbox(server, host="localhost", security=Security.TLS, ca_file=ca_file))) == 3


def test_starttls_comes_before_the_password(authority: trustme.CA, ca_file: str) -> None:
    with ScriptedImap(MESSAGES, tls=server_context(authority), capabilities=b"IMAP4rev1 STARTTLS") as server:
        assert len(everything(mailbox(server, host="localhost", security=Security.STARTTLS, ca_file=ca_file))) == 3
        words = [line.split()[0] for line in server.commands]
        assert words.index(b"STARTTLS") < words.index(b"LOGIN")


@pytest.mark.parametrize(
    "said",
    [
        b"[ALERT] Too many simultaneous connections. (Failure)",
        b"[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
        b"[THROTTLED] try later",
        b"[OVERQUOTA] Account exceeded command or bandwidth limits",
        b"[LIMIT] too much",
        b"Temporary authentication failure",
    ],
)
def test_a_login_refused_for_a_time_is_no_refused_account(said: bytes) -> None:
    with ScriptedImap(MESSAGES, [Fault(b"LOGIN", b"TAG NO " + said + b"\r\n")]) as server:
        with pytest.raises(Unavailable) as caught:
            mailbox(server).open()
        assert not isinstance(caught.value, AccountRefused)


@pytest.mark.parametrize(
    "said", [b"[AUTHENTICATIONFAILED] Invalid credentials (Failure)", b"[EXPIRED] password", b"no"]
)
def test_a_login_refused_for_good_stays_a_refused_account(said: bytes) -> None:
    faults = [Fault(b"LOGIN", b"TAG NO " + said + b"\r\n")]
    with ScriptedImap(MESSAGES, faults) as server, pytest.raises(AccountRefused):
        mailbox(server).open()


@pytest.mark.parametrize(
    "said",
    [b"[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", b"[LIMIT] later", b"[THROTTLED] later"],
)
@pytest.mark.parametrize("what", [rb"UID FETCH .*\(RFC", rb"UID FETCH .*\(BODY"])
def test_a_fetch_refused_for_all_that_we_ask_is_the_mailboxs_and_no_messages(what: bytes, said: bytes) -> None:
    with ScriptedImap(MESSAGES, [Fault(what, b"TAG NO " + said + b"\r\n")]) as server:
        with pytest.raises(Unavailable):
            everything(mailbox(server))
        server.faults.clear()
        assert len(everything(mailbox(server))) == 3


def test_a_folder_that_is_not_opened_is_told_as_the_folder() -> None:
    with ScriptedImap(MESSAGES, [Fault(b"EXAMINE", b"TAG NO [NONEXISTENT] Unknown Mailbox\r\n")]) as server:
        with pytest.raises(Unavailable) as caught:
            mailbox(server).open()
        assert find_fault(caught.value.detail) is ServerFault.FOLDER


def test_a_missing_ca_file_and_a_certificate_are_told_as_such(tmp_path: Path) -> None:
    authority = trustme.CA()
    with ScriptedImap(MESSAGES, tls=server_context(authority), capabilities=b"IMAP4rev1 STARTTLS") as server:
        absent = str(tmp_path / "absent.pem")
        for ca_file, fault in ((absent, ServerFault.CA_FILE), ("", ServerFault.CERTIFICATE)):
            with pytest.raises(Unavailable) as caught:
                mailbox(server, host="localhost", security=Security.STARTTLS, ca_file=ca_file).open()
            assert find_fault(caught.value.detail) is fault


def test_where_starttls_is_not_offered_no_password_is_sent(ca_file: str) -> None:
    with ScriptedImap(MESSAGES) as server:
        with pytest.raises(AccountRefused, match="STARTTLS") as caught:
            mailbox(server, host="localhost", security=Security.STARTTLS, ca_file=ca_file).open()
        assert find_fault(caught.value.detail) is ServerFault.NO_STARTTLS
        assert not any(line.startswith(b"LOGIN") for line in server.commands)


@pytest.mark.parametrize("fault", ["stranger", "expired", "other name", "no file"])
def test_a_certificate_that_does_not_hold_is_unavailable(authority: trustme.CA, ca_file: str, fault: str) -> None:
    expired = {
        "not_after": dt.datetime(2020, 1, 2, tzinfo=dt.UTC),
        "not_before": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    }
    context = server_context(authority, **(expired if fault == "expired" else {}))
    with ScriptedImap(tls=context, implicit_tls=True) as server:
        more = {"stranger": {"ca_file": ""}, "other name": {"host": "127.0.0.1"}, "no file": {"ca_file": "/nowhere"}}
        settings = {"host": "localhost", "security": Security.TLS, "ca_file": ca_file} | more.get(fault, {})
        with pytest.raises(Unavailable) as caught:
            mailbox(server, **settings).open()
        assert not isinstance(caught.value, AccountRefused)
        assert not any(line.startswith(b"LOGIN") for line in server.commands)


def test_the_libraries_do_not_log_message_text() -> None:
    ImapMailbox("main", ImapAccount(host="127.0.0.1", port=1, security=Security.NONE, user="u", password="p"))
    assert not logging.getLogger("imapclient.imaplib").isEnabledFor(logging.DEBUG)


# --- A real server ----------------------------------------------------------------------------------------------

FOLDER = "受信箱/お知らせ & 控え"


@pytest.fixture(scope="module")
def pymap_server() -> Iterator[DemoImap]:
    with DemoImap("office@contractor.example") as server:
        server.create_folder(FOLDER)
        for day in (1, 20):
            received = dt.datetime(2026, 11, day, 9, 0, tzinfo=JST)
            message = b"Message-ID: <%d@b.example>\r\nSubject: x\r\n\r\nbody %d" % (day, day)
            server.append(message, folder=FOLDER, received=received)
        yield server


def real_mailbox(server: DemoImap, folder: str = FOLDER, password: str = "") -> ImapMailbox:
    account = ImapAccount(server.host, server.port, Security.NONE, server.user, password or server.password)
    OPENED.append(ImapMailbox("main", account, folder=folder))
    return OPENED[-1]


@pytest.mark.process
def test_a_japanese_folder_of_a_real_server_is_read_and_nothing_in_it_changes(pymap_server: DemoImap) -> None:
    box = real_mailbox(pymap_server)
    assert box.open().exists == 2
    headers = box.headers(box.uids(1, None))
    assert [header.message_id for header in headers] == ["<1@b.example>", "<20@b.example>"]
    assert headers[0].internal_date == dt.datetime(2026, 11, 1, 9, 0, tzinfo=JST)
    contents = [one.content for block in box.blocks(headers) for one in block]
    assert [content[-7:].strip() for content in contents] == [b"body 1", b"body 20"]
    box.shut()
    with IMAPClient(pymap_server.host, pymap_server.port, ssl=False) as client:
        client.login(pymap_server.user, pymap_server.password)
        client.select_folder(FOLDER)
        assert not any(b"\\Seen" in flags for flags in client.get_flags(client.search()).values())


@pytest.mark.process
def test_since_leaves_older_messages_of_a_real_server(pymap_server: DemoImap) -> None:
    box = real_mailbox(pymap_server)
    box.open()
    assert len(box.uids(1, dt.date(2026, 11, 10))) == 1
    box.shut()


@pytest.mark.process
def test_a_wrong_password_at_a_real_server_is_the_accounts(pymap_server: DemoImap) -> None:
    with pytest.raises(AccountRefused):
        real_mailbox(pymap_server, password="wrong").open()


@pytest.mark.process
def test_a_missing_folder_of_a_real_server_is_named_by_its_answer(pymap_server: DemoImap) -> None:
    with pytest.raises(Unavailable, match="NONEXISTENT"):
        real_mailbox(pymap_server, folder="無い").open()


@pytest.mark.parametrize("size", [300_000_000, 10**13])
def test_a_literal_that_was_not_asked_for_is_not_read(size: int) -> None:
    answer = b"* 1 FETCH (UID 5 BODY[] {%d}\r\n" % size + b"x" * 65_536
    with ScriptedImap(MESSAGES, [Fault(rb"UID FETCH [\d,]*\b5\b[\d,]* \(BODY", answer)]) as server:
        fetched = everything(mailbox(server, read_seconds=2.0))
        assert outcomes(fetched) == [(3, True), (5, False), (9, True)]
        assert str(size) in fetched[1].failure
