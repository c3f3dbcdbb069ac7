"""The notices folder against real files of every kind."""

from __future__ import annotations

import os
import socket
import unicodedata
from pathlib import Path

import pytest

from worker.core.errors import Forbidden, Unavailable
from worker.core.model import UnreadReason
from worker.watch.folder import notices as folder_module
from worker.watch.folder.notices import NoticeDirectory
from worker.watch.ports import ListedFile


def names(folder: NoticeDirectory) -> list[str]:
    return [file.name for file in folder.look()]


def only(folder: NoticeDirectory) -> ListedFile:
    (file,) = folder.look()
    return file


def test_regular_files_are_listed_in_order_and_read_to_the_byte(tmp_path: Path) -> None:
    (tmp_path / "認証キー.pdf").write_bytes(b"%PDF-1")
    (tmp_path / "b.PDF").write_bytes(b"x" * 3_000_000)
    folder = NoticeDirectory(tmp_path)
    first, second = folder.look()
    assert (first.name, first.size) == ("b.PDF", 3_000_000)
    assert folder.read(first) == b"x" * 3_000_000
    assert (second.name, folder.read(second)) == ("認証キー.pdf", b"%PDF-1")


def test_hidden_and_half_written_names_are_left(tmp_path: Path) -> None:
    for name in (".a.pdf", "~$a.pdf", "a.pdf.part", "a.TMP", "a.pdf.CrDownload", "Thumbs.db", "a.part.pdf"):
        (tmp_path / name).write_bytes(b"x")
    assert names(NoticeDirectory(tmp_path)) == ["a.part.pdf"]


def test_links_pipes_sockets_and_folders_are_left(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "secret.pdf"
    inside.mkdir()
    outside.write_bytes(b"secret")
    (inside / "link.pdf").symlink_to(outside)
    (inside / "dangling.pdf").symlink_to(tmp_path / "nothing")
    (inside / "folder.pdf").mkdir()
    os.mkfifo(inside / "pipe.pdf")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(inside / "s.pdf"))
        assert names(NoticeDirectory(inside)) == []


def test_a_file_swapped_for_a_link_or_a_pipe_after_the_look_is_not_read(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "secret.pdf"
    inside.mkdir()
    outside.write_bytes(b"12345")
    file = inside / "a.pdf"
    folder = NoticeDirectory(inside)
    file.write_bytes(b"12345")
    listed = only(folder)
    file.unlink()
    file.symlink_to(outside)
    assert folder.read(listed) is None
    file.unlink()
    os.mkfifo(file)
    assert folder.read(listed) is None  # and does not wait for a writer
    file.unlink()
    assert folder.read(listed) is None


def test_a_file_replaced_by_another_of_the_same_size_and_time_is_not_read(tmp_path: Path) -> None:
    file, other = tmp_path / "a.pdf", tmp_path / ".other"
    file.write_bytes(b"12345")
    other.write_bytes(b"54321")
    folder = NoticeDirectory(tmp_path)
    listed = only(folder)
    os.utime(other, ns=(listed.mtime_ns, listed.mtime_ns))
    other.replace(file)
    assert folder.read(listed) is None


@pytest.mark.parametrize("change", [b"123456", b"1234", b"54321"])
def test_a_file_that_changed_since_the_look_is_not_read(tmp_path: Path, change: bytes) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(b"12345")
    folder = NoticeDirectory(tmp_path)
    listed = only(folder)
    file.write_bytes(change)
    os.utime(file, ns=(listed.mtime_ns + 1, listed.mtime_ns + 1))
    assert folder.read(listed) is None


def test_a_file_that_grows_while_it_is_read_is_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(b"12345")
    folder = NoticeDirectory(tmp_path)
    listed = only(folder)
    real = os.read

    def read_while_somebody_writes(descriptor: int, length: int) -> bytes:
        piece = real(descriptor, length)
        with file.open("ab") as writer:
            writer.write(b"more")
        return piece

    monkeypatch.setattr(folder_module.os, "read", read_while_somebody_writes)
    assert folder.read(listed) is None


def test_a_name_in_shift_jis_is_shown_and_read(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode("通知表.pdf".encode("cp932"))).write_bytes(b"1")
    folder = NoticeDirectory(tmp_path)
    listed = only(folder)
    assert listed.name == "通知表.pdf"
    assert folder.read(listed) == b"1"


def test_two_names_that_look_alike_are_both_listed_and_read(tmp_path: Path) -> None:
    (tmp_path / "表.pdf").write_bytes(b"1")
    (tmp_path / os.fsdecode("表.pdf".encode("cp932"))).write_bytes(b"2")
    folder = NoticeDirectory(tmp_path)
    listed = folder.look()
    assert len({file.name for file in listed}) == 2
    assert sorted(folder.read(file) or b"" for file in listed) == [b"1", b"2"]


def test_a_missing_folder_is_unavailable_and_says_which(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"folder: .*nowhere: No such file"):
        NoticeDirectory(tmp_path / "nowhere").look()


def test_a_file_without_permission_is_unavailable_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"1")
    folder = NoticeDirectory(tmp_path)
    listed = only(folder)
    (tmp_path / "a.pdf").chmod(0)
    account = os.geteuid()
    if account == 0:  # root may read everything: become the account "nobody" for a moment
        os.seteuid(65534)
    try:
        with pytest.raises(Forbidden, match=r"a\.pdf: Permission denied"):
            folder.read(listed)
    finally:
        if account == 0:
            os.seteuid(0)


