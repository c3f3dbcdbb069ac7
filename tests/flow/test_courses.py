"""Courses of several steps: an approval, a rehearsal, a time to withdraw, a mailbox that was renumbered."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.known_addresses import say_installed
from tests.support.notice_pdfs import Form
from tests.support.office import HANAKO, Mailroom, a_form, a_mail, later_key, notice, other_download, yesterday
from tests.support.stores import open_store
from tests.support.world import ISSUERS, OFFICE, project
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import DsnController
from worker.cli.person import PersonCommand
from worker.core.model import JST, Submission
from worker.core.states import State
from worker.pipeline.pipeline import Pipeline
from worker.read.pdf.pool import PdfPool
from worker.service.wiring import build_folder, build_server, load_installation, load_secrets
from worker.store.sqlite.store import create_or_migrate

MODES = Callable[..., Mailroom]


# --- A person decides ----------------------------------------------------------------------------------------


def test_an_approval_binds_the_number_to_the_project_for_every_later_notice(mailroom: MODES) -> None:
    form = a_form("図書館改修工事")
    room = mailroom(projects=[project("図書館改修工事")])
    office = room.office
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    assert office.run_once().code == 1
    held = office.only(form)
    assert held["hold_reasons"] == ["name_only"]
    assert room.submissions == []

    approved = office("approve", held["label"], "--by", HANAKO, "--tick", "all", "--note", "契約書で確認", "--json")
    assert (approved.code, approved.document["state"]) == (0, "APPROVED")
    assert office.run_once().code == 0
    assert [each.to for each in room.submissions] == [("doboku@kawa-town.example",)]

    amended = later_key(form)
    room.deliver(a_mail("変更の認証キー", ("b.pdf", notice(amended))))
    office.run_once()
    second = office.of(form)[1]
    assert second["hold_reasons"] == ["seen_before"]
    office("approve", second["label"], "--by", HANAKO, "--tick", "all", "--note", "増額変更")
    office.run_once()
    assert [each.files[0][1] for each in room.submissions] == [notice(form), notice(amended)]


def test_a_second_guarantee_of_one_product_is_a_submission_of_its_own_once_a_person_says_so(mailroom: MODES) -> None:
    first = a_form("三か年継続工事")
    second = a_form("三か年継続工事")
    room = mailroom(projects=[project("三か年継続工事", "kawa", first.number)])
    office = room.office
    for form in (first, second):
        room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    assert office.run_once().code == 1
    held = office.only(second)
    assert held["hold_reasons"] == ["name_only", "number_differs"]
    (detail,) = [
        each["detail"] for each in office.show(held["id"])["hold_details"] if each["reason"] == "number_differs"
    ]
    assert detail == f"kawa/三か年継続工事: {first.number}"
    assert [each.files[0][1] for each in room.submissions] == [notice(first)]

    approved = office(
        "approve", held["label"], "--by", HANAKO, "--tick", "all", "--note", "二年目の保証。契約書で確認", "--json"
    )
    assert (approved.code, approved.document["state"]) == (0, "APPROVED")
    assert office.run_once().code == 0
    assert [each.files[0][1] for each in room.submissions] == [notice(first), notice(second)]
    assert office.show(office.only(second)["id"])["linked"] == []


def test_another_contractors_notice_is_never_sent_until_the_register_knows_that_name(mailroom: MODES) -> None:
    form = replace(a_form("みほん共同体育館工事"), contractor="さんぷる建設 株式会社")
    room = mailroom(projects=[project(form.project, "kawa", form.number)])
    office = room.office
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    assert office.run_once().code == 1
    held = office.only(form)
    assert held["hold_reasons"] == ["other_contractor"]
    assert office("approve", held["label"], "--by", HANAKO, "--tick", "all", "--note", "JVの代表者").code == 1
    office.write(projects=[project(form.project, "kawa", form.number, names_on_notice='["さんぷる建設㈱"]')])
    assert office.run_once().code == 0
    assert [each.files[0][1] for each in room.submissions] == [notice(form)]


def test_nothing_is_sent_in_mode_approve_until_a_person_says_so(mailroom: MODES) -> None:
    form = a_form()
    room = mailroom(mode="approve", projects=[project(form.project, "kawa", form.number)])
    office = room.office
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    office.run_once()
    office.run_once()
    held = office.only(form)
    assert (held["state"], held["hold_reasons"]) == ("HELD", ["approval"])
    assert room.submissions == []
    office("approve", held["label"], "--by", HANAKO, "--tick", "all")
    office.run_once()
    (entry,) = [each for each in office.show(held["id"])["entries"] if each["event"] == "Approved"]
    assert (entry["by"], entry["detail"]["label"]) == (HANAKO, held["label"])
    assert len(room.submissions) == 1
    row = json.loads(office("log", "--format", "jsonl").out)
    assert row["decided_by"] == HANAKO


def test_an_approved_draft_that_the_configuration_now_makes_another_is_held_as_changed(mailroom: MODES) -> None:
    form = a_form()
    room = mailroom(mode="approve", projects=[project(form.project, "kawa", form.number)])
    office = room.office
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    office.run_once()
    office("approve", office.only(form)["label"], "--by", HANAKO, "--tick", "all")
    issuers = {**office.issuers, "kawa": office.issuers["kawa"].replace("doboku@", "kensetsu@")}
    office.write(issuers=issuers)
    assert office.run_once().code == 1
    changed = office.only(form)
    assert (changed["state"], changed["hold_reasons"]) == ("HELD", ["first_address", "changed"])
    assert room.submissions == []
    assert office("approve", changed["label"], "--by", HANAKO, "--tick", "all").code == 0
    office.run_once()
    assert [each.to for each in room.submissions] == [("kensetsu@kawa-town.example",)]


def test_what_is_mended_in_the_register_goes_on_by_itself(mailroom: MODES) -> None:
    form = a_form("消防庁舎新築工事")
    room = mailroom()
    office = room.office
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    office.run_once()
    assert office.only(form)["hold_reasons"] == ["unknown_project"]
    assert office("approve", office.only(form)["label"], "--by", HANAKO, "--tick", "all").code == 1
    office.write(projects=[project("消防庁舎新築工事", "kawa", form.number)])
    assert office.run_once().code == 0
    assert office.only(form)["state"] == "SENT"
    assert len(room.submissions) == 1


def test_a_correction_names_the_mail_it_replaces(mailroom: MODES) -> None:
    form = a_form()
    room = mailroom(projects=[project(form.project, "kawa", form.number)])
    office = room.office
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    office.run_once()
    (first,) = office.of(form)
    opened = office("resend", str(first["id"]), "--by", HANAKO, "--why", "発注者が見つけられない", "--json").document
    assert opened["hold_reasons"] == ["approval"]
    office("approve", opened["label"], "--by", HANAKO, "--tick", "all")
    office.run_once()
    sent = room.submissions
    assert sent[1].headers["In-Reply-To"] == sent[0].headers["Message-ID"] == [first["message_id"]]
    assert sent[1].files == sent[0].files
    assert [each["id"] for each in office.show(first["id"])["linked"]] == [opened["id"]]


def test_a_key_that_a_body_must_type_is_in_the_mail_and_masked_everywhere_else(mailroom: MODES, tmp_path: Path) -> None:
    form = a_form()
    issuer = ISSUERS["kawa"].replace('notice = "attached"', 'notice = "both"\nbody = "typed"')
    room = mailroom(mode="approve", issuers={"kawa": issuer}, projects=[project(form.project, "kawa", form.number)])
    office = room.office
    (office.config / "templates" / "mail").mkdir(parents=True)
    template = "番号：{{ notice.contract_number }}\n認証キー：{{ notice.key }}\n"
    (office.config / "templates" / "mail" / "typed.txt.j2").write_text(template)
    (tmp_path / "a.pdf").write_bytes(notice(form))
    assert f"認証キー：{form.key}" in office("preview", str(tmp_path / "a.pdf"), "--json").document["body"]

    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    office.run_once()
    masked = f"認証キー：********{form.key[-2:]}"
    assert masked in office("show", "1").out
    office("approve", office.label(1), "--by", HANAKO, "--tick", "all")
    office.run_once()
    (sent,) = room.submissions
    assert f"認証キー：{form.key}" in sent.text
    shown = [office("show", "1", *more).out for more in ((), ("--json",))]
    shown += [office("log", "--format", kind).out for kind in ("table", "jsonl", "csv")]
    shown += [body for (body,) in office.rows("select body from entries")]
    assert not [text for text in shown if form.key in text]


# --- A rehearsal ---------------------------------------------------------------------------------------------


def test_a_rehearsal_reaches_nobody_else_and_the_real_mail_goes_only_after_approval(mailroom: MODES) -> None:
    form = a_form()
    rehearser = "keiri@contractor.example"
    room = mailroom(rehearsal_to=rehearser, projects=[project(form.project, "kawa", form.number)])
    office = room.office
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    assert office.run_once().code == 1

    (rehearsal,) = room.submissions
    assert (rehearsal.recipients, rehearsal.to, rehearsal.cc) == ((rehearser,), (rehearser,), ())
    assert rehearsal.subject == "【リハーサル】契約保証にかかる認証キー【道路改良工事（その２）】の提出について"
    assert "doboku@kawa-town.example" in rehearsal.text
    assert "genba@contractor.example" in rehearsal.text
    assert rehearsal.headers["Auto-Submitted"] == ["auto-generated"]
    assert rehearsal.files[0][1] == notice(form)
    held = office.only(form)
    assert (held["state"], held["hold_reasons"], held["rehearsal"]) == ("HELD", ["rehearsed"], True)
    for command in ("list", "status"):
        assert office(command).out.startswith("リハーサル中")
    assert json.loads(office("log", "--format", "jsonl").out)["rehearsal"] is True
    assert room.tellings[0].text.startswith("リハーサル中")

    refused = office("approve", held["label"], "--by", HANAKO, "--tick", "all", "--json")
    assert (refused.code, refused.document["refused"]) == (1, "still_rehearsing")
    assert office.run_once().code == 0
    assert len(room.submissions) == 1

    office.write(rehearsal_to="")
    assert office("status").out.startswith("リハーサル中"), "a removed line ends nothing"
    assert office("rehearsal", "off", "--by", HANAKO).code == 0
    assert office("rehearsal", "off", "--by", HANAKO).code == 1
    office.run_once()
    held = office.only(form)
    assert (held["hold_reasons"], held["to"]) == (["rehearsed"], ["doboku@kawa-town.example"])
    assert len(room.submissions) == 1
    assert office("approve", held["label"], "--by", HANAKO, "--tick", "all").code == 0
    assert office.run_once().code == 0
    real = room.submissions[1]
    assert real.recipients == ("doboku@kawa-town.example", "genba@contractor.example")
    assert "リハーサル" not in real.subject + real.text
    assert real.headers["Message-ID"] != rehearsal.headers["Message-ID"]
    assert not office("list").out.startswith("リハーサル中")


# --- A time to withdraw --------------------------------------------------------------------------------------


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self.moment = dt.datetime.now(JST).replace(microsecond=0)

    def now(self) -> dt.datetime:
        return self.moment

    def uptime(self) -> float:
        return self.moment.timestamp()

    def pass_by(self, **time: float) -> None:
        self.moment += dt.timedelta(**time)


@asynccontextmanager
async def running(room: Mailroom, hands: Hands) -> AsyncIterator[Pipeline]:
    """The pipeline of the office under a clock of its own, with the folder's files already taken."""
    office = load_installation(str(room.office.config))
    create_or_migrate(office.places.store)
    store = open_store(office.places.store, hands)
    reader, server = PdfPool(1), build_server(office, load_secrets(office), hands)
    try:
        pipeline = Pipeline(store, reader, server, hands, "tests", office.active_config)
        for _ in range(2):
            await pipeline.watch_folder(build_folder(office))
            hands.pass_by(seconds=3)
        yield pipeline
    finally:
        await server.close()
        await reader.close()
        store.close()


