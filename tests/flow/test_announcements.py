"""An announcement without its PDF, and its notice, earlier or later: joined if certain, else one task."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.support.office import EAST, HANAKO, Mailroom, a_form, a_mail, notice
from tests.support.small_office import Form, Mails, Settings, SmallOffice, form, mail_with
from tests.support.world import HANAKO as DECIDER
from tests.support.world import project
from worker.approve import decisions
from worker.core.errors import NotAllowed
from worker.core.model import Disposition, Notice, Submission
from worker.core.states import State
from worker.pipeline.record import IntakeTransaction
from worker.read.notice import read_notice
from worker.views.commands import command_line
from worker.views.tasks import Task, TaskKind, open_tasks
from worker.watch.ports import NOT_LOOKED, Header

WEST = "電子証書閲覧用「認証キー」等のお知らせ"
TWO = "<two@surety.example>"


@dataclass
class DatedMails(Mails):
    """Each mail with the moment at which it came."""

    moments: list[dt.datetime] = field(default_factory=list)

    def headers(self, uids: Sequence[int]) -> tuple[Header, ...]:
        return tuple(
            Header(uid, len(self.received[uid - 1]), self.moments[uid - 1], f"<in.{uid}@mail.example>") for uid in uids
        )


def announcement(
    *lines: str, message_id: str = "<one@surety.example>", attached: Sequence[Form] = (), subject: str = EAST
) -> bytes:
    mail = EmailMessage()
    mail["From"] = "netdesk@surety.example"
    mail["To"] = "soumu@contractor.example"
    mail["Subject"] = subject
    mail["Date"] = "Sat, 21 Nov 2026 09:00:00 +0900"
    if message_id:
        mail["Message-ID"] = message_id
    mail.set_content("\n".join(("電子保証の発行が完了しました。", *lines, "", "Net Deskでご確認ください。")) + "\n")
    for each in attached:
        mail.add_attachment(each.pdf, maintype="application", subtype="pdf", filename="お知らせ.pdf")
    return mail.as_bytes(policy=SMTP)


def numbered(*forms: Form) -> tuple[str, ...]:
    return tuple(f"保証契約番号：{each.number}" for each in forms)


def named(each: Form) -> tuple[str, ...]:
    return (f"工事名：{each.project}", f"商品（保証区分）：{each.product}")


class Desk:
    """An office whose mails come at the clock's moment; nothing is sent, every notice waits for approval."""

    def __init__(self, root: Path, **settings: object) -> None:
        self.office = SmallOffice(root, Settings(**{"mode": "approve", "notify": (), **settings}))
        self.clock = self.office.clock
        self.mails = DatedMails()
        self.office.mails = self.mails

    async def comes(self, *mails: bytes) -> None:
        self.mails.received += mails
        self.mails.moments += [self.clock.now()] * len(mails)
        await self.office.take_in()

    async def saves(self, *forms: Form) -> None:
        for each in forms:
            self.office.save(each)
        await self.office.take_in()

    def remind(self) -> None:
        """The part of every pass that acts on the time alone."""
        self.office.pipeline.reminding.remind(self.office.pipeline.active_config)

    @property
    def all(self) -> list[Submission]:
        return list(self.office.store.submissions())

    @property
    def states(self) -> list[State]:
        return [each.state for each in self.all]

    @property
    def ends(self) -> list[tuple[Disposition, tuple[int, ...]]]:
        return [(row.end, row.submissions) for row in self.office.store.messages("main")]

    @property
    def downloads(self) -> list[Task]:
        tasks = open_tasks(self.office.store, self.office.pipeline.active_config.configuration, self.clock.now())
        return [each for each in tasks if each.kind is TaskKind.DOWNLOAD]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# --- The task ----------------------------------------------------------------------------------------------------


async def test_an_announcement_that_names_nothing_is_a_task_with_the_steps_of_its_guarantor(desk: Desk) -> None:
    await desk.comes(announcement())
    assert desk.states == [State.ANNOUNCED]
    (task,) = desk.downloads
    assert "Net Desk にログイン" in task.text("ja")
    assert "印刷" in task.text("en")
    assert "inbox/notices" in task.text("ja")
    assert desk.office.only().follow_ups.duties.instructions[0] == "Net Desk にログイン"


