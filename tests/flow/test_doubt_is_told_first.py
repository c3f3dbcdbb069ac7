"""Mails in doubt are reported before anything else is done: before a mail leaves, and during a backlog."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.small_office import Settings, SmallOffice, form, mail_with
from tests.support.world import OFFICE
from worker.core.states import Event, State
from worker.store.ports import Author


@pytest.fixture
async def killed(tmp_path: Path) -> AsyncIterator[tuple[SmallOffice, MisbehavingServer]]:
    """An office whose attempt was interrupted behind the record of the body, started again, with more to send."""
    async with MisbehavingServer(At.AFTER, "421") as server:
        office = SmallOffice(tmp_path, Settings(port=server.port))
        office.save(form(1))
        await office.take_in()
        move(office, Event.SEND_STARTED, State.SENDING)
        move(office, Event.DATA_STARTED, State.IN_DOUBT)
        office.save(form(2))
        await office.restart()
        yield office, server
        await office.stop()


def move(office: SmallOffice, event: Event, state: State) -> None:
    with office.store.writing() as writing:
        before = office.only()
        after = dataclasses.replace(before, state=state, delivery=dataclasses.replace(before.delivery, tries=1))
        writing.change(event, before, after, Author("hoshobin", "hoshobin"), {})


def addressed(server: MisbehavingServer) -> list[str]:
    return [line.partition("<")[2].partition(">")[0] for line in server.commands if line.startswith("RCPT")]


async def test_the_mail_about_it_leaves_before_what_is_due(killed: tuple[SmallOffice, MisbehavingServer]) -> None:
    office, server = killed
    await office.take_in()
    done = await office.finish()
    assert done.sent == 1
    assert addressed(server)[:2] == [OFFICE, "keiyaku@yama-city.example"]


async def test_it_is_told_while_a_look_still_takes_messages_in(killed: tuple[SmallOffice, MisbehavingServer]) -> None:
    office, server = killed
    office.mails.received.append(mail_with(form(9)))
    await office.take_in()
    office.pipeline.watching.under_way += 1
    await office.finish()
    assert addressed(server).count(OFFICE) == 1, "of what began to wait nothing is said before the look has ended"
    office.pipeline.watching.under_way -= 1
    await office.finish()
    assert addressed(server).count(OFFICE) == 2
