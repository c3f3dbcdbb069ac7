"""The decisions of ``worker.approve.decisions`` with the invoices of a fake folder, every file of it brought."""

from __future__ import annotations

from functools import partial
from typing import Any

from worker.approve import decisions
from worker.approve import reevaluate as drafting
from worker.approve.checked_reasons import mark_of_hold, reasons_to_check
from worker.approve.reevaluate import ActiveConfig


def invoices_of(active_config: ActiveConfig) -> Any:
    """The invoices that a look at the folder finds now."""
    return active_config.invoice_folder.snapshot()  # type: ignore[attr-defined]  every test that decides so has a FakeFiles


def approve(store: Any, active_config: ActiveConfig, *given: Any, asked: bool = False) -> Any:
    """An approval, given as the fields of ``Approval``, by a person who has checked each reason."""
    held = next((each for each in store.submissions() if each.id == given[0]), None)
    checked = tuple(map(mark_of_hold, reasons_to_check(held))) if held else ()
    approval = decisions.Approval(*given, reasons=checked, is_asked=asked)
    return decisions.approve(store, active_config, invoices_of(active_config), approval)


def _with_invoices(decide: Any, first: Any, active_config: ActiveConfig, *others: Any, **named: Any) -> Any:
    return decide(first, active_config, invoices_of(active_config), *others, **named)


resend = partial(_with_invoices, decisions.resend)
resolve_not_sent = partial(_with_invoices, decisions.resolve_not_sent)
reevaluate = partial(_with_invoices, drafting.reevaluate)
