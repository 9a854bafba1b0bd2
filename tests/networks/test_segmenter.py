# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.networks import VesselSegmenter, ViTEncoder


def tiny(
    out_channels: int = 1, *, patch: int = 8, channels: int = 1, drop_path: float = 0.0, **knobs
) -> VesselSegmenter:
    encoder = ViTEncoder(channels, patch, 16, 4, 2, drop_path=drop_path, position_grid=knobs.pop("grid", None), seed=0)
    return VesselSegmenter(encoder, out_channels, **{"width": 8, "seed": 0, **knobs})


def image(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("patch", "height", "width"),
    [(16, 16, 16), (16, 48, 32), (14, 42, 70), (14, 14, 28), (8, 40, 24), (4, 12, 20), (5, 15, 25)],
)
def test_logits_have_the_size_of_the_image(patch, height, width, full):
    """Whatever the patch, and where halvings of the image and of the patches meet at odd sizes."""
    network = tiny(3, patch=patch, full_resolution=full)
    logits = network(image(2, 1, height, width))
    assert logits.shape == (2, 3, height, width) and logits.isfinite().all()


def test_images_of_three_channels():
    assert tiny(channels=3)(image(1, 3, 16, 24)).shape == (1, 1, 16, 24)


@pytest.mark.parametrize(
    ("blocks", "depths"),
    [
        (4, [1, 2, 3, 4]),
        (5, [1, 2, 4, 5]),
        (7, [2, 4, 5, 7]),
        (12, [3, 6, 9, 12]),
        (24, [6, 12, 18, 24]),
        (32, [8, 16, 24, 32]),
    ],
)
def test_maps_come_from_each_quarter_of_the_blocks(blocks, depths):
    """UNETR takes blocks 3, 6, 9 and 12 of 12."""
    assert VesselSegmenter(ViTEncoder(1, 8, 16, blocks, 2), width=8).depths == depths


def test_without_weights_in_the_head_the_bias_is_the_answer():
    network = tiny(2)
    torch.nn.init.zeros_(network.head.weight)
    network.head.bias.data = torch.tensor([-2.0, 3.0])
    logits = network(image(1, 1, 24, 16))
    assert torch.allclose(logits[:, 0], torch.tensor(-2.0)) and torch.allclose(logits[:, 1], torch.tensor(3.0))


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("drop_path", [0.0, 0.5])
def test_every_parameter_gets_a_gradient(full, drop_path):
    """As distributed training demands, even of a batch in which all images skip a block."""
    network = tiny(2, full_resolution=full, drop_path=drop_path).train()
    network(image(1, 1, 16, 24)).square().sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None] == []
    if not drop_path:
        assert [name for name, p in network.named_parameters() if not p.grad.any() and "norm" not in name] == []


def test_what_each_block_says_reaches_the_logits():
    """A skip that were forgotten would leave the logits as they are when its map alone is changed."""
    network, given = tiny().eval(), image(1, 1, 16, 16)
    before, maps = network(given), network.encoder.maps
    for number in range(4):

        def changed(image, layers, number=number):
            found = maps(image, layers)
            found[number] = found[number].flip(-1)
            return found

        network.encoder.maps = changed
        assert not torch.allclose(network(given), before, atol=1e-4), f"map {number}"


def test_images_of_a_batch_do_not_mix_and_evaluation_repeats_itself(global_rng_untouched):
    network, given = tiny(drop_path=0.9).eval(), image(3, 1, 16, 24)
    together = network(given)
    assert torch.equal(network(given), together)
    torch.testing.assert_close(torch.cat([network(one[None]) for one in given]), together, atol=1e-5, rtol=1e-4)


def test_training_without_drop_path_equals_evaluation():
    network, given = tiny(), image(2, 1, 16, 16)
    assert torch.equal(network.train()(given), network.eval()(given))


def test_the_encoder_lies_under_its_name_with_its_own_weights():
    encoder = ViTEncoder(1, 8, 16, 4, 2, seed=5)
    network = VesselSegmenter(encoder, width=8)
    assert network.encoder is encoder
    own = {name.removeprefix("encoder."): t for name, t in network.state_dict().items() if name.startswith("encoder.")}
    expected = ViTEncoder(1, 8, 16, 4, 2, seed=5).state_dict()
    assert own.keys() == expected.keys() and all(torch.equal(own[name], expected[name]) for name in own)


def test_seed_decides_the_weights(global_rng_untouched):
    a, b, c = (tiny(seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not torch.equal(a["head.weight"], c["head.weight"])


def test_a_line_thinner_than_a_patch_is_learned():
    """Of 3 px, where patches have 8: the tokens alone could not draw it."""
    network, columns = tiny(grid=4), torch.arange(32)
    first = torch.tensor([3, 10, 17, 24]).reshape(4, 1, 1, 1)
    line = ((columns >= first) & (columns < first + 3)).expand(4, 1, 32, 32).float()
    given = 0.3 * image(4, 1, 32, 32) - line
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        logits = network(given)
        torch.nn.functional.binary_cross_entropy_with_logits(logits, line).backward()
        optimizer.step()
    found = (logits > 0).float()
    assert 2 * (found * line).sum() / (found.sum() + line.sum()) > 0.9


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="encoder must have at least 4 blocks, got 3"):
        VesselSegmenter(ViTEncoder(1, 8, 16, 3, 2))
    for width in (0, 12):
        with pytest.raises(ValueError, match=f"width must be a positive multiple of 8, got {width}"):
            tiny(width=width)
    with pytest.raises(ValueError, match=r"multiple of patch_size, got 16x18 and 8"):
        tiny()(image(1, 1, 16, 18))
