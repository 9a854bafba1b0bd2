# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

from numpy import ndarray

__all__ = ["Angiogram", "Centreline", "Stenosis"]


@dataclass(frozen=True)
class Centreline:
    """The middle of a vessel, from its origin on, whether or not contrast has reached it.

    Coordinates are x (column) and y (row) in pixels; the middle of the first pixel is (0.5, 0.5). Points may lie outside the image.
    """

    segment: str
    """SYNTAX name of `SEGMENTS`, or "" for a side branch that has none."""
    points: ndarray
    """(n, 2), float64: x, y."""
    radius: ndarray
    """(n,), float64, pixels: of the open vessel as magnified in the image; 0 where it is occluded."""


@dataclass(frozen=True)
class Stenosis:
    """A narrowing of a named segment, where it is seen in this image."""

    segment: str
    """SYNTAX name of the segment."""
    reduction: float
    """Of the diameter, in per cent: 100 is a total occlusion."""
    length: float
    """Millimetres along the vessel, from one healthy end to the other."""
    centre: tuple[float, float]
    """x, y of the narrowest place, pixels."""
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 in pixels: the smallest box around `polygon`."""
    polygon: ndarray
    """(n, 2), float64: x, y of the outline of the diseased piece of vessel, about a pixel wider than when it was healthy."""


@dataclass(frozen=True)
class Angiogram:
    """A synthetic angiogram with all its labels, from one geometry.

    Masks are (size, size). A pixel belongs to a vessel's mask where contrast makes it darker by at least a grey level.
    """

    image: ndarray
    """(size, size), uint8, or uint16 with more than 8 bits; vessels dark."""
    tree: ndarray
    """bool: every vessel with contrast, side branches too."""
    segments: ndarray
    """uint8: category id of the SYNTAX segment as in ARCADE, 1 to 25; 0 elsewhere. Where two cross, the nearer to the detector."""
    catheter: ndarray
    """bool: catheter and guide wire."""
    judged: tuple[str, ...]
    """SYNTAX names of the segments that this view is taken for: experts outline only these (see docs/phantom.md)."""
    stenoses: tuple[Stenosis, ...]
    centrelines: tuple[Centreline, ...]
    primary_angle: float
    """Degrees, positive towards the patient's left (LAO), negative right (RAO): DICOM's PositionerPrimaryAngle."""
    secondary_angle: float
    """Degrees, positive cranial, negative caudal: DICOM's PositionerSecondaryAngle."""
    source_detector: float
    """Millimetres from the X-ray source to the detector."""
    source_patient: float
    """Millimetres from the X-ray source to the middle of the heart."""
    pixel_spacing: float
    """Millimetres between pixels on the detector; divided by source_detector / source_patient, at the heart."""
    side: str
    """"left" or "right": which coronary artery is filled."""
    dominance: str
    """"left" or "right": which artery feeds the inferior wall."""
    time: float
    """Seconds since the injection."""
    bits: int
    """Bits stored in a pixel, 8 to 16."""

    @property
    def vessels(self) -> ndarray:
        """bool: the union of the segments."""
        return self.segments > 0
