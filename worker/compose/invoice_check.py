"""Checks that an invoice's own text agrees with its submission: this project, this product, this amount.

An invoice that names another registered project, another product or another amount never passes. An invoice that does
not name its project waits for a person. The way the file was found, and PDFs, are not handled here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from worker.compose.attachments import holds_code, number_form
from worker.core.model import INVOICE_TITLES, Attachment, Hold, Notice, PdfText, Product, Unreadable
from worker.core.params import Params
from worker.core.rulebook import Issuer, Project, invoice_for
from worker.core.states import Reason
from worker.core.text import fold_hyphens, is_broken, match_key, repair_radicals, with_line_end_hyphens
from worker.match.match import Register, fold_firm, fold_name

TELLING: Final = 4
"""Minimum length of a name or value that identifies a project: 道路 and 第1号 occur in many papers."""

_TOWN: Final = 2
"""Characters from which a name is an issuer's: 津市."""

_AMOUNTS_SHOWN: Final = 5
"""The largest are the invoice's own; beyond come item prices."""

_ADDRESS: Final = re.compile(
    r"^(?!.*(?:様|殿|御中)).*?(?:住所|所在地|〒|(?:工事|施工|履行|納入)(?:場所|箇所)).*$"
    r"|(?![^0-9]{0,12}(?:番号|課|長(?=#?[0-9])|電話|(?i:tel|fax)))"
    r"[^0-9#様殿中]{1,12}#?(?!0)[0-9]+#?(?:丁目|番|-#?[0-9]|の#?[0-9])"
)
"""Matches an address or place of work in a folded line. A town named there is not the party that is asked to pay.

The number of a paper or of a telephone, and one after an office or its head, is not a street number.
"""
_PAYER: Final = re.compile("発注者|注文者|あて|宛")
"""In a line that says who pays no town is passed over."""
_LARGER: Final = "東西南北上下中新大小"
"""Before a town's name these make another town's: 東川北町."""
_STANDS_ALONE: Final = re.compile(r"(?:^|[^一-鿿々ケヶ]|[都道府県郡市区町村者人官長所先宛方名日様])$")
"""Before a town's name in its line: its prefecture, an office, a label or a date. Any other ideograph is part of it."""
_FIRM: Final = 3
"""Characters from which a firm is known without its legal form: 山田組."""
_LEGAL_FORM: Final = re.compile("株式会社|有限会社|合同会社|合資会社|合名会社")
_VARIANTS: Final = str.maketrans(
    "髙﨑嵜齋齊斉邊邉澤濵濱廣國龍竈嶋嶌櫻德惠眞瀧槇ヶ", "高崎崎斎斎斎辺辺沢浜浜広国竜釜島島桜徳恵真滝槙ケ"
)
"""Characters of names that one paper writes so and another so."""
_FURTHER: Final = r"(?=その[#0-9一二三四五六七八九十]|#[0-9]+#工区)"
"""After a project's name this makes another project's name: 道路改良工事その2."""

_GUARANTEE_NUMBER: Final = re.compile(
    r"(?:保証(?:契約|証書|証券|書)?|証券)(?:番号|No\.?)[^0-9A-Za-z\n]{0,8}\n?第?"
    r"(?P<number>[0-9A-Za-z][0-9A-Za-z-]{4,}[0-9A-Za-z])"
)
"""Matches the number of a guarantee behind its label or at the beginning of the next line, in folded lines."""

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
    """Spaces and line ends as one space each: without them, the numbers of two lines would run together."""
    folded: tuple[str, ...]
    """As ``fold_name`` has it, line by line and at once: a name may be broken anywhere."""
    parties: tuple[str, ...]
    """The same with legal forms written out and without addresses: who asks, and who is asked."""
    party_lines: tuple[str, ...]
    """The lines of ``parties``."""
    labelled: tuple[str, ...]
    """The numbers behind a label that says that they are a guarantee's."""
    amounts: frozenset[int]


@dataclass(frozen=True, slots=True)
class InvoiceText:
    """The text of an invoice, as each engine read it."""

    readings: tuple[_Reading, ...]

    def names(self, name: str) -> bool:
        """Returns whether the text holds the folded ``name``."""
        return any(name in text for each in self.readings for text in each.folded)

    def numbers(self, code: str) -> bool:
        """Returns whether the text holds this match key alone."""
        return any(holds_code(each.spaced, code) or holds_code(each.squeezed, code) for each in self.readings)

    @property
    def amounts(self) -> frozenset[int]:
        """Every amount of money, in yen, that any engine read."""
        return frozenset().union(*(each.amounts for each in self.readings))


