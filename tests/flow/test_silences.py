"""Failures that could lose a notice unseen: a sealed mail, a message that cannot be fetched, a stopped log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from tests.support.fakes import FakeClock, FakePdfReader, FakeServer, rows_of
from tests.support.office import Mailroom, a_form, a_mail, notice
from tests.support.stores import open_store
from worker.core.model import JST, Disposition, Unreadable
from worker.core.states import Reason
from worker.pipeline.pipeline import Pipeline
from worker.service.wiring import load_installation
from worker.store.sqlite.store import create_or_migrate
from worker.watch.ports import Fetched, Header

MODES = Callable[..., Mailroom]


def a_sealed_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "tanaka@contractor.example"
    mail["Subject"] = "認証キーのお知らせ"
    mail["Message-ID"] = "<sealed@contractor.example>"
    mail.set_content("添付しました。")
    mail.add_attachment(b"\x78\x9f\x3e\x22 TNEF", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    return mail


def test_a_mail_that_means_a_notice_and_hides_its_pdf_from_us_is_held(mailroom: MODES) -> None:
    room = mailroom()
    room.deliver(a_sealed_mail())
    assert room.office.run_once().code == 1
    (held,) = room.office.list()
    assert (held["state"], held["hold_reasons"]) == ("HELD", ["attachment_unopened"])
    (detail,) = room.office.show(held["id"])["hold_details"]
    assert detail["params"] == {"code": "outlook", "files": ["winmail.dat"]}
    assert ("held", [held["id"]]) in room.office.ledger.values()
    assert len(room.tellings) == 1


def test_a_key_in_a_file_name_or_a_subject_stands_in_no_entry(mailroom: MODES) -> None:
    form = a_form()
    room = mailroom()
    room.office.save_notice(f"認証キー_{form.key}.pdf", notice(form))
    room.deliver(a_mail(f"認証キーは {form.key} です", (f"{form.key}.pdf", notice(a_form("別の工事", key=form.key)))))
    room.office.run_once()
    assert len(room.office.list()) == 2
    assert [row for row in room.office.rows("SELECT body FROM entries") if form.key in row[0]] == []
    for command in (["list"], ["show", "1"], ["show", "2"], ["status"], ["log"]):
        assert form.key not in room.office(*command).out
    assert all(form.key not in told.text for told in room.tellings)


async def test_a_message_that_cannot_be_fetched_three_times_is_told_once(mailroom: MODES, tmp_path: Path) -> None:
    office = mailroom().office
    clock = FakeClock(dt.datetime(2026, 11, 21, 9, 0, tzinfo=JST))
    create_or_migrate(tmp_path / "db")
    store = open_store(tmp_path / "db", clock)
    active_config = load_installation(str(office.config)).active_config
    reader = FakePdfReader(Unreadable(Reason.DAMAGED))
    pipeline = Pipeline(store, reader, FakeServer(), clock, "hoshobin", active_config)
    broken = Fetched(Header(7, 900, clock.now(), "<broken@east.example>"), b"", failure="NO cannot read")
    for tries in range(1, 6):
        await pipeline._record(rows_of("main"), await pipeline._read("main", [broken]))
        (row,) = store.messages("main", Disposition.UNFETCHED)
        assert (row.tries, row.next_try_at is not None) == (tries, True)
        assert len(store.alarms_waiting()) == (0 if tries < 3 else 1)
    assert store.alarms_waiting()[0].cause == "unfetched:mail:main"
    store.close()


def test_a_log_behind_a_noted_head_stops_the_sending_and_is_told(mailroom: MODES) -> None:
    form = a_form()
    room = mailroom()
    room.office.run_once()
    (room.office.store / "head").write_text(f"999999 {'a' * 64}\n")
    room.office.save_notice("a.pdf", notice(form))
    ran = room.office.run_once()
    assert ran.code == 1
    assert "resume" in ran.err
    assert room.submissions == []
    (told,) = [each for each in room.tellings if "古いバックアップ" in each.text]
    assert told.subject == "【保証便】至急：送信を止めています"
    assert room.office("resume", "--by", "山田 花子", "--yes").code == 0
    assert room.office("audit", "verify").code == 0
