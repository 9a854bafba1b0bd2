# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch

from monai_ext.phantom import PhantomDataset, draw_angiogram


def test_items_are_the_drawn_angiograms(global_rng_untouched):
    dataset = PhantomDataset(3, seed=2, size=48)
    image, vessels = draw_angiogram(2, 1, 48)
    assert len(dataset) == 3 and len(list(dataset)) == 3
    assert dataset[1]["image"].shape == (1, 48, 48) and dataset[1]["image"].dtype == torch.uint8
    assert np.array_equal(dataset[1]["image"][0].numpy(), image)
    assert dataset[1]["vessels"].dtype == torch.bool and np.array_equal(dataset[1]["vessels"][0].numpy(), vessels)


def test_outside_is_an_index_error():
    with pytest.raises(IndexError, match=r"index must be 0..2, got 3"):
        PhantomDataset(3, size=48)[3]


@pytest.mark.parametrize("numbers", [{"count": 0}, {"count": 1, "seed": -1}, {"count": 1, "size": 16}])
def test_bad_numbers_are_refused(numbers):
    with pytest.raises(ValueError, match="count must be >= 1, seed >= 0 and size >= 32"):
        PhantomDataset(**numbers)
