"""Loads the whole configuration: one set of files in, one ``Configuration`` out.

It is complete and consistent, or there is one ConfigError with every problem of every file. ``config/files.py`` reads
the files.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from worker.config import guarantors, settings
from worker.config import issuers as rules
from worker.config import projects as register
from worker.config.rule_layers import DEFAULT
from worker.config.rule_remarks import remarks_on_rules
from worker.config.settings import Settings
from worker.config.template_check import Use, check_template
from worker.config.toml import nearest, parse_toml, table_in
from worker.config.toml_lines import index_lines, line_of
from worker.core.addresses import domain_of, is_placeholder
from worker.core.errors import ConfigError, Problem
from worker.core.model import Channel, ConfigFile, sha256
from worker.core.rulebook import Example, Guarantor, Issuer, Project, Rule, Section
from worker.core.text import unsafe_character

ISSUERS: Final = "issuers/"
TEMPLATES: Final = "templates/mail/"
BODY_ENDING: Final = ".txt.j2"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything the configuration says, and the files that say it."""

    settings: Settings
    guarantors: tuple[Guarantor, ...]
    issuers: Mapping[str, Issuer]
    projects: tuple[Project, ...]
    files: tuple[ConfigFile, ...]
    remarks: tuple[Problem, ...] = ()
    """Remarks that ``check`` shows on allowed settings: placeholders, no address to notify, no mailbox …"""
    examples: Mapping[str, tuple[Example, ...]] = field(default_factory=dict)
    """The test vectors in each issuer's file, by the issuer's id; ``compose.rule_examples`` tries them."""


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """No garbage is looked for meanwhile: what loading makes stays, and looking through it took a quarter of it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_without_collecting()
def load_configuration(files: Mapping[str, bytes]) -> Configuration:
    """The configuration in ``files``: ``worker.toml``, ``issuers/x.toml`` …, named relative to its directory.

    Mail templates (``templates/mail/*.txt.j2``) are checked if any are among the files. Raises ConfigError.
    """
    found: list[Problem] = []
    tables = _tables(files, found)
    worker = _settings(tables, found)
    sureties = _guarantors(tables, found)
    issuers = _issuers(files, tables, found)
    examples = _examples(tables, issuers, found)
    projects = _projects(tables, issuers, found)
    found.extend(_problems_of_bodies(files, tables))
    found.extend(_problems_of_copy(worker, issuers.values(), projects or ()))
    if found or worker is None or sureties is None or projects is None:
        raise ConfigError(list(_with_lines(found, files)))
    return Configuration(
        settings=worker,
        guarantors=sureties,
        issuers=issuers,
        projects=projects,
        files=tuple(ConfigFile(name, sha256(content), content) for name, content in sorted(files.items())),
        remarks=(
            *_remarks(worker, issuers.values(), projects),
            *_outside_own_domain(worker),
            *_shared_addresses(worker, issuers.values(), projects),
        ),
        examples=examples,
    )


def guarantors_of(content: bytes) -> tuple[Guarantor, ...]:
    """The profiles in one ``guarantors.toml`` alone: reading a notice needs no other file. Raises ConfigError."""
    found: list[Problem] = []
    profiles = _guarantors({guarantors.FILE: parse_toml(guarantors.FILE, content, found)}, found)
    if found or profiles is None:
        raise ConfigError(found)
    return profiles


TomlTables = Mapping[str, dict[str, Any] | None]
"""The table of each TOML file; None if it could not be read."""


def _tables(files: Mapping[str, bytes], found: list[Problem]) -> TomlTables:
    named = (settings.FILE, register.FILE, guarantors.FILE)
    found.extend(Problem(name, "", "missing_file") for name in named if name not in files)
    return {name: parse_toml(name, content, found) for name, content in sorted(files.items()) if _is_toml(name)}


def _is_toml(name: str) -> bool:
    return name in {settings.FILE, register.FILE, guarantors.FILE} or _is_issuer(name)


def _is_issuer(name: str) -> bool:
    return name.startswith(ISSUERS) and name.endswith(".toml")


def _settings(tables: TomlTables, found: list[Problem]) -> Settings | None:
    table = tables.get(settings.FILE)
    return None if table is None else settings.read_settings(table, found)


def _guarantors(tables: TomlTables, found: list[Problem]) -> tuple[Guarantor, ...] | None:
    table = tables.get(guarantors.FILE)
    return None if table is None else guarantors.read_guarantors(table, found)


def _issuers(files: Mapping[str, bytes], tables: TomlTables, found: list[Problem]) -> dict[str, Issuer]:
    sureties = tables.get(guarantors.FILE)
    ids = None if sureties is None else list(table_in(sureties, "guarantor"))
    issuers = {}
    for name in filter(_is_issuer, tables):
        table = tables[name]
        issuer = None if table is None else rules.read_issuer(name, table, sha256(files[name]), ids, found)
        if issuer is not None:
            issuers[issuer.id] = issuer
    return issuers


def _examples(
    tables: TomlTables, issuers: Mapping[str, Issuer], found: list[Problem]
) -> dict[str, tuple[Example, ...]]:
    examples = {}
    for name in filter(_is_issuer, tables):
        read = rules.read_examples(name, tables[name] or {}, found)
        issuer = issuers.get(rules.issuer_id(name))
        if issuer is None:
            continue
        for at, example in enumerate(read, start=1):
            register.read_one_project(example.project, issuer, found, f"example[{at}].project")
        examples[issuer.id] = read
    return examples


def _projects(tables: TomlTables, issuers: Mapping[str, Issuer], found: list[Problem]) -> tuple[Project, ...] | None:
    table = tables.get(register.FILE)
    if table is None:
        return None
    sections = {
        rules.issuer_id(name): None if tables[name] is None else rules.section_ids(tables[name] or {})
        for name in filter(_is_issuer, tables)
    }
    return register.read_projects(table, sections, issuers, found)


def _with_lines(found: Iterable[Problem], files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Each problem with the line of its key: a register may hold a thousand projects."""
    lines: dict[str, dict[str, int]] = {}
    for problem in found:
        line = None
        if problem.key and "line" not in problem.params and _is_toml(problem.file) and problem.file in files:
            if problem.file not in lines:
                lines[problem.file] = index_lines(files[problem.file])
            line = line_of(problem.key, lines[problem.file])
        yield problem if line is None else replace(problem, params={**problem.params, "line": str(line)})


# --- Bodies --------------------------------------------------------------------------------------------------


def _problems_of_bodies(files: Mapping[str, bytes], tables: TomlTables) -> Iterator[Problem]:
    """Each template that a rule names, once; a template that no rule names is left alone."""
    present = [
        name.removeprefix(TEMPLATES).removesuffix(BODY_ENDING)
        for name in files
        if name.startswith(TEMPLATES) and name.endswith(BODY_ENDING)
    ]
    if not present:
        return
    checked = set()
    for file, key, body in _bodies_named(tables):
        if body not in present:
            yield Problem(file, key, "unknown_template", {"name": body, "nearest": nearest(body, present)})
        elif body not in checked:
            checked.add(body)
            yield from _problems_of_body(f"{TEMPLATES}{body}{BODY_ENDING}", files)


def _bodies_named(tables: TomlTables) -> Iterator[tuple[str, str, str]]:
    """File, key and name of each body that a rule names, and of the one that an issuer means by naming none."""
    for file in filter(_is_issuer, tables):
        for name, rule in table_in(tables[file], "rule").items():
            body = table_in({name: rule}, name).get("body", DEFAULT if name == DEFAULT else None)
            if isinstance(body, str):
                yield file, f"rule.{name}.body", body
    projects = (tables.get(register.FILE) or {}).get("project")
    for at, project in enumerate(projects if isinstance(projects, list) else (), start=1):
        for name, rule in table_in(project, "rule").items():
            body = table_in({name: rule}, name).get("body")
            if isinstance(body, str):
                yield register.FILE, f"project[{at}].rule.{name}.body", body


def _problems_of_body(file: str, files: Mapping[str, bytes]) -> Iterator[Problem]:
    try:
        text = files[file].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield Problem(file, "", "not_utf8", {"line": str(files[file].count(b"\n", 0, error.start) + 1)})
        return
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        character = unsafe_character(line.replace("\t", " "))
        if character is not None:
            yield Problem(file, "", "unsafe_value", {"character": character, "line": str(number)})
    for code, params in check_template(text, Use.BODY):
        yield Problem(file, "", code, params)


# --- Our own copy -----------------------------------------------------------------------------------------------


def _problems_of_copy(
    worker: Settings | None, issuers: Iterable[Issuer], projects: Iterable[Project]
) -> Iterator[Problem]:
    """Refuses an issuer's address as the address of our own copy: the copy would go to the wrong place."""
    copy_to = worker.smtp.copy_to if worker else None
    if worker is None or copy_to is None:
        return
    sections = [each for issuer in issuers for each in issuer.sections.values()]
    sections += [office for project in projects for office in project.offices.values()]
    if domain_of(copy_to) == domain_of(worker.contractor.email):
        theirs = {address.casefold() for section in sections for address in section.to}
        is_theirs = copy_to.casefold() in theirs
    else:
        is_theirs = domain_of(copy_to) in _domains(sections)
    if is_theirs:
        yield Problem(settings.FILE, "smtp.copy_to", "copy_to_issuer", {"address": copy_to})


# --- What is allowed and still worth a look ----------------------------------------------------------------------


def _outside_own_domain(worker: Settings) -> Iterator[Problem]:
    named = {"smtp.copy_to": worker.smtp.copy_to, "release.rehearsal_to": worker.release.rehearsal_to}
    for key, address in named.items():
        if address is not None and domain_of(address) != domain_of(worker.contractor.email):
            yield Problem(settings.FILE, key, "outside_own_domain", {"address": address})


def _shared_addresses(worker: Settings, issuers: Iterable[Issuer], projects: Iterable[Project]) -> Iterator[Problem]:
    """Addresses that two issuers have: often a copied file whose ``to`` was left. Our own may get copies of all."""
    own = domain_of(worker.contractor.email)
    named = {issuer.id: issuer for issuer in issuers}
    places = [
        (issuer, issuer.file, f"section.{id_}", section)
        for issuer in named.values()
        for id_, section in issuer.sections.items()
    ]
    places += [
        (named[project.issuer], register.FILE, f"project[{at}].office.{product}", office)
        for at, project in enumerate(projects, start=1)
        for product, office in project.offices.items()
    ]
    first: dict[str, tuple[Issuer, Section]] = {}
    for issuer, file, place, section in places:
        for kind, addresses in (("to", section.to), ("cc", section.cc)):
            for at, address in enumerate(addresses, start=1):
                if kind == "cc" and domain_of(address) == own:
                    continue
                other, elsewhere = first.setdefault(address.casefold(), (issuer, section))
                if other.id != issuer.id:
                    params = {"address": address, "name": f"{issuer.name} {section.name}"}
                    params["other"] = f"{other.name} {elsewhere.name}"
                    yield Problem(file, f"{place}.{kind}[{at}]", "shared_address", params)


def _remarks(worker: Settings, issuers: Iterable[Issuer], projects: Iterable[Project]) -> Iterator[Problem]:
    for key, address in settings.placeholders_in(worker):
        yield Problem(settings.FILE, key, "placeholder", {"address": address})
    if not worker.mailboxes:
        yield Problem(settings.FILE, "mailbox", "no_mailbox")
    if not worker.notify:
        yield Problem(settings.FILE, "operator.notify", "nobody_notified")
    yield from remarks_on_rules(issuers, projects)
    own = frozenset({domain_of(worker.contractor.email)})
    known, by_id = {}, {}
    for issuer in issuers:
        by_id[issuer.id] = issuer
        known[issuer.id] = own | _domains(issuer.sections.values())
        if issuer.checked_on is None:
            yield Problem(issuer.file, "checked_on", "not_checked")
        yield from _remarks_on_silence(issuer)
        for id_, section in issuer.sections.items():
            yield from _remarks_on_section(issuer.file, f"section.{id_}", section, known[issuer.id])
    for at, project in enumerate(projects, start=1):
        yield from _remarks_on_project(f"project[{at}]", project, by_id[project.issuer], known[project.issuer])


def _remarks_on_project(place: str, project: Project, issuer: Issuer, known: frozenset[str]) -> Iterator[Problem]:
    """Yields remarks on the project's own offices and rules; ``known`` are the domains of its issuer and ours."""
    domains = known | _domains(project.offices.values())
    for product, office in project.offices.items():
        yield from _remarks_on_section(register.FILE, f"{place}.office.{product}", office, domains)
    for key in _unsaid_of_project(project, issuer):
        yield Problem(register.FILE, f"{place}.rule.{DEFAULT}.{key}", f"unsaid_{key}")


def _remarks_on_silence(issuer: Issuer) -> Iterator[Problem]:
    """Yields the keys that the rules by e-mail omit: counted as open, or taken as the file assumes."""
    rules = _by_mail(issuer)
    for key in dict.fromkeys(key for rule in rules for key in rule.unsaid):
        yield Problem(issuer.file, f"rule.{DEFAULT}.{key}", f"unsaid_{key}")
    for key in dict.fromkeys(key for rule in rules for key in rule.assumed):
        yield Problem(issuer.file, "assumed", f"assumed_{key}")


def _unsaid_of_project(project: Project, issuer: Issuer) -> Iterator[str]:
    """Yields the keys that the project's own rules by e-mail omit and that its issuer's rules do not omit."""
    told = {key for rule in _by_mail(issuer) for key in rule.unsaid}
    unsaid = (key for rule in _by_mail(project) for key in rule.unsaid if key not in told)
    yield from dict.fromkeys(unsaid)


def _by_mail(whose: Issuer | Project) -> list[Rule]:
    return [each for each in (*whose.rules.values(), *whose.amended_rules.values()) if each.channel is Channel.EMAIL]


def _remarks_on_section(file: str, place: str, section: Section, domains: frozenset[str]) -> Iterator[Problem]:
    for kind, addresses in (("to", section.to), ("cc", section.cc)):
        for at, address in enumerate(addresses, start=1):
            if is_placeholder(address):
                yield Problem(file, f"{place}.{kind}[{at}]", "placeholder", {"address": address})
    for at, address in enumerate(section.cc, start=1):
        if domain_of(address) not in domains:
            yield Problem(file, f"{place}.cc[{at}]", "foreign_cc", {"address": address})


def _domains(sections: Iterable[Section]) -> frozenset[str]:
    """The domains at which an issuer receives."""
    return frozenset(domain_of(address) for section in sections for address in section.to)
