"""Draws the papers of a submission for the person who decides on it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from worker.approve.disclose import paper_at
from worker.approve.reevaluate import ActiveConfig
from worker.approve.shown import papers_of
from worker.core.errors import Unavailable
from worker.core.messages import Language
from worker.core.model import Attachment, Notice, Submission, Unreadable
from worker.read.ports import PageSketch, PdfReader, Picture, PictureReader, Wish
from worker.store.ports import Reading
from worker.views.paper_pages import PageView, PaperView, picture_page, text_page, wish_of
from worker.views.preview import page_text
from worker.views.review import comparisons_of


def build_wish(submission: Submission, paper: Attachment, active_config: ActiveConfig, store: Reading) -> Wish:
    """Returns the values to be found on a paper of the submission, and the keys that no picture of it may show."""
    own = store.notice(submission.notice.pdf_sha256) if submission.notice.pdf_sha256 else None
    other = store.notice(paper.sha256) if paper.sha256 != submission.notice.pdf_sha256 else None
    project = active_config.register.by_id.get(submission.destination.project or "")
    name = active_config.configuration.settings.contractor.name
    comparisons = tuple(comparisons_of(submission, own, project, name))
    notices: Sequence[Notice] = [each for each in (own, other) if each is not None]
    return wish_of(submission, paper, notices, comparisons, active_config.configuration.guarantors)


async def view_papers(
    submission: Submission,
    active_config: ActiveConfig,
    store: Reading,
    reader: PdfReader,
    pictures: PictureReader,
    lang: Language,
) -> tuple[PaperView, ...]:
    """Returns every paper with its pages; as text if no picture can be made. Raises Unavailable without a reader."""
    found = []
    for place, paper in enumerate(papers_of(submission)):
        pdf = store.original(paper.sha256)
        wish = build_wish(submission, paper, active_config, store)
        sheets: tuple[PageSketch, ...] = ()
        with contextlib.suppress(Unavailable):  # a machine without fonts: the text is there
            sketched = await pictures.sketch(pdf, wish)
            sheets = () if isinstance(sketched, Unreadable) else sketched
        pages = await _pages(pdf, sheets, wish, reader, lang)
        has_band = bool(sheets) and sheets[0].is_drawn and bool(sheets[0].boxes)
        found.append(PaperView(place, paper, pages, wish.is_notice, has_band))
    return tuple(found)


async def draw_paper(
    submission: Submission,
    place: int,
    page: int,
    active_config: ActiveConfig,
    store: Reading,
    pictures: PictureReader,
    *,
    is_band: bool,
) -> Picture | Unreadable:
    """Returns the picture of a page. Raises NotAllowed if there is no such paper, and Unavailable."""
    paper = paper_at(submission, place)
    wish = build_wish(submission, paper, active_config, store)
    return await pictures.draw(store.original(paper.sha256), wish, page, is_band=is_band)


async def _pages(
    pdf: bytes, sheets: Sequence[PageSketch], wish: Wish, reader: PdfReader, lang: Language
) -> tuple[PageView, ...]:
    if sheets and all(sheet.is_drawn for sheet in sheets):
        return tuple(picture_page(number, sheet) for number, sheet in enumerate(sheets))
    read = await reader.read(pdf)
    key = next(iter(wish.keys), "")
    count = len(sheets) or (1 if isinstance(read, Unreadable) else len(read.pages))
    return tuple(
        picture_page(number, sheets[number])
        if number < len(sheets) and sheets[number].is_drawn
        else text_page(number, page_text(read, number, key, lang))
        for number in range(count)
    )