def read_invoice(text: PdfText | Unreadable | None) -> InvoiceText | Params:
    """Returns the text of the invoice, or the parameters of the hold that says why it cannot be read."""
    if text is None:
        return Params(code="not_read")
    if isinstance(text, Unreadable):
        return Params(code="refused", why=text.reason.value)
    plumber = "\n".join(page.plumber for page in text.pages)
    pdfium = "\n".join(with_line_end_hyphens(page.pdfium) for page in text.pages)
    if not plumber.strip() or not pdfium.strip():
        return Params(code="no_text")
    if is_broken(plumber) or is_broken(pdfium):
        return Params(code="broken")
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
    issuers: Iterable[Issuer] = (),
    numbers_before: Iterable[str] = (),
) -> tuple[Hold, ...]:
    """Everything in its text that speaks against sending ``attached`` as this guarantee's invoice.

    ``amount`` is the one that the register gives for this file, in yen; ``issuers`` are all of the configuration.
    ``numbers_before`` are those of earlier guarantees of this project and product.
    """
    file = {"file": attached.filename, "digits": attached.sha256[:8]}
    found = read_invoice(text)
    if isinstance(found, Params):
        return (Hold(Reason.INVOICE_UNREADABLE, Params(**found, **file)),)
    holds = list(_of_project(found, file, notice, project, issuer, register))
    holds += _of_guarantee(found, file, notice, project, register, numbers_before)
    holds += _of_party("issuer", file, _named_issuers(found, issuer, issuers))
    holds += _of_party("contractor", file, _named_contractors(found, project, register))
    for is_fault, told in (*_of_product(found, notice.product), *_of_amount(found, amount)):
        holds.append(Hold(Reason.WRONG_INVOICE if is_fault else Reason.INVOICE_UNREADABLE, Params(**told, **file)))
    return tuple(holds)


# --- Whose it is ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Named:
    """The configured names that occur in an invoice by themselves."""

    own: bool
    larger: tuple[str, ...]
    """Names that hold ours and that the configuration does not know."""
    others: tuple[str, ...]
    """Names of other parties."""
    strangers: tuple[str, ...]
    """Those of ``others`` that neither hold ours nor are held by it."""


def _look_for(
    texts: Iterable[str], own: Iterable[str], others: Iterable[str], before: str = "", behind: str = ""
) -> _Named:
    """Takes longer names out before it looks for shorter ones, so that a part of a name matches nothing.

    ``before`` and ``behind`` are the affixes that turn one of our names into another name, which need not be
    configured.
    """
    ours = tuple(dict.fromkeys(filter(None, own)))
    theirs = [each for each in dict.fromkeys(filter(None, others)) if each not in ours]
    names = sorted((*ours, *theirs), key=len, reverse=True)
    found: dict[str, None] = {}
    larger: dict[str, None] = {}
    for text in texts:
        rest = text
        for name in names:
            if name not in rest:
                continue
            if name in ours:
                written = re.escape(name)
                if behind and (further := re.search(written + behind, rest)):
                    larger[further[0] + "…"] = None
                    rest = re.sub(written + behind, "\n", rest)
                if before and (longer := re.search(f"[{before}]{written}", rest)):
                    larger[longer[0]] = None
                    rest = re.sub(f"[{before}]{written}", "\n", rest)
            if name in rest:
                found[name] = None
                rest = rest.replace(name, "\n")
    named = tuple(each for each in theirs if each in found)
    strangers = tuple(each for each in named if not any(each in one or one in each for one in ours))
    return _Named(any(each in found for each in ours), tuple(larger), named, strangers)


def _look_loosely(texts: Iterable[str], own: Iterable[str], others: Iterable[str]) -> _Named:
    """As ``_look_for``, with characters and legal forms as another paper writes them: what it finds may be another."""

    def loosely(names: Iterable[str]) -> list[str]:
        return [_LEGAL_FORM.sub("", each).translate(_VARIANTS) for each in names]

    return replace(_look_for(loosely(texts), loosely(own), loosely(others)), strangers=())


def _of_party(code: str, file: Mapping[str, str], named: _Named) -> Iterator[Hold]:
    """Yields ``wrong_invoice`` if another party is named and ours is not; ``invoice_unclear`` if a person must look."""
    if named.others and not named.own and named.strangers:
        yield Hold.of(Reason.WRONG_INVOICE, code, **file, names=named.strangers)
    elif named.others or named.larger:
        yield Hold.of(Reason.INVOICE_UNCLEAR, code, **file, names=(*named.others, *named.larger))


