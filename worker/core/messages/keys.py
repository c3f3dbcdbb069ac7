"""Names of the keys of an issuer's file, and of the words that they take: (Japanese, English).

Every key that a file may leave open has a name here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from worker.core.messages.reasons import NAMES

_Pair = tuple[str, str]

OWN: Final[dict[str, _Pair]] = {
    "name": ("発注者の名前", "the issuer's name"),
    "prefecture": ("都道府県", "prefecture"),
    "scope": ("この決まりが及ぶ範囲（局・工事の種類など）", "for which bureau or kind of work"),
    "aliases": ("別の名前（コンマ区切り）", "other names (with commas)"),
    "guarantors": ("受け付けられる保証会社（コンマ区切り）", "sureties that are taken (with commas)"),
    "source": ("公表元", "where it is published"),
    "checked_on": ("公表元と照合した日", "the day it was compared with its source"),
    "eligibility": ("電子保証の対象となる範囲", "what electronic sureties are taken for"),
}
SECTION: Final[dict[str, _Pair]] = {
    "": ("課", "section"),
    "name": ("課の名前", "name of the section"),
    "to": ("宛先", "recipients"),
    "cc": ("写しの宛先", "copies"),
    "phone": ("電話番号", "telephone"),
    "fax": ("FAX番号", "fax number"),
    "until": ("この内容で確かな最後の日", "the last day on which this is certain"),
}
RULE: Final[dict[str, _Pair]] = {
    "": ("提出方法のすべて", "the whole way to submit"),
    "channel": ("提出方法", "way to submit"),
    "section": ("提出先の課（project は案件ごと）", "section that receives (project: each project says)"),
    "subject": ("件名", "subject"),
    "body": ("本文のひな形", "template of the body"),
    "product_words": ("保証の呼び名", "what each guarantee is called"),
    "invoice": ("請求書の同送", "invoice with the mail"),
    "max_bytes": ("メールの大きさの上限（バイト）", "largest mail, bytes"),
    "chosen": ("いくつかの方法から選んだもの", "what was chosen among several ways"),
    "notice": ("番号とキーの出し方", "how number and key are handed in"),
    "file_name": ("お知らせPDFのファイル名", "file name of the notice"),
    "lines": ("本文に書く事項", "what the body must say"),
    "documents_required": ("必ず添える書類（コンマ区切り）", "documents that must be attached (with commas)"),
    "documents_allowed": ("添えてもよい書類（コンマ区切り）", "documents that may be attached (with commas)"),
    "other_documents": ("「その他の必要書類」の有無", "other documents may be needed"),
    "conditions": ("目で確かめる条件（コンマ区切り）", "conditions for a person to check (with commas)"),
    "contact_first": ("送る前の連絡", "contact before sending"),
    "call_after": ("送信後の電話", "call after sending"),
    "timing": ("提出の時期", "when to submit"),
    "closes": ("完了の条件", "completed by"),
    "settle_days": ("完了とみなすまでの日数", "days after which it is closed"),
    "after": ("送信後に残る手続（コンマ区切り）", "what remains after sending (with commas)"),
    "url": ("フォーム・システムのアドレス", "address of the form or system"),
    "instructions": ("提出の手順（コンマ区切り）", "steps of handing it in (with commas)"),
    "bring": ("持って行くもの（コンマ区切り）", "what to bring (with commas)"),
}
VALUE: Final[dict[str, _Pair]] = {
    "": ("番号の形式", "form of the number"),
    "pattern": ("正規表現", "pattern"),
    "digits_only": ("数字だけにするか", "whether only digits stay"),
    "length": ("文字数", "characters"),
    "remove_hyphens": ("ハイフンを取り除くか", "whether hyphens are removed"),
    "width": ("文字の幅", "width of the characters"),
    "sample": ("正しい書き方の見本", "how a right one looks"),
}
ELIGIBILITY: Final[dict[str, _Pair]] = {
    "from": ("この日から", "from this day on"),
    "counted_by": ("何の日で数えるか", "by which day"),
    "products": ("対象の保証", "guarantees"),
    "kinds": ("対象の契約の種類", "kinds of contract"),
    "awards": ("対象の契約方法", "awards"),
    "tendered_by": ("入札を行った課", "sections that tendered"),
    "min_amount": ("請負金額の下限（円）", "least contract amount, yen"),
    "original_only": ("対象になる前の契約の変更契約を除くか", "whether amendments of earlier contracts are left out"),
    "amended": ("変更契約も対象か", "whether amended contracts are included"),
    "approval": ("発注者が案件ごとに認めるか", "whether the issuer approves each project"),
    "open": ("公表元で確かめていないか", "whether this is not certain"),
}
GUARANTOR: Final[dict[str, _Pair]] = {
    "senders": ("差出人", "senders"),
    "subjects": ("件名", "subjects"),
    "titles": ("お知らせの表題", "titles"),
    "number": ("保証契約番号の形", "form of the number"),
    "key": ("認証キーの形", "form of the key"),
    "labels": ("項目の名前", "labels"),
    "products": ("保証の種類の呼び名", "names of the products"),
    "download": ("取得の手順", "steps of the download"),
}
"""Keys that a file of guarantors may call assumed."""
_TABLES: Final = {"section": SECTION, "rule": RULE, "value": VALUE}

RULE_TABLES: Final[dict[str, _Pair]] = {
    "default": ("すべての保証", "every guarantee"),
    "amended": ("変更契約のすべての保証", "every guarantee of an amended contract"),
    "contract": ("契約保証", "performance guarantee"),
    "contract_amended": ("変更契約の契約保証", "performance guarantee, amended"),
    "advance": ("前払金保証", "advance payment guarantee"),
    "advance_amended": ("変更契約の前払金保証", "advance payment guarantee, amended"),
    "interim": ("中間前払金保証", "interim payment guarantee"),
    "interim_amended": ("変更契約の中間前払金保証", "interim payment guarantee, amended"),
}

EXAMPLE: Final[_Pair] = ("見本の件名", "sample subject")
ASSUMED: Final[_Pair] = ("記載がなく、普通の扱いとみなす項目", "keys that are assumed to have their usual value")

_SWITCH: Final[dict[str, _Pair]] = {"true": ("はい", "yes"), "false": ("いいえ", "no")}
CHOICES: Final[dict[str, dict[str, _Pair]]] = {
    "channel": {
        "email": ("メール", "e-mail"),
        "form": ("発注者のフォーム", "the issuer's form"),
        "upload": ("発注者のサイトへの登録", "upload to the issuer's site"),
        "paper": ("持参・郵送", "by hand or post"),
        "fax": ("FAX", "fax"),
        "unknown": ("未確認", "not certain"),
    },
    "invoice": {
        "never": ("同送しない", "not attached"),
        "optional": ("同送してもよい", "may be attached"),
        "required": ("必ず同送する", "must be attached"),
    },
    "notice": {
        "attached": ("お知らせPDFを添付", "the notice attached"),
        "typed": ("本文に記載", "typed in the body"),
        "both": ("両方", "both"),
    },
    "timing": {
        "any": ("いつでも", "at any time"),
        "with_contract": ("契約書と同時", "with the contract document"),
        "with_invoice": ("請求書と同時", "with the invoice"),
        "before_contract": ("契約書より前", "before the contract document"),
        "before_invoice": ("請求書より前", "before the invoice"),
    },
    "closes": {
        "call": ("電話", "a call"),
        "answer": ("返信か電話", "an answer or a call"),
        "none": ("不達なく日が過ぎること", "days without a bounce"),
    },
    "width": {
        "as_written": ("登録のまま", "as registered"),
        "half": ("半角", "half width"),
        "full": ("全角", "full width"),
    },
    **dict.fromkeys(("other_documents", "call_after", "digits_only", "remove_hyphens"), _SWITCH),
}
"""The words that a key takes, with what each means; a key that is not here takes any text, number, day or list."""


_CLOSED: Final[dict[str, dict[str, _Pair]]] = {
    "when": {
        "attached": ("請求書を同送するとき", "if the invoice is attached"),
        "apart": ("請求書を別に出すとき", "where it goes apart"),
    },
    "counted_by": {
        "procedure_start": ("発注手続の開始", "start of the procurement"),
        "announcement": ("公告", "announcement"),
        "designation": ("指名", "designation"),
        "notification": ("通知", "notification"),
        "bid": ("入札", "bid"),
        "award": ("落札", "award"),
        "contract": ("契約", "contract"),
        "original_contract": ("当初契約", "original contract"),
        "guarantee": ("保証契約", "guarantee"),
    },
    "contract": {"original": ("当初の契約", "original contract"), "amended": ("変更契約", "amended contract")},
    **dict.fromkeys(("product", "products", "expects"), NAMES["product"]),
    **dict.fromkeys(("kind", "kinds"), NAMES["kind"]),
    **dict.fromkeys(("award", "awards"), NAMES["award"]),
    **CHOICES,
}
"""The words of every closed list, by its key, with what each means."""


def explain_words(key: str, valid: object, lang: Literal["ja", "en"]) -> object:
    """Returns the words ``valid`` of a closed list at ``key`` (a text with commas), each with its meaning."""
    meanings = _CLOSED.get(key.rpartition(".")[2].partition("[")[0], {})
    if not meanings or not isinstance(valid, str):
        return valid
    index = 0 if lang == "ja" else 1
    told = [
        word + _BRACKETS[index].format(meanings[word][index]) if word in meanings else word
        for word in valid.split(", ")
    ]
    return ("、", ", ")[index].join(told)


def name_key(path: Sequence[str], lang: Literal["ja", "en"]) -> str:
    """Returns the name of the key at ``path`` of an issuer's file; a key without one stays as it is written."""
    index = 0 if lang == "ja" else 1
    first, *rest = path
    if not rest:
        alone = OWN.get(first) or RULE.get(first)  # a rule's key is alone if the rule lacks its table
        return alone[index] if alone else first
    table, key = rest[0], ".".join(rest[1:])
    names = _TABLES.get(first, {})
    if key not in names:
        return ".".join(path)
    whose = RULE_TABLES[table][index] if first == "rule" and table in RULE_TABLES else table
    return names[key][index] if first == "section" else f"{names[key][index]}{_BRACKETS[index].format(whose)}"


