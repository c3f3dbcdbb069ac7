"""The commands that change one registered project: edit, amend, close, delete; and what they share with invoices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Any

import click

from worker.cli import DONE, FOR_A_PERSON, Cli, json_option, open_office, pass_cli
from worker.cli.pages import with_reader
from worker.cli.person import agrees, by_option, find_author, is_at_terminal
from worker.cli.project import project
from worker.cli.tables import print_json
from worker.config.editing.fields import FieldRefused, KeyPath, number_forms
from worker.config.editing.register import (
    FieldRules,
    RegisterEdit,
    amend_project,
    close_project,
    delete_project,
    edit_project,
    field_texts,
    parse_field,
    read_tables,
)
from worker.config.projects import FILE
from worker.core.accounts import japanese_day
from worker.core.errors import ConfigError, NotAllowed, Problem
from worker.core.messages import Language, name_product, say
from worker.core.model import Product
from worker.core.states import UNFINISHED
from worker.core.text import escape_control_chars
from worker.pipeline.register import (
    Editor,
    MakeEdit,
    Paper,
    WrittenEdit,
    change_register,
    placed_papers,
    prepare_edit,
    refuse_deleting,
)
from worker.service.wiring import account_name, system_clock
from worker.store.ports import Author
from worker.views.register_json import change_lines, edit_json


class RegisterCommand:
    """One command's office, store and person, with what it shows before and after the change."""

    def __init__(self, shared: Cli, by: str, *, as_json: bool, is_certain: bool) -> None:
        """Raises ConfigError, NotAllowed for an unknown person or one without the right.

        Without a person, entries name the account of the system: an administrator's, who may write the register.
        """
        self.lang: Language = shared.lang
        self.office, self.store = open_office(shared)
        author = find_author(self.office, self.store, by) if by else Author(account_name(), account_name())
        clock, invoice_folder = system_clock(), self.office.active_config.invoice_folder
        self.today = japanese_day(clock.now())
        self.editor = Editor(self.office.directory, self.store, clock, author, invoice_folder)
        self._as_json = as_json
        self._asks = is_at_terminal() and not as_json and not is_certain

    @property
    def may_ask(self) -> bool:
        """True if a person sits at the terminal and did not say that nothing is to be asked."""
        return self._asks

    @property
    def rules(self) -> FieldRules:
        """The rules by which a text becomes a value."""
        configuration = self.office.configuration
        return FieldRules(configuration.issuers, number_forms(configuration.guarantors))

    def registered(self) -> bytes:
        """Returns ``projects.toml`` as the command found it."""
        return self.office.files.get(FILE, b"")

    def find(self, text: str) -> tuple[str, Mapping[KeyPath, str]]:
        """Returns the id of the project that ``text`` means, with its texts as shown. Raises NotAllowed."""
        known = read_tables(self.registered())
        found = known.find(text)
        return found, field_texts(known.tables[known.position(found)])

    def change(self, make: MakeEdit, remarks: Sequence[str] = ()) -> int:
        """Shows the edit, asks at a terminal, writes it and says what was judged again."""
        return self.change_with_papers((), lambda _: make, remarks)

    def change_with_papers(
        self, papers: Sequence[Paper], make: Callable[[Sequence[str]], MakeEdit], remarks: Sequence[str] = ()
    ) -> int:
        """As ``change``; ``papers`` are put into the invoices folder once the person has agreed."""
        prepared = prepare_edit(self.office.directory, make([each.name for each in papers]))
        if not self._as_json:
            self._show(prepared.edit, remarks)
        if self._asks and not agrees(say("change_asked", self.lang)):
            click.echo(say("change_left", self.lang))
            return FOR_A_PERSON
        folder = self.office.places.invoices
        with placed_papers(folder, papers) as named:
            done = self.write(make(named))
        if not self._as_json:
            for each in named if papers else ():
                click.echo(say("invoice_filed", self.lang, file=escape_control_chars(str(folder / each))))
        return self._report(done)

    def write(self, make: MakeEdit) -> WrittenEdit[RegisterEdit]:
        """Writes the edit and judges again what it touches."""
        return with_reader(lambda reader: change_register(self.editor, make, reader))

    def _show(self, edit: RegisterEdit, remarks: Sequence[str]) -> None:
        click.echo(say("change_shown", self.lang, project=escape_control_chars(edit.project)))
        for line in (*change_lines(edit, self.lang), *remarks):
            click.echo(line)

    def _report(self, done: WrittenEdit[RegisterEdit]) -> int:
        if self._as_json:
            print_json(edit_json(done.edit, done.judged))
            return DONE
        name = done.edit.later or done.edit.project
        click.echo(say("change_saved", self.lang, project=escape_control_chars(name)))
        if done.judged:
            click.echo(say("change_judged", self.lang, count=len(done.judged), ids=list(map(str, done.judged))))
        else:
            click.echo(say("change_judged_none", self.lang))
        return DONE


