# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.networks import MaskedAutoencoder, UNeXt, ViTEncoder, masked_autoencoder, vessel_segmenter, vit_encoder


def parameters_of_blocks(width: int, layers: int) -> int:
    """qkv 3 w^2 + 3 w, projection w^2 + w, MLP 8 w^2 + 5 w, two norms 4 w."""
    return layers * (12 * width**2 + 13 * width)


@pytest.mark.parametrize(
    ("preset", "patch", "width", "layers", "decoder_width", "decoder_layers"),
    [
        ("tiny", 16, 192, 12, 128, 2),
        ("small", 16, 384, 12, 256, 4),
        ("base", 16, 768, 12, 512, 8),
        ("large", 16, 1024, 24, 512, 8),
        ("huge", 14, 1280, 32, 512, 8),
    ],
)
def test_number_of_parameters(preset, patch, width, layers, decoder_width, decoder_layers):
    with torch.device("meta"):
        network = masked_autoencoder(preset)
    pixels = patch**2
    encoder = parameters_of_blocks(width, layers) + (pixels + 1) * width + 3 * width
    decoder = parameters_of_blocks(decoder_width, decoder_layers) + (width + 1) * decoder_width + 3 * decoder_width
    assert sum(p.numel() for p in network.encoder.parameters()) == encoder
    assert sum(p.numel() for p in network.parameters()) == encoder + decoder + (decoder_width + 1) * pixels
    assert network.patch_size == patch


def test_encoder_of_a_preset_is_that_of_its_autoencoder():
    encoder, whole = vit_encoder("tiny", seed=0), masked_autoencoder("tiny", seed=0)
    assert isinstance(encoder, ViTEncoder)
    assert isinstance(whole, MaskedAutoencoder)
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, whole.encoder.state_dict()[name]), name


def parameters_of_decoder(hidden: int, width: int, out: int) -> int:
    """A block from a to b channels has two kernels of 3 x 3 and two norms: 9 b (a + b) + 4 b."""

    def block(a, b):
        return 9 * b * (a + b) + 4 * b

    half, quarter, eighth, deepest = width, 2 * width, 4 * width, 8 * width
    enlarging = 16 * hidden * quarter + quarter + 4 * hidden * eighth + eighth + 6 * hidden  # and three norms
    encoding = block(2 * hidden, deepest) + block(1, half) + block(half, quarter) + block(quarter, eighth)
    rising = block(deepest + 2 * eighth, eighth) + block(eighth + 2 * quarter, quarter) + block(quarter + half, half)
    return enlarging + encoding + rising + half * out + out


@pytest.mark.parametrize(
    ("preset", "hidden", "width"),
    [("tiny", 192, 24), ("small", 384, 32), ("base", 768, 48), ("large", 1024, 64), ("huge", 1280, 64)],
)
@pytest.mark.parametrize("out", [1, 26])
def test_segmenter_of_every_preset_is_its_encoder_and_a_decoder(preset, hidden, width, out):
    with torch.device("meta"):
        network, encoder = vessel_segmenter(preset, out), vit_encoder(preset)
    assert {
        name.removeprefix("encoder."): t.shape
        for name, t in network.state_dict().items()
        if name.startswith("encoder.")
    } == {name: t.shape for name, t in encoder.state_dict().items()}
    in_decoder = sum(p.numel() for name, p in network.named_parameters() if not name.startswith("encoder."))
    assert in_decoder == parameters_of_decoder(hidden, width, out)
    side = 3 * encoder.patch_size
    assert network(torch.empty(1, 1, side, 2 * side, device="meta")).shape == (1, out, side, 2 * side)


def test_segmenter_hands_its_arguments_on(global_rng_untouched):
    network = vessel_segmenter(
        "tiny", 2, in_channels=3, drop_path=0.2, position_grid=14, width=8, full_resolution=True, seed=1
    )
    encoder = network.encoder
    assert (encoder.in_channels, encoder.position_grid, encoder.drop_paths[-1].drop_prob) == (3, 14, 0.2)
    assert network.head.weight.shape == (2, 8, 1, 1) and network.full_detail is not None
    own = vit_encoder("tiny", in_channels=3, seed=1).state_dict()
    assert all(torch.equal(tensor, own[name]) for name, tensor in encoder.state_dict().items())


def test_overrides_replace_the_preset():
    network = masked_autoencoder("tiny", in_channels=3, num_layers=1, patch_size=8, decoder_num_layers=1, seed=0)
    assert len(network.encoder.blocks) == 1
    assert network(torch.rand(1, 3, 16, 24), torch.eye(1, 6).bool()).shape == (1, 6, 8 * 8 * 3)


def test_unknown_preset_is_refused():
    with pytest.raises(ValueError, match=r"preset must be one of tiny, small, base, large, huge, got 'giant'"):
        vit_encoder("giant")
    for make in (masked_autoencoder, vessel_segmenter):
        with pytest.raises(ValueError, match=r"got 'giant'"):
            make("giant")


def test_segmenter_without_an_encoder_is_the_small_unext(global_rng_untouched):
    network = vessel_segmenter("unext", 26, seed=1, position_grid=14)
    same = UNeXt(1, 26, seed=1).state_dict()
    assert isinstance(network, UNeXt)
    assert all(torch.equal(tensor, same[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize(("preset", "patch"), [("tiny", 16), ("huge", 14), ("unext", 32)])
def test_segmenter_tells_what_must_divide_an_image(preset, patch):
    with torch.device("meta"):
        network = vessel_segmenter(preset)
    assert network.patch_size == patch
