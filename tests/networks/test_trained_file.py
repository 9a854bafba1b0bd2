# SPDX-License-Identifier: Apache-2.0
import json

import pytest
import torch
from monai.networks.nets import UNet

from monai_ext.networks import (
    VesselSegmenter,
    ViTEncoder,
    load_trained,
    stored_threshold,
    trained_with,
    weights_facts,
    write_weights,
)


def segmenter(out_channels: int = 1, hidden_size: int = 16, seed: int = 0) -> VesselSegmenter:
    encoder = ViTEncoder(hidden_size=hidden_size, num_layers=4, num_heads=2, seed=seed)
    return VesselSegmenter(encoder, out_channels, width=8, seed=seed)


def unet(**knobs) -> UNet:
    return UNet(spatial_dims=2, in_channels=1, out_channels=1, channels=(4, 8), strides=(2,), **knobs)


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_weights_come_back_exactly(suffix, tmp_path, global_rng_untouched):
    path, network = tmp_path / f"model.{suffix}", segmenter(seed=1)
    write_weights(network.state_dict(), path)
    other = segmenter(seed=0)
    assert load_trained(other, path) is other
    image = torch.randn(1, 1, 32, 48, generator=torch.Generator().manual_seed(0))
    assert torch.equal(other(image), network(image))


def test_any_network_is_loaded(tmp_path):
    torch.manual_seed(0)
    network, other = unet(), unet()
    write_weights(network.state_dict(), tmp_path / "unet.pt")
    load_trained(other, tmp_path / "unet.pt")
    assert all(
        torch.equal(a, b) for a, b in zip(network.state_dict().values(), other.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"out_channels": 26},
            r"must fit the VesselSegmenter tensor by tensor.*\n.*head.weight \(expected 1x8x1x1, got 26x8x1x1\)",
        ),
        ({"hidden_size": 32}, r"of another shape: encoder.cls_token \(expected 1x1x16, got 1x1x32\)"),
    ],
)
def test_another_model_or_other_classes_are_told(wrong, message, tmp_path):
    write_weights(segmenter(**wrong).state_dict(), tmp_path / "model.pt")
    network = segmenter(seed=2)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(ValueError, match=message) as caught:
        load_trained(network, tmp_path / "model.pt")
    assert str(caught.value).startswith(f"weights '{tmp_path / 'model.pt'}': ")
    assert str(caught.value).endswith("Check that the model, and the number of classes, are those of the training.")
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_an_encoder_alone_is_no_segmenter(tmp_path):
    write_weights(segmenter().encoder.state_dict(), tmp_path / "encoder.pt")
    with pytest.raises(ValueError, match=r"missing: encoder\..*\n.*unexpected: cls_token"):
        load_trained(segmenter(), tmp_path / "encoder.pt")


def test_weights_that_are_not_there_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"weights '.*model.pt' do not exist"):
        load_trained(segmenter(), tmp_path / "model.pt")


def test_the_threshold_lies_beside_the_weights(tmp_path):
    (tmp_path / "model.json").write_text(json.dumps({"threshold": 0.37, "epoch": 4}))
    assert stored_threshold(tmp_path / "model.pt") == 0.37
    assert stored_threshold(str(tmp_path / "model.safetensors")) == 0.37


def test_without_a_stored_threshold_it_is_a_half(tmp_path):
    assert stored_threshold(tmp_path / "model.pt") == 0.5
    (tmp_path / "model.json").write_text('{"epoch": 4}')
    assert stored_threshold(tmp_path / "model.pt") == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "must be a JSON object that tells of the weights, it is not"),
        ("[0.5]", "must be a JSON object that tells of the weights, it is not"),
        ("\udcff", "must be a JSON object that tells of the weights, it is not"),
        ('{"threshold": 1.5}', "must lie between 0 and 1, got 1.5; repair it, or set a threshold"),
        ('{"threshold": "0.5"}', "must lie between 0 and 1, got '0.5'"),
        ('{"threshold": true}', "must lie between 0 and 1, got True"),
        ('{"threshold": NaN}', "must lie between 0 and 1, got nan"),
    ],
)
def test_a_broken_file_of_facts_is_told(text, message, tmp_path):
    (tmp_path / "model.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=rf"model.json' {message}"):
        stored_threshold(tmp_path / "model.pt")


def test_positions_of_another_training_are_refused(tmp_path):
    write_weights(segmenter().state_dict(), tmp_path / "model.pt")
    (tmp_path / "model.json").write_text('{"position_grid": 14}')
    with pytest.raises(ValueError, match=r"got None and, in '.*model.json', 14; set position_grid"):
        load_trained(segmenter(), tmp_path / "model.pt")
    network = VesselSegmenter(ViTEncoder(hidden_size=16, num_layers=4, num_heads=2, position_grid=14), width=8)
    assert load_trained(network, tmp_path / "model.pt") is network


def test_weights_of_another_task_of_the_same_shape_are_refused(tmp_path):
    """Vessels and stenoses: no tensor tells them apart."""
    path, network = tmp_path / "model.pt", segmenter(seed=1)
    write_weights(network.state_dict(), path)
    assert load_trained(segmenter(), path, label="stenoses")  # nothing is known of them
    path.with_suffix(".json").write_text('{"knobs": {"label": "vessels"}}')
    other = segmenter(seed=2)
    before = other.head.weight.clone()
    with pytest.raises(
        ValueError, match=r"model.pt' must be of a training of the label 'stenoses', got one of 'vessels'"
    ):
        load_trained(other, path, label="stenoses")
    assert torch.equal(other.head.weight, before)
    assert load_trained(other, path, label="vessels") is load_trained(other, path) is other


def test_the_facts_are_what_training_wrote(tmp_path):
    assert weights_facts(tmp_path / "model.pt") == {}
    (tmp_path / "model.json").write_text('{"epoch": 4, "knobs": {"label": "vessels"}}')
    assert weights_facts(tmp_path / "model.pt") == {"epoch": 4, "knobs": {"label": "vessels"}}


def test_knobs_of_the_training_are_what_the_file_beside_tells(tmp_path):
    path = tmp_path / "model.pt"
    assert trained_with(path, "image_size", 512) == 512
    path.with_suffix(".json").write_text('{"knobs": {"image_size": 224, "window": null}}')
    assert trained_with(path, "image_size", 512) == 224
    assert trained_with(path, "window", 14) is None and trained_with(path, "model", "base") == "base"
