"""The providers' token endpoints: Microsoft by msal, Google by forms (RFC 6749), both over one session of requests.

Every call blocks, ends within its time and follows no redirect. Raises AccountRefused if the endpoint refused, and
Unavailable if it was not reached. No text holds a token or a secret.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

from worker.core.errors import AccountRefused, Unavailable
from worker.core.login_errors import LoginFault, LoginRefusal, hide_tokens
from worker.oauth.bounded_session import BoundedSession
from worker.oauth.settings import OauthSettings, Provider
from worker.oauth.tokens import REDIRECT, TokenResponse, judge_error, read_token_response

if TYPE_CHECKING:
    from msal import PublicClientApplication

_PENDING: Final = "authorization_pending"
_SLOWER: Final = 5
"""Seconds that ``slow_down`` adds (RFC 8628 §3.5)."""


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """The code that a person types at the provider's page, and its lifetime."""

    page: str
    code: str
    seconds: int
    flow: dict[str, Any] = field(repr=False)


class TokenEndpoint:
    """One login's endpoint."""

    def __init__(
        self, name: str, what: str, settings: OauthSettings, *, secret: str, ca_file: str, is_for_sending: bool
    ) -> None:
        """``what`` is who needs the token ("imap", "smtp"), as errors name it; nothing is connected yet."""
        for logger in ("msal", "urllib3", "requests"):
            logging.getLogger(logger).setLevel(logging.WARNING)  # their DEBUG prints what was sent
        self._name = name
        self._what = what
        self._settings = settings
        self._secret = secret
        self._scopes = list(settings.scopes(is_for_sending=is_for_sending))
        self._session = BoundedSession(what, "token endpoint", ca_file)

    def renew(self, refresh_token: str) -> TokenResponse:
        """Another access token. Raises AccountRefused, Unavailable."""
        with self._translated(refresh_token):
            if self._settings.provider is Provider.MICROSOFT:
                answer = self._microsoft().acquire_token_by_refresh_token(refresh_token, self._scopes)
                return self._take(answer, refresh_token)
            return self._ask_google({"grant_type": "refresh_token", "refresh_token": refresh_token}, refresh_token)

    # --- Microsoft: a code that is typed on another device ----------------------------------------------------

    def ask_device_code(self) -> DeviceCode:
        """The code for a person. Raises AccountRefused, Unavailable."""
        with self._translated():
            flow = self._microsoft().initiate_device_flow(self._scopes)
            if "user_code" not in flow:
                self._refuse(flow)
            return DeviceCode(flow["verification_uri"], flow["user_code"], flow["expires_in"], flow)

    def await_device_code(self, code: DeviceCode, rest: Callable[[float], None]) -> TokenResponse:
        """The tokens, once the person has agreed; ``rest`` waits between two questions. Raises as the others."""
        flow, waited = dict(code.flow), 0.0
        with self._translated(flow.get("device_code", "")):
            application = self._microsoft()
            while True:
                pause = max(flow.get("interval", _SLOWER), 1)
                rest(pause)
                waited += pause
                flow["latest_attempt_at"] = 0  # the pauses are ours: msal would warn if a clock is set
                answer = application.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
                if answer.get("error") not in {_PENDING, "slow_down"}:
                    return self._take(answer)
                if waited >= code.seconds:
                    self._refuse({"error": "expired_token", "error_description": "the code was not entered in time"})

    def _microsoft(self) -> PublicClientApplication:
        import msal

        try:
            return msal.PublicClientApplication(
                self._settings.client_id,
                authority=self._settings.microsoft_authority,
                http_client=self._session,
                instance_discovery=False,  # it asks Microsoft about hosts, also about one's own
            )
        except ValueError as error:  # the authority answered in good order that it does not know the tenant
            raise self._refusal(LoginFault.APPLICATION, str(error)) from None

    # --- Google: a page whose answer is pasted ---------------------------------------------------------------

    def redeem(self, code: str, verifier: str) -> TokenResponse:
        """The tokens for the code that a person brought. Raises AccountRefused, Unavailable."""
        asked = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": REDIRECT}
        with self._translated(code, verifier):
            given = self._ask_google(asked, code, verifier)
        if not given.refresh_token:
            raise self._refusal(LoginFault.ENDED, "no refresh token was given")
        return given

    def _ask_google(self, asked: dict[str, str], *secrets: str) -> TokenResponse:
        form = {**asked, "client_id": self._settings.client_id, "client_secret": self._secret}
        return self._take(self._session.post(self._settings.google_tokens, data=form).json(), *secrets)

    # --- What came back --------------------------------------------------------------------------------------

    def _take(self, answer: dict[str, Any], *secrets: str) -> TokenResponse:
        if "error" in answer:
            self._refuse(answer, *secrets)
        given = read_token_response(answer)
        if given is None:
            raise self._unavailable("an answer without a token")
        return given

    def _refuse(self, answer: dict[str, Any], *secrets: str) -> NoReturn:
        code, more = (str(answer.get(name) or "") for name in ("error", "error_description"))
        said = f"{code}: {more}" if code and more else code or more
        fault = judge_error(code)
        if fault is None:
            raise self._unavailable(said, *secrets)
        raise self._refusal(fault, said, *secrets)

    def _refusal(self, fault: LoginFault, said: str, *secrets: str) -> AccountRefused:
        text = hide_tokens(said, (*secrets, self._secret))
        return AccountRefused(self._what, str(LoginRefusal(self._name, fault, text)))

    def _unavailable(self, said: str, *secrets: str) -> Unavailable:
        return Unavailable(self._what, f"token endpoint: {hide_tokens(said, (*secrets, self._secret))}")

    @contextlib.contextmanager
    def _translated(self, *secrets: str) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, LookupError, ValueError, ArithmeticError) as error:
            # An answer that a library makes nothing of; its own chain could show what was sent.
            raise self._unavailable(f"{type(error).__name__}: {error}", *secrets) from None
