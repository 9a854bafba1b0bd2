# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy import ndarray
from scipy.ndimage import distance_transform_edt, find_objects, gaussian_filter1d, map_coordinates, spline_filter
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree
from skimage.morphology import skeletonize

__all__ = ["DISTANCES", "Vessels", "measure_vessels"]

DISTANCES = np.linspace(-1.5, 1.5, 61)
"""Where profiles are read, in full widths at half maximum from their middle."""
_ACROSS = np.arange(-26, 26.1, 0.5)  # pixels
_ALONG = 4  # pixels between profiles


@dataclass(frozen=True)
class Vessels:
    """Profiles across outlined vessels, 4 px apart along their middle; nan where the grey values show no vessel."""

    names: ndarray
    """(n,), str: segment of each profile."""
    outlined: ndarray
    """(n,), pixels: width of the outline, twice the distance to its border."""
    width: ndarray
    """(n,), pixels: full width at half maximum of the grey profile."""
    contrast: ndarray
    """(n,), grey levels: median beside minus median of the middle half of the width."""
    beside: ndarray
    """(n,), grey levels."""
    flatness: ndarray
    """(n,): width at 75 % of the depth over that at 25 %; 1 is a box, 0.68 a half circle, 0.46 a Gaussian."""
    profiles: ndarray
    """(n, 61): share of the depth at `DISTANCES`."""
    tortuosity: ndarray
    """(segments,): length over chord of each middle line."""


def measure_vessels(image: ndarray, masks: Mapping[str, ndarray]) -> Vessels:
    """Reads grey profiles across the middle line of each mask.

    Lines of half-pixel steps cross the smoothed middle of the skeleton; greys are averaged along the vessel (Gaussian, 3 px), not across.
    Beside means 2 to 8 px outside the outline and outside of every other one; a straight line between both sides is the base.

    Args:
        image: (rows, columns), grey levels.
        masks: segment -> (rows, columns), bool.
    """
    spline = spline_filter(image.astype(float), 3)
    union = np.any([np.zeros(image.shape, bool), *masks.values()], axis=0).astype(float)
    rows, bends = [], []
    for name, mask in masks.items():
        path, outlined = _middle(mask)
        if len(path) < 12:
            continue
        bends.append((len(path) - 1) / np.linalg.norm(path[-1] - path[0]))
        strip, other = _straighten(path, spline, union)
        rows += [(name, outlined[i], *_read(strip[i], other[i], outlined[i])) for i in range(3, len(path) - 3, _ALONG)]
    names, numbers = np.array([row[0] for row in rows], "U4"), np.array([row[1:] for row in rows], float)
    numbers = numbers.reshape(len(rows), 5 + len(DISTANCES)).T
    return Vessels(names, *numbers[:5], numbers[5:].T, np.array(bends))


def _middle(mask: ndarray) -> tuple[ndarray, ndarray]:
    """Middle line (n, 2), rows and columns a pixel apart, and the width of the mask there; empty for tiny masks."""
    box = find_objects(mask.astype(np.uint8))
    if not box:
        return np.zeros((0, 2)), np.zeros(0)
    part = np.pad(mask[box[0]], 1)
    path = _longest_path(np.argwhere(skeletonize(np.ascontiguousarray(part.astype(np.uint8)))))
    widths = gaussian_filter1d(2 * map_coordinates(distance_transform_edt(part), path.T, order=1), 3)
    return path + np.array([side.start - 1 for side in box[0]]), widths


def _longest_path(points: ndarray) -> ndarray:
    """The longest way through the pixels of a skeleton without its 3 px at each end, smoothed; at most one of its pieces."""
    if len(points) < 12:
        return np.zeros((0, 2))
    pairs = cKDTree(points).query_pairs(1.5, output_type="ndarray")
    steps = np.linalg.norm(np.diff(points[pairs], axis=1)[:, 0], axis=1)
    graph = coo_matrix((steps, pairs.T), shape=(len(points), len(points))).tocsr()
    piece = connected_components(graph, directed=False)[1]
    first = _farthest(graph, np.flatnonzero(piece == np.bincount(piece).argmax())[0])[0]
    last, before = _farthest(graph, first)
    path = [last]
    while path[-1] != first:
        path.append(before[path[-1]])
    return _smooth(points[path][3:-3].astype(float))


def _farthest(graph: coo_matrix, start: int) -> tuple[int, ndarray]:
    far, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
    return int(np.where(np.isfinite(far), far, -1).argmax()), before


def _smooth(path: ndarray) -> ndarray:
    """Gaussian of 3 px, then points a pixel apart."""
    if len(path) < 12:
        return np.zeros((0, 2))
    path = gaussian_filter1d(path, 3, axis=0, mode="nearest")
    arc = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    return np.stack([np.interp(np.arange(0, arc[-1]), arc, path[:, axis]) for axis in (0, 1)], 1)


def _straighten(path: ndarray, spline: ndarray, union: ndarray) -> tuple[ndarray, ndarray]:
    """Greys (n, offsets) along lines across the path, and where these meet an outline."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    normal = np.stack([-tangent[:, 1], tangent[:, 0]])
    places = path.T[:, :, None] + normal[:, :, None] * _ACROSS
    strip = map_coordinates(spline, places, order=3, prefilter=False, mode="nearest")
    return gaussian_filter1d(strip, 3, axis=0), map_coordinates(union, places, order=1) > 0.1


def _read(greys: ndarray, other: ndarray, outlined: float) -> list[float]:
    """Width, contrast, grey beside, flatness and the profile of one line; nan where no vessel stands out of its surroundings."""
    nothing = [np.nan] * (4 + len(DISTANCES))
    out = np.abs(_ACROSS) - outlined / 2
    left, right = (greys[(out >= 2) & (out <= 8) & ~other & (sign * _ACROSS > 0)] for sign in (-1, 1))
    if min(len(left), len(right)) < 4:
        return nothing
    low, high = np.median(left), np.median(right)
    base = low + (high - low) * np.clip(_ACROSS / (outlined + 10) + 0.5, 0, 1)
    drop = base - greys
    peak = np.where(out <= max(0.0, 1.5 - outlined / 2), drop, -np.inf).argmax()
    depth = drop[max(peak - 1, 0) : peak + 2].mean()
    if depth < max(4, 2.5 * np.concatenate([left - low, right - high]).std()):
        return nothing
    (a25, b25), (a50, b50), (a75, b75) = (_edges(drop, peak, share * depth) for share in (0.25, 0.5, 0.75))
    width, middle = b50 - a50, (a50 + b50) / 2
    if not width < 40:
        return nothing
    core = np.abs(_ACROSS - middle) <= max(width / 4, 0.6)
    profile = np.interp(DISTANCES * width + middle, _ACROSS, drop / depth)
    return [width, np.median(drop[core]), np.median(base[core]), (b75 - a75) / (b25 - a25), *profile]


def _edges(drop: ndarray, peak: int, level: float) -> tuple[float, float]:
    """Offsets on both sides of the peak where the profile first falls below a level; nan where it does not."""
    return tuple(_ACROSS[peak] + step * 0.5 * _first_below(drop[peak::step], level) for step in (-1, 1))


def _first_below(arm: ndarray, level: float) -> float:
    """Steps, with a fraction."""
    below = np.flatnonzero(arm < level)
    if not len(below) or below[0] == 0:
        return np.nan
    i = below[0]
    return i - 1 + (arm[i - 1] - level) / (arm[i - 1] - arm[i])
