"""The keys and values allowed in worker.toml."""

from __future__ import annotations

import datetime as dt
import tomllib

import pytest

from tests.support.config_samples import WORKER
from tests.support.tables import every_case
from worker.config.addresses import AddressRefused, read_address
from worker.config.oauth_settings import Auth
from worker.config.release import Mode
from worker.config.settings import ConsoleSettings, Security, WebhookForm, WebhookSettings, read_settings
from worker.core.addresses import domain_of, is_loopback, is_placeholder
from worker.core.business_hours import OfficeHours, usual_windows
from worker.core.model import Address


def settings_of(text):
    found = []
    return read_settings(tomllib.loads(text), found), found


def test_what_is_not_written_has_the_published_default():
    settings, found = settings_of(WORKER)
    assert found == []
    main = settings.mailboxes["main"]
    assert (main.name, main.security, main.auth, main.folder, main.since) == (
        "main",
        Security.TLS,
        Auth.PASSWORD,
        "INBOX",
        None,
    )
    assert settings.smtp.max_bytes == 10_000_000
    assert (settings.notices, settings.invoices) == ("inbox/notices", "inbox/invoices")
    assert (settings.release.mode, settings.release.hold_minutes) == (Mode.APPROVE, 10)
    assert settings.release.rehearsal_to is None
    assert (settings.poll_seconds, settings.store_dir) == (60, "")


def test_mail_leaves_while_public_offices_are_open_unless_other_windows_are_written():
    settings, _ = settings_of(WORKER)
    assert settings.hours == OfficeHours(usual_windows())
    assert (settings.overdue_hours, settings.stuck_hours, settings.announced_hours) == (24, 4, 24)
    assert (settings.smtp.per_minute, settings.smtp.connections) == (30, 1)
    assert (settings.escalate, settings.command) == ((), ())
    assert (settings.sent_digest, settings.webhook) == (None, None)
    text = WORKER + "[schedule]\nwindows = []\nclosed = [2026-12-28]"
    assert settings_of(text)[0].hours == OfficeHours(closed=frozenset({dt.date(2026, 12, 28)}))


def test_who_may_bring_a_notice_by_mail_is_nobody_unless_it_is_written():
    settings, _ = settings_of(WORKER)
    assert (settings.mailboxes["main"].authserv_id, settings.colleagues) == ("", ())
    text = WORKER.replace("port = 993", 'port = 993\nauthserv_id = "mx.contractor.example"')
    settings, found = settings_of(text + '[intake]\ncolleagues = ["Sato@Contractor.Example"]')
    assert found == []
    assert settings.mailboxes["main"].authserv_id == "mx.contractor.example"
    assert settings.colleagues == ("Sato@contractor.example",)


@pytest.mark.parametrize("form", WebhookForm)
def test_what_was_sent_is_listed_at_a_time_and_a_chat_is_told_in_its_form(form: WebhookForm):
    text = f'[operator]\nsent_digest = "17:30"\nwebhook = {{form = "{form}", url_file = "chat"}}'
    settings, found = settings_of(WORKER.replace("[operator]", text))
    assert found == []
    assert settings.sent_digest == dt.time(17, 30)
    assert settings.webhook == WebhookSettings(form, "chat")


def test_an_empty_ehlo_is_the_domain_of_the_contractor():
    assert settings_of(WORKER)[0].smtp.ehlo == "contractor.example"


def test_a_mailbox_may_start_at_a_date():
    text = WORKER.replace("port = 993", "port = 993\nsince = 2026-11-01")
    assert settings_of(text)[0].mailboxes["main"].since == dt.date(2026, 11, 1)


def test_a_rehearsal_address_is_an_address():
    settings, _ = settings_of(WORKER + '[release]\nrehearsal_to = "soumu@Contractor.Example"\nmode = "hold"')
    assert settings.release.rehearsal_to == "soumu@contractor.example"
    assert settings.release.mode is Mode.HOLD


def test_rehearsals_to_self_go_to_the_contractor_s_own_address():
    assert (
        settings_of(WORKER + '[release]\nrehearsal_to = "self"')[0].release.rehearsal_to == "soumu@contractor.example"
    )
    assert settings_of(WORKER + '[release]\nrehearsal_to = ""')[0].release.rehearsal_to is None


