"""A person changes the register: the file is written as a whole, an entry names the person, what waits is judged again.

The commands and the console change the register by these functions alone. A submission that an edit touches is judged
in the same call; the service judges all others when it takes the file.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from worker.approve.reevaluate import ActiveConfig, activate_config
from worker.config.editing.atomic_write import replace_file, write_new_file, write_under_free_name
from worker.config.editing.issuers import IssuerEdit
from worker.config.editing.ledger import LedgerEdit
from worker.config.editing.register import RegisterAct, RegisterEdit, field_text, read_tables
from worker.config.files import MAX_FILE_BYTES, TemplateFiles, read_directory, register_directory, register_files
from worker.config.load import Configuration, load_configuration
from worker.config.projects import FILE
from worker.config.settings import FILE as WORKER_FILE
from worker.core.clock import Clock
from worker.core.errors import ConfigError, NotAllowed, Problem
from worker.core.file_names import is_left_file
from worker.core.model import Product, Sha256, Submission, sha256
from worker.core.states import JUDGED, NoteEvent, State
from worker.core.text import escape_control_chars, match_key
from worker.pipeline.begun_change import FileChange, recording_change
from worker.pipeline.read import NoticeReader
from worker.pipeline.reevaluate import Reevaluation, RevisionCache
from worker.read.pdf_bytes import fault_of
from worker.read.ports import PdfReader
from worker.store.ports import Author, Reading, Store
from worker.watch.ports import InvoiceFolder

MAX_UPLOAD_BYTES: Final = 20_000_000
"""Of one PDF that a person gives: an invoice has 0.3 MB, and no issuer's server takes more than 20 MB."""

_LONGEST_NAME: Final = 60
"""Characters of a paper's name: file systems take 255 bytes, and a kanji has three."""

_TRIES: Final = 5
"""Times that an edit is made on a file which another person writes at the same moment."""

_NEVER_SUBMITTED: Final = frozenset({State.ANNOUNCED, State.HELD, State.WITHDRAWN})

T = TypeVar("T")
AnyRegisterEdit = TypeVar("AnyRegisterEdit", RegisterEdit, LedgerEdit)
AnyEdit = TypeVar("AnyEdit", RegisterEdit, LedgerEdit, IssuerEdit)
MakeEdit = Callable[[bytes], RegisterEdit]
"""Makes the edit on the bytes of ``projects.toml`` as they are now; it may be called again if they change meanwhile."""
MakeLedgerEdit = Callable[[bytes], LedgerEdit]
"""The same for the rows of a ledger."""


@dataclass(frozen=True, slots=True)
class Editor:
    """A person who changes files of the configuration, and what such a change needs."""

    directory: Path
    """The configuration's."""
    store: Store
    clock: Clock
    author: Author
    invoice_folder: InvoiceFolder


@dataclass(frozen=True, slots=True)
class PreparedEdit(Generic[AnyEdit]):
    """An edit that the whole configuration takes; nothing is written yet."""

    edit: AnyEdit
    configuration: Configuration
    files: Mapping[str, bytes]

    def activate(self, invoice_folder: InvoiceFolder) -> ActiveConfig:
        """Returns the changed configuration in force with the office's own invoices folder."""
        return activate_config(self.configuration, TemplateFiles(self.files), invoice_folder)


@dataclass(frozen=True, slots=True)
class WrittenEdit(Generic[AnyEdit]):
    """An edit that was written."""

    edit: AnyEdit
    judged: tuple[int, ...]
    """The submissions that were judged again, by id."""


def prepare_edit(directory: Path, make: Callable[[bytes], AnyRegisterEdit]) -> PreparedEdit[AnyRegisterEdit]:
    """Returns the edit on the files of ``directory`` as they are, checked with the whole configuration; writes nothing.

    Raises ConfigError with every problem, and what ``make`` raises.
    """
    files = read_directory(directory)
    if FILE not in files:
        raise ConfigError([Problem(FILE, "", "missing_file")])
    return check_edit(files, FILE, make(files[FILE]))


def check_edit(files: Mapping[str, bytes], file: str, edit: AnyEdit) -> PreparedEdit[AnyEdit]:
    """Checks an edit of ``file`` with the whole configuration. Raises ConfigError."""
    if len(edit.content) > MAX_FILE_BYTES:
        raise ConfigError([Problem(file, "", "file_too_large", {"limit": f"{MAX_FILE_BYTES:,}"})])
    edited = {**files, file: edit.content}
    return PreparedEdit(edit, load_configuration(edited), edited)


def refuse_deleting(reading: Reading, project: str, register: bytes) -> None:
    """Raises NotAllowed ``project_submitted`` if a notice of ``project`` was submitted, or is about to be.

    A project that was renamed since is known by its contract numbers.
    """
    numbers = read_tables(register).numbers(project)
    theirs = [each for product in Product for each in reading.of_project(project, product)]
    theirs += [each for number in numbers for each in reading.by_number(number)]
    found = {each.id for each in theirs if each.state not in _NEVER_SUBMITTED}
    if found:
        raise NotAllowed("project_submitted", project=project, ids=tuple(map(str, sorted(found))))


