"""The contents of receipts: reports of every form that servers write, read receipts, replies, and machines' answers."""

from __future__ import annotations

import base64
import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.returned import ENVID, OURS, TOWN, bounce, dsn, qmail, read_receipt, recipient, reply
from tests.support.tables import every_case
from worker.read.message import read_message
from worker.track.dsn import DsnAction, DsnBlock, read_action
from worker.track.reports import DeliveryReport, MailReply, NoReport, ReadReceipt, ReturnedMail, read_report

THEIRS = "<somebody.else@other.example>"


def read(raw: bytes) -> ReturnedMail:
    return read_report(raw, read_message(raw), lambda message_id: message_id == OURS)


def blocks(*recipients: str) -> tuple[DsnBlock, ...]:
    report = read(dsn(*recipients))
    assert isinstance(report, DeliveryReport)
    return report.blocks


# --- Delivery reports ----------------------------------------------------------------------------------------


@every_case(
    ("word", "action"),
    [
        ("delivered", DsnAction.DELIVERED),
        ("relayed (to non-DSN-aware mailer)", DsnAction.RELAYED),
        ("expanded (to multi-recipient alias)", DsnAction.RELAYED),
        ("delayed", DsnAction.DELAYED),
        ("failed", DsnAction.FAILED),
        ("(permanent failure) Failed", DsnAction.FAILED),
        ("failure", DsnAction.FAILED),
        ("error", DsnAction.FAILED),
        ("expired", DsnAction.FAILED),
        ("", None),
        ("forwarded to the moon", None),
    ],
)
def test_an_action_is_known_by_its_first_word_whatever_stands_around_it(word: str, action: DsnAction | None) -> None:
    assert read_action(word) is action


@pytest.mark.parametrize(
    ("action", "status"), [("delivered", "2.0.0"), ("relayed", "2.1.9"), ("delayed", "4.4.1"), ("failed", "5.1.1")]
)
def test_a_report_says_for_whom_and_about_which_envelope(action: str, status: str) -> None:
    report = read(dsn(recipient(action, status)))
    assert report == DeliveryReport(ENVID, (OURS,), (DsnBlock((TOWN,), DsnAction(action), status),))


def test_a_failure_with_a_4_status_is_a_failure() -> None:
    (block,) = blocks(recipient("failed", "4.2.2", diagnostic="smtp; 452 4.2.2 mailbox full"))
    assert (block.action, block.status, block.diagnostic) == (DsnAction.FAILED, "4.2.2", "452 4.2.2 mailbox full")


def test_each_recipient_has_its_own_block() -> None:
    found = blocks(recipient("failed"), recipient("delivered", "2.0.0", to="keiyaku@kawa-town.example"))
    assert [(block.addresses[0], block.action) for block in found] == [
        (TOWN, DsnAction.FAILED),
        ("keiyaku@kawa-town.example", DsnAction.DELIVERED),
    ]


def test_recipients_without_an_empty_line_between_them_are_kept_apart() -> None:
    found = blocks(recipient("failed") + "\n" + recipient("delivered", "2.0.0", to="b@x.example"))
    assert [(block.addresses, block.action) for block in found] == [
        ((TOWN,), DsnAction.FAILED),
        (("b@x.example",), DsnAction.DELIVERED),
    ]


def test_the_address_that_was_written_to_comes_before_the_one_it_was_forwarded_to() -> None:
    (block,) = blocks(recipient(to="tanaka@elsewhere.example", original=TOWN))
    assert block.addresses == (TOWN, "tanaka@elsewhere.example")


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("Final-Recipient: <doboku@kawa-town.example>", TOWN),
        ("Final-Recipient: rfc822;doboku@kawa-town.example (the section)", TOWN),
        ("Final-Recipient: doboku@kawa-town.example", TOWN),
        ("Final-Recipient: rfc822;\n <doboku@kawa-town.example>", TOWN),
        ("Original-Recipient: utf-8; doboku@kawa-town.example", TOWN),
    ],
)
def test_an_address_is_read_without_type_with_brackets_comments_and_folding(field: str, address: str) -> None:
    (block,) = blocks(f"{field}\nAction: failed\nStatus: 5.1.1 (bad destination mailbox)")
    assert (block.addresses, block.status) == ((address,), "5.1.1")


