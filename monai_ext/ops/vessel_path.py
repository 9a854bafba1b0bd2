# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["VesselPath"]


@dataclass(frozen=True, eq=False)
class VesselPath:
    """A vessel from one end or bifurcation to the next; see `measure_vessels`.

    Attributes:
        points: (k, 2), float32; row and column in pixels along the centreline, in order; (0, 0) is the middle of the first pixel.
        distance: (k,), float32; way along the centreline from the first point, in mm, or in pixels where no spacing was given.
        diameter: (k,), float32; in the same unit.
    """

    points: np.ndarray
    distance: np.ndarray
    diameter: np.ndarray

    @property
    def inside(self) -> np.ndarray:
        """(k,), bool; what counts for a diameter of the whole: masks end in points, and where a vessel leaves a wider one that one's width is measured.

        Left out at each end are as much as the vessel is wide, by its median, and half of the diameter there; nothing of a vessel that is too short for that.
        """
        usual, way = float(np.median(self.diameter)), self.distance
        begin, end = (max(usual, float(self.diameter[place]) / 2) for place in (0, -1))
        inside = (way >= begin) & (way <= way[-1] - end)
        return inside if inside.any() else np.ones_like(inside)

    @property
    def narrowest(self) -> int:
        """Position of the smallest diameter inside."""
        return int(np.where(self.inside, self.diameter, np.inf).argmin())

    @property
    def min_diameter(self) -> float:
        """The smallest diameter inside."""
        return float(self.diameter[self.inside].min())

    @property
    def mean_diameter(self) -> float:
        """The mean of the diameters inside."""
        return float(self.diameter[self.inside].mean())

    @property
    def max_diameter(self) -> float:
        """The largest diameter inside."""
        return float(self.diameter[self.inside].max())
