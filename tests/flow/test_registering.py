"""Registering as an office does it: real files, the real command line; what is refused leaves every byte as it was."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import pty
import select
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.support.office import HANAKO, Office, a_form, notice
from tests.support.world import project
from worker.core.model import JST
from worker.service.wiring import account_name, load_installation, open_store_of, system_clock

ROOT = Path(__file__).parents[2]
SILENCE = 60
"""Seconds without a word after which a program waits for an answer that it will not get."""
LEDGER = """工事名,発注者,課,保証契約番号,工事番号,公告日,契約金額,備考
橋梁補修工事,川北町,土木課,31074-000012,R8-1,令和8年4月1日,"1,000,000",急ぎ
水路整備工事,kawa,doboku,,R8-2,R8.4.2,,
"""
REGISTER = """# わが社の案件
[[project]]                # 一件目
name = "道路改良工事"       # お知らせのとおり
issuer = "kawa"
section = "doboku"
values = { "工事番号" = "R7-9" }   # 県の番号ではない

# 末尾の覚え書き
"""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    register(made).write_text(REGISTER, encoding="utf-8")
    return made


def register(office: Office) -> Path:
    return office.config / "projects.toml"


def projects(office: Office) -> list[dict[str, Any]]:
    return tomllib.loads(register(office).read_text(encoding="utf-8"))["project"]


def ledger(office: Office, text: str, name: str = "工事台帳.csv", encoding: str = "utf-8") -> str:
    file = office.root / name
    file.write_bytes(text.encode(encoding))
    return str(file)


def on_a_terminal(office: Office, *arguments: str, answers: str) -> str:
    """The terminal of a person who types ``answers``."""
    ours, theirs = pty.openpty()
    program = [sys.executable, "-m", "worker", "--config", str(office.config), *arguments]
    child = subprocess.Popen(program, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "COLUMNS": "200"})
    os.close(theirs)
    os.write(ours, answers.encode())
    seen = b""
    with contextlib.suppress(OSError):  # a terminal whose other end is closed gives EIO
        while select.select([ours], [], [], SILENCE)[0] and (chunk := os.read(ours, 65_536)):
            seen += chunk
    os.close(ours)  # a program that still asks reads the end of its input
    assert child.wait(60) == 0, seen.decode()
    return seen.decode()


# --- Ledgers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_ledger_in_any_usual_encoding_is_taken_and_what_was_there_stays_byte_for_byte(
    office: Office, encoding: str
) -> None:
    ran = office("project", "import", ledger(office, LEDGER, encoding=encoding))
    assert ran.code == 0, ran.err
    assert register(office).read_text(encoding="utf-8").startswith(REGISTER)
    bridge = projects(office)[1]
    assert (bridge["name"], bridge["issuer"], bridge["section"]) == ("橋梁補修工事", "kawa", "doboku")
    assert bridge["contract_numbers"] == ["31074-000012"]
    assert (bridge["amount"], str(bridge["dates"]["announcement"])) == (1_000_000, "2026-04-01")
    assert "備考" in ran.out


def test_a_dry_run_shows_each_row_s_fate_and_writes_nothing(office: Office) -> None:
    ran = office("project", "import", ledger(office, LEDGER), "--dry-run", "--json")
    assert [row["fate"] for row in ran.document["rows"]] == ["new", "new"]
    assert ran.document["written"] is False
    assert register(office).read_text(encoding="utf-8") == REGISTER


def test_a_new_row_is_shown_as_it_was_understood(office: Office) -> None:
    out = office("project", "import", ledger(office, LEDGER), "--dry-run").out
    assert "保証契約番号：31074-000012" in out
    assert "請負金額：1,000,000円" in out
    assert "公告日：2026-04-01" in out
    assert "「必要な保証」の列がないため" in out


def test_a_second_import_of_the_same_ledger_changes_nothing(office: Office) -> None:
    file = ledger(office, LEDGER)
    assert office("project", "import", file).code == 0
    before = register(office).read_bytes()
    again = office("project", "import", file, "--json")
    assert [row["fate"] for row in again.document["rows"]] == ["same", "same"]
    assert register(office).read_bytes() == before


def test_of_a_changed_project_only_the_ledger_s_keys_change_and_the_comments_stay(office: Office) -> None:
    file = ledger(office, "工事名,発注者,工事番号,契約日\n道路改良工事,川北町,R8-12,2026/5/1\n")
    ran = office("project", "import", file, "--json")
    assert [each["key"] for each in ran.document["rows"][0]["changes"]] == ["values.工事番号", "dates.contract"]
    text = register(office).read_text(encoding="utf-8")
    for kept in ("# わが社の案件", "# 一件目", "# お知らせのとおり", "# 県の番号ではない", "# 末尾の覚え書き"):
        assert kept in text
    (road,) = projects(office)
    assert road["values"] == {"工事番号": "R8-12"}
    assert road["section"] == "doboku"


def test_bad_rows_are_all_listed_with_their_cells_and_nothing_is_written(office: Office) -> None:
    text = LEDGER + '"悪い\n工事",川北町,総務課,,,4/1,たくさん,\n公園造成工事,無い市,,,,,,\n'
    ran = office("project", "import", ledger(office, text), "--json")
    assert ran.code == 1
    found = [[each["cell"] for each in row["problems"]] for row in ran.document["rows"]]
    assert found == [[], [], ["A4", "C4", "F4", "G4"], ["B5"]]
    assert register(office).read_text(encoding="utf-8") == REGISTER


def test_partial_takes_the_good_rows_of_a_ledger_with_bad_ones(office: Office) -> None:
    ran = office("project", "import", ledger(office, LEDGER + "公園造成工事,無い市,,,,,,\n"), "--partial")
    assert ran.code == 1
    assert [each["name"] for each in projects(office)] == ["道路改良工事", "橋梁補修工事", "水路整備工事"]


def test_headings_of_the_office_s_own_are_named_in_worker_toml(office: Office) -> None:
    worker = office.config / "worker.toml"
    worker.write_text(worker.read_text() + '[import]\ncolumns = { "件　名" = "name", "相手方" = "issuer" }\n')
    assert office("project", "import", ledger(office, "件 名,相手方\n橋梁補修工事,川北町\n")).code == 0
    assert projects(office)[1]["name"] == "橋梁補修工事"


def test_a_heading_that_belongs_to_no_key_is_a_problem_of_worker_toml(office: Office) -> None:
    worker = office.config / "worker.toml"
    worker.write_text(worker.read_text() + '[import]\ncolumns = { "件名" = "nmae" }\n')
    ran = office("check")
    assert ran.code == 2
    assert "nmae" in ran.err


def test_a_workbook_gives_dates_whole_numbers_and_the_first_sheet_or_the_named_one(office: Office) -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.append(["工事台帳"])  # no heading belongs to it
    other = book.create_sheet("令和8年度")
    other.append([])
    other.append(["工事名", "発注者", "課", "工事番号", "契約日", "請負金額"])
    other.append(["橋梁補修工事", "川北町", "土木課", 12.0, dt.date(2026, 5, 1), 1_000_000.0])
    file = office.root / "台帳.xlsx"
    book.save(file)
    assert office("project", "import", str(file)).code == 1
    assert office("project", "import", str(file), "--sheet", "無い").code == 2
    assert office("project", "import", str(file), "--sheet", "令和8年度").code == 0
    bridge = projects(office)[1]
    assert bridge["values"] == {"工事番号": "12"}
    assert (str(bridge["dates"]["contract"]), bridge["amount"]) == ("2026-05-01", 1_000_000)


def test_what_an_import_does_not_read_is_told_and_nothing_damaged_is_registered(office: Office) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "令和8年度"
    sheet.append(["工事台帳"])
    sheet.append(["工事名", "発注者", "課", "工事番号"])
    sheet.append(["橋梁補修工事", "川北町", "土木課", "R8-1"])
    sheet.append(["取消済工事", "川北町", "土木課", "R8-2"])
    sheet.append(["水路整備工事", "川北町", "土木課", dt.date(2026, 8, 12)])
    sheet.row_dimensions[4].hidden = True
    book.create_sheet("集計")
    file = office.root / "台帳.xlsx"
    book.save(file)
    ran = office("project", "import", str(file), "--partial")
    assert ran.code == 1
    for told in ("1行目は表題", "読んでいません：4行目", "読んでいないシート：集計", "令和8年度!D5"):
        assert told in ran.out
    assert [each["name"] for each in projects(office)] == ["道路改良工事", "橋梁補修工事"]


def test_names_of_any_kind_come_out_exactly_as_they_went_in(office: Office) -> None:
    names = [
        "「\"引用\"」と'一重'の工事",
        "{{ project.name }} {% raw %} 工事",
        "長" * 200,
        "#[[project]] = 工事",
        "a\\n工事",
    ]
    rows = "".join('"' + name.replace('"', '""') + '",川北町\n' for name in names)
    assert office("project", "import", ledger(office, f"工事名,発注者\n{rows}")).code == 0
    assert [each["name"] for each in projects(office)[1:]] == names


def test_the_register_keeps_its_mode_and_its_link(office: Office) -> None:
    real = office.root / "share.toml"
    register(office).rename(real)
    register(office).symlink_to(real)
    real.chmod(0o640)
    assert office("project", "import", ledger(office, LEDGER)).code == 0
    assert register(office).is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert [each.name for each in real.parent.glob(".share*")] == []


# --- One project -------------------------------------------------------------------------------------------------


def test_a_project_is_added_by_options_and_says_what_its_issuer_still_asks_for(office: Office) -> None:
    ran = office("project", "add", "--name", "橋梁補修工事", "--issuer", "山手市", "--contract-date", "令和8年5月1日",
                 "--expects", "契約保証,advance", "--number", "31074-000012", "--json")  # fmt: skip
    assert ran.code == 0, ran.out
    assert ran.document == {"project": "yama/橋梁補修工事", "missing": ["values.工事番号"]}
    assert projects(office)[1]["contract_numbers"] == ["31074-000012"]
    added = projects(office)[1]
    assert added["expects"] == ["contract", "advance"]
    assert str(added["dates"]["contract"]) == "2026-05-01"


def test_what_is_added_without_a_person_is_recorded_under_the_system_s_account(office: Office, tmp_path: Path) -> None:
    ledger = tmp_path / "台帳.csv"
    ledger.write_text("工事名,発注者,保証契約番号\n護岸工事,山手市,31074-000019\n", encoding="utf-8")
    assert office("project", "add", "--name", "橋梁補修工事", "--issuer", "山手市").code == 0
    assert office("project", "import", str(ledger)).code == 0
    with contextlib.closing(open_store_of(load_installation(str(office.config)), system_clock())) as store:
        found = [(each.by, each.account, each.detail["project"]) for each in store.entries(events=["RegisterChanged"])]
    own = account_name()
    assert found == [(own, own, "yama/橋梁補修工事"), (own, own, "yama/護岸工事")]


def test_numbers_are_added_by_product_and_shown_so(office: Office) -> None:
    ran = office("project", "add", "--name", "橋梁補修工事", "--issuer", "川北町", "--section", "土木課",
                 "--number", "contract=31074-000012", "--number", "advance=31074-000013",
                 "--number", "advance=31074-000014")  # fmt: skip
    assert ran.code == 0, ran.err
    numbers = {"contract": ["31074-000012"], "advance": ["31074-000013", "31074-000014"]}
    assert projects(office)[1]["numbers"] == numbers
    shown = office("project", "list", "--json").documents[1]
    assert (shown["contract_numbers"], shown["numbers"]) == ([], {**numbers, "interim": []})
    assert office("project", "add", "--name", "x", "--issuer", "川北町", "--number", "bond=31074-000015").code == 2


def test_every_wrong_option_is_named_and_nothing_is_written(office: Office) -> None:
    ran = office("project", "add", "--name", "橋\n梁", "--issuer", "川北町", "--amount", "多い", "--bid-date", "4/1",
                 "--section", "無い課", "--json")  # fmt: skip
    assert ran.code == 2
    assert {each["key"] for each in ran.document["problems"]} == {"name", "amount", "dates.bid", "section"}
    assert register(office).read_text(encoding="utf-8") == REGISTER


def test_the_same_project_is_not_added_twice_but_another_number_makes_another(office: Office) -> None:
    add = ("project", "add", "--name", "橋梁補修工事", "--issuer", "川北町", "--section", "土木課", "--number")
    assert office(*add, "31074-000012").code == 0
    assert office(*add, "31074-000012").code == 2
    assert office(*add, "31074-000013").code == 0
    assert len(projects(office)) == 3


def test_the_office_told_for_one_project_alone_is_registered_with_it(office: Office) -> None:
    ran = office("project", "add", "--name", "橋梁補修工事", "--issuer", "川北町", "--section", "土木課",
                 "--office-to", "kanri@kawa-town.example")  # fmt: skip
    assert ran.code == 0, ran.err
    assert projects(office)[1]["office"]["contract"] == {"name": "土木課", "to": ["kanri@kawa-town.example"]}


def test_on_a_terminal_only_what_the_issuer_s_rule_needs_is_asked_and_a_slip_is_asked_again(office: Office) -> None:
    seen = on_a_terminal(
        office, "project", "add", answers="無い町\n川北町\n橋梁補修工事\n契約保証\n1\n5月1日\n令和8年5月1日\n\n\n"
    )
    assert "設定にありません" in seen
    assert "工事番号" not in seen
    added = projects(office)[1]
    assert (added["name"], added["section"], added["expects"]) == ("橋梁補修工事", "doboku", ["contract"])
    assert str(added["dates"]["contract"]) == "2026-05-01"


def test_on_a_terminal_the_configured_issuers_are_listed_and_again_after_an_empty_answer(office: Office) -> None:
    listed = "川北町（kawa）"
    seen = on_a_terminal(office, "project", "add", answers="川北\n\nkawa\n橋梁補修工事\n\n\n\n\n\n\n\n")
    before, _, after = seen.partition("設定にありません")
    assert listed in before.partition("発注者:")[0]
    assert "近い名前：川北町" in after
    again, _, listed_again = after.partition("発注者:")
    assert listed not in again
    assert listed in listed_again.partition("発注者:")[0]
    assert projects(office)[1]["issuer"] == "kawa"


def test_on_a_terminal_an_issuer_is_chosen_by_its_number_in_the_list(office: Office) -> None:
    on_a_terminal(office, "project", "add", answers="1\n橋梁補修工事\n\n\n\n\n\n\n\n")
    assert projects(office)[1]["issuer"] == next(
        each["id"] for each in office("issuers", "--json").documents if each["own"]
    )


# --- Issuers -----------------------------------------------------------------------------------------------------


def own(office: Office, id_: str) -> dict[str, Any]:
    return tomllib.loads((office.config / "issuers" / f"{id_}.toml").read_text(encoding="utf-8"))


def test_the_catalogue_is_listed_beside_the_office_s_own_issuers(office: Office) -> None:
    listed = {each["id"]: each for each in office("issuers", "--json").documents}
    assert (listed["kawa"]["own"], listed["kawa"]["projects"]) == (True, 1)
    assert listed["sora"]["without_address"] == ["somu"]
    assert listed["higashiizu"]["own"] is False
    assert "section.kensetsu.to" in listed["higashiizu"]["open"]


def test_an_issuer_is_taken_over_by_its_name_with_what_is_open_filled_in(office: Office) -> None:
    ran = office("issuers", "add", "東伊豆町", "--set", "section.kensetsu.to=kensetsu@izu.example", "--set",
                 "section.kensetsu.phone=0557-00-0000", "--confirmed", "section.kensetsu.name")  # fmt: skip
    assert ran.code == 0, ran.err
    copy = own(office, "higashiizu")
    assert copy["section"]["kensetsu"]["to"] == ["kensetsu@izu.example"]
    assert copy["section"]["kensetsu"]["phone"] == "0557-00-0000"
    assert not {"section.kensetsu.to", "section.kensetsu.name"} & set(copy["open"])
    assert office("check").code == 0


def test_an_issuer_that_is_there_is_not_overwritten_and_an_unknown_one_names_those_near(office: Office) -> None:
    assert office("issuers", "add", "加賀市").code == 0
    before = own(office, "kaga")
    assert office("issuers", "add", "kaga", "--set", "name=別の市").code == 2
    assert own(office, "kaga") == before
    ran = office("issuers", "add", "東伊豆")
    assert ran.code == 2
    assert "higashiizu（東伊豆町）" in ran.err


def test_an_answer_that_the_configuration_refuses_writes_nothing(office: Office) -> None:
    ran = office("issuers", "add", "加賀市", "--set", "section.kanzai.to=ｋａｎｚａｉ@kaga.example")
    assert ran.code == 2
    assert not (office.config / "issuers" / "kaga.toml").exists()


def test_a_copy_says_where_the_catalogue_differs_but_not_what_the_office_filled_in(office: Office) -> None:
    assert office("issuers", "add", "加賀市", "--set", "section.kanzai.to=kanzai@kaga.example").code == 0
    listed = {each["id"]: each for each in office("issuers", "--json").documents}
    assert (listed["kaga"]["differences"], listed["kaga"]["outdated"]) == ([], False)
    file = office.config / "issuers" / "kaga.toml"
    text = (
        file.read_text(encoding="utf-8").replace("管財課契約グループ", "契約課").replace("2026-11-21", "2025-11-21", 1)
    )
    file.write_text(text, encoding="utf-8")
    listed = {each["id"]: each for each in office("issuers", "--json").documents}
    assert listed["kaga"]["differences"] == [
        {"key": "section.kanzai.name", "own": "契約課", "shipped": "管財課契約グループ"}
    ]
    assert listed["kaga"]["outdated"] is True


def test_on_a_terminal_what_is_open_is_asked_and_enter_leaves_it_open(office: Office) -> None:
    answers = "y\nkensetsu@\nkensetsu@izu.example\n" + "\n" * 20
    seen = on_a_terminal(office, "issuers", "add", "東伊豆町", answers=answers)
    assert "東伊豆町" in seen
    copy = own(office, "higashiizu")
    assert copy["section"]["kensetsu"]["to"] == ["kensetsu@izu.example"]


def test_on_a_terminal_an_answer_that_the_key_does_not_take_is_asked_again_and_the_others_are_kept(
    office: Office,
) -> None:
    answers = "kanzai@kaga.example\n{{ product\nはい\n同送可\nnever\ny\n\n"
    seen = on_a_terminal(office, "issuers", "add", "加賀市", answers=answers)
    assert "never（同送しない）、optional（同送してもよい）、required（必ず同送する）" in seen
    copy = own(office, "kaga")
    assert (copy["section"]["kanzai"]["to"], copy["rule"]["default"]["invoice"]) == (["kanzai@kaga.example"], "never")
    assert copy["rule"]["default"]["subject"] == "電子保証(認証キー)"
    assert copy["open"] == []


@pytest.mark.parametrize("yes", ["はい", "ｙ", "YES", "同じ"])
def test_on_a_terminal_a_yes_in_any_form_confirms_the_value_that_is_there(office: Office, yes: str) -> None:
    on_a_terminal(office, "issuers", "add", "加賀市", answers=f"\n{yes}\n\n\n\n")
    copy = own(office, "kaga")
    assert copy["rule"]["default"]["subject"] == "電子保証(認証キー)"
    assert "rule.default.subject" not in copy["open"]


def test_on_a_terminal_a_no_asks_for_the_value_which_is_shown_beside_the_former_one(office: Office) -> None:
    answers = "\nいいえ\nはい\n電子保証の提出\nいいえ\n電子保証の送付\nはい\n\n\n\nはい\n"
    seen = on_a_terminal(office, "issuers", "add", "加賀市", answers=answers)
    assert "質問への答え" in seen
    assert "電子保証(認証キー)" in seen.partition("→ 電子保証の提出")[0]
    assert "見本を外して登録しますか" in seen
    copy = own(office, "kaga")
    assert copy["rule"]["default"]["subject"] == "電子保証の送付"
    assert "example" not in copy


def test_an_example_that_does_not_fit_is_left_out_only_where_that_is_said(office: Office) -> None:
    add = ("issuers", "add", "加賀市", "--set", "rule.default.subject=電子保証の送付")
    refused = office(*add)
    assert refused.code == 2
    assert "--without-examples" in refused.err
    assert not (office.config / "issuers" / "kaga.toml").exists()
    assert office(*add, "--without-examples").code == 0
    assert "example" not in own(office, "kaga")


def test_an_option_never_puts_an_answer_in_place_of_a_value(office: Office) -> None:
    ran = office("issuers", "add", "加賀市", "--set", "rule.default.subject=はい")
    assert ran.code == 2
    assert "質問への答え" in ran.err
    assert not (office.config / "issuers" / "kaga.toml").exists()


def test_on_a_terminal_each_key_is_asked_for_by_its_name_with_the_words_that_it_takes(office: Office) -> None:
    seen = on_a_terminal(office, "issuers", "add", "加賀市", answers="\n" * 8)
    assert "請求書の同送（すべての保証）　［rule.default.invoice］" in seen
    assert "never=同送しない、optional=同送してもよい、required=必ず同送する" in seen
    assert "宛先（管財課契約グループ）　［section.kanzai.to］" in seen


def test_who_fills_in_the_last_open_key_has_checked_the_issuer_today(office: Office) -> None:
    days = {dt.datetime.now(JST).date()}
    ran = office("issuers", "add", "加賀市", "--set", "section.kanzai.to=kanzai@kaga.example", "--set",
                 "rule.default.invoice=never", "--confirmed", "rule.default.subject", "--confirmed",
                 "rule.interim.timing")  # fmt: skip
    assert ran.code == 0, ran.err
    days.add(dt.datetime.now(JST).date())  # midnight may have passed
    copy = own(office, "kaga")
    assert (copy["open"], copy["checked_on"] in days) == ([], True)
    assert f"checked_on）を {copy['checked_on']} に" in ran.out


def test_a_key_that_is_left_open_leaves_the_day_on_which_the_issuer_was_checked(office: Office) -> None:
    shipped = tomllib.loads((ROOT / "config" / "issuers" / "kaga.toml").read_text(encoding="utf-8"))["checked_on"]
    ran = office("issuers", "add", "加賀市", "--set", "section.kanzai.to=kanzai@kaga.example")
    assert own(office, "kaga")["checked_on"] == shipped
    assert "checked_on" not in ran.out


# --- What comes of it ----------------------------------------------------------------------------------------------


def test_an_office_sees_each_project_with_its_guarantees_and_what_to_do(office: Office) -> None:
    form = a_form("道路改良工事")
    text = register(office).read_text(encoding="utf-8")
    register(office).write_text(
        text.replace('section = "doboku"', 'section = "doboku"\nexpects = ["contract", "advance"]'), encoding="utf-8"
    )
    (office.store / "inbox" / "notices" / "a.pdf").write_bytes(notice(form))
    office.run_once()
    (row,) = office("project", "list", "--json").documents
    assert row["guarantees"]["contract"]["state"] == "HELD"
    assert (row["guarantees"]["advance"]["submission"], row["guarantees"]["advance"]["text"]) == (None, "未着")
    assert row["next_task"]["command"].startswith("hoshobin ")
    kinds = {each["kind"] for each in office("tasks", "--json").documents}
    assert {"held", "undated"} <= kinds
    assert "hoshobin tasks" in office("status").out
    assert "not here yet" in office("--lang", "en", "project", "list").out


def test_the_tasks_of_an_office_without_any_say_so(tmp_path: Path) -> None:
    office = Office(tmp_path, projects=[project("道路改良工事")])
    office.run_once()
    assert "ありません" in office("tasks").out
    assert HANAKO  # the office has people; they have nothing to do


def test_two_projects_of_one_name_are_told_apart_in_the_import_and_in_the_list_by_their_numbers(office: Office) -> None:
    register(office).write_text(
        REGISTER.replace("values = {", 'contract_numbers = ["31074-000021"]\nvalues = {'), encoding="utf-8"
    )
    second = ledger(office, "工事名,発注者,課,保証契約番号\n道路改良工事,川北町,土木課,31074-000022\n")
    shown = office("project", "import", second)
    assert "新規" in shown.out
    assert "同名の案件が登録済みです（番号：31074-000021）" in shown.out
    listed = office("project", "list").out
    assert "道路改良工事（31074-000021）" in listed
    assert "道路改良工事（31074-000022）" in listed
