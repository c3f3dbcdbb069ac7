"""Authenticates the sender of a mail: a guarantor, for its own notices, or a colleague.

Only a signature by the domain of the one From counts, found valid by our own server or by us, which covers how the mail
is read. Every other mail waits for a person, with the reason. Of a guarantor's mail only its own parts count, not those
of an enclosed mail, and nothing of an answer or a report. Of a colleague's mail nothing counts that a machine sent.
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
from worker.core.addresses import domain_of, is_within
from worker.core.model import Address
from worker.core.params import Params
from worker.core.rulebook import Guarantor

_ABOUT_FIELDS: Final = frozenset({DkimFailure.FIELD_UNSIGNED, DkimFailure.FIELD_TWICE})
"""Reasons that are shown with the names of fields."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The verdict on the sender of a mail, and the code of its evidence."""

    is_authenticated: bool
    evidence: Params
    by_open_dns: bool = False
    """Set if it rests on a key from a DNS without DNSSEC, which the person who approves the mail is shown."""


class Role(Enum):
    """The roles of a sender."""

    COLLEAGUE = auto()
    """Forwards what others sent: enclosed mails count as well."""
    GUARANTOR = auto()


@dataclass(frozen=True, slots=True)
class AuthHeaders:
    """The authentication data in a mail's headers."""

    sender: Sender | Flaw
    findings: AuthResults
    fields: tuple[Field, ...] = ()
    came_at: dt.datetime | None = None
    """The time of arrival, from its server; None if the server does not say."""
    answers_by: str = ""
    """The sign of an answer or a report."""
    unattended_by: str = ""
    """The sign that a machine sent it from a person's address."""

    def why_excluded(self, role: Role, *, is_enclosed: bool) -> Params:
        """Returns why nothing in it counts as the word of a ``role``, even if it is signed; empty if it may count."""
        if role is Role.COLLEAGUE:
            return Params(code="unattended", by=self.unattended_by) if self.unattended_by else Params()
        if self.answers_by:
            return Params(code="answers", by=self.answers_by)
        return Params(code="enclosed") if is_enclosed else Params()


@dataclass(frozen=True, slots=True)
class AllowedSenders:
    """The allowed senders: the guarantors by their ids, and the colleagues."""

    guarantors: Mapping[str, Guarantor]
    colleagues: Collection[Address]

    def domains_for(self, sender: Sender, guarantor: str | None) -> tuple[tuple[Role, str], ...]:
        """Returns the domains that must be authenticated for ``sender`` to bring notices of ``guarantor``.

        Empty if it may not. A colleague's domain is that of the address, so that no parent domain counts. A guarantor's
        is the configured one that contains the address, the longest if there are several.
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
    """A mail's authentication data; the verdict depends on whose notice it brings."""

    auth_headers: AuthHeaders
    signed: Mapping[str, DkimResult]
    """The results of its signatures, by the domain that was to be authenticated."""
    allowed_senders: AllowedSenders

    is_approved_by_hand: bool = False
    """Set if a person approves each outgoing mail (mode ``approve``) and is shown what authenticates the sender."""

    def authenticate(self, guarantor: str | None, *, is_enclosed: bool = False) -> Proof:
        """Returns whether the sender is authenticated for notices of ``guarantor``; None: as a colleague only.

        ``is_enclosed`` is set for the contents of an enclosed mail.
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
        """Set if its sender may bring notices of a guarantor, by a valid signature.

        Its PDFs are read before a stranger's. A key from a DNS without DNSSEC is enough here: a forger only gains a
        place in the queue.
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
    """Returns the authentication data of a mail's headers; ``authserv_id`` is the name of our own server."""
    fields = read_fields(raw)
    sender = read_sender(fields)
    return AuthHeaders(
        sender, read_auth_results(fields or (), authserv_id), fields or (), came_at, answers_by, unattended_by
    )


def domains_to_verify(
    auth_headers: AuthHeaders, allowed_senders: AllowedSenders, guarantors: Sequence[str | None]
) -> tuple[str, ...]:
    """Returns the domains that our own server did not authenticate and a signature could; empty if none is needed."""
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
    """Returns whether our own server found a valid signature of the sender's domain, within ``root``.

    SPF alone does not count.
    """
    sender = auth_headers.sender
    if isinstance(sender, Flaw) or not root or not is_within(sender.domain, root):
        return False
    return bool(_found(auth_headers, root).domain)


def _found(auth_headers: AuthHeaders, root: str) -> DkimResult:
    """Returns what our own server's results prove of ``root`` or a subdomain.

    SPF names the server that sent a mail, which others use as well, and dmarc=pass may rest on SPF alone: neither
    authenticates without dkim.
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
    """Returns why neither our own server nor a signature authenticates ``root``; a common reason is given once."""
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
