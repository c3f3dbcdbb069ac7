"""Lays notices out at random: generators, styles, widths, fonts, alignments, columns, and a footer below the codes.

A layout knows its truth: number and key, and whether each is printed on one line.
"""

from __future__ import annotations

import io
import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table, TableStyle

from tests.support import notice_pdfs as made
from tests.support.world import COMPANY

FONTS: Final = (made.MINCHO, made.GOTHIC, "Helvetica", "Courier", "Times-Roman", "Helvetica-Bold")
MAKERS: Final = ("reportlab", "by hand")
"""Of the notices with hidden text."""
GENERATORS: Final = ("lines", "glyphs", "form", "flowed")
STYLES: Final = ("colon", "paragraph", "columns", "stacked", "ruled")
FOOTERS: Final = {
    "none": (),
    "page": ("1", "- 1 -", "1/1", "1 / 1 ページ", "Page 1"),
    "date": ("2026/05/08", "2026年5月8日", "2026-05-08 10:32", "令和8年5月8日"),
    "url": ("https://www.surety.example/notice/12345", "www.surety.example"),
    "telephone": ("03-1234-5678", "TEL 03-1234-5678", "電話：0120-123456", "Tel: 0312345678"),
}
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"


class Text(NamedTuple):
    """One string on the page."""

    x: float
    y: float
    text: str
    font: str
    size: float


@dataclass(frozen=True)
class Layout:
    """One notice as laid out, and what it says."""

    name: str
    pdf: bytes
    number: str
    key: str
    is_whole: bool
    """True if number and key are each on one line."""


def a_layout(seed: int, *, footer: str | None = None) -> Layout:
    """The layout of ``seed``, the same each time."""
    chance = random.Random(seed)
    generator = GENERATORS[seed % len(GENERATORS)]
    kind = footer or chance.choice(list(FOOTERS))
    number = f"{chance.randrange(10**4, 10**5)}-" + chance.choice(
        (f"{chance.randrange(10**5):05}M", f"{chance.randrange(10**5):05}", f"{chance.randrange(10**6):06}")
    )
    key = "".join(chance.choices(LETTERS, k=chance.choice((8, 9, 10, 12, 12, 12, 14, 16))))
    form = made.Form(
        project=chance.choice(
            ("道路改良工事（その２）", "市営住宅外壁改修工事", "河川災害復旧工事", "市道１号線舗装補修工事")
        ),
        contractor=chance.choice((COMPANY, "株式会社 山田組")),
        number=number,
        key=key,
    )
    draw = _flowed if generator == "flowed" else _placed
    name, pdf, is_whole = draw(chance, generator, form, kind)
    return Layout(f"seed {seed}: {generator} {name} footer={kind}", pdf, number, key, is_whole)


# --- Placed by hand -----------------------------------------------------------------------------------------------


def _placed(chance: random.Random, generator: str, form: made.Form, footer: str) -> tuple[str, bytes, bool]:
    style = chance.choice(STYLES)
    font, size = chance.choice(FONTS), chance.choice((9.0, 10.5, 10.5, 12.0, 16.0))
    pitch = size * chance.choice((1.15, 1.3, 1.5, 1.8, 2.1))
    align = chance.choice(("left", "left", "left", "center", "right")) if style in {"columns", "ruled"} else "left"
    left = chance.choice((40.0, 60.0, 280.0))
    label_width = 11 * 10.5
    longest = max(stringWidth(code, font, size) for code in (form.number, form.key))
    wide = chance.random() < 0.55
    width = longest * (chance.uniform(1.02, 1.8) if wide else chance.uniform(0.45, 0.99))
    if style == "paragraph":
        width += label_width
    width = min(width, A4[0] - left - (0 if style in {"stacked", "paragraph"} else label_width) - 10)
    texts = [Text(60, 800, form.title, made.GOTHIC, 14), Text(60, 770, made.BEFORE[1], made.MINCHO, 10.5)]
    rules: list[tuple[float, float, float, float]] = []
    y, is_whole = 720.0, True
    rows = [row for row in made.rows(form) if row[1]]
    if chance.random() < 0.3:
        rows[-1], rows[-2] = rows[-2], rows[-1]
    last_x = left
    for label, value in rows:
        is_code = value in {form.number, form.key}
        name = f"{label}：" if style in {"colon", "paragraph"} else label
        own, points = (font, size) if is_code else (made.MINCHO, 10.5)
        gap = pitch if is_code else 10.5 * 1.7
        x = left if style in {"stacked", "paragraph"} else left + label_width
        if style == "paragraph":
            x = left + stringWidth(name, made.MINCHO, 10.5) + 1
            pieces = _broken(value, own, points, max(width - (x - left), points * 1.1), width)
        else:
            pieces = _broken(value, own, points, width if is_code else max(width, 200.0), width)
        is_whole = is_whole and (not is_code or len(pieces) == 1)
        y -= points - 9.0 if is_code else 0.0  # room above larger print
        top = y
        texts.append(Text(left, y, name, made.MINCHO, 10.5))
        if style == "stacked":
            y -= max(gap, 16.0)
        for place, piece in enumerate(pieces):
            spare = width - stringWidth(piece, own, points)
            shift = {"left": 0.0, "center": spare / 2, "right": spare}[align] if is_code else 0.0
            at = left if style == "paragraph" and place else x + shift
            texts.append(Text(at, y, piece, own, points))
            y -= gap
            last_x = at
        y -= chance.choice((0.0, 4.0, 10.0)) if style != "ruled" else 8.0
        if style == "ruled":
            height = top - y
            rules += [(left - 4, y + 12, label_width, height), (left - 4 + label_width, y + 12, width + 8, height)]
    for text in chance.sample(FOOTERS[footer], 1) if FOOTERS[footer] else ():
        under = chance.choice(("left", "bottom", "far"))
        place = {"left": (left, y - 10), "bottom": (left, 30.0), "far": (last_x, y - 2.2 * size - 24)}[under]
        texts.append(Text(*place, text, made.MINCHO, 9.0))
    texts.append(Text(330, 60, form.guarantor, made.MINCHO, 10.5))
    name = f"{style} {font} {size:g} pitch={pitch / size:.2f} width={width:.0f} {align}"
    return name, WRITERS[generator](texts, rules), is_whole


