"""Errors, refusals and problems of the configuration, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from worker.core.errors import Problem
from worker.core.messages import Language, hint, say
from worker.core.messages.keys import explain_words


def error_json(message: str, lang: Language, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """Returns the fixed fields of a command that failed."""
    return {"error": message, "problems": [problem_json(each, lang) for each in problems]}


def refusal_json(code: str, message: str = "", more: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """Returns the fixed fields of a refusal; ``more`` adds those of what was refused."""
    return {"refused": code, **({"message": message} if message else {}), **more}


def problem_json(problem: Problem, lang: Language) -> dict[str, str]:
    """The fixed fields of one problem."""
    return {
        "file": problem.file,
        "key": problem.key,
        "message": say(problem.code, lang, **problem.params),
        "hint": problem_hint(problem, lang),
    }


def problem_hint(problem: Problem, lang: Language) -> str:
    """Returns what to do about it, with the nearest valid name if there is one."""
    params = dict(problem.params)
    if "valid" in params:
        params["valid"] = explain_words(problem.key, params["valid"], lang)
    parts = [hint(problem.code, lang, **params)]
    nearest = problem.params.get("nearest", "")
    if nearest and nearest not in parts[0]:
        parts.append(say("nearest", lang, key=nearest))
    return " ".join(filter(None, parts))
