"""What is wrong with an issuer's rule, its examples and a project's own rule: (Japanese, English), and what to do.

Its one promise: every code that the rule book's checks can give has its sentence here. It decides nothing.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "pattern_too_long": (
        "正規表現が長すぎます（上限 {limit} 文字）",
        "the pattern is too long (limit {limit} characters)",
    ),
    "file_name_ending": ("「{name}」は .pdf で終わっていません", '"{name}" does not end in .pdf'),
    "file_name_typed": (
        "お知らせのPDFを添付しない提出方法（notice）なのに、ファイル名があります",
        "the notice is typed and not attached, so it has no file name",
    ),
    "invoice_after_key": (
        "認証キーを請求書より先に提出する決まり（timing）なのに、請求書を同送することになっています",
        "the key goes before the invoice (timing), and still the invoice may ride along",
    ),
    "call_not_closing": (
        "送信後に電話する決まり（call_after）なのに、電話を待たずに完了することになっています",
        "a call is to be made (call_after), and still nothing is waited for",
    ),
    "line_key": (
        "この提出方法では、lines に認証キーを書けません",
        "the key must not stand in these lines",
    ),
    "invoice_number_twice": (
        "同じ保証の請求書が、同じ保証契約番号（または番号なし）で2件あります",
        "two invoices of one guarantee have the same contract number, or none",
    ),
    "number_two_products": (
        "保証契約番号 {value} が、2つの保証の種類に書かれています",
        "the contract number {value} is given for two kinds of guarantee",
    ),
    "nothing_to_do": (
        "メールでない提出方法なのに、人がすることが書かれていません",
        "nothing is mailed, and what a person does is not written",
    ),
    "fax_without_number": ("FAXで提出する課なのに、番号がありません", "a section that gets a fax has no number"),
    "call_without_phone": (
        "送信後に電話する決まり（call_after）なのに、この課の電話番号がありません",
        "a call is to be made (call_after), and this section has no telephone number",
    ),
    "sample_differs": (
        "見本「{sample}」が、同じ表の形式に合いません（{detail}）",
        'the sample "{sample}" does not have the form beside it ({detail})',
    ),
    "tested_value": (
        "「{name}」は、登録のない案件では条件に使えず、その案件は「必要項目の未登録」で止まります",
        'a project that has no value "{name}" is held here: a condition asks about it',
    ),
    "same_name": (
        "{file} も「{name}」です。画面でも台帳でも区別できません",
        '{file} is "{name}" too: neither people nor a ledger can tell them apart',
    ),
    "not_checked": (
        "公表元と照合した日がありません",
        "the day on which it was last compared with its source is not written",
    ),
    "unsaid_notice": (
        "番号とキーの出し方（notice）の記載がありません。メールの提出は「提出方法が未確認」で止まります",
        "how number and key are handed in (notice) is not written: it counts as open and holds what goes by e-mail",
    ),
    "unsaid_timing": (
        "提出の時期（timing）の記載がありません。メールの提出は「提出方法が未確認」で止まります",
        "when to submit (timing) is not written: it counts as open and holds what goes by e-mail",
    ),
    "unsaid_invoice": (
        "請求書の同送（invoice）の記載がありません。前払金・中間前払金の提出は「提出方法が未確認」で止まります",
        "whether the invoice rides along (invoice) is not written: it counts as open and holds advance and interim",
    ),
    "assumed_notice": (
        '番号とキーはお知らせのPDFで出すもの（notice = "attached"）と仮定しています',
        'it is assumed that the notice is attached (notice = "attached")',
    ),
    "assumed_timing": (
        '提出の時期は問わないもの（timing = "any"）と仮定しています',
        'it is assumed that it may go at any time (timing = "any")',
    ),
    "foreign_cc": (
        "CC の {address} は、発注者のドメインでも自社のドメインでもありません",
        "the cc {address} is neither in the issuer's domain nor in the contractor's",
    ),
    # --- Examples of an issuer ---
    "example_differs": (
        "見本（[[example]]）と異なります。見本：「{expected}」、実際：「{found}」",
        'this example comes out otherwise: expected "{expected}", found "{found}"',
    ),
    "examples_ok": (
        "見本は {examples} 件すべて一致しました（自社の設定 {own} 件、同梱の一覧 {shipped} 件）",
        "all {examples} examples come out as written ({own} of this configuration, {shipped} of the catalogue)",
    ),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "pattern_too_long": ("短くしてください", "make it shorter"),
    "file_name_ending": (
        '"認証キーのお知らせ_{{{{ notice.contract_number }}}}.pdf" のように書いてください',
        'write it like "notice_{{{{ notice.contract_number }}}}.pdf"',
    ),
    "file_name_typed": (
        'file_name を消すか、notice を "attached" または "both" にしてください',
        'take file_name out, or write notice = "attached" or "both"',
    ),
    "invoice_after_key": (
        'invoice = "never" とするか、timing を直してください',
        'write invoice = "never", or another timing',
    ),
    "call_not_closing": (
        'closes を "call" または "answer" にするか、call_after を消してください',
        'write closes = "call" or "answer", or take call_after out',
    ),
    "line_key": (
        '電子メールでは notice = "typed" または "both" のとき、ほかは form と upload のときだけ書けます',
        'write notice = "typed" or "both" for e-mail; otherwise only a form or an upload takes the key',
    ),
    "invoice_number_twice": (
        "number に、それぞれの保証契約番号を書いてください",
        "write into number which contract number each belongs to",
    ),
    "number_two_products": (
        "お知らせの商品（保証区分）を見て、その種類の番号だけに書いてください",
        "look at the kind of guarantee on the notice, and write it under that kind alone",
    ),
    "nothing_to_do": (
        "instructions（手順）か bring（持って行くもの）を書いてください",
        "write instructions (the steps) or bring (what to take along)",
    ),
    "fax_without_number": ("課に fax を書いてください", "write fax into the section"),
    "call_without_phone": ("課に phone を書いてください", "write phone into the section"),
    "sample_differs": ("見本か形式を直してください", "mend the sample or the form"),
    "tested_value": (
        "ない案件で別の値を使うなら {{% if values.{name} is defined %}} と書いてください",
        "for another value in its place write {{% if values.{name} is defined %}}",
    ),
    "same_name": (
        'それぞれに scope = "治山課" のように範囲を書いてください',
        'write scope = "…" into each: the bureau or kind of work',
    ),
    "not_checked": (
        "公表元（source）を確かめて、checked_on に日付を書いてください",
        "look at its source and write the day into checked_on",
    ),
    "unsaid_notice": (
        (
            '確かめて [rule.default] に notice = "attached"（お知らせPDFを添付）、"typed"（本文に記載）、'
            '"both"（両方）のどれかを書いてください。'
            '公表元に記載がなければ、ファイルの初めに assumed = ["notice"] と書きます'
        ),
        (
            'write notice = "attached", "typed" or "both" into [rule.default]; '
            'where the source does not say, write assumed = ["notice"] at the top of the file'
        ),
    ),
    "unsaid_timing": (
        (
            '確かめて [rule.default] に timing = "any"（いつでも）、"with_contract"（契約書と同時）、'
            '"with_invoice"（請求書と同時）、'
            '"before_contract"（契約書より前）、"before_invoice"（請求書より前）のどれかを書いてください。'
            '公表元に記載がなければ、ファイルの初めに assumed = ["timing"] と書きます'
        ),
        (
            'write timing = "any", "with_contract", "with_invoice", "before_contract" or "before_invoice" '
            "into [rule.default]; "
            'where the source does not say, write assumed = ["timing"] at the top of the file'
        ),
    ),
    "unsaid_invoice": (
        (
            '発注者に確かめて [rule.default] に invoice = "never"（同送しない）、"optional"（同送してもよい）、'
            '"required"（必ず同送する）のどれかを書いてください'
        ),
        'ask the issuer and write invoice = "never", "optional" or "required" into [rule.default]',
    ),
    "assumed_notice": (
        "確かめたら [rule.default] に notice を書き、assumed から外してください",
        "once it is certain, write notice into [rule.default] and take it out of assumed",
    ),
    "assumed_timing": (
        "確かめたら [rule.default] に timing を書き、assumed から外してください",
        "once it is certain, write timing into [rule.default] and take it out of assumed",
    ),
    "foreign_cc": (
        "認証キーも届きます。届いてよい相手か、確かめてください",
        "it receives the key too: make sure that it may",
    ),
    # --- Examples of an issuer ---
    "example_differs": (
        "提出方法（rule など）を直すか、発注者が決まりを変えたのなら、見本を書き換えてください",
        "mend the rule, or the example where the issuer has changed what it wants",
    ),
}
