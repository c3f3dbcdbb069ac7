"""Limits on the time, the space and the tasks that strangers can cost: bounded, reported, and nothing of it lost.

Time is the event loop's own; a PDF bomb takes all that it may, and no processor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.flow.test_silence_and_telling import Days
from tests.support import notice_pdfs as made
from tests.support.fakes import folder_of, mailbox_of
from tests.support.known_addresses import record_past_submission
from tests.support.office import HANAKO, Mailroom, a_form, a_mail, notice
from tests.support.small_office import Form, Settings, SmallOffice, form, mail_with
from tests.support.strangers import Children, LoopClock, OwnTime, bomb, mail_of, mail_of_bombs
from tests.support.world import START, project
from worker.cli import decide
from worker.core.model import Disposition, Product, ReceiptKind
from worker.core.states import AlarmCause, Reason, State
from worker.pipeline.pipeline import watch_folder_until_settled
from worker.pipeline.read import IN_THREAD
from worker.read.budget import (
    DISK_AGAIN,
    FREE_DISK,
    HOLDS_PER_MAIL,
    OF_STRANGERS,
    SLOW_PDFS,
    STRANGERS_PDF_SECONDS,
    WINDOW,
    WINDOW_SECONDS,
    Lane,
)
from worker.store.sqlite.store import SqlStore
from worker.watch.folder.notices import NoticeDirectory

KEYED = "認証キーのお知らせの件"
DAMAGED = b"%PDF-1.4 nothing to read "


class Scene:
    """A small office whose children take their time."""

    def __init__(self, root: Path, children: int, **settings: Any) -> None:
        self.children = Children(children)
        self.office = SmallOffice(root, Settings(**{"mode": "approve", "notify": (), **settings}), LoopClock())
        self.bind()

    def bind(self) -> None:
        self.office.reader, self.office.readers = self.children, self.children.for_mail
        self.office.start()

    async def begin(self) -> None:
        """The first look: what comes from now on is new."""
        await self.office.pipeline.watch_mailbox(mailbox_of(self.office.mails), None)

    async def look(self, *mails: bytes) -> float:
        """Deliver and look; the seconds that it took."""
        began = asyncio.get_running_loop().time()
        self.office.mails.received += mails
        await self.office.pipeline.watch_mailbox(mailbox_of(self.office.mails), None)
        return asyncio.get_running_loop().time() - began

    async def look_until_read(self) -> int:
        """Look every minute until nothing is put off; how often."""
        looks = 0
        while self.rows(Disposition.PUT_OFF):
            await asyncio.sleep(60)
            await self.look()
            looks += 1
            assert looks < 600
        return looks

    async def save(self, each: Form) -> None:
        self.office.save(each)
        await watch_folder_until_settled(self.office.pipeline, folder_of(NoticeDirectory(self.office.notices)))

    def rows(self, *ends: Disposition) -> list[Any]:
        return list(self.office.store.messages("main", *ends))

    def holds(self) -> list[tuple[str, str, str]]:
        """Reason, why and number of files of everything held."""
        return [
            (hold.reason.value, hold.code, str(hold.params.get("files", "")))
            for each in self.office.store.submissions(State.HELD)
            for hold in each.reasons
            if hold.reason is not Reason.SENDER_UNPROVEN
        ]

    def originals(self) -> int:
        with self.office.store.writing() as writing:
            return int(writing._scalar("SELECT count(*) FROM originals"))


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., Scene]:
    """Runs a scene on a clock of its own."""

    def run(act: Callable[[Scene], Awaitable[None]], children: int = 2, **settings: Any) -> Scene:
        async def whole() -> Scene:
            scene = Scene(tmp_path, children, **settings)
            await scene.begin()
            await act(scene)
            return scene

        with asyncio.Runner(loop_factory=OwnTime) as runner:
            return runner.run(whole())

    return run


# --- One mail ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["お見積りの件", KEYED])
def test_a_mail_of_many_bombs_is_read_up_to_the_second_and_its_rest_waits_as_one(
    play: Callable[..., Scene], subject: str
) -> None:
    async def act(scene: Scene) -> None:
        took = await scene.look(mail_of_bombs(900, 1, subject))
        assert took == SLOW_PDFS * STRANGERS_PDF_SECONDS

    scene = play(act)
    assert scene.children.read_bombs == [Lane.STRANGERS] * SLOW_PDFS
    own = [("too_slow", "", "")] * SLOW_PDFS if subject == KEYED else []
    assert scene.holds() == [*own, ("rest_unread", "slow", str(900 - SLOW_PDFS))]
    (row,) = scene.rows(Disposition.HELD)
    assert scene.office.store.original(row.sha256).count(b"application/pdf") == 900  # the mail itself is kept


def test_a_second_slow_pdf_ends_a_colleagues_mail_as_well(play: Callable[..., Scene]) -> None:
    """He may have forwarded a stranger's."""

    async def act(scene: Scene) -> None:
        mail = mail_with(form(1), number=3).replace(b'filename="40213-000001.pdf"', b'filename="first.pdf"')
        boundary = mail.partition(b'boundary="')[2].partition(b'"')[0]
        parts = b"".join(
            b"--%s\r\nContent-Type: application/pdf\r\n\r\n%s\r\n" % (boundary, bomb(number)) for number in range(30)
        )
        await scene.look(mail.replace(b"--%s--" % boundary, parts + b"--%s--" % boundary))

    scene = play(act)
    assert scene.children.read_bombs == [Lane.OURS] * SLOW_PDFS
    assert sorted(scene.holds()) == [("approval", "", ""), ("rest_unread", "slow", str(30 - SLOW_PDFS))]


