"""A person at another screen who approves waiting submissions by the command line. Run as a script: CONFIG NAME COUNT.

Ends when COUNT submissions have been released by any person, or after a minute; prints those that this person released.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time

from worker import cli

PATIENCE = 60.0


def command(config: str, *arguments: str) -> tuple[int, str]:
    """Exit code and standard output of one command."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.TextIOWrapper(io.BytesIO())):
        code = cli.main(["--config", config, *arguments])
    out.flush()
    return code, out.buffer.getvalue().decode()


def main(config: str, name: str, count: int) -> None:
    own: list[int] = []
    others: dict[int, int] = {}
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        code, listed = command(config, "list", "--json")
        if code != 0:
            sys.exit(listed)
        rows = [row for line in listed.splitlines() if (row := json.loads(line))["id"] > 0]
        if len(rows) == count and not [row for row in rows if row["state"] == "HELD"]:
            break
        for row in rows:
            if row["state"] == "HELD":
                code, _ = command(config, "approve", row["label"], "--by", name, "--tick", "all")
                if code == 0:
                    own.append(row["id"])
                else:
                    others[row["id"]] = code
    sys.stdout.write(json.dumps({"own": own, "others": list(others.values())}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
