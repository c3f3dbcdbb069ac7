"""An office mends an issuer's rule with commands: each names a person, keeps comments, and judges again at once."""

from __future__ import annotations

import contextlib
import io
import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.office import HANAKO, Mailroom, Office, a_form, notice
from tests.support.world import ISSUERS, project
from worker.cli.pages import with_reader
from worker.config.editing.issuers import IssuerAnswers, IssuerConflict, IssuerEdit, change_fields
from worker.config.load import guarantors_of
from worker.config.shipped import shipped_file
from worker.core.clock import Clock
from worker.pipeline.issuers import can_change_issuers, change_issuer
from worker.pipeline.register import Editor
from worker.service.wiring import load_installation, open_store_of, system_clock
from worker.store.ports import Author

MODES = Callable[..., Mailroom]
BRIDGE = a_form("新橋架替工事", "契約保証")
SUBJECT = ("rule", "default", "subject")
COMMENTED = "# 川北町の決まり\n" + ISSUERS["kawa"].replace('phone = "0761-00-0000"', 'phone = "0761-00-0000"  # 代表')
OPEN = COMMENTED.replace(
    'name = "川北町"', 'name = "川北町"\nopen = ["rule.default.subject", "section.doboku.to"]  # 未確認', 1
)


def room_with(mailroom: MODES, issuer: str = COMMENTED) -> Mailroom:
    projects = [project(BRIDGE.project, "kawa", BRIDGE.number)]
    room = mailroom(projects=projects, issuers={**ISSUERS, "kawa": issuer}, mode="approve")
    room.office.save_notice("お知らせ.pdf", notice(BRIDGE))
    room.office.run_once()
    return room


def file_of(office: Office, issuer: str = "kawa") -> Path:
    return office.config / "issuers" / f"{issuer}.toml"


def changes(office: Office) -> list[dict[str, Any]]:
    """The details of the entries of changed issuers, with the person."""
    bodies = [json.loads(body) for (body,) in office.rows("select body from entries order by rowid")]
    return [{**each["detail"], "by": each["by"]} for each in bodies if each["event"] == "IssuerChanged"]


def reasons(office: Office) -> list[str]:
    return office.only(BRIDGE)["hold_reasons"]


def test_a_field_is_changed_in_office_words_and_what_waits_is_judged_at_once(mailroom: MODES) -> None:
    room = room_with(mailroom)
    assert reasons(room.office) == ["approval"]
    ran = room.office(
        *("issuers", "edit", "川北町", "--set", "件名=【〔保証の種類〕】〔工事名〕"),
        *("--set", "宛先（土木課）=kensetsu@kawa-town.example", "--set", "送る前の連絡=契約係に電話", "--by", HANAKO),
    )
    assert ran.code == 0, ran.err
    assert "【契約保証】新橋架替工事" not in ran.err
    assert "できあがるメール" in ran.out
    text = file_of(room.office).read_text()
    assert text.startswith("# 川北町の決まり\n")
    assert 'phone = "0761-00-0000"  # 代表' in text
    rule = tomllib.loads(text)["rule"]["default"]
    assert rule["subject"] == "【{{ product }}】{{ project.name }}"
    assert "contact_first" in reasons(room.office)
    (entry,) = changes(room.office)
    assert (entry["by"], entry["issuer"], entry["act"]) == (HANAKO, "kawa", "edited")
    assert entry["fields"]["section.doboku.to"] == ["doboku@kawa-town.example", "kensetsu@kawa-town.example"]
    assert room.office("audit", "verify").code == 0


@pytest.mark.parametrize("word", ["はい", "ｙ", "yes", "ＹＥＳ", "n", "no", "いいえ", "ok", "同じ"])
def test_an_answer_never_becomes_a_value(mailroom: MODES, word: str) -> None:
    room = room_with(mailroom)
    before = file_of(room.office).read_bytes()
    for field in ("件名", "送る前の連絡", "課の名前（土木課）"):
        ran = room.office("issuers", "edit", "kawa", "--set", f"{field}={word}", "--by", HANAKO)
        assert (ran.code, "答え" in ran.err) == (2, True), (field, ran.err)
    assert file_of(room.office).read_bytes() == before
    assert changes(room.office) == []


