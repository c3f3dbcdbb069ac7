"""What the house around the package promises: no skip goes unseen, and the locks are locks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def run_a_skipping_test(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "conftest.py")
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text(
        "import pytest\n@pytest.mark.skip(reason='the corpus is absent')\ndef test_one(): ...\ndef test_two(): ...\n"
    )
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "."],
        cwd=folder,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_skip_is_listed_with_its_reason_at_the_end(tmp_path: Path) -> None:
    ended = run_a_skipping_test(tmp_path, ci="")
    assert ended.returncode == 0
    assert "1  the corpus is absent" in ended.stdout
    assert "--hypothesis-seed=" in ended.stdout


def test_a_skip_is_a_failure_under_ci(tmp_path: Path) -> None:
    ended = run_a_skipping_test(tmp_path, ci="true")
    assert ended.returncode == 1
    assert "FAILED: 1 skipped" in ended.stdout


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-oauth.txt", "requirements-dev.txt"])
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
    assert {"msal", "google-auth", "requests"} <= tokens.keys() - product.keys()
