"""Login, invitation, logout and a person's own settings."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Final, Literal

import segno
from markupsafe import Markup
from starlette.responses import Response

from worker.accounts import login, people, second_factor, sessions, sso
from worker.accounts.login import Attempt
from worker.accounts.sessions import token_hash
from worker.console.absence import absence_fields, record_typed
from worker.console.desk import KeptForm
from worker.console.guards import session_cookie
from worker.console.visit import Visit
from worker.core.accounts import Account
from worker.core.alarms import MAIL_PAUSE
from worker.core.errors import NotAllowed

_LONGEST_SECRET: Final = 64
"""Characters of a secret that came back with a wrong code; ours have 32, and a picture holds some 2,000."""
_NEVER_KEPT: Final = frozenset({"token", "whose", "proof", "proof-code", "password", "again", "code", "secret"})
"""Fields that a page never gives back."""


def show_login(visit: Visit) -> Response:
    """The login."""
    if visit.account is not None:
        return visit.go(within(visit.query.get("then", "/")))
    return visit.page(
        "login.html",
        then=within(visit.query.get("then", "/")),
        back="",
        failed="",
        name="",
        typed=(),
        kept_for="",
        kept="",
        asks_code=comes_from_outside(visit),
    )


def log_in(visit: Visit) -> Response:
    """Opens a session and goes to the page that was asked for."""
    form, then = visit.form, within(visit.form.text("then"))
    attempt = Attempt(
        form.text("login"),
        form.secret("password"),
        visit.address,
        visit.agent,
        is_kept=bool(form.text("keep")),
        device=visit.device,
        code=form.text("code"),
        is_outside=comes_from_outside(visit),
    )
    try:
        done = login.log_in(visit.store, attempt, visit.desk.hasher, visit.now)
    except NotAllowed as refused:
        return visit.page(
            "login.html",
            422,
            then=then,
            back=form.text("back"),
            failed=visit.refusal(refused),
            name=form.text("login"),
            typed=typed_fields(visit, prefix="kept:"),
            kept_for=form.text("kept-for"),
            kept="",
            asks_code=comes_from_outside(visit) or refused.code.startswith("code_"),
        )
    visit.keep_session(done)
    typed = typed_fields(visit, prefix="kept:")
    if not typed or form.text("kept-for") != done.account.login:
        return visit.go(within(form.text("back")) if form.text("back") else then)
    return visit.page("again.html", path=then, typed=typed, why="again_why")


def comes_from_outside(visit: Visit) -> bool:
    """Returns whether the client is outside ``[console] networks``."""
    return second_factor.is_outside(visit.address, visit.office.settings.console.networks)


def ask_again(visit: Visit, back: str) -> Response:
    """The login for a form whose session had ended; what was typed goes on with it, in the browser alone.

    The form names its person, because a session that was ended elsewhere is gone, and its cookie with the browser.
    The name is not looked up: the answer must not tell if there is such an account. Nothing is left of a file.
    ``back`` is the page that comes next if nothing is given back.
    """
    ended = visit.store.session(token_hash(visit.token)) if visit.token else None
    owner = visit.store.account(ended.account) if ended else None
    whose = owner.login if owner else visit.form.text("whose")
    typed = typed_fields(visit) if whose else ()
    return visit.page(
        "login.html",
        403,
        then=visit.path,
        back=back,
        failed=visit.say("error_session" if typed else "error_session_alone"),
        name="",
        typed=typed,
        kept_for=whose,
        kept=keep_form(visit, owner) if owner else "",
        asks_code=comes_from_outside(visit),
    )


def keep_form(visit: Visit, account: Account) -> str:
    """Keeps what was typed while the person is at the identity provider; empty if there is none, or nothing to keep."""
    typed = typed_fields(visit)
    if visit.desk.sso is None or account.identity is None or not typed:
        return ""
    return visit.desk.kept_forms.keep(KeptForm(account.id, visit.path, typed, visit.now))


def ask_for_proof(visit: Visit, failed: str) -> Response:
    """Asks the person again who he or she is, by what the account has; what was typed is kept."""
    account = visit.person
    is_at_provider = sso.can_prove(account, visit.desk.sso.settings if visit.desk.sso else None)
    by_code = bool(account.totp)
    if not (account.password or by_code or is_at_provider):
        failed = visit.say("sso_no_proof")
    return visit.page(
        "prove.html",
        403,
        typed=typed_fields(visit),
        failed=failed,
        by_code=by_code,
        is_at_provider=is_at_provider,
        kept=keep_form(visit, account) if is_at_provider else "",
    )


def typed_fields(visit: Visit, prefix: str = "") -> tuple[tuple[str, str], ...]:
    """The fields of the form, without passwords and tokens; with ``prefix`` those that begin with it, without it."""
    return tuple(
        (name.removeprefix(prefix), value)
        for name, values in visit.form.fields.items()
        if name.startswith(prefix) and name.removeprefix(prefix) not in _NEVER_KEPT
        for value in values
    )


def log_out(visit: Visit) -> Response:
    """Ends this session."""
    sessions.log_out(visit.store, visit.token)
    visit.cookies[session_cookie(visit.desk)] = ("", 0)
    return visit.go("/login", "logged_out")


def log_out_everywhere(visit: Visit) -> Response:
    """Ends every session of the account."""
    sessions.log_out_everywhere(visit.store, visit.person.id)
    return visit.go("/login", "logged_out")


def show_invitation(visit: Visit) -> Response:
    """Asks for a first password. A GET uses nothing up: mail scanners open links."""
    return _invitation(visit, "")


def accept_invitation(visit: Visit) -> Response:
    """Sets the first password; the login follows."""
    if visit.form.secret("password") != visit.form.secret("again"):
        return _invitation(visit, visit.say("error_passwords_differ"))
    try:
        people.accept_invitation(
            visit.store,
            str(visit.params["token"]),
            visit.form.secret("password"),
            visit.desk.hasher,
            visit.now,
            company=visit.office.settings.contractor.name,
            address=visit.address,
        )
    except NotAllowed as refused:
        return _invitation(visit, visit.refusal(refused))
    return visit.go("/login", "password_set")


def _invitation(visit: Visit, failed: str) -> Response:
    invited: Account | None = people.find_invitation(visit.store, str(visit.params["token"]), visit.now)
    if invited is None:
        return visit.page(
            "error.html", 404, sentence=visit.say("error_invitation"), title=visit.say("error_title_link")
        )
    return visit.page("invitation.html", 422 if failed else 200, invited=invited, failed=failed)


def show_own_settings(visit: Visit) -> Response:
    """A person's own settings."""
    return _own(visit, "")


