# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .box import Box
from .found_files import FoundFiles

__all__ = ["good_boxes"]


def good_boxes(
    files: FoundFiles, path: Path, rows: Iterable[tuple[float, float, float, float, str]]
) -> tuple[Box, ...]:
    """The boxes of an image without those that have no area, as a slip of the mouse leaves them; these are reported.

    Args:
        files: to blame what is left out on.
        path: of the file that the boxes are read of.
        rows: x0, y0, x1, y1 and category of each.

    Returns:
        The boxes; none where the file names none.

    Raises:
        ValueError: if there are rows and no box is good: the image is none without boxes, for nobody knows what was meant.
    """
    rows, boxes, reasons = list(rows), [], []
    for row in rows:
        try:
            boxes.append(Box(*row))
        except ValueError as error:
            reasons.append(str(error))
    if reasons and not boxes:
        raise ValueError(f"no box of {len(rows)} is good, the first: {reasons[0]}")
    if reasons:
        files.blame(path, f"{len(reasons)} of {len(rows)} boxes are left out, the first: {reasons[0]}")
    return tuple(boxes)
