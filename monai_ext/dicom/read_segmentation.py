# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from monai_ext.data.xa.bounded_file import BoundedFile
from monai_ext.data.xa.quiet_pydicom import quiet_pydicom

from .need_packages import need_packages
from .segmentation import Segmentation

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["read_segmentation"]

_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"


def read_segmentation(path: str | os.PathLike[str]) -> Segmentation:
    """Reads the masks of a binary DICOM Segmentation of one image, such as `write_segmentation` writes.

    Args:
        path: of the file.

    Raises:
        FileNotFoundError: if there is no such file.
        ImportError: without pydicom.
        ValueError: if it is no such file, or broken. The message names the file and nothing that was read from it.
    """
    need_packages("pydicom")
    try:
        with quiet_pydicom(), BoundedFile(path) as content:
            return _read(content)
    except FileNotFoundError:
        raise
    except _Fault as fault:
        problem = str(fault)
    except Exception as error:  # parsers raise about ten kinds on broken files
        problem = f"it must be a whole DICOM file, got a damaged one or none ({type(error).__name__})"
    raise ValueError(f"'{os.fspath(path)}' cannot be read as a Segmentation: {problem}; write it again.")


class _Fault(ValueError):
    """In words of ours, see `XAFault`."""


def _read(content: BoundedFile) -> Segmentation:
    from pydicom import dcmread

    dataset = dcmread(content)
    if dataset.SOPClassUID != _SEGMENTATION or dataset.get("SegmentationType") != "BINARY":
        raise _Fault("it must be a binary DICOM Segmentation, got another object")
    sources = [_source(frame) for frame in dataset.PerFrameFunctionalGroupsSequence]
    series = _series(dataset, {uid for uid, _ in sources})
    numbers = sorted({number for _, number in sources})
    return Segmentation(
        masks=_masks(dataset, [numbers.index(number) for _, number in sources], len(numbers)),
        numbers=tuple(numbers),
        class_names=tuple(segment.SegmentLabel for segment in dataset.SegmentSequence),
        source=sources[0][0],
        series=series,
        study=str(dataset.StudyInstanceUID),
        uid=str(dataset.SOPInstanceUID),
    )


def _source(frame: Dataset) -> tuple[str, int]:
    """UID of the image that a frame was made of, and the number of the frame in it, from 0."""
    image = frame.DerivationImageSequence[0].SourceImageSequence[0]
    return str(image.ReferencedSOPInstanceUID), int(image.get("ReferencedFrameNumber", 1)) - 1


def _series(dataset: Dataset, sources: set[str]) -> str:
    if len(sources) != 1:
        raise _Fault(f"all its frames must be made of one image, got {len(sources)}")
    for series in dataset.ReferencedSeriesSequence:
        if sources <= {str(image.ReferencedSOPInstanceUID) for image in series.ReferencedInstanceSequence}:
            return str(series.SeriesInstanceUID)
    raise _Fault("it must name the series of its image, got another")


def _masks(dataset: Dataset, places: list[int], count: int) -> np.ndarray:
    rows, columns, frames = int(dataset.Rows), int(dataset.Columns), int(dataset.NumberOfFrames)
    segments, area = len(dataset.SegmentSequence), rows * columns
    packed = np.frombuffer(dataset.PixelData, np.uint8)
    if frames != len(places) or 8 * len(packed) < frames * area:
        raise _Fault("its pixels and its list of frames must be of one length")
    masks = np.zeros((count, area), np.uint8)
    for index, (place, frame) in enumerate(zip(places, dataset.PerFrameFunctionalGroupsSequence, strict=True)):
        number, first = int(frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber), index * area
        if not 1 <= number <= segments:
            raise _Fault("its frames must be of its segments, got another")
        part = np.unpackbits(packed[first // 8 : -(-(first + area) // 8)], bitorder="little")
        masks[place, part[first % 8 :][:area] > 0] = number
    return masks.reshape(count, rows, columns)
