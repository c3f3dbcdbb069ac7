"""An OpenID provider on loopback: real HTTP, real keys and signatures, one person behind it; and its misbehaviours.

It follows OpenID Connect Core and Discovery, RFC 6749 and RFC 7636, and checks what a client must send: the registered
address, the client's secret, PKCE, and each code once. A misbehaviour is a function that changes one answer.
"""

from __future__ import annotations

import base64
import hashlib
import html
import http.server
import json
import secrets
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from tests.support.mailservers import answering

CLIENT: Final = "hoshobin-console"
SECRET: Final = "the-client-secret-of-the-tests"
TENANT: Final = "11111111-2222-3333-4444-555555555555"
MAIL: Final = "hanako@contractor.example"
SUBJECT: Final = "subject-of-hanako"

Claims = dict[str, Any]


@cache
def key(name: str) -> RSAKey:
    """A key by its name; making one takes a third of a second."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@dataclass
class Grant:
    """A code that was given, and what was asked for."""

    asked: dict[str, str]
    used: bool = False


@dataclass
class IdentityProvider:
    """The provider; a test sets the person, the clock and a misbehaviour."""

    issuer: str = ""
    callback: str = ""
    person: Claims = field(default_factory=dict)
    now: Callable[[], float] = time.time
    signs_with: str = "first"
    publishes: tuple[str, ...] = ("first",)
    change_claims: Callable[[Claims], Claims] = lambda claims: claims
    """What the token says in place of the truth."""
    sign: Callable[[Claims, RSAKey], str] | None = None
    change_document: Callable[[Claims], Claims] = lambda document: document
    token_error: tuple[int, str] | None = None
    raw: dict[str, bytes | None] = field(default_factory=dict)
    """By path, bytes that are sent in place of an answer; None: the connection is closed."""
    grants: dict[str, Grant] = field(default_factory=dict)
    visited: list[str] = field(default_factory=list)

    def authorize(self, address: str) -> str:
        """Logs the person in at the page ``address``; returns the address to which the browser is sent back."""
        parts = urllib.parse.urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}/authorize"
        asked = dict(urllib.parse.parse_qsl(parts.query))
        assert asked["client_id"] == CLIENT
        assert asked["redirect_uri"] == self.callback
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["state"]) >= 32
        assert len(asked["nonce"]) >= 32
        code = secrets.token_urlsafe(24)
        self.grants[code] = Grant(asked)
        return f"{self.callback}?{urllib.parse.urlencode({'code': code, 'state': asked['state']})}"

    def document(self) -> Claims:
        """The description of itself."""
        return self.change_document(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/logout",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            }
        )

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, Claims]:
        """The answer of the token endpoint."""
        if self.token_error is not None:
            return self.token_error[0], {"error": self.token_error[1]}
        by_header = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        offered = self.document()["token_endpoint_auth_methods_supported"]
        is_in_header = "client_secret_basic" in offered and authorization == by_header
        is_in_body = "client_secret_post" in offered and form.get("client_secret") == SECRET
        if not is_in_header and not is_in_body:
            return 401, {"error": "invalid_client"}
        grant = self.grants.get(form.get("code", ""))
        if grant is None or grant.used or form.get("redirect_uri") != self.callback:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != grant.asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        grant.used = True
        return 200, {"access_token": "unused", "token_type": "Bearer", "id_token": self.id_token(grant.asked)}

    def answer(self, address: str, form: dict[str, str], authorization: str) -> tuple[int, str, bytes]:
        """Status, kind and content of one answer."""
        path = urllib.parse.urlsplit(address).path
        if path == "/authorize":
            back = self.authorize(f"{self.issuer}{address}")
            return (
                200,
                "text/html",
                f'<!doctype html><title>id</title><a href="{html.escape(back)}">log in</a>'.encode(),
            )
        status, document = 404, {"error": "not_found"}
        if path == "/.well-known/openid-configuration":
            status, document = 200, self.document()
        elif path == "/keys":
            status, document = 200, dict(KeySet([key(each) for each in self.publishes]).as_dict())
        elif path == "/token":
            status, document = self.token(form, authorization)
        return status, "application/json", json.dumps(document).encode()

    def id_token(self, asked: dict[str, str]) -> str:
        """The token of the person for one request."""
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 3600,
            "auth_time": now,
            "nonce": asked["nonce"],
            **self.person,
        }
        changed = self.change_claims(claims)
        if self.sign is not None:
            return self.sign(changed, key(self.signs_with))
        return jwt.encode({"alg": "RS256", "kid": self.signs_with}, changed, key(self.signs_with))

    def behave(self) -> None:
        """Ends every misbehaviour; the person and the keys stay."""
        fresh = IdentityProvider()
        for name in ("change_claims", "sign", "change_document", "token_error", "raw", "now"):
            setattr(self, name, getattr(fresh, name))


# --- Misbehaviours -------------------------------------------------------------------------------------------


def unsigned(claims: Claims, _: RSAKey) -> str:
    """A token without a signature: ``alg`` none."""
    head, body = (json.dumps(each).encode() for each in ({"alg": "none", "typ": "JWT"}, claims))
    return ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in (head, body)) + "."


def signed_by_another(claims: Claims, _: RSAKey) -> str:
    """A token signed by a stranger's key under the name of the provider's."""
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, key("stranger"))


def signed_by_the_secret(claims: Claims, _: RSAKey) -> str:
    """A token signed by the client's secret: HS256, which the provider never said."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET + " " * 8))


