"""Renders templates in a sandbox, within limits.

A name that is undefined or empty stops the rendering and is named; it is never left blank.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.filters import do_format, do_indent, do_join, do_replace, do_wordwrap
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
"""Errors that a template's own expressions can raise."""


class MissingName(HoshobinError):
    """A name that the template uses and that is not registered, or empty."""

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


def make_names(names: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Returns ``names`` as ``Renderer.render`` takes them: each mapping in them, or in a tuple of them, is a Scope."""
    return {name: _scoped(value, f"{path}.{name}" if path else name) for name, value in names.items()}


def _scoped(value: Any, path: str) -> Any:
    if isinstance(value, tuple):
        return tuple(_scoped(each, path) for each in value)
    if isinstance(value, Mapping) and not isinstance(value, Scope):
        return Scope(path, make_names(value, path))
    return value


_OF_EVERY_SCOPE: Final = frozenset({"items", "keys", "values"})
"""Methods by which a template may go through a scope."""


class _Named(jinja2.StrictUndefined):
    """An undefined name: every use except ``default()`` raises MissingName with the name."""

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


ROUNDS_LIMIT: Final = 10_000
"""Rounds of all loops of one rendering together: a mail lists some ten attachments. Also a loop without output ends."""

WIDTH_LIMIT: Final = 1_000
"""Characters that one value may be filled up to; a line of a mail has at most 998 (RFC 5322 §2.1.1)."""

_COUNTED: Final = "_counted"
_BOUNDED: Final = "_bounded"
_ROUNDS: Final = "_rounds"

_TEXT_METHODS: Final = frozenset(
    {"strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "upper", "lower", "title", "capitalize", "split"}
    | {"splitlines", "partition", "rpartition", "startswith", "endswith", "find", "count", "isdigit", "format"}
)
"""The methods of a text that give no more than they get, and ``format``, whose widths are bounded."""

_WIDE: Final = re.compile(r"\{[^{}]*(?:\{|[0-9]{4})|%[^a-zA-Z%]*(?:\*|[0-9]{4})")
"""A field of ``format`` or ``%`` that is wider than WIDTH_LIMIT, or takes its width from a value."""


# Those that look up attributes by a name in a string (attr, map, selectattr, groupby …) are left out: a name they hide
# cannot be checked before the rendering.
JINJA_FILTERS: Final = frozenset(
    {"abs", "capitalize", "d", "default", "first", "float", "format", "indent", "int", "items", "join", "last"}
    | {"length", "count", "list", "lower", "replace", "reverse", "round", "sort", "string", "title", "trim"}
    | {"truncate", "unique", "upper", "wordwrap"}
)
"""Filters of jinja2 that a template may use: they turn text into text. The renderer has no other."""


class _Bounded(ImmutableSandboxedEnvironment):
    """The sandbox, without the operators that make much out of little; a scope's names are what was put into it.

    Each rendering ends: its loops are counted, its texts are bounded, and no step makes much out of little.
    """

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """As the sandbox has it, and of a text only the methods that give no more than they get."""
        if isinstance(obj, str) and attr not in _TEXT_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Any:
        """Returns ``format`` of a text. Raises TemplateFault for a field that is too wide."""
        if getattr(value, "__name__", "") in {"format", "format_map"} and isinstance(value.__self__, str):
            _check_width(value.__self__)
        return super().wrap_str_format(value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """``project.values`` is the register's values, not the method that every dict has under this name."""
        if isinstance(obj, Scope) and (attribute in obj or attribute not in _OF_EVERY_SCOPE):
            return self.getitem(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Returns the item. A name that is not in a scope is missing, even if a dict has a method of that name."""
        if isinstance(obj, Scope):
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)
        return super().getitem(obj, argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002  jinja2 gives it
        """Refuses to repeat or to format text by an operator, and powers: a mail needs none of them."""
        if operator == "**":
            raise TemplateFault("** is not allowed")
        if operator == "+":
            return _bound(left + right)
        if not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise TemplateFault(f"{operator} is for numbers only")
        return _bound(left * right) if operator == "*" else left % right

    def compile_bounded(self, source: str) -> jinja2.Template:
        """Returns the template with its loops counted and its concatenations bounded."""
        tree = self.parse(source)
        for loop in tree.find_all(nodes.For):
            loop.iter = _filtered(loop.iter, _COUNTED)
        for text in list(tree.find_all(nodes.Concat)):
            text.nodes = [_filtered(each, _BOUNDED) for each in text.nodes]
        return jinja2.Template.from_code(self, self.compile(tree), self.make_globals(None))


def _filtered(node: nodes.Node, name: str) -> Any:
    made = nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
    return made.set_environment(node.environment) if node.environment else made


@jinja2.pass_context
def _counted(context: jinja2.runtime.Context, things: Any) -> Iterator[Any]:
    rounds: list[int] = context[_ROUNDS]
    for each in things:
        rounds[0] += 1
        if rounds[0] > ROUNDS_LIMIT:
            raise TemplateFault(f"more than {ROUNDS_LIMIT} rounds")
        yield each


def _bound(value: Any) -> Any:
    """Returns ``value``. Raises TemplateFault for a text longer than TEXT_LIMIT, and for a number that has no use."""
    if isinstance(value, str | list | tuple) and len(value) > TEXT_LIMIT:
        raise TemplateFault(f"more than {TEXT_LIMIT} characters")
    if isinstance(value, int) and value.bit_length() > WIDTH_LIMIT:
        raise TemplateFault("a number too large")
    return value


def _check_width(text: str) -> None:
    if _WIDE.search(text):
        raise TemplateFault(f"a field wider than {WIDTH_LIMIT - 1}")


def _bounded_format(value: Any, *args: Any, **kwargs: Any) -> str:
    _check_width(str(value))
    return do_format(value, *args, **kwargs)


def _bounded_indent(value: Any, width: Any = 4, *args: Any, **kwargs: Any) -> str:
    columns = len(width) if isinstance(width, str) else int(width)
    if columns > WIDTH_LIMIT:
        raise TemplateFault(f"an indent wider than {WIDTH_LIMIT}")
    text = str(value)
    if (len(text.splitlines()) + 1) * columns > TEXT_LIMIT:
        raise TemplateFault(f"more than {TEXT_LIMIT} characters")
    return do_indent(text, width, *args, **kwargs)


@jinja2.pass_eval_context
def _bounded_replace(eval_ctx: Any, value: Any, old: str, new: str, count: int | None = None) -> str:
    text = str(value)
    if (len(text) + 1) * len(str(new)) + len(text) > TEXT_LIMIT and text.count(str(old)) * len(str(new)) > TEXT_LIMIT:
        raise TemplateFault(f"more than {TEXT_LIMIT} characters")
    return do_replace(eval_ctx, text, old, new, count)


@jinja2.pass_eval_context
def _bounded_join(eval_ctx: Any, value: Any, d: str = "", attribute: Any = None) -> str:
    things = list(value)
    if len(things) * len(str(d)) > TEXT_LIMIT:
        raise TemplateFault(f"more than {TEXT_LIMIT} characters")
    return str(_bound(do_join(eval_ctx, things, d, attribute)))


@jinja2.pass_environment
def _bounded_wordwrap(
    environment: Any,
    s: str,
    width: int = 79,
    break_long_words: bool = True,
    wrapstring: str | None = None,
    break_on_hyphens: bool = True,
) -> str:
    if wrapstring is not None and len(s) * len(wrapstring) > TEXT_LIMIT:
        raise TemplateFault(f"more than {TEXT_LIMIT} characters")
    return do_wordwrap(environment, s, width, break_long_words, wrapstring, break_on_hyphens)


_OWN: Final[Mapping[str, Callable[..., Any]]] = {
    _COUNTED: _counted,
    _BOUNDED: lambda value: _bound(str(value)),
    "format": _bounded_format,
    "indent": _bounded_indent,
    "replace": _bounded_replace,
    "join": _bounded_join,
    "wordwrap": _bounded_wordwrap,
}
"""Filters of jinja2 that make much out of little, bounded, and those that are put around loops and concatenations."""


def _make_environment() -> _Bounded:
    made = _Bounded(
        undefined=_Named,
        autoescape=False,
        keep_trailing_newline=True,
        optimized=False,  # an expression of constants alone would be worked out unbounded while it is compiled
    )
    own = {name: made.filters[name] for name in JINJA_FILTERS}
    made.filters = {**own, **FILTERS, **_OWN}
    made.globals.clear()  # range, lipsum, cycler and others: a mail needs none of them
    return made


_ENVIRONMENT: Final = _make_environment()
"""Holds no template and changes no more."""

COMPILED_KEPT: Final = 2_048
"""Templates of a process: an issuer has some ten, and a configuration that is loaded again has the same ones."""


@lru_cache(maxsize=COMPILED_KEPT)
def _compile(source: str) -> jinja2.Template:
    return _ENVIRONMENT.compile_bounded(source)


class Renderer:
    """Renders template sources; each is compiled once in a process, whichever configuration has it."""

    def render(self, source: str, names: Mapping[str, Any]) -> str:
        """The text of ``source`` with ``names``.

        Raises MissingName, or TemplateFault if the template itself fails or gives more than TEXT_LIMIT.
        """
        try:
            return _joined(_compile(source).generate(**names, **{_ROUNDS: [0]}))
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
