# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray
from numpy.random import Generator
from scipy.interpolate import Akima1DInterpolator

from .tree import Branch
from .tubes import add_tube
from .view import View

__all__ = ["draw_instruments"]


def draw_instruments(rng: Generator, view: View, tree: list[Branch]) -> ndarray:
    """Attenuation of the catheter that ends in the ostium and, sometimes, guide wire, leads, sternal wires and clips.

    Args:
        rng: draws which there are and where.
        view: of the C-arm.
        tree: its first branch starts at the ostium.

    Returns:
        (size, size), float64, in nepers.
    """
    shape = (view.size, view.size)
    total = np.zeros(shape)
    catheter = view.project(_catheter(rng, tree[0]))
    add_tube(total, catheter, np.full(len(catheter), rng.uniform(0.85, 1.2) * view.scale))
    total *= rng.uniform(0.10, 0.20) / view.scale
    metal = np.zeros(shape)
    if rng.random() < 0.2:
        _wire(metal, view, tree[0].points, 0.18)
    if rng.random() < 0.2:
        for _ in range(rng.integers(1, 4)):
            _wire(metal, view, _lead(rng), rng.uniform(0.25, 0.5))
    if rng.random() < 0.12:
        for k in range(rng.integers(2, 5)):
            _wire(metal, view, _sternal_loop(rng, 45 - 32 * k), 0.4)
    if rng.random() < 0.1:
        for _ in range(rng.integers(2, 8)):
            _wire(metal, view, _clip(rng), 0.5)
    return total + metal * rng.uniform(0.12, 0.45) / view.scale


def _wire(metal: ndarray, view: View, points: ndarray, radius: float) -> None:
    line = view.project(points)
    add_tube(metal, line, np.full(len(line), radius * view.scale))


def _smooth(knots: ndarray, count: int = 120) -> ndarray:
    t = np.arange(len(knots))
    return Akima1DInterpolator(t, knots)(np.linspace(0, len(knots) - 1, count))


def _catheter(rng: Generator, main: Branch) -> ndarray:
    """From the ostium against the artery's course into the aortic root, then up the ascending aorta."""
    tip = main.points[4]
    out = main.points[0] - main.points[8]
    out = out / np.sqrt((out**2).sum())
    bend = tip + 14 * out + rng.normal(0, 2, 3) + [0, 0, rng.uniform(-4, 10)]
    climb = np.array([[rng.uniform(-16, 4), rng.uniform(-6, 12), 30], [rng.uniform(-6, 16), 12, 50], [12, 16, 80]])
    return _smooth(np.vstack([tip, bend, bend + np.cumsum(climb, axis=0)]))


def _lead(rng: Generator) -> ndarray:
    a, b = rng.uniform(-1, 1, (2, 3)) * [140, 60, 140]
    return _smooth(np.stack([a + (b - a) * 3 * (k - 1.5) / 3 + rng.normal(0, 6, 3) for k in range(4)]))


def _sternal_loop(rng: Generator, height: float) -> ndarray:
    angle = np.linspace(0, 5.6, 9) + rng.uniform(0, 6)
    loop = np.stack([8 * np.cos(angle), 3 * np.sin(angle), 5 * np.sin(angle)], 1) * rng.uniform(0.8, 1.3)
    return _smooth(loop + rng.normal(0, 0.8, (9, 3)) + [-25, -75, height])


def _clip(rng: Generator) -> ndarray:
    place = rng.uniform(-1, 1, 3) * [50, 50, 60]
    return place + np.linspace(0, 1, 6)[:, None] * rng.normal(0, 3, 3)
