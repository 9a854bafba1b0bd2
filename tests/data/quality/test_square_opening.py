# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from scipy import ndimage

from monai_ext.data.quality.square_opening import square_opening


@pytest.mark.parametrize("side", [1, 2, 3, 8, 9])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_agrees_with_scipy_away_from_the_border(side, dtype):
    image = np.random.default_rng(0).integers(0, 256, (40, 51)).astype(dtype)
    opened = square_opening(image, side)
    inner = np.s_[side:-side, side:-side]
    assert opened.dtype == dtype and opened.shape == image.shape and (opened <= image).all()
    assert np.array_equal(opened[inner], ndimage.grey_opening(image, (side, side))[inner])


def test_lines_go_and_areas_stay_at_the_border_too():
    image = np.zeros((30, 40), np.uint8)
    image[:, :10] = 200
    with_line = image.copy()
    with_line[:, 20:23] = 255
    assert np.array_equal(square_opening(with_line, 5), image)


def test_smaller_images_than_the_square():
    assert np.array_equal(square_opening(np.full((2, 3), 7, np.uint8), 9), np.full((2, 3), 7))