@pytest.mark.parametrize(
    "given",
    [
        "提出方法=伝書鳩",
        "宛先（土木課）=doboku＠kawa",
        "色=赤",
        "発注者の名前=",
        "提出の時期=あした",
        "課の名前（土木課）=52001",
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_written(mailroom: MODES, given: str) -> None:
    room = room_with(mailroom)
    before = file_of(room.office).read_bytes()
    ran = room.office("issuers", "edit", "kawa", "--set", given, "--by", HANAKO)
    assert ran.code == 2, (ran.out, ran.err)
    assert file_of(room.office).read_bytes() == before
    assert changes(room.office) == []


def test_a_person_without_the_right_or_a_name_changes_nothing(mailroom: MODES) -> None:
    room = room_with(mailroom)
    before = file_of(room.office).read_bytes()
    ran = room.office("issuers", "edit", "kawa", "--set", "件名=〔工事名〕", "--by", "知らない人")
    assert ran.code == 1
    assert file_of(room.office).read_bytes() == before


def test_unknown_becomes_open_and_an_answer_with_its_place_ends_it(mailroom: MODES) -> None:
    room = room_with(mailroom)
    assert room.office("issuers", "edit", "kawa", "--set", "件名=未確認", "--by", HANAKO).code == 0
    assert "rule_open" in reasons(room.office)
    kept = tomllib.loads(file_of(room.office).read_text())
    assert kept["open"] == ["rule.default.subject"]
    assert kept["rule"]["default"]["subject"] == tomllib.loads(COMMENTED)["rule"]["default"]["subject"]
    without = room.office("issuers", "answer", "kawa", "件名", "--seen-at", "", "--by", HANAKO)
    assert without.code == 2
    ran = room.office(
        *("issuers", "answer", "kawa", "件名", "【〔保証の種類〕】〔工事名〕", "--seen-at", "町のページ"),
        *("--seen-on", "R8.11.20", "--by", HANAKO),
    )
    assert ran.code == 0, ran.err
    table = tomllib.loads(file_of(room.office).read_text())
    assert (table["open"], str(table["checked_on"])) == ([], "2026-11-20")
    assert "rule_open" not in reasons(room.office)
    entry = changes(room.office)[-1]
    assert (entry["act"], entry["seen_at"], entry["seen_on"]) == ("answered", "町のページ", "2026-11-20")
    again = room.office("issuers", "answer", "kawa", "件名", "あ", "--seen-at", "町のページ", "--by", HANAKO)
    assert again.code == 1


def test_the_page_s_sample_becomes_the_first_example_and_stops_another_subject(mailroom: MODES) -> None:
    room = room_with(mailroom)
    wrong = room.office(
        *("issuers", "edit", "kawa", "--set", "件名=【〔保証の種類〕】〔工事名〕"),
        *("--sample", "【契約保証】道路改良工事（〇〇建設）の件", "--sample-name", "道路改良工事", "--by", HANAKO),
    )
    assert (wrong.code, "見本の件名" in wrong.err) == (2, True), wrong.err
    ran = room.office(
        *("issuers", "edit", "kawa", "--set", "件名=【〔保証の種類〕】〔工事名〕"),
        *("--sample", "【契約保証】道路改良工事", "--by", HANAKO),
    )
    assert ran.code == 0, ran.err
    first = tomllib.loads(file_of(room.office).read_text())["example"][0]
    assert (first["expect"]["subject"], first["project"]["name"]) == ("【契約保証】道路改良工事", "道路改良工事")
    other = room.office("issuers", "edit", "kawa", "--set", "件名=認証キー【〔工事名〕】", "--by", HANAKO)
    assert (other.code, "見本" in other.err) == (2, True), other.err
    assert len(tomllib.loads(file_of(room.office).read_text())["example"]) == 1
    dropped = room.office(
        *("issuers", "edit", "kawa", "--set", "件名=認証キー【〔工事名〕】", "--drop-example", "1", "--by", HANAKO)
    )
    assert dropped.code == 0, dropped.err
    assert "example" not in tomllib.loads(file_of(room.office).read_text())


def test_a_new_issuer_is_added_and_what_the_page_does_not_say_is_open(mailroom: MODES) -> None:
    room = room_with(mailroom)
    ran = room.office(
        *("issuers", "new", "--set", "name=海辺市", "--set", "source=https://www.city.umibe.example/hosho.html"),
        *(
            "--set",
            "section.ka1.name=契約検査課",
            "--set",
            "提出方法=メール",
            "--set",
            "提出先の課=契約検査課",
        ),
        *("--set", "件名=【〔保証の種類〕】〔工事番号〕〔工事名〕", "--set", "番号とキーの出し方=お知らせPDFを添付"),
        *("--sample", "【契約保証】第12号市道改良工事", "--sample-name", "市道改良工事", "--by", HANAKO),
    )
    assert ran.code == 0, ran.err
    table = tomllib.loads(file_of(room.office, "umibe").read_text())
    assert table["rule"]["default"]["section"] == "ka1"
    assert set(table["open"]) == {"rule.default.invoice", "rule.default.timing", "section.ka1.to"}
    assert table["example"][0]["project"] == {"name": "市道改良工事", "values": {"工事番号": "第12号"}}
    assert room.office("check", "--examples").code == 0
    (entry,) = changes(room.office)
    assert (entry["act"], entry["issuer"], entry["by"]) == ("added", "umibe", HANAKO)
    again = room.office("issuers", "new", "--set", "name=海辺市", "--set", "section.ka1.name=課", "--by", HANAKO)
    assert again.code == 1
    assert sorted(each.stem for each in file_of(room.office).parent.glob("*.toml")) == sorted([*ISSUERS, "umibe"])


def test_an_issuer_of_the_catalogue_is_taken_over_with_its_examples(mailroom: MODES) -> None:
    room = room_with(mailroom)
    ran = room.office(
        *("issuers", "new", "--from", "加賀市", "--set", "section.kanzai.to=keiyaku@kaga.example", "--by", HANAKO)
    )
    assert ran.code == 0, ran.err
    text = file_of(room.office, "kaga").read_text()
    shipped = shipped_file("config", "issuers", "kaga.toml").decode()
    assert text.count("#") == shipped.count("#")
    assert tomllib.loads(text)["example"] == tomllib.loads(shipped)["example"]
    assert "section.kanzai.to" not in tomllib.loads(text)["open"]


def test_the_file_of_the_register_s_own_directory_is_changed_there(mailroom: MODES) -> None:
    room = room_with(mailroom)
    assert can_change_issuers(room.office.config)
    assert room.office("register", "move", "--by", HANAKO).code == 0
    ran = room.office(
        "issuers", "edit", "kawa", "--set", "備考=移した後", "--set", "件名=〔工事名〕の件", "--by", HANAKO
    )
    assert ran.code == 2  # 備考 is called otherwise
    ran = room.office("issuers", "edit", "kawa", "--set", "件名=〔工事名〕の件", "--by", HANAKO)
    assert ran.code == 0, ran.err
    place = room.office.store / "register" / "issuers" / "kawa.toml"
    assert tomllib.loads(place.read_text())["rule"]["default"]["subject"] == "{{ project.name }}の件"
    assert not file_of(room.office).exists()
    assert not can_change_issuers(room.office.store / "nowhere")


def test_at_a_terminal_the_open_questions_are_asked_and_yes_confirms(
    mailroom: MODES, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = room_with(mailroom, OPEN)
    monkeypatch.setattr("worker.cli.project_edit.is_at_terminal", lambda: True)
    answers = ["ＹＥＳ", "いいえ", "kensetsu＠kawa", "kensetsu@kawa-town.example", "はい", "", "はい"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(answers) + "\n"))
    ran = room.office("issuers", "edit", "kawa", "--by", HANAKO)
    assert ran.code == 0, (ran.out, ran.err)
    table = tomllib.loads(file_of(room.office).read_text())
    assert table["open"] == []
    assert table["rule"]["default"]["subject"] == tomllib.loads(OPEN)["rule"]["default"]["subject"]
    assert table["section"]["doboku"]["to"] == ["kensetsu@kawa-town.example"]


def test_another_person_s_change_at_the_same_moment_stays(tmp_path: Path) -> None:
    """The other person saves between the look at the file and its replacement; the second one is told the truth."""
    office = Office(tmp_path, projects=[project(BRIDGE.project, "kawa")])
    installation = load_installation(str(office.config))
    guarantors = guarantors_of(shipped_file("config", "guarantors.toml"))
    clock: Clock = system_clock()
    day = clock.now().date()
    path = ("section", "doboku", "phone")
    theirs = ["0761-11-1111"]

    def make(files: Mapping[str, bytes]) -> IssuerEdit:
        content = files["issuers/kawa.toml"]
        seen = {path: "0761-00-0000"}
        mine = change_fields("kawa", content, IssuerAnswers({path: "0761-22-2222"}, seen), guarantors, day)
        if theirs:
            other = change_fields("kawa", content, IssuerAnswers({path: theirs.pop()}), guarantors, day)
            file_of(office).write_bytes(other.content)
        return mine

    with contextlib.closing(open_store_of(installation, clock)) as store:
        folder = installation.active_config.invoice_folder
        editor = Editor(office.config, store, clock, Author(HANAKO, "root"), folder)
        with pytest.raises(IssuerConflict) as refused:
            with_reader(lambda reader: change_issuer(editor, make, reader))
        assert [(each.now, each.given) for each in refused.value.conflicts] == [("0761-11-1111", "0761-22-2222")]
        assert "0761-11-1111" in file_of(office).read_text()
        assert changes(office) == []
