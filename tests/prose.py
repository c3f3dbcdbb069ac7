"""The check of docstrings in ``make lint``: how many sentences begin with a nominal clause, how many hold a vague word.

As a program it prints each such sentence with its place and both shares, and ends with 1 if a share is above its limit.
"""

from __future__ import annotations

import ast
import gc
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
CHECKED: Final = ("worker", "bench", "tests")

MAX_NOMINAL: Final = 0.01
"""h11, aiosmtplib, build and sqlite-utils have none; one in a hundred is left for a sentence that reads best so."""
MAX_VAGUE: Final = 0.03
"""The same four have 0 to 4 %: the word is right for a place."""

_NOMINAL: Final = re.compile(r"(What|Whether|Where|Who|Whom|Whose|Whoever|Whatever|Wherever|Which|Why|How)\b")
_VAGUE: Final = re.compile(r"\b(where|wherever|whoever|whatever|nobody)\b", re.IGNORECASE)
_PARAGRAPHS: Final = re.compile(r"\n\s*\n")
_SENTENCES: Final = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z`\"(])")
_JAPANESE: Final = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a docstring and its place."""

    path: Path
    line: int
    text: str

    @property
    def is_nominal(self) -> bool:
        """It begins with a clause used as a noun: "What came back", "Whether it is open"."""
        return _NOMINAL.match(self.text) is not None

    @property
    def is_vague(self) -> bool:
        return _VAGUE.search(self.text) is not None


def sentences(path: Path) -> Iterator[Sentence]:
    """The English sentences of all docstrings of a file: of modules, classes, functions and attributes."""
    for line, docstring in docstrings(ast.parse(path.read_text(encoding="utf-8"))):
        for paragraph in _PARAGRAPHS.split(docstring):
            for text in _SENTENCES.split(" ".join(paragraph.split())):
                if text and len(_JAPANESE.findall(text)) * 3 <= len(text):
                    yield Sentence(path, line, text)


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Each string that is a statement of its own, with its line.

    No expression is entered, as it holds no statement: those are most of a tree.
    """
    for inner in ast.iter_child_nodes(tree):
        match inner:
            case ast.Expr(value=ast.Constant(value=str(text), lineno=line)):
                yield line, text
            case ast.stmt() | ast.ExceptHandler() | ast.match_case():
                yield from docstrings(inner)


def share(found: Iterable[Sentence], total: int) -> float:
    return sum(1 for _ in found) / max(total, 1)


def say(line: str) -> None:
    print(line)  # noqa: T201  this is what the program is for


def main(arguments: list[str]) -> int:
    """Check the given files or folders, or all that is checked; returns the exit status."""
    folders = [Path(each) for each in arguments] or [ROOT / name for name in CHECKED]
    files = [file for folder in folders for file in ([folder] if folder.is_file() else sorted(folder.rglob("*.py")))]
    found = [sentence for file in files for sentence in sentences(file)]
    nominal = [each for each in found if each.is_nominal]
    vague = [each for each in found if each.is_vague]
    shares = share(nominal, len(found)), share(vague, len(found))
    is_good = shares[0] <= MAX_NOMINAL and shares[1] <= MAX_VAGUE
    if arguments or not is_good:
        for each in sorted({*nominal, *vague}, key=lambda each: (each.path, each.line)):
            say(f"{each.path}:{each.line}: {each.text}")
    say(
        f"{len(found)} docstring sentences: {shares[0]:.1%} begin with a nominal clause (at most {MAX_NOMINAL:.0%}), "
        f"{shares[1]:.1%} hold where, whoever, whatever or nobody (at most {MAX_VAGUE:.0%})"
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    gc.disable()  # trees hold no circles: a collection of garbage finds nothing
    sys.exit(main(sys.argv[1:]))