def test_an_original_recipient_in_xtext_is_read_both_ways() -> None:
    (block,) = blocks(recipient(to="", original="doboku+2Bkoji@kawa-town.example"))
    assert block.addresses == ("doboku+2Bkoji@kawa-town.example", "doboku+koji@kawa-town.example")


@pytest.mark.parametrize(
    ("missing", "action"), [("5.1.1", DsnAction.FAILED), ("4.4.7", DsnAction.DELAYED), ("2.0.0", DsnAction.RELAYED)]
)
def test_without_an_action_the_code_speaks_and_a_success_counts_for_the_least(missing: str, action: DsnAction) -> None:
    (block,) = blocks(recipient("", missing))
    assert block.action is action


def test_without_an_address_the_block_still_says_what_became_of_it() -> None:
    (block,) = blocks(recipient(to=""))
    assert (block.addresses, block.action) == ((), DsnAction.FAILED)


def test_a_report_that_says_nothing_of_any_recipient_is_one_that_nobody_can_read() -> None:
    assert read(dsn("X-Own-Words: all is well")) == DeliveryReport(ENVID, (OURS,), (), text="This is the mail system.")


@pytest.mark.parametrize(
    ("status", "diagnostic", "code"),
    [
        ("5.0.0", "smtp; 550 5.1.1 User unknown", "5.1.1"),
        ("", "smtp; 554-5.7.1 <x@y.example>: Relay access denied", "5.7.1"),
        ("5.2.2", "smtp; 552 5.7.1 no", "5.2.2"),
        ("5.0.0", "smtp; 421 4.4.2 later", "5.0.0"),
        ("", "smtp; 550 no such user 10.5.1.1", ""),
    ],
)
def test_the_code_is_the_fields_or_where_that_says_nothing_the_one_in_the_servers_words(
    status: str, diagnostic: str, code: str
) -> None:
    (block,) = blocks(recipient("failed", status, diagnostic=diagnostic))
    assert block.status == code


def test_a_report_within_what_a_list_puts_around_it_is_read() -> None:
    inner = dsn(recipient()).partition(b"MIME-Version: 1.0\r\n")[2]
    wrapped = (
        b'From: a@x.example\r\nContent-Type: multipart/mixed; boundary="L"\r\n\r\n--L\r\n' + inner + b"\r\n--L--\r\n"
    )
    report = read(wrapped)
    assert isinstance(report, DeliveryReport)
    assert report.envid == ENVID


def test_a_report_in_an_attached_mail_is_read_and_said_to_be_enclosed() -> None:
    forwarded = b"From: a@x.example\r\nContent-Type: message/rfc822\r\n\r\n" + dsn(recipient())
    report = read(forwarded)
    assert isinstance(report, DeliveryReport)
    assert (report.envid, report.blocks, report.is_enclosed) == (
        ENVID,
        (DsnBlock((TOWN,), DsnAction.FAILED, "5.1.1"),),
        True,
    )


# --- Bounces of no standard form -----------------------------------------------------------------------------


def test_a_bounce_of_qmail_is_read_by_the_second_reader_and_known_by_the_mail_below_it() -> None:
    assert read(qmail()) == DeliveryReport("", (OURS,), (DsnBlock((TOWN,), DsnAction.FAILED, "5.1.1"),))


def test_a_bounce_of_exim_is_read_by_its_field() -> None:
    raw = bounce(
        f"A message that you sent could not be delivered.\n\n  {TOWN}\n    mailbox is full\n\nMessage-ID: {OURS}\n",
        fields=f"X-Failed-Recipients: {TOWN}\n",
    )
    assert read(raw) == DeliveryReport("", (OURS,), (DsnBlock((TOWN,), DsnAction.FAILED),))


@pytest.mark.parametrize("raw", [qmail(returned=THEIRS), bounce(f"Sorry, no such user:\n\n<{TOWN}>:\nno\n")])
def test_a_bounce_without_a_message_id_of_ours_names_whom_it_speaks_of(raw: bytes) -> None:
    report = read(raw)
    assert isinstance(report, DeliveryReport)
    assert OURS not in report.returned
    assert TOWN in report.named


def test_a_mail_of_others_in_which_nothing_failed_is_nothing() -> None:
    assert read(bounce(f"Your mailing list has a new member: <{TOWN}>\n")) == NoReport()
    assert (
        read(qmail(returned=THEIRS).replace(b"MAILER-DAEMON@mx", b"tanaka@kawa-town").replace(b"failure", b"a"))
        == NoReport()
    )