def _named_issuers(found: InvoiceText, issuer: Issuer, issuers: Iterable[Issuer]) -> _Named:
    """Returns issuers by name or alias. A prefecture before the town that is meant only locates that town."""
    own = [fold_name(name) for name in (issuer.name, *issuer.aliases)]
    others = [fold_name(name) for each in issuers if each.id != issuer.id for name in (each.name, *each.aliases)]
    others = [each for each in others if len(each) >= _TOWN]
    lies_in = [
        re.compile(f"{re.escape(other)}(?=(?:[^\n]{{1,4}}郡)?(?:{'|'.join(map(re.escape, filter(None, own)))}))")
        for other in others
        if other.endswith(("都", "道", "府", "県")) and any(own)
    ]

    def look(texts: Iterable[str]) -> _Named:
        for pattern in lies_in:
            texts = [pattern.sub("\n", text) for text in texts]
        return _look_for(texts, own, others, before=_LARGER)

    texts = [text for each in found.readings for text in each.parties]
    named = look(texts)
    if not (named.own or named.larger or named.others):
        named = _look_loosely(texts, own, others)
    if named.own and (larger := _larger_towns(found, own)):
        return replace(named, own=False, larger=(*named.larger, *larger))
    if named.own or named.larger or named.others:
        return named
    # A town that is named only in an address may still be the one that is asked to pay.
    return replace(look(text for each in found.readings for text in each.folded), strangers=())


def _larger_towns(found: InvoiceText, own: Iterable[str]) -> tuple[str, ...]:
    """Returns names of other towns that end as ours; empty if ours occurs alone, or is broken across lines."""
    larger: dict[str, None] = {}
    for line in (line for each in found.readings for line in each.party_lines):
        for name in filter(None, own):
            for place in re.finditer(re.escape(name), line):
                before = line[: place.start()]
                if _STANDS_ALONE.search(before):
                    return ()
                larger[f"{before[-1]}{name}"] = None
    return tuple(larger)


def _named_contractors(found: InvoiceText, project: Project, register: Register) -> _Named:
    """Contractors as registered. In a joint venture's invoice its members, and so we ourselves, are rightly named."""
    ventures = (project.contractor, *project.names_on_notice)
    own = {_fold_party(name) for name in ventures if name} or {_fold_party(register.own_name)}
    ourselves = _fold_party(register.own_name)
    others = {
        _fold_party(name)
        for each in register.by_id.values()
        for name in (each.contractor, *each.names_on_notice)
        if name
    } | {ourselves}
    texts = [text for each in found.readings for text in each.parties]
    named = _look_for(texts, own, sorted(each for each in others - own if len(each) >= TELLING))
    if not (named.own or named.others):
        firms = sorted(each for each in others - own if len(_LEGAL_FORM.sub("", each)) >= _FIRM)
        named = _look_loosely(texts, own, firms)
    if named.own and project.contractor:
        members = tuple(each for each in named.others if each != ourselves)
        return replace(named, others=members)
    return named


def _of_project(
    found: InvoiceText, file: Mapping[str, str], notice: Notice, project: Project, issuer: Issuer, register: Register
) -> Iterator[Hold]:
    own = fold_name(project.name)
    others = [name for name in register.by_folded if name != own and len(name) >= TELLING]
    named = _look_for((text for each in found.readings for text in each.folded), (own,), others, behind=_FURTHER)
    numbers = tuple(_others_numbers(found, notice, project, register))
    others_named = (*(register.by_folded[name][0].name for name in named.others), *numbers)
    is_told = found.numbers(match_key(notice.contract_number)) or _names_value(found, project, register)
    tells_apart = named.own and _tells_apart(found, own, project, issuer, register)
    if is_told or tells_apart:
        if others_named:
            yield Hold.of(Reason.INVOICE_UNCLEAR, "project", **file, names=others_named)
    elif named.strangers or numbers:
        yield Hold.of(Reason.WRONG_INVOICE, "other_project", **file, names=others_named)
    elif others_named or (named.larger and not named.own):
        yield Hold.of(Reason.INVOICE_UNCLEAR, "project", **file, names=(*others_named, *named.larger))
    elif named.own:
        yield Hold.of(Reason.WRONG_INVOICE, "same_name", **file, project=project.name)
    else:
        yield Hold.of(Reason.WRONG_INVOICE, "no_name", **file, project=project.name)


def _others_numbers(found: InvoiceText, notice: Notice, project: Project, register: Register) -> Iterator[str]:
    """Numbers that are another project's."""
    number = match_key(notice.contract_number)
    for other, projects in register.by_number.items():
        if other != number and project not in projects and len(other) >= TELLING and found.numbers(other):
            yield other


