"""The child process that opens PDFs: bytes in and bounded JSON out over pipes, under limits that it sets on itself.

A PDF can damage no more than this process, which holds no secret and no descriptor but its pipes, and enters a network
namespace of its own and the ``sandbox`` before it reads. If the kernel refuses a part of them, the child reports that
and goes on with the others; its resource limits forbid file growth in any case. It never writes to standard error.
``read`` decides what a text means.

A request is the PDF and JSON, ``{"codes": [code, …], "seconds": processor time}``, each after four bytes of length
(big-endian). The answer has four bytes of length and JSON: without codes the text and whether it has form fields,
``{"pages": [[plumber, pdfium, deduped, tables, shown, written], …], "fields": …}`` (``shown``: a page of several shows
more than text; ``written``: a person wrote on it in a viewer); with codes their positions (``look``); or
``{"refused": reason, "detail": "…"}``. With ``"last": true`` in it, the child then ends.

With ``"wish"`` in place of the codes the child, started with the argument ``pictures``, answers with the boxes of
values on the pages or with one page as a picture (``picture``), whose bytes follow.

With ``"unpack"`` in place of the codes the request is a ZIP, and the answer names its contents (``archives``). The PDFs
follow in the order of their names, each after four bytes of length.

One answer comes before any request: ``{"ready": true, "sandbox": {…}}``, once the built-in notice was read within the
sandbox. ``{"ready": false, "sandbox": {…}, "detail": "…"}`` says that it could not be read, and the child ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import logging
import mmap
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO, Final, TypeVar

from worker.read.pdf.drawn import carries_file, is_written_on, shows_more
from worker.read.pdf.font import use_box_font
from worker.read.pdf.picture import PICTURE_PAGES, draw_page, draws_japanese, sketch_pages
from worker.read.pdf.positions import OpenPage, locate
from worker.read.pdf.sandbox import enter
from worker.read.pdf.self_test import CODE, NOTICE, WORDS
from worker.read.pdf_bytes import CONTAINER, fault_of

LENGTH: Final = struct.Struct(">I")
"""The prefix of every request and answer."""

UNPACK: Final = "unpack"
"""Replaces the codes in a request: this one is a ZIP."""

PICTURES: Final = "pictures"
"""The argument of a child that draws pages: it reads the machine's fonts."""

FONTS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/X11/fonts")
"""The folders of fonts in which pdfium looks."""

NO_FONT: Final = "no Japanese font"
"""The detail of a child that could only draw boxes."""

MEMORY: Final = 512 * 1024 * 1024
"""Bytes of private memory; a notice needs about 90 MB with both engines, bombs of 2 kB were seen to take 2 GB."""

NICE: Final = 5
"""Added to the nice value, so that children leave the parent, which all of them wait for, a processor of its own. With
one level for all, the parent waited for a processor a fifth of the time. A third of the share remains to a child."""

SPARE: Final = 320 * 1024 * 1024
"""Bytes of it that must be left for the next PDF: what a notice needs, three times over. A child with less ends."""

CPU_SECONDS: Final = 10
"""Processor time for the built-in notice; for each PDF the request says it (``read.budget``). The parent's clock ends a
read that waits without computing."""

DESCRIPTORS: Final = 16
"""Open files: the two pipes, and the CMap and font tables that pdfminer opens one at a time."""

PAGES: Final = 5
"""A notice is one page. A few more may come with it (a terms page, an empty sheet); a longer file is something else."""

TEXT: Final = 20_000
"""Characters of a page; a form has some 400, and ``dedupe_chars`` was seen to take a quarter of a minute for 30,000."""

EDGES: Final = 400
"""Ruled lines of a page up to which its tables are looked for: a form has some 40, a drawing thousands."""

ROWS: Final = 100
"""Table rows kept of a page."""

NEW_OBJECTS: Final = 100_000
"""Objects between two collections. A notice makes some 20,000, and Python begins one after 700."""

_PASSWORD_ERRORS: Final = (4, 5)  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_PR_SET_PDEATHSIG: Final = 1
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000

