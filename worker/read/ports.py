"""The port of reading: PDFs are read in children."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final, Protocol

from worker.core.model import (
    CodePositions,
    PdfText,
    Unreadable,
)
from worker.read.archives import Unpacked
from worker.read.budget import Lane

BROKEN_SANDBOX: Final = "pdf_sandbox"
"""Of Unavailable, and of the alarm about it: the children start, and cannot read within their sandbox."""


class PdfReader(Protocol):
    """Text of PDFs, read in child processes under limits."""

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        """Both engines' text of each page, or why there is none. Raises Unavailable when no child can be started.

        It is ``pdf``, or ``BROKEN_SANDBOX`` where a child can be started and does not read the built-in notice.
        """
        ...

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        """Where ``codes`` stand on the pages, and whether they are seen. Raises Unavailable as ``read`` does."""
        ...

    async def unpack(self, content: bytes) -> Unpacked:
        """The PDFs in a ZIP, taken out in a child as they are. Raises Unavailable as ``read`` does."""
        ...

    async def close(self) -> None:
        """End the children."""
        ...


class MailReader(Protocol):
    """The reader of one mail's PDFs, in the lane of its sender."""

    @property
    def spent(self) -> float:
        """Seconds for which a child was busy with them."""
        ...

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        """As ``PdfReader.read``."""
        ...

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        """As ``PdfReader.locate``."""
        ...

    async def unpack(self, content: bytes) -> Unpacked:
        """As ``PdfReader.unpack``."""
        ...


MailReaders = Callable[[Lane], MailReader]
"""A reader for one mail."""


class LanedReader(PdfReader, Protocol):
    """A reader that knows whose PDF goes first; what is asked of it itself is ours."""

    def for_mail(self, lane: Lane) -> MailReader:
        """The reader of one mail's PDFs."""
        ...


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Which parts are in force."""

    no_new_privs: bool = False
    landlock: int = 0
    """The ABI in force; 0 where there is none."""
    seccomp: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts in force."""
        return tuple(name for name, is_in_force in asdict(self).items() if is_in_force)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the parts that are not in force."""
        return tuple(name for name, is_in_force in asdict(self).items() if not is_in_force)
