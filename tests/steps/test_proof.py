"""Whether it is proven who wrote a mail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from registered import EAST

from worker.model import Address
from worker.proof import Proof, Speakers, Vouched, read_spoken, roots_to_sign
from worker.signature import Signed, Unsigned

MX = "mx.contractor.example"
SURETY = "surety.example"
SPEAKERS = Speakers(
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
    signed: Signed | None = None,
    authserv_id: str = MX,
    speakers: Speakers = SPEAKERS,
) -> Proof:
    top = f"Authentication-Results: {MX}; {results}\r\n" if results else ""
    spoken = read_spoken(f"{top}From: {sender}\r\nSubject: x\r\n\r\nbody\r\n".encode(), authserv_id)
    roots = roots_to_sign(spoken, speakers, [guarantor])
    return Vouched(spoken, dict.fromkeys(roots, signed) if signed else {}, speakers).prove(guarantor)


@pytest.mark.parametrize(
    ("sender", "results"),
    [
        ("netdesk@surety.example", "dkim=pass header.d=surety.example"),
        ("Net Desk <NetDesk@SURETY.example>", "dkim=pass header.d=surety.example"),
        ("netdesk@surety.example", "dkim=pass header.i=@mail.surety.example"),
        ("netdesk@desk.surety.example", "dkim=pass header.d=surety.example"),
        ("netdesk@surety.example", "spf=pass smtp.mailfrom=bounce@mail.surety.example"),
        ("netdesk@surety.example", "dmarc=pass header.from=surety.example"),
        ("sato@contractor.example", "dkim=pass header.d=contractor.example"),
        ("佐藤 <SATO@contractor.example>", "spf=pass smtp.mailfrom=sato@contractor.example"),
    ],
)
def test_a_guarantor_or_a_colleague_whose_domain_our_server_proved_may_speak(sender: str, results: str) -> None:
    proof = prove(sender, results)
    assert proof.is_proven
    assert "受信サーバーの確認結果" in proof.evidence


@pytest.mark.parametrize(
    ("sender", "results"),
    [
        ("netdesk@surety.example", "dkim=pass header.d=evil.example"),
        ("netdesk@surety.example", "spf=pass smtp.mailfrom=x@evil.example"),
        ("netdesk@surety.example", "dmarc=pass header.from=evil.example"),
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
    assert not prove(sender, results).is_proven


def test_a_guarantor_speaks_for_its_own_notices_alone() -> None:
    good = "dkim=pass header.d=surety.example"
    assert prove(results=good).is_proven
    other = prove(results=good, guarantor="west")
    assert other == Proof(False, "netdesk@surety.example：この保証会社の差出人（guarantors.toml の senders）ではない")
    assert not prove(results=good, guarantor=None).is_proven
    assert not prove(results=good, guarantor="hokkaido").is_proven
    assert prove("sato@contractor.example", "dkim=pass header.d=contractor.example", guarantor=None).is_proven


def test_a_guarantor_without_senders_proves_nothing_for_itself() -> None:
    proof = prove("a@north.example", "dkim=pass header.d=north.example", guarantor="hokkaido")
    assert not proof.is_proven
    assert "guarantors.toml の senders" in proof.evidence
    assert "colleagues" in proof.evidence


def test_a_good_signature_proves_where_our_server_said_nothing() -> None:
    proof = prove(signed=Signed("mail.surety.example"))
    assert proof == Proof(True, "netdesk@surety.example：電子署名（DKIM mail.surety.example）")


@pytest.mark.parametrize("why", list(Unsigned))
def test_why_it_is_not_proven_is_said_in_words(why: Unsigned) -> None:
    proof = prove(signed=Signed(why=why))
    assert not proof.is_proven
    assert proof.evidence.startswith("netdesk@surety.example：受信サーバーの確認結果がない、")
    assert "DKIM" in proof.evidence


def test_a_forged_second_header_and_an_unset_name_are_said() -> None:
    forged = read_spoken(
        f"Authentication-Results: {MX}; dkim=pass header.d=surety.example\r\n"
        f"Authentication-Results: {MX}; dkim=pass header.d=surety.example\r\n"
        "From: netdesk@surety.example\r\n\r\n".encode(),
        MX,
    )
    assert "2つ以上" in Vouched(forged, {}, SPEAKERS).prove("east").evidence
    assert "未設定" in prove(results="dkim=pass header.d=surety.example", authserv_id="").evidence


def test_two_froms_are_said_whatever_else_is_good() -> None:
    raw = (
        f"Authentication-Results: {MX}; dkim=pass header.d=surety.example\r\n"
        "From: netdesk@surety.example\r\nFrom: x@evil.example\r\n\r\n"
    )
    proof = Vouched(read_spoken(raw.encode(), MX), {}, SPEAKERS).prove("east")
    assert proof == Proof(False, "差出人（From）が2つ以上ある")


def test_signatures_are_looked_at_only_where_they_could_prove_what_is_not_proven() -> None:
    def roots(sender: str, results: str = "") -> tuple[str, ...]:
        top = f"Authentication-Results: {MX}; {results}\r\n" if results else ""
        return roots_to_sign(read_spoken(f"{top}From: {sender}\r\n\r\n".encode(), MX), SPEAKERS, ["east", None])

    assert roots("netdesk@desk.surety.example") == (SURETY,)
    assert roots("sato@contractor.example") == ("contractor.example",)
    assert roots("netdesk@surety.example", "dkim=pass header.d=surety.example") == ()
    assert roots("netdesk@surety.example", "dkim=fail header.d=surety.example") == (SURETY,)
    assert roots("x@evil.example") == ()
    assert roots("netdesk@west.example") == ()
    assert roots("a@surety.example, b@surety.example") == ()
