"""Questions about addresses that several steps ask."""

from __future__ import annotations

import ipaddress
from typing import Final

from worker.core.model import Address, Draft


def is_within(domain: str, root: str) -> bool:
    """Returns whether ``domain`` is ``root`` or a subdomain of it; both in small letters."""
    return bool(root) and (domain == root or domain.endswith(f".{root}"))


def copy_of(draft: Draft, copy_to: Address | None) -> Address | None:
    """Returns the recipient of our own copy of ``draft``; None if it goes there anyway, or if it is a rehearsal.

    A rehearsal goes only to the one address that it names, and needs no proof.
    """
    if copy_to is None or draft.is_rehearsal:
        return None
    is_there = any(each.casefold() == copy_to.casefold() for each in draft.recipients)
    return None if is_there else copy_to


_PLACEHOLDERS: Final = (".example", ".invalid", ".test", ".example.com", ".example.net", ".example.org")


def domain_of(address: str) -> str:
    """Returns the domain of any address, comparable: in small letters, without a dot at its end."""
    return address.rpartition("@")[2].strip().rstrip(".").casefold()


def is_placeholder(address: Address) -> bool:
    """Returns true for a domain kept for examples (RFC 2606): nothing is sent there."""
    return f".{address.rpartition('@')[2]}".endswith(_PLACEHOLDERS)


def is_loopback(host: str) -> bool:
    """Returns true if ``host`` is this machine by its name or number; no DNS is asked, so no answer can claim it."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
