"""A caller names a submission, never a file: a decision loads the invoices that it needs itself."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.fakes import FakeFiles
from tests.support.registered import INVOICE, REGISTER
from tests.support.small_office import Settings, SmallOffice, form, mail_with
from tests.support.sources import PACKAGE, nodes
from tests.support.world import HANAKO
from worker.approve import decisions
from worker.approve.decisions import Approval
from worker.approve.reevaluate import reevaluate, treat_unread_as_missing
from worker.compose.attachments import STILL_WRITTEN
from worker.core.errors import NotInSnapshot, StillWritten, Unavailable
from worker.core.model import Unreadable, sha256
from worker.core.states import Reason
from worker.pipeline import decide
from worker.pipeline.invoices import load_invoices, with_invoices
from worker.watch.ports import NOT_LOOKED, InvoiceFile, InvoiceSnapshot

AWAY = Unavailable("folder", "the share does not answer")


def active_config_with(**held: Any) -> Any:
    files = FakeFiles({f"{name}.pdf": content for name, content in held.items()})
    return replace(REGISTER, files=files).active_config()


# --- The look ----------------------------------------------------------------------------------------------------


async def test_the_folder_is_left_alone_where_no_file_is_in_question() -> None:
    active_config = active_config_with(road=INVOICE)
    assert await load_invoices((), active_config, None) is NOT_LOOKED  # type: ignore[arg-type]
    assert active_config.invoice_folder.looked_for == []


async def test_what_a_decision_asks_for_is_brought_and_decided_on_again() -> None:
    active_config = active_config_with(road=INVOICE, other=INVOICE)
    asked: list[list[str]] = []

    def ask(invoices: InvoiceSnapshot) -> bytes:
        asked.append(sorted(invoices.answers))
        found = [invoices.invoice(f"{name}.pdf") for name in ("road", "other")]
        return b"".join(each[1] for each in found if isinstance(each, tuple))

    assert await with_invoices(tuple, active_config, None, ask) == INVOICE * 2  # type: ignore[arg-type]
    assert asked == [[], [], ["road.pdf"], ["other.pdf", "road.pdf"]]


async def test_a_file_that_is_listed_and_cannot_be_brought_ends_the_trying() -> None:
    active_config = active_config_with(road=INVOICE)
    active_config.invoice_folder.snapshot = lambda is_needed=None: InvoiceSnapshot(
        (InvoiceFile("road.pdf", None, 9),), {}, {}
    )
    with pytest.raises(NotInSnapshot, match="not brought"):
        await with_invoices(tuple, active_config, None, lambda found: found.invoice("road.pdf"))  # type: ignore[arg-type]


async def test_what_a_decision_raises_itself_is_not_tried_again() -> None:
    active_config = active_config_with(road=AWAY)
    with pytest.raises(Unavailable, match="does not answer"):
        await with_invoices(tuple, active_config, None, lambda found: found.invoice("road.pdf"))  # type: ignore[arg-type]
    assert len(active_config.invoice_folder.looked_for) == 1


# --- What was found ----------------------------------------------------------------------------------------------


@pytest.fixture
def found() -> InvoiceSnapshot:
    listed = ("a.pdf", "away.pdf", "bad.pdf", "new.pdf", "unread.pdf")
    answers: dict[str, Any] = {
        "a.pdf": ("a.pdf", INVOICE),
        "away.pdf": AWAY,
        "bad.pdf": Unreadable(Reason.TOO_LARGE),
        "new.pdf": StillWritten("folder", "new.pdf"),
    }
    return InvoiceSnapshot(tuple(InvoiceFile(each, None, 9) for each in listed), answers, {})


def test_a_look_answers_for_each_file_as_it_found_it(found: InvoiceSnapshot) -> None:
    assert found.invoice("a.pdf") == ("a.pdf", INVOICE)
    assert found.invoice("bad.pdf") == Unreadable(Reason.TOO_LARGE)
    assert found.invoice("none.pdf") is None
    assert found.text(sha256(INVOICE)) is None
    for file, failure in (("away.pdf", Unavailable), ("new.pdf", StillWritten), ("unread.pdf", NotInSnapshot)):
        with pytest.raises(failure):
            found.invoice(file)


def test_for_what_must_be_recorded_nothing_is_raised(found: InvoiceSnapshot) -> None:
    missing = treat_unread_as_missing(found)
    assert missing.invoice("a.pdf") == ("a.pdf", INVOICE)
    assert missing.invoice("bad.pdf") == Unreadable(Reason.TOO_LARGE)
    assert missing.invoice("new.pdf") == STILL_WRITTEN
    assert [missing.invoice(f"{name}.pdf") for name in ("away", "unread", "none")] == [None, None, None]
    assert missing.listing() == found.listing()


@pytest.mark.parametrize("away", [NOT_LOOKED, InvoiceSnapshot(AWAY, {}, {})])
def test_of_a_folder_that_was_not_seen_nothing_is_known_and_nothing_is_taken_for_absent(away: InvoiceSnapshot) -> None:
    for question in (away.listing, lambda: away.invoice("a.pdf")):
        with pytest.raises(Unavailable):
            question()
    missing = treat_unread_as_missing(away)
    assert (missing.listing(), missing.invoice("a.pdf")) == ((), None)


def test_a_look_never_changes() -> None:
    files = FakeFiles({"a.pdf": INVOICE})
    before = files.snapshot()
    files.held["a.pdf"] = b"%PDF-1.4 another"
    assert before.invoice("a.pdf") == ("a.pdf", INVOICE)
    with pytest.raises(AttributeError):
        before.answers = {}  # type: ignore[misc]


# --- Who looks -------------------------------------------------------------------------------------------------------

LOOKING = {"pipeline", "service", "cli"}


def test_only_the_acting_steps_reach_the_folder_and_decisions_are_handed_what_was_found() -> None:
    reaching = {
        path.relative_to(PACKAGE).parts[0]
        for path, tree in nodes().items()
        for node in tree
        if isinstance(node, ast.Attribute)
        and node.attr == "invoice_folder"
        and ast.unparse(node) in {"active_config.invoice_folder", "self.active_config.invoice_folder"}
    }
    assert reaching <= LOOKING


@pytest.mark.parametrize("drafting", [decisions.approve, decisions.resend, decisions.resolve_not_sent, reevaluate])
def test_what_drafts_is_given_the_invoices(drafting: Callable[..., object]) -> None:
    given = inspect.signature(drafting).parameters["invoices"]
    assert (given.annotation, given.default) == ("InvoiceSnapshot", inspect.Parameter.empty)


@pytest.mark.parametrize("entry", [decide.approve, decide.resend, decide.resolve_not_sent])
def test_what_a_caller_calls_asks_it_for_no_invoices(entry: Callable[..., object]) -> None:
    assert inspect.iscoroutinefunction(entry)
    assert "invoices" not in inspect.signature(entry).parameters


def test_no_command_looks_before_it_decides() -> None:
    """A command that decides is nothing but the decision: only those that make a draft themselves look."""
    looking = {
        path.stem
        for path in (PACKAGE / "cli").rglob("*.py")
        if re.search(r"\b(load_invoices|with_invoices_of)\(", path.read_text())
    }
    assert looking == {"pages", "preview"}


async def test_each_decision_brings_the_invoice_of_its_submission(tmp_path: Path) -> None:
    """The folder is scanned by the decision alone; its draft carries the invoice that is there by then."""
    office = SmallOffice(tmp_path, Settings(mode="approve"))
    office.mails.received.append(mail_with(form(2, product="前払金保証")))
    await office.pass_once()
    held = office.only()
    office.files.looked_for.clear()
    now, active_config, reader = office.clock.now(), office.pipeline.active_config, office.pipeline._reader
    approved, _ = await decide.approve(office.store, active_config, reader, Approval(1, held.label, HANAKO, "", now))
    assert len(office.files.looked_for) == 1
    assert approved.composed.draft is not None
    assert "invoice-2.pdf" in {each.filename for each in approved.composed.draft.attachments}
    decisions.withdraw(office.store, 1, HANAKO, "やめる")
    again = await decide.resend(office.store, active_config, reader, 1, HANAKO, "再提出", now)
    assert len(office.files.looked_for) == 2
    assert again.composed.draft is not None
    assert "invoice-2.pdf" in {each.filename for each in again.composed.draft.attachments}


async def test_a_share_that_is_away_keeps_a_decision_from_being_taken(tmp_path: Path) -> None:
    office = SmallOffice(tmp_path, Settings(mode="approve"))
    office.mails.received.append(mail_with(form(2, product="前払金保証")))
    await office.pass_once()
    held = office.only()
    office.files.held["invoice-2.pdf"] = AWAY
    now, active_config, reader = office.clock.now(), office.pipeline.active_config, office.pipeline._reader
    with pytest.raises(Unavailable, match="does not answer"):
        await decide.approve(office.store, active_config, reader, Approval(1, held.label, HANAKO, "", now))
    assert office.only() == held