async def test_the_same_mail_again_adds_nothing_whether_or_not_it_bears_an_id(desk: Desk) -> None:
    await desk.comes(announcement(), announcement())
    await desk.comes(announcement(message_id=""), announcement(message_id=""))
    assert desk.states == [State.ANNOUNCED, State.ANNOUNCED]
    assert [end for end, _ in desk.ends] == [
        Disposition.ANNOUNCEMENT,
        Disposition.DUPLICATE,
        Disposition.ANNOUNCEMENT,
        Disposition.DUPLICATE,
    ]
    assert desk.office.events(1) == ["Announced", "SeenAgain"]


@pytest.mark.parametrize("tell", [numbered, named], ids=["number", "project and product"])
async def test_what_names_something_else_under_the_same_id_is_a_task_of_its_own(
    desk: Desk, tell: Callable[[Form], tuple[str, ...]]
) -> None:
    """Some systems give several mails one Message-ID, and a stranger who knows it could use it first."""
    await desk.comes(announcement(*tell(form(1))), announcement(*tell(form(2))), announcement(*tell(form(1))))
    assert desk.states == [State.ANNOUNCED, State.ANNOUNCED]
    assert desk.office.events(1) == ["Announced", "SeenAgain"]


async def test_two_that_name_nothing_are_two_tasks(desk: Desk) -> None:
    await desk.comes(announcement(), announcement(message_id=TWO))
    assert desk.states == [State.ANNOUNCED, State.ANNOUNCED]


async def test_the_same_guarantee_announced_by_a_second_mail_adds_nothing(desk: Desk) -> None:
    await desk.comes(announcement(*numbered(form(1))), announcement(*numbered(form(1)), message_id=TWO))
    assert desk.ends == [(Disposition.ANNOUNCEMENT, (1,)), (Disposition.DUPLICATE, (1,))]


# --- The notice that comes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [numbered(form(1)), named(form(1))], ids=["number", "project and product"])
async def test_the_notice_goes_on_under_the_number_of_its_announcement(desk: Desk, lines: tuple[str, ...]) -> None:
    await desk.comes(announcement(*lines))
    await desk.saves(form(1))
    one = desk.office.only()
    assert (one.id, one.state, one.notice.contract_number, one.source.came_by) == (
        1,
        State.HELD,
        form(1).number,
        "folder",
    )
    assert desk.office.events(1) == ["Announced", "NoticeRead"]
    assert desk.downloads == []
    await desk.comes(announcement(*lines), announcement(*lines, message_id=TWO))
    assert len(desk.all) == 1
    assert [end for end, _ in desk.ends[1:]] == [Disposition.DUPLICATE, Disposition.DUPLICATE]


async def test_the_notice_that_a_colleague_mails_is_joined_as_well(desk: Desk) -> None:
    await desk.comes(announcement(*numbered(form(1))))
    await desk.comes(mail_with(form(1), number=2))
    assert [(each.id, each.source.came_by) for each in desk.all] == [(1, "mail:main")]
    assert desk.ends[1] == (Disposition.SUBMISSION, (1,))


async def test_a_joined_notice_that_releases_itself_is_approved_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, mode="auto")
    await desk.comes(announcement(*numbered(form(1))))
    await desk.saves(form(1))
    assert desk.states == [State.APPROVED]


async def test_where_it_names_nothing_the_notice_is_one_of_its_own_and_is_offered(desk: Desk) -> None:
    await desk.comes(announcement())
    await desk.saves(form(1))
    assert desk.states == [State.ANNOUNCED, State.HELD]
    (task,) = desk.downloads
    assert command_line(task.action, "ja") == "hoshobin join 1 2 --by 氏名"
    assert f"2（{form(1).project}）" in task.text("ja")


async def test_a_project_without_its_product_is_not_guessed(desk: Desk) -> None:
    await desk.comes(announcement(f"工事名：{form(1).project}"))
    await desk.saves(form(1))
    assert desk.states == [State.ANNOUNCED, State.HELD]


async def test_the_notice_of_the_other_product_answers_nothing(desk: Desk) -> None:
    await desk.comes(announcement(*named(form(1, product="前払金保証"))))
    await desk.saves(form(1))
    assert desk.states == [State.ANNOUNCED, State.HELD]


