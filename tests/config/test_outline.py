"""The outline says of register, issuers and guarantors what the whole configuration says."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.world import ISSUERS, worker_toml
from worker.config.load import load_configuration
from worker.config.outline import outline_of, settings_of
from worker.config.shipped import shipped_file
from worker.core.model import JST, Product
from worker.views.tasks import open_tasks

REGISTERS = {
    "empty": "",
    "a byte order mark": '\ufeff[[project]]\nname = "道路改良工事"\nissuer = "kawa"\n',
    "every date": (
        '[[project]]\nname = "橋梁工事"\nissuer = "kawa"\nexpects = ["contract", "advance", "interim"]\n'
        "dates = { contract = 2026-11-02, bid = 2026-10-01 }\n"
    ),
    "one deadline for all": '[[project]]\nname = "a"\nissuer = "kawa"\nexpects = ["advance"]\ndeadline = 2026-11-20\n',
    "a deadline each": (
        '[[project]]\nname = "a"\nissuer = "kawa"\nexpects = ["contract", "interim"]\n'
        "[project.deadline]\ncontract = 2026-11-20\n"
    ),
    "an invoice": (
        '[[project]]\nname = "a"\nissuer = "kawa"\nexpects = ["advance", "interim"]\n'
        '[project.invoice]\nadvance = { file = "a.pdf", date = 2026-11-24 }\ninterim = "separate"\n'
    ),
    "several invoices": (
        '[[project]]\nname = "a"\nissuer = "kawa"\nexpects = ["advance"]\n[[project.invoice.advance]]\n'
        'file="a.pdf"\ndate = 2026-11-26\n[[project.invoice.advance]]\nfile = "b.pdf"\ndate = 2026-11-24\nnumber="1"\n'
    ),
    "numbers of every kind": (
        '[[project]]\nname = "a"\nissuer = "kawa"\ncontract_numbers = ["40001-000001"]\n'
        '[project.numbers]\ninterim = ["40001-000004"]\nadvance = ["40001-000002", "40001-000003"]\n'
    ),
    "the same name, told apart": (
        '[[project]]\nname = "a"\nissuer = "kawa"\ncontract_numbers = ["1-1"]\n'
        '[[project]]\nname = "a"\nissuer = "kawa"\nnumbers = { interim = ["1-2"] }\n'
        '[[project]]\nname = "a"\nissuer = "kawa"\nexpects = ["contract"]\n'
        '[[project]]\nname = "a"\nissuer = "kawa"\ncontract_numbers = ["1-1"]\n'
    ),
}


def files_with(register: str) -> dict[str, bytes]:
    issuers = {f"issuers/{name}.toml": text.encode() for name, text in ISSUERS.items()}
    return {
        "worker.toml": worker_toml().encode(),
        "projects.toml": register.encode(),
        "guarantors.toml": shipped_file("config", "guarantors.toml"),
        **issuers,
    }


@pytest.mark.parametrize("register", REGISTERS.values(), ids=REGISTERS)
def test_the_outline_of_a_register_is_that_of_the_whole_configuration(register: str) -> None:
    files = files_with(register)
    whole, settings = load_configuration(files), settings_of(files)
    assert settings == whole.settings
    outline = outline_of(files, whole.settings)
    for project, outlined in zip(whole.projects, outline.projects, strict=True):
        for name in ("id", "name", "issuer", "all_numbers", "expects", "deadlines"):
            assert getattr(outlined, name) == getattr(project, name), name
        assert dict(outlined.dates) == dict(project.dates)
        dates = {of: tuple(each.date for each in invoices) for of, invoices in project.invoices.items()}
        assert {of: tuple(each.date for each in invoices) for of, invoices in outlined.invoices.items()} == dates
    assert [(each.id, each.download) for each in outline.guarantors] == [
        (each.id, each.download) for each in whole.guarantors
    ]
    assert {id_: outline.issuers[id_].full_name for id_ in outline.issuers} == {
        each.id: each.full_name for each in whole.issuers.values()
    }
    assert len(outline.issuers) == len(whole.issuers)
    now = dt.datetime(2026, 11, 24, 10, tzinfo=JST)
    assert open_tasks([], outline, now) == open_tasks([], whole, now)


def test_a_register_with_expected_guarantees_has_tasks() -> None:
    files = files_with(REGISTERS["every date"])
    whole = load_configuration(files)
    found = open_tasks([], outline_of(files, whole.settings), dt.datetime(2026, 11, 24, 10, tzinfo=JST))
    assert {each.product for each in found} == set(Product)
    assert {each.issuer for each in found} == {whole.issuers["kawa"].full_name}
