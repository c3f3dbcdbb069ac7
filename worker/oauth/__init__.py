"""Logins by token, for Microsoft 365 and Google.

Takes a login that a person gave once; gives a token that a server accepts, and renews it. Start reading at ``tokens``,
which decides; ``endpoint``, ``files`` and ``source`` act.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.oauth.settings import OauthSettings as OauthSettings
    from worker.oauth.settings import Provider as Provider
    from worker.oauth.tokens import Given as Given
    from worker.oauth.tokens import Kept as Kept
else:
    __getattr__ = lazily(
        __name__,
        settings=("OauthSettings", "Provider"),
        tokens=("Given", "Kept"),
    )
