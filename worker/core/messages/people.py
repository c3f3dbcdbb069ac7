"""Sentences about accounts, passwords and logins: (Japanese, English)."""

from __future__ import annotations

from typing import Final

from worker.core.accounts import Role

ROLES: Final[dict[str, tuple[str, str]]] = {
    Role.STAFF: ("担当", "staff"),
    Role.APPROVER: ("承認", "approver"),
    Role.AUDITOR: ("監査", "auditor"),
    Role.ADMIN: ("管理", "administrator"),
}

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- Login -----------------------------------------------------------------------------------------------
    "login_wrong": (
        "ログイン名かパスワードが違います。",
        "The login name or the password is wrong.",
    ),
    "login_wrong_wait": (
        "ログイン名かパスワードが違います。（{wait}秒後にもう一度お試しください）",
        "The login name or the password is wrong. (Try again in {wait} seconds.)",
    ),
    "account_stopped": (
        "このアカウントは使えません。管理者に連絡してください。",
        "This account cannot be used. Ask an administrator.",
    ),
    "session_over": (
        "時間がたったためログアウトしました。ログインすると続きから始められます。",
        "The session has ended. Log in to go on.",
    ),
    "invitation_over": (
        (
            "この招待リンクは使えません（24時間の期限を過ぎたか、すでに使われています）。"
            "管理者に新しいリンクを頼んでください。"
        ),
        "This invitation cannot be used: it is older than 24 hours, or used. Ask an administrator for a new one.",
    ),
    "telling_guessing": (
        (
            "ログイン名「{login}」で、パスワードの間違いが続いています（100回以上）。\n"
            "　　推測されているおそれがあります。ご本人の間違いでなければ、どこからの接続かを記録で確かめてください。"
            "いつもの端末からは、そのまま使えます。"
        ),
        (
            "Wrong passwords for the login {login} go on (100 or more in a row).\n"
            "Somebody may be guessing. Unless it was the person, look up in the log from which address they come. "
            "A browser in which the person logged in before is not affected."
        ),
    ),
    # --- Passwords -------------------------------------------------------------------------------------------
    "password_short": (
        "パスワードが短すぎます。{least}文字以上にしてください。言葉をいくつか並べると覚えやすくなります。",
        "The password is too short. Use {least} characters or more; several words in a row are easy to remember.",
    ),
    "password_long": (
        "パスワードが長すぎるか、使えない文字を含んでいます。{most}文字以内にしてください。",
        "The password is too long, or holds a character that cannot be used. Use {most} characters or fewer.",
    ),
    "password_common": (
        "よく使われるパスワードか、その組合せのため使えません。別の言葉にしてください。",
        "The password is one of the commonest, or made of such ones. Choose other words.",
    ),
    "password_names": (
        "ご本人・会社・この製品の名前を含むパスワードは使えません。別の言葉にしてください。",
        "The password holds the name of the person, of the company or of this product. Choose other words.",
    ),
    # --- People ----------------------------------------------------------------------------------------------
    "no_such_account": (
        "ログイン名「{login}」の利用者はいません。`hoshobin user list` でご確認ください。",
        "There is no account {login}. See them with `hoshobin user list`.",
    ),
    "account_changed": (
        "{name}さんの登録は、開いた後にほかの方が変更しました。何も変更していません。もう一度開いてください。",
        "The account of {name} was changed since it was shown. Nothing was changed. Open it again.",
    ),
    "account_not_usable": (
        "{name}さんの利用は止められているか、期限を過ぎています。先に利用を再開してください。",
        "The account of {name} is stopped, or its last day has passed. Let it be used again first.",
    ),
    "own_account": (
        "ご自分の利用は止められません。何も変更していません。ほかの「管理」の方に依頼してください。",
        "You cannot stop your own account. Nothing was changed. Ask another administrator.",
    ),
    "last_admin": (
        (
            "使える「管理」の利用者がいなくなるため、変更できません。何も変更していません。"
            "先に、期限のない別の「管理」の方を登録し、パスワードを決めてもらってください。"
        ),
        (
            "No usable administrator would remain. Nothing was changed. First add another one without a last day, "
            "and have a password chosen for it."
        ),
    ),
    "first_is_admin": (
        "最初の利用者には「管理」（--role admin）が必要です。ほかの役割と兼ねることができます。",
        "The first account needs the role admin (--role admin). It may have other roles as well.",
    ),
    "login_taken": (
        "ログイン名「{login}」は{name}さんが使っています。別のログイン名にしてください。",
        "The login {login} is that of {name}. Choose another one.",
    ),
    "name_taken": (
        "「{name}」はすでに登録されています（ログイン名 {login}）。同姓同名の方は、区別のつく氏名にしてください。",
        "{name} is registered already (login {login}). Give two people of one name names that differ.",
    ),
    "login_form": (
        "「{login}」はログイン名に使えません。半角の英小文字・数字と . _ - + @ で、64文字以内にしてください。",
        "{login} cannot be a login. Use up to 64 small letters, digits and . _ - + @.",
    ),
    "account_without_login": ("ログイン名を入力してください。", "Give the login name."),
    "account_without_name": ("氏名を入力してください。", "Give the person's name."),
    "account_without_role": (
        "役割を1つ以上選んでください：staff（担当）、approver（承認）、auditor（監査）、admin（管理）。",
        "Choose one role or more: staff, approver, auditor, admin.",
    ),
    "until_past": (
        "最終日 {until} は過ぎています。今日以後の日付にしてください。",
        "The last day {until} has passed. Give today or a later day.",
    ),
    "name_long": (
        "氏名・フリガナは{most}文字以内にしてください。",
        "The name and its reading have at most {most} characters.",
    ),
    "name_character": (
        "氏名・フリガナに使えない文字（{character}）があります。入力し直してください。",
        "The name or its reading holds a character that cannot be used ({character}). Type it again.",
    ),
    "account_mail": (
        "「{mail}」はメールアドレスではありません。1つだけ、半角で入力してください。",
        "{mail} is no mail address. Give one address.",
    ),
    "user_by_needed": (
        "変更する「管理」の方の氏名を --by に指定してください。何も変更していません。",
        "Name the administrator who changes this with --by. Nothing was changed.",
    ),
    "user_added": (
        "{name}さん（ログイン名 {login}、役割：{roles}）を登録しました。",
        "{name} was added (login {login}, roles: {roles}).",
    ),
    "user_invited": (
        "{name}さん（ログイン名 {login}）の招待リンクを作りました。前のリンクは使えません。",
        "A link was made for {name} (login {login}). An earlier one can no longer be used.",
    ),
    "user_roles": (
        "{name}さん（ログイン名 {login}）の役割を {roles} にしました。",
        "The roles of {name} (login {login}) are now {roles}.",
    ),
    "user_stopped": (
        "{name}さん（ログイン名 {login}）の利用を止めました。ログイン中の画面も終わっています。",
        "{name} (login {login}) was stopped, and every session has ended.",
    ),
    "user_restarted": (
        "{name}さん（ログイン名 {login}）の利用を再開しました。",
        "{name} (login {login}) may use it again.",
    ),
    "user_link": (
        "次のリンクを{name}さんに渡してください。{until} までに1回だけ使え、パスワードを決められます：",
        "Give this link to {name}. It can be used once, until {until}, to choose a password:",
    ),
    "user_link_path": (
        "worker.toml の [console] url が空のため、リンクの前半（https://…）は付いていません。",
        "[console] url of worker.toml is empty, so the link lacks its beginning (https://…).",
    ),
    "no_users": (
        (
            "利用者はまだいません。最初の方は、管理者が "
            "`hoshobin user add 氏名 --login ログイン名 --role admin` で登録します。"
            "それまでは worker.toml の [operator] people の方が判断します。"
        ),
        (
            "There is no account yet. Add the first one with `hoshobin user add NAME --login LOGIN --role admin`. "
            "Until then the people of [operator] people in worker.toml decide."
        ),
    ),
    "h_user_login": ("ログイン名", "login"),
    "h_user_name": ("氏名", "name"),
    "h_user_roles": ("役割", "roles"),
    "h_user_until": ("最終日", "last day"),
    "h_user_state": ("状態", "state"),
    "user_is_usable": ("利用中", "in use"),
    "user_is_invited": ("招待中（パスワード未設定）", "invited (no password yet)"),
    "user_is_stopped": ("停止", "stopped"),
    "user_is_over": ("期限切れ", "last day has passed"),
    "person_not_known": (
        "「{name}」は利用者の一覧（hoshobin user list）にありません。この操作ができる方：{people}",
        "{name} is not in the list of people (hoshobin user list). Those who may do this: {people}",
    ),
    "person_may_not": (
        "{name}さんの役割では、この操作はできません。できる方：{people}",
        "The roles of {name} do not allow this. Those who may: {people}",
    ),
}
