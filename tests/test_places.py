"""A test is found from the module that it tests: ``test_MODULE.py`` or ``test_MODULE_TOPIC.py`` in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.support.tables import every_case

TESTS: Final = Path(__file__).parent
WORKER: Final = TESTS.parent / "worker"
OF_SEVERAL_MODULES: Final = {
    "accounts/test_accounts.py": "core.accounts and the modules of accounts",
    "audit/test_memory.py": "the log and its verification",
    "cli/test_office_commands.py": "every command that the guide of the office names",
    "cli/test_short_command.py": "the short command of docs/install.md",
    "config/test_check_messages.py": "the sentences of every check of the configuration",
    "config/test_invented_issuers.py": "rules from the file to the mail",
    "config/test_issuer_facts.py": "the shipped catalogue against its sources",
    "config/test_issuer_kinds.py": "rules from the file to the mail",
    "config/test_register_dir.py": "files and editing with the register's own directory",
    "config/test_rule_kinds.py": "the keys of a rule in every module that reads them",
    "config/test_rules_doc.py": "docs/rules.ja.md",
    "config/test_unsaid.py": "the keys of a rule in every module that reads them",
    "console/test_demo.py": "hoshobin demo --console",
    "console/test_first_rehearsal.py": "docs/first-submission.ja.md, through every page that it names",
    "console/test_manual.py": "docs/office.ja.md and its pictures",
    "console/test_typed_days.py": "every form that has a day",
    "core/test_vocabulary.py": "the enumerations of all packages",
    "service/test_console_account.py": "the modes of the files that the service and the console share",
    "service/test_store_outage.py": "pipeline.store_outage in the running service",
    "store/test_backup.py": "the ports of the store, by sqlite.backup",
    "store/test_overview.py": "the ports of the store, by sqlite.queries",
    "store/test_store.py": "the ports of the store, by sqlite.store",
    "views/test_json_shapes.py": "every shape",
}
"""Test files that no single module answers for, and what they test."""


def modules_of(package: Path) -> frozenset[str]:
    """The modules and packages directly in ``package``."""
    folders = {each.name for each in package.iterdir() if (each / "__init__.py").exists()}
    return frozenset(folders | {each.stem for each in package.glob("*.py") if each.stem != "__init__"})


def is_of_a_module(file: Path) -> bool:
    topic = file.stem.removeprefix("test_")
    modules = modules_of(WORKER / file.parent.relative_to(TESTS))
    return any(topic == module or topic.startswith(f"{module}_") for module in modules)


def files() -> list[Path]:
    """The test files in folders that mirror a package."""
    found = sorted(TESTS.glob("*/**/test_*.py"))
    return [each for each in found if (WORKER / each.parent.relative_to(TESTS) / "__init__.py").exists()]


@every_case("name", [str(each.relative_to(TESTS)) for each in files()])
def test_a_test_file_bears_the_name_of_its_module(name: str) -> None:
    assert is_of_a_module(TESTS / name) != (name in OF_SEVERAL_MODULES)


def test_the_list_of_other_files_names_no_file_that_is_gone() -> None:
    assert OF_SEVERAL_MODULES.keys() <= {str(each.relative_to(TESTS)) for each in files()}


@pytest.mark.parametrize(
    ("name", "is_fitting"),
    [
        ("store/sqlite/test_store.py", True),
        ("store/sqlite/test_store_head.py", True),
        ("store/sqlite/test_storage.py", False),
        ("authenticate/test_dkim_policy.py", True),
        ("approve/test_release.py", False),
    ],
)
def test_a_file_fits_by_the_whole_name_of_a_module(name: str, is_fitting: bool) -> None:
    assert is_of_a_module(TESTS / name) is is_fitting