def _broken(value: str, font: str, size: float, first: float, others: float) -> list[str]:
    """``value`` broken at any character, as ``word-break: break-all`` and narrow cells do."""
    pieces, room = [""], first
    for letter in value:
        if pieces[-1] and stringWidth(pieces[-1] + letter, font, size) > room:
            pieces.append("")
            room = others
        pieces[-1] += letter
    return pieces


def write_lines(texts: Sequence[Text], rules: Sequence[tuple[float, ...]] = ()) -> bytes:
    """By reportlab, a string at a time."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    _draw(canvas, texts, rules)
    canvas.save()
    return buffer.getvalue()


def write_form(texts: Sequence[Text], rules: Sequence[tuple[float, ...]] = ()) -> bytes:
    """By reportlab, all of it inside a form XObject, as programs that lay pages over each other do."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.beginForm("page")
    _draw(canvas, texts, rules)
    canvas.endForm()
    canvas.doForm("page")
    canvas.save()
    return buffer.getvalue()


def _draw(canvas: Canvas, texts: Sequence[Text], rules: Sequence[tuple[float, ...]]) -> None:
    for rule in rules:
        canvas.rect(*rule)
    for text in texts:
        canvas.setFont(text.font, text.size)
        canvas.drawString(text.x, text.y, text.text)


def write_glyphs(texts: Sequence[Text], rules: Sequence[tuple[float, ...]] = (), extra: bytes = b"") -> bytes:
    """By hand, each character at a place of its own, as browsers print."""
    out = [b"%g %g %g %g re S\n" % rule for rule in rules]
    names: dict[str, str] = {}
    for text in texts:
        x = text.x
        name = names.setdefault(text.font, f"F{len(names)}")
        for letter in text.text:
            out.append(glyph(name, text.font, text.size, x, text.y, letter))
            x += stringWidth(letter, text.font, text.size)
    return write_raw(b"".join(out) + extra, names)


def glyph(name: str, font: str, size: float, x: float, y: float, letter: str) -> bytes:
    code = letter.encode("utf-16-be") if font in {made.MINCHO, made.GOTHIC} else letter.encode("ascii")
    return b"BT /%s %g Tf 1 0 0 1 %.2f %.2f Tm <%s> Tj ET\n" % (name.encode(), size, x, y, code.hex().encode())


def covered_code(cover: str, x: float = 170) -> bytes:
    """A notice whose key is printed under an annotation of COVERS, whose left edge is at ``x``."""
    texts, key = _lines_of(made.ADVANCE, "key")
    names = {made.MINCHO: "F0", made.GOTHIC: "F1"}
    content = b"".join(
        glyph(names[text.font], text.font, text.size, at, text.y, letter)
        for text in (*texts, key)
        for letter, at in zip(text.text, _steps(text), strict=True)
    )
    box = b"1 g 0 0 200 20 re f"
    shown = b"<< /Type /XObject /Subtype /Form /BBox [0 0 200 20] /Length %d >>\nstream\n%s\nendstream" % (
        len(box),
        box,
    )
    rect = b"%g %g %g %g" % (x, key.y - 5, x + 200, key.y + 15)
    annotation = b"<< /Type /Annot %s /Rect [%s] /AP << /N 12 0 R >> >>" % (COVERS[cover], rect)
    return write_raw(content, names, objects=[shown], page=b"/Annots [%s]" % annotation)


