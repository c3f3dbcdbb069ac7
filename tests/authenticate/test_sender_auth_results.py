"""The results of our own mail server about the sender of a mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tables import every_case
from worker.authenticate.sender_auth import (
    RESULTS_LIMIT,
    AuthResults,
    Field,
    HeaderState,
    Tally,
    parse_auth_results,
    read_auth_results,
    server_of,
    tally_servers,
)

MX = "mx.contractor.example"


def found(*results: str, above: tuple[str, ...] = (), authserv_id: str = MX) -> AuthResults:
    fields = [Field(name.encode(), b" x") for name in above]
    fields += [Field(b"authentication-results", b" " + each.encode("utf-8", "surrogateescape")) for each in results]
    return read_auth_results([*fields, Field(b"from", b" a@b.example")], authserv_id)


def passed(text: str) -> tuple[tuple[str, str], ...]:
    return found(f"{MX}; {text}").passed


@every_case(
    ("text", "proved"),
    [
        ("dkim=pass header.d=surety.example", [("dkim", "surety.example")]),
        ("DKIM=Pass Header.D=Surety.Example", [("dkim", "surety.example")]),
        ("dkim=pass header.i=@surety.example header.s=k1", [("dkim", "surety.example")]),
        ("dkim=pass header.i=desk@surety.example", [("dkim", "surety.example")]),
        ("dkim=pass header.d=surety.example header.i=@evil.example", [("dkim", "surety.example")]),
        ('dkim=pass reason="good (very)" header.d="surety.example"', [("dkim", "surety.example")]),
        ("dkim/1 = pass (2048-bit; (rsa) key) header.d = surety.example", [("dkim", "surety.example")]),
        ("spf=pass smtp.mailfrom=bounce+x=y@surety.example", [("spf", "surety.example")]),
        ("spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=surety.example", [("spf", "surety.example")]),
        ("dmarc=pass (p=NONE) header.from=surety.example", [("dmarc", "surety.example")]),
        ("dmarc=pass action=none header.from=surety.example;compauth=pass reason=100", [("dmarc", "surety.example")]),
        (
            "dkim=fail header.d=evil.example; dkim=pass header.d=surety.example;",
            [("dkim", "surety.example")],
        ),
        ("none", []),
        ("dkim=fail header.d=surety.example", []),
        ("dkim=passed header.d=surety.example", []),
        ("dkim=neutral (pass) header.d=surety.example", []),
        ("dkim=pass", []),
        ("dkim/2=pass header.d=surety.example", []),
        ("dkim=pass header.d=surety.example header.d=evil.example", []),
        ("dkim=pass header.d=surety.example.", []),
        ("dkim=pass header.d=surety.example@evil.example", []),
        ("dkim=pass header.d=surety.example,evil.example", []),
        ("dkim-atps=pass header.d=surety.example", []),
        ("arc=pass header.d=surety.example", []),
        ("auth=pass smtp.auth=surety.example", []),
        ("iprev=pass policy.iprev=192.0.2.1", []),
        ("spf=pass smtp.helo=surety.example", []),
        ("spf=softfail smtp.mailfrom=surety.example", []),
        ('spf=pass smtp.mailfrom="x; dkim=pass header.d=surety.example"@evil.example', []),
        ('spf=fail smtp.mailfrom="x@y; dkim=pass header.d=surety.example;"', []),
        ("spf=fail (dkim=pass header.d=surety.example) smtp.mailfrom=evil.example", []),
        ('spf=fail reason="; dkim=pass header.d=surety.example"', []),
    ],
)
def test_only_a_method_that_passed_for_a_domain_in_plain_words_proves_it(text: str, proved: list[object]) -> None:
    assert list(passed(text)) == proved


@every_case(
    "text",
    [
        f'"{MX}"; dkim=pass header.d=surety.example',
        f"(x) {MX}; dkim=pass header.d=surety.example",
        f"{MX}(x); dkim=pass header.d=surety.example",
        f"{MX} 2; dkim=pass header.d=surety.example",
        f"{MX}; dkim=pass header.d=surety.example(.evil.example",
        f"{MX}; dkim=pass header.d=surety.example(.evil.example)",
        f"{MX}; dkim=pass header.d=surety.example (open",
        f"{MX}; dkim=pass header.d=surety.example )",
        f'{MX}; dkim=pass header.d="surety.example',
        f"{MX}; dkim=pass header.d=surety.example (保証)",
        f"{MX}; dkim=pass header.d=surety.example (" + "(" * 30 + ")" * 30 + ")",
        f"{MX} dkim=pass header.d=surety.example; dkim=pass header.d=surety.example",
        f"{MX}; " + "x=y; " * RESULTS_LIMIT + "dkim=pass header.d=surety.example",
    ],
)
def test_what_is_not_written_as_the_standard_has_it_proves_nothing_and_counts_as_a_header(text: str) -> None:
    assert found(text) == AuthResults(HeaderState.UNREADABLE)
    assert found(text, f"{MX}; dkim=pass header.d=surety.example").stand is HeaderState.TWO


def test_two_headers_of_our_server_prove_nothing_in_whatever_disguise_the_second_comes() -> None:
    good = f"{MX}; dkim=pass header.d=surety.example"
    for second in (good, f"{MX}; none", MX, f'"{MX}"; none', MX.upper() + " 1; none", f"(x){MX}; none", f"{MX}(; none"):
        assert found(good, second) == AuthResults(HeaderState.TWO)
        assert found(second, good) == AuthResults(HeaderState.TWO)
    assert found(good, f"other.{MX}; none", "spf=fail; dkim=fail", "").stand is HeaderState.FOUND


def test_a_header_of_another_server_is_none_of_ours() -> None:
    for other in ("mx.evil.example", f"{MX}.evil.example", f"x{MX}", "spf=pass", ""):
        assert found(f"{other}; dkim=pass header.d=surety.example") == AuthResults(HeaderState.NONE)
    assert found() == AuthResults(HeaderState.NONE)


def test_the_name_of_the_server_is_compared_without_regard_to_case() -> None:
    assert found("MX.Contractor.EXAMPLE 1; dkim=pass header.d=surety.example").passed


def test_no_header_is_believed_while_the_servers_name_is_not_set() -> None:
    assert found("; dkim=pass header.d=surety.example", authserv_id="") == AuthResults(HeaderState.NOT_SET)


@pytest.mark.parametrize("above", ["from", "subject", "date", "to", "message-id", "dkim-signature", "content-type"])
def test_a_header_below_what_the_sender_wrote_is_the_senders_own(above: str) -> None:
    good = f"{MX}; dkim=pass header.d=surety.example"
    assert found(good, above=("received", above)) == AuthResults(HeaderState.BELOW)
    assert found(good, above=("return-path", "received", "received-spf", "x-spam", "arc-seal")).passed


def test_a_failed_dmarc_says_that_the_server_takes_the_sender_for_another() -> None:
    assert found(f"{MX}; dkim=pass header.d=a.example; dmarc=fail header.from=b.example").is_refused
    assert not found(f"{MX}; dkim=pass header.d=a.example; dmarc=none header.from=a.example").is_refused


def test_the_names_in_several_mails_are_counted_and_what_is_no_name_is_left_out() -> None:
    own = f"Authentication-Results: {MX}; none\r\n".encode()
    other = b"Authentication-Results: relay.example;\r\n dkim=pass header.d=a.example\r\n"
    nameless = b"Authentication-Results: spf=pass (x) smtp.mailfrom=a.example; dkim=none\r\n"
    tally = tally_servers([own, other + own, own + own, nameless, b"", b"\x00\xff"])
    assert tally == Tally(6, {MX: 3, "relay.example": 1}, frozenset({MX}))
    assert list(tally.bearing) == [MX, "relay.example"]
    assert (tally.in_mails(MX.upper()), tally.in_mails("mx.example")) == (3, 0)


_WORDS = f"{MX} ; dkim spf dmarc = pass fail none header.d header.i smtp.mailfrom ( ) surety.example @ 1 / . é"
_PIECES = st.sampled_from([*_WORDS.split(), " ", "\t", '"', "\\", "\x00", "reason"])


@given(st.lists(_PIECES | st.text(max_size=3), max_size=40).map("".join))
def test_whatever_stands_in_the_header_nothing_raises_and_nothing_is_proven_without_a_pass(text: str) -> None:
    raw = text.encode("utf-8", "surrogatepass")
    server_of(raw)
    results = parse_auth_results(raw)
    proved = read_auth_results([Field(b"authentication-results", raw)], MX).passed
    if proved:
        assert results is not None
        assert raw.split(b";")[0].strip(b" \t").split()[0].lower() == MX.encode()
        assert b"pass" in raw.lower()
        assert all(domain.encode() in raw.lower() for _, domain in proved)
    without = raw.lower().replace(b"pass", b"fail")
    assert read_auth_results([Field(b"authentication-results", without)], MX).passed == ()
