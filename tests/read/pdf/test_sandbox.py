"""The sandbox of a child that reads PDFs: each forbidden act is tried, in a process that entered it as the child does.

Every act is also tried without the sandbox and must succeed there: an act that fails for another cause shows nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import worker
from tests.read.pdf.filter_machine import judge
from tests.support import notice_pdfs as made
from worker.cli.doctor import describe_sandbox
from worker.core.errors import Unavailable
from worker.core.model import PdfText
from worker.read.pdf import pool as pool_module
from worker.read.pdf import syscalls
from worker.read.pdf.pool import PdfPool
from worker.read.pdf.syscalls import MACHINES, build_filter
from worker.read.ports import Sandbox

ROOT = str(Path(worker.__file__).parents[1])
ACTS = Path(__file__).with_name("forbidden_acts.py")

NO_NEW_PRIVS, LANDLOCK, SECCOMP = "no_new_privs", "landlock", "seccomp"
BY_PATH = {LANDLOCK: 1, SECCOMP: 1}
FORBIDDEN: dict[str, dict[str, int]] = {
    "create": BY_PATH,
    "append": BY_PATH,
    "overwrite": BY_PATH,
    "truncate": {LANDLOCK: 3, SECCOMP: 1},
    "shrink_open": {SECCOMP: 1},
    "unlink": BY_PATH,
    "rename": BY_PATH,
    "link": BY_PATH,
    "symlink": BY_PATH,
    "mkdir": BY_PATH,
    "rmdir": BY_PATH,
    "mkfifo": BY_PATH,
    "chmod": {SECCOMP: 1},
    "chown": {SECCOMP: 1},
    "utime": {SECCOMP: 1},
    "set_attribute": {SECCOMP: 1},
    "read_store": {LANDLOCK: 1},
    "read_passwd": {LANDLOCK: 1},
    "list_store": {LANDLOCK: 1},
    "read_memory": {LANDLOCK: 1},
    "socket": {SECCOMP: 1},
    "connect_unix": {SECCOMP: 1},
    "connect_abstract": {LANDLOCK: 6, SECCOMP: 1},
    "connect_tcp": {LANDLOCK: 4, SECCOMP: 1},
    "send_udp": {SECCOMP: 1},
    "pair": {SECCOMP: 1},
    "fork": {SECCOMP: 1},
    "start": BY_PATH,
    "exec": BY_PATH,
    "kill": {LANDLOCK: 6, SECCOMP: 1},
    "kill_parent": {LANDLOCK: 6, SECCOMP: 1},
    "kill_by_descriptor": {LANDLOCK: 6, SECCOMP: 1},
    "signal_by_owner": {SECCOMP: 1},
    "queue_signal": {LANDLOCK: 6, SECCOMP: 1},
    "ptrace": {LANDLOCK: 1, SECCOMP: 1},
    "limit_another": {SECCOMP: 1},
    "outlive_parent": {SECCOMP: 1},
    "message_queue": {SECCOMP: 1},
    "mount": {SECCOMP: 1},
}
"""Each act, and from which version on a part refuses it: of Landlock the ABI."""

NEEDED = ("read_package", "read_library", "import_module", "thread", "own_signal", "own_limit", "allocate")
"""Acts that reading needs, and a filter of calls could break."""


def try_acts(folder: Path, *, without: str = "", entered: bool = True) -> tuple[Sandbox, dict[str, int]]:
    """The parts in force, and the error of each act (0: it succeeded); ``without`` is a part the kernel lacks."""
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        unix, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        tcp = socket.create_server(("127.0.0.1", 0))
        for each in (unix, abstract, tcp):
            stack.enter_context(each)
        unix.bind(str(folder / "unix"))
        unix.listen()
        abstract.bind(f"\0hoshobin-test-{os.getpid()}")
        abstract.listen()
        victim = stack.enter_context(victim_process())
        given = {
            "folder": str(folder),
            "port": tcp.getsockname()[1],
            "abstract": f"hoshobin-test-{os.getpid()}",
            "victim": victim.pid,
            "without": without,
            "entered": entered,
        }
        run = subprocess.run(
            [sys.executable, "-P", "-s", str(ACTS), json.dumps(given)],
            env={"PYTHONPATH": ROOT, "PATH": os.defpath},
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert run.returncode == 0, run.stderr.decode()
    said = json.loads(run.stdout)
    return Sandbox(**said["sandbox"]), said["errors"]


@contextlib.contextmanager
def victim_process() -> Iterator[subprocess.Popen[bytes]]:
    """Another process of the same account, which lets itself be traced even if only descendants may be."""
    script = "import ctypes; ctypes.CDLL(None).prctl(0x59616D61, -1, 0, 0, 0); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as victim:
        assert victim.stdout is not None
        victim.stdout.readline()
        try:
            yield victim
        finally:
            victim.kill()


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sandbox, dict[str, int]]:
    return try_acts(tmp_path_factory.mktemp("tried") / "store")


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    return try_acts(tmp_path_factory.mktemp("free") / "store", entered=False)[1]


def versions(sandbox: Sandbox) -> dict[str, int]:
    return {LANDLOCK: sandbox.landlock, SECCOMP: int(sandbox.seccomp)}


def is_refused(act: str, sandbox: Sandbox) -> bool:
    active_config = versions(sandbox)
    return any(active_config[part] >= since for part, since in FORBIDDEN[act].items())


def expect_refusals(sandbox: Sandbox, errors: dict[str, int]) -> None:
    for act, parts in FORBIDDEN.items():
        if is_refused(act, sandbox):
            assert errors[act] in {errno.EPERM, errno.EACCES}, act
        else:  # the kernel lacks every part that refuses it, or has an older one: ``doctor`` says so
            said = describe_sandbox(sandbox, "en")[0]
            assert all(NAMES[part] in said.partition("not in force")[2] for part in parts if part in sandbox.missing)
            assert parts.keys() <= {*sandbox.missing, LANDLOCK}, act
    assert {act: errors[act] for act in NEEDED} == dict.fromkeys(NEEDED, 0)


def test_each_forbidden_act_is_refused_and_what_reading_needs_is_not(tried: tuple[Sandbox, dict[str, int]]) -> None:
    expect_refusals(*tried)


def test_without_the_sandbox_no_act_is_refused(free: dict[str, int]) -> None:
    assert free.keys() == {*FORBIDDEN, *NEEDED}
    assert {act for act, error in free.items() if error in {errno.EPERM, errno.EACCES}} == set()


@pytest.mark.parametrize("lacking", [LANDLOCK, SECCOMP])
def test_on_a_kernel_without_one_part_the_other_refuses_what_it_can(tmp_path: Path, lacking: str) -> None:
    sandbox, errors = try_acts(tmp_path / "store", without=lacking)
    assert lacking in sandbox.missing
    assert sandbox.no_new_privs
    expect_refusals(sandbox, errors)
    open_acts = {act for act in FORBIDDEN if not is_refused(act, sandbox)}
    refused = {act for act in FORBIDDEN if errors[act] in {errno.EPERM, errno.EACCES}}
    assert refused & open_acts == set(), "the table of acts knows what each part refuses"


# --- The numbers of the calls ----------------------------------------------------------------------------------------

REFUSED_FAMILIES = """
    socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg fork vfork execve execveat ptrace
    process_vm_readv process_vm_writev pidfd_open pidfd_getfd pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo
    unshare setns creat truncate ftruncate fallocate rename renameat renameat2 link linkat symlink symlinkat unlink
    unlinkat mkdir mkdirat rmdir mknod mknodat chmod fchmod fchmodat chown fchown lchown fchownat utime utimes
    futimesat utimensat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr mount umount2 pivot_root
    chroot open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr bpf perf_event_open userfaultfd
    io_uring_setup io_uring_enter io_uring_register keyctl add_key request_key shmget shmat semget msgget mq_open
    init_module finit_module kexec_load reboot open_by_handle_at