# --- Folders inside ---------------------------------------------------------------------------------------------


def unread(folder: NoticeDirectory) -> dict[str, UnreadReason]:
    folder.look()
    return {file.name: file.why for file in folder.rest().unread if file.why is not None}


def test_files_in_folders_are_listed_by_their_path_and_read(tmp_path: Path) -> None:
    inside = tmp_path / "令和8年度" / "橋"
    inside.mkdir(parents=True)
    (inside / "x.pdf").write_bytes(b"1")
    (tmp_path / "y.pdf").write_bytes(b"2")
    folder = NoticeDirectory(tmp_path)
    assert [(file.name, folder.read(file)) for file in folder.look()] == [("y.pdf", b"2"), ("令和8年度/橋/x.pdf", b"1")]
    assert folder.rest().folders == ("令和8年度/", "令和8年度/橋/")


def test_folders_are_looked_into_down_to_a_depth_and_the_next_one_is_named(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*"abcdefg")
    deep.mkdir(parents=True)
    for depth in range(8):
        tmp_path.joinpath(*"abcdefg"[:depth], "x.pdf").write_bytes(b"x")
    folder = NoticeDirectory(tmp_path)
    assert names(folder) == ["a/b/c/d/x.pdf", "a/b/c/x.pdf", "a/b/x.pdf", "a/x.pdf", "x.pdf"]
    assert unread(folder) == {"a/b/c/d/e/": UnreadReason.TOO_DEEP}


def test_names_that_cannot_be_decoded_lead_to_their_files_at_every_depth(tmp_path: Path) -> None:
    broken = tmp_path / os.fsdecode("年度".encode("cp932"))
    broken.mkdir()
    (broken / os.fsdecode("通知表.pdf".encode("cp932"))).write_bytes(b"1")
    folder = NoticeDirectory(tmp_path)
    listed = only(folder)
    assert (listed.name, folder.read(listed)) == ("年度/通知表.pdf", b"1")


@pytest.mark.parametrize("name", ["a\nb.pdf", "a\tb.pdf", "a\\b.pdf", "橋げた.pdf", "a b .pdf", "x" * 240 + ".pdf"])
def test_an_odd_name_leads_to_its_file(tmp_path: Path, name: str) -> None:
    (tmp_path / unicodedata.normalize("NFD", name)).write_bytes(b"1")
    folder = NoticeDirectory(tmp_path)
    listed = only(folder)
    assert (listed.name, folder.read(listed)) == (name, b"1")


