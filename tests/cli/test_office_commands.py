"""People of the office may run each command that their guide and the program's sentences name, or the mark says who."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_docs import ROOT
from worker.cli import cli
from worker.cli.issuers import issuers
from worker.cli.project import project
from worker.core import messages

MARK = "管理者"
GUIDE = (ROOT / "docs" / "office-commands.ja.md").read_text()
WRAPPER = ROOT / "packaging" / "files" / "hoshobin-office"
NAMED = re.compile(r"hoshobin (?P<command>[a-z-]+)(?: (?P<sub>[a-z]+))?")
GROUPS = {"audit", "issuers", "project", "rules", "user"}
OF_THE_INSTALLATION = {"demo", "init", "login", "run"}
"""Named at the installation, and to the person who starts the service or logs it in: an office sees none of these."""
WITHOUT_MARK = {"project add", "issuers add"}
"""The next step of a hold is as short as this; the wrapper answers with the mark, and so do the rows of the guide."""


def is_allowed(tmp_path: Path, *words: str) -> bool:
    """Returns whether the wrapper, run by a real shell, hands these words to the program."""
    program = tmp_path / "hoshobin"
    program.write_text("#!/bin/sh\necho ran\n")
    program.chmod(0o755)
    script = tmp_path / "hoshobin-office"
    script.write_text(WRAPPER.read_text().replace("/opt/hoshobin/venv/bin/hoshobin", str(program)))
    ended = subprocess.run(["/bin/sh", str(script), *words], capture_output=True, text=True, check=False, timeout=30)
    assert (ended.returncode, ended.stdout) in {(0, "ran\n"), (2, "")}
    assert ended.returncode == 0 or MARK in ended.stderr
    return ended.returncode == 0


def named_in(text: str) -> Iterator[tuple[str, ...]]:
    """The commands that ``text`` names, with the part of a group."""
    for found in NAMED.finditer(text):
        if found["command"] in cli.parts:
            yield (found["command"], *([found["sub"]] if found["command"] in GROUPS and found["sub"] else []))


def sentences() -> Iterator[str]:
    """Every Japanese sentence of the program's messages, with its source's line breaks taken out."""
    folder = Path(messages.__file__ or "").parent
    for path in sorted(folder.glob("*.py")):
        text = re.sub(r'"\s*\n\s*"', "", path.read_text())
        yield from (each for each in re.findall(r'"([^"\n]*)"', text) if re.search(r"[぀-ヿ一-鿿]", each))


@pytest.mark.parametrize("line", [line for line in GUIDE.splitlines() if list(named_in(line))])
def test_each_command_of_the_guide_may_be_run_or_is_marked(line: str, tmp_path: Path) -> None:
    for words in named_in(line):
        is_marked = MARK in line or line.startswith("| 該当案件の登録なし")
        assert is_allowed(tmp_path, *words) or is_marked, words


def test_each_command_of_the_program_s_sentences_may_be_run_or_is_marked(tmp_path: Path) -> None:
    named = {(words, sentence) for sentence in sentences() for words in named_in(sentence)}
    assert len(named) > 30
    unmarked = {
        (words, sentence)
        for words, sentence in named
        if MARK not in sentence and words[0] not in OF_THE_INSTALLATION and " ".join(words) not in WITHOUT_MARK
    }
    assert {each for each in unmarked if not is_allowed(tmp_path, *each[0])} == set()


@pytest.mark.parametrize(
    "words",
    [
        ("project", "add"),
        ("project", "import"),
        ("project",),
        ("issuers", "add"),
        ("init",),
        ("login",),
        ("run",),
        ("backup",),
        ("restore",),
        ("service-failed",),
        ("--config",),
        ("--lang", "en"),
        (),
        ("list list",),
        ("audit", "verify; id"),
    ],
)
def test_commands_that_write_the_configuration_or_run_the_service_stay_with_the_administrator(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    assert not is_allowed(tmp_path, *words)


def test_each_command_is_either_allowed_or_the_administrator_s(tmp_path: Path) -> None:
    allowed = {name for name in cli.parts if is_allowed(tmp_path, name)}
    groups = {
        "project": set(project.commands) | set(project.parts),
        "issuers": set(issuers.commands) | set(issuers.parts),
    }
    assert set(cli.parts) - allowed == {
        *("audit", "project", "rules"),  # a part of each is allowed
        *(
            "backup",
            "console",
            "demo",
            "init",
            "login",
            "metrics",
            "migrate",
            "register",
            "restore",
            "run",
            "service-failed",
            "tenants",
            "user",
        ),
    }
    assert groups == {
        "project": {"add", "amend", "close", "delete", "edit", "import", "list"},
        "issuers": {"add", "answer", "edit", "new"},
    }
    assert {part for part in groups["issuers"] if not is_allowed(tmp_path, "issuers", part)} == {"add"}
    assert {part for part in groups["project"] if not is_allowed(tmp_path, "project", part)} == {"add", "import"}
    assert is_allowed(tmp_path, "project", "list", "--json")
    assert is_allowed(tmp_path, "approve", "2", "--by", "山田 花子", "--tick", "all")
