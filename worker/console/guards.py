"""Guards of every request: the origin of a form, the session's cookie, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker.console.desk import Desk

SAME_ORIGIN: Final = "same-origin"

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": SAME_ORIGIN,
    "Cross-Origin-Opener-Policy": SAME_ORIGIN,
    "Cross-Origin-Resource-Policy": SAME_ORIGIN,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Headers of every answer: nothing inline, nothing from elsewhere, in no frame."""


def session_cookie(desk: Desk) -> str:
    """The name of the session's cookie: with the prefix that browsers bind to https and this host (RFC 6265bis §4.1.3).

    On http of this machine browsers refuse the prefix.
    """
    return "hoshobin" if desk.is_loopback_http else "__Host-hoshobin"


def is_same_origin(headers: Mapping[str, str], scheme: str) -> bool:
    """Returns whether a form was sent by a page of ours (Fetch Metadata, RFC 6454 §7).

    Browsers send Sec-Fetch-Site or, older ones, Origin with every POST; one without both is refused.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site != SAME_ORIGIN:
        return False
    origin = headers.get("origin")
    if origin is None:
        return site is not None
    return urlsplit(origin).netloc == headers.get("host", "") and urlsplit(origin).scheme in {scheme, "https"}


class SecurityHeaders:
    """Adds the headers of every answer, and forbids to keep any but static files."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_static = scope["path"].startswith("/static/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_static else "no-store"
            await send(message)

        await self._app(scope, receive, send_with_headers)
