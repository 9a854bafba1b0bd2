# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.phantom.value_noise import value_noise


@pytest.mark.parametrize("size", [33, 128])
def test_noise_has_its_size_and_a_deviation_of_about_one(size, global_rng_untouched):
    pictures = [value_noise(np.random.default_rng(i), size, [8, 16], 0.6) for i in range(8)]
    assert pictures[0].shape == (size, size) and 0.7 < np.std(pictures) < 1.3 and abs(np.mean(pictures)) < 0.2


def test_more_cells_are_finer():
    coarse, fine = (value_noise(np.random.default_rng(0), 128, [cells]) for cells in (4, 32))
    assert np.abs(np.diff(fine, axis=0)).mean() > 4 * np.abs(np.diff(coarse, axis=0)).mean()
