"""Accounts of people: who may do what, their passwords, invitations, logins and sessions.

Takes a person's login or an administrator's change; gives a session, an account, or the reason for a refusal. Start
reading at ``login``, then ``people``; ``argon2`` makes and checks the hashes of passwords.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.accounts.login import Attempt as Attempt
    from worker.accounts.login import LoggedIn as LoggedIn
    from worker.accounts.login import LoginRefused as LoginRefused
    from worker.accounts.login import log_in as log_in
    from worker.accounts.login import prove as prove
    from worker.accounts.people import people_of as people_of
    from worker.accounts.ports import Hasher as Hasher
    from worker.accounts.sessions import find_session as find_session
else:
    __getattr__ = lazily(
        __name__,
        login=("Attempt", "LoggedIn", "LoginRefused", "log_in", "prove"),
        people=("people_of",),
        ports=("Hasher",),
        sessions=("find_session",),
    )