def test_a_notice_behind_as_many_files_as_are_read_is_not_lost(play: Callable[..., Scene]) -> None:
    async def act(scene: Scene) -> None:
        fillers = [DAMAGED + b"%d" % number for number in range(OF_STRANGERS.pdfs)]
        await scene.look(mail_of(*fillers, form(1).pdf, number=1), mail_of(*fillers, number=2))

    scene = play(act)
    assert scene.holds() == [("rest_unread", "files", "1")]
    assert [row.end for row in scene.rows()] == [Disposition.HELD, Disposition.NOT_OURS]


@pytest.mark.parametrize(("files", "rest"), [(5, None), (6, "1"), (20, "15"), (900, "895")])
def test_unreadable_files_of_one_mail_wait_each_up_to_five_and_then_as_one(
    play: Callable[..., Scene], files: int, rest: str | None
) -> None:
    async def act(scene: Scene) -> None:
        await scene.look(mail_of(*(DAMAGED + b"%d" % number for number in range(files)), number=1, subject=KEYED))

    scene = play(act)
    code = "files" if files > OF_STRANGERS.pdfs else "holds"
    expected = [("damaged", "", "")] * min(files, HOLDS_PER_MAIL)
    assert scene.holds() == [*expected, *([("rest_unread", code, rest)] if rest else [])]


def test_a_notice_beside_many_files_is_taken_and_the_rest_is_told(play: Callable[..., Scene]) -> None:
    async def act(scene: Scene) -> None:
        fillers = [DAMAGED + b"%d" % number for number in range(40)]
        await scene.look(mail_of(form(1).pdf, *fillers, number=1, subject=KEYED))

    scene = play(act)
    taken = [each for each in scene.office.store.submissions() if each.notice.contract_number]
    assert [each.notice.contract_number for each in taken] == [form(1).number]
    assert scene.holds().count(("damaged", "", "")) == HOLDS_PER_MAIL
    assert ("rest_unread", "files", str(40 - HOLDS_PER_MAIL)) in scene.holds()


def test_a_sender_whose_pdfs_were_slow_has_one_more_in_its_next_mail(play: Callable[..., Scene]) -> None:
    async def act(scene: Scene) -> None:
        for number in range(3):
            mails = [mail_of(*(bomb(100 * number + n) for n in range(9)), number=number, sender="a@x.example")]
            await scene.look(*mails)
        await scene.look(mail_of(bomb(900), bomb(901), bomb(902), number=9, sender="b@x.example"))

    scene = play(act)
    assert [files for _, _, files in scene.holds()] == ["7", "8", "8", "1"]


# --- All strangers together ----------------------------------------------------------------------------------


