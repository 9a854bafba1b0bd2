# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["XAHeader"]


@dataclass(frozen=True)
class XAHeader:
    """What a file says of its cine; see `read_xa_header`.

    Attributes:
        frame_count: frames, at least 1.
        rows: height in pixels.
        columns: width in pixels.
        bits: stored for each pixel, 1..16.
        photometric: interpretation, "MONOCHROME2" for most.
        transfer_syntax: UID of how the pixels are packed.
        sop_class: UID of the kind of image, "" if it is not said.
        frame_time: milliseconds between frames; the median where they differ. None if unknown, as all that follow.
        primary_angle: of the C-arm in degrees, LAO positive; of the first frame.
        secondary_angle: of the C-arm in degrees, CRA positive; of the first frame.
        imager_pixel_spacing: (row, column) distance of pixel centres at the detector in mm.
        source_detector: distance in mm.
        source_patient: distance in mm; to the isocentre in enhanced images.
        burned_in: whether text lies in the pixels, by which the patient could be known.
        patient_id: for grouping by patient; left out of the representation, so that no log shows it.
    """

    frame_count: int
    rows: int
    columns: int
    bits: int
    photometric: str
    transfer_syntax: str
    sop_class: str
    frame_time: float | None
    primary_angle: float | None
    secondary_angle: float | None
    imager_pixel_spacing: tuple[float, float] | None
    source_detector: float | None
    source_patient: float | None
    burned_in: bool | None
    patient_id: str = field(repr=False)
