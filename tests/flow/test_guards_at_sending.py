"""Between an approval and the mail server lies time: the guards look once more as the sending begins."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from small_office import Settings, SmallOffice, form

from worker.adapters.demo_smtp import DsnController
from worker.adapters.store.schema import FILE_NAME
from worker.drafting import put_in_force
from worker.states import Reason, State

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
    in_force = office.pipeline.in_force
    issuer = in_force.configuration.issuers["kawa"]
    section = dataclasses.replace(issuer.sections["doboku"], cc=())
    issuers = {"kawa": dataclasses.replace(issuer, sections={"doboku": section})}
    configuration = dataclasses.replace(in_force.configuration, issuers={**in_force.configuration.issuers, **issuers})
    assert SITE in office.only().draft.recipients
    office.pipeline.in_force = put_in_force(configuration, in_force.templates, in_force.files)
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
    assert [(hold.reason, hold.detail) for hold in held.reasons] == [(Reason.FIRST_ADDRESS, SITE)]
    assert len(relay.mails) == before
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database, database:
        database.execute("INSERT INTO sent_to VALUES (?, 0)", [SITE])
    await office.finish()
    assert office.only().state is State.SENT
    assert [each.address for each in relay.mails[before].recipients] == ["doboku@kawa-town.example", SITE]
