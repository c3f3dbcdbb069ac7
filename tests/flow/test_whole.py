"""One day of an office from mailbox and folder to the relay: what each thing that came in became, and what it did not.

It is one office with two passes, so that everything also has to get along with everything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from tests.support.notice_pdfs import Form
from tests.support.office import (
    EAST,
    Mailroom,
    Ran,
    Taken,
    a_form,
    a_mail,
    a_pdf,
    an_invoice,
    later_key,
    notice,
    other_download,
    wire,
)
from tests.support.world import OFFICE, project

ATTACHED = a_form()
FORWARDED = a_form("市営住宅外壁改修工事")
OCTETS = a_form("橋梁補修工事（第３工区）")
SHIFT_JIS = a_form("中央公園遊具更新工事")
SAVED = a_form("上水道管布設替工事", "前払金保証")
TWO_WAYS = a_form("農道舗装工事")
BESIDE = a_form("河川護岸工事")
LATE = a_form("防災無線更新工事")
UNKNOWN = a_form("消防庁舎新築工事")
TWINS = a_form("体育館改修工事")
BY_NAME = a_form("図書館改修工事")
NO_VALUE = a_form("学校給食棟改修工事")
NO_ADDRESS = a_form("林道改良工事")
NO_INVOICE = a_form("下水道管渠工事", "前払金保証")
UNDECIDED = a_form("除雪車庫新築工事", "前払金保証")
ON_PAPER = a_form("町道側溝工事")
REPORTED = a_form("公民館解体工事")
AMENDED_EARLY = a_form("港湾浚渫工事")
AFTER_BROKEN = a_form("漁港改修工事")

PROJECTS = [
    *(
        project(form.project, "kawa", form.number)
        for form in (ATTACHED, FORWARDED, OCTETS, SHIFT_JIS, TWO_WAYS, BESIDE, LATE, REPORTED, AFTER_BROKEN)
    ),
    project(
        SAVED.project,
        "yama",
        SAVED.number,
        values='{ "工事番号" = "R8-12" }',
        dates="{ contract = 2026-05-01 }",
        invoice='advance = { file = "請求書.pdf" }',
    ),
    project(TWINS.project),
    project(TWINS.project, "sora"),
    project(BY_NAME.project),
    project(AMENDED_EARLY.project),
    project(NO_VALUE.project, "yama", NO_VALUE.number),
    project(NO_ADDRESS.project, "sora", NO_ADDRESS.number),
    project(NO_INVOICE.project, "yama", NO_INVOICE.number, values='{ "工事番号" = "R8-13" }'),
    project(UNDECIDED.project, "kawa", UNDECIDED.number),
    project(ON_PAPER.project, "kami", ON_PAPER.number),
]
LARGE = b"x" * 76 + b"\r\n"


def with_raw_name(mail: EmailMessage, name: str) -> bytes:
    """``mail`` with its one file named in raw Shift_JIS, as old Japanese mailers write it."""
    return wire(mail).replace(b'"NAME"', b'"' + name.encode("cp932") + b'"')


def forwarded_as_message(subject: str, inner: EmailMessage) -> EmailMessage:
    mail = a_mail(subject)
    mail.add_attachment(inner)
    return mail


def as_octets(subject: str, name: str, content: bytes) -> EmailMessage:
    mail = a_mail(subject)
    mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail


def bounce_of(returned: EmailMessage) -> bytes:
    """A delivery report that returns the whole mail."""
    lines = [
        b"From: MAILER-DAEMON@contractor.example",
        f"To: {OFFICE}".encode(),
        b"Subject: Undelivered Mail Returned to Sender",
        b"Message-ID: <report.1@contractor.example>",
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="R"',
        b"",
        b"--R",
        b"Content-Type: text/plain",
        b"",
        b"The mail could not be delivered.",
        b"--R",
        b"Content-Type: message/delivery-status",
        b"",
        b"Reporting-MTA: dns; mx.contractor.example",
        b"",
        b"Final-Recipient: rfc822; someone@town.example",
        b"Action: failed",
        b"Status: 5.1.1",
        b"--R",
        b"Content-Type: message/rfc822",
        b"",
        returned.as_bytes(policy=SMTP),
        b"--R--",
        b"",
    ]
    return b"\r\n".join(lines)


def large(subject: str) -> bytes:
    """A mail of 9 MB."""
    return wire(a_mail(subject, text="see the drawings")) + LARGE * (9_000_000 // len(LARGE))


BROKEN = {
    "no end of its parts": b'Subject: a\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: ',
    "a charset that nobody knows": (
        b"Subject: =?x-nobody?B?!!!?=\r\nFrom: <<@>,\r\nDate: the day after\r\n"
        b"Content-Type: text/plain; charset=x-nobody\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff\xfe=\r\n"
    ),
    "two hundred parts in one another": b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (depth, depth) for depth in range(200)
    )
    + b"Content-Type: text/plain\r\n\r\nend\r\n",
    "nothing but bytes": bytes(range(256)) * 8,
}


@dataclass(frozen=True)
class Day:
    """The office after each pass."""

    room: Mailroom
    morning: Ran
    after_morning: dict[str, list[dict[str, Any]]]
    """Submissions by contract number, as ``list --json`` gave them; those without a number under an empty one."""
    sent_in_the_morning: list[Taken]
    told_in_the_morning: list[Taken]
    noon: Ran

    def came_of(self, form: Form) -> dict[str, Any]:
        (one,) = self.after_morning[form.number]
        return one

    def mail_for(self, form: Form) -> Taken:
        (mail,) = [each for each in self.sent_in_the_morning if any(form.number in name for name, _ in each.files)]
        return mail

    def events(self, number: int) -> list[dict[str, Any]]:
        return self.room.office.show(number)["entries"]

    def row(self, subject: str) -> tuple[Any, ...]:
        """The ledger's row for a message: (end, why, submissions)."""
        return self.room.office.ledger[subject]


