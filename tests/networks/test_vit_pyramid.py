# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch

from monai_ext.networks import ViTEncoder, ViTPyramid


def encoder(**changes) -> ViTEncoder:
    return ViTEncoder(**{"hidden_size": 32, "num_layers": 2, "num_heads": 2, "seed": 0, **changes})


@pytest.mark.parametrize("size", [(64, 64), (96, 32)])
def test_strides_are_4_to_32(size):
    maps = ViTPyramid(encoder(), 16, seed=0)(torch.randn(2, 1, *size))
    assert [tuple(values.shape) for values in maps] == [
        (2, 16, size[0] // stride, size[1] // stride) for stride in (4, 8, 16, 32)
    ]


def test_every_level_comes_from_the_last_features():
    pyramid = ViTPyramid(encoder(), 16, seed=0)
    for values in pyramid(torch.randn(1, 1, 64, 64)):
        pyramid.zero_grad()
        values.square().sum().backward(retain_graph=True)
        assert all(parameter.grad.abs().sum() > 0 for parameter in pyramid.encoder.blocks[-1].mlp.parameters())


def test_first_weights_come_from_the_seed_and_spare_the_global_generator():
    state = torch.get_rng_state()
    first, second, third = (ViTPyramid(encoder(), 16, seed=seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["levels.2.0.weight"], third["levels.2.0.weight"])


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"encoder must have patches of 16 px.*got 8; take another model"):
        ViTPyramid(encoder(patch_size=8), 16)
    with pytest.raises(ValueError, match=r"out_channels must be a positive multiple of 8.*got 12 and 32"):
        ViTPyramid(encoder(), 12)
    with pytest.raises(ValueError, match="encoder's width of 16, got 16 and 40"):
        ViTPyramid(encoder(hidden_size=40), 16)
