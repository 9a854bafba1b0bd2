# SPDX-License-Identifier: Apache-2.0
import math

import pytest
import torch

from monai_ext.ops import ImageDraws


def draws(count: int = 4, seed: int = 0, epoch: int = 1, first: int = 0) -> ImageDraws:
    return ImageDraws(seed, epoch, first + torch.arange(count))


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5), (1, 9, 4)])
def test_shapes_and_ranges(shape, global_rng_untouched):
    for numbers in (draws(3).uniform(*shape), draws(3).normal(*shape)):
        assert numbers.shape == (3, *shape) and numbers.dtype == torch.float32
    uniform = draws(5000).uniform(*shape)
    assert uniform.min() >= 0 and uniform.max() < 1


def test_uniform_numbers_fill_their_range_evenly():
    """Kolmogorov and Smirnov: 1.95 / sqrt(n) is passed once in a thousand."""
    numbers = draws(500).uniform(401).flatten().sort().values.double()
    n = len(numbers)
    assert (numbers - torch.arange(n) / n).abs().max() < 1.95 / math.sqrt(n)


def test_normal_numbers_have_their_moments():
    numbers = draws(500).normal(401).flatten()
    n = len(numbers)
    assert numbers.mean().abs() < 4 / math.sqrt(n) and (numbers.var() - 1).abs() < 4 * math.sqrt(2 / n)
    assert ((numbers**4).mean() - 3).abs() < 4 * math.sqrt(96 / n)
    assert ((numbers.abs() > 1.959964).float().mean() - 0.05).abs() < 4 * math.sqrt(0.05 / n)


def test_images_epochs_seeds_and_draws_are_independent():
    first = draws()
    a, again = first.uniform(1000), first.uniform(1000)
    others = [
        again,
        draws(first=4).uniform(1000),
        draws(epoch=2).uniform(1000),
        draws(seed=1).uniform(1000),
        a.roll(1, 0),
    ]
    for other in others:
        assert torch.corrcoef(torch.stack([a.flatten(), other.flatten()]))[0, 1].abs() < 4 / math.sqrt(4000)


def test_an_image_has_its_numbers_wherever_it_lies_and_beyond_32_bits():
    index = torch.tensor([5, 2, 2**40 + 3])
    together = ImageDraws(3, 7, index).uniform(6)
    alone = torch.cat([ImageDraws(3, torch.tensor(7), index[i : i + 1]).uniform(6) for i in range(3)])
    assert torch.equal(together, alone)
    assert not torch.equal(together[2], ImageDraws(3, 7, torch.tensor([3])).uniform(6)[0])


def test_a_negative_seed_is_one_of_its_own():
    assert not torch.equal(draws(seed=-1).uniform(3), draws(seed=1).uniform(3))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_draws_the_same_numbers():
    assert torch.equal(
        ImageDraws(1, 2, torch.arange(9).cuda()).uniform(77).cpu(), ImageDraws(1, 2, torch.arange(9)).uniform(77)
    )
