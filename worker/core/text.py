"""Text as this house compares, repairs and shows it. A match key is never what is shown or sent."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

# Browsers that print in Noto fonts give CJK radicals for 19 common characters; NFKC knows no mapping for these
# eighteen (seen in a Chromium PDF of all JIS X 0208 kanji). Written as code points, as the glyphs look alike.
_RADICALS: Final = dict(
    zip(map(ord, "⻩⻲⼾⻭⻄⻘⻫⻑⻨⺒⺠⻯⺎⺐⺓⺔⺙⺛"), "黄亀戸歯西青斉長麦巳民竜兀尢幺彑攵旡", strict=True)
)
_RADICAL_BLOCKS: Final = re.compile("[\u2e80-\u2fdf]")

# Two readings of one JIS code that NFKC keeps apart: cp932 and Unicode's own mapping tables differ.
_JIS_TWINS: Final = str.maketrans("−〜‖—¦", "－～∥―￤")

_UNSAFE: Final = re.compile(
    "[\u0000-\u001f\u007f-\u009f"  # C0, DEL, C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"  # invisible by themselves
    "\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f"  # zero width, separators, bidi
    "\u3164\ufeff\uffa0\ufff0-\uffff"  # fillers, BOM, specials
    "\U000e0000-\U000e007f]"  # tags; variation selectors stay: names are written with them
    "|[\ud800-\udfff]"
)


_LEFT_BY_JSON: Final = re.compile(
    "[\u007f-\u009f\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
"""Controls, bidi controls and invisible characters that JSON leaves as they are, and that a terminal obeys."""


def json_line(document: object, default: Callable[[Any], object] | None = None) -> str:
    """Returns ``document`` as JSON on one line, Japanese as it is and what a terminal obeys by its number."""
    text = json.dumps(document, ensure_ascii=False, default=default)
    return _LEFT_BY_JSON.sub(lambda found: json.dumps(found[0])[1:-1], text)


_PRIVATE: Final = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")

_ODD_SPACES: Final = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f]")


_SHORT: Final = 200
"""Characters of a text whose match key is cached: names, numbers, labels and subjects, compared many times a notice."""


def match_key(text: str) -> str:
    """Returns the form in which names and subjects are compared: NFKC, all spaces removed, JIS twins folded.

    The twins are folded before and after NFKC, which turns － into the hyphen-minus but leaves − alone.
    """
    return _short_key(text) if len(text) <= _SHORT else _key(text)


def _key(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.translate(_JIS_TWINS))
    return "".join(folded.translate(_JIS_TWINS).split())


_short_key = lru_cache(maxsize=1024)(_key)


# Letters, digits and hyphen in the full width of a Japanese typeface; − is what cp932 and Unicode give for one －.
_WIDE: Final = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_HALF: Final = _WIDE | dict.fromkeys(map(ord, "－−"), ord("-"))


def half_width(text: str) -> str:
    """Returns ``text`` with each full-width letter, digit and hyphen as its ASCII counterpart, one for one."""
    return text.translate(_HALF)


def whole_half_width(code: str) -> str:
    """Returns ``code`` in ASCII if all of it is printed in full width; else unchanged.

    One full-width character among others is no print of a surety, so a person must look at it.
    """
    return half_width(code) if code and all(ord(each) in _HALF for each in code) else code


def repair_radicals(text: str) -> str:
    """Returns ``text`` with Kangxi and CJK radicals replaced by their characters."""
    return _RADICAL_BLOCKS.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text.translate(_RADICALS))


def unsafe_character(text: str) -> str | None:
    """Returns the first character that no value may hold, as ``U+XXXX``; None if there is none.

    These are controls (C0, C1), line and paragraph separators, bidi controls and zero-width characters: in a header
    they break it or show another text than the one sent.
    """
    found = _UNSAFE.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def private_character(text: str) -> str | None:
    """Returns the first character for private use (外字) in ``text``, as ``U+XXXX``; None if there is none.

    Only the machine on which it was made shows it; at the issuer it is another character, or none.
    """
    found = _PRIVATE.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def plain_spaces(text: str) -> str:
    """Returns ``text`` with no-break and similar spaces as plain spaces."""
    return _ODD_SPACES.sub(" ", text)


def escape_control_chars(text: str) -> str:
    r"""Foreign text for a terminal or a mail to people: unsafe characters as ``\u{XXXX}``, private use too."""
    return _PRIVATE.sub(_escaped, _UNSAFE.sub(_escaped, text))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{{{ord(found[0]):04X}}}"


# The hyphens, dashes, minus signs and the ruled line that people type for a hyphen; ー is one only between letters or
# digits (R8ー12), elsewhere it is part of a word (センター).
_HYPHENS: Final = "\\-\u2010-\u2015\u207b\u208b\u2212\u2500\ufe58\ufe63\uff0d"
_HYPHEN: Final = re.compile(
    f"[{_HYPHENS}]|(?<=[{_HYPHENS}0-9A-Za-z０-９Ａ-Ｚａ-ｚ])[ーｰ]+(?=[{_HYPHENS}0-9A-Za-z０-９Ａ-Ｚａ-ｚ])"
)


_WINDOWS_PATH: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\[^\\]")


def is_windows_path(text: str) -> bool:
    """Returns whether ``text`` is a path on a Windows computer or share, which this program cannot open."""
    return _WINDOWS_PATH.match(text) is not None


_ADDRESS_OF_PLACE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:/|$)")
_LEFT_TO_A_SHELL: Final = re.compile(r"~|(?:.*/)?(?:\$[A-Za-z_{]|%[A-Za-z_]+%)", re.DOTALL)


def unreachable_place(text: str) -> str:
    """Returns the code of what makes ``text`` no path on this computer; empty if it may be one.

    Every such text would be a folder of that odd name below another one, which is made, watched, and stays empty. An
    absolute path may hold any letter: if it is missing, that is reported.
    """
    if text.startswith("/"):
        return ""
    narrow = unicodedata.normalize("NFKC", text).replace("¥", "\\")
    if is_windows_path(narrow) or "\\" in narrow:
        return "windows_path"
    if _ADDRESS_OF_PLACE.match(text):
        return "path_address"
    if _LEFT_TO_A_SHELL.match(text):
        return "path_unexpanded"
    return "path_wide" if text.startswith("／") else ""


_LINE_END_HYPHEN: Final = re.compile("[\u0002\ufffe](?=\r?\n|$)")


def with_line_end_hyphens(text: str) -> str:
    """``text`` of pdfium with a hyphen in place of the character that it gives for one at the end of a line."""
    return _LINE_END_HYPHEN.sub("-", text)


def fold_hyphens(text: str, hyphen: str = "-") -> str:
    """``text`` with every kind of hyphen as ``hyphen``; an empty one takes them out."""
    return _HYPHEN.sub(hyphen, text)


_CODE: Final = re.compile(
    r"(?<![0-9A-Za-z-])(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[0-9A-Za-z]{8,16}(?![0-9A-Za-z-])", re.ASCII
)


def hide_codes(text: str, key: str = "") -> str:
    """Returns ``text`` with ``key`` and everything like a key masked: file names and subjects may hold keys.

    A key looks like 8 to 16 ASCII letters and digits with both among them, separate from other text; a contract number
    has a hyphen.
    """
    if key and key in (folded := half_width(text)):
        ends = [0, *(each.end() for each in re.finditer(re.escape(key), folded))]
        parts = [text[end : end + len(rest)] for end, rest in zip(ends, folded.split(key), strict=True)]
        text = _masked(key).join(parts)
    return _CODE.sub(lambda found: _masked(found[0]), text)


def _masked(code: str) -> str:
    return "*" * 8 + code[-2:]


def bare_text(text: str) -> str:
    """Returns ``text`` without width, case, spaces and hyphens, for the comparison of numbers: 40213−00712Ｍ."""
    return fold_hyphens(match_key(text), "").casefold()


def name_with_scope(name: str, scope: str) -> str:
    """Returns ``みほん県（治山課）``; the name alone without a scope."""
    return f"{name}（{scope}）" if scope else name


def encodable(text: str) -> str:
    """``text`` with every lone surrogate as ``?``: what UTF-8 can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def is_broken(text: str) -> bool:
    """Returns whether ``text`` shows a broken font table: ``(cid:12)``, U+FFFD, control characters, lone surrogates."""
    if "(cid:" in text or "\ufffd" in text:
        return True
    return any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\t\n\r\f" for c in set(text))
