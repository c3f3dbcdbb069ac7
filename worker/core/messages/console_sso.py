"""Words of single sign-on: the login by a company account, what is wrong with it, and its configuration."""

from __future__ import annotations

from typing import Final

_AGAIN: Final = (
    "もう一度「会社のアカウントでログイン」を押してください。",
    "Press “Log in with the company account” again.",
)
_ADMIN: Final = (
    "続くときは、管理者に「{code}」と伝えてください。",
    "If it goes on, tell an administrator “{code}”.",
)
_UNSURE: Final = (
    "会社のアカウントの認証サービスの応答を確かめられないため、ログインしていません（{why}）。" + _AGAIN[0] + _ADMIN[0],
    "The answer of the company account's service could not be trusted ({why}); nobody was logged in. "
    + _AGAIN[1]
    + " "
    + _ADMIN[1],
)


def _unsure(code: str, why_ja: str, why_en: str) -> tuple[str, str]:
    ja, en = _UNSURE
    return ja.replace("{why}", why_ja).replace("{code}", code), en.replace("{why}", why_en).replace("{code}", code)


TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- pages
    "sso_go": ("会社のアカウントでログイン", "Log in with the company account"),
    "sso_go_keep": ("この端末で続ける（会社のアカウント）", "Stay logged in on this device (company account)"),
    "sso_or_password": ("ログイン名とパスワードでログイン", "By login name and password"),
    "sso_bind_title": ("会社のアカウントを使う", "Use the company account"),
    "sso_bind_why": (
        (
            "会社のアカウントを{name}さんに結び付けると、次からはそのアカウントでログインします。"
            "保証便のパスワードは必要ありません。"
        ),
        "Bind the company account to {name}, and log in with it from then on. No password of hoshobin is needed.",
    ),
    "sso_bind_go": ("会社のアカウントを結び付ける", "Bind the company account"),
    "sso_or_choose": ("会社のアカウントを使わず、パスワードを決める", "Choose a password instead"),
    "sso_prove_go": ("会社のアカウントで確認する", "Confirm with the company account"),
    "sso_prove_why": (
        "承認などの前に、ご本人であることをもう一度確かめます。入力した内容は残っています。",
        "Before a decision it is checked again that it is you. Everything that you typed is kept.",
    ),
    "sso_prove_title": ("もう一度、ご本人の確認をしてください", "Confirm again that it is you"),
    "sso_proven_why": (
        "確認できました。入力した内容が残っています。まだ何も記録していません。",
        "Confirmed. What you typed is kept. Nothing was recorded yet.",
    ),
    "sso_code_title": ("確認コードを入力してください", "Enter the code"),
    "sso_code_why": (
        "会社のアカウントは確かめました。続けて、保証便の確認コードを入力してください。",
        "The company account is confirmed. Now enter the code of hoshobin.",
    ),
    "sso_failed_title": ("ログインできませんでした", "The login failed"),
    "sso_to_login": ("ログインの画面へ", "To the login"),
    "sso_leave": ("会社のアカウントからもログアウト", "Log out of the company account as well"),
    "sso_leave_note": (
        "ほかの方も使うパソコンでは、会社のアカウントからもログアウトしてください。",
        "On a computer that others use, log out of the company account as well.",
    ),
    "sso_own_bound": (
        "会社のアカウントでログインします。変えるときは、管理者に頼んでください。",
        "You log in with the company account. Ask an administrator to change it.",
    ),
    "sso_own_no_password": (
        "パスワードはありません。会社のアカウントでログインします。",
        "There is no password. You log in with the company account.",
    ),
    "sso_account": ("会社のアカウント", "Company account"),
    "sso_is_bound": ("会社のアカウントと結び付いています。", "Bound to a company account."),
    "sso_forget": ("結び付けを解除", "Remove the binding"),
    "sso_forget_why": (
        "ログイン中の画面も終わります。もう一度使うには、招待リンクを作って渡してください。",
        "It ends the sessions as well. Make an invitation link for the next use.",
    ),
    "said_identity_forgotten": (
        "会社のアカウントとの結び付けを解除しました。招待リンクを作って渡してください。",
        "The binding is removed. Now make an invitation link.",
    ),
    "said_identity_bound": (
        "会社のアカウントを結び付けました。次からは、そのアカウントでログインします。",
        "The company account is bound. Log in with it from now on.",
    ),
    "said_identity_bound_code": (
        (
            "会社のアカウントを結び付けました。次からは、そのアカウントでログインします。"
            "承認などのときに使う確認コードを、いま登録してください。"
        ),
        "The company account is bound. Register the second factor now: decisions ask for its code.",
    ),
    "said_sso_proven": (
        "ご本人であることを確かめました。30分の間、承認などができます。",
        "It is confirmed that it is you. You may decide for 30 minutes.",
    ),
    # --- command line
    "user_identity_forgotten": (
        "{name}さん（ログイン名 {login}）と会社のアカウントの結び付けを解除しました。ログイン中の画面も終わりました。",
        "The company account of {name} (login {login}) is no longer bound; the sessions have ended.",
    ),
    # --- refusals
    "sso_off": (
        "会社のアカウントでのログインは使えません。ログイン名とパスワードでログインしてください。",
        "There is no login with a company account here. Use the login name and the password.",
    ),
    "sso_busy": (
        "いま混み合っているため、ログインしていません。1分後にもう一度お試しください。",
        "Too many logins at once; nobody was logged in. Try again in a minute.",
    ),
    "sso_provider_down": (
        (
            "会社のアカウントの認証サービスに接続できないため、ログインしていません。"
            "しばらくしてからもう一度お試しください。急ぐときは、管理者に連絡してください。"
        ),
        (
            "The company account's service cannot be reached; nobody was logged in. Try again later. "
            "If it is urgent, ask an administrator."
        ),
    ),
    "sso_provider_answer": _unsure("sso_provider_answer", "形の違う応答", "an answer of another form"),
    "sso_state": (
        "ログインの手順が途中で切れたか、10分を過ぎたため、ログインしていません。" + _AGAIN[0],
        "The login was interrupted, or took more than ten minutes. " + _AGAIN[1],
    ),
    "sso_replayed": (
        "この応答は一度使われているため、ログインしていません。" + _AGAIN[0],
        "This answer was used before; nobody was logged in. " + _AGAIN[1],
    ),
    "sso_cancelled": (
        "会社のアカウントでのログインが取り消されました。ログインするには、" + _AGAIN[0],
        "The login with the company account was cancelled. " + _AGAIN[1],
    ),
    "sso_denied": (
        "認証サービスがログインを断りました（{said}）。管理者に、かっこの中の言葉を伝えてください。",
        "The company account's service refused the login ({said}). Tell an administrator this word.",
    ),
    "sso_code_refused": (
        "認証サービスが、この応答を受け付けませんでした（期限切れか、使用済み）。" + _AGAIN[0],
        "The company account's service no longer takes this answer: it is too old, or was used. " + _AGAIN[1],
    ),
    "sso_client_refused": (
        (
            "認証サービスが保証便を受け付けないため、ログインしていません。"
            "管理者に連絡してください（登録したアプリケーションの秘密の期限切れなど：{said}）。"
        ),
        (
            "The company account's service does not accept hoshobin; nobody was logged in. Tell an administrator "
            "(the application's secret may have expired: {said})."
        ),
    ),
    "sso_signature": _unsure("sso_signature", "署名が合わない", "its signature does not fit"),
    "sso_issuer": _unsure("sso_issuer", "発行元が違う", "another issuer"),
    "sso_audience": _unsure("sso_audience", "別のアプリケーションあて", "meant for another application"),
    "sso_nonce": _unsure("sso_nonce", "このログインへの応答ではない", "no answer to this login"),
    "sso_claims": _unsure("sso_claims", "必要な項目がない", "a claim is missing"),
    "sso_expired": _unsure("sso_expired", "期限が切れている", "it has expired"),
    "sso_clock": (
        (
            "サーバーと認証サービスの時計が{minutes}分ほどずれているため、ログインしていません。"
            "管理者に連絡してください（サーバーの時計を合わせると直ります）。"
        ),
        (
            "The clocks of this server and of the company account's service differ by some {minutes} minutes; nobody "
            "was logged in. Tell an administrator: setting the server's clock mends it."
        ),
    ),
    "sso_tenant": (
        "ほかの会社または個人のアカウントのため、ログインしていません。勤め先のアカウントを選んで、" + _AGAIN[0],
        "This is the account of another company, or a private one; nobody was logged in. Choose the account of your "
        "company. " + _AGAIN[1],
    ),
    "sso_unbound": (
        (
            "この会社のアカウントは、保証便の利用者と結び付いていません。"
            "管理者に招待リンクを頼み、その画面で「会社のアカウントを結び付ける」を押してください。"
        ),
        (
            "This company account is bound to no person here. Ask an administrator for an invitation link, and press "
            "“Bind the company account” on its page."
        ),
    ),
    "sso_mail_missing": (
        (
            "メールアドレスが登録されていないため、結び付けていません。"
            "管理者に、会社のアカウントのアドレスの登録を頼み、もう一度招待リンクを開いてください。"
        ),
        (
            "No mail address is registered, so nothing was bound. Ask an administrator to register that of the company "
            "account, and open the invitation again."
        ),
    ),
    "sso_mail_unverified": (
        (
            "会社のアカウントのメールアドレスが確認済みではないため、結び付けていません。"
            "認証サービスでアドレスの確認を済ませてから、もう一度招待リンクを開いてください。"
        ),
        (
            "The mail address of the company account is not verified, so nothing was bound. Have it verified at the "
            "company account's service, and open the invitation again."
        ),
    ),
    "sso_mail_differs": (
        (
            "会社のアカウントのメールアドレスが、保証便に登録されたものと違うため、結び付けていません。"
            "ご自分のアカウントを選び直すか、管理者に登録のアドレスを確かめてもらってください。"
        ),
        (
            "The mail address of the company account differs from the registered one, so nothing was bound. Choose "
            "your own account, or ask an administrator to check the registered address."
        ),
    ),
    "sso_taken": (
        (
            "この会社のアカウントは、別の利用者と結び付いています。何も変更していません。"
            "ご自分のアカウントを選び直すか、管理者に連絡してください。"
        ),
        (
            "This company account is bound to another person. Nothing was changed. Choose your own account, or ask an "
            "administrator."
        ),
    ),
    "sso_bound_other": (
        (
            "{name}さんには、別の会社のアカウントが結び付いています。何も変更していません。"
            "変えるときは、管理者に先に解除を頼んでください。"
        ),
        (
            "Another company account is bound to {name}. Nothing was changed. To change it, ask an administrator to "
            "remove that binding first."
        ),
    ),
    "sso_other_person": (
        "ログイン中の{name}さんの会社のアカウントではありません。{name}さんのアカウントを選び直してください。",
        "This is not the company account of {name}, who is logged in. Choose that of {name}.",
    ),
    "sso_not_renewed": (
        (
            "認証サービスが、いまご本人を確かめたことを示していません。何も変更していません。もう一度お試しください。"
            "続くときは、管理者に「sso_not_renewed」と伝えてください。"
        ),
        (
            "The company account's service does not say that it has just checked the person. Nothing was changed. Try "
            "again. If it goes on, tell an administrator “sso_not_renewed”."
        ),
    ),
    "sso_second_factor": (
        (
            "会社のアカウントのログインで、二つ目の確認（確認コードや認証アプリ）が行われていません。"
            "認証サービスで二つ目の確認を設定してから、もう一度お試しください。"
        ),
        (
            "The login with the company account had no second factor. Set one up at the company account's service, and "
            "try again."
        ),
    ),
    "sso_no_proof": (
        (
            "もう一度ご本人を確かめる方法がありません。管理者に招待リンクを頼んで会社のアカウントを結び付け直し、"
            "続けて確認コードを登録してください。"
        ),
        (
            "There is no way to check again that it is you. Ask an administrator for an invitation link, bind the "
            "company account again, and register the second factor right after it."
        ),
    ),
    # --- configuration
    "sso_address": (
        "「{value}」は、認証サービスのアドレスに使えません",
        '"{value}" cannot be an address of an identity provider',
    ),
    "sso_tenant_id": (
        "「{value}」は、Microsoft Entra ID のテナントの ID ではありません",
        '"{value}" is not the id of a Microsoft Entra tenant',
    ),
    "sso_domain": (
        "「{value}」は、Google Workspace のドメインではありません",
        '"{value}" is not the domain of a Google Workspace',
    ),
    "sso_issuer_missing": (
        "issuer（認証サービスの発行元のアドレス）がありません",
        "there is no issuer (the address of the identity provider)",
    ),
    "sso_second_factor_of_google": (
        "Google は、二つ目の確認を行ったことを伝えません",
        "Google does not say that there was a second factor",
    ),
    "sso_acr_unused": (
        'acr_values は second_factor = "provider" のときだけ使います',
        'acr_values has an effect only with second_factor = "provider"',
    ),
    "sso_acr_missing": (
        "acr_values（認証コンテキストの ID）がありません",
        "there are no acr_values (the id of an authentication context)",
    ),
    "sso_needs_url": (
        "[console.sso] には、画面のアドレス（[console] url）が必要です",
        "[console.sso] needs the address of the console ([console] url)",
    ),
    "sso_extra_missing": (
        "会社のアカウントでのログインに必要なソフトウェアが入っていません",
        "the library for logins with company accounts is not installed",
    ),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "sso_address": (
        "https:// で始まるアドレスを、認証サービスの資料のとおりに書いてください",
        "copy the address that begins with https:// from the provider's documents",
    ),
    "sso_tenant_id": (
        (
            "Entra 管理センターの「概要」のテナント ID を写してください"
            "（例：00000000-0000-0000-0000-000000000000）。common などは使えません"
        ),
        (
            "copy the tenant id from the overview of the Entra admin centre (00000000-0000-0000-0000-000000000000); "
            "common and the like are refused"
        ),
    ),
    "sso_domain": ("例：contractor.example", "for example contractor.example"),
    "sso_issuer_missing": (
        "認証サービスの設定情報（.well-known/openid-configuration）の issuer を写してください",
        "copy issuer from the provider's .well-known/openid-configuration",
    ),
    "sso_second_factor_of_google": (
        'second_factor = "console" とし、確認コードを使ってください',
        'write second_factor = "console", and use the codes of the console',
    ),
    "sso_acr_unused": ("この行を消してください", "remove this line"),
    "sso_acr_missing": (
        '条件付きアクセスの認証コンテキストを書いてください（例：acr_values = ["c1"]）',
        'name the authentication context of Conditional Access (acr_values = ["c1"])',
    ),
    "sso_needs_url": (
        (
            "url に https:// で始まる画面のアドレスを書いてください。"
            "認証サービスに登録するアドレスは、その後に /sso/callback を付けたものです"
        ),
        "write the address of the console as url (https://…); register that and /sso/callback at the provider",
    ),
    "sso_extra_missing": (
        "プログラムのフォルダで次を実行してください：{program} -m pip install --require-hashes -r requirements-sso.txt",
        "in the folder of the program: {program} -m pip install --require-hashes -r requirements-sso.txt",
    ),
}