def closed_words(key: str) -> dict[str, tuple[str, str]]:
    """Returns the words of a closed list of an issuer's file with their meanings; none for any other key."""
    return _CLOSED.get(key, {})


def name_rule_field(path: Sequence[str], lang: Literal["ja", "en"], sections: Mapping[str, str]) -> str:
    """Returns the name of a field of an issuer's file for people: a section by its name, every guarantee unsaid.

    ``open`` and a path is named as the path.
    """
    index = 0 if lang == "ja" else 1
    brackets = _BRACKETS[index]
    match tuple(path):
        case ("open", first, *rest):
            return name_rule_field((first, *rest), lang, sections)
        case ("example", number):
            return EXAMPLE[index] + brackets.format(number) if number.isdecimal() else EXAMPLE[index]
        case ("assumed",):
            return ASSUMED[index]
        case ("eligibility", number, key):
            return ELIGIBILITY[key][index] + brackets.format(number) if key in ELIGIBILITY else key
        case ("section", id_):
            return sections.get(id_, id_)
        case ("section", id_, key) if key in SECTION:
            return SECTION[key][index] + brackets.format(sections.get(id_, id_))
        case ("rule", table, "product_words", product) if product in NAMES["product"]:
            named = RULE["product_words"][index] + brackets.format(NAMES["product"][product][index])
            return f"{named}{_of_table(table, index)}"
        case ("rule", table, key) if key in RULE:
            return f"{(_ON_FORMS.get(key) or RULE[key])[index]}{_of_table(table, index)}"
        case _:
            return name_key(path, lang)


