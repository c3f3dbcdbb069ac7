"""The console's account shares the store with the service, and neither its configuration nor its logins."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.fakes import FakeClock
from worker.accounts.people import add_account
from worker.config.files import Places, make_own_folders
from worker.config.loose_files import find_loose
from worker.core.accounts import Account, Role
from worker.send.smtp.lock import SenderLock, read_holder
from worker.store.ports import Author
from worker.store.sqlite.store import create_or_migrate, open_store
from worker.watch.folder.uploads import UploadDirectory

SERVICE, CONSOLE, OTHER, GROUP, OTHER_GROUP = 61_001, 61_002, 61_003, 61_001, 61_003
BY = Author("hoshobin", "root")

pytestmark = [
    pytest.mark.process,
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other accounts"),
]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every account can reach, with the modes of docs/install.md."""
    root = Path(tempfile.mkdtemp(prefix="hoshobin-accounts-"))
    root.chmod(0o755)
    for name, owner, mode in (("state", SERVICE, 0o770), ("witness", SERVICE, 0o770), ("config", 0, 0o750)):
        (root / name).mkdir()
        os.chown(root / name, owner, GROUP)
        (root / name).chmod(mode)
    create_or_migrate(root / "warm")  # all modules are loaded before the account changes
    yield root
    shutil.rmtree(root)


def as_account(uid: int, gid: int, act: Callable[[], object], umask: int = 0o077) -> str:
    """Runs ``act`` in a child under this account; returns the error that it ended with, empty if there was none."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = ""
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            os.umask(umask)
            act()
        except BaseException:  # noqa: BLE001  the child tells everything
            said = traceback.format_exc()
        os.write(writing, said.encode()[-4_000:])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def adding(folder: Path, login: str, witness: Path) -> Callable[[], None]:
    clock = FakeClock()

    def act() -> None:
        with closing(open_store(folder, clock)) as store:
            store.witness_folder = witness
            account = Account(0, login, f"名前 {login}", roles=frozenset({Role.ADMIN}))
            add_account(store, account, BY, clock.now())
            store.mark_head()
            store.keep_witness()
            assert store.verify().holds

    return act


def test_service_and_console_write_one_store_in_turn(place: Path) -> None:
    state, witness = place / "state", place / "witness"
    assert as_account(SERVICE, GROUP, lambda: create_or_migrate(state)) == ""
    assert as_account(SERVICE, GROUP, lambda: SenderLock(state, FakeClock()).release()) == ""
    for turn in range(2):
        assert as_account(CONSOLE, GROUP, adding(state, f"console{turn}", witness), 0o007) == ""
        assert as_account(SERVICE, GROUP, adding(state, f"service{turn}", witness)) == ""
    assert as_account(CONSOLE, GROUP, lambda: read_holder(state)) == ""
    modes = {stat.S_IMODE(each.stat().st_mode) for each in state.iterdir() if each.name != "sender.lock"}
    assert modes == {0o660}


def made_by_the_console(places: Places) -> list[Path]:
    return sorted(each for each in places.notices.rglob("*") if each.is_file())


@pytest.mark.parametrize("is_from_before", [False, True])
def test_the_console_puts_a_notice_into_the_services_folder_which_reads_it(place: Path, is_from_before: bool) -> None:
    state = place / "state"
    places = Places(state, state / "inbox" / "notices", state / "inbox" / "invoices")
    assert as_account(SERVICE, GROUP, lambda: create_or_migrate(state)) == ""
    if is_from_before:
        assert as_account(SERVICE, GROUP, lambda: places.notices.mkdir(parents=True)) == ""
    assert as_account(SERVICE, GROUP, lambda: make_own_folders(places)) == ""
    put = UploadDirectory(places.notices).put
    assert as_account(CONSOLE, GROUP, lambda: put("30-1", "notice.pdf", b"%PDF-"), 0o007) == ""
    assert as_account(SERVICE, GROUP, lambda: [each.read_bytes() for each in made_by_the_console(places)]) == ""
    assert len(made_by_the_console(places)) == 1
    assert "PermissionError" in as_account(OTHER, OTHER_GROUP, lambda: list(places.notices.iterdir()))


def test_an_account_outside_the_group_reads_nothing_of_it(place: Path) -> None:
    state = place / "state"
    assert as_account(SERVICE, GROUP, lambda: create_or_migrate(state)) == ""
    assert "PermissionError" in as_account(OTHER, OTHER_GROUP, lambda: list(state.iterdir()))
    assert "PermissionError" in as_account(OTHER, OTHER_GROUP, (state / "hoshobin.sqlite3").read_bytes)


def test_a_store_that_its_group_may_not_write_stays_its_owners(place: Path) -> None:
    state = place / "state"
    state.chmod(0o750)
    assert as_account(SERVICE, GROUP, lambda: create_or_migrate(state)) == ""
    assert stat.S_IMODE((state / "hoshobin.sqlite3").stat().st_mode) == 0o600
    assert "Error" in as_account(CONSOLE, GROUP, (state / "hoshobin.sqlite3").read_bytes)


def test_a_store_shared_with_a_group_that_is_not_the_services_stays_its_owners(place: Path) -> None:
    state = place / "state"
    os.chown(state, SERVICE, OTHER_GROUP)
    assert as_account(SERVICE, GROUP, lambda: create_or_migrate(state)) == ""
    assert stat.S_IMODE((state / "hoshobin.sqlite3").stat().st_mode) == 0o600


def test_the_console_changes_no_configuration_and_reads_no_login(place: Path) -> None:
    config, tokens = place / "config", place / "state" / "tokens"
    tokens.mkdir(mode=0o700)
    for path, owner, mode in ((config / "worker.toml", 0, 0o640), (tokens / "main.json", SERVICE, 0o600)):
        path.write_text("x")
        os.chown(path, owner, GROUP)
        path.chmod(mode)
    os.chown(tokens, SERVICE, GROUP)
    assert as_account(CONSOLE, GROUP, (config / "worker.toml").read_text) == ""
    assert "PermissionError" in as_account(CONSOLE, GROUP, lambda: (config / "worker.toml").write_text("y"))
    assert "PermissionError" in as_account(CONSOLE, GROUP, lambda: (config / "other.toml").write_text("y"))
    assert "PermissionError" in as_account(CONSOLE, GROUP, (tokens / "main.json").read_text)


def test_behind_sudo_a_file_of_the_store_may_belong_to_the_console_alone(place: Path) -> None:
    (place / "state").chmod(0o750)  # this process is in another group
    head = place / "state" / "head"
    head.write_text("1 0")
    os.chown(head, CONSOLE, GROUP)
    behind = {"SUDO_UID": "1000"}
    assert [each.code for each in find_loose([head], behind)] == ["file_of_other"]
    assert list(find_loose([head], behind, frozenset({str(CONSOLE)}))) == []
