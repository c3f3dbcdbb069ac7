"""An answer that refuses the sender is distinguished from one that refuses the recipient; each fault has its remedy."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.tables import every_case
from worker.core.messages import say, say_trouble
from worker.core.model import JST, Alarm
from worker.core.server_faults import ServerFault, fault_of_reply, find_fault, with_fault_code
from worker.core.states import AlarmCause
from worker.notify.operator_mail import _describe_trouble
from worker.send.ports import Body, Data, Mail, Rcpt, Reply, Step
from worker.send.smtp_verdicts import Verdict, judge_reply

NOW = dt.datetime(2026, 11, 29, 10, 0, tzinfo=JST)
STEPS: tuple[Step, ...] = (Mail("a@contractor.example", 1, ""), Rcpt("b@city.example", dsn=False), Data(), Body(b"x"))

OF_SENDER = [
    "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
    "550-5.7.60 SMTP; Client does not have permissions to send as this sender",
    "553 5.7.1 <a@contractor.example>: Sender address rejected: not owned by user b",
    "550 5.1.8 sender domain does not exist",
    "501 5.1.7 Bad sender address syntax",
    "550 5.7.26 This message fails to pass SPF checks",
    "554 5.2.252 SendAsDenied; a@contractor.example not allowed to send as b@contractor.example",
    "550 Not authorized to send as this address",
    "553 From address not verified",
    "550 From address is not one of your addresses.",
    "554 Message rejected: Email address is not verified.",
    "501 sorry, your envelope sender domain must exist",
]
NOT_LOGGED_IN = [
    "530 5.7.0 Authentication required",
    "530 5.7.0 Must issue a STARTTLS command first",
    "554 5.7.1 <b@city.example>: Relay access denied",
    "550 5.7.1 Relaying denied",
    "550 5.7.1 Unable to relay for b@city.example",
    "550 5.7.64 TenantAttribution; Relay Access Denied",
]
OF_THE_ACCOUNT = {
    "550 5.4.5 Daily user sending limit exceeded. For more information on Gmail": ServerFault.SENDING_LIMIT,
    "550-5.4.5 Daily user sending quota exceeded": ServerFault.SENDING_LIMIT,
    "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException": ServerFault.SENDING_LIMIT,
    "550 5.1.90 Your message can't be sent because you've reached your daily limit": ServerFault.SENDING_LIMIT,
    "552 you have exceeded your daily sending limit": ServerFault.SENDING_LIMIT,
    "554 Sending quota for this account exceeded": ServerFault.SENDING_LIMIT,
    "554 Too many messages sent from this account": ServerFault.SENDING_LIMIT,
    "550 5.7.501 Service unavailable. Access denied, spam abuse detected.": ServerFault.BLOCKED,
    "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP": ServerFault.BLOCKED,
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org": ServerFault.BLOCKED,
    "554 Your account has been suspended": ServerFault.BLOCKED,
    "550 5.7.1 Client host rejected: blocked using zen.example": ServerFault.BLOCKED,
    "554 5.7.1 Your IP address is listed on a block list": ServerFault.BLOCKED,
    "550 5.7.1 Service unavailable; client [192.0.2.1] blocked using list.example": ServerFault.BLOCKED,
    "550 5.7.1 Mail from 192.0.2.1 blocked using zen.example; see https://list.example/": ServerFault.BLOCKED,
    "554 5.7.1 your account is suspended": ServerFault.BLOCKED,
    "550 5.7.1 Rejected: 192.0.2.1 listed at zen.example": ServerFault.BLOCKED,
    "554 5.7.1 192.0.2.1 is listed in list.example": ServerFault.BLOCKED,
    "550 5.7.1 Your user account soumu has been suspended": ServerFault.BLOCKED,
    "554 5.7.0 Sending from your account is disabled": ServerFault.BLOCKED,
    "550 5.7.1 Sender blocked due to spam": ServerFault.BLOCKED,
    "554 5.7.1 Message rejected: this account is blocked from sending": ServerFault.BLOCKED,
    "550 Your network 192.0.2.0/24 is on our blacklist": ServerFault.BLOCKED,
}
OF_RECIPIENT = [
    "550 5.2.2 The email account that you tried to reach is over quota",
    "552 5.2.2 <b@city.example>: mailbox full, quota exceeded",
    "550 5.2.1 The email account that you tried to reach is disabled",
    "554 5.7.1 <b@city.example>: Recipient address rejected: Client host [192.0.2.1] blocked",
    "550 5.7.1 message size limit exceeded",
    "554 This account has been disabled or discontinued",
    "550 5.2.1 Mailbox disabled for this recipient",
    "550 5.7.1 the sender is not in the list of allowed senders of this group",
    "554 5.7.1 <b@city.example>: Recipient address rejected: sender address rejected by a policy of the town",
    "535 5.7.8 Authentication credentials invalid",
    "550 5.1.1 <b@city.example>: Recipient address rejected: User unknown",
    "554 5.7.1 message content rejected",
    "552 5.3.4 message too large",
    "550 5.4.1 Recipient address rejected: Access denied",
    "550 5.7.1 attachment blocked using content filter",
    "554 5.7.1 This message is blocked using our virus scanner",
    "450 4.1.8 Sender address rejected: Domain not found",
    "250 2.1.0 sender ok",
]


@every_case("text", OF_SENDER)
@every_case("step", STEPS, ids=lambda step: type(step).__name__)
def test_an_answer_that_refuses_the_sender_is_the_accounts_at_every_step(step: Step, text: str) -> None:
    code, _, rest = text.replace("-", " ", 1).partition(" ")
    assert fault_of_reply(text) is ServerFault.SENDER
    assert judge_reply(step, Reply(int(code), rest, NOW)) is Verdict.ACCOUNT_REFUSED


@every_case("text", NOT_LOGGED_IN)
@every_case("step", STEPS, ids=lambda step: type(step).__name__)
def test_an_answer_to_nobody_who_logged_in_is_the_accounts_at_every_step(step: Step, text: str) -> None:
    code, _, rest = text.partition(" ")
    assert judge_reply(step, Reply(int(code), rest, NOW)) is Verdict.ACCOUNT_REFUSED
    assert find_fault(f"the mail to the operator: {text}") is ServerFault.NOT_LOGGED_IN


@every_case("text", OF_THE_ACCOUNT)
@every_case("step", STEPS, ids=lambda step: type(step).__name__)
def test_a_limit_or_a_ban_of_the_account_refuses_no_recipient_at_any_step(step: Step, text: str) -> None:
    code, _, rest = text.replace("-", " ", 1).partition(" ")
    assert fault_of_reply(text) is OF_THE_ACCOUNT[text]
    assert judge_reply(step, Reply(int(code), rest, NOW)) is Verdict.ACCOUNT_REFUSED


@every_case("text", OF_RECIPIENT)
def test_an_answer_about_anything_else_is_not(text: str) -> None:
    assert fault_of_reply(text) is None
    assert find_fault(text) is None


@every_case("fault", ServerFault)
@every_case("about", ["smtp", "mail:main"])
def test_each_fault_has_its_reason_and_its_remedy_in_the_mail_to_people(fault: ServerFault, about: str) -> None:
    alarm = Alarm(0, f"{AlarmCause.ACCOUNT_REFUSED}:{about}", (), NOW, with_fault_code(fault, "mx.example said so"))
    told = _describe_trouble(alarm)
    table = "[mailbox.main]" if about.startswith("mail") else "[smtp]"
    assert say(f"fault_{fault}", "ja") in told
    assert say(f"remedy_{fault}", "ja", table=table) in told
    assert "パスワードを確かめ" not in told


@pytest.mark.parametrize("fault", ServerFault)
def test_a_code_is_found_in_the_text_that_an_error_and_a_record_make_of_it(fault: ServerFault) -> None:
    assert find_fault(with_fault_code(fault, "text")) is fault
    assert find_fault(f"imap: {with_fault_code(fault, 'text')}") is fault


@every_case("text", OF_SENDER)
def test_a_refused_sender_is_found_whatever_a_record_says_in_front(text: str) -> None:
    assert find_fault(f"smtp: the mail to the operator: {text}") is ServerFault.SENDER
    assert say("remedy_sender_refused", "ja", table="[smtp]") in say_trouble("smtp", f"the mail: {text}", "ja")


@every_case("text", OF_RECIPIENT)
def test_another_answer_behind_a_record_stays_as_it_is(text: str) -> None:
    assert (
        say_trouble("smtp", f"smtp: the mail to the operator: {text}", "ja")
        == f"smtp: the mail to the operator: {text}"
    )


@pytest.mark.parametrize("fault", ServerFault)
def test_where_people_look_each_fault_has_its_remedy_and_its_table(fault: ServerFault) -> None:
    told = say_trouble("mail:main", with_fault_code(fault, "mx.example said so"), "ja")
    assert say(f"remedy_{fault}", "ja", table="[mailbox.main]") in told
