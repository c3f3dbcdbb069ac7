"""The archive holds every file of the configuration under its own path, and no password."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from worker.config.packed import pack_files


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """A configuration as installed, with the passwords beside it."""
    etc = tmp_path / "etc"
    for name in ("worker.toml", "projects.toml", "issuers/a.toml", "templates/mail/default.txt.j2"):
        (etc / name).parent.mkdir(parents=True, exist_ok=True)
        (etc / name).write_text(f"# {name}\n")
    (etc / "credentials").mkdir(mode=0o700)
    (etc / "credentials" / "imap-password").write_text("himitsu")
    (etc / "worker.toml").chmod(0o640)
    return etc


def unpacked(content: bytes, place: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(place, filter="tar")
    return place


def test_unpacked_below_the_root_each_file_is_in_its_place(etc: Path, tmp_path: Path) -> None:
    content, left_out = pack_files(etc)
    again = unpacked(content, tmp_path / "root") / str(etc).lstrip("/")
    assert left_out == ()
    assert sorted(str(each.relative_to(again)) for each in again.rglob("*") if each.is_file()) == [
        *("issuers/a.toml", "projects.toml", "templates/mail/default.txt.j2", "worker.toml"),
    ]
    assert (again / "issuers/a.toml").read_text() == "# issuers/a.toml\n"
    assert (again / "worker.toml").stat().st_mode & 0o777 == 0o640
    assert b"himitsu" not in content


def test_a_register_in_another_directory_is_packed_from_there(etc: Path, tmp_path: Path) -> None:
    register = tmp_path / "state" / "register"
    register.mkdir(parents=True)
    (etc / "worker.toml").write_text(f'[register]\ndir = "{register}"\n')
    (etc / "projects.toml").rename(register / "projects.toml")
    content, _ = pack_files(etc)
    again = unpacked(content, tmp_path / "root")
    assert (again / str(register).lstrip("/") / "projects.toml").read_text() == "# projects.toml\n"


def test_a_faulty_file_is_packed_as_it_is(etc: Path, tmp_path: Path) -> None:
    (etc / "worker.toml").write_bytes(b"\xff = no TOML")
    content, left_out = pack_files(etc)
    assert left_out == ()
    assert (
        unpacked(content, tmp_path / "root") / str(etc).lstrip("/") / "worker.toml"
    ).read_bytes() == b"\xff = no TOML"


def test_what_cannot_be_read_is_named(etc: Path) -> None:
    (etc / "issuers" / "b.toml").mkdir()
    (etc / "guarantors.toml").symlink_to(etc / "gone")
    _, left_out = pack_files(etc)
    assert left_out == (str(etc / "guarantors.toml"), str(etc / "issuers" / "b.toml"))


def test_a_link_is_packed_as_the_file_that_it_leads_to(etc: Path, tmp_path: Path) -> None:
    (tmp_path / "shared.toml").write_text("# shared\n")
    (etc / "projects.toml").unlink()
    (etc / "projects.toml").symlink_to(tmp_path / "shared.toml")
    content, _ = pack_files(etc)
    again = unpacked(content, tmp_path / "root") / str(etc).lstrip("/") / "projects.toml"
    assert (again.read_text(), again.is_symlink()) == ("# shared\n", False)
