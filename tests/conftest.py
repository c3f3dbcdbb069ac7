"""Set-up for every test: Hypothesis' settings, the mail servers, and that no skip goes unseen."""

from __future__ import annotations

import gc
import os
import random
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme
from hypothesis import settings

from tests.support.mailservers import MailServers, ServersMissing, mail_servers
from tests.support.stores import close_stores, make_store
from tests.support.turns import turns
from tests.support.warm_reader import warm_reader
from worker.service.readers import READER
from worker.store.sqlite.store import SqlStore

# No deadline: a busy machine is no fault of the code.
# Not derandomized: every run looks somewhere new, and its seed is printed.
settings.register_profile("hoshobin", max_examples=turns(100), deadline=None, print_blob=True, derandomize=False)
settings.load_profile("hoshobin")


OF_PROCESSES = (
    "accounts/test_argon2.py",
    "cli/test_office_commands.py",
    "cli/test_tenants.py",
    "compose/test_mime_write_corpus.py",
    "console",
    "crash",
    "flow",
    "notify/test_operator_command.py",
    "read/pdf",
    "service",
    "store/sqlite/test_statements.py",
    "store/test_overview.py",
    "test_bench.py",
    "test_contracts.py",
    "track/test_reports_limits.py",
    "views/test_limits.py",
)
"""Tests that start processes (services, commands, PDF readers, mail servers, linters), or keep one busy for long."""


LONGEST_FIRST = (
    *("crash/test_soak.py", "flow/test_random_registers.py", "console/test_first_rehearsal.py"),
    *("crash/test_kills.py", "crash/test_console_kills.py", "crash/test_every_call.py", "console/test_manual.py"),
    *("console/test_app_in_browser.py", "service/test_store_outage.py", "service/test_shutdown.py"),
    *("read/pdf/test_pool_layouts.py", "console/test_app_words.py", "flow/test_operations_doc.py"),
    *("read/pdf/test_pool.py", "service/test_service_outages.py", "track/test_reports_limits.py"),
    *("flow/test_registering.py", "flow/test_start.py", "flow/test_month.py", "cli/test_tenants.py"),
    *("flow/test_smtp_outcomes.py", "console/test_app_forms.py", "console/test_app_attacks.py", "flow/test_typo.py"),
    *("service/test_reload_at_rest.py", "service/test_reload.py", "flow/test_attachments.py", "flow/test_commands.py"),
    *("console/test_issuer_forms.py", "flow/test_restored.py", "flow/test_strangers.py", "flow/test_random_days.py"),
    *("console/test_app_month.py", "console/test_sso.py", "read/pdf/test_picture.py", "console/test_demo.py"),
    *("flow/test_tampered_log.py", "console/test_issuer_forms_in_browser.py", "read/pdf/test_reader.py"),
    *("flow/test_copies_told.py", "flow/test_courses.py", "flow/test_servers.py", "flow/test_absent_service.py"),
    *("flow/test_oauth.py", "flow/test_rewording.py", "flow/test_backup_restore.py", "service/test_service.py"),
    *("console/test_app_twice.py", "console/test_app_screens.py", "console/test_app_slow_client.py"),
    *("compose/test_mime_write_corpus.py", "store/test_overview.py", "store/test_store.py"),
)
"""Files of a quarter of a minute and more, about in this order. Each file runs in one worker: a long one that began
last would be waited for alone."""


NEW_OBJECTS = 50_000
"""Objects between two collections of garbage."""


def _is_quick(config: pytest.Config) -> bool:
    """Returns true for the tests of ``make quick``."""
    return "not process" in config.getoption("markexpr")


