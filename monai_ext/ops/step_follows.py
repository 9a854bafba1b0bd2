# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

__all__ = ["step_follows"]


def step_follows(engine: Any, iteration: int | None = None) -> bool:
    """Whether a batch is the last of an optimiser step of a MONAI trainer: the gradient is complete.

    Args:
        engine: a MONAI trainer, whose accumulation_steps count; the last batch of an epoch ends a step, too.
        iteration: number of the batch in the run, from 1 on; the one at hand when left out.
    """
    length, batch = engine.state.epoch_length, engine.state.iteration if iteration is None else iteration
    batch = batch if length is None else (batch - 1) % length + 1
    return batch % getattr(engine, "accumulation_steps", 1) == 0 or batch == length
