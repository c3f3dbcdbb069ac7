"""Registers as chance makes them: issuers, projects, files and notices, each with the truth that no program knows.

The program sees the TOML, the names and bytes of the files, and the printed notices. ``Project``, ``Paper`` and
``Came`` alone hold the true owner of a notice and an invoice; ``oracle`` reads it there.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.support.world import COMPANY, WORKS_NUMBER, printed_notice, worker_toml

T = TypeVar("T")

PRODUCTS = {"contract": "契約保証", "advance": "前払金保証", "interim": "中間前払金保証"}
TITLES = {"advance": "前払金請求書", "interim": "中間前払金請求書"}

_ISSUER_NAMES = ("川北町", "川北町上下水道局", "山手市", "上川北町")
_FAMILIES = (
    ("道路改良工事",),
    ("道路改良工事その1", "道路改良工事その１", "道路改良工事（その1）"),
    ("道路改良工事その12", "道路改良工事 その12"),
    ("第1号道路改良工事", "1号道路改良工事", "【第１号】道路改良工事"),
    ("市道1・2号線舗装工事", "市道第1・第2号線舗装工事"),
    ("市道12号線舗装工事", "市道第12号線舗装工事"),
    ('橋梁補修工事{{ 甲 }}"特"', '橋梁補修工事 {{ 甲 }}"特"'),
)
"""Each is one name with the ways in which people write it; some hold others, and no two are the same contract's."""

_NEAR = {1: 2, 2: 1, 4: 5, 5: 4}
_UNREGISTERED = ("公園造成工事", "道路改良")
_CONTRACTORS = (COMPANY, "〇〇建設(株)", COMPANY)
_VENTURE = "〇〇・ためし特定建設工事共同企業体"
_STRANGERS = ("ためし土木 株式会社", "株式会社〇〇建設", "〇〇・べつの特定建設工事共同企業体")
_NUMBERS = (
    "40213-00001",
    "40213-000011",
    "40213-00001A",
    "4021-300001",
    "40213-00011",
    "40213-000010",
    "4021-00001",
    "14021-00001",
    "40213-00002",
    "40213-000012",
    "40213-00002A",
    "4021-300002",
    "40213-100001",
    "40213-00012",
    "40214-000011",
    "4021-00002",
)
_AMOUNTS = (1_200_000, 12_000_000, 2_000_000, 112_000_000)
_CONCLUDED = (dt.date(2026, 5, 1), dt.date(2026, 5, 1), dt.date(2026, 11, 23), dt.date(2027, 2, 1))


# --- What there is -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Issuer:
    id: str
    name: str
    sections: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    """Section → to and cc."""
    rules: Mapping[str, Mapping[str, Any]]
    """``[rule.*]`` as written; ``subject`` is a tuple of parts."""
    value_form: str = ""


@dataclass(frozen=True)
class Project:
    name: str
    family: int
    issuer: str
    concluded: dt.date
    section: str = ""
    """Registered for all products; empty: none."""
    offices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    by_name: bool = False
    contractor: str = ""
    works_number: str = ""
    is_date_registered: bool = True
    is_amended: bool = False
    invoices: Mapping[str, Any] = field(default_factory=dict)
    """As written: ``separate``, a table, or a list of tables."""
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Paper:
    """A file of the invoices folder. Its true project is the one that it was written for, under any name."""

    path: str
    content: bytes
    project: int | None
    product: str
    number: str
    amount: int
    is_image: bool = False


@dataclass(frozen=True)
class Came:
    """A notice as it comes in."""

    project: int | None
    """In truth; None: not a registered project's, or another contractor's."""
    product: str
    number: str
    key: str
    name: str
    contractor: str = COMPANY
    copy: int = 0
    is_amending: bool = False
    """In truth: of the amended contract, under the number of the original's."""
    round: int = 0

    @property
    def pdf(self) -> bytes:
        text = printed_notice(
            project=self.name,
            number=self.number,
            key=self.key,
            product=PRODUCTS[self.product],
            contractor=self.contractor,
        )
        return f"%PDF-1.4 {self.copy}\n{text}".encode()


