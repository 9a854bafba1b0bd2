# SPDX-License-Identifier: Apache-2.0
"""Results for the tests: masks, boxes and lesions on the frames of a DICOM file, made up but not trivial."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from monai_ext.data import read_xa
from monai_ext.ops import link_boxes
from monai_ext.results import Algorithm, CineResult

ALGORITHM = Algorithm(name="test vessels", version="1.2.3", weights="ab" * 32)


def made_result(source: Path, **changes: Any) -> CineResult:
    """Dark pixels as vessel, a bar as stenosis, a box that moves; of several frames the second shows nothing."""
    cine = read_xa(source)
    frames = np.rint(cine.frames * 255).astype(np.uint8)
    masks = np.where(frames < np.quantile(frames, 0.1), 1, 0).astype(np.uint8)
    masks[:, 9:13, 10:40] = 2
    boxes = [np.array([[5.5 + index, 6, 20.25 + index, 19]], np.float32) for index in range(len(frames))]
    scores = [np.array([0.5 + 0.25 * (index == 0)], np.float32) for index in range(len(frames))]
    if len(frames) > 1:
        masks[1], boxes[1], scores[1] = 0, boxes[1][:0], scores[1][:0]
    lesions = link_boxes([torch.from_numpy(box) for box in boxes], [torch.from_numpy(score) for score in scores])
    facts = {
        "source": source,
        "name": source.stem,
        "algorithm": ALGORITHM,
        "frames": frames,
        "numbers": range(len(frames)),
        "class_names": ("vessel", "stenosis"),
        "masks": masks,
        "boxes": boxes,
        "scores": scores,
        "lesions": lesions,
        "frame_time": cine.frame_time,
    }
    return CineResult(**(facts | changes))
