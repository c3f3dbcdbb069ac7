"""The pool of children that read PDFs: real children, real bombs."""

import asyncio
import contextlib
import os
import random
import resource
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pypdfium2 import raw

from tests.support import notice_pdfs as made
from tests.support.world import GUARANTORS
from tests.support.zips import locked_zip, zipped
from worker.core.errors import Unavailable
from worker.core.model import Notice, PdfText, Product, Unreadable
from worker.core.states import Reason
from worker.pipeline.read import read_pdf
from worker.read.archives import ENTRIES, MEMBERS, Unpacked
from worker.read.budget import STRANGERS_PDF_SECONDS, Lane
from worker.read.message import AttachmentKind
from worker.read.notice import PAGE_CHARACTERS, read_notice
from worker.read.pdf import child as pdf_child
from worker.read.pdf import drawn as pdf_drawn
from worker.read.pdf import pool as pdf_pool
from worker.read.pdf.pool import PDF_BYTES, ZIP_BYTES, PdfPool
from worker.read.pdf_bytes import CONTAINER

LONG = "主要地方道大川線（仮称）第２トンネル覆工コンクリート補修及び照明設備更新工事（その１）"
BROWSER_LONG = "主要地方道長岡西線（仮称）青葉第２トンネル覆工コンクリート補修及び照明設備更新工事"
NOTICES = made.NOTICES


@pytest.fixture
async def pool():
    opened = PdfPool(1)
    yield opened
    await opened.close()


async def read(pool, pdf):
    text = await pool.read(pdf)
    return text if isinstance(text, Unreadable) else read_notice(text, GUARANTORS)


async def reason(pool, pdf):
    result = await read(pool, pdf)
    assert isinstance(result, Unreadable), result
    return result.reason


def proc_link(pid, name):
    return str(Path(f"/proc/{pid}/{name}").readlink())


def proc_text(pid, name):
    return Path(f"/proc/{pid}/{name}").read_text()


def descriptors(pid):
    return [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]


def is_gone(pid):
    return not Path(f"/proc/{pid}").exists()


def fields(notice):
    assert isinstance(notice, Notice), notice
    return (notice.project_name, notice.product, notice.contract_number, notice.key.clear)


def expected(form, product=Product.ADVANCE):
    return (form.project, product, form.number, form.key)


async def test_every_way_a_form_is_laid_out_reads_as_the_same_fields(pool):
    long = made.Form(project=LONG)
    for pdf, form in (
        (made.plain(), made.Form()),
        (made.plain(long), long),
        (made.ruled_table(), made.Form()),
        (made.ruled_table(long), long),
        (made.ruled_table(long, wrap=22), long),
        (made.values_before_labels(), made.Form()),
        (made.letter_spaced(), made.Form()),
        (made.letter_spaced(points=2), made.Form()),
        (made.double_struck(), made.Form()),
        (made.hyphen_at_line_end(), made.Form()),
        (made.with_empty_second_page(), made.Form()),
        ((NOTICES / "owner-password.pdf").read_bytes(), made.Form()),
    ):
        assert fields(await read(pool, pdf)) == expected(form)


async def test_what_a_browser_printed_reads_with_its_radicals_repaired_and_its_cells_joined(pool):
    radicals = await read(pool, (NOTICES / "browser-noto-radicals.pdf").read_bytes())
    assert fields(radicals) == (
        "歯長川黄金大橋 長寿命化補修工事（西工区）",
        Product.ADVANCE,
        "40307-00155M",
        "T5jnW0oQl1Ib",
    )
    assert radicals.contractor_name == "斉木土木工業 株式会社"
    ruled = await read(pool, (NOTICES / "browser-ruled-table-wrapped-name.pdf").read_bytes())
    assert fields(ruled) == (BROWSER_LONG, Product.INTERIM, "40311-00420M", "Xa7RkP2vEe")
    unruled = await read(pool, (NOTICES / "browser-table-without-rules.pdf").read_bytes())
    assert fields(unruled) == (BROWSER_LONG, Product.CONTRACT, "40299-000871", "m4GtUz6Yc")
    assert ruled.contractor_name == unruled.contractor_name == "〇〇建設 株式会社"


