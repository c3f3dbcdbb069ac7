"""The commands' sentences about old copies and second installations, for an office that sends."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flow.test_copies import a_telling
from tests.support.notice_pdfs import Form
from tests.support.office import HANAKO, Mailroom, Office, a_form, notice
from tests.support.world import OFFICE, project
from worker.cli.doctor import describe_evidence
from worker.core.errors import ConfigError
from worker.core.messages import say
from worker.core.signs import Sign
from worker.service.wiring import load_changed_installation, load_installation
from worker.store.sqlite.connection import FILE_NAME, REVISION

ONE, TWO = a_form(), a_form("橋梁補修工事")
Opens = Callable[..., Mailroom]


def open_room(mailroom: Opens, *, has_witness: bool = True, **settings: str) -> Mailroom:
    projects = [project(each.project, "kawa", each.number) for each in (ONE, TWO)]
    room = mailroom(mode="approve", projects=projects, **settings)
    if has_witness:
        name_witness(room.office, "witness")
        (room.office.root / "witness").mkdir()
    return room


def name_witness(office: Office, place: str) -> None:
    file = office.config / "worker.toml"
    file.write_text(file.read_text().replace("[store]\n", f'[store]\nwitness = "{place}"\n'))


def bring(room: Mailroom, form: Form) -> None:
    room.office.save_notice(f"{form.number}.pdf", notice(form))
    room.office.run_once()


def result_of(office: Office, name: str) -> dict[str, str | bool | None]:
    (found,) = [each for each in office("doctor", "--json").document["results"] if each["name"] == name]
    return dict(found)


# --- A second installation -----------------------------------------------------------------------------------------


def test_a_mail_of_another_installation_is_said_wherever_people_look_until_one_resumes(mailroom: Opens) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    room.deliver(a_telling("d" * 32))
    ran = room.office.run_once()
    words = say(Sign.OTHER_INSTALLATION, "ja")
    assert (ran.code, words in ran.err) == (1, True)
    assert sum(words in told.text for told in room.tellings) == 1
    room.office.run_once()
    assert sum(words in told.text for told in room.tellings) == 1, "told once"
    for looked in ("list", "show 1", "tasks", "status"):
        assert words in room.office(*looked.split()).out, looked
    approved = room.office("approve", room.office.only(ONE)["label"], "--by", HANAKO, "--tick", "all")
    assert approved.code == 0
    assert words in approved.err
    assert "送信予定" not in approved.out, "nothing is promised"
    status = room.office("status", "--json").document
    assert (status["signs"], status["behind_head"], status["restored"]) == (["other_installation"], False, False)
    assert "次の送信は" not in room.office("status").out
    doctor = result_of(room.office, "store")
    assert (doctor["ok"], doctor["remedy"]) == (False, words)
    assert room.office.run_once().code == 1
    assert room.submissions == []

    asked = room.office("resume", "--by", HANAKO)
    assert asked.code == 1
    assert say("sign_other_installation", "ja") in asked.out
    assert "【保証便】ご対応が必要です" in asked.out
    assert "再開すると送信されるもの（1件）" in asked.out
    assert room.office("status", "--json").document["signs"] == ["other_installation"], "it lists first, and asks"
    document = room.office("resume", "--by", HANAKO, "--json").document
    assert (document["resumed"], document["signs"]) == (False, ["other_installation"])
    assert [(each["sender"], each["subject"]) for each in document["unknown_mails"]] == [
        (OFFICE, "【保証便】ご対応が必要です")
    ]
    assert document["witness_entries"] <= document["own_entries"]
    assert room.office("resume", "--by", HANAKO, "--yes").code == 0
    assert room.office.run_once().code == 0
    assert len(room.submissions) == 1
    after = room.office("resume", "--by", HANAKO, "--json").document
    assert (after["signs"], after["unknown_mails"]) == ([], [])
    assert room.office("audit", "verify").code == 0


# --- An old copy ---------------------------------------------------------------------------------------------------


def test_a_copy_of_the_whole_folder_put_back_waits_and_resume_says_how_much_is_missing(
    mailroom: Opens, tmp_path: Path
) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    shutil.copytree(room.office.store, tmp_path / "kept")
    assert room.office("approve", room.office.only(ONE)["label"], "--by", HANAKO, "--tick", "all").code == 0
    room.office.run_once()
    assert len(room.submissions) == 1
    shutil.rmtree(room.office.store)
    shutil.copytree(tmp_path / "kept", room.office.store)
    assert room.office("status", "--json").document["signs"] == ["behind_witness"]
    room.office.run_once()
    ran = room.office("resume", "--by", HANAKO)
    assert ran.code == 1
    assert say("sign_behind_witness", "ja") in ran.out
    document = room.office("resume", "--by", HANAKO, "--json").document
    assert document["witness_store"] == str(room.office.store)
    assert document["signs"] == ["behind_witness"]
    assert room.office("resume", "--by", HANAKO, "--yes").code == 0
    assert room.office("status", "--json").document["signs"] == []
    assert room.office.run_once().code == 0


def test_a_restore_says_that_it_was_one_and_one_resume_is_enough(mailroom: Opens, tmp_path: Path) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    file = str(room.office("backup", str(tmp_path / "backups"), "--json").document["file"])
    bring(room, TWO)
    assert room.office("restore", file).code == 0
    said = room.office("status").out
    assert say(Sign.RESTORED, "ja") in said
    assert say(Sign.BEHIND_WITNESS, "ja") not in said, "that follows from it"
    assert say(Sign.BEHIND_HEAD, "ja") not in said
    assert room.office("status", "--json").document["signs"] == ["behind_head", "restored", "behind_witness"]
    room.office.run_once()  # its own mails of after the backup come back as well
    room.deliver(*(told.raw for told in room.tellings))
    room.office.run_once()
    assert room.office("resume", "--by", HANAKO, "--yes").code == 0
    assert room.office.run_once().code == 0
    assert room.office("status", "--json").document["signs"] == []


def test_a_folder_copied_to_another_machine_waits(mailroom: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    room = open_room(mailroom, has_witness=False)
    bring(room, ONE)
    (room.office.root / "machine-id").write_text("b" * 32 + "\n")
    monkeypatch.setattr("worker.store.sqlite.store.MACHINE_ID", room.office.root / "machine-id")
    words = say(Sign.OTHER_MACHINE, "ja")
    assert words in room.office("status").out
    ran = room.office.run_once()
    assert (ran.code, words in ran.err) == (1, True)
    assert room.office("resume", "--by", HANAKO, "--yes").code == 0
    assert room.office.run_once().code == 0


def test_a_backup_moved_to_another_machine_waits_once(
    mailroom: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = open_room(mailroom, has_witness=False)
    bring(room, ONE)
    file = str(room.office("backup", str(tmp_path / "backups"), "--json").document["file"])
    for each in (*room.office.store.glob("hoshobin*"), *(room.office.store / name for name in ("head", "secret"))):
        each.unlink()
    (room.office.root / "machine-id").write_text("b" * 32 + "\n")
    monkeypatch.setattr("worker.store.sqlite.store.MACHINE_ID", room.office.root / "machine-id")
    assert room.office("restore", file).code == 0
    assert room.office("status", "--json").document["signs"] == ["restored", "other_machine"]
    assert room.office.run_once().code == 1
    assert room.office("resume", "--by", HANAKO, "--yes").code == 0
    assert room.office.run_once().code == 0
    assert room.office("status", "--json").document["signs"] == []


def test_after_an_update_the_way_back_is_the_backup_from_before(mailroom: Opens, tmp_path: Path) -> None:
    """As in the install guide: the newer database, which this program cannot open, stays next to it."""
    room = open_room(mailroom)
    bring(room, ONE)
    file = str(room.office("backup", str(tmp_path / "backups"), "--json").document["file"])
    with contextlib.closing(sqlite3.connect(room.office.store / FILE_NAME)) as database, database:
        database.execute("update alembic_version set version_num = '9999'")
    assert room.office("list").code == 2
    ran = room.office("restore", file, "--json")
    assert ran.code == 0
    assert [Path(each).exists() for each in ran.document["replaced"]] == [True]
    assert room.office("list").code == 0
    newer = room.office("restore", ran.document["replaced"][0])
    assert newer.code == 1
    assert f"バックアップの形式 9999、このプログラム {REVISION}" in newer.err


# --- Contents of files ---------------------------------------------------------------------------------------------


def test_commands_look_at_the_witness_that_systemd_gave_the_service(
    mailroom: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's command has none of the unit's environment."""
    room = open_room(mailroom, has_witness=False)
    place = tmp_path / "hoshobin-witness" / "kita"
    place.mkdir(parents=True)
    with monkeypatch.context() as unit:
        unit.setenv("STATE_DIRECTORY", f"{room.office.store}:{place}")
        bring(room, ONE)
    assert json.loads((place / "witness").read_bytes())["store"] == str(room.office.store)
    assert str(place) in str(result_of(room.office, "witness")["note"])
    (place / "witness").write_text("{}")
    assert room.office("status", "--json").document["signs"] == ["other_witness"]


