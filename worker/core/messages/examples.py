"""What is said of an issuer's examples: (Japanese, English), and what to do.

Its one promise: every code that trying the examples can give has its sentence here. It decides nothing.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "example_differs": (
        "見本（example）のとおりになりません。期待：「{expected}」、実際：「{found}」",
        'this example comes out otherwise: expected "{expected}", found "{found}"',
    ),
    "examples_ok": (
        "見本（example）は {examples} 件すべて合っています（お使いの設定 {own} 件、同梱の一覧 {shipped} 件）",
        "all {examples} examples come out as written ({own} of this configuration, {shipped} of the catalogue)",
    ),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "example_differs": (
        "提出方法（rule など）を直すか、発注者が決まりを変えたのなら、見本を書き換えてください",
        "mend the rule, or the example where the issuer has changed what it wants",
    ),
}
