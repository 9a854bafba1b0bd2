# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
import torch.nn.functional as F

from monai_ext.networks import UNeXt
from monai_ext.networks.unext import _shift

GREY = {"mean": 0.45, "std": 0.2}
RGB_MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
RGB_STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def trained_looking(network: UNeXt) -> UNeXt:
    """Moves the statistics of the batch norms and the biases from their first values, where errors could hide."""
    generator = torch.Generator().manual_seed(7)
    for name, tensor in network.state_dict().items():
        if tensor.ndim == 1:
            tensor.add_(torch.rand(tensor.shape, generator=generator) * (1 if "running_var" in name else 0.3))
    return network.eval()


@pytest.mark.parametrize(
    ("in_channels", "out_channels", "height", "width"), [(1, 1, 64, 96), (3, 2, 32, 32), (1, 1, 224, 32)]
)
def test_logits_have_the_size_of_the_image(in_channels, out_channels, height, width):
    network = UNeXt(in_channels, out_channels, seed=0)
    for mode in (True, False):
        logits = network.train(mode)(torch.rand(2, in_channels, height, width))
        assert logits.shape == (2, out_channels, height, width)


@pytest.mark.parametrize(
    ("size", "channels", "parameters"),
    [("small", 3, 253_561), ("small", 1, 253_417), ("full", 3, 1_471_921)],  # the paper prints 0.25 M and 1.47 M
)
def test_number_of_parameters(size, channels, parameters):
    assert sum(p.numel() for p in UNeXt(channels, 1, size, seed=0).parameters()) == parameters


def test_names_and_shapes_are_those_of_the_published_weights():
    state = {name: tuple(tensor.shape) for name, tensor in UNeXt(3, seed=0).state_dict().items()}
    assert len(state) == 101  # 94 tensors and 7 counts of batches
    published = {
        "encoder1.weight": (8, 3, 3, 3),
        "ebn3.running_var": (32,),
        "block1.0.mlp.dwconv.dwconv.weight": (64, 1, 3, 3),
        "block2.0.mlp.fc2.bias": (128,),
        "dblock2.0.norm2.weight": (32,),
        "patch_embed4.proj.weight": (128, 64, 3, 3),
        "patch_embed3.norm.bias": (64,),
        "decoder1.weight": (64, 128, 3, 3),
        "decoder5.weight": (8, 8, 3, 3),
        "dbn4.running_mean": (8,),
        "dnorm4.weight": (32,),
        "final.weight": (1, 8, 1, 1),
    }
    assert {name: state[name] for name in published} == published


def written_out(state: dict, image: torch.Tensor) -> torch.Tensor:
    """The network in evaluation from its description, in plain functions over contiguous maps."""

    def conv(name, x, **kwargs):
        return F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], **kwargs)

    def batch_norm(name, x):
        keys = ("running_mean", "running_var", "weight", "bias")
        return F.batch_norm(x, *(state[f"{name}.{key}"] for key in keys))

    def layer_norm(name, x):
        weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
        return F.layer_norm(x.permute(0, 2, 3, 1), weight.shape, weight, bias, 1e-5).permute(0, 3, 1, 2)

    def linear(name, x):
        return torch.einsum("bchw,oc->bohw", x, state[f"{name}.weight"]) + state[f"{name}.bias"].view(1, -1, 1, 1)

    def shift(x, dim):
        parts = F.pad(x, (2, 2, 2, 2)).chunk(5, dim=1)
        rolled = torch.cat([part.roll(k - 2, dims=dim) for k, part in enumerate(parts)], dim=1)
        return rolled[:, :, 2:-2, 2:-2]

    def block(name, x):
        y = linear(f"{name}.0.mlp.fc1", shift(layer_norm(f"{name}.0.norm2", x), 2))
        y = F.gelu(conv(f"{name}.0.mlp.dwconv.dwconv", y, padding=1, groups=y.shape[1]))
        return x + linear(f"{name}.0.mlp.fc2", shift(y, 3))

    def embed(name, x):
        return layer_norm(f"{name}.norm", conv(f"{name}.proj", x, stride=2, padding=1))

    def double(x):
        return F.relu(F.interpolate(x, scale_factor=2, mode="bilinear"))

    t1 = F.relu(F.max_pool2d(batch_norm("ebn1", conv("encoder1", image, padding=1)), 2))
    t2 = F.relu(F.max_pool2d(batch_norm("ebn2", conv("encoder2", t1, padding=1)), 2))
    t3 = F.relu(F.max_pool2d(batch_norm("ebn3", conv("encoder3", t2, padding=1)), 2))
    t4 = layer_norm("norm3", block("block1", embed("patch_embed3", t3)))
    x = layer_norm("norm4", block("block2", embed("patch_embed4", t4)))
    x = double(batch_norm("dbn1", conv("decoder1", x, padding=1))) + t4
    x = layer_norm("dnorm3", block("dblock1", x))
    x = double(batch_norm("dbn2", conv("decoder2", x, padding=1))) + t3
    x = layer_norm("dnorm4", block("dblock2", x))
    x = double(batch_norm("dbn3", conv("decoder3", x, padding=1))) + t2
    x = double(batch_norm("dbn4", conv("decoder4", x, padding=1))) + t1
    return conv("final", double(conv("decoder5", x, padding=1)))


