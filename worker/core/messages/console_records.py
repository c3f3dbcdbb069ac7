"""Words of the console's records: the sent-mail log, what came in, corrections, the verification."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "log_title": ("送信記録", "Sent mail"),
    "log_from": ("この日から", "From"),
    "log_to": ("この日まで", "To"),
    "log_text": ("工事名・発注者・番号", "Project, issuer, number"),
    "log_amount_from": ("請求金額（円）以上", "Amount from (yen)"),
    "log_amount_to": ("以下", "to"),
    "log_state": ("状態", "State"),
    "log_product": ("保証の種類", "Guarantee"),
    "log_any": ("すべて", "All"),
    "log_search": ("検索", "Search"),
    "log_clear": ("条件を消す", "Clear"),
    "log_empty": (
        "この条件に該当する記録はありません（提出は全期間で{count}件）。",
        "No record fits. The whole period has {count} submissions.",
    ),
    "log_first": ("まだ記録はありません。", "Nothing is recorded yet."),
    "log_total": ("{count}件、請求金額の合計 {yen}円", "{count} rows, {yen} yen in total"),
    "log_cut": (
        "新しいものから{count}件を表示しています。すべては、Excelで保存すると入っています。",
        "The newest {count} are shown. An export holds all of them.",
    ),
    "log_excel": ("Excelで保存", "Save for Excel"),
    "log_csv": ("CSVで保存", "Save as CSV"),
    "log_saved_note": ("保存したことは記録されます。", "Exports are recorded."),
    "log_originals": ("原本と一緒に保存（ZIP）", "Save with the originals (ZIP)"),
    "log_originals_note": (
        "この{count}件の表と、そのPDFをまとめて保存します。認証キーを見たことと、PDFを取り出したことが、提出ごとに記録されます。",
        "Saves the table of these {count} rows and their PDFs. That you took each of them with its key is recorded.",
    ),
    "log_originals_why": ("必要な理由", "Why they are needed"),
    "log_originals_go": ("原本と一緒に保存（ZIP）", "Save with the originals (ZIP)"),
    "reason_for_originals": (
        "原本を保存するには、必要な理由を記入してください。",
        "To save originals, say why they are needed.",
    ),
    "no_rows_for_originals": (
        "この条件に該当する記録はありません。条件を変えてください。",
        "No record fits. Change the search.",
    ),
    "originals_too_large": (
        "原本の合計が{most}MBを超えるため、一度に保存できません。期間を短くして、分けて保存してください。",
        "The originals are larger than {most} MB together. Shorten the period and save them in parts.",
    ),
    "usage_originals": (
        "--with-originals には、--save FILE.zip と --by 氏名 と --why 理由 が必要です。",
        "--with-originals needs --save FILE.zip, --by NAME and --why REASON.",
    ),
    "period_reversed": (
        "期間の始まり（{since}）が、終わり（{until}）より後になっています。",
        "The period begins ({since}) after its end ({until}).",
    ),
    "approved_auto": ("設定により自動", "by setting, at once"),
    "approved_hold": ("設定により{minutes}分後に自動", "by setting, after {minutes} minutes"),
    "log_saved_by": ("{file} に保存し、取り出した人を記録しました。", "Saved to {file}. Who took it is recorded."),
    "originals_saved": (
        "{file} に、原本と一緒に保存しました。取り出した人と理由を記録しました。",
        "Saved with the originals in {file}. Who took them and why is recorded.",
    ),
    "record_title": ("提出{id}の記録", "Record of submission {id}"),
    "record_printed": ("{day} {name}", "{day} {name}"),
    "record_link": ("提出記録を印刷", "Print the record"),
    "record_h_number": ("記録番号", "Entry"),
    "log_h_at": ("日時", "When"),
    "log_h_event": ("出来事", "Event"),
    "log_h_project": ("案件（発注者）", "Project (issuer)"),
    "log_h_number": ("保証契約番号", "Number"),
    "log_h_amount": ("請求金額", "Amount"),
    "log_h_to": ("宛先", "To"),
    "log_h_state": ("状態", "State"),
    "log_h_by": ("承認者", "Released by"),
    "amount_unreadable": (
        "金額として読めません：{given}。例：20,000,000",
        "Not an amount: {given}. For example 20,000,000",
    ),
    "changes_title": ("訂正・取消の履歴", "Corrections"),
    "changes_empty": ("訂正・取消はありません。", "There is no correction."),
    "changes_h_course": ("前 → 後", "Before → after"),
    "changes_cut": ("新しいものから{count}件です。", "The newest {count}."),
    "changes_h_why": ("理由・内容", "Reason"),
    "changes_h_by": ("記録した人", "Recorded by"),
    "received_title": ("受付簿", "Received"),
    "received_intro": (
        "保証便が確認したメールとPDFのファイル、その扱いです（新しいものから{count}件）。",
        "The mails and files that hoshobin looked at, and what became of each (the newest {count}).",
    ),
    "received_search": ("件名・ファイル名・差出人", "Subject, file or sender"),
    "received_found": ("該当する{count}件（新しい順）です。", "The {count} that fit, the newest first."),
    "received_cut": (
        "該当するもののうち、新しいものから{count}件です。言葉を足すと絞り込めます。",
        "The newest {count} that fit. Add words to narrow it down.",
    ),
    "received_none": (
        "「{typed}」に該当するメールやファイルは届いていません（すべての記録を調べました）。",
        "No mail or file fits {typed} (everything that is recorded was searched).",
    ),
    "received_empty": ("まだ何も届いていません。", "Nothing has come in yet."),
    "received_h_subject": ("件名・ファイル名", "Subject or file"),
    "received_h_sender": ("差出人・持込み", "From"),
    "received_brought": ("持込み：{name}", "brought by {name}"),
    "received_folder": ("フォルダ", "folder"),
    "received_h_end": ("扱い", "Result"),
    "received_h_submission": ("提出", "Submission"),
    "end_submission": ("提出になりました", "became a submission"),
    "end_announcement": ("発行完了のお知らせ", "announcement of a notice"),
    "end_duplicate": ("同じお知らせ（受付済み）", "the same notice again"),
    "end_held": ("保留", "held"),
    "end_not_ours": ("対象外", "not ours"),
    "end_own": ("保証便が送ったメール", "sent by hoshobin"),
    "end_report": ("配送の通知", "delivery report"),
    "end_reply": ("返信", "reply"),
    "end_too_large": ("大きすぎて読めない", "too large"),
    "end_unfetched": ("取得できない", "could not be fetched"),
    "end_put_off": ("後で読む（差出人未確認）", "read later (unknown sender)"),
    "end_pending": ("処理中", "in progress"),
    "verify_title": ("改ざん検査", "Verification"),
    "verify_intro": (
        (
            "記録が書き換えられていないかを、最初から最後まで調べます。"
            "毎日のメールにある「確認済みの末尾番号」を入れると、その時点までの記録が残っていることも確かめます。"
        ),
        (
            "Reads the whole log from its first entry. With a noted number from a daily mail it also proves that all "
            "entries up to that one are there."
        ),
    ),
    "verify_last_holds": ("最後の検査：{at}、書き換えはありませんでした。", "Last verified {at}: nothing was changed."),
    "verify_last_broken": (
        "最後の検査：{at}、記録に食い違いがありました。管理者に連絡してください。",
        "Last verified {at}: the log had faults. Tell the administrator.",
    ),
    "verify_head": ("確認済みの末尾番号（任意）", "Noted number (optional)"),
    "verify_go": ("検査する", "Verify"),
    "verify_holds": (
        "書き換えはありません。記録 {count}件、末尾番号",
        "Nothing was changed. {count} entries, number",
    ),
    "verify_broken": (
        "記録に食い違いが{count}件あります。送信を止め、管理者に連絡してください。",
        "The log has {count} faults. Stop sending and tell the administrator.",
    ),
    "verify_lost": (
        (
            "入力した末尾番号が、記録の中にありません。写し間違いかどうかを確かめてください。写し間違いでなければ、"
            "記録が失われたか、書き換えられたおそれがあります。管理者に連絡してください。"
        ),
        (
            "The number that you entered is not in the log. Check that you copied it correctly. If you did, entries may"
            " be lost or changed: tell the administrator."
        ),
    ),
    "verify_present": ("いまの記録 {count}件、末尾番号", "The log has {count} entries now; noted number"),
    "verify_tried": (
        "最後にバックアップを戻して検査した時：{at}（書き換えなし）",
        "A backup was last restored and verified: {at} (nothing was changed)",
    ),
    "verify_untried": (
        "バックアップを戻しての検査は、まだ記録されていません。",
        "No backup has been restored and verified yet.",
    ),
    "verify_by": ("{at} {by}の検査の結果", "Result of {at}, run by {by}"),
    "said_verified": ("検査しました。結果は下のとおりです。", "Verified. The result is below."),
    "verify_unkept": (
        (
            "検査はしましたが、結果を保存できませんでした。何も記録していません。今回の結果は下のとおりで、この画面を閉じると"
            "消えます。印刷して残すか、1分後にもう一度検査してください。続くときは、管理者に連絡してください。"
        ),
        (
            "The log was verified, but the result could not be saved: nothing was recorded. The result is below and is"
            " gone once you leave this page. Print it, or verify again in a minute. If it goes on, tell the"
            " administrator."
        ),
    ),
    "verify_heads": ("控えてある末尾番号", "Noted numbers"),
    "verify_heads_note": (
        (
            "検査のたびに、控えてある番号が記録の中にあるかを調べます。あれば、その時点までの記録は書き換えられていません。"
            "メールや紙に控えた番号は、上の欄に入れると加わります。"
        ),
        (
            "Each verification looks for these numbers in the log. One that is there proves that all entries up to it"
            " are unchanged. A number from a mail or a paper joins the list once it is entered above."
        ),
    ),
    "verify_h_in": ("控えた所", "Noted in"),
    "verify_h_noted": ("控えた日時", "Noted at"),
    "verify_h_head": ("末尾番号", "Number"),
    "verify_h_checked": ("調べた日時", "Looked for"),
    "verify_h_result": ("結果", "Result"),
    "verify_entry": ("記録{number}件まで", "up to entry {number}"),
    "noted_in_file": ("サーバーの控え", "the server's own note"),
    "noted_in_backup": ("バックアップ", "a backup"),
    "noted_in_person": ("入力", "entered"),
    "verify_head_found": ("記録の中にあります", "in the log"),
    "verify_head_lost": ("記録の中にありません", "not in the log"),
    "verify_head_unchecked": ("まだ調べていません", "not looked for yet"),
    "verify_head_form": (
        "末尾番号の形ではありません（英数字64文字）。メールから写してください。",
        "Not a noted number: it has 64 characters. Copy it from the mail.",
    ),
}
