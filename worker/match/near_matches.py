"""Finds registered projects that a notice nearly fits, with the differences, for a person to compare.

Decides nothing; ``match`` does not import it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from worker.core.model import Notice, Submission
from worker.core.rulebook import Project
from worker.core.states import Reason
from worker.core.text import match_key
from worker.match.match import Register, fold_name
from worker.store.ports import Reading

MOST: Final = 5
"""The number that a person can compare at once."""

_ALIKE: Final = 0.6
"""Of difflib's ratio, its own measure of a close match."""

_COMPARED: Final = 40
"""Names compared letter by letter: those that share most pairs of letters; comparing 10,000 would take a second."""

_NAME_CHARACTERS: Final = 200
"""A name's cost grows with its square; no project's name has more."""

_SHOWN: Final = 24
"""Letters of one difference: a longer one is no slip of the pen, and a line of a mail is short."""

_WRITTEN: Final = "0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""Characters seen in contract numbers."""

_UNDECIDED: Final = frozenset({Reason.UNKNOWN_PROJECT, Reason.TWO_PROJECTS})


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A project that the notice nearly fits; ``differs`` is empty if number or name is the same."""

    project_id: str
    name: str
    differs: str
    """The printed value ≠ the registered one."""


def near_misses(notice: Notice, register: Register) -> tuple[NearMiss, ...]:
    """At most five: of the same number or name, of a number that differs in one place, of a name much alike."""
    projects: dict[str, Project] = {}
    places: dict[str, list[str]] = {}
    for project, differs in (*_of_numbers(notice, register), *_of_names(notice, register)):
        projects[project.id] = project
        places.setdefault(project.id, []).append(differs)
    # Near by number and by name goes first: consecutive numbers alone are often two contracts of one day.
    nearest = sorted(places, key=lambda id_: -len(places[id_]))[:MOST]
    return tuple(
        NearMiss(id_, projects[id_].name, "、".join(dict.fromkeys(filter(None, places[id_])))) for id_ in nearest
    )


def near_misses_of(submission: Submission, reading: Reading, register: Register) -> tuple[NearMiss, ...]:
    """Returns near matches for an unmatched stored notice; empty if it was matched."""
    if not _UNDECIDED & {hold.reason for hold in submission.reasons} or submission.notice.pdf_sha256 is None:
        return ()
    notice = reading.notice(submission.notice.pdf_sha256)
    return near_misses(notice, register) if notice is not None else ()


def difference(printed: str, registered: str) -> str:
    """Returns each difference of two names with the letters around it: 第2工区≠第3工区; empty if they are equal."""
    left, right = match_key(printed)[:_NAME_CHARACTERS], match_key(registered)[:_NAME_CHARACTERS]
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    places = [(i, j, k, m) for tag, i, j, k, m in codes if tag != "equal"]
    return "、".join(f"{_with_neighbours(left, i, j)}≠{_with_neighbours(right, k, m)}" for i, j, k, m in places)


def _with_neighbours(text: str, start: int, end: int) -> str:
    part = text[max(start - 1, 0) : end + 2]
    return part if len(part) <= _SHOWN else f"{part[:_SHOWN]}…"


# --- Numbers -------------------------------------------------------------------------------------------------


def _of_numbers(notice: Notice, register: Register) -> Iterator[tuple[Project, str]]:
    number = match_key(notice.contract_number)
    for project in register.by_number.get(number, ()):
        yield project, difference(notice.project_name, project.name)
    if len(number) > len(_WRITTEN):
        return
    for other in dict.fromkeys(_in_one_place(number)):
        for project in register.by_number.get(other, ()):
            yield project, f"{number}≠{other}"


def _in_one_place(number: str) -> Iterator[str]:
    """Yields every number that one slip makes of ``number``: a letter replaced, left out or added, or two swapped."""
    for at in range(len(number) + 1):
        head, tail = number[:at], number[at:]
        yield from (f"{head}{letter}{tail}" for letter in _WRITTEN)
        if tail:
            yield f"{head}{tail[1:]}"
            yield from (f"{head}{letter}{tail[1:]}" for letter in _WRITTEN if letter != tail[0])
        if len(tail) > 1 and tail[0] != tail[1]:
            yield f"{head}{tail[1]}{tail[0]}{tail[2:]}"


# --- Names ---------------------------------------------------------------------------------------------------


def _of_names(notice: Notice, register: Register) -> Iterator[tuple[Project, str]]:
    folded = fold_name(notice.project_name)[:_NAME_CHARACTERS]
    for name in _most_alike(folded, register.by_folded):
        for project in register.by_folded[name]:
            yield project, difference(notice.project_name, project.name) or _numbers_of(notice, project)


def _numbers_of(notice: Notice, project: Project) -> str:
    """Returns the registered numbers, which may distinguish two projects of one name."""
    numbers = project.numbers_of(notice.product)
    listed = ", ".join(numbers)
    is_same = match_key(notice.contract_number) in map(match_key, numbers)
    return f"{notice.contract_number}≠{listed}" if listed and not is_same else ""


def _most_alike(folded: str, names: Iterable[str]) -> list[str]:
    pairs = _pairs(folded)
    shared = ((len(pairs & _pairs(name)), name) for name in names)
    compared = sorted((each for each in shared if each[0]), reverse=True)[:_COMPARED]
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(folded)
    alike = []
    for _, name in compared:
        matcher.set_seq1(name[:_NAME_CHARACTERS])
        if matcher.quick_ratio() >= _ALIKE and (ratio := matcher.ratio()) >= _ALIKE:
            alike.append((ratio, name))
    return [name for _, name in sorted(alike, key=lambda each: (-each[0], each[1]))[:MOST]]


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))