def _steps(text: Text) -> list[float]:
    """The start of each letter of ``text``."""
    return [text.x + stringWidth(text.text[:end], text.font, text.size) for end in range(len(text.text))]


def write_raw(
    content: bytes,
    names: dict[str, str],
    resources: bytes = b"",
    objects: Sequence[bytes] = (),
    turn: int = 0,
    page: bytes = b"",
) -> bytes:
    """A page whose content stream is ``content``; ``names`` gives each font its name in it."""
    fonts, parts = [], []
    stream = zlib.compress(content)
    for font, name in names.items():
        fonts.append(b"/%s %d 0 R" % (name.encode(), 6 + len(parts)))
        parts += _font(font, 6 + len(parts))
    more = [part.replace(b"@", b"%d" % (6 + len(parts))) for part in objects]
    head = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R %s /Rotate %d /Contents 4 0 R /Resources 5 0 R %s >>"
        % (b"/MediaBox [0 0 842 595]" if turn in {90, 270} else b"/MediaBox [0 0 595 842]", turn, page),
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Font << %s >> %s >>" % (b" ".join(fonts), resources.replace(b"@", b"%d" % (6 + len(parts)))),
    ]
    return _file([*head, *parts, *more])


def _font(font: str, number: int) -> list[bytes]:
    if font not in {made.MINCHO, made.GOTHIC}:
        return [b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>" % font.encode()]
    return [
        b"<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /UniJIS-UCS2-H /DescendantFonts [%d 0 R] >>"
        % (font.encode(), number + 1),
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /%s /FontDescriptor %d 0 R /DW 1000 /W [1 [%s]]"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>"
        % (font.encode(), number + 2, _widths(font)),
        b"<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [-92 -250 1010 922] /ItalicAngle 0 /Ascent 752"
        b" /Descent -221 /CapHeight 737 /StemV 114 >>" % font.encode(),
    ]


def _widths(font: str) -> bytes:
    """Of the ASCII letters, whose CIDs in Adobe-Japan1 begin at 1."""
    return b" ".join(b"%g" % stringWidth(chr(each), font, 1000) for each in range(32, 127))


def _file(parts: Sequence[bytes]) -> bytes:
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


WRITERS: Final = {"lines": write_lines, "glyphs": write_glyphs, "form": write_form}


# --- Flowed by reportlab itself -----------------------------------------------------------------------------------


def _flowed(chance: random.Random, _: str, form: made.Form, footer: str) -> tuple[str, bytes, bool]:
    """A table of paragraphs, which break at the edge of their cell."""
    font, size = chance.choice(FONTS), chance.choice((9.0, 10.5, 12.0, 18.0, 24.0))
    leading = size * chance.choice((1.15, 1.4, 1.8, 2.1))
    align = chance.choice((0, 0, 0, 1, 2))
    longest = max(stringWidth(code, font, size) for code in (form.number, form.key))
    width = longest * chance.choice((0.5, 0.7, 0.9, 1.1, 1.3, 1.6)) + 14
    is_ruled = chance.random() < 0.5
    plain = ParagraphStyle("plain", fontName=made.MINCHO, fontSize=10.5, leading=16, wordWrap="CJK")
    coded = ParagraphStyle("code", fontName=font, fontSize=size, leading=leading, alignment=align, wordWrap="CJK")
    rows, codes = [], []
    for label, value in (row for row in made.rows(form) if row[1]):
        is_code = value in {form.number, form.key}
        cell = Paragraph(value, coded if is_code else plain)
        codes += [cell] if is_code else []
        rows.append([label, cell])
    table = Table(rows, colWidths=[120, max(width, 140 if width > longest else 0)])
    style = [
        ("FONT", (0, 0), (0, -1), made.MINCHO, 10.5),
        ("VALIGN", (0, 0), (-1, -1), chance.choice(("TOP", "MIDDLE"))),
    ]
    table.setStyle(TableStyle([*style, ("GRID", (0, 0), (-1, -1), 0.5, "black")] if is_ruled else style))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    _draw(canvas, [Text(60, 800, form.title, made.GOTHIC, 14), Text(330, 60, form.guarantor, made.MINCHO, 10.5)], ())
    left = chance.choice((60.0, 200.0))
    _, height = table.wrapOn(canvas, 500, 700)
    table.drawOn(canvas, left, 760 - height)
    is_whole = all(len(cell.blPara.lines) == 1 for cell in codes)
    for text in chance.sample(FOOTERS[footer], 1) if FOOTERS[footer] else ():
        place = chance.choice(((left, 740 - height), (left, 30.0), (left + 126, 760 - height - 2.2 * size - 24)))
        _draw(canvas, [Text(*place, text, made.MINCHO, 9.0)], ())
    canvas.save()
    name = f"{font} {size:g} leading={leading / size:.2f} width={width:.0f} align={align} ruled={is_ruled}"
    return name, buffer.getvalue(), is_whole


# --- Hidden -------------------------------------------------------------------------------------------------------

HIDDEN: Final = (
    "mode 3",
    "white",
    "under an image",
    "clipped",
    "tiny",
    "off the page",
    "transparent",
    "empty clip",
    "mode 7",
    "clipped to a sliver",
    "white on a line",
)
COVERS: Final = {
    "field": b"/Subtype /Widget /FT /Tx /T (k) /V (Zz9Other) /F 4",
    "redaction": b"/Subtype /Redact /F 4",
    "stamp": b"/Subtype /Stamp /F 4",
    "stamp on paper alone": b"/Subtype /Stamp /F 36",
}
"""Annotations that cover a code on the screen or on paper."""


UPRIGHT: Final = {
    0: (1, 0, 0, 1, 0, 0),
    90: (0, 1, -1, 0, 842, 0),
    180: (-1, 0, 0, -1, 595, 842),
    270: (0, -1, 1, 0, 0, 595),
}
"""The operators that turn the content of a page so that it is shown upright under its ``/Rotate``."""


def hidden_code(how: str, generator: str, which: str, turn: int = 0, form: made.Form = made.ADVANCE) -> bytes:
    """A notice whose number or key no reader of the page sees, on a sheet stored turned and shown upright.

    ``how`` is one of HIDDEN, or "not" for a notice of the same making that hides nothing.
    """
    return (_hidden_by_reportlab if generator == "reportlab" else _hidden_by_hand)(how, which, form, turn)


def _lines_of(form: made.Form, which: str) -> tuple[list[Text], Text]:
    texts = [Text(60, 780, form.title, made.GOTHIC, 15), Text(330, 100, form.guarantor, made.MINCHO, 10.5)]
    hidden = Text(0, 0, "", made.MINCHO, 10.5)
    for row, (label, value) in enumerate(row for row in made.rows(form) if row[1]):
        y = 610.0 - 22 * row
        texts.append(Text(60, y, f"{label}：", made.MINCHO, 10.5))
        text = Text(180, y, value, made.MINCHO, 10.5)
        if value == getattr(form, which):
            hidden = text
        else:
            texts.append(text)
    return texts, hidden


def _hidden_by_reportlab(how: str, which: str, form: made.Form, turn: int) -> bytes:
    texts, hidden = _lines_of(form, which)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4 if turn in {0, 180} else (A4[1], A4[0]), invariant=1)
    canvas.setPageRotation(turn)
    canvas.transform(*UPRIGHT[turn])
    _draw(canvas, texts, ())
    canvas.saveState()
    clips = {
        "clipped": (0, 0, 50, 50),
        "empty clip": (180, hidden.y + 3, 0.001, 0.001),
        "clipped to a sliver": (0, hidden.y + 3, 595, 0.5),
    }
    if how in clips:
        path = canvas.beginPath()
        path.rect(*clips[how])
        canvas.clipPath(path, stroke=0)
    if how == "pressed flat":
        canvas.transform(1, 0, 0, 0.1, 0, hidden.y * 0.9)
    if how == "white on a line":
        canvas.line(170, hidden.y + 4, 400, hidden.y + 4)
    if how == "transparent":
        canvas.setFillAlpha(0.01)
    size = 0.3 if how == "tiny" else hidden.size
    if how == "off the page":  # the sheet ends left of the value
        canvas.setCropBox(_left_of_codes(turn))
    text = canvas.beginText(hidden.x, hidden.y)
    text.setFont(hidden.font, size)
    if how in {"white", "white on a line"}:
        text.setFillColorRGB(1, 1, 1)
    if how in {"mode 3", "mode 7"}:
        text.setTextRenderMode(int(how[-1]))
    text.textOut(hidden.text)
    canvas.drawText(text)
    canvas.restoreState()
    if how == "under an image":
        canvas.drawImage(made.ImageReader(made.Image.new("L", (8, 8), 250)), 170, hidden.y - 5, 200, 20)
    canvas.save()
    return buffer.getvalue()


