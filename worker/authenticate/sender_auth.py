"""Decides whether it is proven who wrote a mail: a guarantor, for its own notices, or a colleague.

Its one promise: nothing is proven but by a signature of the domain in the one From, which our own server or we found
good and which covers how the mail is read; all else waits for a person, with the reason in words. Of a guarantor's mail
only what it did not enclose counts, and none of an answer or a report; of a colleague's nothing that a machine sent. It
does not know what the mail holds, nor asks the DNS.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from worker.authenticate.auth_results import Findings, Stand, read_findings
from worker.authenticate.dkim_policy import Signed, Unsigned, judge_found
from worker.authenticate.sender import Field, Flaw, Sender, read_fields, read_sender
from worker.config.addresses import domain_of
from worker.core.addresses import is_within
from worker.core.model import Address
from worker.core.rulebook import Guarantor

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
    Unsigned.FIELD_UNSIGNED: "電子署名（DKIM）が {about} を含まない",
    Unsigned.FIELD_TWICE: "{about} が2つ以上ある",
    Unsigned.TOO_OLD: "電子署名（DKIM）が受信の30日より前のもの（古いメールの再送のおそれ）",
    Unsigned.NO_DATE: "電子署名（DKIM）の日時、又は受信の日時が分からない",
    Unsigned.BODY_IN_PART: "電子署名（DKIM）が本文の一部だけのもの",
    Unsigned.EXPIRED: "電子署名（DKIM）の期限切れ",
    Unsigned.NO_KEY: "電子署名（DKIM）の鍵が公開されていない",
    Unsigned.WEAK_KEY: "電子署名（DKIM）の鍵が短すぎる",
    Unsigned.ON_TRIAL: "電子署名（DKIM）の鍵が試験用",
    Unsigned.CHANGED: "電子署名（DKIM）が内容と合わない（途中で変わった）",
    Unsigned.NOT_WHOLE: "大きなメールのため電子署名（DKIM）を確かめられない",
    Unsigned.DNS: "DNSに届かず電子署名（DKIM）を確かめられない",
}
_ONLY_OTHERS: Final = "受信サーバーが確認したのはSPF等だけ（電子署名（DKIM）の確認がない）"
_OPEN_DNS: Final = "その鍵はDNSSECで確かめていない"
_OPEN_DNS_ALONE: Final = "電子署名（DKIM {domain}）は合うが、鍵をDNSSECで確かめられない（auto・hold では認めない）"
_ANSWERS: Final = "返信・自動応答・配信通知（{by}）の中のものは、保証会社のものと確かめられない"
_ENCLOSED: Final = "添付されたメールの中のものは、保証会社のものと確かめられない"
_UNATTENDED: Final = "自動で送られたメール（{by}）は、社内の方のものと確かめられない"
_NOBODYS: Final = "保証会社（guarantors.toml の senders）にも、[intake] colleagues にもない差出人"
_OTHERS: Final = "この保証会社の差出人（guarantors.toml の senders）ではない"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether it is proven who wrote a mail, and what says so, or why not, in words for people."""

    is_proven: bool
    evidence: str
    by_open_dns: bool = False
    """Whether it rests on a key that came by a DNS without DNSSEC: whoever approves the mail is told."""


class Role(Enum):
    """As what somebody speaks."""

    COLLEAGUE = auto()
    """Who passes on what others sent: also mails within the mail."""
    GUARANTOR = auto()


@dataclass(frozen=True, slots=True)
class Spoken:
    """A mail as far as its headers tell who wrote it."""

    sender: Sender | Flaw
    findings: Findings
    fields: tuple[Field, ...] = ()
    came_at: dt.datetime | None = None
    """When it arrived, as its server says; None where it does not say."""
    answers_by: str = ""
    """By what it is known as an answer or a report."""
    unattended_by: str = ""
    """By what it is known as sent by a machine under a person's address."""

    def shuts(self, role: Role, *, is_enclosed: bool) -> str:
        """Why nothing in it counts as the word of a ``role``, whatever is signed; empty where it may count."""
        if role is Role.COLLEAGUE:
            return _UNATTENDED.format(by=self.unattended_by) if self.unattended_by else ""
        if self.answers_by:
            return _ANSWERS.format(by=self.answers_by)
        return _ENCLOSED if is_enclosed else ""


@dataclass(frozen=True, slots=True)
class Speakers:
    """Who may speak: the guarantors by their ids, and the colleagues."""

    guarantors: Mapping[str, Guarantor]
    colleagues: Collection[Address]

    def roots_for(self, sender: Sender, guarantor: str | None) -> tuple[tuple[Role, str], ...]:
        """The domains that must be proven for ``sender`` to speak of notices of ``guarantor``; none: it may not.

        A colleague's is that of the address, so that nobody above it speaks for it. A guarantor's is the one of
        its list that the address is within; of several the longest.
        """
        roots = []
        if sender.address.casefold() in {each.casefold() for each in self.colleagues}:
            roots.append((Role.COLLEAGUE, sender.domain))
        profile = self.guarantors.get(guarantor) if guarantor is not None else None
        own = [domain_of(each) for each in profile.senders] if profile else []
        if root := max((each for each in own if is_within(sender.domain, each)), key=len, default=""):
            roots.append((Role.GUARANTOR, root))
        return tuple(roots)


