"""Replies to an office: matched, recorded, applied if the states allow, and shown to people.

The way from the store to the socket is real; what comes back is put into the mailbox.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support import decided
from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.office import Mailroom, a_form, a_mail, notice, wire
from tests.support.returned import dsn, qmail, read_receipt, recipient, reply
from tests.support.small_office import Settings, SmallOffice, form, mail_with
from tests.support.world import HANAKO, OFFICE, project
from worker.approve import decisions
from worker.audit.chain import canonical
from worker.core.model import ReceiptKind, Submission
from worker.core.states import Reason, State

TO, CC = "doboku@kawa-town.example", "genba@contractor.example"
CLERK = "tanaka@kawa-town.example"
DELIVERED, FAILED = ("delivered", "2.0.0"), ("failed", "5.1.1")


class Correspondence:
    """An office whose only submission has been handed over, and the mails that come back to it."""

    def __init__(self, office: SmallOffice) -> None:
        self.office = office

    @property
    def submission(self) -> Submission:
        return self.office.only()

    @property
    def message_id(self) -> str:
        assert self.submission.composed.draft is not None
        return self.submission.composed.draft.message_id

    @property
    def envid(self) -> str:
        """The envelope id given to the mail server; the recipients of the mail do not see it."""
        (started,) = self.office.store.entries(self.submission.id, ["SendStarted"])
        return str(started.detail["envid"])

    async def comes(self, *mails: bytes) -> Submission:
        self.office.mails.received += mails
        await self.office.take_in()
        return self.submission

    async def is_answered(self, mail: bytes, hours: int = 2) -> Submission:
        """A mail comes so long after ours."""
        self.office.mails.came_at = self.office.clock.now() + dt.timedelta(hours=hours)
        return await self.comes(mail)

    async def reported(self, *said: tuple[str, str, str], **report: str) -> Submission:
        """A delivery report with a block (action, status, address) each."""
        blocks = [recipient(action, status, to) for action, status, to in said]
        return await self.comes(dsn(*blocks, **{"envid": self.envid, "returned": self.message_id, **report}))

    def ends(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(row.end.value, row.submissions) for row in self.office.store.messages("main")]


@asynccontextmanager
async def a_correspondence(root: Path, at: At = At.AFTER, fault: str = "421") -> AsyncIterator[Correspondence]:
    async with MisbehavingServer(at, fault) as server:
        office = SmallOffice(root, Settings(port=server.port, notify=()))
        office.store.after_commit = lambda events: server.cue.set() if events == ["DataStarted"] else None
        office.save(form(1))
        await office.pass_once()
        try:
            yield Correspondence(office)
        finally:
            await office.stop()


@pytest.fixture
async def sent(tmp_path: Path) -> AsyncIterator[Correspondence]:
    async with a_correspondence(tmp_path) as found:
        assert found.submission.state is State.SENT
        yield found


@pytest.fixture
async def doubtful(tmp_path: Path) -> AsyncIterator[Correspondence]:
    async with a_correspondence(tmp_path, At.DOT, "close") as found:
        assert found.submission.state is State.IN_DOUBT
        yield found


# --- Reports -------------------------------------------------------------------------------------------------


async def test_a_report_is_known_by_its_envelope_id_and_moves_the_submission(sent: Correspondence) -> None:
    after = await sent.reported((*DELIVERED, TO), returned="")
    assert (after.state, sent.office.events(after.id)[-1]) == (State.DELIVERED, "Delivered")
    assert sent.ends()[-1] == ("report", (after.id,))


async def test_a_report_without_an_envelope_id_is_known_by_the_mail_it_returns(sent: Correspondence) -> None:
    after = await sent.reported((*FAILED, TO), envid="")
    assert (after.state, sent.office.alarms()) == (State.BOUNCED, ["bounced"])


async def test_a_bounce_of_no_standard_form_is_known_by_the_mail_below_it(sent: Correspondence) -> None:
    after = await sent.comes(qmail(TO, sent.message_id))
    assert (after.state, after.delivery.receipts[0].status) == (State.BOUNCED, "5.1.1")


@pytest.mark.parametrize(
    "foreign",
    [
        dsn(recipient(), envid="somebody.else.1", returned="<somebody.else@other.example>"),
        dsn(recipient(to=TO), envid="", returned="", subject="契約保証にかかる認証キー【道路改良工事】の提出について"),
        qmail(TO, "<somebody.else@other.example>"),
        reply(to="<somebody.else@other.example>", subject="Re: 契約保証にかかる認証キー【道路改良工事】の提出について"),
        b"",
    ],
)
async def test_what_is_not_about_a_mail_of_ours_changes_nothing(sent: Correspondence, foreign: bytes) -> None:
    before, head = sent.submission, sent.office.store.head()
    await sent.comes(foreign or b"Subject: nothing\r\n\r\n")
    assert (sent.submission, sent.office.store.head()) == (before, head)


async def test_the_original_of_every_receipt_is_kept_and_named_in_its_entry(sent: Correspondence) -> None:
    raw = dsn(recipient(*DELIVERED, TO), envid=sent.envid)
    after = await sent.comes(raw)
    entry = list(sent.office.store.entries(after.id))[-1]
    (said,) = entry.detail["receipts"]
    assert sent.office.store.original(said["mail"]) == raw
    assert (said["kind"], said["recipient"], said["status"]) == ("delivered", TO, "2.0.0")


async def test_the_bounce_of_a_copy_is_a_task_and_the_state_stays(sent: Correspondence) -> None:
    after = await sent.reported((*FAILED, CC), (*DELIVERED, TO))
    assert (after.state, [each.recipient for each in after.delivery.unread]) == (State.DELIVERED, [CC])
    decisions.record_done(sent.office.store, after.id, HANAKO, "本人に口頭で連絡")
    assert sent.submission.delivery.unread == ()


async def test_a_bounce_after_the_confirmation_is_an_entry_with_a_task(sent: Correspondence) -> None:
    decisions.confirm(sent.office.store, sent.submission.id, HANAKO, "土木課 田中様", None)
    after = await sent.reported((*FAILED, TO))
    assert (after.state, after.delivery.unread[0].kind) == (State.CONFIRMED, ReceiptKind.FAILED)
    assert sent.office.events(after.id)[-1] == "CameBack"


async def test_a_report_of_the_operators_mail_changes_nothing(tmp_path: Path) -> None:
    async with MisbehavingServer(At.AFTER, "421") as server:
        office = SmallOffice(tmp_path, Settings(port=server.port))
        office.mails.received.append(mail_with(form(9)))  # no such project: held, with an alarm
        await office.pass_once()
        (told,) = [each for each in server.messages if b"Auto-Submitted" in each]
        alarm_id = told.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()
        head, alarms = office.store.head(), office.alarms()
        office.mails.received.append(dsn(recipient(to=OFFICE), envid="", returned=alarm_id))
        await office.take_in()
        assert (office.store.head(), office.alarms()) == (head, alarms)
        await office.stop()


# --- In doubt ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([(*DELIVERED, TO)], State.DELIVERED),
        ([("delayed", "4.4.1", TO)], State.DELAYED),
        ([(*FAILED, TO)], State.BOUNCED),
        ([(*DELIVERED, CC)], State.SENT),
    ],
)
async def test_a_report_with_our_envelope_id_resolves_what_was_in_doubt_and_nothing_is_sent_again(
    doubtful: Correspondence, said: list[tuple[str, str, str]], state: State
) -> None:
    after = await doubtful.reported(*said, returned="")
    assert (after.state, after.delivery.sent_at is not None) == (state, True)
    doubtful.office.clock.let_pass(hours=24)
    done = await doubtful.office.finish()
    assert (done.sent, doubtful.submission.delivery.tries) == (0, 1)


async def test_a_report_that_contradicts_a_statement_holds_it_anew_whatever_was_approved(
    doubtful: Correspondence,
) -> None:
    office = doubtful.office
    active_config = office.pipeline.active_config
    office.clock.let_pass(hours=1)
    number = doubtful.submission.id
    held = decided.resolve_not_sent(office.store, active_config, number, HANAKO, office.clock.now())
    after = await doubtful.reported((*DELIVERED, TO))
    assert after.state is State.HELD
    assert [hold.reason for hold in held.reasons] == [Reason.NOT_SENT]
    assert [hold.reason for hold in after.reasons] == [Reason.MAYBE_SENT]
    assert office.alarms()[-1] == "came_back"
    decided.approve(office.store, active_config, after.id, after.label, HANAKO, "それでも", office.clock.now())
    done = await office.finish()
    assert (done.sent, doubtful.submission.state) == (0, State.DELIVERED)


async def test_a_report_that_came_before_an_old_backup_knew_the_mail_keeps_it_from_leaving_twice(
    sent: Correspondence, tmp_path: Path
) -> None:
    report = dsn(recipient(*DELIVERED, TO), envid=sent.envid, returned="")
    async with MisbehavingServer(At.AFTER, "421") as server:
        restored = SmallOffice(tmp_path / "restored", Settings(port=server.port, notify=()))
        restored.mails.received.append(report)
        await restored.pass_once()
        assert restored.store.submissions() == ()
        restored.save(form(1))
        done = await restored.pass_once()
        assert done.broken is not None
        assert (done.broken.code, done.sent) == ("unknown_mail", 0), "this store never sent it"
        decisions.resume(restored.store, HANAKO)
        restored.clock.let_pass(minutes=1)
        done = await restored.pass_once()
        assert (done.sent, restored.only().state, server.messages) == (0, State.DELIVERED, [])
        await restored.stop()


# --- Replies -------------------------------------------------------------------------------------------------


async def test_a_reply_of_the_issuer_is_a_task_with_its_text_and_confirms_nothing(sent: Correspondence) -> None:
    after = await sent.comes(reply("届いていません。\n", to=sent.message_id, sender=CLERK))
    assert (after.state, [each.text for each in after.delivery.unread]) == (State.SENT, ["届いていません。"])
    assert sent.ends()[-1] == ("reply", (after.id,))
    decisions.report_not_accepted(sent.office.store, after.id, HANAKO, "返信のとおり", None)
    assert (sent.submission.state, sent.submission.delivery.unread) == (State.BOUNCED, ())


async def test_the_key_stands_in_no_entry_of_a_reply_that_quotes_it(sent: Correspondence) -> None:
    key = form(1).key
    after = await sent.comes(reply(f"キー {key} では開けません。\n{' '.join(key)}\n", to=sent.message_id, sender=CLERK))
    assert "********" in after.delivery.unread[0].text
    assert all(key not in canonical(entry.detail) + canonical(entry.set) for entry in sent.office.store.entries())
    assert " ".join(key) not in after.delivery.unread[0].text


@pytest.mark.parametrize(
    ("mail", "kind"),
    [
        ({"sender": CLERK, "Auto_Submitted": "auto-replied"}, ReceiptKind.AUTOMATIC),
        ({"sender": CLERK, "subject": "不在通知：Re: 提出について"}, ReceiptKind.AUTOMATIC),
        ({"sender": "sato@contractor.example"}, ReceiptKind.ANOTHERS),
    ],
)
async def test_what_is_no_answer_of_the_issuer_is_recorded_and_no_task(
    sent: Correspondence, mail: dict[str, str], kind: ReceiptKind
) -> None:
    after = await sent.comes(reply(to=sent.message_id, **mail))
    assert ([each.kind for each in after.delivery.receipts], after.delivery.unread, after.state) == (
        [kind],
        (),
        State.SENT,
    )


async def test_a_read_receipt_is_recorded_and_confirms_nothing(sent: Correspondence) -> None:
    after = await sent.comes(read_receipt(sent.message_id, CLERK))
    assert ([each.kind for each in after.delivery.receipts], after.delivery.unread) == ([ReceiptKind.READ], ())


async def test_a_paper_that_the_issuer_encloses_is_no_notice_and_what_a_colleague_encloses_may_be(
    sent: Correspondence,
) -> None:
    about = b"In-Reply-To: " + sent.message_id.encode() + b"\r\n"
    paper = wire(
        a_mail("Re: 提出について", ("受領書.pdf", b"%PDF x"), sender=CLERK, text="認証キーの件、添付のとおりです。")
    )
    after = await sent.comes(about + paper)
    assert [each.kind for each in after.delivery.unread] == [ReceiptKind.REPLY]
    sent.office.mails.received.append(about + mail_with(form(3), number=77))
    await sent.office.take_in()
    assert len(sent.office.store.submissions()) == 2
    assert sent.ends()[-1] == ("submission", (after.id, after.id + 1))


# --- What people see -----------------------------------------------------------------------------------------


def test_list_show_tasks_and_log_tell_what_came_back_in_office_words(mailroom: Callable[..., Mailroom]) -> None:
    one = a_form()
    room = mailroom(projects=[project(one.project, "kawa", one.number)])
    room.office.save_notice("a.pdf", notice(one))
    room.office.run_once()
    own = room.office.only(one)
    room.deliver(dsn(recipient(*FAILED, TO, "smtp; 550 5.1.1 User unknown"), envid="", returned=own["message_id"]))
    assert room.office.run_once().code == 1, "what comes back waits for a person"
    bounced = room.office.only(one)
    assert (bounced["state"], bounced["receipts"][0]["status"]) == ("BOUNCED", "5.1.1")
    number = str(own["id"])
    assert "アドレスの誤り、または廃止（5.1.1）" in room.office("list").out
    shown = room.office("show", number).out
    assert shown.count("アドレスの誤り、または廃止（5.1.1）") >= 2
    assert "550 5.1.1 User unknown" in shown
    assert "アドレスの誤り、または廃止" in room.office("log").out
    assert any("アドレスの誤り" in told.text for told in room.tellings)
    assert f"resend {number}" in room.office("tasks").out


# --- Answers that name no mail of ours --------------------------------------------------------------------------


def unthreaded(subject: str, sender: str = CLERK, text: str = "届いていないようです。再送をお願いします。") -> bytes:
    return wire(a_mail(subject, sender=sender, text=text))


async def test_an_answer_without_fields_is_known_by_our_subject_and_read_by_a_person(sent: Correspondence) -> None:
    """Programs and gateways of offices drop In-Reply-To and References."""
    assert sent.submission.composed.draft is not None
    subject = sent.submission.composed.draft.subject
    for place, (written, sender) in enumerate([(f"RE: {subject}", CLERK), (f"【川北町】Re：{subject}", TO)]):
        submission = await sent.is_answered(unthreaded(written, sender))
        assert submission.state is State.SENT
        news = submission.delivery.unread[place]
        assert (news.kind, news.sender) == (ReceiptKind.REPLY, sender)
        assert "再送をお願いします" in news.text
        assert sent.ends()[place] == ("reply", (submission.id,))


async def test_a_mail_about_a_key_from_an_address_that_was_written_to_is_read_by_a_person(sent: Correspondence) -> None:
    submission = await sent.is_answered(unthreaded("認証キーの提出について（再送のお願い）", TO))
    assert [each.kind for each in submission.delivery.unread] == [ReceiptKind.REPLY]
    assert "認証キーの提出について（再送のお願い）" in submission.delivery.unread[0].text
    assert submission.state is State.SENT


async def test_a_mail_that_names_a_project_of_ours_is_read_by_a_person_if_its_writer_was_written_to(
    sent: Correspondence,
) -> None:
    name, number = sent.submission.destination.project_name, sent.submission.notice.contract_number
    for text in (f"{name}の件、書類に不備があります。", f"{number} は契約と異なるようです。"):
        before = len(sent.submission.delivery.unread)
        assert len((await sent.is_answered(unthreaded("書類の不備について", TO, text))).delivery.unread) == before + 1
        assert not (await sent.is_answered(unthreaded("書類の不備", CLERK, text))).delivery.unread[before + 1 :]


async def test_a_mail_that_answers_nothing_of_ours_stays_what_it_is(sent: Correspondence) -> None:
    assert sent.submission.composed.draft is not None
    subject = sent.submission.composed.draft.subject
    for mail in (
        unthreaded("入札説明会のご案内", TO),
        unthreaded(f"RE: {subject}", "someone@elsewhere.example"),
        unthreaded(f"RE: {subject}", "colleague@contractor.example"),
        unthreaded("認証キーの提出について", CLERK),
        unthreaded("認証キーの提出について", CC),
    ):
        assert not (await sent.is_answered(mail)).delivery.unread
    assert not any(numbers for _, numbers in sent.ends())


async def test_many_answers_without_fields_of_one_writer_fill_no_log(sent: Correspondence) -> None:
    assert sent.submission.composed.draft is not None
    subject = sent.submission.composed.draft.subject
    for number in range(9):
        await sent.is_answered(unthreaded(f"RE: {subject}", TO, text=f"{number}通目です。"))
    assert 1 < len(sent.submission.delivery.unread) < 5
    assert len([*sent.office.store.entries(sent.submission.id, ["CameBack"])]) < 5
    assert sent.ends() == [("reply", (sent.submission.id,))] * 9


async def test_an_answer_without_fields_proves_nothing_of_a_mail_in_doubt(tmp_path: Path) -> None:
    async with a_correspondence(tmp_path, At.DOT, "close") as doubtful:
        assert doubtful.submission.state is State.IN_DOUBT
        assert doubtful.submission.composed.draft is not None
        submission = await doubtful.is_answered(unthreaded(f"RE: {doubtful.submission.composed.draft.subject}", TO))
        assert submission.state is State.IN_DOUBT
        assert [each.kind for each in submission.delivery.unread] == [ReceiptKind.REPLY]


async def test_an_old_mail_has_no_answer_without_fields(sent: Correspondence) -> None:
    assert sent.submission.composed.draft is not None
    mail = unthreaded(f"RE: {sent.submission.composed.draft.subject}", TO)
    assert not (await sent.is_answered(mail, hours=24 * 90)).delivery.unread
