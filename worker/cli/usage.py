"""Explains the faults of a command's arguments in the reader's language: click speaks English alone."""

from __future__ import annotations

import difflib
import re
from typing import Final

import click
from click import exceptions

from worker.core.messages import Language, say

_EXTRA: Final = re.compile(r"Got unexpected extra arguments? \((?P<words>.*)\)")
"""Click has no class of its own for extra arguments."""
_NUMBER: Final = re.compile(r"\d{1,12}(?:@[0-9A-Za-z]{1,64})?")


def explain_usage(error: click.ClickException, lang: Language, *, is_signed: bool) -> str:
    """Returns a sentence that names the wrong argument and what was expected.

    ``is_signed`` is whether ``--by`` was among the arguments: half of an unquoted name is taken for a number then.
    """
    text = error.format_message() if lang == "en" else _in_japanese(error)
    if is_signed and _is_about_a_word(error):
        text += say("usage_quotes", lang)
    return text


def _is_about_a_word(error: click.ClickException) -> bool:
    if isinstance(error, exceptions.MissingParameter):
        return False
    if isinstance(error, click.BadParameter):
        return isinstance(error.param, click.Argument)
    return _EXTRA.fullmatch(error.message) is not None


def _in_japanese(error: click.ClickException) -> str:
    match error:
        case exceptions.NoSuchCommand():
            return say("usage_command", "ja", name=error.command_name) + _nearest(_near_commands(error))
        case exceptions.NoSuchOption():
            return say("usage_option", "ja", name=error.option_name) + _nearest(error.possibilities)
        case exceptions.BadOptionUsage():
            return say("usage_option_form", "ja", name=error.option_name)
        case exceptions.MissingParameter():
            return say("usage_missing", "ja", name=_name_of(error))
        case click.BadParameter() if error.param and isinstance(error.param.type, click.Choice):
            choices = ", ".join(map(str, error.param.type.choices))
            return say("usage_choice", "ja", name=_name_of(error), choices=choices)
        case click.BadParameter():
            return say("usage_value", "ja", name=_name_of(error), why=error.message)
        case _:
            extra = _EXTRA.fullmatch(error.message)
            if extra is None:
                return error.format_message()
            are_numbers = all(map(_NUMBER.fullmatch, extra["words"].split()))
            return say("usage_one_number" if are_numbers else "usage_extra", "ja", words=extra["words"])


def _near_commands(error: exceptions.NoSuchCommand) -> list[str]:
    group = error.ctx.command if error.ctx else None
    if not isinstance(group, click.Group) or error.ctx is None:
        return []
    return difflib.get_close_matches(error.command_name.lower(), group.list_commands(error.ctx))


def _nearest(possibilities: list[str] | None) -> str:
    return say("usage_nearest", "ja", names="、".join(possibilities)) if possibilities else ""


def _name_of(error: click.BadParameter) -> str:
    if error.param is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Argument) and error.ctx is not None:
        return error.param.make_metavar(error.ctx).strip("[]")
    return " / ".join((*error.param.opts, *error.param.secondary_opts))
