"""What a person sees of a submission right before approving it: recipients, subject, attachments, reasons."""

from __future__ import annotations

from collections.abc import Iterator

import click

from worker.core.messages import Language, name_hold, say
from worker.core.model import Submission
from worker.core.text import escape_control_chars


def print_summary(submission: Submission, lang: Language) -> None:
    """The summary, where a question about it is put: on standard error."""
    click.echo(f"■ {submission.label}　{escape_control_chars(submission.known_as)}", err=True)
    for heading, value in _pairs(submission, lang):
        click.echo(f"　　{say(heading, lang)}：{escape_control_chars(value)}", err=True)


def _pairs(submission: Submission, lang: Language) -> Iterator[tuple[str, str]]:
    yield "h_section", " ".join(filter(None, (submission.issuer_name, submission.section_name))) or say("none", lang)
    if submission.draft is None:
        yield "h_to", say("not_mailed", lang)
    else:
        yield "h_to", ", ".join(submission.draft.to)
        yield "h_cc", ", ".join(submission.draft.cc) or say("none", lang)
        yield "h_subject", submission.draft.subject
        for each in submission.draft.attachments:
            size = say("size", lang, bytes=f"{each.size:,}")
            yield "h_attachments", say("attachment", lang, title=each.title, name=each.filename, size=size)
    for hold in submission.reasons:
        yield "h_reason", name_hold(hold, lang)
