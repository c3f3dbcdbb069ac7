"""Commands that read one PDF and store nothing: read, preview."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from worker.approve.reevaluate import Drafted, reevaluate
from worker.cli import DONE, FOR_A_PERSON, Cli, cli, json_option, open_for_command, pass_cli
from worker.cli.pages import read_first_pages, read_given_pdf, read_one_notice, with_invoices_of
from worker.cli.tables import print_json, print_pairs, print_parts
from worker.compose.attachments import guarantees_in
from worker.config.files import find_directory, read_directory
from worker.config.load import guarantors_of
from worker.config.shipped import shipped_file
from worker.core.clock import Clock
from worker.core.errors import ConfigError
from worker.core.messages import Language, name_hold, name_product, next_step, say
from worker.core.model import JST, Hold, Notice, NoticeRecord, Sha256, Source, Submission, Unreadable, sha256
from worker.core.rulebook import Guarantor
from worker.core.states import Reason, State
from worker.match.match import KnownNotice, NewNotice, receive_notice
from worker.match.near_matches import near_misses_of
from worker.service.wiring import Installation, empty_store, has_store_of, load_installation, system_clock
from worker.store.ports import Reading, Store
from worker.views.preview import SubmissionView, render_view
from worker.views.problems import refusal_json
from worker.views.rule_replay import WithNotice
from worker.views.submission_json import notice_json, preview_json
from worker.watch.plan import FILE_LIMIT
from worker.watch.ports import InvoiceSnapshot

_FIELDS: Final = ("project_name", "contractor_name", "product", "contract_number", "key", "guarantor")


def _read(pdf: bytes, guarantors: tuple[Guarantor, ...]) -> Notice | Unreadable:
    return Unreadable(Reason.TOO_LARGE) if len(pdf) > FILE_LIMIT else read_one_notice(pdf, guarantors)


def _guarantors(shared: Cli) -> tuple[Guarantor, ...]:
    """Returns the profiles of the configuration, else the shipped ones: ``read`` needs no configuration."""
    if shared.config is None and "HOSHOBIN_CONFIG" not in os.environ:
        try:
            directory = find_directory(None, os.environ, Path.cwd())
        except ConfigError:
            return guarantors_of(shipped_file("config", "guarantors.toml"))
    else:
        directory = find_directory(shared.config, os.environ, Path.cwd())
    return guarantors_of(read_directory(directory)["guarantors.toml"])


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@pass_cli
def read(shared: Cli, file: Path, as_json: bool) -> int:
    """お知らせPDFの読み取り：項目、または読み取れない理由を示します（認証キーはそのまま表示されます）。"""
    guarantors = _guarantors(shared)
    result = _read(read_given_pdf(file), guarantors)
    if isinstance(result, Unreadable):
        message = _refusal_words(result, shared.lang)
        if as_json:
            print_json(refusal_json(result.reason.value, message))
        else:
            click.echo(message)
        return FOR_A_PERSON
    if as_json:
        print_json(notice_json(result))
    else:
        fields = notice_json(result)
        fields["product"] = name_product(result.product, shared.lang)
        fields["guarantor"] = next(each.name for each in guarantors if each.id == result.guarantor)
        print_pairs((say(f"f_{name}", shared.lang), fields[name]) for name in _FIELDS)
    return DONE


def _refusal_words(refusal: Unreadable, lang: Language) -> str:
    hold = Hold.of_refusal(refusal)
    held = Submission(0, State.HELD, reasons=(hold,))
    return say("refused_notice", lang, reason=name_hold(hold, lang), step=next_step(held, lang))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@pass_cli
def preview(shared: Cli, file: Path, as_json: bool) -> int:
    """下見：このPDFがどの提出になるかを、送信される形で示します（保存も送信もしません）。"""
    office = load_installation(shared.config)
    content = read_given_pdf(file)
    read_as = _read(content, office.configuration.guarantors)
    if isinstance(read_as, Unreadable):
        hold = Hold.of_refusal(read_as)
        seen = SubmissionView(Submission(0, State.HELD, notice=NoticeRecord(refusal=hold), reasons=(hold,)))
    else:
        seen = _see(office, read_as, content, file.name, shared.lang)
    if as_json:
        print_json(preview_json(seen, shared.lang))
    else:
        print_parts(render_view(seen, shared.lang))
    reasons = {hold.reason for hold in seen.submission.reasons}
    return FOR_A_PERSON if reasons - {Reason.APPROVAL} else DONE


def _see(office: Installation, notice: Notice, pdf: bytes, name: str, lang: Language) -> SubmissionView:
    clock = system_clock()
    known = _open_known(office, clock)
    digest = sha256(pdf)
    with_notice: Reading = WithNotice(known, digest, notice)
    way = Source("folder", name, "", None, proven=True)
    received = receive_notice(notice, digest, way, known)
    drafted = with_invoices_of(
        office.active_config,
        lambda: guarantees_in([notice], office.active_config.register, with_notice),
        lambda invoices: _draft(office, invoices, received, pdf, with_notice),
    )

    def original(wanted: Sha256) -> bytes:
        return pdf if wanted == digest else drafted.contents.get(wanted) or known.original(wanted)

    return SubmissionView(
        drafted.submission,
        drafted.body,
        drafted.checks,
        near_misses_of(drafted.submission, with_notice, office.active_config.register),
        read_first_pages(drafted.submission, original, notice.key.clear, lang),
        today=system_clock().now().astimezone(JST).date(),
    )


def _open_known(office: Installation, clock: Clock) -> Store:
    """Opens the office's store; before the first run an empty one, which is removed when the command ends."""
    if has_store_of(office):
        return open_for_command(office)
    return click.get_current_context().with_resource(empty_store(clock))


def _draft(
    office: Installation, invoices: InvoiceSnapshot, received: KnownNotice | NewNotice, pdf: bytes, known: Reading
) -> Drafted:
    submission = received.first if isinstance(received, KnownNotice) else received.submission
    if isinstance(received, KnownNotice) and submission.state is not State.HELD:
        body = submission.composed.draft.body_sha256 if submission.composed.draft else None
        return Drafted(submission, {}, known.original(body).decode() if body else "")
    return reevaluate(submission, office.active_config, invoices, known, system_clock().now(), pdf)
