"""The port of reading: PDFs are read in children."""

from __future__ import annotations

from typing import Final, Protocol

from worker.core.model import (
    Located,
    PdfText,
    Unreadable,
)

BROKEN_SANDBOX: Final = "pdf_sandbox"
"""Of Unavailable, and of the alarm about it: the children start, and cannot read within their sandbox."""


class PdfReader(Protocol):
    """Text of PDFs, read in child processes under limits."""

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        """Both engines' text of each page, or why there is none. Raises Unavailable when no child can be started.

        It is ``pdf``, or ``BROKEN_SANDBOX`` where a child can be started and does not read the built-in notice.
        """
        ...

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> Located | Unreadable:
        """Where ``codes`` stand on the pages, and whether they are seen. Raises Unavailable as ``read`` does."""
        ...

    async def close(self) -> None:
        """End the children."""
        ...
