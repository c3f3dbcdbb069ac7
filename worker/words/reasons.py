"""States and hold reasons in office words: (Japanese, English), and what to do next."""

from __future__ import annotations

from typing import Final

from worker.states import Reason, State

_S, _R = State, Reason

STATES: Final[dict[State, tuple[str, str]]] = {
    _S.ANNOUNCED: ("お知らせPDF待ち", "waiting for the notice PDF"),
    _S.HELD: ("保留（要対応）", "held: needs a person"),
    _S.APPROVED: ("送信待ち", "waiting to be sent"),
    _S.SENDING: ("送信中", "being sent"),
    _S.IN_DOUBT: ("送信結果不明（要確認）", "in doubt: find out whether it arrived"),
    _S.SENT: ("送信済み（到達未確認）", "sent, arrival not confirmed"),
    _S.DELAYED: ("配送遅延", "delivery delayed"),
    _S.RELAYED: ("中継済み（到達不明）", "relayed, arrival unknown"),
    _S.DELIVERED: ("先方サーバー到着（閲覧未確認）", "at the issuer's server, reading not confirmed"),
    _S.OVERDUE: ("応答なし（要電話確認）", "no answer: call the issuer"),
    _S.CONFIRMED: ("到達確認済み", "arrival confirmed"),
    _S.BOUNCED: ("不達・差戻し", "not delivered or sent back"),
    _S.REFUSED: ("受信拒否（未送信）", "refused by the server, not sent"),
    _S.WITHDRAWN: ("取下げ", "withdrawn"),
    _S.HANDED_OVER: ("別途提出（フォーム・持参等）", "handed in another way"),
}
STATE_NEXT: Final[dict[State, tuple[str, str]]] = {
    _S.ANNOUNCED: (
        "「認証キーのお知らせ」PDFを保証会社のサイトから取得し、所定のフォルダに保存（不要なら取下げ）",
        "download the notice PDF from the surety's site and save it to the folder (or withdraw)",
    ),
    _S.IN_DOUBT: (
        "自動では再送しません。発注者へ到達を確認し、結果を記録",
        "never sent again by itself: ask the issuer whether it arrived, then record the answer",
    ),
    _S.REFUSED: ("宛先を確かめて訂正し、再提出", "check and mend the address, then resend"),
    _S.BOUNCED: ("理由を確かめて訂正し、再提出", "check the reason, mend it, then resend"),
    _S.OVERDUE: ("提出先へ電話で到達を確認", "call the section and ask"),
    _S.HANDED_OVER: ("提出したら記録", "record it once it is handed in"),
}
APPROVAL_STATE: Final = ("承認待ち", "waiting for approval")

