"""The notices folder as offices use it: folders in it, files that are no notice, copies that are slow."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import unicodedata
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.flow.test_from_before import DAY, INSTALLED, NewOffice, forget
from tests.support import decided
from tests.support.fakes import folder_of
from tests.support.office import Mailroom
from tests.support.small_office import Form, Settings, form, mail_with
from tests.support.world import HANAKO
from worker.approve import decisions
from worker.cli.demo.smtp_server import DsnController
from worker.core.errors import Unavailable
from worker.core.model import Submission, UnreadReason
from worker.core.states import Reason, State
from worker.store.sqlite.connection import FILE_NAME
from worker.views.unread_files import CONFIGURATION, NOTICES, UnreadFile, gather_unread, read_unread, say_unread
from worker.views.unread_files import PROPERTY as UNREAD
from worker.watch.folder.notices import NoticeDirectory, ThreadedNoticeFolder


class Shared(NewOffice):
    """An office whose notices folder is a share."""

    def put(self, name: str, content: bytes, *, at: float | None = None) -> Path:
        """A file by its path inside the folder, saved this moment by the office's clock."""
        path = self.notices / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = self.clock.now().timestamp() if at is None else at
        os.utime(path, (moment, moment))
        return path

    def place(self) -> ThreadedNoticeFolder:
        """The folder as the pipeline sees it."""
        return folder_of(NoticeDirectory(self.notices))

    def unread(self) -> dict[str, UnreadReason]:
        """Names of the files of the notices folder that are not read, with the reasons."""
        found = read_unread(self.store.property(UNREAD)).get(NOTICES)
        return {each.name: each.why for each in found.files} if found else {}

    def reasons(self, number: int) -> list[Reason]:
        return [each.reason for each in self.store.submission(number).reasons]

    def held(self) -> list[Submission]:
        return list(self.store.submissions(State.HELD))


@pytest_asyncio.fixture
async def office(tmp_path: Path, relay: DsnController) -> AsyncIterator[Shared]:
    made = Shared(tmp_path, Settings(port=relay.port))
    made.want(None)
    yield made
    await made.stop()


@dataclass(frozen=True)
class Unfinished(Form):
    """A form whose file is something else."""

    content: bytes = b""

    @property
    def pdf(self) -> bytes:
        return self.content


