# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest

from monai_ext.results import Algorithm, CineResult, draw_findings

YELLOW = (255, 200, 20)


def result(**found) -> CineResult:
    algorithm = Algorithm(name="vessels", version="1.0", weights="0" * 64)
    frames = np.full((2, 60, 80), 100, np.uint8)
    return CineResult(source=Path("a.png"), name="a", algorithm=algorithm, frames=frames, numbers=[4, 9], **found)


def masks() -> np.ndarray:
    masks = np.zeros((2, 60, 80), np.uint8)
    masks[1, 20:50, 5:9] = 1
    return masks


def boxes() -> dict:
    boxes = [np.empty((0, 4), np.float32), np.array([[40, 30, 60, 50]], np.float32)]
    return {"boxes": boxes, "scores": [np.empty(0, np.float32), np.array([0.87], np.float32)]}


def test_a_frame_without_findings_is_the_frame():
    for nothing in (result(), result(masks=masks(), **boxes())):
        picture = draw_findings(nothing, 0)
        assert picture.shape == (60, 80, 3) and picture.dtype == np.uint8 and (picture == 100).all()


def test_the_border_of_a_mask_is_coloured_and_its_inside_is_seen():
    coloured = np.ptp(draw_findings(result(masks=masks()), 1).astype(int), axis=-1) > 50
    assert coloured.sum() == 2 * 30 + 2 * 2 and coloured[20:50, 5].all() and not coloured[21:49, 6:8].any()


def test_boxes_and_their_scores_lie_over_the_masks():
    picture, only_masks = draw_findings(result(masks=masks(), **boxes()), 1), draw_findings(result(masks=masks()), 1)
    yellow = (picture == YELLOW).all(-1)
    assert yellow[30, 40:60].all() and yellow[49, 40:60].all()
    assert (picture[:28] != only_masks[:28]).any(-1).sum() > 30  # the score above the box
    assert np.array_equal(picture[:, :30], only_masks[:, :30])


def test_a_frame_that_is_not_there_raises():
    with pytest.raises(IndexError):
        draw_findings(result(masks=masks(), **boxes()), 2)
