"""docs/office.ja.md, the manual of the console: its pictures, its screens and its words are those of the program."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.build_manual import DOCS, MANUAL, build
from tests.pictures import CHROMIUM, DESK, PHONE, PICTURES, take_pictures_into
from worker.console.app import PAGES
from worker.core.messages import _TEXTS

OFFICE = (DOCS / "office.ja.md").read_text()
DOCUMENTS = [DOCS / f"{name}.ja.md" for name in ("office",)]
EXAMPLES = {"番号": "1", "案件": "kaga/a"}
"""What stands for a part of an address in the manual, and a value that the pages take there."""


def pictures_in(text: str) -> list[str]:
    return re.findall(r"!\[[^\]]+\]\(pictures/([^)]+)\.png\)", text)


def test_the_manual_shows_each_picture_of_the_walk_once_and_no_other() -> None:
    assert sorted(pictures_in(OFFICE)) == sorted(PICTURES)
    assert len(re.findall(r"!\[", OFFICE)) == len(PICTURES)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_screen_that_a_document_names_is_a_page_of_the_console(path: Path) -> None:
    text = path.read_text()
    patterns = [re.compile(re.sub(r"{[^}]*}", r"[^\\s]+", page.path) + r"/?") for page in PAGES]
    named = set(re.findall(r"`(/[^`\s]*)`", text))
    paths = {re.sub(r"番号|案件", lambda found: EXAMPLES[found[0]], each).partition("?")[0] for each in named}
    assert {each for each in paths if not each.startswith(("/var/", "/etc/", "/srv/"))} != set()
    unknown = {each for each in paths if not any(pattern.fullmatch(each) for pattern in patterns)}
    assert {each for each in unknown if not each.startswith(("/var/", "/etc/", "/srv/", "/usr/"))} == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_button_that_a_document_names_is_a_word_of_the_console(path: Path) -> None:
    said = {japanese for japanese, _ in _TEXTS.values() if isinstance(japanese, str)}
    named = set(re.findall(r"［([^］]+)］", path.read_text())) - {"　"}
    assert named != set()
    assert {each for each in named if not any(text == each or text.startswith(f"{each}（") for text in said)} == set()


def test_each_job_of_the_manual_fits_on_one_page() -> None:
    """Its text has at most 45 lines of a printed page besides the pictures."""
    chapters = re.split(r"^## (?=\d)", OFFICE, flags=re.MULTILINE)[1:]
    assert len(chapters) == 20
    for chapter in chapters:
        text = [line for line in chapter.partition("\n## ")[0].splitlines() if line and "![" not in line]
        assert sum(1 + len(line) // 52 for line in text) <= 45, chapter.splitlines()[0]


def test_the_walk_makes_every_picture_and_the_pages_show_them(tmp_path: Path) -> None:
    if shutil.which(CHROMIUM) is None:
        pytest.skip("Chromium is not installed (make servers)")
    from PIL import Image

    take_pictures_into(tmp_path / "manual" / "pictures")
    build(tmp_path / "manual")
    for name in PICTURES:
        with Image.open(tmp_path / "manual" / "pictures" / f"{name}.png") as picture:
            assert picture.width <= max(DESK["width"], PHONE["width"]), name
            assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 20, name
    shown = (tmp_path / "manual" / "office.ja.html").read_text()
    assert [name for name in PICTURES if f'src="pictures/{name}.png"' not in shown] == []
    links = {each for name in MANUAL for each in re.findall(r'href="([^"#:]+\.html)', page(tmp_path, name))}
    assert links == {f"{name}.html" for name in MANUAL}


def page(folder: Path, name: str) -> str:
    return (folder / "manual" / f"{name}.html").read_text()
