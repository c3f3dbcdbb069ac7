"""The line of a file that holds a key."""

from __future__ import annotations

from tests.support.tables import every_case
from worker.config.toml_lines import index_lines, line_of

TEXT = '''name = "a"
open = [
  "section.doboku.to",
]
[section."土木"]
name = "b"
[value."工事番号"]
pattern = """
[section.none]
name = "c"
"""
sample = "R8-12"
[[project]]
name = "d"
[project.invoice]
advance = { file = "e.pdf" }
[[project]]
values."工事番号" = "R8-12"
[[project.rule.list]]
x = 1
'''


@every_case(
    ("key", "line"),
    [
        ("name", 1),
        ("open[1]", 2),
        ("section.土木", 5),
        ("section.土木.name", 6),
        ("section.土木.phone", 5),
        ("section.none.name", None),
        ("value.工事番号.sample", 12),
        ("project[1]", 13),
        ("project[1].invoice.advance.file", 16),
        ("project[2].values.工事番号", 18),
        ("project[2].issuer", 17),
        ("project[2].rule.list[1].x", 20),
        ("project[3].name", None),
        ("rule.default.subject", None),
        ("", None),
    ],
)
def test_a_key_is_found_at_its_own_line_else_at_the_line_of_what_it_stands_in(key, line):
    assert line_of(key, index_lines(TEXT.encode())) == line


def test_a_file_of_windows_is_counted_alike():
    assert line_of("b.c", index_lines("a = 1\r\n\r\n[b]\r\nc = 2\r\n".encode("utf-8-sig"))) == 4
