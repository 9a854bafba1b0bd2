# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from .carm import CArm
from .heart import Heart
from .settings import PhantomSettings
from .value_noise import value_noise

__all__ = ["draw_background"]


def draw_background(
    rng: Generator, carm: CArm, heart: Heart, settings: PhantomSettings, *, lift: float = 0.0, squeeze: float = 0.0
) -> ndarray:
    """Attenuation of everything but vessels and instruments: lungs, heart, spine, ribs, diaphragm, soft tissue.

    Args:
        rng: draws what differs from person to person; the same state gives the same person.
        carm: the view; the spine moves against the heart with it.
        heart: casts its shadow.
        settings: ranges.
        lift: millimetres that the breath has moved soft parts towards the head; bones stay.
        squeeze: relative shortening of the heart's radius by its beat.

    Returns:
        (size, size), float64, in nepers (an attenuation of 1 leaves 1/e).
    """
    right, up, towards = carm.axes
    x, bone_y = carm.grid()
    y = bone_y - lift
    bulge = rng.uniform(3, 9) * value_noise(rng, carm.size, [2, 4, 8], 0.5)  # chambers and great vessels bulge
    stretch = np.exp(rng.normal(0, 0.12, 2)) / (1 - squeeze)
    shadow = heart.thickness(right, up, towards, stretch[0] * x + bulge, stretch[1] * (y - rng.normal(0, 8)) + bulge)
    edge = 1 - np.exp(-((shadow / rng.uniform(0.2, 0.6)) ** 2))
    lung = _lung(rng, carm.size, settings)
    total = lung * (1.2 - rng.uniform(0.5, 1.0) * edge)
    total += value_noise(rng, carm.size, [2, 4], 0.6) * rng.uniform(*settings.tissue)
    side = np.cos(turn := rng.uniform(-np.pi, np.pi)) * x + np.sin(turn) * y  # the border is lost on one side
    seen = _step(side + rng.uniform(-20, 40), rng.uniform(15, 40))
    total += rng.uniform(*settings.heart_shadow) * (0.6 * edge + 0.4 * shadow) * seen
    total += _spine(rng, carm, x, bone_y, settings)
    total += _ribs(rng, carm, x, bone_y, settings)
    y = y + 2 * value_noise(rng, carm.size, [3, 6, 12], 0.5)  # nothing soft is a perfect arc
    for _ in range(rng.integers(0, 3)):  # diaphragm
        total += _dome(rng, x, y, rng.normal(0, 0.35), rng.uniform(-70, -10)) * rng.uniform(*settings.diaphragm)
    for _ in range(rng.integers(0, 3)):  # mediastinum and chest wall, from the sides
        total += _dome(rng, x, y, _sideways(rng), rng.uniform(-65, -10)) * rng.uniform(*settings.heart_shadow)
    for _ in range(rng.integers(0, 3)):  # free lung
        total -= _dome(rng, x, y, _sideways(rng), rng.uniform(-70, -20)) * rng.uniform(*settings.lung)
    return total


def _lung(rng: Generator, size: int, settings: PhantomSettings) -> ndarray:
    """Mottle, and the fine branching lines of the lung's vessels: where noise crosses zero."""
    mottle = value_noise(rng, size, [4, 8, 16, 32, 64], 0.8)
    lines = sum(_bump(value_noise(rng, size, [n, 2 * n, 4 * n], 0.65), 0.2) for n in (7, 13))
    return mottle * rng.uniform(*settings.lung_mottle) + lines * rng.uniform(*settings.lung_vessels)


def _step(distance: ndarray, width: float) -> ndarray:
    """0 to 1 across an edge, over about twice `width`."""
    return 0.5 + 0.5 * np.tanh(distance / width)


def _bump(distance: ndarray, width: float) -> ndarray:
    return np.exp(-((distance / width) ** 2))


def _spine(rng: Generator, carm: CArm, x: ndarray, y: ndarray, settings: PhantomSettings) -> ndarray:
    """A column of vertebrae behind the heart: darker bodies with dark rims, brighter discs between dark end plates."""
    right = carm.axes[0]
    middle = 62 * right[1] - 18 * right[0] + rng.normal(0, 4)
    across = x - middle - rng.normal(0, 0.05) * y - 0.0006 * rng.normal() * y**2
    wave = value_noise(rng, carm.size, [3, 6, 12, 24], 0.7)
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
    return rng.uniform(*settings.spine) * body + rng.uniform(0.02, 0.08) * bone


def _ribs(rng: Generator, carm: CArm, x: ndarray, y: ndarray, settings: PhantomSettings) -> ndarray:
    """Posterior ribs: slanted bands with dark rims, mirrored about the spine."""
    total = np.zeros((carm.size, carm.size))
    middle = 62 * carm.axes[0][1]
    side = np.sign(x - middle)
    strength, fall = rng.uniform(*settings.ribs), rng.uniform(0.15, 0.55)
    for k in range(-3, 4):
        out = np.abs(x - middle)
        edge = y - 30 * k - rng.normal(0, 3) + fall * out + rng.uniform(0.001, 0.004) * out**2 * (1 + 0.2 * side) - 12
        half = rng.uniform(4.0, 6.0)
        inside = _step(half - np.abs(edge), 0.9)
        total += strength * (0.75 * inside + 0.5 * _bump(np.abs(edge) - half + 0.9, 1.0)) * (0.4 + 0.6 * (side > 0))
    return total


def _sideways(rng: Generator) -> float:
    return np.pi / 2 * (1 if rng.random() < 0.5 else -1) + rng.normal(0, 0.5)


def _dome(rng: Generator, x: ndarray, y: ndarray, turn: float, top: float) -> ndarray:
    """1 beyond a dome that rises from below, or from another side when turned, fading with depth; 0 before it."""
    c, s = np.cos(turn), np.sin(turn)
    along, out = c * x + s * y - rng.uniform(-70, 70), c * y - s * x
    below = top - along**2 / rng.uniform(120, 280) - out
    return _step(below, rng.uniform(0.5, 5.0)) * np.exp(-np.maximum(below, 0) / rng.uniform(40, 200))
