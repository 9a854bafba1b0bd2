# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy import ndarray

from .angiogram import Angiogram
from .draw_angiogram import PHANTOM_VERSION

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["dicom_angiogram"]

_XA_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.12.1"
_EMPTY = (
    "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID", "PatientBirthDate", "PatientSex",
    "PatientOrientation", "KVP", "ExposureTime", "XRayTubeCurrent", "Exposure",
)  # fmt: skip
"""Attributes that a phantom has no value for, but that must be there (type 2)."""


def dicom_angiogram(
    pixels: ndarray, angiogram: Angiogram, name: str, identity: str, *, frame_time: float | None = None
) -> Dataset:
    """A DICOM X-ray angiographic image, uncompressed; equal for equal arguments: no dates, no random UIDs.

    Write it by `save_as(file, enforce_file_format=True)`. It needs pydicom; see `check_dicom`.

    Args:
        pixels: (size, size), or (frames, size, size) of a cine; uint8 or uint16.
        angiogram: that tells angles, distances, artery and bits.
        name: of the phantom: patient name and id.
        identity: what the UIDs are made from; other pixels need another one.
        frame_time: milliseconds between the frames of a cine; None for a single image.

    References:
        DICOM PS3.3, A.14 (X-Ray Angiographic Image), C.8.7.1 (X-Ray Image), C.8.7.2 (X-Ray Acquisition), C.8.7.5 (XA Positioner).
    """
    from pydicom import Dataset

    dataset = Dataset()
    dataset.update(dict.fromkeys(_EMPTY))
    dataset.update(_origin(angiogram, name, identity) | _geometry(angiogram) | _display(angiogram.bits))
    dataset.set_pixel_data(pixels, "MONOCHROME2", angiogram.bits, generate_instance_uid=False)
    if frame_time is not None:
        dataset.update(_cine(frame_time))
    return dataset


def _origin(angiogram: Angiogram, name: str, identity: str) -> dict[str, Any]:
    from pydicom.uid import generate_uid

    return {
        "SOPClassUID": _XA_IMAGE_STORAGE,
        "SOPInstanceUID": generate_uid(entropy_srcs=[identity, "instance"]),
        "StudyInstanceUID": generate_uid(entropy_srcs=[identity, "study"]),
        "SeriesInstanceUID": generate_uid(entropy_srcs=[identity, "series"]),
        "Modality": "XA",
        "Manufacturer": "monai_ext phantom",
        "ManufacturerModelName": f"phantom version {PHANTOM_VERSION}",
        "PatientName": f"Phantom^{name}",
        "PatientID": f"phantom-{name}",
        "StudyDescription": "Synthetic coronary angiogram, no patient",
        "SeriesDescription": f"{angiogram.side} coronary artery",
        "SeriesNumber": 1,
        "InstanceNumber": 1,
        "BodyPartExamined": "HEART",
        "ContrastBolusAgent": "simulated",
    }


def _geometry(angiogram: Angiogram) -> dict[str, Any]:
    return {
        "PositionerPrimaryAngle": _number(angiogram.primary_angle),
        "PositionerSecondaryAngle": _number(angiogram.secondary_angle),
        "DistanceSourceToDetector": _number(angiogram.source_detector),
        "DistanceSourceToPatient": _number(angiogram.source_patient),
        "EstimatedRadiographicMagnificationFactor": _number(angiogram.source_detector / angiogram.source_patient),
        "ImagerPixelSpacing": [_number(angiogram.pixel_spacing)] * 2,
    }


def _display(bits: int) -> dict[str, Any]:
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", "SINGLE PLANE"],
        "PixelIntensityRelationship": "DISP",
        "PixelIntensityRelationshipSign": 1,  # more light, larger value
        "WindowCenter": 2 ** (bits - 1),
        "WindowWidth": 2**bits,
        "RadiationSetting": "GR",
        "LossyImageCompression": "00",
        "BurnedInAnnotation": "NO",
    }


def _cine(frame_time: float) -> dict[str, Any]:
    rate = max(1, round(1000 / frame_time))
    return {
        "FrameTime": _number(frame_time),
        "FrameIncrementPointer": 0x00181063,
        "RecommendedDisplayFrameRate": rate,
        "CineRate": rate,
        "PositionerMotion": "STATIC",
    }


def _number(value: float) -> float:
    """Short enough for the 16 characters of a decimal string."""
    return round(float(value), 6) + 0.0
