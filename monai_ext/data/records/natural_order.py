# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

__all__ = ["natural_order"]


def natural_order(text: str) -> tuple[list[str | int], str]:
    """Sort key by which "2.png" comes before "10.png"; equal keys only for equal texts."""
    pieces = re.split(r"([0-9]+)", text)
    return [int(piece) if i % 2 else piece for i, piece in enumerate(pieces)], text