async def change_register(editor: Editor, make: MakeEdit, reader: PdfReader) -> WrittenEdit[RegisterEdit]:
    """Write the edit, record who made it, and judge again what it touches.

    Raises ConfigError if the configuration would be refused or the file cannot be written, NotAllowed, Unavailable:
    nothing was changed then.
    """

    def make_if_allowed(register: bytes) -> RegisterEdit:
        edit = make(register)
        if edit.act is RegisterAct.DELETED:
            refuse_deleting(editor.store, edit.project, edit.former)
        return edit

    prepared = write_again(lambda: _write(editor, make_if_allowed, lambda edit: (edit,), {}))
    return await _judge_after(editor, prepared, reader)


async def import_ledger(editor: Editor, make: MakeLedgerEdit, name: str, reader: PdfReader) -> WrittenEdit[LedgerEdit]:
    """Write the rows of the ledger ``name``, with an entry for each project; then as ``change_register``.

    Raises as it does, and what ``make`` raises: nothing was changed then.
    """
    more = {"ledger": escape_control_chars(name)[:_LONGEST_NAME]}
    prepared = write_again(lambda: _write(editor, make, lambda edit: edit.edits, more))
    return await _judge_after(editor, prepared, reader)


def write_again(write: Callable[[], T]) -> T:
    """Returns the result of ``write``; it makes its edit again if the file changes at the same moment."""
    for left in reversed(range(_TRIES)):
        try:
            return write()
        except ConfigError as error:
            if left == 0 or [each.code for each in error.problems] not in (["file_changed"], ["file_exists"]):
                raise
    raise AssertionError("the last try ends or raises")


def _write(
    editor: Editor,
    make: Callable[[bytes], AnyRegisterEdit],
    acts_of: Callable[[AnyRegisterEdit], Sequence[RegisterEdit]],
    more: Mapping[str, Any],
) -> PreparedEdit[AnyRegisterEdit]:
    """Writes the edit and records its entries, each with ``more``."""
    prepared = prepare_edit(editor.directory, make)
    edit = prepared.edit
    acts = acts_of(edit)
    details = [{**_detail(each), **more} for each in acts]
    moved = _moved_ids(edit.former, edit.content, acts)  # before the transaction, which others wait for
    changed = tuple(each.later for each in acts if each.later)
    former, content = sha256(edit.former), sha256(edit.content)
    change = FileChange(FILE, former, content, NoteEvent.REGISTER_CHANGED, details, moved, changed)
    with recording_change(editor.store, change, editor.author, editor.clock.now()):
        replace_file(register_directory(editor.directory) / FILE, edit.former, edit.content)
    return prepared


def _moved_ids(former: bytes, content: bytes, edits: Sequence[RegisterEdit]) -> dict[str, str]:
    """Returns the later id of each project that gets another one: empty if it is deleted.

    A changed name changes an id, and so does a second project of the same name, in this file or no longer in it.
    """
    deleted = {each.project for each in edits if not each.later}
    kept = [each for each in read_tables(former).ids if each not in deleted]
    later = zip(kept, read_tables(content).ids, strict=False)  # new projects are at the end
    return dict.fromkeys(deleted, "") | {old: new for old, new in later if old != new}


async def _judge_after(
    editor: Editor, prepared: PreparedEdit[AnyRegisterEdit], reader: PdfReader
) -> WrittenEdit[AnyRegisterEdit]:
    """Judges again every submission that the edit may touch."""
    touched = [each for each in editor.store.submissions(*JUDGED) if is_touched(each, prepared.edit)]
    return await judge_touched(editor, prepared, touched, reader)


async def judge_touched(
    editor: Editor, prepared: PreparedEdit[AnyEdit], touched: Sequence[Submission], reader: PdfReader
) -> WrittenEdit[AnyEdit]:
    """Judges waiting submissions again after a person's change."""
    store, clock = editor.store, editor.clock
    program = Author("hoshobin", editor.author.account)
    reading = NoticeReader(store, reader, clock)
    judging = Reevaluation(store, reader, clock, program, reading, RevisionCache(store, clock))
    await judging.judge_again(touched, prepared.activate(editor.invoice_folder))
    return WrittenEdit(prepared.edit, tuple(each.id for each in touched))


def is_touched(submission: Submission, edit: RegisterEdit | LedgerEdit) -> bool:
    """Returns whether ``edit`` may change what is found for ``submission``: its project, or one that it may match."""
    notice = submission.notice
    project = submission.destination.project
    if project in edit.projects:
        return True
    if notice.refusal is not None:
        return False
    number, name = match_key(notice.contract_number or ""), match_key(notice.notice_name or "")
    return project is None or number in edit.numbers or name in edit.names


def _detail(edit: RegisterEdit) -> dict[str, Any]:
    later = {"later": edit.later} if edit.later not in {"", edit.project} else {}
    return {
        "act": edit.act.value,
        "project": edit.project,
        **later,
        "register": sha256(edit.content),
        "fields": {".".join(each.key): [field_text(each.former), field_text(each.value)] for each in edit.changes},
    }