def test_a_reply_that_quotes_our_headers_is_no_bounce() -> None:
    raw = reply(f"届いていません。\n\n-----Original Message-----\nMessage-ID: {OURS}\nTo: <{TOWN}>\n", to="")
    assert read(raw) == MailReply((OURS,), "届いていません。", warns=True)


# --- Read receipts and replies -------------------------------------------------------------------------------


def test_a_read_receipt_says_of_which_mail_and_what_was_done() -> None:
    assert read(read_receipt()) == ReadReceipt((OURS,), "displayed", text="Your message was displayed.")


def test_a_reply_is_known_by_what_it_answers() -> None:
    assert read(reply()) == MailReply((OURS,), "受領しました。")


def test_a_reply_later_in_the_thread_is_known_by_its_references() -> None:
    assert read(reply(to=THEIRS, References=f"{OURS} {THEIRS}")) == MailReply((OURS,), "受領しました。")


def test_a_mail_that_answers_nothing_of_ours_is_nothing_whatever_its_subject_says() -> None:
    assert read(reply(to=THEIRS)) == NoReport()


@pytest.mark.parametrize(
    "quoted",
    [
        "> 提出いたします。",
        "-----Original Message-----\nFrom: 総務部\n提出いたします。",
        "2026年11月21日(土) 10:00 総務部 <soumu@contractor.example>:\n提出いたします。",
        "On Sat, Nov 21, 2026 at 10:00, soumu wrote:\n提出いたします。",
        "差出人: 総務部\n提出いたします。",
    ],
)
def test_what_a_reply_quotes_is_left_out_of_its_text(quoted: str) -> None:
    assert read(reply(f"届いていません。\n\n{quoted}\n")) == MailReply((OURS,), "届いていません。", warns=True)


def test_a_line_of_dashes_however_long_is_read_in_its_time() -> None:
    """It took minutes, in which nothing else was done."""
    came = read(reply("受領しました。\n" + "-" * 190_000))
    assert isinstance(came, MailReply)
    assert came.text.startswith("受領しました。\n---")


def test_a_reply_written_between_quoted_lines_is_kept_whole() -> None:
    report = read(reply("> 提出いたします。\n"))
    assert isinstance(report, MailReply)
    assert "提出" in report.text


AUTOMATIC = {
    "RFC 3834": (reply(Auto_Submitted="auto-replied"), "Auto-Submitted"),
    "vacation's Precedence": (reply(Precedence="bulk"), "Precedence"),
    "a field of old": (reply(X_Autoreply="yes"), "X-Autoreply"),
    "Exchange's rules": (reply(X_MS_Exchange_Inbox_Rules_Loop=TOWN), "X-Ms-Exchange-Inbox-Rules-Loop"),
    "自動返信": (reply(subject="【自動返信】お問い合わせありがとうございます"), "subject"),
    "自動応答": (reply(subject="自動応答: Re: 契約保証"), "subject"),
    "（自動返信）at the end": (reply(subject="受付のお知らせ（自動返信）"), "subject"),
    "不在": (reply(subject="不在通知：Re: 契約保証"), "subject"),
    "Re: 不在": (reply(subject="Re: 不在のお知らせ"), "subject"),
    "English": (reply(subject="Automatic reply: 契約保証"), "subject"),
    "out of office": (reply(subject="Out of Office: back on Monday"), "subject"),
    "its own words": (reply("このメールは、システムから自動で送信しています。\n"), "text"),
}


@every_case("name", AUTOMATIC)
def test_a_machines_answer_is_known_by(name: str) -> None:
    raw, by = AUTOMATIC[name]
    report = read(raw)
    assert isinstance(report, MailReply)
    assert report.automatic == by


@pytest.mark.parametrize(
    "raw",
    [
        reply("担当の山田が不在のため、代わりに受領しました。\n"),
        reply(Auto_Submitted="no"),
        reply(Precedence="list"),
        reply(X_Auto_Response_Suppress="All"),
        reply(subject="Re: 不在者財産管理センター改修工事の件".replace("不在", "所在")),
        reply("自動ドア改修工事の件、届いていません。\n"),
    ],
)
def test_a_persons_reply_is_not_taken_for_a_machines(raw: bytes) -> None:
    report = read(raw)
    assert isinstance(report, MailReply)
    assert report.automatic == ""


# --- Nothing raises ------------------------------------------------------------------------------------------


