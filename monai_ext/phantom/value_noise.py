# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray
from numpy.random import Generator

__all__ = ["value_noise"]


def value_noise(rng: Generator, size: int, cells: list[int], fall: float = 0.5) -> ndarray:
    """Cloudy texture: random values on coarse grids, joined by cubic B-splines, each finer grid weaker.

    Four shifted copies a direction, no matrix product: the same bits whatever the number of threads.

    Args:
        rng: draws the values.
        size: rows and columns.
        cells: of each grid along a side, coarse to fine.
        fall: strength of a grid relative to the one before.

    Returns:
        (size, size), float64, mean about 0, deviation about 1.
    """
    total = np.zeros((size, size))
    weights = fall ** np.arange(len(cells))
    for count, weight in zip(cells, weights, strict=True):
        grid = rng.standard_normal((count + 3, count + 3))
        total += weight * _spread(_spread(grid, size, count).T, size, count).T
    return total / (0.48 * np.sqrt((weights**2).sum()))


def _spread(grid: ndarray, size: int, count: int) -> ndarray:
    x = (np.arange(size) + 0.5) * count / size
    i = x.astype(int)
    t = (x - i)[:, None]
    basis = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    return sum(b / 6 * grid[i + k] for k, b in enumerate(basis))
