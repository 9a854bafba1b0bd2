# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = ["NiftiCine"]


@dataclass(frozen=True, eq=False, kw_only=True)
class NiftiCine:
    """X-ray angiograms of a NIfTI file; see `read_nifti`.

    Attributes:
        frames: (frames, rows, columns), float32, 0..1.
        spacing: (row, column) distance of pixel centres in mm; None where the file names no unit.
    """

    frames: np.ndarray = field(repr=False)
    spacing: tuple[float, float] | None
