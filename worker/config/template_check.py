"""Checks a template: its syntax, its names, its filters.

A template that passes uses only names that ``compose`` offers. A subject, a file name or an instruction cannot show
the authentication key by any name.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from worker.config.templates import FILTERS, JINJA_FILTERS
from worker.config.toml import nearest

VARIABLES: Final = (
    "product",
    "product_name",
    "notice",
    "project",
    "values",
    "contractor",
    "issuer",
    "section",
    "guarantor",
    "attachments",
    "invoice",
    "rule",
    "contract",
    "previous",
    "lines",
)
"""The names that a template may use; ``contract`` is ``original`` or ``amended``, ``previous`` the submission it
follows."""

ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "notice": frozenset({"project_name", "contractor_name", "product", "contract_number", "key"}),
        "project": frozenset({"name", "values", "dates"}),
        "contractor": frozenset({"name", "department", "contact", "phone", "email"}),
        "issuer": frozenset({"id", "name"}),
        "section": frozenset({"id", "name", "phone", "fax"}),
        "guarantor": frozenset({"id", "name"}),
        "invoice": frozenset({"title", "amount", "date", "attached", "separate"}),
        "rule": frozenset({"call_after", "invoice", "channel", "after", "key_typed", "notice_attached"}),
        "previous": frozenset({"sent_on", "contract_number", "subject"}),
    }
)
"""The attributes that ``compose`` gives a variable; the names in ``values`` are the register's."""


TEXT_SHOWN: Final = 12
"""Characters shown behind what is left as text: enough to find it in the file."""


class Use(StrEnum):
    """The use of a template: the key may be in a body, or in a line of a body or a form."""

    SUBJECT = "subject"
    FILE_NAME = "file_name"
    INSTRUCTION = "instruction"
    LINE = "line"
    BODY = "body"


_WITH_KEY: Final = frozenset({Use.LINE, Use.BODY})
_NOT_YET_MADE: Final[Mapping[Use, frozenset[str]]] = MappingProxyType(
    {
        Use.SUBJECT: frozenset({"lines"}),  # the lines may hold the key
        Use.FILE_NAME: frozenset({"lines", "attachments"}),
        Use.INSTRUCTION: frozenset({"lines"}),
        Use.LINE: frozenset({"lines"}),
        Use.BODY: frozenset(),
    }
)
"""Names that do not exist yet, or must not be seen, when a template of this use is rendered."""


_BRACE: Final = re.compile(r"[{}｛｝]")
"""A name that is written wrongly: ``{ values.x }`` is text to jinja2, and would be sent unchanged."""

_MARK: Final = re.compile(
    r"[○〇◯●◎⚪⭕](?:[ \u3000]*[○〇◯●◎⚪⭕])+|[△▲](?:[ \u3000]*[△▲])+|[□■◻◼⬜](?:[ \u3000]*[□■◻◼⬜])+"
    r"|[◇◆](?:[ \u3000]*[◇◆])+|[☆★](?:[ \u3000]*[☆★])+|[＊*](?:[ \u3000]*[＊*])+|[×✕](?:[ \u3000]*[×✕])+"
    r"|(?<![A-Za-z])(?:[XＸ]{2,}|[xｘ]{2,}|[OＯ]{2,}|[oｏ]{2,})(?![A-Za-z])|＿{2,}|_{3,}|[？?]{2,}|[※＃#]{2,}"
    r"|[○〇◯△□＊](?=[年月日号])"
)
"""Marks that a printed example has in place of a value: ``○○工事``, ``第□号``, ``○月○日``."""

_KANJI_DIGITS: Final = frozenset("〇一二三四五六七八九十百千")

_WITHOUT_MARKS: Final = frozenset({Use.SUBJECT, Use.FILE_NAME, Use.LINE})
"""Texts that the issuer sorts by. A step may name papers with such titles, and a body may rule off a signature."""


Finding = tuple[str, Mapping[str, str]]
"""A code of ``core.messages`` with its names."""


class _AnyFilter(dict[str, Callable[..., str]]):
    """Every filter is there: jinja2 stops at the first unknown one."""

    def get(self, _name: str, _default: object = None) -> Callable[..., str]:
        return str

    def __contains__(self, _name: object) -> bool:
        return True


class _Unfolded(SandboxedEnvironment):
    """jinja2 works out constant expressions while it compiles, but for the operators that a sandbox intercepts."""

    intercepted_binops = frozenset(SandboxedEnvironment.default_binop_table)


@functools.cache
def _environment() -> Environment:
    # Nothing is rendered here; the sandboxed environment that does is compose's.
    environment = _Unfolded(autoescape=False, optimized=False)
    environment.filters = _AnyFilter()  # those that are not allowed are found by name, all at once
    environment.globals.clear()  # range, lipsum and others: a mail needs none of them
    return environment


@functools.lru_cache(maxsize=1024)  # issuers share their templates
def check_template(text: str, use: Use) -> tuple[Finding, ...]:
    """Returns every fault of ``text`` as a template for ``use``."""
    environment = _environment()
    try:
        tree = environment.parse(text)
        findings = [
            *_unknown_names(tree, use),
            *_unknown_filters(tree),
            *_unknown_attributes(tree),
            *_other_files(tree),
            *_endless(tree),
            *_left_as_text(tree, use),
        ]
        if use not in _WITH_KEY:
            findings += _key_in(tree)
        if not findings:
            environment.compile(text)  # finds a block named twice, an unknown test
    except TemplateSyntaxError as error:
        place = {"line": str(error.lineno)} if use is Use.BODY else {}
        return (("template_syntax", {"detail": error.message or "", **place}),)
    return tuple(findings)


