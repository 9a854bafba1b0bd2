# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from .xa_facts import XAFacts

__all__ = ["object_spacing"]

_CALIBRATED = {
    "FIDUCIAL": "calibrated on an object of known size",
    "GEOMETRY": "calibrated by the geometry of the C-arm",
    None: "pixel spacing of the file, which does not say how it was calibrated",
}


def object_spacing(facts: XAFacts) -> tuple[tuple[float, float] | None, str]:
    """Distance of pixel centres where the vessels are, as well as the file tells it, and how it is known.

    An X-ray image is larger than what it shows: by source-detector over source-object distance. From the most to the least trustworthy:

    1. the calibrated spacing; not where it merely repeats that of the detector;
    2. the spacing of the detector divided by the magnification factor that the file estimates;
    3. the spacing of the detector times source-patient over source-detector distance. That is right at the isocentre, to which the first distance leads, and a vessel 5 cm off
       it is measured wrong by about 7 %.
    The spacing of the detector alone is none of the vessels, which are smaller than it says, mostly by 20 to 35 %: then it is unknown.

    Args:
        facts: of a file, see `read_xa` and `read_xa_header`.

    Returns:
        (row, column) in mm, None if unknown; words for people, "" if unknown.

    References:
        DICOM PS3.3, 10.7.1.2 (Pixel Spacing, its calibration, Imager Pixel Spacing), C.8.7.5 (XA Positioner: distances, magnification factor) and C.8.19.6.9
        (calibration of enhanced XA).
    """
    detector = facts.imager_pixel_spacing
    if facts.pixel_spacing and (facts.pixel_calibration or facts.pixel_spacing != detector):
        return facts.pixel_spacing, _CALIBRATED[facts.pixel_calibration]
    if detector is None:
        return None, ""
    if facts.magnification:
        return _smaller(
            detector, facts.magnification
        ), "spacing of the detector by the magnification factor of the file"
    if facts.source_detector and facts.source_patient and facts.source_patient < facts.source_detector:
        return _smaller(
            detector, facts.source_detector / facts.source_patient
        ), "geometry of the C-arm, at the isocentre"
    return None, ""


def _smaller(spacing: tuple[float, float], factor: float) -> tuple[float, float]:
    return spacing[0] / factor, spacing[1] / factor
