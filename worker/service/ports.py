"""The port of the service manager."""

from __future__ import annotations

from typing import Protocol


class Manager(Protocol):
    """The service manager (systemd). Calls are no-ops without one."""

    def stopping(self) -> None:
        """The shutdown has begun."""
        ...

    def extend_timeout(self, seconds: float) -> None:
        """Ask for so many more seconds for the work under way."""
        ...

    def status(self, text: str) -> None:
        """One line for people."""
        ...

    def feed_watchdog(self) -> None:
        """Every loop is alive."""
        ...
