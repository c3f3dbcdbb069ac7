"""Lists the values in an issuer's file, so that two versions of it are compared key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

_NOT_COMPARED: Final = frozenset({"open", "assumed", "example", "checked_on"})


def leaves_of(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value that is no table, by its key path, as text."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if path or key not in _NOT_COMPARED:
                yield from leaves_of(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for at, inner in enumerate(value, start=1):
            yield from leaves_of(inner, f"{path}[{at}]")
    else:
        yield path, str(value)
