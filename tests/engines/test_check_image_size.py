# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.engines import check_image_size


@pytest.mark.parametrize("size", [16, 512, [48, 64], (16, 320)])
def test_multiples_of_the_patch_pass(size):
    assert check_image_size(size, 16) is None


@pytest.mark.parametrize(
    ("size", "patch", "message"),
    [
        (512, 14, "image_size must be a multiple of 14 px, got 512; take 504 or 518"),
        ([48, 50], 16, "16 px, got 50; take 48 or 64"),
        (8, 16, "16 px, got 8; take 16 or 32"),
        (0, 16, "16 px, got 0; take 16 or 32"),
        ("abc", 16, r"one whole number of pixels or \[height, width\], got 'abc'"),
        ([64], 16, r"one whole number of pixels or \[height, width\], got \[64\]"),
        (64.5, 16, r"one whole number of pixels or \[height, width\], got 64.5"),
    ],
)
def test_other_sizes_are_refused_with_the_nearest(size, patch, message):
    with pytest.raises(ValueError, match=message):
        check_image_size(size, patch)
