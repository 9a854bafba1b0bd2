# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from skimage.measure import approximate_polygon, find_contours

__all__ = ["mask_outlines"]

_MOST_POINTS = 8000
"""Of one line: its 8 bytes a point must fit the 16-bit length that DICOM gives them (PS3.5, 7.1.2)."""


def mask_outlines(mask: np.ndarray, tolerance: float = 0.5) -> list[np.ndarray]:
    """The outlines of a mask as closed lines, thinned; holes have their own.

    Args:
        mask: (rows, columns), bool.
        tolerance: pixels by which a thinned line may differ.

    Returns:
        Lines of (k, 2), float32, column and row as DICOM counts them: (0, 0) is the left upper corner of the first pixel. Closed lines begin and
        end at one point; very long ones come in parts that touch.
    """
    lines = find_contours(np.pad(mask, 1), 0.5)  # the margin closes lines at the border
    thinned = [approximate_polygon(line, tolerance) for line in lines]
    points = [(line[:, ::-1] - 0.5).astype(np.float32) for line in thinned if len(line) > 3]
    return [
        line[start : start + _MOST_POINTS] for line in points for start in range(0, len(line) - 1, _MOST_POINTS - 1)
    ]
