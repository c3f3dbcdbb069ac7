"""The embedded servers that the tests of the whole share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import office
import pytest

from worker.adapters.demo_imap import DemoImap
from worker.adapters.demo_smtp import DsnController

_folders = count(1)


@pytest.fixture(scope="session")
def imap() -> Iterator[DemoImap]:
    with DemoImap(office.ADDRESS) as server:
        yield server


@pytest.fixture(scope="module")
def relay() -> Iterator[DsnController]:
    with DsnController() as server:
        yield server


class Mailroom:
    """An office with a mailbox folder of its own on the shared server, and what the relay took from it."""

    def __init__(self, imap: DemoImap, relay: DsnController, root: Path, **settings: Any) -> None:
        self.imap = imap
        self.relay = relay
        self.folder = f"Box{next(_folders)}"
        self.imap.create_folder(self.folder)
        self.delivered = 0
        self._before = len(relay.mails)
        self.office = office.Office(
            root,
            **{
                "imap_port": imap.port,
                "imap_password": imap.password,
                "smtp_port": relay.port,
                "folder": self.folder,
                "since": office.yesterday(),
                **settings,
            },
        )

    def deliver(self, *mails: Any) -> None:
        for mail in mails:
            self.imap.append(office.wire(mail), folder=self.folder)
            self.delivered += 1

    @property
    def accepted(self) -> list[office.Taken]:
        """What the relay took, as a reader that is neither ours nor Python's sees it."""
        return [office.Taken.of(mail) for mail in self.relay.mails[self._before :]]

    @property
    def submissions(self) -> list[office.Taken]:
        """Of those, what is no mail to the operator."""
        return [each for each in self.accepted if not each.subject.startswith("【保証便】")]

    @property
    def tellings(self) -> list[office.Taken]:
        return [each for each in self.accepted if each.subject.startswith("【保証便】")]


@pytest.fixture
def mailroom(imap: DemoImap, relay: DsnController, tmp_path: Path) -> Callable[..., Mailroom]:
    """Opens an office with what its configuration should say."""

    def open_office(**settings: Any) -> Mailroom:
        return Mailroom(imap, relay, tmp_path, **settings)

    return open_office


@pytest.fixture(scope="module")
def wide_mailroom(
    imap: DemoImap, relay: DsnController, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Mailroom]:
    """As ``mailroom``, for an office that several tests look at."""

    def open_office(**settings: Any) -> Mailroom:
        return Mailroom(imap, relay, tmp_path_factory.mktemp("office"), **settings)

    return open_office
