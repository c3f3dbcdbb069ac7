"""The template units (``hoshobin@NAME``), made from the plain units: one text says how a service is confined.

``tests/write_docs.py`` writes them, and ``tests/service/test_systemd_unit.py`` asserts that they are up to date.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

UNITS: Final = Path(__file__).parent.parent / "systemd"
_PROGRAM: Final = "/opt/hoshobin/venv/bin/hoshobin"
_SOCKET: Final = "--unix /run/hoshobin-console/%i/socket"
_BACKUPS: Final = "/srv/hoshobin-backup/%i"
_APART: Final = """\
Persistent=yes
# Each contractor has its own moment within two hours, the same each time: not all of them at once.
RandomizedDelaySec=2h
FixedRandomDelay=yes
"""
_OF_AN_INSTANCE: Final = (
    ("# hoshobin as a service.", "# hoshobin for one of several contractors."),
    ("systemctl edit hoshobin)", "systemctl edit hoshobin@)"),
    ("systemctl edit hoshobin-failed)", "systemctl edit hoshobin-failed@)"),
    ("systemctl edit hoshobin-failed-backup)", "systemctl edit hoshobin-failed-backup@)"),
    ("systemctl edit hoshobin-console)", "systemctl edit hoshobin-console@)"),
    ("systemctl edit hoshobin-backup)", "systemctl edit hoshobin-backup@)"),
    ("systemctl edit hoshobin-backup-drill)", "systemctl edit hoshobin-backup-drill@)"),
    ("hoshobin-backup.timer starts", "hoshobin-backup@%i.timer starts"),
    ("hoshobin-backup-drill.timer starts", "hoshobin-backup-drill@%i.timer starts"),
    ("After=hoshobin.service\n", "After=hoshobin@%i.service\n"),
    ("After=hoshobin.service hoshobin-backup.service\n", "After=hoshobin@%i.service hoshobin-backup@%i.service\n"),
    (f"={_PROGRAM} backup /srv/hoshobin-backup\n", f"={_PROGRAM} --config /etc/hoshobin/%i backup {_BACKUPS}\n"),
    (f"={_PROGRAM} backup check /srv", f"={_PROGRAM} --config /etc/hoshobin/%i backup check /srv"),
    ("backup check /srv/hoshobin-backup\n", f"backup check {_BACKUPS}\n"),
    ("ReadWritePaths=-/srv/hoshobin-backup\n", f"ReadWritePaths=-{_BACKUPS}\n"),
    ("Persistent=yes\n", _APART),
    ("OnFailure=hoshobin-failed.service", "OnFailure=hoshobin-failed@%i.service"),
    ("OnFailure=hoshobin-failed-backup.service", "OnFailure=hoshobin-failed-backup@%i.service"),
    ("RequiresMountsFor=/srv/hoshobin-backup\n", f"RequiresMountsFor={_BACKUPS}\n"),
    ("hoshobin-reader.socket hoshobin.service", "hoshobin-reader.socket hoshobin@%i.service"),
    (f"={_PROGRAM} run", f"={_PROGRAM} --config /etc/hoshobin/%i run"),
    (f"{_PROGRAM} service-failed", f"{_PROGRAM} --config /etc/hoshobin/%i service-failed"),
    ("# A socket in place of the port, for a proxy that", "# A socket for each contractor, for a proxy that"),
    ("is in the group hoshobin (and [console]", "is in the group hoshobin-%i ([console]"),
    ("# ExecStart=\n", ""),
    (f"# ExecStart={_PROGRAM} --config /etc/hoshobin console --unix /run/hoshobin-console/socket\n", ""),
    (f"{_PROGRAM} --config /etc/hoshobin console\n", f"{_PROGRAM} --config /etc/hoshobin/%i console {_SOCKET}\n"),
    ("RuntimeDirectory=hoshobin\n", "RuntimeDirectory=hoshobin/%i\n"),
    ("RuntimeDirectory=hoshobin-console\n", "RuntimeDirectory=hoshobin-console/%i\n"),
    ("User=hoshobin\n", "User=hoshobin-%i\n"),
    ("User=hoshobin-console\n", "User=hoshobin-%i-console\n"),
    ("Group=hoshobin\n", "Group=hoshobin-%i\n"),
    (" For a template unit:\n# StateDirectory=hoshobin/%i hoshobin-witness/%i.", ""),
    ("StateDirectory=hoshobin hoshobin-witness/hoshobin\n", "StateDirectory=hoshobin/%i hoshobin-witness/%i\n"),
    ("=/var/lib/hoshobin -", "=/var/lib/hoshobin/%i -"),
    ("-/var/lib/hoshobin-witness/hoshobin\n", "-/var/lib/hoshobin-witness/%i\n"),
    (
        "-/etc/hoshobin/credentials -/var/lib/hoshobin/tokens",
        "-/etc/hoshobin/%i/credentials -/var/lib/hoshobin/%i/tokens",
    ),
    ("ReadWritePaths=-/srv/hoshobin\n", "ReadWritePaths=-/srv/hoshobin/%i\n"),
    ("password:/etc/hoshobin/credentials/", "password:/etc/hoshobin/%i/credentials/"),
)
_PLAIN: Final = (
    *(f"hoshobin{part}.service" for part in ("", "-failed", "-failed-backup", "-console")),
    *(f"hoshobin-backup{part}.{kind}" for part in ("", "-drill") for kind in ("service", "timer")),
)


def template_units() -> dict[Path, str]:
    """Returns the text of each template unit by its file."""
    made = {}
    for name in _PLAIN:
        stem, _, kind = name.partition(".")
        text = (UNITS / name).read_text(encoding="utf-8")
        for plain, instance in _OF_AN_INSTANCE:
            text = text.replace(plain, instance)
        made[UNITS / f"{stem}@.{kind}"] = text
    return made