def test_of_two_spellings_of_one_name_both_are_read(tmp_path: Path) -> None:
    for form, content in (("NFC", b"1"), ("NFD", b"2")):
        (tmp_path / unicodedata.normalize(form, "橋げた.pdf")).write_bytes(content)
    folder = NoticeDirectory(tmp_path)
    assert sorted(folder.read(file) or b"" for file in folder.look()) == [b"1", b"2"]


def test_links_devices_and_hard_links_are_named_and_never_read(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.pdf").write_bytes(b"secret")
    (inside / "link.pdf").symlink_to(outside / "secret.pdf")
    (inside / "links").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / "hard.pdf").hardlink_to(outside / "secret.pdf")
    os.mkfifo(inside / "pipe.pdf")
    folder = NoticeDirectory(inside)
    assert names(folder) == []
    expected = {"link.pdf": UnreadReason.LINK, "links": UnreadReason.LINK, "loop": UnreadReason.LINK}
    assert unread(folder) == {**expected, "hard.pdf": UnreadReason.LINKED, "pipe.pdf": UnreadReason.DEVICE}


@pytest.mark.parametrize("swap", ["folder", "hard link"])
def test_what_is_swapped_after_the_look_is_not_read(tmp_path: Path, swap: str) -> None:
    inside, outside = tmp_path / "in", tmp_path / "outside"
    (inside / "a").mkdir(parents=True)
    outside.mkdir()
    (inside / "a" / "x.pdf").write_bytes(b"12345")
    folder = NoticeDirectory(inside)
    listed = only(folder)
    if swap == "folder":
        (inside / "a").rename(outside / "a")
        (inside / "a").symlink_to(outside / "a")
    else:
        (outside / "x.pdf").hardlink_to(inside / "a" / "x.pdf")
    assert folder.read(listed) is None


def test_the_number_of_files_and_of_folders_is_bounded_and_the_end_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "FILES", 3)
    monkeypatch.setattr(folder_module, "FOLDERS", 2)
    for number in range(4):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "x.pdf").write_bytes(b"x")
    folder = NoticeDirectory(tmp_path)
    assert names(folder) == ["0/x.pdf", "1/x.pdf"]
    assert unread(folder) == {"2/": UnreadReason.TOO_MANY}
    for number in range(5):
        (tmp_path / f"{number}.pdf").write_bytes(b"x")
    assert names(folder) == ["0.pdf", "1.pdf", "2.pdf"]
    assert unread(folder) == {"3.pdf": UnreadReason.TOO_MANY}


def test_an_empty_file_beside_the_one_that_a_browser_writes_is_not_whole(tmp_path: Path) -> None:
    for name in ("x.pdf", "X.pdf.part", "whole.pdf", "whole.pdf.part", "empty.pdf"):
        (tmp_path / name).write_bytes(b"%PDF-" if name.startswith("whole") else b"")
    folder = NoticeDirectory(tmp_path)
    assert names(folder) == ["empty.pdf", "whole.pdf"]  # an orphan does not delay the whole file next to it
    assert set(unread(folder)) == {"x.pdf", "X.pdf.part", "whole.pdf.part"}


def test_a_folder_without_permission_keeps_no_other_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("in/a", "in/b"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x.pdf").write_bytes(b"1")
    (tmp_path / "in" / "a").chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)  # the folders above are ours alone
    account = os.geteuid()
    folder = NoticeDirectory(Path("in"))
    if account == 0:
        os.seteuid(65534)
    try:
        found = names(folder)
    finally:
        if account == 0:
            os.seteuid(0)
    (tmp_path / "in" / "a").chmod(0o755)
    assert found == ["b/x.pdf"]
    assert [(each.name, each.why) for each in folder.rest().unread] == [("a/", UnreadReason.FOLDER_UNREADABLE)]


def test_ten_thousand_files_are_listed(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number:02}").mkdir()
        for each in range(100):
            (tmp_path / f"{number:02}" / f"{each:02}.pdf").touch()
    assert len(NoticeDirectory(tmp_path).look()) == 10_000
