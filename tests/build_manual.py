"""The manual with its pictures as pages for a browser: ``make manual`` writes them to ``build/manual/``.

Run as ``.venv/bin/python -m tests.build_manual FOLDER``. The pages are those of ``MANUAL``; the pictures come from
``tests/pictures.py``. Nothing is loaded from elsewhere, so the folder can be copied to any computer of the office.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

from tests.pictures import take_pictures_into

DOCS: Final = Path(__file__).parent.parent / "docs"
MANUAL: Final = (
    "office.ja",
    "first-submission.ja",
    "security.ja",
    "office-commands.ja",
    "rules.ja",
    "install",
    "console",
    "operations.ja",
    "backup.ja",
)
"""The documents that an office and its administrator read; the manual of the console is the first."""
_STYLE: Final = """
body{font:15px/1.7 "Hiragino Sans","Yu Gothic UI","Meiryo","Noto Sans CJK JP",sans-serif;color:#1b1f24;max-width:56em;
margin:0 auto;padding:24px 16px} h1{font-size:24px} h2{font-size:19px;border-bottom:1px solid #d0d7de;margin-top:2.4em}
table{border-collapse:collapse;margin:1em 0} th,td{border:1px solid #d0d7de;padding:4px 10px;text-align:left;
vertical-align:top} th{background:#f6f8fa} img{max-width:100%;border:1px solid #d0d7de;margin:6px 0}
img[src*="phone-"]{max-width:300px} code{background:#f6f8fa;padding:0 4px} pre{background:#f6f8fa;padding:10px;
overflow:auto} hr{border:0;margin:0;break-after:page} code{font-size:.92em} pre code{padding:0;font-size:1em}
@page{size:A4;margin:12mm 15mm}
@media print{body{font-size:12px;line-height:1.5;max-width:none;padding:0} h1{font-size:19px;margin:0 0 .4em}
h2{font-size:15px;margin:.8em 0 .3em;break-after:avoid} p,ul,ol,pre,table{margin:.35em 0} ul,ol{padding-left:2em}
li>p{margin:0} pre{padding:4px 8px;font-size:11px;break-inside:avoid;white-space:pre-wrap} img{max-height:10cm}}
"""


def anchor(heading: str) -> str:
    """Returns the anchor of a heading as forges make it: lower case, without punctuation, spaces as hyphens."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading).strip().lower()
    kept = (each for each in text if each in " -_" or unicodedata.category(each)[0] in "LNM")
    return "".join(kept).replace(" ", "-")


def page_of(text: str) -> str:
    """Returns a whole page of the Markdown ``text``; links between the documents lead to their pages."""
    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(text)
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(inside.content))
    body = parser.renderer.render(tokens, parser.options, {})
    for name in MANUAL:
        body = re.sub(rf'href="{re.escape(name)}\.md', f'href="{name}.html', body)
    title = next(iter(re.findall(r"^# (.+)$", text, re.MULTILINE)), "")
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="ja"><head>{head}</head><body>{body}</body></html>'


def build(folder: Path) -> None:
    """Writes the pages; the pictures are beside them already."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in MANUAL:
        (folder / f"{name}.html").write_text(page_of((DOCS / f"{name}.md").read_text()))


if __name__ == "__main__":
    take_pictures_into(Path(sys.argv[1]) / "pictures")
    build(Path(sys.argv[1]))
