# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Fault"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something broken in a data set that the rest of it survives."""

    path: Path
    reason: str
    image: bool = False
    """The image itself is broken or missing, so that there is no record of it; otherwise a label, a table, a folder."""
