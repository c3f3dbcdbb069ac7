"""The port of reading: PDFs are read in children."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Final, Protocol

from worker.core.model import CodePositions, PdfText, Unreadable
from worker.read.archives import Unpacked
from worker.read.budget import Lane

BROKEN_SANDBOX: Final = "pdf_sandbox"
"""The code of Unavailable, and of its alarm: the children start, and cannot read within their sandbox."""


class PdfReader(Protocol):
    """Text of PDFs, read in child processes under limits."""

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        """Returns both engines' text of each page, or the reason against it.

        Raises Unavailable ``pdf`` if no child can be started, or ``BROKEN_SANDBOX`` if it cannot read the built-in
        notice.
        """

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        """Returns the positions of ``codes`` on the pages, and whether they are visible.

        Raises Unavailable as ``read`` does.
        """

    async def unpack(self, content: bytes) -> Unpacked:
        """Extracts the PDFs of a ZIP unchanged, in a child. Raises Unavailable as ``read`` does."""


class MailReader(PdfReader, Protocol):
    """The reader of one mail's PDFs, in the lane of its sender."""

    @property
    def spent(self) -> float:
        """Seconds of a child's time that they used."""


MailReaders = Callable[[Lane], MailReader]
"""A reader for one mail."""


class LanedReader(PdfReader, Protocol):
    """A reader with lanes; calls on the reader itself use ours."""

    def for_mail(self, lane: Lane) -> MailReader:
        """Returns the reader of one mail's PDFs."""

    async def prepare(self) -> None:
        """Begins to start the children before there is a PDF; a child that does not start fails the first read."""

    async def close(self) -> None:
        """Ends the children."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The values to be found on a PDF's pages, and those that no picture of it may show."""

    keys: tuple[str, ...] = field(default=(), repr=False)
    labels: tuple[str, ...] = ()
    """Labels of a key: if the key is not found, their rows are painted over."""
    sure: tuple[str, ...] = ()
    """Values that must be on the page for its text to agree with the reading."""
    marks: tuple[tuple[int, str], ...] = ()
    """Values by number; of several values with one number the first is used that is found."""
    is_notice: bool = False
    """Set if the PDF must have a key: a page without one gives no picture."""


@dataclass(frozen=True, slots=True)
class ValueBox:
    """A box around a value, or a line of it, in parts of the page."""

    number: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class PageSketch:
    """A page's size in points, and the values on it."""

    width: float
    height: float
    boxes: tuple[ValueBox, ...]
    is_drawn: bool
    """Set if a picture of it can be made."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as PNG."""

    png: bytes = field(repr=False)
    width: int
    height: int


class PictureReader(Protocol):
    """Pages of PDFs as pictures, drawn in child processes under limits; every key is painted over."""

    async def sketch(self, pdf: bytes, wish: Wish) -> tuple[PageSketch, ...] | Unreadable:
        """Returns the pages with the boxes of the values. Raises Unavailable ``BROKEN_SANDBOX`` without fonts."""

    async def draw(self, pdf: bytes, wish: Wish, page: int, *, is_band: bool = False) -> Picture | Unreadable:
        """Returns the page with this number from 0, or the band of its values. Raises Unavailable as ``sketch``."""

    async def close(self) -> None:
        """Ends the children."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The parts of the sandbox that are in force."""

    no_new_privs: bool = False
    landlock: int = 0
    """The ABI in force; 0 if there is none."""
    seccomp: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts in force."""
        return tuple(name for name, is_in_force in asdict(self).items() if is_in_force)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the parts that are not in force."""
        return tuple(name for name, is_in_force in asdict(self).items() if not is_in_force)
