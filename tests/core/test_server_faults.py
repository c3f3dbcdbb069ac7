"""An answer that refuses the sender is told from one that refuses the recipient; each fault has its own remedy."""

from __future__ import annotations

import datetime as dt

import pytest

from worker.core.messages import say, say_trouble
from worker.core.model import JST, Alarm
from worker.core.server_faults import ServerFault, find_fault, is_about_sender, told_fault
from worker.core.states import AlarmCause
from worker.notify.operator_mail import _describe_trouble
from worker.send.ports import Body, Data, Mail, Rcpt, Reply
from worker.send.smtp_verdicts import Verdict, judge

NOW = dt.datetime(2026, 11, 29, 10, 0, tzinfo=JST)
STEPS = (Mail("a@contractor.example", 1, ""), Rcpt("b@city.example", dsn=False), Data(), Body(b"x"))

OF_SENDER = [
    "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
    "550-5.7.60 SMTP; Client does not have permissions to send as this sender",
    "553 5.7.1 <a@contractor.example>: Sender address rejected: not owned by user b",
    "550 5.1.8 sender domain does not exist",
    "501 5.1.7 Bad sender address syntax",
    "550 5.7.26 This message fails to pass SPF checks",
    "554 5.2.252 SendAsDenied; a@contractor.example not allowed to send as b@contractor.example",
    "550 Not authorized to send as this address",
]
OF_RECIPIENT = [
    "550 5.1.1 <b@city.example>: Recipient address rejected: User unknown",
    "550 5.7.1 Relaying denied",
    "554 5.7.1 message content rejected",
    "552 5.3.4 message too large",
    "550 5.4.1 Recipient address rejected: Access denied",
    "450 4.1.8 Sender address rejected: Domain not found",
    "250 2.1.0 sender ok",
]


@pytest.mark.parametrize("text", OF_SENDER)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_an_answer_that_refuses_the_sender_is_the_accounts_at_every_step(step: object, text: str) -> None:
    code, _, rest = text.replace("-", " ", 1).partition(" ")
    assert is_about_sender(text)
    assert judge(step, Reply(int(code), rest, NOW)) is Verdict.ACCOUNT_REFUSED  # type: ignore[arg-type]


@pytest.mark.parametrize("text", OF_RECIPIENT)
def test_an_answer_about_anything_else_is_not(text: str) -> None:
    assert not is_about_sender(text)
    assert find_fault(text) is None


@pytest.mark.parametrize("fault", ServerFault)
@pytest.mark.parametrize("about", ["smtp", "mail:main"])
def test_each_fault_has_its_reason_and_its_remedy_in_the_mail_to_people(fault: ServerFault, about: str) -> None:
    alarm = Alarm(0, f"{AlarmCause.ACCOUNT_REFUSED}:{about}", (), NOW, told_fault(fault, "mx.example said so"))
    told = _describe_trouble(alarm)
    table = "[mailbox.main]" if about.startswith("mail") else "[smtp]"
    assert say(f"fault_{fault}", "ja") in told
    assert say(f"remedy_{fault}", "ja", table=table) in told
    assert "パスワードを確かめ" not in told


@pytest.mark.parametrize("fault", ServerFault)
def test_a_code_is_found_in_the_text_that_an_error_and_a_record_make_of_it(fault: ServerFault) -> None:
    assert find_fault(told_fault(fault, "text")) is fault
    assert find_fault(f"imap: {told_fault(fault, 'text')}") is fault


@pytest.mark.parametrize("text", OF_SENDER)
def test_a_refused_sender_is_found_whatever_a_record_says_in_front(text: str) -> None:
    assert find_fault(f"smtp: the mail to the operator: {text}") is ServerFault.SENDER
    assert say("remedy_sender_refused", "ja", table="[smtp]") in say_trouble("smtp", f"the mail: {text}", "ja")


@pytest.mark.parametrize("text", OF_RECIPIENT)
def test_another_answer_behind_a_record_stays_as_it_is(text: str) -> None:
    assert (
        say_trouble("smtp", f"smtp: the mail to the operator: {text}", "ja")
        == f"smtp: the mail to the operator: {text}"
    )


@pytest.mark.parametrize("fault", ServerFault)
def test_where_people_look_each_fault_has_its_remedy_and_its_table(fault: ServerFault) -> None:
    told = say_trouble("mail:main", told_fault(fault, "mx.example said so"), "ja")
    assert say(f"remedy_{fault}", "ja", table="[mailbox.main]") in told
