# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable

from torch.optim.lr_scheduler import LambdaLR

__all__ = ["stepwise"]


def stepwise(schedule: LambdaLR, accumulation: int) -> LambdaLR:
    """Lets a schedule in steps of the optimiser be told of every micro-batch: the rate is the same in all micro-batches of a step.

    So a batch gives the same rates whether it is taken whole or in parts.

    Args:
        schedule: changed in place.
        accumulation: micro-batches a step.

    Returns:
        The schedule.

    Raises:
        ValueError: if accumulation is not positive.
    """
    if accumulation < 1:
        raise ValueError(f"accumulation must be at least 1, got {accumulation}.")
    schedule.lr_lambdas = [_of_step(rule, accumulation) for rule in schedule.lr_lambdas]
    return schedule


def _of_step(rule: Callable[[int], float], accumulation: int) -> Callable[[int], float]:
    return lambda micro_batch: rule(micro_batch // accumulation)
