"""Commands by which two people release a draft, or take one back: request an approval, send back, stop."""

from __future__ import annotations

import click

from worker.approve import decisions
from worker.cli import Cli, cli, json_option, pass_cli
from worker.cli.person import Number, Reference, by_option, open_for_person, report
from worker.core.accounts import Right
from worker.service.wiring import system_clock


@cli.command("request")
@click.argument("reference", type=Reference(), metavar="ID@LABEL")
@by_option
@json_option
@pass_cli
def request_approval(shared: Cli, reference: tuple[int, str], by: str, as_json: bool) -> int:
    """承認の依頼：表示された内容を確認したことを記録し、別の人に承認を依頼します。"""
    _, author, store = open_for_person(shared, by)
    after = decisions.request_approval(store, *reference, author, system_clock().now())
    requested = after.approval.requested
    asked = requested.asked if requested else ()
    return report(after, "requested_of" if asked else "requested", shared, as_json=as_json, people=asked)


@cli.command("return")
@click.argument("number", type=Number(), metavar="ID")
@by_option
@click.option("--why", required=True, help="理由 / the reason")
@json_option
@pass_cli
def send_back(shared: Cli, number: int, by: str, why: str, as_json: bool) -> int:
    """差し戻し：承認せず、理由を付けて担当者に戻します。"""
    _, author, store = open_for_person(shared, by, Right.DECIDE)
    after = decisions.send_back(store, number, author, why, system_clock().now())
    return report(after, "sent_back", shared, as_json=as_json)


@cli.command("stop")
@click.argument("number", type=Number(), metavar="ID")
@by_option
@click.option("--why", required=True, help="理由 / the reason")
@json_option
@pass_cli
def stop_sending(shared: Cli, number: int, by: str, why: str, as_json: bool) -> int:
    """送信の停止：承認した提出を、送信が始まる前に保留へ戻します。"""
    _, author, store = open_for_person(shared, by)
    after = decisions.stop_sending(store, number, author, why, system_clock().now())
    return report(after, "stopped", shared, as_json=as_json)
