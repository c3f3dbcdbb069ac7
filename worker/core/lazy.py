"""Loads the names of a package when they are first used.

A package that imported everything it names would load a whole vocabulary: 20 to 90 ms, and 5 are allowed. Under
``TYPE_CHECKING`` each package imports the same names, so that mypy and import-linter see them.
"""

import sys

TYPE_CHECKING = False  # typing itself costs more than a face may; mypy and ruff know the name
if TYPE_CHECKING:
    from collections.abc import Callable


def lazily(package: str, **modules: tuple[str, ...]) -> "Callable[[str], object]":
    """The ``__getattr__`` of ``package``, for names by the module below it that has them."""
    places = {name: f"{package}.{module}" for module, names in modules.items() for name in names}

    def load(name: str) -> object:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        __import__(places[name])  # importlib would be half of what a face costs
        return getattr(sys.modules[places[name]], name)

    return load
