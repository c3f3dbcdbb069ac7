"""The place of a stored login, and the rule that one token at a time is requested."""

from __future__ import annotations

import datetime as dt
import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.fakes import FakeClock
from tests.support.token_endpoints import CLIENT, TENANT, TokenEndpoints, token_endpoints
from worker.core.errors import AccountRefused, Unavailable
from worker.core.login_errors import LoginFault, find_refusal
from worker.core.model import JST
from worker.oauth.endpoint import TokenEndpoint
from worker.oauth.files import LoginFile, UnusableLogin
from worker.oauth.settings import OauthSettings, Provider
from worker.oauth.source import StoredTokenSource
from worker.oauth.tokens import StoredLogin, write_login

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=JST)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def endpoints(tmp_path: Path) -> Iterator[TokenEndpoints]:
    with token_endpoints(tmp_path) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path, endpoints: TokenEndpoints) -> LoginFile:
    """A login of an hour ago."""
    store = tmp_path / "var"
    store.mkdir()
    found = LoginFile(store, "main")
    refresh = endpoints.give()["refresh_token"]
    found.write(StoredLogin("microsoft", CLIENT, refresh, "old-token", NOW, NOW - HOUR, NOW - HOUR))
    return found


@pytest.fixture
def source(file: LoginFile, endpoints: TokenEndpoints) -> Callable[[], StoredTokenSource]:
    def open_source() -> StoredTokenSource:
        settings = OauthSettings(Provider.MICROSOFT, CLIENT, TENANT, "", endpoints.authority, "")
        endpoint = TokenEndpoint(
            "main", "imap", settings, secret="", ca_file=str(endpoints.ca_file), is_for_sending=True
        )
        return StoredTokenSource("main", "imap", file, endpoint, FakeClock(NOW))

    return open_source


def test_those_who_need_a_token_at_the_same_time_ask_for_one(
    source: Callable[[], StoredTokenSource], endpoints: TokenEndpoints
) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(source().fetch())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len(endpoints.asked) == 1


def test_a_token_that_is_good_is_not_asked_for_again(
    source: Callable[[], StoredTokenSource], file: LoginFile, endpoints: TokenEndpoints
) -> None:
    file.write(replace(file.read(), expires_at=NOW + HOUR))
    assert source().fetch() == "old-token"
    assert endpoints.asked == []


def test_a_refused_token_is_noted_for_every_other_process(
    source: Callable[[], StoredTokenSource], file: LoginFile, endpoints: TokenEndpoints
) -> None:
    file.write(replace(file.read(), expires_at=NOW + HOUR))
    one = source()
    assert one.reject(one.fetch())
    assert file.read().access_token == ""
    fresh = one.fetch()
    assert fresh in endpoints.tokens
    assert not one.reject(fresh)  # no third one in the same login


def test_a_token_that_another_process_has_replaced_meanwhile_is_not_thrown_away(
    source: Callable[[], StoredTokenSource], file: LoginFile
) -> None:
    file.write(replace(file.read(), access_token="newer", expires_at=NOW + HOUR))
    assert source().reject("old-token")
    assert file.read().access_token == "newer"


def test_an_endpoint_that_is_away_is_the_worlds_where_the_old_token_has_ended(
    source: Callable[[], StoredTokenSource], file: LoginFile, endpoints: TokenEndpoints
) -> None:
    endpoints.status = 503
    with pytest.raises(Unavailable) as caught:
        source().fetch()
    assert not isinstance(caught.value, AccountRefused)
    file.write(replace(file.read(), expires_at=NOW + dt.timedelta(minutes=2)))
    assert source().fetch() == "old-token"


def test_a_login_that_is_gone_is_a_refusal_that_names_the_login(
    source: Callable[[], StoredTokenSource], file: LoginFile
) -> None:
    file.path.unlink()
    with pytest.raises(AccountRefused) as caught:
        source().fetch()
    refusal = find_refusal(caught.value.detail)
    assert refusal is not None
    assert (refusal.name, refusal.fault) == ("main", LoginFault.ABSENT)


@pytest.mark.parametrize(
    ("mode", "content", "code"),
    [(0o640, None, "login_readable"), (0o604, None, "login_readable"), (0o600, b"{", "login_broken")],
)
def test_a_file_that_is_not_ours_alone_or_not_whole_is_not_used(
    file: LoginFile, mode: int, content: bytes | None, code: str
) -> None:
    if content is not None:
        file.path.write_bytes(content)
    file.path.chmod(mode)
    with pytest.raises(UnusableLogin) as caught:
        file.read()
    assert caught.value.code == code


def test_a_link_is_neither_read_nor_written_through(file: LoginFile, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(write_login(file.read()))
    elsewhere.chmod(0o600)
    kept = file.read()
    file.path.unlink()
    file.path.symlink_to(elsewhere)
    with pytest.raises(UnusableLogin):
        file.read()
    file.write(kept)
    assert not file.path.is_symlink()
    folder = file.path.parent
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path)
    with pytest.raises(OSError, match=r"directory|symbolic"):
        file.write(kept)
    assert not (tmp_path / "main.json").exists()


def test_a_file_is_replaced_whole_and_nothing_else_is_left(file: LoginFile) -> None:
    before = os.umask(0)
    try:
        file.write(file.read())
    finally:
        os.umask(before)
    assert [path.name for path in file.path.parent.iterdir()] == ["main.json"]
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
