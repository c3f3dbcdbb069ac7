"""The one way from a PDF's bytes to a notice: what its text says, then where number and key stand on the page.

It promises that no notice comes of text that a reader of the page does not see, or of a part of a number or key.
"""

from __future__ import annotations

from worker.model import Notice, Unreadable
from worker.placed import confirm_notice
from worker.ports import PdfReader
from worker.read import read_notice
from worker.rulebook import Guarantor


async def read_pdf(reader: PdfReader, pdf: bytes, guarantors: tuple[Guarantor, ...]) -> Notice | Unreadable:
    """The notice in ``pdf``, or why there is none. Raises Unavailable where the reader does."""
    text = await reader.read(pdf)
    if isinstance(text, Unreadable):
        return text
    notice = read_notice(text, guarantors)
    if isinstance(notice, Unreadable):
        return notice
    located = await reader.locate(pdf, (notice.contract_number, notice.key.clear))
    if isinstance(located, Unreadable):
        return located
    (guarantor,) = (each for each in guarantors if each.id == notice.guarantor)
    return confirm_notice(notice, text, located, guarantor)
