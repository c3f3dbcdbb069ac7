"""A store in a folder of its own, with a clock that moves by a second whenever it is read."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

from tests.support.world import COMPANY, HANAKO, MIHON_TO, NUMBER, OFFICE, START, WORKER
from worker.core.model import Address, Draft, Sha256, Submission
from worker.core.states import Event, State
from worker.store.sqlite import SqlStore, create_or_migrate, open_store


class SteppingClock:
    def __init__(self) -> None:
        self.moment = START

    def now(self) -> dt.datetime:
        self.moment += dt.timedelta(seconds=1)
        return self.moment


def make_store(folder: Path, patience: float = 5.0) -> SqlStore:
    create_or_migrate(folder)
    return open_store(folder, SteppingClock(), patience)


def draft_of(message_id: str, body: Sha256) -> Draft:
    return Draft(
        sender=Address(OFFICE),
        sender_name=COMPANY,
        to=(Address(MIHON_TO),),
        cc=(),
        subject="契約保証にかかる認証キー【道路改良工事】の提出について",
        body_sha256=body,
        attachments=(),
        message_id=message_id,
    )


def create_held(store: SqlStore, number: str = NUMBER, message_id: str = "<a.0@contractor.example>") -> Submission:
    with store.writing() as writing:
        body = writing.keep("body", message_id.encode())
        submission = Submission(
            0, State.HELD, contract_number=number, guarantor="east", draft=draft_of(message_id, body)
        )
        return writing.create(Event.NOTICE_READ, submission, WORKER, {"file": "お知らせ.pdf"})


def approve(store: SqlStore, held: Submission) -> Submission:
    with store.writing() as writing:
        return writing.change(
            Event.APPROVED, held, dataclasses.replace(held, state=State.APPROVED, due_at=START), HANAKO, {}
        )
