"""A submission handed to a server that fails at one step in one way: its end state, its alarms, its copies.

Every cell of ``smtp_outcomes`` is run from the store to the socket, over TLS and with a login, under the product's own
time limits; the loop's clock jumps, so that no test waits. The copies are counted by the server.
"""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import pytest
import trustme

from tests.flow.test_smtp_faults import ids_of
from tests.support.hurried_loop import run_hurried
from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.small_office import Settings, SmallOffice, form
from tests.support.smtp_outcomes import outcomes
from worker.config.settings import Security
from worker.core.errors import AccountRefused
from worker.core.states import State
from worker.send.smtp.client import SmtpAccount, SmtpServer

OFFERS = ("SIZE 30000000", "DSN", "AUTH PLAIN LOGIN")
FOR_EVER = 1e9
ACCOUNT = ["account_refused:smtp"]
EXPECTED: dict[str, tuple[State, list[str], int]] = {
    "w": (State.APPROVED, [], 0),
    "A": (State.APPROVED, ACCOUNT, 0),
    "a": (State.APPROVED, [], 1),
    "M": (State.APPROVED, ACCOUNT, 1),
    "R": (State.REFUSED, ["refused"], 1),
    "D": (State.IN_DOUBT, ["in_doubt"], 1),
    "S": (State.SENT, [], 1),
}
"""By letter of the table: the state after the first pass, the alarms, and the tries that count."""


@pytest.fixture(scope="module")
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


class SecuredOffice(SmallOffice):
    """One whose server asks for TLS and a login."""

    def __init__(self, root: Path, port: int, security: Security, ca_file: str) -> None:
        self.port, self.security, self.ca_file = port, security, ca_file
        super().__init__(root, Settings())  # the same for all, so that it is read once

    def make_server(self) -> SmtpServer:
        return SmtpServer(
            SmtpAccount(
                host="127.0.0.1",
                port=self.port,
                security=self.security,
                user="soumu@contractor.example",
                password="a pass word",
                ca_file=self.ca_file,
                ehlo="contractor.example",
            ),
            self.clock,
        )


async def live_through(at: At, fault: str, letter: str, root: Path, certificate: ssl.SSLContext, ca_file: str) -> None:
    is_tls_at_once = at is At.CONNECT
    server = MisbehavingServer(
        at,
        fault,
        offers=OFFERS if is_tls_at_once else (*OFFERS, "STARTTLS"),
        certificate=certificate,
        tls_at_once=is_tls_at_once,
        patience=FOR_EVER,
    )
    async with server:
        office = SecuredOffice(root, server.port, Security.TLS if is_tls_at_once else Security.STARTTLS, ca_file)
        try:
            office.store.after_commit = lambda events: server.cue.set() if events == ["DataStarted"] else None
            await fail_once(office, server, at, letter)
            for _ in range(2):
                office.clock.let_pass(minutes=61)
                await office.finish()
            judge_end(office, server, letter)
        finally:
            await office.stop()


async def fail_once(office: SmallOffice, server: MisbehavingServer, at: At, letter: str) -> None:
    """The pass in which the server fails, and the required result after it."""
    for number in range(1, 3 if at is At.RSET else 2):
        office.save(form(number))
    await office.take_in()
    before = office.store.submissions()
    done = await office.finish()
    if at is At.QUIT:
        await office.server.close()
    if "smtp" in done.failures:
        office.pipeline.health.failed("smtp", done.failures["smtp"], office.clock.now())
    state, alarms, tries = EXPECTED[letter]
    after = office.store.submissions()
    assert [each.state for each in after] == [state] * len(before)
    assert office.alarms() == alarms
    assert [each.delivery.tries for each in after] == [tries] * len(before)
    assert server.fault_done.is_set(), "the fault was met"
    if letter in "wA":
        assert [each.version for each in after] == [each.version for each in before], "no submission is blamed"
        assert isinstance(done.failures["smtp"], AccountRefused) == (letter == "A")
    if letter in "aM":
        assert after[0].approval.due_at == office.clock.now() + dt.timedelta(minutes=1)


def judge_end(office: SmallOffice, server: MisbehavingServer, letter: str) -> None:
    """The conditions that must hold after the server has behaved for two hours."""
    state, alarms, _ = EXPECTED[letter]
    submissions = office.store.submissions()
    final = State.SENT if state is State.APPROVED else state
    assert [each.state for each in submissions] == [final] * len(submissions)
    copies = ids_of(server.messages)
    if final is State.SENT:
        assert list(copies.values()) == [1] * len(submissions)
    else:
        assert copies.total() <= (final is State.IN_DOUBT)
    assert office.alarms() == alarms
    assert bool([mail for mail in server.messages if b"Auto-Submitted" in mail]) == bool(alarms)
    assert office.store.verify().holds


@pytest.mark.parametrize(("cell", "letter"), outcomes().items(), ids="-".join)
def test_whatever_a_server_does_at_a_step_the_outcome_is_as_the_table_says(
    cell: tuple[str, str], letter: str, tmp_path: Path, certificate: ssl.SSLContext, ca_file: str
) -> None:
    at, fault = cell
    run_hurried(live_through(At(at), fault, letter, tmp_path, certificate, ca_file))
