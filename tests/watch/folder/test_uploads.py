"""The folder into which people's PDFs are put: whole from the first moment, no file replaced, nothing left outside."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from worker.core.errors import Unavailable
from worker.watch.folder.uploads import UploadDirectory


def test_many_at_once_of_one_name_all_stay_whole(tmp_path: Path) -> None:
    folder = UploadDirectory(tmp_path)
    contents = [bytes([number]) * 100_000 for number in range(20)]
    threads = [threading.Thread(target=folder.put, args=("案件", "請求書", content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.read_bytes() for path in (tmp_path / "案件").iterdir()) == sorted(contents)


def test_a_file_is_for_the_folders_group_alone_and_a_new_folder_is_as_the_one_above(tmp_path: Path) -> None:
    tmp_path.chmod(0o2770)
    before = os.umask(0)
    try:
        path = tmp_path / UploadDirectory(tmp_path).put("案件", "請求書", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o2770
    assert path.stat().st_gid == tmp_path.stat().st_gid


@pytest.mark.parametrize("failing", ["open", "link"])
@pytest.mark.parametrize("error", [errno.EOPNOTSUPP, errno.EPERM])
def test_a_share_without_nameless_files_or_links_gets_the_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, error: int
) -> None:
    original = getattr(os, failing)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        if failing == "link" or (len(args) > 1 and args[1] & os.O_TMPFILE == os.O_TMPFILE):
            raise OSError(error, os.strerror(error))
        return original(*args, **kwargs)

    monkeypatch.setattr(os, failing, refuse)
    folder = UploadDirectory(tmp_path)
    assert [folder.put("", "a", b"1"), folder.put("", "a", b"2")] == ["a.pdf", "a (2).pdf"]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.pdf": b"1", "a (2).pdf": b"2"}


@pytest.mark.parametrize("taken", ["請求書.PDF", "請求書.pdf", "ｾｲｷｭｳ.pdf"])
def test_a_name_that_looks_taken_is_not_used(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_bytes(b"old")
    saved = UploadDirectory(tmp_path).put("", "セイキュウ" if "ｾ" in taken else "請求書", b"new")
    assert saved.endswith(" (2).pdf")
    assert (tmp_path / taken).read_bytes() == b"old"


def test_a_full_disk_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(Unavailable) as refused:
        UploadDirectory(tmp_path).put("", "a", b"x")
    assert refused.value.what == "disk"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "案件").symlink_to(outside)
    with pytest.raises(Unavailable):
        UploadDirectory(inside).put("案件", "a", b"x")
    assert list(outside.iterdir()) == []


def test_a_folder_that_is_away_is_said(tmp_path: Path) -> None:
    away = UploadDirectory(tmp_path / "away")
    with pytest.raises(Unavailable):
        away.put("", "a", b"x")
    assert away.sizes("") == {}
    assert away.take("a.pdf") is None
    away.remove("a.pdf")
