"""Mails that a stranger sends first or has others send: none leaves by itself, or stops a proven notice."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.flow.test_who_may_speak import EAST, GOOD, NETDESK, Office, a_mail, announced, signed
from tests.support import decided
from tests.support.authenticated import received
from tests.support.holds import in_words
from tests.support.signed_mail import DOMAIN, sign
from tests.support.small_office import Form, form
from tests.support.world import HANAKO, START
from tests.support.zips import zipped
from worker.approve import decisions
from worker.cli.demo.smtp_server import DsnController
from worker.core.states import Reason, State

SATO = "sato@contractor.example"


@pytest.fixture
async def office(tmp_path: Path, relay: DsnController) -> AsyncIterator[Office]:
    opened = Office(tmp_path, relay.port)
    yield opened
    assert opened.store.verify().holds
    await opened.stop()


def attach(mail: EmailMessage, each: Form) -> None:
    mail.add_attachment(each.pdf, maintype="application", subtype="pdf", filename="notice.pdf")


def strangers(each: Form, depth: int = 1) -> EmailMessage:
    """A stranger's mail with a notice, within ``depth`` - 1 others."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "x@evil.example", EAST, "<evil@evil.example>"
    mail.set_content("forged")
    attach(mail, each)
    for _ in range(depth - 1):
        outer = EmailMessage()
        outer["From"], outer["Subject"] = "y@evil.example", "Fwd"
        outer.set_content("see below")
        outer.add_attachment(mail)
        mail = outer
    return mail


def a_mail_by(
    sender: str,
    *enclosed: EmailMessage,
    beside: Sequence[Form] = (),
    fields: Sequence[tuple[str, str]] = (),
    subject: str = "お問い合わせの件",
) -> bytes:
    """A mail of ``sender`` that our server proved, with mails within it and notices attached."""
    mail = EmailMessage()
    received(mail, sender, START)
    mail["From"], mail["To"], mail["Subject"] = sender, "soumu@contractor.example", subject
    mail["Message-ID"] = f"<outer@{DOMAIN}>"
    for name, value in fields:
        mail[name] = value
    mail.set_content("認証キーの件。\n")
    for each in enclosed:
        mail.add_attachment(each)
    for form_ in beside:
        attach(mail, form_)
    return mail.as_bytes(policy=SMTP)


ANSWERS = [
    [("Auto-Submitted", "auto-replied")],
    [("Auto-Submitted", "Auto-Replied; owner-email=x@y.example")],
    [("Auto-Submitted", "auto-replied (vacation)")],
    [("In-Reply-To", "<evil@evil.example>")],
    [("References", "<a@b.example> <evil@evil.example>")],
    [("Precedence", "auto_reply")],
    [("X-Autoreply", "yes")],
    [("X-MS-Exchange-Inbox-Rules-Loop", "netdesk@surety.example")],
    [("Return-Path", "<MAILER-DAEMON@surety.example>")],
    [("Sender", "postmaster@surety.example")],
    [("X-Failed-Recipients", "soumu@contractor.example")],
]
NEUTRAL = [
    [("Auto-Submitted", "auto-generated")],
    [("Auto-Submitted", "no")],
    [("Precedence", "bulk")],
    [("Precedence", "list")],
    [("X-Auto-Response-Suppress", "All")],
    [("List-Unsubscribe", "<mailto:x@surety.example>")],
    [("Return-Path", "<bounce@surety.example>")],
]


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("fields", [[], *ANSWERS[:4], *NEUTRAL[:3]])
async def test_a_notice_within_a_mail_of_a_guarantors_mail_waits(
    office: Office, depth: int, fields: list[tuple[str, str]]
) -> None:
    await office.comes(a_mail_by(NETDESK, strangers(form(1), depth), fields=fields))
    assert (office.only().state, office.only().source.proven) == (State.HELD, False)
    assert office.reasons() == [Reason.SENDER_UNPROVEN]


