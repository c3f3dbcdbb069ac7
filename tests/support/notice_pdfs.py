"""Makes the notices of the tests, named for their fault, and the sample notices that ship with the demonstration.

``python -m tests.support.notice_pdfs worker/cli/demo/samples`` writes the samples again, byte for byte the same. No
font is embedded: readers have the two Japanese ones. All names, numbers and keys are invented. The PDFs next to this
module came from other programs and cannot be made here: ``CHECKED_IN`` says how each was made.
"""

from __future__ import annotations

import io
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw
from PIL import Image
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.support.world import COMPANY, EAST

MINCHO, GOTHIC = "HeiseiMin-W3", "HeiseiKakuGo-W5"
for _name in (MINCHO, GOTHIC):
    pdfmetrics.registerFont(UnicodeCIDFont(_name))

NOTICES = Path(__file__).parent / "notices"
CHECKED_IN = {
    "form-fields.pdf": "values in form fields (AcroForm): pages have the labels alone",
    "browser-noto-radicals.pdf": "Chromium, Noto Sans CJK JP: pdfplumber reads radicals",
    "browser-ruled-table-wrapped-name.pdf": "Chromium, Noto Sans CJK JP: a ruled table breaks the name",
    "browser-table-without-rules.pdf": "Chromium, Noto Sans CJK JP: the same form without rules",
    "ghostscript-broken-font-tables.pdf": "the first one saved again by Ghostscript: the font tables are broken",
    "owner-password.pdf": "a sample encrypted by qpdf: AES-256, extraction forbidden, empty user password",
    "ghostscript-cid-font.pdf": "a notice with a predefined CMap, saved again by Ghostscript: (cid:n), false letters",
}


@dataclass(frozen=True)
class Form:
    """The printed fields of one notice."""

    project: str = "道路改良工事（その２）"
    contractor: str = COMPANY
    product: str = "前払金保証"
    number: str = "40213-00712M"
    key: str = "Hs4kQ9wZx2Tb"
    guarantor: str = EAST.name
    title: str = EAST.titles[0]


BEFORE = (
    "電子証書を「保証確認サービス（Ｄ－Ｓｕｒｅ）」に掲載しましたので、お知らせします。",
    "つきましては、このＰＤＦファイルを発注者様にご提出ください。",
    "発注者様への「保証契約番号」と「認証キー」のご提出をもって、手続が完了いたします。",
)
AFTER = (
    "【発注者様へのお願い】",
    "「保証確認サービス（Ｄ－Ｓｕｒｅ）」にログインし、上記の「保証契約番号」と「認証キー」を",
    "もって電子証書を閲覧ください。",
)
TOP, LEFT, STEP = 780, 60, 22


def _canvas(buffer: io.BytesIO, **options: object) -> Canvas:
    return Canvas(buffer, pagesize=A4, invariant=1, **options)


def _pdf(draw: Callable[[Canvas], None], **options: object) -> bytes:
    buffer = io.BytesIO()
    canvas = _canvas(buffer, **options)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def _line(canvas: Canvas, y: float, text: str, *, x: float = LEFT, size: float = 10.5, font: str = MINCHO) -> None:
    canvas.setFont(font, size)
    canvas.drawString(x, y, text)


def rows(form: Form) -> tuple[tuple[str, str], ...]:
    return (
        ("工 事 名", form.project),
        ("受 注 者 名", form.contractor),
        ("（ＪＶの場合は代表者）", ""),
        ("商 品（保証区分）", form.product),
        ("保証契約番号", form.number),
        ("認 証 キ ー", form.key),
    )


def _around(canvas: Canvas, form: Form, bottom: float = 380) -> None:
    """The lines above and below the fields."""
    _line(canvas, TOP, form.title, size=15, font=GOTHIC)
    for number, text in enumerate(BEFORE):
        _line(canvas, TOP - 50 - number * STEP, text)
    _line(canvas, TOP - 50 - len(BEFORE) * STEP, "記", x=290)
    for number, text in enumerate(AFTER):
        _line(canvas, bottom - number * STEP, text)
    _line(canvas, bottom - (len(AFTER) + 1) * STEP, form.guarantor, x=330)


def _fields(canvas: Canvas, form: Form, *, wrap: int = 24, top: float = 610) -> None:
    y = top
    for label, value in rows(form):
        if not value:
            _line(canvas, y, label, size=8)
        else:
            first, rest = value[:wrap], value[wrap:]
            _line(canvas, y, f"{label}：{first}")
            while rest:
                y -= STEP
                _line(canvas, y, rest[:wrap], x=LEFT + 65)
                rest = rest[wrap:]
        y -= STEP


