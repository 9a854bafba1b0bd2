# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = ["Segmentation"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Segmentation:
    """Masks as they lie in a DICOM Segmentation; see `read_segmentation`.

    Attributes:
        masks: (n, rows, columns), uint8, class numbers, 0 where there is none.
        numbers: of these frames in the source, counted from 0, rising.
        class_names: of the classes 1, 2, ...
        source: SOP instance UID of the image that was segmented.
        series: its series instance UID.
        study: its study instance UID.
        uid: SOP instance UID of the segmentation.
    """

    masks: np.ndarray = field(repr=False)
    numbers: tuple[int, ...]
    class_names: tuple[str, ...]
    source: str
    series: str
    study: str
    uid: str
