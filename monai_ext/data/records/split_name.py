# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable

__all__ = ["split_name"]

_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


def split_name(folders: Iterable[str]) -> str | None:
    """The split that folders' names tell, the last one that does: "train", "val", "test" or None."""
    return next((_SPLITS[name.lower()] for name in reversed(list(folders)) if name.lower() in _SPLITS), None)
