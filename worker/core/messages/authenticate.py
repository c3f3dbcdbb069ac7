"""Sentences about the authentication of senders: (Japanese, English) by code, and what to do."""

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
            "Without a DKIM signature that can be verified here no notice that comes by mail is proven; it waits also "
            "in hold and auto. {candidates}"
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
        "No Authentication-Results with a name in the last {mails} mails: ask whoever runs the mail server",
    ),
    "remedy_not_seen": (
        "最近の{mails}通に「{name}」はありません。書き間違いがないかご確認ください。{candidates}",
        '"{name}" stands in none of the last {mails} mails: look for a slip. {candidates}',
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
            '     If it is there, anybody can seem proven: set authserv_id to "" and ask whoever runs the\n'
            "     server to have such lines removed."
        ),
    ),
    "bad_authserv_id": (
        "「{value}」は Authentication-Results の先頭の名前になりません",
        '"{value}" cannot stand at the head of an Authentication-Results',
    ),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "bad_authserv_id": (
        "受信メールの Authentication-Results の最初の「;」の前の名前だけを書いてください（hoshobin doctor が示します）",
        "write only the name that stands before the first ; there (hoshobin doctor names candidates)",
    ),
}