_Answer = dict[str, Any]
T = TypeVar("T")


class _Refusal(Exception):
    """The reason why this PDF gives no text."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.answer: _Answer = {"refused": reason, "detail": detail}


def main() -> None:
    """Serve requests until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C and a stopping service reach the whole group: the parent
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # alone decides when a read ends, and it closes the pipe or kills
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    draws = PICTURES in sys.argv[1:]
    with contextlib.suppress(OSError):  # the filter of the reader's unit refuses it; its unit has a share of its own
        os.nice(NICE)
    _import_engines(draws=draws)
    _leave_network(libc)
    _set_limits()
    sandbox = enter(libc, FONTS if draws else ())
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _allow_time()
    if fault := _fault_of_drawing() if draws else _fault_of_reading():
        _write(answers, {"ready": False, "sandbox": sandbox, "detail": fault})
        return
    _write(answers, {"ready": True, "sandbox": sandbox})
    engine = _Pdfium()
    while (content := _next_piece(requests)) is not None and (asked := _next_piece(requests)) is not None:
        request = json.loads(asked)
        _allow_time(request["seconds"])
        codes = request["codes"]
        answer, sound, pieces = _do(content, codes, engine)
        if sound and not _has_room():
            engine.close()
            sound = _has_room()
        _write(answers, answer if sound else answer | {"last": True}, pieces)
        if not sound:
            return  # memory after an exhausted allocation is not to be trusted with the next notice


def _fault_of_reading() -> str:
    """Returns why the built-in notice is not read; empty if it is. A sandbox that is too narrow shows here."""
    engine = _Pdfium()
    for codes in ((), (CODE,)):
        answer, _ = _answer(NOTICE, codes, engine)
        if "refused" in answer:
            return f"{answer['refused']} {answer['detail']}".strip()
        if codes and not any(drawn for *_, drawn in answer["located"]["places"][0]):
            return "not seen"
        if not codes and not all(word in text for word in WORDS for text in answer["pages"][0][:2]):
            return "other text"
    return ""


def _fault_of_drawing() -> str:
    """Returns why a picture of the built-in notice would not show its characters; empty if it does."""
    return "" if _with_pdfium(NOTICE, draws_japanese) else NO_FONT


def _has_room() -> bool:
    """Returns whether the next PDF may use ``SPARE``: asks the kernel for it, and frees it at once."""
    try:
        mmap.mmap(-1, SPARE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError:
        return False
    return True


def _import_engines(*, draws: bool = False) -> None:
    """Import both engines before the limits count, and give pdfium its font; what they make is collected less often."""
    import pdfplumber  # noqa: F401  here, so that importing this module's limits costs the parent nothing
    import pypdfium2.raw

    if draws:
        from PIL import ImageDraw, PngImagePlugin  # noqa: F401  Pillow loads them at the first picture otherwise
    else:
        use_box_font(pypdfium2.raw)
    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # one warning per font of a browser's PDF
    gc.freeze()  # the engines themselves are never garbage
    gc.set_threshold(NEW_OBJECTS)


def _leave_network(libc: ctypes.CDLL) -> None:
    """Enters a network namespace of our own; without one if the kernel refuses.

    Tried alone first: root may do so, and keeps the rights by which it opens the libraries' files.
    """
    for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET):
        if libc.unshare(flags) == 0:
            return


def _set_limits() -> None:
    for what, most in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_AS, 4 * MEMORY),  # shared libraries and reserved space count here too
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))


