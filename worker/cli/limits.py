"""``doctor --exit-code``: the limits that are crossed now, for monitoring that runs commands."""

from __future__ import annotations

from typing import Final

import click

from worker.cli import DONE, Cli, open_office
from worker.cli.errors import show_error
from worker.cli.tables import print_json
from worker.core.errors import LogBroken
from worker.core.messages import say
from worker.service.measure import measure
from worker.service.wiring import system_clock
from worker.views.limits import Severity
from worker.views.service_json import limits_json

WARNING: Final = 1
CRITICAL: Final = 2
"""Exit codes as Nagios and its kind understand them; 3, a store that is not reached, is their UNKNOWN."""


def show_limits(shared: Cli, *, as_json: bool) -> int:
    """Shows each limit that is crossed; returns the exit code of the gravest. No server is asked, no password read.

    A database that is damaged is critical. Raises Unavailable.
    """
    try:
        crossed = measure(*open_office(shared), system_clock().now()).crossed()
    except LogBroken as broken:
        show_error(broken, ["--json"] if as_json else [], shared.lang)
        return CRITICAL
    if as_json:
        print_json(limits_json(crossed, shared.lang))
    else:
        for each in crossed:
            about = "".join(f" {value}" for value in each.sample.labels.values())
            told = say(f"limit_{each.limit.name}", shared.lang)
            click.echo(f"{each.limit.severity.upper()} {each.limit.name}{about}: {told}")
        if not crossed:
            click.echo(say("limits_none", shared.lang))
    if not crossed:
        return DONE
    return CRITICAL if any(each.limit.severity is Severity.CRITICAL for each in crossed) else WARNING
