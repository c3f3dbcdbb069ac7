"""The screens of the login by a company account in a real browser, at a desk and on a telephone; axe-core."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.test_sso import console, invited, provider, served
from tests.support import browsing
from tests.support.console import Console
from tests.support.identity_provider import IdentityProvider, of_hanako
from tests.support.screens import DESK, PHONE, beside

__all__ = ["console", "provider", "served"]

pytestmark = [pytest.mark.servers, pytest.mark.process]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_person_binds_logs_in_and_proves_without_a_fault_of_the_screens(
    chromium: Any,
    console: Console,
    provider: IdentityProvider,
    size: dict[str, int],
) -> None:
    """The provider's own page is a link that its person presses."""
    login = f"seen{size['width']}"
    provider.person = of_hanako(sub=login, email=f"{login}@contractor.example")
    path = beside(lambda: invited(console, login, f"{login}@contractor.example"))
    context = chromium.new_context(viewport=size, locale="ja-JP")
    page = context.new_page()
    faults: list[str] = []

    def look() -> None:
        faults.extend(f"{page.url}: {each['id']}" for each in browsing.serious_faults(page))
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            faults.append(f"{page.url}: wider than the window")

    page.goto(console.base + path)
    look()
    page.click("text=会社のアカウントを結び付ける")
    page.click("text=log in")
    page.wait_for_url(f"{console.base}/?said=identity_bound")
    look()
    page.goto(f"{console.base}/me")
    look()
    page.goto(f"{console.base}/login")
    context.clear_cookies()
    page.goto(f"{console.base}/login")
    look()
    page.click("summary:has-text('ログイン名とパスワード')")
    look()
    page.click("a:text-is('会社のアカウントでログイン')")
    page.click("text=log in")
    page.wait_for_url(f"{console.base}/")
    provider.person = of_hanako(sub="a stranger")
    context.clear_cookies()
    page.goto(f"{console.base}/sso/login")
    page.click("text=log in")
    assert "結び付いていません" in page.inner_text("main")
    look()
    context.close()
    assert faults == []
