"""The pages about issuers: who is registered, and each issuer's rules in office words."""

from __future__ import annotations

from collections import Counter

from starlette.responses import Response

from worker.console.visit import Visit
from worker.views.issuer_page import find_issuers, rules_of


def show_issuers(visit: Visit) -> Response:
    """The registered issuers, or those whose name holds what was typed."""
    configuration = visit.office.configuration
    text = visit.query.get("q", "").strip()
    found = find_issuers(configuration.issuers.values(), text)
    projects = Counter(project.issuer for project in configuration.projects)
    rows = [
        (issuer, projects[issuer.id], {key for rule in issuer.rules.values() for key in rule.open}) for issuer in found
    ]
    return visit.page("issuers.html", rows=rows, text=text)


def show_issuer(visit: Visit) -> Response:
    """One issuer."""
    issuer = visit.office.configuration.issuers.get(str(visit.params["issuer"]))
    if issuer is None:
        return visit.page("error.html", 404, sentence=visit.say("error_missing"))
    return visit.page("issuer.html", issuer=issuer, rules=rules_of(issuer, visit.lang))
