# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from monai_ext.ops import draw_boxes, outline_classes

from .cine_result import CineResult

__all__ = ["draw_findings"]


def draw_findings(result: CineResult, index: int) -> np.ndarray:
    """A frame with the outlines of its masks and its boxes with their scores, as one picture.

    Args:
        result: that holds it.
        index: of the frame in `result.frames`, counted from 0; not its number in the file.

    Returns:
        (rows, columns, 3), uint8.

    Raises:
        IndexError: if the result has no such frame.
    """
    frame = result.frames[index]
    nothing = np.zeros(frame.shape, np.uint8)
    picture = outline_classes(frame / 255, nothing if result.masks is None else result.masks[index])
    if result.boxes is None or result.scores is None:
        return picture
    return draw_boxes(picture, result.boxes[index], [f"{score:.2f}" for score in result.scores[index].tolist()])
