"""The invoices cache: a look's results are asked for in memory, and a share that hangs delays no other work."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.fakes import FakeClock
from worker.core.errors import NotInSnapshot, Unavailable
from worker.core.model import PageText, PdfText, Unreadable, sha256
from worker.core.states import Reason
from worker.watch.folder import invoices as shelves
from worker.watch.folder.invoices import InvoiceCache, InvoiceFiles
from worker.watch.ports import NOT_LOOKED, SETTLE, ListedFile
from worker.watch.threads import OwnThread

PDF = b"%PDF-1.4 an invoice\n%%EOF"
OLD = 1_700_000_000
"""Seconds since 1970 of a file that was written long before a test's clock."""


class CountingReader:
    """Says of each PDF its own bytes, and counts."""

    def __init__(self) -> None:
        self.read_ones: list[bytes] = []
        self.failure: Unavailable | None = None

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        if self.failure is not None:
            raise self.failure
        self.read_ones.append(pdf)
        return PdfText((PageText(pdf.decode(), pdf.decode()),))

    async def close(self) -> None:
        """There is nothing to end."""


class Desk:
    """A folder, its shelf, and a person who saves files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.reader = CountingReader()
        self.thread = OwnThread("invoices")
        self.shelf = InvoiceCache(InvoiceFiles(folder), lambda: self.thread, self.clock)
        self.found = NOT_LOOKED

    def save(self, name: str, content: bytes = PDF, *, seconds: int = OLD) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (seconds, seconds))

    async def look(self, is_needed: Callable[[str], bool] = lambda _: True) -> None:
        self.found = await self.shelf.look(self.reader, is_needed)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "invoices")
    desk.folder.mkdir()
    yield desk
    desk.thread.end()


def refused(desk: Desk, file: str = "a.pdf") -> str:
    with pytest.raises(Unavailable) as failure:
        desk.found.invoice(file)
    return failure.value.detail


def not_brought(desk: Desk, file: str = "a.pdf") -> str:
    with pytest.raises(NotInSnapshot) as failure:
        desk.found.invoice(file)
    return failure.value.file


# --- What lies there --------------------------------------------------------------------------------------------


async def test_after_a_look_name_bytes_text_and_hash_are_in_memory(desk: Desk) -> None:
    desk.save("r8/請求書.pdf")
    await desk.look()
    desk.save("r8/請求書.pdf", b"%PDF-1.4 changed since\n%%EOF")
    assert desk.found.invoice("r8/請求書.pdf") == ("請求書.pdf", PDF)
    assert desk.found.text(sha256(PDF)) == PdfText((PageText(PDF.decode(), PDF.decode()),))
    assert [(each.file, each.sha256, each.size) for each in desk.shelf.listing()] == [
        ("r8/請求書.pdf", sha256(PDF), len(PDF))
    ]


async def test_what_is_not_needed_is_listed_and_not_read(desk: Desk) -> None:
    desk.save("a.pdf")
    await desk.look(lambda _: False)
    assert [(each.file, each.sha256) for each in desk.shelf.listing()] == [("a.pdf", None)]
    assert desk.found.text(sha256(PDF)) is None
    assert desk.reader.read_ones == []
    assert not_brought(desk) == "a.pdf"


async def test_each_content_is_read_once_whatever_its_name_and_however_often_it_is_looked_at(desk: Desk) -> None:
    desk.save("a.pdf")
    desk.save("b.pdf")
    for _ in range(3):
        await desk.look()
    assert desk.reader.read_ones == [PDF]


async def test_a_file_that_is_not_there_is_none_and_one_that_is_no_pdf_says_so(desk: Desk) -> None:
    desk.save("page.pdf", b"<html>")
    await desk.look()
    assert desk.found.invoice("none.pdf") is None
    assert desk.found.invoice("page.pdf") == Unreadable(Reason.DAMAGED, "container: page.pdf")


async def test_a_changed_file_has_another_stamp_and_other_bytes(desk: Desk) -> None:
    desk.save("a.pdf")
    await desk.look()
    before = desk.shelf.stamp("a.pdf")
    desk.save("a.pdf", b"%PDF-1.4 mended\n%%EOF", seconds=OLD + 9)
    await desk.look()
    desk.clock.let_pass(seconds=SETTLE.total_seconds())
    await desk.look()
    assert desk.shelf.stamp("a.pdf") not in ("", before)
    assert desk.found.invoice("a.pdf") == ("a.pdf", b"%PDF-1.4 mended\n%%EOF")


async def test_a_file_that_went_is_not_there_any_more(desk: Desk) -> None:
    desk.save("a.pdf")
    await desk.look()
    (desk.folder / "a.pdf").unlink()
    await desk.look()
    assert (desk.found.invoice("a.pdf"), desk.shelf.stamp("a.pdf"), desk.shelf.listing()) == (None, "", ())


# --- Files that are still being written ----------------------------------------------------------------------------


async def test_a_file_written_just_now_is_not_there_until_it_has_looked_the_same_long_enough(desk: Desk) -> None:
    desk.save("a.pdf", seconds=int(desk.clock.now().timestamp()))
    await desk.look()
    assert [(each.file, each.sha256) for each in desk.shelf.listing()] == [("a.pdf", None)]
    assert desk.shelf.stamp("a.pdf") == ""
    assert "still being written" in refused(desk)
    desk.clock.let_pass(seconds=SETTLE.total_seconds())
    await desk.look()
    assert desk.found.invoice("a.pdf") == ("a.pdf", PDF)


async def test_a_file_that_grows_between_looks_waits_again_even_with_an_old_date(desk: Desk) -> None:
    desk.save("a.pdf")
    await desk.look()
    desk.save("a.pdf", PDF + b" and more")
    await desk.look()
    assert "still being written" in refused(desk)
    desk.clock.let_pass(seconds=SETTLE.total_seconds())
    await desk.look()
    assert desk.found.invoice("a.pdf") == ("a.pdf", PDF + b" and more")


async def test_a_share_whose_clock_is_ahead_keeps_no_file_waiting(desk: Desk) -> None:
    desk.save("a.pdf", seconds=int(desk.clock.now().timestamp()) + 86_400)
    await desk.look()
    desk.clock.let_pass(seconds=SETTLE.total_seconds())
    await desk.look()
    assert desk.found.invoice("a.pdf") == ("a.pdf", PDF)


async def test_a_clock_set_back_keeps_a_file_waiting_no_longer_than_anew(desk: Desk) -> None:
    desk.save("a.pdf", seconds=int(desk.clock.now().timestamp()))
    await desk.look()
    desk.clock.let_pass(days=-1)
    await desk.look()
    desk.clock.let_pass(seconds=SETTLE.total_seconds())
    await desk.look()
    assert desk.found.invoice("a.pdf") == ("a.pdf", PDF)


# --- A share that is away -------------------------------------------------------------------------------------------


async def test_before_the_first_look_nothing_is_known(desk: Desk) -> None:
    assert not_brought(desk, "a.pdf") == ""
    assert desk.shelf.stamp("a.pdf") == ""
    with pytest.raises(Unavailable):
        desk.shelf.listing()


async def test_a_share_that_is_away_is_unavailable_until_it_is_back(desk: Desk) -> None:
    desk.save("a.pdf")
    await desk.look()
    desk.folder.rename(desk.folder.with_name("away"))
    await desk.look()
    assert desk.shelf.stamp("a.pdf") == ""
    assert str(desk.folder) in refused(desk)
    desk.folder.with_name("away").rename(desk.folder)
    await desk.look()
    assert desk.found.invoice("a.pdf") == ("a.pdf", PDF)
    assert desk.reader.read_ones == [PDF]


async def test_a_text_that_could_not_be_read_keeps_its_file_back_until_the_next_look(
    desk: Desk,
) -> None:
    desk.save("a.pdf")
    desk.reader.failure = Unavailable("pdf", "no child process")
    await desk.look()
    assert refused(desk) == "no child process"
    desk.reader.failure = None
    await desk.look()
    assert desk.found.invoice("a.pdf") == ("a.pdf", PDF)


class HangingThread:
    """A thread whose calls wait until they are let go."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []
        self.hangs = True

    async def __call__(self, call: Callable[..., object], /, *args: object, **kwargs: object) -> object:
        if self.hangs:
            self.waiting.append(asyncio.get_running_loop().create_future())
            await self.waiting[-1]
        return call(*args, **kwargs)

    async def let_go(self) -> None:
        self.hangs = False
        for each in self.waiting:
            each.set_result(None)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


