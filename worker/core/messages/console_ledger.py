"""Words of the import of a ledger, as a page and as a command; and of a project's memo."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "sample_written": ("見本の台帳を {file} に作りました。", "The sample ledger is written to {file}."),
    "ledger_title": ("工事台帳から登録", "Register from a ledger"),
    "ledger_link": ("台帳から登録", "From a ledger"),
    "ledger_why": (
        "ExcelかCSVの工事台帳を選ぶと、行ごとに何を登録するかを表示します。確かめるまで、何も保存しません。",
        "Choose a ledger (Excel or CSV). Each row's outcome is shown first; nothing is saved before that.",
    ),
    "ledger_file": ("台帳（.xlsx か .csv、5MB・1,000行まで）", "Ledger (.xlsx or .csv, up to 5 MB and 1,000 rows)"),
    "ledger_sheet_name": ("シート名（空なら最初のシート）", "Sheet (empty: the first)"),
    "ledger_read": ("内容を確かめる", "Review"),
    "ledger_sample": ("見本の台帳", "Sample ledger"),
    "ledger_sample_why": (
        "見出しはこの見本のとおりでなくても読めます。必要な列は工事名と発注者だけです。",
        "Other usual headings are read as well. Only the name of the work and the issuer are needed.",
    ),
    "ledger_rules_title": ("登録済みの案件", "Registered projects"),
    "ledger_rules": (
        (
            "発注者と工事名（または保証契約番号）が同じ行は、登録済みの案件として扱います。"
            "台帳にある値だけを変え、空の欄の値はそのまま残します。"
        ),
        (
            "A row with the issuer and name (or a contract number) of a registered project is taken for it. "
            "Only values in the ledger change; an empty cell changes nothing."
        ),
    ),
    "ledger_no_file": ("台帳のファイルを選んでください。", "Choose a ledger."),
    "ledger_lost": (
        "台帳の内容を読み取れませんでした。何も保存していません。もう一度ファイルを選んでください。",
        "What was read of the ledger is lost. Nothing was saved. Choose the file again.",
    ),
    "ledger_page_size": (
        "台帳が大きすぎるため、画面では扱えません。何件かずつのファイルに分けてください。",
        "The ledger is too large for this page. Divide it into several files.",
    ),
    "ledger_stale": (
        "表示した後に、登録されている案件が変わりました。まだ何も保存していません。もう一度確かめてください。",
        "The registered projects changed after this was shown. Nothing is saved yet. Please look again.",
    ),
    "ledger_look_again": (
        "直した内容で、もう一度確かめました。まだ何も保存していません。",
        "This is the outcome with your corrections. Nothing is saved yet.",
    ),
    "ledger_rows_bad": ("直すところがある行", "Rows to correct"),
    "ledger_rows_bad_more": (
        "ほかに{count}行あります。この分を直すと表示します。",
        "{count} more. They are shown once these are corrected.",
    ),
    "ledger_rows_new": ("新しく登録する案件", "New projects"),
    "ledger_rows_changed": ("変更する案件", "Changed projects"),
    "ledger_rows_same": ("変更のない案件", "Unchanged projects"),
    "ledger_row": ("行", "Row"),
    "ledger_row_named": ("{row}行目：{name}", "Row {row}: {name}"),
    "ledger_becomes": ("登録する内容", "Registered as"),
    "ledger_to_correct": ("直すところ", "To correct"),
    "ledger_was": ("台帳の値：{value}", "In the ledger: {value}"),
    "ledger_try": ("直した内容で、もう一度確かめる", "Try again with the corrections"),
    "ledger_save_good": ("誤りのない{count}件だけを登録", "Register the {count} good rows alone"),
    "ledger_save": ("{count}件を登録", "Register {count} projects"),
    "ledger_other_file": ("別のファイルを選ぶ", "Choose another file"),
    "ledger_nothing": ("登録する内容はありません。", "There is nothing to register."),
    "ledger_seen_in": ("{file}の内容", "Contents of {file}"),
    "memo_until": ("{day}まで待ち", "rests until {day}"),
    "said_ledger_saved": ("台帳の内容を登録しました。", "The ledger's rows are registered."),
    "said_ledger_saved_judged": (
        "台帳の内容を登録しました。待っている提出に反映しました。",
        "The ledger's rows are registered, and applied to what waits.",
    ),
}
