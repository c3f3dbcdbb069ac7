"""A server's answers describe a message the same way for any set of fetched fields."""

from __future__ import annotations

import datetime as dt

import pytest

from worker.watch.imap.mailbox import read_header_answer

REST = {b"RFC822.SIZE": 100, b"INTERNALDATE": dt.datetime(2026, 11, 21, tzinfo=dt.UTC)}


@pytest.mark.parametrize("line", [b"Message-ID: <1@x.example>", b"MESSAGE-ID :\r\n\t<1@x.example>\r\n (a)"])
@pytest.mark.parametrize(
    "above",
    [
        b"",
        b"From: a\rno field\r\n",
        b"Subject: " + b"x\r\n " * 70_000 + b"x\r\n",
        b"References: <0@x.example>\r\n Message-ID: <2@x.example>\r\n",
    ],
    ids=["nothing", "a line that is no field", "a field of 280 kB", "a fold that looks like it"],
)
def test_a_message_bears_the_same_message_id_whatever_stands_above_it(above: bytes, line: bytes) -> None:
    """If a message seemed another one each hour, the whole mailbox would be requested and recorded again."""
    alone = {**REST, b"BODY[HEADER.FIELDS (MESSAGE-ID)]": line + b"\r\n\r\n"}
    with_others = {**REST, b"BODY[HEADER.FIELDS (FROM SUBJECT MESSAGE-ID)]": above + line + b"\r\n\r\n"}
    assert read_header_answer(1, with_others) == read_header_answer(1, alone)
    assert read_header_answer(1, alone).message_id == "<1@x.example>"
