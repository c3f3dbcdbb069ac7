"""Tables for a terminal, tab-separated lines for a pipe, JSON for programs."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from worker.core.messages import Language, name_hold, name_product, name_receipt, name_state, next_step, put, say
from worker.core.model import JST, ReceiptKind, Submission
from worker.core.params import Labelled
from worker.core.signs import Sign
from worker.core.states import State
from worker.core.text import escape_control_chars, json_line
from worker.store.signs import find_signs

if TYPE_CHECKING:
    from worker.store.ports import Store
    from worker.views.preview import ViewPart

_COLOURS = {
    State.HELD: "yellow",
    State.ANNOUNCED: "yellow",
    State.HANDED_OVER: "yellow",
    State.IN_DOUBT: "bold red",
    State.REFUSED: "red",
    State.BOUNCED: "red",
    State.OVERDUE: "red",
    State.SENT: "green",
    State.DELIVERED: "green",
    State.CONFIRMED: "green",
    State.WITHDRAWN: "dim",
}


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str = "",
    styles: Sequence[str] = (),
    file: TextIO | None = None,
    is_continued: bool = False,
) -> None:
    """One table; foreign text is escaped. ``styles`` colours row by row on a terminal.

    A pipe gets every column; on a terminal a column without a word in it is left out, and so is a table without rows.
    The headings of a table that is continued stand in the pipe already.
    """
    out = file or sys.stdout
    cells = [tuple(escape_control_chars(cell) for cell in row) for row in rows]
    if not out.isatty():
        first = [*([f"# {title}"] if title else []), *([] if is_continued else ["\t".join(headings)])]
        lines = [*first, *("\t".join(row) for row in cells)]
        click.echo("\n".join(lines), file=out)
        return
    if cells:
        from worker.cli.terminal import draw_table

        draw_table(headings, cells, title, styles, out)


def print_pairs(pairs: Iterable[tuple[str, str]], *, title: str = "") -> None:
    """Headings and values, one pair a line; a value of several lines is below its heading, indented."""
    is_terminal = sys.stdout.isatty()
    if title:
        click.echo(click.style(f"\n{title}", bold=True) if is_terminal else f"# {title}")
    for heading, value in pairs:
        separator = (": " if heading.isascii() else "：") if is_terminal else "\t"
        first, *others = (escape_control_chars(line) for line in value.rstrip("\n").split("\n"))
        if not others:
            click.echo(f"{heading}{separator}{first}")
            continue
        click.echo(f"{heading}{separator}".rstrip())
        for line in (first, *others):
            click.echo(f"    {line}".rstrip())


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on one line."""
    click.echo(json_line(document))


def say_release(to: str | None, lang: Language, *, is_before_a_table: bool = False) -> None:
    """Says if mail goes to the issuers, or to the address of rehearsals, ``to``, alone.

    Before a table that programs read from a pipe the usual case goes to standard error.
    """
    if to is None:
        click.echo(say("live", lang), err=is_before_a_table)
    else:
        click.echo(say("rehearsing", lang, to=to))


def time_text(moment: dt.datetime | None) -> str:
    """A moment as people read it, in JST; empty for none."""
    return moment.astimezone(JST).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


DAMAGE_SECONDS: Final = 0.1
"""Seconds that a command that looks may search the pages: enough for 30 MB, and short enough at most."""


def say_stopped(store: Store, lang: Language, *, err: bool = False, damage: str | None = None) -> None:
    """Says that nothing is sent, with each sign; of a restored store, not how far it is behind.

    It warns that the output may be wrong if the store's pages are damaged; ``damage`` if that was searched already.
    """
    if damage is None:
        damage = store.find_damage(DAMAGE_SECONDS)
    if damage:
        click.echo(say("damaged_store", lang, detail=escape_control_chars(damage)), err=err)
    signs = find_signs(store)
    for sign in signs:
        if Sign.RESTORED not in signs or sign not in {Sign.BEHIND_HEAD, Sign.BEHIND_WITNESS}:
            click.echo(say(sign, lang), err=err)


def submission_table(
    submissions: Sequence[Submission],
    lang: Language,
    *,
    title: str = "",
    corrections: Mapping[int, int] = MappingProxyType({}),
    sends_at: Callable[[Submission], dt.datetime | None] = lambda submission: None,  # noqa: ARG005  not asked
    is_continued: bool = False,
) -> None:
    """The list of an office: each submission with its recipient, its state and its next step, or its time of sending.

    ``corrections`` says of what was corrected by which submission: the step is that one's.
    """
    headings = [say(f"h_{name}", lang) for name in ("id", "state", "project", "issuer", "to", "subject", "next")]
    rows = [
        (
            each.label,
            _state_cell(each, lang, sends_at(each)),
            _project_cell(each, lang),
            each.destination.receiver,
            ", ".join(each.composed.draft.to) if each.composed.draft else "",
            each.composed.draft.subject if each.composed.draft else "",
            say("resubmitted_as", lang, id=corrections[each.id])
            if each.id in corrections
            else next_step(each, lang) or sending_text(sends_at(each), lang),
        )
        for each in submissions
    ]
    styles = [_COLOURS.get(each.state, "") for each in submissions]
    print_table(headings, rows, title=title, styles=styles, is_continued=is_continued)


def sending_text(moment: dt.datetime | None, lang: Language) -> str:
    """Returns the moment of leaving, to the minute; empty for a mail that does not wait to be sent."""
    return say("line_sends_at", lang, moment=f"{moment.astimezone(JST):%Y-%m-%d %H:%M}") if moment else ""


def _state_cell(submission: Submission, lang: Language, sends_at: dt.datetime | None) -> str:
    """The state, with when it leaves: what a person released in the evening is due, and leaves in the morning."""
    state = name_state(submission, lang)
    if submission.state is State.APPROVED and (moment := sends_at or submission.approval.due_at) is not None:
        return say("state_due", lang, state=state, moment=moment.astimezone(JST).strftime("%Y-%m-%d %H:%M"))
    reasons = [name_hold(hold, lang) for hold in submission.reasons]
    # Facts that a person needs in addition to the state.
    if submission.delivery.unread or submission.state is State.BOUNCED:
        failed = [each for each in submission.delivery.receipts if each.kind is ReceiptKind.FAILED]
        reasons += [name_receipt(each, lang) for each in dict.fromkeys((*failed, *submission.delivery.unread))]
    return state if not reasons or reasons == [state] else str(put(Labelled(state, str(put(reasons, lang))), lang))


def _project_cell(submission: Submission, lang: Language) -> str:
    product = name_product(submission.notice.product, lang)
    return " ".join(filter(None, (submission.known_as, product)))


def print_parts(parts: Iterable[ViewPart]) -> None:
    """Prints the parts that ``views.preview`` laid out."""
    for part in parts:
        print_pairs(part.pairs, title=part.title)