async def test_a_number_and_a_key_in_full_width_are_read_and_found_on_the_page(pool):
    wide = made.Form(number="４０２１３－００７１２Ｍ", key="Ｈｓ４ｋＱ９ｗＺｘ２Ｔｂ")
    assert fields(await read(pool, made.plain(wide))) == expected(made.Form())
    assert fields(await read(pool, made.ruled_table(wide))) == expected(made.Form())


async def test_a_notice_whose_values_stand_in_form_fields_is_told_as_such(pool):
    refused = await read(pool, (NOTICES / "form-fields.pdf").read_bytes())
    assert refused == Unreadable(Reason.NOT_A_NOTICE, "form_fields: 保証契約番号")


async def test_what_is_no_certain_notice_is_refused_by_name(pool):
    for pdf, refusal in (
        (b"", Reason.DAMAGED),
        (made.HTML, Reason.DAMAGED),
        (made.cut(made.plain()), Reason.DAMAGED),
        (made.plain()[:-40], Reason.DAMAGED),
        (made.with_user_password(), Reason.PASSWORD),
        (made.scan(), Reason.NO_TEXT),
        (made.certificate(), Reason.NOT_A_NOTICE),
        (made.bond(), Reason.NOT_A_NOTICE),
        (made.many_pages(pdf_child.PAGES + 1), Reason.NOT_A_NOTICE),
        (made.plain(made.Form(number="４０２１３００７１２Ｍ")), Reason.NOT_A_NOTICE),
        (made.two_notices(), Reason.TWO_NOTICES),
        (made.two_notices(made.Form(), made.INTERIM), Reason.TWO_NOTICES),
        (made.two_values(), Reason.TWO_VALUES),
        (made.two_values(label="保証契約番号", value="40213-00713M"), Reason.TWO_VALUES),
        (made.two_keys_printed_over_each_other(), Reason.ENGINES_DISAGREE),
        (made.rotated(), Reason.ENGINES_DISAGREE),
        ((NOTICES / "ghostscript-broken-font-tables.pdf").read_bytes(), Reason.BROKEN_TEXT),
        ((NOTICES / "ghostscript-cid-font.pdf").read_bytes(), Reason.BROKEN_TEXT),
        (made.text_flood(), Reason.TOO_LARGE),
        (b"%PDF-1.7" + b" " * PDF_BYTES + b"%%EOF", Reason.TOO_LARGE),
    ):
        assert await reason(pool, pdf) is refusal


async def test_a_further_page_that_shows_something_without_text_waits_for_a_person(pool):
    for name, draw in made.SHOWN.items():
        for is_first in (False, True):
            refused = await read(pool, made.with_drawn_page(draw, is_first=is_first))
            assert refused == Unreadable(Reason.NOT_A_NOTICE, f"other_page: {1 if is_first else 2}"), name


async def test_a_further_page_that_shows_nothing_changes_nothing(pool):
    for name, draw in made.BLANK.items():
        for is_first in (False, True):
            notice = await read(pool, made.with_drawn_page(draw, is_first=is_first))
            assert isinstance(notice, Notice), (name, notice)
            assert fields(notice) == expected(made.Form())


async def test_a_notice_on_which_a_person_wrote_in_a_viewer_waits_for_a_person(pool):
    for name, kind in made.NOTES.items():
        refused = await read_pdf(pool, made.with_note(kind), GUARANTORS)
        assert refused == Unreadable(Reason.NOT_A_NOTICE, "written_on: 1"), name
        assert refused.is_of_a_notice


async def test_links_and_fields_of_a_notice_are_no_writing(pool):
    def linked(canvas):
        made._around(canvas, made.ADVANCE)
        made._fields(canvas, made.ADVANCE)
        canvas.linkURL("https://surety.example/", (100, 100, 200, 120))
        canvas.acroForm.textfield(name="memo", x=100, y=40, width=100, height=20)

    assert fields(await read_pdf(pool, made._pdf(linked), GUARANTORS)) == expected(made.Form())


async def test_a_file_that_is_attached_to_a_place_of_the_page_is_refused_as_an_attached_file_is(pool):
    for pdf in (made.plain(), made.with_empty_second_page()):
        refused = await read(pool, made.with_note(raw.FPDF_ANNOT_FILEATTACHMENT, pdf))
        assert refused == Unreadable(Reason.DAMAGED, CONTAINER)


