"""Words of the console's pages of projects, of the search and of the quick guide."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- the list
    "projects": ("案件", "Projects"),
    "projects_count": ("{count}件", "{count}"),
    "find": ("探す", "Search"),
    "with_closed": ("完了した案件も含める", "Include completed projects"),
    "new_project": ("案件を登録", "Register a project"),
    "import_ledger": ("台帳から取り込む", "Import a ledger"),
    "numbers": ("保証契約番号", "Contract number"),
    "next_todo": ("次にすること", "Next"),
    "projects_none": (
        "まだ案件がありません。まず「案件を登録」か、台帳から取り込んでください。",
        "There is no project yet. Register one, or import a ledger.",
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
    "project_contact": ("当社の担当", "Our contact"),
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
    "invoice_apart": ("別途提出", "handed in separately"),
    "invoice_undecided_yet": ("未定（PDFか「別途提出」を決める）", "undecided: a PDF, or handed in separately"),
    "invoice_not_taken": ("この発注者には添付しません", "not attached for this issuer"),
    "project_documents": ("その他の書類", "Other documents"),
    "documents_none": ("なし", "none"),
    "documents_unsaid": ("指定なし", "not stated"),
    "rule_in_words": ("提出方法（発注者の決まり）", "The issuer's rule"),
    "foreseen_link": ("この案件に届いたら", "If the notice came"),
    "all_submissions": ("この案件の提出", "Submissions of this project"),
    "no_submissions": ("この案件の提出はまだありません。", "Nothing was submitted yet."),
    "submission_number": ("提出番号", "Submission"),
    "guarantee": ("保証", "Guarantee"),
    "sent_at": ("送信", "Sent"),
    "addressee": ("提出先", "Recipient"),
    "calls_and_replies": ("電話と返信", "Calls and replies"),
    "no_calls": ("電話や返信の記録はまだありません。", "No call and no reply is recorded."),
    "resubmitted_as": ("{id}で再提出", "resubmitted as {id}"),
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
        "承認する方は、宛先・件名・本文・添付をお知らせと見比べ、確認事項に印を付けて［承認する］を押します。",
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
        "画面が開かなくても、承認済みのものは時間どおりに送られます。急ぐものは管理者に電話してください。",
        "What is approved still leaves in time. Telephone the administrator if it is urgent.",
    ),
    "guide_down_2": (
        "期限が今日のものは、発注者の担当課に電話し、提出方法を相談してください。",
        "If something is due today, telephone the issuer's section and ask how to hand it in.",
    ),
    "guide_down_3": (
        "手でメールを送ったら、宛先・日時・内容を控えてください。復旧後に「別の方法で提出」として記録します。二重に送らないためです。",
        "If you mail it by hand, note recipient, time and content, and record it afterwards, so it is not sent twice.",
    ),
    "guide_down_4": (
        "お知らせのPDFは捨てずに保管してください。復旧後に入れれば、続きから進みます。",
        "Keep the notice's PDF. Drop it when the server is back.",
    ),
    "guide_contact": ("社内の連絡先", "Our contact"),
}
