"""One word, one meaning: no public name of the package is defined twice, and words that say nothing are no names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path

from tests.support.sources import PACKAGE, module_at, nodes

SAME_MEANING = {
    "main": "an entry point: of the program, of the command line, of the child process that reads PDFs",
    "upgrade": "alembic calls the function of this name in each version",
    **dict.fromkeys(
        (
            *("approve", "confirm", "hand_over", "join", "resend", "resolve_not_sent", "resume", "withdraw"),
            *("correct", "note_memo", "request_approval", "send_back", "stop_sending"),
        ),
        "one decision of a person: its rule in approve, with invoices in pipeline, a command in cli, a form in console",
    ),
    **dict.fromkeys(
        (
            *("accept_invitation", "change_password", "forget_code", "log_in", "log_out", "log_out_everywhere"),
            *("record_done", "register_code", "resolve", "show_key", "take_original", "verify"),
        ),
        "one act of a person: its rule in approve or accounts, a command in cli, a form in console",
    ),
}
"""Names that several modules define, and the one meaning that they have in all of them."""

EMPTY_WORDS = {"job", "item", "data", "info", "manager", "handler", "processor", "helper", "utils"}
"""The same list stands in docs/architecture.md."""
FIELD_TERMS = {
    **dict.fromkeys(
        ("Data", "data", "handle_DATA", "on_data", "_judge_data", "DATA_STARTED"),
        "the SMTP command DATA (RFC 5321 §4.1.1.4)",
    ),
    "data_type": "an attribute of a cell in openpyxl",
    "data_received": "a method of asyncio's Protocol, with its argument",
    "TRAILING_DATA": "the code ``trailing_data`` is public",
}
"""Names with such a word that a standard, a library or a public code gives."""


def public(module: ast.Module) -> set[str]:
    """The classes, functions and type aliases that other modules can import."""
    names = {
        node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    for node in module.body:
        if isinstance(node, ast.Assign):
            names |= {each.id for each in node.targets if isinstance(each, ast.Name) and re.search("[a-z]", each.id)}
    return {name for name in names if not name.startswith("_")}


def defined_twice(names: Mapping[str, AbstractSet[str]]) -> dict[str, list[str]]:
    """The names that several modules define, with these modules."""
    places: dict[str, list[str]] = {}
    for file, defined in names.items():
        if file.startswith("store/sqlite/migrations/versions/") and file != "store/sqlite/migrations/versions/first.py":
            continue  # alembic gives each version the same names
        for name in defined:
            places.setdefault(name, []).append(file)
    return {name: files for name, files in places.items() if len(files) > 1}


def test_a_public_name_is_defined_in_one_module() -> None:
    assert set(found()[0]) == set(SAME_MEANING)


def test_a_second_definition_is_found() -> None:
    one = public(ast.parse("class Verdict: ...\nPair = tuple[str, str]\nLIMIT = 5\ndef _own(): ..."))
    other = public(ast.parse("def judge(): ...\nPair = list[str]\nLIMIT = 7\nclass Verdict: ...\ndef _own(): ..."))
    assert defined_twice({"a.py": one, "b.py": other}) == {"Verdict": ["a.py", "b.py"], "Pair": ["a.py", "b.py"]}
    assert defined_twice({"a.py": one}) == {}


def names_in(file: str, found: Iterable[ast.AST]) -> Iterator[str]:
    """The names that a module gives: its own, and those of classes, functions, arguments and variables."""
    yield Path(file).stem
    for node in found:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def words_of(name: str) -> set[str]:
    return {each.lower() for each in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def empty_names(given: Mapping[str, str]) -> dict[str, str]:
    """The names with such a word, each with one module that gives it."""
    return {name: file for name, file in given.items() if words_of(name) & EMPTY_WORDS}


@cache
def found() -> tuple[dict[str, list[str]], dict[str, str]]:
    """The names that the package defines twice, and those with an empty word."""
    defined: dict[str, set[str]] = {}
    given: dict[str, str] = {}
    for path, inside in nodes().items():
        file = str(path.relative_to(PACKAGE))
        defined[file] = public(module_at(path))
        given |= dict.fromkeys(names_in(file, inside), file)
    return defined_twice(defined), empty_names(given)


def test_a_word_that_says_nothing_is_no_name() -> None:
    assert {name: file for name, file in found()[1].items() if name not in FIELD_TERMS} == {}


def test_each_exception_is_still_there() -> None:
    assert found()[1].keys() == FIELD_TERMS.keys()


def test_an_empty_word_is_found_in_every_kind_of_name() -> None:
    module = ast.parse("class FileInfo: ...\ndef job(item_of): ...\nself.data = 1\nDATABASE = 2\nfor helper in (): ...")
    given = dict.fromkeys(names_in("utils.py", ast.walk(module)), "utils.py")
    assert empty_names(given).keys() == {"utils", "FileInfo", "job", "item_of", "data", "helper"}


def test_the_document_lists_the_same_words() -> None:
    document = (PACKAGE.parent / "docs" / "architecture.md").read_text()
    listed = re.search(r"^Not used as names: (.+)\.$", document, re.MULTILINE)
    assert listed is not None
    assert set(listed[1].split(", ")) == EMPTY_WORDS