@pytest.fixture(scope="module")
def day(wide_mailroom: Callable[..., Mailroom]) -> Day:
    room = wide_mailroom(projects=PROJECTS)
    office = room.office
    office.save_invoice("請求書.pdf", an_invoice(SAVED))
    for form in (BY_NAME, AMENDED_EARLY):
        room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    room.deliver(
        a_mail(EAST, sender="netdesk@surety.example", text="電子保証の発行が完了しました。"),
        a_mail("お知らせ添付", ("お知らせ.pdf", notice(ATTACHED))),
        forwarded_as_message("Fwd: お知らせ", a_mail("お知らせ", ("お知らせ.pdf", notice(FORWARDED)))),
        as_octets("種類のない添付", "お知らせ.PDF", notice(OCTETS)),
        with_raw_name(a_mail("旧式の名前", ("NAME", notice(SHIFT_JIS))), "認証キーのお知らせ（表紙）.pdf"),
        a_mail("二通りの一つ", ("お知らせ.pdf", notice(TWO_WAYS))),
        a_mail(
            "図面も一緒に", ("図面.pdf", a_pdf()), ("お知らせ.pdf", notice(BESIDE)), ("契約書.pdf", a_pdf("請求書"))
        ),
        a_mail("登録なし", ("お知らせ.pdf", notice(UNKNOWN))),
        a_mail("同名二件", ("お知らせ.pdf", notice(TWINS))),
        a_mail("工事番号なし", ("お知らせ.pdf", notice(NO_VALUE))),
        a_mail("宛先なし", ("お知らせ.pdf", notice(NO_ADDRESS))),
        a_mail("請求書なし", ("お知らせ.pdf", notice(NO_INVOICE))),
        a_mail("請求書未定", ("お知らせ.pdf", notice(UNDECIDED))),
        a_mail("紙で提出", ("お知らせ.pdf", notice(ON_PAPER))),
        a_mail("お見積り", ("見積書.pdf", a_pdf()), text="見積書をお送りします。"),
        a_mail("認証キーの件（別の書類）", ("見積書.pdf", a_pdf())),
        bounce_of(a_mail("認証キー", ("お知らせ.pdf", notice(REPORTED)))),
        large("大きな図面"),
        large("大きな認証キーのお知らせ"),
        *BROKEN.values(),
        a_mail("壊れた後", ("お知らせ.pdf", notice(AFTER_BROKEN))),
        a_mail("再取得の前", ("お知らせ.pdf", notice(LATE))),
        a_mail("変更後のお知らせ", ("お知らせ.pdf", notice(later_key(AMENDED_EARLY)))),
    )
    office.save_notice("保存したお知らせ.pdf", notice(SAVED))
    office.save_notice("二通りのもう一つ.pdf", other_download(TWO_WAYS))
    morning = office.run_once()
    after_morning: dict[str, list[dict[str, Any]]] = {}
    for each in office.list():
        after_morning.setdefault(each["contract_number"] or "", []).append(each)
    sent, told = room.submissions, room.tellings

    for mail in room.accepted:  # a rule of the mail program copies what we sent, and the operator's mail arrives
        room.deliver(mail.raw)
    room.deliver(
        a_mail("再取得", ("お知らせ.pdf", other_download(LATE))),
        a_mail("変更", ("お知らせ.pdf", notice(later_key(ATTACHED)))),
        a_mail("同じものをもう一度", ("お知らせ.pdf", notice(FORWARDED))),
        a_mail("同じ見積り", ("見積書.pdf", a_pdf()), text="再送します。"),
    )
    noon = office.run_once()
    return Day(room, morning, after_morning, sent, told, noon)


