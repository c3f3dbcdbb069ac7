"""The sent-mail log: the entries that make a row, the row's fields, and its printed form."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
import random
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.tables import every_case
from tests.support.turns import turns
from worker.audit import sent_log
from worker.audit.chain import fold
from worker.audit.sent_log import LogFilter, LogRow, SentFile, filter_rows, is_between_days, log_rows
from worker.audit.sent_log_export import BOM, HEADER, csv_bytes, jsonl
from worker.core.model import JST, Entry, Product
from worker.core.states import Event, State

START = dt.datetime(2026, 11, 21, 9, 0, tzinfo=JST)
DRAFT = {
    "sender": "soumu@contractor.example",
    "to": ["kensetsu@town.example"],
    "cc": ["kanri@town.example"],
    "subject": "契約保証にかかる認証キー【道路改良工事】の提出について",
    "message_id": "<a.0@contractor.example>",
    "attachments": [{"title": "認証キーのお知らせ", "filename": "お知らせ.pdf", "size": 42, "sha256": "a" * 64}],
    "rehearsal_for": [],
    "rule_file": "issuers/town.toml",
    "rule_sha256": "b" * 64,
    "invoice_amount": 20_000_000,
    "invoice_date": "2026-05-08",
}
NOTICE: dict[str, Any] = {
    "state": "APPROVED",
    "contract_number": "12345-678901",
    "product": "advance",
    "project": "town/道路改良工事",
    "project_name": "道路改良工事",
    "issuer": "town",
    "issuer_name": "東町",
    "section_name": "建設課",
    "draft": DRAFT,
    "release": "auto",
}
STARTED = (Event.SEND_STARTED, {"state": "SENDING", "letter_sha256": "c" * 64, "server": "mx.example", "reply": ""})
DATA = (Event.DATA_STARTED, {"state": "IN_DOUBT"})
ACCEPTED = (Event.ACCEPTED, {"state": "SENT", "reply": "250 2.0.0 Ok"})
NOT_NOW = (Event.NOT_NOW, {"state": "APPROVED", "reply": "450 4.2.0 greylisted"})
HANAKO = {"by": "山田 花子", "account": "soumu"}
Told = tuple[Any, ...]


def tell(*happenings: Told, number: int = 1, days: Sequence[int] = ()) -> list[Entry]:
    """Entries of one submission from (event, set) or (event, set, entry fields)."""
    entries = []
    for place, (event, changes, *more) in enumerate([(Event.NOTICE_READ, NOTICE), *happenings]):
        at = START + dt.timedelta(days=days[place] if days else 0, seconds=place)
        given = {"by": "hoshobin", "account": "hoshobin", "detail": {}} | (more[0] if more else {})
        entries.append(
            Entry(place + 1, at, str(event), number, set=changes, previous_hash="", hash="", **given),
        )
    return entries


def told(*happenings: Told) -> list[tuple[str, State, str]]:
    return [(row.event, row.state, row.smtp_reply) for row in log_rows(tell(*happenings))]


def test_a_sent_mail_is_one_row_that_says_everything() -> None:
    (row,) = log_rows(tell(STARTED, DATA, ACCEPTED))
    assert row == LogRow(
        at=START + dt.timedelta(seconds=3),
        id=1,
        event="Accepted",
        rehearsal=False,
        contract_number="12345-678901",
        product=Product.ADVANCE,
        project="道路改良工事",
        project_id="town/道路改良工事",
        issuer="東町",
        issuer_id="town",
        section="建設課",
        to=("kensetsu@town.example",),
        cc=("kanri@town.example",),
        subject="契約保証にかかる認証キー【道路改良工事】の提出について",
        attachments=(SentFile("お知らせ.pdf", 42, "a" * 64),),
        sent_sha256="c" * 64,
        message_id="<a.0@contractor.example>",
        server="mx.example",
        smtp_reply="250 2.0.0 Ok",
        rule_file="issuers/town.toml",
        rule_sha256="b" * 64,
        invoice_amount=20_000_000,
        invoice_date=dt.date(2026, 5, 8),
        state=State.SENT,
        corrects=None,
        follows=None,
        decided_by="auto",
        account="",
        note="",
        approved_by="auto",
        recorded_by="",
        invoice_amount_from="registered",
        invoice_date_from="registered",
    )


CASES: list[tuple[str, list[Told], list[tuple[str, State, str]]]] = [
    ("waiting to be sent", [], []),
    ("being sent", [STARTED], []),
    ("no answer yet", [STARTED, DATA], [("DataStarted", State.IN_DOUBT, "")]),
    (
        "no answer will come",
        [STARTED, DATA, ("NoAnswer", {"silent": "closed", "reply": "closed"})],
        [("DataStarted", State.IN_DOUBT, "closed")],
    ),
    (
        "a second try",
        [STARTED, NOT_NOW, STARTED, DATA, ACCEPTED],
        [("NotNow", State.APPROVED, "450 4.2.0 greylisted"), ("Accepted", State.SENT, "250 2.0.0 Ok")],
    ),
    (
        "refused",
        [STARTED, (Event.REFUSED, {"state": "REFUSED", "reply": "550 no"})],
        [("Refused", State.REFUSED, "550 no")],
    ),
    (
        "resolved as sent",
        [STARTED, DATA, (Event.CONFIRMED_SENT, {"state": "SENT"}, HANAKO)],
        [("ConfirmedSent", State.SENT, "")],
    ),
    (
        "resolved as not sent",
        [STARTED, DATA, (Event.CONFIRMED_NOT_SENT, {"state": "HELD", "draft": None, "letter_sha256": None}, HANAKO)],
        [("ConfirmedNotSent", State.HELD, "")],
    ),
    (
        "a report proves an attempt in doubt",
        [STARTED, DATA, (Event.DELIVERED, {"state": "DELIVERED"})],
        [("Delivered", State.DELIVERED, "")],
    ),
    (
        "a report that moves what was sent",
        [STARTED, DATA, ACCEPTED, (Event.DELIVERED, {"state": "DELIVERED"})],
        [("Accepted", State.SENT, "250 2.0.0 Ok"), ("Delivered", State.DELIVERED, "250 2.0.0 Ok")],
    ),
    (
        "bounced and confirmed",
        [STARTED, DATA, ACCEPTED, (Event.BOUNCED, {"state": "BOUNCED"}), (Event.CONFIRMED, {"state": "CONFIRMED"})],
        [
            ("Accepted", State.SENT, "250 2.0.0 Ok"),
            ("Bounced", State.BOUNCED, "250 2.0.0 Ok"),
            ("Confirmed", State.CONFIRMED, "250 2.0.0 Ok"),
        ],
    ),
    (
        "withdrawn after a try",
        [STARTED, NOT_NOW, (Event.WITHDRAWN, {"state": "WITHDRAWN"}, HANAKO)],
        [("NotNow", State.APPROVED, "450 4.2.0 greylisted"), ("Withdrawn", State.WITHDRAWN, "")],
    ),
    (
        "handed over, looked at again and confirmed",
        [(Event.HANDED_OVER, {"state": "HANDED_OVER"}), ("SeenAgain", {}), (Event.CONFIRMED, {"state": "CONFIRMED"})],
        [("HandedOver", State.HANDED_OVER, ""), ("Confirmed", State.CONFIRMED, "")],
    ),
    (
        "a rule that takes no mail",
        [
            (Event.HELD, {"state": "HELD"}),
            (Event.REDRAFTED, {"state": "HELD"}),
            (Event.REDRAFTED, {"state": "HANDED_OVER"}),
        ],
        [("Redrafted", State.HANDED_OVER, "")],
    ),
]


@pytest.mark.parametrize(("happenings", "rows"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_attempt_and_every_end_is_one_row(happenings: list[Told], rows: list[tuple[str, State, str]]) -> None:
    assert told(*happenings) == rows


def test_a_row_of_a_rehearsal_says_so_and_shows_the_draft_that_went() -> None:
    rehearsal = DRAFT | {"to": ["soumu@contractor.example"], "rehearsal_for": ["kensetsu@town.example"]}
    ended = {"state": "HELD", "draft": DRAFT, "release": "", "letter_sha256": None, "reply": "250 ok"}
    (row,) = log_rows(
        tell((Event.HELD, {"state": "APPROVED", "draft": rehearsal}), STARTED, DATA, (Event.REHEARSAL_ENDED, ended))
    )
    assert row.rehearsal
    assert (row.to, row.sent_sha256, row.smtp_reply) == (("soumu@contractor.example",), "c" * 64, "250 ok")
    assert (row.state, row.decided_by) == (State.HELD, "auto")


def test_what_a_rule_hands_over_without_a_person_was_approved_by_no_one() -> None:
    (row,) = log_rows(tell((Event.REDRAFTED, {"state": "HANDED_OVER", "release": "approve"})))
    assert (row.approved_by, row.decided_by) == ("", "hoshobin")


def test_a_person_stands_with_the_account_that_ran_the_command() -> None:
    approved = (Event.APPROVED, {"release": "山田 花子", "release_account": "soumu"}, HANAKO)
    withdrawn = (
        Event.WITHDRAWN,
        {"state": "WITHDRAWN"},
        {"by": "佐藤 次郎", "account": "kouji", "detail": {"why": "誤り"}},
    )
    sent, ended = log_rows(tell(approved, STARTED, NOT_NOW, withdrawn))
    assert (sent.decided_by, sent.account, sent.note) == ("山田 花子", "soumu", "")
    assert (ended.decided_by, ended.account, ended.note) == ("佐藤 次郎", "kouji", "誤り")
    assert (ended.sent_sha256, ended.message_id, ended.server) == ("", "", "")


def test_a_confirmation_says_what_was_noted() -> None:
    detail = {"note": "建設課 鈴木様 電話", "confirmed_at": "2026-11-22T10:00:00+09:00"}
    confirmed = (Event.CONFIRMED, {"state": "CONFIRMED"}, {**HANAKO, "detail": detail})
    *_, row = log_rows(tell(STARTED, DATA, ACCEPTED, confirmed))
    assert row.note == "建設課 鈴木様 電話 / 2026-11-22T10:00:00+09:00"


def test_both_dates_of_a_filter_are_included() -> None:
    rows = list(log_rows(tell(STARTED, NOT_NOW, STARTED, NOT_NOW, STARTED, NOT_NOW, days=(0, 0, 0, 1, 1, 2, 2))))
    days = [row.at.date() for row in rows if is_between_days(row.at, dt.date(2026, 11, 22), dt.date(2026, 11, 23))]
    assert days == [dt.date(2026, 11, 22), dt.date(2026, 11, 23)]
    midnight = dataclasses.replace(rows[0], at=dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC))
    assert not is_between_days(midnight.at, None, dt.date(2026, 11, 20))


def rows_of_all(entries: Sequence[Entry]) -> list[LogRow]:
    """The rows as 0.1.0 made them: every entry folded from the first, and every fold kept."""
    rows: dict[int, dict[str, Any]] = {}
    pending: dict[int, Entry] = {}
    found = []
    for entry in entries:
        if entry.submission is None:
            continue
        before = rows.get(entry.submission, {})
        after = rows[entry.submission] = fold(before, entry)
        if entry.event == Event.DATA_STARTED:
            pending[entry.submission] = entry
            continue
        if after.get("state") != State.IN_DOUBT:
            pending.pop(entry.submission, None)
        if sent_log._makes_row(entry, before, after):
            found.append(sent_log._row(entry, before, after))
    return found + [sent_log._row(entry, rows[number], rows[number]) for number, entry in pending.items()]


def random_entries(chance: random.Random) -> list[Entry]:
    """Submissions side by side whose clock is set back now and then."""
    lives = []
    for number in range(1, chance.randrange(2, 9)):
        other = {"contract_number": f"1-{number % 3}", "issuer": chance.choice(["town", "village"])}
        steps = [
            STARTED,
            DATA,
            ACCEPTED,
            NOT_NOW,
            (Event.REDRAFTED, other),
            ("SeenAgain", {}),
            ("Done", {"done": ["x"]}),
        ]
        lives.append(tell(*chance.choices(steps, k=chance.randrange(9)), number=number))
    order = [place for place, life in enumerate(lives) for _ in life]
    chance.shuffle(order)
    order.sort(key=lambda place: place // 3)
    days = chance.choices(range(6), k=len(order))
    return [
        dataclasses.replace(lives[place].pop(0), number=number, at=START + dt.timedelta(days=day, seconds=number))
        for number, (place, day) in enumerate(zip(order, days, strict=True), 1)
    ]


@pytest.mark.parametrize("held", [1, 2, 500])
def test_every_filter_gives_the_rows_that_a_fold_of_the_whole_log_gives(
    held: int, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setattr(sent_log, "FOLDS_HELD", held)
    seed = pytestconfig.getoption("hypothesis_seed")  # printed at the head of every run
    chance = random.Random(f"{seed}-{held}")
    for turn in range(turns(200)):
        entries = random_entries(chance)
        first, last = sorted((START + dt.timedelta(days=chance.randrange(7))).date() for _ in range(2))
        for since, until in ((None, None), (first, None), (None, last), (first, last)):
            given = chance.choice([{}, {"contract": "1-1"}, {"issuer": "village"}, {"project": "道路改良工事"}])
            in_period = {entry.submission for entry in entries if is_between_days(entry.at, since, until)}
            chosen = [entry for entry in entries if entry.submission in in_period]
            rows = log_rows(
                chosen,
                lambda number, entries=entries: (each for each in entries if each.submission == number),
                since=since,
                until=until,
            )
            within = (row for row in rows_of_all(entries) if is_between_days(row.at, since, until))
            expected = list(filter_rows(within, LogFilter(**given)))
            assert list(filter_rows(rows, LogFilter(**given))) == expected, f"--hypothesis-seed={seed}, turn {turn}"


@every_case(
    ("wanted", "found"),
    [
        ({"issuer": "town"}, 1),
        ({"issuer": "東 町"}, 1),
        ({"issuer": "東"}, 0),
        ({"project": "道路改良工事"}, 1),
        ({"project": "town/道路改良工事"}, 1),
        ({"contract": "１２３４５－６７８９０１"}, 1),
        ({"contract": "12345-678902"}, 0),
        ({"issuer": "town", "contract": "x"}, 0),
    ],
)
def test_a_filter_takes_an_id_or_a_name_as_people_write_it(wanted: dict[str, str], found: int) -> None:
    assert len(list(filter_rows(log_rows(tell(STARTED, NOT_NOW)), LogFilter(**wanted)))) == found


def read_csv(*rows: LogRow) -> list[dict[str, str]]:
    content = b"".join(csv_bytes(rows)).decode()
    assert content.startswith(BOM)
    assert content.count("\r\n") == len(rows) + 1
    return list(csv.DictReader(io.StringIO(content.removeprefix(BOM), newline="")))


def test_the_csv_opens_in_a_japanese_excel() -> None:
    (row,) = log_rows(tell(STARTED, DATA, ACCEPTED))
    (line,) = read_csv(row)
    assert tuple(line) == HEADER
    assert line["日時"] == "2026-11-21 09:00:03"
    assert line["商品"] == "前払金保証"
    assert line["請求金額"] == "20000000"
    assert line["請求日"] == "2026-05-08"
    assert line["添付（名前・バイト数・SHA-256）"] == f"お知らせ.pdf (42) {'a' * 64}"
    assert line["出来事"] == "送信"
    assert line["訂正元の番号"] == ""


@every_case(
    ("course", "event", "state"),
    [
        ([(Event.HANDED_OVER, {"state": "HANDED_OVER"})], "提出を記録", "別途提出済み"),
        ([STARTED, DATA, ACCEPTED], "到達確認", "到達確認済み"),
    ],
)
def test_the_csv_calls_what_was_handed_in_otherwise_no_arrival(course: list[Any], event: str, state: str) -> None:
    *_, row = log_rows(tell(*course, (Event.CONFIRMED, {"state": "CONFIRMED"})))
    (line,) = read_csv(row)
    assert (line["出来事"], line["状態"]) == (event, state)
    assert bool(line["Message-ID"]) is (ACCEPTED in course), "the draft's id is of a mail that never left"


def test_an_amount_says_whether_it_is_registered_or_was_read_from_the_pdf() -> None:
    read = {"invoice_amount_read": 1_280_000, "invoice_date_read": "2026-05-09"}
    unregistered = {"draft": {**DRAFT, "invoice_amount": None, "invoice_date": None}}
    for changes, amount, date, source in (
        (read, "20000000", "2026-05-08", "案件に登録"),
        ({**unregistered, **read}, "1280000", "2026-05-09", "PDFから読取り"),
        (unregistered, "", "", ""),
    ):
        (row,) = log_rows(tell((Event.REDRAFTED, changes), STARTED, DATA, ACCEPTED))
        (line,) = read_csv(row)
        assert (line["請求金額"], line["請求金額の出所"]) == (amount, source)
        assert (line["請求日"], line["請求日の出所"]) == (date, source)
    assert (row.invoice_amount_from, row.invoice_date_from) == ("", "")


def test_who_approved_and_who_recorded_stand_in_columns_of_their_own() -> None:
    approved = (Event.APPROVED, {"release": "佐藤 次郎", "release_account": "jiro"}, {"by": "佐藤 次郎"})
    confirmed = (Event.CONFIRMED, {"state": "CONFIRMED"}, HANAKO)
    bounced = (Event.BOUNCED, {"state": "BOUNCED"})
    rows = log_rows(tell(approved, STARTED, DATA, ACCEPTED, bounced, confirmed))
    assert [(line["出来事"], line["承認者"], line["記録した人"]) for line in read_csv(*rows)] == [
        ("送信", "佐藤 次郎", ""),
        ("不達", "佐藤 次郎", ""),
        ("到達確認", "佐藤 次郎", "山田 花子"),
    ]
    (row,) = log_rows(tell(STARTED, DATA, ACCEPTED))
    assert (row.approved_by, row.recorded_by) == ("auto", "")


def test_the_csv_has_a_title_for_every_field() -> None:
    assert len(HEADER) == len(dataclasses.fields(LogRow)) == len(set(HEADER))


@every_case("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    (row,) = log_rows(tell(STARTED, DATA, ACCEPTED))
    evil = f"{start}HYPERLINK(1)"
    (line,) = read_csv(dataclasses.replace(row, subject=evil, project=evil, note=evil, to=(evil,)))
    for title in ("件名", "工事名", "記録", "宛先（To）"):
        assert line[title][0] in "'\\", line[title]


def test_foreign_text_cannot_break_a_line_or_turn_its_direction() -> None:
    (row,) = log_rows(tell(STARTED, DATA, ACCEPTED))
    (line,) = read_csv(dataclasses.replace(row, smtp_reply='550 "no"\r\n\u202eevil,'))
    assert line["サーバーの応答"] == '550 "no"\\u{000D}\\u{000A}\\u{202E}evil,'


def test_a_json_line_has_english_names_and_japanese_time() -> None:
    (row,) = log_rows(tell(STARTED, DATA, ACCEPTED))
    line = jsonl(row)
    assert "\n" not in line
    content = json.loads(line)
    assert set(content) == {field.name for field in dataclasses.fields(LogRow)}
    assert content["at"] == "2026-11-21T09:00:03+09:00"
    assert content["product"] == "advance"
    assert content["attachments"] == [{"filename": "お知らせ.pdf", "size": 42, "sha256": "a" * 64}]
    assert content["invoice_date"] == "2026-05-08"
