"""Incoming mail: the authentication of senders, and actions in a mailbox: (Japanese, English), and the next step."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "state_unproven": ("{state}（送信元未確認）", "{state} (sender not proven)"),
    "task_download_unproven": (
        "。送信元未確認：メールの中のリンクは開かず、保証会社のサイトを自分で開いて確かめる",
        ". The sender is not proven: open no link in the mail, open the guarantor's site by yourself",
    ),
    "telling_withdrawn_again": (
        (
            "■ 送信元未確認のまま取り下げたお知らせが、送信元を確認できたメールで届きました。"
            "新しい番号で保留しています（新しい番号: 取り下げた番号　{news}）。提出はしていません。"
            "　次にすること：提出するなら新しい番号を承認、提出済み・不要なら新しい番号を取下げ"
        ),
        (
            "■ The notice of a submission that was withdrawn while its sender was not proven came again from one who "
            "is; it is held under a new number and not sent yet (new: withdrawn  {news}).  Next: approve the new one "
            "to submit it, or withdraw it"
        ),
    ),
    "telling_unproven_newcomer": (
        (
            "■ 送信元を確認できないメールで、受付済みの提出と同じ保証契約番号のお知らせが届きました。"
            "新しいものは保留し、受付済みの提出はそのまま進めます（新しい番号: 受付済みの番号　{news}）。"
            "　次にすること：保証会社に電話で確かめ、新しいものが本物なら承認し、受付済みの提出を取下げ。"
            "偽物なら新しいものを取下げ"
        ),
        (
            "■ A mail whose sender is not proven brought a notice of a contract number that is here already. The new "
            "one is held, what was here goes on (new: here  {news}).  Next: call the guarantor; approve the new one "
            "and withdraw the other if it is genuine, withdraw the new one if it is forged"
        ),
    ),
    "h_sender": ("送信元", "sender"),
    "sender_proven": ("確認済み（{evidence}）", "proven ({evidence})"),
    "sender_unproven": ("未確認（{evidence}）", "not proven ({evidence})"),
    "doctor_not_set": ("authserv_id が未設定", "authserv_id is not set"),
    "doctor_seen": ("確認結果あり（最近の{mails}通のうち{count}通）", "found ({count} of the last {mails} mails)"),
    "doctor_not_seen": ("確認結果が見当たりません", "not found"),
    "doctor_doubled": ("確認結果が1通に2つ以上", "several in one mail"),
    "remedy_not_set": (
        (
            "メールで届くお知らせは、自分で確かめられる電子署名（DKIM）がなければ、hold・auto でも人の確認を待ちます。"
            "{candidates}"
        ),
        (
            "Without a DKIM signature that can be verified here, no notice by mail is authenticated; it waits "
            "also in hold and auto. {candidates}"
        ),
    ),
    "remedy_candidates": (
        "最近の{mails}通にある名前：{names}。自社の受信サーバーの名前を [mailbox.{mailbox}] authserv_id に書きます",
        "Names in the last {mails} mails: {names}. Write that of your own server as [mailbox.{mailbox}] authserv_id",
    ),
    "remedy_no_mails": (
        "まだメールがないため、確認できません。メールが届いてから、もう一度実行してください",
        "there is no mail yet: try again once some has come",
    ),
    "remedy_no_candidates": (
        "最近の{mails}通に、名前のある Authentication-Results はありません。メールサーバーの管理者にご確認ください",
        "No Authentication-Results with a name in the last {mails} mails: ask the administrator of the mail server",
    ),
    "remedy_not_seen": (
        "最近の{mails}通に「{name}」はありません。書き間違いがないかご確認ください。{candidates}",
        '"{name}" is in none of the last {mails} mails: check the spelling. {candidates}',
    ),
    "remedy_doubled": (
        (
            "「{name}」の Authentication-Results が2つ以上あるメールは、偽造と区別できないため使いません。"
            "（電子署名は見ます）サーバーが1つにまとめられるか、管理者にご確認ください"
        ),
        (
            'A mail with several Authentication-Results of "{name}" is not believed, as one may be forged; its '
            "signature is looked at. Ask whether the server can write one"
        ),
    ),
    "resolver_secured": ("DNSSECで確かめた鍵を使えます", "keys come with DNSSEC, checked on this machine"),
    "resolver_not_here": ("DNSSECの確認なし（リゾルバーが別の機器）", "no DNSSEC: the resolver is another machine"),
    "resolver_no_ad": ("DNSSECの確認なし（リゾルバーがADを返さない）", "no DNSSEC: the resolver gives no AD"),
    "resolver_away": ("DNSに届きません", "the DNS is not reached"),
    "remedy_resolver": (
        (
            "電子署名を自分で確かめる場合（受信サーバーの dkim=pass がないメール）、hold・auto では人の確認を待ち、"
            "approve では注記つきで認めます。この機器に、DNSSECを検証するリゾルバー（unbound 等）を置き、"
            "/etc/resolv.conf を nameserver 127.0.0.1 にします"
        ),
        (
            "A mail without dkim=pass of your own server is not proven in hold and auto, and only with a note in "
            "approve: run a resolver that validates DNSSEC (unbound, for instance) on this machine and set "
            "nameserver 127.0.0.1 in /etc/resolv.conf"
        ),
    ),
    "mails_of": ("{name}（{count}通）", "{name} ({count})"),
    "strip_test": (
        (
            "\n受信サーバーが偽の確認結果を取り除くかの試し方（RFC 8601 第5節）。\n"
            "authserv_id を書く前と、メールサーバーを変えたときに行ってください。\n"
            "  1. 社外の回線から、次の1行をヘッダーに加えたメールを {user} へ送ります。\n"
            "       Authentication-Results: {name}; dkim=pass header.d=forged.example\n"
            "     送り方の例（swaks というプログラム）：\n"
            "       swaks --to {user} \\\n"
            "         --add-header 'Authentication-Results: {name}; dkim=pass header.d=forged.example'\n"
            "  2. 届いたメールの「ソース」（すべてのヘッダー）で、forged.example を探します。\n"
            "  3. 行がなければ（または名前が変えられていれば）、authserv_id を使えます。\n"
            '     残っていれば、誰でも「確認済み」に見せかけられます。authserv_id を "" にして、\n'
            "     取り除く設定をメールサーバーの管理者に頼んでください。"
        ),
        (
            "\nHow to try whether your server takes forged findings away (RFC 8601 §5), before authserv_id is set and\n"
            "whenever the mail server changes:\n"
            "  1. From outside the office, send a mail to {user} with this line among its headers:\n"
            "       Authentication-Results: {name}; dkim=pass header.d=forged.example\n"
            "     for instance (with the program swaks):\n"
            "       swaks --to {user} \\\n"
            "         --add-header 'Authentication-Results: {name}; dkim=pass header.d=forged.example'\n"
            "  2. Look for forged.example in the source (all headers) of the mail that arrives.\n"
            "  3. If the line is gone, or bears another name, authserv_id may be set.\n"
            '     If it is there, anybody can seem proven: set authserv_id to "" and ask the administrator of the\n'
            "     server to have such lines removed."
        ),
    ),
    "bad_authserv_id": (
        "「{value}」は Authentication-Results の先頭の名前になりません",
        '"{value}" cannot be the name in an Authentication-Results',
    ),
    # --- What is done in a mailbox to messages that were dealt with ---
    "remedy_after": (
        (
            "[mailbox.{name}] の after に書かれた処理ができません。move: のフォルダがあるか"
            "（大文字・小文字や「/」「.」の区切りまで同じ名前か）、"
            "この user でそのフォルダに書き込めるかを、メールソフトでご確認ください。"
            'なければ作成し、移さなくてよければ after = "nothing" にしてください（取り込みは続いています）。'
        ),
        (
            "What [mailbox.{name}] after says cannot be done. Check in a mail program whether the folder of move: is "
            "there, by the same name to the letter, and whether this user may write to it. Make it where it is "
            'missing; if nothing need be moved, write after = "nothing" (mails are taken all the same).'
        ),
    ),
    # --- Mailboxes that cannot be watched, and what is done to messages afterwards ---
    "telling_subject_deaf": ("【保証便】至急：受信を確認できていません", "[hoshobin] urgent: a mailbox is not watched"),
    "telling_deaf": (
        (
            "{name}を確認できない状態が続いています（{detail} から）。\n"
            "　　その間に届いたお知らせは、まだ処理されていません。"
            "急ぎのものがないか、メールソフトなどで直接ご確認ください。"
            "原因は `hoshobin doctor` で分かります。回復すると、届いていたものも自動で処理します。"
        ),
        (
            "{name} has not been read successfully (since: {detail}).\n"
            "New mail in it is not processed: look there yourself, and run `hoshobin doctor`.\n"
            "After it recovers, everything that came is processed automatically."
        ),
    ),
    "status_deaf": ("確認できていません：{name}（{since} から）", "NOT WATCHED: {name} (since {since})"),
    "status_ledger": (
        "{mailbox}：確認したメール {count}通、取りこぼし {gap}通（{at}）",
        "{mailbox}: {count} messages in the window, {gap} without a row in the ledger (counted {at})",
    ),
    # --- What is older than what is taken ---
    "telling_subject_left": (
        "【保証便】ご確認ください：扱わない古いお知らせらしいメールがあります",
        "[hoshobin] please check: older mails that look like notices were skipped",
    ),
    "telling_left": (
        (
            "{mailbox}に、{since} より前に届いたメールが{left}通あり、保証便は扱いません。"
            "うち{alike}通は、件名・差出人から認証キーのお知らせとみられます。\n"
            "　　保証便を使い始めたところで、手で提出した分だけであれば、何もする必要はありません。\n"
            "　　以前から使っていてデータベースを失った場合などは、未提出のお知らせが残っているおそれがあります。"
            "下のメールを確かめてください。\n"
            "　　保証便に扱わせるには、worker.toml の [mailbox.{name}] に since = {example} のように日付を書きます。"
            "その日以降のメールを読み、「導入前のお知らせ」として承認待ちにします（確認なしに送ることはありません）。"
        ),
        (
            "{mailbox} holds {left} messages that came before {since}; they are skipped. "
            "{alike} of them look like notices, by subject or sender.\n"
            "If the product is new and all of them were submitted by hand, nothing need be done. If its database "
            "was lost, some may not have been submitted: check the mails below.\n"
            "To have them taken, write a day as since = {example} under [mailbox.{name}] in worker.toml: mails from "
            "that day on are read, and their notices wait for a person."
        ),
    ),
    "telling_left_mail": ("　　・{mail}", "- {mail}"),
    "telling_left_more": ("　　・ほか{count}通", "- and {count} more"),
    "telling_left_unseen": (
        "　　このほか{count}通は、件数が多いため、またはサーバーから取得できないため、件名を調べていません。",
        "The headers of {count} more were not checked: they are too many, or the server does not return them.",
    ),
    "status_left": (
        (
            "{mailbox}：{since} より前のメール {left}通は扱っていません"
            "（お知らせとみられるもの {alike}通、件名を調べていないもの {unseen}通）"
        ),
        (
            "{mailbox}: {left} messages from before {since} are skipped "
            "({alike} look like notices, {unseen} not looked at)"
        ),
    ),
    # --- Files that are not read ---
    "unread_files": ("読まれないファイル（{count}件）：", "Files that are not read ({count}):"),
    "unread_once": (
        "　このメールでのお知らせは1回だけです。残っているものは `hoshobin status` でご確認ください。",
        "Each is named in one mail only; `hoshobin status` shows those that are left.",
    ),
    "unread_line": ("　・{place}　{names}\n　　　{what}。{todo}", "  - {place}: {names}\n      {what}. {todo}"),
    "unread_more": (" ほか{count}件", " and {count} more"),
    "unread_forbidden": ("保証便に読む権限がありません", "The service's account may not read it"),
    "unread_forbidden_todo": (
        "保証便の利用者（hoshobin）が読めるように、ファイルの権限を直してください。直ると自動で読みます。",
        "Let the service's account (hoshobin) read the file; it is then read by itself.",
    ),
    "unread_folder_unreadable": ("フォルダを開けません", "The folder cannot be opened"),
    "unread_folder_unreadable_todo": (
        "保証便の利用者（hoshobin）が開けるように、フォルダの権限を直してください。直ると自動で読みます。",
        "Let the service's account (hoshobin) open the folder; it is then read by itself.",
    ),
    "unread_too_deep": ("フォルダの階層が深すぎるため、中を見ていません", "The folder is nested too deeply"),
    "unread_too_deep_todo": (
        "中にPDFがあれば、上の階層のフォルダに移してください。",
        "Move what is in it to a folder further up.",
    ),
    "unread_too_many": (
        "ファイルかフォルダが多すぎるため、ここから後は見ていません",
        "There are too many files or folders: the rest is skipped",
    ),
    "unread_too_many_todo": (
        "済んだものを、このフォルダの外に移してください。",
        "Move finished files out of this folder.",
    ),
    "unread_linked": (
        "別の場所のファイルと中身を共有しています（ハードリンク）",
        "It shares its bytes with a file elsewhere (hard link)",
    ),
    "unread_linked_todo": (
        "コピーを作り、コピーのほうをこのフォルダに保存してください。",
        "Make a copy and save the copy here.",
    ),
    "unread_link": ("別の場所を指すリンクです", "It is a link to another place"),
    "unread_link_todo": (
        "ファイルそのものを、このフォルダに保存してください。",
        "Save the file itself in this folder.",
    ),
    "unread_unfinished": ("保存の途中のまま、1日以上たっています", "It has been unfinished for a day or more"),
    "unread_unfinished_todo": (
        "ダウンロードやコピーをやり直してください。保存が終わると自動で読みます。",
        "Download or copy it again; once it is whole it is read by itself.",
    ),
    "unread_other_kind": ("PDFではありません", "It is not a PDF"),
    "unread_other_kind_todo": (
        "認証キーのお知らせなら、PDFで保存し直してください。ほかの書類なら、このフォルダの外に移してください。",
        "If it is a notice, save it as a PDF; if it is something else, move it out of this folder.",
    ),
    "unread_picture": ("写真・画像です", "It is a picture"),
    "unread_picture_todo": (
        "認証キーのお知らせなら、保証会社のサイトからPDFを取得して保存してください。",
        "If it is of a notice, download the PDF from the surety's site and save that.",
    ),
    "unread_mail": ("Outlookなどで保存したメールです", "It is a mail saved by Outlook or the like"),
    "unread_mail_todo": (
        "メールを開き、添付のPDFを取り出して、このフォルダに保存してください。",
        "Open the mail and save the attached PDF in this folder.",
    ),
    "unread_archive": ("圧縮ファイルです", "It is an archive"),
    "unread_archive_todo": (
        "中のPDFを取り出して、このフォルダに保存してください。",
        "Take the PDF out and save it in this folder.",
    ),
    "unread_device": ("通常のファイルではありません", "It is not a regular file"),
    "unread_device_todo": ("不要なら削除してください。", "Remove it if it is not needed."),
    "unread_not_toml": (
        "名前の末尾が違うため、設定として読まれません",
        "It is not read as configuration because of its name",
    ),
    "unread_not_toml_todo": (
        ("設定なら、名前を直してください（例：○○.toml.txt を ○○.toml に）。控えなら、別の場所に移してください。"),
        "If it is configuration, rename it (NAME.toml.txt to NAME.toml); if it is a copy, move it elsewhere.",
    ),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "bad_authserv_id": (
        "受信メールの Authentication-Results の最初の「;」の前の名前だけを書いてください（hoshobin doctor が示します）",
        "write only the name that stands before the first ; there (hoshobin doctor names candidates)",
    )
}
