"""Decides whether it is proven who wrote a mail: a guarantor, for its own notices, or a colleague.

Its one promise: nothing is proven but by what our own server found or a good signature says of the domain in the one
From; all else waits for a person, with the reason in words. It does not know what the mail holds, nor asks the DNS.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from worker.addresses import domain_of
from worker.findings import Findings, Stand, read_findings
from worker.model import Address
from worker.rulebook import Guarantor
from worker.sender import Field, Flaw, Sender, is_within, read_fields, read_sender
from worker.signature import Signed, Unsigned

_FLAWS: Final = {
    Flaw.HEADERS: "ヘッダーの書き方が正しくない",
    Flaw.NO_FROM: "差出人（From）がない",
    Flaw.TWO_FROMS: "差出人（From）が2つ以上ある",
    Flaw.UNCLEAR: "差出人（From）を1つのアドレスとして読めない",
}
_STANDS: Final = {
    Stand.FOUND: "受信サーバーも差出人を確認していない",
    Stand.NOT_SET: "受信サーバーの名前（authserv_id）が未設定",
    Stand.NONE: "受信サーバーの確認結果がない",
    Stand.TWO: "受信サーバーの確認結果が2つ以上ある（偽造のおそれ）",
    Stand.BELOW: "受信サーバーの確認結果の位置がおかしい（偽造のおそれ）",
    Stand.UNREADABLE: "受信サーバーの確認結果を読み取れない",
}
_UNSIGNED: Final = {
    Unsigned.NONE: "電子署名（DKIM）がない",
    Unsigned.NOT_TRIED: "電子署名（DKIM）は確かめていない",
    Unsigned.OTHER_DOMAIN: "電子署名（DKIM）が別のドメインのもの",
    Unsigned.UNSUPPORTED: "電子署名（DKIM）が読めない形式",
    Unsigned.FROM_UNSIGNED: "電子署名（DKIM）が差出人を含まない",
    Unsigned.BODY_IN_PART: "電子署名（DKIM）が本文の一部だけのもの",
    Unsigned.EXPIRED: "電子署名（DKIM）の期限切れ",
    Unsigned.NO_KEY: "電子署名（DKIM）の鍵が公開されていない",
    Unsigned.WEAK_KEY: "電子署名（DKIM）の鍵が短すぎる",
    Unsigned.ON_TRIAL: "電子署名（DKIM）の鍵が試験用",
    Unsigned.CHANGED: "電子署名（DKIM）が内容と合わない（途中で変わった）",
    Unsigned.NOT_WHOLE: "大きなメールのため電子署名（DKIM）を確かめられない",
    Unsigned.DNS: "DNSに届かず電子署名（DKIM）を確かめられない",
}
_NOBODYS: Final = "保証会社（guarantors.toml の senders）にも、[intake] colleagues にもない差出人"
_OTHERS: Final = "この保証会社の差出人（guarantors.toml の senders）ではない"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether it is proven who wrote a mail, and what says so, or why not, in words for people."""

    is_proven: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A mail as far as its headers tell who wrote it."""

    sender: Sender | Flaw
    findings: Findings
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Speakers:
    """Who may speak: the guarantors by their ids, and the colleagues."""

    guarantors: Mapping[str, Guarantor]
    colleagues: Collection[Address]

    def root_for(self, sender: Sender, guarantor: str | None) -> str:
        """The domain that must be proven for ``sender`` to speak of notices of ``guarantor``; empty: it may not.

        A colleague's is that of the address, so that nobody above it speaks for it. A guarantor's is the one of
        its list that the address is within; of several the longest.
        """
        if sender.address.casefold() in {each.casefold() for each in self.colleagues}:
            return sender.domain
        profile = self.guarantors.get(guarantor) if guarantor is not None else None
        own = [domain_of(each) for each in profile.senders] if profile else []
        return max((each for each in own if is_within(sender.domain, each)), key=len, default="")


@dataclass(frozen=True, slots=True)
class Vouched:
    """A mail with all that was found out about who wrote it: what it proves depends on whose notice it brings."""

    spoken: Spoken
    signed: Mapping[str, Signed]
    """What became of its signatures, by the domain that was to be proven."""
    speakers: Speakers

    def prove(self, guarantor: str | None) -> Proof:
        """Whether the writer is proven to be one who may bring a notice of ``guarantor``; None: of a colleague only."""
        sender = self.spoken.sender
        if isinstance(sender, Flaw):
            return Proof(is_proven=False, evidence=_FLAWS[sender])
        root = self.speakers.root_for(sender, guarantor)
        if not root:
            is_a_guarantors = any(self.speakers.root_for(sender, each) for each in self.speakers.guarantors)
            return _unproven(sender, _OTHERS if is_a_guarantors else _NOBODYS)
        if passed := _passed(self.spoken, root):
            method, domain = passed
            return Proof(is_proven=True, evidence=f"{sender.address}：受信サーバーの確認結果（{method} {domain}）")
        signed = self.signed.get(root, Signed(why=Unsigned.NOT_TRIED))
        if signed.domain:
            return Proof(is_proven=True, evidence=f"{sender.address}：電子署名（DKIM {signed.domain}）")
        return _unproven(sender, f"{_STANDS[self.spoken.findings.stand]}、{_UNSIGNED[signed.why]}")


def read_spoken(raw: bytes, authserv_id: str) -> Spoken:
    """What the headers of a mail tell of who wrote it; ``authserv_id`` is what our own server calls itself."""
    fields = read_fields(raw)
    sender = read_sender(fields)
    return Spoken(sender, read_findings(fields or (), authserv_id), fields or ())


def roots_to_sign(spoken: Spoken, speakers: Speakers, guarantors: Sequence[str | None]) -> tuple[str, ...]:
    """The domains of which a signature would prove what our own server did not; empty: none need be looked at."""
    sender = spoken.sender
    if isinstance(sender, Flaw):
        return ()
    roots = dict.fromkeys(speakers.root_for(sender, each) for each in guarantors)
    return tuple(root for root in roots if root and _passed(spoken, root) is None)


def is_signed_for(spoken: Spoken, root: str) -> bool:
    """Whether our own server found the signature of the writer's own domain, within ``root``; SPF alone is none."""
    sender, findings = spoken.sender, spoken.findings
    if isinstance(sender, Flaw) or findings.is_refused or not root or not is_within(sender.domain, root):
        return False
    return any(method == "dkim" and is_within(domain, root) for method, domain in findings.passed)


def _passed(spoken: Spoken, root: str) -> tuple[str, str] | None:
    """What our own server proved of a domain within ``root``; dmarc counts for the very domain of the From only."""
    sender, findings = spoken.sender, spoken.findings
    if isinstance(sender, Flaw) or findings.is_refused:
        return None
    for method, domain in findings.passed:
        if domain == sender.domain if method == "dmarc" else is_within(domain, root):
            return method, domain
    return None


def _unproven(sender: Sender, why: str) -> Proof:
    return Proof(is_proven=False, evidence=f"{sender.address}：{why}")