def zip_of(each: Form) -> EmailMessage:
    """A mail with the notice in a ZIP."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "x@evil.example", EAST, "<evil@evil.example>"
    mail.set_content("forged")
    mail.add_attachment(zipped(("n.pdf", each.pdf)), maintype="application", subtype="zip", filename="n.zip")
    return mail


@pytest.mark.parametrize(("sender", "proven"), [(NETDESK, False), (SATO, True)])
async def test_a_zip_in_an_attached_mail_is_proven_as_a_pdf_there_is(
    office: Office, sender: str, *, proven: bool
) -> None:
    await office.comes(a_mail_by(sender, zip_of(form(1))))
    assert office.only().source.proven is proven
    assert office.only().state is (State.SENT if proven else State.HELD)


@pytest.mark.parametrize("fields", ANSWERS)
async def test_of_a_guarantors_answer_not_even_what_stands_beside_counts(
    office: Office, fields: list[tuple[str, str]]
) -> None:
    await office.comes(a_mail_by(NETDESK, beside=[form(1)], fields=fields))
    assert office.reasons() == [Reason.SENDER_UNPROVEN]
    assert "返信・自動応答" in office.why()


@pytest.mark.parametrize("sender", [f"MAILER-DAEMON@{DOMAIN}", f"postmaster@mail.{DOMAIN}", f"mailer_daemon@{DOMAIN}"])
async def test_a_mailer_of_the_guarantor_proves_nothing(office: Office, sender: str) -> None:
    await office.comes(a_mail_by(sender, beside=[form(1)]).replace(f"d=mail.{DOMAIN}".encode(), f"d={DOMAIN}".encode()))
    assert "MAILER-DAEMON" in office.why()


@pytest.mark.parametrize(
    "subject", ["Re: お問い合わせ", "自動返信: お問い合わせ", "【自動応答】受付", "Automatic reply: x"]
)
async def test_an_answer_by_its_subject_proves_nothing(office: Office, subject: str) -> None:
    await office.comes(a_mail_by(NETDESK, beside=[form(1)], subject=subject))
    assert "Subject" in office.why()


@pytest.mark.parametrize("fields", NEUTRAL)
@pytest.mark.parametrize("sender", [NETDESK, f"noreply@{DOMAIN}", f"no-reply@mail.{DOMAIN}"])
async def test_what_a_system_sends_by_itself_counts_as_any_mail_of_the_guarantor(
    office: Office, sender: str, fields: list[tuple[str, str]]
) -> None:
    await office.comes(a_mail_by(sender, beside=[form(1)], fields=fields, subject="【自動送信】お知らせ"))
    assert office.only().state is State.SENT


async def test_a_report_that_is_no_multipart_report_and_one_deep_in_a_mail_prove_nothing(office: Office) -> None:
    plain = a_mail_by(NETDESK, beside=[form(1)])
    boundary = plain.split(b'boundary="')[1].split(b'"')[0]
    status = b"--" + boundary + b"\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\n"
    at = plain.index(b"--" + boundary + b"\r\n")
    await office.comes(plain[:at] + status + plain[at:])
    assert "multipart/report" in office.why()


async def test_the_genuine_file_beside_the_same_within_a_mail_counts(office: Office) -> None:
    await office.comes(a_mail_by(NETDESK, strangers(form(1)), beside=[form(1)]))
    assert office.only().state is State.SENT


async def test_of_one_mail_what_is_beside_goes_and_what_is_enclosed_waits(office: Office) -> None:
    await office.comes(a_mail_by(NETDESK, strangers(form(2)), beside=[form(1)]))
    states = {each.notice.contract_number: each.state for each in office.store.submissions()}
    assert states == {form(1).number: State.SENT, form(2).number: State.HELD}


async def test_a_mail_as_a_file_is_a_mail_within_the_mail(office: Office) -> None:
    mail = EmailMessage()
    received(mail, NETDESK, START)
    mail["From"], mail["Subject"] = NETDESK, "お問い合わせ"
    mail.set_content("認証キー")
    inner = strangers(form(1)).as_bytes(policy=SMTP)
    mail.add_attachment(inner, maintype="application", subtype="octet-stream", filename="Mail.EML")
    await office.comes(mail.as_bytes(policy=SMTP))
    assert "添付されたメール" in office.why()


async def test_a_digest_is_made_of_mails(office: Office) -> None:
    inner = strangers(form(1)).as_bytes(policy=SMTP)
    raw = a_mail_by(NETDESK)
    top, _, _ = raw.partition(b"\r\n\r\n")
    kept = [each for each in top.split(b"\r\n") if not each.lower().startswith(b"content-")]
    body = b"\r\n\r\n--d\r\n\r\n" + inner + b"\r\n--d--\r\n"
    await office.comes(b"\r\n".join([*kept, b'Content-Type: multipart/digest; boundary="d"']) + body)
    assert "添付されたメール" in office.why()


async def test_an_announcement_within_a_guarantors_mail_is_a_task_that_is_not_proven(office: Office) -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = NETDESK, EAST
    inner.set_content(f"保証契約番号：{form(1).number}")
    await office.comes(a_mail_by(NETDESK, inner))
    assert (office.only().state, office.only().source.proven) == (State.ANNOUNCED, False)


# --- A colleague ---------------------------------------------------------------------------------------------------


async def test_a_colleague_passes_a_mail_on_as_an_attachment_and_in_a_thread(office: Office) -> None:
    await office.comes(a_mail_by(SATO, strangers(form(1), 2), subject="Fwd: 【自動送信】お知らせ"))
    await office.comes(a_mail_by(SATO, beside=[form(2)], fields=[("In-Reply-To", "<a@b.example>")], subject="Re: 件"))
    assert [each.state for each in office.store.submissions()] == [State.SENT, State.SENT]


@pytest.mark.parametrize(
    ("fields", "subject"),
    [
        ([("Auto-Submitted", "auto-replied")], "件"),
        ([("Auto-Submitted", "auto-generated")], "件"),
        ([("Auto-Submitted", "auto-forwarded")], "件"),
        ([("X-MS-Exchange-Inbox-Rules-Loop", SATO)], "Fwd: 件"),
        ([("X-Auto-Response-Suppress", "All")], "件"),
        ([("Precedence", "bulk")], "件"),
        ([("Precedence", "list")], "件"),
        ([("Return-Path", "<>")], "件"),
        ([("Autoforwarded", "TRUE")], "件"),
        ([("List-Id", "<all.contractor.example>")], "件"),
        ([], "自動返信: 件"),
        ([], "自動転送: 件"),
        ([], "Automatic reply: x"),
    ],
)
@pytest.mark.parametrize("is_enclosed", [True, False])
async def test_of_a_colleagues_mail_nothing_that_a_machine_sent_counts(
    office: Office, fields: list[tuple[str, str]], subject: str, *, is_enclosed: bool
) -> None:
    enclosed, beside = ([strangers(form(1))], []) if is_enclosed else ([], [form(1)])
    await office.comes(a_mail_by(SATO, *enclosed, beside=beside, fields=fields, subject=subject))
    assert "自動で送られた" in office.why()


# --- What is signed ------------------------------------------------------------------------------------------------


async def test_a_type_that_was_put_in_place_of_the_signed_mails_own_makes_no_notice(office: Office) -> None:
    """The guarantor's robot quotes what a stranger wrote; with another type the quotation becomes an attachment."""
    inner = EmailMessage()
    inner.set_content("x")
    attach(inner, form(1))
    quoted = inner.as_bytes(policy=SMTP)
    boundary = quoted.split(b'boundary="')[1].split(b'"')[0]
    body = quoted.partition(b"\r\n\r\n")[2]
    kind = b"Content-Type: text/plain\r\n"
    mail = f"From: {NETDESK}\r\nSubject: x\r\nMessage-ID: <q@q.example>\r\n".encode() + kind + b"\r\n" + body
    names = (b"from", b"to", b"subject", b"date", b"message-id")
    swapped = b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\r\n'
    await office.comes(sign(mail, headers=names, at=START).replace(kind, swapped))
    assert office.only().state is State.HELD
    assert "Content-Type を含まない" in office.why()
    by_server = sign(mail, headers=names, at=START).replace(kind, swapped).replace(b"<q@", b"<r@")
    result = f"Authentication-Results: {GOOD}\r\n".encode()
    await office.comes(result + by_server.replace(form(1).number.encode(), form(2).number.encode()))
    assert all(each.state is State.HELD for each in office.store.submissions())


