# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from .lesions import distance_along
from .settings import PhantomSettings
from .tree import Branch

__all__ = ["Filling"]

_RISE, _FALL = 0.35, 1.6  # seconds of the contrast's front and of its wash-out


class Filling:
    """How full of contrast a tree is over time: it arrives at each place after its way from the ostium, and washes out.

    The share of contrast at distance s is rise((t - s / speed) / 0.35 s) times 1 - rise((t - injection - s / speed) / 1.6 s), with a
    cubic step `rise` from 0 to 1.

    Args:
        rng: draws speed and duration, and the time of the single frame.
        tree: of the patient.
        settings: ranges.
    """

    def __init__(self, rng: Generator, tree: Sequence[Branch], settings: PhantomSettings) -> None:
        speed, self.injection = rng.uniform(*settings.flow_speed), rng.uniform(*settings.injection)
        ways: list[ndarray] = []
        for branch in tree:
            start = ways[branch.parent][branch.origin] if branch.parent >= 0 else 0.0
            ways.append(start + distance_along(branch.points) / speed)
        self.arrival = ways
        """Seconds after the injection's start, for each point of each branch."""
        full = max(way[-1] for way in ways) + _RISE
        early = rng.random() < settings.early_share
        last = self.injection + 0.2  # before much is washed out
        self.best_time = full * rng.uniform(0.45, 0.9) if early else rng.uniform(min(full, last), last)
        """Seconds: of a single frame."""

    def at(self, time: float) -> list[ndarray]:
        """Share of contrast, 0 to 1, for each point of each branch."""
        return [
            _rise((time - way) / _RISE) * (1 - _rise((time - self.injection - way) / _FALL)) for way in self.arrival
        ]


def _rise(x: ndarray) -> ndarray:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)
