"""The first rehearsal of docs/first-submission.ja.md through the console alone, with its presses and inputs counted.

Run as ``.venv/bin/python -m tests.first_rehearsal``: it walks the way of the demonstration and that of an installation
in which the administrator made one account, and prints for each step the presses, the inputs and the seconds.
``console/test_first_rehearsal.py`` makes both walks and compares the counts with the document.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import tomlkit

from tests.support.browsing import Person, chromium
from tests.support.demo_console import DemoConsole, demo_console, free_port
from tests.support.service_process import Listener
from worker.cli.demo.sample_files import sample_pdf
from worker.cli.demo.smtp_server import DsnController

PASSWORD: Final = "朝の会議の前に窓を開けて風を通す"
ISSUER: Final = (
    *("issuers", "add", "加賀市", "--set", "section.kanzai.to=kanzai@kaga.example"),
    *("--set", "rule.default.subject=電子保証(認証キー)", "--set", "rule.default.invoice=optional"),
    *("--set", "rule.interim.timing=any", "--set", "section.kanzai.phone=0761-00-0000"),
)
"""The issuer that the administrator adds, with the answers of the document."""
ACCOUNT: Final = (
    *("user", "add", "山田 花子", "--login", "hanako"),
    *("--role", "admin", "--role", "staff", "--role", "approver"),
)
UNREGISTERED: Final = 5
"""The submission of the demonstration whose project is not registered."""
REHEARSED: Final = "【リハーサル】電子保証(認証キー)"
SAW: Final = "アドレスを公表元と照合済み"


@dataclass
class Step:
    """One step of the walk: its name in the document, and what a person does in it."""

    name: str
    presses: int = 0
    inputs: int = 0
    """Fields that are typed, chosen or ticked."""
    seconds: float = 0.0


_APPROVE = "button[name=then][value=here]"


@dataclass
class Walk:
    """A person whose presses and inputs are counted."""

    person: Person
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[Any]:
        """Counts what is done inside as one step; gives the page."""
        self.steps.append(Step(name))
        began = time.monotonic()
        yield self.person.page
        self.steps[-1].seconds = time.monotonic() - began

    def press(self, words: str) -> None:
        self.press_at(f'main button:text-is("{words}")')

    def press_at(self, selector: str) -> None:
        """Presses a button or a link, which opens a page."""
        self.steps[-1].presses += 1
        with self.person.page.expect_navigation():
            self.person.page.click(selector)

    def fill(self, name: str, text: str) -> None:
        self.steps[-1].inputs += 1
        self.person.page.fill(f'input[name="{name}"]', text)

    def choose_file(self, name: str, content: bytes) -> None:
        self.steps[-1].inputs += 1
        file = {"name": name, "mimeType": "application/pdf", "buffer": content}
        self.person.page.set_input_files("input[name=pdf]", file)

    def look_and_tick(self) -> None:
        """Scrolls to each page, ticks each box, and notes how it was checked where that is asked."""
        page = self.person.page
        self.steps[-1].inputs += page.locator('form[action$="/approve"] input[type=checkbox]').count()
        self.person.look_and_tick()
        if page.locator('form[action$="/approve"] input[name=note][required]').count():
            self.fill("note", SAW)

    def approve(self) -> None:
        """Approves. Where the service judged the draft meanwhile, the page asks for one more look, as it should."""
        page = self.person.page
        self.press_at(_APPROVE)
        if "承認しました" in page.inner_text("main"):
            return
        self.person.look_and_tick()
        if not page.locator(".result").count():
            with page.expect_navigation():
                page.click(_APPROVE)
        shown = page.inner_text("main")
        assert "承認しました" in shown, shown


def log_in(walk: Walk, login: str, password: str) -> None:
    with walk.step("ログイン"):
        walk.person.open("/login")
        walk.fill("login", login)
        walk.fill("password", password)
        walk.press("ログイン")


def walk_demo(demo: DemoConsole, browser: Any) -> list[Step]:
    """The way of the demonstration: a notice without a project is registered, approved and sent within the computer."""
    walk = Walk(Person(browser, demo.url))
    log_in(walk, demo.login, demo.password)
    with walk.step("案件を登録"):
        walk.press_at(f'a[href^="/projects/new?from={UNREGISTERED}"]')
        walk.fill("f:issuer", "〇〇市")
        walk.press("内容を確かめる")
        walk.fill("f:values.工事番号", "R8-31")
        walk.press("内容を確かめる")
        walk.press("登録する")
    with walk.step("確認して承認"):
        walk.look_and_tick()
        walk.approve()
    with walk.step("送信"):
        demo.until(UNREGISTERED, "SENT")
    with walk.step("届いたことを記録") as page:
        page.reload()
        walk.fill("note", "契約課 田中様、電話")
        walk.press("届いていることを記録")
        assert demo.state(UNREGISTERED) == "CONFIRMED"
    return walk.steps


@dataclass
class Installation:
    """A fresh installation, with the link of the one account that the administrator made."""

    url: str
    invitation: str
    relay: DsnController
    until: Callable[[Callable[[], Any]], Any]
    """Waits until the condition is true, asked again after each word of the service."""

    @property
    def subjects(self) -> list[str]:
        from tests.support.office import Taken

        return [Taken.of(mail).subject for mail in self.relay.mails]


def walk_installation(office: Installation, browser: Any) -> list[Step]:
    """The way of an installation: from the link to the mail of the rehearsal in the office's own mailbox."""
    walk = Walk(Person(browser, office.url))
    with walk.step("招待リンクからパスワードを決める"):
        walk.person.open(office.invitation)
        walk.fill("password", PASSWORD)
        walk.fill("again", PASSWORD)
        walk.press("このパスワードにする")
    log_in(walk, "hanako", PASSWORD)
    with walk.step("お知らせPDFを入れる") as page:
        walk.press_at('header a[href="/drop"]')
        walk.choose_file("お知らせ.pdf", sample_pdf("notice-contract.pdf"))
        walk.press("PDFを入れる")
        page.wait_for_selector('a[href="/projects/new?from=1"]', timeout=120_000)
    with walk.step("案件を登録"):
        walk.press_at('a[href="/projects/new?from=1"]')
        walk.fill("f:issuer", "加賀市")
        walk.fill("f:dates.contract", "R8.12.7")
        walk.press("内容を確かめる")
        walk.press("内容を確かめる")
        walk.press("登録する")
    with walk.step("確認して承認"):
        walk.look_and_tick()
        walk.approve()
    with walk.step("リハーサルのメールが届く"):
        office.until(lambda: REHEARSED in office.subjects)
    return walk.steps