async def test_one_that_names_two_numbers_ends_with_the_second_notice_and_names_both(desk: Desk) -> None:
    await desk.comes(announcement(*numbered(form(1), form(2))))
    await desk.saves(form(1))
    assert desk.states == [State.ANNOUNCED, State.HELD]
    await desk.saves(form(2))
    assert desk.states == [State.WITHDRAWN, State.HELD, State.HELD]
    assert desk.all[0].joined == (2, 3)
    (*_, last) = desk.office.store.entries(1)
    assert (last.event, last.by, last.detail) == ("Withdrawn", "hoshobin", {"joined": [2, 3]})
    assert desk.office.events(2) == ["NoticeRead", "Joined"]


async def test_a_held_file_that_can_be_read_after_all_ends_the_announcement_of_its_number(desk: Desk) -> None:
    """A guarantor's profile was mended: both were opened already, so that neither can go on as the other."""
    unread = replace(form(1), copy=9)
    (desk.office.notices / "読めない.pdf").write_bytes(b"%PDF-1.3\n" + unread.pdf)
    await desk.comes(announcement(*numbered(form(1))))
    await desk.office.take_in()
    held, _ = desk.all
    active_config = desk.office.pipeline.active_config
    read = read_notice(unread.text, active_config.configuration.guarantors)
    assert isinstance(read, Notice)
    with desk.office.store.writing() as writing:
        IntakeTransaction(writing, active_config, NOT_LOOKED, DECIDER, desk.clock.now()).read_after_all(held, read, {})
    assert [(each.state, each.joined) for each in desk.all] == [(State.HELD, ()), (State.WITHDRAWN, (held.id,))]


# --- The notice that is here -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [numbered(form(1)), named(form(1))], ids=["number", "project and product"])
async def test_an_announcement_of_what_is_here_opens_nothing_and_says_so(desk: Desk, lines: tuple[str, ...]) -> None:
    await desk.saves(form(1))
    await desk.comes(announcement(*lines))
    assert desk.states == [State.HELD]
    assert desk.office.events(1) == ["NoticeRead", "SeenAgain"]
    (row,) = desk.office.store.messages("main")
    assert (row.end, row.submissions, row.why) == (Disposition.DUPLICATE, (1,), "what it announces is here")
    assert row.sha256 is not None
    assert desk.office.store.original(row.sha256) == desk.mails.received[0]


async def test_the_announcement_after_a_forward_with_the_notice_opens_nothing(desk: Desk) -> None:
    await desk.comes(announcement(attached=[form(1)]), announcement(*numbered(form(1)), message_id=TWO))
    assert desk.states == [State.HELD]


async def test_an_amended_guarantee_under_the_same_number_is_awaited_and_joined(desk: Desk) -> None:
    """Its announcement names a number whose notice came weeks ago: that one is not what it announces."""
    await desk.comes(announcement(*numbered(form(1))))
    await desk.saves(form(1))
    desk.clock.let_pass(days=20)
    await desk.comes(announcement(*numbered(form(1)), message_id=TWO))
    assert desk.states == [State.HELD, State.ANNOUNCED]
    await desk.saves(form(1, copy=1))
    assert desk.states == [State.HELD, State.ANNOUNCED], "the old notice once more is not the new one"
    await desk.saves(form(1, key=1))
    assert [(each.id, each.superseded_by) for each in desk.all] == [(1, 2), (2, None)]
    await desk.office.finish()
    assert [(each.id, each.superseded_by) for each in desk.all] == [(1, 2), (2, None)]


async def test_a_notice_joined_after_another_of_its_number_supersedes_that_one(desk: Desk) -> None:
    """Two tasks of one number are never chosen between; ended by hand but for one, the amended notice finds that."""
    await desk.comes(announcement(*numbered(form(1))))
    desk.clock.let_pass(days=20)
    await desk.comes(announcement(*numbered(form(1)), message_id=TWO))
    await desk.saves(form(1))
    assert desk.states == [State.ANNOUNCED, State.ANNOUNCED, State.HELD]
    decisions.join(desk.office.store, 2, [3], DECIDER)
    await desk.saves(form(1, key=1))
    await desk.office.finish()
    assert [(each.id, each.state, each.superseded_by) for each in desk.all] == [
        (1, State.HELD, None),
        (2, State.WITHDRAWN, None),
        (3, State.HELD, 1),
    ]


async def test_a_withdrawn_notice_is_announced_anew(desk: Desk) -> None:
    await desk.saves(form(1))
    decisions.withdraw(desk.office.store, 1, DECIDER, "取違え")
    await desk.comes(announcement(*numbered(form(1))))
    assert desk.states == [State.WITHDRAWN, State.ANNOUNCED]


# --- A person ties the rest --------------------------------------------------------------------------------------


