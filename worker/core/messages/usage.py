"""What is said of a command's arguments that cannot be taken.

Its one promise is that of ``words``: (Japanese, English) by code; it knows no command.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "usage_command": ("「{name}」というコマンドはありません", "there is no command {name}"),
    "usage_option": ("「{name}」という指定はありません", "there is no option {name}"),
    "usage_nearest": ("（近い名前：{names}）", " (nearest: {names})"),
    "usage_option_form": ("「{name}」の書き方が正しくありません（値が要るのに無い、など）", "{name} cannot be used so"),
    "usage_missing": ("「{name}」がありません", "{name} is missing"),
    "usage_choice": ("「{name}」に書けるのは {choices} のいずれかです", "{name} is one of {choices}"),
    "usage_value": ("「{name}」の値を使えません：{why}", "{name} cannot be taken: {why}"),
    "usage_extra": ("余分な語があります：{words}", "there are further words: {words}"),
    "usage_form": ("「{given}」ではなく、{form} の形で書いてください", 'not "{given}": write it like {form}'),
    "usage_number": (
        "「{given}」は番号ではありません（`hoshobin list` の番号、又は 番号@印）",
        '"{given}" is no number of `hoshobin list` (ID, or ID@ and ten letters)',
    ),
    "usage_quotes": (
        '。氏名などに空白があるときは --by "山田 花子" のように " " で囲んでください',
        '. A name with a space in it stands in quotes: --by "山田 花子"',
    ),
}