@dataclass(frozen=True)
class World:
    issuers: Mapping[str, Issuer]
    projects: tuple[Project, ...]
    papers: tuple[Paper, ...]
    notices: tuple[Came, ...]
    known: frozenset[tuple[str, str, str]]
    """Issuer, section and address: the recipients that the office has written to before."""
    answers: tuple[int, ...]
    """The answers that chance lets the person give, one after the other."""
    later: str = ""
    """The change of the configuration on the second day: ``moved``, ``listed`` or nothing."""

    def on_the_second_day(self) -> World:
        """The addresses of every section changed, or every number of the notices written into the register."""
        if self.later == "moved":
            moved = {
                each.id: replace(each, sections={id_: _addresses(f"new-{id_}", each.id) for id_ in each.sections})
                for each in self.issuers.values()
            }
            return replace(self, issuers=moved)
        if self.later == "listed":
            numbers = [
                tuple(each.number for each in self.notices if each.project == at) for at in range(len(self.projects))
            ]
            listed = zip(self.projects, numbers, strict=True)
            return replace(
                self,
                projects=tuple(
                    replace(each, numbers=tuple(dict.fromkeys((*each.numbers, *own)))) for each, own in listed
                ),
            )
        return self


def _addresses(section: str, issuer: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of this section of this issuer alone; every other issuer's sections also send a copy to their head office."""
    cc = (f"cc.{section}@{issuer}.example",) if len(issuer) % 2 else ()
    return (f"{section}@{issuer}.example",), cc


# --- As it is written ----------------------------------------------------------------------------------------


def write_files(world: World, guarantors: bytes) -> dict[str, bytes]:
    """The configuration directory of ``world``."""
    texts = {"worker.toml": worker_toml(notify=()), "projects.toml": "".join(map(_project_text, world.projects))}
    texts |= {f"issuers/{each.id}.toml": _issuer_text(each) for each in world.issuers.values()}
    return {"guarantors.toml": guarantors, **{name: text.encode() for name, text in texts.items()}}


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_value(str(key))} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return value.isoformat() if isinstance(value, dt.date) else json.dumps(value, ensure_ascii=False)


