"""A file that a command or the console wrote is newer than the configuration in force until it was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stores import make_store
from tests.support.world import HANAKO, START
from worker.core.errors import ConfigError
from worker.core.model import ConfigFile, sha256
from worker.core.states import NoteEvent
from worker.pipeline.begun_change import FileChange, record_begun_changes, recording_change
from worker.pipeline.written_files import WrittenFiles
from worker.store.sqlite.store import SqlStore

REGISTER = "projects.toml"


class Office:
    """A configuration directory with a register, and a store."""

    def __init__(self, root: Path) -> None:
        self.config = root / "config"
        self.config.mkdir()
        self.store: SqlStore = make_store(root / "var")
        self.write_by_hand(b"first")

    def write_by_hand(self, content: bytes) -> None:
        (self.config / REGISTER).write_bytes(content)

    def write_by_program(self, content: bytes) -> None:
        former = sha256((self.config / REGISTER).read_bytes())
        change = FileChange(REGISTER, former, sha256(content), NoteEvent.REGISTER_CHANGED, [{"file": REGISTER}])
        with recording_change(self.store, change, HANAKO, START):
            self.write_by_hand(content)

    def read(self) -> list[ConfigFile]:
        content = (self.config / REGISTER).read_bytes()
        return [ConfigFile(REGISTER, sha256(content), content)]

    def start(self, files: list[ConfigFile] | None = None) -> WrittenFiles:
        return WrittenFiles(self.store, self.config, files or self.read())


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_write_is_newer_until_the_files_were_read_after_it(office: Office) -> None:
    written = office.start()
    assert not written.find_newer()
    office.write_by_program(b"second")
    assert written.find_newer() == {REGISTER}
    written.known = written.note()
    assert not written.find_newer()


@pytest.mark.parametrize("later", [b"by hand", b"first", None], ids=["changed", "put back", "removed"])
def test_it_stays_newer_if_the_file_is_changed_by_hand_since(office: Office, later: bytes | None) -> None:
    written = office.start()
    office.write_by_program(b"second")
    if later is None:
        (office.config / REGISTER).unlink()
    else:
        office.write_by_hand(later)
    assert written.find_newer() == {REGISTER}
    assert not written.are_as_written(written.find_newer())


def test_the_same_bytes_written_once_more_after_a_change_by_hand_are_newer(office: Office) -> None:
    written = office.start()
    office.write_by_program(b"second")
    office.write_by_hand(b"by hand")
    written.known = written.note()
    assert not written.find_newer()
    office.write_by_program(b"second")
    assert written.find_newer() == {REGISTER}
    assert written.are_as_written(written.find_newer())


def test_a_write_after_the_note_is_newer_than_what_was_read(office: Office) -> None:
    written = office.start()
    noted = written.note()
    office.write_by_program(b"second")
    written.known = noted
    assert written.find_newer() == {REGISTER}


def test_a_start_knows_writes_from_before_it_read_the_files_and_those_since(office: Office) -> None:
    files = office.read()
    office.write_by_program(b"second")
    assert office.start(files).find_newer() == {REGISTER}, "written while the program started"
    assert not office.start().find_newer()
    office.write_by_hand(b"by hand")
    assert not office.start().find_newer(), "the start read the change by hand, and what was before it"


def test_a_write_that_fails_is_none(office: Office) -> None:
    written = office.start()
    change = FileChange(REGISTER, "", sha256(b"second"), NoteEvent.REGISTER_CHANGED, [{"file": REGISTER}])
    with pytest.raises(ConfigError), recording_change(office.store, change, HANAKO, START):
        raise ConfigError([])
    assert not written.find_newer()
    assert not written.are_as_written([REGISTER])


def test_a_write_of_a_killed_process_is_newer_once_it_is_recorded(office: Office) -> None:
    written = office.start()
    change = FileChange(REGISTER, "", sha256(b"second"), NoteEvent.REGISTER_CHANGED, [{"file": REGISTER}])
    office.write_by_hand(b"second")
    with pytest.raises(KeyboardInterrupt), recording_change(office.store, change, HANAKO, START):
        raise KeyboardInterrupt
    assert not written.find_newer(), "nothing was judged by it"
    record_begun_changes(office.store, {REGISTER: sha256(b"second")})
    assert written.find_newer() == {REGISTER}
    assert written.are_as_written({REGISTER}), "it is read at once"
    written.known = written.note()
    assert not written.find_newer()


def test_the_form_that_kept_the_hash_alone_is_read(office: Office) -> None:
    with office.store.writing() as writing:
        writing.set_property("files_written", f'{{"{REGISTER}": "{sha256(b"second")}"}}')
    assert office.start().find_newer() == set(), "no newer than a start which reads the file as it is"
    files = office.read()
    office.write_by_hand(b"second")
    assert office.start(files).find_newer() == {REGISTER}
