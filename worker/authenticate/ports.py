"""The port of authentication: DKIM keys come from the DNS."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from worker.authenticate.auth_headers import Field
from worker.authenticate.dkim_policy import DkimResult


class DkimVerifier(Protocol):
    """The DKIM signatures of mails, verified with keys from the DNS."""

    async def verify(self, raw: bytes, fields: Sequence[Field], root: str, came_at: dt.datetime | None) -> DkimResult:
        """Whether a good signature of ``root``, or of a domain below it, stands in the mail ``raw``; raises nothing.

        ``came_at`` is when the mail arrived; None where its server does not say.
        """
        ...
