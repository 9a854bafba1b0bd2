# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from scipy import ndimage
from skimage.morphology import thin

from monai_ext.ops.thin_mask import thin_mask


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
def test_it_leaves_what_scikit_image_leaves(share):
    mask = ndimage.binary_closing(np.random.default_rng(1).random((70, 91)) < share)
    assert np.array_equal(thin_mask(mask), thin(mask))


def test_a_diagonal_line_two_pixels_wide_stays():
    rows, columns = np.mgrid[:60, :60]
    line = (rows - columns >= 0) & (rows - columns < 2) & (rows > 5) & (rows < 50)
    assert thin_mask(line).sum() >= 43


def test_masks_at_the_border_and_without_pixels():
    assert not thin_mask(np.zeros((5, 7), bool)).any()
    full = thin_mask(np.ones((9, 40), bool))
    assert full[4].sum() > 28 and full.sum() == full[4].sum()
