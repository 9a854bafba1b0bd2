# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Record"]


@dataclass(frozen=True, slots=True)
class Record:
    """One image of a data set: where it lies and what is known about it without decoding it.

    Polygons are tuples of (x, y) in pixels, x along columns; pixel (0, 0) covers 0..1. `labels` may hold, by name:

    - "vessels": path of a mask file, or a tuple of polygons;
    - "catheter": path of a mask file;
    - "tree", "segment_map": paths of further masks of phantoms: with side branches, and of classes;
    - "segments": tuple of (class, polygon), class 1 to 25 is `SEGMENTS[class - 1]`; a class without polygon is absent from the image;
    - "stenoses": tuple of polygons, empty where the data set names none;
    - "boxes": tuple of `Box`, empty where the data set says that there is nothing;
    - "syntax_score": float, of the patient;
    - "dominance": "left" or "right";
    - "lesion": bool, whether the cine shows one;
    - "selected": True, if the data set lists the frame as a good one.
    """

    path: Path
    """Absolute path of the image file."""
    source: str
    """Kind of data set, a key of `READERS`."""
    frame: int = 0
    """Of a multi-frame file, from 0."""
    patient: str | None = None
    """Key within the source; None where it is not known."""
    video: str | None = None
    """Key of the cine within the source; None where it is not known."""
    split: str | None = None
    """Official one: "train", "val" or "test"; None where there is none."""
    labels: Mapping[str, Any] = field(default_factory=dict, hash=False)
