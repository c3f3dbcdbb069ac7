"""The user's files: ledgers are read within limits, TOML is changed and nothing around it, files stay whole."""

from __future__ import annotations

import datetime as dt
import tomllib
import zipfile
from pathlib import Path

import openpyxl
import pytest

from worker.config.editing import spreadsheets as ledgers
from worker.config.editing.atomic_write import replace_file, write_new_file
from worker.config.editing.import_rows import Edit
from worker.config.editing.spreadsheets import read_ledger
from worker.config.editing.toml_edit import edit_issuer, edit_projects
from worker.core.errors import ConfigError
from worker.views.problems import problem_hint

PROJECTS = """# 前置き
[[project]]          # 一件目
name = "あ"
issuer = "x"
values = { "工事番号" = "1" }  # 注
dates = { contract = 2026-04-01 }
[project.invoice]
advance = "separate"

[[project]]
name = "い"   # 二件目
issuer = "y"
# 終わり
"""


def code_of(error: pytest.ExceptionInfo[ConfigError]) -> str:
    return error.value.problems[0].code


# --- TOML --------------------------------------------------------------------------------------------------------


def test_a_project_is_changed_in_its_place_and_every_other_line_stays() -> None:
    edits = [Edit(0, ((("values", "工事番号"), "2"), (("dates", "bid"), dt.date(2026, 3, 1)), (("kind",), "works")))]
    after = edit_projects(PROJECTS.encode(), edits).decode()
    first = tomllib.loads(after)["project"][0]
    assert first["values"] == {"工事番号": "2"}
    assert first["dates"] == {"contract": dt.date(2026, 4, 1), "bid": dt.date(2026, 3, 1)}
    assert (first["kind"], first["invoice"]) == ("works", {"advance": "separate"})
    before_lines, after_lines = PROJECTS.splitlines(), after.splitlines()
    assert [line for line in before_lines if line not in after_lines] == [before_lines[4], before_lines[5]]
    assert "# 注" in after


def test_a_number_is_added_to_a_list_of_several_lines_whose_comments_stay() -> None:
    numbers = 'contract_numbers = [ # 番号\n  "1-2",  # 一番\n  # 末尾\n'
    before = PROJECTS.replace('issuer = "x"', f'issuer = "x"\n{numbers}]')
    after = edit_projects(before.encode(), [Edit(0, ((("contract_numbers",), ["1-2", "3-4"]),))]).decode()
    assert tomllib.loads(after)["project"][0]["contract_numbers"] == ["1-2", "3-4"]
    assert numbers in after


def test_a_new_project_is_added_at_the_end_byte_for_byte_behind_what_was_there() -> None:
    name = '"引用" \\ {{ x }} #[[project]] ' + "長" * 200
    after = edit_projects(
        PROJECTS.encode(), [Edit(None, ((("name",), name), (("office", "advance", "to"), ["a@b.example"])))]
    )
    assert after.startswith(PROJECTS.encode())
    added = tomllib.loads(after.decode())["project"][2]
    assert added == {"name": name, "office": {"advance": {"to": ["a@b.example"]}}}


@pytest.mark.parametrize("content", [b"", b"# nothing yet"])
def test_the_first_project_of_an_empty_register_is_written(content: bytes) -> None:
    after = edit_projects(content, [Edit(None, ((("name",), "新"),))])
    assert tomllib.loads(after.decode())["project"] == [{"name": "新"}]


def test_projects_in_one_list_are_changed_but_none_can_be_added() -> None:
    listed = b'project = [{ name = "a" }, { name = "b" }]\n'
    after = edit_projects(listed, [Edit(1, ((("contact",), "c"),))])
    assert tomllib.loads(after.decode())["project"] == [{"name": "a"}, {"name": "b", "contact": "c"}]
    with pytest.raises(ConfigError) as error:
        edit_projects(listed, [Edit(None, ((("name",), "新"),))])
    assert code_of(error) == "register_form"


def test_a_text_of_several_lines_that_looks_like_a_heading_is_no_project() -> None:
    text = '[[project]]\nname = """\n[[project]]\n"""\n[[project]]\nname = "b"\n'
    after = edit_projects(text.encode(), [Edit(1, ((("contact",), "c"),))])
    assert tomllib.loads(after.decode())["project"][1] == {"name": "b", "contact": "c"}


def test_windows_line_ends_and_a_byte_order_mark_stay() -> None:
    windows = b"\xef\xbb\xbf" + PROJECTS.replace("\n", "\r\n").encode()
    after = edit_projects(windows, [Edit(None, ((("name",), "う"),)), Edit(1, ((("contact",), "c"),))])
    assert after.startswith(b"\xef\xbb\xbf#")
    assert after.count(b"\n") == after.count(b"\r\n")


