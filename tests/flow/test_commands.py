"""The command line as users' scripts know it: exit codes, JSON fields, plain text in a pipe, words for people."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import notice_pdfs as made
from tests.support.office import EAST, HANAKO, Mailroom, Office, Ran, a_form, a_mail, command, environment, notice
from tests.support.world import OFFICE, project
from worker.cli import show as look
from worker.core.messages.events import DETAILS
from worker.core.model import JST
from worker.send.smtp.lock import SenderLock
from worker.service.clock import SystemClock

SENT = a_form("道路改良工事", "前払金保証")
WAITS = a_form("橋梁補修工事")
UNKNOWN = a_form("登録のない工事")
DECISIONS = {
    "approve": ("1",),
    "withdraw": ("1", "--why", "x"),
    "hand-over": ("1", "--note", "x"),
    "resolve": ("1", "--sent"),
    "confirm": ("1", "--note", "x"),
    "resend": ("1", "--why", "x"),
    "resume": (),
}
SUBMISSION_FIELDS = {
    "id", "state", "hold_reason", "hold_reasons", "issuer", "product", "project", "contract_number", "to", "subject",
    "message_id", "due_at", "sent_at", "smtp_reply", "updated_at",
}  # fmt: skip
JAPANESE = re.compile("[ぁ-ヿ一-鿿]")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+09:00")


@pytest.fixture(scope="module")
def office(wide_mailroom: Callable[..., Mailroom]) -> Office:
    """An office with one mail sent, one that waits for approval, one of an unknown project and one announcement."""
    projects = [project(SENT.project, "kawa", SENT.number, invoice='advance = "separate"')]
    projects.append(project(WAITS.project, "kawa", WAITS.number))
    room = wide_mailroom(mode="approve", projects=projects)
    for form in (SENT, WAITS, UNKNOWN):
        room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    room.deliver(a_mail(EAST, sender="netdesk@surety.example"))
    assert room.office.run_once().code == 1
    assert room.office("approve", room.office.only(SENT)["label"], "--by", HANAKO).code == 0
    assert room.office.run_once().code == 0
    return room.office


@pytest.fixture
def empty(tmp_path: Path) -> Office:
    """A sound configuration with no database yet; both servers are down."""
    return Office(tmp_path, projects=[project(WAITS.project, "kawa", WAITS.number)], knows=())


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    file = tmp_path / "お知らせ.pdf"
    file.write_bytes(notice(WAITS))
    return file


def hoshobin(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A real process with its outputs in pipes."""
    program = [sys.executable, "-m", "worker", *arguments]
    return subprocess.run(program, capture_output=True, text=True, env=environment(**more), timeout=60, check=False)


def on_a_terminal(*arguments: str, **more: str) -> str:
    """The text that a person sees on a terminal of 160 columns."""
    ours, theirs = pty.openpty()
    program = [sys.executable, "-m", "worker", *arguments]
    env = environment(**{"COLUMNS": "160", "TERM": "xterm-256color", **more})
    child = subprocess.Popen(program, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):  # a terminal whose other end is closed gives EIO
        while chunk := os.read(ours, 65_536):
            seen += chunk
    os.close(ours)
    assert child.wait(60) == 0
    return seen.decode()


# --- Usage ---------------------------------------------------------------------------------------------------


def test_the_program_runs_as_a_module_and_says_its_version() -> None:
    assert hoshobin("--version").stdout.startswith("hoshobin")


@pytest.mark.parametrize("arguments", [["nonsense"], ["list", "--nonsense"], ["approve"], ["confirm", "1"], []])
def test_wrong_arguments_end_with_2(arguments: list[str]) -> None:
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err


def test_what_became_of_a_mail_in_doubt_is_not_recorded_unless_it_is_said(office: Office) -> None:
    ran = office("resolve", "1", "--by", "山田 花子")
    assert ran.code == 2
    assert "--sent" in ran.err


def test_an_office_with_passwords_alone_is_told_that_it_needs_no_login(office: Office) -> None:
    ran = office("login", "main")
    assert ran.code == 2
    assert "ログインは不要です" in ran.err


def test_wrong_arguments_are_a_json_error_where_json_was_asked_for() -> None:
    ran = command("list", "--json", "--nonsense")
    assert ran.code == 2
    assert ran.document.keys() == {"error", "problems"}


@pytest.mark.parametrize("arguments", [["--help"], ["list", "--help"], ["approve", "-h"]])
def test_help_ends_with_0(arguments: list[str]) -> None:
    ran = command(*arguments)
    assert ran.code == 0
    assert "Usage" in ran.out


