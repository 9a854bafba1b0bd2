# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import Field
from typing import Any

from .segments import SEGMENTS

__all__ = ["check_setting"]


def check_setting(item: Field, value: Any) -> Any:
    """A value as its field of `PhantomSettings` wants it, lists as tuples.

    Raises:
        ValueError: if it has another shape, or a number lies outside the field's limits.
    """
    name, kind = item.name, str(item.type)
    if kind == "tuple[str, ...]":
        return _names(name, value)
    if kind == "tuple[Range, ...]":
        if not isinstance(value, list | tuple) or not value:
            raise ValueError(f"{name} must be a list of pairs of angles, got {value!r}.")
        return tuple(_within(name, _pair(name, pair), -180, 180) for pair in value)
    least, most = (0, 1) if name.endswith("_share") else item.metadata["limits"]
    whole = "int" in kind
    if kind in ("int", "float"):
        if not _is_number(value, whole):
            raise ValueError(f"{name} must be a {'whole ' * whole}number, got {value!r}.")
        return _within(name, (value,), least, most)[0]
    low, high = _within(name, _pair(name, value, whole), least, most)
    if low > high:
        raise ValueError(f"{name} must be [low, high] with low <= high, got {value!r}.")
    return low, high


def _names(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value or not set(value) <= set(SEGMENTS):
        raise ValueError(f"{name} must be names among {', '.join(SEGMENTS)}, got {value!r}.")
    return tuple(value)


def _is_number(value: Any, whole: bool) -> bool:
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool)


def _pair(name: str, value: Any, whole: bool = False) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(_is_number(v, whole) for v in value):
        raise ValueError(f"{name} must be a pair of {'whole ' * whole}numbers, got {value!r}.")
    return tuple(value)


def _within(name: str, numbers: tuple, least: float, most: float) -> tuple:
    if not all(least <= number <= most for number in numbers):
        raise ValueError(f"{name} must lie in {least:g} to {most:g}, got {', '.join(map(str, numbers))}.")
    return numbers