async def test_in_mode_hold_nothing_leaves_before_its_minutes_are_over(mailroom: MODES) -> None:
    form = a_form()
    room = mailroom(mode="hold", hold_minutes=10, projects=[project(form.project, "kawa", form.number)])
    room.office.save_notice("a.pdf", notice(form))
    hands = Hands()
    async with running(room, hands) as pipeline:
        assert await pipeline.notify_operator() is None
        (waiting,) = pipeline.store.submissions(State.APPROVED)
        assert waiting.approval.due_at is not None
        assert waiting.approval.due_at - hands.now() == dt.timedelta(minutes=10)
        hands.pass_by(minutes=9, seconds=59)
        await pipeline.reevaluate_waiting()
        assert (await pipeline.send_due()).sent == 0
        hands.pass_by(seconds=1)
        assert (await pipeline.send_due()).sent == 1
        (sent,) = pipeline.store.submissions(State.SENT)
        assert sent.approval.release == "hold 10 min"
    assert len(room.submissions) == 1
    assert any("自動で送信します" in each.subject for each in room.tellings)


async def test_in_mode_hold_what_is_withdrawn_in_time_never_leaves(mailroom: MODES) -> None:
    form = a_form()
    room = mailroom(mode="hold", projects=[project(form.project, "kawa", form.number)])
    room.office.save_notice("a.pdf", notice(form))
    hands = Hands()
    async with running(room, hands) as pipeline:
        (waiting,) = pipeline.store.submissions(State.APPROVED)
        # The command runs in a process of its own, as it does in an office.
        assert room.office("withdraw", str(waiting.id), "--by", HANAKO, "--why", "重複").code == 0
        hands.pass_by(hours=1)
        assert (await pipeline.send_due()).sent == 0
    assert room.submissions == []
    assert room.office.only(form)["state"] == "WITHDRAWN"


