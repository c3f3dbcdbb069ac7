"""The port of the service manager."""

from __future__ import annotations

from typing import Protocol


class Manager(Protocol):
    """Whoever started the service and may end it; every word is lost where nobody listens."""

    def stopping(self) -> None:
        """The shutdown has begun."""
        ...

    def extend_timeout(self, seconds: float) -> None:
        """What is under way needs up to so much longer."""
        ...

    def status(self, text: str) -> None:
        """One line for people."""
        ...

    def feed_watchdog(self) -> None:
        """Every loop is alive."""
        ...
