"""The bounces of public corpora, rewritten to be about a mail of ours: none passes in silence.

The Message-ID of the returned mail becomes ours; nothing else is changed. Of a corpus without such a Message-ID the
address that failed becomes one of ours. People's and machines' answers of the same corpora are made answers to our
mail: they must not become failures.

The corpora: flufl.bounce's source distribution and Python's e-mail tests, as in ``test_corpus_mails``; and, if it has
been cloned (``git clone https://github.com/sisimai/set-of-emails .cache/corpora/set-of-emails``), the largest public
collection of bounces, which no package contains.
"""

from __future__ import annotations

import datetime as dt
import email
import re
from collections import Counter
from collections.abc import Iterable

import pytest

from tests.flow.test_corpus_mails import ROOT, flufl_bounces, python_mails, structure_of, tell
from tests.support.tables import every_case
from tests.support.world import START
from worker.core.model import Address, Composition, Delivery, Draft, Sha256, Submission
from worker.core.states import State
from worker.read.classify import OwnMailSigns
from worker.read.message import read_message
from worker.track.bounces import read_bounce
from worker.track.events import ReportContext, failed_addresses, receipts_of, track
from worker.track.reports import DeliveryReport, MailReply, NoReport, ReadReceipt, ReturnedMail, read_report
from worker.watch.plan import Wanted, judge_outline
from worker.watch.ports import Header

OURS = f"<{'0123456789abcdef' * 2}.0@contractor.example>"
TO = Address("doboku@kawa-town.example")
ANSWERS = ("arf", "rfc3834")
"""Names in the collection of mails that are no bounces: complaints, out-of-office notes."""
LATER = dt.timedelta(hours=1)
FALSE_ALARMS = 0.02

_RETURNED_ID = re.compile(
    rb"^[ \t>|]*(?:<b>)?Message-ID:(?:</b>)?[ \t]*(?:\r?\n[ \t]+)?(?:<|&lt;)([^<>\s]+?)(?:>|&gt;)",
    re.IGNORECASE | re.MULTILINE,
)


def set_of_emails(*, answers: bool) -> list[bytes]:
    folder = ROOT / ".cache" / "corpora" / "set-of-emails" / "maildir" / "bsd"
    if not folder.is_dir():
        pytest.skip("corpus: set-of-emails is not here (no package brings it; see the beginning of this file)")
    found = sorted(folder.glob("*.eml"))
    return [each.read_bytes() for each in found if each.name.startswith(ANSWERS) is answers]


def bounces_of(name: str) -> list[bytes]:
    return set_of_emails(answers=False) if name == "set-of-emails" else flufl_bounces()


def brought_back(raw: bytes) -> bytes | None:
    """The Message-ID of the mail that this bounce returns, as it is written there."""
    head = re.search(rb"\r?\n\r?\n", raw)
    found = _RETURNED_ID.search(raw, head.end() if head else len(raw))
    return found[1] if found else None


def made_ours(raws: Iterable[bytes]) -> list[bytes]:
    found = ((raw, brought_back(raw)) for raw in raws)
    return [raw.replace(named, OURS.strip("<>").encode()) for raw, named in found if named is not None]


def is_ours(message_id: str) -> bool:
    return message_id == OURS


def became(raw: bytes, after: dt.timedelta = LATER) -> str:
    """The effect on a submission with one recipient: its state, the sentence to a person, or ``silent``."""
    message = read_message(raw)
    came_back = read_report(raw, message, is_ours)
    if isinstance(came_back, NoReport) or OURS not in ids_of(came_back):
        return "not matched"
    draft = Draft(Address("soumu@contractor.example"), "", (TO,), (), "件名", Sha256("0" * 64), (), OURS)
    sent = Submission(1, State.SENT, composed=Composition(draft=draft), delivery=Delivery(sent_at=START, tried_as=OURS))
    how = ReportContext(message.senders, START + after, Sha256("1" * 64), (), lambda text: text)
    tracked = track(sent, receipts_of(came_back, sent, OURS, how))
    if tracked.event is not None:
        return tracked.after.state.value
    if tracked.after.delivery.unread:
        return f"told: {tracked.after.delivery.unread[-1].kind.value}"
    return f"silent: {tracked.after.delivery.receipts[-1].kind.value}"


