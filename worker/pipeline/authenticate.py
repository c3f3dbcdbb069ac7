"""Who wrote a mail that may bring a notice: what our own server found, and, where that proves nothing, its signatures.

Its one promise: the DNS is asked only about a mail that could be proven by it, and before anything is recorded. It is
asked before the PDFs are read, as those of a proven sender are read first. It does not know what the mail becomes.
"""

from __future__ import annotations

from worker.approve.reevaluate import ActiveConfig
from worker.authenticate.dkim_policy import DkimFailure, DkimResult
from worker.authenticate.ports import DkimVerifier
from worker.authenticate.sender_auth import (
    AllowedSenders,
    AuthHeaders,
    SenderAuth,
    domains_to_verify,
    read_auth_headers,
)
from worker.config.settings import Mode
from worker.core.model import NO_DATE
from worker.read.classify import Announcement, MailClass, PossibleNotice, Unrelated
from worker.read.message import Message
from worker.watch.ports import Fetched


class Vouching:
    """Looks at who wrote each mail."""

    def __init__(self, signatures: DkimVerifier | None) -> None:
        self._signatures = signatures

    async def look(
        self,
        mailbox: str,
        fetched: Fetched,
        message: Message | None,
        what: MailClass,
        active_config: ActiveConfig,
    ) -> SenderAuth | None:
        """What is known of who wrote ``fetched``; None where it can bring no notice and announces none."""
        may_bring = isinstance(what, Announcement)
        may_bring = may_bring or (isinstance(what, PossibleNotice | Unrelated) and bool(what.pdfs or what.zips))
        if message is None or not fetched.content or not may_bring:
            return None
        settings = active_config.configuration.settings
        own = settings.mailboxes.get(mailbox)
        allowed_senders = AllowedSenders(active_config.guarantors, settings.colleagues)
        arrived = fetched.header.internal_date
        auth_headers = read_auth_headers(
            fetched.content,
            own.authserv_id if own else "",
            None if arrived == NO_DATE else arrived,
            answers_by=message.answers_by,
            unattended_by=message.unattended_by,
        )
        roots = domains_to_verify(auth_headers, allowed_senders, (None, *allowed_senders.guarantors))
        signed = {root: await self._sign(fetched, auth_headers, root) for root in roots}
        return SenderAuth(
            auth_headers, signed, allowed_senders, is_approved_by_hand=settings.release.mode is Mode.APPROVE
        )

    async def _sign(self, fetched: Fetched, auth_headers: AuthHeaders, root: str) -> DkimResult:
        if not fetched.whole or fetched.has_every_pdf:
            return DkimResult(why=DkimFailure.NOT_WHOLE)
        if self._signatures is None:
            return DkimResult(why=DkimFailure.NOT_TRIED)
        return await self._signatures.verify(fetched.content, auth_headers.fields, root, auth_headers.came_at)
