"""Between decision and sending: the PDF is read once more, and nothing goes out that is not what was taken in."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support import decided
from tests.support.holds import detail_of
from tests.support.small_office import Settings, SmallOffice, TextInBytes, form
from tests.support.world import HANAKO
from worker.approve import decisions
from worker.cli.demo.smtp_server import DsnController
from worker.compose.mime_verify import decode_message
from worker.core.errors import Unavailable
from worker.core.messages import name_hold, next_step
from worker.core.model import PdfText, Unreadable
from worker.core.states import Reason, State
from worker.pipeline import read as readings
from worker.pipeline.send import UNREAD_ALARM_AFTER
from worker.send.smtp_verdicts import retry_delay
from worker.store.sqlite.connection import FILE_NAME

ALTERED = {
    "contract_number": "40213-000002",
    "key": "kEy0002Zq0W",
    "product": "advance",
    "project_name": "橋梁補修工事",
    "contractor_name": "別の建設 株式会社",
    "guarantor": "west",
}
"""Values that a person with write access to the database may put into a notice's row."""


class CountingReader(TextInBytes):
    """Reads forms, counts the readings, and fails if it is set to."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: Unavailable | Unreadable | None = None

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        self.asked += 1
        if isinstance(self.failure, Unavailable):
            raise self.failure
        return self.failure or await super().read(pdf)


class WatchedOffice(SmallOffice):
    """An office whose reader can be set to fail; ``forget`` is what a restart does to readings in memory."""

    def forget(self) -> CountingReader:
        reader = CountingReader()
        self.pipeline.reading.readings._reader = reader
        self.pipeline.reading.readings._kept.clear()
        return reader

    def alter(self, table: str, **fields: str) -> None:
        """Write the rows of ``table`` as a person with access to the database would."""
        name = "pdf_sha256" if table == "notices" else "id"
        with contextlib.closing(sqlite3.connect(self.root / FILE_NAME)) as database, database:
            for key, row in database.execute(f"select {name}, row from {table}").fetchall():
                changed = json.dumps({**json.loads(row), **fields}, ensure_ascii=False, sort_keys=True)
                database.execute(f"update {table} set row = ? where {name} = ?", [changed, key])


@pytest_asyncio.fixture
async def office(tmp_path: Path, relay: DsnController) -> AsyncIterator[WatchedOffice]:
    """An office whose only notice is approved and due."""
    made = WatchedOffice(tmp_path, Settings(port=relay.port))
    made.save(form(1))
    await made.take_in()
    assert made.only().state is State.APPROVED
    yield made
    await made.stop()


@pytest.fixture
def sent(relay: DsnController) -> list[bytes]:
    """The mails taken from now on, without those to the operator."""
    before = len(relay.mails)

    class Later(list):
        def __len__(self) -> int:
            return sum(b"Auto-Submitted" not in mail.content for mail in relay.mails[before:])

    return Later()


@pytest.mark.parametrize("field", ALTERED)
@pytest.mark.parametrize("is_in_memory", [True, False])
async def test_a_notice_altered_in_the_database_is_held_for_ever_and_never_sent(
    office: WatchedOffice, sent: list[bytes], field: str, is_in_memory: bool
) -> None:
    office.alter("notices", **{field: ALTERED[field]})
    if not is_in_memory:
        office.forget()
    await office.pipeline.send_due()
    held = office.only()
    assert (held.state, [hold.reason for hold in held.reasons]) == (State.HELD, [Reason.KEY_DIFFERS])
    assert field in detail_of(held.reasons[0])
    assert "began_to_wait" in office.alarms()
    for _ in range(3):  # nothing that the table says brings it back, a restart included
        await office.pass_once()
        office.clock.let_pass(minutes=30)
        await office.restart()
    again = office.only()
    assert (again.state, again.reasons) == (State.HELD, held.reasons)
    assert len(sent) == 0


async def test_the_words_name_what_differs_and_the_way_out(office: WatchedOffice) -> None:
    office.alter("notices", contract_number="40213-000002", key="kEy0002Zq0W")
    await office.pipeline.send_due()
    held = office.only()
    (hold,) = held.reasons
    assert detail_of(hold) == "pdf: contract_number, key"
    assert "保証契約番号、認証キー" in name_hold(hold, "ja")
    assert "contract number, key" in name_hold(hold, "en")
    assert "kEy0002Zq0W" not in str(list(office.store.entries(held.id)))
    assert "取り下げ" in next_step(held, "ja")
    decisions.withdraw(office.store, held.id, HANAKO, "記録の不一致")
    (office.notices / "もう一度.pdf").write_bytes(form(1).pdf)
    await office.take_in()
    fresh = office.store.submissions()[-1]
    assert (fresh.state, fresh.notice.contract_number) == (State.HELD, form(1).number)
    assert {each.reason for each in fresh.reasons} == {Reason.SEEN_BEFORE}


@pytest.mark.parametrize("field", ["contract_number", "product", "notice_name"])
async def test_a_row_and_a_notice_altered_alike_differ_from_the_entries(
    office: WatchedOffice, sent: list[bytes], field: str
) -> None:
    value = ALTERED["project_name" if field == "notice_name" else field]
    office.alter("submissions", **{field: value})
    office.alter("notices", **{"project_name" if field == "notice_name" else field: value})
    await office.pipeline.send_due()
    assert [hold.reason for hold in office.only().reasons] == [Reason.KEY_DIFFERS]
    assert len(sent) == 0


async def test_another_pdf_put_in_its_place_differs_from_the_entries(office: WatchedOffice, sent: list[bytes]) -> None:
    office.save(form(2))
    await office.take_in()
    first, second = office.store.submissions()
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database, database:
        row = json.loads(database.execute("select row from submissions where id = 1").fetchone()[0])
        text = json.dumps({**row, "pdf_sha256": second.notice.pdf_sha256}, ensure_ascii=False, sort_keys=True)
        database.execute("update submissions set row = ? where id = 1", [text])
    await office.pipeline.send_due()
    assert [hold.reason for hold in office.store.submission(first.id).reasons] == [Reason.KEY_DIFFERS]
    assert len(sent) == 1
    assert office.store.submission(second.id).state is State.SENT


async def test_a_notice_whose_row_is_gone_is_held(office: WatchedOffice, sent: list[bytes]) -> None:
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database, database:
        database.execute("delete from notices")
    await office.pipeline.send_due()
    assert [hold.reason for hold in office.only().reasons] == [Reason.KEY_DIFFERS]
    assert len(sent) == 0


async def test_what_todays_reader_refuses_is_held_with_that_refusal_and_others_go_on(
    office: WatchedOffice, sent: list[bytes]
) -> None:
    await office.pipeline.reevaluate_waiting()
    reader = office.forget()
    reader.failure = Unreadable(Reason.TWO_VALUES, "key")
    await office.pipeline.send_due()
    held = office.only()
    assert (held.state, [hold.reason for hold in held.reasons]) == (State.HELD, [Reason.TWO_VALUES])
    reader.failure = None
    office.save(form(2))
    await office.pass_once()
    assert len(sent) == 1
    assert office.store.submission(held.id).reasons == held.reasons
    await office.restart()  # a program that reads it again: what it says now is what it said at first
    await office.pass_once()
    assert office.store.submission(held.id).state is State.SENT
    assert len(sent) == 2


async def test_what_is_read_again_after_a_refusal_and_says_otherwise_is_held_for_ever(
    office: WatchedOffice, sent: list[bytes]
) -> None:
    office.forget().failure = Unreadable(Reason.TWO_VALUES, "key")
    await office.pipeline.send_due()
    office.alter("notices", key="kEy0002Zq0W")
    await office.restart()
    await office.pass_once()
    assert [detail_of(hold) for hold in office.only().reasons] == ["pdf: key"]
    assert len(sent) == 0


async def test_a_guarantor_without_a_profile_today_is_a_refusal(office: WatchedOffice, sent: list[bytes]) -> None:
    active_config = office.pipeline.active_config
    others = tuple(each for each in active_config.configuration.guarantors if each.id != office.only().notice.guarantor)
    configuration = dataclasses.replace(active_config.configuration, guarantors=others)
    office.pipeline.active_config = dataclasses.replace(active_config, configuration=configuration)
    await office.pipeline.send_due()
    assert [hold.reason for hold in office.only().reasons] == [Reason.NOT_A_NOTICE]
    assert len(sent) == 0


NO_ANSWERS = [
    Unavailable("pdf", "no child process: Cannot allocate memory"),
    Unreadable(Reason.DAMAGED, "exit 1", is_unanswered=True),
    Unreadable(Reason.TOO_SLOW, "20 s", is_unanswered=True),
    Unreadable(Reason.TOO_LARGE, "killed", is_unanswered=True),
]


@pytest.mark.parametrize("failure", NO_ANSWERS, ids=str)
async def test_without_an_answer_of_the_reader_it_stays_approved_and_the_third_time_a_person_is_told(
    office: WatchedOffice, sent: list[bytes], failure: Unavailable | Unreadable
) -> None:
    office.forget().failure = failure
    for tries in range(1, UNREAD_ALARM_AFTER + 1):
        await office.finish()
        waiting = office.only()
        assert (waiting.state, waiting.delivery.unread_tries) == (State.APPROVED, tries)
        assert waiting.approval.due_at == office.clock.now() + retry_delay(tries)
        assert office.alarms().count("not_read_again") == (tries == UNREAD_ALARM_AFTER)
        await office.finish()  # before its time nothing is tried
        assert office.only().delivery.unread_tries == tries
        office.clock.let_pass(seconds=retry_delay(tries).total_seconds())
        await office.restart()  # the count outlives the process
        office.forget().failure = failure
    office.forget()
    await office.finish()
    done = office.only()
    assert (done.state, done.delivery.unread_tries) == (State.SENT, 0)
    assert len(sent) == 1


async def test_the_mail_about_it_says_what_is_not_sent_and_what_to_do(
    office: WatchedOffice, relay: DsnController
) -> None:
    office.forget().failure = NO_ANSWERS[0]
    for tries in range(1, UNREAD_ALARM_AFTER + 1):
        await office.finish()
        office.clock.let_pass(seconds=retry_delay(tries).total_seconds())
    told = relay.mails[-1].content.decode("utf-8", "replace")
    assert "Auto-Submitted" in told
    text = decode_message(relay.mails[-1].content).text
    assert "1: " in text
    assert "次にすること" in text


async def test_a_reading_of_this_process_serves_and_after_a_restart_it_is_read_once(
    office: WatchedOffice, sent: list[bytes]
) -> None:
    reader = CountingReader()
    office.pipeline.reading.readings._reader = reader
    await office.pipeline.send_due()
    assert (office.only().state, reader.asked) == (State.SENT, 0)
    office.save(form(3))
    await office.take_in()
    await office.restart()
    reader = office.forget()
    await office.pipeline.send_due()
    assert (len(sent), reader.asked) == (2, 1)


async def test_readings_in_memory_are_bounded_and_end_with_other_profiles(
    office: WatchedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "KEPT", 2)
    reader = CountingReader()
    kept = readings.Readings(reader)
    profiles = office.pipeline.active_config.configuration.guarantors
    for number in (1, 2, 3, 2, 3, 1):
        await kept.read_once(form(number).pdf, profiles)
    assert reader.asked == 4
    assert "kEy0001" not in repr(vars(kept))
    await kept.read_once(form(1).pdf, profiles[:1])
    assert reader.asked == 5


@pytest.mark.parametrize("rehearsal_to", ["", "renshu@contractor.example"])
async def test_corrections_and_rehearsals_are_read_again_too(
    tmp_path: Path, relay: DsnController, sent: list[bytes], rehearsal_to: str
) -> None:
    office = WatchedOffice(tmp_path, Settings(port=relay.port, rehearsal_to=rehearsal_to))
    office.save(form(1))
    await office.take_in()
    if not rehearsal_to:
        decisions.withdraw(office.store, 1, HANAKO, "訂正")
        now = office.clock.now()
        again = decided.resend(office.store, office.pipeline.active_config, 1, HANAKO, "再提出", now)
        decided.approve(office.store, office.pipeline.active_config, again.id, again.label, HANAKO, "", now)
    last = office.store.submissions()[-1]
    assert last.state is State.APPROVED
    office.alter("notices", key="kEy0002Zq0W")
    office.clock.let_pass(minutes=1)
    await office.finish()
    assert [hold.reason for hold in office.store.submission(last.id).reasons] == [Reason.KEY_DIFFERS]
    assert len(sent) == 0
    await office.stop()


async def test_a_notice_altered_before_the_approval_goes_to_no_other_town(
    tmp_path: Path, relay: DsnController, sent: list[bytes]
) -> None:
    office = WatchedOffice(tmp_path, Settings(port=relay.port, mode="approve"))
    office.save(form(1))
    await office.take_in()
    office.alter("notices", contract_number=form(2).number, project_name=form(2).project)
    await office.restart()
    await office.pass_once()
    assert office.only().destination.issuer == "yama"  # judged by the altered notice: a person is shown the other town
    now = office.clock.now()
    decided.approve(office.store, office.pipeline.active_config, 1, office.only().label, HANAKO, "", now)
    await office.pass_once()
    held = office.only()
    assert (held.state, [detail_of(hold) for hold in held.reasons]) == (
        State.HELD,
        ["pdf: contract_number, project_name"],
    )
    assert len(sent) == 0
    assert office.store.verify().holds
    await office.stop()
