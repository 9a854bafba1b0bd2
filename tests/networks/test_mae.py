# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.networks import MaskedAutoencoder
from monai_ext.ops import ImageDraws, hidden_count, random_mask


def tiny(**overrides) -> MaskedAutoencoder:
    encoder = {"patch_size": 4, "hidden_size": 16, "num_layers": 1, "num_heads": 2}
    decoder = {"decoder_hidden_size": 8, "decoder_num_layers": 1, "decoder_num_heads": 2}
    return MaskedAutoencoder(**{**encoder, **decoder, "seed": 0, **overrides})


def mask(batch: int, patches: int, ratio: float = 0.5, seed: int = 0) -> torch.Tensor:
    return random_mask(patches, hidden_count(patches, ratio), ImageDraws(seed, 0, torch.arange(batch)))


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 16, 16), (3, 12, 20), (1, 4, 8)])
def test_every_patch_is_predicted(channels, height, width):
    hidden = mask(3, height * width // 16)
    prediction = tiny(in_channels=channels)(torch.rand(3, channels, height, width), hidden)
    assert prediction.shape == (3, height * width // 16, 16 * channels)


def test_counted_and_given_number_of_hidden_patches_agree():
    network, image, hidden = tiny(), torch.rand(3, 1, 12, 20), mask(3, 15, 0.7)
    assert torch.equal(network(image, hidden), network(image, hidden, n_hidden=10))


def test_prediction_does_not_depend_on_hidden_pixels():
    network, image, hidden = tiny(), torch.rand(2, 1, 8, 16), mask(2, 8)
    pixels = hidden.reshape(2, 1, 2, 4).repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert torch.equal(network(image + 5 * pixels, hidden), network(image, hidden))
    assert not torch.allclose(network(image + 5 * ~pixels, hidden), network(image, hidden))


def seen_by_the_encoder(network: MaskedAutoencoder, image: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
    seen = []
    handle = network.encoder.blocks[0].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    network(image, hidden)
    handle.remove()
    return seen[0]


def test_nothing_hidden_passes_every_patch_in_order():
    network, image = tiny(), torch.rand(2, 1, 8, 12)
    tokens = seen_by_the_encoder(network, image, torch.zeros(2, 6, dtype=torch.bool))
    assert torch.equal(tokens, network.encoder.embed(image))


def test_encoder_sees_the_visible_patches_of_each_image_in_their_order():
    network, image, hidden = tiny(), torch.rand(4, 1, 12, 12), mask(4, 9, 0.6)
    tokens, everything = seen_by_the_encoder(network, image, hidden), network.encoder.embed(image)
    for i in range(4):
        assert torch.equal(tokens[i, 1:], everything[i, 1:][~hidden[i]])


def test_image_of_a_batch_does_not_depend_on_the_others_masks():
    """A permuted batch of masks changes nothing in the image whose mask stays."""
    network, image, hidden = tiny(), torch.rand(3, 1, 8, 16), mask(3, 8)
    permuted = hidden[[0, 2, 1]]
    torch.testing.assert_close(network(image, permuted)[0], network(image, hidden)[0], atol=1e-6, rtol=0)


def test_decoder_knows_where_a_hidden_patch_lies():
    network, image = tiny(), torch.rand(1, 1, 8, 8)
    hidden = torch.tensor([[True, True, False, True]])
    prediction = network(image, hidden)[0]
    assert not torch.allclose(prediction[0], prediction[1], atol=1e-5)


def test_every_parameter_gets_a_gradient():
    network = tiny()
    network(torch.rand(2, 1, 8, 8), mask(2, 4)).square().mean().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None] == []


def test_learns_a_constant_image():
    network, hidden = tiny(seed=1), mask(4, 16)
    image = torch.ones(4, 1, 16, 16)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(60):
        loss = (network(image, hidden) - 0.5).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 1e-2


def test_bad_masks_are_refused():
    network, image = tiny(), torch.zeros(2, 1, 8, 8)
    uneven = torch.tensor([[True, False, False, False], [True, True, False, False]])
    for hidden, message in [
        (torch.zeros(2, 5, dtype=torch.bool), r"\(batch, patches\) = \(2, 4\), got \(2, 5\)"),
        (torch.zeros(2, 4), r"hidden must be bool .*, got torch.float32"),
        (torch.ones(2, 4, dtype=torch.bool), r"at least one of 4 patches must stay visible, got 4 hidden"),
        (uneven, r"same number of patches, got between 1 and 2"),
    ]:
        with pytest.raises(ValueError, match=message):
            network(image, hidden)
    with pytest.raises(ValueError, match=r"at least one of 4 patches must stay visible, got 4 hidden"):
        network(image, uneven, n_hidden=4)


def test_image_that_the_patch_does_not_divide_is_refused():
    with pytest.raises(ValueError, match=r"multiple of patch_size, got 8x10 and 4"):
        tiny()(torch.zeros(1, 1, 8, 10), torch.zeros(1, 4, dtype=torch.bool))


def test_nothing_random_happens(global_rng_untouched):
    network = tiny(seed=3)
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(network(image, mask(1, 4)), tiny(seed=3)(image, mask(1, 4)))


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 3])
def test_compiles_as_one_graph(batch):
    network, image, hidden = tiny(), torch.rand(batch, 1, 8, 12), mask(batch, 6)
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(image, hidden, 3), network(image, hidden, 3), atol=1e-6, rtol=0)


def test_half_precision_keeps_the_tokens_in_single():
    network, image, hidden = tiny(), torch.rand(2, 1, 8, 12), mask(2, 6)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        prediction = network(image, hidden)
        assert network.encoder.embed(image).dtype == torch.float32
    assert prediction.dtype == torch.bfloat16
    single = network(image, hidden)
    assert (prediction - single).std() < 0.03 * single.std(), "bfloat16 has 8 bits: half a percent an operation"
    prediction.float().sum().backward()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_given_number_of_hidden_patches_does_not_wait_for_the_gpu():
    network, image, hidden = tiny().cuda(), torch.rand(2, 1, 8, 8).cuda(), mask(2, 4).cuda()
    network(image, hidden, 2)
    torch.cuda.set_sync_debug_mode("error")
    try:
        network(image, hidden, 2).sum().backward()
    finally:
        torch.cuda.set_sync_debug_mode("default")
