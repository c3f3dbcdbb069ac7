"""The notice in a PDF, read in a child process; what this process has read is kept in memory for a while.

Its one promise: what it keeps was read by this program, of the same bytes and by the same guarantors' profiles; a file
that was refused is read again whenever it is asked for. Nothing of it is stored: who writes the store cannot alter it.
"""

from __future__ import annotations

from typing import Final

from worker.core.model import Notice, Sha256, Unreadable, sha256
from worker.core.rulebook import Guarantor
from worker.read.notice import read_notice
from worker.read.ports import MailReader, PdfReader
from worker.read.positions import confirm_notice

KEPT: Final = 1000
"""Notices kept, half a kB each: more than an office of 10,000 projects sends in a day."""

Profiles = tuple[Guarantor, ...]


async def read_pdf(reader: PdfReader | MailReader, pdf: bytes, profiles: Profiles) -> Notice | Unreadable:
    """The notice in ``pdf``, or why there is none. Raises Unavailable where the reader does.

    What its text says is looked up on the page: no notice comes of text that a reader of the page does not see, or of a
    part of a number or key.
    """
    text = await reader.read(pdf)
    if isinstance(text, Unreadable):
        return text
    notice = read_notice(text, profiles)
    if isinstance(notice, Unreadable):
        return notice
    located = await reader.locate(pdf, (notice.contract_number, notice.key.clear))
    if isinstance(located, Unreadable):
        return located
    (guarantor,) = (each for each in profiles if each.id == notice.guarantor)
    return confirm_notice(notice, text, located, guarantor)


class Readings:
    """Reads notices; of one process."""

    def __init__(self, reader: PdfReader) -> None:
        self._reader = reader
        self._kept: dict[Sha256, Notice] = {}
        self._profiles: Profiles = ()

    async def read(self, pdf: bytes, profiles: Profiles, reader: MailReader | None = None) -> Notice | Unreadable:
        """The notice in ``pdf``, or why there is none. Raises Unavailable."""
        notice = await read_pdf(reader or self._reader, pdf, profiles)
        if isinstance(notice, Notice):
            self._keep(sha256(pdf), notice, profiles)
        return notice

    async def read_once(self, pdf: bytes, profiles: Profiles) -> Notice | Unreadable:
        """As ``read``; a notice that this process has read of these bytes by these profiles is not read again."""
        if self._profiles == profiles and (known := self._kept.get(sha256(pdf))) is not None:
            return known
        return await self.read(pdf, profiles)

    def _keep(self, digest: Sha256, notice: Notice, profiles: Profiles) -> None:
        if self._profiles != profiles:
            self._kept.clear()
            self._profiles = profiles
        self._kept.pop(digest, None)
        self._kept[digest] = notice
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
