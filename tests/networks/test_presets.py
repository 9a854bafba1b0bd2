# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.networks import MaskedAutoencoder, ViTEncoder, masked_autoencoder, vit_encoder


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


def test_overrides_replace_the_preset():
    network = masked_autoencoder("tiny", in_channels=3, num_layers=1, patch_size=8, decoder_num_layers=1, seed=0)
    assert len(network.encoder.blocks) == 1
    assert network(torch.rand(1, 3, 16, 24), torch.eye(1, 6).bool()).shape == (1, 6, 8 * 8 * 3)


def test_unknown_preset_is_refused():
    with pytest.raises(ValueError, match=r"preset must be one of tiny, small, base, large, huge, got 'giant'"):
        vit_encoder("giant")
    with pytest.raises(ValueError, match=r"got 'giant'"):
        masked_autoencoder("giant")
