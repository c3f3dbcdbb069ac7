"""The pages of a submission's papers as the review shows them, with the values to be marked and those to be hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from worker.approve.shown import PaperPage
from worker.core.model import Attachment, Notice, Submission
from worker.core.rulebook import Guarantor
from worker.read.ports import PageSketch, ValueBox, Wish
from worker.views.review import AMOUNT, Comparison

_KEY: Final = "key"
"""The name of the key's labels in a guarantor's profile."""
_PROJECT: Final = "h_project"


@dataclass(frozen=True, slots=True)
class PageView:
    """One page: a picture with the boxes of its values, or its text."""

    number: int
    """From 0."""
    width: float
    """In points, as the height; 0 for a text."""
    height: float
    boxes: tuple[ValueBox, ...]
    text: str
    """Shown if there is no picture."""
    is_picture: bool

    def begins(self, box: ValueBox) -> bool:
        """Returns whether ``box`` is the first of its value, which bears its number."""
        return next(each for each in self.boxes if each.number == box.number) is box

    def beside(self, box: ValueBox) -> int:
        """Returns how many other numbers stand in the margin of its row before its own."""
        before = (each for each in self.boxes if each.left < box.left and self.begins(each))
        return sum(each.top < box.bottom and box.top < each.bottom for each in before)


@dataclass(frozen=True, slots=True)
class PaperView:
    """One paper with its pages."""

    place: int
    """From 0, as its address names it."""
    paper: Attachment
    pages: tuple[PageView, ...]
    is_notice: bool
    has_band: bool
    """Set if the phone is given the band of the values alone."""


def wish_of(
    submission: Submission,
    paper: Attachment,
    notices: Sequence[Notice],
    comparisons: Sequence[Comparison],
    guarantors: Sequence[Guarantor],
) -> Wish:
    """Returns the values to be found on a paper, numbered as the comparisons are from 1.

    ``notices`` are the submission's own, and the one that the paper itself is known to be. No picture shows their keys.
    """
    is_notice = paper.sha256 == submission.notice.pdf_sha256
    return Wish(
        keys=tuple(dict.fromkeys(each.key.clear for each in notices)),
        labels=tuple(dict.fromkeys(label for each in guarantors for label in each.labels.get(_KEY, ()))),
        sure=tuple(each.contract_number for each in notices[:1]) if is_notice else (),
        marks=tuple(_marks(comparisons, is_notice=is_notice)),
        is_notice=is_notice or len(notices) > 1,
    )


def _marks(comparisons: Sequence[Comparison], *, is_notice: bool) -> list[tuple[int, str]]:
    marks = []
    for number, each in enumerate(comparisons, start=1):
        if is_notice and each.heading != AMOUNT:
            marks.append((number, each.read))
        elif not is_notice and each.heading == AMOUNT:
            amount = each.read.removesuffix("円")
            marks += [(number, amount), (number, amount.replace(",", ""))]
        elif not is_notice and each.heading == _PROJECT:
            marks += [(number, name) for name in (each.registered, each.read)]
    return [(number, text) for number, text in marks if text]


def text_page(number: int, text: str) -> PageView:
    """Returns a page that is shown as text."""
    return PageView(number, 0.0, 0.0, (), text, is_picture=False)


def picture_page(number: int, sketch: PageSketch) -> PageView:
    """Returns a page that is shown as a picture."""
    return PageView(number, sketch.width, sketch.height, sketch.boxes, "", is_picture=True)


def marked_pages(papers: Sequence[PaperView]) -> frozenset[PaperPage]:
    """Returns the pages with a marked value."""
    return frozenset((each.paper.sha256, page.number) for each in papers for page in each.pages if page.boxes)
