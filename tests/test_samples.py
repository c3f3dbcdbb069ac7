"""The samples that people copy: as far as a program of Debian, or the repository itself, can judge them."""

from __future__ import annotations

import contextlib
import json
import re
import select
import shutil
import socket
import ssl
import subprocess
import time
import tomllib
from pathlib import Path

import pytest
import trustme

ROOT = Path(__file__).parent.parent
RSYSLOG = ROOT / "ops" / "rsyslog.conf"
VECTOR = ROOT / "ops" / "vector.toml"
CONTAINERFILE = ROOT / "packaging" / "Containerfile"
PATIENCE = 30.0
"""Seconds for rsyslogd on a busy machine."""


def find_rsyslogd() -> str:
    """Returns the program; skips the test if there is none."""
    program = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None or not list(Path("/usr/lib").glob("*/rsyslog/lmnsd_gtls.so")):
        pytest.skip("rsyslogd and its TLS are not installed (packages rsyslog, rsyslog-gnutls)")
    return program


def rsyslogd(configuration: Path) -> subprocess.CompletedProcess[str]:
    """Returns what rsyslog says of a configuration; nothing is started."""
    command = [find_rsyslogd(), "-N1", "-f", str(configuration)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.process
def test_rsyslog_accepts_its_sample() -> None:
    checked = rsyslogd(RSYSLOG)
    assert checked.returncode == 0, checked.stderr
    assert "error" not in checked.stderr


@pytest.mark.process
def test_rsyslog_refuses_the_sample_with_a_word_that_it_does_not_know(tmp_path: Path) -> None:
    changed = tmp_path / "rsyslog.conf"
    changed.write_text(RSYSLOG.read_text().replace("queue.maxDiskSpace", "queue.maxSpace"))
    assert rsyslogd(changed).returncode != 0


@pytest.mark.process
@pytest.mark.parametrize("name", ["logs.contractor.example", "other.contractor.example"])
def test_a_line_of_the_service_arrives_whole_over_tls_at_the_host_that_the_sample_names_alone(
    tmp_path: Path, name: str
) -> None:
    line = json.dumps({"event": "unavailable", "failure": "imap: 接続できません"}, ensure_ascii=False)
    other, ours = "<30>Nov 30 06:00:00 sshd[9]: another program", f"<30>Nov 30 06:00:00 hoshobin[1]: {line}"
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with socket.create_server(("127.0.0.1", 0)) as host:
        host.settimeout(PATIENCE)
        sample = RSYSLOG.read_text().replace("/etc/ssl/certs/ca-certificates.crt", str(tmp_path / "ca.pem"))
        sample = sample.replace('target="logs.contractor.example"', 'target="127.0.0.1"')
        sample = sample.replace("6514", str(host.getsockname()[1]))
        journal = tmp_path / "socket"
        (tmp_path / "rsyslog.conf").write_text(
            f'global(workDirectory="{tmp_path}")\n'
            f'module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="{journal}")\n{sample}'
        )
        command = [find_rsyslogd(), "-n", "-f", str(tmp_path / "rsyslog.conf"), "-i", str(tmp_path / "pid")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
            try:
                send_to(journal, other, ours)
                arrived = first_line(host, tls)
            finally:
                daemon.kill()
    assert arrived == (f"{line}\n" if name == "logs.contractor.example" else "")


def first_line(host: socket.socket, tls: ssl.SSLContext) -> str:
    """Returns the first line that a client sends; empty if it ends the connection before."""
    connection, _ = host.accept()
    connection.settimeout(PATIENCE)
    with (
        contextlib.suppress(ssl.SSLError, ConnectionError),
        tls.wrap_socket(connection, server_side=True) as session,
        session.makefile(encoding="utf-8") as lines,
    ):
        return lines.readline()
    return ""


def send_to(journal: Path, *lines: str) -> None:
    """Sends datagrams as journald forwards them, once the socket is there."""
    until = time.monotonic() + PATIENCE
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        while sender.connect_ex(str(journal)):
            assert time.monotonic() < until, "rsyslogd opened no socket"
            select.select([], [], [], 0.05)
        for line in lines:
            sender.send(line.encode())


def test_each_input_of_the_sample_for_vector_is_a_part_of_it_and_its_file_says_that_it_was_not_tried() -> None:
    text = VECTOR.read_text()
    parts = tomllib.loads(text)
    named = {name for kind in ("sources", "transforms") for name in parts[kind]}
    inputs = [each for kind in ("transforms", "sinks") for part in parts[kind].values() for each in part["inputs"]]
    assert inputs
    assert set(inputs) == named
    assert "NOT TRIED" in text


def test_the_container_is_made_of_files_that_are_here_or_that_make_dist_builds_and_says_that_it_was_not_tried() -> None:
    text = CONTAINERFILE.read_text()
    copied = [file for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for file in line.split()]
    assert "dist/hoshobin-*-py3-none-any.whl" in copied
    assert [file for file in copied if not file.startswith("dist/") and not (ROOT / file).is_file()] == []
    assert "NOT TRIED" in text