def test_a_fault_of_ours_is_one_line_and_70_with_the_trace_in_a_file(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a detail that is for the trace alone")

    monkeypatch.setattr(look, "open_office", broken)
    ran = office("list")
    assert (ran.code, ran.out) == (70, "")
    assert len(ran.err.splitlines()) == 1
    assert "for the trace alone" not in ran.err
    trace = re.search(r"(/\S+?\.txt)", ran.err)
    assert trace is not None
    text = Path(trace[1]).read_text()
    Path(trace[1]).unlink()
    assert "for the trace alone" in text
    assert office("list", "--json").document.keys() == {"error", "problems"}


# --- Configuration -------------------------------------------------------------------------------------------


def test_every_problem_of_the_configuration_is_told_at_once_with_its_place(empty: Office) -> None:
    worker = empty.config / "worker.toml"
    worker.write_text(worker.read_text().replace("mode =", "mod =").replace("hold_minutes = 10", 'hold_minutes = "x"'))
    (empty.config / "issuers" / "kawa.toml").write_text('name = "川北町"\nnonsense = 1\n')
    ran = empty("check", "--json")
    assert ran.code == 2
    assert ran.document.keys() == {"error", "problems"}
    problems = ran.document["problems"]
    assert all(problem.keys() == {"file", "key", "message", "hint"} for problem in problems)
    places = {(problem["file"], problem["key"]) for problem in problems}
    assert {("worker.toml", "release.mod"), ("worker.toml", "release.hold_minutes")} <= places
    assert ("issuers/kawa.toml", "nonsense") in places
    (unknown,) = [problem for problem in problems if problem["key"] == "release.mod"]
    assert "mode" in unknown["hint"]


@pytest.mark.parametrize("arguments", [["check"], ["run", "--once"], ["run"], ["list"], ["status"], ["doctor"]])
def test_nothing_runs_with_a_wrong_configuration(empty: Office, arguments: list[str]) -> None:
    (empty.config / "projects.toml").write_text('[[project]]\nname = "a"\nissuer = "nobody"\nsection = "b"\n')
    ran = empty(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "projects.toml" in ran.err
    assert not (empty.store / "hoshobin.sqlite3").exists()


@pytest.mark.parametrize("arguments", [["check"], ["doctor"], ["run", "--once"]])
def test_a_missing_password_file_ends_with_2_and_is_named(empty: Office, arguments: list[str]) -> None:
    (empty.store / "imap-password").unlink()
    ran = empty(*arguments)
    assert ran.code == 2
    assert "imap-password" in ran.err


@pytest.mark.parametrize("arguments", [["list"], ["status"], ["log"]])
def test_commands_that_only_look_need_no_password(office: Office, arguments: list[str]) -> None:
    password = (office.store / "imap-password").read_text()
    (office.store / "imap-password").unlink()
    try:
        assert office(*arguments).code == 0
    finally:
        office.secret("imap-password", password)


def test_a_configuration_that_is_not_there_ends_with_2_and_names_it(tmp_path: Path) -> None:
    ran = command("--config", str(tmp_path / "nowhere"), "check", "--json")
    assert ran.code == 2
    assert str(tmp_path / "nowhere") in ran.document["problems"][0]["message"]


def test_the_configuration_is_found_by_the_environment(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSHOBIN_CONFIG", str(office.config))
    assert len(command("list", "--json").documents) == 4


def test_check_says_what_was_read_and_what_is_not_certain(office: Office) -> None:
    ran = office("check")
    assert ran.code == 0
    assert "発注者 4、案件 2、メールボックス 1" in ran.out
    assert "実物で確認していません" in ran.out
    assert office("check", "--json").document["ok"] is True


def test_what_init_writes_passes_check_once_the_passwords_are_there(tmp_path: Path) -> None:
    made_by_init = command("init", str(tmp_path / "config"))
    assert made_by_init.code == 0
    assert str(tmp_path / "config") in made_by_init.out
    assert command("--config", str(tmp_path / "config"), "check").code == 2
    for name in ("imap-password", "smtp-password"):
        (tmp_path / "var" / name).touch(mode=0o600)
        (tmp_path / "var" / name).write_text("secret\n")
    checked = command("--config", str(tmp_path / "config"), "check")
    assert (checked.code, checked.err) == (0, "")
    assert checked.out.startswith("リハーサル中")
    worker = tmp_path / "config" / "worker.toml"
    worker.write_text(worker.read_text().replace('rehearsal_to = "self"', 'rehearsal_to = ""'))
    assert command("--config", str(tmp_path / "config"), "check").out.startswith("本番：発注者に送ります")


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "worker.toml").write_text("mine")
    ran = command("init", str(tmp_path))
    assert ran.code == 2
    assert "worker.toml" in ran.err
    assert [file.name for file in tmp_path.iterdir()] == ["worker.toml"]


# --- No database yet -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["show", "1"],
        ["status"],
        ["log"],
        ["audit", "verify"],
        *([name, *rest, "--by", HANAKO] for name, rest in DECISIONS.items()),
    ],
    ids=lambda arguments: arguments[0],
)
def test_without_a_database_a_command_ends_with_2_and_names_the_place(empty: Office, arguments: list[str]) -> None:
    ran = empty(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert str(empty.store) in ran.err
    assert not (empty.store / "hoshobin.sqlite3").exists()


def test_a_database_that_is_no_database_is_said_in_one_line(empty: Office) -> None:
    (empty.store / "hoshobin.sqlite3").write_bytes(b"no database at all, but long enough to be looked at" * 100)
    ran = empty("list")
    assert ran.code in {1, 2, 3}
    assert "Traceback" not in ran.err
    assert ran.err


# --- read and preview ----------------------------------------------------------------------------------------


def test_read_gives_the_fields_without_any_configuration(
    pdf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOSHOBIN_CONFIG", raising=False)
    ran = command("read", str(pdf), "--json")
    assert ran.code == 0
    assert ran.document == {
        "project_name": WAITS.project,
        "contractor_name": WAITS.contractor,
        "product": "contract",
        "contract_number": WAITS.number,
        "key": WAITS.key,
        "guarantor": "east",
    }
    shown = command("read", str(pdf))
    assert shown.code == 0
    assert f"認証キー\t{WAITS.key}" in shown.out
    assert "保証会社\t東日本建設業保証株式会社" in shown.out
    assert "product\tperformance guarantee" in command("--lang", "en", "read", str(pdf)).out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (made.certificate(), "not_a_notice"),
        (made.scan(), "no_text"),
        (b"", "damaged"),
        (made.with_user_password(), "password"),
    ],
    ids=["a certificate", "a scan", "an empty file", "a password"],
)
def test_read_refuses_by_name_and_ends_with_1(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.pdf").write_bytes(content)
    ran = command("read", str(tmp_path / "a.pdf"), "--json")
    assert ran.code == 1
    assert ran.document.keys() == {"refused", "message"}
    assert ran.document["refused"] == reason


def test_read_of_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    ran = command("read", str(tmp_path / "nowhere.pdf"), "--json")
    assert ran.code == 2
    assert str(tmp_path / "nowhere.pdf") in json.dumps(ran.document, ensure_ascii=False)


PREVIEW_FIELDS = {
    "state", "hold_reason", "hold_reasons", "issuer", "section", "to", "cc", "subject", "body", "attachments",
    "rule", "checks", "conditions", "duties", "near_misses",
}  # fmt: skip


def test_preview_ends_with_0_where_only_approval_is_missing(office: Office, pdf: Path) -> None:
    ran = office("preview", str(pdf), "--json")
    assert (ran.code, ran.document["state"], ran.document["hold_reasons"]) == (0, "HELD", ["approval"])
    assert all(each["passed"] for each in ran.document["checks"])


def test_preview_shows_the_mail_before_anything_was_stored(empty: Office, pdf: Path) -> None:
    empty.write(mode="approve")
    ran = empty("preview", str(pdf), "--json")
    assert ran.document.keys() >= PREVIEW_FIELDS
    assert (ran.code, set(ran.document["hold_reasons"])) == (1, {"approval", "first_address"})
    assert ran.document["to"] == ["doboku@kawa-town.example"]
    assert WAITS.project in ran.document["body"]
    (attachment,) = ran.document["attachments"]
    assert attachment.keys() == {"filename", "bytes", "sha256"}
    assert attachment["bytes"] == len(notice(WAITS))
    shown = empty("preview", str(pdf))
    assert "宛先\tdoboku@kawa-town.example（川北町 土木課）" in shown.out
    assert "受 注 者 名：〇〇建設 株式会社" in shown.out
    assert WAITS.key not in shown.out
    assert not (empty.store / "hoshobin.sqlite3").exists()


def test_preview_of_what_would_be_held_ends_with_1(empty: Office, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(notice(UNKNOWN))
    ran = empty("preview", str(tmp_path / "a.pdf"), "--json")
    assert (ran.code, ran.document["hold_reason"]) == (1, "unknown_project")
    (tmp_path / "b.pdf").write_bytes(made.certificate())
    ran = empty("preview", str(tmp_path / "b.pdf"), "--json")
    assert (ran.code, ran.document["hold_reason"]) == (1, "not_a_notice")
    assert "証書そのものは提出しません" in empty("preview", str(tmp_path / "b.pdf")).out
    (tmp_path / "c.pdf").write_bytes(made.bond())
    assert "保険会社の証券は対象外" in empty("preview", str(tmp_path / "c.pdf")).out
    assert ran.document.keys() >= PREVIEW_FIELDS


def test_preview_of_what_was_sent_names_that_submission(office: Office, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(notice(SENT))
    ran = office("preview", str(tmp_path / "a.pdf"), "--json")
    assert (ran.document["state"], ran.document["id"]) == ("SENT", office.only(SENT)["id"])


def test_preview_of_an_unknown_project_names_those_that_it_nearly_fits(empty: Office, tmp_path: Path) -> None:
    like = replace(UNKNOWN, project=f"{WAITS.project}（その２）")
    (tmp_path / "a.pdf").write_bytes(notice(like))
    (near,) = empty("preview", str(tmp_path / "a.pdf"), "--json").document["near_misses"]
    assert (near["name"], near["differs"]) == (WAITS.project, f"{like.number}≠{WAITS.number}、事(その2)≠事")
    assert "似た案件（自動では選びません）" in empty("preview", str(tmp_path / "a.pdf")).out


# --- list, show, status --------------------------------------------------------------------------------------


def test_list_gives_json_lines_with_the_fixed_fields(office: Office) -> None:
    listed = office.list()
    assert len(listed) == 4
    assert all(each.keys() >= SUBMISSION_FIELDS for each in listed)
    sent = office.only(SENT)
    assert (sent["state"], sent["issuer"], sent["product"]) == ("SENT", "kawa", "advance")
    assert ISO.fullmatch(sent["sent_at"])
    assert ISO.fullmatch(sent["updated_at"])
    assert office.only(WAITS)["hold_reasons"][-1] == "approval"


@pytest.mark.parametrize(("state", "count"), [("HELD", 2), ("held", 2), ("SENT", 1), ("REFUSED", 0)])
def test_list_of_one_state(office: Office, state: str, count: int) -> None:
    ran = office("list", "--state", state, "--json")
    assert (ran.code, len(ran.documents)) == (0, count)


def test_a_list_of_nothing_says_so_and_ends_with_0(office: Office) -> None:
    ran = office("list", "--state", "REFUSED")
    assert (ran.code, ran.out) == (0, "該当する提出はありません。\n")


def test_show_adds_every_entry_and_what_is_linked(office: Office) -> None:
    shown = office.show(office.only(SENT)["id"])
    assert shown.keys() >= SUBMISSION_FIELDS | {"linked", "entries", "rule", "checks", "conditions", "duties"}
    events = [each["event"] for each in shown["entries"]]
    assert events == ["NoticeRead", "Approved", "SendStarted", "DataStarted", "Accepted"]
    assert all(ISO.fullmatch(each["at"]) for each in shown["entries"])


def test_the_history_is_in_office_words_and_its_times_are_as_people_write_them(office: Office) -> None:
    sent = next(each["id"] for each in office.list() if each["sent_at"])
    history = office("show", str(sent)).out.partition("# 経過")[2]
    assert "段階：本文を送った後" in history
    assert not re.search(r"\d{4}-\d\d-\d\dT", history)
    names = {name for each in office.list() for entry in office.show(each["id"])["entries"] for name in entry["detail"]}
    assert {name for name in names if name not in DETAILS} == set()


def test_show_takes_the_id_as_it_is_printed(office: Office) -> None:
    assert office("show", office.only(WAITS)["label"], "--json").code == 0


def test_what_is_not_there_cannot_be_shown(office: Office) -> None:
    ran = office("show", "99", "--json")
    assert (ran.code, ran.document["refused"]) == (1, "no_such_submission")
    assert office("show", "nonsense").code == 2


def test_show_gives_a_person_the_mail_and_the_one_command(office: Office) -> None:
    label = office.only(WAITS)["label"]
    out = office("show", label).out
    assert f"hoshobin approve {label} --by" in out
    assert "件名\t契約保証にかかる認証キー【橋梁補修工事】の提出について" in out
    assert "いつもお世話になっております。" in out


def test_show_gives_the_first_page_of_what_has_not_left_with_the_key_masked(office: Office) -> None:
    heading = "# 添付の1ページ目（認証キーは伏字）"
    out = office("show", office.only(WAITS)["label"]).out
    page = out.partition(heading)[2]
    assert WAITS.number in page
    assert WAITS.key not in out
    assert "********" + WAITS.key[-2:] in page
    assert heading not in office("show", office.only(WAITS)["label"], "--no-pages").out
    assert heading not in office("show", str(office.only(SENT)["id"])).out


def test_status_tells_looks_counts_and_what_waits(office: Office) -> None:
    status = office("status", "--json").document
    assert {each["name"] for each in status["looks"]} == {"mail:main", "folder", "smtp"}
    assert all(ISO.fullmatch(each["last_ok"]) for each in status["looks"])
    assert status["states"] == {"ANNOUNCED": 1, "HELD": 2, "SENT": 1}
    assert len(status["waiting"]) == 3
    out = office("status").out
    assert "保留（要対応）\t2" in out


# --- log -----------------------------------------------------------------------------------------------------


def test_the_log_has_one_row_for_the_attempt_in_every_format(office: Office) -> None:
    table = office("log").out.splitlines()
    assert len(table) == 2
    assert "doboku@kawa-town.example, genba@contractor.example" in table[1]
    assert HANAKO in table[1]
    (row,) = office("log", "--format", "jsonl").documents
    assert (row["event"], row["contract_number"], row["decided_by"]) == ("Accepted", SENT.number, HANAKO)
    assert ISO.fullmatch(row["at"])
    text = office("log", "--format", "csv").out
    assert text.startswith("\ufeff日時,")
    head, line = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert len(head) == len(line)
    assert dict(zip(head, line, strict=True))["保証契約番号"] == SENT.number


def days(offset: int) -> str:
    return (dt.datetime.now(JST).date() + dt.timedelta(days=offset)).isoformat()


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--since", days(0)], 1),
        (["--until", days(0)], 1),
        (["--since", days(0), "--until", days(0)], 1),
        (["--since", days(1)], 0),
        (["--until", days(-1)], 0),
        (["--issuer", "kawa"], 1),
        (["--issuer", "川北町"], 1),
        (["--issuer", "yama"], 0),
        (["--project", SENT.project], 1),
        (["--project", WAITS.project], 0),
        (["--contract", SENT.number], 1),
        (["--contract", WAITS.number], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_the_log_is_filtered(office: Office, options: list[str], count: int) -> None:
    ran = office("log", "--format", "jsonl", *options)
    assert (ran.code, len(ran.documents)) == (0, count)


def test_a_day_that_is_none_is_a_wrong_argument(office: Office) -> None:
    ran = office("log", "--since", "2026-02-30")
    assert ran.code == 2
    assert "2026-02-30" in ran.err


# --- audit verify --------------------------------------------------------------------------------------------


def test_the_log_holds_with_a_head_noted_earlier_and_not_with_another(office: Office) -> None:
    ran = office("audit", "verify", "--json")
    assert ran.code == 0
    assert ran.document["holds"] is True
    head = ran.document["head"]
    assert head in office("audit", "verify").out
    assert office("audit", "verify", "--head", head).code == 0
    wrong = office("audit", "verify", "--head", "0" * 63 + "1", "--json")
    assert (wrong.code, wrong.document["holds"]) == (1, False)


def test_a_changed_entry_is_found(office: Office, tmp_path: Path) -> None:
    copy = Office(tmp_path, knows=())
    with contextlib.closing(sqlite3.connect(office.store / "hoshobin.sqlite3")) as database:
        database.execute("vacuum into ?", (str(copy.store / "hoshobin.sqlite3"),))
    with contextlib.closing(sqlite3.connect(copy.store / "hoshobin.sqlite3")) as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f"drop trigger {name}")
        database.execute("update entries set body = replace(body, 'Accepted', 'Refused')")
        database.commit()
    ran = copy("audit", "verify", "--json")
    assert (ran.code, ran.document["holds"]) == (1, False)
    assert ran.document["faults"]


# --- Decisions -----------------------------------------------------------------------------------------------


@pytest.fixture
def desk(mailroom: Callable[..., Mailroom]) -> Office:
    """An office of its own with one submission that waits for approval."""
    form = a_form("橋梁補修工事")
    room = mailroom(mode="approve", projects=[project(form.project, "kawa", form.number)])
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    room.office.run_once()
    return room.office


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_needs_a_person_of_the_configuration(office: Office, name: str) -> None:
    before = office.rows("select count(*) from entries")
    ran = office(name, *DECISIONS[name], "--by", "誰か")
    assert (ran.code, ran.out) == (1, "")
    assert "誰か" in ran.err
    assert HANAKO in ran.err
    assert office(name, *DECISIONS[name]).code == 2
    assert office.rows("select count(*) from entries") == before


def test_an_approval_of_another_draft_than_the_one_shown_is_refused(desk: Office) -> None:
    ran = desk("approve", "1@ffff", "--by", HANAKO, "--json")
    assert (ran.code, ran.document["refused"]) == (1, "draft_differs")
    assert desk.list()[0]["label"] in ran.document["message"]
    assert desk.list()[0]["state"] == "HELD"


def test_an_approval_without_a_label_changes_nothing_where_nobody_can_be_asked(desk: Office) -> None:
    before = desk.show(1)
    ran = desk("approve", "1", "--by", HANAKO, "--json")
    assert (ran.code, ran.document["refused"]) == (1, "label_missing")
    ran = desk("approve", "1", "--by", HANAKO)
    assert (ran.code, ran.document) == (1, {"refused": "label_missing"})
    assert "hoshobin show 1" in ran.err
    assert desk.show(1) == before


@pytest.mark.parametrize("shorten", [lambda _: "1@7efa", lambda shown: shown[:-1], lambda shown: shown[:-6]])
def test_an_old_label_or_a_part_of_one_is_refused_and_the_new_one_stands_after_what_it_is_about(
    desk: Office, shorten: Callable[[str], str]
) -> None:
    (row,) = desk.list()
    typed = shorten(row["label"])
    ran = desk("approve", typed, "--by", HANAKO)
    assert (ran.code, ran.out) == (1, "")
    seen = [row["to"][0], "genba@contractor.example", row["subject"], ".pdf", "承認待ち", f"{row['label']} を承認"]
    places = [ran.err.index(each) for each in seen]
    assert places == sorted(places)
    told = desk("approve", typed, "--by", HANAKO, "--json").document
    assert (told["refused"], told["label"], told["to"]) == ("draft_differs", row["label"], row["to"])
    assert told["cc"] == ["genba@contractor.example"]
    assert told["hold_details"] == [{"reason": "approval", "detail": "", "params": {}}]
    assert desk.list()[0]["state"] == "HELD"


def test_a_label_is_taken_in_small_letters(desk: Office) -> None:
    assert desk("approve", desk.label(1).lower(), "--by", HANAKO).code == 0
    assert desk.show(1)["entries"][-1]["detail"]["label"].upper() == desk.show(1)["entries"][-1]["detail"]["label"]


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, desk: Office, answer: str, *arguments: str) -> Ran:
    """The command with a person before it, who types ``answer``; the streams are those of the test."""
    monkeypatch.setattr("worker.cli.decide.is_at_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _prompt: answer)
    return desk("approve", "1", "--by", HANAKO, *arguments)


def test_at_a_terminal_one_question_comes_after_recipient_subject_attachments_and_reasons(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = desk.list()
    ran = at_a_terminal(monkeypatch, desk, "y")
    assert ran.code == 0
    seen = [row["to"][0], "genba@contractor.example", row["subject"], ".pdf", "承認待ち"]
    places = [ran.err.index(each) for each in seen]
    assert places == sorted(places)
    last = desk.show(1)["entries"][-1]
    assert (last["event"], last["detail"]["label"]) == ("Approved", "asked")


@pytest.mark.parametrize("answer", ["n", ""])
def test_at_a_terminal_nothing_is_approved_without_a_yes(
    desk: Office, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    before = desk.show(1)
    assert at_a_terminal(monkeypatch, desk, answer).code == 1
    assert desk.show(1) == before


def test_at_a_terminal_json_is_not_asked_about(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = at_a_terminal(monkeypatch, desk, "y", "--json")
    assert (ran.code, ran.document["refused"]) == (1, "label_missing")


@pytest.mark.parametrize(("answer", "state"), [("y", "APPROVED"), ("n", "HELD")])
def test_a_real_terminal_is_asked_and_its_answer_counts(desk: Office, answer: str, state: str) -> None:
    here, there = os.openpty()
    try:
        call = [sys.executable, "-c", "import sys; from worker.cli import main; sys.exit(main(sys.argv[1:]))"]
        running = subprocess.Popen(
            [*call, "--config", str(desk.config), "approve", "1", "--by", HANAKO],
            stdin=there, stdout=subprocess.PIPE, stderr=there, env=environment(),
        )  # fmt: skip
        os.write(here, f"{answer}\n".encode())
        running.communicate(timeout=60)
        shown = os.read(here, 65536).decode(errors="replace")
    finally:
        os.close(here)
        os.close(there)
    assert (running.returncode, desk.list()[0]["state"]) == (0 if answer == "y" else 1, state)
    assert "doboku@kawa-town.example" in shown


def test_another_draft_that_comes_up_while_the_question_is_open_is_refused_with_its_summary(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_prompt: str) -> str:
        issuers = {**desk.issuers, "kawa": desk.issuers["kawa"].replace("doboku@", "kensetsu@")}
        desk.write(issuers=issuers)
        desk.run_once()
        return "y"

    monkeypatch.setattr("worker.cli.decide.is_at_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", answer)
    shown = desk.label(1)
    ran = desk("approve", "1", "--by", HANAKO)
    assert ran.code == 1
    first, second = ran.err.index("doboku@"), ran.err.index("kensetsu@")
    assert first < second < ran.err.index(f"現在：{desk.label(1)}")
    assert desk.label(1) != shown
    assert desk.list()[0]["state"] == "HELD"


def test_a_task_carries_the_label_of_its_submission(desk: Office) -> None:
    (task,) = [each for each in desk("tasks", "--json").documents if each["submission"] == 1]
    assert task["label"] == desk.label(1)
    assert task["label"] in desk("tasks").out


def test_an_approval_of_several_goes_on_after_one_that_is_not_allowed(desk: Office) -> None:
    ran = desk("approve", "7@0000000000", desk.list()[0]["label"], "--by", HANAKO)
    assert ran.code == 1
    assert "7" in ran.err
    assert "1 を承認しました" in ran.out
    assert desk.list()[0]["state"] == "APPROVED"


def test_what_the_state_does_not_allow_changes_nothing(desk: Office) -> None:
    before = desk.show(1)
    for name in ("resolve", "confirm", "resend"):
        ran = desk(name, *DECISIONS[name], "--by", HANAKO, "--json")
        assert ran.code == 1
        assert ran.document.keys() == {"refused", "message"}
    assert desk.show(1) == before


def test_a_withdrawn_submission_keeps_its_reason_and_can_be_opened_anew(desk: Office) -> None:
    assert desk("withdraw", "1", "--by", HANAKO, "--why", "重複のため").code == 0
    (last,) = [each for each in desk.show(1)["entries"] if each["event"] == "Withdrawn"]
    assert (last["by"], last["detail"]["why"]) == (HANAKO, "重複のため")
    assert last["account"]
    assert "重複のため" in desk("log", "--format", "csv").out
    ran = desk("resend", "1", "--by", HANAKO, "--why", "やはり必要", "--json")
    later = ran.document["id"]
    (listed,) = (each for each in desk("list", "--json").documents if each["id"] == 1)
    assert listed["resubmitted_as"] == later
    assert f"{later} で再提出" in desk("list").out
    assert f"{later} で再提出" in desk("show", "1").out
    assert (ran.code, ran.document["hold_reasons"]) == (0, ["approval"])


def test_a_hand_over_is_confirmed_with_the_time_that_was_named(desk: Office) -> None:
    assert desk("hand-over", "1", "--by", HANAKO, "--note", "窓口へ持参").code == 0
    assert desk.list()[0]["state"] == "HANDED_OVER"
    ran = desk("confirm", "1", "--by", HANAKO, "--note", "土木課 川口様", "--at", "2026-11-20 10:30", "--json")
    assert (ran.code, ran.document["state"]) == (0, "CONFIRMED")
    (last,) = [each for each in desk.show(1)["entries"] if each["event"] == "Confirmed"]
    assert last["detail"] == {"note": "土木課 川口様", "confirmed_at": "2026-11-20T10:30:00+09:00"}


def test_what_the_issuer_does_not_have_is_recorded_as_sent_back(desk: Office) -> None:
    desk("approve", desk.label(1), "--by", HANAKO)
    desk.run_once()
    ran = desk("confirm", "1", "--failed", "--by", HANAKO, "--note", "届いていないとのこと")
    assert ran.code == 0
    assert desk.list()[0]["state"] == "BOUNCED"


# --- run -----------------------------------------------------------------------------------------------------


def test_a_second_run_ends_with_1_and_names_the_holder(empty: Office) -> None:
    with SenderLock(empty.store, SystemClock()):
        for arguments in (["run", "--once"], ["run"]):
            ran = empty(*arguments)
            assert ran.code == 1
            assert str(os.getpid()) in ran.err


def test_a_server_that_is_down_ends_the_pass_with_3_and_is_named(tmp_path: Path) -> None:
    down = Office(tmp_path, projects=[project(WAITS.project, "kawa", WAITS.number)])
    down.save_notice("a.pdf", notice(WAITS))
    ran = down.run_once()
    assert ran.code == 3
    assert "受信メールボックス main" in ran.err
    assert "送信サーバー" in ran.err
    (one,) = down.list()
    assert (one["state"], one["sent_at"]) == ("APPROVED", None)
    errors = {each["name"]: each["error"] for each in down("status", "--json").document["looks"]}
    assert errors["mail:main"]
    assert errors["smtp"]
    assert errors["folder"] is None


def test_the_folder_is_worked_off_and_sent_while_the_mailbox_is_down(
    tmp_path: Path, wide_mailroom: Callable[..., Mailroom]
) -> None:
    room = wide_mailroom(projects=[project(WAITS.project, "kawa", WAITS.number)])
    room.office.write(imap_port=1)
    room.office.save_notice("a.pdf", notice(WAITS))
    assert room.office.run_once().code == 3
    assert [each.files[0][1] for each in room.submissions] == [notice(WAITS)]


def test_doctor_names_what_is_down_and_its_remedy(empty: Office) -> None:
    ran = empty("doctor", "--json")
    assert ran.code == 3
    results = {each["name"]: each for each in ran.document["results"]}
    assert {name for name, each in results.items() if not each["ok"]} == {"mail:main", "smtp"}
    shown = empty("doctor")
    assert shown.code == 3
    assert "[mailbox.main] の host・port・security と、ネットワークをご確認ください。" in shown.out
    assert "[smtp] の host・port・security・ca_file と、ネットワークをご確認ください。" in shown.out


def test_doctor_is_content_where_all_is_well(office: Office) -> None:
    ran = office("doctor")
    assert (ran.code, ran.err) == (0, "")
    assert "すべて正常です。" in ran.out


def test_doctor_names_a_folder_that_is_not_there(office: Office, tmp_path: Path) -> None:
    other = Office(tmp_path, imap_port=office.imap_port, imap_password=office.imap_password, smtp_port=office.smtp_port)
    assert other.run_once().code == 0
    (other.store / "inbox" / "notices").rmdir()
    ran = other("doctor")
    assert ran.code == 3
    assert "フォルダを作成し" in ran.out


def in_its_first_hour(office: Office, root: Path) -> Office:
    servers = {"imap_port": office.imap_port, "imap_password": office.imap_password, "smtp_port": office.smtp_port}
    return Office(root, **servers, knows=())


def test_before_the_first_run_doctor_says_of_the_folders_that_it_makes_them_and_is_content(
    office: Office, tmp_path: Path
) -> None:
    new = in_its_first_hour(office, tmp_path)
    for name in ("notices", "invoices"):
        (new.store / "inbox" / name).rmdir()
    shown = new("doctor")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.count("最初の `hoshobin run` で作られます") == 2
    results = {each["name"]: each for each in new("doctor", "--json").documents[0]["results"]}
    assert results["folder"]["ok"]
    assert not (new.store / "inbox" / "notices").exists()


def test_a_share_that_is_not_there_fails_also_before_the_first_run(office: Office, tmp_path: Path) -> None:
    new = in_its_first_hour(office, tmp_path)
    file = new.config / "worker.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n[folders]\ninvoices = '{tmp_path / 'share'}'\n", encoding="utf-8")
    ran = new("doctor")
    assert (ran.code, "フォルダを作成し" in ran.out) == (3, True)
    assert ("ファイルかフォルダがありません" in ran.out, "No such file" in ran.out) == (True, False)


# --- For people ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--lang", "en"], ["--lang=en"]])
def test_people_may_read_english(office: Office, arguments: list[str]) -> None:
    shown = command(*arguments, "--config", str(office.config), "list").out
    assert "waiting for approval" in shown
    refused = command(*arguments, "--config", str(office.config), "approve", "9@0000000000", "--by", HANAKO)
    assert "There is no submission 9" in refused.err


def test_machine_names_stay_english(office: Office) -> None:
    ran = command("--lang", "en", "--config", str(office.config), "list", "--json")
    sentences = ("evidence",)  # in the requested language; other fields give its codes and values
    without = [{name: each[name] for name in each if name not in sentences} for each in ran.documents]
    assert without == [{name: each[name] for name in each if name not in sentences} for each in office.list()]
    assert all(not JAPANESE.search(each["evidence"] or "") for each in ran.documents)


def test_a_pipe_gets_plain_text_with_tabs(office: Office) -> None:
    ran = hoshobin("--config", str(office.config), "list")
    lines = ran.stdout.splitlines()
    assert len([line for line in lines if not line.startswith(("0\t", "-"))]) == 5, "but for what the test makes known"
    assert {line.count("\t") for line in lines} == {6}
    assert "\x1b" not in ran.stdout


def test_a_terminal_gets_colours_unless_no_color_is_set(office: Office) -> None:
    colour = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7]|38;)")
    shown = on_a_terminal("--config", str(office.config), "list")
    assert colour.search(shown)
    assert "橋梁補修工事" in shown
    assert not colour.search(on_a_terminal("--config", str(office.config), "list", NO_COLOR="1"))


def test_a_reader_that_has_seen_enough_is_no_fault(office: Office) -> None:
    arguments = [sys.executable, "-m", "worker", "--config", str(office.config), "list", "--json"]
    ours, theirs = os.pipe()
    os.close(ours)
    ended = subprocess.run(arguments, stdout=theirs, stderr=subprocess.PIPE, env=environment(), timeout=60, check=False)
    os.close(theirs)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_foreign_text_cannot_command_the_terminal(mailroom: Callable[..., Mailroom]) -> None:
    room = mailroom()
    mail = a_mail("認証キー", ("a.pdf", made.certificate()))
    mail.replace_header("Subject", "SUBJECT")
    raw = mail.as_bytes().replace(b"SUBJECT", b"=?utf-8?B?6KqN6Ki844Kt44O8G1szMW0gG103O+KArg==?=")
    room.deliver(raw)
    room.office.run_once()
    for arguments in (["list"], ["show", "1"], ["status"]):
        ran = room.office(*arguments)
        assert "\\u{001B}[31m" in ran.out
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out
    assert "\x1b" not in room.tellings[0].text


# --- demo ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    kept = tmp_path_factory.mktemp("demo")
    return kept, command("demo", "--keep", str(kept))


def test_the_demonstration_ends_with_0_and_shows_what_was_sent(demo: tuple[Path, Ran]) -> None:
    _, ran = demo
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("$ hoshobin approve") == 3
    for address in ("keiyaku@maru-city.example", "kensetsu@sankaku-town.example", "doboku@shikaku-pref.example"):
        assert address in ran.out
    assert "該当案件の登録なし" in ran.out
    assert "お知らせPDF待ち" in ran.out
    assert "記録は改変されていません" in ran.out
    assert OFFICE in ran.out


def test_what_the_demonstration_keeps_can_be_looked_at_with_the_commands(demo: tuple[Path, Ran]) -> None:
    kept, _ = demo
    config = str(kept / "config")
    assert command("--config", config, "audit", "verify").code == 0
    assert len(command("--config", config, "list", "--json").documents) == 5
    names = {file.name for file in (kept / "mails").iterdir()}
    assert {f"in-{number}.eml" for number in range(1, 7)} | {f"out-{number}.eml" for number in range(1, 5)} == names


def test_the_demonstration_can_be_run_again_into_the_same_folder(demo: tuple[Path, Ran]) -> None:
    kept, _ = demo
    again = command("demo", "--keep", str(kept))
    assert (again.code, again.err) == (0, "")


def test_a_missing_password_is_named_together_with_every_other_problem(empty: Office) -> None:
    (empty.store / "imap-password").unlink()
    (empty.config / "projects.toml").write_text('[[project]]\nnamae = "道路"\n', encoding="utf-8")
    ran = empty("check", "--json")
    assert ran.code == 2
    named = {(each["file"], each["key"]) for each in ran.document["problems"]}
    assert {("worker.toml", "mailbox.main.password_file"), ("projects.toml", "project[1].namae")} <= named


def test_kinds_of_guarantee_and_events_are_said_in_the_language_asked_for(office: Office) -> None:
    assert "performance guarantee\tadvance payment guarantee" in office("--lang", "en", "project", "list").out
    assert "\tsent\t" in office("--lang", "en", "log").out
    assert "\t送信\t" in office("log").out


def test_how_a_notice_came_again_is_said_in_words(mailroom: Callable[..., Mailroom]) -> None:
    room = mailroom(mode="approve", projects=[project(WAITS.project, "kawa", WAITS.number)])
    for name in ("a.pdf", "b.pdf"):
        room.deliver(a_mail("認証キー", (name, notice(WAITS))))
    room.office.run_once()
    shown = room.office("show", "1").out
    assert (
        "受付の経路：受信メールボックス main / 同じファイル：はい / ファイル名・件名：認証キー / 提出前：はい" in shown
    )
    assert "came by: mailbox main / same file: yes" in room.office("--lang", "en", "show", "1").out


def test_the_steps_of_an_announcement_stay_those_of_fetching_it(mailroom: Callable[..., Mailroom]) -> None:
    room = mailroom()
    room.deliver(a_mail(EAST, sender="netdesk@surety.example"))
    room.office.run_once()
    assert room.office("withdraw", "1", "--by", HANAKO, "--why", "不要").code == 0
    shown = room.office("show", "1").out
    assert "お知らせPDFを取得する手順" in shown
    assert "メールでは送りません" not in shown
