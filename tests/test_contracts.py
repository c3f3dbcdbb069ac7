"""The contracts of the layout hold, and an import that breaks one of them is found, with the contract's name."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = "No import points upward, and packages side by side do not import each other"
CIRCLES = "No modules import each other in a circle"
DECISIONS = "Decisions do no I/O, not even through another module"
WIRING = "Adapters are bound in service/wiring.py and service/readers.py only"
FACES = "No face of a package loads what acts"
LINE = re.compile(r"^(.+) (KEPT|BROKEN)(?: \(.*\))?$", re.MULTILINE)

PLANTED = {
    "upward": (LAYERS, "core/text.py", "from worker.config import toml"),
    "upward inside a function": (LAYERS, "match/match.py", "def later():\n    from worker.approve import decisions"),
    "side by side": (LAYERS, "views/tasks.py", "from worker.send import retry"),
    "upward for types alone": (LAYERS, "read/message.py", "if TYPE_CHECKING:\n    from worker.pipeline import read"),
    "a circle in one package": (CIRCLES, "core/errors.py", "from worker.core import messages"),
    "a library that acts": (DECISIONS, "compose/checks.py", "import sqlite3"),
    "a library that acts, through another module": (DECISIONS, "oauth/settings.py", "import http.client"),
    "a library that acts, later": (DECISIONS, "audit/verify.py", "def later():\n    import subprocess"),
    "an adapter from its own step": (DECISIONS, "read/notice.py", "from worker.read.pdf import pool"),
    "a file of the configuration": (DECISIONS, "config/settings.py", "from worker.config import files"),
    "an adapter from a command": (WIRING, "cli/run.py", "from worker.send.smtp.client import SmtpServer"),
    "an adapter from the order": (WIRING, "pipeline/send.py", "from worker.store.sqlite.store import SqlStore"),
    "an adapter from the service": (WIRING, "service/loop.py", "from worker.oauth.endpoint import TokenEndpoint"),
    "an adapter from another adapter": (WIRING, "watch/imap/mailbox.py", "from worker.watch.folder import notices"),
    "a face with its technology": (FACES, "watch/__init__.py", "from worker.watch.imap.mailbox import ImapMailbox"),
    "a face with a technology that needs no library": (FACES, "send/__init__.py", "from worker.send.smtp import lock"),
    "a face with a library that acts": (FACES, "store/__init__.py", "import sqlite3"),
}


def judged(folder: Path) -> dict[str, str]:
    """Each contract's name and its end, for the package in ``folder``."""
    ended = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        cwd=folder,
        env={"COLUMNS": "200", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = dict(LINE.findall(ended.stdout))
    assert found, ended.stdout + ended.stderr
    assert ended.returncode == ("BROKEN" in found.values())
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "worker", tmp_path / "worker", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_every_contract_holds(copy: Path) -> None:
    assert judged(copy) == dict.fromkeys((LAYERS, CIRCLES, DECISIONS, WIRING, FACES), "KEPT")


@pytest.mark.parametrize("name", PLANTED)
def test_an_import_that_breaks_a_contract_is_found_under_its_name(copy: Path, name: str) -> None:
    broken, file, planted = PLANTED[name]
    path = copy / "worker" / file
    path.write_text(f"{path.read_text()}\n\n{planted}\n")
    assert judged(copy)[broken] == "BROKEN"


def test_a_package_without_a_layer_is_found(copy: Path) -> None:
    (copy / "worker" / "helpers").mkdir()
    (copy / "worker" / "helpers" / "__init__.py").write_text("")
    assert judged(copy)[LAYERS] == "BROKEN"


def test_lint_runs_the_contracts() -> None:
    recipe = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    assert "$(BIN)/lint-imports" in recipe
