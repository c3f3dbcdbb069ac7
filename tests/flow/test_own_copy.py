"""``[smtp] copy_to``: one more recipient that no header names, and the proof in its mail when it comes back to us."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support import decided
from tests.support.decided import approve
from tests.support.holds import Said
from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.small_office import Settings, SmallOffice, form
from tests.support.world import HANAKO, REHEARSAL
from worker.core.messages import name_hold
from worker.core.model import ReceiptKind, Submission
from worker.core.states import Reason, State

COPY = "hikae@contractor.example"
TRACE = (
    b"Return-Path: <soumu@contractor.example>\r\nDelivered-To: hikae@contractor.example\r\n"
    b"Received: from mx.relay.example by imap.contractor.example;\r\n\tSat, 21 Nov 2026 09:00:01 +0900\r\n"
    b"DKIM-Signature: v=1; a=rsa-sha256; b=abc\r\n"
)
YAMA = form(2)
"""For one address alone, so that the copy is the second RCPT."""


@dataclass
class Copied:
    """An office with one notice, and the server that it hands its mail to."""

    office: SmallOffice
    server: MisbehavingServer

    @property
    def submission(self) -> Submission:
        return self.office.only()

    @property
    def recipients(self) -> list[str]:
        """Every RCPT as it was on the wire."""
        return [line.removeprefix("RCPT TO:") for line in self.server.commands if line.startswith("RCPT")]

    async def comes(self, *mails: bytes) -> Submission:
        self.office.mails.received += mails
        await self.office.take_in()
        return self.submission

    @property
    def mail(self) -> bytes:
        """The one mail to the issuer that the server read to its end."""
        (mail,) = (each for each in self.server.messages if b"Auto-Submitted" not in each)
        return mail


@asynccontextmanager
async def handing_over(
    root: Path, at: At = At.AFTER, fault: str = "421", times: int = 1, **settings: str
) -> AsyncIterator[Copied]:
    async with MisbehavingServer(at, fault, times=times) as server:
        office = SmallOffice(root, Settings(port=server.port, notify=(), **{"copy_to": COPY, **settings}))
        office.store.after_commit = lambda events: server.cue.set() if "DataStarted" in events else None
        office.save(YAMA)
        await office.pass_once()
        try:
            yield Copied(office, server)
        finally:
            await office.stop()


@pytest.fixture
async def doubtful(tmp_path: Path) -> AsyncIterator[Copied]:
    """The server took the mail, and its answer was lost."""
    async with handing_over(tmp_path, At.DOT, "close") as found:
        assert found.submission.state is State.IN_DOUBT
        yield found


# --- On the way out ------------------------------------------------------------------------------------------


async def test_the_copy_is_the_last_recipient_asks_for_no_report_and_stands_in_no_header(tmp_path: Path) -> None:
    async with handing_over(tmp_path) as sent:
        assert sent.recipients == [
            "<keiyaku@yama-city.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;keiyaku@yama-city.example",
            f"<{COPY}> NOTIFY=NEVER",
        ]
        assert b"hikae" not in sent.mail
        assert sent.submission.state is State.SENT
        assert sent.submission.composed.draft is not None
        assert sent.submission.composed.draft.recipients == ("keiyaku@yama-city.example",)
        (started,) = sent.office.store.entries(sent.submission.id, ["SendStarted"])
        assert (started.detail["recipients"], started.detail["copy_to"]) == (["keiyaku@yama-city.example"], COPY)


async def test_the_copys_address_is_no_first_address_and_never_counts_as_written_to(tmp_path: Path) -> None:
    async with handing_over(tmp_path) as sent:
        assert sent.submission.was_accepted
        assert not sent.office.store.was_sent_to(COPY, "kawa", "doboku", "")


OUTSIDE = "hikae@backup.example"


async def test_a_copy_outside_our_domain_is_asked_about_once_and_then_goes(tmp_path: Path) -> None:
    async with MisbehavingServer(At.AFTER, "421", times=0) as server:
        office = SmallOffice(tmp_path, Settings(port=server.port, notify=(), copy_to=OUTSIDE, works=(2, 4)))
        office.save(YAMA)
        office.save(form(4))
        await office.pass_once()
        first, second = office.store.submissions()
        asked = Said(Reason.FIRST_ADDRESS, f"copy_to: {OUTSIDE}")
        assert [(each.state, each.reasons) for each in (first, second)] == [(State.HELD, (asked,))] * 2
        approve(
            office.store, office.pipeline.active_config, first.id, first.label, HANAKO, "社外の控え", office.clock.now()
        )
        await office.pass_once()
        assert [each.state for each in office.store.submissions()] == [State.SENT] * 2
        office.configure(replace(office.settings, copy_to="other@backup.example"))
        office.save(form(2, key=1))
        await office.pass_once()
        assert Said(Reason.FIRST_ADDRESS, "copy_to: other@backup.example") in office.store.submission(3).reasons
        await office.stop()


async def test_a_rehearsal_outside_our_domain_goes_and_is_asked_about_until_it_is_answered(tmp_path: Path) -> None:
    asked = Said(Reason.FIRST_ADDRESS, f"rehearsal_to: {OUTSIDE}")
    async with MisbehavingServer(At.AFTER, "421", times=0) as server:
        office = SmallOffice(tmp_path, Settings(port=server.port, notify=(), rehearsal_to=OUTSIDE))
        office.save(YAMA)
        await office.pass_once()
        held = office.only()
        assert (held.delivery.rehearsals, {hold.reason for hold in held.reasons}) == (
            1,
            {Reason.REHEARSED, Reason.FIRST_ADDRESS},
        )
        assert asked in held.reasons
        assert "began_to_wait" in office.alarms()
        office.configure(replace(office.settings, rehearsal_to=""))
        await office.pass_once()
        assert asked in office.only().reasons
        label = office.only().label
        approve(
            office.store, office.pipeline.active_config, held.id, label, HANAKO, "社外で確認した", office.clock.now()
        )
        await office.pass_once()
        assert office.only().state is State.SENT
        await office.stop()


async def test_a_rehearsal_has_no_copy(tmp_path: Path) -> None:
    async with handing_over(tmp_path, rehearsal_to=REHEARSAL) as rehearsed:
        assert [each.partition(" ")[0] for each in rehearsed.recipients] == [f"<{REHEARSAL}>"]


async def test_an_address_that_gets_the_mail_anyway_gets_it_once(tmp_path: Path) -> None:
    async with MisbehavingServer(At.AFTER, "421") as server:
        office = SmallOffice(tmp_path, Settings(port=server.port, notify=(), copy_to="GENBA@contractor.example"))
        office.save(form(1))
        await office.pass_once()
        assert len([line for line in server.commands if line.startswith("RCPT")]) == 2
        await office.stop()


@pytest.mark.parametrize("fault", ["450", "550", "552", "554"])
async def test_refused_alone_the_mail_goes_without_it_and_an_entry_says_so(tmp_path: Path, fault: str) -> None:
    async with handing_over(tmp_path, At.RCPT_2, fault) as sent:
        assert (sent.submission.state, sent.submission.delivery.tries, len(sent.server.messages)) == (State.SENT, 1, 1)
        (entry,) = sent.office.store.entries(sent.submission.id, ["WithoutCopy"])
        assert entry.detail["copy_to"] == COPY
        assert entry.detail["answer"].startswith(fault)
        assert "WithoutCopy" in sent.office.events(sent.submission.id)[:-2], "in the record of the body"


@pytest.mark.parametrize("fault", ["close", "garbage", "354", "421", "double"])
async def test_a_server_that_ends_or_loses_step_at_the_copy_is_tried_again_whole(tmp_path: Path, fault: str) -> None:
    async with handing_over(tmp_path, At.RCPT_2, fault) as put_off:
        assert (put_off.submission.state, put_off.server.messages) == (State.APPROVED, [])
        put_off.office.clock.let_pass(minutes=2)
        done = await put_off.office.finish()
        assert (done.sent, put_off.submission.state) == (1, State.SENT)


async def test_a_refused_issuer_is_refused_before_the_copy_is_asked_for(tmp_path: Path) -> None:
    async with handing_over(tmp_path, At.RCPT_1, "550") as refused:
        assert (refused.submission.state, len(refused.recipients)) == (State.REFUSED, 1)


# --- On its way back -----------------------------------------------------------------------------------------


async def test_our_own_copy_resolves_what_was_in_doubt_and_nothing_is_sent_again(doubtful: Copied) -> None:
    copy = TRACE + doubtful.mail
    after = await doubtful.comes(copy)
    assert (after.state, after.delivery.silent, after.delivery.sent_at is not None) == (State.SENT, "", True)
    assert [each.kind for each in after.delivery.receipts] == [ReceiptKind.COPY]
    last = list(doubtful.office.store.entries(after.id))[-1]
    assert last.event == "ProvenSent"
    assert doubtful.office.store.original(last.detail["receipts"][0]["mail"]) == copy
    doubtful.office.clock.let_pass(hours=24)
    done = await doubtful.office.finish()
    assert (done.sent, doubtful.submission.delivery.tries, len(doubtful.server.messages)) == (0, 1, 1)


@pytest.mark.parametrize(
    "refold",
    [
        lambda mail: mail.replace(b"\r\n", b"\n"),
        lambda mail: mail + b"\r\n",
        lambda mail: mail.replace(b"Subject: ", b"Subject:\r\n "),
        lambda mail: b"X-Spam-Score: 0\r\n" + mail.replace(b"MIME-Version", b"X-Scanned: yes\r\nMIME-Version"),
    ],
)
async def test_what_relays_and_mailboxes_do_to_every_mail_takes_nothing_from_the_proof(
    doubtful: Copied, refold: Callable[[bytes], bytes]
) -> None:
    after = await doubtful.comes(TRACE + refold(doubtful.mail))
    assert after.state is State.SENT


@pytest.mark.parametrize(
    "alter",
    [
        lambda mail: mail.replace(b"Subject: ", b"Subject: Re "),
        lambda mail: mail.replace(b"To: keiyaku@yama-city.example", b"To: keiyaku@yama-clty.example"),
        lambda mail: mail.replace(b"\r\n\r\n--", b"\r\n\r\nhello\r\n--", 1),
        lambda mail: mail.replace(b"Date: ", b"Date: Sat, 21 Nov 2026 09:00:00 +0900\r\nX-Date: ", 1),
        lambda mail: b"Subject: another\r\n" + mail,
        lambda mail: mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
        lambda mail: mail[: len(mail) // 2],
    ],
)
async def test_a_copy_that_is_not_what_was_handed_over_proves_nothing_and_is_kept(
    doubtful: Copied, alter: Callable[[bytes], bytes]
) -> None:
    altered = alter(doubtful.mail)
    assert altered != doubtful.mail
    after = await doubtful.comes(TRACE + altered)
    assert (after.state, after.delivery.receipts) == (State.IN_DOUBT, ())
    entry = list(doubtful.office.store.entries(after.id))[-1]
    assert entry.event == "OtherCopy"
    assert doubtful.office.store.original(entry.detail["mail"]) == TRACE + altered


async def test_the_copy_of_a_mail_that_was_accepted_is_a_row_and_no_entry(tmp_path: Path) -> None:
    async with handing_over(tmp_path) as sent:
        head, before = sent.office.store.head(), sent.submission
        assert await sent.comes(TRACE + sent.mail) == before
        assert sent.office.store.head() == head
        (row,) = sent.office.store.messages("main")
        assert (row.end.value, row.submissions) == ("own", ())


async def test_a_copy_of_what_was_stated_unsent_holds_it_anew_and_proves_it_when_it_would_be_sent(
    doubtful: Copied,
) -> None:
    office = doubtful.office
    office.clock.let_pass(hours=1)
    decided.resolve_not_sent(
        office.store, office.pipeline.active_config, doubtful.submission.id, HANAKO, office.clock.now()
    )
    after = await doubtful.comes(TRACE + doubtful.mail)
    assert (after.state, [hold.reason for hold in after.reasons]) == (State.HELD, [Reason.MAYBE_SENT])
    assert "控え" in name_hold(after.reasons[0], "ja")
    assert office.alarms()[-1] == "came_back"
    decided.approve(
        office.store, office.pipeline.active_config, after.id, after.label, HANAKO, "それでも", office.clock.now()
    )
    done = await office.finish()
    assert (done.sent, doubtful.submission.state, len(doubtful.server.messages)) == (0, State.SENT, 1)


async def test_a_forged_copy_of_what_was_stated_unsent_keeps_it_from_leaving_only_until_a_person_says_so(
    doubtful: Copied,
) -> None:
    office = doubtful.office
    office.clock.let_pass(hours=1)
    decided.resolve_not_sent(
        office.store, office.pipeline.active_config, doubtful.submission.id, HANAKO, office.clock.now()
    )
    after = await doubtful.comes(TRACE + doubtful.mail.replace(b"Subject: ", b"Subject: x"))
    assert after.state is State.HELD
    decided.approve(
        office.store, office.pipeline.active_config, after.id, after.label, HANAKO, "偽物", office.clock.now()
    )
    done = await office.finish()
    assert (done.sent, doubtful.submission.state) == (1, State.SENT)


async def test_a_copy_keeps_what_was_put_off_from_leaving_a_second_time(tmp_path: Path) -> None:
    """A relay that says 450 to the final dot and delivers the mail."""
    async with handing_over(tmp_path) as first:
        taken = first.mail
    async with handing_over(tmp_path / "again", At.DOT, "450") as put_off:
        assert put_off.submission.state is State.APPROVED
        await put_off.comes(TRACE + taken)
        put_off.office.clock.let_pass(minutes=2)
        done = await put_off.office.finish()
        assert (done.sent, put_off.submission.state, put_off.server.messages) == (0, State.SENT, [])


@pytest.mark.parametrize(
    "change",
    [
        lambda mail: mail.replace(b"Subject: ", b"Subject: x"),
        lambda mail: re.sub(rb"(?m)^Date: .*?\r", b"Date: 1 Jan 99999999999999 00:00:00 +0000\r", mail),
    ],
    ids=["subject", "a date that no clock knows"],
)
async def test_another_mail_under_the_same_name_holds_what_is_about_to_leave_once(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    async with handing_over(tmp_path) as first:
        taken = first.mail
    async with handing_over(tmp_path / "again", At.DOT, "450") as put_off:
        await put_off.comes(TRACE + change(taken))
        office = put_off.office
        office.clock.let_pass(minutes=2)
        done = await office.finish()
        assert (done.sent, done.began_to_wait, put_off.submission.state) == (0, 1, State.HELD)
        decided.approve(
            office.store,
            office.pipeline.active_config,
            put_off.submission.id,
            put_off.submission.label,
            HANAKO,
            "確認済み",
            office.clock.now(),
        )
        done = await office.finish()
        assert (done.sent, put_off.submission.state) == (1, State.SENT)
