# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn

from monai_ext.handlers.running_averages import RunningAverages


def test_a_bad_step_is_set_back_and_a_good_one_taken_over():
    network = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2, track_running_stats=False), nn.Linear(2, 1))
    averages = RunningAverages(network)
    values = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
    network(values)
    averages.settle(torch.tensor(0.0))
    good = network[0].running_mean.clone(), network[0].running_var.clone()
    assert good[0].abs().min() > 0
    network(values * float("nan"))
    assert network[0].running_mean.isnan().all()
    averages.settle(torch.tensor(1.0))
    assert torch.equal(network[0].running_mean, good[0]) and torch.equal(network[0].running_var, good[1])


def test_a_network_without_batch_norm_costs_nothing():
    assert RunningAverages(nn.Linear(2, 1)).own == []
