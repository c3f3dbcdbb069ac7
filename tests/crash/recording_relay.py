"""A relay that writes down every mail as a whole before it answers: the judge of "sent twice"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.crash.relay import Conversation, Listener, Relay


@dataclass(frozen=True)
class Taken:
    """One whole message, with the envelope it came in."""

    recipients: tuple[str, ...]
    content: bytes
    envid: str = ""
    """The envelope id that the client gave to MAIL; empty if it asked for no reports."""


class _Recorded(Conversation):
    server: _Recording

    def receive(self) -> bool:
        self.say("354 go on")
        content = self.read_mail()
        if content is None:
            return False
        taken = Taken(tuple(self.recipients), content, self.envid)
        with self.server.state:
            self.server.taken.append(taken)
            self.server.on_taken(taken)
        self.say("250 ok: queued")
        return True


class _Recording(Listener):
    def __init__(self, on_taken: Callable[[Taken], None]) -> None:
        self.on_taken = on_taken
        super().__init__(_Recorded)


class RecordingRelay(Relay):
    """The relay; ``with`` it. ``on_taken`` is called with each mail before it is answered."""

    def __init__(self, on_taken: Callable[[Taken], None] = lambda _: None) -> None:
        super().__init__(_Recording(on_taken))

    def begin(self) -> None:
        """Forget what was taken."""
        with self._listener.state:
            self._listener.taken = []

    @property
    def taken(self) -> tuple[Taken, ...]:
        """The mails taken since ``begin``, once every connection has been read to its end."""
        with self._listener.state:
            self.wait_for_ends()
            return tuple(self._listener.taken)
