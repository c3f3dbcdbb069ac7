"""The identity provider by OpenID Connect: discovery, the authorization code flow with PKCE, keys; by authlib.

Every call blocks, ends within its time and follows no redirect. Raises SsoRefused. No text holds a code, a secret or a
token.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from worker.accounts.ports import SsoRefused, SsoRequest
from worker.accounts.sso import refusal_of
from worker.config.sso_settings import SecondFactor, SsoProvider, SsoSettings, check_provider_address
from worker.config.toml import Refused
from worker.core.clock import Clock
from worker.core.errors import Unavailable
from worker.oauth.bounded_session import BoundedSession

if TYPE_CHECKING:
    from joserfc.jwk import KeySetSerialization

T = TypeVar("T")

SECONDS: Final = 5.0
"""For a connection, and for silence in an answer: a person waits before a white page."""
TOTAL_SECONDS: Final = 10.0
"""For a whole answer; a login needs at most three."""
AT_ONCE: Final = 4
"""Requests at once: a slow provider must not hold the threads that show pages."""
KEPT_FOR: Final = dt.timedelta(hours=1)
"""Time in which discovery and keys are not asked for again; a token with an unknown key asks at once."""
REST_AFTER_FAILURE: Final = dt.timedelta(seconds=10)
"""Time in which a provider that did not answer is not asked again: each request would wait its whole time."""
MAX_AGE: Final = 60
"""Seconds since the person was asked, for a proof: it makes ``auth_time`` a duty; some providers take no zero."""
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""Signatures by a key that the provider alone has: neither ``none`` nor one by the client's secret."""
MAX_TOKEN: Final = 20_000
"""Characters of an ID token; one with many groups has some 8,000."""
LATER: Final = frozenset({"server_error", "temporarily_unavailable"})
OURS: Final = frozenset({"invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type"})
"""Errors of a token endpoint that the application's registration causes (RFC 6749 §5.2)."""


class _Session(BoundedSession, OAuth2Session):  # type: ignore[misc]  # authlib has no types
    seconds = SECONDS
    total_seconds = TOTAL_SECONDS


