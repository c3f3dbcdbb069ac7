"""A person changes an issuer: its file is written as a whole, an entry names the person, what waits is judged again.

As ``pipeline/register`` does for projects. The mail that the changed rule would write can be seen before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from worker.approve.reevaluate import ActiveConfig, activate_config
from worker.compose.rule_examples import try_examples
from worker.config.editing.add_project import needed_keys
from worker.config.editing.atomic_write import replace_file, write_new_file
from worker.config.editing.fields import KeyPath
from worker.config.editing.import_rows import Edit
from worker.config.editing.issuer_fields import key_text
from worker.config.editing.issuers import IssuerEdit, read_issuer_table
from worker.config.editing.toml_edit import edit_projects
from worker.config.files import TemplateFiles, read_directory, register_directory
from worker.config.issuers import issuer_id
from worker.config.load import ISSUERS, load_configuration
from worker.config.projects import FILE
from worker.config.shipped import shipped_file, shipped_names
from worker.config.templates import Renderer
from worker.core.errors import ConfigError, Problem
from worker.core.model import JST, Product, sha256
from worker.core.rulebook import Issuer
from worker.core.states import JUDGED, NoteEvent, Reason
from worker.pipeline.begun_change import FileChange, recording_change
from worker.pipeline.foresee import foresee
from worker.pipeline.register import (
    Editor,
    PreparedEdit,
    WrittenEdit,
    check_edit,
    judge_touched,
    write_again,
)
from worker.pipeline.replay import Replayed, replay
from worker.read.ports import PdfReader
from worker.views.preview import SubmissionView

MakeIssuerEdit = Callable[[Mapping[str, bytes]], IssuerEdit]
"""Makes the edit on the configuration's files as they are now; it may be called again if they change meanwhile."""


@dataclass(frozen=True, slots=True)
class PreparedIssuer(PreparedEdit[IssuerEdit]):
    """The edit of an issuer that the whole configuration takes; nothing is written yet."""

    remarks: tuple[Problem, ...]
    """Remarks on this issuer that the edit brings: an address that another issuer has, one of an example's domain."""

    @property
    def issuer(self) -> Issuer:
        """The issuer as it would be."""
        return self.configuration.issuers[self.edit.issuer]


def catalogue_file(issuer: str) -> bytes:
    """Returns the file of an issuer of the shipped catalogue."""
    return shipped_file("config", "issuers", f"{issuer}.toml")


def catalogue_tables() -> dict[str, Mapping[str, Any]]:
    """Returns the table of each issuer of the shipped catalogue by its id."""
    ids = [issuer_id(name) for name in shipped_names("config/issuers") if name.endswith(".toml")]
    return {id_: read_issuer_table(id_, catalogue_file(id_)) for id_ in ids}


def prepare_issuer(directory: Path, make: MakeIssuerEdit) -> PreparedIssuer:
    """Returns the edit on the files of ``directory`` as they are, checked with the whole configuration; writes nothing.

    Raises ConfigError with every problem, also for each example of this issuer that comes out otherwise: the service
    would refuse the file. Raises what ``make`` raises.
    """
    files = read_directory(directory)
    edit = make(files)
    checked = check_edit(files, edit.file, edit)
    configuration = checked.configuration
    failing = try_examples(configuration, TemplateFiles(checked.files).source, Renderer())
    if theirs := [each for each in failing if each.file == edit.file]:
        raise ConfigError(theirs)
    remarks = tuple(each for each in configuration.remarks if each.file == edit.file and not _is_known(each, files))
    return PreparedIssuer(edit, configuration, checked.files, remarks)


def _is_known(remark: Problem, files: Mapping[str, bytes]) -> bool:
    try:
        return remark in load_configuration(files).remarks
    except ConfigError:
        return False


def can_change_issuers(directory: Path) -> bool:
    """Returns whether this process may write the issuers' files."""
    place = register_directory(directory)
    folder = place / ISSUERS
    return os.access(folder if folder.is_dir() else place, os.W_OK | os.X_OK)


async def change_issuer(editor: Editor, make: MakeIssuerEdit, reader: PdfReader) -> WrittenEdit[IssuerEdit]:
    """Write the edit, record who made it, and judge again what it touches.

    Raises ConfigError if the configuration would be refused or the file cannot be written, NotAllowed, Unavailable:
    nothing was changed then.
    """
    prepared = write_again(lambda: _write(editor, make))
    issuer, waiting = prepared.edit.issuer, editor.store.submissions(*JUDGED)
    return await judge_touched(
        editor, prepared, [each for each in waiting if each.destination.issuer == issuer], reader
    )


