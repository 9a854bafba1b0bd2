# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from .heart import Heart
from .value_noise import value_noise
from .view import View

__all__ = ["draw_background"]


def draw_background(rng: Generator, view: View, heart: Heart) -> ndarray:
    """Attenuation of everything but vessels and instruments: lungs, heart, spine, ribs, diaphragm, soft tissue.

    Args:
        rng: draws what differs from person to person.
        view: of the C-arm; the spine moves against the heart with it.
        heart: casts its shadow.

    Returns:
        (size, size), float64, in nepers (an attenuation of 1 leaves 1/e).
    """
    x, y = view.grid()
    size = view.size
    soft = value_noise(rng, size, [2, 4], 0.6) * rng.uniform(0.04, 0.12)
    lung = value_noise(rng, size, [7, 14, 28, 56], 0.72)
    lung = (lung + 0.6 * np.abs(value_noise(rng, size, [9, 18, 36], 0.7))) * rng.uniform(0.02, 0.06)
    shadow = heart.thickness(view.right, view.up, view.ray, x, y)
    total = soft + lung * (1.25 - shadow) + rng.uniform(0.10, 0.40) * np.minimum(shadow * 2.2, 1) ** 0.7
    total += _spine(rng, view, x, y)
    total += _ribs(rng, view, x, y)
    total += _diaphragm(rng, view, x, y)
    return total


def _step(distance: ndarray, width: float) -> ndarray:
    """0 to 1 across an edge, over about twice `width`."""
    return 0.5 + 0.5 * np.tanh(distance / width)


def _bump(distance: ndarray, width: float) -> ndarray:
    return np.exp(-((distance / width) ** 2))


def _spine(rng: Generator, view: View, x: ndarray, y: ndarray) -> ndarray:
    """A column of vertebrae behind the heart: darker bodies, brighter discs between dark end plates."""
    middle = 62 * view.right[1] - 18 * view.right[0] + rng.normal(0, 4)
    lean = rng.normal(0, 0.05)
    across = x - middle - lean * y - 0.0006 * rng.normal() * y**2
    half = rng.uniform(17, 23)
    body = _step(across + half, 2.0) * _step(half - across, 2.0)
    height = rng.uniform(24, 30)
    waist = y + 0.12 * across + rng.uniform(0, height) + 2.0 * np.cos(across / half * 1.5)
    phase = np.abs((waist / height) % 1 - 0.5) * height
    plates = _bump(phase - 2.8, 1.0) - 0.8 * _step(2.2 - phase, 0.6)
    cortex = _bump(np.abs(across) - half + 1.5, 1.8)
    pedicle = _bump((np.abs(across + 2) - 0.55 * half) / 3.2, 1) * _bump((phase - 0.33 * height) / 4.5, 1)
    return rng.uniform(0.12, 0.42) * body + rng.uniform(0.02, 0.07) * (body * plates + 0.5 * cortex + 0.6 * pedicle)


def _ribs(rng: Generator, view: View, x: ndarray, y: ndarray) -> ndarray:
    """Posterior ribs: slanted bands with dark rims, mirrored about the spine."""
    total = np.zeros((view.size, view.size))
    middle = 62 * view.right[1]
    side = np.sign(x - middle)
    strength, fall = rng.uniform(0.015, 0.075), rng.uniform(0.15, 0.55)
    for k in range(-3, 4):
        out = np.abs(x - middle)
        edge = y - 30 * k - rng.normal(0, 3) + fall * out + rng.uniform(0.001, 0.004) * out**2 * (1 + 0.2 * side) - 12
        half = rng.uniform(4.0, 6.0)
        inside = _step(half - np.abs(edge), 0.9)
        total += strength * (0.75 * inside + 0.5 * _bump(np.abs(edge) - half + 0.9, 1.0)) * (0.4 + 0.6 * (side > 0))
    return total


def _diaphragm(rng: Generator, view: View, x: ndarray, y: ndarray) -> ndarray:
    """One or two domes with tissue below."""
    total = np.zeros((view.size, view.size))
    for _ in range(rng.integers(0, 3)):
        top, middle, width = rng.uniform(-75, -15), rng.uniform(-80, 80), rng.uniform(60, 110)
        below = top - 0.5 * (x - middle) ** 2 / width - y
        total += rng.uniform(0.12, 0.40) * _step(below, rng.uniform(0.5, 1.5)) * np.exp(-np.maximum(below, 0) / 140)
    return total
