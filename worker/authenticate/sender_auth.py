"""Decides whether it is proven who wrote a mail: a guarantor, for its own notices, or a colleague.

Its one promise: nothing is proven but by a signature of the domain in the one From, which our own server or we found
good and which covers how the mail is read; all else waits for a person, with the reason. Of a guarantor's mail
only what it did not enclose counts, and none of an answer or a report; of a colleague's nothing that a machine sent. It
does not know what the mail holds, nor asks the DNS.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from worker.authenticate.auth_headers import (
    AuthResults,
    Field,
    Flaw,
    Sender,
    read_auth_results,
    read_fields,
    read_sender,
)
from worker.authenticate.dkim_policy import DkimFailure, DkimResult, judge_server_result
from worker.config.addresses import domain_of
from worker.core.addresses import is_within
from worker.core.model import Address
from worker.core.params import Params
from worker.core.rulebook import Guarantor

_ABOUT_FIELDS: Final = frozenset({DkimFailure.FIELD_UNSIGNED, DkimFailure.FIELD_TWICE})
"""What is told with the names of fields."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether it is proven who wrote a mail, and the code of what says so, or why not."""

    is_authenticated: bool
    evidence: Params
    by_open_dns: bool = False
    """Whether it rests on a key that came by a DNS without DNSSEC: whoever approves the mail is told."""


class Role(Enum):
    """As what somebody speaks."""

    COLLEAGUE = auto()
    """Who passes on what others sent: also mails within the mail."""
    GUARANTOR = auto()


@dataclass(frozen=True, slots=True)
class AuthHeaders:
    """A mail as far as its headers tell who wrote it."""

    sender: Sender | Flaw
    findings: AuthResults
    fields: tuple[Field, ...] = ()
    came_at: dt.datetime | None = None
    """When it arrived, as its server says; None where it does not say."""
    answers_by: str = ""
    """By what it is known as an answer or a report."""
    unattended_by: str = ""
    """By what it is known as sent by a machine under a person's address."""

    def why_excluded(self, role: Role, *, is_enclosed: bool) -> Params:
        """Why nothing in it counts as the word of a ``role``, whatever is signed; empty where it may count."""
        if role is Role.COLLEAGUE:
            return Params(code="unattended", by=self.unattended_by) if self.unattended_by else Params()
        if self.answers_by:
            return Params(code="answers", by=self.answers_by)
        return Params(code="enclosed") if is_enclosed else Params()


@dataclass(frozen=True, slots=True)
class AllowedSenders:
    """Who may speak: the guarantors by their ids, and the colleagues."""

    guarantors: Mapping[str, Guarantor]
    colleagues: Collection[Address]

    def domains_for(self, sender: Sender, guarantor: str | None) -> tuple[tuple[Role, str], ...]:
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
class SenderAuth:
    """A mail with all that was found out about who wrote it: what it proves depends on whose notice it brings."""

    auth_headers: AuthHeaders
    signed: Mapping[str, DkimResult]
    """What became of its signatures, by the domain that was to be proven."""
    allowed_senders: AllowedSenders

    is_approved_by_hand: bool = False
    """Whether a person approves each mail that goes out (mode ``approve``), and is told by what a sender is proven."""

    def authenticate(self, guarantor: str | None, *, is_enclosed: bool = False) -> Proof:
        """Whether the writer is proven to be one who may bring a notice of ``guarantor``; None: of a colleague only.

        ``is_enclosed`` is set for what stands in a mail within the mail.
        """
        sender = self.auth_headers.sender
        if isinstance(sender, Flaw):
            return Proof(is_authenticated=False, evidence=Params(code=f"flaw_{sender.value}"))
        roots = self.allowed_senders.domains_for(sender, guarantor)
        if not roots:
            is_a_guarantors = any(
                self.allowed_senders.domains_for(sender, each) for each in self.allowed_senders.guarantors
            )
            return _unproven(sender, Params(code="others" if is_a_guarantors else "nobodys"))
        proofs = [self._prove_as(sender, role, root, is_enclosed=is_enclosed) for role, root in roots]
        return next((each for each in proofs if each.is_authenticated), proofs[0])

    @property
    def is_signed(self) -> bool:
        """Whether its writer may bring notices of somebody, by a good signature: its PDFs are read before a stranger's.

        Also one of a DNS without DNSSEC, which may prove nothing: who forges that gains a place in the line.
        """
        sender = self.auth_headers.sender
        if isinstance(sender, Flaw):
            return False
        return any(
            _found(self.auth_headers, root).domain or (root in self.signed and self.signed[root].domain)
            for each in (None, *self.allowed_senders.guarantors)
            for role, root in self.allowed_senders.domains_for(sender, each)
            if not self.auth_headers.why_excluded(role, is_enclosed=False)
        )

    def _prove_as(self, sender: Sender, role: Role, root: str, *, is_enclosed: bool) -> Proof:
        if why := self.auth_headers.why_excluded(role, is_enclosed=is_enclosed):
            return _unproven(sender, why)
        found = _found(self.auth_headers, root)
        if found.domain:
            return Proof(
                is_authenticated=True, evidence=_told_of(sender, Params(code="by_server", domain=found.domain))
            )
        signed = self.signed.get(root, DkimResult(why=DkimFailure.NOT_TRIED))
        if not signed.domain:
            return _unproven(sender, _say_why(self.auth_headers, root, found, signed))
        if signed.is_key_secured:
            return Proof(
                is_authenticated=True, evidence=_told_of(sender, Params(code="by_signature", domain=signed.domain))
            )
        if not self.is_approved_by_hand:
            return _unproven(sender, Params(code="open_dns_alone", domain=signed.domain))
        evidence = _told_of(sender, Params(code="by_open_signature", domain=signed.domain))
        return Proof(is_authenticated=True, evidence=evidence, by_open_dns=True)


