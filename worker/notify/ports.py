"""The ports of notification: the operator's own program, and the chat."""

from __future__ import annotations

from typing import Protocol


class OperatorCommand(Protocol):
    """``[operator] command``: notifies a person if no mail can be sent."""

    async def call(self, text: str) -> str:
        """Passes ``text`` on in bounded time; returns an empty text if it was taken, else the reason."""


class OperatorWebhook(Protocol):
    """``[operator] webhook``: the chat in which people read counts and a link."""

    async def post(self, body: bytes) -> str:
        """Posts ``body`` in bounded time; returns an empty text if it was taken, else a reason without the address."""
