"""The command ``run`` starts its first child before it loads the rest of the program."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

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


@pytest.mark.usefixtures("own_children")
def test_the_first_child_starts_before_configuration_store_and_service_are_loaded() -> None:
    ran = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False)
    loaded = json.loads(ran.stdout.splitlines()[0])
    late = ("worker.config", "worker.store", "worker.service.", "worker.pipeline", "worker.send", "worker.compose")
    assert [each for each in loaded if each.startswith(late)] == ["worker.service.readers"], ran.stderr


COUNT = """
import sys
from unittest.mock import patch

async def prepare(pool, count=None):
    print(count)
    raise SystemExit

with patch("worker.read.pdf.pool.PdfPool.prepare", prepare):
    from worker.cli import cli
    cli.main(["--config", "/nowhere", "run", *sys.argv[1:]], standalone_mode=False)
"""


@pytest.mark.parametrize(("words", "prepared"), [([], "None"), (["--once"], "1")], ids=["service", "one pass"])
def test_a_single_pass_prepares_one_child_and_a_service_one_for_each_core(words: list[str], prepared: str) -> None:
    ran = subprocess.run([sys.executable, "-c", COUNT, *words], capture_output=True, text=True, check=False)
    assert ran.stdout.split() == [prepared], ran.stderr