def _write(editor: Editor, make: MakeIssuerEdit) -> PreparedIssuer:
    prepared = prepare_issuer(editor.directory, make)
    edit = prepared.edit
    place = register_directory(editor.directory) / edit.file
    former = sha256(edit.former) if edit.former is not None else ""
    change = FileChange(edit.file, former, sha256(edit.content), NoteEvent.ISSUER_CHANGED, [_detail(edit)])
    with recording_change(editor.store, change, editor.author, editor.clock.now()):
        if edit.former is None:
            write_new_file(place, edit.content)
        else:
            replace_file(place, edit.former, edit.content)
    return prepared


def _detail(edit: IssuerEdit) -> dict[str, Any]:
    seen = {"seen_at": edit.seen_at, "seen_on": edit.seen_on.isoformat()} if edit.seen_at and edit.seen_on else {}
    return {
        "act": edit.act.value,
        "issuer": edit.issuer,
        "register": sha256(edit.content),
        "fields": {
            key_text(each.key): [edit.text(each.key, is_before=True), edit.text(each.key, is_before=False)]
            for each in edit.changes
        },
        **seen,
    }


# --- The mail that it would write ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ForeseenMail:
    """One guarantee's mail under the changed rule."""

    product: Product
    project: str
    """The registered project that it is shown for; empty: an invented one, its values shown as their names."""
    seen: SubmissionView
    reasons: tuple[Any, ...]
    """The reasons for which it would wait; of an invented project only those that lie in the rule."""


_INVENTED: Final = "〔工事名〕"
_OF_THE_RULE: Final = frozenset({Reason.RULE_OPEN, Reason.NO_RECIPIENT, Reason.CONTACT_FIRST, Reason.TIMING})
_NOT_SHOWN: Final = frozenset({Reason.APPROVAL, Reason.RULE_CHANGED})


async def foresee_issuer(editor: Editor, prepared: PreparedIssuer, reader: PdfReader) -> tuple[ForeseenMail, ...]:
    """Returns the mail of each guarantee: for a registered project that awaits one, else for an invented one."""
    configuration, known, now = prepared.configuration, editor.store, editor.clock.now()
    active_config = prepared.activate(editor.invoice_folder)
    found = []
    for product in Product:
        theirs = [each for each in configuration.projects if each.issuer == prepared.edit.issuer]
        theirs = [each for each in reversed(theirs) if product in each.expects and each.closed is None]
        for project in theirs[:_TRIED]:
            seen = await foresee(project, product, active_config, known, reader, now)
            if seen is not None:
                reasons = tuple(each for each in seen.submission.reasons if each.reason not in _NOT_SHOWN)
                found.append(ForeseenMail(product, project.name, seen, reasons))
                break
        else:
            invented = await _foresee_invented(editor, prepared, product, reader)
            found += [invented] if invented is not None else []
    return tuple(found)


_TRIED: Final = 5
"""Projects that are tried for one that still awaits its notice: each is composed as a whole."""


async def _foresee_invented(
    editor: Editor, prepared: PreparedIssuer, product: Product, reader: PdfReader
) -> ForeseenMail | None:
    now = editor.clock.now()
    today = now.astimezone(JST).date()
    templates = TemplateFiles(prepared.files)
    values: list[tuple[KeyPath, object]] = [(("name",), _INVENTED), (("issuer",), prepared.edit.issuer)]
    for each in needed_keys(prepared.issuer, (product,), templates.source):
        value: object = each.choices[0][0] if each.choices else each.sample or f"〔{each.key[-1]}〕"
        if each.key[0] == "dates":
            value = today
        elif each.key == ("amount",):
            value = 0
        values.append((each.key, value))
    try:
        content = edit_projects(prepared.files[FILE], [Edit(None, tuple(values))])
        files = {**prepared.files, FILE: content}
        configuration = load_configuration(files)
    except ConfigError:  # a value of the project that is invented does not have the form that the rule asks for
        return None
    active_config = activate_config(configuration, templates, editor.invoice_folder)
    project = next(each for each in configuration.projects if each.name == _INVENTED)
    seen = await foresee(project, product, active_config, editor.store, reader, now)
    if seen is None:
        return None
    submission = replace(seen.submission, destination=replace(seen.submission.destination, project_name=_INVENTED))
    reasons = tuple(each for each in submission.reasons if each.reason in _OF_THE_RULE)
    return ForeseenMail(product, "", replace(seen, submission=submission), reasons)


_REPLAYED: Final = 50
"""Stored notices that are tried before a change is saved: a year of one issuer, within a second."""


async def replay_issuer(editor: Editor, prepared: PreparedIssuer, before: ActiveConfig, reader: PdfReader) -> Replayed:
    """Tries the stored notices of the issuer under the changed rule."""
    after, now, issuer = prepared.activate(editor.invoice_folder), editor.clock.now(), prepared.edit.issuer
    return await replay(
        editor.store, before, after, reader, now, _REPLAYED, lambda each: each.destination.issuer == issuer
    )
