"""The tables of docs/issuers.md: what the shipped catalogue says of each issuer, in the words of the office."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from worker.config.load import Configuration
from worker.core.japanese_dates import write_date
from worker.core.messages.reasons import NAMES
from worker.core.model import PRODUCT_NAMES, Channel, Product
from worker.core.rulebook import (
    Closing,
    Conditional,
    Eligibility,
    InvoiceRule,
    Issuer,
    NoticeForm,
    Rule,
    Sentence,
    Timing,
    When,
)
from worker.service.wiring import load_catalogue

CHANNELS: Mapping[Channel, str] = {
    Channel.EMAIL: "電子メール",
    Channel.FORM: "申請フォーム",
    Channel.UPLOAD: "電子契約システム",
    Channel.PAPER: "書面",
    Channel.FAX: "ファックス",
    Channel.UNKNOWN: "未確認",
}
NOTICES = {
    NoticeForm.ATTACHED: "お知らせ",
    NoticeForm.TYPED: "番号とキーを本文に",
    NoticeForm.BOTH: "お知らせ、本文にも",
}
INVOICES = {InvoiceRule.NEVER: "添えない", InvoiceRule.OPTIONAL: "添えてよい", InvoiceRule.REQUIRED: "必ず添える"}
TIMINGS = {
    Timing.ANY: "",
    Timing.WITH_CONTRACT: "契約書と同時",
    Timing.WITH_INVOICE: "請求書と同時",
    Timing.BEFORE_CONTRACT: "契約書より前",
    Timing.BEFORE_INVOICE: "請求書より前",
}
CLOSINGS = {Closing.CALL: "電話で完了", Closing.ANSWER: "", Closing.NONE: "不達が無ければ完了"}
BREAK = "<br>"
UNSEEN = "（未確認）"
ASSUMED = "（仮定）"


def ways_table() -> str:
    """One row per issuer: how each product is submitted."""
    lines = [
        "| 発注者 | 提出方法と提出先 | 件名 | 書類 | 請求書 | 連絡・時期・完了 |",
        "|---|---|---|---|---|---|",
    ]
    for issuer in _issuers():
        cells = [_per_product(issuer, column) for column in (_way, _subject, _documents, _invoice, _moment)]
        lines.append(_row(f"{issuer.full_name}{BREAK}`{issuer.id}`", *cells))
    return "\n".join(lines)


def sources_table() -> str:
    """One row per issuer: its contracts, the open questions, and the source."""
    lines = ["| 発注者 | 電子保証の対象 | 未確認の項目 | 備考 | 出典（確認日） |", "|---|---|---|---|---|"]
    for issuer in _issuers():
        taken = BREAK.join(_eligibility(issuer, each) for each in issuer.eligibility) or UNSEEN
        open_ = BREAK.join([*(f"`{key}`" for key in _open_keys(issuer)), *_assumed(issuer)]) or "－"
        checked = f"（{issuer.checked_on}）" if issuer.checked_on else ""
        source = f"<{issuer.source}>" if issuer.source.startswith("http") else issuer.source
        lines.append(_row(issuer.full_name, taken, open_, issuer.note or "－", source + checked))
    return "\n".join(lines)


def _issuers() -> list[Issuer]:
    catalogue: Configuration = load_catalogue()
    return sorted(catalogue.issuers.values(), key=lambda issuer: issuer.id)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", BREAK) for cell in cells) + " |"


# --- One rule --------------------------------------------------------------------------------------------------


def _per_product(issuer: Issuer, describe: Callable[[Issuer, Product, Rule], str]) -> str:
    """The text of ``describe`` for each rule; products with the same text are listed together."""
    said: dict[str, list[str]] = {}
    for product in Product:
        text = describe(issuer, product, issuer.rules[product])
        said.setdefault(text, []).append(PRODUCT_NAMES[product])
        amended = issuer.amended_rules.get(product)
        if amended is not None and describe(issuer, product, amended) != text:
            said.setdefault(describe(issuer, product, amended), []).append(f"{PRODUCT_NAMES[product]}（変更契約）")
    if len(said) == 1:
        return next(iter(said)) or "－"
    return BREAK.join(f"{'・'.join(names)}：{text}" for text, names in said.items() if text)


def _is_open(rule: Rule, name: str) -> bool:
    return any(key.rpartition(".")[2] == name for key in rule.open)


def _is_wholly_open(rule: Rule) -> bool:
    """The file calls a whole table uncertain: ``rule.advance``."""
    return any(key.startswith("rule.") and key.count(".") == 1 for key in rule.open)


def _mark(text: str, rule: Rule, name: str) -> str:
    """``text``, marked if the issuer's file calls it uncertain or an assumption."""
    if name in rule.assumed and text:
        return text + ASSUMED
    return (text + UNSEEN if text else UNSEEN) if _is_open(rule, name) else text


