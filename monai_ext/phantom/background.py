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
    shadow = heart.thickness(view.right, view.up, view.ray, x, y)
    shadow = 1 - np.exp(-((shadow / rng.uniform(0.25, 0.5)) ** 2))
    total = _lung(rng, view.size) * (1.2 - 0.8 * shadow)
    total += value_noise(rng, view.size, [2, 4], 0.6) * rng.uniform(0.04, 0.12)
    side = np.cos(turn := rng.uniform(-np.pi, np.pi)) * x + np.sin(turn) * y  # the border is lost on one side
    total += rng.uniform(0.05, 0.25) * shadow * _step(side + 35, 40)
    total += _spine(rng, view, x, y)
    total += _ribs(rng, view, x, y)
    y = y + 2 * value_noise(rng, view.size, [3, 6, 12], 0.5)  # nothing soft is a perfect arc
    for _ in range(rng.integers(0, 3)):  # diaphragm
        total += _dome(rng, x, y, rng.normal(0, 0.35), rng.uniform(-75, -20)) * rng.uniform(0.08, 0.30)
    for _ in range(rng.integers(0, 3)):  # borders of mediastinum and lungs, from the sides
        turn = np.pi / 2 * (1 if rng.random() < 0.5 else -1) + rng.normal(0, 0.4)
        total += _dome(rng, x, y, turn, rng.uniform(-65, -10)) * rng.uniform(0.04, 0.22)
    return total


def _lung(rng: Generator, size: int) -> ndarray:
    """Mottle, and the fine branching lines of the lung's vessels: where noise crosses zero."""
    mottle = value_noise(rng, size, [8, 16, 32, 64], 0.8)
    lines = sum(_bump(value_noise(rng, size, [n, 2 * n, 4 * n], 0.65), 0.2) for n in (7, 13))
    return mottle * rng.uniform(0.01, 0.035) + lines * rng.uniform(0.01, 0.04)


def _step(distance: ndarray, width: float) -> ndarray:
    """0 to 1 across an edge, over about twice `width`."""
    return 0.5 + 0.5 * np.tanh(distance / width)


def _bump(distance: ndarray, width: float) -> ndarray:
    return np.exp(-((distance / width) ** 2))


def _spine(rng: Generator, view: View, x: ndarray, y: ndarray) -> ndarray:
    """A column of vertebrae behind the heart: darker bodies with dark rims, brighter discs between dark end plates."""
    middle = 62 * view.right[1] - 18 * view.right[0] + rng.normal(0, 4)
    across = x - middle - rng.normal(0, 0.05) * y - 0.0006 * rng.normal() * y**2
    wave = value_noise(rng, view.size, [3, 6, 12, 24], 0.7)
    height, half = rng.uniform(24, 30), rng.uniform(17, 23)
    level = (y + 0.12 * across + rng.uniform(0, height) + 2.0 * np.cos(across / half * 1.5) + 0.8 * wave) / height
    phase = np.abs(level % 1 - 0.5) * height
    half = half - rng.uniform(0.3, 1.6) * np.cos(2 * np.pi * level) + 0.8 * wave
    edge = rng.uniform(1.0, 5.0)
    body = _step(across + half, edge) * _step(half - across, edge)
    plates = _bump(phase - 2.8, 0.9) - 0.35 * _step(2.0 - phase, 0.7)
    rim = _bump(np.abs(across) - half + 1.5, 1.2)
    eyes = np.sqrt(((np.abs(across + 2) - 0.55 * half) / 3.5) ** 2 + ((phase - 0.33 * height) / 5.5) ** 2)
    bone = body * (plates + 0.35 * wave) + 0.5 * rim + 0.6 * _bump(eyes - 1, 0.3)
    return rng.uniform(0.06, 0.30) * body + rng.uniform(0.02, 0.08) * bone


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


def _dome(rng: Generator, x: ndarray, y: ndarray, turn: float, top: float) -> ndarray:
    """1 beyond a dome that rises from below, or from another side when turned, fading with depth; 0 before it."""
    c, s = np.cos(turn), np.sin(turn)
    along, out = c * x + s * y - rng.uniform(-70, 70), c * y - s * x
    below = top - along**2 / rng.uniform(120, 280) - out
    return _step(below, rng.uniform(0.5, 5.0)) * np.exp(-np.maximum(below, 0) / rng.uniform(40, 200))
