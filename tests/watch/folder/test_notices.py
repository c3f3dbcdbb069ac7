"""The notices folder against real files of every kind."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from worker.core.errors import Unavailable
from worker.watch.folder import notices as folder_module
from worker.watch.folder.notices import NoticeFolder
from worker.watch.ports import Listed


def names(folder: NoticeFolder) -> list[str]:
    return [file.name for file in folder.look()]


def only(folder: NoticeFolder) -> Listed:
    (file,) = folder.look()
    return file


def test_regular_files_are_listed_in_order_and_read_to_the_byte(tmp_path: Path) -> None:
    (tmp_path / "認証キー.pdf").write_bytes(b"%PDF-1")
    (tmp_path / "b.PDF").write_bytes(b"x" * 3_000_000)
    folder = NoticeFolder(tmp_path)
    first, second = folder.look()
    assert (first.name, first.size) == ("b.PDF", 3_000_000)
    assert folder.read(first) == b"x" * 3_000_000
    assert (second.name, folder.read(second)) == ("認証キー.pdf", b"%PDF-1")


def test_hidden_and_half_written_names_are_left(tmp_path: Path) -> None:
    for name in (".a.pdf", "~$a.pdf", "a.pdf.part", "a.TMP", "a.pdf.CrDownload", "Thumbs.db", "a.part.pdf"):
        (tmp_path / name).write_bytes(b"x")
    assert names(NoticeFolder(tmp_path)) == ["a.part.pdf"]


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
        assert names(NoticeFolder(inside)) == []


def test_a_file_swapped_for_a_link_or_a_pipe_after_the_look_is_not_read(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "secret.pdf"
    inside.mkdir()
    outside.write_bytes(b"12345")
    file = inside / "a.pdf"
    folder = NoticeFolder(inside)
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
    folder = NoticeFolder(tmp_path)
    listed = only(folder)
    os.utime(other, ns=(listed.mtime_ns, listed.mtime_ns))
    other.replace(file)
    assert folder.read(listed) is None


@pytest.mark.parametrize("change", [b"123456", b"1234", b"54321"])
def test_a_file_that_changed_since_the_look_is_not_read(tmp_path: Path, change: bytes) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(b"12345")
    folder = NoticeFolder(tmp_path)
    listed = only(folder)
    file.write_bytes(change)
    os.utime(file, ns=(listed.mtime_ns + 1, listed.mtime_ns + 1))
    assert folder.read(listed) is None


def test_a_file_that_grows_while_it_is_read_is_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(b"12345")
    folder = NoticeFolder(tmp_path)
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
    folder = NoticeFolder(tmp_path)
    listed = only(folder)
    assert listed.name == "通知表.pdf"
    assert folder.read(listed) == b"1"


def test_two_names_that_look_alike_are_both_listed_and_read(tmp_path: Path) -> None:
    (tmp_path / "表.pdf").write_bytes(b"1")
    (tmp_path / os.fsdecode("表.pdf".encode("cp932"))).write_bytes(b"2")
    folder = NoticeFolder(tmp_path)
    listed = folder.look()
    assert len({file.name for file in listed}) == 2
    assert sorted(folder.read(file) or b"" for file in listed) == [b"1", b"2"]


def test_a_missing_folder_is_unavailable_and_says_which(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"folder: .*nowhere: No such file"):
        NoticeFolder(tmp_path / "nowhere").look()


def test_a_file_without_permission_is_unavailable_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"1")
    folder = NoticeFolder(tmp_path)
    listed = only(folder)
    (tmp_path / "a.pdf").chmod(0)
    account = os.geteuid()
    if account == 0:  # root may read everything: be nobody for a moment
        os.seteuid(65534)
    try:
        with pytest.raises(Unavailable, match=r"a\.pdf: Permission denied"):
            folder.read(listed)
    finally:
        if account == 0:
            os.seteuid(0)
