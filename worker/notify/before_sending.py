"""Decides what the mail says that tells a person, in mode ``hold``, what leaves by itself, when, and how to stop it.

Its one promise: each submission stands in it with its recipients and the command that stops it; no key is in it. It
does not know how the mail is sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from worker.core.messages import say
from worker.core.model import JST, PRODUCT_NAMES, Submission
from worker.core.text import escape_control_chars
from worker.views.actions import withdraw_action
from worker.views.commands import command_line

LINES_LIMIT: Final = 200
"""Submissions named in one mail, as in that about what waits; what is not named is not told, and does not leave."""


def write_before_sending(
    submissions: Sequence[Submission], leaves_at: Mapping[int, dt.datetime], minutes: int, *, others: int
) -> tuple[str, str]:
    """Subject and body of the mail about ``submissions``; ``leaves_at`` is the earliest moment of each.

    ``others`` are told by the next mail.
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
    whom = escape_control_chars(f"{submission.issuer_name}　{submission.section_name}".strip())
    yield f"■ {submission.label}　{escape_control_chars(submission.known_as)}　／　{whom}　{product}".rstrip()
    yield say("leaving_at", "ja", moment=_moment(moment))
    if draft is not None:
        yield say("leaving_to", "ja", to=escape_control_chars("、".join(draft.recipients)))
        yield say("leaving_title", "ja", subject=escape_control_chars(draft.subject))
        if draft.attachments:
            yield say(
                "leaving_files",
                "ja",
                files=escape_control_chars("、".join(each.filename for each in draft.attachments)),
            )
    yield say("leaving_stop", "ja", command=command_line(withdraw_action(submission), "ja"))


def _moment(moment: dt.datetime) -> str:
    local = moment.astimezone(JST)
    return f"{local.month}月{local.day}日 {local:%H:%M}"