ADVANCE = Form()


def plain(form: Form = ADVANCE, **options: object) -> bytes:
    """The form as the surety's reporting tool prints it; a name longer than 24 characters wraps."""

    def draw(canvas: Canvas) -> None:
        _around(canvas, form)
        _fields(canvas, form)

    return _pdf(draw, **options)


def with_user_password() -> bytes:
    return plain(encrypt=StandardEncryption("secret", ownerPassword="owner"))


def ruled_table(form: Form = ADVANCE, *, wrap: int = 16) -> bytes:
    """Labels in the left cells, values in the right; a long name takes lines around its label's height.

    Drawn from top to bottom, so that a name's first line comes before its label for an engine that keeps the order.
    """

    def draw(canvas: Canvas) -> None:
        _around(canvas, form)
        canvas.setStrokeColor(colors.black)
        y = 620.0
        for label, value in (row for row in rows(form) if row[1]):
            parts = [value[start : start + wrap] for start in range(0, len(value), wrap)]
            height = 16 * len(parts) + 8
            canvas.rect(LEFT, y - height, 120, height)
            canvas.rect(LEFT + 120, y - height, 300, height)
            middle = y - height / 2 - 4
            texts = [(middle, LEFT + 6, label)]
            texts += [(y - 16 - 16 * number, LEFT + 130, part) for number, part in enumerate(parts)]
            for at, x, text in sorted(texts, key=lambda one: (-one[0], one[1])):
                _line(canvas, at, text, x=x)
            y -= height

    return _pdf(draw)


def values_before_labels(form: Form = ADVANCE) -> bytes:
    def draw(canvas: Canvas) -> None:
        _around(canvas, form)
        for number, (_, value) in enumerate(rows(form)):
            _line(canvas, 610 - number * STEP, value, x=220)
        for number, (label, value) in enumerate(rows(form)):
            _line(canvas, 610 - number * STEP, f"{label}：" if value else label)

    return _pdf(draw)


def letter_spaced(form: Form = ADVANCE, *, points: float = 5) -> bytes:
    def draw(canvas: Canvas) -> None:
        _line(canvas, TOP, form.guarantor)
        for number, (label, value) in enumerate(row for row in rows(form) if row[1]):
            text = canvas.beginText(LEFT, 610 - number * STEP)
            text.setFont(MINCHO, 10.5)
            text.setCharSpace(points)
            text.textOut(f"{label.replace(' ', '')}：{value}")
            canvas.drawText(text)

    return _pdf(draw)


def double_struck(form: Form = ADVANCE) -> bytes:
    """Bold by printing twice, a third of a point apart."""

    def draw(canvas: Canvas) -> None:
        _around(canvas, form)
        for shift in (0, 0.3):
            for number, (label, value) in enumerate(row for row in rows(form) if row[1]):
                _line(canvas, 610 - number * STEP, f"{label}：{value}", x=LEFT + shift)

    return _pdf(draw)


def two_keys_printed_over_each_other(form: Form = ADVANCE) -> bytes:
    """Two keys that share most letters, at the same place: engines drop what they share."""

    def draw(canvas: Canvas) -> None:
        _around(canvas, form)
        _fields(canvas, form)
        y = 610 - 5 * STEP
        other = form.key[:-1] + ("a" if form.key[-1] != "a" else "b")
        canvas.setFont(MINCHO, 10.5)
        width = pdfmetrics.stringWidth("認 証 キ ー：", MINCHO, 10.5)
        canvas.drawString(LEFT + width, y, other)

    return _pdf(draw)


def hidden_second_key(how: str, form: Form = ADVANCE) -> bytes:
    """A second key that no reader of the page sees: ``white``, ``invisible`` (mode 3) or ``outside`` the sheet."""

    def draw(canvas: Canvas) -> None:
        _around(canvas, form)
        _fields(canvas, form)
        text = canvas.beginText(LEFT if how != "outside" else A4[0] + 40, 200)
        text.setFont(MINCHO, 10.5)
        if how == "white":
            text.setFillColor(colors.white)
        if how == "invisible":
            text.setTextRenderMode(3)
        text.textOut("認 証 キ ー：ZZ8yQ2mLp0Wd")
        canvas.drawText(text)

    return _pdf(draw)


