"""The sentences that 0.1.0 and the programs after it stored, until holds became codes with parameters.

They are never shown. They decide whether an answer given to such a sentence is an answer to a hold of today, and
whether steps that were stored as sentences are those of today. They stay as they are: stored data holds them.
"""

from __future__ import annotations

from typing import Final

from worker.core.messages.on_pages import speaking_as_stored
from worker.core.messages.sentences import SentenceWriter
from worker.core.model import Hold
from worker.core.params import Params
from worker.core.states import Reason

_R: Final = Reason


def _alone(table: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {code: (words, words) for code, words in table.items()}


_TIMES: Final = {
    "with_contract": "契約書[[（{day:date}）]]と同時に提出",
    "with_invoice": "請求書[[（{day:date}）]]と同時に提出",
    "before_contract": "契約書[[（{day:date}）]]より前[[、{last:date}まで]]に提出",
    "before_invoice": "請求書[[（{day:date}）]]より前[[、{last:date}まで]]に提出",
}
_DUTIES: Final = {
    **_TIMES,
    "no_steps": "提出の手順がルールにありません。発注者に確認し、instructions に書いてください",
    "if_attached": "請求書を一緒に提出するとき：{sentence}",
    "if_apart": "請求書を別に提出するとき：{sentence}",
    "hand_in_invoice": "{title:invoice}を別途提出",
    "fax_number": "FAX番号",
    "no_fax": "未登録（発注者に確認し、課の fax に書く）",
    "contract_number": "保証契約番号",
    "key": "認証キー",
    "key_on_notice": "{key}（お知らせのPDFに記載）",
    "own_rule": "projects.toml（{project}）[[、ほかは {source}]]",
}
_INSTEAD: Final = "紙の証書に切り替えるか、発注者の了解を得てください"

_HOLDS: Final[dict[tuple[Reason, str], str]] = {
    (_R.APPROVAL, ""): "",
    (_R.CHANGED, ""): "",
    (_R.NAME_ONLY, ""): "{project}",
    (_R.NUMBER_DIFFERS, ""): "{project}: {others}",
    (_R.SEEN_BEFORE, ""): "{earlier}",
    (_R.REHEARSED, ""): "{times}",
    (_R.NOT_SENT, ""): "{times}",
    (_R.ALREADY_RESUBMITTED, ""): "{value}",
    (_R.FIRST_ADDRESS, ""): "{address}",
    (_R.LARGE_ATTACHMENT, ""): "{file} {bytes:mb}",
    (_R.RULE_CHANGED, "changed"): "{file} {before} → {after}[[ (checked_on {checked_before} → {checked_now})]]",
    (_R.RULE_CHANGED, "checked_on"): "{file} checked_on {checked} < {april}",
    (_R.RULE_CHANGED, "until"): "section.{section}.until {day}",
    (_R.CONTACT_FIRST, ""): "{project}：{asked}[[（{told: }）]]",
    **{(_R.TIMING, code): f"{{project}}：{words}" for code, words in _TIMES.items()},
    (_R.TIMING, "no_contract_day"): (
        "{project}：契約日（dates の contract）が未登録です。請求書は契約日より前に送りません"
    ),
    (_R.TIMING, "from_contract_day"): "{project}：請求書を送るのは契約日（{day:date}）から",
    (_R.NOT_ELIGIBLE, "excluded"): f"{{project}}：公告等で電子保証の対象外とされた案件です（excluded）。{_INSTEAD}",
    (_R.NOT_ELIGIBLE, "missed"): f"{{project}}：{{facts:sentences}}{_INSTEAD}",
    (_R.ELIGIBILITY_UNKNOWN, "lacking"): (
        "{project}：電子保証の対象か分かりません。次を案件に登録するか、発注者に確認してください：{asked:alternatives}"
    ),
    **{
        (_R.INVOICE_UNCLEAR, code): f"{code}: {{file}} {{digits}} {{names}}"
        for code in ("issuer", "project", "contractor")
    },
    (_R.INVOICE_UNREADABLE, "not_read"): "{file} {digits} 文字を読み取っていません",
    (_R.INVOICE_UNREADABLE, "refused"): "{file} {digits} 文字を読み取れません（{why}）",
    (_R.INVOICE_UNREADABLE, "no_text"): "{file} {digits} 文字がありません（画像のみ）",
    (_R.INVOICE_UNREADABLE, "broken"): "{file} {digits} 文字化けしています",
    (_R.INVOICE_UNREADABLE, "either_product"): (
        "{file} {digits} 前払金と中間前払金のどちらの請求書か、文字では決められません"
    ),
    (_R.INVOICE_UNREADABLE, "no_product"): "{file} {digits} 前払金の文字がありません",
    (_R.INVOICE_UNREADABLE, "no_amount"): "{file} {digits} 金額を読み取れません（登録: {registered:yen}）",
    (_R.INVOICE_UNREADABLE, "amounts_disagree"): (
        "{file} {digits} 金額の読み取りが一致しません（登録: {registered:yen}）"
    ),
}
"""By reason and code. Reasons that cannot be answered are not among them. ``code: value`` needs no words."""

_EVIDENCE: Final = {
    "flaw_headers": "ヘッダーの書き方が正しくない",
    "flaw_no_from": "差出人（From）がない",
    "flaw_two_froms": "差出人（From）が2つ以上ある",
    "flaw_unclear": "差出人（From）を1つのアドレスとして読めない",
    "by_server": "{address}：受信サーバーの確認結果（dkim {domain}）",
    "by_signature": "{address}：電子署名（DKIM {domain}）",
    "by_open_signature": "{address}：電子署名（DKIM {domain}）。その鍵はDNSSECで確かめていない",
    "open_dns_alone": (
        "{address}：電子署名（DKIM {domain}）は合うが、鍵をDNSSECで確かめられない（auto・hold では認めない）"
    ),
    "answers": "{address}：返信・自動応答・配信通知（{by}）の中のものは、保証会社のものと確かめられない",
    "enclosed": "{address}：添付されたメールの中のものは、保証会社のものと確かめられない",
    "unattended": "{address}：自動で送られたメール（{by}）は、社内の方のものと確かめられない",
    "nobodys": "{address}：保証会社（guarantors.toml の senders）にも、[intake] colleagues にもない差出人",
    "others": "{address}：この保証会社の差出人（guarantors.toml の senders）ではない",
    "signature": "{address}：{own:fact}",
    "server_too": "{address}：受信サーバーは電子署名を確認したが、{server:fact}、{own:fact}",
    "neither": "{address}：{stand:fact}、{own:fact}",
}

_FACTS: Final = {
    "original_alone": "変更契約は対象外です（当初の契約だけが対象です）",
    "approval_unknown": "この案件を電子保証の対象とする発注者の承認（approval）があるか",
    "other_product": "{own:product}は対象の保証（{taken:product}）ではありません",
    "kind_unknown": "契約の種類（kind）が{taken:kind_or}か",
    "other_kind": "{own:kind}は対象の契約の種類（{taken:kind}）ではありません",
    "award_unknown": "契約方法（award）が{taken:award_or}か",
    "other_award": "{own:award}は対象の契約方法（{taken:award}）ではありません",
    "tendering_unknown": "入札を行った部署（tendered_by）が{taken:_or}か",
    "other_tendering": "入札を行った部署（{own}）は対象の部署（{taken:section}）ではありません",
    "amount_unknown": "請負金額（amount）が{least:yen}以上か",
    "amount_below": "請負金額 {amount:yen} は対象の下限 {least:yen}を下回ります",
    "day_unknown": "{days:day_key_or}が{since:date}以降か",
    "day_before": "{which:day} {day:date} は対象の開始日 {since:date}より前です",
    "signature_none": "電子署名（DKIM）がない",
    "signature_not_tried": "電子署名（DKIM）は確かめていない",
    "signature_other_domain": "電子署名（DKIM）が別のドメインのもの",
    "signature_unsupported": "電子署名（DKIM）が読めない形式",
    "signature_from_unsigned": "電子署名（DKIM）が差出人を含まない",
    "signature_field_unsigned": "電子署名（DKIM）が {about} を含まない",
    "signature_field_twice": "{about} が2つ以上ある",
    "signature_too_old": "電子署名（DKIM）が受信の30日より前のもの（古いメールの再送のおそれ）",
    "signature_no_date": "電子署名（DKIM）の日時、又は受信の日時が分からない",
    "signature_body_in_part": "電子署名（DKIM）が本文の一部だけのもの",
    "signature_expired": "電子署名（DKIM）の期限切れ",
    "signature_no_key": "電子署名（DKIM）の鍵が公開されていない",
    "signature_weak_key": "電子署名（DKIM）の鍵が短すぎる",
    "signature_on_trial": "電子署名（DKIM）の鍵が試験用",
    "signature_changed": "電子署名（DKIM）が内容と合わない（途中で変わった）",
    "signature_not_whole": "大きなメールのため電子署名（DKIM）を確かめられない",
    "signature_dns": "DNSに届かず電子署名（DKIM）を確かめられない",
    "server_found": "受信サーバーも差出人を確認していない",
    "server_not_set": "受信サーバーの名前（authserv_id）が未設定",
    "server_none": "受信サーバーの確認結果がない",
    "server_two": "受信サーバーの確認結果が2つ以上ある（偽造のおそれ）",
    "server_below": "受信サーバーの確認結果の位置がおかしい（偽造のおそれ）",
    "server_unreadable": "受信サーバーの確認結果を読み取れない",
    "server_only_others": "受信サーバーが確認したのはSPF等だけ（電子署名（DKIM）の確認がない）",
}
_NAMES: Final = {
    "product": _alone({"contract": "契約保証", "advance": "前払金保証", "interim": "中間前払金保証"}),
    "invoice": _alone({"advance": "前払金請求書", "interim": "中間前払金請求書"}),
    "kind": _alone({"works": "工事", "consulting": "業務委託", "other": "その他の契約"}),
    "award": _alone({"open": "一般競争入札", "designated": "指名競争入札", "discretionary": "随意契約"}),
    "day": _alone(
        {
            "procedure_start": "発注手続の開始日",
            "announcement": "公告日",
            "designation": "指名日",
            "notification": "通知日",
            "bid": "入札日",
            "award": "落札日",
            "contract": "契約日",
            "original_contract": "当初契約の契約日",
            "guarantee": "保証契約の契約日",
        }
    ),
}
_SENTENCES: Final = SentenceWriter(_NAMES, _alone(_FACTS), {}, or_ja="又は")
_JA: Final = 0


def old_detail(hold: Hold) -> str | None:
    """Returns the detail of ``hold`` as an older program stored it; None for a hold that it did not know."""
    params = hold.params
    if params.is_text:
        return params.old_text
    if hold.reason is Reason.SENDER_UNPROVEN:
        words: str | None = _EVIDENCE.get(params.code) if params else ""
    else:
        words = _HOLDS.get((hold.reason, params.code))
    if words is not None:
        return _fill(words, params)
    if params.code and params.keys() <= {"code", "value"}:
        return f"{params.code}: {params.word('value')}" if "value" in params else params.code
    return None


def old_told(told: object) -> object:
    """Returns ``told``, a sentence or tuples of sentences, as an older program stored it."""
    if isinstance(told, tuple):
        return tuple(map(old_told, told))
    return _fill(_DUTIES[told.code], told) if isinstance(told, Params) else told


def _fill(words: str, params: Params) -> str:
    """Fills a sentence in the same way on a page as in the service: what is stored has one form."""
    with speaking_as_stored():
        return _SENTENCES.fill(words, params, _JA)
