"""Who is told of an alarm by mail: the operator's addresses always, people as they want it, the gravest in any case."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.support.small_office import Settings as Given
from tests.support.small_office import configuration_of
from tests.support.tables import every_case
from tests.support.world import OFFICE, START
from worker.config.settings import ConsoleSettings, Settings
from worker.core.accounts import Account, AwayPeriod, MailKind, Role
from worker.core.model import Address, Alarm, ApprovalRecord, Composition, Hold, Requested, Returned, Submission
from worker.core.states import AlarmCause, Reason, State
from worker.notify.readers import GRAVEST, is_for, readers_of

TODAY = dt.date(2026, 11, 24)
URL = "https://hoshobin.contractor.example"
CHIEF = "buchou@contractor.example"


def settings(url: str = URL) -> Settings:
    made = configuration_of(Given(escalate=(CHIEF,))).settings
    return replace(made, console=ConsoleSettings(url=url))


def person(role: Role, *mails: MailKind, **changes: object) -> Account:
    account = Account(1, role.value, role.value, mail=f"{role.value}@contractor.example", roles=frozenset({role}))
    return replace(account, mails=frozenset(mails), **changes)


def told(cause: str, *accounts: Account, url: str = URL) -> set[str]:
    return {*readers_of(Alarm(1, cause, (), START), settings(url), accounts, TODAY)}


def everybody(*mails: MailKind) -> list[Account]:
    return [person(role, *mails) for role in Role]


@every_case("cause", sorted({*AlarmCause} - {AlarmCause.TURN}))
def test_the_operators_addresses_are_told_as_they_were(cause: AlarmCause) -> None:
    expected = CHIEF if cause is AlarmCause.ESCALATION else OFFICE
    assert told(cause, url="") == {expected}
    assert expected in told(cause, *everybody())


@every_case("cause", AlarmCause)
def test_without_an_address_of_the_console_no_account_is_told(cause: AlarmCause) -> None:
    assert told(cause, *everybody(*MailKind), url="") <= {OFFICE, CHIEF}


@every_case("cause", sorted({*AlarmCause} - GRAVEST))
def test_who_wants_no_mail_gets_none_but_the_gravest(cause: AlarmCause) -> None:
    assert told(cause, *everybody()) <= {OFFICE, CHIEF}


@every_case("cause", sorted(GRAVEST))
def test_the_gravest_reaches_everybody_who_can_act_whatever_they_want(cause: AlarmCause) -> None:
    reached = told(cause, *everybody())
    assert {"staff@contractor.example", "approver@contractor.example"} <= reached
    assert "auditor@contractor.example" not in reached


@pytest.mark.parametrize(
    ("kind", "cause", "roles"),
    [
        (MailKind.WAITING, AlarmCause.BEGAN_TO_WAIT, {"staff", "approver"}),
        (MailKind.WAITING, AlarmCause.LEAVING, {"staff", "approver"}),
        (MailKind.SENT, AlarmCause.SENT_LIST, {"staff", "approver", "auditor"}),
        (MailKind.WARNINGS, AlarmCause.CONFIGURATION_REFUSED, {"staff", "approver", "admin"}),
    ],
)
def test_each_kind_comes_to_those_who_want_it_and_may_see_it(kind: MailKind, cause: str, roles: set[str]) -> None:
    wanted = {f"{role}@contractor.example" for role in roles}
    assert told(cause, *everybody(kind)) - {OFFICE} == wanted
    assert told(cause, *everybody(*({*MailKind} - {kind}))) == {OFFICE}


def test_who_may_not_use_it_or_has_no_address_is_not_told() -> None:
    yesterday = TODAY - dt.timedelta(days=1)
    for changes in ({"is_stopped": True}, {"until": yesterday}, {"mail": ""}):
        account = person(Role.APPROVER, *MailKind, **changes)
        assert told(AlarmCause.IN_DOUBT, account) == {OFFICE}


def test_one_mailbox_is_told_once_however_its_address_is_spelled() -> None:
    account = replace(person(Role.STAFF, *MailKind), mail=OFFICE.upper())
    assert readers_of(Alarm(1, "began_to_wait", (1,), START), settings(), [account], TODAY) == (Address(OFFICE),)


def waiting(number: int, asker: str = "", returner: str = "") -> Submission:
    requested = Requested(asker, START, "d") if asker else None
    returned = Returned(returner, START, "", "d") if returner else None
    return Submission(
        number,
        State.HELD,
        reasons=(Hold(Reason.RETURNED),) if returner else (),
        composed=Composition(draft_hash="d"),
        approval=ApprovalRecord(requested=requested, returned=returned),
    )


STAFF = person(Role.STAFF, MailKind.WAITING)
APPROVER = person(Role.APPROVER, MailKind.WAITING)


@pytest.mark.parametrize(
    ("submissions", "holders", "fitting", "concerned"),
    [
        ([waiting(1)], {}, {}, [STAFF, APPROVER]),
        ([waiting(1)], {1: "staff"}, {}, [STAFF]),
        ([waiting(1, asker="staff")], {}, {1: {"approver"}}, [APPROVER]),
        ([waiting(1, asker="approver")], {}, {1: set()}, []),
        ([waiting(1, asker="approver"), waiting(2)], {2: "staff"}, {1: set()}, [STAFF]),
        ([waiting(1, asker="staff")], {1: "staff"}, {1: {"approver"}}, [APPROVER]),
        ([waiting(1, asker="another")], {1: "staff"}, {1: {"approver"}}, [APPROVER]),
        ([waiting(1, asker="another")], {1: "approver"}, {1: {"approver", "staff"}}, [APPROVER]),
        ([waiting(1, returner="approver")], {}, {}, [STAFF]),
        ([waiting(1, returner="approver")], {1: "approver"}, {}, [STAFF]),
        ([waiting(1, returner="approver")], {1: "staff"}, {}, [STAFF]),
    ],
    ids=[
        *("nobody's", "taken on", "to be approved", "its own request", "one of two", "taken on and asked"),
        *("taken on by staff, asked by another", "taken on by an approver", "sent back"),
        *("taken on and sent back", "taken on and sent back by another"),
    ],
)
def test_what_waits_is_for_those_who_took_it_on_or_may_decide_it(
    submissions: list[Submission],
    holders: dict[int, str],
    fitting: dict[int, set[str]],
    concerned: list[Account],
) -> None:
    assert [each for each in (STAFF, APPROVER) if is_for(each, submissions, holders, fitting)] == concerned


def test_of_the_people_only_those_are_told_whom_it_concerns_and_all_if_it_concerns_none() -> None:
    def told_of(cause: str, *names: str) -> set[str]:
        alarm = Alarm(1, cause, (1,), START)
        return {*readers_of(alarm, settings(), [STAFF, APPROVER], TODAY, lambda each: each.name in names)} - {OFFICE}

    assert told_of(AlarmCause.BEGAN_TO_WAIT, "staff") == {STAFF.mail}
    assert told_of(AlarmCause.BEGAN_TO_WAIT) == {STAFF.mail, APPROVER.mail}
    assert told_of(AlarmCause.IN_DOUBT, "staff") == {STAFF.mail, APPROVER.mail}


def test_the_turn_of_a_person_is_told_to_that_person_alone() -> None:
    alarm = Alarm(1, AlarmCause.TURN, (1,), START)
    people = [STAFF, APPROVER]
    assert readers_of(alarm, settings(), people, TODAY, lambda each: each is STAFF) == (Address(STAFF.mail),)
    assert readers_of(alarm, settings(), people, TODAY, lambda _: False) == ()


def test_the_turn_of_a_person_is_told_to_those_who_are_away_only_if_no_other_is_there() -> None:
    alarm = Alarm(1, AlarmCause.TURN, (1,), START)
    away = replace(STAFF, away=AwayPeriod(TODAY, TODAY))
    assert readers_of(alarm, settings(), [away, APPROVER], TODAY) == (Address(APPROVER.mail),)
    assert readers_of(alarm, settings(), [away], TODAY) == (Address(away.mail),)
