"""The generated parts of docs/ (packages, states, words, shipped issuers, the tests' outcomes), and the store's SQL.

Run as a program it writes them all; ``test_docs.py``, ``store/sqlite/test_statements.py`` and ``views/test_limits.py``
assert that they are up to date.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.compile_statements import COMPILED, compiled_statements
from tests.draw_packages import package_imports, package_picture
from tests.prometheus_rules import RULES, rules
from tests.support.issuer_tables import sources_table, ways_table
from tests.support.smtp_outcomes import outcome_table
from tests.template_units import template_units
from worker.console.help_page import terms
from worker.core.accounts import RIGHTS, Role
from worker.core.messages import name_any_state, name_event, name_role, next_step, say
from worker.core.messages.on_pages import speaking_on_pages
from worker.core.messages.reasons import NEXT_STEPS, REASONS, STATE_NEXT
from worker.core.model import Composition, Hold, Submission
from worker.core.states import TRANSITIONS, Event, HoldKind, NoteEvent, Reason, State, kind_of
from worker.views.actions import action_for
from worker.views.commands import command_line
from worker.views.today import mend_of

ROOT = Path(__file__).parent.parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"
OFFICE = ROOT / "docs" / "office.ja.md"
COMMANDS = ROOT / "docs" / "office-commands.ja.md"
ISSUERS = ROOT / "docs" / "issuers.md"
LOG_FORMAT = ROOT / "docs" / "log-format.md"
RELIABILITY = ROOT / "docs" / "reliability.md"
ACCEPTED = "accepted"  # the name of the box in the diagram
KINDS = {HoldKind.CORRECT: "直す", HoldKind.ANSWER: "承認で解除", HoldKind.NEVER: "取り下げる"}


# --- The states ------------------------------------------------------------------------------------------------


def after_acceptance() -> list[State]:
    """The states of a submission after the server accepted it, without a final result: all share some events."""
    return [state for state in State if Event.NOT_ACCEPTED in TRANSITIONS[state]]


def edges() -> dict[tuple[State | None, State], list[Event]]:
    """Every way from a state to another, with the events that take it."""
    found: dict[tuple[State | None, State], list[Event]] = {}
    for state, row in TRANSITIONS.items():
        for event, targets in row.items():
            for target in targets:
                found.setdefault((state, target), []).append(event)
    return found


def state_diagram() -> str:
    """Mermaid: what all states after acceptance have in common is drawn once, from the box around them."""
    accepted = after_acceptance()
    ways = edges()
    common = {
        target: ways[accepted[0], target]
        for target in State
        if all(ways.get((state, target)) == ways.get((accepted[0], target)) is not None for state in accepted)
    }
    lines = ["```mermaid", "stateDiagram-v2"]
    inside, outside = [], []
    for (state, target), events in ways.items():
        label = f"{state or '[*]'} --> {target}: {', '.join(events)}"
        if state in accepted and target in accepted:
            inside.append(f"        {label}")
        elif state not in accepted or target not in common:
            outside.append(f"    {label}")
    lines += [f'    state "accepted by the server" as {ACCEPTED} {{', *inside, "    }", *outside]
    lines += [f"    {ACCEPTED} --> {target}: {', '.join(events)}" for target, events in common.items()]
    lines += [f"    {state} --> [*]" for state in State if not TRANSITIONS[state]]
    return "\n".join([*lines, "```"])


def states_table() -> str:
    """One row per state: its events, and the state that each leads to."""
    lines = ["| state | event → new state |", "|---|---|"]
    for state, row in TRANSITIONS.items():
        ways = (f"{event} → {' or '.join(targets)}" for event, targets in row.items())
        lines.append(f"| {state or '(new)'} | {' · '.join(ways) or 'final: a correction is a new submission'} |")
    return "\n".join(lines)


def events_table() -> str:
    """One row per event of an entry, in the order of its enumeration; those that move a submission first."""
    lines = ["| `event` | in words | moves a submission |", "|---|---|---|"]
    lines += [f"| `{each}` | {name_event(each, 'en')} | yes |" for each in Event]
    lines += [f"| `{each}` | {name_event(each, 'en')} | no |" for each in NoteEvent]
    return "\n".join(lines)


# --- The words of the office -----------------------------------------------------------------------------------


def not_yet_raised() -> set[Reason]:
    """Reasons that no step of this version gives: they have their names and words for the rule book to come."""
    named: set[str] = set()
    for path in (ROOT / "worker").rglob("*.py"):
        if path.name != "states.py" and path.parent.name != "messages":
            named |= set(re.findall(r"\bReason\.([A-Z_]+)\b", path.read_text()))
    child = (ROOT / "worker" / "read" / "pdf" / "child.py").read_text()
    return {reason for reason in Reason if reason.name not in named and f'"{reason.value}"' not in child}


def states_in_words() -> str:
    """One row per state: its word on the screen, what is to be done, and the command."""
    lines = ["| 画面の言葉 | 記号 | 次にすること | コマンド |", "|---|---|---|---|"]
    for state in State:
        if state is State.HELD:
            step, command = "下の「保留の理由」のとおり", ""
        else:
            step, command = STATE_NEXT.get(state, ("", ""))[0], command_line(action_for(Submission(1, state)), "ja")
        shown = f"`{command.replace('|', chr(92) + '|')}`" if command else ""
        lines.append(f"| {name_any_state(state, 'ja')} | {state} | {step} | {shown} |")
    return "\n".join(lines)


def reasons_in_words() -> str:
    """One row per hold reason that this version gives, in the order of the fixed list."""
    later = not_yet_raised()
    lines = ["| 理由 | 記号 | 次にすること | 解除のしかた |", "|---|---|---|---|"]
    lines += [
        f"| {REASONS[reason][0]} | {reason} | {NEXT_STEPS[reason][0]} | {KINDS[kind_of(reason)]} |"
        for reason in Reason
        if reason not in later
    ]
    return "\n".join(lines)


def commands_by_kind() -> str:
    """The command that the mail names for a hold of each kind."""
    example = {
        HoldKind.CORRECT: Reason.UNKNOWN_PROJECT,
        HoldKind.ANSWER: Reason.APPROVAL,
        HoldKind.NEVER: Reason.ENCODING,
    }
    lines = ["| 解除のしかた | コマンド |", "|---|---|"]
    for kind, words in KINDS.items():
        held = Submission(
            1, State.HELD, reasons=(Hold(example[kind]),), composed=Composition(draft_hash="7efa" + "0" * 60)
        )
        command = command_line(action_for(held), "ja")
        lines.append(f"| {words} | `{command}` |")
    return "\n".join(lines)


def glossary() -> str:
    """Every term with the sentence that the console's glossary has."""
    return "\n".join(["| 言葉 | 意味 |", "|---|---|", *(f"| {term} | {meaning} |" for term, meaning in terms("ja"))])


