"""The account in the log is the kernel's word and not the caller's."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from worker.service.wiring import account_name, login_uid

OWN = pwd.getpwuid(os.getuid()).pw_name
OTHER = next(each for each in pwd.getpwall() if each.pw_uid != os.getuid())


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "loginuid"


@pytest.mark.parametrize("name", ["LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"])
def test_the_environment_names_no_account(record: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "satou")
    record.write_text("4294967295")
    assert account_name(record) == OWN


def test_behind_sudo_and_su_the_account_that_logged_in_is_named(record: Path) -> None:
    record.write_text(str(OTHER.pw_uid))
    assert account_name(record) == f"{OTHER.pw_name} ({OWN})"


@pytest.mark.parametrize("text", [str(os.getuid()), "4294967295", "", "x"])
def test_an_own_login_a_service_and_no_record_name_this_account(record: Path, text: str) -> None:
    record.write_text(text)
    assert account_name(record) == OWN


def test_a_login_without_a_name_is_named_by_its_number(record: Path) -> None:
    record.write_text("54321")
    assert account_name(record) == f"54321 ({OWN})"


def test_a_system_without_the_record_names_this_account(tmp_path: Path) -> None:
    assert login_uid(tmp_path / "absent") is None
    assert account_name(tmp_path / "absent") == OWN
