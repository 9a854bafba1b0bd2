# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from .carm import CArm
from .settings import PhantomSettings

__all__ = ["draw_reflux"]


def draw_reflux(rng: Generator, carm: CArm, ostium: ndarray, settings: PhantomSettings) -> ndarray:
    """Contrast that, sometimes, flows back and clouds the aortic root around the ostium.

    Args:
        rng: draws whether and where; the same state gives the same clouds.
        carm: the view.
        ostium: (3,), where the artery starts now, millimetres.
        settings: ranges.

    Returns:
        Millimetres of contrast along each ray, (size, size).
    """
    total = np.zeros((carm.size, carm.size))
    if rng.random() >= settings.reflux_share:
        return total
    place, scale, _ = carm.project(ostium[None])
    pixel = np.arange(carm.size) + 0.5
    for _ in range(rng.integers(1, 5)):
        row, column = place[0] + rng.normal(0, 5, 2) * scale[0]
        high, wide = rng.uniform(1.5, 7, 2) * scale[0]
        r2 = ((pixel - row) / high)[:, None] ** 2 + ((pixel - column) / wide)[None] ** 2
        total += rng.uniform(0.5, 4) * np.exp(-(r2 ** rng.uniform(1, 2)))
    return total