def test_a_server_on_this_machine_needs_neither_tls_nor_a_login():
    text = WORKER.replace(
        'host = "smtp.contractor.example"\nport = 465\nuser = "soumu@contractor.example"\n'
        'password_file = "smtp-password"',
        'host = "127.0.0.1"\nport = 2525\nsecurity = "none"\nuser = ""',
    )
    settings, found = settings_of(text)
    assert found == []
    assert settings.smtp.is_loopback


PLACES = {
    "mailbox.main.password_file": ('password_file = "imap-password"', "password_file = {}"),
    "mailbox.main.ca_file": ("port = 993", "port = 993\nca_file = {}"),
    "folders.notices": ("[operator]", "[folders]\nnotices = {}\n[operator]"),
    "folders.invoices": ("[operator]", "[folders]\ninvoices = {}\n[operator]"),
    "store.dir": ("[operator]", "[store]\ndir = {}\n[operator]"),
    "store.witness": ("[operator]", "[store]\nwitness = {}\n[operator]"),
    "register.dir": ("[operator]", "[register]\ndir = {}\n[operator]"),
    "operator.webhook.url_file": ("[operator]", '[operator]\nwebhook = {{form = "slack", url_file = {}}}'),
}
"""Keys that name a file or a folder → a line of WORKER, and what replaces it."""


@every_case(
    ("written", "code"),
    [
        ("'C:\\Users\\soumu'", "windows_path"),
        ("'C:/Users/soumu'", "windows_path"),
        ("'\\\\server\\share'", "windows_path"),
        ("'inbox\\notices'", "windows_path"),
        ("'￥￥server￥share'", "windows_path"),
        ("'Ｃ：￥Users￥soumu'", "windows_path"),
        ("'Ｃ：＼Users'", "windows_path"),
        ('"smb://server/share"', "path_address"),
        ('"file:///srv/share"', "path_address"),
        ('"~/inbox"', "path_unexpanded"),
        ('"~hoshobin"', "path_unexpanded"),
        ('"$HOME/inbox"', "path_unexpanded"),
        ('"inbox/${NAME}"', "path_unexpanded"),
        ('"%USERPROFILE%/inbox"', "path_unexpanded"),
        ('"／srv／share"', "path_wide"),
    ],
)
@every_case("key", PLACES)
def test_a_place_that_no_folder_here_can_be_is_refused_rather_than_made_and_watched_empty(key, written, code):
    old, new = PLACES[key]
    _, found = settings_of(WORKER.replace(old, new.format(written), 1))
    assert [(each.key, each.code) for each in found] == [(key, code)]


@every_case(
    "written", ["/srv/共有$/前払／中間", "inbox/50%", "/srv/R8:1", "/srv/a~b", "../保証 通知", "/srv/100%_x", "/srv/$x"]
)
def test_a_place_with_odd_letters_stays_one(written):
    settings, found = settings_of(WORKER + f'[folders]\ninvoices = "{written}"\ninvoices_shown = "server"')
    assert found == []
    assert settings.invoices == written


