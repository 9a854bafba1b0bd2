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
    def narrowest(self) -> int:
        """Position of the smallest diameter, no nearer to an end than the mean diameter where the vessel is long enough: masks end in points."""
        margin, length = self.diameter.mean(), self.distance[-1]
        inside = (self.distance >= margin) & (self.distance <= length - margin)
        return int(np.where(inside | ~inside.any(), self.diameter, np.inf).argmin())

    @property
    def min_diameter(self) -> float:
        """Diameter at the narrowest position."""
        return float(self.diameter[self.narrowest])
