"""Logins by token: the configuration, ``login``, a login that fails, and the next step: (Japanese, English)."""

from __future__ import annotations

from typing import Final

from worker.core.login_errors import LoginFault, LoginRefusal

_AGAIN: Final = ("`hoshobin login {name}` を実行してください", "run `hoshobin login {name}`")
_TABLE: Final = ("docs/install.md の「OAuth2 でログインする」をご覧ください", "see OAuth2 in docs/install.md")

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- What is wrong with the configuration ----------------------------------------------------------------
    "oauth_missing": (
        'auth = "xoauth2" ですが、[mailbox.{name}.oauth] がありません',
        'auth is "xoauth2" and there is no [mailbox.{name}.oauth]',
    ),
    "oauth_unused": (
        '[mailbox.{name}.oauth] がありますが、auth が "password" です',
        'there is a [mailbox.{name}.oauth], but auth is "password"',
    ),
    "tenant_missing": (
        "tenant（Microsoft 365 のテナントの ID またはドメイン名）がありません",
        "there is no tenant (id or domain of the Microsoft 365 tenant)",
    ),
    "client_secret_missing": (
        "client_secret_file（Google のクライアント シークレットを書いたファイル）がありません",
        "there is no client_secret_file (the file with Google's client secret)",
    ),
    "not_of_provider": (
        'provider = "{provider}" では {name} は使いません',
        '{name} has no effect with provider "{provider}"',
    ),
    "bad_authority": (
        "「{value}」は https で始まるアドレスではありません",
        '"{value}" is not an address that begins with https',
    ),
    "login_unused": ('login は auth = "xoauth2" のときだけ使います', 'login has an effect only with auth = "xoauth2"'),
    "no_login_to_share": (
        "[smtp] が使うログインがありません（xoauth2 のメールボックスがありません）",
        "[smtp] has no login to use (no mailbox has xoauth2)",
    ),
    "which_login": (
        "どのメールボックスのログインで送るかが決まりません（{known}）",
        "the mailbox whose login sends mail is not named ({known})",
    ),
    "login_unknown": ("「{name}」は xoauth2 のメールボックスではありません", '"{name}" is not a mailbox with xoauth2'),
    "extra_missing": (
        "{provider} のログインに必要なソフトウェアが入っていません",
        "the library for {provider} is not installed",
    ),
    # --- What is wrong with the login that is kept -----------------------------------------------------------
    "login_missing": ("ログインがまだです（{name}）", "no one has logged in yet ({name})"),
    "login_readable": (
        "ログインのファイルを他の利用者が読める状態です（{path}、{mode}）",
        "the file of the login can be read by others ({path}, {mode})",
    ),
    "login_unreadable": (
        "ログインのファイルを読めません（{path}：{detail}）",
        "the file of the login cannot be read ({path}: {detail})",
    ),
    "login_of_another": (
        "ログインのファイルの持ち主が、サービスのアカウントではありません（{path}）",
        "the file of the login belongs to another account ({path})",
    ),
    "login_broken": ("ログインのファイルが壊れています（{path}）", "the file of the login is broken ({path})"),
    "login_of_other_application": (
        "ログインした後に provider または client_id が変わっています（{name}）",
        "provider or client_id changed after the login ({name})",
    ),
    "login_no_store": (
        "[store] dir のフォルダがありません（{path}：{detail}）",
        "the folder of [store] dir is not there ({path}: {detail})",
    ),
    "login_wrong_account": (
        "このアカウントでは、サービスが読めるファイルを作れません（{path}）",
        "this account cannot write what the service reads ({path})",
    ),
    "login_no_mailbox": (
        "「{name}」は xoauth2 のメールボックスではありません",
        '"{name}" is not a mailbox with xoauth2',
    ),
    "login_not_used": (
        'auth = "xoauth2" のメールボックスがありません。パスワードで接続する設定では、ログインは不要です',
        'no mailbox has auth = "xoauth2"; with passwords no login is needed',
    ),
    # --- login -----------------------------------------------------------------------------------------------
    "login_device": (
        (
            "メールボックス {name}（{user}）のログインです。\n"
            "  1. どのパソコンでもかまいません。ブラウザーで次のページを開きます： {page}\n"
            "  2. 次のコードを入力します： {user_code}\n"
            "  3. {user} でサインインし、許可します（自分のアカウントではありません）。\n"
            "     「管理者の承認が必要」「ブロックされています」などと出て進めないときは、Ctrl+C で中止し、\n"
            "     自社の Microsoft 365 の管理者に、docs/install.md の"
            "「Microsoft 365 で許可すること」を見せてください。\n"
            "{minutes}分以内に済ませてください。許可が済むと、自動で次へ進みます（中止は Ctrl+C）"
        ),
        (
            "Login of mailbox {name} ({user}).\n"
            "  1. On any computer, open this page: {page}\n"
            "  2. Enter this code: {user_code}\n"
            "  3. Sign in as {user}, not as yourself, and agree.\n"
            "     If the page says that an administrator must approve this, or that it is blocked:\n"
            "     stop with Ctrl+C, and show your administrator of Microsoft 365 its table in docs/install.md.\n"
            "The code is valid for {minutes} minutes. The command goes on by itself (Ctrl+C to stop)"
        ),
    ),
    "login_page": (
        (
            "メールボックス {name}（{user}）のログインです。\n"
            "  1. どのパソコンでもかまいません。ブラウザーで次のアドレスを開きます：\n\n{page}\n\n"
            "  2. {user} でログインし、許可します（自分のアカウントではありません）。\n"
            "     「ブロックされています」「管理者の承認が必要」などと出て進めないときは、Ctrl+C で中止し、\n"
            "     自社の Google Workspace の管理者に、docs/install.md の"
            "「Google Workspace で許可すること」を見せてください。\n"
            "  3. 最後に「このサイトにアクセスできません」等の画面になります。これで正常です。\n"
            "     その画面のアドレス欄（http://127.0.0.1/?… で始まる文字列）を全部コピーし、ここに貼り付けます。"
        ),
        (
            "Login of mailbox {name} ({user}).\n"
            "  1. On any computer, open this address:\n\n{page}\n\n"
            "  2. Log in as {user}, not as yourself, and agree.\n"
            "     If the page says that this is blocked, or that an administrator must approve it:\n"
            "     stop with Ctrl+C, and show your administrator of Google Workspace its table in docs/install.md.\n"
            "  3. It ends on a page that cannot be reached. This is expected.\n"
            "     Copy the whole address of that page (http://127.0.0.1/?…) and paste it here."
        ),
    ),
    "login_paste": ("アドレス欄の文字列", "The address"),
    "login_pasted_wrong": (
        "今回のログインのアドレスではありません。もう一度、最後の画面のアドレス欄を全部コピーしてください。",
        "That is not the address of this login. Copy the whole address of the last page again.",
    ),
    "login_trying": ("サーバーで確かめています：{thing}", "Trying it at the server: {thing}"),
    "login_done": (
        (
            "ログインできました。{name}（{provider}）を {path} に保存しました。期限の前に、自動で更新します。\n"
            "実行中のサービスは、次の接続から使います（すぐに使うには systemctl reload hoshobin）。"
        ),
        (
            "Logged in. {name} ({provider}) is kept in {path} and renewed by itself.\n"
            "A running service uses it from its next connection on (at once: systemctl reload hoshobin)."
        ),
    ),
    "login_untried": (
        "ログインは保存しましたが、サーバーに接続できず、未確認です。`hoshobin doctor` で確かめてください。",
        "The login is kept, but the server was not reached, so it was not tried. Run `hoshobin doctor`.",
    ),
    "login_not_kept": (
        "サーバーが受け付けないため、このログインは保存していません（前のものがあれば、そのままです）。",
        "The server does not take it, so this login is not kept (a former one stays).",
    ),
    # --- doctor ----------------------------------------------------------------------------------------------
    "doctor_login": (
        "{provider}：正常（期限 {expires}、最終更新 {renewed}、ログイン {since}）",
        "{provider}: well (until {expires}, renewed {renewed}, logged in {since})",
    ),
    "doctor_login_renews": (
        "{provider}：次の接続で更新（最終更新 {renewed}、ログイン {since}）",
        "{provider}: renewed at the next connection (renewed {renewed}, logged in {since})",
    ),
    # --- Why a login no longer works, and what next ----------------------------------------------------------
    "login_fault_absent": ("ログインの記録がないか、使えません", "there is no login, or it cannot be used"),
    "login_fault_ended": ("ログインの期限が切れたか、取り消されました", "the login has expired or was revoked"),
    "login_fault_declined": (
        "ブラウザーでの許可が、時間内に行われませんでした（または、許可しないが選ばれました）",
        "the login was not agreed to in the browser, or not in time",
    ),
    "login_fault_application": (
        "アプリの登録（client_id・tenant・権限）が受け付けられません",
        "the application (client_id, tenant, permissions) is not accepted",
    ),
    "login_fault_server": (
        "メールサーバーが、いま取得したばかりのトークンを受け付けません",
        "the mail server refuses a new token",
    ),
    "login_step_absent": _AGAIN,
    "login_step_ended": ("`hoshobin login {name}` をもう一度実行してください", "run `hoshobin login {name}` again"),
    "login_step_declined": (
        (
            "`hoshobin login {name}` をもう一度実行してください。許可の画面で進めなかったときは、"
            "自社の管理者に docs/install.md の「OAuth2 でログインする」の表を見せてください"
        ),
        (
            "run `hoshobin login {name}` again; if the page did not let you go on, "
            "show your administrator the tables under OAuth2 in docs/install.md"
        ),
    ),
    "login_step_application": (
        "[mailbox.{name}.oauth] とアプリの登録を確かめ、`hoshobin login {name}` をもう一度実行してください",
        "check [mailbox.{name}.oauth] and the application, then run `hoshobin login {name}` again",
    ),
    "login_step_server": (
        (
            "user が正しいか、このアカウントで IMAP と SMTP が許可されているかを確かめ、"
            "`hoshobin login {name}` をもう一度実行してください"
        ),
        "check user, and that IMAP and SMTP are allowed for it, then run `hoshobin login {name}` again",
    ),
    "telling_login": (
        (
            "メールの OAuth2 のログインが使えません（{cause}）。{why}。\n"
            "　　応答：{reply}\n"
            "　　その間、{meanwhile}が止まっています。{step}。"
        ),
        ("The OAuth2 login fails ({cause}): {why}: {reply}\nMeanwhile no {meanwhile}. Next: {step}."),
    ),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "oauth_missing": (
        '[mailbox.{name}.oauth] に provider = "microsoft" または "google" と client_id を書いてください',
        'write [mailbox.{name}.oauth] with provider = "microsoft" or "google", and client_id',
    ),
    "oauth_unused": ('auth = "xoauth2" としてください', 'write auth = "xoauth2"'),
    "tenant_missing": _TABLE,
    "client_secret_missing": _TABLE,
    "not_of_provider": ("この行を消してください", "remove this line"),
    "bad_authority": (
        "通常は書きません。自社の認証サーバーを使うときだけ、https:// から書いてください",
        "usually left out; only for a token server of your own, beginning with https://",
    ),
    "login_unused": ("この行を消してください", "remove this line"),
    "no_login_to_share": (
        'メールボックスを auth = "xoauth2" にするか、[smtp] を auth = "password" としてください',
        'give a mailbox auth = "xoauth2", or [smtp] auth = "password"',
    ),
    "which_login": ('[smtp] に login = "メールボックス名" と書いてください', 'write login = "MAILBOX" in [smtp]'),
    "login_unknown": ("使えるのは {known} です", "there is {known}"),
    "login_no_mailbox": ("使えるのは {known} です", "there is {known}"),
    "login_not_used": _TABLE,
    "extra_missing": (
        (
            "プログラムのフォルダで次を実行してください：{program} -m pip install --require-hashes "
            "-r requirements-oauth.txt"
        ),
        "in the folder of the program: {program} -m pip install --require-hashes -r requirements-oauth.txt",
    ),
    "login_missing": _AGAIN,
    "login_readable": ("chmod 600 {path} としてください", "chmod 600 {path}"),
    "login_unreadable": ("サービスのアカウントで実行してください", "run it as the service's account"),
    "login_of_another": _AGAIN,
    "login_broken": _AGAIN,
    "login_of_other_application": _AGAIN,
    "login_no_store": (
        "[store] dir を確かめ、フォルダをサービスのアカウントで作ってください",
        "check [store] dir, and make the folder under the service's account",
    ),
    "login_wrong_account": (
        "サービスのアカウントで実行してください：sudo -u {owner} hoshobin login …",
        "run it as the service's account: sudo -u {owner} hoshobin login …",
    ),
}

PROVIDERS: Final = {"microsoft": "Microsoft 365", "google": "Google"}


def explain_refusal(refusal: LoginRefusal) -> tuple[str, str]:
    """The codes of why this login is of no use, and of the next step."""
    return f"login_fault_{LoginFault(refusal.fault)}", f"login_step_{LoginFault(refusal.fault)}"
