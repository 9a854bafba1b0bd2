# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from monai_ext.results import CineResult, draw_findings

from .code_item import code_item
from .need_packages import need_packages
from .object_kind import ObjectKind
from .read_source import read_source
from .save_object import save_object
from .source_header import SourceHeader
from .start_object import start_object

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["write_secondary_capture"]

_SINGLE, _MANY = (
    ObjectKind(name="sc", sop_class=uid, modality="OT", series_number=9004, title="Findings drawn")
    for uid in ("1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.7.4")
)
_FRAME_TIME = 0x00181063
_PURPOSE = ("121322", "DCM", "Source image for image processing operation")


def write_secondary_capture(result: CineResult, path: str | os.PathLike[str]) -> None:
    """Writes the frames with the findings drawn on them as a DICOM Secondary Capture in colour, which any viewer shows.

    One frame gives a single-frame image, several a multi-frame image that plays as fast as the source. It is not compressed. Its modality is OT,
    so that nothing takes it for an angiogram to analyse.

    Args:
        result: of which all frames are drawn; its source must be DICOM.
        path: of the file.

    Raises:
        ImportError: without pydicom.
        OSError: if it cannot be written.
        ValueError: if the source cannot be referenced; see `read_source`.

    References:
        DICOM PS3.3, A.8.1 and A.8.5.4 (Secondary Capture), C.8.6 (its modules), C.7.6.1 (derivation), C.7.6.5 (Cine).
    """
    need_packages("pydicom")
    source, count = read_source(result), len(result.frames)
    dataset = start_object(_SINGLE if count == 1 else _MANY, source, result.algorithm)
    _add_origin(dataset, result, source)
    if count > 1:
        _add_cine(dataset, result)
    _add_pixels(dataset, result)
    save_object(dataset, source, path)


def _add_origin(dataset: Dataset, result: CineResult, source: SourceHeader) -> None:
    dataset.ImageType, dataset.ConversionType = ["DERIVED", "SECONDARY"], "WSD"
    dataset.DerivationDescription = (
        f"Findings of {result.algorithm.name} {result.algorithm.version} drawn, not reviewed"
    )
    image = source.reference(result.numbers)
    image.PurposeOfReferenceCodeSequence = [code_item(_PURPOSE)]
    dataset.SourceImageSequence = [image]
    dataset.PatientOrientation = ""
    dataset.BurnedInAnnotation = (
        source.burned_in
    )  # whether the patient may be named in the pixels; findings do not name him
    dataset.update(source.lossy)


def _add_cine(dataset: Dataset, result: CineResult) -> None:
    from pydicom.valuerep import DSfloat

    step = result.frame_time or 100.0
    dataset.NumberOfFrames, dataset.FrameIncrementPointer = len(result.frames), _FRAME_TIME
    dataset.FrameTime = DSfloat(float(step), auto_format=True)
    dataset.RecommendedDisplayFrameRate = max(1, round(1000 / step))


def _add_pixels(dataset: Dataset, result: CineResult) -> None:
    frames, rows, columns = result.frames.shape
    pixels = np.empty((frames, rows, columns, 3), np.uint8)
    for index in range(frames):
        pixels[index] = draw_findings(result, index)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.PixelData = pixels.tobytes() + b"\0" * (pixels.size % 2)
    dataset["PixelData"].VR = "OB"
