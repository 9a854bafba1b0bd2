# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest
import torch

from monai_ext.networks import ViTRetinaNet, load_pretrained_encoder, save_encoder, stenosis_retinanet, vit_encoder
from monai_ext.optimizers import layer_decay_groups


@pytest.fixture(scope="module")
def network() -> ViTRetinaNet:
    return stenosis_retinanet("tiny", seed=0).eval()


@pytest.mark.parametrize("size", [(64, 64), (96, 32)])
@torch.no_grad()
def test_logit_and_box_for_each_place(network, size):
    maps = network(torch.randn(2, 1, *size))
    for name, channels in (("classification", 1), ("box_regression", 4)):
        assert [tuple(values.shape) for values in maps[name]] == [
            (2, channels, size[0] // stride, size[1] // stride) for stride in (4, 8, 16, 32)
        ]


@torch.no_grad()
def test_scores_start_at_a_hundredth(network):
    """Prior probability of RetinaNet, arXiv 1708.02002, section 4.1."""
    logits = torch.cat([values.flatten() for values in network(torch.randn(1, 1, 64, 64))["classification"]])
    assert logits.mean() == pytest.approx(-math.log(99), abs=0.3)


@torch.no_grad()
def test_maps_are_float32_in_half_precision(network):
    with torch.autocast("cpu", torch.bfloat16):
        maps = network(torch.randn(1, 1, 32, 32))
    assert all(values.dtype == torch.float32 for found in maps.values() for values in found)


def test_pretrained_weights_are_loaded_and_learn_more_slowly(tmp_path):
    source = vit_encoder("tiny", seed=5)
    save_encoder(source, tmp_path / "encoder.pt")
    network = stenosis_retinanet("tiny", seed=0)
    load_pretrained_encoder(network.encoder, tmp_path / "encoder.pt", mean=0.45, std=0.18)
    assert torch.equal(
        network.state_dict()["feature_extractor.encoder.blocks.3.mlp.linear1.weight"],
        source.blocks[3].mlp.linear1.weight,
    )
    rates = {round(group["lr"], 9) for group in layer_decay_groups(network, 1.0, 0.05, 0.5)}
    assert rates == {round(0.5**steps, 9) for steps in range(14)}


def test_first_weights_come_from_the_seed_and_spare_the_global_generator():
    state = torch.get_rng_state()
    first, second, third = (stenosis_retinanet("tiny", seed=seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["regression_head.bbox_reg.weight"], third["regression_head.bbox_reg.weight"])


def test_sizes_without_strides_of_4_to_32_are_refused():
    with pytest.raises(ValueError, match="preset must be one of tiny, small, base, large, got 'huge'"):
        stenosis_retinanet("huge")
