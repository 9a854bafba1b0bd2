# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
import torch.nn.functional as F

from monai_ext.networks import fold_rgb


def test_folded_convolution_gives_the_same_output_without_padding():
    weight, bias = torch.randn(5, 3, 4, 2).double(), torch.randn(5).double()
    grey = torch.rand(2, 1, 12, 9).double()
    rgb = torch.cat([(grey - 0.3) / 0.1, (grey - 0.4) / 0.2, (grey - 0.5) / 0.4], dim=1)
    ours, constant = fold_rgb(weight, bias, mean=0.6, std=0.3, rgb_mean=(0.3, 0.4, 0.5), rgb_std=(0.1, 0.2, 0.4))
    assert ours.shape == (5, 1, 4, 2)
    expected = F.conv2d(rgb, weight, bias)
    torch.testing.assert_close(F.conv2d((grey - 0.6) / 0.3, ours, constant), expected)


def test_equal_standardisation_is_the_sum_of_the_channels():
    weight, bias = torch.randn(2, 3, 3, 3), torch.randn(2)
    ours, constant = fold_rgb(weight, bias, mean=0.5, std=0.2, rgb_mean=(0.5,) * 3, rgb_std=(0.2,) * 3)
    torch.testing.assert_close(ours, weight.sum(dim=1, keepdim=True))
    torch.testing.assert_close(constant, bias)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"\(out, 3, height, width\), got \(2, 1, 3, 3\)"):
        fold_rgb(torch.zeros(2, 1, 3, 3), torch.zeros(2), mean=0.5, std=0.2)
    with pytest.raises(ValueError, match=r"needs mean and std of the grey images, got 0.5 and None"):
        fold_rgb(torch.zeros(2, 3, 3, 3), torch.zeros(2), mean=0.5, std=None)
