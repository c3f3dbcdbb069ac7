"""Windows, deadlines, digests, escalations and the operator's command: (Japanese, English)."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- lines of a mail about a submission
    "mail_no_project": ("（案件不明）", "(project unknown)"),
    "mail_no_issuer": ("（発注者不明）", "(issuer unknown)"),
    "mail_reason": ("　　理由：{reason}", "    Reason: {reason}"),
    "mail_state": ("　　状態：{state}", "    State: {state}"),
    "mail_asked": ("　　承認の依頼：{by}さん", "    Approval asked for by {by}"),
    "telling_subject_asked": (
        "【保証便】承認の依頼があります（{count}件）",
        "[hoshobin] an approval is asked for ({count})",
    ),
    "telling_subject_returned": (
        "【保証便】差し戻し・送信の停止があります（{count}件）",
        "[hoshobin] sent back or stopped ({count})",
    ),
    "mail_reply": ("　　サーバーの応答：{reply}", "    The server's reply: {reply}"),
    "mail_next": ("　　次にすること：{step}", "    Next: {step}"),
    # --- What is wrong with the configuration ----------------------------------------------------------------
    "bad_window": ("「{value}」は時間帯の書き方ではありません", '"{value}" is no window'),
    "bad_time": ("「{value}」は時刻の書き方ではありません", '"{value}" is no time of day'),
    "one_connection": (
        "connections は 1 だけです（二重送信を防ぐため、1通ずつ送ります）",
        "connections must be 1: mails are sent one at a time, so that none is sent twice",
    ),
    # --- Tasks -----------------------------------------------------------------------------------------------
    "task_doubt": (
        "届いたかどうか分かりません（自動では再送しません）。{whom}に届いているか確認し、結果を記録",
        "it may have arrived or not (it is never resent automatically): ask {whom}, then record the answer",
    ),
    "task_stuck": (
        "送信できない状態が続いています（自動で再送を続けています）。サーバーの応答：{reply}。提出先：{whom}",
        "sending has failed for hours (retries continue). The server said: {reply}. Ask: {whom}",
    ),
    "task_stuck_unreached": (
        "送信サーバーに接続できず、送信できていません（自動で再送を続けています）。提出先：{whom}",
        "the mail server is not reached, so nothing is sent (retries continue). Ask: {whom}",
    ),
    "no_phone": ("電話番号は未登録", "no number is registered"),
    "due_of_contract": ("契約日 {day}", "contract {day}"),
    "due_of_invoice": ("請求日 {day}", "invoice {day}"),
    "day_over": ("{day}（{days}日過ぎています）", "{day} ({days} days past)"),
    "line_due": ("　　提出期限：{day}", "    deadline: {day}"),
    "day_today": ("{day}（今日まで）", "{day} (today)"),
    "line_phone": ("　　電話：{whom}", "    phone: {whom}"),
    "line_sends_at": ("{moment} に送信予定", "leaves at {moment}"),
    "status_sends_at": (
        "送信待ち：{count}件（次の送信は {moment}）",
        "Waiting to be sent: {count} (the next leaves at {moment})",
    ),
    # --- The mail at once ------------------------------------------------------------------------------------
    "telling_subject_deadline": (
        "【保証便】至急：提出期限が迫っています（{count}件）",
        "[hoshobin] urgent: a deadline is near ({count})",
    ),
    "telling_deadline": (
        (
            "次の{count}件は、提出期限が迫っていますが、まだ提出されていません。\n"
            "　　期限に間に合わないおそれがあるときは、下記の提出先に電話で連絡し、提出方法を相談してください。"
        ),
        "The deadline of these {count} is near, and they have not left. Call the section if time runs out.",
    ),
    "telling_mute": (
        (
            "送信サーバーに接続できない状態が続いています（{since} から：{reply}）。\n"
            "　　その間、発注者への送信も、このお知らせのメールも止まっています。"
            "ネットワークと設定を確かめ、`hoshobin doctor` を実行してください。"
        ),
        (
            "The mail server has not been reached since {since} ({reply}).\n"
            "Meanwhile nothing is sent, not even this mail. Check the network, then run `hoshobin doctor`."
        ),
    ),
    # --- Before it leaves by itself --------------------------------------------------------------------------
    "leaving_subject": (
        "【保証便】{moment}以降に{count}件を自動で送信します（止める場合は取下げ）",
        "[hoshobin] {count} will be sent automatically from {moment} on (withdraw to stop)",
    ),
    "leaving_open": (
        (
            "次の{count}件は、確認が必要な点がないため、自動で発注者へ送信します。送信は、このメールから{minutes}分以上"
            "たった後です。\n送信しない場合は、それまでに取下げのコマンドを実行してください。何もしなければ送信します。\n"
            "このメールには認証キーは含まれていません。"
        ),
        (
            "These {count} are sent automatically, at least {minutes} minutes after this mail. To stop one, run "
            "its command before then. No key is in this mail."
        ),
    ),
    "leaving_at": ("　　送信予定：{moment}以降", "    leaves from: {moment}"),
    "leaving_to": ("　　宛先：{to}", "    to: {to}"),
    "leaving_title": ("　　件名：{subject}", "    subject: {subject}"),
    "leaving_files": ("　　添付：{files}", "    attached: {files}"),
    "leaving_stop": ("　　止める場合：{command}", "    to stop it: {command}"),
    "leaving_more": (
        "ほかに{count}件あります。次のメールでお知らせするまで、送信しません。",
        "And {count} more, which are not sent before the next mail lists them.",
    ),
    "task_leaving": (
        "{moment}以降に自動で送信します。送信しない場合は、それまでに取下げてください。",
        "sent automatically from {moment} on; withdraw it before then to stop it",
    ),
    "task_leaving_untold": (
        "自動で送信する予定ですが、送信前のお知らせのメールをまだ送れていないため、送信していません。",
        "waiting: the mail that announces it to a person has not been sent yet",
    ),
    # --- The digest ------------------------------------------------------------------------------------------
    "digest_subject": (
        "【保証便】本日の対応一覧（{count}件、うち至急 {now}件）",
        "[hoshobin] today's tasks ({count}, {now} of them at once)",
    ),
    "digest_subject_none": ("【保証便】本日の対応一覧（対応待ちはありません）", "[hoshobin] today's tasks (none)"),
    "digest_open": (
        (
            "{day}現在、対応が必要な件は{count}件です（うち至急 {now}件）。急ぐ案件から順に並べています。\n"
            "このメールに認証キーは含まれていません。"
        ),
        "Open on {day}: {count}, {now} of them at once; the most urgent projects first. No key is in this mail.",
    ),
    "digest_none": (
        "{day}現在、対応が必要な件はありません。保証便は正常に動いています。",
        "Nothing is open on {day}. hoshobin is running.",
    ),
    "digest_project": ("■ {project}　／　{issuer}", "■ {project} / {issuer}"),
    "digest_task": ("　［{urgency}］{about}", "  [{urgency}] {about}"),
    "t_no_issuer": ("発注者不明", "issuer not known"),
    "digest_due": ("期限 {day}", "due {day}"),
    "digest_number": ("番号 {number}", "submission {number}"),
    "digest_todo": ("　　すること：{text}", "    to do: {text}"),
    "digest_command": ("　　コマンド：{command}", "    command: {command}"),
    "digest_more": (
        "ほかに{count}件あります。`hoshobin tasks` でご確認ください。",
        "And {count} more: see `hoshobin tasks`.",
    ),
    "digest_sent": (
        "前回の一覧の後に発注者へ送信したもの：{count}件",
        "Sent to issuers since the last of these mails: {count}",
    ),
    "digest_sent_none": (
        "前回の一覧の後に発注者へ送信したものはありません。",
        "Nothing was sent to issuers since the last of these mails.",
    ),
    "digest_sent_one": (
        "　{moment}　番号 {number}　{project}　／　{whom}　（{state}）",
        "  {moment} submission {number} {project} / {whom} ({state})",
    ),
    "digest_sent_more": (
        "　ほかに{count}件あります。`hoshobin log` でご確認ください。",
        "  and {count} more: see `hoshobin log`",
    ),
    "sent_list_subject": ("【保証便】送信したものの一覧（{count}件）", "[hoshobin] what was sent ({count})"),
    "sent_list_open": (
        "{day}までに発注者へ送信したものの一覧です（{count}件）。認証キーは含まれていません。",
        "What was sent to issuers up to {day} ({count}). No key is in this mail.",
    ),
    "chat_title": ("保証便", "hoshobin"),
    "chat_open": (
        "【保証便】対応が必要な件：{count}件（うち至急 {now}件）",
        "[hoshobin] open: {count}, {now} of them at once",
    ),
    "chat_warnings": ("、不具合のお知らせ：{count}件", ", warnings: {count}"),
    "chat_button": ("今日することを開く", "open the list"),
    "telling_subject_joined": ("{subject}、ほか{count}件のお知らせ", "{subject}, and {count} more"),
    "telling_person_unreached": (
        (
            "利用者のメールアドレス {name} に、お知らせのメールを送れません。\n　　サーバーの応答：{detail}\n"
            "　　管理者の方は、「利用者」の画面でアドレスを確かめてください。"
        ),
        (
            "No mail can be sent to {name}, the address of an account.\n    The server said: {detail}\n"
            "The administrator checks the address of the account."
        ),
    ),
    "telling_webhook_refused": (
        (
            "チャットへのお知らせを送れません。\n　　応答：{detail}\n"
            "　　メールでのお知らせは、そのまま届きます。"
            "管理者の方は、チャットの受信用アドレスと設定を確かめてください。"
        ),
        (
            "The chat does not take our notices.\n    It said: {detail}\n"
            "Mails to people go on. The administrator checks the address of the chat and the settings."
        ),
    ),
    "digest_head": (
        (
            "確認済みの末尾番号（{number}件目）：{head}\n"
            "　　このメールを保管しておくと、この時点までの記録が失われたり書き換えられたりしていないことを、後日 "
            "`hoshobin audit verify --head {head}` で確認できます。"
        ),
        (
            "Noted number of the log (entry {number}): {head}\n"
            "Keep this mail: `hoshobin audit verify --head {head}` later proves that nothing up to here was lost."
        ),
    ),
    # --- Requests without an answer --------------------------------------------------------------------------
    "task_request_waits": (
        "{by}さんの承認の依頼（{moment}）に、まだ答えがありません（依頼先：{people}）。確認して承認するか、差し戻す",
        "the request of {by} ({moment}) has no answer yet (asked: {people}): review, then approve or send back",
    ),
    "task_request_waits_alone": (
        "{by}さんの承認の依頼（{moment}）に、まだ答えがありません。確認して承認するか、差し戻す",
        "the request of {by} ({moment}) has no answer yet: review, then approve or send back",
    ),
    "unanswered_subject": (
        "【保証便】至急：承認の依頼に答えがありません（{project}）",
        "[hoshobin] urgent: a request for an approval has no answer ({project})",
    ),
    "unanswered_open": (
        (
            "{by}さんが {moment} に承認を依頼した次の提出が、まだ承認も差し戻しもされていません。\n"
            "承認できるほかの方にも、このメールをお送りしています。認証キーは含まれていません。"
        ),
        (
            "{by} requested the approval of this submission on {moment}; it is neither approved nor sent back.\n"
            "This mail goes to the others who can approve it. No key is in it."
        ),
    ),
    "unanswered_page": ("開く：{url}", "Open: {url}"),
    # --- Escalation ------------------------------------------------------------------------------------------
    "escalation_subject": (
        "【保証便】至急：1営業日以内に対応されていない件があります（{count}件）",
        "[hoshobin] urgent: untouched for a working day ({count})",
    ),
    "escalation_open": (
        (
            "次の{count}件は至急の対応が必要ですが、1営業日を過ぎても対応が記録されていません。\n"
            "担当者へのお知らせに加えて、このメールをお送りしています。認証キーは含まれていません。"
        ),
        "These {count} are urgent, and nothing was recorded for a working day. No key is in this mail.",
    ),
    # --- The store -------------------------------------------------------------------------------------------
    "telling_subject_store": (
        "【保証便】至急：記録に書き込めず、受付も送信も止まっています",
        "[hoshobin] urgent: the store cannot be written, nothing is taken in or sent",
    ),
    "telling_subject_store_mended": (
        "【保証便】記録に書き込めるようになりました（受付・送信を再開）",
        "[hoshobin] the store can be written again",
    ),
    "telling_store": (
        (
            "{since}から、記録（データベース）に書き込めません：{failure}\n"
            "この間、新しいお知らせの受付と、発注者への送信は行われません。届いたメールや保存したPDFはそのまま残り、"
            "書き込めるようになれば自動で処理します。急ぐ提出は、発注者へ電話などでご連絡ください。\n"
            "管理者の方は、次を確かめてください。\n"
            "　　・ディスクの空き（df -h {place}）\n"
            "　　・ディスクの故障、読取り専用になっていないか（dmesg、mount）\n"
            "　　・{place} の所有者と権限、ほかのプログラムがデータベースを使っていないか\n"
            "　　・データベースの破損（hoshobin audit verify）。壊れている場合は hoshobin restore で戻します"
        ),
        (
            "The store has not been writable since {since}: {failure}. Nothing is taken in or sent meanwhile; "
            "mail that came stays in the mailbox and is handled later. Check free space (df -h {place}), the "
            "disk (dmesg, "
            "mount), the owner of {place}, and hoshobin audit verify."
        ),
    ),
    "damaged_store": (
        (
            "データベースが壊れています（{detail}）。表示の内容は正しくない可能性があります。管理者の方は "
            "`hoshobin audit verify` で確かめ、`hoshobin restore` でバックアップから戻してください。"
        ),
        (
            "The database is damaged ({detail}): what is shown may be wrong. Check with `hoshobin audit verify` and "
            "put a backup back with `hoshobin restore`."
        ),
    ),
    "looked_lately": ("{minutes}分以内に確認", "within {minutes} minutes"),
    "telling_store_mended": (
        (
            "{since}から記録（データベース）に書き込めませんでしたが（{reply}）、いまは書き込めます。"
            "受付と送信は自動で再開しています。原因が分からない場合は、管理者の方がディスクを確かめてください。"
        ),
        "The store could not be written from {since} on ({reply}) and can be again; work continues automatically.",
    ),
    # --- The operator's command ------------------------------------------------------------------------------
    "remedy_command": (
        "[operator] command の先頭に、実行できるプログラムの絶対パスを書いてください。",
        "Write the absolute path of a program that can be run first in [operator] command.",
    ),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "bad_window": (
        '"mon-fri 08:30-17:15" のように、曜日（mon tue wed thu fri sat sun）と時刻で書いてください（24:00 まで）',
        'write weekdays and times as in "mon-fri 08:30-17:15" (up to 24:00)',
    ),
    "bad_time": ('"17:30" のように、時と分を2桁ずつで書いてください', 'write hours and minutes as in "17:30"'),
    "one_connection": ("connections = 1 としてください", "write connections = 1"),
}
