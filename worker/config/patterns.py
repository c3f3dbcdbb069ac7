"""Regular expressions of the configuration: each comes to an end on every text.

Python's ``re`` backtracks: a repeat inside a repeat takes a time that doubles with each character.
"""

from __future__ import annotations

import math
import re
from re import _parser as sre_parse  # type: ignore[attr-defined]  # the parser that ``re`` itself uses
from typing import Any, Final

from worker.config.toml import Refused

PATTERN_LIMIT: Final = 200
"""Characters of a pattern: the longest number format seen needs about 40."""

PATTERN_STEPS: Final = 1_000_000
"""Divisions of a text that one pattern may try: the product of its repeats, each as long as the text at most."""


LINE: Final = 1_000
"""Characters of a line in which a number or a key is looked for; a page of a notice has some 400 in all."""


def check_pattern(text: str, longest: int = LINE) -> str:
    """Returns ``text``. Raises Refused unless it is a regular expression whose match comes to an end on every text.

    ``longest`` is how many characters a text that it is matched with may have.
    """
    if len(text) > PATTERN_LIMIT:
        raise Refused("pattern_too_long", limit=str(PATTERN_LIMIT))
    try:
        parsed = sre_parse.parse(text)
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise Refused("bad_pattern", detail=str(error)) from error
    spans = _spans(parsed)
    if math.prod(min(span, longest) for span in spans) > PATTERN_STEPS:
        raise Refused("pattern_slow", detail="* + {m,n}")
    return text


_UNLIMITED: Final = int(sre_parse.MAXREPEAT)


def _is_one_character(parsed: Any) -> bool:
    """Returns true if ``parsed`` is one character or one set of them, with or without brackets."""
    if len(parsed) != 1:
        return False
    operation, given = parsed[0]
    if str(operation) == "SUBPATTERN":
        return _is_one_character(given[-1])
    return str(operation) in {"LITERAL", "NOT_LITERAL", "IN", "ANY"}


def _spans(parsed: Any) -> list[int]:
    """Returns how many numbers of repetition each repeat of ``parsed`` may have.

    Raises Refused for a repeat of more than one character whose number varies, and for a reference to an earlier
    group: a match that fails tries every division of the text then.
    """
    found: list[int] = []
    for operation, given in parsed:
        name = str(operation)
        if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            least, most, inner = int(given[0]), int(given[1]), given[2]
            is_single = _is_one_character(inner)
            if most not in {least, 1} and not is_single:
                raise Refused("pattern_slow", detail="(…)*")
            if least != most:
                found.append(most if most >= _UNLIMITED else most - least + 1)
            found += _spans(inner) * min(most, PATTERN_LIMIT)
        elif name == "SUBPATTERN":
            found += _spans(given[-1])
        elif name == "BRANCH":
            found += [span for each in given[1] for span in _spans(each)]
        elif name in {"GROUPREF", "GROUPREF_EXISTS", "ASSERT", "ASSERT_NOT", "ATOMIC_GROUP"}:
            raise Refused("pattern_slow", detail=name.lower())
    return found
