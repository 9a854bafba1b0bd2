# SPDX-License-Identifier: Apache-2.0
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


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"multiple of patch_size, got 16x18 and 4"):
        tiny()(torch.zeros(1, 1, 16, 18))
    with pytest.raises(ValueError, match=r"multiple of num_heads, got 16 and 3"):
        tiny(num_heads=3)


def test_seed_decides_the_weights(global_rng_untouched):
    a, b, c = (tiny(seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not torch.equal(a["cls_token"], c["cls_token"])
    tiny()(torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0)))