def test_no_message_of_pythons_own_tests_raises_or_is_about_us() -> None:
    found = importlib.util.find_spec("test.test_email")  # some distributions leave it out
    folder = Path(found.origin).parent / "data" if found and found.origin else Path("/nowhere")
    for path in folder.glob("*.txt"):
        raw = path.read_bytes()
        came_back = read(raw)
        ours = came_back.returned if isinstance(came_back, DeliveryReport | ReadReceipt) else ()
        assert OURS not in ours
        assert not isinstance(came_back, MailReply), path.name


PIECES = (dsn(recipient()), qmail(), read_receipt(), reply(), b"\xff\xfe", b"=?x?B?", b"\r\n\r\n", b"Content-Type: ")


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=80), max_size=6), st.integers(0, 400))
def test_no_bytes_raise(pieces: list[bytes], cut: int) -> None:
    raw = b"".join(pieces)[cut:]
    read_report(raw, read_message(raw), lambda _: True)


def test_a_report_of_many_megabytes_is_read_within_its_limits() -> None:
    report = read(dsn(*[recipient()] * 5000))
    assert isinstance(report, DeliveryReport)
    assert len(report.blocks) == 100


# --- The places of our Message-ID ----------------------------------------------------------------------------

OWN = f"<{'0123456789abcdef' * 2}.0@contractor.example>"
WORDS = "--B\r\nContent-Type: text/plain\r\n\r\nYour mail was not delivered.\r\n"
STATUS_PART = (
    f"--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.example\r\n\r\n{recipient()}\r\n"
)


def read_own(raw: bytes) -> ReturnedMail:
    return read_report(raw, read_message(raw), lambda message_id: message_id == OWN)


def machine(*parts: str, head: str = "", kind: str = "multipart/report") -> bytes:
    fields = f"{head}From: MAILER-DAEMON@mx.example\r\nSubject: failure\r\nMessage-ID: <b.1@mx.example>\r\n"
    body = "".join(each if each.endswith("\r\n") else f"{each}\r\n" for each in parts)
    return f'{fields}MIME-Version: 1.0\r\nContent-Type: {kind}; boundary="B"\r\n\r\n{body}--B--\r\n'.encode()


def encoded(text: str) -> str:
    return base64.encodebytes(text.encode()).decode().replace("\n", "\r\n")


NAMED_IN = {
    "In-Reply-To": machine(WORDS, STATUS_PART, head=f"In-Reply-To: {OWN}\r\n"),
    "References": machine(WORDS, STATUS_PART, head=f"References: <a@b.example> {OWN}\r\n"),
    "a field of the report": machine(
        WORDS, STATUS_PART.replace("dns;", f"dns; x\r\nX-Original-Message-ID: {OWN}\r\nX: ")
    ),
    "a field of a relay that writes its own": machine(
        WORDS,
        STATUS_PART,
        "--B\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <relay.1@x.example>\r\nX-Microsoft-Original-Message-ID: {OWN}\r\n",
    ),
    "a field of the mail itself": machine(WORDS, STATUS_PART, head=f"X-MS-Exchange-Message-Id: {OWN}\r\n"),
    "returned headers as text": machine(
        WORDS, STATUS_PART, f"--B\r\nContent-Type: text/plain\r\n\r\nFrom: a@b.example\r\nMessage-ID: {OWN}\r\n"
    ),
    "a part that is the mail": machine(
        WORDS, STATUS_PART, f"--B\r\nFrom: a@b.example\r\nMessage-ID: {OWN}\r\n\r\ntext\r\n"
    ),
    "a folded field without its indent": machine(
        WORDS,
        STATUS_PART,
        f"--B\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: a@b.example\r\nMessage-ID:\r\n{OWN}\r\n",
    ),
    "base64": machine(
        WORDS, STATUS_PART, f"--B\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded(f'Message-ID: {OWN}')}"
    ),
    "quoted-printable": machine(
        WORDS,
        STATUS_PART,
        f"--B\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{OWN[:20]}=\r\n{OWN[20:].replace('@', '=40')}\r\n",
    ),
    "HTML": machine(
        WORDS,
        STATUS_PART,
        f"--B\r\nContent-Type: text/html\r\n\r\n<p>&lt;{OWN.strip('<>').replace('@', '&#64;')}&gt;</p>\r\n",
    ),
    "a mail within": machine(
        WORDS, STATUS_PART, f"--B\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {OWN}\r\n\r\n.\r\n"
    ),
    "a mail within a mail": machine(
        WORDS,
        STATUS_PART,
        "--B\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: {OWN}\r\n\r\n.\r\n",
    ),
    "a mail within, in base64": machine(
        WORDS,
        STATUS_PART,
        "--B\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + encoded(f"Message-ID: {OWN}\r\n\r\n.\r\n"),
    ),
    "the beginning of a mail": machine(
        WORDS,
        STATUS_PART,
        f'--B\r\nContent-Type: message/partial; id="x"; number=1\r\n\r\nMessage-ID: {OWN}\r\n\r\n.\r\n',
    ),
    "a text below a mail that is not ours": machine(
        WORDS, STATUS_PART, f"--B\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {THEIRS}\r\n\r\nabout {OWN}\r\n"
    ),
    "no other parts, and a wrong boundary": machine(WORDS, f"Message-ID: {OWN}\r\n", STATUS_PART).replace(
        b'boundary="B"', b'boundary="X"'
    ),
    "capitals": machine(WORDS, STATUS_PART, head=f"X-Ref: {OWN.upper()}\r\n"),
}