async def test_an_old_mail_that_is_sent_again_waits(office: Office) -> None:
    await office.comes(re.sub(rb" t=[0-9]+;", b" t=1;", a_mail(form(1), results=GOOD)))
    assert "30日より前" in office.why()


@pytest.mark.parametrize(("mode", "state"), [("auto", State.HELD), ("hold", State.HELD), ("approve", State.HELD)])
async def test_a_key_without_dnssec_is_a_note_for_the_approver_and_a_question_elsewhere(
    tmp_path: Path, relay: DsnController, mode: str, state: State
) -> None:
    office = Office(tmp_path, relay.port, mode)
    office.zone.is_secured = False
    await office.comes(signed(a_mail(form(1))))
    assert office.only().state is state
    assert "DNSSEC" in in_words(office.only().source.evidence)
    wanted = [Reason.APPROVAL] if mode == "approve" else [Reason.SENDER_UNPROVEN]
    assert office.reasons() == wanted
    assert office.only().source.proven is (mode == "approve")
    await office.stop()


async def test_what_an_open_dns_proved_for_an_approver_is_asked_when_the_mode_releases_by_itself(
    tmp_path: Path, relay: DsnController
) -> None:
    office = Office(tmp_path, relay.port, "approve")
    office.zone.is_secured = False
    await office.comes(signed(a_mail(form(1))), signed(a_mail(form(2), number=2)))
    office.approve(2)
    office.configure(dataclasses.replace(office.settings, mode="auto"))
    await office.finish()
    assert office.reasons(1) == [Reason.SENDER_UNPROVEN]
    assert office.store.submission(2).state is State.SENT  # a person approved it, with the warning
    await office.stop()