REASONS: Final[dict[Reason, tuple[str, str]]] = {
    _R.APPROVAL: ("承認待ち", "waiting for approval"),
    _R.UNKNOWN_PROJECT: ("該当案件の登録なし", "no registered project fits"),
    _R.TWO_PROJECTS: ("同名の案件が複数", "several projects of this name or number"),
    _R.NAME_ONLY: ("工事名だけの一致", "only the project's name fits"),
    _R.NUMBER_DIFFERS: ("登録済みの番号と不一致", "another number is registered"),
    _R.OTHER_CONTRACTOR: ("受注者名が自社（JV）と不一致", "the contractor on the notice is another"),
    _R.MISSING_VALUE: ("必要項目の未登録", "a value that the mail needs is not registered"),
    _R.BAD_VALUE: ("登録値の形式違い", "a registered value has the wrong form"),
    _R.UNSAFE_VALUE: ("使用できない文字（改行等）", "a character that must not be used"),
    _R.NO_RECIPIENT: ("提出先アドレスの未登録", "no address of the section is registered"),
    _R.RULE_OPEN: ("提出方法が未確認", "the way to submit is not certain"),
    _R.INVOICE_MISSING: ("請求書（PDF）なし", "the invoice PDF is missing"),
    _R.INVOICE_UNDECIDED: ("請求書の同送が未定", "whether the invoice rides along is undecided"),
    _R.TWO_INVOICES: ("請求書の候補が複数", "several invoices could be meant"),
    _R.WRONG_INVOICE: ("請求書が別案件・別種別・送信済み", "the invoice is another's, of another kind, or was sent"),
    _R.INVOICE_UNCLEAR: (
        "請求書の宛先・案件・請求者が読み分けられない",
        "the invoice names more than one possible party",
    ),
    _R.INVOICE_UNREADABLE: ("請求書の文字を読み取れない", "the invoice's text cannot be read"),
    _R.DOCUMENTS_UNDECIDED: ("その他の必要書類が未定", "the other documents are undecided"),
    _R.CONTACT_FIRST: ("送信前の連絡が必要", "the issuer wants to be contacted first"),
    _R.TIMING: ("提出時期待ち", "the moment to submit has not come"),
    _R.ELIGIBILITY_UNKNOWN: ("電子保証の対象か不明", "not known whether the issuer takes electronic sureties here"),
    _R.NOT_ELIGIBLE: ("電子保証の対象外", "the issuer takes no electronic surety here"),
    _R.SENDER_UNPROVEN: ("送信元を確認できない", "who sent the mail is not proven"),
    _R.FIRST_ADDRESS: ("初めての送信先", "first mail to this address as this section's"),
    _R.RULE_CHANGED: ("ルール変更後の初回", "the rule has changed since the last submission"),
    _R.CHANGED: ("承認後に内容が変わった", "changed after approval"),
    _R.SEEN_BEFORE: ("提出済みの保証契約番号（再取得か変更保証か）", "a number already submitted: a copy, or amended?"),
    _R.SUPERSEDED: ("後の保証（別の認証キー）のお知らせあり", "a later notice with another key exists"),
    _R.ALREADY_RESUBMITTED: ("再提出済みの提出への再提出", "a second resubmission of the same submission"),
    _R.FROM_BEFORE: ("導入前のお知らせ", "a notice from before the product was installed"),
    _R.REHEARSED: ("リハーサル済み（未提出）", "rehearsed, not submitted"),
    _R.NOT_SENT: ("未送信と確認済み", "stated not to have been sent"),
    _R.MAYBE_SENT: ("送信済みの可能性", "it may have been sent already"),
    _R.TOO_BIG: ("容量制限を超過", "larger than the issuer or our server takes"),
    _R.LARGE_ATTACHMENT: ("添付が通常より大きい", "an attachment larger than usual"),
    _R.WRONG_RECIPIENT: ("ルールにない宛先", "a recipient that no rule gives"),
    _R.KEY_DIFFERS: ("送信内容の番号・キーがお知らせと不一致", "number or key differ from the notice's"),
    _R.ENCODING: ("作成したメールの検証で不一致", "the composed mail does not read as meant"),
    _R.NO_TEXT: ("文字情報のないPDF（スキャン画像）", "a PDF without text (a scan)"),
    _R.PASSWORD: ("閲覧パスワード付きPDF", "a PDF that asks for a password"),
    _R.NOT_A_NOTICE: (
        "認証キーのお知らせではない（証書・保険会社の証券 等）",
        "not a notice (a certificate, a bond …)",
    ),
    _R.TWO_NOTICES: ("1つのPDFに複数のお知らせ", "several notices in one PDF"),
    _R.TWO_VALUES: ("番号又はキーの候補が複数", "several candidates for number or key"),
    _R.ENGINES_DISAGREE: ("2方式の読取結果が不一致", "two ways of reading disagree"),
    _R.BROKEN_TEXT: ("文字化け", "garbled text"),
    _R.DAMAGED: ("ファイル破損", "a damaged file"),
    _R.MAIL_TOO_LARGE: ("メール過大（8MB超）", "a mail above 8 MB"),
    _R.TOO_LARGE: ("ファイル過大", "too large a file"),
    _R.TOO_SLOW: ("読取時間超過", "took too long to read"),
}