@pytest.mark.parametrize("children", [1, 2, 4])
def test_mails_of_bombs_beyond_a_minute_of_a_child_are_put_off_and_told_and_read_in_the_end(
    play: Callable[..., Scene], children: int
) -> None:
    async def act(scene: Scene) -> None:
        took = await scene.look(*(mail_of_bombs(30, number) for number in range(25)))
        assert took <= WINDOW_SECONDS
        put_off = scene.rows(Disposition.PUT_OFF)
        assert len(put_off) == 20
        assert {row.why for row in put_off} == {"put off: time"}
        assert all(row.submissions == () and row.sha256 is None for row in put_off)
        assert scene.office.alarms().count("put_off:time:mail:main") == 1
        began = asyncio.get_running_loop().time()
        await scene.look_until_read()
        hours = (asyncio.get_running_loop().time() - began) / 3600
        assert len(scene.children.read_bombs) == 25 * SLOW_PDFS
        spent = 25 * SLOW_PDFS * STRANGERS_PDF_SECONDS
        assert spent <= 600 * (hours + WINDOW.total_seconds() / 3600)

    scene = play(act, children)
    assert len(scene.holds()) == 25  # each mail is one
    assert {row.end for row in scene.rows()} == {Disposition.HELD}


def test_a_strangers_notice_that_was_put_off_is_read_in_its_turn(play: Callable[..., Scene]) -> None:
    async def act(scene: Scene) -> None:
        mails = [mail_of_bombs(30, number) for number in range(9)]
        await scene.look(*mails, mail_of(form(1).pdf, number=99, subject=KEYED))
        assert scene.rows()[-1].end is Disposition.PUT_OFF
        await scene.look_until_read()

    scene = play(act)
    (taken,) = [each for each in scene.office.store.submissions() if each.notice.contract_number]
    assert (taken.notice.contract_number, taken.source.proven) == (form(1).number, False)


def test_the_folder_and_a_proven_mail_go_on_while_strangers_are_put_off(play: Callable[..., Scene]) -> None:
    async def act(scene: Scene) -> None:
        strangers = [mail_of_bombs(30, number) for number in range(50)]
        looking = asyncio.create_task(scene.look(*strangers, mail_with(form(1), number=77)))
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
        await scene.save(form(2))
        assert asyncio.get_running_loop().time() - began < 3  # the file settles for two seconds
        assert await looking <= WINDOW_SECONDS

    scene = play(act)
    assert {each.notice.contract_number for each in scene.office.store.submissions() if each.source.proven} == {
        form(1).number,
        form(2).number,
    }


def test_a_mail_put_off_that_is_deleted_is_not_asked_for_again(play: Callable[..., Scene]) -> None:
    async def act(scene: Scene) -> None:
        await scene.look(*(mail_of_bombs(3, number) for number in range(9)))
        (first, *_) = scene.rows(Disposition.PUT_OFF)
        mails = scene.office.mails
        fetch_summaries = mails.fetch_summaries
        mails.fetch_summaries = lambda uids: tuple(each for each in fetch_summaries(uids) if each.uid != first.uid)  # type: ignore[method-assign]  # of this test
        await scene.look_until_read()
        gone = next(row for row in scene.rows() if row.uid == first.uid)
        assert (gone.end, gone.why) == (Disposition.NOT_OURS, "gone")

    play(act)


@pytest.mark.parametrize("is_low", [True, False])
def test_an_answer_about_ours_counts_at_once_and_its_files_that_have_no_turn_wait_for_a_person(
    play: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch, is_low: bool
) -> None:
    free = [FREE_DISK]
    monkeypatch.setattr(SqlStore, "free_disk", lambda self: free[0])

    async def act(scene: Scene) -> None:
        if is_low:
            free[0] = 0
        else:
            await scene.look(*(mail_of_bombs(3, number) for number in range(9)))
            assert scene.rows(Disposition.PUT_OFF)
        ours = record_past_submission(scene.office.store, "yama", Product.CONTRACT, ["x@yama-city.example"])
        reply = mail_of(form(1).pdf, number=70, subject="Re: 以前の提出", sender="x@yama-city.example")
        about = b"In-Reply-To: " + ours.composed.draft.message_id.encode() + b"\r\nMIME-Version"
        await scene.look(reply.replace(b"MIME-Version", about, 1))
        after = scene.office.store.submission(ours.id)
        assert [each.kind for each in after.delivery.receipts] == [ReceiptKind.REPLY]
        row = scene.rows()[-1]
        assert row.end is Disposition.HELD
        assert row.submissions[0] == ours.id
        assert scene.holds()[-1] == ("rest_unread", "turn", "1")

    play(act)


def test_a_restart_forgets_no_mail_that_was_put_off(play: Callable[..., Scene]) -> None:
    async def act(scene: Scene) -> None:
        await scene.look(*(mail_of_bombs(3, number) for number in range(9)))
        assert scene.rows(Disposition.PUT_OFF)
        await scene.office.restart()
        scene.bind()
        await scene.look_until_read()

    scene = play(act)
    assert len(scene.holds()) == 9


