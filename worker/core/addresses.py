"""Questions about addresses that several steps ask."""

from __future__ import annotations

from worker.core.model import Address, Draft


def is_within(domain: str, root: str) -> bool:
    """Whether ``domain`` is ``root`` or lies below it; both in small letters."""
    return bool(root) and (domain == root or domain.endswith(f".{root}"))


def copy_of(draft: Draft, copy_to: Address | None) -> Address | None:
    """Where our own copy of ``draft`` goes: nowhere where it goes there anyway, or where it is a rehearsal.

    A rehearsal is for the one address that it names: nothing of it is to be proven.
    """
    if copy_to is None or draft.is_rehearsal:
        return None
    is_there = any(each.casefold() == copy_to.casefold() for each in draft.recipients)
    return None if is_there else copy_to