# --- What was sent --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "content"),
    [
        pytest.param(ATTACHED, notice(ATTACHED), id="attached"),
        pytest.param(FORWARDED, notice(FORWARDED), id="forwarded as message/rfc822"),
        pytest.param(OCTETS, notice(OCTETS), id="application/octet-stream"),
        pytest.param(SHIFT_JIS, notice(SHIFT_JIS), id="a file name in raw Shift_JIS"),
        pytest.param(SAVED, notice(SAVED), id="saved into the folder"),
        pytest.param(BESIDE, notice(BESIDE), id="beside other PDFs"),
        pytest.param(AFTER_BROKEN, notice(AFTER_BROKEN), id="after broken mails"),
    ],
)
def test_a_notice_reaches_the_issuer_once_and_unchanged(day: Day, form: Form, content: bytes) -> None:
    mail = day.mail_for(form)
    assert mail.files[0] == (f"認証キーのお知らせ_{form.number}.pdf", content)
    assert day.came_of(form)["state"] == "SENT"
    assert day.came_of(form)["subject"] == mail.subject
    assert day.came_of(form)["smtp_reply"].startswith("250 ")


def test_recipients_and_subject_are_what_rule_and_project_say(day: Day) -> None:
    mail = day.mail_for(ATTACHED)
    assert mail.subject == "契約保証にかかる認証キー【道路改良工事（その２）】の提出について"
    assert (mail.to, mail.cc) == (("doboku@kawa-town.example",), ("genba@contractor.example",))
    assert mail.recipients == (*mail.to, *mail.cc)
    assert mail.sender == OFFICE


def test_an_advance_payment_takes_its_invoice_along_under_its_own_name(day: Day) -> None:
    mail = day.mail_for(SAVED)
    assert mail.subject == "【前払金保証】R8-12 上水道管布設替工事（〇〇建設 株式会社）"
    assert mail.files[1:] == (("請求書.pdf", an_invoice(SAVED)),)


def test_the_same_notice_by_two_ways_is_one_submission_and_the_second_way_is_its_entry(day: Day) -> None:
    one = day.came_of(TWO_WAYS)
    assert one["state"] == "SENT"
    assert day.mail_for(TWO_WAYS).files[0][1] in {notice(TWO_WAYS), other_download(TWO_WAYS)}
    (again,) = [each["detail"] for each in day.events(one["id"]) if each["event"] == "SeenAgain"]
    assert (again["same_bytes"], again["waiting"]) == (False, True)


def test_other_pdfs_beside_a_notice_are_listed_with_it_and_raise_no_hold(day: Day) -> None:
    created = day.events(day.came_of(BESIDE)["id"])[0]
    assert created["detail"]["other_pdfs"] == ["図面.pdf", "契約書.pdf"]
    assert len(day.mail_for(BESIDE).files) == 1