async def test_a_picture_on_the_notices_own_page_changes_nothing(pool):
    assert fields(await read(pool, made.on_a_picture())) == expected(made.Form())


async def test_a_page_of_more_objects_than_are_looked_at_counts_as_one_that_shows_something(pool):
    def flood(canvas):
        for _ in range(pdf_drawn.OBJECTS + 1):
            canvas.line(60, 700, 500, 700)

    refused = await read(pool, made.with_drawn_page(flood))
    assert refused == Unreadable(Reason.NOT_A_NOTICE, "other_page: 2")


@pytest.mark.parametrize("how", ["white", "invisible", "outside"])
async def test_a_second_key_that_nobody_sees_counts(pool, how):
    assert await reason(pool, made.hidden_second_key(how)) is Reason.TWO_VALUES


async def test_a_bomb_that_unpacks_to_a_gigabyte_is_too_large_and_the_next_notice_is_read(pool):
    bomb = made.flate_bomb()
    assert len(bomb) < 4000
    assert await reason(pool, bomb) is Reason.TOO_LARGE
    assert fields(await read(pool, made.plain())) == expected(made.Form())


async def test_two_million_path_operators_are_too_slow_and_the_next_notice_is_read():
    pool = PdfPool(1, read_seconds=3)
    try:
        assert await reason(pool, made.path_bomb()) in {Reason.TOO_SLOW, Reason.TOO_LARGE}
        assert fields(await read(pool, made.plain())) == expected(made.Form())
    finally:
        await pool.close()


async def test_a_strangers_bomb_has_half_of_the_processor_time_and_is_charged_for_it(pool):
    reader = pool.for_mail(Lane.STRANGERS)
    await pool.warm()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    refused = await reader.read(made.stack_bomb(1))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert refused.reason is Reason.TOO_SLOW
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < STRANGERS_PDF_SECONDS + 3  # the start of the child that was ended, and a second's grain
    assert reader.spent > 1
    assert fields(await read(pool, made.plain())) == expected(made.Form())


async def test_while_strangers_bombs_are_read_ours_is_answered_before_any_of_them():
    pool = PdfPool(2)
    try:
        await pool.warm()
        ended = []

        async def take(name, reader, pdf):
            result = await reader.read(pdf)
            ended.append(name)
            return result

        bombs = [
            asyncio.create_task(take("stranger", pool.for_mail(Lane.STRANGERS), made.stack_bomb(number)))
            for number in range(3)
        ]
        await asyncio.sleep(0)
        assert isinstance(await take("ours", pool, made.plain()), PdfText)
        for each in bombs[1:]:
            each.cancel()
        assert (await bombs[0]).reason is Reason.TOO_SLOW
        assert ended == ["ours", "stranger"]
    finally:
        await pool.close()


async def test_a_child_that_met_a_limit_is_replaced_by_another(pool):
    await pool.warm()
    (first,) = pool.pids
    assert await reason(pool, made.flate_bomb()) is Reason.TOO_LARGE
    await pool.read(made.plain())
    (second,) = pool.pids
    assert second != first


async def test_a_child_is_kept_between_sound_reads(pool):
    await pool.read(made.plain())
    first = pool.pids
    await pool.read(made.plain())
    assert pool.pids == first


async def test_a_prepared_child_starts_at_once_and_the_first_reads_wait_for_it():
    pool = PdfPool(2)
    try:
        await pool.prepare(1)
        children = [os.pidfd_open(pid) for pid in own_children()]
        assert len(children) == 1, "the process runs before anything else is waited for"
        await pool.prepare(1)
        for _ in range(2):
            await read(pool, made.plain())
        assert len(pool.pids) == 1, "a second one has nothing to do"
        await asyncio.gather(*(read(pool, made.plain()) for _ in range(4)))
        assert len(pool.pids) == 2
        await pool.prepare()
        assert len(pool.pids) == 2
    finally:
        await pool.close()
    for child in children:
        assert select.select([child], [], [], 60)[0], "a child is left over"
        os.close(child)


