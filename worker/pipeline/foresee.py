"""Foresees the mail of a guarantee whose notice has not come: judged as the notice of a registered project would be.

Nothing is recorded. The notice is invented, and so are its number, unless one is registered, and its key.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

from worker.approve.reevaluate import ActiveConfig, reevaluate
from worker.compose.attachments import guarantees_in
from worker.core.model import JST, Key, Notice, Product, Source, sha256
from worker.core.rulebook import Project
from worker.core.states import Reason
from worker.match.match import KnownNotice, receive_notice
from worker.pipeline.invoices import with_invoices
from worker.read.ports import PdfReader
from worker.store.ports import Reading
from worker.views.preview import SubmissionView
from worker.views.rule_replay import WithNotice

_KEY: Final = Key("Mm0Foreseen")
"""An invented key: eleven letters and digits, as the guarantors' keys have, so that it is masked as one."""
_NUMBER: Final = "00000-000000"
"""An invented number for a guarantee without a registered one."""
_PDF: Final = b"%PDF-1.4 a notice that has not come"


async def foresee(
    project: Project, product: Product, active_config: ActiveConfig, known: Reading, reader: PdfReader, now: dt.datetime
) -> SubmissionView | None:
    """Returns the submission that a notice of this guarantee would become; None if one came already.

    Raises Unavailable if no child can be started.
    """
    issuer = active_config.configuration.issuers[project.issuer]
    guarantors = active_config.configuration.guarantors
    guarantor = next((each for each in guarantors if each.id in issuer.guarantors), guarantors[0])
    free = (each for each in project.numbers_of(product) if not known.by_number(each))
    number = next(free, _NUMBER)
    contractor = project.contractor or active_config.register.own_name
    notice = Notice(guarantor.id, project.name, contractor, product, number, _KEY)
    digest = sha256(_PDF + project.id.encode() + product.encode())
    with_notice: Reading = WithNotice(known, digest, notice)
    received = receive_notice(notice, digest, Source("folder", "", "", None, proven=True), with_notice)
    if isinstance(received, KnownNotice):
        return None
    drafted = await with_invoices(
        lambda: guarantees_in([notice], active_config.register, with_notice),
        active_config,
        reader,
        lambda invoices: reevaluate(received.submission, active_config, invoices, with_notice, now, _PDF),
    )
    # The invented file holds neither number nor key.
    reasons = tuple(each for each in drafted.submission.reasons if each.reason is not Reason.KEY_DIFFERS)
    body = drafted.body.replace(_KEY.clear, str(_KEY))
    return SubmissionView(
        replace(drafted.submission, reasons=reasons), body, drafted.checks, today=now.astimezone(JST).date()
    )
