"""What a look left in a mailbox as older than what it takes: recorded and told, so that it is no silence.

Its one promise: it is told in the transaction in which the look ends, once for each number of messages that look like
notices. It does not know what became of those messages.
"""

from __future__ import annotations

from collections.abc import Sequence

from worker.core.alarms import cause_about
from worker.core.model import JST, NO_DATE, HealthRecord
from worker.core.params import Params, spell
from worker.core.states import AlarmCause, NoteEvent
from worker.core.text import hide_codes
from worker.read.message import read_message
from worker.store.ports import Author, Writing
from worker.watch.ports import Header


def note_left(
    writing: Writing, before: HealthRecord | None, look: HealthRecord, named: Sequence[Header], author: Author
) -> None:
    """Record what ``look`` left, and tell people where some of it looks like notices; ``named`` are the newest."""
    if not look.left or look.taken_from is None:
        return
    counts = {"left": str(look.left), "alike": str(look.left_alike), "unseen": str(look.left_unseen)}
    told = {"mailbox": look.name, "from": look.taken_from.isoformat(), **counts}
    writing.note(NoteEvent.LEFT_ALONE, None, author, told)
    if look.left_alike and look.left_alike != (before.left_alike if before else 0):
        newest = [_name(header) for header in reversed(named)]
        writing.raise_alarm(cause_about(AlarmCause.LEFT_ALONE, look.name), [], spell(Params(**told, newest=newest)))


def _name(header: Header) -> str:
    """Day and subject, by which a person finds the mail."""
    came_at = header.internal_date
    day = "" if came_at == NO_DATE else came_at.astimezone(JST).date().isoformat()
    return f"{day} {hide_codes(read_message(header.fields).subject)}".strip()
