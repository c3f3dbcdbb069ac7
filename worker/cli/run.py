"""The command ``run``: its children start while it loads the rest of the program, each on a core of its own."""

from __future__ import annotations

import asyncio

import click

from worker.cli import Cli, cli, pass_cli
from worker.service.readers import build_reader


@cli.command()
@click.option("--once", is_flag=True, help="1回だけ処理して終了 / one pass, then exit")
@pass_cli
def run(shared: Cli, once: bool) -> int:
    """実行：監視と送信を続けます（--once は1回だけ）。"""
    with asyncio.Runner() as runner:
        reader = build_reader()
        # A single pass mostly reads one PDF or none; a service may begin with a backlog.
        runner.run(reader.prepare(1 if once else None))
        try:
            from worker.cli.run_office import run_office

            return run_office(shared, reader, runner, once=once)
        finally:
            runner.run(reader.close())
