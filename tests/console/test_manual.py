"""docs/office.ja.md, the manual of the console: its pictures, its screens and its words are those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.build_manual import DOCS, MANUAL, build, page_of
from tests.pictures import PICTURES, take_pictures_into
from tests.support.browsing import DESK, chromium, program
from worker.console.app import PAGES
from worker.core.messages import _TEXTS

DOCUMENTS = {name: (DOCS / f"{name}.ja.md").read_text() for name in ("office", "first-submission", "security")}
WITH_COMMANDS = "## コマンドで行うとき"
"""From here on a document tells of commands."""
OFFICE = DOCUMENTS["office"]
RUNBOOK = (
    ("ディスクの空きがないとき", "パスワードの期限が切れたとき", "受信を確認できないとき", "送信結果が分からないとき"),
    ("復元", "別のサーバーへ移す", "更新", "税務調査・監査の日"),
)
FOLDERS = ("/var/", "/etc/", "/srv/", "/usr/")
NOT_BUTTONS = {"メールサーバーからの通知か確認できません", "差出人は確認できません"}
"""Remarks in the same brackets."""
EXAMPLES = {"番号": "1", "案件": "kaga/a"}
"""What stands for a part of an address in the manual, and a value that the pages take there."""


def pictures_in(text: str) -> list[str]:
    return re.findall(r"!\[[^\]]+\]\(pictures/([^)]+)\.png\)", text)


def test_the_manual_shows_each_picture_of_the_walk_once_and_no_other() -> None:
    assert sorted(pictures_in(OFFICE)) == sorted(PICTURES)
    assert len(re.findall(r"!\[", OFFICE)) == len(PICTURES)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_screen_that_a_document_names_is_a_page_of_the_console(name: str) -> None:
    patterns = [re.compile(re.sub(r"{[^}]*}", r"[^\\s]+", page.path) + r"/?") for page in PAGES]
    named = {each for each in re.findall(r"`(/[^`\s]*)`", DOCUMENTS[name]) if not each.startswith(FOLDERS)}
    assert named or name != "office"
    paths = {re.sub(r"番号|案件", lambda found: EXAMPLES[found[0]], each).partition("?")[0] for each in named}
    assert {each for each in paths if not any(pattern.fullmatch(each) for pattern in patterns)} == set()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_button_that_a_document_names_is_a_word_of_the_console(name: str) -> None:
    said = {japanese for japanese, _ in _TEXTS.values() if isinstance(japanese, str)}
    named = set(re.findall(r"［([^］]+)］", DOCUMENTS[name].partition(WITH_COMMANDS)[0])) - {"　"}
    assert named != set()
    assert {each for each in named if not any(text == each or text.startswith(f"{each}（") for text in said)} == set()


def test_every_button_and_page_that_a_sentence_on_the_screen_names_is_a_word_of_the_console() -> None:
    """The quick guide, the glossary and the help beside a word name them in ［］ or in 「」 before から・の画面."""
    said = [japanese for japanese, _ in _TEXTS.values() if isinstance(japanese, str)]
    words = {each.partition("（")[0] for each in said}
    pattern = re.compile("［([^］{]+)］|「([^」{]+)」(?:から入れ|の画面|の欄)")
    named = {left or right for text in said if "\n" not in text for left, right in pattern.findall(text)}
    assert len(named) > 5
    assert named - words - NOT_BUTTONS == set()


@pytest.mark.parametrize("name", ["console", "operations.ja"])
def test_every_button_that_a_page_for_the_administrator_names_is_a_word_of_the_console(name: str) -> None:
    text = (DOCS / f"{name}.md").read_text()
    said = [japanese for japanese, _ in _TEXTS.values() if isinstance(japanese, str)]
    named = set(re.findall("［([^］]+)］", text)) - {"実行", "読"}
    assert {each for each in named if not any(text == each or text.startswith(f"{each}（") for text in said)} == set()
    assert named or name != "console"


def test_every_sentence_that_the_manual_tells_of_is_one_of_the_console() -> None:
    """The first column of its table of answers to a PDF; ○ stands for a value."""
    table = OFFICE.partition("| 出た文 | すること |")[2].partition("\n\n")[0]
    told = [line.split(" | ")[0].strip("| ") for line in table.splitlines() if line.startswith("| ")]
    assert len(told) == 6
    patterns = [re.escape(each).replace("○時", r"\{at\}").replace("○", r"\{\w+\}") for each in told]
    said = [japanese for japanese, _ in _TEXTS.values() if isinstance(japanese, str)]
    assert [each for each in patterns if not any(re.search(each, text) for text in said)] == []


def test_each_job_of_the_manual_fits_on_one_page() -> None:
    """Its text has at most 45 lines of a printed page besides the pictures."""
    chapters = re.split(r"^## (?=\d)", OFFICE, flags=re.MULTILINE)[1:]
    assert len(chapters) == 20
    for chapter in chapters:
        text = [line for line in chapter.partition("\n## ")[0].splitlines() if line and "![" not in line]
        assert sum(1 + len(line) // 52 for line in text) <= 45, chapter.splitlines()[0]


def test_the_guide_for_a_day_on_which_something_fails_is_two_printed_pages() -> None:
    """Each page holds whole chapters: what fails, and what is done to the server."""
    if program() is None:
        pytest.skip("Chromium is not installed (make servers)")
    from pypdfium2 import PdfDocument

    with chromium() as browser:
        page = browser.new_page()
        page.set_content(page_of((DOCS / "operations.ja.md").read_text()))
        printed = PdfDocument(page.pdf(prefer_css_page_size=True))
    assert [tuple(round(each / 72 * 25.4) for each in sheet.get_size()) for sheet in printed] == [(210, 297)] * 2
    texts = [re.sub(r"\s", "", sheet.get_textpage().get_text_range()) for sheet in printed]
    for chapters, text in zip(RUNBOOK, texts, strict=True):
        assert [each for each in chapters if each not in text] == []


def test_the_walk_makes_every_picture_and_the_pages_show_them(tmp_path: Path) -> None:
    if program() is None:
        pytest.skip("Chromium is not installed (make servers)")
    from PIL import Image

    take_pictures_into(tmp_path / "manual" / "pictures")
    build(tmp_path / "manual")
    for name in PICTURES:
        with Image.open(tmp_path / "manual" / "pictures" / f"{name}.png") as picture:
            assert picture.width <= DESK["width"], name
            assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 20, name
    shown = (tmp_path / "manual" / "office.ja.html").read_text()
    assert [name for name in PICTURES if f'src="pictures/{name}.png"' not in shown] == []
    links = {each for name in MANUAL for each in re.findall(r'href="([^"#:]+\.html)', page(tmp_path, name))}
    assert links == {f"{name}.html" for name in MANUAL}


def page(folder: Path, name: str) -> str:
    return (folder / "manual" / f"{name}.html").read_text()


def facts() -> list[tuple[str, str]]:
    """Each row of the page on security: the place in the program that it names, and what is said to stand there."""
    text = (DOCS / "security.ja.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    return [(row[0], row[-1]) for row in rows if len(row) > 1 and row[-1] != "確かめた所"]


@pytest.mark.parametrize(("fact", "place"), facts(), ids=[fact[:20] for fact, _ in facts()])
def test_each_fact_on_security_names_its_place_in_the_program(fact: str, place: str) -> None:
    if place.startswith("（"):
        return  # a limit of what a program can do
    named = re.findall(r"`([^`]+)`", place)
    files = [DOCS.parent / each for each in named if "/" in each]
    assert files != []
    assert [each for each in files if not each.exists()] == []
    said = "".join(each.read_text() for each in files if each.is_file())
    assert [each for each in named if "/" not in each and each not in said] == []