def test_what_was_open_is_taken_off_with_its_comment_and_the_rest_stays() -> None:
    text = '# 上\nname = "町"\nopen = [\n  "a",   # 一\n  "b",   # 二\n]\n\n[section.x]\nto = []   # 宛先\n'
    after = edit_issuer(text.encode(), [(("section", "x", "to"), ["a@b.example"])], ["a"]).decode()
    assert tomllib.loads(after) == {"name": "町", "open": ["b"], "section": {"x": {"to": ["a@b.example"]}}}
    assert "# 上" in after
    assert "# 二" in after
    assert "# 宛先" in after
    assert "# 一" not in after


# --- Files -------------------------------------------------------------------------------------------------------


def test_a_file_that_changed_since_it_was_read_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "projects.toml"
    file.write_bytes(b"of another editor")
    with pytest.raises(ConfigError) as error:
        replace_file(file, b"as read", b"new")
    assert code_of(error) == "file_changed"
    assert file.read_bytes() == b"of another editor"


def test_a_new_file_never_replaces_one_nor_a_link(tmp_path: Path) -> None:
    (tmp_path / "a.toml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConfigError) as error:
        write_new_file(tmp_path / "a.toml", b"x")
    assert code_of(error) == "file_exists"
    assert not (tmp_path / "nowhere").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["a.toml"]


def test_a_file_that_cannot_be_written_is_a_problem_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        replace_file(tmp_path / "none" / "projects.toml", b"", b"x")
    assert code_of(error) == "cannot_write"


# --- Ledgers -----------------------------------------------------------------------------------------------------


def csv_file(folder: Path, content: bytes) -> Path:
    file = folder / "a.csv"
    file.write_bytes(content)
    return file


def test_rows_keep_the_numbers_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    sheet = read_ledger(csv_file(tmp_path, '\n工事名,発注者\r\n"a\nb",c\r\n,,\r\nd,e\r\n'.encode()))
    assert [(row.number, row.cells) for row in sheet.rows] == [
        (2, ("工事名", "発注者")), (3, ("a\nb", "c")), (5, ("d", "e")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("工事名".encode("utf-16"), "ledger_encoding"),
        (b"\x81\x00\xff\xfe", "ledger_encoding"),
        ('工事名\t発注者\t請負金額\r\n道路\t川北町\t"2,000,000"\r\n'.encode(), "ledger_separator"),
        ("令和8年度\r\n工事名\t発注者\r\n".encode("cp932"), "ledger_separator"),
        ("工事名\t発注者".encode(), "ledger_separator"),
        (b'a,"b\n', "ledger_csv"),
        (b"a" * 200_000, "ledger_csv"),
    ],
)
def test_a_text_that_is_no_ledger_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_ledger(csv_file(tmp_path, content))
    assert code_of(error) == code
    assert problem_hint(error.value.problems[0], "ja"), "what to do stands beside what is wrong"


def test_a_tab_within_a_value_is_no_separator(tmp_path: Path) -> None:
    sheet = read_ledger(csv_file(tmp_path, '令和8年度\r\n工事名,発注者\r\n"道路\n\t改良",川北町\r\n'.encode()))
    assert sheet.rows[2].cells == ("道路\n\t改良", "川北町")


def test_a_ledger_with_too_many_rows_or_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = csv_file(tmp_path, b"a\n" * 20)
    monkeypatch.setattr(ledgers, "MAX_ROWS", 19)
    with pytest.raises(ConfigError) as error:
        read_ledger(file)
    assert code_of(error) == "ledger_too_long"
    monkeypatch.setattr(ledgers, "MAX_BYTES", 19)
    with pytest.raises(ConfigError) as error:
        read_ledger(file)
    assert code_of(error) == "file_too_large"


def test_a_missing_file_a_folder_and_an_old_workbook_are_refused(tmp_path: Path) -> None:
    old = tmp_path / "a.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0")
    found = []
    for path in (tmp_path / "none.csv", tmp_path, old):
        with pytest.raises(ConfigError) as error:
            read_ledger(path)
        found.append(code_of(error))
    assert found == ["ledger_missing", "not_a_file", "ledger_not_xlsx"]


def test_a_workbook_s_cells_come_out_as_people_read_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append([dt.date(2026, 5, 1), 12.0, 1.5, True, None, "　文字 ", 12345678901])
    book.save(tmp_path / "a.xlsx")
    (row,) = read_ledger(tmp_path / "a.xlsx").rows
    assert row.cells == ("2026-05-01", "12", "1.5", "true", "", "　文字 ", "12345678901")


def test_a_zip_bomb_is_refused_before_it_is_unpacked_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "MAX_UNPACKED", 1_000_000)
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b"0" * 2_000_000)
    with pytest.raises(ConfigError) as error:
        read_ledger(tmp_path / "a.xlsx")
    assert code_of(error) == "ledger_unpacked"


def test_a_damaged_workbook_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "a.xlsx")
    whole = (tmp_path / "a.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as other:
        other.writestr("xl/workbook.xml", "<broken")
    (tmp_path / "c.xlsx").write_bytes(whole[:200] + b"\0" * 300 + whole[500:])
    for name in ("b.xlsx", "c.xlsx"):
        with pytest.raises(ConfigError) as error:
            read_ledger(tmp_path / name)
        assert code_of(error) == "ledger_damaged"
