"""Who wrote a mail that may bring a notice: what our own server found, and, where that proves nothing, its signatures.

Its one promise: the DNS is asked only about a mail that could be proven by it, and before anything is recorded. It is
asked before the PDFs are read, as those of a proven sender are read first. It does not know what the mail becomes.
"""

from __future__ import annotations

from worker.approve.reevaluate import ActiveConfig
from worker.authenticate.dkim_policy import Signed, Unsigned
from worker.authenticate.ports import Signatures
from worker.authenticate.sender_auth import Speakers, Spoken, Vouched, read_spoken, roots_to_sign
from worker.config.settings import Mode
from worker.core.model import NO_DATE
from worker.read.classify import Announcement, Meant, Recognised, Unrelated
from worker.read.message import Message
from worker.watch.ports import Fetched


class Vouching:
    """Looks at who wrote each mail."""

    def __init__(self, signatures: Signatures | None) -> None:
        self._signatures = signatures

    async def look(
        self,
        mailbox: str,
        fetched: Fetched,
        message: Message | None,
        what: Recognised,
        active_config: ActiveConfig,
    ) -> Vouched | None:
        """What is known of who wrote ``fetched``; None where it can bring no notice and announces none."""
        may_bring = isinstance(what, Announcement)
        may_bring = may_bring or (isinstance(what, Meant | Unrelated) and bool(what.pdfs or what.zips))
        if message is None or not fetched.content or not may_bring:
            return None
        settings = active_config.configuration.settings
        own = settings.mailboxes.get(mailbox)
        speakers = Speakers(active_config.guarantors, settings.colleagues)
        arrived = fetched.header.internal_date
        spoken = read_spoken(
            fetched.content,
            own.authserv_id if own else "",
            None if arrived == NO_DATE else arrived,
            answers_by=message.answers_by,
            unattended_by=message.unattended_by,
        )
        roots = roots_to_sign(spoken, speakers, (None, *speakers.guarantors))
        signed = {root: await self._sign(fetched, spoken, root) for root in roots}
        return Vouched(spoken, signed, speakers, is_approved_by_hand=settings.release.mode is Mode.APPROVE)

    async def _sign(self, fetched: Fetched, spoken: Spoken, root: str) -> Signed:
        if not fetched.whole or fetched.has_every_pdf:
            return Signed(why=Unsigned.NOT_WHOLE)
        if self._signatures is None:
            return Signed(why=Unsigned.NOT_TRIED)
        return await self._signatures.verify(fetched.content, spoken.fields, root, spoken.came_at)
