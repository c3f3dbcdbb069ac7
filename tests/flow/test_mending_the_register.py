"""An office mends what is held by changing its register with commands: each names a person and judges again at once."""

from __future__ import annotations

import contextlib
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.notice_pdfs import Form
from tests.support.office import HANAKO, Mailroom, Office, a_form, an_invoice, notice
from tests.support.world import project
from worker.cli.pages import with_reader
from worker.config.editing.register import FieldRules, RegisterConflict, RegisterEdit, edit_project
from worker.pipeline.register import Editor, change_register
from worker.service.wiring import load_installation, open_store_of, system_clock
from worker.store.ports import Author

MODES = Callable[..., Mailroom]
CONCLUDED = "{ contract = 2026-05-01 }"
ROAD = a_form("県道拡幅工事", "前払金保証")
BRIDGE = a_form("新橋架替工事", "契約保証")


def room_with(mailroom: MODES, *projects: str, form: Form = ROAD) -> Mailroom:
    room = mailroom(projects=["# わが社の案件\n", *projects], mode="approve")
    room.office.save_notice("お知らせ.pdf", notice(form))
    room.office.run_once()
    return room


def registered(office: Office, at: int = 0) -> dict[str, Any]:
    return tomllib.loads((office.config / "projects.toml").read_text())["project"][at]


def changes(office: Office) -> list[dict[str, Any]]:
    """The details of the entries of changed projects, with the person."""

    bodies = [json.loads(body) for (body,) in office.rows("select body from entries order by rowid")]
    return [{**each["detail"], "by": each["by"]} for each in bodies if each["event"] == "RegisterChanged"]


def reasons(office: Office, form: Form = ROAD) -> list[str]:
    return office.only(form)["hold_reasons"]


def test_an_invoice_is_filed_named_and_judged_in_the_same_command(mailroom: MODES, tmp_path: Path) -> None:
    room = room_with(mailroom, project(ROAD.project, "kawa", ROAD.number, dates=CONCLUDED))
    assert reasons(room.office) == ["invoice_undecided", "approval"]
    number = room.office.only(ROAD)["id"]
    paper = tmp_path / "請求書.pdf"
    paper.write_bytes(an_invoice(ROAD))
    ran = room.office("invoice", str(number), str(paper), "--by", HANAKO)
    assert ran.code == 0, ran.err
    name = f"{ROAD.project}_前払金請求書.pdf"
    assert (room.office.store / "inbox" / "invoices" / name).read_bytes() == an_invoice(ROAD)
    assert registered(room.office)["invoice"] == {"advance": {"file": name}}
    assert reasons(room.office) == ["approval"]
    (entry,) = changes(room.office)
    assert (entry["by"], entry["act"], entry["fields"]["invoice.advance"][0]) == (HANAKO, "invoice", "")
    assert room.office("audit", "verify").code == 0


def test_separate_is_said_by_one_word_and_another_file_of_the_name_is_never_overwritten(
    mailroom: MODES, tmp_path: Path
) -> None:
    room = room_with(mailroom, project(ROAD.project, "kawa", ROAD.number, dates=CONCLUDED))
    number = str(room.office.only(ROAD)["id"])
    assert room.office("invoice", number, "--separate", "--by", HANAKO).code == 0
    assert registered(room.office)["invoice"] == {"advance": "separate"}
    assert "invoice_undecided" not in reasons(room.office)
    name = f"{ROAD.project}_前払金請求書.pdf"
    room.office.save_invoice(name, an_invoice(BRIDGE))
    paper = tmp_path / "請求書.pdf"
    paper.write_bytes(an_invoice(ROAD))
    ran = room.office("invoice", number, str(paper), "--by", HANAKO)
    assert ran.code == 0, ran.err
    assert (room.office.store / "inbox" / "invoices" / name).read_bytes() == an_invoice(BRIDGE)


