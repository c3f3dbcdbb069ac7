"""The one durable thing: entries, submissions, notices, ledgers, originals.

Takes what a step records in one transaction; gives what was committed. Start reading at ``ports``, which says what a
store promises; ``sqlite/`` keeps the promise.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.store.ports import Author as Author
    from worker.store.ports import Reading as Reading
    from worker.store.ports import Store as Store
    from worker.store.ports import Writing as Writing
else:
    __getattr__ = lazily(
        __name__,
        ports=("Author", "Reading", "Store", "Writing"),
    )