@every_case(
    ("old", "new", "key", "code"),
    [
        ("port = 993", 'port = "993"', "mailbox.main.port", "not_a_number"),
        ("port = 993", "port = true", "mailbox.main.port", "not_a_number"),
        ("port = 993", "port = 0", "mailbox.main.port", "too_small"),
        ("port = 993", "port = 65536", "mailbox.main.port", "too_large"),
        ("port = 993", "", "mailbox.main.port", "missing_key"),
        ("port = 993", "port = 993\nsince = 2026-11-01T00:00:00", "mailbox.main.since", "not_a_date"),
        ("port = 993", 'port = 993\nsince = "2026-11-01"', "mailbox.main.since", "not_a_date"),
        ("port = 993", 'port = 993\nsecurity = "ssl"', "mailbox.main.security", "unknown_value"),
        ("port = 993", 'port = 993\nsecurity = "none"', "mailbox.main.security", "plain_not_loopback"),
        ('password_file = "imap-password"', "", "mailbox.main.password_file", "secret_not_named"),
        ('host = "imap.contractor.example"', 'host = "imap contractor"', "mailbox.main.host", "bad_host"),
        ("[mailbox.main]", '[mailbox."本社"]', "mailbox.本社", "bad_name"),
        ("[mailbox.main]", "[[mailbox]]", "mailbox", "not_a_table"),
        (
            'user = "soumu@contractor.example"\npassword_file = "smtp',
            'password_file = "smtp',
            "smtp.user",
            "no_login_not_loopback",
        ),
        ("port = 465", "port = 465\nmax_bytes = 10", "smtp.max_bytes", "too_small"),
        ("port = 465", "port = 465\nconnections = 2", "smtp.connections", "one_connection"),
        ("port = 465", 'port = 465\ncopy_to = "控え"', "smtp.copy_to", "address_not_ascii"),
        ("port = 465", "port = 465\nper_minute = -1", "smtp.per_minute", "too_small"),
        ("port = 993", 'port = 993\nauthserv_id = "mx; dkim=pass"', "mailbox.main.authserv_id", "bad_authserv_id"),
        ("[operator]", '[intake]\ncolleagues = ["c.example"]\n[operator]', "intake.colleagues[1]", "address_not_bare"),
        ("[operator]", '[schedule]\nwindows = ["mon-fri 8-17"]\n[operator]', "schedule.windows[1]", "bad_window"),
        ("[operator]", '[schedule]\nwindows = "mon 09:00-17:00"\n[operator]', "schedule.windows", "not_a_list"),
        ("[operator]", "[schedule]\nstuck_hours = 0\n[operator]", "schedule.stuck_hours", "too_small"),
        ("[operator]", "[schedule]\novertime_hours = 9\n[operator]", "schedule.overtime_hours", "unknown_key"),
        ("[operator]", '[schedule]\nclosed = ["2026-12-28"]\n[operator]', "schedule.closed[1]", "not_a_date"),
        ("[operator]", '[operator]\nescalate = ["buchou"]', "operator.escalate[1]", "address_not_bare"),
        ("[operator]", '[operator]\ncommand = "tell me"', "operator.command", "not_a_list"),
        ("[operator]", '[operator]\nsent_digest = "5 pm"', "operator.sent_digest", "bad_time"),
        ("[operator]", '[operator]\nsent_digest = "24:00"', "operator.sent_digest", "bad_time"),
        (
            "[operator]",
            '[operator]\nwebhook = {form = "irc", url_file = "a"}',
            "operator.webhook.form",
            "unknown_value",
        ),
        ("[operator]", '[operator]\nwebhook = {form = "slack"}', "operator.webhook.url_file", "missing_key"),
        ("[operator]", '[operator]\nwebhook = "https://x.example"', "operator.webhook", "not_a_table"),
        ("[operator]", "[operator]\nsent_digest = true", "operator.sent_digest", "not_text"),
        ('people = ["山田 花子"]', "people = []", "operator.people", "empty"),
        ('people = ["山田 花子"]', 'people = "山田 花子"', "operator.people", "not_a_list"),
        ('name = "〇〇建設 株式会社"', 'name = " "', "contractor.name", "empty"),
        ('name = "〇〇建設 株式会社"', 'name = "みほん\\u202e建設"', "contractor.name", "unsafe_value"),
        ('name = "〇〇建設 株式会社"', 'name = """みほん\n建設"""', "contractor.name", "unsafe_value"),
        ("[operator]", '[store]\nurl = "postgresql+psycopg://db.example"\n[operator]', "store.url", "store_url"),
        ("[operator]", "[release]\nhold_minutes = -1\n[operator]", "release.hold_minutes", "too_small"),
        (
            'notify = ["soumu@contractor.example"]',
            'notify = ["a@b.example, c@d.example"]',
            "operator.notify[1]",
            "address_not_bare",
        ),
    ],
)
def test_each_fault_is_named_by_its_key(old, new, key, code):
    assert old in WORKER
    settings, found = settings_of(WORKER.replace(old, new))
    assert settings is None
    assert [(problem.key, problem.code) for problem in found] == [(key, code)]


