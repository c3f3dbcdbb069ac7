"""Sentences of the commands, the service and the mails to the operator: (Japanese, English)."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- Decisions that are not allowed ----------------------------------------------------------------------
    "no_such_submission": (
        "番号 {id} の提出はありません。`hoshobin list` で番号をご確認ください。",
        "There is no submission {id}. See the numbers with `hoshobin list`.",
    ),
    "approved_by": (
        "{id} は、{by}さんがすでに承認しています（{state}）。",
        "{id} is approved already, by {by} ({state}).",
    ),
    "approved_before": ("{id} はすでに承認されています（{state}）。", "{id} is approved already ({state})."),
    "not_held": (
        "{id} は現在「{state}」のため、承認できません。`hoshobin show {id}` でご確認ください。",
        "{id} is not held, so it cannot be approved (now: {state}). See `hoshobin show {id}`.",
    ),
    "draft_differs": (
        (
            "{id} は、確認番号を表示した後に内容か理由が変わっています（現在：{now}）。何も承認していません。"
            "`hoshobin show {id}` で確認し、{now} を承認してください。"
        ),
        (
            "The label given with {id} is not that of its mail and reasons as they are now ({now}). Nothing was "
            "approved. Look at it with `hoshobin show {id}`, then approve {now}."
        ),
    ),
    "label_missing": (
        (
            "{id} の承認には、確認番号が必要です。何も承認していません。"
            "`hoshobin show {id}` で内容を確認し、表示される「{id}@確認番号」を指定して承認してください。"
        ),
        (
            "To approve {id}, give the label that was shown. Nothing was approved. Look at it with "
            "`hoshobin show {id}`, then approve it as it is named there: {id}@ and ten letters."
        ),
    ),
    "ask_as_shown": ("{id} を、上の内容で承認しますか", "Approve {id} as shown above?"),
    "not_mailed": ("（メールでは送りません）", "(nothing is mailed)"),
    "none": ("（なし）", "(none)"),
    "declined": ("{id} は承認していません。状態は変わっていません。", "{id} was not approved. Nothing was changed."),
    "withdraw_which": (
        (
            "取り下げる番号を指定してください（複数可）。1通のメールの保留すべてなら「--from-mail 番号」です。"
            "何も変更していません。"
        ),
        "name what to withdraw, or --from-mail ID for all that is held of a mail. Nothing was changed.",
    ),
    "of_no_mail": (
        (
            "{id} は、もとのメールの記録がないため、--from-mail を使えません。番号を並べて指定してください。"
            "何も変更していません。"
        ),
        "{id} has no kept mail: name the numbers instead of --from-mail. Nothing was changed.",
    ),
    "t_to_withdraw": ("取り下げるもの（{count}件）", "What is withdrawn ({count})"),
    "ask_withdraw": ("上の{count}件を取り下げますか", "Withdraw the {count} above?"),
    "withdraw_unasked": (
        "まだ取り下げていません。上の一覧を確かめてから、同じコマンドに --yes を付けて実行してください。",
        "Not withdrawn yet. Check the list above, then run the same command with --yes.",
    ),
    "withdraw_declined": ("取り下げていません。何も変更していません。", "Not withdrawn. Nothing was changed."),
    "not_answerable": (
        "{id} の保留は、承認では解除できません（{reasons}）。`hoshobin show {id}` の「次にすること」をご覧ください。",
        "{id} cannot be released by approval ({reasons}). See the next step in `hoshobin show {id}`.",
    ),
    "still_rehearsing": (
        "{id} はリハーサル済みです。worker.toml の rehearsal_to を空にしてから承認してください。",
        "{id} was rehearsed. Empty rehearsal_to in worker.toml, then approve.",
    ),
    "not_in_this_state": (
        "{id} は現在「{state}」のため、この操作はできません。何も変更していません。",
        "{id} is '{state}' now, so this is not possible. Nothing was changed.",
    ),
    "not_resendable": (
        "{id} は現在「{state}」のため、訂正して再提出できません。",
        "{id} is '{state}' now and cannot be sent again as a correction.",
    ),
    "correction_waits": (
        "{id} には、まだ終わっていない提出 {other} があります。先にそちらを処理してください。",
        "Submission {other} of the notice of {id} has not ended. Deal with it first.",
    ),
    "answer_may_come": (
        (
            "{id} は、サーバーの応答がまだ届く可能性があります。送信開始から{minutes}分後か、応答なしと記録された後に"
            "もう一度実行してください。"
        ),
        (
            "{id} may still be answered by the server. Try again {minutes} minutes after it began, or once no answer"
            " is recorded."
        ),
    ),
    "rehearsal_in_doubt": (
        "{id} はリハーサルのため、届いたかどうかの記録は不要です。サービス（hoshobin run）が自動で保留に戻します。",
        "{id} is a rehearsal: nothing is to be recorded. The worker (hoshobin run) holds it again by itself.",
    ),
    "unknown_person": (
        "--by の「{name}」は worker.toml の [operator] people にありません。登録済み：{people}",
        "--by {name} is not in [operator] people of worker.toml. Registered: {people}",
    ),
    "conflict": (
        "{id} は、ほかの方かサービスが同時に変更しました。`hoshobin show {id}` で確認してください。",
        "{id} was changed at the same moment. Look at it with `hoshobin show {id}`.",
    ),
    "second_run": (
        "すでに別の hoshobin が動いています（プロセス {pid}、開始 {since}）。二重に動かすことはできません。",
        "Another hoshobin runs already (process {pid}, since {since}). There can be only one.",
    ),
    # --- Done ------------------------------------------------------------------------------------------------
    "approved_meanwhile": (
        "{id} は、ほかの承認などで確認の必要がなくなり、同じ内容ですでに自動で承認されています。状態：{state}",
        "{id} no longer needed approval and was released as shown. State: {state}",
    ),
    "approved": (
        "{id} を承認しました。状態：{state}（確認済みとした理由：{answered}）",
        "{id} approved ({answered}). State: {state}",
    ),
    "withdrawn": ("{id} を取り下げました。", "{id} withdrawn."),
    "handed_over": (
        "{id} を別途提出としました。提出したら `hoshobin confirm {id}` で記録してください。",
        "{id} is handed in another way. Record it with `hoshobin confirm {id}` once it is done.",
    ),
    "confirmed": ("{id} の到達確認を記録しました。", "{id}: the confirmation is recorded."),
    "not_accepted": (
        "{id} を不達・返却として記録しました。訂正は `hoshobin resend {id}` で行います。",
        "{id} is recorded as not accepted. Correct it with `hoshobin resend {id}`.",
    ),
    "resolved_sent": ("{id} を送信済みと記録しました。", "{id} is recorded as sent."),
    "resolved_not_sent": (
        "{id} を未送信と記録し、保留にしました。再度送る場合は承認してください。",
        "{id} is recorded as not sent and held. Approve it to send it again.",
    ),
    "resent": (
        "{id} を訂正する提出 {new} を作成しました。内容を確認し、承認してください。",
        "{new} was opened as the correction of {id}. Look at it and approve it.",
    ),
    "resumed": ("このデータベースで送信を再開します。", "Sending continues with this database."),
    # --- Commands --------------------------------------------------------------------------------------------
    "check_ok": (
        "設定に問題はありません（発注者 {issuers}、案件 {projects}、メールボックス {mailboxes}）。",
        "The configuration is valid ({issuers} issuers, {projects} projects, {mailboxes} mailboxes).",
    ),
    "check_assumed": (
        "{guarantor}のお知らせは、次の項目を実物で確認していません：{keys}",
        "Not confirmed by a real notice ({guarantor}): {keys}",
    ),
    "check_open": (
        "{issuer}：次の項目が未確認のため、関係する提出は保留になります：{keys}",
        "Not certain, so held ({issuer}): {keys}",
    ),
    "doctor_ok": ("正常", "ok"),
    "doctor_to_come": ("まだありません", "not created yet"),
    "remedy_to_come": (
        "最初の `hoshobin run` で作られます。対処は不要です。",
        "The first `hoshobin run` creates it: nothing to do.",
    ),
    "doctor_all_well": ("接続先とフォルダは、すべて正常です。", "Every server and folder is reachable."),
    "doctor_failed": (
        "異常があります。上の表の「対処」をご覧ください。",
        "Some checks failed: see the remedies above.",
    ),
    "remedy_imap": (
        "[mailbox.{name}] の host・port・security と、ネットワークをご確認ください。",
        "Check host, port and security of [mailbox.{name}], and the network.",
    ),
    "remedy_imap_account": (
        "[mailbox.{name}] の user とパスワードのファイルをご確認ください。",
        "Check user and password file of [mailbox.{name}].",
    ),
    "remedy_smtp": (
        "[smtp] の host・port・security・ca_file と、ネットワークをご確認ください。",
        "Check host, port, security and ca_file of [smtp], and the network.",
    ),
    "remedy_smtp_account": (
        "[smtp] の user とパスワードのファイルをご確認ください。",
        "Check user and password file of [smtp].",
    ),
    "trouble": ("{why}。{step}", "{why}. {step}"),
    "trouble_reply": ("{why}。{step}（{reply}）", "{why}. {step} ({reply})"),
    "trouble_said": ("{why}（{reply}）", "{why} ({reply})"),
    "fault_no_starttls": ("サーバーが暗号化通信（STARTTLS）に対応していません", "the server offers no STARTTLS"),
    "fault_no_login": ("サーバーに、使えるログイン方法がありません", "the server offers no login that can be used"),
    "fault_not_logged_in": (
        "送信サーバーが、ログインしていないものとして送信を断っています（宛先の誤りではありません）",
        "the server refuses mail as if not logged in; the recipient is not the cause",
    ),
    "fault_sender_refused": (
        "自社のアドレスからの送信を、送信サーバーが許可していません（宛先の誤りではありません）",
        "the server does not let this account send under the contractor's address; the recipient is not the cause",
    ),
    "fault_sending_limit": (
        "このアカウントが1日（または1時間）に送信できる件数を超えたと、送信サーバーが断っています（宛先の誤りではありません）",
        "this account has sent as many mails as it may in a day or an hour; the recipient is not the cause",
    ),
    "fault_sending_blocked": (
        "このアカウント、またはこのネットワークからの送信を、送信サーバーが止めています（宛先の誤りではありません）",
        "the server takes no mail of this account or from this network; the recipient is not the cause",
    ),
    "fault_certificate": ("サーバーの証明書を確認できません", "the server's certificate is not accepted"),
    "fault_ca_file": ("証明書のファイル（ca_file）を読めません", "the file of trusted certificates cannot be read"),
    "fault_mail_folder": ("メールボックスのフォルダを開けません", "the folder of the mailbox cannot be opened"),
    "fault_mail_reading": (
        "メールボックスのフォルダは開けますが、サーバーが中のメールを渡しません",
        "the folder of the mailbox opens, but the server does not give its messages",
    ),
    "fault_mail_traffic": (
        "メールサーバーが、このアカウントの利用を一時的に制限しています（通信量か同時接続数の上限）",
        "the server limits this account for a time: the traffic or the number of connections",
    ),
    "remedy_no_starttls": (
        (
            "{table} の security（tls か starttls）と port をご確認ください。"
            "急に起きたときは、通信の途中で暗号化が妨げられているおそれがあります。パスワードは送っていません。"
        ),
        (
            "Check security (tls or starttls) and port of {table}. If it worked before, an attacker on the "
            "network may be removing the offer. No password was sent."
        ),
    ),
    "remedy_no_login": (
        "{table} の port と security、サーバーのログイン方法（PLAIN、LOGIN、XOAUTH2）をご確認ください。",
        "Check port and security of {table}, and the server's ways to log in (PLAIN, LOGIN, XOAUTH2).",
    ),
    "remedy_not_logged_in": (
        (
            "{table} の user・password_file と、port・security（ふつう 587 と starttls、または 465 と tls）を"
            "ご確認ください。正しければ、このアカウントで外部に送信できるか、メールサーバーの管理者にお尋ねください。"
            "直るまで、すべての送信を待ちます。"
        ),
        (
            "Check user, password_file, port and security of {table} (587 with starttls, or 465 with tls). "
            "If they are right, ask the administrator whether this account may send. Every mail waits until then."
        ),
    ),
    "remedy_sender_refused": (
        (
            "{table} の user で、worker.toml の [contractor] email から送信できるように、"
            "メールサーバーの管理者に設定を依頼するか、どちらかを直してください。直るまで、すべての送信を待ちます。"
        ),
        (
            "Have the server's administrator let the user of {table} send from [contractor] email of worker.toml, "
            "or mend one of the two. Every mail waits until then."
        ),
    ),
    "remedy_sending_limit": (
        (
            "上限が解けると自動で送信します（1時間ごとに試します）。それまで、すべての送信を待ちます。"
            "期限の近い提出は、電話などで発注者に連絡してください。"
            "たびたび起きるときは、{table} のアカウントの上限を、メールサーバーの管理者にお尋ねください。"
        ),
        (
            "Mail leaves by itself when the limit ends; it is tried once an hour, and every mail waits until then. "
            "Call the issuers of what is due soon. If it happens often, ask the administrator about the limit "
            "of the account in {table}."
        ),
    ),
    "remedy_sending_blocked": (
        (
            "{table} のアカウントの停止と、このネットワークの IP アドレスの拒否リスト（ブラックリスト）への登録を、"
            "メールサーバーの管理者に確かめ、解除を依頼してください。解除されるまで、すべての送信を待ちます。"
        ),
        (
            "Have the administrator see whether the account of {table} is suspended or the network's address is on a "
            "block list, and have it lifted. Every mail waits until then."
        ),
    ),
    "remedy_certificate": (
        (
            "サーバーの証明書の期限と host の綴りをご確認ください。"
            "社内の認証局を使うときは、その証明書を {table} の ca_file に書いてください。"
        ),
        "Check the certificate's end and the spelling of host. Name your own authority's file in ca_file of {table}.",
    ),
    "usage_config_twice": ("--config は1回だけ指定できます。", "--config may be given once only."),
    "remedy_mail_folder": (
        "{table} の folder の綴り（階層の区切りは、サーバーにより . か /）と、読み取りの権限をご確認ください。",
        "Check the spelling of folder of {table} (the server parts levels by . or /), and who may read it.",
    ),
    "remedy_mail_reading": (
        (
            "{table} の user で folder のメールを開けるかを、メールソフトでご確認ください。"
            "開けないときは、検索と読み取りの権限を、メールサーバーの管理者に依頼してください。"
            "取り込みは自動でまた試します。それまで届くお知らせは、PDFをフォルダに入れてください。"
        ),
        (
            "See in a mail program whether the user of {table} can open the messages of folder; if not, ask the "
            "administrator for the right to search and read. It is tried again by itself; save the PDF of an urgent "
            "notice to the folder until then."
        ),
    ),
    "remedy_mail_traffic": (
        (
            "制限が解けると、自動で取り込みを続けます。急ぐお知らせは、PDFをフォルダに入れてください。"
            "たびたび起きるときは、{table} のアカウントを使うほかのメールソフトや機器を減らし、"
            "上限をメールサーバーの管理者にお尋ねください。"
        ),
        (
            "Reading goes on by itself when the limit ends; save the PDF of an urgent notice to the folder. If it "
            "happens often, let fewer programs use the account of {table}, and ask the administrator about the limit."
        ),
    ),
    "remedy_smtp_refused": (
        (
            "接続とログインはできますが、送信を断られました。サーバーの返答を添えて、メールサーバーの管理者にお尋ねください。"
            "直るまで、すべての送信を待ちます。"
        ),
        (
            "Connection and login are well, and the server refuses the sending. Ask its administrator, with the "
            "answer. Every mail waits until then."
        ),
    ),
    "remedy_smtp_own_address": (
        (
            "このアドレスへのメールを、送信サーバーが断りました。worker.toml の [operator] notify と escalate、"
            "[smtp] copy_to、[release] rehearsal_to の綴りをご確認ください。直るまで、ここへのメールは届きません。"
        ),
        (
            "The server refuses mail to this address. Check [operator] notify and escalate, [smtp] copy_to and "
            "[release] rehearsal_to of worker.toml. No mail arrives there until it is mended."
        ),
    ),
    "remedy_smtp_later": (
        (
            "接続とログインはできますが、サーバーが今は送信を受け付けていません。保証便は自動で送り直します。"
            "時間をおいても同じときは、サーバーの返答を添えて、メールサーバーの管理者にお尋ねください。"
        ),
        (
            "Connection and login are well, and the server takes no mail now. Mail is tried again by itself. If it "
            "stays so, ask the administrator, with the answer."
        ),
    ),
    "remedy_ca_file": (
        "{table} の ca_file の場所と、読み取りの権限をご確認ください。",
        "Check the place of ca_file of {table}, and who may read it.",
    ),
    "remedy_folder": (
        (
            "フォルダを作成し、保証便のアカウントが読めるようにしてください"
            "（[store] dir の下のものは hoshobin run が作成します）。"
        ),
        "Make the folder and let this program's user read it (hoshobin run makes those below [store] dir).",
    ),
    "remedy_pdf": (
        "PDF読取りの子プロセスを起動できません。メモリと権限をご確認ください。",
        "The PDF children cannot be started: check memory and permissions.",
    ),
    "remedy_pdf_reader": (
        (
            "PDFを読むサービスにつながりません。`systemctl status hoshobin-reader.socket` を確かめ、止まっているときは"
            " `systemctl start hoshobin-reader.socket` で起動してください。"
            "動いているときは、保証便のアカウントがグループ hoshobin-pdf に入っているかと、"
            "`journalctl -u 'hoshobin-reader@*'` の記録をご確認ください。"
        ),
        (
            "The reader of PDFs cannot be reached. Look at `systemctl status hoshobin-reader.socket` and start it if it"
            " does not run. If it runs, check that this program's account is in the group hoshobin-pdf, and look at"
            " `journalctl -u 'hoshobin-reader@*'`."
        ),
    ),
    "doctor_reader": ("別のアカウント（{account}）で読みます。{parts}", "read by another account ({account}). {parts}"),
    "doctor_sandbox": ("有効：{parts}", "in force: {parts}"),
    "doctor_sandbox_partly": ("有効：{parts}／無効：{missing}", "in force: {parts}; not in force: {missing}"),
    "doctor_sandbox_none": ("なし", "none"),
    "remedy_sandbox_partly": (
        (
            "PDFの読取りは続きますが、細工されたPDFへの守りが弱くなっています。このサーバーの Linux カーネルの版と、"
            "コンテナや systemd の設定（SystemCallFilter）で、無効と表示されたものが許されているかご確認ください。"
        ),
        (
            "PDFs are read, with less protection against a malicious one. Check that the Linux kernel has what is not"
            " in force, and that the container or systemd (SystemCallFilter) allows it."
        ),
    ),
    "remedy_pdf_sandbox": (
        (
            "隔離した環境で、組込みの試験用PDFを読めません。Python とその部品（site-packages）、このプログラムを、"
            "通常の場所に入れ直してください。直らないときは、この行を添えて開発元へお知らせください。"
        ),
        (
            "The built-in notice cannot be read within the sandbox. Install Python, its packages and this program"
            " again in their usual places. If that does not help, report this line to the makers."
        ),
    ),
    "init_done": (
        (
            "設定のひな形を {dir} に作成しました。worker.toml、projects.toml、issuers/ を編集し、"
            "`hoshobin --config {dir} check` を実行してください。"
        ),
        (
            "A configuration to start from is in {dir}. Edit worker.toml, projects.toml and issuers/, then run"
            " `hoshobin --config {dir} check`."
        ),
    ),
    "pass_done": (
        (
            "1回分の処理が終わりました：発注者への送信 {sent}件、新たに対応が必要になったもの {new}件、"
            "以前の件の変更 {changed}件。"
        ),
        "One pass is done: {sent} sent to issuers, {new} new ones wait, {changed} earlier ones changed.",
    ),
    "pass_failed": (
        "処理できませんでした：{name}（{why}）。次の回に自動でもう一度試します。",
        "Not done: {name} ({why}). It is tried again next time.",
    ),
    "config_kept": (
        "新しい設定に誤りがあるため、以前の設定のまま動いています。",
        "The new configuration has faults; the old one stays in use.",
    ),
    "rehearsing": (
        "リハーサル中：すべてのメールを {to} だけに送り、発注者には送りません。",
        "REHEARSAL: every mail goes to {to} alone, none to an issuer.",
    ),
    "live": (
        "本番：発注者に送ります（リハーサルにするには rehearsal_to に宛先を書きます）。",
        "LIVE: mail goes to the issuers (for a rehearsal, write an address under rehearsal_to).",
    ),
    "doctor_placeholders": (
        "見本のアドレスがあります（このコンピューター以外の送信サーバーでは送信しません）：{addresses}",
        "There are sample addresses (only a mail server on this machine gets mail for them): {addresses}",
    ),
    "rehearsing_short": ("リハーサル中", "REHEARSAL"),
    "behind_head": (
        (
            "データベースが、前に控えた記録の末尾より古くなっています（古いバックアップに戻された可能性があります）。送信を止めています。"
            "`hoshobin list` の「送信待ち」のうち、すでに発注者へ送ったものを取り下げてから、"
            "`hoshobin resume --by 氏名` で再開してください。"
        ),
        (
            "The database is behind a head that was noted once (an old backup?). Nothing is sent. Withdraw what waits"
            " to be sent (`hoshobin list`) and has left already, then `hoshobin resume --by NAME`."
        ),
    ),
    "log_broken": (
        "記録（ログ）の検証に失敗しました：{detail}。送信を止めています。管理者へご連絡ください。",
        "The log does not verify: {detail}. Nothing is sent. Tell the administrator.",
    ),
    "unavailable": ("{what}を使用できません：{detail}", "Not usable: {what}: {detail}"),
    "fault": (
        "保証便の不具合です：{error}（詳細：{trace}）。この行を管理者へお知らせください。",
        "Internal error: {error} (trace: {trace}). Please tell the administrator this line.",
    ),
    "audit_holds": (
        "記録は改変されていません：{count}件、{first} から {last} まで。末尾：{head}",
        "The log verifies: {count} entries, {first} to {last}. Head: {head}",
    ),
    "audit_empty": ("記録はまだありません。", "There are no entries yet."),
    "refused_notice": (
        "お知らせとして読み取れません：{reason}。次にすること：{step}",
        "Not read: {reason}. Next: {step}",
    ),
    "status_put_off": (
        "{mailbox}：順番待ちで未読取りのメール（差出人を確認できないもの） {count}通",
        "{mailbox}: {count} messages from unauthenticated senders wait to be read",
    ),
    "status_set_aside": (
        "{mailbox}：取得できないメール {unfetched}通、大きすぎて読まなかったメール {too_large}通",
        "{mailbox}: {unfetched} messages could not be fetched, {too_large} were too large to read",
    ),
    "nothing_waits": ("対応待ちはありません。", "Nothing waits for a person."),
    "no_submissions": ("該当する提出はありません。", "No such submissions."),
    "list_older": (
        "ほかに、終わってから{days}日を過ぎた提出が{count}件あります。すべて示すには `hoshobin list --all` とします。",
        "{count} more, closed for over {days} days, are not shown. `hoshobin list --all` shows all.",
    ),
    "no_log": ("該当する記録はありません。", "No such entries."),
    "config_problems": (
        "誤りが{count}件あるため、何も実行していません。",
        "Nothing was done because of {count} problem(s):",
    ),
    "config_faults": ("設定に誤りが{count}件あります。", "The configuration has {count} problem(s):"),
    "nearest": ("近い名前：{key}", "did you mean {key}?"),
    "resolve_which": (
        "届いていたなら --sent、届いていなかったなら --not-sent を付けてください。何も変更していません。",
        "give --sent if it arrived, --not-sent if it did not. Nothing was changed.",
    ),
    "wrong_argument": ("コマンドの書き方が正しくありません：{what}", "The arguments are wrong: {what}"),
    # --- The mail to the operator ----------------------------------------------------------------------------
    "telling_subject": (
        "【保証便】ご対応が必要な提出があります（{count}件）",
        "[hoshobin] submissions need you ({count})",
    ),
    "telling_subject_urgent": (
        "【保証便】至急：ご対応が必要な提出があります（{count}件、うち至急 {now}件）",
        "[hoshobin] urgent: submissions need you ({count}, {now} of them at once)",
    ),
    "telling_subject_trouble": ("【保証便】異常をお知らせします", "[hoshobin] hoshobin has a problem"),
    "telling_subject_stopped": ("【保証便】至急：送信を止めています", "[hoshobin] urgent: nothing is sent"),
    "telling_subject_mute": (
        "【保証便】至急：送信サーバーに接続できません",
        "[hoshobin] urgent: the mail server is not reached",
    ),
    "telling_subject_contradiction": (
        "【保証便】至急：送信の記録と食い違う連絡があります",
        "[hoshobin] urgent: a report or reply contradicts the record",
    ),
    "telling_subject_configuration": (
        "【保証便】設定ファイルに誤りがあります（以前の設定で動いています）",
        "[hoshobin] the changed configuration is wrong (the old one stays in force)",
    ),
    "telling_late": (
        (
            "確認の結果を記録した後に、送信サーバーの応答が分かりました（提出の番号：応答 {answer}）。\n"
            "　　記録と食い違います。発注者に届いているか確かめ、`hoshobin show 番号` で内容をご確認ください。"
        ),
        (
            "The server's answer arrived after the outcome was recorded (submission: {answer}).\n"
            "It differs from the record: ask the issuer, and see `hoshobin show ID`."
        ),
    ),
    "telling_not_read_again": (
        (
            "■ 送信前の確認ができず、送信していない提出があります（提出の番号：理由 {news}）。\n"
            "　　お知らせPDFの読取りが、3回続けて終わりませんでした。\n"
            "　　提出は「送信待ち」のまま、自動で再試行します。\n"
            "　　次にすること：管理者に連絡し、メモリとディスクの空きを確認してください。\n"
            "　　急ぐときは、取り下げて、ほかの方法で提出してください。"
        ),
        (
            "■ A submission is not sent, as it cannot be checked before sending (submission: {news}).\n"
            "The program that reads the notice's PDF gave no answer three times.\n"
            "The submission stays approved and is tried again.\n"
            "Next: have memory and disk checked. If it is urgent, withdraw it and hand it in another way."
        ),
    ),
    "telling_unfetched": (
        (
            "{mailbox}のメール1通を、繰り返し取得できません（{why}）。\n"
            "　　メールソフトで確認し、お知らせPDFがあれば所定のフォルダに保存してください。"
        ),
        (
            "A message of {mailbox} cannot be fetched ({why}).\n"
            "It may be a notice: look at it in your mail program and save its PDF to the folder."
        ),
    ),
    "telling_put_off_time": (
        (
            "{mailbox}に、差出人を確認できないPDF付きメールが多数届いています。読取りに使う時間には上限があるため、"
            "一部の読取りを後に回しました（メールはメールボックスに残っています）。順番が来れば自動で読み取ります。\n"
            "　　お急ぎのお知らせPDFは、メールソフトで所定のフォルダに保存してください（先に読み取ります）。"
            "件数は「hoshobin status」で確認できます。"
        ),
        (
            "Many mails with PDFs from unauthenticated senders have come to {mailbox}. The time for reading them "
            "is limited. Some are deferred: they stay in the mailbox and are read later.\n"
            "A notice that is urgent: save its PDF to the folder, which is read first. `hoshobin status` counts them."
        ),
    ),
    "telling_put_off_disk": (
        (
            "ディスクの空きが少ないため、{mailbox}の、差出人を確認できないメールの取込みを止めています"
            "（メールはメールボックスに残っています。フォルダに保存されたPDFと、差出人を確認できたメールは取り込みます）。\n"
            "　　記録を置いているディスクの空きを{limit} GB以上にしてください。空けば自動で取り込みます。"
        ),
        (
            "The disk is nearly full: mails from unauthenticated senders in {mailbox} are not read and stay in "
            "the mailbox. The folder and mails from authenticated senders are read as before.\n"
            "Free at least {limit} GB where the store is: they are taken then by themselves."
        ),
    ),
    "telling_pdf_sandbox": (
        (
            "お知らせのPDFを読めなくなっています。PDFを隔離して読むための環境で、組込みの試験用PDFを読めませんでした"
            "（{news}）。\n"
            "　　届いたお知らせは読まずに残してあり、直れば自動で読みます。急ぎの提出は、別の方法で行ってください。\n"
            "　　管理者：`hoshobin doctor` の「PDF読取りの隔離」をご確認ください。"
        ),
        (
            "No notice can be read: the built-in notice was not read within the sandbox ({news}).\n"
            "What has arrived is kept unread and is read by itself once this is mended. Hand in by another way what is"
            " urgent. The administrator looks at `hoshobin doctor`."
        ),
    ),
    "telling_subject_settled": ("【保証便】対応済みのお知らせ", "[hoshobin] handled already"),
    "telling_subject_account": (
        "【保証便】メールサーバーにログインできません（{where}）",
        "[hoshobin] the account was refused: {where}",
    ),
    "telling_subject_fault": ("【保証便】{where}を使えません", "[hoshobin] cannot be used: {where}"),
    "telling_rehearsing": (
        "リハーサル中です。発注者には何も送信していません。",
        "Rehearsal: nothing goes to an issuer.",
    ),
    "telling_open": (
        "次の{count}件について、ご対応をお願いいたします。このメールに認証キーは含まれていません。",
        "These {count} wait for you. This mail holds no authentication key.",
    ),
    "telling_more": (
        "ほかに{count}件あります。`hoshobin list` でご確認ください。",
        "And {count} more: see `hoshobin list`.",
    ),
    "telling_fault": (
        "{cause}を使えません。{why}。\n　　サーバーの応答：{reply}\n　　{step}",
        "{cause} cannot be used: {why}.\n    The server said: {reply}\n    {step}",
    ),
    "telling_account": (
        (
            "メールサーバーにログインできません（{cause}）。パスワードが違うか、変更された可能性があります。\n"
            "　　その間、{meanwhile}が止まっています。"
            "パスワードと設定を確認し、`hoshobin doctor` を実行してください。\n"
            "　　サーバーの応答：{reply}"
        ),
        (
            "The mail server refused our account ({cause}): {reply}\n"
            "Meanwhile no {meanwhile}. Check password and settings, then run `hoshobin doctor`."
        ),
    ),
    "stopped_sending": ("送信", "mail is sent"),
    "stopped_receiving": ("受信", "mail is received"),
    "telling_settled": (
        "お知らせする予定だった件は、すでに処理が済んでいます。対応は不要です。",
        "What this mail was about has been handled already.",
    ),
    "telling_end": (
        "全体の状況：hoshobin status　／　一覧：hoshobin list\n（このメールは、保証便が自動で送信しています）",
        "Overview: hoshobin status, list: hoshobin list (sent by hoshobin itself)",
    ),
    # --- Headings --------------------------------------------------------------------------------------------
    "h_id": ("番号", "id"),
    "h_state": ("状態", "state"),
    "h_project": ("案件", "project"),
    "h_issuer": ("発注者", "issuer"),
    "h_product": ("保証の種類", "product"),
    "h_number": ("保証契約番号", "contract number"),
    "h_to": ("宛先", "to"),
    "h_cc": ("CC", "cc"),
    "h_subject": ("件名", "subject"),
    "h_reply": ("サーバーの応答", "server's answer"),
    "h_reason": ("理由", "reason"),
    "h_next": ("次にすること", "next step"),
    "h_command": ("コマンド", "command"),
    "h_time": ("日時", "time"),
    "h_event": ("出来事", "event"),
    "h_by": ("承認者・記録者", "by"),
    "h_detail": ("内容", "detail"),
    "resubmitted_as": ("{id} で再提出", "resubmitted as {id}"),
    "h_approved_by": ("承認者", "approved by"),
    "h_recorded_by": ("記録した人（空＝自動）", "recorded by (empty: by itself)"),
    "h_attachments": ("添付", "attachments"),
    "h_invoice_amount": ("請求金額", "invoice amount"),
    "h_invoice_date": ("請求日", "invoice date"),
    "amount_registered": ("{value}円（案件に登録）", "{value} yen (registered)"),
    "amount_read": ("{value}円（PDFから読取り）", "{value} yen (read from the PDF)"),
    "date_registered": ("{value}（案件に登録）", "{value} (registered)"),
    "date_read": ("{value}（PDFから読取り）", "{value} (read from the PDF)"),
    "h_body": ("本文", "body"),
    "h_section": ("提出先", "section"),
    "h_linked": ("関連する提出", "linked submissions"),
    "h_history": ("経過", "history"),
    "h_due": ("送信予定", "due"),
    "state_due": ("{state}、送信予定 {moment}", "{state}, due {moment}"),
    "h_name": ("対象", "what"),
    "h_last_ok": ("最終確認", "last reached"),
    "h_tenant": ("会社", "contractor"),
    "h_service": ("サービス", "service"),
    "h_urgent": ("至急", "urgent"),
    "h_tasks": ("対応待ち", "tasks"),
    "h_doubt": ("送信結果不明", "in doubt"),
    "h_note": ("備考", "note"),
    "tenant_runs": ("稼働中", "runs"),
    "tenant_stopped": ("停止中", "stopped"),
    "tenant_unknown": ("不明", "unknown"),
    "tenant_rehearses": ("リハーサル中", "rehearsal"),
    "tenant_holds_back": (
        "送信を止めています（`hoshobin @{name} status`）",
        "sending is stopped (`hoshobin @{name} status`)",
    ),
    "tenant_no_backup": (
        "バックアップに異常があります（`hoshobin @{name} doctor`）",
        "something is wrong with the backup (`hoshobin @{name} doctor`)",
    ),
    "tenant_lost": (
        "設定（{file}）がありません（{found} は残っています）。バックアップから戻してください",
        "the configuration ({file}) is gone ({found} is still there); put it back from a backup",
    ),
    "tenant_faulty": (
        "設定に誤りがあり、前の設定で動きます：{places}（`hoshobin @{name} check`）",
        "the configuration is at fault, the one before is used: {places} (`hoshobin @{name} check`)",
    ),
    "tenant_unread": ("状況を読めません（{detail}）", "its state cannot be read ({detail})"),
    "h_error": ("直近の異常", "last failure"),
    "h_count": ("件数", "count"),
    "h_result": ("結果", "result"),
    "h_remedy": ("対処", "remedy"),
    "h_file": ("ファイル", "file"),
    "h_key": ("項目", "key"),
    "h_problem": ("問題", "problem"),
    "t_sent": ("送信したもの", "What was sent"),
    "t_waits": ("対応待ち", "What waits for a person"),
    "t_operator": ("ご担当者へのメール", "The mail to the operator"),
    "t_log": ("送信記録（hoshobin log）", "The sent-mail log (hoshobin log)"),
    "t_audit": ("記録の検証（hoshobin audit verify）", "hoshobin audit verify"),
    "t_watch": ("監視", "Watching"),
    "t_states": ("状態ごとの件数", "Submissions by state"),
    "t_submission": ("提出 {id}", "Submission {id}"),
    "f_project_name": ("工事名", "project_name"),
    "f_contractor_name": ("受注者名", "contractor_name"),
    "f_product": ("保証の種類", "product"),
    "f_contract_number": ("保証契約番号", "contract_number"),
    "f_key": ("認証キー", "key"),
    "f_guarantor": ("保証会社", "guarantor"),
    "demo_intro": (
        "保証便のデモ：このコンピューターの中だけで、受信から提出までを実行します。外部には何も送信しません。",
        "hoshobin demo: the whole job inside this computer; nothing leaves it.",
    ),
    "demo_mail_in": ("受信したメール", "Mails put into the mailbox"),
    "t_first_mails": (
        "初めてのアドレス宛：公表元と照合して承認します",
        "First mails to an address: compared with where it is published, then approved",
    ),
    "demo_note": ("公表のページと照合済み", "compared with the page that publishes it"),
    "demo_kept": ("設定・データベース・メール（.eml）を {dir} に残しました。", "Left in {dir}."),
    "demo_missing": (
        "デモ用の部品（hoshobin[demo]）がありません。ソースのフォルダで make demo を実行してください。",
        "The demo's extra, hoshobin[demo], is not installed: run make demo in the source folder.",
    ),
    "starting_servers": ("サーバーを起動しています", "starting the servers"),
    "reading": ("読み取り・送信しています", "reading and sending"),
    # --- Placeholders in a command; one word each, as a shell takes it ---
    "input_by": ("氏名", "NAME"),
    "input_why": ("理由", "REASON"),
    "input_answer": ("届いた番号", "ID"),
    "input_whom_and_when": ("相手方・日時", "WHOM-AND-WHEN"),
    "input_when_and_how": ("いつ・どのように", "WHEN-AND-HOW"),
    "input_what_was_seen": ("確認したこと", "WHAT-WAS-SEEN"),
    # --- Arguments that a command cannot take ---
    "usage_command": ("「{name}」というコマンドはありません", "there is no command {name}"),
    "usage_option": ("「{name}」という指定はありません", "there is no option {name}"),
    "usage_nearest": ("（近い名前：{names}）", " (nearest: {names})"),
    "usage_option_form": ("「{name}」の書き方が正しくありません（値がない、など）", "{name} cannot be used this way"),
    "usage_missing": ("「{name}」がありません", "{name} is missing"),
    "usage_choice": ("「{name}」に書けるのは {choices} のいずれかです", "{name} is one of {choices}"),
    "usage_value": ("「{name}」の値を使えません：{why}", "{name} cannot be taken: {why}"),
    "usage_extra": ("余分な語があります：{words}", "there are extra words: {words}"),
    "usage_form": ("「{given}」ではなく、{form} の形で書いてください", 'not "{given}": write it like {form}'),
    "usage_day": (
        "「{given}」を日付として読めません（例：2026-11-22、R8.11.22、令和8年11月22日、先週、2026-11）",
        '"{given}" is not a day: write it like 2026-11-22, R8.11.22, 先週, 2026-11',
    ),
    "usage_moment": (
        "「{given}」を日時として読めません（例：2026-11-22 10:30、R8.11.22 10:30、昨日 10:30、10:30）",
        '"{given}" is not a time: write it like 2026-11-22 10:30, R8.11.22 10:30, 昨日 10:30, 10:30',
    ),
    "usage_one_number": (
        "番号は一つだけ指定できます（{words} は不要です）",
        "only one number can be given ({words} is too many)",
    ),
    "usage_state": (
        "「{given}」という状態はありません。使える言葉：{names}",
        'there is no state "{given}"; one of: {names}',
    ),
    "log_progress": ("記録を読み込んでいます… {count} / {total}件", "reading the log: {count} of {total} entries"),
    "log_saved": ("{file} に保存しました（{count}件）。", "Saved to {file} ({count} rows)."),
    "usage_number": (
        "「{given}」は番号ではありません（`hoshobin list` の番号か、番号@確認番号 を書いてください）",
        '"{given}" is not a number of `hoshobin list` (ID, or ID@ and ten letters)',
    ),
    "usage_quotes": (
        '。氏名などに空白があるときは --by "山田 花子" のように " " で囲んでください',
        '. Put a name with a space in quotes: --by "山田 花子"',
    ),
}
