"""The fifth step: the draft, and whether it may be a mis-send.

Takes notice, project, rule and templates; gives a ``Draft`` with the bytes of its mail, or every reason why there is
none yet. Start reading at ``compose``, then ``checks``, ``mime_write`` and ``mime_verify``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.compose.attachments import files_in_question as files_in_question
    from worker.compose.checks import Check as Check
    from worker.compose.checks import check_draft as check_draft
    from worker.compose.compose import Composed as Composed
    from worker.compose.compose import hash_draft as hash_draft
    from worker.compose.mime_verify import decode_message as decode_message
    from worker.compose.mime_write import build_message as build_message
    from worker.compose.rule_examples import try_examples as try_examples
else:
    __getattr__ = lazily(
        __name__,
        checks=("Check", "check_draft"),
        compose=("Composed", "hash_draft"),
        invoice_select=("files_in_question",),
        mime_verify=("decode_message",),
        mime_write=("build_message",),
        rule_examples=("try_examples",),
    )
