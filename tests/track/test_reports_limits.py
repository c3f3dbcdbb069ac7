"""Reports that strangers write to take time: read in bounded time, and what is bounded is bounded by name."""

from __future__ import annotations

import time

import pytest

from tests.support.returned import OURS, TOWN, recipient
from worker.read.message import read_message
from worker.track.dsn import (
    PARTS_LIMIT,
    STATUS_LIMIT,
    DsnAction,
    DsnBlock,
    read_delivery_status,
    read_field_groups,
)
from worker.track.reports import DeliveryReport, read_report

GROWTH = 10
"""A mail of four times the length takes at most so many times as long: what is read at each place again takes 16."""
LEAST = 0.05
"""Seconds of processor time below which nothing is compared."""

MAIL = 8_000_000
PARTS = 990

FAILED = "Action: failed\nStatus: 5.1.1\n"
FIELDS = {
    "a word without an at": FAILED + "Final-Recipient: rfc822; " + "a" * 8000,
    "the same, folded": FAILED + "Final-Recipient: rfc822; " + "\n ".join(["a" * 900] * 8),
    "ats alone": FAILED + "Final-Recipient: rfc822; " + "@" * 8000,
    "words of one letter": FAILED + "Final-Recipient: rfc822; " + "a " * 4000,
    "open comments": FAILED + "Final-Recipient: rfc822; " + "(" * 8000,
    "empty comments": FAILED + "Final-Recipient: rfc822; " + "()" * 4000,
    "an encoded address": FAILED + "Original-Recipient: rfc822; a" + "+40" * 2600 + "@b",
    "an action of comments": "Action: " + "(" * 8000,
    "a status of digits": "Status: " + "5.1." * 2000,
    "a status and dots": "Status: 5.1.1" + "." * 8000,
    "many statuses": FAILED + "Diagnostic-Code: smtp; " + "5.1.1 " * 1300,
    "half encoded words": FAILED + "Diagnostic-Code: smtp; " + "=?utf-8?q?" * 800,
    "no field": "x\n" * 4000,
    "many fields": "a: b\n" * 1600,
    "many groups": "a: b\n\n" * 1300,
    "many recipients": "Action: failed\n" * 530,
    "many folds": FAILED + " a\n" * 2600,
}
RETURNED = {
    "headers": f"Message-ID: {OURS}\n" + "a: b\n" * 1600,
    "ids": f"Message-ID: {OURS}\nReferences: " + "<" * 8000,
    "a long line": f"Message-ID: {OURS}\n\n" + "a" * 8000,
}


def mail_of(kind: str, content: str, count: int) -> bytes:
    head = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nMIME-Version: 1.0\n"
    head += "Content-Type: multipart/report; report-type=delivery-status; boundary=R\n\n"
    parts = f"--R\nContent-Type: {kind}\n\n{content}\n" * count
    return f"{head}{parts}--R--\n".encode()[:MAIL]


def read(raw: bytes) -> object:
    return read_report(raw, read_message(raw), lambda message_id: message_id == OURS)


def seconds_for(raw: bytes) -> float:
    began = time.process_time()
    read(raw)
    return time.process_time() - began


@pytest.mark.parametrize("content", FIELDS.values(), ids=FIELDS)
def test_a_report_of_many_or_large_status_parts_is_read_in_bounded_time(content: str) -> None:
    for parts in (1, PARTS):
        raw = mail_of("message/delivery-status", content * (PARTS // parts), parts)
        assert len(raw) > MAIL / 2
        assert seconds_for(raw) < GROWTH * max(seconds_for(raw[: MAIL // 4]), LEAST)


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers", "message/disposition-notification"])
@pytest.mark.parametrize("content", RETURNED.values(), ids=RETURNED)
def test_a_report_that_brings_back_many_mails_is_read_in_bounded_time(content: str, kind: str) -> None:
    for parts in (1, PARTS):
        raw = mail_of(kind, content * (PARTS // parts), parts)
        assert seconds_for(raw) < GROWTH * max(seconds_for(raw[: MAIL // 4]), LEAST)


def test_blocks_are_read_of_so_many_parts_and_so_many_bytes_and_no_part_behind_them_is_decoded() -> None:
    asked = []

    def parts(count: int, padding: int):
        for number in range(count):
            asked.append(number)
            text = recipient(to=f"x{number}@town.example") + f"\nX-Padding: {'p' * padding}"
            yield text.encode()

    _, blocks = read_delivery_status(parts(PARTS_LIMIT + 5, 10))
    assert [block.addresses for block in blocks] == [(f"x{number}@town.example",) for number in range(PARTS_LIMIT)]
    assert asked == list(range(PARTS_LIMIT))
    asked.clear()
    _, blocks = read_delivery_status(parts(PARTS_LIMIT, STATUS_LIMIT // 3))
    assert len(blocks) == len(asked) == 3


def test_the_ids_of_machine_readable_parts_are_read_of_so_many_parts_and_so_many_bytes() -> None:
    """Relays keep our id in a field of their own; a stranger's mail has hundreds of such parts."""
    ours = "<relayed.17@relay.example>"
    named = f"X-Original-Message-ID: {ours}\n"

    def finds(before: int, padding: int) -> bool:
        other = f"a: b\n\nX-Padding: {'p' * padding}\n"
        parts = "".join(f"--R\nContent-Type: message/delivery-status\n\n{each}\n" for each in [other] * before)
        last = f"--R\nContent-Type: message/delivery-status\n\na: b\n\n{named}\n--R--\n"
        head = mail_of("message/delivery-status", "", 0).partition(b"--R--")[0]
        raw = head + parts.encode() + last.encode()
        report = read_report(raw, read_message(raw), lambda message_id: message_id == ours)
        assert isinstance(report, DeliveryReport)
        return ours in report.returned

    assert finds(PARTS_LIMIT - 1, 10)
    assert not finds(PARTS_LIMIT, 10)
    assert not finds(2, STATUS_LIMIT // 2)


def test_an_address_is_found_where_it_was_before() -> None:
    for written, found in (
        (f"rfc822; {TOWN}", (TOWN,)),
        (f"rfc822;<{TOWN}>", (TOWN,)),
        (f'"rfc822;{TOWN}"', (TOWN,)),
        (f"{TOWN} (a comment)", (TOWN,)),
        (f"rfc822; Doboku {TOWN}", (TOWN,)),
        ("rfc822; a+40b@c.example", ("a+40b@c.example", "a@b@c.example")),
        ("rfc822; " + "a" * 300 + "@town.example", ()),
        ("rfc822; " + "a" * 256 + "@town.example", ("a" * 256 + "@town.example",)),
        ("rfc822; " + "a" * 300 + f" {TOWN}", (TOWN,)),
    ):
        report = read(mail_of("message/delivery-status", f"{FAILED}Final-Recipient: {written}", 1))
        assert report == DeliveryReport("", (), (DsnBlock(found, DsnAction.FAILED, "5.1.1"),)), written


def test_fields_behind_lines_that_are_no_fields_are_read() -> None:
    for between in (
        "x\n",
        "x\r\n\r\n",
        "x\n\r\n",
        " folded\n",
        "x y: z\n",
        "x\rb: 2\n",
        "x\n\n\n",
        "n" * 101 + ": z\n",
    ):
        assert read_field_groups(f"{between}a: 1\n\n{between * 3}c: 3\n".encode()) == ((("a", "1"),), (("c", "3"),)), (
            between
        )
    assert read_field_groups(b"x\nFrom relay\na: 1\n") == ((("a", "1"),),)
    assert read_field_groups(b"x\n" * 3) == ()