def change_password(visit: Visit) -> Response:
    """Sets another password; every other session of the account ends."""
    form = visit.form
    if form.secret("password") != form.secret("again"):
        return _own(visit, visit.say("error_passwords_differ"))
    try:
        done = login.change_password(
            visit.store,
            visit.opened_session,
            form.secret("old"),
            form.secret("password"),
            visit.desk.hasher,
            visit.now,
            company=visit.office.settings.contractor.name,
        )
    except NotAllowed as refused:
        return _own(visit, visit.refusal(refused))
    visit.keep_session(done)
    return visit.go("/me", "password_changed")


def must_register_code(visit: Visit) -> bool:
    """Returns whether this administrator has no second factor yet; on http of this machine none is needed.

    A login at the identity provider may have had one.
    """
    account = visit.account
    is_admin = account is not None and second_factor.needs_code(account, outside=False)
    if visit.session is not None and visit.session.has_second:
        return False
    return account is not None and is_admin and not account.totp and not visit.desk.is_loopback_http


def register_code(visit: Visit) -> Response:
    """Sets the second factor; the answer shows the recovery codes once, and the login follows."""
    try:
        codes = second_factor.register_code(
            visit.store, visit.person.id, visit.form.text("secret"), visit.form.text("code"), visit.author, visit.now
        )
    except NotAllowed as refused:
        return _own(visit, "", code_failed=visit.refusal(refused))
    visit.cookies[session_cookie(visit.desk)] = ("", 0)
    return visit.page("recovery.html", codes=codes)


def change_settings(visit: Visit) -> Response:
    """Sets the language of a person's pages and mails."""
    language: Literal["ja", "en"] = "en" if visit.form.text("language") == "en" else "ja"
    people.change_language(visit.store, visit.person.id, language, visit.author)
    return visit.go("/me", "person_changed")


def choose_mails(visit: Visit) -> Response:
    """Sets the mails that the person wants, among those that the roles may have."""
    chosen = visit.form.several("mail")
    wanted = (kind for kind in visit.person.mails_to_choose if kind in chosen)
    people.change_mails(visit.store, visit.person.id, wanted, visit.author)
    return visit.go("/me", "mails_changed")


def record_own_absence(visit: Visit) -> Response:
    """Records or ends the person's own absence."""
    try:
        said = record_typed(visit, visit.person)
    except NotAllowed as refused:
        return _own(visit, "", absence_failed=visit.refusal(refused))
    return visit.go("/me", said)


def _own(visit: Visit, failed: str, code_failed: str = "", absence_failed: str = "") -> Response:
    opened = [each for each in sessions.sessions_of(visit.store, visit.person.id) if not each.is_over(visit.now)]
    secret = visit.form.text("secret")[:_LONGEST_SECRET]
    if not secret and not visit.person.totp:
        secret = second_factor.new_secret(secrets.token_urlsafe(32))
    return visit.page(
        "me.html",
        422 if failed or code_failed or absence_failed else 200,
        opened=opened,
        here=visit.opened_session.token_sha256,
        absence_failed=absence_failed,
        **absence_fields(visit, visit.person),
        failed=failed,
        code_failed=code_failed,
        secret=secret,
        app_link=(app_link := second_factor.app_link(secret, visit.person.login)),
        code_picture=_picture_of(app_link) if secret else "",
        must_register=must_register_code(visit),
        mail_minutes=MAIL_PAUSE // dt.timedelta(minutes=1),
        is_list_sent=visit.office.settings.sent_digest is not None,
    )


def _picture_of(link: str) -> Markup:
    """The link as a QR picture in the page itself: an address of its own would hold the secret."""
    picture: str = segno.make(link, error="m", micro=False).svg_inline(scale=4, border=4, omitsize=True)
    return Markup(picture)  # noqa: S704  drawn from black and white modules; no text of the link is in it


def within(then: str) -> str:
    """Returns ``then`` if it is a path of ours, else the home page: an address from outside is never followed."""
    is_ours = then.startswith("/") and not then.startswith(("//", "/\\")) and then.isprintable()
    return then if is_ours else "/"