def _of_guarantee(
    found: InvoiceText,
    file: Mapping[str, str],
    notice: Notice,
    project: Project,
    register: Register,
    numbers_before: Iterable[str],
) -> Iterator[Hold]:
    """Yields ``invoice_unclear`` if the invoice may be that of another guarantee of the same project.

    It prints another number and not ours; or it was found by its name and prints no number, although this project has
    several guarantees of this product. A number of another project is told with that project.
    """
    own = match_key(notice.contract_number)
    if found.numbers(own):
        return
    registered = (*(each.number for each in project.invoices.get(notice.product, ())), *numbers_before)
    of_product = dict.fromkeys(map(match_key, filter(None, (*registered, *project.numbers.get(notice.product, ())))))
    of_project = dict.fromkeys((*map(match_key, project.all_numbers), *of_product))
    elsewhere = {number for number, projects in register.by_number.items() if project not in projects}
    form = number_form(notice.contract_number)
    printed = dict.fromkeys(
        (
            *(number for each in found.readings for number in each.labelled),
            *(number for number in of_project if len(number) >= TELLING and found.numbers(number)),
            *(number for each in found.readings for number in form.findall(each.spaced)),
        )
    )
    others = tuple(number for number in of_product if number != own)
    if names := tuple(number for number in printed if number not in elsewhere):
        yield Hold.of(Reason.INVOICE_UNCLEAR, "guarantee", **file, names=names)
    elif others and invoice_for(project, notice.product, notice.contract_number) is None:
        yield Hold.of(Reason.INVOICE_UNCLEAR, "unnumbered", **file, names=others)


def _names_value(found: InvoiceText, project: Project, register: Register) -> bool:
    """Returns whether the invoice holds a registered value of this project alone (工事番号)."""
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
    """Returns whether the name is enough: it is unique, or unique within the issuer and the issuer is named."""
    same = [each for each in register.by_folded.get(own, ()) if each.id != project.id]
    if any(each.issuer == project.issuer for each in same):
        return False
    return not same or any(found.names(fold_name(name)) for name in (issuer.name, *issuer.aliases) if name)


# --- What it is for, and how much ---------------------------------------------------------------------------------


def products_named(found: InvoiceText) -> frozenset[Product]:
    """Returns the products of which the invoice's text speaks: one by its title, else by its words."""
    fitting = (each for each in INVOICE_TITLES if all(not told for told in _of_product(found, each)))
    return frozenset(fitting)


def _of_product(found: InvoiceText, product: Product) -> Iterator[tuple[bool, Params]]:
    """Faults (True) and doubts: an interim payment's invoice often speaks of the advance too, so the title decides."""
    text = "\n".join(each.squeezed for each in found.readings).replace("前金払", "前払")
    is_interim, is_advance = _INTERIM_TITLE.search(text) is not None, _ADVANCE_TITLE.search(text) is not None
    if is_interim is is_advance:
        is_interim, is_advance = is_interim or _INTERIM in text, is_advance or _ADVANCE.search(text) is not None
    if is_interim and is_advance:
        yield False, Params(code="either_product")
    elif not is_interim and not is_advance:
        yield False, Params(code="no_product")
    elif is_interim is not (product is Product.INTERIM):
        yield True, Params(code="is_interim" if is_interim else "is_advance")


def _of_amount(found: InvoiceText, registered: int | None) -> Iterator[tuple[bool, Params]]:
    """The invoice must hold the registered amount, as every engine reads it."""
    if registered is None:
        return
    plumber, pdfium = found.readings[0].amounts, found.readings[1].amounts
    if not found.amounts:
        yield False, Params(code="no_amount", registered=str(registered))
    elif registered not in found.amounts:
        read = tuple(map(str, sorted(found.amounts, reverse=True)[:_AMOUNTS_SHOWN]))
        yield True, Params(code="other_amount", amounts=read, registered=str(registered))
    elif registered not in plumber or registered not in pdfium:
        yield False, Params(code="amounts_disagree", registered=str(registered))


def _fold_party(name: str) -> str:
    return fold_name(fold_firm(name))


def _read(text: str) -> _Reading:
    repaired = repair_radicals(text)
    lines = [match_key(line) for line in repaired.splitlines()]
    squeezed = "".join(lines)
    spaced = " ".join(fold_hyphens(unicodedata.normalize("NFKC", repaired)).split())
    parties = tuple(line if _PAYER.search(line) else _ADDRESS.sub("\n", line) for line in map(_fold_party, lines))
    labelled = _GUARANTEE_NUMBER.finditer(fold_hyphens("\n".join(lines)))
    found = (amount for line in lines for amount in _AMOUNT.finditer(line))
    amounts = (each["marked"] or each["grouped"] or each["plain"] for each in found)
    return _Reading(
        squeezed,
        spaced,
        ("".join(map(fold_name, lines)), fold_name(squeezed)),
        ("".join(parties),),
        parties,
        tuple(each["number"] for each in labelled),
        frozenset(int(amount.replace(",", "")) for amount in amounts),
    )