READY_AND_BUSY = """
import json, struct, sys
said = json.dumps({"ready": True, "sandbox": {"no_new_privs": True, "landlock": 0, "seccomp": True}}).encode()
sys.stdout.buffer.write(struct.pack(">I", len(said)) + said)
sys.stdout.buffer.flush()
sys.stdin.buffer.read()
"""


@pytest.mark.parametrize(("cores", "prepared", "most"), [(1, 1, 1), (2, 2, 3), (3, 3, 4), (16, 4, 4)])
async def test_a_child_more_than_cores_starts_only_when_so_many_pdfs_wait(monkeypatch, cores, prepared, most):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr(pdf_pool, "_CHILD", ("-S", "-c", READY_AND_BUSY))
    pool = PdfPool()
    reads, all_run, begin = [], asyncio.Event(), pool._start

    async def start():
        child = await begin()
        if len(pool.pids) >= most:
            all_run.set()
        return child

    try:
        await pool.prepare()
        await asyncio.gather(*pool._starting)
        assert len(pool.pids) == prepared
        monkeypatch.setattr(pool, "_start", start)
        reads += [asyncio.create_task(pool.read(made.plain())) for _ in range(2 * most)]
        if prepared < most:
            await asyncio.wait_for(all_run.wait(), 60)
        await asyncio.sleep(0)
        assert len(pool.pids) == most, "the other PDFs wait for their turn"
    finally:
        for each in reads:
            each.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
        await pool.close()


@pytest.mark.parametrize("turns", [0, 1, 5])
async def test_a_pool_that_is_closed_while_children_start_leaves_none(turns):
    pool = PdfPool(2)
    await pool.prepare()
    children = [os.pidfd_open(pid) for pid in own_children()]
    for _ in range(turns):
        await asyncio.sleep(0)
    await pool.close()
    await pool.prepare()
    assert pool.pids == ()
    assert len(children) == 2
    for child in children:
        assert select.select([child], [], [], 60)[0], "a child is left over"
        os.close(child)


async def test_a_child_that_cannot_be_prepared_is_started_again_by_the_read(monkeypatch):
    monkeypatch.setattr(pdf_pool, "_CHILD", ("-c", "raise SystemExit(3)"))
    pool = PdfPool(1)
    try:
        await pool.prepare()
        while pool._starting:
            await asyncio.wait(pool._starting)
        with pytest.raises(Unavailable):
            await read(pool, made.plain())
        monkeypatch.undo()
        assert fields(await read(pool, made.plain())) == expected(made.Form())
    finally:
        await pool.close()


