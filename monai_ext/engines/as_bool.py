# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

__all__ = ["as_bool"]

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def as_bool(value: bool | int | str) -> bool:
    """A switch as it was meant: command lines hand over `--resume false` as a word, and every word counts as true in Python.

    Args:
        value: true, false, or a word for it (true, yes, 1, false, no, 0), in any case of letters.

    Raises:
        ValueError: if it is neither.
    """
    meant = _WORDS.get(str(value).lower())
    if meant is None:
        raise ValueError(f"a switch must be true or false, got {value!r}.")
    return meant
