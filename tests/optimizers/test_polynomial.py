# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.optimizers import polynomial_schedule


def rates(schedule, steps):
    values = []
    for _ in range(steps):
        values.append(schedule.get_last_lr()[0])
        schedule.optimizer.step()
        schedule.step()
    return values


def optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.5)


def test_equals_torch_and_stays_at_zero():
    ours = rates(polynomial_schedule(optimizer(), 7), 10)
    theirs = rates(torch.optim.lr_scheduler.PolynomialLR(optimizer(), 7, power=0.9), 10)
    assert ours == pytest.approx(theirs) and ours[7:] == [0, 0, 0]


def test_no_step_is_refused():
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        polynomial_schedule(optimizer(), 0)
