# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy import ndarray
from numpy.random import Generator
from scipy.interpolate import Akima1DInterpolator

from .carm import CArm
from .settings import PhantomSettings
from .tubes import draw_tube

__all__ = ["draw_instruments"]

_DEEP = 110.0  # millimetres from the heart to the front and the back of the body

Move = Callable[[ndarray], ndarray]


def draw_instruments(
    rng: Generator, carm: CArm, artery: ndarray, move: Move, settings: PhantomSettings
) -> tuple[ndarray, ndarray]:
    """Attenuation of the catheter that ends in the ostium and, sometimes, guide wire, leads, sternal wires and clips.

    Args:
        rng: draws which there are and where; the same state gives the same ones.
        carm: the view.
        artery: (n, 3), from the ostium to the end of a large artery, at rest, millimetres.
        move: from points at rest to where beat and breath have them now.
        settings: ranges.

    Returns:
        Attenuation (size, size), float64, in nepers; and where catheter and guide wire are, bool.
    """
    picture = _Picture(carm)
    radius = rng.uniform(*settings.catheter_radius)
    picture.add(move(_catheter(rng, artery)), radius, rng.uniform(*settings.catheter))
    metal = rng.uniform(0.12, 0.45)
    if rng.random() < settings.guide_wire_share:
        picture.add(move(artery[: int(rng.uniform(0.5, 0.9) * len(artery))]), 0.18, metal)
    where = picture.mask.copy()
    if rng.random() < settings.lead_share:
        for _ in range(rng.integers(1, 4)):
            _draw_lead(rng, picture, move, metal)
    if rng.random() < settings.sternal_wire_share:
        for k in range(rng.integers(2, 5)):
            picture.add(_sternal_loop(rng, 45 - 32 * k), 0.4, metal)
    if rng.random() < settings.clip_share:
        for _ in range(rng.integers(2, 8)):
            picture.add(_clip(rng), 0.5, metal)
    return picture.total, where


class _Picture:
    def __init__(self, carm: CArm) -> None:
        self.carm, self.total = carm, np.zeros((carm.size, carm.size))
        self.mask = self.total > 0

    def add(self, points: ndarray, radius: float, strength: float) -> None:
        """A tube of a radius in millimetres that takes `strength` nepers a millimetre."""
        place, scale, _ = self.carm.project(points)
        tube = draw_tube(self.total.shape, place, radius * scale, strength / scale)
        if tube:
            tube.add_to(self.total)
            self.mask[tube.window] |= tube.mask


def _draw_lead(rng: Generator, picture: _Picture, move: Move, metal: float) -> None:
    """A lead that may end in a row of electrodes inside the heart; or a cable outside of the body, thick and faint."""
    line, radius = _lead(rng), rng.uniform(0.25, 0.5)
    if rng.random() < 0.3:
        radius, metal = rng.uniform(0.8, 3.0), metal * rng.uniform(0.05, 0.2)
    elif rng.random() < 0.4:
        tip = rng.uniform(-1, 1, 3) * [25, 25, 30]
        line = move(_smooth(np.vstack([line[0], line[len(line) // 3], tip + rng.normal(0, 8, 3), tip])))
        for k in range(rng.integers(1, 4)):
            picture.add(line[-8 - 12 * k : -1 - 12 * k], 2 * radius, 2 * metal)
    picture.add(line, radius, metal)


def _smooth(knots: ndarray, count: int = 120) -> ndarray:
    t = np.arange(len(knots))
    return Akima1DInterpolator(t, knots)(np.linspace(0, len(knots) - 1, count))


def _catheter(rng: Generator, artery: ndarray) -> ndarray:
    """From the ostium against the artery's course into the aortic root, then up the ascending aorta."""
    tip = artery[4]
    out = artery[0] - artery[8]
    out = out / np.sqrt((out**2).sum())
    bend = tip + 14 * out + rng.normal(0, 2, 3) + [0, 0, rng.uniform(-4, 10)]
    climb = np.array([[rng.uniform(-16, 4), rng.uniform(-6, 12), 30], [rng.uniform(-6, 16), 12, 50], [12, 16, 80]])
    return _smooth(np.vstack([tip, bend, bend + np.cumsum(climb, axis=0)]))


def _lead(rng: Generator) -> ndarray:
    a, b = rng.uniform(-1, 1, (2, 3)) * [140, 60, 140]
    line = np.stack([a + (b - a) * (k - 1.5) + rng.normal(0, 6, 3) for k in range(4)])
    return np.clip(
        _smooth(line), [-250, -_DEEP, -250], [250, _DEEP, 250]
    )  # far from the source, which would magnify it without end


def _sternal_loop(rng: Generator, height: float) -> ndarray:
    angle = np.linspace(0, 5.6, 9) + rng.uniform(0, 6)
    loop = np.stack([8 * np.cos(angle), 3 * np.sin(angle), 5 * np.sin(angle)], 1) * rng.uniform(0.8, 1.3)
    return _smooth(loop + rng.normal(0, 0.8, (9, 3)) + [-25, -75, height])


def _clip(rng: Generator) -> ndarray:
    place = rng.uniform(-1, 1, 3) * [50, 50, 60]
    return place + np.linspace(0, 1, 6)[:, None] * rng.normal(0, 3, 3)