def ids_of(came_back: ReturnedMail) -> tuple[str, ...]:
    match came_back:
        case DeliveryReport() | ReadReceipt():
            return came_back.returned
        case MailReply():
            return came_back.references
        case NoReport():
            return ()


@every_case("after", [dt.timedelta(seconds=5), LATER])
@every_case("head", [b"", b"Return-Path: <>\n"])
@every_case(("name", "least"), [("flufl.bounce", 20), ("set-of-emails", 500)])
def test_no_bounce_of_our_mail_passes_in_silence(name: str, least: int, head: bytes, after: dt.timedelta) -> None:
    """However soon it comes, and whether the server that delivered it wrote a Return-Path or not."""
    bounces = [re.sub(rb"\A>?From [^\n]*\n", b"", raw) for raw in made_ours(bounces_of(name))]
    found = Counter(became(head + raw, after) for raw in bounces)
    tell(f"{name}: {len(bounces)} bounces made ours: {dict(found)}")
    assert len(bounces) >= least
    assert [each for each in found if each.startswith(("silent", "not matched"))] == []


@pytest.mark.parametrize("name", ["flufl.bounce", "set-of-emails"])
@pytest.mark.parametrize("has_path", [True, False])
def test_no_bounce_of_our_mail_is_passed_over_without_its_body(name: str, *, has_path: bool) -> None:
    ours = OwnMailSigns("soumu@contractor.example", is_ours, lambda _, __: False)
    passed = []
    for raw in made_ours(bounces_of(name)):
        head = re.sub(rb"\A>?From [^\n]*\n", b"", re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0])
        if not has_path:
            head = re.sub(rb"^Return-Path:[^\n]*\n?", b"", head, flags=re.IGNORECASE | re.MULTILINE)
        structure = structure_of(email.message_from_bytes(raw))
        header = Header(1, len(raw), START, "", fields=head + b"\r\n\r\n", structure=structure)
        outline = judge_outline(header, (), ours, ())
        if outline.wanted is not Wanted.BODY or not outline.may_be_news:
            passed.append(read_message(raw).subject)
    assert passed == []


@pytest.mark.parametrize(("name", "least"), [("flufl.bounce", 70), ("set-of-emails", 30)])
def test_a_bounce_that_brings_no_mail_back_names_the_address_that_failed(name: str, least: int) -> None:
    """Of those whose address is known by any reader; a mail that is no failure, and one that is encoded, is left."""
    named, missed = 0, []
    for raw in bounces_of(name):
        if brought_back(raw) is not None:
            continue
        report = read_report(raw, read_message(raw), is_ours)
        failed = failed_addresses(report) if isinstance(report, DeliveryReport) else ()
        addresses = {*failed, *read_bounce(raw)[0]}
        ours = raw
        for address in sorted(addresses, key=len, reverse=True):
            ours = ours.replace(address.encode(), TO.encode())
        if not addresses or ours == raw:
            continue
        report = read_report(ours, read_message(ours), is_ours)
        says = isinstance(report, DeliveryReport | ReadReceipt) and (failed_addresses(report) or report.named)
        if says and TO in says:
            named += 1
        else:
            missed.append(read_message(raw).subject)
    tell(f"{name}: without a Message-ID {named} name the address, {len(missed)} do not: {missed}")
    assert named >= least
    assert len(missed) <= named * 0.2


def test_no_more_answers_of_people_and_machines_than_two_in_a_hundred_become_failures() -> None:
    """Every mail that is no report, answering ours; one that is a report is a failure as above."""
    mails = python_mails()
    try:
        mails += set_of_emails(answers=True)
    except pytest.skip.Exception:
        tell("without set-of-emails")
    answers = [f"In-Reply-To: {OURS}\n".encode() + re.sub(rb"\A>?From [^\n]*\n", b"", raw) for raw in mails]
    replies = [each for each in answers if not _is_report(each)]
    told = [read_message(each).subject for each in replies if not became(each).startswith("silent")]
    tell(f"{len(replies)} answers: {len(told)} told as failures: {told}")
    assert len(replies) > 80
    assert len(told) <= len(replies) * FALSE_ALARMS


def _is_report(raw: bytes) -> bool:
    message = read_message(raw)
    return message.is_report or any(each.partition("@")[0].lower() == "mailer-daemon" for each in message.senders)
