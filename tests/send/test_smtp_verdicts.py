"""The meaning of each answer to each step: the table, without a socket."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.tables import every_case
from worker.core.model import JST, Address, Draft, Sha256
from worker.core.states import Event
from worker.send.ports import Body, Data, Mail, NoReply, Rcpt, Reply
from worker.send.smtp_verdicts import (
    Verdict,
    is_our_envid,
    is_understood,
    judge_reply,
    make_envid,
    retry_delay,
    steps_for,
    steps_of,
)

NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=JST)
OFFICE = Address("soumu@contractor.example")
TOWN = Address("kensetsu@town.example")
HALL = Address("keiyaku@town.example")

STEPS = {
    "MAIL": Mail(sender=OFFICE, size=10, envid="x.0.1"),
    "RCPT": Rcpt(recipient=TOWN),
    "DATA": Data(),
    "BODY": Body(content=b"a\r\n"),
}

# "not understood" answers are marked with *: the connection must not be used again.
TABLE = """
answer   MAIL      RCPT      DATA      BODY
220      go_on     go_on     not_now*  in_doubt*
250      go_on     go_on     not_now*  accepted
251      go_on     go_on     not_now*  in_doubt*
252      go_on     go_on     not_now*  in_doubt*
334      not_now*  not_now*  not_now*  in_doubt*
354      not_now*  not_now*  go_on     in_doubt*
421      not_now   not_now   not_now   not_now
450      not_now   not_now   not_now   not_now
451      not_now   not_now   not_now   not_now
452      not_now   not_now   not_now   not_now
501      account   refused   refused   refused
530      account   account   account   account
535      account   refused   refused   refused
550      account   refused   refused   refused
552      refused   refused   refused   refused
554      account   refused   refused   refused
555      account   refused   refused   refused
silence  not_now   not_now   not_now   in_doubt
"""

VERDICTS = {
    "go_on": Verdict.GO_ON,
    "not_now": Verdict.NOT_NOW,
    "account": Verdict.ACCOUNT_REFUSED,
    "refused": Verdict.REFUSED,
    "accepted": Verdict.ACCEPTED,
    "in_doubt": Verdict.IN_DOUBT,
}


def _cells() -> list[tuple[str, str, str]]:
    head, *rows = (line.split() for line in TABLE.strip().splitlines())
    return [(row[0], step, cell) for row in rows for step, cell in zip(head[1:], row[1:], strict=True)]


@every_case(("answer", "step", "cell"), _cells(), ids=str)
def test_an_answer_to_a_step_means_what_the_table_says(answer: str, step: str, cell: str) -> None:
    taken = STEPS[step]
    reply = NoReply("no answer in time", NOW) if answer == "silence" else Reply(int(answer), "text", NOW)
    assert judge_reply(taken, reply) is VERDICTS[cell.rstrip("*")]
    if isinstance(reply, Reply):
        assert is_understood(taken, reply) is not cell.endswith("*")


def test_the_text_of_an_answer_decides_nothing() -> None:
    for text in ("", "2.0.0 Ok: queued as 4F", "5.1.1 user unknown", "421 try later"):
        assert judge_reply(STEPS["BODY"], Reply(250, text, NOW)) is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("verdict", "event"),
    [
        (Verdict.GO_ON, None),
        (Verdict.NOT_NOW, Event.NOT_NOW),
        (Verdict.ACCOUNT_REFUSED, Event.NOT_NOW),
        (Verdict.REFUSED, Event.REFUSED),
        (Verdict.ACCEPTED, Event.ACCEPTED),
        (Verdict.IN_DOUBT, None),
    ],
)
def test_a_verdict_names_its_event_and_doubt_names_none(verdict: Verdict, event: Event | None) -> None:
    assert verdict.event is event


def _draft(to: tuple[Address, ...], cc: tuple[Address, ...] = ()) -> Draft:
    return Draft(
        sender=OFFICE,
        sender_name="〇〇建設 株式会社",
        to=to,
        cc=cc,
        subject="件名",
        body_sha256=Sha256("0" * 64),
        attachments=(),
        message_id="<abc.0@contractor.example>",
    )


def test_the_steps_are_mail_each_recipient_data_and_body() -> None:
    letter = b"Subject: x\r\n\r\ntext\r\n"
    assert steps_of(_draft((TOWN,), (HALL,)), letter, "abc.0.1") == (
        Mail(sender=OFFICE, size=len(letter), envid="abc.0.1"),
        Rcpt(recipient=TOWN),
        Rcpt(recipient=HALL),
        Data(),
        Body(content=letter),
    )


def test_an_address_in_to_and_in_cc_is_one_recipient() -> None:
    steps = steps_of(_draft((TOWN, HALL), (HALL, TOWN)), b"x\r\n", "abc.0.1")
    assert [step.recipient for step in steps if isinstance(step, Rcpt)] == [TOWN, HALL]


def test_a_mail_without_an_envelope_id_asks_for_no_reports() -> None:
    steps = steps_for(OFFICE, (OFFICE,), b"x\r\n")
    assert steps[:2] == (Mail(sender=OFFICE, size=3, envid=""), Rcpt(recipient=OFFICE, dsn=False))


def test_a_mail_to_nobody_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="recipient"):
        steps_for(OFFICE, (), b"x\r\n")


@pytest.mark.parametrize("letter", [b"a\n.\r\n", b"a\r.\r\n", b"\n", b"a\r\r\n", b"a\r"])
def test_a_letter_with_a_bare_line_end_is_refused_before_anything_is_sent(letter: bytes) -> None:
    with pytest.raises(ValueError, match="line end"):
        steps_for(OFFICE, (TOWN,), letter)


def test_the_envelope_id_tells_the_tries_apart() -> None:
    secret, ours = bytes(range(32)), "<abc.0@contractor.example>"
    one, two = make_envid(secret, ours, 1), make_envid(secret, ours, 2)
    assert (one[:8], two[:8]) == ("abc.0.1-", "abc.0.2-")
    assert one[8:] != two[8:]
    assert all(len(each) <= 100 and each.isascii() for each in (one, two))


def test_only_the_secret_makes_an_envelope_id_and_the_mail_does_not_tell_it() -> None:
    secret, ours = bytes(range(32)), "<abc.0@contractor.example>"
    one = make_envid(secret, ours, 1)
    assert is_our_envid(secret, ours, one)
    mac = one.partition("-")[2]
    others = ["", "abc.0.1", "abc.0.1-", f"abc.0.2-{mac}", f"abd.0.1-{mac}", one + "0", one.upper(), one[:-1]]
    others += [
        f"abc.0.٣-{mac}",
        f"abc.0.{'1' * 5000}-{mac}",
        f"abc.0.1-{mac[:-1]}\udc80",
        make_envid(bytes(32), ours, 1),
    ]
    assert not any(is_our_envid(secret, ours, each) for each in others)
    assert mac not in ours


def test_the_delay_grows_to_an_hour_and_stays_there() -> None:
    minutes = [retry_delay(tries) / dt.timedelta(minutes=1) for tries in range(1, 9)]
    assert minutes == [1, 5, 15, 30, 60, 60, 60, 60]
