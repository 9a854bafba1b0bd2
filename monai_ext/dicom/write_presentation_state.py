# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from monai_ext.results import CineResult

from .mask_outlines import mask_outlines
from .need_packages import need_packages
from .object_kind import ObjectKind
from .read_source import read_source
from .save_object import save_object
from .source_header import SourceHeader
from .start_object import start_object

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["write_presentation_state"]

_KIND = ObjectKind(
    name="gsps", sop_class="1.2.840.10008.5.1.4.1.1.11.1", modality="PR", series_number=9003, title="Outlines and boxes"
)
_MOMENT = ("PresentationCreationDate", "PresentationCreationTime")
_BOXES = "BOXES"
_YELLOW = [60000, 33000, 52000]
"""CIELab as DICOM counts it (PS3.3, C.10.7.1.1)."""


def write_presentation_state(result: CineResult, path: str | os.PathLike[str]) -> None:
    """Writes outlines of the masks and boxes with their scores as a DICOM Grayscale Softcopy Presentation State: a viewer lays them over the source.

    Each class has a graphic layer, boxes have one. The picture itself is shown as the source says: its window, its polarity, all of it.

    Args:
        result: with masks, boxes or both, something on at least one frame; its source must be grey DICOM.
        path: of the file.

    Raises:
        ImportError: without pydicom.
        OSError: if it cannot be written.
        ValueError: if there is nothing to draw on, the source is in colour, or it cannot be referenced; see `read_source`.

    References:
        DICOM PS3.3, A.33.1 (Grayscale Softcopy Presentation State), C.10.5 (Graphic Annotation), C.10.7 (layers), C.11.10 and C.11.11.
    """
    need_packages("pydicom")
    if result.masks is None and result.boxes is None:
        raise ValueError(
            f"a presentation state needs masks or boxes, '{result.source}' has none; write another format."
        )
    source = read_source(result)
    if source.layout.samples != 1:
        raise ValueError(
            f"a grey presentation state needs a grey source, '{result.source}' is in colour; write sc instead."
        )
    dataset = start_object(_KIND, source, result.algorithm)
    _add_identification(dataset, source)
    _add_display(dataset, source)
    _add_graphics(dataset, result, source)
    save_object(dataset, source, path, moment=_MOMENT)


def _add_identification(dataset: Dataset, source: SourceHeader) -> None:
    dataset.ContentLabel, dataset.ContentDescription = "FINDINGS", "Found by an algorithm, not reviewed"
    dataset.ContentCreatorName = ""
    series = source.referenced_series()
    series.ReferencedImageSequence = [source.reference()]
    dataset.ReferencedSeriesSequence = [series]


def _add_display(dataset: Dataset, source: SourceHeader) -> None:
    from pydicom import Dataset

    area, layout = Dataset(), source.layout
    area.DisplayedAreaTopLeftHandCorner = [1, 1]
    area.DisplayedAreaBottomRightHandCorner = [layout.columns, layout.rows]
    area.PresentationSizeMode, area.PresentationPixelAspectRatio = "SCALE TO FIT", [1, 1]
    dataset.DisplayedAreaSelectionSequence = [area]
    if len(source.window):
        dataset.SoftcopyVOILUTSequence = [source.window]
    dataset.PresentationLUTShape = "INVERSE" if layout.photometric == "MONOCHROME1" else "IDENTITY"


def _add_graphics(dataset: Dataset, result: CineResult, source: SourceHeader) -> None:
    drawn = [
        _annotation(layer, source, number, objects, texts)
        for index, number in enumerate(result.numbers)
        for layer, objects, texts in (*_outlines(result, index), *_boxes(result, index))
    ]
    if drawn:
        dataset.GraphicAnnotationSequence = drawn
        dataset.GraphicLayerSequence = _layers(result, {annotation.GraphicLayer for annotation in drawn})


def _outlines(result: CineResult, index: int) -> Iterator[tuple[str, list[Dataset], list[Dataset]]]:
    if result.masks is None:
        return
    for number in range(1, len(result.class_names) + 1):
        if lines := mask_outlines(result.masks[index] == number):
            yield f"CLASS {number}", [_line(line) for line in lines], []


def _boxes(result: CineResult, index: int) -> Iterator[tuple[str, list[Dataset], list[Dataset]]]:
    if result.boxes is None or result.scores is None or not len(result.boxes[index]):
        return
    rows, columns = result.frames.shape[1:]
    boxes = np.clip(result.boxes[index], 0, [columns, rows, columns, rows])
    objects = [_line(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])) for x0, y0, x1, y1 in boxes]
    texts = [_text(f"{score:.2f}", box) for score, box in zip(result.scores[index], boxes, strict=True)]
    yield _BOXES, objects, texts


def _annotation(layer: str, source: SourceHeader, number: int, objects: list[Dataset], texts: list[Dataset]) -> Dataset:
    from pydicom import Dataset

    annotation = Dataset()
    annotation.ReferencedImageSequence, annotation.GraphicLayer = [source.reference([number])], layer
    annotation.GraphicObjectSequence = objects
    if texts:
        annotation.TextObjectSequence = texts
    return annotation


def _line(points: np.ndarray) -> Dataset:
    from pydicom import Dataset

    line = Dataset()
    line.GraphicAnnotationUnits, line.GraphicDimensions = "PIXEL", 2
    line.NumberOfGraphicPoints, line.GraphicData = len(points), points.astype(float).ravel().tolist()
    line.GraphicType, line.GraphicFilled = "POLYLINE", "N"
    return line


def _text(words: str, box: np.ndarray) -> Dataset:
    """Words that begin at the left upper corner of a box."""
    from pydicom import Dataset

    text = Dataset()
    text.AnchorPointAnnotationUnits, text.UnformattedTextValue = "PIXEL", words
    text.AnchorPoint, text.AnchorPointVisibility = [float(box[0]), float(box[1])], "N"
    return text


def _layers(result: CineResult, used: set[str]) -> list[Dataset]:
    from pydicom import Dataset

    names = {f"CLASS {number}": name for number, name in enumerate(result.class_names, 1)} | {
        _BOXES: "boxes with scores"
    }
    layers = []
    for order, name in enumerate((name for name in names if name in used), 1):
        layer = Dataset()
        layer.GraphicLayer, layer.GraphicLayerOrder, layer.GraphicLayerDescription = name, order, names[name][:64]
        layer.GraphicLayerRecommendedDisplayCIELabValue = _YELLOW
        layers.append(layer)
    return layers
