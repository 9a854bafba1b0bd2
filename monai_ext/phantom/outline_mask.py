# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import pairwise

import numpy as np
from contourpy import FillType, contour_generator
from numpy import ndarray

__all__ = ["outline_mask"]

_LEVEL = 0.499  # just below the half: pixels that touch at a corner stay in one piece
_TOLERANCE = 0.4  # pixels; takes the stairs out of slanted edges. From 0.5 on single pixels would vanish


def outline_mask(mask: ndarray) -> list[ndarray]:
    """The outlines of a mask, as COCO wants them: polygons whose fill is the mask.

    An edge runs between the middles of a pixel inside and its neighbour outside; points that change it by less than half a pixel are
    left out. COCO has no holes: one is joined to the outline around it by a slit without width.

    Args:
        mask: (height, width), bool.

    Returns:
        A polygon for each piece, (n, 2) float64 with n >= 3: x, y in pixels, rounded to 0.01; pixel (0, 0) covers 0..1, so that all lie in
        0..width and 0..height.
    """
    rows, columns = (np.arange(-1, side + 1) + 0.5 for side in mask.shape)
    lines = contour_generator(columns, rows, np.pad(mask, 1).astype(float), fill_type=FillType.OuterOffset)
    pieces = zip(*lines.filled(_LEVEL, np.inf), strict=True)
    return [np.round(_join(points, offsets), 2) for points, offsets in pieces]


def _join(points: ndarray, offsets: ndarray) -> ndarray:
    """The outer ring, with every hole spliced in where it is nearest."""
    rings = [_simplify(points[start : end - 1]) for start, end in pairwise(offsets)]
    outer, *holes = (ring for ring in rings if len(ring) > 2)
    for hole in holes:
        distances = np.linalg.norm(outer[:, None] - hole[None], axis=-1)
        i, j = np.unravel_index(distances.argmin(), distances.shape)
        outer = np.concatenate([outer[: i + 1], hole[j:], hole[: j + 1], outer[i:]])
    return outer


def _simplify(ring: ndarray) -> ndarray:
    """Douglas and Peucker's line simplification of a ring, cut at its two ends."""
    far = int(np.linalg.norm(ring - ring[0], axis=1).argmax())
    closed = np.concatenate([ring, ring[:1]])
    kept = {0, far}
    spans = [(0, far), (far, len(ring))]
    while spans:
        start, end = spans.pop()
        if end - start < 2:
            continue
        distances = _distances(closed[start + 1 : end], closed[start], closed[end])
        if distances.max() > _TOLERANCE:
            middle = start + 1 + int(distances.argmax())
            kept.add(middle)
            spans += [(start, middle), (middle, end)]
    return ring[sorted(kept)]


def _distances(points: ndarray, start: ndarray, end: ndarray) -> ndarray:
    """Of points to the line piece from start to end."""
    along = end - start
    share = np.clip(((points - start) * along).sum(1) / (along**2).sum(), 0, 1)
    away = np.sqrt(((points - start - share[:, None] * along) ** 2).sum(1))
    return np.round(away, 9)  # ties stay ties on every machine
