"""The shape of ``[console.sso]``: the identity provider by which people log in to the console.

One organisation alone: Microsoft's tenant by its id, Google's by its domain, any other provider by its issuer. The
client's secret stands in a file of its own. What is asked of a provider goes over https alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, ValidationInfo, field_validator

from worker.config.addresses import check_host
from worker.config.toml import Listed, NonEmpty, OneOf, PathText, Refused, Shape, SomePath
from worker.core.addresses import is_loopback


class SsoProvider(StrEnum):
    """The kinds of providers, by how they name the organisation of a person."""

    MICROSOFT = "microsoft"
    """Microsoft Entra ID; ``tid`` is the tenant."""
    GOOGLE = "google"
    """Google Workspace; ``hd`` is the domain."""
    OPENID = "openid"
    """Any other: the issuer is the organisation."""


class SecondFactor(StrEnum):
    """The place where a second factor is asked for."""

    CONSOLE = "console"
    """As after a password: from outside ``[console] networks``, and of an administrator always."""
    PROVIDER = "provider"
    """The provider's login must say that it had one, wherever the console would ask."""


GOOGLE: Final = "https://accounts.google.com"
_MICROSOFT: Final = "https://login.microsoftonline.com"
_TENANT: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The id of a tenant. ``common`` and the like are no organisation, and a domain's name is not in a token."""


@dataclass(frozen=True, slots=True)
class SsoSettings:
    """The identity provider."""

    provider: SsoProvider
    client_id: str
    client_secret_file: str
    tenant: str = ""
    domain: str = ""
    issuer: str = ""
    """Never empty: of Microsoft and Google the published one unless another is written."""
    second_factor: SecondFactor = SecondFactor.CONSOLE
    acr_values: tuple[str, ...] = ()
    """The values of ``acr`` or ``acrs`` that say that there was a second factor."""
    ca_file: str = ""


def check_provider_address(text: str) -> str:
    """Returns an address of a provider: https, or http of this machine. Raises Refused."""
    try:
        parts = urlsplit(text)
        host, port = check_host(parts.hostname or ""), parts.port
    except ValueError:  # Refused is one
        raise Refused("sso_address", value=text) from None
    is_plain = text.isascii() and text.isprintable() and " " not in text and "@" not in parts.netloc
    is_kept = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not (is_plain and is_kept and port != 0) or parts.fragment:
        raise Refused("sso_address", value=text)
    return text


def _check_issuer(text: str) -> str:
    """Returns the issuer as written: tokens name it letter by letter (OpenID Connect Core §3.1.3.7)."""
    if not text:
        return text
    if "?" in check_provider_address(text):
        raise Refused("sso_address", value=text)
    return text


class SsoTable(Shape):
    """``[console.sso]``. The order matters: a later key is checked against those before it."""

    provider: OneOf[SsoProvider]
    client_id: NonEmpty
    client_secret_file: SomePath = "sso-client-secret"  # noqa: S105  a file's name
    tenant: str = ""
    domain: str = ""
    issuer: Annotated[str, AfterValidator(_check_issuer)] = ""
    second_factor: OneOf[SecondFactor] = SecondFactor.CONSOLE
    acr_values: Listed[NonEmpty] = ()
    ca_file: PathText = ""

    @field_validator("tenant")
    @classmethod
    def _of_one_tenant(cls, tenant: str, validated: ValidationInfo) -> str:
        provider = validated.data.get("provider")
        if provider is SsoProvider.MICROSOFT and not _TENANT.fullmatch(tenant.lower()):
            raise Refused("sso_tenant_id", value=tenant)
        if provider in {SsoProvider.GOOGLE, SsoProvider.OPENID} and tenant:
            raise Refused("not_of_provider", name="tenant", provider=str(provider))
        return tenant.lower()

    @field_validator("domain")
    @classmethod
    def _of_one_domain(cls, domain: str, validated: ValidationInfo) -> str:
        provider = validated.data.get("provider")
        if provider is SsoProvider.GOOGLE:
            try:
                is_domain = "." in check_host(domain)
            except ValueError:  # Refused is one
                is_domain = False
            if not is_domain:
                raise Refused("sso_domain", value=domain)
        if provider in {SsoProvider.MICROSOFT, SsoProvider.OPENID} and domain:
            raise Refused("not_of_provider", name="domain", provider=str(provider))
        return domain.lower()

    @field_validator("issuer")
    @classmethod
    def _of_one_issuer(cls, issuer: str, validated: ValidationInfo) -> str:
        provider = validated.data.get("provider")
        if provider is SsoProvider.OPENID and not issuer:
            raise Refused("sso_issuer_missing")
        if provider is SsoProvider.MICROSOFT and not issuer:
            return f"{_MICROSOFT}/{validated.data.get('tenant', '')}/v2.0"
        return issuer or GOOGLE

    @field_validator("second_factor")
    @classmethod
    def _google_says_none(cls, second: SecondFactor, validated: ValidationInfo) -> SecondFactor:
        if second is SecondFactor.PROVIDER and validated.data.get("provider") is SsoProvider.GOOGLE:
            raise Refused("sso_second_factor_of_google")
        return second

    @field_validator("acr_values")
    @classmethod
    def _are_asked_for(cls, values: tuple[str, ...], validated: ValidationInfo) -> tuple[str, ...]:
        is_asked = validated.data.get("second_factor") is SecondFactor.PROVIDER
        if values and not is_asked:
            raise Refused("sso_acr_unused")
        if is_asked and not values and validated.data.get("provider") is SsoProvider.MICROSOFT:
            raise Refused("sso_acr_missing")
        return values