# --- A stranger first, or second -----------------------------------------------------------------------------------


def other(each: Form) -> Form:
    """The same number with a forged key."""
    return dataclasses.replace(each, key="Forged0000Zq9W")


@pytest.mark.parametrize("mode", ["approve", "hold"])
async def test_a_strangers_notice_of_the_number_waits_itself_and_the_alarm_says_so(
    tmp_path: Path, relay: DsnController, mode: str
) -> None:
    office = Office(tmp_path, relay.port, mode)
    await office.comes(a_mail(form(1), results=GOOD))
    if mode == "approve":
        office.clock.let_pass(minutes=1)
        decided.approve(
            office.store, office.pipeline.active_config, 1, office.only().label, HANAKO, "", office.clock.now()
        )
    before = office.store.submission(1)
    assert before.state is State.APPROVED
    with_entry = office.events(1)
    await office.take_in()
    office.mails.received.append(a_mail(other(form(1)), sender="x@evil.example", number=2))
    await office.take_in()
    assert office.store.submission(1) == before
    assert office.events(1) == with_entry
    assert {Reason.SEEN_BEFORE, Reason.SENDER_UNPROVEN} <= set(office.reasons(2))
    assert "2: #1" in office.store.last_alarm("unproven_newcomer").detail
    office.clock.let_pass(minutes=30)
    await office.finish()
    assert office.store.submission(1).state is State.SENT
    assert office.store.submission(2).state is State.HELD
    await office.stop()


async def test_a_strangers_notice_that_a_person_approved_goes_before_the_earlier_one(
    tmp_path: Path, relay: DsnController
) -> None:
    office = Office(tmp_path, relay.port, "approve")
    await office.comes(a_mail(form(1), results=GOOD))
    await office.comes(a_mail(other(form(1)), sender="x@evil.example", number=2))
    office.approve(2)
    await office.finish()
    assert Reason.SUPERSEDED in office.reasons(1)
    await office.stop()


async def test_forged_first_then_genuine_the_genuine_goes_and_the_forged_waits(office: Office) -> None:
    await office.comes(a_mail(other(form(1)), sender="x@evil.example"))
    await office.comes(a_mail(form(1), results=GOOD, number=2))
    assert office.store.submission(2).state is State.SENT
    assert Reason.SUPERSEDED in office.reasons(1)