def zipped(pdf: bytes) -> bytes:
    """``pdf`` in an archive, not compressed: a reader that looks further than the first byte finds it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notice.pdf", pdf)
        archive.writestr("memo.docx", b"for the office alone")
    return buffer.getvalue()


def two_values(form: Form = ADVANCE, *, label: str = "認 証 キ ー", value: str = "ZZ8yQ2mLp0Wd") -> bytes:
    def draw(canvas: Canvas) -> None:
        _around(canvas, form)
        _fields(canvas, form)
        _line(canvas, 200, f"{label}：{value}")

    return _pdf(draw)


def two_notices(first: Form = ADVANCE, second: Form | None = None) -> bytes:
    """Two pages; without a second form the same notice twice."""

    def draw(canvas: Canvas) -> None:
        for form in (first, second or first):
            _around(canvas, form)
            _fields(canvas, form)
            canvas.showPage()

    return _pdf(draw)


INVOICE_LINES = ("前払金請求書", "一金　２０，０００，０００円也")


def with_another_paper(form: Form = ADVANCE, lines: tuple[str, ...] = INVOICE_LINES) -> bytes:
    """The notice, and a page of another paper behind it."""

    def draw(canvas: Canvas) -> None:
        _around(canvas, form)
        _fields(canvas, form)
        canvas.showPage()
        for number, line in enumerate(lines):
            _line(canvas, TOP - number * STEP, line)
        canvas.showPage()

    return _pdf(draw)


def with_empty_second_page() -> bytes:
    def draw(canvas: Canvas) -> None:
        _around(canvas, Form())
        _fields(canvas, Form())
        canvas.showPage()
        canvas.showPage()

    return _pdf(draw)


def _scanned() -> ImageReader:
    """A page with a band of print, as a scanner makes it."""
    picture = Image.new("L", (826, 1169), 250)
    for x in range(100, 700, 7):
        for y in range(100, 130):
            picture.putpixel((x, y), 20)
    return ImageReader(picture)


def _stamp(canvas: Canvas) -> None:
    canvas.drawImage(_scanned(), 400, 100, 60, 60)


def _curves(canvas: Canvas) -> None:
    """A signature: strokes without text."""
    path = canvas.beginPath()
    path.moveTo(100, 100)
    path.curveTo(120, 140, 150, 60, 180, 110)
    canvas.drawPath(path, stroke=1, fill=0)


def _outlines(canvas: Canvas) -> None:
    """Letters that were turned into filled shapes."""
    for number in range(3):
        path = canvas.beginPath()
        path.moveTo(100 + number * 14, 700)
        path.lineTo(105 + number * 14, 712)
        path.lineTo(110 + number * 14, 700)
        canvas.drawPath(path, stroke=0, fill=1)


def _in_form(canvas: Canvas) -> None:
    canvas.beginForm("inner")
    canvas.drawImage(_scanned(), 0, 0, 400, 600)
    canvas.endForm()
    canvas.doForm("inner")


def _numbered_scan(canvas: Canvas) -> None:
    canvas.drawImage(_scanned(), 0, 0, *A4)
    _line(canvas, 30, "2/2", x=290)


def _wide_stroke(canvas: Canvas) -> None:
    canvas.setLineWidth(80)
    canvas.line(100, 400, 300, 400)


def _shading(canvas: Canvas) -> None:
    canvas.linearGradient(0, 0, 300, 300, (colors.red, colors.blue), extend=False)


def _note(canvas: Canvas) -> None:
    """A note typed into a viewer: no part of the page's own text."""
    canvas.freeTextAnnotation("社内用：原価は別紙", "/Helv 10 Tf 0 g", Rect=[100, 500, 300, 540])


def _white(canvas: Canvas) -> None:
    canvas.setFillColor(colors.white)
    canvas.rect(0, 0, *A4, stroke=0, fill=1)


def _clear(canvas: Canvas) -> None:
    canvas.setFillColor(colors.black, alpha=0)
    canvas.rect(0, 0, *A4, stroke=0, fill=1)


def _rules(canvas: Canvas) -> None:
    """The lines of an empty row that ran over, drawn as strokes and as thin areas."""
    canvas.grid([60, 200, 500], [740, 780])
    canvas.rect(60, 700, 440, 30)
    canvas.rect(60, 690, 440, 0.8, stroke=0, fill=1)


def _clip(canvas: Canvas) -> None:
    path = canvas.beginPath()
    path.rect(0, 0, *A4)
    canvas.clipPath(path, stroke=0, fill=0)


