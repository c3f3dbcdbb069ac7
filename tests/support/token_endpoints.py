"""A token endpoint on loopback, over TLS as both libraries want it: Microsoft's paths and Google's, one person behind.

It gives the answers of RFC 6749 and 8628, and no provider's own extensions. The test sets its behaviour; it keeps
the requests.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import ssl
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import trustme

from tests.support.mailservers import answering

TENANT = "tenant.example"
CLIENT = "client-1"
SECRET = "client-secret-text"
USER_CODE = "ABCD-EFGH"


@dataclass
class TokenEndpoints:
    """One endpoint and what it knows; ``tokens`` are the access tokens that are good now."""

    authority: str
    ca_file: Path
    tokens: set[str] = field(default_factory=set)
    life: int = 3600
    pending: int = 1
    """The number of answers that the person has not yet agreed."""
    refusal: tuple[str, str] | None = None
    """Error and description, instead of a token."""
    status: int | None = None
    """Of a page without an answer, as a gateway gives it, instead of everything; it leads to ``/elsewhere``."""
    visited: list[str] = field(default_factory=list)
    """Every path that was asked for."""
    asked: list[dict[str, str]] = field(default_factory=list)
    refresh_tokens: list[str] = field(default_factory=list)
    challenges: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    gives_good_tokens: bool = True

    def take_all_tokens_back(self) -> None:
        """Every access token given so far is refused from now on."""
        self.tokens.clear()

    def agree(self, page: str) -> str:
        """Follow Google's page as a person's browser does; returns the address that it ends on."""
        asked = {key: values[0] for key, values in urllib.parse.parse_qs(urllib.parse.urlsplit(page).query).items()}
        assert asked["code_challenge_method"] == "S256"
        code = f"4/0-code-{next(self.numbers)}"
        self.challenges[code] = asked["code_challenge"]
        return f"{asked['redirect_uri']}/?{urllib.parse.urlencode({'state': asked['state'], 'code': code})}"

    # --- Answers ---------------------------------------------------------------------------------------------

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            base = f"{self.authority}/{TENANT}"
            return 200, {
                "issuer": f"{base}/v2.0",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            }
        if path == f"/{TENANT}/oauth2/v2.0/devicecode":
            self.asked.append(form)
            page = f"{self.authority}/device"
            return 200, {
                "device_code": "device-1",
                "user_code": USER_CODE,
                "verification_uri": page,
                "expires_in": 900,
                "interval": 1,
            }
        if path in {f"/{TENANT}/oauth2/v2.0/token", "/token"}:
            self.asked.append(form)
            return self.grant(form)
        return 404, {"error": "invalid_request", "error_description": f"nothing at {path}"}

    def grant(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if form["client_id"] != CLIENT:
            return 401, {"error": "invalid_client", "error_description": "no such application"}
        if self.refusal is not None:
            return 400, dict(zip(("error", "error_description"), self.refusal, strict=True))
        match form["grant_type"]:
            case "refresh_token" if form["refresh_token"] in self.refresh_tokens[-1:]:
                return 200, self.give()
            case "authorization_code" if form.get("client_secret") == SECRET and self.proves(form):
                return 200, self.give()
            case "urn:ietf:params:oauth:grant-type:device_code":
                self.pending -= 1
                if self.pending >= 0:
                    return 400, {"error": "authorization_pending", "error_description": "not yet"}
                return 200, self.give()
        return 400, {"error": "invalid_grant", "error_description": "the grant is not known"}

    def proves(self, form: dict[str, str]) -> bool:
        hashed = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        return self.challenges.pop(form["code"], "") == hashed.rstrip(b"=").decode()

    def give(self) -> dict[str, Any]:
        """Another pair of tokens; the refresh token before is worth nothing any more."""
        number = next(self.numbers)
        access, refresh = f"access-{number}-{'x' * 60}", f"refresh-{number}-{'y' * 60}"
        if self.gives_good_tokens:
            self.tokens.add(access)
        self.refresh_tokens.append(refresh)
        return {
            "token_type": "Bearer",
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": self.life,
            "scope": "mail",
        }


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.speak({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.speak(dict(urllib.parse.parse_qsl(body)))

    def speak(self, form: dict[str, str]) -> None:
        endpoints = self.server.endpoints
        endpoints.visited.append(self.path)
        if endpoints.status is not None:
            status, body = endpoints.status, b"<html>gateway</html>"
        else:
            status, answer = endpoints.answer(urllib.parse.urlsplit(self.path).path, form)
            body = json.dumps(answer).encode()
        self.send_response(status)
        if endpoints.status is not None:
            self.send_header("Location", f"{endpoints.authority}/elsewhere")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def token_endpoints(folder: Path, tokens: set[str] | None = None) -> Iterator[TokenEndpoints]:
    """The endpoint for as long as the context lasts; ``tokens``, if given, is the set that a mail server looks into."""
    authority = trustme.CA()
    ca_file = folder / "endpoint-ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True)
        endpoints = TokenEndpoints(f"https://localhost:{server.server_address[1]}", ca_file)
        endpoints.tokens = tokens if tokens is not None else endpoints.tokens
        server.endpoints = endpoints
        with answering(server):
            yield endpoints
