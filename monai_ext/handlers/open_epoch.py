# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ignite.engine import Engine

from monai_ext.ops import step_follows

__all__ = ["OpenEpoch"]


class OpenEpoch:
    """The epoch that a trainer is in the middle of: when to save it, and how to go on in it.

    What counts is the batches that the trainer has taken, not those that workers have read ahead. To go on, the sampler of the
    data loader leaves out that many batches: it has `start(epoch, samples)`, and `rule`, what its order follows from beside
    the epoch (`monai_ext.data.FrameSampler` has both).

    Args:
        engine: a MONAI trainer.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.loader = getattr(engine, "data_loader", None)
        self.sampler = getattr(self.loader, "sampler", None)
        self.accumulation = getattr(engine, "accumulation_steps", 1)

    @property
    def can_go_on(self) -> bool:
        """Whether the order of the data loader can be started inside an epoch."""
        batch_size = getattr(self.loader, "batch_size", None)
        return batch_size is not None and hasattr(self.sampler, "start") and hasattr(self.sampler, "rule")

    @property
    def batches(self) -> int:
        """That the trainer has taken of this epoch."""
        state = self.engine.state
        return state.iteration - (state.epoch - 1) * state.epoch_length

    @property
    def is_between_steps(self) -> bool:
        """Whether the optimiser has made its step, and the epoch has more."""
        return step_follows(self.engine) and self.batches < self.engine.state.epoch_length

    def is_due(self, times: int) -> bool:
        """Whether to save after this batch: the optimiser has made its step, and one of `times` even parts of the epoch is over."""
        length, batches = self.engine.state.epoch_length, self.batches
        if not self.is_between_steps:
            return False
        return batches * times // length > (batches - self.accumulation) * times // length

    def state_dict(self) -> dict[str, Any]:
        """Batches taken, and what their meaning depends on."""
        return {"batches": self.batches, "plan": self._plan()}

    def differences(self, saved: Mapping[str, Any]) -> list[str]:
        """What makes a saved number of batches mean something else in this run; none if it can go on there."""
        own = self._plan()
        return [
            f"{name} {saved['plan'].get(name, 'nothing')} in the file and {own.get(name, 'nothing')} here"
            for name in saved["plan"] | own
            if saved["plan"].get(name) != own.get(name)
        ]

    def start(self, epoch: int, batches: int) -> None:
        """Let the data loader begin after so many batches of an epoch (1, 2, ...), once."""
        self.sampler.start(epoch, batches * self.loader.batch_size)

    def _plan(self) -> dict[str, int]:
        if not self.can_go_on:
            return {}
        steps = {"epoch_length": self.engine.state.epoch_length, "accumulation_steps": self.accumulation}
        return {"batch_size": self.loader.batch_size, **steps, **self.sampler.rule}
