"""Notices as they are laid out and hidden: read by real children, from the bytes to the notice.

Wrong is a number or key other than the printed one; a refusal never is.
"""

import asyncio
import io
import random
from itertools import product

import pypdfium2
import pytest
import pytest_asyncio

from tests.support import layouts
from tests.support import notice_pdfs as made
from tests.support.world import GUARANTORS
from worker.cli.demo.sample_files import sample_pdf
from worker.core.model import Notice, Unreadable
from worker.core.states import Reason
from worker.pipeline.read import read_pdf
from worker.read.pdf.pool import PdfPool

pytestmark = pytest.mark.asyncio(loop_scope="module")

LAYOUTS = 500
FOOTED = 40
FOOTED_SEED = 400_000
"""Layouts of each generator under each kind of footer, the same in every run: a share of so few would vary."""
READ = 0.95
"""Share of those printed whole that are read, at least."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool():
    """One for all tests, as for all notices of a service: starting its children takes longer than most tests."""
    opened = PdfPool(2)
    yield opened
    await opened.close()


async def judged(pool, laid_out):
    """Names of what was read wrong, of what was whole and read, and of what was whole."""
    results = await asyncio.gather(*(read_pdf(pool, each.pdf, GUARANTORS) for each in laid_out))
    read = [(each, got) for each, got in zip(laid_out, results, strict=True) if isinstance(got, Notice)]
    wrong = [each.name for each, got in read if (got.contract_number, got.key.clear) != (each.number, each.key)]
    return wrong, [each.name for each, _ in read if each.is_whole], [each.name for each in laid_out if each.is_whole]


async def test_no_part_of_a_code_is_read_however_the_notice_is_laid_out(pool):
    seed = random.SystemRandom().randrange(10**6) * LAYOUTS
    wrong, read, whole = await judged(pool, [layouts.a_layout(seed + number) for number in range(LAYOUTS)])
    assert wrong == []
    assert len(read) >= READ * len(whole), sorted(set(whole) - set(read))
    assert LAYOUTS / 4 < len(whole) < 3 * LAYOUTS / 4, f"seed {seed}: both kinds must be there"


@pytest.mark.parametrize("footer", layouts.FOOTERS)
async def test_a_footer_under_the_last_code_is_no_part_of_it(pool, footer):
    for first in range(len(layouts.GENERATORS)):  # a seed's generator is its place among them
        seeds = range(FOOTED_SEED + first, FOOTED_SEED + FOOTED * len(layouts.GENERATORS), len(layouts.GENERATORS))
        wrong, read, whole = await judged(pool, [layouts.a_layout(seed, footer=footer) for seed in seeds])
        assert wrong == []
        assert len(read) >= READ * len(whole), sorted(set(whole) - set(read))


async def test_a_number_whose_letter_alone_stands_on_the_next_line_is_not_read_without_it(pool):
    laid_out = layouts.a_layout(700736, footer="url")  # the address below reaches further right than the number
    assert isinstance(await read_pdf(pool, laid_out.pdf, GUARANTORS), Unreadable)


@pytest.mark.parametrize("name", ["key-wrapped.pdf", "number-wrapped.pdf", "browser-key-wrapped.pdf"])
async def test_a_code_that_breaks_onto_a_second_line_is_two_values(pool, name):
    refused = await read_pdf(pool, (made.NOTICES / "refused" / name).read_bytes(), GUARANTORS)
    assert isinstance(refused, Unreadable)
    assert (refused.reason, refused.detail.partition(":")[0]) == (Reason.TWO_VALUES, "continues")


@pytest.mark.parametrize(("how", "maker"), [*product(layouts.HIDDEN, layouts.MAKERS)])
async def test_a_number_or_key_that_nobody_sees_is_no_text(pool, how, maker):
    for which, turn in product(("number", "key"), (0, 90, 180, 270)):
        refused = await read_pdf(pool, layouts.hidden_code(how, maker, which, turn), GUARANTORS)
        assert isinstance(refused, Unreadable), (which, turn)
        assert (refused.reason, refused.detail.partition(":")[0]) == (Reason.NO_TEXT, "unseen"), (which, turn)


@pytest.mark.parametrize(("which", "maker"), [*product(("number", "key"), layouts.MAKERS)])
async def test_print_that_is_pressed_flat_is_no_text(pool, which, maker):
    refused = await read_pdf(pool, layouts.hidden_code("pressed flat", maker, which), GUARANTORS)
    assert isinstance(refused, Unreadable)
    assert (refused.reason, refused.detail.partition(":")[0]) == (Reason.NO_TEXT, "unseen")


@pytest.mark.parametrize(("maker", "turn"), [*product(layouts.MAKERS, (0, 90, 180, 270))])
async def test_the_same_sheet_that_hides_nothing_is_read(pool, maker, turn):
    notice = await read_pdf(pool, layouts.hidden_code("not", maker, "key", turn), GUARANTORS)
    assert isinstance(notice, Notice)
    assert (notice.contract_number, notice.key.clear) == (made.ADVANCE.number, made.ADVANCE.key)


@pytest.mark.parametrize("cover", layouts.COVERS)
async def test_a_key_under_an_annotation_is_no_text_whether_or_not_the_engine_draws_it(pool, cover):
    refused = await read_pdf(pool, layouts.covered_code(cover), GUARANTORS)
    assert isinstance(refused, Unreadable)
    assert (refused.reason, refused.detail.partition(":")[0]) == (Reason.NO_TEXT, "unseen")


@pytest.mark.parametrize("cover", layouts.COVERS)
async def test_an_annotation_beside_the_key_covers_nothing(pool, cover):
    read = await read_pdf(pool, layouts.covered_code(cover, x=380), GUARANTORS)
    if cover == "field":
        assert isinstance(read, Notice)
    else:  # it covers nothing, and is no part of the notice
        assert read == Unreadable(Reason.NOT_A_NOTICE, "written_on: 1")


@pytest.mark.parametrize("lines", [(), ("- 1 -",)])
@pytest.mark.parametrize("rest", ["2Tb", "Tb 1/2"])
async def test_a_key_at_the_foot_of_a_page_may_go_on_at_the_head_of_the_next(pool, lines, rest):
    refused = await read_pdf(pool, layouts.code_over_two_pages(rest, lines), GUARANTORS)
    assert refused == Unreadable(Reason.TWO_VALUES, "continues: 認証キー")


async def test_a_key_at_the_foot_of_a_page_is_whole_where_the_next_begins_with_another_text(pool):
    assert isinstance(await read_pdf(pool, layouts.code_over_two_pages("（裏面へつづく）", ()), GUARANTORS), Notice)


@pytest.mark.parametrize(("strips", "turn"), [(1, 0), (4, 0), (16, 0), (1, 90), (4, 180), (1, 270)])
async def test_a_scan_with_recognised_text_is_no_text_by_its_ocr_layer(pool, strips, turn):
    refused = await read_pdf(pool, layouts.ocr_scan(strips=strips, turn=turn), GUARANTORS)
    assert refused == Unreadable(Reason.NO_TEXT, "ocr_layer")


async def test_a_copiers_own_scan_is_no_text_by_its_ocr_layer(pool):
    scan = (made.NOTICES / "refused" / "ocr-scan-misread.pdf").read_bytes()
    assert await read_pdf(pool, scan, GUARANTORS) == Unreadable(Reason.NO_TEXT, "ocr_layer")


@pytest.mark.parametrize("how", ["white", "invisible", "outside"])
async def test_a_second_key_that_nobody_sees_still_refuses(pool, how):
    refused = await read_pdf(pool, made.hidden_second_key(how), GUARANTORS)
    assert isinstance(refused, Unreadable)
    assert refused.reason is Reason.TWO_VALUES


async def test_every_ordinary_sample_still_reads(pool):
    ordinary = [
        made.plain(),
        made.plain(made.Form(guarantor="西日本建設業保証株式会社")),
        *(sample_pdf(f"notice-{name}.pdf") for name in ("contract", "advance", "interim", "unregistered")),
        *(
            (made.NOTICES / name).read_bytes()
            for name in made.CHECKED_IN
            if not name.startswith(("ghostscript", "form-fields"))
        ),
    ]
    for pdf in ordinary:
        assert isinstance(await read_pdf(pool, pdf, GUARANTORS), Notice)


async def test_a_container_is_damaged_and_none_of_it_is_read(pool):
    pdf = made.plain()
    for content, detail in (
        (b"\n" + pdf, "container"),
        (made.zipped(pdf), "container"),
        (pdf + made.zipped(b"x"), "container"),
        (pdf + b"MZ" + bytes(2000), "trailing_data"),
        (pdf + made.plain(), "trailing_data"),
    ):
        assert await read_pdf(pool, content, GUARANTORS) == Unreadable(Reason.DAMAGED, detail)
    assert isinstance(await read_pdf(pool, pdf + b"\0" * 5000, GUARANTORS), Notice)


async def test_a_pdf_that_carries_another_file_is_damaged(pool):
    document = pypdfium2.PdfDocument(made.plain())
    document.new_attachment("memo.docx").set_data(b"for the office alone")
    buffer = io.BytesIO()
    document.save(buffer)
    assert await read_pdf(pool, buffer.getvalue(), GUARANTORS) == Unreadable(Reason.DAMAGED, "container")
