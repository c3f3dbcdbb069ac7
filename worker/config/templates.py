"""Templates → text, in a sandbox, bounded, and never with a hole in it.

Its one promise: a name that is undefined or empty stops the rendering and is named; nothing is filled in. It
does not know what the text is for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NoReturn

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from worker.core.errors import HoshobinError
from worker.core.japanese_dates import write_date, write_date_short, write_month_and_day

TEXT_LIMIT: Final = 100_000
"""Characters of one rendered text: a body is about 1,000, and a loop in a template must end somewhere."""

_FAULTS: Final = (
    jinja2.TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    MemoryError,
    RecursionError,
)
"""What a template's own expressions can raise."""


class MissingName(HoshobinError):
    """A name that the template uses and nobody has registered, or that is empty."""

    def __init__(self, name: str, *, is_tested: bool = False) -> None:
        super().__init__(name)
        self.name = name
        self.is_tested = is_tested
        """It was asked about in a condition, which ``is defined`` can ask without stopping."""


class TemplateFault(HoshobinError):
    """The template fails by itself: an error in it that only these values bring out, or endless text."""


class Scope(dict[str, Any]):
    """The names below one name of a template; empty values are left out, so that using one is a MissingName."""

    def __init__(self, path: str, names: Mapping[str, Any]) -> None:
        super().__init__({k: v for k, v in names.items() if v is not None and v != ""})
        self.scope_path = path


_OF_EVERY_SCOPE: Final = frozenset({"items", "keys", "values"})
"""What a template may call on a scope to go through it."""


class _Named(jinja2.StrictUndefined):
    """An undefined name that says which one it is, whatever is done with it except ``default()``."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        scope = getattr(self._undefined_obj, "scope_path", "")
        name = self._undefined_name or "?"
        raise MissingName(f"{scope}.{name}" if scope else str(name))

    def _fail_where_tested(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        try:
            self._fail_with_undefined_error()
        except MissingName as missing:
            raise MissingName(missing.name, is_tested=True) from None

    __bool__ = _fail_where_tested
    __iter__ = __str__ = __len__ = __hash__ = _fail_with_undefined_error
    __eq__ = __ne__ = __contains__ = __format__ = _fail_with_undefined_error
    __getattr__ = __getitem__ = __call__ = _fail_with_undefined_error


def _digits(text: str) -> str:
    """Only the digits of ``text``, full-width ones as half-width."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c in "0123456789")


def _nospace(text: str) -> str:
    """``text`` without any white space, U+3000 included."""
    return "".join(text.split())


FILTERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "digits": _digits,
    "nospace": _nospace,
    "wareki": write_date,
    "wareki_short": write_date_short,
    "monthday": write_month_and_day,
}


class _Bounded(ImmutableSandboxedEnvironment):
    """The sandbox, without the operators that make much out of little; a scope's names are what was put into it."""

    intercepted_binops = frozenset({"*", "**"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """``project.values`` is the register's values, not the method that every dict has under this name."""
        if isinstance(obj, Scope) and (attribute in obj or attribute not in _OF_EVERY_SCOPE):
            return self.getitem(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """As written: a name that is not in a scope is missing, whatever methods a dict has."""
        if isinstance(obj, Scope):
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)
        return super().getitem(obj, argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002  jinja2 gives it
        """Refuse to repeat text or to raise to a power: a mail needs neither."""
        if operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise TemplateFault(f"{operator} is for numbers only" if operator == "*" else "** is not allowed")
        return left * right


class Renderer:
    """Renders template sources; each is compiled once."""

    def __init__(self) -> None:
        self._environment = _Bounded(
            undefined=_Named,
            autoescape=False,
            keep_trailing_newline=True,
        )
        self._environment.filters.update(FILTERS)
        self._compiled: dict[str, jinja2.Template] = {}

    def render(self, source: str, names: Mapping[str, Any]) -> str:
        """The text of ``source`` with ``names``.

        Raises MissingName, or TemplateFault where the template itself fails or gives more than TEXT_LIMIT.
        """
        try:
            template = self._compiled.get(source)
            if template is None:
                template = self._compiled[source] = self._environment.from_string(source)
            return _joined(template.generate(**names))
        except _FAULTS as error:
            raise TemplateFault(f"{type(error).__name__}: {error}") from error


def _joined(pieces: Iterator[str]) -> str:
    parts: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > TEXT_LIMIT:
            raise TemplateFault(f"more than {TEXT_LIMIT} characters")
        parts.append(piece)
    return "".join(parts)
