"""Mails of every kind through the whole decision: read or set aside, nothing raises, nothing is matched falsely.

Three corpora: the messages of Python's own e-mail tests, part of the interpreter (nothing is copied here); the bounces
of flufl.bounce's tests, from its source distribution, which ``make test`` fetches by the lock; and our own, as Japanese
senders write them. Each goes through the reading alone and then, with an office at work, through its intake: once
fetched whole, once after the prefilter by header, structure and first bytes, as a server reports them.
"""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import email
import re
import sys
import sysconfig
import tarfile
import tempfile
import textwrap
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from email.message import Message as Parsed
from pathlib import Path

import pytest

from tests.support import decided
from tests.support.fakes import mailbox_of
from tests.support.mail_samples import (
    BODY,
    KEY_SUBJECT,
    NAMES,
    SUBJECTS,
    TEXT,
    Sample,
    attached,
    body_forms,
    mail,
    name_forms,
    subject_forms,
)
from tests.support.mailservers import MailServers
from tests.support.misbehaving_smtp import MisbehavingServer
from tests.support.odd_mails import mails_of_others, odd_builds
from tests.support.returned import dsn, recipient, reply
from tests.support.small_office import Mails, Settings, SmallOffice, form, mail_with
from tests.support.world import HANAKO
from worker.config.settings import Security
from worker.core.model import Disposition, MessageRow
from worker.core.states import State
from worker.pipeline.watch import NOTHING
from worker.read.classify import PossibleNotice, classify_mail
from worker.read.message import Message, read_message
from worker.track.bounces import read_bounce
from worker.track.reports import read_report
from worker.watch.imap.mailbox import ImapAccount, ImapMailbox
from worker.watch.ports import BodyPart, Header

ROOT = Path(__file__).parent.parent.parent
NOTICE = form(900, 1)
PDF = NOTICE.pdf
BECOMES: dict[str, tuple[Disposition, list[str | None]]] = {
    "submission": (Disposition.SUBMISSION, [NOTICE.number]),
    "held": (Disposition.HELD, [None]),
    "not_ours": (Disposition.NOT_OURS, []),
    "report": (Disposition.REPORT, []),
    "unfetched": (Disposition.UNFETCHED, []),
}
LARGE = 8_000_000
"""Bytes above which a mail is not fetched whole, about."""
CUTS = 4
"""Each mail is also read when only one, two, three of so many parts of it are there."""


def tell(figures: str) -> None:
    """Shown with ``-s``: the figures that docs/reliability.md gives."""
    sys.stdout.write(f"\n{figures}")


# --- The corpora of others ---------------------------------------------------------------------------------------


def python_mails() -> list[bytes]:
    """The files of Python's e-mail tests, and every text in them that begins like a mail."""
    places = [Path(sysconfig.get_path("stdlib")), *sorted(Path("/usr/lib").glob("python3.*"), reverse=True)]
    tests = next((place / "test/test_email" for place in places if (place / "test/test_email/data").is_dir()), None)
    if tests is None:
        pytest.skip("corpus: this Python came without its own tests (Debian: make servers)")
    found = [file.read_bytes() for file in sorted((tests / "data").glob("msg_*.txt"))]
    for file in sorted(tests.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            text = node.value if isinstance(node, ast.Constant) else None
            raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) and _is_sound(text) else text
            if isinstance(raw, bytes) and (mail := _as_mail(raw)):
                found.append(mail)
    return list(dict.fromkeys(found))


def _is_sound(text: str) -> bool:
    return not re.search("[\ud800-\udc7f\udd00-\udfff]", text)


def _as_mail(raw: bytes) -> bytes | None:
    dedented = textwrap.dedent(raw.decode("latin-1")).lstrip("\n").encode("latin-1")
    is_mail = re.match(rb"(From .*\n)?[A-Za-z][A-Za-z-]+:[^\n]*\n", dedented) and dedented.count(b"\n") > 1
    return dedented if is_mail else None


def flufl_bounces() -> list[bytes]:
    """The bounces in the source distribution of flufl.bounce."""
    archive = next(iter(sorted((ROOT / ".cache" / "corpora").glob("flufl_bounce-*.tar.gz"))), None)
    if archive is None:
        pytest.skip("corpus: flufl.bounce's own bounces are not here (`make test` fetches them where it can)")
    with tarfile.open(archive) as tar:
        names = sorted(name for name in tar.getnames() if re.search(r"/tests/data/[^/]+\.txt$", name))
        files = [tar.extractfile(name) for name in names]
        return [file.read() for file in files if file is not None]


def corpus(name: str) -> list[bytes]:
    return python_mails() if name == "Python" else flufl_bounces()


