"""The command ``run`` starts its first child before it loads the rest of the program."""

from __future__ import annotations

import json
import subprocess
import sys

PROBE = """
import json, sys
from unittest.mock import patch
import worker.cli.run as run

def loaded_at_start(*_, **__):
    print(json.dumps(sorted(name for name in sys.modules if name.startswith("worker."))))
    raise SystemExit

with patch("worker.read.pdf.pool.asyncio.create_subprocess_exec", loaded_at_start):
    from worker.cli import cli
    cli.main(["--config", "/nowhere", "run"], standalone_mode=False)
"""


def test_the_first_child_starts_before_configuration_store_and_service_are_loaded() -> None:
    ran = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False)
    loaded = json.loads(ran.stdout.splitlines()[0])
    late = ("worker.config", "worker.store", "worker.service.", "worker.pipeline", "worker.send", "worker.compose")
    assert [each for each in loaded if each.startswith(late)] == ["worker.service.readers"], ran.stderr