def test_a_mail_of_somebody_who_is_no_colleague_waits_for_a_person_in_mode_auto(mailroom: MODES) -> None:
    form = a_form()
    room = mailroom(projects=[project(form.project, "kawa", form.number)])
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form)), sender="tanaka@contractor.example"))
    assert room.office.run_once().code == 1
    assert not room.submissions
    held = room.office.only(form)
    assert held["hold_reasons"] == ["sender_unproven"]
    room.office("approve", held["label"], "--by", HANAKO, "--tick", "all", "--note", "本人に電話で確認")
    assert room.office.run_once().code == 0
    assert len(room.submissions) == 1


# --- Which mails are looked at -------------------------------------------------------------------------------


def give(room: Mailroom, form: Form, received: dt.datetime) -> None:
    room.imap.append(a_mail("認証キー", ("a.pdf", notice(form))).as_bytes(), folder=room.folder, received=received)


def test_a_first_look_takes_what_came_since_the_first_start_and_says_what_it_leaves(mailroom: MODES) -> None:
    old, just_before, after = a_form("以前の工事"), a_form("直前の工事"), a_form("以後の工事")
    room = mailroom(since="", knows=())
    now = dt.datetime.now(JST)
    give(room, old, now - dt.timedelta(hours=2))
    give(room, just_before, now - dt.timedelta(minutes=5))
    assert room.office.run_once().code == 1
    assert [each["contract_number"] for each in room.office.list()] == [just_before.number]
    assert "from_before" in room.office.only(just_before)["hold_reasons"]
    give(room, after, dt.datetime.now(JST))
    room.office.run_once()
    assert [each["contract_number"] for each in room.office.list()] == [just_before.number, after.number]
    assert "from_before" not in room.office.only(after)["hold_reasons"]
    (told,) = [each for each in room.tellings if "扱いません" in each.text]
    assert "1通あり" in told.text
    assert "うち1通は" in told.text
    (look,) = [each for each in room.office("status", "--json").document["looks"] if each["name"] == "mail:main"]
    assert (look["left"], look["left_alike"], look["left_unseen"]) == (1, 1, 0)
    assert "より前のメール 1通は扱っていません" in room.office("status").out


