# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray

__all__ = ["add_tube"]


def add_tube(thickness: ndarray, centreline: ndarray, radius: ndarray, joint: float = 0.0) -> None:
    """Adds the path length of rays through a tube, in pixels, to an image, in place.

    A tube is the union of balls along its centreline: 2 sqrt(r^2 - d^2) at distance d. Tubes that cross add up; within `joint` of
    its first point the tube is part of the one that it leaves, and the longer path counts. A tube thinner than a pixel is
    drawn a pixel wide with the same cross-section, so that thin branches fade instead of breaking.

    Args:
        thickness: (rows, columns), float64, changed in place.
        centreline: (n, 2), row and column in pixels.
        radius: (n,), in pixels.
        joint: in pixels.
    """
    centreline, radius = _resample(centreline, radius)
    wide = np.maximum(radius, 0.75)
    reach = int(np.ceil(wide.max())) + 1
    low = np.floor(centreline.min(0)).astype(int) - reach
    high = np.ceil(centreline.max(0)).astype(int) + reach + 1
    window = tuple(slice(max(a, 0), min(b, n)) for a, b, n in zip(low, high, thickness.shape, strict=True))
    if any(w.start >= w.stop for w in window):
        return
    layer = np.zeros(tuple(high - low))
    _stamp(layer, centreline - low, wide, (radius / wide) ** 2, reach)
    layer = layer[tuple(slice(w.start - a, w.stop - a) for w, a in zip(window, low, strict=True))]
    part = thickness[window]
    rows, columns = (np.arange(w.start, w.stop) + 0.5 - c for w, c in zip(window, centreline[0], strict=True))
    near = rows[:, None] ** 2 + columns[None] ** 2 < joint**2
    part[...] = np.where(near, np.maximum(part, layer), part + layer)


def _resample(centreline: ndarray, radius: ndarray) -> tuple[ndarray, ndarray]:
    """Points a third of a pixel apart."""
    s = np.r_[0, np.cumsum(np.sqrt((np.diff(centreline, axis=0) ** 2).sum(1)))]
    even = np.linspace(0, s[-1], int(3 * s[-1]) + 2)
    return np.stack([np.interp(even, s, c) for c in centreline.T], 1), np.interp(even, s, radius)


def _stamp(layer: ndarray, points: ndarray, radius: ndarray, share: ndarray, reach: int) -> None:
    """Writes the largest of the balls' path lengths at each pixel."""
    base = np.floor(points).astype(int)
    offset = np.arange(-reach, reach + 1)
    dr = (base[:, :1] + offset + 0.5 - points[:, :1]) ** 2
    dc = (base[:, 1:] + offset + 0.5 - points[:, 1:]) ** 2
    depth = 2 * share[:, None, None] * np.sqrt(np.maximum((radius**2)[:, None, None] - dr[:, :, None] - dc[:, None], 0))
    rows, columns = base[:, :1] + offset, base[:, 1:] + offset
    flat = rows[:, :, None] * layer.shape[1] + columns[:, None]
    np.maximum.at(layer.reshape(-1), flat.reshape(-1), depth.reshape(-1))
