"""The result of a mail when the server fails at a step: written by hand, step by step and fault by fault.

``flow/test_smtp_outcomes.py`` asserts every cell against a server that does just that, and ``write_docs.py`` prints
the table into docs/reliability.md.
"""

from __future__ import annotations

from typing import Final

FAULTS: Final = {
    "close": "close",
    "hang": "hang",
    "421": "421",
    "450": "450",
    "451": "451",
    "452": "452",
    "535": "535",
    "550": "550",
    "552": "552",
    "554": "554",
    "garbage": "garbage",
    "slow": "a byte a second",
    "slow_for_ever": "… without end",
}
"""The fault as the server of the tests calls it, and as the document does."""

STEPS: Final = {
    "greeting": "greeting",
    "connect": "TLS handshake at once",
    "ehlo": "EHLO",
    "starttls": "STARTTLS",
    "tls": "TLS handshake after it",
    "ehlo_2": "EHLO again",
    "auth": "AUTH",
    "mail": "MAIL",
    "rcpt_1": "RCPT, the first",
    "rcpt_2": "RCPT, the second",
    "data": "DATA",
    "invited": "after 354",
    "body": "amid the mail",
    "dot": "final dot",
    "after": "after its 250",
    "rset": "RSET",
    "quit": "QUIT",
}

WORDS: Final = {
    "w": "waits",
    "A": "account",
    "a": "again",
    "M": "account†",
    "R": "refused",
    "D": "doubt",
    "S": "sent",
}

_TABLE: Final = """
            close  hang  421  450  451  452  535  550  552  554  garbage  slow  slow_for_ever
greeting    w      w     w    w    w    w    A    A    A    A    w        S     w
connect     w      w     w    w    w    w    w    w    w    w    w        w     w
ehlo        w      w     w    w    w    w    A    A    A    A    w        S     w
starttls    w      w     w    w    w    w    A    A    A    A    w        S     w
tls         w      w     w    w    w    w    w    w    w    w    w        w     w
ehlo_2      w      w     w    w    w    w    A    A    A    A    w        S     w
auth        w      w     w    w    w    w    A    A    A    A    w        S     w
mail        a      a     a    a    a    a    M    M    R    M    a        S     a
rcpt_1      a      a     a    a    a    a    R    R    R    R    a        S     a
rcpt_2      a      a     a    a    a    a    R    R    R    R    a        S     a
data        a      a     a    a    a    a    R    R    R    R    a        S     a
invited     D      D     a    a    a    a    R    R    R    R    D        D     D
body        D      D     a    a    a    a    R    R    R    R    D        D     D
dot         D      D     a    a    a    a    R    R    R    R    D        S     D
after       S      S     S    S    S    S    S    S    S    S    S        S     S
rset        S      S     S    S    S    S    S    S    S    S    S        S     S
quit        S      S     S    S    S    S    S    S    S    S    S        S     S
"""


def outcomes() -> dict[tuple[str, str], str]:
    """The letter of each cell, by step and fault."""
    head, *rows = (line.split() for line in _TABLE.strip().splitlines())
    found = {(step, fault): letter for step, *letters in rows for fault, letter in zip(head, letters, strict=True)}
    assert list(head) == list(FAULTS)
    assert [step for step, *_ in rows] == list(STEPS)
    return found


def outcome_table() -> str:
    """The table as the document shows it."""
    found = outcomes()
    lines = [f"| step | {' | '.join(FAULTS.values())} |", "|---" * (len(FAULTS) + 1) + "|"]
    for step, name in STEPS.items():
        lines.append(f"| {name} | {' | '.join(WORDS[found[step, fault]] for fault in FAULTS)} |")
    return "\n".join(lines)
