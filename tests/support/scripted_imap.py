"""A raw IMAP server for tests that can drop, stall, refuse, renumber and lie at any command."""

from __future__ import annotations

import contextlib
import queue
import re
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

DATE = b"21-Nov-2026 10:00:00 +0900"
PATIENCE = 60.0
"""Seconds for what another thread does at once, unless the machine is very busy."""


@dataclass
class Fault:
    """The action on the commands that match: ``drop``, ``stall``, ``half`` (of the answer and then the end), or bytes.

    In the bytes ``TAG`` stands for the command's tag.
    """

    command: bytes
    act: str | bytes
    times: int = 1_000_000
    then: Callable[[], None] = lambda: None
    """The change on the server in the same moment."""


class _No(Exception):
    """The command is refused in good order."""


@dataclass
class ScriptedImap:
    messages: dict[int, bytes] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    uidvalidity: int = 7
    capabilities: bytes = b"IMAP4rev1"
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    dates: dict[int, bytes] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    ids: dict[int, bytes] = field(default_factory=dict)
    """Message-IDs that are not made of the UID."""
    structures: dict[int, bytes] = field(default_factory=dict)
    """BODYSTRUCTURE as given; for other messages the server reports none."""
    uidnext: int | None = None
    flags: dict[int, set[bytes]] = field(default_factory=dict)
    folders: dict[bytes, list[bytes]] = field(default_factory=dict)
    """The messages copied or moved, by folder."""
    came_from: list[int] = field(default_factory=list)
    """Under which UIDs they had been."""
    missing: set[bytes] = field(default_factory=set)
    """Folders that there are not."""
    selected: bytes = b""
    commands: list[bytes] = field(default_factory=list)
    connections: int = 0
    idle_begins: bytes = b"+ idling\r\n"
    """The answer to IDLE; lines before and after the "+" go out in the same packet."""
    cut: int = 0
    """Every answer goes out in packets of so many bytes; 0: as it is."""

    def __enter__(self) -> Self:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.ended = threading.Event()
        self.stalled = threading.Event()
        self.threads = [threading.Thread(target=self._accept)]
        self.open: list[socket.socket] = []
        self.idling: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()
        self.threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.close_connections()
        for thread in self.threads:
            thread.join(PATIENCE)
        for connection in self.open:
            connection.close()
        self.listener.close()

    def close_connections(self) -> None:
        for connection in self.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def go_away(self) -> None:
        """Refuse every connection from now on, and end those that are open."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.threads[0].join(PATIENCE)
        self.listener.close()
        self.close_connections()

    def come_back(self) -> None:
        """Answer again, on the same port."""
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.threads.append(self.threads[0])
        self.threads[0] = threading.Thread(target=self._accept)
        self.threads[0].start()

    def tell(self, *pieces: bytes) -> None:
        """Say these to the next client that idles, each in a packet of its own."""
        connection = self.idling.get(timeout=PATIENCE)
        for piece in pieces:
            connection.sendall(piece)

    def drop_in_idle(self) -> None:
        """Close the connection of the next client that idles."""
        self.idling.get(timeout=PATIENCE).shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            self.open.append(connection)
            thread = threading.Thread(target=self._talk, args=(connection,))
            self.threads.append(thread)
            thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self.implicit_tls and self.tls:
                connection = self._secure(connection)
            self._converse(connection)
        connection.close()

    def _secure(self, connection: socket.socket) -> socket.socket:
        assert self.tls
        secured = self.tls.wrap_socket(connection, server_side=True)
        self.open.append(secured)
        return secured

    def _converse(self, connection: socket.socket) -> None:
        if self._fault(b"GREETING", b"*", connection):
            return
        connection.sendall(b"* OK [CAPABILITY %s] ready\r\n" % self.capabilities)
        stream = connection.makefile("rb")
        while line := stream.readline():
            tag, _, command = line.strip().partition(b" ")
            self.commands.append(command)
            if self._fault(command, tag, connection):
                if any(not isinstance(fault.act, bytes) and re.match(fault.command, command) for fault in self.faults):
                    return
                continue
            if command == b"STARTTLS" and self.tls:
                connection.sendall(tag + b" OK go\r\n")
                stream.close()
                connection = self._secure(connection)
                stream = connection.makefile("rb")
                continue
            if command == b"IDLE":
                connection.sendall(self.idle_begins)
                self.idling.put(connection)
                stream.readline()
                self.commands.append(b"DONE")
                if self._fault(b"DONE", tag, connection):
                    return
            try:
                answer = self._answer(command) + tag + b" OK done\r\n"
            except _No:
                answer = tag + b" NO [NONEXISTENT] there is no such folder\r\n"
            self._send(connection, answer)

    def _send(self, connection: socket.socket, answer: bytes) -> None:
        if not self.cut:
            connection.sendall(answer)
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for place in range(0, len(answer), self.cut):
            connection.sendall(answer[place : place + self.cut])

    def _fault(self, command: bytes, tag: bytes, connection: socket.socket) -> bool:
        for fault in self.faults:
            if fault.times > 0 and re.match(fault.command, command):
                fault.times -= 1
                fault.then()
                if isinstance(fault.act, bytes):
                    connection.sendall(fault.act.replace(b"TAG", tag))
                elif fault.act == "half":
                    whole = self._answer(command) + tag + b" OK done\r\n"
                    connection.sendall(whole[: len(whole) // 2])
                elif fault.act == "stall":
                    self.stalled.set()
                    self.ended.wait(20)
                return True
        return False

    def _answer(self, command: bytes) -> bytes:
        if found := re.match(rb'(?:EXAMINE|SELECT) "?([^"]+)"?', command):
            self.selected = found[1]
            if self.selected in self.missing:
                raise _No
        if self.selected in self.folders:
            return self._answer_elsewhere(command, self.folders[self.selected])
        if command == b"CAPABILITY":
            return b"* CAPABILITY %s\r\n" % self.capabilities
        if command.startswith((b"EXAMINE", b"SELECT")):
            uidnext = self.uidnext or max(self.messages, default=0) + 1
            answer = b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT %d] ok\r\n"
            return answer % (len(self.messages), self.uidvalidity, uidnext)
        if found := re.match(rb"UID SEARCH (?:UID )?\(?(ALL|[\d,:*]+)", command):
            return b"* SEARCH %s\r\n" % b" ".join(b"%d" % uid for uid in self._search(found[1]))
        if found := re.match(rb"UID FETCH ([\d,]+) \((.*)\)", command):
            asked = [int(uid) for uid in found[1].split(b",")]
            return b"".join(self._message(uid, found[2]) for uid in asked if uid in self.messages)
        if found := re.match(rb"UID (STORE|COPY|MOVE|EXPUNGE) ([\d,]+) ?(.*)", command):
            self._change(found[1], [uid for uid in map(int, found[2].split(b",")) if uid in self.messages], found[3])
        return b""

    def _answer_elsewhere(self, command: bytes, held: list[bytes]) -> bytes:
        """The messages copied to a folder: their UIDs are their places, and their other attributes came along."""
        if command.startswith((b"EXAMINE", b"SELECT")):
            return b"* %d EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT %d] ok\r\n" % (len(held), len(held) + 1)
        if found := re.match(rb'UID SEARCH HEADER Message-ID "?(<[^"]+>)"?', command):
            places = [place for place, uid in enumerate(self.came_from, 1) if self._message_id(uid) == found[1]]
            return b"* SEARCH %s\r\n" % b" ".join(b"%d" % place for place in places)
        if found := re.match(rb"UID FETCH ([\d,]+) \((.*)\)", command):
            asked = [int(place) for place in found[1].split(b",")]
            answers = (
                self._message(self.came_from[place - 1], found[2], held[place - 1]).replace(
                    b"UID %d" % self.came_from[place - 1], b"UID %d" % place
                )
                for place in asked
            )
            return b"".join(answers)
        return b""

    def _message_id(self, uid: int) -> bytes:
        return self.ids.get(uid, b"<%d@b.example>" % uid)

    def _change(self, word: bytes, uids: list[int], rest: bytes) -> None:
        for uid in uids:
            if word == b"STORE":
                self.flags.setdefault(uid, set()).update(re.findall(rb"\\\w+", rest))
            if word in {b"COPY", b"MOVE"}:
                self.folders.setdefault(rest.strip(b'"'), []).append(self.messages[uid])
                self.came_from.append(uid)
            if word == b"MOVE" or (word == b"EXPUNGE" and b"\\Deleted" in self.flags.get(uid, set())):
                del self.messages[uid]

    def _search(self, wanted: bytes) -> list[int]:
        if wanted == b"ALL" or not self.messages:
            return sorted(self.messages)
        first, colon, _ = wanted.partition(b":")
        if colon:  # "n:*" always names the last message
            return sorted(uid for uid in self.messages if uid >= min(int(first), max(self.messages)))
        return [uid for uid in map(int, wanted.split(b",")) if uid in self.messages]

    def _message(self, uid: int, asked: bytes, content: bytes = b"") -> bytes:
        content = content or self.messages[uid]
        parts = [b"UID %d" % uid]
        if b"RFC822.SIZE" in asked:
            parts.append(b"RFC822.SIZE %d" % self.sizes.get(uid, len(content)))
            date = self.dates.get(uid, DATE)
            parts += [b'INTERNALDATE "%s"' % date] if date else []
            lines = b"Message-ID: %s\r\n\r\n" % self._message_id(uid)
            if b"FROM" in asked:
                top = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
                lines = b"".join(line + b"\r\n" for line in top if not line.lower().startswith(b"message-id:")) + lines
            parts.append(b"BODY[HEADER.FIELDS (MESSAGE-ID)] {%d}\r\n%s" % (len(lines), lines))
        if b"BODYSTRUCTURE" in asked and uid in self.structures:
            parts.append(b"BODYSTRUCTURE (%s)" % self.structures[uid])
        for section in re.findall(rb"BODY\.PEEK\[(\d+)\]<0\.\d+>", asked):
            body = content.partition(b"\r\n\r\n")[2][:3300]
            parts.append(b"BODY[%s]<0> {%d}\r\n%s" % (section, len(body), body))
        if found := re.search(rb"BODY\.PEEK\[\](?:<0\.(\d+)>)?", asked):
            piece = content[: int(found[1])] if found[1] else content
            parts.append(b"BODY[]%s {%d}\r\n%s" % (b"<0>" if found[1] else b"", len(piece), piece))
        return b"* 1 FETCH (%s)\r\n" % b" ".join(parts)