NOTHING = "することはありません"
IN_ONES_OWN_TIME = {
    State.APPROVED: "待つ（止めるには［送信を止める］）",
    State.SENDING: "待つ",
    State.SENT: "電話か返信で届いたことを確かめて記録",
    State.DELAYED: "待つ。期限が近ければ発注者に電話で確認",
    State.RELAYED: "電話か返信で届いたことを確かめて記録",
    State.DELIVERED: "電話か返信で届いたことを確かめて記録",
    State.CONFIRMED: f"{NOTHING}（送信の後に残る手続があれば、それだけ）",
    State.WITHDRAWN: NOTHING,
}
"""The manual's word about a state whose page asks for nothing."""


def states_on_pages() -> str:
    """One row per state, as a page says it."""
    lines = ["| 画面の言葉 | 次にすること |", "|---|---|"]
    with speaking_on_pages():
        for state in State:
            asked = next_step(Submission(1, state), "ja") or IN_ONES_OWN_TIME.get(state, "")
            step = "「保留の理由と直し方」のとおり" if state is State.HELD else asked
            lines.append(f"| {name_any_state(state, 'ja')} | {step} |")
    return "\n".join(lines)


def reasons_on_pages() -> str:
    """One row per hold reason, as a page says it: the button that mends it, and the roles that may press it."""
    later = not_yet_raised()
    lines = ["| 理由 | 次にすること | ボタン | できる方 |", "|---|---|---|---|"]
    with speaking_on_pages():
        for reason in Reason:
            if reason not in later:
                button, right = mend_of([reason])
                roles = "・".join(name_role(role, "ja") for role in Role if right in RIGHTS[role])
                step = next_step(Submission(1, State.HELD, reasons=(Hold(reason),)), "ja")
                lines.append(f"| {REASONS[reason][0]} | {step} | ［{say(f'button_{button}', 'ja')}］ | {roles} |")
    return "\n".join(lines)


PARTS = {
    ARCHITECTURE: {
        "packages": package_picture,
        "imports": package_imports,
        "diagram": state_diagram,
        "states": states_table,
    },
    OFFICE: {"terms": glossary, "states": states_on_pages, "reasons": reasons_on_pages},
    COMMANDS: {"states": states_in_words, "reasons": reasons_in_words, "kinds": commands_by_kind},
    ISSUERS: {"ways": ways_table, "sources": sources_table},
    LOG_FORMAT: {"events": events_table},
    RELIABILITY: {"smtp": outcome_table},
}


def rewritten(path: Path) -> str:
    """The text of ``path`` with every made part as the code says it today."""
    text = path.read_text()
    for name, make in PARTS[path].items():
        begin, end = f"<!-- made by tests/write_docs.py: {name} -->", "<!-- end -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise AssertionError(f"{path.name} has no part {name!r}")
        text = f"{before}{begin}\n{make()}\n{end}{after}"
    return text


if __name__ == "__main__":
    for document in PARTS:
        document.write_text(rewritten(document))
    COMPILED.write_text(compiled_statements())
    for unit, text in template_units().items():
        unit.write_text(text)
    RULES.write_text(rules())
