# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest

from monai_ext.results import Algorithm, CineResult


def result(**more) -> CineResult:
    algorithm = Algorithm(name="vessels", version="1.0", weights="0" * 64)
    frames = np.zeros((2, 40, 120), np.uint8)
    return CineResult(source=Path("a.png"), name="a", algorithm=algorithm, frames=frames, numbers=[4, 9], **more)


def masks() -> np.ndarray:
    """The second frame has a vessel of class 3 and two of class 1."""
    masks = np.zeros((2, 40, 120), np.uint8)
    masks[1, 5:10, 10:60] = masks[1, 5:12, 70:90] = 1
    masks[1, 25:30, 10:110] = 3
    return masks


def test_vessels_come_class_by_class_the_longest_first():
    first, second = result(masks=masks()).vessel_paths
    assert first == []
    assert [(number, round(float(path.distance[-1]))) for number, path in second] == [(1, 50), (1, 20), (3, 100)]


def test_a_spacing_makes_millimetres():
    ((_, path), *_) = result(masks=masks(), spacing=(0.2, 0.5)).vessel_paths[1]
    assert path.distance[-1] == pytest.approx(25, abs=0.3) and path.diameter.mean() == pytest.approx(1, abs=0.02)


def test_vessels_are_measured_once():
    cine = result(masks=masks())
    assert cine.vessel_paths is cine.vessel_paths


def test_without_masks_there_are_no_vessels():
    assert result().vessel_paths == [[], []]
