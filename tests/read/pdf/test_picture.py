"""Pictures of pages: what is on the paper is seen, and no key is, however the paper is made."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image, ImageChops
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from tests.support.notice_pdfs import (
    GOTHIC,
    LEFT,
    MINCHO,
    NOTICES,
    Form,
    double_struck,
    letter_spaced,
    plain,
    rotated,
    rows,
    ruled_table,
    values_before_labels,
)
from worker.core.model import Unreadable
from worker.core.states import Reason
from worker.read.pdf.picture import PAINT
from worker.read.pdf.pool import PicturePool
from worker.read.ports import Picture, Wish

pytestmark = pytest.mark.process

NARROW, WIDE = "iiiiilllli1l", "WWWWWMMMMWWM"


@pytest.fixture
async def pictures() -> AsyncIterator[PicturePool]:
    pool = PicturePool(1)
    yield pool
    await pool.close()


def wish(form: Form, **more: object) -> Wish:
    return Wish(
        keys=(form.key,),
        labels=("認証キー",),
        sure=(form.number,),
        marks=((1, form.project), (2, form.contractor), (3, form.product), (4, form.number)),
        is_notice=True,
        **more,  # type: ignore[arg-type]
    )


def pdf_of(*lines: tuple[float, float, str, float], font: str = MINCHO, turn: int = 0, pages: int = 1) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    for _ in range(pages):
        if turn:
            canvas.setPageRotation(turn)
        for x, y, text, size in lines:
            canvas.setFont(font, size)
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def form_pdf(form: Form, **more: object) -> bytes:
    lines = [(LEFT, 700 - 30 * at, f"{label}：{value}", 12.0) for at, (label, value) in enumerate(rows(form)) if value]
    return pdf_of(*lines, **more)  # type: ignore[arg-type]


def image_of(picture: Picture | Unreadable) -> Image.Image:
    assert isinstance(picture, Picture), picture
    return Image.open(io.BytesIO(picture.png)).convert("RGB")


def columns_pdf(form: Form) -> bytes:
    """Labels in a row, values below them."""
    fields = [(label, value) for label, value in rows(form) if value][-2:]
    lines = [(LEFT + 200 * at, 700.0, label, 11.0) for at, (label, _) in enumerate(fields)]
    return pdf_of(*lines, *((LEFT + 200 * at, 680.0, value, 11.0) for at, (_, value) in enumerate(fields)))


def twice_pdf(form: Form) -> bytes:
    """The key in the form, and again in small print and spaced out."""
    lines = [(LEFT, 700 - 30 * at, f"{label}：{value}", 12.0) for at, (label, value) in enumerate(rows(form)) if value]
    return pdf_of(*lines, (LEFT, 300, f"控え {form.key}", 7.0), (LEFT, 250, " ".join(form.key), 10.0))


def turned_pdf(form: Form) -> bytes:
    return form_pdf(form, turn=90)


def in_full_width(form: Form) -> bytes:
    wide = "".join(chr(ord(each) + 0xFEE0) for each in form.key)
    return form_pdf(Form(form.project, form.contractor, form.product, form.number, wide))


def latin(form: Form) -> bytes:
    """A proportional font, in which the keys have other widths."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    for at, (label, value) in enumerate(rows(form)):
        canvas.setFont(MINCHO, 12)
        canvas.drawString(LEFT, 700 - 30 * at, f"{label}：")
        if value in (form.key, form.number):
            canvas.setFont("Helvetica", 12)
        canvas.drawString(LEFT + 150, 700 - 30 * at, value)
    canvas.save()
    return buffer.getvalue()


MADE_HERE = (form_pdf, columns_pdf, twice_pdf, turned_pdf, in_full_width, latin)
PAPERS = (plain, ruled_table, values_before_labels, letter_spaced, double_struck, rotated, *MADE_HERE)


@pytest.mark.parametrize("is_band", [False, True], ids=["page", "band"])
async def test_two_notices_that_differ_in_their_key_alone_give_the_same_picture(
    pictures: PicturePool, is_band: bool
) -> None:
    for paper in PAPERS:
        drawn = []
        for key in (NARROW, WIDE, "Hs4kQ9wZx2Tb"):
            form = Form(key=key)
            drawn.append(image_of(await pictures.draw(paper(form), wish(form), 0, is_band=is_band)))
        for other in drawn[1:]:
            assert other.size == drawn[0].size, paper
            assert ImageChops.difference(drawn[0], other).getbbox() is None, paper
        colours = {colour: count for count, colour in drawn[0].getcolors(1_000_000)}  # type: ignore[union-attr]
        assert colours[PAINT] > 500, paper
        assert len(colours) > 10, paper


async def test_another_number_gives_another_picture(pictures: PicturePool) -> None:
    one, other = Form(), Form(number="40213-00713M")
    first = image_of(await pictures.draw(plain(one), wish(one), 0))
    second = image_of(await pictures.draw(plain(other), wish(other), 0))
    assert ImageChops.difference(first, second).getbbox() is not None


async def test_a_key_that_is_not_found_has_its_row_painted(pictures: PicturePool) -> None:
    wanted = Wish(("another-key1",), ("認証キー",), (Form.number,), (), is_notice=True)
    for paper in (plain, form_pdf, latin, ruled_table, columns_pdf, rotated):
        drawn = [image_of(await pictures.draw(paper(Form(key=key)), wanted, 0)) for key in (NARROW, WIDE)]
        assert ImageChops.difference(*drawn).getbbox() is None, paper


