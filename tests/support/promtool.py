"""Prometheus' own tool, which checks rules and figures (Debian package ``prometheus``)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def promtool(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (package prometheus)")
    command = [program, *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=120, check=False)
