"""Events, the details of entries, and the things that are reached, in office words: (Japanese, English)."""

from __future__ import annotations

from typing import Final

from worker.core.states import Event, NoteEvent

EVENTS: Final[dict[str, tuple[str, str]]] = {
    Event.ANNOUNCED: ("発行完了メールを受信", "announcement received"),
    Event.NOTICE_READ: ("お知らせを受付", "notice received"),
    Event.APPROVED: ("承認", "approved"),
    Event.REDRAFTED: ("内容・理由を更新", "re-evaluated"),
    Event.HELD: ("保留に変更", "held"),
    Event.RETURNED: ("差し戻し・送信の停止", "sent back or stopped"),
    Event.REQUESTED: ("確認して承認を依頼", "confirmed, approval requested"),
    Event.HANDED_OVER: ("別途提出", "handed over"),
    Event.WITHDRAWN: ("取下げ", "withdrawn"),
    Event.SEND_STARTED: ("送信開始", "sending began"),
    Event.DATA_STARTED: ("本文の送信開始", "body began"),
    Event.NOT_NOW: ("送信できず（再送予定）", "not now"),
    Event.REFUSED: ("受信拒否", "refused"),
    Event.ACCEPTED: ("送信サーバーが受付", "accepted by our server"),
    Event.PROVEN_SENT: ("受信した通知により送信済みと判明", "proven sent by a report or copy"),
    Event.CONFIRMED_SENT: ("送信済みと確認", "recorded as sent by a person"),
    Event.CONFIRMED_NOT_SENT: ("未送信と確認", "recorded as not sent by a person"),
    Event.REHEARSAL_ENDED: ("リハーサル終了", "rehearsal ended"),
    Event.DELAYED: ("配送遅延", "delayed"),
    Event.OVERDUE: ("応答なし", "overdue"),
    Event.RELAYED: ("中継済み", "relayed"),
    Event.DELIVERED: ("先方サーバー到着", "delivered"),
    Event.BOUNCED: ("不達", "bounced"),
    Event.NOT_ACCEPTED: ("差戻し", "not accepted"),
    Event.CONFIRMED: ("到達確認", "confirmed"),
    NoteEvent.SEEN_AGAIN: ("同じお知らせを再受信", "the same notice again"),
    NoteEvent.SENDER_PROVEN: ("送信元を確認", "sender authenticated"),
    NoteEvent.JOINED: ("発行完了メールと結び付け", "linked to its announcement"),
    NoteEvent.NOTICE_AWAITED: ("お知らせPDFが未着", "notice still awaited"),
    NoteEvent.DEADLINE_NEAR: ("提出期限の接近", "deadline near"),
    NoteEvent.RESCHEDULED: ("送信予定の変更", "send time changed"),
    NoteEvent.TOLD_BEFORE: ("送信前のお知らせ", "advance notice mailed"),
    NoteEvent.STEPS_RENEWED: ("提出の手順を更新", "manual steps updated"),
    NoteEvent.NOT_READ_AGAIN: (
        "送信前にPDFを読み直せず（再試行予定）",
        "the PDF could not be read again before sending",
    ),
    NoteEvent.NO_ANSWER: ("サーバーの応答なし", "no answer"),
    NoteEvent.ANSWER_AFTERWARDS: ("後から届いた応答", "late answer"),
    NoteEvent.STARTED: ("起動", "started"),
    NoteEvent.CONFIGURATION_CHANGED: ("設定の変更", "configuration changed"),
    NoteEvent.WITHOUT_COPY: ("控えの送信だけ拒否", "our own copy was refused"),
    NoteEvent.OTHER_COPY: ("送信した内容と異なる控えを保管", "a copy that differs from what was sent"),
    NoteEvent.REPORT_TOO_EARLY: ("控えのない送信についての通知を保管", "a report on a mail not recorded here"),
    NoteEvent.CAME_BACK: ("受信した通知・返信を記録", "report or reply received"),
    NoteEvent.DONE: ("提出後の手続を記録", "done after sending"),
    NoteEvent.RESUMED: ("送信の再開", "resumed"),
    NoteEvent.LEFT_ALONE: ("扱わない古いメール", "older mails skipped"),
    NoteEvent.RESTORED: ("バックアップから復元", "restored from a backup"),
    NoteEvent.FOREIGN_MAIL: ("この保証便に記録のないメール", "a mail that is not recorded in this store"),
    NoteEvent.LOGGED_IN: ("ログイン", "logged in"),
    NoteEvent.LOGIN_FAILED: ("ログインの失敗", "login failed"),
    NoteEvent.USER_CHANGED: ("利用者の変更", "user changed"),
}
"""Every event of the states' table and every entry that is not a transition."""

