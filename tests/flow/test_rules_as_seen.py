"""An issuer's rules as a person meets them: slips by ``check``, steps by ``preview``, what is left by ``tasks``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.office import Mailroom, Office, a_form, notice
from tests.support.world import ISSUERS, KNOWN, project

FORM = a_form("県道拡幅工事", "前払金保証")
SEPARATE = 'advance = "separate"'


def office_with(tmp_path: Path, issuer: str, *, form: str = "", issuers: dict[str, str] | None = None) -> Office:
    """An office with one issuer, 川北町, and a project of its."""
    office = Office(
        tmp_path,
        mode="approve",
        issuers={"kawa": issuer, **(issuers or {})},
        projects=[project(FORM.project, "kawa", FORM.number, invoice=form)],
        knows=KNOWN,
    )
    office.secret("smtp-password", "secret")
    (tmp_path / "a.pdf").write_bytes(notice(FORM))
    return office


# --- check ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "key", "sentence", "step"),
    [
        ("[section.財政課]\n", "", "課の見出しに「財政課」は使えません", "[section.zaisei]"),
        ("max_bytes = 7,000,000\n", "", "「7,000,000」は、数値の書き方ではありません", "3_000_000"),
        ('open = ["rule.default.subject"]\n', "rule.default.open", "ファイルの初めに書く項目", "最初の [ ]"),
        ('lines = ["受注者"]\n', "rule.default.lines[1]", "", '{ title = "…", value = "…" }'),
        ('notice = "添付"\n', "rule.default.notice", "「添付」は使えません", "attached（お知らせPDFを添付）"),
    ],
)
def test_check_ends_with_2_and_says_what_to_write_instead(
    tmp_path: Path, written: str, key: str, sentence: str, step: str
) -> None:
    office = office_with(tmp_path, ISSUERS["kawa"])
    text = ISSUERS["kawa"].replace('notice = "attached"\n', "") if written.startswith("notice") else ISSUERS["kawa"]
    office.write(issuers={"kawa": text + written})
    ran = office("check")
    assert ran.code == 2
    assert all(each in ran.err for each in ("issuers/kawa.toml", key, sentence, step))


def test_check_says_what_would_leave_a_person_without_a_next_step(tmp_path: Path) -> None:
    fax = '[rule.contract]\nchannel = "fax"\ninstructions = ["送付状を付けて送る"]\n'
    paper = '[rule.interim]\nchannel = "paper"\n'
    told = office_with(tmp_path, ISSUERS["kawa"] + fax + paper, issuers={"kita": ISSUERS["kawa"]})("check")
    assert told.code == 0
    shown = told.out + told.err
    for each in (
        "FAXで提出する課なのに、番号がありません",
        "人がすることが書かれていません",
        "も「川北町」です。画面でも台帳でも区別できません",
    ):
        assert each in shown


def test_check_lists_what_is_open_in_the_rules_of_amended_contracts(tmp_path: Path) -> None:
    issuer = 'open = ["rule.amended.subject"]\n' + ISSUERS["kawa"] + '[rule.amended]\nsubject = ""\n'
    told = office_with(tmp_path, issuer)("check")
    words = "川北町：次の項目が未確認のため、関係する提出は保留になります：件名（変更契約のすべての保証）"
    assert f"{words}［rule.amended.subject］" in told.out + told.err


@pytest.mark.parametrize("name", ["空無市", "zzz", "東伊豆"])
def test_an_issuer_that_is_not_in_the_catalogue_comes_with_the_way_to_begin_it(tmp_path: Path, name: str) -> None:
    ran = office_with(tmp_path, ISSUERS["kawa"])("issuers", "add", name)
    assert ran.code == 2
    assert f"「{name}」という発注者は同梱の一覧にありません" in ran.err
    assert "docs/rules.ja.md の例を issuers/名前.toml に写し、公表元のとおりに直してください" in ran.err


# --- preview -------------------------------------------------------------------------------------------------------


def test_preview_of_a_mail_whose_subject_nobody_has_seen_shows_the_rest(tmp_path: Path) -> None:
    issuer = 'open = ["rule.default.subject"]\n' + "\n".join(
        line for line in ISSUERS["kawa"].splitlines() if not line.startswith("subject")
    )
    office = office_with(tmp_path, issuer, form=SEPARATE)
    ran = office("preview", str(tmp_path / "a.pdf"), "--json")
    assert (ran.code, set(ran.document["hold_reasons"])) == (1, {"rule_open", "approval"})
    assert ran.document["to"] == ["doboku@kawa-town.example"]
    assert FORM.number in ran.document["body"]
    assert [each["filename"] for each in ran.document["attachments"]] == [f"認証キーのお知らせ_{FORM.number}.pdf"]
    assert "（件名は未確認）" in office("preview", str(tmp_path / "a.pdf")).out


def test_preview_of_a_fax_shows_number_and_steps_and_no_open_key_of_a_mail(tmp_path: Path) -> None:
    fax = 'channel = "fax"\ninstructions = ["送付状を付けて送る"]\n'
    issuer = 'open = ["rule.default.subject", "rule.default.max_bytes"]\n' + (
        ISSUERS["kawa"]
        .replace('phone = "', 'fax = "0761-00-0001"\nphone = "')
        .replace('channel = "email"\n', fax)
        .replace("attached", "typed")
    )
    shown = office_with(tmp_path, issuer, form=SEPARATE)("preview", str(tmp_path / "a.pdf"))
    for each in ("0761-00-0001", "送付状を付けて送る", FORM.number):
        assert each in shown.out
    assert FORM.key not in shown.out
    assert "未確認" not in shown.out


def test_what_the_announcement_excludes_is_held_whatever_the_issuer_takes(tmp_path: Path) -> None:
    office = office_with(tmp_path, ISSUERS["kawa"])
    office.write(projects=[project(FORM.project, "kawa", FORM.number, excluded="true")])
    assert "not_eligible" in office("preview", str(tmp_path / "a.pdf"), "--json").document["hold_reasons"]


# --- tasks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", ["", 'after = [{ text = "請求書の原本を会計課へ持参", when = "apart" }]\n'])
def test_what_the_sent_letter_promises_is_a_task_until_it_is_done(
    mailroom: Callable[..., Mailroom], after: str
) -> None:
    room = mailroom(
        projects=[project(FORM.project, "kawa", FORM.number, invoice=SEPARATE)],
        issuers={"kawa": ISSUERS["kawa"] + after},
    )
    room.office.save_notice("a.pdf", notice(FORM))
    room.office.run_once()
    (mail,) = room.submissions
    assert "前払金請求書は別途提出いたします" in mail.text
    owed = "請求書の原本を会計課へ持参" if after else "前払金請求書を別途提出"
    assert owed in room.office("tasks").out


def test_a_letter_with_its_invoice_leaves_no_such_task(mailroom: Callable[..., Mailroom]) -> None:
    contract = a_form("橋梁補修工事")
    room = mailroom(projects=[project(contract.project, "kawa", contract.number)])
    room.office.save_notice("a.pdf", notice(contract))
    room.office.run_once()
    assert len(room.submissions) == 1
    assert "別途提出" not in room.office("tasks").out
