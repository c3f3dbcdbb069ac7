"""Mails signed by dkimpy with a key made here, and the DNS in which its public half is published."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from unittest.mock import patch

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from worker.authenticate.dkim.verify import Records
from worker.core.errors import Unavailable

DOMAIN = "surety.example"
SELECTOR = "k1"
KEY_NAME = f"{SELECTOR}._domainkey.{DOMAIN}"
HEADERS = (b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type")
HEADERS += (b"content-transfer-encoding",)


WEAK = 512
_WEAK_PRIVATE = b"""-----BEGIN RSA PRIVATE KEY-----
MIIBOgIBAAJBAOLsH8t7W/ENGINYYxzXvqCx1tw0sf9aqAcQHt+3U6zHFFETkDTf
pJCO3JyFtBVUedyFSJWVH/QxeDuaIOQoHyUCAwEAAQJAA8m5RiZLBJ0ZWafyD5sy
XXBai9Z9WivjPirwuP9QcEPicDai/0QYroDZHRNj36HpVT00xSTVOxzHWIzg+EBD
gQIhAPeGq5Neh6BJppErMqRCZzLAh5HzZD8Bh0X/miv13C5VAiEA6rDh2rINJdVK
qndKamDIjBrtzIxJmGtokWWZk1IpXZECIF4jlMuWjyRx/myFrlv0eUU/HhBvLfgc
f7MqlBsWBaiFAiBhGLE4c7Ww01/CyvvEqyoNnQ6JM/k20ClBDlHNe46VoQIhAK+K
4SlP6UAZjM4rLTezuezY0GWe3pGNPhha+h3BjXhH
-----END RSA PRIVATE KEY-----
"""
_WEAK_PUBLIC = (
    b"MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAOLsH8t7W/ENGINYYxzXvqCx1tw0sf9aqAcQHt"
    b"+3U6zHFFETkDTfpJCO3JyFtBVUedyFSJWVH/QxeDuaIOQoHyUCAwEAAQ=="
)
"""Libraries no longer make such a key, so one is kept here; it is used in tests only."""


def key_of(bits: int = 2048) -> tuple[bytes, bytes]:
    """A private key, and the record that publishes its public half."""
    return (_WEAK_PRIVATE, b"v=DKIM1; p=" + _WEAK_PUBLIC) if bits == WEAK else _made(bits)


@cache
def _made(bits: int) -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def sign(
    raw: bytes,
    *,
    domain: str = DOMAIN,
    bits: int = 2048,
    headers: Sequence[bytes] = HEADERS,
    is_length_given: bool = False,
    body: bytes = b"simple",
    at: dt.datetime | None = None,
) -> bytes:
    """``raw`` with a signature of ``domain`` on top; ``body`` is how strictly it takes that (c=).

    ``at`` is when it says that it was made; else now.
    """
    moment = (at or dt.datetime.now(dt.UTC)).timestamp()
    with patch.object(dkim, "time", SimpleNamespace(time=lambda: moment)):  # dkimpy signs of no other moment
        signature = dkim.sign(
            raw,
            SELECTOR.encode(),
            domain.encode(),
            key_of(bits)[0],
            canonicalize=(b"relaxed", body),
            include_headers=list(headers),
            length=is_length_given,
        )
    return bytes(signature) + raw


class Zone:
    """A DNS of one page: TXT records by name; a name that is not there has none."""

    def __init__(
        self, records: Mapping[str, Sequence[bytes]] | None = None, *, is_away: bool = False, is_secured: bool = True
    ) -> None:
        self.records = {KEY_NAME: [key_of()[1]]} if records is None else records
        self.is_away = is_away
        self.is_secured = is_secured
        self.asked: list[str] = []

    def __call__(self, name: str, seconds: float) -> Records:
        self.asked.append(name)
        if self.is_away:
            raise Unavailable("dns", name)
        return Records(tuple(self.records.get(name, ())), self.is_secured)