STEPS: Final[dict[str, tuple[str, str]]] = {
    "Mail": ("差出人を告げたとき", "sender"),
    "Rcpt": ("宛先を告げたとき", "recipient"),
    "Data": ("本文を送る前", "before the text"),
    "Body": ("本文を送った後", "after the text"),
}
"""The steps of handing a mail to a server, as entries name them."""

DETAILS: Final[dict[str, tuple[str, str]]] = {
    "address": ("接続元", "client address"),
    "alike": ("お知らせとみられる通数", "look like notices"),
    "amends": ("変更前の提出", "amends"),
    "announcement": ("発行完了メール", "announcement"),
    "answer": ("応答", "answer"),
    "answered": ("確認済みとした理由", "answered"),
    "answered_at": ("応答の時刻", "answered at"),
    "came_at": ("届いた時刻", "came at"),
    "came_by": ("受付の経路", "came by"),
    "change": ("変更", "change"),
    "channel": ("提出方法", "channel"),
    "confirmed_at": ("確認の時刻", "confirmed at"),
    "copy_to": ("自社の控えの宛先", "our own copy goes to"),
    "corrects": ("訂正元", "corrects"),
    "deadline": ("提出期限", "deadline"),
    "done": ("済んだ手続", "done"),
    "draft": ("内容", "draft"),
    "due_at": ("送信予定", "due"),
    "envid": ("送信番号", "envelope id"),
    "evidence": ("送信元の確認", "evidence of the sender"),
    "file": ("ファイル", "file"),
    "from_before": ("導入前", "from before"),
    "from": ("いつより前", "from before"),
    "is_stopped": ("利用の停止", "stopped"),
    "joined": ("届いたお知らせ", "its notices"),
    "language": ("表示の言語", "language"),
    "label": ("承認した確認番号", "label"),
    "left": ("扱わない通数", "skipped"),
    "letter": ("送信内容", "letter"),
    "login": ("ログイン名", "login"),
    "mail": ("届いたメールの原本", "the mail"),
    "mail_address": ("メールアドレス", "mail address"),
    "mailbox": ("メールボックス", "mailbox"),
    "message_id": ("送信したメール", "mail sent"),
    "next_try_at": ("次の送信予定", "next try"),
    "name": ("氏名", "name"),
    "note": ("記録", "note"),
    "noted_head": ("前に控えた末尾", "noted head"),
    "open_hours": ("経過した時間（送る時間帯だけ）", "open hours"),
    "archive": ("取り出したZIP", "taken out of the ZIP"),
    "other_files": ("同じZIPのPDFでないファイル", "files of that ZIP that are not PDFs"),
    "other_pdfs": ("同じメールのほかのPDF", "other PDFs"),
    "from_message": ("届いたメール", "message"),
    "phone": ("電話", "phone"),
    "proven": ("送信元の確認済み", "proven"),
    "read_anew": (
        "書き終わった（差し替えられた）ファイルを読み直し",
        "the file was completed or replaced, and read again",
    ),
    "reading": ("フリガナ", "reading"),
    "receipts": ("届いた内容", "reports and replies"),
    "recipients": ("宛先", "recipients"),
    "released_by": ("送信の決定", "released by"),
    "roles": ("役割", "roles"),
    "same_bytes": ("同じファイル", "same file"),
    "sha256": ("照合用の値", "sha256"),
    "sign": ("見つかったこと", "sign"),
    "signs": ("止めていた理由", "why it was stopped"),
    "since": ("いつから", "since"),
    "store": ("書いた保証便", "written by"),
    "source": ("ファイル名・件名", "name"),
    "step": ("段階", "step"),
    "superseded_by": ("後から届いたお知らせ", "superseded by"),
    "ticked": ("確認した条件", "conditions checked"),
    "until": ("最終日", "last day"),
    "user": ("利用者", "user"),
    "unseen": ("件名を調べていない通数", "not checked"),
    "version": ("保証便の版", "version"),
    "waiting": ("提出前", "not yet sent"),
    "why": ("理由", "why"),
}

