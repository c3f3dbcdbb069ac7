"""Commands by which two people release a draft, or take one back: request an approval, send back, stop."""

from __future__ import annotations

import click

from worker.approve import decisions
from worker.cli import cli
from worker.cli.person import Number, PersonCommand, Reference, in_persons_name
from worker.core.accounts import Right
from worker.service.wiring import system_clock


@cli.command("request")
@click.argument("reference", type=Reference(), metavar="ID@LABEL")
@in_persons_name
def request_approval(run: PersonCommand, reference: tuple[int, str]) -> int:
    """承認の依頼：表示された内容を確認したことを記録し、別の人に承認を依頼します。"""
    _, author, store = run.open()
    after = decisions.request_approval(store, *reference, author, system_clock().now())
    requested = after.approval.requested
    asked = requested.asked if requested else ()
    return run.report(after, "requested_of" if asked else "requested", people=asked)


@cli.command("return")
@click.argument("number", type=Number(), metavar="ID")
@click.option("--why", required=True, help="理由 / the reason")
@in_persons_name
def send_back(run: PersonCommand, number: int, why: str) -> int:
    """差し戻し：承認せず、理由を付けて担当者に戻します。"""
    _, author, store = run.open(Right.DECIDE)
    after = decisions.send_back(store, number, author, why, system_clock().now())
    return run.report(after, "sent_back")


@cli.command("stop")
@click.argument("number", type=Number(), metavar="ID")
@click.option("--why", required=True, help="理由 / the reason")
@in_persons_name
def stop_sending(run: PersonCommand, number: int, why: str) -> int:
    """送信の停止：承認した提出を、送信が始まる前に保留へ戻します。"""
    _, author, store = run.open()
    after = decisions.stop_sending(store, number, author, why, system_clock().now())
    return run.report(after, "stopped")
