"""The form for pages of what holds a submission: the next steps, the words, conditions, the sender's evidence.

A page names no folder, no key of a file and no word of the machine. ``on_pages`` joins this table to its own.
"""

from __future__ import annotations

from typing import Final

from worker.core.messages.reasons import REASONS, UNOPENED
from worker.core.states import Reason

_Pair = tuple[str, str]

_WITHDRAW_TOO: Final = (
    "「PDFを入れる」から入れて、こちらは取下げ。お知らせでなければ取下げ",
    ", add it here, then withdraw this one; withdraw it as well if it is no notice",
)
_ADD_AND_WITHDRAW: Final = (
    "「PDFを入れる」から入れて、こちらは取下げ",
    ", add it here and withdraw this one",
)
_DOWNLOAD_NOTICE: Final = (
    f"保証会社のサイトから「認証キーのお知らせ」のPDFを取得し、{_ADD_AND_WITHDRAW[0]}",
    "download the notice PDF from the surety's site, add it here and withdraw this one",
)
_AS_DOWNLOADED: Final = (
    "保証会社のサイトから取得したPDFを、印刷・変換・結合せず、そのまま「PDFを入れる」から入れる",
    "add the PDF from the surety's site as it is, neither printed nor converted nor joined",
)
_INVOICE_ALONE: Final = (
    "請求書のPDFだけを「PDFを入れる」から入れて、この案件の請求書に選び直す",
    "add the PDF of the invoice alone and choose it for this project",
)
_DOCUMENT_ALONE: Final = (
    "書類のPDFだけを、案件の「請求書・書類を決める」で入れ直す",
    "add the PDF of the document alone on the project's page of papers",
)


def _and_withdraw(opened: _Pair) -> _Pair:
    return opened[0] + _ADD_AND_WITHDRAW[0], opened[1] + _ADD_AND_WITHDRAW[1]


_STEPS: Final[dict[str, _Pair]] = {
    **{
        f"{Reason.ATTACHMENT_UNOPENED}_{code}": (opens[0] + _WITHDRAW_TOO[0], opens[1] + _WITHDRAW_TOO[1])
        for code, (_, opens) in UNOPENED.items()
    },
    **{
        f"damaged_{code}": _and_withdraw(("中のPDFを取り出し、そのPDFだけを", "take the PDF out"))
        for code in ("zip", "container")
    },
    "damaged_archive": _and_withdraw(("解凍し、中のPDFだけを", "unpack it, take the PDF alone")),
    "damaged_outlook": _and_withdraw(("Outlookで開き、添付のPDFだけを", "open it in Outlook, save the PDF alone")),
    "damaged_sealed": _and_withdraw(("開いて、中のPDFだけを", "open it, save the PDF alone")),
    **{f"damaged_{code}": _DOWNLOAD_NOTICE for code in ("docuworks", "picture", "other")},
    **dict.fromkeys(
        ("damaged_trailing_data", "two_values_continues", "no_text_ocr_layer", "no_text_unseen"), _AS_DOWNLOADED
    ),
    **{f"wrong_invoice_{code}": _INVOICE_ALONE for code in ("container", "trailing_data", "cut")},
    **{f"documents_undecided_{code}": _DOCUMENT_ALONE for code in ("container", "trailing_data", "cut")},
    "not_a_notice_certificate": (
        f"証書そのものは提出しません。{_DOWNLOAD_NOTICE[0]}",
        f"the certificate itself is not handed in: {_DOWNLOAD_NOTICE[1]}",
    ),
    "not_a_notice_invoice": (
        "請求書なら、「PDFを入れる」から入れて案件に付け、こちらは取下げ",
        "if it is an invoice, add it here, attach it to its project, and withdraw this one",
    ),
    "not_a_notice_mail_file": _and_withdraw(
        ("メールを開いて確かめ、お知らせのPDFだけを", "open the mail, save the notice PDF alone")
    ),
    "not_a_notice_unread": (
        (
            "保証会社のサイトからPDFを取得し直し、そのまま「PDFを入れる」から入れる"
            "（画面や縮小した用紙に印刷したPDFは読み取れません）"
        ),
        "download the PDF again and add it here as it is (none printed from a screen or on narrow paper)",
    ),
    "not_a_notice_form_fields": (
        (
            "PDFを取得し直して「PDFを入れる」から入れる。それでも読み取れなければ、ビューアーで開き、"
            "「印刷」から「PDFとして保存」したものを入れる"
        ),
        "download the PDF again and add it here; or open it in a viewer, print it to a PDF and add that",
    ),
    "key_differs_pdf": (
        "送信できません。お知らせPDFと記録を見比べ、管理者へ連絡（急ぐときは別の方法で提出し、こちらは取下げ）",
        "never sent: compare the PDF with the records and tell the administrator; if urgent, hand it in otherwise",
    ),
    "missing_value_condition": (
        "案件に登録。登録する値のない案件なら、発注者の決まりの見直しを管理者に依頼",
        "register it with the project; if the project has no such value, ask the administrator to change the rule",
    ),
    **dict.fromkeys(
        ("missing_value_body", "missing_value_not_typed"),
        (
            "発注者の決まりの「本文に書く事項」を補う。本文のひな形の見直しは、管理者に依頼",
            "complete in the issuer's rule what the body must say; the administrator changes the template",
        ),
    ),
    "missing_value_subject": ("発注者の決まりの「件名」を直す", "correct the subject in the issuer's rule"),
    "missing_value_file_name": (
        "発注者の決まりの「お知らせPDFのファイル名」を直す",
        "correct the file name of the notice in the issuer's rule",
    ),
    "eligibility_unknown_not_seen": (
        "発注者に確認し、発注者の決まりの「電子保証の対象となる範囲」を補うか、記録して承認",
        "ask the issuer, then complete in its rule what electronic sureties are taken for, or approve with a note",
    ),
}
"""Next steps of one code of a reason."""

