"""The ids of registered projects: issuer and name, and more if two projects share both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def project_ids(projects: Sequence[tuple[str, str, str]]) -> list[str]:
    """Returns an id for each project, given as issuer, name and first contract number (empty if none is registered).

    If two projects share issuer and name, the number joins the id, and the position for one without a number. A number
    that an approval tied to one project must not come to mean another, so no id is shared. A position changes with the
    file, but two such projects cannot be distinguished without a number anyway.
    """
    plain = [f"{issuer}/{name}" for issuer, name, _ in projects]
    shared = Counter(plain)
    numbered = [
        f"{id_}/{number}" if shared[id_] > 1 and number else id_
        for id_, (_, _, number) in zip(plain, projects, strict=True)
    ]
    twice = Counter(numbered)
    return [f"{id_}#{at}" if shared[id_] > 1 or twice[id_] > 1 else id_ for at, id_ in enumerate(numbered, start=1)]
