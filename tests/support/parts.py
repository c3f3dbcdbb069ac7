"""Submissions with other fields, for tests that choose them by name."""

from __future__ import annotations

import dataclasses
from typing import Any

from worker.core.model import PART_OF, Submission


def with_fields(submission: Submission, **fields: Any) -> Submission:
    """``submission`` with these values by stored key, each in its part."""
    own: dict[str, Any] = {name: value for name, value in fields.items() if name not in PART_OF}
    for part in {PART_OF[name] for name in fields.keys() - own.keys()}:
        values = {name: value for name, value in fields.items() if PART_OF.get(name) == part}
        own[part] = dataclasses.replace(getattr(submission, part), **values)
    return dataclasses.replace(submission, **own)
