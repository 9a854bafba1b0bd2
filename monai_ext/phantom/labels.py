# SPDX-License-Identifier: Apache-2.0
"""Labels of what is seen, from the same geometry as the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy import ndarray

from .angiogram import Centreline, Stenosis
from .lesions import Lesion
from .outline_mask import outline_mask
from .seen_tree import SeenTree
from .segments import SEGMENTS
from .tubes import draw_tube

__all__ = ["centrelines_of", "judged_segments", "stenoses_of"]

_DESCENDING = ("7", "8", "9", "9a", "10", "10a")
_CIRCUMFLEX = ("11", "13", "12", "12a", "12b", "14", "14a", "14b", "15")
_TRUNKS = ("1", "2", "3", "5", "6", "7", "8", "11", "13")
_WIDE = 0.75  # millimetres of radius: SYNTAX counts vessels of a diameter of 1.5 mm and more
_FILLED = 0.3  # share of contrast with which a narrowing is seen
_PROXIMAL = 60  # points of a side branch that tell its width


def centrelines_of(seen: SeenTree) -> tuple[Centreline, ...]:
    """One a branch and segment."""
    lines = []
    for number, piece, segment in seen.pieces():
        branch = seen.branches[number]
        radius = seen.radii[number][piece] * branch.scale[piece]
        lines.append(Centreline(SEGMENTS[segment - 1] if segment else "", branch.place[piece, ::-1], radius))
    return tuple(lines)


def judged_segments(seen: SeenTree, segments: ndarray, side: str, secondary_angle: float) -> tuple[str, ...]:
    """Segments in sight that an expert judges in this view.

    Of the right artery all; of the left one its stem, the start of the descending artery, and that of its two large branches which the
    view is taken for: the descending artery from above (cranial), the circumflex from below (caudal). Side branches count from a diameter of 1.5 mm.
    """
    width: dict[str, float] = {}
    in_sight = set(np.unique(segments)) - {0}
    for number, piece, segment in seen.pieces():
        if segment in in_sight:
            radius = float(np.median(seen.tree[number].radius[piece][:_PROXIMAL]))
            width[SEGMENTS[segment - 1]] = max(width.get(SEGMENTS[segment - 1], 0), radius)
    family = set(SEGMENTS) if side == "right" else {"5", "6", *(_DESCENDING if secondary_angle > 0 else _CIRCUMFLEX)}
    return tuple(name for name in SEGMENTS if name in family and width.get(name, 0) > (0 if name in _TRUNKS else _WIDE))


def stenoses_of(lesions: Sequence[Lesion], seen: SeenTree, field: ndarray) -> tuple[Stenosis, ...]:
    """Lesions whose narrowest place lies in the open field and whose near end is open and filled with contrast."""
    found = []
    for lesion in lesions:
        branch, source = seen.branches[lesion.branch], seen.tree[lesion.branch]
        piece = slice(lesion.first, lesion.last + 1)
        row, column = branch.place[lesion.centre]
        inside = 0 <= row < field.shape[0] and 0 <= column < field.shape[1] and field[int(row), int(column)]
        filled = seen.radii[lesion.branch][lesion.first] > 0 and seen.filling[lesion.branch][lesion.first] > _FILLED
        if not (inside and filled):
            continue
        tube = draw_tube(field.shape, branch.place[piece], source.radius[piece] * branch.scale[piece] + 1, 1.0)
        corner = np.array([tube.window[1].start, tube.window[0].start])
        polygon = corner + max(outline_mask(tube.mask), key=len)
        low, high = polygon.min(0), polygon.max(0)
        length = float(np.sqrt((np.diff(source.points[piece], axis=0) ** 2).sum(1)).sum())
        found.append(
            Stenosis(
                segment=SEGMENTS[source.segment[lesion.centre] - 1],
                reduction=100 * lesion.reduction,
                length=length,
                centre=(float(column), float(row)),
                box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
                polygon=polygon,
            )
        )
    return tuple(found)
