# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn

from monai_ext.networks import seeded


def test_seed_decides_and_the_global_generator_stays(global_rng_untouched):
    weights = []
    for seed in (1, 1, 2):
        with seeded(seed):
            weights.append(nn.Linear(3, 3).weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_no_seed_follows_the_global_generator():
    with torch.random.fork_rng(devices=[]):
        weights = []
        for _ in range(2):
            torch.manual_seed(5)
            with seeded(None):
                weights.append(nn.Linear(3, 3).weight)
    assert torch.equal(*weights)
