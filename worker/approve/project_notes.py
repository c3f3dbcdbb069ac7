"""The last that people did about a project: its memo, and who changed it.

The log has the entries; the store keeps the last of each under the project's id, so that a list of work looks it up.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from worker.audit.sent_log import PROGRAM
from worker.core.errors import NotAllowed
from worker.core.json_values import read_json, write_json
from worker.core.model import ProjectMemo, Submission
from worker.core.states import Event, NoteEvent
from worker.core.text import plain_spaces, unsafe_character
from worker.store.ports import Author, Store, Writing

MEMO_LENGTH: Final = 200
"""Characters of a memo: one line of a page."""

_MEMO = "memo_of:"
_CHANGED = "changed_last:"


class Properties(Protocol):
    """The store's values by name."""

    def property(self, name: str) -> str | None:
        """The store's value of this name, None if it was never set."""


# --- Memo ----------------------------------------------------------------------------------------------------


def memo_line(text: str) -> str:
    """Returns a memo as it is kept. Raises NotAllowed for a text that is empty, too long or on several lines."""
    line = " ".join(plain_spaces(text).split())
    if not line or len(line) > MEMO_LENGTH or unsafe_character(line):
        raise NotAllowed("memo_text", most=str(MEMO_LENGTH))
    return line


def note_project_memo(
    store: Store, project: str, author: Author, text: str, now: dt.datetime, next_look: dt.date | None = None
) -> ProjectMemo:
    """Records a memo of one line; with ``next_look`` the project's own tasks rest until then, deadlines excepted.

    Raises NotAllowed for a text that is empty, too long or on several lines. The same memo twice is recorded once.
    """
    memo = ProjectMemo(memo_line(text), author.by, now.replace(microsecond=0), next_look)
    day = next_look.isoformat() if next_look else None
    with store.writing() as writing:
        former = memo_of(writing, project)
        if former is not None and (former.text, former.by, former.next_look) == (memo.text, memo.by, next_look):
            return former
        writing.note(NoteEvent.NOTED, None, author, {"project": project, "note": memo.text, "next_look": day})
        writing.set_property(_MEMO + project, write_json(memo))
    return memo


def memo_of(store: Properties, project: str) -> ProjectMemo | None:
    """Returns the last memo of a project."""
    return read_json(ProjectMemo, store.property(_MEMO + project))


# --- Who prepared it -----------------------------------------------------------------------------------------


def keep_change(writing: Writing, projects: Iterable[str], author: Author, now: dt.datetime) -> None:
    """Keeps who changed each of these projects last."""
    for project in projects:
        writing.set_property(_CHANGED + project, json.dumps([author.by, now.isoformat()], ensure_ascii=False))


def last_preparer(store: Store, submission: Submission | None, project: str) -> str:
    """Returns the person who prepared a submission or its project last; empty if none is known.

    These are the person who brought its PDF, who asked for its approval, and who changed its project.
    """
    found: list[tuple[dt.datetime, str]] = []
    if changed := store.property(_CHANGED + project) if project else None:
        by, at = json.loads(changed)
        found.append((dt.datetime.fromisoformat(at), by))
    if submission is not None:
        pdf, asked = submission.notice.pdf_sha256, submission.approval.requested
        found += [(each.at, each.by) for each in (store.uploads(pdf) if pdf else ()) if each.by != PROGRAM]
        if asked is not None:
            found.append((asked.at, asked.by))
        elif submission.approval.returned is not None:  # a return takes the request back, and not the work
            found += [(each.at, each.by) for each in store.entries(submission.id, [Event.REQUESTED])]
    return max(found)[1] if found else ""


# --- Its id --------------------------------------------------------------------------------------------------


def follow_ids(writing: Writing, moved: Mapping[str, str]) -> None:
    """Gives memo and last change of each project to its later id; of a deleted one, whose later id is empty, to none.

    All are read before any is written: two projects may exchange their ids.
    """
    kept = {(kind, old): writing.property(kind + old) or "" for kind in (_MEMO, _CHANGED) for old in moved}
    for kind, old in kept:
        if writing.property(kind + old):
            writing.set_property(kind + old, "")
    for (kind, old), value in kept.items():
        if value and moved[old]:
            writing.set_property(kind + moved[old], value)
