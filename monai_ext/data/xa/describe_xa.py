# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import statistics

from .attributes import Attributes
from .xa_file import XAFile
from .xa_header import XAHeader

__all__ = ["describe_xa"]

_FRAME_TIME_VECTOR = 0x00181065
_CALIBRATIONS = ("FIDUCIAL", "GEOMETRY")
_BURNED_IN = {"YES": True, "NO": False}


def describe_xa(file: XAFile) -> XAHeader:
    """What an open file says of its cine, see `XAHeader`; what is impossible counts as unknown.

    References:
        DICOM PS3.3, C.7.6.5 (Cine), C.8.7.2 (X-Ray Acquisition), C.8.7.5 (XA Positioner), C.8.19.6 (functional groups of XA), 10.7.1 (spacing
        of pixels).
    """
    root, layout = file.attributes, file.layout
    geometry, position = root.group("XRayGeometrySequence", 0), root.group("PositionerPositionSequence", 0)
    pixels = root.group("FramePixelDataPropertiesSequence", 0)
    calibrated, calibration = _calibrated(root)
    return XAHeader(
        frame_count=layout.frames,
        rows=layout.rows,
        columns=layout.columns,
        bits=layout.stored,
        photometric=layout.photometric,
        transfer_syntax=str(file.syntax),
        sop_class=root.text("SOPClassUID"),
        frame_time=_frame_time(root),
        primary_angle=_angle(position, "PositionerPrimaryAngle", 180),
        secondary_angle=_angle(position, "PositionerSecondaryAngle", 90),
        imager_pixel_spacing=_spacing(pixels, "ImagerPixelSpacing"),
        pixel_spacing=calibrated,
        pixel_calibration=calibration,
        magnification=_magnification(root),
        source_detector=geometry.positive("DistanceSourceToDetector"),
        source_patient=geometry.positive("DistanceSourceToPatient") or geometry.positive("DistanceSourceToIsocenter"),
        burned_in=_BURNED_IN.get(root.text("BurnedInAnnotation")),
        patient_id=root.text("PatientID"),
    )


def _spacing(holder: Attributes, keyword: str) -> tuple[float, float] | None:
    row, column = holder.positive(keyword, 0), holder.positive(keyword, 1)
    return None if row is None or column is None else (row, column)


def _calibrated(root: Attributes) -> tuple[tuple[float, float] | None, str | None]:
    """Spacing at the patient, and how it was found."""
    enhanced = root.group("ProjectionPixelCalibrationSequence", 0)
    if spacing := _spacing(enhanced, "ObjectPixelSpacingInCenterOfBeam"):
        return spacing, "GEOMETRY"
    kind = root.text("PixelSpacingCalibrationType")
    return _spacing(root, "PixelSpacing"), kind if kind in _CALIBRATIONS else None


def _magnification(root: Attributes) -> float | None:
    factor = root.positive("EstimatedRadiographicMagnificationFactor")
    return factor if factor is not None and factor >= 1 else None


def _frame_time(root: Attributes) -> float | None:
    steps = range(1, len(root.values("FrameTimeVector")))  # the first value stands before the first frame
    times = [time for step in steps if (time := root.positive("FrameTimeVector", step)) is not None]
    single = root.positive("FrameTime")
    if times and (single is None or root.number("FrameIncrementPointer") == _FRAME_TIME_VECTOR):
        return statistics.median(times)
    rate = root.positive("CineRate")
    return single if single is not None or rate is None else 1000 / rate


def _angle(position: Attributes, keyword: str, most: float) -> float | None:
    angle = position.number(keyword)
    return angle if angle is not None and abs(angle) <= most else None