_BRACKETS: Final[_Pair] = ("（{}）", " ({})")
_ON_FORMS: Final[dict[str, _Pair]] = {
    "section": ("提出先の課", "section that receives"),
    "lines": ("本文に書く事項（1行に1つ。案件名：〔工事名〕）", "what the body must say (a line each)"),
    "conditions": ("目で確かめる条件（1行に1つ）", "conditions for a person to check (a line each)"),
    "after": ("送信後に残る手続（1行に1つ）", "what remains after sending (a line each)"),
    "instructions": ("提出の手順（1行に1つ）", "steps of handing it in (a line each)"),
    "bring": ("持って行くもの（1行に1つ）", "what to bring (a line each)"),
}
"""Rule keys that a form takes in another shape than ``KEY=VALUE``."""


def _of_table(table: str, index: int) -> str:
    return "" if table == "default" or table not in RULE_TABLES else _BRACKETS[index].format(RULE_TABLES[table][index])


def name_choices(path: Sequence[str], lang: Literal["ja", "en"]) -> str:
    """Returns the valid words for the key at ``path``, with their meanings; empty if any text is valid."""
    index = 0 if lang == "ja" else 1
    pairs = CHOICES.get(path[-1], {}) if path[0] in {"rule", "value"} else {}
    return ("、", ", ")[index].join(f"{word}={meaning[index]}" for word, meaning in pairs.items())