THINGS: Final[dict[str, tuple[str, str]]] = {
    "mail": ("受信メールボックス {name}", "mailbox {name}"),
    "sender": ("送信元の確認（{name}）", "proof of senders ({name})"),
    "imap": ("受信メールサーバー", "the mailbox's server"),
    "smtp": ("送信サーバー", "the sending server"),
    "sending": ("送信サーバー", "the sending server"),
    "configuration": ("設定ファイル", "the configuration"),
    "folder": ("所定のフォルダ", "the folder"),
    "invoices": ("請求書フォルダ", "the invoices folder"),
    "store": ("データベース", "the database"),
    "disk": ("ディスク", "the disk"),
    "pdf": ("PDFの読取り", "reading PDFs"),
    "pdf_sandbox": ("PDF読取りの隔離", "the sandbox of reading PDFs"),
    "backup": ("バックアップ", "the backup"),
    "service": ("保証便のサービス", "the service"),
    "witness": ("別の場所の目印", "the witness"),
    "copies": ("古い写し・2台目に気付く手がかり", "signs of an old copy or a second one"),
    "dns": ("DNS（電子署名の確認）", "DNS (keys of signatures)"),
    "login": ("OAuth2 のログイン {name}", "OAuth2 login {name}"),
    "command": ("連絡用プログラム（[operator] command）", "the operator's command"),
}
"""Things that are watched, reached or used; ``mail:NAME`` takes the mailbox's name."""

FAULTS: Final[dict[str, tuple[str, str]]] = {
    "bad_hash": ("記録の内容が書き換えられている", "an entry was changed"),
    "broken_link": ("前の記録とつながらない", "an entry does not follow the one before"),
    "wrong_number": ("番号が続いていない（削除・挿入・入替え）", "numbers do not follow (deleted, inserted, swapped)"),
    "no_entry": ("記録として読めない", "not readable as an entry"),
    "row_differs": ("現況が記録と異なる", "a submission differs from its entries"),
    "row_missing": ("現況に提出がない", "a submission is missing"),
    "row_unknown": ("記録にない提出がある", "a submission without entries"),
    "original_differs": ("原本が書き換えられている", "an original was changed"),
    "original_missing": ("原本がない", "an original is missing"),
    "head_missing": (
        "以前に控えた末尾が記録にない（後ろの記録の消失、全体の書換え、または古いバックアップ）",
        "a head noted earlier is not in the log (entries lost at its end, the log rewritten, or an old backup)",
    ),
}
"""Faults that ``audit verify`` can find."""

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "detail_true": ("はい", "yes"),
    "detail_false": ("いいえ", "no"),
    "audit_broken": (
        (
            "記録に異常があります（{faults}箇所、最初は{first}）。"
            "送信を止め、データベースを保全して管理者へご連絡ください。"
        ),
        (
            "The log does not verify ({faults} places, the first is {first})."
            " Stop sending, keep the database, tell the administrator."
        ),
    ),
    "audit_more": ("ほかに{count}箇所あります。", "And {count} place(s) more."),
    "audit_head_form": (
        "{given}：末尾は16進数64桁です。朝のまとめのメール、または `audit verify` の結果からそのまま写してください",
        "{given}: give the whole head, 64 hexadecimal digits, as the digest and `audit verify` show it",
    ),
    "place_entry": ("記録{where}", "entry {where}"),
    "place_submission": ("提出{where}", "submission {where}"),
    "place_original": ("原本{where}", "original {where}"),
    "place_head": ("末尾{where}", "head {where}"),
}

PLACES: Final[dict[str, str]] = {
    "row_differs": "place_submission",
    "row_missing": "place_submission",
    "row_unknown": "place_submission",
    "original_differs": "place_original",
    "original_missing": "place_original",
    "head_missing": "place_head",
}
"""The place of a fault that is no entry."""