_DOWNLOAD_AGAIN = (
    "保証会社のサイトからPDFを再取得し、所定のフォルダに保存",
    "download the PDF again from the surety's site and save it to the folder",
)
NEXT_STEPS: Final[dict[Reason, tuple[str, str]]] = {
    _R.APPROVAL: (
        "宛先・件名・添付を確認し、承認又は取下げ",
        "check recipient, subject and attachments; approve or withdraw",
    ),
    _R.UNKNOWN_PROJECT: ("案件を projects.toml に登録", "register the project in projects.toml"),
    _R.TWO_PROJECTS: ("保証契約番号を案件に登録", "register the contract number with the project"),
    _R.NAME_ONLY: (
        "発注者を確かめて承認（番号を案件に結び付け）",
        "make sure of the issuer and approve: that ties the number to the project",
    ),
    _R.NUMBER_DIFFERS: ("別案件か、別の保証かを確認", "find out whether it is another project or another guarantee"),
    _R.OTHER_CONTRACTOR: (
        "取違えの有無を確認。JVは登録に追加",
        "make sure it is ours; add a joint venture's name to the register",
    ),
    _R.MISSING_VALUE: ("案件に登録", "register it with the project"),
    _R.BAD_VALUE: ("登録値を訂正", "correct the registered value"),
    _R.UNSAFE_VALUE: ("登録値を訂正", "correct the registered value"),
    _R.NO_RECIPIENT: ("発注者に確認して登録", "ask the issuer and register the address"),
    _R.RULE_OPEN: (
        "発注者のページ又は電話で確認し、ルールを補完",
        "look at the issuer's page or call, then complete the rule",
    ),
    _R.INVOICE_MISSING: (
        "所定のフォルダに保存し、案件に指定",
        "save it to the invoices folder and name it with the project",
    ),
    _R.INVOICE_UNDECIDED: (
        "同送するファイルか「別途」を指定",
        'name the file that rides along, or "separate", with the project',
    ),
    _R.TWO_INVOICES: ("案件に1つ指定", "name one with the project"),
    _R.WRONG_INVOICE: ("正しい請求書に差替え", "put the right invoice in its place"),
    _R.INVOICE_UNCLEAR: (
        "請求書を開き、宛先・案件・請求者を確認し承認",
        "open the invoice, check addressee, project and claimant, then approve",
    ),
    _R.INVOICE_UNREADABLE: (
        "目視で案件・金額を確認し承認",
        "look at project and amount yourself, then approve",
    ),
    _R.DOCUMENTS_UNDECIDED: ("書類を登録、又は「なし」と指定", "register the documents, or say there are none"),
    _R.CONTACT_FIRST: ("担当者へ連絡し、記録して承認", "contact the official, then approve with a note"),
    _R.TIMING: ("時期が来たら承認", "approve when the moment has come"),
    _R.ELIGIBILITY_UNKNOWN: (
        "公告日等を登録、又は発注者に確認して承認",
        "register the dates, or ask the issuer and approve",
    ),
    _R.NOT_ELIGIBLE: (
        "紙の証書に切替え、又は発注者の了解を記録して承認",
        "change to paper, or approve with the issuer's consent as note",
    ),
    _R.SENDER_UNPROVEN: (
        "差出人を確かめて承認（社内のメールは確認できないことが多いため、PDFは所定のフォルダに保存）",
        "make sure of the sender and approve (mail within the office often cannot be: save the PDF in the folder)",
    ),
    _R.FIRST_ADDRESS: ("アドレスを公表元と照合し承認", "compare the address with where it is published; approve"),
    _R.RULE_CHANGED: ("変更点を確認し承認", "look at what changed and approve"),
    _R.CHANGED: ("再確認のうえ承認", "look at it again and approve"),
    _R.SEEN_BEFORE: ("変更なら承認、重複なら取下げ", "approve if amended, withdraw if a copy"),
    _R.SUPERSEDED: ("後のものを確認。こちらは取下げ", "look at the later one; withdraw this one"),
    _R.ALREADY_RESUBMITTED: (
        "先の再提出の状況を確かめ、さらに送る場合は承認、不要なら取下げ",
        "look at the earlier resubmission; approve to send once more, withdraw otherwise",
    ),
    _R.FROM_BEFORE: (
        "提出済みでないか確認し、未提出なら承認、提出済みなら取下げ",
        "find out whether it was submitted by hand; approve if not, withdraw if so",
    ),
    _R.REHEARSED: (
        "リハーサル設定（rehearsal_to）を外し、承認",
        "empty rehearsal_to, then approve",
    ),
    _R.NOT_SENT: ("再度送る場合は承認", "approve to send it again"),
    _R.MAYBE_SENT: (
        "発注者に到達を確認し、届いていれば取下げ、届いていなければ承認",
        "ask the issuer whether it arrived; withdraw if so, approve if not",
    ),
    _R.TOO_BIG: ("添付を見直し", "look at the attachments"),
    _R.LARGE_ATTACHMENT: ("取違えの有無を確認", "make sure it is the right file"),
    _R.WRONG_RECIPIENT: ("送信不可。設定を確認", "never sent: check the configuration"),
    _R.KEY_DIFFERS: ("送信不可。管理者へ連絡", "never sent: tell the administrator"),
    _R.ENCODING: ("送信不可。管理者へ連絡", "never sent: tell the administrator"),
    _R.NOT_A_NOTICE: ("正しいPDFを取得", "get the right PDF"),
    _R.TWO_NOTICES: ("1件ずつ取得", "download them one by one"),
    _R.MAIL_TOO_LARGE: ("PDFだけを所定のフォルダに保存", "save only the PDF to the folder"),
    _R.TOO_LARGE: ("再取得（印刷し直したPDFは不可）", "download it again (no reprinted PDF)"),
    _R.TOO_SLOW: ("再取得（印刷し直したPDFは不可）", "download it again (no reprinted PDF)"),
    _R.NO_TEXT: _DOWNLOAD_AGAIN,
    _R.PASSWORD: _DOWNLOAD_AGAIN,
    _R.TWO_VALUES: _DOWNLOAD_AGAIN,
    _R.ENGINES_DISAGREE: _DOWNLOAD_AGAIN,
    _R.BROKEN_TEXT: _DOWNLOAD_AGAIN,
    _R.DAMAGED: _DOWNLOAD_AGAIN,
}