def test_other_documents_are_filed_and_named_or_said_to_be_none(mailroom: MODES, tmp_path: Path) -> None:
    room = room_with(mailroom, project(ROAD.project, "kawa", ROAD.number, dates=CONCLUDED))
    number = str(room.office.only(ROAD)["id"])
    paper = tmp_path / "前払金申請書.pdf"
    paper.write_bytes(an_invoice(ROAD))
    ran = room.office("documents", number, str(paper), "--by", HANAKO)
    assert ran.code == 0, ran.err
    assert registered(room.office)["documents"] == {"advance": ["前払金申請書.pdf"]}
    assert (room.office.store / "inbox" / "invoices" / paper.name).read_bytes() == paper.read_bytes()
    assert room.office("documents", number, "--none", "--by", HANAKO).code == 0
    assert registered(room.office)["documents"] == {"advance": []}


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "空のファイル"), (b"PK\x03\x04 zip", "PDFではない"), (b"%PDF-1.4 cut", "PDFではない")],
    ids=["empty", "zip", "cut"],
)
def test_what_is_no_pdf_is_refused_and_changes_nothing(
    mailroom: MODES, tmp_path: Path, content: bytes, why: str
) -> None:
    room = room_with(mailroom, project(ROAD.project, "kawa", ROAD.number, dates=CONCLUDED))
    before = (room.office.config / "projects.toml").read_bytes()
    paper = tmp_path / "請求書.pdf"
    paper.write_bytes(content)
    ran = room.office("invoice", str(room.office.only(ROAD)["id"]), str(paper), "--by", HANAKO)
    assert ran.code == 1
    assert why in ran.err
    assert (room.office.config / "projects.toml").read_bytes() == before
    assert list((room.office.store / "inbox" / "invoices").iterdir()) == []


def test_an_unregistered_notice_becomes_a_project_prefilled_from_it(mailroom: MODES) -> None:
    room = room_with(mailroom, form=BRIDGE)
    assert reasons(room.office, BRIDGE) == ["unknown_project"]
    number = str(room.office.only(BRIDGE)["id"])
    ran = room.office("project", "add", "--from", number, "--issuer", "川北町", "--section", "土木課", "--by", HANAKO)
    assert ran.code == 0, ran.err
    added = registered(room.office)
    assert (added["name"], added["numbers"]) == (BRIDGE.project, {"contract": [BRIDGE.number]})
    assert added["expects"] == ["contract"]
    assert reasons(room.office, BRIDGE) == ["approval"]
    assert [(each["act"], each["by"]) for each in changes(room.office)] == [("added", HANAKO)]


def test_a_field_is_edited_in_the_office_s_words_and_comments_stay(mailroom: MODES) -> None:
    room = room_with(mailroom, project(BRIDGE.project + "（その１）", "kawa"), form=BRIDGE)
    assert reasons(room.office, BRIDGE) == ["unknown_project"]
    ran = room.office(
        *("project", "edit", "kawa/" + BRIDGE.project + "（その１）", "--set", f"工事名={BRIDGE.project}"),
        *("--set", f"契約保証番号={BRIDGE.number}", "--set", "種別=建設工事", "--set", "請負金額=１，０００円"),
        *("--set", "契約日=令和8年5月1日", "--by", HANAKO, "--json"),
    )
    assert ran.code == 0, ran.err
    assert ran.document["judged"] == [room.office.only(BRIDGE)["id"]]
    text = (room.office.config / "projects.toml").read_text()
    assert text.startswith("# わが社の案件\n")
    edited = registered(room.office)
    assert (edited["kind"], edited["amount"], str(edited["dates"]["contract"])) == ("works", 1000, "2026-05-01")
    assert reasons(room.office, BRIDGE) == ["approval"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("種別=道路", "種別"),
        ("契約日=5/32", "契約日"),
        ("色=赤", "色"),
        ("発注者=どこかの市", "発注者"),
        ("工事名=", "工事名"),
        ("office.contract.to=nobody", "office"),
    ],
)
def test_a_wrong_value_is_refused_with_its_field_and_nothing_is_written(mailroom: MODES, given: str, said: str) -> None:
    room = room_with(mailroom, project(BRIDGE.project, "kawa"), form=BRIDGE)
    before = (room.office.config / "projects.toml").read_bytes()
    ran = room.office("project", "edit", BRIDGE.project, "--set", given, "--by", HANAKO)
    assert ran.code == 2, (ran.out, ran.err, said)
    assert (room.office.config / "projects.toml").read_bytes() == before
    assert changes(room.office) == []


