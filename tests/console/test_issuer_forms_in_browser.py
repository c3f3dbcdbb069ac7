"""The form of an issuer in Chromium: the mail follows what is typed, and nothing is saved by it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.console import Console

pytestmark = [pytest.mark.servers, pytest.mark.process]


def test_the_mail_follows_what_is_typed_and_is_saved_after_its_summary(screens: Any, console: Console) -> None:
    screen = screens(login="staff")
    page = screen.page
    file = console.office.config / "issuers" / "kawa.toml"
    before = file.read_bytes()
    screen.open("/issuers/kawa/edit")
    subject = page.locator('input[name="f:rule.default.subject"]')
    subject.fill("〔工事名〕の認証キー")
    subject.blur()
    page.locator("#preview", has_text="工事名〕の認証キー").wait_for()
    subject.fill("〔工事番号〕の認証キー")
    subject.blur()
    page.locator("#preview", has_text="〔工事番号〕の認証キー").wait_for()
    assert file.read_bytes() == before
    page.click(".act button.go")
    assert "〔工事番号〕の認証キー" in page.inner_text("main")
    page.click('button[value="save"]')
    assert "保存しました" in page.inner_text(".result")
    assert file.read_bytes() != before
    page.goto(f"{console.base}/issuers/kawa")
    assert "〔工事番号〕の認証キー" in page.inner_text("main")
    assert "{{" not in page.inner_text("main")
