"""The pages that a person must have seen before an approval: the first of each paper, and those with a marked value."""

from __future__ import annotations

from dataclasses import dataclass

from worker.core.errors import NotAllowed
from worker.core.model import Attachment, Sha256, Submission

PaperPage = tuple[Sha256, int]
"""The hash of a paper and the number of its page from 0."""


@dataclass(frozen=True, slots=True)
class ShownPages:
    """The pages that were shown to the person who approves."""

    seen: frozenset[PaperPage]
    marked: frozenset[PaperPage]
    """Pages on which a value stands that is compared."""


def papers_of(submission: Submission) -> tuple[Attachment, ...]:
    """Returns the PDFs that a person looks at: the draft's, or the notice alone as long as there is no draft."""
    if submission.composed.draft is not None:
        return submission.composed.draft.attachments
    pdf = submission.notice.pdf_sha256
    return (Attachment("", _file_name_of(submission), pdf, 0),) if pdf is not None else ()


def _file_name_of(submission: Submission) -> str:
    """Returns the name of a file of the folder. A PDF out of a mail is named after its number.

    Of a mail the subject is kept, which names no file and may name another project.
    """
    if submission.source.came_by == "folder" and submission.source.source_name:
        return submission.source.source_name
    return f"{submission.notice.contract_number or submission.id}.pdf"


def pages_to_show(submission: Submission, marked: frozenset[PaperPage]) -> tuple[PaperPage, ...]:
    """Returns the pages that an approval needs, in the order of the papers."""
    needed = []
    for paper in papers_of(submission):
        pages = {0, *(page for digest, page in marked if digest == paper.sha256)}
        needed += [(paper.sha256, page) for page in sorted(pages)]
    return tuple(dict.fromkeys(needed))


def refuse_unless_seen(submission: Submission, pages: ShownPages) -> None:
    """Raises NotAllowed ``page_not_shown``, with the first page that was not shown."""
    titles = {paper.sha256: paper.title or paper.filename for paper in papers_of(submission)}
    for digest, page in pages_to_show(submission, pages.marked):
        if (digest, page) not in pages.seen:
            raise NotAllowed("page_not_shown", id=str(submission.id), paper=titles[digest], page=str(page + 1))
