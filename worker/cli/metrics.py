"""The command ``metrics``: the figures that monitoring reads, as text or in a file for node_exporter."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import click

from worker.cli import DONE, Cli, cli, open_office, pass_cli
from worker.core.errors import UnusablePlace
from worker.service.measure import measure
from worker.service.wiring import system_clock


@cli.command()
@click.option(
    "--textfile",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PATH",
    help="このファイルに書きます（node_exporter 用、.prom）/ write this file",
)
@pass_cli
def metrics(shared: Cli, textfile: Path | None) -> int:
    """監視用の数値：Prometheus の形式で示します（宛先・案件・発注者は含みません）。"""
    text = measure(*open_office(shared), system_clock().now()).text()
    if textfile is None:
        click.echo(text, nl=False)
    else:
        _replace(textfile, text)
    return DONE


def _replace(path: Path, text: str) -> None:
    """Writes the file as a whole: its reader sees the former one or this. Another account reads it."""
    written = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, 0o644)
            file.write(text)
        written.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            written.unlink()
        raise UnusablePlace("disk", path.parent, error) from error