def _way(issuer: Issuer, _product: Product, rule: Rule) -> str:
    way = CHANNELS[rule.channel]
    place = "案件ごとの課" if rule.section == "project" else issuer.sections[rule.section].name
    if rule.channel is Channel.UNKNOWN:
        return f"{way}（{place}）" if not _is_open(rule, "section") else way
    place = f"{place}{UNSEEN}" if _is_wholly_open(rule) else _mark(place, rule, "section")
    return f"{way} → {place}" + (f"［{rule.chosen}］" if rule.chosen else "")


def _subject(_issuer: Issuer, _product: Product, rule: Rule) -> str:
    if rule.channel is not Channel.EMAIL:
        return ""
    words = {"product": rule.product_word, "project.name": "工事名", "contractor.name": "受注者名"}
    text = rule.subject
    for name, word in words.items():
        text = text.replace("{{ " + name + " }}", word if name == "product" else f"〔{word}〕")
    text = text.replace('{{ values["', "〔").replace('"] }}', "〕")
    return _mark(f"`{text}`" if text else "", rule, "subject")


def _documents(_issuer: Issuer, _product: Product, rule: Rule) -> str:
    if rule.channel is Channel.UNKNOWN:
        return ""
    parts = [_mark(NOTICES[rule.notice], rule, "notice")]
    parts += [f"{name}（必須）" for name in rule.documents_required]
    parts += [f"{name}（任意）" for name in rule.documents_allowed]
    if rule.other_documents:
        parts.append("その他の必要書類")
    if rule.lines:
        parts.append(f"本文に {'・'.join(line.title for line in rule.lines)}")
    text = "、".join(rule.bring or parts) + "".join(f"［{_sentence(each)}］" for each in rule.conditions)
    return _mark(text, rule, "documents_required")


def _sentence(sentence: Sentence) -> str:
    if not isinstance(sentence, Conditional):
        return sentence
    return f"請求書を{'添える' if sentence.when is When.ATTACHED else '別に出す'}とき、{sentence.text}"


def _invoice(_issuer: Issuer, product: Product, rule: Rule) -> str:
    if rule.channel is not Channel.EMAIL or product is Product.CONTRACT:
        return ""
    return UNSEEN if _is_open(rule, "invoice") else INVOICES[rule.invoice]


def _moment(_issuer: Issuer, _product: Product, rule: Rule) -> str:
    parts: Iterable[str] = (
        f"事前：{rule.contact_first}" if rule.contact_first else "",
        _mark(TIMINGS[rule.timing], rule, "timing"),
        "送信後に電話" if rule.call_after else "",
        CLOSINGS[rule.closes] if not rule.call_after else "",
        *(f"後日：{_sentence(each)}" for each in rule.after),
    )
    return "、".join(filter(None, parts))


# --- For which contracts ---------------------------------------------------------------------------------------


def _eligibility(issuer: Issuer, alternative: Eligibility) -> str:
    parts = [
        *([f"{write_date(alternative.since)}以降（{_either(alternative)}）"] if alternative.since else []),
        *(["・".join(PRODUCT_NAMES[each] for each in alternative.products)] if alternative.products else []),
        *(["・".join(NAMES["kind"][each][0] for each in alternative.kinds)] if alternative.kinds else []),
        *(["・".join(NAMES["award"][each][0] for each in alternative.awards)] if alternative.awards else []),
    ]
    if alternative.tendered_by:
        parts.append("・".join(issuer.sections[each].name for each in alternative.tendered_by) + "の発注")
    if alternative.min_amount is not None:
        parts.append(f"{alternative.min_amount:,}円以上")
    if alternative.original_only:
        parts.append("変更契約は当初契約の日で")
    if not alternative.amended:
        parts.append("変更契約を除く")
    if alternative.approval:
        parts.append("発注者が案件ごとに認めたもの")
    return "、".join(parts) + (UNSEEN if alternative.open else "")


def _either(alternative: Eligibility) -> str:
    return "又は".join(NAMES["day"][each][0] for each in alternative.counted_by)


def _open_keys(issuer: Issuer) -> list[str]:
    rules = (*issuer.rules.values(), *issuer.amended_rules.values())
    keys = [key for section in issuer.sections.values() for key in section.open]
    return list(dict.fromkeys([*keys, *(key for rule in rules for key in rule.open)]))


def _assumed(issuer: Issuer) -> list[str]:
    """The assumptions in the file for the rules by e-mail, in one line."""
    rules = (*issuer.rules.values(), *issuer.amended_rules.values())
    keys = dict.fromkeys(key for rule in rules if rule.channel is Channel.EMAIL for key in rule.assumed)
    return ["仮定：" + "、".join(f"`{key}`" for key in keys)] if keys else []
