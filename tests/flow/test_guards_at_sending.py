"""Time passes between an approval and the mail server: the guards check once more as the sending begins."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.decided import approve
from tests.support.holds import detail_of
from tests.support.small_office import Settings, SmallOffice, form
from tests.support.world import HANAKO
from worker.approve.reevaluate import activate_config
from worker.cli.demo.smtp_server import DsnController
from worker.core.errors import NotAllowed
from worker.core.states import Reason, State
from worker.store.sqlite.connection import FILE_NAME

SITE = "genba@contractor.example"


@pytest_asyncio.fixture
async def office(tmp_path: Path, relay: DsnController) -> AsyncIterator[SmallOffice]:
    """An office whose only notice is approved and due."""
    made = SmallOffice(tmp_path, Settings(port=relay.port))
    made.save(form(1))
    await made.take_in()
    assert made.only().state is State.APPROVED
    yield made
    await made.stop()


@pytest.fixture
def before(relay: DsnController) -> int:
    return len(relay.mails)


async def test_an_address_removed_after_the_approval_gets_nothing(
    office: SmallOffice, relay: DsnController, before: int
) -> None:
    active_config = office.pipeline.active_config
    issuer = active_config.configuration.issuers["kawa"]
    section = dataclasses.replace(issuer.sections["doboku"], cc=())
    issuers = {"kawa": dataclasses.replace(issuer, sections={"doboku": section})}
    configuration = dataclasses.replace(
        active_config.configuration, issuers={**active_config.configuration.issuers, **issuers}
    )
    assert SITE in office.only().composed.draft.recipients
    office.pipeline.active_config = activate_config(
        configuration, active_config.templates, active_config.invoice_folder
    )
    await office.pipeline.send_due()
    held = office.only()
    assert (held.state, {hold.reason for hold in held.reasons}) == (State.HELD, {Reason.CHANGED})
    assert len(relay.mails) == before


async def test_an_address_whose_only_mail_came_back_after_the_approval_gets_nothing_unseen(
    office: SmallOffice, relay: DsnController, before: int
) -> None:
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database, database:
        database.execute("DELETE FROM sent_to WHERE address = ?", [SITE])
    await office.pipeline.send_due()
    held = office.only()
    assert held.state is State.HELD
    assert [(hold.reason, detail_of(hold)) for hold in held.reasons] == [(Reason.FIRST_ADDRESS, SITE)]
    assert len(relay.mails) == before
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database, database:
        database.execute("INSERT INTO sent_to VALUES (?, 0)", [SITE])
    await office.finish()
    assert office.only().state is State.SENT
    assert [each.address for each in relay.mails[before].recipients] == ["doboku@kawa-town.example", SITE]


ADVANCE = form(2, product="前払金保証")


async def held_with_invoice(tmp_path: Path, relay: DsnController, *lines: str) -> SmallOffice:
    """An office whose invoice for 山手市 holds these lines, with the notice taken in."""
    made = SmallOffice(tmp_path, Settings(port=relay.port))
    text = "\n".join(["前払金請求書", "橋梁補修工事", "金20,000,000円", *lines])
    made.files.held["invoice-2.pdf"] = f"%PDF-1.4{text}".encode()
    made.save(ADVANCE)
    await made.pass_once()
    return made


def gone_to_yama(relay: DsnController, before: int) -> int:
    """The number of mails that went there; the operator gets mails as well."""
    gone = [{each.address for each in mail.recipients} for mail in relay.mails[before:]]
    return sum("keiyaku@yama-city.example" in each for each in gone)


async def test_an_invoice_that_is_addressed_to_a_neighbour_never_leaves(
    tmp_path: Path, relay: DsnController, before: int
) -> None:
    made = await held_with_invoice(tmp_path, relay, "川北町長 様")
    held = made.only()
    assert [(each.reason, detail_of(each).partition(": ")[0]) for each in held.reasons] == [
        (Reason.WRONG_INVOICE, "issuer")
    ]
    with pytest.raises(NotAllowed):
        approve(made.store, made.pipeline.active_config, held.id, held.label, HANAKO, "", made.clock.now())
    assert gone_to_yama(relay, before) == 0
    await made.stop()


async def test_an_invoice_that_names_a_neighbour_too_leaves_once_a_person_has_looked(
    tmp_path: Path, relay: DsnController, before: int
) -> None:
    made = await held_with_invoice(tmp_path, relay, "山手市長 様", "（写し 川北町長 様）")
    held = made.only()
    assert [each.reason for each in held.reasons] == [Reason.INVOICE_UNCLEAR]
    assert gone_to_yama(relay, before) == 0
    approve(made.store, made.pipeline.active_config, held.id, held.label, HANAKO, "請求書を確認", made.clock.now())
    await made.finish()
    assert made.only().state is State.SENT
    assert gone_to_yama(relay, before) == 1
    await made.stop()


async def test_an_address_that_another_issuer_had_is_asked_about_for_this_one(
    tmp_path: Path, relay: DsnController, before: int
) -> None:
    """A neighbour's file copied with its address: 0.1.0 sent that automatically."""
    shared = "doboku@kawa-town.example"
    made = SmallOffice(tmp_path, Settings(port=relay.port))
    made.configure(dataclasses.replace(made.settings, keiyaku=shared))
    made.save(form(1))
    made.save(form(2))
    await made.pass_once()
    first, second = made.store.submissions()
    assert (first.destination.issuer, first.state) == ("kawa", State.SENT)
    assert (second.destination.issuer, second.state) == ("yama", State.HELD)
    assert [(each.reason, detail_of(each)) for each in second.reasons] == [(Reason.FIRST_ADDRESS, shared)]
    approve(made.store, made.pipeline.active_config, second.id, second.label, HANAKO, "公表元と照合", made.clock.now())
    await made.finish()
    made.save(form(2, key=2))
    await made.pass_once()
    assert Reason.FIRST_ADDRESS not in {hold.reason for hold in made.store.submission(3).reasons}
    await made.stop()
