"""E-mail addresses, hosts and names as the configuration accepts them.

An ``Address`` is exactly one bare ASCII address, so no second recipient can hide in it. No DNS is asked.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Annotated, Final

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator

from worker.config.toml import Path, Refused, key_path
from worker.core.errors import Problem
from worker.core.model import Address
from worker.core.text import unsafe_character

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""The name of a mailbox, a section or an issuer: it appears in commands, in the log and in file names."""


def bad_name(file: str, path: Path) -> Iterator[Problem]:
    """Yields a problem if the id at the end of ``path`` is no plain name."""
    name = str(path[-1])
    if not NAME.fullmatch(name):
        yield Problem(file, key_path(path), "bad_name", {"name": name})


class AddressRefused(Refused):
    """Not one bare ASCII address; ``code`` says why."""


_NOT_BARE: Final = re.compile(r"""[\s,;:<>()\[\]"\\]""")


def read_address(text: str) -> Address:
    """The one bare address that ``text`` is, its domain in lower case. Raises AddressRefused.

    Strict on purpose: an SMTP library that parses "a@x.example, b@x.example" sends to one of the two without an error
    (seen with aiosmtplib 5.1), and a full-width letter reaches another person. No DNS is asked. A few addresses that
    Japanese carriers once gave out (two dots in a row) are refused as well.
    """
    character = unsafe_character(text)
    if character is not None:
        raise AddressRefused("unsafe_value", character=character)
    if not text.isascii():
        raise AddressRefused("address_not_ascii", address=text)
    if text != text.strip():
        raise AddressRefused("address_space", address=text)
    if not text:
        raise AddressRefused("empty")
    if _NOT_BARE.search(text) or text.count("@") != 1:
        raise AddressRefused("address_not_bare", address=text)
    local, domain = text.rsplit("@", 1)
    domain = domain.lower()
    try:
        validate_email(
            f"{local}@{domain.removesuffix('.invalid')}{'.example' * domain.endswith('.invalid')}",
            allow_smtputf8=False,
            strict=True,  # at most 64 characters before the @ (RFC 5321 §4.5.3.1.1)
            check_deliverability=False,
            test_environment=True,  # .test and .invalid are placeholders here, not faults
        )
    except EmailNotValidError as error:
        raise AddressRefused("address_refused", address=text, detail=str(error)) from error
    return Address(f"{local}@{domain}")


_HOST: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")


def check_host(text: str) -> str:
    """Returns ``text``. Raises Refused unless it is a host name or an IP number."""
    if len(text) <= 253 and _HOST.fullmatch(text):  # noqa: PLR2004  RFC 1035 §2.3.4
        return text
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise Refused("bad_host", host=text) from None
    return text


AddressText = Annotated[Address, AfterValidator(read_address)]
Host = Annotated[str, AfterValidator(check_host)]
