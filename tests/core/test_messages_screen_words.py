"""Words that no screen, mail or document of ours uses: a short list, each with the word in its place."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.rewording import pairs_of
from tests.support.tables import every_case
from worker.cli import cli
from worker.core import messages
from worker.core.messages.keys import CHOICES

ROOT = Path(__file__).parents[2]

FORBIDDEN = {
    "又は": "または",
    "及び": "と",
    "サーバ(?!ー)": "サーバー",
    "見守|見回|見張": "監視、確認",
    "要る|要りません": "必要、不要",
    "待っています": "ご対応をお願いします",
    "解き方|承認で答える": "解除のしかた、承認で解除",
    "決定者": "承認者・記録者",
    "検算": "見本",
    "打つコマンド|打つ代わり": "入力する",
    "既読・|・既読": "既読にする",
    "埋めるべき|埋めた": "入力した",
    "手つかず": "処理されていない",
}
"""The replacement for each pattern: official documents and literal translations are no words of a screen."""

IN_SCREENS = {
    "ハッシュ|真偽値|ドラフト|フラグ": "no clerk's word",
}
"""Words that a manual for administrators may use, and a screen does not."""

REPLACED = {
    "送信不可": "送信できません",
    "ルール": "提出方法、発注者の決まり",
    "送信先": "宛先",
    "動作状況": "稼働状況",
    "原本ととも|原本をまとめて": "原本と一緒に",
    "ファクス|申請フォーム|入力フォーム": "FAX、発注者のフォーム",
}
"""Words that the design replaced by one word for one thing: of sentences; a command's help may say ルール."""

DOCUMENTS = [
    *("README.ja.md", "docs/first-submission.ja.md", "docs/install.md"),
    *("docs/office.ja.md", "docs/office-commands.ja.md", "docs/console.md", "docs/security.ja.md"),
    *("config/worker.toml", "config/projects.toml"),
]


def sentences() -> Iterator[tuple[str, str]]:
    for found in pkgutil.iter_modules(messages.__path__):
        module = importlib.import_module(f"{messages.__name__}.{found.name}")
        for place, (japanese, _) in pairs_of(module):
            yield f"{found.name}.{place}", japanese


def helps() -> Iterator[tuple[str, str]]:
    context = cli.make_context("hoshobin", ["list"], resilient_parsing=True)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        yield name, f"{cli.parts[name].help} {command.help}"
        for each in command.params:
            yield f"{name} {each.name}", getattr(each, "help", "") or ""


@pytest.mark.parametrize(("pattern", "instead"), [*FORBIDDEN.items(), *IN_SCREENS.items()])
def test_no_sentence_of_ours_has_it(pattern: str, instead: str) -> None:
    found = [(place, text) for place, text in (*sentences(), *helps()) if re.search(pattern, text)]
    assert found == [], instead


@every_case(("pattern", "instead"), FORBIDDEN.items())
@every_case("name", DOCUMENTS)
def test_no_document_of_an_office_has_it(name: str, pattern: str, instead: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.search(pattern, line)] == [], instead


def test_sentences_are_looked_at() -> None:
    assert len([*sentences()]) > 700
    assert len([*helps()]) > 60


def test_the_one_place_of_the_japanese_or_is_not_that_of_official_documents() -> None:
    reason = messages.Hold.of(messages.Reason.ELIGIBILITY_UNKNOWN, "lacking", project="a/b", asked=())
    assert "又は" not in messages.name_hold(reason, "ja")


@every_case(("pattern", "instead"), REPLACED.items())
def test_one_thing_has_one_word(pattern: str, instead: str) -> None:
    found = [(place, text) for place, text in sentences() if re.search(pattern, text)]
    assert found == [], instead


@pytest.mark.parametrize("key", ["channel", "notice", "invoice", "timing"])
def test_the_page_of_an_issuer_and_that_of_a_project_name_a_choice_alike(key: str) -> None:
    for word, pair in CHOICES[key].items():
        assert tuple(messages.say(f"{key}_{word}", lang) for lang in ("ja", "en")) == pair
