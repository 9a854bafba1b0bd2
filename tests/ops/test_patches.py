# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.ops import patch_grid, patchify, unpatchify


@pytest.mark.parametrize(("height", "width", "patch", "channels"), [(32, 48, 16, 1), (42, 28, 14, 3), (5, 15, 5, 2)])
def test_unpatchify_inverts_patchify(height, width, patch, channels):
    image = torch.rand(2, channels, height, width)
    patches = patchify(image, patch)
    assert patches.shape == (2, (height // patch) * (width // patch), patch * patch * channels)
    assert torch.equal(unpatchify(patches, patch, height, width), image)


def test_patches_are_counted_row_by_row():
    image = torch.arange(24).reshape(1, 1, 4, 6)
    assert patchify(image, 2)[0, :, 0].tolist() == [0, 2, 4, 12, 14, 16]
    assert patchify(image, 2)[0, 1].tolist() == [2, 3, 8, 9]


def test_size_that_the_patch_does_not_divide_is_refused():
    with pytest.raises(ValueError, match=r"multiple of patch_size, got 224x220 and 16"):
        patchify(torch.zeros(1, 1, 224, 220), 16)
    with pytest.raises(ValueError, match=r"multiple of patch_size, got 0x16 and 16"):
        patch_grid(0, 16, 16)
    with pytest.raises(ValueError, match=r"a 32x32 image has 4 patches of 16, got 5"):
        unpatchify(torch.zeros(1, 5, 256), 16, 32, 32)
