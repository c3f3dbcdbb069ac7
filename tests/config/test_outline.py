"""The outline says of register, issuers and guarantors what the whole configuration says."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from tests.support.overviews import Among
from tests.support.tables import every_case
from tests.support.world import ISSUERS, worker_toml
from worker.config.load import load_configuration
from worker.config.outline import OTHER_FORM, outline_of, outlined_settings
from worker.config.settings import settings_of
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


@every_case("register", REGISTERS.values(), ids=REGISTERS)
def test_the_outline_of_a_register_is_that_of_the_whole_configuration(register: str) -> None:
    files = files_with(register)
    whole = load_configuration(files)
    outline = outline_of(files, outlined_settings(files))
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
    assert open_tasks(Among(), outline, now) == open_tasks(Among(), whole, now)


LEAST = """
[contractor]
name = "建設"
email = "soumu@Contractor.Example"
[operator]
people = ["山田"]
[smtp]
host = "127.0.0.1"
port = 25
security = "none"
"""
SETTINGS = {
    "none of the keys that have defaults": "",
    "certificates": 'ca_file = "ca.pem"\n[mailbox.main]\nhost = "imap.provider.example"\nport = 993\nuser = "u"\n'
    'password_file = "p"\nca_file = "imap.pem"\n[mailbox.other]\nhost = "localhost"\nport = 143\nuser = "u"\n'
    'password_file = "p"\n',
    "other folders": '[folders]\nnotices = "in"\ninvoices = "請求書"\n',
    "one folder": '[folders]\ninvoices = "請求書"\n',
    "rehearsals": '[release]\nrehearsal_to = "Rehearsal@Contractor.Example"\n',
    "rehearsals to ourselves": '[release]\nrehearsal_to = "self"\n',
    "no rehearsals": '[release]\nrehearsal_to = ""\n',
    "around the clock": "[schedule]\nwindows = []\nclosed = [2026-12-28, 2026-12-29]\nstuck_hours = 9\n",
    "rare looks": "[schedule]\npoll_seconds = 3600\n",
    "minutes without a look": "[schedule]\ndeaf_minutes = 20\n",
    "windows": '[schedule]\nwindows = ["mon-fri 09:00-12:00", "sat 10:00-11:00"]\n',
    "a store": '[store]\ndir = "var"\nwitness = "/mnt/witness"\n',
}
SHARED = {"store_dir", "store_witness", "notices", "invoices", "stuck_hours", "hours", "ca_files", "deaf_after"}


@every_case("given", SETTINGS.values(), ids=SETTINGS)
@every_case("mark", ["", "\ufeff"])
def test_the_outline_of_the_settings_says_what_the_settings_say(given: str, mark: str) -> None:
    files = {"worker.toml": (mark + LEAST + given).encode()}
    whole = settings_of(files)
    assert whole is not None
    outlined = outlined_settings(files)
    assert outlined.release.rehearsal_to == whole.release.rehearsal_to
    assert {name: getattr(outlined, name) for name in SHARED} == {name: getattr(whole, name) for name in SHARED}
    assert set(outlined.mailboxes) == set(whole.mailboxes)
    assert {each.name for each in dataclasses.fields(outlined)} - {
        "windows",
        "closed",
        "release",
        "mailboxes",
    } <= SHARED


@pytest.mark.parametrize("text", ["", "smtp = 5", "store = 5", "[contractor]", "[smtp]\n[release]\nrehearsal_to = 5"])
def test_the_form_of_an_older_program_is_an_error_that_a_command_expects(text: str) -> None:
    with pytest.raises(OTHER_FORM):
        outlined_settings({"worker.toml": text.encode()})


def test_a_register_with_expected_guarantees_has_tasks() -> None:
    files = files_with(REGISTERS["every date"])
    whole = load_configuration(files)
    found = open_tasks(Among(), outline_of(files, outlined_settings(files)), dt.datetime(2026, 11, 24, 10, tzinfo=JST))
    assert {each.product for each in found} == set(Product)
    assert {each.issuer for each in found} == {whole.issuers["kawa"].full_name}
