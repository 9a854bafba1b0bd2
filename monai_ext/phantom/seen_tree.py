# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy import ndarray
from scipy.ndimage import uniform_filter1d
from scipy.spatial import cKDTree

from .carm import CArm
from .tree import Branch
from .tubes import Tube, draw_tube

__all__ = ["SeenBranch", "SeenTree"]

_STEEPEST = (
    0.3  # sine of the smallest angle between vessel and ray: the rest of a vessel seen end-on is cut off by its bends
)


@dataclass(frozen=True)
class SeenBranch:
    """A branch as the detector sees it."""

    place: ndarray
    """(n, 2): row and column, pixels."""
    scale: ndarray
    """(n,): pixels a millimetre."""
    height: ndarray
    """(n,): millimetres towards the detector."""
    slant: ndarray
    """(n,): sine of the angle between vessel and ray; 1 where it lies parallel to the detector."""


class SeenTree:
    """A tree projected: path length through contrast, and which segment is seen where.

    Args:
        tree: the branches.
        points: of each branch, where they are now, (n, 3), millimetres.
        radii: of the open vessel at each point, millimetres.
        filling: share of contrast at each point, 0 to 1.
        carm: projects.
    """

    def __init__(
        self,
        tree: Sequence[Branch],
        points: Sequence[ndarray],
        radii: Sequence[ndarray],
        filling: Sequence[ndarray],
        carm: CArm,
    ) -> None:
        self.tree, self.radii, self.filling = tree, radii, filling
        self.branches = _see(points, carm)
        shape = (carm.size, carm.size)
        self.depth = np.zeros(shape)
        """Millimetres of contrast along each ray."""
        self.mask = np.zeros(shape, bool)
        """Where there is a vessel with contrast."""
        self.segments = np.zeros(shape, np.uint8)
        """Category id of the segment nearest to the detector, 0 for none."""
        self._heights = np.full(shape, -np.inf)
        for number, piece, segment in self.pieces():
            branch = self.branches[number]
            radius = radii[number][piece] * branch.scale[piece]
            weight = filling[number][piece] / (branch.scale[piece] * branch.slant[piece])
            tube = draw_tube(shape, branch.place[piece], radius, weight)
            if tube is None:
                continue
            tube.add_to(self.depth, self._joint(number, piece))
            self.mask[tube.window] |= tube.mask
            if segment:
                self._note(segment, tube, branch.place[piece], branch.height[piece])

    def _note(self, segment: int, tube: Tube, place: ndarray, height: ndarray) -> None:
        """Gives a segment the pixels of its tube where nothing nearer to the detector has been seen."""
        rows, columns = np.nonzero(tube.mask)
        rows, columns = rows + tube.window[0].start, columns + tube.window[1].start
        _, nearest = cKDTree(place).query(np.stack([rows, columns], 1) + 0.5)
        nearer = height[nearest] > self._heights[rows, columns]
        self._heights[rows[nearer], columns[nearer]] = height[nearest][nearer]
        self.segments[rows[nearer], columns[nearer]] = segment

    def pieces(self) -> Iterator[tuple[int, slice, int]]:
        """Branch, points and segment of each stretch of one segment."""
        for number, branch in enumerate(self.tree):
            borders = np.flatnonzero(np.diff(branch.segment)) + 1
            for first, last in zip([0, *borders], [*borders, len(branch.segment)], strict=True):
                yield number, slice(int(first), min(int(last) + 1, len(branch.segment))), int(branch.segment[first])

    def _joint(self, number: int, piece: slice) -> float:
        """Pixels around the start of a piece where it is part of what it leaves."""
        branch = self.tree[number]
        if piece.start:
            return 1.5 * float(branch.radius[piece.start] * self.branches[number].scale[piece.start])
        if branch.parent < 0:
            return 0.0
        return 1.4 * float(self.tree[branch.parent].radius[branch.origin] * self.branches[number].scale[0])


def _see(points: Sequence[ndarray], carm: CArm) -> list[SeenBranch]:
    """Every branch, projected at once."""
    ends = np.cumsum([len(p) for p in points])[:-1]
    seen = [np.split(x, ends) for x in carm.project(np.concatenate(points))]
    return [SeenBranch(*parts, _slant(p, *parts[:2])) for p, *parts in zip(points, *seen, strict=True)]


def _slant(points: ndarray, place: ndarray, scale: ndarray) -> ndarray:
    """Sine of the angle between vessel and ray, over 7 points."""
    length = np.sqrt((np.diff(points, axis=0) ** 2).sum(1))
    seen = np.sqrt((np.diff(place, axis=0) ** 2).sum(1)) / scale[1:]
    slant = uniform_filter1d(seen, 7) / np.maximum(uniform_filter1d(length, 7), 1e-9)
    return np.clip(np.r_[slant, slant[-1]], _STEEPEST, 1)