@dataclass(frozen=True, slots=True)
class Vouched:
    """A mail with all that was found out about who wrote it: what it proves depends on whose notice it brings."""

    spoken: Spoken
    signed: Mapping[str, Signed]
    """What became of its signatures, by the domain that was to be proven."""
    speakers: Speakers

    is_approved_by_hand: bool = False
    """Whether a person approves each mail that goes out (mode ``approve``), and is told by what a sender is proven."""

    def prove(self, guarantor: str | None, *, is_enclosed: bool = False) -> Proof:
        """Whether the writer is proven to be one who may bring a notice of ``guarantor``; None: of a colleague only.

        ``is_enclosed`` is set for what stands in a mail within the mail.
        """
        sender = self.spoken.sender
        if isinstance(sender, Flaw):
            return Proof(is_proven=False, evidence=_FLAWS[sender])
        roots = self.speakers.roots_for(sender, guarantor)
        if not roots:
            is_a_guarantors = any(self.speakers.roots_for(sender, each) for each in self.speakers.guarantors)
            return _unproven(sender, _OTHERS if is_a_guarantors else _NOBODYS)
        proofs = [self._prove_as(sender, role, root, is_enclosed=is_enclosed) for role, root in roots]
        return next((each for each in proofs if each.is_proven), proofs[0])

    def _prove_as(self, sender: Sender, role: Role, root: str, *, is_enclosed: bool) -> Proof:
        if why := self.spoken.shuts(role, is_enclosed=is_enclosed):
            return _unproven(sender, why)
        found = _found(self.spoken, root)
        if found.domain:
            return Proof(is_proven=True, evidence=f"{sender.address}：受信サーバーの確認結果（dkim {found.domain}）")
        signed = self.signed.get(root, Signed(why=Unsigned.NOT_TRIED))
        if not signed.domain:
            return _unproven(sender, _say_why(self.spoken, root, found, signed))
        if signed.is_key_secured:
            return Proof(is_proven=True, evidence=f"{sender.address}：電子署名（DKIM {signed.domain}）")
        if not self.is_approved_by_hand:
            return _unproven(sender, _OPEN_DNS_ALONE.format(domain=signed.domain))
        evidence = f"{sender.address}：電子署名（DKIM {signed.domain}）。{_OPEN_DNS}"
        return Proof(is_proven=True, evidence=evidence, by_open_dns=True)


def read_spoken(
    raw: bytes,
    authserv_id: str,
    came_at: dt.datetime | None,
    *,
    answers_by: str = "",
    unattended_by: str = "",
) -> Spoken:
    """What the headers of a mail tell of who wrote it; ``authserv_id`` is what our own server calls itself."""
    fields = read_fields(raw)
    sender = read_sender(fields)
    return Spoken(sender, read_findings(fields or (), authserv_id), fields or (), came_at, answers_by, unattended_by)


def roots_to_sign(spoken: Spoken, speakers: Speakers, guarantors: Sequence[str | None]) -> tuple[str, ...]:
    """The domains of which a signature would prove what our own server did not; empty: none need be looked at."""
    sender = spoken.sender
    if isinstance(sender, Flaw):
        return ()
    roots = dict.fromkeys(
        root
        for each in guarantors
        for role, root in speakers.roots_for(sender, each)
        if not spoken.shuts(role, is_enclosed=False)
    )
    return tuple(root for root in roots if not _found(spoken, root).domain)


def is_signed_for(spoken: Spoken, root: str) -> bool:
    """Whether our own server found the signature of the writer's own domain, within ``root``; SPF alone is none."""
    sender = spoken.sender
    if isinstance(sender, Flaw) or not root or not is_within(sender.domain, root):
        return False
    return bool(_found(spoken, root).domain)


def _found(spoken: Spoken, root: str) -> Signed:
    """What our own server's findings prove of ``root`` or a domain within it.

    SPF tells by which server a mail came, which others use as well, and dmarc=pass may rest on SPF alone: neither
    proves anything without dkim.
    """
    if isinstance(spoken.sender, Flaw) or spoken.findings.is_refused:
        return Signed()
    judged = [judge_found(spoken.fields, each, root, spoken.came_at) for each in spoken.findings.signed]
    unfit = (each for each in judged if each.why not in {Unsigned.NONE, Unsigned.OTHER_DOMAIN})
    return next((each for each in judged if each.domain), next(unfit, Signed()))


def _say_why(spoken: Spoken, root: str, found: Signed, signed: Signed) -> str:
    """Why neither our own server nor a signature proves ``root``; what is the same of both is said once."""
    own = _UNSIGNED[signed.why].format(about=signed.about)
    if found.why is not Unsigned.NONE:
        server = _UNSIGNED[found.why].format(about=found.about)
        return own if server == own else f"受信サーバーは電子署名を確認したが、{server}、{own}"
    others = {method for method, domain in spoken.findings.passed if method != "dkim" and is_within(domain, root)}
    is_spf_alone = others and not spoken.findings.is_refused
    return f"{_ONLY_OTHERS if is_spf_alone else _STANDS[spoken.findings.stand]}、{own}"


def _unproven(sender: Sender, why: str) -> Proof:
    return Proof(is_proven=False, evidence=f"{sender.address}：{why}")
