"""Every template gets each value that it names, and each sentence on it gets what fills its blanks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

import pytest
from jinja2 import meta, nodes

from tests.core.test_messages import blanks
from tests.support.own_words import JAPANESE
from worker.console import visit
from worker.console.visit import HERE
from worker.core.messages import _TEXTS as TEXTS

TEMPLATES = sorted(path.name for path in (HERE / "html").glob("*.html"))
OF_EVERY_PAGE = frozenset({"visit", "menu", "t", "named", "lang", "said", "menu_counts", "banners", "now", "Right"})
"""What ``Visit.page`` gives to each template."""


def parsed(name: str) -> nodes.Template:
    return visit._ENVIRONMENT.parse((HERE / "html" / name).read_text())


@cache
def pages() -> tuple[tuple[str, int, str, frozenset[str] | None], ...]:
    """Each call of ``Visit.page``: file, line, template, names that it gives; None where some come from elsewhere."""
    found = []
    for path in sorted(HERE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="page"), args=[ast.Constant(value=str(name)), *_], keywords=given
                ):
                    names = [each.arg for each in given]
                    whole = None if None in names else frozenset(filter(None, names))
                    found.append((path.name, node.lineno, name, whole))
    return tuple(found)


def test_no_page_gives_a_value_by_the_name_of_one_that_every_page_has() -> None:
    given = [(file, line, names & OF_EVERY_PAGE) for file, line, _, names in pages() if names is not None]
    assert [each for each in given if each[2]] == []


def wanted_by(name: str) -> frozenset[str]:
    """The names that a template needs, with those of the templates that it extends or includes."""
    tree = parsed(name)
    own = {each.target.name for each in tree.find_all(nodes.Assign) if isinstance(each.target, nodes.Name)}
    # Blocks have a scope of their own: a macro or value of the whole template counts as undeclared in them.
    macros = {each.name for each in tree.find_all(nodes.Macro)}
    for each in tree.find_all(nodes.FromImport):
        macros |= {name if isinstance(name, str) else name[1] for name in each.names}
    known = meta.find_undeclared_variables(tree) - visit._ENVIRONMENT.globals.keys() - own - macros
    for other in meta.find_referenced_templates(tree):
        if other is not None and not any(
            isinstance(each.template, nodes.Const) and each.template.value == other
            for each in tree.find_all(nodes.FromImport)
        ):
            known |= wanted_by(other) - own - macros
    return frozenset(known)


@pytest.mark.parametrize("name", sorted({name for _, _, name, _ in pages()}))
def test_every_call_gives_a_template_what_it_names(name: str) -> None:
    wanted = wanted_by(name) - OF_EVERY_PAGE
    missing = [
        (file, line, sorted(wanted - given))
        for file, line, called, given in pages()
        if called == name and given is not None and not wanted <= given
    ]
    assert missing == []


def sentences(tree: nodes.Template) -> Iterator[tuple[str, set[str], int]]:
    for call in tree.find_all(nodes.Call):
        is_sentence = isinstance(call.node, nodes.Name) and call.node.name == "t" and call.dyn_kwargs is None
        if is_sentence and call.args and isinstance(call.args[0], nodes.Const):
            yield call.args[0].value, {each.key for each in call.kwargs}, call.lineno


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_blank_of_a_sentence_on_a_page_is_filled(name: str) -> None:
    unfilled = [
        (code, line, sorted(blanks(text) - given))
        for code, given, line in sentences(parsed(name))
        for text in TEXTS[code]
        if not blanks(text) <= given
    ]
    assert unfilled == []


def test_no_template_has_japanese_of_its_own_but_the_name_of_the_language() -> None:
    """A word, a mark or a bracket in a template would stand on pages in English as well."""
    known = ('.split("、")', '<span lang="ja">日本語</span>')
    found = []
    for name in TEMPLATES:
        for number, line in enumerate((HERE / "html" / name).read_text().splitlines(), 1):
            own = line.replace(known[0], "").replace(known[1], "")
            found += [f"{name}:{number} {line}"] if JAPANESE.search(own) else []
    assert found == []