def test_the_name_of_a_file_in_raw_shift_jis_is_in_the_log(day: Day) -> None:
    created = day.events(day.came_of(SHIFT_JIS)["id"])[0]
    assert created["detail"]["file"] == "認証キーのお知らせ（表紙）.pdf"


# --- What waits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "reasons"),
    [
        pytest.param(UNKNOWN, ["unknown_project"], id="an unknown project"),
        pytest.param(TWINS, ["two_projects"], id="two projects of one name"),
        pytest.param(BY_NAME, ["name_only"], id="a name alone"),
        pytest.param(NO_VALUE, ["missing_value"], id="a value that the subject needs"),
        pytest.param(NO_ADDRESS, ["no_recipient"], id="no address"),
        pytest.param(NO_INVOICE, ["invoice_missing"], id="a required invoice"),
        pytest.param(UNDECIDED, ["invoice_undecided"], id="an invoice that nobody decided on"),
    ],
)
def test_what_is_not_certain_waits_for_a_person(day: Day, form: Form, reasons: list[str]) -> None:
    held = day.came_of(form)
    assert (held["state"], held["hold_reasons"]) == ("HELD", reasons)
    assert held["sent_at"] is None
    assert not [each for each in day.sent_in_the_morning if any(form.number in name for name, _ in each.files)]


def test_a_missing_value_is_named(day: Day) -> None:
    (detail,) = day.room.office.show(day.came_of(NO_VALUE)["id"])["hold_details"]
    assert detail == {"reason": "missing_value", "detail": "工事番号", "params": {"value": "工事番号"}}


def test_an_announcement_without_a_pdf_opens_a_task(day: Day) -> None:
    announced = [each for each in day.after_morning[""] if each["state"] == "ANNOUNCED"]
    assert len(announced) == 1
    assert announced[0]["hold_reasons"] == []


def test_what_an_issuer_takes_on_paper_is_handed_over_and_never_mailed(day: Day) -> None:
    assert day.came_of(ON_PAPER)["state"] == "HANDED_OVER"
    assert not [each for each in day.room.submissions if any(ON_PAPER.number in name for name, _ in each.files)]


def test_an_earlier_notice_of_another_key_that_has_not_left_is_superseded(day: Day) -> None:
    earlier, later = day.after_morning[AMENDED_EARLY.number]
    assert "superseded" in earlier["hold_reasons"]
    assert "seen_before" in later["hold_reasons"]
    assert [each["id"] for each in day.room.office.show(earlier["id"])["linked"]] == [later["id"]]


def test_a_mail_above_8_mb_that_speaks_of_a_key_is_held_by_name(day: Day) -> None:
    held = [each for each in day.after_morning[""] if each["hold_reasons"] == ["mail_too_large"]]
    assert len(held) == 1
    assert day.row("大きな認証キーのお知らせ") == ("too_large", [held[0]["id"]])


def test_a_mail_above_8_mb_that_does_not_speak_of_one_leaves_its_row(day: Day) -> None:
    assert day.row("大きな図面") == ("too_large", [])


def test_another_pdf_in_a_mail_that_speaks_of_a_key_is_held(day: Day) -> None:
    (held,) = [each for each in day.after_morning[""] if each["hold_reasons"] == ["not_a_notice"]]
    assert day.row("認証キーの件（別の書類）") == ("held", [held["id"]])


# --- What is left alone --------------------------------------------------------------------------------------


def test_an_unrelated_pdf_leaves_only_the_row_of_its_mail(day: Day) -> None:
    assert day.row("お見積り") == ("not_ours", [])
    kept = [content for (content,) in day.room.office.rows("select content from originals where kind = 'mail'")]
    assert len(kept) > 10
    assert not [mail for mail in kept if b"quotation" in mail or "見積書をお送りします" in Taken.read(mail).text]


def test_what_a_delivery_report_brings_back_is_never_a_notice(day: Day) -> None:
    assert REPORTED.number not in day.after_morning
    assert day.row("Undelivered Mail Returned to Sender") == ("report", [])