def test_an_amended_contract_keeps_the_original_s_day_amount_and_number(mailroom: MODES) -> None:
    room = room_with(
        mailroom, project(BRIDGE.project, "kawa", BRIDGE.number, dates=CONCLUDED, amount="5_000_000"), form=BRIDGE
    )
    ran = room.office(
        *("project", "amend", BRIDGE.project, "--contract-date", "2026-10-01", "--amount", "6,500,000"),
        *("--number", "contract=40299-000001", "--by", HANAKO),
    )
    assert ran.code == 0, ran.err
    amended = registered(room.office)
    assert amended["amended"] is True
    assert {name: str(day) for name, day in amended["dates"].items()} == {
        "contract": "2026-10-01",
        "original_contract": "2026-05-01",
    }
    assert (amended["amount"], amended["original_amount"]) == (6_500_000, 5_000_000)
    assert (amended["contract_numbers"], amended["numbers"]) == ([BRIDGE.number], {"contract": ["40299-000001"]})
    number = room.office.only(BRIDGE)["id"]
    ((row,),) = room.office.rows(f"select row from submissions where id = {number}")
    assert json.loads(row)["duties"]["is_amended"] is True
    again = room.office(
        *("project", "amend", BRIDGE.project, "--contract-date", "2026-11-01", "--amount", "7,000,000", "--by", HANAKO)
    )
    assert again.code == 0, again.err
    twice = registered(room.office)
    assert (str(twice["dates"]["original_contract"]), twice["original_amount"]) == ("2026-05-01", 5_000_000)


def test_a_project_is_closed_once_nothing_waits_and_deleted_only_if_nothing_was_submitted(mailroom: MODES) -> None:
    other = "道路照明設置工事"
    room = room_with(
        mailroom,
        project(BRIDGE.project, "kawa", BRIDGE.number),
        project(other, "kawa", expects='["contract"]', dates=CONCLUDED),
        form=BRIDGE,
    )
    assert room.office("project", "close", BRIDGE.project, "--by", HANAKO).code == 1
    assert other in room.office("tasks").out
    assert room.office("project", "close", other, "--by", HANAKO).code == 0
    assert other not in room.office("tasks").out
    label = room.office.only(BRIDGE)["label"]
    assert room.office("approve", label, "--by", HANAKO, "--tick", "all", "--note", "確認").code == 0
    room.office.run_once()
    assert room.office("project", "delete", BRIDGE.project, "--by", HANAKO).code == 1
    assert room.office("project", "delete", other, "--by", HANAKO).code == 0
    assert [each["name"] for each in tomllib.loads((room.office.config / "projects.toml").read_text())["project"]] == [
        BRIDGE.project
    ]


def test_who_is_no_person_of_the_office_changes_nothing(mailroom: MODES) -> None:
    room = room_with(mailroom, project(BRIDGE.project, "kawa"), form=BRIDGE)
    before = (room.office.config / "projects.toml").read_bytes()
    ran = room.office("project", "edit", BRIDGE.project, "--set", "担当者=山田", "--by", "知らない人")
    assert ran.code == 1
    assert (room.office.config / "projects.toml").read_bytes() == before


