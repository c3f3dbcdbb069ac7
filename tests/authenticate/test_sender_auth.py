"""Sender authentication: the mails whose sender is proven, and those whose sender is not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from email.utils import format_datetime

import pytest

from tests.support.authenticated import SIGNED, signature
from tests.support.holds import in_words
from tests.support.tables import every_case
from tests.support.world import EAST, START
from worker.authenticate.sender_auth import (
    AllowedSenders,
    DkimFailure,
    DkimResult,
    Proof,
    SenderAuth,
    domains_to_verify,
    read_auth_headers,
)
from worker.core.model import Address

MX = "mx.contractor.example"
SURETY = "surety.example"
GOOD = f"dkim=pass header.d={SURETY}"
PASSED = re.compile(r"dkim=pass header\.[di]=(@?[^\s;]+)")
SPEAKERS = AllowedSenders(
    {
        "east": replace(EAST, senders=(SURETY,)),
        "west": replace(EAST, id="west", senders=("west.example",)),
        "hokkaido": replace(EAST, id="hokkaido", senders=()),
    },
    (Address("Sato@contractor.example"),),
)


def prove(
    sender: str = "netdesk@surety.example",
    results: str = "",
    *,
    guarantor: str | None = "east",
    signed: DkimResult | None = None,
    authserv_id: str = MX,
    allowed_senders: AllowedSenders = SPEAKERS,
    signatures: Sequence[str] | None = None,
    fields: str = "",
    came_at: dt.datetime | None = START,
    answers_by: str = "",
    unattended_by: str = "",
    is_enclosed: bool = False,
    is_approved_by_hand: bool = False,
) -> Proof:
    """The proof of a mail with a signature for each ``dkim=pass``, or with ``signatures``."""
    top = f"Authentication-Results: {MX}; {results}\r\n" if results else ""
    made = [signature(each, START) for each in PASSED.findall(results)] if signatures is None else signatures
    top += "".join(f"DKIM-Signature: {each}\r\n" for each in made)
    raw = f"{top}From: {sender}\r\nSubject: x\r\n{fields}\r\nbody\r\n".encode()
    auth_headers = read_auth_headers(raw, authserv_id, came_at, answers_by=answers_by, unattended_by=unattended_by)
    roots = domains_to_verify(auth_headers, allowed_senders, [guarantor])
    sender_auth = SenderAuth(
        auth_headers, dict.fromkeys(roots, signed) if signed else {}, allowed_senders, is_approved_by_hand
    )
    return sender_auth.authenticate(guarantor, is_enclosed=is_enclosed)


@every_case(
    ("sender", "results"),
    [
        ("netdesk@surety.example", "dkim=pass header.d=surety.example"),
        ("Net Desk <NetDesk@SURETY.example>", "dkim=pass header.d=surety.example"),
        ("netdesk@surety.example", "dkim=pass header.i=@mail.surety.example"),
        ("netdesk@desk.surety.example", "dkim=pass header.d=surety.example"),
        ("netdesk@surety.example", "dkim=pass header.d=mail.surety.example; dmarc=pass header.from=surety.example"),
        ("netdesk@surety.example", "spf=fail smtp.mailfrom=x@evil.example; dkim=pass header.d=surety.example"),
        ("sato@contractor.example", "dkim=pass header.d=contractor.example"),
        ("佐藤 <SATO@contractor.example>", "dkim=pass header.d=contractor.example"),
    ],
)
def test_a_guarantor_or_a_colleague_whose_domain_our_server_proved_may_speak(sender: str, results: str) -> None:
    proof = prove(sender, results)
    assert proof.is_authenticated
    assert "受信サーバーの確認結果" in in_words(proof.evidence)


@every_case(
    ("sender", "results"),
    [
        ("netdesk@surety.example", "dkim=pass header.d=evil.example"),
        ("netdesk@surety.example", "spf=pass smtp.mailfrom=x@evil.example"),
        ("netdesk@surety.example", "dmarc=pass header.from=evil.example"),
        ("netdesk@surety.example", "spf=pass smtp.mailfrom=surety.example"),
        ("netdesk@surety.example", "spf=pass smtp.mailfrom=bounce@mail.surety.example"),
        ("netdesk@surety.example", "dmarc=pass header.from=surety.example"),
        ("netdesk@surety.example", "spf=pass smtp.mailfrom=surety.example; dmarc=pass header.from=surety.example"),
        ("netdesk@surety.example", "dkim=pass header.d=evil.example; dmarc=pass header.from=surety.example"),
        ("netdesk@surety.example", "dkim=fail header.d=surety.example; dmarc=pass header.from=surety.example"),
        ("sato@contractor.example", "spf=pass smtp.mailfrom=sato@contractor.example"),
        ("netdesk@surety.example", "dmarc=pass header.from=mail.surety.example"),
        ("netdesk@surety.example", "dkim=pass header.d=evilsurety.example"),
        ("netdesk@surety.example", "dkim=pass header.d=example"),
        ("netdesk@surety.example", "dkim=fail header.d=surety.example"),
        ("netdesk@surety.example", "none"),
        ("netdesk@surety.example", "dkim=pass header.d=surety.example; dmarc=fail header.from=surety.example"),
        ("x@surety-example.example", "dkim=pass header.d=surety-example.example"),
        ("x@sur\u0435ty.example", "dkim=pass header.d=surety.example"),
        ("x@xn--surty-5of.example", "dkim=pass header.d=xn--surty-5of.example"),
        ("x@surety.example.evil.example", "dkim=pass header.d=surety.example.evil.example"),
        ('"netdesk@surety.example" <x@evil.example>', "dkim=pass header.d=evil.example"),
        ("tanaka@contractor.example", "dkim=pass header.d=contractor.example"),
        ("sato@sub.contractor.example", "dkim=pass header.d=contractor.example"),
        ("sato@contractor.example", "dkim=pass header.d=example"),
        ("netdesk@surety.example, sato@contractor.example", "dkim=pass header.d=surety.example"),
    ],
)
def test_another_domain_or_another_address_proves_nothing(sender: str, results: str) -> None:
    assert not prove(sender, results).is_authenticated


def test_a_guarantor_speaks_for_its_own_notices_alone() -> None:
    good = "dkim=pass header.d=surety.example"
    assert prove(results=good).is_authenticated
    other = prove(results=good, guarantor="west")
    assert (other.is_authenticated, in_words(other.evidence)) == (
        False,
        "netdesk@surety.example：この保証会社の差出人（guarantors.toml の senders）ではない",
    )
    assert not prove(results=good, guarantor=None).is_authenticated
    assert not prove(results=good, guarantor="hokkaido").is_authenticated
    assert prove("sato@contractor.example", "dkim=pass header.d=contractor.example", guarantor=None).is_authenticated


def test_a_guarantor_without_senders_proves_nothing_for_itself() -> None:
    proof = prove("a@north.example", "dkim=pass header.d=north.example", guarantor="hokkaido")
    assert not proof.is_authenticated
    assert "guarantors.toml の senders" in in_words(proof.evidence)
    assert "colleagues" in in_words(proof.evidence)


def test_a_good_signature_proves_where_our_server_said_nothing() -> None:
    proof = prove(signed=DkimResult("mail.surety.example", is_key_secured=True))
    assert (proof.is_authenticated, in_words(proof.evidence)) == (
        True,
        "netdesk@surety.example：電子署名（DKIM mail.surety.example）",
    )


@every_case("why", list(DkimFailure))
def test_why_it_is_not_proven_is_said_in_words(why: DkimFailure) -> None:
    proof = prove(signed=DkimResult(why=why, about="Content-Type"))
    assert not proof.is_authenticated
    assert in_words(proof.evidence).startswith("netdesk@surety.example：受信サーバーの確認結果がない、")
    assert "DKIM" in in_words(proof.evidence) or why is DkimFailure.FIELD_TWICE
    assert "{" not in in_words(proof.evidence)


def test_a_forged_second_header_and_an_unset_name_are_said() -> None:
    forged = read_auth_headers(
        f"Authentication-Results: {MX}; dkim=pass header.d=surety.example\r\n"
        f"Authentication-Results: {MX}; dkim=pass header.d=surety.example\r\n"
        "From: netdesk@surety.example\r\n\r\n".encode(),
        MX,
        START,
    )
    assert "2つ以上" in in_words(SenderAuth(forged, {}, SPEAKERS).authenticate("east").evidence)
    assert "未設定" in in_words(prove(results="dkim=pass header.d=surety.example", authserv_id="").evidence)


def test_two_froms_are_said_whatever_else_is_good() -> None:
    raw = (
        f"Authentication-Results: {MX}; dkim=pass header.d=surety.example\r\n"
        "From: netdesk@surety.example\r\nFrom: x@evil.example\r\n\r\n"
    )
    proof = SenderAuth(read_auth_headers(raw.encode(), MX, START), {}, SPEAKERS).authenticate("east")
    assert proof.is_authenticated is False
    assert in_words(proof.evidence) == ("差出人（From）が2つ以上ある")


def test_signatures_are_looked_at_only_where_they_could_prove_what_is_not_proven() -> None:
    def roots(sender: str, results: str = "") -> tuple[str, ...]:
        top = f"Authentication-Results: {MX}; {results}\r\n" if results else ""
        top += "".join(f"DKIM-Signature: {signature(each, START)}\r\n" for each in PASSED.findall(results))
        raw = f"{top}From: {sender}\r\n\r\n".encode()
        return domains_to_verify(read_auth_headers(raw, MX, START), SPEAKERS, ["east", None])

    assert roots("netdesk@desk.surety.example") == (SURETY,)
    assert roots("sato@contractor.example") == ("contractor.example",)
    assert roots("netdesk@surety.example", "dkim=pass header.d=surety.example") == ()
    assert roots("netdesk@surety.example", "dkim=fail header.d=surety.example") == (SURETY,)
    assert roots("x@evil.example") == ()
    assert roots("netdesk@west.example") == ()
    assert roots("a@surety.example, b@surety.example") == ()


# --- What our own server's word rests on ---------------------------------------------------------------------------


def a_signature(*, names: str = SIGNED, tags: str = "", at: dt.datetime | None = START, domain: str = SURETY) -> str:
    made = signature(f"x@{domain}", at, names)
    return f"{made}{tags}" if at is not None else re.sub(r" t=[0-9]+;", "", made) + tags


MIME = "MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n"


@pytest.mark.parametrize("name", ["from", "subject", "mime-version", "content-type", "content-transfer-encoding"])
def test_a_pass_of_our_server_for_a_signature_that_leaves_a_field_open_proves_nothing(name: str) -> None:
    names = ":".join(each for each in SIGNED.split(":") if each != name)
    proof = prove(results=GOOD, signatures=[a_signature(names=names)], fields=MIME)
    assert not proof.is_authenticated
    said = "差出人を含まない" if name == "from" else f"DKIM）が {'-'.join(map(str.capitalize, name.split('-')))}"
    assert said.replace("Mime-", "MIME-") in in_words(proof.evidence)
    assert prove(results=GOOD, signatures=[a_signature()], fields=MIME).is_authenticated


@pytest.mark.parametrize(
    "names",
    [
        "From : Subject:\r\n\tMIME-Version:Content-Type : Content-Transfer-Encoding",
        "from:from:subject:subject:mime-version:content-type:content-type:content-transfer-encoding:reply-to:cc",
        SIGNED.upper(),
        f"x-first:{SIGNED}:x-last",
    ],
)
def test_names_are_read_in_every_form_and_signing_one_more_often_than_it_stands_is_well(names: str) -> None:
    assert prove(results=GOOD, signatures=[a_signature(names=names)], fields=MIME).is_authenticated


@pytest.mark.parametrize("names", ["", "x-from:subject", "from-x:subject", "from;subject", "fromsubject"])
def test_names_that_only_look_like_the_fields_sign_nothing(names: str) -> None:
    assert not prove(results=GOOD, signatures=[a_signature(names=names)]).is_authenticated


def test_a_field_that_is_not_there_need_not_be_signed_and_a_way_to_name_the_body_must() -> None:
    few = a_signature(names="from:subject")
    assert prove(results=GOOD, signatures=[few]).is_authenticated
    for field in ("Content-Type: text/plain", "Content-Disposition: attachment; filename=a.eml", "MIME-Version: 1.0"):
        assert not prove(results=GOOD, signatures=[few], fields=f"{field}\r\n").is_authenticated


def test_a_field_twice_is_never_proven() -> None:
    for field in ("Subject: y", "Content-Type: a/b\r\nContent-Type: c/d", "MIME-Version: 1.0\r\nMIME-Version: 1.0"):
        assert not prove(results=GOOD, signatures=[a_signature()], fields=f"{field}\r\n").is_authenticated
    twice = "Content-Disposition: inline\r\nContent-Disposition: attachment; filename=a.pdf\r\n"
    proof = prove(results=GOOD, signatures=[a_signature(names=f"{SIGNED}:content-disposition")], fields=twice)
    assert "Content-Disposition が2つ以上" in in_words(proof.evidence)


@every_case(
    ("span", "is_authenticated"),
    [
        (dt.timedelta(0), True),
        (dt.timedelta(days=29, hours=23), True),
        (dt.timedelta(days=30), True),
        (dt.timedelta(days=30, seconds=1), False),
        (dt.timedelta(days=3650), False),
        (dt.timedelta(hours=-1), True),
    ],
)
@every_case("is_by_date", [False, True])
def test_a_signature_counts_for_thirty_days_by_its_own_time_or_the_signed_date(
    span: dt.timedelta, *, is_authenticated: bool, is_by_date: bool
) -> None:
    made_at = START - span
    date = f"Date: {format_datetime(made_at)}\r\n"
    if is_by_date:
        proof = prove(results=GOOD, signatures=[a_signature(at=None)], fields=date)
    else:
        proof = prove(results=GOOD, signatures=[a_signature(at=made_at)])
    assert proof.is_authenticated == is_authenticated
    assert is_authenticated or "30日より前" in in_words(proof.evidence)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("", SIGNED),
        (f"Date: {format_datetime(START)}\r\n", "from:subject"),
        (f"Date: {format_datetime(START)}\r\n" * 2, SIGNED),
        ("Date: yesterday\r\n", SIGNED),
        ("Date: Sat, 21 Nov 99999 09:00:00 +0900\r\n", SIGNED),
        ("Date: \r\n", SIGNED),
    ],
)
def test_where_nothing_signed_says_when_nothing_is_proven(fields: str, names: str) -> None:
    assert "日時" in in_words(
        prove(results=GOOD, signatures=[a_signature(at=None, names=names)], fields=fields).evidence
    )


def test_a_time_far_ahead_says_nothing_and_an_end_before_the_arrival_is_one_though_our_server_passed_it() -> None:
    ahead = START + dt.timedelta(days=31)
    assert "日時" in in_words(prove(results=GOOD, signatures=[a_signature(at=ahead)]).evidence)
    dated = prove(results=GOOD, signatures=[a_signature(at=None)], fields=f"Date: {format_datetime(ahead)}\r\n")
    assert "日時" in in_words(dated.evidence)
    end = int(START.timestamp())
    for tags, is_authenticated in (
        (f"; x={end - 1}", False),
        ("; x=", False),
        (f"; x={end}", True),
        ("; x=soon", False),
    ):
        assert prove(results=GOOD, signatures=[a_signature(tags=tags)]).is_authenticated == is_authenticated


def test_a_time_of_its_own_goes_before_the_date_and_an_arrival_that_is_not_known_proves_nothing() -> None:
    old, new = format_datetime(START - dt.timedelta(days=90)), format_datetime(START)
    assert prove(results=GOOD, signatures=[a_signature()], fields=f"Date: {old}\r\n").is_authenticated
    late = a_signature(at=START - dt.timedelta(days=90))
    assert not prove(results=GOOD, signatures=[late], fields=f"Date: {new}\r\n").is_authenticated
    assert "受信の日時" in in_words(prove(results=GOOD, came_at=None).evidence)
    for time in ("999999999999999", "x", "-1", "", "1e9"):
        bad = re.sub(r"t=[0-9]+", f"t={time}", a_signature())
        assert not prove(results=GOOD, signatures=[bad]).is_authenticated


WEAK = a_signature(names="from:subject")


@every_case(
    ("results", "signatures", "is_authenticated"),
    [
        (GOOD, [], False),
        (GOOD, ["nonsense"], False),
        (GOOD, [a_signature(), WEAK], False),  # the header does not say which of the two
        (GOOD, [WEAK, a_signature()], False),
        (f"{GOOD} header.s=k1", [a_signature(), WEAK.replace("s=k1", "s=k2")], True),
        (f"{GOOD} header.s=k2", [a_signature(), WEAK.replace("s=k1", "s=k2")], False),
        (f"{GOOD} header.s=K1", [a_signature(), WEAK.replace("s=k1", "s=k2")], True),
        (f"{GOOD} header.b=eA==", [a_signature(), WEAK.replace("b=eA==", "b=eB==")], True),
        (f"{GOOD} header.b=eB", [a_signature(), WEAK.replace(" b=eA==", " b=e B==")], False),
        (f"{GOOD} header.s=k3", [a_signature()], False),
        (f"{GOOD} header.b=zz", [a_signature()], False),
        (f"dkim=fail header.d={SURETY} header.s=k1; {GOOD} header.s=k2", [a_signature(), WEAK], False),
        (f"{GOOD}; dkim=pass header.d=relay.example", [a_signature(domain="relay.example"), a_signature()], True),
        (GOOD, [a_signature(domain="mail.surety.example")], False),
        (GOOD, [a_signature(domain="evil.example")], False),
        (GOOD, [a_signature(tags="; l=10")], False),
        (f"dkim=pass header.i=@desk.{SURETY}", [a_signature(tags=f"; i=x@desk.{SURETY}")], True),
        (f"dkim=pass header.i=@desk.{SURETY}", [a_signature()], False),
        (f"dkim=pass header.i=@{SURETY}", [a_signature(domain="example", tags=f"; i=@{SURETY}")], False),
    ],
)
def test_a_pass_counts_for_the_signature_that_it_is_about(
    results: str, signatures: list[str], *, is_authenticated: bool
) -> None:
    assert prove(results=results, signatures=signatures, fields=MIME).is_authenticated == is_authenticated


def test_spf_alone_is_said() -> None:
    evidence = in_words(
        prove(results="spf=pass smtp.mailfrom=surety.example; dmarc=pass header.from=surety.example").evidence
    )
    assert "SPF等だけ" in evidence
    assert "署名を確認したが、" in in_words(prove(results=GOOD, signatures=[WEAK], fields=MIME).evidence)


# --- A key that came by an open DNS --------------------------------------------------------------------------------


def test_a_key_without_dnssec_counts_only_where_a_person_approves_and_is_told() -> None:
    open_dns = DkimResult(SURETY)
    alone = prove(signed=open_dns)
    assert not alone.is_authenticated
    assert "DNSSEC" in in_words(alone.evidence)
    by_hand = prove(signed=open_dns, is_approved_by_hand=True)
    assert (by_hand.is_authenticated, by_hand.by_open_dns) == (True, True)
    assert "DNSSEC" in in_words(by_hand.evidence)
    secured = prove(signed=DkimResult(SURETY, is_key_secured=True), is_approved_by_hand=True)
    assert (secured.is_authenticated, secured.by_open_dns) == (True, False)


# --- Which mails count at all --------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_by_server", [True, False])
def test_of_a_guarantors_answer_and_of_what_it_encloses_nothing_counts(*, is_by_server: bool) -> None:
    found = {"results": GOOD} if is_by_server else {}
    signed = None if is_by_server else DkimResult(SURETY, is_key_secured=True)
    assert prove(**found, signed=signed).is_authenticated  # type: ignore[arg-type]
    answer = prove(**found, signed=signed, answers_by="In-Reply-To")  # type: ignore[arg-type]
    enclosed = prove(**found, signed=signed, is_enclosed=True)  # type: ignore[arg-type]
    assert (answer.is_authenticated, enclosed.is_authenticated) == (False, False)
    assert "In-Reply-To" in in_words(answer.evidence)
    assert "添付されたメール" in in_words(enclosed.evidence)
    assert prove(**found, signed=signed, unattended_by="Precedence").is_authenticated  # type: ignore[arg-type]


def test_a_colleague_passes_on_mails_and_answers_but_not_by_a_machine() -> None:
    sato, passed = "sato@contractor.example", "dkim=pass header.d=contractor.example"
    assert prove(sato, passed, is_enclosed=True, answers_by="In-Reply-To").is_authenticated
    machine = prove(sato, passed, unattended_by="Auto-Submitted")
    assert not machine.is_authenticated
    assert "Auto-Submitted" in in_words(machine.evidence)


def test_no_signature_is_looked_at_in_a_mail_that_counts_for_nothing() -> None:
    def roots(sender: str, answers_by: str = "", unattended_by: str = "") -> tuple[str, ...]:
        raw = f"From: {sender}\r\n\r\n".encode()
        auth_headers = read_auth_headers(raw, MX, START, answers_by=answers_by, unattended_by=unattended_by)
        return domains_to_verify(auth_headers, SPEAKERS, ["east"])

    assert roots("netdesk@surety.example", answers_by="References") == ()
    assert roots("sato@contractor.example", unattended_by="Precedence") == ()
    assert roots("sato@contractor.example", answers_by="References") == ("contractor.example",)
