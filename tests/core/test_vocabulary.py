"""Events, notes and alarm causes are said by their enumerations alone; both languages have words for each event."""

from __future__ import annotations

import ast
import datetime as dt
import functools
import re
from collections.abc import Iterable, Iterator

from tests.support.sources import PACKAGE, calls, nodes
from tests.support.tables import every_case
from worker.core.alarms import cause_about, cause_kind
from worker.core.messages import name_event
from worker.core.messages.events import EVENTS
from worker.core.model import JST, Alarm
from worker.core.states import AlarmCause, Event, NoteEvent

HOME = "core/states.py"
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")

# The same word in another vocabulary: a step's verdict, a PDF child's answer, a key of --json, of a message, of a log.
OTHER_WORDS = {
    ("cli/errors.py", "log_broken"): "code of a message",
    ("config/outline.py", "deadline"): "key of projects.toml",
    ("config/accepted.py", "deadline"): "key of projects.toml",
    ("views/problems.py", "refused"): "key of --json",
    ("cli/run_office.py", "log_broken"): "code of a message",
    ("core/messages/commands.py", "log_broken"): "code of a message",
    ("core/messages/events.py", "bounced"): "English words of an event",
    ("core/messages/events.py", "deadline"): "name of an entry's detail",
    ("core/messages/events.py", "refused"): "English words of an event",
    ("core/messages/preview.py", "deadline"): "code of a message",
    ("compose/invoice_check.py", "refused"): "code of a hold",
    ("config/projects.py", "deadline"): "key of the register",
    ("config/editing/register.py", "deadline"): "key of the register",
    ("views/project_form.py", "deadline"): "key of the register",
    ("console/help_page.py", "in_doubt"): "code of a message",
    ("core/messages/register_edits.py", "deadline"): "key of the register",
    ("core/messages/reasons.py", "refused"): "code of a hold",
    ("core/model.py", "put_off"): "End",
    ("core/model.py", "unfetched"): "End",
    ("core/old_sentences.py", "refused"): "code of a hold",
    ("notify/operator_mail.py", "log_broken"): "code of a message",
    ("pipeline/remind.py", "deadline"): "name of an entry's detail",
    ("core/messages/events.py", "pdf_sandbox"): "name of a thing that is not reached",
    ("read/pdf/child.py", "refused"): "answer of the child",
    ("read/pdf/pool.py", "refused"): "answer of the child",
    ("read/ports.py", "pdf_sandbox"): "name of a thing that is not reached",
    ("send/smtp_verdicts.py", "account_refused"): "Verdict",
    ("send/smtp_verdicts.py", "in_doubt"): "Verdict",
    ("send/smtp_verdicts.py", "refused"): "Verdict",
    ("service/absence.py", "log_broken"): "code of an end",
    ("service/service.py", "configuration_refused"): "event of the program's own log",
    ("service/service.py", "log_broken"): "event of the program's own log",
    ("service/status.py", "deaf"): "event of the program's own log",
    ("store/sqlite/compiled.py", NoteEvent.REPORT_TOO_EARLY.value): "compiled from the enumeration",
    ("store/sqlite/compiled.py", NoteEvent.UPLOADED.value): "compiled from the enumeration",
    ("store/sqlite/queries.py", "digest"): "name of a bound value",
    ("store/sqlite/statements.py", "digest"): "name of a bound value",
    ("store/sqlite/store.py", "digest"): "name of a bound value",
    ("views/limits.py", "account_refused"): "result of an attempt, in the figures",
    ("views/limits.py", "refused"): "result, in the figures",
    ("views/log_counts.py", "account_refused"): "result of an attempt, in the figures",
    ("views/log_counts.py", "refused"): "result, in the figures",
    ("views/preview.py", "deadline"): "key of --json",
    ("views/tasks.py", "news"): "kind of a task",
    ("views/tasks.py", "leaving"): "kind of a task",
    ("views/rule_replay.py", "deadline"): "name of a field",
}


