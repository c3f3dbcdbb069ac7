"""Sentences about changes of issuers: (Japanese, English)."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- refusals
    "no_such_issuer": (
        "「{issuer}」という発注者は登録されていません（登録済み：{ids}）。",
        "No issuer {issuer} is registered (registered: {ids}).",
    ),
    "issuer_conflict": (
        (
            "発注者「{issuer}」は、表示した後にほかの方が変更しました。何も保存していません。"
            "いまの内容：{fields}。もう一度確かめて、変更し直してください。"
        ),
        (
            "Another person changed {issuer} since it was shown. Nothing was saved. "
            "It now has: {fields}. Look at it again and repeat the change."
        ),
    ),
    "issuer_same": (
        "発注者「{issuer}」はすでにその内容です。何も変更していません。",
        "{issuer} has these values already. Nothing was changed.",
    ),
    "issuer_exists": (
        "発注者「{issuer}」はすでに登録されています。何も保存していません。",
        "{issuer} is registered already. Nothing was saved.",
    ),
    "issuer_not_open": (
        "この項目（{key}）は、すでに確認済みです。何も変更していません。",
        "This field ({key}) has been answered already. Nothing was changed.",
    ),
    # --- problems of what was typed
    "issuer_field": (
        "「{name}」という項目はありません（近い名前：{nearest}）",
        "there is no field {name} (nearest: {nearest})",
    ),
    "line_form": ("「{value}」は「項目名：内容」の形ではありません", '"{value}" does not have the form "title: value"'),
    "page_sample_differs": (
        "見本の件名「{value}」は、件名の形「{form}」と合いません",
        'the sample subject "{value}" does not have the form "{form}"',
    ),
    "page_sample_ambiguous": (
        "見本の件名「{value}」は、どこからどこまでが工事名か決められません",
        'in the sample subject "{value}" the project name cannot be told from the rest',
    ),
    "page_sample_form": (
        "件名の形「{form}」には、見本から読み取れない部分があります",
        'the form of the subject "{form}" has parts that no sample can be read by',
    ),
    "examples_last": (
        "この発注者のファイルは、見本が終わりにまとまっていないため、見本を変更できません",
        "the examples of this file are not at its end, so they cannot be changed",
    ),
    # --- summaries and results
    "issuer_change_shown": ("発注者「{issuer}」を次のように変更します。", "{issuer} is changed as follows."),
    "issuer_mail": (
        "  できあがるメール（{product}、案件：{project}） 宛先：{to} 件名：{subject}",
        "  mail ({product}, project: {project}) to: {to} subject: {subject}",
    ),
    "issuer_replay_same": (
        "  これまでのお知らせ {tried}件で試し、変わるものはありません。",
        "  {tried} stored notices were tried; none comes out otherwise.",
    ),
    "issuer_replay_differs": (
        "  これまでのお知らせ {tried}件で試し、{count}件が変わります（{ids}）。送信済みのものは変わりません。",
        "  {tried} stored notices were tried; {count} come out otherwise ({ids}). What was sent stays as it is.",
    ),
    "issuer_saved": ("保存しました：発注者「{issuer}」（{id}）。", "Saved: {issuer} ({id})."),
    "issuer_asks_fields": (
        "公表元のページを見ながらお答えください。書いていないことは「未確認」、飛ばすときは Enter を押してください。",
        "Answer with the published page before you: unknown for what it does not say, Enter to skip.",
    ),
    "ask_issuer_value": ("正しい内容を入力してください。", "Type the right value."),
    "ask_now": (
        "　現在の値：{value}（このままでよければ はい、変えるときは正しい内容）",
        "  so far: {value} (yes if it is right, else the right value)",
    ),
    "first_section": ("提出先の課", "section that receives"),
    "word_unknown": ("未確認", "not certain"),
    "word_certain": ("確認済み", "certain"),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "issuer_field": (
        "件名、提出方法、宛先（課の名前） などの項目名か、rule.default.subject のように書いてください",
        "write a name such as subject, or a key such as rule.default.subject",
    ),
    "line_form": ("「案件名：〔工事名〕」のように書いてください", "write it like 案件名：〔工事名〕"),
    "page_sample_differs": (
        "件名の形か見本の書き写しを確かめてください。全角・半角、空白、括弧の違いも区別します",
        "check the form and the sample; widths, spaces and brackets count",
    ),
    "page_sample_ambiguous": ("見本の中の工事名も入力してください", "give the project name in the sample as well"),
    "page_sample_form": ("見本は入力せずに保存してください", "save it without a sample"),
    "examples_last": ("管理者に頼んでください", "ask the administrator"),
}
