"""A process that enters the sandbox as a child that reads PDFs does, tries what it must not do, and says what happened.

Run with a JSON object as its one argument. It answers with the parts in force and the error number of each act, 0 if
the act succeeded.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import mmap
import os
import resource
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import worker
from tests.read.pdf.lacking import lack
from worker.read.pdf.sandbox import enter

GIVEN = json.loads(sys.argv[1])
FOLDER = Path(GIVEN["folder"])
VICTIM = GIVEN["victim"]
LIBC = ctypes.CDLL(None, use_errno=True)

COLUMN = 0 if os.uname().machine == "x86_64" else 1
PTRACE, QUEUE, MESSAGES, MOUNT = ((101, 129, 68, 165), (117, 138, 186, 40))[COLUMN]
PTRACE_SEIZE, PIDFD_OPEN, PIDFD_SEND = 0x4206, 434, 424


def call(*arguments: object) -> None:
    if LIBC.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def fork() -> None:
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)


def start() -> None:
    os.waitpid(os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {}), 0)


def kill_by_descriptor() -> None:
    descriptor = LIBC.syscall(PIDFD_OPEN, VICTIM, 0)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "refused")
    call(PIDFD_SEND, descriptor, 0, None, 0)


def queue_signal() -> None:
    call(QUEUE, VICTIM, 0, struct.pack("=iii116x", 0, 0, -1))  # SI_QUEUE


def trace() -> None:
    call(PTRACE, PTRACE_SEIZE, VICTIM, None, None)


def outlive_parent() -> None:
    if LIBC.prctl(1, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def in_thread() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.set)
    thread.start()
    thread.join()
    assert done.is_set()


def own_signal() -> None:
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.raise_signal(signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR1)


def make(name: str) -> Path:
    path = FOLDER / name
    path.write_bytes(b"a record")
    return path


def prepare() -> dict[str, Callable[[], object]]:
    """The acts; what they need of files and sockets is made before the sandbox is entered."""
    store, other, gone, moved = make("store.db"), make("other"), make("gone"), make("moved")
    empty = FOLDER / "program"
    empty.touch(0o755)
    (FOLDER / "empty").mkdir()
    descriptor = os.open(other, os.O_RDWR)
    unix, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
    return {
        "create": lambda: os.open(FOLDER / "new", os.O_CREAT | os.O_RDONLY),
        "append": lambda: store.open("ab"),
        "overwrite": lambda: store.open("r+b"),
        "truncate": lambda: os.truncate(other, 1),
        "shrink_open": lambda: os.ftruncate(descriptor, 1),
        "unlink": gone.unlink,
        "rename": lambda: moved.rename(FOLDER / "elsewhere"),
        "link": lambda: (FOLDER / "linked").hardlink_to(store),
        "symlink": lambda: (FOLDER / "pointer").symlink_to(store),
        "mkdir": (FOLDER / "made").mkdir,
        "rmdir": (FOLDER / "empty").rmdir,
        "mkfifo": lambda: os.mkfifo(FOLDER / "pipe"),
        "chmod": lambda: store.chmod(0o666),
        "chown": lambda: os.chown(store, os.getuid(), os.getgid()),
        "utime": lambda: os.utime(store, (0, 0)),
        "set_attribute": lambda: os.setxattr(store, "user.mark", b"1"),
        "read_store": store.read_bytes,
        "read_passwd": lambda: Path("/etc/passwd").read_bytes(),
        "list_store": lambda: list(FOLDER.iterdir()),
        "read_memory": lambda: Path(f"/proc/{VICTIM}/mem").open("rb"),
        "socket": socket.socket,
        "pair": socket.socketpair,
        "connect_unix": lambda: unix.connect(str(FOLDER / "unix")),
        "connect_abstract": lambda: abstract.connect("\0" + GIVEN["abstract"]),
        "connect_tcp": lambda: tcp.connect(("127.0.0.1", GIVEN["port"])),
        "send_udp": lambda: udp.sendto(b"a record", ("127.0.0.1", GIVEN["port"])),
        "fork": fork,
        "start": start,
        "exec": lambda: os.execv(empty, ["program"]),
        "kill": lambda: os.kill(VICTIM, 0),
        "kill_parent": lambda: os.kill(os.getppid(), 0),
        "kill_by_descriptor": kill_by_descriptor,
        "signal_by_owner": lambda: fcntl.fcntl(0, fcntl.F_SETOWN, VICTIM),
        "queue_signal": queue_signal,
        "ptrace": trace,
        "limit_another": lambda: resource.prlimit(VICTIM, resource.RLIMIT_CORE),
        "outlive_parent": outlive_parent,
        "message_queue": lambda: call(MESSAGES, 0x686F7368, 0),
        "mount": lambda: call(MOUNT, b"none", b"/no/such/place", b"tmpfs", 0, None),
        "read_package": lambda: Path(worker.__file__).read_bytes(),
        "read_library": lambda: Path(json.__file__).read_bytes(),
        "import_module": lambda: __import__("colorsys"),
        "thread": in_thread,
        "own_signal": own_signal,
        "own_limit": lambda: resource.setrlimit(resource.RLIMIT_CPU, resource.getrlimit(resource.RLIMIT_CPU)),
        "allocate": lambda: mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close(),
    }


def error_of(act: Callable[[], object]) -> int:
    try:
        act()
    except OSError as error:
        return error.errno or -1
    return 0


def main() -> None:
    acts = prepare()
    if GIVEN["without"]:
        lack(GIVEN["without"])
    sandbox = enter(LIBC) if GIVEN["entered"] else {}
    errors = {name: error_of(act) for name, act in acts.items()}
    sys.stdout.write(json.dumps({"sandbox": sandbox, "errors": errors}))


if __name__ == "__main__":
    main()
