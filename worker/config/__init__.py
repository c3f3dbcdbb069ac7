"""The office's configuration.

Takes the bytes of TOML files; gives one ``Configuration``, or every problem with its place at once. ``editing/``
changes the files of projects and issuers on behalf of a person. Start reading at ``load``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.config.load import Configuration as Configuration
    from worker.config.load import load_configuration as load_configuration
    from worker.config.ports import Secrets as Secrets
    from worker.config.ports import Templates as Templates
    from worker.config.ports import TokenSource as TokenSource
    from worker.config.settings import Settings as Settings
    from worker.config.templates import Renderer as Renderer
else:
    __getattr__ = lazily(
        __name__,
        load=("Configuration", "load_configuration"),
        ports=("Secrets", "Templates", "TokenSource"),
        settings=("Settings",),
        templates=("Renderer",),
    )