def test_where_no_witness_can_be_kept_nothing_is_said_but_by_doctor(mailroom: Opens) -> None:
    room = open_room(mailroom, has_witness=False)
    bring(room, ONE)
    ran = room.office.run_once()
    assert (ran.code, ran.err) == (0, "")
    witness = result_of(room.office, "witness")
    assert witness["ok"]
    assert str(witness["note"]).startswith("なし（/var/lib/hoshobin-witness/hoshobin：")
    assert "[store] witness" in str(witness["remedy"])
    assert room.office("doctor").code == 0


def test_a_named_place_that_cannot_be_written_fails_doctor(mailroom: Opens) -> None:
    room = open_room(mailroom, has_witness=False)
    name_witness(room.office, "not-mounted")
    bring(room, ONE)
    assert room.office.run_once().code == 0, "the work goes on"
    witness = result_of(room.office, "witness")
    assert not witness["ok"]
    assert "not-mounted" in str(witness["error"])
    assert room.office("doctor").code == 3


def test_doctor_says_which_signs_this_office_has(mailroom: Opens) -> None:
    room = open_room(mailroom)
    fresh = str(result_of(room.office, "copies")["note"])
    assert "別の場所の目印" in fresh.partition("ないもの")[0]
    assert "（次の処理で書きます）" in str(result_of(room.office, "witness")["note"])
    bring(room, ONE)
    copies = result_of(room.office, "copies")
    present, _, absent = str(copies["note"]).partition("／ないもの：")
    for each in ("別の場所の目印", "見ているメールボックスに届くお知らせのメール", "送信サーバーの配送通知"):
        assert each in present
    assert absent == "自社の控え（copy_to）"
    assert copies["remedy"] is None


