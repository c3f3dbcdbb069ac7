"""The form of a sentence in a mail that links to pages, if the usual one names a command or a folder.

``on_mail_CODE`` stands for the sentence CODE; ``{pages}`` is the address of the pages. A link ends its line, so that no
mail program takes the character behind it for a part of it.
"""

from __future__ import annotations

from typing import Final

_RESUME: Final = (
    (
        "送信を止めています。管理者の方は、送信待ちの提出のうち、すでに発注者へ送ったものを担当の方に取り下げてもらい、"
        "「稼働状況」で再開してください。\n　　送信待ちの一覧：{pages}/\n　　稼働状況：{pages}/health"
    ),
    (
        "Nothing is sent. Let staff withdraw what waits to be sent and has left already, then resume under Health.\n"
        "    What waits: {pages}/\n    Health: {pages}/health"
    ),
)
_OTHER_ENDS: Final = (
    "もう一方の保証便を、そのサーバーの管理者に止めてもらってください。" + _RESUME[0],
    "Have the other one turned off on its server. " + _RESUME[1],
)
_HEALTH: Final = ("\n　　稼働状況（管理者）：{pages}/health", "\n    Health (administrator): {pages}/health")
_LOGIN: Final = (
    "管理者の方が、サーバーでログインし直してください（手順は導入の手引き）",
    "the administrator logs in again on the server (see the guide to the installation)",
)

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- Lines
    "on_mail_digest_command": ("　　開く：{command}", "    open: {command}"),
    "on_mail_telling_end": (
        "今日すること：{pages}/\n（このメールは、保証便が自動で送信しています）",
        "Today: {pages}/\n(sent by hoshobin itself)",
    ),
    "on_mail_telling_more": ("ほかに{count}件あります。\n　　一覧：{pages}/", "And {count} more.\n    List: {pages}/"),
    "on_mail_digest_more": ("ほかに{count}件あります。\n　　一覧：{pages}/", "And {count} more.\n    List: {pages}/"),
    "on_mail_digest_sent_more": (
        "　ほかに{count}件あります。\n　　送信記録：{pages}/log",
        "  and {count} more.\n    What was sent: {pages}/log",
    ),
    "on_mail_digest_head": (
        (
            "確認済みの末尾番号（{number}件目）：{head}\n"
            "　　このメールを保管しておくと、この時点までの記録が失われたり書き換えられたりしていないことを、後日"
            "「改ざん検査」で確認できます（監査の方）。\n　　改ざん検査：{pages}/verify"
        ),
        (
            "Noted number of the log (entry {number}): {head}\n"
            "Keep this mail: the auditor can later verify with it that nothing up to here was lost.\n"
            "    Verification: {pages}/verify"
        ),
    ),
    "on_mail_unread_once": (
        "　このメールでのお知らせは1回だけです。残っているものは「稼働状況」に出ます（管理者）。\n　　{pages}/health",
        "  Each is named in one mail only; those that are left stand under Health (administrator).\n    {pages}/health",
    ),
    # --- Before it leaves by itself
    "on_mail_leaving_open": (
        (
            "次の{count}件は、確認が必要な点がないため、自動で発注者へ送信します。送信は、このメールから{minutes}分以上"
            "たった後です。\n送信しない場合は、それまでに下のページを開いて取り下げてください。"
            "何もしなければ送信します。\n"
            "このメールには認証キーは含まれていません。"
        ),
        (
            "These {count} are sent automatically, at least {minutes} minutes after this mail. To stop one, open its "
            "page and withdraw it before then. No key is in this mail."
        ),
    ),
    # --- Submissions that need somebody at once
    "on_mail_telling_late": (
        (
            "確認の結果を記録した後に、送信サーバーの応答が分かりました（提出の番号：応答 {answer}）。\n"
            "　　記録と食い違います。発注者に届いているか確かめてください。提出の一覧：{pages}/log"
        ),
        (
            "The server's answer became known after a person had recorded the outcome (submission: answer {answer}).\n"
            "They contradict each other. Ask the issuer. Submissions: {pages}/log"
        ),
    ),
    "on_mail_telling_came_back": (
        (
            "送信していないはずの提出について、連絡を受信しました（提出の番号：内容）。\n　　{news}\n"
            "　　すでに送られていた可能性があります。その提出を開いて確かめ、二重に送らないでください。\n"
            "　　今日すること：{pages}/"
        ),
        (
            "News came of a submission that was not sent, as far as is recorded (submission: news).\n    {news}\n"
            "It may have left: open it, and do not send it twice.\n    Today: {pages}/"
        ),
    ),
    "on_mail_telling_news": (
        (
            "送った提出について、届いていない可能性を示す連絡を受信しました（提出の番号：内容）。\n　　{news}\n"
            "　　その提出を開いて内容を読み、届いていないおそれがあれば発注者に電話で確認して、"
            "結果を記録してください。\n"
            "　　今日すること：{pages}/"
        ),
        (
            "News came that a submission may not have arrived (submission: news).\n    {news}\n"
            "Open it, call the issuer where in doubt, and record the answer.\n    Today: {pages}/"
        ),
    ),
    # --- Outages
    "on_mail_telling_mute": (
        (
            "送信サーバーに接続できない状態が続いています（{since} から：{reply}）。\n"
            "　　その間、発注者への送信も、このお知らせのメールも止まっています。"
            "管理者の方は、ネットワークと設定を確かめてください。" + _HEALTH[0]
        ),
        (
            "The mail server has not been reached since {since} ({reply}).\n"
            "Meanwhile nothing is sent, not even this mail. The administrator checks network and settings." + _HEALTH[1]
        ),
    ),
    "on_mail_telling_deaf": (
        (
            "{name}を確認できない状態が続いています（{detail} から）。\n"
            "　　その間に届いたお知らせは、まだ処理されていません。"
            "急ぎのものがないか、メールソフトなどで直接ご確認ください。"
            "回復すると、届いていたものも自動で処理します。" + _HEALTH[0]
        ),
        (
            "{name} has not been reached since {detail}.\n"
            "What came meanwhile is not processed yet: look there yourself. It is processed once it is reached."
            + _HEALTH[1]
        ),
    ),
    "on_mail_telling_account": (
        (
            "メールサーバーにログインできません（{cause}）。パスワードが違うか、変更された可能性があります。\n"
            "　　その間、{meanwhile}が止まっています。管理者の方は、パスワードと設定を確かめてください。\n"
            "　　サーバーの応答：{reply}" + _HEALTH[0]
        ),
        (
            "The mail server refuses our account ({cause}): the password is wrong or was changed.\n"
            "Meanwhile no {meanwhile}. The administrator checks password and settings.\n    It said: {reply}"
            + _HEALTH[1]
        ),
    ),
    "on_mail_telling_login": (
        (
            "メールの OAuth2 のログインが使えません（{cause}）。{why}。\n"
            "　　応答：{reply}\n"
            "　　その間、{meanwhile}が止まっています。{step}。" + _HEALTH[0]
        ),
        ("The OAuth2 login fails ({cause}): {why}: {reply}\nMeanwhile no {meanwhile}. Next: {step}." + _HEALTH[1]),
    ),
    "on_mail_telling_fault": (
        "{cause}を使えません。{why}。\n　　サーバーの応答：{reply}\n　　{step}" + _HEALTH[0],
        "{cause} cannot be used: {why}.\n    The server said: {reply}\n    {step}" + _HEALTH[1],
    ),
    **{f"on_mail_login_step_{fault}": _LOGIN for fault in ("absent", "ended", "declined")},
    "on_mail_login_step_application": (
        "管理者の方が、アプリの登録を確かめ、サーバーでログインし直してください（手順は導入の手引き）",
        "the administrator checks the application and logs in again on the server (see the guide to the installation)",
    ),
    "on_mail_login_step_server": (
        (
            "管理者の方が、このアカウントで IMAP と SMTP が許可されているかを確かめ、サーバーでログインし直してください"
            "（手順は導入の手引き）"
        ),
        (
            "the administrator checks that IMAP and SMTP are allowed for the account, and logs in again on the server "
            "(see the guide to the installation)"
        ),
    ),
    "on_mail_telling_pdf_sandbox": (
        (
            "お知らせのPDFを読めなくなっています。PDFを隔離して読むための環境で、組込みの試験用PDFを読めませんでした"
            "（{news}）。\n"
            "　　届いたお知らせは読まずに残してあり、直れば自動で読みます。急ぎの提出は、別の方法で行ってください。"
            + _HEALTH[0]
        ),
        (
            "No notice PDF can be read: the test PDF could not be read within the sandbox ({news}).\n"
            "Notices are kept unread and read once it works again. Submit urgent ones in another way." + _HEALTH[1]
        ),
    ),
    "on_mail_telling_unfetched": (
        (
            "{mailbox}のメール1通を、繰り返し取得できません（{why}）。\n"
            "　　メールソフトで確認し、お知らせPDFがあれば入れてください。\n　　PDFを入れる：{pages}/drop"
        ),
        (
            "A message of {mailbox} cannot be fetched ({why}).\n"
            "Look at it in a mail program; if it holds a notice PDF, add it.\n    Add a PDF: {pages}/drop"
        ),
    ),
    "on_mail_telling_put_off_time": (
        (
            "{mailbox}に、差出人を確認できないPDF付きメールが多数届いています。読取りに使う時間には上限があるため、"
            "一部の読取りを後に回しました（メールはメールボックスに残っています）。順番が来れば自動で読み取ります。\n"
            "　　お急ぎのお知らせPDFは、画面から入れてください（先に読み取ります）。\n　　PDFを入れる：{pages}/drop"
        ),
        (
            "Many mails of unauthenticated senders with PDFs came to {mailbox}. Some are read later; they stay in the "
            "mailbox.\nAdd an urgent notice PDF yourself: it is read first.\n    Add a PDF: {pages}/drop"
        ),
    ),
    "on_mail_telling_configuration": (
        (
            "新しい設定ファイルに誤りがあるため、以前の設定のまま動いています。\n　　{problems}\n"
            "　　直して保存すると、自動で新しい設定に切り替わります。" + _HEALTH[0]
        ),
        (
            "The new configuration is wrong, so the former one is still used.\n    {problems}\n"
            "Once mended it is used by itself." + _HEALTH[1]
        ),
    ),
    "on_mail_telling_store": (
        (
            "{since}から、記録（データベース）に書き込めません：{failure}\n"
            "この間、新しいお知らせの受付と、発注者への送信は行われません。届いたメールや保存したPDFはそのまま残り、"
            "書き込めるようになれば自動で処理します。急ぐ提出は、発注者へ電話などでご連絡ください。\n"
            "管理者の方は、ディスクの空きと故障、{place} の所有者と権限、データベースの破損を、"
            "サーバーで確かめてください。" + _HEALTH[0]
        ),
        (
            "The store has not been writable since {since}: {failure}. Nothing is taken in or sent meanwhile; "
            "mail that came stays in the mailbox and is handled later. The administrator checks on the server the free "
            "space, the disk, the owner of {place}, and the database itself." + _HEALTH[1]
        ),
    ),
    "on_mail_telling_backup_failed": (
        (
            "{what}。\n"
            "　　新しいバックアップのないままデータベースを失うと、その間の記録は戻りません。"
            "受信と送信は続いています。\n"
            "　　管理者の方は、置き場のディスクを確かめ、バックアップを作成してください。" + _HEALTH[0]
        ),
        (
            "{what}.\n"
            "If the database is lost before there is a new backup, the records since the last one are lost. Mail is"
            " read and sent as before.\nThe administrator examines the disk and makes one." + _HEALTH[1]
        ),
    ),
    # --- People
    "on_mail_telling_guessing": (
        (
            "ログイン名「{login}」で、パスワードの間違いが続いています（100回以上）。\n"
            "　　推測されているおそれがあります。"
            "ご本人の間違いでなければ、どこからの接続かを閲覧の記録で確かめてください"
            "（監査の方）。いつもの端末からは、そのまま使えます。\n　　閲覧の記録：{pages}/people/views"
        ),
        (
            'Wrong passwords go on for the login "{login}" (more than 100).\n'
            "It may be guessed. If it was not the person, the auditor sees in the log of views where it came from. "
            "Known devices go on working.\n    Log of views: {pages}/people/views"
        ),
    ),
    "on_mail_telling_person_unreached": (
        (
            "利用者のメールアドレス {name} に、お知らせのメールを送れません。\n　　サーバーの応答：{detail}\n"
            "　　管理者の方は、アドレスを確かめてください。\n　　利用者：{pages}/people"
        ),
        (
            "No mail can be sent to {name}, the address of an account.\n    The server said: {detail}\n"
            "The administrator checks the address of the account.\n    People: {pages}/people"
        ),
    ),
    "on_mail_telling_role_given": (
        (
            "ログイン名「{login}」の方に、「承認」または「管理」の役割が付きました。\n"
            "　　心当たりがなければ、管理者の方が役割を確かめ、その方の利用を止めてください。"
            "\n　　利用者：{pages}/people"
        ),
        (
            'The login {login} was given the role "approver" or "administrator".\n'
            "If that is unknown to you, the administrator checks the roles and stops the account.\n"
            "    People: {pages}/people"
        ),
    ),
    # --- Signs that stop the sending
    "on_mail_behind_head": (
        "データベースが、前に控えた記録の末尾より古くなっています（古いバックアップに戻された可能性があります）。"
        + _RESUME[0],
        "The database is older than the head that was noted: an old backup may have been put back. " + _RESUME[1],
    ),
    "on_mail_head_unreadable": (
        "末尾の控え（データベースと同じフォルダの head ファイル）が読めません。" + _RESUME[0],
        "The noted head beside the database cannot be read. " + _RESUME[1],
    ),
    "on_mail_other_secret": (
        "データベースと、"
        "同じフォルダの secret ファイルが一致しません（別のデータベースの写しに戻された可能性があります）。"
        + _RESUME[0],
        "The database and the file secret beside it do not belong together. " + _RESUME[1],
    ),
    "on_mail_restored": (
        "バックアップから戻したデータベースです。" + _RESUME[0],
        "The database was put back from a backup. " + _RESUME[1],
    ),
    "on_mail_behind_witness": (
        "データベースが、別の場所に残した目印より古くなっています（以前の状態に戻した可能性）。" + _RESUME[0],
        "The database is older than the witness kept elsewhere. " + _RESUME[1],
    ),
    "on_mail_other_witness": (
        (
            "別の場所に残した目印が、"
            "この保証便のものではありません（データベースを作り直した、目印が壊れた、"
            "またはほかの保証便と置き場が同じ可能性）。" + _RESUME[0]
        ),
        "The witness kept elsewhere is not this installation's. " + _RESUME[1],
    ),
    "on_mail_other_machine": (
        (
            "以前と別のコンピューターで動いています（データベースを写した可能性）。"
            "以前のものも動いていると二重に送ります。" + _OTHER_ENDS[0]
        ),
        "It runs on another computer than before; if the former one runs as well, all is sent twice. " + _OTHER_ENDS[1],
    ),
    "on_mail_other_installation": (
        (
            "別の保証便が書いたお知らせのメールが、見ているメールボックスに届いています。二重に送るおそれがあります。"
            + _OTHER_ENDS[0]
        ),
        "A mail to people of another hoshobin came to a watched mailbox. All might be sent twice. " + _OTHER_ENDS[1],
    ),
    "on_mail_copy_elsewhere": (
        (
            "この保証便の名で書かれ、ここに記録のないお知らせのメールが届いています（データベースが以前の状態に戻った、"
            "または写しが別のサーバーで動いている可能性）。写しが動いていれば、止めてもらってください。" + _RESUME[0]
        ),
        "A mail to people came in our name that is not recorded here: a copy may run elsewhere. " + _RESUME[1],
    ),
    "on_mail_unknown_mail": (
        (
            "この保証便から送られ、ここに送信の記録がない提出メール（またはその通知・返信）が届いています"
            "（データベースが以前の状態に戻った、または写しが別のサーバーで動いている可能性）。"
            "写しが動いていれば、止めてもらってください。" + _RESUME[0]
        ),
        "A submission came back of which no try is recorded here: a copy may run elsewhere. " + _RESUME[1],
    ),
}
