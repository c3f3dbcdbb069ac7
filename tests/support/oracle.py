"""The correct mail to an issuer, worked out from how the register was made and from the truth behind it.

Written independently of the product: it imports nothing of it. The tables of a rule are laid over each other here once
more, as ``docs/rules.ja.md`` describes it, and a mail is parsed by the standard library.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from typing import Any

from tests.support.random_registers import PRODUCTS, TITLES, Came, Issuer, Paper, Project, World

_LAYERS = ("default", "{product}")
_AMENDED_LAYERS = ("default", "amended", "{product}", "{product}_amended")


@dataclass(frozen=True)
class Left:
    """A mail that the server took: its envelope, its bytes, when, and by which configuration."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    at: dt.datetime
    world: World

    @cached_property
    def seen(self) -> Seen:
        """The mail as the standard library reads it."""
        return _open(self.content)

    @cached_property
    def came(self) -> Came | None:
        """The notice in it: the one whose file or, typed, whose key it holds."""
        held = {content for _, content in self.seen.files}
        notices = self.world.notices
        attached = next((each for each in notices if each.pdf in held), None)
        return attached or next((each for each in notices if each.key in self.seen.body), None)


@dataclass(frozen=True)
class Seen:
    """The parts of a mail that a reader sees."""

    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    body: str
    files: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Expected:
    """The correct submission of one notice."""

    channel: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str | None
    """None if a value that it needs is not registered."""
    notice: str
    invoice: str


def expect(world: World, came: Came) -> Expected | None:
    """The one right way for ``came``; None if it belongs to no registered project."""
    if came.project is None:
        return None
    project = world.projects[came.project]
    issuer = world.issuers[project.issuer]
    rule = _rule(issuer, project, came)
    to, cc = _receivers(issuer, project, came.product, rule)
    return Expected(
        channel=rule["channel"],
        to=to,
        cc=tuple(each for each in cc if each not in to),
        subject=_subject(issuer, project, came.product, rule),
        notice=rule.get("notice", "attached"),
        invoice=rule.get("invoice", "optional") if came.product in TITLES else "never",
    )


def _rule(issuer: Issuer, project: Project, came: Came) -> dict[str, Any]:
    layers = _AMENDED_LAYERS if project.is_amended or came.is_amending else _LAYERS
    rule: dict[str, Any] = {}
    for tables in (issuer.rules, project.rules):
        for layer in layers:
            rule |= tables.get(layer.format(product=came.product), {})
    return rule


def _receivers(
    issuer: Issuer, project: Project, product: str, rule: dict[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if product in project.offices:
        return project.offices[product], ()
    section = project.section if rule["section"] == "project" else rule["section"]
    return issuer.sections.get(section, ((), ()))


def _subject(issuer: Issuer, project: Project, product: str, rule: dict[str, Any]) -> str | None:
    works = project.works_number
    if "remove_hyphens" in issuer.value_form:
        works = works.replace("-", "")
    elif "full" in issuer.value_form:
        works = "".join(chr(ord(each) + 0xFEE0) for each in works)
    if "works" in rule["subject"] and not works:
        return None
    word = rule.get("product_words", {}).get(product, PRODUCTS[product])
    holes = {"name": project.name, "product": word, "works": works}
    return "".join(holes.get(part, part) for part in rule["subject"])


# --- One mail against the truth ------------------------------------------------------------------------------


def _open(content: bytes) -> Seen:
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    files = tuple((each.get_filename() or "", each.get_content()) for each in mail.iter_attachments())
    return Seen(_addresses(mail, "to"), _addresses(mail, "cc"), str(mail["subject"]), body.get_content(), files)


def _addresses(mail: EmailMessage, name: str) -> tuple[str, ...]:
    return tuple(each.addr_spec for each in mail[name].addresses) if mail[name] else ()


def faults_of(left: Left) -> Iterator[str]:
    """Everything about one mail that is not as it must be."""
    came, seen, world = left.came, left.seen, left.world
    expected = expect(world, came) if came else None
    if came is None or expected is None:
        yield f"mailed to {left.recipients}, and it is nobody's here: {came}"
        return
    if expected.channel != "email":
        yield f"mailed, and the issuer wants {expected.channel}"
    if (seen.to, seen.cc) != (expected.to, expected.cc) or set(left.recipients) != {*expected.to, *expected.cc}:
        yield f"mailed to {left.recipients}, not to {expected.to} {expected.cc}"
    if seen.subject != expected.subject:
        yield f"subject {seen.subject!r}, not {expected.subject!r}"
    yield from _faults_of_key(seen, came, expected, world)
    notices = [content for _, content in seen.files if content == came.pdf]
    if len(notices) != (0 if expected.notice == "typed" else 1):
        yield f"{len(notices)} notices attached under {expected.notice}"
    yield from _faults_of_invoices([each for _, each in seen.files if each != came.pdf], came, expected, left)


def _faults_of_key(seen: Seen, came: Came, expected: Expected, world: World) -> Iterator[str]:
    is_typed = came.key in seen.body and came.number in seen.body
    if is_typed is (expected.notice == "attached"):
        yield f"the key stands in the body, or does not, under {expected.notice}"
    for other in world.notices:
        if other.key != came.key and other.key in seen.body + seen.subject:
            yield f"the key of another notice: {other.key}"


def _faults_of_invoices(others: Sequence[bytes], came: Came, expected: Expected, left: Left) -> Iterator[str]:
    world = left.world
    papers = [next((each for each in world.papers if each.content == content), None) for content in others]
    if len(others) > 1:
        yield f"{len(others)} files beside the notice"
    if others and expected.invoice == "never":
        yield "an invoice where the rule says never"
    if not others and expected.invoice == "required":
        yield "no invoice where the rule requires one"
    if came.project is None:
        return
    project = world.projects[came.project]
    if others and left.at.date() < project.concluded:
        yield f"an invoice before the contract of {project.concluded}"
    for paper in papers:
        yield from _faults_of_paper(paper, came, project)


def _faults_of_paper(paper: Paper | None, came: Came, project: Project) -> Iterator[str]:
    if paper is None:
        yield "a file that does not lie in the folder"
        return
    if (paper.project, paper.product, paper.number) != (came.project, came.product, came.number):
        yield f"another's invoice: {paper}"
    amount = registered_amount(project, came)
    if amount is not None and amount != paper.amount:
        yield f"an invoice over {paper.amount}, and {amount} is registered"


def is_invoice_of(paper: Paper, came: Came, project: Project) -> bool:
    """True if ``paper`` was written for the guarantee of ``came``, over the amount that is registered."""
    return not any(_faults_of_paper(paper, came, project))


def registered_amount(project: Project, came: Came) -> int | None:
    """The amount that the register gives for this guarantee."""
    written = project.invoices.get(came.product)
    tables = [written] if isinstance(written, dict) else written if isinstance(written, list) else []
    own = [each for each in tables if each.get("number", came.number) == came.number]
    return own[0].get("amount") if own else None


def faults_together(mails: Sequence[Left]) -> Iterator[str]:
    """Faults that only several mails can show: the same notice, or the same invoice, twice."""
    notices: set[tuple[str, str]] = set()
    invoices: set[str] = set()
    for left in mails:
        came = left.came
        if came is None:
            continue
        if (came.number, came.key) in notices:
            yield f"sent twice: {came}"
        notices.add((came.number, came.key))
        for name, content in left.seen.files:
            digest = hashlib.sha256(content).hexdigest()
            if digest in invoices and content != came.pdf:
                yield f"an invoice sent twice: {name}"
            invoices.add(digest)