def test_doctor_says_beforehand_that_nothing_would_tell() -> None:
    nothing = dict.fromkeys(("witness", "telling", "dsn", "copy"), False)
    blind = describe_evidence({**nothing, "machine": True}, "ja")
    assert blind.remedy == say("remedy_blind", "ja")
    assert "二重に送ります" in blind.remedy
    assert describe_evidence({**nothing, "machine": False}, "en").note.startswith("signs: none;")
    for name in nothing:
        assert describe_evidence({**nothing, name: True}, "ja").remedy == ""


def test_another_place_needs_a_restart(mailroom: Opens) -> None:
    room = open_room(mailroom)
    before = load_installation(str(room.office.config))
    file = room.office.config / "worker.toml"
    file.write_text(file.read_text().replace('witness = "witness"', 'witness = "other"'))
    with pytest.raises(ConfigError) as error:
        load_changed_installation(before, str(room.office.config))
    assert [(each.key, each.code) for each in error.value.problems] == [("store.witness", "needs_restart")]


def test_a_witness_within_the_store_is_refused_by_check(mailroom: Opens) -> None:
    room = open_room(mailroom, has_witness=False)
    name_witness(room.office, "var/witness")
    ran = room.office("check", "--json")
    assert ran.code == 2
    (problem,) = ran.document["problems"]
    assert problem["key"] == "store.witness"
    assert str(room.office.store) in problem["message"]


# --- A database of another version ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("revision", "word"), [("0002", "古い"), ("0000", "古い"), ("9999", "新しい")])
def test_check_and_doctor_name_both_versions_and_fail(mailroom: Opens, revision: str, word: str) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    with contextlib.closing(sqlite3.connect(room.office.store / FILE_NAME)) as database, database:
        database.execute("update alembic_version set version_num = ?", (revision,))
    checked = room.office("check", "--json")
    assert checked.code == 2
    (problem,) = checked.document["problems"]
    told = f"（データベース {revision}、プログラム {REVISION}）"
    assert word in problem["message"]
    assert told in problem["message"]
    assert "バックアップ" in problem["hint"]
    doctor = result_of(room.office, "store")
    assert (doctor["ok"], told in str(doctor["error"])) == (False, True)
    assert room.office("doctor").code == 3
    assert told in room.office("list").err


def test_doctor_names_the_form_of_the_database(mailroom: Opens) -> None:
    room = open_room(mailroom)
    bring(room, ONE)
    assert result_of(room.office, "store")["note"] == f"データベースの形式 {REVISION}"