def test_after_a_restart_no_strangers_bomb_stands_before_what_is_to_be_sent(play: Callable[..., Scene]) -> None:
    async def act(scene: Scene) -> None:
        await scene.look(*(mail_of_bombs(3, number, KEYED) for number in range(4)))
        await scene.office.restart()
        scene.bind()
        began = asyncio.get_running_loop().time()
        await scene.office.pipeline.reevaluate_waiting()
        assert asyncio.get_running_loop().time() - began < 1

    scene = play(act)
    assert len(scene.children.read_bombs) == 4 * SLOW_PDFS


def test_files_of_strangers_that_could_not_be_read_are_tried_again_after_a_restart(play: Callable[..., Scene]) -> None:
    async def act(scene: Scene) -> None:
        await scene.look(mail_of(form(1).pdf.replace(b"%PDF-1.4", b"%PDF-1.9"), number=1, subject=KEYED))
        assert scene.holds() == [("damaged", "", "")]
        await scene.office.restart()
        scene.bind()
        original = scene.office.store.original
        scene.office.store.original = lambda digest: original(digest).replace(b"%PDF-1.9", b"%PDF-1.4")  # type: ignore[method-assign]  # of this test
        await scene.office.pipeline.reevaluate_waiting()

    scene = play(act)
    assert scene.office.only().notice.contract_number == form(1).number