def read_auth_headers(
    raw: bytes,
    authserv_id: str,
    came_at: dt.datetime | None,
    *,
    answers_by: str = "",
    unattended_by: str = "",
) -> AuthHeaders:
    """What the headers of a mail tell of who wrote it; ``authserv_id`` is what our own server calls itself."""
    fields = read_fields(raw)
    sender = read_sender(fields)
    return AuthHeaders(
        sender, read_auth_results(fields or (), authserv_id), fields or (), came_at, answers_by, unattended_by
    )


def domains_to_verify(
    auth_headers: AuthHeaders, allowed_senders: AllowedSenders, guarantors: Sequence[str | None]
) -> tuple[str, ...]:
    """The domains of which a signature would prove what our own server did not; empty: none need be looked at."""
    sender = auth_headers.sender
    if isinstance(sender, Flaw):
        return ()
    roots = dict.fromkeys(
        root
        for each in guarantors
        for role, root in allowed_senders.domains_for(sender, each)
        if not auth_headers.why_excluded(role, is_enclosed=False)
    )
    return tuple(root for root in roots if not _found(auth_headers, root).domain)


def is_signed_for(auth_headers: AuthHeaders, root: str) -> bool:
    """Whether our own server found the signature of the writer's own domain, within ``root``; SPF alone is none."""
    sender = auth_headers.sender
    if isinstance(sender, Flaw) or not root or not is_within(sender.domain, root):
        return False
    return bool(_found(auth_headers, root).domain)


def _found(auth_headers: AuthHeaders, root: str) -> DkimResult:
    """What our own server's findings prove of ``root`` or a domain within it.

    SPF tells by which server a mail came, which others use as well, and dmarc=pass may rest on SPF alone: neither
    proves anything without dkim.
    """
    if isinstance(auth_headers.sender, Flaw) or auth_headers.findings.is_refused:
        return DkimResult()
    judged = [
        judge_server_result(auth_headers.fields, each, root, auth_headers.came_at)
        for each in auth_headers.findings.signed
    ]
    unfit = (each for each in judged if each.why not in {DkimFailure.NONE, DkimFailure.OTHER_DOMAIN})
    return next((each for each in judged if each.domain), next(unfit, DkimResult()))


def _say_why(auth_headers: AuthHeaders, root: str, found: DkimResult, signed: DkimResult) -> Params:
    """Why neither our own server nor a signature proves ``root``; what is the same of both is said once."""
    own = _of_signature(signed)
    if found.why is not DkimFailure.NONE:
        server = _of_signature(found)
        if server == own:
            return Params(code="signature", own=own)
        return Params(code="server_too", server=server, own=own)
    others = {method for method, domain in auth_headers.findings.passed if method != "dkim" and is_within(domain, root)}
    is_spf_alone = others and not auth_headers.findings.is_refused
    stand = "only_others" if is_spf_alone else auth_headers.findings.stand.value
    return Params(code="neither", stand=Params(code=f"server_{stand}"), own=own)


def _of_signature(signed: DkimResult) -> Params:
    about = signed.about if signed.why in _ABOUT_FIELDS else ""
    return Params(code=f"signature_{signed.why.value}", about=about)


def _unproven(sender: Sender, why: Params) -> Proof:
    return Proof(is_authenticated=False, evidence=_told_of(sender, why))


def _told_of(sender: Sender, what: Params) -> Params:
    return Params(**what, address=sender.address)
