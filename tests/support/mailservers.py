"""A private Dovecot and Postfix on loopback for the tests marked ``servers``.

No mail leaves the machine, nothing outside one temporary folder is written, and only processes that it started are
ended. `tests/servers/install.sh` installs the two programs.
"""

from __future__ import annotations

import grp
import http.server
import json
import os
import pwd
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
import tomllib
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

HERE = Path(__file__).parent.parent / "servers"
USERS = ("office", "issuer", "issuer-a", "issuer-b", "issuer-c")
PASSWORD = "secret"
DOMAINS = ("test.example", "issuer-a.example", "issuer-b.example", "issuer-c.example")
# Every part of Dovecot and every delivery runs as this account, root's tests included.
ACCOUNT = "nobody"
# Both start in under three seconds on an idle machine; a busy one with few cores is given more.
START_SECONDS = 60.0
STOP_SECONDS = 30.0
ARRIVAL_SECONDS = 60.0
POLL_SECONDS = 0.05


class ServersMissing(Exception):
    """This machine cannot run them; the text says why."""


@dataclass(frozen=True, slots=True)
class MailServers:
    """The ports of the two servers, and the contents of the mailboxes they share."""

    host: str
    imap: int
    imaps: int
    submission: int
    submissions: int
    nodsn: int
    greylist: int
    far: int
    password: str
    ca_file: Path
    mail: Path
    tokens: set[str]
    """Access tokens that both servers take for ``office`` by XOAUTH2."""

    def maildir(self, user: str) -> Path:
        """The INBOX of ``user`` on disk."""
        return self.mail / user

    def deliver(self, user: str, message: bytes) -> None:
        """Put ``message`` into the INBOX of ``user`` byte for byte, as a delivery by another server would."""
        folder = self.maildir(user)
        name = f"{time.time_ns()}.{os.getpid()}.hoshobin"
        written = folder / "tmp" / name
        written.write_bytes(message)
        owner = folder.stat()
        os.chown(written, owner.st_uid, owner.st_gid)
        written.rename(folder / "new" / name)

    def messages(self, user: str) -> list[bytes]:
        """The messages in the INBOX of ``user``, oldest first, with CRLF and the trace headers of Postfix."""
        folder = self.maildir(user)
        files = [file for part in ("new", "cur") for file in (folder / part).iterdir()]
        files.sort(key=lambda file: file.stat().st_mtime_ns)
        return [file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for file in files]

    def arrived(self, user: str, count: int) -> list[bytes]:
        """The messages of ``user`` as soon as there are ``count`` of them; TimeoutError after a minute."""
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while len(found := self.messages(user)) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{user} has {len(found)} of {count} messages; see {self.mail.parent}")
            time.sleep(POLL_SECONDS)
        return found

    def empty(self, user: str) -> None:
        """Remove every message of ``user``; the UIDs and the UIDVALIDITY go on."""
        for part in ("new", "cur"):
            for file in (self.maildir(user) / part).iterdir():
                file.unlink(missing_ok=True)


@contextmanager
def mail_servers() -> Iterator[MailServers]:
    """Dovecot and Postfix for as long as the context lasts; raises ServersMissing if they cannot run."""
    refuse_what_cannot_run()
    with ExitStack() as ends:
        tokens: set[str] = set()
        root, ports = lay_out_anew(ends, tokens)
        ends.enter_context(dovecot(root))
        ends.enter_context(postfix(root))
        yield wait_for_servers(root, ports, ports, tokens)


@contextmanager
def dovecot_alone() -> Iterator[tuple[MailServers, int]]:
    """Dovecot without Postfix, for bench and soak, and its process id; nothing listens on the other ports."""
    refuse_what_cannot_run()
    with ExitStack() as ends:
        tokens: set[str] = set()
        root, ports = lay_out_anew(ends, tokens)
        pid = ends.enter_context(dovecot(root))
        yield wait_for_servers(root, ports, ("imap", "imaps"), tokens), pid


def lay_out_anew(ends: ExitStack, tokens: set[str]) -> tuple[Path, dict[str, int]]:
    """A new folder with everything both servers need, and their ports; gone when `ends` is."""
    root = Path(tempfile.mkdtemp(prefix="hoshobin-"))
    ends.callback(shutil.rmtree, root, ignore_errors=True)
    words = {
        "POLICY": str(ends.enter_context(greylisting())),
        "INTROSPECTION": str(ends.enter_context(introspecting(tokens))),
    }
    names = ("imap", "imaps", "submission", "submissions", "nodsn", "greylist", "far")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    lay_out(root, ports, words)
    return root, ports


def wait_for_servers(root: Path, ports: dict[str, int], awaited: Iterable[str], tokens: set[str]) -> MailServers:
    for name in awaited:
        wait_for_port(ports[name], root)
    return MailServers(
        host="127.0.0.1",
        password=PASSWORD,
        ca_file=root / "tls" / "ca.pem",
        mail=root / "mail",
        tokens=tokens,
        **ports,
    )


def refuse_what_cannot_run() -> None:
    missing = [name for name in ("dovecot", "postfix") if not program(name)]
    if missing:
        raise ServersMissing(f"not installed: {', '.join(missing)} (make servers)")
    if os.geteuid() != 0:
        raise ServersMissing("Postfix starts as root only")


