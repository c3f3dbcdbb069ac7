"""Runs a command and writes its processor seconds and peak memory: ``python -S bench/spent.py FILE COMMAND…``.

A process keeps the peak of the one that it was forked from, so that a small one stands between the measurement and the
command. It imports nothing else for that reason.
"""

import os
import sys

if __name__ == "__main__":
    target, *command = sys.argv[1:]
    child = os.fork()
    if child == 0:
        os.execv(command[0], command)  # noqa: S606  our own modules
    _, status, used = os.wait4(child, 0)
    with open(target, "w") as file:  # noqa: PTH123  pathlib would be imported
        file.write(f"{used.ru_utime + used.ru_stime} {used.ru_maxrss}")
    sys.exit(os.waitstatus_to_exitcode(status))
