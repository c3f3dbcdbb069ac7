"""Parameters of a hold: our codes and other people's words, as an immutable value.

Sentences are made of them when they are shown (``messages``). Only the parameters are stored and compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias, Union

Value: TypeAlias = Union[str, tuple["Value", ...], "Params"]
Given: TypeAlias = "Value | Mapping[str, Any] | list[Any] | None"

Told: TypeAlias = "str | Params"
"""A sentence for people: the words of an issuer or of a person, or ours by its code."""

TEXT: Final = "text"
"""The one parameter of what an older program wrote as a sentence: shown as it was, never read."""

CODE: Final = "code"
"""The parameter that chooses the sentence among those of one reason."""


class Aside(NamedTuple):
    """A word with a remark; a sentence puts the remark in the brackets of its language."""

    word: str
    remark: str


class Labelled(NamedTuple):
    """A code with the sentence about it; a sentence puts the colon of its language between them."""

    code: str
    about: Told


class Numbered(NamedTuple):
    """One of several things that a person chooses from."""

    number: int
    about: Any


class Params(Mapping[str, Value]):
    """Names and values in the order of the names; equal and of one hash if all names and values are equal.

    An empty value is dropped, so that an unknown fact needs no name; the sentence of an older program may be empty.
    """

    __slots__ = ("_pairs",)

    def __init__(self, **values: Given) -> None:
        frozen = ((name, _freeze(value)) for name, value in values.items() if value is not None)
        self._pairs: tuple[tuple[str, Value], ...] = tuple(
            sorted((pair for pair in frozen if pair[1] or pair[0] == TEXT), key=lambda pair: pair[0])
        )

    @classmethod
    def read(cls, value: object) -> Params:
        """The parameters that a JSON object holds. Raises ValueError."""
        if not isinstance(value, dict):
            raise ValueError("parameters are an object")  # noqa: TRY004  pydantic reports the place of a ValueError
        return cls(**value)

    def __getitem__(self, name: str) -> Value:
        for own, value in self._pairs:
            if own == name:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Params) and self._pairs == other._pairs

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return f"Params({', '.join(f'{name}={value!r}' for name, value in self._pairs)})"

    @property
    def code(self) -> str:
        """Returns the code of the sentence of the reason."""
        return self.word(CODE)

    @property
    def old_text(self) -> str | None:
        """Returns the sentence of an older program; None if these are parameters."""
        return self.word(TEXT) if self.is_text else None

    @property
    def is_text(self) -> bool:
        """Returns whether an older program wrote these as a sentence."""
        return [*self] == [TEXT]

    def word(self, name: str) -> str:
        """Returns the value of ``name`` if it is one text, else an empty text."""
        value = self.get(name, "")
        return value if isinstance(value, str) else ""

    def words(self, name: str) -> tuple[str, ...]:
        """Returns the values of ``name``, which may be several."""
        value = self.get(name, ())
        return tuple(each for each in value if isinstance(each, str)) if isinstance(value, tuple) else (str(value),)

    def without(self, names: frozenset[str]) -> Params:
        """The same without ``names``."""
        return Params(**{name: value for name, value in self.items() if name not in names})

    def each_word(self, change: Callable[[str], str]) -> Params:
        """Returns the parameters with ``change`` applied to each text except the code."""
        return Params(**{name: value if name == CODE else _changed(value, change) for name, value in self.items()})

    def plain(self) -> dict[str, Any]:
        """The same as dictionaries and lists, as JSON has it."""
        return {name: _plain(value) for name, value in self.items()}


NOTHING: Final = Params()
"""No parameters."""


def of_text(text: str) -> Params:
    """Returns the parameters for ``text``, the sentence of an older program."""
    return Params(**{TEXT: text})


def _changed(value: Value, change: Callable[[str], str]) -> Value:
    match value:
        case str():
            return change(value)
        case Params():
            return value.each_word(change)
        case _:
            return tuple(_changed(each, change) for each in value)


def _plain(value: Value) -> object:
    match value:
        case str():
            return value
        case Params():
            return value.plain()
        case _:
            return [_plain(each) for each in value]


def _freeze(value: Given) -> Value:
    match value:
        case str() | Params():
            return value
        case Mapping():
            return Params(**value)
        case list() | tuple():
            return tuple(_freeze(each) for each in value)
        case _:
            raise ValueError(f"no parameter: {type(value).__name__}")


def read_spelled(text: str) -> Params:
    """The parameters that ``spell`` wrote."""
    if not text:
        return NOTHING
    try:
        return Params.read(json.loads(text))
    except ValueError:  # the sentence of an older program
        return of_text(text)


def spell(params: Params) -> str:
    """The parameters in one line for programs: the sentence of an older program, else JSON; empty for none."""
    if params.is_text or not params:
        return params.word(TEXT)
    return json.dumps(params, ensure_ascii=False, default=dict)
