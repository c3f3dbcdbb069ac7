"""The system calls that are refused to a child that reads PDFs: their numbers on two machines, and the filter.

A call of the table is refused on each machine by its number there; so is a call by another machine's numbers, and a
call newer than the table. The table lists refused calls only: the engines, Python and the C library use other calls
with each version, and a reader that ends at such a call would lose notices. This module computes the filter's program;
``sandbox`` hands it to the kernel.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_Numbers = tuple[int | None, int | None]
"""On x86_64 and on aarch64; None if the machine does not have the call."""

_REFUSED: Final[Mapping[str, _Numbers]] = {
    # Connections and messages to other processes.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "mq_timedsend": (242, 182),
    "mq_notify": (244, 184),
    # Other programs and processes: starting, reading, changing and ending them.
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "kcmp": (312, 272),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpgid": (109, 154),
    "unshare": (272, 97),
    "setns": (308, 268),
    "personality": (135, 92),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # Files: every call that makes, changes or removes one without an open descriptor, or changes what an open one is.
    "creat": (85, None),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "fallocate": (285, 47),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # Mounts.
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # The machine, the account, and parts of the kernel that do the work of other calls past this filter.
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "syslog": (103, 116),
    "iopl": (172, None),
    "ioperm": (173, None),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "fanotify_init": (300, 262),
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setreuid": (113, 145),
    "setregid": (114, 143),
    "setgroups": (116, 159),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "setfsuid": (122, 151),
    "setfsgid": (123, 152),
    "capset": (126, 91),
}

_ABSENT: Final[Mapping[str, _Numbers]] = {"clone3": (435, 435), "openat2": (437, 437)}
"""Their arguments are in memory, which a filter cannot read. The C library then uses ``clone`` and ``openat``."""

_NEWER: Final = 451
"""The first number above the table; both machines have the same ones from 424 on. Newer kernels add calls there that do
what calls of the table do, for example ``fchmodat2``."""

_WRITES: Final = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC
_THREAD: Final = 0x00010000  # CLONE_THREAD
_OWNERS: Final = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: the kernel then sends a signal in the child's name
_TO_A_TERMINAL: Final = (0x8901, 0x8902, 0x5412)  # FIOSETOWN, SIOCSPGRP: as above; TIOCSTI: types at a terminal
_OUTLIVING: Final = (1,)  # PR_SET_PDEATHSIG


@dataclass(frozen=True, slots=True)
class _ByArgument:
    """A call that is refused by one of its arguments, a number of 32 bits."""

    numbers: _Numbers
    argument: int
    values: tuple[int, ...]
    is_mask: bool = False
    """Set if a value matches as soon as one of its bits is set."""
    refuses_found: bool = True
    """Set if the call is refused when a value matches; else it is refused when none does."""


def _by_argument(own: int) -> Mapping[str, _ByArgument]:
    """The calls that the child may make in some ways; ``own`` is its process id."""
    return {
        "open": _ByArgument((2, None), 1, (_WRITES,), is_mask=True),
        "openat": _ByArgument((257, 56), 2, (_WRITES,), is_mask=True),
        "clone": _ByArgument((56, 220), 0, (_THREAD,), is_mask=True, refuses_found=False),
        "kill": _ByArgument((62, 129), 0, (own,), refuses_found=False),  # abort() ends the child by these
        "tkill": _ByArgument((200, 130), 0, (own,), refuses_found=False),
        "tgkill": _ByArgument((234, 131), 0, (own,), refuses_found=False),
        "prlimit64": _ByArgument((302, 261), 0, (0, own), refuses_found=False),
        "fcntl": _ByArgument((72, 25), 1, _OWNERS),
        "ioctl": _ByArgument((16, 29), 1, _TO_A_TERMINAL),
        "prctl": _ByArgument((157, 167), 0, _OUTLIVING),
    }


MACHINES: Final[Mapping[str, tuple[int, int]]] = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""By machine name of ``os.uname``: its column of the table, and its AUDIT_ARCH."""

_LOAD, _EQUAL, _NOT_LESS, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF: LD W ABS, JEQ, JGE, JSET, RET
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in seccomp_data; the low half of an argument comes first
_ALLOW: Final = 0x7FFF0000
_FAIL: Final = 0x00050000

_Instruction = tuple[int, int, int, int]
_REFUSE: Final[_Instruction] = (_RETURN, 0, 0, _FAIL | errno.EPERM)
_SAY_ABSENT: Final[_Instruction] = (_RETURN, 0, 0, _FAIL | errno.ENOSYS)
_PASS: Final[_Instruction] = (_RETURN, 0, 0, _ALLOW)


def build_filter(machine: str, own: int) -> bytes:
    """The program for ``machine``, one of ``MACHINES``, as an array of ``sock_filter``; ``own`` is the child's id."""
    column, architecture = MACHINES[machine]
    program: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        _REFUSE,
        (_LOAD, 0, 0, _NUMBER),
        (_NOT_LESS, 0, 1, _NEWER),  # the numbers of x32 are above it too
        _SAY_ABSENT,
    ]
    for table, answer in ((_REFUSED, _REFUSE), (_ABSENT, _SAY_ABSENT)):
        for numbers in table.values():
            program += _where(numbers[column], [answer])
    for each in _by_argument(own).values():
        program += _where(each.numbers[column], _judge(each))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in (*program, _PASS))


def _where(number: int | None, then: list[_Instruction]) -> list[_Instruction]:
    return [] if number is None else [(_EQUAL, 0, len(then), number), *then]


def _judge(call: _ByArgument) -> list[_Instruction]:
    test = _ANY_BIT if call.is_mask else _EQUAL
    tests = [(test, len(call.values) - at, 0, value) for at, value in enumerate(call.values)]
    ends = [_PASS, _REFUSE] if call.refuses_found else [_REFUSE, _PASS]
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * call.argument), *tests, *ends]
