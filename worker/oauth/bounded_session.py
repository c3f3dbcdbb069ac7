"""A session of requests that ends in time, follows no redirect, and takes only short answers in JSON."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import requests

from worker.core.errors import Unavailable
from worker.oauth.tokens import is_an_answer

SECONDS: Final = 15.0
"""For a connection, and for silence in an answer: a provider answers within one, a slow proxy within some."""
TOTAL_SECONDS: Final = 30.0
"""For a whole answer: one that comes byte by byte never lets SECONDS pass."""

ANSWER_LIMIT: Final = 65_536
"""Bytes of an answer; one with three tokens has some 6,000, a provider's keys have some 20,000."""


class BoundedSession(requests.Session):
    """A session that ends in time, follows no redirect, and takes only answers of the endpoint itself."""

    seconds = SECONDS
    total_seconds = TOTAL_SECONDS

    def __init__(self, what: str, peer: str, ca_file: str, **named: Any) -> None:
        """``what`` needs the answer and ``peer`` gives it, as errors name them."""
        super().__init__(**named)
        self._what = what
        self._peer = peer
        self._trusted: bool | str = ca_file or True

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """As requests' own. Raises Unavailable for what is no answer of the endpoint."""
        kwargs |= {"timeout": self.seconds, "allow_redirects": False, "verify": self._trusted, "stream": True}
        try:
            response = self._in_time(partial(self._answer, super().request, args, kwargs))
        except (requests.RequestException, OSError) as error:  # the libraries would say it in words of their own
            raise self._unavailable(_describe(error)) from None
        if not is_an_answer(response.status_code, response.text):
            raise self._unavailable(f"HTTP {response.status_code} without an answer")
        return response

    def _answer(self, request: Callable[..., requests.Response], args: Any, kwargs: Any) -> requests.Response:
        """Returns the response, its body read up to ANSWER_LIMIT. Raises as requests, and Unavailable above."""
        with contextlib.closing(request(*args, **kwargs)) as response:
            read = bytearray()
            for piece in response.iter_content(1):  # a larger piece of a compressed answer has no bound
                read += piece
                if len(read) > ANSWER_LIMIT:
                    raise self._unavailable(f"an answer of more than {ANSWER_LIMIT} bytes")
            response._content = bytes(read)  # noqa: SLF001  ``content`` would have read it without a bound
        return response

    def _in_time(self, ask: Callable[[], requests.Response]) -> requests.Response:
        """Returns the answer. Raises Unavailable if it has not come whole after TOTAL_SECONDS.

        A read timeout of requests begins again with every byte. The thread is left to the server's own end then.
        """
        came: list[requests.Response | BaseException] = []

        def run() -> None:
            try:
                came.append(ask())
            except BaseException as error:  # noqa: BLE001  the caller that awaits the answer gets it
                came.append(error)

        thread = threading.Thread(target=run, name=self._peer, daemon=True)
        thread.start()
        thread.join(self.total_seconds)
        if not came:
            raise self._unavailable("no whole answer in time")
        if isinstance(came[0], BaseException):
            raise came[0]
        return came[0]

    def _unavailable(self, said: str) -> Unavailable:
        return Unavailable(self._what, f"{self._peer}: {said}")


def _describe(error: Exception) -> str:
    """The innermost cause: requests wraps a refused connection into four others, addresses of objects among them."""
    if isinstance(error, requests.exceptions.SSLError):
        return f"the certificate is not accepted: {_innermost(error)}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return f"not reached: {_innermost(error)}"
    return type(error).__name__


def _innermost(error: BaseException) -> str:
    seen = {id(error)}
    while (inner := error.__cause__ or error.__context__) is not None and id(inner) not in seen:
        seen.add(id(inner))
        error = inner
    return getattr(error, "verify_message", "") or getattr(error, "strerror", "") or type(error).__name__
