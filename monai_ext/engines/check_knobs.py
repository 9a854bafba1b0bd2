# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from monai.bundle.reference_resolver import ReferenceResolver
from monai.bundle.utils import DEFAULT_MLFLOW_SETTINGS

from .run_config import RunConfig

__all__ = ["check_knobs"]

_MONAI = {"imports", "initialize", "run", "finalize", *DEFAULT_MLFLOW_SETTINGS["configs"]}
"""Entries that MONAI itself reads."""


def check_knobs() -> None:
    """Refuses a mistyped option of the command line, which MONAI adds to the configuration as a new entry that nothing uses.

    For a configuration's first check. Options that set a part of an entry (`--train#trainer#max_epochs`) are MONAI's to refuse. An overlay may set what
    only some of the configurations know that it lies over; it is not looked at.

    Raises:
        ValueError: if so, with the nearest knob.
    """
    config = RunConfig()
    used = {name for value in config.entries.values() for name in _references(value)}
    for name in config.entries:
        if name in _options() - used - _MONAI - set(config.knobs):
            near = get_close_matches(name, config.knobs, 1, 0.5)
            hint = f"did you mean '--{near[0]}'?" if near else "they stand at the top of the configuration."
            raise ValueError(f"options must be knobs of this configuration, got '--{name}', which nothing uses; {hint}")


def _options() -> set[str]:
    words = (word for word in sys.argv[1:] if word.startswith("-"))
    return {word.lstrip("-").split("=")[0].replace("-", "_") for word in words}


def _references(value: Any) -> Iterator[str]:
    """First part of every `@name` and `%name` in a value."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _references(item)
    elif isinstance(value, str):
        for name in ReferenceResolver.match_refs_pattern(value):
            yield name.split(ReferenceResolver.sep)[0]
