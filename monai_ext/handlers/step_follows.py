# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from ignite.engine import Engine

__all__ = ["step_follows"]


def step_follows(engine: Engine) -> bool:
    """Whether the batch at hand is the last of an optimiser step of a MONAI trainer: the gradient is complete.

    Args:
        engine: a MONAI trainer, whose accumulation_steps count; the last batch of an epoch ends a step, too.
    """
    length, batch = engine.state.epoch_length, engine.state.iteration
    batch = batch if length is None else (batch - 1) % length + 1
    return batch % engine.accumulation_steps == 0 or batch == length
