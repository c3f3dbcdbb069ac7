"""Which registered project a notice belongs to, and what must be asked about it.

Its one promise: only the contract number, or a name that the register declares unique, decides; a name alone
proposes and a person disposes; likeness never does either. It does not know issuers' rules, nor where earlier
submissions are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from worker.core.model import Hold, Notice, Product
from worker.core.rulebook import Project
from worker.core.states import Reason
from worker.core.text import match_key

NumbersBefore = Callable[[str, Product], tuple[str, ...]]
"""A project's id and a product → the contract numbers under which it has had this product already."""


@dataclass(frozen=True, slots=True)
class Match:
    """This project, for certain: by its number, by an earlier approval, or by a name that may decide."""

    project: Project
    holds: tuple[Hold, ...] = ()
    """What must be answered or mended all the same: ``number_differs``, ``other_contractor``."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """The only project of this name; a person must say so (``name_only``)."""

    project: Project
    holds: tuple[Hold, ...] = ()


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
    """The projects, found by number, by the match key of their names and by their folded names."""

    own_name: str
    """The contractor's own name, as the settings write it."""
    by_id: Mapping[str, Project]
    by_number: Mapping[str, tuple[Project, ...]]
    by_name: Mapping[str, tuple[Project, ...]]
    by_folded: Mapping[str, tuple[Project, ...]]


def index_projects(projects: Iterable[Project], own_name: str) -> Register:
    """A register of ``projects`` in which a match is a dictionary look-up."""
    by_id: dict[str, Project] = {}
    by_number: dict[str, tuple[Project, ...]] = {}
    by_name: dict[str, tuple[Project, ...]] = {}
    by_folded: dict[str, tuple[Project, ...]] = {}
    for project in projects:
        by_id[project.id] = project
        for index, name in ((by_name, match_key(project.name)), (by_folded, fold_name(project.name))):
            index[name] = (*index.get(name, ()), project)
        for number in dict.fromkeys(map(match_key, project.all_numbers)):
            by_number[number] = (*by_number.get(number, ()), project)
    return Register(own_name, by_id, by_number, by_name, by_folded)


def no_numbers_before(project: str, product: Product) -> tuple[str, ...]:  # noqa: ARG001  the form of NumbersBefore
    """None: nothing was submitted yet."""
    return ()


def match_project(
    notice: Notice, register: Register, bound: str | None, numbers_before: NumbersBefore = no_numbers_before
) -> Outcome:
    """The project of ``notice``; ``bound`` is the project a person's approval has tied its number to.

    The register's own numbers go first: whoever writes a number there corrects an earlier approval.
    """
    numbered = register.by_number.get(match_key(notice.contract_number), ())
    if len(numbered) > 1:
        return Ambiguous(numbered)
    if numbered:
        holds = (
            *_of_product(notice, numbered[0]),
            *_of_name(notice, numbered[0], register),
            *_of_contractor(notice, numbered[0], register.own_name),
        )
        return Match(numbered[0], holds)
    if bound is not None and bound in register.by_id:
        project = register.by_id[bound]
        return Match(project, _questions(notice, project, register.own_name, numbers_before))
    named = _of_this_name(notice.project_name, register)
    if not named:
        return Unmatched()
    if len(named) > 1:
        return Ambiguous(named)
    holds = _questions(notice, named[0], register.own_name, numbers_before)
    return Match(named[0], holds) if named[0].by_name else Proposed(named[0], holds)


def _of_this_name(name: str, register: Register) -> tuple[Project, ...]:
    """The projects of exactly this name, else of one that only widths, brackets and 第…号 part from it."""
    return register.by_name.get(match_key(name)) or register.by_folded.get(fold_name(name), ())


def _questions(notice: Notice, project: Project, own_name: str, numbers_before: NumbersBefore) -> tuple[Hold, ...]:
    holds = [*_of_contractor(notice, project, own_name)]
    known = (*project.numbers_of(notice.product), *numbers_before(project.id, notice.product))
    others = sorted({match_key(number) for number in known} - {match_key(notice.contract_number)})
    if others:
        # Not the number of the register, and yet its project: another project's notice, or a further guarantee.
        holds.append(Hold.of(Reason.NUMBER_DIFFERS, project=project.id, others=tuple(others)))
    return tuple(holds)


def _of_product(notice: Notice, project: Project) -> Iterator[Hold]:
    """A number that the register gives this project for another product: one of the two was entered wrongly."""
    number = match_key(notice.contract_number)
    if number not in map(match_key, project.numbers_of(notice.product)):
        products = (each.value for each in Product if number in map(match_key, project.numbers_of(each)))
        yield Hold.of(Reason.NUMBER_DIFFERS, "other_product", project=project.id, products=tuple(products))


def _of_name(notice: Notice, project: Project, register: Register) -> Iterator[Hold]:
    """A name that is another project's alone: one of number and name was entered with the wrong project."""
    named = _of_this_name(notice.project_name, register)
    if named and project not in named and fold_name(notice.project_name) != fold_name(project.name):
        yield Hold.of(Reason.NUMBER_DIFFERS, project=project.id, others=tuple(other.id for other in named))


def _of_contractor(notice: Notice, project: Project, own_name: str) -> Iterator[Hold]:
    ours = filter(None, (own_name, project.contractor, *project.names_on_notice))
    if fold_firm(notice.contractor_name) not in set(map(fold_firm, ours)):
        yield Hold.of(Reason.OTHER_CONTRACTOR, name=notice.contractor_name)


# --- Names as they are compared ------------------------------------------------------------------------------

_NUMBER: Final = re.compile("第?([0-9]+)号?")
_CIRCLES: Final = str.maketrans("○◯", "〇〇")
_BETWEEN: Final = re.compile(r"[][(){}<>〈〉《》「」『』【】〔〕〖〗・]")
_FIRM_FORMS: Final = {"(株)": "株式会社", "(有)": "有限会社", "(同)": "合同会社"}


def fold_name(name: str) -> str:
    """``name`` without what one office writes and another leaves out: widths, spaces, brackets, ・, 第 and 号.

    Each number stays fenced, so that 1・2号線 is never 12号線. What is shown or sent is never this.
    """
    fenced = _NUMBER.sub(r"#\1#", match_key(name).translate(_CIRCLES))
    return _BETWEEN.sub("", fenced)


def fold_firm(name: str) -> str:
    """A firm's name with its legal form written out where it stands: 株式会社甲 and 甲株式会社 are two firms."""
    folded = match_key(name)
    for short, full in _FIRM_FORMS.items():
        folded = folded.replace(short, full)
    return folded