def program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def free_ports(count: int) -> list[int]:
    """Ports that no program listens on: all are held at once, so that no two are the same."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def lay_out(root: Path, ports: dict[str, int], helpers: dict[str, str]) -> None:
    """The folders, the certificate and the filled-in configuration of both servers below ``root``."""
    account = pwd.getpwnam(ACCOUNT)
    group = grp.getgrgid(account.pw_gid).gr_name
    words = {
        "ROOT": str(root),
        "USER": ACCOUNT,
        "GROUP": group,
        "UID": str(account.pw_uid),
        "GID": str(account.pw_gid),
        "DOMAINS": " ".join(DOMAINS),
        **helpers,
        **{name.upper(): str(port) for name, port in ports.items()},
    }
    # mkdtemp makes 0700, and the account must come through
    root.chmod(0o755)
    for folder in ("tls", "mail", "dovecot/run", "dovecot/state", "postfix/etc", "postfix/spool", "postfix/lib"):
        (root / folder).mkdir(parents=True)
    for user in USERS:
        for part in ("new", "cur", "tmp"):
            (root / "mail" / user / part).mkdir(parents=True)
    write_certificate(root / "tls")
    (root / "dovecot/users").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in USERS))
    for name in ("dovecot.conf", "oauth2.conf.ext"):
        fill(HERE / f"{name}.in", root / "dovecot" / name, words)
    for name in ("main.cf", "master.cf"):
        fill(HERE / f"{name}.in", root / "postfix/etc" / name, words)
    for name, table in tomllib.loads((HERE / "tables.toml").read_text()).items():
        rows = "".join(f"{address} {answer}\n" for address, answer in table.items())
        (root / "postfix/etc" / name).write_text(replace_words(rows, words))
    # postlogd drops root and must own the folder of its log
    (root / "postfix/log").mkdir()
    for folder in ("postfix/lib", "postfix/log"):
        shutil.chown(root / folder, "postfix")
    for part in ("tls", "mail", "dovecot"):
        for path in (root / part, *(root / part).rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)


def write_certificate(folder: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1", "mx.test.example")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "server.pem", append=True)


def fill(template: Path, target: Path, words: dict[str, str]) -> None:
    target.write_text(replace_words(template.read_text(), words))


def replace_words(text: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text


@contextmanager
def dovecot(root: Path) -> Iterator[int]:
    command = [program("dovecot") or "dovecot", "-F", "-c", str(root / "dovecot/dovecot.conf")]
    account = pwd.getpwnam(ACCOUNT)
    process = start(command, root / "dovecot.out", user=account.pw_uid, group=account.pw_gid, extra_groups=())
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


@contextmanager
def postfix(root: Path) -> Iterator[None]:
    command = [program("postfix") or "postfix", "-c", str(root / "postfix/etc")]
    process = start([*command, "start-fg"], root / "postfix.out")
    try:
        yield
    finally:
        # The process is a shell script that waits for the master, which has a session of its own: a signal to the
        # script would leave the master behind.
        subprocess.run([*command, "stop"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        process.wait(STOP_SECONDS)


def start(command: list[str], output: Path, **account: object) -> subprocess.Popen[bytes]:
    """``command`` in the foreground with no pipe of ours, so that none of its children can hold one open."""
    with output.open("wb") as sink:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True, **account
        )


def wait_for_port(port: int, root: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                said = [file.read_text(errors="replace") for file in sorted(root.glob("*.out"))]
                raise TimeoutError(f"nothing listens on {port}: {said}") from None
            time.sleep(POLL_SECONDS)
        else:
            return


class Greylist(socketserver.StreamRequestHandler):
    """Postfix's policy protocol: `name=value` lines up to an empty one, answered by `action=`."""

    def handle(self) -> None:
        asked: dict[str, str] = {}
        for raw in self.rfile:
            name, _, value = raw.decode("utf-8", "replace").strip().partition("=")
            if name:
                asked[name] = value
                continue
            pair = (asked.get("sender", ""), asked.get("recipient", ""))
            action = "DUNNO" if pair in self.server.seen else "450 4.2.0 greylisted, try again later"
            self.server.seen.add(pair)
            self.wfile.write(f"action={action}\n\n".encode())
            asked.clear()


class GreylistServer(socketserver.ThreadingTCPServer):
    # Postfix is stopped first and closes its connections, so the threads end by themselves.
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Greylist)
        self.seen: set[tuple[str, str]] = set()


@contextmanager
def answering(server: socketserver.BaseServer) -> Iterator[None]:
    """``server`` answers in a thread for as long as the context lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def greylisting() -> Iterator[int]:
    """The port of a policy service that refuses the first try of each sender and recipient."""
    with GreylistServer() as server, answering(server):
        yield server.server_address[1]


class Introspection(http.server.BaseHTTPRequestHandler):
    """Dovecot's query about a token, for itself and for Postfix (RFC 7662, by GET)."""

    def do_GET(self) -> None:
        (token,) = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("token", [""])
        is_good = token in self.server.tokens
        body = json.dumps({"active": is_good, "username": USERS[0] if is_good else ""}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Logs nothing: the line contains a token."""


@contextmanager
def introspecting(tokens: set[str]) -> Iterator[int]:
    """The port of a service that says of a token whether it is among ``tokens``."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Introspection) as server:
        server.daemon_threads = True
        server.tokens = tokens
        with answering(server):
            yield server.server_address[1]
