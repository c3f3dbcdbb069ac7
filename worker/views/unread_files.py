"""The files in a folder that are not read: how they are stored, and how they are shown.

Each file is shown once, with its reason and what to do. The number of names is limited; the counts include all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from worker.core.messages import Language, name_thing, say
from worker.core.model import UnreadReason
from worker.core.text import escape_control_chars, hide_codes

PROPERTY: Final = "unread_files"
"""Name of the store's value: a JSON object, by place the counts and the first files."""
EMPTY: Final = "{}"
"""That value if every file is read."""
NOTICES: Final = "folder"
INVOICES: Final = "invoices"
CONFIGURATION: Final = "configuration"
PLACES: Final = (NOTICES, INVOICES, CONFIGURATION)

KEPT: Final = 200
"""Files of one place that are stored by name: more than a person looks through."""
NAMED: Final = 10
"""Names in one line; the others are counted."""
_ORDER: Final = {why: at for at, why in enumerate(UnreadReason)}


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """One file, or one folder (its name ends with a slash), without any code that its name holds."""

    name: str
    why: UnreadReason
    is_told: bool = False
    """Set if a digest has named it."""


@dataclass(frozen=True, slots=True)
class UnreadIn:
    """The unread files of one place."""

    counts: Mapping[UnreadReason, int]
    files: tuple[UnreadFile, ...]


def gather_unread(found: Iterable[tuple[str, UnreadReason]], former: UnreadIn | None = None) -> UnreadIn:
    """Returns names and reasons in the stored form; a file that ``former`` has as reported stays so."""
    told = {(each.name, each.why) for each in former.files if each.is_told} if former else set()
    pairs = [(hide_codes(name), why) for name, why in dict.fromkeys(found)]
    pairs.sort(key=lambda pair: (_ORDER[pair[1]], pair[0]))
    files = [UnreadFile(name, why, (name, why) in told) for name, why in pairs[:KEPT]]
    return UnreadIn(dict(Counter(why for _, why in pairs)), tuple(files))


def mark_reported(unread: UnreadIn, told: Iterable[UnreadFile]) -> UnreadIn:
    """Returns ``unread`` after a digest has named ``told``."""
    named = {(each.name, each.why) for each in told}
    marked = (replace(each, is_told=each.is_told or (each.name, each.why) in named) for each in unread.files)
    return replace(unread, files=tuple(marked))


def read_unread(text: str | None) -> dict[str, UnreadIn]:
    """Reads the stored value of ``spell_unread``, by place."""
    return {place: _read_one(each) for place, each in json.loads(text or EMPTY).items()}


def _read_one(value: Mapping[str, Any]) -> UnreadIn:
    files = tuple(UnreadFile(each["name"], UnreadReason(each["why"]), each["told"]) for each in value["files"])
    return UnreadIn({UnreadReason(why): count for why, count in value["counts"].items()}, files)


def spell_unread(unread: Mapping[str, UnreadIn]) -> str:
    """Returns the stored value."""
    return json.dumps(
        {
            place: {
                "counts": {why.value: count for why, count in each.counts.items()},
                "files": [{"name": one.name, "why": one.why.value, "told": one.is_told} for one in each.files],
            }
            for place, each in unread.items()
            if each.counts
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def unread_json(unread: Mapping[str, UnreadIn]) -> list[dict[str, object]]:
    """Returns each place and reason with its count and the stored names."""
    return [
        {"place": place, "why": why.value, "count": count, "names": [each.name for each in files]}
        for place, why, count, files in _groups(unread)
    ]


def unreported(unread: Mapping[str, UnreadIn]) -> dict[str, UnreadIn]:
    """Returns those that no digest has named, with counts of them alone."""
    fresh = {}
    for place, each in unread.items():
        files = tuple(one for one in each.files if not one.is_told)
        behind = sum(each.counts.values()) - len(each.files)
        counts = Counter(one.why for one in files)
        if files and behind:  # those behind the last name that is remembered are counted with it
            counts[files[-1].why] += behind
        if files:
            fresh[place] = UnreadIn(dict(counts), files)
    return fresh


def say_unread(unread: Mapping[str, UnreadIn], lang: Language) -> Iterator[str]:
    """Yields a heading and a line for each place and reason; nothing if every file is read."""
    groups = tuple(_groups(unread))
    if not groups:
        return
    yield say("unread_files", lang, count=sum(count for _, _, count, _ in groups))
    for place, why, count, files in groups:
        names = ("、" if lang == "ja" else ", ").join(escape_control_chars(each.name) for each in files[:NAMED])
        more = count - min(len(files), NAMED)
        names += say("unread_more", lang, count=more) if more > 0 else ""
        what, todo = say(f"unread_{why.value}", lang), say(f"unread_{why.value}_todo", lang)
        yield say("unread_line", lang, place=name_thing(place, lang), names=names, what=what, todo=todo)


def _groups(unread: Mapping[str, UnreadIn]) -> Iterator[tuple[str, UnreadReason, int, Sequence[UnreadFile]]]:
    for place in PLACES:
        if place in unread:
            for why, count in sorted(unread[place].counts.items(), key=lambda pair: _ORDER[pair[0]]):
                yield place, why, count, [each for each in unread[place].files if each.why is why]
