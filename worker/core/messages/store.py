"""The store: backup, restore, old copies and second installations, a service that is away: (Japanese, English)."""

from __future__ import annotations

from typing import Final

_WITHDRAW: Final = (
    (
        "`hoshobin list` の「送信待ち」のうち、すでに送ったものを取り下げてから、"
        "`hoshobin resume --by 氏名` で再開してください。"
    ),
    (
        "Withdraw what waits to be sent (`hoshobin list`) and has left already, then `hoshobin resume --by NAME`,"
        " which lists first what is unknown."
    ),
)
_OTHER_ENDS: Final = (
    "もう一方の保証便を止めて（そのサーバーで `systemctl disable --now hoshobin`）から、" + _WITHDRAW[0],
    "Turn the other one off (`systemctl disable --now hoshobin` there). " + _WITHDRAW[1],
)

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- Backup and restore ----------------------------------------------------------------------------------
    "place_full": (
        (
            "{place} のディスクに空きがありません。何も変更していません。`df -h {place}` で確かめ、空きを作ってから、"
            "もう一度実行してください。"
        ),
        "The disk of {place} is full. Nothing was changed. See `df -h {place}`, make room, then run this again.",
    ),
    "place_forbidden": (
        (
            "{place} を、アカウント {account} では使えません（{detail}）。`ls -ld {place}` で所有者と権限を確かめ、"
            "このアカウントが読み書きできるようにしてください。"
        ),
        (
            "The account {account} cannot use {place} ({detail}). See `ls -ld {place}` for its owner and mode, and let"
            " this account read and write it."
        ),
    ),
    "place_read_only": (
        (
            "{place} には書き込めません（{detail}）。ユニットから実行したときは、`ReadWritePaths=` にこの場所を"
            "加えてください。"
            "そうでなければ、`mount` でディスクが読取り専用になっていないかを確かめてください。"
        ),
        (
            "{place} cannot be written ({detail}). In a unit, add it to `ReadWritePaths=`; elsewhere, see with `mount`"
            " if the disk is read-only."
        ),
    ),
    "place_missing": (
        (
            "{place} がありません。名前に誤りがないか、ディスクがつながっているかを確かめてください。書き込む場所なら、"
            "上のフォルダを先に作ってください。"
        ),
        (
            "{place} is not there. See if its name is right and its disk is mounted. To write there, make the folder"
            " above first."
        ),
    ),
    "place_no_folder": (
        (
            "{place} はフォルダとして使えません（ファイルか、行き先のないリンクです）。フォルダを指定するか、"
            "リンクの行き先を作ってください。"
        ),
        (
            "{place} is no folder (it is a file, or a link that leads nowhere). Name a folder, or make the one that the"
            " link leads to."
        ),
    ),
    "place_is_folder": (
        (
            "{place} はフォルダです。その中のファイルを指定してください"
            "（バックアップなら `ls {place}/hoshobin-*.sqlite3` の最後のもの）。"
        ),
        "{place} is a folder. Name a file in it (of backups, the last of `ls {place}/hoshobin-*.sqlite3`).",
    ),
    "place_failed": (
        "{place} を使えません（{detail}）。ディスクとその接続を確かめてから、もう一度実行してください。",
        "{place} cannot be used ({detail}). Examine the disk and its connection, then run this again.",
    ),
    "unavailable_disk": (
        (
            "{said}。`df -h` で空きを、`dmesg` でディスクの故障を確かめてください"
            "（運用の手引きの「ディスクの空きがないとき」）。"
        ),
        "{said}. See `df -h` for room and `dmesg` for faults of the disk.",
    ),
    "backed_up": (
        "バックアップを作成し、検証しました：{file}（記録 {count}件、最後の記録 {last}、{size} バイト）",
        "A backup was made and checked: {file} ({count} entries, the last of {last}, {size} bytes)",
    ),
    "backed_up_head": ("末尾：{head}", "Head: {head}"),
    "backed_up_rest": (
        "含まれないもの：パスワードとログインのファイル。別に保管してください。",
        "Not in it: passwords and logins. Keep those separately.",
    ),
    "put_back": (
        "データベースを {file} の内容に戻しました（記録 {count}件、最後の記録 {last}）。",
        "The store is that of {file} again ({count} entries, the last of {last}).",
    ),
    "put_back_replaced": ("戻す前のデータベースは残してあります：{files}", "The database before is kept: {files}"),
    "put_back_next": (
        (
            "送信は止めてあります。次にすること：サービスを起動し、`hoshobin list` を送信サーバーの記録や発注者の記録と"
            "照らし、すでに発注者へ送ったものを取り下げてから、`hoshobin resume --by 氏名` で再開してください。"
        ),
        (
            "Nothing is sent. Next: start the service, compare `hoshobin list` with the mail server's record or the"
            " issuers, withdraw what has left already, then `hoshobin resume --by NAME`."
        ),
    ),
    "restored": (
        (
            "バックアップから戻したデータベースのため、送信を止めています。`hoshobin list` の「送信待ち」のうち、"
            "すでに発注者へ送ったものを取り下げてから、`hoshobin resume --by 氏名` で再開してください。"
        ),
        (
            "The database was put back from a backup. Nothing is sent. Withdraw what waits to be sent"
            " (`hoshobin list`) and has left already, then `hoshobin resume --by NAME`."
        ),
    ),
    "restore_while_running": (
        (
            "保証便が動いているため、戻せません（プロセス {pid}、開始 {since}）。何も変更していません。"
            "`systemctl stop hoshobin` で止めてから、もう一度実行してください。"
        ),
        (
            "hoshobin runs (process {pid}, since {since}), so nothing was put back. Stop it"
            " (`systemctl stop hoshobin`), then run this again."
        ),
    ),
    "store_as_root": (
        (
            "root のままでは実行できません。できたファイルを、サービスのアカウント（{owner}）が開けなくなるためです。"
            "`sudo -u {owner} …` で実行してください。何も変更していません。"
        ),
        (
            "Not as root: the service's account ({owner}) could not open the files. Run it with"
            " `sudo -u {owner} …`. Nothing was changed."
        ),
    ),
    "backup_unsound": (
        (
            "作成した写しの検証に失敗したため、バックアップは残していません（{what}：{detail}）。元のデータベースが壊れている"
            "おそれがあります。`hoshobin audit verify` を実行し、管理者へご連絡ください。"
        ),
        (
            "The copy does not verify and was not kept ({what}: {detail}). The database itself may be damaged: run"
            " `hoshobin audit verify`, and tell the administrator."
        ),
    ),
    "migrated": (
        "データベースを、この版の形に改めました（{file} に、改める前の写しがあります）。",
        "The database has the form of this version now. A copy of the former is in {file}.",
    ),
    "migrated_alone": (
        "データベースを、この版の形に改めました（写しは作っていません）。",
        "The database has the form of this version now. No copy of the former was made.",
    ),
    "nothing_to_migrate": (
        "データベースはまだありません。最初の起動のときに、この版の形で作成します。",
        "There is no database yet. The first start makes one in the form of this version.",
    ),
    "not_migrated": (
        "データベースは、すでにこの版の形です。何も変更していません。",
        "The database already has the form of this version. Nothing was changed.",
    ),
    "no_room": (
        (
            "データベースの写しを作る空きが足りません（あと {missing} MB 必要）。データベースは元のままです。"
            "管理者の方は、ディスクに空きを作って、もう一度起動してください。すぐに空きを作れないときは、前の版に戻せば、"
            "今までどおり動きます（docs/install.md の「前の版に戻す」。`restore` の行は不要です）。"
            "写しを別の場所に作ってあるときは、`hoshobin migrate --no-backup` で改められます。"
        ),
        (
            "The disk lacks {missing} MB for a copy of the database, which is unchanged. Make room, then start again."
            " Until then the former version, installed again, goes on with it (docs/install.md, Update, without"
            " `restore`)."
            " With a backup elsewhere, `hoshobin migrate --no-backup` migrates without a copy."
        ),
    ),
    "migrate_while_running": (
        (
            "保証便が動いています（プロセス {pid}、開始 {since}）。何も変更していません。"
            "`systemctl stop hoshobin` で止めてから、もう一度実行してください。"
        ),
        (
            "hoshobin runs (process {pid}, since {since}). Nothing was changed. Stop it (`systemctl stop hoshobin`),"
            " then run this again."
        ),
    ),
    "end_migrate": ("データベースの形を改めた後、起動していません", "not started after the database was migrated"),
    "restore_unsound": (
        (
            "{file} は正しいバックアップではないため、戻していません（{what}：{detail}）。何も変更していません。"
            "別のバックアップを指定してください。"
        ),
        ("{file} is not a valid backup ({what}: {detail}). Nothing was changed. Name another backup."),
    ),
    "unsound_corrupt": ("ファイルが壊れている", "the file is damaged"),
    "unsound_not_a_store": ("保証便のデータベースではない", "it is not a hoshobin database"),
    "restore_other_store": (
        (
            "{file} は、今のデータベースとは別の保証便（別の会社など）のバックアップです。何も変更していません。"
            "戻すと、その会社の記録と認証キーが、この会社の画面に出ます。この会社のバックアップを指定してください。"
            "別の保証便のものに置き換えるときだけ、`--other` を付けます。"
        ),
        (
            "{file} is a backup of another installation than the database in place, such as of another contractor."
            " Nothing was changed. Its records and keys would be shown to the people of this one. Name a backup of this"
            " one, or add `--other` if it is to be replaced by the other."
        ),
    ),
    "restore_newer": (
        (
            "{file} は、より新しい版の保証便のバックアップです（バックアップの形式 {found}、このプログラム {own}）。"
            "何も変更していません。その版に更新してから戻してください。"
        ),
        (
            "{file} is a backup of a newer hoshobin (form {found}, this program's {own}). Nothing was changed. Install"
            " that version, then run this again."
        ),
    ),
    # --- The configuration in force --------------------------------------------------------------------------
    "config_recorded": (
        (
            "設定に誤りがあるため、{since} から使われている設定で表示します（誤り：{place}{more}。"
            "`hoshobin check` で場所と直し方が分かります）。"
        ),
        (
            "The configuration is wrong, so the one in force since {since} is used ({place}{more}; `hoshobin check`"
            " names each place and what to do)."
        ),
    ),
    "config_faults_more": (" ほか{count}件", " and {count} more"),
    # --- A service that is not there -------------------------------------------------------------------------
    "absent_ended": (
        (
            "保証便が動いていません（{since} から。{why}）。"
            "その間、受信・送信・再送・お知らせのメールは止まっています。"
            "管理者に連絡し、起動してください（`systemctl start hoshobin`）。"
        ),
        (
            "hoshobin does not run (since {since}: {why}). Meanwhile nothing is received, sent, retried or notified."
            " Have it started (`systemctl start hoshobin`)."
        ),
    ),
    "absent_unknown": (
        (
            "保証便が動いていません（終わった時刻と理由の記録がありません。最後に動いていたと分かる時刻：{since}）。"
            "その間、受信・送信・再送・お知らせのメールは止まっています。"
            "管理者に連絡し、起動してください（`systemctl start hoshobin`、理由は `journalctl -u hoshobin`）。"
        ),
        (
            "hoshobin does not run. No end and no reason were recorded; it was last known to run at {since}. "
            "Meanwhile nothing is received, sent, retried or notified. Have it started (`systemctl start "
            "hoshobin`; the reason"
            " may stand in `journalctl -u hoshobin`)."
        ),
    ),
    "absent_no_sign": ("不明", "an unknown time"),
    "absent_never": (
        "保証便が動いていません（まだ一度も起動していません）。起動するまで、受信も送信もありません。",
        "hoshobin does not run: it was never started here. Until then nothing is received or sent.",
    ),
    "absent_once": (
        (
            "保証便が動いていません（`run --once` の1回分の処理が {since} に終わりました）。"
            "次に実行するまで、受信も送信もありません。"
        ),
        (
            "hoshobin does not run: one pass (`run --once`) ended at {since}. Until the next one nothing is received"
            " or sent."
        ),
    ),
    "end_asked": ("停止の操作で終了", "it was stopped"),
    "end_restore": ("バックアップから戻した後、起動していません", "not started after a backup was put back"),
    "end_configuration": (
        "設定の誤りで起動できず（{detail}。`hoshobin check` で場所が分かります）",
        "the configuration is wrong ({detail}; `hoshobin check` names the place)",
    ),
    "end_unavailable": ("使えないものがあり終了：{detail}", "a resource was not available: {detail}"),
    "end_log_broken": ("記録（ログ）の検証に失敗して終了：{detail}", "the log does not verify: {detail}"),
    "end_fault": ("プログラムの不具合で終了：{detail}", "a fault of this program: {detail}"),
    "end_exit-code": ("異常終了（終了コード {detail}）", "it failed (exit status {detail})"),
    "end_signal": ("強制終了された（{detail}）", "it was killed ({detail})"),
    "end_core-dump": ("異常終了した（{detail}）", "it crashed ({detail})"),
    "end_watchdog": ("応答がなくなり systemd が終了させた", "it no longer answered and was ended by systemd"),
    "end_oom-kill": ("メモリ不足で終了させられた", "memory ran out and it was killed"),
    "end_timeout": ("時間内に起動か停止ができず終了させられた", "it took too long to start or stop"),
    "end_resources": ("サーバーのメモリなどが足りず起動できず", "the server lacked the resources to start it"),
    "end_protocol": ("起動の途中で終了", "it ended while it started"),
    "end_start-limit-hit": ("続けて起動に失敗し、自動の再起動を終了", "it failed too often and is not started again"),
    "end_other": ("理由：{detail}", "{detail}"),
    "service_running": ("動作中", "runs"),
    "remedy_service": (
        "理由を除いてから `systemctl start hoshobin` で起動してください（`journalctl -u hoshobin` に詳細があります）。",
        "Remove the reason, then `systemctl start hoshobin`; `journalctl -u hoshobin` tells more.",
    ),
    "service_failed": ("【保証便】{text}", "[hoshobin] {text}"),
    "backup_unit_failed": (
        (
            "【保証便】バックアップの作成、またはその検証が、終わらずに止まりました。前に作成したバックアップはそのままです。"
            "管理者の方は、サーバーで `journalctl -u 'hoshobin-backup*'` を実行し、"
            "理由を除いてから、`hoshobin backup 置き場` でバックアップを作成してください。"
        ),
        (
            "[hoshobin] A backup or its trial did not come to its end. Earlier backups stay as they are. "
            "`journalctl -u 'hoshobin-backup*'` on the server tells the reason. Remove it, then make a backup: "
            "`hoshobin backup DIR`."
        ),
    ),
    "service_failed_no_command": (
        "[operator] command の設定がないため、担当者に知らせていません。",
        "There is no [operator] command: no person was told.",
    ),
    # --- Own copies, files taken up, old backups ---
    "other_secret": (
        (
            "データベースと、同じフォルダの secret ファイルが一致しません"
            "（別のデータベースの写しに戻された可能性があります）。送信を止めています。"
            "`hoshobin list` の「送信待ち」のうち、すでに発注者へ送ったものを取り下げてから、"
            "`hoshobin resume --by 氏名` で再開してください（secret ファイルはデータベースに合わせて書き直します）。"
        ),
        (
            "The secret in the database and the file `secret` beside it differ (another database was put back?)."
            " Nothing is sent. Withdraw what waits to be sent (`hoshobin list`) and has left already, then"
            " `hoshobin resume --by NAME`, which writes the file from the database."
        ),
    ),
    "stopping_waits": (
        "停止中：送信サーバーの最後の応答を確認しています（最長10分。強制的に止めると「送信結果不明」になります）",
        "stopping: waiting for the server's last answer (10 minutes at most; cut short, the submission is in doubt)",
    ),
    "telling_configuration": (
        (
            "新しい設定ファイルに誤りがあるため、以前の設定のまま動いています。\n　　{problems}\n"
            "　　直して保存すると、自動で新しい設定に切り替わります。誤りの場所は `hoshobin check` で確認できます。"
        ),
        (
            "The changed configuration is wrong; the old one stays in force.\n{problems}\n"
            "Once mended it is used by itself; `hoshobin check` shows every problem."
        ),
    ),
    "resumed_from": (
        "このデータベースに残る最後の送信：{moment}。これより後に送ったものは、ここに残っていません。",
        "The last mail recorded in this database left at {moment}. Later mails are not recorded here.",
    ),
    "resumed_from_nothing": (
        "このデータベースに送信の記録はありません。送ったものがあっても、ここには残っていません。",
        "This database records no sent mail.",
    ),
    "t_to_resume": (
        "再開すると送信されるもの（{count}件）。すでに送ったものがあれば、再開する前に取り下げてください",
        "What resuming sends ({count}). Where something has left already, do not resume: withdraw it first",
    ),
    "resumes_nothing": ("送信待ちのものはありません。", "Nothing waits to be sent."),
    "ask_resume": ("このデータベースで送信を再開しますか", "Resume sending from this database?"),
    "resume_unasked": (
        "まだ再開していません。上の一覧を確かめてから、同じコマンドに --yes を付けて実行してください。",
        "Not resumed yet. Check the list above, then run the same command with --yes.",
    ),
    "resume_declined": ("再開していません。送信は止まったままです。", "Not resumed. Nothing is sent."),
    "resumed_looks": (
        "すべての受信メールボックスを一度確認してから送信します。配送通知か自社の控えで送信済みと分かったものは、送りません。",
        "Every mailbox is looked at first; a mail that a report or our own copy proves sent is not sent again.",
    ),
    "copy_came": (
        "送信済みとみられる自社の控えが届いています",
        "our own copy of it is in the mailbox: it was probably sent",
    ),
    "copy_to_issuer": (
        "控えの宛先 {address} は、発注者のアドレスかドメインです",
        "{address}, where our own copy goes, is an address or a domain of an issuer",
    ),
    "outside_own_domain": (
        "{address} は、自社のドメインの外です（番号と認証キーが届きます）",
        "{address} is outside the contractor's domain and gets numbers and keys",
    ),
    "shared_address": (
        "{name} のアドレス {address} は、{other} と同じです",
        "{address} of {name} is also that of {other}",
    ),
    # --- Old copies and second installations ---
    # --- The signs -------------------------------------------------------------------------------------------
    "head_unreadable": (
        "末尾の控え（データベースと同じフォルダの head ファイル）が読めません。送信を止めています。" + _WITHDRAW[0],
        "The file `head` beside the database cannot be understood. Nothing is sent. " + _WITHDRAW[1],
    ),
    "behind_witness": (
        (
            "データベースが、別の場所に残した目印（witness）より古くなっています（以前の状態に戻した可能性）。"
            "送信を止めています。" + _WITHDRAW[0]
        ),
        (
            "The database is behind the witness that is kept elsewhere: it was probably put back to an earlier state."
            " Nothing is sent. " + _WITHDRAW[1]
        ),
    ),
    "other_witness": (
        (
            "別の場所に残した目印（witness）が、この保証便のものではありません（データベースを作り直した、目印が壊れた、または"
            "ほかの保証便と置き場が同じ可能性）。送信を止めています。このサーバーで保証便を2つ動かすときは、設定の "
            "`[store] witness` で置き場を分けてください。そうでなければ、" + _WITHDRAW[0]
        ),
        (
            "The witness is not of this database: the database was made again, the witness is damaged, or another"
            " hoshobin on this computer keeps its own there. Nothing is sent. For two on one computer, name a folder"
            " for each in `[store] witness`. Otherwise: " + _WITHDRAW[1]
        ),
    ),
    "other_machine": (
        (
            "以前と別のコンピューターで動いています（データベースを写した可能性）。以前のものも動いていると二重に送るため、"
            "送信を止めています。" + _OTHER_ENDS[0]
        ),
        (
            "This is another computer than the one the database was used on. If that one still runs, everything is sent"
            " twice, so nothing is sent. " + _OTHER_ENDS[1]
        ),
    ),
    "other_installation": (
        (
            "別の保証便が書いたお知らせのメールが、見ているメールボックスに届いています。二重に送るおそれがあるため、"
            "送信を止めています。" + _OTHER_ENDS[0]
        ),
        (
            "A mail to people that another hoshobin wrote lies in a watched mailbox. Two of them would send everything"
            " twice, so nothing is sent. " + _OTHER_ENDS[1]
        ),
    ),
    "copy_elsewhere": (
        (
            "この保証便の名で書かれ、ここに記録のないお知らせのメールが届いています（データベースが以前の状態に戻った、または"
            "写しが別のサーバーで動いている可能性）。送信を止めています。写しが動いていれば止め、" + _WITHDRAW[0]
        ),
        (
            "A mail to people in the name of this database lies in a watched mailbox, and the database does not know"
            " it: it was put back to an earlier state, or a copy of it runs elsewhere. Nothing is sent. Turn such a"
            " copy off. " + _WITHDRAW[1]
        ),
    ),
    "unknown_mail": (
        (
            "この保証便から送られ、ここに送信の記録がない提出メール（またはその通知・返信）が届いています（データベースが以前の"
            "状態に戻った、または写しが別のサーバーで動いている可能性）。送信を止めています。写しが動いていれば止め、"
            + _WITHDRAW[0]
        ),
        (
            "A submission that was made with this database's secret, or an answer to one, lies in a watched mailbox,"
            " and the database has no record of sending it: it was put back to an earlier state, or a copy of it runs"
            " elsewhere. Nothing is sent. Turn such a copy off. " + _WITHDRAW[1]
        ),
    ),
    # --- The same in short, for the lists of `resume` and `doctor` --------------------------------------------
    "sign_behind_head": ("末尾の控え（head）より古いデータベースです", "the database is behind the file `head`"),
    "sign_head_unreadable": ("末尾の控え（head）が読めません", "the file `head` cannot be understood"),
    "sign_other_secret": ("秘密の値（secret）が一致しません", "the file `secret` is of another database"),
    "sign_restored": ("バックアップから戻したデータベースです", "the database was put back from a backup"),
    "sign_behind_witness": ("別の場所の目印（witness）より古いデータベースです", "the database is behind its witness"),
    "sign_other_witness": (
        "別の場所の目印（witness）が、この保証便のものではありません",
        "the witness is not of this database",
    ),
    "sign_other_machine": ("以前と別のコンピューターです", "this is another computer"),
    "sign_other_installation": (
        "別の保証便のお知らせメールが届いています",
        "a mail to people of another hoshobin has come",
    ),
    "sign_copy_elsewhere": (
        "この保証便の名で書かれ、記録のないお知らせメールが届いています",
        "a mail to people in the name of this database has come that it does not know",
    ),
    "sign_unknown_mail": (
        "この保証便から送られ、送信の記録のないメール（またはその通知）が届いています",
        "a submission, or an answer to one, has come of which no sending is recorded",
    ),
    # --- What `resume` lists ----------------------------------------------------------------------------------
    "h_date": ("メールの日付", "dated"),
    "t_signs": ("送信を止めている理由", "Why nothing is sent"),
    "resume_no_signs": (
        "送信は止まっていません（再開の記録だけを残します）。",
        "The sending is not stopped; resuming is only recorded.",
    ),
    "resume_witness": (
        "別の場所の目印にある最後の記録は {theirs}番（{store} のもの）、このデータベースの最後の記録は {own}番です。",
        "The witness knows entry {theirs} (of {store}); this database ends with entry {own}.",
    ),
    "t_unknown_mails": (
        "ここに送信の記録がないメール（{count}通）",
        "Mails of which this database has no record ({count})",
    ),
    # --- What `doctor` says ------------------------------------------------------------------------------------
    "remedy_store": (
        "データベースのファイルの権限と、ディスクの空き・異常を確かめ、`hoshobin audit verify` を実行してください",
        "check the rights of the database's files, and the disk; then run `hoshobin audit verify`",
    ),
    "doctor_store": ("データベースの形式 {revision}", "form {revision} of the database"),
    "doctor_store_stopped": ("送信を止めています：{signs}", "nothing is sent: {signs}"),
    "doctor_witness": ("{folder}（最後の記録 {number}番）", "{folder} (entry {number})"),
    "doctor_witness_to_come": ("{folder}（次の処理で書きます）", "{folder} (written at the next pass)"),
    "doctor_witness_none": ("なし（{folder}：{why}）", "none ({folder}: {why})"),
    "doctor_witness_unusable": (
        "設定した置き場に書けません（{folder}：{why}）",
        "the configured folder cannot be written ({folder}: {why})",
    ),
    "remedy_witness": (
        (
            "データベースと一緒に戻されない場所（別のディスクなど）のフォルダを用意し、サービスの利用者が書けるようにして、"
            "`[store] witness` に書いてください（同梱のユニットでは {usual} が自動で用意されます）。"
        ),
        (
            "Make a folder that is not put back together with the database (on another disk), let the service's account"
            " write to it, and name it in `[store] witness`. With the shipped unit {usual} is made by itself."
        ),
    ),
    "doctor_evidence": ("手がかり：{present}／ないもの：{absent}", "signs: {present}; missing: {absent}"),
    "doctor_evidence_all": ("手がかり：{present}", "signs: {present}"),
    "evidence_witness": ("別の場所の目印", "the witness"),
    "evidence_machine": ("コンピューターの識別子", "the computer's id"),
    "evidence_telling": ("見ているメールボックスに届くお知らせのメール", "mails to people in a watched mailbox"),
    "evidence_dsn": ("送信サーバーの配送通知", "delivery reports of the mail server"),
    "evidence_copy": ("自社の控え（copy_to）", "our own copies (copy_to)"),
    "evidence_nothing": ("なし", "none"),
    "remedy_blind": (
        (
            "このままでは、サーバーごと以前の状態に戻したときも、2台で動かしたときも、気付けずに二重に送ります。"
            "`[store] witness` を別のディスクに置く、`[operator] notify` に見ているメールボックスを加える、"
            "`[smtp] copy_to` を書く、のどれかをしてください。"
        ),
        (
            "As it is, a computer that was put back to an earlier state, or a second hoshobin, sends everything twice"
            " and nothing tells. Put `[store] witness` on another disk, add a watched mailbox to `[operator] notify`,"
            " or set `[smtp] copy_to`."
        ),
    ),
    # --- The configuration ------------------------------------------------------------------------------------
    "witness_in_store": ("データベースの置き場（{store}）の中です", "it is inside the store's own directory ({store})"),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "outside_own_domain": (
        "意図した宛先か確かめてください（初めての提出のときに一度お尋ねします）",
        "make sure that it is intended; you are asked once",
    ),
    "shared_address": (
        "ファイルを写したときの直し忘れでないか、公表元と照合してください",
        "compare it with where it is published: a copied file may have kept another issuer's address",
    ),
    "copy_to_issuer": (
        "自社のアドレスを指定するか、copy_to を消してください",
        "name an address of your own, or leave copy_to out",
    ),
    "witness_in_store": (
        "データベースと一緒に失われ、一緒に戻されるので、目印になりません。別のディスクなど、外のフォルダにしてください",
        "it would be lost and put back together with the store; name a folder elsewhere, best on another disk",
    ),
}
