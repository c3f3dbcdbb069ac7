"""The configuration's files, on a real file system."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from worker.config.editing import starter as starter_module
from worker.config.editing.starter import write_starter
from worker.config.files import (
    Places,
    TemplateFiles,
    find_directory,
    find_unread,
    make_own_folders,
    read_directory,
    register_directory,
    resolve_places,
)
from worker.config.load import load_configuration
from worker.config.secret_files import read_secrets
from worker.config.settings import WebhookForm, WebhookSettings
from worker.config.shipped import shipped_file, shipped_names
from worker.core.errors import ConfigError
from worker.core.messages import hint, say
from worker.core.model import UnreadReason

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def starter(tmp_path):
    write_starter(tmp_path / "config")
    return tmp_path / "config"


@pytest.fixture
def settings(starter):
    return load_configuration(read_directory(starter)).settings


def codes(error):
    return [(problem.file, problem.key, problem.code) for problem in error.value.problems]


# --- The directory -------------------------------------------------------------------------------------------


def test_the_configuration_is_looked_for_in_the_published_order(tmp_path):
    for name in ("option", "environment", "here/config", "system"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "worker.toml").touch()
    here, system = tmp_path / "here", tmp_path / "system"
    env = {"HOSHOBIN_CONFIG": str(tmp_path / "environment")}
    assert find_directory("../option", env, here, system) == tmp_path / "option"
    assert find_directory(None, env, here, system) == tmp_path / "environment"
    assert find_directory(None, {}, here, system) == here / "config"
    (here / "config" / "worker.toml").unlink()
    assert find_directory(None, {}, here, system) == system


def test_a_file_whose_name_keeps_it_from_being_read_is_named(starter):
    mine = ["issuers/sanpuru.toml.txt", "issuers/KAGA.TOML", "issuers/2026/", "worker.toml.bak", "Projects.toml"]
    mine += ["templates/mail/本文.txt", "projects.toml.txt"]
    left = [
        "issuers/.x.toml.swp",
        "issuers/x.toml~",
        "issuers/Thumbs.db",
        "issuers/#x.toml#",
        "README.md",
        "imap-password",
    ]
    (starter / "templates" / "mail").mkdir(parents=True, exist_ok=True)
    register = register_directory(starter)
    for name in (*mine, *left):
        place = register if name.startswith("issuers/") else starter
        (place / name).mkdir() if name.endswith("/") else (place / name).touch()
    before = read_directory(starter)
    assert {name for name, _ in find_unread(starter)} == {name.rstrip("/") for name in mine}
    assert {why for _, why in find_unread(starter)} == {UnreadReason.NOT_TOML}
    assert not set(before) & set(mine)
    assert find_unread(starter / "nowhere") == ()


def test_where_there_is_no_configuration_every_place_looked_in_is_named(tmp_path):
    with pytest.raises(ConfigError) as refused:
        find_directory(None, {}, tmp_path, tmp_path / "system")
    looked = refused.value.problems[0].params["looked"]
    assert str(tmp_path / "config") in looked
    assert str(tmp_path / "system") in looked


def test_a_directory_that_is_named_must_exist(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "worker.toml").touch()
    with pytest.raises(ConfigError):
        find_directory("elsewhere", {}, tmp_path)
    with pytest.raises(ConfigError):
        find_directory(None, {"HOSHOBIN_CONFIG": "elsewhere"}, tmp_path)


def test_the_shipped_example_loads_as_it_is():
    files = {name: shipped_file("config", name) for name in ("worker.toml", "projects.toml", "guarantors.toml")}
    issuers = shipped_names("config/issuers")
    assert "higashiizu.toml" in issuers
    files |= {f"issuers/{name}": shipped_file("config", "issuers", name) for name in issuers}
    files |= {
        f"templates/mail/{name}": shipped_file("templates", "mail", name) for name in shipped_names("templates/mail")
    }
    configuration = load_configuration(files)
    assert [guarantor.id for guarantor in configuration.guarantors] == ["east", "west", "hokkaido"]
    assert all(not section.to for issuer in configuration.issuers.values() for section in issuer.sections.values())


def test_a_configuration_without_guarantors_has_the_shipped_ones(starter):
    (starter / "guarantors.toml").unlink()
    assert read_directory(starter)["guarantors.toml"] == shipped_file("config", "guarantors.toml")


def test_hidden_and_other_files_are_left(starter):
    for name in ("issuers/.old.toml", "issuers/notes.txt", "issuers/mihon.toml~", "worker.toml.bak"):
        (starter if name.startswith("worker") else register_directory(starter)).joinpath(name).write_text("= broken")
    assert not {name for name in read_directory(starter) if "old" in name or "notes" in name or "~" in name}


def test_what_is_no_regular_file_is_refused_and_never_waited_for(starter):
    register = register_directory(starter)
    (register / "projects.toml").unlink()
    os.mkfifo(register / "projects.toml")
    (register / "issuers" / "folder.toml").mkdir()
    (register / "issuers" / "gone.toml").symlink_to("nowhere")
    with pytest.raises(ConfigError) as refused:
        read_directory(starter)
    assert codes(refused) == [
        ("projects.toml", "", "not_a_file"),
        ("issuers/folder.toml", "", "not_a_file"),
        ("issuers/gone.toml", "", "file_unreadable"),
    ]


# --- Places --------------------------------------------------------------------------------------------------


def test_the_store_lies_beside_the_configuration_and_the_folders_in_the_store(settings, starter):
    relative = replace(settings, store_dir="var")
    places = resolve_places(relative, starter, {"STATE_DIRECTORY": "/var/lib/other"})
    assert places.store == starter.parent / "var"
    assert places.notices == starter.parent / "var/inbox/notices"
    assert places.invoices == starter.parent / "var/inbox/invoices"
    assert places.under_store("ca.pem") == starter.parent / "var/ca.pem"


def test_an_absolute_store_stays_and_an_empty_one_is_systemds(settings, starter):
    assert resolve_places(replace(settings, store_dir="/srv/x"), starter, {}).store == Path("/srv/x")
    empty = replace(settings, store_dir="")
    env = {"STATE_DIRECTORY": "/var/lib/hoshobin:/var/lib/more"}
    assert resolve_places(empty, starter, env).store == Path("/var/lib/hoshobin")
    with pytest.raises(ConfigError) as refused:
        resolve_places(empty, starter, {})
    assert codes(refused) == [("worker.toml", "store.dir", "store_dir_unknown")]


# --- Secrets -------------------------------------------------------------------------------------------------


def write_secret(path, content=b"secret\n", mode=0o600):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def test_a_secret_is_a_line_that_only_its_owner_reads(settings, tmp_path):
    write_secret(tmp_path / "imap-password", b"correct horse\n")
    write_secret(tmp_path / "smtp-password", b"battery\r\n", mode=0o400)
    secrets = read_secrets(settings, {}, tmp_path)
    assert (secrets.imap, secrets.smtp) == ({"main": "correct horse"}, "battery")
    assert "battery" not in repr(secrets)


def test_a_credential_goes_before_the_file_and_may_have_systemds_access_mask(settings, tmp_path):
    write_secret(tmp_path / "store" / "imap-password", b"from the store\n")
    write_secret(tmp_path / "store" / "smtp-password", b"from the store\n")
    write_secret(tmp_path / "credentials" / "imap-password", b"from systemd", mode=0o440)
    env = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    secrets = read_secrets(settings, env, tmp_path / "store")
    assert (secrets.imap["main"], secrets.smtp) == ("from systemd", "from the store")


def test_all_faults_of_secrets_come_at_once(settings, tmp_path):
    write_secret(tmp_path / "imap-password", mode=0o640)
    with pytest.raises(ConfigError) as refused:
        read_secrets(settings, {}, tmp_path)
    assert codes(refused) == [
        ("worker.toml", "mailbox.main.password_file", "secret_readable"),
        ("worker.toml", "smtp.password_file", "secret_missing"),
    ]
    assert refused.value.problems[0].params["mode"] == "0640"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\n", "secret_empty"),
        (b"", "secret_empty"),
        (b"\xff\xfe", "secret_not_text"),
        (b"one\ntwo\n", "secret_not_text"),
    ],
)
def test_a_secret_that_is_no_line_of_text_is_refused(settings, tmp_path, content, code):
    write_secret(tmp_path / "imap-password", content)
    write_secret(tmp_path / "smtp-password")
    with pytest.raises(ConfigError) as refused:
        read_secrets(settings, {}, tmp_path)
    assert codes(refused) == [("worker.toml", "mailbox.main.password_file", code)]


def test_a_server_without_a_user_needs_no_secret(settings, tmp_path):
    write_secret(tmp_path / "imap-password")
    anonymous = replace(settings, smtp=replace(settings.smtp, user=""))
    assert read_secrets(anonymous, {}, tmp_path).smtp == ""


def with_chat(settings, tmp_path, content=b"https://hooks.chat.example/T0?sig=S1G\n", mode=0o600):
    write_secret(tmp_path / "imap-password")
    write_secret(tmp_path / "smtp-password")
    write_secret(tmp_path / "chat", content, mode)
    return replace(settings, webhook=WebhookSettings(WebhookForm.SLACK, "chat"))


@pytest.mark.parametrize("url", ["https://hooks.chat.example/T0?sig=S1G", "http://127.0.0.1:8080/T0"])
def test_the_address_of_a_chat_is_read_as_a_password_is(settings, tmp_path, url):
    secrets = read_secrets(with_chat(settings, tmp_path, f"{url}\n".encode()), {}, tmp_path)
    assert secrets.webhook == url
    assert "T0" not in repr(secrets)


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.chat.example/T0", "ftp://hooks.chat.example/T0", "hooks.chat.example/T0", "https://"),
        *("https://a:b@hooks.chat.example/T0", "https://hooks.chat.example:0/T0", "https://hooks.chat.example/T 0"),
        "https://hooks.chat.example:port/T0",
    ],
)
def test_an_address_of_a_chat_that_others_could_read_on_the_way_is_refused(settings, tmp_path, url):
    with pytest.raises(ConfigError) as refused:
        read_secrets(with_chat(settings, tmp_path, url.encode()), {}, tmp_path)
    assert codes(refused) == [("worker.toml", "operator.webhook.url_file", "webhook_url")]
    assert "T0" not in str(refused.value)


def test_the_file_of_a_chats_address_must_not_be_readable_by_others(settings, tmp_path):
    with pytest.raises(ConfigError) as refused:
        read_secrets(with_chat(settings, tmp_path, mode=0o644), {}, tmp_path)
    assert codes(refused) == [("worker.toml", "operator.webhook.url_file", "secret_readable")]


# --- The witness ---------------------------------------------------------------------------------------------


def witness_of(settings, starter, given="", env=None):
    return resolve_places(replace(settings, store_dir="/srv/x", store_witness=given), starter, env or {}).witness


def test_the_witness_is_where_it_is_named_or_where_systemd_made_it(settings, starter, tmp_path):
    env = {"STATE_DIRECTORY": "/var/lib/hoshobin/kita:/var/lib/hoshobin-witness/kita"}
    assert witness_of(settings, starter, env=env) == Path("/var/lib/hoshobin-witness/kita"), "the instance's own"
    assert witness_of(settings, starter, "/mnt/other", env) == Path("/mnt/other")
    assert witness_of(settings, starter, "witness") == tmp_path / "witness", "relative as [store] dir is"
    assert witness_of(settings, starter) is None
    assert witness_of(settings, starter, env={"STATE_DIRECTORY": "/var/lib/hoshobin"}) is None
    empty = replace(settings, store_dir="")
    assert resolve_places(empty, starter, env).store == Path("/var/lib/hoshobin/kita")


@pytest.mark.parametrize(
    "given", ["/srv/x", "/srv/x/", "/srv/x/witness", "/srv/x/a/b", "/srv/y/../x", "link", "link/a"]
)
def test_a_witness_within_the_store_is_refused_with_its_reason(settings, starter, tmp_path, given):
    (tmp_path / "link").symlink_to("/srv/x")
    with pytest.raises(ConfigError) as error:
        witness_of(settings, starter, given)
    assert codes(error) == [("worker.toml", "store.witness", "witness_in_store")]
    for lang in ("ja", "en"):
        assert "/srv/x" in say("witness_in_store", lang, **error.value.problems[0].params)
        assert hint("witness_in_store", lang)


def test_a_witness_beside_the_store_or_above_it_is_none_within(settings, starter):
    assert witness_of(settings, starter, "/srv/x-witness") == Path("/srv/x-witness")
    assert witness_of(settings, starter, "/srv") == Path("/srv")


# --- Templates -----------------------------------------------------------------------------------------------


def test_a_template_beside_the_configuration_goes_before_the_shipped_one(starter):
    shipped = TemplateFiles({})
    assert "保証確認サービス" in shipped.source("default.txt.j2")
    assert shipped.source("nothing.txt.j2") is None
    (starter / "templates/mail").mkdir(parents=True)
    (starter / "templates/mail/default.txt.j2").write_text("自社の本文")
    (starter / "templates/mail/kaga.txt.j2").write_text("加賀市の本文")
    own = TemplateFiles(read_directory(starter))
    assert (own.source("default.txt.j2"), own.source("kaga.txt.j2")) == ("自社の本文", "加賀市の本文")


# --- The starter ---------------------------------------------------------------------------------------------


def test_the_starter_loads_as_it_is_and_names_its_store_absolutely(starter):
    configuration = load_configuration(read_directory(starter))
    assert configuration.settings.store_dir == str(starter.parent / "var")
    assert "# 保証便の設定" in (starter / "worker.toml").read_text()


def test_the_starter_keeps_an_odd_directory_name_whole(tmp_path):
    directory = tmp_path / 'a "b" \\c 設定' / "config"
    write_starter(directory)
    assert load_configuration(read_directory(directory)).settings.store_dir == str(directory.parent / "var")


def test_the_starter_overwrites_nothing_and_then_writes_nothing(tmp_path):
    (tmp_path / "projects.toml").write_text("mine")
    with pytest.raises(ConfigError) as refused:
        write_starter(tmp_path)
    assert codes(refused) == [(str(tmp_path / "projects.toml"), "", "file_exists")]
    assert [path.name for path in tmp_path.iterdir()] == ["projects.toml"]
    assert (tmp_path / "projects.toml").read_text() == "mine"


def test_the_starter_of_a_single_office_is_not_made_above_contractors(tmp_path, monkeypatch):
    monkeypatch.setattr(starter_module, "SYSTEM_CONFIGURATION", tmp_path)
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "worker.toml").write_text("theirs")
    with pytest.raises(ConfigError) as refused:
        write_starter(tmp_path)
    assert codes(refused) == [(str(tmp_path), "", "serves_tenants")]
    assert [path.name for path in tmp_path.rglob("*")] == ["acme", "worker.toml"]


def test_the_starter_of_a_contractor_with_the_name_of_an_account_of_the_program_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(starter_module, "SYSTEM_CONFIGURATION", tmp_path)
    for name in ("console", "office", "pdf", "reader"):
        with pytest.raises(ConfigError) as refused:
            write_starter(tmp_path / name)
        assert codes(refused) == [(str(tmp_path / name), "", "own_name")]
    assert not list(tmp_path.iterdir())


def test_the_starters_files_are_writable_by_their_owner_alone(starter):
    for path in starter.rglob("*.toml"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o133


def test_folders_below_the_store_are_made_and_a_share_that_is_away_is_not(tmp_path: Path) -> None:
    places = Places(tmp_path / "var", tmp_path / "var" / "inbox" / "notices", tmp_path / "share" / "invoices")
    make_own_folders(places)
    assert places.notices.is_dir()
    assert not places.invoices.exists()
