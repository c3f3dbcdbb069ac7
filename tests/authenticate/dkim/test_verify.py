"""DKIM signatures, made by dkimpy here and verified with keys of a DNS that the test holds."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tests.support.fakes import FakeClock
from tests.support.signed_mail import DOMAIN, KEY_NAME, WEAK, Zone, key_of, sign
from worker.authenticate.dkim.verify import DnsDkimVerifier, Records, TxtRecords
from worker.authenticate.sender_auth import DkimFailure, DkimResult, Resolver, read_header_fields
from worker.core.errors import Unavailable
from worker.core.model import JST

MAIL = (
    b"From: Net Desk <netdesk@surety.example>\r\nTo: soumu@contractor.example\r\nSubject: notice\r\n"
    b"Date: Sat, 21 Nov 2026 09:00:00 +0900\r\nMessage-ID: <1@surety.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain\r\n\r\nThe notice is issued.\r\nIts number is 40213-000001.\r\n"
)


GOOD = DkimResult(DOMAIN, is_key_secured=True)


def verified(
    raw: bytes,
    zone: Zone | None = None,
    root: str = DOMAIN,
    now: dt.datetime | None = None,
    came_at: dt.datetime | None = None,
) -> DkimResult:
    moment = now or dt.datetime.now(JST)
    fields = read_header_fields(raw)
    assert fields is not None
    signatures = DnsDkimVerifier(FakeClock(moment), zone or Zone())
    return asyncio.run(signatures.verify(raw, fields, root, came_at or moment))


def test_a_good_signature_names_its_domain() -> None:
    zone = Zone()
    assert verified(sign(MAIL), zone) == GOOD
    assert zone.asked == [KEY_NAME]
    over = b"Received: from a by b; Sat, 21 Nov 2026 09:00:01 +0900\r\nX-Spam: no\r\n"
    assert verified(over + sign(MAIL)) == GOOD
    assert verified(sign(MAIL).replace(b"\r\n", b"\n")) == GOOD


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"40213-000001", b"40213-000002"),
        (b"number is", b"number is  now"),
        (b"\r\nIts", b"\r\nAn added line.\r\nIts"),
        (b"From: Net Desk <netdesk@", b"From: Net Desk <boss@"),
        (b"From: Net Desk", b"From: Surety"),
        (b"Subject: notice", b"Subject: another notice"),
    ],
)
def test_a_changed_body_or_a_changed_signed_header_is_no_longer_signed(old: bytes, new: bytes) -> None:
    signed = sign(MAIL)
    assert old in signed
    assert verified(signed.replace(old, new)) == DkimResult(why=DkimFailure.CHANGED)


@pytest.mark.parametrize("kind", [b"relaxed", b"simple"])
def test_spaces_count_as_the_signature_says(kind: bytes) -> None:
    spaced = MAIL.replace(b"number is", b"number  \t is  ").replace(b"issued.\r\n", b"issued. \t\r\n \r\n")
    signed = sign(spaced, body=kind)
    assert verified(signed) == GOOD
    wider = signed.replace(b"number  \t is", b"number is").replace(b"issued. \t\r\n", b"issued.\r\n")
    assert verified(wider).domain == (DOMAIN if kind == b"relaxed" else "")
    assert verified(signed.replace(b"  \t is", b"is")).why is DkimFailure.CHANGED


def test_a_strangers_row_of_spaces_takes_no_time() -> None:
    """Twenty thousand took two seconds, a million more than an hour, in which nothing else was done."""
    signed = sign(MAIL, body=b"relaxed")
    assert verified(signed + b" " * 1_000_000 + b"x").why is DkimFailure.CHANGED


def test_a_second_from_makes_the_signature_bad() -> None:
    signed = sign(MAIL)
    assert verified(b"From: x@evil.example\r\n" + signed) == DkimResult(why=DkimFailure.FIELD_TWICE, about="From")


def test_a_signature_over_a_part_of_the_body_is_not_tried() -> None:
    zone = Zone()
    appended = sign(MAIL, is_length_given=True) + b"Send it to evil.example instead.\r\n"
    assert verified(appended, zone) == DkimResult(why=DkimFailure.BODY_IN_PART)
    assert zone.asked == []


def test_a_signature_without_the_from_is_refused() -> None:
    unsigned = re.sub(rb"(h=|: )from : ", rb"\1", sign(MAIL), count=1)
    assert verified(unsigned) == DkimResult(why=DkimFailure.FROM_UNSIGNED)


def test_an_expired_signature_is_refused() -> None:
    signed = sign(MAIL)
    expiring = re.sub(rb"( t=[0-9]+;)", rb"\1 x=%d;" % int(time.time() + 60), signed, count=1)
    assert expiring != signed
    assert verified(expiring, now=dt.datetime.now(JST) + dt.timedelta(minutes=2)) == DkimResult(why=DkimFailure.EXPIRED)


def test_a_signature_of_another_domain_is_not_asked_about() -> None:
    zone = Zone()
    assert verified(sign(MAIL, domain="evil.example"), zone) == DkimResult(why=DkimFailure.OTHER_DOMAIN)
    assert verified(MAIL, zone) == DkimResult(why=DkimFailure.NONE)
    assert zone.asked == []


def test_a_signature_of_a_domain_below_counts_and_a_foreign_one_before_it_does_not_hide_it() -> None:
    below = f"mail.{DOMAIN}"
    zone = Zone({f"k1._domainkey.{below}": [key_of()[1]]})
    assert verified(sign(sign(MAIL, domain=below), domain="list.example"), zone) == DkimResult(
        below, is_key_secured=True
    )


def test_a_short_key_a_key_on_trial_a_foreign_key_and_a_missing_one_prove_nothing() -> None:
    assert verified(sign(MAIL, bits=1024), Zone({KEY_NAME: [key_of(1024)[1]]})) == GOOD
    signed, record = sign(MAIL), key_of()[1]
    assert verified(signed, Zone({KEY_NAME: [key_of(1024)[1]]})) == DkimResult(why=DkimFailure.CHANGED)
    assert verified(signed, Zone({KEY_NAME: [record + b"; t=y"]})) == DkimResult(why=DkimFailure.ON_TRIAL)
    assert verified(signed, Zone({KEY_NAME: [b"v=DKIM1; p=AAAA"]})) == DkimResult(why=DkimFailure.CHANGED)
    assert verified(signed, Zone({KEY_NAME: [b"v=DKIM1; p=?"]})) == DkimResult(why=DkimFailure.CHANGED)
    assert verified(signed, Zone({})) == DkimResult(why=DkimFailure.NO_KEY)
    assert verified(signed, Zone({KEY_NAME: [record, record]})) == DkimResult(why=DkimFailure.NO_KEY)


def test_a_type_that_was_put_in_place_of_an_unsigned_one_is_refused_before_the_dns_is_asked() -> None:
    """A text that quotes another's parts becomes a mail with these parts, and the body is still what was signed."""
    zone = Zone()
    quoting = sign(MAIL, headers=(b"from", b"to", b"subject", b"date", b"message-id"))
    swapped = quoting.replace(b"Content-Type: text/plain", b'Content-Type: multipart/mixed; boundary="b"')
    for raw in (quoting, swapped):
        assert verified(raw, zone).why is DkimFailure.FIELD_UNSIGNED
    assert zone.asked == []
    assert verified(swapped.replace(b"MIME-Version: 1.0\r\n", b"")).about == "Content-Type"


