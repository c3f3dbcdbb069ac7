"""Rules of kinds that no issuer has shown us: ten invented issuers, oddly combined, each with the expected result."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.compose.rule_examples import try_examples
from worker.config.files import TemplateFiles
from worker.config.load import Configuration, load_configuration
from worker.config.shipped import shipped_file, shipped_names
from worker.config.templates import Renderer

HERE = Path(__file__).parents[1] / "support" / "issuers"
ISSUERS = sorted(path.stem for path in HERE.glob("*.toml"))
PROJECTS = b'[[project]]\nname = "x"\nissuer = "midorino"\n'


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    files = {name: shipped_file("config", name) for name in ("worker.toml", "guarantors.toml")}
    files |= {f"issuers/{path.name}": path.read_bytes() for path in HERE.glob("*.toml")}
    files |= {
        f"templates/mail/{name}": shipped_file("templates", "mail", name) for name in shipped_names("templates/mail")
    }
    return load_configuration({**files, "projects.toml": PROJECTS})


def test_ten_invented_issuers_need_no_code(configuration: Configuration) -> None:
    assert len(ISSUERS) == 10
    assert set(configuration.issuers) == set(ISSUERS)
    assert all(len(configuration.examples[issuer]) >= 1 for issuer in ISSUERS)


@pytest.mark.parametrize("issuer", ISSUERS)
def test_what_an_invented_issuer_wants_comes_out(issuer: str, configuration: Configuration) -> None:
    failing = try_examples(configuration, TemplateFiles({}).source, Renderer())
    assert [problem for problem in failing if problem.file == f"issuers/{issuer}.toml"] == []


def test_the_invented_issuers_use_every_channel_and_every_form_of_the_notice(configuration: Configuration) -> None:
    rules = [
        rule
        for issuer in configuration.issuers.values()
        for rule in (*issuer.rules.values(), *issuer.amended_rules.values())
    ]
    assert {rule.channel for rule in rules} >= {"email", "form", "fax", "paper", "unknown"}
    assert {rule.notice for rule in rules} == {"attached", "typed", "both"}
    assert {rule.invoice for rule in rules} == {"never", "optional", "required"}
