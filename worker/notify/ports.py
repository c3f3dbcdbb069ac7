"""The port of notification: the operator's own program."""

from __future__ import annotations

from typing import Protocol


class OperatorCommand(Protocol):
    """``[operator] command``: notifies a person if no mail can be sent."""

    async def call(self, text: str) -> str:
        """Passes ``text`` on in bounded time; returns an empty text if it was taken, else the reason."""
        ...