def own_children():
    """The ids of this process's children that read PDFs."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((each / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"worker.read.pdf.child" in _command_line(each):
                found.append(int(each.name))
    return found


def _command_line(process):
    """The command line; it is empty for a moment after a process was started, and for one that has ended."""
    deadline = time.monotonic() + 10
    while not (line := (process / "cmdline").read_bytes()) and time.monotonic() < deadline:
        if (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break
    return line


async def test_positions_are_those_of_the_pdf_that_is_asked_about_whatever_was_read_before(pool):
    forms = [made.plain(made.ADVANCE), made.plain(made.INTERIM)]
    codes = [(form.number, form.key) for form in (made.ADVANCE, made.INTERIM)]
    fresh = [await pool.locate(pdf, each) for pdf, each in zip(forms, codes, strict=True)]
    assert all(place.is_drawn for located in fresh for places in located.places for place in places)
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    for _ in range(60):
        which = chance.randrange(2)
        if chance.random() < 0.5:
            await pool.read(chance.choice([forms[which], forms[which], made.cut(made.plain()), made.HTML]))
        elif chance.random() < 0.9:
            assert await pool.locate(forms[which], codes[which]) == fresh[which], f"seed {seed}"
        else:
            await pool.unpack(made.plain())


async def test_a_refusal_costs_no_new_child(pool):
    await pool.read(made.plain())
    first = pool.pids
    for _ in range(20):
        for pdf, refusal in (
            (b"", Reason.DAMAGED),
            (b"%PDF-1.7" + b" " * PDF_BYTES + b"%%EOF", Reason.TOO_LARGE),
            (made.HTML, Reason.DAMAGED),
            (made.cut(made.plain()), Reason.DAMAGED),
            (made.with_user_password(), Reason.PASSWORD),
            (made.many_pages(pdf_child.PAGES + 1), Reason.NOT_A_NOTICE),
            (made.text_flood(), Reason.TOO_LARGE),
        ):
            assert await reason(pool, pdf) is refusal
            assert pool.pids == first
    assert isinstance(await pool.locate(made.HTML, ("40213-00712M",)), Unreadable)
    assert fields(await read(pool, made.plain())) == expected(made.Form())
    assert pool.pids == first


def altered(zipped):
    content = bytearray(zipped)
    content[100] ^= 1
    return bytes(content)


async def test_a_zip_is_taken_apart_in_a_child_and_each_pdf_comes_as_it_is(pool):
    pdfs = (
        ("認証キー.pdf", made.plain()),
        ("2.pdf", made.ruled_table()),
        ("3.pdf", b"%PDF-" + random.Random(1).randbytes(2_000_000)),
    )
    found = await pool.unpack(zipped(*pdfs, ("memo.txt", b"x")))
    assert found == Unpacked(pdfs, ("memo.txt",), (), mentions_key=True)
    assert fields(await read(pool, found.pdfs[0][1])) == expected(made.Form())


async def test_a_zip_that_is_refused_costs_no_new_child(pool):
    await pool.read(made.plain())
    first = pool.pids
    unopened = Unpacked(unopened=(("", AttachmentKind.ZIP),))
    for _ in range(20):
        for content, found in (
            (b"", unopened),
            (b"PK\x03\x04 broken", unopened),
            (b"PK\x03\x04" + b" " * ZIP_BYTES, unopened),
            (zipped(*((f"{number}.pdf", b"") for number in range(ENTRIES + 1))), unopened),
            (zipped(*((f"{number}.pdf", b"") for number in range(MEMBERS + 1))), unopened),
            (zipped(("a.pdf", b"%PDF-" + b"\0" * 9_000_000)), Unpacked(unopened=(("a.pdf", AttachmentKind.DAMAGED),))),
            (zipped(("a.zip", zipped(("b", b"c")))), Unpacked(unopened=(("a.zip", AttachmentKind.ARCHIVE),))),
            (locked_zip("a.pdf"), Unpacked(unopened=(("a.pdf", AttachmentKind.LOCKED),))),
            (
                altered(zipped(("a.pdf", made.plain()), method=0)),
                Unpacked(unopened=(("a.pdf", AttachmentKind.DAMAGED),)),
            ),
        ):
            assert await pool.unpack(content) == found
            assert pool.pids == first


async def test_a_child_that_ends_over_a_zip_is_replaced_and_the_zip_is_not_opened(pool):
    await pool.warm()
    (first,) = pool.pids
    os.kill(first, signal.SIGSEGV)
    assert await pool.unpack(zipped(("a.pdf", made.plain()))) == Unpacked(unopened=(("", AttachmentKind.ZIP),))
    assert (await pool.unpack(zipped(("a.pdf", made.plain())))).pdfs == (("a.pdf", made.plain()),)
    assert first not in pool.pids


@pytest.mark.parametrize(
    "answer",
    [
        {"unpacked": []},
        {"unpacked": {"names": ["a"], "others": [], "unopened": [], "speaks": False}},
        {"unpacked": {"names": [], "pdfs": [], "others": [], "unopened": [["a", "no sort"]], "speaks": False}},
        {"unpacked": {"names": [], "pdfs": [], "others": [], "unopened": [["a"]], "speaks": False}},
        {"unpacked": {"names": [], "pdfs": [], "others": ["x"] * 21, "unopened": [], "speaks": False}},
        {"refused": "made up", "detail": ""},
        {"pages": []},
        [],
    ],
)
def test_what_no_sound_child_says_of_a_zip_is_not_believed(answer):
    assert isinstance(pdf_pool._unpacked(answer), Unreadable)


async def test_a_child_that_keeps_memory_is_replaced_after_its_answer(monkeypatch):
    script = f"from worker.read.pdf import child; child.SPARE = {2 * pdf_child.MEMORY}; child.main()"
    monkeypatch.setattr(pdf_pool, "_CHILD", ("-P", "-s", "-c", script))
    pool = PdfPool(1)
    try:
        used = set()
        for _ in range(3):
            assert fields(await read(pool, made.plain())) == expected(made.Form())
            assert await reason(pool, made.HTML) is Reason.DAMAGED
            await pool.warm()
            used.update(pool.pids)
    finally:
        await pool.close()
    assert len(used) == 3


async def test_a_child_that_somebody_else_killed_says_nothing_about_the_pdf(pool):
    await pool.warm()
    os.kill(pool.pids[0], signal.SIGKILL)
    assert fields(await read(pool, made.plain())) == expected(made.Form())


async def test_a_child_that_ends_or_waits_instead_of_answering_is_told_from_a_refusal(pool):
    await pool.warm()
    os.kill(pool.pids[0], signal.SIGSEGV)
    ended = await pool.read(made.plain())
    assert (ended.reason, ended.is_unanswered) == (Reason.DAMAGED, True)
    refused = await pool.read(b"%PDF-1.4 and nothing more")
    assert (refused.reason, refused.is_unanswered) == (Reason.DAMAGED, False)
    hurried = PdfPool(1, read_seconds=0.0001)
    try:
        late = await hurried.read(made.plain())
    finally:
        await hurried.close()
    assert (late.reason, late.is_unanswered) == (Reason.TOO_SLOW, True)


@pytest.mark.parametrize("answer", [b"x", b"\xff", b"[" * 100_000, b"9" * 5_000])
async def test_an_answer_that_is_no_json_counts_as_the_pdfs_fault(monkeypatch, answer):
    script = (
        "from worker.read.pdf import child\n"
        "def _write(answers, answer, pieces=(), written=child._write):\n"
        "    if 'ready' in answer: return written(answers, answer)\n"
        f"    said = {answer[:1]!r} * {len(answer)}\n"
        "    answers.write(child.LENGTH.pack(len(said)) + said)\n"
        "    answers.flush()\n"
        "child._write = _write\n"
        "child.main()\n"
    )
    monkeypatch.setattr(pdf_pool, "_CHILD", ("-P", "-s", "-c", script))
    pool = PdfPool(1)
    try:
        refused = await pool.read(made.plain())
        assert (refused.reason, refused.is_unanswered) == (Reason.DAMAGED, True)
        monkeypatch.undo()
        assert fields(await read(pool, made.plain())) == expected(made.Form())
    finally:
        await pool.close()


async def test_a_read_that_is_cancelled_leaves_no_answer_for_the_next(pool):
    await pool.warm()
    reading = asyncio.ensure_future(pool.read(made.path_bomb()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert fields(await read(pool, made.plain(made.INTERIM))) == expected(made.INTERIM, Product.INTERIM)


async def test_two_children_read_two_pdfs_and_each_gets_its_own():
    pool = PdfPool(2)
    forms = [made.Form(key=f"Hs4kQ9wZx2T{number}") for number in range(6)]
    try:
        results = await asyncio.gather(*(read(pool, made.plain(form)) for form in forms))
        assert len(pool.pids) <= 2
    finally:
        await pool.close()
    assert [result.key.clear for result in results] == [form.key for form in forms]


async def test_a_closed_pool_has_no_children_and_starts_none(pool):
    await pool.warm()
    pids = pool.pids
    await pool.close()
    assert all(map(is_gone, pids))
    with pytest.raises(Unavailable):
        await pool.read(made.plain())


async def test_stop_signals_to_the_group_do_not_end_a_child(pool):
    await pool.warm()
    for stop in (signal.SIGINT, signal.SIGTERM):
        os.kill(pool.pids[0], stop)
    before = pool.pids
    assert isinstance(await pool.read(made.plain()), PdfText)
    assert pool.pids == before


async def test_a_child_yields_to_its_parent_and_gets_no_signal_of_its_terminal(pool):
    await pool.warm()
    (pid,) = pool.pids
    assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0) + pdf_child.NICE
    assert os.getsid(pid) == os.getsid(0), "Linux weighs a session as one: by its level a child yields within it alone"
    assert os.getpgid(pid) == pid, "a terminal signals the group in the foreground"


async def test_a_child_holds_its_pipes_and_no_secret(pool, monkeypatch, tmp_path):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("SMTP_PASSWORD", "hunter2")
    with (tmp_path / "imap-password").open("w+") as secret:
        os.set_inheritable(secret.fileno(), True)
        await pool.warm()
        (pid,) = pool.pids
        environment = {line.split("=")[0] for line in proc_text(pid, "environ").split("\0") if line}
        targets = descriptors(pid)
    assert environment <= {"PYTHONPATH", "LANG", "PATH"}
    assert len(targets) == 3
    assert not any(str(tmp_path) in target for target in targets)
    assert proc_link(pid, "cwd") == "/"


async def test_a_child_has_limits_on_memory_files_and_processes(pool):
    await pool.warm()
    lines = proc_text(pool.pids[0], "limits").splitlines()
    limits = {line[:26].strip(): line[26:].split()[1] for line in lines[1:]}
    assert limits["Max data size"] == str(pdf_child.MEMORY)
    assert limits["Max file size"] == "0"
    assert limits["Max core file size"] == "0"
    assert limits["Max processes"] == "0"
    assert limits["Max open files"] == str(pdf_child.DESCRIPTORS)


def _namespaces_are_allowed():
    script = "import ctypes;l=ctypes.CDLL(None);raise SystemExit(l.unshare(0x40000000) and l.unshare(0x50000000))"
    return subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


async def test_a_child_has_a_network_of_its_own_where_the_kernel_allows_one(pool):
    await pool.warm()
    theirs = proc_link(pool.pids[0], "ns/net")
    if _namespaces_are_allowed():
        assert theirs != proc_link("self", "ns/net")
        assert len(proc_text(pool.pids[0], "net/route").splitlines()) <= 1  # the heading alone
    else:
        assert theirs == proc_link("self", "ns/net")


def test_a_child_ends_with_its_parent():
    script = (
        "import asyncio, os\n"
        "from worker.read.pdf.pool import PdfPool\n"
        "async def main():\n"
        "    pool = PdfPool(1)\n"
        "    await pool.warm()\n"
        "    print(pool.pids[0], flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    root = str(Path(pdf_child.__file__).parents[3])
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ended.stderr == b""
    try:
        child = os.pidfd_open(int(ended.stdout))
    except ProcessLookupError:
        return
    try:
        assert select.select([child], [], [], 30)[0], "the child lives on"
    finally:
        os.close(child)


async def test_the_engines_stay_out_of_this_process():
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from worker.read.pdf.pool import PdfPool\n"
        "async def main():\n"
        "    pool = PdfPool(1)\n"
        "    await pool.read(Path(sys.argv[1]).read_bytes())\n"
        "    await pool.close()\n"
        "asyncio.run(main())\n"
        "assert not {'pdfplumber', 'pdfminer', 'pypdfium2'} & set(sys.modules)\n"
    )
    root = str(Path(pdf_child.__file__).parents[3])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        str(NOTICES / "owner-password.pdf"),
        env={**os.environ, "PYTHONPATH": root},
    )
    assert await process.wait() == 0


def test_a_child_gives_no_more_text_than_is_read():
    assert pdf_child.TEXT == PAGE_CHARACTERS


def test_the_shipped_samples_are_what_the_generator_makes():
    shipped = Path(pdf_child.__file__).parents[2] / "cli" / "demo" / "samples"
    assert {path.name: path.read_bytes() for path in shipped.iterdir()} == made.samples()


async def test_the_shipped_samples_read_as_their_names_say(pool):
    samples = made.samples()
    assert fields(await read(pool, samples["notice-contract.pdf"])) == expected(made.CONTRACT, Product.CONTRACT)
    assert fields(await read(pool, samples["notice-advance.pdf"])) == expected(made.ADVANCE)
    assert fields(await read(pool, samples["notice-interim.pdf"])) == expected(made.INTERIM, Product.INTERIM)
    assert fields(await read(pool, samples["notice-unregistered.pdf"])) == expected(made.UNREGISTERED, Product.CONTRACT)
    for name in ("invoice-advance.pdf", "quotation.pdf"):
        assert await reason(pool, samples[name]) is Reason.NOT_A_NOTICE
