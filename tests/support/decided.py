"""What ``worker.approve.decisions`` decides with the invoices of a fake folder, every file of it brought."""

from __future__ import annotations

from functools import partial
from typing import Any

from worker.approve import decisions
from worker.approve import redraft as drafting
from worker.approve.redraft import InForce


def invoices_of(in_force: InForce) -> Any:
    """What a look at the folder finds now."""
    return in_force.files.snapshot()  # type: ignore[attr-defined]  every test that decides so has a FakeFiles


def _with_invoices(decide: Any, first: Any, in_force: InForce, *others: Any, **named: Any) -> Any:
    return decide(first, in_force, invoices_of(in_force), *others, **named)


approve = partial(_with_invoices, decisions.approve)
resend = partial(_with_invoices, decisions.resend)
resolve_not_sent = partial(_with_invoices, decisions.resolve_not_sent)
redraft = partial(_with_invoices, drafting.redraft)
