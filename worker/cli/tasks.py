"""Commands that show open tasks and the state of each project: tasks; ``project list`` uses the same words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import click

from worker.approve.taken_on import taken_now
from worker.cli import DONE, Cli, cli, json_option, open_office, pass_cli
from worker.cli.absence import absence_of, say_absence
from worker.cli.tables import print_json, print_table, say_stopped
from worker.core.accounts import TakenWork
from worker.core.messages import Language, name_product, say
from worker.core.text import escape_control_chars
from worker.notify.digest import by_project, project_of
from worker.service.wiring import system_clock
from worker.views.commands import command_line
from worker.views.submission_json import listed_task_json
from worker.views.tasks import Task, Urgency, open_tasks

_COLOURS: Final = {Urgency.NOW: "bold red", Urgency.TODAY: "yellow", Urgency.SOON: "", Urgency.WATCH: "dim"}


@cli.command("tasks")
@json_option
@pass_cli
def show_tasks(shared: Cli, as_json: bool) -> int:
    """対応すること：案件ごとに、急ぐものから示します。"""
    office, store = open_office(shared)
    now = system_clock().now()
    found = open_tasks(store, office.outline, now)
    taken = taken_now(store, office.outline.settings.hours, now)
    absence = absence_of(office.places.store, store.health_records())
    if as_json:
        for each in found:
            person = taken[each.about].by if each.about in taken else ""
            print_json(listed_task_json(each, shared.lang, person, is_running=absence is None))
        return DONE
    say_stopped(store, shared.lang)
    say_absence(absence, shared.lang)
    if not found:
        click.echo(say("no_tasks", shared.lang))
        return DONE
    # Without anything taken on, the table is no wider.
    names = ("urgency", "due_date", "id", "product", *(("taken",) if taken else ()), "todo", "command")
    headings = [say(f"h_{name}", shared.lang) for name in names]
    for of_one in by_project(found):
        project = project_of(of_one[0])
        rows = [_cells(each, taken, shared.lang) for each in of_one]
        title = "　".join(
            filter(
                None,
                (
                    escape_control_chars(project[1]) or say("t_no_project", shared.lang),
                    escape_control_chars(project[2]),
                ),
            )
        )
        print_table(headings, rows, title=title, styles=[_COLOURS[each.urgency] for each in of_one])
    return DONE


def _cells(task: Task, taken: Mapping[str, TakenWork], lang: Language) -> tuple[str, ...]:
    person = taken[task.about].by if task.about in taken else ""
    return (
        say(f"urgency_{task.urgency.value}", lang),
        task.due_text(lang),
        task.label,
        name_product(task.product, lang),
        *((person,) if taken else ()),
        task.text(lang),
        command_line(task.action, lang),
    )
