"""Kinds of rules that real issuers have, given to invented ones: each submission as a person sees it before sending.

The expected text is kept whole in ``issuers/kinds/seen/`` and is compared line by line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from tests.support.config_samples import GUARANTORS, WORKER
from tests.support.fakes import FakeFiles
from tests.support.holds import detail_of
from tests.support.registered import ALL_KNOWN, INVOICE, PDF, arrived
from tests.support.world import NUMBER, START
from worker.approve.reevaluate import Drafted, DraftInput, activate_config, draft_submission
from worker.config.editing.fields import FieldRefused, find_issuer
from worker.config.files import TemplateFiles
from worker.config.load import Configuration, load_configuration
from worker.config.shipped import shipped_file
from worker.core.errors import ConfigError
from worker.core.model import Key, Notice, Product
from worker.core.params import Aside
from worker.core.states import Reason
from worker.views.preview import SubmissionView, render_view

HERE = Path(__file__).parents[1] / "support" / "issuers" / "kinds"
BODY = "templates/mail/default.txt.j2"
SEPARATE = {"invoice": {"advance": "separate"}}
RIDING = {"invoice": {"advance": {"file": "road.pdf", "amount": 20_000_000}}}
CONCLUDED = {"dates": {"contract": START.date()}}


def load(issuer: str = "", project: dict[str, Any] | None = None) -> Configuration:
    files = {f"issuers/{path.name}": path.read_bytes() for path in HERE.glob("*.toml")}
    projects = [] if project is None else [{"name": "道路改良工事", "issuer": issuer} | project]
    files |= {
        "worker.toml": WORKER.replace("smtp.contractor.example", "localhost").encode(),
        "guarantors.toml": GUARANTORS.encode(),
        "projects.toml": tomlkit.dumps({"project": projects}).encode(),
        BODY: shipped_file("templates", "mail", "default.txt.j2"),
    }
    return load_configuration(files)


def drafted(issuer: str, product: Product, project: dict[str, Any]) -> Drafted:
    registered = project | {"contract_numbers": [NUMBER]}
    active_config = activate_config(load(issuer, registered), TemplateFiles({}), FakeFiles({"road.pdf": INVOICE}))
    notice = Notice("east", "道路改良工事", "〇〇建設 株式会社", product, NUMBER, Key("AbCd1234EfGh"))
    invoices = active_config.invoice_folder.snapshot()
    return draft_submission(
        DraftInput(arrived(notice), notice, PDF, None, None, "", active_config, invoices, ALL_KNOWN, START)
    )


@dataclass(frozen=True)
class Case:
    """One submission: its recipient, guarantee and project."""

    name: str
    issuer: str
    product: Product
    project: dict[str, Any] = field(default_factory=dict)


ADVANCE, CONTRACT = Product.ADVANCE, Product.CONTRACT
CASES = (
    Case("sakyu-attached", "sakyu", ADVANCE, RIDING | CONCLUDED),
    Case("sakyu-apart", "sakyu", ADVANCE, SEPARATE),
    Case("sakyu-contract", "sakyu", CONTRACT),
    Case("kakitsubata-original", "kakitsubata", CONTRACT, {"dates": {"announcement": START.date()}}),
    Case("kakitsubata-amended", "kakitsubata", CONTRACT, {"amended": True, "dates": {"announcement": START.date()}}),
    Case("shirasagi-started", "shirasagi", ADVANCE, SEPARATE | {"dates": {"procedure_start": START.date()}}),
    Case("shirasagi-unknown", "shirasagi", CONTRACT),
    Case("shirasagi-excluded", "shirasagi", CONTRACT, {"excluded": True, "dates": {"procedure_start": START.date()}}),
    Case("kaikyo-email", "kaikyo", CONTRACT),
    Case(
        "kaikyo-fax",
        "kaikyo",
        CONTRACT,
        {"rule": {"contract": {"channel": "fax", "instructions": ["送付状を付けて送る"]}}},
    ),
    Case("hisui-first-value", "hisui", ADVANCE, SEPARATE | {"values": {"案件番号": "26-1", "工事番号": "R8-12"}}),
    Case("hisui-second-value", "hisui", ADVANCE, SEPARATE | {"values": {"工事番号": "R8-12"}}),
    Case("hisui-contract", "hisui", CONTRACT),
    Case("koshiji-chisan", "koshiji-chisan", ADVANCE, {"values": {"工事番号": "R8-12"}}),
    Case("minatotsu", "minatotsu", CONTRACT),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_submission_is_seen_as_the_issuer_wants_it(case: Case) -> None:
    made = drafted(case.issuer, case.product, case.project)
    parts = render_view(SubmissionView(made.submission, made.body), "ja")  # the guards are not of the rule
    seen = "\n".join(
        line
        for part in parts
        for line in (f"# {part.title}", *(f"{heading}：{value}" for heading, value in part.pairs))
    )
    assert seen.splitlines() == (HERE / "seen" / f"{case.name}.txt").read_text().splitlines()


# --- An issuer with two files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["koshiji-chisan", "越路県治山課", "越路県（治山課）", "越路県 (治山課)", "越路県　治山課"]
)
def test_an_issuer_with_two_files_is_chosen_by_its_scope(text: str) -> None:
    assert find_issuer(text, load().issuers).id == "koshiji-chisan"


@pytest.mark.parametrize("text", ["越路県", "越路 県"])
def test_its_name_alone_is_refused_with_both_files(text: str) -> None:
    with pytest.raises(FieldRefused) as refused:
        find_issuer(text, load().issuers)
    assert refused.value.code == "field_two_issuers"
    ids = [Aside("koshiji-chisan", "越路県（治山課）"), Aside("koshiji-doboku", "越路県（土木部）")]
    assert refused.value.params["ids"] == ids


def test_two_files_of_one_name_without_a_scope_are_remarked_on() -> None:
    given = {file.name: file.content for file in load().files}
    twice = given | {"issuers/koshiji-doboku.toml": given["issuers/koshiji-chisan.toml"]}
    remarks = [each for each in load_configuration(twice).remarks if each.code == "same_name"]
    assert [(each.file, each.params["file"]) for each in remarks] == [
        ("issuers/koshiji-doboku.toml", "issuers/koshiji-chisan.toml")
    ]
    assert [each for each in load().remarks if each.code == "same_name"] == []


# --- What is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ({"after": [{"when": "apart"}]}, "missing_key"),
        ({"after": [{"text": "請求書", "when": "never"}]}, "unknown_value"),
        ({"conditions": [{"text": "", "when": "apart"}]}, "empty"),
        ({"conditions": [3]}, "not_text"),
        ({"conditions": [{"txt": "x"}]}, "unknown_key"),
    ],
)
def test_a_sentence_that_is_none_is_refused(table: dict[str, Any], code: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load("sakyu", {"rule": {"advance": table}})
    assert code in {each.code for each in refused.value.problems}


def test_a_value_that_a_condition_asks_about_is_named_with_the_cure() -> None:
    subject = "{% if values.案件番号 %}{{ values.案件番号 }}{% else %}{{ values.工事番号 }}{% endif %}"
    project = {"values": {"工事番号": "R8-12"}, "rule": {"contract": {"subject": subject}}}
    made = drafted("hisui", CONTRACT, project)
    held = {hold.reason: detail_of(hold) for hold in made.submission.reasons}
    assert held[Reason.MISSING_VALUE] == "condition: 案件番号"
