"""A table as a terminal shows it.

It has no frame: terminals in Japan often draw its lines two cells wide, and the columns go astray. An address, a
number or a time is never broken over lines; if that leaves no room for a table, each row becomes a block of
headings and values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, TextIO

from rich.box import Box
from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.table import Table
from rich.text import Text

_RULE_BELOW_HEADINGS: Final = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_GAP: Final = 2
"""Cells between columns."""
_READABLE: Final = 16
"""Cells below which a sentence is not squeezed: eight Japanese characters a line."""
_UNITS: Final = re.compile(r" +|[「『【〔〈《（]*(?:[!-~]+|[^ ])[、。，．・ー」』】〕〉》）]*")
"""A unit that is not broken over lines: an address, a number, a word, with its brackets and stops."""


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
    """Returns each column's width in ``available`` cells; None if a unit would have to be broken.

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
