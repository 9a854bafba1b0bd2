# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from .angiogram import Angiogram, Centreline, Stenosis
from .segments import SEGMENTS

__all__ = ["angiogram_labels"]


def angiogram_labels(angiogram: Angiogram) -> dict[str, Any]:
    """What an angiogram knows besides its masks, as JSON values.

    Names, units and coordinates are those of `Angiogram`, `Stenosis` and `Centreline`; `segments` are the names of those that are seen, in the
    order of their ids. Pixels are rounded to 0.01.
    """
    seen = np.unique(angiogram.segments)
    return {
        "side": angiogram.side,
        "dominance": angiogram.dominance,
        "primary_angle": _rounded(angiogram.primary_angle),
        "secondary_angle": _rounded(angiogram.secondary_angle),
        "source_detector": _rounded(angiogram.source_detector),
        "source_patient": _rounded(angiogram.source_patient),
        "pixel_spacing": _rounded(angiogram.pixel_spacing, 6),
        "time": _rounded(angiogram.time, 4),
        "bits": int(angiogram.bits),
        "segments": [SEGMENTS[number - 1] for number in seen[seen > 0]],
        "judged": list(angiogram.judged),
        "stenoses": [_stenosis(stenosis) for stenosis in angiogram.stenoses],
        "centrelines": [_centreline(line) for line in angiogram.centrelines],
    }


def _stenosis(stenosis: Stenosis) -> dict[str, Any]:
    return {
        "segment": stenosis.segment,
        "reduction": _rounded(stenosis.reduction),
        "length": _rounded(stenosis.length),
        "centre": _rounded(stenosis.centre),
        "box": _rounded(stenosis.box),
        "polygon": _rounded(stenosis.polygon),
    }


def _centreline(line: Centreline) -> dict[str, Any]:
    return {"segment": line.segment, "points": _rounded(line.points), "radius": _rounded(line.radius)}


def _rounded(value: float | tuple | ndarray, decimals: int = 2) -> Any:
    """A float, or lists of them; adding zero makes -0.0 a plain 0.0."""
    return (np.round(np.asarray(value, dtype=np.float64), decimals) + 0.0).tolist()
