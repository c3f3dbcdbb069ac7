"""Checks an issuer's rule against its own examples: given notice and project, the expected submission.

An example is composed by the same code as a submission, and every difference is named. ``open`` values, addresses and
files are left out: an example describes the rule, and holds about unfinished values are not compared.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from worker.compose.compose import UNSEEN_SUBJECT, Composed, ComposeInput, compose
from worker.config.load import Configuration
from worker.config.projects import read_one_project
from worker.config.templates import Renderer
from worker.config.toml_lines import index_lines, line_of
from worker.core.errors import Problem
from worker.core.message_id import SECRET_BYTES
from worker.core.messages import name_follow_up
from worker.core.model import Address, Channel, Hold, Key, Notice, Product, sha256
from worker.core.params import Aside
from worker.core.rulebook import Contractor, Example, Guarantor, Issuer, Project, Rule, Section
from worker.core.states import Reason

KEY: Final = "Xx7Example0"
"""The invented key on every example's notice."""

NOT_COMPARED: Final = frozenset(
    {Reason.RULE_OPEN, Reason.NO_RECIPIENT, Reason.FIRST_ADDRESS, Reason.APPROVAL}
    | {Reason.INVOICE_MISSING, Reason.INVOICE_UNDECIDED}
)
"""Holds about values that are not filled in yet, not about the rule; compared only if the example names them."""

_ADDRESS: Final = Address("example@example.invalid")
_PDF: Final = b"%PDF-1.4 the notice of an example"
_MAX_BYTES: Final = 10_000_000
_LATE: Final = dt.date(2999, 12, 31)
"""The day of composing: after every contract that an example speaks of."""


def try_examples(
    configuration: Configuration, template: Callable[[str], str | None], renderer: Renderer
) -> tuple[Problem, ...]:
    """Returns the differences in every issuer's examples, with the line of each expectation; empty if all agree."""
    contents = {file.name: file.content for file in configuration.files}
    return tuple(
        problem
        for id_, examples in configuration.examples.items()
        for problem in _try_issuer(configuration.issuers[id_], examples, contents, template, renderer)
    )


def count_examples(configuration: Configuration) -> int:
    """Returns the number of examples that ``try_examples`` tries."""
    return sum(map(len, configuration.examples.values()))


def _try_issuer(
    issuer: Issuer,
    examples: tuple[Example, ...],
    contents: Mapping[str, bytes],
    template: Callable[[str], str | None],
    renderer: Renderer,
) -> Iterator[Problem]:
    lines = index_lines(contents.get(issuer.file, b""))
    for at, example in enumerate(examples, start=1):
        for problem in run_example(example, issuer, template, renderer, f"example[{at}]"):
            line = line_of(problem.key, lines)
            known = {} if line is None else {"line": str(line)}
            yield dataclasses.replace(problem, params={**problem.params, **known})


def run_example(
    example: Example, issuer: Issuer, template: Callable[[str], str | None], renderer: Renderer, place: str = "example"
) -> tuple[Problem, ...]:
    """Returns each difference from ``example`` with its place in the issuer's file; empty if there is none."""
    settled = _settle_issuer(issuer)
    found: list[Problem] = []
    project = read_one_project(example.project, settled, found, f"{place}.project")
    if project is None:
        return tuple(found)
    composed = compose(_input(example, settled, _settle_project(project), template, renderer))
    return tuple(
        Problem(issuer.file, f"{place}.expect.{key}", "example_differs", {"expected": expected, "found": came or "－"})
        for key, expected, came in _differences(example, composed)
    )


# --- What is given -------------------------------------------------------------------------------------------------


def _settle_issuer(issuer: Issuer) -> Issuer:
    """Returns ``issuer`` with nothing open, and a placeholder for each missing address."""
    return dataclasses.replace(
        issuer,
        sections=MappingProxyType({id_: _settle_section(section) for id_, section in issuer.sections.items()}),
        rules=_settle_rules(issuer.rules),
        amended_rules=_settle_rules(issuer.amended_rules),
    )


def _settle_project(project: Project) -> Project:
    return dataclasses.replace(
        project,
        offices=MappingProxyType({product: _settle_section(office) for product, office in project.offices.items()}),
        rules=_settle_rules(project.rules),
        amended_rules=_settle_rules(project.amended_rules),
    )


def _settle_section(section: Section) -> Section:
    return dataclasses.replace(section, to=section.to or (_ADDRESS,), open=())


