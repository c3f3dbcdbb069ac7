"""Reports, replies and copies in office words: (Japanese, English). With the codes of RFC 3463."""

from __future__ import annotations

import re
from typing import Final, Literal

from worker.core.message_id import bears_secret
from worker.core.model import Receipt, ReceiptKind
from worker.core.params import Params

KINDS: Final[dict[ReceiptKind, tuple[str, str]]] = {
    ReceiptKind.DELIVERED: ("先方サーバーに到着", "delivered"),
    ReceiptKind.RELAYED: ("中継済み（この先の到着は通知されません）", "relayed (no further report will come)"),
    ReceiptKind.DELAYED: ("配送遅延（途中のサーバーが再送中）", "delayed (a server keeps trying)"),
    ReceiptKind.FAILED: ("不達", "not delivered"),
    ReceiptKind.UNREADABLE: ("内容を判別できない配送通知", "a report without a clear result"),
    ReceiptKind.UNMATCHED: (
        "どの提出のものか分からない不達通知（# は、この宛先に送った提出の番号）",
        "not delivered; the submission is not known (# lists those sent to this address)",
    ),
    ReceiptKind.UNOPENED: (
        "開かれていないという通知（拒否・削除など）",
        "a notification that it was deleted or not opened",
    ),
    ReceiptKind.WARNING: (
        "届いていない、受け取れないという内容の返信",
        "a reply that it did not arrive, or that the mailbox is not read",
    ),
    ReceiptKind.READ: ("開封通知（受領の回答ではありません）", "read receipt (no answer of the issuer)"),
    ReceiptKind.AUTOMATIC: ("自動返信・不在通知", "automatic reply"),
    ReceiptKind.REPLY: ("発注者からの返信", "reply of the issuer"),
    ReceiptKind.ANOTHERS: ("発注者以外からの返信", "reply of another sender"),
    ReceiptKind.COPY: ("自社の控え（送信した内容と一致）", "our own copy, the same as what was sent"),
}

COPY_NEWS: Final = Params(code="copy_came")
"""An alarm: our own copy came although the record says that nothing left."""

CODES: Final[dict[str, tuple[str, str]]] = {
    "1.1": ("アドレスの誤り、または廃止", "no such address"),
    "1.2": ("宛先のドメインなし", "no such domain"),
    "1.3": ("アドレスの書式の誤り", "malformed address"),
    "1.4": ("宛先が一つに定まらない", "ambiguous address"),
    "1.6": ("宛先は移転済み", "the mailbox has moved"),
    "1.8": ("当社のアドレスを先方が受け付けない", "our address is not accepted"),
    "1.10": ("宛先のドメインはメールを受け取らない", "the domain takes no mail"),
    "2.1": ("宛先が利用停止", "mailbox disabled"),
    "2.2": ("宛先の容量超過", "mailbox full"),
    "2.3": ("メールが大きすぎる", "the mail is too large"),
    "2.4": ("メーリングリストの展開に失敗", "the list could not be expanded"),
    "3.1": ("先方のシステムの容量超過", "the system is full"),
    "3.2": ("先方のシステムが停止中", "the system takes no mail now"),
    "3.4": ("先方のシステムにはメールが大きすぎる", "the mail is too large for the system"),
    "4.1": ("先方のサーバーが応答しない", "no answer from the server"),
    "4.2": ("先方との接続が切れた", "the connection was lost"),
    "4.3": ("経路を調べるサーバーの不調", "directory server failure"),
    "4.4": ("先方への経路なし", "no route to the server"),
    "4.6": ("転送の繰返しを検出", "a mail loop"),
    "4.7": ("期限内に届かなかった", "delivery time expired"),
    "5.3": ("宛先の数が多すぎる", "too many recipients"),
    "6.0": ("内容を扱えない", "the content could not be handled"),
    "7.0": ("先方の方針により拒否", "refused by policy"),
    "7.1": ("先方の方針により受信拒否", "refused by policy"),
    "7.2": ("メーリングリストへの送信を拒否", "not allowed to the list"),
    "7.13": ("利用者が停止中", "user disabled"),
    "7.17": ("宛先の持ち主が替わった", "the mailbox has another owner"),
    "7.20": ("メールの署名がなく拒否", "refused: no valid DKIM signature"),
    "7.23": ("送信元の検査により拒否", "refused: SPF"),
    "7.24": ("送信元の検査の異常", "SPF could not be checked"),
    "7.25": ("送信サーバーの逆引きの不一致により拒否", "refused: reverse DNS"),
    "7.26": ("送信元の検査により拒否", "refused: failed authentication checks"),
    "7.28": ("送信量の制限", "sent too much"),
    "7.606": ("送信元のIPアドレスを先方が拒否", "our server's address is refused"),
}
"""Without the class: 4.2.2 and 5.2.2 are the same trouble, and the action says whether it is final."""