def _link(canvas: Canvas) -> None:
    canvas.linkURL("https://surety.example/", (100, 100, 200, 120))


def _nothing(_: Canvas) -> None:
    """Draws nothing."""


SHOWN: dict[str, Callable[[Canvas], None]] = {
    "scan": lambda canvas: canvas.drawImage(_scanned(), 0, 0, *A4),
    "scan with a page number": _numbered_scan,
    "stamp": _stamp,
    "picture in a form": _in_form,
    "signature": _curves,
    "outlined letters": _outlines,
    "wide stroke": _wide_stroke,
    "shading": _shading,
    "note of a viewer": _note,
}
"""Drawings that show something without one word of text."""
BLANK: dict[str, Callable[[Canvas], None]] = {
    "nothing": _nothing,
    "white area": _white,
    "clear area": _clear,
    "ruled lines": _rules,
    "clip": _clip,
    "link": _link,
}
"""Drawings that show nothing, or the lines of an empty form."""


def with_drawn_page(draw: Callable[[Canvas], None], *, is_first: bool = False) -> bytes:
    """The notice, and a page without text behind or before it."""

    def both(canvas: Canvas) -> None:
        if is_first:
            draw(canvas)
            canvas.showPage()
        _around(canvas, ADVANCE)
        _fields(canvas, ADVANCE)
        canvas.showPage()
        if not is_first:
            draw(canvas)
            canvas.showPage()

    return _pdf(both)


NOTES: Final = {
    "sticky note": pdfium_raw.FPDF_ANNOT_TEXT,
    "highlight": pdfium_raw.FPDF_ANNOT_HIGHLIGHT,
    "drawing": pdfium_raw.FPDF_ANNOT_INK,
    "frame": pdfium_raw.FPDF_ANNOT_SQUARE,
    "stamp": pdfium_raw.FPDF_ANNOT_STAMP,
}
"""What people put onto a page in a viewer."""


def with_note(kind: int, pdf: bytes = b"") -> bytes:
    """The notice with an annotation, as a viewer saves it."""
    document = pdfium.PdfDocument(pdf or plain())
    page = document[0]
    pdfium_raw.FPDFPage_CloseAnnot(pdfium_raw.FPDFPage_CreateAnnot(page.raw, kind))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def on_a_picture() -> bytes:
    """The notice over a picture that fills its page, with an empty page behind it."""

    def draw(canvas: Canvas) -> None:
        canvas.setFillColor(colors.lightyellow)
        canvas.rect(0, 0, *A4, stroke=0, fill=1)
        canvas.drawImage(_scanned(), 380, 20, 60, 60)
        canvas.setFillColor(colors.black)
        _around(canvas, ADVANCE)
        _fields(canvas, ADVANCE)
        canvas.showPage()
        canvas.showPage()

    return _pdf(draw)


def rotated(form: Form = ADVANCE) -> bytes:
    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(90)
        _around(canvas, form)
        _fields(canvas, form)

    return _pdf(draw)


def hyphen_at_line_end() -> bytes:
    """A hyphen ends a line of the text and one of the name: pdfium writes a mark of its own for it."""

    def draw(canvas: Canvas) -> None:
        _around(canvas, Form())
        _line(canvas, 300, "Please read the certi-")
        _line(canvas, 278, "ficate on the viewing service.")
        _fields(canvas, Form())

    return _pdf(draw)


def certificate() -> bytes:
    def draw(canvas: Canvas) -> None:
        _line(canvas, TOP, "保　証　証　書", size=20)
        texts = ("保証契約番号：40213-00712M", "工事名：道路改良工事（その２）", "保証金額：20,000,000円")
        for number, text in enumerate(texts):
            _line(canvas, 700 - number * STEP, text)
        _line(canvas, 600, EAST.name)

    return _pdf(draw)


def bond() -> bytes:
    def draw(canvas: Canvas) -> None:
        _line(canvas, TOP, "公共工事履行保証証券", size=20)
        for number, text in enumerate(("証券番号：A123456789", "パスワード：Hs4kQ9wZx2Tb", "みらい損害保険株式会社")):
            _line(canvas, 700 - number * STEP, text)

    return _pdf(draw)


def scan() -> bytes:
    """A page that is one grey image, as a scanner makes it."""
    return _pdf(SHOWN["scan"])


