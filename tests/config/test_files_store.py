"""The place of the store is known even if ``worker.toml`` has other faults, and is never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.config.files import find_store
from worker.config.store_toml import dir_in
from worker.core.errors import ConfigError

SOUND = '[contractor]\nname = "〇〇建設"\n[store]\ndir = "var"\n[schedule]\nwindows = []\n'


@pytest.mark.parametrize(
    "text",
    [
        SOUND,
        SOUND.replace('"〇〇建設"', "〇〇建設"),  # a text without quotes
        SOUND.replace("windows = []", "windows = ["),
        SOUND.replace("windows = []", "[schedule]"),  # a heading twice
        SOUND.replace("windows = []", "deaf_minutes = 'x'"),
        SOUND.replace("\n", "\r\n").replace("windows = []", "windows"),
        "\ufeff" + SOUND.replace('"〇〇建設"', "＝"),
        SOUND.replace("[store]", "  [ store ]  # ここ").replace("windows = []", "windows"),
        "[store]\ndir = 'var' # 末尾\n[contractor]\nname = \n",
    ],
)
def test_the_place_is_read_whatever_is_wrong_elsewhere(text: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "worker.toml").write_bytes(text.encode())
    assert find_store(str(config), {"STATE_DIRECTORY": "/elsewhere"}, tmp_path) == tmp_path / "var"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[store]\ndir = var\n",  # the fault is in the value itself
        "[store]\ndir = 5\n",
        "[stroe]\ndir = 'var'\nx =\n",
        "[store]\ndir = 'a'\nx =\n[store]\ndir = 'b'\n",  # the intended one is not certain
        "store = 'var'\n",
        "[[store]]\ndir = 'var'\n",
    ],
)
def test_a_place_that_is_in_doubt_is_none(text: str) -> None:
    assert dir_in(text, "store") == ""


def test_without_a_place_in_the_file_systemd_names_it(tmp_path: Path) -> None:
    (tmp_path / "worker.toml").write_text("[contractor\n")
    assert find_store(str(tmp_path), {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}, tmp_path) == Path("/var/lib/a")
    with pytest.raises(ConfigError) as error:
        find_store(str(tmp_path), {}, tmp_path)
    assert [(each.key, each.code) for each in error.value.problems] == [("store.dir", "store_dir_unknown")]


def test_a_file_that_is_not_there_or_not_text_leaves_it_to_systemd(tmp_path: Path) -> None:
    env = {"STATE_DIRECTORY": "/var/lib/a"}
    assert find_store(str(tmp_path), env, tmp_path) == Path("/var/lib/a")
    assert find_store(str(tmp_path / "gone"), env, tmp_path) == Path("/var/lib/a")
    (tmp_path / "worker.toml").write_bytes("[store]\ndir = 'var'\n# 株式会社".encode("shift_jis"))
    assert find_store(str(tmp_path), env, tmp_path) == Path("/var/lib/a")