@functools.lru_cache(maxsize=1024)
def shows_key(text: str) -> bool:
    """Returns true if ``text``, a template that passed as a LINE, can show the authentication key."""
    return any(_key_in(_environment().parse(text)))


@functools.lru_cache(maxsize=1024)
def tested_values(text: str) -> tuple[str, ...]:
    """The registered values that ``text`` tests by themselves (``{% if values.x %}``): a missing one stops it."""
    try:
        tree = _environment().parse(text)
    except TemplateSyntaxError:
        return ()
    tests = [node.test for node in tree.find_all(nodes.If)] + [node.test for node in tree.find_all(nodes.CondExpr)]
    tests += [node.left for node in tree.find_all(nodes.And)] + [node.left for node in tree.find_all(nodes.Or)]
    tests += [node.node for node in tree.find_all(nodes.Not)]
    found = [_lookup(test) for test in tests if isinstance(test, nodes.Getattr | nodes.Getitem)]
    return tuple(dict.fromkeys(each[1] for each in found if each is not None and each[0] == "values"))


_Findings = Iterator[Finding]


def _unknown_names(tree: nodes.Template, use: Use) -> _Findings:
    allowed = [name for name in VARIABLES if name not in _NOT_YET_MADE[use]]
    for name in sorted(meta.find_undeclared_variables(tree) - set(allowed)):
        if name.isascii():
            yield "template_name", {"name": name, "nearest": nearest(name, allowed)}
        else:
            yield "template_value", {"name": name}


def _unknown_filters(tree: nodes.Template) -> _Findings:
    allowed = (*FILTERS, *sorted(JINJA_FILTERS))
    for node in tree.find_all(nodes.Filter):
        if node.name not in allowed:
            yield "template_filter", {"name": node.name, "nearest": nearest(node.name, allowed)}


def _other_files(tree: nodes.Template) -> _Findings:
    """A template that takes another in: the renderer has no files, and a name could hide there."""
    if any(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))):
        yield "template_include", {}


def _endless(tree: nodes.Template) -> _Findings:
    """A part that calls itself: how often it does so cannot be bounded."""
    calls_itself = any(tree.find_all((nodes.Macro, nodes.CallBlock)))
    if calls_itself or any(loop.recursive for loop in tree.find_all(nodes.For)):
        yield "template_recursive", {}


def _left_as_text(tree: nodes.Template, use: Use) -> _Findings:
    """Finds a lone brace and the mark of a printed example: each was meant to be a value."""
    for text in _texts(tree):
        if found := _BRACE.search(text):
            yield "template_brace", {"value": text[max(found.start() - 1, 0) : found.end() + TEXT_SHOWN].strip()}
        for mark in _MARK.finditer(text) if use in _WITHOUT_MARKS else ():
            if not _is_a_number(text, mark):
                yield "template_mark", {"value": text[mark.start() : mark.end() + TEXT_SHOWN].strip()}
                break


def _texts(tree: nodes.Template) -> Iterator[str]:
    """Yields the literal text of the result, and the texts that an expression may put there."""
    for text in tree.find_all(nodes.TemplateData):
        yield text.data
    names = {id(node.arg) for node in tree.find_all(nodes.Getitem)}
    names |= {id(node.node) for node in tree.find_all(nodes.Getattr)}  # "{:,}".format(…)
    for const in tree.find_all(nodes.Const):
        if isinstance(const.value, str) and id(const) not in names:
            yield const.value


def _is_a_number(text: str, mark: re.Match[str]) -> bool:
    """Returns true if the circles are noughts of a number in kanji: 二〇〇号."""
    around = text[max(mark.start() - 1, 0) : mark.start()] + text[mark.end() : mark.end() + 1]
    return set(mark[0]) == {"〇"} and not _KANJI_DIGITS.isdisjoint(around)


def lookups(tree: nodes.Template) -> Iterator[nodes.Getattr | nodes.Getitem]:
    """Yields every ``a.b`` and ``a["b"]``."""
    yield from tree.find_all(nodes.Getattr)
    yield from tree.find_all(nodes.Getitem)


def _lookup(node: nodes.Getattr | nodes.Getitem) -> tuple[str, str] | None:
    """Variable and attribute of ``notice.key`` and ``notice["key"]``; None for any other expression."""
    if not isinstance(node.node, nodes.Name):
        return None
    if isinstance(node, nodes.Getattr):
        return node.node.name, node.attr
    if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        return node.node.name, node.arg.value
    return None


def _unknown_attributes(tree: nodes.Template) -> _Findings:
    for node in lookups(tree):
        name, attribute = _lookup(node) or ("", "")
        allowed = ATTRIBUTES.get(name)
        if allowed is not None and attribute not in allowed and not attribute.isascii():
            yield "template_value", {"name": attribute}
        elif allowed is not None and attribute not in allowed:
            near = nearest(attribute, sorted(allowed))
            yield "template_name", {"name": f"{name}.{attribute}", "nearest": f"{name}.{near}"}


def _key_in(tree: nodes.Template) -> _Findings:
    """The key under its name, and the whole notice, from which it could be taken."""
    looked_up = set()
    for node in lookups(tree):
        found = _lookup(node)
        if found is not None and found[0] == "notice":
            looked_up.add(id(node.node))
            if found[1] == "key":
                yield "template_key", {}
    for name in tree.find_all(nodes.Name):
        if name.name == "notice" and id(name) not in looked_up:
            yield "template_notice", {}