def _settle_rules(rules: Mapping[Product, Rule]) -> Mapping[Product, Rule]:
    return MappingProxyType(
        {
            product: dataclasses.replace(rule, open=(), unsaid=(), subject=rule.subject or UNSEEN_SUBJECT)
            for product, rule in rules.items()
        }
    )


def _guarantor(issuer: Issuer) -> Guarantor:
    """Returns a guarantor that the issuer accepts: which company it is changes only its name."""
    id_ = issuer.guarantors[0] if issuer.guarantors else "example"
    return Guarantor(id_, "みほん保証株式会社", (), (), (), "", "", {}, {})


def _input(
    example: Example, issuer: Issuer, project: Project, template: Callable[[str], str | None], renderer: Renderer
) -> ComposeInput:
    contractor = Contractor(
        example.contractor, "総務部", "山田 花子", "045-000-0000", Address("soumu@contractor.example")
    )
    guarantor = _guarantor(issuer)
    return ComposeInput(
        notice=Notice(guarantor.id, project.name, example.contractor, example.product, example.number, Key(KEY)),
        pdf=_PDF,
        project=project,
        issuer=issuer,
        contractor=contractor,
        guarantor=guarantor,
        max_bytes=_MAX_BYTES,
        is_loopback_server=True,
        rehearsal_to=None,
        rehearsal=1,
        correction=0,
        in_reply_to="",
        secret=bytes(SECRET_BYTES),
        template=template,
        load_invoice=_load_any,
        renderer=renderer,
        is_named_by_old=lambda message_id: False,  # noqa: ARG005  an example has no past
        today=_LATE,
        contract=example.contract,
    )


def _load_any(file: str) -> tuple[str, bytes]:
    """Every file that an example names is there."""
    name = file.rpartition("/")[2]
    return name, b"%PDF-1.4 " + sha256(file.encode()).encode()


# --- What comes out ------------------------------------------------------------------------------------------------

_Difference = tuple[str, Any, Any]
"""The expectation's key, its value, and the value that came out; ``messages.put`` shows both."""


def _differences(example: Example, composed: Composed) -> Iterator[_Difference]:
    if example.channel is not None and composed.channel is not example.channel:
        yield "channel", example.channel, composed.channel
    if example.section is not None and composed.section_id != example.section:
        yield "section", example.section, composed.section_id
    subject = composed.draft.subject if composed.draft else ""
    if example.subject is not None and subject != example.subject:
        yield "subject", example.subject, subject or _list_holds(composed)
    yield from _differences_of_files(example, composed)
    yield from _differences_of_body(example, composed)
    yield from _differences_of_holds(example, composed)


def _differences_of_files(example: Example, composed: Composed) -> Iterator[_Difference]:
    """Mail: just these, in this order, by title or file name. Handed over: these are among what is taken along."""
    expected = example.attachments
    if expected is None:
        return
    if composed.channel is not Channel.EMAIL:
        yield from (
            ("attachments", each, tuple(composed.duties.bring))
            for each in expected
            if not any(each in brought for brought in composed.duties.bring)
        )
        return
    attached = composed.draft.attachments if composed.draft else ()
    if len(attached) != len(expected) or any(
        text not in {each.title, each.filename} for text, each in zip(expected, attached, strict=True)
    ):
        came = [Aside(each.title, each.filename) for each in attached]
        yield "attachments", tuple(expected), came or _list_holds(composed)


def _differences_of_body(example: Example, composed: Composed) -> Iterator[_Difference]:
    """Each text must come after the one before, because an issuer's items have their order."""
    shown = rest = _shown(composed)
    for text in example.body_has or ():
        _, there, after = rest.partition(text)
        if there:
            rest = after
        else:
            yield "body_has", text, shown or _list_holds(composed)


def _shown(composed: Composed) -> str:
    """Returns the text for the issuer, or the steps of the person who submits it by hand."""
    if composed.channel is Channel.EMAIL:
        return composed.body
    duties = composed.duties
    entries = (f"{name_follow_up(title, 'ja')}：{name_follow_up(value, 'ja')}" for title, value in duties.entries)
    steps = (name_follow_up(step, "ja") for step in duties.instructions)
    return "\n".join((duties.url, *steps, *entries, *duties.bring))


def _differences_of_holds(example: Example, composed: Composed) -> Iterator[_Difference]:
    if example.holds is None:
        return
    expected = set(example.holds)
    standing = {hold.reason for hold in composed.holds}
    if standing - (NOT_COMPARED - expected) != expected:
        yield "holds", sorted(expected), _list_holds(composed)


def _list_holds(composed: Composed) -> list[Hold]:
    return list(composed.holds)
