# SPDX-License-Identifier: Apache-2.0
"""What a request may ask for.

MONAI Label puts values of a request into the bundle's configuration, where a text like "$..." is run as Python: only what is listed and checked gets there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

__all__ = ["checked_request", "choice", "flag", "number", "whole", "word"]

Rule = Callable[[str, Any], Any]


def checked_request(request: Mapping[str, Any], rules: Mapping[str, Rule]) -> dict[str, Any]:
    """The fields of a request that have a rule, as the rule makes them; without those that are empty.

    Args:
        request: as a client sent it.
        rules: by the name of the field.

    Raises:
        ValueError: if a field breaks its rule.
    """
    given = {name: request[name] for name in rules if request.get(name) not in (None, "")}
    return {name: rules[name](name, value) for name, value in given.items()}


def choice(options: Collection[str]) -> Rule:
    """One of these texts; of a list its first one, as MONAI Label takes it."""

    def check(name: str, value: Any) -> str:
        value = value[0] if isinstance(value, list) and value else value
        if value not in options:
            raise ValueError(f"{name} must be one of {', '.join(options)}, got {value!r}.")
        return value

    return check


def flag(name: str, value: Any) -> bool:
    """True or false, also as text."""
    known = {"true": True, "false": False}
    if str(value).lower() not in known:
        raise ValueError(f"{name} must be true or false, got {value!r}.")
    return known[str(value).lower()]


def number(low: float, high: float = math.inf) -> Rule:
    """A number of low..high, also as text."""

    def check(name: str, value: Any) -> float:
        if not low <= (found := _float(value)) <= high:
            limits = f"a number from {low:g}" + (f" to {high:g}" if high < math.inf else "")
            raise ValueError(f"{name} must be {limits}, got {value!r}.")
        return found

    return check


def whole(low: int) -> Rule:
    """A whole number from low on, also as text."""

    def check(name: str, value: Any) -> int:
        found = _float(value)
        if not found >= low or found != round(found):
            raise ValueError(f"{name} must be a whole number from {low}, got {value!r}.")
        return int(found)

    return check


def word(name: str, value: Any) -> str:
    """A text of letters, digits, _ and - alone: no path, no expression."""
    if not isinstance(value, str) or not re.fullmatch(r"[\w-]+", value, re.ASCII):
        raise ValueError(f"{name} must be one word, got {value!r}.")
    return value


def _float(value: Any) -> float:
    """The number; nan if it is none, which no comparison lets pass."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        found = float(value)
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan
