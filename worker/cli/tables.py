"""Tables for a terminal, tab-separated lines for a pipe, JSON for programs."""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TextIO

import click
from rich.box import Box
from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.table import Table
from rich.text import Text

from worker.core.messages import Language, name_hold, name_receipt, name_state, next_step, say
from worker.core.model import JST, PRODUCT_NAMES, ReceiptKind, Submission
from worker.core.states import State
from worker.core.text import shown
from worker.store.ports import RESTORED_AT
from worker.views.preview import Part, receipt_json

if TYPE_CHECKING:
    from worker.store.ports import Store
    from worker.views.preview import Part

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
) -> None:
    """One table; foreign text is escaped. ``styles`` colours row by row where a person looks.

    A pipe gets every column; on a terminal a column without a word in it is left out, and so is a table without rows.
    """
    out = file or sys.stdout
    cells = [tuple(shown(cell) for cell in row) for row in rows]
    if not out.isatty():
        lines = [*([f"# {title}"] if title else []), "\t".join(headings), *("\t".join(row) for row in cells)]
        click.echo("\n".join(lines), file=out)
        return
    if cells:
        draw_table(headings, cells, title, styles, out)


def print_pairs(pairs: Iterable[tuple[str, str]], *, title: str = "") -> None:
    """Headings and values, one pair a line; a value of several lines stands below its heading, set in."""
    is_terminal = sys.stdout.isatty()
    if title:
        click.echo(click.style(f"\n{title}", bold=True) if is_terminal else f"# {title}")
    separator = "：" if is_terminal else "\t"
    for heading, value in pairs:
        first, *others = (shown(line) for line in value.rstrip("\n").split("\n"))
        if not others:
            click.echo(f"{heading}{separator}{first}")
            continue
        click.echo(f"{heading}{separator}".rstrip())
        for line in (first, *others):
            click.echo(f"    {line}".rstrip())


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on one line."""
    click.echo(json.dumps(document, ensure_ascii=False))


def time_text(moment: dt.datetime | None) -> str:
    """A moment as people read it, in JST; empty for none."""
    return moment.astimezone(JST).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def time_json(moment: dt.datetime | None) -> str | None:
    """A moment as programs read it: ISO 8601 with +09:00."""
    return moment.astimezone(JST).isoformat() if moment else None


def is_behind_head(store: Store) -> bool:
    """Whether the database is an old backup: nothing is sent then until a person resumes."""
    noted = store.marked_head()
    return noted is not None and not store.holds_head(*noted)


def is_restored(store: Store) -> bool:
    """Whether the store was put back by ``restore``, and nobody has resumed since."""
    return bool(store.property(RESTORED_AT))


def say_behind_head(store: Store, lang: Language) -> None:
    """That nothing is sent, where the database is an old backup, or another than the secret beside it is of."""
    if is_restored(store):
        click.echo(say("restored", lang))
    elif is_behind_head(store):
        click.echo(say("behind_head", lang))
    if store.is_other_secret_noted():
        click.echo(say("other_secret", lang))


def submission_json(submission: Submission) -> dict[str, Any]:
    """The fixed fields of ``list`` and ``show``; no key is among them."""
    draft = submission.draft
    reasons = [hold.reason.value for hold in submission.reasons]
    return {
        "id": submission.id,
        "label": submission.label,
        "state": submission.state.value,
        "hold_reason": reasons[0] if reasons else None,
        "hold_reasons": reasons,
        "issuer": submission.issuer,
        "issuer_name": submission.issuer_name or None,
        "product": submission.product.value if submission.product else None,
        "project": submission.project_name or None,
        "contract_number": submission.contract_number,
        "to": list(draft.to) if draft else [],
        "subject": draft.subject if draft else None,
        "message_id": draft.message_id if draft else None,
        "proven": submission.proven,
        "evidence": submission.evidence or None,
        "rehearsal": submission.is_rehearsal,
        "due_at": time_json(submission.due_at if submission.state is State.APPROVED else None),
        "sent_at": time_json(submission.sent_at),
        "smtp_reply": submission.reply or None,
        "receipts": [receipt_json(each) for each in submission.receipts],
        "unread": [receipt_json(each) for each in submission.unread],
        "updated_at": time_json(submission.updated_at),
    }


def submission_table(
    submissions: Sequence[Submission],
    lang: Language,
    *,
    title: str = "",
    sends_at: Callable[[Submission], dt.datetime | None] = lambda submission: None,  # noqa: ARG005  not asked
) -> None:
    """The list an office looks at: what, to whom, how it stands and what to do next, or when it leaves."""
    headings = [say(f"h_{name}", lang) for name in ("id", "state", "project", "issuer", "to", "subject", "next")]
    rows = [
        (
            each.label,
            _state_cell(each, lang, sends_at(each)),
            _project_cell(each),
            " ".join(filter(None, (each.issuer_name, each.section_name))),
            ", ".join(each.draft.to) if each.draft else "",
            each.draft.subject if each.draft else "",
            next_step(each, lang) or sending_text(sends_at(each), lang),
        )
        for each in submissions
    ]
    print_table(headings, rows, title=title, styles=[_COLOURS.get(each.state, "") for each in submissions])


def sending_text(moment: dt.datetime | None, lang: Language) -> str:
    """When it leaves, to the minute; empty where it does not wait to be sent."""
    return say("line_sends_at", lang, moment=f"{moment.astimezone(JST):%Y-%m-%d %H:%M}") if moment else ""


def _state_cell(submission: Submission, lang: Language, sends_at: dt.datetime | None) -> str:
    """The state, with when it leaves: what a person released in the evening is due, and leaves in the morning."""
    state = name_state(submission, lang)
    if submission.state is State.APPROVED and (moment := sends_at or submission.due_at) is not None:
        return say("state_due", lang, state=state, moment=moment.astimezone(JST).strftime("%Y-%m-%d %H:%M"))
    reasons = [name_hold(hold, lang) for hold in submission.reasons]
    if submission.unread or submission.state is State.BOUNCED:  # what a person should know beside the state
        failed = [each for each in submission.receipts if each.kind is ReceiptKind.FAILED]
        reasons += [name_receipt(each, lang) for each in dict.fromkeys((*failed, *submission.unread))]
    return state if not reasons or reasons == [state] else f"{state}：{'、'.join(reasons)}"


def _project_cell(submission: Submission) -> str:
    product = PRODUCT_NAMES[submission.product] if submission.product else ""
    return " ".join(filter(None, (submission.known_as, product)))


def print_parts(parts: Iterable[Part]) -> None:
    """What ``seeing`` laid out, part after part."""
    for part in parts:
        print_pairs(part.pairs, title=part.title)


_RULE_BELOW_HEADINGS: Final = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)


_GAP: Final = 2
"""Cells between columns."""


_READABLE: Final = 16
"""Cells below which a sentence is not squeezed: eight Japanese characters a line."""


_UNITS: Final = re.compile(r" +|[「『【〔〈《（]*(?:[!-~]+|[^ ])[、。，．・ー」』】〕〉》）]*")
"""What is not broken over lines: an address, a number, a word; brackets and stops stay with what they belong to."""


def draw_table(
    headings: Sequence[str], cells: Sequence[Sequence[str]], title: str, styles: Sequence[str], out: TextIO
) -> None:
    """The rows ``cells`` under ``headings``; a column without a word in it is left out."""
    console = Console(file=out, highlight=False)
    if title:
        console.print(Text(f"\n{title}", style="bold"))
    kept = [number for number in range(len(headings)) if any(row[number] for row in cells)]
    headings = [headings[number] for number in kept]
    cells = [tuple(row[number] for number in kept) for row in cells]
    widths = fit_widths([headings, *cells], console.width)
    if widths is None:
        _print_blocks(console, headings, cells, styles)
    else:
        console.print(_table(headings, cells, styles, widths))


def fit_widths(lines: Sequence[Sequence[str]], available: int) -> list[int] | None:
    """How wide each column is in ``available`` cells; None where something would have to be broken that must not be.

    Room is taken from the widest column first.
    """
    columns = list(zip(*lines, strict=True))
    widths = [max(cell_len(cell) for cell in column) for column in columns]
    least = [min(width, _least_width(column)) for width, column in zip(widths, columns, strict=True)]
    excess = sum(widths) + _GAP * (len(widths) - 1) - available
    while excess > 0:
        spare = [(width, number) for number, width in enumerate(widths) if width > least[number]]
        if not spare:
            return None
        _, widest = max(spare)
        widths[widest] -= 1
        excess -= 1
    return widths


def _least_width(column: Iterable[str]) -> int:
    return max([_READABLE, *(cell_len(unit) for cell in column for unit in _UNITS.findall(cell))])


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells; only a unit wider than a whole line is cut."""
    lines, line = [], ""
    for unit in _UNITS.findall(text):
        if line and cell_len(line + unit) > width:
            lines.append(line.rstrip())
            line = ""
        *whole, rest = chop_cells(unit, width)
        lines += whole
        line += rest if line or not rest.isspace() else ""
    return [*lines, line.rstrip()]