@every_case("place", NAMED_IN)
def test_a_report_is_known_by_our_message_id_wherever_it_stands(place: str) -> None:
    report = read_own(NAMED_IN[place])
    assert isinstance(report, DeliveryReport)
    assert OWN in report.returned


@every_case("place", NAMED_IN)
def test_a_bounce_of_no_standard_form_is_known_by_it_too(place: str) -> None:
    raw = (
        NAMED_IN[place]
        .replace(b"message/delivery-status", b"text/plain")
        .replace(b"multipart/report", b"multipart/mixed")
    )
    report = read_own(raw)
    assert isinstance(report, DeliveryReport)
    assert OWN in report.returned


def test_the_bounce_of_a_mail_that_answers_ours_is_not_about_ours() -> None:
    returned = f"Message-ID: {THEIRS}\r\nIn-Reply-To: {OWN}\r\nReferences: <a@b.example>\r\n {OWN}\r\n"
    for kind, text in (
        ("text/rfc822-headers", returned),
        ("message/rfc822", f"{returned}\r\n.\r\n"),
        ("text/plain", f"The mail was:\r\n\r\n{returned}"),
    ):
        report = read_own(machine(WORDS, STATUS_PART, f"--B\r\nContent-Type: {kind}\r\n\r\n{text}"))
        assert isinstance(report, DeliveryReport)
        assert OWN not in report.returned, kind


def test_a_report_that_was_turned_into_text_is_read_as_its_fields_say() -> None:
    raw = bounce(f"It could not be delivered.\n\n{recipient('delayed', '4.4.1')}\n\nMessage-ID: {OURS}\n")
    report = read(raw)
    assert isinstance(report, DeliveryReport)
    assert [(each.addresses, each.action, each.status) for each in report.blocks] == [
        ((TOWN,), DsnAction.DELAYED, "4.4.1")
    ]


def test_what_only_a_person_could_have_written_stays_a_reply() -> None:
    for raw in (
        reply("添付が届いていません。\n"),
        reply("受け取れませんでした。\n", sender="sato@contractor.example"),
        reply(f"以下のとおりです。\n\n> Message-ID: {OURS}\n> 提出いたします。\n", to=""),
    ):
        assert isinstance(read(raw), MailReply)


def test_a_bounce_that_a_person_forwards_in_his_text_is_a_report() -> None:
    text = f"FYI\n\n> From: MAILER-DAEMON@x.example\n> <{TOWN}>: 550 5.1.1 User unknown\n> Message-ID: {OURS}\n"
    report = read(reply(text, to="", subject="Fwd: Returned mail", sender="sato@contractor.example"))
    assert isinstance(report, DeliveryReport)
    assert OURS in report.returned


def test_no_more_than_so_many_parts_and_bytes_are_looked_at() -> None:
    filler = "--B\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 2_000
    report = read_own(machine(WORDS, STATUS_PART, filler, f"--B\r\n\r\nMessage-ID: {OWN}\r\n"))
    assert isinstance(report, DeliveryReport)
    assert OWN not in report.returned
    far = machine(WORDS, STATUS_PART, f"--B\r\n\r\n{'x' * 300_000}\r\n{OWN}\r\n")
    report = read_own(far)
    assert isinstance(report, DeliveryReport)
    assert OWN not in report.returned
