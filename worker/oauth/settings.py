"""The settings of a login by token, as the configuration gives them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Provider(StrEnum):
    """The provider of the tokens."""

    MICROSOFT = "microsoft"
    GOOGLE = "google"


_MICROSOFT: Final = "https://login.microsoftonline.com"


_IMAP_SCOPE: Final = "https://outlook.office.com/IMAP.AccessAsUser.All"


_SMTP_SCOPE: Final = "https://outlook.office.com/SMTP.Send"


_GOOGLE_SCOPE: Final = "https://mail.google.com/"


@dataclass(frozen=True, slots=True)
class OauthSettings:
    """The login of one mailbox, which ``[smtp]`` may use too."""

    provider: Provider
    client_id: str
    tenant: str
    client_secret_file: str
    authority: str
    """Without a slash at its end; empty: the provider's own."""
    ca_file: str

    @property
    def microsoft_authority(self) -> str:
        """The address msal is given."""
        return f"{self.authority or _MICROSOFT}/{self.tenant}"

    @property
    def google_page(self) -> str:
        """The page on which a person agrees."""
        return f"{self.authority or 'https://accounts.google.com'}/o/oauth2/v2/auth"

    @property
    def google_tokens(self) -> str:
        """The address that gives tokens."""
        return f"{self.authority or 'https://oauth2.googleapis.com'}/token"

    def scopes(self, *, is_for_sending: bool) -> tuple[str, ...]:
        """The scopes that the person is asked to allow: only those that this configuration needs."""
        if self.provider is Provider.GOOGLE:
            return (_GOOGLE_SCOPE,)
        return (_IMAP_SCOPE, _SMTP_SCOPE) if is_for_sending else (_IMAP_SCOPE,)
