"""Checks a project's registered values against the form that its issuer wants, and writes them in that form.

It changes only the way of writing (hyphens, width, 第 and 号, spaces around), never a letter or a digit. If more would
have to change, a person does it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from worker.core.model import Hold, Notice
from worker.core.params import Params, Value
from worker.core.rulebook import Issuer, Project, ValueForm, Width
from worker.core.states import Reason
from worker.core.text import bare_text, escape_control_chars, fold_hyphens, hide_codes

VALUE_LIMIT: Final = 100
"""Characters of a value that has a form: numbers, dates and names of officials are shorter. A pattern is the
operator's own; a bounded text keeps the time of a careless one within bounds."""

_SHOWN: Final = 40
"""Characters of a misfit that a hold repeats: enough to find it in the register."""

_SPACES: Final = " \t\u00a0\u3000"
_BESIDE_DIGITS: Final = re.compile(r"[- \t第号]")
_TO_HALF: Final = {0x3000: " "} | {code + 0xFEE0: chr(code) for code in range(0x21, 0x7F)}
_TO_FULL: Final = {0x20: "\u3000"} | {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)}


@dataclass(frozen=True, slots=True)
class FittedValues:
    """A project's values as they go into subject and body, in the register's order, and what does not fit."""

    values: Mapping[str, str]
    """One that does not fit stays as registered, for the person who mends it; one with the key in it is masked."""
    holds: tuple[Hold, ...]


class _Misfit(Exception):
    """Raised with the reason why a value cannot be used, as the parameters of a hold without the value."""

    def __init__(self, code: str, **params: Value) -> None:
        super().__init__(code)
        self.params = Params(code=code, **params)


def fit_values(issuer: Issuer, project: Project, notice: Notice) -> FittedValues:
    """Returns the values of ``project`` in the forms that ``issuer`` gives them; those without a form unchanged.

    HELD ``bad_value``, once per value: another form; the surety's contract number, which never replaces the issuer's
    own numbers; or the key, which must not be in a value and is not shown.
    """
    values: dict[str, str] = {}
    holds: list[Hold] = []
    for name, registered in project.values.items():
        try:
            values[name] = _fit(registered, issuer.values.get(name, ValueForm(name)), notice)
        except _Misfit as misfit:
            has_key = _holds_key(registered, notice)
            values[name] = str(notice.key) if has_key else registered
            given = "" if has_key else _shorten(registered)
            holds.append(Hold(Reason.BAD_VALUE, Params(**misfit.params, name=name, given=given)))
    return FittedValues(values, tuple(holds))


def misfit_of_sample(form: ValueForm) -> Params:
    """Returns why the form's own sample does not have this form; empty if it has, or if there is no sample."""
    if not form.sample:
        return Params()
    try:
        _in_form(form.sample, form)
    except _Misfit as misfit:
        return misfit.params
    return Params()


def _fit(registered: str, form: ValueForm, notice: Notice) -> str:
    if _holds_key(registered, notice):
        raise _Misfit("has_key")
    if bare_text(registered) == bare_text(notice.contract_number):
        raise _Misfit("guarantor_number")
    if not registered or form == ValueForm(form.name, sample=form.sample):
        return registered  # an empty one is missing, which is for the draft to say
    fitted = _in_form(registered, form)
    if bare_text(fitted) == bare_text(notice.contract_number):
        raise _Misfit("guarantor_number")
    return fitted


def _in_form(text: str, form: ValueForm) -> str:
    """Returns ``text`` in the way of writing that ``form`` asks for. Raises _Misfit if it does not have its form."""
    if len(text) > VALUE_LIMIT:
        raise _Misfit("too_long", limit=str(VALUE_LIMIT), form=_right_form(form))
    fitted = _normalise(text, form)
    if form.length is not None and len(fitted) != form.length:
        raise _Misfit("length", length=str(len(fitted)), form=_right_form(form))
    if form.pattern and not re.fullmatch(form.pattern, fitted):
        raise _Misfit("pattern", form=_right_form(form))
    return fitted


def _normalise(text: str, form: ValueForm) -> str:
    """``text`` in the way of writing that ``form`` asks for; a width is that of its hyphens and signs, too."""
    if form.digits_only:
        text = _BESIDE_DIGITS.sub("", fold_hyphens(unicodedata.normalize("NFKC", text)))
        if not re.fullmatch("[0-9]+", text):
            raise _Misfit("digits", form=_right_form(form))
    if form.remove_hyphens:
        text = fold_hyphens(text, "")
    match form.width:
        case Width.HALF:
            text = fold_hyphens(text).translate(_TO_HALF)
        case Width.FULL:
            text = fold_hyphens(text).translate(_TO_FULL)
        case Width.AS_WRITTEN:
            pass
    return text.strip(_SPACES)


def _right_form(form: ValueForm) -> tuple[Params, ...]:
    """Returns the form that the issuer wants, one fact each."""
    wanted = [
        *([Params(code="digits_only")] if form.digits_only else []),
        *([Params(code="length", length=str(form.length))] if form.length is not None else []),
        *([Params(code="no_hyphens")] if form.remove_hyphens and not form.digits_only else []),
        *({Width.HALF: [Params(code="half")], Width.FULL: [Params(code="full")]}.get(form.width, [])),
        # The person who corrects it reads a sample; the pattern is used without one.
        *([Params(code="pattern", pattern=form.pattern)] if form.pattern and not form.sample else []),
        *([Params(code="sample", sample=form.sample)] if form.sample else []),
    ]
    return tuple(wanted)


def _holds_key(text: str, notice: Notice) -> bool:
    return bare_text(notice.key.clear) in bare_text(text)


def _shorten(text: str) -> str:
    """Returns ``text`` for a hold, which is kept permanently: anything like a key is masked, another project's too."""
    text = hide_codes(text)
    return escape_control_chars(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
