# SPDX-License-Identifier: Apache-2.0
import re

import pytest
import torch
import torch.nn.functional as F

from monai_ext.networks import ViTEncoder
from monai_ext.ops import sincos_positions


def tiny(**overrides) -> ViTEncoder:
    arguments = {"patch_size": 4, "hidden_size": 16, "num_layers": 2, "num_heads": 2, "seed": 0, **overrides}
    return ViTEncoder(**arguments)


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 16, 16), (3, 12, 20), (1, 4, 4), (2, 28, 8)])
def test_feature_map_has_one_vector_a_patch(channels, height, width):
    network = tiny(in_channels=channels)
    assert network(torch.rand(2, channels, height, width)).shape == (2, 16, height // 4, width // 4)
    assert network.tokens(torch.rand(2, channels, height, width)).shape == (2, 1 + height * width // 16, 16)


def plain_vit(state: dict, image: torch.Tensor, heads: int, patch: int) -> torch.Tensor:
    """A pre-norm ViT from its description, with attention as a matrix product, softmax and matrix product."""

    def linear(name, x):
        return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    def norm(name, x):
        centred = x - x.mean(-1, keepdim=True)
        scaled = centred / (centred.square().mean(-1, keepdim=True) + 1e-6).sqrt()
        return scaled * state[f"{name}.weight"] + state[f"{name}.bias"]

    kernel = state["patch_embedding.weight"]
    patches = F.unfold(image, patch, stride=patch).transpose(1, 2) @ kernel.flatten(1).T
    x = torch.cat([state["cls_token"].expand(len(image), -1, -1), patches + state["patch_embedding.bias"]], dim=1)
    x = x + sincos_positions(image.shape[2] // patch, image.shape[3] // patch, x.shape[2]).to(x)
    for block in range(1 + max(int(name.split(".")[1]) for name in state if name.startswith("blocks."))):
        here = f"blocks.{block}"
        query, key, value = linear(f"{here}.attn.qkv", norm(f"{here}.norm1", x)).chunk(3, dim=-1)  # q, then k, then v
        out = []
        for q, k, v in zip(*(part.chunk(heads, dim=-1) for part in (query, key, value)), strict=True):
            out.append((q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(-1) @ v)
        x = x + linear(f"{here}.attn.out_proj", torch.cat(out, dim=-1))
        x = x + linear(f"{here}.mlp.linear2", F.gelu(linear(f"{here}.mlp.linear1", norm(f"{here}.norm2", x))))
    return norm("norm", x)


def test_equals_a_vit_written_out():
    network = tiny(in_channels=2, num_heads=4).double()
    generator = torch.Generator().manual_seed(1)
    for parameter in network.parameters():  # biases and norms start at 0 and 1, where errors could hide
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    image = torch.rand(2, 2, 8, 12, dtype=torch.float64)
    expected = plain_vit(network.state_dict(), image, heads=4, patch=4)
    torch.testing.assert_close(network.tokens(image), expected, atol=1e-10, rtol=1e-8)


@pytest.mark.parametrize(("channels", "parameters"), [(3, 85_647_360), (1, 85_254_144)])
def test_number_of_parameters_of_base(channels, parameters):
    """86,567,656 of the published ViT-B/16, less its head (769,000) and its learned positions (197 * 768)."""
    with torch.device("meta"):
        network = ViTEncoder(in_channels=channels)
    assert sum(p.numel() for p in network.parameters()) == parameters


def test_visible_patches_alone_are_seen():
    network, image = tiny(), torch.rand(1, 1, 8, 12)
    visible = torch.tensor([[4, 1]])
    all_tokens = network.embed(image)
    assert torch.equal(network.embed(image, visible)[0], all_tokens[0, [0, 5, 2]])
    changed = image.clone()
    changed[..., :4, :4] += 1  # patch 0 is left out
    assert torch.equal(network.tokens(changed, visible), network.tokens(image, visible))


def test_transposed_image_gives_other_features():
    """Without positions a patch would be the same wherever it lies."""
    network = tiny()
    image = torch.ones(1, 1, 8, 8)
    features = network(image).flatten(2)[0]
    assert not torch.allclose(features[:, 0], features[:, 1], atol=1e-4)
    assert not torch.allclose(features[:, 1], features[:, 2], atol=1e-4)


def test_every_parameter_and_the_image_get_a_gradient():
    network, image = tiny(), torch.rand(2, 1, 8, 8, requires_grad=True)
    network.tokens(image).square().sum().backward()
    assert all(p.grad is not None for p in network.parameters())
    assert image.grad.abs().sum() > 0


def test_weights_hold_no_positions():
    names = set(tiny().state_dict())
    assert not any("position" in name or "cross" in name for name in names)
    assert {"patch_embedding.weight", "cls_token", "blocks.1.attn.out_proj.bias", "norm.weight"} <= names


def test_layers_and_maps_are_those_of_the_blocks():
    """By hooks on the blocks themselves; the last map is that of the forward pass."""
    network, image, seen = tiny(num_layers=3), torch.rand(2, 1, 12, 20), []
    for block in network.blocks:
        block.register_forward_hook(lambda module, inputs, output: seen.append(output))
    layers = list(network.layers(network.embed(image)))
    assert len(layers) == 3 and all(torch.equal(a, b) for a, b in zip(layers, seen, strict=True))
    second, last = network.maps(image, [2, 3])
    assert torch.equal(second, seen[1][:, 1:].transpose(1, 2).reshape(2, 16, 3, 5))
    assert torch.equal(last, network.tokens(image)[:, 1:].transpose(1, 2).reshape(2, 16, 3, 5))  # normalised
    assert torch.equal(last, network(image))
    assert torch.equal(network.maps(image, [2])[0], second)


def test_names_of_the_weights_do_not_change():
    """Checkpoints and conversions know them."""
    attention = ("attn.out_proj.weight", "attn.out_proj.bias", "attn.qkv.weight", "attn.qkv.bias")
    mlp = ("mlp.linear1.weight", "mlp.linear1.bias", "mlp.linear2.weight", "mlp.linear2.bias")
    norms = ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias")
    of_blocks = {f"blocks.{i}.{name}" for i in range(2) for name in (*attention, *mlp, *norms)}
    others = {"cls_token", "patch_embedding.weight", "patch_embedding.bias", "norm.weight", "norm.bias"}
    assert set(tiny(drop_path=0.3, position_grid=14).state_dict()) == of_blocks | others


def test_drop_path_skips_the_blocks_as_often_as_it_says():
    """0, 0.3 and 0.6 of 4000 images, which skip a block or add what it adds by 1 / (1 - share), so that the mean is that of evaluation."""
    network = tiny(num_layers=3, drop_path=0.6).train()
    tokens = torch.randn(1, 3, 16, generator=torch.Generator().manual_seed(0)).expand(4000, -1, -1)
    torch.manual_seed(0)
    before = tokens
    with torch.no_grad():
        for block, share, after in zip(network.blocks, (0.0, 0.3, 0.6), network.layers(tokens), strict=True):
            skipped = (after == before).flatten(1).all(1)
            assert skipped.float().mean().item() == pytest.approx(share, abs=0.03)
            added = (block(before) - before)[~skipped] / (1 - share)
            torch.testing.assert_close((after - before)[~skipped], added, atol=1e-4, rtol=1e-3)
            before = after


def test_evaluation_and_no_drop_path_skip_nothing(global_rng_untouched):
    image = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    plain, dropping = tiny(), tiny(drop_path=0.9)
    assert torch.equal(dropping.eval()(image), plain.train()(image))
    assert not any(
        path.drop_prob for path in tiny(num_layers=1, drop_path=0.9).drop_paths
    )  # one block is never skipped


def test_a_larger_image_meets_known_positions_alone():
    """A constant image at twice the size: where positions are interpolated, a patch's token lies between those of its neighbours."""
    positions = tiny(position_grid=2).embed(torch.zeros(1, 1, 16, 16))[0, 1:]
    torch.testing.assert_close(positions, sincos_positions(4, 4, 16, cls_token=False, grid=2))
    same = torch.rand(1, 1, 8, 8)
    assert torch.equal(tiny(position_grid=2)(same), tiny()(same))


def test_bad_input_is_refused():
    for layers in ([], [0, 1], [2, 1], [1, 1], [1, 3]):
        with pytest.raises(
            ValueError, match=rf"layers must be numbers of blocks from 1 to 2.*got {re.escape(str(layers))}"
        ):
            tiny().maps(torch.zeros(1, 1, 8, 8), layers)
    for share in (-0.1, 1.0):
        with pytest.raises(ValueError, match=rf"drop_path must lie in \[0, 1\), got {share}"):
            tiny(drop_path=share)
    with pytest.raises(ValueError, match=r"position_grid must be at least 1, got 0"):
        tiny(position_grid=0)
    with pytest.raises(ValueError, match=r"multiple of patch_size, got 16x18 and 4"):
        tiny()(torch.zeros(1, 1, 16, 18))
    with pytest.raises(ValueError, match=r"multiple of num_heads, got 16 and 3"):
        tiny(num_heads=3)


def test_seed_decides_the_weights(global_rng_untouched):
    a, b, c = (tiny(seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not torch.equal(a["cls_token"], c["cls_token"])
    tiny()(torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0)))
