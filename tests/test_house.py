"""The repository around the package: no skip goes unseen, locks are locks, tests mirror the packages."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import conftest
from tests.support import world

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


SKIPPING = "import pytest\n@pytest.mark.skip(reason='the corpus is absent')\ndef test_one(): ...\ndef test_two(): ...\n"
STARTING = """
import asyncio, os, subprocess, sys
def test_run(): subprocess.run([sys.executable, "-c", ""])
def test_popen(): os.popen("true").close()
def test_asyncio(): asyncio.run(asyncio.create_subprocess_exec("true"))
def test_none(): ...
"""


def run_tests(folder: Path, text: str, *arguments: str, ci: str = "") -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "conftest.py")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = process\n")
    (folder / "test_it.py").write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", ".", *arguments],
        cwd=folder,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.process
def test_a_skip_is_listed_with_its_reason_at_the_end(tmp_path: Path) -> None:
    ended = run_tests(tmp_path, SKIPPING)
    assert ended.returncode == 0
    assert "1  the corpus is absent" in ended.stdout
    assert "--hypothesis-seed=" in ended.stdout


@pytest.mark.process
def test_a_skip_is_a_failure_under_ci(tmp_path: Path) -> None:
    ended = run_tests(tmp_path, SKIPPING, ci="true")
    assert ended.returncode == 1
    assert "FAILED: 1 skipped" in ended.stdout


@pytest.mark.process
def test_a_test_of_the_quick_loop_that_starts_a_process_fails_and_says_why(tmp_path: Path) -> None:
    ended = run_tests(tmp_path, STARTING, "-m", "not process")
    assert "3 failed, 1 passed" in ended.stdout
    assert "mark it with pytest.mark.process" in ended.stdout
    assert "4 passed" in run_tests(tmp_path, STARTING).stdout


@pytest.mark.parametrize("name", sorted(each.name for each in ROOT.glob("requirements*.txt")))
def test_a_lock_names_no_address_and_no_path(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert not re.findall(r"https?:|file:|^-|--index|--find-links|--extra", lock, re.MULTILINE)
    assert len(PIN.findall(lock)) == len(re.findall(r"^\S", lock, re.MULTILINE))
    for block in re.split(r"\n(?=\S)", lock):
        assert "--hash=sha256:" in block


def test_the_product_is_tested_with_the_versions_it_is_installed_with() -> None:
    product, everything = (dict(PIN.findall((ROOT / f"requirements{of}.txt").read_text())) for of in ("", "-dev"))
    assert product.items() <= everything.items()
    assert "hatchling" in product
    assert "pytest" not in product


def test_the_lock_with_logins_by_token_is_that_of_the_product_and_their_libraries() -> None:
    product, tokens, everything = (
        dict(PIN.findall((ROOT / f"requirements{of}.txt").read_text())) for of in ("", "-oauth", "-dev")
    )
    assert product.items() <= tokens.items() <= everything.items()
    assert {"msal", "requests"} <= tokens.keys() - product.keys()


def test_the_lock_with_company_accounts_is_that_of_the_console_and_their_libraries() -> None:
    console, sso, everything = (
        dict(PIN.findall((ROOT / f"requirements{of}.txt").read_text())) for of in ("-console", "-sso", "-dev")
    )
    assert console.items() <= sso.items() <= everything.items()
    assert {"authlib", "joserfc", "requests"} <= sso.keys() - console.keys()


# --- The places of tests and their helpers ------------------------------------------------------------------------

TESTS = ROOT / "tests"
OWN = {"flow", "crash", "service", "servers", "support"}
"""Directories of no package: the whole, what ends it, the long run, real servers, and what tests share."""
UNTESTED_ALONE = {"pipeline"}
"""The order of the steps is what ``tests/flow`` is about."""
SOURCES = sorted((*TESTS.rglob("*.py"), *(ROOT / "bench").rglob("*.py")))


def packages(root: Path) -> set[str]:
    """The directories below ``root`` that hold modules, as paths; ``0.1.0`` and the like hold none."""
    return {str(file.parent.relative_to(root)) for file in root.rglob("*.py")} - {"."}


def strays(tests: set[str], worker: set[str]) -> set[str]:
    """The directories of tests that belong to no package, and to none of our own."""
    return {each for each in tests - worker if each.partition("/")[0] not in OWN}


def test_each_directory_of_tests_is_a_package_of_the_worker() -> None:
    assert strays(packages(TESTS), packages(ROOT / "worker")) == set()
    assert strays({"match", "matching", "flow/days", "read/pdf", "read/mail"}, {"match", "read", "read/pdf"}) == {
        "matching",
        "read/mail",
    }


def test_each_package_of_the_worker_has_its_directory_of_tests() -> None:
    steps = {each for each in packages(ROOT / "worker") if "/" not in each}
    assert steps - UNTESTED_ALONE <= packages(TESTS)
    assert all(any((TESTS / step).rglob("test_*.py")) for step in steps - UNTESTED_ALONE)


def test_a_test_stands_in_a_directory_that_is_a_package() -> None:
    """Two files of one name are two modules then, and each can be named from the root."""
    assert [file for file in TESTS.rglob("test_*.py") if not (file.parent / "__init__.py").exists()] == []


def test_no_test_and_no_measurement_changes_where_modules_are_found() -> None:
    changes = "sys." + "path"
    assert [str(file) for file in SOURCES if changes in file.read_text()] == []


def defined(source: str) -> set[str]:
    """The names that a module defines itself, at its top level, without its imports."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names.add(part.id)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