def strings_in(tree: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Line and text of every string constant that is no docstring; the pieces of an f-string are among them."""
    said: set[int] = set()
    for node in tree:  # a statement comes before what it consists of
        if isinstance(node, ast.Expr):
            said.add(id(node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


def is_event(text: str, value: str) -> bool:
    """Also inside a statement of SQL, in quotation marks."""
    return text == value or f"'{value}'" in text or f'"{value}"' in text


def is_cause(text: str, value: str) -> bool:
    """Also with what it is about behind it, or inside a statement of SQL."""
    return is_event(text, value) or re.match(rf"{value}:(?! )", text) is not None


ANY = re.compile("|".join(re.escape(each.value) for each in (*Event, *NoteEvent, *AlarmCause)))
"""Passes over most strings at once: a search through the values one by one took five seconds."""


def literals(tree: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """The line and value of each event, note and alarm cause that the nodes ``tree`` write out."""
    for line, text in strings_in(tree):
        if ANY.search(text) is None:
            continue
        yield from ((line, each.value) for each in (*Event, *NoteEvent) if is_event(text, each.value))
        yield from ((line, each.value) for each in AlarmCause if is_cause(text, each.value))


@functools.cache
def found() -> list[tuple[str, int, str]]:
    """File, line and value of each literal in ``worker``."""
    return [
        (name, line, value)
        for path, tree in nodes().items()
        if (name := path.relative_to(PACKAGE).as_posix()) != HOME
        for line, value in literals(tree)
        # An announcement is a state, a reason and an end as well; its word is in too many places to list.
        if value != AlarmCause.ANNOUNCED
    ]


def test_no_literal_of_an_event_a_note_or_an_alarm_cause_stands_outside_its_enumeration() -> None:
    assert [f"{name}:{line} {value}" for name, line, value in found() if (name, value) not in OTHER_WORDS] == []


def test_every_word_that_is_excepted_still_stands_where_it_is_excepted() -> None:
    assert OTHER_WORDS.keys() - {(name, value) for name, _, value in found()} == set()


@every_case(
    "planted",
    [
        'writing.note("SeenAgain", 1, author, {})',
        'writing.raise_alarm("began_to_wait", [1])',
        'writing.raise_alarm(f"deaf:{name}", [])',
        "sa.text(\"SELECT 1 FROM entries WHERE event = 'ReportTooEarly'\")",
        "ENTRIES.c.event == 'Started'",
        'store.entries(events=["Accepted"])',
        'alarm.cause.startswith("digest:")',
        "match kind:\n    case 'mute':\n        pass",
    ],
)
def test_a_planted_literal_is_found(planted: str) -> None:
    assert len(list(literals(ast.walk(ast.parse(planted))))) == 1


def test_a_cause_is_never_handed_over_as_a_literal() -> None:
    """Also not one that is a word of another vocabulary in the same file."""
    takers = {"raise_alarm", "last_alarm", "cause_about", "Alarm", "note"}
    values = {each.value for each in (*AlarmCause, *NoteEvent)}
    planted = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path, inside in calls().items()
        for node in inside
        if getattr(node.func, "attr", getattr(node.func, "id", "")) in takers
        and node.args
        and any(
            isinstance(each, ast.Constant) and str(each.value).partition(":")[0] in values
            for each in ast.walk(node.args[0])
        )
    ]
    assert planted == []


def test_no_event_is_a_note_and_no_value_is_said_twice() -> None:
    said = [each.value for each in (*Event, *NoteEvent)]
    assert len(said) == len(set(said))


@every_case("event", [*Event, *NoteEvent])
def test_every_event_has_its_words_in_both_languages(event: Event | NoteEvent) -> None:
    japanese, english = name_event(event.value, "ja"), name_event(event.value, "en")
    assert JAPANESE.search(japanese)
    assert english
    assert not JAPANESE.search(english)


def test_no_word_is_kept_for_an_event_that_is_none() -> None:
    assert EVENTS.keys() == {*Event, *NoteEvent}


# Written out here once more: these are in the databases of offices, and are never renamed.
STORED_NOTES = """
    SeenAgain SenderProven Joined NoticeAwaited DeadlineNear Rescheduled StepsRenewed ToldBefore NotReadAgain NoAnswer
    AnswerAfterwards Started ConfigurationChanged WithoutCopy OtherCopy ReportTooEarly CameBack Done DoneCorrected Noted
    NotReached Resumed LeftAlone
    Restored BackedUp BackupChecked ForeignMail Exported RehearsalOn RehearsalOff LoggedIn LoginFailed UserChanged
    Viewed KeyShown Downloaded RegisterChanged IssuerChanged RegisterMoved Uploaded
"""
STORED_CAUSES = """
    began_to_wait leaving in_doubt refused bounced late_answer came_back news withdrawn_again unproven_newcomer
    not_read_again deadline announced unfetched put_off account_refused mute deaf left_alone pdf_sandbox store_failed
    store_mended log_broken backup_failed configuration_refused digest escalation request_waits turn_began guessing
    role_given sent_list person_unreached webhook_refused
"""


def test_the_values_are_those_that_are_stored() -> None:
    assert [each.value for each in NoteEvent] == STORED_NOTES.split()
    assert [each.value for each in AlarmCause] == STORED_CAUSES.split()


@every_case("cause", AlarmCause)
def test_what_an_alarm_is_about_stands_behind_its_cause(cause: AlarmCause) -> None:
    about = Alarm(1, cause_about(cause, "mail", 3), (), dt.datetime(2026, 4, 1, tzinfo=JST))
    assert about.cause == f"{cause.value}:mail:3"
    assert cause_kind(about) == cause
    assert cause_kind(Alarm(1, cause, (), about.created_at)) == cause
