"""Packs the configuration's files into one archive, under the paths that they have on this computer.

Passwords and logins are not in it: they are no files of the configuration, and a backup goes to more places than they
should.
"""

from __future__ import annotations

import contextlib
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from worker.config.files import MAX_FILE_BYTES, UnusableFile, own_files, read_regular
from worker.core.errors import ConfigError


def pack_files(directory: Path) -> tuple[bytes, tuple[str, ...]]:
    """Returns a tar archive of the configuration in ``directory``, and the paths that could not be read.

    Unpacked below ``/`` by root, each file has its place, owner and mode again. Faulty files are packed as they are.
    """
    packed = io.BytesIO()
    left_out: list[str] = []
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        known: set[Path] = set()
        for top, paths in _listed(directory, left_out):
            for path in paths:
                try:
                    content = read_regular(path, MAX_FILE_BYTES)
                    for each in (*_folders(top, path), path):
                        if each not in known:
                            known.add(each)
                            _add(archive, each, content if each == path else b"")
                except (UnusableFile, OSError):
                    left_out.append(str(path))
    return packed.getvalue(), tuple(left_out)


def _listed(directory: Path, left_out: list[str]) -> Iterator[tuple[Path, tuple[Path, ...]]]:
    try:
        yield from own_files(directory)
    except ConfigError as unlisted:
        left_out += [str(directory / each.file) for each in unlisted.problems]


def _folders(top: Path, path: Path) -> list[Path]:
    """The folders from ``top`` down to that of ``path``."""
    return [top, *reversed([each for each in path.parents if top in each.parents])]


def _add(archive: tarfile.TarFile, path: Path, content: bytes) -> None:
    """Adds a file that was read, with the owner and mode of its path; a link is packed as the file that it leads to."""
    status = path.stat()
    member = tarfile.TarInfo(os.fspath(path).lstrip("/"))
    member.mode, member.mtime = status.st_mode & 0o7777, int(status.st_mtime)
    member.uid, member.gid = status.st_uid, status.st_gid
    with contextlib.suppress(KeyError):
        member.uname, member.gname = path.owner(), path.group()
    if path.is_dir():
        member.type = tarfile.DIRTYPE
        archive.addfile(member)
        return
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
