# SPDX-License-Identifier: Apache-2.0
"""Results with known answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from monai_ext.ops import link_boxes
from monai_ext.results import Algorithm, CineResult

ALGORITHM = Algorithm(name="by hand", version="1", weights="0" * 64)


def masks_result(classes: int = 1, **changes) -> CineResult:
    """Frames 3 and 4 of 48 x 64 pixels; on the first a horizontal tube of 7 pixels from column 10 to 49 (class 1), on the second nothing."""
    masks = np.zeros((2, 48, 64), np.uint8)
    masks[0, 20:27, 10:50] = 1
    names = ("vessels",) if classes == 1 else tuple(f"class {n + 1}" for n in range(classes))
    frames = np.random.default_rng(0).integers(0, 256, masks.shape, dtype=np.uint8)
    facts = {"source": Path("in/left/7.dcm"), "name": "left/7", "algorithm": ALGORITHM, "numbers": range(3, 5)}
    return CineResult(**{**facts, "frames": frames, "class_names": names, "masks": masks, **changes})


def boxes_result(**changes) -> CineResult:
    """Frames 3 and 4; one box on both, another on the second only."""
    from torch import from_numpy

    boxes = [np.array([[5, 6, 15, 26]], np.float32), np.array([[5, 7, 15, 27], [40, 4, 50, 14]], np.float32)]
    scores = [np.array([0.75], np.float32), np.array([0.875, 0.5], np.float32)]
    lesions = link_boxes([from_numpy(own) for own in boxes], [from_numpy(own) for own in scores], [3, 4])
    return masks_result(
        **{"class_names": (), "masks": None, "boxes": boxes, "scores": scores, "lesions": lesions, **changes}
    )