def test_what_came_while_the_mailbox_was_refused_at_the_first_starts_is_taken(mailroom: MODES) -> None:
    """The day of the installation: a wrong password, a firewall, a login still to come."""
    forms = [a_form(f"初日の工事{number}") for number in range(3)]
    room = mailroom(since="", knows=())
    right = room.office.imap_password
    room.office.write(imap_password="wrong")
    assert room.office.run_once().code == 3
    for form in forms[:2]:
        give(room, form, dt.datetime.now(JST))
    assert room.office.run_once().code == 3
    room.office.write(imap_password=right)
    give(room, forms[2], dt.datetime.now(JST))
    room.office.run_once()
    listed = room.office.list()
    assert [each["contract_number"] for each in listed] == [form.number for form in forms]
    assert all("from_before" not in each["hold_reasons"] for each in listed)


def test_after_the_database_is_lost_people_are_told_what_is_not_known_and_since_brings_it_back(mailroom: MODES) -> None:
    form = a_form("保留中の工事")
    room = mailroom(projects=[])
    give(room, form, dt.datetime.now(JST) - dt.timedelta(hours=2))
    room.office.run_once()
    assert room.office.only(form)["state"] == "HELD"
    for path in room.office.store.glob("hoshobin.sqlite3*"):
        path.unlink()
    room.office.write(since="")
    assert (room.office.store / "head").exists()
    assert room.office.run_once().code == 1
    assert room.office.list() == []
    told = room.tellings[-1]
    assert "送信を止めています" in told.subject
    assert "うち1通は、件名・差出人から認証キーのお知らせとみられます" in told.text
    assert "データベースを失った場合" in told.text
    room.office.write(since=yesterday())
    room.office.run_once()
    assert "from_before" in room.office.only(form)["hold_reasons"]
    assert room.submissions == []