async def test_while_a_large_mail_of_parts_within_parts_is_taken_apart_the_loop_goes_on(tmp_path: Path) -> None:
    office = SmallOffice(tmp_path, Settings(notify=()))
    depth, line = 60, b"a b c\r\n"
    inner = b"Content-Type: text/plain\r\n\r\n" + line * (2 * IN_THREAD // len(line))
    for level in range(depth):
        head = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        inner = head + inner + b"\r\n--b%d--\r\n" % level
    office.mails.received.append(b"From: a@x.example\r\nMessage-ID: <a@x.example>\r\n" + inner)
    looking = asyncio.create_task(office.pipeline.watch_mailbox(mailbox_of(office.mails), START.date()))
    turns = 0
    while not looking.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100  # nothing else runs during each of its few steps
    assert [row.end for row in office.store.messages("main")] == [Disposition.NOT_OURS]
    await office.stop()


# --- Space ---------------------------------------------------------------------------------------------------


def test_below_the_floor_of_free_disk_strangers_mails_stay_where_they_are_and_ours_are_taken(
    play: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [FREE_DISK - 1]
    monkeypatch.setattr(SqlStore, "free_disk", lambda self: free[0])

    async def act(scene: Scene) -> None:
        before = scene.originals()
        await scene.look(mail_of(form(1).pdf, number=1, subject=KEYED), mail_of(DAMAGED, number=2))
        assert [row.why for row in scene.rows(Disposition.PUT_OFF)] == ["put off: disk"] * 2
        assert scene.originals() == before
        assert "put_off:disk:mail:main" in scene.office.alarms()
        await scene.look(mail_with(form(2), number=3), mail_of(number=4))
        await scene.save(form(3))
        taken = {each.notice.contract_number for each in scene.office.store.submissions()}
        assert taken == {form(2).number, form(3).number}
        free[0] = FREE_DISK
        await asyncio.sleep(DISK_AGAIN.total_seconds())
        await scene.look()

    scene = play(act)
    assert not scene.rows(Disposition.PUT_OFF)
    assert form(1).number in {each.notice.contract_number for each in scene.office.store.submissions()}


# --- Patience ------------------------------------------------------------------------------------------------


def _robot_answer(number: int) -> bytes:
    """A helpdesk's robot quotes what it got and sends the file back, each time as another file."""
    return mail_of(
        form(1, key=number, copy=number).pdf,
        number=number,
        subject=f"Re: 【保証便】認証キー [#{number}]",
        sender="desk@helpdesk.example",
    )


async def test_a_robot_that_answers_each_mail_with_a_pdf_and_the_word_gets_no_mail_a_pass(tmp_path: Path) -> None:
    days = Days(tmp_path, START, windows=())
    office = days.office
    office.mails.received.append(_robot_answer(1))
    answered = 0
    for _ in range(24 * 12):  # a pass every five minutes, for a day
        await office.pipeline.watch_mailbox(mailbox_of(office.mails), START.date())
        await office.finish()
        told = [each for each in days.server.told() if "お知らせ" not in each]
        for _ in range(len(told) - answered):
            office.mails.received.append(_robot_answer(len(office.mails.received) + 1))
        answered = len(told)
        days.clock.let_pass(minutes=5)
    assert 5 < answered <= 27
    assert len(office.store.submissions()) == len(office.mails.received)  # each is here, reported or not
    await office.stop()


async def _stranger(days: Days, number: int) -> None:
    mail = mail_of(form(number).pdf, number=number, subject=KEYED)
    days.office.mails.received.append(mail)
    await days.office.pipeline.watch_mailbox(mailbox_of(days.office.mails), START.date())
    await days.office.finish()


async def test_what_waits_to_be_told_goes_with_the_next_mail_and_a_restart_forgets_none(tmp_path: Path) -> None:
    days = Days(tmp_path, START, windows=())
    await _stranger(days, 1)
    assert len(days.server.mails) == 1
    days.clock.let_pass(minutes=1)
    await _stranger(days, 2)
    await days.restart()
    days.clock.let_pass(minutes=1)
    await _stranger(days, 3)
    assert len(days.server.mails) == 1
    days.clock.let_pass(minutes=13)
    await days.office.finish()
    assert len(days.server.mails) == 2
    assert all(f"■ {number}@" in days.server.last().text for number in (2, 3))
    assert days.office.store.alarms_waiting() == ()


async def test_a_proven_notice_is_told_at_once_in_the_midst_of_a_flood_and_takes_the_others_with_it(
    tmp_path: Path,
) -> None:
    days = Days(tmp_path, START, windows=(), mode="approve")
    await _stranger(days, 1)
    await _stranger(days, 2)
    assert len(days.server.mails) == 1
    days.office.mails.received.append(mail_with(form(3), number=50))
    await days.office.pipeline.watch_mailbox(mailbox_of(days.office.mails), START.date())
    await days.office.finish()
    assert len(days.server.mails) == 2
    assert all(f"■ {number}@" in days.server.last().text for number in (2, 3))


async def test_a_mail_that_the_server_did_not_take_counts_for_none(tmp_path: Path) -> None:
    days = Days(tmp_path, START, windows=())
    days.server.failure = _away()
    await _stranger(days, 1)
    assert not days.server.mails
    days.server.failure = None
    days.clock.let_pass(minutes=1)
    await days.office.finish()
    assert len(days.server.mails) == 1


def _away() -> Any:
    from worker.core.errors import Unavailable

    return Unavailable("smtp", "connection refused")


async def test_that_mails_are_put_off_is_told_with_what_to_do(tmp_path: Path) -> None:
    days = Days(tmp_path, START, windows=())
    for why in ("time", "disk"):
        with days.office.store.writing() as writing:
            writing.raise_alarm(f"{AlarmCause.PUT_OFF}:{why}:mail:main", [])
        days.clock.let_pass(hours=1)
        await days.office.finish()
        text = days.server.last().text
        assert "メールはメールボックスに残っています" in text
        assert {"time": "所定のフォルダに保存", "disk": "1 GB以上"}[why] in text


# --- The whole: an IMAP server, and children that really read --------------------------------------------------


@pytest.fixture
def flooded(mailroom: Callable[..., Mailroom]) -> tuple[Mailroom, Sequence[Any]]:
    """An office to which a stranger wrote twice, before a colleague did."""
    forms = [a_form("道路改良工事"), a_form("橋梁補修工事")]
    room = mailroom(projects=[project(each.project, "kawa", each.number) for each in forms])
    room.deliver(
        _plain(a_mail("お見積り", *((f"{n}.pdf", made.stack_bomb(n)) for n in range(9)), sender="a@elsewhere.example")),
        _plain(
            a_mail(KEYED, *((f"{n}.pdf", made.cut(made.plain()) + b"%d" % n) for n in range(12)), sender="b@x.example")
        ),
        a_mail(KEYED, ("a.pdf", notice(forms[0]))),
    )
    room.office.save_notice("b.pdf", notice(forms[1]))
    return room, forms


def _plain(mail: Any) -> Any:
    """Without what our own server says of a proven sender."""
    for name in ("Authentication-Results", "DKIM-Signature"):
        del mail[name]
    return mail


def test_real_bombs_over_imap_stop_nothing_and_every_mail_waits_as_what_it_is(
    flooded: tuple[Mailroom, Sequence[Any]],
) -> None:
    room, forms = flooded
    ran = room.office.run_once()
    assert ran.code == 1, ran.err
    assert {each["contract_number"]: each["state"] for each in room.office.list() if each["contract_number"]} == {
        each.number: "SENT" for each in forms
    }
    held = [each for each in room.office.list() if each["state"] == "HELD"]
    reasons = [each["hold_reasons"][0] for each in held]
    assert sorted(reasons) == ["damaged"] * 5 + ["rest_unread"] * 2
    shown = "".join(room.office("show", str(each["id"])).out for each in held)
    assert "ほか7件。読取りに時間のかかるPDFが続いたため中止しました" in shown
    assert "ほか7件。読み取れないPDFが多いため、まとめて表示しています" in shown
    assert len(room.tellings) == 1
    _withdraw_the_flood(room, [each["id"] for each in held if each["hold_reasons"][0] == "damaged"])


def _withdraw_the_flood(room: Mailroom, damaged: list[int]) -> None:
    """One command for one mail; a list of numbers for others."""
    office = room.office
    unasked = office("withdraw", "--from-mail", str(damaged[0]), "--by", HANAKO, "--why", "迷惑メール")
    assert unasked.code == 1
    assert "取り下げるもの（6件）" in unasked.out
    assert "--yes" in unasked.err
    assert sum(each["state"] == "WITHDRAWN" for each in office.list()) == 0
    ran = office("withdraw", "--from-mail", str(damaged[0]), "--yes", "--by", HANAKO, "--why", "迷惑メール", "--json")
    assert (ran.code, [each["state"] for each in ran.documents]) == (0, ["WITHDRAWN"] * 6)
    (last,) = [each["id"] for each in office.list() if each["state"] == "HELD"]
    again = office("withdraw", str(last), office.label(last), str(damaged[0]), "--by", HANAKO, "--why", "迷惑メール")
    assert again.code == 1  # the last of them is withdrawn already; the other is withdrawn all the same
    assert f"{last} を取り下げました。" in again.out
    assert "取下げ" in again.err
    nothing = office("withdraw", "--by", HANAKO, "--why", "x")
    assert (nothing.code, "番号を指定" in nothing.err) == (2, True)


@pytest.mark.parametrize("is_agreed", [True, False])
def test_at_a_terminal_several_are_shown_and_asked_about(
    mailroom: Callable[..., Mailroom], monkeypatch: pytest.MonkeyPatch, is_agreed: bool
) -> None:
    monkeypatch.setattr(decide, "is_at_terminal", lambda: True)
    asked: list[str] = []
    answer = "y" if is_agreed else "n"
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda prompt: asked.append(prompt) or answer)
    room = mailroom(mode="approve")
    for name in ("a.pdf", "b.pdf"):
        room.office.save_notice(name, notice(a_form()))
    room.office.run_once()
    ran = room.office("withdraw", "1", "2", "--by", HANAKO, "--why", "重複")
    assert [each.startswith("上の2件を取り下げますか") for each in asked] == [True]
    assert "取り下げるもの（2件）" in ran.out
    assert ran.code == (0 if is_agreed else 1)
    expected = "WITHDRAWN" if is_agreed else "HELD"
    assert [each["state"] for each in room.office.list()] == [expected] * 2
    if not is_agreed:  # one alone is named, and needs no question
        assert room.office("withdraw", "1", "--by", HANAKO, "--why", "重複").code == 0
        assert len(asked) == 1


def test_the_files_of_the_folder_have_no_mail_to_be_withdrawn_with(mailroom: Callable[..., Mailroom]) -> None:
    room = mailroom(mode="approve")
    room.office.save_notice("a.pdf", notice(a_form()))
    room.office.run_once()
    ran = room.office("withdraw", "--from-mail", "1", "--yes", "--by", HANAKO, "--why", "x")
    assert ran.code == 1
    assert "番号を並べて指定" in ran.err
    assert room.office.list()[0]["state"] == "HELD"


def test_status_counts_the_mails_that_are_put_off(
    mailroom: Callable[..., Mailroom], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SqlStore, "free_disk", lambda self: 0)
    room = mailroom()
    room.deliver(_plain(a_mail(KEYED, ("a.pdf", notice(a_form())), sender="b@x.example")))
    room.office.run_once()
    assert room.office.list() == []
    assert "順番待ちで未読取りのメール（差出人を確認できないもの） 1通" in room.office("status").out
    assert room.office("status", "--json").document["set_aside"]["main"]["put_off"] == 1
    (told,) = room.tellings
    assert "ディスクの空きが少ない" in told.text