# --- Moving it -----------------------------------------------------------------------------------------------


def finish_moving(directory: Path) -> None:
    """Remove the files of a move that was interrupted, if those in ``[register] dir`` have the same bytes."""
    place = register_directory(directory)
    left = register_files(directory) if place != directory else ()
    if left and all(_is_same_file(directory / name, place / name) for name in left):
        _remove_files(directory, left)


def move_register(directory: Path, place: Path, store: Store, author: Author, now: dt.datetime) -> tuple[str, ...]:
    """Move ``projects.toml`` and ``issuers/`` of ``directory`` to ``place``, and write it as ``[register] dir``.

    Returns the names of the files. The old ones go last: whenever it is interrupted, the register is whole in one
    place. Raises NotAllowed ``register_has_dir``, ``register_not_free``; ConfigError if a file cannot be written.
    """
    files = read_directory(directory)
    names = register_files(directory)
    if register_directory(directory) != directory:
        raise NotAllowed("register_has_dir", to=str(place))
    taken = register_files(place)
    if not all(name in names and _is_same_file(directory / name, place / name) for name in taken):
        raise NotAllowed("register_not_free", to=str(place))
    worker = files[WORKER_FILE]
    line_end = b"" if worker.endswith(b"\n") else b"\n"
    table = f"\n[register]\ndir = {json.dumps(str(place), ensure_ascii=False)}\n"  # a JSON string is one of TOML
    edited = worker + line_end + table.encode()
    load_configuration({**files, WORKER_FILE: edited})
    for name in names:
        if name not in taken:
            write_new_file(place / name, files[name])
    _give_to_owner_of_store(place, directory)
    detail = {"from": str(directory), "to": str(place), "files": list(names)}
    change = FileChange(WORKER_FILE, sha256(worker), sha256(edited), NoteEvent.REGISTER_MOVED, [detail])
    with recording_change(store, change, author, now):
        replace_file(directory / WORKER_FILE, worker, edited)
    _remove_files(directory, names)
    return names


def _is_same_file(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _remove_files(directory: Path, names: Sequence[str]) -> None:
    try:
        for name in names:
            (directory / name).unlink()
        with contextlib.suppress(OSError):  # other files are in it, or it was never there
            (directory / "issuers").rmdir()
    except OSError as error:
        detail = {"detail": error.strerror or type(error).__name__}
        raise ConfigError([Problem(str(directory), "", "cannot_write", detail)]) from error


def _give_to_owner_of_store(place: Path, directory: Path) -> None:
    """Gives the folder to the owner and group of the one above it, whose group may write in it: the console's account.

    Without the right to do so, or with the store's parent as it is, all stays as it was made.
    """
    owner = place.parent.stat()
    if place.parent == directory or owner.st_uid == os.geteuid():
        return
    with contextlib.suppress(PermissionError):
        for each in (place, *place.rglob("*")):
            os.chown(each, owner.st_uid, owner.st_gid)
            if each.is_dir():
                each.chmod(0o2770)


# --- Papers --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paper:
    """A PDF that a person gives: an invoice, or another document."""

    name: str
    """The name that it is to get, or its path if it lies in the invoices folder already."""
    content: bytes | None
    """None if it lies there already."""


@contextlib.contextmanager
def placed_papers(folder: Path, papers: Sequence[Paper]) -> Iterator[Sequence[str]]:
    """Put ``papers`` into the invoices folder, each under a free name; gives the names for the register.

    A file of the same bytes under such a name is taken as it is. If the block fails, those that were put there are
    removed. Raises NotAllowed as ``check_pdf`` does; ConfigError if the folder cannot be written.
    """
    for each in papers:
        if each.content is not None:
            check_pdf(each.content)
    named: list[str] = []
    added: list[str] = []
    try:
        for each in papers:
            name, is_new = (each.name, False)
            if each.content is not None:
                name, is_new = write_under_free_name(folder, each.name, each.content)
            named.append(name)
            if is_new:
                added.append(name)
        yield named
    except BaseException:
        for name in added:
            (folder / name).unlink(missing_ok=True)
        raise


def check_pdf(content: bytes) -> Sha256:
    """Returns the hash of a person's PDF. Raises NotAllowed ``file_empty``, ``not_a_pdf``, ``pdf_too_large``."""
    if len(content) > MAX_UPLOAD_BYTES:
        raise NotAllowed("pdf_too_large", limit=f"{MAX_UPLOAD_BYTES // 1_000_000}")
    if not content:
        raise NotAllowed("file_empty")
    if fault_of(content):
        raise NotAllowed("not_a_pdf")
    return sha256(content)


def name_for_paper(name: str, otherwise: str) -> str:
    """Returns ``name`` as a file in the invoices folder may be called; ``otherwise`` if nothing of it is left."""
    stem = name[:-4] if name.lower().endswith(".pdf") else name
    plain = "".join(each for each in stem if each.isprintable() and each not in '\\/:*?"<>|').strip(" .")
    named = f"{plain[:_LONGEST_NAME]}.pdf"
    return named if plain and not is_left_file(named) else otherwise
