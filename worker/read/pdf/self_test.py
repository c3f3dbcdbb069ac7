"""The notice that a child reads before any other, to show that its sandbox leaves it everything that reading needs.

Its text is Japanese in a font that is not embedded, as guarantors write it, so that both engines need their tables from
disk. Its number belongs to no contract.
"""

from __future__ import annotations

from typing import Final

CODE: Final = "00000-00000T"
WORDS: Final = ("保証契約番号", CODE)
"""The text of the page."""


def _build() -> bytes:
    lines = (
        f"BT /F 12 Tf 60 {780 - 30 * at} Td <{word.encode('utf-16-be').hex()}> Tj ET" for at, word in enumerate(WORDS)
    )
    shown = "\n".join(lines)
    system = "<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>"
    measures = "/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 7 0 R/Resources<</Font<</F 4 0 R>>>>>>",
        "<</Type/Font/Subtype/Type0/BaseFont/Mincho/Encoding/UniJIS-UCS2-H/DescendantFonts[5 0 R]>>",
        f"<</Type/Font/Subtype/CIDFontType0/BaseFont/Mincho/FontDescriptor 6 0 R/DW 1000/CIDSystemInfo{system}>>",
        f"<</Type/FontDescriptor/FontName/Mincho/Flags 6{measures}>>",
        f"<</Length {len(shown)}>>stream\n{shown}\nendstream",
    )
    written = "%PDF-1.4\n"
    places = []
    for number, each in enumerate(objects, start=1):
        places.append(f"{len(written):010} 00000 n \n")
        written += f"{number} 0 obj\n{each}\nendobj\n"
    count, start = len(objects) + 1, len(written)
    table = f"xref\n0 {count}\n0000000000 65535 f \n{''.join(places)}"
    trailer = f"trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
    return (written + table + trailer).encode("ascii")


NOTICE: Final = _build()
"""A PDF of one page."""
