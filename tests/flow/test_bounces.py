"""Machines' messages about our mail, in any form, come to a person; those about others' mail change nothing.

The way from the store to the socket is real; what comes back is put into the mailbox.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from tests.flow.test_receipts import CC, TO, Correspondence, a_correspondence
from tests.support.authenticated import AUTHSERV_ID, SIGNATURE, signature
from tests.support.fakes import FakeClock
from tests.support.office import Mailroom, a_form, notice
from tests.support.returned import bounce, dsn, qmail, read_receipt, recipient, reply
from tests.support.small_office import Mails, form
from tests.support.world import OFFICE, project
from worker.core.messages import name_receipt
from worker.core.model import Disposition, ReceiptKind, Submission
from worker.core.states import AlarmCause, State
from worker.pipeline.track import AMONG_LIMIT, BOUNCE_MAY_COME, UNMATCHED
from worker.views.tasks import TaskKind, open_tasks

THEIRS = "<somebody.else@other.example>"
CASES = Path(__file__).parent.parent / "track" / "returned"


class ArrivingMails(Mails):
    """A mailbox whose messages arrived a moment ago."""

    clock: FakeClock

    def headers(self, uids: Sequence[int]) -> tuple:  # type: ignore[type-arg]
        return tuple(dataclasses.replace(each, internal_date=self.clock.now()) for each in super().headers(uids))


@pytest.fixture
async def sent(tmp_path: Path) -> AsyncIterator[Correspondence]:
    async with a_correspondence(tmp_path) as found:
        found.office.mails = ArrivingMails(list(found.office.mails.received))
        found.office.mails.clock = found.office.clock
        found.office.clock.let_pass(hours=1)
        yield found


def tasks_of(sent: Correspondence) -> list[tuple[TaskKind, str]]:
    office = sent.office
    tasks = open_tasks(office.store, office.pipeline.active_config.configuration, office.clock.now())
    return [(each.kind, each.text("ja")) for each in tasks if each.kind in {TaskKind.NEWS, TaskKind.REPLY}]


def told(sent: Correspondence) -> list[str]:
    return [each.detail for each in sent.office.store.alarms_waiting() if each.cause == AlarmCause.NEWS]


def kinds(after: Submission) -> list[ReceiptKind]:
    return [each.kind for each in after.delivery.unread]


# --- As gateways and mail systems write ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state", "unread"),
    [
        ("exch-tnef", State.BOUNCED, []),
        ("gmail-reply-id", State.BOUNCED, []),
        ("maildefender", State.SENT, [ReceiptKind.UNMATCHED]),
        ("oof-permanent", State.SENT, [ReceiptKind.WARNING]),
        ("qmail-jp", State.SENT, [ReceiptKind.UNREADABLE]),
    ],
)
async def test_a_failure_is_a_persons_in_whatever_form_it_comes(
    sent: Correspondence, name: str, state: State, unread: list[ReceiptKind]
) -> None:
    raw = (CASES / f"{name}.eml").read_bytes().replace(b"<@@OUR_MESSAGE_ID@@>", sent.message_id.encode())
    after = await sent.comes(raw)
    assert (after.state, kinds(after)) == (state, unread)
    assert len(sent.office.alarms()) == 1, "it is told at once"


async def test_what_is_not_understood_is_shown_with_its_own_words_and_told_at_once(sent: Correspondence) -> None:
    raw = bounce(
        "このメールは「ゲートウェイ」が自動的に生成して送信しています。\n処理番号 4711\n",
        fields=f"Return-Path: <>\nIn-Reply-To: {sent.message_id}\n",
        sender="gateway@kawa-town.example",
    )
    after = await sent.comes(raw)
    assert (after.state, kinds(after)) == (State.SENT, [ReceiptKind.UNREADABLE])
    assert "処理番号 4711" in after.delivery.unread[0].text
    ((kind, text),) = tasks_of(sent)
    assert (kind, "処理番号 4711" in text) == (TaskKind.NEWS, True)
    (detail,) = told(sent)
    assert detail.startswith(f"{after.id}: ")


async def test_a_key_in_a_bounces_own_words_is_masked(sent: Correspondence) -> None:
    key = form(1).key
    raw = bounce(f"処理番号 {key}\n", fields=f"Return-Path: <>\nIn-Reply-To: {sent.message_id}\n", sender="g@x.example")
    after = await sent.comes(raw)
    assert key not in after.delivery.unread[0].text + "".join(told(sent))


@pytest.mark.parametrize("disposition", ["deleted", "denied", "failed", "displayed/error", "processed", ""])
async def test_a_read_receipt_that_does_not_say_displayed_is_no_opening_and_is_a_persons(
    sent: Correspondence, disposition: str
) -> None:
    raw = read_receipt(sent.message_id, "postmaster@kawa-town.example")
    raw = raw.replace(b"; displayed", f"; {disposition}".encode()).replace(
        b"Your message was displayed.", b"Your message was automatically rejected: Quota exceeded"
    )
    after = await sent.comes(raw)
    assert kinds(after) == [ReceiptKind.UNOPENED]
    words = name_receipt(after.delivery.unread[0], "ja")
    assert "開封通知" not in words
    assert "Quota exceeded" in words
    assert len(told(sent)) == 1


async def test_a_machines_answer_that_says_the_address_was_given_up_is_news_and_a_plain_one_is_not(
    sent: Correspondence,
) -> None:
    plain = {"to": sent.message_id, "sender": TO, "Auto_Submitted": "auto-replied"}
    after = await sent.comes(reply("本日は不在にしております。明日ご連絡いたします。\n", number=1, **plain))
    assert (kinds(after), told(sent)) == ([], [])
    after = await sent.comes(reply("このアドレスは3月末で廃止されました。\n", number=2, **plain))
    assert kinds(after) == [ReceiptKind.WARNING]
    assert len(told(sent)) == 1


async def test_a_report_in_a_mail_that_a_colleague_forwards_counts_as_far_as_it_is_proven(sent: Correspondence) -> None:
    """The colleague is proven; what he attached is not his."""
    signed = (
        f"Authentication-Results: {AUTHSERV_ID}; dkim=pass header.d=contractor.example\r\n"
        f"{SIGNATURE}: {signature('sato@contractor.example', sent.office.clock.now())}\r\n"
        "From: sato@contractor.example\r\nSubject: Fwd: report\r\nMessage-ID: <f.1@contractor.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n"
    ).encode()
    good = dsn(recipient("delivered", "2.0.0", TO), envid="", returned=sent.message_id)
    assert (await sent.comes(signed + good)).state is State.SENT
    bad = dsn(recipient("failed", "5.1.1", TO), envid="", returned=sent.message_id)
    assert (await sent.comes(signed.replace(b"f.1", b"f.2") + bad)).state is State.BOUNCED


# --- Which mail it is about is not said ----------------------------------------------------------------------


GATEWAY = "メールが送信先に配信されなかったことをお知らせ致します。\n送信先(TO)：{to}\n"


def unmatched(to: str, number: int = 1) -> dict[str, bytes]:
    refused = read_receipt(THEIRS, "postmaster@kawa-town.example").replace(b"; displayed", b"; deleted")
    return {
        "a report": dsn(recipient("failed", "5.1.1", to), envid="", returned="", number=number),
        "a report that brings a mail of others back": dsn(recipient("failed", "5.1.1", to), envid="", returned=THEIRS),
        "qmail's": qmail(to, THEIRS),
        "a gateway's": bounce(GATEWAY.format(to=to), fields="Return-Path: <>\n", sender="gw@x.example", number=number),
        "a field alone": bounce("It failed.\n", fields=f"X-Failed-Recipients: {to}\n", sender="x@x.example"),
        "a refusal by read receipt": refused.replace(
            b"Your message was displayed.", f"Your message to <{to}> was automatically rejected.".encode()
        ),
    }


@pytest.mark.parametrize("form_", list(unmatched(TO)))
async def test_an_unmatched_failure_for_an_address_we_wrote_to_is_a_task_and_changes_no_state(
    sent: Correspondence, form_: str
) -> None:
    after = await sent.comes(unmatched(TO)[form_])
    assert (after.state, kinds(after)) == (State.SENT, [ReceiptKind.UNMATCHED])
    row = list(sent.office.store.messages("main"))[-1]
    assert (row.end, row.why, row.submissions) == (Disposition.REPORT, UNMATCHED, (after.id,))
    assert row.sha256 is not None
    ((_, text),) = tasks_of(sent)
    assert "どの提出のものか分からない不達通知" in text
    assert TO in text
    assert f"#{after.id}" in text
    assert len(told(sent)) == 1
    assert sent.office.store.verify().holds


@pytest.mark.parametrize("form_", list(unmatched(TO)))
async def test_a_failure_for_an_address_we_never_wrote_to_touches_nothing(sent: Correspondence, form_: str) -> None:
    before, head = sent.submission, sent.office.store.head()
    await sent.comes(unmatched("hito@elsewhere.example")[form_])
    assert (sent.submission, sent.office.store.head(), told(sent)) == (before, head, [])


async def test_an_address_is_known_in_whatever_letters_and_as_a_copy_receiver_too(sent: Correspondence) -> None:
    after = await sent.comes(unmatched("Doboku@Kawa-Town.EXAMPLE")["a report"])
    assert [each.recipient for each in after.delivery.unread] == [TO]
    after = await sent.comes(unmatched(CC, 2)["a gateway's"])
    assert [each.recipient for each in after.delivery.unread] == [TO, CC]


async def test_a_failure_long_after_the_mail_is_not_taken_for_it(sent: Correspondence) -> None:
    sent.office.clock.let_pass(hours=BOUNCE_MAY_COME.total_seconds() / 3600)
    before = sent.submission
    await sent.comes(unmatched(TO)["a report"])
    assert sent.submission == before


async def test_the_same_failure_again_is_one_task_until_it_is_taken_note_of(sent: Correspondence) -> None:
    await sent.comes(unmatched(TO)["a report"])
    after = await sent.comes(unmatched(TO, 2)["a gateway's"])
    assert (len(after.delivery.unread), len(told(sent))) == (1, 1)
    assert [row.why for row in sent.office.store.messages("main")][-2:] == [UNMATCHED, UNMATCHED]


async def test_of_several_mails_to_one_address_the_newest_bears_the_task_and_all_are_named(
    sent: Correspondence,
) -> None:
    sent.office.save(form(3))
    await sent.office.pass_once()
    first, second = sent.office.store.submissions(State.SENT)
    sent.office.mails.received.append(unmatched(TO)["a report"])
    await sent.office.take_in()
    first, second = sent.office.store.submissions(State.SENT)
    assert (kinds(first), kinds(second)) == ([], [ReceiptKind.UNMATCHED])
    assert second.delivery.unread[0].text.startswith(f"#{second.id} #{first.id}")
    assert list(sent.office.store.messages("main"))[-1].submissions == (second.id, first.id)
    assert AMONG_LIMIT > 1


@pytest.mark.parametrize("sender", ["postmaster@kawa-town.example", "MAILER-DAEMON@mx.kawa-town.example"])
async def test_a_failure_that_names_no_address_of_the_issuers_own_server_is_a_task_and_no_mail(
    sent: Correspondence, sender: str
) -> None:
    after = await sent.comes(
        bounce("メールを配信できませんでした。\n", fields="Return-Path: <>\n", sender="postmaster@mx.other.example")
    )
    assert kinds(after) == []
    after = await sent.comes(
        bounce("メールを配信できませんでした。\n", fields="Return-Path: <>\n", sender=sender, number=2)
    )
    assert (kinds(after), told(sent)) == ([ReceiptKind.UNMATCHED], [])
    assert len(tasks_of(sent)) == 1


@pytest.mark.parametrize(
    ("sender", "text", "is_told"),
    [
        ("suzuki@kawa-town.example", "このメールアドレスは3月末で廃止されました。", False),
        ("cr@gateway.example", f"{TO} 宛のメールの受信を許可するには、次のリンクを開いてください。", True),
    ],
)
async def test_a_machines_answer_that_names_no_mail_is_a_task_where_it_is_about_an_issuers_address(
    sent: Correspondence, sender: str, text: str, is_told: bool
) -> None:
    fields = "Return-Path: <>\nAuto-Submitted: auto-replied\n"
    after = await sent.comes(bounce(f"{text}\n", fields=fields, sender=sender))
    assert (kinds(after), len(told(sent))) == ([ReceiptKind.UNMATCHED], is_told)


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        ("suzuki@kawa-town.example", "本日は不在にしております。"),
        ("suzuki@elsewhere.example", "このメールアドレスは3月末で廃止されました。"),
    ],
)
async def test_a_machines_answer_of_others_or_about_an_absence_is_none(
    sent: Correspondence, sender: str, text: str
) -> None:
    fields = "Return-Path: <>\nAuto-Submitted: auto-replied\n"
    assert kinds(await sent.comes(bounce(f"{text}\n", fields=fields, sender=sender))) == []


async def test_the_bounce_of_a_colleagues_mail_in_our_thread_is_no_bounce_of_ours(sent: Correspondence) -> None:
    returned = f"{THEIRS}\nReferences: <a@b.example> {sent.message_id}\nIn-Reply-To: {sent.message_id}"
    raw = dsn(recipient("failed", "5.1.1", "hito@elsewhere.example"), envid="", returned=returned)
    before = sent.submission
    await sent.comes(raw)
    assert sent.submission == before
    outer = f"References: <a@b.example> {sent.message_id} {THEIRS}\r\n".encode()
    await sent.comes(outer + raw.replace(b"report.1", b"report.2"))
    assert sent.submission == before


async def test_a_failure_about_our_mail_to_people_or_a_rehearsal_is_no_submissions(sent: Correspondence) -> None:
    before = sent.submission
    alarm = f"<{'0' * 20}.a1@{OFFICE.partition('@')[2]}>"
    await sent.comes(dsn(recipient("failed", "5.1.1", CC), envid="", returned=alarm))
    assert sent.submission == before


@pytest.mark.parametrize("path", ["", "Return-Path: <>\r\n"])
async def test_an_announcement_that_speaks_of_failures_stays_one(sent: Correspondence, path: str) -> None:
    """Some systems send with an empty Return-Path, and name the addresses of offices."""
    guarantor = next(each for each in sent.office.pipeline.active_config.configuration.guarantors if each.subjects)
    announced = bounce(f"本メールは配信できませんでした。{TO}\n", sender="info@surety.example")
    announced = announced.replace(b"Subject: failure notice", f"Subject: {guarantor.subjects[0]}".encode())
    sent.office.mails.received.append(path.encode() + announced)
    await sent.office.take_in()
    assert list(sent.office.store.messages("main"))[-1].end is Disposition.ANNOUNCEMENT


def test_the_days_in_which_a_failure_may_come_are_those_in_which_servers_try() -> None:
    assert dt.timedelta(days=5) <= BOUNCE_MAY_COME <= dt.timedelta(days=14)


async def test_the_bounce_of_our_mail_to_people_is_about_no_submission_that_its_text_names(
    sent: Correspondence,
) -> None:
    before = sent.submission
    alarm = f"<{'0' * 20}.a1@{OFFICE.partition('@')[2]}>"
    raw = dsn(recipient("failed", "5.1.1", CC), envid="", returned=f"{alarm}\nX-Text: {sent.message_id}")
    await sent.comes(raw)
    assert sent.submission == before


async def test_our_own_address_in_a_gateways_notice_is_not_the_one_that_failed(sent: Correspondence) -> None:
    before = sent.submission
    raw = bounce(
        f"メールを配信できませんでした。\n送信元：{OFFICE}\n送信先：hito@elsewhere.example\n",
        fields="Return-Path: <>\n",
        sender="gw@x.example",
    )
    await sent.comes(raw)
    assert sent.submission == before


def test_the_program_counts_it_shows_it_and_tells_it(mailroom: Callable[..., Mailroom]) -> None:
    one = a_form()
    room = mailroom(projects=[project(one.project, "kawa", one.number)])
    room.office.save_notice("a.pdf", notice(one))
    room.office.run_once()
    number = room.office.only(one)["id"]
    room.deliver(bounce(GATEWAY.format(to=TO), fields="Return-Path: <>\n", sender="gw@x.example"))
    looked = room.office.run_once()
    assert (looked.code, "以前の件の変更 1件" in looked.out) == (1, True), "a person has to look"
    tasks = room.office("tasks").out
    assert "どの提出のものか分からない不達通知" in tasks
    assert f"done {number}" in tasks
    assert any("届いていない可能性" in told.subject and TO in told.text for told in room.tellings)
    room.office("done", str(number), "--by", "山田 花子", "--note", "電話で確認")
    assert "どの提出のものか分からない不達通知" not in room.office("tasks").out
