"""Reports the store's gaps: the signs that stop the sending, the witness, the mails without a record."""

from __future__ import annotations

from collections.abc import Iterator

import click

from worker.cli.tables import print_table, time_text
from worker.core.errors import LogBroken
from worker.core.messages import Language, say
from worker.core.model import Sha256
from worker.core.states import NoteEvent
from worker.core.text import escape_control_chars, hide_codes
from worker.pipeline.track import since_resumed
from worker.read.message import read_message
from worker.store.ports import Store
from worker.store.signs import find_signs
from worker.views.service_json import Unknown, UnknownMail


def find_unknown(store: Store) -> Unknown:
    """Everything since a person last resumed. Raises Unavailable."""
    try:
        witness = store.witness()
    except LogBroken:  # one of the signs
        witness = None
    return Unknown(find_signs(store), store.head()[0], witness, tuple(_mails(store)))


def _mails(store: Store) -> Iterator[UnknownMail]:
    seen: set[str] = set()
    for entry in since_resumed(store, NoteEvent.FOREIGN_MAIL, NoteEvent.REPORT_TOO_EARLY):
        digest = str(entry.detail.get("mail", ""))
        if digest in seen:
            continue
        seen.add(digest)
        mail = read_message(store.original(Sha256(digest)))
        message_id = str(entry.detail.get("message_id", ""))
        yield UnknownMail(entry.at, mail.date, ", ".join(mail.senders), hide_codes(mail.subject), message_id)


def print_unknown(unknown: Unknown, lang: Language) -> None:
    """The same for people."""
    if unknown.signs:
        click.echo(say("t_signs", lang))
        for sign in unknown.signs:
            click.echo(f"　・{say(f'sign_{sign}', lang)}")
    else:
        click.echo(say("resume_no_signs", lang))
    if (witness := unknown.witness) is not None:
        store = escape_control_chars(witness.store)
        click.echo(say("resume_witness", lang, store=store, theirs=witness.number, own=unknown.own_entries))
    if unknown.mails:
        print_table(
            [say(f"h_{name}", lang) for name in ("time", "date", "sender", "subject")],
            [(time_text(each.at), each.date, each.sender, each.subject) for each in unknown.mails],
            title=say("t_unknown_mails", lang, count=len(unknown.mails)),
        )
