"""The command ``console``: serves the web console on this machine, for a proxy with TLS in front of it."""

from __future__ import annotations

import click

from worker.cli import DONE, Cli, cli, pass_cli
from worker.console.server import serve
from worker.core.messages import say


@cli.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8480, show_default=True, help="127.0.0.1 のポート / port"
)
@click.option("--unix", "unix", metavar="PATH", default=None, help="ポートの代わりにソケット / a socket in place of it")
@pass_cli
def console(shared: Cli, port: int, unix: str | None) -> int:
    """コンソール：事務所の方が使う画面を、このコンピューターで動かします。"""
    serve(shared.config, port, unix, lambda url: click.echo(say("console_runs", shared.lang, url=url)))
    return DONE
