# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import KDTree

__all__ = ["MaskWidth"]

_REACH = 1.5  # pixels: how far from the nearest background the walls may lie
_STEPS = 13  # of the search for a wall


class MaskWidth:
    """How far a mask reaches to both sides of a point.

    The mask, interpolated between pixel centres, is integrated from the point on, until the wall has passed: over a straight tube's points the mean
    is its area by its length, whatever its direction and width. Walls are looked for near the distance to the nearest background, so that
    where vessels meet the others count little.

    Args:
        mask: (rows, columns), bool, neither empty nor full.
        spacing: (row, column) distance of pixel centres, the unit of all lengths.
    """

    def __init__(self, mask: np.ndarray, spacing: np.ndarray) -> None:
        self._mask, self._spacing = mask.astype(np.float32), spacing
        self._background = KDTree(np.argwhere(_rim(mask)) * spacing)

    def radius(self, points: np.ndarray) -> np.ndarray:
        """Distance to the nearest centre of a background pixel, (k,), of points (k, 2) in the mask, row and column in pixels."""
        return self._background.query(points * self._spacing)[0]

    def sides(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """How far the mask reaches along the normals and against them, (2, k).

        Args:
            points: (k, 2), row and column in pixels.
            normals: (k, 2), of length 1 in the unit of the spacing.
        """
        reach = _REACH * self._spacing.max()
        near = np.maximum(self.radius(points) - reach, 0)
        steps = np.linspace(0, 2 * reach, _STEPS)
        ways = np.multiply.outer([1, -1], near[:, None] + steps)
        values = self.at(points[:, None] + ways[..., None] * (normals / self._spacing)[:, None])
        inside = np.minimum.accumulate(values, axis=-1)  # nothing counts behind a wall
        return near + np.trapezoid(inside, dx=steps[1], axis=-1)

    def at(self, points: np.ndarray, border: str = "nearest") -> np.ndarray:
        """The mask at points (..., 2), 0..1; `border` says what lies around the image, see `scipy.ndimage.map_coordinates`."""
        return ndimage.map_coordinates(self._mask, np.moveaxis(points, -1, 0), order=1, mode=border)


def _rim(mask: np.ndarray) -> np.ndarray:
    """The background at the mask's sides: the nearest background of every place in the mask is among it."""
    near = mask.copy()
    near[1:] |= mask[:-1]
    near[:-1] |= mask[1:]
    near[:, 1:] |= mask[:, :-1]
    near[:, :-1] |= mask[:, 1:]
    return near & ~mask
