"""A file that others may change decides nothing: it is a problem that names the file and the remedy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.config_samples import files
from worker.config.files import read_directory
from worker.config.loose_files import find_loose
from worker.core.errors import ConfigError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    for name, content in files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def codes(paths: list[Path], **env: str) -> list[tuple[str, str]]:
    return [(Path(each.params["path"]).name, each.code) for each in find_loose(paths, env)]


def test_a_configuration_that_only_its_owner_changes_is_read(directory: Path) -> None:
    assert "worker.toml" in read_directory(directory)


@pytest.mark.parametrize("name", ["worker.toml", "projects.toml", "issuers/mihon.toml", ".", "issuers"])
def test_a_file_or_folder_that_everybody_may_change_is_refused(directory: Path, name: str) -> None:
    (directory / name).chmod((directory / name).stat().st_mode | 0o002)
    with pytest.raises(ConfigError) as error:
        read_directory(directory)
    (problem,) = error.value.problems
    assert (problem.code, Path(problem.params["path"])) == ("file_writable", (directory / name).resolve())


def test_a_template_and_the_guarantors_are_judged_too(directory: Path) -> None:
    for name in ("templates/mail/own.txt.j2", "guarantors.toml"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(b"x")
        (directory / name).chmod(0o666)
    with pytest.raises(ConfigError) as error:
        read_directory(directory)
    assert {each.code for each in error.value.problems} == {"file_writable"}
    assert len(error.value.problems) == 2


def test_a_folder_above_with_the_sticky_bit_is_like_tmp(tmp_path: Path) -> None:
    above = tmp_path / "shared"
    (above / "own").mkdir(parents=True)
    (above / "own" / "worker.toml").write_bytes(b"")
    above.chmod(0o1777)
    assert codes([above / "own" / "worker.toml"]) == []
    above.chmod(0o777)
    assert codes([above / "own" / "worker.toml"]) == [("shared", "file_writable")]


def test_a_link_is_judged_by_the_file_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "ca.pem"
    target.write_bytes(b"")
    target.chmod(0o666)
    (tmp_path / "link.pem").symlink_to(target)
    assert codes([tmp_path / "link.pem"]) == [("ca.pem", "file_writable")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(("group", "is_loose"), [(0, False), (54_321, True)])
def test_a_group_is_trusted_if_it_is_the_owners_own_or_the_services(tmp_path: Path, group: int, is_loose: bool) -> None:
    file = tmp_path / "worker.toml"
    file.write_bytes(b"")
    os.chown(file, 0, group)
    file.chmod(0o664)
    assert bool(codes([file])) is is_loose


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_behind_sudo_a_configuration_of_its_caller_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "worker.toml"
    file.write_bytes(b"")
    os.chown(file, 54_321, 0)
    assert codes([file]) == []
    assert codes([file], SUDO_UID="54321") == [("worker.toml", "file_of_other")]
    os.chown(file, 0, 0)
    assert codes([file], SUDO_UID="54321") == []


def test_what_does_not_exist_is_passed_over(tmp_path: Path) -> None:
    assert codes([tmp_path / "absent" / "head"]) == []