@pytest.hookimpl(optionalhook=True)  # pytest-xdist can be left out
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two workers for each core: half of the time a worker waits, for a process, a server or the disk.

    The tests of ``make quick`` compute, and each further worker collects all of them once more.
    """
    cores = len(os.sched_getaffinity(0))
    return cores if _is_quick(config) else 2 * cores


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves these files out before they are imported if their tests would not run: importing them is a third of
    the collection."""
    return True if _is_quick(config) and collection_path in _places(config) else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """What is collected lives until the end: without collections of garbage, now and later, it costs a third less.

    Tests make many objects and keep few: with the interpreter's own threshold of 700 they cost a twentieth more.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(NEW_OBJECTS, 20, 50)
        gc.enable()


def _places(config: pytest.Config) -> list[Path]:
    return [config.rootpath / "tests" / name for name in OF_PROCESSES]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks these tests, so that ``make quick`` leaves them out, and sorts the files for the workers."""
    places = list(map(str, _places(config)))
    files = {path: path for item in items if (path := str(item.path))}
    marked = {file for file in files if any(file == place or file.startswith(f"{place}/") for place in places)}
    for item in items:
        if str(item.path) in marked:
            item.add_marker(pytest.mark.process)
    items.sort(key=_rank(config, items))


def _rank(config: pytest.Config, items: list[pytest.Item]) -> Callable[[pytest.Item], tuple[int, int]]:
    """The order of files: the longest, then those of most tests; the tests of a file stay as they are."""
    places = {str(config.rootpath / "tests" / name): number for number, name in enumerate(LONGEST_FIRST)}
    counts = Counter(str(item.path) for item in items)
    return lambda item: (places.get(str(item.path), len(places)), -counts[str(item.path)])


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Chooses a seed for Hypothesis, so that the header can name it before anything fails, and starts the reader."""
    if config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = str(random.SystemRandom().randrange(2**32))
    if not hasattr(config, "workerinput") and not _is_quick(config):  # the workers of pytest-xdist inherit it
        ends = ExitStack()
        os.environ[READER] = str(ends.enter_context(warm_reader()))
        config.add_cleanup(ends.close)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Lets no test of ``make quick`` start a process: it would be slow there, and is one to be marked."""
    if not _is_quick(session.config):
        return

    def refuse(_process: object, arguments: object, *_: object, **__: object) -> None:
        raise AssertionError(f"this test starts {arguments}: mark it with pytest.mark.process")

    subprocess.Popen.__init__ = refuse


def pytest_report_header(config: pytest.Config) -> str:
    return f"hypothesis: the same again with --hypothesis-seed={config.getoption('hypothesis_seed')}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Closes the stores that a test opened, after its fixtures are gone."""
    try:
        return (yield)
    finally:
        close_stores()


def under_ci() -> bool:
    return os.environ.get("CI") == "true"


def skips(config: pytest.Config) -> Counter[str]:
    """Each reason for which something was skipped, with how often."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    found: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", []) if reporter else []:
        _, _, reason = report.longrepr
        found[reason.removeprefix("Skipped: ")] += 1
    return found


def failing(found: Counter[str]) -> int:
    """The number of skips that fail under CI=true: all but those of others' mails, which some indexes lack."""
    return sum(count for reason, count in found.items() if not reason.startswith("corpus: "))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under CI=true a skip is a failure: there everything a test needs is installed."""
    if under_ci() and failing(skips(session.config)) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = skips(config)
    if not found:
        return
    terminalreporter.section("skipped, and why")
    for reason, count in sorted(found.items()):
        terminalreporter.write_line(f"{count:4}  {reason}")
    if under_ci() and (count := failing(found)):
        terminalreporter.write_line(f"FAILED: {count} skipped, and under CI=true a skip is a failure", red=True)


@pytest.fixture
def own_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """PDFs are read by children that each process starts itself, as without ``hoshobin-reader.socket``."""
    monkeypatch.delenv(READER)


@pytest.fixture(scope="session")
def servers() -> Iterator[MailServers]:
    """A private Dovecot and Postfix; skipped with the reason if this machine cannot run them."""
    try:
        with mail_servers() as running:
            yield running
    except ServersMissing as missing:
        pytest.skip(f"Dovecot and Postfix: {missing}")


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    """An empty store, which is closed when the test ends."""
    return make_store(tmp_path / "var")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)