@pytest.fixture
def hanging(tmp_path: Path) -> tuple[Desk, HangingThread]:
    desk, thread = Desk(tmp_path / "invoices"), HangingThread()
    desk.save("a.pdf")
    desk.thread.end()
    desk.shelf = InvoiceCache(InvoiceFiles(desk.folder), lambda: thread, desk.clock, patience=0)
    return desk, thread


async def test_a_share_that_hangs_is_asked_once_and_waited_for_no_longer(
    hanging: tuple[Desk, HangingThread],
) -> None:
    desk, thread = hanging
    await desk.look()
    assert "does not answer" in refused(desk)
    await desk.look()
    await desk.look()
    assert len(thread.waiting) == 1


async def test_a_share_that_woke_up_is_looked_at_again(tmp_path: Path) -> None:
    desk, thread = Desk(tmp_path / "invoices"), HangingThread()
    desk.save("a.pdf")
    desk.thread.end()
    desk.shelf = InvoiceCache(InvoiceFiles(desk.folder), lambda: thread, desk.clock, patience=0.02)
    await desk.look()
    await thread.let_go()
    await desk.look()
    assert desk.found.invoice("a.pdf") == ("a.pdf", PDF)


class SlowFolder:
    """A folder of one file; its reading hangs at the first time and is not asked for a second."""

    def __init__(self, thread: HangingThread) -> None:
        self.thread = thread
        self.reads = 0

    def look(self) -> tuple[ListedFile, ...]:
        self.thread.hangs = not self.reads  # the reading that follows
        return (ListedFile("a.pdf", len(PDF), OLD * 10**9, 1),)

    def read(self, listed: ListedFile) -> bytes:
        self.reads += 1
        return PDF


