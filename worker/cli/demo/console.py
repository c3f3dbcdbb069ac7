"""The demonstration's office in a browser: the service and the console run beside the embedded mail servers.

An approval is sent by the real service to the embedded mail server. Everything ends with the command.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

import click

from worker.accounts import people
from worker.cli.demo.demo import ADMINISTRATOR, OFFICE, PERSON, prepare_office, show_accepted
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import DsnController
from worker.console.server import serve
from worker.core.accounts import Account, Role
from worker.core.clock import Clock
from worker.core.messages import Language, say
from worker.service.wiring import account_name, build_hasher, load_installation, open_store_of, system_clock
from worker.store.ports import Author, Store

LOGIN: Final = "hanako"
ADMINISTRATOR_LOGIN: Final = "ichiro"
SERVICE_STOP_SECONDS: Final = 15.0
"""The longest wait for the service's end: its own is ten seconds."""


def run_demo_console(keep: Path | None, port: int, lang: Language) -> int:
    """Serves the demonstration's office until it is stopped; with ``keep`` everything is left there.

    Raises ConfigError, and OSError if the port is taken.
    """
    with ExitStack() as stack:
        root = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hoshobin-demo-")))
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the processes beside it end too
        click.echo(say("demo_intro", lang))
        mailbox = stack.enter_context(DemoImap(OFFICE))
        relay = stack.enter_context(DsnController())
        prepare_office(root, mailbox, relay, lang)
        config = root / "config"
        password = _invite_people(config, system_clock())
        stack.enter_context(_service(config, root / "service.log"))

        def tell(url: str) -> None:
            click.echo(say("demo_console", lang, url=url, login=LOGIN, admin=ADMINISTRATOR_LOGIN, password=password))

        serve(str(config), port, None, tell)
        show_accepted(relay.mails, lang)
        if keep is not None:
            click.echo(say("demo_kept", lang, dir=root))
    return 0


def _invite_people(config: Path, clock: Clock) -> str:
    """Makes the two accounts, or finds those of an earlier run; returns the password of both for this run."""
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    by, now, hasher = Author("hoshobin", account_name()), clock.now(), build_hasher()
    with closing(open_store_of(load_installation(str(config)), clock)) as store:
        for login, name, roles in (
            (ADMINISTRATOR_LOGIN, ADMINISTRATOR, {Role.ADMIN}),
            (LOGIN, PERSON, {Role.STAFF, Role.APPROVER}),
        ):
            account = _account(store, Account(0, login, name, mail=OFFICE, roles=frozenset(roles)), by, clock)
            people.accept_invitation(store, people.invite(store, account.id, by, now), password, hasher, now)
    return password


def _account(store: Store, wanted: Account, by: Author, clock: Clock) -> Account:
    return store.account_of(wanted.login) or people.add_account(store, wanted, by, clock.now())


@contextmanager
def _service(config: Path, log: Path) -> Iterator[None]:
    """Runs the service as a process of its own, as an installation does; its journal goes to ``log``."""
    with log.open("ab") as journal:
        child = subprocess.Popen(  # noqa: S603  our own interpreter, arguments of our own
            [sys.executable, "-m", "worker", "--config", str(config), "run"],
            stdin=subprocess.DEVNULL,
            stdout=journal,
            stderr=journal,
            start_new_session=True,  # Ctrl+C ends the console first; the service is then told to stop
        )
        try:
            yield
        finally:
            child.terminate()
            try:
                child.wait(SERVICE_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
