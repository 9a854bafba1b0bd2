# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

__all__ = ["XAFacts"]


@dataclass(frozen=True, kw_only=True)
class XAFacts:
    """What a cine and its header have in common: numbers that name nobody.

    Attributes:
        frame_count: frames that the file holds, at least 1.
        bits: stored for each pixel in the file, 1..16.
        frame_time: milliseconds between frames of the file; the median where they differ. None if unknown, as all that follow.
        primary_angle: of the C-arm in degrees, LAO positive; of the file's first frame.
        secondary_angle: of the C-arm in degrees, CRA positive; of the file's first frame.
        imager_pixel_spacing: (row, column) distance of pixel centres at the detector in mm.
        pixel_spacing: (row, column) distance of pixel centres at the patient in mm, as the file says; in enhanced images where the vessels are.
        pixel_calibration: how that was found, "FIDUCIAL" (an object of known size), "GEOMETRY" (distances); None also where the file does not say it.
        magnification: of the patient on the detector, at least 1.
        source_detector: distance in mm.
        source_patient: distance in mm; to the isocentre in enhanced images.
        burned_in: whether text lies in the pixels, by which the patient could be known.
    """

    frame_count: int
    bits: int
    frame_time: float | None
    primary_angle: float | None
    secondary_angle: float | None
    imager_pixel_spacing: tuple[float, float] | None
    pixel_spacing: tuple[float, float] | None
    pixel_calibration: str | None
    magnification: float | None
    source_detector: float | None
    source_patient: float | None
    burned_in: bool | None

    def facts(self) -> dict[str, Any]:
        """These numbers by name."""
        return {field.name: getattr(self, field.name) for field in fields(XAFacts)}
