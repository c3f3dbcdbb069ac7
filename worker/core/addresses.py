"""Questions about addresses that several steps ask."""

from __future__ import annotations

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