def test_since_reaches_back_to_its_day_and_no_further(imap: DemoImap, mailroom: MODES) -> None:
    old, new = a_form("先月の工事"), a_form("昨日の工事")
    room = mailroom(since=yesterday())
    month_ago = dt.datetime.now(JST) - dt.timedelta(days=30)
    imap.append(a_mail("認証キー", ("a.pdf", notice(old))).as_bytes(), folder=room.folder, received=month_ago)
    imap.append(a_mail("認証キー", ("b.pdf", notice(new))).as_bytes(), folder=room.folder)
    room.office.run_once()
    assert [each["contract_number"] for each in room.office.list()] == [new.number]


def test_a_renumbered_mailbox_gives_no_notice_twice_and_loses_none(relay: DsnController, tmp_path: Path) -> None:
    forms = [a_form(f"第{number}工区") for number in range(4)]
    now = dt.datetime.now(JST).replace(microsecond=0)
    days = [now - dt.timedelta(days=9), now, now + dt.timedelta(seconds=1), now + dt.timedelta(seconds=2)]
    mails = [a_mail("認証キー", ("a.pdf", notice(form))).as_bytes() for form in forms]

    def fill(imap: DemoImap, *numbers: int) -> None:
        for number in numbers:
            imap.append(mails[number], folder=room.folder, received=days[number])

    with DemoImap(OFFICE) as first:
        room = Mailroom(
            first, relay, tmp_path, since="", projects=[project(f.project, "kawa", f.number) for f in forms]
        )
        office = room.office
        say_installed(office.store, now)
        fill(first, 0)  # older than the first start
        office.run_once()
        fill(first, 1, 2)
        office.run_once()
    sent = [form.number for form in forms[1:3]]
    assert [each["contract_number"] for each in office.list()] == sent
    numberings = office.rows("select distinct uidvalidity from messages")

    with DemoImap(OFFICE) as second:  # moved to another server: other numbers, another order, and one mail more
        second.create_folder(room.folder)
        fill(second, 2, 0, 3, 1)
        office.write(imap_port=second.port, imap_password=second.password)
        office.run_once()
        assert [each["contract_number"] for each in office.list()] == [*sent, forms[3].number]
        assert [each["state"] for each in office.list()] == ["SENT"] * 3
        assert office.rows("select count(*) from entries where event = 'SeenAgain'") == [(0,)]  # known, not read again
        office.run_once()
    assert len(office.rows("select distinct uidvalidity from messages")) == len(numberings) + 1
    assert len(room.submissions) == 3


# --- Odds ----------------------------------------------------------------------------------------------------