_WRONG_MAIL: Final = "送るメールと、お知らせの番号・認証キーが異なります"
_HOLDS: Final[dict[str, _Pair]] = {
    "missing_value_": ("必要項目「{value:value}」が未登録", 'the value "{value:value}" is not registered'),
    "missing_value_not_typed": (
        "本文に書くはずの{value:of_pdf}が、本文に入っていません",
        "the body lacks the {value:of_pdf}, which it is to name",
    ),
    "eligibility_unknown_not_seen": (
        "この契約・保証を発注者が電子保証で受けるか、公表元で確かめていません",
        "not known from the issuer's page whether it takes an electronic surety here",
    ),
    **{
        f"unsafe_value_{code}": (
            "{where:place}に、メールに使えない文字か書き方があります（改行、目に見えない文字など）",
            "the {where:place} has a character or a form that no mail may have (a line break, an unseen character …)",
        )
        for code in ("", "mail")
    },
    "key_differs_": (f"{_WRONG_MAIL}（{{found:found}}）", "number or key of the mail differ: {found:found}"),
    "encoding_": REASONS[Reason.ENCODING],
    "no_text_ocr_layer": (
        "複合機で作った検索可能PDF（文字は機械が推測したもの）",
        "a scan with recognised text behind it, which a machine has guessed",
    ),
    "too_big_bytes": (
        "容量制限を超過（{bytes:mb}、上限 {limit:mb}）",
        "larger than the issuer or our server accepts ({bytes:mb}, limit {limit:mb})",
    ),
    "mail_too_large_": ("メール過大[[（{bytes:mb}、上限 8 MB）]]", "a mail above 8 MB[[ ({bytes:mb})]]"),
    "too_large_": ("ファイル過大[[（{bytes:mb}）]]", "too large a file[[ ({bytes:mb})]]"),
}
"""The words of a hold."""

