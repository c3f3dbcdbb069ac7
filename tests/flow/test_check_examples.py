"""The examples in issuers' files: ``check`` tries them, and a reload under which one comes out otherwise is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.office import command
from worker.config.files import register_directory
from worker.core.errors import ConfigError
from worker.service.wiring import load_changed_installation, load_installation

RENAMED = ("の提出について", "の送付について")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    assert command("init", str(directory)).code == 0
    for name in ("imap-password", "smtp-password"):
        (tmp_path / "var" / name).touch(mode=0o600)
        (tmp_path / "var" / name).write_text("secret\n")
    return directory


def spoil(config: Path) -> tuple[Path, int]:
    """The issuer's file with another subject than its first example says, and the line of what it expects."""
    (file,) = (register_directory(config) / "issuers").glob("*.toml")
    text = file.read_text()
    line = next(number for number, each in enumerate(text.split("\n"), 1) if each.startswith("expect = "))
    head, _, examples = text.partition("[[example]]")
    file.write_text(head.replace(*RENAMED) + "[[example]]" + examples)
    return file, line


def test_check_counts_the_examples_of_the_configuration_and_on_request_those_of_the_catalogue(config: Path) -> None:
    own = command("--config", str(config), "check", "--json").document["examples"]
    assert own == {"own": 2, "shipped": 0}
    both = command("--config", str(config), "check", "--examples", "--json").document["examples"]
    assert both["own"] == 2
    assert both["shipped"] >= 37


@pytest.mark.parametrize("options", [[], ["--examples"]])
def test_an_example_that_comes_out_otherwise_ends_check_with_2_and_is_named_with_its_line(
    config: Path, options: list[str]
) -> None:
    file, line = spoil(config)
    ran = command("--config", str(config), "check", *options)
    assert ran.code == 2
    assert f"issuers/{file.name}:{line}" in ran.err
    assert "example[1].expect.subject" in ran.err
    assert all(words in ran.err for words in RENAMED)


def test_a_change_under_which_an_example_comes_out_otherwise_is_refused_and_the_old_rules_stay(config: Path) -> None:
    former = load_installation(str(config))
    assert load_changed_installation(former, str(config)).configuration.issuers == former.configuration.issuers
    file, _ = spoil(config)
    with pytest.raises(ConfigError) as caught:
        load_changed_installation(former, str(config))
    assert {(each.file, each.key) for each in caught.value.problems} == {
        (f"issuers/{file.name}", f"example[{at}].expect.subject") for at in (1, 2)
    }


def test_init_writes_only_the_issuer_that_its_sample_project_names(config: Path) -> None:
    assert len(list((register_directory(config) / "issuers").glob("*.toml"))) == 1
    assert len(load_installation(str(config)).configuration.projects) == 1
