# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
import torch.nn.functional as F

from monai_ext.networks.conv_block import ConvBlock


@pytest.mark.parametrize(
    ("stride", "size", "expected"), [(1, (7, 10), (7, 10)), (2, (7, 10), (4, 5)), (2, (1, 2), (1, 1))]
)
def test_a_stride_halves_and_rounds_up(stride, size, expected):
    assert ConvBlock(3, 16, stride)(torch.rand(2, 3, *size)).shape == (2, 16, *expected)


def test_equals_the_layers_written_out():
    block, image = ConvBlock(2, 16, stride=2).double(), torch.rand(2, 2, 9, 6, dtype=torch.float64)
    first, second = block[0].weight, block[3].weight

    def normalised(x):  # 2 groups of 8 channels, each by its own mean and variance; gain 1, shift 0
        group = x.unflatten(1, (2, 8))
        centred = group - group.mean((2, 3, 4), keepdim=True)
        return (centred / (centred.square().mean((2, 3, 4), keepdim=True) + 1e-5).sqrt()).flatten(1, 2)

    x = F.gelu(normalised(F.conv2d(image, first, stride=2, padding=1)))
    x = F.gelu(normalised(F.conv2d(x, second, padding=1)))
    torch.testing.assert_close(block(image), x)


def test_training_and_evaluation_are_the_same_and_images_do_not_mix():
    block, images = ConvBlock(1, 16), torch.rand(3, 1, 8, 8)
    together = block.train()(images)
    alone = torch.cat([block.eval()(image[None]) for image in images])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_channels_that_cannot_be_grouped_are_refused():
    for channels in (0, 12):
        with pytest.raises(ValueError, match=f"out_channels must be a positive multiple of 8, got {channels}"):
            ConvBlock(1, channels)
