"""The keys that an issuer's rules ask of a new project, and the project that a person's answers make.

Asks for the values, dates and section that the rules name and for the keys that eligibility depends on. A key that is
left out holds a submission later; it is never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, TemplateSyntaxError, nodes

from worker.config.editing.fields import KeyPath, Value
from worker.config.editing.import_rows import Edit, OutcomeKind, RowOutcome, judge_given, new_project
from worker.config.projects import FILE
from worker.config.rule_layers import FROM_PROJECT
from worker.config.template_check import lookups
from worker.core.errors import Problem
from worker.core.messages.reasons import NAMES
from worker.core.model import Address, Product
from worker.core.rulebook import Award, CountedBy, Eligibility, Issuer, Rule, Section, WorkKind

_BODY_ENDING: Final = ".txt.j2"
_OF_EVERY_SCOPE: Final = frozenset({"", "items", "keys", "values"})
"""Methods by which a template goes through all values; they name none of them."""
_CONTRACT_DATE: Final[KeyPath] = ("dates", "contract")


@dataclass(frozen=True, slots=True)
class NeededKey:
    """One key that the issuer's rules ask of a project."""

    key: KeyPath
    choices: tuple[tuple[str, str], ...] = ()
    """The valid answers with their names; empty: any value of the key's kind."""
    sample: str = ""
    """A sample of a right value, if the issuer's file has one."""


def needed_keys(
    issuer: Issuer, products: Iterable[Product], template: Callable[[str], str | None]
) -> tuple[NeededKey, ...]:
    """Returns the keys that the rules for ``products`` (none: all) ask for, in the order in which a person knows them.

    ``template`` gives the source of a mail template by its file name.
    """
    wanted = tuple(products) or tuple(Product)
    rules = [each for product in wanted for each in _rules_of(issuer, product)]
    values, dates = _names_in(_templates_of(rules, template))
    alternatives = [each for each in issuer.eligibility if not each.products or set(each.products) & set(wanted)]
    counted = [counted_by.value for each in alternatives for counted_by in each.counted_by]
    found = [_section_of(issuer)] if any(rule.section == FROM_PROJECT for rule in rules) and issuer.sections else []
    found += [
        NeededKey(("values", name), sample=issuer.values[name].sample if name in issuer.values else "")
        for name in values
    ]
    keys: list[KeyPath] = [("dates", name) for name in (*dates, *counted) if name in set(CountedBy)]
    found += [NeededKey(key) for key in dict.fromkeys([*keys, _CONTRACT_DATE])]
    return (*found, *_of_eligibility(issuer, alternatives))


def _rules_of(issuer: Issuer, product: Product) -> Iterator[Rule]:
    yield issuer.rules[product]
    if product in issuer.amended_rules:
        yield issuer.amended_rules[product]


def _section_of(issuer: Issuer, key: str = "section") -> NeededKey:
    return NeededKey((key,), tuple((id_, section.name) for id_, section in issuer.sections.items()))


def _of_eligibility(issuer: Issuer, alternatives: Sequence[Eligibility]) -> Iterator[NeededKey]:
    if any(each.kinds for each in alternatives):
        yield NeededKey(("kind",), tuple((kind.value, NAMES["kind"][kind.value][0]) for kind in WorkKind))
    if any(each.awards for each in alternatives):
        yield NeededKey(("award",), tuple((award.value, NAMES["award"][award.value][0]) for award in Award))
    if any(each.min_amount is not None for each in alternatives):
        yield NeededKey(("amount",))
    if any(each.tendered_by for each in alternatives):
        yield _section_of(issuer, "tendered_by")
    if any(each.approval for each in alternatives):
        yield NeededKey(("approval",))


# --- What templates name -------------------------------------------------------------------------------------


def _templates_of(rules: Iterable[Rule], template: Callable[[str], str | None]) -> Iterator[str]:
    for rule in rules:
        yield rule.subject
        yield rule.file_name
        yield from (line.value for line in rule.lines)
        yield from rule.instructions
        yield template(f"{rule.body}{_BODY_ENDING}") or ""


def _names_in(templates: Iterable[str]) -> tuple[list[str], list[str]]:
    """The registered values and the dates that the templates name, each once, in their order."""
    environment = Environment(autoescape=False)  # noqa: S701  nothing is rendered here
    found: dict[str, dict[str, None]] = {"values": {}, "dates": {}}
    for source in dict.fromkeys(templates):
        try:
            tree = environment.parse(source)
        except TemplateSyntaxError:
            continue  # the configuration's check names it
        for node in lookups(tree):
            scope, name = _scope_of(node.node), _name_of(node)
            if scope in found and name not in _OF_EVERY_SCOPE:
                found[scope][name] = None
    return list(found["values"]), list(found["dates"])


def _scope_of(node: nodes.Expr) -> str:
    """``values`` of ``values.x``, ``dates`` of ``project.dates.x``; empty for anything else."""
    if isinstance(node, nodes.Name):
        return node.name if node.name == "values" else ""
    match node:
        case nodes.Getattr(node=nodes.Name(name="project"), attr=attribute):
            return str(attribute)
        case _:
            return ""


def _name_of(node: nodes.Getattr | nodes.Getitem) -> str:
    if isinstance(node, nodes.Getattr):
        return node.attr
    return str(node.arg.value) if isinstance(node.arg, nodes.Const) else ""


# --- The new project -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProjectRecipient:
    """The recipient of this project's submissions, as the issuer gave it, if its sections have no address."""

    name: str
    to: tuple[Address, ...]
    phone: str = ""


def lacks_address(issuer: Issuer, given: Mapping[KeyPath, Value]) -> Section | None:
    """Returns the section that the project names, if it has no address yet: an office may be given for this project."""
    section = issuer.sections.get(str(given.get(("section",), "")))
    return section if section is not None and not section.to else None


def register_project(
    given: Mapping[KeyPath, Value],
    office: ProjectRecipient | None,
    issuer: Issuer,
    registered: Sequence[Mapping[str, Any]],
) -> Edit | RowOutcome:
    """Returns the edit for the new project; its outcome as a row's if it is registered already or clashes."""
    outcome = judge_given(given, registered)
    if outcome.kind is not OutcomeKind.NEW:
        return outcome
    edit = new_project(given)
    return edit if office is None else Edit(None, (*edit.values, *_office_values(office, issuer)))


def problems_of_outcome(outcome: RowOutcome) -> list[Problem]:
    """Returns the problems of a project that was not registered."""
    if outcome.faults:
        return [Problem(FILE, each.cell, each.code, each.params) for each in outcome.faults]
    return [Problem(FILE, "name", "project_exists", {"name": outcome.name})]


def _office_values(office: ProjectRecipient, issuer: Issuer) -> Iterator[tuple[KeyPath, object]]:
    """The office for every product whose section the project names; the others have their own."""
    for product, rule in issuer.rules.items():
        if rule.section == FROM_PROJECT:
            yield ("office", product.value, "name"), office.name
            yield ("office", product.value, "to"), list(office.to)
            if office.phone:
                yield ("office", product.value, "phone"), office.phone
