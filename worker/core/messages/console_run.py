"""Words of the console's pages of people and health, of the second factor, and of the demonstration in a browser."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- people
    "telling_role_given": (
        (
            "ログイン名「{login}」の方に、「承認」または「管理」の役割が付きました。\n"
            "　　心当たりがなければ、「利用者」の画面で役割を確かめ、その方の利用を止めてください。"
        ),
        (
            'The login {login} was given the role "approver" or "administrator".\n'
            "If that was not expected, look at the page of people and stop the account."
        ),
    ),
    "banner_role_given": (
        "{by}さんが、{login} に役割を付けました：{roles}（{at}）。心当たりがなければ、管理者に確かめてください。",
        "{by} gave {login} a role: {roles} ({at}). If that was not expected, ask the administrator.",
    ),
    "people_add": ("利用者を追加", "Add a person"),
    "people_name": ("氏名", "Name"),
    "people_reading": ("フリガナ", "Reading"),
    "people_mail": ("メールアドレス", "Mail address"),
    "people_roles": ("役割", "Roles"),
    "people_until": ("利用の最終日（なければ空欄）", "Last day of use (empty: none)"),
    "people_state": ("状態", "State"),
    "people_open": ("開く", "Open"),
    "people_save": ("変更を保存", "Save"),
    "people_link": ("招待リンクを作る", "Make an invitation link"),
    "people_link_why": (
        "パスワードを決める（決め直す）ためのリンクです。24時間以内に1回だけ使えます。前のリンクは使えなくなります。",
        "A link by which the person chooses a password: valid for 24 hours, once. An earlier link ends.",
    ),
    "people_link_made": (
        "次のリンクを{name}さんに渡してください（24時間以内、1回だけ）。この画面を離れると、もう表示できません。",
        "Give this link to {name} (24 hours, once). It cannot be shown again after you leave this page.",
    ),
    "people_stop": ("利用を止める", "Stop the use"),
    "people_stop_why": ("ログイン中の画面もすぐに終わります。", "Open sessions end at once."),
    "people_restart": ("利用を再開する", "Let it be used again"),
    "people_views": ("閲覧の記録", "Log of views"),
    "people_views_empty": ("記録はまだありません。", "Nothing is recorded yet."),
    "people_views_note": (
        "新しい順に{count}件まで。すべては「改ざん検査」の対象の記録に残っています。",
        "The newest {count}. All of them are in the log.",
    ),
    "people_at": ("日時", "When"),
    "people_by": ("記録", "Recorded as"),
    "people_what": ("内容", "Event"),
    "people_about": ("対象", "About"),
    "role_note_staff": ("PDFを入れ、案件を登録し、提出を準備する", "prepares submissions"),
    "role_note_approver": ("担当の仕事に加え、送信を承認する", "also approves"),
    "role_note_auditor": ("見るだけ。何も変更しない", "looks, and changes nothing"),
    "role_note_admin": ("利用者と稼働状況。提出と認証キーは見えない", "people and health; sees no submission"),
    "said_person_added": ("追加しました。招待リンクを作って渡してください。", "Added. Now make an invitation link."),
    "said_person_changed": ("保存しました。", "Saved."),
    "said_person_stopped": ("利用を止めました。", "The use is stopped."),
    "said_person_restarted": ("利用を再開しました。", "It can be used again."),
    "error_day": (
        "日付として読めません。例：2026-11-30",
        "This is no date. Example: 2026-11-30",
    ),
    # --- health
    "health_service": ("保証便（受信・送信）", "The service"),
    "health_running": ("動いています", "running"),
    "health_well": ("正常", "well"),
    "health_since": ("{since}から異常：{detail}", "failing since {since}: {detail}"),
    "health_last": ("最後に確認できた時", "Last success"),
    "health_found": ("結果", "Result"),
    "health_remedy": ("対処", "Remedy"),
    "health_thing": ("対象", "Checked"),
    "health_store": ("データベース", "Database"),
    "health_configuration": ("設定", "Configuration"),
    "health_check": ("今すぐ診断", "Check now"),
    "health_check_why": (
        "データベースの破損、目印（witness）、設定を、いま調べます。メールサーバーへの接続は、サービスが行った最後の結果です。",
        "Examines the database, the witness and the configuration now. Mail servers: the service's last result.",
    ),
    "health_checked": ("{at} に調べました。", "Checked at {at}."),
    "health_resume": ("送信を再開する", "Resume sending"),
    "health_resume_why": (
        (
            "送信を止めている理由を確かめ、このデータベースで続けてよいと判断したときだけ押してください。"
            "待っているメールは送信されます。"
        ),
        "Only if you have looked at the reasons and this database is the right one. Pending mails are sent.",
    ),
    "health_start_it": (
        "サーバーで systemctl status hoshobin を確かめ、systemctl start hoshobin で起動してください。",
        "Look at systemctl status hoshobin on the server, then systemctl start hoshobin.",
    ),
    "said_resumed": ("送信を再開しました。", "Sending is resumed."),
    # --- the demonstration
    "demo_console": (
        (
            "\nデモの事務所をブラウザで開けます：{url}\n"
            "　ログイン名：{login}（担当・承認）　または {admin}（管理）\n"
            "　パスワード：{password}\n"
            "承認したメールは、このコンピューターの中のサーバーだけに送られます。終わるには Ctrl+C を押してください。"
        ),
        (
            "\nThe demo's office answers in a browser: {url}\n"
            "  login name: {login} (prepares and approves) or {admin} (administrator)\n"
            "  password:   {password}\n"
            "Approved mails go to a mail server inside this computer alone. Ctrl+C ends it."
        ),
    ),
}
