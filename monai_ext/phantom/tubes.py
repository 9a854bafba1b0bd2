# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

__all__ = ["Tube", "draw_tube"]

_OUTLINED = 0.94  # of the radius; ARCADE's polygons are 0.7 px wider than the grey profile at half its depth, which is 0.87 of the diameter
_THINNEST = 0.75  # pixels of radius: thinner tubes are drawn as wide with the same cross-section


@dataclass(frozen=True)
class Tube:
    """What a tube adds to an image, in a window of it."""

    window: tuple[slice, slice]
    depth: ndarray
    """Path length of rays through the tube times its weight."""
    mask: ndarray
    """bool: where a vessel is outlined; within 0.94 of the radius, as experts do."""
    start: ndarray
    """Row and column where it starts, pixels."""

    def add_to(self, total: ndarray, joint: float = 0.0) -> None:
        """Adds the depth in place; within `joint` pixels of the start the tube is part of the one that it leaves: the longer path counts."""
        part = total[self.window]
        if joint <= 0:
            part += self.depth
            return
        rows, columns = (np.arange(w.start, w.stop) + 0.5 - c for w, c in zip(self.window, self.start, strict=True))
        near = rows[:, None] ** 2 + columns[None] ** 2 < joint**2
        part[...] = np.where(near, np.maximum(part, self.depth), part + self.depth)


def draw_tube(shape: tuple[int, int], centreline: ndarray, radius: ndarray, weight: ndarray | float) -> Tube | None:
    """Path length of rays through a tube, the union of balls along its centreline: 2 sqrt(r^2 - d^2) at distance d.

    A tube thinner than a pixel and a half is drawn that wide with the same cross-section, so that thin branches fade instead of breaking.

    Args:
        shape: rows and columns of the image.
        centreline: (n, 2), row and column in pixels.
        radius: (n,), pixels; nothing is drawn where it is 0.
        weight: (n,) or a number: what a pixel of path counts, 0 or more.

    Returns:
        The tube, or None if none of it lies in the image.
    """
    weight = np.where(radius > 0, weight, 0.0)
    points, radius, weight = _resample(centreline, radius, weight)
    wide = np.where(radius > 0, np.maximum(radius, _THINNEST), 0)
    reach = int(np.ceil(wide.max())) + 1
    low = np.maximum(np.floor(points.min(0)).astype(int), -reach) - reach
    high = np.minimum(np.ceil(points.max(0)).astype(int), np.array(shape) + reach) + reach + 1
    inside = ((points >= low + reach) & (points <= high - reach - 1)).all(1) & (wide > 0) & (weight > 0)
    window = tuple(slice(max(a, 0), min(b, n)) for a, b, n in zip(low, high, shape, strict=True))
    if not inside.any() or any(w.start >= w.stop for w in window):
        return None
    strength = weight * (radius / np.maximum(wide, _THINNEST)) ** 2
    layers = _stamp(tuple(high - low), points[inside] - low, wide[inside], strength[inside], reach)
    part = tuple(slice(w.start - a, w.stop - a) for w, a in zip(window, low, strict=True))
    return Tube(window, *(layer[part] for layer in layers), centreline[0])


def _resample(centreline: ndarray, radius: ndarray, weight: ndarray) -> tuple[ndarray, ndarray, ndarray]:
    """Points a third of a pixel apart, or a fifth of the radius where that is more."""
    s = np.r_[0, np.cumsum(np.sqrt((np.diff(centreline, axis=0) ** 2).sum(1)))]
    step = max(1 / 3, 0.2 * float(radius.min()))
    even = np.linspace(0, s[-1], int(s[-1] / step) + 2)
    points = np.stack([np.interp(even, s, c) for c in centreline.T], 1)
    return points, np.interp(even, s, radius), np.interp(even, s, weight)


def _stamp(
    shape: tuple[int, int], points: ndarray, radius: ndarray, weight: ndarray, reach: int
) -> tuple[ndarray, ndarray]:
    """The largest of the balls' weighted path lengths at each pixel, and where the outlined tube is."""
    base = np.floor(points).astype(int)
    offset = np.arange(-reach, reach + 1)
    dr = (base[:, :1] + offset + 0.5 - points[:, :1]) ** 2
    dc = (base[:, 1:] + offset + 0.5 - points[:, 1:]) ** 2
    square = (radius**2)[:, None, None]
    rest = square - dr[:, :, None] - dc[:, None]
    hit = rest > 0
    flat = (base[:, :1] + offset)[:, :, None] * shape[1] + (base[:, 1:] + offset)[:, None]
    depth, mask = np.zeros(shape), np.zeros(shape, bool)
    values = np.sqrt(rest[hit]) * np.broadcast_to(2 * weight[:, None, None], rest.shape)[hit]
    np.maximum.at(depth.reshape(-1), flat[hit], values)
    mask.reshape(-1)[flat[rest > (1 - _OUTLINED**2) * square]] = True
    return depth, mask