def _hidden_by_hand(how: str, which: str, form: made.Form, turn: int) -> bytes:
    texts, hidden = _lines_of(form, which)
    names = {made.MINCHO: "F0", made.GOTHIC: "F1"}
    out = [b"%g %g %g %g %g %g cm\n" % UPRIGHT[turn]]
    for text in texts:
        x = text.x
        for letter in text.text:
            out.append(glyph(names[text.font], text.font, text.size, x, text.y, letter))
            x += stringWidth(letter, text.font, text.size)
    before = {
        "mode 3": b"3 Tr",
        "mode 7": b"7 Tr",
        "white": b"1 g",
        "clipped": b"0 0 50 50 re W n",
        "empty clip": b"180 %g 0.001 0.001 re W n" % (hidden.y + 3),
        "transparent": b"/Faint gs",
        "pressed flat": b"1 0 0 0.1 0 %g cm" % (hidden.y * 0.9),
        "clipped to a sliver": b"0 %g 595 0.5 re W n" % (hidden.y + 3),
        "white on a line": b"170 %g m 400 %g l S 1 g" % (hidden.y + 4, hidden.y + 4),
    }.get(how, b"")
    out.append(b"q " + before + b"\n")
    x, size = hidden.x, 0.3 if how == "tiny" else hidden.size
    for letter in hidden.text:
        out.append(glyph("F0", hidden.font, size, x, hidden.y, letter))
        x += stringWidth(letter, hidden.font, size)
    out.append(b"Q\n")
    if how == "under an image":
        out.append(b"q 200 0 0 20 170 %g cm /Cover Do Q\n" % (hidden.y - 5))
    image = (
        b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"
        b"\nstream\n\xfa\nendstream"
    )
    resources = b"/XObject << /Cover @ 0 R >> /ExtGState << /Faint << /ca 0.01 /CA 0.01 >> >>"
    pdf = write_raw(b"".join(out), names, resources, [image], turn)
    if how == "off the page":
        sheet = re.search(rb"\[0 0 \d+ \d+\]", pdf)
        assert sheet is not None
        cut = b"[%g %g %g %g]" % _left_of_codes(turn)
        pdf = pdf.replace(sheet[0], cut.ljust(len(sheet[0])))
    return pdf


