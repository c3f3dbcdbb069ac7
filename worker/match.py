"""Which registered project a notice belongs to.

Its one promise: only the contract number, or a name that the register declares unique, decides; a name alone
proposes and a person disposes. It does not know issuers' rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from worker.model import Notice
from worker.rulebook import Project
from worker.text import match_key


@dataclass(frozen=True, slots=True)
class Match:
    """This project, for certain: by its number, by an earlier approval, or by a name that may decide."""

    project: Project


@dataclass(frozen=True, slots=True)
class Proposed:
    """The only project of this name; a person must say so (``name_only``)."""

    project: Project


@dataclass(frozen=True, slots=True)
class Unmatched:
    """No registered project bears this number or this name."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several projects bear this number, or this name."""

    projects: tuple[Project, ...]


Outcome = Match | Proposed | Unmatched | Ambiguous


@dataclass(frozen=True, slots=True)
class Register:
    """The projects, found by number and by the match key of their names."""

    by_id: Mapping[str, Project]
    by_number: Mapping[str, tuple[Project, ...]]
    by_name: Mapping[str, tuple[Project, ...]]


def index_projects(projects: Iterable[Project]) -> Register:
    """A register of ``projects`` in which a match is a dictionary look-up."""
    by_id: dict[str, Project] = {}
    by_number: dict[str, tuple[Project, ...]] = {}
    by_name: dict[str, tuple[Project, ...]] = {}
    for project in projects:
        by_id[project.id] = project
        name = match_key(project.name)
        by_name[name] = (*by_name.get(name, ()), project)
        for number in dict.fromkeys(map(match_key, project.contract_numbers)):
            by_number[number] = (*by_number.get(number, ()), project)
    return Register(by_id, by_number, by_name)


def match_project(notice: Notice, register: Register, bound: str | None) -> Outcome:
    """The project of ``notice``; ``bound`` is the project a person's approval has tied its number to.

    The register's own numbers go first: whoever writes a number there corrects an earlier approval.
    """
    numbered = register.by_number.get(match_key(notice.contract_number), ())
    if len(numbered) > 1:
        return Ambiguous(numbered)
    if numbered:
        return Match(numbered[0])
    if bound is not None and bound in register.by_id:
        return Match(register.by_id[bound])
    named = register.by_name.get(match_key(notice.project_name), ())
    if not named:
        return Unmatched()
    if len(named) > 1:
        return Ambiguous(named)
    return Match(named[0]) if named[0].by_name else Proposed(named[0])
