# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch
from monai.optimizers import WarmupCosineSchedule

from monai_ext.optimizers import polynomial_schedule, stepwise


def optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)


def rates(schedule, count: int) -> list[float]:
    found = []
    for _ in range(count):
        found.append(schedule.get_last_lr()[0])
        schedule.optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize("accumulation", [1, 2, 4])
def test_micro_batches_of_a_step_have_the_rate_of_the_step(accumulation):
    schedules = [WarmupCosineSchedule(optimizer(), warmup_steps=2, t_total=6) for _ in range(2)]
    whole, parts = rates(schedules[0], 6), rates(stepwise(schedules[1], accumulation), 6 * accumulation)
    assert parts == [rate for rate in whole for _ in range(accumulation)] and len(set(whole)) > 3


def test_known_rates():
    """Base 2 falling in a line to 0 within two steps of two micro-batches."""
    assert rates(stepwise(polynomial_schedule(optimizer(), steps=2, power=1), 2), 4) == [2, 2, 1, 1]


def test_its_state_holds_plain_values():
    state = stepwise(polynomial_schedule(optimizer(), steps=2), 2).state_dict()
    assert state["last_epoch"] == 0 and state["lr_lambdas"] == [None]


def test_no_micro_batch_is_refused():
    with pytest.raises(ValueError, match="accumulation must be at least 1, got 0"):
        stepwise(polynomial_schedule(optimizer(), steps=2), 0)
