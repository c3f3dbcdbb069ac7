"""The time that a large register takes: 10,000 projects at 500 issuers loaded and checked, and one notice matched.

The files are written to a folder and read from it as the worker does; the plain side of the ratio is the standard
library's TOML decoder over the same bytes, which nothing that reads TOML can be faster than.
"""

from __future__ import annotations

import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from tests.support.world import COMPANY, CONTRACTOR_TABLE, HANAKO
from worker.config.files import read_directory
from worker.config.load import Configuration, load_configuration
from worker.config.shipped import shipped_file
from worker.core.model import Key, Notice, Product
from worker.match.match import index_projects, match_project

PROJECTS: Final = 10_000
ISSUERS: Final = 500
ROUNDS: Final = 5
MATCHES: Final = 2_000

_WORKER: Final = f"""{CONTRACTOR_TABLE}
[smtp]
host = "127.0.0.1"
port = 25
security = "none"
user = ""
[operator]
people = ["{HANAKO.by}"]
notify = []
"""

_ISSUER: Final = """
name = "第{number}町"
source = "https://issuer{number}.example/"
checked_on = 2026-11-21
[[eligibility]]
from = 2025-04-01
counted_by = ["contract"]
[section.keiyaku]
name = "契約課"
to = ["keiyaku@issuer{number}.example"]
[section.doboku]
name = "土木課"
to = ["doboku@issuer{number}.example"]
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "keiyaku"
subject = "{{{{ product }}}}にかかる認証キー【{{{{ project.name }}}}】の提出について"
invoice = "optional"
[rule.advance]
section = "project"
"""

_PROJECT: Final = """
[[project]]
name = "市道{number}号線道路改良工事（第{part}工区）"
issuer = "issuer{issuer}"
section = "doboku"
contract_numbers = ["{first:05}-{number:06}"]
values = {{ "工事番号" = "R8-{number}" }}
dates = {{ announcement = 2026-04-10, contract = 2026-05-01 }}
[project.invoice]
advance = "separate"
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds: the decoder alone, the whole loading, and one match (median and worst)."""

    decoding: float
    loading: float
    match: float
    worst_match: float


def _write(directory: Path) -> None:
    (directory / "issuers").mkdir()
    (directory / "worker.toml").write_text(_WORKER)
    (directory / "guarantors.toml").write_bytes(shipped_file("config", "guarantors.toml"))
    for number in range(ISSUERS):
        (directory / "issuers" / f"issuer{number}.toml").write_text(_ISSUER.format(number=number))
    register = "".join(
        _PROJECT.format(number=number, part=number % 7, issuer=number % ISSUERS, first=31_000 + number % 90)
        for number in range(PROJECTS)
    )
    (directory / "projects.toml").write_text(register)


def measure_register() -> Measured:
    """Both sides in turn, several rounds; the medians."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        _write(directory)
        decoding, loading = [], []
        for _ in range(ROUNDS):
            decoding.append(_decode(directory))
            began = time.perf_counter()
            load_configuration(read_directory(directory))
            loading.append(time.perf_counter() - began)
        matches = _match(load_configuration(read_directory(directory)))
    return Measured(median(decoding), median(loading), median(matches), max(matches))


def _decode(directory: Path) -> float:
    texts = [path.read_text() for path in sorted(directory.rglob("*.toml"))]
    began = time.perf_counter()
    for text in texts:
        tomllib.loads(text)
    return time.perf_counter() - began


def _match(configuration: Configuration) -> list[float]:
    """By number, by name alone, and of a notice without a registered project, in turn."""
    register = index_projects(configuration.projects, configuration.settings.contractor.name)
    taken = []
    for count in range(MATCHES):
        project = configuration.projects[(count * 37) % PROJECTS]
        number = project.contract_numbers[0] if count % 3 == 0 else f"99999-{count:06}"
        name = project.name if count % 3 < 2 else f"{project.name}ほか"  # noqa: PLR2004  the third in turn
        notice = Notice("east", name, COMPANY, Product.CONTRACT, number, Key("Ab3dEfGh"))
        began = time.perf_counter()
        match_project(notice, register, None)
        taken.append(time.perf_counter() - began)
    return taken
