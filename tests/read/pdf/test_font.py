"""The text that pdfium reads does not depend on the machine's fonts; tested in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.notice_pdfs import Form, plain, ruled_table
from worker.read.pdf.font import build_box_font

NO_FONTS = "fonts = raw.FPDF_SYSFONTINFO(version=1); raw.FPDF_SetSystemFontInfo(fonts)"
BOX_FONT = "use_box_font(raw)"

READ = """
import ctypes, json, sys
import pypdfium2, pypdfium2.raw as raw
from worker.read.pdf.font import use_box_font
{fonts}
page = pypdfium2.PdfDocument(sys.stdin.buffer.read())[0]
font = raw.FPDFTextObj_GetFont(raw.FPDFPage_GetObject(page, 0))
length = ctypes.c_size_t()
raw.FPDFFont_GetFontData(font, None, 0, length)
data = (ctypes.c_uint8 * length.value)()
raw.FPDFFont_GetFontData(font, data, length.value, length)
print(json.dumps([page.get_textpage().get_text_range(), bytes(data).hex()]))
"""


def read(pdf: bytes, fonts: str) -> tuple[list[str], bytes]:
    """The lines of the first page, and the font that its first text is shown in."""
    done = subprocess.run(
        [sys.executable, "-c", READ.format(fonts=fonts)], input=pdf, capture_output=True, check=True, timeout=60
    )
    text, font = json.loads(done.stdout)
    return text.split("\r\n"), bytes.fromhex(font)


def test_a_font_that_is_not_embedded_is_the_box_and_none_of_the_machines() -> None:
    _, font = read(plain(), BOX_FONT)
    assert font == build_box_font()


@pytest.mark.parametrize("last", ["事", "町"])
def test_a_character_alone_in_its_line_is_read_without_any_font_of_the_machine(last: str) -> None:
    pdf = ruled_table(Form(project="県道あいうえ線かきくけこ改良さ工" + last), wrap=16)
    without, _ = read(pdf, NO_FONTS)
    lines, _ = read(pdf, BOX_FONT)
    assert any(line.endswith(f"工 事 名 {last}") for line in lines)
    assert any(line.endswith("工 事 名") for line in without)  # the result on a server without a Japanese font
