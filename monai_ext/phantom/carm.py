# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

__all__ = ["CArm"]


@dataclass(frozen=True)
class CArm:
    """A cone of rays from a source behind the patient to a flat detector before the patient.

    The patient's frame is x to the patient's left, y to the back, z to the head, millimetres about the middle of the heart, which
    lies on the axis of the cone. A point at `height` above it towards the detector is magnified by
    source_detector / (source_patient + height).
    """

    primary: float
    """Degrees that the detector is turned towards the patient's left (LAO); RAO is negative."""
    secondary: float
    """Degrees that it is tilted towards the head (cranial); caudal is negative."""
    source_detector: float
    """Millimetres."""
    source_patient: float
    """Millimetres."""
    field: float
    """Millimetres that the image shows at the heart."""
    size: int
    """Rows and columns of the image."""
    centre: tuple[float, float] = (0.5, 0.5)
    """Row and column of the heart's middle, as shares of the image: where the table stands."""

    @property
    def scale(self) -> float:
        """Pixels a millimetre at the heart."""
        return self.size / self.field

    @property
    def pixel_spacing(self) -> float:
        """Millimetres between pixels on the detector."""
        return self.field / self.size * self.source_detector / self.source_patient

    @property
    def axes(self) -> tuple[ndarray, ndarray, ndarray]:
        """Unit vectors: along the columns, against the rows, and towards the detector."""
        a, b = np.deg2rad(self.primary), np.deg2rad(self.secondary)
        right = np.array([np.cos(a), np.sin(a), 0.0])
        towards = np.array([np.sin(a) * np.cos(b), -np.cos(a) * np.cos(b), np.sin(b)])
        return right, np.cross(towards, right), towards

    def project(self, points: ndarray) -> tuple[ndarray, ndarray, ndarray]:
        """Points in the image.

        Args:
            points: (n, 3), millimetres.

        Returns:
            Row and column in pixels (n, 2), where the middle of the first pixel is (0.5, 0.5); pixels a millimetre at each
            point (n,); and height above the heart's middle towards the detector in millimetres (n,).
        """
        right, up, towards = self.axes
        height = (points * towards).sum(1)
        scale = self.scale * self.source_patient / (self.source_patient + height)
        place = np.stack([-(points * up).sum(1), (points * right).sum(1)], 1) * scale[:, None]
        return place + np.array(self.centre) * self.size, scale, height

    def grid(self) -> tuple[ndarray, ndarray]:
        """Millimetres to the right (1, size) and upwards (size, 1) of the heart's middle, of every pixel, at the heart."""
        pixel = (np.arange(self.size) + 0.5) / self.scale
        return (pixel - self.centre[1] * self.field)[None], (self.centre[0] * self.field - pixel)[:, None]