@pytest.mark.parametrize("name", [b"Content-Type", b"MIME-Version", b"Content-Transfer-Encoding"])
def test_a_field_that_was_put_in_where_none_stood_is_found_whether_it_is_named_or_not(name: bytes) -> None:
    bare = re.sub(rb"(?m)^(Content-Type|MIME-Version): .*\r\n", b"", MAIL)
    added = name + b": 7bit\r\n"
    assert verified(added + sign(bare)).why is DkimFailure.CHANGED
    few = sign(bare, headers=(b"from", b"subject"))
    assert verified(few) == GOOD
    assert verified(added + few) == DkimResult(why=DkimFailure.FIELD_UNSIGNED, about=name.decode())


def test_of_two_signatures_the_good_one_proves_in_either_order() -> None:
    few = (b"from", b"subject")
    assert verified(sign(sign(MAIL, headers=few))) == GOOD
    assert verified(sign(sign(MAIL), headers=few)) == GOOD
    spoilt = sign(MAIL).replace(b" bh=", b" bh=A", 1).removesuffix(MAIL)
    assert verified(spoilt + sign(MAIL)) == GOOD
    assert verified(spoilt + MAIL).why is DkimFailure.CHANGED


def test_a_mail_that_was_signed_long_ago_is_one_that_somebody_sent_again() -> None:
    now = dt.datetime.now(JST)
    for days, why in ((29, DkimFailure.NONE), (31, DkimFailure.TOO_OLD)):
        assert verified(sign(MAIL, at=now - dt.timedelta(days=days)), came_at=now).why is why
    late = verified(sign(MAIL, at=now - dt.timedelta(days=90)), came_at=now - dt.timedelta(days=89))
    assert late == GOOD  # read long after it arrived


