"""The real clock, in JST whatever the machine's own time zone is."""

from __future__ import annotations

import datetime as dt

from worker.core.model import JST


class SystemClock:
    """``Clock`` over the system's clock."""

    def now(self) -> dt.datetime:
        """This moment."""
        return dt.datetime.now(JST)