def test_another_person_s_change_at_the_same_moment_stays(tmp_path: Path) -> None:
    """The other person saves between the look at the file and its replacement; the second one is told the truth."""
    office = Office(tmp_path, projects=[project(ROAD.project), project(BRIDGE.project)])
    register = office.config / "projects.toml"
    installation = load_installation(str(office.config))
    clock, theirs = system_clock(), [f"kawa/{BRIDGE.project}", f"kawa/{ROAD.project}"]
    rules = FieldRules({})

    def make(content: bytes) -> RegisterEdit:
        mine = edit_project(content, f"kawa/{ROAD.project}", {("contact",): "佐藤"}, rules, {})
        if theirs:
            theirs_too = {("contact",): "鈴木", ("phone",): "0761-00-0001"}
            register.write_bytes(edit_project(content, theirs.pop(0), theirs_too, rules).content)
        return mine

    with contextlib.closing(open_store_of(installation, clock)) as store:
        folder = installation.active_config.invoice_folder
        editor = Editor(office.config, store, clock, Author(HANAKO, "root"), folder)
        with pytest.raises(RegisterConflict) as refused:
            with_reader(lambda reader: change_register(editor, make, reader))
        assert [(each.now, each.given) for each in refused.value.conflicts] == [("鈴木", "佐藤")]
        del theirs[:]
        assert [each["contact"] for each in tomllib.loads(register.read_text())["project"]] == ["鈴木", "鈴木"]
        assert changes(office) == []


# --- A ledger ------------------------------------------------------------------------------------------------


def test_an_import_in_a_person_s_name_is_recorded_for_each_project_and_judged_at_once(
    mailroom: MODES, tmp_path: Path
) -> None:
    room = room_with(mailroom, project(BRIDGE.project, "kawa", BRIDGE.number))
    assert "unknown_project" in reasons(room.office)
    ledger = tmp_path / "台帳.csv"
    ledger.write_text(
        f"工事名,発注者,課,保証契約番号,請負金額\n{ROAD.project},川北町,土木課,{ROAD.number},\n"
        f"{BRIDGE.project},川北町,,{BRIDGE.number},1000000\n"
    )
    ran = room.office("project", "import", str(ledger), "--by", HANAKO)
    assert ran.code == 0, ran.err
    assert "unknown_project" not in reasons(room.office)
    added, edited = sorted(changes(room.office), key=lambda each: str(each["act"]))
    assert (added["act"], added["project"], added["by"], added["ledger"]) == (
        "added",
        f"kawa/{ROAD.project}",
        HANAKO,
        "台帳.csv",
    )
    assert (edited["act"], edited["fields"]) == ("edited", {"amount": ["", "1000000"]})
    assert str(room.office.only(ROAD)["id"]) in ran.out.splitlines()[-1]
    again = room.office("project", "import", str(ledger), "--by", HANAKO)
    assert again.code == 0, again.err
    assert len(changes(room.office)) == 2
    assert room.office("audit", "verify").code == 0


def test_an_import_in_the_name_of_an_unknown_person_writes_nothing(mailroom: MODES, tmp_path: Path) -> None:
    room = room_with(mailroom, project(BRIDGE.project, "kawa", BRIDGE.number))
    ledger = tmp_path / "台帳.csv"
    ledger.write_text("工事名,発注者\n別の工事,川北町\n")
    before = (room.office.config / "projects.toml").read_bytes()
    assert room.office("project", "import", str(ledger), "--by", "見知らぬ 人").code != 0
    assert (room.office.config / "projects.toml").read_bytes() == before


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_the_sample_ledger_is_written_once_and_imported_without_a_fault(
    mailroom: MODES, tmp_path: Path, ending: str
) -> None:
    room = room_with(mailroom, project(BRIDGE.project, "kawa", BRIDGE.number))
    file = tmp_path / f"見本.{ending}"
    assert room.office("project", "import", "--sample", str(file)).code == 0
    assert room.office("project", "import", "--sample", str(file)).code == 2
    ran = room.office("project", "import", str(file), "--by", HANAKO)
    assert ran.code == 0, ran.err
    assert len(changes(room.office)) == 3
    assert room.office("project", "import", "--sample", str(tmp_path / "見本.pdf")).code == 2


