# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

from .cine_result import CineResult
from .draw_findings import draw_findings
from .write_pictures import write_pictures

__all__ = ["write_overlays"]


def write_overlays(result: CineResult, folder: str | os.PathLike[str]) -> None:
    """The frames with the outlines of masks, and boxes with their scores, in colour: `<folder>/0031.png` for frame 31; see `draw_findings`.

    Args:
        result: what to draw.
        folder: appears whole; an old one goes.

    Raises:
        OSError: if it cannot be written.
    """
    write_pictures(folder, result.numbers, lambda place: draw_findings(result, place))