async def test_a_text_that_disagrees_with_the_reading_has_the_row_painted_too(pictures: PicturePool) -> None:
    form = Form()
    agreeing = image_of(await pictures.draw(form_pdf(form), wish(form), 0))
    wanted = Wish((form.key,), ("認証キー",), ("99999-99999X",), (), is_notice=True)
    disagreeing = image_of(await pictures.draw(form_pdf(form), wanted, 0))
    painted = [sum(n for n, colour in each.getcolors(1_000_000) if colour == PAINT) for each in (agreeing, disagreeing)]  # type: ignore[union-attr]
    assert painted[1] > 2 * painted[0]


async def test_a_notice_without_key_and_label_on_its_page_gives_no_picture(pictures: PicturePool) -> None:
    form = Form()
    answer = await pictures.draw(pdf_of((60, 700, "条件", 12.0)), wish(form), 0)
    assert isinstance(answer, Unreadable)
    (sketch,) = await pictures.sketch(pdf_of((60, 700, "条件", 12.0)), wish(form))  # type: ignore[misc]
    assert not sketch.is_drawn


async def test_a_scan_and_an_annotation_give_no_picture_of_a_notice(pictures: PicturePool) -> None:
    form = Form()
    for kind in ("scan", "note"):
        buffer = io.BytesIO()
        canvas = Canvas(buffer, pagesize=A4, invariant=1)
        if kind == "scan":
            from reportlab.lib.utils import ImageReader

            canvas.drawImage(ImageReader(Image.new("RGB", (60, 80), "white")), 0, 0, *A4)
        canvas.setFont(MINCHO, 12)
        for at, (label, value) in enumerate(rows(form)):
            canvas.drawString(LEFT, 700 - 30 * at, f"{label}：{value}")
        if kind == "note":
            canvas.freeTextAnnotation(form.key, "", (60, 100, 300, 130))
        canvas.save()
        assert isinstance(await pictures.draw(buffer.getvalue(), wish(form), 0), Unreadable), kind


async def test_an_invoice_is_shown_whole_and_a_notice_among_other_papers_has_its_row_painted(
    pictures: PicturePool,
) -> None:
    invoice = pdf_of((60, 700, "請求書", 20.0), (60, 650, "金額 ２０，０００，０００円", 12.0))
    wanted = Wish(labels=("認証キー",), marks=((5, "20,000,000"), (5, "20000000")))
    (sketch,) = await pictures.sketch(invoice, wanted)  # type: ignore[misc]
    assert sketch.is_drawn
    assert [box.number for box in sketch.boxes] == [5]
    whole = image_of(await pictures.draw(invoice, wanted, 0))
    assert PAINT not in {colour for _, colour in whole.getcolors(1_000_000)}  # type: ignore[union-attr]
    drawn = [image_of(await pictures.draw(form_pdf(Form(key=key)), wanted, 0)) for key in (NARROW, WIDE)]
    assert ImageChops.difference(*drawn).getbbox() is None


async def test_the_boxes_lie_on_their_values(pictures: PicturePool) -> None:
    form = Form(project="道路改良工事" * 6)
    (sketch,) = await pictures.sketch(plain(form), wish(form))  # type: ignore[misc]
    assert (round(sketch.width), round(sketch.height)) == (595, 842)
    assert {box.number for box in sketch.boxes} == {1, 2, 3, 4}
    assert len([box for box in sketch.boxes if box.number == 1]) == 2, "a name over two lines has two boxes"
    drawn = image_of(await pictures.draw(plain(form), wish(form), 0))
    for box in sketch.boxes:
        assert box.left < box.right
        assert box.top < box.bottom
        corners = (box.left * drawn.width, box.top * drawn.height, box.right * drawn.width, box.bottom * drawn.height)
        darkest, _ = drawn.crop(tuple(map(round, corners))).convert("L").getextrema()
        assert darkest < 100, box


async def test_pixels_are_bounded_and_no_paper_ends_the_child(pictures: PicturePool) -> None:
    for width, height in ((14400, 14400), (14400, 20), (20, 14400), (1, 1)):
        buffer = io.BytesIO()
        canvas = Canvas(buffer, pagesize=(width, height))
        canvas.drawString(0, 0, "x")
        canvas.save()
        answer = await pictures.draw(buffer.getvalue(), Wish(), 0)
        if isinstance(answer, Picture):
            assert answer.width * answer.height < 6_100_000
            assert max(answer.width, answer.height) <= 4_001
    for bad in (b"", b"%PDF-1.4\nx", (NOTICES / "form-fields.pdf").read_bytes()[:800]):
        assert isinstance(await pictures.draw(bad, Wish(), 0), Unreadable)
    for page in (-1, 1, 10**9):
        answer = await pictures.draw(plain(Form()), wish(Form()), page)
        assert isinstance(answer, Unreadable)
        assert answer.reason is Reason.NO_TEXT
    assert len(pictures.pids) == 1


async def test_the_child_keeps_every_limit_but_reads_fonts(pictures: PicturePool) -> None:
    await pictures.draw(pdf_of((60, 700, "請求書", 20.0), font=GOTHIC), Wish(), 0)
    assert pictures.sandbox is not None
    assert not pictures.sandbox.missing
