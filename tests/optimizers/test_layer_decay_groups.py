# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
from torch import nn

from monai_ext.networks import UNeXt, VesselSegmenter, ViTEncoder
from monai_ext.optimizers import layer_decay_groups, weight_decay_groups


def network(blocks: int = 12) -> VesselSegmenter:
    return VesselSegmenter(ViTEncoder(1, 8, 16, blocks, 2, seed=0), width=8, seed=0)


def rates(net: nn.Module, groups: list[dict]) -> dict[str, float]:
    of_parameter = {id(p): group["lr"] for group in groups for p in group["params"]}
    return {name: of_parameter[id(p)] for name, p in net.named_parameters() if id(p) in of_parameter}


def test_rates_of_twelve_blocks():
    """Masked Autoencoders fine-tunes layer l of 13 (0 the embedding, 13 the head) at rate * decay ** (13 - l)."""
    net = network()
    found = rates(net, layer_decay_groups(net, 1e-3, 0.05, 0.75))
    assert found["encoder.patch_embedding.weight"] == found["encoder.cls_token"] == pytest.approx(1e-3 * 0.75**13)
    for layer in range(1, 13):
        (rate,) = {rate for name, rate in found.items() if name.startswith(f"encoder.blocks.{layer - 1}.")}
        assert rate == pytest.approx(1e-3 * 0.75 ** (13 - layer))
    assert found["encoder.blocks.0.norm1.weight"] == pytest.approx(3.168e-5, rel=1e-3)  # 0.75 ** 12 = 0.03168
    others = {
        name: rate
        for name, rate in found.items()
        if "blocks" not in name and "embedding" not in name and "cls" not in name
    }
    assert set(others.values()) == {1e-3} and "encoder.norm.weight" in others and "head.bias" in others


def test_every_parameter_is_in_one_group_and_one_dimensional_ones_do_not_decay():
    net = network(4)
    groups = layer_decay_groups(net, 1e-3, 0.05)
    listed = [p for group in groups for p in group["params"]]
    assert len(listed) == len({id(p) for p in listed}) == len(list(net.parameters()))
    for group in groups:
        assert {p.ndim > 1 for p in group["params"]} == {group["weight_decay"] == 0.05}
        assert group["weight_decay"] in (0.0, 0.05)
    torch.optim.AdamW(groups).step()


@pytest.mark.parametrize("make", [network, lambda: UNeXt()])
def test_no_layer_decay_is_one_rate_and_the_decay_of_weight_decay_groups(make):
    net = make()
    groups = layer_decay_groups(net, 1e-3, 0.05, 1.0)
    assert {group["lr"] for group in groups} == {1e-3}
    for plain in weight_decay_groups(net, 0.05):
        ours = {id(p) for group in groups if group["weight_decay"] == plain["weight_decay"] for p in group["params"]}
        assert ours == {id(p) for p in plain["params"]}


def test_a_network_without_an_encoder_of_blocks_learns_evenly():
    net = nn.ModuleDict(
        {"my_encoder": nn.ModuleDict({"blocks": nn.Sequential(nn.Linear(2, 2))}), "encoder": nn.Linear(2, 2)}
    )
    assert {group["lr"] for group in layer_decay_groups(net, 1e-3, 0.05)} == {1e-3}


def test_wrapped_networks_have_the_same_rates():
    net = network(4)
    wrapped = nn.ModuleDict({"module": net})  # as DistributedDataParallel and torch.compile name what they wrap
    expected = [(group["lr"], len(group["params"])) for group in layer_decay_groups(net, 1e-3, 0.05)]
    assert [(group["lr"], len(group["params"])) for group in layer_decay_groups(wrapped, 1e-3, 0.05)] == expected


def test_frozen_parameters_are_left_out_and_do_not_shift_the_others():
    net = network(4)
    before = rates(net, layer_decay_groups(net, 1e-3, 0.05))
    net.encoder.blocks[3].requires_grad_(False)
    after = rates(net, layer_decay_groups(net, 1e-3, 0.05))
    assert after == {name: rate for name, rate in before.items() if "blocks.3" not in name}


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="weight_decay must be >= 0, got -1"):
        layer_decay_groups(nn.Linear(1, 1), 1e-3, -1)
    for decay in (0, 1.1):
        with pytest.raises(ValueError, match=rf"layer_decay must lie in \(0, 1\], got {decay}"):
            layer_decay_groups(nn.Linear(1, 1), 1e-3, 0.05, decay)