def signed_by_the_public_key(claims: Claims, own: RSAKey) -> str:
    """A token whose HMAC has the published key as its secret, the confusion of algorithms."""
    public = own.as_pem(private=False)
    head, body = (
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=")
        for each in ({"alg": "HS256", "kid": "first"}, claims)
    )
    mac = hashlib.sha256(public + f"{head}.{body}".encode()).digest()
    return f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def with_its_own_key(claims: Claims, _: RSAKey) -> str:
    """A token that brings the stranger's key along in its head."""
    stranger = key("stranger")
    return jwt.encode({"alg": "RS256", "kid": "first", "jwk": stranger.as_dict(private=False)}, claims, stranger)


def changed_after_signing(claims: Claims, own: RSAKey) -> str:
    """A good token whose subject was replaced."""
    head, _, mac = jwt.encode({"alg": "RS256", "kid": "first"}, claims, own).split(".")
    body = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "another"}).encode()).decode().rstrip("=")
    return f"{head}.{body}.{mac}"


def saying(**changed: Any) -> Callable[[Claims], Claims]:
    """Claims with these in place of the truth; None: without that claim."""

    def change(claims: Claims) -> Claims:
        merged = {**claims, **changed}
        return {name: value for name, value in merged.items() if value is not None}

    return change


def aged(seconds: int) -> Callable[[Claims], Claims]:
    """A token that was made so many seconds ago; negative: by a clock that goes before."""

    def change(claims: Claims) -> Claims:
        return {**claims, **{name: claims[name] - seconds for name in ("iat", "exp", "auth_time")}}

    return change


# --- Serving -------------------------------------------------------------------------------------------------


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """A provider on a free port."""
    provider = IdentityProvider()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(dict(urllib.parse.parse_qsl(content)))

        def _answer(self, form: dict[str, str]) -> None:
            path = urllib.parse.urlsplit(self.path).path
            provider.visited.append(path)
            if path in provider.raw:
                self.wfile.write(provider.raw[path] or b"")
                return
            status, kind, content = provider.answer(self.path, form, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    with server, answering(server):
        yield provider


def of_hanako(**more: Any) -> Claims:
    """The claims of the tests' person."""
    return {"sub": SUBJECT, "email": MAIL, "email_verified": True, **more}
