"""``backup``, ``restore`` and ``resume`` as an administrator uses them, on an office that sends."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.notice_pdfs import Form
from tests.support.office import HANAKO, Mailroom, Office, a_form, notice
from tests.support.world import project
from worker.cli import decide
from worker.core.errors import PLACE_FAULTS
from worker.core.messages import say
from worker.send.smtp.lock import FILE_NAME, SenderLock
from worker.service.clock import SystemClock

ONE, TWO = a_form(), a_form("橋梁補修工事")
Opens = Callable[..., Mailroom]


def open_room(mailroom: Opens) -> Mailroom:
    projects = [project(each.project, "kawa", each.number) for each in (ONE, TWO)]
    return mailroom(mode="approve", projects=projects)


def bring(room: Mailroom, form: Form) -> None:
    room.office.save_notice(f"{form.number}.pdf", notice(form))
    room.office.run_once()


def send(room: Mailroom, form: Form) -> None:
    room.office("approve", room.office.only(form)["label"], "--by", HANAKO, "--tick", "all")
    room.office.run_once()


def back_up(office: Office, target: Path) -> str:
    ran = office("backup", str(target), "--json")
    assert ran.code == 0, ran.err
    return str(ran.document["file"])


def test_after_a_restore_nothing_leaves_until_a_person_who_saw_the_list_resumes(
    mailroom: Opens, tmp_path: Path
) -> None:
    """No ``head`` is there that would stop it: the disk was lost."""
    room = open_room(mailroom)
    bring(room, ONE)
    room.office("approve", room.office.only(ONE)["label"], "--by", HANAKO, "--tick", "all")
    file = back_up(room.office, tmp_path / "backups")
    room.office.run_once()
    assert len(room.submissions) == 1
    ran = room.office("restore", file)
    assert ran.code == 0, ran.err
    assert "replaced-" in ran.out
    assert "resume" in ran.out
    (room.office.store / "head").unlink(missing_ok=True)
    once = room.office.run_once()
    assert once.code == 1
    assert "バックアップから戻した" in once.err
    assert any("バックアップから戻した" in told.text for told in room.tellings)
    assert len(room.submissions) == 1, "what the backup calls waiting has left already"
    for looked in ("list", "show 1", "tasks", "status"):
        out = room.office(*looked.split()).out
        assert "バックアップから戻した" in out, looked
        assert "次の送信は" not in out, looked
    assert room.office("status", "--json").document["restored"] is True
    assert room.office("withdraw", "1", "--by", HANAKO, "--why", "送信済み").code == 0
    assert room.office("resume", "--by", HANAKO, "--yes").code == 0
    room.office.run_once()
    assert len(room.submissions) == 1
    bring(room, TWO)
    send(room, TWO)
    assert len(room.submissions) == 2, "sending goes on"
    assert room.office("audit", "verify").code == 0


def test_the_backup_of_another_office_is_refused_in_words_and_taken_if_that_is_said(
    mailroom: Opens, tmp_path: Path
) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    other = Office(tmp_path / "other")
    other.run_once()
    file = str(other("backup", str(tmp_path / "backups"), "--json").document["file"])
    ran = room.office("restore", file)
    assert ran.code == 1
    assert "別の保証便（別の会社など）のバックアップです" in ran.err
    assert room.office("restore", "--other", file).code == 0


def test_a_restore_is_refused_while_the_service_runs(mailroom: Opens, tmp_path: Path) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    file = back_up(room.office, tmp_path / "backups")
    with SenderLock(room.office.store, SystemClock()):
        assert back_up(room.office, tmp_path / "backups"), "a backup is made beside it"
        before = {each.name: each.read_bytes() for each in room.office.store.glob("hoshobin*")}
        ran = room.office("restore", file, "--json")
    assert ran.code == 1
    assert ran.document["refused"] == "restore_while_running"
    assert str(os.getpid()) in ran.document["message"]
    assert {each.name: each.read_bytes() for each in room.office.store.glob("hoshobin*")} == before


def test_backup_and_restore_need_no_more_of_the_configuration_than_the_place(mailroom: Opens, tmp_path: Path) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    worker = room.office.config / "worker.toml"
    worker.write_text(worker.read_text().replace("security = ", "security "))
    (room.office.config / "projects.toml").unlink()
    file = back_up(room.office, tmp_path / "backups")
    assert room.office("restore", file).code == 0


def test_a_backup_is_a_set_with_the_configuration_and_is_checked_by_file_or_directory(
    mailroom: Opens, tmp_path: Path
) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    made = room.office("backup", str(tmp_path / "backups"), "--json").document
    stem = made["file"].removesuffix(".sqlite3")
    assert made["configuration"] == Path(f"{stem}.config.tar").name
    assert (made["left_out"], made["removed"]) == ([], [])
    assert (made["same_disk"], made["loose"]) == (True, False)
    assert "データベースと同じディスクにあります" in room.office("backup", "--same-disk", str(tmp_path / "other")).out
    for given in (made["file"], str(tmp_path / "backups")):
        ran = room.office("backup", "check", given, "--json")
        assert ran.code == 0, ran.err
        assert ran.document["compared"] is True
        assert {name: ran.document[name] for name in ("file", "entries", "head")} == {
            name: made[name] for name in ("file", "entries", "head")
        }
    assert "使えるバックアップです" in room.office("backup", "check", made["file"]).out
    with Path(made["file"]).open("r+b") as file:
        file.truncate(5000)
    ran = room.office("backup", "check", made["file"])
    assert ran.code == 1
    assert "バックアップとして使えません（作成したときの内容と異なる" in ran.err
    assert "バックアップ（" in room.office("tasks").out


def test_a_directory_of_the_name_of_a_command_is_given_with_its_path(mailroom: Opens, tmp_path: Path) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    place = tmp_path / "check"
    assert room.office("backup", f"{tmp_path}/./check").code == 0
    assert len(list(place.glob("*.sqlite3"))) == 1
    assert "backup DIR" in room.office("backup", "--help").out
    assert room.office("backup", "--json", str(place)).code == 0
    assert room.office("backup").code == 2


def test_a_backup_that_failed_is_told_by_mail_and_stands_in_the_list(mailroom: Opens, tmp_path: Path) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    told = len(room.tellings)
    assert room.office("backup", str(tmp_path / "gone" / "deeper")).code == 3
    listed = room.office("tasks").out
    assert "バックアップ" in listed
    assert "管理者に連絡" in listed
    room.office.run_once()
    assert any("バックアップを作成できていません" in each.text for each in room.tellings[told:])
    assert room.office("backup", str(tmp_path / "backups")).code == 0
    assert "バックアップ" not in room.office("tasks").out


def test_a_place_of_no_use_is_said_with_its_name_and_a_remedy(mailroom: Opens, tmp_path: Path) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    kept = tmp_path / "backups"
    back_up(room.office, kept)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    for words, place, remedy in (
        (("backup",), tmp_path / "link", "リンクの行き先を作ってください"),
        (("backup",), tmp_path / "file", "フォルダを指定するか"),
        (("backup",), tmp_path / "gone" / "deeper", "上のフォルダを先に作ってください"),
        (("backup", "check"), tmp_path / "gone", "名前に誤りがないか"),
        (("restore",), kept, f"ls {kept}/hoshobin-*.sqlite3"),
        (("metrics", "--textfile"), tmp_path / "gone" / "x.prom", "上のフォルダを先に作ってください"),
    ):
        ran = room.office(*words, str(place))
        assert ran.code == 3, (words, ran.out)
        assert str(place if words[0] != "metrics" else place.parent) in ran.err
        assert remedy in ran.err, (words, ran.err)


def test_every_reason_for_a_place_has_words() -> None:
    own = {"place": "/srv/x", "detail": "Read-only file system", "account": "hoshobin"}
    for code in {*PLACE_FAULTS.values(), "failed"}:
        for lang in ("ja", "en"):
            said = say(f"place_{code}", lang, **own)
            assert "/srv/x" in said
            assert ("Read-only" in said) <= (lang == "en"), "the reason is in the reader's language"


def test_what_is_no_backup_is_said_in_office_words(mailroom: Opens, tmp_path: Path) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    wrong = tmp_path / "認証キーのお知らせ.pdf"
    wrong.write_bytes(notice(ONE))
    ran = room.office("restore", str(wrong))
    assert ran.code == 1
    assert "ファイルが壊れている" in ran.err
    assert "何も変更していません" in ran.err
    gone = room.office("restore", str(tmp_path / "gone.sqlite3"))
    assert gone.code == 3
    assert "gone.sqlite3" in gone.err


def test_root_puts_nothing_back_into_a_folder_of_another_account(
    mailroom: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    file = back_up(room.office, tmp_path / "backups")
    if os.geteuid() == 0:
        os.chown(room.office.store, 65_534, -1)
    monkeypatch.setattr("worker.cli.backup.os.geteuid", lambda: 0)
    ran = room.office("restore", file, "--json")
    assert (ran.code, ran.document["refused"]) == (1, "store_as_root")


@pytest.mark.parametrize(("answer", "is_resumed"), [(True, True), (False, False)])
def test_at_a_terminal_resume_asks_after_the_list(
    mailroom: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, answer: bool, is_resumed: bool
) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    room.office("approve", room.office.only(ONE)["label"], "--by", HANAKO, "--tick", "all")
    file = back_up(room.office, tmp_path / "backups")
    room.office("restore", file)
    asked: list[str] = []

    def confirm(question: str, *, err: bool) -> bool:
        assert err
        asked.append(question)
        return answer

    monkeypatch.setattr(decide, "is_at_terminal", lambda: True)
    monkeypatch.setattr(decide.click, "confirm", confirm)
    ran = room.office("resume", "--by", HANAKO)
    assert len(asked) == 1
    assert "再開すると送信されるもの（1件）" in ran.out
    assert ran.code == (0 if is_resumed else 1)
    assert room.office("status", "--json").document["restored"] is not is_resumed


def test_a_restore_leaves_what_the_last_run_said_of_its_end(mailroom: Opens, tmp_path: Path) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    before = room.office("status", "--json").document["service"]
    assert before["why"] == "once"
    file = back_up(room.office, tmp_path / "backups")
    assert room.office("restore", str(tmp_path)).code != 0
    assert room.office("status", "--json").document["service"] == before
    assert room.office("restore", file).code == 0
    assert room.office("status", "--json").document["service"] == before
    (room.office.store / FILE_NAME).unlink()
    assert room.office("restore", file).code == 0
    assert "バックアップから戻した後、起動していません" in room.office("status").out, "another computer, say"
