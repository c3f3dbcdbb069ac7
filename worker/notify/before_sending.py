"""Writes the mail of mode ``hold``: which submissions leave automatically, when, and how to stop them.

It lists each submission with its recipients and the command that stops it, and contains no key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from worker.core.messages import say
from worker.core.model import JST, PRODUCT_NAMES, Submission
from worker.core.text import shown
from worker.views.actions import withdraw_action
from worker.views.commands import command_line

LINES_LIMIT: Final = 200
"""Submissions in one mail, as in the mail about waiting ones; a submission that is not listed does not leave."""


def write_before_sending(
    submissions: Sequence[Submission], leaves_at: Mapping[int, dt.datetime], minutes: int, *, others: int
) -> tuple[str, str]:
    """Returns subject and body of the mail about ``submissions``; ``leaves_at`` is the earliest time of each.

    ``others`` is the number of those that the next mail lists.
    """
    first = _moment(min(leaves_at[each.id] for each in submissions))
    count = len(submissions)
    parts = [say("leaving_open", "ja", count=count, minutes=minutes)]
    parts += ["\n".join(_describe(each, leaves_at[each.id])) for each in submissions]
    if others:
        parts.append(say("leaving_more", "ja", count=others))
    parts.append(say("telling_end", "ja"))
    return say("leaving_subject", "ja", count=count, moment=first), "\n\n".join(parts) + "\n"


def _describe(submission: Submission, moment: dt.datetime) -> Iterator[str]:
    draft = submission.draft
    product = PRODUCT_NAMES[submission.product] if submission.product else ""
    whom = shown(f"{submission.issuer_name}　{submission.section_name}".strip())
    yield f"■ {submission.label}　{shown(submission.known_as)}　／　{whom}　{product}".rstrip()
    yield say("leaving_at", "ja", moment=_moment(moment))
    if draft is not None:
        yield say("leaving_to", "ja", to=shown("、".join(draft.recipients)))
        yield say("leaving_title", "ja", subject=shown(draft.subject))
        if draft.attachments:
            yield say("leaving_files", "ja", files=shown("、".join(each.filename for each in draft.attachments)))
    yield say("leaving_stop", "ja", command=command_line(withdraw_action(submission), "ja"))


def _moment(moment: dt.datetime) -> str:
    local = moment.astimezone(JST)
    return f"{local.month}月{local.day}日 {local:%H:%M}"