@pytest.mark.parametrize(
    ("old", "new", "key", "nearest"),
    [
        ("port = 993", "port = 993\nprot = 993", "mailbox.main.prot", "port"),
        ("port = 993", 'port = 993\nFolder = "INBOX"', "mailbox.main.Folder", "folder"),
        ("phone =", 'e-mail = "a@b.example"\nphone =', "contractor.e-mail", "email"),
        ("[operator]", "[relase]\n[operator]", "relase", "release"),
        ("port = 465", 'port = 465\npassword = "x"', "smtp.password", "password_file"),
    ],
)
def test_an_unknown_key_is_refused_and_the_nearest_valid_one_named(old, new, key, nearest):
    _, found = settings_of(WORKER.replace(old, new, 1))
    assert [(problem.key, problem.code, problem.params["nearest"]) for problem in found] == [
        (key, "unknown_key", nearest)
    ]


def test_where_no_key_is_near_all_of_them_are_named():
    _, found = settings_of(WORKER + "[import]\nevery = 5")
    assert found[0].params["nearest"] == "columns"
    _, found = settings_of(WORKER + "[folders]\nxyz = 5")
    assert found[0].params["nearest"] == "notices, invoices, invoices_shown"


@pytest.mark.parametrize("text", ["a@b.example", "a.b+c@b.example", "a@x.test", "a@x.invalid", "a_b-c@sub.b.lg.jp"])
def test_one_bare_address_is_an_address(text):
    assert read_address(text) == text


def test_the_domain_is_lower_cased_and_the_local_part_is_kept():
    assert read_address("Soumu.Ka@Contractor.EXAMPLE") == "Soumu.Ka@contractor.example"


@every_case(
    ("text", "code"),
    [
        ("", "empty"),
        ("a@b.example, c@d.example", "address_not_bare"),
        ("a@b.example;c@d.example", "address_not_bare"),
        ("a@b.example c@d.example", "address_not_bare"),
        ("a@b.example@c.example", "address_not_bare"),
        ("Yamada <a@b.example>", "address_not_bare"),
        ("<a@b.example>", "address_not_bare"),
        ('"a b"@b.example', "address_not_bare"),
        ("a(section)@b.example", "address_not_bare"),
        ("a@[192.0.2.1]", "address_not_bare"),
        ("a\\b@b.example", "address_not_bare"),
        ("soumu", "address_not_bare"),
        ("a@b.example NOTIFY=NEVER", "address_not_bare"),
        ("ｓｏｕｍｕ@b.example", "address_not_ascii"),
        ("soumu＠b.example", "address_not_ascii"),
        ("山田 <a@b.example>", "address_not_ascii"),
        ("a@みほん.example", "address_not_ascii"),
        (" a@b.example", "address_space"),
        ("a@b.example ", "address_space"),
        ("a@b.example\r\nBcc: c@d.example", "unsafe_value"),
        ("a@b.example\u200b", "unsafe_value"),
        ("a@b.example\u3000", "address_not_ascii"),
        ("a\x00@b.example", "unsafe_value"),
        ("a@localhost", "address_refused"),
        ("a..b@b.example", "address_refused"),
        (".a@b.example", "address_refused"),
        ("a@-b.example", "address_refused"),
        ("a" * 65 + "@b.example", "address_refused"),
        ("@b.example", "address_refused"),
        ("a@.invalid", "address_refused"),
    ],
)
def test_nothing_but_one_bare_address_is_an_address(text, code):
    with pytest.raises(AddressRefused) as refused:
        read_address(text)
    assert refused.value.code == code


@every_case(
    ("address", "placeholder"),
    [
        ("a@b.example", True),
        ("a@b.invalid", True),
        ("a@b.test", True),
        ("a@example.com", True),
        ("a@sub.example.org", True),
        ("a@b.lg.jp", False),
        ("a@myexample.com", False),
        ("a@example.co.jp", False),
    ],
)
def test_domains_kept_for_examples_are_placeholders(address, placeholder):
    assert is_placeholder(Address(address)) is placeholder


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
    ],
)
def test_only_this_machine_is_loopback(host, loopback):
    assert is_loopback(host) is loopback


