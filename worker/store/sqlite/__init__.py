"""The store on SQLite. Start reading at ``store``: the connection, its transactions, and what can fail about them."""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.store.sqlite.store import SqlStore as SqlStore
    from worker.store.sqlite.store import create_or_migrate as create_or_migrate
    from worker.store.sqlite.store import has_database as has_database
    from worker.store.sqlite.store import open_store as open_store
else:
    __getattr__ = lazily(__name__, store=("SqlStore", "create_or_migrate", "has_database", "open_store"))
