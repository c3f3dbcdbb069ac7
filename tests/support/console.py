"""A console on a real office: its accounts, and browsers that log in, look and send forms as people do.

The server runs in a thread of this process; store, configuration, PDF children and mail servers are real.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final

import httpx
import uvicorn

from tests.support import world
from tests.support.office import Office
from worker.accounts import people
from worker.console.app import build_app
from worker.console.desk import Desk
from worker.console.server import configure, find_sign_on
from worker.core.accounts import Account, Role
from worker.core.clock import Clock
from worker.service.wiring import build_hasher, load_installation, open_store_of, system_clock
from worker.store.ports import Author

PASSWORD: Final = "青い橋の下を静かに川が流れていく"
PEOPLE: Final = {
    "admin": ("鈴木 一郎", frozenset({Role.ADMIN})),
    "staff": (world.JIRO.by, frozenset({Role.STAFF})),
    "approver": (world.HANAKO.by, frozenset({Role.STAFF, Role.APPROVER})),
    "auditor": ("監査 太郎", frozenset({Role.AUDITOR})),
}
"""One account of each role, by its login name; the first is the administrator, as an installation makes it."""
BY_ROOT: Final = Author("hoshobin", "root")
_TOKEN: Final = re.compile(r'name="token" value="([0-9a-f]{64})"')
_LABEL: Final = re.compile(r'name="label" value="([^"]+)"')
_LINK: Final = re.compile(r'(?:href|src)="(/[^"]*)"')
_TAG: Final = re.compile(r"<[^>]+>")


@dataclass
class Browser:
    """One person's browser."""

    base: str
    client: httpx.Client
    last: httpx.Response | None = None
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.headers = {"sec-fetch-site": "same-origin", "origin": self.base}

    @property
    def html(self) -> str:
        """The last page as it came."""
        assert self.last is not None
        return self.last.text

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Opens a page; a redirect is followed as a browser does."""
        self.last = self.client.get(path, follow_redirects=True, **more)
        self._keep()
        return self.last

    def post(self, path: str, fields: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """Sends a form with the token of the last page; a redirect is not followed."""
        data = {"token": self.token, **(fields or {})}
        self.last = self.client.post(path, data=data, headers=self.headers, follow_redirects=False, **more)
        self._keep()
        return self.last

    def log_in(self, login: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        """Logs in, and opens the page that the console sends the browser to."""
        done = self.post("/login", {"login": login, "password": password, **more})
        return self.get(done.headers["location"]) if done.status_code == 303 else done

    @property
    def text(self) -> str:
        """The words of the last page, as a person reads them."""
        assert self.last is not None
        return re.sub(r"\s+", " ", unescape(_TAG.sub(" ", self.last.text)))

    @property
    def label(self) -> str:
        """The label of the draft on the last page."""
        assert self.last is not None
        found = _LABEL.search(self.last.text)
        return unescape(found[1]) if found else ""

    @property
    def shown(self) -> str:
        """Every page of the papers on the last page, as a form names them that was scrolled to its end."""
        assert self.last is not None
        return " ".join(re.findall(r'data-page="([0-9.]+)"', self.last.text))

    def walk(self, *first: str, most: int = 150) -> dict[str, httpx.Response]:
        """Opens the pages at ``first`` and every page that links lead to from there; returns each answer by its path.

        Of the pages that differ in their query alone, one is opened.
        """
        found: dict[str, httpx.Response] = {}
        waiting = list(first)
        seen = {each.partition("?")[0] for each in first}
        while waiting:
            path = waiting.pop(0)
            found[path] = self.client.get(path, follow_redirects=True)
            if "html" not in found[path].headers.get("content-type", ""):
                continue
            for link in map(unescape, _LINK.findall(found[path].text)):
                name = link.partition("?")[0].partition("#")[0]
                if name and name not in seen and len(found) + len(waiting) < most:
                    seen.add(name)
                    waiting.append(link)
        return found

    def _keep(self) -> None:
        assert self.last is not None
        if found := _TOKEN.search(self.last.text):
            self.token = found[1]


@dataclass
class Console:
    """The console of one office."""

    office: Office
    desk: Desk
    base: str
    clients: list[httpx.Client] = field(default_factory=list)

    def browser(self, login: str = "") -> Browser:
        """A new browser, logged in as ``login``."""
        browser = Browser(self.base, httpx.Client(base_url=self.base, timeout=60))
        self.clients.append(browser.client)
        if login:
            assert browser.post("/login", {"login": login, "password": PASSWORD}).status_code == 303
        return browser


@contextmanager
def console_of(office: Office, clock: Clock | None = None, proxy: str = "") -> Iterator[Console]:
    """Makes the accounts of ``PEOPLE`` in the office's store, and opens its console, behind ``proxy`` if given."""
    clock = clock or system_clock()
    installed = load_installation(str(office.config))
    hasher = build_hasher()
    store = open_store_of(installed, clock)
    try:
        known = {each.login for each in store.accounts()}
        for login, (name, roles) in PEOPLE.items():
            if login not in known:
                account = people.add_account(store, Account(0, login, name, roles=roles), BY_ROOT, clock.now())
                token = people.invite(store, account.id, BY_ROOT, clock.now())
                people.accept_invitation(store, token, PASSWORD, hasher, clock.now())
    finally:
        store.close()
    desk = Desk(str(office.config), clock, hasher, is_loopback_http=True)
    listener = socket.create_server(("127.0.0.1", 0))
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    desk.address = f"http://{host}"
    desk.sso = find_sign_on(desk)
    server = uvicorn.Server(configure(build_app(desk, frozenset({host}), proxy), 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    console = Console(office, desk, f"http://{host}")
    try:
        yield console
    finally:
        for client in console.clients:
            client.close()
        server.should_exit = True
        thread.join()
        listener.close()
        desk.close()
