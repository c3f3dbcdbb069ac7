"""The third step: authenticates the sender of a mail.

Takes the mail's header fields and its server's Authentication-Results; gives ``SenderAuth``, which gives the
verdict for a guarantor and its evidence. Start reading at ``sender_auth``; ``dkim/`` asks the DNS for keys.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.authenticate.ports import DkimVerifier as DkimVerifier
    from worker.authenticate.sender_auth import DkimFailure as DkimFailure
    from worker.authenticate.sender_auth import DkimResult as DkimResult
    from worker.authenticate.sender_auth import Proof as Proof
    from worker.authenticate.sender_auth import SenderAuth as SenderAuth
    from worker.authenticate.sender_auth import read_auth_headers as read_auth_headers
    from worker.authenticate.sender_auth import read_sender as read_sender
else:
    __getattr__ = lazily(
        __name__,
        ports=("DkimVerifier",),
        sender_auth=("DkimFailure", "DkimResult", "Proof", "SenderAuth", "read_auth_headers", "read_sender"),
    )
