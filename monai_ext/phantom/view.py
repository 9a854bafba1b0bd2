# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray

__all__ = ["View"]


class View:
    """Parallel projection of the patient onto the detector of a C-arm.

    Args:
        lao: degrees that the detector is turned towards the patient's left (RAO is negative).
        cranial: degrees that it is tilted towards the head (caudal is negative).
        field: millimetres that the image shows, at the heart.
        centre: row and column of the heart's middle, as shares of the image.
        size: rows and columns of the image.
    """

    def __init__(self, lao: float, cranial: float, field: float, centre: tuple[float, float], size: int) -> None:
        a, b = np.deg2rad(lao), np.deg2rad(cranial)
        self.ray = np.array([-np.sin(a) * np.cos(b), np.cos(a) * np.cos(b), -np.sin(b)])
        self.right = np.array([np.cos(a), np.sin(a), 0.0])
        self.up = np.cross(self.right, self.ray)
        self.lao, self.field, self.size = lao, field, size
        self.centre = np.array(centre) * size
        self.scale = size / field

    def project(self, points: ndarray) -> ndarray:
        """Points (n, 3) in millimetres to (n, 2) rows and columns."""
        rows = -(points * self.up).sum(1)
        columns = (points * self.right).sum(1)
        return np.stack([rows, columns], 1) * self.scale + self.centre

    def grid(self) -> tuple[ndarray, ndarray]:
        """Millimetres to the right (1, size) and upwards (size, 1) of the heart's middle, of every pixel."""
        pixel = np.arange(self.size) + 0.5
        return ((pixel - self.centre[1]) / self.scale)[None], ((self.centre[0] - pixel) / self.scale)[:, None]
