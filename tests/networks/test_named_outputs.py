# SPDX-License-Identifier: Apache-2.0
import torch

from monai_ext.networks import NamedOutputs, VesselSegmenter, ViTEncoder, ViTRetinaNet, vessel_segmenter

SIZES = {"hidden_size": 16, "num_layers": 4, "num_heads": 2, "seed": 0}


def test_one_tensor_is_called_pred():
    encoder = ViTEncoder(3, 14, **SIZES)
    named = NamedOutputs(encoder)
    assert (named.names, named.in_channels, named.multiple, named.least) == (("pred",), 3, 14, 2)
    image = named.image(2, 2, 3, seed=0)
    assert torch.equal(named(image), encoder(image)) and image.shape == (2, 3, 28, 42)


def test_maps_of_a_detector_bear_key_and_number():
    network = ViTRetinaNet(ViTEncoder(**SIZES), width=8, seed=0)
    named = NamedOutputs(network)
    assert named.names == tuple(f"{key}_{i}" for key in ("classification", "box_regression") for i in range(4))
    image = named.image(1, 2, 3, seed=0)
    maps = network(image)
    expected = maps["classification"] + maps["box_regression"]
    assert all(torch.equal(a, b) for a, b in zip(named(image), expected, strict=True))


def test_every_network_tells_channels_and_multiple():
    found = [
        NamedOutputs(vessel_segmenter("unext", seed=0)),
        NamedOutputs(VesselSegmenter(ViTEncoder(**SIZES), width=8)),
    ]
    found.append(NamedOutputs(ViTRetinaNet(ViTEncoder(**SIZES), width=8, seed=0)))
    assert [(named.in_channels, named.multiple) for named in found] == [(1, 32), (1, 16), (1, 32)]


def test_example_has_several_windows_and_no_two_sizes_equal():
    named = NamedOutputs(ViTRetinaNet(ViTEncoder(window=14, **SIZES), width=8, seed=0))
    patches = [side // 16 for side in named.example().shape[2:]]
    assert named.least * 2 > 14 and min(patches) > 28 and len({2, *patches}) == 3


def test_noise_moves_no_global_generator(global_rng_untouched):
    named = NamedOutputs(ViTEncoder(**SIZES))
    assert torch.equal(named.image(1, 1, 2, seed=3), named.image(1, 1, 2, seed=3))
    assert not torch.equal(named.image(1, 1, 2, seed=3), named.image(1, 1, 2, seed=4))
