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
        "新しい役割：{people}。心当たりがなければ、管理者に確かめてください。",
        "New roles: {people}. If that was not expected, ask the administrator.",
    ),
    "role_given_on_server": ("サーバーの管理者", "the server's administrator"),
    "role_given_to": ("{login}（{roles}、{at}、記録者 {by}）", "{login} ({roles}, {at}, by {by})"),
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
    "people_views_taken": ("ファイル・理由・変更", "File, reason, change"),
    "people_until_short": ("最終日", "last day of use"),
    "user_change_value": ("{what}：{old} → {new}", "{what}: {old} → {new}"),
    "user_change_none": ("なし", "none"),
    "user_change_added": ("利用者に追加（{roles}）", "added ({roles})"),
    "user_change_stopped": ("利用を停止", "stopped"),
    "user_change_let_in": ("利用を再開", "let in again"),
    "user_change_language": ("表示の言葉を変更", "language changed"),
    "user_change_mails": ("受け取るメールを変更", "mails wanted changed"),
    "user_change_invited": ("招待リンクを作成", "invitation link made"),
    "user_change_password": ("パスワードを変更", "password chosen"),
    "user_change_code_registered": ("確認コードを登録", "code registered"),
    "user_change_code_removed": ("確認コードを解除", "code removed"),
    "user_change_recovery_code_used": ("回復コードを使用", "recovery code used"),
    "user_change_identity_bound": ("会社のアカウントを結び付け", "company account bound"),
    "user_change_identity_removed": ("会社のアカウントの結び付けを解除", "company account taken off"),
    "user_change_away": ("不在 {first}〜{last}、代理 {deputy}", "away {first} to {last}, deputy {deputy}"),
    "user_change_present": ("不在を取り消し", "absence ended"),
    "people_views_rows": ("{count}件", "{count} rows"),
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
    # --- the second factor
    "code_title": ("確認コード（二段階のログイン）", "Second factor"),
    "code_label": ("確認コード", "Code"),
    "code_note": (
        "スマートフォンの認証アプリに出る6桁です。お手元になければ、回復コードを入力してください。",
        "The six digits in your authenticator app, or a recovery code.",
    ),
    "code_why": (
        "登録すると、社外からもログインできます。「管理」の方は、いつも必要です。",
        "With it you can log in from outside the office. Administrators always need it.",
    ),
    "code_step_app": (
        "スマートフォンに認証アプリを用意し、次の図を読み取ります。この画面をスマートフォンで開いているときは、下を押してください。",
        "Let the authenticator app on your telephone read the picture. On the telephone itself, press below.",
    ),
    "code_picture": ("認証アプリで読み取る図", "Picture for the authenticator app"),
    "code_open_app": ("認証アプリで開く", "Open in the app"),
    "code_step_secret": (
        "読み取れないときは、アプリの「手動で追加」に次の文字を入力します。",
        "If it cannot be read, type this into the app.",
    ),
    "code_step_code": ("アプリに出た6桁を入力します。", "Type the six digits that the app shows."),
    "code_register": ("確認コードを登録", "Register the code"),
    "code_registered": ("確認コードを登録しました", "The second factor is registered"),
    "code_is_registered": (
        "登録済みです。残りの回復コード：{left}個。端末をなくしたときは、管理者に解除を頼んでください。",
        "It is registered. Recovery codes left: {left}. If the telephone is lost, ask an administrator.",
    ),
    "code_recovery_why": (
        "回復コードです。紙に控えて、しまってください。それぞれ1回だけ使えます。この画面を離れると、もう表示できません。",
        "Recovery codes: write them down. Each can be used once. They cannot be shown again.",
    ),
    "code_forget": ("確認コードを解除する", "Remove the second factor"),
    "code_forget_why": (
        "端末をなくした方のためのものです。ご本人からの依頼であることを、電話などで確かめてください。",
        "For a lost telephone. First make sure that the person asks for it.",
    ),
    "code_needed": ("確認コードも入力してください。", "Enter the code as well."),
    "code_wrong": (
        "確認コードが違うか、すでに使われています。アプリの新しい6桁を入力してください。",
        "The code is wrong or was used already. Enter the app's next six digits.",
    ),
    "code_unregistered": (
        "社外からは、確認コードを登録した方だけがログインできます。社内からログインして、「自分の設定」で登録してください。",
        'From outside, a registered second factor is needed. Log in at the office and register it under "My settings".',
    ),
    "user_code_forgotten": (
        "{name}さん（ログイン名：{login}）の確認コードを解除しました。",
        "The second factor of {name} (login name: {login}) is removed.",
    ),
    "said_code_forgotten": ("確認コードを解除しました。", "The second factor is removed."),
    "said_code_first": (
        "「管理」の方は、先に確認コードを登録してください。",
        "An administrator first registers a second factor.",
    ),
    "remedy_webhook": (
        "チャットの受信用アドレスが有効か確かめ、変わっていれば、サーバーのファイルのアドレスを書き直してください。",
        "Check that the chat's address is still valid; if it changed, write the new one into its file on the server.",
    ),
    "mails_title": ("受け取るメール", "Mails"),
    "mails_why": (
        "お知らせは、1通にまとめて、{minutes}分に1回までお届けします。至急のものは、すぐにお届けします。",
        "Mails are gathered into one within {minutes} minutes. What is urgent comes at once.",
    ),
    "mails_waiting": ("対応が必要な提出（保留、期限、送信前のお知らせ）", "What waits for a person, expires or leaves"),
    "mails_sent": ("その日に送信したものの一覧（毎営業日）", "The list of what was sent, on each working day"),
    "mails_warnings": ("受信・設定などの不具合", "Faults of mailboxes, settings and the like"),
    "mails_always": (
        "送受信が止まった、届いたか分からないなどの重大なお知らせは、ここで外しても届きます。",
        "Alarms of the gravest kind come in any case: nothing is received or sent, or it is not known what arrived.",
    ),
    "mails_to": ("お届け先：{mail}", "They go to {mail}."),
    "mails_no_address": (
        "メールアドレスが登録されていないため、届きません。管理者に登録を頼んでください。",
        "No mail address is registered, so none comes. Ask an administrator to add it.",
    ),
    "mails_no_list": (
        "送信したものの一覧は、送る時刻を管理者が設定すると届きます。",
        "The list of what was sent comes once the administrator has set its time.",
    ),
    "said_mails_changed": ("受け取るメールを変更しました。", "Your mails are changed."),
    "user_mails_changed": (
        "{name}さん（ログイン名：{login}）が受け取るメールを変更しました：{mails}",
        "The mails of {name} (login name: {login}) are changed: {mails}",
    ),
    "user_mails_none": ("重大なお知らせだけ", "the gravest alarms alone"),
    "language": ("表示の言葉", "Language"),
    "error_slow": (
        "送信に時間がかかりすぎたため、受け付けませんでした。何も変わっていません。もう一度お試しください。",
        "It took too long to arrive and was refused. Nothing was changed. Please try again.",
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
    "health_metrics": ("監視用の数値", "Figures for monitoring"),
    "health_configuration": ("設定", "Configuration"),
    "health_check": ("今すぐ診断", "Check now"),
    "health_check_why": (
        "データベースの破損、目印、設定を、いま調べます。メールサーバーへの接続は、サービスが行った最後の結果です。",
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