class OpenIdProvider:
    """``ports.IdentityProvider``; nothing is connected yet."""

    def __init__(self, settings: SsoSettings, secret: str, callback: str, ca_file: str, clock: Clock) -> None:
        """``callback`` is the address to which the provider sends the browser back."""
        for logger in ("authlib", "urllib3", "requests"):
            logging.getLogger(logger).setLevel(logging.WARNING)  # their DEBUG prints what was sent
        self._settings = settings
        self._secret = secret
        self._callback = callback
        self._ca_file = ca_file
        self._clock = clock
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._kept: dict[str, tuple[dt.datetime, dict[str, Any]]] = {}
        self._failed_at: dt.datetime | None = None

    def authorization_address(self, asked: SsoRequest) -> str:
        """As the port's."""
        more: dict[str, str] = {"nonce": asked.nonce, "claims": json.dumps({"id_token": self._claims()})}
        if asked.is_proof:
            more |= {"prompt": "login", "max_age": str(MAX_AGE)}
        else:
            more["prompt"] = "select_account"  # the computer may be another person's
        if self._settings.provider is SsoProvider.GOOGLE:
            more["hd"] = self._settings.domain
        elif self._settings.provider is SsoProvider.OPENID and self._settings.acr_values:
            more["acr_values"] = " ".join(self._settings.acr_values)
        page = self._endpoint("authorization_endpoint")
        with self._session() as session:
            address, _ = session.create_authorization_url(page, state=asked.state, code_verifier=asked.verifier, **more)
        return str(address)

    def _claims(self) -> dict[str, Any]:
        """What the token must say (OpenID Connect Core §5.5); a provider that knows no ``claims`` passes it over."""
        wanted: dict[str, Any] = {"auth_time": {"essential": True}}
        settings = self._settings
        if settings.second_factor is SecondFactor.PROVIDER and settings.provider is SsoProvider.MICROSOFT:
            wanted["acrs"] = {"essential": True, "value": settings.acr_values[0]}
        return wanted

    def redeem(self, code: str, verifier: str) -> Mapping[str, Any]:
        """As the port's."""
        endpoint = self._endpoint("token_endpoint")
        asked = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        with self._session() as session:
            given = self._ask(lambda: session.fetch_token(endpoint, **asked))
        token = given.get("id_token")
        if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
            raise SsoRefused("sso_provider_answer", "no id_token")
        return self._verified(token)

    def logout_address(self) -> str:
        """As the port's."""
        if not self._document().get("end_session_endpoint"):
            return ""
        home = self._callback.rpartition("/sso/")[0]
        back = {"client_id": self._settings.client_id, "post_logout_redirect_uri": home}
        return f"{self._endpoint('end_session_endpoint')}?{urlencode(back)}"

    # --- Tokens ----------------------------------------------------------------------------------------------

    def _verified(self, token: str) -> Mapping[str, Any]:
        """Returns the claims of a token with a good signature; asks for the keys again if its key is unknown."""
        with _translated("sso_signature"):
            try:
                return jwt.decode(token, self._keys(), algorithms=ALGORITHMS).claims
            except InvalidKeyIdError:
                self._kept.pop(self._endpoint("jwks_uri"), None)
                return jwt.decode(token, self._keys(), algorithms=ALGORITHMS).claims

    def _keys(self) -> KeySet:
        with _translated("sso_provider_answer"):
            return KeySet.import_key_set(cast("KeySetSerialization", self._fetch(self._endpoint("jwks_uri"))))

    # --- Discovery -------------------------------------------------------------------------------------------

    def _document(self) -> dict[str, Any]:
        """Returns the provider's description of itself (OpenID Connect Discovery §4). Raises SsoRefused."""
        document = self._fetch(f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if document.get("issuer") != self._settings.issuer:
            raise SsoRefused("sso_provider_answer", f"issuer {str(document.get('issuer'))[:80]}")
        return document

    def _endpoint(self, name: str) -> str:
        """Returns one address of the description; http only where the issuer itself is on this machine."""
        address = self._document().get(name)
        try:
            checked = check_provider_address(address if isinstance(address, str) else "")
        except Refused:
            checked = ""
        if not checked or checked.partition(":")[0] not in {"https", self._settings.issuer.partition(":")[0]}:
            raise SsoRefused("sso_provider_answer", f"{name} {str(address)[:80]}")
        return checked

    def _fetch(self, address: str) -> dict[str, Any]:
        """Returns a document of the provider, at most an hour old."""
        now = self._clock.now()
        known = self._kept.get(address)
        if known is not None and dt.timedelta(0) <= now - known[0] < KEPT_FOR:
            return known[1]
        with self._session() as session:
            answer = self._ask(lambda: session.request("GET", address, withhold_token=True))
        if answer.status_code != 200:  # noqa: PLR2004  an error in JSON
            raise SsoRefused("sso_provider_answer", f"HTTP {answer.status_code}")
        document: dict[str, Any] = answer.json()
        self._kept[address] = (now, document)
        return document

    # --- Requests --------------------------------------------------------------------------------------------

    def _session(self) -> _Session:
        scope = "openid email profile" if self._settings.provider is SsoProvider.MICROSOFT else "openid email"
        return _Session(
            "sso",
            "identity provider",
            self._ca_file,
            client_id=self._settings.client_id,
            client_secret=self._secret,
            token_endpoint_auth_method=self._authentication(),
            scope=scope,
            redirect_uri=self._callback,
            code_challenge_method="S256",
        )

    def _authentication(self) -> str:
        """Returns the way in which the client's secret is sent: in the header, unless only the body is taken."""
        description = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        known = self._kept.get(description)
        offered = known[1].get("token_endpoint_auth_methods_supported") if known is not None else None
        in_header = not isinstance(offered, list) or "client_secret_basic" in offered
        return "client_secret_basic" if in_header else "client_secret_post"

    def _ask(self, request: Callable[[], T]) -> T:
        """Returns the answer of the provider. Raises SsoRefused."""
        now = self._clock.now()
        if self._failed_at is not None and dt.timedelta(0) <= now - self._failed_at < REST_AFTER_FAILURE:
            raise SsoRefused("sso_provider_down", "not asked again so soon")
        if not self._slots.acquire(blocking=False):
            raise SsoRefused("sso_busy")
        try:
            with _translated("sso_provider_answer"):
                return request()
        except Unavailable as away:
            self._failed_at = now
            raise SsoRefused("sso_provider_down", away.detail) from None
        finally:
            self._slots.release()


@contextmanager
def _translated(code: str) -> Iterator[None]:
    """Raises SsoRefused ``code`` for what the libraries make nothing of; their own chains could show what was sent."""
    try:
        yield
    except AuthlibBaseError as error:
        raise _refusal(str(error.error or "")) from None
    except (JoseError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise SsoRefused(code, type(error).__name__) from None


def _refusal(error: str) -> SsoRefused:
    """Returns the refusal for an ``error`` of the token endpoint (RFC 6749 §5.2)."""
    if error == "invalid_grant":
        return SsoRefused("sso_code_refused")
    if error in LATER:
        return SsoRefused("sso_provider_down", error)
    if error in OURS:
        return SsoRefused("sso_client_refused", error, said=error)
    return refusal_of(error)