def _allow_time(seconds: int = CPU_SECONDS) -> None:
    """Move the soft limit of processor time, which counts from the process's start, to allow one more read."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.RLIM_INFINITY))


def _next_piece(requests: BinaryIO) -> bytes | None:
    head = requests.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    piece = requests.read(length)
    return piece if len(piece) == length else None


def _write(answers: BinaryIO, answer: _Answer, pieces: Sequence[bytes] = ()) -> None:
    line = json.dumps(answer).encode("ascii")  # ASCII escapes carry the lone surrogates that broken fonts give
    for piece in (line, *pieces):
        answers.write(LENGTH.pack(len(piece)))
        answers.write(piece)
    answers.flush()


def _unpacked(content: bytes) -> tuple[_Answer, bool, Sequence[bytes]]:
    """The answer for one ZIP, whether this process may read on, and the PDFs that follow."""
    from worker.read.archives import unpack  # the vocabulary that it loads is a third of a child's start

    try:
        found = unpack(content)
    except MemoryError:
        return {"refused": "too_large", "detail": ""}, False, ()
    names, pdfs = zip(*found.pdfs, strict=True) if found.pdfs else ((), ())
    answer = {"names": names, "others": found.others, "unopened": found.unopened, "speaks": found.mentions_key}
    return {"unpacked": answer}, True, pdfs


def _do(content: bytes, codes: Any, engine: _Pdfium) -> tuple[_Answer, bool, Sequence[bytes]]:
    """The answer to one request, whether this process may serve another, and the bytes that follow."""
    if codes == UNPACK:
        return _unpacked(content)
    if isinstance(codes, dict):
        return _drawn(content, codes)
    return *_answer(content, codes, engine), ()


def _drawn(pdf: bytes, asked: _Answer) -> tuple[_Answer, bool, Sequence[bytes]]:
    """The boxes of values on all pages, or the picture of the page that is asked for."""
    wish, page = asked["wish"], asked["page"]
    try:
        if page is None:
            return {"sheets": _with_pdfium(pdf, lambda opened: sketch_pages(opened, wish), PICTURE_PAGES)}, True, ()
        drawn = _with_pdfium(pdf, lambda opened: draw_page(opened, wish, page, is_band=asked["band"]), PICTURE_PAGES)
    except _Refusal as refusal:
        return refusal.answer, True, ()
    except MemoryError:
        return {"refused": "too_large", "detail": ""}, False, ()
    except Exception as error:  # noqa: BLE001  the engines raise anything
        return {"refused": "damaged", "detail": type(error).__name__}, False, ()
    if drawn is None:
        return {"refused": "no_text", "detail": "no picture"}, True, ()
    width, height, png = drawn
    return {"picture": [width, height]}, True, (png,)


def _answer(pdf: bytes, codes: Sequence[str], engine: _Pdfium) -> tuple[_Answer, bool]:
    """The answer for one PDF, and whether this process may read another."""
    try:
        return ({"located": engine.locate(pdf, codes)} if codes else _read(pdf, engine)), True
    except _Refusal as refusal:
        return refusal.answer, True
    except MemoryError:
        return {"refused": "too_large", "detail": ""}, False
    except Exception as error:  # noqa: BLE001  the engines raise anything: of 1,792 PDFs 3 gave a bare TypeError
        return {"refused": "damaged", "detail": type(error).__name__}, False


def _read(pdf: bytes, engine: _Pdfium) -> _Answer:
    texts, beside, has_fields = engine.read(pdf)
    pages = [[*page, *more] for page, more in zip(_read_with_plumber(pdf, texts), beside, strict=True)]
    return {"pages": pages, "fields": has_fields}


@dataclass(slots=True)
class _Pdfium:
    """The second engine. It keeps the document read last, because the positions in it are asked for next."""

    _pdf: bytes = b""
    _document: Any = None
    _pages: Sequence[OpenPage] = ()

    def read(self, pdf: bytes) -> tuple[list[str], list[tuple[bool, bool]], bool]:
        """Returns the text of each page, what it has beside it, and whether the document has form fields.

        The only page of a document is not searched for pictures: a notice may stand on one.
        """
        self._open(pdf)
        try:
            texts = [_pdfium_text(page) for page in self._pages]
            pages = [page.page for page in self._pages]
            beside = [(len(pages) > 1 and shows_more(page), is_written_on(page)) for page in pages]
            return texts, beside, self._document.get_formtype() > 0
        except BaseException:
            self.close()
            raise

    def locate(self, pdf: bytes, codes: Sequence[str]) -> dict[str, Any]:
        """Returns the positions of ``codes``. The check alters the pages, so that the document is closed."""
        if self._document is None or pdf != self._pdf:
            self._open(pdf)
        try:
            return locate(self._pages, codes)
        finally:
            self.close()

    def _open(self, pdf: bytes) -> None:
        self.close()
        self._document = _open_with_pdfium(pdf, PAGES)
        try:
            pages = [self._document[number] for number in range(len(self._document))]
            self._pages = [OpenPage(page, page.get_textpage()) for page in pages]
            _refuse_files(pages)
        except BaseException:
            self.close()
            raise
        self._pdf = pdf

    def close(self) -> None:
        """Closes the document that is kept, with its pages."""
        document, self._document, self._pages, self._pdf = self._document, None, (), b""
        if document is not None:
            document.close()


def _with_pdfium(pdf: bytes, do: Callable[[Any], T], most: int = PAGES) -> T:
    """Returns the result of ``do`` for the document that pdfium opens."""
    document = _open_with_pdfium(pdf, most)
    try:
        return do(document)
    finally:
        document.close()


def _open_with_pdfium(pdf: bytes, most: int) -> Any:
    """Returns the document, of at most so many pages. Raises _Refusal."""
    import pypdfium2

    if fault := fault_of(pdf):  # engines mend a cut file without a word, and find a PDF in a container
        raise _Refusal("damaged", fault)
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        reason = "password" if getattr(error, "err_code", None) in _PASSWORD_ERRORS else "damaged"
        raise _Refusal(reason) from None
    try:
        _refuse_another_kind(document, most)
    except BaseException:
        document.close()
        raise
    return document


def _refuse_another_kind(document: Any, most: int) -> None:
    """Raises _Refusal for a document that is no notice."""
    count = len(document)
    if count > most:
        raise _Refusal("not_a_notice", f"{count} pages")
    if count == 0:
        raise _Refusal("damaged", "no page")
    if document.count_attachments():
        raise _Refusal("damaged", CONTAINER)  # the recipient of the PDF would get the files in it


def _refuse_files(pages: Sequence[Any]) -> None:
    """Raises _Refusal for pages to which files are attached, as for a document with such files."""
    if any(map(carries_file, pages)):
        raise _Refusal("damaged", CONTAINER)


def _pdfium_text(page: OpenPage) -> str:
    """All text of a page, that outside the sheet too: hidden text counts."""
    if (count := page.text.count_chars()) > TEXT:
        raise _Refusal("too_large", f"{count} characters")
    text: str = page.text.get_text_range(0, count) if count else ""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read_with_plumber(pdf: bytes, second: list[str]) -> list[list[Any]]:
    import pdfplumber
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        with pdfplumber.open(BytesIO(pdf)) as document:
            return [_plumber_page(document.pages[number], text) for number, text in enumerate(second)]
    except (PdfminerException, IndexError) as error:  # IndexError: the engines count other pages
        raise _Refusal("damaged", type(error).__name__) from None


def _plumber_page(page: Any, pdfium: str) -> list[Any]:
    if len(page.chars) > 2 * TEXT:  # pdfium counts double strike once
        raise _Refusal("too_large", f"{len(page.chars)} characters")
    plain: str = page.extract_text()
    deduped = ""
    source = page
    if _characters(plain) != _characters(pdfium):
        source = page.dedupe_chars()
        deduped = source.extract_text()
    found = [plain[:TEXT], pdfium, deduped[:TEXT] if deduped != plain else "", _tables(source)]
    page.close()
    return found


def _characters(text: str) -> list[str]:
    """Returns the characters of a page in sorted order: engines differ in order, and double strike shows without it."""
    from worker.core.text import match_key, repair_radicals

    return sorted(match_key(repair_radicals(text)))


def _tables(page: Any) -> list[list[str]]:
    """Rows of the page's ruled tables, each cell's text with its line ends."""
    if not 0 < len(page.edges) <= EDGES:
        return []
    rows = [row for table in page.find_tables() for row in table.extract()]
    return [[(cell or "")[:TEXT] for cell in row] for row in rows[:ROWS]]


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os._exit(0)  # the parent is gone
