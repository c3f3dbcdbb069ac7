"""The people at an issuer's section whom the office has spoken to: the next call offers their names.

The log has each call; the store keeps the last names of each section, so that a page looks them up.
"""

from __future__ import annotations

import json
from typing import Final

from worker.core.errors import NotAllowed
from worker.core.model import Submission
from worker.core.rulebook import OFFICE
from worker.core.text import match_key, plain_spaces, unsafe_character
from worker.store.ports import Reading, Writing

MOST: Final = 5
"""Names that a section keeps: a section has few people for this."""
LENGTH: Final = 60
"""Characters of a name with its post."""

_COUNTERPARTS: Final = "counterparts_of:"


def counterpart_line(text: str) -> str:
    """Returns the name as it is kept; empty for none. Raises NotAllowed if it is too long or on several lines."""
    line = " ".join(plain_spaces(text).split())
    if len(line) > LENGTH or unsafe_character(line):
        raise NotAllowed("counterpart_text", most=str(LENGTH))
    return line


def with_counterpart(whom: str, note: str) -> str:
    """Returns the note of a call: the person there, then what was said."""
    return "、".join(filter(None, (whom, note.strip())))


def counterparts_of(reading: Reading, submission: Submission) -> tuple[str, ...]:
    """Returns the people spoken to at the section of ``submission``, the last first."""
    kept = reading.property(_name_of(submission)) if submission.destination.issuer else None
    return tuple(json.loads(kept)) if kept else ()


def remember_counterpart(writing: Writing, submission: Submission, whom: str) -> None:
    """Keeps ``whom`` as the person who was spoken to last; an empty name changes nothing."""
    if not whom or not submission.destination.issuer:
        return
    others = [each for each in counterparts_of(writing, submission) if match_key(each) != match_key(whom)]
    writing.set_property(_name_of(submission), json.dumps([whom, *others][:MOST], ensure_ascii=False))


def _name_of(submission: Submission) -> str:
    """Returns the property of its section; the office of a project belongs to that project alone."""
    place = submission.destination
    owner = place.project if place.section == OFFICE else ""
    return _COUNTERPARTS + json.dumps([place.issuer, place.section, owner], ensure_ascii=False)
