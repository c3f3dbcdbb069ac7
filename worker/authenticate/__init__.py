"""The third step: whether it is proven who wrote a mail.

Takes the mail's header fields and its server's findings; gives ``SenderAuth``, the proof or its absence with the evidence.
Start reading at ``sender_auth``; ``dkim/`` asks the DNS for keys.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.authenticate.auth_headers import read_sender as read_sender
    from worker.authenticate.dkim_policy import DkimFailure as DkimFailure
    from worker.authenticate.dkim_policy import DkimResult as DkimResult
    from worker.authenticate.ports import DkimVerifier as DkimVerifier
    from worker.authenticate.sender_auth import Proof as Proof
    from worker.authenticate.sender_auth import SenderAuth as SenderAuth
    from worker.authenticate.sender_auth import read_auth_headers as read_auth_headers
else:
    __getattr__ = lazily(
        __name__,
        dkim_policy=("DkimResult", "DkimFailure"),
        ports=("DkimVerifier",),
        sender=("read_sender",),
        sender_auth=("Proof", "SenderAuth", "read_auth_headers"),
    )
