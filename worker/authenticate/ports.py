"""The port of authentication: DKIM verification with keys from the DNS."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from worker.authenticate.sender_auth import DkimResult, Field


class DkimVerifier(Protocol):
    """The DKIM signatures of mails, verified with keys from the DNS."""

    async def verify(self, raw: bytes, fields: Sequence[Field], root: str, came_at: dt.datetime | None) -> DkimResult:
        """Returns whether the mail ``raw`` has a valid signature of ``root`` or of a subdomain. Raises nothing.

        ``came_at`` is the time of arrival; None if its server does not say.
        """
