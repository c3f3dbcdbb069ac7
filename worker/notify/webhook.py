"""Posts a notice to ``[operator] webhook``: one request, no redirect, an answer in bounded time and of bounded size.

The address is a credential. It stands in no text that leaves this module, and neither do the words of the other side.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

import structlog

SECONDS: Final = 5.0
"""For the connection, and for silence in the answer."""
TOTAL_SECONDS: Final = 10.0
"""For the whole request: an answer that comes byte by byte never lets SECONDS pass, and the pass waits meanwhile."""
ANSWER_LIMIT: Final = 4_096
"""Bytes of the answer that are read: only its status counts."""
_log = structlog.get_logger("hoshobin")


class HttpWebhook:
    """``ports.OperatorWebhook`` by HTTP; its address was checked when it was read."""

    def __init__(self, url: str, seconds: float = TOTAL_SECONDS) -> None:
        self._parts = urlsplit(url)
        self._seconds = seconds

    async def post(self, body: bytes) -> str:
        """Posts ``body``; returns an empty text if it was taken, else the reason."""
        connection = self._connect()
        try:
            async with asyncio.timeout(self._seconds):
                why = await asyncio.to_thread(self._ask, connection, body)
        except TimeoutError:
            why = f"no whole answer within {self._seconds:g} s"
        finally:
            with contextlib.suppress(OSError):  # ends the read of a thread that still waits
                if connection.sock is not None:
                    connection.sock.shutdown(socket.SHUT_RDWR)
        if why:
            _log.error("operator_webhook", failure=why)
        return why

    def _connect(self) -> http.client.HTTPConnection:
        host, port, seconds = self._parts.hostname or "", self._parts.port, min(SECONDS, self._seconds)
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=seconds, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=seconds)

    def _ask(self, connection: http.client.HTTPConnection, body: bytes) -> str:
        path = self._parts.path or "/"
        target = f"{path}?{self._parts.query}" if self._parts.query else path
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "hoshobin", "Connection": "close"}
        try:
            connection.request("POST", target, body, headers)
            answer = connection.getresponse()
            answer.read(ANSWER_LIMIT)
        except ssl.SSLCertVerificationError as error:
            return f"the certificate is not accepted: {error.verify_message}"
        except TimeoutError:
            return "no answer in time"
        except OSError as error:
            return f"not reached: {error.strerror or type(error).__name__}"
        except http.client.HTTPException as error:
            return f"no HTTP answer: {type(error).__name__}"
        else:
            return (
                ""
                if http.HTTPStatus.OK <= answer.status < http.HTTPStatus.MULTIPLE_CHOICES
                else f"HTTP {answer.status}"
            )
        finally:
            connection.close()