CORPORA = ["Python", "flufl.bounce"]


# --- An office at work -------------------------------------------------------------------------------------------


@dataclasses.dataclass
class WeighedMails(Mails):
    """The same mailbox with structures and first bytes, as a server with BODYSTRUCTURE reports them."""

    def fetch_summaries(self, uids: Sequence[int]) -> tuple[Header, ...]:
        found = []
        for header in self.headers(uids):
            raw = self.received[header.uid - 1]
            head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0] + b"\r\n\r\n"
            try:
                structure = structure_of(email.message_from_bytes(raw)) if len(raw) < 1_000_000 else None
            except RecursionError:
                structure = None
            found.append(dataclasses.replace(header, fields=head, structure=structure))
        return tuple(found)

    def fetch_prefixes(self, headers: Sequence[Header]) -> dict[int, dict[str, bytes]]:
        return {
            header.uid: dict(starts_of(email.message_from_bytes(self.received[header.uid - 1]))) for header in headers
        }


def structure_of(part: Parsed, section: str = "") -> BodyPart:
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        inner = enumerate(part.get_payload(), start=1)
        held = tuple(structure_of(each, f"{section}.{number}".lstrip(".")) for number, each in inner)
        return BodyPart(section, part.get_content_type(), parts=held)
    names = " ".join(value for _, value in parameters_of(part))
    encoding = str(part.get("content-transfer-encoding", "7bit")).lower()
    return BodyPart(section or "1", part.get_content_type(), encoding, len(raw_of(part)), names)


def parameters_of(part: Parsed) -> Iterator[tuple[str, str]]:
    for header in ("content-type", "content-disposition"):
        yield from re.findall(r'(\w*name[\w*]*)\s*=\s*("[^"]*"?|[^;]*)', str(part.get(header, "")), re.DOTALL)


def raw_of(part: Parsed) -> bytes:
    payload = part.get_payload()
    text = payload if isinstance(payload, str) else str(payload[0]) if payload else ""
    return text.encode("utf-8", "surrogateescape")


def starts_of(part: Parsed, section: str = "") -> Iterator[tuple[str, bytes]]:
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        for number, each in enumerate(part.get_payload(), start=1):
            yield from starts_of(each, f"{section}.{number}".lstrip("."))
    else:
        yield section or "1", raw_of(part)[:3300]


@dataclasses.dataclass
class AtWork:
    """An office with submissions in every stage, to which a mail could be matched falsely."""

    office: SmallOffice
    before: dict[int, str]

    @property
    def message_id(self) -> str:
        sent = self.office.store.submissions(State.SENT)[0]
        assert sent.composed.draft is not None
        return sent.composed.draft.message_id

    def rows(self) -> dict[int, str]:
        return {each.id: repr(each) for each in self.office.store.submissions()}

    async def take_more(self, *mails: bytes) -> list[MessageRow]:
        """The rows of the office's own mailbox, with these behind what came before."""
        self.office.mails.received += mails
        await self.office.take_in()
        return list(self.office.store.messages("main"))

    async def take(self, mails: Sequence[bytes], *, weighed: bool) -> list[MessageRow]:
        """The ledger's row of each, in their order, from a mailbox of its own."""
        box = (WeighedMails if weighed else Mails)(list(mails), name="weighed" if weighed else "whole")
        await self.office.pipeline.watch_mailbox(mailbox_of(box), dt.date(2026, 11, 1))
        rows = sorted(self.office.store.messages(box.name), key=lambda row: row.uid)
        assert [row.uid for row in rows] == list(range(1, len(mails) + 1))
        return rows


@pytest.fixture
def room() -> Iterator[Path]:
    memory = Path("/dev/shm")  # a commit for each mail
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
async def at_work(room: Path) -> AsyncIterator[AtWork]:
    async with MisbehavingServer() as server:
        office = SmallOffice(room, Settings(port=server.port, works=tuple(range(1, 7)), mode="approve"))
        for work in range(1, 7):
            office.mails.received.append(mail_with(form(work), number=work))
        await office.pass_once()
        for held in office.store.submissions(State.HELD)[:4]:
            decided.approve(
                office.store, office.pipeline.active_config, held.id, held.label, HANAKO, "", office.clock.now()
            )
        await office.pass_once()
        sent = office.store.submissions(State.SENT)
        assert len(sent) == 4
        came = dsn(recipient("failed", "5.1.1"), envid="", returned=sent[3].composed.draft.message_id)
        office.mails.received.append(came)
        await office.pass_once()
        found = AtWork(office, {})
        found.before = found.rows()
        assert {each.state for each in office.store.submissions()} >= {State.SENT, State.HELD, State.BOUNCED}
        yield found
        assert office.store.verify().holds
        await office.stop()


