"""The second step: what a mail is to us, and what its PDF says.

Takes raw bytes; gives a ``Notice``, or the reason why it must not be read as one. Start reading at ``message``, then
``classify`` and ``notice``; ``pdf/`` opens PDFs in child processes.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.read.classify import MailClass as MailClass
    from worker.read.classify import classify_mail as classify_mail
    from worker.read.message import Message as Message
    from worker.read.message import read_message as read_message
    from worker.read.notice import confirm_notice as confirm_notice
    from worker.read.notice import read_notice as read_notice
    from worker.read.ports import PdfReader as PdfReader
else:
    __getattr__ = lazily(
        __name__,
        classify=("MailClass", "classify_mail"),
        message=("Message", "read_message"),
        notice=("confirm_notice", "read_notice"),
        ports=("PdfReader",),
    )
