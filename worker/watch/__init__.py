"""The first step: what is new in the mailboxes and in the notices folder.

Takes a mailbox or a folder and its ledger; gives the messages and files to be read. Start reading at ``plan``;
``imap/`` and ``folder/`` act.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.watch.plan import judge_outline as judge_outline
    from worker.watch.plan import plan_folder as plan_folder
    from worker.watch.plan import plan_mailbox as plan_mailbox
    from worker.watch.ports import Folder as Folder
    from worker.watch.ports import Mailbox as Mailbox
else:
    __getattr__ = lazily(
        __name__,
        plan=("judge_outline", "plan_folder", "plan_mailbox"),
        ports=("Folder", "Mailbox"),
    )