SUBJECTS: Final[dict[str, tuple[str, str]]] = {
    "1": ("宛先の問題", "trouble with the address"),
    "2": ("宛先のメールボックスの問題", "trouble with the mailbox"),
    "3": ("先方のシステムの問題", "trouble with the system"),
    "4": ("経路・通信の問題", "trouble on the way"),
    "5": ("通信手順の問題", "trouble with the protocol"),
    "6": ("内容の問題", "trouble with the content"),
    "7": ("受信拒否（方針・安全対策）", "refused by policy or security"),
}

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "h_receipts": ("届いた通知・返信", "Reports and replies"),
    "receipt_unproven": (
        "{words}［メールサーバーからの通知か確認できません］",
        "{words} [not proven to come from a mail server]",
    ),
    "reply_unproven": ("{words}［差出人は確認できません］", "{words} [the sender is not proven]"),
    "receipt_to": ("{words}：{recipient}", "{words}: {recipient}"),
    "receipt_failed": ("{recipient} に届きませんでした", "not delivered to {recipient}"),
    "receipt_said": ("先方の応答：{text}", "the other side's answer: {text}"),
    "receipt_from": ("{words}：{sender}", "{words}: {sender}"),
    "task_reply": (
        "返信を読み、受領なら confirm、届いていない・返却なら confirm --failed：{news}",
        "Read the reply: confirm if it was received, confirm --failed if it was not or is sent back: {news}",
    ),
    "task_unmatched": (
        ("{news}。この宛先への提出を `hoshobin show 番号` で確かめ、届いていないおそれがあれば発注者に電話で確認"),
        (
            "{news}. Look at what was sent to this address with"
            " `hoshobin show ID`, and call the issuer where it may not have arrived"
        ),
    ),
    "telling_news": (
        (
            "送った提出について、届いていない可能性を示す連絡を受信しました（提出の番号：内容）。\n"
            "　　{news}\n"
            "　　`hoshobin show 番号` で内容を読み、届いていないおそれがあれば発注者に電話で確認してください。"
            "確認したら、`hoshobin tasks` に表示されるコマンドで記録してください。"
        ),
        (
            "A report or reply says that a mail may not have arrived (submission: report).\n{news}\n"
            "Read it with `hoshobin show ID`, call the issuer where in doubt, and record it as `hoshobin tasks` shows."
        ),
    ),
    "telling_subject_news": (
        "【保証便】至急：届いていない可能性のある提出があります",
        "[hoshobin] urgent: a submission may not have arrived",
    ),
    "task_news": ("内容を確認：{news}", "Look at this report or reply: {news}"),
    "telling_came_back": (
        (
            "送信していないはずの提出について、連絡を受信しました（提出の番号：内容）。\n"
            "　　{news}\n"
            "　　すでに送られていた可能性があります。`hoshobin show 番号` で確かめ、二重に送らないでください。"
        ),
        (
            "A report or reply came for a submission that is recorded as not sent (submission: report).\n{news}\n"
            "It may have left: look with `hoshobin show ID`, and do not send it twice."
        ),
    ),
    # --- Announcements without a notice ---
    "task_download": (
        "「認証キーのお知らせ」PDFを取得し、所定のフォルダ（{folder}）に保存（不要なら取下げ）{names}{steps}",
        "download the notice PDF and save it to the folder ({folder}), or withdraw{names}{steps}",
    ),
    "task_download_names": ("。対象：{names}", ". About: {names}"),
    "task_download_steps": ("。手順：{steps}", ". Steps: {steps}"),
    "task_download_here": (
        "。この発行完了メールのものなら結び付け：{here}",
        ". Link it to these, if it announces them: {here}",
    ),
    "download_step": ("（{number}）{step}", "({number}) {step}"),
    "joined": (
        "{id} の発行完了メールを {answers} に結び付けました。PDF待ちは終わりです。",
        "{id}: the announcement is linked to {answers}; its notice is no longer awaited.",
    ),
    "not_its_notice": (
        "{other} は、{id} と同じ保証会社のお知らせとして読み取れたものではありません。何も変更していません。",
        "{other} is not a notice of the guarantor of {id}. Nothing was changed.",
    ),
    "state_joined": ("取下げ（{answers} のお知らせとして受付済み）", "withdrawn (its notice came as {answers})"),
}

