# SPDX-License-Identifier: Apache-2.0
import pytest
from torch import nn

from monai_ext.optimizers import weight_decay_groups


def test_only_parameters_of_two_and_more_dimensions_decay():
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.LayerNorm(4), nn.Linear(4, 2))
    decayed, plain = weight_decay_groups(network, 0.05)
    assert [tuple(p.shape) for p in decayed["params"]] == [(4, 1, 3, 3), (2, 4)]
    assert [tuple(p.shape) for p in plain["params"]] == [(4,), (4,), (4,), (2,)]
    assert (decayed["weight_decay"], plain["weight_decay"]) == (0.05, 0.0)


def test_frozen_parameters_are_left_out():
    network = nn.Linear(3, 3)
    network.weight.requires_grad_(False)
    decayed, plain = weight_decay_groups(network, 0.05)
    assert not decayed["params"] and len(plain["params"]) == 1


def test_negative_decay_is_refused():
    with pytest.raises(ValueError, match="weight_decay must be >= 0, got -1"):
        weight_decay_groups(nn.Linear(1, 1), -1)