def _keys(table: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _rule(table: Mapping[str, Any]) -> dict[str, Any]:
    holes = {"name": "{{ project.name }}", "product": "{{ product }}", "works": f'{{{{ values["{WORKS_NUMBER}"] }}}}'}
    subject = "".join(holes.get(part, part) for part in table.get("subject", ()))
    return {**table, **({"subject": subject} if subject else {})}


def _issuer_text(issuer: Issuer) -> str:
    text = _keys({"name": issuer.name})
    for id_, (to, cc) in issuer.sections.items():
        text += f"[section.{id_}]\n" + _keys({"name": f"{id_}課", "to": to, "cc": cc})
    if issuer.value_form:
        text += f'[value."{WORKS_NUMBER}"]\n{issuer.value_form}\n'
    return text + "".join(f"[rule.{name}]\n" + _keys(_rule(table)) for name, table in issuer.rules.items())


def _project_text(project: Project) -> str:
    table: dict[str, Any] = {
        "name": project.name,
        "issuer": project.issuer,
        "section": project.section,
        "contract_numbers": project.numbers,
        "by_name": project.by_name,
        "contractor": project.contractor,
        "values": {WORKS_NUMBER: project.works_number} if project.works_number else {},
        "dates": {"contract": project.concluded} if project.is_date_registered else {},
        "amended": project.is_amended,
        "invoice": project.invoices,
    }
    if project.offices:
        table["office"] = {product: {"name": "工事事務所", "to": to} for product, to in project.offices.items()}
    if project.rules:
        table["rule"] = {name: _rule(rule) for name, rule in project.rules.items()}
    return "[[project]]\n" + _keys({key: value for key, value in table.items() if value})


# --- As chance makes it --------------------------------------------------------------------------------------


@cache
def _up_to(last: int) -> st.SearchStrategy[int]:
    return st.integers(0, last)


class Chance:
    """Hypothesis' draws in words: the first choice, and no, are what it shrinks to."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def below(self, count: int) -> int:
        return self._draw(_up_to(count - 1))

    def one_of(self, several: Sequence[T]) -> T:
        return several[self.below(len(several))]

    def is_so(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent


def _subject(chance: Chance) -> tuple[str, ...]:
    return chance.one_of(
        (
            ("product", "【", "name", "】"),
            ("【電子保証】", "name"),
            ("name",),
            ("認証キーの提出（", "works", "）"),
            ("works", "name", "の", "product"),
        )
    )


def _table(chance: Chance, sections: Sequence[str], product: str = "") -> dict[str, Any]:
    """Some keys of a ``[rule.*]``, at least one."""
    table: dict[str, Any] = {}
    if chance.is_so(50):
        table["section"] = chance.one_of((*sections, "project"))
    if chance.is_so(30):
        table["subject"] = _subject(chance)
    if product in {"advance", "interim"} and chance.is_so(60):
        table["invoice"] = chance.one_of(("optional", "never", "required"))
    if chance.is_so(10):
        table["notice"] = chance.one_of(("attached", "typed", "both"))
    if chance.is_so(12):
        table["channel"] = chance.one_of(("form", "paper", "unknown", "email"))
    if product in PRODUCTS and chance.is_so(20):
        table["product_words"] = {product: f"{PRODUCTS[product]}証書"}
    return table or {"section": chance.one_of(sections)}


def _issuer(chance: Chance, at: int) -> Issuer:
    id_ = ("kawa", "kawasui", "yama", "kamikawa")[at]
    sections = ("doboku", "keiyaku", "suidou")[: 1 + chance.below(3)]
    # The file of another issuer, copied, in which somebody forgot the addresses.
    copied_from = "kawa" if at and chance.is_so(20) else id_
    rules = {
        "default": {
            "channel": "email",
            "section": chance.one_of((*sections, "project")),
            "subject": _subject(chance),
            "notice": "attached",
            "timing": "any",
            "invoice": chance.one_of(("optional", "optional", "never", "required")),
        }
    }
    for name in ("amended", "contract", "advance", "interim", "contract_amended", "advance_amended"):
        if chance.is_so(25):
            rules[name] = _table(chance, sections, name.partition("_")[0])
    form = chance.one_of(("", "", "remove_hyphens = true", 'width = "full"'))
    return Issuer(id_, _ISSUER_NAMES[at], {each: _addresses(each, copied_from) for each in sections}, rules, form)


class _Drawing:
    """One world in the making."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.issuers = {each.id: each for each in (_issuer(chance, at) for at in range(1 + chance.below(4)))}
        shift = chance.below(len(_NUMBERS))
        self.numbers = iter(_NUMBERS[shift:] + _NUMBERS[:shift])
        self.keys = 0
        self.projects: list[Project] = [self.project(at) for at in range(1 + chance.below(chance.one_of((3, 5, 8))))]
        self.families = [each.family for each in self.projects]
        self.of: dict[tuple[int, str], list[str]] = {}
        """The numbers of the guarantees of each product of each project."""
        self.papers: list[Paper] = []
        self.notices: list[Came] = []

    def project(self, at: int) -> Project:
        chance = self.chance
        family = chance.below(3) if chance.is_so(35) else chance.below(len(_FAMILIES))  # the first hold each other
        issuer = chance.one_of(tuple(self.issuers.values()))
        sections = tuple(issuer.sections)
        offices = {product: (f"{product}@office-{at}.example",) for product in PRODUCTS if chance.is_so(8)}
        return Project(
            name=chance.one_of(_FAMILIES[family]),
            family=family,
            issuer=issuer.id,
            concluded=chance.one_of(_CONCLUDED),
            section=chance.one_of(sections) if chance.is_so(80) else "",
            offices=offices,
            # A number of another guarantee, from before: if one is listed, a name alone decides nothing.
            numbers=(f"30111-{at:06}",) if chance.is_so(70) else (),
            by_name=chance.is_so(35),
            contractor=_VENTURE if chance.is_so(15) else "",
            works_number=f"R8-{'1' * (1 + at)}" if chance.is_so(85) else "",
            is_date_registered=not chance.is_so(15),
            is_amended=chance.is_so(10),
            rules={chance.one_of(("default", "advance", "amended", "contract_amended")): _table(chance, sections)}
            if chance.is_so(12)
            else {},
        )

    # --- Notices ---

    def key(self) -> str:
        self.keys += 1
        return f"kEy{self.keys:04}Zq{self.keys % 7}W"

    def printed(self, project: Project) -> str:
        """The name on the notice: as registered, or as the surety writes it."""
        same = [each for each in self.projects if each.family == project.family]
        # If the register lets a name decide, it says that no other contract of ours is written like it.
        if any(each.by_name and each.name != project.name for each in same) or not self.chance.is_so(30):
            return project.name
        return self.chance.one_of(_FAMILIES[project.family])

    def guarantee(self, at: int, product: str) -> str:
        """The number of a guarantee: the first of its product mostly, sometimes a further one."""
        own = self.of.setdefault((at, product), [])
        if not own or self.chance.is_so(25):
            own.append(next(self.numbers))
        return own[-1]

    def notice(self, at_round: int) -> Came:
        chance = self.chance
        kind = chance.below(100)
        if kind >= 88 and self.notices:
            return self.again(chance.one_of(self.notices), at_round)
        if kind >= 78:
            return self.strange(at_round)
        at = chance.below(len(self.projects))
        project, product = self.projects[at], chance.one_of(("contract", "advance", "advance", "interim"))
        if any(each.project == at and each.product == product for each in self.notices) and chance.is_so(70):
            return self.again(chance.one_of(self.notices), at_round)
        contractor = project.contractor or chance.one_of(_CONTRACTORS)
        return Came(
            at, product, self.guarantee(at, product), self.key(), self.printed(project), contractor, round=at_round
        )

    def again(self, first: Came, at_round: int) -> Came:
        """The same once more, another download, a new key, or the guarantee of the amended contract."""
        how = self.chance.below(4)
        if how == 0:
            return replace(first, round=at_round)
        if how == 1:
            return replace(first, copy=first.copy + 1, round=at_round)
        return replace(first, key=self.key(), is_amending=first.is_amending or how == 3, round=at_round)

    def strange(self, at_round: int) -> Came:
        """A notice of no project of this register: another contractor's, or one that is not registered."""
        chance, product = self.chance, self.chance.one_of(tuple(PRODUCTS))
        project = chance.one_of(self.projects)
        registered = {each.family for each in self.projects}
        near = _NEAR.get(project.family, -1)
        alike = (f"{project.name}その3", *(_FAMILIES[near] if near >= 0 and near not in registered else ()))
        how, name, contractor = chance.below(4), chance.one_of((*_UNREGISTERED, *alike)), COMPANY
        if how == 0:
            name, contractor = chance.one_of(_FAMILIES[project.family]), chance.one_of(_STRANGERS)
        elif how == 1 and not any(
            each.by_name and not each.numbers for each in self.projects if each.family == project.family
        ):
            name = chance.one_of(_FAMILIES[project.family])
        return Came(None, product, next(self.numbers), self.key(), name, contractor, round=at_round)

    # --- Files ---

    def paper(self, at: int, product: str, number: str, place: int) -> Paper:
        """An invoice for this guarantee; named after it, after another or after nothing."""
        chance, project = self.chance, self.projects[at]
        amount = chance.one_of(_AMOUNTS)
        is_image = chance.is_so(8)
        is_one_of_two = len(self.of[at, product]) > 1
        lines = [TITLES[product]]
        if chance.is_so(85):
            lines.append(f"工事名 {chance.one_of(_FAMILIES[project.family]) if chance.is_so(30) else project.name}")
        if is_one_of_two or len(lines) == 1 or chance.is_so(25):
            lines.append(f"保証契約番号 {number}")
        if chance.is_so(60):
            lines.append(f"{self.issuers[project.issuer].name}長 様")
        if chance.is_so(30):
            lines.append(f"請求者 {project.contractor or chance.one_of(_CONTRACTORS)}")
        if project.works_number and chance.is_so(25):
            lines.append(f"工事番号 {project.works_number}")
        if product == "interim" and chance.is_so(30):
            lines.append("既受領の前払金 金30,000,000円")
        lines.append(f"金{amount:,}円")
        text = "" if is_image else "\n".join(lines)
        path = self.path(at, product, number, place)
        image = f"\n\x00{place}" if is_image else ""
        content = f"%PDF-1.4{image or text}".encode()
        return Paper(path, content, at, product, number, amount, is_image)

    def neighbours_paper(self, at: int, product: str, number: str, place: int) -> Paper | None:
        """A paper that looks like our invoice, for another registered issuer, or by another contractor of ours."""
        chance, project = self.chance, self.projects[at]
        others = [each for each in self.issuers.values() if each.id != project.issuer]
        ventures = [each.contractor for each in self.projects if each.contractor != project.contractor]
        amount = chance.one_of(_AMOUNTS)
        lines = [TITLES[product], f"工事名 {project.name}"]
        if others and (chance.is_so(70) or not ventures):
            lines.append(chance.one_of(("{}長 様", "{} 御中", "（あて先）{}長 殿")).format(chance.one_of(others).name))
        elif ventures:
            lines.append(f"請求者 {chance.one_of(ventures) or COMPANY}")
        else:
            return None
        content = "\n".join([*lines, f"金{amount:,}円", f"整理番号 {place}"])
        return Paper(
            self.path(at, product, number, place), f"%PDF-1.4{content}".encode(), None, product, number, amount
        )

    def path(self, at: int, product: str, number: str, place: int) -> str:
        chance, named, told = self.chance, self.projects[at], number
        if chance.is_so(25):  # a slip in its name
            named = chance.one_of(self.projects)
            told = chance.one_of([*(number for own in self.of.values() for number in own), number])
        name = named.name.replace("/", "")
        title = chance.one_of(("", TITLES[product], "前払金請求書", "請求書"))
        form = chance.below(4)
        if form == 0:
            name = f"{title}_{name}"
        elif form == 1:
            name = f"{title}_{told}"
        elif form == 2:
            name = f"{name} {told}"
        else:
            name = f"scan{place}"
        return f"{place}/{name}.pdf"

    def file_papers(self) -> None:
        """For most guarantees with an invoice one file, sometimes two, sometimes the same under another name."""
        for (at, product), numbers in self.of.items():
            if product not in TITLES:
                continue
            for number in numbers:
                for _ in range(self.chance.one_of((1, 1, 1, 0, 2))):
                    self.papers.append(self.paper(at, product, number, len(self.papers)))
                if self.chance.is_so(25) and (other := self.neighbours_paper(at, product, number, len(self.papers))):
                    self.papers.append(other)
        if self.papers and self.chance.is_so(25):
            one = self.chance.one_of(self.papers)
            at = one.project or 0
            path = self.path(at, one.product, one.number, len(self.papers))
            self.papers.append(replace(one, path=path))

    def registered_invoices(self, at: int) -> dict[str, Any]:
        chance, written = self.chance, {}
        for product in TITLES:
            kind = chance.below(10)
            own = [each for each in self.papers if (each.project, each.product) == (at, product)]
            if kind >= 9:
                written[product] = "separate"
            elif kind >= 5 and own:
                first_of_each = {each.number: each for each in reversed(own)}
                tables = [self.registered_invoice(each) for each in first_of_each.values()]
                written[product] = tables if len(self.of[at, product]) > 1 else tables[0]
        return written

    def registered_invoice(self, paper: Paper) -> dict[str, Any]:
        meant = self.chance.one_of(self.papers) if self.chance.is_so(20) else paper  # a slip in the register
        table: dict[str, Any] = {"file": meant.path}
        if self.chance.is_so(70):
            table["amount"] = self.chance.one_of(_AMOUNTS) if self.chance.is_so(10) else paper.amount
        if len(self.of[paper.project or 0, paper.product]) > 1:
            table["number"] = paper.number
        return table

    def world(self) -> World:
        chance = self.chance
        for at in range(2 + chance.below(3)):
            self.notices.append(self.notice(0 if at < 2 else 1))
        self.file_papers()
        for at, project in enumerate(self.projects):
            numbers = [number for (of, _), own in self.of.items() for number in own if of == at]
            listed = project.numbers + (tuple(numbers) if project.numbers and chance.is_so(85) else ())
            if chance.is_so(4):  # written down for a wrong project as well
                listed = tuple(dict.fromkeys((*listed, chance.one_of(self.notices).number)))
            self.projects[at] = replace(project, numbers=listed, invoices=self.registered_invoices(at))
        _list_nobody_elses(self)
        written_to = [
            (each.id, id_, address)
            for each in self.issuers.values()
            for id_, (to, cc) in each.sections.items()
            for address in to + cc
        ]
        knows_all, knows_some = chance.is_so(60), chance.is_so(70)
        known = [each for each in written_to if knows_all or (knows_some and chance.is_so(60))]
        return World(
            self.issuers,
            tuple(self.projects),
            tuple(self.papers),
            tuple(self.notices),
            frozenset(known),
            tuple(chance.below(100) for _ in range(6)),
            chance.one_of(("", "", "", "", "moved", "listed")),
        )


def _list_nobody_elses(drawing: _Drawing) -> None:
    """A number listed for a wrong project of the printed name is listed for the right one too.

    One alone would be the register's word. If the printed name is another, the notice must be asked about.
    """
    came = {each.number: each for each in drawing.notices}
    for at, project in enumerate(drawing.projects):
        for number in project.numbers:
            notice = came.get(number)
            if notice is None or notice.project == at or notice.name not in _FAMILIES[project.family]:
                continue
            if notice.project is None:
                own = tuple(each for each in drawing.projects[at].numbers if each != number)
                drawing.projects[at] = replace(drawing.projects[at], numbers=own)
            else:
                right = drawing.projects[notice.project]
                both = tuple(dict.fromkeys((*right.numbers, number)))
                drawing.projects[notice.project] = replace(right, numbers=both)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A configuration with the files in its folder and the mails that come in."""
    return _Drawing(Chance(draw)).world()
