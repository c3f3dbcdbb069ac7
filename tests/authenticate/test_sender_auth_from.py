"""The sender that a mail names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tables import every_case
from worker.authenticate.sender_auth import Flaw, FromAddress, read_domain, read_header_fields, read_sender
from worker.core.addresses import is_within


def sender_of(*froms: bytes, before: bytes = b"", after: bytes = b"Subject: x\r\n") -> FromAddress | Flaw:
    lines = b"".join(b"From: " + each + b"\r\n" for each in froms)
    return read_sender(read_header_fields(before + lines + after + b"\r\nbody\r\n"))


@every_case(
    "text",
    [
        b"netdesk@surety.example",
        b"<netdesk@surety.example>",
        b"Net Desk <netdesk@surety.example>",
        b'"Net Desk (East), Tokyo" <netdesk@surety.example>',
        b'"a@guarantor.example" <netdesk@surety.example>',
        b"=?utf-8?B?5L+d6Ki8?= <netdesk@surety.example>",
        "保証 <netdesk@surety.example>".encode(),
        "保証 <netdesk@surety.example>".encode("cp932"),
        b"\r\n Net Desk\r\n\t<netdesk@surety.example>  ",
        b"netdesk@Surety.EXAMPLE",
    ],
)
def test_one_plain_address_is_the_sender_whatever_is_displayed_beside_it(text: bytes) -> None:
    assert sender_of(text) == FromAddress("netdesk@surety.example")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (b'"netdesk@surety.example" <x@evil.example>', "x@evil.example"),
        (b"=?utf-8?q?netdesk=40surety=2Eexample?= <x@evil.example>", "x@evil.example"),
        (b"=?utf-8?b?bmV0ZGVza0BzdXJldHkuZXhhbXBsZQA=?=@evil.example", None),
        (b"netdesk@surety.example.evil.example", "netdesk@surety.example.evil.example"),
        (b"netdesk@xn--surety-9ta.example", "netdesk@xn--surety-9ta.example"),
        (b"netdesk%surety.example@evil.example", "netdesk%surety.example@evil.example"),
    ],
)
def test_what_is_displayed_or_encoded_is_never_taken_for_the_address(text: bytes, address: str | None) -> None:
    assert sender_of(text) == (Flaw.UNCLEAR if address is None else FromAddress(address))


@every_case(
    "text",
    [
        b"",
        b"Net Desk",
        b"netdesk@surety.example, x@evil.example",
        b"Desk: netdesk@surety.example;",
        b"undisclosed-recipients:;",
        b"netdesk@surety.example x@evil.example",
        b"<netdesk@surety.example> <x@evil.example>",
        b"netdesk@surety.example <x@evil.example>",
        b"x@evil.example (netdesk@surety.example)",
        b"(x) netdesk@surety.example",
        b"netdesk(x)@surety.example",
        b"netdesk@surety.example(.evil.example",
        b"netdesk@surety.example.",
        b"netdesk@surety..example",
        b"netdesk@[192.0.2.1]",
        b"netdesk@surety",
        b"netdesk@-surety.example",
        b'"net desk"@surety.example',
        b"<@evil.example:netdesk@surety.example>",
        b'"open <netdesk@surety.example>',
        "netdesk@sur\u0435ty.example".encode(),
        "netdesk@surety\uff0eexample".encode(),
        b"netdesk@surety.example\x1b$B",
        b"net@desk@surety.example",
        b"x" * 65 + b"@surety.example",
        b"Net Desk " * 300 + b"<netdesk@surety.example>",
    ],
)
def test_what_could_be_read_in_two_ways_names_no_sender(text: bytes) -> None:
    assert sender_of(text) is Flaw.UNCLEAR


def test_two_froms_or_none_name_no_sender() -> None:
    good, evil = b"netdesk@surety.example", b"x@evil.example"
    assert sender_of(good, evil) is Flaw.TWO_FROMS
    assert sender_of(good, good) is Flaw.TWO_FROMS
    assert sender_of(good, after=b"FROM: x@evil.example\r\n") is Flaw.TWO_FROMS
    assert sender_of() is Flaw.NO_FROM


@every_case(
    "before",
    [
        b"From : x@evil.example\r\n",
        b"X-A: 1\rAuthentication-Results: mx; dkim=pass\r\n",
        b"X-A: 1\nX-B: 2\r\n",
        b"X-A: 1\r\nX-B: 2\n\n",
        b"X-A: 1\r\n \r\n",
        b" X-A: 1\r\n",
        b"no field\r\n",
        b"From x@evil.example Sat Nov 21 09:00:00 2026\r\n",
        b"X-A: \x00\r\n",
        b"X-A: \x08\r\n",
        b"Subject: another\r\n",
        b"MIME-Version: 1.0\r\nMIME-Version: 1.0\r\n",
        b"Content-Type: text/plain\r\ncontent-type: text/html\r\n",
    ],
)
def test_headers_that_programs_read_differently_name_no_sender(before: bytes) -> None:
    assert sender_of(b"netdesk@surety.example", before=before) is Flaw.HEADERS


def test_headers_of_any_one_line_end_are_read() -> None:
    raw = b"X-A: 1\nFrom: netdesk@surety.example\nSubject: x\n\nbody\r\n\r\n"
    assert read_sender(read_header_fields(raw)) == FromAddress("netdesk@surety.example")
    assert read_sender(read_header_fields(b"From: netdesk@surety.example\r\n")) == FromAddress("netdesk@surety.example")
    assert read_sender(read_header_fields(b"Subject: \x1b$B%F\x1b(B\r\nFrom: a@b.example\r\n\r\n")) == FromAddress(
        "a@b.example"
    )


def test_headers_without_an_end_within_the_limit_name_no_sender() -> None:
    assert read_header_fields(b"From: a@b.example\r\n" + b"X-A: 1\r\n" * 40_000 + b"\r\n") is None
    assert read_header_fields(b"") is None


def test_a_domain_is_within_its_own_and_those_above_it_alone() -> None:
    assert is_within("surety.example", "surety.example")
    assert is_within("desk.surety.example", "surety.example")
    assert not is_within("evilsurety.example", "surety.example")
    assert not is_within("surety.example", "desk.surety.example")
    assert not is_within("surety.example.evil.example", "surety.example")
    assert not is_within("surety.example", "")


def test_a_domain_is_read_in_small_letters_and_without_a_dot_at_its_end() -> None:
    assert read_domain("Surety.Example") == "surety.example"
    assert [read_domain(text) for text in ("surety.example.", "surety", "a b.example", "", "sur\u0435ty.example")] == [
        ""
    ] * 5


@given(st.binary(max_size=300))
def test_no_bytes_raise(raw: bytes) -> None:
    read_sender(read_header_fields(raw))
    read_sender(read_header_fields(b"From: " + raw + b"\r\n\r\n"))