def code_over_two_pages(rest: str, footer: Sequence[str]) -> bytes:
    """A notice whose key is the last line of its page but for ``footer``; ``rest`` is the first of the next."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    texts, key = _lines_of(made.ADVANCE, "key")
    moved = [text._replace(y=text.y - 440 if text.y < 700 else text.y) for text in (*texts[:1], *texts[2:], key)]
    _draw(canvas, [*moved, Text(60, 740, made.ADVANCE.guarantor, made.MINCHO, 10.5)], ())
    _draw(canvas, [Text(290, 30, line, made.MINCHO, 9) for line in footer], ())
    canvas.showPage()
    _draw(canvas, [Text(60, 800, rest, made.MINCHO, 10.5), Text(60, 700, "以上", made.MINCHO, 10.5)], ())
    canvas.save()
    return buffer.getvalue()


def _left_of_codes(turn: int) -> tuple[int, int, int, int]:
    """The part of the sheet to the left of number and key."""
    return {0: (0, 0, 175, 842), 90: (0, 0, 842, 175), 180: (420, 0, 595, 842), 270: (0, 420, 842, 595)}[turn]


def ocr_scan(form: made.Form = made.ADVANCE, *, strips: int = 1, turn: int = 0) -> bytes:
    """A sheet as a copier saves it: images of all of it, and recognised text that is not drawn."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4 if turn in {0, 180} else (A4[1], A4[0]), invariant=1)
    canvas.setPageRotation(turn)
    canvas.transform(*UPRIGHT[turn])
    sheet = made.Image.new("L", (826, 1169), 250)
    for x in range(100, 700, 7):
        for y in range(100, 1000):
            sheet.putpixel((x, y), 20)
    for strip in range(strips):
        canvas.drawImage(made.ImageReader(sheet), 0, strip * A4[1] / strips, A4[0], A4[1] / strips)
    for text in (*_lines_of(form, "key")[0], _lines_of(form, "key")[1]):
        piece = canvas.beginText(text.x, text.y)
        piece.setFont(text.font, text.size)
        piece.setTextRenderMode(3)
        piece.textOut(text.text)
        canvas.drawText(piece)
    canvas.save()
    return buffer.getvalue()