def cut(each: Form) -> bytes:
    """The beginning of a notice's file, as a slow copy leaves it."""
    return each.pdf[: len(each.pdf) // 2]


# --- Folders ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["令和8年度/中間.pdf", "11月分/a/b/c/x.PDF", "a b/ｘ．ｐｄｆ", "改\n行/\tx.pdf"])
async def test_a_notice_in_a_folder_inside_is_submitted(office: Shared, sent: Callable[[], int], name: str) -> None:
    office.put(name, form(1).pdf)
    await office.look_at_folder()
    await office.finish()
    assert (office.only().state, office.only().source.source_name, sent()) == (
        State.SENT,
        unicodedata.normalize("NFC", name),
        1,
    )


async def test_a_folder_beyond_the_depth_is_named_and_not_looked_into(office: Shared) -> None:
    office.put("a/b/c/d/e/x.pdf", form(1).pdf)
    office.put("a/b/c/d/y.pdf", form(2).pdf)
    await office.look_at_folder()
    assert [each.source.source_name for each in office.store.submissions()] == ["a/b/c/d/y.pdf"]
    assert office.unread() == {"a/b/c/d/e/": UnreadReason.TOO_DEEP}


async def test_a_folder_made_while_the_service_watches_is_watched_at_once(
    office: Shared, sent: Callable[[], int]
) -> None:
    await office.look_at_folder()
    office.clock.let_pass(days=3)
    await office.look_at_folder()
    office.clock.let_pass(seconds=60)
    office.put("12月分/x.pdf", form(1).pdf)
    office.clock.let_pass(seconds=30)
    await office.look_at_folder()
    await office.finish()
    assert (office.only().state, sent()) == (State.SENT, 1)


async def test_what_lay_in_a_folder_that_is_moved_in_is_held(office: Shared, sent: Callable[[], int]) -> None:
    await office.look_at_folder()
    office.clock.let_pass(days=3)
    await office.look_at_folder()
    office.put("令和7年度/x.pdf", form(1).pdf, at=(INSTALLED + DAY).timestamp())
    await office.look_at_folder()
    await office.finish()
    assert (office.asked(1), sent()) == (["folder: 2026-11-22"], 0)


async def test_what_lies_in_the_folders_at_an_upgrade_is_held_and_what_comes_afterwards_goes(
    office: Shared, sent: Callable[[], int]
) -> None:
    office.clock.let_pass(days=2)
    office.put("top.pdf", form(1).pdf)
    await office.look_at_folder()  # by a program that did not read folders inside
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database, database:
        database.execute("delete from properties where name = 'notice_subfolders'")
    office.put("11月分/x.pdf", form(2).pdf)
    office.clock.let_pass(days=2)
    await office.restart()
    await office.look_at_folder()
    office.put("11月分/y.pdf", form(3).pdf)
    office.clock.let_pass(seconds=10)
    await office.look_at_folder()
    await office.finish()
    assert [each.state for each in office.store.submissions()] == [State.SENT, State.HELD, State.SENT]
    assert (office.asked(2), sent()) == (["folder: 2026-11-23"], 2)


async def test_the_folders_of_a_store_of_0_1_0_are_from_before_as_well(office: Shared) -> None:
    office.clock.let_pass(days=1)
    await office.look_at_folder()
    forget(office)  # it kept no moments at all
    office.put("11月分/x.pdf", form(1).pdf)
    office.clock.let_pass(days=1)
    await office.restart()
    await office.look_at_folder()
    assert office.asked(1) == ["folder: 2026-11-22"]


async def test_at_a_first_start_the_folders_are_watched_from_the_start_on_however_late_the_share_comes(
    office: Shared,
) -> None:
    shutil.rmtree(office.notices)
    with pytest.raises(Unavailable):
        await office.look_at_folder()
    office.clock.let_pass(days=1)
    office.put("11月分/new.pdf", form(1).pdf)
    office.put("11月分/old.pdf", form(2).pdf, at=(INSTALLED - DAY).timestamp())
    office.clock.let_pass(days=1)
    await office.look_at_folder()
    assert (office.asked(1), office.asked(2)) == ([], ["file: 2026-11-20"])


async def test_the_same_bytes_in_two_folders_are_one_submission(office: Shared, sent: Callable[[], int]) -> None:
    office.put("11月分/x.pdf", form(1).pdf)
    office.put("橋/x.pdf", form(1).pdf)
    await office.look_at_folder()
    office.put("UPPER/X.PDF", form(1).pdf)
    await office.look_at_folder()
    await office.finish()
    assert (office.only().state, sent()) == (State.SENT, 1)
    assert office.events(1).count("SeenAgain") == 2


@pytest.mark.parametrize("state", ["APPROVED", "SENT", "HELD"])
async def test_a_file_moved_between_folders_changes_nothing(
    office: Shared, sent: Callable[[], int], state: str
) -> None:
    path = office.put("x.pdf", form(1).pdf if state != "HELD" else b"%PDF-1.4\nbroken")
    await office.look_at_folder()
    if state == "SENT":
        await office.finish()
    before = office.store.submission(1)
    office.clock.let_pass(days=2)
    for place in ("済", "済/11月", "済2"):
        (office.notices / place).mkdir(parents=True, exist_ok=True)
        path = path.rename(office.notices / place / "y.pdf")
        office.clock.let_pass(seconds=60)
        await office.look_at_folder()
    assert office.store.submission(1) == before
    assert before.state.value == state
    await office.finish()
    assert sent() == (state != "HELD")
    assert len(office.store.submissions()) == 1


async def test_a_folder_moved_in_whole_changes_nothing_and_what_is_new_in_it_goes(
    office: Shared, sent: Callable[[], int]
) -> None:
    for number in (1, 2):
        office.put(f"令和8年度/{number}.pdf", form(number).pdf)
    await office.look_at_folder()
    await office.finish()
    before = office.store.submissions()
    office.clock.let_pass(hours=3)
    await office.look_at_folder()
    office.clock.let_pass(seconds=30)
    office.put("令和8年度/3.pdf", form(3).pdf)
    (office.notices / "令和8年度").rename(office.notices / "令和8年度（済）")
    await office.look_at_folder()
    await office.finish()
    assert office.store.submissions()[:2] == before
    assert (office.store.submission(3).state, sent()) == (State.SENT, 3)


async def test_what_was_submitted_by_hand_before_holds_a_copy_that_lies_deeper(
    office: Shared, sent: Callable[[], int]
) -> None:
    """The same notice from before, found in a folder, holds what waits, as one found in a mailbox does."""
    await office.look_at_folder()
    office.clock.let_pass(days=3)
    office.put("x.pdf", form(1).pdf)
    await office.look_at_folder()
    office.put("令和7年度/x.pdf", form(1).pdf, at=(INSTALLED + DAY).timestamp())
    await office.look_at_folder()
    await office.finish()
    assert (office.asked(1), sent()) == (["folder: 2026-11-22"], 0)


async def test_names_of_a_mac_are_shown_as_everybody_writes_them_and_known_again(office: Shared) -> None:
    name = "橋げた/前払金のお知らせ.pdf"
    office.put(unicodedata.normalize("NFD", name), form(1).pdf)
    await office.look_at_folder()
    assert office.only().source.source_name == name
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database, database:  # as an older program
        database.execute("update files set name = ?", (unicodedata.normalize("NFD", name),))
    await office.restart()
    await office.look_at_folder()
    assert office.events(1).count("SeenAgain") == 0


async def test_a_folder_that_vanishes_between_two_looks_loses_nothing(office: Shared, sent: Callable[[], int]) -> None:
    office.put("a/x.pdf", form(1).pdf)
    await office.pipeline.watch_folder(office.place())
    aside = office.root / "aside"
    office.notices.rename(aside)
    office.clock.let_pass(seconds=10)
    with pytest.raises(Unavailable):
        await office.pipeline.watch_folder(office.place())
    aside.rename(office.notices)
    await office.look_at_folder()
    await office.finish()
    assert sent() == 1


# --- Files that are not read ------------------------------------------------------------------------------------


async def test_other_kinds_are_named_once_and_open_no_task(office: Shared) -> None:
    kinds = {
        "写真.JPG": UnreadReason.PICTURE,
        "a.heic": UnreadReason.PICTURE,
        "内訳.xlsx": UnreadReason.OTHER_KIND,
        "送付状.docx": UnreadReason.OTHER_KIND,
        "図.xdw": UnreadReason.OTHER_KIND,
        "mail.msg": UnreadReason.MAIL,
        "x.lzh": UnreadReason.ARCHIVE,
        "R8.11.29": UnreadReason.OTHER_KIND,  # a name that says nothing: its bytes do
    }
    for name in kinds:
        office.put(f"11月分/{name}", b"no pdf " + name.encode())
    for _ in range(3):
        await office.look_at_folder()
    assert office.store.submissions() == ()
    assert office.unread() == {f"11月分/{name}": why for name, why in kinds.items()}
    (office.notices / "11月分" / "mail.msg").unlink()
    await office.look_at_folder()
    assert "11月分/mail.msg" not in office.unread()


@pytest.mark.parametrize("name", ["R8.11.29", "お知らせ", "お知らせ.pdf.1", "x.PDF ", "a.ｐｄｆ"])
async def test_a_pdf_under_an_odd_name_is_read(office: Shared, name: str) -> None:
    office.put(name, form(1).pdf)
    await office.look_at_folder()
    assert office.only().notice.contract_number == form(1).number


async def test_a_partial_download_is_awaited_and_named_after_a_day(office: Shared) -> None:
    names = ["未確認 12.crdownload", "x.pdf.part", "a.pdf.filepart", "b.PDF.TMP", "c.opdownload", ".d.pdf.Ab12cd"]
    for name in names:
        office.put(name, cut(form(1)))
    (office.notices / "safari.pdf.download").mkdir()
    office.put("firefox.pdf", b"")
    office.put("firefox.pdf.part", b"%PDF")
    await office.look_at_folder()
    office.clock.let_pass(hours=23)
    await office.look_at_folder()
    assert (office.store.submissions(), office.unread()) == ((), {})
    office.put(names[0], cut(form(1)) + b"more")  # this one goes on
    office.clock.let_pass(hours=1)
    await office.look_at_folder()
    late = {*names[1:], "safari.pdf.download/", "firefox.pdf", "firefox.pdf.part"}
    assert office.unread() == dict.fromkeys(late, UnreadReason.UNFINISHED)
    (office.notices / names[1]).rename(office.notices / "x.pdf")
    (office.notices / "x.pdf").write_bytes(form(1).pdf)
    await office.look_at_folder()
    assert office.only().notice.contract_number == form(1).number
    assert names[1] not in office.unread()


async def test_a_hard_link_is_named_and_its_bytes_are_not_kept(office: Shared, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_bytes(form(1).pdf)
    os.link(secret, office.notices / "x.pdf")
    await office.look_at_folder()
    assert (office.store.submissions(), office.unread()) == ((), {"x.pdf": UnreadReason.LINKED})
    secret.unlink()
    await office.look_at_folder()
    assert (office.only().notice.contract_number, office.unread()) == (form(1).number, {})


@pytest.mark.parametrize("content", [b"password", b"", b"PK no zip", b"\0" * 500, b"<html>%PDF-1.4"])
async def test_a_file_that_is_no_pdf_is_held_and_its_bytes_are_not_kept(office: Shared, content: bytes) -> None:
    office.put("x.pdf", content)
    office.put("11月分/x.pdf", content)  # the same bytes once more
    await office.look_at_folder()
    assert [office.reasons(each.id) for each in office.store.submissions()] == [[Reason.DAMAGED]]
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database:
        kept = database.execute("select count(*) from originals where kind = 'pdf'").fetchone()
    assert kept == (0,)
    assert office.store.verify().holds


async def test_a_file_without_permission_is_named_and_the_others_go_on(
    office: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("a.pdf", "b/y.pdf", "c/z.pdf"), start=1):
        office.put(name, form(number).pdf)
    (office.notices / "a.pdf").chmod(0)
    (office.notices / "c").chmod(0)
    office.root.chmod(0o755)
    monkeypatch.chdir(office.root)  # the folders above are ours alone
    folder = NoticeDirectory(Path("notices"))
    for _ in range(2):
        await office.pipeline.watch_folder(folder_of(folder, as_nobody))
        office.clock.let_pass(seconds=10)
    (office.notices / "c").chmod(0o755)
    assert [each.source.source_name for each in office.store.submissions()] == ["b/y.pdf"]
    assert office.unread() == {"a.pdf": UnreadReason.FORBIDDEN, "c/": UnreadReason.FOLDER_UNREADABLE}
    look = office.store.health_of("folder")
    assert look is not None
    assert not look.error
    (office.notices / "a.pdf").chmod(0o644)
    for _ in range(2):
        await office.pipeline.watch_folder(folder_of(folder, as_nobody))
        office.clock.let_pass(seconds=10)
    assert {each.source.source_name for each in office.store.submissions()} == {"a.pdf", "b/y.pdf", "c/z.pdf"}
    assert office.unread() == {}


async def as_nobody(call: Callable[..., Any], *arguments: Any) -> Any:
    """A thread that may not read everything, as root may."""
    account = os.geteuid()
    if account == 0:
        os.seteuid(65534)
    try:
        return call(*arguments)
    finally:
        if account == 0:
            os.seteuid(0)


# --- Slow copies ------------------------------------------------------------------------------------------------


async def test_a_half_written_file_that_is_finished_goes_on_where_it_was_held(
    office: Shared, sent: Callable[[], int]
) -> None:
    whole = form(1)
    for size in (0, 5, 40, 60):
        office.put("x.pdf", whole.pdf[:size])
        await office.look_at_folder()
        assert [office.reasons(each.id) for each in office.store.submissions()] == [[Reason.DAMAGED]]
    office.put("x.pdf", whole.pdf)
    await office.look_at_folder()
    await office.finish()
    only = office.only()
    assert (only.state, only.notice.refusal, only.notice.contract_number, sent()) == (State.SENT, None, whole.number, 1)
    entries = [each for each in office.store.entries(1) if each.detail.get("read_anew")]
    assert [each.event for each in entries] == ["Redrafted"] * 4
    assert office.store.verify().holds


async def test_a_person_is_told_when_what_was_held_as_damaged_waits_for_another_reason(
    tmp_path: Path, relay: DsnController
) -> None:
    office = Shared(tmp_path, Settings(port=relay.port, mode="approve"))
    office.put("x.pdf", cut(form(1)))
    await office.look_at_folder()
    await office.finish()
    office.put("x.pdf", form(1).pdf)
    await office.look_at_folder()
    assert office.only().state is State.HELD
    assert [alarm.submissions for alarm in office.store.alarms_waiting()] == [(1,)]
    await office.stop()


async def test_several_empty_files_that_are_finished_one_after_the_other_leave_no_hold(
    office: Shared, sent: Callable[[], int]
) -> None:
    for number in (1, 2, 3):
        office.put(f"{number}.pdf", b"")
    await office.look_at_folder()
    assert len(office.held()) == 1
    for number in (2, 3, 1):
        office.put(f"{number}.pdf", form(number).pdf)
        await office.look_at_folder()
        await office.finish()
    assert (office.held(), sent()) == ([], 3)


async def test_a_held_file_that_becomes_what_is_here_already_ends_for_it(office: Shared) -> None:
    office.put("a.pdf", form(1).pdf)
    office.put("b.pdf", cut(form(1)))
    await office.look_at_folder()
    office.put("b.pdf", form(1).pdf)
    await office.look_at_folder()
    ended = office.store.submission(2)
    assert (ended.state, ended.joined, office.events(1)[-1]) == (State.WITHDRAWN, (1,), "SeenAgain")


async def test_a_held_file_that_is_downloaded_again_in_place_goes_on_where_it_was_held(office: Shared) -> None:
    office.put("x.pdf", cut(form(1)))
    await office.look_at_folder()
    office.put("x.pdf", b"")  # the browser reserves the name of a file that it still downloads
    part = office.put("x.pdf.part", form(1).pdf)
    await office.look_at_folder()
    part.rename(office.notices / "x.pdf")
    await office.look_at_folder()
    assert (office.only().state, office.only().notice.contract_number) == (State.APPROVED, form(1).number)


async def test_a_whole_file_moved_over_a_held_one_ends_its_hold(office: Shared) -> None:
    whole, held = office.put("a.pdf", form(1).pdf), office.put("b.pdf", cut(form(2)))
    await office.look_at_folder()
    whole.rename(held)
    await office.look_at_folder()
    assert [each.state for each in office.store.submissions()] == [State.APPROVED, State.WITHDRAWN]
    assert office.store.submission(2).joined == (1,)


async def test_a_file_too_large_that_is_replaced_by_the_notice_goes_on_as_it(office: Shared) -> None:
    path = office.put("x.pdf", b"%PDF-1.4\n")
    os.truncate(path, 20_000_001)
    await office.look_at_folder()
    assert office.reasons(1) == [Reason.TOO_LARGE]
    (office.notices / "済").mkdir()
    path = path.rename(office.notices / "済" / "x.pdf")
    await office.look_at_folder()
    assert len(office.store.submissions()) == 1  # moved
    office.put("済/x.pdf", form(1).pdf)
    await office.look_at_folder()
    assert (office.only().state, office.only().notice.contract_number) == (State.APPROVED, form(1).number)


@pytest.mark.parametrize("seconds", [3, 100_000])
async def test_a_file_renamed_at_the_end_ends_the_hold_of_its_beginning(
    office: Shared, sent: Callable[[], int], seconds: int
) -> None:
    whole = form(1).pdf.replace(b"%PDF-1.4\n", b"%PDF-1.4\n" + b" " * 4_000)
    path = office.put("download", whole[:2_000])
    await office.look_at_folder()
    assert [each.source.source_name for each in office.held()] == ["download"]
    path.write_bytes(whole)  # the same inode
    path.rename(office.notices / "お知らせ.pdf")
    office.clock.let_pass(seconds=seconds)
    await office.look_at_folder()
    await office.finish()
    assert (office.only().state, sent()) == (State.SENT, 1)


async def test_another_file_with_a_deleted_ones_inode_ends_no_hold(office: Shared) -> None:
    path = office.put("a.pdf", b"%PDF-1.4\n" + b"a" * 3_000)
    await office.look_at_folder()
    path.write_bytes(form(2).pdf + b" " * 4_000)
    path.rename(office.notices / "b.pdf")
    await office.look_at_folder()
    assert [each.source.source_name for each in office.store.submissions()] == ["a.pdf", "b.pdf"]
    assert office.reasons(1) == [Reason.DAMAGED]


@pytest.mark.parametrize("other", ["garbage", "another notice", "the same once more"])
async def test_a_file_that_is_exchanged_after_the_approval_changes_nothing_that_was_approved(
    tmp_path: Path, relay: DsnController, sent: Callable[[], int], other: str
) -> None:
    office = Shared(tmp_path, Settings(port=relay.port, mode="approve"))
    office.put("x.pdf", form(1).pdf)
    await office.look_at_folder()
    await office.pipeline.reevaluate_waiting()
    label = office.store.submission(1).label
    decided.approve(office.store, office.pipeline.active_config, 1, label, HANAKO, "", office.clock.now())
    before = office.store.submission(1)
    content = {"garbage": b"%PDF-1.4\n{", "another notice": form(2).pdf, "the same once more": form(1).pdf + b" "}[
        other
    ]
    office.put("x.pdf", content)
    await office.look_at_folder()
    after = office.store.submission(1)
    assert (after.state, after.composed.draft, after.notice.pdf_sha256) == (
        State.APPROVED,
        before.composed.draft,
        before.notice.pdf_sha256,
    )
    assert len(office.store.submissions()) == (1 if other == "the same once more" else 2)
    await office.finish()
    assert sent() == 1
    await office.stop()


async def test_a_hold_that_a_person_took_back_stays_taken_back(office: Shared) -> None:
    office.put("x.pdf", cut(form(1)))
    await office.look_at_folder()
    decisions.withdraw(office.store, 1, HANAKO, "")
    office.put("x.pdf", form(1).pdf)
    await office.look_at_folder()
    assert [each.state for each in office.store.submissions()] == [State.WITHDRAWN, State.APPROVED]


async def test_a_stranger_s_mail_is_not_ended_by_a_file(office: Shared) -> None:
    """A hold of a mail does not end when a file of the same bytes is resolved."""
    bad = b"%PDF-1.4\n{"
    office.want(INSTALLED.date())
    office.mails.give(mail_with(Unfinished(form(1).number, "x", "y", content=bad)), office.clock.now())
    await office.look()
    office.put("x.pdf", bad)
    await office.look_at_folder()
    office.put("x.pdf", form(1).pdf)
    await office.look_at_folder()
    assert [each.source.came_by for each in office.held()] == ["mail:main"]
    assert len(office.store.submissions()) == 2


async def test_random_moves_and_slow_copies_lose_nothing_and_send_nothing_twice(
    tmp_path: Path, relay: DsnController, sent: Callable[[], int], pytestconfig: pytest.Config
) -> None:
    office = Shared(tmp_path, Settings(port=relay.port, works=tuple(range(1, 9))))
    seed = pytestconfig.getoption("hypothesis_seed")  # printed at the head of every run
    chance = random.Random(seed)
    folders = ["", "a/", "a/b/", "令和8年度/"]
    await office.look_at_folder()
    finished: dict[str, bytes] = {}
    whole: dict[str, bytes] = {}
    left = {number: form(number) for number in range(1, 9)}
    growing: dict[str, Form] = {}
    for _ in range(120):
        office.clock.let_pass(seconds=chance.choice([1, 2, 30, 600]))
        act = chance.choice(["begin", "grow", "finish", "move", "copy", "look", "look"])
        if act == "begin" and left:
            number = chance.choice(sorted(left))
            name = f"{chance.choice(folders)}{number}.pdf"
            growing[name] = left.pop(number)
            office.put(name, growing[name].pdf[: chance.randrange(30)])
        elif act == "grow" and growing:
            name = chance.choice(sorted(growing))
            office.put(name, growing[name].pdf[: chance.randrange(30, 60)])
        elif act == "finish" and growing:
            name = chance.choice(sorted(growing))
            finished[name] = growing.pop(name).pdf
            office.put(name, finished[name])
        elif act in {"move", "copy"} and whole:
            name = chance.choice(sorted(whole))
            target = f"{chance.choice(folders)}{act}{chance.randrange(10**6)}.pdf"
            (office.notices / target).parent.mkdir(parents=True, exist_ok=True)
            if act == "move":
                (office.notices / name).rename(office.notices / target)
                whole[target] = whole.pop(name)
            else:
                office.put(target, whole[name])
        else:
            await office.look_at_folder()
            await office.finish()
            whole |= finished
            finished = {}
    for name, each in growing.items():
        office.put(name, each.pdf)
    office.clock.let_pass(hours=1)
    await office.look_at_folder()
    await office.look_at_folder()
    await office.finish()
    begun = 8 - len(left)
    numbers = [each.notice.contract_number for each in office.store.submissions(State.SENT)]
    assert sorted(numbers) == sorted({*numbers})
    assert (len(numbers), sent()) == (begun, begun), f"seed {seed}"
    assert [each.source.source_name for each in office.held()] == [], f"seed {seed}"
    assert office.store.verify().holds
    await office.stop()


def test_what_is_said_is_bounded_and_tells_what_to_do() -> None:
    found = {NOTICES: gather_unread([(f"{number:05}.jpg", UnreadReason.PICTURE) for number in range(10_000)])}
    found[CONFIGURATION] = gather_unread([("issuers/sanpuru.toml.txt", UnreadReason.NOT_TOML)])
    lines = list(say_unread(found, "ja"))
    assert lines[0] == "読まれないファイル（10001件）："
    assert "ほか9990件" in lines[1]
    assert "sanpuru.toml.txt" in lines[2]
    assert sum(map(len, lines)) < 1_000
    assert UnreadFile("00000.jpg", UnreadReason.PICTURE) in found[NOTICES].files


# --- By the command line ----------------------------------------------------------------------------------------


def test_status_and_doctor_name_what_is_not_read_once_with_what_to_do(mailroom: Callable[..., Mailroom]) -> None:
    office = mailroom().office
    notices, invoices = office.store / "inbox" / "notices", office.store / "inbox" / "invoices"
    office.run_once()
    (notices / "11月分").mkdir()
    (notices / "11月分" / "写真.jpg").write_bytes(b"x")
    (notices / "ReadMe.docx").write_bytes(b"x")
    (notices / "Thumbs.db").write_bytes(b"x")
    (invoices / "請求書.pdf").hardlink_to(notices / "ReadMe.docx")
    (office.config / "issuers" / "sanpuru.toml.txt").write_text("name = 'さんぷる市'")
    (office.config / "issuers" / "Thumbs.db").touch()
    (office.config / "worker.toml.bak").touch()
    office.run_once()
    expected = {
        ("folder", "picture"): ["11月分/写真.jpg"],
        ("folder", "other_kind"): ["ReadMe.docx"],
        ("configuration", "not_toml"): ["issuers/sanpuru.toml.txt", "worker.toml.bak"],
    }
    for command in ("status", "doctor"):
        rows = office(command, "--json").document["unread_files"]
        found = {(row["place"], row["why"]): row["names"] for row in rows}
        assert found == expected | ({("invoices", "linked"): ["請求書.pdf"]} if command == "doctor" else {})
        said = office(command).out
        for names in expected.values():
            assert all(said.count(name) == 1 for name in names)
        assert "PDFを取得して保存" in said
        assert "Thumbs.db" not in said
    assert office("doctor").code == 0  # it is no failure
    assert "sanpuru.toml.txt" in office("check").out
    assert office("check", "--json").document["unread_files"][0]["why"] == "not_toml"
    (office.config / "issuers" / "sanpuru.toml.txt").unlink()
    assert "sanpuru" not in office("status").out


def test_doctor_names_what_is_not_read_before_the_first_start(mailroom: Callable[..., Mailroom]) -> None:
    office = mailroom().office
    (office.store / "inbox" / "notices" / "写真.jpg").write_bytes(b"x")
    assert "写真.jpg" in office("doctor").out
