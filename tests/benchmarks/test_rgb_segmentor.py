# SPDX-License-Identifier: Apache-2.0
import torch
from rgb_segmentor import rgb_segmentor

from monai_ext.networks import UNeXt


def test_three_equal_channels_answer_as_one():
    grey = UNeXt(seed=0).eval()
    image = torch.randn(2, 1, 64, 32)
    assert torch.allclose(rgb_segmentor(grey)(image.repeat(1, 3, 1, 1)), grey(image), atol=1e-5)
