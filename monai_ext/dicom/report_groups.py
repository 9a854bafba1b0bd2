# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from monai_ext.results import CineResult

from .class_codes import class_codes
from .source_header import SourceHeader
from .stable_uid import stable_uid

__all__ = ["report_groups"]

_MOST_GROUPS = 400
"""Of classes and frames; more than that makes a report that viewers open slowly, and that nobody reads."""
_PIXELS = ("{pixels}", "UCUM", "pixels")
_SCORE = ("score", "99MONAIEXT", "Detection score")


def report_groups(result: CineResult, source: SourceHeader) -> list[Any]:
    """What a structured report says, as measurement groups of highdicom.

    1. Each lesion, in the frame where its score is highest: the box as a region, the score, in how many frames it was seen. Where boxes were not
       linked to lesions, each box.
    2. Each class in each frame where it is seen: its area, in mm2 or in pixels; of vessels, where the spacing is known, also the mean, smallest and
       largest diameter along the centrelines. Are there more than 400 of these, each class in the frame where its area is largest.

    Args:
        result: to tell of.
        source: of it.

    Returns:
        Lesions first; empty if nothing was found.
    """
    boxes = [_lesion_group(result, source, *place) for place in _lesions(result)]
    return boxes + [_class_group(result, source, *place) for place in _seen_classes(result)]


def _lesions(result: CineResult) -> list[tuple[int, int, np.ndarray, float, int]]:
    """Number, frame, box, score and how many frames of each."""
    if result.lesions:
        best = [(lesion, lesion.best) for lesion in result.lesions]
        return [
            (number, lesion.frames[at], np.asarray(lesion.boxes[at]), float(lesion.scores[at]), len(lesion.frames))
            for number, (lesion, at) in enumerate(best, 1)
        ]
    found = zip(result.numbers, result.boxes or (), result.scores or (), strict=False)
    places = [
        (frame, box, float(score)) for frame, boxes, scores in found for box, score in zip(boxes, scores, strict=True)
    ]
    return [(number, frame, box, score, 1) for number, (frame, box, score) in enumerate(places, 1)]


def _seen_classes(result: CineResult) -> list[tuple[int, int]]:
    """Class and position of the frame."""
    if result.masks is None:
        return []
    areas = np.stack([(result.masks == number).sum(axis=(1, 2)) for number in range(1, len(result.class_names) + 1)])
    if np.count_nonzero(areas) > _MOST_GROUPS:
        areas *= np.arange(areas.shape[1]) == areas.argmax(axis=1)[:, None]
    return [(int(number) + 1, int(index)) for index, number in np.argwhere(areas.T)]


def _lesion_group(
    result: CineResult, source: SourceHeader, number: int, frame: int, box: np.ndarray, score: float, seen: int
) -> Any:
    import highdicom.sr as sr
    from pydicom.sr.codedict import codes

    rows, columns = result.frames.shape[1:]
    x0, y0, x1, y1 = np.clip(box, 0, [columns, rows, columns, rows]).tolist()
    region = sr.ImageRegion(
        graphic_type=sr.GraphicTypeValues.POLYLINE,
        graphic_data=np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]),
        source_image=sr.SourceImageForRegion(*_image(source, frame)),
    )
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(result, source, f"lesion {number}", "box", box.tobytes().hex(), str(frame)),
        referenced_region=region,
        measurements=[
            sr.Measurement(name=_coded(_SCORE), value=round(score, 4), unit=codes.UCUM.NoUnits),
            sr.Measurement(name=codes.DCM.NumberOfFrames, value=seen, unit=codes.UCUM.NoUnits),
        ],
        **_finding(result, "stenosis"),
    )


def _class_group(result: CineResult, source: SourceHeader, number: int, index: int) -> Any:
    import highdicom.sr as sr

    name = result.class_names[number - 1]
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(result, source, f"class {number} {name}", "class"),
        source_images=[sr.SourceImageForMeasurementGroup(*_image(source, result.numbers[index]))],
        measurements=_sizes(result, index, number),
        **_finding(result, name),
    )


def _sizes(result: CineResult, index: int, number: int) -> list[Any]:
    import highdicom.sr as sr
    from pydicom.sr.codedict import codes

    area = int((result.masks[index] == number).sum())
    if result.spacing is None:
        return [sr.Measurement(name=codes.SCT.Area, value=area, unit=_coded(_PIXELS))]
    square = _short(area * result.spacing[0] * result.spacing[1])
    sizes = [sr.Measurement(name=codes.SCT.Area, value=square, unit=codes.UCUM.SquareMillimeter)]
    longest = next((path for of, path in result.vessel_paths[index] if of == number), None)
    if longest is not None and class_codes(result.class_names[number - 1]).is_vessel:
        sizes += [
            sr.Measurement(codes.SCT.VesselLumenDiameter, _short(value), codes.UCUM.Millimeter, derivation=how)
            for how, value in (
                (codes.SCT.Mean, longest.mean_diameter),
                (codes.SCT.Minimum, longest.min_diameter),
                (codes.SCT.Maximum, longest.max_diameter),
            )
        ]
    return sizes


def _finding(result: CineResult, name: str) -> dict[str, Any]:
    import highdicom.sr as sr

    codes = class_codes(name)
    return {
        "finding_type": _coded(codes.kind),
        "finding_category": _coded(codes.category),
        "finding_sites": [sr.FindingSite(_coded(codes.site))],
        "algorithm_id": sr.AlgorithmIdentification(
            name=result.algorithm.name, version=result.algorithm.version, parameters=_parameters(result)
        ),
    }


def _parameters(result: CineResult) -> list[str]:
    weights = f"weights SHA-256 {result.algorithm.weights}"
    if result.spacing is None:
        return [weights]
    row, column = map(_short, result.spacing)
    return [weights, f"pixel spacing {row} by {column} mm, {result.spacing_origin or 'origin not stated'}"]


def _tracking(result: CineResult, source: SourceHeader, name: str, *origin: str) -> Any:
    import highdicom.sr as sr

    uid = stable_uid("tracking", source.sop_instance, result.algorithm.weights, name, *origin)
    return sr.TrackingIdentifier(uid=uid, identifier=name)


def _image(source: SourceHeader, frame: int) -> tuple[str, str, Sequence[int] | None]:
    return source.sop_class, source.sop_instance, [frame + 1] if source.layout.frames > 1 else None


def _coded(code: tuple[str, str, str]) -> Any:
    import highdicom.sr as sr

    return sr.CodedConcept(code[0], code[1], code[2])


def _short(value: float) -> float:
    """Four digits: more would pretend to be exact."""
    return float(f"{value:.4g}")
