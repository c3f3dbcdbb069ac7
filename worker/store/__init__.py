"""The durable records: entries, submissions, notices, ledgers, originals.

Takes the records of a step in one transaction; gives committed records. Start reading at ``ports``; ``sqlite/``
implements it.
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
