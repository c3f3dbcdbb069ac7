"""Sentences about registering, the register's overview and the tasks: (Japanese, English)."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- Tasks -----------------------------------------------------------------------------------------------
    "task_call": (
        "{whom}（{phone}）へ電話で到達を確認し、記録",
        "call {whom} ({phone}), ask whether it arrived, and record the answer",
    ),
    "task_call_unknown": (
        "{whom}へ電話で到達を確認し、記録（電話番号は未登録）",
        "call {whom} (no number is registered), ask whether it arrived, and record the answer",
    ),
    "task_unconfirmed": (
        "到達未確認。返信か電話があれば記録",
        "arrival not confirmed: record the reply or the call when it comes",
    ),
    "task_settling": (
        "到達未確認。{days}日以内に不達の通知がなければ完了",
        "arrival not confirmed: closed when no bounce comes within {days} days",
    ),
    "task_expected": (
        "{product}の「認証キーのお知らせ」が未着。保証の申込み・取得の状況を確認",
        "the notice of the {product} has not come: check the application with the surety",
    ),
    "task_undated": (
        "{product}が未着。期限を計算できるよう、契約日または請求日を案件に登録",
        "the {product} has not come: register the date of contract or invoice to get a due date",
    ),
    "no_tasks": ("対応することはありません。", "There is nothing to do."),
    "status_tasks": (
        "対応すること：{count}件（うち至急 {now}件）。`hoshobin tasks` でご確認ください。",
        "Tasks: {count}, {now} of them at once. See `hoshobin tasks`.",
    ),
    "urgency_1": ("至急", "now"),
    "urgency_2": ("本日", "today"),
    "urgency_3": ("近日", "soon"),
    "urgency_4": ("経過観察", "watch"),
    "h_urgency": ("急ぎ", "urgency"),
    "h_todo": ("すること", "what to do"),
    "h_due_date": ("期限", "due"),
    "t_no_project": ("案件不明", "project not known"),
    # --- What a value of a project may not be ------------------------------------------------------------------
    "field_too_long": ("長すぎます（上限 {limit} 文字）", "too long (at most {limit} characters)"),
    "field_date": (
        "「{value}」を日付として読めません（令和8年4月1日、R8.4.1、2026-04-01 のように）",
        '"{value}" is not a date with a certain year (2026-04-01, R8.4.1)',
    ),
    "field_amount": ("「{value}」を円の金額として読めません", '"{value}" is not an amount in yen'),
    "field_word": ("「{value}」は使えません（使える値：{valid}）", '"{value}" is not one of: {valid}'),
    "field_section": (
        "{issuer}に「{value}」という課はありません（登録されている課：{valid}）",
        '{issuer} has no section "{value}" ({valid})',
    ),
    "field_issuer": (
        "発注者「{value}」は自社の設定にありません（近い名前：{near}）。`hoshobin issuers add` で登録してください",
        'no issuer "{value}" is configured (nearest: {near}); add it with `hoshobin issuers add`',
    ),
    "field_two_issuers": (
        "「{value}」に該当する発注者が複数あります。略号か、範囲を付けた名前で指定してください：{ids}",
        '"{value}" could be several issuers: give the file, or the name with its scope: {ids}',
    ),
    "import_key": (
        "「{name}」は案件の項目ではありません（近い名前：{nearest}）",
        '"{name}" is not a key of a project (nearest: {nearest})',
    ),
    # --- What a spreadsheet made of a value ----------------------------------------------------------------------
    "damage_error": ("「{value}」は表計算ソフトのエラー表示です", '"{value}" is an error value of a spreadsheet'),
    "damage_formula": (
        "「{value}」は式（または先頭の '）のままの文字です",
        '"{value}" is a formula, or a mark of text, and not its value',
    ),
    "damage_exponent": (
        "「{value}」は指数の表示です（元の番号の桁が失われています）",
        '"{value}" is a number with an exponent: the digits of the original are lost',
    ),
    "damage_digits": (
        "「{value}」は16桁目から後が 0 です（表計算ソフトは15桁までしか保てません）",
        '"{value}" has only zeros after its 15th digit, which is as many as a spreadsheet keeps',
    ),
    "damage_boolean": ("「{value}」は TRUE／FALSE の値です", '"{value}" is a truth value'),
    "damage_zero": (
        "「0」だけの値です（空のセルを参照する式は 0 になります）",
        'the value is "0" alone, as a formula gives for an empty cell',
    ),
    "field_no_letter": (
        "「{value}」には文字も数字もありません（値がないときは空欄にします）",
        '"{value}" has no letter and no digit; leave the cell empty if there is no value',
    ),
    "field_stand_in": (
        "「{value}」は値ではなく、値の代わりの言葉です（このまま件名や本文に入ります）",
        '"{value}" is a word in place of a value, and would stand in subjects and texts',
    ),
    "damage_time": ("「{value}」は時刻です", '"{value}" is a time'),
    "damage_date": (
        "「{value}」は日付です（8-12 のような番号は、表計算ソフトが日付に変えることがあります）",
        '"{value}" is a date (spreadsheets turn numbers like 8-12 into dates)',
    ),
    "private_value": (
        "「{value}」に外字（{character}）があります。ほかのパソコンや発注者では表示されません",
        '"{value}" has a character for private use ({character}), which no other computer shows',
    ),
    "field_no_name": (
        "「{value}」は名前ではありません（番号や記号だけです）",
        '"{value}" is not a name: it has only digits and marks, or is a contract number',
    ),
    "field_phone": (
        "「{value}」は電話番号の形ではありません（先頭の 0 が失われていませんか）",
        '"{value}" is not a telephone number (is its leading 0 lost?)',
    ),
    "field_contract_number": (
        "「{value}」は保証契約番号の形ではありません（登録のある形：{forms}）",
        '"{value}" does not have the form of a contract number (known forms: {forms})',
    ),
    "cell_error": ("セルがエラー（{value}）です", "the cell has an error ({value})"),
    "cell_not_computed": ("セルの式（{value}）に計算結果がありません", "the cell's formula ({value}) has no result"),
    "cell_merged": (
        "ほかのセルと結合されていて、この行の値がありません",
        "merged with another cell: this row has no value of its own",
    ),
    "cell_time": ("セルが時刻（{value}）です", "the cell has a time ({value})"),
    "cell_boolean": ("セルが TRUE／FALSE の値（{value}）です", "the cell has a truth value ({value})"),
    "cell_date": (
        "セルが日付（{value}）です（番号が日付に変わった可能性があります）",
        "the cell has a date ({value}), which may have been a number",
    ),
    "cell_number": (
        "セルが数値（{value}）です。0、小数、負の数は番号として読みません",
        "the cell has a number ({value}): zero, a fraction or a negative number is not a document's number",
    ),
    "cell_exponent": (
        "セルが大きな数値（{value}）です。表には指数で表示されるか、桁が失われています",
        "the cell has a large number ({value}): the sheet shows an exponent, or digits are lost",
    ),
    "cell_format": (
        "セルの値は {value} ですが、表示形式「{format}」のため、表の表示と異なります",
        'the cell has {value}, which the sheet shows otherwise by its format "{format}"',
    ),
    "cell_amount": (
        "金額の値は {value} ですが、表示形式「{format}」のため、円の金額か分かりません",
        'the cell has {value}, which may not be yen: its format is "{format}"',
    ),
    "cell_serial": (
        "「{value}」は表計算ソフトの日付の番号と思われます",
        "{value} looks like a spreadsheet's number of a date",
    ),
    "cell_replaced": (
        "「{value}」に「?」または「〓」があります（保存のときに失われた文字の跡と思われます）",
        '"{value}" has ? or 〓, as is left of a character that was lost when the file was saved',
    ),
    # --- Issuers -----------------------------------------------------------------------------------------------
    "catalogue_unknown": (
        "「{name}」という発注者は同梱の一覧にありません（近い名前：{near}）",
        'the catalogue has no issuer "{name}" (others of a near name: {near})',
    ),
    "catalogue_several": (
        "「{name}」に該当する発注者が、同梱の一覧に複数あります（{near}）",
        'the catalogue has several issuers "{name}" ({near})',
    ),
    "setting_form": ("「{value}」は 項目=値 の形ではありません", '"{value}" is not KEY=VALUE'),
    "issuer_taken": (
        "この発注者は、すでに設定にあります（上書きしません）",
        "this issuer is in the configuration already (nothing is overwritten)",
    ),
    "issuer_not_taken": ("未登録（一覧にあり）", "only in the catalogue"),
    "issuer_in_use": ("使用中（案件{count}件）", "in use ({count} projects)"),
    "issuer_unused": ("登録済み（案件なし）", "configured, no project"),
    "issuer_no_address": ("section.{section} のアドレス", "address of section.{section}"),
    "issuer_newer": ("同梱の一覧が新しい（{date} 確認）", "the catalogue is newer (checked on {date})"),
    "issuer_difference": ("{key}：{own} → {shipped}", "{key}: {own} → {shipped}"),
    "issuer_added": ("{file} を作成しました。", "{file} was written."),
    "issuer_examples_dropped": (
        "入力した値が一覧の見本（[[example]]）の記載と異なるため、見本は写していません。",
        "The catalogue's examples no longer fit what was filled in and were left out of the copy.",
    ),
    "issuer_still_open": (
        "未入力の項目：{keys}。確認してファイルに書き、open から外してください。",
        "Still to be filled in: {keys}. Write them into the file and take them off its list open.",
    ),
    "issuer_complete": ("未入力の項目はありません。", "Nothing is left to be filled in."),
    "issuer_asks": (
        "{name}：未確認の項目をお尋ねします。分からない項目は、何も入力せずに Enter を押してください。",
        "{name}: what is not certain yet. Press Enter for what you do not know.",
    ),
    "issuer_checked_today": (
        "すべての項目が確認済みになったため、確認日（checked_on）を {date} にしました。",
        "Every key has been checked, so checked_on is now {date}.",
    ),
    "ask_about": ("{name}　［{key}］", "{name}  [{key}]"),
    "ask_choices": ("　使える値：{choices}", "  one of: {choices}"),
    "ask_table": (
        "　複数の項目に分かれています。Enter で飛ばし、後でファイルに書いてください",
        "  this has several keys: Enter leaves it for you to write into the file",
    ),
    "ask_confirm": (
        "{about}\n　現在の値：{value}\n　このままでよければ はい、変えるときは正しい内容を入力（はい／いいえ／内容）",
        "{about}\n  so far: {value}\n  yes if it is right, else the right value (or no)",
    ),
    "ask_change": (
        "　{former}\n　→ {value}\n　この値に変えますか（はい／いいえ）",
        "  {former}\n  → {value}\n  change it so? (yes/no)",
    ),
    "ask_examples": (
        "　入力した値が一覧の見本（[[example]]）の記載と異なります。見本を外して登録しますか（はい／いいえ）",
        "  examples ([[example]]) do not fit what was filled in. Leave them out of the copy? (yes/no)",
    ),
    "issuer_examples": (
        "入力した値が一覧の見本（[[example]]）の記載と異なるため、登録していません",
        "examples ([[example]]) do not fit what was filled in; nothing was written",
    ),
    "answer_word": (
        "「{value}」は質問への答えで、この項目の値ではありません",
        '"{value}" is an answer to a question, not a value of this key',
    ),
    "ask_addresses": (
        "{about}\n　メールアドレス（複数はコンマ区切り）",
        "{about}\n  e-mail address (several: with commas)",
    ),
    "ask_value": ("{about}\n　値", "{about}\n  value"),
    "h_short": ("略号", "id"),
    "h_use": ("使用", "use"),
    "h_to_fill_in": ("未確認・未登録の項目", "to be filled in"),
    "h_checked_on": ("確認日", "checked on"),
    "h_differs": ("同梱の一覧との違い（自社 → 一覧）", "differs from the catalogue (own → catalogue)"),
    # --- One project -------------------------------------------------------------------------------------------
    "project_needs": (
        "--name と --issuer を指定してください（端末では順にお尋ねします）",
        "--name and --issuer are needed (on a terminal they are asked for)",
    ),
    "project_exists": (
        "「{name}」はこの発注者の案件として登録済みです。別の案件なら --number で保証契約番号を付けてください",
        '"{name}" is registered with this issuer; another work of this name needs --number',
    ),
    "project_added": ("案件 {project} を {file} に登録しました。", "{project} was added to {file}."),
    "project_missing": (
        "この発注者への提出に必要で、まだ登録のない項目：{keys}",
        "Not registered yet, though this issuer's rule asks for it: {keys}",
    ),
    "office_unnamed": ("ご担当課", "ご担当課"),
    "ask_issuer": ("発注者", "issuer"),
    "ask_name": ("工事名（お知らせのとおり）", "project name, as on the notice"),
    "ask_expects": (
        "必要な保証（契約保証、前払金保証、中間前払金保証。複数はコンマ区切り）",
        "guarantees expected (contract, advance, interim; with commas)",
    ),
    "ask_section": ("提出先の課", "section that receives"),
    "ask_tendered_by": ("入札・契約を担当した課", "section that tendered"),
    "ask_contractor": ("JVの正式名称（JVのとき）", "the joint venture's full name"),
    "ask_names_on_notice": (
        "お知らせに印字される別の受注者名（JVの代表者など）",
        "other contractor names on the notice",
    ),
    "ask_kind": ("種別", "kind of work"),
    "ask_award": ("契約の方法", "how it was awarded"),
    "ask_amount": ("請負金額（円）", "contract amount, yen"),
    "ask_excluded": ("公告等で電子保証の対象外とされているか", "whether its announcement excludes electronic sureties"),
    "ask_approval": ("発注者による電子保証の承認（いつ・どのように）", "the issuer's approval: when and how"),
    "ask_contract_numbers": ("保証契約番号（分かるとき）", "contract number, if known"),
    "ask_numbers": ("{product}の保証契約番号（分かるとき）", "contract number of the {product}, if known"),
    "ask_contact": ("担当者（会社の設定と違うとき）", "contact person, if different from the company's"),
    "ask_procedure_start": ("発注手続の開始日", "start of the procurement"),
    "ask_announcement": ("公告日", "date of announcement"),
    "ask_designation": ("指名の日", "date of designation"),
    "ask_notification": ("通知の日", "date of notification"),
    "ask_bid": ("入札日", "date of bid"),
    "ask_award_date": ("落札決定日", "date of award"),
    "ask_contract": ("契約日", "date of contract"),
    "ask_original_contract": ("当初契約の日", "date of the original contract"),
    "ask_guarantee": ("保証契約の日", "date of the guarantee"),
    "ask_sample": ("（例：{sample}）", " (e.g. {sample})"),
    "ask_office": (
        "{name}のメールアドレス（この案件だけに使います。分からなければ Enter）",
        "e-mail address of {name}, for this project alone (Enter if not known)",
    ),
    # --- Ledgers -----------------------------------------------------------------------------------------------
    "ledger_encoding": (
        "文字コードが UTF-8 でも Shift_JIS（cp932）でもありません",
        "the text is neither UTF-8 nor Shift_JIS (cp932)",
    ),
    "ledger_separator": (
        "値がコンマではなくタブで区切られています（「テキスト（タブ区切り）」で保存したファイルです）",
        "the values are separated by tabs and not by commas",
    ),
    "ledger_csv": ("CSVとして読めません（{detail}）", "not readable as CSV ({detail})"),
    "ledger_not_xlsx": (
        "Excelブック（.xlsx）ではありません。Excelで .xlsx か CSV として保存し直してください",
        "not an xlsx workbook: save it as .xlsx or CSV",
    ),
    "ledger_no_table": (
        "表のファイルではありません（PDF・写真・古い形式のExcelなど）。台帳を .xlsx か .csv で保存し直してください",
        "no table (a PDF, a picture, an old Excel file …). Save the ledger as .xlsx or .csv",
    ),
    "ledger_no_sheets": (
        "CSVにシートはありません（--sheet を外してください）",
        "a CSV has no sheets (leave out --sheet)",
    ),
    "ledger_sheet": ("シート「{name}」がありません（{valid}）", 'there is no sheet "{name}" ({valid})'),
    "ledger_damaged": ("ファイルが壊れています（{detail}）", "the file is damaged ({detail})"),
    "ledger_unpacked": (
        "展開すると {limit} バイトを超えるため、読みません",
        "not read: unpacked it is larger than {limit} bytes",
    ),
    "ledger_too_long": ("行が多すぎます（上限 {limit} 行）", "too many rows (at most {limit})"),
    "import_empty": ("見出しの行がありません", "there is no row of headings"),
    "import_heading_twice": ("「{key}」の列が2つあります", "two columns give {key}"),
    "import_heading_missing": (
        (
            "見出しの行が見つかりません：「{names}」のどれかが必要です（この行は「{shown}」）。"
            "見出しは最初の10行までに置き、worker.toml の [import] columns でも指定できます"
        ),
        (
            'no row of headings: one of "{names}" is needed (this row is "{shown}"). '
            "It must be among the first rows; [import] columns in worker.toml names other headings"
        ),
    ),
    "import_title": (
        "{rows}行目は表題とみなし、読んでいません：{shown}",
        "row {rows} is a title above the headings and was not read: {shown}",
    ),
    "import_hidden_rows": (
        "非表示の行（絞込みを含む）は読んでいません：{rows}行目。登録するには、表示してから保存し直してください",
        "hidden rows (a filter hides, too) were not read: {rows}. To register them, show them and save the file",
    ),
    "import_hidden_columns": (
        "非表示の列は読んでいません：{columns}列。使うには、表示してから保存し直してください",
        "hidden columns were not read: {columns}. To use them, show them and save the file",
    ),
    "import_hidden_sheets": (
        "非表示のシートは読んでいません：{sheets}（--sheet で名前を指定すれば読みます）",
        "hidden sheets were not read: {sheets} (--sheet with its name reads one)",
    ),
    "import_other_sheets": (
        "シート「{sheet}」だけを読みました。読んでいないシート：{sheets}（--sheet で指定できます）",
        'only the sheet "{sheet}" was read. Not read: {sheets} (--sheet names one)',
    ),
    "import_hidden_sheet": (
        "シート「{sheet}」は非表示ですが、指定により読みました",
        'the sheet "{sheet}" is hidden, and was read because it was named',
    ),
    "yen": ("{amount}円", "{amount} yen"),
    "import_no_expects": (
        "「必要な保証」の列がないため、届いていないお知らせ（未着）はお知らせできません",
        "there is no column for expected guarantees, so a missing notice is not reported",
    ),
    "import_no_headings": (
        "見出しに誤りが{count}件あるため、行は読んでいません",
        "{count} faults in the headings: no row was read",
    ),
    "import_two_projects": (
        "同じ発注者・同じ名前の案件が{count}件登録されています。保証契約番号がないと区別できません",
        "{count} projects of this issuer and name are registered: only a contract number tells them apart",
    ),
    "import_number_elsewhere": (
        "保証契約番号 {number} は、別の案件「{name}」に登録されています",
        "contract number {number} is registered with another project ({name})",
    ),
    "import_number_twice": (
        "保証契約番号 {number} は、{row}行目にもあります",
        "contract number {number} is in row {row} as well",
    ),
    "import_row_twice": (
        "{row}行目と同じ案件です（別の案件なら、両方に保証契約番号が必要です）",
        "the same project as row {row} (another one needs a contract number in both)",
    ),
    "import_section": (
        "保証の種類ごとに課が登録されています（{registered}）。{value} がどの種類の課か分からないため書き換えません",
        "a section is registered per product ({registered}): not overwritten, as {value} may apply to only one of them",
    ),
    "fate_new": ("新規", "new"),
    "import_namesake": (
        "同じ発注者に同名の案件が登録済みです（番号：{numbers}）。別の案件として登録します",
        "a project of this name is registered with this issuer (numbers: {numbers}); this one becomes another",
    ),
    "fate_same": ("登録済み・変更なし", "registered, nothing new"),
    "fate_changed": ("変更", "changed"),
    "fate_bad": ("誤り", "bad"),
    "import_counts": (
        "新規 {new}件、変更 {changed}件、変更なし {same}件、誤り {bad}件",
        "{new} new, {changed} changed, {same} the same, {bad} bad",
    ),
    "import_ignored": ("使わなかった列：{headings}", "columns not used: {headings}"),
    "import_dry": ("確認だけです。何も書き込んでいません。", "A dry run: nothing was written."),
    "import_nothing": ("書き込むことはありません。", "There is nothing to write."),
    "import_refused": (
        (
            "誤りのある行があるため、何も書き込んでいません。直してもう一度実行するか、"
            "--partial で正しい行だけを登録してください。"
        ),
        "Nothing was written, because of bad rows. Correct them and try again, or import the good ones with --partial.",
    ),
    "import_written": ("{file} に書き込みました（{count}件）。", "Written to {file}: {count} projects."),
    "register_form": (
        "案件が一つの配列（project = [ … ]）で書かれているため、追加できません。[[project]] の形に書き直してください",
        "the projects are in one list (project = [ … ]): write them as [[project]] tables",
    ),
    "file_changed": (
        "実行中にファイルが変更されたため、書き込んでいません。もう一度実行してください",
        "the file was changed meanwhile, so nothing was written: try again",
    ),
    "h_row": ("行", "row"),
    "h_fate": ("扱い", "fate"),
    "h_cell": ("セル", "cell"),
    # --- The register's overview -----------------------------------------------------------------------------
    "h_task": ("次にすること", "next task"),
    "project_numbered": ("{name}（{numbers}）", "{name} ({numbers})"),
    "numbers_none": ("番号未登録", "no number"),
    "cell_missing": ("未着", "not here yet"),
    "cell_not_expected": ("—", "—"),
    "cell_settled": ("送信済み（不達なし・完了）", "sent, no bounce: closed"),
    "cell_more": ("{cell}　ほか{count}件", "{cell}, {count} more"),
    "no_projects": (
        "案件の登録がありません。`hoshobin project add` で登録してください。",
        "No project is registered. Add one with `hoshobin project add`.",
    ),
}

_AS_TEXT: Final = (
    (
        "列の表示形式を「文字列」にして、書類のとおりに入力し直し、.xlsx で保存してください"
        "（この値で正しいときは、管理者が projects.toml に書いてください）"
    ),
    (
        "give the column the format Text, type the value again as the document shows it, and save as .xlsx "
        "(if the value is right, write it into projects.toml)"
    ),
)
_SHOWN_VALUE: Final = ("正しい値を入力し直してください", "type the right value")

_SAVE_AS: Final = (
    "表計算ソフトで開き、「名前を付けて保存」で .xlsx か「CSV UTF-8（コンマ区切り）」を選んで保存し直してください",
    "open it in a spreadsheet program, and save it as .xlsx or as CSV in UTF-8",
)

HINTS: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(
        (
            *("damage_formula", "damage_exponent", "damage_digits", "damage_boolean", "damage_time"),
            *("damage_date", "damage_zero"),
        ),
        _AS_TEXT,
    ),
    **dict.fromkeys(
        ("cell_time", "cell_boolean", "cell_date", "cell_number", "cell_exponent", "cell_format"), _AS_TEXT
    ),
    **dict.fromkeys(("damage_error", "cell_error", "field_no_name", "field_no_letter", "field_phone"), _SHOWN_VALUE),
    "field_stand_in": (
        "値を入力し直してください。まだないときは空欄にします",
        "type the value, or leave it empty as long as there is none",
    ),
    "ledger_encoding": _SAVE_AS,
    "ledger_csv": _SAVE_AS,
    "ledger_separator": _SAVE_AS,
    "ledger_damaged": _SAVE_AS,
    "private_value": (
        "JISの漢字（表示できる字体）か、かなに直してください",
        "write a standard character, or kana, in its place",
    ),
    "field_contract_number": (
        (
            "お知らせ・保証証書の番号と比べてください。"
            "正しい番号なら、guarantors.toml の number（番号の形）を直してください"
        ),
        "compare it with the notice; if it is right, correct number (its form) in guarantors.toml",
    ),
    "cell_not_computed": (
        "表計算ソフトで開いて保存し直すか、値を入力してください",
        "open and save it in a spreadsheet program, or type the value",
    ),
    "cell_merged": ("結合を解除し、各行に値を入力してください", "split the cells and give each row its value"),
    "cell_amount": (
        "円単位の金額を、標準または #,##0 の表示形式で入力してください",
        "give the amount in yen, in the format General or #,##0",
    ),
    "cell_serial": (
        "列の表示形式を日付にして、保存し直してください",
        "give the column a format of dates and save the file again",
    ),
    "field_date": (
        "元の書類を見て、年を付けて書き直してください",
        "look at the document, and write the date with its year",
    ),
    "field_amount": ("円単位の整数で書いてください（例：1,000,000）", "write whole yen, like 1,000,000"),
    "field_too_long": (
        "ほかの内容が入っていないか確かめ、短くしてください",
        "see that it holds nothing else, and shorten it",
    ),
    "cell_replaced": (
        "元の文字を確かめて直してください（CSVでなく .xlsx で保存すると失われません）",
        "put in the original character; .xlsx keeps what a CSV loses",
    ),
    "catalogue_unknown": (
        "一覧にない発注者は、docs/rules.ja.md の例を issuers/名前.toml に写し、公表元のとおりに直してください",
        "for an issuer that is not in it, copy an example of docs/rules.ja.md to issuers/NAME.toml and adapt it",
    ),
    "catalogue_several": ("初めに書かれた略号（英数字）で指定してください", "name it by the word before the brackets"),
    "setting_form": (
        "--set section.keiyaku.phone=0557-00-0000 のように書いてください",
        "write it like --set section.x.phone=0557",
    ),
    "issuer_taken": ("issuers/ にあるファイルを直してください", "edit the file in issuers/"),
    "issuer_examples": (
        "値を確認してください。正しければ、--without-examples を付けると見本を外して登録します",
        "check the values; if they are right, --without-examples leaves the examples out of the copy",
    ),
    "answer_word": (
        "正しい値を書いてください。いまの値のままでよいときは --confirmed 項目 です",
        "write the value itself; for a value that is right as it is, use --confirmed KEY",
    ),
}
