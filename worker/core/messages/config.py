"""Problems of the configuration and of issuers' rules: (Japanese, English), and the next step."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # the file itself
    "missing_file": ("ファイルがありません", "the file is missing"),
    "not_a_file": ("通常のファイルではありません", "not a regular file"),
    "file_unreadable": ("ファイルを読み取れません（{detail}）", "the file cannot be read ({detail})"),
    "file_too_large": ("ファイルが大きすぎます（上限 {limit} バイト）", "the file is too large (limit {limit} bytes)"),
    "not_utf8": ("{line}行目に UTF-8 でない文字があります", "line {line} is not UTF-8"),
    "toml_syntax": ("{line}行{column}桁目がTOMLの書き方に合いません", "line {line}, column {column} is not valid TOML"),
    "bare_date": ("{line}行目の「{value}」は、日付として読めません", 'line {line}: "{value}" is not written as a date'),
    "bare_number": (
        "{line}行目の「{value}」は、数値の書き方ではありません",
        'line {line}: "{value}" is not written as a number',
    ),
    "bare_switch": (
        "{line}行目の「{value}」は、true でも false でもありません",
        'line {line}: "{value}" is neither true nor false',
    ),
    "open_quote": ("{line}行目の引用符が閉じていません", "line {line}: a quotation mark is not closed"),
    "open_bracket": ("{line}行目までに閉じていない括弧があります", "a bracket is not closed by line {line}"),
    "no_equals": ("{line}行目に = がありません", "line {line} has no ="),
    "declared_twice": (
        "{line}行目の項目または見出しは、前にも書かれています",
        "line {line}: this key or heading exists further up already",
    ),
    "bad_escape": (
        "{line}行目の「\\」は、この引用符の中では使えません",
        "line {line}: a backslash is not allowed like this in these quotes",
    ),
    "section_id": (
        "{line}行目の課の見出しに「{name}」は使えません",
        'line {line}: "{name}" is not allowed in the heading of a section',
    ),
    "bare_heading": (
        "{line}行目の見出しの「{name}」が引用符で囲まれていません",
        'line {line}: "{name}" in the heading must be in quotes',
    ),
    "bare_key": (
        "{line}行目の項目名「{name}」が引用符で囲まれていません",
        'the key "{name}" in line {line} must be in quotes',
    ),
    "bare_value": (
        "{line}行{column}桁目の文字列が引用符で囲まれていません",
        "the text at line {line}, column {column} must be in quotes",
    ),
    "unseen_space": (
        "{line}行{column}桁目に、見えない空白（{character}）があります",
        "line {line}, column {column} has an unusual space ({character})",
    ),
    "wide_sign": (
        "{line}行{column}桁目に全角の記号または空白「{sign}」があります",
        'line {line}, column {column} has the full-width sign or space "{sign}"',
    ),
    # keys and types
    "unknown_key": ("「{name}」という項目はありません", 'there is no key "{name}"'),
    "misplaced_at_end": (
        "「{name}」はファイルの初めに書く項目で、[{here}] の中には書けません",
        '"{name}" belongs to the beginning of the file, not into [{here}]',
    ),
    "misplaced_key": (
        "「{name}」は {place} に書く項目で、[{here}] の中には書けません",
        '"{name}" belongs to {place}, not into [{here}]',
    ),
    "missing_key": ("必要な項目がありません", "a required key is missing"),
    "not_text": ("文字列ではありません", "not a text"),
    "not_a_number": ("整数ではありません", "not a whole number"),
    "not_a_switch": ("true または false ではありません", "neither true nor false"),
    "not_a_list": ("一覧（[ ] で囲んだもの）ではありません", "not a list"),
    "not_a_table": ("表（[ ] の見出し、または {{ }} で囲んだもの）ではありません", "not a table"),
    "not_a_date": ("日付ではありません", "not a date"),
    "wrong_value": ("値が正しくありません（{detail}）", "the value is not allowed ({detail})"),
    "unknown_value": ("「{value}」は使えません", '"{value}" is not one of the allowed words'),
    "too_small": ("{limit} より小さい値です", "less than {limit}"),
    "too_large": ("{limit} より大きい値です", "more than {limit}"),
    "empty": ("空です", "empty"),
    "bad_name": ("「{name}」は名前に使えません", '"{name}" is not allowed as a name'),
    "reserved_name": ("「{name}」は課の名前に使えません", '"{name}" is not allowed as the name of a section'),
    "unsafe_value": (
        "使用できない文字（{character}：改行・制御文字・見えない文字）があります",
        "a character that must not be used ({character}: line break, control or invisible)",
    ),
    # addresses and servers
    "address_not_ascii": (
        "メールアドレス「{address}」に全角等の文字があります",
        'the address "{address}" has characters beyond ASCII',
    ),
    "address_space": (
        "メールアドレス「{address}」の前後に空白があります",
        'the address "{address}" has a space before or after it',
    ),
    "address_not_bare": (
        "「{address}」は1件のメールアドレスだけになっていません",
        '"{address}" is not one bare address',
    ),
    "address_refused": (
        "「{address}」はメールアドレスとして正しくありません（{detail}）",
        '"{address}" is not a valid address ({detail})',
    ),
    "bad_host": ("「{host}」はサーバー名として正しくありません", '"{host}" is not a host name'),
    "bad_after": ("after に「{value}」は書けません", '"{value}" is not a value of after'),
    "after_same_folder": (
        "確認対象のフォルダ「{value}」自身には移せません",
        'messages cannot be moved to "{value}", the folder that is watched',
    ),
    "deaf_too_soon": (
        "確認の間隔（poll_seconds）2回分より短いため、異常がなくても通知してしまいます",
        "shorter than two pauses between looks (poll_seconds): it would raise false alarms",
    ),
    "plain_not_loopback": (
        "暗号化なし（none）は、このコンピューター自身のサーバーに限ります",
        '"none" is allowed for a server on this machine only',
    ),
    "no_login_not_loopback": (
        "ログインなし（user が空）は、このコンピューター自身のサーバーに限ります",
        "no login (an empty user) is allowed for a server on this machine only",
    ),
    "secret_not_named": ("パスワードのファイル名がありません", "no password file is named"),
    "console_url": (
        "「{value}」は、画面（console）のアドレスに使えません",
        "{value} cannot be the address of the console",
    ),
    "console_proxy": (
        "「{value}」は、中継サーバー（proxy）のIPアドレスではありません",
        "{value} is not the IP address of a proxy",
    ),
    "console_metrics": (
        "「{value}」は、監視用の数値（metrics）を示す場所に使えません",
        "{value} cannot be the place of /metrics",
    ),
    "console_port_unusable": (
        "画面を {value} で開けません（{detail}）",
        "the console cannot be served at {value} ({detail})",
    ),
    "console_metrics_unusable": (
        "監視用の数値（metrics）を {value} で示せません（{detail}）",
        "/metrics cannot be served at {value} ({detail})",
    ),
    "console_metrics_taken": (
        "監視用の数値（metrics）を、画面と同じ場所には示せません（{value}）",
        "/metrics cannot be served where the console is ({value})",
    ),
    "console_network": (
        "「{value}」は、社内のネットワークの書き方ではありません",
        "{value} is not a network",
    ),
    "store_url": ("外部のデータベースにはまだ対応していません", "another database is not supported yet"),
    # rules, projects, guarantors
    "bad_pattern": ("正規表現が正しくありません（{detail}）", "not a valid regular expression ({detail})"),
    "unknown_section": ("課「{name}」は発注者のファイルにありません", 'the issuer has no section "{name}"'),
    "unknown_issuer": ("発注者「{name}」のファイルがありません", 'there is no issuer "{name}"'),
    "unknown_guarantor": ("保証会社「{name}」は登録されていません", 'there is no guarantor "{name}"'),
    "unknown_template": ("本文のひな形「{name}」がありません", 'there is no mail template "{name}"'),
    "contract_invoice": (
        "契約保証に請求書を添えることはできません",
        "a performance guarantee never carries an invoice",
    ),
    "invoice_path": (
        "「{path}」は請求書フォルダの中のファイル名ではありません",
        '"{path}" is not a file inside the invoices folder',
    ),
    "invoice_form": ("「{value}」は使えません", '"{value}" is not allowed here'),
    "eligibility_half": ("from と counted_by は両方必要です", "from and counted_by belong together"),
    "template_syntax": ("ひな形の書き方に誤りがあります（{detail}）", "the template has a mistake ({detail})"),
    "template_name": (
        "ひな形の「{name}」という名前は使えません",
        'the template uses the name "{name}", which does not exist',
    ),
    "template_value": (
        "ひな形の「{name}」という名前は使えません",
        'the template uses the name "{name}", which does not exist',
    ),
    "template_filter": (
        "ひな形の「{name}」という加工は使えません",
        'the template uses the filter "{name}", which does not exist',
    ),
    "template_brace": (
        "波かっこが一つだけのところがあります（{value}）。このまま送られます",
        "there is a single brace ({value}), which would be sent literally",
    ),
    "template_mark": (
        "記入例の伏せ字が残っています（{value}）。このまま送られます",
        "a mark of a printed example is left ({value}), which would be sent literally",
    ),
    "template_key": ("ここでは認証キーを使えません", "the authentication key must not be used here"),
    "template_notice": (
        "notice を項目なしに使っています（ここでは使えません）",
        "the whole notice must not be used here",
    ),
    "template_include": ("ひな形の中で別のひな形は使えません", "a template cannot take in another one"),
    "file_writable": (
        "{path} は、管理者とサービス以外の利用者も書き換えられます（権限 {mode}）",
        "accounts other than the administrator and the service may change {path} (mode {mode})",
    ),
    "file_of_other": (
        "{path} の所有者は {owner} です。sudo で実行するときは、root かサービスの所有する設定だけを使えます",
        "{path} belongs to {owner}; behind sudo only a configuration of root or of this account is used",
    ),
    "template_recursive": (
        "ひな形の中で、自分自身を呼び出す書き方（macro、call、recursive）は使えません",
        "a template cannot call a part of itself (macro, call, recursive)",
    ),
    "pattern_slow": (
        "この正規表現は、照合が終わらないことがあります（{detail}）",
        "matching this pattern may never end ({detail})",
    ),
    # directories and secrets
    "no_directory": (
        "設定フォルダがありません（探した場所：{looked}）",
        "no configuration found (looked in: {looked})",
    ),
    "store_dir_unknown": ("保存先フォルダが決まりません", "the store's directory is not known"),
    "needs_restart": ("再読み込みでは変えられない項目です", "a reload cannot change this"),
    "secret_missing": ("パスワードのファイルがありません（{path}）", "the password file is missing ({path})"),
    "secret_readable": (
        "パスワードのファイルを他の利用者が読める状態です（{path}、{mode}）",
        "the password file can be read by others ({path}, {mode})",
    ),
    "secret_empty": ("パスワードのファイルが空です（{path}）", "the password file is empty ({path})"),
    "webhook_url": (
        "チャットの受信用アドレスのファイルの内容が、https:// で始まるアドレスではありません",
        "the file of the chat's address does not hold an address that begins with https://",
    ),
    "secret_not_text": (
        "パスワードのファイルが1行の文字列ではありません（{path}）",
        "the password file is not one line of text ({path})",
    ),
    "file_exists": ("すでにファイルがあります（上書きしません）", "the file exists (nothing is overwritten)"),
    "serves_tenants": (
        "このサーバーは、会社ごとの形（{names}）で動いています。1社の形の設定は作成しません",
        "this server serves contractors ({names}); no configuration of a single office is made beside theirs",
    ),
    "own_name": (
        "「{name}」は、会社の名前に使えません。hoshobin-{name} は、保証便のアカウントまたはグループの名前です",
        "{name} is no name for a contractor: hoshobin-{name} is an account or a group of the program",
    ),
    "cannot_write": ("書き込めません（{detail}）", "cannot be written ({detail})"),
    "cannot_read": ("ファイルを開けません（{detail}）", "the file cannot be opened ({detail})"),
    # the database, for commands that only use it
    "windows_path": ("Windowsの場所は使えません", "a place on a Windows computer cannot be used here"),
    "path_address": (
        "「{path}」は、共有フォルダや Web のアドレスの書き方です。このサーバーのフォルダとしては開けません",
        "{path} is the address of a share or a page, and no place on this server",
    ),
    "path_unexpanded": (
        "「{path}」の ~、$…、%…% は、実際の場所に置き換えられません",
        "~, $NAME and %NAME% in {path} are not replaced by the place that they stand for",
    ),
    "path_wide": ("「{path}」の ／ は全角です", "{path} begins with a full-width slash"),
    "ledger_missing": ("ファイルが見つかりません（いまの場所：{here}）", "the file is not found (from {here})"),
    "no_tenants": (
        "会社ごとの設定のフォルダがありません（{path}/会社名/worker.toml）",
        "no contractor's configuration folder was found ({path}/NAME/worker.toml)",
    ),
    "no_database": ("データベースがまだありません", "there is no database yet"),
    "old_database": (
        "データベースが、このプログラムより古い形です（データベース {found}、プログラム {own}）",
        "the database is older than this program (database {found}, program {own})",
    ),
    "newer_database": (
        "データベースが、このプログラムより新しい形です（データベース {found}、プログラム {own}）",
        "the database is newer than this program (database {found}, program {own})",
    ),
    "migration_unsound": (
        "写しで試したところ、データベースを正しく改められません（{detail}）。データベースは元のままです",
        "a trial on a copy shows that the database cannot be migrated soundly ({detail}); it is unchanged",
    ),
    # remarks: allowed, and still worth a look
    "placeholder": (
        "{address} は見本のアドレスです（このコンピューター以外の送信サーバーでは送信しません）",
        "{address} is a sample address (no mail is sent to it but by a mail server on this machine)",
    ),
    "no_mailbox": ("監視するメールボックスがありません", "no mailbox is watched"),
    "nobody_notified": ("担当者へのメールの宛先がありません", "no one is notified by mail"),
    # --- An issuer's rule, its examples, a project's own rule ---
    "pattern_too_long": (
        "正規表現が長すぎます（上限 {limit} 文字）",
        "the pattern is too long (limit {limit} characters)",
    ),
    "file_name_ending": ("「{name}」は .pdf で終わっていません", '"{name}" does not end in .pdf'),
    "file_name_typed": (
        "お知らせのPDFを添付しない提出方法（notice）なのに、ファイル名があります",
        "the notice is typed and not attached, so it has no file name",
    ),
    "invoice_after_key": (
        "認証キーを請求書より先に提出する決まり（timing）なのに、請求書を同送することになっています",
        "the key is sent before the invoice (timing), but the invoice may be attached",
    ),
    "call_not_closing": (
        "送信後に電話する決まり（call_after）なのに、電話を待たずに完了することになっています",
        "a call is required (call_after), but no answer is awaited",
    ),
    "line_key": ("この提出方法では、lines に認証キーを書けません", "the key must not stand in these lines"),
    "invoice_number_twice": (
        "同じ保証の請求書が、同じ保証契約番号（または番号なし）で2件あります",
        "two invoices of one guarantee have the same contract number, or none",
    ),
    "number_two_products": (
        "保証契約番号 {value} が、2つの保証の種類に書かれています",
        "the contract number {value} is given for two kinds of guarantee",
    ),
    "nothing_to_do": (
        "メールでない提出方法なのに、人がすることが書かれていません",
        "nothing is mailed, and the steps for a person are missing",
    ),
    "fax_without_number": ("FAXで提出する課なのに、番号がありません", "a section that gets a fax has no number"),
    "call_without_phone": (
        "送信後に電話する決まり（call_after）なのに、この課の電話番号がありません",
        "a call is required (call_after), but this section has no telephone number",
    ),
    "sample_differs": (
        "見本「{sample}」が、同じ表の形式に合いません（{detail}）",
        'the sample "{sample}" does not have the required form ({detail})',
    ),
    "tested_value": (
        "「{name}」は、登録のない案件では条件に使えず、その案件は「必要項目の未登録」で止まります",
        'a project without the value "{name}" is held: a condition uses it',
    ),
    "same_name": (
        "{file} も「{name}」です。画面でも台帳でも区別できません",
        '{file} is "{name}" too: neither people nor a ledger can tell them apart',
    ),
    "not_checked": ("公表元と照合した日がありません", "the day of the last comparison with its source is missing"),
    "unsaid_notice": (
        "番号とキーの出し方（notice）の記載がありません。メールの提出は「提出方法が未確認」で止まります",
        "how number and key are handed in (notice) is missing: it counts as open and holds submissions by e-mail",
    ),
    "unsaid_timing": (
        "提出の時期（timing）の記載がありません。メールの提出は「提出方法が未確認」で止まります",
        "when to submit (timing) is missing: it counts as open and holds submissions by e-mail",
    ),
    "unsaid_invoice": (
        "請求書の同送（invoice）の記載がありません。前払金・中間前払金の提出は「提出方法が未確認」で止まります",
        "the rule for attaching the invoice (invoice) is missing: it counts as open and holds advance and interim",
    ),
    "assumed_notice": (
        '番号とキーはお知らせのPDFで出すもの（notice = "attached"）と仮定しています',
        'it is assumed that the notice is attached (notice = "attached")',
    ),
    "assumed_timing": (
        '提出の時期は問わないもの（timing = "any"）と仮定しています',
        'it is assumed that it may go at any time (timing = "any")',
    ),
    "foreign_cc": (
        "CC の {address} は、発注者のドメインでも自社のドメインでもありません",
        "the cc {address} is neither in the issuer's domain nor in the contractor's",
    ),
    # --- Examples of an issuer ---
    "example_differs": (
        "見本（[[example]]）と異なります。見本：「{expected}」、実際：「{found}」",
        'this example has a different result: expected "{expected}", found "{found}"',
    ),
    "examples_ok": (
        "見本は {examples} 件すべて一致しました（自社の設定 {own} 件、同梱の一覧 {shipped} 件）",
        "all {examples} examples come out as written ({own} of this configuration, {shipped} of the catalogue)",
    ),
}

_SPELLING: Final = ("つづりを確認してください。近い名前：{nearest}", "check the spelling; nearest: {nearest}")
_ONE_ADDRESS: Final = (
    '氏名・記号・空白を付けず、1つの " " に半角のアドレスを1件だけ書いてください。複数は [ ] の中に並べます',
    "write one plain ASCII address per pair of quotes, without a name; separate several by commas in the list",
)
_SECRET: Final = (
    "パスワードだけを1行書いたファイルを置き、chmod 600 で本人だけが読めるようにしてください",
    "put the password alone on one line of that file, and let only its owner read it (chmod 600)",
)

HINTS: Final[dict[str, tuple[str, str]]] = {
    "file_too_large": (
        "ファイルを分けるか、不要な行を消してください",
        "divide the file, or delete the lines that are not needed",
    ),
    "missing_file": ("hoshobin init でひな形を作成できます", "hoshobin init writes an example"),
    "not_utf8": ("文字コードを UTF-8 にして保存し直してください", "save the file as UTF-8"),
    "bare_date": ("{date} のように、西暦で、引用符を付けずに書いてください", "write it like {date}, without quotes"),
    "bare_number": (
        "3_000_000 のように、コンマも「円」も付けずに書いてください",
        "write it like 3_000_000, without commas",
    ),
    "bare_switch": (
        "true または false を小文字で、引用符なしで書いてください",
        "write true or false, small and without quotes",
    ),
    "open_quote": ('文字列の初めと終わりを " で囲んでください', 'put " before and after the text'),
    "open_bracket": ("[ と ]、{{ と }} の数を確かめてください", "count [ and ], {{ and }}"),
    "no_equals": (
        "項目 = 値 の形で書いてください。説明なら、行の初めに # を付けます",
        "write KEY = VALUE, or # before a remark",
    ),
    "declared_twice": ("どちらか一方にまとめてください", "put both into one"),
    "bad_escape": (
        (
            "「\\」は2つ重ねて書くか、' ' で囲んでください。Windowsの場所（C:\\… など）は使えないため、"
            "このサーバーでの場所（/srv/… など）を書いてください"
        ),
        (
            "write two of them, or put the text into ' '; a place on a Windows computer cannot be used: write its place"
            " on this server (/srv/…)"
        ),
    ),
    "section_id": (
        '見出しは [section.zaisei] のように半角の英数字で書き、課の名前は name = "{name}" と書いてください',
        'write a heading in ASCII letters, like [section.zaisei], and the name as name = "{name}"',
    ),
    "bare_heading": ("{heading} と書いてください", "write {heading}"),
    "misplaced_at_end": (
        "ファイルの初め、最初の [ ] の見出しより前に移してください（見出しの後の項目は、その見出しのものになります）",
        "move it up, before the first heading in [ ]: what follows a heading belongs to it",
    ),
    "misplaced_key": (
        "{place} の見出しのすぐ下に移してください（見出しの後の項目は、その見出しのものになります）",
        "move it up, right below {place}: what follows a heading belongs to it",
    ),
    "template_value": (
        "案件の values に登録する値なら {{{{ values.{name} }}}}、工事名なら {{{{ project.name }}}} と書いてください",
        "a registered value is written {{{{ values.{name} }}}}, the name of the works {{{{ project.name }}}}",
    ),
    "template_syntax": (
        "{{{{ … }}}} と {{% … %}} の閉じ忘れを確かめてください。使える名前は docs/rules.ja.md にあります",
        "look for a missing }}}} or %}}; docs/rules.ja.md lists the names",
    ),
    "bad_pattern": (
        "正規表現の括弧と \\ を確かめてください。数字だけなら digits_only、文字数だけなら length で足ります",
        "look at its brackets and backslashes; digits_only and length need no pattern",
    ),
    "eligibility_half": (
        'from = 2026-04-01 と counted_by = ["announcement"] のように、同じ [[eligibility]] に並べて書いてください',
        'write both into the same [[eligibility]]: from = 2026-04-01 and counted_by = ["announcement"]',
    ),
    "cannot_write": (
        "空き容量と、フォルダに書き込めるかを確かめてください",
        "look at free space and at who may write there",
    ),
    "file_unreadable": ("ファイルを開けるか、読み取りの権限を確かめてください", "make sure that the file may be read"),
    "wrong_value": ("docs/rules.ja.md の同じ項目の例と比べてください", "compare with the example in docs/rules.ja.md"),
    "toml_syntax": (
        '引用符 " " や括弧の閉じ忘れ、= の抜けがないか、その行と前の行を確認してください',
        "look at that line and the one before for a missing quote, bracket or =",
    ),
    "bare_key": (
        'A-Z a-z 0-9 _ - 以外の文字を使う項目名は " " で囲んでください（例："{name}" = "…"）',
        'put keys beyond A-Z a-z 0-9 _ - in quotes ("{name}" = "…")',
    ),
    "bare_value": ('文字列は " " で囲んでください', "put texts in quotes"),
    "unseen_space": ("その空白を消し、半角の空白を入力し直してください", "delete it and type a usual space"),
    "wide_sign": ("半角で書いてください", "write it in half width"),
    "unknown_key": _SPELLING,
    "missing_key": ("書き足してください", "add it"),
    "not_text": ('文字列は " " で囲んでください', "put texts in quotes"),
    "not_a_number": ("引用符を付けずに、半角の整数で書いてください", "write a whole number without quotes"),
    "not_a_switch": ("true または false を引用符なしで書いてください", "write true or false without quotes"),
    "not_a_list": ('["…", "…"] のように書いてください', 'write ["…", "…"]'),
    "not_a_table": ("{form} のように書いてください", "write it like {form}"),
    "not_a_date": ("2026-04-01 のように、引用符を付けずに書いてください", "write 2026-04-01, without quotes"),
    "unknown_value": ("使える値：{valid}", "allowed: {valid}"),
    "empty": ("値を書いてください", "write a value"),
    "too_small": ("{limit} 以上にしてください", "write {limit} or more"),
    "too_large": ("{limit} 以下にしてください", "write {limit} or less"),
    "bad_name": ("半角の英数字と _ - だけにしてください（例：zaisei）", "use only A-Z a-z 0-9 _ - (zaisei)"),
    "reserved_name": ("別の名前にしてください", "choose another name"),
    "unsafe_value": ("その文字を消して、打ち直してください", "delete that character and type the value again"),
    "address_not_ascii": _ONE_ADDRESS,
    "address_space": _ONE_ADDRESS,
    "address_not_bare": _ONE_ADDRESS,
    "address_refused": ("公表元と照合してください", "compare it with where it was published"),
    "bad_host": ("imap.contractor.example のように書いてください", "write it like imap.contractor.example"),
    "bad_after": (
        '"nothing"、"seen"、"move:フォルダ名" のいずれかを書いてください',
        'write "nothing", "seen" or "move:FOLDER"',
    ),
    "after_same_folder": ("別のフォルダを書いてください", "name another folder"),
    "deaf_too_soon": ("deaf_minutes を {least} 以上にしてください", "make deaf_minutes {least} or more"),
    "plain_not_loopback": ('security を "tls" または "starttls" にしてください', 'use "tls" or "starttls"'),
    "no_login_not_loopback": ("user と password_file を書いてください", "write user and password_file"),
    "needs_restart": ("サービスを再起動してください", "restart the service"),
    "secret_not_named": ("password_file にファイル名を書いてください", "name the file in password_file"),
    "console_url": (
        (
            "https:// で始まり、ホスト名（とポート）だけのアドレスにしてください"
            "（例：https://hoshobin.contractor.example）。http:// は、このサーバー自身（127.0.0.1）にだけ使えます"
        ),
        (
            "write https:// and a host, with a port if needed (https://hoshobin.contractor.example); "
            "http:// is for this machine alone (127.0.0.1)"
        ),
    ),
    "console_proxy": (
        'IPアドレス（例："127.0.0.1"）、または --unix で接続する場合は "unix" と書いてください',
        'write an IP address ("127.0.0.1"), or "unix" for one that connects by --unix',
    ),
    "console_metrics": (
        'このコンピューターの中のアドレスとポートを書いてください（例："127.0.0.1:8481"）。ほかからは見えません',
        'write an address of this machine with a port ("127.0.0.1:8481"); no other machine reaches it',
    ),
    "console_port_unusable": (
        (
            "`ss -ltnp` で使っているプログラムを確かめ、そのプログラムを止めるか、"
            "`--port` で空いているポート（1024以上）を指定してください"
        ),
        "see with `ss -ltnp` which program uses it; stop it, or give a free port (1024 or above) with `--port`",
    ),
    "console_metrics_unusable": (
        "`ss -ltnp` で使っているプログラムを確かめ、空いているポート（1024以上）を書いてください",
        "see with `ss -ltnp` which program uses it, and write a free port (1024 or above)",
    ),
    "console_metrics_taken": (
        "画面（8480、または --port）とは別のポートにしてください",
        "take another port than that of the console (8480, or --port)",
    ),
    "console_network": (
        "例：192.168.1.0/24（末尾は0にします）。すべてのアドレス（/0）は書けません",
        "for example 192.168.1.0/24, with no bits set behind the length; every address (/0) is refused",
    ),
    "store_url": ('url = "" としてください', 'write url = ""'),
    "unknown_section": _SPELLING,
    "unknown_issuer": (
        "issuers/ にあるファイル名（.toml を除く）を書いてください。近い名前：{nearest}",
        "write the name of a file in issuers/ without .toml; nearest: {nearest}",
    ),
    "unknown_guarantor": _SPELLING,
    "unknown_template": (
        "templates/mail/ に {name}.txt.j2 を置くか、つづりを確認してください。近い名前：{nearest}",
        "put {name}.txt.j2 into templates/mail/, or check the spelling; nearest: {nearest}",
    ),
    "contract_invoice": ("その項目を消してください", "remove that key"),
    "invoice_path": (
        "請求書フォルダからの相対名を / 区切りで書いてください（.. や絶対パスは使えません）",
        "write a name relative to the invoices folder, parted by / (no .. and no absolute path)",
    ),
    "invoice_form": (
        '{{ file = "…pdf" }} または "separate"（別途提出）と書いてください',
        'write {{ file = "…pdf" }} or "separate"',
    ),
    "template_brace": (
        "{{{{ values.工事番号 }}}} のように、二重の半角の波かっこで囲んでください",
        "write the name in two braces, like {{{{ values.number }}}}",
    ),
    "template_mark": (
        "入れる値を {{{{ project.name }}}} のような名前で書いてください。分からなければ、空にして open に並べます",
        "write the name of the value, like {{{{ project.name }}}}; if unknown, leave it empty and list it in open",
    ),
    "template_name": _SPELLING,
    "template_filter": _SPELLING,
    "template_key": (
        "件名・ファイル名・手順は記録に残ります。認証キーは本文か添付だけにしてください",
        "subjects, file names and instructions are kept: the key belongs in a body or in the attachment",
    ),
    "template_notice": ("notice.contract_number のように項目を書いてください", "name a field: notice.contract_number"),
    "template_include": ("内容をそのひな形に直接書いてください", "write the text into that template"),
    "file_writable": (
        "chmod o-w {path} とし、グループも書けるときは chmod g-w {path} としてください",
        "remove the right: chmod o-w {path}, and chmod g-w {path} if a group may write",
    ),
    "file_of_other": (
        "chown root {path} とするか、管理者に依頼してください",
        "chown root {path}, or ask the administrator",
    ),
    "template_recursive": ("内容をその場所に直接書いてください", "write the text at its place"),
    "pattern_slow": (
        "繰り返しは1文字ごとに、上限を付けて書いてください（例：[0-9]{{4,5}}-[0-9]{{5,6}}[A-Z]?）",
        "repeat single characters only, with no repeat or choice inside a repeat: [0-9]{{4,5}}-[0-9]{{5,6}}[A-Z]?",
    ),
    "no_directory": (
        "hoshobin init フォルダ で作成し、--config フォルダ で指定してください",
        "write one with hoshobin init DIR and name it with --config DIR",
    ),
    "store_dir_unknown": ("[store] dir に保存先の絶対パスを書いてください", "write an absolute path into [store] dir"),
    "secret_missing": _SECRET,
    "secret_readable": _SECRET,
    "secret_empty": _SECRET,
    "secret_not_text": _SECRET,
    "webhook_url": (
        "チャットの「受信 Webhook」の画面に出るアドレスを、ファイルに1行で書いてください",
        "write the address that the chat shows for its incoming webhook into the file, on one line",
    ),
    "file_exists": ("別の名前か場所を指定してください", "choose another name or place"),
    "serves_tenants": (
        "会社を加えるには、導入の手引き「複数の会社」のとおりに `hoshobin init /etc/hoshobin/名前` を実行してください",
        "to add a contractor, follow docs/install.md: `hoshobin init /etc/hoshobin/NAME`",
    ),
    "own_name": ("別の名前を付けてください", "choose another name"),
    "cannot_read": ("ファイル名と場所を確認してください", "check its name and place"),
    "windows_path": (
        "共有フォルダに置き、保証便のサーバーでの場所（/srv/hoshobin/… など）を指定してください",
        "put it into the share and name its place on this server (/srv/hoshobin/…)",
    ),
    "path_address": (
        (
            "共有フォルダをこのサーバーに接続（マウント）し、/ で始まるその場所"
            "（/srv/share/… など。接続は管理者に依頼）を書いてください"
        ),
        "mount the share on this server, and write the place where it is mounted (/srv/share/…)",
    ),
    "path_unexpanded": (
        "/ で始まる実際の場所（/srv/hoshobin/… など）を書いてください",
        "write the whole place, from / on (/srv/hoshobin/…)",
    ),
    "path_wide": ("半角の / で書いてください", "write it with the plain /"),
    "ledger_missing": ("ファイル名と場所を確認してください", "check its name and place"),
    "no_tenants": (
        "`--config フォルダ` で、会社ごとのフォルダの上のフォルダを指定してください（導入の手引きの「複数の会社」）",
        "name the folder above the contractors' folders with `--config DIR`",
    ),
    "no_database": (
        (
            "hoshobin run（または run --once）を一度実行すると作成されます。"
            "別の設定を使うときは --config フォルダ を指定してください"
        ),
        "hoshobin run (or run --once) makes it; name another configuration with --config DIR",
    ),
    "old_database": (
        "管理者の方は、バックアップを確かめてサービスを起動してください。改める前の写しも、隣に残ります",
        "check the backup, then start the service: it brings the database up to date and keeps a copy beside it",
    ),
    "newer_database": (
        "プログラムを更新してください。前の版に戻すときは、更新前のバックアップに戻します（導入の手引きの「更新」）",
        "update the program; to go back to the former version, put back the backup from before the update",
    ),
    "migration_unsound": (
        (
            "前の版に戻せば、今までどおり動きます（docs/install.md の「前の版に戻す」。`restore` の行は不要です）。"
            "管理者の方は、前の版の `hoshobin audit verify` で壊れているところを確かめ、"
            "`hoshobin restore` でバックアップから戻してください。"
            "写しを作らずに改めるときは `hoshobin migrate --no-backup` です"
        ),
        (
            "the former version, installed again, goes on with it (docs/install.md, Update, without `restore`);"
            " look for the damage with the former version's `hoshobin audit verify`, and put a backup back with"
            " `hoshobin restore`; `hoshobin migrate --no-backup` migrates without a copy"
        ),
    ),
    "placeholder": ("本番の前に、実在のアドレスに直してください", "replace it by the real address in time"),
    "no_mailbox": ("フォルダに保存されたPDFだけを扱います", "only PDFs saved to the folder are taken"),
    "nobody_notified": ("[operator] notify に書いてください", "name an address in [operator] notify"),
    "pattern_too_long": ("短くしてください", "make it shorter"),
    "file_name_ending": (
        '"認証キーのお知らせ_{{{{ notice.contract_number }}}}.pdf" のように書いてください',
        'write it like "notice_{{{{ notice.contract_number }}}}.pdf"',
    ),
    "file_name_typed": (
        'file_name を消すか、notice を "attached" または "both" にしてください',
        'remove file_name, or write notice = "attached" or "both"',
    ),
    "invoice_after_key": (
        'invoice = "never" とするか、timing を直してください',
        'write invoice = "never", or another timing',
    ),
    "call_not_closing": (
        'closes を "call" または "answer" にするか、call_after を消してください',
        'write closes = "call" or "answer", or remove call_after',
    ),
    "line_key": (
        '電子メールでは notice = "typed" または "both" のとき、ほかは form と upload のときだけ書けます',
        'write notice = "typed" or "both" for e-mail; otherwise only a form or an upload takes the key',
    ),
    "invoice_number_twice": (
        "number に、それぞれの保証契約番号を書いてください",
        "write into number which contract number each belongs to",
    ),
    "number_two_products": (
        "お知らせの商品（保証区分）を見て、その種類の番号だけに書いてください",
        "look at the kind of guarantee on the notice, and write it under that kind alone",
    ),
    "nothing_to_do": (
        "instructions（手順）か bring（持って行くもの）を書いてください",
        "write instructions (the steps) or bring (what to take along)",
    ),
    "fax_without_number": ("課に fax を書いてください", "write fax into the section"),
    "call_without_phone": ("課に phone を書いてください", "write phone into the section"),
    "sample_differs": ("見本か形式を直してください", "correct the sample or the form"),
    "tested_value": (
        "ない案件で別の値を使うなら {{% if values.{name} is defined %}} と書いてください",
        "for a fallback value write {{% if values.{name} is defined %}}",
    ),
    "same_name": (
        'それぞれに scope = "治山課" のように範囲を書いてください',
        'write scope = "…" into each: the bureau or kind of work',
    ),
    "not_checked": (
        "公表元（source）を確かめて、checked_on に日付を書いてください",
        "look at its source and write the day into checked_on",
    ),
    "unsaid_notice": (
        (
            '確かめて [rule.default] に notice = "attached"（お知らせPDFを添付）、"typed"（本文に記載）、'
            '"both"（両方）のどれかを書いてください。'
            '公表元に記載がなければ、ファイルの初めに assumed = ["notice"] と書きます'
        ),
        (
            'write notice = "attached", "typed" or "both" into [rule.default]; '
            'if the source does not say, write assumed = ["notice"] at the top of the file'
        ),
    ),
    "unsaid_timing": (
        (
            '確かめて [rule.default] に timing = "any"（いつでも）、"with_contract"（契約書と同時）、'
            '"with_invoice"（請求書と同時）、'
            '"before_contract"（契約書より前）、"before_invoice"（請求書より前）のどれかを書いてください。'
            '公表元に記載がなければ、ファイルの初めに assumed = ["timing"] と書きます'
        ),
        (
            'write timing = "any", "with_contract", "with_invoice", "before_contract" or "before_invoice" '
            "into [rule.default]; "
            'if the source does not say, write assumed = ["timing"] at the top of the file'
        ),
    ),
    "unsaid_invoice": (
        (
            '発注者に確かめて [rule.default] に invoice = "never"（同送しない）、"optional"（同送してもよい）、'
            '"required"（必ず同送する）のどれかを書いてください'
        ),
        'ask the issuer and write invoice = "never", "optional" or "required" into [rule.default]',
    ),
    "assumed_notice": (
        "確かめたら [rule.default] に notice を書き、assumed から外してください",
        "once it is certain, write notice into [rule.default] and remove it from assumed",
    ),
    "assumed_timing": (
        "確かめたら [rule.default] に timing を書き、assumed から外してください",
        "once it is certain, write timing into [rule.default] and remove it from assumed",
    ),
    "foreign_cc": (
        "認証キーも届きます。届いてよい相手か、確かめてください",
        "it receives the key too: make sure that this is intended",
    ),
    # --- Examples of an issuer ---
    "example_differs": (
        "提出方法（rule など）を直すか、発注者が決まりを変えたのなら、見本を書き換えてください",
        "correct the rule, or the example if the issuer has changed its wishes",
    ),
}