"""
"""By the kernel's names, in families; not copied from the program's table, which gives their numbers."""

USED = """
    read write close fstat newfstatat lseek mmap mprotect munmap mremap brk madvise getrandom futex getrusage
    rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack getdents64 readlinkat faccessat clock_gettime
    clock_nanosleep getpid gettid exit exit_group set_robust_list rseq pread64 readv writev dup dup3 pipe2 poll
    ppoll getcwd sched_yield sched_getaffinity getuid getppid membarrier statx
"""
"""The calls that Python and the engines were seen to use, or may use."""

OWN = 4242
OTHER = 4243


def numbers_of(machine: str) -> dict[str, int]:
    """From the kernel's own headers (linux-libc-dev 6.1)."""
    lines = (Path(__file__).parent / "syscall_numbers" / f"{machine}.txt").read_text().splitlines()
    return {name: int(number) for name, number in map(str.split, lines)}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_refuses_each_call_of_the_forbidden_families_by_its_number(machine: str) -> None:
    program, (_, architecture), numbers = build_filter(machine, OWN), MACHINES[machine], numbers_of(machine)
    absent = {name for name in REFUSED_FAMILIES.split() if name not in numbers}
    old = {"fork", "vfork", "creat", "rename", "link", "symlink", "unlink", "mkdir", "rmdir", "mknod", "chmod", "chown"}
    assert absent == (set() if machine == "x86_64" else old | {"lchown", "utime", "utimes", "futimesat"})
    for name in REFUSED_FAMILIES.split():
        if name in numbers:
            assert judge(program, architecture, numbers[name]) == errno.EPERM, name
    for name in USED.split():
        if name in numbers:
            assert judge(program, architecture, numbers[name]) == 0, name


