"""Words of the glossary, and of who does what in the quick guide."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "terms_title": ("用語集", "Glossary"),
    "guide_roles": ("だれが何をするか", "Who does what"),
    "guide_papers": (
        "控えに書くこと：提出番号か保証契約番号、工事名、発注者と課、相手の氏名、日時、方法（FAX・持参・メール）、出したもの。",
        "Note: number, project, issuer and section, the person there, day and time, how, and what was handed in.",
    ),
    # --- terms beyond those of the quick guide
    "term_what": ("{term}とは", "Explain: {term}"),
    "term_notice": ("お知らせPDF", "Notice"),
    "term_notice_is": (
        "保証会社が電子証書とともに発行する「認証キーのお知らせ」のPDFです。発注者に提出するのは、この書類です。",
        "The surety's PDF with number and key. It is what is submitted to the issuer.",
    ),
    "term_announcement": ("発行完了メール", "Announcement"),
    "term_announcement_is": (
        "電子証書ができたことを知らせる、保証会社のメールです。お知らせPDFは付いていないので、保証会社のサイトから取得します。",
        "The surety's mail saying that the certificate is ready. The notice is downloaded from its site.",
    ),
    "term_submission": ("提出・提出番号", "Submission"),
    "term_submission_is": (
        "お知らせ1件を発注者に届ける仕事の単位です。番号は受け付けた順に付きます。",
        "The work of bringing one notice to the issuer. It has a number of its own.",
    ),
    "term_addressee": ("提出先・宛先", "Section and address"),
    "term_addressee_is": (
        "提出先は発注者の課、宛先はその課のメールアドレスです。",
        "The section is the office that receives it, the address is where its mail goes.",
    ),
    "term_project": ("案件", "Project"),
    "term_project_is": (
        "工事や業務の契約1件です。発注者、契約日、番号、請求書などを登録しておきます。",
        "One contract, with its issuer, days, numbers and invoices.",
    ),
    "term_rule": ("提出方法（発注者の決まり）", "Rule"),
    "term_rule_is": (
        "発注者が公表している、宛先、件名の形、請求書の要否、提出の時期などの決まりです。",
        "What the issuer asks for: recipient, subject, invoice, time.",
    ),
    "term_to_confirm": ("確認事項", "To be confirmed"),
    "term_to_confirm_is": (
        "保証便では判断できないため、承認する方が確かめてチェックを入れる項目です。",
        "What the program cannot know: the approver checks it and ticks the box.",
    ),
    "term_request": ("承認の依頼", "Request"),
    "term_request_is": (
        "担当の方が内容を確かめ、承認する方に回すことです。依頼した方の氏名が残ります。",
        "The staff has checked it and hands it to an approver. The name is recorded.",
    ),
    "term_returned": ("差し戻し", "Sent back"),
    "term_returned_is": (
        "社内で、承認せずに担当へ戻すことです。理由を確かめ、直すか、このまま送る場合は承認します。",
        "Not approved within the office, with a reason.",
    ),
    "term_undelivered": ("不達・返却", "Not delivered"),
    "term_undelivered_is": (
        "発注者に届かなかった、または発注者から返されたことです。理由を確かめて訂正し、再提出します。",
        "It did not arrive, or the issuer gave it back.",
    ),
    "term_waiting": ("待ち", "Waiting"),
    "term_waiting_is": (
        "発注者の番のもの、またはほかの方に承認を依頼したものです。期限が近づくか返事がないと、本日または至急に変わります。",
        "The turn is the issuer's or another approver's. It comes back when the deadline is near or nothing is heard.",
    ),
    "term_received": ("受付簿", "Received"),
    "term_received_is": (
        "届いたメールと、入ったPDFのファイルの一つずつについて、どう扱ったかを残したものです。",
        "Every mail and every PDF file that came in, and what became of it.",
    ),
    "term_amended": ("変更契約", "Amended contract"),
    "term_amended_is": (
        "金額や工期を変えた契約です。当初の内容を残したまま、変更後の内容を登録します。",
        "A contract with another amount or period. The original values are kept.",
    ),
    "term_log": ("送信記録", "Sent mail"),
    "term_log_is": (
        "いつ、何を、どこへ、だれの承認で送り、どうなったかの記録です。後から書き換えると分かります。",
        "When, what, where and by whose approval mail was sent, and what became of it. A change of it shows.",
    ),
    "term_head": ("確認済みの末尾番号", "Noted number"),
    "term_head_is": (
        "その時点までの記録すべてから計算した番号です。控えておくと、後から記録が失われたり変えられたりしていないことを確かめられます。",
        "A number made from all entries so far. Kept elsewhere, it proves later that none is missing or changed.",
    ),
}
