# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from scipy.ndimage import zoom

from monai_ext.phantom.enlarge import enlarge


@pytest.mark.parametrize("size", [16, 17, 40, 128])
def test_it_is_linear_interpolation_between_the_middles_of_pixels(size):
    image = np.random.default_rng(0).random((16, 16))
    expected = zoom(image, size / 16, order=1, mode="nearest", grid_mode=True)
    assert enlarge(image, size).shape == (size, size)
    assert np.allclose(enlarge(image, size), expected, atol=1e-12)
