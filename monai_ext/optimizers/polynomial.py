# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

__all__ = ["polynomial_schedule"]


def polynomial_schedule(optimizer: Optimizer, steps: int, power: float = 0.9) -> LambdaLR:
    """Rate that falls to 0: base * (1 - step / steps) ** power.

    `torch.optim.lr_scheduler.PolynomialLR` computes it from the rate before, so a resumed run could not take on a longer
    plan; here it follows from the step alone.

    Args:
        optimizer: whose rate to set.
        steps: until 0.
        power: of the decay.

    Raises:
        ValueError: if steps is not positive.
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}.")
    return LambdaLR(optimizer, lambda step: max(0.0, 1 - step / steps) ** power)