OF_SUPPORT = re.compile(r"^[ \t]*(from tests\.support\.\w+ import (?:\([^)]*\)|[^\n]*))", re.MULTILINE)
"""An import of what tests share: to parse these statements alone takes a tenth of the time of whole files."""


def second_hand(source: str, support: dict[str, set[str]]) -> set[str]:
    """The imports in ``source`` of names that the module of ``support`` has from another one."""
    return {
        f"{node.module}.{each.name}"
        for statement in OF_SUPPORT.findall(source)
        for node in ast.parse(statement).body
        if isinstance(node, ast.ImportFrom) and node.module in support
        for each in node.names
        if each.name not in support[node.module]
    }


def test_a_name_that_tests_share_is_imported_from_the_module_that_defines_it() -> None:
    """So the world has one place: no module passes on a contractor, an issuer or a person under its own name."""
    support = {f"tests.support.{file.stem}": defined(file.read_text()) for file in (TESTS / "support").glob("*.py")}
    assert {str(file): found for file in SOURCES if (found := second_hand(file.read_text(), support))} == {}
    made = {"tests.support.a": defined("from b import c\nd, e = 1, 2\ndef f(): ...\nclass G: ...")}
    assert second_hand("from tests.support.a import c, d, e, f, G", made) == {"tests.support.a.c"}


def test_what_the_world_says_is_written_nowhere_else_in_what_tests_share() -> None:
    said = {world.COMPANY, world.OFFICE, world.COLLEAGUE, world.SITE, world.REHEARSAL, *world.PEOPLE, *world.KNOWN}
    said |= {world.MIHON_TO, world.NUMBER, world.KEY, *(each.name for each in world.GUARANTORS)}
    for file in sorted((*(TESTS / "support").glob("*.py"), *(ROOT / "bench").glob("*.py"))):
        # Some of these words are everywhere; a file without any is not parsed.
        if file.stem != "world" and any(word in (source := file.read_text()) for word in said):
            texts = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
            assert said & {text for text in texts if isinstance(text, str)} == set(), file


def test_a_path_of_the_tests_that_a_document_or_a_script_names_is_there() -> None:
    documents = (*(ROOT / "docs").rglob("*.md"), *ROOT.glob("README*.md"), ROOT / "Makefile")
    found = {
        (str(file.relative_to(ROOT)), path)
        for file in (*documents, TESTS / "servers" / "install.sh", *SOURCES)
        for path in re.findall(r"(?<![\w/])tests/[\w./-]*\w(?![\w*{])", file.read_text())
    }
    assert ("Makefile", "tests/crash/soak.py") in found
    assert {(file, path) for file, path in found if not (ROOT / path).exists()} == set()


def test_a_file_that_the_order_of_the_tests_names_is_there() -> None:
    names = (*conftest.OF_PROCESSES, *conftest.LONGEST_FIRST)
    assert [name for name in names if not (TESTS / name).exists()] == []