def test_a_file_that_later_holds_another_notice_is_looked_at_anew(mailroom: MODES) -> None:
    first, second = a_form("一件目"), a_form("二件目")
    room = mailroom()
    room.office.save_notice("お知らせ.pdf", notice(first))
    room.office.run_once()
    room.office.save_notice("お知らせ.pdf", notice(second))
    room.office.run_once()
    assert [each["contract_number"] for each in room.office.list()] == [first.number, second.number]


def test_another_download_of_what_still_waits_is_no_second_submission(mailroom: MODES) -> None:
    form = a_form("登録のない工事")
    room = mailroom()
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    room.office.run_once()
    room.deliver(a_mail("認証キー再送", ("b.pdf", other_download(form))))
    assert room.office.run_once().code == 0
    one = room.office.only(form)
    (again,) = [each for each in room.office.show(one["id"])["entries"] if each["event"] == "SeenAgain"]
    assert (again["detail"]["source"], again["detail"]["same_bytes"]) == ("認証キー再送", False)
    assert len(room.tellings) == 1


def test_what_a_first_answer_released_meanwhile_needs_no_second_and_is_no_failure(
    mailroom: MODES, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = [a_form("北川橋補修工事"), a_form("南川橋補修工事")]
    works = [project(form.project, "kawa", form.number) for form in forms]
    room = mailroom(mode="auto", projects=works, knows=("nobody@kawa-town.example",))
    for at, form in enumerate(forms):
        room.office.save_notice(f"{at}.pdf", notice(form))
    room.office.run_once()
    labels = [each["label"] for each in room.office.list()]
    assert [set(each["hold_reasons"]) for each in room.office.list()] == [{"first_address"}] * 2
    report, reported = PersonCommand.report, []

    def report_and_pass(self: PersonCommand, submission: Submission, code: str, **more: Any) -> int:
        reported.append(code)
        ended = report(self, submission, code, **more)
        if len(reported) == 1:  # the service makes its passes while the command goes on
            room.office.run_once()
            room.office.run_once()
        return ended

    monkeypatch.setattr(PersonCommand, "report", report_and_pass)
    ran = room.office("approve", *labels, "--by", HANAKO, "--tick", "all", "--json")
    assert reported == ["approved", "approved_meanwhile"]
    assert [each["service_running"] for each in ran.documents] == [False, False]
    assert ran.code == 0
    assert len(room.submissions) == 2


def test_what_was_withdrawn_meanwhile_is_still_refused(mailroom: MODES, monkeypatch: pytest.MonkeyPatch) -> None:
    form = a_form()
    room = mailroom(mode="approve", projects=[project(form.project, "kawa", form.number)])
    room.office.save_notice("a.pdf", notice(form))
    room.office.run_once()
    label = room.office.label(1)
    assert room.office("withdraw", "1", "--by", HANAKO, "--why", "重複").code == 0
    assert room.office("approve", label, "--by", HANAKO, "--tick", "all").code == 1


def test_one_pass_says_apart_what_is_new_and_what_changed(mailroom: MODES) -> None:
    first, second = a_form("北川橋補修工事"), a_form("南川橋補修工事")
    works = [project(form.project, "kawa", form.number) for form in (first, second)]
    room = mailroom(mode="approve", projects=works)
    room.office.save_notice("a.pdf", notice(first))
    assert "新たに対応が必要になったもの 1件、以前の件の変更 0件" in room.office.run_once().out
    assert "新たに対応が必要になったもの 0件、以前の件の変更 0件" in room.office.run_once().out
    issuer = ISSUERS["kawa"].replace("doboku@kawa-town.example", "other@kawa-town.example")
    room.office.write(issuers={**room.office.issuers, "kawa": issuer})
    room.office.save_notice("b.pdf", notice(second))
    assert "新たに対応が必要になったもの 1件、以前の件の変更 1件" in room.office.run_once().out


def test_the_status_does_not_show_a_recorded_moment_as_the_last_look_at_the_folder(mailroom: MODES) -> None:
    room = mailroom()
    room.office.run_once()
    assert "所定のフォルダ\t5分以内に確認" in room.office("status").out
    looks = {each["name"]: each for each in room.office("status", "--json").document["looks"]}
    assert looks["folder"]["last_ok"]
