# SPDX-License-Identifier: Apache-2.0
import warnings

import pytest
import torch

from monai_ext.engines import DeviceGenerator

CPU = torch.device("cpu")


def draw(source: DeviceGenerator) -> torch.Tensor:
    return torch.rand(4, generator=source.on(CPU))


def test_draws_are_those_of_the_seed_and_go_on(global_rng_untouched):
    source, plain = DeviceGenerator(3), torch.Generator().manual_seed(3)
    for _ in range(2):
        assert torch.equal(draw(source), torch.rand(4, generator=plain))


def test_every_rank_and_seed_draws_its_own():
    draws = [draw(DeviceGenerator(seed, rank)) for seed in range(3) for rank in range(3)]
    assert len({tuple(values.tolist()) for values in draws}) == 9


def test_a_saved_state_goes_on_where_it_was():
    source, other = DeviceGenerator(1), DeviceGenerator(2)
    draw(source)
    other.load_state_dict(source.state_dict())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(draw(other), draw(source))


def test_a_loaded_state_is_not_lost_before_the_first_draw():
    """A checkpoint may be written, or a dry run put back, between going on and the first batch."""
    source, middle, last = DeviceGenerator(1), DeviceGenerator(2), DeviceGenerator(3)
    draw(source)
    middle.load_state_dict(source.state_dict())
    last.load_state_dict(middle.state_dict())
    assert torch.equal(draw(last), draw(source))


def test_an_empty_state_starts_from_the_seed():
    assert DeviceGenerator(5).state_dict() == {}
    source = DeviceGenerator(5)
    first = draw(source)
    source.load_state_dict({})
    assert torch.equal(draw(source), first)


def test_a_state_of_another_device_starts_from_the_seed_and_says_so():
    source = DeviceGenerator(5)
    source.load_state_dict({"generator": torch.zeros(16, dtype=torch.uint8), "device": "cuda"})
    with pytest.warns(UserWarning, match="was saved on a cuda device and goes on on a cpu device"):
        assert torch.equal(draw(source), draw(DeviceGenerator(5)))