def test_a_key_that_can_be_broken_proves_nothing() -> None:
    assert verified(sign(MAIL, bits=WEAK), Zone({KEY_NAME: [key_of(WEAK)[1]]})) == DkimResult(why=DkimFailure.WEAK_KEY)


def test_a_dns_that_is_away_is_said_and_no_verdict() -> None:
    assert verified(sign(MAIL), Zone(is_away=True)) == DkimResult(why=DkimFailure.DNS)


# --- The DNS itself -------------------------------------------------------------------------------------------

_Answer = Callable[[dns.message.Message], dns.message.Message | None]


@contextmanager
def a_dns(answer: _Answer, host: str = "127.0.0.1") -> Iterator[tuple[int, list[str]]]:
    """A name server on this machine: its port, and the names that it was asked for."""
    asked: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((host, 0))

        def serve() -> None:
            while True:
                content, peer = server.recvfrom(4096)
                if not content:
                    return
                question = dns.message.from_wire(content)
                asked.append(question.question[0].name.to_text())
                if (answered := answer(question)) is not None:
                    server.sendto(answered.to_wire(), peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], asked
        server.sendto(b"", server.getsockname())
        thread.join(5)


def _answering(
    *texts: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR, checks: bool = False, kind: str = "TXT"
) -> _Answer:
    def answer(question: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(question)
        response.flags |= dns.flags.RA
        if checks and question.flags & dns.flags.AD:  # AD is set only if the question asks for it
            response.flags |= dns.flags.AD
        response.set_rcode(rcode)
        if texts:
            response.answer.append(dns.rrset.from_text(question.question[0].name, 300, "IN", kind, *texts))
        return response

    return answer


def test_records_are_put_together_of_their_pieces_and_asked_for_once() -> None:
    with a_dns(_answering('"v=DKIM1; " "p=eA=="')) as (port, asked):
        records = TxtRecords(["127.0.0.1"], port)
        assert records(KEY_NAME, 5) == Records((b"v=DKIM1; p=eA==",))
        assert records(KEY_NAME, 5) == Records((b"v=DKIM1; p=eA==",))
        assert asked == [f"{KEY_NAME}."]


def test_a_name_that_is_not_there_has_no_records() -> None:
    with a_dns(_answering(rcode=dns.rcode.NXDOMAIN)) as (port, _):
        assert TxtRecords(["127.0.0.1"], port)(KEY_NAME, 5) == Records()
    with a_dns(_answering()) as (port, _):
        assert TxtRecords(["127.0.0.1"], port)(KEY_NAME, 5) == Records()


@pytest.mark.parametrize("answer", [_answering(rcode=dns.rcode.SERVFAIL), lambda question: None])
def test_a_server_that_fails_or_is_silent_is_no_answer_within_the_time(answer: _Answer) -> None:
    with a_dns(answer) as (port, _), pytest.raises(Unavailable):
        TxtRecords(["127.0.0.1"], port)(KEY_NAME, 0.2)


def test_an_answer_is_secured_where_a_resolver_on_this_machine_says_that_it_checked_it() -> None:
    for checks in (True, False):
        with a_dns(_answering('"p=eA=="', checks=checks)) as (port, _):
            records = TxtRecords(["127.0.0.1"], port)
            assert records(KEY_NAME, 5) == records(KEY_NAME, 5) == Records((b"p=eA==",), is_secured=checks)


def _this_machine() -> str:
    """An address of this machine that is no loopback; empty if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 53))  # sends nothing
        except OSError:
            return ""
        return str(probe.getsockname()[0])


@pytest.mark.skipif(not _this_machine(), reason="this machine has no address beside loopback")
def test_the_word_of_a_resolver_elsewhere_secures_nothing() -> None:
    host = _this_machine()
    with a_dns(_answering('"p=eA=="', checks=True), host) as (port, _):
        assert TxtRecords([host], port)(KEY_NAME, 5) == Records((b"p=eA==",))
    root = _answering("a.example. b.example. 1 1 1 1 1", kind="SOA", checks=True)
    with a_dns(root, host) as (port, _):
        assert TxtRecords([host], port).try_resolver() is Resolver.NOT_HERE


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (_answering("a.example. b.example. 1 1 1 1 1", kind="SOA", checks=True), Resolver.SECURED),
        (_answering("a.example. b.example. 1 1 1 1 1", kind="SOA"), Resolver.NO_AD),
        (_answering(rcode=dns.rcode.SERVFAIL), Resolver.AWAY),
        (_answering(), Resolver.AWAY),
    ],
)
def test_what_the_resolver_can_prove_is_tried_with_the_root(answer: _Answer, found: Resolver) -> None:
    with a_dns(answer) as (port, asked):
        assert TxtRecords(["127.0.0.1"], port).try_resolver() is found
        assert asked[0] == "."