async def test_forged_first_and_withdrawn_then_genuine_the_genuine_goes(office: Office) -> None:
    await office.comes(a_mail(other(form(1)), sender="x@evil.example"))
    decisions.withdraw(office.store, 1, HANAKO, "偽物")
    await office.comes(a_mail(form(1), results=GOOD, number=2))
    assert office.store.submission(2).state is State.SENT


async def test_a_strangers_copy_in_other_bytes_first_then_genuine_the_genuine_goes(office: Office) -> None:
    await office.comes(a_mail(form(1, copy=1), sender="x@evil.example"))
    await office.comes(a_mail(form(1), results=GOOD, number=2))
    assert office.store.submission(2).state is State.SENT
    assert Reason.SUPERSEDED in office.reasons(1)
    await office.pass_once()
    assert Reason.SUPERSEDED in office.reasons(1)


@pytest.mark.parametrize("copy", [0, 1])
async def test_a_strangers_copy_withdrawn_then_genuine_is_asked_about_and_not_swallowed(
    office: Office, copy: int
) -> None:
    await office.comes(a_mail(form(1, copy=copy), sender="x@evil.example"))
    decisions.withdraw(office.store, 1, HANAKO, "差出人が分からない")
    await office.comes(a_mail(form(1), results=GOOD, number=2))
    assert Reason.SEEN_BEFORE in office.reasons(2)
    assert office.store.submission(2).source.proven
    assert "withdrawn_again" in office.alarms()
    office.approve(2)
    await office.finish()
    assert office.store.submission(2).state is State.SENT
    await office.comes(a_mail(form(1), results=GOOD, number=3))
    assert len(office.store.submissions()) == 2


async def test_a_strangers_number_for_the_project_asks_no_question_about_the_genuine(office: Office) -> None:
    unknown = Form("40213-999999", form(1).project, "kEy0001Zq0W")
    await office.comes(a_mail(unknown, sender="x@evil.example"))
    await office.comes(a_mail(form(1), results=GOOD, number=2))
    assert office.store.submission(2).state is State.SENT


async def test_a_key_that_a_stranger_chose_among_the_words_of_the_mail_stops_nothing(
    tmp_path: Path, relay: DsnController
) -> None:
    office = Office(tmp_path, relay.port, "hold")
    await office.comes(a_mail(form(1), results=GOOD))
    await office.comes(a_mail(dataclasses.replace(form(1), key="contractor"), sender="x@evil.example", number=2))
    office.clock.let_pass(minutes=30)
    await office.finish()
    assert office.store.submission(1).state is State.SENT
    await office.stop()


async def test_what_is_proven_afterwards_is_superseded_by_no_stranger_any_more(office: Office) -> None:
    await office.comes(a_mail(form(1), sender="x@evil.example"))
    await office.comes(a_mail(other(form(1)), sender="x@evil.example", number=2))
    assert Reason.SUPERSEDED in office.reasons(1)
    await office.comes(a_mail(form(1), results=GOOD, number=3))
    assert office.store.submission(1).state is State.SENT


async def test_a_strangers_mail_of_the_announcements_id_hides_no_proven_announcement(office: Office) -> None:
    await office.comes(a_mail(form(2), sender="x@evil.example", number=9))
    await office.comes(announced(form(1)))
    assert [(each.state, each.source.proven) for each in office.store.submissions()] == [
        (State.HELD, False),
        (State.ANNOUNCED, True),
    ]


async def test_a_strangers_announcement_of_the_number_keeps_no_proven_one_from_its_notice(office: Office) -> None:
    wider = announced(form(1)).replace(b"dkim=pass", b"dkim=fail").replace(b"<9@", b"<5@")
    wider += "工事名：別の工事\n".encode()
    await office.comes(wider)
    await office.comes(announced(form(1)))
    await office.comes(a_mail(form(1), results=GOOD, subject="お知らせ", number=2))
    assert not [each for each in office.store.submissions() if each.source.proven and each.state is State.ANNOUNCED]
    assert State.SENT in {each.state for each in office.store.submissions()}
