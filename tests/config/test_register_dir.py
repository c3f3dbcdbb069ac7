"""``[register] dir``: projects and issuers in one directory that the console may change, and in no other place."""

from __future__ import annotations

import pwd
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from worker.config import loose_files
from worker.config.editing.starter import write_starter
from worker.config.files import find_unread, read_directory, register_directory, stamp_directory
from worker.config.load import load_configuration
from worker.config.loose_files import find_loose
from worker.core.errors import ConfigError


@pytest.fixture
def config(tmp_path: Path) -> Path:
    write_starter(tmp_path / "config")
    return tmp_path / "config"


def problems(config: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(ConfigError) as refused:
        load_configuration(read_directory(config))
    return [(each.file, each.key, each.code) for each in refused.value.problems]


def test_a_new_installation_has_its_register_below_the_store(config: Path) -> None:
    register = config.parent / "var" / "register"
    assert register_directory(config) == register
    assert (register / "projects.toml").is_file()
    assert not (config / "projects.toml").exists()
    assert not (config / "issuers").exists()
    assert len(load_configuration(read_directory(config)).projects) == 1


def test_without_it_the_register_lies_where_it_always_lay(config: Path) -> None:
    worker = config / "worker.toml"
    lines = worker.read_text().splitlines(keepends=True)
    worker.write_text("".join(line for line in lines if "register" not in line))
    (config.parent / "var" / "register" / "projects.toml").rename(config / "projects.toml")
    (config.parent / "var" / "register" / "issuers").rename(config / "issuers")
    assert register_directory(config) == config
    assert len(load_configuration(read_directory(config)).projects) == 1


@pytest.mark.parametrize("given", ["var/register", "./var/../var/register"])
def test_a_relative_one_counts_from_beside_the_configuration(config: Path, given: str) -> None:
    worker = config / "worker.toml"
    worker.write_text(worker.read_text().replace(str(config.parent / "var" / "register"), given))
    assert register_directory(config) == config.parent / "var" / "register"


@pytest.mark.parametrize("name", ["projects.toml", "issuers/kaga.toml"])
def test_a_register_in_both_places_is_refused(config: Path, name: str) -> None:
    (config / "issuers").mkdir(exist_ok=True)
    (config / name).write_text("")
    assert (name, "", "register_twice") in problems(config)


def test_a_directory_that_is_missing_is_named(config: Path) -> None:
    worker = config / "worker.toml"
    worker.write_text(worker.read_text().replace("var/register", "var/elsewhere"))
    assert ("worker.toml", "register.dir", "register_missing") in problems(config)


def test_a_change_there_is_seen_and_a_misspelt_file_is_named(config: Path) -> None:
    before = stamp_directory(config)
    (register_directory(config) / "issuers" / "mine.toml").write_text("")
    assert stamp_directory(config) != before
    (register_directory(config) / "issuers" / "mine.toml.txt").write_text("")
    assert "issuers/mine.toml.txt" in {name for name, _ in find_unread(config)}


def test_the_console_s_account_may_write_the_register_and_nothing_else(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account is named: a group of any other name is refused, and so is the same group at ``worker.toml``."""
    group = 64_321
    account = SimpleNamespace(pw_uid=64_320, pw_gid=group)
    real = pwd.getpwnam

    def getpwnam(name: str) -> object:
        return account if name == "hoshobin-console" else real(name)

    monkeypatch.setattr(loose_files.pwd, "getpwnam", getpwnam)
    register = register_directory(config)
    for path in (register, register / "projects.toml"):
        status = path.stat()
        assert not stat.S_IMODE(status.st_mode) & stat.S_IWOTH
    status = SimpleNamespace(st_mode=stat.S_IFREG | 0o660, st_gid=group, st_uid=0)
    assert loose_files._is_writable_by_others(status, set())  # type: ignore[arg-type]
    _, groups = loose_files._ids_of(loose_files.accounts_of(register))
    assert not loose_files._is_writable_by_others(status, groups)  # type: ignore[arg-type]
    other = SimpleNamespace(st_mode=stat.S_IFREG | 0o660, st_gid=group + 1, st_uid=0)
    assert loose_files._is_writable_by_others(other, groups)  # type: ignore[arg-type]


def test_what_everybody_may_write_is_refused_there_too(config: Path) -> None:
    (register_directory(config) / "projects.toml").chmod(0o666)
    assert ("projects.toml", "", "file_writable") in problems(config)
    assert list(find_loose([register_directory(config) / "projects.toml"], register=register_directory(config)))
