"""Sentences about changes of registered projects: (Japanese, English)."""

from __future__ import annotations

from typing import Final

FIELDS: Final[dict[str, tuple[str, str]]] = {
    "name": ("工事名", "project name"),
    "issuer": ("発注者", "issuer"),
    "section": ("提出先の課", "section that receives"),
    "contractor": ("受注者名（JVなど）", "contractor, if not the company"),
    "names_on_notice": ("お知らせの別の受注者名", "other contractor names on the notice"),
    "contract_numbers": ("保証契約番号（種類共通）", "contract numbers of any guarantee"),
    "numbers": ("保証契約番号", "contract numbers"),
    "by_name": ("工事名だけで一致とする", "matched by name alone"),
    "values": ("登録値", "registered values"),
    "dates": ("日付", "dates"),
    "deadline": ("提出期限", "deadline"),
    "department": ("部署", "department"),
    "contact": ("担当者", "contact person"),
    "phone": ("電話番号", "phone"),
    "invoice": ("請求書", "invoice"),
    "documents": ("その他の書類", "other documents"),
    "office": ("この案件だけの提出先", "receiver of this project alone"),
    "tendered_by": ("入札・契約を担当した課", "section that tendered"),
    "kind": ("種別", "kind of work"),
    "award": ("契約の方法", "how it was awarded"),
    "amount": ("請負金額", "contract amount"),
    "original_amount": ("当初の請負金額", "original contract amount"),
    "approval": ("発注者の承認", "the issuer's approval"),
    "exception": ("例外の同意", "the issuer's consent to an exception"),
    "excluded": ("電子保証の対象外", "excluded from electronic sureties"),
    "amended": ("変更契約", "amended contract"),
    "expects": ("必要な保証", "guarantees that are expected"),
    "closed": ("完了日", "closed on"),
    "rule": ("この案件だけの提出方法", "rule of this project alone"),
}
"""The keys of a project in office words."""
OFFICE_FIELDS: Final[dict[str, tuple[str, str]]] = {
    "name": ("名前", "name"),
    "to": ("宛先", "to"),
    "cc": ("CC", "cc"),
    "phone": ("電話番号", "phone"),
    "fax": ("FAX", "fax"),
}

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- refusals
    "no_such_project": (
        "「{project}」という案件は登録されていません（近い名前：{nearest}）。",
        "No project {project} is registered (nearest: {nearest}).",
    ),
    "several_projects": (
        "「{project}」に当たる案件が複数あります。次のどれかを指定してください：{ids}",
        "Several projects are called {project}. Name one of these: {ids}",
    ),
    "register_conflict": (
        (
            "案件「{project}」は、表示した後にほかの方が変更しました。何も保存していません。"
            "いまの内容：{fields}。もう一度確かめて、変更し直してください。"
        ),
        (
            "Another person changed {project} since it was shown. Nothing was saved. "
            "It now has: {fields}. Look at it again and repeat the change."
        ),
    ),
    "register_same": (
        "案件「{project}」はすでにその内容です。何も変更していません。",
        "{project} has these values already. Nothing was changed.",
    ),
    "project_closed": ("案件「{project}」は {day} に完了にしてあります。", "{project} was closed on {day}."),
    "project_submitted": (
        (
            "案件「{project}」には提出（{ids}）があるため、削除できません。記録が残るように、"
            "`hoshobin project close` で完了にしてください。"
        ),
        "{project} has submissions ({ids}), so it cannot be deleted. Close it with `hoshobin project close`.",
    ),
    "project_waits": (
        "案件「{project}」には、まだ終わっていない提出（{ids}）があります。先にそれを終えてから、完了にしてください。",
        "{project} has submissions that are not finished ({ids}). Finish them first, then close it.",
    ),
    "invoice_contract": (
        "契約保証には請求書がありません。前払金・中間前払金の提出の番号を指定してください。",
        "A contract guarantee has no invoice. Name a submission of an advance or interim guarantee.",
    ),
    "invoice_separate_one": (
        (
            "この案件には、同じ種類の保証の請求書がほかにも登録されています（{files}）。"
            "別途提出にできるのは、すべてをまとめて別途提出にするときだけです。"
        ),
        (
            "Other invoices are registered for guarantees of this kind ({files}). "
            "Only all of them together can be handed in separately."
        ),
    ),
    "file_empty": (
        "空のファイルです（中身がありません）。何も保存していません。ファイルを保存し直すか、取得し直してください。",
        "The file is empty. Nothing was saved. Save or download it again.",
    ),
    "not_a_pdf": (
        "PDFではないか、壊れています。何も保存していません。PDFで保存し直したものを指定してください。",
        "This is no PDF, or it is damaged. Nothing was saved. Save it as a PDF and name that file.",
    ),
    "pdf_too_large": (
        "PDFが大きすぎます（{limit} MB まで）。何も保存していません。画質を下げて保存し直してください。",
        "The PDF is too large (up to {limit} MB). Nothing was saved. Save it with less detail.",
    ),
    "submission_no_project": (
        (
            "提出 {id} は、まだどの案件か決まっていません。先に `hoshobin project add --from {id}` で登録するか、"
            "案件を修正してください。"
        ),
        "Submission {id} belongs to no project yet. Register it first: `hoshobin project add --from {id}`.",
    ),
    "submission_no_notice": (
        "提出 {id} には、読み取れたお知らせがありません。案件の内容は手で入力してください（`hoshobin project add`）。",
        "Submission {id} has no notice that could be read. Type the project's values (`hoshobin project add`).",
    ),
    "project_from_by": (
        "--from を使うときは、登録する人の氏名を --by に指定してください。",
        "With --from, name the person with --by.",
    ),
    # --- problems of the configuration
    "edit_field": (
        "「{name}」という項目はありません（近い名前：{nearest}）",
        "there is no field {name} (nearest: {nearest})",
    ),
    "amended_date_missing": ("変更契約の契約日がありません", "the date of the amended contract is missing"),
    "register_twice": (
        "案件・発注者のファイルが2か所にあります（{here} と {there}）",
        "files of the register are in two places ({here} and {there})",
    ),
    "register_missing": (
        "[register] dir のフォルダがありません（{there}）",
        "the directory of [register] dir does not exist ({there})",
    ),
    # --- summaries and results
    "change_shown": ("案件「{project}」を次のように変更します。", "{project} is changed as follows."),
    "change_line": ("  {field}：{before} → {after}", "  {field}: {before} → {after}"),
    "invoice_apart": ("別途提出", "handed in separately"),
    "change_asked": ("この内容で保存しますか（y／n）", "Save this (y/n)"),
    "change_left": ("何も変更していません。", "Nothing was changed."),
    "change_saved": ("保存しました：案件「{project}」。", "Saved: {project}."),
    "change_judged": (
        "関係する提出 {count}件に反映しました（{ids}）。`hoshobin list` で確認してください。",
        "{count} submissions were judged again ({ids}). See `hoshobin list`.",
    ),
    "change_judged_none": ("関係する提出はありません。", "No waiting submission is concerned."),
    "amend_note": (
        (
            "変更契約として登録すると、これから提出するこの案件のお知らせには、"
            "発注者の変更契約の提出方法を使います（送信済みのものは変わりません）。"
        ),
        "From now on the issuer's rule for amended contracts applies to notices of this project not yet sent.",
    ),
    "close_missing": (
        "まだ提出していない保証があります：{products}。完了にすると、催促しなくなります。",
        "These guarantees were not submitted: {products}. Once closed, the project is no longer a task.",
    ),
    "invoice_filed": ("請求書フォルダに保存しました：{file}", "Saved in the invoices folder: {file}"),
    "register_moved": (
        "案件と発注者のファイルを {to} に移しました（{count}件）。",
        "The files of projects and issuers were moved to {to} ({count}).",
    ),
    "register_already": (
        "案件と発注者のファイルは、すでに {to} にあります。",
        "The files of projects and issuers are in {to} already.",
    ),
    "register_not_free": (
        "移す先のフォルダに、すでにファイルがあります（{to}）。空のフォルダを指定してください。",
        "The directory to move to holds files already ({to}). Name an empty one.",
    ),
    "register_has_dir": (
        "worker.toml に [register] がすでにあります。dir を {to} に書き換えてください。",
        "worker.toml has a [register] table already. Write {to} as its dir.",
    ),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "edit_field": (
        "工事名、発注者、課、請負金額、契約日 などの項目名か、values.工事番号 のように書いてください",
        "write name, issuer, section, amount, dates.contract, or values.NAME",
    ),
    "amended_date_missing": (
        "--contract-date に変更契約書の日付を指定してください",
        "give the date of the amended contract with --contract-date",
    ),
    "register_twice": (
        "使うほうを [register] dir のフォルダに残し、もう一方を別の場所へ移してください",
        "keep the right files in the directory of [register] dir, and move the others elsewhere",
    ),
    "register_missing": (
        "フォルダを作るか、[register] dir を直してください",
        "make the directory, or correct [register] dir",
    ),
}