def test_equals_the_description_written_out():
    network = trained_looking(UNeXt(3, seed=1)).double()
    image = torch.rand(2, 3, 64, 96, dtype=torch.float64)
    torch.testing.assert_close(network(image), written_out(network.state_dict(), image), atol=1e-10, rtol=1e-8)


def test_statistics_move_in_training_only():
    network = UNeXt(1, seed=2)
    before = network.dbn4.running_mean.clone()
    network.eval()(torch.rand(2, 1, 32, 32))
    assert torch.equal(network.dbn4.running_mean, before)
    network.train()(torch.rand(2, 1, 32, 32))
    assert not torch.equal(network.dbn4.running_mean, before)


@pytest.mark.parametrize("dim", [2, 3])
def test_shift_moves_each_fifth_of_the_channels(dim):
    x = torch.rand(1, 10, 4, 5)
    moved = _shift(x, dim)
    for channel in range(10):
        step = channel // 2 - 2
        rolled = x[:, channel].roll(step, dims=dim - 1)
        edge = range(step) if step > 0 else range(x.shape[dim] + step, x.shape[dim])
        rolled.index_fill_(dim - 1, torch.tensor(list(edge), dtype=torch.long), 0)
        assert torch.equal(moved[:, channel], rolled)


def test_published_weights_round_trip_exactly():
    source = trained_looking(UNeXt(3, seed=3))
    published = {name: tensor for name, tensor in source.state_dict().items() if "num_batches" not in name}
    target = UNeXt(3, seed=4)
    assert target.load_published_state_dict(published) is target
    for name, tensor in published.items():
        assert torch.equal(target.state_dict()[name], tensor), name


def test_folded_weights_see_a_grey_image_as_the_published_ones_do_away_from_the_border():
    rgb = trained_looking(UNeXt(3, seed=5))
    ours = UNeXt(1, seed=6).eval().load_published_state_dict(rgb.state_dict(), fold=True, **GREY)
    grey = torch.rand(2, 1, 64, 96)
    published, folded = (grey - RGB_MEAN) / RGB_STD, (grey - GREY["mean"]) / GREY["std"]
    first = [network.encoder1(image) for network, image in ((rgb, published), (ours, folded))]
    torch.testing.assert_close(first[1][..., 1:-1, 1:-1], first[0][..., 1:-1, 1:-1], atol=1e-5, rtol=0)
    assert not torch.allclose(
        first[1][..., 0, :], first[0][..., 0, :], atol=1e-3
    )  # the padding differs: said in the docs


def test_folded_network_agrees_in_the_interior_of_a_large_image():
    """The deepest path mixes far pixels, so the image is large and only its middle is compared."""
    rgb = trained_looking(UNeXt(3, seed=5)).double()
    ours = UNeXt(1, seed=6).double().eval().load_published_state_dict(rgb.state_dict(), fold=True, **GREY)
    grey = torch.rand(1, 1, 1024, 64, dtype=torch.float64).repeat(1, 1, 1, 16)
    with torch.no_grad():
        expected = rgb((grey - RGB_MEAN) / RGB_STD)
        folded = ours((grey - GREY["mean"]) / GREY["std"])
    middle = (..., slice(480, 544), slice(480, 544))
    torch.testing.assert_close(folded[middle], expected[middle], atol=1e-5, rtol=0)


def test_gradient_reaches_the_image_through_the_frozen_network():
    network = UNeXt(1, seed=0).eval().requires_grad_(False)
    image = torch.rand(1, 1, 64, 32, requires_grad=True)
    network(image).sum().backward()
    assert image.grad.abs().sum() > 0
    assert all(p.grad is None for p in network.parameters())


@pytest.mark.slow
@pytest.mark.parametrize("training", [True, False])
def test_compiles_as_one_graph(training):
    network, image = UNeXt(1, seed=0).train(training), torch.rand(2, 1, 32, 64)
    expected = network(image)
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(image), expected, atol=1e-5, rtol=0)


def test_every_parameter_is_trained():
    network = UNeXt(1, seed=0)
    network(torch.rand(2, 1, 64, 64)).square().sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"multiple of 32 for UNeXt, got 64x220"):
        UNeXt(seed=0)(torch.zeros(1, 1, 64, 220))
    with pytest.raises(ValueError, match=r"size must be one of small, full, got 'tiny'"):
        UNeXt(size="tiny")


def test_weights_that_do_not_fit_are_listed():
    state = UNeXt(3, seed=0).state_dict()
    del state["final.bias"]
    state["head.weight"] = torch.zeros(1)
    with pytest.raises(
        ValueError,
        match=r"(?s)1 missing: final.bias.*encoder1.weight \(expected 8x1x3x3, got 8x3x3x3\).*unexpected: head",
    ):
        UNeXt(1, seed=0).load_published_state_dict(state)
    with pytest.raises(ValueError, match=r"needs mean and std of the grey images, got None"):
        UNeXt(1, seed=0).load_published_state_dict(UNeXt(3, seed=0).state_dict(), fold=True)


def test_seed_decides_the_weights(global_rng_untouched):
    a, b, c = (UNeXt(seed=s).state_dict() for s in (1, 1, 2))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not torch.equal(a["encoder1.weight"], c["encoder1.weight"])