@contextmanager
def installation(root: Path, **changes: dict[str, Any]) -> Iterator[Installation]:
    """Makes an installation as its administrator does by commands, and starts the service and the console.

    The mail server is the demonstration's. ``changes`` are further values of tables of ``worker.toml``.
    """
    config = root / "config"
    with ExitStack() as stack:
        relay = stack.enter_context(DsnController())
        _hoshobin(config, "init", str(config))
        settings = tomlkit.parse((config / "worker.toml").read_text())
        del settings["mailbox"]
        own = {"smtp": {"host": relay.host, "port": relay.port, "security": "none", "user": ""}, **changes}
        for table, values in own.items():
            settings[table].update(values)  # type: ignore[union-attr]
        (config / "worker.toml").write_text(tomlkit.dumps(settings))
        _hoshobin(config, *ISSUER)
        _hoshobin(config, "run", "--once")
        invitation = re.findall(r"/invite/\S+", _hoshobin(config, *ACCOUNT))[0]
        listener = Listener(root)
        stack.callback(listener.close)
        _start(stack, root, config, "run", NOTIFY_SOCKET=str(listener.path))
        port = free_port()
        console = _start(stack, root, config, "console", "--port", str(port))
        assert console.stdout is not None
        console.stdout.readline()
        yield Installation(f"http://127.0.0.1:{port}", invitation, relay, listener.until)


def _hoshobin(config: Path, *words: str) -> str:
    """Runs one command; returns what it printed."""
    ended = subprocess.run(
        [sys.executable, "-m", "worker", "--config", str(config), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOSHOBIN_LANG": "ja"},
    )
    assert ended.returncode == 0, (words, ended.stdout, ended.stderr)
    return ended.stdout


def _start(stack: ExitStack, root: Path, config: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    """Starts a command that runs until the end of ``stack``."""
    journal = stack.enter_context((root / f"{words[0]}.log").open("w"))
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-m", "worker", "--config", str(config), *words],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=journal,
            text=True,
        )
    )
    stack.callback(process.terminate)
    return process


def table_of(steps: list[Step]) -> str:
    """The steps as the document has them, without the seconds."""
    rows = [f"| {number} | {each.name} | {each.presses} | {each.inputs} |" for number, each in enumerate(steps, 1)]
    total = f"| | 合計 | {sum(each.presses for each in steps)} | {sum(each.inputs for each in steps)} |"
    return "\n".join(["| | 手順 | 押す | 入力・選択 |", "|---|---|---|---|", *rows, total])


def seconds_of(steps: list[Step]) -> str:
    return (
        "、".join(f"{each.name} {each.seconds:.1f}" for each in steps) + f"、合計 {sum(s.seconds for s in steps):.1f}"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="hoshobin-rehearsal-") as kept, chromium() as window:
        with demo_console(Path(kept) / "demo") as demo:
            steps = walk_demo(demo, window)
        sys.stdout.write(f"{table_of(steps)}\n{seconds_of(steps)}\n\n")
        with installation(Path(kept) / "office") as office:
            steps = walk_installation(office, window)
        sys.stdout.write(f"{table_of(steps)}\n{seconds_of(steps)}\n")