def test_a_memo_of_a_project_without_a_submission_rests_its_missing_guarantee(mailroom: MODES) -> None:
    expected = project("未着の工事", "kawa", "40213-000009", expects='["contract"]', dates=CONCLUDED)
    room = mailroom(projects=[expected], mode="approve")

    def missing() -> list[dict[str, Any]]:
        return [each for each in room.office("tasks", "--json").documents if each["kind"] == "expected"]

    (before,) = missing()
    ran = room.office("memo", "--project", "未着の工事", "保証会社に確認中", "--by", HANAKO, "--json")
    assert ran.document == {"project": "kawa/未着の工事", "memo": "保証会社に確認中", "by": HANAKO, "next_look": None}
    assert missing() == [before]
    assert room.office("memo", "--project", "ない工事", "x", "--by", HANAKO).code != 0
    assert room.office("memo", "保証会社に確認中", "--by", HANAKO).code == 2
    assert room.office("audit", "verify").code == 0


# --- Moving it -----------------------------------------------------------------------------------------------


def bytes_of(folder: Path) -> dict[str, bytes]:
    files = (folder / "projects.toml", *(folder / "issuers").glob("*.toml"))
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files if file.exists()}


def test_an_old_register_moves_as_it_is_and_nothing_waits_anew(mailroom: MODES) -> None:
    room = room_with(mailroom, project(BRIDGE.project, "kawa", BRIDGE.number), form=BRIDGE)
    before, label = bytes_of(room.office.config), room.office.only(BRIDGE)["label"]
    ran = room.office("register", "move", "--by", HANAKO)
    assert ran.code == 0, ran.err
    place = room.office.store / "register"
    assert bytes_of(place) == before
    assert bytes_of(room.office.config) == {}
    room.office.run_once()
    assert room.office.only(BRIDGE)["label"] == label
    events = [json.loads(body) for (body,) in room.office.rows("select body from entries")]
    (moved,) = [each for each in events if each["event"] == "RegisterMoved"]
    assert (moved["by"], sorted(moved["detail"]["files"])) == (HANAKO, sorted(before))
    edited = room.office("project", "edit", BRIDGE.project, "--set", "担当者=佐藤", "--by", HANAKO)
    assert edited.code == 0, edited.err
    assert 'contact = "佐藤"' in (place / "projects.toml").read_text()
    assert "すでに" in room.office("register", "move", "--by", HANAKO).out


def test_a_move_that_was_interrupted_before_the_old_files_went_is_finished_by_the_next(mailroom: MODES) -> None:
    room = room_with(mailroom, project(BRIDGE.project, "kawa", BRIDGE.number), form=BRIDGE)
    before = bytes_of(room.office.config)
    assert room.office("register", "move", "--by", HANAKO).code == 0
    (room.office.config / "issuers").mkdir(exist_ok=True)
    for name, content in before.items():
        (room.office.config / name).write_bytes(content)
    assert room.office("check").code == 2
    assert room.office("register", "move", "--by", HANAKO).code == 0
    assert bytes_of(room.office.config) == {}
    (room.office.config / "projects.toml").write_text("# another\n")
    refused = room.office("register", "move", "--by", HANAKO)
    assert (refused.code, "2か所" in refused.err) == (2, True)
    assert (room.office.config / "projects.toml").read_text() == "# another\n"


def test_a_folder_with_another_register_is_not_moved_to(mailroom: MODES) -> None:
    room = room_with(mailroom, project(BRIDGE.project, "kawa"), form=BRIDGE)
    place = room.office.store / "register"
    place.mkdir()
    (place / "projects.toml").write_text("# mine\n")
    before = bytes_of(room.office.config)
    assert room.office("register", "move", "--by", HANAKO).code == 1
    assert bytes_of(room.office.config) == before
    assert bytes_of(place) == {"projects.toml": b"# mine\n"}
