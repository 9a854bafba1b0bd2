# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.networks import (
    UNeXt,
    VesselSegmenter,
    ViTEncoder,
    load_initial_weights,
    save_encoder,
    save_segmentor,
    vit_encoder,
)


def small_encoder(seed: int) -> ViTEncoder:
    return vit_encoder("tiny", hidden_size=24, num_layers=4, num_heads=2, seed=seed)


def test_a_network_with_an_encoder_takes_one_and_keeps_the_rest(tmp_path):
    other = small_encoder(1)
    save_encoder(other, tmp_path / "encoder.pt")
    network = VesselSegmenter(small_encoder(0), width=8, seed=0)
    head = network.head.weight.clone()
    assert load_initial_weights(network, tmp_path / "encoder.pt") is network
    assert all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in network.encoder.state_dict().items())
    assert torch.equal(network.head.weight, head)


def test_unext_takes_those_of_a_segmentor_whole(tmp_path):
    segmentor, network = UNeXt(seed=1), UNeXt(seed=0)
    save_segmentor(segmentor, tmp_path / "segmentor.safetensors")
    load_initial_weights(network, tmp_path / "segmentor.safetensors")
    image = torch.rand(1, 1, 32, 64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(network.eval()(image), segmentor.eval()(image))


def test_unext_refuses_an_encoder(tmp_path):
    save_encoder(small_encoder(0), tmp_path / "encoder.pt")
    with pytest.raises(ValueError, match="Check that the model"):
        load_initial_weights(UNeXt(seed=0), tmp_path / "encoder.pt")


def test_a_network_without_an_encoder_takes_none(tmp_path):
    save_encoder(small_encoder(0), tmp_path / "encoder.pt")
    with pytest.raises(TypeError, match="leave initial_weights out"):
        load_initial_weights(torch.nn.Linear(2, 2), tmp_path / "encoder.pt")
