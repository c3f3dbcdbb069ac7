"""Files that were accepted are read without shapes to the same values as with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.config.test_outline import REGISTERS, files_with
from tests.support import config_samples
from tests.support.random_registers import World, worlds, write_files
from tests.support.tables import every_case
from tests.support.turns import turns
from worker.config.accepted import read_accepted
from worker.config.load import load_configuration
from worker.config.outline import OTHER_FORM
from worker.config.rule_layers import RULE_KEYS, RULE_TABLES
from worker.config.rule_tables import RuleTable, RuleTables
from worker.config.shipped import shipped_file, shipped_names

INVENTED = Path(__file__).parents[1] / "support" / "issuers"
GUARANTORS = shipped_file("config", "guarantors.toml")
OF_A_PROJECT = {
    "a rule of its own": '[project.rule.default]\nsubject = "{{ project.name }}"\ncloses = "none"\n'
    "[project.rule.advance]\nsettle_days = 9\n",
    "a call": "[project.rule.advance]\ncall_after = true\n",
    "a rule for its amended contract": 'amended = true\n[project.rule.contract_amended]\nchannel = "fax"\n',
    "words of one product": '[project.rule.default]\nproduct_words = { interim = "中間" }\n',
    "sentences of every kind": '[project.rule.default]\nconditions = ["a", { text = "b", when = "apart" },'
    '{ text = "c" }]\nafter = [{ text = "d", when = "attached" }]\n'
    'lines = [{ title = "件名", value = "{{ project.name }}" }]\n',
    "sections, offices, documents": 'section = { advance = "keiyaku" }\n[project.office]\n'
    'contract = { name = "現場事務所", to = ["Genba@CITY.example"], until = 2027-03-31 }\n'
    '[project.documents]\nadvance = ["a.pdf", { file = "b.pdf", title = "申請書" }]\ninterim = []\n',
    "what eligibility asks": 'kind = "consulting"\naward = "designated"\namount = 1\napproval = "x"\n'
    'exception = "y"\nexcluded = true\n',
    "values and names": 'values = { "工事番号" = "R8-1" }\nnames_on_notice = ["a", "b"]\nby_name = true\n'
    'contact = "c"\nphone = "1"\n',
}
OF_THE_WORKER = {
    "defaults": ("", ""),
    "a rehearsal to ourselves": ("[release]", 'rehearsal_to = "self"'),
    "a rehearsal elsewhere": ("[release]", 'rehearsal_to = "Test@CONTRACTOR.example"'),
    "a delay": ("[release]", "hold_minutes = 3"),
    "a copy": ("[smtp]", 'copy_to = "Archive@CONTRACTOR.example"'),
    "a limit": ("[smtp]", "max_bytes = 200000"),
    "a folder by its name": ("[folders]", 'invoices_shown = "share"'),
}


def compare(files: Mapping[str, bytes]) -> None:
    whole, accepted = load_configuration(files), read_accepted(files)
    assert accepted.guarantors == whole.guarantors
    assert list(accepted.issuers) == list(whole.issuers)
    assert dict(accepted.issuers) == dict(whole.issuers)
    assert accepted.projects == whole.projects
    for ours, theirs in zip(accepted.projects, whole.projects, strict=True):
        for name in BY_KEY:
            assert list(getattr(ours, name)) == list(getattr(theirs, name)), name
    for name in ("contractor", "release", "invoices_shown"):
        assert getattr(accepted.settings, name) == getattr(whole.settings, name), name
    for name in ("max_bytes", "copy_to", "is_loopback"):
        assert getattr(accepted.settings.smtp, name) == getattr(whole.settings.smtp, name), name


BY_KEY = ("sections", "values", "dates", "invoices", "offices", "documents", "deadlines", "numbers", "rules")


@every_case("register", REGISTERS.values(), ids=REGISTERS)
def test_a_register_is_the_same(register: str) -> None:
    compare(files_with(register))


@every_case("keys", OF_A_PROJECT.values(), ids=OF_A_PROJECT)
def test_a_project_with_any_key_is_the_same(keys: str) -> None:
    issuer = config_samples.files()["issuers/mihon.toml"].decode() + '\n[section.keiyaku]\nname = "契約課"\n'
    project = f'[[project]]\nname = "a"\nissuer = "mihon"\n{keys}'
    if "section =" not in keys:
        project = project.replace('issuer = "mihon"', 'issuer = "mihon"\nsection = "keiyaku"')
    compare({**config_samples.files({"projects.toml": project, "issuers/mihon.toml": issuer})})


def test_the_catalogue_and_its_examples_as_projects_are_the_same() -> None:
    files = {name: shipped_file("config", name) for name in ("worker.toml", "projects.toml", "guarantors.toml")}
    files |= {f"issuers/{name}": shipped_file("config", "issuers", name) for name in shipped_names("config/issuers")}
    compare(files)


def test_issuers_of_every_kind_are_the_same() -> None:
    issuers = {f"issuers/{path.name}": path.read_bytes() for path in INVENTED.glob("*.toml")}
    assert len(issuers) >= 10
    register = "".join(f'[[project]]\nname = "x"\nissuer = "{name[8:-5]}"\n' for name in issuers)
    compare({**files_with(""), **issuers, "projects.toml": register.encode()})


@settings(max_examples=turns(40), deadline=None)
@given(worlds())
def test_random_registers_and_issuers_are_the_same(world: World) -> None:
    compare(write_files(world, GUARANTORS))


@pytest.mark.parametrize(("heading", "line"), OF_THE_WORKER.values(), ids=OF_THE_WORKER)
def test_the_settings_that_a_draft_depends_on_are_the_same(heading: str, line: str) -> None:
    text = config_samples.WORKER
    if heading:
        text = text.replace(heading, f"{heading}\n{line}", 1) if heading in text else f"{text}\n{heading}\n{line}\n"
    compare({**files_with(""), "worker.toml": text.encode()})


@pytest.mark.parametrize(
    "project",
    [
        'name = "a"\nissuer = "mihon"\nunknown = 1\n',
        'name = "a"\nissuer = "mihon"\nsection = { other = "x" }\n',
        'name = "a"\nissuer = "mihon"\nkind = "other kind"\n',
        'name = "a"\nissuer = "mihon"\n[project.rule.other]\nsubject = "x"\n',
        'name = "a"\nissuer = "mihon"\n[project.rule.default]\nother = "x"\n',
        'name = "a"\n',
    ],
)
def test_another_form_than_that_of_this_version_is_an_expected_error(project: str) -> None:
    with pytest.raises(OTHER_FORM):
        read_accepted(config_samples.files({"projects.toml": f"[[project]]\n{project}"}))


def test_both_readings_lay_the_same_tables_and_keys_of_a_rule_over_each_other() -> None:
    assert tuple(RuleTables.model_fields) == RULE_TABLES
    assert tuple(RuleTable.model_fields) == RULE_KEYS
