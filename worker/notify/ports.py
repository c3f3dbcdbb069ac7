"""The port of notification: the operator's own program."""

from __future__ import annotations

from typing import Protocol


class OperatorCommand(Protocol):
    """``[operator] command``: tells a person where no mail can be sent."""

    async def call(self, text: str) -> str:
        """Hand over ``text``, in bounded time; empty where it was taken, else why not."""
        ...
