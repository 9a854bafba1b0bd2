# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from monai_ext.results import CineResult

from .algorithm_item import algorithm_item
from .binary_planes import BinaryPlanes, binary_planes
from .class_codes import class_codes
from .code_item import code_item
from .need_packages import need_packages
from .object_kind import ObjectKind
from .read_source import read_source
from .save_object import save_object
from .source_header import SourceHeader
from .stable_uid import stable_uid
from .start_object import start_object

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["write_segmentation"]

_KIND = ObjectKind(
    name="seg", sop_class="1.2.840.10008.5.1.4.1.1.66.4", modality="SEG", series_number=9001, title="Segmentation"
)
_DERIVATION = ("113076", "DCM", "Segmentation")
_PURPOSE = ("121322", "DCM", "Source image for image processing operation")
_FRAME_CONTENT, _TEMPORAL_POSITION = 0x00209111, 0x00209128
_SEGMENT_IDENTIFICATION, _SEGMENT_NUMBER = 0x0062000A, 0x0062000B


def write_segmentation(result: CineResult, path: str | os.PathLike[str]) -> None:
    """Writes masks as a DICOM Segmentation, one segment a class, which `read_segmentation` gives back bit for bit.

    It has one frame for each class that is seen in a frame of the source, which it references. A frame of the source where nothing is seen is
    referenced by one empty frame of the first segment. Frames follow each other without gap, bit by bit.

    Args:
        result: with masks; its source must be DICOM.
        path: of the file.

    Raises:
        ImportError: without pydicom.
        OSError: if it cannot be written.
        ValueError: if there are no masks, a class has no name or an impossible one, or the source cannot be referenced; see `read_source`.

    References:
        DICOM PS3.3, A.51 and C.8.20 (Segmentation), C.7.6.16.2.6 (Derivation Image), C.7.6.17 (Dimensions); PS3.5, 8.2 and A.2 (bits).
    """
    need_packages("pydicom")
    _check(result)
    source = read_source(result)
    planes = binary_planes(result.masks)
    dataset = start_object(_KIND, source, result.algorithm)
    _add_image(dataset, source, planes)
    dataset.SegmentSequence = [_segment(result, source, number) for number in range(1, len(result.class_names) + 1)]
    _add_references(dataset, source)
    _add_dimensions(dataset, source)
    dataset.SharedFunctionalGroupsSequence = [_shared(result)]
    dataset.PerFrameFunctionalGroupsSequence = [
        _frame(source, result.numbers[place], number)
        for place, number in zip(planes.places, planes.classes, strict=True)
    ]
    save_object(dataset, source, path)


def _check(result: CineResult) -> None:
    if result.masks is None or not len(result.masks):
        raise ValueError(f"a DICOM Segmentation needs masks, '{result.source}' has none; write another format.")
    if not result.class_names or int(result.masks.max()) > len(result.class_names):
        raise ValueError(
            f"every class must have a name, got class {int(result.masks.max())} and {len(result.class_names)} names."
        )
    for name in result.class_names:
        if not 0 < len(name) <= 64 or "\\" in name or name != name.strip():
            raise ValueError(f"class names must have 1 to 64 characters and no backslash, got '{name}'; shorten it.")


def _add_image(dataset: Dataset, source: SourceHeader, planes: BinaryPlanes) -> None:
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.PatientOrientation = ""
    dataset.ContentLabel, dataset.ContentDescription = "SEGMENTATION", "Found by an algorithm, not reviewed"
    dataset.ContentCreatorName = ""
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 1, 1, 0, 0
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = planes.bits.shape
    dataset.SegmentationType, dataset.SegmentsOverlap = "BINARY", "NO"
    dataset.update(source.lossy)
    packed = np.packbits(planes.bits.reshape(-1), bitorder="little").tobytes()
    dataset.PixelData = packed + b"\0" * (len(packed) % 2)
    dataset["PixelData"].VR = "OB"


def _segment(result: CineResult, source: SourceHeader, number: int) -> Dataset:
    from pydicom import Dataset

    name, segment = result.class_names[number - 1], Dataset()
    codes = class_codes(name)
    segment.SegmentNumber, segment.SegmentLabel = number, name
    segment.SegmentedPropertyCategoryCodeSequence = [code_item(codes.category)]
    segment.SegmentedPropertyTypeCodeSequence = [code_item(codes.kind)]
    segment.AnatomicRegionSequence = [code_item(codes.site)]
    segment.SegmentAlgorithmType, segment.SegmentAlgorithmName = "AUTOMATIC", result.algorithm.name[:64]
    segment.SegmentationAlgorithmIdentificationSequence = [algorithm_item(result.algorithm)]
    segment.TrackingID = f"{number} {name}"[:64]
    segment.TrackingUID = stable_uid("class", source.sop_instance, name, result.algorithm.weights)
    return segment


def _add_references(dataset: Dataset, source: SourceHeader) -> None:
    series = source.referenced_series()
    series.ReferencedInstanceSequence = [source.reference()]
    dataset.ReferencedSeriesSequence = [series]


def _add_dimensions(dataset: Dataset, source: SourceHeader) -> None:
    """First by frame of the source, then by segment."""
    from pydicom import Dataset

    organisation = Dataset()
    organisation.DimensionOrganizationUID = stable_uid("dimensions", source.sop_instance)
    dataset.DimensionOrganizationSequence = [organisation]
    dataset.DimensionIndexSequence = []
    for pointer, group, label in (
        (_TEMPORAL_POSITION, _FRAME_CONTENT, "Frame of the source"),
        (_SEGMENT_NUMBER, _SEGMENT_IDENTIFICATION, "Segment"),
    ):
        index = Dataset()
        index.DimensionOrganizationUID = organisation.DimensionOrganizationUID
        index.DimensionIndexPointer, index.FunctionalGroupPointer, index.DimensionDescriptionLabel = (
            pointer,
            group,
            label,
        )
        dataset.DimensionIndexSequence.append(index)


def _shared(result: CineResult) -> Dataset:
    from pydicom import Dataset
    from pydicom.valuerep import DSfloat

    shared = Dataset()
    if result.spacing is not None:
        measures = Dataset()
        measures.PixelSpacing = [DSfloat(float(step), auto_format=True) for step in result.spacing]
        measures.SliceThickness = measures.PixelSpacing[0]  # a projection has none; highdicom reads no spacing without
        shared.PixelMeasuresSequence = [measures]
    return shared


def _frame(source: SourceHeader, number: int, segment: int) -> Dataset:
    from pydicom import Dataset

    content, derivation, identification, frame = Dataset(), Dataset(), Dataset(), Dataset()
    content.TemporalPositionIndex = number + 1
    content.DimensionIndexValues = [number + 1, segment]
    image = source.reference([number])
    image.PurposeOfReferenceCodeSequence, image.SpatialLocationsPreserved = [code_item(_PURPOSE)], "YES"
    derivation.DerivationCodeSequence, derivation.SourceImageSequence = [code_item(_DERIVATION)], [image]
    identification.ReferencedSegmentNumber = segment
    frame.FrameContentSequence, frame.DerivationImageSequence = [content], [derivation]
    frame.SegmentIdentificationSequence = [identification]
    return frame
