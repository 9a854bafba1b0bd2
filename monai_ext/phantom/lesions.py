# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from .segments import SEGMENTS
from .settings import PhantomSettings
from .tree import Branch

__all__ = ["Lesion", "distance_along", "draw_lesions", "open_radii"]

_NARROWEST = (
    0.75  # millimetres of radius of a vessel that lesions are drawn in: SYNTAX counts vessels of 1.5 mm and more
)
_MARGIN = 2.5  # millimetres of healthy vessel on both sides
_TRIES = 12
_STRAIGHT = 0.94  # chord over length: where a vessel winds around itself, nobody could measure a narrowing
_SLOPE = 9.0  # radii that a total narrowing is long at least: a tube of balls would fill steeper walls


@dataclass(frozen=True)
class Lesion:
    """A narrowing of a branch: r(s) = healthy(s) (1 - reduction w(s)), w = cos^2 of the place, raised to `shape`."""

    branch: int
    first: int
    """Its first point."""
    centre: int
    """Its narrowest point."""
    last: int
    """Its last point."""
    reduction: float
    """Of the diameter, 0 to 1; 1 is a total occlusion."""
    shape: float
    """Below 1 a long narrow part, above 1 a short one."""

    def narrowing(self, points: ndarray) -> ndarray:
        """Relative loss of radius at each of its points, of all points (n, 3) of the branch."""
        away = distance_along(points[self.first : self.last + 1])
        away = away - away[self.centre - self.first]
        place = np.where(away < 0, away / -away[0], away / away[-1])
        return self.reduction * np.cos(np.pi / 2 * place) ** (2 * self.shape)


def draw_lesions(rng: Generator, tree: Sequence[Branch], settings: PhantomSettings) -> list[Lesion]:
    """Stenoses in the named arteries, apart from each other and from where vessels start and end."""
    low, high = settings.lesions
    allowed = [SEGMENTS.index(name) + 1 for name in settings.lesion_segments]
    wide = [np.isin(branch.segment, allowed) & (branch.radius > _NARROWEST) for branch in tree]
    lesions: list[Lesion] = []
    for _ in range(int(rng.integers(low, high + 1))):
        occluded = rng.random() < settings.occlusion_share
        reduction = 1.0 if occluded else rng.uniform(*settings.lesion_reduction) / 100
        length, shape = rng.uniform(*settings.lesion_length), rng.uniform(0.5, 1.5)
        place = _find_place(rng, tree, wide, length, _SLOPE * reduction, lesions)
        if place:
            lesions.append(Lesion(*place, reduction, shape))
    return lesions


def _find_place(
    rng: Generator,
    tree: Sequence[Branch],
    wide: Sequence[ndarray],
    length: float,
    radii: float,
    others: Sequence[Lesion],
) -> tuple[int, int, int, int] | None:
    """Branch, first, narrowest and last point of a lesion of a length in millimetres and at least so many radii."""
    counts = np.cumsum([w.sum() for w in wide])
    if not counts[-1]:
        return None
    for _ in range(_TRIES):
        number = int(np.searchsorted(counts, rng.integers(counts[-1]), side="right"))
        branch = tree[number]
        centre = int(rng.choice(np.flatnonzero(wide[number])))
        along = distance_along(branch.points)
        long = max(length, radii * branch.radius[centre])
        first, last = np.searchsorted(along, along[centre] + np.array([-0.5, 0.5]) * long)
        clear = 1.5 * tree[branch.parent].radius[branch.origin] if branch.parent >= 0 else 4.0
        fits = along[centre] - long / 2 > clear + _MARGIN and along[centre] + long / 2 < along[-1] - _MARGIN
        apart = all(o.branch != number or o.first > last + 12 or o.last < first - 12 for o in others)
        if not (fits and apart and first + 1 < centre < last - 1 and wide[number][first : last + 1].all()):
            continue
        if np.sqrt(((branch.points[last] - branch.points[first]) ** 2).sum()) > _STRAIGHT * long:
            return number, int(first), centre, int(last)
    return None


def distance_along(points: ndarray) -> ndarray:
    """Millimetres from the first point to each."""
    return np.r_[0, np.cumsum(np.sqrt((np.diff(points, axis=0) ** 2).sum(1)))]


def open_radii(tree: Sequence[Branch], lesions: Sequence[Lesion]) -> list[ndarray]:
    """Radius of the open vessel at each point of each branch: narrowed by lesions, 0 beyond an occlusion."""
    radii = [branch.radius.copy() for branch in tree]
    for lesion in lesions:
        radii[lesion.branch][lesion.first : lesion.last + 1] *= 1 - lesion.narrowing(tree[lesion.branch].points)
        if lesion.reduction == 1:
            radii[lesion.branch][lesion.centre :] = 0
    for radius, branch in zip(radii, tree, strict=True):  # parents come first
        if branch.parent >= 0 and radii[branch.parent][branch.origin] == 0:
            radius[:] = 0
    return radii