_CODE: Final = re.compile(r"[245]\.(\d{1,3})\.(\d{1,3})")
_TEXT_LIMIT: Final = 200
"""Characters of a reply on one line of a list; ``show`` has all that is kept."""


def name_status(status: str, lang: Literal["ja", "en"]) -> str:
    """Returns the meaning of an enhanced code, with the code: 宛先不明（5.1.1）; empty without one."""
    found = _CODE.fullmatch(status)
    if found is None:
        return status
    pair = CODES.get(f"{found[1]}.{found[2]}") or SUBJECTS.get(found[1])
    if pair is None:
        return status
    return f"{pair[0]}（{status}）" if lang == "ja" else f"{pair[1]} ({status})"


_UNPROVEN: Final = {
    ReceiptKind.DELIVERED: "receipt_unproven",
    ReceiptKind.RELAYED: "receipt_unproven",
    ReceiptKind.DELAYED: "receipt_unproven",
    ReceiptKind.FAILED: "receipt_unproven",
    ReceiptKind.UNREADABLE: "receipt_unproven",
    ReceiptKind.UNMATCHED: "receipt_unproven",
    ReceiptKind.UNOPENED: "receipt_unproven",
    ReceiptKind.REPLY: "reply_unproven",
    ReceiptKind.WARNING: "reply_unproven",
}


def is_unproven(receipt: Receipt) -> bool:
    """Returns true if anyone who has the mail, or the PDF, could have written ``receipt``."""
    return receipt.proof == "nothing" or (not receipt.proof and bears_secret(receipt.message_id))


def name_receipt(receipt: Receipt, lang: Literal["ja", "en"]) -> str:
    """One receipt on one line: its kind, its address, its reason, and the other side's own words."""
    index = 0 if lang == "ja" else 1
    is_failure = receipt.kind is ReceiptKind.FAILED and receipt.recipient
    words = (
        TEXTS["receipt_failed"][index].format(recipient=receipt.recipient) if is_failure else KINDS[receipt.kind][index]
    )
    if receipt.kind in _UNPROVEN and is_unproven(receipt):
        words = TEXTS[_UNPROVEN[receipt.kind]][index].format(words=words)
    code, values = ("receipt_to", receipt.recipient) if receipt.recipient else ("receipt_from", receipt.sender)
    named = values and not is_failure
    head = TEXTS[code][index].format(words=words, recipient=values, sender=values) if named else words
    text = " ".join(receipt.text.split())
    cut = f"{text[:_TEXT_LIMIT]}…" if len(text) > _TEXT_LIMIT else text
    said = TEXTS["receipt_said"][index].format(text=cut) if cut and is_failure else cut
    return "　".join(filter(None, (head, name_status(receipt.status, lang), said)))