def test_no_broken_mail_is_passed_over_in_silence(day: Day) -> None:
    assert day.room.office.rows("select count(*) from messages") == [(day.room.delivered,)]


def test_the_pass_ends_with_1_because_something_began_to_wait(day: Day) -> None:
    assert day.morning.code == 1
    assert "送信 9件" in day.morning.out


# --- Noon: the same office again -----------------------------------------------------------------------------


def test_copies_of_our_own_mails_are_never_notices(day: Day) -> None:
    own = [json.loads(row) for (row,) in day.room.office.rows("select row from messages")]
    assert len([each for each in own if each["end"] == "own"]) == len(day.sent_in_the_morning) + len(
        day.told_in_the_morning
    )


def test_another_download_after_sending_waits_for_a_person(day: Day) -> None:
    first, second = day.room.office.of(LATE)
    assert first["state"] == "SENT"
    assert (second["state"], second["hold_reasons"]) == ("HELD", ["seen_before"])
    assert [each["id"] for each in day.room.office.show(second["id"])["linked"]] == [first["id"]]


def test_the_same_number_with_another_key_after_sending_waits_for_a_person(day: Day) -> None:
    first, second = day.room.office.of(ATTACHED)
    assert first["state"] == "SENT"
    assert (second["state"], second["hold_reasons"]) == ("HELD", ["seen_before"])


def test_the_same_bytes_after_sending_are_an_entry_of_the_first(day: Day) -> None:
    one = day.room.office.only(FORWARDED)
    assert [each["event"] for each in day.events(one["id"])].count("SeenAgain") == 1


def test_nothing_of_the_morning_is_sent_twice(day: Day) -> None:
    assert [each.subject for each in day.room.submissions] == [each.subject for each in day.sent_in_the_morning]
    assert day.noon.code == 1


def test_the_log_holds_after_the_day(day: Day) -> None:
    verdict = day.room.office("audit", "verify", "--json").document
    assert verdict["holds"] is True
    assert verdict["faults"] == []


# --- The operator's mail, and the key ------------------------------------------------------------------------


def test_one_mail_tells_the_operator_what_waits_and_with_which_command_to_go_on(day: Day) -> None:
    (told,) = day.told_in_the_morning
    assert told.recipients == (OFFICE,)
    assert told.headers["Auto-Submitted"] == ["auto-generated"]
    assert not [word for word in told.options if word.startswith(("RET", "ENVID"))]
    waits = [
        each
        for numbered in day.after_morning.values()
        for each in numbered
        if each["state"] in {"HELD", "ANNOUNCED", "HANDED_OVER"}
    ]
    for each in waits:
        assert f"■ {each['label']}　" in told.text
    assert f"hoshobin approve {day.came_of(BY_NAME)['label']} --by 氏名" in told.text
    assert f"hoshobin show {day.came_of(UNKNOWN)['id']}" in told.text
    assert "必要項目の未登録（工事番号）" in told.text


def test_the_key_is_nowhere_but_in_the_notice(day: Day) -> None:
    office = day.room.office
    keys = [form.key for form in (ATTACHED, later_key(ATTACHED), SAVED, UNKNOWN, BY_NAME, TWO_WAYS)]
    shown = [office("list").out, office("list", "--json").out, office("status").out, office("log").out]
    shown += [office("log", "--format", form).out for form in ("jsonl", "csv")]
    shown += [office("show", str(each["id"]), *more).out for each in office.list() for more in ((), ("--json",))]
    shown += [day.morning.out, day.morning.err, day.noon.out, day.noon.err]
    shown += [each.text for each in day.room.tellings]
    shown += [body for (body,) in office.rows("select body from entries")]
    shown += [
        row
        for table in ("submissions", "messages", "alarms", "files")
        for (row,) in office.rows(f"select row from {table}")
    ]
    assert len(shown) > 100
    for key in keys:
        assert not [text for text in shown if key in text]
        assert not [mail for mail in day.room.accepted if key in mail.text + mail.subject]
