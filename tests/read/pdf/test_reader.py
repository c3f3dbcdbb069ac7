"""The reader behind a socket: the same answers and the same refusals as from a child of the pool's own process."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.read.pdf.test_pool import descriptors, expected, fields, proc_link, read, reason
from tests.support import notice_pdfs as made
from tests.support.reader_socket import reader_socket
from tests.support.zips import zipped
from worker.core.errors import Unavailable
from worker.core.model import PdfText, Product, Unreadable
from worker.core.states import Reason
from worker.read.archives import Unpacked
from worker.read.message import AttachmentKind
from worker.read.pdf import connection as pdf_connection
from worker.read.pdf import pool as pdf_pool
from worker.read.pdf.pool import PdfPool, PicturePool
from worker.read.ports import BROKEN_SANDBOX, Picture, Wish

pytestmark = pytest.mark.process

HELLO = (
    "import json, os, socket, struct, sys, time\n"
    "control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=0)\n"
    "_, (channel,), _, _ = socket.recv_fds(control, 16, 1)\n"
    "channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=channel)\n"
    'control.sendall(json.dumps({"pid": os.getpid(), "uid": os.getuid()}).encode() + b"\\n")\n'
    "def say(piece): channel.sendall(struct.pack('>I', len(piece)) + piece)\n"
    'say(json.dumps({"ready": True, "sandbox": {}}).encode())\n'
    "request = channel.makefile('rb')\n"
    "for _ in range(2): request.read(*struct.unpack('>I', request.read(4)))\n"
    "request.close()\n"
)
"""A reader that was taken over: it answers a request as it likes."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    chosen = tmp_path_factory.mktemp("reader") / "socket"
    with reader_socket(chosen):
        yield chosen


@pytest.fixture
async def pool(place: Path) -> AsyncIterator[PdfPool]:
    opened = PdfPool(1, reader=place)
    yield opened
    await opened.close()


