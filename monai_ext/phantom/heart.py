# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray

__all__ = ["Heart"]

_AXIS = np.array([0.66, -0.50, -0.56])  # base to apex: left, forward, down
_FRONT = np.array([0.25, -0.65, 0.72])  # towards the anterior groove


class Heart:
    """The surface that coronary arteries run on: a half ellipsoid in the patient's frame, in millimetres.

    A place on it is (angle, depth, wall): the angle in radians around the long axis (0 the anterior groove, positive
    towards the left side wall, pi the inferior groove), the depth along the axis (0 the base, 1 the apex), and the wall (1 the
    outer surface, less towards the axis). The patient's frame is x to the patient's left, y to the back, z to the head.

    Args:
        length: base to apex.
        radius: of the base.
    """

    def __init__(self, length: float = 95.0, radius: float = 42.0) -> None:
        self.length, self.radius = length, radius
        axis = _AXIS / np.sqrt((_AXIS**2).sum())
        front = _FRONT - axis * (axis * _FRONT).sum()
        front = front / np.sqrt((front**2).sum())
        self.frame = np.stack([front, np.cross(front, axis), axis])

    def girth(self, depth: ndarray) -> ndarray:
        """Radius in millimetres at depths: an ellipse, widest a quarter of the way down."""
        return self.radius * np.sqrt(np.maximum(1 - ((depth - 0.25) / 0.78) ** 2, 0.04))

    def place(self, where: ndarray) -> ndarray:
        """Places (n, 3) of angle, depth, wall to points (n, 3) in millimetres about the middle of the heart."""
        angle, depth, wall = where.T[:, :, None]
        girth = self.girth(depth) * wall
        across = np.cos(angle) * self.frame[0] + np.sin(angle) * self.frame[1]
        return girth * across + self.length * (depth - 0.4) * self.frame[2]

    def thickness(self, right: ndarray, up: ndarray, ray: ndarray, x: ndarray, y: ndarray) -> ndarray:
        """Length of muscle and blood along parallel rays, as a share of the longest, for the heart's shadow.

        Args:
            right: unit vector of the image's columns.
            up: unit vector against the image's rows.
            ray: unit vector of the rays.
            x: millimetres along `right`, broadcast with y.
            y: millimetres along `up`.
        """
        scale = np.array([self.radius, self.radius, 0.62 * self.length]) * 1.3
        r, u, d = ((self.frame * v).sum(1) / scale for v in (right, up, ray))
        centre = -0.10 * self.length * self.frame[2]
        x, y = x + (centre * right).sum(), y + (centre * up).sum()
        a = (d**2).sum()
        b = x * (r * d).sum() + y * (u * d).sum()
        c = x**2 * (r**2).sum() + y**2 * (u**2).sum() + 2 * x * y * (r * u).sum() - 1
        return np.sqrt(np.maximum(b**2 - a * c, 0) / a)
