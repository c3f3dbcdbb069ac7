"""Words of the console's pages of people and health, of the second factor, and of the demonstration in a browser."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
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
