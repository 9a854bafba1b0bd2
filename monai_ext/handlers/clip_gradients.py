# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from ignite.engine import Engine
from monai.engines.utils import IterationEvents

from monai_ext.ops import step_follows

__all__ = ["ClipGradients"]


class ClipGradients:
    """Shortens the gradient of a step to a largest norm, before a MONAI trainer makes the step.

    With a gradient scaler the gradient is brought to its own scale first; accumulated gradients are shortened when they are complete.

    Args:
        max_norm: of all parameters together, above 0.

    Raises:
        ValueError: if max_norm is not positive.
    """

    def __init__(self, max_norm: float = 1.0) -> None:
        if not max_norm > 0:
            raise ValueError(f"max_norm must be positive, got {max_norm}.")
        self.max_norm = max_norm

    def attach(self, engine: Engine) -> None:
        """Clip the gradients of `engine`, a MONAI trainer."""
        engine.add_event_handler(IterationEvents.BACKWARD_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """After a backward pass, if a step follows."""
        if not step_follows(engine):
            return
        if engine.scaler is not None:
            engine.scaler.unscale_(engine.optimizer)
        torch.nn.utils.clip_grad_norm_(engine.network.parameters(), self.max_norm)
