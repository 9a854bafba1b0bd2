# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from monai.bundle import ConfigParser

__all__ = ["RunConfig"]

_REST = "_desc_rest"
"""In a configuration of ours the knobs stand above this entry."""


class RunConfig:
    """The whole configuration of the bundle run in which this is made: all files laid over each other, with what the command line has set.

    MONAI gives a component references to single entries, never the whole. But it makes every component from within its parser, so that one is
    found on the call stack, however the run was started: by `python -m monai.bundle run`, from Python, by MONAI Label. Elsewhere there is none, and
    the configuration is empty.

        "checkpoint": {"_target_": "monai_ext.handlers.TrainingCheckpoint", ..., "config": {"_target_": "monai_ext.engines.RunConfig"}}
    """

    def __init__(self) -> None:
        self.parser = _running_parser()

    @property
    def entries(self) -> dict[str, Any]:
        """The entries as they are written, by name, in their order; MONAI's own (`_meta_`) apart."""
        entries = self.parser.get() if self.parser else {}
        return {name: value for name, value in entries.items() if name != ConfigParser.meta_key}

    @property
    def knobs(self) -> list[str]:
        """Names of what a user may set: the entries above `_desc_rest`."""
        names = list(self.entries)
        above = names[: names.index(_REST)] if _REST in names else []
        return [name for name in above if not name.startswith("_") and name != "imports"]

    def __call__(self) -> dict[str, Any]:
        """Plain values: `knobs` by name, expressions evaluated, and `entries` as they are, which can be run again as a file."""
        knobs = {name: _plain(self.parser.get_parsed_content(name)) for name in self.knobs}
        return {"knobs": knobs, "entries": _plain(self.entries)}


def _running_parser() -> ConfigParser | None:
    frame = sys._getframe()
    while frame is not None and not isinstance(frame.f_locals.get("self"), ConfigParser):
        frame = frame.f_back
    return frame and frame.f_locals["self"]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if type(value) in (type(None), bool, int, float, str) else str(value)