def _table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str], widths: Sequence[int]
) -> Table:
    wraps = any(cell_len(cell) > width for row in rows for cell, width in zip(row, widths, strict=True))
    table = Table(
        box=_RULE_BELOW_HEADINGS,
        show_edge=False,
        show_lines=wraps,  # an empty line keeps rows apart that take several
        pad_edge=False,
        padding=(0, _GAP - 1, 0, 0),  # the box itself puts one cell between columns
        header_style="bold",
    )
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(Text("\n".join(wrap(heading, width))), width=width, no_wrap=True)
    for number, row in enumerate(rows):
        wrapped = ("\n".join(wrap(cell, width)) for cell, width in zip(row, widths, strict=True))
        table.add_row(*map(Text, wrapped), style=_style(styles, number))
    return table


def _print_blocks(
    console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str]
) -> None:
    """Each row as a block: a heading and its value on a line, an empty line between rows."""
    widest = max(map(cell_len, headings))
    room = max(console.width - widest - _GAP, _READABLE)
    for number, row in enumerate(rows):
        block = Table.grid(padding=(0, _GAP, 0, 0))
        block.add_column(width=widest, no_wrap=True, style="bold")
        block.add_column(no_wrap=True)
        for heading, value in zip(headings, row, strict=True):
            if value:
                block.add_row(heading, Text("\n".join(wrap(value, room)), style=_style(styles, number)))
        if number:
            console.print()
        console.print(block)


def _style(styles: Sequence[str], number: int) -> str:
    return styles[number] if number < len(styles) else ""