@pytest.fixture
def taken_over(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes the place of a reader that runs a script of its own."""
    with ExitStack() as stack:

        def make(script: str) -> Path:
            chosen = tmp_path / "taken-over"
            stack.enter_context(reader_socket(chosen, "-c", script))
            return chosen

        yield make


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


async def test_a_notice_is_read_by_a_process_that_is_none_of_ours(pool: PdfPool) -> None:
    assert fields(await read(pool, made.plain())) == expected(made.Form())
    (pid,) = pool.pids
    served = parent_of(pid)
    assert os.getpid() not in {served, parent_of(served)}
    assert pool.account == os.getuid(), "systemd-socket-activate has no other account to give"
    assert pool.sandbox is not None
    assert pool.sandbox.parts == ("no_new_privs", "landlock", "seccomp")


async def test_a_connection_is_kept_for_the_next_notice_as_a_child_is(pool: PdfPool) -> None:
    await pool.warm()
    before = pool.pids
    for form, product in ((made.ADVANCE, Product.ADVANCE), (made.INTERIM, Product.INTERIM)):
        assert fields(await read(pool, made.plain(form))) == expected(form, product)
        located = await pool.locate(made.plain(form), (form.number, form.key))
        assert not isinstance(located, Unreadable)
        assert all(each.is_drawn for places in located.places for each in places)
    pdfs = (("a.pdf", made.plain()), ("b.pdf", b"%PDF-" + os.urandom(3_000_000)))
    assert await pool.unpack(zipped(*pdfs)) == Unpacked(pdfs)
    assert pool.pids == before


async def test_pages_are_drawn_by_it_too(place: Path) -> None:
    pdf, wish = made.plain(), Wish(keys=(made.Form().key,), is_notice=True)
    results = []
    for reader in (None, place):
        pool = PicturePool(1, reader=reader)
        try:
            results.append(await pool.draw(pdf, wish, 0))
        except Unavailable as failure:  # a machine without a Japanese font
            results.append(failure.what)
        finally:
            await pool.close()
    assert results[0] == results[1]
    assert isinstance(results[0], Picture) or results[0] == BROKEN_SANDBOX


async def test_what_a_child_refuses_is_refused_by_the_same_name(pool: PdfPool) -> None:
    own = PdfPool(1)
    try:
        for pdf in (made.HTML, made.cut(made.plain()), made.with_user_password(), made.scan(), made.text_flood(), b""):
            assert await pool.read(pdf) == await own.read(pdf)
    finally:
        await own.close()


async def test_a_bomb_of_memory_is_too_large_and_the_next_notice_is_read(pool: PdfPool) -> None:
    assert await reason(pool, made.flate_bomb()) is Reason.TOO_LARGE
    assert fields(await read(pool, made.plain())) == expected(made.Form())


async def test_a_child_that_hangs_is_too_slow_and_is_ended(place: Path) -> None:
    pool = PdfPool(1, reader=place, read_seconds=2)
    try:
        await pool.warm()
        (pid,) = pool.pids
        process = os.pidfd_open(pid)
        os.kill(pid, signal.SIGSTOP)
        late = await pool.read(made.plain())
        assert isinstance(late, Unreadable)
        assert (late.reason, late.is_unanswered) == (Reason.TOO_SLOW, True)
        assert await ended(process)
        pool._read_seconds = PdfPool()._read_seconds
        assert fields(await read(pool, made.plain())) == expected(made.Form())
    finally:
        await pool.close()


@pytest.mark.parametrize(
    ("by", "verdict"),
    [
        (signal.SIGSEGV, Reason.DAMAGED),
        (signal.SIGABRT, Reason.TOO_LARGE),
        (signal.SIGXCPU, Reason.TOO_SLOW),
    ],
)
async def test_a_child_that_ends_in_the_middle_gives_the_verdict_of_its_end(
    pool: PdfPool, by: signal.Signals, verdict: Reason
) -> None:
    await pool.warm()
    (pid,) = pool.pids
    os.kill(pid, signal.SIGSTOP)
    reading = asyncio.create_task(pool.read(made.plain()))
    await asyncio.sleep(0)
    os.kill(pid, by)
    os.kill(pid, signal.SIGCONT)
    result = await reading
    assert isinstance(result, Unreadable)
    assert (result.reason, result.is_unanswered) == (verdict, True)
    assert isinstance(await pool.read(made.plain()), PdfText)


@pytest.mark.parametrize("lost", ["child", "reader"])
async def test_a_reader_that_is_killed_from_outside_says_nothing_about_the_pdf(pool: PdfPool, lost: str) -> None:
    await pool.warm()
    (pid,) = pool.pids
    os.kill(pid if lost == "child" else parent_of(pid), signal.SIGKILL)
    assert fields(await read(pool, made.plain())) == expected(made.Form())
    assert pid not in pool.pids


async def test_a_reader_that_is_killed_at_every_try_leaves_the_pdf_unanswered(
    taken_over: Callable[[str], Path],
) -> None:
    pool = PdfPool(1, reader=taken_over(HELLO + "os.kill(os.getpid(), 9)"))
    try:
        assert await pool.read(made.plain()) == Unreadable(Reason.TOO_LARGE, "killed", is_unanswered=True)
    finally:
        await pool.close()


@pytest.mark.parametrize(
    "answer",
    [
        "say(b'no json')",
        "say(b'[' * 100_000)",
        "say(b'5')",
        "say(b'{\"pages\": 1}')",
        "channel.sendall(b'\\xff' * 4)",
        "say(b'{\"pages\": []}'); channel.sendall(b'\\0' * 10_000_000)",
        "channel.sendall(b'\\0\\0\\1\\0{'); channel.close(); control.sendall(b'{\"status\": 3}\\n')",
        "channel.sendall(b'\\0\\0'); channel.close(); control.sendall(b'{\"status\": 3}\\n')",
    ],
)
async def test_what_no_sound_reader_answers_counts_as_the_pdfs_fault(
    taken_over: Callable[[str], Path], answer: str
) -> None:
    pool = PdfPool(1, reader=taken_over(HELLO + answer))
    try:
        result = await pool.read(made.plain())
    finally:
        await pool.close()
    assert isinstance(result, Unreadable)
    assert (result.reason, result.is_unanswered) == (Reason.DAMAGED, True)


@pytest.mark.parametrize(
    "end",
    [
        "control.sendall(b'x' * 1_000_000)",
        "control.sendall(b'[' * 60_000 + b'\\n')",
        'control.sendall(b\'{"status": "x"}\\n\')',
        "control.sendall(b'{\"status\": -99999}\\n')",
        "control.sendall(b'\\n')",
    ],
)
async def test_an_end_that_is_told_in_other_words_counts_as_a_kill(taken_over: Callable[[str], Path], end: str) -> None:
    pool = PdfPool(1, reader=taken_over(HELLO + "channel.close()\n" + end))
    try:
        result = await pool.unpack(zipped(("a.pdf", made.plain())))
        assert result == Unpacked(unopened=(("", AttachmentKind.ZIP),))
        assert await pool.read(made.plain()) == Unreadable(Reason.TOO_LARGE, "killed", is_unanswered=True)
    finally:
        await pool.close()


async def test_without_the_socket_nothing_is_read_and_no_child_of_ours_starts(tmp_path: Path) -> None:
    nothing, refused = tmp_path / "nothing", tmp_path / "refused"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(refused))
    for at in (nothing, refused, tmp_path / ("long" * 40)):
        pool = PdfPool(1, reader=at)
        for call in (pool.warm(), pool.read(made.plain()), pool.unpack(zipped(("a.pdf", made.plain())))):
            with pytest.raises(Unavailable) as failed:
                await call
            assert failed.value.what == "pdf"
            assert str(at) in failed.value.detail
        await pool.prepare()
        await pool.close()
        assert pool.pids == ()


@pytest.mark.parametrize(
    "script",
    [
        "pass",
        "import time; time.sleep(60)",
        "print('no json', flush=True)",
        "print('[' * 60_000, flush=True)",
        "print('x' * 1_000_000, flush=True)",
        "print('{}', flush=True)",
        HELLO[: HELLO.index("say(json")],
        HELLO[: HELLO.index("say(json")] + "say(b'no json')",
    ],
)
async def test_a_reader_that_does_not_start_is_an_outage_and_no_verdict(
    taken_over: Callable[[str], Path], script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_pool, "START_SECONDS", 1.0)
    pool = PdfPool(1, reader=taken_over(script))
    try:
        with pytest.raises(Unavailable) as failed:
            await pool.read(made.plain())
        assert failed.value.what == "pdf"
        assert pool.pids == ()
    finally:
        await pool.close()


async def test_the_socket_that_comes_back_is_used_again(tmp_path: Path) -> None:
    place = tmp_path / "socket"
    pool = PdfPool(1, reader=place)
    try:
        with pytest.raises(Unavailable):
            await pool.read(made.plain())
        with reader_socket(place):
            assert isinstance(await pool.read(made.plain()), PdfText)
    finally:
        await pool.close()


async def test_a_prepared_reader_is_asked_for_before_anything_else_is_waited_for(tmp_path: Path) -> None:
    place = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listens:
        listens.bind(str(place))
        listens.listen()
        pool = PdfPool(2, reader=place)
        await pool.prepare(1)
        listens.settimeout(0)
        with listens.accept()[0] as asked:
            word, handed, _, _ = socket.recv_fds(asked, 16, 1)
            assert (word, len(handed)) == (b"\n", 1)
            os.close(handed[0])
        await pool.close()
    assert pool.pids == ()


async def test_a_reader_that_ignores_the_end_of_its_connection_holds_nothing_up(
    taken_over: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_connection, "END_SECONDS", 0.1)
    pool = PdfPool(1, reader=taken_over(HELLO + "time.sleep(20)"), read_seconds=0.5)
    try:
        late = await pool.read(made.plain())
        assert late == Unreadable(Reason.TOO_SLOW, "0.5 s", is_unanswered=True)
    finally:
        await pool.close()


async def test_a_closed_pool_leaves_no_process_behind(place: Path) -> None:
    pool = PdfPool(2, reader=place)
    await pool.warm()
    left = [os.pidfd_open(each) for pid in pool.pids for each in (pid, parent_of(pid))]
    await pool.close()
    assert [await ended(each) for each in left] == [True] * 4


@pytest.mark.parametrize("turns", [0, 1, 5])
async def test_a_pool_that_is_closed_while_readers_start_leaves_none(place: Path, turns: int) -> None:
    pool = PdfPool(2, reader=place)
    reading = asyncio.create_task(pool.read(made.plain()))
    await pool.prepare()
    for _ in range(turns):
        await asyncio.sleep(0)
    await pool.close()
    with pytest.raises(Unavailable):
        await reading
    assert pool.pids == ()


async def test_the_child_holds_its_socket_alone_and_no_word_of_its_reader(pool: PdfPool) -> None:
    await pool.warm()
    (pid,) = pool.pids
    held = descriptors(pid)
    assert len(held) == 3
    assert {each.partition(":")[0] for each in held} == {"socket", os.devnull}
    assert proc_link(pid, "cwd") == "/"


async def ended(process: int) -> bool:
    """Waits for the end of a process by its descriptor."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process, over.set)
    try:
        async with asyncio.timeout(60):
            await over.wait()
    finally:
        loop.remove_reader(process)
        os.close(process)
    return True
