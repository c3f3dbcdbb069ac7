"""What people are told of the messages that a look left in a mailbox as older than what it takes.

Its one promise: it names every number that the look recorded, and what to do where one of them must be taken.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from worker.core.messages import name_thing, say
from worker.core.model import JST
from worker.core.params import read_spelled
from worker.core.text import escape_control_chars

EXAMPLE: Final = dt.timedelta(days=30)
"""How much earlier the day is that the mail gives as an example of ``since``: a month of work."""


def say_left(detail: str) -> str:
    """How many messages a look left as old, how many look like notices, and the newest of these."""
    left = read_spelled(detail)
    mailbox, alike = left.word("mailbox"), int(left.word("alike"))
    since = dt.datetime.fromisoformat(left.word("from")).astimezone(JST)
    newest = left.words("newest")
    parts = {
        "mailbox": name_thing(mailbox, "ja"),
        "name": mailbox.partition(":")[2],
        "since": f"{since:%Y-%m-%d %H:%M}",
        "example": (since - EXAMPLE).date().isoformat(),
    }
    lines = [say("telling_left", "ja", left=left.word("left"), alike=alike, **parts)]
    lines += [say("telling_left_mail", "ja", mail=escape_control_chars(each)) for each in newest]
    if alike > len(newest):
        lines.append(say("telling_left_more", "ja", count=alike - len(newest)))
    if (unseen := left.word("unseen")) != "0":
        lines.append(say("telling_left_unseen", "ja", count=unseen))
    return "\n".join(lines)