@pytest.mark.parametrize("address", ["a@Town.Example", "x@y@town.example", " a@town.example. ", "town.example"])
def test_a_domain_is_compared_in_small_letters_and_without_the_dot_at_its_end(address):
    assert domain_of(address) == "town.example"


# --- The console ---------------------------------------------------------------------------------------------


def console_of(line: str) -> tuple[ConsoleSettings | None, list[str]]:
    settings, found = settings_of(f"{WORKER}\n[console]\n{line}\n")
    return settings and settings.console, [f"{each.key} {each.code}" for each in found]


def test_there_is_no_console_unless_it_is_written() -> None:
    assert settings_of(WORKER)[0].console == ConsoleSettings("", "", ())


@every_case(
    ("given", "read"),
    [
        ("https://hoshobin.contractor.example", "https://hoshobin.contractor.example"),
        ("https://hoshobin.contractor.example/", "https://hoshobin.contractor.example"),
        ("HTTPS://Hoshobin.Contractor.Example:8443", "https://hoshobin.contractor.example:8443"),
        ("https://192.168.1.5", "https://192.168.1.5"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ("http://127.0.0.1:8480", "http://127.0.0.1:8480"),
        ("http://localhost:8480", "http://localhost:8480"),
        ("http://[::1]:8480", "http://[::1]:8480"),
    ],
)
def test_the_address_of_the_console_is_a_host(given: str, read: str) -> None:
    assert console_of(f'url = "{given}"') == (ConsoleSettings(read), [])


@every_case(
    "url",
    [
        "http://hoshobin.contractor.example",
        "http://192.168.1.5:8480",
        "http://127.0.0.1.contractor.example",
        "hoshobin.contractor.example",
        "ftp://hoshobin.contractor.example",
        "javascript:alert(1)",
        "https://",
        "https:///console",
        "https://hoshobin.contractor.example/console",
        "https://hoshobin.contractor.example?x",
        "https://hoshobin.contractor.example#",
        "https://user@hoshobin.contractor.example",
        "https://user:word@hoshobin.contractor.example",
        "https://hoshobin.contractor.example:0",
        "https://hoshobin.contractor.example:70000",
        "https://hoshobin contractor.example",
        "https://hoshobin.contractor.example\\\\@evil.example",
        "https://保証便.example",
        "https://[::1",
    ],
)
def test_another_address_of_the_console_is_refused(url: str) -> None:
    assert console_of(f'url = "{url}"') == (None, ["console.url console_url"])


def test_one_proxy_is_believed_and_networks_are_networks() -> None:
    assert console_of('proxy = "127.0.0.1"\nnetworks = ["192.168.1.0/24", "2001:db8::/64"]') == (
        ConsoleSettings("", "127.0.0.1", ("192.168.1.0/24", "2001:db8::/64")),
        [],
    )
    assert console_of('proxy = "unix"')[1] == []


@pytest.mark.parametrize("proxy", ["proxy.contractor.example", "127.0.0.0/8", "127.0.0.1, 10.0.0.1", "*"])
def test_a_proxy_is_one_number(proxy: str) -> None:
    assert console_of(f'proxy = "{proxy}"')[1] == ["console.proxy console_proxy"]


@pytest.mark.parametrize("metrics", ["127.0.0.1:8481", "127.9.9.9:1", "[::1]:65535", ""])
def test_the_figures_are_served_on_this_machine(metrics: str) -> None:
    assert console_of(f'metrics = "{metrics}"') == (ConsoleSettings(metrics=metrics), [])


@every_case(
    "metrics",
    [
        *("0.0.0.0:8481", "192.168.1.5:8481", ":8481", "8481", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536"),
        *("localhost:8481", "::1:8481", "[127.0.0.1]:8481", "[::]:8481", "127.0.0.1:8481/x", "127.0.0.1:٨"),
    ],
)
def test_an_address_that_another_machine_may_reach_is_refused(metrics: str) -> None:
    assert console_of(f'metrics = "{metrics}"')[1] == ["console.metrics console_metrics"]


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "192.168.1.5/24", "192.168.1", "office", ""])
def test_every_address_or_no_network_is_refused(network: str) -> None:
    assert console_of(f'networks = ["{network}"]')[1] == ["console.networks[1] console_network"]
