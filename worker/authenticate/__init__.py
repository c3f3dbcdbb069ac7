"""The third step: authenticates the sender of a mail.

Takes the mail's header fields and its server's Authentication-Results; gives ``Vouched``, which gives the
verdict for a guarantor and its evidence. Start reading at ``sender_auth``; ``dkim/`` asks the DNS for keys.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.authenticate.auth_headers import read_sender as read_sender
    from worker.authenticate.dkim_policy import Signed as Signed
    from worker.authenticate.dkim_policy import Unsigned as Unsigned
    from worker.authenticate.ports import Signatures as Signatures
    from worker.authenticate.sender_auth import Proof as Proof
    from worker.authenticate.sender_auth import Vouched as Vouched
    from worker.authenticate.sender_auth import read_spoken as read_spoken
else:
    __getattr__ = lazily(
        __name__,
        dkim_policy=("Signed", "Unsigned"),
        ports=("Signatures",),
        auth_headers=("read_sender",),
        sender_auth=("Proof", "Vouched", "read_spoken"),
    )
