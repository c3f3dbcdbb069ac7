"""Decides whether an invoice's own text agrees with what it rides along with: this project, this product, this amount.

Its one promise: an invoice that names another registered project, another product or another amount is never passed,
and one that does not say whose it is waits for a person. It does not know how the file was found, nor PDFs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from worker.invoice import holds_code
from worker.labels import is_broken
from worker.match import Register, fold_name
from worker.model import Attachment, Hold, Notice, PdfText, Product, Unreadable
from worker.rulebook import Issuer, Project
from worker.states import Reason
from worker.text import fold_hyphens, match_key, repair_radicals

TELLING: Final = 4
"""Characters from which a name or a value says whose it is: 道路 and 第1号 stand in many papers."""

_AMOUNTS_SHOWN: Final = 5
"""The largest are the invoice's own; beyond come item prices."""

_LINE_END_HYPHEN: Final = re.compile("[\u0002\ufffe](?=\r?\n|$)")
_AMOUNT: Final = re.compile(
    r"(?:金|¥|\\)(?P<marked>\d{1,3}(?:,\d{3})+|\d{4,12})"
    r"|(?<![\d,.])(?P<grouped>\d{1,3}(?:,\d{3})+)(?![\d,])"
    r"|(?<![\d,.])(?P<plain>\d{4,12})円",
    re.ASCII,
)
_YEAR: Final = re.compile("(?:令和|平成|R|H)?[0-9元]{1,4}(?:年度?)?")
_INTERIM_TITLE: Final = re.compile("中間前払金?請求書")
_ADVANCE_TITLE: Final = re.compile("(?<!中間)前払金?請求書")
_INTERIM: Final = "中間前払"
_ADVANCE: Final = re.compile("(?<!中間)前払")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One engine's text of all pages, as names and as numbers are looked for in it."""

    squeezed: str
    """Without spaces and line ends."""
    spaced: str
    """Spaces and line ends as one space each: where they are gone, the numbers of two lines run together."""
    folded: tuple[str, ...]
    """As ``fold_name`` has it, line by line and at once: a name may be broken anywhere."""
    amounts: frozenset[int]


@dataclass(frozen=True, slots=True)
class InvoiceText:
    """What the engines read of an invoice."""

    readings: tuple[_Reading, ...]

    def names(self, name: str, beside: str = "") -> bool:
        """Whether the folded ``name`` stands in it, with every ``beside`` taken out first."""
        texts = (text for each in self.readings for text in each.folded)
        return any(name in (text.replace(beside, "\n") if beside else text) for text in texts)

    def numbers(self, code: str) -> bool:
        """Whether this match key stands alone in it."""
        return any(holds_code(each.spaced, code) or holds_code(each.squeezed, code) for each in self.readings)

    @property
    def amounts(self) -> frozenset[int]:
        """Every amount of money, in yen, that any engine read."""
        return frozenset().union(*(each.amounts for each in self.readings))


def read_invoice(text: PdfText | Unreadable | None) -> InvoiceText | str:
    """What the invoice says, or in a sentence why nobody can tell."""
    if text is None:
        return "文字を読み取っていません"
    if isinstance(text, Unreadable):
        return f"文字を読み取れません（{text.reason.value}）"
    plumber = "\n".join(page.plumber for page in text.pages)
    pdfium = "\n".join(_LINE_END_HYPHEN.sub("-", page.pdfium) for page in text.pages)
    if not plumber.strip() or not pdfium.strip():
        return "文字がありません（画像のみ）"
    if is_broken(plumber) or is_broken(pdfium):
        return "文字化けしています"
    deduped = "\n".join(page.deduped for page in text.pages)
    # A name that is broken inside its cell is whole only there.
    deduped += "\n".join("\n".join(row) for page in text.pages for row in page.tables)
    return InvoiceText(tuple(_read(each) for each in (plumber, pdfium, deduped) if each.strip()))


def check_invoice(
    attached: Attachment,
    text: PdfText | Unreadable | None,
    notice: Notice,
    project: Project,
    issuer: Issuer,
    register: Register,
    amount: int | None,
) -> tuple[Hold, ...]:
    """Everything in its text that speaks against sending ``attached`` as this guarantee's invoice.

    ``amount`` is the one that the register gives for this file, in yen.
    """
    file = f"{attached.filename} {attached.sha256[:8]}"
    faults: list[str] = []
    doubts: list[str] = []
    found = read_invoice(text)
    if isinstance(found, str):
        doubts.append(found)
    else:
        faults += _of_project(found, notice, project, issuer, register)
        for is_fault, sentence in (*_of_product(found, notice.product), *_of_amount(found, amount)):
            (faults if is_fault else doubts).append(sentence)
    return (
        *(Hold(Reason.WRONG_INVOICE, f"{file} {sentence}") for sentence in faults),
        *(Hold(Reason.INVOICE_UNREADABLE, f"{file} {sentence}") for sentence in doubts),
    )


