# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from .heart import Heart
from .settings import PhantomSettings

__all__ = ["Motion"]

_SYSTOLE = 0.4  # share of a beat from the start of the contraction to its end
_REACH = 70.0  # millimetres from the heart's middle beyond which the beat fades


class Motion:
    """Beat and breath: moves points of the patient over time.

    In systole the heart narrows, its base comes towards the apex, and it twists about its long axis, more at the apex than at the base;
    the breath moves everything inside the chest, mostly up and down. A raised cosine gives the course of both.

    Args:
        rng: draws rate, phase and size.
        heart: that beats.
        settings: ranges.
    """

    def __init__(self, rng: Generator, heart: Heart, settings: PhantomSettings) -> None:
        self.heart = heart
        self.beat = 60 / rng.uniform(*settings.heart_rate)
        self.contraction = rng.uniform(*settings.contraction)
        self.twist = np.deg2rad(rng.uniform(4, 12))
        self.breath = rng.uniform(*settings.breathing)
        self.period, self.phase = rng.uniform(3, 6), rng.uniform(0, 1, 2)

    def systole(self, time: float) -> float:
        """0 when the heart is relaxed, 1 when it is smallest."""
        share = (time / self.beat + self.phase[0]) % 1
        return float(0.5 - 0.5 * np.cos(2 * np.pi * share / _SYSTOLE)) if share < _SYSTOLE else 0.0

    def lift(self, time: float) -> float:
        """Millimetres towards the head by the breath."""
        return float(self.breath * 0.5 * np.cos(2 * np.pi * (time / self.period + self.phase[1])))

    def move(self, points: ndarray, time: float) -> ndarray:
        """Points (n, 3) at rest to where they are at a time, seconds."""
        squeeze = self.contraction * self.systole(time)
        near = 1 / (1 + (np.sqrt((points**2).sum(1)) / _REACH) ** 4)
        local = np.stack([(points * axis).sum(1) for axis in self.heart.frame], 1)
        across, along = local[:, :2], local[:, 2]
        depth = along / self.heart.length + 0.4
        turn = (self.twist * self.systole(time) * near * depth)[:, None]
        turned = across * np.cos(turn) + np.stack([-across[:, 1], across[:, 0]], 1) * np.sin(turn)
        across = turned * (1 - squeeze * near)[:, None]
        along = along + 0.8 * squeeze * near * self.heart.length * np.clip(1 - depth, 0, 1)
        frame = self.heart.frame
        moved = across[:, :1] * frame[0] + across[:, 1:] * frame[1] + along[:, None] * frame[2]
        return moved + self.lift(time) * np.array([0.0, -0.3, 1.0])
