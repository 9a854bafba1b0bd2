# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter

import numpy as np
from scipy import ndimage

from .mask_width import MaskWidth
from .skeleton_branches import skeleton_branches
from .thin_mask import thin_mask
from .vessel_path import VesselPath

__all__ = ["measure_vessels"]

_SMOOTH = 3.0  # pixels, deviation: takes the steps out of a skeleton before it has directions
_AVERAGE = 1.5  # pixels, deviation: takes the grid out of widths and leaves a short stenosis
_FEWEST = 5  # pixels of a skeleton have a direction and a diameter
_SLENDER = 1.5  # times as long as wide is a vessel, no spot and no knot of bifurcations
_STEP = 0.25  # pixels, towards the end of a vessel


def measure_vessels(mask: np.ndarray, spacing: tuple[float, float] | None = None) -> list[VesselPath]:
    """Centrelines and diameters of the vessels of a mask.

    The skeleton is cut at bifurcations into branches, spurs are left out, staircases smoothed. The diameter is the width of the mask across the
    centreline (`MaskWidth`), averaged over a few pixels of the way, and the centreline moves into the middle of it. Free ends go on to where the mask
    ends, with the last diameter measured.

    Args:
        mask: (rows, columns), bool.
        spacing: (row, column) distance of pixel centres in mm; None measures in pixels.

    Returns:
        The longest first; nothing of a few pixels, and nothing that is not clearly longer than wide.

    Raises:
        ValueError: if the mask is not a plane of bool, or the spacing is not positive.
    """
    _check(mask, spacing)
    if not mask.any() or mask.all():
        return []
    paths = _paths(mask, np.array(spacing or (1.0, 1.0)))
    return sorted(
        (path for path in paths if path.distance[-1] > _SLENDER * path.diameter.mean()), key=lambda p: -p.distance[-1]
    )


def _check(mask: np.ndarray, spacing: tuple[float, float] | None) -> None:
    if mask.ndim != 2 or mask.dtype != bool:
        raise ValueError(
            f"mask must be (rows, columns) of bool, got {mask.shape} of {mask.dtype}; compare a map of classes with a class."
        )
    if spacing is not None and not (len(spacing) == 2 and min(spacing) > 0):
        raise ValueError(
            f"spacing must be two positive distances (row, column) in mm, got {spacing}; give None if unknown."
        )


def _paths(mask: np.ndarray, spacing: np.ndarray) -> list[VesselPath]:
    width, skeleton = MaskWidth(mask, spacing), thin_mask(mask)
    radius = np.zeros(mask.shape)
    radius[skeleton] = width.radius(np.argwhere(skeleton))
    branches = skeleton_branches(skeleton, radius, spacing)
    ends = Counter(tuple(branch[end]) for branch in branches for end in (0, -1))
    branches = [branch for branch in branches if len(branch) >= _FEWEST]
    if not branches:
        return []
    lines = [_smooth(branch, _SMOOTH) for branch in branches]
    normals = np.concatenate([_normals(line, spacing) for line in lines])
    sides = width.sides(np.concatenate(lines), normals)
    shifts = (sides[0] - sides[1])[:, None] / 2 * normals / spacing
    cuts = np.cumsum([len(line) for line in lines])[:-1]
    free = [[ends[tuple(branch[end])] == 1 for end in (0, -1)] for branch in branches]
    parts = zip(lines, np.split(shifts, cuts), np.split(sides.sum(0), cuts), free, strict=True)
    return [_path(width, spacing, *part) for part in parts]


def _path(
    width: MaskWidth, spacing: np.ndarray, line: np.ndarray, shift: np.ndarray, diameter: np.ndarray, free: list[bool]
) -> VesselPath:
    shift[[0, -1]] *= np.array(free)[:, None]  # what meets at a bifurcation stays together
    points, diameter = _smooth(line + shift, _AVERAGE), _smooth(diameter, _AVERAGE)
    first = _beyond(width, points[::-1], 1.5 * diameter[0] / spacing.min())[::-1] if free[0] else points[:0]
    last = _beyond(width, points, 1.5 * diameter[-1] / spacing.min()) if free[1] else points[:0]
    points = np.concatenate([first, points, last])
    distance = np.append(0, np.cumsum(np.hypot(*(np.diff(points, axis=0) * spacing).T)))
    diameter = np.pad(diameter, (len(first), len(last)), "edge")
    return VesselPath(*(values.astype(np.float32) for values in (points, distance, diameter)))


def _smooth(values: np.ndarray, deviation: float) -> np.ndarray:
    """Along the first axis; ends stay where they are, and loops closed."""
    closed = values.ndim == 2 and (values[0] == values[-1]).all()
    ring = values[:-1] if closed else values
    margin = min(round(4 * deviation), len(ring) - 1)
    before, after = ring[len(ring) - margin :], ring[:margin]
    if not closed:
        before, after = 2 * ring[0] - ring[margin:0:-1], 2 * ring[-1] - ring[-2 : -margin - 2 : -1]
    padded = np.concatenate([before, ring, after]).astype(float)
    smooth = ndimage.gaussian_filter1d(padded, deviation, axis=0)[margin : margin + len(ring)]
    return np.concatenate([smooth, smooth[:1]]) if closed else smooth


def _normals(line: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Across a line of points, (k, 2), of length 1 in the unit of the spacing."""
    row, column = (np.gradient(line, axis=0) * spacing).T
    return np.stack([-column, row], axis=1) / np.maximum(np.hypot(row, column), 1e-6)[:, None]


def _beyond(width: MaskWidth, points: np.ndarray, most: float) -> np.ndarray:
    """Points straight on behind the last one, a pixel apart, to where the mask ends; at most so many pixels."""
    direction = points[-1] - points[-min(len(points), 2 + round(most / 3))]
    steps = np.arange(_STEP, most + 1, _STEP)
    ahead = points[-1] + steps[:, None] * direction / max(np.hypot(*direction), 1e-6)
    outside = width.at(ahead, "grid-constant") < 0.5
    ahead = ahead[: outside.argmax() if outside.any() else len(ahead)]
    return ahead[::-1][:: round(1 / _STEP)][::-1]