# --- Reading alone -----------------------------------------------------------------------------------------------


def read_every_way(raw: bytes, at_work: AtWork) -> Message:
    """Every reader on these bytes, also as if each Message-ID were ours: nothing may raise, all must be storable."""
    pipeline = at_work.office.pipeline
    guarantors = pipeline.active_config.configuration.guarantors
    message = read_message(raw)
    classify_mail(message, guarantors, pipeline.reading.ours(pipeline.active_config))
    for is_ours in (lambda _: True, lambda _: False):
        repr(read_report(raw, message, is_ours)).encode()
    read_bounce(raw)
    repr(message).encode()
    return message


@pytest.mark.parametrize("name", CORPORA)
def test_every_mail_of_others_tests_is_read_whole_and_cut(name: str, at_work: AtWork) -> None:
    mails = corpus(name)
    for raw in mails:
        for parts in range(1, CUTS + 1):
            read_every_way(raw[: len(raw) * parts // CUTS], at_work)
    tell(f"{name}: {len(mails)} messages, read whole and cut at {CUTS - 1} places: 0 exceptions")
    assert len(mails) > 40


@pytest.mark.parametrize("name", CORPORA)
async def test_no_mail_of_others_tests_changes_or_makes_a_submission(name: str, at_work: AtWork) -> None:
    mails = corpus(name)
    whole = await at_work.take(mails, weighed=False)
    weighed = await at_work.take(mails, weighed=True)
    assert at_work.rows() == at_work.before
    assert {row.end for row in whole} <= {Disposition.NOT_OURS, Disposition.REPORT}
    assert [row.end for row in weighed if row.end is not Disposition.NOT_OURS] == [
        row.end for row in whole if row.end is not Disposition.NOT_OURS
    ]
    ends = ", ".join(f"{end} {count}" for end, count in Counter(row.end.value for row in whole).items())
    tell(f"{name}: {len(mails)} messages through the intake: {ends}; submissions changed or made 0")


@pytest.mark.parametrize("name", CORPORA)
def test_few_mails_of_others_tests_hold_what_is_not_opened_even_if_each_spoke_of_a_key(
    name: str, at_work: AtWork
) -> None:
    """With a subject of ours, each report is about a file that is neither text nor PDF."""
    mails = corpus(name)
    pipeline = at_work.office.pipeline
    guarantors, ours = pipeline.active_config.configuration.guarantors, pipeline.reading.ours(pipeline.active_config)
    held = 0
    for raw in mails:
        keyed = re.sub(rb"(?im)\A((?:From .*\n)?)", rb"\1Subject: " + "認証キーの件\n".encode(), raw, count=1)
        what = classify_mail(read_message(keyed), guarantors, ours)
        held += isinstance(what, PossibleNotice) and bool(what.unopened)
    tell(f"{name}: {len(mails)} messages under a subject that speaks of a key: {held} with what is not opened")
    assert held <= len(mails) * 0.12


def our_own() -> list[Sample]:
    """All of our own, each with a Message-ID that no other has."""
    found = [*odd_builds(PDF), *samples()]
    return [
        dataclasses.replace(each, raw=each.raw.replace(b"<sample.", b"<sample.%d." % number))
        for number, each in enumerate(found)
    ]


async def test_each_of_our_own_samples_becomes_what_a_person_would_make_of_it(at_work: AtWork) -> None:
    """All with one notice: the first makes its submission, and every other is known to be that very notice again."""
    built = our_own()
    rows = await at_work.take([sample.raw for sample in built], weighed=False)
    wrong = []
    for sample, row in zip(built, rows, strict=True):
        made = [at_work.office.store.submission(each).notice.contract_number for each in row.submissions]
        if (row.end, made) != BECOMES[sample.end]:
            wrong.append((sample.name, sample.end, row.end.value, row.why, made))
    assert wrong == [], "\n".join(map(str, wrong))
    after = at_work.rows()
    assert {number: after[number] for number in at_work.before} == at_work.before
    made = [each.notice.contract_number for each in at_work.office.store.submissions() if each.id not in at_work.before]
    assert (made.count(NOTICE.number), {*made}) == (1, {NOTICE.number, None})
    ends = ", ".join(f"{end} {count}" for end, count in Counter(row.end.value for row in rows).items())
    tell(f"our own: {len(rows)} mails through the intake: {ends}; each as a person would; false matches 0")


async def test_a_sample_that_is_weighed_first_becomes_the_same(at_work: AtWork) -> None:
    mails = [sample.raw for sample in our_own()]
    weighed = await at_work.take(mails, weighed=True)
    whole = await at_work.take(mails, weighed=False)
    assert [row.end is Disposition.NOT_OURS for row in weighed] == [row.end is Disposition.NOT_OURS for row in whole]


@pytest.mark.servers
async def test_weighed_by_what_dovecot_tells_of_them_the_same_mails_count(
    servers: MailServers, at_work: AtWork
) -> None:
    """Structures of a real server, also of mails that it parses otherwise than we do, read by the real adapter."""
    servers.empty("office")
    mails = [sample.raw for sample in our_own() if sample.raw] + python_mails() + flufl_bounces()
    for raw in mails:
        servers.deliver("office", raw)
    box = ImapMailbox(
        "dovecot",
        ImapAccount(
            host=servers.host,
            port=servers.imaps,
            security=Security.TLS,
            user="office",
            password=servers.password,
            ca_file=str(servers.ca_file),
        ),
    )
    try:
        await at_work.office.pipeline.watch_mailbox(mailbox_of(box), dt.date(2026, 1, 1))
    finally:
        box.close()
        servers.empty("office")
    weighed = list(at_work.office.store.messages("dovecot"))
    whole = await at_work.take(mails, weighed=False)
    assert len(weighed) == len(mails)
    # Those of 10 MB come in pieces, or not at all: the notice is taken, or a person is asked.
    large = [row for row in weighed if row.size > LARGE]
    assert [len(row.submissions) for row in large] == [1, 1]
    found, expected = (
        ends_of(row for row in weighed if row.size <= LARGE),
        ends_of(row for row in whole if row.size <= LARGE),
    )
    lost, more = expected - found, found - expected
    assert (lost, more) == (Counter(), Counter()), f"lost {dict(lost)}, more {dict(more)}"
    passed = sum(row.end is Disposition.NOT_OURS and row.why == NOTHING for row in weighed)
    tell(f"Dovecot: {len(mails)} messages weighed by its structures, {passed} of them nothing: each ends as when whole")


def ends_of(rows: Iterable[MessageRow]) -> Counter[tuple[str, str, str, str]]:
    """The count of each end, for messages not passed over; by subject, as a server need not keep the order."""
    return Counter(
        (row.sender, row.subject, row.date, row.end.value) for row in rows if row.end is not Disposition.NOT_OURS
    )


async def test_a_mail_about_anothers_mail_matches_none_of_ours(at_work: AtWork) -> None:
    message_id = at_work.message_id
    envid = f"{message_id[1:].partition('@')[0]}.1"
    samples = list(mails_of_others(PDF, message_id, envid))
    for weighed in (False, True):
        rows = await at_work.take([sample.raw for sample in samples], weighed=weighed)
        assert [(sample.name, row.end.value) for sample, row in zip(samples, rows, strict=True)] == [
            (sample.name, sample.end) for sample in samples
        ]
    assert at_work.rows() == at_work.before
    rows = await at_work.take_more(reply(to=message_id, number=77))  # the same reply does match if it is ours
    assert rows[-1].end is Disposition.REPLY
    tell(f"mails about mails of others: {len(samples)}, falsely matched 0")


def samples() -> Iterator[Sample]:
    """Every form of a subject, a text and a name, with each text that distinguishes a good reader from a bad one."""
    text = next(iter(body_forms(BODY)))[1:]
    for subject in SUBJECTS:
        for how, raw in subject_forms(subject):
            yield Sample(f"subject, {how}", mail(0, raw, text, attached(PDF)), subject=subject)
    for how, *body in body_forms(BODY):
        yield Sample(f"text, {how}", mail(0, KEY_SUBJECT, (body[0], body[1]), attached(PDF)))
    for name in NAMES:
        for how, raw in name_forms(name):
            yield Sample(f"name, {how}", mail(0, KEY_SUBJECT, TEXT, attached(PDF, raw)), filename=name)


def test_every_subject_text_and_name_is_read_as_it_was_meant(at_work: AtWork) -> None:
    wrong, count = [], 0
    for sample in samples():
        count += 1
        message = read_every_way(sample.raw, at_work)
        if sample.subject is not None and message.subject != sample.subject:
            wrong.append((sample.name, sample.subject, message.subject))
        if sample.filename is not None and [pdf.filename for pdf in message.pdfs] != [sample.filename]:
            wrong.append((sample.name, sample.filename, str([pdf.filename for pdf in message.pdfs])))
        if (
            sample.name.startswith("text")
            and "utf-7" not in sample.name
            and [text.strip() for text in message.texts] != [BODY.strip()]
        ):
            wrong.append((sample.name, BODY, str(message.texts)))
    assert wrong == [], "\n".join(map(str, wrong))
    tell(f"Japanese: {count} forms of subject, text and name: all as they were meant")