# --- Whose it is ------------------------------------------------------------------------------------------------


def _of_project(
    found: InvoiceText, notice: Notice, project: Project, issuer: Issuer, register: Register
) -> Iterator[str]:
    own = fold_name(project.name)
    others = tuple(_others_named(found, notice, project, register))
    if others:
        yield f"別の案件の名前か番号があります: {', '.join(others)}"
    if found.numbers(match_key(notice.contract_number)) or _names_value(found, project, register):
        return
    if not found.names(own):
        yield f"この案件の名前も番号もありません: {project.name}"
    elif not _tells_apart(found, own, project, issuer, register):
        yield f"同じ名前の案件と区別できません: {project.name}"


def _others_named(found: InvoiceText, notice: Notice, project: Project, register: Register) -> Iterator[str]:
    """Other registered projects by their names, and numbers that are another project's."""
    own = fold_name(project.name)
    for name, projects in register.by_folded.items():
        # A longer name that holds ours is read in the text as it stands, any other beside ours.
        if name != own and len(name) >= TELLING and found.names(name, "" if own in name else own):
            yield projects[0].name
    number = match_key(notice.contract_number)
    for other, projects in register.by_number.items():
        if other != number and project not in projects and len(other) >= TELLING and found.numbers(other):
            yield other


def _names_value(found: InvoiceText, project: Project, register: Register) -> bool:
    """Whether a registered value of this project alone (工事番号) stands in it."""
    own = [value for value in map(match_key, project.values.values()) if len(value) >= TELLING and found.numbers(value)]
    if not own:
        return False
    others = {
        match_key(value)
        for other in register.by_id.values()
        if other.id != project.id
        for value in other.values.values()
    }
    return any(value not in others and any(map(str.isdigit, value)) and not _YEAR.fullmatch(value) for value in own)


def _tells_apart(found: InvoiceText, own: str, project: Project, issuer: Issuer, register: Register) -> bool:
    """Whether the name is enough: no other project has it, or only those of other issuers and this one is named."""
    same = [each for each in register.by_folded.get(own, ()) if each.id != project.id]
    if any(each.issuer == project.issuer for each in same):
        return False
    return not same or any(found.names(fold_name(name)) for name in (issuer.name, *issuer.aliases) if name)


# --- What it is for, and how much ---------------------------------------------------------------------------------


def _of_product(found: InvoiceText, product: Product) -> Iterator[tuple[bool, str]]:
    """Faults (True) and doubts: an interim payment's invoice often speaks of the advance too, so the title decides."""
    text = "\n".join(each.squeezed for each in found.readings).replace("前金払", "前払")
    is_interim, is_advance = _INTERIM_TITLE.search(text) is not None, _ADVANCE_TITLE.search(text) is not None
    if is_interim is is_advance:
        is_interim, is_advance = is_interim or _INTERIM in text, is_advance or _ADVANCE.search(text) is not None
    if is_interim and is_advance:
        yield False, "前払金と中間前払金のどちらの請求書か、文字では決められません"
    elif not is_interim and not is_advance:
        yield False, "前払金の文字がありません"
    elif is_interim is not (product is Product.INTERIM):
        yield True, "中間前払金の請求書です" if is_interim else "前払金の請求書です"


def _of_amount(found: InvoiceText, registered: int | None) -> Iterator[tuple[bool, str]]:
    """The registered amount must stand in it, as every engine reads it."""
    if registered is None:
        return
    plumber, pdfium = found.readings[0].amounts, found.readings[1].amounts
    if not found.amounts:
        yield False, f"金額を読み取れません（登録: {registered:,}円）"
    elif registered not in found.amounts:
        read = ", ".join(f"{amount:,}円" for amount in sorted(found.amounts, reverse=True)[:_AMOUNTS_SHOWN])
        yield True, f"金額が登録と違います（請求書: {read}、登録: {registered:,}円）"
    elif registered not in plumber or registered not in pdfium:
        yield False, f"金額の読み取りが一致しません（登録: {registered:,}円）"


def _read(text: str) -> _Reading:
    repaired = repair_radicals(text)
    lines = [match_key(line) for line in repaired.splitlines()]
    squeezed = "".join(lines)
    spaced = " ".join(fold_hyphens(unicodedata.normalize("NFKC", repaired)).split())
    found = (amount for line in lines for amount in _AMOUNT.finditer(line))
    amounts = (each["marked"] or each["grouped"] or each["plain"] for each in found)
    return _Reading(
        squeezed,
        spaced,
        ("".join(map(fold_name, lines)), fold_name(squeezed)),
        frozenset(int(amount.replace(",", "")) for amount in amounts),
    )