@pytest.mark.parametrize("machine", MACHINES)
def test_each_number_of_the_table_is_that_of_the_call_it_stands_beside(machine: str) -> None:
    column, numbers = MACHINES[machine][0], numbers_of(machine)
    by_argument = {name: each.numbers for name, each in syscalls._by_argument(OWN).items()}
    for name, pair in {**syscalls._REFUSED, **syscalls._ABSENT, **by_argument}.items():
        assert pair[column] == numbers.get(name), name


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_looks_at_the_arguments_of_what_the_child_may_do_to_itself(machine: str) -> None:
    program, (_, architecture), numbers = build_filter(machine, OWN), MACHINES[machine], numbers_of(machine)

    def error(name: str, *arguments: int) -> int:
        return judge(program, architecture, numbers[name], *arguments)

    at_cwd = (1 << 64) - 100
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_WRONLY | os.O_APPEND, os.O_RDWR | 0o20000000):
        assert error("openat", at_cwd, 0, flags | os.O_CLOEXEC) == errno.EPERM
        if "open" in numbers:
            assert error("open", 0, flags) == errno.EPERM
    assert error("openat", at_cwd, 0, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY) == 0
    fork_flags, thread_flags = 17 | 0x01200000, 0x003D0F00  # glibc's for fork and for pthread_create
    assert error("clone", fork_flags) == errno.EPERM
    assert error("clone", 0x4111) == errno.EPERM  # CLONE_VM, CLONE_VFORK and SIGCHLD: posix_spawn
    assert error("clone", thread_flags) == 0
    assert error("clone3") == error("openat2") == errno.ENOSYS
    for name in ("kill", "tkill", "tgkill"):
        assert error(name, OWN, 6, 6) == 0
        for other in (OTHER, 0, 1, (1 << 64) - 1, (1 << 64) - OWN):  # a process, the own group, init, all, a group
            assert error(name, other, 6, 6) == errno.EPERM
    assert error("prlimit64", 0) == error("prlimit64", OWN) == 0
    assert error("prlimit64", OTHER) == errno.EPERM
    assert error("fcntl", 0, 8) == error("fcntl", 0, 10) == error("fcntl", 0, 15) == errno.EPERM
    assert error("fcntl", 0, 1) == error("fcntl", 0, 3) == error("fcntl", 0, 1030) == 0
    assert error("ioctl", 0, 0x5412) == error("ioctl", 0, 0x8901) == error("ioctl", 0, 0x8902) == errno.EPERM
    assert error("ioctl", 0, 0x5401) == 0
    assert error("prctl", 1) == errno.EPERM
    assert error("prctl", 15) == error("prctl", 0x53564D41) == 0  # PR_SET_NAME, PR_SET_VMA


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_refuses_other_machines_and_calls_that_are_newer_than_it(machine: str) -> None:
    program, (_, architecture), numbers = build_filter(machine, OWN), MACHINES[machine], numbers_of(machine)
    for other in (0x40000003, 0x40000028, 0xC00000F3):  # i386, 32-bit ARM, RISC-V
        assert all(judge(program, other, number) == errno.EPERM for number in range(500))
    newest = max(numbers.values())
    assert all(judge(program, architecture, newest + more) == errno.ENOSYS for more in range(1, 60))
    for name in ("execve", "read"):  # x32
        assert judge(program, architecture, 0x40000000 | numbers[name]) == errno.ENOSYS
    assert judge(program, architecture, 0xFFFFFFFF) == errno.ENOSYS


# --- The child -------------------------------------------------------------------------------------------------------

NAMES = {NO_NEW_PRIVS: "no_new_privs", LANDLOCK: "Landlock", SECCOMP: "seccomp"}


@pytest.fixture
async def pool() -> AsyncIterator[PdfPool]:
    opened = PdfPool(1)
    yield opened
    await opened.close()


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def kernel_abi() -> int:
    return max(0, int(ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)))


async def test_the_child_is_in_the_sandbox_that_it_tells_of(pool: PdfPool) -> None:
    await pool.warm()
    assert pool.sandbox is not None
    status = status_of(pool.pids[0])
    assert status["NoNewPrivs"] == str(int(pool.sandbox.no_new_privs))
    assert status["Seccomp"] == ("2" if pool.sandbox.seccomp else status_of(os.getpid())["Seccomp"])
    assert status["Threads"] == "1", "the sandbox is of the thread that enters it"
    assert pool.sandbox.landlock == kernel_abi()


NARROW = ("-P", "-s", "-c", "from worker.read.pdf import child; child.DESCRIPTORS = 3; child.main()")
"""A child whose limits keep it from the tables that it needs."""


async def test_a_sandbox_that_breaks_reading_is_named_and_no_notice_is_damaged(
    pool: PdfPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "_CHILD", NARROW)
    with pytest.raises(Unavailable) as told:
        await pool.read(made.plain())
    assert told.value.what == "pdf_sandbox"
    assert pool.pids == ()
    monkeypatch.undo()
    assert isinstance(await pool.read(made.plain()), PdfText)
