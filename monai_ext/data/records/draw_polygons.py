# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

__all__ = ["draw_polygons"]


def draw_polygons(polygons: Iterable[Sequence[tuple[float, float]]], shape: tuple[int, int]) -> np.ndarray:
    """Union of filled polygons: the pixels whose middle lies inside, by the rule of odd crossings.

    The inverse of `outline_mask`. A polygon that meets itself has holes there, as COCO's tools draw it.

    Args:
        polygons: points x, y in pixels, x along columns; pixel (0, 0) covers 0..1. Parts outside of the image are cut off.
        shape: height and width.

    Returns:
        (height, width), bool.
    """
    mask = np.zeros(shape, bool)
    for polygon in polygons:
        points = np.asarray(polygon, float)
        left, top = np.clip(np.floor(points.min(0)), 0, shape[::-1]).astype(int)
        right, bottom = np.clip(np.ceil(points.max(0)), 0, shape[::-1]).astype(int)
        mask[top:bottom, left:right] |= _fill(points - (left, top), (bottom - top, right - left))
    return mask


def _fill(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A line of middles changes side wherever it crosses an edge, in the first pixel whose middle is not left of it."""
    height, width = shape
    x0, y0 = points.T
    x1, y1 = np.roll(points, -1, axis=0).T
    rows = np.arange(height)[:, None] + 0.5
    row, edge = np.nonzero((y0 <= rows) != (y1 <= rows))  # half open: a corner on the line counts once
    x = x0[edge] + (row + 0.5 - y0[edge]) * (x1[edge] - x0[edge]) / (y1[edge] - y0[edge])
    column = np.clip(np.ceil(x - 0.5), 0, width).astype(int)
    changes = np.zeros((height, width + 1), int)
    np.add.at(changes, (row, column), 1)
    return changes.cumsum(axis=1)[:, :width] % 2 == 1
