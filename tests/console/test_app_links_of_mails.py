"""Every link of a mail to people leads to a page: to the login first, and behind it to what its reader may see."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
import pytest

from tests.console.conftest import WAITS
from tests.support.console import PEOPLE, Console
from tests.support.every_mail import mails
from worker.core.messages import speaking_in_mails
from worker.views.commands import link_or_command

PAGES = "https://hoshobin.contractor.example"


def links() -> set[str]:
    with speaking_in_mails(PAGES):
        return {found for _, body in mails() for found in re.findall(rf"{PAGES}(/\S*)", body)}


PATHS = sorted({re.sub(r"/s/[0-9]+", "/s/1", path) for path in links()})


def test_the_mails_lead_to_all_kinds_of_pages() -> None:
    assert {"/", "/s/1", "/log", "/health", "/drop", "/verify", "/people"} <= {*PATHS}


@pytest.mark.parametrize("path", PATHS)
def test_a_link_leads_to_the_login_and_back_to_its_page(console: Console, path: str) -> None:
    answer = httpx.get(f"{console.base}{path}", follow_redirects=False)
    assert answer.status_code == 303
    there = urlsplit(answer.headers["location"])
    assert there.path == "/login"
    assert console.browser().get(answer.headers["location"]).status_code == 200


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/projects/")])
def test_behind_the_login_its_page_is_there_for_somebody(console: Console, path: str) -> None:
    assert 200 in {console.browser(login).get(path).status_code for login in PEOPLE}


def test_a_project_is_found_under_its_link(console: Console) -> None:
    with console.desk.store() as store:
        project = store.submission(2).destination.project
    assert project is not None
    with speaking_in_mails(console.base):
        link = link_or_command(None, "ja", project)
    assert WAITS.project in console.browser("staff").get(link.removeprefix(console.base)).text