_FACTS: Final[dict[str, _Pair]] = {
    "approval_unknown": (
        "この案件を電子保証の対象とする発注者の承認があるか",
        "whether the issuer approved an electronic surety for this project",
    ),
    "kind_unknown": ("契約の種類が{taken:kind_or}か", "whether the kind of contract is {taken:kind_or}"),
    "award_unknown": ("契約の方法が{taken:award_or}か", "whether the contract was awarded by {taken:award_or}"),
    "tendering_unknown": ("入札を行った部署が{taken:_or}か", "whether the section that tendered is {taken:_or}"),
    "amount_unknown": ("請負金額が{least:yen}以上か", "whether the contract amount is {least:yen} or more"),
    # --- the signature of a mail, and what the server that received it says
    "signature_none": ("メールに署名がない", "the mail is not signed"),
    "signature_not_tried": ("メールの署名は確かめていない", "the signature of the mail was not checked"),
    "signature_other_domain": ("メールの署名が、差出人とは別の会社のもの", "the mail is signed by another company"),
    "signature_unsupported": ("メールの署名が読めない形式", "the signature of the mail has an unknown form"),
    "signature_from_unsigned": ("メールの署名が差出人を含まない", "the signature does not cover the sender"),
    "signature_field_unsigned": (
        "メールの署名が、件名などの一部を含まない",
        "the signature does not cover all of the head of the mail",
    ),
    "signature_field_twice": ("件名などが2つ以上ある", "a line of the head of the mail occurs twice or more"),
    "signature_too_old": (
        "メールの署名が受信の30日より前のもの（古いメールの再送のおそれ）",
        "the signature is more than 30 days older than its arrival (an old mail may have been sent again)",
    ),
    "signature_no_date": ("署名または受信の日時が分からない", "the time of the signature or the arrival is not known"),
    "signature_body_in_part": ("メールの署名が本文の一部だけのもの", "the signature covers the body in part"),
    "signature_expired": ("メールの署名の期限切れ", "the signature has expired"),
    "signature_no_key": ("署名を確かめる情報が公開されていない", "what checks the signature is not published"),
    "signature_weak_key": ("メールの署名が弱く、本物の証明にならない", "the signature is too weak to prove it"),
    "signature_on_trial": ("メールの署名が試験用", "the signature is for testing"),
    "signature_changed": (
        "メールの署名が内容と合わない（途中で変わったおそれ）",
        "the signature does not fit the content (it was changed on the way)",
    ),
    "signature_not_whole": (
        "メールが大きく、署名を確かめられない",
        "the mail is too large for its signature to be checked",
    ),
    "signature_dns": (
        "通信の都合で、メールの署名を確かめられない",
        "the signature cannot be checked at the moment: a server is not reached",
    ),
    "server_not_set": ("受信サーバーの確認結果を使う設定がない", "results of our server are not configured"),
    "server_only_others": (
        "受信サーバーが、メールの署名は確認していない",
        "our server did not check the signature of the mail",
    ),
}
"""Parts of another sentence."""

_EVIDENCE: Final[dict[str, _Pair]] = {
    "flaw_headers": ("メールの先頭の書き方が正しくない", "the head of the mail is malformed"),
    "flaw_no_from": ("差出人がない", "it has no sender"),
    "flaw_two_froms": ("差出人が2つ以上ある", "it has several senders"),
    "flaw_unclear": ("差出人を1つのアドレスとして読めない", "its sender is not one address"),
    "by_server": ("{address}：受信サーバーが本物と確認", "{address}: confirmed by our server"),
    "by_signature": ("{address}：メールの署名で本物と確認", "{address}: confirmed by its signature"),
    "by_open_signature": (
        "{address}：メールの署名で確認（署名の公開元が本物かまでは確かめていない）",
        "{address}: confirmed by its signature; the place where that is published is not confirmed",
    ),
    "open_dns_alone": (
        "{address}：差出人が本物か、メールの署名では確かめられませんでした（自動では送らない）",
        "{address}: its signature does not prove the sender (nothing goes by itself)",
    ),
    "mail_file": (
        "保存されたメールのため、差出人を確かめられない",
        "the sender of a mail that was saved as a file cannot be verified",
    ),
    "nobodys": (
        "{address}：保証会社の差出人にも、社内の差出人にも登録がない",
        "{address}: registered neither as a sender of a surety nor as a colleague",
    ),
    "others": (
        "{address}：この保証会社の差出人として登録がない",
        "{address}: not registered as a sender of this surety",
    ),
    "server_too": (
        "{address}：受信サーバーは署名を確認したが、{server:fact}、{own:fact}",
        "{address}: our server confirmed the signature, but {server:fact}; {own:fact}",
    ),
}
"""What proves the sender of a mail, without the words of the technique."""

_DUTIES: Final[dict[str, _Pair]] = {
    "no_steps": (
        "提出の手順が登録されていません。発注者に確認し、発注者の決まりの「提出の手順」に入力してください",
        "No steps of handing it in are registered. Ask the issuer, and enter them in its rule",
    ),
    "no_fax": (
        "未登録（発注者に確認し、提出先の課の「FAX番号」に登録）",
        "not registered (ask the issuer, and enter it with the section)",
    ),
}
"""Tasks of people."""

_FORMS: Final[dict[str, _Pair]] = {"pattern": ("発注者が決めた書き方", "as the issuer writes it")}
"""The form that an issuer wants of a value."""

TEXTS: Final[dict[str, _Pair]] = {
    f"on_page_{kind}_{code}": pair
    for kind, table in (
        ("step", _STEPS),
        ("hold", _HOLDS),
        ("fact", _FACTS),
        ("evidence", _EVIDENCE),
        ("duty", _DUTIES),
        ("form", _FORMS),
    )
    for code, pair in table.items()
}