async def test_bytes_that_came_too_late_are_kept_for_the_next_look() -> None:
    thread, clock, reader = HangingThread(), FakeClock(), CountingReader()
    thread.hangs = False
    folder = SlowFolder(thread)
    shelf = InvoiceCache(folder, lambda: thread, clock, patience=0.02)
    found = await shelf.look(reader, lambda _: True)
    with pytest.raises(Unavailable):
        found.invoice("a.pdf")
    await thread.let_go()
    found = await shelf.look(reader, lambda _: True)
    assert found.invoice("a.pdf") == ("a.pdf", PDF)
    assert folder.reads == 1


# --- Memory -------------------------------------------------------------------------------------------------------


async def test_what_the_last_look_needed_is_kept_whatever_its_size_and_the_rest_up_to_a_limit(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "SPARE_BYTES", 2 * len(PDF))
    desk.shelf = InvoiceCache(InvoiceFiles(desk.folder), lambda: desk.thread, desk.clock)
    for name in "abcdef":
        desk.save(f"{name}.pdf", PDF + name.encode())
    await desk.look(lambda file: file < "d")
    assert [desk.found.invoice(f"{name}.pdf") for name in "abc"]
    await desk.look(lambda file: file >= "d")
    assert [desk.found.invoice(f"{name}.pdf") for name in "def"]
    assert not_brought(desk) == "a.pdf"
    await desk.look(lambda file: file < "d")
    assert [desk.found.invoice(f"{name}.pdf") for name in "abc"]