def many_pages(count: int) -> bytes:
    def draw(canvas: Canvas) -> None:
        for number in range(count):
            _line(canvas, TOP, f"工事請負契約約款　第{number + 1}条")
            canvas.showPage()

    return _pdf(draw)


def cut(whole: bytes) -> bytes:
    return whole[: len(whole) * 2 // 3]


HTML = "<!DOCTYPE html><html><title>ログイン</title><body>有効期限が切れました</body></html>".encode()


def _raw(content: bytes, filters: bytes = b"/FlateDecode") -> bytes:
    """A PDF of one page by hand, whose content stream is ``content`` as encoded."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 5 0 R >>",
        b"<< /Length %d /Filter %s >>\nstream\n%s\nendstream" % (len(content), filters, content),
        b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>",
    ]
    out = bytearray(b"%PDF-1.5\n")
    places = []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, table)
    return bytes(out)


@cache
def flate_bomb(size: int = 1_000_000_000) -> bytes:
    """A few kB that unpack to ``size`` bytes: spaces, deflated twice."""
    packer = zlib.compressobj(9)
    block = b" " * 1_000_000
    once = b"".join(packer.compress(block) for _ in range(size // len(block))) + packer.flush()
    return _raw(zlib.compress(once, 9), b"[/FlateDecode /FlateDecode]")


@cache
def path_bomb(operators: int = 2_000_000) -> bytes:
    """``operators`` drawing operators, each a path of its own."""
    return _raw(zlib.compress(b"BT /F1 9 Tf (x) Tj ET\n" + b"0 0 m 9 9 l S\n" * (operators // 3), 9))


@cache
def stack_bomb(number: int) -> bytes:
    """650 bytes that unpack, deflated twice, to 24 MB of operators; no two are the same file."""
    packed = zlib.compress(zlib.compress(b"q Q\n" * 6_000_000, 9), 9)
    return _raw(packed, b"[/FlateDecode /FlateDecode]").replace(b"%PDF-1.5\n", b"%%PDF-1.5\n%%%06d\n" % number, 1)


def text_flood(characters: int = 30_000) -> bytes:
    return _raw(zlib.compress(b"BT /F1 1 Tf 1 0 0 1 10 10 Tm (" + b"abcdefghi " * (characters // 10) + b") Tj ET", 9))


# --- The samples of the demonstration -----------------------------------------------------------------------------


def _letter(title: str, lines: tuple[str, ...]) -> bytes:
    def draw(canvas: Canvas) -> None:
        _line(canvas, TOP, title, x=240, size=16, font=GOTHIC)
        for number, text in enumerate(lines):
            _line(canvas, 710 - number * STEP, text)

    return _pdf(draw)


CONTRACT = replace(ADVANCE, project="市営住宅外壁改修工事", product="契約保証", number="40188-003051", key="c7RmW3uKp9")
INTERIM = replace(
    ADVANCE, project="橋梁補修工事（第３工区）", product="中間前払金保証", number="39877-01044M", key="9vTqB5nXe"
)
UNREGISTERED = replace(
    ADVANCE, project="中央公園遊具更新工事", product="契約保証", number="40251-000418", key="Lp3sYd8GhA2f"
)


def invoice(project: str) -> bytes:
    """The invoice for the advance payment of ``project``."""
    return _letter(
        "前払金請求書",
        (
            "△△町長　様",
            "",
            "一金　２０，０００，０００円也",
            "",
            f"工事名　　{project}",
            "上記工事の前払金として請求いたします。",
            "",
            "令和８年５月８日",
            f"受注者　　{COMPANY}",
            "　　　　　代表取締役　山田 一郎",
        ),
    )


def samples() -> dict[str, bytes]:
    """The demonstration's files by name."""
    return {
        "notice-contract.pdf": plain(CONTRACT),
        "notice-advance.pdf": plain(ADVANCE),
        "notice-interim.pdf": plain(INTERIM),
        "notice-unregistered.pdf": plain(UNREGISTERED),
        "invoice-advance.pdf": invoice("道路改良工事（その２）"),
        "quotation.pdf": _letter(
            "御見積書",
            (
                f"{COMPANY}　御中",
                "",
                "仮設材リース一式　　３８５，０００円（税込）",
                "",
                "有効期限　　発行日より３０日",
                "△△機材リース株式会社",
            ),
        ),
    }


def main(folder: str) -> None:
    """Write the samples into ``folder``."""
    for name, content in samples().items():
        (Path(folder) / name).write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1])
