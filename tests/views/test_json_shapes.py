"""JSON output has fixed fields; the command line makes none of them itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import worker.cli
from tests.support.sources import nodes
from tests.support.tables import every_case
from worker.core.model import Product, Submission
from worker.core.states import State
from worker.views.actions import Action, ActionKind, Input, action_for
from worker.views.submission_json import action_json, submission_json, task_json
from worker.views.tasks import Task, TaskKind, Urgency

CLI = Path(worker.cli.__file__).parent


def task(action: Action | None) -> Task:
    texts = ("電話で確認", "call")
    return Task(TaskKind.CALL, "p", "工事", "町", Product.CONTRACT, 1, texts, None, action, Urgency.NOW, "1@A")


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_task_holds_its_command_as_before_and_its_action_beside_it(lang: str) -> None:
    read = task_json(task(Action(ActionKind.CONFIRM, 1, (Input.BY, Input.WHOM_AND_WHEN))), lang)
    placed = {"ja": "--by 氏名 --note 相手方・日時", "en": "--by NAME --note WHOM-AND-WHEN"}
    assert read["command"] == f"hoshobin confirm 1 {placed[lang]}"
    assert read["action"] == {
        "kind": "confirm",
        "submission": 1,
        "missing": ["by", "whom_and_when"],
        "label": None,
        "answer": None,
        "what": None,
    }
    before = ["kind", "urgency", "due", "project", "project_name", "issuer", "product", "submission", "label"]
    assert list(read) == [*before, "text", "command", "action", "days_over"], "what programs read stays where it was"


def test_a_task_without_an_action_has_neither() -> None:
    read = task_json(task(None), "ja")
    assert (read["command"], read["action"]) == (None, None)


@every_case("state", State)
def test_an_action_is_told_with_every_field_that_it_has(state: State) -> None:
    if (action := action_for(Submission(1, state))) is not None:
        assert action_json(action).keys() == {*Action.__dataclass_fields__}


def test_a_submission_has_its_fixed_fields() -> None:
    fields = """id label state hold_reason hold_reasons issuer issuer_name product project contract_number to subject
    message_id proven evidence evidence_params rehearsal due_at sent_at smtp_reply receipts unread updated_at
    invoice_amount invoice_amount_from invoice_date invoice_date_from"""
    assert list(submission_json(Submission(1, State.SENT))) == fields.split()


@every_case("path", sorted(CLI.glob("*.py")), ids=lambda path: path.stem)
def test_no_function_of_the_command_line_makes_a_shape_of_its_own(path: Path) -> None:
    made = [node.name for node in nodes()[path] if isinstance(node, ast.FunctionDef) and node.name.endswith("_json")]
    assert [name for name in made if name not in {"print_json", "_print_as_json"}] == []


def print_calls() -> list[tuple[str, ast.expr, set[str]]]:
    """Each argument of ``print_json`` in ``worker/cli``, with the names that its module takes from ``worker.views``."""
    found = []
    for file in sorted(CLI.rglob("*.py")):
        tree = nodes()[file]
        shapes = {
            name.name
            for node in tree
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("worker.views.")
            for name in node.names
        }
        found += [
            (f"{file.name}:{node.lineno}", node.args[0], shapes)
            for node in tree
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print_json"
        ]
    return found


def test_each_json_document_of_a_command_has_its_shape_in_views() -> None:
    calls = print_calls()
    assert len(calls) >= 20
    elsewhere = [
        place
        for place, given, shapes in calls
        if not (isinstance(given, ast.Call) and isinstance(given.func, ast.Name) and given.func.id in shapes)
    ]
    assert not elsewhere
