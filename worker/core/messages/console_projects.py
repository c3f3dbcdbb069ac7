"""Words of the console's pages of projects, of the search and of the quick guide."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- the list
    "projects": ("案件", "Projects"),
    "find": ("探す", "Search"),
    "with_closed": ("完了した案件も含める", "Include completed projects"),
    "new_project": ("案件を登録", "Register a project"),
    "numbers": ("保証契約番号", "Contract number"),
    "next_todo": ("次にすること", "Next"),
    "projects_none": (
        "まだ案件がありません。まず「案件を登録」から登録してください。",
        "There is no project yet. Register one.",
    ),
    "projects_not_found": (
        "「{typed}」に該当する案件はありません。工事名・発注者・番号の一部でも探せます。",
        'No project matches "{typed}". A part of the name, the issuer or a number is enough.',
    ),
    "projects_more": (
        "ほかに{count}件あります。言葉を足して絞り込んでください。",
        "{count} more. Add a word to narrow the search.",
    ),
    "to_projects": ("案件の一覧へ", "To the projects"),
    # --- one project
    "contract_amount": ("請負金額", "Contract amount"),
    "contract_day": ("契約日", "Contract day"),
    "chip_amended": ("変更契約", "amended contract"),
    "chip_closed": ("完了", "completed"),
    "is_needed": ("必要", "needed"),
    "is_not_needed": ("不要", "not needed"),
    "need_unsaid": ("登録なし", "not stated"),
    "need": ("要否", "Needed"),
    "state": ("状態", "State"),
    "not_here_yet": ("お知らせがまだ届いていません", "The notice has not come"),
    "days_past": ("（{count}日過ぎ）", " ({count} days ago)"),
    "others_same_kind": ("ほかに同じ種類の保証が{count}件", "{count} more of this kind"),
    "no_number": ("未登録", "not registered"),
    "no_deadline": ("未登録", "not registered"),
    "project_invoice": ("請求書", "Invoice"),
    "invoice_undecided_yet": ("未定（PDFか「別途提出」を決める）", "undecided: a PDF, or handed in separately"),
    "invoice_not_taken": ("この発注者には添付しません", "not attached for this issuer"),
    "project_documents": ("その他の書類", "Other documents"),
    "documents_none": ("なし", "none"),
    "documents_unsaid": ("指定なし", "not stated"),
    "rule_in_words": ("提出方法（発注者の決まり）", "The issuer's rule"),
    "foreseen_link": ("この案件に届いたら", "If the notice came"),
    "all_submissions": ("この案件の提出", "Submissions of this project"),
    "project_no_submissions": ("この案件の提出はまだありません。", "Nothing was submitted yet."),
    "submission_number": ("提出番号", "Submission"),
    "guarantee": ("保証", "Guarantee"),
    "sent_at": ("送信", "Sent"),
    "addressee": ("提出先", "Recipient"),
    "calls_and_replies": ("電話と返信", "Calls and replies"),
    "no_calls": ("電話や返信の記録はまだありません。", "No call and no reply is recorded."),
    "project_resubmitted": ("{id}で再提出", "resubmitted as {id}"),
    # --- forms
    "group_first": ("案件", "Project"),
    "group_contract": ("契約と保証", "Contract and guarantees"),
    "group_asked": ("{issuer}の決まりで必要な項目", "Asked for by {issuer}"),
    "group_further": ("そのほかの項目（必要なときだけ）", "Further fields, where needed"),
    "group_added": (
        "{issuer}の決まりで必要な項目を加えました。分かるものを入力してください（空のままでも登録できます）。",
        "The fields that {issuer} asks for were added. Fill in what is known; the rest may stay empty.",
    ),
    "register_go": ("内容を確かめる", "Review"),
    "edit_go": ("変更を確かめる", "Review the change"),
    "edit_title": ("「{project}」を変更", "Change {project}"),
    "edit_link": ("変更する", "Change"),
    "amend_link": ("変更契約を登録", "Register an amended contract"),
    "amend_title": ("変更契約を登録", "Register an amended contract"),
    "amend_why": (
        "変更後の内容だけを入力してください。当初の契約日と請負金額は残ります。これから提出するお知らせには、変更契約の決まりを使います。",
        "Fill in what the amended contract says; the original day and amount are kept. Its rule applies from now on.",
    ),
    "amend_now": ("いまの登録", "Registered"),
    "amend_later": ("変更後", "Amended"),
    "original_contract_was": ("当初", "Original"),
    "sample_number": ("例：40213-00712M", "e.g. 40213-00712M"),
    "sample_amount": ("例：1,280,000円", "e.g. 1,280,000"),
    "sample_dates": ("例：R8.11.30、11/30", "e.g. 2026-11-30, 11/30"),
    "sample_deadline": ("例：R8.11.30、11/30", "e.g. 2026-11-30, 11/30"),
    "word_yes": ("はい", "yes"),
    "word_no": ("いいえ", "no"),
    "word_unsaid": ("（選んでいない）", "(not stated)"),
    "error_nothing_typed": ("変更する項目がありません。", "There is no field to change."),
    "summary_title": ("内容を確かめてください", "Please review"),
    "summary_why": ("まだ保存していません。", "Nothing is saved yet."),
    "summary_field": ("項目", "Field"),
    "summary_before": ("いま", "Now"),
    "summary_after": ("変更後", "Then"),
    "summary_value": ("登録する内容", "Value"),
    "summary_go_added": ("登録する", "Register"),
    "summary_go_edited": ("変更を保存", "Save"),
    "summary_go_amended": ("変更契約を登録", "Register the amended contract"),
    "summary_again": ("入力に戻る", "Back to the form"),
    "conflict_title": ("ほかの方が先に変更しました", "Another person changed it first"),
    "conflict_by": (
        "{by}さんが{at}に先に変更しました。まだ何も保存していません。違うところについて、どちらにするかを選んでください。",
        "{by} changed it at {at}. Nothing is saved yet. Choose for each field.",
    ),
    "conflict_unknown": (
        "表示した後に、ほかの方が変更しました。まだ何も保存していません。違うところについて、どちらにするかを選んでください。",
        "It was changed since it was shown. Nothing is saved yet. Choose for each field.",
    ),
    "conflict_seen": ("開いたとき", "When opened"),
    "conflict_now": ("いまの登録（ほかの方）", "Registered now"),
    "conflict_mine": ("あなたの入力", "Yours"),
    "conflict_go": ("選んだ内容を確かめる", "Review what was chosen"),
    "close_title": ("完了にする", "Complete it"),
    "close_why": (
        "この案件について、これから届くはずの保証をお知らせしなくなります。届いたものは、これまでどおり扱います。",
        "No guarantee is expected any more. What still comes is treated as before.",
    ),
    "close_go": ("完了にする", "Complete"),
    "delete_title": ("この案件を削除", "Delete this project"),
    "delete_why": ("提出のない案件だけを削除できます。", "Only a project without submissions can be deleted."),
    "delete_go": ("削除する（提出のない案件だけ）", "Delete (only without submissions)"),
    "papers_link": ("請求書・書類を決める", "Choose invoice and documents"),
    "papers_documents_link": ("書類を決める", "Choose documents"),
    "papers_title": ("{product}の請求書と書類", "Invoice and documents of the {product}"),
    "papers_title_documents": ("{product}の書類", "Documents of the {product}"),
    "papers_invoice_now": ("いまの登録", "Registered"),
    "papers_unused": ("未使用のPDFから選ぶ", "Choose an unused PDF"),
    "papers_unused_none": (
        "未使用の請求書のPDFはありません。",
        "There is no unused PDF of an invoice.",
    ),
    "papers_more": ("ほかに{count}件（新しい順に{shown}件を表示）", "{count} more; the newest {shown} are shown"),
    "papers_away": (
        "請求書の置き場所を開けません。管理者に連絡してください。",
        "The place of the invoices cannot be opened. Tell the administrator.",
    ),
    "papers_upload": ("PDFを入れる（20MBまで）", "Add a PDF (up to 20 MB)"),
    "papers_upload_documents": ("PDFを入れる（5個まで、1個20MBまで）", "Add PDFs (up to 5 of 20 MB each)"),
    "papers_separate": ("別途提出にする", "Handed in separately"),
    "papers_none": ("未定に戻す", "Undecided again"),
    "papers_number": ("どの番号の請求書か", "Of which guarantee"),
    "papers_number_any": ("番号を問わない", "any number"),
    "no_invoice_here": ("契約保証には請求書がありません。", "A contract guarantee has no invoice."),
    "papers_save": ("この請求書にする", "Record the invoice"),
    "papers_two_choices": (
        "PDFと、ほかの選択肢の両方が選ばれています。どちらか一つにしてください。何も変更していません。",
        "A PDF and another choice were both given. Give one of them. Nothing was changed.",
    ),
    "papers_none_and_some": (
        "「その他の書類は不要」と書類の両方が選ばれています。どちらかにしてください。何も変更していません。",
        "Documents and none were both chosen. Choose one. Nothing was changed.",
    ),
    "papers_proposed": ("本文にこの工事が書かれているPDF", "PDFs whose text names this project"),
    "papers_documents": ("その他の書類", "Other documents"),
    "papers_no_documents": ("その他の書類は不要", "None is needed"),
    "papers_save_documents": ("書類を保存", "Record the documents"),
    "said_project_saved": ("保存しました。", "Saved."),
    "said_project_saved_judged": ("保存しました。待っている提出に反映しました。", "Saved, and applied to what waits."),
    "said_unchanged": ("すでにその内容です。何も変更していません。", "It is so already. Nothing was changed."),
    "said_project_closed": ("完了にしました。", "Completed."),
    "said_project_deleted": ("削除しました。", "Deleted."),
    # --- the rule in words
    "fact_channel": ("方法", "How"),
    "fact_section": ("提出先", "To whom"),
    "fact_to": ("宛先", "Address"),
    "fact_url": ("ページ", "Page"),
    "fact_notice": ("認証キー", "Key"),
    "fact_invoice": ("請求書", "Invoice"),
    "fact_documents": ("添える書類", "Documents"),
    "fact_timing": ("時期", "When"),
    "fact_contact_first": ("送る前に", "Before"),
    "fact_conditions": ("確認すること", "To check"),
    "fact_instructions": ("手順", "Steps"),
    "fact_bring": ("持って行くもの", "To bring"),
    "fact_closes": ("到達の確認", "Arrival is known by"),
    "fact_after": ("送った後に", "Afterwards"),
    "fact_open": ("未確認", "Not certain"),
    "fact_open_keys": ("発注者に確かめる点が{count}つあります", "{count} points to be asked of the issuer"),
    "fact_none": ("案件ごとに決まります（未登録）", "named by each project; not registered"),
    # --- if a notice came
    "foreseen_title": ("{product}のお知らせが届いたら", "If the notice of the {product} came"),
    "foreseen_why": (
        "いまの登録のとおりに作った見本です。何も記録せず、送りません。番号とキーは見本の値です。",
        "A sample made from what is registered now. Nothing is recorded or sent; number and key are invented.",
    ),
    "foreseen_came": (
        "この保証のお知らせはすでに届いています。下の一覧から提出を開いてください。",
        "The notice of this guarantee has come. Open the submission in the list of its project.",
    ),
    "foreseen_holds": ("このままでは次の理由で止まります", "It would be held for these reasons"),
    "foreseen_clear": (
        "いまの登録で足りています。承認すると送れます。",
        "Nothing is missing; it would wait for approval.",
    ),
    "foreseen_no_mail": ("メールは作られません。", "No mail would be made."),
    "back_to_project": ("案件に戻る", "Back to the project"),
    # --- search
    "found_title": ("検索", "Search"),
    "found_submissions": ("提出", "Submissions"),
    "edit_joins": (
        "提出 {id} のお知らせの保証契約番号（{number}）を、下の欄に加えました。同じ工事と確かめて保存してください。",
        "The number of the notice of submission {id} ({number}) is added below. Make sure that it is the same project.",
    ),
    "edit_other_name": (
        (
            "お知らせの工事名「{printed}」は、この案件の工事名「{name}」と違います。"
            "別の工事であれば保存せず、正しい案件を選んでください。この案件の発注者に、この案件の工事名で提出することになります。"
        ),
        (
            'The notice prints "{printed}"; this project is "{name}". If these are two projects, do not save: '
            "it would be submitted to the issuer of this one, under its name."
        ),
    ),
    "found_closed": ("終わった提出は送信記録で探す", "Look for closed submissions in the sent-mail log"),
    "found_empty": ("「{typed}」に該当するものはありません。", 'Nothing matches "{typed}".'),
    "found_hint": (
        "工事名・発注者・保証契約番号・提出番号の一部を入力してください。全角・半角、ハイフンの有無は問いません。",
        "Type a part of a name, an issuer, a contract number or a submission's number, in any width.",
    ),
    # --- quick guide
    "guide_print": ("印刷してお使いください（Ctrl+P）。", "Print this page (Ctrl+P)."),
    "guide_day": ("毎日の流れ", "The day"),
    "guide_step_1": (
        "保証会社のサイトから取得した「認証キーのお知らせ」のPDFを、［PDFを入れる］に入れます。",
        "Drop the notice's PDF from the surety's site at [Add PDF].",
    ),
    "guide_step_2": (
        "［今日すること］を上から順に片付けます。各行のボタンが、その作業のページを開きます。",
        "Work through [Today] from the top. The button of each row opens the page where it is done.",
    ),
    "guide_step_3": (
        "案件が未登録なら［案件を登録］、請求書が未定なら［請求書を選ぶ］で補います。",
        "Register what is not registered, and choose the invoice where it is missing.",
    ),
    "guide_step_4": (
        "承認する方は、宛先・件名・本文・添付をお知らせと見比べ、確認事項にチェックを入れて［承認する］を押します。",
        "The approver compares recipient, subject, body and attachments, ticks the boxes and presses [Approve].",
    ),
    "guide_step_5": (
        "送信済みは「送信サーバーが受け付けた」段階です。電話か返信で届いたことを確かめ、［届いていることを記録］します。",
        "Sent means that our mail server took it. Ask by telephone or wait for a reply, then record the arrival.",
    ),
    "guide_step_6": (
        "請求書の持参など、残った手続を済ませたら［記録する］で閉じます。",
        "Record what remains after sending, such as the invoice on paper, when it is done.",
    ),
    "guide_words": ("言葉の意味", "Words"),
    "term_key": ("認証キー", "Authentication key"),
    "term_key_is": (
        "発注者が電子証書を見るための暗証番号です。知った人は誰でも証書を見られます。",
        "The passcode with which the issuer opens the certificate. Everybody who knows it can open it.",
    ),
    "term_sent": ("送信済み", "Sent"),
    "term_sent_is": (
        "当社の送信サーバーが受け付けた段階です。届いたことは電話か返信で確かめます。",
        "Our mail server took it. Its arrival is confirmed by a call or a reply.",
    ),
    "term_in_doubt": ("送信結果不明", "In doubt"),
    "term_in_doubt_is": (
        "送信の途中で通信が切れました。届いたか分からないので、自動では送り直しません。",
        "The connection broke while sending. It may have arrived, so it is not sent again automatically.",
    ),
    "term_hand_over": ("別途提出", "Handed in otherwise"),
    "term_hand_over_is": (
        "メール以外（持参・FAX・フォーム）で提出するものです。提出したら記録します。",
        "Handed in by hand, fax or form, and recorded afterwards.",
    ),
    "term_held": ("要確認・要修正", "To review, to correct"),
    "term_held_is": (
        "確かでないことがあるため止めています。理由と次にすることは提出のページに出ます。",
        "It is stopped because something is not certain. The page shows the reason and the next step.",
    ),
    "term_rehearsal": ("リハーサル", "Rehearsal"),
    "term_rehearsal_is": (
        "発注者には送らず、当社のアドレスに送って試す状態です。",
        "Mails go to our own address; nothing is sent to issuers.",
    ),
    "guide_down": ("画面やサーバーが使えないとき", "While the pages or the server do not answer"),
    "guide_down_1": (
        (
            "管理者に電話します。画面が止まっていても、サーバーが動いていれば、承認済みのものは時間どおりに送られます。"
            "送られたか分からないものを手で送り直さず、先に発注者に電話で確かめます。"
        ),
        (
            "Telephone the administrator. What is approved still leaves in time while the server runs: "
            "if it may have left, ask the issuer before you send it by hand."
        ),
    ),
    "guide_down_2": (
        "期限が今日のものは、発注者の担当課に電話し、どう出せばよいか（FAX・持参・メール）を聞いて手で出します。",
        "If something is due today, telephone the issuer's section and ask how to hand it in.",
    ),
    "guide_down_3": (
        "直ったら、控えのとおり、その提出のページで［別の方法で提出する］を記録します。承認より先に行います。二重に送らないためです。",
        "Afterwards record it at [Hand it in otherwise] before anything is approved, so it is not sent twice.",
    ),
    "guide_down_4": (
        "お知らせのPDFは捨てずに保管し、直ったら入れます。まだ提出になっていなかったものも、入れてから上のとおり記録します。",
        "Keep the notice's PDF and add it when the server is back; record there what was handed in by hand.",
    ),
    "guide_administrator": ("管理者の連絡先", "The administrator"),
    "guide_phone": ("電話：＿＿＿＿＿＿＿＿", "Telephone: ________________"),
    "guide_contact": ("社内の連絡先", "Our contact"),
}
