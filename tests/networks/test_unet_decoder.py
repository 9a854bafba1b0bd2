# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
import torch.nn.functional as F

from monai_ext.networks.unet_decoder import UNetDecoder

SIZES = [(2, 3), (3, 5), (6, 10), (11, 19)]  # halvings of 11 x 19 that rounded up, and down, as convolutions do


def maps(*channels: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(2, c, *size, generator=generator) for c, size in zip(channels, SIZES, strict=False)]


def test_the_result_has_the_size_of_the_last_map():
    decoder = UNetDecoder([5, 4, 3, 2], [16, 8, 24])
    assert decoder(maps(5, 4, 3, 2)).shape == (2, 24, 11, 19)


def test_one_step_is_a_block_over_the_enlarged_map_and_the_skip():
    decoder, (deep, skip) = UNetDecoder([5, 4], [8]), maps(5, 4)
    enlarged = F.interpolate(deep, (3, 5), mode="bilinear", align_corners=False)
    assert torch.equal(decoder([deep, skip]), decoder.steps[0](torch.cat([enlarged, skip], dim=1)))


def test_every_map_and_parameter_gets_a_gradient():
    decoder, given = UNetDecoder([5, 4, 3], [16, 8]), [m.requires_grad_() for m in maps(5, 4, 3)]
    decoder(given).square().sum().backward()
    assert all(m.grad.abs().sum() > 0 for m in given)
    assert all(p.grad is not None for p in decoder.parameters())


def test_steps_and_maps_must_fit():
    with pytest.raises(ValueError, match="out_channels must be one fewer than in_channels, got 2 and 2"):
        UNetDecoder([5, 4], [8, 8])
    with pytest.raises(ValueError, match="out_channels must be a positive multiple of 8, got 7"):
        UNetDecoder([5, 4], [7])
    with pytest.raises(ValueError, match="zip"):
        UNetDecoder([5, 4], [8])(maps(5, 4, 3))