StartCommand = Callable[[], RegisterCommand]
"""Opens the office for the person who was named."""


def changes_register(kind: Callable[..., RegisterCommand]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Adds ``--by``, ``--yes`` and ``--json`` to a command, which gets a function that makes a ``kind`` of them."""

    def decorated(command: Callable[..., int]) -> Callable[..., int]:
        @by_option
        @click.option("--yes", "is_certain", is_flag=True, help="尋ねずに保存する / save without asking")
        @json_option
        @pass_cli
        @wraps(command)
        def called(shared: Cli, /, by: str, *, is_certain: bool, as_json: bool, **given: Any) -> int:
            return command(partial(kind, shared, by, as_json=as_json, is_certain=is_certain), **given)

        return called

    return decorated


def set_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--set FIELD=VALUE``, once or more."""
    return click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="FIELD=VALUE",
        help="項目=値（工事名、課、請負金額、values.工事番号 など。空なら消す） / a field and its value",
    )(command)


def texts_set(settings: Sequence[str]) -> dict[KeyPath, str]:
    """Returns the texts of ``--set`` by key. Raises ConfigError with every fault at once."""
    texts: dict[KeyPath, str] = {}
    found: list[Problem] = []
    for setting in settings:
        name, equals, text = setting.replace("＝", "=", 1).partition("=")
        if not equals:
            raise click.UsageError(f"--set {setting!r}: FIELD=VALUE")
        try:
            texts[parse_field(name)] = text
        except FieldRefused as refused:
            found.append(Problem(FILE, name, refused.code, refused.params))
    if found:
        raise ConfigError(found)
    return texts


@project.command("edit")
@click.argument("name", metavar="PROJECT")
@set_option
@changes_register(RegisterCommand)
def edit(start: StartCommand, name: str, settings: tuple[str, ...]) -> int:
    """案件の修正：項目を変え、待っている提出に反映します。

    PROJECT は案件のID、工事名、保証契約番号のどれかです。
    """
    texts = texts_set(settings)
    if not texts:
        raise click.UsageError("--set FIELD=VALUE")
    run = start()
    found, seen = run.find(name)
    rules = run.rules
    return run.change(lambda content: edit_project(content, found, texts, rules, seen))


@project.command("amend")
@click.argument("name", metavar="PROJECT")
@click.option("--contract-date", required=True, metavar="DATE", help="変更契約の契約日 / its date")
@click.option("--amount", default="", help="変更後の請負金額（円） / its amount, yen")
@click.option("--number", "numbers", multiple=True, metavar="advance=NUMBER", help="保証契約番号 / contract number")
@set_option
@changes_register(RegisterCommand)
def amend(
    start: StartCommand, name: str, contract_date: str, amount: str, numbers: tuple[str, ...], settings: tuple[str, ...]
) -> int:
    """変更契約の登録：当初の契約日・請負金額を残して、変更後の内容を登録します。"""
    texts = texts_set(
        [
            f"dates.contract={contract_date}",
            *([f"amount={amount}"] if amount else []),
            *(f"numbers.{each}" if "=" in each else f"contract_numbers={each}" for each in numbers),
            *settings,
        ]
    )
    run = start()
    found, seen = run.find(name)
    rules = run.rules
    remarks = [say("amend_note", run.lang)]
    return run.change(lambda content: amend_project(content, found, texts, rules, seen), remarks)


@project.command("close")
@click.argument("name", metavar="PROJECT")
@changes_register(RegisterCommand)
def close(start: StartCommand, name: str) -> int:
    """案件の完了：提出の催促を終えます（記録は残り、--set 完了= で元に戻せます）。"""
    run = start()
    found, _ = run.find(name)
    theirs = {product: run.store.of_project(found, product) for product in Product}
    unfinished = [str(each.id) for several in theirs.values() for each in several if each.state in UNFINISHED]
    if unfinished:
        raise NotAllowed("project_waits", project=found, ids=unfinished)
    expected = next((each.expects for each in run.office.configuration.projects if each.id == found), ())
    lacking = [name_product(product, run.lang) for product in expected if not theirs[product]]
    remarks = [say("close_missing", run.lang, products=lacking)] if lacking else []
    return run.change(lambda content: close_project(content, found, run.today), remarks)


@project.command("delete")
@click.argument("name", metavar="PROJECT")
@changes_register(RegisterCommand)
def delete(start: StartCommand, name: str) -> int:
    """案件の削除：提出が1件もない案件だけを、登録から消します。"""
    run = start()
    found, _ = run.find(name)
    refuse_deleting(run.store, found, run.registered())
    return run.change(lambda content: delete_project(content, found))