async def test_a_person_ties_an_announcement_to_several_notices_and_is_named(desk: Desk) -> None:
    await desk.comes(announcement())
    await desk.saves(form(1), form(2))
    ended = decisions.join(desk.office.store, 1, [2, 3, 2], DECIDER)
    assert (ended.state, ended.joined) == (State.WITHDRAWN, (2, 3))
    (*_, last) = desk.office.store.entries(1)
    assert (last.by, last.detail) == (DECIDER.by, {"joined": [2, 3]})
    (*_, told) = desk.office.store.entries(2)
    assert (told.event, told.by, told.detail) == ("Joined", DECIDER.by, {"announcement": 1})
    assert desk.states[1:] == [State.HELD, State.HELD]
    await desk.comes(announcement(message_id=TWO))
    assert all("届いた番号" in command_line(each.action, "ja") for each in desk.downloads), (
        "what is tied is offered to no other"
    )


async def test_what_is_no_notice_of_its_guarantor_is_not_tied_and_nothing_changes(desk: Desk) -> None:
    await desk.comes(announcement(), announcement(message_id=TWO))
    await desk.saves(form(1))
    await desk.comes(announcement(subject=WEST, message_id="<three@surety.example>"))
    for number, answers in ((1, [2]), (1, [3, 2]), (3, [3]), (4, [3]), (1, [99])):
        with pytest.raises(NotAllowed):
            decisions.join(desk.office.store, number, answers, DECIDER)
    assert desk.states == [State.ANNOUNCED, State.ANNOUNCED, State.HELD, State.ANNOUNCED]


# --- The reminder ------------------------------------------------------------------------------------------------


async def test_a_notice_that_does_not_come_is_told_each_day_up_to_five_times_whatever_restarts(desk: Desk) -> None:
    await desk.comes(announcement())
    opened = desk.office.only().created_at
    assert opened is not None
    for hour in range(1, 24 * 8):
        desk.clock.moment = opened + dt.timedelta(hours=hour)
        if hour % 20 == 0:
            await desk.office.restart()
        desk.remind()
        told = [cause for cause in desk.office.alarms() if cause.startswith("announced:")]
        assert told == [f"announced:1:{count}" for count in range(1, min(5, hour // 24) + 1)], hour
    assert desk.office.events(1) == ["Announced", *["NoticeAwaited"] * 5]


async def test_after_a_long_stop_one_reminder_is_enough(desk: Desk) -> None:
    await desk.comes(announcement())
    desk.clock.let_pass(days=3, hours=1)
    desk.remind()
    assert [cause for cause in desk.office.alarms() if cause.startswith("announced:")] == ["announced:1:3"]


async def test_a_notice_that_came_is_told_no_more(desk: Desk) -> None:
    await desk.comes(announcement(*numbered(form(1))))
    await desk.saves(form(1))
    desk.clock.let_pass(days=2)
    desk.remind()
    assert not any(cause.startswith("announced:") for cause in desk.office.alarms())


# --- The commands ------------------------------------------------------------------------------------------------


def test_the_office_joins_by_command_and_sees_it(mailroom) -> None:
    one = a_form()
    room: Mailroom = mailroom(projects=[project(one.project, "kawa", one.number)])
    room.deliver(a_mail(EAST, sender="netdesk@surety.example", text="発行が完了しました。"))
    room.office.run_once()
    (told,) = room.tellings
    assert "Net Desk にログイン" in told.text
    room.office.save_notice("a.pdf", notice(one))
    room.office.run_once()
    (waiting,) = [each for each in room.office.list() if each["state"] == "ANNOUNCED"]
    sent = room.office.only(one)
    assert f"hoshobin join {waiting['id']} {sent['id']}" in room.office("tasks").out
    refused = room.office("join", str(sent["id"]), str(waiting["id"]), "--by", HANAKO)
    assert (refused.code, room.office.show(waiting["id"])["state"]) == (1, "ANNOUNCED")
    ran = room.office("join", str(waiting["id"]), str(sent["id"]), "--by", HANAKO, "--json")
    assert (ran.code, ran.document["state"]) == (0, "WITHDRAWN")
    shown = room.office("show", str(waiting["id"])).out
    assert f"取下げ（{sent['id']} のお知らせとして受付済み）" in shown
    assert [each["id"] for each in room.office.show(waiting["id"])["linked"]] == [sent["id"]]
    assert room.office("audit", "verify").code == 0