AFTER_REHEARSING: Final = (
    "発注者に送る内容（宛先・件名・添付）を確認し、承認",
    "look at what goes to the issuer (recipient, subject, attachments), then approve",
)
"""The step of REHEARSED once the draft is no rehearsal any more."""

CODED: Final[dict[tuple[Reason, str], tuple[tuple[str, str], tuple[str, str] | None]]] = {
    (_R.FIRST_ADDRESS, "copy_to"): (
        ("控えの宛先が自社のドメインの外（{value}）", "our own copy goes outside our domain ({value})"),
        (
            "提出のたびに番号とキーが届きます。設定の [smtp] copy_to を確認し、正しければ承認（確認は一度だけ）",
            "it gets number and key of every submission: check [smtp] copy_to; approve if it is right (asked once)",
        ),
    ),
    (_R.FIRST_ADDRESS, "rehearsal_to"): (
        ("リハーサルの宛先が自社のドメインの外（{value}）", "rehearsals go outside our domain ({value})"),
        (
            "リハーサルのたびに番号とキーが届きます。rehearsal_to を確認し、正しければ承認（確認は一度だけ）",
            "it gets number and key of every rehearsal: check rehearsal_to; approve if it is right (asked once)",
        ),
    ),
    (_R.WRONG_INVOICE, "issuer"): (
        (
            "請求書に別の発注者の名前があり、この発注者の名前がない（{value}）",
            "the invoice names another issuer, and not this one ({value})",
        ),
        None,
    ),
    (_R.WRONG_INVOICE, "contractor"): (
        (
            "請求書に別の請求者の名前があり、この案件の受注者の名前がない（{value}）",
            "the invoice names another contractor, and not this project's ({value})",
        ),
        None,
    ),
    (_R.INVOICE_UNCLEAR, "issuer"): (
        (
            "請求書に、ほかの発注者の名前、又は似た名前がある（{value}）",
            "the invoice names another issuer too, or one of a similar name ({value})",
        ),
        (
            "請求書を開き、宛先がこの発注者であることを確認し承認。違えば正しい請求書に差替え",
            "open the invoice; approve if it is addressed to this issuer, else put the right one there",
        ),
    ),
    (_R.INVOICE_UNCLEAR, "project"): (
        (
            "請求書に、ほかの案件の名前・番号、又は似た名前がある（{value}）",
            "the invoice names another project too, or one of a similar name ({value})",
        ),
        (
            "請求書を開き、この案件の請求書であることを確認し承認。違えば正しい請求書に差替え",
            "open the invoice; approve if it is this project's, else put the right one there",
        ),
    ),
    (_R.INVOICE_UNCLEAR, "contractor"): (
        (
            "請求書に、ほかの請求者の名前、又は似た名前がある（{value}）",
            "the invoice names another contractor too, or one of a similar name ({value})",
        ),
        (
            "請求書を開き、請求者がこの案件の受注者であることを確認し承認。違えば正しい請求書に差替え",
            "open the invoice; approve if this project's contractor asks, else put the right one there",
        ),
    ),
}
"""Own words, and an own next step where there is one, of a hold whose ``detail`` is ``code`` or ``code: value``.

The words take the place of the reason's; ``{value}`` in them is the value, with control characters escaped.
"""
