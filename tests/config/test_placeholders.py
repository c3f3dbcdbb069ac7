"""A command to type names what a person puts in, in the language of the reader."""

from __future__ import annotations

import re

import pytest

from tests.notify.test_operator_mail import COMMANDS
from worker.core.messages import name_command


@pytest.mark.parametrize("command", COMMANDS.values())
def test_a_command_is_wholly_in_the_language_asked_for(command: str) -> None:
    assert name_command(command, "ja") == command
    assert not re.search("[ぁ-ん一-龥]", name_command(command, "en"))


def test_what_the_tasks_add_has_an_english_name_as_well() -> None:
    for rest in (
        "--note いつ・どのように",
        "--note 確認したこと",
        "--note 相手方・日時 / hoshobin confirm 1 --failed --by 氏名",
    ):
        assert name_command(f"hoshobin done 1 --by 氏名 {rest}", "en").isascii()
